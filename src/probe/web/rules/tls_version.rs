//! The TLS versions that a server offers (RFC 8996, Mozilla's server-side TLS guideline 6.0).

use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Observation, Proof, RuleKind, RuleMeta, Severity};
use crate::probe::web::address::Origin;
use crate::probe::web::tally::Sight;
use crate::probe::web::tls::versions::{Offer, Version, Versions};

/// Old versions are offered, or no current one is.
pub static META: RuleMeta = RuleMeta {
    id: "tls-version-outdated",
    title: "Outdated TLS versions are offered",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Asks the server for SSLv3 and TLS 1.0, 1.1, 1.2 and 1.3, one at a time, and looks at which it accepts.",
    why: "Connections over SSLv3, TLS 1.0 and 1.1 can be read or changed by others; where nothing newer is offered, browsers refuse to \
          open the site.",
    fix: "Allow TLS 1.2 and 1.3 only: `ssl_protocols TLSv1.2 TLSv1.3` in nginx, the minimum version in your platform's settings.",
    example: "bad:  ssl_protocols TLSv1 TLSv1.1 TLSv1.2\ngood: ssl_protocols TLSv1.2 TLSv1.3",
    references: &["C23", "https://www.rfc-editor.org/rfc/rfc8996", "https://ssl-config.mozilla.org/"],
};

/// Only current versions are offered.
pub static PROOF: RuleMeta = RuleMeta {
    id: "tls-current",
    title: "Only current TLS versions are offered",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees that the server accepts TLS 1.2 or 1.3 and refuses SSLv3, TLS 1.0 and 1.1.",
    why: "Nobody on the way can talk a browser down to a version that can be broken.",
    fix: "Nothing to do.",
    example: "",
    references: &["C23"],
};

/// Both rules.
pub static RULES: &[&RuleMeta] = &[&META, &PROOF];

/// Judges one server.
pub fn judge(origin: &Origin, versions: &Versions) -> Sight {
    let offered = versions.offered();
    let (old, current): (Vec<Version>, Vec<Version>) = offered.iter().partition(|version| version.is_outdated());
    let evidence = Evidence::new(EvidenceKind::Note, versions.describe());
    let unknown = versions.unknown();
    let current_unknown = unknown.iter().any(|version| !version.is_outdated());
    if !old.is_empty() {
        let none_current = current.is_empty() && !current_unknown;
        let (severity, message) = if none_current {
            (
                Severity::Blocker,
                format!("{} offers nothing newer than {}, which browsers refuse", origin.host, names(&old)),
            )
        } else {
            (Severity::Major, format!("{} still offers {}", origin.host, names(&old)))
        };
        let finding = Finding::new(&META, origin.location(), "", message).severity(severity).evidence(evidence);
        return Observation::from(finding).into();
    }
    if offered.is_empty() || !unknown.is_empty() {
        let left: Vec<Version> = Version::ALL.into_iter().filter(|v| versions.of(*v) != Offer::Offered).collect();
        return Sight::NotSeen(format!(
            "{} gave no answer about {}",
            origin.host,
            names(if offered.is_empty() { &left } else { &unknown })
        ));
    }
    let message = format!("{} offers {} and nothing older", origin.host, names(&current));
    Observation::from(Proof::new(&PROOF, origin.location(), "", message).evidence(evidence)).into()
}

fn names(versions: &[Version]) -> String {
    let names: Vec<&str> = versions.iter().map(|version| version.name()).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;

    fn of(offers: [Offer; 5]) -> String {
        let origin = Origin { host: "shop.example.com".to_owned(), port: 443 };
        lines(judge(&origin, &Versions(Version::ALL.into_iter().zip(offers).collect()))).remove(0)
    }

    #[test]
    fn the_table_of_versions() {
        use Offer::{Dropped, Offered, Refused, Unknown};
        assert!(of([Refused, Refused, Refused, Offered, Offered]).starts_with("proof tls-current"));
        assert!(of([Dropped, Dropped, Refused, Refused, Offered]).starts_with("proof tls-current"));
        assert!(of([Refused, Offered, Offered, Offered, Refused]).starts_with("major"));
        assert!(of([Refused, Unknown, Offered, Refused, Refused]).starts_with("blocker"));
        assert_eq!(
            of([Offered, Refused, Refused, Offered, Offered]),
            "major tls-version-outdated: shop.example.com still offers SSLv3"
        );
        assert!(of([Refused, Refused, Offered, Unknown, Refused]).starts_with("major"));
        assert_eq!(
            of([Refused, Unknown, Refused, Offered, Offered]),
            "not seen: shop.example.com gave no answer about TLS 1.0"
        );
        assert!(of([Unknown; 5]).starts_with("not seen"));
        assert!(of([Refused; 5]).starts_with("not seen"));
    }
}
