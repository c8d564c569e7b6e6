//! The rule `full-table-scan`.

use super::cause::{self, Cause};
use super::help::Help;
use super::mysql;
use super::told::{self, Context, Judgement};
use super::wording::{grouped, listed, masked, name, shorten};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity, Tier};
use crate::probe::database::catalog::Table;
use crate::probe::database::conditions::IN_LIST;
use crate::probe::database::lexer::Dialect;
use crate::probe::database::plan::Scan;
use crate::probe::database::proposals::candidate::{Candidate, Key};
use crate::probe::database::queries::Query;

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "full-table-scan",
    title: "A query reads its whole table",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "The database's own plan for a query of the code reads a table from end to end, because no index leads to the rows that it asks for. The plan is judged as if the table held as many rows as --rows says.",
    why: "With fifty rows every query is fast. With a hundred thousand each call reads them all: pages become slow, the database's processors fill up, and then everything else on it waits too.",
    fix: "Create an index that starts with the columns of the condition, or change the condition so that an existing index fits.",
    example: "-- reads every order\nSELECT * FROM orders WHERE customer_id = $1;\n\n-- reads one customer's orders\nCREATE INDEX CONCURRENTLY ON orders (customer_id);",
    references: &[
        "https://www.postgresql.org/docs/current/using-explain.html",
        "https://www.sqlite.org/eqp.html",
        "https://dev.mysql.com/doc/refman/8.4/en/explain-output.html",
        "https://use-the-index-luke.com/sql/where-clause",
        "F31",
        "F46",
        "C54",
    ],
};

/// From here on one call takes seconds: a sequential scan handles on the order of a million rows a second on one core.
const BLOCKER_ROWS: u64 = 1_000_000;
/// From here on one call takes tens of milliseconds of a core, and a hundred callers a second fill several.
const MAJOR_ROWS: u64 = 10_000;

/// What is wrong with one scan of `query`.
#[must_use]
pub fn judge(query: &Query, scan: &Scan, help: &Help, context: &Context<'_>) -> Judgement {
    let cause = cause::cause(context.shape, scan, context.catalog);
    let rows = scan.table.rows.unwrap_or(0).max(context.rows);
    let table = &scan.table.name;
    let open =
        cause::open_range(context.shape, scan).filter(|_| help.none_helps() && matches!(cause, Cause::NoIndex { .. }));
    let because = match &open {
        Some(column) => format!("how many of them its condition on `{column}` picks depends on the value"),
        None => because(&cause, help),
    };
    let message = format!(
        "{} reads {} {} rows of `{table}`: {because}",
        told::subject(query, context.dialect),
        if cause::ends_early(context.shape, scan) { "up to all" } else { "all" },
        grouped(rows),
    );
    let flags = cause::asks_flags_alone(context.shape, scan) && matches!(help, Help::NotTried | Help::Reasoned(_));
    let fix = match (&open, &cause) {
        (Some(column), _) => if_few(column, &cause, scan, context.dialect),
        (None, Cause::NoIndex { columns, .. }) if flags => if_rare(columns, scan, context.dialect),
        _ => help.words(context.dialect).unwrap_or_else(|| remedy(&cause, scan, help, context)),
    };
    Judgement {
        rule: &META,
        tier: Tier::A,
        severity: severity(rows, help.none_helps() || matches!(cause, Cause::Everything | Cause::Weak(_))),
        confidence: if help.none_helps() { Confidence::Medium } else { confidence(&cause) },
        table: Some(table.clone()),
        rows_read: rows,
        message,
        fix,
        note: Some(rows_note(scan, context.rows)),
    }
}

/// What to do where nothing is known of how many rows a flag picks, which mostly are nearly all.
fn if_rare(columns: &[String], scan: &Scan, dialect: Dialect) -> String {
    let index = Candidate::of(&scan.table, columns.iter().map(|column| Key::column(column)).collect());
    format!(
        "If only few of the rows are like that, an index helps: `{};` (reasoned, not proven). If most are, page the result, or add a condition that picks fewer.",
        index.statement(dialect, true)
    )
}

/// What to do where an index helps only if the value is such that it picks few rows.
fn if_few(column: &str, cause: &Cause, scan: &Scan, dialect: Dialect) -> String {
    let columns = match cause {
        Cause::NoIndex { columns, .. } if columns.iter().any(|known| known == column) => columns.clone(),
        Cause::NoIndex { columns, .. } => columns.iter().cloned().chain([column.to_owned()]).collect(),
        _ => vec![column.to_owned()],
    };
    let index = Candidate::of(&scan.table, columns.iter().map(|column| Key::column(column)).collect());
    format!(
        "If it mostly picks few rows, such as the newest or those past their time, create an index: `{};` (reasoned, not proven: without the value the planner reckons with a third of the rows). If it picks many, page the result, or do the work in batches.",
        index.statement(dialect, true)
    )
}

/// What is wrong with a scan that the planner chose although an index could serve.
#[must_use]
pub fn judge_chosen(query: &Query, scan: &Scan, context: &Context<'_>) -> Judgement {
    let rows = scan.table.rows.unwrap_or(0).max(context.rows);
    let table = &scan.table.name;
    let message = format!(
        "{} reads all {} rows of `{table}`: it asks for so many of them that the planner does not take the index which could serve",
        told::subject(query, context.dialect),
        grouped(rows)
    );
    Judgement {
        rule: &META,
        tier: Tier::A,
        severity: severity(rows, true),
        confidence: Confidence::Medium,
        table: Some(table.clone()),
        rows_read: rows,
        message,
        fix: "Ask for fewer rows (a narrower condition, or a page with LIMIT), or keep the total in a summary table."
            .to_owned(),
        note: Some(rows_note(scan, context.rows)),
    }
}

/// Several scans of one query that the same indexes help are one thing that is wrong: the worst, with the others named.
#[must_use]
pub fn as_one(mut all: Vec<Judgement>) -> Option<Judgement> {
    all.sort_by_key(|judgement| std::cmp::Reverse((judgement.severity, judgement.confidence, judgement.rows_read)));
    let mut all = all.into_iter();
    let mut worst = all.next()?;
    let others: Vec<String> = all.filter_map(|judgement| judgement.table).collect();
    if !others.is_empty() {
        worst.message.push_str(&format!("; it also reads all of {}", listed(&others, "and")));
    }
    Some(worst)
}

/// The index that follows from the cause of a scan, where reasoning can tell one.
#[must_use]
pub fn reasoned_index(scan: &Scan, context: &Context<'_>) -> Option<Candidate> {
    let cause = cause::cause(context.shape, scan, context.catalog);
    let (table, columns) = match &cause {
        // Whether such an index helps is anybody's guess.
        Cause::NoIndex { .. } if cause::asks_flags_alone(context.shape, scan) => return None,
        Cause::NoIndex { columns, .. } => (&scan.table, columns.as_slice()),
        Cause::Sort(column) => (&scan.table, std::slice::from_ref(column)),
        Cause::Elsewhere { table, column } => (table.as_ref(), std::slice::from_ref(column)),
        _ => return None,
    };
    // A long text fits into no index.
    let fits = |column: &&String| !table.wide.iter().any(|wide| wide.eq_ignore_ascii_case(column));
    let keys: Vec<Key> = columns.iter().filter(fits).map(|column| Key::column(column)).collect();
    (!keys.is_empty()).then(|| Candidate::of(table, keys))
}

/// By the rows that one call reads; a query that must read everything is one step milder, for no index would help it.
const fn severity(rows: u64, milder: bool) -> Severity {
    match rows {
        BLOCKER_ROWS.. if milder => Severity::Major,
        BLOCKER_ROWS.. => Severity::Blocker,
        MAJOR_ROWS.. if !milder => Severity::Major,
        _ => Severity::Minor,
    }
}

const fn confidence(cause: &Cause) -> Confidence {
    match cause {
        Cause::NoIndex { join: false, .. } | Cause::Contains(_) | Cause::Wrapped(_) => Confidence::High,
        _ => Confidence::Medium,
    }
}

fn because(cause: &Cause, help: &Help) -> String {
    match cause {
        Cause::NoIndex { wanted, .. } if help.none_helps() => {
            format!("its condition on {} picks too large a part of them", listed(wanted, "and"))
        }
        Cause::NoIndex { wanted, .. } => format!("no index starts with {}", listed(wanted, "or")),
        Cause::IndexUnfit { index, column, pattern: true } => {
            format!("the index `{index}` on `{column}` cannot serve a pattern")
        }
        Cause::IndexUnfit { index, column, .. } => {
            format!("the index `{index}` on `{column}` cannot serve this comparison")
        }
        Cause::Pattern(column) => format!("no index can serve the pattern on `{column}`"),
        Cause::Contains(column) => format!("a text anywhere in `{column}` is beyond an ordinary index"),
        Cause::AnyCase(column) => format!("a comparison of `{column}` that ignores case is beyond its ordinary index"),
        Cause::Wrapped(text) => {
            format!("the condition is on `{}`, and no index holds that", shorten(&masked(text, Dialect::Postgres)))
        }
        Cause::Special(column, operator) => format!("no index serves `{operator}` on `{column}`"),
        Cause::Either(columns) => {
            format!("one of its alternatives is on {}, which no index serves", listed(columns, "and"))
        }
        Cause::Sort(column) => format!("it wants the first by `{column}`, and no index starts with that"),
        Cause::Elsewhere { table, column } => {
            format!("its way in is `{}.{column}`, and no index starts with that", table.name)
        }
        Cause::Optional(columns) => {
            format!("its conditions on {} are optional, so no index can be relied on", listed(columns, "and"))
        }
        Cause::Weak(columns) => format!("its condition on {} narrows it down too little", listed(columns, "and")),
        Cause::Everything => "nothing in it narrows them down".to_owned(),
        Cause::Unknown => "no index serves its condition".to_owned(),
    }
}

fn remedy(cause: &Cause, scan: &Scan, help: &Help, context: &Context<'_>) -> String {
    let dialect = context.dialect;
    let postgres = dialect == Dialect::Postgres;
    let create_on = |on: &Table, columns: &str| {
        let table = match on.schema.as_str() {
            "" | "public" => name(&on.name),
            schema => format!("{}.{}", name(schema), name(&on.name)),
        };
        if postgres {
            // PostgreSQL refuses CONCURRENTLY on a partitioned table.
            let way = if on.partitioned { "" } else { "CONCURRENTLY " };
            return format!("`CREATE INDEX {way}ON {table} ({columns});`");
        }
        let plain: String = columns.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let words: Vec<&str> = plain.split('_').filter(|word| !word.is_empty()).collect();
        let index = name(&format!("{}_{}_idx", on.name, words.join("_").to_lowercase()));
        format!("`CREATE INDEX {index} ON {table} ({columns});`")
    };
    let create = |columns: &str| create_on(&scan.table, columns);
    let names = |columns: &[String]| columns.iter().map(|column| name(column)).collect::<Vec<_>>().join(", ");
    // Nobody should make one that another proposal covers.
    if let (Help::Reasoned(indexes), Some(own)) = (help, reasoned_index(scan, context))
        && let Some(index) = indexes.iter().find(|index| index.beginning_with(&own).is_some_and(|one| one == **index))
    {
        return format!(
            "Create an index: `{};` (reasoned from the query, not proven){}.",
            index.statement(dialect, true),
            on_heirs_too(scan, context)
        );
    }
    if dialect == Dialect::Mysql
        && let Some(remedy) = mysql::remedy(cause, scan)
    {
        return remedy;
    }
    match cause {
        Cause::Special(column, operator) if help.none_helps() => format!(
            "An index of another kind serves `{operator}`: `{};`. The planner, which may not know the value, reckons that it does not make the query twice as quick at this size; it does where few rows hold what is asked for (reasoned, not proven).",
            inverted(scan, Key::column(column)).statement(dialect, true)
        ),
        Cause::NoIndex { .. } | Cause::Sort(_) | Cause::Elsewhere { .. } | Cause::Either(_)
            if help.none_helps() =>
        {
            "The indexes that were tried do not make it twice as quick at this size. Page the result, pick fewer rows, or keep the total in a summary table.".to_owned()
        }
        Cause::NoIndex { columns, .. } => format!(
            "Create an index: {} (reasoned from the query, not proven){}.",
            create(&names(columns)),
            on_heirs_too(scan, context)
        ),
        Cause::IndexUnfit { column, pattern: true, .. } | Cause::Pattern(column) if postgres => format!(
            "A pattern that begins with a known text needs an index of its own: {} (reasoned, not proven).",
            create(&format!("{} text_pattern_ops", name(column)))
        ),
        Cause::IndexUnfit { column, pattern: true, .. } | Cause::Pattern(column) => format!(
            "SQLite's LIKE ignores case, so it needs an index that does too: {} (reasoned, not proven); a pattern that begins with `%` needs FTS5.",
            create(&format!("{} COLLATE NOCASE", name(column)))
        ),
        Cause::IndexUnfit { index, column, .. } => format!(
            "The index `{index}` is there already. Compare `{column}` with a value of its own type and collation, without a cast, or look at what the index leaves out."
        ),
        Cause::Contains(column) if postgres => format!(
            "For a search inside the text create a trigram index (`CREATE EXTENSION pg_trgm`, then `{};`; reasoned, not proven), or use full-text search.",
            inverted(scan, Key { operator_class: Some("gin_trgm_ops"), ..Key::column(column) }).statement(dialect, true)
        ),
        Cause::Contains(column) => {
            format!("Search `{column}` through an FTS5 table, or by a prefix; no ordinary index serves `LIKE '%…'`.")
        }
        Cause::AnyCase(column) if postgres => format!(
            "Compare `lower({column})` with a value in lower case and index that: {} (reasoned, not proven).",
            create(&format!("lower({})", name(column)))
        ),
        Cause::AnyCase(column) => format!("Give `{column}` an index with COLLATE NOCASE."),
        Cause::Wrapped(text) if is_about_dates(text) => {
            "Compare the column itself with both ends of the span (`>= $1 AND < $2`): then an ordinary index on it serves.".to_owned()
        }
        Cause::Wrapped(text) => format!(
            "Turn the condition round so that the column stands alone, or index the expression: {} (reasoned, not proven).",
            create(&format!("({text})"))
        ),
        Cause::Special(column, operator) if operator == IN_LIST && postgres => format!(
            "No index serves `{operator}`. Write `{column} @> ARRAY[…]`, which an index of another kind serves: `{};` (reasoned, not proven).",
            inverted(scan, Key::column(column)).statement(dialect, true)
        ),
        Cause::Special(column, operator) if postgres => format!(
            "The operator `{operator}` wants an index of its own kind, usually GIN or GiST on `{column}` (reasoned, not proven)."
        ),
        Cause::Special(column, operator) => {
            format!("SQLite has no index for `{operator}`; store what you search for of `{column}` in a column of its own.")
        }
        Cause::Either(columns) => format!(
            "Every alternative needs an index of its own, missing for {}; or write one query for each and join them with UNION (reasoned, not proven).",
            listed(columns, "and")
        ),
        Cause::Sort(column) => {
            format!("Create an index in that order: {} (reasoned from the query, not proven).", create(&name(column)))
        }
        Cause::Elsewhere { table, column } => format!(
            "Create an index there: {} (reasoned from the query, not proven).",
            create_on(table, &name(column))
        ),
        Cause::Optional(_) => "Write only those conditions into the query that the caller has given (`if (status) …`), so that the database can plan for them.".to_owned(),
        Cause::Weak(_) => "Add a condition that picks few rows, or page the result with LIMIT; an index on this condition alone helps little.".to_owned(),
        Cause::Everything => "No index helps a query that wants every row: page it (`WHERE id > … ORDER BY id LIMIT 100`), narrow it down, or keep the total in a summary table.".to_owned(),
        Cause::Unknown => META.fix.to_owned(),
    }
}

/// Expressions over dates mostly depend on the session's time zone, and PostgreSQL refuses to index those.
fn is_about_dates(text: &str) -> bool {
    let upper = text.to_ascii_uppercase();
    // `json_extract(` is something else.
    let stands_alone =
        |at: usize| !upper.get(..at).is_some_and(|before| before.ends_with(|c: char| c.is_alphanumeric() || c == '_'));
    ["::DATE", "DATE(", "AS DATE", "DATE_TRUNC(", "EXTRACT(", "TO_CHAR(", "STRFTIME("].iter().any(|word| {
        upper
            .match_indices(word)
            .any(|(at, _)| !word.starts_with(|c: char| c.is_ascii_alphabetic()) || stands_alone(at))
    })
}

fn inverted(scan: &Scan, key: Key) -> Candidate {
    Candidate { method: Some("gin"), ..Candidate::of(&scan.table, vec![key]) }
}

/// That tables which inherit from another have none of its indexes.
fn on_heirs_too(scan: &Scan, context: &Context<'_>) -> String {
    const MOST: usize = 5;
    let heirs: Vec<String> = context.catalog.heirs(&scan.table).iter().map(|heir| heir.name.clone()).collect();
    if heirs.is_empty() {
        return String::new();
    }
    let more = if heirs.len() > MOST { format!(" and {} more", heirs.len() - MOST) } else { String::new() };
    let some: Vec<String> = heirs.into_iter().take(MOST).collect();
    format!(", and the same on {}{more}, which inherit its columns and not its indexes", listed(&some, "and"))
}

fn rows_note(scan: &Scan, rows: u64) -> String {
    let table = &scan.table.name;
    match scan.table.rows {
        Some(now) if now >= rows => format!("`{table}` holds about {} rows now and is judged as it is", grouped(now)),
        Some(now) => format!(
            "`{table}` holds about {} rows now; judged as if it held {}, sequential reads allowed only where nothing else is left",
            grouped(now),
            grouped(rows)
        ),
        None => format!("`{table}`: the database has not counted its rows yet; judged as if it held {}", grouped(rows)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_no_date() {
        for date in ["created_at::date", "DATE(at)", "extract(year FROM at)", "EXTRACT(EPOCH FROM at)"] {
            assert!(is_about_dates(date), "{date}");
        }
        for other in ["json_extract(meta, '$.date')", "update(a)", "lower(candidate)"] {
            assert!(!is_about_dates(other), "{other}");
        }
    }

    #[test]
    fn severity_follows_the_rows_read() {
        let seen = [9_999, 10_000, 999_999, 1_000_000].map(|rows| severity(rows, false));
        assert_eq!(seen, [Severity::Minor, Severity::Major, Severity::Major, Severity::Blocker]);
        assert_eq!(severity(100_000, true), Severity::Minor);
        assert_eq!(severity(5_000_000, true), Severity::Major);
    }
}
