//! Whether an app keeps all its data in a file beside it.

use std::sync::Arc;

use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::{FileFacts, Role};

/// Whether SQLite is used and no database that is a server of its own.
pub(super) fn only(files: &[Arc<FileFacts>]) -> bool {
    let mut embedded = false;
    for file in files.iter().filter(|file| file.role.in_production() || file.role == Role::Config) {
        if file.imports.iter().any(|import| is_server(&import.module)) {
            return false;
        }
        embedded |= file.imports.iter().any(|import| is_sqlite(&import.module));
        for call in &file.calls {
            match opened(file, call) {
                Some(true) => embedded = true,
                Some(false) => return false,
                None => {}
            }
        }
        for engine in engines(file) {
            if !is_sqlite(engine) {
                return false;
            }
            embedded = true;
        }
    }
    embedded
}

fn is_sqlite(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["sqlite", "libsql"].iter().any(|word| lower.contains(word))
}

/// Drivers of databases that run as servers of their own.
fn is_server(module: &str) -> bool {
    const DRIVERS: [&str; 30] = [
        "pg",
        "postgres",
        "pg-promise",
        "mysql",
        "mysql2",
        "mariadb",
        "mssql",
        "tedious",
        "oracledb",
        "mongodb",
        "mongoose",
        "psycopg",
        "psycopg2",
        "asyncpg",
        "aiopg",
        "pymysql",
        "aiomysql",
        "MySQLdb",
        "mysql.connector",
        "pymongo",
        "motor",
        "mongoengine",
        "@neondatabase/serverless",
        "@vercel/postgres",
        "@planetscale/database",
        "@supabase/supabase-js",
        "drizzle-orm/node-postgres",
        "drizzle-orm/postgres-js",
        "github.com/lib/pq",
        "github.com/go-sql-driver/mysql",
    ];
    let first = module.split('/').next().unwrap_or(module).split('.').next().unwrap_or(module);
    DRIVERS.contains(&module) || DRIVERS.contains(&first) || module.starts_with("github.com/jackc/pgx")
}

/// Whether a call connects to SQLite, where it says what it connects to: `new Sequelize({ dialect: "sqlite" })`,
/// `create_engine("sqlite:///shop.db")`, `knex({ client: "pg" })`.
fn opened(file: &FileFacts, call: &Call) -> Option<bool> {
    let key = match call.method() {
        "Sequelize" => "dialect",
        "knex" | "Knex" => "client",
        "DataSource" | "createConnection" | "forRoot" => "type",
        "create_engine" | "create_async_engine" => {
            let address = call.argument(0).map(|value| file.resolved(value, call.function))?.leading_text()?;
            return Some(is_sqlite(address));
        }
        _ => return None,
    };
    let named = |value: &Value| {
        let kind = file.resolved(file.resolved(value, call.function).get(key)?, call.function).text()?;
        (!kind.is_empty()).then(|| is_sqlite(kind))
    };
    call.arguments.iter().find_map(|argument| named(&argument.value))
}

/// What Django's `DATABASES` are kept by.
fn engines(file: &FileFacts) -> impl Iterator<Item = &str> {
    let settings = file.assignments.iter().filter(|a| &*a.target == "DATABASES" && a.function == 0);
    settings.filter_map(|a| a.value.get("default")?.get("ENGINE")?.text())
}
