//! An index that could help, as data.

use sha2::{Digest, Sha256};

use crate::probe::database::catalog::Table;
use crate::probe::database::judgement::wording::name_in;
use crate::probe::database::lexer::Dialect;

/// An index that could help.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The table's schema; empty where there is none.
    pub schema: String,
    /// The table.
    pub table: String,
    /// It is made of partitions, so that the index cannot be made concurrently.
    pub partitioned: bool,
    /// The table, by schema and name, that it inherits from and whose query this is for.
    pub family: Option<(String, String)>,
    /// What it is sorted by, in order.
    pub keys: Vec<Key>,
    /// The condition of a partial index, as SQL.
    pub predicate: Option<String>,
    /// The columns that [`Candidate::predicate`] holds to one value each, where it says nothing else.
    pub held: Vec<String>,
    /// What kind of index, where not the usual: `gin`.
    pub method: Option<&'static str>,
    /// How many of the first keys are only compared for equality, so that their order among themselves is free.
    pub lead: usize,
    /// Tells its name from one that is taken; 0 where none is.
    pub number: usize,
}

impl PartialEq for Candidate {
    /// Whether it is the same index, whatever it was thought of for.
    fn eq(&self, other: &Self) -> bool {
        self.is_beside(other) && self.keys == other.keys
    }
}

impl Eq for Candidate {}

/// One key of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The column's name, unquoted; or an expression, if `expression`.
    pub text: String,
    /// It is an expression and not a column.
    pub expression: bool,
    /// Sorted from the greatest to the least.
    pub descending: bool,
    /// Only the beginning of what it holds: MySQL takes no more of a long text.
    pub beginning: bool,
    /// How it compares, where not as usual: `text_pattern_ops`, `gin_trgm_ops`; in SQLite a collation.
    pub operator_class: Option<&'static str>,
}

impl Key {
    /// A column, ascending.
    #[must_use]
    pub fn column(name: &str) -> Self {
        Self { text: name.to_owned(), expression: false, descending: false, beginning: false, operator_class: None }
    }

    /// As SQL: `created_at DESC`, `(lower(email))`.
    #[must_use]
    pub fn sql(&self, dialect: Dialect) -> String {
        /// With four bytes a character this fits the shortest limit of an index (MySQL manual, "InnoDB Limits").
        const BEGINNING: &str = "(191)";
        let mut sql = if self.expression { format!("({})", self.text) } else { name_in(dialect, &self.text) };
        if self.beginning && dialect == Dialect::Mysql {
            sql.push_str(BEGINNING);
        }
        if let Some(class) = self.operator_class {
            sql.push_str(if dialect == Dialect::Sqlite { " COLLATE " } else { " " });
            sql.push_str(class);
        }
        if self.descending {
            sql.push_str(" DESC");
        }
        sql
    }
}

impl Key {
    /// Whether it does what `other` does, which is only `compared` for equality or not: an index for patterns finds equal texts
    /// as well.
    fn stands_for(&self, other: &Self, compared: bool) -> bool {
        let for_patterns = self.operator_class == Some("text_pattern_ops") && other.operator_class.is_none();
        self == other || compared && for_patterns && Self { operator_class: None, ..self.clone() } == *other
    }
}

impl Candidate {
    /// A B-tree over these columns of `table`.
    #[must_use]
    pub fn of(table: &Table, keys: Vec<Key>) -> Self {
        let keys = keys.into_iter().map(|key| Key { beginning: table.long.contains(&key.text), ..key }).collect();
        Self {
            schema: table.schema.clone(),
            table: table.name.clone(),
            partitioned: table.partitioned,
            family: None,
            keys,
            predicate: None,
            held: Vec::new(),
            method: None,
            lead: 0,
            number: 0,
        }
    }

    /// The same index on another table of the same columns.
    #[must_use]
    pub fn on(&self, table: &Table) -> Self {
        Self {
            family: Some((self.schema.clone(), self.table.clone())),
            ..Self {
                lead: self.lead,
                predicate: self.predicate.clone(),
                held: self.held.clone(),
                method: self.method,
                ..Self::of(table, self.keys.clone())
            }
        }
    }

    /// Whether it is the same index, on the same table or on one that inherits with it.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        self.is_akin(other)
            && self.keys == other.keys
            && self.predicate == other.predicate
            && self.method == other.method
    }

    /// Whether it is on the same table, or on one that inherits with it.
    #[must_use]
    pub fn is_akin(&self, other: &Self) -> bool {
        fn root(index: &Candidate) -> (&str, &str) {
            index.family.as_ref().map_or((&index.schema, &index.table), |(schema, table)| (schema, table))
        }
        root(self) == root(other)
    }

    /// Whether it is on the same table, of the same kind, over the same rows.
    #[must_use]
    pub fn is_beside(&self, other: &Self) -> bool {
        self.schema == other.schema
            && self.table == other.table
            && self.predicate == other.predicate
            && self.method == other.method
    }

    /// This index with its free keys in such an order that it begins with all of `shorter`; `None` where none does.
    #[must_use]
    pub fn beginning_with(&self, shorter: &Self) -> Option<Self> {
        // What a partial index holds stands together in one over all rows that begins with its columns.
        if self.predicate.is_none()
            && let Some(whole) = shorter.over_all_rows()
        {
            return self.beginning_with(&whole);
        }
        if !self.is_beside(shorter) || shorter.keys.len() > self.keys.len() {
            return None;
        }
        let free = self.keys.get(..self.lead)?;
        let fixed = self.keys.get(self.lead..)?;
        let compared = |place: usize| place < shorter.lead;
        let (mut first, mut rest): (Vec<Key>, Vec<Key>) = (Vec::new(), free.to_vec());
        for (place, key) in shorter.keys.iter().enumerate().take(self.lead) {
            let at = rest.iter().position(|own| own.stands_for(key, compared(place)))?;
            first.push(rest.remove(at));
        }
        // Whatever is left of the shorter one has to come next as it is.
        let mut beyond =
            shorter.keys.iter().enumerate().skip(self.lead).zip(fixed.iter().map(Some).chain(std::iter::repeat(None)));
        if !beyond.all(|((place, key), own)| own.is_some_and(|own| own.stands_for(key, compared(place)))) {
            return None;
        }
        let keys = first.into_iter().chain(rest).chain(fixed.iter().cloned()).collect();
        // What the shorter one leaves free is all that still is.
        Some(Self { keys, lead: shorter.lead.min(self.lead), ..self.clone() })
    }

    /// Of a partial index: the one over all rows that does the same for every value.
    #[must_use]
    pub fn over_all_rows(&self) -> Option<Self> {
        self.predicate.as_ref().filter(|_| !self.held.is_empty())?;
        let held = self.held.iter().map(|column| Key::column(column));
        let keys = held.chain(self.keys.iter().cloned()).collect();
        Some(Self { keys, lead: self.held.len(), predicate: None, held: Vec::new(), ..self.clone() })
    }

    /// One index in the place of two partial ones that differ in their values alone.
    #[must_use]
    pub fn for_both_values(&self, other: &Self) -> Option<Self> {
        let whole = self.over_all_rows()?;
        (self != other && other.over_all_rows()? == whole).then_some(whole)
    }

    /// The table as SQL names it: with its schema where that is not the usual one.
    #[must_use]
    pub fn table_sql(&self, dialect: Dialect) -> String {
        match self.schema.as_str() {
            "" | "public" => name_in(dialect, &self.table),
            schema => format!("{}.{}", name_in(dialect, schema), name_in(dialect, &self.table)),
        }
    }

    /// The statement that takes it away again, without a semicolon.
    #[must_use]
    pub fn drop_statement(&self, dialect: Dialect, concurrently: bool) -> String {
        let way = if concurrently && dialect == Dialect::Postgres && !self.partitioned { "CONCURRENTLY " } else { "" };
        let index = name_in(dialect, &self.index_name());
        match dialect {
            Dialect::Mysql => format!("DROP INDEX {index} ON {}", self.table_sql(dialect)),
            Dialect::Postgres | Dialect::Sqlite => match self.schema.as_str() {
                "" | "public" => format!("DROP INDEX {way}{index}"),
                schema => format!("DROP INDEX {way}{}.{index}", name_in(dialect, schema)),
            },
        }
    }

    /// A name for it: `orders_customer_id_created_at_idx`.
    #[must_use]
    pub fn index_name(&self) -> String {
        /// PostgreSQL cuts names off after 63 bytes (`NAMEDATALEN`), MySQL after 64.
        const LONGEST: usize = 63;
        let mut told = self.table.clone();
        for key in &self.keys {
            let class = key.operator_class.map(|class| class.split('_').next().unwrap_or(class)).unwrap_or_default();
            let order = if key.descending { "desc" } else { "" };
            told.push_str(&format!("_{}_{class}_{order}", key.text));
        }
        if let Some(predicate) = &self.predicate {
            told.push_str(&format!("_where_{predicate}"));
        }
        let plain: String = told.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let words: Vec<&str> = plain.split('_').filter(|word| !word.is_empty()).collect();
        let mut text = words.join("_").to_lowercase();
        // What was cut off or cannot be written tells two names apart no longer.
        if text.len() > LONGEST - "_idx".len() || !told.is_ascii() {
            let digest = Sha256::digest(told.as_bytes());
            let tail: String = digest.iter().take(3).map(|byte| format!("{byte:02x}")).collect();
            text.truncate(LONGEST - "__idx".len() - tail.len());
            text = format!("{}_{tail}", text.trim_end_matches('_')).trim_start_matches('_').to_owned();
        }
        match self.number {
            0 => format!("{text}_idx"),
            number => format!("{text}_idx{number}"),
        }
    }

    /// The statement that makes it, without a semicolon. `concurrently` lets PostgreSQL make it without locking writers out.
    #[must_use]
    pub fn statement(&self, dialect: Dialect, concurrently: bool) -> String {
        self.statement_named(&self.index_name(), dialect, concurrently)
    }

    /// As [`Candidate::statement`], with another name.
    #[must_use]
    pub fn statement_named(&self, index: &str, dialect: Dialect, concurrently: bool) -> String {
        let keys: Vec<String> = self.keys.iter().map(|key| key.sql(dialect)).collect();
        // PostgreSQL refuses CONCURRENTLY on a partitioned table.
        let way = if concurrently && dialect == Dialect::Postgres && !self.partitioned { "CONCURRENTLY " } else { "" };
        let method = self.method.map(|method| format!(" USING {method}")).unwrap_or_default();
        let mut sql = format!(
            "CREATE INDEX {way}{} ON {}{method} ({})",
            name_in(dialect, index),
            self.table_sql(dialect),
            keys.join(", ")
        );
        if let Some(predicate) = &self.predicate {
            sql.push_str(" WHERE ");
            sql.push_str(predicate);
        }
        sql
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_index_serves_for_another_that_it_can_begin_with() {
        let table = Table { name: "t".to_owned(), ..Table::default() };
        let index = |names: &[&str], lead: usize| Candidate {
            lead,
            ..Candidate::of(&table, names.iter().map(|name| Key::column(name)).collect())
        };
        let names = |index: Option<Candidate>| {
            index.map(|index| index.keys.iter().map(|key| key.text.clone()).collect::<Vec<_>>().join(","))
        };
        let long = index(&["a", "b", "at"], 2);
        assert_eq!(names(long.beginning_with(&index(&["b"], 1))).as_deref(), Some("b,a,at"));
        assert_eq!(names(long.beginning_with(&index(&["b", "a", "at"], 2))).as_deref(), Some("b,a,at"));
        assert_eq!(names(long.beginning_with(&index(&["a", "at"], 1))), None);
        assert_eq!(names(long.beginning_with(&index(&["c"], 1))), None);
        assert_eq!(names(index(&["a"], 1).beginning_with(&long)), None);
        let mut pattern = index(&["a"], 0);
        pattern.keys[0].operator_class = Some("text_pattern_ops");
        assert_eq!(pattern.beginning_with(&index(&["a"], 1)), Some(pattern.clone()), "it finds equal texts");
        assert_eq!(pattern.beginning_with(&index(&["a"], 0)), None, "it sorts in another way");
        assert_eq!(index(&["a"], 1).beginning_with(&pattern), None);
    }

    #[test]
    fn one_index_serves_for_partial_ones_of_several_values() {
        let table = Table { name: "t".to_owned(), ..Table::default() };
        let of = |names: &[&str]| Candidate::of(&table, names.iter().map(|name| Key::column(name)).collect());
        let part = |value: &str| Candidate {
            predicate: Some(format!("status = '{value}'")),
            held: vec!["status".to_owned()],
            ..of(&["at"])
        };
        let whole = of(&["status", "at"]);
        assert_eq!(part("new").for_both_values(&part("old")), Some(whole.clone()));
        assert_eq!(part("new").for_both_values(&part("new")), None, "that is the same index");
        assert_eq!(Candidate { lead: 1, ..whole.clone() }.beginning_with(&part("new")), Some(whole.clone()));
        assert_eq!(of(&["at", "status"]).beginning_with(&part("new")), None);
        assert_eq!(part("new").beginning_with(&whole), None, "it lacks most of the rows");
        let nulls = Candidate { held: Vec::new(), ..part("new") };
        assert_eq!(whole.beginning_with(&nulls), None);
        assert_eq!(nulls.for_both_values(&part("old")), None);
    }

    #[test]
    fn statements_name_their_index_and_quote_what_must_be() {
        let table = Table { schema: "public".to_owned(), name: "order".to_owned(), ..Table::default() };
        let mut candidate = Candidate::of(&table, vec![Key::column("userId"), Key::column("created_at")]);
        candidate.keys[1].descending = true;
        assert_eq!(
            candidate.statement(Dialect::Postgres, true),
            "CREATE INDEX CONCURRENTLY order_userid_created_at_desc_idx ON \"order\" (\"userId\", created_at DESC)"
        );
        assert_eq!(
            candidate.drop_statement(Dialect::Postgres, true),
            "DROP INDEX CONCURRENTLY order_userid_created_at_desc_idx"
        );
        let long = Table { name: "order".to_owned(), long: vec!["note".to_owned()], ..Table::default() };
        let mysql = Candidate::of(&long, vec![Key::column("key"), Key::column("note")]);
        assert_eq!(
            mysql.statement(Dialect::Mysql, true),
            "CREATE INDEX order_key_note_idx ON `order` (`key`, note(191))"
        );
        assert_eq!(mysql.drop_statement(Dialect::Mysql, true), "DROP INDEX order_key_note_idx ON `order`");
        candidate.predicate = Some("deleted_at IS NULL".to_owned());
        assert_eq!(
            candidate.statement(Dialect::Sqlite, true),
            "CREATE INDEX order_userid_created_at_desc_where_deleted_at_is_null_idx ON \"order\" (\"userId\", created_at DESC) WHERE deleted_at IS NULL"
        );
    }
}
