//! What SQL migrations make: tables with the types of their columns.

use std::collections::{BTreeMap, BTreeSet};

use squawk_syntax::ast::{self, AstNode, NameLike};

/// Tables by name, without their schemas.
#[derive(Debug, Default, Clone)]
pub struct Tables {
    columns: BTreeMap<String, BTreeMap<String, String>>,
    /// Types of columns that `CREATE TYPE` or an extension made are not followed.
    pub added: BTreeSet<(String, String)>,
}

impl Tables {
    /// Whether a migration made this table.
    pub fn has(&self, table: &str) -> bool {
        self.columns.contains_key(table)
    }

    /// The type of a column as it was written, in lower case.
    pub fn type_of(&self, table: &str, column: &str) -> Option<&str> {
        self.columns.get(table)?.get(column).map(String::as_str)
    }

    /// What a statement makes of them.
    pub fn apply(&mut self, statement: &ast::Stmt) {
        match statement {
            ast::Stmt::CreateTable(create) => {
                let Some(table) = create.table_name().and_then(|name| Some(name.path()?.segment()?.text())) else {
                    return;
                };
                let columns = self.columns.entry(table).or_default();
                for argument in create.table_arg_list().into_iter().flat_map(|list| list.args()) {
                    if let ast::TableArg::Column(column) = argument
                        && let (Some(name), Some(kind)) = (column.name(), column.ty())
                    {
                        columns.insert(name.text(), written(&kind));
                    }
                }
            }
            ast::Stmt::CreateTableAs(create) => {
                if let Some(table) = create.table_name().and_then(|name| Some(name.path()?.segment()?.text())) {
                    self.columns.entry(table).or_default();
                }
            }
            ast::Stmt::AlterTable(alter) => {
                let Some(table) = altered(alter) else { return };
                for action in alter.actions() {
                    self.alter(&table, &action);
                }
            }
            ast::Stmt::DropTable(drop) => {
                for table in drop.table_name_refs().filter_map(|name| Some(name.path_ref()?.segment()?.text())) {
                    self.columns.remove(&table);
                }
            }
            _ => {}
        }
    }

    fn alter(&mut self, table: &str, action: &ast::AlterTableAction) {
        match action {
            ast::AlterTableAction::AddColumn(add) => {
                let (Some(name), Some(kind)) = (add.column_name(), add.ty()) else { return };
                self.added.insert((table.to_owned(), name.text()));
                if let Some(columns) = self.columns.get_mut(table) {
                    columns.insert(name.text(), written(&kind));
                }
            }
            ast::AlterTableAction::AlterColumn(alter) => {
                if let (Some(name), Some(ast::AlterColumnOption::SetType(set))) =
                    (alter.column_name_ref(), alter.option())
                    && let (Some(columns), Some(kind)) = (self.columns.get_mut(table), set.ty())
                {
                    columns.insert(name.text(), written(&kind));
                }
            }
            ast::AlterTableAction::RenameColumn(rename) => {
                if let (Some(from), Some(to)) = (rename.column_name_ref(), rename.column_name())
                    && let Some(columns) = self.columns.get_mut(table)
                    && let Some(kind) = columns.remove(&from.text())
                {
                    columns.insert(to.text(), kind);
                }
            }
            ast::AlterTableAction::TableRenameTo(rename) => {
                let to = rename.syntax().text().to_string();
                let to = to.rsplit(char::is_whitespace).next().unwrap_or_default().trim_matches('"').to_owned();
                if let Some(columns) = self.columns.remove(table) {
                    self.columns.insert(to, columns);
                }
            }
            _ => {}
        }
    }
}

fn written(kind: &ast::Type) -> String {
    let text = kind.syntax().text().to_string().to_lowercase();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn altered(alter: &ast::AlterTable) -> Option<String> {
    Some(alter.table_relation_name()?.table_name_ref()?.path_ref()?.segment()?.text())
}

/// The tables that a statement changes; empty where that cannot be told.
pub fn changed(statement: &ast::Stmt) -> Vec<String> {
    match statement {
        ast::Stmt::AlterTable(alter) => altered(alter).into_iter().collect(),
        ast::Stmt::CreateIndex(create) => {
            let name = create.table_relation_name().and_then(|name| name.table_name_ref());
            name.and_then(|name| Some(name.path_ref()?.segment()?.text())).into_iter().collect()
        }
        ast::Stmt::DropTable(drop) => {
            drop.table_name_refs().filter_map(|name| Some(name.path_ref()?.segment()?.text())).collect()
        }
        _ => Vec::new(),
    }
}

/// The columns that a statement's indexes and keys are on, as far as they are plain names.
pub fn keys(statement: &ast::Stmt) -> Vec<String> {
    let text = match statement {
        ast::Stmt::CreateIndex(create) => create.syntax().text().to_string(),
        ast::Stmt::AlterTable(alter) => {
            let added = alter.actions().find_map(|action| match action {
                ast::AlterTableAction::AddConstraint(add) => add.constraint().map(|c| c.syntax().text().to_string()),
                _ => None,
            });
            added.unwrap_or_default()
        }
        _ => return Vec::new(),
    };
    // The first brackets hold them: `ON "a"("b", "c")`, `FOREIGN KEY ("b") REFERENCES …`.
    let Some((_, rest)) = text.split_once('(') else { return Vec::new() };
    let inner = rest.split(')').next().unwrap_or_default();
    inner
        .split(',')
        .filter_map(|key| key.split_whitespace().next())
        .map(|key| key.trim_matches('"').to_owned())
        .collect()
}

/// Whether a column of the type `from` becomes one of the type `to` without its rows being written anew:
/// <https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES>.
pub fn keeps_rows(from: &str, to: &str) -> bool {
    let split = |kind: &str| -> (String, Option<u32>) {
        let (name, rest) = kind.split_once('(').unwrap_or((kind, ""));
        let name = match name.trim() {
            "character varying" | "varchar" => "varchar",
            name => name,
        };
        (name.to_owned(), rest.split([',', ')']).next().and_then(|length| length.trim().parse().ok()))
    };
    let ((from, length), (to, longer)) = (split(from), split(to));
    match (from.as_str(), to.as_str()) {
        ("varchar" | "text", "text") => true,
        ("text", "varchar") => longer.is_none(),
        ("varchar", "varchar") => longer.is_none_or(|longer| length.is_some_and(|length| length <= longer)),
        (from, to) => from == to && length == longer,
    }
}

#[cfg(test)]
mod tests {
    use squawk_syntax::SourceFile;

    use super::*;

    fn tables(sql: &str) -> Tables {
        let mut tables = Tables::default();
        SourceFile::parse(sql).tree().stmts().for_each(|statement| tables.apply(&statement));
        tables
    }

    #[test]
    fn tables_and_columns_are_followed_through_their_changes() {
        let seen = tables(
            "CREATE TABLE public.\"Order\" (\"userId\" VARCHAR(20) NOT NULL, n int);\nALTER TABLE \"Order\" ADD COLUMN note TEXT, ALTER COLUMN n TYPE bigint;\nALTER TABLE \"Order\" RENAME COLUMN note TO memo;\nCREATE TABLE b (x int);\nALTER TABLE b RENAME TO c;\nCREATE TABLE d (x int);\nDROP TABLE d;",
        );
        assert!(seen.has("Order") && seen.has("c") && !seen.has("b") && !seen.has("d"));
        assert_eq!(seen.type_of("Order", "userId"), Some("varchar(20)"));
        assert_eq!(seen.type_of("Order", "n"), Some("bigint"));
        assert_eq!(seen.type_of("Order", "memo"), Some("text"));
        assert!(seen.added.contains(&("Order".to_owned(), "note".to_owned())));
    }

    #[test]
    fn keys_and_types_are_read() {
        let first = |sql: &str| SourceFile::parse(sql).tree().stmts().next().unwrap();
        assert_eq!(keys(&first("CREATE INDEX i ON \"a\"(\"b\", c DESC);")), ["b", "c"]);
        assert_eq!(keys(&first("ALTER TABLE a ADD CONSTRAINT x FOREIGN KEY (\"b\") REFERENCES c(id);")), ["b"]);
        assert!(keeps_rows("varchar(20)", "text") && keeps_rows("character varying(20)", "varchar(40)"));
        assert!(
            !keeps_rows("varchar(40)", "varchar(20)")
                && !keeps_rows("integer", "bigint")
                && !keeps_rows("text", "uuid")
        );
    }
}
