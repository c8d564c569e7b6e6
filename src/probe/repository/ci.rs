//! Continuous integration: which services are configured, and what their steps run.

use std::collections::BTreeSet;

use super::repo::{Repo, name_of};
use crate::model::{Confidence, Coverage, Finding, Location, RuleKind, RuleMeta, Severity};
use crate::probe::yaml::{self, Node};

/// Missing.
pub static MISSING: RuleMeta = RuleMeta {
    id: "ci-workflow-missing",
    title: "No continuous integration is configured",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::Medium,
    what: "Looks for the configuration of GitHub Actions, GitLab CI, CircleCI and a dozen other services.",
    why: "Without a machine that runs the tests on every change, a mistake made in a hurry goes straight to your users.",
    fix: "Add a workflow that installs from the lock file, lints, tests and builds on every pull request.",
    example: "# .github/workflows/ci.yml\non: [push, pull_request]\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - run: npm ci && npm test",
    references: &["F67", "C68"],
};

/// One command or action that a pipeline runs.
#[derive(Debug, Clone)]
pub struct Step {
    /// The pipeline's file.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
    /// The command, or `uses: owner/action@v1`.
    pub text: String,
    /// It runs for pull requests, before they are merged.
    pub on_pull_request: bool,
}

/// Names of files and folders by which a service is configured; for looking above the project.
pub const PLACES: [&str; 8] = [
    ".github/workflows",
    ".gitlab-ci.yml",
    ".circleci/config.yml",
    "azure-pipelines.yml",
    "bitbucket-pipelines.yml",
    "Jenkinsfile",
    ".buildkite",
    ".woodpecker.yml",
];

/// The service that a file configures.
#[must_use]
pub fn service_of(path: &str) -> Option<&'static str> {
    let name = name_of(path);
    let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    let at = |folder: &str| path.starts_with(folder) && yaml;
    Some(match path {
        _ if at(".github/workflows/") => "GitHub Actions",
        _ if at(".forgejo/workflows/") || at(".gitea/workflows/") => "Forgejo Actions",
        ".gitlab-ci.yml" | ".gitlab-ci.yaml" => "GitLab CI",
        _ if at(".gitlab/ci/") || at(".gitlab-ci/") => "GitLab CI",
        ".circleci/config.yml" | ".circleci/config.yaml" => "CircleCI",
        "azure-pipelines.yml" | "azure-pipelines.yaml" => "Azure Pipelines",
        _ if at(".azure-pipelines/") || at(".azuredevops/") => "Azure Pipelines",
        "bitbucket-pipelines.yml" => "Bitbucket Pipelines",
        "Jenkinsfile" => "Jenkins",
        ".woodpecker.yml" | ".woodpecker.yaml" => "Woodpecker",
        _ if at(".woodpecker/") => "Woodpecker",
        ".drone.yml" => "Drone",
        _ if at(".buildkite/") => "Buildkite",
        ".travis.yml" => "Travis CI",
        "appveyor.yml" | ".appveyor.yml" => "AppVeyor",
        "cloudbuild.yaml" | "cloudbuild.yml" => "Cloud Build",
        "buildspec.yml" | "buildspec.yaml" => "CodeBuild",
        "codemagic.yaml" => "Codemagic",
        ".cirrus.yml" => "Cirrus CI",
        _ if at(".semaphore/") => "Semaphore",
        _ if at(".builds/") || path == ".build.yml" => "SourceHut",
        _ if path.starts_with(".teamcity/") => "TeamCity",
        ".ci/run" => "a CI script",
        _ => return None,
    })
}

/// What the pipelines run.
#[derive(Debug, Default)]
pub struct Pipelines {
    /// The files that configure a service.
    pub files: Vec<String>,
    /// Their steps, in order.
    pub steps: Vec<Step>,
}

/// Reads every pipeline, and the repository's own actions that they use.
#[must_use]
pub fn read(repo: &Repo) -> Pipelines {
    let paths: Vec<&str> = repo.paths().collect();
    let files: Vec<String> =
        paths.iter().filter(|path| service_of(path).is_some()).map(|&path| path.to_owned()).collect();
    let actions = paths
        .iter()
        .filter(|path| path.starts_with(".github/actions/") && matches!(name_of(path), "action.yml" | "action.yaml"));
    let all = files.iter().map(String::as_str).chain(actions.copied());
    let mut read: Vec<File> = all.filter_map(|path| read_file(repo, path)).collect();
    mark_called(&mut read);
    let steps = read.into_iter().flat_map(|file| {
        let on_pull_request = file.on_pull_request;
        file.steps.into_iter().map(move |step| Step { on_pull_request, ..step })
    });
    Pipelines { steps: steps.collect(), files }
}

struct File {
    path: String,
    on_pull_request: bool,
    steps: Vec<Step>,
}

fn read_file(repo: &Repo, path: &str) -> Option<File> {
    let text = repo.text(path)?;
    let step = |line: u32, text: &str| Step {
        path: path.to_owned(),
        line,
        text: text.trim().to_owned(),
        on_pull_request: false,
    };
    if !(path.ends_with(".yml") || path.ends_with(".yaml")) {
        // A script or a Jenkinsfile: every line is a command as far as we are concerned.
        let steps = text.lines().zip(1..).filter(|(line, _)| !line.trim_start().starts_with(['#', '/']));
        let steps = steps.map(|(line, number)| step(number, line)).collect();
        return Some(File { path: path.to_owned(), on_pull_request: true, steps });
    }
    let documents = match yaml::parse(&text) {
        Ok(documents) => documents,
        Err(error) => {
            repo.not_understood(path, &error.to_string().chars().take(60).collect::<String>());
            return None;
        }
    };
    let mut steps = Vec::new();
    for document in &documents {
        collect(document, &mut |line, text| steps.push(step(line, text)));
    }
    // Other services run for every push to any branch unless told otherwise.
    let actions = path.contains("/workflows/");
    let own_action = path.starts_with(".github/actions/");
    let on_pull_request = if actions { documents.iter().any(runs_on_pull_request) } else { !own_action };
    Some(File { path: path.to_owned(), on_pull_request, steps })
}

fn runs_on_pull_request(document: &Node) -> bool {
    let Some(on) = document.get("on").or_else(|| document.get("true")) else { return false };
    let named = |name: &str| {
        on.text() == Some(name) || on.items().any(|item| item.text() == Some(name)) || on.get(name).is_some()
    };
    if ["pull_request", "pull_request_target", "merge_group"].iter().any(|event| named(event)) {
        return true;
    }
    // A push to any branch runs before the pull request is merged; one to `main` runs after.
    named("push") && on.get("push").is_none_or(|push| push.get("branches").is_none() && push.get("tags").is_none())
}

/// A workflow or action that one for pull requests calls runs for them too.
fn mark_called(files: &mut [File]) {
    // Each round follows one more level of calls.
    for _ in 0..4 {
        let called: BTreeSet<String> = files
            .iter()
            .filter(|file| file.on_pull_request)
            .flat_map(|file| &file.steps)
            .filter_map(|step| step.text.strip_prefix("uses: ./"))
            .map(|target| target.trim_end_matches('/').to_owned())
            .collect();
        for file in files.iter_mut() {
            file.on_pull_request |= called.iter().any(|target| {
                file.path == *target
                    || file.path.strip_prefix(target.as_str()).is_some_and(|rest| rest.starts_with("/action."))
            });
        }
    }
}

/// The keys under which services write commands.
const COMMANDS: [&str; 14] = [
    "run",
    "script",
    "before_script",
    "after_script",
    "command",
    "commands",
    "bash",
    "sh",
    "pwsh",
    "powershell",
    "cmds",
    "args",
    "entrypoint",
    "steps",
];
/// The keys under which services name ready-made steps.
const READY_MADE: [&str; 7] = ["uses", "template", "task", "image", "orbs", "plugins", "include"];

fn collect(node: &Node, found: &mut dyn FnMut(u32, &str)) {
    // A job or step that is switched off runs nothing, and one that may fail stops nothing.
    let says = |key: &str, values: &[&str]| {
        node.get(key).and_then(Node::text).is_some_and(|text| values.contains(&text.trim()))
    };
    if says("if", &["false", "${{ false }}"])
        || says("continue-on-error", &["true"])
        || says("allow_failure", &["true"])
    {
        return;
    }
    for (name, value) in node.entries() {
        if COMMANDS.contains(&name) {
            if let Some(text) = value.text() {
                found(value.line, text);
            }
            value.items().filter_map(|item| Some((item.line, item.text()?))).for_each(|(line, text)| found(line, text));
        } else if READY_MADE.contains(&name) {
            ready_made(value, found);
        }
        collect(value, found);
    }
    node.items().for_each(|item| collect(item, found));
}

fn ready_made(value: &Node, found: &mut dyn FnMut(u32, &str)) {
    if let Some(text) = value.text() {
        found(value.line, &format!("uses: {text}"));
    }
    value
        .entries()
        .for_each(|(name, inner)| found(inner.line, &format!("uses: {} {name}", inner.text().unwrap_or_default())));
    value.items().for_each(|item| ready_made(item, found));
}

/// The finding, where nothing is configured here or above.
#[must_use]
pub fn missing(repo: &Repo, pipelines: &Pipelines, has_code: bool) -> Option<Finding> {
    let found = !pipelines.files.is_empty() || repo.above(&PLACES).is_some();
    (has_code && !found).then(|| {
        let message = "No continuous integration is configured, so nothing tests a change before it reaches users";
        Finding::new(&MISSING, Location::Project, "ci", message)
    })
}

/// How far the rule got.
#[must_use]
pub fn coverage(repo: &Repo, pipelines: &Pipelines, has_code: bool) -> Coverage {
    if !pipelines.files.is_empty() {
        Coverage::Whole
    } else if let Some(place) = repo.above(&PLACES) {
        Coverage::Part(format!("`{place}` of the repository above this folder was not read"))
    } else if has_code {
        Coverage::Whole
    } else {
        Coverage::Absent("there is nothing to build".to_owned())
    }
}
