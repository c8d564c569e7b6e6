//! What the server says of itself, for the checks of the database. Each question is answered in JSON whose names are
//! those of the facts; one that is refused leaves the others alone.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::Row;

use super::errors::Refused;
use super::questions as ask;
use super::session::Session;
use crate::probe::database::checks::facts::{Asked, Facts, Kind, Product};

/// Settings that a check looks at, as a new session of the role has them. Those that the role may not see, and those of
/// libraries that are not loaded, are left out by the server.
const SETTINGS: [&str; 9] = [
    "autovacuum",
    "track_counts",
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "log_min_duration_statement",
    "auto_explain.log_min_duration",
    "pg_stat_statements.track",
    "shared_preload_libraries",
];

/// Asks for everything; of the place, only whether the connection is encrypted.
pub async fn read(session: &mut Session) -> Facts {
    let mut facts = Facts::default();
    let about: Asked<About> = answer(session, ask::ABOUT, &[]).await;
    if let Asked::Known(about) = about {
        facts.product = Product {
            kind: Kind::Postgres,
            version: (about.version / 10_000, about.version % 10_000),
            supabase: about.supabase,
        };
        facts.place.encrypted = about.encrypted;
    }
    let names: Vec<String> = SETTINGS.iter().map(|&name| name.to_owned()).collect();
    let settings: Asked<BTreeMap<String, Option<String>>> = answer(session, ask::SETTINGS, &names).await;
    facts.settings = match settings {
        Asked::Known(all) => Asked::Known(all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()),
        Asked::Absent(why) => Asked::Absent(why),
        Asked::Hidden(why) => Asked::Hidden(why),
    };
    facts.role = answer(session, ask::ROLE, &[]).await;
    facts.broken_indexes = answer(session, ask::BROKEN_INDEXES, &[]).await;
    facts.unvalidated = answer(session, ask::UNVALIDATED, &[]).await;
    facts.index_use = answer(session, ask::INDEX_USE, &[]).await;
    facts.sequences = answer(session, ask::SEQUENCES, &[]).await;
    facts.connections = answer(session, ask::CONNECTIONS, &[]).await;
    facts.transactions = answer(session, ask::TRANSACTIONS, &[]).await;
    facts.ages = answer(session, ask::AGES, &[]).await;
    facts.vacuum = answer(session, ask::VACUUM, &[]).await;
    facts.archiving = answer(session, ask::ARCHIVING, &[]).await;
    facts.definer_functions = answer(session, ask::DEFINER_FUNCTIONS, &[]).await;
    facts.row_security = match answer::<bool>(session, ask::HAS_API_ROLES, &[]).await {
        Asked::Known(true) => answer(session, ask::ROW_SECURITY, &[]).await,
        Asked::Known(false) => Asked::Absent(
            "the server has no roles `anon` and `authenticated`, so no API lets browsers at its tables".to_owned(),
        ),
        Asked::Absent(why) | Asked::Hidden(why) => Asked::Hidden(why),
    };
    facts
}

#[derive(serde::Deserialize)]
struct About {
    version: u32,
    supabase: bool,
    encrypted: Option<bool>,
}

async fn answer<T: DeserializeOwned>(session: &mut Session, question: &'static str, names: &[String]) -> Asked<T> {
    let rows = match session.rows(question, names).await {
        Ok(rows) => rows,
        Err(Refused::Lost) => return Asked::Hidden("the connection was lost before this could be asked".to_owned()),
        Err(refused) => return Asked::Hidden(format!("the server did not answer: such questions {refused}")),
    };
    rows.first()
        .and_then(|row| row.try_get::<Value, _>(0).ok())
        .and_then(|value| serde_json::from_value(value).ok())
        .map_or_else(
            || Asked::Hidden("the server's answer is not what PostgreSQL 12 and later give".to_owned()),
            Asked::Known,
        )
}
