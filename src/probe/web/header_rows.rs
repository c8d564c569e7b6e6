//! The headers that matter as a table: what was sent, what is wanted, why, and how it stands. The rules judge; this only
//! shows what they say.

use super::rules::{
    self, Page, content_security_policy, content_type_options, cookies, frame_options, hsts, permissions_policy,
    referrer_policy, server_details, xss_protection,
};
use super::structured::{self, Bare, Item};
use super::tally::Sight;
use crate::model::{HeaderRow, Observation, Severity, Standing};

/// A header that the table always has.
struct Column {
    name: &'static str,
    wanted: Option<&'static str>,
    why: &'static str,
    judge: fn(&Page<'_>) -> Standing,
}

/// In the order to show.
const COLUMNS: &[Column] = &[
    Column {
        name: "Content-Security-Policy",
        wanted: Some("default-src 'self'; script-src 'self' 'nonce-…'; object-src 'none'; base-uri 'self'"),
        why: "Says which scripts may run, so that one that slips into a page does not",
        judge: |page| standing(content_security_policy::judge(page)),
    },
    Column {
        name: "X-Frame-Options",
        wanted: Some("DENY"),
        why: "Keeps other sites from laying your page invisibly over theirs",
        judge: |page| standing(frame_options::judge(page)),
    },
    Column {
        name: "X-Content-Type-Options",
        wanted: Some("nosniff"),
        why: "Keeps browsers from taking an uploaded file for a script",
        judge: |page| standing(content_type_options::judge(page)),
    },
    Column {
        name: "Referrer-Policy",
        wanted: Some("strict-origin-when-cross-origin"),
        why: "Keeps ids and tokens in your addresses from other sites",
        judge: |page| standing(referrer_policy::judge(page)),
    },
    Column {
        name: "Permissions-Policy",
        wanted: Some("camera=(), microphone=(), geolocation=()"),
        why: "Keeps scripts of others from asking your users for camera or location",
        judge: |page| standing(permissions_policy::judge(page)),
    },
    Column {
        name: "Cross-Origin-Opener-Policy",
        wanted: None,
        why: "Keeps windows of other sites from reaching into yours; good to have, not needed for a launch",
        judge: |page| {
            known(
                page,
                "cross-origin-opener-policy",
                &["same-origin", "same-origin-allow-popups", "noopener-allow-popups"],
            )
        },
    },
    Column {
        name: "Cross-Origin-Resource-Policy",
        wanted: None,
        why: "Keeps other sites from embedding what you serve; good to have, not needed for a launch",
        judge: |page| known(page, "cross-origin-resource-policy", &["same-origin", "same-site", "cross-origin"]),
    },
    Column {
        name: "Cross-Origin-Embedder-Policy",
        wanted: None,
        why: "Lets the page use shared memory safely; only few apps need it",
        judge: |page| known(page, "cross-origin-embedder-policy", &["require-corp", "credentialless"]),
    },
    Column {
        name: "X-XSS-Protection",
        wanted: None,
        why: "Steered a filter that browsers have removed: `0` or no header is today's advice",
        judge: |page| match xss_protection::judge(page) {
            Sight::NotSeen(_) => Standing::Weak,
            _ => Standing::Neutral,
        },
    },
];

/// What only documents need.
const OF_PAGES: [&str; 4] = ["Content-Security-Policy", "X-Frame-Options", "Referrer-Policy", "Permissions-Policy"];

/// Headers that are shown where they are sent.
const IF_SENT: &[(&str, &str)] = &[
    ("content-security-policy-report-only", "Reports what a policy would block, and blocks nothing"),
    ("access-control-allow-origin", "Lets other sites read the answer"),
    ("access-control-allow-credentials", "Lets them do so as the user who is signed in"),
    ("cache-control", "Says who may keep a copy, and for how long"),
    ("clear-site-data", "Empties what the browser keeps of this site"),
    ("server", "Names the server software; a version helps only strangers"),
    ("x-powered-by", "Names the software behind it, which helps only strangers"),
    ("x-aspnet-version", "Names the software behind it, which helps only strangers"),
    ("x-generator", "Names the software behind it, which helps only strangers"),
];

/// Every row of a page. `trusted` is whether browsers accept its certificate; `set` are the cookies of its host.
pub fn rows(page: &Page<'_>, trusted: Option<bool>, set: &[cookies::Set]) -> Vec<HeaderRow> {
    let mut rows = vec![HeaderRow {
        name: "Strict-Transport-Security".to_owned(),
        sent: values(page, "strict-transport-security"),
        wanted: Some("max-age=63072000; includeSubDomains".to_owned()),
        why: "Keeps browsers that know you on HTTPS, whatever people type".to_owned(),
        standing: if super::address::is_secure(page.url) {
            standing(hsts::judge(page.url, &page.response.headers, trusted))
        } else {
            // Browsers heed it over HTTPS alone.
            Standing::Unknown
        },
        place: None,
    }];
    rows.extend(COLUMNS.iter().map(|column| HeaderRow {
        name: column.name.to_owned(),
        sent: values(page, &column.name.to_ascii_lowercase()),
        wanted: column.wanted.map(str::to_owned),
        why: column.why.to_owned(),
        standing: match (column.judge)(page) {
            // Browsers heed it on what they show as a page.
            Standing::Bad | Standing::Weak if !page.response.is_html() && OF_PAGES.contains(&column.name) => {
                Standing::Neutral
            }
            standing => standing,
        },
        place: None,
    }));
    let leaks = !matches!(server_details::judge(page), Sight::Seen(seen) if seen.is_empty());
    for (name, why) in IF_SENT {
        let sent = values(page, name);
        let Some(header) = page.response.headers.all(name).next() else { continue };
        let tells = leaks && server_details::tells(name, &header.text());
        rows.push(HeaderRow {
            name: header.name.clone(),
            sent,
            wanted: None,
            why: (*why).to_owned(),
            standing: if tells { Standing::Weak } else { Standing::Neutral },
            place: None,
        });
    }
    rows.extend(set.iter().map(cookie));
    rows
}

fn cookie(set: &cookies::Set) -> HeaderRow {
    let session = set.cookie.is_session();
    let why = if session {
        "Keeps somebody signed in, by its name: scripts, other sites and the open network must not get it"
    } else if set.cookie.is_anti_csrf() {
        "Tells your own forms from forged ones, by its name"
    } else {
        "Keeps something between two visits"
    };
    let standing = match standing(cookies::judge(std::slice::from_ref(set))) {
        // Nothing is wrong with one that nobody has to protect.
        Standing::Unknown if !session => Standing::Neutral,
        other => other,
    };
    HeaderRow {
        name: "Set-Cookie".to_owned(),
        sent: vec![set.cookie.shown()],
        wanted: session.then(|| "Path=/; Secure; HttpOnly; SameSite=Lax".to_owned()),
        why: why.to_owned(),
        standing,
        place: None,
    }
}

/// The values as sent, shortened, without nonces.
fn values(page: &Page<'_>, name: &str) -> Vec<String> {
    const MOST_VALUES: usize = 10;
    let all = page.response.headers.all(name).take(MOST_VALUES);
    all.map(|header| rules::clipped(&super::csp::without_nonces(&header.text()))).collect()
}

/// How a rule's words stand.
fn standing(sight: Sight) -> Standing {
    let Sight::Seen(seen) = sight else { return Standing::Unknown };
    let of = |observation: &Observation| match observation {
        Observation::Proof(_) => Standing::Good,
        Observation::Finding(finding) if finding.severity > Severity::Minor => Standing::Bad,
        Observation::Finding(_) => Standing::Weak,
    };
    seen.iter().map(of).min().unwrap_or(Standing::Neutral)
}

/// A header with a few known values that nobody has to send.
fn known(page: &Page<'_>, name: &str, good: &[&str]) -> Standing {
    let Some(value) = page.response.headers.joined(name).filter(|value| !value.trim().is_empty()) else {
        return Standing::Neutral;
    };
    match structured::item(&value) {
        Some(Item { bare: Bare::Token(token) }) if good.contains(&token.as_str()) => Standing::Good,
        Some(Item { bare: Bare::Token(token) }) if token == "unsafe-none" => Standing::Neutral,
        _ => Standing::Weak,
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::probe::web::http::{Body, Headers, Response};
    use crate::probe::web::{cookies as reader, html};

    fn of(headers: &[(&str, &str)]) -> Vec<HeaderRow> {
        let url = Url::parse("https://shop.example.com/").unwrap();
        let response = Response { status: 200, headers: Headers::of(headers), body: Body::default() };
        let set: Vec<cookies::Set> = reader::all(&response.headers)
            .into_iter()
            .map(|cookie| cookies::Set { url: url.clone(), cookie })
            .collect();
        rows(&Page { url: &url, response: &response, document: html::Document::default() }, Some(true), &set)
    }

    fn row(rows: &[HeaderRow], name: &str) -> (Vec<String>, Standing) {
        let row = rows.iter().find(|row| row.name.eq_ignore_ascii_case(name)).unwrap();
        assert!(!row.why.is_empty() && !row.why.ends_with('.'));
        (row.sent.clone(), row.standing)
    }

    #[test]
    fn absent_headers_have_rows_too() {
        let bare = of(&[]);
        assert_eq!(bare.len(), COLUMNS.len() + 1);
        for name in ["Strict-Transport-Security", "Content-Security-Policy", "X-Frame-Options"] {
            assert_eq!(row(&bare, name), (Vec::new(), Standing::Bad), "{name}");
        }
        assert_eq!(row(&bare, "Referrer-Policy").1, Standing::Weak);
        assert_eq!(row(&bare, "Cross-Origin-Opener-Policy").1, Standing::Neutral);
        assert_eq!(row(&bare, "X-XSS-Protection").1, Standing::Neutral);
    }

    #[test]
    fn data_does_not_lack_what_only_pages_need() {
        let data = of(&[("Content-Type", "application/json")]);
        for name in OF_PAGES {
            assert_eq!(row(&data, name).1, Standing::Neutral, "{name}");
        }
        assert_eq!(row(&data, "X-Content-Type-Options").1, Standing::Weak);
    }

    #[test]
    fn what_is_sent_is_shown_without_secrets() {
        let value = ["s3cr", "et"].concat();
        let sent = of(&[
            ("Strict-Transport-Security", "max-age=63072000"),
            ("content-security-policy", "script-src 'nonce-8IBTHwOdqNKAWeKl'; base-uri 'none'; object-src 'none'"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Embedder-Policy", "nonsense, x"),
            ("Server", "nginx/1.18.0"),
            ("X-XSS-Protection", "1"),
            ("Set-Cookie", &format!("session={value}; Secure")),
            ("Set-Cookie", &format!("theme={value}")),
        ]);
        assert_eq!(row(&sent, "Strict-Transport-Security").1, Standing::Good);
        assert_eq!(row(&sent, "Cross-Origin-Opener-Policy").1, Standing::Good);
        assert_eq!(row(&sent, "Cross-Origin-Embedder-Policy").1, Standing::Weak);
        assert_eq!(row(&sent, "Server").1, Standing::Weak);
        assert_eq!(row(&sent, "X-XSS-Protection").1, Standing::Weak);
        let (policy, standing) = row(&sent, "Content-Security-Policy");
        assert!(policy[0].contains("'nonce-…'") && standing == Standing::Good, "{policy:?} {standing:?}");
        assert_eq!(row(&sent, "Set-Cookie"), (vec!["session=…; Secure".to_owned()], Standing::Bad));
        assert_eq!(sent.last().unwrap().standing, Standing::Neutral);
        assert!(!format!("{sent:?}").contains(&value));
    }
}
