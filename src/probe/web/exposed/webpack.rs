//! The names of the scripts that webpack's runtime loads later. It keeps them in one function, `r.u = e => …`, which adds up texts and
//! tables: `"js/" + ({7:"cart"}[e] || e) + "." + {7:"9c1b",12:"a1f0"}[e] + ".js"`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

/// Where the function begins: the runtime, and the function's argument in either of its two forms.
static NAMING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"([\w$]+)\.u\s*=\s*",
        r"(?:function\s*\(\s*([\w$]+)\s*\)\s*\{\s*return\b|\(?\s*([\w$]+)\s*\)?\s*=>\s*(?:\{\s*return\b)?)\s*",
    ))
    .ok()
});
/// So much of the function is read.
const LONGEST: usize = 256 * 1024;
/// So much is read of all that looks like it.
const LONGEST_IN_ALL: usize = 4 * 1024 * 1024;
/// So many names of one runtime are made.
const MOST: usize = 400;

/// What a runtime tells.
#[derive(Debug, PartialEq, Eq)]
pub enum Naming {
    /// There is no such function.
    None,
    /// All names that it makes.
    Names(Vec<String>),
    /// It is there and cannot be read.
    Unread,
}

/// What stands between two plus signs.
enum Part {
    Text(String),
    /// The number of the script itself.
    Id,
    /// A table; whether an id that is not in it stands for itself.
    Table(Vec<(String, String)>, bool),
}

/// Reads the function in the text of a script, if one is there.
pub fn naming(text: &str) -> Naming {
    let Some(pattern) = NAMING.as_ref() else { return Naming::None };
    let (mut found, mut left) = (Naming::None, LONGEST_IN_ALL);
    // Minified code has other things called `u`: what makes a script's name is what counts.
    for start in pattern.captures_iter(text) {
        let (Some(whole), Some(runtime)) = (start.get(0), start.get(1)) else { continue };
        let argument = start.get(2).or_else(|| start.get(3)).map_or("", |name| name.as_str());
        let rest = text.get(whole.end()..).unwrap_or_default();
        let mut end = rest.len().min(LONGEST);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let rest = rest.get(..end).unwrap_or_default();
        let mut reader = Reader { rest, argument };
        let names = names(&mut reader);
        let body = body(rest);
        let read = (rest.len() - reader.rest.len()).max(body.len());
        let Some(enough) = left.checked_sub(read) else { return Naming::Unread };
        left = enough;
        match names {
            Some(names) => {
                let folder = folder(text, runtime.as_str());
                return Naming::Names(names.iter().map(|name| format!("{folder}{name}")).collect());
            }
            None if makes_a_script(body) => found = Naming::Unread,
            None => {}
        }
    }
    found
}

/// The body of the function without what follows it in the file.
fn body(rest: &str) -> &str {
    let mut depth = 0_i32;
    let end = rest.find(|c: char| {
        depth += i32::from(matches!(c, '(' | '[' | '{')) - i32::from(matches!(c, ')' | ']' | '}'));
        depth < 0 || (depth == 0 && matches!(c, ',' | ';'))
    });
    rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
}

/// Whether a script's name is made there.
fn makes_a_script(body: &str) -> bool {
    [".js\"", ".js'", ".js`", ".mjs\""].iter().any(|ending| body.contains(ending))
}

/// Where the scripts lie: `r.p = "/_next/"`, or counted from the script itself, `r.p = t + "../"`.
fn folder(text: &str, runtime: &str) -> String {
    for (at, place) in text.match_indices(&format!("{runtime}.p")) {
        let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + place.len()..).unwrap_or_default());
        if before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.')) {
            continue;
        }
        let mut reader = Reader { rest: after, argument: "" };
        if !reader.take("=") {
            continue;
        }
        if let Some(folder) = reader.text() {
            return folder.to_owned();
        }
        if reader.word().is_some() && reader.take("+") {
            return format!("./{}", reader.text().unwrap_or_default());
        }
    }
    "./".to_owned()
}

/// The names that the function gives whose body is read.
fn names(reader: &mut Reader<'_>) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let parts = loop {
        match reader.choice() {
            Some(name) => names.push(name),
            None => break reader.sum()?,
        }
    };
    let Some(Part::Text(ending)) = parts.last() else { return None };
    if !(ending.ends_with(".js") || ending.ends_with(".mjs")) {
        return None;
    }
    let mut ids = BTreeSet::new();
    for part in &parts {
        if let Part::Table(rows, false) = part {
            ids.extend(rows.iter().map(|(id, _)| id.as_str()));
        }
    }
    // Which ids there are is only known from a table that has them all.
    if ids.is_empty() || ids.len() > MOST {
        return None;
    }
    names.extend(ids.into_iter().map(|id| {
        let text = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Id => id.to_owned(),
            Part::Table(rows, _) => {
                rows.iter().find(|(known, _)| known == id).map_or_else(|| id.to_owned(), |(_, name)| name.clone())
            }
        };
        parts.iter().map(text).collect::<String>()
    }));
    Some(names)
}

/// Reads JavaScript as minifiers write it, as far as such a function has any.
struct Reader<'a> {
    rest: &'a str,
    argument: &'a str,
}

impl<'a> Reader<'a> {
    fn take(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start();
        let Some(after) = rest.strip_prefix(token) else { return false };
        self.rest = after;
        true
    }

    /// A text in quotes without escapes.
    fn text(&mut self) -> Option<&'a str> {
        let rest = self.rest.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (text, after) = rest.get(1..)?.split_once(quote)?;
        if text.len() > 300 || text.contains(['\\', '\n']) {
            return None;
        }
        self.rest = after;
        Some(text)
    }

    fn word(&mut self) -> Option<&'a str> {
        let rest = self.rest.trim_start();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$'))).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if word.is_empty() {
            return None;
        }
        self.rest = after;
        Some(word)
    }

    fn argument(&mut self) -> bool {
        let before = self.rest;
        let found = self.word() == Some(self.argument);
        if !found {
            self.rest = before;
        }
        found
    }

    /// `12 === e ? "static/chunks/12-9c1b.js" :`
    fn choice(&mut self) -> Option<String> {
        let before = self.rest;
        let found = self.read_choice();
        if found.is_none() {
            self.rest = before;
        }
        found
    }

    fn read_choice(&mut self) -> Option<String> {
        let side = |reader: &mut Self| reader.text().or_else(|| reader.word());
        let left = side(self)?;
        if !(self.take("===") || self.take("==")) {
            return None;
        }
        let right = side(self)?;
        if (left == self.argument) == (right == self.argument) || !self.take("?") {
            return None;
        }
        let name = self.text()?.to_owned();
        self.take(":").then_some(name)
    }

    /// Parts with plus signs between them, to the end of the function.
    fn sum(&mut self) -> Option<Vec<Part>> {
        let mut parts = Vec::new();
        loop {
            parts.push(self.part()?);
            if !self.take("+") {
                break;
            }
        }
        let rest = self.rest.trim_start();
        (rest.is_empty() || rest.starts_with([';', ',', '}', ')']) || self.rest.starts_with('\n')).then_some(parts)
    }

    fn part(&mut self) -> Option<Part> {
        if let Some(text) = self.text() {
            return Some(Part::Text(text.to_owned()));
        }
        if self.argument() {
            return Some(Part::Id);
        }
        let mut open = 0;
        while self.take("(") {
            open += 1;
        }
        let rows = self.table()?;
        let mut part = Part::Table(rows, false);
        while open > 0 && self.take(")") {
            open -= 1;
        }
        if !(self.take("[") && self.argument() && self.take("]")) {
            return None;
        }
        if self.take("||") {
            if !self.argument() {
                return None;
            }
            if let Part::Table(_, for_itself) = &mut part {
                *for_itself = true;
            }
        }
        while open > 0 {
            if !self.take(")") {
                return None;
            }
            open -= 1;
        }
        Some(part)
    }

    /// `{7:"cart","about-us":'9c1b'}`
    fn table(&mut self) -> Option<Vec<(String, String)>> {
        if !self.take("{") {
            return None;
        }
        let mut rows = Vec::new();
        while !self.take("}") {
            let key = self.text().map(str::to_owned).or_else(|| self.word().map(number))?;
            if !self.take(":") {
                return None;
            }
            rows.push((key, self.text()?.to_owned()));
            self.take(",");
        }
        Some(rows)
    }
}

/// The name that a word gives a row: minifiers write `1e3` for `1000`.
fn number(word: &str) -> String {
    let parts =
        word.split_once('e').and_then(|(digits, zeros)| Some((digits.parse::<u64>().ok()?, zeros.parse().ok()?)));
    let value = parts.and_then(|(digits, zeros)| digits.checked_mul(10_u64.checked_pow(zeros)?));
    value.map_or_else(|| word.to_owned(), |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<String> {
        match naming(text) {
            Naming::Names(names) => names,
            other => panic!("{other:?} in {text}"),
        }
    }

    #[test]
    fn the_names_of_a_runtime_are_read_from_its_tables() {
        let next = r#"r.u=e=>419===e?"static/chunks/419-aa.js":"static/chunks/"+(({12:"shop"})[e]||e)+"."+({7:"9c1b",12:"a1f0"})[e]+".js",r.miniCssF=e=>{},r.p="/_next/""#;
        let names = named(next);
        assert_eq!(
            names,
            ["/_next/static/chunks/419-aa.js", "/_next/static/chunks/shop.a1f0.js", "/_next/static/chunks/7.9c1b.js"]
        );
        let old = r#"c.u=function(e){return"js/"+e+"."+{ "about-us" : '9c1b', 1e3: "x" }[e]+".chunk.js"};c.p="""#;
        assert_eq!(named(old), ["js/1000.x.chunk.js", "js/about-us.9c1b.chunk.js"]);
        assert_eq!(named(r#"n.u=e=>({1:"a"}[e]||e)+"-"+{1:"b"}[e]+".js""#), ["./a-b.js"]);
        assert_eq!(named(r#"n.p=t+"../",n.u=(e)=>{return e+"."+{1:"b"}[e]+".mjs"}"#), ["./../1.b.mjs"]);
        assert_eq!(named(r#"n.u=e=>e+"."+{1:"b"}[e]+".js";var t=1;n.p=t"#), ["./1.b.js"]);
    }

    #[test]
    fn what_cannot_be_read_is_said_and_what_makes_no_name_is_left_alone() {
        for text in [
            r#"r.u=e=>e+".js""#,
            r#"r.u=e=>""+e+"."+hash(e)+".js""#,
            r#"r.u=e=>"a/"+({1:"x"}[e]||e)+".js""#,
            r#"r.u=e=>"a/"+{1:"x"+"y"}[e]+".js""#,
        ] {
            assert_eq!(naming(text), Naming::Unread, "{text}");
        }
        for text in [
            "t.u=e=>e+1,load('a.js')",
            "t.u=e=>({a:1})[e];b='a.js'",
            "a.u=function(e){return e.x};var b='c.js'",
            "",
            "x.u = 1",
        ] {
            assert_eq!(naming(text), Naming::None, "{text}");
        }
        naming(&"r.u=e=>{".repeat(10_000));
        naming(&format!("r.u=e=>{}", "(".repeat(100_000)));
    }
}
