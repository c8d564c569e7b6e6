//! Cross-origin headers that a host is told to send: `vercel.json`, `netlify.toml`, `_headers`; and Laravel's settings.

use super::{ALLOW_CREDENTIALS, ALLOW_ORIGIN, BY_BROWSER, WITHOUT, php};
use crate::model::{Confidence, Severity};
use crate::probe::source::plain_files::PlainFile;
use crate::probe::source::rules::Hit;

/// Looks at one file that is no code.
pub(in crate::probe::source::rules) fn check(file: &PlainFile, hits: &mut Vec<Hit>) {
    let end_of_line =
        |at: usize| file.text.get(at..).and_then(|rest| rest.find('\n')).map_or(file.text.len(), |length| at + length);
    if file.ends_with("config/cors.php") {
        if let Some((at, credentials)) = php::of_laravel(&file.text) {
            hits.push(php::laravel_hit(file.place(at, end_of_line(at)), credentials));
        }
        return;
    }
    if !matches!(file.name(), "vercel.json" | "now.json" | "netlify.toml" | "_headers") {
        return;
    }
    // What the headers are for stands before them: `"source": "/api/(.*)"`, `for = "/api/*"`, `/api/*`.
    let mut path = String::new();
    let mut star: Option<(usize, usize)> = None;
    let mut credentials = false;
    let mut told = Vec::new();
    for (start, line) in file.lines() {
        let bare = line.trim();
        if bare.starts_with('#') {
            continue;
        }
        if let Some(found) = path_of(bare) {
            told.extend(judge(file, &path, star.take(), credentials));
            (path, credentials) = (found.to_owned(), false);
        }
        let lower = bare.to_ascii_lowercase();
        if let Some(at) = lower.find(ALLOW_ORIGIN) {
            // In JSON the value may stand on the next line.
            let after = file.text.get(start + line.len() - line.trim_start().len() + at + ALLOW_ORIGIN.len()..);
            let value = after.unwrap_or_default().trim_start_matches(|c: char| !c.is_alphanumeric() && c != '*');
            let value = value.strip_prefix("value").unwrap_or(value);
            if value.trim_start_matches(['"', '\'', ' ', ':', '=']).starts_with('*') {
                let indent = line.len() - line.trim_start().len();
                star = Some((start + indent, start + line.trim_end().len()));
            }
        }
        credentials |= lower.contains(ALLOW_CREDENTIALS);
    }
    told.extend(judge(file, &path, star, credentials));
    hits.extend(told);
}

fn path_of(line: &str) -> Option<&str> {
    let quoted = |key: &str| {
        let rest = line.split_once(key)?.1.trim_start_matches(['"', '\'', ' ', ':', '=']);
        rest.split(['"', '\'']).next()
    };
    if line.starts_with('/') && !line.starts_with("//") {
        return Some(line);
    }
    quoted("\"source\"").or_else(|| quoted("\"src\"")).or_else(|| line.starts_with("for").then(|| quoted("for"))?)
}

/// Fonts and pictures may be for everybody; an API, or everything at once, may not.
fn judge(file: &PlainFile, path: &str, star: Option<(usize, usize)>, credentials: bool) -> Option<Hit> {
    let (start, end) = star?;
    let place = file.place(start, end);
    let api = ["api", "graphql", "trpc", "functions"].iter().any(|word| path.to_ascii_lowercase().contains(word));
    let everything = matches!(path, "/(.*)" | "/*" | "/:path*" | "(.*)" | "/(.*)?" | "**" | "/**");
    if credentials && (api || everything) {
        return Some(Hit::new(place, BY_BROWSER).severity(Severity::Major));
    }
    let hit = Hit::new(place, WITHOUT);
    if api { Some(hit) } else { everything.then(|| hit.confidence(Confidence::Low)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_hosts_are_read_with_what_they_are_for() {
        let none: [(u32, Option<Confidence>, Option<Severity>); 0] = [];
        let seen = |text: &str| {
            let file = PlainFile { path: "vercel.json".to_owned(), text: text.to_owned() };
            let mut hits = Vec::new();
            check(&file, &mut hits);
            hits.iter().map(|hit| (hit.place.span.line, hit.confidence, hit.severity)).collect::<Vec<_>>()
        };
        let rule = |source: &str, value: &str, more: &str| {
            format!(
                "{{ \"headers\": [{{\n \"source\": \"{source}\",\n \"headers\": [\n {{ \"key\": \"Access-Control-Allow-Origin\",\n \"value\": \"{value}\" }}{more}\n]}}]}}"
            )
        };
        assert_eq!(seen(&rule("/api/(.*)", "*", "")), [(4, None, None)]);
        assert_eq!(seen(&rule("/(.*)", "*", "")), [(4, Some(Confidence::Low), None)]);
        let credentials = ",\n{ \"key\": \"Access-Control-Allow-Credentials\", \"value\": \"true\" }";
        assert_eq!(seen(&rule("/(.*)", "*", credentials)), [(4, None, Some(Severity::Major))]);
        assert_eq!(seen(&rule("/static/(.*)", "*", "")), none);
        assert_eq!(seen(&rule("/api/(.*)", "https://shop.example.com", "")), none);
    }
}
