//! Relations that a model reads when they are asked for, asked for in a loop over its rows.

use super::super::Hit;
use crate::model::{Confidence, Severity};
use crate::probe::source::code::{CallId, FunctionId, FunctionKind, Loop, Place, Value, root};
use crate::probe::source::database_calls::{Action, Answer};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// Calls that read relations before they are asked for.
const EAGER: [&str; 17] = [
    "with",
    "load",
    "loadMissing",
    "includes",
    "preload",
    "eager_load",
    "select_related",
    "prefetch_related",
    "joins",
    "join",
    "fetch",
    "withCount",
    "fetchJoin",
    "joinedload",
    "selectinload",
    "left_joins",
    "Preload",
];

/// Looks at every loop over rows of a query.
pub(super) fn check(file: &FileFacts, index: &CodeIndex, multiplies: &[bool], hits: &mut Vec<Hit>) {
    if !matches!(file.language, Language::Python | Language::Php | Language::Ruby | Language::Java) {
        return;
    }
    for (id, found) in (0_u32..).zip(&file.loops) {
        if multiplies.get(id as usize) != Some(&true) || found.names.is_empty() || !is_over_rows(file, index, found) {
            continue;
        }
        if let Some((place, relation)) = relation_in(file, index, found) {
            let hit = Hit::new(place, format!("`{relation}` is read from the database for every row of the loop"))
                .confidence(Confidence::Medium)
                .fix(fix(file.language));
            let background = file.function(found.function).is_some_and(|function| function.kind == FunctionKind::Job);
            hits.push(if background { hit.severity(Severity::Minor) } else { hit });
        }
    }
}

fn fix(language: Language) -> &'static str {
    match language {
        Language::Php => "Read the relation with the rows: `Post::with('author')->get()`.",
        Language::Ruby => "Read the relation with the rows: `Post.includes(:author)`.",
        Language::Java => "Read the relation with the rows: `JOIN FETCH` or `@EntityGraph`.",
        _ => "Read the relation with the rows: `select_related` or `prefetch_related`.",
    }
}

/// Whether the loop runs over rows that a query of the same function gave, without the relations.
fn is_over_rows(file: &FileFacts, index: &CodeIndex, found: &Loop) -> bool {
    let scope: Vec<FunctionId> = file.enclosing(found.function).map(|(id, _)| id).filter(|id| *id != 0).collect();
    let Some(outer) = scope.last().copied() else { return false };
    let eager = file
        .function(outer)
        .is_some_and(|function| file.calls_of(&function.body).any(|(_, call)| EAGER.contains(&call.method())));
    if eager {
        return false;
    }
    let mut chain: Vec<CallId> = Vec::new();
    let mut value = &found.over;
    for _ in 0..4 {
        match value {
            Value::Call(id) => {
                let mut next = Some(*id);
                while let Some(id) = next.filter(|_| chain.len() < 40) {
                    chain.push(id);
                    next = file.call(id).and_then(|call| call.receiver);
                }
                break;
            }
            Value::Path(name) => match file.assigned(name, found.function) {
                Some(assignment) => value = &assignment.value,
                None => return false,
            },
            Value::Member(pair) => value = &pair.0,
            Value::Index(pair) => value = &pair.0,
            _ => return false,
        }
    }
    let queries = index.queries(file);
    let is_list = |id: &CallId| {
        queries.iter().any(|query| {
            (query.call == *id || query.end == *id) && query.action == Action::Read && query.answer == Answer::List
        })
    };
    // A query set of Django and a relation of Rails run when the loop asks: they are no query of their own.
    let lazy = |id: &CallId| {
        file.call(*id).is_some_and(|call| {
            let model = call.object().split(['.', '(']).next().unwrap_or("");
            index.known().is_model(model)
                && match file.language {
                    Language::Python => call.object().ends_with(".objects"),
                    Language::Ruby => matches!(call.method(), "where" | "all" | "order" | "limit"),
                    _ => false,
                }
        })
    };
    let iterates = || {
        found.call.is_some_and(|id| {
            let mut next = Some(id);
            let mut steps = 0;
            while let Some(id) = next
                && steps < 40
            {
                if is_list(&id) || lazy(&id) {
                    return true;
                }
                next = file.call(id).and_then(|call| call.receiver);
                steps += 1;
            }
            false
        })
    };
    chain.iter().any(|id| is_list(id) || lazy(id)) || iterates()
}

/// The first relation of a loop's row that its body asks for.
fn relation_in(file: &FileFacts, index: &CodeIndex, found: &Loop) -> Option<(Place, String)> {
    let within = |place: Place| found.place.bytes.0 <= place.bytes.0 && place.bytes.1 <= found.place.bytes.1;
    let names = &found.names;
    let told = |path: &str| {
        let mut parts = path.split('.').map(|part| part.trim_end_matches("()"));
        let first = parts.next()?;
        let second = parts.next()?;
        let relation = match file.language {
            Language::Java => {
                let rest = second.strip_prefix("get")?;
                let mut chars = rest.chars();
                chars.next().map(|c| c.to_ascii_lowercase().to_string() + chars.as_str())?
            }
            _ => second.to_owned(),
        };
        // A key is in the row itself; only what lies behind the relation is read.
        let deeper = parts.next().is_some_and(|third| {
            !matches!(
                third,
                "id" | "pk"
                    | "create"
                    | "create!"
                    | "build"
                    | "new"
                    | "where"
                    | "find_by"
                    | "count"
                    | "exists?"
                    | "push"
                    | "any?"
                    | "add"
                    | "set"
            )
        }) || matches!(file.language, Language::Java | Language::Php)
            // `orders.map(&:customer)` reads what it names.
            || first == "&";
        (names.iter().any(|name| **name == *first) && index.known().is_relation(&relation) && deeper)
            .then(|| if first == "&" { second.to_owned() } else { format!("{first}.{second}") })
    };
    let accesses =
        file.accesses.iter().filter(|access| within(access.place)).find_map(|a| Some((a.place, told(&a.path)?)));
    let calls = || {
        file.calls
            .iter()
            .filter(|call| within(call.place) && call.in_loop.is_some())
            .filter(|call| names.iter().any(|name| **name == *root(&call.callee)))
            .find_map(|call| Some((call.place, told(&call.callee)?)))
    };
    accesses.or_else(calls)
}
