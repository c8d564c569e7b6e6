//! The structure of the production database follows the code by itself.

mod plain;

use super::{Check, Hit, Rule, any_name};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::repository::is_for_development;
use crate::probe::source::code::{Call, FunctionId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::flow::is_for_few;
use crate::probe::source::index::Group;
use plain::{ddl_auto, in_plain};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "schema-sync-in-production",
    title: "The production schema is changed without migrations",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "The app, its start command or its deployment makes the database match the models by itself: `sync({ force })`, `synchronize: true`, `prisma db push`, `ddl-auto: update`.",
    why: "A renamed field becomes a dropped column and a new empty one, and what users stored in it is gone. Nobody reviewed the change, nothing can take it back, and two instances that start together change the tables at once.",
    fix: "Write migrations, review them, and let the deployment run them once: `prisma migrate deploy`, `drizzle-kit migrate`, Alembic, Flyway, Rails or Django migrations.",
    example: "\"start\": \"prisma db push --accept-data-loss && node server.js\"\n\n// better\n\"start\": \"prisma migrate deploy && node server.js\"",
    references: &["F48", "F49", "C30", "C33"],
};

/// The rule.
pub const RULE: Rule =
    Rule::new(&META, Check::Project(check)).looks_at(super::server_or_config).reads(Language::is_code, any_name);

static SYNCING: Group = Group { name: "code that makes tables", holds: syncs };

/// Whether a file that runs in production makes tables fit the models.
fn syncs(file: &FileFacts) -> bool {
    super::server_or_config(file.role)
        && !is_for_development(&file.path)
        && (file.calls.iter().any(|call| !call.dev_only && in_code(file, call).is_some())
            || is_type_orm(file) && file.assignments.iter().any(|a| synchronizes(&a.value)))
}

/// Looks at the code, and at what deploys it.
fn check(index: &CodeIndex, hits: &mut Vec<Hit>) {
    for (place, file) in index.group(&SYNCING) {
        for call in file.calls.iter().filter(|call| !call.dev_only) {
            if let Some(hit) = in_code(file, call) {
                // A wizard makes the tables once, before there is anything in them.
                let once = is_for_few(index, file, call.function);
                let hit = if once && hit.confidence != Some(Confidence::Low) {
                    hit.confidence(Confidence::Medium)
                } else {
                    hit
                };
                hits.push(hit.in_file(place));
            }
        }
        for assignment in file.assignments.iter().filter(|a| !a.dev_only) {
            if synchronizes(&assignment.value) && is_type_orm(file) && assignment.function == 0 {
                hits.push(synchronize(assignment.place).in_file(place));
            }
        }
    }
    let overridden = index.plain.iter().any(|file| {
        let name = file.name().to_ascii_lowercase();
        name.starts_with("application-prod")
            && ddl_auto(file).is_none_or(|(_, mode)| !changes(&mode))
            && file.text.contains("ddl-auto")
    });
    for file in &index.plain {
        if let Some(hit) = in_plain(file, overridden) {
            hits.push(hit.in_plain(&file.path));
        }
    }
}

fn synchronize(place: crate::probe::source::code::Place) -> Hit {
    Hit::new(place, "`synchronize: true` changes the tables to match the entities at every start")
}

fn synchronizes(value: &Value) -> bool {
    value.get("synchronize") == Some(&Value::Bool(true))
        && value.get("type").is_none_or(|kind| !matches!(kind.text(), Some("sqlite" | "sqljs" | "better-sqlite3")))
}

fn is_type_orm(file: &FileFacts) -> bool {
    file.imports_any(|module| module.contains("typeorm"))
}

fn says(value: Option<&Value>, key: &str) -> bool {
    value.is_some_and(|options| options.get(key) == Some(&Value::Bool(true)))
}

/// Whether the code asks in which environment it runs before it comes to this call.
fn is_guarded(file: &FileFacts, call: &Call, function: FunctionId) -> bool {
    file.conditions.iter().any(|condition| {
        let covers = |block: &crate::probe::source::code::Block| {
            (block.calls.0..block.calls.1).filter_map(|id| file.call(id)).any(|inner| std::ptr::eq(inner, call))
        };
        file.within(function, condition.function)
            && (covers(&condition.then) || condition.otherwise.as_ref().is_some_and(covers))
            && {
                let mut asks = false;
                condition.test.walk(&mut |value| match value {
                    Value::Env(_) => asks = true,
                    // A script that somebody runs by hand, unless it also serves.
                    Value::Path(path) if &**path == "__name__" => {
                        asks |=
                            !file.calls.iter().any(|call| matches!(call.method(), "run" | "serve" | "serve_forever"));
                    }
                    Value::Path(path) => {
                        let lower = path.to_ascii_lowercase();
                        asks |= [
                            "env", "debug", "dev", "test", "prod", "config", "settings", "args", "flag", "reset",
                            "migrate",
                        ]
                        .iter()
                        .any(|word| lower.contains(word));
                    }
                    Value::Call(id) => {
                        asks |= file.call(*id).is_some_and(|call| {
                            let lower = call.callee.to_ascii_lowercase();
                            ["env", "debug", "prod", "config", "exists", "is_dir", "has_table", "isfile", "inspect"]
                                .iter()
                                .any(|word| lower.contains(word))
                        });
                    }
                    _ => {}
                });
                asks
            }
    })
}

fn in_code(file: &FileFacts, call: &Call) -> Option<Hit> {
    let method = call.method();
    let first = call.argument(0);
    let hit = match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => match method {
            "sync" if says(first, "force") && is_model_layer(file, call) => {
                Hit::new(call.place, "`sync({ force: true })` drops every table and makes it anew").severity(Severity::Blocker)
            }
            "sync" if (says(first, "alter") || first.and_then(|o| o.get("alter")).is_some_and(|a| matches!(a, Value::Object(_)))) && is_model_layer(file, call) => {
                Hit::new(call.place, "`sync({ alter: true })` changes the tables to match the models")
            }
            "DataSource" | "createConnection" | "forRoot" | "forRootAsync" | "createConnections"
                if is_type_orm(file) && call.arguments.iter().any(|argument| synchronizes(&argument.value)) =>
            {
                synchronize(call.place)
            }
            "updateSchema" | "refreshDatabase" if file.imports_any(|module| module.contains("mikro-orm")) => {
                Hit::new(call.place, format!("`{method}()` changes the tables to match the entities"))
            }
            _ => return None,
        },
        Language::Python => match method {
            "create_all" if is_metadata(file, call) => {
                Hit::new(call.place, "`create_all()` makes missing tables at start and never changes those that are there: without migrations the next model change fails in production")
                    .severity(Severity::Minor)
                    .confidence(Confidence::Medium)
            }
            "drop_all" if is_metadata(file, call) && at_start(file, call) => {
                Hit::new(call.place, "`drop_all()` removes every table").severity(Severity::Blocker)
            }
            "create_tables" if file.imports_any(|module| module == "peewee") => {
                Hit::new(call.place, "`create_tables()` makes missing tables and never changes those that are there: the next model change fails in production")
                    .severity(Severity::Minor)
                    .confidence(Confidence::Medium)
            }
            "generate_schemas" if file.imports_any(|module| module.starts_with("tortoise")) => {
                Hit::new(call.place, "`generate_schemas()` makes missing tables and never changes those that are there").severity(Severity::Minor).confidence(Confidence::Medium)
            }
            _ => return None,
        },
        Language::Go => match method {
            "AutoMigrate" => Hit::new(call.place, "`AutoMigrate` changes the tables at every start, without review or a way back").severity(Severity::Minor).confidence(Confidence::Medium),
            "Create" if call.object().ends_with(".Schema") => {
                Hit::new(call.place, "`Schema.Create` changes the tables at every start, without review or a way back").severity(Severity::Minor).confidence(Confidence::Medium)
            }
            "DropTable" | "DropTableIfExists" if call.object().to_ascii_lowercase().contains("migrator") && at_start(file, call) => {
                Hit::new(call.place, format!("`{method}` removes a table when the app starts")).severity(Severity::Blocker).confidence(Confidence::Medium)
            }
            _ => return None,
        },
        Language::Php => match method {
            "updateSchema" | "createSchema" | "dropSchema" if file.imports_any(|module| module.contains("SchemaTool")) || call.callee.to_ascii_lowercase().contains("schematool") => {
                Hit::new(call.place, format!("`{method}()` changes the tables to match the entities"))
            }
            "call" if call.object() == "Artisan" => match first.and_then(Value::text) {
                Some(name @ ("migrate:fresh" | "migrate:refresh" | "migrate:reset" | "db:wipe")) => {
                    Hit::new(call.place, format!("`{name}` drops every table")).severity(Severity::Blocker)
                }
                _ => return None,
            },
            "create" | "table" if call.object() == "Schema" && file.imports_any(|module| module.contains("Illuminate") && module.ends_with("Schema")) && file.role == Role::Server && !call.in_try => {
                Hit::new(call.place, format!("`Schema::{method}()` changes the tables outside a migration")).confidence(Confidence::Medium)
            }
            _ => return None,
        },
        Language::Ruby => match method {
            "auto_migrate!" | "auto_upgrade!" if call.object().starts_with("DataMapper") => {
                Hit::new(call.place, format!("`{method}` changes the tables to match the models"))
            }
            "create_table" | "add_column" | "drop_table" | "change_column" | "create_table!"
                if call.object().ends_with("connection") || call.object().ends_with("connection()") || call.object() == "DB" =>
            {
                Hit::new(call.place, format!("`{method}` changes the tables outside a migration")).confidence(Confidence::Medium)
            }
            "define" if call.object().ends_with("ActiveRecord.Schema") && !file.path.ends_with("schema.rb") => {
                Hit::new(call.place, "`ActiveRecord::Schema.define` makes the tables anew when the app starts")
            }
            _ => return None,
        },
        Language::Java => {
            let given = |place: usize| call.argument(place).and_then(Value::text);
            given(0).filter(|key| key.ends_with("hbm2ddl.auto") || key.ends_with("schema-generation.database.action"))?;
            let mode = given(1).filter(|mode| changes(mode))?;
            Hit::new(call.place, format!("Hibernate is told to `{mode}` the tables at every start"))
        }
        Language::Template => return None,
    };
    (!is_guarded(file, call, call.function)).then_some(hit)
}

/// Sequelize itself or one of its models, and no other thing that syncs.
fn is_model_layer(file: &FileFacts, call: &Call) -> bool {
    let lower = call.object().to_ascii_lowercase();
    lower.contains("sequelize")
        || lower == "db"
        || lower.contains("models")
        || lower.contains("database")
        || file.imports_any(|module| module.starts_with("sequelize"))
}

fn is_metadata(file: &FileFacts, call: &Call) -> bool {
    let lower = call.object().to_ascii_lowercase();
    let named = lower == "db" || lower.ends_with("metadata") || lower.ends_with(".db");
    named
        && file.imports_any(|module| {
            ["sqlalchemy", "sqlmodel", "models", "database", "extensions", "db", "app"]
                .iter()
                .any(|word| module.contains(word))
        })
}

/// Whether the call runs when the program starts, and not on demand.
fn at_start(file: &FileFacts, call: &Call) -> bool {
    call.function == 0
        || file.function(call.function).and_then(|f| f.name.as_deref()).is_some_and(|name| {
            matches!(
                name,
                "Prepare"
                    | "Init"
                    | "Open"
                    | "Connect"
                    | "Setup"
                    | "InitDB"
                    | "ConnectDB"
                    | "init"
                    | "create_app"
                    | "main"
                    | "startup"
                    | "lifespan"
                    | "init_db"
                    | "on_startup"
            )
        })
}

fn changes(mode: &str) -> bool {
    matches!(
        mode.trim().trim_matches(['"', '\'']),
        "update" | "create" | "create-drop" | "create-only" | "drop-and-create" | "drop"
    )
}
