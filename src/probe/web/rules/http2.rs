//! Whether browsers may ask for many files at once on one connection.

use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Observation, Proof, RuleKind, RuleMeta, Severity};
use crate::probe::web::address::Origin;
use crate::probe::web::http::h2::Http2;
use crate::probe::web::tally::Sight;

/// They may not.
pub static MISSING: RuleMeta = RuleMeta {
    id: "http2-missing",
    title: "The server speaks only HTTP/1.1",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Offers HTTP/2 in the TLS handshake and asks for the page over it.",
    why: "Over HTTP/1.1 browsers load six files at a time, so that a page with many of them takes longer, most of all on a phone.",
    fix: "Switch it on where TLS ends: `http2 on;` in nginx. Caddy, Vercel, Netlify, Cloudflare and load balancers of the large \
          clouds speak it by themselves.",
    example: "bad:  listen 443 ssl;\ngood: listen 443 ssl; http2 on;",
    references: &["C58", "https://www.rfc-editor.org/rfc/rfc9113"],
};

/// They may.
pub static SERVED: RuleMeta = RuleMeta {
    id: "http2-served",
    title: "The server speaks HTTP/2",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees an answer over HTTP/2.",
    why: "Browsers load all files of a page at once on one connection.",
    fix: "Nothing to do.",
    example: "",
    references: &["https://www.rfc-editor.org/rfc/rfc9113"],
};

/// Both rules.
pub static RULES: &[&RuleMeta] = &[&MISSING, &SERVED];

/// Judges one secure origin. `local`: it is on this machine, where often no proxy stands before the app.
pub fn judge(origin: &Origin, seen: &Http2, local: bool) -> Sight {
    let told = |message: String, note: &str| {
        let finding = Finding::new(&MISSING, origin.location(), "", message)
            .evidence(Evidence::new(EvidenceKind::Note, note.to_owned()));
        Observation::from(finding).into()
    };
    match seen {
        Http2::Works(status) => {
            let message = format!("{} speaks HTTP/2", origin.host);
            let evidence = Evidence::new(EvidenceKind::Note, format!("answered {status} over HTTP/2"));
            Observation::from(Proof::new(&SERVED, origin.location(), "", message).evidence(evidence)).into()
        }
        Http2::NotOffered if local => {
            Sight::NotSeen(format!("{} is on this machine, where no proxy speaks HTTP/2 for the app", origin.host))
        }
        Http2::NotOffered => told(
            format!("{} speaks only HTTP/1.1", origin.host),
            "HTTP/2 was offered in the TLS handshake and not chosen",
        ),
        Http2::Fails(why) => told(format!("{} offers HTTP/2, which then fails", origin.host), why),
        Http2::Unknown(trouble) => Sight::NotSeen(format!("{} could not be asked for HTTP/2: {trouble}", origin.host)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;
    use crate::probe::web::trouble::Trouble;

    fn said(seen: &Http2, local: bool) -> String {
        lines(judge(&Origin { host: "shop.example.com".to_owned(), port: 443 }, seen, local)).remove(0)
    }

    #[test]
    fn only_an_answer_is_proof_and_only_a_refusal_is_a_finding() {
        assert_eq!(said(&Http2::Works(200), false), "proof http2-served: shop.example.com speaks HTTP/2");
        assert!(said(&Http2::NotOffered, false).starts_with("minor http2-missing"));
        assert!(said(&Http2::NotOffered, true).starts_with("not seen"));
        assert!(said(&Http2::Fails("it sent GOAWAY".to_owned()), false).starts_with("minor http2-missing"));
        assert!(said(&Http2::Unknown(Trouble::Refused), false).starts_with("not seen"));
    }
}
