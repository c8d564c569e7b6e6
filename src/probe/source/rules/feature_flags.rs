//! Proof: a feature can be switched off without a deployment.

use super::names::has_word;
use super::{Check, Hit, Rule, is_ours};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::Call;
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::libraries::is_of;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "feature-flags",
    title: "Features stand behind flags",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "A library for feature flags that the code asks: LaunchDarkly, Unleash, Flagsmith, GrowthBook, PostHog, OpenFeature, Statsig, Pennant, Flipper, waffle, Togglz; or a function of the app's own that asks for a flag by name.",
    why: "A feature that hurts users can be switched off in a minute, without a deployment.",
    fix: "Put risky features behind a flag that can be changed while the app runs.",
    example: "if (await flags.isEnabled('new-checkout', { userId: user.id })) { … }",
    references: &["C40"],
};

/// The rule.
pub const RULE: Rule =
    Rule::new(&META, Check::EachFile(check)).reads(Language::is_code, super::any_name).looks_at(is_ours);

/// Module, and the name for people.
const LIBRARIES: [(&str, &str); 43] = [
    ("@launchdarkly/", "LaunchDarkly"),
    ("launchdarkly-node-server-sdk", "LaunchDarkly"),
    ("launchdarkly-js-client-sdk", "LaunchDarkly"),
    ("launchdarkly-react-client-sdk", "LaunchDarkly"),
    ("ldclient", "LaunchDarkly"),
    ("LaunchDarkly", "LaunchDarkly"),
    ("github.com/launchdarkly/", "LaunchDarkly"),
    ("com.launchdarkly", "LaunchDarkly"),
    ("unleash-client", "Unleash"),
    ("@unleash/", "Unleash"),
    ("unleash-proxy-client", "Unleash"),
    ("UnleashClient", "Unleash"),
    ("Unleash", "Unleash"),
    ("github.com/Unleash/", "Unleash"),
    ("io.getunleash", "Unleash"),
    ("flagsmith", "Flagsmith"),
    ("flagsmith-nodejs", "Flagsmith"),
    ("Flagsmith", "Flagsmith"),
    ("github.com/Flagsmith/", "Flagsmith"),
    ("@growthbook/", "GrowthBook"),
    ("growthbook", "GrowthBook"),
    ("Growthbook", "GrowthBook"),
    ("github.com/growthbook/", "GrowthBook"),
    ("@openfeature/", "OpenFeature"),
    ("openfeature", "OpenFeature"),
    ("OpenFeature", "OpenFeature"),
    ("github.com/open-feature/", "OpenFeature"),
    ("dev.openfeature", "OpenFeature"),
    ("statsig-node", "Statsig"),
    ("@statsig/", "Statsig"),
    ("statsig", "Statsig"),
    ("@vercel/flags", "Vercel Flags"),
    ("flags/next", "Vercel Flags"),
    ("configcat-node", "ConfigCat"),
    ("configcatclient", "ConfigCat"),
    ("@splitsoftware/", "Split"),
    ("splitio", "Split"),
    ("Laravel.Pennant", "Pennant"),
    ("waffle", "waffle"),
    ("flags.state", "django-flags"),
    ("gargoyle", "gargoyle"),
    ("org.togglz", "Togglz"),
    ("org.ff4j", "FF4j"),
];

/// Looks at one file.
fn check(file: &FileFacts, _index: &CodeIndex, hits: &mut Vec<Hit>) {
    let modules = file.imports.iter().map(|import| (import.span, import.module.replace('\\', ".")));
    let modules: Vec<_> = modules.collect();
    let library = LIBRARIES.iter().find_map(|(module, name)| {
        let (span, _) = modules.iter().find(|(_, imported)| is_of(imported, module))?;
        Some((*span, *name))
    });
    if let Some((span, name)) = library {
        let place = super::at_span(span);
        hits.push(Hit::new(place, format!("Features stand behind flags of {name}")));
        return;
    }
    if let Some(call) = file.calls.iter().find(|call| !call.dev_only && asks(file, call)) {
        hits.push(Hit::new(call.place, format!("`{}` asks for a feature flag", call.callee)));
    }
}

/// A call that asks for a flag, by a name that says so.
fn asks(file: &FileFacts, call: &Call) -> bool {
    let (callee, method) = (&*call.callee, call.method());
    let posthog = matches!(
        method,
        "isFeatureEnabled"
            | "getFeatureFlag"
            | "useFeatureFlagEnabled"
            | "useFeatureFlag"
            | "feature_enabled"
            | "get_feature_flag"
            | "getFeatureFlagPayload"
            | "useFlag"
            | "useFlags"
            | "isFeatureFlagEnabled"
            | "feature_flag_enabled"
            | "featureFlagEnabled"
    );
    if posthog && !call.arguments.is_empty() {
        return true;
    }
    match callee {
        "Flipper.enabled?" | "Feature.active" | "Feature.enabled?" | "Feature.for" | "flag_is_active"
        | "switch_is_active" => true,
        _ => {
            let object = super::names::last(call.object());
            let flags = has_word(object, &["feature flags", "feature flag", "flags", "features", "feature"])
                && matches!(
                    method,
                    "isEnabled"
                        | "is_enabled"
                        | "enabled"
                        | "enabled?"
                        | "IsEnabled"
                        | "isActive"
                        | "active"
                        | "variation"
                );
            flags
                && call.arguments.first().is_some_and(|argument| argument.value.text().is_some())
                && !file.path.is_empty()
        }
    }
}
