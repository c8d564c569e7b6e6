//! The results that the Observatory's tests can have: its own words, what each is worth, and plain words.

/// One result.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// The Observatory's word.
    pub result: &'static str,
    /// Points given or taken.
    pub modifier: i32,
    /// Whether the Observatory counts it as passed.
    pub pass: bool,
    /// For people, as a sentence without a full stop.
    pub words: &'static str,
}

/// What can be compared and kept: results stand in the table once.
pub type Outcome = &'static Entry;

macro_rules! entries {
    ($($name:ident = $result:literal, $modifier:literal, $pass:literal, $words:literal;)*) => {
        $(pub static $name: Entry = Entry { result: $result, modifier: $modifier, pass: $pass, words: $words };)*
        /// Every result.
        #[cfg(test)]
        pub static ALL: &[&Entry] = &[$(&$name),*];
    };
}

entries! {
    CSP_DEFAULT_NONE = "csp-implemented-with-no-unsafe-default-src-none", 10, true, "A strict policy that begins by allowing nothing";
    CSP_NO_UNSAFE = "csp-implemented-with-no-unsafe", 5, true, "A policy without unsafe sources";
    CSP_DUPLICATES = "csp-implemented-but-duplicate-directives", 0, true, "A policy without unsafe sources that names its report address twice";
    CSP_UNSAFE_STYLE = "csp-implemented-with-unsafe-inline-in-style-src-only", 0, true, "A policy whose styles, but not scripts, may come from anybody";
    CSP_PASSIVE = "csp-implemented-with-insecure-scheme-in-passive-content-only", -10, true, "A policy that lets pictures or media come over plain HTTP";
    CSP_EVAL = "csp-implemented-with-unsafe-eval", -10, false, "A policy that lets text be turned into code";
    CSP_INLINE = "csp-implemented-with-unsafe-inline", -20, false, "A policy that lets anybody's script run, or does not restrict scripts or objects";
    CSP_INSECURE = "csp-implemented-with-insecure-scheme", -20, false, "A policy that lets active content come over plain HTTP";
    CSP_INVALID = "csp-header-invalid", -25, false, "The policy cannot be read";
    CSP_NONE = "csp-not-implemented", -25, false, "No policy";
    CSP_REPORT_ONLY = "csp-not-implemented-but-reporting-enabled", -25, false, "A policy that only reports and blocks nothing";

    COOKIES_ALL = "cookies-secure-with-httponly-sessions-and-samesite", 5, true, "All cookies are Secure and have SameSite, sessions are HttpOnly";
    COOKIES_SECURE = "cookies-secure-with-httponly-sessions", 0, true, "All cookies are Secure and sessions HttpOnly; SameSite is missing";
    COOKIES_NONE = "cookies-not-found", 0, true, "No cookies are set before anybody signs in";
    COOKIES_HSTS = "cookies-without-secure-flag-but-protected-by-hsts", -5, false, "A cookie without Secure; HSTS keeps it off plain HTTP";
    COOKIES_SESSION_HSTS = "cookies-session-without-secure-flag-but-protected-by-hsts", -10, false, "A session cookie without Secure; HSTS keeps it off plain HTTP";
    COOKIES_INSECURE = "cookies-without-secure-flag", -20, false, "A cookie without Secure";
    COOKIES_SAMESITE = "cookies-samesite-flag-invalid", -20, false, "A cookie whose SameSite browsers do not accept";
    COOKIES_CSRF = "cookies-anticsrf-without-samesite-flag", -20, false, "A cookie against forged requests without SameSite";
    COOKIES_SESSION_SCRIPT = "cookies-session-without-httponly-flag", -30, false, "A session cookie that scripts can read";
    COOKIES_SESSION_INSECURE = "cookies-session-without-secure-flag", -40, false, "A session cookie without Secure";

    CORS_NONE = "cross-origin-resource-sharing-not-implemented", 0, true, "Other sites cannot read the page";
    CORS_PUBLIC = "cross-origin-resource-sharing-implemented-with-public-access", 0, true, "Any site may read the page, without cookies";
    CORS_RESTRICTED = "cross-origin-resource-sharing-implemented-with-restricted-access", 0, true, "Named sites may read the page";
    CORS_UNIVERSAL = "cross-origin-resource-sharing-implemented-with-universal-access", -50, false, "Any site may read the page as the user who is signed in";

    REDIRECT_PRELOADED = "redirection-all-redirects-preloaded", 0, true, "Browsers never ask over plain HTTP: all hosts on the way are on their preload list";
    REDIRECT_HTTPS = "redirection-to-https", 0, true, "Plain HTTP leads to HTTPS on the same host";
    REDIRECT_NO_HTTP = "redirection-not-needed-no-http", 0, true, "Nothing answers over plain HTTP";
    REDIRECT_OFF_HOST = "redirection-off-host-from-http", -5, false, "Plain HTTP leads to another host at once, so HSTS never reaches this one";
    REDIRECT_LATE = "redirection-not-to-https-on-initial-redirection", -10, false, "The first redirect stays on plain HTTP";
    REDIRECT_NOT_HTTPS = "redirection-not-to-https", -20, false, "The redirects end on plain HTTP";
    REDIRECT_MISSING = "redirection-missing", -20, false, "Plain HTTP does not lead to HTTPS";
    REDIRECT_CERTIFICATE = "redirection-invalid-cert", -20, false, "Plain HTTP leads to a certificate that browsers refuse";

    REFERRER_PRIVATE = "referrer-policy-private", 5, true, "Other sites do not learn full addresses";
    REFERRER_NONE = "referrer-policy-not-implemented", 0, true, "No policy; today's browsers keep paths to themselves";
    REFERRER_UNSAFE = "referrer-policy-unsafe", -5, false, "Other sites learn more than they need";
    REFERRER_INVALID = "referrer-policy-header-invalid", -5, false, "The policy is none that browsers know";

    HSTS_PRELOADED = "hsts-preloaded", 5, true, "Browsers use HTTPS only, from the first visit on: the host is on their preload list";
    HSTS_LONG = "hsts-implemented-max-age-at-least-six-months", 0, true, "Browsers use HTTPS only, for six months or more";
    HSTS_SHORT = "hsts-implemented-max-age-less-than-six-months", -10, false, "Browsers use HTTPS only, but for less than six months";
    HSTS_NONE = "hsts-not-implemented", -20, false, "Browsers are not told to use HTTPS only";
    HSTS_INVALID = "hsts-header-invalid", -20, false, "The header cannot be read";
    HSTS_NO_HTTPS = "hsts-not-implemented-no-https", -20, false, "There is no HTTPS";
    HSTS_CERTIFICATE = "hsts-invalid-cert", -20, false, "Browsers refuse the certificate, so they ignore the header";

    SRI_ALL = "sri-implemented-and-all-scripts-loaded-securely", 5, true, "Scripts have integrity checks, and all come from this site";
    SRI_EXTERNAL = "sri-implemented-and-external-scripts-loaded-securely", 5, true, "Scripts from other sites have integrity checks";
    SRI_NOT_HTML = "sri-not-implemented-response-not-html", 0, true, "Not a page, so it loads no scripts";
    SRI_NO_SCRIPTS = "sri-not-implemented-but-no-scripts-loaded", 0, true, "The page loads no scripts";
    SRI_OWN = "sri-not-implemented-but-all-scripts-loaded-from-secure-origin", 0, true, "All scripts come from this site";
    SRI_MISSING = "sri-not-implemented-but-external-scripts-loaded-securely", -5, false, "Scripts from other sites have no integrity checks";
    SRI_INSECURE = "sri-implemented-but-external-scripts-not-loaded-securely", -20, false, "Scripts from other sites have integrity checks but may come over plain HTTP";
    SRI_NEITHER = "sri-not-implemented-and-external-scripts-not-loaded-securely", -50, false, "Scripts from other sites may come over plain HTTP, without integrity checks";
    HTML_NOT_PARSEABLE = "html-not-parseable", -20, false, "Said to be a page, but it cannot be read as one";

    NOSNIFF = "x-content-type-options-nosniff", 0, true, "Browsers do not guess types";
    NOSNIFF_NONE = "x-content-type-options-not-implemented", -5, false, "Browsers may guess types";
    NOSNIFF_INVALID = "x-content-type-options-header-invalid", -5, false, "The header is not `nosniff`";

    FRAME_CSP = "x-frame-options-implemented-via-csp", 5, true, "The policy says who may frame the page";
    FRAME_SET = "x-frame-options-sameorigin-or-deny", 5, true, "Other sites cannot frame the page";
    FRAME_ALLOW_FROM = "x-frame-options-allow-from-origin", 0, true, "ALLOW-FROM, which browsers ignore by now";
    FRAME_NONE = "x-frame-options-not-implemented", -20, false, "Any site may frame the page";
    FRAME_INVALID = "x-frame-options-header-invalid", -20, false, "The header is none that browsers know";

    CORP_SAME_ORIGIN = "corp-implemented-with-same-origin", 10, true, "Only this origin may embed the page's data";
    CORP_SAME_SITE = "corp-implemented-with-same-site", 10, true, "Only this site may embed the page's data";
    CORP_CROSS_ORIGIN = "corp-implemented-with-cross-origin", 0, true, "Any site may embed the page's data, as said";
    CORP_NONE = "corp-not-implemented", 0, true, "Any site may embed the page's data";
    CORP_INVALID = "corp-header-invalid", -5, false, "The header is none that browsers know";

    COEP_REQUIRE = "coep-implemented-with-require-corp", 10, true, "The page loads only what agrees to be embedded";
    COEP_CREDENTIALLESS = "coep-implemented-with-credentialless", 10, true, "The page loads from other sites without cookies";
    COEP_UNSAFE = "coep-implemented-with-unsafe-none", 0, true, "The page loads anything, as said";
    COEP_NONE = "coep-not-implemented", 0, true, "The page loads anything";
    COEP_INVALID = "coep-header-invalid", -5, false, "The header is none that browsers know";

    COOP_SAME_ORIGIN = "coop-implemented-with-same-origin", 10, true, "Windows of other sites are kept apart";
    COOP_POPUPS = "coop-implemented-with-same-origin-allow-popups", 10, true, "Windows of other sites are kept apart, except those the page opens";
    COOP_NOOPENER = "coop-implemented-with-noopener-allow-popups", 10, true, "The page is kept apart from whatever opened it";
    COOP_UNSAFE = "coop-implemented-with-unsafe-none", 0, true, "Windows of other sites can reach this one, as said";
    COOP_NONE = "coop-not-implemented", 0, true, "Windows of other sites can reach this one";
    COOP_INVALID = "coop-header-invalid", -5, false, "The header is none that browsers know";
}
