//! Requirements of RubyGems: the guides of RubyGems, "Patterns", "Pessimistic version constraint".

use super::Operator;
use crate::probe::packages::version::GemVersion;
use crate::probe::packages::{Ecosystem, Version};

pub(super) fn allows(range: &str, version: &GemVersion) -> Option<bool> {
    if range.is_empty() {
        return Some(true);
    }
    let mut all = true;
    for part in range.split(',') {
        all &= one(part.trim(), version)?;
    }
    Some(all)
}

fn one(part: &str, version: &GemVersion) -> Option<bool> {
    if let Some(base) = part.strip_prefix("~>") {
        let base = read(base)?;
        return Some(version.compare(&base).is_ge() && version.release().compare(&base.bump()?).is_lt());
    }
    // Operators of other ecosystems.
    if part.starts_with("==") || part.starts_with("<>") {
        return None;
    }
    let (operator, base) = Operator::split(part);
    Some(operator.unwrap_or(Operator::Equal).holds(version.compare(&read(base)?)))
}

fn read(text: &str) -> Option<GemVersion> {
    match Version::parse(Ecosystem::RubyGems, text)? {
        Version::Gem(version) => Some(version),
        _ => None,
    }
}
