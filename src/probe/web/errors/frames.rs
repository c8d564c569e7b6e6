//! Stack frames of every language, which name a file with a line.

use std::sync::LazyLock;

use regex::Regex;

/// How a language writes them.
pub struct Frame {
    /// The language.
    pub of: &'static str,
    /// What is shown of a match is its first group, or else all of it.
    pub pattern: LazyLock<Option<Regex>>,
}

macro_rules! frame {
    ($of:literal, $pattern:expr) => {
        Frame { of: $of, pattern: LazyLock::new(|| Regex::new($pattern).ok()) }
    };
}

/// All of them.
pub static FRAMES: [Frame; 10] = [
    frame!(
        "Node.js",
        // Next.js has folders in brackets: `(shop)`, `(..)photo`.
        r"\bat (?:[^\n()<>]+ \()?(?:file://|webpack-internal://)?(?:/|[A-Za-z]:\\)(?:[^\s()<>:]|\([^\s()<>:/\\]+\))+\.[cm]?[jt]sx?:\d+:\d+"
    ),
    frame!("Node.js", r"\bat [^\n()<>]+ \(node:[a-z_/]+:\d+:\d+\)"),
    // A panic since 1.73 and before, and a frame of a backtrace.
    frame!(
        "Rust",
        r"thread (?:'|&#39;|&#x27;|&apos;)[^\n<>]{1,100} panicked at (?:[^\n<>]{1,400}, )?[^\s<>:]+\.rs:\d+:\d+|\bat (?:\./|/|[A-Za-z]:\\)[^\s()<>:]+\.rs:\d+:\d+"
    ),
    frame!("Java", r"\bat [a-zA-Z0-9_.$/]+\([a-zA-Z0-9_$]+\.(?:java|kt|scala):\d+\)"),
    frame!(".NET", r"\bat [a-zA-Z0-9_.`<>\[\],+ ]+\([^()\n]*\) in [^\n<>]+:line \d+"),
    // With `html_errors` on and off; Xdebug writes the line into `<i>`.
    frame!(
        "PHP",
        r"(?:Fatal error|Warning|Notice|Deprecated|Parse error)(?:</b>)?: +[^\n]+? in (?:<b>)?(?:/|[A-Z]:\\)[^\s<>]+\.php(?:</b>)? on line (?:<[bi]>)?\d+"
    ),
    // An exception that nobody caught names its place in lines of their own.
    frame!("PHP", r"\bthrown in (?:<b>)?(?:/|[A-Z]:\\)[^\n<>]+?\.php(?:</b>)? on line (?:<[bi]>)?\d+"),
    frame!("PHP", r"#\d+ (?:/|[A-Z]:\\)[^\n<>]+?\.php\(\d+\): "),
    frame!("Ruby", r"((?:/|[A-Z]:\\)?[\w./\\-]+\.rb:\d+:in) (?:['`]|&#39;|&#x27;|&#96;|&apos;)"),
    frame!(
        "a database",
        r"SQLSTATE\[[0-9A-Z]{5}\][^\n]{0,400}? in (?:<b>)?(?:/|[A-Z]:\\)[^\s<>]+?\.php(?:</b>)?(?::| on line (?:<[bi]>)?)\d+"
    ),
];
