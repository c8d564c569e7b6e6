//! A search for a text anywhere in a column.

use super::{Check, Hit, Rule, any_name, server, subject, tables};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, CallId, Part, Value};
use crate::probe::source::database_calls::{Chain, Query, chain_of};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::flow::{Origin, in_handler, origin};

mod empty_search;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "leading-wildcard-like",
    title: "A search reads the whole table",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::Medium,
    what: "A search term is looked for anywhere in a column: `LIKE '%term%'`, `contains`, `icontains`.",
    why: "An ordinary index serves only the beginning of a text, so each search reads every row. With a hundred thousand rows one search takes a second of the database, and everybody who types makes several.",
    fix: "Search by prefix, or give the column an index that serves this: a trigram index (`pg_trgm`) or full-text search in PostgreSQL, FULLTEXT in MySQL, FTS5 in SQLite, or a search engine.",
    example: "db.query('SELECT * FROM products WHERE name ILIKE $1', [`%${q}%`]);\n\n-- PostgreSQL\nCREATE EXTENSION pg_trgm;\nCREATE INDEX CONCURRENTLY ON products USING gin (name gin_trgm_ops);",
    references: &["F32", "C54"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check))
    .looks_at(server)
    .about("database query", subject::queries)
    .reads(super::is_backend, any_name);

/// How deep arguments are looked into.
const MAX_DEPTH: u32 = 6;

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    let queries = index.queries(file);
    let mut seen: Vec<(u32, u32)> = Vec::new();
    let mut served = None;
    for (id, call) in (0_u32..).zip(&file.calls) {
        let Some((term, form)) = search(file, call) else { continue };
        // One finding a statement.
        let line = outermost(file, call).place.span.line;
        if call.dev_only || seen.contains(&(call.function, line)) {
            continue;
        }
        seen.push((call.function, line));
        let query = queries
            .iter()
            .rev()
            .find(|query| query.call <= id || covers(file, query, call))
            .filter(|query| covers(file, query, call));
        let table = query.map_or("", |query| &*query.table);
        let served = *served.get_or_insert_with(|| serves_anywhere(index));
        let hit = hit(file, call, term, form, table, served);
        // Who gets the whole table for an empty search pays no more for a search.
        let whole = hit.severity == Some(Severity::Major)
            && index.known().embedded
            && query.is_some_and(|query| !query.bounded)
            && term.is_some_and(|term| empty_search::is_answered(file, term, call.function));
        hits.push(if whole { hit.severity(Severity::Minor) } else { hit });
    }
}

fn hit(file: &FileFacts, call: &Call, term: Option<&Value>, form: &str, table: &str, served: bool) -> Hit {
    let asked = term.is_some_and(|term| origin(file, term, call.function) == Origin::Request || is_search_name(term));
    let of = if table.is_empty() { String::new() } else { format!(" of `{table}`") };
    let hit = Hit::new(
        call.place,
        format!("{form} looks for a text anywhere in a column{of}, which no ordinary index serves"),
    );
    let big = tables::grows(table) && !tables::stays_small(table);
    // What a model asks for costs far more than the search.
    let of_model = file.calls.iter().take_while(|outer| outer.place.bytes.0 <= call.place.bytes.0).any(|outer| {
        outer.place.bytes.1 >= call.place.bytes.1
            && matches!(outer.method(), "tool" | "dynamicTool" | "createTool" | "defineTool" | "DynamicStructuredTool")
    });
    match (asked && in_handler(file, call.function) && big && !of_model, served) {
        (_, true) => hit.confidence(Confidence::Low),
        // How many rows there will be, nobody can tell from the code.
        (true, false) => hit.severity(Severity::Major),
        (false, false) => hit,
    }
}

/// Whether a migration makes an index for text in the middle of columns.
fn serves_anywhere(index: &CodeIndex) -> bool {
    index.plain.iter().filter(|file| file.ends_with(".sql") || file.ends_with(".prisma")).any(|file| {
        let lower = file.text.to_ascii_lowercase();
        ["pg_trgm", "gin_trgm_ops", "tsvector", "fulltext", "fts5", "@@fulltext"]
            .iter()
            .any(|word| lower.contains(word))
    })
}

fn covers(file: &FileFacts, query: &Query, call: &Call) -> bool {
    file.call(query.end)
        .is_some_and(|end| end.place.bytes.0 <= call.place.bytes.0 && call.place.bytes.1 <= end.place.bytes.1)
        || file
            .call(query.call)
            .is_some_and(|start| call.place.bytes.0 <= start.place.bytes.0 && start.place.bytes.1 <= call.place.bytes.1)
}

fn outermost<'f>(file: &'f FileFacts, call: &'f Call) -> &'f Call {
    let mut at = call;
    for _ in 0..20 {
        match at.argument_of.or(at.chained).and_then(|id| file.call(id)) {
            Some(outer) if outer.function == at.function => at = outer,
            _ => break,
        }
    }
    at
}

fn is_search_name(value: &Value) -> bool {
    let mut found = false;
    value.walk(&mut |value| {
        if let Value::Path(path) = value {
            let last = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
            found |= matches!(
                &*last,
                "q" | "query"
                    | "search"
                    | "term"
                    | "keyword"
                    | "keywords"
                    | "searchterm"
                    | "search_term"
                    | "search_query"
                    | "searchquery"
                    | "s"
            );
        }
    });
    found
}

/// Methods that take a pattern or a condition.
const TAKES_PATTERN: [&str; 58] = [
    "query",
    "execute",
    "where",
    "orWhere",
    "andWhere",
    "whereRaw",
    "orWhereRaw",
    "like",
    "ilike",
    "Like",
    "ILike",
    "Where",
    "Or",
    "all",
    "get",
    "setParameter",
    "whereILike",
    "whereLike",
    "orWhereLike",
    "whereILikeLike",
    "Raw",
    "Query",
    "QueryRow",
    "QueryContext",
    "Select",
    "queryForList",
    "prepare",
    "bindValue",
    "bindParam",
    "fetch",
    "fetch_all",
    "fetchAll",
    "findAll",
    "findAndCountAll",
    "filter",
    "select",
    "raw",
    "having",
    "find_by_sql",
    "like_",
    "ilike_",
    "notLike",
    "fetchrow",
    "Find",
    "$queryRaw",
    "$queryRawUnsafe",
    "unsafe",
    "any",
    "many",
    "manyOrNone",
    "orWhereILike",
    "get_results",
    "setString",
    "iLike",
    "whereAny",
    "sql",
    "findMany",
    "createQuery",
];

/// The term of a search that `call` makes, if it makes one, and how it is written.
fn search<'f>(file: &'f FileFacts, call: &'f Call) -> Option<(Option<&'f Value>, &'static str)> {
    let method = call.method();
    // Django: `filter(name__icontains=q)`, also in `Q(…)`.
    if file.language == Language::Python && matches!(method, "filter" | "exclude" | "Q" | "get") {
        let found = call.arguments.iter().find(|argument| {
            argument.name.as_deref().is_some_and(|name| {
                name.ends_with("__icontains") || name.ends_with("__contains") && is_text_column(name)
            })
        });
        if let Some(argument) =
            found.filter(|argument| !matches!(argument.value, Value::Text(_) | Value::Array(_) | Value::Object(_)))
        {
            return Some((Some(&argument.value), "`__icontains`"));
        }
    }
    // SQLAlchemy: `Order.name.contains(q)`, `icontains`.
    if file.language == Language::Python
        && matches!(method, "contains" | "icontains")
        && call.object().starts_with(|c: char| c.is_ascii_uppercase())
        && file.imports_any(|module| module.contains("sqlalchemy") || module.contains("models"))
    {
        return Some((call.argument(0), "`contains`"));
    }
    // Prisma: `{ name: { contains: q } }`
    if file.language.is_ecma()
        && matches!(method, "findMany" | "findFirst" | "count")
        && let Some(term) =
            call.argument(0).and_then(|options| contains_in(file, file.resolved(options, call.function), call, 0))
    {
        return Some((Some(term), "`contains`"));
    }
    // Spring Data: `findByNameContainingIgnoreCase(q)`
    if file.language == Language::Java
        && (method.starts_with("findBy") || method.starts_with("findAllBy"))
        && method.contains("Containing")
    {
        return Some((call.argument(0), "`Containing`"));
    }
    if !TAKES_PATTERN.contains(&method) {
        return None;
    }
    let statement = call.arguments.iter().find_map(|argument| match file.resolved(&argument.value, call.function) {
        Value::Text(text) => like_anywhere(text).then_some(None),
        Value::Template(parts) => template_like(parts),
        _ => None,
    });
    if let Some(term) = statement {
        return Some((term, "`LIKE '%…'`"));
    }
    let pattern = call.arguments.iter().find_map(|argument| pattern_in(file, &argument.value, call, 0))?;
    // `LIKE ?` with a pattern, a method that is one, or an operator beside it.
    let named = method.to_ascii_lowercase().contains("like");
    let beside = call.arguments.iter().any(|argument| says_like(file, &argument.value, call, 0))
        || (matches!(
            method,
            "all" | "get" | "bindValue" | "bindParam" | "setParameter" | "execute" | "setString" | "query"
        ) && sends_like(file, call));
    (named || beside).then_some((Some(pattern), "`LIKE '%…'`"))
}

/// A lookup of Django on a list or JSON has the same name; those columns have telling names.
fn is_text_column(name: &str) -> bool {
    let column = name.trim_end_matches("__contains").rsplit("__").next().unwrap_or(name);
    ["name", "title", "email", "description", "body", "content", "text", "subject"]
        .iter()
        .any(|word| column.contains(word))
}

/// `LIKE '%x'`, `LIKE '%' || ?`, `LIKE CONCAT('%', ?)`
fn like_anywhere(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.match_indices("like ").any(|(at, _)| {
        let rest = lower.get(at + 5..).unwrap_or("").trim_start();
        let rest = rest.strip_prefix("lower(").or_else(|| rest.strip_prefix("upper(")).unwrap_or(rest).trim_start();
        let rest =
            rest.strip_prefix("concat").map_or(rest, |rest| rest.trim_start().trim_start_matches('(').trim_start());
        rest.starts_with("'%'") || rest.starts_with("\"%\"")
    })
}

/// A statement whose pattern is put in: `LIKE '%${q}%'`.
fn template_like(parts: &[Part]) -> Option<Option<&Value>> {
    let mut before = String::new();
    for part in parts {
        match part {
            Part::Fixed(text) => before.push_str(text),
            Part::Expression(_, value) => {
                let lower = before.to_ascii_lowercase();
                let end = lower.trim_end_matches(['\'', '"']);
                if end.ends_with('%')
                    && let Some(head) = end.strip_suffix('%')
                    && head.trim_end_matches(['\'', '"']).trim_end().ends_with("like")
                {
                    return Some(Some(value));
                }
                before.push('?');
            }
        }
    }
    like_anywhere(&before).then_some(None)
}

/// A pattern that begins with `%` and holds something that is not fixed.
fn pattern_in<'f>(file: &'f FileFacts, value: &'f Value, call: &Call, depth: u32) -> Option<&'f Value> {
    if depth > MAX_DEPTH {
        return None;
    }
    match file.resolved(value, call.function) {
        Value::Template(parts) => {
            let begins = matches!(parts.first(), Some(Part::Fixed(text)) if text.starts_with('%') && text.len() <= 2);
            let term = parts.iter().find_map(|part| match part {
                Part::Expression(_, value) => Some(value),
                Part::Fixed(_) => None,
            });
            term.filter(|_| begins)
        }
        Value::Array(values) | Value::Either(values) => {
            values.iter().find_map(|v| pattern_in(file, v, call, depth + 1))
        }
        Value::Object(pairs) => pairs.iter().find_map(|(_, v)| pattern_in(file, v, call, depth + 1)),
        Value::Call(id) => {
            let inner = file.call(*id)?;
            // `fmt.Sprintf("%%%s%%", q)`
            let formats = matches!(inner.method(), "Sprintf" | "format" | "sprintf")
                && inner.argument(0).and_then(Value::text).is_some_and(|text| text.starts_with("%%%"));
            if formats {
                return inner.argument(1);
            }
            matches!(
                inner.method(),
                "concat" | "Like" | "ILike" | "like" | "toLowerCase" | "bindparam" | "Raw" | "trim"
            )
            .then(|| inner.arguments.iter().find_map(|a| pattern_in(file, &a.value, inner, depth + 1)))?
        }
        _ => None,
    }
}

/// Whether something in a condition says that it compares with a pattern.
fn says_like(file: &FileFacts, value: &Value, call: &Call, depth: u32) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    let text_says = |text: &str| {
        let lower = text.to_ascii_lowercase();
        matches!(&*lower, "like" | "ilike" | "not like")
            || lower.contains(" like ")
            || lower.contains(" ilike ")
            || lower.contains("like(")
    };
    match file.resolved(value, call.function) {
        Value::Text(text) => text_says(text),
        Value::Template(parts) => text_says(&crate::probe::source::code::joined(parts)),
        Value::Object(pairs) => pairs.iter().any(|(key, v)| {
            let lower = key.to_ascii_lowercase();
            lower.ends_with("like") || lower.ends_with("like]") || says_like(file, v, call, depth + 1)
        }),
        Value::Array(values) | Value::Either(values) => values.iter().any(|v| says_like(file, v, call, depth + 1)),
        Value::Call(id) => file.call(*id).is_some_and(|inner| inner.method().to_ascii_lowercase().contains("like")),
        _ => false,
    }
}

/// Whether the statement that a driver's call belongs to holds `LIKE`.
fn sends_like(file: &FileFacts, call: &Call) -> bool {
    let Some(id) =
        file.calls.iter().position(|other| std::ptr::eq(other, call)).and_then(|id| CallId::try_from(id).ok())
    else {
        return false;
    };
    chain_of(file, id, &mut |chain: &Chain<'_>| {
        chain
            .calls()
            .any(|(_, inner)| inner.arguments.iter().any(|argument| says_like(file, &argument.value, inner, 0)))
    })
}

/// The term under `contains` in the options of Prisma's queries.
fn contains_in<'f>(file: &'f FileFacts, value: &'f Value, call: &Call, depth: u32) -> Option<&'f Value> {
    if depth > MAX_DEPTH {
        return None;
    }
    match value {
        Value::Object(pairs) => pairs.iter().find_map(|(key, inner)| match &**key {
            "contains" if !matches!(inner, Value::Text(_)) => Some(inner),
            "select" | "include" | "data" | "orderBy" => None,
            _ => contains_in(file, file.resolved(inner, call.function), call, depth + 1),
        }),
        Value::Array(values) | Value::Either(values) | Value::All(values) => {
            values.iter().find_map(|inner| contains_in(file, inner, call, depth + 1))
        }
        _ => None,
    }
}
