//! Judges policies: each for itself, and all that hold at once together.

use super::scripts::{self, Holes, is_anywhere};
use super::{Issue, Kind, Level, Policy, is_hash, is_nonce, syntax};

/// What stands beside the policies.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context {
    /// Whether the page came over HTTPS.
    pub secure: bool,
    /// Whether `X-Frame-Options` is sent.
    pub frame_options: bool,
}

/// Everything about one policy, worst first.
pub fn evaluate(policy: &Policy, context: Context) -> Vec<Issue> {
    let mut issues = Vec::new();
    scripts::check(policy, &mut issues);
    check_objects(policy, &mut issues);
    check_styles(policy, &mut issues);
    syntax::check(policy, &mut issues);
    check_page(policy, context, &mut issues);
    check_reports(policy, &mut issues);
    issues.sort_by_key(|issue| std::cmp::Reverse(issue.level));
    issues
}

/// What all policies of a page come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assessment {
    /// The level of the worst that is left; `None` where nothing is said.
    pub level: Option<Level>,
    /// What is to be said, worst first.
    pub issues: Vec<Issue>,
    /// By which ways a stranger's script gets in.
    pub holes: Holes,
}

/// Judges policies that hold at once: a script must get past every one of them. `None` without a policy.
pub fn assess(policies: &[Policy], context: Context) -> Option<Assessment> {
    let all: Vec<Vec<Issue>> = policies.iter().map(|policy| evaluate(policy, context)).collect();
    let left = all.iter().map(|issues| Holes::left_by(issues));
    let holes = left.reduce(Holes::and)?;
    // The tightest policy is the one that a script has to get past.
    let serious = |issues: &&Vec<Issue>| {
        let open = issues.iter().filter(|issue| Holes::of(issue).and(holes).any()).count();
        let shut = Holes::left_by(issues).any();
        (open, shut, issues.iter().filter(|issue| issue.level == Level::Weak).count())
    };
    let tightest = all.iter().min_by_key(serious)?;
    // What another policy closes is not said, nor weaknesses beside a hole that is closed elsewhere.
    let closed_elsewhere = Holes::left_by(tightest) != holes;
    let issues: Vec<Issue> = tightest
        .iter()
        .filter(|issue| match issue.level {
            Level::Open => Holes::of(issue).and(holes).any(),
            Level::Weak => !closed_elsewhere || holes.any(),
            _ => true,
        })
        .cloned()
        .collect();
    Some(Assessment { level: issues.iter().map(|issue| issue.level).max(), issues, holes })
}

fn check_objects(policy: &Policy, issues: &mut Vec<Issue>) {
    match policy.deciding("object-src") {
        // Browsers have no plugins any more, but <object> still shows pages and pictures.
        None => issues.push(Issue::new(
            Kind::MissingDirective,
            Level::Advice,
            "object-src",
            "is missing, and so is default-src; set it to 'none'",
        )),
        Some((directive, sources)) => {
            for source in sources.iter().filter(|source| *source != "'none'") {
                if is_anywhere(source) {
                    let kind = if source.ends_with(':') { Kind::PlainUrlScheme } else { Kind::PlainWildcard };
                    if directive == "object-src" {
                        let words = "objects load from any host; set it to 'none'";
                        issues.push(Issue::of(kind, Level::Advice, directive, source, words));
                    }
                } else if directive == "object-src" {
                    let words = "hardly any page needs <object>; set it to 'none'";
                    issues.push(Issue::of(Kind::ObjectAllowlistBypass, Level::Note, directive, source, words));
                }
            }
        }
    }
}

fn check_styles(policy: &Policy, issues: &mut Vec<Issue>) {
    let Some((directive, sources)) = policy.deciding("style-src") else { return };
    let named = sources.iter().any(|source| is_nonce(source) || is_hash(source));
    if directive == "style-src" && !named && sources.iter().any(|source| source == "'unsafe-inline'") {
        issues.push(Issue::of(
            Kind::StyleUnsafeInline,
            Level::Note,
            directive,
            "'unsafe-inline'",
            "styles in the page apply, whoever wrote them; common, and far less harmful than scripts",
        ));
    }
}

fn check_page(policy: &Policy, context: Context, issues: &mut Vec<Issue>) {
    if context.frame_options && policy.sources("frame-ancestors").is_some() {
        issues.push(Issue::new(
            Kind::XFrameOptionsObsoleted,
            Level::Note,
            "frame-ancestors",
            "decides; X-Frame-Options beside it counts for old browsers only",
        ));
    }
    if !context.secure
        && let Some((directive, sources)) = policy.deciding("script-src")
    {
        let bare = sources.iter().filter(|s| !s.starts_with('\'') && s.contains('.') && !s.contains("://"));
        for source in bare {
            let words = "without https:// before it, scripts may come over plain HTTP";
            issues.push(Issue::of(Kind::SrcNoProtocol, Level::Note, directive, source, words));
        }
    }
    let wants_types = policy.sources("require-trusted-types-for").is_some_and(|s| s.iter().any(|s| s == "'script'"));
    if !wants_types {
        issues.push(Issue::new(
            Kind::RequireTrustedTypes,
            Level::Note,
            "require-trusted-types-for",
            "with 'script' would close the places where text turns into markup, for apps built for it",
        ));
    }
}

fn check_reports(policy: &Policy, issues: &mut Vec<Issue>) {
    let says = |name: &str| policy.sources(name).is_some_and(|sources| !sources.is_empty());
    if says("report-uri") {
        return;
    }
    issues.push(if says("report-to") {
        let words = "is alone; report-uri beside it would reach the other browsers too";
        Issue::new(Kind::ReportToOnly, Level::Note, "report-to", words)
    } else {
        let words = "is missing: nobody tells you what the policy blocks";
        Issue::new(Kind::ReportingDestinationMissing, Level::Note, "report-uri", words)
    });
}

#[cfg(test)]
mod tests;
