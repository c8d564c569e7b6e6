//! How a page and its files are sent.

mod caching;
mod code;
mod size;

pub use caching::{CACHED, CDN, HASHED, PAGE_SHARED, UNCACHED};
pub use code::{DEVELOPMENT, HEAVY, MINIFIED, UNMINIFIED};
pub use size::{COMPRESSED, IMAGES, IMAGES_LIGHT, UNCOMPRESSED};

use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Observation, RuleMeta};
use crate::probe::web::address::shown;
use crate::probe::web::delivery::{Asset, Delivery, Kind};
use crate::probe::web::tally::Sight;

/// All of them.
pub static RULES: &[&RuleMeta] = &[
    &PAGE_SHARED,
    &UNCACHED,
    &CACHED,
    &UNCOMPRESSED,
    &COMPRESSED,
    &DEVELOPMENT,
    &UNMINIFIED,
    &MINIFIED,
    &HEAVY,
    &IMAGES,
    &IMAGES_LIGHT,
    &CDN,
];

/// Rules that one look settles, and the look.
pub type Judge = (&'static [&'static RuleMeta], fn(&Delivery) -> Sight);

static JUDGES: &[Judge] = &[
    (&[&PAGE_SHARED], caching::judge_page),
    (&[&UNCACHED, &CACHED], caching::judge_assets),
    (&[&UNCOMPRESSED, &COMPRESSED], size::judge_packing),
    (&[&DEVELOPMENT], code::judge_development),
    (&[&UNMINIFIED, &MINIFIED], code::judge_minified),
    (&[&HEAVY], code::judge_weight),
    (&[&IMAGES, &IMAGES_LIGHT], size::judge_images),
    (&[&CDN], caching::judge_cdn),
];

/// Judges one page and its files.
pub fn judge(delivery: &Delivery) -> impl Iterator<Item = (&'static [&'static RuleMeta], Sight)> + '_ {
    JUDGES.iter().map(|(rules, judge)| (*rules, judge(delivery))).chain(failed(delivery))
}

/// What only some of the files tell is not told of all. Where none came at all, the rules say so themselves.
fn failed(delivery: &Delivery) -> Vec<(&'static [&'static RuleMeta], Sight)> {
    if delivery.arrived().next().is_none() {
        return Vec::new();
    }
    let missing: Vec<(&Asset, String)> =
        delivery.assets.iter().filter_map(|asset| Some((asset, asset.why_not()?))).collect();
    let of = |(rules, concerns): &Needed| {
        let mut missing = missing.iter().filter(|(asset, _)| concerns(asset.kind));
        let (first, why) = missing.next()?;
        let more = missing.count();
        let others = if more > 0 { format!(", nor could {more} more") } else { String::new() };
        Some((*rules, Sight::NotSeen(format!("{} could not be loaded: {why}{others}", shown(&first.url)))))
    };
    NEEDED.iter().filter_map(of).collect()
}

/// Rules, and the kinds of file that they are about.
type Needed = (&'static [&'static RuleMeta], fn(Kind) -> bool);

static NEEDED: &[Needed] = &[
    (&[&UNCACHED, &CACHED], |_| true),
    (&[&UNCOMPRESSED, &COMPRESSED], |kind| matches!(kind, Kind::Script | Kind::Style)),
    (&[&DEVELOPMENT, &UNMINIFIED, &MINIFIED, &HEAVY], |kind| matches!(kind, Kind::Script)),
    (&[&IMAGES, &IMAGES_LIGHT], |kind| matches!(kind, Kind::Image)),
];

/// A finding about the page. A server on this machine often stands without the proxy that packs and caches for it.
fn finding(rule: &RuleMeta, delivery: &Delivery, message: String, lines: &[String]) -> Finding {
    let place = crate::probe::web::address::location(&delivery.page);
    let finding = Finding::new(rule, place, "", message)
        .evidence((!lines.is_empty()).then(|| Evidence::new(EvidenceKind::Note, lines.join("\n"))));
    if delivery.local { finding.confidence(Confidence::Low) } else { finding }
}

fn told(finding: Finding) -> Sight {
    Observation::from(finding).into()
}

/// `1 file`, `3 files`.
fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

/// `412 KB`, `1.3 MB`.
fn size(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} bytes"),
        1000..1_000_000 => format!("{} KB", bytes / 1000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::super::tests::lines;
    use super::*;
    use crate::probe::web::delivery::Sent;
    use crate::probe::web::delivery::code::Code;
    use crate::probe::web::http::Headers;

    pub fn sent(kind: &str, wire: u64, headers: &[(&str, &str)]) -> Sent {
        let headers = Headers::of(headers);
        let encoding = headers.first("content-encoding");
        Sent { status: 200, headers, kind: kind.to_owned(), wire: Some(wire), encoding }
    }

    pub fn asset(path: &str, kind: Kind, sent: Sent) -> Asset {
        let url = Url::parse("https://shop.example.com/").unwrap().join(path).unwrap();
        Asset { url, kind, sent: Ok(sent), code: None }
    }

    pub fn code(bytes: usize, line: usize, tool: Option<&'static str>) -> Option<Code> {
        Some(Code { bytes, line, blank: 20, tool })
    }

    pub fn page(headers: &[(&str, &str)], assets: Vec<Asset>) -> Delivery {
        Delivery {
            page: Url::parse("https://shop.example.com/").unwrap(),
            sent: Some(sent("text/html", 900, headers)),
            images: assets.iter().filter(|asset| asset.kind == Kind::Image).count(),
            scripts: assets.iter().filter(|asset| asset.kind == Kind::Script).count(),
            assets,
            tools: Vec::new(),
            unpacked: None,
            local: false,
        }
    }

    /// What all rules say, without what they could not see.
    pub fn said(delivery: &Delivery) -> Vec<String> {
        let all = judge(delivery).flat_map(|(_, sight)| lines(sight));
        all.filter(|line| !line.starts_with("not seen") && !line.starts_with("absent")).collect()
    }

    #[test]
    fn a_page_without_anything_says_nothing() {
        assert!(said(&page(&[], Vec::new())).is_empty());
        let mut nothing = page(&[], Vec::new());
        nothing.sent = None;
        assert!(said(&nothing).is_empty());
    }

    #[test]
    fn a_good_page_has_proofs_and_no_finding() {
        let long =
            [("Cache-Control", "public, max-age=31536000, immutable"), ("Content-Encoding", "br"), ("CF-Ray", "1")];
        let mut script = asset("/a/index-BxYz12ab.js", Kind::Script, sent("text/javascript", 40_000, &long));
        script.code = code(150_000, 30_000, None);
        let image = asset("/hero.webp", Kind::Image, sent("image/webp", 80_000, &[("ETag", "\"1\"")]));
        let found = said(&page(&[("Content-Encoding", "br")], vec![script, image]));
        let rules: Vec<&str> = found.iter().filter_map(|line| line.split([' ', ':']).nth(1)).collect();
        assert_eq!(
            rules,
            ["assets-cached", "responses-compressed", "scripts-minified", "images-light", "cdn-in-front"],
            "{found:#?}"
        );
    }

    #[test]
    fn files_that_did_not_come_are_told_beside_those_that_did() {
        let style = asset("/app.css", Kind::Style, sent("text/css", 500, &[("Cache-Control", "max-age=600")]));
        let gone =
            |path| Asset { sent: Err("it did not answer".to_owned()), ..asset(path, Kind::Script, sent("", 0, &[])) };
        let found = |assets| -> Vec<(&str, String)> {
            let page = page(&[], assets);
            let all = judge(&page).flat_map(|(rules, sight)| lines(sight).into_iter().map(|line| (rules[0].id, line)));
            all.filter(|(rule, _)| *rule == "assets-uncached").collect()
        };
        let told = found(vec![style.clone(), gone("/a.js"), gone("/b.js")]);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].1.starts_with("proof assets-cached"));
        assert_eq!(
            told[1].1,
            "not seen: https://shop.example.com/a.js could not be loaded: it did not answer, nor could 1 more"
        );
        assert_eq!(found(vec![style]).len(), 1);
        assert_eq!(found(vec![gone("/a.js")]).len(), 1, "said once");
    }

    #[test]
    fn this_machine_makes_every_finding_a_question() {
        let script = asset("/a/index-BxYz12ab.js", Kind::Script, sent("text/javascript", 40_000, &[]));
        let mut local = page(&[], vec![script]);
        local.local = true;
        let findings: Vec<Confidence> = judge(&local)
            .filter_map(|(_, sight)| if let Sight::Seen(seen) = sight { Some(seen) } else { None })
            .flatten()
            .filter_map(|seen| if let Observation::Finding(finding) = seen { Some(finding.confidence) } else { None })
            .collect();
        assert_eq!(findings, [Confidence::Low, Confidence::Low]);
    }
}
