//! Whether SQL migrations are PostgreSQL's.

use std::sync::LazyLock;

use regex::Regex;

use super::Group;
use crate::probe::repository::repo::{Repo, folder_of};

/// Which database a group's SQL is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Postgres,
    Other(&'static str),
    Unknown,
}

/// Written in PostgreSQL's SQL only.
static POSTGRES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:bigserial|serial|smallserial|timestamptz|jsonb|bytea|plpgsql|gen_random_uuid|uuid_generate_v4|timestamp with(?:out)? time zone|using (?:gin|gist|btree)|create extension|on commit drop|create type \S+ as enum|row level security)\b|::[a-z]|\$\$").ok()
});
/// Written in that of MySQL or MariaDB only.
static MYSQL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)`\w+`|\b(?:auto_increment|engine\s*=\s*\w+|unsigned|mediumtext|longtext|tinyint)\b").ok()
});
/// Written in that of SQLite only.
static SQLITE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\bautoincrement\b|\bpragma\s+\w+|\bwithout\s+rowid\b|\bstrict\s*;").ok());

/// What the group's own files say, then its SQL, then the project's `stack`.
pub fn of(repo: &Repo, group: &Group, stack: &[String]) -> Dialect {
    match group.tool {
        "Prisma" => of_prisma(repo, group),
        "Drizzle" => of_drizzle(repo, group),
        _ => Dialect::Unknown,
    }
    .or(|| of_text(repo, group))
    .or(|| of_stack(stack))
}

impl Dialect {
    fn or(self, other: impl FnOnce() -> Self) -> Self {
        if self == Self::Unknown { other() } else { self }
    }

    fn named(name: &str) -> Self {
        match name {
            "postgresql" | "postgres" | "pg" | "cockroachdb" => Self::Postgres,
            "mysql" | "mariadb" | "singlestore" => Self::Other("MySQL"),
            "sqlite" | "turso" => Self::Other("SQLite"),
            "sqlserver" => Self::Other("SQL Server"),
            _ => Self::Unknown,
        }
    }
}

/// `migration_lock.toml`, which Prisma keeps beside the migrations, or the schema above them.
fn of_prisma(repo: &Repo, group: &Group) -> Dialect {
    let above = folder_of(group.folder.trim_end_matches('/'));
    let files = [format!("{}migration_lock.toml", group.folder), format!("{above}schema.prisma")];
    let provider = files.iter().find_map(|path| {
        let text = repo.text(path)?;
        text.lines().map(str::trim).find_map(|line| {
            let value = line.strip_prefix("provider")?.trim_start().strip_prefix('=')?;
            let name = value.split('"').nth(1)?.to_owned();
            (Dialect::named(&name) != Dialect::Unknown).then_some(name)
        })
    });
    provider.map_or(Dialect::Unknown, |name| Dialect::named(&name))
}

/// The journal of Drizzle, or the snapshot beside a migration.
fn of_drizzle(repo: &Repo, group: &Group) -> Dialect {
    let beside = group.files.last().map(|path| format!("{}snapshot.json", folder_of(path)));
    let files = [Some(format!("{}meta/_journal.json", group.folder)), beside];
    let dialect = files.into_iter().flatten().find_map(|path| {
        let text = repo.text(&path)?;
        let value: serde_json::Value = serde_json::from_str(&text).ok()?;
        value.get("dialect")?.as_str().map(str::to_owned)
    });
    dialect.map_or(Dialect::Unknown, |name| Dialect::named(&name))
}

fn of_text(repo: &Repo, group: &Group) -> Dialect {
    let mut postgres = group.folder.contains("supabase/");
    for path in group.forward() {
        let Some(text) = repo.text(path) else { continue };
        // Comments quote names as they like.
        let text = text.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n");
        let says = |pattern: &LazyLock<Option<Regex>>| {
            LazyLock::force(pattern).as_ref().is_some_and(|pattern| pattern.is_match(&text))
        };
        // One statement that PostgreSQL cannot read outweighs many that it can.
        if !postgres && says(&MYSQL) {
            return Dialect::Other("MySQL");
        }
        if !postgres && says(&SQLITE) {
            return Dialect::Other("SQLite");
        }
        postgres |= says(&POSTGRES);
    }
    if postgres { Dialect::Postgres } else { Dialect::Unknown }
}

fn of_stack(stack: &[String]) -> Dialect {
    let mut known = stack.iter().map(|entry| Dialect::named(entry)).filter(|dialect| *dialect != Dialect::Unknown);
    match (known.next(), known.next()) {
        (Some(one), None) => one,
        _ => Dialect::Unknown,
    }
}
