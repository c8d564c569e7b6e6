//! What was asked of a server beside its tables and indexes, in terms that every database shares.

use std::collections::BTreeMap;

use serde::Deserialize;

/// An answer, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked<T> {
    /// It answered.
    Known(T),
    /// This database has nothing of the kind; the sentence says so.
    Absent(String),
    /// It has, and it was not told; the sentence says why.
    Hidden(String),
}

impl<T> Default for Asked<T> {
    fn default() -> Self {
        Self::Hidden("it was not asked for".to_owned())
    }
}

/// Everything that was asked.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Where the server is and how it was reached.
    pub place: Place,
    /// What it is.
    pub product: Product,
    /// The role that the address names.
    pub role: Asked<Role>,
    /// Tables that this role has no right on are not told of.
    pub some_tables_hidden: bool,
    /// Settings by name as a new session of this role has them; what is left out is not told.
    pub settings: Asked<BTreeMap<String, String>>,
    /// Indexes that are there and cannot be used.
    pub broken_indexes: Asked<Vec<BrokenIndex>>,
    /// Constraints that old rows may break.
    pub unvalidated: Asked<Vec<Unvalidated>>,
    /// How much each index was used.
    pub index_use: Asked<Usage>,
    /// Sequences, and columns that count by themselves.
    pub sequences: Asked<Vec<Sequence>>,
    /// Connections and their limits.
    pub connections: Asked<Connections>,
    /// Transactions that are open now.
    pub transactions: Asked<Transactions>,
    /// How near the server is to running out of transaction numbers.
    pub ages: Asked<Vec<DatabaseAge>>,
    /// What is left behind in tables by updates and deletes.
    pub vacuum: Asked<Vec<Vacuumed>>,
    /// Row security, where an API lets browsers at the tables.
    pub row_security: Asked<RowSecurity>,
    /// Functions that run with the rights of their owner.
    pub definer_functions: Asked<Vec<DefinerFunction>>,
    /// Whether what changes is copied away.
    pub archiving: Asked<Archiving>,
}

impl Facts {
    /// Those of a SQLite file, which has no server to ask.
    #[must_use]
    pub fn of_a_file(place: Place) -> Self {
        fn none<T>(what: &str) -> Asked<T> {
            Asked::Absent(format!("SQLite is a file and has no {what}"))
        }
        Self {
            place,
            product: Product { kind: Kind::Sqlite, ..Product::default() },
            role: none("roles"),
            some_tables_hidden: false,
            settings: none("settings of a server"),
            broken_indexes: none("indexes that are made half-way"),
            unvalidated: none("constraints that are checked later"),
            index_use: none("count of how indexes are used"),
            // A rowid has 63 bits.
            sequences: none("column that counts by itself and ends early"),
            connections: none("limit on connections"),
            transactions: none("server whose transactions could be seen"),
            ages: none("transaction numbers that run out"),
            vacuum: none("autovacuum"),
            row_security: none("row security"),
            definer_functions: none("functions of the project's"),
            // A file needs its backups as much as a server does.
            archiving: Asked::Hidden("whether a job copies the file away is not to be seen from the file".to_owned()),
        }
    }
}

/// Where the server is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// For people, without credentials.
    pub shown: String,
    /// It is on this machine, so it says nothing about production.
    pub local: bool,
    /// The network between is a private one, as far as its address tells.
    pub private: bool,
    /// Whether the connection is encrypted, where that can be told.
    pub encrypted: Option<bool>,
    /// The address forbids an unencrypted connection.
    pub demands_encryption: bool,
    /// A pooler stands between, which hides the server's side of the connection.
    pub pooled: bool,
    /// `connection_limit` or its like in the address.
    pub pool_size: Option<u32>,
}

/// A kind of database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Kind {
    /// PostgreSQL.
    #[default]
    Postgres,
    /// MySQL.
    Mysql,
    /// MariaDB.
    Mariadb,
    /// SQLite, which is a file and no server.
    Sqlite,
}

impl Kind {
    /// For people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Mysql => "MySQL",
            Self::Mariadb => "MariaDB",
            Self::Sqlite => "SQLite",
        }
    }
}

/// What the server is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Product {
    /// Its kind.
    pub kind: Kind,
    /// Its version: major and minor. `(15, 18)`, `(8, 4)`, `(10, 11)`.
    pub version: (u32, u32),
    /// It is run by Supabase.
    pub supabase: bool,
}

/// A role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// It may do anything.
    pub superuser: bool,
    /// Row security does not hold for it.
    pub bypasses_row_security: bool,
}

/// An index that cannot be used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct BrokenIndex {
    /// The table's schema.
    pub schema: String,
    /// The table.
    pub table: String,
    /// The index.
    pub name: String,
    /// It was to keep rows apart.
    pub is_unique: bool,
    /// It belongs to a table of partitions some of which lack it.
    pub partitioned: bool,
    /// Somebody is working on the table, perhaps making it right now.
    pub being_made: bool,
}

/// A constraint that was added without looking at the rows that were there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Unvalidated {
    /// The table's schema.
    pub schema: String,
    /// The table.
    pub table: String,
    /// The constraint.
    pub name: String,
    /// It is a foreign key.
    pub foreign_key: bool,
}

/// How indexes were used.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// For how long at least the server has counted, at the time of asking, in seconds since 1970.
    pub since: f64,
    /// Other servers read a copy of this one, and what they read is not counted here.
    pub replicas: bool,
    /// Each index that is not there for a constraint.
    pub indexes: Vec<IndexUse>,
}

/// How an index was used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct IndexUse {
    /// The table's schema.
    pub schema: String,
    /// The table.
    pub table: String,
    /// The index.
    pub name: String,
    /// How often it was read.
    pub scans: u64,
    /// How often its table was read in any way.
    pub table_scans: u64,
    /// How many rows of the table were written.
    pub writes: u64,
    /// Its size.
    pub bytes: u64,
}

/// Something that counts up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Sequence {
    /// For people: `public.orders_id_seq`.
    pub name: String,
    /// The column that it fills: `orders.id`.
    pub column: Option<String>,
    /// The type of that column, where it is what runs out first: `integer`.
    pub column_type: Option<String>,
    /// The last number given; `None` before the first.
    pub last: Option<i64>,
    /// The last number that there is.
    pub most: i64,
    /// It begins again at its end.
    pub cycles: bool,
    /// This role may not read it.
    pub hidden: bool,
}

/// Connections.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Connections {
    /// How many the server takes from ordinary roles, and from this one if it is limited to fewer.
    pub room: u32,
    /// How many are open now.
    pub used: u32,
}

/// Open transactions.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Transactions {
    /// Each that could be seen.
    pub open: Vec<Transaction>,
    /// How many sessions this role may not look into.
    pub hidden: u64,
}

/// An open transaction.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Transaction {
    /// How long it has been open.
    pub seconds: f64,
    /// It waits for its client to say something.
    pub idle: bool,
    /// It was prepared for a commit in two phases that never came.
    pub prepared: bool,
    /// What the client calls itself.
    pub client: String,
}

/// A database's age in transactions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct DatabaseAge {
    /// Its name.
    pub name: String,
    /// Transactions since the oldest that is not frozen.
    pub age: i64,
    /// At which age the server begins to freeze by itself.
    pub freeze_at: i64,
}

/// What is left behind in a table.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Vacuumed {
    /// The table's schema.
    pub schema: String,
    /// The table.
    pub table: String,
    /// Rows in use.
    pub live: u64,
    /// Rows that are only waiting to be cleared away.
    pub dead: u64,
    /// At how many of those it would be cleared by itself.
    pub due_at: f64,
    /// Clearing by itself is switched off for this table.
    pub off: bool,
    /// Seconds since it was last cleared.
    pub cleared_ago: Option<f64>,
}

/// Row security.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RowSecurity {
    /// Tables in the schemas that the API shows.
    pub tables: Vec<ExposedTable>,
    /// Their policies.
    pub policies: Vec<Policy>,
    /// Views in those schemas that run with the rights of their owner.
    pub views: Vec<ExposedView>,
}

/// A table that the API shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ExposedTable {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub table: String,
    /// Row security is on.
    pub guarded: bool,
    /// A visitor who has not signed in has the right to read it.
    pub anon_reads: bool,
    /// A visitor who has not signed in has the right to change it.
    pub anon_writes: bool,
    /// A user who has signed in has the right to read it.
    pub user_reads: bool,
    /// A user who has signed in has the right to change it.
    pub user_writes: bool,
    /// Its columns.
    pub columns: Vec<String>,
}

/// A policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// The table's schema.
    pub schema: String,
    /// The table.
    pub table: String,
    /// Its name.
    pub name: String,
    /// `r` for SELECT, `a` for INSERT, `w` for UPDATE, `d` for DELETE, `*` for all.
    pub command: String,
    /// It allows; otherwise it takes away.
    pub permissive: bool,
    /// It holds for visitors who have not signed in.
    pub for_anon: bool,
    /// It holds for users who have signed in.
    pub for_users: bool,
    /// Which rows it is about.
    pub using: Option<String>,
    /// What new rows must be.
    pub check: Option<String>,
}

/// A view that runs with the rights of its owner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ExposedView {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Its rows are stored.
    pub materialized: bool,
    /// A visitor who has not signed in may read it.
    pub anon: bool,
    /// Tables behind it that the reader could not read whole by himself: `auth.users`, `public.orders`.
    pub goes_around: Vec<String>,
}

/// A function that runs with the rights of its owner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct DefinerFunction {
    /// Its schema.
    pub schema: String,
    /// Its name and parameters.
    pub name: String,
    /// It says itself in which schemas names are looked up.
    pub fixed_path: bool,
    /// Visitors and users of the API may call it.
    pub exposed: bool,
}

/// Copying away what changes.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Archiving {
    /// It is on and has somewhere to copy to.
    pub on: bool,
    /// Seconds since the last copy that worked.
    pub worked_ago: Option<f64>,
    /// Seconds since the last copy that failed.
    pub failed_ago: Option<f64>,
}
