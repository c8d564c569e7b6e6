//! A route that changes things and asks nobody who they are.

use std::collections::HashMap;

use super::names::words;
use super::server_actions::{Actions, Caller};
use super::{Check, Hit, Rule, Subject, request_work};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::facts::{CodeIndex, FileFacts};
use crate::probe::source::routes::reach::accesses;
use crate::probe::source::routes::{Cover, Framework, Route, Verb, is_watched, purpose};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "route-without-auth",
    title: "A route changes data and asks nobody to sign in",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::Medium,
    what: "A route that writes, or one for administrators, that no middleware, decorator, guard, base class or check in its handler covers. Sign-in, webhooks, health checks, contact forms and public reads are meant to be open.",
    why: "Anyone who knows or guesses the address can create, change or delete your users' data with curl, without an account.",
    fix: "Guard by default: put the check in one middleware for all routes and list the open ones as exceptions. If this route is meant for everybody, say so with `gonogo: allow route-without-auth because …`.",
    example: "router.delete('/invoices/:id', removeInvoice);\n\n// better\nrouter.use(requireUser);\nrouter.delete('/invoices/:id', removeInvoice);",
    references: &["F55", "https://cheatsheetseries.owasp.org/cheatsheets/Authorization_Cheat_Sheet.html"],
};

/// The rule.
pub const RULE: Rule =
    Rule::new(&META, Check::Project(check)).reads(request_work::reads, request_work::would_read).about("route", look);

/// So many covered routes make a habit.
const HABIT: usize = 5;

fn look(file: &FileFacts, index: &CodeIndex, subject: &mut Subject) {
    request_work::routes(file, index, subject);
    let Some(place) = index.place_of(file) else { return };
    for route in index.routes().of_file(place).filter(|route| is_candidate(route, index)) {
        if route.auth(index) == Cover::Unknown {
            subject.beyond.insert("What stands before some routes cannot be told".to_owned());
        }
    }
}

fn is_candidate(route: &Route, index: &CodeIndex) -> bool {
    let purpose = route.purpose(index);
    !purpose::is_open(&purpose)
        && !has_secret_in_path(&route.path)
        && (route.verb.changes() && (route.handler.is_none() || request_work::may_write(index, route))
            || (route.verb == Verb::Any && request_work::writes(index, route))
            || (purpose::is_private(&route.path) && !in_layout(route)))
}

/// The loader of a page below a layout whose loader may ask.
fn in_layout(route: &Route) -> bool {
    route.framework == Framework::Files
        && route.verb == Verb::Get
        && (route.path.contains('+') || route.path.contains("/_") || route.path.contains('.'))
}

/// `POST /users` that its author opened: people sign up there.
fn makes_member(route: &Route) -> bool {
    let last = purpose::fixed(&route.path);
    let last = last.trim_end_matches('/').rsplit('/').next().unwrap_or("");
    route.verb == Verb::Post && matches!(last, "users" | "user" | "accounts" | "members" | "customers" | "people")
}

/// `/invites/:token`: who has the link is let in.
fn has_secret_in_path(path: &str) -> bool {
    path.split('/').any(|part| {
        part.starts_with([':', '[', '<', '{', '$']) && {
            let lower = part.to_ascii_lowercase();
            ["token", "secret", "code", "hash", "key", "signature", "slug"].iter().any(|word| lower.contains(word))
        }
    })
}

/// Looks at the project.
fn check(index: &CodeIndex, hits: &mut Vec<Hit>) {
    let candidates: Vec<(&Route, Cover)> = request_work::judged(index, request_work::reads)
        .filter(|route| is_candidate(route, index))
        .map(|route| (route, route.auth(index)))
        .collect();
    let count = |cover: Cover| candidates.iter().filter(|(_, found)| *found == cover).count();
    let (covered, open) = (count(Cover::Yes), count(Cover::No));
    if open == 0 {
        return;
    }
    let anything_asks = covered > 0
        || count(Cover::Unknown) > 0
        || request_work::judged(index, request_work::reads).any(|route| route.auth(index) == Cover::Yes);
    if !anything_asks {
        // One app without accounts is one thing to say, and it may be meant.
        if let Some((route, _)) =
            candidates.iter().find(|(route, cover)| *cover == Cover::No && request_work::writes(index, route))
        {
            let others = match open - 1 {
                0 => String::new(),
                1 => " and 1 other route that changes data".to_owned(),
                others => format!(" and {others} other routes that change data"),
            };
            let message =
                format!("Nothing in this app asks who is calling: {}{others} answer to anybody", route.title(index));
            let mut hit = Hit::new(route.place, message).severity(Severity::Major).confidence(Confidence::Low);
            hit.file = route.file;
            hits.push(hit);
        }
        return;
    }
    let habit = covered >= HABIT && open * 9 <= covered;
    let mut families: HashMap<String, usize> = HashMap::new();
    for (route, _) in candidates.iter().filter(|(_, cover)| *cover == Cover::Yes) {
        *families.entry(topic(route)).or_default() += 1;
        *families.entry(route.file.to_string()).or_default() += 1;
    }
    let actions = Actions::new(index);
    let watched = is_watched(index);
    for (route, _) in candidates.iter().filter(|(_, cover)| *cover == Cover::No) {
        let writes = request_work::writes(index, route);
        // What its author opened so that strangers send something: a request for an invitation, a sign-up.
        if route.opened && route.verb == Verb::Post && (!writes || makes_member(route)) {
            continue;
        }
        let caller = actions.caller(index, route);
        // Only the server itself calls it, or whoever calls it has to know a secret.
        let apart = caller == Some(Caller::Server) || takes_secret(index, route);
        let forgotten = match caller {
            // The middleware may ask before any page is shown; who may act for whom it does not know.
            Some(caller) => {
                let others = candidates.iter().filter(|(other, cover)| {
                    other.framework == Framework::Action && *cover == Cover::Yes && other.file == route.file
                });
                caller == Caller::Page
                    && (names_user(index, route) || !watched && replaces(index, route) && others.count() > 0)
            }
            // What others of its kind ask. Strangers may send something, they may not replace or remove it.
            None => {
                let among = |key: &str| families.get(key).copied().unwrap_or_default();
                let replaces = route.verb != Verb::Post && route.verb.changes();
                habit && (among(&topic(route)) >= 2 || replaces && among(&route.file.to_string()) >= 2)
            }
        };
        let confidence = match (route.opened || apart, writes && forgotten, writes) {
            (true, _, _) => Confidence::Low,
            (false, true, _) => Confidence::High,
            (false, false, true) => Confidence::Medium,
            (false, false, false) => Confidence::Low,
        };
        let severity = if writes && !route.opened && !apart { Severity::Blocker } else { Severity::Major };
        let does = if writes { "changes data and" } else { "is open:" };
        let message = match route.framework {
            Framework::Action => {
                format!("{} can be called by anybody, and nothing in it asks who is calling", route.title(index))
            }
            _ => format!("{} {does} nothing on its way asks who is calling", route.title(index)),
        };
        let mut hit = Hit::new(route.place, message).severity(severity).confidence(confidence);
        hit.file = route.file;
        if covered > 0 {
            hit.steps.push(format!("{covered} other routes of this kind are covered"));
        }
        hits.push(hit);
    }
}

/// What a route is about: the first name of its path.
fn topic(route: &Route) -> String {
    let prefix = |part: &&str| {
        matches!(*part, "" | "api" | "rest" | "app")
            || part.strip_prefix('v').is_some_and(|rest| rest.parse::<u8>().is_ok())
    };
    let first = route.path.split('/').find(|part| !prefix(part)).unwrap_or_default();
    format!("/{first}")
}

/// Whether it takes something that only those know who were sent it: `token` of a link in a mail.
fn takes_secret(index: &CodeIndex, route: &Route) -> bool {
    let Some((file, function)) = route.function(index) else { return false };
    let secret = |name: &str| {
        let last = name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase();
        ["token", "secret", "signature", "otp", "hash"].iter().any(|word| last.ends_with(word)) || last == "code"
    };
    let (from, to) = (function.body.assignments.0 as usize, function.body.assignments.1 as usize);
    let sets = file.assignments.get(from..to).unwrap_or_default();
    let given = ["body", "input", "parsedInput", "params", "query", "data", "searchParams"];
    let is_given = |path: &str| path.split('.').rev().skip(1).any(|part| given.contains(&part)) && secret(path);
    function.parameters.iter().flat_map(|parameter| &parameter.names).any(|(name, _)| secret(name))
        || sets.iter().any(|set| secret(&set.target) && set.value.path().is_some_and(is_given))
        || accesses(file, function).any(|access| is_given(&access.path))
}

/// Whether an action is called for what it does to something that is there: `deleteTeam`. Strangers may well add something.
fn replaces(index: &CodeIndex, route: &Route) -> bool {
    let name = route.function(index).and_then(|(_, function)| function.name.as_deref()).unwrap_or_default();
    words(name).first().is_some_and(|word| {
        matches!(
            word.as_str(),
            "update"
                | "delete"
                | "remove"
                | "edit"
                | "change"
                | "rename"
                | "archive"
                | "cancel"
                | "revoke"
                | "approve"
                | "reject"
                | "ban"
                | "transfer"
                | "publish"
                | "close"
                | "reset"
        )
    })
}

/// Whether its caller says whose data it is about.
fn names_user(index: &CodeIndex, route: &Route) -> bool {
    let Some((_, function)) = route.function(index) else { return false };
    function.parameters.iter().flat_map(|parameter| &parameter.names).any(|(name, _)| {
        matches!(
            &**name,
            "userId" | "user_id" | "ownerId" | "accountId" | "clerkId" | "customerId" | "authorId" | "memberId"
        )
    })
}
