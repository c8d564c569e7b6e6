//! The rule `vulnerable-dependency`: a locked version with a known hole.

use super::advisory::{Group, Part, Parts};
use super::judged::{Judged, UNRATED};
use super::report;
use crate::model::{
    Confidence, Evidence, EvidenceKind, Finding, Location, PartsUsed, RuleKind, RuleMeta, Uses, WayOut, WayOutKind,
    WayOutStep,
};
use crate::probe::packages::LockedPackage;

/// So many parts of a package are told.
const MOST_PARTS: usize = 8;

/// The rule's documentation.
pub static META: RuleMeta = RuleMeta {
    id: "vulnerable-dependency",
    title: "A locked package version has a known vulnerability",
    kind: RuleKind::Finding,
    severity: UNRATED,
    confidence: Confidence::High,
    what: "Compares every package version in the lock files, indirect ones too, with published advisories of the OSV \
           format, by the version order of its ecosystem. Packages for development only, those that no production code \
           imports and those of tests and examples count one step less, as does a hole in a part of a Go module that \
           nothing builds. What is for development only and not imported by production code needs a \
           look and fails nothing by itself, as do pins of a constraints file of which nothing says that they arrive; \
           malware always counts fully.",
    why: "Once an advisory is public, scripts search the whole web for sites that still run the old version, and your \
          users' data is what they are after.",
    fix: "Upgrade to the fixed version and renew the lock file. Where no fix exists, replace the package or write down \
          why its hole cannot be reached in your app.",
    example: "\"lodash\": { \"version\": \"4.17.15\" }   holes published in 2020 and 2021\n\
              \"lodash\": { \"version\": \"4.17.21\" }   fixed",
    references: &[
        "C50",
        "https://ossf.github.io/osv-schema/",
        "https://cheatsheetseries.owasp.org/cheatsheets/Vulnerable_Dependency_Management_Cheat_Sheet.html",
    ],
};

/// What is to be said of one hole in a package.
pub fn finding(judged: &Judged<'_>, group: &Group) -> Finding {
    let package = judged.package;
    let location = Location::Package {
        manifest: judged.lock.path.clone(),
        line: Some(package.line),
        name: package.name.clone(),
        version: package.version.clone(),
    };
    Finding::new(&META, location, group.advisory.id.clone(), message(judged, group))
        .severity(judged.severity(group))
        .confidence(judged.confidence(group))
        .fix(fix(&judged.out))
        .evidence(evidence(judged, group))
}

fn message(judged: &Judged<'_>, group: &Group) -> String {
    let LockedPackage { name, version, .. } = judged.package;
    let lock = &typed_in(judged);
    let via = if judged.is_development() {
        format!("for development only, via {lock}")
    } else if let Some(imported) = imported_all_the_same(judged) {
        format!("{imported}, via {lock}")
    } else if judged.is_aside() {
        format!("via {lock}, which is not deployed as its path says")
    } else if judged.is_likely_absent() {
        format!("if something else needs it: {lock} only says its version")
    } else if judged.is_unsure() {
        let readers: Vec<&str> = judged.lock.roots.iter().map(|root| root.manifest.as_str()).collect();
        let who = match readers.as_slice() {
            [one] => (*one).to_owned(),
            [first, rest @ ..] => format!("{first} or {} more", rest.len()),
            [] => "the project".to_owned(),
        };
        format!("if what {who} installs needs it, which cannot be seen here: {lock} only says its version")
    } else if judged.is_unused() {
        format!("never imported by production code, via {lock}")
    } else if let Some(unused) = unused_parts(judged, group) {
        format!("{unused}, via {lock}")
    } else {
        format!("via {lock}")
    };
    let what = match (&group.fixed, group.malware) {
        (_, true) => "is malware".to_owned(),
        (Some(fixed), false) => format!("has a known vulnerability, fixed in {fixed}"),
        (None, false) if group.confirmed => "has a known vulnerability without a fixed version".to_owned(),
        (None, false) => "has a known vulnerability".to_owned(),
    };
    let known_as = group.known_as();
    let summary = &group.advisory.summary;
    if summary.is_empty() || group.malware {
        format!("{name} {version} ({via}) {what} ({known_as})")
    } else {
        format!("{name} {version} ({via}) {what}: {summary} ({known_as})")
    }
}

/// The lock file; where commands of a container stand for it and several of them install the package, with their lines.
fn typed_in(judged: &Judged<'_>) -> String {
    let path = &judged.lock.path;
    let lines = judged.lines();
    if lines.len() < 2 { path.clone() } else { format!("{path} lines {}", listed(&lines)) }
}

/// `2, 5 and 9`
fn listed(lines: &[u32]) -> String {
    let texts: Vec<String> = lines.iter().map(u32::to_string).collect();
    match texts.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => texts.concat(),
    }
}

/// That production code imports what is listed for development only.
fn imported_all_the_same(judged: &Judged<'_>) -> Option<String> {
    let Uses::Imported { package, places, .. } = &judged.uses else { return None };
    let (path, line) = places.first().filter(|_| judged.is_listed_for_development())?;
    let what = if *package == judged.package.name { "it" } else { package };
    Some(format!("listed for development only, but production code imports {what} in {path}:{line}"))
}

/// That nothing known imports what the hole is in.
fn unused_parts(judged: &Judged<'_>, group: &Group) -> Option<String> {
    let parts = some(&parts_of(judged, group).named);
    match &group.parts_used {
        PartsUsed::NotByOwnCode => {
            Some(format!("this project's own code does not import {parts}, another package may"))
        }
        PartsUsed::NotBuilt { .. } => Some(format!("nothing that is built imports {parts}")),
        _ => None,
    }
}

fn parts_of(judged: &Judged<'_>, group: &Group) -> Parts {
    group.parts(judged.package.ecosystem, &judged.package.name)
}

fn some(parts: &[Part]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.path.clone(),
        [one, two] => format!("{} or {}", one.path, two.path),
        [first, rest @ ..] => format!("{} or the {} others that have it", first.path, rest.len()),
    }
}

/// The way out of all that is known about the package, as one line.
fn fix(out: &WayOut) -> String {
    let steps = out.steps();
    let mut fix = out.words.clone();
    for steps in steps.chunk_by(|a, b| matches!((a, b), (WayOutStep::Type(_), WayOutStep::Type(_)))) {
        fix += &match steps {
            [step @ WayOutStep::Write { lines, .. }] => format!(" {} {}", step.words(), in_one_line(lines)),
            [step @ (WayOutStep::First(_) | WayOutStep::Or | WayOutStep::Then(_))] => format!(" {}", step.words()),
            _ => format!(" Type {}.", typed(out.kind, steps)),
        };
    }
    fix
}

/// Commands as one line.
fn typed(kind: WayOutKind, steps: &[WayOutStep<'_>]) -> String {
    let commands = steps.iter().filter_map(|step| match step {
        WayOutStep::Type(command) => Some(*command),
        _ => None,
    });
    let commands: Vec<&str> = commands.collect();
    let (folder, rest) = match commands.split_first() {
        Some((first, rest)) if first.starts_with("cd ") => (format!("`{first}`, then "), rest),
        _ => (String::new(), commands.as_slice()),
    };
    if kind == WayOutKind::RaiseParent {
        let each: Vec<String> = rest.iter().map(|command| format!("`{command}`")).collect();
        format!("{folder}{}", each.join(", then "))
    } else {
        format!("{folder}`{}`", rest.join(" && "))
    }
}

/// Lines of a file as one: JSON, XML and build files mean the same so; of YAML and TOML the first line is a heading, which
/// has to stay a line of its own.
fn in_one_line(lines: &str) -> String {
    let joined = |lines: &str| lines.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    match lines.split_once('\n') {
        Some((heading, rest)) if heading.ends_with(':') || heading.starts_with('[') => {
            format!("under `{heading}` write `{}`", joined(rest))
        }
        _ => format!("`{}`", joined(lines)),
    }
}

fn evidence(judged: &Judged<'_>, group: &Group) -> Evidence {
    let advisory = &group.advisory;
    let mut lines = vec![advisory.id.clone()];
    if !group.aliases.is_empty() {
        lines.push(format!("also known as {}", group.aliases.join(", ")));
    }
    if !advisory.summary.is_empty() {
        lines.push(advisory.summary.clone());
    }
    lines.push(match (group.score, &advisory.rating) {
        (Some(score), _) => format!("severity: CVSS {score:.1} of 10"),
        (None, Some(rating)) => format!("severity: {}", rating.to_lowercase()),
        (None, None) => "severity: not rated".to_owned(),
    });
    if let Some(fixed) = &group.fixed {
        lines.push(format!("fixed in {fixed}"));
    }
    lines.extend(about(&parts_of(judged, group)));
    lines.extend(way_in(judged));
    lines.push(used(&judged.uses));
    lines.extend(part_used(&group.parts_used));
    lines.push(report::page(&advisory.id));
    Evidence::new(EvidenceKind::Advisory, lines.join("\n"))
}

/// The shortest way by which it comes in, where that says more than the package itself.
fn way_in(judged: &Judged<'_>) -> Option<String> {
    let way = judged.ways.ways.first()?;
    let first = way.first()?;
    let asked = match &first.asked_in {
        Some((manifest, Some(line))) => format!("{manifest}:{line}"),
        Some((manifest, None)) => manifest.clone(),
        None => return None,
    };
    let steps: Vec<String> = way.iter().map(|step| format!("{} {}", step.name, step.version)).collect();
    let more = match judged.ways.more + (judged.ways.ways.len() as u64).saturating_sub(1) {
        0 => String::new(),
        1 => ", and through 1 other".to_owned(),
        more => format!(", and through {more} others"),
    };
    Some(format!("comes in through {asked} → {}{more}", steps.join(" → ")))
}

/// What of the package has the hole, and where that matters.
fn about(parts: &Parts) -> Vec<String> {
    let one = |part: &Part| match part.symbols.as_slice() {
        [] => part.path.clone(),
        symbols => format!("{} ({})", part.path, symbols.join(", ")),
    };
    let mut named: Vec<String> = parts.named.iter().take(MOST_PARTS).map(one).collect();
    if let Some(more) = parts.named.len().checked_sub(MOST_PARTS).filter(|more| *more > 0) {
        named.push(format!("and {more} more"));
    }
    let named = (!named.is_empty()).then(|| format!("it is in: {}", named.join(", ")));
    let platforms = (!parts.platforms.is_empty()).then(|| format!("only on: {}", parts.platforms.join(", ")));
    named.into_iter().chain(platforms).collect()
}

fn part_used(used: &PartsUsed) -> Option<String> {
    Some(match used {
        PartsUsed::Imported { part, places: at, more } => {
            format!("the part with the hole: {part} is imported in {}", places(at, *more))
        }
        PartsUsed::Built { part, list } => format!("the part with the hole: {part} is built, as {list} says"),
        PartsUsed::NotBuilt { list } => format!("the part with the hole: not built, as {list} says"),
        PartsUsed::NotByOwnCode => {
            "the part with the hole: this project's own code does not import it; another package may".to_owned()
        }
        PartsUsed::Unknown { why } => {
            format!("the part with the hole: whether anything imports it is not known: {why}")
        }
        PartsUsed::NotExamined => return None,
    })
}

fn places(places: &[(String, u32)], more: u64) -> String {
    let shown: Vec<String> = places.iter().take(3).map(|(path, line)| format!("{path}:{line}")).collect();
    let more = more + (places.len() as u64).saturating_sub(3);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn used(uses: &Uses) -> String {
    match uses {
        Uses::Imported { package, places: at, more } => {
            format!("used: {package} is imported in {}", places(at, *more))
        }
        Uses::Named { package, place: (path, line) } => format!("used: {package} is named in {path}:{line}"),
        Uses::NotImported => "used: production code imports neither it nor what brings it in".to_owned(),
        Uses::Unknown { why } => format!("used: not known, {why}"),
        Uses::NotExamined => "used: not looked at".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_one_line_still_says_what_to_write() {
        for (lines, told) in [
            ("\"overrides\": {\n    \"b\": \"^1.2.0\"\n}", "`\"overrides\": { \"b\": \"^1.2.0\" }`"),
            ("overrides:\n  \"b@<1.2.0\": \"^1.2.0\"", "under `overrides:` write `\"b@<1.2.0\": \"^1.2.0\"`"),
            (
                "[tool.uv]\noverride-dependencies = [\"b>=1.2.0\"]",
                "under `[tool.uv]` write `override-dependencies = [\"b>=1.2.0\"]`",
            ),
            ("\"b\": \"^1.2.0\"", "`\"b\": \"^1.2.0\"`"),
        ] {
            assert_eq!(in_one_line(lines), told);
        }
    }
}
