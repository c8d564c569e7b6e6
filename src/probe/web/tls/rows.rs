//! What the Web view and the reports show of a TLS server. No I/O.

use jiff::Timestamp;

use super::certificate::{Certificate, day};
use super::grade::{Facts, grade};
use super::profile::profile;
use super::suites;
use super::verdict::Verdict;
use super::versions::{Offer, Version};
use crate::model::{CertificateRow, Standing, SuiteRow, TlsServer, VersionRow};
use crate::probe::web::address::{Origin, is_secure};
use crate::probe::web::rules::{certificate::ends_soon, hsts};
use crate::probe::web::survey::{Server, Survey};

/// Of a certificate with thousands of names, so many are kept.
const MOST_NAMES: usize = 50;

/// Every server of a survey; `verdicts` are theirs, in the same order.
pub fn all(survey: &Survey, verdicts: &[Verdict], now: Timestamp) -> Vec<TlsServer> {
    let hops = || survey.visits.iter().flat_map(|visit| &visit.hops);
    let hsts = |server: &Server| {
        let page = hops().find(|hop| is_secure(&hop.url) && Origin::of(&hop.url) == server.origin);
        page.map(|hop| hsts::sent_max_age(&hop.response.headers))
    };
    survey.servers.iter().zip(verdicts).map(|(server, verdict)| rows(server, verdict, hsts(server), now)).collect()
}

/// Connections that asked only how TLS is spoken.
pub fn questions(survey: &Survey) -> u64 {
    survey.servers.iter().map(|server| server.asked.connections as u64).sum()
}

/// Everything about one server. `hsts` is the max-age in seconds that its page sends, 0 where it sends none that counts;
/// `None` where no page of it was read.
pub fn rows(server: &Server, verdict: &Verdict, hsts: Option<u64>, now: Timestamp) -> TlsServer {
    let asked = &server.asked;
    let distrust = verdict.distrust.as_ref().ok().map(Vec::as_slice);
    let (graded, caps) = grade(&Facts { distrust, versions: &asked.versions, suites: &asked.suites, hsts });
    let (profile, off_profile) =
        match profile(&Facts { distrust, versions: &asked.versions, suites: &asked.suites, hsts }) {
            Ok(profile) => (Some(profile.name().to_owned()), Vec::new()),
            Err(off) => (None, off),
        };
    let words = |certificate: &Certificate| {
        distrust.unwrap_or_default().iter().map(|reason| reason.words(certificate)).collect()
    };
    TlsServer {
        name: format!("{}:{}", server.origin.host, server.origin.port),
        grade: graded.map(|grade| grade.letter().to_owned()),
        caps: caps.into_iter().map(|(_, why)| why).collect(),
        profile,
        off_profile,
        versions: asked.versions.0.iter().map(|(version, offer)| version_row(*version, *offer)).collect(),
        suites: suite_rows(server),
        chain: chain_rows(verdict, now),
        distrust: verdict.leaf().map(words).unwrap_or_default(),
        trust_known: distrust.is_some(),
        stapled: verdict.staple.map(|staple| staple.status.word().to_owned()),
    }
}

fn version_row(version: Version, offer: Offer) -> VersionRow {
    let standing = match (offer, version.is_outdated(), version) {
        (Offer::Unknown, ..) => Standing::Unknown,
        (Offer::Offered, true, _) => Standing::Bad,
        (Offer::Offered, false, _) | (_, true, _) => Standing::Good,
        (_, _, Version::Tls13) => Standing::Weak,
        // Whether that is good depends on TLS 1.3.
        _ => Standing::Neutral,
    };
    VersionRow { name: version.name().to_owned(), answer: offer.word().to_owned(), standing }
}

fn suite_rows(server: &Server) -> Vec<SuiteRow> {
    let seen = &server.asked.suites;
    let row = |(version, suite): (Version, u16)| {
        let kind = suites::kind(suite);
        let primes = seen.offered().filter(|kind| kind.version == version && kind.suites.contains(&suite));
        let prime = primes.filter_map(|kind| kind.prime_bits).min().filter(|bits| *bits < 2048);
        let weakness = match (kind.and_then(suites::Kind::weakness), prime) {
            (Some(why), _) => Some(why.to_owned()),
            (None, Some(bits)) => Some(format!("a Diffie-Hellman prime of only {bits} bits")),
            (None, None) => None,
        };
        SuiteRow { name: suites::name(suite), version: version.name().to_owned(), weakness }
    };
    let mut rows: Vec<SuiteRow> = seen.seen().into_iter().map(row).collect();
    // The weak ones first, each part in the order that it has.
    rows.sort_by_key(|row| row.weakness.is_none());
    let groups = seen.choices.iter().filter_map(|choice| choice.group).chain(seen.other_group);
    let post_quantum = seen.post_quantum.filter(|offer| *offer == Offer::Offered).map(|_| suites::X25519_MLKEM_768);
    let mut groups: Vec<u16> = post_quantum.into_iter().chain(groups).collect();
    let mut known = Vec::new();
    groups.retain(|group| {
        !known.contains(group) && {
            known.push(*group);
            true
        }
    });
    rows.extend(groups.into_iter().map(|group| SuiteRow {
        name: format!("key exchange {}", suites::group_name(group)),
        version: Version::Tls13.name().to_owned(),
        weakness: None,
    }));
    rows
}

/// How its life stands, by the rule that judges it.
fn life_standing(certificate: &Certificate, now: Timestamp) -> Standing {
    if now > certificate.not_after || now < certificate.not_before {
        Standing::Bad
    } else if ends_soon(certificate, now).is_some() {
        Standing::Weak
    } else {
        Standing::Good
    }
}

fn chain_rows(verdict: &Verdict, now: Timestamp) -> Vec<CertificateRow> {
    let whole_days = |from: Timestamp, to: Timestamp| to.duration_since(from).as_hours().div_euclid(24);
    let row = |(at, certificate): (usize, &Certificate)| {
        let mut faults = Vec::new();
        if now > certificate.not_after {
            faults.push("expired".to_owned());
        } else if now < certificate.not_before {
            faults.push("not valid yet".to_owned());
        }
        faults.extend(certificate.weak_key.clone());
        if certificate.weak_signature && !certificate.self_issued {
            faults.push(format!("signed with {}, which can be forged", certificate.signature));
        }
        if at == 0 && certificate.names.is_empty() {
            faults.push("it names no host".to_owned());
        }
        faults.extend(verdict.disorder.get(at).copied().flatten().map(|disorder| disorder.words().to_owned()));
        let more = certificate.names.len().saturating_sub(MOST_NAMES);
        let mut names: Vec<String> = certificate.names.iter().take(MOST_NAMES).cloned().collect();
        if more > 0 {
            names.push(format!("and {more} more"));
        }
        CertificateRow {
            subject: certificate.subject.clone(),
            issuer: certificate.issuer.clone(),
            names: if certificate.is_authority { Vec::new() } else { names },
            key: certificate.key.clone(),
            signature: certificate.signature.clone(),
            from: day(certificate.not_before),
            to: day(certificate.not_after),
            days: whole_days(certificate.not_before, certificate.not_after),
            days_left: whole_days(now, certificate.not_after),
            standing: life_standing(certificate, now),
            faults,
        }
    };
    verdict.chain.iter().enumerate().map(row).collect()
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_certificate_is_soon_over_when_the_rule_says_so() {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let days = |count: i64| SignedDuration::from_hours(count * 24);
        for (life, left, standing) in [
            (90, 31, Standing::Good),
            (90, 20, Standing::Weak),
            (90, 9, Standing::Weak),
            (90, -1, Standing::Bad),
            // A certificate of six days is renewed with two left.
            (6, 3, Standing::Good),
            (6, 1, Standing::Weak),
            (90, 91, Standing::Bad),
        ] {
            let not_after = now + days(left);
            let certificate = Certificate { not_before: not_after - days(life), not_after, ..Certificate::default() };
            assert_eq!(life_standing(&certificate, now), standing, "{left} of {life} days left");
        }
    }
}
