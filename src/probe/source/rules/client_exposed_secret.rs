//! A key that must stay secret and is sent to every browser.

use super::names::has_word;
use super::{Check, Hit, Rule};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, Comparison, Place, Value};
use crate::probe::source::facts::{CodeIndex, EnvRead, FileFacts, Language, Role};
use crate::probe::source::index::Group;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "client-exposed-secret",
    title: "A secret key is sent to the browser",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::High,
    what: "A variable with a secret's name and a prefix that builds it into the pages (`NEXT_PUBLIC_`, `VITE_`, `REACT_APP_` and the like) in code that browsers get, a server's key that browser code reads, or an AI client that runs in the browser.",
    why: "Anyone who opens your site can read the key in its files, and then spend your money or read and delete your users' data.",
    fix: "Take the prefix away, use the key in a route of your server only, and let the page call that route. Then make a new key: the old one is known.",
    example: "const openai = new OpenAI({ apiKey: process.env.NEXT_PUBLIC_OPENAI_API_KEY });\n\n// better, in a route of the server\nconst openai = new OpenAI({ apiKey: process.env.OPENAI_API_KEY });",
    references: &["F52", "https://nextjs.org/docs/app/guides/environment-variables"],
};

/// The rule.
pub const RULE: Rule =
    Rule::new(&META, Check::Project(check)).reads(Language::is_ecma, built_into_pages).claims_none(pages);

/// A key with a harmless name, or one that the server writes into a page, looks like any other value.
fn pages(_: &FileFacts, _: &CodeIndex, subject: &mut super::Subject) {
    subject.beyond.insert("Values that a server hands to its pages are not examined".to_owned());
}

/// Languages whose code is built into pages.
fn built_into_pages(name: &str) -> bool {
    matches!(name, "Vue" | "Svelte" | "Astro" | "CoffeeScript")
}

/// Prefixes that tell a build to put the variable into the pages.
const PREFIXES: [&str; 10] = [
    "NEXT_PUBLIC_",
    "VITE_",
    "REACT_APP_",
    "EXPO_PUBLIC_",
    "NUXT_PUBLIC_",
    "PUBLIC_",
    "GATSBY_",
    "VUE_APP_",
    "NX_PUBLIC_",
    "STORYBOOK_",
];

/// Names that say that the value is a secret.
const SECRET: [&str; 11] = [
    "secret",
    "private key",
    "password",
    "passwd",
    "service role",
    "service key",
    "admin key",
    "secret key",
    "signing key",
    "encryption key",
    "master key",
];

/// Services whose keys are for servers only.
const SERVERS: [&str; 27] = [
    "openai",
    "anthropic",
    "claude",
    "gemini",
    "groq",
    "mistral",
    "deepseek",
    "cohere",
    "replicate",
    "huggingface",
    "elevenlabs",
    "pinecone",
    "perplexity",
    "together",
    "resend",
    "sendgrid",
    "mailgun",
    "postmark",
    "twilio",
    "aws",
    "github",
    "airtable",
    "notion",
    "openrouter",
    "serper",
    "tavily",
    "deepgram",
];

/// Values of what is switched on and off.
const SWITCHED: [&str; 8] = ["0", "1", "true", "false", "on", "off", "yes", "no"];

/// Names that say that the value is meant for everyone.
const PUBLIC: [&str; 36] = [
    "publishable",
    "anon",
    "public",
    "site",
    "client",
    "dsn",
    "mapbox",
    "maps",
    "map",
    "firebase",
    "posthog",
    "recaptcha",
    "turnstile",
    "hcaptcha",
    "url",
    "enabled",
    "host",
    "algolia",
    "test",
    "length",
    "min",
    "policy",
    // Whether something is on, or where it is.
    "enable",
    "disable",
    "disabled",
    "show",
    "hide",
    "allow",
    "feature",
    "forgot",
    "path",
    "page",
    "route",
    "max",
    "required",
    "demo",
];

static HOLDING: Group = Group { name: "scripts that hold a secret", holds };

fn holds(file: &FileFacts) -> bool {
    let mut found = Vec::new();
    if file.language.is_ecma() && file.role.in_production() {
        in_file(file, &mut found);
    }
    !found.is_empty()
}

/// Looks at every file, and asks only then whether browsers get those that hold something.
fn check(index: &CodeIndex, hits: &mut Vec<Hit>) {
    for (place, file) in index.group(&HOLDING) {
        if !index.bundled().leaves_out(place, file) {
            let mut found = Vec::new();
            in_file(file, &mut found);
            hits.extend(found.into_iter().map(|hit| hit.in_file(place)));
        }
    }
}

fn in_file(file: &FileFacts, hits: &mut Vec<Hit>) {
    let mut told: Vec<&str> = Vec::new();
    for read in file.env_reads.iter().filter(|read| !read.dev_only) {
        if told.contains(&read.name.as_str()) || is_switch(file, &read.name) {
            continue;
        }
        if let Some(hit) = prefixed(read).or_else(|| server_key(file, read)) {
            told.push(&read.name);
            hits.push(hit);
        }
    }
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        hits.extend(ai_client(file, call).or_else(|| service_role(file, call)));
    }
}

fn place(read: &EnvRead) -> Place {
    super::at_span(read.span)
}

/// `VITE_PASSWORD_LOGIN === "1"`: says whether something is on.
fn is_switch(file: &FileFacts, name: &str) -> bool {
    let mut found = false;
    let mut see = |value: &Value| {
        if let Value::Compared(Comparison::Equal | Comparison::NotEqual, pair) = value {
            let read = |side: &Value| matches!(side, Value::Env(read) if **read == *name);
            let says = |side: &Value| side.text().is_some_and(|text| SWITCHED.contains(&text));
            found |= (read(&pair.0) && says(&pair.1)) || (read(&pair.1) && says(&pair.0));
        }
    };
    file.assignments.iter().for_each(|set| set.value.walk(&mut see));
    file.conditions.iter().for_each(|condition| condition.test.walk(&mut see));
    file.calls.iter().flat_map(|call| &call.arguments).for_each(|argument| argument.value.walk(&mut see));
    file.functions.iter().flat_map(|function| &function.body.returns).for_each(|value| value.walk(&mut see));
    found
}

fn prefixed(read: &EnvRead) -> Option<Hit> {
    let rest = PREFIXES.iter().find_map(|prefix| read.name.strip_prefix(prefix))?;
    let name = &read.name;
    let meant = has_word(rest, &PUBLIC);
    if has_word(rest, &SECRET) && !meant {
        return Some(Hit::new(
            place(read),
            format!("`{name}` is built into the pages by its prefix, and its name says secret"),
        ));
    }
    if has_word(rest, &SERVERS)
        && has_word(rest, &["key", "token", "apikey"])
        && !has_word(rest, &["publishable", "public", "anon"])
    {
        return Some(Hit::new(
            place(read),
            format!("`{name}` is built into the pages by its prefix, and is a key for servers"),
        ));
    }
    let token = has_word(rest, &["access token", "auth token", "bearer token", "api token", "jwt"]);
    (token && !meant).then(|| {
        Hit::new(place(read), format!("`{name}` is built into the pages by its prefix, so that everyone can read it"))
            .severity(Severity::Major)
            .confidence(Confidence::Medium)
    })
}

/// `process.env.STRIPE_SECRET_KEY` in a file that says that it runs in the browser.
fn server_key(file: &FileFacts, read: &EnvRead) -> Option<Hit> {
    let in_browser = file.role == Role::Client && file.directives.iter().any(|directive| &**directive == "use client");
    let secret = has_word(&read.name, &SECRET) && !has_word(&read.name, &PUBLIC);
    (in_browser && secret).then(|| {
        Hit::new(place(read), format!("`{}` is read in code that runs in the browser", read.name))
            .severity(Severity::Major)
            .confidence(Confidence::Medium)
    })
}

/// `new OpenAI({ apiKey, dangerouslyAllowBrowser: true })`
fn ai_client(file: &FileFacts, call: &Call) -> Option<Hit> {
    let options = file.resolved(call.argument(0)?, call.function);
    if options.get("dangerouslyAllowBrowser") != Some(&Value::Bool(true)) {
        return None;
    }
    let own = |value: &Value| matches!(value, Value::Env(_) | Value::Text(_));
    let key = options.get("apiKey").map(|key| file.resolved(key, call.function));
    let is_own = match key {
        Some(Value::Either(values)) => values.iter().any(own),
        Some(value) => own(value),
        None => true,
    };
    // A key that the user types in is the user's own.
    is_own.then(|| {
        let hit = Hit::new(call.place, format!("`{}` runs in the browser and takes its key there", call.callee));
        if file.role == Role::Client { hit } else { hit.confidence(Confidence::Medium) }
    })
}

/// `createClient(url, SERVICE_ROLE_KEY)` in the browser.
fn service_role(file: &FileFacts, call: &Call) -> Option<Hit> {
    if file.role != Role::Client || !matches!(call.method(), "createClient" | "createBrowserClient") {
        return None;
    }
    let name = match file.resolved(call.argument(1)?, call.function) {
        Value::Env(name) | Value::Path(name) => name.clone(),
        _ => return None,
    };
    (has_word(&name, &["service role"]) && !PREFIXES.iter().any(|prefix| name.starts_with(prefix))).then(|| {
        Hit::new(call.place, format!("The browser's client is made with `{name}`, which passes every row-level rule"))
    })
}
