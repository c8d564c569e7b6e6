//! Something that only stood in for the real thing, and still does.

use super::names::{has_word, last, words};
use super::responses::answer;
use super::{Check, Hit, Rule, at_span};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, Function, FunctionKind, Place, Value, root};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role, Usage};
use crate::probe::source::placeholder::{Form, Kind, Placeholder};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "placeholder-left-in",
    title: "A stand-in was never replaced",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Filler text, a key or sender that was to be filled in, sample data that is answered as if it were real, or a function that says that it is not written yet, on paths that users take.",
    why: "Your users read Latin, see people who do not exist, get mail from nowhere, or meet an error where a feature was promised.",
    fix: "Put the real thing in its place, or take the page, route or button away until there is one.",
    example: "const mockOrders = [{ id: 1, total: 42 }];\nrouter.get('/orders', (req, res) => res.json(mockOrders));\n\n// better\nrouter.get('/orders', async (req, res) => res.json(await orders.of(req.user)));",
    references: &["F65"],
};

/// The rule.
pub const RULE: Rule =
    Rule::new(&META, Check::EachFile(check)).reads(Language::is_code, super::any_name).claims_none(stubs);

/// A stub without a word that says so looks like any other code.
fn stubs(_: &FileFacts, _: &CodeIndex, subject: &mut super::Subject) {
    subject.beyond.insert("Stubs that do not say that they are some are not examined".to_owned());
}

/// Looks at one file.
fn check(file: &FileFacts, _index: &CodeIndex, hits: &mut Vec<Hit>) {
    let mut filler = false;
    for found in file.placeholders.iter().filter(|found| !found.dev_only) {
        // One paragraph of filler stands for all of a page.
        if found.kind == Kind::Filler && std::mem::replace(&mut filler, true) {
            continue;
        }
        hits.extend(text(file, found));
    }
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        hits.extend(not_written(file, call).or_else(|| sample_answered(file, call)));
    }
    for function in file.functions.iter().filter(|function| function.kind == FunctionKind::Handler) {
        let sample = function.body.returns.iter().filter_map(Value::path).find(|path| is_sample(file, path));
        hits.extend(sample.map(|name| answered(function.place, name)));
    }
}

fn place(found: &Placeholder) -> Place {
    Place { span: found.span, bytes: found.bytes }
}

/// Names of what only shows how something looks.
fn only_shows(name: &str) -> bool {
    has_word(
        name,
        &[
            "placeholder",
            "example",
            "examples",
            "sample",
            "description",
            "help",
            "hint",
            "label",
            "mock",
            "test",
            "fixture",
            "preview",
            "demo",
            "doc",
            "docs",
            "title",
            "message",
            "schema",
            "pattern",
            "regex",
            "blocked",
            "reserved",
            "invalid",
            "weak",
            "common",
            "forbidden",
            "disallowed",
            "insecure",
            "text",
            "error",
            "placeholders",
        ],
    )
}

/// Files of documents, samples and catalogues of texts.
fn is_for_show(file: &FileFacts) -> bool {
    let path = file.path.to_ascii_lowercase();
    [
        "demo",
        "sample",
        "example",
        "mock",
        "fixture",
        "storybook",
        "stories",
        "playground",
        "docs/",
        "locale",
        "i18n",
        "lang/",
        "translation",
        "templates/",
        "swagger",
        "openapi",
        "preview",
        "snippet",
        "code-samples",
        "starter",
        "create-",
    ]
    .iter()
    .any(|word| path.contains(word))
}

fn text(file: &FileFacts, found: &Placeholder) -> Option<Hit> {
    if is_for_show(file) || only_shows(&found.name) {
        return None;
    }
    let shown = &found.text;
    match (found.kind, found.form) {
        // It looks unfinished, and breaks nothing.
        (Kind::Filler, Form::Page) => {
            Some(Hit::new(place(found), format!("The page shows filler: `{shown}`")).confidence(Confidence::Medium))
        }
        (Kind::Filler, Form::Literal) => Some(
            Hit::new(place(found), format!("Filler stands in a text: `{shown}`"))
                .severity(Severity::Minor)
                .confidence(Confidence::Medium),
        ),
        (Kind::Key, Form::Literal) => {
            let for_secret = has_word(
                &found.name,
                &["key", "token", "secret", "password", "passwd", "apikey", "dsn", "credential", "auth"],
            );
            let used = match found.usage {
                Usage::Named => for_secret,
                Usage::Argument(id) => file.call(id).is_some_and(|call| {
                    matches!(
                        call.method(),
                        "sign"
                            | "verify"
                            | "Stripe"
                            | "OpenAI"
                            | "session"
                            | "createHmac"
                            | "encode"
                            | "Resend"
                            | "setApiKey"
                    )
                }),
                _ => false,
            };
            let around = around(file, found);
            if around.iter().any(|name| has_word(name, &["placeholder", "placeholders", "hint", "hints", "example"])) {
                return None;
            }
            let preset = around.iter().any(|name| is_preset(name));
            // What signs works with any text; a key of another service that is none lets nobody in, which shows at once.
            let signs = matches!(found.usage, Usage::Argument(id) if file.call(id).is_some_and(|call| {
                matches!(call.method(), "sign" | "verify" | "session" | "createHmac" | "encode")
            }));
            used.then(|| {
                let hit = Hit::new(place(found), format!("`{shown}` stands where a real secret belongs"));
                if preset || !signs { hit.confidence(Confidence::Medium) } else { hit }
            })
        }
        (Kind::Mail, Form::Literal) => {
            let sends = has_word(&found.name, &["from", "sender", "mailfrom"])
                && !has_word(&found.name, &["date", "import", "array"]);
            let in_call = matches!(found.usage, Usage::Argument(id) if file.call(id).is_some_and(|call| {
                matches!(call.method(), "setFrom" | "set_from" | "from" | "SetFrom" | "from_email")
            }));
            ((sends || in_call) && matches!(found.usage, Usage::Named | Usage::Argument(_)))
                // It may be the default of a form, or of a mailer for development.
                .then(|| {
                    Hit::new(place(found), format!("Mail is sent from `{shown}`, an address that nobody has"))
                        .confidence(Confidence::Medium)
                })
        }
        (Kind::Person, Form::Page) => Some(
            Hit::new(place(found), format!("The page shows a made-up person: `{shown}`"))
                .severity(Severity::Minor)
                .confidence(Confidence::Medium),
        ),
        (Kind::ToDo, Form::Comment) => to_do(file, found),
        _ => None,
    }
}

/// The names of the functions around and of what is set where it stands.
fn around<'f>(file: &'f FileFacts, found: &Placeholder) -> Vec<&'f str> {
    let functions = file.enclosing(found.function).filter_map(|(_, function)| function.name.as_deref());
    let holds = |place: &Place| place.bytes.0 <= found.bytes.0 && found.bytes.1 <= place.bytes.1;
    let set = file.assignments.iter().filter(|set| holds(&set.place)).map(|set| last(&set.target));
    functions.chain(set).collect()
}

/// What a form is filled with before its user fills it: `default_options`, `initialValues`.
fn is_preset(name: &str) -> bool {
    has_word(
        name,
        &[
            "default options",
            "default values",
            "default config",
            "default settings",
            "initial values",
            "initial config",
            "initial data",
        ],
    )
}

/// A note in a function that does nothing but give back something fixed.
fn to_do(file: &FileFacts, found: &Placeholder) -> Option<Hit> {
    let line = found.span.line;
    let function = file
        .functions
        .iter()
        .skip(1)
        .filter(|f| f.place.span.line <= line && line <= f.place.span.end_line)
        .min_by_key(|f| f.place.span.end_line - f.place.span.line)?;
    let matters = function.kind == FunctionKind::Handler || function.exported;
    let name = function.name.as_deref().unwrap_or("the function");
    let fixed = !function.body.returns.is_empty() && function.body.returns.iter().all(is_fixed);
    let empty = function.body.statements == 0 || (fixed && function.body.statements <= 2);
    let calls = file.calls_of(&function.body).filter(|(_, call)| !is_printing(call)).count();
    let answers = file.calls_of(&function.body).any(|(_, call)| answer(file, call).is_some());
    if !matters || function.body.throws || !(empty && (calls == 0 || answers)) {
        return None;
    }
    let hit = Hit::new(
        at_span(found.span),
        format!("`{name}` is a stub: its own comment says that the work is still to be done"),
    );
    // Nobody may need it yet.
    Some(hit.confidence(Confidence::Medium))
}

fn is_printing(call: &Call) -> bool {
    call.callee.starts_with("console.")
        || matches!(call.method(), "setTimeout" | "print" | "Promise" | "info" | "debug" | "warn")
}

fn is_fixed(value: &Value) -> bool {
    let mut fixed = true;
    value.walk(&mut |value| {
        fixed &= !matches!(
            value,
            Value::Path(_) | Value::Call(_) | Value::Member(_) | Value::Index(_) | Value::Unknown | Value::Function(_)
        );
    });
    fixed
}

/// `throw new Error('Not implemented')` as all that a function of the app does.
fn not_written(file: &FileFacts, call: &Call) -> Option<Hit> {
    let says = call.arguments.iter().any(|argument| {
        argument.value.leading_text().is_some_and(|text| {
            let lower = text.to_ascii_lowercase();
            lower.contains("not implemented") || lower.contains("not yet implemented") || lower.starts_with("todo")
        })
    });
    let raises = match file.language {
        Language::Python | Language::Ruby => {
            matches!(call.method(), "NotImplementedError") || (matches!(call.method(), "Exception" | "raise") && says)
        }
        Language::Go => &*call.callee == "panic" && says,
        Language::Java => {
            matches!(call.method(), "UnsupportedOperationException" | "NotImplementedException" | "RuntimeException")
                && says
        }
        _ => {
            matches!(last(&call.callee), "Error" | "Exception" | "NotImplementedException" | "NotImplementedError")
                && call.constructs
                && says
        }
    };
    if !raises {
        return None;
    }
    let function = file.function(call.function).filter(|function| function.parent.is_some())?;
    let alone = function.body.statements <= 1
        && function.body.returns.is_empty()
        && (function.body.throws || file.language == Language::Go);
    // What others call to say so themselves.
    let says_so = |name: &str| name.to_ascii_lowercase().replace('_', "").contains("notimplemented");
    (stub(function, alone) && !function.name.as_deref().is_some_and(says_so)).then(|| {
        let name = function.name.as_deref().unwrap_or("a handler");
        // Whoever calls it is told so, and it may be that nobody does.
        Hit::new(call.place, format!("`{name}` is not written yet: it only says so")).confidence(Confidence::Medium)
    })
}

/// Whether a function that is not written is one that users reach; methods of a class may be for others to write.
fn stub(function: &Function, alone: bool) -> bool {
    alone
        && (function.kind == FunctionKind::Handler
            || (function.class.is_none() && function.exported && function.argument_of.is_none()))
}

/// Whether a name is that of data made up for trying.
fn is_sample(file: &FileFacts, path: &str) -> bool {
    let first = root(path);
    let words = words(first);
    let says = words.len() >= 2
        && words.first().is_some_and(|word| {
            matches!(
                word.as_str(),
                "mock" | "fake" | "dummy" | "sample" | "hardcoded" | "stub" | "mocked" | "placeholder"
            )
        });
    // Data that stands in the file, and not what a function makes of it.
    says && file.assignments_to(first).any(|assignment| matches!(assignment.value, Value::Array(_) | Value::Object(_)))
}

fn answered(place: Place, name: &str) -> Hit {
    Hit::new(place, format!("`{}`, which was made up for trying, is answered as if it were real", root(name)))
}

fn sample_answered(file: &FileFacts, call: &Call) -> Option<Hit> {
    if file.role != Role::Server || is_for_show(file) {
        return None;
    }
    let answer = answer(file, call)?;
    let mut name: Option<Box<str>> = None;
    for body in &answer.bodies {
        body.walk(&mut |value| {
            if let Some(path) = value.path().filter(|path| is_sample(file, path)) {
                name.get_or_insert_with(|| path.into());
            }
        });
    }
    name.map(|name| answered(call.place, &name))
}
