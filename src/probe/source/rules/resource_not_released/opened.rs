//! Calls that open something which has to be closed.

use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::{FileFacts, Language};

/// What a call opens.
pub(super) struct Holds {
    /// For people.
    pub what: &'static str,
    /// What is done with it at the end.
    pub verb: &'static str,
    /// Names of the calls that let go of it.
    pub closes: &'static [&'static str],
    /// Where the language lets go of it some time, if nothing holds it.
    pub closed_by_itself: bool,
    /// Losing one hurts little.
    pub minor: bool,
    /// What of it has to be closed: `Body` of an answer in Go.
    pub part: &'static str,
}

const fn kept(what: &'static str, verb: &'static str, closes: &'static [&'static str]) -> Holds {
    Holds { what, verb, closes, closed_by_itself: false, minor: false, part: "" }
}

const fn collected(what: &'static str, closes: &'static [&'static str]) -> Holds {
    Holds { closed_by_itself: true, ..kept(what, "closes", closes) }
}

const fn file(closes: &'static [&'static str]) -> Holds {
    Holds { minor: true, ..collected("a file", closes) }
}

/// What `call` opens, if it does.
pub(super) fn holds(file: &FileFacts, call: &Call) -> Option<Holds> {
    match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => ecma(file, call),
        Language::Python => python(file, call),
        Language::Go => go(file, call),
        Language::Ruby => ruby(call),
        Language::Java => java(file, call),
        Language::Php | Language::Template => None,
    }
}

fn is_pool(file: &FileFacts, call: &Call) -> bool {
    let object = call.object();
    let last = object.rsplit('.').next().unwrap_or(object).to_ascii_lowercase();
    last.ends_with("pool")
        || file.assigned(object, call.function).is_some_and(|set| match &set.value {
            Value::Call(id) => file
                .call(*id)
                .is_some_and(|maker| matches!(maker.method(), "Pool" | "createPool" | "ThreadedConnectionPool")),
            _ => false,
        })
}

fn ecma(file: &FileFacts, call: &Call) -> Option<Holds> {
    let bound = |names: &[&str]| {
        file.binding(call.root()).is_some_and(|b| names.contains(&b.module.strip_prefix("node:").unwrap_or(&b.module)))
    };
    let browsers = ["puppeteer", "puppeteer-core", "playwright", "playwright-core", "@playwright/test"];
    match call.method() {
        // With a callback it gives the connection there.
        "connect" | "getConnection" if call.arguments.is_empty() && is_pool(file, call) => {
            Some(kept("a connection of the pool", "gives back", &["release", "releaseConnection", "destroy", "end"]))
        }
        "createQueryRunner" => Some(kept("a connection of the pool", "gives back", &["release"])),
        "startSession" if file.imports_any(|m| m == "mongoose" || m == "mongodb") => {
            Some(Holds { minor: true, ..kept("a session", "ends", &["endSession"]) })
        }
        "open" if bound(&["fs/promises"]) || (bound(&["fs"]) && call.object().ends_with("promises")) => {
            Some(kept("a file", "closes", &["close"]))
        }
        "openSync" if bound(&["fs"]) => Some(kept("a file", "closes", &["closeSync"])),
        "launch" if bound(&browsers) => Some(kept("a browser", "closes", &["close", "disconnect", "kill"])),
        _ => None,
    }
}

fn python(file: &FileFacts, call: &Call) -> Option<Holds> {
    let from =
        |names: &[&str]| file.binding(call.root()).is_some_and(|b| names.iter().any(|name| b.module.starts_with(name)));
    let callee = &*call.callee;
    match call.method() {
        "getconn" => Some(kept("a connection of the pool", "gives back", &["putconn", "close"])),
        "acquire" if is_pool(file, call) && call.awaited => {
            Some(kept("a connection of the pool", "gives back", &["release", "close"]))
        }
        "connect" if from(&["psycopg2", "psycopg", "pymysql", "MySQLdb", "mysql", "asyncpg", "pyodbc", "oracledb"]) => {
            Some(collected("a connection", &["close", "closing"]))
        }
        "SessionLocal" | "AsyncSessionLocal" if callee == call.method() => {
            Some(collected("a session", &["close", "remove"]))
        }
        "open" if callee == "open" => self::file(&["close", "closing"]).into(),
        _ => None,
    }
}

fn go(file: &FileFacts, call: &Call) -> Option<Holds> {
    let callee = &*call.callee;
    let sql = || file.imports_any(|m| m == "database/sql" || m.contains("sqlx") || m.contains("pgx"));
    let object = call.object().rsplit('.').next().unwrap_or("").to_ascii_lowercase();
    match callee {
        "os.Open" | "os.Create" | "os.OpenFile" | "zip.OpenReader" if file.binding(call.root()).is_some() => {
            Some(kept("a file", "closes", &["Close"]))
        }
        "http.Get" | "http.Post" | "http.PostForm" | "http.DefaultClient.Do" if file.binding("http").is_some() => {
            Some(Holds { part: "Body", ..kept("the body of an answer", "closes", &["Close"]) })
        }
        _ => match call.method() {
            "Do" | "Get" | "Post" if object.ends_with("client") && file.imports_any(|m| m == "net/http") => {
                let given = matches!(call.method(), "Get" | "Post")
                    || file
                        .calls
                        .iter()
                        .any(|made| matches!(&*made.callee, "http.NewRequest" | "http.NewRequestWithContext"));
                given.then_some(Holds { part: "Body", ..kept("the body of an answer", "closes", &["Close"]) })
            }
            "Query" | "QueryContext" | "Queryx" | "QueryxContext" | "NamedQuery"
                if sql() && !call.arguments.is_empty() =>
            {
                Some(kept("rows, which hold a connection,", "closes", &["Close"]))
            }
            "Acquire" if sql() && object.ends_with("pool") => {
                Some(kept("a connection of the pool", "gives back", &["Release"]))
            }
            "Conn" | "Connx" if sql() && matches!(&*object, "db" | "pool") => {
                Some(kept("a connection of the pool", "gives back", &["Close"]))
            }
            _ => None,
        },
    }
}

fn ruby(call: &Call) -> Option<Holds> {
    match &*call.callee {
        "File.open" | "File" if call.constructs || call.method() == "open" => Some(file(&["close", "close!"])),
        "PG.connect" | "PG.Connection" | "Mysql2.Client" => Some(kept("a connection", "closes", &["close", "finish"])),
        callee if callee.ends_with("connection_pool.checkout") => {
            Some(kept("a connection of the pool", "gives back", &["checkin"]))
        }
        "Net.FTP.open" | "Net.FTP" | "TCPSocket" => Some(kept("a connection", "closes", &["close", "quit"])),
        _ => None,
    }
}

fn java(file: &FileFacts, call: &Call) -> Option<Holds> {
    let callee = &*call.callee;
    if call.constructs {
        let opens = matches!(callee, "FileReader" | "FileInputStream" | "FileWriter" | "FileOutputStream" | "ZipFile");
        return opens.then_some(self::file(&["close", "closeQuietly"]));
    }
    let object = call.object().to_ascii_lowercase();
    match call.method() {
        "getConnection"
            if callee == "DriverManager.getConnection"
                || object.ends_with("source")
                || object.ends_with("pool")
                || object.ends_with("ds") =>
        {
            Some(kept("a connection", "closes", &["close", "closeQuietly", "releaseConnection", "closeConnection"]))
        }
        "getResource" if object.ends_with("jedispool") => {
            Some(kept("a connection of the pool", "gives back", &["close", "returnResource"]))
        }
        "openSession" if object.ends_with("sessionfactory") => Some(kept("a session", "closes", &["close"])),
        "createEntityManager" => Some(kept("an entity manager", "closes", &["close"])),
        "newInputStream" | "newBufferedReader" | "newOutputStream" | "newBufferedWriter" | "lines" | "list"
        | "walk"
            if call.root() == "Files" && file.imports_any(|m| m.starts_with("java.nio.file")) =>
        {
            Some(self::file(&["close", "closeQuietly"]))
        }
        _ => None,
    }
}
