//! Manifests and lock files that disagree.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use tokio_util::sync::CancellationToken;

use super::{Locks, Text, is_aside, listed, name_of};
use crate::model::{Confidence, Coverage, Finding, Location, RuleKind, RuleMeta, Severity, Span};
use crate::probe::packages::lock::reason;
use crate::probe::packages::manifest::Source;
use crate::probe::packages::{
    Declared, Ecosystem, LockFile, LockedPackage, Manager, Manifest, Packages, Root, Wanted, forces, typed,
};
use crate::probe::repository::manifests;

mod hashes;
mod spelling;

use spelling::{Spelled, plain_range, same_range};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "lockfile-out-of-step",
    title: "The lock file does not fit the manifest",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Compares what each manifest asks for with what its lock file says that it asks for, and with the versions that it fixes.",
    why: "A strict installation stops, so that you cannot ship a fix in a hurry; a lenient one installs versions that nobody has tested, and users see them first.",
    fix: "Let the package manager bring them in step, run the tests, and commit both files together.",
    example: "# package.json asks for zod ^4, the lock file still holds zod 3\nnpm install --package-lock-only\ngit add package.json package-lock.json",
    references: &["C49", "https://docs.npmjs.com/cli/v11/commands/npm-ci"],
};

/// One thing in which they disagree.
struct Difference {
    words: String,
    /// The package, as the project calls it; `None` where no single one is meant.
    name: Option<String>,
    /// Line in the manifest.
    line: Option<u32>,
    /// A strict installation stops at it.
    hard: bool,
}

/// One finding for each manifest that its lock file does not fit.
pub fn findings(packages: &Packages, text: Text<'_>, cancel: &CancellationToken) -> Vec<Finding> {
    let world = World::of(packages, text, cancel);
    let mut found = Vec::new();
    for lock in packages.locks.iter().filter(|lock| is_compared(lock.manager) && !is_aside(&lock.path)) {
        let known = Known::of(lock);
        for root in &lock.roots {
            let Some(manifest) = packages.manifests.get(&root.manifest) else { continue };
            found.extend(compare(&world, lock, &known, root, manifest));
        }
    }
    found
}

/// Whether this manager keeps what is asked for and what arrives in two files that gonogo can hold side by side.
const fn is_compared(manager: Manager) -> bool {
    !matches!(manager, Manager::Pip | Manager::Go | Manager::Maven | Manager::Gradle)
}

/// How far the rule got.
pub fn coverage(packages: &Packages, locks: &Locks, text: Text<'_>) -> Coverage {
    let gradle = packages.locks.iter().find(|lock| lock.manager == Manager::Gradle);
    let unknown = packages.locks.iter().filter(|lock| is_compared(lock.manager)).find_map(|lock| {
        let named = lock.roots.iter().find(|root| !packages.manifests.contains_key(&root.manifest))?;
        Some(format!("`{}`, which `{}` locks, was not understood", named.manifest, lock.path))
    });
    let compared = packages.locks.iter().filter(|lock| is_compared(lock.manager) && !is_aside(&lock.path));
    let pairs: Vec<(&LockFile, &Manifest)> = compared
        .flat_map(|lock| lock.roots.iter().map(move |root| (lock, root)))
        .filter_map(|(lock, root)| Some((lock, packages.manifests.get(&root.manifest)?)))
        .collect();
    let aside = || pairs.iter().find_map(|(lock, manifest)| not_compared(lock, manifest, text));
    let unclear = || {
        let once: BTreeMap<&str, &Manifest> = pairs.iter().map(|(_, one)| (one.path.as_str(), *one)).collect();
        manifests::unclear(once.into_values())
    };
    // Composer and Poetry note what the manifest was, which only the text says.
    let unread = || {
        let hashed = |lock: &LockFile| matches!(lock.manager, Manager::Composer | Manager::Poetry);
        let (lock, _) = pairs.iter().find(|(lock, _)| hashed(lock) && text(&lock.path).is_none())?;
        Some(format!("`{}` could not be read, so whether the manifest changed since is not known", lock.path))
    };
    let unknown = unknown.or_else(aside).or_else(unclear).or_else(unread);
    match (locks.coverage(), unknown, gradle) {
        (Coverage::Whole, Some(why), _) => Coverage::Part(why),
        (Coverage::Whole, None, Some(lock)) => {
            Coverage::Part(format!("`{}` is not compared with the build's own scripts", lock.path))
        }
        (coverage, _, _) => coverage,
    }
}

/// What holds for all pairs.
struct World<'a> {
    text: Text<'a>,
    cancel: &'a CancellationToken,
    /// The project's own packages: they need no lock.
    own: BTreeSet<&'a str>,
    /// Words in which versions are forced, whoever asks.
    forced: BTreeSet<String>,
    /// Entries of some lock file were not understood, so that one may be missing for that alone.
    holes: bool,
}

impl<'a> World<'a> {
    fn of(packages: &'a Packages, text: Text<'a>, cancel: &'a CancellationToken) -> Self {
        let mut forced: BTreeSet<String> =
            packages.manifests.values().flat_map(|manifest| manifest.overrides.iter().cloned()).collect();
        let workspaces = packages.locks.iter().filter(|lock| lock.manager == Manager::Pnpm).map(|lock| &lock.path);
        let workspaces: BTreeSet<String> =
            workspaces.map(|path| path.replace("pnpm-lock.yaml", "pnpm-workspace.yaml")).collect();
        for path in workspaces {
            let documents = text(&path).and_then(|text| crate::probe::yaml::parse(&text).ok()).unwrap_or_default();
            let entries = documents.iter().filter_map(|document| document.get("overrides"));
            forced.extend(entries.flat_map(|node| node.entries().map(|(name, _)| name.to_owned()).collect::<Vec<_>>()));
        }
        let gaps = packages.gaps.clone().into_vec();
        Self {
            text,
            cancel,
            own: packages.manifests.values().filter_map(|manifest| manifest.name.as_deref()).collect(),
            forced,
            holes: gaps.iter().any(|gap| gap.reason == reason::ENTRY),
        }
    }

    fn is_forced(&self, name: &str) -> bool {
        self.forced.iter().any(|entry| forces(entry, name))
    }
}

/// A lock file in the forms that can be compared.
struct Known<'a> {
    by_name: HashMap<String, Vec<&'a LockedPackage>>,
    /// Its text, read when the first name is looked for in it.
    text: OnceCell<Option<Spelled>>,
}

impl<'a> Known<'a> {
    fn of(lock: &'a LockFile) -> Self {
        let mut by_name: HashMap<String, Vec<&LockedPackage>> = HashMap::new();
        for package in &lock.packages {
            by_name.entry(package.ecosystem.normalize(&package.name)).or_default().push(package);
        }
        Self { by_name, text: OnceCell::new() }
    }

    fn versions(&self, ecosystem: Ecosystem, name: &str) -> &[&'a LockedPackage] {
        self.by_name.get(&ecosystem.normalize(name)).map_or(&[], Vec::as_slice)
    }
}

/// The name by which the project calls it, which is the one that lock files give to what is asked for.
fn called(declared: &Declared) -> &str {
    declared.alias.as_deref().unwrap_or(&declared.name)
}

/// Why a manifest is not compared with its lock file, as a sentence.
fn not_compared(lock: &LockFile, manifest: &Manifest, text: Text<'_>) -> Option<String> {
    // Which lines of it hold depends on where it runs.
    if lock.manager == Manager::Bundler && text(&manifest.path).as_deref().is_none_or(spelling::is_programmed) {
        return Some(format!("`{}` is a program, and not compared with its lock file", manifest.path));
    }
    // A hook may change what a manifest says before it is locked.
    let hooks = ["pnpmfile.cjs", ".pnpmfile.cjs", "pnpmfile.mjs", ".pnpmfile.mjs"];
    let folder = lock.path.strip_suffix(name_of(&lock.path)).unwrap_or_default();
    let mut hooks = hooks.iter().map(|hook| format!("{folder}{hook}"));
    let hook = hooks.find(|hook| lock.manager == Manager::Pnpm && text(hook).is_some())?;
    Some(format!("`{hook}` changes what is locked, so `{}` is not compared with it", manifest.path))
}

fn compare(world: &World<'_>, lock: &LockFile, known: &Known<'_>, root: &Root, manifest: &Manifest) -> Option<Finding> {
    let ecosystem = lock.manager.ecosystem();
    let text = (world.text)(&manifest.path);
    if not_compared(lock, manifest, world.text).is_some() {
        return None;
    }
    let folder = lock.path.strip_suffix(name_of(&lock.path)).unwrap_or_default();
    let mut asked: BTreeMap<String, Vec<&Declared>> = BTreeMap::new();
    for declared in &manifest.declared {
        asked.entry(ecosystem.normalize(called(declared))).or_default().push(declared);
    }
    let mut wanted: BTreeMap<String, Vec<&Wanted>> = BTreeMap::new();
    for one in &root.wanted {
        wanted.entry(ecosystem.normalize(&one.name)).or_default().push(one);
    }
    let mut differences = Vec::new();
    for (name, declared) in &asked {
        if world.cancel.is_cancelled() {
            return None;
        }
        // What is asked for twice is asked for under conditions: one for each Python, say.
        let [declared] = declared.as_slice() else { continue };
        if declared.source != Source::Registry || world.own.contains(declared.name.as_str()) {
            continue;
        }
        match wanted.get(name).map(Vec::as_slice) {
            Some([wanted]) => differences.extend(differs(world, lock, declared, wanted)),
            Some(_) => {}
            None => differences.extend(not_locked(world, lock, known, declared)),
        }
    }
    let spelled = OnceCell::new();
    for (name, wanted) in &wanted {
        if world.cancel.is_cancelled() {
            return None;
        }
        if asked.contains_key(name) {
            continue;
        }
        let Some(one) = wanted.first() else { continue };
        // The manifest may say it where gonogo does not look.
        let spelled = spelled.get_or_init(|| text.as_deref().map(Spelled::of));
        if spelled.as_ref().is_some_and(|text| !text.names(&one.name)) {
            let words = format!("`{}` is locked, and the manifest no longer asks for it", one.name);
            let (name, hard) = (Some(one.name.clone()), lock.manager != Manager::Npm);
            differences.push(Difference { words, name, line: None, hard });
        }
    }
    if differences.is_empty() {
        differences.extend(hashes::difference(lock.manager, text.as_deref(), || (world.text)(&lock.path)));
    }
    differences.sort_by_key(|difference| !difference.hard);
    finding(lock, folder, manifest, &differences)
}

/// What is asked for, and what the lock file answers it with.
fn differs(world: &World<'_>, lock: &LockFile, declared: &Declared, wanted: &Wanted) -> Option<Difference> {
    let ecosystem = lock.manager.ecosystem();
    if world.is_forced(&declared.name) || !plain_range(&declared.range) {
        return None;
    }
    let package = lock.packages.get(wanted.package)?;
    // Composer lets a package stand in for another one, whose versions are others.
    if ecosystem.normalize(&package.name) != ecosystem.normalize(&declared.name) {
        return None;
    }
    let allowed = package.is_allowed_by(&declared.range);
    let name = called(declared);
    if allowed == Some(false) {
        let words =
            format!("`{name}` is asked for as `{}`, and {} is locked", short(&declared.range), short(&package.version));
        return Some(Difference { words, name: Some(name.to_owned()), line: Some(declared.line), hard: true });
    }
    if !plain_range(&wanted.range) || same_range(ecosystem, &declared.range, &wanted.range) {
        return None;
    }
    let words = format!(
        "`{name}` is asked for as `{}`, and the lock file was made for `{}`",
        short(&declared.range),
        short(&wanted.range)
    );
    // npm and Bun look at the versions alone; the others want the same words.
    let lenient = matches!(lock.manager, Manager::Npm | Manager::Bun) && allowed == Some(true);
    Some(Difference { words, name: Some(name.to_owned()), line: Some(declared.line), hard: !lenient })
}

/// What is asked for, and nothing in the lock file answers.
fn not_locked(world: &World<'_>, lock: &LockFile, known: &Known<'_>, declared: &Declared) -> Option<Difference> {
    let ecosystem = lock.manager.ecosystem();
    // Composer's platform: `php`, `ext-json`.
    let platform = ecosystem == Ecosystem::Packagist && !declared.name.contains('/');
    if declared.optional || platform || world.is_forced(&declared.name) || !plain_range(&declared.range) {
        return None;
    }
    let versions = known.versions(ecosystem, &declared.name);
    let name = called(declared);
    if versions.is_empty() {
        // A package that was passed over, or one that another brings under its own name.
        let text = known.text.get_or_init(|| (world.text)(&lock.path).map(|text| Spelled::of(&text)));
        let told = match text {
            Some(text) => text.names(&declared.name),
            None => world.holes || lock.manager == Manager::Composer,
        };
        let words = format!("`{name}` is asked for, and the lock file does not have it");
        return (!told).then(|| Difference {
            words,
            name: Some(name.to_owned()),
            line: Some(declared.line),
            hard: true,
        });
    }
    // It is there for others. pnpm wants it among what the project asks for; elsewhere a version that would do is enough.
    if lock.manager == Manager::Pnpm && !world.holes {
        let words = format!("`{name}` is asked for, and the lock file was made without it");
        return Some(Difference { words, name: Some(name.to_owned()), line: Some(declared.line), hard: true });
    }
    if versions.iter().any(|package| package.is_allowed_by(&declared.range) != Some(false)) {
        return None;
    }
    let words = format!(
        "`{name}` is asked for as `{}`, and only {} is locked",
        short(&declared.range),
        versions.iter().take(3).map(|package| short(&package.version)).collect::<Vec<_>>().join(", ")
    );
    Some(Difference { words, name: Some(name.to_owned()), line: Some(declared.line), hard: true })
}

fn short(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

fn finding(lock: &LockFile, folder: &str, manifest: &Manifest, differences: &[Difference]) -> Option<Finding> {
    let first = differences.first()?;
    let more = match differences.len() - 1 {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let message = format!("`{}` does not fit `{}`: {}{more}", lock.path, manifest.path, first.words);
    let location = Location::File { path: manifest.path.clone(), span: first.line.map(Span::line) };
    let fix = match command(lock.manager, differences).and_then(|command| typed::in_folder(folder, &command)) {
        Some(command) => format!("Run `{command}`, run the tests, and commit both files together."),
        None => format!(
            "Let {} bring them in step, for what is listed here alone, run the tests, and commit both files together.",
            lock.manager
        ),
    };
    let lines: Vec<String> = differences.iter().map(|difference| difference.words.clone()).collect();
    let finding = Finding::new(&META, location, lock.path.as_str(), message).fix(fix).evidence(listed(&lines));
    Some(if first.hard { finding } else { finding.severity(Severity::Minor) })
}

/// What brings a lock file in step without raising more than it must; `None` where a name cannot be typed.
///
/// The commands are those of Composer 2 (<https://getcomposer.org/doc/03-cli.md#update-u-upgrade>), whose `--lock` renews
/// the hash alone, Pipenv (<https://pipenv.pypa.io/en/latest/cli.html>) and PDM (<https://pdm-project.org/latest/reference/cli/>),
/// whose plain `lock` works everything out anew; the others keep what still fits.
fn command(manager: Manager, differences: &[Difference]) -> Option<String> {
    let mut names: Vec<&str> = differences.iter().filter_map(|difference| difference.name.as_deref()).collect();
    names.sort_unstable();
    let all_plain = names.iter().all(|name| typed::is_plain(name));
    let by_name = |command: &str| all_plain.then(|| format!("{command} {}", names.join(" ")));
    let command = match manager {
        Manager::Composer if !names.is_empty() => return by_name("composer update"),
        Manager::Pipenv if !names.is_empty() => return by_name("pipenv upgrade"),
        Manager::Npm => "npm install --package-lock-only",
        Manager::YarnClassic | Manager::YarnBerry => "yarn install",
        Manager::Pnpm => "pnpm install --lockfile-only",
        Manager::Bun => "bun install",
        Manager::Poetry => "poetry lock",
        Manager::Pipenv => "pipenv lock",
        Manager::Uv => "uv lock",
        Manager::Pdm => "pdm lock --update-reuse",
        Manager::Composer => "composer update --lock",
        Manager::Cargo => "cargo update --workspace",
        Manager::Bundler => "bundle lock",
        Manager::Pip | Manager::Go | Manager::Maven | Manager::Gradle => return None,
    };
    Some(command.to_owned())
}

#[cfg(test)]
mod tests;
