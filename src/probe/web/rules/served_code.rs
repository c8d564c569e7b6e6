//! What stands in the code that every visitor loads: secrets, and the source itself.

use url::Url;

use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Observation, RuleKind, RuleMeta, Severity};
use crate::probe::web::address::{location, shown};
use crate::probe::web::exposed::few;
use crate::probe::web::exposed::maps::Map;
use crate::probe::web::exposed::scripts::Served;
use crate::probe::web::exposed::secrets::Hit;
use crate::probe::web::tally::Sight;

/// A secret in it.
pub static SECRET: RuleMeta = RuleMeta {
    id: "served-secret",
    title: "A secret key is in the code that every visitor loads",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::High,
    what: "Reads the page, its own scripts, the settings that they load (`env.json`) and their source maps as a browser gets them, and looks for keys in the formats of about 70 \
           providers and for tokens whose role is an administrator's. Keys that are made for browsers are left alone.",
    why: "Everybody who opens the page has the key, and can spend your money or read every user's data with it.",
    fix: "Revoke the key at its provider and make a new one, keep it on the server, and let the browser call a route of your own that checks who is asking.",
    example: "// bad, in the browser\ncreateClient(url, \"eyJ… role: service_role\")\n// good, in the browser\ncreateClient(url, publishableKey)",
    references: &["F52", "F53", "https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html"],
};

/// The source code beside it.
pub static MAPS: RuleMeta = RuleMeta {
    id: "source-map-exposed",
    title: "The source code of the front end can be downloaded",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Asks for the source maps of the page's own scripts and looks whether the sources themselves are in them (`sourcesContent`).",
    why: "Your code with its comments and names is there for everybody to read: no hole in itself, but a map to those that there are.",
    fix: "Switch public maps off (Vite: `build.sourcemap: false` or `'hidden'`; Next.js: leave `productionBrowserSourceMaps` out; webpack: \
          `devtool: 'hidden-source-map'`), and upload them to your error tracker instead.",
    example: "bad:  GET /assets/app.js.map → 200 with sourcesContent\ngood: GET /assets/app.js.map → 404",
    references: &["F58", "https://tc39.es/ecma426/"],
};

/// Both rules.
pub static RULES: &[&RuleMeta] = &[&SECRET, &MAPS];

/// Judges the secrets.
pub fn judge_secrets(page: &Url, served: &Served) -> Vec<Sight> {
    let code = served.code.iter().map(|code| (&code.url, code.is_page, &code.secrets));
    let maps = served.maps.iter().filter_map(|map| Some((&map.url, false, &map.contents.as_ref()?.secrets)));
    // The same key in a script and in its map is one leak.
    let mut leaks: Vec<(&Hit, &Url, bool, Vec<String>)> = Vec::new();
    for (url, is_page, secrets) in code.chain(maps) {
        for hit in secrets {
            match leaks.iter_mut().find(|(known, ..)| known.anchor == hit.anchor) {
                Some((_, first, _, again)) if *first != url => again.push(shown(url)),
                Some(_) => {}
                None => leaks.push((hit, url, is_page, Vec::new())),
            }
        }
    }
    let findings = leaks.into_iter().map(|(hit, url, is_page, again)| worded(hit, url, is_page, &again)).collect();
    let mut sights = vec![Sight::Seen(findings)];
    if served.code.is_empty() {
        sights = vec![Sight::NotSeen(format!("{} gave no page whose code could be read", shown(page)))];
    }
    let mut why = served.in_part.clone();
    let cut = |map: &&Map| map.contents.as_ref().is_some_and(|contents| contents.cut);
    why.extend(served.maps.iter().filter(cut).map(|map| format!("only the beginning of {} was read", shown(&map.url))));
    sights.extend(in_part(&why).map(Sight::NotSeen));
    sights
}

/// Reasons as one: on a site that is down they are many and alike.
fn in_part(why: &[String]) -> Option<String> {
    let said = why.iter().take(2).map(String::as_str).collect::<Vec<_>>().join("; ");
    match why.len() {
        0 => None,
        1 | 2 => Some(said),
        many => Some(format!("{said}; and {} more of the kind", many - 2)),
    }
}

fn worded(hit: &Hit, url: &Url, is_page: bool, again: &[String]) -> Observation {
    let article = if hit.what.starts_with(['A', 'E', 'I', 'O', 'a', 'e']) { "An" } else { "A" };
    let place = match url.path() {
        _ if is_page => "the page itself",
        path if path.ends_with(".json") => "a file that every visitor loads",
        _ => "a script that every visitor loads",
    };
    let mut seen = format!("it begins with {}", hit.shown);
    if let Some(name) = &hit.name {
        seen.push_str(&format!(", after `{name}`"));
    }
    if !again.is_empty() {
        seen.push_str(&format!("\nand stands in {} too", few(again, 3)));
    }
    let finding =
        Finding::new(&SECRET, location(url), hit.anchor.clone(), format!("{article} {} is in {place}", hit.what))
            .severity(hit.severity)
            .evidence(Evidence::new(EvidenceKind::Note, seen));
    match hit.fix {
        Some(fix) => finding.fix(fix).into(),
        None => finding.into(),
    }
}

/// Judges the maps.
pub fn judge_maps(page: &Url, served: &Served) -> Vec<Sight> {
    let open: Vec<&Map> = served
        .maps
        .iter()
        .filter(|map| map.contents.as_ref().is_some_and(|contents| !contents.own.is_empty()))
        .collect();
    let mut sights = vec![Sight::Seen(maps_worded(&open).into_iter().collect())];
    if served.code.is_empty() {
        sights = vec![Sight::NotSeen(format!("{} gave no page whose scripts could be read", shown(page)))];
    }
    let mut why = served.maps_in_part.clone();
    for map in &served.maps {
        if map.trouble.is_some() {
            why.push(format!("{} gave no answer that could be read", shown(&map.url)));
        }
        if map.contents.as_ref().is_some_and(|contents| contents.cut && contents.with_text == 0) {
            why.push(format!("only the beginning of {} was read", shown(&map.url)));
        }
    }
    sights.extend(in_part(&why).map(Sight::NotSeen));
    sights
}

/// One fault, however many maps there are: one setting makes all of them.
fn maps_worded(open: &[&Map]) -> Option<Observation> {
    let first = open.first()?;
    let contents = || open.iter().filter_map(|map| map.contents.as_ref());
    let mut own: Vec<String> = contents().flat_map(|contents| contents.own.clone()).collect();
    own.sort();
    own.dedup();
    let least = if contents().any(|contents| contents.cut) { "at least " } else { "" };
    let files = if own.len() == 1 { "file" } else { "files" };
    let message = format!("A source map gives everybody the source code of {least}{} {files} of yours", own.len());
    let mut lines: Vec<String> = open
        .iter()
        .map(|map| match (map.url == map.script, map.contents.as_ref().is_some_and(|contents| contents.cut)) {
            (true, _) => format!("{}: the map stands in the script", shown(&map.script)),
            (false, true) => format!("GET {} → a map with sources; only its beginning was read", shown(&map.url)),
            (false, false) => format!("GET {} → a map with sources", shown(&map.url)),
        })
        .collect();
    lines.push(format!("among them: {}", few(&own, 5)));
    let finding = Finding::new(&MAPS, location(&first.url), "", message)
        .evidence(Evidence::new(EvidenceKind::Note, lines.join("\n")));
    Some(finding.into())
}
