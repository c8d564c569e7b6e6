//! What the references in a `yarn.lock` lead to.

use super::Place;
use crate::probe::packages::lock::ranges::is_name;

/// Splits `name@rest`; scoped names begin with an `@` of their own.
pub fn name_and_rest(text: &str) -> Option<(&str, &str)> {
    let at = text.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(at, _)| at)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// A range in the form in which what is asked for and what is answered can be compared: Yarn 4 writes `npm:^1.0.0` where
/// earlier versions write `^1.0.0`, and binds local references to who asks with `::locator=…`.
pub fn range(text: &str) -> &str {
    let text = text.strip_prefix("npm:").unwrap_or(text);
    text.split_once("::").map_or(text, |(bare, _)| bare)
}

/// The package that an alias stands for: `lodash` of `npm:lodash@^4`.
pub fn real_name(range: &str) -> Option<&str> {
    let rest = range.strip_prefix("npm:")?;
    match name_and_rest(rest) {
        Some((name, _)) if is_name(name) => Some(name),
        Some(_) => None,
        None => Some(rest).filter(|name| is_name(name)),
    }
}

/// Whether an address is that of a registry's archive of this very version, on whatever host: `…/name/-/name-1.0.0.tgz`.
pub fn is_registry_archive(url: &str, name: &str, version: &str) -> bool {
    let bare = name.rsplit('/').next().unwrap_or(name);
    let url = url.split(['#', '?']).next().unwrap_or(url);
    url.starts_with("http") && url.ends_with(&format!("/{name}/-/{bare}-{version}.tgz"))
}

/// Whether a range names a folder or an archive on the same disk, with its path.
pub fn local(range: &str) -> Option<&str> {
    let path = ["file:", "link:", "portal:"].iter().find_map(|scheme| range.strip_prefix(scheme));
    path.or_else(|| Some(range).filter(|range| range.starts_with("./") || range.starts_with("../")))
}

/// Whether a path names an archive rather than a folder.
pub fn is_archive(path: &str) -> bool {
    [".tgz", ".tar.gz", ".tar"].iter().any(|end| path.ends_with(end))
}

/// A folder of the project that is named by a path in another of its folders.
pub fn own(folder: &str, path: &str) -> Place {
    if is_archive(path) {
        return Place::Elsewhere;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.pop().is_none() => return Place::Own(None),
            ".." => {}
            part => parts.push(part),
        }
    }
    Place::Own((!path.starts_with(['/', '~'])).then(|| parts.join("/")))
}

/// What the reference of a `resolution` of Yarn 2 and later leads to; `linked` where Yarn never copies it. The version
/// comes along where a registry has it
/// (<https://yarnpkg.com/protocols>, and `packages/yarnpkg-core/sources/structUtils.ts`).
pub fn of_resolution(reference: &str, linked: bool) -> (Place, Option<String>) {
    let (bare, bindings) = reference.split_once("::").unwrap_or((reference, ""));
    // A package as its dependents see it stands behind the hash of who they are.
    let bare = bare.strip_prefix("virtual:").and_then(|rest| rest.split_once('#')).map_or(bare, |(_, inner)| inner);
    if let Some(folder) = bare.strip_prefix("workspace:") {
        return (own("", folder), None);
    }
    if let Some(patched) = bare.strip_prefix("patch:") {
        let inner = decoded(patched.split('#').next().unwrap_or(patched));
        // A patch of a patch: what counts is the innermost package.
        let inner = decoded(inner.rsplit("patch:").next().unwrap_or(&inner));
        let reference = name_and_rest(&inner).map_or("", |(_, reference)| reference);
        let registry = reference.starts_with("npm:") || !reference.contains([':', '/']);
        return (if registry { Place::Registry } else { Place::Elsewhere }, None);
    }
    if let Some(version) = bare.strip_prefix("npm:") {
        return (Place::Registry, Some(version.to_owned()));
    }
    if let Some(path) = local(bare).filter(|path| linked || !is_archive(path)) {
        let locator = bindings.split('&').find_map(|binding| binding.strip_prefix("locator=")).map(decoded);
        let folder = locator.as_deref().and_then(|locator| locator.split_once("@workspace:")).map_or("", |(_, at)| at);
        return (own(folder, path.split('#').next().unwrap_or(path)), None);
    }
    (if linked { Place::Own(None) } else { Place::Elsewhere }, None)
}

/// The two characters that Yarn escapes in references, and the slash.
fn decoded(text: &str) -> String {
    text.replace("%40", "@").replace("%3A", ":").replace("%2F", "/").replace("%25", "%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolutions_lead_to_a_registry_a_folder_or_elsewhere() {
        let own = |folder: &str| Place::Own(Some(folder.to_owned()));
        for (reference, linked, place, version) in [
            ("npm:1.0.0", false, Place::Registry, Some("1.0.0")),
            ("npm:1.0.0::__archiveUrl=https%3A%2F%2Fme%3Asecret%40example.com", false, Place::Registry, Some("1.0.0")),
            ("virtual:0123#npm:1.0.0", false, Place::Registry, Some("1.0.0")),
            ("workspace:.", true, own(""), None),
            ("workspace:packages/a", true, own("packages/a"), None),
            (
                "patch:lodash@npm%3A4.17.21#~/.yarn/patches/a.patch::version=4.17.21&hash=1",
                false,
                Place::Registry,
                None,
            ),
            ("patch:resolve@^1.0.0#~builtin<compat/resolve>::version=1.0.0", false, Place::Registry, None),
            ("patch:a@patch%3Aa@npm%253A1.0.0%23b.patch#c.patch", false, Place::Registry, None),
            ("patch:a@https%3A//example.com/a.tgz#c.patch", false, Place::Elsewhere, None),
            ("https://github.com/a/b.git#commit=0123", false, Place::Elsewhere, None),
            ("file:./a.tgz#./a.tgz::hash=1&locator=root%40workspace%3A.", false, Place::Elsewhere, None),
            ("file:../own#../own::hash=1&locator=web%40workspace%3Apackages%2Fweb", false, own("packages/own"), None),
            ("portal:../../beside::locator=web%40workspace%3Aweb", true, Place::Own(None), None),
            ("link:/somewhere", true, Place::Own(None), None),
        ] {
            let version = version.map(str::to_owned);
            assert_eq!(of_resolution(reference, linked), (place, version), "{reference}");
        }
    }

    #[test]
    fn names_and_ranges_come_apart() {
        assert_eq!(name_and_rest("@a/b@npm:^1"), Some(("@a/b", "npm:^1")));
        assert_eq!(name_and_rest("@a/b"), None);
        for (written, real) in [
            ("npm:lodash@^4", Some("lodash")),
            ("npm:@a/b@1 - 2", Some("@a/b")),
            ("npm:lodash", Some("lodash")),
            ("npm:^4", None),
            ("^4 || ^5", None),
        ] {
            assert_eq!(real_name(written), real, "{written}");
        }
        assert!(is_registry_archive("https://registry.example.com/@a/b/-/b-1.0.0.tgz#0123", "@a/b", "1.0.0"));
        assert!(!is_registry_archive("https://example.com/b-1.0.0.tgz", "b", "1.0.0"));
    }
}
