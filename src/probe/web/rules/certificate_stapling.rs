//! The OCSP response that a server staples to its certificate (RFC 6066 section 8, RFC 7633).

use jiff::Timestamp;

use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Observation, RuleKind, RuleMeta, Severity};
use crate::probe::web::address::Origin;
use crate::probe::web::tally::Sight;
use crate::probe::web::tls::certificate::{Certificate, day};
use crate::probe::web::tls::staple::Staple;

/// It is missing though the certificate demands it, or out of date.
pub static META: RuleMeta = RuleMeta {
    id: "certificate-stapling-broken",
    title: "The proof that the certificate is not revoked is missing or out of date",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Looks at the OCSP response that the server staples to its certificate: whether it is still in date, and whether there is \
          one where the certificate demands it (\"must staple\").",
    why: "Firefox and others refuse a certificate that demands a stapled response when there is none in date, so those users cannot \
          get in.",
    fix: "Turn stapling on and see that the server can reach its authority (`ssl_stapling on; ssl_stapling_verify on; resolver \
          1.1.1.1;` in nginx), or get a certificate that does not demand it: most authorities no longer offer OCSP at all.",
    example: "bad:  a must-staple certificate and `ssl_stapling off`\ngood: a certificate without must-staple",
    references: &["C19", "https://www.rfc-editor.org/rfc/rfc7633", "https://letsencrypt.org/2024/12/05/ending-ocsp/"],
};

/// Judges what one server staples.
pub fn judge(origin: &Origin, certificate: &Certificate, staple: Option<&Staple>, now: Timestamp) -> Sight {
    let outdated = staple.filter(|staple| staple.is_outdated(now));
    let (severity, message) = match (certificate.must_staple, staple, outdated) {
        (true, None, _) => (
            Severity::Major,
            format!("The certificate of {} demands a stapled OCSP response, and the server sends none", origin.host),
        ),
        (demanded, _, Some(old)) => {
            let severity = if demanded { Severity::Major } else { Severity::Minor };
            let end = old.to.map_or_else(String::new, |to| format!(" since {}", day(to)));
            (severity, format!("The OCSP response that {} staples is out of date{end}", origin.host))
        }
        _ => return Sight::Seen(Vec::new()),
    };
    let says = staple.map_or_else(
        || "stapled: nothing".to_owned(),
        |staple| {
            let to = staple.to.map_or_else(|| "no end".to_owned(), day);
            format!("stapled: {}, from {} to {to}", staple.status.word(), day(staple.from))
        },
    );
    let evidence = Evidence::new(EvidenceKind::Certificate, format!("{}\n{says}", certificate.describe()));
    let finding = Finding::new(&META, origin.location(), "", message).severity(severity).evidence(evidence);
    Observation::from(finding).into()
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;
    use crate::probe::web::tls::staple::Status;

    fn of(must_staple: bool, end: Option<&str>) -> String {
        let time = |text: &str| format!("{text}T00:00:00Z").parse::<Timestamp>().unwrap();
        let certificate = Certificate { must_staple, ..Certificate::default() };
        let staple = end.map(|end| Staple { status: Status::Good, from: time("2026-11-01"), to: Some(time(end)) });
        let origin = Origin { host: "shop.example.com".to_owned(), port: 443 };
        lines(judge(&origin, &certificate, staple.as_ref(), time("2026-11-20"))).pop().unwrap_or_default()
    }

    #[test]
    fn the_table_of_staples() {
        assert_eq!(of(false, None), "");
        assert_eq!(of(false, Some("2026-11-21")), "");
        assert_eq!(of(true, Some("2026-11-21")), "");
        assert!(of(true, None).starts_with("major"));
        assert!(of(true, Some("2026-11-19")).starts_with("major"));
        let old = of(false, Some("2026-11-19"));
        assert!(old.starts_with("minor") && old.ends_with("out of date since 2026-11-19"), "{old}");
    }
}
