//! The range to write so that at least a given version comes, in the style of the present one.

mod brackets;
mod condition;

use super::{Ecosystem, Version, allows, glued};
use condition::Condition;

/// The range to write instead of `range`, so that nothing below `fixed` comes and `fixed` may; `range` itself where that is so
/// already. `None` where the range is not understood, or where no range of its kind can say it: another major version of a
/// Go module has another path.
#[must_use]
pub fn minimum_raise(ecosystem: Ecosystem, range: &str, fixed: &str) -> Option<String> {
    let (range, fixed) = (range.trim(), fixed.trim());
    let version = Version::parse(ecosystem, fixed)?;
    // What is not understood is not rewritten.
    allows(ecosystem, range, &version)?;
    let target = Target { ecosystem, text: fixed, version: &version };
    let raised = match ecosystem {
        Ecosystem::Go => go(range, &target)?,
        Ecosystem::Maven => brackets::raise(range, &target)?,
        Ecosystem::Npm => match range.strip_prefix("npm:").and_then(|alias| alias.rsplit_once('@')) {
            Some((name, range)) => format!("npm:{name}@{}", alternatives(range, &target)?),
            None => alternatives(range, &target)?,
        },
        _ => alternatives(range, &target)?,
    };
    let is_right = raised == range || ecosystem == Ecosystem::Go || allows(ecosystem, &raised, &version)?;
    is_right.then_some(raised)
}

/// The version that has to come at least.
struct Target<'a> {
    ecosystem: Ecosystem,
    text: &'a str,
    version: &'a Version,
}

impl Target<'_> {
    /// Whether `text` is this version or a later one.
    fn is_reached_by(&self, text: &str) -> bool {
        let other = Version::parse(self.ecosystem, text);
        other.and_then(|other| other.compare(self.version)).is_some_and(std::cmp::Ordering::is_ge)
    }

    /// Its numbers, up to where something else begins.
    fn numbers(&self) -> Vec<u64> {
        numbers(self.text)
    }

    /// The version before which the next ones stand that `bound` was meant to keep out: `2.0` for `1.0`'s like.
    fn next_bound(&self, bound: &str, is_included: bool) -> Option<String> {
        let old = numbers(bound);
        let at = if is_included { 0 } else { old.iter().rposition(|number| *number != 0).unwrap_or(0) };
        let mut next = self.numbers();
        next.resize(at + 1, 0);
        let last = next.last_mut()?;
        *last = last.checked_add(1)?;
        next.resize(old.len().max(at + 1), 0);
        Some(join(&next))
    }
}

/// The numbers at the beginning of a version.
fn numbers(text: &str) -> Vec<u64> {
    let text = text.trim_start_matches(['v', 'V', '=', ' ']);
    text.split(['.', '-', '+', '@']).map_while(|part| part.parse().ok()).collect()
}

fn join(numbers: &[u64]) -> String {
    numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}

/// A `go.mod` names the least version that will do, of the same path. Advisories may leave `+incompatible` out.
fn go(range: &str, target: &Target<'_>) -> Option<String> {
    if target.is_reached_by(range) {
        return Some(range.to_owned());
    }
    let text = target.text.strip_prefix('v').unwrap_or(target.text);
    let is_left_out = range.ends_with("+incompatible") && !text.contains('+') && target.numbers().first() > Some(&1);
    let raised = format!("v{text}{}", if is_left_out { "+incompatible" } else { "" });
    let version = Version::parse(Ecosystem::Go, &raised)?;
    (allows(Ecosystem::Go, range, &version)?).then_some(raised)
}

/// Raises what is below, keeps what is above, and leaves out alternatives that allow nothing from the target on.
fn alternatives(range: &str, target: &Target<'_>) -> Option<String> {
    let separator = if range.contains("||") { "||" } else { "|" };
    let written: Vec<&str> = range.split(separator).map(str::trim).collect();
    let mut kept = Vec::new();
    let mut last_below = None;
    for alternative in &written {
        let conditions = Conditions::read(alternative, target.ecosystem);
        if conditions.are_above(target) {
            kept.push((*alternative).to_owned());
        } else if allows(target.ecosystem, alternative, target.version) == Some(true) {
            kept.push(conditions.raise(target)?);
        } else {
            last_below = Some((kept.len(), conditions));
        }
    }
    let allowed = kept.iter().any(|one| allows(target.ecosystem, one, target.version) == Some(true));
    if let Some((at, conditions)) = last_below.filter(|_| !allowed) {
        kept.insert(at, conditions.raise(target)?);
    }
    Some(kept.join(&format!(" {separator} ")))
}

/// The conditions of one alternative.
struct Conditions<'a> {
    all: Vec<Condition>,
    text: &'a str,
    /// The end of `1.0 - 2.0`.
    hyphen: Option<(String, String)>,
}

impl<'a> Conditions<'a> {
    fn read(text: &'a str, ecosystem: Ecosystem) -> Self {
        let words = glued(&text.replace(',', " "));
        let hyphen = match words.as_slice() {
            [from, hyphen, to] if hyphen == "-" => Some((from.clone(), to.clone())),
            _ => None,
        };
        Self { all: words.iter().map(|word| Condition::read(word, ecosystem)).collect(), text, hyphen }
    }

    fn are_above(&self, target: &Target<'_>) -> bool {
        match &self.hyphen {
            Some((from, _)) => target.is_reached_by(from),
            None => self.all.iter().any(|condition| condition.is_above(target)),
        }
    }

    fn raise(&self, target: &Target<'_>) -> Option<String> {
        if let Some((_, to)) = &self.hyphen {
            let kept = format!("{} - {to}", target.text);
            let fits = allows(target.ecosystem, &kept, target.version) == Some(true);
            return Some(if fits { kept } else { format!("^{}", target.text) });
        }
        let has_floor = self.all.iter().any(Condition::has_floor);
        let mut out = Vec::new();
        if !has_floor {
            out.push(("", format!(">={}", target.text)));
        }
        for condition in &self.all {
            condition.raise(target, &mut out)?;
        }
        let gap = if self.has_gaps() { " " } else { "" };
        let parts: Vec<String> = out.into_iter().map(|(operator, rest)| spaced(operator, gap, &rest)).collect();
        Some(parts.join(self.separator(target.ecosystem)))
    }

    /// Whether a blank stands between an operator and its version.
    fn has_gaps(&self) -> bool {
        ["<", ">", "=", "~", "^"].iter().any(|sign| self.text.contains(&format!("{sign} ")))
    }

    fn separator(&self, ecosystem: Ecosystem) -> &'static str {
        match ecosystem {
            Ecosystem::Npm => " ",
            Ecosystem::RubyGems | Ecosystem::CratesIo => ", ",
            _ if self.text.contains(", ") => ", ",
            _ if self.text.contains(',') || ecosystem == Ecosystem::PyPi => ",",
            _ => " ",
        }
    }
}

/// `>=1.0` or `>= 1.0`, as the user writes it.
fn spaced(operator: &str, gap: &str, rest: &str) -> String {
    let (operator, rest) = match rest.strip_prefix(">=") {
        Some(rest) if operator.is_empty() => (">=", rest),
        _ => (operator, rest),
    };
    if operator.is_empty() { rest.to_owned() } else { format!("{operator}{gap}{rest}") }
}
