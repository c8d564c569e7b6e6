//! Statements of new PostgreSQL migrations that stop the app while they run, or fail once there are rows.
//!
//! squawk says what a statement does; which tables have rows by then is worked out here. A migration that is in git for
//! more than [`recent::DAYS`] counts as deployed and is only read for the tables that it makes; a table that a new
//! migration makes is empty, and whatever is done to it hurts nobody. So a project's first migrations are never blamed.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use squawk_linter::{Linter, Rule, Violation};
use squawk_syntax::SourceFile;
use squawk_syntax::ast::{self, AstNode, NameLike};

use super::Group;
use super::advice::{ADVICE, Advice, where_concurrently};
use super::dialect::{self, Dialect};
use super::recent::{self, DAYS};
use super::tables::{self, Tables};
use crate::model::{
    Confidence, Coverage, Evidence, EvidenceKind, Finding, Location, RuleKind, RuleMeta, Severity, Span,
};
use crate::probe::repository::repo::Repo;

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "unsafe-migration",
    title: "A migration stops the app while it runs",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::Medium,
    what: "Reads the SQL migrations for PostgreSQL of the last two weeks with the rules of squawk, and reports statements that lock or rewrite a table which is older, fail once it has rows, or take away what the running version still asks for. Tables made by the same migrations are empty and left alone.",
    why: "While a table is locked, every request that needs it waits. With many rows that takes minutes, in which your users see pages that do not load.",
    fix: "Split the change into steps that each take a moment: add first, fill in batches, check without a lock, and take away in a later release.",
    example: "-- bad\nCREATE INDEX orders_user ON orders (user_id);\n-- good\nCREATE INDEX CONCURRENTLY orders_user ON orders (user_id);",
    references: &["C34"],
};

/// More findings in one file are one kind of work: a dump or a generated schema.
const MOST_IN_A_FILE: usize = 40;
/// A longer file is data.
const MOST_BYTES: usize = 512 * 1024;

/// What the migrations of all groups are found to do as it is `now`, in seconds since 1970, and how far the look went.
#[must_use]
pub fn examine(repo: &Repo, groups: &[Group], stack: &[String], now: i64) -> (Vec<Finding>, Coverage) {
    if groups.is_empty() {
        return (Vec::new(), Coverage::Absent("there are no migration files".to_owned()));
    }
    let mut findings = Vec::new();
    let mut seen = Seen::default();
    for group in groups {
        if !matches!(group.tool, "Prisma" | "Drizzle" | "SQL") {
            seen.not_read(format!(
                "the migrations of {} in `{}` are code, and only SQL is examined",
                group.tool, group.folder
            ));
            continue;
        }
        match dialect::of(repo, group, stack) {
            Dialect::Postgres => of_group(repo, group, now, &mut findings, &mut seen),
            Dialect::Other(name) => {
                seen.not_read(format!(
                    "the migrations in `{}` are for {name}, and only PostgreSQL's are examined",
                    group.folder
                ));
            }
            Dialect::Unknown => seen.not_read(format!(
                "nothing tells which database the migrations in `{}` are for, and only PostgreSQL's are examined",
                group.folder
            )),
        }
    }
    (findings, seen.coverage())
}

#[derive(Default)]
struct Seen {
    examined: usize,
    missed: Vec<String>,
}

impl Seen {
    fn not_read(&mut self, why: String) {
        self.missed.push(why);
    }

    fn coverage(mut self) -> Coverage {
        const MOST: usize = 4;
        let more = self.missed.len().saturating_sub(MOST);
        self.missed.truncate(MOST);
        if more > 0 {
            self.missed.push(format!("{more} more"));
        }
        let missed = self.missed.join("; ");
        match (self.examined, missed.is_empty()) {
            (0, true) => Coverage::Nothing(format!(
                "no migration is newer than {DAYS} days, and what ran before cannot hurt any more"
            )),
            (0, false) => Coverage::Nothing(missed),
            (_, true) => Coverage::Whole,
            (_, false) => Coverage::Part(missed),
        }
    }
}

fn of_group(repo: &Repo, group: &Group, now: i64, findings: &mut Vec<Finding>, seen: &mut Seen) {
    let split = recent::split(repo, group, now);
    if !split.undated.is_empty() {
        seen.not_read(format!(
            "neither git nor their names tell how old {} migrations in `{}` are",
            split.undated.len(),
            group.folder
        ));
    }
    // Nothing has run yet: the first deployment makes every table.
    let first_deployment = split.old.is_empty() && split.undated.is_empty();
    let (mut before, mut made) = (Tables::default(), Tables::default());
    let mut not_understood = 0_usize;
    for path in group.forward() {
        let is_new = split.new.contains(&path);
        let Some(text) = repo.text(path).filter(|text| text.len() <= MOST_BYTES) else {
            not_understood += usize::from(is_new);
            continue;
        };
        let text = without_way_back(&text);
        // A parser of someone else's may crash on a file that it does not expect.
        let looked = catch_unwind(AssertUnwindSafe(|| {
            let parsed = SourceFile::parse(text);
            let statements: Vec<ast::Stmt> = parsed.tree().stmts().collect();
            if !is_new {
                statements.iter().for_each(|statement| before.apply(statement));
                return Some(Vec::new());
            }
            if !parsed.errors().is_empty() {
                return None;
            }
            statements.iter().for_each(|statement| made.apply(statement));
            if first_deployment {
                return Some(Vec::new());
            }
            let mut linter = Linter::from(ADVICE.iter().map(|advice| advice.rule));
            linter.settings.assume_in_transaction = matches!(group.tool, "Prisma" | "Drizzle");
            let violations = linter.lint(&parsed, text);
            let context = Context { group, path, text, before: &before, made: &made };
            Some(of_file(&context, &statements, &violations))
        }));
        match looked {
            Ok(Some(mut found)) => {
                seen.examined += usize::from(is_new);
                findings.append(&mut found);
            }
            Ok(None) | Err(_) => {
                not_understood += 1;
                repo.not_understood(path, "SQL that is not understood, so the migration was not examined");
            }
        }
    }
    if not_understood > 0 {
        seen.not_read(format!("{not_understood} of the new migrations in `{}` could not be read", group.folder));
    }
}

/// The part that is run forwards.
fn without_way_back(text: &str) -> &str {
    let marks = ["-- migrate:down", "-- +goose down", "-- +migrate down", "-- down migration"];
    let lower = text.to_ascii_lowercase();
    let end = marks.iter().filter_map(|mark| lower.find(mark)).min().unwrap_or(text.len());
    text.get(..end).unwrap_or(text)
}

struct Context<'g> {
    group: &'g Group,
    path: &'g str,
    text: &'g str,
    before: &'g Tables,
    made: &'g Tables,
}

fn of_file(context: &Context<'_>, statements: &[ast::Stmt], violations: &[Violation]) -> Vec<Finding> {
    let mut by_statement: BTreeMap<usize, Vec<&Violation>> = BTreeMap::new();
    for violation in violations {
        let at = statements.iter().position(|s| s.syntax().text_range().contains_range(violation.text_range));
        by_statement.entry(at.unwrap_or(usize::MAX)).or_default().push(violation);
    }
    let found = by_statement.into_iter().filter_map(|(at, violations)| {
        let statement = statements.get(at)?;
        of_statement(context, statement, &violations)
    });
    found.take(MOST_IN_A_FILE).collect()
}

fn of_statement(context: &Context<'_>, statement: &ast::Stmt, violations: &[&Violation]) -> Option<Finding> {
    let tables = tables::changed(statement);
    // What a new migration made is empty.
    let old: Vec<&String> =
        tables.iter().filter(|table| context.before.has(table) || !context.made.has(table)).collect();
    let fails_anyway = |rule: Rule| rule == Rule::BanConcurrentIndexCreationInTransaction;
    let harmless = !tables.is_empty() && old.is_empty();
    let seen: Vec<Rule> = violations
        .iter()
        .map(|violation| violation.code)
        .filter(|&code| {
            fails_anyway(code) || !(harmless || (code == Rule::ChangingColumnType && keeps_rows(context, statement)))
        })
        .collect();
    let advice = ADVICE.iter().find(|advice| seen.contains(&advice.rule))?;
    let bytes = statement.syntax().text_range();
    let start = usize::from(bytes.start());
    let written = statement.syntax().text().to_string();
    let start = start + written.len() - written.trim_start().len();
    let line = context.text.get(..start).map_or(1, |before| before.matches('\n').count() + 1);
    let line = u32::try_from(line).unwrap_or(u32::MAX);
    if allowed(context.text, line) {
        return None;
    }
    let table = old.first().map_or_else(|| "the table".to_owned(), |table| format!("`{table}`"));
    let message = advice.what.replace("{t}", &table);
    let worst_first = ADVICE.iter().map(|advice| advice.rule).filter(|rule| seen.contains(rule));
    let mut names: Vec<String> = worst_first.map(|rule| format!("squawk: {rule}")).collect();
    let on_new_column = advice.by_content && on_new_columns(context, statement, old.first().map_or("", |t| t.as_str()));
    if on_new_column {
        names.push("The column is new and still empty, so that this takes less time.".to_owned());
    }
    let location = Location::File { path: context.path.to_owned(), span: Some(Span::line(line)) };
    let anchor: String = written.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect();
    let finding = Finding::new(&META, location, anchor, message)
        .severity(if on_new_column { Severity::Minor } else { advice.severity })
        .fix(fix(advice, context.group.tool))
        .evidence(Evidence::snippet(context.text, line, 2))
        .evidence(Evidence::new(EvidenceKind::Note, names.join("\n")));
    Some(finding)
}

fn fix(advice: &Advice, tool: &str) -> String {
    let concurrently = matches!(
        advice.rule,
        Rule::RequireConcurrentIndexCreation
            | Rule::DisallowedUniqueConstraint
            | Rule::AddingSerialPrimaryKeyField
            | Rule::RequireConcurrentReindex
    );
    let how = if concurrently { where_concurrently(tool) } else { "" };
    match advice.rule {
        Rule::BanConcurrentIndexCreationInTransaction if tool == "Drizzle" => {
            where_concurrently(tool).trim_start().to_owned()
        }
        _ => format!("{}{how}", advice.fix),
    }
}

/// Whether every type that a statement changes becomes one in which the rows stay as they are.
fn keeps_rows(context: &Context<'_>, statement: &ast::Stmt) -> bool {
    let ast::Stmt::AlterTable(alter) = statement else { return false };
    let table = tables::changed(statement).into_iter().next().unwrap_or_default();
    let mut changes = alter.actions().filter_map(|action| match action {
        ast::AlterTableAction::AlterColumn(alter) => match alter.option() {
            Some(ast::AlterColumnOption::SetType(set)) => {
                let to = set.ty()?.syntax().text().to_string().to_lowercase();
                let column = alter.column_name_ref()?.text();
                let from = context.before.type_of(&table, &column)?;
                Some(tables::keeps_rows(from, &to))
            }
            _ => None,
        },
        _ => None,
    });
    let first = changes.next();
    first == Some(true) && changes.all(|keeps| keeps)
}

/// Whether new migrations added all the columns that an index or key is on.
fn on_new_columns(context: &Context<'_>, statement: &ast::Stmt, table: &str) -> bool {
    let keys = tables::keys(statement);
    !keys.is_empty() && keys.into_iter().all(|key| context.made.added.contains(&(table.to_owned(), key)))
}

/// Whether a comment on the line or the one above allows the statement and says why.
fn allowed(text: &str, line: u32) -> bool {
    let first = (line as usize).saturating_sub(2);
    let wanted = format!("gonogo: allow {} because ", META.id);
    let mut lines = text.lines().skip(first).take(2.min(line as usize));
    lines.any(|line| line.split_once(&*wanted).is_some_and(|(_, reason)| !reason.trim().is_empty()))
}
