//! Development mode that is on in production too.

pub(super) mod plain;

use super::settings_layers;
use super::{Check, Hit, Rule, any_name, server_or_config};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Assignment, Block, Call, Comparison, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "debug-mode-enabled",
    title: "Debug mode is on",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "A framework's debug mode switched on in code, or on unless an environment variable says otherwise; and a development server such as `next dev` as what a Dockerfile, a `Procfile` or the `start` script starts.",
    why: "Users see stack traces with your settings in them, and Flask's debugger lets anyone run code on your server. A development server is slow and not made to be attacked.",
    fix: "Leave it off in the code and switch it on in development through an environment variable that is off by default.",
    example: "app.run(debug=True)\n\n# better\napp.run(debug=os.environ.get('FLASK_DEBUG') == '1')",
    references: &[
        "F9",
        "https://flask.palletsprojects.com/en/stable/debugging/",
        "https://docs.djangoproject.com/en/stable/ref/settings/#debug",
    ],
};

/// The rule.
pub const RULE: Rule =
    Rule::new(&META, Check::EachFile(check)).reads(Language::is_code, any_name).looks_at(server_or_config);

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    let name = file.path.rsplit('/').next().unwrap_or(&file.path).to_ascii_lowercase();
    if ["dev", "local", "test"].iter().any(|word| name.contains(word)) {
        return;
    }
    match file.language {
        Language::Php => return php(file, hits),
        Language::Ruby => return ruby(file, hits),
        _ if file.role != Role::Server => return,
        _ => {}
    }
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        let hit = match file.language {
            Language::Python => python_call(file, call),
            Language::Go => go_call(file, call),
            Language::Java => java_call(file, call),
            _ => ecma_call(file, call),
        };
        hits.extend(hit);
    }
    for assignment in &file.assignments {
        let hit = match file.language {
            Language::Python => python_setting(file, assignment).map(|mut hit| {
                if let Some(over) = settings_layers::overridden_by(file, index, &assignment.target) {
                    hit.steps.push(over);
                    hit = hit.confidence(Confidence::Medium);
                }
                hit
            }),
            Language::Go => go_setting(file, assignment),
            Language::Java => None,
            _ => ecma_setting(assignment),
        };
        hits.extend(hit);
    }
}

/// `ini_set('display_errors', 1)`, WordPress's `define('WP_DEBUG', true)`, Laravel's `'debug' => true`.
fn php(file: &FileFacts, hits: &mut Vec<Hit>) {
    let on = |value: Option<&Value>| {
        value.is_some_and(|value| match value {
            Value::Bool(on) => *on,
            Value::Text(text) | Value::Number(text) => {
                matches!(&*text.to_ascii_lowercase(), "1" | "on" | "true" | "yes")
            }
            _ => false,
        })
    };
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        let first = call.argument(0).and_then(Value::text);
        let message = match (&*call.callee, first) {
            ("ini_set", Some("display_errors")) if on(call.argument(1)) => "PHP writes its errors into the pages",
            ("define", Some("WP_DEBUG_DISPLAY" | "YII_DEBUG")) if on(call.argument(1)) => {
                "The app runs in its debug mode"
            }
            _ => continue,
        };
        // What stands under a condition was thought about.
        if call.function == 0
            && file.conditions.iter().all(|c| !file.calls_of(&c.then).any(|(_, other)| other.place == call.place))
        {
            hits.push(Hit::new(call.place, message).confidence(Confidence::Medium));
        }
    }
    let returned = file.function(0).filter(|_| file.path.ends_with("config/app.php")).map(|top| &top.body.returns);
    if returned.is_some_and(|returned| returned.iter().any(|value| value.get("debug") == Some(&Value::Bool(true)))) {
        let place = crate::probe::source::code::Place::default();
        hits.push(Hit::new(place, "Laravel's debug mode is on whatever the environment says"));
    }
}

/// `config.consider_all_requests_local = true` in the settings for production.
fn ruby(file: &FileFacts, hits: &mut Vec<Hit>) {
    if !file.path.ends_with("environments/production.rb") {
        return;
    }
    let on = |assignment: &&Assignment| {
        assignment.target.ends_with("consider_all_requests_local") && assignment.value == Value::Bool(true)
    };
    hits.extend(file.assignments.iter().filter(on).map(|assignment| {
        Hit::new(assignment.place, "Rails shows its own error pages, with the code in them, to every user")
    }));
}

/// `if __name__ == "__main__":`
fn is_run_as_script(file: &FileFacts, call: &Call) -> bool {
    file.conditions.iter().any(|condition| {
        let mut named = false;
        condition.test.walk(&mut |value| named |= value.path() == Some("__name__"));
        named && file.calls_of(&condition.then).any(|(_, other)| other.place == call.place)
    })
}

fn python_call(file: &FileFacts, call: &Call) -> Option<Hit> {
    let on = |name: &str| call.named(name) == Some(&Value::Bool(true));
    match call.method() {
        "run"
            if on("debug") && file.imports_any(|module| module.starts_with("flask") || module.starts_with("quart")) =>
        {
            let hit =
                Hit::new(call.place, "The server runs with `debug=True`, whose debugger runs any code it is sent");
            // `python app.py` runs it, a server for production that imports the app does not.
            Some(if is_run_as_script(file, call) { hit.confidence(Confidence::Medium) } else { hit })
        }
        "FastAPI" | "Starlette" if on("debug") => {
            Some(Hit::new(call.place, "The app is made with `debug=True` and shows its stack traces to users"))
        }
        "run" if on("reload") && call.root() == "uvicorn" => Some(
            Hit::new(call.place, "The server runs with `reload=True`, which is for development")
                .severity(Severity::Minor)
                .confidence(Confidence::Medium),
        ),
        _ => None,
    }
}

fn python_setting(file: &FileFacts, assignment: &Assignment) -> Option<Hit> {
    if assignment.dev_only {
        return None;
    }
    let target = &*assignment.target;
    let django = target == "DEBUG" && assignment.function == 0 && file.path.contains("settings");
    let flask = target.ends_with(".debug") && target.starts_with("app")
        || target.ends_with("config.DEBUG") && target.starts_with("app");
    if !(django || flask) {
        return None;
    }
    let last =
        file.assignments.iter().rev().find(|a| a.target == assignment.target && a.function == assignment.function);
    if !last.is_some_and(|last| last.place == assignment.place) {
        return None;
    }
    if assignment.value == Value::Bool(true) {
        return Some(Hit::new(assignment.place, format!("`{target}` is set to True")));
    }
    on_by_default(file, &assignment.value).then(|| {
        Hit::new(assignment.place, format!("`{target}` is on unless an environment variable switches it off"))
            .confidence(Confidence::Medium)
    })
}

/// A read of the environment whose default switches on, through whatever helper.
fn on_by_default(file: &FileFacts, value: &Value) -> bool {
    let is_on = |value: &Value| match value {
        Value::Bool(on) => *on,
        Value::Text(text) => matches!(&*text.to_ascii_lowercase(), "true" | "1" | "yes" | "on"),
        Value::Number(number) => &**number == "1",
        _ => false,
    };
    match value {
        Value::Either(values) => values.last().is_some_and(is_on) && values.iter().any(|v| matches!(v, Value::Env(_))),
        Value::Call(id) => file.call(*id).is_some_and(|call| {
            let reads = call.callee.to_ascii_lowercase().contains("env") || matches!(call.root(), "config");
            let default = call.named("default").or_else(|| call.argument(1));
            (reads && call.argument(0).and_then(Value::text).is_some() && default.is_some_and(is_on))
                || call.arguments.iter().any(|argument| on_by_default(file, &argument.value))
        }),
        // `os.getenv("DEBUG", "True") == "True"`
        Value::Compared(Comparison::Equal | Comparison::In, pair) => {
            let (left, right) = &**pair;
            let names_it = match right {
                Value::Array(accepted) => accepted.iter().any(is_on),
                other => is_on(other),
            };
            on_by_default(file, left) && names_it
        }
        _ => false,
    }
}

fn ecma_call(file: &FileFacts, call: &Call) -> Option<Hit> {
    let module = file.binding(call.root()).map_or("", |binding| &*binding.module);
    match call.method() {
        "errorhandler" | "errorHandler" if module == "errorhandler" => {
            Some(Hit::new(call.place, "`errorhandler` sends stack traces to users"))
        }
        "NextAuth"
            if call.argument(0).and_then(|o| file.resolved(o, call.function).get("debug"))
                == Some(&Value::Bool(true)) =>
        {
            Some(
                Hit::new(call.place, "NextAuth runs with `debug: true` and writes tokens to the log")
                    .confidence(Confidence::Medium),
            )
        }
        "set"
            if call.argument(0).and_then(Value::text) == Some("env")
                && call.argument(1).and_then(Value::text) == Some("development") =>
        {
            Some(Hit::new(call.place, "The app is set to its development mode"))
        }
        _ => None,
    }
}

fn ecma_setting(assignment: &Assignment) -> Option<Hit> {
    let node_env = assignment.target.ends_with("env.NODE_ENV");
    (node_env && !assignment.dev_only && assignment.value.text() == Some("development"))
        .then(|| Hit::new(assignment.place, "`NODE_ENV` is set to development"))
}

fn go_call(file: &FileFacts, call: &Call) -> Option<Hit> {
    let module = file.binding(call.root()).map_or("", |binding| &*binding.module);
    let mode = call.argument(0)?;
    let debug = mode.text() == Some("debug") || mode.path() == Some("gin.DebugMode");
    let switches = module == "github.com/gin-gonic/gin" && call.method() == "SetMode" && debug;
    (switches && !is_decided(file, |block| file.calls_of(block).any(|(_, inner)| inner.place == call.place)))
        .then(|| Hit::new(call.place, "Gin runs in its debug mode").severity(Severity::Minor))
}

/// Whether something stands behind a condition, so that somebody decides on it.
fn is_decided(file: &FileFacts, inside: impl Fn(&Block) -> bool) -> bool {
    file.conditions.iter().any(|condition| inside(&condition.then) || condition.otherwise.as_ref().is_some_and(&inside))
}

/// `e.Debug = true` of Echo, `web.BConfig.RunMode = "dev"` of Beego.
fn go_setting(file: &FileFacts, assignment: &Assignment) -> Option<Hit> {
    let (target, value) = (&*assignment.target, &assignment.value);
    let decided = || {
        assignment.dev_only
            || is_decided(file, |block| {
                let (from, to) = block.assignments;
                let inner = file.assignments.get(from as usize..to as usize).unwrap_or_default();
                inner.iter().any(|inner| inner.place == assignment.place)
            })
    };
    let made_by_echo = |object: &str| {
        matches!(file.assigned(object, assignment.function).map(|set| &set.value), Some(Value::Call(id))
            if file.call(*id).is_some_and(|made| &*made.callee == "echo.New"))
    };
    if let Some(object) = target.strip_suffix(".Debug")
        && *value == Value::Bool(true)
        && made_by_echo(object)
        && !decided()
    {
        return Some(Hit::new(assignment.place, "Echo runs with `Debug` on and sends the text of errors to users"));
    }
    (target.ends_with("BConfig.RunMode") && value.text() == Some("dev") && !decided())
        .then(|| Hit::new(assignment.place, "Beego runs in its development mode and shows stack traces to users"))
}

fn java_call(file: &FileFacts, call: &Call) -> Option<Hit> {
    let on = |value: Option<&Value>| value == Some(&Value::Bool(true));
    let development = |value: &Value| matches!(value.text(), Some("dev" | "development" | "local"));
    let spring_security = || file.imports_any(|module| module.starts_with("org.springframework.security"));
    match call.method() {
        "EnableWebSecurity" if on(call.named("debug")) => {
            Some(Hit::new(call.place, "Spring Security's debug mode writes every request with its tokens to the log"))
        }
        "debug" if on(call.argument(0)) && call.arguments.len() == 1 && spring_security() => {
            Some(Hit::new(call.place, "Spring Security's debug mode writes every request with its tokens to the log"))
        }
        "setProperty"
            if &*call.callee == "System.setProperty"
                && call.argument(0).and_then(Value::text) == Some("spring.profiles.active")
                && call.argument(1).is_some_and(development) =>
        {
            Some(Hit::new(call.place, "The app starts with the profile for development"))
        }
        "setAdditionalProfiles" | "profiles"
            if call.arguments.iter().any(|argument| development(&argument.value))
                && file.imports_any(|module| module.starts_with("org.springframework.boot")) =>
        {
            Some(Hit::new(call.place, "The app starts with the profile for development"))
        }
        "enableDevLogging" => Some(
            Hit::new(call.place, "Javalin writes every request with its body to the log").severity(Severity::Minor),
        ),
        _ => None,
    }
}
