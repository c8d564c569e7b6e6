//! Holds headers that files set against the rules about headers, as if a page had sent them.

use url::Url;

use super::html::Document;
use super::http::{Body, Headers, Response};
use super::rules::{self, HEADER_RULES, Page, hsts};
use super::tally::Sight;
use crate::model::{Observation, RuleId, RuleMeta};
use crate::probe::header_settings::Rules;

/// Those for deployed apps.
pub const RULES: Rules = Rules { judge, is_about };

/// Whether a rule is about the header of this name.
pub fn is_about(rule: &RuleId, header: &str) -> bool {
    let rules: &[&RuleMeta] = match header.to_ascii_lowercase().as_str() {
        "strict-transport-security" => rules::hsts::RULES,
        "x-content-type-options" => &[&rules::content_type_options::META, &rules::content_type_options::PROOF],
        "x-frame-options" => &[&rules::frame_options::META, &rules::frame_options::PROOF],
        "content-security-policy" => &[
            &rules::content_security_policy::META,
            &rules::content_security_policy::WEAK,
            &rules::content_security_policy::PROOF,
        ],
        "referrer-policy" => &[&rules::referrer_policy::META, &rules::referrer_policy::PROOF],
        "permissions-policy" => &[&rules::permissions_policy::META, &rules::permissions_policy::PROOF],
        _ => &[],
    };
    rules.iter().any(|known| known.id == rule.as_str())
}

/// What the rules make of a page with these headers on a site with HTTPS that browsers trust.
fn judge(headers: &[(String, String)]) -> Vec<Observation> {
    let Ok(url) = Url::parse("https://site.example/") else { return Vec::new() };
    let lines: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let response = Response { status: 200, headers: Headers::of(&lines), body: Body::default() };
    let page = Page { url: &url, response: &response, document: Document::default() };
    let mut sights = vec![hsts::judge(&url, &response.headers, Some(true))];
    sights.extend(HEADER_RULES.iter().map(|rules| (rules.judge)(&page)));
    let seen = sights.into_iter().filter_map(|sight| match sight {
        Sight::Seen(observations) => Some(observations),
        Sight::NotSeen(_) | Sight::Absent(_) => None,
    });
    seen.flatten().collect()
}
