//! The rule `database-connection-unencrypted`.

use crate::model::{Confidence, Coverage, RuleKind, RuleMeta, Severity};
use crate::probe::database::checks::{Check, Looked, Outcome, finding};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "database-connection-unencrypted",
    title: "The connection to the database is not encrypted",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::High,
    what: "A connection to a database beyond this machine, made as its address asks, was not encrypted.",
    why: "Whoever carries the data between app and database (a host's neighbours, a network on the way) can read what your users store, and change it.",
    fix: "Let the server offer TLS, and ask for it in the address: sslmode=verify-full with the provider's certificate, or at least sslmode=require.",
    example: "DATABASE_URL=postgres://app@db.example.com/shop\n\n# better\nDATABASE_URL=postgres://app@db.example.com/shop?sslmode=verify-full",
    references: &[
        "https://www.postgresql.org/docs/current/libpq-ssl.html",
        "https://dev.mysql.com/doc/refman/8.4/en/using-encrypted-connections.html",
        "F6",
    ],
};

/// The check.
pub const CHECK: Check = Check { meta: &META, judge };

fn judge(looked: &Looked<'_>) -> Outcome {
    if let Err(outcome) = looked.production() {
        return outcome;
    }
    let place = &looked.facts.place;
    match place.encrypted {
        _ if place.demands_encryption => Outcome::whole([]),
        // The server speaks of the pooler's connection to it, not of ours to the pooler.
        _ if place.pooled => Coverage::Nothing(
            "the address does not ask for TLS, and the server is reached through a pooler, which hides whether this connection is encrypted".to_owned(),
        )
        .into(),
        None => Coverage::Nothing("the server does not tell whether the connection is encrypted".to_owned()).into(),
        Some(true) => Outcome::whole([]).but(
            "this connection is encrypted because the server offers it; the address does not ask for it, so the app's driver may do without",
        ),
        Some(false) => {
            let found = finding(&META, place.shown.clone(), format!("The connection to {} is not encrypted", place.shown));
            let between = "the address is one of a private network, which may encrypt by itself";
            Outcome::whole([if place.private {
                found.severity(Severity::Minor).confidence(Confidence::Low).fix(format!("Make sure that it does: {between}. {}", META.fix))
            } else {
                found
            }])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::database::checks::facts::{Facts, Place};
    use crate::probe::database::checks::testing::{facts, judge};

    #[test]
    fn only_what_was_seen_is_said() {
        let seen = |change: fn(&mut Place)| {
            let mut facts: Facts = facts();
            facts.place.shown = "shop on db.example.com:5432".to_owned();
            change(&mut facts.place);
            let outcome = judge(CHECK, &facts, Vec::new());
            (outcome.seen.len(), outcome.coverage)
        };
        assert_eq!(seen(|place| place.encrypted = Some(false)), (1, Coverage::Whole));
        assert_eq!(seen(|place| place.demands_encryption = true), (0, Coverage::Whole));
        assert!(matches!(seen(|place| place.encrypted = Some(true)), (0, Coverage::Part(_))));
        assert!(matches!(seen(|_| ()), (0, Coverage::Nothing(_))));
        let pooled = seen(|place| {
            place.encrypted = Some(false);
            place.pooled = true;
        });
        assert!(matches!(pooled, (0, Coverage::Nothing(_))));
        let local = seen(|place| {
            place.encrypted = Some(false);
            place.local = true;
        });
        assert!(matches!(local, (0, Coverage::Nothing(why)) if why.contains("this machine")));
    }
}
