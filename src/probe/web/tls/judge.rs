//! Holds what was seen of a TLS server against its rules. No I/O.

use jiff::Timestamp;

use super::verdict::Verdict;
use crate::model::RuleMeta;
use crate::probe::web::rules::{
    certificate, certificate_chain, certificate_lifetime, certificate_stapling, tls_forward_secrecy, tls_suites,
    tls_version,
};
use crate::probe::web::survey::Server;
use crate::probe::web::tally::Tally;

/// Every rule about certificates.
pub static CERTIFICATE_RULES: &[&RuleMeta] = &[
    &certificate::INVALID,
    &certificate::EXPIRES_SOON,
    &certificate::VALID,
    &certificate_lifetime::META,
    &certificate_chain::META,
    &certificate_stapling::META,
];
/// Every rule about versions and suites.
pub static TLS_RULES: &[&RuleMeta] =
    &[&tls_version::META, &tls_version::PROOF, &tls_suites::META, &tls_suites::PROOF, &tls_forward_secrecy::META];

/// Judges one server.
pub fn judge(server: &Server, given: bool, verdict: &Verdict, now: Timestamp, tally: &mut Tally) {
    let (origin, asked) = (&server.origin, &server.asked);
    tally.add(tls_version::RULES, tls_version::judge(origin, &asked.versions));
    tally.add(tls_suites::RULES, tls_suites::judge(origin, asked));
    tally.add(&[&tls_forward_secrecy::META], tls_forward_secrecy::judge(origin, asked));
    let (Some(leaf), distrust) = (verdict.leaf(), &verdict.distrust) else {
        let why = verdict.distrust.as_ref().err().map_or("it was not seen", String::as_str);
        return tally.not_seen(CERTIFICATE_RULES, why);
    };
    tally.add(&[&certificate::EXPIRES_SOON], certificate::judge_life(origin, leaf, now));
    tally.add(&[&certificate_chain::META], certificate_chain::judge(origin, verdict));
    tally.add(&[&certificate_stapling::META], certificate_stapling::judge(origin, leaf, verdict.staple.as_ref(), now));
    match distrust {
        Ok(reasons) => {
            tally.add(certificate::TRUST_RULES, certificate::judge_trust(origin, given, leaf, reasons));
            tally.add(&[&certificate_lifetime::META], certificate_lifetime::judge(origin, leaf, verdict.is_public()));
        }
        Err(why) => {
            tally.not_seen(certificate::TRUST_RULES, why);
            tally.not_seen(&[&certificate_lifetime::META], why);
        }
    }
}
