//! `pom.xml` (<https://maven.apache.org/pom.html>): every project takes from its parents what it does not say itself.

mod xml;

use std::collections::{BTreeMap, BTreeSet};

use super::{Declared, Manifest, Pin, Property, Runtime, Source, Table, reason};
use crate::probe::packages::{NotUnderstood, Scope};
use crate::probe::paths::{folder, joined};
use xml::{Dependency, Pom};

/// Parents have parents; a circle ends here as well.
const MAX_PARENTS: usize = 20;
/// Properties name properties.
const MAX_STEPS: usize = 50;
/// No version or name is longer.
const MAX_VALUE: usize = 1000;

/// Manifests in the making.
#[derive(Debug, Default)]
pub struct Poms(BTreeMap<String, Pom>);

impl Poms {
    /// Reads one manifest.
    ///
    /// # Errors
    /// When it is not well-formed.
    pub fn add(&mut self, path: &str, text: &str) -> Result<(), NotUnderstood> {
        self.0.insert(path.to_owned(), Pom { path: path.to_owned(), ..xml::read(text)? });
        Ok(())
    }

    /// Gives each what it takes from others.
    pub fn finish(self, found: &mut BTreeMap<String, Manifest>) {
        let projects: Vec<Project<'_>> = self.0.keys().map(|path| self.project(path)).collect();
        let own: BTreeSet<String> = projects.iter().filter_map(Project::name).collect();
        for project in &projects {
            found.insert(project.path.to_owned(), project.manifest(&own, &self.imports(project, &projects)));
        }
    }

    /// The project at this path with those of its parents that are in the repository.
    fn project<'a>(&'a self, path: &'a str) -> Project<'a> {
        let mut lineage: Vec<&Pom> = Vec::new();
        let mut at = path.to_owned();
        while let Some(pom) = self.0.get(&at).filter(|_| lineage.len() < MAX_PARENTS) {
            lineage.push(pom);
            let Some(parent) = &pom.parent else { break };
            // Without a relativePath it is one folder up; an empty one says that it is not in the repository.
            let relative = parent.relative_path.as_deref().unwrap_or("../pom.xml");
            let Some(above) = joined(folder(&at), relative).filter(|_| !relative.is_empty()) else { break };
            let is_it = |path: &String| self.0.get(path).is_some_and(|pom| pom.artifact == parent.artifact);
            match [format!("{above}/pom.xml"), above].into_iter().find(is_it) {
                Some(above) => at = above,
                None => break,
            }
        }
        Project { path, lineage }
    }

    /// What the project's imports of bills of materials within the repository set.
    fn imports<'a>(
        &'a self,
        project: &Project<'a>,
        projects: &[Project<'a>],
    ) -> Vec<(Project<'a>, &'a Pom, &'a Dependency)> {
        let mut found = Vec::new();
        for (_, dependency) in project.managed().filter(|(_, dependency)| dependency.scope.as_deref() == Some("import"))
        {
            let name = project.name_of(dependency);
            if let Some(bill) = projects.iter().find(|other| name.is_some() && other.name() == name) {
                found.extend(bill.managed().map(|(pom, set)| (bill.clone(), pom, set)));
            }
        }
        found
    }
}

/// A project with its parents, the nearest first.
#[derive(Debug, Clone)]
struct Project<'a> {
    path: &'a str,
    lineage: Vec<&'a Pom>,
}

/// What `dependencyManagement` says of a package: the version with the project that sets it, the scope, and the file and
/// line in which the version stands.
type Managed<'p> = (Option<(&'p Project<'p>, &'p str)>, Option<&'p str>, Option<(&'p str, u32)>);

impl<'a> Project<'a> {
    fn own(&self) -> Option<&'a Pom> {
        self.lineage.first().copied()
    }

    /// What is managed, with the file that says so.
    fn managed(&self) -> impl Iterator<Item = (&'a Pom, &'a Dependency)> {
        self.lineage.iter().flat_map(|pom| pom.managed.iter().map(|one| (*pom, one)))
    }

    /// `group:artifact`
    fn name(&self) -> Option<String> {
        Some(format!("{}:{}", self.property("project.groupId")?, self.own()?.artifact))
    }

    fn name_of(&self, dependency: &Dependency) -> Option<String> {
        Some(format!("{}:{}", self.filled(&dependency.group)?, self.filled(&dependency.artifact)?))
    }

    /// A property's value as it is written (<https://maven.apache.org/pom.html#properties>).
    fn property(&self, name: &str) -> Option<&'a str> {
        let name = name.strip_prefix("pom.").map_or_else(|| name.to_owned(), |rest| format!("project.{rest}"));
        let own = self.own()?;
        let parent = own.parent.as_ref();
        match name.as_str() {
            "project.groupId" => own.group.as_deref().or_else(|| parent.map(|parent| parent.group.as_str())),
            "project.version" | "version" => {
                own.version.as_deref().or_else(|| parent.map(|parent| parent.version.as_str()))
            }
            "project.artifactId" => Some(&own.artifact),
            "project.parent.groupId" => parent.map(|parent| parent.group.as_str()),
            "project.parent.version" => parent.map(|parent| parent.version.as_str()),
            _ => self.lineage.iter().find_map(|pom| pom.properties.get(&name)).map(String::as_str),
        }
    }

    /// `text` with its properties filled in; `None` where one is not known.
    fn filled(&self, text: &str) -> Option<String> {
        let mut text = text.trim().to_owned();
        for _ in 0..MAX_STEPS {
            let Some(start) = text.find("${") else { return Some(text) };
            let end = start + text.get(start..)?.find('}')?;
            let value = self.property(text.get(start + 2..end)?)?;
            text = format!("{}{}{}", text.get(..start)?, value.trim(), text.get(end + 1..)?);
            if text.len() > MAX_VALUE {
                return None;
            }
        }
        None
    }

    /// The property that alone sets `text`, where it is written out.
    fn setter(&self, text: &str) -> Option<Property> {
        let mut name = alone(text)?;
        for _ in 0..MAX_STEPS {
            let pom = self.lineage.iter().find(|pom| pom.properties.contains_key(name))?;
            let value = pom.properties.get(name)?;
            match alone(value) {
                Some(next) => name = next,
                None if value.contains("${") => return None,
                None => {
                    let line = pom.lines.get(name).copied()?;
                    return Some(Property { name: name.to_owned(), path: pom.path.clone(), line });
                }
            }
        }
        None
    }

    fn manifest(&self, own: &BTreeSet<String>, imports: &[(Project<'a>, &'a Pom, &'a Dependency)]) -> Manifest {
        let version = self.property("project.version").filter(|version| !version.contains('$')).map(str::to_owned);
        let mut manifest = Manifest { path: self.path.to_owned(), name: self.name(), version, ..Manifest::default() };
        let Some(pom) = self.own() else { return manifest };
        // The nearest that sets a version wins: the project itself, its parents, what they import.
        let mut managed: BTreeMap<String, Managed<'_>> = BTreeMap::new();
        let set = self.managed().map(|(pom, dependency)| (self, pom, dependency));
        let imported = imports.iter().map(|(project, pom, dependency)| (project, *pom, *dependency));
        for (project, pom, dependency) in set.chain(imported) {
            if let Some(name) = project.name_of(dependency).filter(|_| dependency.scope.as_deref() != Some("import")) {
                let version = dependency.version.as_deref().map(|text| (project, text));
                let place = dependency.version_line.map(|line| (pom.path.as_str(), line));
                managed.entry(name).or_insert((version, dependency.scope.as_deref(), place));
            }
        }
        for dependency in &pom.dependencies {
            let name =
                self.name_of(dependency).unwrap_or_else(|| format!("{}:{}", dependency.group, dependency.artifact));
            let set = managed.get(&name);
            let written = dependency.version.as_deref().map(|text| (self, text));
            let written = written.or_else(|| set.and_then(|(version, ..)| *version));
            let range = written
                .map_or_else(String::new, |(project, text)| project.filled(text).unwrap_or_else(|| text.to_owned()));
            if let Some(property) = written.and_then(|(project, text)| project.setter(text)) {
                manifest.properties.insert(name.clone(), property);
            }
            let own_line = dependency.version_line.map(|line| (self.path, line));
            if let Some((path, line)) = own_line.or_else(|| set.and_then(|(.., place)| *place)) {
                manifest.inherited.insert(dependency.line, (path.to_owned(), line));
            }
            let scope = dependency.scope.as_deref().or_else(|| set.and_then(|(_, scope, _)| *scope));
            if scope == Some("system") {
                manifest.gaps.add(reason::SYSTEM, &name);
            }
            let is_own = own.contains(&name) || scope == Some("system");
            manifest.declared.push(Declared {
                name,
                alias: None,
                scope: if scope == Some("test") { Scope::Development } else { Scope::Production },
                optional: dependency.optional,
                source: if is_own { Source::Own } else { Source::Registry },
                pin: if is_own { Pin::Exact } else { pin(&range) },
                range,
                line: dependency.line,
            });
        }
        manifest.members.clone_from(&pom.modules);
        manifest.licence = (!pom.licences.is_empty()).then(|| pom.licences.join(" OR "));
        manifest.overrides = pom.managed.iter().filter_map(|dependency| self.name_of(dependency)).collect();
        if !pom.managed.is_empty() {
            manifest.tables.insert("dependencyManagement");
        }
        // The name of what imports other managed ones stands in no list of packages.
        for dependency in pom.managed.iter().filter(|one| one.scope.as_deref() != Some("import")) {
            let Some(name) = self.name_of(dependency) else { continue };
            let text = dependency.version.as_deref().unwrap_or_default();
            let says = self.filled(text).unwrap_or_else(|| text.to_owned());
            manifest.force(Table::Maven, &name, &name, says, dependency.line);
        }
        // Both the compiler plugin's names and the one that Spring Boot's parent reads.
        let names = ["maven.compiler.release", "java.version", "maven.compiler.target", "maven.compiler.source"];
        if let Some((range, line)) =
            names.iter().find_map(|name| Some((self.property(name)?, pom.lines.get(*name).copied()?)))
        {
            let range = self.filled(range).unwrap_or_else(|| range.to_owned());
            manifest.runtimes.push(Runtime { name: "java".to_owned(), range, line });
        }
        manifest
    }
}

/// The name in `${name}`, where nothing else stands there.
fn alone(text: &str) -> Option<&str> {
    text.trim().strip_prefix("${")?.strip_suffix('}').filter(|name| !name.contains(['$', '{', '}']))
}

/// <https://maven.apache.org/pom.html#dependency-version-requirement-specification>
fn pin(range: &str) -> Pin {
    let is_one = range.starts_with('[') && range.ends_with(']') && !range.contains(',');
    if matches!(range, "LATEST" | "RELEASE") || range.ends_with("-SNAPSHOT") {
        Pin::Loose
    } else if is_one || !range.contains(['[', '(', ',']) {
        Pin::Exact
    } else {
        Pin::Range
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifests(files: &[(&str, &str)]) -> BTreeMap<String, Manifest> {
        let (mut poms, mut found) = (Poms::default(), BTreeMap::new());
        for (path, text) in files {
            poms.add(path, text).unwrap();
        }
        poms.finish(&mut found);
        found
    }

    fn told(manifest: &Manifest) -> Vec<String> {
        let told =
            |d: &Declared| format!("{}: {} {:?} {:?} {:?} {:?}", d.line, d.name, d.range, d.scope, d.source, d.pin);
        manifest.declared.iter().map(told).collect()
    }

    #[test]
    fn properties_that_set_a_version_are_named() {
        let one = |name: &str, version: &str| {
            format!(
                "<dependency><groupId>g</groupId><artifactId>{name}</artifactId><version>{version}</version></dependency>"
            )
        };
        let parent = format!(
            "<project><groupId>x</groupId><artifactId>p</artifactId><version>1</version>\n<properties>\n<a.version>2.0</a.version>\n\
             <b.version>${{a.version}}</b.version><c.version>${{a.version}}.1</c.version><loop>${{loop}}</loop></properties>\n\
             <dependencyManagement><dependencies>{}</dependencies></dependencyManagement></project>",
            one("managed", "${a.version}")
        );
        let child = format!(
            "<project><parent><groupId>x</groupId><artifactId>p</artifactId><version>1</version></parent><artifactId>w</artifactId>\n\
             <properties><own>3</own></properties><dependencies>{}{}{}{}{}{}{}\n\
             <dependency><groupId>g</groupId><artifactId>managed</artifactId></dependency></dependencies></project>",
            one("own", "${own}"),
            one("b", "${b.version}"),
            one("part", "${a.version}.Final"),
            one("composed", "${c.version}"),
            one("loop", "${loop}"),
            one("gone", "${gone}"),
            one("plain", "1.0")
        );
        let found = manifests(&[("pom.xml", &parent), ("web/pom.xml", &child)]);
        let told: Vec<String> = found["web/pom.xml"]
            .properties
            .iter()
            .map(|(name, property)| format!("{name} {} {}:{}", property.name, property.path, property.line))
            .collect();
        assert_eq!(told, ["g:b a.version pom.xml:3", "g:managed a.version pom.xml:3", "g:own own web/pom.xml:2"]);
    }

    const PARENT: &str = r#"<project xmlns="http://maven.apache.org/POM/4.0.0">
<groupId>com.example</groupId><artifactId>parent</artifactId><version>1.0</version>
<properties><a.version>2.0</a.version><b.version>${a.version}.1</b.version><loop>${loop}</loop>
<java.version>17</java.version></properties>
<modules><module>web</module></modules>
<dependencyManagement><dependencies>
<dependency><groupId>org.a</groupId><artifactId>managed</artifactId><version>${b.version}</version><scope>test</scope></dependency>
<dependency><groupId>com.example</groupId><artifactId>bom</artifactId><version>1</version><type>pom</type><scope>import</scope></dependency>
</dependencies></dependencyManagement>
</project>"#;

    #[test]
    fn what_parents_properties_and_bills_set() {
        let web = r#"<project>
<parent><groupId>com.example</groupId><artifactId>parent</artifactId><version>1.0</version></parent>
<artifactId>web</artifactId>
<properties><a.version>3.0</a.version></properties>
<licenses><license><name>MIT</name></license></licenses>
<dependencies>
<dependency><groupId>org.a</groupId><artifactId>managed</artifactId></dependency>
<dependency><groupId>org.a</groupId><artifactId>billed</artifactId></dependency>
<dependency><groupId>org.a</groupId><artifactId>plain</artifactId><version>1.2.3</version><scope>provided</scope><optional>true</optional></dependency>
<dependency><groupId>${project.groupId}</groupId><artifactId>bom</artifactId><version>${project.version}</version></dependency>
<dependency><groupId>org.a</groupId><artifactId>range</artifactId><version>[1,2)</version></dependency>
<dependency><groupId>org.a</groupId><artifactId>latest</artifactId><version>LATEST</version></dependency>
<dependency><groupId>org.a</groupId><artifactId>outside</artifactId></dependency>
<dependency><groupId>org.a</groupId><artifactId>unknown</artifactId><version>${nobody.says}</version></dependency>
<dependency><groupId>org.a</groupId><artifactId>circle</artifactId><version>${loop}</version></dependency>
</dependencies>
<build><plugins><plugin><dependencies><dependency><groupId>no</groupId><artifactId>no</artifactId></dependency></dependencies></plugin></plugins></build>
</project>"#;
        let bom = r#"<project><groupId>com.example</groupId><artifactId>bom</artifactId><version>1</version>
<dependencyManagement><dependencies><dependency><groupId>org.a</groupId><artifactId>billed</artifactId>
<version>${v}</version></dependency></dependencies></dependencyManagement><properties><v>9</v></properties></project>"#;
        let found = manifests(&[("pom.xml", PARENT), ("web/pom.xml", web), ("bom/pom.xml", bom)]);
        assert_eq!(
            told(&found["web/pom.xml"]),
            [
                "7: org.a:managed \"3.0.1\" Development Registry Exact",
                "8: org.a:billed \"9\" Production Registry Exact",
                "9: org.a:plain \"1.2.3\" Production Registry Exact",
                "10: com.example:bom \"1.0\" Production Own Exact",
                "11: org.a:range \"[1,2)\" Production Registry Range",
                "12: org.a:latest \"LATEST\" Production Registry Loose",
                "13: org.a:outside \"\" Production Registry Exact",
                "14: org.a:unknown \"${nobody.says}\" Production Registry Exact",
                "15: org.a:circle \"${loop}\" Production Registry Exact",
            ]
        );
        assert_eq!(found["web/pom.xml"].name.as_deref(), Some("com.example:web"));
        assert_eq!(found["web/pom.xml"].licence.as_deref(), Some("MIT"));
        assert_eq!(found["pom.xml"].members, ["web"]);
        assert_eq!(found["pom.xml"].runtimes, [Runtime { name: "java".to_owned(), range: "17".to_owned(), line: 4 }]);
    }

    #[test]
    fn parents_in_a_circle_and_growing_properties_end() {
        let circle = |name: &str, parent: &str| {
            format!(
                "<project><parent><groupId>g</groupId><artifactId>{parent}</artifactId><version>1</version>\
                 <relativePath>../{parent}</relativePath></parent><artifactId>{name}</artifactId><properties>\
                 <x>${{x}}${{x}}</x></properties><dependencies><dependency><groupId>g</groupId><artifactId>d</artifactId>\
                 <version>${{x}}</version></dependency></dependencies></project>"
            )
        };
        let found = manifests(&[("a/pom.xml", &circle("a", "b")), ("b/pom.xml", &circle("b", "a"))]);
        assert_eq!(told(&found["a/pom.xml"]), ["1: g:d \"${x}\" Production Registry Exact"]);
    }

    #[test]
    fn what_is_no_project_is_refused() {
        let error = |text: &str| Poms::default().add("pom.xml", text).unwrap_err();
        for text in ["", "<project>", "<project><a></project>", "<html/>", "<project>\n<<<<<<< HEAD\n</project>"] {
            assert!(error(text).reason.contains("valid pom.xml"), "{text}");
        }
        assert_eq!(error("<project>\n<<<<<<< HEAD\n</project>").line, Some(2));
        let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><project>&b;</project>";
        assert!(error(bomb).reason.contains("valid pom.xml"));
        let deep = format!("<project>{}{}</project>", "<a>".repeat(50_000), "</a>".repeat(50_000));
        let _ = Poms::default().add("pom.xml", &deep);
        assert_eq!(
            error("<project><modelVersion>5.0.0</modelVersion></project>").reason,
            "pom.xml of the unknown model version 5.0.0"
        );
    }
}
