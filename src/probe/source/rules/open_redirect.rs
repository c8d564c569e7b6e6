//! Request data that decides where a browser is sent.

mod weak_check;

use super::injection::{Danger, begins_with_constant, calls, is_of_asking, leading, message, reads, stays, untraced};
use super::{Check, Hit, Rule, Subject, any_name};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, FunctionId, Part, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::flow::{Sink, in_handler};
use crate::probe::source::index::Question;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "open-redirect",
    title: "Request data decides where a browser is sent",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "A redirect goes to an address that comes from the request, and nothing checks that it is one of yours.",
    why: "A link to your own domain leads your users to a copy of your sign-in page on another one, where they type in their passwords.",
    fix: "Let only paths of your own through (they begin with one `/`, not two), or look the target up in a list.",
    example: "res.redirect(req.query.next);\n\n// better\nconst next = String(req.query.next);\nres.redirect(/^\\/(?![\\/\\\\])/.test(next) ? next : '/');",
    references: &[
        "F58",
        "https://cheatsheetseries.owasp.org/cheatsheets/Unvalidated_Redirects_and_Forwards_Cheat_Sheet.html",
    ],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check)).reads(reads, any_name).claims_none(look);

fn look(file: &FileFacts, index: &CodeIndex, subject: &mut Subject) {
    let dangers = calls(file, target)
        .map(|(_, danger)| danger)
        .filter(|danger| !leading(file, danger.value, danger.function).is_some_and(stays));
    untraced(file, index, Sink::Redirect, dangers, "the target of a redirect", subject);
}

fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    for call in &file.calls {
        if let Some(value) = target(file, call) {
            hits.extend(judge(file, index, &Danger::of_call(call, value)));
        }
    }
    if file.language.is_ecma() {
        for set in &file.assignments {
            if matches!(
                &*set.target,
                "window.location"
                    | "window.location.href"
                    | "location.href"
                    | "document.location"
                    | "document.location.href"
            ) || (&*set.target == "location" && file.role == Role::Client)
            {
                let danger = Danger { value: &set.value, function: set.function, place: set.place, to: &set.target };
                hits.extend(judge(file, index, &danger));
            }
        }
    }
    if file.language == Language::Java {
        returned(file, index, hits);
    }
    // One way in that leads to several redirects is mended once.
    let mut seen: Vec<String> = Vec::new();
    hits.retain(|hit| match hit.steps.first() {
        Some(first) if seen.contains(first) => false,
        Some(first) => {
            seen.push(first.clone());
            true
        }
        None => true,
    });
}

/// Spring's `return "redirect:" + target;`.
fn returned(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    for (id, function) in (0..).zip(&file.functions) {
        for value in &function.body.returns {
            let Value::Template(parts) = value else { continue };
            let [Part::Fixed(start), Part::Expression(_, first), ..] = parts.as_slice() else { continue };
            if !matches!(&**start, "redirect:" | "redirect://") || !in_handler(file, id) {
                continue;
            }
            let danger = Danger { value: first, function: id, place: function.place, to: "redirect:" };
            let end = function.place.bytes.1;
            let place = crate::probe::source::code::Place { bytes: (end, end), ..function.place };
            let found = Danger { place, ..danger }.reach(file, index, Sink::Redirect).request;
            hits.extend(found.map(|trace| {
                danger.told(file, &trace, |trace, _| message(trace, "decides where the browser is sent"))
            }));
        }
    }
}

fn judge(file: &FileFacts, index: &CodeIndex, danger: &Danger<'_>) -> Option<Hit> {
    if leading(file, danger.value, danger.function).is_some_and(stays) {
        return None;
    }
    let segment = first_segment(file, danger.value, danger.function, 0);
    if let Some(first) = segment
        && (Danger { value: first, ..*danger }).reach(file, index, Sink::Redirect).request.is_none()
    {
        return None;
    }
    let Some(trace) = danger.reach(file, index, Sink::Redirect).request else {
        return weak_check::check(file, index, danger);
    };
    // `next || "/"`: each by itself.
    if let Value::Either(values) = file.resolved(danger.value, danger.function) {
        return values.iter().take(8).find_map(|value| judge(file, index, &Danger { value, ..*danger }));
    }

    if is_of_asking(&trace.source) || begins_with_constant(file, index, danger, Sink::Redirect) {
        return None;
    }
    if refused_by_framework(file, index, danger) {
        return None;
    }
    let hit = danger.told(file, &trace, |trace, to| message(trace, &format!("decides where `{to}` sends the browser")));
    if begins_with_slash(file, danger) {
        // A placeholder of a route holds no further `/`, and Laravel and CodeIgniter put the app's own address before.
        let part = file.language == Language::Php && !trace.source.contains(['.', '(']);
        return (!part).then(|| hit.confidence(Confidence::Medium));
    }
    // `/${slug}/orders` leaves the site only where the first part may itself begin with `/`, and seldom can.
    Some(if segment.is_some() { hit.confidence(Confidence::Medium) } else { hit })
}

/// Whether nothing but `/` stands before the value, so that it leaves the site only where it begins with `/` itself.
fn begins_with_slash(file: &FileFacts, danger: &Danger<'_>) -> bool {
    match file.resolved(danger.value, danger.function) {
        Value::Template(parts) => matches!(parts.first(), Some(Part::Fixed(start)) if &**start == "/"),
        _ => false,
    }
}

/// Whether Rails raises where `redirect_to` is given another host, as it does by the defaults of 7.0 and later.
fn refused_by_framework(file: &FileFacts, index: &CodeIndex, danger: &Danger<'_>) -> bool {
    if file.language != Language::Ruby || danger.to != "redirect_to" {
        return false;
    }
    let call = file.calls.iter().find(|call| call.place == danger.place);
    let allows = call.is_none_or(|call| {
        call.named("allow_other_host")
            .or_else(|| call.arguments.iter().find_map(|argument| argument.value.get("allow_other_host")))
            .is_some()
    });
    !allows
        && index.calls_of("load_defaults").any(|(_, call)| match call.argument(0) {
            Some(Value::Number(version) | Value::Text(version)) => {
                version.split('.').next().and_then(|major| major.parse::<u32>().ok()).is_some_and(|major| major >= 7)
            }
            _ => false,
        })
        && !index.answer(&REDIRECTS_ANYWHERE)
}

/// Whether the settings of Rails let `redirect_to` lead to other hosts all the same.
static REDIRECTS_ANYWHERE: Question = Question {
    name: "Rails redirects anywhere",
    any: |file| {
        file.path.contains("config/")
            && file
                .assignments
                .iter()
                .any(|set| set.target.ends_with("raise_on_open_redirects") && set.value == Value::Bool(false))
    },
};

/// The first part of a path on the same site, which something fixed ends: `slug` of `/${slug}/orders`.
fn first_segment<'f>(file: &'f FileFacts, value: &'f Value, function: FunctionId, steps: u32) -> Option<&'f Value> {
    if steps > 4 {
        return None;
    }
    match file.resolved(value, function) {
        Value::Template(parts) => match parts.as_slice() {
            [Part::Fixed(slash), Part::Expression(_, first), Part::Fixed(next), ..]
                if &**slash == "/" && next.starts_with(['/', '?', '#']) =>
            {
                Some(first)
            }
            _ => None,
        },
        // `new URL(path, base)`
        Value::Call(id) => {
            let call = file.call(*id)?;
            let makes = matches!(&*call.callee, "URL" | "URI") && call.argument(1).is_some();
            makes.then(|| first_segment(file, call.argument(0)?, function, steps + 1))?
        }
        _ => None,
    }
}

/// Whether Rails was told to send nobody to another host.
fn stays_on_host(call: &Call) -> bool {
    call.named("allow_other_host")
        .or_else(|| call.arguments.iter().find_map(|argument| argument.value.get("allow_other_host")))
        == Some(&Value::Bool(false))
}

fn target<'f>(file: &'f FileFacts, call: &'f Call) -> Option<&'f Value> {
    let (callee, method) = (&*call.callee, call.method());
    match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => match method {
            "redirect" | "permanentRedirect" => {
                call.arguments.iter().map(|argument| &argument.value).find(|value| !matches!(value, Value::Number(_)))
            }
            "assign" | "replace" if matches!(call.object(), "window.location" | "location" | "document.location") => {
                call.argument(0)
            }
            "open" if callee == "window.open" => None,
            "writeHead" => call
                .arguments
                .iter()
                .find_map(|argument| argument.value.get("Location").or_else(|| argument.value.get("location"))),
            "setHeader" | "header" | "set" => {
                let location =
                    call.argument(0).and_then(Value::text).is_some_and(|name| name.eq_ignore_ascii_case("location"));
                location.then(|| call.argument(1))?
            }
            _ => None,
        },
        Language::Python => match method {
            "redirect"
            | "HttpResponseRedirect"
            | "HttpResponsePermanentRedirect"
            | "RedirectResponse"
            | "HTTPFound"
            | "HTTPSeeOther" => call.argument(0).or_else(|| call.named("url")),
            _ => None,
        },
        Language::Php => match callee {
            "header" => call.argument(0).filter(|value| {
                value.leading_text().is_some_and(|text| text.to_ascii_lowercase().starts_with("location:"))
            }),
            "redirect" | "Redirect.to" | "Redirect.away" | "redirect().to" | "redirect().away" | "wp_redirect"
            | "this.redirect" => call.argument(0),
            _ if call.constructs && method == "RedirectResponse" => call.argument(0),
            _ => None,
        },
        Language::Go => match callee {
            "http.Redirect" => call.argument(2),
            _ if method == "Redirect" && matches!(call.root(), "c" | "ctx" | "context") => {
                call.arguments.iter().map(|argument| &argument.value).find(|value| {
                    !matches!(value, Value::Number(_))
                        && value.path().is_none_or(|path| !path.starts_with("http.Status"))
                })
            }
            _ => None,
        },
        Language::Ruby => {
            ((callee == "redirect_to" && !stays_on_host(call)) || callee == "redirect").then(|| call.argument(0))?
        }
        Language::Java => match method {
            "sendRedirect" => call.argument(0),
            "RedirectView" if call.constructs => call.argument(0),
            "ModelAndView" | "setViewName" => call.argument(0).filter(|view| match view {
                Value::Template(parts) => {
                    matches!(parts.first(), Some(Part::Fixed(start)) if matches!(&**start, "redirect:" | "redirect://"))
                }
                _ => false,
            }),
            _ => None,
        },
        Language::Template => None,
    }
    .filter(|value| !matches!(value, Value::Object(_)))
}
