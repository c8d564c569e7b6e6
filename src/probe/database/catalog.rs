//! What the database holds, as far as judging a plan needs it.

use std::collections::HashMap;

/// Tables by name.
#[derive(Debug, Default)]
pub struct Catalog {
    tables: Vec<Table>,
    by_name: HashMap<String, Vec<usize>>,
    /// The tables that inherit from one, by its place.
    heirs: HashMap<usize, Vec<usize>>,
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Its schema; empty in SQLite.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// How many rows the database thinks it holds; `None` when it has never counted.
    pub rows: Option<u64>,
    /// Its columns.
    pub columns: Vec<String>,
    /// Those of its columns of which MySQL can index only the beginning.
    pub long: Vec<String>,
    /// Those of its columns that may hold a text without an end, where the database refuses what does not fit into an index.
    pub unbounded: Vec<String>,
    /// Those of [`Table::unbounded`] that are known to hold long texts.
    pub wide: Vec<String>,
    /// Those of its columns that a GIN index holds as they are: `tsvector`, `jsonb`, arrays.
    pub inverted: Vec<String>,
    /// Its indexes.
    pub indexes: Vec<Index>,
    /// It is made of partitions; an index on it cannot be made concurrently.
    pub partitioned: bool,
    /// The columns that say which partition a row belongs to.
    pub partitioned_by: Vec<String>,
    /// The partitioned table that it is a part of.
    pub parent: Option<String>,
    /// The tables, by schema and name, whose rows its own are as well, partitioned ones aside: PostgreSQL's inheritance, which
    /// hands down no indexes.
    pub inherits: Vec<(String, String)>,
    /// It has heirs, or is one, and holds not a single row itself. Of heirs only where another table of their family holds some:
    /// where none does, nobody has filled them yet.
    pub hollow: bool,
    /// The columns of its primary key.
    pub primary_key: Vec<String>,
    /// Its foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// It is a materialized view, which has no keys.
    pub materialized: bool,
    /// It belongs to an extension or to the hosting platform, and not to the project.
    pub foreign: bool,
    /// Another session has locked it, so its indexes could not be read.
    pub locked: bool,
}

/// Columns whose values must be those of another table's row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForeignKey {
    /// The constraint's name; empty where it has none.
    pub name: String,
    /// Its columns, in the constraint's order.
    pub columns: Vec<String>,
    /// The schema of the other table; empty in SQLite.
    pub to_schema: String,
    /// The other table.
    pub to_table: String,
    /// The columns there.
    pub to_columns: Vec<String>,
}

/// An index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// What it is sorted by: column names, or expressions as the database writes them.
    pub keys: Vec<String>,
    /// The condition of a partial index, as the database writes it.
    pub predicate: Option<String>,
    /// Whether it is a B-tree, of which only leading columns help.
    pub ordered: bool,
    /// What kind it is, in the database's word: `btree`, `hash`.
    pub method: String,
    /// No two rows may have the same keys.
    pub unique: bool,
    /// It stands behind a primary key, a unique or an exclusion constraint, or the replication of its table.
    pub bound: bool,
    /// None of its columns can be null.
    pub not_null: bool,
    /// How each key is compared and sorted, in the order of `keys`; empty where that is not known.
    pub orders: Vec<KeyOrder>,
    /// Columns that it only carries along.
    pub included: Vec<String>,
}

/// How a key of an index is compared and sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyOrder {
    /// Operator class and collation, in the database's terms; equal texts compare equally.
    pub compares: String,
    /// From the greatest to the least.
    pub descending: bool,
    /// Nulls come first.
    pub nulls_first: bool,
}

impl Catalog {
    /// A catalogue of these tables.
    #[must_use]
    pub fn new(tables: Vec<Table>) -> Self {
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, table) in tables.iter().enumerate() {
            by_name.entry(table.name.to_lowercase()).or_default().push(index);
        }
        let mut catalog = Self { tables, by_name, heirs: HashMap::new() };
        for (at, table) in catalog.tables.iter().enumerate() {
            for (schema, name) in &table.inherits {
                if let Some(parent) = catalog.place(schema, name) {
                    catalog.heirs.entry(parent).or_default().push(at);
                }
            }
        }
        let filled = |table: &Table| {
            let top = catalog.forebear(table);
            !top.hollow || catalog.heirs(top).iter().any(|heir| !heir.hollow)
        };
        let unfilled: Vec<bool> =
            catalog.tables.iter().map(|table| table.hollow && !table.inherits.is_empty() && !filled(table)).collect();
        for (table, unfilled) in catalog.tables.iter_mut().zip(unfilled) {
            table.hollow &= !unfilled;
        }
        catalog
    }

    fn place(&self, schema: &str, name: &str) -> Option<usize> {
        let found = self.by_name.get(&name.to_lowercase())?.iter().copied();
        found.into_iter().find(|&at| self.tables.get(at).is_some_and(|own| own.schema == schema && own.name == name))
    }

    /// The tables that inherit from `table`, in however many steps.
    #[must_use]
    pub fn heirs(&self, table: &Table) -> Vec<&Table> {
        let mut found: Vec<usize> = Vec::new();
        let mut next: Vec<usize> = self.place(&table.schema, &table.name).into_iter().collect();
        while let Some(at) = next.pop() {
            for &heir in self.heirs.get(&at).into_iter().flatten() {
                // A table may inherit from several, and what we were told may go round in circles.
                if !found.contains(&heir) {
                    found.push(heir);
                    next.push(heir);
                }
            }
        }
        found.sort_unstable();
        found.into_iter().filter_map(|at| self.tables.get(at)).collect()
    }

    /// Whether other tables inherit from it.
    #[must_use]
    pub fn has_heirs(&self, table: &Table) -> bool {
        self.place(&table.schema, &table.name).is_some_and(|at| self.heirs.contains_key(&at))
    }

    /// The table at the top of what `table` inherits from, or itself.
    #[must_use]
    pub fn forebear<'a>(&'a self, table: &'a Table) -> &'a Table {
        let mut top = table;
        for _ in 0..8 {
            match top.inherits.first().and_then(|(schema, name)| self.table(schema, name)) {
                Some(parent) => top = parent,
                None => break,
            }
        }
        top
    }

    /// Every table.
    #[must_use]
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// How many tables there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tables.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// Every table of a name, in whatever schema and case.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &Table> {
        let found = self.by_name.get(&name.to_lowercase());
        found.into_iter().flatten().filter_map(|&index| self.tables.get(index))
    }

    /// The names of all indexes.
    pub fn index_names(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().flat_map(|table| &table.indexes).map(|index| index.name.as_str())
    }

    /// A table by schema and name.
    #[must_use]
    pub fn table(&self, schema: &str, name: &str) -> Option<&Table> {
        self.named(name).find(|table| table.schema == schema && table.name == name)
    }

    /// The partitioned table that `table` belongs to at the top, or itself.
    #[must_use]
    pub fn whole<'a>(&'a self, table: &'a Table) -> &'a Table {
        let mut top = table;
        // Partitions nest a few levels at most; the bound is against a loop in what we were told.
        for _ in 0..8 {
            match top.parent.as_ref().and_then(|name| self.table(&top.schema, name)) {
                Some(parent) => top = parent,
                None => break,
            }
        }
        top
    }
}

impl Table {
    /// Whether it has this column.
    #[must_use]
    pub fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|own| own.eq_ignore_ascii_case(column))
    }

    /// Its column of this name, as the database spells it.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&String> {
        self.columns.iter().find(|column| column.eq_ignore_ascii_case(name))
    }

    /// An index of that name.
    #[must_use]
    pub fn index(&self, name: &str) -> Option<&Index> {
        self.indexes.iter().find(|index| index.name == name)
    }

    /// An index over the whole table whose first columns are these, in any order.
    #[must_use]
    pub fn index_that_starts_with(&self, columns: &[String]) -> Option<&Index> {
        self.indexes.iter().find(|index| {
            index.predicate.is_none()
                && index.keys.len() >= columns.len()
                && index.keys.iter().take(columns.len()).all(|key| columns.iter().any(|c| c.eq_ignore_ascii_case(key)))
        })
    }
}
