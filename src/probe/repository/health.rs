//! Health checks by which a platform notices that an instance is sick.

use super::containers::Dockerfile;
use super::repo::{Repo, is_aside, is_for_development, name_of};
use crate::model::{Confidence, Location, Proof, RuleKind, RuleMeta, Severity, Span};
use crate::probe::environment::declared::is_compose;
use crate::probe::yaml::{self, Node};

/// The proof.
pub static META: RuleMeta = RuleMeta {
    id: "health-check-configured",
    title: "The platform checks the app's health",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "A Dockerfile, compose file or platform configuration names a health check of the app itself.",
    why: "An instance that hangs is replaced by itself instead of serving errors until someone notices.",
    fix: "Let the check touch what the app cannot live without, such as the database.",
    example: "",
    references: &["F66"],
};

/// Images of databases and other helpers: their health says nothing about the app's.
const HELPERS: [&str; 20] = [
    "postgres",
    "mysql",
    "mariadb",
    "redis",
    "mongo",
    "valkey",
    "rabbitmq",
    "minio",
    "elasticsearch",
    "opensearch",
    "memcached",
    "kafka",
    "zookeeper",
    "mailhog",
    "mailpit",
    "inbucket",
    "localstack",
    "clickhouse",
    "keycloak",
    "adminer",
];

/// The proof, where there is one.
#[must_use]
pub fn proof(repo: &Repo, dockerfiles: &[Dockerfile]) -> Option<Proof> {
    let (path, line, how) = in_dockerfiles(dockerfiles).or_else(|| in_files(repo))?;
    let location = Location::File { path: path.clone(), span: Some(Span::line(line)) };
    Some(Proof::new(&META, location, how, format!("`{path}` names a health check ({how})")))
}

type Found = (String, u32, &'static str);

fn in_dockerfiles(files: &[Dockerfile]) -> Option<Found> {
    files.iter().find_map(|file| {
        let (_, line) = file.all("HEALTHCHECK").find(|(rest, _)| !rest.eq_ignore_ascii_case("none"))?;
        Some((file.path.clone(), line, "HEALTHCHECK"))
    })
}

fn in_files(repo: &Repo) -> Option<Found> {
    repo.paths().filter(|path| !is_aside(path) && !is_for_development(path)).find_map(|path| {
        let name = name_of(path);
        let read = || repo.text(path);
        match name {
            "fly.toml" => {
                let text = read()?;
                let checks = ["http_service.checks", "services.http_checks", "services.tcp_checks", "[checks"];
                checks
                    .iter()
                    .find_map(|mark| super::repo::line_of(&text, mark))
                    .map(|line| (path.to_owned(), line, "checks"))
            }
            "railway.json" | "railway.toml" => {
                let line = super::repo::line_of(&read()?, "healthcheckPath")?;
                Some((path.to_owned(), line, "healthcheckPath"))
            }
            _ if name.ends_with(".yml") || name.ends_with(".yaml") => in_yaml(path, name, &read()?),
            _ => None,
        }
    })
}

fn in_yaml(path: &str, name: &str, text: &str) -> Option<Found> {
    const KEYS: [&str; 8] = [
        "healthCheckPath",
        "livenessProbe",
        "readinessProbe",
        "liveness_check",
        "readiness_check",
        "health_check",
        "healthcheck",
        "healthCheck",
    ];
    // Most YAML has nothing to do with this, and translation files are large.
    if !KEYS.iter().any(|key| text.contains(key)) {
        return None;
    }
    let compose = is_compose(name);
    let platform = matches!(name, "render.yaml" | "render.yml" | "app.yaml" | "app.yml");
    for document in yaml::parse(text).ok()? {
        if compose {
            if let Some(line) = in_compose(&document) {
                return Some((path.to_owned(), line, "healthcheck"));
            }
        } else if document.get("kind").is_some() || platform {
            let mut line = None;
            document.walk(&mut |key, node| {
                if KEYS.contains(&key) && line.is_none() {
                    line = Some(node.line);
                }
            });
            if let Some(line) = line {
                return Some((path.to_owned(), line, if platform { "health check path" } else { "probe" }));
            }
        }
    }
    None
}

fn in_compose(document: &Node) -> Option<u32> {
    document.get("services")?.entries().find_map(|(_, service)| {
        let check = service.get("healthcheck")?;
        let off = check.get("disable").and_then(Node::text) == Some("true");
        let image = service.get("image").and_then(Node::text).unwrap_or_default();
        let helper = service.get("build").is_none() && HELPERS.iter().any(|name| image.contains(name));
        (!off && !helper).then_some(check.line)
    })
}
