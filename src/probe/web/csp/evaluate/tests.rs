use super::super::Kind::*;
use super::*;

/// A policy on a page over HTTPS, and an issue that it must have: kind, level, directive, source.
const HAS: &[(&str, Kind, Level, &str, Option<&str>)] = &[
    ("script-src 'self' object-src 'none'", MissingSemicolon, Level::Weak, "script-src", Some("object-src")),
    ("default-src 'self'; foo-src x.example", UnknownDirective, Level::Advice, "foo-src", None),
    ("default-src 'self'; script-src: 'self'", UnknownDirective, Level::Advice, "script-src:", None),
    ("script-src 'none-such'", InvalidKeyword, Level::Advice, "script-src", Some("'none-such'")),
    ("script-src self", InvalidKeyword, Level::Advice, "script-src", Some("self")),
    ("script-src nonce-abcdefgh12", InvalidKeyword, Level::Advice, "script-src", Some("nonce-…")),
    ("script-src 'sha256-??'", InvalidKeyword, Level::Advice, "script-src", Some("'sha256-??'")),
    ("script-src 'nonce-abc!defgh'", NonceCharset, Level::Advice, "script-src", Some("'nonce-…'")),
    ("img-src 'self'", MissingDirective, Level::Open, "script-src", None),
    ("script-src 'self'", MissingDirective, Level::Advice, "object-src", None),
    ("script-src 'nonce-8IBTHwOdqNKAWeKl7plt8g=='", MissingDirective, Level::Weak, "base-uri", None),
    ("script-src 'sha256-abcd' 'strict-dynamic'", MissingDirective, Level::Weak, "base-uri", None),
    ("script-src 'self' 'unsafe-inline'", ScriptUnsafeInline, Level::Open, "script-src", Some("'unsafe-inline'")),
    ("default-src 'unsafe-inline'", ScriptUnsafeInline, Level::Open, "default-src", Some("'unsafe-inline'")),
    (
        "script-src 'self'; script-src-attr 'unsafe-inline'",
        ScriptUnsafeInline,
        Level::Open,
        "script-src-attr",
        Some("'unsafe-inline'"),
    ),
    ("script-src 'self' 'unsafe-eval'", ScriptUnsafeEval, Level::Advice, "script-src", Some("'unsafe-eval'")),
    ("script-src https:", PlainUrlScheme, Level::Open, "script-src", Some("https:")),
    ("script-src data:", PlainUrlScheme, Level::Open, "script-src", Some("data:")),
    ("script-src 'nonce-8IBTHwOdqNKAWeKl'; base-uri https:", PlainUrlScheme, Level::Weak, "base-uri", Some("https:")),
    ("default-src 'self'; object-src https:", PlainUrlScheme, Level::Advice, "object-src", Some("https:")),
    ("script-src *", PlainWildcard, Level::Open, "script-src", Some("*")),
    ("script-src https://*", PlainWildcard, Level::Open, "script-src", Some("https://*")),
    ("script-src-elem *; script-src 'self'", PlainWildcard, Level::Open, "script-src-elem", Some("*")),
    ("script-src 'nonce-8IBTHwOdqNKAWeKl'; base-uri *", PlainWildcard, Level::Weak, "base-uri", Some("*")),
    ("script-src 'self' unpkg.com", ScriptAllowlistBypass, Level::Weak, "script-src", Some("unpkg.com")),
    (
        "script-src https://www.googletagmanager.com 'unsafe-eval'",
        ScriptAllowlistBypass,
        Level::Weak,
        "script-src",
        Some("https://www.googletagmanager.com"),
    ),
    ("object-src a.example", ObjectAllowlistBypass, Level::Note, "object-src", Some("a.example")),
    ("script-src 'nonce-abc'", NonceLength, Level::Weak, "script-src", Some("'nonce-…'")),
    ("script-src 192.0.2.1", IpSource, Level::Note, "script-src", Some("192.0.2.1")),
    ("img-src [::1]", IpSource, Level::Note, "img-src", Some("[::1]")),
    ("referrer no-referrer", DeprecatedDirective, Level::Note, "referrer", None),
    ("plugin-types a/b", DeprecatedDirective, Level::Note, "plugin-types", None),
    ("img-src http://pics.example.com", SrcHttp, Level::Advice, "img-src", Some("http://pics.example.com")),
    ("report-uri http://r.example/x", SrcHttp, Level::Advice, "report-uri", Some("http://r.example/x")),
    ("webrtc 'block'", Experimental, Level::Note, "webrtc", None),
    ("script-src https://*.vercel.app", WildcardUrl, Level::Weak, "script-src", Some("https://*.vercel.app")),
    ("style-src 'unsafe-inline'", StyleUnsafeInline, Level::Note, "style-src", Some("'unsafe-inline'")),
    ("script-src 'nonce-random123'", StaticNonce, Level::Weak, "script-src", Some("'nonce-…'")),
    ("script-src 'nonce-{{csp_nonce_value_of_page}}'", StaticNonce, Level::Weak, "script-src", Some("'nonce-…'")),
    (
        "script-src 'unsafe-hashes' 'sha256-abcd'",
        ScriptUnsafeHashes,
        Level::Advice,
        "script-src",
        Some("'unsafe-hashes'"),
    ),
    ("script-src cdn.example.com", StrictDynamic, Level::Note, "script-src", None),
    ("script-src 'strict-dynamic'", StrictDynamicNotStandalone, Level::Advice, "script-src", None),
    ("script-src cdn.example.com", NonceHash, Level::Note, "script-src", None),
    ("script-src 'nonce-8IBTHwOdqNKAWeKl'", UnsafeInlineFallback, Level::Note, "script-src", None),
    ("script-src 'nonce-8IBTHwOdqNKAWeKl' 'strict-dynamic'", AllowlistFallback, Level::Note, "script-src", None),
    ("script-src 'unsafe-inline' 'sha256-abcd'", Ignored, Level::Note, "script-src", Some("'unsafe-inline'")),
    ("script-src https: 'strict-dynamic' 'sha256-abcd'", Ignored, Level::Note, "script-src", Some("https:")),
    ("script-src 'self'; script-src *", Ignored, Level::Advice, "script-src", None),
    ("script-src 'self'", RequireTrustedTypes, Level::Note, "require-trusted-types-for", None),
    ("script-src 'self'", ReportingDestinationMissing, Level::Note, "report-uri", None),
    ("script-src 'self'; report-to x", ReportToOnly, Level::Note, "report-to", None),
];

const SECURE: Context = Context { secure: true, frame_options: false };

fn of(text: &str) -> Vec<Issue> {
    evaluate(&Policy::one(text), SECURE)
}

#[test]
fn every_kind_is_found() {
    let mut met = vec![SrcNoProtocol, XFrameOptionsObsoleted];
    for (policy, kind, level, directive, source) in HAS {
        let issues = of(policy);
        let found = issues.iter().any(|issue| {
            issue.kind == *kind
                && issue.level == *level
                && issue.directive == *directive
                && issue.source.as_deref() == *source
        });
        assert!(found, "{policy}: {kind:?} in {issues:#?}");
        met.push(*kind);
    }
    for kind in Kind::ALL {
        assert!(met.contains(&kind), "{kind:?} has no row");
    }
}

#[test]
fn what_stands_beside_the_policy_counts() {
    let beside = Context { secure: false, frame_options: true };
    let kinds = |text: &str| evaluate(&Policy::one(text), beside).iter().map(|issue| issue.kind).collect::<Vec<_>>();
    assert!(kinds("script-src a.example").contains(&SrcNoProtocol));
    assert!(!kinds("script-src https://a.example").contains(&SrcNoProtocol));
    assert!(kinds("frame-ancestors 'none'").contains(&XFrameOptionsObsoleted));
    assert!(!kinds("script-src 'self'").contains(&XFrameOptionsObsoleted));
    assert!(!of("script-src a.example").iter().any(|issue| issue.kind == SrcNoProtocol));
}

/// Kinds that a policy must not have.
#[test]
fn what_is_harmless_is_not_blamed() {
    for (policy, kind) in [
        ("script-src 'unsafe-inline' 'nonce-8IBTHwOdqNKAWeKl'", ScriptUnsafeInline),
        ("script-src 'unsafe-inline' 'strict-dynamic'", ScriptUnsafeInline),
        ("script-src https: http: 'unsafe-inline' 'nonce-8IBTHwOdqNKAWeKl' 'strict-dynamic'", PlainUrlScheme),
        ("script-src * 'nonce-8IBTHwOdqNKAWeKl' 'strict-dynamic'", PlainWildcard),
        ("script-src 'self'; img-src * data: https:", PlainUrlScheme),
        ("script-src 'self'; img-src * data: https:", PlainWildcard),
        ("default-src *; script-src 'self'; object-src 'none'", PlainWildcard),
        ("script-src 'self'", ScriptAllowlistBypass),
        ("script-src https://www.googletagmanager.com", ScriptAllowlistBypass),
        ("script-src https://cdn.jsdelivr.net/npm/vue@3.5.0/", ScriptAllowlistBypass),
        ("script-src 'nonce-8IBTHwOdqNKAWeKl7plt8g=='", NonceCharset),
        ("script-src 'nonce-8IBTHwOdqNKAWeKl7plt8g=='", NonceLength),
        ("script-src 'nonce-randomlookingbutlongenough'", StaticNonce),
        ("default-src 'self'; upgrade-insecure-requests", UnknownDirective),
        ("trusted-types default 'allow-duplicates'; require-trusted-types-for 'script'", InvalidKeyword),
        ("sandbox allow-scripts", InvalidKeyword),
        ("script-src 'SELF' 'Unsafe-Eval'", InvalidKeyword),
        ("script-src 'self'; base-uri", MissingSemicolon),
        ("sandbox", MissingDirective),
        ("default-src 'none'", MissingDirective),
        ("script-src https://*.shop.example.com", WildcardUrl),
    ] {
        let open: Vec<Issue> =
            of(policy).into_iter().filter(|issue| issue.kind == kind && issue.directive != "object-src").collect();
        assert_eq!(open, [], "{policy}");
    }
}

#[test]
fn all_policies_hold_together() {
    let level = |texts: &[&str]| {
        let policies: Vec<Policy> = texts.iter().map(|text| Policy::one(text)).collect();
        assess(&policies, SECURE).map(|found| (found.level.filter(|level| *level > Level::Advice), found.holes.any()))
    };
    assert_eq!(level(&[]), None);
    assert_eq!(level(&["frame-ancestors 'none'", "script-src 'self'"]), Some((None, false)));
    assert_eq!(level(&["script-src *", "script-src 'self'"]), Some((None, false)));
    // One closes what stands in the page, the other where scripts come from.
    assert_eq!(level(&["script-src *", "script-src 'self' 'unsafe-inline'"]), Some((None, false)));
    assert_eq!(level(&["script-src 'unsafe-inline'", "default-src 'unsafe-inline'"]), Some((Some(Level::Open), true)));
    assert_eq!(level(&["frame-ancestors 'none'", "upgrade-insecure-requests"]), Some((Some(Level::Open), true)));
    assert_eq!(level(&["script-src unpkg.com", "script-src *"]), Some((Some(Level::Weak), false)));
    assert_eq!(level(&["script-src unpkg.com", "script-src 'self'"]), Some((None, false)));
}

#[test]
fn no_nonce_is_shown() {
    for issue in of("script-src 'nonce-xyq1' nonce-xyq2; img-src 'nonce-xyq3!'; 'nonce-xyq4'") {
        let line = issue.line();
        assert!(!line.contains("xyq"), "{line}");
    }
}
