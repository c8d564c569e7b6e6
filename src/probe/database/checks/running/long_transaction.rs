//! The rule `long-transaction`.

use crate::model::{Confidence, Coverage, Finding, RuleKind, RuleMeta, Severity};
use crate::probe::database::checks::facts::Transaction;
use crate::probe::database::checks::{Check, Looked, Outcome, duration, finding};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "long-transaction",
    title: "A transaction has been open for long",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "A session began a transaction many minutes ago and has not ended it; worst where it waits for its client, which has usually forgotten it.",
    why: "It keeps its locks, so that others wait for rows that nobody is working on, it holds a connection of the pool, and while it is open the database can clear away nothing that was deleted.",
    fix: "Find the code that begins a transaction and then calls something slow or fails without ending it; set idle_in_transaction_session_timeout so that the server ends such sessions itself.",
    example: "await client.query('BEGIN');\nawait sendMail(order); // takes a minute, or for ever\nawait client.query('COMMIT');\n\n-- the safety net\nALTER ROLE app SET idle_in_transaction_session_timeout = '60s';",
    references: &[
        "https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-IDLE-IN-TRANSACTION-SESSION-TIMEOUT",
        "F13",
        "F62",
    ],
};

/// The check.
pub const CHECK: Check = Check { meta: &META, judge };

/// No request takes this long, so its client has forgotten it.
const FORGOTTEN: f64 = 5.0 * 60.0;
/// A report or a migration may work this long.
const WORKING: f64 = 60.0 * 60.0;

fn judge(looked: &Looked<'_>) -> Outcome {
    if let Err(outcome) = looked.production() {
        return outcome;
    }
    let transactions = match looked.facts.transactions.known() {
        Ok(transactions) => transactions,
        Err(outcome) => return outcome,
    };
    let outcome = Outcome::whole(transactions.open.iter().enumerate().filter_map(|(place, open)| tell(place, open)));
    match transactions.hidden {
        0 => outcome,
        hidden => Outcome {
            coverage: Coverage::Part(format!(
                "this role may not look into {hidden} of the server's sessions; a member of pg_monitor may"
            )),
            ..outcome
        },
    }
}

fn tell(place: usize, open: &Transaction) -> Option<Finding> {
    let for_long = duration(open.seconds);
    let client = if open.client.is_empty() { String::new() } else { format!(" by `{}`", open.client) };
    let anchor = format!("{place}\0{}", open.client);
    match open {
        Transaction { prepared: true, seconds, .. } if *seconds >= WORKING => {
            Some(finding(&META, anchor, format!("A transaction{client} was prepared {for_long} ago and never ended")))
        }
        Transaction { idle: true, prepared: false, seconds, .. } if *seconds >= FORGOTTEN => Some(finding(
            &META,
            anchor,
            format!("A transaction{client} has been open for {for_long} and waits for its client"),
        )),
        Transaction { idle: false, prepared: false, seconds, .. } if *seconds >= WORKING => Some(
            finding(&META, anchor, format!("A transaction{client} has been working for {for_long}"))
                .severity(Severity::Minor)
                .confidence(Confidence::Medium),
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::database::checks::facts::{Asked, Facts, Transactions};
    use crate::probe::database::checks::testing::{facts, judge, messages};

    #[test]
    fn the_forgotten_the_working_and_the_unseen() {
        let open = |seconds: f64, idle: bool, prepared: bool| Transaction {
            seconds,
            idle,
            prepared,
            client: "web".to_owned(),
        };
        let told = |open: Vec<Transaction>, hidden: u64| {
            let given = Facts { transactions: Asked::Known(Transactions { open, hidden }), ..facts() };
            let outcome = judge(CHECK, &given, Vec::new());
            (messages(&outcome).join("; "), outcome.coverage)
        };
        let quiet = vec![open(200.0, true, false), open(1_800.0, false, false), open(60.0, false, true)];
        assert_eq!(told(quiet, 0), (String::new(), Coverage::Whole));
        let (message, coverage) = told(vec![open(700.0, true, false)], 3);
        assert_eq!(message, "A transaction by `web` has been open for 12 minutes and waits for its client");
        assert!(matches!(coverage, Coverage::Part(why) if why.contains("3 of the server's sessions")));
        assert!(told(vec![open(9_000.0, false, false), open(9_000.0, false, true)], 0).0.contains("never ended"));
    }
}
