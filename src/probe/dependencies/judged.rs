//! What is known of one package version that advisories speak of, put together and weighed.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::advisory::{self, Group, Standing};
use super::nearest::{Nearest, nearest};
use super::osv::Answers;
use super::parts_used::parts_used;
use super::proposed;
use super::query::Query;
use super::uses::{Finder, Imports, is_perhaps_installed};
use super::way_out::{Fixes, Overrides, Situation, one_table, several, way_out};
use super::ways_in::{Graph, WaysIn};
use crate::model::{Confidence, PartsUsed, Severity, Uses, WayOut};
use crate::probe::packages::{Ecosystem, LockFile, LockedPackage, Packages, Scope, Version};
use crate::probe::repository::is_aside;

/// How bad a hole is where nobody has rated it.
pub const UNRATED: Severity = Severity::Major;

/// One vulnerable package version of one lock file.
pub struct Judged<'a> {
    /// The lock file.
    pub lock: &'a LockFile,
    /// The package.
    pub package: &'a LockedPackage,
    /// What is known against it.
    pub groups: Vec<Group>,
    /// How it comes in.
    pub ways: WaysIn<'a>,
    /// What to do.
    pub out: WayOut,
    /// Whether the code uses it.
    pub uses: Uses,
}

/// A vulnerable package version, before anything but the advisories was looked at.
pub struct Hit<'a> {
    lock: usize,
    place: usize,
    groups: Vec<Group>,
    package: &'a LockedPackage,
}

impl Hit<'_> {
    /// Where the package comes from, and its name.
    #[must_use]
    pub fn name(&self) -> (Ecosystem, &str) {
        (self.package.ecosystem, &self.package.name)
    }
}

/// The vulnerable packages of every lock file, in the order of the files and the packages.
#[must_use]
pub fn hits<'a>(locked: &'a Packages, answers: &Answers, cancel: &CancellationToken) -> Vec<Hit<'a>> {
    let mut found = Vec::new();
    for (at, lock) in locked.locks.iter().enumerate() {
        for (place, package) in lock.packages.iter().enumerate() {
            if cancel.is_cancelled() {
                return found;
            }
            let query = Query::of(package);
            let Some(advisories) = answers.hits.get(&query) else { continue };
            let Some(version) = Version::parse(package.ecosystem, &package.version) else { continue };
            let standings = advisories
                .iter()
                .map(|advisory| (Arc::clone(advisory), advisory::standing(advisory, &query, &version)))
                .filter(|(_, standing)| *standing != Standing::NoConcern)
                .collect();
            let groups = advisory::group(standings);
            if !groups.is_empty() {
                found.push(Hit { lock: at, place, groups, package });
            }
        }
    }
    found
}

/// Weighs each of `hits`, and hands it to `tell`.
pub fn judge<'a>(
    locked: &'a Packages,
    hits: Vec<Hit<'a>>,
    answers: &Answers,
    imports: &Imports,
    cancel: &CancellationToken,
    mut tell: impl FnMut(Judged<'a>),
) {
    let about = proposed::about(answers);
    let mut fixes = Fixes::default();
    let mut nearests = Vec::with_capacity(hits.len());
    for hit in &hits {
        let package = hit.package;
        let name = package.ecosystem.normalize(&package.name);
        let advisories = about.get(&(package.ecosystem, name.clone())).map_or(&[][..], Vec::as_slice);
        let nearest = nearest(package, advisories);
        if let Nearest::Fixed(version) | Nearest::Most { version, .. } = &nearest {
            fixes.insert((package.ecosystem, name, package.version.clone()), version.clone());
        }
        nearests.push(nearest);
    }
    let finder = Finder::new(imports);
    let mut graph: Option<(usize, Graph<'a>, BTreeSet<&'a str>)> = None;
    let mut of_lock: Vec<Judged<'a>> = Vec::new();
    for (mut hit, nearest) in hits.into_iter().zip(nearests) {
        if cancel.is_cancelled() {
            return;
        }
        let Some(lock) = locked.locks.get(hit.lock) else { continue };
        if graph.as_ref().is_none_or(|(of, ..)| *of != hit.lock) {
            tell_together(&mut of_lock, &mut tell);
            graph = Some((hit.lock, Graph::of(lock), several(lock)));
        }
        let Some((_, graph, several)) = &graph else { continue };
        let package = hit.package;
        let ways = graph.ways_in(hit.place, &locked.manifests);
        let malware = hit.groups.iter().any(|group| group.malware);
        let uses = finder.uses(lock, package, &ways, &locked.manifests);
        let imported = matches!(&uses, Uses::Imported { package: name, .. } if *name == package.name);
        let overrides = Overrides::of(graph, &locked.manifests);
        let out = way_out(&Situation {
            lock,
            package,
            at: hit.place,
            overrides: &overrides,
            ways: &ways,
            nearest: &nearest,
            fixes: &fixes,
            malware,
            several,
            manifests: &locked.manifests,
            imported,
        });
        for group in &mut hit.groups {
            let parts = group.parts(package.ecosystem, &package.name);
            group.parts_used = parts_used(imports, lock, package, &ways, &parts.named);
        }
        of_lock.push(Judged { lock, package, groups: hit.groups, ways, out, uses });
    }
    tell_together(&mut of_lock, &mut tell);
}

/// Tells those of one lock file, whose ways out may write into one table.
fn tell_together<'a>(of_lock: &mut Vec<Judged<'a>>, tell: &mut impl FnMut(Judged<'a>)) {
    one_table(of_lock.iter_mut().map(|one| (&*one.package.name, &*one.package.version, &mut one.out)).collect());
    of_lock.drain(..).for_each(tell);
}

impl Judged<'_> {
    /// For building and testing only, as far as the lock file says.
    #[must_use]
    pub fn is_listed_for_development(&self) -> bool {
        self.package.scope == Scope::Development
    }

    /// For building and testing only: production code does not import it, as it does what is bundled.
    #[must_use]
    pub fn is_development(&self) -> bool {
        self.is_listed_for_development() && !matches!(self.uses, Uses::Imported { .. })
    }

    /// The lock file is no part of what is deployed, as its path says.
    #[must_use]
    pub fn is_aside(&self) -> bool {
        is_aside(&self.lock.path)
    }

    /// Production would install it, and none of the code uses it.
    #[must_use]
    pub fn is_unused(&self) -> bool {
        self.uses == Uses::NotImported && !self.is_development()
    }

    /// The lines that name it: several where as many commands of a container install it.
    #[must_use]
    pub fn lines(&self) -> Vec<u32> {
        let packages = &self.lock.packages;
        let at = packages.iter().position(|package| std::ptr::eq(package, self.package));
        let typed = at.into_iter().flat_map(|at| self.lock.typed_for(at)).map(|one| one.line);
        let lines: BTreeSet<u32> = typed.chain([self.package.line]).collect();
        lines.into_iter().collect()
    }

    /// Nothing says that it arrives: only a constraints file names it, and the code does not import it.
    #[must_use]
    pub fn is_unsure(&self) -> bool {
        let imported = matches!(&self.uses, Uses::Imported { package, .. } if *package == self.package.name);
        is_perhaps_installed(self.lock, &self.ways) && !imported
    }

    /// Production would install it, and none of what the hole is in is built.
    #[must_use]
    pub fn is_part_unused(&self, group: &Group) -> bool {
        matches!(group.parts_used, PartsUsed::NotBuilt { .. }) && !self.is_development()
    }

    /// It is no part of what arrives, as far as its readers say.
    ///
    /// Only where all that reads a constraints file names all that it installs. Elsewhere nothing says what those packages
    /// need, and somebody wrote the pin for one of them: `requests` always brings `urllib3`. To call such a hole smaller would
    /// let an app pass that has it; that it is perhaps not there is said in the words, and in the confidence.
    #[must_use]
    pub fn is_likely_absent(&self) -> bool {
        self.is_unsure() && self.lock.readers_name_all
    }

    /// How bad one of the holes is here. What no user can reach, or is likely not there, counts one step less, once.
    #[must_use]
    pub fn severity(&self, group: &Group) -> Severity {
        let severity = group.severity.unwrap_or(UNRATED);
        // Malware runs where it is installed: on the developer's machine and in CI, beside the keys.
        let unlikely = self.is_aside() || self.is_likely_absent();
        let reached = !(self.is_development() || unlikely || self.is_unused() || self.is_part_unused(group));
        if group.malware || reached {
            return severity;
        }
        match severity {
            Severity::Blocker => Severity::Major,
            Severity::Major | Severity::Minor => Severity::Minor,
        }
    }

    /// How sure it is that this hole is there and matters.
    #[must_use]
    pub fn confidence(&self, group: &Group) -> Confidence {
        let confidence = if group.confirmed {
            Confidence::High
        } else if group.disputed {
            Confidence::Low
        } else {
            Confidence::Medium
        };
        match confidence {
            _ if group.malware => confidence,
            // The audit is of what is shipped. Whether a tool comes to be part of that, people have to say.
            _ if self.is_development() => Confidence::Low,
            // Most pins of a shared constraints file never arrive: whether this one does, people have to see.
            _ if self.is_unsure() => Confidence::Low,
            // Then it is there, and cannot matter.
            _ if matches!(group.parts_used, PartsUsed::NotBuilt { .. }) => Confidence::Low,
            // Other packages may import it all the same: goquery needs `golang.org/x/net/html`, which its users do not name.
            _ if !(self.is_unused() || self.is_aside() || group.parts_used == PartsUsed::NotByOwnCode) => confidence,
            Confidence::High => Confidence::Medium,
            Confidence::Medium | Confidence::Low => Confidence::Low,
        }
    }

    /// How bad the worst of it is.
    #[must_use]
    pub fn worst(&self) -> Severity {
        self.groups.iter().map(|group| self.severity(group)).max().unwrap_or(Severity::Minor)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::Finding;
    use crate::probe::dependencies::advisory::{Advisory, Affects, Event, Parts, Range};
    use crate::probe::dependencies::uses::{Code, Place, PlaceKind};
    use crate::probe::dependencies::vendored::Vendored;
    use crate::probe::dependencies::vulnerable_dependency;
    use crate::probe::packages::lock::{Builder, Draft};
    use crate::probe::packages::{Ecosystem, Manager};

    /// What is said of `a` in a lock file of this path, whose advisory is of this kind.
    fn weighed(path: &str, scope: Scope, malware: bool, imports: &Imports) -> (Severity, Confidence, bool) {
        let (finding, unused) = found(path, scope, malware, imports);
        (finding.severity, finding.confidence, unused)
    }

    fn found(path: &str, scope: Scope, malware: bool, imports: &Imports) -> (Finding, bool) {
        let mut builder = Builder::new(Manager::Npm, "3");
        builder.add("a", Draft::new("a", "1.0.0", 1));
        builder.wants("package.json", "a", "^1.0.0", scope, "a");
        let lock = builder.finish(path).lock;
        let query = Query::of(&lock.packages[0]);
        let affects = Affects {
            ecosystem: Ecosystem::Npm,
            package: "a".to_owned(),
            ranges: vec![Range(vec![Event::Introduced("0".to_owned())])],
            unread: false,
            versions: Vec::new(),
            last_known: None,
            informational: None,
            parts: Parts::default(),
        };
        let advisory = Advisory {
            rating: Some("CRITICAL".to_owned()),
            malware,
            affects: vec![affects],
            ..Advisory::bare("GHSA-1")
        };
        let mut answers = Answers::default();
        answers.hits.insert(query, vec![Arc::new(advisory)]);
        let locked = Packages { locks: vec![lock], ..Packages::default() };
        let cancel = CancellationToken::new();
        let found = hits(&locked, &answers, &cancel);
        let mut told = Vec::new();
        judge(&locked, found, &answers, imports, &cancel, |one| {
            told.push((vulnerable_dependency::finding(&one, &one.groups[0]), one.is_unused()));
        });
        assert_eq!(told.len(), 1);
        told.remove(0)
    }

    #[test]
    fn what_only_a_constraints_file_names_is_told_as_that() {
        let files = [
            ("requirements.txt", "-c c.txt\nflask\n"),
            ("c.txt", "click==1.0\n    # via flask\nflask==2.0\ndeep==1.0\n"),
        ];
        let told = held(&files);
        let why = "c.txt only says its version, should something else need it".to_owned();
        let deep = "deep 1.0 (if what requirements.txt installs needs it, which cannot be seen here: c.txt only says its version";
        // Nothing says what flask needs: nobody may call the hole smaller.
        assert_eq!(told[1], (Severity::Blocker, Confidence::Low, deep.to_owned(), Uses::Unknown { why: why.clone() }));
        assert_eq!((told[2].1, &*told[2].2), (Confidence::High, "flask 2.0 (via c.txt"));
        // The file notes that what is asked for needs it.
        assert_eq!((told[0].1, told[0].2.contains("needs it")), (Confidence::High, false));
        // Who reads it names all that arrives.
        let told = held(&[
            ("requirements.txt", "-c c.txt\nclick==8.0\n    # via flask\nflask==5.0\n    # via -r requirements.in\n"),
            ("c.txt", "deep==1.0\n"),
        ]);
        let deep = told.iter().find(|one| one.2.starts_with("deep")).unwrap();
        let words = "deep 1.0 (if something else needs it: c.txt only says its version".to_owned();
        assert_eq!(*deep, (Severity::Major, Confidence::Low, words, Uses::Unknown { why }));
        // A container's command names packages whose needs nothing says.
        let told = held(&[
            ("Dockerfile", "FROM python:3.13\nRUN pip install requests==5.0 -c c.txt\n"),
            ("c.txt", "urllib3==1.26.0\n"),
        ]);
        let words = "urllib3 1.26.0 (if what Dockerfile installs needs it, which cannot be seen here: c.txt only says its version";
        assert_eq!((told[0].0, told[0].1, &*told[0].2), (Severity::Blocker, Confidence::Low, words));
    }

    /// Answers by which every package of these lock files, all of Python, has a hole below version 9, of the severity that
    /// `severity` gives its name.
    pub fn holes(locked: &Packages, severity: impl Fn(&str) -> &'static str) -> Answers {
        let mut answers = Answers::default();
        for package in locked.locks.iter().flat_map(|lock| &lock.packages) {
            let record = serde_json::json!({
                "id": format!("PYSEC-{}", package.name), "summary": "Bad",
                "database_specific": {"severity": severity(&package.name)},
                "affected": [{
                    "package": {"ecosystem": "PyPI", "name": package.name},
                    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9.0"}]}],
                }],
            });
            let Ok(advisory::Parsed::InForce(advisory)) = advisory::parse(record.to_string().as_bytes()) else {
                panic!()
            };
            answers.hits.insert(Query::of(package), vec![Arc::new(*advisory)]);
        }
        answers
    }

    /// What is said of every package of these files that comes with lock files, each with a critical hole.
    fn held(files: &[(&str, &str)]) -> Vec<(Severity, Confidence, String, Uses)> {
        let (_folder, listing) = crate::probe::samples::listed(files);
        let cancel = CancellationToken::new();
        let locked = crate::probe::packages::collect(&listing, &cancel);
        let answers = holes(&locked, |_| "CRITICAL");
        let code = BTreeMap::from([(Ecosystem::PyPi, Code { files: 1, ..Code::default() })]);
        let imports = Imports { code, ..Imports::default() };
        let mut told = Vec::new();
        judge(&locked, hits(&locked, &answers, &cancel), &answers, &imports, &cancel, |one| {
            let finding = vulnerable_dependency::finding(&one, &one.groups[0]);
            let message = finding.message.split(')').next().unwrap().to_owned();
            told.push((finding.severity, finding.confidence, message, one.uses));
        });
        told
    }

    /// What is said of `example.com/m`, of which the code imports `imported` and a critical advisory names `part`.
    fn of_go(direct: bool, part: &str, imported: &str, list: Option<&str>) -> (Severity, Confidence, String) {
        beside("example.com/z", direct, part, imported, list)
    }

    fn beside(
        other: &str,
        direct: bool,
        part: &str,
        imported: &str,
        list: Option<&str>,
    ) -> (Severity, Confidence, String) {
        let mut builder = Builder::new(Manager::Go, "1.22");
        builder.add("z", Draft::new(other, "v1.22.1", 5));
        builder.add("m", Draft::new("example.com/m", "v1.0.0", 4));
        builder.root("go.mod");
        if direct {
            builder.wants("go.mod", "example.com/m", "v1.0.0", Scope::Production, "m");
        }
        let lock = builder.finish("go.mod").lock;
        let record = serde_json::json!({
            "id": "GO-1", "summary": "Bad", "database_specific": {"severity": "CRITICAL"},
            "affected": [{
                "package": {"ecosystem": "Go", "name": "example.com/m"},
                "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.1.0"}]}],
                "ecosystem_specific": {"imports": [{"path": part, "symbols": ["Dial"]}]},
            }],
        });
        let Ok(advisory::Parsed::InForce(advisory)) = advisory::parse(record.to_string().as_bytes()) else { panic!() };
        let mut answers = Answers::default();
        answers.hits.insert(Query::of(&lock.packages[0]), vec![Arc::new(*advisory)]);
        let locked = Packages { locks: vec![lock], ..Packages::default() };
        let place = Place { kind: PlaceKind::Production, path: "main.go".to_owned(), line: 5 };
        let modules = BTreeMap::from([(imported.to_owned(), vec![place])]);
        let code = Code { files: 1, modules, ..Code::default() };
        let vendored = list.map(|text| ("go.mod".to_owned(), Vendored::read("vendor/modules.txt", text)));
        let imports = Imports {
            code: BTreeMap::from([(Ecosystem::Go, code)]),
            vendored: vendored.into_iter().collect(),
            ..Imports::default()
        };
        let cancel = CancellationToken::new();
        let mut told = Vec::new();
        judge(&locked, hits(&locked, &answers, &cancel), &answers, &imports, &cancel, |one| {
            let finding = vulnerable_dependency::finding(&one, &one.groups[0]);
            told.push((finding.severity, finding.confidence, finding.message));
        });
        told.pop().unwrap()
    }

    #[test]
    fn a_hole_in_a_part_that_the_code_does_not_import_counts_less_and_stays() {
        let said = |via: &str| {
            format!("example.com/m v1.0.0 ({via}via go.mod) has a known vulnerability, fixed in 1.1.0: Bad (GO-1)")
        };
        let (blocker, major) = (Severity::Blocker, Severity::Major);
        let (high, medium, low) = (Confidence::High, Confidence::Medium, Confidence::Low);
        let (ssh, hash) = ("example.com/m/ssh", "example.com/m/hash");
        let not_own = said("this project's own code does not import example.com/m/ssh, another package may, ");
        assert_eq!(of_go(true, ssh, hash, None), (blocker, medium, not_own.clone()));
        assert_eq!(beside("stdlib", true, ssh, hash, None), (blocker, medium, not_own), "another part of it may");
        assert_eq!(of_go(true, ssh, ssh, None), (blocker, high, said("")));
        // What others bring in, they may use.
        assert_eq!(of_go(false, ssh, "example.com/own", None), (blocker, high, said("")));
        assert_eq!(of_go(true, "example.com/m/internal/x", hash, None), (blocker, high, said("")));
        // Nothing of the module is imported, which is no second step.
        assert_eq!(
            beside("stdlib", true, ssh, "example.com/other", None),
            (major, medium, said("never imported by production code, "))
        );
        let list = |package: &str| format!("# example.com/m v1.0.0\n## explicit\n{package}\n");
        let not_built = said("nothing that is built imports example.com/m/ssh, ");
        assert_eq!(of_go(true, ssh, hash, Some(&list(hash))), (major, low, not_built.clone()));
        assert_eq!(of_go(false, ssh, hash, Some(&list(hash))), (major, low, not_built));
        assert_eq!(of_go(true, ssh, hash, Some(&list(ssh))), (blocker, high, said("")));
    }

    #[test]
    fn what_no_user_can_reach_counts_one_step_less_and_once() {
        let unknown = Imports::default();
        let unused = Imports {
            code: BTreeMap::from([(Ecosystem::Npm, Code { files: 1, ..Code::default() })]),
            ..Imports::default()
        };
        let (blocker, major) = (Severity::Blocker, Severity::Major);
        let place = Place { kind: PlaceKind::Production, path: "src/app.ts".to_owned(), line: 1 };
        let code = Code { files: 1, modules: BTreeMap::from([("a".to_owned(), vec![place])]), ..Code::default() };
        let bundled = Imports { code: BTreeMap::from([(Ecosystem::Npm, code)]), ..Imports::default() };
        let (high, medium, low) = (Confidence::High, Confidence::Medium, Confidence::Low);
        let (root, aside) = ("package-lock.json", "examples/shop/package-lock.json");
        for (path, scope, malware, imports, expected) in [
            (root, Scope::Production, false, &unknown, (blocker, high, false)),
            (root, Scope::Production, false, &unused, (major, medium, true)),
            (root, Scope::Development, false, &unknown, (major, low, false)),
            // That production does not import what is for development only says nothing more.
            (root, Scope::Development, false, &unused, (major, low, false)),
            // What is bundled is often asked for so, and users meet it.
            (root, Scope::Development, false, &bundled, (blocker, high, false)),
            (aside, Scope::Production, false, &unknown, (major, medium, false)),
            (aside, Scope::Production, false, &unused, (major, medium, true)),
            (aside, Scope::Development, true, &unused, (blocker, high, false)),
            (root, Scope::Production, true, &unused, (blocker, high, true)),
        ] {
            assert_eq!(weighed(path, scope, malware, imports), expected, "{path} {scope:?} {malware}");
        }
        let said = |imports: &Imports| found(root, Scope::Development, false, imports).0.message;
        assert!(said(&unused).starts_with("a 1.0.0 (for development only, via package-lock.json) has "));
        assert!(said(&bundled).starts_with(
            "a 1.0.0 (listed for development only, but production code imports it in src/app.ts:1, via package-lock.json) has "
        ));
    }
}
