//! Tables that everybody who has the page can read and write.

use std::collections::BTreeMap;

use super::{Check, Hit, Rule};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::facts::{CodeIndex, Language};
use crate::probe::source::plain_files::PlainFile;
use crate::probe::source::sql_files::{Statement, statements};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "supabase-rls-disabled",
    title: "A Supabase table is open to everybody",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::High,
    what: "The migrations create a table in Supabase's public schema and never enable row level security on it, or a policy lets everybody write or read everything.",
    why: "The key that every visitor's browser holds opens such a table: anyone can read all rows, change them or delete them, with one line in the console. Whole user lists have leaked this way.",
    fix: "Add `alter table NAME enable row level security;` and policies that compare the row's owner with `auth.uid()`.",
    example: "create table public.notes (id uuid primary key, user_id uuid, body text);\n\n-- better, in addition\nalter table public.notes enable row level security;\ncreate policy \"own notes\" on public.notes for all\n  using (auth.uid() = user_id) with check (auth.uid() = user_id);",
    references: &["F54", "https://supabase.com/docs/guides/database/postgres/row-level-security"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::Project(check)).reads(Language::is_code, |_| false).claims_none(look);

/// Only what the migrations say can be judged; a table made in Supabase's own console is not in them.
fn look(file: &crate::probe::source::facts::FileFacts, index: &CodeIndex, subject: &mut super::subject::Subject) {
    if file.imports_any(|module| module.starts_with("@supabase/") || module == "supabase")
        && !index.plain.iter().any(is_migration)
    {
        subject
            .beyond
            .insert("The project uses Supabase and holds no migrations, so its policies are not examined".to_owned());
    }
}

fn is_migration(file: &PlainFile) -> bool {
    let lower = file.path.to_ascii_lowercase();
    lower.ends_with(".sql") && (lower.contains("supabase/") || lower.starts_with("supabase"))
}

/// A table as the migrations leave it.
#[derive(Default)]
struct Table {
    /// The file, and the bytes of its name there.
    made: Option<(usize, (usize, usize))>,
    protected: bool,
    /// Policies that are always true: the file, the bytes, what they allow, by name.
    open: BTreeMap<String, (usize, (usize, usize), Open)>,
}

/// What a policy that is always true allows.
#[derive(Clone, Copy, PartialEq)]
enum Open {
    Read,
    Write,
}

/// Looks at all migrations, in their order.
fn check(index: &CodeIndex, hits: &mut Vec<Hit>) {
    let is_supabase = index.plain.iter().any(is_migration);
    let speaks = |file: &PlainFile| file.text.contains("auth.uid()") || file.text.contains("auth.users");
    let in_folder = |path: &str| path.to_ascii_lowercase().contains("migration");
    let supabase_code = || {
        index
            .files
            .iter()
            .any(|file| file.imports_any(|module| module.starts_with("@supabase/") || module == "supabase"))
    };
    let files: Vec<&PlainFile> = if is_supabase {
        index.plain.iter().filter(|file| is_migration(file)).collect()
    } else if index.plain.iter().any(|file| file.ends_with(".sql") && speaks(file)) && supabase_code() {
        index.plain.iter().filter(|file| file.ends_with(".sql") && (in_folder(&file.path) || speaks(file))).collect()
    } else {
        return;
    };
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    let mut all_protected = false;
    for (place, file) in files.iter().enumerate() {
        // Seeds and tests of the database hold no structure.
        if file.name().starts_with("seed") || file.path.contains("/tests/") {
            continue;
        }
        for statement in statements(&file.text) {
            apply(&statement, place, &mut tables, &mut all_protected);
        }
    }
    for (name, table) in &tables {
        let Some((place, bytes)) = table.made else { continue };
        let Some(file) = files.get(place) else { continue };
        if !table.protected && !all_protected {
            let message =
                format!("`{name}` is made in the public schema, and no migration enables row level security on it");
            hits.push(Hit::new(file.place(bytes.0, bytes.1), message).in_plain(&file.path));
        }
        for (place, bytes, allows) in table.open.values().filter(|_| table.protected) {
            let Some(file) = files.get(*place) else { continue };
            let hit = if *allows == Open::Write {
                Hit::new(file.place(bytes.0, bytes.1), format!("This policy lets everybody write to `{name}`"))
            } else if holds_private(name) {
                Hit::new(file.place(bytes.0, bytes.1), format!("This policy lets everybody read all of `{name}`"))
                    .severity(Severity::Major)
                    .confidence(Confidence::Medium)
            } else {
                continue;
            };
            hits.push(hit.in_plain(&file.path));
        }
    }
}

/// Tables that hold what belongs to somebody.
fn holds_private(name: &str) -> bool {
    [
        "user",
        "order",
        "payment",
        "message",
        "invoice",
        "customer",
        "token",
        "secret",
        "subscription",
        "session",
        "private",
    ]
    .iter()
    .any(|word| name.contains(word))
}

fn apply(statement: &Statement<'_>, place: usize, tables: &mut BTreeMap<String, Table>, all_protected: &mut bool) {
    let words = &statement.words;
    let word = |at: usize| words.get(at).map_or("", |word| word.lower.as_str());
    let position = |wanted: &str| words.iter().position(|word| word.lower == wanted);
    match (word(0), word(1)) {
        ("create", "table") | ("create", "unlogged") => {
            let at = if word(1) == "unlogged" {
                3
            } else if word(2) == "if" {
                5
            } else {
                2
            };
            if let Some(name) = public_name(word(at))
                && let Some(found) = words.get(at)
            {
                let table = tables.entry(name).or_default();
                table.made = table.made.or(Some((place, found.bytes)));
            }
        }
        ("drop", "table") => {
            for found in words.iter().skip(2) {
                if let Some(name) = public_name(&found.lower) {
                    tables.remove(&name);
                }
            }
        }
        ("alter", "table") => {
            let at = words
                .iter()
                .skip(2)
                .position(|word| !matches!(word.lower.as_str(), "if" | "exists" | "only"))
                .map_or(2, |at| at + 2);
            let Some(name) = public_name(word(at)) else { return };
            let Some(action) = position("row") else {
                if word(at + 1) == "rename" && word(at + 2) == "to" {
                    if let Some(table) = tables.remove(&name) {
                        tables.insert(word(at + 3).to_owned(), table);
                    }
                } else if word(at + 1) == "set" && word(at + 2) == "schema" {
                    tables.remove(&name);
                }
                return;
            };
            if words.get(action + 1).is_some_and(|word| word.lower == "level") {
                let table = tables.entry(name).or_default();
                match word(action.saturating_sub(1)) {
                    "enable" | "force" => table.protected = true,
                    "disable" => table.protected = false,
                    _ => {}
                }
            }
        }
        ("create", "policy") => {
            let Some(on) = position("on") else { return };
            let Some(table) = public_name(word(on + 1)) else { return };
            let name = words.iter().take(on).skip(2).map(|word| word.lower.as_str()).collect::<Vec<_>>().join(" ");
            let what = position("for").map_or("all", |at| word(at + 1));
            let service = words.iter().any(|word| word.lower == "service_role")
                || words.iter().any(|word| word.lower == "restrictive");
            let is_true = |key: &str| {
                position(key).is_some_and(|at| {
                    let rest: Vec<&str> = words
                        .iter()
                        .skip(at + 1)
                        .filter(|word| !matches!(word.lower.as_str(), "(" | ")" | "check"))
                        .take(1)
                        .map(|word| word.lower.as_str())
                        .collect();
                    let next = words
                        .iter()
                        .skip(at + 1)
                        .filter(|word| word.lower != "check")
                        .find(|word| !matches!(word.lower.as_str(), "(" | "true"))
                        .map(|word| word.lower.as_str());
                    rest == ["true"] && matches!(next, None | Some(")" | "with"))
                })
            };
            let (uses, checks) = (is_true("using"), is_true("with"));
            let open = match what {
                "select" if uses => Some(Open::Read),
                "insert" if checks => Some(Open::Write),
                "update" | "all" if uses && (checks || position("with").is_none()) => Some(Open::Write),
                "delete" if uses => Some(Open::Write),
                _ => None,
            };
            if let Some(open) = open.filter(|_| !service) {
                tables.entry(table).or_default().open.insert(name, (place, statement.bytes, open));
            }
        }
        ("drop", "policy") => {
            let Some(on) = position("on") else { return };
            let from = if word(2) == "if" { 4 } else { 2 };
            let name = words.iter().take(on).skip(from).map(|word| word.lower.as_str()).collect::<Vec<_>>().join(" ");
            if let Some(table) = public_name(word(on + 1)).and_then(|name| tables.get_mut(&name)) {
                table.open.remove(&name);
            }
        }
        // A loop over all tables that enables it on each.
        ("do", _) => *all_protected |= statement.text.to_ascii_lowercase().contains("enable row level security"),
        _ => {}
    }
}

/// A table's name without its schema; `None` for a schema that the browser cannot reach.
fn public_name(name: &str) -> Option<String> {
    match name.rsplit_once('.') {
        Some(("public", table)) => Some(table.to_owned()),
        Some(_) => None,
        None => (!name.is_empty() && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
            .then(|| name.to_owned()),
    }
}
