//! What a request sets going, for the rules about routes: what its handler writes, sends and calls.

use std::collections::HashMap;

use super::Subject;
use crate::probe::source::code::{Call, FunctionId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::routes::reach::{Reached, accesses};
use crate::probe::source::routes::{Route, names};

/// Languages whose routes are found, with what stands before them.
pub(super) fn reads(language: Language) -> bool {
    language.is_code()
}

/// The routes in languages that a rule reads.
pub(super) fn judged(index: &CodeIndex, reads: fn(Language) -> bool) -> impl Iterator<Item = &Route> {
    index
        .routes()
        .all()
        .iter()
        .filter(move |route| index.files.get(route.file).is_some_and(|file| reads(file.language)))
}

/// Languages whose routes are not found.
pub(super) fn would_read(name: &str) -> bool {
    !matches!(name, "Vue" | "Svelte" | "Astro" | "templates" | "SQL" | "HTML")
}

/// Frameworks whose routes are not found.
const OTHERS: [&str; 29] = [
    "@hapi/hapi",
    "@adonisjs/",
    "@feathersjs/",
    "@medusajs/",
    "@keystone-6/",
    "@loopback/",
    "tornado",
    "aiohttp.web",
    "falcon",
    "bottle",
    "pyramid",
    "cherrypy",
    "google.golang.org/grpc",
    "connectrpc.com/connect",
    "github.com/beego/beego",
    "github.com/valyala/fasthttp",
    "jakarta.ws.rs",
    "javax.ws.rs",
    "io.micronaut",
    "io.javalin",
    "io.vertx",
    "play.mvc",
    "Symfony\\Component\\Routing",
    "Slim\\",
    "CodeIgniter\\",
    "Cake\\",
    "yii\\",
    "sinatra",
    "grape",
];

/// A route.
pub(super) fn routes(file: &FileFacts, index: &CodeIndex, subject: &mut Subject) {
    subject.seen |= index.place_of(file).is_some_and(|place| index.routes().of_file(place).next().is_some());
    if let Some(name) = super::super::libraries::imported(file, &OTHERS) {
        subject.is_beyond("Routes", name.trim_end_matches('\\'));
    }
    // A script of PHP that answers where it stands is a route that no router names.
    let script = file.language == Language::Php
        && file.functions.first().is_some_and(|top| top.kind == crate::probe::source::code::FunctionKind::Handler);
    if script {
        subject.beyond.insert("Scripts that answer requests without a router are not examined".to_owned());
    }
}

/// Whether a route's work changes rows, files, or something at another service.
pub(super) fn writes(index: &CodeIndex, route: &Route) -> bool {
    route.reach.iter().any(|at| at.calls(index).any(|(file, id, call)| is_write(index, file, id, call)))
}

/// Whether a call changes a row.
pub(super) fn is_write(index: &CodeIndex, file: &FileFacts, id: u32, call: &Call) -> bool {
    if index.query(file, id).is_some_and(|query| query.writes()) {
        return true;
    }
    let method = call.method();
    let object = call.object().rsplit('.').next().unwrap_or("").trim_end_matches("()");
    match file.language {
        Language::Python => {
            let session = matches!(object, "session" | "db" | "conn" | "connection") || object.ends_with("_session");
            (session && matches!(method, "add" | "add_all" | "merge" | "delete" | "commit" | "execute" | "insert"))
                || (matches!(method, "save" | "delete")
                    && !object.is_empty()
                    && !matches!(object, "file" | "f" | "wb" | "image" | "form_set")
                    && object != "cache")
                || matches!(
                    method,
                    "insert_one"
                        | "insert_many"
                        | "update_one"
                        | "update_many"
                        | "delete_one"
                        | "delete_many"
                        | "bulk_create"
                        | "get_or_create"
                        | "update_or_create"
                )
                || (method == "create" && call.object().ends_with("objects"))
                || writes_file(call)
        }
        Language::Java => {
            let store = object.to_ascii_lowercase();
            let stores =
                ["repository", "repo", "dao", "mapper", "entitymanager", "em"].iter().any(|end| store.ends_with(end));
            stores
                && names::words(method).first().is_some_and(|word| {
                    matches!(word.as_str(), "save" | "delete" | "insert" | "update" | "persist" | "merge" | "remove")
                })
        }
        Language::Go => {
            // What the files of a store offer by name.
            let store = object.to_ascii_lowercase();
            let stores = ["store", "repo", "repository", "queries", "db", "dao"].iter().any(|end| store.ends_with(end));
            stores
                && names::words(method).first().is_some_and(|word| {
                    matches!(
                        word.as_str(),
                        "create" | "save" | "delete" | "insert" | "update" | "remove" | "upsert" | "add"
                    )
                })
        }
        _ => {
            matches!(
                method,
                "findByIdAndUpdate"
                    | "findByIdAndDelete"
                    | "findOneAndUpdate"
                    | "findOneAndDelete"
                    | "insertOne"
                    | "updateOne"
                    | "deleteOne"
                    | "insertMany"
                    | "updateMany"
                    | "deleteMany"
                    | "bulkCreate"
            ) || (matches!(method, "save" | "destroy") && call.awaited && !object.is_empty())
                || (matches!(method, "create" | "update" | "delete" | "destroy" | "upsert" | "insert" | "remove")
                    && object.starts_with(|c: char| c.is_ascii_uppercase())
                    && call.object() == object
                    && object.len() > 2
                    && !matches!(
                        object,
                        "Object" | "Array" | "Map" | "Set" | "Promise" | "Reflect" | "URL" | "Math" | "JSON"
                    ))
        }
    }
}

/// Whether a handler calls something whose name says that it changes things, where what is behind it cannot be seen.
pub(super) fn may_write(index: &CodeIndex, route: &Route) -> bool {
    const VERBS: [&str; 28] = [
        "create", "update", "delete", "remove", "save", "insert", "add", "set", "send", "upsert", "destroy", "store",
        "import", "approve", "cancel", "archive", "assign", "publish", "grant", "revoke", "transfer", "refund", "pay",
        "edit", "write", "post", "put", "patch",
    ];
    writes(index, route)
        || route.reach.iter().take(1).any(|at| {
            at.calls(index).any(|(_, _, call)| {
                let object = call.object().rsplit('.').next().unwrap_or("").to_ascii_lowercase();
                let harmless = matches!(
                    &*object,
                    "res"
                        | "response"
                        | "headers"
                        | "map"
                        | "cache"
                        | "cookies"
                        | "params"
                        | "searchparams"
                        | "reply"
                        | "set"
                        | "jsonify"
                        | "ctx"
                        | "c"
                        | "list"
                        | "result"
                        | "results"
                );
                !harmless
                    && !call.constructs
                    && names::words(call.method()).first().is_some_and(|word| VERBS.contains(&word.as_str()))
            })
        })
}

fn writes_file(call: &Call) -> bool {
    matches!(&*call.callee, "os.remove" | "os.unlink" | "shutil.rmtree")
}

/// Mail that a call sends, a model that it asks, money that it moves; the name of what it does, for people.
pub(super) fn costly(file: &FileFacts, call: &Call) -> Option<&'static str> {
    let method = call.method();
    let callee = call.callee.to_ascii_lowercase();
    let module = || file.binding(call.root()).map_or("", |binding| &*binding.module);
    if callee.ends_with("chat.completions.create")
        || callee.ends_with("completions.create")
        || callee.ends_with("messages.create") && (callee.contains("anthropic") || callee.contains("claude"))
        || callee.ends_with("responses.create")
        || callee.ends_with("images.generate")
        || callee.ends_with("models.generatecontent")
        || matches!(method, "generateText" | "streamText" | "generateObject" | "streamObject") && module() == "ai"
        || matches!(method, "generateContent" | "generate_content" | "generateContentStream")
        || callee.ends_with("replicate.run")
        || matches!(
            method,
            "CreateChatCompletion" | "CreateChatCompletionStream" | "createChatCompletion" | "CreateImage"
        )
        || callee.ends_with("chat.completions.new")
        || callee.ends_with("messages.new") && callee.contains("client")
        || callee.contains("openai.") && matches!(method, "create" | "chat" | "createStreamed")
        || matches!(method, "call" | "content" | "stream") && callee.contains("prompt()") && callee.contains("chat")
        || method == "chat" && asks_openai(file)
    {
        return Some("asks an AI model");
    }
    if callee.ends_with("emails.send")
        || matches!(
            method,
            "sendMail"
                | "send_mail"
                | "sendEmail"
                | "send_email"
                | "sendTransacEmail"
                | "send_mass_mail"
                | "EmailMessage"
                | "EmailMultiAlternatives"
        )
        || (method == "send"
            && (callee.contains("mail")
                || callee.contains("resend")
                || callee.contains("sendgrid")
                || callee == "sgmail.send"))
        || (method == "send_message" && callee.contains("smtp"))
        || matches!(
            method,
            "DialAndSend" | "deliver_now" | "deliver_later" | "deliver" | "deliver_now!" | "deliver_later!"
        ) && (callee.contains("mail") || callee.contains("notif") || method == "DialAndSend")
        || method == "SendMail" && call.root() == "smtp"
        || matches!(method, "Send" | "SendEmail" | "SendMail" | "SendPasswordReset" | "sendMessage" | "queue")
            && callee.contains("mail")
        || callee == "mail" && file.language == Language::Php
        || matches!(method, "notify" | "sendPasswordResetNotification" | "sendResetLink")
            && file.language == Language::Php
    {
        return Some("sends mail");
    }
    if callee.contains("stripe.")
        && matches!(method, "create")
        && [
            "checkout.sessions",
            "paymentintents",
            "charges",
            "payment_intents",
            "subscriptions",
            "paymentintent",
            "session",
            "charge",
        ]
        .iter()
        .any(|part| callee.contains(part))
    {
        return Some("starts a payment");
    }
    let stripe = || file.imports_any(|module| module.contains("stripe"));
    if matches!(
        (call.root(), method),
        ("session" | "paymentintent" | "charge", "New") | ("Session" | "PaymentIntent" | "Charge", "create")
    ) && stripe()
        || matches!(callee.as_str(), _ if callee.ends_with("checkout.sessions.create") || callee.ends_with("paymentintents.create"))
    {
        return Some("starts a payment");
    }
    if callee.ends_with("messages.create") && callee.contains("twilio") || callee.ends_with("verifications.create") {
        return Some("sends text messages");
    }
    None
}

/// Whether functions ask a limiter, by the places of their files and their own: many routes run the same functions.
pub(super) type Limited = HashMap<(usize, FunctionId), bool>;

/// A limiter before a route or in what it runs.
pub(super) fn is_limited(index: &CodeIndex, route: &Route, known: &mut Limited) -> bool {
    let before = route.guards.iter().any(|guard| {
        names::limits_rate(&guard.name)
            || guard.function.is_some_and(|(file, function)| {
                let Some(file) = index.files.get(file) else { return false };
                file.function(function).is_some_and(|function| {
                    function.name.as_deref().is_some_and(names::limits_rate)
                        || file.calls_of(&function.body).any(|(_, call)| limits(file, call))
                })
            })
    });
    let asks = |at: &Reached| *known.entry((at.file, at.function)).or_insert_with(|| asks_limiter(index, at));
    before || route.reach.iter().any(asks)
}

fn asks_limiter(index: &CodeIndex, at: &Reached) -> bool {
    at.calls(index).any(|(file, _, call)| limits(file, call))
        || at.get(index).is_some_and(|(file, function)| {
            accesses(file, function).any(|access| counts_failures(&access.path))
                || file
                    .assignments
                    .get(function.body.assignments.0 as usize..function.body.assignments.1 as usize)
                    .unwrap_or_default()
                    .iter()
                    .any(|set| counts_failures(&set.target))
        })
}

/// `user.failedAttempts`, `account.locked_until`, `verifyCaptcha`: what stops those who guess.
fn counts_failures(path: &str) -> bool {
    let words = names::words(path.rsplit('.').next().unwrap_or(path));
    words.iter().any(|word| {
        matches!(
            word.as_str(),
            "attempts" | "lockout" | "captcha" | "recaptcha" | "hcaptcha" | "lockable" | "cooldown" | "backoff"
        )
    }) || words.windows(2).any(|pair| matches!(pair, [a, b] if a.starts_with("lock") && matches!(b.as_str(), "until" | "out" | "account" | "at")))
}

/// Whether a call asks a limiter.
pub(super) fn limits(file: &FileFacts, call: &Call) -> bool {
    names::limits_rate(call.method())
        || counts_failures(call.method())
        || call.object().rsplit('.').next().is_some_and(names::limits_rate)
        || matches!(&*call.callee, "aj.protect")
        || call.arguments.iter().any(|argument| {
            let status = argument.value.get("status").or_else(|| argument.value.get("statusCode"));
            says_too_many(status.unwrap_or(&argument.value))
        })
        || matches!(
            call.method(),
            "tryConsume" | "tryConsumeAndReturnRemaining" | "tooManyAttempts" | "acquirePermission"
        )
        || (call.method() == "limit" && file.imports_any(|module| module.starts_with("@upstash/ratelimit")))
}

/// The status of somebody who asks too often.
fn says_too_many(value: &Value) -> bool {
    match value {
        Value::Number(number) => &**number == "429",
        Value::Text(text) => &**text == "too_many_requests",
        Value::Path(path) => {
            let last = path.rsplit('.').next().unwrap_or(path);
            matches!(
                last,
                "TOO_MANY_REQUESTS" | "StatusTooManyRequests" | "HTTP_TOO_MANY_REQUESTS" | "HTTP_429_TOO_MANY_REQUESTS"
            )
        }
        _ => false,
    }
}

/// `OpenAI::Client.new` stands in the file.
fn asks_openai(file: &FileFacts) -> bool {
    matches!(file.language, Language::Ruby | Language::Php)
        && file.calls.iter().any(|call| matches!(&*call.callee, "OpenAI.Client" | "Anthropic.Client" | "OpenAI.client"))
}
