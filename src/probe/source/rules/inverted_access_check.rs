//! Checks the wrong way round, and objects that belong to somebody and are never asked to whom.

use super::password_checks::taken_for_answer;
use super::{Check, Hit, Rule, Subject, request_work};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Block, Call, Comparison, Condition, Function, FunctionId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::index::Group;
use crate::probe::source::routes::reach::{accesses, refuses};
use crate::probe::source::routes::{Route, names, purpose};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "inverted-access-check",
    title: "An access check lets the wrong people through",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::High,
    what: "A check that refuses those who have signed in and lets the others pass, a password comparison that is not awaited and so always counts as true, or a handler that changes an object by an id from the request and never compares its owner with the user at hand.",
    why: "The wrong way round, your app is closed to its members and open to everybody else. Without a comparison, each user can change every other user's objects by counting ids.",
    fix: "Refuse when there is no user (`if (!user) return 401`), await `bcrypt.compare`, and put the owner into the query: `where: { id, userId: user.id }`.",
    example: "if (session) return new Response('Unauthorized', { status: 401 });\n\n// better\nif (!session) return new Response('Unauthorized', { status: 401 });",
    references: &[
        "F55",
        "https://cheatsheetseries.owasp.org/cheatsheets/Insecure_Direct_Object_Reference_Prevention_Cheat_Sheet.html",
    ],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::Project(check))
    .reads(request_work::reads, request_work::would_read)
    .about("access check", look);

fn look(file: &FileFacts, index: &CodeIndex, subject: &mut Subject) {
    subject.seen |= file.conditions.iter().any(|condition| {
        user_in(file, &condition.test).is_some()
            || matches!(&condition.test, Value::Not(inner) if user_in(file, inner).is_some())
    });
    let mut all = Subject::default();
    request_work::routes(file, index, &mut all);
    subject.beyond.extend(all.beyond);
}

static TURNED: Group = Group {
    name: "code that tests the wrong way round",
    holds: |file| {
        request_work::reads(file.language)
            && file.role.in_production()
            && file.conditions.iter().any(|condition| turned(file, condition).is_some())
    },
};

/// Looks at the project.
fn check(index: &CodeIndex, hits: &mut Vec<Hit>) {
    for (place, file) in index.group(&TURNED) {
        hits.extend(
            file.conditions.iter().filter_map(|condition| turned(file, condition)).map(|hit| hit.in_file(place)),
        );
    }
    for route in request_work::judged(index, request_work::reads) {
        hits.extend(never_compared(index, route));
    }
}

/// A test that lets everybody pass, or just those who should not.
fn turned(file: &FileFacts, condition: &Condition) -> Option<Hit> {
    inverted(file, condition).or_else(|| taken_for_answer(file, condition).map(always_passes))
}

/// The name of the one who is signed in, where a test holds when there is one.
fn user_in<'v>(file: &FileFacts, test: &'v Value) -> Option<&'v str> {
    match test {
        Value::Path(path) => is_user(path).then_some(path),
        Value::Call(id) => {
            let call = file.call(*id)?;
            let asks = matches!(
                call.method(),
                "isAuthenticated"
                    | "isLoggedIn"
                    | "is_authenticated"
                    | "isSignedIn"
                    | "logged_in?"
                    | "signed_in?"
                    | "user_signed_in?"
                    | "is_user_logged_in"
                    | "isLogged"
            ) || matches!(
                &*call.callee,
                "Auth.check" | "auth().check" | "Auth.user" | "current_user.present?" | "isset"
            ) && call.arguments.iter().all(|argument| argument.value.path().is_some_and(is_user))
                && (&*call.callee != "isset" || call.arguments.len() == 1)
                || call.method() == "getAttribute"
                    && call.object().to_ascii_lowercase().ends_with("session")
                    && call.argument(0).and_then(Value::text).is_some_and(|name| {
                        matches!(
                            name.to_ascii_lowercase().as_str(),
                            "user" | "userid" | "user_id" | "username" | "currentuser" | "loginuser"
                        )
                    });
            asks.then_some("the user")
        }
        Value::Compared(Comparison::NotEqual, pair) if pair.1 == Value::Null => user_in(file, &pair.0),
        Value::All(values) if values.len() > 1 && values.iter().all(|value| user_in(file, value).is_some()) => {
            user_in(file, values.first()?)
        }
        _ => None,
    }
}

fn is_user(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    matches!(
        &*lower,
        "user"
            | "session"
            | "currentuser"
            | "current_user"
            | "session.user"
            | "req.user"
            | "request.user"
            | "ctx.user"
            | "req.session.user"
            | "req.session.userid"
            | "userid"
            | "isauthenticated"
            | "isloggedin"
            | "request.user.is_authenticated"
            | "current_user.is_authenticated"
            | "token.sub"
            | "locals.user"
            | "g.user"
            | "session.userid"
            | "session.user_id"
            | "_session.user"
            | "_session.user_id"
            | "_session.userid"
            | "_session.username"
            | "_session.logged_in"
            | "_session.loggedin"
            | "session.values.user_id"
            | "principal"
            | "this.current_user"
            | "ctx.islogged"
            | "c.islogged"
    )
}

/// A comparison of passwords whose answer nobody waits for.
fn always_passes(call: &Call) -> Hit {
    let message =
        format!("`{}` is not awaited: a promise always counts as true, so every password passes", call.callee);
    Hit::new(call.place, message)
}

fn inverted(file: &FileFacts, condition: &Condition) -> Option<Hit> {
    let name = user_in(file, &condition.test)?;
    let then = &condition.then;
    if then.statements > 3
        || !(then.leaves
            || then.throws
            || !then.returns.is_empty()
            // A filter of Rails ends the request by answering it.
            || file.language == Language::Ruby
            || file.calls_of(then).any(|(_, call)| call.method() == "abort"))
        || has_inner_test(file, condition)
        || signs_out(file, then)
    {
        return None;
    }
    let status = refusal(file, then, condition.function)?;
    // The user that was just looked up by a mail address is not the one who asks.
    if matches!(name, "user")
        && (looked_up(file, condition.function) || file.language == Language::Go && set_before(file, condition))
    {
        return None;
    }
    let hit = Hit::new(
        condition.place,
        format!("This refuses those who have signed in (`{name}`) and lets everybody else pass"),
    );
    Some(if status == 401 { hit } else { hit.confidence(Confidence::Medium) })
}

/// Who signs out is sent to the page where people sign in.
fn signs_out(file: &FileFacts, block: &Block) -> bool {
    file.calls_of(block).any(|(_, call)| {
        names::words(call.method()).iter().any(|word| {
            matches!(
                word.as_str(),
                "logout"
                    | "destroy"
                    | "signout"
                    | "invalidate"
                    | "unset"
                    | "clear"
                    | "reset"
                    | "revoke"
                    | "flush"
                    | "expire"
                    | "ban"
                    | "banned"
            )
        })
    })
}

fn has_inner_test(file: &FileFacts, condition: &Condition) -> bool {
    let (from, to) = condition.then.calls;
    file.conditions.iter().any(|other| {
        other.place.bytes.0 > condition.place.bytes.1
            && other.then.calls.0 >= from
            && other.then.calls.1 <= to
            && to > from
            && other.function == condition.function
    })
}

/// The status with which a block refuses.
fn refusal(file: &FileFacts, block: &Block, function: FunctionId) -> Option<u32> {
    let mut found = None;
    let mut see = |value: &Value| {
        value.walk(&mut |value| match value {
            Value::Number(number) if &**number == "401" => found = Some(401),
            Value::Number(number) if &**number == "403" => found = found.or(Some(403)),
            Value::Text(text) if matches!(&**text, "UNAUTHORIZED" | "unauthorized") => found = Some(401),
            Value::Text(text) if &**text == "forbidden" => found = found.or(Some(403)),
            Value::Path(path)
                if matches!(
                    path.rsplit('.').next(),
                    Some("UNAUTHORIZED" | "StatusUnauthorized" | "SC_UNAUTHORIZED" | "HTTP_UNAUTHORIZED")
                ) =>
            {
                found = Some(401)
            }
            Value::Path(path)
                if matches!(
                    path.rsplit('.').next(),
                    Some("FORBIDDEN" | "StatusForbidden" | "SC_FORBIDDEN" | "HTTP_FORBIDDEN")
                ) =>
            {
                found = found.or(Some(403))
            }
            _ => {}
        });
    };
    // What a callback does is for another test.
    let own = || file.calls_of(block).map(|(_, call)| call).filter(|call| call.function == function);
    for call in own() {
        call.arguments.iter().for_each(|argument| see(&argument.value));
    }
    block.returns.iter().for_each(&mut see);
    let unauthorized = own().any(|call| {
        let name = call.method().to_ascii_lowercase();
        (call.constructs || name.starts_with("http")) && name.contains("unauthorized")
            || (matches!(&*name, "redirect" | "navigate" | "sendredirect" | "redirect_to" | "route" | "header")
                && call.arguments.iter().any(|argument| leads_to_sign_in(file, &argument.value)))
    }) || block
        .returns
        .iter()
        .any(|value| value.text().is_some_and(|text| text.strip_prefix("redirect:").is_some_and(is_sign_in)));
    if unauthorized { Some(401) } else { found }
}

/// `"/login"`, `"Location: login.php"`, `new_session_path`.
fn leads_to_sign_in(file: &FileFacts, value: &Value) -> bool {
    match value {
        Value::Call(id) => file.call(*id).is_some_and(|call| {
            matches!(
                &*call.callee,
                "login_path"
                    | "login_url"
                    | "new_session_path"
                    | "new_session_url"
                    | "new_user_session_path"
                    | "sign_in_path"
                    | "signin_path"
            )
        }),
        value => {
            value.leading_text().is_some_and(|text| is_sign_in(text.strip_prefix("Location:").unwrap_or(text).trim()))
        }
    }
}

fn is_sign_in(path: &str) -> bool {
    let path = path.trim_end_matches(".php").trim_end_matches(".html");
    let path = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path).split('?').next().unwrap_or(path);
    matches!(path, "login" | "signin" | "sign-in" | "sign_in")
}

/// A user of Go that a call just gave.
fn set_before(file: &FileFacts, condition: &Condition) -> bool {
    file.assignments_to("user").any(|set| {
        set.function == condition.function
            && matches!(&set.value, Value::Call(id) if file.call(*id).is_some_and(|call| !names::asks_who(&call.callee)))
    })
}

/// Whether `user` in a function is found by what the request holds: "this address is taken".
fn looked_up(file: &FileFacts, function: FunctionId) -> bool {
    file.assigned("user", function).is_some_and(|a| match &a.value {
        Value::Call(id) => file.call(*id).is_some_and(|call| !names::asks_who(&call.callee)),
        Value::Path(path) => !names::asks_who(path),
        _ => true,
    }) || file
        .enclosing(function)
        .any(|(_, f)| f.parameters.iter().any(|p| p.names.iter().any(|(name, _)| &**name == "user")))
}

/// A handler that holds the user, changes an object by an id from the request, and never uses the user for it.
fn never_compared(index: &CodeIndex, route: &Route) -> Option<Hit> {
    let (file, function) = route.function(index)?;
    if purpose::is_private(&route.path)
        || route.guards.iter().any(|guard| is_special(&guard.name))
        || route.reach.len() > 12
    {
        return None;
    }
    let (name, assigned) = held_user(file, function, route.handler?.1)?;
    if is_used(file, function, &name, assigned) {
        return None;
    }
    let id = file
        .calls_of(&function.body)
        .find(|(id, call)| request_work::is_write(index, file, *id, call) && changes_by_request_id(file, call))?
        .1;
    let mut hit = Hit::new(
        id.place,
        format!(
            "`{}` changes an object by an id from the request, and `{name}` is never compared with its owner",
            id.callee.chars().take(50).collect::<String>()
        ),
    )
    .severity(Severity::Major)
    .confidence(Confidence::Medium);
    hit.file = route.handler?.0;
    Some(hit)
}

/// Roles and rights decide there, and not who owns what.
fn is_special(name: &str) -> bool {
    names::words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "admin"
                | "role"
                | "roles"
                | "permission"
                | "permissions"
                | "staff"
                | "superuser"
                | "owner"
                | "can"
                | "ability"
                | "policy"
                | "access"
                | "acl"
                | "rbac"
                | "member"
        )
    })
}

/// The local name of the user or session, and where it ends.
fn held_user(file: &FileFacts, function: &Function, id: FunctionId) -> Option<(String, u32)> {
    let (from, to) = function.body.assignments;
    file.assignments.get(from as usize..to as usize)?.iter().filter(|a| a.function == id).find_map(|a| {
        let asks = match &a.value {
            Value::Call(id) => file.call(*id).is_some_and(|call| {
                let last = call.method().to_ascii_lowercase().replace('_', "");
                [
                    "getserversession",
                    "auth",
                    "getsession",
                    "currentuser",
                    "getuser",
                    "getcurrentuser",
                    "requireuser",
                    "requireauth",
                    "getauth",
                    "getsessionuser",
                ]
                .contains(&last.as_str())
            }),
            Value::Path(path) => {
                matches!(&**path, "req.user" | "request.user" | "ctx.user" | "ctx.session" | "req.session.user")
            }
            _ => false,
        };
        let name = a.target.split('.').next().unwrap_or(&a.target);
        (asks && name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.is_empty())
            .then(|| (name.to_owned(), a.place.bytes.1))
    })
}

/// Whether the user serves for more than the question whether there is one.
fn is_used(file: &FileFacts, function: &Function, name: &str, after: u32) -> bool {
    let of_user = |path: &str| path == name || path.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    let mut used = false;
    let mut see = |value: &Value| value.walk(&mut |value| used |= value.path().is_some_and(of_user));
    for (_, call) in file.calls_of(&function.body).filter(|(_, call)| call.place.bytes.0 > after) {
        call.arguments.iter().for_each(|argument| see(&argument.value));
        if of_user(call.object()) {
            return true;
        }
    }
    function.body.returns.iter().for_each(&mut see);
    // `members.some((member) => member.id === (session.user as Account).id)`
    let within = |inner: &&Function| {
        function.place.bytes.0 < inner.place.bytes.0 && inner.place.bytes.1 <= function.place.bytes.1
    };
    for inner in file.functions.iter().filter(within) {
        inner.body.returns.iter().for_each(&mut see);
    }
    let (from, to) = function.body.assignments;
    for a in
        file.assignments.get(from as usize..to as usize).unwrap_or_default().iter().filter(|a| a.place.bytes.0 > after)
    {
        see(&a.value);
    }
    for condition in file.conditions.iter().filter(|c| {
        c.place.bytes.0 > after
            && function.place.bytes.0 <= c.place.bytes.0
            && c.place.bytes.1 <= function.place.bytes.1
    }) {
        condition.test.walk(&mut |value| {
            if let Value::Compared(_, pair) = value {
                let plain = pair.1 == Value::Null || pair.0 == Value::Null;
                pair.0.walk(&mut |inner| used |= !plain && inner.path().is_some_and(of_user));
                pair.1.walk(&mut |inner| used |= !plain && inner.path().is_some_and(of_user));
            }
        });
        used |= refuses(&condition.test);
    }
    used || accesses(file, function).any(|access| {
        access.place.bytes.0 > after && of_user(&access.path) && !access.tested && access.path.contains(".id")
    })
}

/// `where: { id: params.id }`, `findByIdAndDelete(req.params.id)`.
fn changes_by_request_id(file: &FileFacts, call: &Call) -> bool {
    let by_id = |value: &Value| {
        let mut found = false;
        value.walk(&mut |value| {
            let from_request = |path: &str| {
                path.starts_with("params.")
                    || path.contains(".params.")
                    || path.contains(".query.")
                    || path.starts_with("input.")
            };
            found |= value.path().is_some_and(|path| {
                from_request(path)
                    || file.assigned(path, call.function).is_some_and(|a| a.value.path().is_some_and(from_request))
            });
            if let Value::Member(pair) = value {
                found |= pair.0.path() == Some("params");
            }
        });
        found
    };
    let removes_or_changes = names::words(call.method())
        .iter()
        .any(|word| matches!(word.as_str(), "delete" | "update" | "destroy" | "remove" | "upsert"));
    removes_or_changes
        && call.arguments.iter().any(|argument| match argument.value.get("where") {
            Some(Value::Object(pairs)) => {
                pairs.len() == 1 && by_id(argument.value.get("where").unwrap_or(&Value::Null))
            }
            Some(_) => false,
            None => call.method().contains("ById") && by_id(&argument.value),
        })
}
