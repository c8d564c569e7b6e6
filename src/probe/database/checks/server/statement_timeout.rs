//! The rule `statement-timeout-missing` and the proof `statement-timeout`.

use crate::model::{Confidence, Coverage, Location, Observation, Proof, RuleKind, RuleMeta, Severity};
use crate::probe::database::checks::facts::Kind;
use crate::probe::database::checks::{Check, Looked, Outcome, finding};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "statement-timeout-missing",
    title: "The database lets a query run for ever",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::Medium,
    what: "A new session of this role has no limit on how long a statement may take: not by the server, the database, the role or the address.",
    why: "A query that has gone wrong keeps its connection and its locks long after its user has left, and a few of those take the pool away from everyone else.",
    fix: "Give the app's role a limit of under a minute; long jobs set a longer one for themselves.",
    example: "ALTER ROLE app SET statement_timeout = '30s';\nALTER ROLE app SET idle_in_transaction_session_timeout = '60s';",
    references: &[
        "https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT",
        "https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html#sysvar_max_execution_time",
        "https://mariadb.com/kb/en/server-system-variables/#max_statement_time",
        "F6",
    ],
};

/// The proof.
pub static PROVED: RuleMeta = RuleMeta {
    id: "statement-timeout",
    title: "The database ends queries that take too long",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "A new session of this role has a limit on how long a statement may take.",
    why: "A query that has gone wrong gives its connection and its locks back by itself.",
    fix: "Give the app's role a limit of under a minute.",
    example: "",
    references: &["https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT", "F6"],
};

/// The check for what is missing.
pub const MISSING: Check = Check { meta: &META, judge: missing };
/// The check for what is in place.
pub const PROOF: Check = Check { meta: &PROVED, judge: proved };

/// The limit in milliseconds by its setting's name; 0 for none.
fn limit<'a>(looked: &Looked<'a>) -> Result<(&'static str, u64, &'a str), Outcome> {
    looked.production()?;
    let settings = looked.facts.settings.known()?;
    let name = match looked.facts.product.kind {
        Kind::Mariadb => "max_statement_time",
        Kind::Mysql => "max_execution_time",
        Kind::Postgres | Kind::Sqlite => "statement_timeout",
    };
    let untold = || Outcome::nothing(Coverage::Nothing(format!("the server does not tell `{name}`")));
    let text = settings.get(name).ok_or_else(untold)?;
    let number: f64 = text.parse().map_err(|_| untold())?;
    // MariaDB counts in seconds.
    let factor = if name == "max_statement_time" { 1_000.0 } else { 1.0 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a duration, and `as` saturates")]
    Ok((name, (number * factor).round() as u64, text))
}

fn missing(looked: &Looked<'_>) -> Outcome {
    let role = match &looked.facts.role {
        crate::probe::database::checks::facts::Asked::Known(role) => role.name.as_str(),
        _ => "",
    };
    match limit(looked) {
        Ok((name, 0, _)) if looked.code.limits_statements.is_some() => {
            let place = looked.code.limits_statements.as_deref().unwrap_or_default();
            Outcome::whole([]).but(format!(
                "the server does not set `{name}` for this role; {place} sets a limit, and whether that holds for all of the app's connections is not known"
            ))
        }
        Ok((name, 0, _)) => {
            let message = format!("A query of the role `{role}` may run for ever: `{name}` is not set");
            let fix = match looked.facts.product.kind {
                Kind::Postgres => format!(
                    "`ALTER ROLE {} SET statement_timeout = '30s';`, unless the app's driver sets one for its connections",
                    crate::probe::database::judgement::wording::name(role)
                ),
                _ => format!("Set `{name}` for the app's connections, unless its driver does."),
            };
            Outcome::whole([finding(&META, name, message).fix(fix)])
        }
        Ok(_) => Outcome::whole([]),
        Err(outcome) => outcome,
    }
}

fn proved(looked: &Looked<'_>) -> Outcome {
    match limit(looked) {
        Ok((_, 0, _)) => Outcome::whole([]),
        Ok((name, milliseconds, _)) => {
            let message = format!("Queries are ended after {} s (`{name}`)", seconds(milliseconds));
            let proof = Proof::new(&PROVED, Location::Project, name, message);
            Outcome { seen: vec![Observation::Proof(proof)], coverage: Coverage::Whole }
        }
        Err(outcome) => outcome,
    }
}

fn seconds(milliseconds: u64) -> String {
    if milliseconds.is_multiple_of(1_000) {
        (milliseconds / 1_000).to_string()
    } else {
        format!("{}.{:03}", milliseconds / 1_000, milliseconds % 1_000)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::probe::database::checks::code::Code;
    use crate::probe::database::checks::facts::{Asked, Facts, Product};
    use crate::probe::database::checks::testing::{facts, judge, judge_with, messages};

    fn with(kind: Kind, name: &str, value: &str) -> Facts {
        let settings = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        let product = Product { kind, ..Product::default() };
        Facts { product, settings: Asked::Known(settings), ..facts() }
    }

    #[test]
    fn a_limit_is_a_proof_and_none_a_finding() {
        let none = with(Kind::Postgres, "statement_timeout", "0");
        assert_eq!(judge(MISSING, &none, Vec::new()).seen.len(), 1);
        assert_eq!(judge(PROOF, &none, Vec::new()).seen.len(), 0);
        for (facts, message) in [
            (with(Kind::Postgres, "statement_timeout", "30000"), "Queries are ended after 30 s (`statement_timeout`)"),
            (
                with(Kind::Mariadb, "max_statement_time", "2.500000"),
                "Queries are ended after 2.500 s (`max_statement_time`)",
            ),
        ] {
            assert_eq!(judge(MISSING, &facts, Vec::new()).seen.len(), 0);
            assert_eq!(messages(&judge(PROOF, &facts, Vec::new())), [message]);
        }
        let code = Code { limits_statements: Some("src/db.ts:3".to_owned()), ..Code::default() };
        let outcome = judge_with(MISSING, &none, Vec::new(), &code);
        assert!(
            outcome.seen.is_empty() && matches!(outcome.coverage, Coverage::Part(why) if why.contains("src/db.ts:3"))
        );
        let untold = with(Kind::Postgres, "other", "0");
        assert!(matches!(judge(PROOF, &untold, Vec::new()).coverage, Coverage::Nothing(_)));
        assert!(matches!(judge(MISSING, &untold, Vec::new()).coverage, Coverage::Nothing(_)));
    }
}
