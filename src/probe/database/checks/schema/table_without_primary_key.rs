//! The rule `table-without-primary-key`.

use crate::model::{Confidence, Finding, RuleKind, RuleMeta, Severity};
use crate::probe::database::catalog::Table;
use crate::probe::database::checks::{Check, Looked, Outcome, shown, sql};
use crate::probe::database::judgement::wording::name_in;
use crate::probe::database::lexer::Dialect;

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "table-without-primary-key",
    title: "A table has no primary key",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "A table has neither a primary key nor any other set of columns that names a row for certain.",
    why: "Nothing keeps the same row from being stored twice, and then nobody can change or delete just one of the two. Copying the database to another server while it runs, as moves without downtime do, refuses changes to such a table.",
    fix: "Add a primary key: an `id` that counts by itself, or the columns that together name a row.",
    example: "CREATE TABLE visits (page text, at timestamptz);\n\n-- better\nCREATE TABLE visits (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, page text, at timestamptz);",
    references: &[
        "https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-PRIMARY-KEYS",
        "https://www.postgresql.org/docs/current/logical-replication-publication.html",
        "https://supabase.github.io/splinter/0004_no_primary_key/",
        "F62",
    ],
};

/// The check.
pub const CHECK: Check = Check { meta: &META, judge };

fn judge(looked: &Looked<'_>) -> Outcome {
    let found = looked.own_tables().filter(|table| !table.locked && !has_key(table)).map(|table| tell(table, looked));
    looked.of_schema(found.collect())
}

/// A unique index over columns that are never null is a key in all but name, such as the one that Prisma makes for its
/// tables in between.
fn has_key(table: &Table) -> bool {
    let names_rows = |index: &&crate::probe::database::catalog::Index| {
        index.unique && index.not_null && index.predicate.is_none() && !index.keys.is_empty()
    };
    !table.primary_key.is_empty() || table.indexes.iter().any(|index| names_rows(&index))
}

fn tell(table: &Table, looked: &Looked<'_>) -> Finding {
    let here = shown(&table.schema, &table.name);
    let message = format!("`{here}` has no primary key, so nothing tells two equal rows apart");
    let named = sql(&table.schema, &table.name);
    let has_id = table.has("id");
    let fix = match looked.dialect {
        Dialect::Postgres if has_id => {
            format!("If `id` names each row, say so: `ALTER TABLE {named} ADD PRIMARY KEY (id);`")
        }
        Dialect::Postgres => format!(
            "Add one: `ALTER TABLE {named} ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;` (this writes the whole table anew, so do it while it is small), or name the columns that tell rows apart."
        ),
        Dialect::Sqlite => {
            "Make the table anew with `id INTEGER PRIMARY KEY`, copy the rows over and rename it; SQLite cannot add a key to a table that exists.".to_owned()
        }
        Dialect::Mysql => format!(
            "Add one: `ALTER TABLE {} ADD COLUMN id bigint unsigned AUTO_INCREMENT PRIMARY KEY;`, or name the columns that tell rows apart.",
            name_in(looked.dialect, &table.name)
        ),
    };
    looked.about(&META, (&table.schema, &table.name), "", message).fix(fix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::database::catalog::Index;
    use crate::probe::database::checks::testing::{facts, judge, messages};

    #[test]
    fn a_key_in_all_but_name_is_one() {
        let table = |name: &str| Table { schema: "app".to_owned(), name: name.to_owned(), ..Table::default() };
        let unique = Index { unique: true, not_null: true, keys: vec!["A".to_owned()], ..Index::default() };
        let with = |index: Index| Table { indexes: vec![index], ..table("t") };
        let tables = vec![
            table("bare"),
            Table { primary_key: vec!["id".to_owned()], ..table("keyed") },
            Table { name: "between".to_owned(), ..with(unique.clone()) },
            Table { name: "nullable".to_owned(), ..with(Index { not_null: false, ..unique.clone() }) },
            Table { name: "partial".to_owned(), ..with(Index { predicate: Some("x".to_owned()), ..unique }) },
            Table { materialized: true, ..table("stored") },
            Table { parent: Some("bare".to_owned()), ..table("part") },
            table("knex_migrations_lock"),
        ];
        let outcome = judge(CHECK, &facts(), tables);
        let named: Vec<&str> = messages(&outcome).iter().filter_map(|m| m.split('`').nth(1)).collect();
        assert_eq!(named, ["app.bare", "app.nullable", "app.partial"]);
    }
}
