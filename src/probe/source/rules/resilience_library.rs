//! Proof: failing calls are repeated, cut off or put off by a library made for that.

use super::{Check, Hit, Rule, any_name, is_ours};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::libraries::is_of;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "resilience-library",
    title: "Calls that fail are retried or cut off by a library",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "A library for retries with backoff or for circuit breakers is in use: p-retry, cockatiel, opossum, tenacity, backoff, stamina, pybreaker, urllib3's `Retry`, Guzzle's retry middleware, gobreaker, go-retryablehttp, retryable and Stoplight in Ruby, resilience4j, Spring Retry.",
    why: "A short hiccup of a service you depend on stays unnoticed by your users, and a long one does not drag your app along.",
    fix: "Wrap calls that may be repeated in a retry with growing, random waits and a bound; put a circuit breaker around services that you call often.",
    example: "const rates = await pRetry(() => fetchRates(), { retries: 3 });",
    references: &["F23", "F24", "C29"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check)).reads(Language::is_code, any_name).looks_at(is_ours);

/// Libraries by the module that code imports, with their name for people.
const LIBRARIES: [(&str, &str); 46] = [
    ("p-retry", "p-retry"),
    ("async-retry", "async-retry"),
    ("retry", "retry"),
    ("cockatiel", "cockatiel"),
    ("opossum", "opossum"),
    ("exponential-backoff", "exponential-backoff"),
    ("axios-retry", "axios-retry"),
    ("retry-axios", "retry-axios"),
    ("fetch-retry", "fetch-retry"),
    ("ts-retry-promise", "ts-retry-promise"),
    ("ts-retry", "ts-retry"),
    ("attempt-ts", "attempt"),
    ("@lifeomic/attempt", "attempt"),
    ("promise-retry", "promise-retry"),
    ("mollitia", "mollitia"),
    ("brakes", "brakes"),
    ("tenacity", "tenacity"),
    ("backoff", "backoff"),
    ("stamina", "stamina"),
    ("retrying", "retrying"),
    ("pybreaker", "pybreaker"),
    ("circuitbreaker", "circuitbreaker"),
    ("aiobreaker", "aiobreaker"),
    ("aiohttp_retry", "aiohttp-retry"),
    ("httpx_retries", "httpx-retries"),
    ("urllib3.util.retry", "urllib3's Retry"),
    ("urllib3.util", "urllib3's Retry"),
    ("requests.packages.urllib3.util.retry", "urllib3's Retry"),
    ("requests.adapters", "an adapter of requests with retries"),
    ("GuzzleRetry", "Guzzle's retry middleware"),
    ("Caseyamcl", "Guzzle's retry middleware"),
    ("Ackintosh", "Ganesha"),
    ("github.com/sony/gobreaker", "gobreaker"),
    ("github.com/hashicorp/go-retryablehttp", "go-retryablehttp"),
    ("github.com/cenkalti/backoff", "backoff"),
    ("github.com/avast/retry-go", "retry-go"),
    ("github.com/sethvargo/go-retry", "go-retry"),
    ("github.com/afex/hystrix-go", "hystrix-go"),
    ("github.com/failsafe-go", "failsafe-go"),
    ("faraday/retry", "Faraday's retry"),
    ("retriable", "retriable"),
    ("stoplight", "Stoplight"),
    ("circuitbox", "Circuitbox"),
    ("io.github.resilience4j", "resilience4j"),
    ("org.springframework.retry", "Spring Retry"),
    ("dev.failsafe", "Failsafe"),
];

/// Whether `module` is a library that tries again or cuts off.
pub(in crate::probe::source) fn is_retry_library(module: &str) -> bool {
    LIBRARIES.iter().any(|(name, _)| is_of(module, name))
}

/// Classes of Ruby, whose names are known everywhere without an import.
const CONSTANTS: [(&str, &str); 3] =
    [("Stoplight", "Stoplight"), ("Retriable", "retriable"), ("Circuitbox", "Circuitbox")];

/// Looks at one file.
fn check(file: &FileFacts, _index: &CodeIndex, hits: &mut Vec<Hit>) {
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        if let Some(name) = used(file, call) {
            hits.push(Hit::new(call.place, format!("{name} is in use")));
            return;
        }
    }
}

/// The library that a call uses: importing it alone is no use.
fn used(file: &FileFacts, call: &Call) -> Option<&'static str> {
    if call.root() == "Http" && call.method() == "retry" && file.imports_any(|m| m.starts_with("Illuminate\\")) {
        return Some("Laravel's `retry`");
    }
    if file.language == Language::Ruby {
        let constant = CONSTANTS.iter().find(|(constant, _)| *constant == call.root());
        let of_faraday = call.method() == "request" && call.argument(0).and_then(Value::text) == Some("retry");
        return constant.map(|(_, name)| *name).or_else(|| of_faraday.then_some("Faraday's retry"));
    }
    let module = file.binding(call.root()).map(|binding| &*binding.module)?;
    let (library, name) = LIBRARIES.iter().find(|(library, _)| is_of(module, library))?;
    // An adapter alone tries nothing again.
    let retries = match *library {
        "requests.adapters" => call.named("max_retries").is_some(),
        "urllib3.util" => call.method() == "Retry",
        _ => true,
    };
    retries.then_some(*name)
}
