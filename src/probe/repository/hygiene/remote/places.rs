//! The places from which lock files take packages, each with its host.
//!
//! Readers of lock files leave addresses aside, as advisories do not need them. They are looked up in the text here, line
//! by line, in the form in which each manager writes it.

use crate::probe::packages::Manager;

/// What a place is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The registry or the archive of one package.
    Source,
    /// A file of a package whose registry is named beside it.
    File,
    /// A registry for all packages that follow, which the manifest has to name.
    Index,
}

/// Where a package comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The package; empty where no single one is meant.
    pub name: String,
    /// Without who logs in, and without the port.
    pub host: String,
    /// Over plain HTTP, where anyone on the way can change what arrives.
    pub plain: bool,
    /// Line in the lock file, from 1.
    pub line: u32,
    /// What it is for.
    pub kind: Kind,
    /// The host that the same entry names as its registry or repository.
    pub beside: Option<String>,
}

/// Whether this manager's lock files name hosts where they take packages from another place than their usual one.
pub const fn names_hosts(manager: Manager) -> bool {
    !matches!(manager, Manager::Pip | Manager::Cargo | Manager::Go | Manager::Maven | Manager::Gradle)
}

/// Whether the packages without a place come from the usual registry.
pub const fn leaves_out_usual(manager: Manager) -> bool {
    matches!(
        manager,
        Manager::YarnBerry | Manager::Pnpm | Manager::Bun | Manager::Poetry | Manager::Pdm | Manager::Pipenv
    )
}

/// The host of the address that `text` begins with, and whether it is reached over plain HTTP.
pub fn host(text: &str) -> Option<(String, bool)> {
    let (scheme, rest) = text.split_once("://")?;
    let is_scheme = !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c));
    let end = rest.find(|c: char| c.is_whitespace() || "/\\?#\"',})>".contains(c)).unwrap_or(rest.len());
    // What stands before an `@` may be a password.
    let authority = rest.get(..end)?.rsplit('@').next()?;
    let host = match authority.strip_prefix('[') {
        Some(inner) => inner.split(']').next()?,
        None => authority.split(':').next()?,
    };
    let is_host = !host.is_empty() && host.chars().all(|c| c.is_alphanumeric() || ".-_:".contains(c));
    (is_scheme && is_host).then(|| (host.to_lowercase(), scheme.ends_with("http")))
}

/// The host by which a registry is compared: npm's answers under two names, of which Yarn 1 writes the other
/// (<https://github.com/yarnpkg/yarn/blob/master/src/constants.js>).
pub fn registry(host: &str) -> &str {
    let labels: Vec<&str> = host.split('.').collect();
    match labels.as_slice() {
        ["registry", "yarnpkg", "com"] | ["registry", "npmjs", "org" | "com"] => "npm",
        _ => host,
    }
}

/// Every place in a lock file's text.
pub fn places(manager: Manager, text: &str) -> Vec<Place> {
    let mut scan = Scan::default();
    for (line, number) in text.lines().zip(1..) {
        scan.line = number;
        match manager {
            Manager::Npm | Manager::Pipenv | Manager::Composer => {
                // A file without line breaks is read like any other.
                for part in line.split_inclusive(['{', ',']) {
                    let part = part.trim().replace("\\/", "/");
                    match manager {
                        Manager::Npm => scan.npm(&part),
                        Manager::Pipenv => scan.pipenv(&part),
                        _ => scan.composer(&part),
                    }
                }
            }
            Manager::YarnClassic | Manager::YarnBerry => scan.yarn(line),
            Manager::Pnpm => scan.pnpm(line),
            Manager::Bun => scan.bun(line.trim()),
            Manager::Poetry | Manager::Pdm | Manager::Uv => scan.python(line.trim(), manager == Manager::Uv),
            Manager::Bundler => scan.bundler(line),
            Manager::Pip | Manager::Cargo | Manager::Go | Manager::Maven | Manager::Gradle => return Vec::new(),
        }
    }
    scan.found.extend(scan.waiting);
    scan.found
}

/// Reading line by line.
#[derive(Debug, Default)]
struct Scan {
    line: u32,
    found: Vec<Place>,
    /// The entry that the lines belong to.
    name: String,
    /// The part of the file, or of the entry.
    part: String,
    /// The host that the entry named.
    beside: Option<String>,
    /// A place that may be followed by a better one.
    waiting: Option<Place>,
}

/// Keys of objects that are no packages.
const TABLES: [&str; 18] = [
    "_meta",
    "bin",
    "default",
    "dependencies",
    "develop",
    "devDependencies",
    "dist",
    "engines",
    "funding",
    "hash",
    "optionalDependencies",
    "packages",
    "peerDependencies",
    "peerDependenciesMeta",
    "pipfile-spec",
    "requires",
    "source",
    "sources",
];

/// The key of an object that a part of JSON opens: `"name": {`.
fn opened(part: &str) -> Option<&str> {
    let (key, rest) = part.strip_prefix('"')?.split_once('"')?;
    (rest.trim_start().strip_prefix(':')?.trim() == "{").then_some(key)
}

/// The text of `"key": "text"`.
fn text_of<'t>(part: &'t str, key: &str) -> Option<&'t str> {
    let rest = part.trim_start_matches(['{', ' ']).strip_prefix('"')?.strip_prefix(key)?.strip_prefix('"')?;
    rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')
}

/// The name in `name@range`.
fn before_at(text: &str) -> &str {
    text.get(1..).and_then(|rest| rest.find('@')).and_then(|at| text.get(..=at)).unwrap_or(text)
}

impl Scan {
    fn place(&self, text: &str, kind: Kind) -> Option<Place> {
        let (host, plain) = host(text)?;
        let (name, line) = (self.name.clone(), self.line);
        Some(Place { name, host, plain, line, kind, beside: self.beside.clone() })
    }

    fn add(&mut self, text: &str, kind: Kind) {
        let place = self.place(text, kind);
        // The many files of one package come from one place.
        let is_again = |last: &Place, place: &Place| {
            (&last.name, &last.host, last.kind, last.plain) == (&place.name, &place.host, place.kind, place.plain)
        };
        if let Some(place) = place.filter(|place| !self.found.last().is_some_and(|last| is_again(last, place))) {
            self.found.push(place);
        }
    }

    fn npm(&mut self, part: &str) {
        if let Some(key) = opened(part).filter(|key| !TABLES.contains(key)) {
            key.rsplit("node_modules/").next().unwrap_or(key).clone_into(&mut self.name);
        } else if let Some(text) = text_of(part, "resolved") {
            self.add(text, Kind::Source);
        }
    }

    fn pipenv(&mut self, part: &str) {
        if let Some(key) = opened(part) {
            if matches!(key, "_meta" | "default" | "develop") {
                key.clone_into(&mut self.part);
            }
            if !TABLES.contains(&key) {
                key.clone_into(&mut self.name);
            }
        }
        let in_meta = self.part == "_meta";
        if let Some(text) = text_of(part, "url").filter(|_| in_meta) {
            self.name.clear();
            self.add(text, Kind::Index);
        }
        for text in ["file", "git"].iter().filter_map(|key| text_of(part, key)).filter(|_| !in_meta) {
            self.add(text, Kind::Source);
        }
    }

    fn composer(&mut self, part: &str) {
        if let Some(name) = text_of(part, "name") {
            let ended = self.waiting.take();
            self.found.extend(ended);
            name.split('"').next().unwrap_or("").clone_into(&mut self.name);
            self.beside = None;
        }
        match opened(part) {
            Some(key) => key.clone_into(&mut self.part),
            None => {
                let Some(text) = text_of(part, "url") else { return };
                match self.part.as_str() {
                    "source" => self.waiting = self.place(text, Kind::Source),
                    "dist" => {
                        self.beside = self.waiting.take().map(|source| source.host);
                        self.add(text, Kind::Source);
                    }
                    _ => {}
                }
            }
        }
    }

    fn yarn(&mut self, line: &str) {
        let inner = line.trim_start();
        if inner.len() == line.len() {
            let first = line.trim_matches(['"', ':', ' ']).split(',').next().unwrap_or("");
            before_at(first.trim_matches('"')).clone_into(&mut self.name);
        } else if let Some(text) = inner.strip_prefix("resolved ") {
            self.add(text.trim_matches('"'), Kind::Source);
        } else if let Some(text) = inner.strip_prefix("resolution: ") {
            // Yarn 2 and later name only what does not come from where their settings say.
            let decoded = text.replace("%3A", ":").replace("%2F", "/");
            let at = decoded.find("__archiveUrl=").map(|at| at + "__archiveUrl=".len());
            let at = at.or_else(|| Some(before_at(decoded.trim_start_matches('"')).len() + 2));
            if let Some(text) = at.and_then(|at| decoded.get(at..)) {
                self.add(text, Kind::Source);
            }
        }
    }

    fn pnpm(&mut self, line: &str) {
        if let Some(key) = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')).map(str::trim_end)
            && let Some(key) = key.strip_suffix(':')
        {
            let key = key.trim_matches(['\'', '"']).trim_start_matches('/');
            let key = key.split('(').next().unwrap_or(key);
            let name = before_at(key);
            // Before version 6: `name/1.0.0`.
            let name = if name == key { key.rsplit_once('/').map_or(key, |(name, _)| name) } else { name };
            name.clone_into(&mut self.name);
        }
        for key in ["tarball:", "repo:"] {
            if let Some((_, text)) = line.split_once(key) {
                self.add(text.trim_start_matches([' ', '\'', '"']), Kind::Source);
            }
        }
    }

    /// `"name": ["name@1.0.0", "address or nothing", …]`
    fn bun(&mut self, line: &str) {
        let Some((key, list)) = line.strip_prefix('"').and_then(|line| line.split_once("\": [\"")) else { return };
        key.clone_into(&mut self.name);
        let mut texts = list.split("\", \"");
        let version = texts.next().unwrap_or("");
        let version = version.get(before_at(version).len() + 1..).unwrap_or("");
        self.add(version.trim_start_matches('@'), Kind::Source);
        self.add(texts.next().unwrap_or(""), Kind::Source);
    }

    fn python(&mut self, line: &str, is_uv: bool) {
        if let Some(name) = line.strip_prefix("name = \"") {
            name.trim_end_matches('"').clone_into(&mut self.name);
            self.beside = None;
        } else if line.starts_with('[') {
            // What the project's own packages ask for is no place: `[package.metadata]`.
            line.clone_into(&mut self.part);
        } else if self.part.starts_with("[package.metadata") || self.part.starts_with("[manifest") {
        } else if line.starts_with("source = {") && is_uv {
            for key in ["registry = \"", "git = \"", "url = \""] {
                if let Some((_, text)) = line.split_once(key) {
                    self.add(text, Kind::Source);
                    self.beside = host(text).map(|(host, _)| host);
                }
            }
        } else if line.starts_with("url = \"") || line.starts_with("git = \"") {
            self.add(line.split_once('"').map_or("", |(_, text)| text), Kind::Source);
        } else if let Some((_, text)) = line.split_once("url = \"").filter(|_| !self.name.is_empty()) {
            self.add(text, Kind::File);
        }
    }

    fn bundler(&mut self, line: &str) {
        if !line.starts_with(' ') {
            line.trim().clone_into(&mut self.part);
        } else if let Some(text) = line.strip_prefix("  remote: ").filter(|_| self.part == "GEM") {
            self.name.clear();
            self.add(text, Kind::Index);
        }
    }
}
