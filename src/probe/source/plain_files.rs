//! Files that are no code and say how the app is run or what its database holds: manifests, deployment files, Prisma
//! schemas, SQL migrations. Rules about the database look at them beside the code.

use super::code::Place;
use crate::model::Span;
use crate::probe::files::{FileEntry, Gaps, Unread};
use crate::probe::repository::is_aside;

/// A longer file is data.
const MAX_BYTES: u64 = 512 * 1024;
/// More files than this are not read.
const MAX_FILES: usize = 3_000;

/// One such file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainFile {
    /// Relative path with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// The files of the project that are wanted, sorted by path.
pub(super) fn read(files: &[FileEntry], gaps: &mut Gaps) -> Vec<PlainFile> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| !file.ignored && is_wanted(&file.path) && !is_aside(&file.path)) {
        if found.len() >= MAX_FILES {
            break;
        }
        match file.read_up_to(MAX_BYTES) {
            Ok(text) => found.push(PlainFile { path: file.path.clone(), text }),
            // A dump of data is no migration.
            Err(Unread::TooLarge) => {}
            Err(why) => gaps.add(why.reason(), &file.path),
        }
    }
    found
}

fn is_wanted(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    match end {
        "prisma" => true,
        "sql" => true,
        // What the migrations of Rails made, summed up.
        "rb" => name == "schema.rb" && (folders == "db" || folders.ends_with("/db")),
        "sh" => ["entrypoint", "start", "deploy", "release", "run"].iter().any(|word| name.contains(word)),
        "yml" | "yaml" => {
            folders.ends_with(".github/workflows")
                || name.starts_with("application")
                || name.starts_with("docker-compose")
                || name.starts_with("compose.")
                || matches!(
                    name,
                    "serverless.yml"
                        | "serverless.yaml"
                        | "template.yaml"
                        | "template.yml"
                        | "render.yaml"
                        | "app.yaml"
                )
        }
        "conf" => lower.contains("nginx"),
        "xml" => name == "pom.xml",
        "gradle" | "kts" => name.starts_with("build.gradle"),
        "properties" => name.starts_with("application"),
        "toml" => matches!(name, "netlify.toml" | "wrangler.toml" | "fly.toml" | "railway.toml" | "nixpacks.toml"),
        "json" | "jsonc" => matches!(
            name,
            "package.json"
                | "vercel.json"
                | "now.json"
                | "wrangler.jsonc"
                | "wrangler.json"
                | "railway.json"
                | "samconfig.json"
        ),
        // Laravel's settings, whose lists of origins are wanted with their lines.
        "php" => lower.ends_with("config/cors.php"),
        _ if name.starts_with(".env") => is_for_production(name),
        _ => name == "procfile" || name == "_headers" || name.starts_with("dockerfile") || end == "dockerfile",
    }
}

/// `.env.production`, and not the example of it.
fn is_for_production(name: &str) -> bool {
    let mut words = name.split(['.', '-', '_']);
    words.clone().any(|word| matches!(word, "prod" | "production"))
        && !words.any(|word| matches!(word, "example" | "sample" | "template" | "dist" | "local"))
}

impl PlainFile {
    /// The last part of the path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Whether its path ends so, whatever the case.
    #[must_use]
    pub fn ends_with(&self, end: &str) -> bool {
        self.path.to_ascii_lowercase().ends_with(end)
    }

    /// Where the bytes from `start` to `end` stand.
    #[must_use]
    pub fn place(&self, start: usize, end: usize) -> Place {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let point = |at: usize| {
            let before = self.text.get(..at).unwrap_or("");
            let column = before.rsplit('\n').next().unwrap_or("").chars().count();
            (number(before.matches('\n').count()) + 1, number(column) + 1)
        };
        let ((line, column), (end_line, end_column)) = (point(start), point(end));
        Place { span: Span { line, column, end_line, end_column }, bytes: (number(start), number(end)) }
    }

    /// Every line with the byte at which it begins.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.split_inclusive('\n').scan(0, |at, line| {
            let start = *at;
            *at += line.len();
            Some((start, line.trim_end_matches(['\n', '\r'])))
        })
    }

    /// Whether a comment on `line` or the one above allows `rule` and says why.
    #[must_use]
    pub fn allows(&self, rule: &str, line: u32) -> bool {
        let wanted = format!("gonogo: allow {rule} because ");
        let first = (line as usize).saturating_sub(2);
        self.text
            .lines()
            .skip(first)
            .take(2.min(line as usize))
            .any(|text| text.split_once(&*wanted).is_some_and(|(_, reason)| !reason.trim().is_empty()))
    }
}
