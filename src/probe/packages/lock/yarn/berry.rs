//! `yarn.lock` of Yarn 2 and later, which is YAML
//! (<https://yarnpkg.com/advanced/lexicon#lockfile>, `packages/yarnpkg-core/sources/Project.ts`).

use super::graph::Graph;
use super::{Entry, Need, place};
use crate::probe::packages::lock::{Around, Reading, reason};
use crate::probe::packages::{Manager, NotUnderstood};
use crate::probe::yaml::{Node, Value, Visited, visit};

/// Yarn 2 writes 4, Yarn 3 5 and 6, Yarn 4 8 to 10 (`LOCKFILE_VERSION` there); a later one may say what would be misread.
const KNOWN: std::ops::RangeInclusive<u32> = 1..=10;

pub fn read(text: &str, around: &Around<'_>) -> Result<Reading, NotUnderstood> {
    let mut graph = Graph::default();
    let mut metadata = None;
    let mut other = None;
    visit(text, 1, &mut |entry: Visited<'_>| match entry.path {
        [key] if key == "__metadata" => metadata = metadata.take().or(Some(entry.value)),
        [key] => match parsed(key, entry.line, &entry.value) {
            Some(entry) => graph.add(entry),
            None => graph.gaps.add(reason::ENTRY, place::name_and_rest(key).map_or("", |(name, _)| name)),
        },
        _ => other = Some(entry.line),
    })
    .map_err(|(_, line)| NotUnderstood::at("not a valid Yarn lock file", line))?;
    if let Some(line) = other {
        return Err(NotUnderstood::at("not a valid Yarn lock file", line as usize));
    }
    let version = metadata.as_ref().and_then(|metadata| metadata.get("version"));
    let line = version.or(metadata.as_ref()).map_or(0, |node| node.line as usize);
    let version =
        version.and_then(Node::text).ok_or_else(|| NotUnderstood::at("Yarn lock file without its version", line))?;
    if !version.parse().is_ok_and(|version: u32| KNOWN.contains(&version)) {
        let version: String = version.chars().take(20).collect();
        return Err(NotUnderstood::at(format!("unknown version {version} of a Yarn lock file"), line));
    }
    // Yarn lists the project itself and every member of its workspace.
    if !graph.has_own("") {
        return Err(NotUnderstood::new("Yarn lock file that ends too early"));
    }
    for member in around.members() {
        if !graph.has_own(&member) {
            graph.gaps.add(reason::MISSING, &member);
        }
    }
    Ok(graph.finish(Manager::YarnBerry, version, around))
}

fn parsed(key: &str, line: u32, value: &Node) -> Option<Entry> {
    let answers = key
        .split(',')
        .map(|descriptor| place::name_and_rest(descriptor.trim()))
        .map(|split| split.map(|(name, range)| (name.to_owned(), range.to_owned())))
        .collect::<Option<Vec<_>>>()?;
    let text = |key: &str| value.get(key).map(Node::text);
    // A field of the wrong kind makes the entry odd, an absent one only where it is needed.
    let version = text("version")??;
    let (name, reference) = place::name_and_rest(text("resolution")??)?;
    let linked = text("linkType").flatten() == Some("soft");
    let (mut place, resolved) = place::of_resolution(reference, linked);
    if place::is_registry_archive(reference, name, version) {
        place = super::Place::Registry;
    }
    Some(Entry {
        line,
        answers,
        name: name.to_owned(),
        // What is downloaded is what the resolution says.
        version: resolved.unwrap_or_else(|| version.to_owned()),
        place,
        needs: needs(value)?,
        programs: programs(value),
    })
}

fn programs(value: &Node) -> Vec<String> {
    match value.get("bin").map(|bin| &bin.value) {
        Some(Value::Map(entries)) => entries.iter().filter_map(|(name, _)| name.text().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

fn needs(value: &Node) -> Option<Vec<Need>> {
    let mut needs = Vec::new();
    for (block, all_optional) in [("dependencies", false), ("optionalDependencies", true)] {
        let Some(block) = value.get(block) else { continue };
        let Value::Map(entries) = &block.value else { return None };
        for (name, range) in entries {
            let (name, range) = (name.text()?, range.text()?);
            let optional =
                all_optional || value.at(&["dependenciesMeta", name, "optional"]).and_then(Node::text) == Some("true");
            needs.push(Need { name: name.to_owned(), range: range.to_owned(), optional });
        }
    }
    Some(needs)
}
