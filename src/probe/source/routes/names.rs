//! What names tell: of middleware whether it asks who calls.

/// The words of a name: `requireAuth.user_id` has `require`, `auth`, `user` and `id`.
pub(in crate::probe::source) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut current = String::new();
    let mut previous_lower = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            if !current.is_empty() {
                words.push(std::mem::take(&mut current));
            }
            previous_lower = false;
            continue;
        }
        if c.is_ascii_uppercase() && previous_lower && !current.is_empty() {
            words.push(std::mem::take(&mut current));
        }
        previous_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        current.push(c.to_ascii_lowercase());
    }
    if !current.is_empty() {
        words.push(current);
    }
    words
}

pub(super) fn has(words: &[String], wanted: &[&str]) -> bool {
    words.iter().any(|word| wanted.contains(&word.as_str()))
}

const LIMIT: &[&str] = &[
    "limiter",
    "ratelimit",
    "ratelimiter",
    "ratelimited",
    "throttle",
    "throttler",
    "throttled",
    "slowdown",
    "bruteforce",
    "arcjet",
    "brute",
    "turnstile",
    "httprate",
    "tollbooth",
    "bucket4j",
    "ratelimits",
];

/// Whether a name speaks of a limit on how often somebody may ask.
pub(in crate::probe::source) fn limits_rate(name: &str) -> bool {
    let words = words(name);
    if has(&words, &["file", "size", "body", "upload", "page", "offset"]) {
        return false;
    }
    has(&words, LIMIT) || words.windows(2).any(|pair| matches!(pair, [a, b] if a == "rate" && b.starts_with("limit")))
}

const SIGNED_IN: &[&str] = &[
    "auth",
    "authn",
    "authz",
    "authenticate",
    "authenticated",
    "authenticates",
    "authentication",
    "authenticator",
    "authorize",
    "authorized",
    "authorizes",
    "authorization",
    "authorise",
    "authorised",
    "authed",
    "unauthorized",
    "loggedin",
    "signedin",
    "jwt",
    "bearer",
    "passport",
    "permission",
    "permissions",
    "permitted",
    "role",
    "roles",
    "admin",
    "admins",
    "superuser",
    "staff",
    "guard",
    "protect",
    "protected",
    "private",
    "acl",
    "rbac",
    "apikey",
    "hmac",
    "owner",
    "privileged",
    "secured",
    "ability",
    "can",
    "forbidden",
    "sso",
    "signed",
    "verified",
];

/// Words that show that a guard is about something else than who asks.
const HARMLESS: &[&str] = &[
    "cors",
    "helmet",
    "compression",
    "compress",
    "json",
    "urlencoded",
    "parser",
    "parse",
    "body",
    "raw",
    "text",
    "logger",
    "log",
    "logging",
    "morgan",
    "pino",
    "winston",
    "static",
    "serve",
    "favicon",
    "multer",
    "upload",
    "uploads",
    "uploader",
    "busboy",
    "formidable",
    "validate",
    "validator",
    "validation",
    "valid",
    "schema",
    "zod",
    "joi",
    "celebrate",
    "csrf",
    "csurf",
    "xsrf",
    "cache",
    "etag",
    "timeout",
    "error",
    "errors",
    "async",
    "wrap",
    "catch",
    "metrics",
    "prometheus",
    "trace",
    "tracing",
    "sentry",
    "i18n",
    "locale",
    "paginate",
    "pagination",
    "swagger",
    "db",
    "database",
    "settings",
    "config",
    "repo",
    "repository",
    "service",
    "engine",
    "conn",
    "client",
    "use",
    "input",
    "router",
    "routes",
    "route",
    "api",
    "docs",
    "handler",
    "history",
    "fallback",
    "graphql",
    "cookie",
    "cookies",
    "flash",
    "headers",
    "hpp",
    "transaction",
    "exempt",
];

/// Whether middleware of this name refuses those who have not signed in; `None`: the name does not tell.
pub(in crate::probe::source) fn guards_by_name(name: &str) -> Option<bool> {
    if limits_rate(name) {
        return Some(false);
    }
    let words = words(name);
    if has(&words, &["passport"]) && has(&words, &["initialize", "session"])
        || has(&words, &["public", "optional", "maybe", "guest", "anonymous", "allow"])
            && !has(&words, &["require", "required", "ensure"])
        || has(&words, &["schema", "csrf", "csurf", "xsrf", "cors"])
        || has(&words, &["policy", "headers"])
    {
        return Some(false);
    }
    let signed_in = has(&words, SIGNED_IN)
        || has(
            &words,
            &[
                "require", "requires", "required", "ensure", "check", "verify", "is", "must", "assert", "needs",
                "current", "active",
            ],
        ) && has(
            &words,
            &[
                "user",
                "session",
                "login",
                "logged",
                "signed",
                "token",
                "account",
                "member",
                "team",
                "key",
                "signature",
                "identity",
                "access",
                "secret",
                "credentials",
                "scope",
                "scopes",
            ],
        )
        || has(&words, &["access"]) && !has(&words, &["log", "logger"]);
    if signed_in {
        return Some(true);
    }
    (has(&words, HARMLESS) || has(&words, &["session", "sessions"])).then_some(false)
}

/// Whether a call or a read of this name asks who sent a request: `getServerSession`, `req.user`, `authorize`.
pub(in crate::probe::source) fn asks_who(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let last = lower.rsplit('.').next().unwrap_or(&lower).trim_end_matches("()").replace('_', "");
    const LAST: &[&str] = &[
        "auth",
        "getauth",
        "useauth",
        "getserversession",
        "getserverauthsession",
        "getsession",
        "currentuser",
        "getuser",
        "getcurrentuser",
        "requireuser",
        "requireauth",
        "requireuserid",
        "requireadmin",
        "getuserid",
        "validatesession",
        "validaterequest",
        "verifyidtoken",
        "verifysession",
        "verifysessioncookie",
        "verifyjwt",
        "jwtverify",
        "timingsafeequal",
        "comparedigest",
        "isauthenticated",
        "authorize",
        "authorise",
        "authorizeresource",
        "authenticate",
        "checkpermission",
        "checkpermissions",
        "checkpermissionor404",
        "checkownablepermission",
        "hasperm",
        "haspermission",
        "hasrole",
        "isallowed",
        "isadmin",
        "isauthorized",
        "isloggedin",
        "loggedin",
        "authenticaterequest",
        "authenticateuser",
        "constructevent",
        "verifysignature",
        "checkauth",
        "withauth",
        "getloggedinuser",
        "getcurrentsession",
        "auth0",
        "protect",
        "unauthorized",
        "forbidden",
        "verifytoken",
        "getsessionuser",
        "getusersession",
        "requireusersession",
        "requirelogin",
        "requiresession",
        "safegetsession",
        "getoptionalsession",
        "serversupabaseuser",
        "getclaims",
        "permissiondenied",
        "getrequestuser",
        "verifyapikey",
        "requireauthentication",
        "getuserprincipal",
        "getremoteuser",
        "getprincipal",
        "checklogin",
        "getloginid",
        "basicauth",
        "usercan",
        "currentusercan",
        "hashequals",
        "securecompare",
        "validsignature",
        "hasvalidsignature",
        "constanttimecompare",
        "authenticateorrequestwithhttptoken",
        "authenticateorrequestwithhttpbasic",
        "authenticatewithhttptoken",
        "authenticateuser!",
        "requirerole",
    ];
    if LAST.contains(&last.as_str()) || guards_call(path) {
        return true;
    }
    // Paths that hold the one who is signed in.
    let parts: Vec<&str> = lower.split('.').map(|part| part.trim_end_matches("()")).collect();
    let carrier = |part: &str| {
        matches!(
            part,
            "req"
                | "request"
                | "ctx"
                | "context"
                | "c"
                | "event"
                | "locals"
                | "state"
                | "self"
                | "this"
                | "res"
                | "g"
                | "socket"
                | "_session"
        )
    };
    parts.windows(2).any(|pair| match pair {
        [a, b] => {
            carrier(a)
                && matches!(
                    *b,
                    "user"
                        | "auth"
                        | "session"
                        | "userid"
                        | "currentuser"
                        | "account"
                        | "user_id"
                        | "api_key"
                        | "is_authenticated"
                        | "project"
                        | "profile"
                        | "principal"
                )
        }
        _ => false,
    }) || parts.iter().any(|part| part.contains("authenticateduser"))
        || matches!(parts.first(), Some(&("current_user" | "currentuser")))
        || matches!(&*last, "authorization" | "remoteuser")
        || (parts.first() == Some(&"session") && lower.contains("user"))
        || matches!(parts.as_slice(), ["auth", "user" | "id" | "check" | "guard" | "guest", ..])
        || matches!(
            &*last,
            "currentuser" | "usersignedin?" | "loggedin?" | "user()" | "abortunless" | "abortif" | "authorize!"
        )
}

/// A function's own name that says that it refuses strangers: `assertIsOwner`, `ensureMember`.
fn guards_call(path: &str) -> bool {
    let words = words(path.rsplit('.').next().unwrap_or(path));
    let asks = has(
        &words,
        &[
            "require",
            "requires",
            "assert",
            "ensure",
            "check",
            "verify",
            "validate",
            "is",
            "has",
            "can",
            "get",
            "enforce",
            "load",
            "fetch",
            "current",
            "deny",
            "authorize",
            "resolve",
            "with",
        ],
    );
    let whom = has(
        &words,
        &["auth", "session", "permission", "permissions", "authenticated", "authorized", "authorization", "admin", "owner", "ownership", "signedin", "loggedin", "role", "access", "apikey", "signature", "superuser", "policy", "ability", "member", "membership", "jwt", "authentication"],
    ) || words.windows(2).any(|pair| matches!(pair, [a, b] if (a == "current" || a == "api" || a == "logged" || a == "signed" || a == "auth") && matches!(b.as_str(), "user" | "key" | "in" | "account" | "token")));
    asks && whom && !has(&words, &["set", "create", "parse", "size", "log", "rate"])
}
