//! What looking at the deployed app from outside gives beside findings: grades, headers, certificates, versions, exposed
//! paths and the requests made, for the Web view and the reports.

use serde::{Deserialize, Serialize};

use super::{Location, grouped};

/// Everything that a run of the web probe saw.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WebReport {
    /// The sites, in the order in which their addresses were given.
    pub sites: Vec<Site>,
    /// Every TLS server met, in the order met.
    pub servers: Vec<TlsServer>,
    /// Every HTTP request made, in the order in which they were sent.
    pub requests: Vec<RequestMade>,
    /// Connections made to ask how TLS is spoken, beside those of the requests.
    #[serde(default)]
    pub tls_questions: u64,
}

/// One page that was reached, and what was seen around it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Site {
    /// The address that was asked for, without credentials: `https://shop.example.com/`.
    pub url: String,
    /// The address that answered in the end; the same as `url` without redirects.
    pub page: String,
    /// The status of the page; `None` where none was reached.
    #[serde(default)]
    pub status: Option<u16>,
    /// Whether a check for bots answered in place of the app.
    #[serde(default)]
    pub challenge: bool,
    /// Why no page was reached, as a sentence without a full stop; `None` when one was.
    pub not_reached: Option<String>,
    /// Every redirect on the way, first to last: `301 http://shop.example.com/ → https://shop.example.com/`.
    pub hops: Vec<String>,
    /// The HTTP Observatory's score of the page; `None` where it could not be worked out.
    pub observatory: Option<ObservatoryScore>,
    /// The headers that matter, sent or not, in the order to show.
    pub headers: Vec<HeaderRow>,
    /// The paths that were asked for, the exposed ones first.
    pub paths: Vec<PathRow>,
    /// How long answers took; `None` where none came.
    pub times: Option<AnswerTimes>,
    /// What DNS says of the host, in the order to show. Empty where it was not asked.
    pub dns: Vec<DnsRow>,
    /// Why DNS was not asked, as a phrase: `it is on this machine`.
    pub dns_not_asked: Option<String>,
}

impl Site {
    /// What a page that is an error or a wall does, after "the page": `answers 403`. Its headers say nothing of the app's.
    pub fn failing(&self) -> Option<String> {
        let status = self.status.filter(|status| !(200..400).contains(status));
        match (status, self.challenge) {
            (Some(status), false) => Some(format!("answers {status}")),
            (Some(status), true) => Some(format!("answers {status} with a check for bots")),
            (None, true) => Some("answers with a check for bots".to_owned()),
            (None, false) => None,
        }
    }

    /// The score, where it is that of the app's own page.
    pub fn score(&self) -> Option<&ObservatoryScore> {
        self.observatory.as_ref().filter(|_| self.failing().is_none())
    }
}

/// The score that the MDN HTTP Observatory's algorithm gives.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservatoryScore {
    /// 0 upwards, in steps of 5; above 100 with bonuses.
    pub score: u32,
    /// `A+` to `F`.
    pub grade: String,
    /// Every test, in the Observatory's order.
    pub tests: Vec<ObservatoryTest>,
}

/// One of the Observatory's tests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservatoryTest {
    /// For people: `Content Security Policy`.
    pub name: String,
    /// The Observatory's own word for the result: `csp-implemented-with-unsafe-inline`.
    pub result: String,
    /// The result in plain words.
    pub words: String,
    /// Points given or taken.
    pub modifier: i32,
    /// Whether the Observatory counts it as passed.
    pub pass: bool,
}

/// How something stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Something is wrong with it.
    Bad,
    /// It could be better.
    Weak,
    /// It was not seen.
    #[default]
    Unknown,
    /// Neither good nor bad; shown because people ask.
    Neutral,
    /// As it should be.
    Good,
}

/// A header: what was sent, what is wanted, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderRow {
    /// `Strict-Transport-Security`.
    pub name: String,
    /// The values as sent, without nonces and cookies' values; empty when it was not sent.
    pub sent: Vec<String>,
    /// A good value, where one is wanted: `max-age=63072000; includeSubDomains`.
    pub wanted: Option<String>,
    /// What it does for users, in a sentence.
    pub why: String,
    /// How it stands.
    pub standing: Standing,
    /// The place in the project that sets it, or that should.
    pub place: Option<Location>,
}

/// A path that was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathRow {
    /// `/.env`.
    pub path: String,
    /// The status of the answer; `None` where none came.
    pub status: Option<u16>,
    /// What it came to, in a few words: `not there`, `the same page as for any path`, `an environment file with secrets`.
    pub words: String,
    /// How it stands.
    pub standing: Standing,
}

/// How long answers took.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerTimes {
    /// From the request to the first byte, in milliseconds, one for each measured request, in order. The connection
    /// stood already.
    pub first_byte_ms: Vec<u64>,
    /// From the first packet of the connection to the last byte of the page, in milliseconds: a first visit without
    /// the lookup of the name.
    pub page_ms: u64,
    /// Bytes of the page on the wire.
    pub page_bytes: u64,
}

impl AnswerTimes {
    /// The checklist asks for a first byte within this time, the way there and back left out.
    pub const FIRST_BYTE_LIMIT_MS: u64 = 200;

    /// The checklist asks for a whole page within this time.
    pub const PAGE_LIMIT_MS: u64 = 3_000;

    /// The middle of the times to the first byte, in milliseconds; of an even number the smaller one, as the rule takes it.
    #[must_use]
    pub fn median_first_byte_ms(&self) -> Option<u64> {
        let mut sorted = self.first_byte_ms.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len().checked_sub(1)? / 2).copied()
    }
}

/// A time for people: `204 ms`, `1.4 s`, `3 s`.
#[must_use]
pub fn milliseconds(ms: u64) -> String {
    match (ms / 1_000, ms % 1_000 / 100) {
        (0, _) => format!("{ms} ms"),
        (seconds, 0) => format!("{} s", grouped(seconds)),
        (seconds, tenths) => format!("{}.{tenths} s", grouped(seconds)),
    }
}

/// A size for people: `812 B`, `48 kB`, `1.2 MB`.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", grouped(bytes / 1_000_000), bytes % 1_000_000 / 100_000),
    }
}

/// One question to DNS.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsRow {
    /// `CAA`, `AAAA`, `SPF`, `DMARC`, `DNSSEC`.
    pub name: String,
    /// What was found, for people.
    pub found: String,
    /// How it stands.
    pub standing: Standing,
}

/// A TLS server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TlsServer {
    /// `shop.example.com:443`.
    pub name: String,
    /// A grade like that of SSL Labs: `A+` to `F`, `T` for no trust, `M` for a wrong name. `None` where too little was seen.
    pub grade: Option<String>,
    /// What keeps the grade from being better, worst first, as phrases.
    pub caps: Vec<String>,
    /// The strictest of Mozilla's profiles that it keeps to: `modern`, `intermediate`; `None` where neither.
    pub profile: Option<String>,
    /// Why it keeps to no profile, as phrases; empty where it does.
    pub off_profile: Vec<String>,
    /// Every version asked for, oldest first.
    pub versions: Vec<VersionRow>,
    /// Cipher suites and key exchanges seen to be offered, weak ones first.
    pub suites: Vec<SuiteRow>,
    /// The certificates in the order sent, the server's own first.
    pub chain: Vec<CertificateRow>,
    /// Why browsers do not accept the certificate, as ends of a sentence; empty when they do.
    pub distrust: Vec<String>,
    /// Whether trust could be judged at all.
    pub trust_known: bool,
    /// What the stapled OCSP response says: `good`, `revoked`; `None` where none is sent.
    pub stapled: Option<String>,
}

/// A protocol version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRow {
    /// `TLS 1.2`.
    pub name: String,
    /// `offered`, `refused`, `no answer`.
    pub answer: String,
    /// How it stands.
    pub standing: Standing,
}

/// A cipher suite, or a kind of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuiteRow {
    /// The IANA name, or the kind: `TLS_RSA_WITH_3DES_EDE_CBC_SHA`, `RC4`.
    pub name: String,
    /// In which version: `TLS 1.2`.
    pub version: String,
    /// What is wrong with it, as a phrase; `None` where nothing is.
    pub weakness: Option<String>,
}

/// A certificate of the chain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateRow {
    /// Its subject.
    pub subject: String,
    /// Who issued it.
    pub issuer: String,
    /// The hosts it is for; empty for authorities.
    pub names: Vec<String>,
    /// `EC, 256 bits`.
    pub key: String,
    /// `SHA-256 with ECDSA`.
    pub signature: String,
    /// First day, `2026-03-15`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Days between both.
    pub days: i64,
    /// Days left at the time of the run; negative when it is over.
    pub days_left: i64,
    /// How its life stands: over or not begun, to be renewed soon, or with time enough.
    #[serde(default)]
    pub standing: Standing,
    /// What is wrong with it, as phrases.
    pub faults: Vec<String>,
}

/// A request that was sent, or that could not be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestMade {
    /// `GET`, `OPTIONS`.
    pub method: String,
    /// The address without credentials and query values.
    pub url: String,
    /// The status of the answer.
    pub status: Option<u16>,
    /// Why there was none, as a phrase.
    pub trouble: Option<String>,
    /// From sending to the last byte, in milliseconds.
    pub ms: u64,
    /// Bytes of the body on the wire.
    pub bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_apps_own_page_has_a_score() {
        let score = |status| {
            let observatory = Some(ObservatoryScore::default());
            Site { status, observatory, ..Site::default() }.score().is_some()
        };
        assert!(score(Some(200)) && score(None));
        assert!(!score(Some(403)) && !score(Some(503)));
        let observatory = Some(ObservatoryScore::default());
        let check = Site { status: Some(200), challenge: true, observatory, ..Site::default() };
        assert_eq!((check.score(), check.failing().as_deref()), (None, Some("answers with a check for bots")));
    }

    #[test]
    fn the_middle_of_the_times_is_that_of_the_rule() {
        let middle = |times: &[u64]| {
            AnswerTimes { first_byte_ms: times.to_vec(), ..AnswerTimes::default() }.median_first_byte_ms()
        };
        assert_eq!(middle(&[231, 188, 640, 204]), Some(204), "the smaller of two");
        assert_eq!(middle(&[231, 188, 640]), Some(231));
        assert_eq!(middle(&[]), None);
    }
}
