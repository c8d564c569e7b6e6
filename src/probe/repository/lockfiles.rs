//! Lock files: whether they are there, and whether git has them.

use std::collections::BTreeSet;

use super::hygiene::ecosystem_of;
use super::manifests::{self, Asking};
use super::repo::{Repo, folder_of, name_of};
use crate::model::{
    Confidence, Coverage, Evidence, EvidenceKind, Finding, Location, Observation, Proof, RuleKind, RuleMeta, Severity,
};
use crate::probe::packages::lock::is_compiled;
use crate::probe::packages::manifest::Pin;
use crate::probe::packages::{self, Ecosystem, Packages, Reach, is_requirements};

/// Missing.
pub static MISSING: RuleMeta = RuleMeta {
    id: "lockfile-missing",
    title: "Dependencies have no lock file",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Looks beside every manifest with dependencies, and above it up to the workspace root, for a lock file.",
    why: "Each deployment installs whatever is newest that day, so that a release you did not test, or a hijacked one, reaches your users.",
    fix: "Let your package manager write a lock file, commit it, and install from it when you deploy.",
    example: "# good\nnpm install   # writes package-lock.json\ngit add package-lock.json\nnpm ci        # in the deployment",
    references: &["C49"],
};

/// Not in git.
pub static IGNORED: RuleMeta = RuleMeta {
    id: "lockfile-ignored",
    title: "The lock file is not in git",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Looks whether a lock file that exists is left out by `.gitignore` or was never added.",
    why: "The server builds from git and does not see your lock file: it runs other versions than the ones that you tested.",
    fix: "Take the lock file out of `.gitignore` and commit it.",
    example: "",
    references: &["C49"],
};

/// In git.
pub static COMMITTED: RuleMeta = RuleMeta {
    id: "lockfile-committed",
    title: "A lock file is committed",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "A lock file fixes the version of every dependency, and git tracks it.",
    why: "Every machine builds with the versions that you tested.",
    fix: "Keep it in git, and install from it when you deploy.",
    example: "",
    references: &["C49"],
};

/// Where a manifest's exact versions stand.
pub enum Lock {
    /// In this file of the project.
    Here(String),
    /// In a file that git does not have, with the reason for people.
    NotInGit(String, &'static str),
    /// In a folder above the project.
    Above,
    /// In the manifest itself, which names exact versions.
    Itself,
    /// Nowhere.
    None,
}

/// The lock files that answer for a manifest of this path, the usual one first, and how far they reach.
fn locks_of(path: &str) -> (Vec<&'static str>, Reach) {
    // Requirements files are installed into the same environment, and Rye writes a lock file in their form.
    let is_list = is_requirements(path);
    let name = if is_list { "pyproject.toml" } else { name_of(path) };
    match packages::locks_of(name) {
        Some((locks, reach)) if name == "pyproject.toml" => {
            let written = locks.iter().copied().filter(|lock| !is_requirements(lock)).chain(["requirements.lock"]);
            // What a compiler makes of a manifest comes last; no list locks another one.
            (written.chain((!is_list).then_some("requirements.txt")).collect(), reach)
        }
        Some((locks, reach)) => (locks.to_vec(), reach),
        None => (vec!["go.sum"], Reach::Named),
    }
}

/// Looks for the lock file of a manifest.
#[must_use]
pub fn of(repo: &Repo, packages: &Packages, asking: &Asking<'_>) -> Lock {
    let (mut names, reach) = locks_of(asking.path());
    let mut folder = asking.folder();
    loop {
        for name in &names {
            let path = format!("{folder}{name}");
            let near = (reach == Reach::Below && !is_requirements(name)) || folder == asking.folder();
            if !repo.on_disk(&path) || !(near || may_name(packages, &path, asking)) || is_open_list(repo, &path) {
                continue;
            }
            return match (repo.has(&path), repo.is_tracked(&path)) {
                (_, Some(true)) | (true, None) => Lock::Here(path),
                (true, Some(false)) => Lock::NotInGit(path, "git does not track it"),
                (false, _) => Lock::NotInGit(path, "`.gitignore` leaves it out"),
            };
        }
        if folder.is_empty() {
            break;
        }
        folder = folder_of(folder.trim_end_matches('/'));
    }
    names.retain(|name| !is_requirements(name));
    if repo.above(&names).is_some() {
        return Lock::Above;
    }
    let exact = asking.wanted.iter().any(|declared| declared.pin == Pin::Exact);
    if is_requirements(asking.path()) && exact { Lock::Itself } else { Lock::None }
}

/// Whether a lock file above names this manifest. One that was not read may name any.
fn may_name(packages: &Packages, path: &str, asking: &Asking<'_>) -> bool {
    let read = packages.locks.iter().find(|lock| lock.path == path);
    read.is_none_or(|lock| lock.roots.is_empty() || lock.roots.iter().any(|root| root.manifest == asking.path()))
}

/// A requirements file locks others only where it names everything that is installed.
fn is_open_list(repo: &Repo, path: &str) -> bool {
    is_requirements(path) && !repo.text(path).is_some_and(|text| is_compiled(&text))
}

/// Whether a requirements file names everything that is installed, each with its version.
fn is_whole_list(repo: &Repo, asking: &Asking<'_>) -> bool {
    !is_open_list(repo, asking.path()) && asking.wanted.iter().all(|declared| declared.pin == Pin::Exact)
}

/// Findings and proofs about all manifests.
#[must_use]
pub fn observations(repo: &Repo, packages: &Packages, all: &[Asking<'_>]) -> Vec<Observation> {
    let mut seen: Vec<Observation> = Vec::new();
    let mut named = BTreeSet::new();
    for asking in all {
        match of(repo, packages, asking) {
            Lock::Here(path) if repo.is_tracked(&path) == Some(true) && named.insert(path.clone()) => {
                let message = format!("`{path}` fixes the version of every dependency, and git tracks it");
                seen.push(Proof::new(&COMMITTED, Location::File { path, span: None }, "lock", message).into());
            }
            Lock::NotInGit(path, why) if named.insert(path.clone()) => {
                let message = format!("`{path}` exists, but {why}");
                seen.push(Finding::new(&IGNORED, Location::File { path, span: None }, "lock", message).into());
            }
            Lock::Itself if is_whole_list(repo, asking) && repo.is_tracked(asking.path()) == Some(true) => {
                let message =
                    format!("`{}` holds exact versions of every dependency, and git tracks it", asking.path());
                let location = Location::File { path: asking.path().to_owned(), span: None };
                seen.push(Proof::new(&COMMITTED, location, "lock", message).into());
            }
            Lock::None => seen.push(missing(repo, asking).into()),
            _ => {}
        }
    }
    seen
}

fn missing(repo: &Repo, asking: &Asking<'_>) -> Finding {
    let (path, count) = (asking.path(), asking.wanted.len());
    let noun = if count == 1 { "dependency" } else { "dependencies" };
    let message = format!("`{path}` names {count} {noun}, and there is no lock file for it");
    let location = Location::File { path: path.to_owned(), span: None };
    let npmrc = format!("{}.npmrc", asking.folder());
    let switched_off =
        repo.text(&npmrc).is_some_and(|text| text.lines().any(|line| line.replace(' ', "") == "package-lock=false"));
    let note = (name_of(path) == "package.json" && switched_off).then(|| {
        Evidence::new(EvidenceKind::Note, format!("`{npmrc}` says `package-lock=false`: take that line out first."))
    });
    Finding::new(&MISSING, location, "lock", message).fix(how_to_lock(path)).evidence(note)
}

/// The command that writes the lock file.
fn how_to_lock(path: &str) -> &'static str {
    match ecosystem_of(path) {
        Ecosystem::Npm => {
            "Run `npm install` (or your package manager's install), commit the lock file, and install with `npm ci` when you deploy."
        }
        Ecosystem::PyPi if is_requirements(path) => {
            "Write exact versions with `pip-compile` or `uv pip compile`, commit the result, and install from it when you deploy."
        }
        Ecosystem::PyPi if name_of(path) == "Pipfile" => {
            "Run `pipenv lock`, commit `Pipfile.lock`, and deploy with `pipenv sync`."
        }
        Ecosystem::PyPi => "Run `uv lock` or `poetry lock`, commit the lock file, and install from it when you deploy.",
        Ecosystem::Packagist => "Run `composer update`, commit `composer.lock`, and deploy with `composer install`.",
        Ecosystem::RubyGems => {
            "Run `bundle lock`, commit `Gemfile.lock`, and deploy with `bundle install --deployment`."
        }
        Ecosystem::CratesIo => "Run `cargo generate-lockfile`, commit `Cargo.lock`, and build with `--locked`.",
        Ecosystem::Go | Ecosystem::Maven => "Run `go mod tidy` and commit `go.sum`.",
    }
}

/// How far these rules got.
#[must_use]
pub fn coverage(repo: &Repo, packages: &Packages, all: &[Asking<'_>]) -> Coverage {
    if let Some(why) = manifests::unread(repo, packages).or_else(|| manifests::not_judged(packages)) {
        return if all.is_empty() { Coverage::Nothing(why) } else { Coverage::Part(why) };
    }
    if all.is_empty() {
        // What it asks for may be all that was not understood.
        let absent = || Coverage::Absent("no manifest names dependencies".to_owned());
        return manifests::unclear_in_product(repo, packages).map_or_else(absent, Coverage::Part);
    }
    match &repo.tracked {
        Ok(Some(_)) => Coverage::Whole,
        Ok(None) => Coverage::Part("the folder is not a git work tree, so what is committed cannot be seen".to_owned()),
        Err(error) => Coverage::Part(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::super::hygiene::samples;
    use super::*;

    /// What is seen in a work tree in which git tracks these files but for those called `ignored`.
    fn seen(files: &[(&str, &str)]) -> (Vec<String>, Coverage) {
        let folder = crate::probe::samples::folder(files);
        for args in [["init", "-q"], ["add", "."]] {
            assert!(Command::new("git").args(args).current_dir(folder.path()).status().unwrap().success());
        }
        let (repo, packages) = samples::opened(folder.path());
        let all = manifests::find(&repo, &packages);
        let told = observations(&repo, &packages, &all).into_iter().map(|seen| match seen {
            Observation::Finding(finding) => format!("{} {}", finding.rule, finding.location),
            Observation::Proof(proof) => format!("{} {}", proof.rule, proof.location),
        });
        (told.collect(), coverage(&repo, &packages, &all))
    }

    #[test]
    fn a_lock_file_answers_for_what_it_names() {
        let php = "{\"require\": {\"a/b\": \"^1\"}}";
        let rust = "[package]\nname = \"app\"\n[dependencies]\nserde = \"1\"\n";
        let lock = "version = 4\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n";
        let (told, coverage) = seen(&[
            ("composer.json", php),
            ("composer.lock", "{\"packages\": []}"),
            ("tool/composer.json", php),
            ("library/composer.json", &php.replacen('{', "{\"type\": \"library\", ", 1)),
            ("Cargo.lock", lock),
            ("app/Cargo.toml", rust),
            ("app/src/main.rs", ""),
            ("other/Cargo.toml", &rust.replace("app", "other")),
            ("other/src/bin/x.rs", ""),
            ("crate/Cargo.toml", &rust.replace("app", "crate")),
            ("crate/src/lib.rs", ""),
            (
                "web/package.json",
                "{\"dependencies\": {\"ui\": \"workspace:*\"}, \"peerDependencies\": {\"react\": \"*\"}}",
            ),
        ]);
        let expected = [
            "lockfile-committed Cargo.lock",
            "lockfile-committed composer.lock",
            "lockfile-missing other/Cargo.toml",
            "lockfile-missing tool/composer.json",
        ];
        assert_eq!(
            (told.iter().map(String::as_str).collect::<Vec<_>>(), coverage),
            (expected.to_vec(), Coverage::Whole)
        );
    }

    #[test]
    fn one_that_was_not_understood_may_answer_for_what_lies_below() {
        let rust = "[package]\nname = \"app\"\n[dependencies]\nserde = \"1\"\n";
        let (told, _) = seen(&[("Cargo.lock", "<<<<<<< HEAD\n"), ("app/Cargo.toml", rust), ("app/src/main.rs", "")]);
        assert_eq!(told, ["lockfile-committed Cargo.lock"]);
        let (told, _) = seen(&[
            (".gitignore", "Cargo.lock\n"),
            ("Cargo.lock", ""),
            ("app/Cargo.toml", rust),
            ("app/src/main.rs", ""),
        ]);
        assert_eq!(told, ["lockfile-ignored Cargo.lock"]);
    }

    #[test]
    fn a_compiled_list_is_a_lock_file_and_a_plain_one_is_none() {
        let project = "[project]\nname = \"shop\"\ndependencies = [\"flask>=3\"]\n";
        let compiled = "flask==3.0.0\n    # via shop (pyproject.toml)\nwerkzeug==3.0.0\n    # via flask\n";
        let told = |files: &[(&str, &str)]| seen(files).0;
        assert_eq!(
            told(&[("pyproject.toml", project), ("requirements.txt", compiled)]),
            ["lockfile-committed requirements.txt"; 2]
        );
        assert_eq!(
            told(&[("pyproject.toml", project), ("requirements.txt", "flask==3.0.0\n")]),
            ["lockfile-missing pyproject.toml"]
        );
        assert_eq!(told(&[("requirements.txt", "flask==3.0.0\ngunicorn\n")]), [""; 0]);
        assert_eq!(told(&[("requirements.txt", "flask\n")]), ["lockfile-missing requirements.txt"]);
        assert_eq!(
            told(&[("a/requirements.txt", "flask\n"), ("requirements.txt", compiled)]),
            ["lockfile-missing a/requirements.txt", "lockfile-committed requirements.txt"]
        );
        assert_eq!(
            told(&[("requirements/prod.txt", compiled), ("requirements/dev.txt", "pytest\n")]),
            ["lockfile-committed requirements/prod.txt"]
        );
        assert_eq!(
            told(&[("requirements.txt", &format!("{compiled}gunicorn\n"))]),
            [""; 0],
            "not every version is fixed"
        );
    }

    #[test]
    fn what_was_not_understood_is_counted() {
        let (told, coverage) = seen(&[("package.json", "{"), ("api/pyproject.toml", "[project\n")]);
        assert_eq!(
            (told.len(), coverage),
            (0, Coverage::Nothing("`api/pyproject.toml` and 1 more manifests were not understood".to_owned()))
        );
        let (_, coverage) = seen(&[("Gemfile", "gemspec\n")]);
        assert_eq!(coverage, Coverage::Part("`Gemfile` has 1 entry that only a program can work out".to_owned()));
        let (_, coverage) = seen(&[("tests/package.json", "{"), ("README.md", "words\n")]);
        assert!(matches!(coverage, Coverage::Absent(_)), "{coverage:?}");
    }

    #[test]
    fn a_missing_lock_file_is_written_whole() {
        // `--lock` renews the hash of a lock file that is there, and raises nothing.
        assert!(how_to_lock("api/composer.json").starts_with("Run `composer update`, commit `composer.lock`"));
    }
}
