//! The certificate: whether browsers accept it, and for how long yet.

use jiff::{SignedDuration, Timestamp};

use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Observation, Proof, RuleKind, RuleMeta, Severity};
use crate::probe::web::address::Origin;
use crate::probe::web::tally::Sight;
use crate::probe::web::tls::certificate::{Certificate, day};
use crate::probe::web::tls::trust::Distrust;

/// Browsers refuse it.
pub static INVALID: RuleMeta = RuleMeta {
    id: "certificate-invalid",
    title: "Browsers do not accept the certificate",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::High,
    what: "Checks the certificate as browsers do: its dates, the host it is for, and whether a trusted authority vouches for it.",
    why: "Your users see a full-page warning in place of your app, and API clients refuse to connect.",
    fix: "Get a certificate for this host from a public authority such as Let's Encrypt and send its whole chain.",
    example: "bad:  a self-signed certificate, or one for another host\n\
              good: certbot --nginx -d shop.example.com, or a platform that does it for you",
    references: &["C19", "https://letsencrypt.org/docs/", "https://www.rfc-editor.org/rfc/rfc5280"],
};

/// Its life is nearly over.
pub static EXPIRES_SOON: RuleMeta = RuleMeta {
    id: "certificate-expires-soon",
    title: "The certificate expires soon",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Looks at how much of the certificate's life is left: under 14 days is major, under 30 is minor. For certificates that \
          live 90 days or less it is a sixth and a third of their life, since those are renewed later.",
    why: "Automatic renewal has usually done its work by then; if it has stopped, every user is locked out on the day the \
          certificate ends.",
    fix: "Run the renewal by hand now (`certbot renew`), then find out why it did not run by itself.",
    example: "bad:  9 days left and no renewal timer\ngood: certbot's timer active, an alert at 20 days",
    references: &["C20", "https://letsencrypt.org/docs/integration-guide/"],
};

/// Browsers accept it.
pub static VALID: RuleMeta = RuleMeta {
    id: "certificate-valid",
    title: "Browsers accept the certificate",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees that the certificate is in its life, is for this host, and comes from a trusted authority.",
    why: "Your users get in without a warning.",
    fix: "Nothing to do.",
    example: "",
    references: &["C19", "C20"],
};

/// What depends on trust.
pub static TRUST_RULES: &[&RuleMeta] = &[&INVALID, &VALID];

/// Let's Encrypt's own advice is to renew 90-day certificates when a third of their life, 30 days, is left.
const MINOR_DAYS: i64 = 30;
const MAJOR_DAYS: i64 = 14;

/// Judges whether it is accepted. `reasons` against it; none means it is.
///
/// `given` says that an address of the user's leads there; at another name of the same site fewer people are turned away.
pub fn judge_trust(origin: &Origin, given: bool, certificate: &Certificate, reasons: &[Distrust]) -> Sight {
    let evidence = Evidence::new(EvidenceKind::Certificate, certificate.describe());
    let Some(first) = reasons.first() else {
        let message = format!("The certificate of {} is trusted until {}", origin.host, day(certificate.not_after));
        return Observation::from(Proof::new(&VALID, origin.location(), "", message).evidence(evidence)).into();
    };
    let words: Vec<String> = reasons.iter().map(|reason| reason.words(certificate)).collect();
    let message = format!("The certificate of {} {}", origin.host, words.join(", and "));
    let anchor: Vec<&str> = reasons.iter().map(Distrust::kind).collect();
    let finding =
        Finding::new(&INVALID, origin.location(), anchor.join("+"), message).fix(first.fix()).evidence(evidence);
    let finding = if given { finding } else { finding.severity(Severity::Major) };
    Observation::from(finding).into()
}

/// How bad it is that so little of its life is left; `None` with time enough, and when it is over, which is more than soon.
pub fn ends_soon(certificate: &Certificate, now: Timestamp) -> Option<Severity> {
    let left = certificate.not_after.duration_since(now);
    let life = certificate.not_after.duration_since(certificate.not_before);
    let days = |count: i64| SignedDuration::from_hours(count * 24);
    if left.is_negative() {
        None
    } else if left < days(MAJOR_DAYS).min(life / 6) {
        Some(Severity::Major)
    } else if left < days(MINOR_DAYS).min(life / 3) {
        Some(Severity::Minor)
    } else {
        None
    }
}

/// Judges how long it has yet.
pub fn judge_life(origin: &Origin, certificate: &Certificate, now: Timestamp) -> Sight {
    // That it has expired is said by the other rule.
    let Some(severity) = ends_soon(certificate, now) else { return Sight::Seen(Vec::new()) };
    let left = match certificate.not_after.duration_since(now).as_hours() {
        hours @ 48.. => format!("{} days", hours / 24),
        hours => format!("{hours} hours"),
    };
    let message = format!("The certificate of {} expires in {left}, on {}", origin.host, day(certificate.not_after));
    let evidence = Evidence::new(EvidenceKind::Certificate, certificate.describe());
    let finding = Finding::new(&EXPIRES_SOON, origin.location(), "", message).severity(severity).evidence(evidence);
    Observation::from(finding).into()
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;

    fn with_life(total_days: i64, left_hours: i64) -> String {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let not_after = now + SignedDuration::from_hours(left_hours);
        let certificate = Certificate {
            not_before: not_after - SignedDuration::from_hours(total_days * 24),
            not_after,
            ..Certificate::default()
        };
        let origin = Origin { host: "shop.example.com".to_owned(), port: 443 };
        lines(judge_life(&origin, &certificate, now)).pop().unwrap_or_default()
    }

    #[test]
    fn soon_depends_on_how_long_it_lives() {
        for (life, left, expected) in [
            (90, 31 * 24, ""),
            (90, 29 * 24, "minor"),
            (90, 13 * 24, "major"),
            (200, 31 * 24, ""),
            (200, 29 * 24, "minor"),
            (47, 20 * 24, ""),
            (47, 15 * 24, "minor"),
            (47, 7 * 24, "major"),
            (6, 49, ""),
            (6, 47, "minor"),
            (6, 23, "major"),
            (90, -1, ""),
        ] {
            let said = with_life(life, left);
            assert_eq!(said.split(' ').next().unwrap(), expected, "{life} days, {left} hours left: {said}");
        }
        assert!(with_life(90, 29 * 24).ends_with("expires in 29 days, on 2026-12-19"));
    }
}
