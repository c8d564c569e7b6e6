//! Whether a site could be built into browsers as HTTPS-only, by the criteria of <https://hstspreload.org/#submission-requirements>.
//! Pure, over facts of the apex. Who is built in already is in `list`.

pub mod list;

/// One year, in seconds.
const LEAST_AGE: u64 = 31_536_000;

/// What plain HTTP on the apex does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plain<'a> {
    /// Nobody listens on port 80, which is fine.
    Nobody,
    /// Its first redirect leads here.
    RedirectsTo(&'a str),
    /// It answers with a page.
    Stays,
    /// It was not seen.
    Unknown,
}

/// What is known of the apex.
#[derive(Debug, Clone, Copy)]
pub struct Apex<'a> {
    /// `example.com`.
    pub domain: &'a str,
    /// Whether browsers accept its certificate; `None` where that is not known.
    pub certificate: Option<bool>,
    /// Plain HTTP.
    pub plain: Plain<'a>,
    /// Every `Strict-Transport-Security` of the first answer over HTTPS, a redirect included; `None` where none came.
    pub headers: Option<&'a [String]>,
    /// Whether `www.` has HTTPS that browsers accept; `None` where that is not known, `Some(true)` where the name does not exist.
    pub www: Option<bool>,
}

/// How far a site is from the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Eligibility {
    /// Everything that can be seen from outside is as the list asks. Whether every other subdomain speaks HTTPS cannot be.
    Eligible,
    /// What is missing, as phrases.
    Missing(Vec<String>),
    /// Nothing is missing, but not everything was seen: what was not, as phrases.
    Unknown(Vec<String>),
}

/// A header as browsers read it (RFC 6797, section 6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// In seconds.
    pub max_age: u64,
    /// For every subdomain too.
    pub subdomains: bool,
    /// Asks to be put on the list.
    pub preload: bool,
}

/// Reads a header; `None` for one that browsers throw away.
pub fn policy(value: &str) -> Option<Policy> {
    let mut names: Vec<String> = Vec::new();
    let mut max_age = None;
    for directive in value.split(';').map(str::trim).filter(|directive| !directive.is_empty()) {
        let (name, value) = directive.split_once('=').map_or((directive, None), |(name, value)| (name, Some(value)));
        let name = name.trim().to_ascii_lowercase();
        if names.contains(&name) {
            return None;
        }
        if name == "max-age" {
            let digits = value?.trim().trim_matches('"').trim();
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            // More digits than fit are still a long time.
            max_age = Some(digits.parse().unwrap_or(u64::MAX));
        }
        names.push(name);
    }
    let has = |name: &str| names.iter().any(|known| known == name);
    Some(Policy { max_age: max_age?, subdomains: has("includesubdomains"), preload: has("preload") })
}

/// Holds the apex against the criteria.
pub fn eligibility(apex: &Apex<'_>) -> Eligibility {
    let (mut missing, mut unknown) = (Vec::new(), Vec::new());
    if psl::domain_str(apex.domain) != Some(apex.domain) {
        missing.push(format!("{} is not a registered domain, and only those are listed", apex.domain));
    }
    match apex.certificate {
        Some(true) => {}
        Some(false) => missing.push("a certificate that browsers accept".to_owned()),
        None => unknown.push("whether browsers accept the certificate".to_owned()),
    }
    let secure = format!("https://{}", apex.domain);
    match apex.plain {
        Plain::Nobody => {}
        Plain::RedirectsTo(to)
            if to.strip_prefix(&secure).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?'])) => {}
        Plain::RedirectsTo(_) | Plain::Stays => {
            missing.push(format!("a redirect from http://{} to {secure} before any other", apex.domain));
        }
        Plain::Unknown => unknown.push(format!("where http://{} leads", apex.domain)),
    }
    match apex.headers {
        None => unknown.push(format!("what {secure} sends")),
        Some([]) => missing.push(format!("Strict-Transport-Security on {secure}")),
        Some([header]) => missing.extend(lacks(header)),
        Some(_) => missing.push("one Strict-Transport-Security header, not several".to_owned()),
    }
    match apex.www {
        Some(true) => {}
        Some(false) => missing.push(format!("HTTPS on www.{}", apex.domain)),
        None => unknown.push(format!("whether www.{} speaks HTTPS", apex.domain)),
    }
    match (missing.is_empty(), unknown.is_empty()) {
        (false, _) => Eligibility::Missing(missing),
        (true, false) => Eligibility::Unknown(unknown),
        (true, true) => Eligibility::Eligible,
    }
}

fn lacks(header: &str) -> Vec<String> {
    let Some(policy) = policy(header) else {
        return vec!["a Strict-Transport-Security header that browsers can read".to_owned()];
    };
    let mut lacks = Vec::new();
    if policy.max_age < LEAST_AGE {
        lacks.push(format!("a max-age of a year ({LEAST_AGE}) or more"));
    }
    if !policy.subdomains {
        lacks.push("includeSubDomains".to_owned());
    }
    if !policy.preload {
        lacks.push("preload".to_owned());
    }
    lacks
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "max-age=63072000; includeSubDomains; preload";

    fn of(change: impl FnOnce(&mut Apex<'_>)) -> Eligibility {
        let headers = [GOOD.to_owned()];
        let mut apex = Apex {
            domain: "example.com",
            certificate: Some(true),
            plain: Plain::RedirectsTo("https://example.com/"),
            headers: None,
            www: Some(true),
        };
        change(&mut apex);
        let apex = Apex { headers: apex.headers.or(Some(&headers)), ..apex };
        eligibility(&apex)
    }

    fn with(headers: &[&str]) -> Eligibility {
        let headers: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
        let apex = Apex {
            domain: "example.com",
            certificate: Some(true),
            plain: Plain::Nobody,
            headers: Some(&headers),
            www: Some(true),
        };
        eligibility(&apex)
    }

    fn missing(phrase: &str, found: &Eligibility) {
        let Eligibility::Missing(phrases) = found else { panic!("{found:?}") };
        assert_eq!(phrases.len(), 1, "{phrases:?}");
        assert!(phrases[0].contains(phrase), "{phrases:?}");
    }

    #[test]
    fn every_criterion_counts_by_itself() {
        assert_eq!(of(|_| {}), Eligibility::Eligible);
        missing("certificate", &of(|apex| apex.certificate = Some(false)));
        missing("a redirect", &of(|apex| apex.plain = Plain::Stays));
        missing("a redirect", &of(|apex| apex.plain = Plain::RedirectsTo("https://www.example.com/")));
        missing("a redirect", &of(|apex| apex.plain = Plain::RedirectsTo("https://example.com.evil.example/")));
        missing(
            "registered domain",
            &of(|apex| {
                apex.domain = "shop.example.com";
                apex.plain = Plain::Nobody;
            }),
        );
        missing("www.example.com", &of(|apex| apex.www = Some(false)));
        missing("a year", &with(&["max-age=31535999; includeSubDomains; preload"]));
        missing("includeSubDomains", &with(&["max-age=31536000; preload"]));
        missing("preload", &with(&["max-age=31536000; includeSubDomains"]));
        missing("can read", &with(&["max-age=x; includeSubDomains; preload"]));
        missing("not several", &with(&[GOOD, GOOD]));
        missing("on https://example.com", &with(&[]));
        assert_eq!(with(&["MAX-AGE=\"31536000\";includesubdomains;PRELOAD;"]), Eligibility::Eligible);
    }

    #[test]
    fn what_was_not_seen_is_unknown_and_what_is_missing_comes_first() {
        let unknown = of(|apex| apex.plain = Plain::Unknown);
        assert_eq!(unknown, Eligibility::Unknown(vec!["where http://example.com leads".to_owned()]));
        missing(
            "certificate",
            &of(|apex| {
                apex.certificate = Some(false);
                apex.www = None;
            }),
        );
    }
}
