//! What hangs with a call: whether a user waits for it, on something that nothing else ends.

use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::outside::{self, Outside};
use crate::probe::source::routes::names::words;
use crate::probe::source::rules::waiting;

/// Whether it is shown that a hanging call takes something with it that the app cannot do without.
pub(super) fn is_shown(file: &FileFacts, index: &CodeIndex, outside: &Outside) -> bool {
    let Some(call) = file.call(outside.call) else { return false };
    // One of few workers has to hang with it, and nothing else may end it.
    if !keeps_a_worker(file, call) || !is_endless(file, outside) || is_optional(file, call) {
        return false;
    }
    let waiting = waiting::user(index, file, outside.call);
    let ended = waiting.as_ref().is_some_and(|waiting| waiting.is_ended_by_host(index));
    if ended || waiting::is_ended_by_host(index, file) {
        return false;
    }
    match &waiting {
        Some(waiting) => {
            let others = outside.address.host().is_some_and(is_of_others);
            waiting.is_vital() && others || is_step(file, call) || others && waiting.has_route
        }
        // A framework or a container calls it: the names say for what.
        None => is_step(file, call) && is_about_coming_in(file, call),
    }
}

/// Whether a host is one of the internet, and not of the app's own network.
fn is_of_others(host: &str) -> bool {
    let name = host.split(':').next().unwrap_or(host).to_ascii_lowercase();
    let own = [".local", ".internal", ".svc", ".lan", ".test", ".localhost", ".intranet", ".corp", ".home"];
    let numbers = name.chars().all(|c| c.is_ascii_digit() || c == '.');
    name.contains('.') && !numbers && !own.iter().any(|end| name.ends_with(end))
}

/// Whether a request keeps one of few workers while it waits: nothing is held in an event loop, and little by a goroutine.
fn keeps_a_worker(file: &FileFacts, call: &Call) -> bool {
    match file.language {
        Language::Php | Language::Java => true,
        Language::Python => !file.function(call.function).is_some_and(|function| function.is_async),
        _ => false,
    }
}

/// Whether nothing ends the call by itself, as PHP does with its streams after a minute.
fn is_endless(file: &FileFacts, outside: &Outside) -> bool {
    file.language != Language::Php
        || !["file_get_contents", "fopen", "file", "copy", "simplexml_load_file"].contains(&&*outside.what)
}

/// Whether it is only made where the app is set up for it, as it may not be: a test for robots, a key that is optional.
fn is_optional(file: &FileFacts, call: &Call) -> bool {
    let captcha = |text: &str| text.to_ascii_lowercase().contains("captcha") || text.contains("siteverify");
    let named = outside::address_text(file, call).is_some_and(|address| captcha(&address)) || captcha(&file.path);
    let of_settings = |path: &str| {
        let last = path.rsplit('.').next().unwrap_or(path);
        let constant = last.len() > 3 && !last.chars().any(|c| c.is_ascii_lowercase());
        constant
            || ["settings", "config", "options", "enabled"].iter().any(|word| path.to_ascii_lowercase().contains(word))
    };
    named
        || file
            .conditions
            .iter()
            .filter(|condition| condition.function != 0 && file.within(call.function, condition.function))
            .any(|condition| {
                let mut found = false;
                condition.test.walk(&mut |value| {
                    found |= matches!(value, Value::Env(_)) || value.path().is_some_and(of_settings);
                });
                found
            })
}

/// Whether an address is one that people are sent through while they come in or pay.
fn is_step(file: &FileFacts, call: &Call) -> bool {
    const STEPS: [&str; 16] = [
        "/oauth/token",
        "/oauth2/token",
        "oauth2.googleapis.com/token",
        "/oauth/access_token",
        "/oauth.v2.access",
        "/openid-connect/token",
        "/oauth2/v4/token",
        "/userinfo",
        "/users/@me",
        "api.github.com/user",
        "graph.facebook.com/me",
        "/checkout/orders",
        "/payment_intents",
        "/checkout/sessions",
        "/transaction/initialize",
        "/transaction/verify",
    ];
    let Some(address) = outside::address_text(file, call) else { return false };
    let address = address.to_ascii_lowercase();
    let path = address.split('?').next().unwrap_or(&address);
    let refreshes = address.contains("refresh_token")
        || file.enclosing(call.function).any(|(_, f)| {
            f.name.as_deref().is_some_and(|name| words(name).iter().any(|word| word.starts_with("refresh")))
        });
    !refreshes
        && STEPS
            .iter()
            .any(|step| path.split_once(step).is_some_and(|(_, rest)| rest.is_empty() || rest.starts_with(['/', '…'])))
}

/// Whether the file, the class or the function is named for coming in or paying.
fn is_about_coming_in(file: &FileFacts, call: &Call) -> bool {
    let background = ["cron", "job", "jobs", "queue", "worker", "workers", "sync", "script", "scripts"];
    let mut named = words(&file.path);
    for (_, function) in file.enclosing(call.function) {
        named.extend(words(function.name.as_deref().unwrap_or("")));
        named.extend(words(function.class.as_deref().unwrap_or("")));
    }
    file.language != Language::Template
        && !named.iter().any(|word| background.contains(&word.as_str()))
        && waiting::is_vital(&named)
}
