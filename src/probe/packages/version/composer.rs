//! Versions of Packagist, as Composer normalizes and orders them:
//! <https://getcomposer.org/doc/articles/versions.md> and `VersionParser::normalize` of composer/semver 3.

use std::cmp::Ordering;

/// What a branch's `x` stands for.
const ANY_NUMBER: u64 = 9_999_999;

/// Words that a version may end with. Longer ones first where one begins another.
const WORDS: [(&str, Part); 9] = [
    ("stable", Part::End),
    ("beta", Part::Beta),
    ("alpha", Part::Alpha),
    ("patch", Part::Patch),
    ("rc", Part::Candidate),
    ("pl", Part::Patch),
    ("a", Part::Alpha),
    ("b", Part::Beta),
    ("p", Part::Patch),
];

/// A part of a version, in the order of PHP's `version_compare`: <https://www.php.net/version_compare>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Dev,
    Alpha,
    Beta,
    Candidate,
    /// Where a version ends: later than a candidate, earlier than anything that follows a release.
    End,
    Number(u64),
    Patch,
}

/// A version of Packagist.
#[derive(Debug, Clone)]
pub struct ComposerVersion {
    parts: Vec<Part>,
}

/// A version, with what a constraint wants to know of how it was written.
pub struct Normalized {
    /// The version.
    pub version: ComposerVersion,
    /// The numbers as written, `None` for `x`; no numbers for a date.
    pub numbers: Vec<Option<u64>>,
    /// Whether it ended with a stability.
    pub has_stability: bool,
}

impl ComposerVersion {
    /// `None` for what Composer refuses, and for branches (`dev-main`), which have no order.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Normalized::read(text).map(|read| read.version)
    }

    /// Of these numbers, filled up to four.
    #[must_use]
    pub fn of(numbers: &[u64]) -> Self {
        let mut parts: Vec<Part> = numbers.iter().copied().map(Part::Number).collect();
        parts.resize(4, Part::Number(0));
        Self { parts }
    }

    /// The earliest of all versions with these numbers: with `-dev` after it.
    #[must_use]
    pub fn dev(mut self) -> Self {
        self.parts.push(Part::Dev);
        self
    }

    /// The first version of this stability with these numbers; `None` for an unknown one.
    #[must_use]
    pub fn with_stability(mut self, stability: &str) -> Option<Self> {
        if stability.eq_ignore_ascii_case("dev") {
            return Some(self.dev());
        }
        let (_, part) = WORDS.into_iter().find(|(word, _)| stability.eq_ignore_ascii_case(word))?;
        if part != Part::End {
            self.parts.push(part);
        }
        Some(self)
    }

    /// Their order.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        let length = self.parts.len().max(other.parts.len());
        let part = |version: &Self, at: usize| version.parts.get(at).copied().unwrap_or(Part::End);
        (0..length)
            .map(|at| part(self, at).cmp(&part(other, at)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    /// Whether it comes before a release.
    #[must_use]
    pub fn is_prerelease(&self) -> bool {
        self.parts.iter().any(|part| *part < Part::End)
    }
}

impl Normalized {
    /// Reads a version, as `VersionParser::normalize` does.
    pub fn read(text: &str) -> Option<Self> {
        let text = strip_stability(strip_alias(text.trim())).0;
        if text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("dev-")) {
            return None;
        }
        let text = match text.split_once('+') {
            Some((version, build)) if !version.is_empty() && is_build(build) => version,
            _ => text,
        };
        classical(text).or_else(|| date(text)).or_else(|| branch(text))
    }
}

/// Without `as 1.0`, which gives a branch another name.
fn strip_alias(text: &str) -> &str {
    let mut words = text.split(' ').filter(|word| !word.is_empty());
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(version), Some("as"), Some(_), None) => version,
        _ => text,
    }
}

/// Without `@beta`, and that stability.
pub fn strip_stability(text: &str) -> (&str, Option<&str>) {
    const STABILITIES: [&str; 5] = ["stable", "rc", "beta", "alpha", "dev"];
    match text.rsplit_once('@') {
        Some((version, flag)) if STABILITIES.iter().any(|known| flag.eq_ignore_ascii_case(known)) => {
            (version, Some(flag))
        }
        _ => (text, None),
    }
}

fn is_build(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::is_whitespace)
}

/// The digits at the beginning of `text`, and what follows.
fn digits(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).filter(|(digits, _)| !digits.is_empty())
}

fn strip_v(text: &str) -> &str {
    text.strip_prefix(['v', 'V']).unwrap_or(text)
}

/// `1.2.3.4-beta5-dev`: up to four numbers, the first of five digits at most.
fn classical(text: &str) -> Option<Normalized> {
    let (first, mut rest) = digits(strip_v(text)).filter(|(first, _)| first.len() <= 5)?;
    let mut numbers = vec![first.parse().ok()?];
    while numbers.len() < 4 {
        let Some((number, after)) = rest.strip_prefix('.').and_then(digits) else { break };
        numbers.push(number.parse().ok()?);
        rest = after;
    }
    finish(&numbers, &ComposerVersion::of(&numbers), rest)
}

/// `2010-01-02`, `20100102.3`: a year, at least one pair of digits after it, and up to seven more runs of digits.
fn date(text: &str) -> Option<Normalized> {
    let mut rest = strip_v(text);
    let (mut numbers, mut lengths) = (Vec::new(), Vec::new());
    while let Some((number, after)) = digits(rest) {
        lengths.push(number.len());
        numbers.push(number.parse().ok()?);
        match after.strip_prefix(['.', ':', '-']).filter(|next| digits(next).is_some()) {
            Some(next) => rest = next,
            None => {
                rest = after;
                break;
            }
        }
    }
    let is_date = match lengths.as_slice() {
        [first, ..] if *first >= 6 => true,
        [4, second, ..] => *second >= 2,
        _ => false,
    };
    if !is_date || lengths.len() > 9 {
        return None;
    }
    let parts = numbers.iter().copied().map(Part::Number).collect();
    finish(&[], &ComposerVersion { parts }, rest)
}

/// `1.x-dev`, `1.2.*-dev`: the branch of all versions that begin so.
fn branch(text: &str) -> Option<Normalized> {
    let at = text.len().checked_sub(3)?;
    let name = text.get(..at).filter(|_| text.get(at..).is_some_and(|end| end.eq_ignore_ascii_case("dev")))?;
    let name = strip_v(name.strip_suffix(['.', '-']).unwrap_or(name));
    let mut numbers = Vec::new();
    for (at, part) in name.split('.').enumerate() {
        let is_any = at > 0 && matches!(part, "x" | "X" | "*");
        let is_number = digits(part).is_some_and(|(_, rest)| rest.is_empty());
        if at > 3 || !(is_any || is_number) {
            return None;
        }
        numbers.push(if is_any { None } else { Some(part.parse().ok()?) });
    }
    let mut filled: Vec<u64> = numbers.iter().map(|number| number.unwrap_or(ANY_NUMBER)).collect();
    filled.resize(4, ANY_NUMBER);
    Some(Normalized { version: ComposerVersion::of(&filled).dev(), numbers, has_stability: true })
}

/// Adds what stands after the numbers, each if it is there: `[._-]?`, a word with its numbers, `[.-]?dev`.
fn finish(numbers: &[u64], version: &ComposerVersion, rest: &str) -> Option<Normalized> {
    let rest = rest.to_ascii_lowercase();
    [rest.strip_prefix(['.', '_', '-']), Some(&rest)].into_iter().flatten().find_map(|rest| {
        let (word, after) = word(rest)?;
        let is_dev = after.strip_prefix(['.', '-']).unwrap_or(after) == "dev";
        if !(is_dev || after.is_empty()) {
            return None;
        }
        let mut parts = version.parts.clone();
        // `stable` says nothing more, whatever stands behind it.
        if word.first() != Some(&Part::End) {
            parts.extend(&word);
            parts.extend(is_dev.then_some(Part::Dev));
        }
        Some(Normalized {
            version: ComposerVersion { parts },
            numbers: numbers.iter().copied().map(Some).collect(),
            has_stability: is_dev || !word.is_empty(),
        })
    })
}

/// A stability and its numbers at the beginning of `text`, none if there is none, and what follows.
fn word(text: &str) -> Option<(Vec<Part>, &str)> {
    let Some((mut rest, part)) = WORDS.into_iter().find_map(|(word, part)| Some((text.strip_prefix(word)?, part)))
    else {
        return Some((Vec::new(), text));
    };
    let mut parts = vec![part];
    while let Some((number, after)) = digits(rest.strip_prefix(['.', '-']).unwrap_or(rest)) {
        parts.push(Part::Number(number.parse().ok()?));
        rest = after;
    }
    Some((parts, rest))
}
