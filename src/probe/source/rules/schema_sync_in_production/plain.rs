//! Settings and commands that make a database match the code.

use super::super::Hit;
use super::changes;
use crate::model::{Confidence, Severity};
use crate::probe::repository::is_for_development;
use crate::probe::source::plain_files::PlainFile;

/// Commands that make a database match the code, and what they do.
const COMMANDS: [(&str, &str); 13] = [
    ("prisma db push", "changes the tables to match the schema"),
    ("prisma migrate reset", "drops every table"),
    ("drizzle-kit push", "changes the tables to match the schema"),
    ("typeorm schema:sync", "changes the tables to match the entities"),
    ("typeorm schema:drop", "drops every table"),
    ("doctrine:schema:update", "changes the tables to match the entities"),
    ("migrate:fresh", "drops every table"),
    ("db:schema:load", "makes every table anew"),
    ("db:reset", "drops every table"),
    ("db:drop", "drops the database"),
    ("sequelize-cli db:drop", "drops the database"),
    ("db:migrate:reset", "drops every table"),
    ("mikro-orm schema:update", "changes the tables to match the entities"),
];

/// A command or a setting that does so.
pub(super) fn in_plain(file: &PlainFile, overridden: bool) -> Option<Hit> {
    let name = file.name().to_ascii_lowercase();
    if is_for_development(&file.path) {
        return None;
    }
    if name.starts_with("application") {
        let profile = name.trim_start_matches("application").starts_with('-') && !name.contains("prod");
        let (at, mode) = ddl_auto(file)?;
        let memory = file.text.contains("jdbc:h2:mem") || file.text.contains("jdbc:hsqldb:mem");
        if profile || overridden || memory || !changes(&mode) {
            return None;
        }
        let end = file.text.get(at..)?.find('\n').map_or(file.text.len(), |length| at + length);
        let hit =
            Hit::new(file.place(at, end), format!("Hibernate is told to `{}` the tables at every start", mode.trim()));
        // It adds what is missing and takes nothing away.
        return Some(match mode.trim() {
            "update" => hit.confidence(Confidence::Medium),
            _ => hit.severity(Severity::Blocker),
        });
    }
    let manifest = name == "package.json";
    let workflow = file.path.contains(".github/workflows");
    if workflow && !["deploy", "release", "prod", "publish", "cd."].iter().any(|word| name.contains(word)) {
        return None;
    }
    if matches!(name.rsplit_once('.').map_or("", |(_, end)| end), "sql" | "prisma" | "properties") {
        return None;
    }
    let (start, line, command, does) = file.lines().find_map(|(start, line)| {
        let trimmed = line.trim_start();
        if (trimmed.starts_with('#') || trimmed.starts_with("//")) && !manifest {
            return None;
        }
        if manifest && !is_production_script(trimmed) {
            return None;
        }
        let (command, does) = COMMANDS.iter().find(|(command, _)| line.contains(command))?;
        if workflow && is_in_test_job(&file.text, start) {
            return None;
        }
        // `if [ "$NODE_ENV" = development ]; then prisma db push; fi`
        (!line.contains("development") && !line.contains("NODE_ENV=test")).then_some((start, line, *command, *does))
    })?;
    let indent = line.len() - line.trim_start().len();
    let place = file.place(start + indent, start + line.len());
    let where_ = if manifest {
        "A script that runs in production"
    } else if workflow {
        "The deployment"
    } else {
        "The start of the app"
    };
    let hit = Hit::new(place, format!("{where_} runs `{command}`, which {does}"));
    let destroys = line.contains("--accept-data-loss") || line.contains("--force-reset") || does.contains("drop");
    // Without its leave these commands stop before anything is lost.
    Some(if destroys { hit.severity(Severity::Blocker) } else { hit.confidence(Confidence::Medium) })
}

/// A script of `package.json` that a host or a deployment runs.
fn is_production_script(line: &str) -> bool {
    let Some(name) = line.strip_prefix('"').and_then(|rest| rest.split_once('"')).map(|(name, _)| name) else {
        return false;
    };
    let first = name.split([':', '-', '_']).next().unwrap_or(name);
    let production = [
        "start",
        "build",
        "deploy",
        "release",
        "postinstall",
        "prestart",
        "prebuild",
        "vercel",
        "heroku",
        "poststart",
        "production",
    ];
    let aside = ["dev", "test", "local", "e2e", "ci", "docker", "db"]
        .iter()
        .any(|word| name.split([':', '-', '_']).any(|part| part == *word));
    production.contains(&first) && !aside
}

/// The setting of Hibernate in a file of Spring's, with the byte where it stands.
pub(super) fn ddl_auto(file: &PlainFile) -> Option<(usize, String)> {
    file.lines().find_map(|(start, line)| {
        let trimmed = line.trim_start();
        if trimmed.starts_with('#') {
            return None;
        }
        let key = ["ddl-auto", "hbm2ddl.auto"].iter().find(|key| trimmed.contains(**key))?;
        let value = trimmed.split_once(key)?.1.trim_start_matches(['=', ':', ' ', '"', ']']);
        Some((start + (line.len() - trimmed.len()), value.split(['#', ' ']).next().unwrap_or(value).to_owned()))
    })
}

/// Whether the job of a workflow around the byte `at` tests the app, on a database that the runner throws away.
fn is_in_test_job(text: &str, at: usize) -> bool {
    const TESTS: [&str; 12] = [
        "playwright",
        "cypress",
        "vitest",
        "jest",
        "pytest",
        "phpunit",
        "rspec",
        "go test",
        "npm test",
        "run test",
        ".env.example",
        "e2e",
    ];
    let begins = |line: &str| line.starts_with("  ") && !line.starts_with("   ") && line.trim_end().ends_with(':');
    let (mut from, mut to, mut offset) = (0, text.len(), 0);
    for line in text.split_inclusive('\n') {
        if begins(line) {
            if offset <= at {
                from = offset;
            } else {
                to = offset;
                break;
            }
        }
        offset += line.len();
    }
    let job = text.get(from..to).unwrap_or_default().to_ascii_lowercase();
    TESTS.iter().any(|word| job.contains(word))
}
