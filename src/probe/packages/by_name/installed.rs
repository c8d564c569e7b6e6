//! A package as a command names it: `flask==2.0`, `ejs@3.1.6`.

use crate::probe::packages::{Ecosystem, Version};

/// Package managers themselves, which install the rest, with their helpers, and what only sees to it that the right one is used.
const MANAGERS: [&str; 24] = [
    "bun",
    "bundler",
    "cargo-chef",
    "corepack",
    "hatch",
    "node-gyp",
    "npm",
    "only-allow",
    "pdm",
    "pip",
    "pip-tools",
    "pipenv",
    "pipx",
    "pnpm",
    "poetry",
    "poetry-plugin-export",
    "rake",
    "rye",
    "setuptools",
    "turbo",
    "uv",
    "virtualenv",
    "wheel",
    "yarn",
];

/// A package as a command names it.
#[derive(Debug, PartialEq, Eq)]
pub struct Installed {
    /// Where it comes from.
    pub ecosystem: Ecosystem,
    /// As written, with the version that an option names: `rails -v 7.0`.
    pub said: String,
}

impl Installed {
    /// Its name alone.
    #[must_use]
    pub fn name(&self) -> &str {
        name_of(&self.said)
    }

    /// Whether it installs packages itself, and brings along all that it needs.
    #[must_use]
    pub fn is_manager(&self) -> bool {
        MANAGERS.contains(&self.name())
    }

    /// What is said of its version; `None` where nothing is.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        let says = self.said.get(self.name().len()..).unwrap_or("");
        let says = says.strip_prefix('[').and_then(|extras| extras.split_once(']')).map_or(says, |(_, rest)| rest);
        let version = says.trim_start_matches([' ', '=', '@', ':']);
        Some(version).filter(|version| !version.is_empty())
    }

    /// The package that advisories would name: of Go the module of a program, where its path tells it.
    #[must_use]
    pub fn package(&self) -> Option<&str> {
        if self.ecosystem == Ecosystem::Go { module_of(self.name()) } else { Some(self.name()) }
    }

    /// The one version that is meant: a range, a tag and a part of a version mean others later.
    #[must_use]
    pub fn exact(&self) -> Option<&str> {
        let version = self.version()?;
        let parts = version.trim_start_matches('v').split(['-', '+']).next()?.split('.').count();
        let is_whole = match self.ecosystem {
            // Of these a shorter one is a range.
            Ecosystem::Npm | Ecosystem::CratesIo | Ecosystem::Packagist => parts >= 3,
            // A part of a version asks Go for the latest one of those.
            Ecosystem::Go => parts >= 3 && self.package().is_some(),
            Ecosystem::PyPi | Ecosystem::RubyGems => true,
            Ecosystem::Maven => false,
        };
        let is_one = version.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit())
            && version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_' | '!'))
            && !self.said.contains("://");
        (is_whole && is_one && Version::parse(self.ecosystem, version).is_some()).then_some(version)
    }
}

/// The module to which a program of Go belongs, where its path tells it: on these hosts a repository has three parts, a module
/// of a later version one more, and programs lie in it or under `cmd`. Elsewhere, and deeper, a module may begin anywhere
/// (<https://go.dev/ref/mod#module-path>).
fn module_of(path: &str) -> Option<&str> {
    const HOSTS: [&str; 4] = ["github.com/", "gitlab.com/", "bitbucket.org/", "golang.org/x/"];
    if !HOSTS.iter().any(|host| path.starts_with(host)) {
        return None;
    }
    let mut ends = path.match_indices('/').map(|(at, _)| at).skip(2).chain([path.len()]);
    let mut end = ends.next()?;
    let is_version =
        |part: &str| part.strip_prefix('v').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    if let Some(next) = ends.next()
        && path.get(end + 1..next).is_some_and(is_version)
    {
        end = next;
    }
    let (module, rest) = path.split_at_checked(end)?;
    (module.split('/').count() >= 3 && (rest.is_empty() || rest.starts_with("/cmd/"))).then_some(module)
}

/// Whether a word names an archive of packages.
pub fn is_archive(word: &str) -> bool {
    [".whl", ".tgz", ".tar.gz", ".gem"].iter().any(|end| word.ends_with(end)) && !word.contains("://")
}

/// `flask` of `flask[async]==2.0`, `@acme/tool` of `@acme/tool@1`.
fn name_of(word: &str) -> &str {
    let end =
        word.char_indices().skip(1).find(|(_, c)| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/')));
    end.and_then(|(at, _)| word.get(..at)).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_of_go_belongs_to_a_module() {
        for (path, module) in [
            ("github.com/a/tool", Some("github.com/a/tool")),
            ("github.com/a/tool/cmd/x", Some("github.com/a/tool")),
            ("github.com/a/tool/v4", Some("github.com/a/tool/v4")),
            ("github.com/a/tool/v4/cmd/x", Some("github.com/a/tool/v4")),
            ("golang.org/x/tools/cmd/godoc", Some("golang.org/x/tools")),
            // It may be a module of its own.
            ("golang.org/x/tools/gopls", None),
            ("google.golang.org/grpc/cmd/protoc-gen-go-grpc", None),
            ("github.com/a", None),
        ] {
            assert_eq!(module_of(path), module, "{path}");
        }
    }

    #[test]
    fn one_version_is_exact() {
        for (ecosystem, said, exact) in [
            (Ecosystem::Npm, "ejs@3.1.6", Some("3.1.6")),
            (Ecosystem::Npm, "@acme/tool@1.2.3", Some("1.2.3")),
            (Ecosystem::Npm, "typescript@5", None),
            (Ecosystem::Npm, "npm-check@latest", None),
            (Ecosystem::Npm, "x@^1.2.3", None),
            (Ecosystem::PyPi, "uvicorn[standard]==0.20", Some("0.20")),
            (Ecosystem::PyPi, "flask>=2.0", None),
            (Ecosystem::PyPi, "flask==2.*", None),
            (Ecosystem::PyPi, "flask==2.0,<3", None),
            (Ecosystem::RubyGems, "rails 7.0", Some("7.0")),
            (Ecosystem::CratesIo, "cargo-audit 0.20.0", Some("0.20.0")),
            (Ecosystem::Packagist, "acme/tool:1.2.3", Some("1.2.3")),
            (Ecosystem::Go, "example.com/tool/cmd/x@v1.2.3", None),
            (Ecosystem::Go, "github.com/a/tool/cmd/x@v1.2.3", Some("v1.2.3")),
            (Ecosystem::Go, "github.com/a/tool/cmd/x@v1.2", None),
            (Ecosystem::Go, "github.com/a/tool@latest", None),
            (Ecosystem::Npm, "serve", None),
        ] {
            assert_eq!(Installed { ecosystem, said: said.to_owned() }.exact(), exact, "{said}");
        }
    }
}
