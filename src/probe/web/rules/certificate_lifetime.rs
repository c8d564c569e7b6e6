//! How long a public certificate may live (CA/Browser Forum, Baseline Requirements, section 6.3.2, as changed by ballot
//! SC-081v3).

use jiff::{SignedDuration, Timestamp};

use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Observation, RuleKind, RuleMeta, Severity};
use crate::probe::web::address::Origin;
use crate::probe::web::tally::Sight;
use crate::probe::web::tls::certificate::Certificate;

/// It lives longer than browsers allow.
pub static META: RuleMeta = RuleMeta {
    id: "certificate-lifetime-too-long",
    title: "The certificate lives longer than browsers allow",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Compares the life of a certificate from a public authority with what was allowed on the day it was issued: 398 days, 200 \
          from 15 March 2026, 100 from 15 March 2027, 47 from 15 March 2029. Certificates that do not claim to follow the public \
          rules, such as those of a company's own authority, are not held against them.",
    why: "Browsers refuse public certificates that live too long, each from a version of its own on, so some of your users are \
          locked out and more will follow.",
    fix: "Get a new certificate, and let certbot, Caddy or your platform renew it by itself: with lives this short nobody keeps up \
          by hand.",
    example: "bad:  issued on 2026-04-01 for a year\ngood: issued on 2026-04-01 for 90 days, renewed after 60",
    references: &["C20", "https://cabforum.org/working-groups/server/baseline-requirements/requirements/"],
};

/// From this day on so many days are allowed.
const ALLOWED: [(&str, i64); 4] = [
    ("2020-09-01T00:00:00Z", 398),
    ("2026-03-15T00:00:00Z", 200),
    ("2027-03-15T00:00:00Z", 100),
    ("2029-03-15T00:00:00Z", 47),
];

/// The days allowed for a certificate issued then; `None` for one that is too old to matter.
fn allowed(issued: Timestamp) -> Option<i64> {
    let from = |text: &str| text.parse::<Timestamp>().ok();
    ALLOWED.iter().rev().find(|(text, _)| from(text).is_some_and(|from| issued >= from)).map(|(_, days)| *days)
}

/// Judges one certificate; `public` is whether the rules of public authorities hold for it.
pub fn judge(origin: &Origin, certificate: &Certificate, public: bool) -> Sight {
    let Some(allowed) = allowed(certificate.not_before).filter(|_| public) else {
        return Sight::Seen(Vec::new());
    };
    // Both ends belong to it, and each day begun counts.
    let life = certificate.not_after.duration_since(certificate.not_before) + SignedDuration::from_secs(1);
    if life <= SignedDuration::from_hours(allowed * 24) {
        return Sight::Seen(Vec::new());
    }
    let days = (life.as_secs() + 86_399) / 86_400;
    let message = format!("The certificate of {} lives {days} days, of which browsers allow {allowed}", origin.host);
    let evidence = Evidence::new(EvidenceKind::Certificate, certificate.describe());
    Observation::from(Finding::new(&META, origin.location(), "", message).evidence(evidence)).into()
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;

    fn of(issued: &str, seconds: i64, public: bool) -> String {
        let not_before: Timestamp = format!("{issued}T00:00:00Z").parse().unwrap();
        let not_after = not_before + SignedDuration::from_secs(seconds);
        let certificate = Certificate { not_before, not_after, ..Certificate::default() };
        let origin = Origin { host: "shop.example.com".to_owned(), port: 443 };
        lines(judge(&origin, &certificate, public)).pop().unwrap_or_default()
    }

    #[test]
    fn the_table_of_lives() {
        const DAY: i64 = 86_400;
        for (issued, days, fine) in [
            ("2019-01-01", 825, true),
            ("2026-03-14", 398, true),
            ("2026-03-14", 399, false),
            ("2026-03-15", 200, true),
            ("2026-03-15", 201, false),
            ("2027-03-14", 200, true),
            ("2027-03-15", 100, true),
            ("2027-03-15", 101, false),
            ("2029-03-14", 100, true),
            ("2029-03-15", 47, true),
            ("2029-03-15", 48, false),
        ] {
            assert_eq!(of(issued, days * DAY - 1, true).is_empty(), fine, "{issued}, {days} days");
            assert_eq!(of(issued, days * DAY - 1, false), "", "private authorities may do as they like");
        }
        assert!(!of("2026-03-15", 200 * DAY, true).is_empty(), "one second too long");
        assert!(of("2026-04-01", 365 * DAY - 1, true).ends_with("lives 365 days, of which browsers allow 200"));
    }
}
