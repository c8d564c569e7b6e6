//! The rule `connection-limit`.

use crate::model::{Confidence, Coverage, Evidence, EvidenceKind, RuleKind, RuleMeta, Severity};
use crate::probe::database::checks::facts::Connections;
use crate::probe::database::checks::{Check, Looked, Outcome, finding};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "connection-limit",
    title: "The server's connections do not suffice",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "The connections that the server takes, beside those that are open now and those that the code's pool may open, in one instance and in two, as during a deployment.",
    why: "When the last connection is taken, the next request gets \"too many connections\" instead of an answer, and so does everyone after it until one is free.",
    fix: "Make the pool smaller so that all instances together stay below four fifths of the limit, put a pooler in between, or take a larger server.",
    example: "// the server takes 97, and a deployment runs the old and the new instance side by side\nconst pool = new Pool({ max: 80 });\n\n// better\nconst pool = new Pool({ max: 20 });",
    references: &[
        "https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-MAX-CONNECTIONS",
        "F35",
        "F36",
        "C60",
    ],
};

/// The check.
pub const CHECK: Check = Check { meta: &META, judge };

fn judge(looked: &Looked<'_>) -> Outcome {
    if let Err(outcome) = looked.production() {
        return outcome;
    }
    let Connections { room, used } = match looked.facts.connections.known() {
        Ok(connections) => *connections,
        Err(outcome) => return outcome,
    };
    let mut found = Vec::new();
    let pooled = looked.facts.place.pooled;
    // Behind a pooler the app's connections are the pooler's.
    let from_address = looked.facts.place.pool_size.map(|size| (size, "the database's address".to_owned()));
    let pools: Vec<(u32, String)> = looked.code.pools.iter().cloned().chain(from_address).collect();
    let largest = pools.iter().max_by_key(|(size, _)| *size).filter(|_| !pooled);
    if u64::from(used) * 10 >= u64::from(room) * 9 {
        found.push(
            finding(&META, "used", format!("{used} of the server's {room} connections are open now"))
                .evidence(Evidence::new(EvidenceKind::Note, "counted once, when this was examined")),
        );
    }
    if let Some((size, place)) = largest {
        let note = Evidence::new(EvidenceKind::Note, format!("the size of the pool is set by {place}"));
        if *size > room {
            found.push(
                finding(
                    &META,
                    "pool",
                    format!("One instance's pool may open {size} connections, and the server takes {room}"),
                )
                .evidence(note),
            );
        } else if u64::from(*size) * 2 > u64::from(room) {
            found.push(
                finding(
                    &META,
                    "pool",
                    format!(
                        "Two instances, as during a deployment, may open {} connections, and the server takes {room}",
                        size * 2
                    ),
                )
                .confidence(Confidence::Medium)
                .evidence(note),
            );
        }
    }
    let missing = match largest {
        _ if pooled => "the server is reached through a pooler, whose own limit is not known".to_owned(),
        Some((size, _)) => {
            let fit = room.checked_div(*size).unwrap_or(0);
            format!(
                "with pools of {size}, {fit} instances fit into the server's {room} connections; how many run is not known"
            )
        }
        None => format!(
            "the server takes {room} connections; the size of the app's pool is not set in the code, and how many instances run is not known"
        ),
    };
    let outcome = Outcome::whole(found);
    if outcome.seen.is_empty() { outcome.but(missing) } else { Outcome { coverage: Coverage::Whole, ..outcome } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::database::checks::code::Code;
    use crate::probe::database::checks::facts::{Asked, Facts};
    use crate::probe::database::checks::testing::{facts, judge_with, messages};

    fn told(room: u32, used: u32, pool: Option<u32>) -> (String, Coverage) {
        let given = Facts { connections: Asked::Known(Connections { room, used }), ..facts() };
        let pools: Vec<(u32, String)> = pool.map(|size| (size, "src/db.ts:3".to_owned())).into_iter().collect();
        let outcome = judge_with(CHECK, &given, Vec::new(), &Code { pools, ..Code::default() });
        (messages(&outcome).join("; "), outcome.coverage)
    }

    #[test]
    fn pools_are_held_against_the_limit_and_silence_is_never_a_pass() {
        assert_eq!(told(97, 5, Some(120)).0, "One instance's pool may open 120 connections, and the server takes 97");
        assert_eq!(
            told(97, 5, Some(60)).0,
            "Two instances, as during a deployment, may open 120 connections, and the server takes 97"
        );
        assert_eq!(told(97, 90, None).0, "90 of the server's 97 connections are open now");
        let (message, coverage) = told(97, 5, Some(10));
        assert_eq!(message, "");
        assert!(matches!(coverage, Coverage::Part(why) if why.starts_with("with pools of 10, 9 instances fit")));
        assert!(matches!(told(97, 5, None).1, Coverage::Part(why) if why.contains("not set in the code")));
    }
}
