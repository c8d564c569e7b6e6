//! The rule `duplicate-index`.

use crate::model::{Confidence, Finding, RuleKind, RuleMeta, Severity};
use crate::probe::database::catalog::{Index, Table};
use crate::probe::database::checks::{Check, Looked, Outcome, shown, sql};
use crate::probe::database::judgement::wording::{name, name_in};
use crate::probe::database::lexer::Dialect;

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "duplicate-index",
    title: "An index does what another does already",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Two indexes of a table hold the same, or one begins with all that the other holds. Conditions, sort order, collation and uniqueness are compared as well.",
    why: "Every row that is written is written into each index too, so a second one makes saving slower and the database larger, and helps no query.",
    fix: "Drop the one that the other covers.",
    example: "CREATE INDEX orders_customer ON orders (customer_id);\nCREATE INDEX orders_customer_date ON orders (customer_id, created_at);\n\n-- the second serves the queries of the first as well\nDROP INDEX CONCURRENTLY orders_customer;",
    references: &[
        "https://www.postgresql.org/docs/current/indexes-multicolumn.html",
        "https://supabase.github.io/splinter/0009_duplicate_index/",
        "C54",
    ],
};

/// The check.
pub const CHECK: Check = Check { meta: &META, judge };

fn judge(looked: &Looked<'_>) -> Outcome {
    let mut found = Vec::new();
    for table in looked.own_tables().filter(|table| !table.locked) {
        let mut indexes: Vec<&Index> = table.indexes.iter().collect();
        indexes.sort_by(|a, b| a.name.cmp(&b.name));
        for (place, index) in indexes.iter().enumerate() {
            let others = indexes.iter().enumerate().filter(|(at, _)| *at != place);
            // Of two that are the same, the one that can go is told, and it is told once.
            let by = others.filter_map(|(at, other)| {
                let covered = covered_by(index, other)?;
                let mutual = covered_by(other, index).is_some();
                (!mutual || at < place).then_some((other, covered))
            });
            // The same index says more than a longer one.
            if let Some((other, covered)) = by.min_by_key(|(_, covered)| *covered) {
                found.push(tell(table, index, other, covered, looked));
            }
        }
    }
    looked.of_schema(found)
}

/// How an index is covered by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Covered {
    /// They hold the same.
    Same,
    /// The other goes on.
    Prefix,
}

/// How `other` does all that `index` does, so that `index` can go.
fn covered_by(index: &Index, other: &Index) -> Option<Covered> {
    // What stands behind a constraint goes only with it; and an ordinary index cannot keep rows apart.
    if index.bound || index.keys.is_empty() || index.method != other.method || index.predicate != other.predicate {
        return None;
    }
    // How the keys are sorted is not known of expressions in SQLite.
    if index.orders.len() != index.keys.len() || other.orders.len() != other.keys.len() {
        return None;
    }
    let same_length = index.keys.len() == other.keys.len();
    if !same_length && (!index.ordered || index.keys.len() > other.keys.len()) {
        return None;
    }
    if index.unique && !(same_length && other.unique) {
        return None;
    }
    let pairs = || index.keys.iter().zip(&index.orders).zip(other.keys.iter().zip(&other.orders));
    let alike =
        pairs().all(|((key, order), (their_key, theirs))| key == their_key && order.compares == theirs.compares);
    // A B-tree is read from either end.
    let forwards = pairs().all(|((_, order), (_, theirs))| order == theirs);
    let backwards = index.ordered
        && pairs().all(|((_, order), (_, theirs))| {
            order.descending != theirs.descending && order.nulls_first != theirs.nulls_first
        });
    let carries = index.included.iter().all(|column| other.included.contains(column) || other.keys.contains(column));
    (alike && (forwards || backwards) && carries).then_some(if same_length { Covered::Same } else { Covered::Prefix })
}

fn tell(table: &Table, index: &Index, other: &Index, covered: Covered, looked: &Looked<'_>) -> Finding {
    let here = shown(&table.schema, &table.name);
    let message = match covered {
        Covered::Same => format!("The index `{}` on `{here}` holds the same as `{}`", index.name, other.name),
        Covered::Prefix => format!(
            "The index `{}` on `{here}` ({}) is covered by `{}` ({})",
            index.name,
            index.keys.join(", "),
            other.name,
            other.keys.join(", ")
        ),
    };
    let named = sql(&table.schema, &index.name);
    let drop = match looked.dialect {
        Dialect::Postgres if !table.partitioned => format!("DROP INDEX CONCURRENTLY {named};"),
        Dialect::Postgres => format!("DROP INDEX {named};"),
        Dialect::Mysql => {
            let name = |text: &str| name_in(looked.dialect, text);
            format!("ALTER TABLE {} DROP INDEX {};", name(&table.name), name(&index.name))
        }
        Dialect::Sqlite => format!("DROP INDEX {};", name(&index.name)),
    };
    looked
        .about(&META, (&table.schema, &table.name), &index.name, message)
        // A short index is smaller and now and then the quicker one to read.
        .confidence(if covered == Covered::Same { Confidence::High } else { Confidence::Medium })
        .fix(format!("Drop it, and take it out of the schema file or migrations too: `{drop}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::database::catalog::KeyOrder;
    use crate::probe::database::checks::testing::{facts, judge, messages};

    fn index(name: &str, keys: &[&str]) -> Index {
        Index {
            name: name.to_owned(),
            keys: keys.iter().map(|&key| key.to_owned()).collect(),
            orders: vec![KeyOrder { compares: "text".to_owned(), ..KeyOrder::default() }; keys.len()],
            ordered: true,
            method: "btree".to_owned(),
            ..Index::default()
        }
    }

    fn told(indexes: Vec<Index>) -> Vec<String> {
        let table = Table { name: "t".to_owned(), indexes, ..Table::default() };
        messages(&judge(CHECK, &facts(), vec![table])).iter().map(|&message| message.to_owned()).collect()
    }

    #[test]
    fn the_covered_one_is_told_once_with_what_covers_it() {
        assert_eq!(
            told(vec![index("a", &["x"]), index("b", &["x"]), index("c", &["x", "y"])]),
            ["The index `a` on `t` (x) is covered by `c` (x, y)", "The index `b` on `t` holds the same as `a`"]
        );
        let key = Index { bound: true, unique: true, ..index("t_pkey", &["id"]) };
        assert_eq!(told(vec![index("a", &["id"]), key.clone()]), ["The index `a` on `t` holds the same as `t_pkey`"]);
        assert_eq!(told(vec![key, index("a", &["id", "x"])]), [""; 0]);
    }

    #[test]
    fn what_differs_in_anything_that_matters_is_not_the_same() {
        let descending = |index: Index| {
            let orders =
                index.orders.iter().map(|order| KeyOrder { descending: true, nulls_first: true, ..order.clone() });
            Index { orders: orders.collect(), ..index.clone() }
        };
        let with = |change: fn(&mut Index)| {
            let mut index = index("a", &["x"]);
            change(&mut index);
            index
        };
        let pair = |a: Index, b: Index| told(vec![a, b]).len();
        let long = || index("b", &["x", "y"]);
        assert_eq!(pair(with(|_| ()), long()), 1);
        assert_eq!(pair(descending(with(|_| ())), long()), 1, "read backwards");
        assert_eq!(pair(descending(index("a", &["x", "y"])), long()), 1, "read backwards");
        assert_eq!(pair(with(|i| i.orders[0].nulls_first = true), long()), 0);
        assert_eq!(pair(with(|i| i.orders[0].compares = "pattern".to_owned()), long()), 0);
        assert_eq!(pair(with(|i| i.unique = true), long()), 0);
        assert_eq!(pair(with(|i| i.predicate = Some("y".to_owned())), long()), 0);
        assert_eq!(pair(with(|i| i.method = "hash".to_owned()), long()), 0);
        assert_eq!(pair(with(|i| i.included = vec!["z".to_owned()]), long()), 0);
        assert_eq!(pair(with(|i| i.included = vec!["y".to_owned()]), long()), 1);
        assert_eq!(pair(with(|i| i.orders.clear()), long()), 0);
        assert_eq!(pair(with(|i| i.keys = vec!["lower(x)".to_owned()]), long()), 0);
        let gin = |name: &str, keys: &[&str]| Index { ordered: false, method: "gin".to_owned(), ..index(name, keys) };
        assert_eq!(pair(gin("a", &["x"]), gin("b", &["x", "y"])), 0);
        assert_eq!(pair(gin("a", &["x"]), gin("b", &["x"])), 1);
        let both = |predicate: &str| Index { predicate: Some(predicate.to_owned()), ..index(predicate, &["x"]) };
        assert_eq!(pair(both("a"), both("b")), 0);
    }
}
