//! Libraries by the names under which code imports them.

use super::facts::FileFacts;

/// Whether `module` is the library `name` or a part of it: `mysql2/promise` is of `mysql2`, `django.db.models` of
/// `django.db`. A name that ends with `/` stands for everything below it: `@mikro-orm/`.
#[must_use]
pub(super) fn is_of(module: &str, name: &str) -> bool {
    // Nearly all of them differ in their first letter, which is quicker to see than to begin a comparison.
    module.as_bytes().first() == name.as_bytes().first()
        && module
            .strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.', '\\']) || name.ends_with('/'))
}

/// The first of `names` that `file` imports.
pub(super) fn imported<'n>(file: &FileFacts, names: &[&'n str]) -> Option<&'n str> {
    // Nearly all names begin with a letter with which no import begins: those need no look at the imports.
    let mut begins = [false; 256];
    for first in file.imports.iter().filter_map(|import| import.module.bytes().next()) {
        if let Some(begins) = begins.get_mut(usize::from(first)) {
            *begins = true;
        }
    }
    let may_be = |name: &&str| name.bytes().next().is_none_or(|first| begins.get(usize::from(first)) == Some(&true));
    names.iter().copied().filter(may_be).find(|name| file.imports_any(|module| is_of(module, name)))
}

/// Speak to a database, in forms that [`super::database_calls`] knows.
pub(super) const DATABASES: [&str; 57] = [
    "node:sqlite",
    "bun:sqlite",
    "better-sqlite3",
    "sqlite3",
    "sqlite",
    "@libsql/client",
    "pg",
    "postgres",
    "pg-promise",
    "@neondatabase/serverless",
    "@vercel/postgres",
    "mysql",
    "mysql2",
    "mariadb",
    "mssql",
    "@planetscale/database",
    "@prisma/client",
    "drizzle-orm",
    "knex",
    "sequelize",
    "sequelize-typescript",
    "typeorm",
    "@nestjs/typeorm",
    "mongoose",
    "@nestjs/mongoose",
    "@supabase/supabase-js",
    "@supabase/ssr",
    "supabase",
    "aiosqlite",
    "psycopg",
    "psycopg2",
    "pymysql",
    "MySQLdb",
    "mysql.connector",
    "pyodbc",
    "oracledb",
    "cx_Oracle",
    "duckdb",
    "sqlalchemy",
    "flask_sqlalchemy",
    "django.db",
    "psycopg_pool",
    "mongodb",
    "kysely",
    "@mikro-orm/",
    "asyncpg",
    "peewee",
    "tortoise",
    "pymongo",
    "motor",
    "sqlmodel",
    "database/sql",
    "gorm.io/",
    "github.com/jmoiron/sqlx",
    "github.com/jackc/pgx",
    "entgo.io/ent",
    "github.com/uptrace/bun",
];

/// Speak to a database, in forms that [`super::database_calls`] does not know.
pub(super) const OTHER_DATABASES: [&str; 24] = [
    "bun:sql",
    "slonik",
    "objection",
    "bookshelf",
    "@databases/",
    "waterline",
    "nedb",
    "firebase/firestore",
    "firebase-admin",
    "@google-cloud/firestore",
    "@google-cloud/spanner",
    "@aws-sdk/client-dynamodb",
    "@aws-sdk/lib-dynamodb",
    "cassandra-driver",
    "neo4j-driver",
    "surrealdb",
    "marsdb",
    "databases",
    "aiomysql",
    "pony",
    "mongoengine",
    "beanie",
    "cassandra",
    "neo4j",
];
