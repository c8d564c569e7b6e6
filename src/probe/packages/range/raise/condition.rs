//! One condition of a range, and what it becomes.

use super::{Target, join, numbers};
use crate::probe::packages::{Ecosystem, range};

/// One condition: an operator, perhaps none, and a version, perhaps with `x` in it.
pub(super) struct Condition {
    operator: &'static str,
    version: String,
    /// Composer's `@beta`.
    flag: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// This version, or where the ecosystem says so, those compatible with it.
    Exact,
    Caret,
    Tilde,
    /// `~>` of RubyGems.
    Pessimistic,
    /// `~=` of Python.
    Compatible,
    /// With `x`, or numbers left out where that means the same.
    Wild,
    Floor,
    Ceiling,
    Not,
}

/// Longer ones first where one begins another.
const OPERATORS: [(&str, Kind); 13] = [
    ("===", Kind::Exact),
    ("==", Kind::Exact),
    ("~>", Kind::Pessimistic),
    ("~=", Kind::Compatible),
    (">=", Kind::Floor),
    ("<=", Kind::Ceiling),
    ("!=", Kind::Not),
    ("<>", Kind::Not),
    ("^", Kind::Caret),
    ("~", Kind::Tilde),
    (">", Kind::Floor),
    ("<", Kind::Ceiling),
    ("=", Kind::Exact),
];

impl Condition {
    pub(super) fn read(text: &str, ecosystem: Ecosystem) -> Self {
        let found = OPERATORS.into_iter().find_map(|(sign, kind)| Some((sign, kind, text.strip_prefix(sign)?)));
        let (operator, mut kind, rest) = found.unwrap_or(("", Kind::Exact, text));
        let (version, flag) = match rest.rfind('@') {
            Some(at) if ecosystem == Ecosystem::Packagist => rest.split_at(at),
            _ => (rest, ""),
        };
        let is_wild = version.is_empty() || version.split('.').any(|part| matches!(part, "x" | "X" | "*"));
        // `1.2` is every 1.2.x for npm.
        let is_partial = ecosystem == Ecosystem::Npm && numbers(version).len() < 3;
        if kind == Kind::Exact && (is_wild || is_partial) {
            kind = Kind::Wild;
        }
        if kind == Kind::Pessimistic && ecosystem != Ecosystem::RubyGems {
            kind = Kind::Tilde;
        }
        Self { operator, version: version.to_owned(), flag: flag.to_owned(), kind }
    }

    /// Whether it keeps out everything below some version.
    pub(super) fn has_floor(&self) -> bool {
        !matches!(self.kind, Kind::Ceiling | Kind::Not)
    }

    /// Whether it keeps out everything below `target` already.
    pub(super) fn is_above(&self, target: &Target<'_>) -> bool {
        let written = numbers(&self.version);
        let is_wild = self.kind == Kind::Wild || self.version.split('.').any(|part| matches!(part, "x" | "X" | "*"));
        match self.kind {
            Kind::Ceiling | Kind::Not => false,
            _ if is_wild => !written.is_empty() && target.is_reached_by(&join(&written)),
            _ => target.is_reached_by(&self.version),
        }
    }

    /// Adds what is to be written instead, as operator and the rest.
    pub(super) fn raise(&self, target: &Target<'_>, out: &mut Vec<(&'static str, String)>) -> Option<()> {
        let text = self.styled(target.text);
        match self.kind {
            Kind::Caret => out.push(("^", text)),
            Kind::Tilde => self.raise_tilde(target, out),
            Kind::Pessimistic => self.raise_pessimistic(target, out),
            Kind::Compatible => {
                let is_short = numbers(&text).len() < 2;
                out.push(("~=", if is_short { format!("{text}.0") } else { text }));
            }
            Kind::Exact => out.push((self.operator, text)),
            Kind::Wild => self.raise_wild(target, out),
            Kind::Floor => out.push((">=", text)),
            Kind::Ceiling => {
                let as_written = format!("{}{}", self.operator, self.version);
                if range::allows(target.ecosystem, &as_written, target.version)? {
                    out.push((self.operator, format!("{}{}", self.version, self.flag)));
                } else {
                    out.push(("<", target.next_bound(&self.version, self.operator == "<=")?));
                }
            }
            Kind::Not => out.push((self.operator, self.version.clone())),
        }
        Some(())
    }

    /// With the `v` and the stability of the present text.
    fn styled(&self, text: &str) -> String {
        let v = if self.version.starts_with('v') && !text.starts_with('v') { "v" } else { "" };
        format!("{v}{text}{}", self.flag)
    }

    /// The tilde leaves more room the fewer numbers it has, the caret as much where it would be the whole major version.
    fn raise_tilde(&self, target: &Target<'_>, out: &mut Vec<(&'static str, String)>) {
        let given = numbers(&self.version).len();
        let is_whole_major = if target.ecosystem == Ecosystem::Packagist { given <= 2 } else { given <= 1 };
        if is_whole_major {
            self.whole_major(target, out);
        } else {
            out.push((if self.operator == "~>" { "~>" } else { "~" }, self.three(target)));
        }
    }

    /// Everything of the target's major version. The caret would mean less where that is 0.
    fn whole_major(&self, target: &Target<'_>, out: &mut Vec<(&'static str, String)>) {
        if target.numbers().first() == Some(&0) {
            out.push((">=", self.styled(target.text)));
            out.push(("<", "1.0.0".to_owned()));
        } else {
            out.push(("^", self.styled(target.text)));
        }
    }

    /// The target with three numbers at least, since `~1.4` leaves more room to Composer than `~1.4.0`.
    fn three(&self, target: &Target<'_>) -> String {
        let missing = 3_usize.saturating_sub(target.numbers().len());
        let is_plain = target.text.split('.').all(|part| part.parse::<u64>().is_ok());
        self.styled(&if is_plain { format!("{}{}", target.text, ".0".repeat(missing)) } else { target.text.to_owned() })
    }

    /// `~> 1.2` becomes `~> 1.4, >= 1.4.3`: as much room as before.
    fn raise_pessimistic(&self, target: &Target<'_>, out: &mut Vec<(&'static str, String)>) {
        let (given, mut new) = (numbers(&self.version).len().max(1), target.numbers());
        let is_plain = join(&new) == target.text;
        if is_plain && new.len() <= given {
            new.resize(given, 0);
            out.push(("~>", join(&new)));
        } else {
            new.resize(given, 0);
            out.push(("~>", join(&new)));
            out.push((">=", target.text.to_owned()));
        }
    }

    /// `1.x` becomes `^1.4.0`, `1.2.x` becomes `~1.4.0`, Python's `==1.*` gets a floor beside it.
    fn raise_wild(&self, target: &Target<'_>, out: &mut Vec<(&'static str, String)>) {
        let given = numbers(&self.version).len();
        if given == 0 {
            out.push((">=", self.styled(target.text)));
        } else if target.ecosystem == Ecosystem::PyPi && !self.operator.is_empty() {
            let mut begin = target.numbers();
            begin.resize(given, 0);
            out.push((">=", target.text.to_owned()));
            out.push(("==", format!("{}.*", join(&begin))));
        } else if given == 1 {
            self.whole_major(target, out);
        } else {
            out.push(("~", self.three(target)));
        }
    }
}
