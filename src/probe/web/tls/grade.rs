//! A grade like that of SSL Labs: the best one, lowered by caps (SSL Labs' "SSL Server Rating Guide").

use super::suites::{self, Kind};
use super::trust::Distrust;
use super::versions::{Offer, Suites, Version, Versions};

/// Grades, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// No browser trusts it.
    T,
    /// The certificate is for another name.
    M,
    /// What it takes can be broken today.
    F,
    /// Nothing current is offered.
    C,
    /// Something outdated is offered.
    B,
    /// Good.
    A,
    /// Good, and browsers are told to insist on it.
    APlus,
}

impl Grade {
    /// `A+`, `A`, …
    pub const fn letter(self) -> &'static str {
        match self {
            Self::T => "T",
            Self::M => "M",
            Self::F => "F",
            Self::C => "C",
            Self::B => "B",
            Self::A => "A",
            Self::APlus => "A+",
        }
    }
}

/// What a grade is worked out from.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Why browsers do not trust it; `None` where that is not known.
    pub distrust: Option<&'a [Distrust]>,
    /// The versions.
    pub versions: &'a Versions,
    /// The suites.
    pub suites: &'a Suites,
    /// The seconds for which browsers are told to insist on HTTPS, 0 where they are not; `None` where no page was seen.
    pub hsts: Option<u64>,
}

/// From here on HSTS counts as long: 180 days.
const LONG_HSTS: u64 = 180 * 24 * 3600;
/// NIST SP 800-57: shorter primes give less than 112 bits of security.
pub const PRIME_BITS: usize = 2048;
/// Logjam: shorter primes can be broken by a university, and those only a little longer by a state.
pub const BROKEN_PRIME_BITS: usize = 1024;

/// The grade, `None` where too little was seen, and what keeps it from being better, worst first.
pub fn grade(facts: &Facts<'_>) -> (Option<Grade>, Vec<(Grade, String)>) {
    let mut caps = of_trust(facts.distrust.unwrap_or_default());
    caps.extend(of_versions(facts.versions));
    caps.extend(of_suites(facts.versions, facts.suites));
    match facts.hsts {
        Some(LONG_HSTS..) => {}
        Some(0) => caps.push((Grade::A, "browsers are not told to insist on HTTPS (HSTS)".to_owned())),
        Some(_) => {
            caps.push((Grade::A, "browsers are told to insist on HTTPS for a short time only (HSTS)".to_owned()))
        }
        None => caps.push((Grade::A, "no page was read, so whether HSTS is set is not known".to_owned())),
    }
    caps.sort();
    caps.dedup();
    let worst = caps.first().map_or(Grade::APlus, |(grade, _)| *grade);
    // Nothing that was not seen could make these better.
    let certain = matches!(worst, Grade::T | Grade::M) || (worst == Grade::F && facts.distrust.is_some());
    let whole = facts.distrust.is_some()
        && facts.versions.unknown().is_empty()
        && !facts.versions.offered().is_empty()
        && facts.suites.is_whole();
    ((certain || whole).then_some(worst), caps)
}

/// What distrust comes to, in words.
pub(super) fn of_trust(distrust: &[Distrust]) -> Vec<(Grade, String)> {
    let cap = |reason: &Distrust| match reason {
        Distrust::WrongHost => (Grade::M, "the certificate is for another name".to_owned()),
        Distrust::Expired(_) => (Grade::T, "the certificate has expired".to_owned()),
        Distrust::NotYetValid(_) => (Grade::T, "the certificate is not valid yet".to_owned()),
        Distrust::SelfSigned => (Grade::T, "the certificate is self-signed".to_owned()),
        Distrust::Revoked => (Grade::T, "the certificate has been revoked".to_owned()),
        Distrust::WeakKey(_) => (Grade::T, "the certificate's key is too weak".to_owned()),
        Distrust::WeakSignature(_) => (Grade::T, "the certificate's signature can be forged".to_owned()),
        Distrust::WrongPurpose => (Grade::T, "the certificate is not for web servers".to_owned()),
        Distrust::TooLarge(_) => (Grade::T, "the certificate is too large for browsers".to_owned()),
        Distrust::IncompleteChain(_) => (Grade::T, "the certificate's chain is incomplete".to_owned()),
        Distrust::UnknownRoot(_) | Distrust::UnknownIssuer(_) | Distrust::Other(_) => {
            (Grade::T, "no browser trusts the certificate".to_owned())
        }
    };
    distrust.iter().map(cap).collect()
}

fn of_versions(versions: &Versions) -> Vec<(Grade, String)> {
    let mut caps: Vec<(Grade, String)> = versions
        .offered()
        .into_iter()
        .filter(|version| version.is_outdated())
        .map(|version| (Grade::B, format!("{} is offered", version.name())))
        .collect();
    let lacks = |version: Version| matches!(versions.of(version), Offer::Refused | Offer::Dropped);
    if lacks(Version::Tls12) && lacks(Version::Tls13) {
        caps.push((Grade::C, "neither TLS 1.2 nor 1.3 is offered".to_owned()));
    }
    caps
}

fn of_suites(versions: &Versions, suites: &Suites) -> Vec<(Grade, String)> {
    let mut caps = Vec::new();
    for seen in suites.offered() {
        let prime = |bits: usize| format!("it accepts a Diffie-Hellman prime of only {bits} bits");
        caps.extend(match (seen.kind, seen.kind.weakness(), seen.prime_bits) {
            (kind, Some(why), _) if kind.is_broken() => Some((Grade::F, format!("it accepts {why}"))),
            // NIST SP 800-131A forbids 3DES since 2024.
            (Kind::Rc4 | Kind::SmallBlock, Some(why), _) => Some((Grade::B, format!("it accepts {why}"))),
            (_, _, Some(bits @ ..BROKEN_PRIME_BITS)) => Some((Grade::F, prime(bits))),
            (_, _, Some(bits @ ..PRIME_BITS)) => Some((Grade::B, prime(bits))),
            _ => None,
        });
    }
    if !versions.offered().is_empty() {
        if !suites.any(suites::is_forward_secret) {
            caps.push((Grade::B, "no forward secrecy".to_owned()));
        }
        if !suites.any(suites::is_aead) {
            caps.push((Grade::B, "no authenticated encryption (AEAD)".to_owned()));
        }
    }
    caps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::web::tls::versions::{Choice, KindSeen};

    const YEARS: Option<u64> = Some(63_072_000);

    fn offers(text: &str) -> Versions {
        let offer = |letter| match letter {
            'o' => Offer::Offered,
            'd' => Offer::Dropped,
            '?' => Offer::Unknown,
            _ => Offer::Refused,
        };
        Versions(Version::ALL.into_iter().zip(text.chars().map(offer)).collect())
    }

    fn kind(version: Version, suite: u16, offer: Offer, prime_bits: Option<usize>) -> KindSeen {
        KindSeen { version, kind: suites::kind(suite).unwrap(), offer, suites: vec![suite], prime_bits }
    }

    /// With these versions, from SSLv3 to TLS 1.3, and these suites taken in TLS 1.2.
    fn graded(
        versions: &str,
        taken: &[(u16, Option<usize>)],
        distrust: Option<&[Distrust]>,
        hsts: Option<u64>,
    ) -> String {
        let versions = offers(versions);
        let mut seen = Suites::default();
        if versions.of(Version::Tls13) == Offer::Offered {
            seen.choices.push(Choice { version: Version::Tls13, suite: 0x1301, group: Some(0x1d) });
        }
        seen.kinds = taken.iter().map(|(suite, bits)| kind(Version::Tls12, *suite, Offer::Offered, *bits)).collect();
        let (grade, _) = grade(&Facts { distrust, versions: &versions, suites: &seen, hsts });
        grade.map_or("none", Grade::letter).to_owned()
    }

    #[test]
    fn the_table_of_grades() {
        const GCM: (u16, Option<usize>) = (0xc02f, None);
        let trusted: Option<&[Distrust]> = Some(&[]);
        for (versions, taken, expected) in [
            ("---oo", &[GCM][..], "A+"),
            ("----o", &[], "A+"),
            ("---o-", &[GCM], "A+"),
            ("ddd-o", &[], "A+"),
            ("--ooo", &[GCM], "B"),
            ("-o-oo", &[GCM], "B"),
            ("o--oo", &[GCM], "B"),
            ("-oo--", &[(0xc013, None)], "C"),
            ("o----", &[(0x0005, None)], "C"),
            ("---oo", &[GCM, (0x0001, None)], "F"),
            ("---oo", &[GCM, (0x0034, None)], "F"),
            ("---oo", &[GCM, (0x0003, None)], "F"),
            ("---oo", &[GCM, (0x0009, None)], "F"),
            ("---oo", &[GCM, (0x0005, None)], "B"),
            ("---oo", &[GCM, (0x000a, None)], "B"),
            ("---oo", &[GCM, (0x009c, None)], "A+"),
            ("---oo", &[GCM, (0x009e, Some(2048))], "A+"),
            ("---oo", &[GCM, (0x009e, Some(1024))], "B"),
            ("---oo", &[GCM, (0x009e, Some(1023))], "F"),
            ("---oo", &[GCM, (0x009e, Some(768))], "F"),
            ("---o-", &[(0x009c, None)], "B"),
            ("---o-", &[(0xc013, None)], "B"),
            ("---o-", &[(0x009e, Some(2048))], "A+"),
            ("-----", &[], "none"),
            ("?--oo", &[GCM], "none"),
            ("?--oo", &[GCM, (0x0001, None)], "F"),
        ] {
            assert_eq!(graded(versions, taken, trusted, YEARS), expected, "{versions} {taken:x?}");
        }
    }

    #[test]
    fn the_table_of_trust_and_hsts() {
        let day = jiff::Timestamp::UNIX_EPOCH;
        let issuer = || "Test CA".to_owned();
        for (distrust, expected) in [
            (Distrust::Expired(day), "T"),
            (Distrust::NotYetValid(day), "T"),
            (Distrust::SelfSigned, "T"),
            (Distrust::Revoked, "T"),
            (Distrust::WeakSignature(issuer()), "T"),
            (Distrust::WeakKey(issuer()), "T"),
            (Distrust::UnknownRoot(issuer()), "T"),
            (Distrust::UnknownIssuer(issuer()), "T"),
            (Distrust::IncompleteChain(issuer()), "T"),
            (Distrust::WrongPurpose, "T"),
            (Distrust::TooLarge(300_000), "T"),
            (Distrust::Other(issuer()), "T"),
            (Distrust::WrongHost, "M"),
        ] {
            assert_eq!(
                graded("---oo", &[(0xc02f, None)], Some(std::slice::from_ref(&distrust)), YEARS),
                expected,
                "{distrust:?}"
            );
            assert_eq!(graded("??---", &[], Some(&[distrust]), None), expected, "whatever else was not seen");
        }
        let both = [Distrust::WrongHost, Distrust::SelfSigned];
        assert_eq!(graded("---oo", &[(0xc02f, None)], Some(&both), YEARS), "T");
        let trusted: Option<&[Distrust]> = Some(&[]);
        for (hsts, expected) in [(YEARS, "A+"), (Some(15_552_000), "A+"), (Some(300), "A"), (Some(0), "A"), (None, "A")]
        {
            assert_eq!(graded("---oo", &[(0xc02f, None)], trusted, hsts), expected, "{hsts:?}");
        }
        assert_eq!(graded("---oo", &[(0xc02f, None)], None, YEARS), "none", "trust was not judged");
        let unanswered = kind(Version::Tls12, 0x0001, Offer::Unknown, None);
        let suites = Suites { kinds: vec![unanswered], ..Suites::default() };
        let facts = Facts { distrust: trusted, versions: &offers("---oo"), suites: &suites, hsts: YEARS };
        assert_eq!(grade(&facts).0, None, "not every question was answered");
    }

    #[test]
    fn what_weighs_most_is_said_first() {
        let kinds = [0xc02f, 0x0005, 0x0001].map(|suite| kind(Version::Tls12, suite, Offer::Offered, None)).to_vec();
        let suites = Suites { kinds, ..Suites::default() };
        let facts =
            Facts { distrust: Some(&[Distrust::SelfSigned]), versions: &offers("-o-o-"), suites: &suites, hsts: None };
        let (_, caps) = grade(&facts);
        let words: Vec<&str> = caps.iter().map(|(_, why)| why.as_str()).collect();
        assert_eq!(
            words,
            [
                "the certificate is self-signed",
                "it accepts connections without any encryption",
                "TLS 1.0 is offered",
                "it accepts RC4, which leaks what it encrypts",
                "no page was read, so whether HSTS is set is not known",
            ]
        );
    }
}
