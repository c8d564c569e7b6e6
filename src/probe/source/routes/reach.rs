//! What runs when a route is asked: its handler and the project's functions that it calls, and signs found in them.

use std::collections::HashSet;

use super::names;
use super::resolve;
use crate::probe::source::code::{Access, Call, Condition, Function, FunctionId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts};

/// How far calls are followed, and over how many functions.
const MAX_DEPTH: u32 = 3;
const MAX_FUNCTIONS: usize = 40;

/// A function that runs for a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// The place of its file.
    pub file: usize,
    /// Its place there.
    pub function: FunctionId,
    /// How many calls lead to it from the handler.
    pub depth: u32,
}

/// What runs from `start` on.
pub(in crate::probe::source) fn from(index: &CodeIndex, start: (usize, FunctionId)) -> Vec<Reached> {
    let mut all = vec![Reached { file: start.0, function: start.1, depth: 0 }];
    let mut seen: HashSet<(usize, FunctionId)> = HashSet::from([start]);
    let mut next = 0;
    while let Some(at) = all.get(next).copied() {
        next += 1;
        if at.depth >= MAX_DEPTH {
            continue;
        }
        let Some((file, function)) = at.get(index) else { continue };
        for (_, call) in file.calls_of(&function.body) {
            if all.len() >= MAX_FUNCTIONS {
                return all;
            }
            let Some(found) = called(index, at.file, call) else { continue };
            if seen.insert(found) {
                all.push(Reached { file: found.0, function: found.1, depth: at.depth + 1 });
            }
        }
    }
    all
}

/// The project's function that a call calls.
pub(in crate::probe::source) fn called(index: &CodeIndex, place: usize, call: &Call) -> Option<(usize, FunctionId)> {
    let file = index.files.get(place)?;
    if let Some(target) = index.called(file, call) {
        return Some((target.place, target.function));
    }
    // Methods of built-in things are none of the project's.
    (call.callee.len() < 120 && !call.callee.contains('('))
        .then(|| resolve::function(index, place, &call.callee, call.function))?
}

impl Reached {
    /// The file and the function.
    pub(in crate::probe::source) fn get<'i>(&self, index: &'i CodeIndex) -> Option<(&'i FileFacts, &'i Function)> {
        let file = index.files.get(self.file)?;
        Some((file, file.function(self.function)?))
    }

    /// Its calls, those of functions in it included.
    pub(in crate::probe::source) fn calls<'i>(
        &self,
        index: &'i CodeIndex,
    ) -> impl Iterator<Item = (&'i FileFacts, u32, &'i Call)> {
        self.get(index)
            .into_iter()
            .flat_map(|(file, function)| file.calls_of(&function.body).map(move |(id, call)| (file, id, call)))
    }
}

fn stands_in(place: (u32, u32), function: &Function) -> bool {
    function.place.bytes.0 <= place.0 && place.1 <= function.place.bytes.1
}

/// Members that are read in a function.
pub(in crate::probe::source) fn accesses<'f>(
    file: &'f FileFacts,
    function: &'f Function,
) -> impl Iterator<Item = &'f Access> {
    file.accesses.iter().filter(|access| stands_in(access.place.bytes, function))
}

/// Tests in a function.
pub(in crate::probe::source) fn conditions<'f>(
    file: &'f FileFacts,
    function: &'f Function,
) -> impl Iterator<Item = &'f Condition> {
    file.conditions.iter().filter(|condition| stands_in(condition.place.bytes, function))
}

/// Whether a value holds the status of somebody refused: 401, 403.
pub(in crate::probe::source) fn refuses(value: &Value) -> bool {
    let mut found = false;
    value.walk(&mut |value| match value {
        Value::Number(number) => found |= matches!(&**number, "401" | "403"),
        Value::Text(text) => {
            found |= matches!(
                &**text,
                "UNAUTHORIZED"
                    | "FORBIDDEN"
                    | "Unauthorized"
                    | "Forbidden"
                    | "Not authenticated"
                    | "Not authorized"
                    | "unauthorized"
                    | "forbidden"
            )
        }
        Value::Path(path) => {
            let last = path.rsplit('.').next().unwrap_or(path).to_ascii_uppercase();
            found |= last.contains("UNAUTHORIZED")
                || last.contains("FORBIDDEN")
                || last.contains("401")
                || last.contains("403");
        }
        _ => {}
    });
    found
}

/// Whether a function asks who sent the request or refuses some, itself.
pub(in crate::probe::source) fn asks_who(file: &FileFacts, function: &Function) -> bool {
    let call = |call: &Call| {
        names::asks_who(&call.callee)
            || call.constructs && {
                let name = call.method().to_ascii_lowercase();
                [
                    "unauthorized",
                    "forbidden",
                    "unauthenticated",
                    "authenticationerror",
                    "authorizationerror",
                    "accessdenied",
                ]
                .iter()
                .any(|word| name.contains(word))
            }
            || matches!(
                call.method(),
                "PermissionDenied" | "HttpResponseForbidden" | "NotAuthenticated" | "login_manager"
            )
            || call.arguments.iter().any(|argument| refuses(&argument.value))
            || names_credential(call)
    };
    file.calls_of(&function.body).any(|(_, found)| call(found))
        || accesses(file, function).any(|access| names::asks_who(&access.path))
        || function.body.returns.iter().any(refuses)
        || file
            .assignments
            .get(function.body.assignments.0 as usize..function.body.assignments.1 as usize)
            .unwrap_or_default()
            .iter()
            .any(|a| {
                a.value.path().is_some_and(names::asks_who)
                    || (a.target.ends_with("status") || a.target.ends_with("statusCode")) && refuses(&a.value)
            })
        || conditions(file, function).any(|condition| compares_secret(&condition.test))
}

/// Whether a function ends a request: with an error, a status, another page, or by saying no.
pub(super) fn sends_away(file: &FileFacts, function: &Function) -> bool {
    function.body.throws
        || function.body.returns.iter().any(|value| refuses(value) || *value == Value::Bool(false))
        || file.calls_of(&function.body).any(|(_, call)| {
            matches!(call.method(), "redirect" | "Redirect" | "sendRedirect" | "sendError" | "setStatus" | "WriteHeader" | "AbortWithStatus" | "AbortWithStatusJSON" | "Abort" | "AbortWithError" | "redirect_to" | "head" | "exit" | "die" | "abort" | "throw" | "sendStatus" | "HttpResponseForbidden" | "HttpResponseRedirect" | "redirect_to_login" | "unauthorized" | "forbidden" | "reject")
                || call.arguments.iter().any(|argument| refuses(&argument.value))
                || (call.method() == "next" && call.arguments.iter().any(|argument| !matches!(argument.value, Value::Null)))
                || call.method() == "verify" && call.argument_of.is_none()
        })
        || function.body.returns.iter().any(|value| matches!(value, Value::Call(id) if file.call(*id).is_some_and(|call| matches!(call.method(), "Response" | "HttpResponse" | "JsonResponse" | "json" | "jsonify"))))
}

/// `headers.get("authorization")`, `req.header("x-api-key")`, `c.get("user")`, `session.get("user_id")`.
fn names_credential(call: &Call) -> bool {
    let of_context = |value: &Value| {
        // `r.Context().Value(userKey)`.
        call.method() == "Value"
            && call.callee.contains("Context")
            && value.path().is_some_and(|path| path.to_ascii_lowercase().contains("user"))
    };
    call.argument(0).is_some_and(of_context)
        || matches!(
            call.method(),
            "get"
                | "header"
                | "has"
                | "getHeader"
                | "headers"
                | "cookies"
                | "Get"
                | "GetHeader"
                | "Cookie"
                | "Locals"
                | "MustGet"
                | "Value"
                | "getAttribute"
                | "GetString"
                | "GetInt64"
                | "GetUint"
                | "GetInt"
        ) && call.argument(0).and_then(Value::text).is_some_and(|text| {
            let lower = text.to_ascii_lowercase();
            matches!(
                &*lower,
                "authorization"
                    | "user"
                    | "user_id"
                    | "userid"
                    | "session"
                    | "currentuser"
                    | "auth"
                    | "current_user"
                    | "claims"
                    | "uid"
                    | "account"
                    | "session_id"
                    | "loginuser"
            ) || lower.contains("api-key")
                || lower.contains("token")
                || lower.contains("signature")
                || lower.contains("secret")
        })
}

/// A comparison with a secret of the environment.
fn compares_secret(test: &Value) -> bool {
    let mut found = false;
    test.walk(&mut |value| {
        if let Value::Env(name) = value {
            found |= ["SECRET", "TOKEN", "KEY", "PASSWORD"].iter().any(|word| name.contains(word));
        }
    });
    found
}
