//! What caches are told.

use super::{count, finding, told};
use crate::model::{Confidence, Evidence, EvidenceKind, Observation, Proof, RuleKind, RuleMeta, Severity};
use crate::probe::web::address::{location, shown};
use crate::probe::web::cookies::{self, Cookie};
use crate::probe::web::delivery::caching::{Caching, is_fingerprinted};
use crate::probe::web::delivery::{Asset, Delivery, Sent, cdn};
use crate::probe::web::http::Headers;
use crate::probe::web::tally::Sight;

/// One person's page may reach the next.
pub static PAGE_SHARED: RuleMeta = RuleMeta {
    id: "page-cached-publicly",
    title: "A page with one person's cookie may be given to others",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::Medium,
    what: "Looks at whether a page that sets a cookie for a session, a sign-in or forms also allows shared caches, such as a CDN, \
           to keep it.",
    why: "A cache that keeps the page hands the same cookie to the next visitor, who is then signed in as somebody else, or whose \
          forms all fail.",
    fix: "Send `Cache-Control: private, no-store` with every page that sets or reads such a cookie, and do not start a session for \
          visitors who have none.",
    example: "bad:  Set-Cookie: session=… with Cache-Control: public, max-age=600\n\
              good: Set-Cookie: session=… with Cache-Control: private, no-store",
    references: &["F37", "C55", "https://www.rfc-editor.org/rfc/rfc9111#section-7.3"],
};

/// Visitors load everything again.
pub static UNCACHED: RuleMeta = RuleMeta {
    id: "assets-uncached",
    title: "Scripts and styles are loaded again on every visit",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Looks at `Cache-Control`, `ETag` and `Last-Modified` of files that the page loads from its own origin. Names with a hash \
           of the content should be kept for a month or more; the others should at least be comparable.",
    why: "Returning visitors wait for what they already have, and you pay for sending it.",
    fix: "For names with a hash: `Cache-Control: public, max-age=31536000, immutable`. For the rest: `no-cache` together with an \
          `ETag`.",
    example: "bad:  /assets/index-BxYz12ab.js with Cache-Control: max-age=0\n\
              good: /assets/index-BxYz12ab.js with Cache-Control: public, max-age=31536000, immutable",
    references: &["C55", "F37", "https://web.dev/articles/http-cache"],
};

/// Visitors keep what they have.
pub static CACHED: RuleMeta = RuleMeta {
    id: "assets-cached",
    title: "Scripts and styles are kept between visits",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees that the files which the page loads may be kept by browsers, those with a hash in their name for a month or more.",
    why: "A second visit is quick and costs you nothing.",
    fix: "Nothing to do.",
    example: "",
    references: &["C55", "F37"],
};

/// There is one.
pub static CDN: RuleMeta = RuleMeta {
    id: "cdn-in-front",
    title: "A content delivery network answers",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Recognises a CDN by the headers that it adds.",
    why: "Files come from near your visitors, and a rush does not reach your server for each of them.",
    fix: "Nothing to do.",
    example: "",
    references: &["F39"],
};

/// How the fault of a file ends whose name changes with its content.
pub const HASHED: &str = "though the name changes with the content";

/// A month, in seconds.
const MONTH: u64 = 30 * 24 * 3600;

/// Judges whether a personal page may be kept for others.
pub fn judge_page(delivery: &Delivery) -> Sight {
    let address = shown(&delivery.page);
    let Some(page) = &delivery.sent else { return Sight::NotSeen(format!("{address} did not answer again")) };
    let Some(cookie) = personal_cookie(&page.headers) else {
        return Sight::NotSeen(format!(
            "{address} sets no cookie for a session, so what signed-in people get was not seen"
        ));
    };
    if !Caching::of(&page.headers).shared() {
        return Sight::Seen(Vec::new());
    }
    let caching = page.headers.joined("cache-control").unwrap_or_default();
    let message = format!("{address} sets the cookie `{cookie}` and lets shared caches keep the page for others");
    let lines = [format!("Cache-Control: {caching}"), format!("Set-Cookie: {cookie}=…")];
    let found = finding(&PAGE_SHARED, delivery, message, &lines);
    told(if kept(&page.headers) && !delivery.local { found.confidence(Confidence::High) } else { found })
}

/// The name of a cookie that stands for one person.
fn personal_cookie(headers: &Headers) -> Option<String> {
    let now = cookies::date(headers);
    let personal = |cookie: &Cookie| cookie.is_session() || cookie.is_anti_csrf();
    let kept = |cookie: &Cookie| cookie.has_value && !cookie.removes(now);
    cookies::all(headers).into_iter().find(|cookie| personal(cookie) && kept(cookie)).map(|cookie| cookie.name)
}

/// Whether a cache says that it gave the answer from its store.
fn kept(headers: &Headers) -> bool {
    let hit = |name: &str| headers.first(name).is_some_and(|value| value.to_ascii_lowercase().contains("hit"));
    let aged = headers.first("age").and_then(|age| age.trim().parse::<u64>().ok()).is_some_and(|age| age > 0);
    aged || ["x-cache", "cf-cache-status", "x-vercel-cache"].into_iter().any(hit)
}

/// Judges what browsers are told about files.
pub fn judge_assets(delivery: &Delivery) -> Sight {
    let seen: Vec<(&Asset, &Sent)> = delivery.arrived().collect();
    if seen.is_empty() {
        return nothing_seen(delivery);
    }
    let faults: Vec<String> = seen
        .iter()
        .filter_map(|(asset, sent)| Some(format!("{}: {}", shown(&asset.url), fault(asset, sent)?)))
        .collect();
    if !faults.is_empty() {
        let message = format!("Browsers load {} of {} again on every visit", faults.len(), count(seen.len(), "file"));
        return told(finding(&UNCACHED, delivery, message, &faults));
    }
    let lasting = seen.iter().filter(|(_, sent)| Caching::of(&sent.headers).browser() > 0).count();
    if lasting == 0 {
        // They are asked about each time: no fault, and nothing to praise.
        return Sight::Seen(Vec::new());
    }
    let lines: Vec<String> = seen
        .iter()
        .map(|(asset, sent)| {
            let caching = sent.headers.joined("cache-control").unwrap_or_else(|| "none, but comparable".to_owned());
            format!("{}: {}", shown(&asset.url), caching.chars().take(200).collect::<String>())
        })
        .collect();
    let message = format!("Browsers may keep {} of {} between visits", lasting, count(seen.len(), "file"));
    let evidence = Evidence::new(EvidenceKind::Header, lines.join("\n"));
    Observation::from(Proof::new(&CACHED, location(&delivery.page), "", message).evidence(evidence)).into()
}

/// What is wrong with what caches are told about a file, as a phrase.
fn fault(asset: &Asset, sent: &Sent) -> Option<String> {
    let caching = Caching::of(&sent.headers);
    if is_fingerprinted(asset.url.path()) {
        if caching.browser() >= MONTH {
            return None;
        }
        let expires = sent.headers.first("expires").is_some() && caching.max_age.is_none();
        return match (caching.said, caching.no_store || caching.no_cache || caching.browser() == 0) {
            // An `Expires` far away does as well; its date is not worked out here.
            _ if expires && !caching.no_store && !caching.no_cache => None,
            (false, _) => Some(format!("no Cache-Control, {HASHED}")),
            (true, true) => Some(format!("not kept at all, {HASHED}")),
            (true, false) => Some(format!("kept for {} s only, {HASHED}", caching.browser())),
        };
    }
    if caching.no_store {
        return Some("Cache-Control: no-store".to_owned());
    }
    let nothing = !caching.said && !caching.validator;
    nothing.then(|| "no Cache-Control, no ETag and no Last-Modified".to_owned())
}

/// Says which network answers, where one is recognised.
pub fn judge_cdn(delivery: &Delivery) -> Sight {
    let page = delivery.sent.as_ref().map(|sent| (&delivery.page, sent));
    let files = delivery.arrived().map(|(asset, sent)| (&asset.url, sent));
    let found = files.chain(page).find_map(|(url, sent)| Some((url, cdn::recognise(&sent.headers)?)));
    let Some((url, (network, header))) = found else {
        return Sight::NotSeen("no content delivery network was recognised".to_owned());
    };
    let message = format!("{network} answers for {}", url.host_str().unwrap_or_default());
    let evidence = Evidence::new(EvidenceKind::Note, format!("{} carries the header {header}", shown(url)));
    Observation::from(Proof::new(&CDN, location(&delivery.page), "", message).evidence(evidence)).into()
}

/// Why there is no file to judge.
pub fn nothing_seen(delivery: &Delivery) -> Sight {
    let address = shown(&delivery.page);
    match delivery.assets.first() {
        None => Sight::Absent(format!("{address} names no script, style or picture of its own")),
        Some(asset) => {
            let why = asset.why_not().unwrap_or_else(|| "it says too little".to_owned());
            Sight::NotSeen(format!("{} could not be loaded: {why}", shown(&asset.url)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{asset, page, said, sent};
    use crate::probe::web::delivery::Kind;

    fn file(path: &str, headers: &[(&str, &str)]) -> Vec<String> {
        said(&page(&[], vec![asset(path, Kind::Style, sent("text/css", 500, headers))]))
    }

    #[test]
    fn files_whose_name_has_a_hash_are_to_be_kept() {
        let hashed = "/assets/index-BxYz12ab.css";
        assert!(file(hashed, &[])[0].contains("assets-uncached: Browsers load 1 of 1 file again"));
        assert_eq!(
            file(hashed, &[("Cache-Control", "public, max-age=0, must-revalidate"), ("ETag", "\"1\"")]).len(),
            1
        );
        assert!(file(hashed, &[("Cache-Control", "max-age=3600")])[0].starts_with("minor assets-uncached"));
        assert!(file(hashed, &[("Cache-Control", "max-age=31536000")])[0].starts_with("proof assets-cached"));
        assert!(file(hashed, &[("Expires", "Thu, 31 Dec 2037 23:55:55 GMT")]).is_empty());
    }

    #[test]
    fn other_files_only_need_to_be_comparable() {
        assert!(file("/app.css", &[("ETag", "\"1\"")]).is_empty());
        assert!(file("/app.css", &[("Cache-Control", "no-cache"), ("Last-Modified", "x")]).is_empty());
        assert!(file("/app.css", &[("Cache-Control", "max-age=600")])[0].starts_with("proof"));
        assert!(file("/app.css", &[])[0].starts_with("minor assets-uncached"));
        assert!(file("/app.css", &[("Cache-Control", "no-store"), ("ETag", "\"1\"")])[0].starts_with("minor"));
    }

    #[test]
    fn a_personal_page_is_not_for_shared_caches() {
        let of = |headers: &[(&str, &str)]| said(&page(headers, Vec::new()));
        let found = of(&[("Set-Cookie", "session_id=a1b2c3; HttpOnly"), ("Cache-Control", "public, max-age=600")]);
        assert!(
            found[0].starts_with("major page-cached-publicly: https://shop.example.com/ sets the cookie `session_id`")
        );
        assert!(!found[0].contains("a1b2c3"));
        for (cookie, caching) in [
            ("session_id=a1b2c3", "private, max-age=600"),
            ("session_id=a1b2c3", "no-store"),
            ("session_id=; Max-Age=0", "public, max-age=600"),
            ("session_id=deleted; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "public, max-age=600"),
            ("heroku-session-affinity=x", "public, max-age=600"),
            ("locale=en", "public, max-age=600"),
            ("__cf_bm=x", "public, max-age=600"),
        ] {
            assert!(of(&[("Set-Cookie", cookie), ("Cache-Control", caching)]).is_empty(), "{cookie} {caching}");
        }
    }
}
