//! Request data that becomes part of a query's text.

mod documents;
mod sinks;

use super::injection::{Danger, message, reads};
use super::{Check, Hit, Rule, any_name, server, subject};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, FunctionId, Part, Value, joined};
use crate::probe::source::facts::{CodeIndex, FileFacts};
use crate::probe::source::flow::{Sink, reach};
use crate::probe::source::sql_text;
use sinks::{Takes, takes};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "sql-injection",
    title: "Request data is put into a query's text",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::High,
    what: "Data from a request reaches the text of a SQL query by interpolation or concatenation, where a parameter should stand; or the code or the operators of a query to MongoDB.",
    why: "Anyone who can reach this address can read, change or delete everything in your database.",
    fix: "Pass the value as a parameter (`?`, `$1`, `%s` with a list of values), or choose column and table names from a fixed list.",
    example: "db.query(`SELECT * FROM users WHERE email = '${req.body.email}'`);\n\n// better\ndb.query('SELECT * FROM users WHERE email = $1', [req.body.email]);",
    references: &["F50", "https://cheatsheetseries.owasp.org/cheatsheets/SQL_Injection_Prevention_Cheat_Sheet.html"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check))
    .looks_at(server)
    .reads(reads, any_name)
    .about("database query", subject::queries);

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    for call in file.calls.iter().filter(|call| !call.tagged) {
        let Some((value, how)) = takes(file, call) else { continue };
        // `execute(text(…))` is seen at `execute`.
        let inner = matches!(call.method(), "text" | "raw" | "literal" | "sql" | "SQL" | "Raw" | "arel_sql")
            && &*call.callee != "Arel.sql"
            && call.argument_of.and_then(|id| file.call(id)).is_some_and(|outer| takes(file, outer).is_some());
        if inner || only_wraps(file, index, call) {
            continue;
        }
        hits.extend(judge(file, index, &Danger::of_call(call, value), how));
    }
    documents::check(file, index, hits);
}

/// `sql.unsafe(text)` of Neon's driver: marks a text for a tagged query that it is put into, and sends nothing by itself.
fn only_wraps(file: &FileFacts, index: &CodeIndex, call: &Call) -> bool {
    let neon = |file: &FileFacts| file.imports_any(|module| module == "@neondatabase/serverless");
    call.method() == "unsafe"
        && call.argument_of.is_none()
        && (neon(file)
            || index
                .imported(file, call.root())
                .and_then(|(place, _)| index.files.get(place))
                .is_some_and(|from| neon(from)))
}

fn judge(file: &FileFacts, index: &CodeIndex, danger: &Danger<'_>, how: Takes) -> Option<Hit> {
    let mut text = Text::default();
    gather(file, index, danger.value, danger.function, 0, &mut text);
    let put_together = !text.quoted.is_empty() || text.is_put_together;
    if match how {
        Takes::Statement => !text.is_statement,
        Takes::Piece => !put_together && !matches!(danger.value, Value::Path(_) | Value::Call(_) | Value::Member(_)),
        Takes::PieceIfPutTogether => !put_together,
    } {
        return None;
    }
    let found = danger.reach(file, index, Sink::Sql);
    if let Some(trace) = &found.request {
        return Some(danger.told(file, trace, |trace, to| {
            message(trace, &format!("is put into the text of the query that `{to}` sends"))
        }));
    }
    // A value between quotes, of which nothing says where it comes from; where a name of a table is put in, that is
    // the helper's own business.
    let to: String = danger.to.chars().take(60).collect();
    text.quoted.iter().find_map(|(part, value, function)| {
        let of_caller = !reach(index, file, value, *function, danger.place.bytes, Sink::Sql).parameters.is_empty();
        of_caller.then(|| {
            Hit::new(danger.place, format!("`{part}` is put between quotes in the text that `{to}` sends"))
                .confidence(Confidence::Low)
        })
    })
}

/// How many pieces of a query's text are looked at.
const MAX_PARTS: usize = 100;

/// What the text of a query is put together from.
#[derive(Default)]
struct Text<'f> {
    is_statement: bool,
    is_put_together: bool,
    parts: usize,
    /// Expressions of the same file that stand between quotes, each with its text and the function in which it stands.
    quoted: Vec<(&'f str, &'f Value, FunctionId)>,
    /// Names that were followed already.
    followed: Vec<&'f str>,
}

fn gather<'f>(
    file: &'f FileFacts,
    index: &'f CodeIndex,
    value: &'f Value,
    function: FunctionId,
    steps: u32,
    into: &mut Text<'f>,
) {
    if steps > 5 || into.parts > MAX_PARTS {
        return;
    }
    into.parts += 1;
    match value {
        Value::Text(text) => into.is_statement |= sql_text::is_statement(text),
        Value::Template(parts) => {
            let whole = joined(parts);
            into.is_statement |= sql_text::is_statement(&whole);
            into.is_put_together = true;
            let mut quoted = false;
            for part in parts {
                match part {
                    Part::Fixed(text) => quoted ^= text.matches('\'').count() % 2 == 1,
                    Part::Expression(shown, value) if quoted && steps < 100 => {
                        into.quoted.push((shown, value, function))
                    }
                    Part::Expression(_, value) => {
                        // `${BASE_QUERY} WHERE …`
                        if matches!(value, Value::Path(_)) && !into.is_statement {
                            gather(file, index, value, function, steps + 1, into);
                        }
                    }
                }
            }
        }
        Value::Path(name) if !into.followed.contains(&&**name) => {
            into.followed.push(name);
            let mut found = false;
            for (id, _) in file.enclosing(function) {
                for assignment in file.assignments_to(name).filter(|a| a.function == id) {
                    into.is_put_together |= assignment.appends;
                    gather(file, index, &assignment.value, id, steps + 1, into);
                    found = true;
                }
                if found {
                    return;
                }
            }
            // The text of another file.
            let root = crate::probe::source::code::root(name);
            let imported = index.imported(file, root).and_then(|(place, found)| {
                let target = index.files.get(place)?;
                let inner = name.get(root.len()..).unwrap_or("").trim_start_matches('.');
                let whole = if &*found == "*" { inner.to_owned() } else { format!("{found}.{inner}") };
                let set = target.assigned(whole.trim_end_matches('.'), 0).or_else(|| target.assigned(&found, 0))?;
                let value = if inner.is_empty() { &set.value } else { set.value.get(inner).unwrap_or(&set.value) };
                Some((&**target, value))
            });
            if let Some((target, value)) = imported {
                let mut of_other = Text { parts: into.parts, ..Text::default() };
                gather(target, index, value, 0, steps + 1, &mut of_other);
                into.is_statement |= of_other.is_statement;
                into.is_put_together |= of_other.is_put_together;
            }
        }
        Value::Either(values) | Value::Computed(values) => {
            values.iter().for_each(|value| gather(file, index, value, function, steps + 1, into));
        }
        Value::Object(_) => {
            if let Some(text) = value.get("text").or_else(|| value.get("sql")) {
                gather(file, index, text, function, steps + 1, into);
            }
        }
        Value::Call(id) => {
            let Some(inner) = file.call(*id).filter(|call| !call.tagged) else { return };
            if let Some((target, _)) = index.reached_by(file, inner) {
                let mut of_other = Text { parts: into.parts, ..Text::default() };
                for value in target.file.function(target.function).map_or(&[][..], |f| &f.body.returns).iter().take(5) {
                    gather(target.file, index, value, target.function, steps + 1, &mut of_other);
                }
                into.is_statement |= of_other.is_statement;
                into.is_put_together |= of_other.is_put_together;
            } else if matches!(
                inner.method(),
                "text"
                    | "raw"
                    | "literal"
                    | "Sprintf"
                    | "format"
                    | "sprintf"
                    | "trim"
                    | "join"
                    | "SQL"
                    | "concat"
                    | "toString"
                    | "Raw"
            ) {
                into.is_put_together |= matches!(inner.method(), "Sprintf" | "format" | "sprintf");
                for given in inner.arguments.iter().take(3) {
                    gather(file, index, &given.value, inner.function, steps + 1, into);
                }
            }
        }
        _ => {}
    }
}
