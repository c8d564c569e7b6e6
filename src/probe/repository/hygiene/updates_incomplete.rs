//! Manifests that Dependabot or Renovate does not watch.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::renovate::{Renovate, Seen, Watch};
use super::{Repo, ecosystem_of, is_aside, left_open, listed, name_of, named};
use crate::model::{Confidence, Coverage, Finding, Location, RuleKind, RuleMeta, Severity};
use crate::probe::packages::{Ecosystem, Packages};
use crate::probe::repository::repo::{folder_of, is_for_development};
use crate::probe::repository::updates::{self, Entry};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "dependency-updates-incomplete",
    title: "Updates are not proposed for every manifest",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Compares the manifests, Dockerfiles and workflows of the project with what Dependabot or Renovate is set to watch.",
    why: "Nobody is told of a hole in what is not watched, and it stays open until somebody happens to look.",
    fix: "Add an entry for each kind of package and each folder, containers and workflows included.",
    example: "# .github/dependabot.yml\nupdates:\n  - package-ecosystem: npm\n    directories: [\"/\", \"/apps/*\"]\n    schedule: {interval: weekly}\n  - package-ecosystem: docker\n    directory: /\n    schedule: {interval: weekly}\n  - package-ecosystem: github-actions\n    directory: /\n    schedule: {interval: weekly}",
    references: &[
        "C51",
        "https://docs.github.com/en/code-security/dependabot/working-with-dependabot/dependabot-options-reference",
        "https://docs.renovatebot.com/configuration-options/#enabledmanagers",
    ],
};

/// Something that has to be watched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Watched {
    kind: Kind,
    /// Its folder: empty, or `apps/web`.
    folder: String,
    path: String,
}

impl Watched {
    /// As Renovate sees it.
    fn seen(&self) -> Seen<'_> {
        let managers = self.kind.renovate();
        let own: &[&str] = match (self.kind, name_of(&self.path)) {
            (Kind::Packages(Ecosystem::PyPi), "pyproject.toml") => &["pep621", "poetry"],
            (Kind::Packages(Ecosystem::PyPi), "Pipfile") => &["pipenv"],
            (Kind::Packages(Ecosystem::PyPi), "setup.py") => &["pip_setup"],
            (Kind::Packages(Ecosystem::PyPi), "setup.cfg") => &["setup-cfg"],
            (Kind::Packages(Ecosystem::PyPi), _) => &["pip_requirements", "pip-compile"],
            _ => managers,
        };
        Seen { managers, own, datasource: self.kind.datasource(), path: &self.path }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Packages(Ecosystem),
    Gradle,
    Docker,
    Actions,
}

impl Kind {
    /// The names that Dependabot has for it, the usual one first.
    const fn dependabot(self) -> &'static [&'static str] {
        match self {
            Self::Packages(Ecosystem::Npm) => &["npm", "bun"],
            Self::Packages(Ecosystem::PyPi) => &["pip", "uv"],
            Self::Packages(Ecosystem::Packagist) => &["composer"],
            Self::Packages(Ecosystem::CratesIo) => &["cargo"],
            Self::Packages(Ecosystem::RubyGems) => &["bundler"],
            Self::Packages(Ecosystem::Go) => &["gomod"],
            Self::Packages(Ecosystem::Maven) => &["maven"],
            Self::Gradle => &["gradle"],
            Self::Docker => &["docker"],
            Self::Actions => &["github-actions"],
        }
    }

    /// Where Renovate finds its versions (<https://docs.renovatebot.com/modules/datasource/>).
    const fn datasource(self) -> &'static str {
        match self {
            Self::Packages(Ecosystem::Npm) => "npm",
            Self::Packages(Ecosystem::PyPi) => "pypi",
            Self::Packages(Ecosystem::Packagist) => "packagist",
            Self::Packages(Ecosystem::CratesIo) => "crate",
            Self::Packages(Ecosystem::RubyGems) => "rubygems",
            Self::Packages(Ecosystem::Go) => "go",
            Self::Packages(Ecosystem::Maven) | Self::Gradle => "maven",
            Self::Docker => "docker",
            Self::Actions => "github-tags",
        }
    }

    /// The names that Renovate has for it.
    const fn renovate(self) -> &'static [&'static str] {
        match self {
            Self::Packages(Ecosystem::Npm) => &["npm", "bun"],
            Self::Packages(Ecosystem::PyPi) => {
                &["pip_requirements", "pip_setup", "pip-compile", "pep621", "poetry", "pipenv", "setup-cfg"]
            }
            Self::Packages(Ecosystem::Packagist) => &["composer"],
            Self::Packages(Ecosystem::CratesIo) => &["cargo"],
            Self::Packages(Ecosystem::RubyGems) => &["bundler"],
            Self::Packages(Ecosystem::Go) => &["gomod"],
            Self::Packages(Ecosystem::Maven) => &["maven"],
            Self::Gradle => &["gradle"],
            Self::Docker => &["dockerfile"],
            Self::Actions => &["github-actions"],
        }
    }
}

/// Whether Renovate proposes updates of what the project asks for; what it leaves out as a whole is told by this rule.
pub fn is_watched(repo: &Repo, packages: &Packages, renovate: &Renovate) -> bool {
    let all = watched(repo, packages);
    let mut seen =
        all.iter().filter(|one| one.kind != Kind::Actions).map(|one| renovate.watches(one.seen())).peekable();
    if seen.peek().is_none() {
        return !renovate.is_off();
    }
    let seen: Vec<Watch> = seen.collect();
    seen.contains(&Watch::Yes) && !seen.contains(&Watch::Partly)
}

/// Whether a tool looks after something.
type Watches = Box<dyn Fn(&Watched) -> bool>;

/// The finding, and how far the rule got.
pub fn look(repo: &Repo, packages: &Packages) -> (Vec<Finding>, Coverage) {
    let watched = watched(repo, packages);
    let mut tools: Vec<(&str, Watches)> = Vec::new();
    let mut place = None;
    if let Some(path) = updates::dependabot_file(repo) {
        let Some(entries) = repo.text(path).and_then(|text| updates::entries(&text)) else {
            return (Vec::new(), Coverage::Part(format!("`{path}` was not understood")));
        };
        // A file that switches all updates off leaves nothing to complete.
        if entries.iter().any(|entry| entry.ecosystem != "github-actions") {
            let roofs = roofs(packages);
            place = Some(path.to_owned());
            tools.push(("Dependabot", Box::new(move |one| by_dependabot(&entries, &roofs, one))));
        }
    }
    if let Some((path, renovate)) = updates::renovate(repo) {
        let Some(renovate) = renovate else {
            return (Vec::new(), Coverage::Part(format!("`{path}` was not understood")));
        };
        if !renovate.is_off() {
            place.get_or_insert(path.to_owned());
            tools.push(("Renovate", Box::new(move |one| renovate.watches(one.seen()) != Watch::No)));
        }
    }
    let Some(place) = place else {
        return (Vec::new(), Coverage::Absent("neither Dependabot nor Renovate is switched on here".to_owned()));
    };
    let open: Vec<&Watched> = watched.iter().filter(|one| !tools.iter().any(|(_, watches)| watches(one))).collect();
    let tool = tools.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" or ");
    // A manifest that names one package is watched for all of them.
    let how =
        left_open(repo, packages, |manifest| manifest.declared.is_empty()).map_or(Coverage::Whole, Coverage::Part);
    (finding(&tool, &place, &open).into_iter().collect(), how)
}

fn finding(tool: &str, place: &str, open: &[&Watched]) -> Option<Finding> {
    open.first()?;
    let names = named(open.iter().map(|one| one.path.as_str()), 4);
    let message = format!("{tool} does not watch {names}");
    let mut folders: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for one in open {
        let name = one.kind.dependabot().first().copied().unwrap_or("");
        folders.entry(name).or_default().insert(&one.folder);
    }
    let lines: Vec<String> = folders
        .iter()
        .map(|(name, folders)| {
            let folders: Vec<String> = folders.iter().map(|folder| format!("\"/{folder}\"")).collect();
            format!("{name}: {}", folders.join(", "))
        })
        .collect();
    let fix = if tool == "Renovate" {
        format!(
            "Take what leaves these out of `{place}`: `enabledManagers`, `includePaths`, `ignorePaths` or `enabled: false`."
        )
    } else {
        format!("Add an entry for each of these to `{place}`: {}.", lines.join("; "))
    };
    let location = Location::File { path: place.to_owned(), span: None };
    let finding = Finding::new(&META, location, "incomplete", message).fix(fix).evidence(listed(&lines));
    // Images and actions are often raised by other means.
    let aside = open.iter().all(|one| matches!(one.kind, Kind::Docker | Kind::Actions));
    Some(if aside { finding.confidence(Confidence::Low) } else { finding })
}

/// What has to be watched, each folder once for a kind.
fn watched(repo: &Repo, packages: &Packages) -> Vec<Watched> {
    let mut found: BTreeMap<(Kind, String), String> = BTreeMap::new();
    let mut add = |kind: Kind, path: &str| {
        let mut folder = folder_of(path).trim_end_matches('/');
        // Dependabot looks into this folder from the one around it.
        if kind == Kind::Packages(Ecosystem::PyPi) && name_of(folder) == "requirements" {
            folder = folder_of(folder).trim_end_matches('/');
        }
        found.entry((kind, folder.to_owned())).or_insert_with(|| path.to_owned());
    };
    let asking = packages.manifests.values().filter(|manifest| !manifest.declared.is_empty());
    for manifest in asking.filter(|manifest| !is_aside(&manifest.path)) {
        let gradle = name_of(&manifest.path).contains(".gradle");
        add(if gradle { Kind::Gradle } else { Kind::Packages(ecosystem_of(&manifest.path)) }, &manifest.path);
    }
    for path in repo.paths().filter(|path| !is_aside(path)) {
        let name = name_of(path).to_ascii_lowercase();
        if (name == "dockerfile" || name.starts_with("dockerfile."))
            && !is_for_development(path)
            && !name.ends_with(".dockerignore")
        {
            add(Kind::Docker, path);
        }
    }
    let workflow = repo.paths().find(|path| path.starts_with(".github/workflows/") && path.ends_with("ml"));
    if let Some(path) = workflow {
        found.insert((Kind::Actions, String::new()), path.to_owned());
    }
    found.into_iter().map(|((kind, folder), path)| Watched { kind, folder, path }).collect()
}

/// For each manifest that a lock file elsewhere answers for, the folder of that lock file: to watch it is enough.
fn roofs(packages: &Packages) -> BTreeMap<String, BTreeSet<String>> {
    let mut roofs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let trim = |path: &str| folder_of(path).trim_end_matches('/').to_owned();
    for lock in &packages.locks {
        for root in &lock.roots {
            roofs.entry(trim(&root.manifest)).or_default().insert(trim(&lock.path));
        }
    }
    for manifest in packages.manifests.values().filter(|manifest| !manifest.members.is_empty()) {
        let around = folder_of(&manifest.path);
        let members = packages
            .manifests
            .keys()
            .filter(|path| name_of(path) == name_of(&manifest.path) && path.starts_with(around));
        for member in members {
            roofs.entry(trim(member)).or_default().insert(trim(&manifest.path));
        }
    }
    roofs
}

fn by_dependabot(entries: &[Entry], roofs: &BTreeMap<String, BTreeSet<String>>, one: &Watched) -> bool {
    let names = one.kind.dependabot();
    // Maven, Gradle and Cargo find the modules below a folder by themselves.
    let below = matches!(one.kind, Kind::Gradle | Kind::Packages(Ecosystem::Maven | Ecosystem::CratesIo));
    let of_kind = entries.iter().filter(|entry| names.contains(&entry.ecosystem.as_str()));
    of_kind.flat_map(|entry| &entry.folders).any(|folder| {
        let inside = roofs.get(&one.folder).is_some_and(|roofs| roofs.iter().any(|roof| covers(folder, roof, false)));
        inside || covers(folder, &one.folder, below) || one.kind == Kind::Actions
    })
}

/// Whether `/apps/*` covers `apps/web`.
fn covers(pattern: &str, folder: &str, below: bool) -> bool {
    let pattern = pattern.trim_matches('/').trim_start_matches("./");
    let pattern = if pattern == "." { "" } else { pattern };
    if below && (pattern.is_empty() || folder.strip_prefix(pattern).is_some_and(|rest| rest.starts_with('/'))) {
        return true;
    }
    glob(pattern, folder)
}

/// `*` stands for a part of a name, `**` for any folders.
pub fn glob(pattern: &str, path: &str) -> bool {
    if pattern.len() > 500 {
        return false;
    }
    let escaped = regex::escape(pattern)
        .replace(r"/\*\*/", "/(?:.*/)?")
        .replace(r"\*\*/", "(?:.*/)?")
        .replace(r"/\*\*", "(?:/.*)?")
        .replace(r"\*\*", ".*")
        .replace(r"\*", "[^/]*");
    Regex::new(&format!("^{escaped}$")).is_ok_and(|pattern| pattern.is_match(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(kind: Kind, folder: &str) -> Watched {
        let slash = if folder.is_empty() { "" } else { "/" };
        Watched { kind, folder: folder.to_owned(), path: format!("{folder}{slash}package.json") }
    }

    #[test]
    fn folders_are_covered_by_name_and_by_pattern() {
        for (pattern, folder, wanted) in [
            ("/", "", true),
            (".", "", true),
            ("/", "apps/web", false),
            ("/apps/*", "apps/web", true),
            ("/apps/*", "apps/web/inner", false),
            ("/apps/**", "apps/web/inner", true),
            ("**/*", "apps/web/inner", true),
            ("/apps/web/", "apps/web", true),
            ("/apps/we", "apps/web", false),
        ] {
            assert_eq!(covers(pattern, folder, false), wanted, "{pattern} {folder}");
        }
        assert!(covers("/", "core", true));
    }

    #[test]
    fn dependabot_watches_what_its_entries_name() {
        let text = "version: 2\nupdates:\n  - package-ecosystem: npm\n    directory: /\n  - package-ecosystem: pip\n    directories: ['/api']\n    open-pull-requests-limit: 0\n  - package-ecosystem: github-actions\n    directory: /\n";
        let entries = updates::entries(text).unwrap();
        let npm = Kind::Packages(Ecosystem::Npm);
        let watches = |roofs: &BTreeMap<String, BTreeSet<String>>, kind, folder| {
            by_dependabot(&entries, roofs, &one(kind, folder))
        };
        let none = BTreeMap::new();
        assert!(watches(&none, npm, "") && watches(&none, Kind::Actions, ""));
        assert!(!watches(&none, npm, "apps/web"));
        assert!(!watches(&none, Kind::Packages(Ecosystem::PyPi), "api"), "switched off");
        assert!(!watches(&none, Kind::Docker, ""));
        let workspace = BTreeMap::from([("apps/web".to_owned(), BTreeSet::from([String::new()]))]);
        assert!(watches(&workspace, npm, "apps/web"));
        assert!(updates::entries("updates: [\n").is_none());
    }

    #[test]
    fn renovate_watches_what_is_not_switched_off() {
        let told = |text: &str| {
            let files = [("renovate.json", text), ("package.json", "{\"dependencies\": {\"zod\": \"^4\"}}")];
            let (_folder, repo, packages) = super::super::samples::project(&files);
            let (found, how) = look(&repo, &packages);
            (found.len(), how, updates::proof(&repo, &packages).is_some())
        };
        let off = Coverage::Absent("neither Dependabot nor Renovate is switched on here".to_owned());
        assert_eq!(told("{\"extends\": [\"config:recommended\"]}"), (0, Coverage::Whole, true));
        assert_eq!(told("{\"extends\": [\":disableAll\"]}"), (0, off, false));
        let star = "{\"packageRules\": [{\"matchPackageNames\": [\"*\"], \"enabled\": false}]}";
        assert_eq!(told(star), (1, Coverage::Whole, false));
        assert_eq!(told("{\"enabledManagers\": [\"github-actions\"]}"), (1, Coverage::Whole, false));
        assert_eq!(told("{\"npm\": {\"enabled\": false}}"), (0, Coverage::Whole, false));
        assert_eq!(told("{{"), (0, Coverage::Part("`renovate.json` was not understood".to_owned()), false));
    }

    #[test]
    fn images_and_actions_alone_need_only_a_look() {
        let (npm, docker) = (one(Kind::Packages(Ecosystem::Npm), "web"), one(Kind::Docker, ""));
        let both = finding("Dependabot", ".github/dependabot.yml", &[&npm, &docker]).unwrap();
        assert_eq!(both.confidence, Confidence::High);
        assert!(both.fix.contains("docker: \"/\"; npm: \"/web\""), "{}", both.fix);
        assert_eq!(finding("Dependabot", "x", &[&docker]).unwrap().confidence, Confidence::Low);
        assert_eq!(finding("Dependabot", "x", &[]), None);
    }

    #[test]
    fn what_may_ask_for_packages_is_no_silence() {
        let bot = ".github/dependabot.yml";
        let npm = "version: 2\nupdates:\n  - package-ecosystem: npm\n    directory: /\n";
        let how = |manifest: &str, text: &str| {
            let (_folder, repo, packages) = super::super::samples::project(&[(bot, npm), (manifest, text)]);
            look(&repo, &packages).1
        };
        assert_eq!(how("package.json", "{\"dependencies\": {\"zod\": \"^4\"}}"), Coverage::Whole);
        assert_eq!(how("package.json", "{"), Coverage::Part("`package.json` was not understood".to_owned()));
        let open = how("Gemfile", "gem name_of_it\n");
        assert!(matches!(&open, Coverage::Part(why) if why.contains("`Gemfile`")), "{open:?}");
        assert_eq!(how("Gemfile", "gem 'zod'\ngem name_of_it\n"), Coverage::Whole, "it has to be watched all the same");
    }
}
