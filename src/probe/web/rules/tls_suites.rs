//! The cipher suites that a server takes up to TLS 1.2 (RFC 9325, Mozilla's server-side TLS guideline 6.0).

use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Observation, Proof, RuleKind, RuleMeta, Severity};
use crate::probe::web::address::Origin;
use crate::probe::web::tally::Sight;
use crate::probe::web::tls::ask::Asked;
use crate::probe::web::tls::grade::{BROKEN_PRIME_BITS, PRIME_BITS};
use crate::probe::web::tls::suites::{self, Kind};
use crate::probe::web::tls::versions::{KindSeen, Version};

/// Weak suites are taken.
pub static META: RuleMeta = RuleMeta {
    id: "tls-weak-suites",
    title: "Weak encryption is accepted",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Asks the server, in each TLS version up to 1.2 that it offers, for cipher suites without encryption, without a \
          certificate, with export-grade keys, DES, RC4 and 3DES, and looks at the length of its Diffie-Hellman prime.",
    why: "Whoever sits between your users and the server, on a café's network for instance, can read or change connections that \
          use them; programs that are old or talked into it do use them.",
    fix: "Take the intermediate profile of https://ssl-config.mozilla.org/. In nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`, \
          and remove `ssl_dhparam`.",
    example: "bad:  ssl_ciphers ALL\ngood: ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20",
    references: &["C23", "https://www.rfc-editor.org/rfc/rfc9325", "https://ssl-config.mozilla.org/"],
};

/// None are.
pub static PROOF: RuleMeta = RuleMeta {
    id: "tls-suites-strong",
    title: "Weak encryption is refused",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees that the server refuses every weak cipher suite in every TLS version that it offers.",
    why: "Nobody on the way can talk a browser into encryption that can be broken.",
    fix: "Nothing to do.",
    example: "",
    references: &["C23"],
};

/// Both rules.
pub static RULES: &[&RuleMeta] = &[&META, &PROOF];

/// Judges one server.
pub fn judge(origin: &Origin, asked: &Asked) -> Sight {
    let offered = asked.versions.offered();
    let mut named: Vec<(u16, Vec<&str>)> = Vec::new();
    let mut what: Vec<String> = Vec::new();
    let mut severity = Severity::Minor;
    for kind in Kind::ALL {
        let seen: Vec<&KindSeen> = asked.suites.offered().filter(|seen| seen.kind == kind).collect();
        let prime = seen.iter().filter_map(|seen| seen.prime_bits).min().filter(|bits| *bits < PRIME_BITS);
        let words = match (Kind::WEAK.contains(&kind), kind.weakness(), prime) {
            (true, Some(why), _) => why.to_owned(),
            (_, _, Some(bits)) => format!("a Diffie-Hellman prime of only {bits} bits"),
            _ => continue,
        };
        if seen.is_empty() {
            continue;
        }
        if kind.is_broken() || kind == Kind::Rc4 || prime.is_some_and(|bits| bits < BROKEN_PRIME_BITS) {
            severity = Severity::Major;
        }
        what.push(words);
        for (version, suite) in
            seen.iter().flat_map(|seen| seen.suites.iter().map(|suite| (seen.version.name(), *suite)))
        {
            match named.iter_mut().find(|(known, _)| *known == suite) {
                Some((_, versions)) => versions.push(version),
                None => named.push((suite, vec![version])),
            }
        }
    }
    if !what.is_empty() {
        let message = format!("{} accepts {}", origin.host, what.join("; "));
        let lines: Vec<String> = named
            .iter()
            .map(|(suite, versions)| format!("{} in {}", suites::name(*suite), versions.join(", ")))
            .collect();
        let evidence = Evidence::new(EvidenceKind::Note, format!("accepted:\n{}", lines.join("\n")));
        let finding = Finding::new(&META, origin.location(), "", message).severity(severity).evidence(evidence);
        return Observation::from(finding).into();
    }
    let unknown = asked.versions.unknown().into_iter().find(|version| *version <= Version::Tls12);
    if offered.is_empty() || unknown.is_some() || !asked.suites.is_whole() {
        return Sight::NotSeen(format!("{} did not answer every question about its cipher suites", origin.host));
    }
    let modern = offered.contains(&Version::Tls13) || asked.suites.any(suites::is_aead);
    if !modern {
        // SSL Labs caps such servers at B; Mozilla's profiles have none of these suites.
        let message =
            format!("{} offers no authenticated encryption (AEAD), which today's programs ask for", origin.host);
        return Observation::from(Finding::new(&META, origin.location(), "aead", message).severity(Severity::Minor))
            .into();
    }
    let message = match offered.as_slice() {
        [Version::Tls13] => format!("{} offers TLS 1.3 alone, which has no weak cipher suites", origin.host),
        _ => format!("{} refuses weak cipher suites", origin.host),
    };
    let chosen = asked.suites.choices.iter();
    let lines: Vec<String> =
        chosen.map(|choice| format!("{}: {}", choice.version.name(), suites::name(choice.suite))).collect();
    let evidence = Evidence::new(EvidenceKind::Note, format!("chosen:\n{}", lines.join("\n")));
    Observation::from(Proof::new(&PROOF, origin.location(), "", message).evidence(evidence)).into()
}
