//! A database in a file, on machines whose files do not last.

use super::serverless::{self, Sign, brings};
use super::{Check, Hit, Rule};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, Part, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::plain_files::PlainFile;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "sqlite-on-serverless",
    title: "SQLite on a platform whose files do not last",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::High,
    what: "The app keeps its data in a SQLite file and is deployed to Vercel, Netlify, Lambda or Cloudflare, where each instance has a file system of its own that is thrown away.",
    why: "What a user saves is gone after minutes or with the next deployment, and two visitors see different data. On many of these platforms the file cannot even be written.",
    fix: "Move to a database that is reached over the network (Neon, Supabase, Turso, PlanetScale, D1), or deploy to a host with a disk that lasts.",
    example: "datasource db {\n  provider = \"sqlite\"\n  url      = \"file:./dev.db\"\n}\n\n// better\ndatasource db {\n  provider = \"postgresql\"\n  url      = env(\"DATABASE_URL\")\n}",
    references: &["F47"],
};

/// The rule.
pub const RULE: Rule =
    Rule::new(&META, Check::Project(check)).looks_at(super::server_or_config).reads(reads, |_| false);

fn reads(language: Language) -> bool {
    language.is_ecma() || language == Language::Python
}

/// Looks for a platform first, and then for a database in a file.
fn check(index: &CodeIndex, hits: &mut Vec<Hit>) {
    let signs: Vec<Sign<'_>> = index.plain.iter().filter_map(serverless::platform).collect();
    if signs.is_empty() || serverless::binds_database(index) {
        return;
    }
    let remote = index.files.iter().any(|file| {
        file.imports_any(|m| {
            m.starts_with("@libsql/client")
                || m.contains("adapter-libsql")
                || m.contains("adapter-d1")
                || m == "drizzle-orm/d1"
                || m.contains("libsql")
        })
    });
    if remote {
        return;
    }
    let step = |hit: Hit, (platform, sign): Sign<'_>| {
        let hit = Hit { steps: vec![format!("{} deploys to {platform}", sign.path)], ..hit };
        // Which part goes where is not told apart.
        let told_apart = hit.confidence.is_some() || !serverless::has_lasting_host(index);
        if told_apart { hit } else { hit.confidence(Confidence::Medium) }
    };
    for file in index.plain.iter().filter(|file| file.ends_with(".prisma")) {
        let Some(sign) = signs.iter().copied().find(|sign| brings(index, *sign, &file.path, None)) else { continue };
        if let Some(hit) = data_source(file, sign.0) {
            hits.push(step(hit, sign).in_plain(&file.path));
            return;
        }
    }
    for (place, file) in
        index.files.iter().enumerate().filter(|(_, file)| reads(file.language) && super::server_or_config(file.role))
    {
        let found = file.calls.iter().filter(|call| !call.dev_only).find_map(|call| opened(file, call));
        let Some(hit) = found.or_else(|| settings(file)) else { continue };
        let language = Some(file.language);
        if let Some(sign) = signs.iter().copied().find(|sign| brings(index, *sign, &file.path, language)) {
            let hit = Hit { message: message(sign.0), ..hit };
            hits.push(step(hit, sign).in_file(place));
        }
    }
}

fn message(platform: &str) -> String {
    format!("The data is kept in a SQLite file, which {platform} throws away")
}

/// `provider = "sqlite"` of Prisma.
fn data_source(file: &PlainFile, platform: &str) -> Option<Hit> {
    let (start, line) = file.lines().find(|(_, line)| {
        let trimmed = line.trim();
        trimmed.starts_with("provider") && trimmed.contains("\"sqlite\"")
    })?;
    let indent = line.len() - line.trim_start().len();
    // Prisma reaches Turso and D1 through an adapter that needs a preview feature.
    if file.text.contains("driverAdapters") {
        return None;
    }
    Some(Hit::new(file.place(start + indent, start + line.len()), message(platform)))
}

fn is_memory(value: Option<&Value>) -> bool {
    value.is_some_and(|value| {
        value.leading_text().is_some_and(|text| {
            text.contains(":memory:")
                || text.contains("mode=memory")
                || text.starts_with("libsql:")
                || text.starts_with("http")
        })
    })
}

fn is_file(value: Option<&Value>) -> bool {
    !is_memory(value) && !matches!(value, Some(Value::Env(_) | Value::Either(_)))
}

/// A cache is filled again, and what is only read came with the app.
fn may_be_lost(file: &FileFacts, call: &Call) -> bool {
    call.arguments.iter().any(|argument| {
        let value = file.resolved(&argument.value, call.function);
        let of_cache = |value: &Value| match value {
            Value::Text(text) | Value::Path(text) => {
                text.to_ascii_lowercase().contains("cache") || text.contains("mode=ro") || text.contains("immutable=1")
            }
            _ => false,
        };
        let mut lost = of_cache(&argument.value);
        value.walk(&mut |value| lost |= of_cache(value));
        if let Value::Template(parts) = value {
            lost |= parts.iter().any(|part| {
                matches!(part, Part::Fixed(text) if text.contains("mode=ro") || text.to_ascii_lowercase().contains("cache"))
            });
        }
        lost || ["readonly", "readOnly"].iter().any(|key| value.get(key) == Some(&Value::Bool(true)))
    })
}

/// A call that opens a database in a file; what platform throws that away is told later.
fn opened(file: &FileFacts, call: &Call) -> Option<Hit> {
    if may_be_lost(file, call) {
        return None;
    }
    let module = file.binding(call.root()).map_or("", |binding| &*binding.module);
    let method = call.method();
    let first = call.argument(0).map(|value| file.resolved(value, call.function));
    let required = || match file.assigned(call.root(), call.function).map(|a| &a.value) {
        Some(Value::Call(id)) => file.call(*id).is_some_and(|c| {
            &*c.callee == "require" && c.argument(0).and_then(Value::text).is_some_and(|m| m.contains("sqlite"))
        }),
        Some(Value::Member(pair)) => {
            matches!(&pair.0, Value::Call(id) if file.call(*id).is_some_and(|c| &*c.callee == "require" && c.argument(0).and_then(Value::text).is_some_and(|m| m.contains("sqlite"))))
        }
        _ => false,
    };
    let opens = match file.language {
        Language::Python => {
            (matches!(&*call.callee, "sqlite3.connect" | "aiosqlite.connect") && is_file(first))
                || (matches!(method, "create_engine" | "create_async_engine" | "SqliteDatabase")
                    && (method == "SqliteDatabase"
                        || first.and_then(Value::leading_text).is_some_and(|text| text.starts_with("sqlite")))
                    && is_file(first))
        }
        _ => {
            let driver = module.contains("sqlite") || (matches!(method, "Database" | "DatabaseSync") && required());
            let dialect = |key: &str| {
                call.arguments.iter().any(|argument| {
                    file.resolved(&argument.value, call.function)
                        .get(key)
                        .and_then(Value::text)
                        .is_some_and(|text| text.contains("sqlite"))
                })
            };
            (driver && matches!(method, "Database" | "DatabaseSync" | "open" | "cached") && is_file(first))
                || (method == "Sequelize" && dialect("dialect"))
                || (matches!(method, "knex" | "default" | "Knex") && dialect("client"))
                || (matches!(method, "DataSource" | "createConnection" | "forRoot") && dialect("type"))
        }
    };
    opens.then(|| Hit::new(call.place, ""))
}

/// Django's `DATABASES`, Flask's `SQLALCHEMY_DATABASE_URI`.
fn settings(file: &FileFacts) -> Option<Hit> {
    if file.language != Language::Python {
        return None;
    }
    let found = file.assignments.iter().filter(|a| !a.dev_only && a.function == 0).find(|assignment| {
        let target = &*assignment.target;
        let engine = target == "DATABASES"
            && assignment
                .value
                .get("default")
                .and_then(|default| default.get("ENGINE"))
                .and_then(Value::text)
                .is_some_and(|engine| engine.ends_with("sqlite3"));
        let uri = (target.ends_with("SQLALCHEMY_DATABASE_URI") || target.ends_with("config[]"))
            && assignment.value.leading_text().is_some_and(|text| text.starts_with("sqlite:///") && text.len() > 10);
        engine || uri
    })?;
    let replaced = file.assignments.iter().filter(|a| a.target.starts_with("DATABASES")).count() > 1;
    let hit = Hit::new(found.place, "");
    Some(if replaced { hit.confidence(Confidence::Low) } else { hit })
}
