//! Mozilla's profiles for servers (Server Side TLS, guideline 6.0).

use super::grade::{Facts, of_trust};
use super::suites;
use super::versions::{Offer, Version};

/// A profile, the strictest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// TLS 1.3 alone.
    Modern,
    /// TLS 1.2 and 1.3, for nearly everybody.
    Intermediate,
}

impl Profile {
    /// As Mozilla writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Modern => "modern",
            Self::Intermediate => "intermediate",
        }
    }
}

/// AES-128-GCM, AES-256-GCM and ChaCha20, with ECDHE for both kinds of certificates, and those of TLS 1.3.
const SUITES: &[u16] = &[0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0x1301, 0x1302, 0x1303];
/// So many suites that the profile lacks are named.
const MOST_SUITES: usize = 4;
/// Two years.
const HSTS: u64 = 63_072_000;

/// The strictest profile that a server keeps to, or why it keeps to none.
pub fn profile(facts: &Facts<'_>) -> Result<Profile, Vec<String>> {
    let &Facts { distrust, versions, suites: seen, hsts } = facts;
    // Every profile asks for a certificate that browsers accept, with a key that is long enough.
    let mut off: Vec<String> = match distrust {
        Some(reasons) => of_trust(reasons).into_iter().map(|(_, why)| why).collect(),
        None => vec!["whether browsers trust its certificate is not known".to_owned()],
    };
    let offered = versions.offered();
    let outdated = offered.iter().filter(|version| version.is_outdated());
    off.extend(outdated.map(|version| format!("it offers {}", version.name())));
    let modern = offered == [Version::Tls13];
    if versions.of(Version::Tls13) == Offer::Refused {
        off.push("it does not offer TLS 1.3".to_owned());
    }
    let unknown = versions.unknown();
    off.extend(unknown.iter().map(|version| format!("it gave no answer about {}", version.name())));

    let mut strange: Vec<u16> = Vec::new();
    for (version, suite) in seen.seen() {
        if !version.is_outdated() && !SUITES.contains(&suite) && !strange.contains(&suite) {
            strange.push(suite);
        }
    }
    let more = strange.len().saturating_sub(MOST_SUITES);
    off.extend(strange.into_iter().take(MOST_SUITES).map(|suite| format!("it takes {}", suites::name(suite))));
    if more > 0 {
        off.push(format!("it takes {more} more suites that the profile does not have"));
    }
    off.extend(seen.other_group.map(|group| format!("it takes the group {}", suites::group_name(group))));
    if !seen.is_whole() {
        off.push("it did not answer every question about its suites".to_owned());
    }
    match hsts {
        Some(HSTS..) => {}
        Some(0) => off.push("it sends no HSTS".to_owned()),
        Some(_) => off.push("its HSTS is shorter than two years".to_owned()),
        None => off.push("no page was read, so its HSTS is not known".to_owned()),
    }
    match (off.is_empty(), modern) {
        (true, true) => Ok(Profile::Modern),
        (true, false) => Ok(Profile::Intermediate),
        (false, _) => Err(off),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::web::tls::trust::Distrust;
    use crate::probe::web::tls::versions::{Choice, KindSeen, Suites, Versions};

    fn of(offered: &[Version], suites: &[u16], other_group: Option<u16>, hsts: Option<u64>) -> Result<Profile, String> {
        let offer = |version| if offered.contains(&version) { Offer::Offered } else { Offer::Refused };
        let versions = Versions(Version::ALL.map(|version| (version, offer(version))).to_vec());
        let kinds = suites.iter().map(|suite| KindSeen {
            version: Version::Tls12,
            kind: suites::kind(*suite).unwrap(),
            offer: Offer::Offered,
            suites: vec![*suite],
            prime_bits: None,
        });
        let choices = vec![Choice { version: Version::Tls13, suite: 0x1302, group: Some(0x1d) }];
        let seen = Suites { choices, kinds: kinds.collect(), post_quantum: None, other_group };
        let facts = Facts { distrust: Some(&[]), versions: &versions, suites: &seen, hsts };
        for (distrust, why) in
            [(None, "not known"), (Some(&[Distrust::SelfSigned][..]), "the certificate is self-signed")]
        {
            let off = profile(&Facts { distrust, ..facts }).unwrap_err();
            assert!(off[0].ends_with(why), "{off:?}");
        }
        profile(&facts).map_err(|off| off.join("; "))
    }

    #[test]
    fn the_table_of_profiles() {
        use Version::{Tls11, Tls12, Tls13};
        let off = |text: &str| Err(text.to_owned());
        for (offered, suites, group, hsts, expected) in [
            (&[Tls13][..], &[][..], None, Some(HSTS), Ok(Profile::Modern)),
            (&[Tls12, Tls13], &[0xc02f, 0xcca9], None, Some(HSTS), Ok(Profile::Intermediate)),
            (&[Tls12], &[0xc02f], None, Some(HSTS), off("it does not offer TLS 1.3")),
            (&[Tls11, Tls12, Tls13], &[0xc02f], None, Some(HSTS), off("it offers TLS 1.1")),
            (&[Tls12, Tls13], &[0xc013], None, Some(HSTS), off("it takes TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA")),
            (&[Tls12, Tls13], &[0x009e], None, Some(HSTS), off("it takes TLS_DHE_RSA_WITH_AES_128_GCM_SHA256")),
            (&[Tls13], &[], Some(0x1e), Some(HSTS), off("it takes the group X448")),
            (&[Tls13], &[], None, Some(0), off("it sends no HSTS")),
            (&[Tls13], &[], None, Some(300), off("its HSTS is shorter than two years")),
            (&[Tls13], &[], None, None, off("no page was read, so its HSTS is not known")),
        ] {
            assert_eq!(of(offered, suites, group, hsts), expected, "{offered:?} {suites:x?}");
        }
        let silent = Versions(Version::ALL.map(|version| (version, Offer::Unknown)).to_vec());
        let seen = Suites { choices: Vec::new(), kinds: Vec::new(), post_quantum: None, other_group: None };
        let facts = Facts { distrust: Some(&[]), versions: &silent, suites: &seen, hsts: Some(HSTS) };
        let off = profile(&facts).unwrap_err().join("; ");
        assert!(off.contains("no answer about TLS 1.3") && !off.contains("does not offer"), "{off}");
    }
}
