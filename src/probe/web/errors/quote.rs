//! Whether a page is an error page or only quotes one, as blogs and manuals do.

use std::sync::LazyLock;

use regex::Regex;

use super::signs::Sign;

/// An error page begins with its error: within so many characters that a reader sees.
const NEAR: usize = 300;

/// Whether `sign` is quoted in `body`: it stands far down, or in an article, or is a piece of code beside a longer text.
pub fn is_one(body: &str, sign: &Sign) -> bool {
    // A page about it would write `&lt;b&gt;`.
    if sign.of == "PHP" && sign.shown.contains("</b>") {
        return false;
    }
    let (Some(before), Some(after)) = (body.get(..sign.at), body.get(sign.at..)) else { return false };
    let (before, after) = (before.to_ascii_lowercase(), after.to_ascii_lowercase());
    let framework = ["debugger", " in ", " with "].iter().any(|word| sign.of.contains(word));
    if open(&before, "script").is_some() && framework {
        return false;
    }
    if open(&before, "title").is_some() || open(&before, "h1").is_some_and(|at| !has(&before, at, "</h1")) {
        return false;
    }
    if open(&before, "article").is_some() || open(&before, "script").is_some() || seen(&before) > NEAR {
        return true;
    }
    ["code", "pre"].iter().any(|tag| {
        let around =
            open(&before, tag).and_then(|at| Some((before.get(..at)?, after.split_once(&format!("</{tag}"))?.1)));
        around.is_some_and(|(before, after)| seen(before) + seen(&format!("<{after}")) > NEAR)
    })
}

/// Where the last element of that name begins in `before`, if it is still open at the end.
fn open(before: &str, tag: &str) -> Option<usize> {
    let at = before.rfind(&format!("<{tag}"))?;
    let is_name = before.get(at + tag.len() + 1..)?.starts_with(['>', ' ', '\n', '\t', '\r', '/']);
    (is_name && !has(before, at, &format!("</{tag}"))).then_some(at)
}

fn has(text: &str, from: usize, word: &str) -> bool {
    text.get(from..).is_some_and(|rest| rest.contains(word))
}

/// How many characters of a piece of markup a reader sees, blanks not counted.
fn seen(markup: &str) -> usize {
    static UNSEEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?s)<script\b.*?(?:</script|$)|<style\b.*?(?:</style|$)|<title\b.*?(?:</title|$)|<!--.*?(?:-->|$)|<[^>]*(?:>|$)").ok()
    });
    let Some(unseen) = UNSEEN.as_ref() else { return 0 };
    unseen.replace_all(markup, "").chars().filter(|c| !c.is_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use crate::probe::web::errors::signs::{Kind, read_page};

    #[test]
    fn an_error_is_told_from_a_page_about_one() {
        let text = "Tea is a drink. ".repeat(40);
        let trace = "Traceback (most recent call last):\n  File \"/app/a.py\", line 1";
        let warning = "<b>Warning</b>:  x in <b>/var/www/a.php</b> on line <b>3</b>";
        for (body, told) in [
            (format!("<h1>x</h1>{trace}"), true),
            (format!("<html><body><pre>{trace}</pre></body></html>"), true),
            (format!("<title>{trace}</title>{text}"), true),
            (format!("{trace}{text}"), true),
            (format!("<article>{text}</article>{warning}"), true),
            (format!("<p>{text}</p>{trace}"), false),
            (format!("<article>{trace}</article>"), false),
            (format!("<h1>My blog</h1><code>{trace}</code><p>{text}"), false),
            (format!("<h1>My blog</h1><pre class=x>{trace}</pre><p>{text}"), false),
        ] {
            for status in [200, 404] {
                let is_error = read_page(&body, status).is_some_and(|sign| sign.kind > Kind::Default);
                assert_eq!(is_error, told, "{status} {body}");
            }
            assert!(read_page(&body, 500).is_some(), "{body}");
        }
        read_page(&"<pre>".repeat(10_000), 200);
    }
}
