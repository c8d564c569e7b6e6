//! Options of programs that fetch packages: which of them take the next word. A value that is taken for a package is a false
//! alarm, and a package that is taken for a value is one that nobody looks at, so that what both may be is not in here.
//!
//! From the programs' own lists: <https://pip.pypa.io/en/stable/cli/pip_install/>, <https://docs.astral.sh/uv/reference/cli/>,
//! <https://docs.npmjs.com/cli/using-npm/config>, <https://pnpm.io/cli/install>, <https://classic.yarnpkg.com/en/docs/cli/>,
//! <https://bun.com/docs/cli/install>, <https://python-poetry.org/docs/cli/>, <https://doc.rust-lang.org/cargo/commands/>.

/// Long options that take the next word, whichever program they are told.
const LONG: [&str; 122] = [
    "abi",
    "access",
    "allow-build",
    "allow-insecure-host",
    "audit-level",
    "backend",
    "before",
    "bin",
    "bindir",
    "branch",
    "build-constraint",
    "build-constraints",
    "cache",
    "cache-dir",
    "cache-folder",
    "cache-min",
    "cafile",
    "ca",
    "cert",
    "client-cert",
    "color",
    "concurrent-scripts",
    "config",
    "config-file",
    "config-setting",
    "config-settings",
    "constraint",
    "constraints",
    "cpu",
    "cwd",
    "default-index",
    "dest",
    "destination-directory",
    "dir",
    "directory",
    "download-dir",
    "exclude-newer",
    "exists-action",
    "extra",
    "extra-index-url",
    "features",
    "fetch-retries",
    "fetch-timeout",
    "file",
    "filter",
    "fork-strategy",
    "global-folder",
    "global-option",
    "group",
    "hoist-pattern",
    "https-proxy",
    "implementation",
    "include",
    "index",
    "index-strategy",
    "index-url",
    "install-dir",
    "install-option",
    "install-strategy",
    "jobs",
    "keyring-provider",
    "libc",
    "link-mode",
    "linker",
    "location",
    "log",
    "log-file",
    "log-level",
    "loglevel",
    "manifest-path",
    "max-sockets",
    "maxsockets",
    "mode",
    "modules-dir",
    "modules-folder",
    "mutex",
    "name",
    "network-concurrency",
    "no-binary",
    "no-binary-package",
    "node-linker",
    "node-options",
    "omit",
    "only",
    "only-binary",
    "os",
    "override",
    "overrides",
    "platform",
    "prefix",
    "prerelease",
    "profile",
    "progress-bar",
    "project",
    "proxy",
    "python",
    "python-platform",
    "python-preference",
    "python-version",
    "registry",
    "report",
    "reporter",
    "resolution",
    "retries",
    "rev",
    "root",
    "root-user-action",
    "script-shell",
    "source",
    "src",
    "store-dir",
    "tag",
    "target",
    "timeout",
    "torch-backend",
    "trusted-host",
    "upgrade-strategy",
    "use-feature",
    "userconfig",
    "wheel-dir",
    "working-dir",
    "workspace",
];
/// Short ones that take it in all programs here in which they take anything.
const SHORT: [&str; 8] = ["-c", "-i", "-t", "-C", "-F", "-G", "-j", "-d"];
/// Parts of the names of options whose value nobody may see.
const SECRET: [&str; 8] = ["token", "password", "passwd", "secret", "auth", "otp", "credential", "key"];

/// Whether an option without a `=` takes the word that follows it.
pub fn takes_next(option: &str, next: Option<&str>) -> bool {
    if SHORT.contains(&option) {
        return true;
    }
    let Some(name) = option.strip_prefix("--") else { return false };
    // npm reads `--strict-ssl false`.
    let says_whether = next.is_some_and(|next| matches!(next, "true" | "false"));
    says_whether || LONG.contains(&name) || holds_secret(option)
}

/// Whether the value of an option is one that nobody may see.
pub fn holds_secret(option: &str) -> bool {
    let name = option.trim_start_matches('-').to_ascii_lowercase();
    let is_flag =
        ["no-", "use-", "always-auth", "auth-type", "keyring", "require-"].iter().any(|start| name.starts_with(start));
    !is_flag && SECRET.iter().any(|part| name.contains(part))
}
