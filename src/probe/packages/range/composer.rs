//! Constraints of Composer, as `VersionParser::parseConstraints` of composer/semver 3 takes them:
//! <https://getcomposer.org/doc/articles/versions.md#writing-version-constraints>.

use super::{Operator, any, glued};
use crate::probe::packages::version::{ComposerVersion, Normalized, strip_stability};

/// What a version has to fulfil.
type Condition = (Operator, ComposerVersion);

pub(super) fn allows(range: &str, version: &ComposerVersion) -> Option<bool> {
    let alternatives = range.split('|').enumerate().filter(|(at, part)| *at == 0 || !part.is_empty());
    any(alternatives.map(|(_, alternative)| {
        let mut all = true;
        for condition in conditions(alternative.trim())? {
            let (operator, bound) = condition;
            all &= operator.holds(version.compare(&bound));
        }
        Some(all)
    }))
}

/// The conditions of one alternative, which hold together: separated by commas or blanks.
fn conditions(alternative: &str) -> Option<Vec<Condition>> {
    let mut all = Vec::new();
    let words = glued(&alternative.replace(',', " "));
    let mut rest = words.as_slice();
    while let Some((first, others)) = rest.split_first() {
        rest = match others {
            [hyphen, to, others @ ..] if hyphen == "-" => {
                all.extend(self::hyphen(first, to)?);
                others
            }
            [word, _, others @ ..] if word == "as" => {
                all.extend(condition(first)?);
                others
            }
            _ => {
                all.extend(condition(first)?);
                others
            }
        };
    }
    (!words.is_empty()).then_some(all)
}

fn is_any(text: &str) -> bool {
    let text = strip_stability(text).0;
    text.is_empty() || matches!(text, "*" | "x" | "X")
}

/// One condition, as the bounds that it stands for.
fn condition(text: &str) -> Option<Vec<Condition>> {
    let (text, stability) = strip_stability(text);
    if is_any(text) {
        return Some(Vec::new());
    }
    if let Some(base) = text.strip_prefix('^') {
        let base = Normalized::read(base)?;
        return span(&base, caret_place(&base));
    }
    if let Some(base) = text.strip_prefix('~') {
        let base = Normalized::read(base)?;
        let written = base.numbers.iter().flatten().count();
        let is_branch = written < base.numbers.len();
        return span(&base, (written + usize::from(is_branch)).saturating_sub(2));
    }
    if let Some(conditions) = wildcard(text) {
        return Some(conditions);
    }
    let (operator, base) = Operator::split(text);
    if text.starts_with("===") {
        return None;
    }
    let operator = operator.unwrap_or(Operator::Equal);
    let read = Normalized::read(base)?;
    let stability = stability.filter(|name| !name.eq_ignore_ascii_case("stable"));
    let is_stable = !read.version.is_prerelease();
    // Composer only sees a stability behind a hyphen here.
    let names_stability = read.has_stability && base.contains('-');
    let bound = match (operator, stability) {
        (Operator::Equal, _) => read.version,
        (_, Some(stability)) if is_stable => read.version.with_stability(stability)?,
        (Operator::Less | Operator::GreaterOrEqual, _) if !names_stability => read.version.dev(),
        _ => read.version,
    };
    Some(vec![(operator, bound)])
}

/// From `base` to below the next version at `place`. Without a stability it begins with the unstable ones.
fn span(base: &Normalized, place: usize) -> Option<Vec<Condition>> {
    if !is_plain(base) {
        return None;
    }
    let from = if base.has_stability { base.version.clone() } else { base.version.clone().dev() };
    Some(vec![(Operator::GreaterOrEqual, from), (Operator::Less, before_next(&base.numbers, place)?)])
}

/// What ranges are made of: no dates, and one `x` at the most.
fn is_plain(base: &Normalized) -> bool {
    !base.numbers.is_empty() && base.numbers.iter().filter(|number| number.is_none()).count() < 2
}

/// The place of the number that `^` holds fixed.
fn caret_place(base: &Normalized) -> usize {
    let number = |at: usize| base.numbers.get(at).copied().flatten();
    match (number(0), number(1), number(2)) {
        (Some(0), Some(0), Some(_)) => 2,
        (Some(0), Some(_), _) => 1,
        _ => 0,
    }
}

/// The earliest version after all those that agree with `numbers` up to `place`.
fn before_next(numbers: &[Option<u64>], place: usize) -> Option<ComposerVersion> {
    let mut next: Vec<u64> = numbers.iter().take(place + 1).map(|number| number.unwrap_or(0)).collect();
    next.resize(place + 1, 0);
    let last = next.last_mut()?;
    *last = last.checked_add(1)?;
    Some(ComposerVersion::of(&next).dev())
}

/// `1.0 - 2.0`: an end of less than three numbers includes everything that begins with it.
fn hyphen(from: &str, to: &str) -> Option<Vec<Condition>> {
    let (from, to) = (Normalized::read(from.trim())?, Normalized::read(to.trim())?);
    if !(is_plain(&from) && is_plain(&to)) {
        return None;
    }
    let from = if from.has_stability { from.version } else { from.version.dev() };
    let end = if to.numbers.len() >= 3 || to.has_stability {
        (Operator::LessOrEqual, to.version)
    } else {
        (Operator::Less, before_next(&to.numbers, to.numbers.len() - 1)?)
    };
    Some(vec![(Operator::GreaterOrEqual, from), end])
}

/// `1.2.*`.
fn wildcard(text: &str) -> Option<Vec<Condition>> {
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let mut numbers = Vec::new();
    let mut has_any = false;
    for part in text.split('.') {
        match part {
            "*" | "x" | "X" => has_any = true,
            _ if has_any => return None,
            _ if part.bytes().all(|byte| byte.is_ascii_digit()) => numbers.push(part.parse().ok()?),
            _ => return None,
        }
    }
    if !has_any || numbers.len() > 3 {
        return None;
    }
    let from = (Operator::GreaterOrEqual, ComposerVersion::of(&numbers).dev());
    let Some(last) = numbers.last_mut() else { return Some(vec![from]) };
    *last = last.checked_add(1)?;
    Some(vec![from, (Operator::Less, ComposerVersion::of(&numbers).dev())])
}
