//! Which indexes could help a query: columns compared for equality first, then what it sorts by or one range.
//!
//! That order is the usual one for B-trees (use-the-index-luke.com, "Concatenated Indexes"; github.com/ankane/dexter).

use super::candidate::{Candidate, Key};
use super::{partial, special};
use crate::probe::database::catalog::{Catalog, Table};
use crate::probe::database::conditions::{Against, Asks, Condition};
use crate::probe::database::judgement::cause::{belongs, conditions_on, joins};
use crate::probe::database::lexer::Dialect;
use crate::probe::database::statement::{Relation, Scope, Shape};

/// An index of more columns seldom pays: three that are compared for equality, and one to sort or range over.
const MOST_EQUAL: usize = 3;
/// A query of so many tables and conditions is tried with no more than these.
const MOST: usize = 24;
/// Indexes on more heirs than this would take their time.
const MOST_HEIRS: usize = 10;
/// A smaller table is read whole in less time than an index takes.
const SMALL: u64 = 1_000;

/// The indexes that could help, those that exist or that an existing one covers left out.
#[must_use]
pub fn of_query(shape: &Shape, catalog: &Catalog, dialect: Dialect, rows: u64) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    for scope in &shape.scopes {
        for relation in &scope.tables {
            // Two tables of one name in two schemas: which one the query means cannot be told from here.
            let mut tables = catalog.named(&relation.table).filter(|table| table.parent.is_none());
            let (Some(table), None) = (tables.next(), tables.next()) else { continue };
            if table.rows.unwrap_or(0).max(rows) < SMALL {
                continue;
            }
            // Heirs come without the indexes of the table that they inherit from.
            let heirs = catalog.heirs(table);
            for candidate in on_table(scope, relation, table, dialect) {
                // Who asks for an heir by its name will fill it one day.
                let asked = Some(table).filter(|table| heirs.is_empty() || !table.hollow);
                for table in asked.into_iter().chain(heirs.iter().copied().filter(|heir| !heir.hollow)) {
                    let candidate = if heirs.is_empty() { candidate.clone() } else { candidate.on(table) };
                    let most = MOST * heirs.len().clamp(1, MOST_HEIRS);
                    let new = if_new(candidate, table).filter(|new| !found.contains(new));
                    found.extend(new.filter(|_| found.len() < most));
                }
            }
        }
    }
    found
}

/// Whether it names a table that several schemas have: which one is meant cannot be told from here.
#[must_use]
pub fn is_ambiguous(shape: &Shape, catalog: &Catalog) -> bool {
    shape.relations().any(|relation| catalog.named(&relation.table).filter(|table| table.parent.is_none()).count() > 1)
}

fn on_table(scope: &Scope, relation: &Relation, table: &Table, dialect: Dialect) -> Vec<Candidate> {
    let own: Vec<&Condition> = conditions_on(scope, relation, table).collect();
    let columns = |wanted: &dyn Fn(&Condition) -> bool| -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for condition in
            own.iter().filter(|condition| wanted(condition) && !partial::asks_for_no_text(condition, table))
        {
            // As the catalogue spells it: statements write names in whatever case.
            if let Some(column) = table.column(&condition.column.name)
                && !table.wide.contains(column)
                && !names.contains(column)
            {
                names.push(column.clone());
            }
        }
        names
    };
    let is_join = |condition: &Condition| joins(scope, condition);
    let is_constant =
        |condition: &Condition| matches!(condition.against, Against::Constant(_) | Against::Null | Against::Flag(_));
    let mut equal = columns(&|c| c.asks == Asks::Equal && !is_join(c) && !is_constant(c));
    let fixed = columns(&|c| c.asks == Asks::Equal && is_constant(c));
    equal.truncate(MOST_EQUAL);
    let joined = columns(&|c| c.asks == Asks::Equal && is_join(c));
    let ranges = columns(&|c| c.asks == Asks::Range);
    let order = order_of(scope, relation, table);

    let keys = |columns: &[String]| -> Vec<Key> { columns.iter().map(|column| Key::column(column)).collect() };
    let mut found = Vec::new();
    let mut add = |keys: Vec<Key>, lead: usize| {
        if !keys.is_empty() {
            found.push(Candidate { lead, ..Candidate::of(table, keys) });
        }
    };
    let mut fixed_too = equal.clone();
    fixed_too.extend(fixed.iter().filter(|column| !equal.contains(column)).cloned());
    fixed_too.truncate(MOST_EQUAL);
    for lead in [&equal, &fixed_too] {
        let rest: Vec<Key> = order.iter().filter(|key| !lead.contains(&key.text)).cloned().collect();
        if !rest.is_empty() {
            add(keys(lead).into_iter().chain(rest.clone()).collect(), lead.len());
        }
        if let Some(range) = ranges.iter().find(|range| !lead.contains(range)) {
            add(keys(lead).into_iter().chain([Key::column(range)]).collect(), lead.len());
            // The first rows of the order are found without a look at the table for each row that the range leaves out.
            if scope.limited && !rest.is_empty() && rest.iter().all(|key| key.text != *range) {
                add(keys(lead).into_iter().chain(rest).chain([Key::column(range)]).collect(), lead.len());
            }
        }
        add(keys(lead), lead.len());
    }
    // One of several equalities may pick few rows by itself, and serves more queries.
    equal.iter().filter(|_| equal.len() > 1).for_each(|column| add(keys(std::slice::from_ref(column)), 1));
    for column in &joined {
        let mut lead = vec![column.clone()];
        lead.extend(equal.iter().filter(|equal| *equal != column).cloned());
        lead.truncate(MOST_EQUAL);
        add(keys(std::slice::from_ref(column)), 1);
        if lead.len() > 1 {
            add(keys(&lead), lead.len());
        }
    }
    for column in columns(&|c| c.asks == Asks::Either) {
        add(keys(&[column]), 1);
    }
    if joined.len() > 1 {
        let joined: Vec<String> = joined.iter().take(MOST_EQUAL).cloned().collect();
        add(keys(&joined), joined.len());
    }
    // MySQL has no partial indexes.
    if dialect != Dialect::Mysql {
        let wanted = partial::Wanted { own: &own, table, equal: &equal, ranges: &ranges, order: &order };
        let fixed_too = partial::Wanted { equal: &fixed_too, ..wanted };
        found.extend(partial::of_a_kind(&wanted));
        found.extend(partial::of_rows_without(&fixed_too));
        found.extend(partial::of_rows_kept(&fixed_too));
    }
    found.extend(special::of_conditions(&own, relation, table, &equal, dialect));
    found
}

/// The sort keys that are columns of this table, if the whole order is. A B-tree is read backwards as well as forwards, so
/// directions only count where they differ.
fn order_of(scope: &Scope, relation: &Relation, table: &Table) -> Vec<Key> {
    if scope.aggregates || scope.order_computed || !scope.order.iter().all(|by| belongs(&by.column, relation, table)) {
        return Vec::new();
    }
    let mixed = scope.order.iter().any(|by| by.descending) && scope.order.iter().any(|by| !by.descending);
    let known = |name: &str| table.column(name).filter(|column| !table.wide.contains(column));
    let keys: Option<Vec<Key>> = scope
        .order
        .iter()
        .map(|by| Some(Key { descending: mixed && by.descending, ..Key::column(known(&by.column.name)?) }))
        .collect();
    keys.filter(|keys| keys.len() <= MOST_EQUAL).unwrap_or_default()
}

/// The candidate, unless an index of its table could do the same.
#[must_use]
pub fn if_new(candidate: Candidate, table: &Table) -> Option<Candidate> {
    (!is_covered(&candidate, table)).then_some(candidate)
}

/// Whether an index that exists begins with the keys of the candidate, so that it could do the same.
fn is_covered(candidate: &Candidate, table: &Table) -> bool {
    let plain = candidate.keys.iter().all(|key| !key.expression && key.operator_class.is_none());
    let mixed = candidate.keys.iter().any(|key| key.descending);
    plain
        && !mixed
        && table.indexes.iter().any(|index| {
            index.ordered
                && (index.predicate.is_none() || index.predicate == candidate.predicate)
                && index.keys.len() >= candidate.keys.len()
                && index
                    .keys
                    .iter()
                    .zip(&candidate.keys)
                    .all(|(have, want)| have.strip_suffix(" DESC").unwrap_or(have).eq_ignore_ascii_case(&want.text))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::database::catalog::Index;
    use crate::probe::database::statement;

    fn catalog(indexed: &[&[&str]]) -> Catalog {
        let columns = ["id", "customer_id", "shop_id", "status", "email", "total", "created_at", "paid_at"];
        let index = |keys: &&[&str]| Index {
            keys: keys.iter().map(|&key| key.to_owned()).collect(),
            ordered: true,
            ..Index::default()
        };
        let orders = Table {
            schema: "public".to_owned(),
            name: "orders".to_owned(),
            columns: columns.map(str::to_owned).to_vec(),
            indexes: indexed.iter().map(index).collect(),
            ..Table::default()
        };
        let items = ["id", "order_id", "sku"].map(str::to_owned).to_vec();
        let items = Table { schema: "public".to_owned(), name: "items".to_owned(), columns: items, ..Table::default() };
        Catalog::new(vec![orders, items])
    }

    fn seen(sql: &str, indexed: &[&[&str]]) -> Vec<String> {
        let shape = statement::read(sql, Dialect::Postgres).unwrap();
        let found = of_query(&shape, &catalog(indexed), Dialect::Postgres, 100_000);
        found
            .iter()
            .map(|index| {
                let keys: Vec<String> = index.keys.iter().map(|key| key.sql(Dialect::Postgres)).collect();
                let method = index.method.map(|method| format!(" {method}")).unwrap_or_default();
                let predicate = index.predicate.as_ref().map(|text| format!(" if {text}")).unwrap_or_default();
                format!("{}{method} ({}){predicate}", index.table, keys.join(", "))
            })
            .collect()
    }

    #[test]
    fn equality_comes_first_then_the_order_or_a_range() {
        assert_eq!(
            seen("SELECT * FROM orders WHERE customer_id = $1 AND total > $2 ORDER BY created_at DESC LIMIT 5", &[]),
            [
                "orders (customer_id, created_at)",
                "orders (customer_id, total)",
                "orders (customer_id, created_at, total)",
                "orders (customer_id)"
            ]
        );
        assert_eq!(
            seen("SELECT * FROM orders WHERE shop_id = $1 ORDER BY created_at DESC, id LIMIT 5", &[]),
            ["orders (shop_id, created_at DESC, id)", "orders (shop_id)"]
        );
    }

    #[test]
    fn what_exists_or_is_covered_is_not_thought_of() {
        let sql = "SELECT * FROM orders WHERE customer_id = $1 ORDER BY created_at LIMIT 5";
        assert_eq!(seen(sql, &[&["customer_id"]]), ["orders (customer_id, created_at)"]);
        assert_eq!(seen(sql, &[&["customer_id", "created_at", "total"]]), [""; 0]);
    }

    #[test]
    fn a_constant_makes_a_partial_index_where_nothing_else_picks_rows() {
        assert_eq!(
            seen("SELECT * FROM orders WHERE status = 'open' ORDER BY created_at LIMIT 5", &[]),
            [
                "orders (created_at)",
                "orders (status, created_at)",
                "orders (status)",
                "orders (created_at) if status = 'open'"
            ]
        );
        assert!(
            !seen("SELECT * FROM orders WHERE status = 'open' AND shop_id = $1", &[])
                .iter()
                .any(|i| i.contains(" if "))
        );
    }

    #[test]
    fn rows_that_are_always_left_out_are_left_out_of_the_index() {
        let partial =
            |sql: &str| -> Vec<String> { seen(sql, &[]).into_iter().filter(|index| index.contains(" if ")).collect() };
        let by = "ORDER BY created_at LIMIT 5";
        assert_eq!(
            partial(&format!("SELECT * FROM orders WHERE shop_id = $1 AND paid_at IS NULL {by}")),
            ["orders (shop_id, created_at) if paid_at IS NULL"]
        );
        assert_eq!(
            partial("SELECT * FROM orders WHERE paid_at IS NULL AND NOT status AND total < $1"),
            ["orders (total) if paid_at IS NULL AND NOT status"]
        );
        assert_eq!(
            partial("SELECT * FROM orders WHERE shop_id = $1 AND paid_at IS NULL"),
            [""; 0],
            "an index over all rows does the same"
        );
    }

    /// A B-tree entry holds 2,704 bytes at most: an index over a long text makes INSERTs fail.
    #[test]
    fn a_text_of_any_length_is_no_key_where_only_its_absence_counts_or_it_is_long() {
        let mut tables = catalog(&[]).tables().to_vec();
        tables[0].unbounded = vec!["email".to_owned(), "status".to_owned()];
        let of = |sql: &str, tables: &[Table]| {
            let shape = statement::read(sql, Dialect::Postgres).unwrap();
            let found = of_query(&shape, &Catalog::new(tables.to_vec()), Dialect::Postgres, 100_000);
            found.iter().map(|index| index.statement_named("i", Dialect::Postgres, false)).collect::<Vec<_>>()
        };
        let absent = "SELECT * FROM orders WHERE shop_id = $1 AND email IS NULL";
        assert_eq!(
            of(absent, &tables),
            ["CREATE INDEX i ON orders (shop_id)", "CREATE INDEX i ON orders (shop_id) WHERE email IS NULL"]
        );
        assert_eq!(of("SELECT * FROM orders WHERE email IS NULL", &tables), [""; 0]);
        tables[0].primary_key = vec!["id".to_owned()];
        assert_eq!(
            of("SELECT * FROM orders WHERE email IS NULL", &tables),
            ["CREATE INDEX i ON orders (id) WHERE email IS NULL"]
        );
        let equal = "SELECT * FROM orders WHERE shop_id = $1 AND email = $2 ORDER BY status LIMIT 5";
        let short = of(equal, &tables);
        assert!(short.contains(&"CREATE INDEX i ON orders (shop_id, email, status)".to_owned()), "{short:?}");
        tables[0].wide = vec!["email".to_owned(), "status".to_owned()];
        assert_eq!(of(equal, &tables), ["CREATE INDEX i ON orders (shop_id)"]);
        assert_eq!(of("SELECT * FROM orders WHERE lower(email) = $1", &tables), [""; 0]);
        assert_eq!(of("SELECT * FROM orders WHERE email LIKE 'a%'", &tables), [""; 0]);
        let other = "SELECT * FROM orders WHERE shop_id = $1 AND paid_at IS NULL";
        assert!(of(other, &tables).contains(&"CREATE INDEX i ON orders (shop_id, paid_at)".to_owned()));
    }

    #[test]
    fn words_of_a_text_are_found_by_an_index_of_their_kind() {
        let mut tables = catalog(&[]).tables().to_vec();
        let of = |tables: &[Table]| {
            let sql = "SELECT * FROM orders WHERE total @@ to_tsquery($1)";
            let shape = statement::read(sql, Dialect::Postgres).unwrap();
            let found = of_query(&shape, &Catalog::new(tables.to_vec()), Dialect::Postgres, 100_000);
            found.iter().map(|index| index.statement_named("i", Dialect::Postgres, false)).collect::<Vec<_>>()
        };
        assert_eq!(of(&tables), [""; 0]);
        tables[0].inverted = vec!["total".to_owned()];
        assert_eq!(of(&tables), ["CREATE INDEX i ON orders USING gin (total)"]);
    }

    #[test]
    fn joins_patterns_and_expressions_get_indexes_of_their_kind() {
        let joined = seen("SELECT * FROM orders o JOIN items i ON i.order_id = o.id WHERE o.shop_id = $1", &[]);
        assert!(joined.contains(&"items (order_id)".to_owned()), "{joined:?}");
        let like = seen("SELECT * FROM orders WHERE email LIKE $1", &[]);
        assert_eq!(like, ["orders (email text_pattern_ops)"]);
        let contains = seen("SELECT * FROM orders WHERE email ILIKE '%a%'", &[]);
        assert_eq!(contains, ["orders gin (email gin_trgm_ops)"]);
        let lower = seen("SELECT * FROM orders o WHERE lower(o.email) = $1", &[]);
        assert_eq!(lower, ["orders ((lower(email)))"]);
        assert_eq!(seen("SELECT * FROM orders WHERE date(created_at) = $1", &[]), [""; 0]);
        let document = "SELECT * FROM orders o WHERE o.\"status\" -> 'a' ->> 'b' = $1";
        assert_eq!(seen(document, &[]), ["orders ((status -> 'a' ->> 'b'))"]);
        assert_eq!(seen("SELECT * FROM orders WHERE status -> 'a' = $1", &[]), [""; 0], "no text");
        assert_eq!(seen("SELECT * FROM orders WHERE status ->> customer_id = $1", &[]), [""; 0], "no constant");
        assert_eq!(seen("SELECT * FROM orders WHERE lower(email || status) = $1", &[]), [""; 0]);
    }
}
