//! Proof: answers that cost much are kept for a while.

use super::{Check, Hit, Rule, any_name, server_or_config};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "cache-in-use",
    title: "The server keeps answers in a cache",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Results are kept with an expiry, in Redis, Memcached or the framework's cache: `redis.set(…, 'EX', …)`, `unstable_cache`, `cache.get_or_set`, `Cache::remember`, `Rails.cache.fetch`, `@Cacheable`.",
    why: "What is asked for often is answered without the database, so a busy hour does not take it down.",
    fix: "Keep what is read often and changes seldom for some seconds or minutes, and drop it when it changes.",
    example: "await redis.set(`shop:${id}`, JSON.stringify(shop), 'EX', 60);",
    references: &["C55", "F38", "F40"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check)).looks_at(server_or_config).reads(reads, any_name);

fn reads(language: Language) -> bool {
    language.is_code()
}

/// Looks at one file.
fn check(file: &FileFacts, _index: &CodeIndex, hits: &mut Vec<Hit>) {
    if let Some((call, what)) = file
        .calls
        .iter()
        .filter(|call| !call.dev_only)
        .filter_map(|call| Some((call, kept(file, call)?)))
        .find(|(call, _)| !is_memory_of_something_else(file, call))
    {
        hits.push(Hit::new(call.place, format!("{what} keeps answers for a while")));
        return;
    }
    let decorated = file.functions.iter().find_map(|function| {
        let mark = function.decorators.iter().find(|decorator| marks(file, decorator.method(), &decorator.name))?;
        Some((function.place, mark.method().to_owned()))
    });
    if let Some((place, mark)) = decorated {
        let place = crate::probe::source::code::Place { bytes: (place.bytes.0, place.bytes.0), ..place };
        hits.push(Hit::new(place, format!("`@{mark}` keeps answers for a while")));
    }
}

/// Codes, sessions and locks are kept for a while as well, and are no cache of answers.
fn is_memory_of_something_else(file: &FileFacts, call: &Call) -> bool {
    let other = |text: &str| {
        let lower = text.to_ascii_lowercase();
        [
            "token",
            "otp",
            "verif",
            "session",
            "lock",
            "limit",
            "nonce",
            "logout",
            "passkey",
            "challenge",
            "oauth",
            "idempot",
            "csrf",
            "blacklist",
            "attempt",
            "workflow",
            "presence",
            "online",
            "throttle",
            "webauthn",
            "resetcode",
            "reset_code",
        ]
        .iter()
        .any(|word| lower.contains(word))
    };
    let named = file.enclosing(call.function).any(|(_, function)| {
        function.name.as_deref().is_some_and(other) || function.class.as_deref().is_some_and(other)
    });
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    named || other(name) || call.argument(0).and_then(Value::leading_text).is_some_and(other)
}

fn marks(file: &FileFacts, method: &str, name: &str) -> bool {
    match file.language {
        Language::Java => method == "Cacheable",
        Language::Python => {
            matches!(method, "cache_page" | "cached_view" | "cache_response")
                || (method == "cached" && (name.starts_with("cache.") || file.imports_any(|m| m.contains("cache"))))
        }
        _ if file.language.is_ecma() => matches!(method, "CacheTTL" | "UseInterceptors") && method == "CacheTTL",
        _ => false,
    }
}

fn kept(file: &FileFacts, call: &Call) -> Option<&'static str> {
    let (object, method) = (call.object(), call.method());
    let lower = object.to_ascii_lowercase();
    let last = lower.rsplit('.').next().unwrap_or(&lower);
    let redis = lower.contains("redis") || last == "kv" || last == "cacheclient" || last == "memcached";
    let text = |place: usize| call.argument(place).and_then(Value::text).map(str::to_ascii_uppercase);
    let cache = last.contains("cache") && !last.contains("cachecontrol");
    Some(match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            let expires = text(2).is_some_and(|mode| mode == "EX" || mode == "PX")
                || call.argument(2).is_some_and(|o| {
                    ["ex", "EX", "px", "PX", "ttl", "expiration"].iter().any(|key| o.get(key).is_some())
                });
            match method {
                "set" if redis && expires => "Redis",
                "setex" | "setEx" | "psetex" if redis || cache => "Redis",
                "unstable_cache" => "Next's cache",
                "LRUCache" | "LRU" if file.imports_any(|module| module.starts_with("lru-cache")) => "An LRU cache",
                "NodeCache" if file.imports_any(|module| module == "node-cache") => "node-cache",
                "set" | "wrap" if cache && call.arguments.len() >= 3 => "The cache",
                _ => return None,
            }
        }
        Language::Python => match method {
            "get_or_set" if cache || last == "cache" => "Django's cache",
            "set" if (cache || last == "cache") && (call.named("timeout").is_some() || call.arguments.len() >= 3) => {
                "The cache"
            }
            "setex" => "Redis",
            "set" if redis && (call.named("ex").is_some() || call.named("px").is_some()) => "Redis",
            "cache_page" => "Django's cache",
            "TTLCache" => "cachetools",
            _ => return None,
        },
        Language::Php => match method {
            "remember" | "rememberForever" | "flexible"
                if object == "Cache" || object.ends_with("cache()") || cache || object.starts_with("Cache.") =>
            {
                "Laravel's cache"
            }
            "put" if object == "Cache" && call.arguments.len() >= 3 => "Laravel's cache",
            "setex" if redis || object == "Redis" => "Redis",
            "set_transient" | "wp_cache_set" => "WordPress's cache",
            "expiresAfter" => "Symfony's cache",
            "apcu_store" | "apcu_entry" => "APCu",
            _ => return None,
        },
        Language::Go => match method {
            "Set" | "SetEX" | "SetEx" | "SetNX"
                if (redis || last == "rdb" || last == "rds") && call.arguments.len() >= 3 =>
            {
                "Redis"
            }
            "Set" | "SetWithTTL" | "Add" if cache && call.arguments.len() >= 3 => "The cache",
            "SetDefault" if cache => "go-cache",
            "NewCache" if call.root() == "ristretto" => "ristretto",
            "New"
                if call.root() == "lru"
                    || call.root() == "bigcache"
                    || (call.root() == "cache" && call.arguments.len() == 2) =>
            {
                "A cache in memory"
            }
            _ => return None,
        },
        Language::Ruby => match method {
            "fetch" | "write" if object == "Rails.cache" => "Rails.cache",
            "fetch_multi" if object == "Rails.cache" => "Rails.cache",
            "setex" if redis || last == "redis" => "Redis",
            "caches_action" | "caches_page" => "Rails",
            _ => return None,
        },
        Language::Java => match method {
            "expireAfterWrite" | "expireAfterAccess" => "The cache",
            "setex" => "Redis",
            "set" if lower.contains("opsforvalue") && call.arguments.len() >= 3 => "Redis",
            _ => return None,
        },
        Language::Template => return None,
    })
}
