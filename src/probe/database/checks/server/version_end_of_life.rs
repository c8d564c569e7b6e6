//! The rule `database-version-end-of-life`.

use jiff::civil::{Date, date};

use crate::model::{Confidence, Coverage, RuleKind, RuleMeta, Severity};
use crate::probe::database::checks::facts::Kind;
use crate::probe::database::checks::{Check, Looked, Outcome, finding};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "database-version-end-of-life",
    title: "The database's version gets no security fixes any more",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "The server's version is past the day up to which its makers mend it, or reaches that day within three months.",
    why: "A hole that is found from then on stays open on your server while everyone can read how to use it; and hosts move such servers to a new version on a day that they choose, or charge for waiting.",
    fix: "Move to a version that is cared for: try it on a copy of the data, then use the host's upgrade or dump and restore.",
    example: "SELECT version();\n\n-- PostgreSQL 13 ended on 2025-11-13; 17 is cared for until 2029-11-08",
    references: &[
        "https://www.postgresql.org/support/versioning/",
        "https://mariadb.org/about/#maintenance-policy",
        "https://www.mysql.com/support/eol-notice.html",
        "F58",
        "C52",
    ],
};

/// The check.
pub const CHECK: Check = Check { meta: &META, judge };

/// Kind, version, and the day of its end. Of a version between two of these the next one's day counts as the latest
/// possible. Taken on 2026-11-21 from the pages that the rule refers to.
const ENDS: [(Kind, (u32, u32), Date); 21] = [
    (Kind::Postgres, (10, 0), date(2022, 11, 10)),
    (Kind::Postgres, (11, 0), date(2023, 11, 9)),
    (Kind::Postgres, (12, 0), date(2024, 11, 21)),
    (Kind::Postgres, (13, 0), date(2025, 11, 13)),
    (Kind::Postgres, (14, 0), date(2026, 11, 12)),
    (Kind::Postgres, (15, 0), date(2027, 11, 11)),
    (Kind::Postgres, (16, 0), date(2028, 11, 9)),
    (Kind::Postgres, (17, 0), date(2029, 11, 8)),
    (Kind::Postgres, (18, 0), date(2030, 11, 14)),
    (Kind::Mysql, (5, 6), date(2021, 2, 28)),
    (Kind::Mysql, (5, 7), date(2023, 10, 31)),
    (Kind::Mysql, (8, 0), date(2026, 4, 30)),
    (Kind::Mysql, (8, 4), date(2032, 4, 30)),
    (Kind::Mariadb, (10, 2), date(2022, 5, 23)),
    (Kind::Mariadb, (10, 3), date(2023, 5, 25)),
    (Kind::Mariadb, (10, 4), date(2024, 6, 18)),
    (Kind::Mariadb, (10, 5), date(2025, 6, 24)),
    (Kind::Mariadb, (10, 6), date(2026, 7, 6)),
    (Kind::Mariadb, (10, 11), date(2028, 2, 16)),
    (Kind::Mariadb, (11, 4), date(2029, 5, 29)),
    (Kind::Mariadb, (11, 8), date(2028, 6, 4)),
];
/// Time enough to plan a move.
const SOON_DAYS: i32 = 90;

fn judge(looked: &Looked<'_>) -> Outcome {
    if let Err(outcome) = looked.production() {
        return outcome;
    }
    let product = &looked.facts.product;
    let (major, minor) = product.version;
    // PostgreSQL counts its fixes where others count their versions.
    let version = if product.kind == Kind::Postgres { (major, 0) } else { (major, minor) };
    let named = match product.kind {
        Kind::Postgres => format!("PostgreSQL {major}"),
        kind => format!("{} {major}.{minor}", kind.name()),
    };
    let known = ENDS.iter().find(|(kind, known, _)| *kind == product.kind && *known == version);
    let Some((_, _, end)) = known else {
        return Coverage::Nothing(format!("until when {named} is cared for is not known to this version of gonogo"))
            .into();
    };
    let today = looked.now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let days = today.until(*end).map_or(0, |span| span.get_days());
    if days > SOON_DAYS {
        return Outcome::whole([]);
    }
    let found = if days < 0 {
        let message = format!("The server runs {named}, which has had no security fixes since {end}");
        // Hosts mend old versions for a while, for a fee.
        finding(&META, named, message).confidence(Confidence::Medium)
    } else {
        let message = format!("The server runs {named}, which gets security fixes only until {end}");
        finding(&META, named, message).severity(Severity::Minor)
    };
    Outcome::whole([found])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::database::checks::facts::{Facts, Product};
    use crate::probe::database::checks::testing::{facts, judge, messages};

    #[test]
    fn ended_ending_and_cared_for() {
        let told = |kind: Kind, version: (u32, u32)| {
            let product = Product { kind, version, supabase: false };
            let outcome = judge(CHECK, &Facts { product, ..facts() }, Vec::new());
            (messages(&outcome).concat(), outcome.coverage)
        };
        assert_eq!(
            told(Kind::Postgres, (14, 20)).0,
            "The server runs PostgreSQL 14, which has had no security fixes since 2026-11-12"
        );
        assert_eq!(told(Kind::Postgres, (15, 18)), (String::new(), Coverage::Whole));
        assert!(matches!(told(Kind::Postgres, (42, 1)), (none, Coverage::Nothing(_)) if none.is_empty()));
        assert!(told(Kind::Mysql, (8, 0)).0.contains("MySQL 8.0, which has had no security fixes since 2026-04-30"));
        assert_eq!(told(Kind::Mariadb, (10, 11)), (String::new(), Coverage::Whole));
        assert!(matches!(told(Kind::Mariadb, (10, 7)).1, Coverage::Nothing(_)));
    }
}
