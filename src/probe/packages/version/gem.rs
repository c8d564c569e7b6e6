//! Versions of RubyGems, as `Gem::Version` orders them: <https://docs.ruby-lang.org/en/master/Gem/Version.html>.

use std::cmp::Ordering;

/// A version of a gem: numbers, and words that make it a prerelease.
#[derive(Debug, Clone)]
pub struct GemVersion {
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Number(u64),
    Word(String),
}

const ZERO: Segment = Segment::Number(0);

impl Segment {
    fn read(text: &str) -> Option<Self> {
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            text.parse().ok().map(Self::Number)
        } else {
            Some(Self::Word(text.to_owned()))
        }
    }

    const fn is_word(&self) -> bool {
        matches!(self, Self::Word(_))
    }

    /// Words stand before numbers, and between themselves in the order of their bytes.
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.cmp(b),
            (Self::Word(a), Self::Word(b)) => a.cmp(b),
            (Self::Word(_), Self::Number(_)) => Ordering::Less,
            (Self::Number(_), Self::Word(_)) => Ordering::Greater,
        }
    }
}

impl GemVersion {
    /// `None` for what `Gem::Version.correct?` refuses, and for the empty text that it takes for 0.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if !is_correct(text) {
            return None;
        }
        // A hyphen is read as `.pre.`, as `Gem::Version#initialize` does.
        let text = text.replace('-', ".pre.");
        let mut segments = Vec::new();
        for part in text.split('.') {
            let mut rest = part;
            while let Some(first) = rest.chars().next() {
                let same = |c: char| c.is_ascii_digit() == first.is_ascii_digit();
                let (run, after) = rest.split_at(rest.find(|c| !same(c)).unwrap_or(rest.len()));
                segments.push(Segment::read(run)?);
                rest = after;
            }
        }
        Some(Self { segments })
    }

    /// What is left when zeros are taken away at the end and before the first word: `1.0.0` is `1`, `1.0.a` is `1.a`.
    fn canonical(&self) -> impl Iterator<Item = &Segment> {
        let (numbers, rest) = self.segments.split_at(self.numbers());
        trim(numbers).iter().chain(trim(rest))
    }

    /// How many segments stand before the first word.
    fn numbers(&self) -> usize {
        self.segments.iter().position(Segment::is_word).unwrap_or(self.segments.len())
    }

    /// Their order.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        let (mut ours, mut theirs) = (self.canonical(), other.canonical());
        loop {
            let order = match (ours.next(), theirs.next()) {
                (None, None) => return Ordering::Equal,
                // What is missing counts as 0, so a word after the end makes the longer one the earlier.
                (a, b) => a.unwrap_or(&ZERO).compare(b.unwrap_or(&ZERO)),
            };
            if order != Ordering::Equal {
                return order;
            }
        }
    }

    /// Whether it comes before a release.
    #[must_use]
    pub fn is_prerelease(&self) -> bool {
        self.segments.iter().any(Segment::is_word)
    }

    /// Without what makes it a prerelease: `1.2.0.a` is `1.2.0` (`Gem::Version#release`).
    #[must_use]
    pub fn release(&self) -> Self {
        Self { segments: self.segments.iter().take(self.numbers()).cloned().collect() }
    }

    /// Where `~>` ends: the last number but one is one greater (`Gem::Version#bump`).
    #[must_use]
    pub fn bump(&self) -> Option<Self> {
        let mut bumped = self.release();
        if bumped.segments.len() > 1 {
            bumped.segments.pop();
        }
        match bumped.segments.last_mut() {
            Some(Segment::Number(last)) => *last = last.checked_add(1)?,
            _ => return None,
        }
        Some(bumped)
    }
}

fn trim(segments: &[Segment]) -> &[Segment] {
    let end = segments.iter().rposition(|segment| *segment != ZERO).map_or(0, |last| last + 1);
    segments.get(..end).unwrap_or_default()
}

/// `[0-9]+(\.[0-9a-zA-Z]+)*(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?`, the pattern of `Gem::Version`.
fn is_correct(text: &str) -> bool {
    let (release, rest) = text.split_once('-').map_or((text, None), |(release, rest)| (release, Some(rest)));
    let word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let dashed = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte == b'-' || byte.is_ascii_alphanumeric());
    let mut parts = release.split('.');
    parts.next().is_some_and(|first| !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit()))
        && parts.all(word)
        && rest.is_none_or(|rest| rest.split('.').all(dashed))
}
