//! What is asked for, as it may be shown and compared.

use crate::model::redact;

/// The versions alone of what stands in a manifest or a lock file: without the other name that an alias asks for
/// (`npm:lodash@^4`), and without the password that an address may hold.
pub fn versions(range: &str) -> String {
    if range.contains("://") {
        return redact::url(range);
    }
    let range = range.strip_prefix("npm:").unwrap_or(range);
    match range.char_indices().skip(1).find(|(_, c)| *c == '@') {
        Some((at, _)) if is_name(range.get(..at).unwrap_or("")) => range.get(at + 1..).unwrap_or("").to_owned(),
        _ => range.to_owned(),
    }
}

/// Names of packages begin with a letter or `@`, ranges do not
/// (<https://docs.npmjs.com/cli/v11/configuring-npm/package-json#name>); those with a colon are addresses.
pub fn is_name(text: &str) -> bool {
    !text.contains(':') && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_versions_are_left() {
        for (written, versions) in [
            ("^1 || ^2", "^1 || ^2"),
            ("npm:^1", "^1"),
            ("npm:lodash@^4", "^4"),
            ("npm:@a/b@1 - 2", "1 - 2"),
            ("workspace:*", "workspace:*"),
            ("latest", "latest"),
            ("git+https://example.com/a.git#main", "git+https://example.com/a.git#main"),
        ] {
            assert_eq!(super::versions(written), versions);
        }
        let word = ["hun", "ter2"].concat();
        assert!(!versions(&format!("https://ann:{word}@example.com/a.tgz")).contains(&word));
    }
}
