//! Dependencies that come from a git repository or an address instead of a registry.

use super::{Repo, is_aside, left_open, listed, named};
use crate::model::{Confidence, Coverage, Finding, Location, RuleKind, RuleMeta, Severity, Span};
use crate::probe::packages::manifest::{Pin, Source};
use crate::probe::packages::{Declared, Packages};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "dependency-from-git-or-url",
    title: "A dependency comes from git or from an address",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Looks in manifests for dependencies that are taken from a git repository or an archive at an address. Where it is not fixed to a commit, `dependency-unpinned` tells it.",
    why: "No advisory speaks of it, and its owner can delete or replace it: then the next deployment fails, or ships code that nobody has seen.",
    fix: "Ask for a published version of the package; where there is none, name the full commit.",
    example: "# bad\n\"mailer\": \"github:shop/mailer#4f2a9c1d\"\n# good\n\"mailer\": \"^2.1.0\"",
    references: &["C48", "https://docs.npmjs.com/cli/v11/configuring-npm/package-json#git-urls-as-dependencies"],
};

/// One finding for each manifest. What can be other code tomorrow is told by `dependency-unpinned`.
pub fn findings(packages: &Packages) -> Vec<Finding> {
    let manifests = packages.manifests.values().filter(|manifest| !is_aside(&manifest.path));
    manifests
        .filter_map(|manifest| {
            let fixed = |declared: &&Declared| {
                matches!(declared.source, Source::Git | Source::Url) && declared.pin == Pin::Exact
            };
            let remote: Vec<&Declared> = manifest.declared.iter().filter(fixed).collect();
            let first = remote.first()?;
            let names = named(remote.iter().map(|declared| declared.name.as_str()), 4);
            let comes = if remote.len() == 1 { "comes" } else { "come" };
            let message = format!("{names} {comes} from git or an address: no advisory speaks of such packages");
            let location = Location::File { path: manifest.path.clone(), span: Some(Span::line(first.line)) };
            // An address may hold a password, so it is not repeated.
            let from = |declared: &Declared| if declared.source == Source::Git { "git" } else { "an address" };
            let lines: Vec<String> = (remote.iter())
                .map(|declared| format!("line {}  {} from {}", declared.line, declared.name, from(declared)))
                .collect();
            Some(Finding::new(&META, location, "remote", message).evidence(listed(&lines)))
        })
        .collect()
}

/// How far the rule got.
pub fn coverage(repo: &Repo, packages: &Packages) -> Coverage {
    if let Some(why) = left_open(repo, packages, |_| true) {
        Coverage::Part(why)
    } else if packages.manifests.values().any(|manifest| !manifest.declared.is_empty()) {
        Coverage::Whole
    } else {
        Coverage::Absent("no manifest names dependencies".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn what_comes_from_elsewhere_is_told_without_its_address() {
        let mut manifest = samples::manifest(
            "package.json",
            &[
                "a https://user:pw@example.com/a.git#4f2a9c1d",
                "b main",
                "c ^1",
                "d ../d",
                "e https://example.com/e.tgz",
            ],
        );
        let kinds = [
            (Source::Git, Pin::Exact),
            (Source::Git, Pin::Loose),
            (Source::Registry, Pin::Range),
            (Source::Own, Pin::Exact),
            (Source::Url, Pin::Exact),
        ];
        for (declared, kind) in manifest.declared.iter_mut().zip(kinds) {
            (declared.source, declared.pin) = kind;
        }
        let found = findings(&samples::packages(vec![manifest.clone()], Vec::new()));
        assert!(!format!("{found:?}").contains("user:pw"));
        assert_eq!(
            samples::told(&found),
            ["minor package.json:3: `a` and `e` come from git or an address: no advisory speaks of such packages"]
        );
        manifest.path = "examples/package.json".to_owned();
        assert_eq!(findings(&samples::packages(vec![manifest], Vec::new())), []);
    }

    #[test]
    fn what_a_manifest_leaves_open_is_no_silence() {
        let how = |files: &[(&str, &str)]| {
            let (_folder, repo, packages) = samples::project(files);
            coverage(&repo, &packages)
        };
        let asks = "{\"dependencies\": {\"zod\": \"^4\"}}";
        assert_eq!(how(&[("package.json", asks)]), Coverage::Whole);
        assert_eq!(how(&[("package.json", asks), ("tests/broken/package.json", "{")]), Coverage::Whole);
        assert!(matches!(how(&[("a.js", "")]), Coverage::Absent(_)));
        let part = |files: &[(&str, &str)], word: &str| {
            let how = how(files);
            assert!(matches!(&how, Coverage::Part(why) if why.contains(word)), "{how:?}");
        };
        part(&[("package.json", asks), ("api/package.json", "{")], "`api/package.json` was not understood");
        part(&[("package.json", asks), ("api/pom.xml", "<project>")], "`api/pom.xml` was not understood");
        part(&[("package.json", asks), ("Gemfile", "gem name_of_it\n")], "`Gemfile` has 1 entry");
    }
}
