//! The rules: each a pure function over facts, in a file of its own.

mod blocking_call_in_handler;
mod boundaries;
mod cache_in_use;
mod check_then_act;
mod client_exposed_secret;
mod command_injection;
mod connection_per_request;
mod connection_pool;
mod cookie_flags_missing;
mod cors_any_origin;
mod csrf_disabled;
mod data_export_and_deletion;
mod debug_mode_enabled;
mod dev_server;
mod effect_without_cleanup;
mod endpoint;
mod env_localhost_fallback;
mod error_boundary;
mod error_detail_exposed;
mod error_tracking;
mod external_call_unguarded;
mod external_call_without_timeout;
mod feature_flags;
mod floating_promise;
mod global_error_handler_missing;
mod graceful_shutdown;
mod happy_path_tests_only;
mod hardcoded_endpoint;
mod health_endpoint;
mod inconsistent_error_response;
mod injection;
mod insecure_randomness;
mod inverted_access_check;
mod job_queue;
mod jwt_misuse;
mod kept;
mod leading_wildcard_like;
mod logging;
mod n_plus_one_query;
mod names;
mod open_redirect;
mod password_checks;
mod path_traversal;
mod phantom_dependency;
mod placeholder_left_in;
mod rate_limit_missing;
mod rate_limiter;
mod reach;
mod react_error_boundary_missing;
mod request_body_unvalidated;
mod request_work;
mod resilience_library;
mod resource_not_released;
mod response_shape_trusted;
mod response_status_unchecked;
mod responses;
mod retry_without_backoff;
mod route_without_auth;
mod schema_sync_in_production;
mod sensitive_data_logged;
mod server_actions;
mod serverless;
mod settings_layers;
mod slow_work_in_request;
mod sql_injection;
mod sqlite_on_serverless;
mod ssrf;
mod structured_logging;
mod subject;
mod supabase_rls_disabled;
mod swallowed_error;
mod tables;
mod tls_verification_disabled;
mod unbounded_query;
mod unsafe_deserialization;
mod unsafe_eval;
mod unstructured_logging;
mod upload_unrestricted;
mod validation_library;
mod waiting;
mod weak_password_hash;
mod webhook_signature_unverified;
mod webhook_works_before_ack;
mod webhooks;
mod whole_file_in_memory;
mod writes_without_transaction;
mod xss_unescaped_html;

use super::code::Place;
use super::facts::{CodeIndex, FileFacts, Language, Role};
use super::plain_files::PlainFile;
use super::start_command::StartCommand;
use crate::model::{Confidence, RuleMeta, Severity};
use subject::{About, LookForSubject};

pub(in crate::probe) use connection_pool::sizes as pool_sizes;
pub(super) use resilience_library::is_retry_library;
pub use subject::Subject;

/// Every rule, in the order of their ids.
const LIST: &[Rule] = &[
    blocking_call_in_handler::RULE,
    cache_in_use::RULE,
    check_then_act::RULE,
    client_exposed_secret::RULE,
    command_injection::RULE,
    connection_per_request::RULE,
    connection_pool::RULE,
    cookie_flags_missing::RULE,
    cors_any_origin::RULE,
    csrf_disabled::RULE,
    data_export_and_deletion::RULE,
    debug_mode_enabled::RULE,
    effect_without_cleanup::RULE,
    env_localhost_fallback::RULE,
    error_boundary::RULE,
    error_detail_exposed::RULE,
    error_tracking::RULE,
    external_call_unguarded::RULE,
    external_call_without_timeout::RULE,
    feature_flags::RULE,
    floating_promise::RULE,
    global_error_handler_missing::RULE,
    graceful_shutdown::RULE,
    happy_path_tests_only::RULE,
    hardcoded_endpoint::RULE,
    health_endpoint::RULE,
    inconsistent_error_response::RULE,
    insecure_randomness::RULE,
    inverted_access_check::RULE,
    job_queue::RULE,
    jwt_misuse::RULE,
    leading_wildcard_like::RULE,
    n_plus_one_query::RULE,
    open_redirect::RULE,
    path_traversal::RULE,
    phantom_dependency::RULE,
    placeholder_left_in::RULE,
    rate_limit_missing::RULE,
    rate_limiter::RULE,
    react_error_boundary_missing::RULE,
    request_body_unvalidated::RULE,
    resilience_library::RULE,
    resource_not_released::RULE,
    response_shape_trusted::RULE,
    response_status_unchecked::RULE,
    retry_without_backoff::RULE,
    route_without_auth::RULE,
    schema_sync_in_production::RULE,
    sensitive_data_logged::RULE,
    slow_work_in_request::RULE,
    sql_injection::RULE,
    sqlite_on_serverless::RULE,
    ssrf::RULE,
    structured_logging::RULE,
    supabase_rls_disabled::RULE,
    swallowed_error::RULE,
    tls_verification_disabled::RULE,
    unbounded_query::RULE,
    unsafe_deserialization::RULE,
    unsafe_eval::RULE,
    unstructured_logging::RULE,
    upload_unrestricted::RULE,
    validation_library::RULE,
    weak_password_hash::RULE,
    webhook_signature_unverified::RULE,
    webhook_works_before_ack::RULE,
    whole_file_in_memory::RULE,
    writes_without_transaction::RULE,
    xss_unescaped_html::RULE,
];

/// Every rule, in the order of their ids.
pub static RULES: &[Rule] = LIST;

/// One rule of the probe.
#[derive(Clone, Copy)]
pub struct Rule {
    /// What it is and says.
    pub meta: &'static RuleMeta,
    /// How it looks.
    pub check: Check,
    /// Whether it makes sense in this language.
    pub reads: fn(Language) -> bool,
    /// Whether it would make sense in this language that it does not read, by the name that
    /// [`Language::name`] and [`CodeIndex::uncovered`] give: then its silence is no pass.
    pub would_read: fn(&str) -> bool,
    /// Whether it looks at files of this role.
    pub looks_at: fn(Role) -> bool,
    /// What it is about: without that in the code, its silence is no pass.
    pub about: About,
}

/// How a rule looks at a project.
#[derive(Clone, Copy)]
pub enum Check {
    /// At one file after the other, with the index at hand.
    EachFile(fn(&FileFacts, &CodeIndex, &mut Vec<Hit>)),
    /// At all of it at once; every hit names its file.
    Project(fn(&CodeIndex, &mut Vec<Hit>)),
}

impl Rule {
    /// A rule for production code in JavaScript, TypeScript and Python, whose claim is that the code has nothing of the
    /// kind.
    const fn new(meta: &'static RuleMeta, check: Check) -> Self {
        let about = About { what: None, look: subject::nothing_more };
        Self { meta, check, reads: first_languages, would_read: any_name, looks_at: Role::in_production, about }
    }

    /// The languages that it reads, and whether it would make sense in one that it does not read.
    const fn reads(self, reads: fn(Language) -> bool, would_read: fn(&str) -> bool) -> Self {
        Self { reads, would_read, ..self }
    }

    /// The files that it looks at.
    const fn looks_at(self, looks_at: fn(Role) -> bool) -> Self {
        Self { looks_at, ..self }
    }

    /// What it is about, by a name such as `database query`, and how that is found. Where there is none, its silence
    /// is no pass.
    const fn about(self, what: &'static str, look: LookForSubject) -> Self {
        Self { about: About { what: Some(what), look }, ..self }
    }

    /// Its claim is that the code has nothing of the kind, so that silence is an answer; `look` tells what it cannot
    /// judge.
    const fn claims_none(self, look: LookForSubject) -> Self {
        Self { about: About { what: None, look }, ..self }
    }
}

/// What a rule saw.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// The place of its file in the index, for a rule that looks at the whole project.
    pub file: usize,
    /// The path of its file, where that is no code.
    pub path: Option<String>,
    /// How it comes to that, step by step, where other places have a part in it: `src/a.ts:12 takes req.body.id`.
    pub steps: Vec<String>,
}

impl Hit {
    fn new(place: Place, message: impl Into<String>) -> Self {
        Self {
            place,
            message: message.into(),
            severity: None,
            confidence: None,
            fix: None,
            file: 0,
            path: None,
            steps: Vec::new(),
        }
    }

    fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = Some(confidence);
        self
    }

    /// In the file in place `file` of the index.
    fn in_file(mut self, file: usize) -> Self {
        self.file = file;
        self
    }

    /// In a file that is no code.
    fn in_plain(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}

/// Where something stands of which the bytes are not known; its message tells it apart.
fn at_span(span: crate::model::Span) -> Place {
    Place { span, bytes: (u32::MAX, u32::MAX) }
}

/// The languages that a rule reads unless it says otherwise; more need fixtures in them.
fn first_languages(language: Language) -> bool {
    language.is_ecma() || language == Language::Python
}

fn any_name(name: &str) -> bool {
    name != Language::Template.name()
}

/// Where a rule makes sense in the languages that it reads and in no other.
fn nowhere_else(_: &str) -> bool {
    false
}

/// Languages of components that mount and go.
fn has_components(name: &str) -> bool {
    matches!(name, "Astro" | "CoffeeScript")
}

/// Languages in which servers are written, and whose calls of databases are known.
fn is_backend(language: Language) -> bool {
    language.is_code()
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

/// What is wrong with a command that production is started with, and the rule that says so.
#[must_use]
pub fn start_command(command: &StartCommand) -> Option<(&'static RuleMeta, Hit)> {
    Some((&debug_mode_enabled::META, dev_server::check(command)?))
}

/// What is wrong in a file that is no code, and the rules that say so. They look at the code file by file as well.
#[must_use]
pub fn plain_file(file: &PlainFile) -> Vec<(&'static RuleMeta, Hit)> {
    let mut seen = Vec::new();
    let mut hits = Vec::new();
    for (meta, check) in PLAIN {
        check(file, &mut hits);
        seen.extend(hits.drain(..).map(|hit| (*meta, hit)));
    }
    seen
}

/// How a rule looks at a file that is no code.
type PlainCheck = fn(&PlainFile, &mut Vec<Hit>);

/// The rules that look at files that are no code, beside the code.
const PLAIN: &[(&RuleMeta, PlainCheck)] = &[
    (&cookie_flags_missing::META, cookie_flags_missing::plain::check),
    (&cors_any_origin::META, cors_any_origin::plain::check),
    (&debug_mode_enabled::META, debug_mode_enabled::plain::check),
];

/// What every rule is and says, in the same order.
#[must_use]
pub const fn metas() -> [&'static RuleMeta; LIST.len()] {
    let mut metas = [LIST[0].meta; LIST.len()];
    let mut place = 0;
    while place < LIST.len() {
        metas[place] = LIST[place].meta;
        place += 1;
    }
    metas
}
