//! Versions of Maven: <https://maven.apache.org/pom.html#version-order-specification> and `ComparableVersion` of Maven 3.9.
//!
//! Maven's own comparison is no order for a few odd forms (it says `1.alpha.1` < `1` < `1-sp` < `1.0.alpha.1`). Where it
//! contradicts itself, the specification decides: a qualifier after a dot counts as one after a hyphen, and null values before a
//! hyphen are trimmed, so that `1-0-alpha` is `1-alpha`.

use std::cmp::Ordering;

/// A version of Maven: numbers, then what follows the first hyphen or change between digits and letters, and so on inwards.
#[derive(Debug, Clone)]
pub struct MavenVersion {
    /// Only the first may be empty. Words stand at the beginning of a level, never of the first.
    levels: Vec<Vec<Item>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Number(u64),
    Word(String),
}

/// The place of the release between the qualifiers.
const RELEASE: usize = 5;

/// Earliest first. Every other qualifier comes after these, in the order of its letters.
const QUALIFIERS: [&str; 7] = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];

/// Qualifiers that Maven takes for later than the release, but people use for what comes before it.
const BEFORE_RELEASE: [&str; 6] = ["dev", "ea", "eap", "nightly", "pre", "preview"];

impl Item {
    fn number(text: &str) -> Option<Self> {
        text.parse().ok().map(Self::Number)
    }

    fn word(text: &str, before_digit: bool) -> Self {
        Self::Word(match text {
            "a" if before_digit => "alpha".to_owned(),
            "b" if before_digit => "beta".to_owned(),
            "m" if before_digit => "milestone".to_owned(),
            "ga" | "final" | "release" => String::new(),
            "cr" => "rc".to_owned(),
            other => other.to_owned(),
        })
    }

    /// Against nothing at all.
    fn against_nothing(&self) -> Ordering {
        match self {
            Self::Number(number) => number.cmp(&0),
            Self::Word(word) => rank(word).cmp(&(RELEASE, "")),
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.cmp(b),
            (Self::Word(a), Self::Word(b)) => rank(a).cmp(&rank(b)),
            (Self::Word(_), Self::Number(_)) => Ordering::Less,
            (Self::Number(_), Self::Word(_)) => Ordering::Greater,
        }
    }
}

fn rank(word: &str) -> (usize, &str) {
    QUALIFIERS.iter().position(|known| *known == word).map_or((QUALIFIERS.len(), word), |at| (at, ""))
}

/// What stands at one place of a level.
#[derive(Clone, Copy)]
enum Slot<'a> {
    Item(&'a Item),
    Deeper,
    Nothing,
}

impl MavenVersion {
    /// `None` for what is no ASCII or has numbers beyond 64 bits; Maven itself refuses nothing.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || !text.is_ascii() || text.contains(char::is_whitespace) {
            return None;
        }
        let text = text.to_ascii_lowercase();
        let mut reading = Reading { levels: vec![Vec::new()] };
        let mut token = String::new();
        for c in text.chars() {
            let in_digits = token.ends_with(|last: char| last.is_ascii_digit());
            match c {
                '.' | '-' => {
                    reading.add(&token, false)?;
                    token.clear();
                    if c == '-' {
                        reading.deeper();
                    }
                }
                _ => {
                    if !token.is_empty() && c.is_ascii_digit() != in_digits {
                        reading.add(&token, !in_digits)?;
                        token.clear();
                        reading.deeper();
                    }
                    token.push(c);
                }
            }
        }
        if !token.is_empty() {
            reading.add(&token, false)?;
        }
        Some(Self { levels: reading.trimmed() })
    }

    fn slot(&self, level: usize, place: usize) -> Slot<'_> {
        let items = self.levels.get(level).map_or(&[][..], Vec::as_slice);
        match items.get(place) {
            Some(item) => Slot::Item(item),
            None if place == items.len() && level + 1 < self.levels.len() => Slot::Deeper,
            None => Slot::Nothing,
        }
    }

    /// Everything from `level` on against nothing at all.
    fn rest_against_nothing(&self, level: usize) -> Ordering {
        let items = self.levels.iter().skip(level).flatten();
        items.map(Item::against_nothing).find(|order| *order != Ordering::Equal).unwrap_or(Ordering::Equal)
    }

    /// Their order.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        let (mut level, mut place) = (0, 0);
        loop {
            let order = match (self.slot(level, place), other.slot(level, place)) {
                (Slot::Nothing, Slot::Nothing) => return Ordering::Equal,
                (Slot::Deeper, Slot::Deeper) => {
                    level += 1;
                    place = 0;
                    continue;
                }
                (Slot::Item(a), Slot::Item(b)) => a.compare(b),
                (Slot::Item(a), Slot::Nothing) => a.against_nothing(),
                (Slot::Nothing, Slot::Item(b)) => b.against_nothing().reverse(),
                (Slot::Deeper, Slot::Nothing) => return self.rest_against_nothing(level + 1),
                (Slot::Nothing, Slot::Deeper) => return other.rest_against_nothing(level + 1).reverse(),
                // `1.1` is later than `1-1`.
                (Slot::Item(Item::Number(_)), Slot::Deeper) | (Slot::Deeper, Slot::Item(Item::Word(_))) => {
                    Ordering::Greater
                }
                (Slot::Item(Item::Word(_)), Slot::Deeper) | (Slot::Deeper, Slot::Item(Item::Number(_))) => {
                    Ordering::Less
                }
            };
            if order != Ordering::Equal {
                return order;
            }
            place += 1;
        }
    }

    /// Whether it comes before a release.
    #[must_use]
    pub fn is_prerelease(&self) -> bool {
        self.levels.iter().flatten().any(|item| match item {
            Item::Number(_) => false,
            Item::Word(word) => rank(word).0 < RELEASE || BEFORE_RELEASE.contains(&word.as_str()),
        })
    }
}

struct Reading {
    levels: Vec<Vec<Item>>,
}

impl Reading {
    fn deeper(&mut self) {
        self.levels.push(Vec::new());
    }

    fn add(&mut self, token: &str, before_digit: bool) -> Option<()> {
        let item = match token.chars().next() {
            None => Item::Number(0),
            Some(first) if first.is_ascii_digit() => Item::number(token)?,
            Some(_) => {
                let is_inside = self.levels.len() > 1 && self.levels.last().is_some_and(Vec::is_empty);
                if !is_inside {
                    self.deeper();
                }
                Item::word(token, before_digit)
            }
        };
        self.levels.last_mut()?.push(item);
        Some(())
    }

    /// Without null values (0, `ga`, `final`) at the end of each level, and without levels that are empty then.
    fn trimmed(mut self) -> Vec<Vec<Item>> {
        for level in &mut self.levels {
            while level.last().is_some_and(|last| last.against_nothing() == Ordering::Equal) {
                level.pop();
            }
        }
        let mut first = true;
        self.levels.retain(|level| std::mem::take(&mut first) || !level.is_empty());
        self.levels
    }
}
