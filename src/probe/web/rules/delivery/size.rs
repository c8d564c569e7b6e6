//! How many bytes travel: packing and pictures.

use super::caching::nothing_seen;
use super::{count, finding, size, told};
use crate::model::{Confidence, Evidence, EvidenceKind, Observation, Proof, RuleKind, RuleMeta, Severity};
use crate::probe::web::address::{location, shown};
use crate::probe::web::delivery::{Asset, Delivery, Kind, Sent};
use crate::probe::web::tally::Sight;

/// Text travels unpacked.
pub static UNCOMPRESSED: RuleMeta = RuleMeta {
    id: "responses-uncompressed",
    title: "Text is sent without compression",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Asks for the page and for some scripts and styles as a browser does (`Accept-Encoding: gzip, br`) and looks at whether \
           they come packed. What is shorter than 1.4 KB need not be.",
    why: "Packed, text is a third to a fifth as large. Without it, people with a slow connection wait several times as long.",
    fix: "Switch it on in front of the app: `encode` in Caddy, `gzip on; gzip_types text/css application/javascript \
          application/json;` in nginx, the compression middleware in Express. Vercel, Netlify and Cloudflare do it by themselves.",
    example: "bad:  Content-Type: text/javascript\ngood: Content-Type: text/javascript, Content-Encoding: br",
    references: &["C56", "https://web.dev/articles/reduce-network-payloads-using-text-compression"],
};

/// Text travels packed.
pub static COMPRESSED: RuleMeta = RuleMeta {
    id: "responses-compressed",
    title: "Text is sent compressed",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees that the page, scripts and styles come packed to a browser that can unpack them.",
    why: "Fewer bytes, shorter waiting.",
    fix: "Nothing to do.",
    example: "",
    references: &["C56"],
};

/// Pictures are too large.
pub static IMAGES: RuleMeta = RuleMeta {
    id: "images-heavy",
    title: "Pictures are larger than they need be",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Asks for the size of some pictures of the page. More than 500 KB is too much for any; JPEG, PNG, GIF and BMP beyond \
           200 KB would be much smaller as WebP or AVIF.",
    why: "People on the road wait for them and pay for them, and the page jumps when they arrive.",
    fix: "Make them as wide as they are shown and save them as WebP or AVIF: `npx sharp-cli -i hero.png -o hero.webp resize 1600`, \
          `next/image`, or your host's image service.",
    example: "bad:  hero.png with 2.4 MB\ngood: hero.webp with 140 KB",
    references: &["C57", "https://web.dev/articles/serve-images-webp"],
};

/// Pictures are small.
pub static IMAGES_LIGHT: RuleMeta = RuleMeta {
    id: "images-light",
    title: "Pictures are small",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees that every picture which the page names on its own origin has at most 200 KB.",
    why: "They are there at once, on a phone as well.",
    fix: "Nothing to do.",
    example: "",
    references: &["C57"],
};

/// One packet holds about as much, so that packing less gains nothing.
const WORTH_PACKING: u64 = 1400;
/// Too large, whatever the format.
const TOO_LARGE: u64 = 500_000;
/// Too large for the old formats.
const OLD_TOO_LARGE: u64 = 200_000;

/// Judges whether text comes packed.
pub fn judge_packing(delivery: &Delivery) -> Sight {
    let page = delivery.sent.iter().filter(|sent| sent.status == 200).map(|sent| (&delivery.page, sent));
    let files = delivery.arrived().map(|(asset, sent)| (&asset.url, sent));
    let texts: Vec<_> = page
        .chain(files)
        // What is packed was long enough for whoever packed it.
        .filter(|(_, sent)| is_text(&sent.kind) && (sent.encoding.is_some() || sent.wire >= Some(WORTH_PACKING)))
        .collect();
    if texts.is_empty() {
        return Sight::Absent(format!("{} and what it loads is too short to pack", shown(&delivery.page)));
    }
    let bare: Vec<_> = texts.iter().filter(|(_, sent)| sent.encoding.is_none()).collect();
    if bare.is_empty() {
        let line = |(url, sent): &(&url::Url, &Sent)| {
            format!("{}: {}{}", shown(url), sent.encoding.as_deref().unwrap_or_default(), wire(sent))
        };
        let mut lines: Vec<String> = texts.iter().map(line).collect();
        if let Some((url, whole)) = &delivery.unpacked {
            lines.push(format!("{} without packing{}", shown(url), wire(whole)));
        }
        let message = format!("{} of text from {} came packed", count(texts.len(), "file"), shown(&delivery.page));
        let evidence = Evidence::new(EvidenceKind::Note, lines.join("\n"));
        return Observation::from(Proof::new(&COMPRESSED, location(&delivery.page), "", message).evidence(evidence))
            .into();
    }
    let bytes: u64 = bare.iter().filter_map(|(_, sent)| sent.wire).sum();
    let lines: Vec<String> =
        bare.iter().map(|(url, sent)| format!("{}: {}, not packed{}", shown(url), sent.kind, wire(sent))).collect();
    let message = format!(
        "{} of {} {} unpacked ({})",
        bare.len(),
        count(texts.len(), "text file"),
        if texts.len() == 1 { "comes" } else { "come" },
        size(bytes)
    );
    told(finding(&UNCOMPRESSED, delivery, message, &lines))
}

fn wire(sent: &Sent) -> String {
    sent.wire.map_or_else(String::new, |bytes| format!(", {}", size(bytes)))
}

fn is_text(kind: &str) -> bool {
    kind.starts_with("text/")
        || kind.ends_with("+json")
        || kind.ends_with("+xml")
        || matches!(
            kind,
            "application/javascript" | "application/x-javascript" | "application/json" | "application/xml"
        )
}

/// Judges the size of pictures.
pub fn judge_images(delivery: &Delivery) -> Sight {
    if delivery.images == 0 {
        return Sight::Absent(format!("{} names no picture of its own", shown(&delivery.page)));
    }
    let sized: Vec<(&Asset, &Sent, u64)> = delivery
        .arrived()
        .filter(|(asset, _)| asset.kind == Kind::Image)
        .filter_map(|(asset, sent)| Some((asset, sent, sent.wire?)))
        .collect();
    if sized.is_empty() {
        let pictures = || delivery.assets.iter().filter(|asset| asset.kind == Kind::Image);
        return match pictures().any(|picture| picture.sent.as_ref().is_ok_and(|sent| sent.status == 200)) {
            true => Sight::NotSeen("the server does not say how large its pictures are".to_owned()),
            false => nothing_seen(delivery),
        };
    }
    let is_old = |sent: &Sent| matches!(sent.kind.as_str(), "image/jpeg" | "image/png" | "image/gif" | "image/bmp");
    let heavy: Vec<String> = sized
        .iter()
        .filter(|(_, sent, bytes)| *bytes > TOO_LARGE || (*bytes > OLD_TOO_LARGE && is_old(sent)))
        .map(|(asset, sent, bytes)| format!("{}: {}, {}", shown(&asset.url), sent.kind, size(*bytes)))
        .collect();
    if !heavy.is_empty() {
        let bytes: u64 = sized.iter().map(|(.., bytes)| *bytes).max().unwrap_or_default();
        let message =
            format!("{} of {} are too large, up to {}", heavy.len(), count(sized.len(), "picture"), size(bytes));
        return told(finding(&IMAGES, delivery, message, &heavy));
    }
    if sized.len() < delivery.images || sized.iter().any(|(.., bytes)| *bytes > OLD_TOO_LARGE) {
        return Sight::NotSeen(format!(
            "{} of {} were looked at, and they are fine",
            sized.len(),
            count(delivery.images, "picture")
        ));
    }
    let lines: Vec<String> = sized
        .iter()
        .map(|(asset, sent, bytes)| format!("{}: {}, {}", shown(&asset.url), sent.kind, size(*bytes)))
        .collect();
    let message = format!("Every picture of {} is small", shown(&delivery.page));
    let evidence = Evidence::new(EvidenceKind::Note, lines.join("\n"));
    Observation::from(Proof::new(&IMAGES_LIGHT, location(&delivery.page), "", message).evidence(evidence)).into()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{asset, page, said, sent};
    use super::*;

    #[test]
    fn long_text_is_to_be_packed() {
        let etag = ("ETag", "\"1\"");
        let of = |kind: &str, wire: u64, headers: &[(&str, &str)]| {
            said(&page(&[], vec![asset("/app.js", Kind::Script, sent(kind, wire, headers))]))
        };
        assert_eq!(
            of("text/javascript", 90_000, &[etag]),
            ["minor responses-uncompressed: 1 of 1 text file comes unpacked (90 KB)"]
        );
        assert!(of("text/javascript", 1000, &[etag]).is_empty());
        assert!(of("font/woff2", 90_000, &[etag]).is_empty());
        for coding in ["gzip", "br", "zstd"] {
            let found = of("text/javascript", 30_000, &[etag, ("Content-Encoding", coding)]);
            assert!(found[0].starts_with("proof responses-compressed"), "{coding} {found:?}");
        }
    }

    #[test]
    fn pictures_are_weighed_by_format() {
        let of = |kind: &str, wire: Option<u64>| {
            let mut picture = sent(kind, 0, &[("ETag", "\"1\"")]);
            picture.wire = wire;
            said(&page(&[], vec![asset("/hero", Kind::Image, picture)]))
        };
        assert!(
            of("image/png", Some(240_000))[0]
                .starts_with("minor images-heavy: 1 of 1 picture are too large, up to 240 KB")
        );
        assert!(of("image/avif", Some(1_250_000))[0].contains("1.2 MB"));
        assert!(of("image/webp", Some(240_000)).is_empty());
        assert!(of("image/png", Some(90_000))[0].starts_with("proof images-light"));
        assert!(of("image/png", None).is_empty());
    }

    #[test]
    fn pictures_that_were_not_looked_at_are_no_proof() {
        let picture = asset("/a.webp", Kind::Image, sent("image/webp", 900, &[("ETag", "\"1\"")]));
        let mut many = page(&[], vec![picture]);
        many.images = 12;
        assert!(said(&many).is_empty());
    }
}
