//! Who needs whom in a Python lock file, extras included.
//!
//! A package needs some others only with an extra, `uvicorn[standard]`, and the formats list those as well. Which extras
//! are asked for follows from the roots: it is worked out here, once for all formats.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{Around, Builder, Draft, Scope, reason};
use crate::probe::files::Gaps;
use crate::probe::packages::Ecosystem;
use crate::probe::packages::manifest::Manifest;
use crate::probe::packages::range;
use crate::probe::packages::toml_doc::{self, Doc, Table, Value};
use crate::probe::packages::version::Version;

/// What somebody needs.
#[derive(Debug, Clone, Default)]
pub struct Need {
    /// The package, in any spelling.
    pub name: String,
    /// Its one version, where the format says it.
    pub version: Option<String>,
    /// The versions that it may have, as written; empty where the format does not say it.
    pub range: String,
    /// The extras that it is needed with.
    pub extras: Vec<String>,
    /// It is needed only with one of these extras of who needs it; empty for always.
    pub with: Rc<[String]>,
    /// It may be absent: it is for some platform, or counted where it is asked for.
    pub conditional: bool,
}

/// A need of the project itself.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The manifest that asks.
    pub manifest: String,
    /// For what.
    pub scope: Scope,
    /// What.
    pub need: Need,
}

/// More versions of one package than this are not told apart; a version for each Python and platform needs far fewer.
const MAX_VERSIONS: usize = 30;

/// One of the packages, or one of the project's own, which asks on behalf of its manifest.
#[derive(Debug)]
struct Node {
    /// Its normalized name.
    name: String,
    version: String,
    /// The manifest of a package of the project's own.
    own: Option<String>,
    /// What it needs, in bundles that are needed with the same extras.
    bundles: Vec<Vec<Need>>,
    /// The bundles by the extra; what it always needs under no name.
    by_extra: BTreeMap<String, Vec<usize>>,
}

impl Node {
    fn sorts_as(&self) -> (&str, &str) {
        (&self.name, &self.version)
    }
}

/// The table of an entry, its name, and the line of that. One without a name is a gap.
pub fn named<'v, 't>(doc: &Doc<'_>, entry: &'v Value<'t>, gaps: &mut Gaps) -> Option<(&'v Table<'t>, &'v str, u32)> {
    let told = entry.get_ref().as_table().and_then(|table| {
        let name = toml_doc::at(table, &["name"])?;
        Some((table, name.get_ref().as_str()?, doc.line(name)))
    });
    if told.is_none() {
        gaps.add(reason::ENTRY, &format!("line {}", doc.line(entry)));
    }
    told
}

/// The packages of a lock file.
#[derive(Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    /// Their places by name and version, known as soon as all are there.
    sorted: Vec<usize>,
    asked: Vec<Asked>,
    /// Somebody says what the project asks for.
    rooted: bool,
}

/// What is still to be followed: a package, the extra, and for whom.
type Step = (usize, String, Scope);

impl Graph {
    /// Adds a package.
    pub fn add(&mut self, builder: &mut Builder, draft: Draft, needs: Vec<Need>) {
        let (name, version) = (draft.name.clone(), draft.version.clone());
        builder.add(self.nodes.len().to_string(), draft);
        self.push(&name, version, None, needs);
    }

    /// Adds a package of the project's own, with its manifest: what it needs is asked for wherever it is needed.
    pub fn add_own(&mut self, name: &str, manifest: String, needs: Vec<Need>) {
        self.push(name, String::new(), Some(manifest), needs);
    }

    fn push(&mut self, name: &str, version: String, own: Option<String>, all: Vec<Need>) {
        let (mut bundles, mut by_extra): (Vec<Vec<Need>>, BTreeMap<String, Vec<usize>>) = Default::default();
        for need in all {
            // Many needs with many extras stand in a file once.
            let same = |with: &Rc<[String]>| Rc::ptr_eq(with, &need.with) || (with.is_empty() && need.with.is_empty());
            let last = bundles.last_mut().filter(|last| last.first().is_some_and(|first| same(&first.with)));
            if let Some(last) = last {
                last.push(need);
                continue;
            }
            let always = if need.with.is_empty() { Some(String::new()) } else { None };
            for extra in need.with.iter().map(|extra| normal(extra)).chain(always) {
                by_extra.entry(extra).or_default().push(bundles.len());
            }
            bundles.push(vec![need]);
        }
        self.nodes.push(Node { name: normal(name), version, own, bundles, by_extra });
    }

    /// A manifest of the project, also where it asks for nothing.
    pub fn root(&mut self, builder: &mut Builder, manifest: &str) {
        self.rooted = true;
        builder.root(manifest);
    }

    /// The project asks for something.
    pub fn ask(&mut self, asked: Asked) {
        self.asked.push(asked);
    }

    /// What a manifest declares is asked for.
    pub fn ask_all(&mut self, builder: &mut Builder, manifest: &Manifest) {
        self.root(builder, &manifest.path);
        for declared in &manifest.declared {
            let need = Need {
                name: declared.name.clone(),
                range: declared.range.clone(),
                extras: manifest.extras.get(&declared.name).cloned().unwrap_or_default(),
                // What a manifest asks for is looked after for all formats at once.
                conditional: true,
                ..Need::default()
            };
            self.ask(Asked { manifest: manifest.path.clone(), scope: declared.scope, need });
        }
    }

    /// As [`Graph::link`]. A package that others need everywhere, without an extra, and that is not there is counted.
    pub fn link_whole(self, builder: &mut Builder) {
        for name in self.link(builder) {
            // Resolvers left these to whoever sets up the environment.
            if !["setuptools", "pip", "wheel", "distribute"].contains(&&*normal(&name)) {
                builder.gaps.add(reason::MISSING, &name);
            }
        }
    }

    /// Tells the builder who needs whom and what is asked for. The names that are needed and are not there come back.
    pub fn link(mut self, builder: &mut Builder) -> BTreeSet<String> {
        let mut sorted: Vec<usize> = (0..self.nodes.len()).collect();
        sorted.sort_by_key(|at| self.nodes.get(*at).map(Node::sorts_as));
        self.sorted = sorted;
        let (mut missing, mut stand_ins) = (BTreeSet::new(), BTreeSet::new());
        let (mut seen, mut waiting): (BTreeSet<Step>, Vec<Step>) = (BTreeSet::new(), Vec::new());
        let mut followed: BTreeSet<(usize, usize, Scope)> = BTreeSet::new();
        for asked in std::mem::take(&mut self.asked) {
            self.follow(&asked.need, asked.scope, &mut seen, &mut waiting, &mut missing, |at| {
                self.want(builder, &asked.manifest, asked.scope, &asked.need, at);
            });
        }
        // What nobody asks for is gone through at the end. Where nobody says what is asked for, all extras may be.
        let mut rest = 0..self.nodes.len();
        loop {
            let Some((at, extra, scope)) = waiting.pop() else {
                let Some(at) = rest.next() else { break };
                let is_new = |scope| !seen.contains(&(at, String::new(), scope));
                if !self.rooted || (is_new(Scope::Production) && is_new(Scope::Development)) {
                    let extras = self.nodes.get(at).into_iter().flat_map(|node| node.by_extra.keys());
                    let wanted = extras.filter(|extra| extra.is_empty() || !self.rooted);
                    let steps: Vec<Step> = wanted.map(|extra| (at, extra.clone(), Scope::Production)).collect();
                    waiting.extend(steps.into_iter().filter(|step| seen.insert(step.clone())));
                }
                continue;
            };
            let Some(node) = self.nodes.get(at) else { continue };
            let bundles = node.by_extra.get(&extra).into_iter().flatten();
            let bundles = bundles.filter(|bundle| followed.insert((at, **bundle, scope)));
            for need in bundles.filter_map(|bundle| node.bundles.get(*bundle)).flatten() {
                self.follow(need, scope, &mut seen, &mut waiting, &mut missing, |to| match &node.own {
                    Some(manifest) => self.want(builder, manifest, scope, need, to),
                    None if to != at => {
                        // No package of a registry needs one that only the project has.
                        if let Some(own) = self.nodes.get(to).filter(|node| node.own.is_some()) {
                            stand_ins.insert(own.name.clone());
                        }
                        builder.needs_range(at.to_string(), to.to_string(), &need.range);
                    }
                    None => {}
                });
            }
        }
        builder.stand_in(&stand_ins);
        missing
    }

    /// Links a need to what meets it, and has that gone through where it is new.
    fn follow(
        &self,
        need: &Need,
        scope: Scope,
        seen: &mut BTreeSet<Step>,
        waiting: &mut Vec<Step>,
        missing: &mut BTreeSet<String>,
        mut link: impl FnMut(usize),
    ) {
        let found = self.candidates(need);
        // Where nobody says what is asked for, no extra may be.
        let is_sure = !need.conditional && (self.rooted || need.with.is_empty());
        if found.is_empty() && is_sure {
            missing.insert(need.name.clone());
        }
        for at in found {
            link(at);
            let extras = need.extras.iter().map(|extra| normal(extra));
            // What a package has no needs for leads nowhere.
            let has = |extra: &String| self.nodes.get(at).is_some_and(|node| node.by_extra.contains_key(extra));
            for extra in std::iter::once(String::new()).chain(extras.filter(has)) {
                let step = (at, extra, scope);
                if seen.insert(step.clone()) {
                    waiting.push(step);
                }
            }
        }
    }

    /// The first packages from this name and version on that are what is looked for.
    fn first_from(&self, name: &str, version: &str, is_it: impl Fn(&Node) -> bool) -> Vec<usize> {
        let node = |at: usize| self.nodes.get(at);
        let from = self.sorted.partition_point(|at| node(*at).is_some_and(|node| node.sorts_as() < (name, version)));
        let same = self.sorted.iter().skip(from).take(MAX_VERSIONS).copied();
        same.take_while(|at| node(*at).is_some_and(&is_it)).collect()
    }

    fn want(&self, builder: &mut Builder, manifest: &str, scope: Scope, need: &Need, at: usize) {
        // A package of the project's own is no package here.
        if self.nodes.get(at).is_some_and(|node| node.own.is_none()) {
            builder.wants(manifest, &need.name, &need.range, scope, at.to_string());
        }
    }

    /// The packages that a need is met by: the version that it names, else all that its range allows, one for each
    /// platform; all of that name where the range is not understood.
    fn candidates(&self, need: &Need) -> Vec<usize> {
        let name = normal(&need.name);
        if let Some(version) = &need.version {
            let exact = self.first_from(&name, version, |node| node.name == name && node.version == *version);
            if !exact.is_empty() {
                return exact;
            }
        }
        let named = self.first_from(&name, "", |node| node.name == name);
        let fits = |at: &usize| self.nodes.get(*at).is_none_or(|node| may_be(&need.range, &node.version));
        let fitting: Vec<usize> =
            if named.len() > 1 { named.iter().copied().filter(fits).collect() } else { Vec::new() };
        if fitting.is_empty() { named } else { fitting }
    }
}

fn normal(name: &str) -> String {
    Ecosystem::PyPi.normalize(name)
}

fn may_be(range: &str, version: &str) -> bool {
    let version = Version::parse(Ecosystem::PyPi, version);
    range.is_empty() || version.and_then(|version| range::allows(Ecosystem::PyPi, range, &version)) != Some(false)
}

/// The manifest of a package of the project's own in `folder`, relative to the lock file's: `.`, `libs/core`, `../core`.
/// One that lies outside the project counts as the lock file's own.
pub fn own_manifest(around: &Around<'_>, folder: &str) -> String {
    let mut parts: Vec<&str> = around.folder().split('/').filter(|part| !part.is_empty()).collect();
    for part in folder.trim_start_matches("file://").split('/') {
        match part {
            "" | "." => {}
            ".." if parts.pop().is_none() => return around.manifest_path("", "pyproject.toml"),
            ".." => {}
            _ => parts.push(part),
        }
    }
    let at = |name: &str| parts.iter().copied().chain([name]).collect::<Vec<_>>().join("/");
    let known = ["pyproject.toml", "setup.cfg", "setup.py"].into_iter().map(at);
    known.into_iter().find(|path| around.manifests.contains_key(path)).unwrap_or_else(|| at("pyproject.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::packages::Manager;

    #[test]
    fn what_many_extras_share_is_kept_and_followed_once() {
        let with: Rc<[String]> = (0..300).map(|n| format!("extra{n}")).collect();
        let need = |n: usize| Need { name: format!("p{n}"), with: Rc::clone(&with), ..Need::default() };
        let (mut graph, mut builder) = (Graph::default(), Builder::new(Manager::Pdm, "4"));
        graph.add(&mut builder, Draft::new("all", "1.0", 1), (0..300).map(need).collect());
        for n in 0..300 {
            graph.add(&mut builder, Draft::new(format!("p{n}"), "1.0", 2), Vec::new());
        }
        let node = &graph.nodes[0];
        assert_eq!(node.bundles.iter().map(Vec::len).collect::<Vec<_>>(), [300]);
        assert_eq!(node.by_extra.values().map(Vec::len).sum::<usize>(), 300);
        assert!(graph.link(&mut builder).is_empty());
        let lock = builder.finish("pdm.lock").lock;
        assert_eq!(lock.packages.iter().map(|package| package.needs.len()).sum::<usize>(), 300);
    }
}
