//! `pom.xml`: what it asks for by one version is what arrives. What that brings in, the file does not say.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Around, Builder, Draft, Reading, reason};
use crate::probe::packages::manifest::{Pin, Source, pom};
use crate::probe::packages::{Declared, Manager, Manifest, NotUnderstood};

/// Project files are written by hand.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// Reads the packages of a project file.
///
/// # Errors
/// When it is not of a known form.
pub fn read(text: &str, around: &Around<'_>) -> Result<Reading, NotUnderstood> {
    let manifest = manifest(text, around)?;
    let mut builder = Builder::new(Manager::Maven, "");
    builder.root(around.path);
    let mut asks = false;
    for declared in manifest.declared.iter().filter(|declared| declared.source != Source::Own) {
        asks = true;
        match version(declared) {
            Ok(version) => {
                let key = format!("{} {version}", declared.name);
                builder.wants(around.path, &declared.name, &declared.range, declared.scope, &key);
                let scope = Some(declared.scope);
                builder.add(key, Draft { scope, ..Draft::new(&declared.name, version, declared.line) });
            }
            Err(why) => builder.gaps.add(why, &declared.name),
        }
    }
    builder.gaps.merge(manifest.gaps.clone());
    if asks {
        builder.gaps.add("pom.xml, which does not name the packages that its dependencies bring in", around.path);
    }
    Ok(builder.finish(around.path))
}

/// With what its parents set, as it was read with them.
fn manifest<'a>(text: &str, around: &Around<'a>) -> Result<Cow<'a, Manifest>, NotUnderstood> {
    if let Some(manifest) = around.manifests.get(around.path) {
        return Ok(Cow::Borrowed(manifest));
    }
    if text.len() > MAX_BYTES {
        return Err(NotUnderstood::new("pom.xml larger than 2 MB"));
    }
    let (mut poms, mut found) = (pom::Poms::default(), BTreeMap::new());
    poms.add(around.path, text)?;
    poms.finish(&mut found);
    Ok(Cow::Owned(found.remove(around.path).unwrap_or_default()))
}

fn version(declared: &Declared) -> Result<&str, &'static str> {
    let range = declared.range.as_str();
    if declared.name.contains("${") || declared.name.starts_with(':') || declared.name.ends_with(':') {
        Err(reason::ENTRY)
    } else if range.is_empty() {
        Err("dependency whose version a parent or BOM outside the project sets")
    } else if range.contains("${") {
        Err("dependency whose version is a property that is set outside the project")
    } else if declared.pin != Pin::Exact {
        Err("dependency without one exact version")
    } else {
        Ok(range.trim_matches(['[', ']']).trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_by_one_version_and_what_is_not() {
        let one = |name: &str, version: &str| {
            format!("<dependency><groupId>g</groupId><artifactId>{name}</artifactId>{version}</dependency>\n")
        };
        let text = format!(
            "<project><artifactId>x</artifactId><dependencies>\n{}{}{}{}{}{}{}</dependencies></project>",
            one("plain", "<version>1.0</version>"),
            one("hard", "<version>[2.0]</version><scope>test</scope>"),
            one("range", "<version>[1,2)</version>"),
            one("managed", ""),
            one("property", "<version>${x}</version>"),
            one("", "<version>1</version>"),
            one("own", "<version>1</version><scope>system</scope><systemPath>/lib/own.jar</systemPath>"),
        );
        let reading = read(&text, &Around { path: "pom.xml", manifests: &BTreeMap::new() }).unwrap();
        let told: Vec<_> = reading
            .lock
            .packages
            .iter()
            .map(|p| format!("{} {}:{} {:?}", p.name, p.version, p.line, p.scope))
            .collect();
        assert_eq!(told, ["g:hard 2.0:3 Development", "g:plain 1.0:2 Production"]);
        let gaps: Vec<_> =
            reading.gaps.into_vec().into_iter().map(|gap| (gap.reason, gap.examples.join(" "))).collect();
        let gap = |reason: &str, what: &str| (reason.to_owned(), what.to_owned());
        assert_eq!(
            gaps,
            [
                gap("archive that a pom.xml takes from a path (systemPath), which advisories do not cover", "g:own"),
                gap("dependency whose version a parent or BOM outside the project sets", "g:managed"),
                gap("dependency whose version is a property that is set outside the project", "g:property"),
                gap("dependency without one exact version", "g:range"),
                gap(reason::ENTRY, "g:"),
                gap("pom.xml, which does not name the packages that its dependencies bring in", "pom.xml"),
            ]
        );
        let huge = format!("<project>{}</project>", " ".repeat(MAX_BYTES));
        let error = read(&huge, &Around { path: "pom.xml", manifests: &BTreeMap::new() }).unwrap_err();
        assert_eq!(error.reason, "pom.xml larger than 2 MB");
    }
}
