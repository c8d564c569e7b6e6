//! What stands behind a package's name in `package.json`: a range, an alias, an address, a folder
//! (<https://docs.npmjs.com/cli/v11/using-npm/package-spec>, and the protocols of Yarn, pnpm and Bun).

use super::manifest::{Pin, Source};

/// Where the project's own folders and archives begin.
const OWN: [&str; 8] = ["workspace:", "file:", "link:", "portal:", "exec:", "./", "../", "~/"];
/// Short names of hosts of git repositories.
const HOSTS: [&str; 5] = ["github:", "gitlab:", "bitbucket:", "gist:", "sourcehut:"];
/// Hosts whose `https://host/user/project` is a git repository (npm's hosted-git-info).
const GIT_HOSTS: [&str; 3] = ["github.com", "gitlab.com", "bitbucket.org"];

/// One requirement, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// The package's own name.
    pub name: String,
    /// The versions or the place asked for, without the alias and without any password.
    pub range: String,
    /// Where it comes from.
    pub source: Source,
    /// How firmly it is fixed.
    pub pin: Pin,
}

impl Spec {
    /// What `"name": "wanted"` asks for.
    #[must_use]
    pub fn of(name: &str, wanted: &str) -> Self {
        let wanted = wanted.trim();
        let registry = |name: String, range: &str| Self {
            name,
            range: range.to_owned(),
            source: Source::Registry,
            pin: version_pin(range),
        };
        let elsewhere = |source, pin| Self { name: name.to_owned(), range: without_secrets(wanted), source, pin };
        if let Some(alias) = wanted.strip_prefix("npm:") {
            return alias_of(name, alias).map_or_else(|| registry(name.to_owned(), alias), |(n, r)| registry(n, r));
        }
        if let Some(patched) = wanted.strip_prefix("patch:") {
            return patch_of(name, patched);
        }
        // What the registry of JSR is called on the side of npm (<https://jsr.io/docs/npm-compatibility>).
        if let Some(jsr) = wanted.strip_prefix("jsr:") {
            let (full, range) = alias_of(name, jsr).unwrap_or_else(|| (name.to_owned(), jsr));
            let bare = full.trim_start_matches('@').replacen('/', "__", 1);
            return registry(if full.starts_with("@jsr/") { full } else { format!("@jsr/{bare}") }, range);
        }
        // The range stands in the workspace's catalog.
        if wanted.starts_with("catalog:") {
            return elsewhere(Source::Registry, Pin::Range);
        }
        // `workspace:real@*` of pnpm and Yarn: a member under another name.
        let member = wanted.strip_prefix("workspace:").and_then(|alias| alias.rsplit_once('@'));
        if let Some((real, _)) = member.filter(|(real, _)| !real.is_empty() && !real.starts_with('.')) {
            return Self { name: real.to_owned(), ..elsewhere(Source::Own, Pin::Exact) };
        }
        // npm takes the protocol in any case.
        let is_file = wanted.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("file:"));
        if is_file
            || OWN.iter().any(|start| wanted.starts_with(start))
            || wanted.starts_with('/')
            || is_archive_name(wanted)
        {
            return elsewhere(Source::Own, Pin::Exact);
        }
        match remote(wanted) {
            Some(source) => elsewhere(source, remote_pin(wanted)),
            None => registry(name.to_owned(), wanted),
        }
    }
}

/// The folder that a requirement names: `file:../ui`, `link:ui`, `portal:./ui`, `./ui`; `None` for archives and all else.
#[must_use]
pub fn folder(wanted: &str) -> Option<&str> {
    let wanted = wanted.trim();
    let after = |start: &&str| {
        let (protocol, rest) = wanted.split_at_checked(start.len())?;
        protocol.eq_ignore_ascii_case(start).then_some(rest)
    };
    let place = ["file:", "link:", "portal:"].iter().find_map(after);
    let is_place = |text: &&str| ["./", "../", "~/", "/"].iter().any(|start| text.starts_with(start));
    // `workspace:./ui`, and Yarn's `workspace:packages/ui`; a scope is no folder.
    let is_folder = |text: &&str| is_place(text) || text.contains('/') && !text.starts_with('@');
    let place = place.or_else(|| wanted.strip_prefix("workspace:").filter(is_folder));
    let place = place.or_else(|| Some(wanted).filter(is_place))?;
    // Yarn names the project that the folder is relative to behind `::`.
    let place = place.split(['#', ':']).next().unwrap_or(place);
    let place = place.strip_prefix("//").unwrap_or(place);
    (!is_archive_name(place)).then_some(place)
}

/// `real@^1.0.0` or `@scope/real`. Yarn writes plain ranges as `npm:^1.0.0`: then there is no other name.
fn alias_of<'a>(name: &str, alias: &'a str) -> Option<(String, &'a str)> {
    if alias.is_empty() || alias.starts_with(|c: char| "^~><=*".contains(c)) || version_pin(alias) == Pin::Exact {
        return None;
    }
    let at = alias.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(at, _)| at);
    let (real, range) = at.and_then(|at| Some((alias.get(..at)?, alias.get(at + 1..)?))).unwrap_or((alias, ""));
    // `npm:1.x`, `npm:1 || 2`: no name looks like that.
    let is_range = at.is_none() && alias.starts_with(|c: char| c.is_ascii_digit()) && version_pin(alias) == Pin::Range;
    (!is_range && !name.is_empty()).then(|| (real.to_owned(), range))
}

/// Yarn's `patch:lodash@npm%3A4.17.21#patches/lodash.patch`: the registry's package, changed after it arrived.
fn patch_of(name: &str, patched: &str) -> Spec {
    let locator = patched.split('#').next().unwrap_or(patched).replace("%3A", ":").replace("%3a", ":");
    let at = locator.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(at, _)| at);
    let range = at.and_then(|at| locator.get(at + 1..)).unwrap_or("");
    // Never a patch of a patch: one level is what is written.
    let range = range.strip_prefix("patch:").map_or(range, |_| "");
    let real = at.and_then(|at| locator.get(..at)).unwrap_or(name);
    Spec::of(real, range)
}

fn remote(wanted: &str) -> Option<Source> {
    if wanted.starts_with("git")
        && (wanted.starts_with("git@") || wanted.starts_with("git:") || wanted.starts_with("git+"))
        || wanted.starts_with("ssh:")
        || HOSTS.iter().any(|host| wanted.starts_with(host))
    {
        return Some(Source::Git);
    }
    let bare = wanted.split('#').next().unwrap_or(wanted);
    if let Some((_, place)) = bare.split_once("://") {
        let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
        let mut parts = place.trim_end_matches('/').split('/');
        let host = parts.next().unwrap_or("");
        let host = host.strip_prefix("www.").unwrap_or(host);
        let project = GIT_HOSTS.contains(&host) && parts.count() == 2;
        return Some(if bare.ends_with(".git") || (project && !is_archive_name(bare)) {
            Source::Git
        } else {
            Source::Url
        });
    }
    // `user/project`
    wanted.contains('/').then_some(Source::Git)
}

fn remote_pin(wanted: &str) -> Pin {
    let reference = wanted.rsplit_once('#').map_or("", |(_, reference)| reference);
    // Yarn: `#commit=…`, `#tag=…`, `#workspace=…&commit=…`; npm: `#semver:^1`.
    let reference = reference.rsplit('&').next().unwrap_or(reference);
    if let Some(range) = reference.strip_prefix("semver:").or_else(|| reference.strip_prefix("semver=")) {
        return version_pin(range);
    }
    let reference = ["commit=", "tag="].iter().find_map(|key| reference.strip_prefix(key)).unwrap_or(reference);
    let is_whole_commit = |part: &str| part.len() == 40 && is_commit(part);
    // `https://codeload.github.com/a/b/tar.gz/<commit>`
    let in_path = wanted.split('#').next().into_iter().flat_map(|place| place.split(['/', '.'])).any(is_whole_commit);
    if in_path || is_commit(reference) || is_exact(reference.trim_start_matches('v')) { Pin::Exact } else { Pin::Loose }
}

fn is_commit(reference: &str) -> bool {
    reference.len() >= 7 && reference.bytes().all(|b| b.is_ascii_hexdigit())
}

fn version_pin(range: &str) -> Pin {
    let tag =
        range.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-' || b == b'_') && !range.eq_ignore_ascii_case("x");
    if range.is_empty() || matches!(range, "*" | "x" | "X") || tag {
        Pin::Loose
    } else if is_exact(range.trim_start_matches(['=', 'v'])) {
        Pin::Exact
    } else {
        Pin::Range
    }
}

/// `1.2.3`, with at least two dots and nothing that leaves room.
fn is_exact(version: &str) -> bool {
    // What follows the first `-` or `+` may hold any letter.
    let numbers = version.split(['-', '+']).next().unwrap_or(version);
    numbers.split('.').count() == 3
        && numbers.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
        && !version.contains([' ', '|', ','])
}

/// An archive that npm takes for a file.
pub(super) fn is_archive_name(place: &str) -> bool {
    !place.contains("://") && [".tgz", ".tar.gz", ".tar"].iter().any(|end| place.ends_with(end))
}

/// An address without the name and password in it, and without its query, where tokens stand.
fn without_secrets(wanted: &str) -> String {
    let Some((scheme, rest)) = wanted.split_once("://") else { return wanted.to_owned() };
    let (place, reference) = rest.split_once('#').map_or((rest, None), |(place, after)| (place, Some(after)));
    let place = place.split('?').next().unwrap_or(place);
    let (authority, path) = place.split_once('/').map_or((place, None), |(host, path)| (host, Some(path)));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let path = path.map(|path| format!("/{path}")).unwrap_or_default();
    let reference = reference.map(|reference| format!("#{reference}")).unwrap_or_default();
    format!("{scheme}://{host}{path}{reference}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_how_firm_a_version_of_node_is() {
        for (wanted, pin) in [
            ("1.2.3", Pin::Exact),
            ("v1.2.3", Pin::Exact),
            ("=1.2.3", Pin::Exact),
            ("1.2.3-next.1", Pin::Exact),
            ("1.2.3-x.5", Pin::Exact),
            ("^1.2.3", Pin::Range),
            ("~1.2", Pin::Range),
            ("1.x", Pin::Range),
            ("1.2.x", Pin::Range),
            ("1.2.3 - 2.0.0", Pin::Range),
            ("*", Pin::Loose),
            ("latest", Pin::Loose),
            ("next", Pin::Loose),
            ("release-candidate", Pin::Loose),
            ("", Pin::Loose),
            ("workspace:*", Pin::Exact),
            ("file:../a", Pin::Exact),
            ("github:a/b", Pin::Loose),
            ("a/b", Pin::Loose),
            ("a/b#v1.2.3", Pin::Exact),
            ("a/b#semver:^1.2.3", Pin::Range),
            ("a/b#main", Pin::Loose),
            ("git+https://x.example/a.git#4f2a9c1", Pin::Exact),
            ("https://x.example/a.git#commit=4f2a9c1", Pin::Exact),
            ("https://x.example/a.tgz", Pin::Loose),
            ("https://codeload.x.example/a/b/tar.gz/0123456789abcdef0123456789abcdef01234567", Pin::Exact),
            ("npm:other@^2.0.0", Pin::Range),
            ("npm:other@2.0.0", Pin::Exact),
            ("npm:other", Pin::Loose),
            (">=1 <2", Pin::Range),
            ("catalog:", Pin::Range),
        ] {
            assert_eq!(Spec::of("a", wanted).pin, pin, "{wanted}");
        }
    }

    #[test]
    fn folders_are_told_from_all_else() {
        for (wanted, place) in [
            ("file:../a", Some("../a")),
            ("File:a", Some("a")),
            ("link:./a", Some("./a")),
            ("./a", Some("./a")),
            ("workspace:./a", Some("./a")),
            ("workspace:packages/a", Some("packages/a")),
            ("workspace:@s/a@*", None),
            ("workspace:^", None),
            ("file:a.tgz", None),
            ("^1.0.0", None),
        ] {
            assert_eq!(folder(wanted), place, "{wanted}");
        }
    }

    #[test]
    fn tells_what_it_really_is_and_where_it_comes_from() {
        for (wanted, expected) in [
            ("^1.0.0", "a ^1.0.0 Registry"),
            (" ^1.0.0 ", "a ^1.0.0 Registry"),
            ("npm:@s/real@^2", "@s/real ^2 Registry"),
            ("npm:@s/real", "@s/real  Registry"),
            ("npm:real", "real  Registry"),
            ("npm:^2.0.0", "a ^2.0.0 Registry"),
            ("npm:2.x", "a 2.x Registry"),
            ("npm:1.0.0", "a 1.0.0 Registry"),
            ("npm:", "a  Registry"),
            ("patch:a@npm%3A4.17.21#./a.patch", "a 4.17.21 Registry"),
            ("patch:@s/b@npm:^4.0.0#~/b.patch", "@s/b ^4.0.0 Registry"),
            ("patch:a@patch:a@npm%3A1.0.0#x#y", "a  Registry"),
            ("jsr:@std/path@^1", "@jsr/std__path ^1 Registry"),
            ("jsr:^1", "@jsr/a ^1 Registry"),
            ("catalog:react18", "a catalog:react18 Registry"),
            ("workspace:^", "a workspace:^ Own"),
            ("workspace:real@*", "real workspace:real@* Own"),
            ("workspace:@s/real@^", "@s/real workspace:@s/real@^ Own"),
            ("workspace:packages/a", "a workspace:packages/a Own"),
            ("FILE:../x", "a FILE:../x Own"),
            ("link:../x", "a link:../x Own"),
            ("./vendor/x.tgz", "a ./vendor/x.tgz Own"),
            ("vendor/x.tgz", "a vendor/x.tgz Own"),
            ("/opt/x", "a /opt/x Own"),
            ("user/project", "a user/project Git"),
            ("gitlab:user/project#main", "a gitlab:user/project#main Git"),
            ("git@example.com:user/project.git", "a git@example.com:user/project.git Git"),
            ("https://github.com/user/project", "a https://github.com/user/project Git"),
            (
                "https://github.com/user/project/archive/main.zip",
                "a https://github.com/user/project/archive/main.zip Url",
            ),
            ("git+ssh://git@example.com:user/p.git#v1", "a git+ssh://example.com:user/p.git#v1 Git"),
            ("git+https://bot:s3cret@example.com/p.git#v1", "a git+https://example.com/p.git#v1 Git"),
            ("https://u:p%40@example.com/x.tgz?token=s3cret", "a https://example.com/x.tgz Url"),
            ("https://example.com", "a https://example.com Url"),
            ("github", "a github Registry"),
        ] {
            let spec = Spec::of("a", wanted);
            assert_eq!(format!("{} {} {:?}", spec.name, spec.range, spec.source), expected, "{wanted}");
        }
    }
}
