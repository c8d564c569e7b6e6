//! Proves an index on the user's server, where the extension HypoPG is: an index that only the planner of this one
//! connection sees, and that is gone with it.

use serde_json::Value;

use super::errors::Refused;
use super::session::{Ask, Session};
use crate::probe::database::lexer::Dialect;
use crate::probe::database::proposals::candidate::Candidate;

/// The schema of the extension, if this role may use it. Only what belongs to the extension counts, not a function of
/// the same name.
const WHERE: &str = "SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_extension e \
    JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace \
    WHERE e.extname = 'hypopg' AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND (SELECT count(*) = 2 AND bool_and( \
        pg_catalog.has_function_privilege(p.oid, 'EXECUTE') AND EXISTS (SELECT FROM pg_catalog.pg_depend d \
          WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.refobjid = e.oid AND d.deptype = 'e')) \
      FROM pg_catalog.pg_proc p WHERE p.pronamespace = n.oid AND p.proname IN ('hypopg_create_index', 'hypopg_reset'))";

/// What the planner makes of indexes that do not exist.
pub struct Seen {
    /// The plan with them.
    pub plan: Value,
    /// The name of each; none where it cannot be made.
    pub names: Vec<Vec<String>>,
}

/// Where the extension is.
pub async fn find(session: &mut Session) -> Option<String> {
    let rows = session.rows(WHERE, &[]).await.ok()?;
    sqlx::Row::try_get(rows.first()?, 0).ok()
}

/// Plans `ask` with those of these indexes that can be made; `schema` is the extension's.
pub async fn plan(session: &mut Session, schema: &str, ask: &Ask, candidates: &[Candidate]) -> Result<Seen, Refused> {
    let statements: Vec<String> =
        candidates.iter().map(|candidate| candidate.statement(Dialect::Postgres, false)).collect();
    let (plan, names) = session.hypothetical(schema, &statements, ask).await?;
    if !names.is_empty() && names.iter().all(Option::is_none) {
        return Err(Refused::Other("none of the indexes can be made".to_owned()));
    }
    Ok(Seen { plan, names: names.into_iter().map(|name| name.into_iter().collect()).collect() })
}
