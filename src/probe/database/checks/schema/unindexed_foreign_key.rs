//! The rule `unindexed-foreign-key`.

use crate::model::{Confidence, Evidence, EvidenceKind, Finding, RuleKind, RuleMeta, Severity};
use crate::probe::database::catalog::{ForeignKey, Index, Table};
use crate::probe::database::checks::{Check, Looked, Outcome, shown};
use crate::probe::database::judgement::wording::{grouped, listed};
use crate::probe::database::lexer::Dialect;
use crate::probe::database::proposals::candidate::{Candidate, Key};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "unindexed-foreign-key",
    title: "A foreign key has no index",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "A column refers to another table by a foreign key, and no index begins with it. The database makes one for the key that is referred to, but not for the column that refers.",
    why: "Whoever wants the rows that belong to something (a user's orders) makes the database read all orders, and so does every deletion of a user. With a hundred thousand rows that is a slow page for everyone.",
    fix: "Create an index on the columns of the foreign key, in its order.",
    example: "-- reads all orders whenever a customer is opened or deleted\nALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers;\n\n-- reads that customer's orders\nCREATE INDEX CONCURRENTLY ON orders (customer_id);",
    references: &[
        "https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK",
        "https://www.sqlite.org/foreignkeys.html#fk_indexes",
        "https://supabase.github.io/splinter/0001_unindexed_foreign_keys/",
        "F31",
        "C54",
    ],
};

/// The check.
pub const CHECK: Check = Check { meta: &META, judge };

/// Below this a whole table is read in less than a millisecond, and reading it costs no more than an index.
const TINY_ROWS: u64 = 1_000;
/// A database with a table of this size holds real data, so that its small tables are small by nature.
const LIVED_IN_ROWS: u64 = 10_000;
/// Of a table with fewer rows each belongs to a good part of those that refer to it, and an index does not help to find
/// that many.
const FEW_ROWS: u64 = 20;
/// From here on a whole read takes tens of milliseconds (as for `full-table-scan`).
const MAJOR_ROWS: u64 = 10_000;

fn judge(looked: &Looked<'_>) -> Outcome {
    let lived_in = looked.own_tables().any(|table| table.rows.is_some_and(|rows| rows >= LIVED_IN_ROWS));
    let mut found = Vec::new();
    for table in looked.own_tables().filter(|table| !table.locked) {
        if lived_in && table.rows.is_some_and(|rows| rows < TINY_ROWS) {
            continue;
        }
        let mut told: Vec<&[String]> = Vec::new();
        for key in &table.foreign_keys {
            let other = looked.catalog.table(&key.to_schema, &key.to_table);
            let of_few = lived_in && other.and_then(|other| other.rows).is_some_and(|rows| rows < FEW_ROWS);
            if of_few || covered(table, key, looked) || told.contains(&key.columns.as_slice()) {
                continue;
            }
            told.push(&key.columns);
            found.push(tell(table, key, looked));
        }
    }
    looked.of_schema(found)
}

/// Whether the database gets at the rows of `key` without reading the whole table.
fn covered(table: &Table, key: &ForeignKey, looked: &Looked<'_>) -> bool {
    let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let wanted = |column: &str| key.columns.iter().any(|own| same(own, column));
    // Equalities need no order: an index on (b, a) serves a key on (a, b).
    let leads = |columns: &[String]| {
        columns.len() >= key.columns.len() && columns.iter().take(key.columns.len()).all(|column| wanted(column))
    };
    if leads(&table.primary_key) {
        return true;
    }
    // One column of several is enough where it picks the row by itself: (tenant_id, user_id) with an index on user_id.
    let picks_alone = |column: &str| {
        let other = looked.catalog.table(&key.to_schema, &key.to_table);
        let there = key.columns.iter().position(|own| same(own, column)).and_then(|at| key.to_columns.get(at));
        other.zip(there).is_some_and(|(other, there)| {
            let alone = |columns: &[String]| matches!(columns, [only] if same(only, there));
            alone(&other.primary_key)
                || other.indexes.iter().any(|index| index.unique && index.predicate.is_none() && alone(&index.keys))
        })
    };
    table.indexes.iter().filter(|index| serves_equality(index)).any(|index| {
        let begins = leads(&index.keys) || index.keys.first().is_some_and(|first| wanted(first) && picks_alone(first));
        begins && index.predicate.as_deref().is_none_or(leaves_out_little)
    })
}

/// A hash index serves one column and nothing else but equality.
fn serves_equality(index: &Index) -> bool {
    index.ordered || index.method == "hash"
}

/// A partial index serves a foreign key where it leaves out only rows that nobody asks for: those that refer to nothing
/// (`x IS NOT NULL`) or that count as deleted (`deleted_at IS NULL`, `NOT archived`).
fn leaves_out_little(predicate: &str) -> bool {
    let bare = predicate.trim_matches(['(', ')']).to_ascii_uppercase();
    !bare.contains(" OR ") && !bare.contains('=') && !bare.contains('<') && !bare.contains('>')
}

fn tell(table: &Table, key: &ForeignKey, looked: &Looked<'_>) -> Finding {
    let rows = table.rows.unwrap_or(0).max(looked.rows);
    let here = shown(&table.schema, &table.name);
    let there = shown(&key.to_schema, &key.to_table);
    let columns = match key.columns.as_slice() {
        [column] => format!("`{here}.{column}`"),
        columns => format!("{} of `{here}`", listed(columns, "and")),
    };
    let partial = table.indexes.iter().find(|index| {
        index.predicate.is_some() && index.keys.first().is_some_and(|first| key.columns.iter().any(|own| own == first))
    });
    let but = partial.map_or(String::new(), |index| {
        format!(" (`{}` holds only rows where {})", index.name, index.predicate.as_deref().unwrap_or_default())
    });
    let whole = if rows >= MAJOR_ROWS { format!("all {} rows", grouped(rows)) } else { "every row".to_owned() };
    let message = format!(
        "No index begins with {columns}, which refers to `{there}`{but}: finding the rows of one `{there}`, or deleting it, reads {whole} of `{here}`"
    );
    let candidate = Candidate::of(table, key.columns.iter().map(|column| Key::column(column)).collect());
    let constraint = if key.name.is_empty() { String::new() } else { format!("CONSTRAINT {} ", key.name) };
    let text = format!(
        "{constraint}FOREIGN KEY ({}) REFERENCES {there} ({})",
        key.columns.join(", "),
        key.to_columns.join(", ")
    );
    let text = text.trim_end_matches(" ()").to_owned();
    let statement = candidate.statement(looked.dialect, looked.dialect == Dialect::Postgres);
    looked
        .about(&META, (&table.schema, &table.name), &key.columns.join("\0"), message)
        .severity(if rows >= MAJOR_ROWS { Severity::Major } else { Severity::Minor })
        .confidence(if partial.is_some() { Confidence::Medium } else { Confidence::High })
        .fix(format!("Create an index: `{statement};`"))
        .evidence(Evidence::new(EvidenceKind::Query, text))
        .evidence(match table.rows {
            Some(now) => Evidence::new(EvidenceKind::Note, format!("`{here}` holds about {} rows now", grouped(now))),
            None => Evidence::new(EvidenceKind::Note, format!("the database has not counted the rows of `{here}` yet")),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Coverage, Observation};
    use crate::probe::database::checks::testing::{facts, judge, messages};

    fn texts(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn table(name: &str, primary_key: &[&str]) -> Table {
        Table {
            schema: "public".to_owned(),
            name: name.to_owned(),
            primary_key: texts(primary_key),
            ..Table::default()
        }
    }

    fn key(columns: &[&str], to: &str, to_columns: &[&str]) -> ForeignKey {
        ForeignKey {
            columns: texts(columns),
            to_schema: "public".to_owned(),
            to_table: to.to_owned(),
            to_columns: texts(to_columns),
            ..ForeignKey::default()
        }
    }

    fn index(keys: &[&str]) -> Index {
        Index { name: "i".to_owned(), keys: texts(keys), ordered: true, ..Index::default() }
    }

    /// How many keys of `orders` are told, when it has this key and these indexes.
    fn told(foreign_key: ForeignKey, primary_key: &[&str], indexes: Vec<Index>) -> usize {
        let mut orders = table("orders", primary_key);
        orders.foreign_keys = vec![foreign_key];
        orders.indexes = indexes;
        let outcome = judge(CHECK, &facts(), vec![orders, table("customers", &["id"])]);
        assert_eq!(outcome.coverage, Coverage::Whole);
        outcome.seen.len()
    }

    #[test]
    fn what_covers_a_key_and_what_does_not() {
        let one = || key(&["customer_id"], "customers", &["id"]);
        let two = || key(&["tenant_id", "customer_id"], "customers", &["tenant_id", "id"]);
        let partial = |predicate: &str| Index { predicate: Some(predicate.to_owned()), ..index(&["customer_id"]) };
        let hash = Index { ordered: false, method: "hash".to_owned(), ..index(&["customer_id"]) };
        let gin = Index { ordered: false, method: "gin".to_owned(), ..index(&["customer_id"]) };
        for (foreign_key, primary_key, indexes, wanted) in [
            (one(), vec!["id"], vec![], 1),
            (one(), vec!["id"], vec![index(&["customer_id"])], 0),
            (one(), vec!["id"], vec![index(&["CUSTOMER_ID", "at"])], 0),
            (one(), vec!["id"], vec![index(&["at", "customer_id"])], 1),
            (one(), vec!["customer_id"], vec![], 0),
            (one(), vec!["customer_id", "product_id"], vec![], 0),
            (one(), vec!["product_id", "customer_id"], vec![], 1),
            (one(), vec!["product_id", "customer_id"], vec![index(&["customer_id"])], 0),
            (one(), vec!["id"], vec![partial("(customer_id IS NOT NULL)")], 0),
            (one(), vec!["id"], vec![partial("(deleted_at IS NULL)")], 0),
            (one(), vec!["id"], vec![partial("(NOT archived)")], 0),
            (one(), vec!["id"], vec![partial("(status = 'open'::text)")], 1),
            (one(), vec!["id"], vec![hash], 0),
            (one(), vec!["id"], vec![gin], 1),
            (two(), vec!["id"], vec![index(&["customer_id", "tenant_id"])], 0),
            (two(), vec!["customer_id", "tenant_id", "line"], vec![], 0),
            (two(), vec!["id"], vec![index(&["tenant_id"])], 1),
            (two(), vec!["id"], vec![index(&["customer_id"])], 0),
        ] {
            let given = format!("{foreign_key:?} {primary_key:?} {indexes:?}");
            assert_eq!(told(foreign_key, &primary_key, indexes), wanted, "{given}");
        }
    }

    #[test]
    fn the_order_is_the_constraints_and_each_key_is_told_once() {
        let mut orders = table("Orders", &["id"]);
        orders.foreign_keys = vec![
            key(&["shopId", "customer_id"], "customers", &["shop", "id"]),
            key(&["shopId", "customer_id"], "clients", &["shop", "id"]),
        ];
        let outcome = judge(CHECK, &facts(), vec![orders]);
        assert_eq!(
            messages(&outcome),
            [
                "No index begins with `shopId` and `customer_id` of `Orders`, which refers to `customers`: finding the rows of one `customers`, or deleting it, reads all 100,000 rows of `Orders`"
            ]
        );
        let Some(Observation::Finding(finding)) = outcome.seen.first() else { panic!() };
        assert_eq!(
            finding.fix,
            "Create an index: `CREATE INDEX CONCURRENTLY orders_shopid_customer_id_idx ON \"Orders\" (\"shopId\", customer_id);`"
        );
    }

    #[test]
    fn tables_that_stay_small_and_those_of_others_are_left_alone() {
        let mut small = table("stores", &["id"]);
        small.foreign_keys = vec![key(&["city_id"], "cities", &["id"])];
        small.rows = Some(12);
        let large = |rows| Table { rows: Some(rows), ..table("rentals", &["id"]) };
        let mut rentals = large(16_000);
        rentals.foreign_keys = vec![key(&["staff_id"], "staff", &["id"])];
        let staff = |rows| Table { rows: Some(rows), ..table("staff", &["id"]) };
        assert_eq!(judge(CHECK, &facts(), vec![rentals.clone(), staff(2)]).seen.len(), 0);
        assert_eq!(judge(CHECK, &facts(), vec![rentals, staff(200)]).seen.len(), 1);
        assert_eq!(judge(CHECK, &facts(), vec![small.clone(), large(16_000)]).seen.len(), 0);
        assert_eq!(judge(CHECK, &facts(), vec![small.clone(), large(50)]).seen.len(), 1);
        let foreign = Table { foreign: true, ..small.clone() };
        let outcome = judge(CHECK, &facts(), vec![foreign]);
        assert!(matches!(outcome.coverage, Coverage::Nothing(_)) && outcome.seen.is_empty());
        let locked = Table { locked: true, ..small };
        let outcome = judge(CHECK, &facts(), vec![locked, large(50)]);
        assert!(matches!(&outcome.coverage, Coverage::Part(why) if why.starts_with("1 table")), "{outcome:?}");
        assert!(outcome.seen.is_empty());
    }
}
