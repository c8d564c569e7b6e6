//! Proof: errors are reported to somebody.

use super::{Check, Hit, Rule, any_name, is_ours};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "error-tracking",
    title: "Error tracking is initialised",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "A call that starts Sentry, Datadog, Bugsnag, Rollbar, Honeybadger, New Relic, Highlight, Elastic APM, AppSignal, LogRocket or OpenTelemetry.",
    why: "You hear of an error when the first user meets it, and not when the tenth writes to you.",
    fix: "Start an error tracker where the app starts, and send its reports somewhere that somebody reads.",
    example: "Sentry.init({ dsn: process.env.SENTRY_DSN });",
    references: &["C7", "F28"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check)).reads(Language::is_code, any_name).looks_at(is_ours);

/// What starts a tracker in PHP and Ruby, where its name is that of a namespace or module.
const STARTS: [(&str, &str); 16] = [
    ("Sentry.init", "Sentry"),
    ("SentrySdk.init", "Sentry"),
    ("init", "Sentry"),
    ("Integration.handles", "Sentry"),
    ("Sentry.Laravel.Integration.handles", "Sentry"),
    ("Raven.configure", "Sentry"),
    ("Bugsnag.Client.make", "Bugsnag"),
    ("Client.make", "Bugsnag"),
    ("Bugsnag.configure", "Bugsnag"),
    ("Rollbar.init", "Rollbar"),
    ("Rollbar.configure", "Rollbar"),
    ("Honeybadger.configure", "Honeybadger"),
    ("Honeybadger.new", "Honeybadger"),
    ("Airbrake.configure", "Airbrake"),
    ("ElasticAPM.start", "Elastic APM"),
    ("OpenTelemetry.SDK.configure", "OpenTelemetry"),
];

/// Module prefix, what starts it, and the name for people.
const TRACKERS: [(&str, &[&str], &str); 41] = [
    ("@sentry/", &["init"], "Sentry"),
    ("sentry_sdk", &["init"], "Sentry"),
    ("dd-trace", &["init"], "Datadog"),
    ("ddtrace", &["patch_all", "patch", "configure"], "Datadog"),
    ("@datadog/browser-rum", &["init"], "Datadog"),
    ("@datadog/browser-logs", &["init"], "Datadog"),
    ("@bugsnag/", &["start"], "Bugsnag"),
    ("bugsnag", &["configure", "start"], "Bugsnag"),
    ("rollbar", &["init", "Rollbar"], "Rollbar"),
    ("@honeybadger-io/", &["configure"], "Honeybadger"),
    ("honeybadger", &["configure"], "Honeybadger"),
    ("newrelic.agent", &["initialize"], "New Relic"),
    ("newrelic", &["initialize", "require"], "New Relic"),
    ("highlight.run", &["init"], "Highlight"),
    ("@highlight-run/", &["init"], "Highlight"),
    ("highlight_io", &["H"], "Highlight"),
    ("elastic-apm-node", &["start"], "Elastic APM"),
    ("@elastic/apm-rum", &["init"], "Elastic APM"),
    ("elasticapm", &["Client", "ElasticAPM"], "Elastic APM"),
    ("@appsignal/", &["Appsignal"], "AppSignal"),
    ("logrocket", &["init"], "LogRocket"),
    ("@opentelemetry/sdk-node", &["NodeSDK"], "OpenTelemetry"),
    ("@vercel/otel", &["registerOTel"], "OpenTelemetry"),
    ("opentelemetry.sdk.trace", &["TracerProvider"], "OpenTelemetry"),
    ("applicationinsights", &["setup"], "Application Insights"),
    ("azure.monitor.opentelemetry", &["configure_azure_monitor"], "Application Insights"),
    ("github.com/getsentry/sentry-go", &["Init"], "Sentry"),
    ("gopkg.in/DataDog/dd-trace-go", &["Start"], "Datadog"),
    ("github.com/DataDog/dd-trace-go", &["Start"], "Datadog"),
    ("github.com/bugsnag/bugsnag-go", &["Configure"], "Bugsnag"),
    ("github.com/rollbar/rollbar-go", &["SetToken"], "Rollbar"),
    ("github.com/honeybadger-io/honeybadger-go", &["Configure"], "Honeybadger"),
    ("github.com/newrelic/go-agent", &["NewApplication"], "New Relic"),
    ("go.elastic.co/apm", &["NewTracer", "Middleware", "Wrap"], "Elastic APM"),
    ("go.opentelemetry.io/otel/sdk/trace", &["NewTracerProvider"], "OpenTelemetry"),
    ("io.sentry", &["init"], "Sentry"),
    ("com.bugsnag", &["Bugsnag"], "Bugsnag"),
    ("com.rollbar", &["init", "Rollbar"], "Rollbar"),
    ("co.elastic.apm", &["attach"], "Elastic APM"),
    ("io.honeybadger", &["HoneybadgerReporter"], "Honeybadger"),
    ("io.opentelemetry.sdk", &["builder"], "OpenTelemetry"),
];

/// Looks at one file.
fn check(file: &FileFacts, _index: &CodeIndex, hits: &mut Vec<Hit>) {
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        let Some(name) = tracker(file, call) else { continue };
        if has_no_address(file, call) {
            continue;
        }
        hits.push(Hit::new(call.place, format!("{name} is initialised")));
        return;
    }
}

fn tracker(file: &FileFacts, call: &Call) -> Option<&'static str> {
    let method = call.method();
    if matches!(file.language, Language::Php | Language::Ruby) {
        let module = file.binding(call.root()).map(|binding| binding.module.replace('\\', "."));
        let callee = call.callee.replace('\\', ".");
        return STARTS
            .iter()
            .find(|(start, _)| *start == callee.trim_start_matches('.'))
            .map(|(_, name)| *name)
            .filter(|name| {
                // `init` and `Client::make` say whose they are where they are imported.
                call.callee.contains('.') && &*call.callee != "Client.make"
                    || module.as_deref().is_some_and(|module| module.starts_with(name))
            });
    }
    let module = match file.binding(call.root()) {
        Some(binding) => &*binding.module,
        // `require("newrelic")`, `require("dd-trace").init()`: the import itself starts it, or what follows does.
        None => match call.receiver.and_then(|id| file.call(id)).unwrap_or(call) {
            required if &*required.callee == "require" => required.argument(0).and_then(Value::text)?,
            _ => return None,
        },
    };
    TRACKERS
        .iter()
        .find(|(prefix, starts, _)| module.starts_with(prefix) && starts.contains(&method))
        .map(|(_, _, name)| *name)
}

/// `Sentry.init({ dsn: "" })` reports to nobody.
fn has_no_address(file: &FileFacts, call: &Call) -> bool {
    let dsn =
        call.argument(0).and_then(|options| file.resolved(options, call.function).get("dsn")).or(call.named("dsn"));
    // `sentry.Init(sentry.ClientOptions{Dsn: ""})`.
    let of_struct = match call.argument(0).map(|options| file.resolved(options, call.function)) {
        Some(Value::Call(id)) => file.call(*id).filter(|made| made.constructs).and_then(|made| made.named("Dsn")),
        _ => None,
    };
    dsn.or(of_struct).is_some_and(Value::is_empty_literal)
}
