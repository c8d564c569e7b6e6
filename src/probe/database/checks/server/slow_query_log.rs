//! The proof `slow-query-log`.

use crate::model::{Confidence, Coverage, Location, Observation, Proof, RuleKind, RuleMeta, Severity};
use crate::probe::database::checks::facts::Kind;
use crate::probe::database::checks::{Check, Looked, Outcome};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "slow-query-log",
    title: "The database records its slow queries",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "The server keeps count of its queries (pg_stat_statements, performance_schema), or writes the slow ones into its log.",
    why: "When pages become slow, the query that does it can be named within a minute.",
    fix: "Enable pg_stat_statements, and set log_min_duration_statement to about 500 ms; on MySQL switch slow_query_log on.",
    example: "",
    references: &[
        "https://www.postgresql.org/docs/current/pgstatstatements.html",
        "https://www.postgresql.org/docs/current/runtime-config-logging.html#GUC-LOG-MIN-DURATION-STATEMENT",
        "https://dev.mysql.com/doc/refman/8.4/en/slow-query-log.html",
        "C9",
    ],
};

/// The check.
pub const CHECK: Check = Check { meta: &META, judge };

fn judge(looked: &Looked<'_>) -> Outcome {
    if let Err(outcome) = looked.production() {
        return outcome;
    }
    let settings = match looked.facts.settings.known() {
        Ok(settings) => settings,
        Err(outcome) => return outcome,
    };
    let is = |name: &str, values: &[&str]| {
        settings.get(name).is_some_and(|value| values.contains(&value.to_lowercase().as_str()))
    };
    // -1 is off; 0 writes down every query, slow or not, which is a log of another kind but holds the slow ones too.
    let threshold = |name: &str| settings.get(name).and_then(|value| value.parse::<i64>().ok()).filter(|ms| *ms >= 0);
    let on = ["on", "1"];
    let mut seen = Vec::new();
    match looked.facts.product.kind {
        Kind::Mysql | Kind::Mariadb => {
            if is("slow_query_log", &on) {
                seen.push("Slow queries are written into the server's log (`slow_query_log`)".to_owned());
            }
            if is("performance_schema", &on) {
                seen.push("The server counts its queries (`performance_schema`)".to_owned());
            }
        }
        Kind::Postgres | Kind::Sqlite => {
            // The setting is there only where the library is loaded; the view only where the extension was made.
            if is("extension.pg_stat_statements", &on) && is("pg_stat_statements.track", &["top", "all"]) {
                seen.push("The server counts its queries (`pg_stat_statements`)".to_owned());
            }
            for name in ["log_min_duration_statement", "auto_explain.log_min_duration"] {
                if let Some(ms) = threshold(name) {
                    seen.push(format!(
                        "Queries that take longer than {ms} ms are written into the server's log (`{name}`)"
                    ));
                }
            }
        }
    }
    let proof = |message: String| Observation::Proof(Proof::new(&META, Location::Project, message.clone(), message));
    Outcome { seen: seen.into_iter().map(proof).collect(), coverage: Coverage::Whole }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::probe::database::checks::facts::{Asked, Facts, Product};
    use crate::probe::database::checks::testing::{facts, judge, messages};

    #[test]
    fn only_what_is_really_on_proves_it() {
        let told = |kind: Kind, settings: &[(&str, &str)]| {
            let settings: BTreeMap<String, String> =
                settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let product = Product { kind, ..Product::default() };
            messages(&judge(CHECK, &Facts { product, settings: Asked::Known(settings), ..facts() }, Vec::new())).len()
        };
        assert_eq!(told(Kind::Postgres, &[("log_min_duration_statement", "-1")]), 0);
        assert_eq!(told(Kind::Postgres, &[("log_min_duration_statement", "500")]), 1);
        assert_eq!(told(Kind::Postgres, &[("extension.pg_stat_statements", "on")]), 0, "not loaded");
        let both = [("extension.pg_stat_statements", "on"), ("pg_stat_statements.track", "top")];
        assert_eq!(told(Kind::Postgres, &both), 1);
        assert_eq!(told(Kind::Mysql, &[("slow_query_log", "ON"), ("performance_schema", "OFF")]), 1);
    }
}
