//! The rules: each a pure function over facts, in a file of its own.

mod blocking_call_in_handler;
mod cors_any_origin;
mod debug_mode_enabled;
mod dev_server;
mod effect_without_cleanup;
mod endpoint;
mod env_localhost_fallback;
mod error_tracking;
mod external_call_without_timeout;
mod hardcoded_endpoint;
mod http_clients;
mod n_plus_one_query;
mod sql_injection;
mod structured_logging;
mod subject;
mod swallowed_error;

use super::code::Place;
use super::facts::{CodeIndex, FileFacts, Language, Role};
use super::start_command::StartCommand;
use crate::model::{Confidence, RuleMeta, Severity};
use subject::About;

pub use subject::Subject;

/// One rule of the probe.
pub struct Rule {
    /// What it is and says.
    pub meta: &'static RuleMeta,
    /// Looks at one file.
    pub check: fn(&FileFacts, &CodeIndex, &mut Vec<Hit>),
    /// Whether it makes sense in this language.
    pub reads: fn(Language) -> bool,
    /// Whether it would make sense in this language that no front end reads, named as in [`CodeIndex::uncovered`].
    pub would_read: fn(&str) -> bool,
    /// Whether it looks at files of this role.
    pub looks_at: fn(Role) -> bool,
    /// What it is about: without that in the code, its silence is no pass.
    pub about: About,
}

/// What a rule saw.
#[derive(Debug)]
pub struct Hit {
    /// Where it speaks up.
    pub place: Place,
    /// One sentence.
    pub message: String,
    /// How bad this one is, where that differs from the rule.
    pub severity: Option<Severity>,
    /// How sure this one is, where that differs from the rule.
    pub confidence: Option<Confidence>,
    /// What to do here, where that differs from the rule.
    pub fix: Option<String>,
}

impl Hit {
    fn new(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into(), severity: None, confidence: None, fix: None }
    }

    fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = Some(confidence);
        self
    }

    fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}

fn any_language(_: Language) -> bool {
    true
}

fn any_name(_: &str) -> bool {
    true
}

/// Languages of components that mount and go.
fn has_components(name: &str) -> bool {
    matches!(name, "Vue" | "Svelte" | "Astro" | "CoffeeScript")
}

fn server(role: Role) -> bool {
    role == Role::Server
}

fn server_or_config(role: Role) -> bool {
    matches!(role, Role::Server | Role::Config)
}

/// What is started in a file of configuration counts: `sentry.server.config.ts`.
fn is_ours(role: Role) -> bool {
    matches!(role, Role::Server | Role::Client | Role::Config)
}

/// Of `debug-mode-enabled`, `env-localhost-fallback` and `hardcoded-endpoint`: that the code has no such switch, default
/// or address is the whole claim, so code without any satisfies it.
const NOTHING_OF_THE_KIND: About = About { what: None, look: subject::nothing_more };

/// A proof passes only by what it shows, never by silence.
const PROOF: About = NOTHING_OF_THE_KIND;

/// Every rule, in the order of their ids.
pub static RULES: [Rule; 12] = [
    Rule {
        meta: &blocking_call_in_handler::META,
        check: blocking_call_in_handler::check,
        reads: any_language,
        would_read: any_name,
        looks_at: server,
        about: About { what: Some("request handler"), look: subject::handlers },
    },
    Rule {
        meta: &cors_any_origin::META,
        check: cors_any_origin::check,
        reads: any_language,
        would_read: any_name,
        looks_at: server_or_config,
        about: About { what: None, look: cors_any_origin::look },
    },
    Rule {
        meta: &debug_mode_enabled::META,
        check: debug_mode_enabled::check,
        reads: any_language,
        would_read: any_name,
        looks_at: server,
        about: NOTHING_OF_THE_KIND,
    },
    Rule {
        meta: &effect_without_cleanup::META,
        check: effect_without_cleanup::check,
        reads: Language::is_ecma,
        would_read: has_components,
        looks_at: Role::in_production,
        about: About { what: Some("effect or mount hook"), look: subject::effects },
    },
    Rule {
        meta: &env_localhost_fallback::META,
        check: env_localhost_fallback::check,
        reads: any_language,
        would_read: any_name,
        looks_at: Role::in_production,
        about: NOTHING_OF_THE_KIND,
    },
    Rule {
        meta: &error_tracking::META,
        check: error_tracking::check,
        reads: any_language,
        would_read: any_name,
        looks_at: is_ours,
        about: PROOF,
    },
    Rule {
        meta: &external_call_without_timeout::META,
        check: external_call_without_timeout::check,
        reads: any_language,
        would_read: any_name,
        looks_at: Role::in_production,
        about: About { what: Some("call to another service"), look: external_call_without_timeout::look },
    },
    Rule {
        meta: &hardcoded_endpoint::META,
        check: hardcoded_endpoint::check,
        reads: any_language,
        would_read: any_name,
        looks_at: Role::in_production,
        about: NOTHING_OF_THE_KIND,
    },
    Rule {
        meta: &n_plus_one_query::META,
        check: n_plus_one_query::check,
        reads: any_language,
        would_read: any_name,
        looks_at: Role::in_production,
        about: About { what: Some("database query"), look: subject::queries_in_loops },
    },
    Rule {
        meta: &sql_injection::META,
        check: sql_injection::check,
        reads: any_language,
        would_read: any_name,
        looks_at: server,
        about: About { what: Some("database query"), look: subject::queries },
    },
    Rule {
        meta: &structured_logging::META,
        check: structured_logging::check,
        reads: any_language,
        would_read: any_name,
        looks_at: server,
        about: PROOF,
    },
    Rule {
        meta: &swallowed_error::META,
        check: swallowed_error::check,
        reads: any_language,
        would_read: any_name,
        looks_at: Role::in_production,
        about: About { what: Some("place where an error is caught"), look: subject::catches },
    },
];

/// What is wrong with a command that production is started with, and the rule that says so.
#[must_use]
pub fn start_command(command: &StartCommand) -> Option<(&'static RuleMeta, Hit)> {
    Some((&debug_mode_enabled::META, dev_server::check(command)?))
}

/// What every rule is and says, in the same order.
#[must_use]
pub const fn metas() -> [&'static RuleMeta; RULES.len()] {
    let mut metas = [RULES[0].meta; RULES.len()];
    let mut place = 0;
    while place < RULES.len() {
        metas[place] = RULES[place].meta;
        place += 1;
    }
    metas
}
