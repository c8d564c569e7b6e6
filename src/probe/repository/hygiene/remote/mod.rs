//! Dependencies that come from a git repository or an address instead of a registry, or from another registry than the
//! rest.

mod hosts;
mod places;
mod told;

use tokio_util::sync::CancellationToken;

use super::{Repo, is_aside, left_open, listed, named};
use crate::model::{Confidence, Coverage, Finding, Location, RuleKind, RuleMeta, Severity, Span};
use crate::probe::packages::manifest::{Pin, Source};
use crate::probe::packages::{Declared, Packages};
use crate::probe::repository::manifests::Fixed;

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "dependency-from-git-or-url",
    title: "A dependency comes from git or from an address",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Looks in manifests for dependencies that are taken from a git repository or an archive at an address. Where it is not fixed to a commit, `dependency-unpinned` tells it. Looks in lock files for packages from another host than the rest, which no setting names.",
    why: "No advisory speaks of it, and its owner can delete or replace it: then the next deployment fails, or ships code that nobody has seen.",
    fix: "Ask for a published version of the package; where there is none, name the full commit.",
    example: "# bad\n\"mailer\": \"github:shop/mailer#4f2a9c1d\"\n# good\n\"mailer\": \"^2.1.0\"",
    references: &["C48", "https://docs.npmjs.com/cli/v11/configuring-npm/package-json#git-urls-as-dependencies"],
};

/// What manifests and lock files take from elsewhere, and how far the rule got.
pub fn look(repo: &Repo, packages: &Packages, cancel: &CancellationToken) -> (Vec<Finding>, Coverage) {
    let (in_locks, read) = hosts::look(repo, packages, cancel);
    let mut found = findings(repo, packages);
    found.extend(in_locks);
    let coverage = match (coverage(repo, packages), read) {
        (Coverage::Whole | Coverage::Absent(_), Coverage::Part(why)) => Coverage::Part(why),
        (coverage, _) => coverage,
    };
    (found, coverage)
}

/// One finding for each manifest. What can be other code tomorrow is told by `dependency-unpinned`.
pub fn findings(repo: &Repo, packages: &Packages) -> Vec<Finding> {
    let known = Fixed::of(repo, packages);
    let manifests = packages.manifests.values().filter(|manifest| !is_aside(&manifest.path));
    manifests
        .filter_map(|manifest| {
            let fixed = |declared: &&Declared| {
                matches!(declared.source, Source::Git | Source::Url) && known.pin(manifest, declared) == Pin::Exact
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
fn coverage(repo: &Repo, packages: &Packages) -> Coverage {
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
        let (_folder, repo, _) = samples::project(&[]);
        let found = findings(&repo, &samples::packages(vec![manifest.clone()], Vec::new()));
        assert!(!format!("{found:?}").contains("user:pw"));
        assert_eq!(
            samples::told(&found),
            ["minor package.json:3: `a` and `e` come from git or an address: no advisory speaks of such packages"]
        );
        manifest.path = "examples/package.json".to_owned();
        assert_eq!(findings(&repo, &samples::packages(vec![manifest], Vec::new())), []);
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

    /// What is told of lock files, without the manifests' part.
    fn locks(files: &[(&str, &str)]) -> Vec<String> {
        let (_folder, repo, packages) = samples::project(files);
        let (found, coverage) = hosts::look(&repo, &packages, &CancellationToken::new());
        assert_eq!(coverage, Coverage::Whole);
        assert!(!format!("{found:?}").contains("s3cret"));
        let first = |message: &str| message.split(':').next().unwrap_or("").to_owned();
        found.iter().map(|one| format!("{} {} {}", one.severity.word(), one.location, first(&one.message))).collect()
    }

    fn npm(packages: &[(&str, &str)]) -> String {
        let lines: Vec<String> = packages
            .iter()
            .map(|(name, url)| {
                format!("\"node_modules/{name}\": {{\n\"version\": \"1.0.0\",\n\"resolved\": \"{url}\"\n}}")
            })
            .collect();
        format!("{{\"lockfileVersion\": 3, \"packages\": {{\"\": {{}},\n{}\n}}}}", lines.join(",\n"))
    }

    #[test]
    fn a_package_from_another_host_than_the_rest_is_told() {
        let usual = "https://registry.example.com/x.tgz";
        let with = |url: &'static str| npm(&[("a", usual), ("@shop/ui", url), ("b", usual)]);
        let evil = with("https://bot:s3cret@evil.example.net:8443/ui.tgz");
        let told = ["minor package-lock.json:8 `@shop/ui` comes from `evil.example.net`"];
        assert_eq!(locks(&[("package-lock.json", &evil)]), told);
        // Without line breaks, and with slashes that are escaped.
        let dense = evil.replace('\n', "").replace("https://", "https:\\/\\/");
        assert_eq!(
            locks(&[("package-lock.json", &dense)]),
            ["minor package-lock.json:1 `@shop/ui` comes from `evil.example.net`"]
        );
        let plain = with("http://evil.example.net/ui.tgz");
        assert_eq!(
            locks(&[("package-lock.json", &plain)]),
            ["major package-lock.json:8 `@shop/ui` comes from `evil.example.net`, over plain HTTP"]
        );
        // Who names another scope names nothing of this one.
        let other = ("web/.npmrc", "@other:registry=https://evil.example.net/\n");
        let web = ["minor web/package-lock.json:8 `@shop/ui` comes from `evil.example.net`"];
        assert_eq!(locks(&[("web/package-lock.json", &evil), other]), web);
        // Named for the scope, for all, above, or as an address in the manifest.
        for (path, text) in [
            ("web/.npmrc", "@shop:registry=https://evil.example.net/\n"),
            (".npmrc", "registry=https://evil.example.net/\n"),
            ("web/.yarnrc.yml", "npmScopes:\n  shop:\n    npmRegistryServer: https://evil.example.net\n"),
            ("web/package.json", r#"{"dependencies": {"@shop/ui": "https://evil.example.net/ui.tgz"}}"#),
            ("web/package.json", r#"{"dependencies": {"@shop/ui": "github:shop/ui"}}"#),
        ] {
            assert_eq!(locks(&[("web/package-lock.json", &evil), (path, text)]), [""; 0], "{path}");
        }
        assert_eq!(locks(&[("tests/web/package-lock.json", &evil)]), [""; 0]);
    }

    #[test]
    fn a_mirror_for_all_and_a_second_registry_are_usual() {
        let mirror = "http://mirror.example.com/x.tgz";
        assert_eq!(locks(&[("package-lock.json", &npm(&[("a", mirror), ("b", mirror)]))]), [""; 0]);
        let second = "https://second.example.com/x.tgz";
        let names: Vec<String> = (0..20).map(|n| format!("p{n}")).collect();
        let of = |seconds: usize| {
            let url = |at: usize| if at < seconds { second } else { mirror };
            npm(&names.iter().enumerate().map(|(at, name)| (name.as_str(), url(at))).collect::<Vec<_>>())
        };
        assert_eq!(locks(&[("package-lock.json", &of(5))]), [""; 0]);
        assert_eq!(locks(&[("package-lock.json", &of(4))]).len(), 1);
    }

    #[test]
    fn two_names_of_one_registry_are_one_host() {
        let of = |labels: [&str; 3]| format!("https://{}/x.tgz", labels.join("."));
        let (one, other) = (of(["registry", "npmjs", "org"]), of(["registry", "yarnpkg", "com"]));
        assert_eq!(locks(&[("package-lock.json", &npm(&[("a", &one), ("b", &other), ("c", &one)]))]), [""; 0]);
        let near = of(["registry", "yarnpkg", "net"]);
        assert_eq!(locks(&[("package-lock.json", &npm(&[("a", &one), ("b", &near), ("c", &other)]))]).len(), 1);
        // A setting that names the one names the other.
        let mirror = "https://mirror.example.com/x.tgz";
        let lock = npm(&[("a", mirror), ("b", &other), ("c", mirror)]);
        assert_eq!(locks(&[("package-lock.json", &lock)]).len(), 1);
        assert_eq!(locks(&[("package-lock.json", &lock), (".npmrc", &format!("registry={one}\n"))]), [""; 0]);
    }

    #[test]
    fn every_lock_file_that_names_hosts_is_looked_at() {
        let pypi = |other: &str| {
            format!(
                "[[package]]\nname = \"a\"\nversion = \"1.0\"\nfiles = []\n[[package]]\nname = \"b\"\nversion = \"1.0\"\nfiles = []\n\
                 {other}\n[metadata]\nlock-version = \"2.1\"\ncontent-hash = \"00\"\npython-versions = \"*\"\n"
            )
        };
        let source =
            "[package.source]\ntype = \"legacy\"\nurl = \"https://evil.example.net/simple\"\nreference = \"x\"\n";
        let (poetry, uv) = (pypi(source), "version = 1\n".to_owned()
            + &["a", "b", "c"].map(|name| {
                let host = if name == "b" { "evil.example.net" } else { "r.example.com" };
                format!(
                    "[[package]]\nname = \"{name}\"\nversion = \"1.0\"\nsource = {{ registry = \"https://{host}/simple\" }}\n\
                     wheels = [\n    {{ url = \"https://files.{host}/{name}.whl\", hash = \"sha256:00\" }},\n]\n"
                )
            }).concat());
        let yarn1 = "# yarn lockfile v1\n\n\na@^1:\n  version \"1.0.0\"\n  resolved \"https://r.example.com/a.tgz#00\"\n\n\
            \"@s/b@^1\", \"@s/b@^1.1\":\n  version \"1.1.0\"\n  resolved \"https://evil.example.net/b.tgz#00\"\n\n\
            c@^1:\n  version \"1.0.0\"\n  resolved \"https://r.example.com/c.tgz#00\"\n";
        let berry = "__metadata:\n  version: 8\n\n\"a@npm:^1\":\n  version: 1.0.0\n  resolution: \"a@npm:1.0.0\"\n  linkType: hard\n\n\
            \"b@npm:^1\":\n  version: 1.0.0\n  resolution: \"b@npm:1.0.0::__archiveUrl=https%3A%2F%2Fevil.example.net%2Fb.tgz\"\n  \
            linkType: hard\n\n\"c@npm:^1\":\n  version: 1.0.0\n  resolution: \"c@npm:1.0.0\"\n  linkType: hard\n\n\"x@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"x@workspace:.\"\n  dependencies:\n    a: \"npm:^1\"\n  linkType: soft\n";
        let pnpm = "lockfileVersion: '9.0'\nimporters:\n\n  .:\n    dependencies:\n      a:\n        specifier: ^1\n        \
            version: 1.0.0\npackages:\n\n  a@1.0.0:\n    resolution: {integrity: sha512-x}\n\n  '@s/b@1.0.0':\n    \
            resolution: {integrity: sha512-x, tarball: https://evil.example.net/b.tgz}\n\n  c@1.0.0:\n    resolution: {integrity: sha512-x}\n\
            snapshots:\n\n  a@1.0.0: {}\n\n  '@s/b@1.0.0': {}\n\n  c@1.0.0: {}\n";
        let bun = "{\"lockfileVersion\": 1, \"workspaces\": {\"\": {\"name\": \"x\"}},\n\"packages\": {\n\
            \"a\": [\"a@1.0.0\", \"\", {}, \"sha512-x\"],\n\"b\": [\"b@1.0.0\", \"https://evil.example.net/b.tgz\", {}, \"sha512-x\"],\n\
            \"c\": [\"c@1.0.0\", \"\", {}, \"sha512-x\"]\n}}";
        let pipenv = r#"{
    "_meta": {"hash": {"sha256": "00"}, "pipfile-spec": 6, "sources": [
        {"name": "pypi", "url": "https://bot:s3cret@r.example.com/simple", "verify_ssl": true},
        {"name": "x", "url": "https://evil.example.net/simple", "verify_ssl": true}]},
    "default": {"a": {"index": "pypi", "version": "==1.0"}}, "develop": {}
}"#;
        let pipfile = "[[source]]\nurl = \"https://r.example.com/simple\"\nname = \"pypi\"\n[packages]\na = \"*\"\n";
        let php = |name: &str, source: &str, dist: &str| {
            format!(
                "{{\n\"name\": \"x/{name}\",\n\"version\": \"1.0\",\n\"source\": {{\n\"type\": \"git\",\n\"url\": \"https://{source}/x\"\n}},\n\
                 \"dist\": {{\n\"type\": \"zip\",\n\"url\": \"https://{dist}/x\"\n}},\n\"notification-url\": \"https://p.example.com\",\n\
                 \"authors\": [{{\"name\": \"me\"}}]\n}}"
            )
        };
        let (forge, api) = ("forge.example.org", "api.forge.example.org");
        let composer = format!(
            "{{\"packages\": [{},\n{},\n{},\n{}], \"packages-dev\": []}}",
            php("a", forge, api),
            php("b", forge, "evil.example.net"),
            // A package from another forge comes from it as a whole.
            php("c", "other.example.com", "other.example.com"),
            php("d", forge, api)
        );
        let gems = "GEM\n  remote: https://r.example.com/\n  specs:\n    a (1.0)\n\nGEM\n  remote: https://evil.example.net/\n  specs:\n    \
            b (1.0)\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  a\n  b\n";
        let gemfile = "source \"https://r.example.com\"\ngem \"a\"\ngem \"b\"\n";
        let (mut seen, mut wanted) = (Vec::new(), Vec::new());
        for (files, expected) in [
            (&[("yarn.lock", yarn1)][..], "minor yarn.lock:10 `@s/b` comes from `evil.example.net`"),
            (&[("yarn.lock", berry)], "minor yarn.lock:11 `b` comes from `evil.example.net`"),
            (&[("pnpm-lock.yaml", pnpm)], "minor pnpm-lock.yaml:15 `@s/b` comes from `evil.example.net`"),
            (&[("bun.lock", bun)], "minor bun.lock:4 `b` comes from `evil.example.net`"),
            (&[("poetry.lock", &poetry)], "minor poetry.lock:11 `b` comes from `evil.example.net`"),
            (&[("uv.lock", &uv)], "minor uv.lock:12 `b` comes from `evil.example.net`"),
            (
                &[("Pipfile.lock", pipenv), ("Pipfile", pipfile)],
                "minor Pipfile.lock:4 `Pipfile.lock` takes packages from `evil.example.net`, which no manifest and no setting names",
            ),
            (&[("composer.lock", &composer)], "minor composer.lock:24 `x/b` comes from `evil.example.net`"),
            (
                &[("Gemfile.lock", gems), ("Gemfile", gemfile)],
                "minor Gemfile.lock:7 `Gemfile.lock` takes packages from `evil.example.net`, which no manifest and no setting names",
            ),
        ] {
            seen.extend(locks(files));
            wanted.push(expected);
        }
        assert_eq!(seen, wanted);
        // Where the source is worked out, or nothing is known of it, nobody can say that it is another one.
        let dynamic = "source ENV[\"GEMS\"]\nsource \"https://r.example.com\"\ngem \"a\"\ngem \"b\"\n";
        assert_eq!(locks(&[("Gemfile.lock", gems), ("Gemfile", dynamic)]), [""; 0]);
        assert_eq!(locks(&[("Gemfile.lock", gems)]), [""; 0]);
        let symbol = "source :rubygems\ngem \"a\"\ngem \"b\", git: \"https://forge.example.org/b\"\n";
        let npmrc = ("web/.npmrc", "registry=https://n.example.com/\n");
        assert_eq!(locks(&[("Gemfile.lock", gems), ("Gemfile", symbol), npmrc, (".npmrc", npmrc.1)]), [""; 0]);
        // The files of a registry that a setting names.
        let named = "[[tool.uv.index]]\nurl = \"https://evil.example.net/simple\"\n";
        assert_eq!(locks(&[("uv.lock", &uv), ("pyproject.toml", named)]), [""; 0]);
        let named = "[[tool.poetry.source]]\nurl = \"https://evil.example.net/simple\"\n";
        assert_eq!(locks(&[("poetry.lock", &poetry), ("pyproject.toml", named)]), [""; 0]);
    }

    #[test]
    fn a_lock_file_that_cannot_be_read_is_no_silence() {
        let (folder, repo, packages) =
            samples::project(&[("package-lock.json", &npm(&[("a", "https://r.example.com/a")]))]);
        std::fs::remove_file(folder.path().join("package-lock.json")).unwrap();
        let (_, coverage) = look(&repo, &packages, &CancellationToken::new());
        assert!(matches!(&coverage, Coverage::Part(why) if why.contains("package-lock.json")), "{coverage:?}");
    }
}
