//! The few things that a page says about itself in its head and that browsers treat like headers.

/// So much of a page is searched for its head.
const MOST_BYTES: usize = 256 * 1024;

/// What `<meta>` tags set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meta {
    /// The contents of `http-equiv="Content-Security-Policy"`, in order.
    pub policies: Vec<String>,
    /// The contents of `name="referrer"`, in order.
    pub referrer: Vec<String>,
}

/// Reads the `<meta>` tags of a page's head.
pub fn meta(page: &[u8]) -> Meta {
    let text = String::from_utf8_lossy(page.get(..page.len().min(MOST_BYTES)).unwrap_or_default());
    let mut meta = Meta::default();
    let mut rest: &str = &text;
    while let Some(start) = rest.find('<') {
        rest = rest.get(start + 1..).unwrap_or_default();
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.find("-->").and_then(|end| comment.get(end..)).unwrap_or_default();
        } else if begins(rest, "body") || begins(rest, "/head") {
            break;
        } else if let Some(name) =
            ["script", "style", "noscript", "template"].into_iter().find(|name| begins(rest, name))
        {
            rest = after_element(rest, name);
        } else if begins(rest, "meta") {
            let attributes;
            (attributes, rest) = self::attributes(rest.get("meta".len()..).unwrap_or_default());
            keep(&mut meta, &attributes);
        }
    }
    meta
}

fn begins(text: &str, name: &str) -> bool {
    let Some(start) = text.get(..name.len()) else { return false };
    let ends = text.get(name.len()..).and_then(|rest| rest.chars().next());
    start.eq_ignore_ascii_case(name) && ends.is_none_or(|c| c.is_ascii_whitespace() || c == '>' || c == '/')
}

/// What follows the element's end tag; nothing if there is none.
fn after_element<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        rest = rest.get(at + 2..).unwrap_or_default();
        if begins(rest, name) {
            return rest;
        }
    }
    ""
}

fn keep(meta: &mut Meta, attributes: &[(String, String)]) {
    let value = |name: &str| attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim());
    let Some(content) = value("content").filter(|content| !content.is_empty()) else { return };
    if value("http-equiv").is_some_and(|kind| kind.eq_ignore_ascii_case("content-security-policy")) {
        meta.policies.push(unescape(content));
    } else if value("name").is_some_and(|name| name.eq_ignore_ascii_case("referrer")) {
        meta.referrer.push(unescape(content));
    }
}

/// Frameworks write the quotes of a policy as character references.
fn unescape(text: &str) -> String {
    text.replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&apos;", "'")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

/// The attributes up to the tag's end, names in lower case, and what follows the tag.
fn attributes(mut rest: &str) -> (Vec<(String, String)>, &str) {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return (found, rest);
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (found, after);
        }
        let end = rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/')).unwrap_or(rest.len());
        // A name that begins with `=` is one character long, as in HTML's own tokenizer.
        let (name, after) = rest.split_at(end.max(usize::from(rest.starts_with('='))));
        let after = after.trim_start_matches(|c: char| c.is_ascii_whitespace());
        let value;
        (value, rest) = match after.strip_prefix('=') {
            Some(after) => self::value(after.trim_start_matches(|c: char| c.is_ascii_whitespace())),
            None => ("", after),
        };
        found.push((name.to_ascii_lowercase(), value.to_owned()));
    }
}

fn value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            return inner.split_once(quote).unwrap_or((inner, ""));
        }
    }
    let end = text.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_found_however_the_tag_is_written() {
        let page = br#"<!doctype html><head><!-- <meta http-equiv="Content-Security-Policy" content="no"> -->
            <script>"<meta name=referrer content=no>"</script>
            <META content="default-src &#39;self&#39;; img-src *" HTTP-EQUIV=Content-Security-Policy />
            <meta name='referrer' content='no-referrer'><meta name=referrer></head>
            <body><meta name=referrer content=late>"#;
        let found = meta(page);
        assert_eq!(found.policies, ["default-src 'self'; img-src *"]);
        assert_eq!(found.referrer, ["no-referrer"]);
    }

    #[test]
    fn torn_and_hostile_markup_ends() {
        for page in
            ["<meta", "<meta ", "<meta =", "<meta a=\"", "<!--", "<script>", "<meta / / = = ='", "<", "<meta é=è>"]
        {
            assert_eq!(meta(page.as_bytes()), Meta::default(), "{page}");
        }
        meta("<meta =".repeat(30_000).as_bytes());
    }
}
