//! Source maps: whether they are served, and whether the source code itself is in them (ECMA-426).

use serde::Deserialize;
use url::Url;

use super::secrets::{self, Hit};

/// So much of the end of a script is searched for the name of its map: one that stands in the script is long.
pub const TAIL: usize = 2 * 1024 * 1024;

/// A map that was asked for.
#[derive(Debug)]
pub struct Map {
    /// The script that it belongs to.
    pub script: Url,
    /// Where it is; the script itself where it stands in it.
    pub url: Url,
    /// What is in it; `None` where there is no map.
    pub contents: Option<Contents>,
    /// Why it was not seen.
    pub trouble: Option<String>,
}

/// What is in a map.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// How many sources come with their text, as far as was read.
    pub with_text: usize,
    /// The names of sources that are not packages'.
    pub own: Vec<String>,
    /// Whether only its beginning was read.
    pub cut: bool,
    /// Secrets in it.
    pub secrets: Vec<Hit>,
}

#[derive(Deserialize)]
struct Raw {
    /// A map without a version is none.
    #[serde(rename = "version")]
    _version: u32,
    #[serde(default)]
    sources: Vec<Option<String>>,
    #[serde(default, rename = "sourcesContent")]
    contents: Vec<Option<String>>,
    #[serde(default)]
    sections: Vec<Section>,
}

#[derive(Deserialize)]
struct Section {
    map: Box<Raw>,
}

/// Where a script whose last bytes are `tail` says that its map is: the last such comment, or the header.
pub fn named(tail: &str, header: Option<String>) -> Option<String> {
    let comment = ["//# sourceMappingURL=", "//@ sourceMappingURL="].iter().find_map(|mark| {
        let at = tail.rfind(mark)?;
        let rest = tail.get(at + mark.len()..)?;
        let name = rest.split(|c: char| c.is_whitespace() || c == '\'' || c == '"' || c == '`').next()?;
        // In code that writes such comments itself, what follows is not one.
        let last = rest.get(name.len()..).is_some_and(|after| after.len() < 2000);
        (!name.is_empty() && last).then(|| name.to_owned())
    });
    comment.or(header).filter(|name| !name.is_empty())
}

/// The map in a `data:` address, as bytes.
pub fn inline(address: &str) -> Option<Vec<u8>> {
    let (kind, data) = address.strip_prefix("data:")?.split_once(',')?;
    if kind.ends_with(";base64") { crate::probe::secrets::keys::base64_url(data) } else { None }
}

/// Reads a map of which `bytes` is all, or the beginning if `cut`.
pub fn read(bytes: &[u8], cut: bool) -> Option<Contents> {
    let text = String::from_utf8_lossy(bytes);
    // Some servers put this before JSON, and ECMA-426 strips it.
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let text = text.strip_prefix(")]}'").map_or(text, |rest| rest.split_once('\n').map_or("", |(_, rest)| rest));
    let mut contents = if cut { beginning(text)? } else { whole(text)? };
    if contents.with_text > 0 {
        contents.secrets = secrets::search(text);
    }
    Some(contents)
}

fn whole(text: &str) -> Option<Contents> {
    let raw: Raw = serde_json::from_str(text).ok()?;
    let mut contents = Contents::default();
    take(&raw, &mut contents, 0);
    Some(contents)
}

fn take(raw: &Raw, contents: &mut Contents, depth: usize) {
    for (at, source) in raw.sources.iter().enumerate() {
        let text = raw.contents.get(at).and_then(Option::as_deref).unwrap_or_default();
        if !text.trim().is_empty() {
            contents.with_text += 1;
            contents.own.extend(source.as_deref().and_then(own_name));
        }
    }
    if depth < 4 {
        raw.sections.iter().for_each(|section| take(&section.map, contents, depth + 1));
    }
}

/// The part of a map that was read: enough to say whether source code is in it.
fn beginning(text: &str) -> Option<Contents> {
    if !text.starts_with('{') || !text.chars().take(2000).collect::<String>().contains("\"version\"") {
        return None;
    }
    let sources = strings(text, "\"sources\"");
    let with_text = strings(text, "\"sourcesContent\"").into_iter().filter(|text| !text.trim().is_empty()).count();
    let own = if with_text == 0 { Vec::new() } else { sources.iter().filter_map(|name| own_name(name)).collect() };
    Some(Contents { with_text, own, cut: true, secrets: Vec::new() })
}

/// The strings of the array after `name`, up to where the text ends. `null` counts as an empty one.
fn strings(text: &str, name: &str) -> Vec<String> {
    let Some(rest) = text.find(name).and_then(|at| text.get(at + name.len()..)) else { return Vec::new() };
    let Some(mut rest) = rest.trim_start().strip_prefix(':').and_then(|rest| rest.trim_start().strip_prefix('['))
    else {
        return Vec::new();
    };
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if let Some(after) = rest.strip_prefix("null") {
            found.push(String::new());
            rest = after;
            continue;
        }
        if !rest.starts_with('"') {
            return found;
        }
        let mut escaped = false;
        let end = rest.bytes().enumerate().skip(1).find_map(|(at, byte)| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends.then_some(at)
        });
        let literal = end.and_then(|end| rest.get(..=end));
        match literal {
            Some(literal) => {
                found.push(serde_json::from_str(literal).unwrap_or_default());
                rest = rest.get(literal.len()..).unwrap_or_default();
            }
            // The text ends in the middle of this one.
            None => {
                found.push(rest.chars().skip(1).take(200).collect());
                return found;
            }
        }
    }
}

/// The name of a source without what the bundler put before it; `None` for those of packages and of the bundler.
fn own_name(name: &str) -> Option<String> {
    let foreign =
        ["node_modules", "webpack/", "(webpack)", "vite/", "turbopack:", "external ", "\0", "webpack-internal"];
    if name.is_empty() || foreign.iter().any(|word| name.contains(word)) {
        return None;
    }
    let path = name.split_once("://").map_or(name, |(_, rest)| rest.split_once('/').map_or(rest, |(_, path)| path));
    let path = path.split('?').next().unwrap_or_default();
    let path = path.trim_start_matches(['.', '/']);
    (path.len() > 2).then(|| path.chars().take(80).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = r#"{"version":3,"sources":["webpack://_N_E/./src/app/page.tsx","webpack://_N_E/./node_modules/react/index.js","../lib/db.ts"],
        "sourcesContent":["export default 1","react",null],"mappings":"AAAA"}"#;

    #[test]
    fn a_map_with_source_code_is_told_from_one_without() {
        let contents = read(MAP.as_bytes(), false).unwrap();
        assert_eq!((contents.with_text, contents.own.as_slice()), (2, &["src/app/page.tsx".to_owned()][..]));
        let without = read(br#"{"version":3,"sources":["a.ts"],"mappings":""}"#, false).unwrap();
        assert_eq!(without.with_text, 0);
        let empty = read(br#"{"version":3,"sources":["a.ts"],"sourcesContent":[null,""]}"#, false).unwrap();
        assert_eq!(empty.with_text, 0);
        let indexed =
            format!("{{\"version\":3,\"sections\":[{{\"offset\":{{\"line\":0,\"column\":0}},\"map\":{MAP}}}]}}");
        assert_eq!(read(indexed.as_bytes(), false).unwrap().with_text, 2);
        for other in ["<!doctype html>", "{\"error\":\"not found\"}", "", "[]", "{\"version\":\"1.2\"}"] {
            assert_eq!(read(other.as_bytes(), false), None, "{other}");
            assert_eq!(read(other.as_bytes(), true).filter(|contents| contents.with_text > 0), None, "{other}");
        }
    }

    #[test]
    fn the_beginning_of_a_long_map_says_what_it_can() {
        for end in 0..MAP.len() {
            read(MAP.as_bytes().get(..end).unwrap(), true);
        }
        let half = MAP.find("default").unwrap();
        let contents = read(&MAP.as_bytes()[..half], true).unwrap();
        assert_eq!((contents.with_text, contents.own.len(), contents.cut), (1, 2, true));
    }

    #[test]
    fn a_script_names_its_map_at_its_end() {
        assert_eq!(named("a()\n//# sourceMappingURL=app.js.map\n", None), Some("app.js.map".to_owned()));
        assert_eq!(named("a()", Some("x.map".to_owned())), Some("x.map".to_owned()));
        assert_eq!(named("a()", None), None);
        let writer = format!("s+=\"//# sourceMappingURL=\"+m;{}", "x".repeat(4000));
        assert_eq!(named(&writer, None), None);
        assert_eq!(inline("data:application/json;base64,eyJ2Ijoz").as_deref(), Some(&b"{\"v\":3"[..]));
        assert_eq!(inline("app.js.map"), None);
    }
}
