//! The places that fix the version of a runtime: version files and base images.

use super::{Product, spring};
use crate::probe::repository::repo::name_of;

/// A version that a file fixes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    /// The file.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
    /// By the name in the table.
    pub product: String,
    /// The versions that it allows.
    pub versions: Vec<String>,
    /// How it is told: `The image is built on`.
    pub verb: &'static str,
    /// It is what production runs, and not only what developers use.
    pub sure: bool,
}

impl Pinned {
    fn file(path: &str, line: u32, product: &str, version: &str) -> Option<Self> {
        let digits = version.starts_with(|c: char| c.is_ascii_digit());
        digits.then(|| Self {
            path: path.to_owned(),
            line,
            product: product.to_owned(),
            versions: vec![version.to_owned()],
            verb: "The project is set to",
            sure: false,
        })
    }
}

/// Reads the versions that a file fixes.
pub type Read = fn(path: &str, text: &str) -> Vec<Pinned>;

/// The reader of a version file; `None` for other files.
pub fn reader(path: &str) -> Option<Read> {
    Some(match name_of(path) {
        ".nvmrc" | ".node-version" => |path, text| single(path, text, "node"),
        ".python-version" => |path, text| single(path, text, "python"),
        ".ruby-version" => |path, text| single(path, text, "ruby"),
        ".php-version" => |path, text| single(path, text, "php"),
        ".go-version" => |path, text| single(path, text, "go"),
        ".java-version" => |path, text| single(path, text, "java"),
        "runtime.txt" => runtime_txt,
        ".tool-versions" => tool_versions,
        "mise.toml" | ".mise.toml" => mise,
        _ => return spring::reader(path),
    })
}

/// The names of Node's long-term releases (<https://github.com/nodejs/release#release-schedule>).
const CODENAMES: [(&str, &str); 11] = [
    ("argon", "4"),
    ("boron", "6"),
    ("carbon", "8"),
    ("dubnium", "10"),
    ("erbium", "12"),
    ("fermium", "14"),
    ("gallium", "16"),
    ("hydrogen", "18"),
    ("iron", "20"),
    ("jod", "22"),
    ("krypton", "24"),
];

fn node_version(text: &str) -> &str {
    let name = text.trim_start_matches("lts/").trim_start_matches("lts-").to_ascii_lowercase();
    CODENAMES.iter().find(|(code, _)| *code == name).map_or(text.trim_start_matches('v'), |(_, version)| version)
}

fn version_of<'a>(product: &str, text: &'a str) -> &'a str {
    match product {
        "node" => node_version(text),
        "ruby" => text.trim_start_matches("ruby-"),
        "go" => text.trim_start_matches("go"),
        // `temurin-20.0.1+9`
        "java" => text.find(|c: char| c.is_ascii_digit()).and_then(|at| text.get(at..)).unwrap_or(text),
        _ => text,
    }
}

fn single(path: &str, text: &str, product: &str) -> Vec<Pinned> {
    let first = text.lines().zip(1..).map(|(line, number)| (line.split('#').next().unwrap_or("").trim(), number));
    let first = first.into_iter().find(|(line, _)| !line.is_empty());
    first
        .and_then(|(line, number)| Pinned::file(path, number, product, version_of(product, line)))
        .into_iter()
        .collect()
}

/// Heroku's: `python-3.9.7`.
fn runtime_txt(path: &str, text: &str) -> Vec<Pinned> {
    let version = text.trim().strip_prefix("python-");
    version.and_then(|version| Pinned::file(path, 1, "python", version)).into_iter().collect()
}

fn product_of(tool: &str) -> Option<&'static str> {
    Some(match tool {
        "node" | "nodejs" => "node",
        "python" => "python",
        "ruby" => "ruby",
        "go" | "golang" => "go",
        "php" => "php",
        "java" => "java",
        _ => return None,
    })
}

/// asdf's: `nodejs 18.17.0`.
fn tool_versions(path: &str, text: &str) -> Vec<Pinned> {
    let lines = text.lines().zip(1..);
    lines
        .filter_map(|(line, number)| {
            let mut words = line.split('#').next().unwrap_or("").split_whitespace();
            let product = product_of(words.next()?)?;
            Pinned::file(path, number, product, version_of(product, words.next()?))
        })
        .collect()
}

/// mise's: `[tools]` with `node = "18"`.
fn mise(path: &str, text: &str) -> Vec<Pinned> {
    let Ok(table) = text.parse::<toml::Table>() else { return Vec::new() };
    let tools = table.get("tools").and_then(toml::Value::as_table);
    tools
        .into_iter()
        .flatten()
        .filter_map(|(tool, value)| {
            let product = product_of(tool)?;
            let first = value.as_array().and_then(|list| list.first()).unwrap_or(value);
            let version = first.as_str().or_else(|| first.get("version")?.as_str())?;
            let line = text.lines().zip(1..).find(|(line, _)| line.trim_start().starts_with(tool.as_str()));
            Pinned::file(path, line.map_or(1, |(_, number)| number), product, version_of(product, version))
        })
        .collect()
}

/// What a container is built on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseImage {
    /// The Dockerfile.
    pub path: String,
    /// The line of its `FROM`.
    pub line: u32,
    /// The image as named there, with variables put in.
    pub image: String,
}

impl BaseImage {
    /// The runtime that the image holds, by the names of Docker's own images and of distroless ones.
    pub fn runtime(&self) -> Option<Pinned> {
        let image = self.image.split('@').next().unwrap_or(&self.image);
        let (name, tag) = name_of(image).split_once(':').unwrap_or((name_of(image), ""));
        let (product, tag) = match name {
            "node" => ("node", tag),
            "python" => ("python", tag),
            "ruby" => ("ruby", tag),
            "php" => ("php", tag),
            "golang" => ("go", tag),
            "openjdk" | "eclipse-temurin" | "amazoncorretto" => ("java", tag),
            // `gcr.io/distroless/nodejs18-debian12`
            _ => ("node", name.strip_prefix("nodejs").filter(|_| image.contains("distroless"))?),
        };
        // `18-alpine`, `hydrogen-slim`, `lts-hydrogen`, `3.8.10-bookworm`
        let tag = tag.strip_prefix("lts-").unwrap_or(tag);
        let version = version_of(product, tag.split('-').next().unwrap_or(tag));
        // Others number their images as they like: `devcontainers/python:1-3.12`.
        let known = || Product::of(product).is_some_and(|product| product.known(version).is_some());
        if !is_docker_own(image) && !known() {
            return None;
        }
        let pinned = Pinned::file(&self.path, self.line, product, version)?;
        Some(Pinned { verb: "The container is built on", sure: true, ..pinned })
    }
}

/// Whether an image is one of Docker's own, or a mirror's copy: `node`, `public.ecr.aws/docker/library/node`,
/// `registry.example.com/node`.
fn is_docker_own(image: &str) -> bool {
    let folder = image.strip_suffix(name_of(image)).unwrap_or("").trim_end_matches('/');
    let is_host = |part: &str| part.contains(['.', ':']) || part == "localhost";
    folder.is_empty() || name_of(folder) == "library" || (!folder.contains('/') && is_host(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, text: &str) -> Vec<String> {
        let pins = reader(path).unwrap()(path, text);
        pins.iter().map(|pin| format!("{} {} {}", pin.line, pin.product, pin.versions.join(" "))).collect()
    }

    #[test]
    fn version_files_fix_runtimes() {
        assert_eq!(read(".nvmrc", "# ours\nv18.17.0\n"), ["2 node 18.17.0"]);
        assert_eq!(read(".nvmrc", "lts/hydrogen\n"), ["1 node 18"]);
        assert_eq!(read(".nvmrc", "lts/*\n"), Vec::<String>::new());
        assert_eq!(read("api/.python-version", "3.8.10\n3.12\n"), ["1 python 3.8.10"]);
        assert_eq!(read(".python-version", "pypy3.9\n"), Vec::<String>::new());
        assert_eq!(read(".ruby-version", "ruby-2.7.6"), ["1 ruby 2.7.6"]);
        assert_eq!(read("runtime.txt", "python-3.9.7\n"), ["1 python 3.9.7"]);
        assert_eq!(
            read(".tool-versions", "nodejs 16.20.0 # old\nterraform 1.5\njava temurin-20.0.1+9\n"),
            ["1 node 16.20.0", "3 java 20.0.1+9"]
        );
        let text = "[tools]\nnode = '18'\npython = ['3.8', '3.12']\nruby = {version = '3.0'}\nrust = '1'\n";
        assert_eq!(read("mise.toml", text), ["2 node 18", "3 python 3.8", "4 ruby 3.0"]);
        assert!(reader("package.json").is_none());
    }

    #[test]
    fn images_hold_runtimes() {
        let of = |image: &str| {
            let image = BaseImage { path: "Dockerfile".to_owned(), line: 1, image: image.to_owned() };
            image.runtime().map(|pin| format!("{} {}", pin.product, pin.versions.join(" ")))
        };
        for (image, wanted) in [
            ("node:18-alpine", Some("node 18")),
            ("docker.io/library/node:16.20@sha256:abc", Some("node 16.20")),
            ("registry.example.com:5000/python:3.8-slim", Some("python 3.8")),
            ("node:hydrogen-slim", Some("node 18")),
            ("node:lts-iron", Some("node 20")),
            ("golang:1.20", Some("go 1.20")),
            ("eclipse-temurin:20-jre", Some("java 20")),
            ("gcr.io/distroless/nodejs18-debian12", Some("node 18")),
            ("node:6", Some("node 6")),
            ("docker.io/library/node:6", Some("node 6")),
            ("registry.example.com:5000/node:6", Some("node 6")),
            ("mirror.example.com/docker/library/node:6", Some("node 6")),
            ("bitnami/node:16", Some("node 16")),
            ("shop/python:1.4", None),
            ("mcr.example.com/devcontainers/python:1-3.12", None),
            ("mcr.example.com/devcontainers/python:0-${VARIANT}", None),
            ("node:latest", None),
            ("node", None),
            ("nodejs:18", None),
            ("postgres:9", None),
            ("node:$VERSION", None),
        ] {
            assert_eq!(of(image).as_deref(), wanted, "{image}");
        }
    }
}
