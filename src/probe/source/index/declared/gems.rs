//! What code of Ruby requires and no `Gemfile` names.

use std::collections::HashSet;

use super::{MAX_LOCK_BYTES, Undeclared};
use crate::probe::files::FileEntry;
use crate::probe::source::facts::{CodeIndex, Language, Role};

/// What Ruby itself brings, by the first part of the path.
const OWN: [&str; 83] = [
    "English",
    "abbrev",
    "base64",
    "benchmark",
    "bigdecimal",
    "bundler",
    "cgi",
    "continuation",
    "coverage",
    "csv",
    "date",
    "debug",
    "delegate",
    "did_you_mean",
    "digest",
    "drb",
    "erb",
    "error_highlight",
    "etc",
    "expect",
    "fcntl",
    "fiber",
    "fiddle",
    "fileutils",
    "find",
    "forwardable",
    "getoptlong",
    "io",
    "ipaddr",
    "irb",
    "jruby",
    "java",
    "json",
    "kconv",
    "logger",
    "matrix",
    "minitest",
    "mkmf",
    "monitor",
    "mutex_m",
    "net",
    "nkf",
    "objspace",
    "observer",
    "open-uri",
    "open3",
    "openssl",
    "optparse",
    "ostruct",
    "pathname",
    "pp",
    "prettyprint",
    "prime",
    "prism",
    "pstore",
    "psych",
    "pty",
    "racc",
    "rake",
    "rbconfig",
    "readline",
    "reline",
    "resolv",
    "rinda",
    "ripper",
    "rubygems",
    "securerandom",
    "set",
    "shellwords",
    "singleton",
    "socket",
    "stringio",
    "strscan",
    "syslog",
    "tempfile",
    "test",
    "thread",
    "time",
    "timeout",
    "tmpdir",
    "tsort",
    "uri",
    "yaml",
];
const MORE_OWN: [&str; 5] = ["weakref", "zlib", "rexml", "rss", "un"];

/// Gems by what is required of them, where the name of the one does not tell the other.
const REQUIRED_AS: [(&str, &str); 20] = [
    ("action_controller", "actionpack"),
    ("action_dispatch", "actionpack"),
    ("abstract_controller", "actionpack"),
    ("action_mailbox", "rails"),
    ("rails", "railties"),
    ("active_job", "rails"),
    ("zip", "rubyzip"),
    ("raven", "sentry"),
    ("sinatra", "sinatra"),
    ("ddtrace", "datadog"),
    ("new_relic", "newrelic_rpm"),
    ("mini_exiftool", "exiftool"),
    ("opentelemetry", "opentelemetry"),
    ("google", "google"),
    ("em", "eventmachine"),
    ("kaminari", "kaminari"),
    ("rmagick", "rmagick"),
    ("ld-eventsource", "launchdarkly"),
    ("OpenSSL", "openssl"),
    ("RMagick", "rmagick"),
];

/// What Rails brings, squashed.
const OF_RAILS: [&str; 22] = [
    "actioncable",
    "actionmailbox",
    "actionmailer",
    "actionpack",
    "actiontext",
    "actionview",
    "activejob",
    "activemodel",
    "activerecord",
    "activestorage",
    "activesupport",
    "builder",
    "concurrentruby",
    "globalid",
    "i18n",
    "mail",
    "minitest",
    "nokogiri",
    "rack",
    "railties",
    "thor",
    "tzinfo",
];

/// Every `require` of production code of which no gem is known.
pub(super) fn undeclared(files: &[FileEntry], index: &CodeIndex) -> Vec<Undeclared> {
    let mut found = Vec::new();
    let ruby = || index.files.iter().enumerate().filter(|(_, file)| file.language == Language::Ruby);
    if ruby().next().is_none() {
        return found;
    }
    let gems = read(files);
    if gems.names.is_empty() {
        return found;
    }
    let mut own: HashSet<&str> = HashSet::new();
    for (_, file) in ruby() {
        own.extend(file.path.split('/').map(|part| part.strip_suffix(".rb").unwrap_or(part)));
    }
    for (place, file) in ruby().filter(|(_, file)| file.role == Role::Server) {
        let mut told: HashSet<&str> = HashSet::new();
        for import in file.imports.iter().filter(|import| !import.guarded && !import.module.starts_with(['.', '/'])) {
            let first = import.module.split('/').next().unwrap_or(&import.module);
            let first = first.strip_suffix(".rb").unwrap_or(first);
            let plain = first.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
            if !plain || first.is_empty() || OWN.contains(&first) || MORE_OWN.contains(&first) || own.contains(first) {
                continue;
            }
            if !told.insert(first) || gems.has(&import.module) || index.module(file, &import.module).is_some() {
                continue;
            }
            found.push(Undeclared {
                file: place,
                package: first.to_owned(),
                span: import.span,
                installed: gems.locked.then_some(false),
                flat: false,
                elsewhere: None,
                // A `require` that is indented runs under a condition or late.
                sure: gems.locked && !gems.partly && import.span.column == 1,
                family: None,
            });
        }
    }
    found
}

#[derive(Debug, Default)]
struct Gems {
    /// Names of gems, squashed.
    names: HashSet<String>,
    locked: bool,
    /// Some gems are named by code: `gemspec`, `eval_gemfile`.
    partly: bool,
}

impl Gems {
    /// Whether some gem's name fits what is required.
    fn has(&self, module: &str) -> bool {
        let first = module.split('/').next().unwrap_or(module);
        let (whole, first_plain) = (squashed(module), squashed(first));
        let fits = |name: &String| {
            name.contains(&first_plain) || whole.starts_with(name.as_str()) || first_plain.starts_with(name.as_str())
        };
        self.names.iter().any(fits)
            || REQUIRED_AS.iter().any(|(required, gem)| {
                *required == first && self.names.iter().any(|name| name.contains(&squashed(gem)))
            })
    }
}

fn squashed(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn read(files: &[FileEntry]) -> Gems {
    let mut gems = Gems::default();
    for file in files {
        let name = file.name();
        let end = name.rsplit('.').next().unwrap_or(name);
        let lock = matches!(name, "Gemfile.lock" | "gems.locked");
        if !(lock || matches!(name, "Gemfile" | "gems.rb") || matches!(end, "gemspec" | "gemfile")) {
            continue;
        }
        let Ok(text) = file.read_up_to(MAX_LOCK_BYTES) else {
            gems.partly = true;
            continue;
        };
        gems.locked |= lock;
        for line in text.lines().map(str::trim) {
            // A lock file names every gem at the beginning of a line.
            let named = if lock {
                line.split([' ', '(', '!']).next()
            } else if line.starts_with("gem ") || line.starts_with("gem(") || line.contains("_dependency") {
                line.split(['"', '\'']).nth(1)
            } else {
                gems.partly |= line.starts_with("eval_gemfile") || line.starts_with("instance_eval");
                None
            };
            let named = named.map(squashed).filter(|name| name.len() >= 2);
            gems.names.extend(named);
        }
    }
    if !gems.locked && gems.names.contains("rails") {
        gems.names.extend(OF_RAILS.iter().map(|name| (*name).to_owned()));
    }
    gems
}
