//! One requirement, as PEP 508 writes it (<https://packaging.python.org/en/latest/specifications/dependency-specifiers/>).

use super::super::{Pin, Source};
use super::place_of;

/// A requirement, its parts as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement<'t> {
    /// The package.
    pub name: &'t str,
    /// What of it beyond the usual.
    pub extras: Vec<&'t str>,
    /// The versions: `>=4,<5`; empty where nothing is said.
    pub specifiers: &'t str,
    /// Where it comes from instead of a registry.
    pub url: Option<&'t str>,
    /// Where it is needed; empty for everywhere.
    pub marker: &'t str,
}

/// The operators of version specifiers, longer ones before what they begin with.
const OPERATORS: [&str; 8] = ["===", "==", "~=", "!=", "<=", ">=", "<", ">"];

impl<'t> Requirement<'t> {
    /// Reads `text`; `None` when it is no requirement.
    #[must_use]
    pub fn parse(text: &'t str) -> Option<Self> {
        let text = text.trim();
        let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(text.len());
        let (name, rest) = text.split_at_checked(end)?;
        let is_name = name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.ends_with(|c: char| c.is_ascii_alphanumeric());
        if !is_name {
            return None;
        }
        let (extras, rest) = match rest.trim_start().strip_prefix('[') {
            Some(inner) => inner.split_once(']')?,
            None => ("", rest),
        };
        let extras = extras.split(',').map(str::trim).filter(|extra| !extra.is_empty()).collect();
        let rest = rest.trim();
        let (specifiers, url, marker) = match rest.strip_prefix('@') {
            Some(place) => {
                // An address may hold a semicolon; only one after a space ends it.
                let place = place.trim();
                let (url, marker) = place.split_once(" ;").or_else(|| place.split_once("; ")).unwrap_or((place, ""));
                ("", Some(Some(url.trim()).filter(|url| !url.is_empty())?), marker)
            }
            None => {
                let (specifiers, marker) = rest.split_once(';').unwrap_or((rest, ""));
                let specifiers = specifiers.trim();
                let bare = specifiers.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(specifiers);
                (bare.trim(), None, marker)
            }
        };
        let known = Self { name, extras, specifiers, url, marker: marker.trim() };
        known.each_specifier().all(|(operator, version)| !operator.is_empty() && is_version(version)).then_some(known)
    }

    fn each_specifier(&self) -> impl Iterator<Item = (&'t str, &'t str)> + use<'t> {
        self.specifiers.split(',').map(str::trim).filter(|one| !one.is_empty()).map(|one| {
            let operator = OPERATORS.into_iter().find(|operator| one.starts_with(operator)).unwrap_or("");
            one.split_at_checked(operator.len()).map_or(("", one), |(operator, version)| (operator, version.trim()))
        })
    }

    /// The one version that it allows.
    #[must_use]
    pub fn pinned(&self) -> Option<&'t str> {
        let exact = |(operator, version): &(&str, &str)| matches!(*operator, "==" | "===") && !version.contains('*');
        self.each_specifier().find(exact).map(|(_, version)| version)
    }

    /// Where it comes from.
    #[must_use]
    pub fn source(&self) -> Source {
        self.url.map_or(Source::Registry, |url| place_of(url).0)
    }

    /// How firmly its version is fixed.
    #[must_use]
    pub fn pin(&self) -> Pin {
        match self.url {
            Some(url) => place_of(url).1,
            None if self.pinned().is_some() => Pin::Exact,
            None if self.specifiers.is_empty() => Pin::Loose,
            None => Pin::Range,
        }
    }
}

fn is_version(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-+!*".contains(c))
}

/// The extras that a marker speaks of: `standard` of `python_version < "3.12" and extra == "standard"`.
#[must_use]
pub fn extras_of_marker(marker: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = marker;
    while let Some(at) = rest.find("extra") {
        let before = rest.get(..at).unwrap_or("");
        rest = rest.get(at + "extra".len()..).unwrap_or("");
        let after = rest.trim_start();
        // `'x' in extras` of PEP 751 speaks of extras as well.
        if let Some(list) = after.strip_prefix('s') {
            rest = list;
            let named = before.trim_end().strip_suffix("in").map(str::trim_end);
            let named = named
                .and_then(|named| named.strip_suffix(['\'', '"']))
                .and_then(|named| named.rsplit(['\'', '"']).next());
            found.extend(named.map(str::to_owned));
        } else if let Some(value) = after.strip_prefix("==") {
            let mut parts = value.trim_start().splitn(3, ['\'', '"']);
            found.extend(parts.nth(1).map(str::to_owned));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_requirement_are_told_apart() {
        for (text, name, extras, specifiers, url, marker) in [
            ("Flask", "Flask", vec![], "", None, ""),
            ("Django>=4,<5 ; python_version>'3'", "Django", vec![], ">=4,<5", None, "python_version>'3'"),
            ("uvicorn [standard, x]== 0.20.0", "uvicorn", vec!["standard", "x"], "== 0.20.0", None, ""),
            ("legacy (==1.0)", "legacy", vec![], "==1.0", None, ""),
            ("a[]>=1;extra=='b'", "a", vec![], ">=1", None, "extra=='b'"),
            (
                "fork @ git+https://git.example.com/f;x.git ; os_name == 'nt'",
                "fork",
                vec![],
                "",
                Some("git+https://git.example.com/f;x.git"),
                "os_name == 'nt'",
            ),
            ("zope.interface~=6.0", "zope.interface", vec![], "~=6.0", None, ""),
        ] {
            let expected = Requirement { name, extras, specifiers, url, marker };
            assert_eq!(Requirement::parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_requirement_is_not_guessed() {
        for text in
            ["", "!!!", "-x", "a b", "a>=1 <2", "a=>1", "a[b", "a @", "a>=", "a==$VERSION", "_a", "a-", "a==1.0 junk"]
        {
            assert_eq!(Requirement::parse(text), None, "{text}");
        }
    }

    #[test]
    fn firmness_is_told() {
        for (text, pinned, pin) in [
            ("a==1.0", Some("1.0"), Pin::Exact),
            ("a===1.0.post1", Some("1.0.post1"), Pin::Exact),
            ("a>=1.0,==1.5", Some("1.5"), Pin::Exact),
            ("a==1.*", None, Pin::Range),
            ("a!=1.0", None, Pin::Range),
            ("a", None, Pin::Loose),
            ("a @ git+https://git.example.com/a@main", None, Pin::Loose),
        ] {
            let requirement = Requirement::parse(text).unwrap();
            assert_eq!((requirement.pinned(), requirement.pin()), (pinned, pin), "{text}");
        }
    }

    #[test]
    fn extras_are_read_from_markers() {
        for (marker, extras) in [
            ("extra == 'postgres'", vec!["postgres"]),
            ("python_version < \"3.12\" and extra == \"a\" or extra==\"b\"", vec!["a", "b"]),
            ("'x' in extras and \"y\" in dependency_groups", vec!["x"]),
            ("python_version < '3'", vec![]),
            ("extra == ", vec![]),
        ] {
            assert_eq!(extras_of_marker(marker), extras, "{marker}");
        }
    }
}
