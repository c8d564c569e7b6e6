//! A route that guesses, mails, pays or asks a model as often as somebody likes.

mod limiters;

use super::password_checks::{self, checks_password, hashes_password};
use super::server_actions::{Actions, Caller};
use super::{Check, Hit, Rule, request_work};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::index::Question;
use crate::probe::source::routes::reach::accesses;
use crate::probe::source::routes::{Cover, Route, Verb, is_watched, names, purpose};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "rate-limit-missing",
    title: "A sensitive route can be called without limit",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::Medium,
    what: "A route that checks a password, makes accounts, resets passwords, asks an AI model, or sends mail or starts payments for strangers, with no limiter before it or in it.",
    why: "A script tries thousands of passwords on your users' accounts, floods strangers with mail in your name, or spends your model budget overnight.",
    fix: "Limit by account and by address: express-rate-limit, `@nestjs/throttler`, Upstash, slowapi, django-ratelimit, Laravel's `throttle`, Rails' `rate_limit`, httprate or Bucket4j. With several instances keep the counters in Redis.",
    example: "app.post('/login', login);\n\n// better\napp.post('/login', rateLimit({ windowMs: 60_000, limit: 5 }), login);",
    references: &["F57", "https://cheatsheetseries.owasp.org/cheatsheets/Denial_of_Service_Cheat_Sheet.html"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::Project(check))
    .reads(request_work::reads, request_work::would_read)
    .about("route", request_work::routes);

/// Why a route needs a limit, and how sure that is.
struct Need {
    does: &'static str,
    confidence: Confidence,
}

/// Looks at the project.
fn check(index: &CodeIndex, hits: &mut Vec<Hit>) {
    if index.answer(&EVERYTHING) || limiters::before_all(index) {
        return;
    }
    let elsewhere = limiters::somewhere(index);
    let actions = Actions::new(index);
    let watched = is_watched(index);
    let mut limited = request_work::Limited::new();
    for route in request_work::judged(index, request_work::reads).filter(|route| route.verb != Verb::Get) {
        let caller = actions.caller(index, route);
        if caller == Some(Caller::Server) {
            continue;
        }
        if route.unknown || request_work::is_limited(index, route, &mut limited) {
            continue;
        }
        let Some(need) = need(index, route) else { continue };
        let unknown = route.guards.iter().all(|guard| guard.auth != Cover::Yes)
            && route.guards.iter().any(|guard| guard.auth == Cover::Unknown);
        let confidence = match caller {
            _ if unknown => Confidence::Low,
            Some(Caller::Nobody) => need.confidence.min(Confidence::Medium),
            // Who may load the page that calls it is asked in between.
            Some(Caller::Page) if watched => need.confidence.min(Confidence::Medium),
            // Something counts somewhere, and may well count here.
            _ if elsewhere => need.confidence.min(Confidence::Medium),
            _ => need.confidence,
        };
        let mut hit =
            Hit::new(route.place, format!("{} {}, and nothing limits how often", route.title(index), need.does))
                .confidence(confidence);
        hit.file = route.file;
        hits.push(hit);
    }
}

/// A limiter in the middleware of the whole app, which no route names.
static EVERYTHING: Question = Question {
    name: "limits everything",
    any: |file| {
        let name = file.path.rsplit('/').next().unwrap_or(&file.path);
        let whole = matches!(name.split('.').next(), Some("middleware" | "proxy" | "hooks"));
        whole && file.language.is_ecma() && file.calls.iter().any(|call| request_work::limits(file, call))
            || file
                .calls
                .iter()
                .any(|call| matches!(&*call.callee, "Limiter") && call.named("default_limits").is_some())
            // What counts failed sign-ins for all of a Django app.
            || file.language == Language::Python
                && file.path.contains("settings")
                && file.assignments.iter().any(|set| {
                    let mut found = false;
                    set.value.walk(&mut |value| {
                        found |= value.text().is_some_and(|text| {
                            matches!(text, "axes" | "defender") || text.starts_with("axes.") || text.starts_with("defender.")
                        });
                    });
                    found
                })
            // Rack::Attack stands before all of a Rails app; what it watches is written as code.
            || file.language == Language::Ruby
                && file.calls.iter().any(|call| matches!(&*call.callee, "Rack.Attack.throttle" | "throttle"))
                && (file.path.contains("rack_attack") || file.path.contains("rack-attack"))
    },
};

fn need(index: &CodeIndex, route: &Route) -> Option<Need> {
    let words = names::words(&purpose::fixed(&route.purpose(index)));
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let calls = |test: &dyn Fn(&FileFacts, &Call) -> bool| {
        route.reach.iter().any(|at| at.calls(index).any(|(file, _, call)| test(file, call)))
    };
    let cost =
        route.reach.iter().find_map(|at| at.calls(index).find_map(|(file, _, call)| request_work::costly(file, call)));
    let covered = route.auth(index);
    if has(&["webhook", "webhooks", "hook", "cron", "logout", "signout"]) || has(&["oauth", "callback"]) {
        return None;
    }
    let stranger = route.guards.iter().all(|guard| guard.auth != Cover::Yes);
    let makes_account = has(&["signup", "register", "registration"])
        || words.windows(2).any(|pair| matches!(pair, [a, b] if a == "sign" && b == "up"));
    let signs_in = has(&["login", "signin", "session", "sessions", "logon"]);
    let checks =
        |file: &FileFacts, call: &Call| checks_password(file, call) && !password_checks::is_forgotten(file, call);
    // Who signs up chooses a password, which is looked at for its strength.
    if stranger
        && !makes_account
        && (signs_in || has(&["auth", "authenticate", "token", "sign", "log"]))
        && calls(&checks)
    {
        // What a mail brought is kept as passwords are, and who changes a password has mostly signed in.
        let of_code = has(&["otp", "totp", "mfa", "code", "pin", "verify", "verification"]);
        let changes = has(&["change", "update"]) && has(&["password", "passwords", "passwd"]);
        return Some(match (signs_in, of_code, changes) {
            (false, true, _) => Need { does: "checks one-time codes", confidence: Confidence::Medium },
            (false, _, true) => Need { does: "checks passwords", confidence: Confidence::Medium },
            _ => Need { does: "checks passwords", confidence: Confidence::High },
        });
    }
    let last = names::words(&purpose::fixed(&route.path)).pop().unwrap_or_default();
    let registers = || {
        // `has_secure_password` hashes where the row is made.
        let ruby = index.files.get(route.file).is_some_and(|file| file.language == Language::Ruby);
        ruby && route.verb == Verb::Post || calls(&hashes_password)
    };
    let takes_password = || {
        let is_password = |path: &str| path.to_ascii_lowercase().ends_with("password");
        route.reach.iter().take(2).any(|at| {
            at.get(index).is_some_and(|(file, function)| {
                accesses(file, function).any(|access| is_password(&access.path))
                    || file.assignments.iter().any(|a| {
                        a.value.path().is_some_and(|path| path.ends_with("body.password"))
                            && function.place.bytes.0 <= a.place.bytes.0
                            && a.place.bytes.1 <= function.place.bytes.1
                    })
                    || !file.language.is_ecma()
                        && file.language != Language::Python
                        && file.calls_of(&function.body).any(|(_, call)| {
                            is_password(call.method())
                                || call.arguments.iter().any(|a| {
                                    a.value.path().is_some_and(|path| path.contains('.') && is_password(path))
                                        || matches!(call.method(), "input" | "FormValue" | "PostForm" | "getParameter")
                                            && a.value.text() == Some("password")
                                })
                        })
            })
        })
    };
    if stranger && route.verb == Verb::Post && matches!(&*last, "login" | "signin" | "in") && takes_password() {
        return Some(Need { does: "checks passwords", confidence: Confidence::Medium });
    }
    if stranger && makes_account && (registers() && request_work::writes(index, route)) {
        return Some(Need { does: "makes accounts", confidence: Confidence::Medium });
    }
    let sends = has(&["forgot", "recover", "recovery", "magic", "otp"]);
    // `/websites/:id/reset` is about something else.
    let resets =
        sends || has(&["reset"]) && has(&["password", "passwords", "passwd", "account", "auth", "user", "users"]);
    if stranger && resets && (cost.is_some() || request_work::writes(index, route)) {
        return Some(Need {
            does: "resets passwords or sends codes",
            confidence: match cost {
                Some(_) => Confidence::Medium,
                // Who sets a new password brings the token that a mail brought, and nobody guesses that.
                None if sends => Confidence::Medium,
                None => Confidence::Low,
            },
        });
    }
    match cost? {
        // Those who run the app pay for what they ask themselves, and so do users who bring their own key.
        "asks an AI model" if purpose::is_private(&route.path) || calls(&takes_users_key) => None,
        does @ "asks an AI model" => {
            Some(Need { does, confidence: if covered == Cover::No { Confidence::High } else { Confidence::Medium } })
        }
        does if covered == Cover::No => Some(Need { does, confidence: Confidence::Medium }),
        _ => None,
    }
}

/// `new OpenAI({ apiKey: profile.openaiKey })`
fn takes_users_key(file: &FileFacts, call: &Call) -> bool {
    let client = ["OpenAI", "Anthropic", "AsyncOpenAI", "AzureOpenAI", "Groq", "GoogleGenerativeAI"];
    if !client.contains(&call.method()) {
        return false;
    }
    let key = call
        .argument(0)
        .and_then(|options| file.resolved(options, call.function).get("apiKey"))
        .or_else(|| call.named("api_key"));
    key.is_some_and(|key| {
        let (mut of_app, mut named) = (false, None);
        file.resolved(key, call.function).walk(&mut |value| match value {
            Value::Env(_) => of_app = true,
            Value::Path(path) => named = Some(path.to_ascii_lowercase()),
            _ => {}
        });
        let settings = ["env", "config", "settings", "process", "this", "self"];
        !of_app && named.is_some_and(|path| path.contains('.') && !settings.iter().any(|word| path.contains(word)))
    })
}
