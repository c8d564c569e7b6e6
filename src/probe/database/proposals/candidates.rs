//! Which indexes could help a query: columns compared for equality first, then what it sorts by or one range.
//!
//! That order is the usual one for B-trees (use-the-index-luke.com, "Concatenated Indexes"; github.com/ankane/dexter).

use super::candidate::{Candidate, Key};
use crate::probe::database::catalog::{Catalog, Table};
use crate::probe::database::conditions::{Against, Asks, Condition};
use crate::probe::database::judgement::cause::{belongs, conditions_on, joins};
use crate::probe::database::judgement::wording::name;
use crate::probe::database::lexer::Dialect;
use crate::probe::database::statement::{Relation, Scope, Shape};

/// An index of more columns seldom pays: three that are compared for equality, and one to sort or range over.
const MOST_EQUAL: usize = 3;
/// A query of so many tables and conditions is tried with no more than these.
const MOST: usize = 24;
/// Operators that a GIN index of the usual operator classes serves (PostgreSQL documentation, "GIN Indexes").
const INVERTED: [&str; 7] = ["@@", "@>", "&&", "?", "?|", "?&", "@?"];
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
            for candidate in on_table(scope, relation, table, dialect) {
                if !found.contains(&candidate) && !is_covered(&candidate, table) && found.len() < MOST {
                    found.push(candidate);
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
        for condition in own.iter().filter(|condition| wanted(condition) && !asks_for_no_text(condition, table)) {
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
    let is_constant = |condition: &Condition| matches!(condition.against, Against::Constant(_) | Against::Nothing);
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
            add(keys(lead).into_iter().chain(rest).collect(), lead.len());
        }
        if let Some(range) = ranges.iter().find(|range| !lead.contains(range)) {
            add(keys(lead).into_iter().chain([Key::column(range)]).collect(), lead.len());
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
        found.extend(partial(&own, table, &equal, &ranges, &order));
        found.extend(of_rows_without(&own, table, &fixed_too, &ranges, &order));
    }
    found.extend(special(&own, relation, table, &equal, dialect));
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

/// Whether a condition asks for the rows that have no text in a column whose texts may be of any length. Such an index would
/// refuse rows that the table takes (PostgreSQL: "index row size exceeds btree maximum"), for a question about none of them.
fn asks_for_no_text(condition: &Condition, table: &Table) -> bool {
    condition.asks == Asks::Equal
        && condition.against == Against::Nothing
        && table.unbounded.iter().any(|column| column.eq_ignore_ascii_case(&condition.column.name))
}

/// An index over only those rows that lack the texts which the query wants to be absent: `WHERE body IS NULL`.
fn of_rows_without(
    own: &[&Condition],
    table: &Table,
    equal: &[String],
    ranges: &[String],
    order: &[Key],
) -> Option<Candidate> {
    let mut absent: Vec<&String> = own
        .iter()
        .filter(|condition| asks_for_no_text(condition, table))
        .filter_map(|condition| table.column(&condition.column.name))
        .collect();
    absent.dedup();
    let predicate: Vec<String> = absent.iter().map(|column| format!("{} IS NULL", name(column))).collect();
    if predicate.is_empty() || predicate.len() > 2 {
        return None;
    }
    let mut keys: Vec<Key> = equal.iter().map(|column| Key::column(column)).collect();
    let range = ranges.iter().take(1).map(|range| Key::column(range));
    let tail: Vec<Key> = if order.is_empty() { range.collect() } else { order.to_vec() };
    keys.extend(tail.into_iter().filter(|key| !equal.contains(&key.text)));
    if keys.is_empty() {
        keys.extend(table.primary_key.iter().map(|column| Key::column(column)));
    }
    let lead = equal.len();
    (!keys.is_empty()).then(|| Candidate {
        lead,
        predicate: Some(predicate.join(" AND ")),
        ..Candidate::of(table, keys)
    })
}

/// An index over only those rows that a constant of the statement picks: `WHERE processed_at IS NULL`. Worth it where the
/// rest of the condition would leave nothing to sort by but that.
fn partial(own: &[&Condition], table: &Table, equal: &[String], ranges: &[String], order: &[Key]) -> Option<Candidate> {
    let (predicate, held): (Vec<String>, Vec<String>) = own
        .iter()
        .filter(|condition| condition.asks == Asks::Equal)
        .filter_map(|condition| match &condition.against {
            Against::Constant(value) if is_kind(&condition.column.name, table) => {
                let column = table.column(&condition.column.name)?;
                Some((format!("{} = {value}", name(column)), column.clone()))
            }
            _ => None,
        })
        .unzip();
    // A constant in a column that is no kind stands for one of many values: an index of its own for each is no help.
    let others = own.iter().any(|condition| {
        condition.asks == Asks::Equal
            && matches!(condition.against, Against::Constant(_))
            && !is_kind(&condition.column.name, table)
    });
    if others {
        return None;
    }
    if predicate.is_empty() || predicate.len() > 2 || !equal.is_empty() {
        return None;
    }
    let key = order.first().cloned().or_else(|| ranges.first().map(|range| Key::column(range)))?;
    Some(Candidate { predicate: Some(predicate.join(" AND ")), held, ..Candidate::of(table, vec![key]) })
}

/// Whether a column holds one of few kinds, by its name: what a constant in a query asks of it stays the same.
fn is_kind(column: &str, table: &Table) -> bool {
    let lower = column.to_lowercase();
    let named = ["status", "state", "kind", "type", "phase", "stage", "visibility"]
        .iter()
        .any(|kind| lower == *kind || lower.ends_with(&format!("_{kind}")) || column.ends_with(&capitalised(kind)));
    named && table.index_that_starts_with(&[column.to_owned()]).is_none_or(|index| !index.unique)
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Indexes that are no plain B-tree over columns: for patterns and for expressions.
fn special(
    own: &[&Condition],
    relation: &Relation,
    table: &Table,
    equal: &[String],
    dialect: Dialect,
) -> Vec<Candidate> {
    let mut found = Vec::new();
    for condition in own {
        let Some(column) = table.column(&condition.column.name) else { continue };
        let wide = table.wide.contains(column);
        let key = Key::column(column);
        let lead = |last: Key| equal.iter().map(|column| Key::column(column)).chain([last]).collect::<Vec<_>>();
        match (&condition.asks, dialect) {
            (Asks::Prefix | Asks::Pattern, Dialect::Postgres) if !wide => {
                found.push(Candidate::of(table, lead(Key { operator_class: Some("text_pattern_ops"), ..key })));
            }
            (Asks::Prefix | Asks::Pattern, Dialect::Sqlite) => {
                found.push(Candidate::of(table, lead(Key { operator_class: Some("NOCASE"), ..key })));
            }
            (Asks::Contains | Asks::AnyCase, Dialect::Postgres) => {
                let key = Key { operator_class: Some("gin_trgm_ops"), ..key };
                found.push(Candidate { method: Some("gin"), ..Candidate::of(table, vec![key]) });
            }
            (Asks::Special(operator), Dialect::Postgres)
                if INVERTED.contains(&operator.as_str()) && table.inverted.contains(column) =>
            {
                found.push(Candidate { method: Some("gin"), ..Candidate::of(table, vec![key]) });
            }
            (Asks::Wrapped(text), _) if !wide => {
                if let Some(text) = expression(text, relation) {
                    found.push(Candidate::of(table, lead(Key { expression: true, ..Key::column(&text) })));
                }
            }
            _ => {}
        }
    }
    found
}

/// `lower(u.email)` as an index holds it: `lower(email)`. Only functions that every database lets into an index.
fn expression(text: &str, relation: &Relation) -> Option<String> {
    let lower = text.to_lowercase();
    let inner = lower.strip_prefix("lower(").or_else(|| lower.strip_prefix("upper("))?.strip_suffix(')')?;
    let column = inner.strip_prefix(&format!("{}.", relation.alias.to_lowercase())).unwrap_or(inner);
    let plain = column.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    plain.then(|| format!("{}({column})", &lower[..5]))
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
            ["orders (customer_id, created_at)", "orders (customer_id, total)", "orders (customer_id)"]
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
    }
}
