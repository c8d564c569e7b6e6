//! Dependencies whose version is left open.

use super::lockfiles::{self, Lock};
use super::manifests::{self, Asking, Fixed};
use super::repo::Repo;
use crate::model::{
    Confidence, Coverage, Evidence, EvidenceKind, Finding, Location, RuleKind, RuleMeta, Severity, Span,
};
use crate::probe::packages::manifest::{Pin, Source, is_manifest};
use crate::probe::packages::{Declared, Manager, Manifest, Packages};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "dependency-unpinned",
    title: "A dependency's version is left open",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Looks for `*`, `latest`, `LATEST` and `+`, branches and archives at a URL, and, where no lock file fixes them, for version ranges.",
    why: "The next installation may bring a version that nobody has tested with your code, and users see it first.",
    fix: "Name a version, or let a lock file fix it. For a git dependency, name the commit or a tag.",
    example: "# bad\n\"express\": \"latest\"\n# good\n\"express\": \"4.19.2\"",
    references: &["C48"],
};

/// One finding for each manifest that leaves something open.
#[must_use]
pub fn findings(repo: &Repo, packages: &Packages, all: &[Asking<'_>]) -> Vec<Finding> {
    let fixed = Fixed::of(repo, packages);
    let builds = manifests::of_builds(packages);
    all.iter().chain(&builds).filter_map(|asking| finding(repo, packages, &fixed, asking)).collect()
}

/// Whether a lock file answers for the manifest.
fn is_locked(repo: &Repo, packages: &Packages, asking: &Asking<'_>) -> bool {
    if manifests::is_build(asking.path()) {
        // Maven has none.
        let mut locks = packages.locks.iter().filter(|lock| lock.manager == Manager::Gradle);
        return locks.any(|lock| lock.roots.iter().any(|root| root.manifest == asking.path()));
    }
    matches!(lockfiles::of(repo, packages, asking), Lock::Here(_) | Lock::Above | Lock::NotInGit(..))
}

fn finding(repo: &Repo, packages: &Packages, fixed: &Fixed<'_>, asking: &Asking<'_>) -> Option<Finding> {
    let locked = is_locked(repo, packages, asking);
    let is_open = |declared: &&&Declared| match fixed.pin(asking.manifest, declared) {
        Pin::Exact => false,
        Pin::Loose => true,
        Pin::Range => !locked,
    };
    let open: Vec<&Declared> = asking.wanted.iter().filter(is_open).copied().collect();
    let first = open.first()?;
    let message = match open.as_slice() {
        [one] => format!("`{}` is asked for {}", one.name, wording(one, locked)),
        _ if locked => format!("{} dependencies ask for whatever is there: {}", open.len(), names(&open)),
        _ => format!(
            "{} of {} dependencies are not fixed to a version, and no lock file does it",
            open.len(),
            asking.wanted.len()
        ),
    };
    let lines: Vec<String> =
        open.iter().take(12).map(|declared| format!("{}  {}", declared.name, shown(declared))).collect();
    let more = open.len().saturating_sub(12);
    let more = if more > 0 { format!("\nand {more} more") } else { String::new() };
    let location = Location::File { path: asking.path().to_owned(), span: Some(Span::line(first.line)) };
    let finding = Finding::new(&META, location, "open", message)
        .evidence(Evidence::new(EvidenceKind::Note, format!("{}{more}", lines.join("\n"))));
    // The lock file holds what is installed until the next update; then anything may come.
    let fix = "Name a range around the version that is locked now, or for git the commit, so that the next update brings nothing \
               that nobody has tested.";
    Some(if locked { finding.severity(Severity::Minor).fix(fix) } else { finding })
}

/// How far the rule got.
#[must_use]
pub fn coverage(repo: &Repo, packages: &Packages, all: &[Asking<'_>]) -> Coverage {
    let open = manifests::unread(repo, packages)
        .or_else(|| manifests::unread_of(repo, packages, |path| manifests::is_build(path) && is_manifest(path)))
        .or_else(|| manifests::not_judged_but(packages, manifests::is_build))
        .or_else(|| manifests::unclear_in_product(repo, packages))
        .or_else(|| unclear_builds(packages))
        .or_else(|| behind_unread_lock(repo, packages, all));
    let nothing = all.is_empty() && manifests::of_builds(packages).is_empty();
    match open {
        Some(why) if nothing => Coverage::Nothing(why),
        Some(why) => Coverage::Part(why),
        None if nothing => Coverage::Absent("no manifest names dependencies".to_owned()),
        None => Coverage::Whole,
    }
}

/// What builds take from elsewhere: a property that is set outside the project, or what only a program can work out.
fn unclear_builds(packages: &Packages) -> Option<String> {
    let builds = || packages.manifests.values().filter(|manifest| manifests::is_build(&manifest.path));
    let outside = |manifest: &&Manifest| manifest.declared.iter().any(|declared| declared.range.contains('$'));
    let outside =
        || builds().find(outside).map(|one| format!("`{}` takes a version from outside the project", one.path));
    manifests::unclear(builds()).or_else(outside)
}

/// A range is fixed by a lock file only where that can be read.
fn behind_unread_lock(repo: &Repo, packages: &Packages, all: &[Asking<'_>]) -> Option<String> {
    let fixed = Fixed::of(repo, packages);
    let ranges =
        |asking: &&Asking<'_>| asking.wanted.iter().any(|declared| fixed.pin(asking.manifest, declared) == Pin::Range);
    all.iter().filter(ranges).find_map(|asking| match lockfiles::of(repo, packages, asking) {
        Lock::Here(path) | Lock::NotInGit(path, _) if packages.locks.iter().all(|lock| lock.path != path) => {
            Some(format!("`{path}` could not be read, so whether it fixes the versions is not known"))
        }
        _ => None,
    })
}

fn wording(declared: &Declared, locked: bool) -> String {
    match elsewhere(declared) {
        Some(Source::Git) => "from git without a commit or a version, so that it can be other code tomorrow".to_owned(),
        Some(_) => "from an address, where other code can lie tomorrow".to_owned(),
        None if declared.range.is_empty() => "without a version".to_owned(),
        None if locked => format!("as `{}`, so that the next update may bring any version", declared.range),
        None => format!("as `{}`, which can be another version tomorrow", declared.range),
    }
}

fn shown(declared: &Declared) -> &str {
    match elsewhere(declared) {
        Some(Source::Git) => "(git)",
        Some(_) => "(an address)",
        None if declared.range.is_empty() => "(no version)",
        None => &declared.range,
    }
}

/// Where it comes from, where that is no registry and the range does not say it.
fn elsewhere(declared: &Declared) -> Option<Source> {
    let told = declared.range.contains([':', '/']);
    Some(declared.source).filter(|source| matches!(source, Source::Git | Source::Url) && !told)
}

fn names(open: &[&Declared]) -> String {
    let names: Vec<String> = open.iter().take(4).map(|declared| format!("`{}`", declared.name)).collect();
    if open.len() > 4 { format!("{} …", names.join(", ")) } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::super::hygiene::{self, samples};
    use super::*;

    fn seen(files: &[(&str, &str)]) -> (Vec<String>, Coverage) {
        let (_folder, repo, packages) = samples::project(files);
        let all = manifests::find(&repo, &packages);
        let told = findings(&repo, &packages, &all).into_iter();
        let told = told.map(|found| format!("{} {}: {}", found.severity.word(), found.location, found.message));
        (told.collect(), coverage(&repo, &packages, &all))
    }

    #[test]
    fn open_versions_are_told_once_for_each_manifest() {
        let (told, coverage) = seen(&[
            (
                "package.json",
                "{\n  \"dependencies\": {\n    \"a\": \"latest\",\n    \"b\": \"github:x/b\",\n    \"c\": \"^1.0.0\"\n  }\n}\n",
            ),
            ("package-lock.json", "{\"lockfileVersion\": 3, \"packages\": {\"\": {}}}"),
            ("worker/requirements.txt", "flask==2.2.2\ngunicorn\n"),
            ("worker/requirements-dev.txt", "pytest\n"),
            ("tool/Cargo.toml", "[package]\nname = \"t\"\n[dependencies]\nserde = \"*\"\n"),
            (
                "crate/Cargo.toml",
                "[package]\nname = \"u\"\n[dependencies]\nserde = \"1\"\nlog = {git = \"https://example.com/log\"}\n",
            ),
            ("crate/src/main.rs", ""),
        ]);
        assert_eq!(
            told,
            [
                "major crate/Cargo.toml:4: 2 of 2 dependencies are not fixed to a version, and no lock file does it",
                "minor package.json:3: 2 dependencies ask for whatever is there: `a`, `b`",
                "major worker/requirements.txt:2: `gunicorn` is asked for without a version",
            ]
        );
        assert_eq!(coverage, Coverage::Whole);
    }

    #[test]
    fn builds_of_maven_and_gradle_are_judged() {
        let one = |name: &str, version: &str| {
            format!(
                "<dependency><groupId>g</groupId><artifactId>{name}</artifactId><version>{version}</version></dependency>\n"
            )
        };
        let pom = |versions: &[&str]| {
            let all: Vec<String> =
                versions.iter().zip('a'..).map(|(version, name)| one(&name.to_string(), version)).collect();
            format!("<project><artifactId>x</artifactId><dependencies>\n{}</dependencies></project>", all.concat())
        };
        let build = |version: &str| format!("dependencies {{\n  implementation 'g:a:{version}'\n}}\n");
        let of = |files: &[(&str, &str)]| seen(files);
        for version in ["LATEST", "RELEASE", "[1.0,)"] {
            let (told, coverage) = of(&[("api/pom.xml", &pom(&["1.0", version]))]);
            let expected = format!(
                "major api/pom.xml:3: `g:b` is asked for as `{version}`, which can be another version tomorrow"
            );
            assert_eq!((told, coverage), (vec![expected], Coverage::Whole));
        }
        for version in ["latest.release", "1.+", "+"] {
            let (told, coverage) = of(&[("api/build.gradle", &build(version))]);
            let expected = format!(
                "major api/build.gradle:2: `g:a` is asked for as `{version}`, which can be another version tomorrow"
            );
            assert_eq!((told, coverage), (vec![expected], Coverage::Whole));
        }
        // A lock file fixes a range, and holds the rest until the next update.
        let lock = ("gradle.lockfile", "g:a:1.2=runtimeClasspath\nempty=\n");
        assert_eq!(of(&[("build.gradle", &build("1.+")), lock]), (Vec::new(), Coverage::Whole));
        let (told, _) = of(&[("build.gradle", &build("+")), lock]);
        assert_eq!(
            told,
            ["minor build.gradle:2: `g:a` is asked for as `+`, so that the next update may bring any version"]
        );
        assert_eq!(
            of(&[("pom.xml", &pom(&["1.0", "[1.0]"])), ("build.gradle", &build("1.0"))]),
            (Vec::new(), Coverage::Whole)
        );
        // Tests, and what only a program or another project can say.
        assert!(of(&[("tests/pom.xml", &pom(&["LATEST"]))]).0.is_empty());
        for (path, text) in
            [("build.gradle", build("1.0").replace("'g:a:1.0'", "someVariable")), ("pom.xml", pom(&["${gone}"]))]
        {
            let (told, coverage) = of(&[(path, &text), ("package.json", "{\"dependencies\": {\"a\": \"1.0.0\"}}")]);
            assert!(matches!(&coverage, Coverage::Part(why) if why.contains(path)), "{coverage:?}");
            assert!(told.is_empty(), "{told:?}");
        }
        let (_, coverage) = of(&[("pom.xml", "<project>")]);
        assert!(matches!(&coverage, Coverage::Nothing(why) if why.contains("pom.xml")), "{coverage:?}");
    }

    #[test]
    fn what_the_project_fixes_itself_is_not_open() {
        let (told, coverage) = seen(&[
            (
                "package.json",
                "{\"name\": \"shop\", \"peerDependencies\": {\"react\": \"*\"}, \"dependencies\": {\"ui\": \"*\", \"a\": \"1.2.3\"}}",
            ),
            ("ui/package.json", "{\"name\": \"ui\", \"devDependencies\": {\"shop\": \"latest\", \"b\": \"1.0.0\"}}"),
            ("api/requirements.txt", "-c constraints.txt\nFlask\ncelery[redis]>=5\n"),
            ("api/constraints.txt", "flask==3.0.0\ncelery==5.4.0\n"),
            ("crate/Cargo.toml", "[package]\nname = \"u\"\n[dependencies]\nserde = { workspace = true }\n"),
            ("crate/src/main.rs", ""),
        ]);
        assert_eq!(told, [""; 0]);
        assert_eq!(
            coverage,
            Coverage::Part("`crate/Cargo.toml` has 1 entry that gonogo could not work out".to_owned())
        );
    }

    #[test]
    fn an_archive_whose_hash_is_locked_is_fixed() {
        let address = "https://files.example.com/xlsx-0.20.3/xlsx-0.20.3.tgz";
        let package = format!("{{\"name\": \"x\", \"dependencies\": {{\n\"xlsx\": \"{address}\"\n}}}}");
        let entry = |hash: &str| {
            format!(
                "\"node_modules/xlsx\": {{\n\"version\": \"0.20.3\",\n\"resolved\": \"{address}\"{hash}\n}},\n\
                 \"node_modules/zod\": {{\n\"version\": \"4.0.0\",\n\"integrity\": \"sha512-y\"\n}}"
            )
        };
        let lock = |hash: &str| {
            let root = format!("\"\": {{\"dependencies\": {{\"xlsx\": \"{address}\"}}}}");
            format!("{{\"lockfileVersion\": 3, \"packages\": {{{root},\n{}}}}}", entry(hash))
        };
        let hashed = lock(",\n\"integrity\": \"sha512-x\"");
        assert_eq!(seen(&[("package.json", &package), ("package-lock.json", &hashed)]), (Vec::new(), Coverage::Whole));
        let (told, _) = seen(&[("package.json", &package), ("package-lock.json", &lock(""))]);
        assert!(told.len() == 1 && told[0].starts_with("minor package.json:2: `xlsx` is asked for as"), "{told:?}");
        assert_eq!(seen(&[("package.json", &package)]).0.len(), 1);
        // On one line with its neighbours nobody knows whose hash it is.
        let dense = hashed.replace('\n', "");
        assert_eq!(seen(&[("package.json", &package), ("package-lock.json", &dense)]).0.len(), 1);
        // What is fixed is told as what it is: no registry's.
        let (_folder, repo, packages) = samples::project(&[("package.json", &package), ("package-lock.json", &hashed)]);
        let found = hygiene::remote_findings(&repo, &packages);
        assert!(samples::told(&found)[0].starts_with("minor package.json:2: `xlsx` comes from"), "{found:?}");
        let wheel = "a @ https://files.example.com/a-1.0-py3-none-any.whl";
        let plain = format!("{wheel}\nb==1.0 --hash=sha256:00\n");
        assert_eq!(seen(&[("requirements.txt", &plain)]).0.len(), 1);
        assert_eq!(seen(&[("requirements.txt", &format!("{wheel}#sha256=00\n"))]).0.len(), 0);
    }

    #[test]
    fn addresses_are_told_without_what_is_in_them() {
        let (told, coverage) = seen(&[
            ("requirements.txt", "a @ git+https://bot:s3cret@example.com/a.git@main\n"),
            ("api/pyproject.toml", "[project]\nname = \"x\"\ndynamic = [\"dependencies\"]\n"),
        ]);
        assert_eq!(
            told,
            [
                "major requirements.txt:1: `a` is asked for from git without a commit or a version, so that it can be other code tomorrow"
            ]
        );
        assert!(matches!(&coverage, Coverage::Part(why) if why.contains("api/pyproject.toml")), "{coverage:?}");
        let sources = "[tool.uv.sources]\na = { url = \"https://example.com/a.whl\" }\n";
        let project = format!("[project]\nname = \"x\"\ndependencies = [\"a==1.0\"]\n{sources}");
        let (told, _) = seen(&[("pyproject.toml", &project)]);
        assert_eq!(
            told,
            ["major pyproject.toml:3: `a` is asked for from an address, where other code can lie tomorrow"]
        );
        let (told, coverage) = seen(&[("setup.py", "x"), ("README.md", "")]);
        assert!(told.is_empty() && matches!(coverage, Coverage::Absent(_)));
    }
}
