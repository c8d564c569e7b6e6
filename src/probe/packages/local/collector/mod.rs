//! Which packages of the project come from folders and forks: manifests, lock files and commands say it, each in its own way.

mod missed;
mod own_code;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use missed::beyond;
use own_code::{is_fresh, says_nothing};

use super::places::Places;
use super::{InstalledFolder, LocalPackage, is_kin, shown_place};
use crate::probe::files::Listing;
use crate::probe::packages::lock::{GO_LIBRARY, Local};
use crate::probe::packages::manifest::{Declared, Manifest, Placed, ecosystem, members};
use crate::probe::packages::version::Version;
use crate::probe::packages::{Ecosystem, Manager, Packages, range};
use crate::probe::paths::{folder, joined};
use crate::probe::repository::is_aside;

/// A container builds it from a repository that it clones.
const CLONED: &str = "package that a container installs from what it cloned, so it was not examined";
/// Nobody's folders are nested deeper.
const MOST_FOLDERS: usize = 100;

/// What is found of one package.
struct Found<'a> {
    ecosystem: Ecosystem,
    name: &'a str,
    version: Option<&'a str>,
    /// As [`LocalPackage::place`].
    place: &'a str,
    /// The file that says so.
    path: &'a str,
    /// It takes the place of a package that others need: then even what says nothing else is no proof of own code.
    stands_in: bool,
    /// Its manifest says that nobody may publish it.
    private: bool,
    /// `place` names another package of the registry.
    fork: bool,
}

/// Collects local packages. Each way in which they come about has a method of its own.
pub struct Collector<'p> {
    found: &'p Packages,
    /// The manifests in each folder, which is written in small letters and without a `/` at its end.
    in_folders: BTreeMap<String, Vec<&'p Manifest>>,
    /// What is asked for as if it were published, by its name: members of npm's workspaces, modules of Maven and Gradle. With
    /// the folder below which it is meant.
    members: BTreeMap<(Ecosystem, &'p str), Vec<(&'p str, &'p Manifest)>>,
    /// What the project as a whole calls itself.
    projects: Vec<(Ecosystem, &'p str)>,
    /// The manifests that what is deployed takes in, wherever they lie.
    deployed: BTreeSet<&'p str>,
    locals: BTreeSet<LocalPackage>,
    /// What is not among the project's files: the file that names it, why, and what it says.
    unseen: Vec<(String, &'static str, String)>,
    /// The folders and the names of those, as several files tell of one.
    missed: BTreeSet<(bool, Ecosystem, String)>,
    /// The names that manifests ask for.
    asked: BTreeSet<(Ecosystem, String)>,
    /// The names that manifests give their packages.
    names: BTreeSet<(Ecosystem, String)>,
    /// Those of which lock files say a folder.
    linked: BTreeSet<(Ecosystem, String)>,
    /// How many crates of a workspace have a version.
    in_step: OnceCell<BTreeMap<(&'p str, &'p str), usize>>,
    /// The requirements files.
    lists: BTreeSet<&'p str>,
    places: Places<'p>,
}

impl<'p> Collector<'p> {
    /// Of what was read so far.
    pub fn new(found: &'p Packages, listing: &'p Listing) -> Self {
        let mut in_folders: BTreeMap<String, Vec<&Manifest>> = BTreeMap::new();
        let mut projects = Vec::new();
        for (path, manifest) in &found.manifests {
            in_folders.entry(folder(path).trim_end_matches('/').to_lowercase()).or_default().push(manifest);
            if let (None, Some(ecosystem), Some(name)) = (path.find('/'), ecosystem(path), &manifest.name) {
                projects.push((ecosystem, name.as_str()));
            }
        }
        let (members, locals, unseen) = (members_of(found), BTreeSet::new(), Vec::new());
        let (deployed, missed, places) = (BTreeSet::new(), BTreeSet::new(), Places::of(listing));
        let of_kind = found.manifests.values().filter_map(|one| Some((ecosystem(&one.path)?, one)));
        let named = of_kind.clone().filter_map(|(kind, one)| Some((kind, kind.normalize(one.name.as_deref()?))));
        let names = named.collect();
        let all = of_kind.flat_map(|(kind, one)| one.declared.iter().map(move |declared| (kind, declared)));
        let both = |(kind, one): (Ecosystem, &Declared)| {
            [Some(&one.name), one.alias.as_ref()]
                .into_iter()
                .flatten()
                .map(|name| (kind, kind.normalize(name)))
                .collect::<Vec<_>>()
        };
        let asked = all.flat_map(both).collect();
        let linked =
            found.locks.iter().flat_map(|lock| lock.locals.iter().map(|local| (lock.manager.ecosystem(), local)));
        let linked = linked.map(|(kind, local)| (kind, kind.normalize(&local.name))).collect();
        let lists = found.locks.iter().filter(|lock| lock.manager == Manager::Pip);
        let lists = lists.map(|lock| lock.path.as_str()).collect();
        let mut collector = Self {
            found,
            in_folders,
            members,
            projects,
            deployed,
            locals,
            unseen,
            missed,
            asked,
            names,
            linked,
            in_step: OnceCell::new(),
            lists,
            places,
        };
        collector.deployed = collector.reached();
        collector
    }

    /// The packages, and what is not among the project's files: who names it, why that is so, and what it is.
    pub fn finish(self) -> (Vec<LocalPackage>, Vec<(String, &'static str, String)>) {
        let known: BTreeSet<_> =
            self.locals.iter().filter(|one| one.version.is_some()).map(LocalPackage::without_version).collect();
        // Several files may tell of one package, and only one of them its version.
        let is_told = |one: &LocalPackage| one.version.is_none() && known.contains(&one.without_version());
        let mut told = BTreeSet::new();
        let once = |one: &LocalPackage| told.insert((one.without_version(), one.version.clone()));
        let seen = |one: &&LocalPackage| !is_told(one) && !self.is_missed(one);
        let locals: Vec<LocalPackage> = self.locals.iter().filter(seen).cloned().collect();
        (locals.into_iter().filter(once).collect(), self.unseen)
    }

    fn add(&mut self, one: &Found<'_>) {
        let Found { ecosystem, name, place, path, .. } = *one;
        if !one.stands_in && !one.fork && is_fresh(ecosystem, one.version, one.private) {
            return;
        }
        let is_said = |version: &&str| !says_nothing(ecosystem, version);
        let version = one.version.filter(is_said).map(str::to_owned);
        let place = place.trim_end_matches('/').to_owned();
        let fork = one.fork.then(|| place.clone());
        let aside = is_aside(path) && !self.deployed.contains(path);
        let (name, path) = (ecosystem.normalize(name), path.to_owned());
        self.locals.insert(LocalPackage { ecosystem, name, version, place, fork, path, aside });
    }

    /// Whether a package bears the scope or owner of a project that asks for it, or of the whole.
    fn is_own(&self, ecosystem: Ecosystem, name: &str, asks: Option<&Manifest>) -> bool {
        let projects = self.projects.iter().filter(|(of, _)| *of == ecosystem).map(|(_, project)| Some(*project));
        let mut all = projects.chain([asks.and_then(|asks| asks.name.as_deref())]);
        all.any(|project| is_kin(ecosystem, name, project))
    }

    fn manifests_in(&self, folder: &str, wanted: Ecosystem) -> Vec<&'p Manifest> {
        let there = self.in_folders.get(&folder.to_lowercase()).into_iter().flatten();
        there.filter(|one| ecosystem(&one.path) == Some(wanted)).copied().collect()
    }

    /// The folder of the project that `place` is, as a file in `from` names it: resolvers, `pip freeze` and containers write the
    /// project's own with folders above it that are not there.
    fn inside(&self, from: &str, place: &str) -> Option<String> {
        if !place.starts_with(['/', '~']) {
            return joined(from, place);
        }
        let tails = place.match_indices('/').take(MOST_FOLDERS).filter_map(|(at, _)| place.get(at + 1..));
        let mut tails = tails.map(|tail| tail.trim_end_matches('/')).filter(|tail| !tail.is_empty());
        tails.find_map(|tail| {
            let mut above = from;
            loop {
                if let Some(there) = joined(above, tail).filter(|there| self.holds(there)) {
                    return Some(there);
                }
                if above.is_empty() {
                    return None;
                }
                above = folder(above.trim_end_matches('/'));
            }
        })
    }

    /// Whether manifests lie in a folder or below.
    fn holds(&self, folder: &str) -> bool {
        let below = format!("{}/", folder.to_lowercase());
        self.in_folders.contains_key(below.trim_end_matches('/'))
            || self.in_folders.range(below.clone()..).next().is_some_and(|(path, _)| path.starts_with(&below))
    }

    /// The manifests to which those lead that are deployed, from folder to folder.
    fn reached(&self) -> BTreeSet<&'p str> {
        let all = self.found.manifests.values();
        let mut waiting: Vec<&Manifest> = all.filter(|one| !is_aside(&one.path)).collect();
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        while let Some(manifest) = waiting.pop() {
            let Some(ecosystem) = ecosystem(&manifest.path).filter(|_| reached.insert(&manifest.path)) else {
                continue;
            };
            let folders = manifest.placed.iter().filter_map(|one| self.inside(folder(&manifest.path), &one.folder));
            waiting.extend(folders.flat_map(|folder| self.manifests_in(&folder, ecosystem)));
            let asked = manifest.declared.iter().filter_map(|one| self.members.get(&(ecosystem, &*one.name)));
            waiting.extend(asked.flatten().map(|(_, member)| *member));
        }
        reached
    }

    /// What manifests say.
    pub fn add_manifests(&mut self) {
        for manifest in self.found.manifests.values() {
            // Included files may be called anything.
            let of_python = self.lists.contains(&*manifest.path).then_some(Ecosystem::PyPi);
            let Some(ecosystem) = ecosystem(&manifest.path).or(of_python) else { continue };
            for placed in &manifest.placed {
                self.add_placed(ecosystem, manifest, placed);
            }
            self.add_members(ecosystem, manifest);
            self.miss_members(ecosystem, manifest);
        }
    }

    /// The members of workspaces that nobody asks for: npm, Yarn and Bun link them for all code beside. Apps are private.
    pub fn add_linked(&mut self) {
        let named = self.members.iter().filter(|((kind, _), _)| *kind == Ecosystem::Npm);
        let all: Vec<_> = named.flat_map(|((_, name), all)| all.iter().map(|one| (*name, *one))).collect();
        for (name, (base, member)) in all {
            let root = self.found.manifests.get(&format!("{base}package.json"));
            let Some(root) = root.filter(|root| !root.members.is_empty() && root.path != member.path) else { continue };
            let is_asked = self.asked.contains(&(Ecosystem::Npm, name.to_owned()));
            if is_asked || member.private || member.version.is_none() || self.is_own(Ecosystem::Npm, name, Some(root)) {
                continue;
            }
            let (version, place, path) = (member.version.as_deref(), folder(&member.path), &*root.path);
            let (ecosystem, stands_in, private, fork) = (Ecosystem::Npm, false, false, false);
            self.add(&Found { ecosystem, name, version, place, path, stands_in, private, fork });
        }
    }

    /// What a manifest takes from a folder.
    fn add_placed(&mut self, ecosystem: Ecosystem, manifest: &Manifest, placed: &Placed) {
        let path = &manifest.path;
        let inside = self.inside(folder(path), &placed.folder);
        let Some(inside) = self.above(ecosystem, path, placed).or(inside) else {
            self.miss(ecosystem, path, &placed.name, &placed.folder, &beyond(folder(path), &placed.folder));
            return;
        };
        // The project itself, by a name of its own.
        if inside.is_empty() || format!("{inside}/") == folder(path) {
            return;
        }
        let there = self.manifests_in(&inside, ecosystem);
        if there.is_empty() && !self.places.hold(&inside, ecosystem) {
            // Composer's patterns of folders name any package; only what is there comes from one.
            let is_it = |place: &String| joined(folder(path), place).is_some_and(|at| at.eq_ignore_ascii_case(&inside));
            if ecosystem != Ecosystem::Packagist || manifest.members.iter().any(is_it) {
                self.miss(ecosystem, path, &placed.name, &placed.folder, &inside);
            }
            return;
        }
        // Of crates the lock file says the versions, also those that a workspace sets.
        let is_crate = ecosystem == Ecosystem::CratesIo;
        let is_own = is_crate || self.is_own(ecosystem, &placed.name, Some(manifest));
        if is_own || ecosystem == Ecosystem::Packagist && there.is_empty() {
            return;
        }
        let is_it = |name: &str| ecosystem.normalize(name) == ecosystem.normalize(&placed.name);
        let same = there.iter().find(|one| one.name.as_deref().is_some_and(is_it));
        // npm installs what is there under any name. Of Python a folder alone may be named, and called otherwise than what is
        // in it: `-e ./libs/http`.
        if same.is_some() || ecosystem != Ecosystem::PyPi || there.iter().all(|one| one.name.is_none()) {
            // Gradle's projects bear no names.
            let same = same.or(there.first().filter(|one| ecosystem == Ecosystem::Maven && one.name.is_none()));
            let (version, name) = (same.and_then(|one| one.version.as_deref()), &*placed.name);
            let (place, stands_in, private) = (&*inside, placed.forced, there.iter().any(|one| one.private));
            self.add(&Found { ecosystem, name, version, place, path, stands_in, private, fork: false });
        }
        if same.is_none() {
            self.add_those(ecosystem, &there, &inside, path);
        }
    }

    /// The packages of these manifests of a folder.
    fn add_those(&mut self, ecosystem: Ecosystem, there: &[&Manifest], place: &str, path: &str) {
        for one in there {
            if let Some(name) = one.name.as_deref().filter(|name| !self.is_own(ecosystem, name, None)) {
                let (version, private) = (one.version.as_deref(), one.private);
                self.add(&Found { ecosystem, name, version, place, path, stands_in: false, private, fork: false });
            }
        }
    }

    /// The members of workspaces of npm, and modules of Maven and Gradle, for which a manifest asks as if they were published.
    fn add_members(&mut self, ecosystem: Ecosystem, manifest: &Manifest) {
        for declared in &manifest.declared {
            let name = &*declared.name;
            let all = self.members.get(&(ecosystem, name)).cloned().unwrap_or_default();
            let all = all.into_iter().filter(|(base, member)| {
                member.path != manifest.path
                    && manifest.path.starts_with(base)
                    && may_be(ecosystem, &declared.range, member)
            });
            for (_, member) in all {
                if !self.is_own(ecosystem, name, Some(manifest)) {
                    let (version, place) = (member.version.as_deref(), folder(&member.path));
                    let (path, private) = (&*manifest.path, member.private);
                    self.add(&Found { ecosystem, name, version, place, path, stands_in: false, private, fork: false });
                }
            }
        }
    }

    /// What a command of a container installs from a folder that was copied from the project.
    pub fn add_installed(&mut self, one: &InstalledFolder) {
        let (path, ecosystem) = (&*one.path, one.ecosystem);
        for at in &one.folders {
            // `libs/*`: each folder in there.
            let (at, is_each) = at.strip_suffix("/*").map_or((&**at, false), |above| (above, true));
            let Some(inside) = self.inside(folder(path), &format!("/{at}")) else { continue };
            if !is_each {
                return self.add_installed_folder(ecosystem, &inside, path);
            }
            let below = format!("{}/", inside.to_lowercase());
            let all = self.in_folders.range(below.clone()..).take_while(|(path, _)| path.starts_with(&below));
            let all = all.filter(|(path, _)| !path.get(below.len()..).unwrap_or_default().contains('/'));
            for each in all.map(|(path, _)| path.clone()).collect::<Vec<_>>() {
                self.add_installed_folder(ecosystem, &each, path);
            }
            return;
        }
        if one.may_be_cloned && !one.folders.is_empty() {
            let what = one.folders.last().map_or("", |folder| shown_place(folder)).to_owned();
            self.unseen.push((path.to_owned(), CLONED, what));
        }
    }

    fn add_installed_folder(&mut self, ecosystem: Ecosystem, inside: &str, path: &str) {
        let there = self.manifests_in(inside, ecosystem);
        let name = inside.rsplit('/').next().unwrap_or(inside);
        if there.iter().all(|one| one.name.is_none()) && !there.is_empty() && !self.is_own(ecosystem, name, None) {
            let (version, place) = (None, inside);
            self.add(&Found { ecosystem, name, version, place, path, stands_in: false, private: false, fork: false });
        }
        self.add_those(ecosystem, &there, inside, path);
    }

    /// What lock files hold.
    pub fn add_locks(&mut self) {
        for lock in &self.found.locks {
            let (ecosystem, path) = (lock.manager.ecosystem(), &*lock.path);
            let own_folder = folder(path).trim_end_matches('/');
            let projects = self.manifests_in(own_folder, ecosystem);
            for Local { name, version, place, stands_in, fork } in &lock.locals {
                if place.as_deref() == Some(own_folder) {
                    continue;
                }
                // Of what is not there only a version says more than that.
                if !fork && self.miss_locked(ecosystem, path, name, place.as_deref(), *stands_in) && version.is_none() {
                    continue;
                }
                let is_own = projects.iter().any(|one| self.is_own(ecosystem, name, Some(one)));
                let is_own = is_own || self.is_own(ecosystem, name, None);
                // The project itself.
                if is_own && name != GO_LIBRARY {
                    continue;
                }
                if !(*stands_in || *fork)
                    && place.as_deref().is_some_and(|place| self.is_own_crate(ecosystem, place, path))
                {
                    continue;
                }
                let in_place = place.as_ref().filter(|_| !fork).map(|place| self.manifests_in(place, ecosystem));
                let there = in_place.unwrap_or_default();
                let version = version.as_deref().or_else(|| there.iter().find_map(|one| one.version.as_deref()));
                let (place, private) = (place.as_deref().unwrap_or(""), there.iter().any(|one| one.private));
                self.add(&Found { ecosystem, name, version, place, path, stands_in: *stands_in, private, fork: *fork });
            }
        }
    }
}

impl LocalPackage {
    fn without_version(&self) -> (bool, Ecosystem, String, String) {
        (self.aside, self.ecosystem, self.name.clone(), self.place.clone())
    }
}

/// Whether a range lets a member in: otherwise npm and its like take what the registry has.
fn may_be(ecosystem: Ecosystem, wanted: &str, member: &Manifest) -> bool {
    let version = member.version.as_deref().and_then(|version| Version::parse(ecosystem, version));
    ecosystem != Ecosystem::Npm
        || wanted.contains(':')
        || version.is_none_or(|version| range::allows(ecosystem, wanted, &version) != Some(false))
}

/// What is asked for as if it were published, with the folder below which it is meant.
fn members_of<'p>(found: &'p Packages) -> BTreeMap<(Ecosystem, &'p str), Vec<(&'p str, &'p Manifest)>> {
    let mut all: BTreeMap<(Ecosystem, &str), Vec<(&str, &Manifest)>> = BTreeMap::new();
    let mut add = |ecosystem: Ecosystem, base, manifest: &'p Manifest| {
        if let Some(name) = manifest.name.as_deref() {
            all.entry((ecosystem, name)).or_default().push((base, manifest));
        }
    };
    for (path, manifest) in &found.manifests {
        match ecosystem(path) {
            Some(Ecosystem::Npm) if !manifest.members.is_empty() => {
                let base = folder(path);
                let folders = members::folders(base, &manifest.members, "package.json", &found.manifests);
                let paths = folders.iter().map(|inner| format!("{base}{inner}/package.json")).chain([path.clone()]);
                for member in paths.filter_map(|path| found.manifests.get(&path)) {
                    add(Ecosystem::Npm, base, member);
                }
            }
            Some(Ecosystem::Maven) => add(Ecosystem::Maven, "", manifest),
            _ => {}
        }
    }
    // pnpm names them in its lock file.
    for lock in found.locks.iter().filter(|lock| lock.manager == Manager::Pnpm) {
        for member in lock.roots.iter().filter_map(|root| found.manifests.get(&root.manifest)) {
            add(Ecosystem::Npm, folder(&lock.path), member);
        }
    }
    all
}
