//! Calls that make a client, a pool or a connection.

use crate::probe::source::code::Call;
use crate::probe::source::facts::{FileFacts, Language};
use crate::probe::source::libraries::is_of;

/// What a call makes, and what it is called.
pub(super) enum Made<'f> {
    /// Several connections.
    Pool(&'f str),
    /// Something that holds connections inside.
    Client(&'f str),
    /// One connection.
    Connection(&'f str),
}

/// What `call` makes, if it is one of these.
pub(super) fn made<'f>(file: &FileFacts, call: &'f Call) -> Option<Made<'f>> {
    match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => ecma(file, call),
        Language::Python => python(file, call),
        Language::Php => php(call),
        Language::Go => go(file, call),
        Language::Ruby => ruby(call),
        Language::Java => java(call),
        Language::Template => None,
    }
}

/// Whether what the call begins with was imported from one of `modules`.
fn comes_from(file: &FileFacts, call: &Call, modules: &[&str]) -> bool {
    file.binding(call.root()).is_some_and(|b| modules.iter().any(|name| is_of(&b.module, name)))
}

fn ecma<'f>(file: &FileFacts, call: &'f Call) -> Option<Made<'f>> {
    let callee = &*call.callee;
    let from = |modules: &[&str]| comes_from(file, call, modules);
    if call.constructs {
        return match call.method() {
            "PrismaClient" => Some(Made::Client(callee)),
            "Pool" if from(&["pg", "mysql2", "mariadb"]) => Some(Made::Pool(callee)),
            "ConnectionPool" if from(&["mssql"]) => Some(Made::Pool(callee)),
            "Client" if from(&["pg"]) => Some(Made::Connection(callee)),
            "MongoClient" if from(&["mongodb"]) => Some(Made::Client(callee)),
            "Sequelize" if from(&["sequelize", "sequelize-typescript"]) => Some(Made::Client(callee)),
            "DataSource" if from(&["typeorm"]) => Some(Made::Client(callee)),
            "Redis" | "IORedis" | "Cluster" if from(&["ioredis"]) => Some(Made::Connection(callee)),
            "Queue" if from(&["bullmq", "bull"]) => Some(Made::Client(callee)),
            _ => None,
        };
    }
    match call.method() {
        "createPool" if from(&["mysql", "mysql2", "mariadb", "slonik"]) => Some(Made::Pool(callee)),
        "createConnection" if from(&["mysql", "mysql2", "mariadb", "mongoose", "typeorm"]) => {
            Some(Made::Connection(callee))
        }
        "connect" if &*call.callee == "MongoClient.connect" && from(&["mongodb"]) => Some(Made::Client(callee)),
        "connect" if from(&["amqplib"]) => Some(Made::Connection(callee)),
        "createClient" if from(&["redis", "@redis/client"]) => Some(Made::Connection(callee)),
        method if !callee.contains('.') && from(&["knex", "postgres"]) => {
            let default = file.binding(method).is_some_and(|b| matches!(&*b.imported, "default" | "*" | "knex"));
            default.then_some(Made::Pool(callee))
        }
        _ => None,
    }
}

fn python<'f>(file: &FileFacts, call: &'f Call) -> Option<Made<'f>> {
    let callee = &*call.callee;
    let from = |modules: &[&str]| comes_from(file, call, modules);
    match call.method() {
        "connect" => {
            let drivers = [
                "psycopg2",
                "psycopg",
                "pymysql",
                "MySQLdb",
                "mysql",
                "mysql.connector",
                "asyncpg",
                "aiomysql",
                "oracledb",
            ];
            from(&drivers).then_some(Made::Connection(callee))
        }
        "create_pool" if from(&["asyncpg", "aiomysql", "oracledb"]) => Some(Made::Pool(callee)),
        "create_engine" | "create_async_engine" if from(&["sqlalchemy", "sqlmodel"]) => {
            let unpooled =
                call.named("poolclass").and_then(|value| value.path()).is_some_and(|p| p.ends_with("NullPool"));
            Some(if unpooled { Made::Connection(callee) } else { Made::Pool(callee) })
        }
        "ThreadedConnectionPool" | "SimpleConnectionPool" | "AsyncConnectionPool" => Some(Made::Pool(callee)),
        "ConnectionPool" if from(&["psycopg_pool", "redis"]) => Some(Made::Pool(callee)),
        "MongoClient" if from(&["pymongo"]) => Some(Made::Client(callee)),
        "AsyncIOMotorClient" if from(&["motor"]) => Some(Made::Client(callee)),
        "Redis" | "StrictRedis" | "from_url"
            if from(&["redis", "aioredis"]) && call.named("connection_pool").is_none() =>
        {
            Some(Made::Client(callee))
        }
        _ => None,
    }
}

fn php(call: &Call) -> Option<Made<'_>> {
    let callee = &*call.callee;
    let made = match callee {
        "PDO" | "mysqli" | "Redis" | "Client" | "MongoDB.Client" if call.constructs => {
            callee != "Client"
                || call.argument(0).and_then(|v| v.leading_text()).is_some_and(|t| t.starts_with("mongodb"))
        }
        "mysqli_connect" | "pg_connect" => true,
        "DriverManager.getConnection" => true,
        _ => false,
    };
    made.then_some(Made::Connection(callee))
}

fn go<'f>(file: &FileFacts, call: &'f Call) -> Option<Made<'f>> {
    let callee = &*call.callee;
    file.binding(call.root())?;
    match callee {
        "http.Transport" if call.constructs => Some(Made::Pool(callee)),
        "sql.Open"
        | "sqlx.Open"
        | "sqlx.Connect"
        | "sqlx.MustConnect"
        | "sqlx.ConnectContext"
        | "gorm.Open"
        | "pgxpool.New"
        | "pgxpool.Connect"
        | "pgxpool.NewWithConfig"
        | "pgxpool.ConnectConfig" => {
            // A file needs no pool.
            let file_based = call.argument(0).and_then(|v| v.text()).is_some_and(|driver| driver.starts_with("sqlite"));
            (!file_based).then_some(Made::Pool(callee))
        }
        "pgx.Connect" | "pgx.ConnectConfig" | "amqp.Dial" => Some(Made::Connection(callee)),
        "mongo.Connect"
        | "mongo.NewClient"
        | "redis.NewClient"
        | "redis.NewClusterClient"
        | "redis.NewUniversalClient" => Some(Made::Client(callee)),
        _ => None,
    }
}

fn ruby(call: &Call) -> Option<Made<'_>> {
    let callee = &*call.callee;
    match callee {
        "PG.connect" => Some(Made::Connection(callee)),
        "Sequel.connect" | "ActiveRecord.Base.establish_connection" => Some(Made::Pool(callee)),
        "PG.Connection" | "Mysql2.Client" | "Redis" if call.constructs => Some(Made::Connection(callee)),
        "Mongo.Client" | "ConnectionPool" if call.constructs => Some(Made::Client(callee)),
        _ => None,
    }
}

fn java(call: &Call) -> Option<Made<'_>> {
    let callee = &*call.callee;
    match callee {
        "DriverManager.getConnection" => Some(Made::Connection(callee)),
        "Jedis" if call.constructs => Some(Made::Connection(callee)),
        "HikariDataSource" | "BasicDataSource" | "ComboPooledDataSource" | "JedisPool" | "DriverManagerDataSource"
            if call.constructs =>
        {
            Some(Made::Pool(callee))
        }
        "MongoClients.create" | "RedisClient.create" | "Persistence.createEntityManagerFactory" => {
            Some(Made::Client(callee))
        }
        _ => None,
    }
}
