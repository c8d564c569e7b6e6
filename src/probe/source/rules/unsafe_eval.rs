//! Request data that is run as code.

use super::injection::{Danger, calls, message, reads, untraced};
use super::{Check, Hit, Rule, Subject, any_name};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Assignment, Call, Comparison, Value, root};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::flow::{Sink, Trace};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "unsafe-eval",
    title: "Request data is run as code",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::High,
    what: "Data from a request is evaluated as code, or as a template that can call code.",
    why: "Whoever sends the right text runs code of their choice with all the rights that your app has, and reads your users' data and your keys.",
    fix: "Parse the value for what it should be (`JSON.parse`, a number, one of a list), or look it up in a table of what is allowed. Keep templates fixed and pass data to them as variables.",
    example: "const total = eval(req.body.expression);\n\n// better\nconst total = OPERATIONS[req.body.operation](a, b);",
    references: &["F58", "https://owasp.org/www-community/attacks/Code_Injection"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check)).reads(reads, any_name).claims_none(look);

fn look(file: &FileFacts, index: &CodeIndex, subject: &mut Subject) {
    let dangers = calls(file, code).map(|(_, danger)| danger);
    untraced(file, index, Sink::Code, dangers, "code that is run", subject);
}

fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    for (_, danger) in calls(file, code) {
        let found = danger.reach(file, index, Sink::Code);
        let hit = if let Some(trace) = &found.request {
            danger.told(file, trace, |trace, to| message(trace, &format!("is run as code by `{to}`")))
        } else if let Some(trace) = &found.stored {
            // Who wrote it there is not known.
            let told = |trace: &Trace, to: &str| format!("What `{}` gives back is run as code by `{to}`", trace.source);
            danger.told(file, trace, told).confidence(Confidence::Medium)
        } else {
            continue;
        };
        // In a browser it runs with the rights of the one user who opened a prepared link.
        hits.push(if file.role == Role::Client { hit.severity(Severity::Major) } else { hit });
    }
    if file.language == Language::Ruby {
        classes(file, index, hits);
    }
}

/// `params[:type].constantize`: the client names the class that the app makes or asks.
fn classes(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    for call in file.calls.iter().filter(|call| !call.constructs) {
        let value = match (call.method(), call.receiver) {
            ("constantize" | "safe_constantize", Some(id)) => Value::Call(id),
            ("constantize" | "safe_constantize", None) => Value::Path(call.object().into()),
            ("const_get", _) => call.argument(0).cloned().unwrap_or_default(),
            _ => continue,
        };
        if is_told_apart(file, call) {
            continue;
        }
        let danger = Danger { value: &value, function: call.function, place: call.place, to: call.method() };
        let told = danger
            .hit(file, index, Sink::Code, |trace, to| message(trace, &format!("names the class that `{to}` gives")));
        hits.extend(told.map(|hit| hit.severity(Severity::Major)));
    }
}

/// `return unless klass < ApplicationRecord`: of the classes that a client may name, only some are let through.
fn is_told_apart(file: &FileFacts, call: &Call) -> bool {
    let holds = |set: &&Assignment| {
        set.function == call.function
            && set.place.bytes.0 <= call.place.bytes.0
            && call.place.bytes.1 <= set.place.bytes.1
    };
    let Some(set) = file.assignments.iter().filter(holds).min_by_key(|set| set.place.bytes.1 - set.place.bytes.0)
    else {
        return false;
    };
    // To look a constant up runs nothing; what is done with it may.
    let uses = |used: &Call| {
        root(&used.callee) == &*set.target
            || used.arguments.iter().any(|argument| argument.value.path() == Some(&set.target))
    };
    if call.method() == "const_get" && call.chained.is_none() && !file.calls.iter().any(uses) {
        return true;
    }
    let is_it = |value: &Value| value.path() == Some(&set.target);
    let asks = |value: &Value| match value {
        Value::Compared(Comparison::Order, pair) => is_it(&pair.0) || is_it(&pair.1),
        Value::Call(id) => file.call(*id).is_some_and(|asked| {
            let own = asked.object() == &*set.target || asked.object().starts_with(&format!("{}.", set.target));
            matches!(asked.method(), "include?" | "member?" | "in?" | "<=" | "<")
                && (own || asked.arguments.iter().any(|argument| is_it(&argument.value)))
        }),
        _ => false,
    };
    file.conditions.iter().filter(|condition| condition.place.bytes.0 > call.place.bytes.1).any(|condition| {
        let mut found = false;
        condition.test.walk(&mut |value| found |= asks(value));
        condition.function == call.function && found
    })
}

fn code<'f>(file: &'f FileFacts, call: &'f Call) -> Option<&'f Value> {
    let (callee, method) = (&*call.callee, call.method());
    match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => match callee {
            "eval" | "window.eval" | "globalThis.eval" | "global.eval" => call.argument(0),
            "Function" => call.arguments.last().map(|argument| &argument.value),
            "setTimeout" | "setInterval" => call.argument(0).filter(|value| matches!(value, Value::Template(_))),
            _ if matches!(method, "runInContext" | "runInNewContext" | "runInThisContext" | "compileFunction")
                || (method == "Script" && call.constructs && callee.starts_with("vm")) =>
            {
                call.argument(0)
            }
            _ if method == "eval" || method == "safeEval" => {
                let module = file.binding(call.root()).map_or("", |binding| &binding.module);
                matches!(module, "mathjs" | "notevil" | "safe-eval" | "static-eval" | "vm2")
                    .then(|| call.argument(0))?
            }
            // The text of a template that is compiled, not what it is filled with.
            "pug.render"
            | "pug.compile"
            | "ejs.render"
            | "ejs.compile"
            | "Handlebars.compile"
            | "nunjucks.renderString"
            | "_.template"
            | "jade.compile"
            | "jade.render"
            | "doT.template" => call.argument(0),
            _ => None,
        },
        Language::Python => match callee {
            "eval"
            | "exec"
            | "compile"
            | "builtins.eval"
            | "builtins.exec"
            | "render_template_string"
            | "flask.render_template_string"
            | "jinja2.Template"
            | "__import__" => call.argument(0),
            "Template" => file
                .imports_any(|module| module.starts_with("jinja2") || module.starts_with("mako"))
                .then(|| call.argument(0))?,
            _ if method == "from_string" && compiles_templates(call.object()) => call.argument(0),
            _ => None,
        },
        Language::Php => match callee {
            "eval" | "create_function" | "assert" | "Blade.render" | "call_user_func" | "call_user_func_array" => {
                call.argument(0)
            }
            _ => None,
        },
        Language::Ruby => match method {
            "eval" | "instance_eval" | "class_eval" | "module_eval" | "instance_variable_get" => call.argument(0),
            "send" | "public_send" | "__send__" | "method" | "try" | "try!" if !call.object().is_empty() => {
                call.argument(0)
            }
            "render" => call.named("inline"),
            _ => None,
        },
        Language::Go => {
            let template = method == "Parse" && call.callee.starts_with("template.");
            template.then(|| call.argument(0))?
        }
        Language::Java => match method {
            "parseExpression" | "evaluate" => file
                .imports_any(|module| {
                    let lower = module.to_ascii_lowercase();
                    ["expression", "script", "groovy", "mvel", "ognl", "jexl", "spel", ".el."]
                        .iter()
                        .any(|word| lower.contains(word))
                })
                .then(|| call.argument(0))?,
            "eval" => file
                .imports_any(|module| module.contains("script") || module.contains("groovy"))
                .then(|| call.argument(0))?,
            _ => None,
        },
        Language::Template => None,
    }
}

/// What Jinja and its likes call where templates are made: `env.from_string(text)`. Many classes read themselves from a text.
fn compiles_templates(object: &str) -> bool {
    let lower = object.to_ascii_lowercase();
    ["env", "jinja", "template", "engine"].iter().any(|word| lower.contains(word))
}
