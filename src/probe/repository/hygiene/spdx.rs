//! Licences as lock files write them: SPDX expressions (<https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/>)
//! and the words that people use instead.

use std::borrow::Cow;

/// How deep parentheses may nest; honest expressions stay below 5.
const MAX_DEPTH: usize = 32;

/// What a product that keeps its source closed may do with a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Terms {
    /// Ship it.
    Free,
    /// Nothing is known of its licence.
    Unknown,
    /// Not ship it.
    Forbidden,
}

/// Exceptions that let a closed product link to what stands under the GPL (<https://spdx.org/licenses/exceptions-index.html>).
const FREEING: [&str; 10] = [
    "classpath-exception-2.0",
    "gcc-exception-2.0",
    "gcc-exception-3.1",
    "llvm-exception",
    "autoconf-exception-2.0",
    "autoconf-exception-3.0",
    "bison-exception-2.2",
    "font-exception-2.0",
    "libtool-exception",
    "gpl-3.0-linking-exception",
];

/// What an expression allows: the best of what `OR` lets choose from, the worst of what `AND` joins.
#[must_use]
pub fn terms(expression: &str) -> Terms {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ");
    let spaced: Vec<Cow<'_, str>> = spaced.split_whitespace().map(spelled_out).collect();
    let spaced = spaced.join(" ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let is_expression = words.len() == 1
        || words.iter().any(|word| matches!(word.to_ascii_uppercase().as_str(), "OR" | "AND" | "WITH" | "("));
    if !is_expression {
        return of_licence(expression.trim());
    }
    let mut at = 0;
    let found = either(&words, &mut at, 0);
    // Something that is no expression after all: free words with an "or" in them.
    found.filter(|_| at == words.len()).unwrap_or(Terms::Unknown)
}

/// `GPL-2.0/MIT` as `( GPL-2.0 OR MIT )`: so Cargo wrote a choice before it took SPDX
/// (<https://doc.rust-lang.org/cargo/reference/manifest.html#the-license-and-license-file-fields>).
fn spelled_out(word: &str) -> Cow<'_, str> {
    let is_licence = |part: &str| !part.contains(':') && of_licence(part) != Terms::Unknown;
    if word == "/" {
        Cow::Borrowed("OR")
    } else if word.contains('/') && word.split('/').all(is_licence) {
        Cow::Owned(format!("( {} )", word.replace('/', " OR ")))
    } else {
        Cow::Borrowed(word)
    }
}

fn is(words: &[&str], at: usize, word: &str) -> bool {
    words.get(at).is_some_and(|found| found.eq_ignore_ascii_case(word))
}

fn either(words: &[&str], at: &mut usize, depth: usize) -> Option<Terms> {
    let mut terms = both(words, at, depth)?;
    while is(words, *at, "OR") {
        *at += 1;
        terms = terms.min(both(words, at, depth)?);
    }
    Some(terms)
}

fn both(words: &[&str], at: &mut usize, depth: usize) -> Option<Terms> {
    let mut terms = one(words, at, depth)?;
    while is(words, *at, "AND") {
        *at += 1;
        terms = terms.max(one(words, at, depth)?);
    }
    Some(terms)
}

fn one(words: &[&str], at: &mut usize, depth: usize) -> Option<Terms> {
    let word = *words.get(*at)?;
    *at += 1;
    if word == "(" {
        if depth == MAX_DEPTH {
            return None;
        }
        let inner = either(words, at, depth + 1)?;
        if !is(words, *at, ")") {
            return None;
        }
        *at += 1;
        return Some(inner);
    }
    if matches!(word.to_ascii_uppercase().as_str(), ")" | "OR" | "AND" | "WITH") {
        return None;
    }
    let terms = of_licence(word);
    if is(words, *at, "WITH") {
        let exception = words.get(*at + 1)?.to_ascii_lowercase();
        *at += 2;
        return Some(match terms {
            Terms::Forbidden if FREEING.contains(&exception.as_str()) => Terms::Free,
            // What the exception allows is not known.
            Terms::Forbidden => Terms::Unknown,
            other => other,
        });
    }
    Some(terms)
}

/// One licence, by its SPDX identifier or by what people write.
fn of_licence(name: &str) -> Terms {
    let plain: String = name.to_ascii_lowercase().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '.').collect();
    if matches!(plain.as_str(), "unlicense" | "theunlicense") {
        return Terms::Free;
    }
    let plain = plain.strip_prefix("gnu").unwrap_or(&plain);
    let plain = plain.strip_suffix("license").or_else(|| plain.strip_suffix("licence")).unwrap_or(plain);
    let version = |start: &str| {
        plain.strip_prefix(start).is_some_and(|rest| {
            let rest = rest.trim_start_matches(['v', '.']);
            rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_digit())
        })
    };
    if version("agpl") || version("affero") || version("gpl") || version("sspl") || version("busl") || version("bsl1.1")
    {
        return Terms::Forbidden;
    }
    let spelled_out = plain.contains("generalpublic") && !plain.contains("lesser") && !plain.contains("library");
    if spelled_out || plain.contains("serversidepublic") || plain.contains("businesssource") {
        return Terms::Forbidden;
    }
    // Creative Commons "non-commercial".
    if plain.starts_with("ccbync") {
        return Terms::Forbidden;
    }
    const FREE: [&str; 23] = [
        "mit",
        "isc",
        "apache",
        "bsd",
        "0bsd",
        "mpl",
        "lgpl",
        "cc0",
        "ccby4",
        "ccby3",
        "zlib",
        "blueoak",
        "python",
        "psf",
        "wtfpl",
        "artistic",
        "bsl1.0",
        "ofl",
        "epl",
        "cddl",
        "unicode",
        "ruby",
        "postgresql",
    ];
    if FREE.iter().any(|free| plain.starts_with(free)) { Terms::Free } else { Terms::Unknown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_judged_as_they_are_joined() {
        for (expression, wanted) in [
            ("MIT", Terms::Free),
            ("AGPL-3.0-only", Terms::Forbidden),
            ("GPL-2.0", Terms::Forbidden),
            ("GPL-2.0+", Terms::Forbidden),
            ("GPLv3", Terms::Forbidden),
            ("GNU GPL", Terms::Forbidden),
            ("GNU Affero General Public License v3.0", Terms::Forbidden),
            ("GNU Lesser General Public License", Terms::Unknown),
            ("LGPL-3.0-or-later", Terms::Free),
            ("MPL-2.0", Terms::Free),
            ("SSPL-1.0", Terms::Forbidden),
            ("BUSL-1.1", Terms::Forbidden),
            ("BSL-1.0", Terms::Free),
            ("CC-BY-NC-4.0", Terms::Forbidden),
            ("CC-BY-4.0", Terms::Free),
            ("UNLICENSED", Terms::Unknown),
            ("Unlicense", Terms::Free),
            ("SEE LICENSE IN LICENSE.md", Terms::Unknown),
            ("(MIT OR GPL-3.0-or-later)", Terms::Free),
            ("GPL-2.0/MIT", Terms::Free),
            ("MIT / Apache-2.0", Terms::Free),
            ("(GPL-2.0/MIT) AND AGPL-3.0", Terms::Forbidden),
            ("GPL-2.0/AGPL-3.0", Terms::Forbidden),
            ("Apache-2.0/MIT/GPL-3.0", Terms::Free),
            ("https://example.com/MIT", Terms::Unknown),
            ("GPL-3.0 AND MIT/Apache-2.0", Terms::Forbidden),
            ("MIT AND GPL-3.0-only", Terms::Forbidden),
            ("(MIT OR GPL-3.0) AND AGPL-3.0", Terms::Forbidden),
            ("GPL-2.0-only WITH Classpath-exception-2.0", Terms::Free),
            ("GPL-2.0-only WITH Universal-FOSS-exception-1.0", Terms::Unknown),
            ("AGPL-3.0 or Commercial", Terms::Unknown),
            ("GPL-3.0 OR", Terms::Unknown),
            ("(((", Terms::Unknown),
            ("", Terms::Unknown),
        ] {
            assert_eq!(terms(expression), wanted, "{expression}");
        }
        assert_eq!(terms(&"(".repeat(100_000)), Terms::Unknown);
        assert_eq!(terms(&format!("{}MIT{}", "( ".repeat(20), " )".repeat(20))), Terms::Free);
    }
}
