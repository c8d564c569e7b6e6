//! Schema migrations: whether they are files in git, whether each has a way back, and whether deployments run them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::ci::Pipelines;
use super::commands::{Does, Scripts};
use super::proof;
use super::repo::{Repo, folder_of, is_aside, is_for_development, line_of, name_of};
use crate::model::{Coverage, Location, Proof, RuleMeta, Span};
use crate::probe::environment::declared::is_compose;

/// In git.
pub static VERSIONED: RuleMeta = proof(
    "migrations-versioned",
    "Schema changes are migration files in git",
    "Migration files of a known tool, or numbered SQL files, are tracked by git.",
    "Every database can be brought to the same schema, and nobody has to remember what was changed by hand.",
    "Change the schema only through new migration files.",
    &["F48", "C30"],
);

/// With a way back.
pub static REVERSIBLE: RuleMeta = proof(
    "migrations-reversible",
    "Every migration has a way back",
    "Every migration file has a script or function that undoes it.",
    "When a release goes wrong, the schema can go back with the code.",
    "Try the way back on a copy of production before you need it.",
    &["C32", "C38"],
);

mod advice;
mod arguments;
mod dialect;
mod recent;
mod tables;
mod unsafe_statements;
mod way_back;

pub use unsafe_statements::{META as UNSAFE, examine as unsafe_statements};
pub use way_back::{META as WITHOUT_WAY_BACK, findings as without_way_back};

/// Run by deployments.
pub static RUN: RuleMeta = proof(
    "migrations-run-by-deployment",
    "The deployment applies the migrations",
    "A start command, a release command or a deploying pipeline applies migrations.",
    "Code and schema always change together, and no step is forgotten.",
    "Make sure that a failed migration stops the deployment.",
    &["C33"],
);

/// The migrations of one folder.
#[derive(Debug)]
pub struct Group {
    tool: &'static str,
    /// Where they are, ending in `/`.
    folder: String,
    files: Vec<String>,
}

static NUMBERED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(?:[VU]?\d+[._\-]|\d{3,}|[VR]\d+__|Migration\d{8,})").ok());

/// Finds the groups of migrations in the product.
#[must_use]
pub fn find(repo: &Repo) -> Vec<Group> {
    let mut groups: BTreeMap<(String, &'static str), Vec<String>> = BTreeMap::new();
    for path in repo.paths().filter(|path| !is_aside(path)) {
        if let Some((tool, folder)) = tool_of(repo, path) {
            groups.entry((folder.to_owned(), tool)).or_default().push(path.to_owned());
        }
    }
    groups.into_iter().map(|((folder, tool), files)| Group { tool, folder, files }).collect()
}

fn tool_of<'a>(repo: &Repo, path: &'a str) -> Option<(&'static str, &'a str)> {
    let name = name_of(path);
    let folder = folder_of(path);
    let parent = name_of(folder.trim_end_matches('/'));
    let numbered = NUMBERED.as_ref().is_some_and(|pattern| pattern.is_match(name));
    let extension = name.rsplit_once('.').map_or("", |(_, end)| end);
    if name == "migration.sql" {
        let above = folder_of(folder.trim_end_matches('/'));
        return Some((if repo.has(&format!("{folder}snapshot.json")) { "Drizzle" } else { "Prisma" }, above));
    }
    let inside =
        folder.split('/').any(|part| matches!(part, "migrations" | "migration" | "migrate" | "versions" | "drizzle"));
    if !inside || name.starts_with("__init__") {
        return None;
    }
    match extension {
        "sql" if repo.has(&format!("{folder}meta/_journal.json")) => Some(("Drizzle", folder)),
        // A folder for every version: `migration/0.31/01_name.sql`.
        "sql" if numbered && parent.starts_with(|c: char| c.is_ascii_digit()) => {
            Some(("SQL", folder_of(folder.trim_end_matches('/'))))
        }
        "sql" if numbered => Some(("SQL", folder)),
        "py" if parent == "versions" => Some(("Alembic", folder)),
        "py" if parent == "migrations" && numbered => Some(("Django", folder)),
        "rb" if parent == "migrate" && numbered => Some(("Rails", folder)),
        // `2024_01_31_120000_create_orders.php`
        "php" if parent == "migrations" && numbered && name.matches('_').count() > 3 => Some(("Laravel", folder)),
        "ts" | "js" | "cjs" | "mjs" if numbered && parent == "migrations" => Some(("JavaScript", folder)),
        _ => None,
    }
}

impl Group {
    /// Its migrations from the first to the newest, without the files that only undo one.
    fn forward(&self) -> Vec<&str> {
        let mut files: Vec<&str> =
            self.files.iter().map(String::as_str).filter(|path| !is_down_file(name_of(path))).collect();
        files.sort_by_cached_key(|path| self.place_of(path));
        files
    }

    /// By the numbers in its name, then by the name: `V10__b.sql` comes after `V9__a.sql`, `0.31/01_a.sql` after `0.9/`.
    fn place_of(&self, path: &str) -> (Vec<u128>, String) {
        let name = self.name_of(path);
        let numbers = name.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok());
        (numbers.collect(), name.to_owned())
    }

    /// The name by which people know a migration: without its folder, and of Prisma's without the file.
    fn name_of<'p>(&self, path: &'p str) -> &'p str {
        let inner = path.strip_prefix(self.folder.as_str()).unwrap_or(path);
        inner.strip_suffix("/migration.sql").unwrap_or(inner)
    }
}

fn is_down_file(name: &str) -> bool {
    name.contains(".down.")
        || name == "down.sql"
        || name.ends_with("_down.sql")
        || name.ends_with(".rollback.sql")
        || name.ends_with(".undo.sql")
        || (name.starts_with('U') && name.contains("__"))
}

/// The proofs about the files.
#[must_use]
pub fn proofs(repo: &Repo, groups: &[Group]) -> Vec<Proof> {
    let mut found = Vec::new();
    let mut by_tool: BTreeMap<&str, Vec<&Group>> = BTreeMap::new();
    groups.iter().for_each(|group| by_tool.entry(group.tool).or_default().push(group));
    for (tool, groups) in by_tool {
        let mut files = groups.iter().flat_map(|group| &group.files);
        if files.all(|path| repo.is_tracked(path) == Some(true))
            && let Some(first) = groups.first()
        {
            let count: usize = groups.iter().map(|group| group.files.len()).sum();
            let noun = if count == 1 { "migration file" } else { "migration files" };
            let more = match groups.len() {
                1 => String::new(),
                many => format!(" and {} more folders", many - 1),
            };
            let message = format!("git tracks {count} {noun} of {tool} in `{}`{more}", first.folder);
            found.push(Proof::new(&VERSIONED, place(first), tool, message));
        }
    }
    // One without a way back is enough to be stuck.
    if let (Some(first), true) = (groups.first(), groups.iter().all(|group| way_back::is_reversible(repo, group))) {
        let count: usize = groups.iter().map(|group| group.forward().len()).sum();
        let message = format!("Each of the {count} migrations can be undone");
        found.push(Proof::new(&REVERSIBLE, place(first), "all", message));
    }
    found
}

fn place(group: &Group) -> Location {
    Location::File { path: group.files.last().cloned().unwrap_or_default(), span: None }
}

/// The proof that a deployment runs them.
#[must_use]
pub fn run_by_deployment(repo: &Repo, pipelines: &Pipelines, scripts: &Scripts) -> Option<Proof> {
    let (path, line) = in_start_commands(repo, scripts).or_else(|| in_pipelines(pipelines, scripts))?;
    let location = Location::File { path: path.clone(), span: line.map(Span::line) };
    Some(Proof::new(
        &RUN,
        location,
        "migrate",
        format!("`{path}` applies the migrations when it deploys or starts the app"),
    ))
}

/// Files whose commands run on the server, or just before it starts.
fn in_start_commands(repo: &Repo, scripts: &Scripts) -> Option<(String, Option<u32>)> {
    for path in repo.paths().filter(|path| !is_aside(path) && !is_for_development(path)) {
        let name = name_of(path);
        let deployment = matches!(
            name,
            "Procfile"
                | "fly.toml"
                | "render.yaml"
                | "render.yml"
                | "railway.json"
                | "railway.toml"
                | "nixpacks.toml"
                | "app.json"
                | "vercel.json"
                | "netlify.toml"
                | "app.yaml"
                | "cloudbuild.yaml"
                | "buildspec.yml"
                | "uwsgi.ini"
                | "supervisord.conf"
        );
        let container = name.eq_ignore_ascii_case("Dockerfile") || name.starts_with("Dockerfile.");
        let start_script = name.ends_with(".sh")
            && ["start", "entrypoint", "release", "deploy", "run-prod", "boot"].iter().any(|word| name.contains(word));
        let compose = is_compose(name);
        if !(deployment || container || start_script || compose) {
            continue;
        }
        let Some(text) = repo.text(path) else { continue };
        // Building an image reaches no database; only what it starts with does.
        let lines = text.lines().zip(1_u32..).filter(|(line, _)| {
            let word = line.split_whitespace().next().unwrap_or_default();
            !container || matches!(word, "CMD" | "ENTRYPOINT")
        });
        for (line, number) in lines {
            // `["sh", "-c", "…"]` is read as the words that it holds.
            let plain = line.replace(['"', '\'', '[', ']', ','], " ").split_whitespace().collect::<Vec<_>>().join(" ");
            if Does::Migrate.is_in(&scripts.written_out(&plain)) && !line.trim_start().starts_with('#') {
                return Some((path.to_owned(), Some(number)));
            }
        }
    }
    [
        "start",
        "vercel-build",
        "heroku-postbuild",
        "release",
        "prestart",
        "start:prod",
        "deploy",
        "predeploy",
        "postdeploy",
    ]
    .iter()
    .find(|name| scripts.named(name).iter().any(|script| Does::Migrate.is_in(&scripts.written_out(script))))
    .map(|name| {
        let line = repo.text("package.json").and_then(|text| line_of(&text, &format!("\"{name}\"")));
        ("package.json".to_owned(), line)
    })
}

/// A pipeline that also deploys: in one that only tests, the migrations run on a throw-away database.
fn in_pipelines(pipelines: &Pipelines, scripts: &Scripts) -> Option<(String, Option<u32>)> {
    let step = pipelines.steps.iter().find(|step| {
        !step.on_pull_request
            && Does::Migrate.is_in(&scripts.written_out(&step.text))
            && pipelines
                .steps
                .iter()
                .any(|other| other.path == step.path && Does::Deploy.is_in(&scripts.written_out(&other.text)))
    })?;
    Some((step.path.clone(), Some(step.line)))
}

/// How far these rules got.
#[must_use]
pub fn coverage(groups: &[Group]) -> Coverage {
    if groups.is_empty() { Coverage::Absent("there are no migration files".to_owned()) } else { Coverage::Whole }
}
