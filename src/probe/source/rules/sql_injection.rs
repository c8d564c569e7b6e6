//! Request data that becomes part of a query's text.

use super::{Check, Hit, Rule, server, subject};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, FunctionId, Part, Value, joined, root};
use crate::probe::source::facts::{CodeIndex, FileFacts};
use crate::probe::source::flow::{Origin, origin};
use crate::probe::source::sql_text;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "sql-injection",
    title: "Request data is put into a query's text",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::High,
    what: "Data from a request reaches the text of a SQL query by interpolation or concatenation, where a parameter should stand.",
    why: "Anyone who can reach this address can read, change or delete everything in your database.",
    fix: "Pass the value as a parameter (`?`, `$1`, `%s` with a list of values), or choose column and table names from a fixed list.",
    example: "db.query(`SELECT * FROM users WHERE email = '${req.body.email}'`);\n\n// better\ndb.query('SELECT * FROM users WHERE email = $1', [req.body.email]);",
    references: &["F50", "https://cheatsheetseries.owasp.org/cheatsheets/SQL_Injection_Prevention_Cheat_Sheet.html"],
};

/// The rule.
pub const RULE: Rule =
    Rule::new(&META, Check::EachFile(check)).looks_at(server).about("database query", subject::queries);

/// Calls that take the text of a whole statement.
const STATEMENTS: [&str; 29] = [
    "query",
    "execute",
    "executemany",
    "executescript",
    "exec",
    "prepare",
    "raw",
    "unsafe",
    "$queryRawUnsafe",
    "$executeRawUnsafe",
    "queryRawUnsafe",
    "all",
    "get",
    "run",
    "each",
    "any",
    "one",
    "none",
    "many",
    "manyOrNone",
    "oneOrNone",
    "text",
    "read_sql",
    "read_sql_query",
    "fetch",
    "fetchrow",
    "fetchval",
    "fetch_all",
    "fetch_one",
];

/// Calls that take a piece of a statement.
const PIECES: [&str; 7] = ["whereRaw", "orderByRaw", "havingRaw", "selectRaw", "joinRaw", "groupByRaw", "RawSQL"];

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    for call in &file.calls {
        let method = call.method();
        let piece = PIECES.contains(&method);
        // What a tag receives, it makes parameters of.
        if call.tagged || !(piece || STATEMENTS.contains(&method)) {
            continue;
        }
        // `execute(text(…))` is seen at `execute`.
        let inner = matches!(method, "text" | "raw")
            && call.argument_of.and_then(|id| file.call(id)).is_some_and(|outer| STATEMENTS.contains(&outer.method()));
        if inner {
            continue;
        }
        if let Some(hit) = sink(file, index, call, piece) {
            hits.push(hit);
        }
    }
}

/// How many pieces of a query's text are looked at.
const MAX_PARTS: usize = 100;

/// Everything that goes into the text of a query.
#[derive(Default)]
struct Text<'f> {
    is_statement: bool,
    /// Expressions, each with its text, its value, the function in which it stands and whether it is between quotes.
    parts: Vec<(&'f str, &'f Value, FunctionId, bool)>,
    /// Names that were followed already.
    followed: Vec<&'f str>,
}

fn gather<'f>(file: &'f FileFacts, value: &'f Value, function: FunctionId, steps: u32, into: &mut Text<'f>) {
    if steps > 4 || into.parts.len() > MAX_PARTS {
        return;
    }
    match value {
        Value::Text(text) => into.is_statement |= sql_text::is_statement(text),
        Value::Template(parts) => {
            into.is_statement |= sql_text::is_statement(&joined(parts));
            let mut quoted = false;
            for part in parts {
                match part {
                    Part::Fixed(text) => quoted ^= text.matches('\'').count() % 2 == 1,
                    Part::Expression(text, value) => into.parts.push((text, value, function, quoted)),
                }
            }
        }
        Value::Path(name) if !name.contains('.') && !into.followed.contains(&&**name) => {
            into.followed.push(name);
            let scope = file.enclosing(function).map(|(id, _)| id);
            for id in scope {
                let mut found = false;
                for assignment in file.assignments_to(name).filter(|a| a.function == id) {
                    gather(file, &assignment.value, id, steps + 1, into);
                    found = true;
                }
                if found {
                    break;
                }
            }
        }
        Value::Either(values) => values.iter().for_each(|value| gather(file, value, function, steps + 1, into)),
        Value::Object(_) => {
            if let Some(text) = value.get("text").or_else(|| value.get("sql")) {
                gather(file, text, function, steps + 1, into);
            }
        }
        Value::Call(id) => {
            if let Some(inner) = file.call(*id).filter(|call| !call.tagged)
                && matches!(inner.method(), "text" | "raw" | "literal")
                && let Some(given) = inner.argument(0)
            {
                gather(file, given, inner.function, steps + 1, into);
            }
        }
        _ => {}
    }
}

fn sink(file: &FileFacts, index: &CodeIndex, call: &Call, piece: bool) -> Option<Hit> {
    let mut text = Text::default();
    gather(file, call.argument(0)?, call.function, 0, &mut text);
    if !(text.is_statement || piece) {
        return None;
    }
    let mut best: Option<(Origin, &str, FunctionId)> = None;
    for (shown, value, function, quoted) in &text.parts {
        let found = origin(file, value, *function);
        let counts = match found {
            Origin::Request => true,
            // A name of a table or column that a helper is given is its own business; a value between quotes is not.
            Origin::Parameter(..) => *quoted || called_with_request(file, index, found),
            Origin::Fixed | Origin::Unknown => false,
        };
        if counts && best.is_none_or(|(worst, ..)| found > worst) && !is_chosen(file, value, *function) {
            best = Some((found, shown, *function));
        }
    }
    let (found, shown, _) = best?;
    let callee: String = call.callee.chars().take(60).collect();
    Some(match found {
        Origin::Request => {
            Hit::new(call.place, format!("`{shown}` comes from the request and is put into the text of a query"))
        }
        _ if called_with_request(file, index, found) => Hit::new(
            call.place,
            format!("`{shown}` is put into the text of a query, and a caller passes data from a request"),
        )
        .confidence(Confidence::Medium),
        _ => Hit::new(call.place, format!("`{shown}` is put between quotes in the text that `{callee}` sends"))
            .confidence(Confidence::Low),
    })
}

/// Whether some caller passes request data as the parameter that `found` is.
fn called_with_request(file: &FileFacts, index: &CodeIndex, found: Origin) -> bool {
    let Origin::Parameter(function, place) = found else { return false };
    let Some(name) = file.function(function).and_then(|f| f.name.as_deref()) else { return false };
    let offset = usize::from(
        file.function(function)
            .and_then(|f| f.parameters.first())
            .and_then(|p| p.names.first())
            .is_some_and(|(name, _)| &**name == "self"),
    );
    index.calls_of(name).any(|(caller, call)| {
        call.argument(place.saturating_sub(offset)).is_some_and(|given| {
            origin(caller, given, call.function) == Origin::Request
                && index
                    .called(caller, call)
                    .is_some_and(|target| target.function == function && target.file.path == file.path)
        })
    })
}

/// Whether the value was looked up in a list of what is allowed before.
fn is_chosen(file: &FileFacts, value: &Value, function: FunctionId) -> bool {
    let mut names: Vec<&str> = Vec::new();
    value.walk(&mut |value| {
        if let Value::Path(path) = value {
            names.push(path);
        }
    });
    if names.is_empty() {
        return false;
    }
    file.calls.iter().any(|call| {
        let checks = matches!(
            call.method(),
            "includes"
                | "has"
                | "in"
                | "test"
                | "match"
                | "indexOf"
                | "isInteger"
                | "isNaN"
                | "isdigit"
                | "isdecimal"
                | "isalnum"
                | "fullmatch"
                | "isidentifier"
                | "hasOwnProperty"
                | "hasOwn"
        );
        checks
            && file.within(function, call.function)
            && (names.contains(&call.object())
                || call.arguments.iter().any(|argument| {
                    let mut found = false;
                    argument.value.walk(&mut |value| {
                        found |= value
                            .path()
                            .is_some_and(|path| names.iter().any(|name| *name == path || root(name) == path));
                    });
                    found
                }))
    })
}
