//! The texts that may say something about headers, each read once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, LazyLock};

use rayon::prelude::*;
use regex::bytes::Regex;
use tokio_util::sync::CancellationToken;

use super::tokens::{Dialect, Token, tokens};
use crate::probe::files::{self, FileEntry};
use crate::probe::repository::{is_aside, is_for_development};

/// What code says that sends headers or that is started as a server. Files without any of it are not kept.
static TELLING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i-u)strict-transport-security|x-content-type-options|x-frame-options|content-security-policy|referrer-policy|permissions-policy|helmet|talisman|secure_?-?headers|frame_?options|force_ssl|default_headers|stsSeconds|frameDeny|contentTypeNosniff|\bexpress\(\)|\bfastify\(|new Koa\b|\bFlask\(|\bFastAPI\(|SecurityFilterChain|session_store|express-session|cookie-session|WebSecurityCustomizer|SpringApplication",
    )
    .ok()
});

/// Larger files are not read, and counted as such.
const MOST_BYTES: u64 = 1024 * 1024;
/// So many files of code are kept at most; a project with more of them says the same thing over and over.
const MOST_FILES: usize = 4000;

/// A file's path and text, where it is kept; or that it could not be read.
type Read = Result<Option<(String, Arc<str>)>, ()>;

/// Texts by path.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: BTreeMap<String, Arc<str>>,
    tokens: BTreeMap<String, Vec<Token>>,
    paths: BTreeSet<String>,
    /// Files that may matter and could not be read, or were too large or too many to be.
    pub unread: usize,
    /// Whether there are pages that a program fills in.
    pub views: bool,
}

impl Sources {
    /// Lists and reads `root`.
    #[must_use]
    pub fn of_project(root: &Path, leave_out: &[String], cancel: &CancellationToken) -> Self {
        let listing = files::list(root, leave_out, cancel);
        Self::gather(listing.files.iter(), cancel)
    }

    /// Reads what matters of these files.
    #[must_use]
    pub fn gather<'a>(listed: impl Iterator<Item = &'a FileEntry>, cancel: &CancellationToken) -> Self {
        let mut views = false;
        let ours = |file: &&FileEntry| {
            views |= is_view(&file.path);
            !file.ignored && !is_aside(&file.path) || is_template(&file.path)
        };
        let listed: Vec<&FileEntry> = listed.filter(ours).collect();
        let wanted = listed.par_iter().filter(|_| !cancel.is_cancelled());
        let read: Vec<Read> = wanted
            .map(|file| {
                let configuration = is_configuration(&file.path);
                if !configuration && Dialect::of(&file.path).is_none() && !is_markup(&file.path) {
                    return Ok(None);
                }
                let text = file.read_up_to(MOST_BYTES).map_err(drop)?;
                let telling = configuration || TELLING.as_ref().is_none_or(|telling| telling.is_match(text.as_bytes()));
                Ok(telling.then(|| (file.path.clone(), Arc::from(text))))
            })
            .collect();
        let unread = read.iter().filter(|read| read.is_err()).count();
        let kept = read.iter().filter(|read| matches!(read, Ok(Some(_)))).count();
        let unread = unread + kept.saturating_sub(MOST_FILES);
        let files = read.into_iter().filter_map(|read| read.ok().flatten()).take(MOST_FILES).collect();
        Self::new(files, listed.iter().map(|file| file.path.clone()).collect(), unread, views)
    }

    fn new(files: BTreeMap<String, Arc<str>>, paths: BTreeSet<String>, unread: usize, views: bool) -> Self {
        let tokens = files.par_iter().filter_map(|(path, text)| Some((path.clone(), tokens(text, Dialect::of(path)?))));
        Self { tokens: tokens.collect(), files, paths, unread, views }
    }

    /// These texts.
    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let paths: BTreeSet<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
        let views = paths.iter().any(|path| is_view(path));
        Self::new(files.iter().map(|(path, text)| ((*path).to_owned(), Arc::from(*text))).collect(), paths, 0, views)
    }

    /// The text of a file.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(|text| &**text)
    }

    /// Whether the project has this file.
    pub fn has(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    /// Every path of the project.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().map(String::as_str)
    }

    /// Every text, with its path, sorted.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), &**text))
    }

    /// The texts of files for production whose name, in lower case, fits.
    pub fn named<'a>(&'a self, fits: impl Fn(&str) -> bool + 'a) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.all().filter(move |(path, _)| !is_for_development(path) && fits(&name_of(path).to_ascii_lowercase()))
    }

    /// The tokens of every file of code that `fits`.
    pub fn code<'a>(&'a self, fits: impl Fn(&str) -> bool + 'a) -> impl Iterator<Item = (&'a str, &'a [Token])> {
        self.tokens.iter().map(|(path, tokens)| (path.as_str(), tokens.as_slice())).filter(move |(path, _)| fits(path))
    }

    /// Whether any manifest names this package.
    pub fn depends_on(&self, package: &str) -> bool {
        self.manifests().any(|(_, text)| names_package(text, package))
    }

    /// The manifests that name what the project is built on.
    pub fn manifests(&self) -> impl Iterator<Item = (&str, &str)> {
        self.named(|name| {
            matches!(
                name,
                "package.json"
                    | "composer.json"
                    | "gemfile"
                    | "pyproject.toml"
                    | "pipfile"
                    | "pom.xml"
                    | "build.gradle"
                    | "build.gradle.kts"
                    | "go.mod"
            ) || name.starts_with("requirements") && name.ends_with(".txt")
        })
    }
}

/// Whether a manifest names a package, and not a longer name that holds it.
pub fn names_package(manifest: &str, package: &str) -> bool {
    let part = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '/' | '@'));
    manifest.match_indices(package).any(|(at, _)| {
        let before = manifest.get(..at).and_then(|text| text.chars().next_back());
        let after = manifest.get(at + package.len()..).and_then(|text| text.chars().next());
        part(before) && part(after)
    })
}

/// The last part of a path.
pub fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The folder of a path: empty, or `apps/web/`.
pub fn folder_of(path: &str) -> &str {
    path.rfind('/').and_then(|at| path.get(..=at)).unwrap_or_default()
}

/// The line on which `needle` stands first, whatever its case; 1 if it does not.
pub fn line_of(text: &str, needle: &str) -> u32 {
    let needle = needle.to_ascii_lowercase();
    text.lines().zip(1..).find(|(line, _)| line.to_ascii_lowercase().contains(&needle)).map_or(1, |(_, number)| number)
}

/// nginx's image fills in templates of this name when it starts.
fn is_template(path: &str) -> bool {
    path.ends_with(".conf.template")
}

/// Pages with places to fill in, where Flask, Express and others look for them.
fn is_view(path: &str) -> bool {
    let folder =
        ["templates/", "views/"].iter().any(|folder| path.starts_with(folder) || path.contains(&format!("/{folder}")));
    folder
        && [".html", ".jinja", ".jinja2", ".j2", ".ejs", ".pug", ".hbs", ".erb"].iter().any(|end| path.ends_with(end))
}

fn is_markup(path: &str) -> bool {
    [".yml", ".yaml", ".html"].iter().any(|end| path.ends_with(end))
}

/// Files that are read whatever they say.
fn is_configuration(path: &str) -> bool {
    let name = name_of(path).to_ascii_lowercase();
    let begins = [
        "next.config.",
        "nuxt.config.",
        "svelte.config.",
        "hooks.server.",
        "caddyfile",
        "dockerfile",
        "docker-compose",
        "compose.",
        "requirements",
        "build.gradle",
        "middleware.",
        "proxy.",
    ];
    let ends = [".conf", ".conf.template", ".caddy", ".dockerfile", ".nginx"];
    let is = [
        ".htaccess",
        "_headers",
        "_redirects",
        "vercel.json",
        "netlify.toml",
        "firebase.json",
        "wrangler.toml",
        "wrangler.json",
        "wrangler.jsonc",
        "package.json",
        "composer.json",
        "gemfile",
        "pyproject.toml",
        "pipfile",
        "pom.xml",
        "manage.py",
        "artisan",
        "procfile",
        "fly.toml",
        "render.yaml",
        "railway.json",
        "railway.toml",
        "index.html",
        "go.mod",
    ];
    begins.iter().any(|begin| name.starts_with(begin))
        || ends.iter().any(|end| name.ends_with(end))
        || is.contains(&name.as_str())
        || path.contains("sites-available/")
        || path.contains("sites-enabled/")
        || name.ends_with(".py") && path.contains("settings")
        || name.ends_with(".rb") && (path.starts_with("config/") || path.contains("/config/"))
        || path.ends_with("config/session.php")
        || path.ends_with("bootstrap/app.php")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(files: &[(&str, &str)]) -> Sources {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            std::fs::write(folder.path().join(path), text).unwrap();
        }
        Sources::of_project(folder.path(), &[], &CancellationToken::new())
    }

    #[test]
    fn what_is_too_large_is_counted() {
        let large = " ".repeat(1024 * 1024 + 1);
        let sources = gathered(&[("nginx.conf", "server {}"), ("app.js", &large), ("film.mp4", &large)]);
        assert_eq!((sources.unread, sources.all().count()), (1, 1));
    }

    #[test]
    fn what_is_too_many_is_counted() {
        let names: Vec<String> = (0..MOST_FILES + 3).map(|number| format!("{number}.conf")).collect();
        let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
        let sources = gathered(&files);
        assert_eq!((sources.unread, sources.all().count()), (3, MOST_FILES));
    }
}
