//! Maven's requirements.

use super::Target;
use crate::probe::packages::range;

/// A plain version becomes the other one; of `[1.0,2.0)` the lower end is raised, and the upper one where it must be.
pub(super) fn raise(text: &str, target: &Target<'_>) -> Option<String> {
    if !text.starts_with(['[', '(']) {
        return Some(if target.is_reached_by(text) { text.to_owned() } else { target.text.to_owned() });
    }
    // Several sets in a row: the last one is where the project goes.
    let start = text.rfind(['[', '('])?;
    let set = text.get(start..)?;
    let closing = set.chars().next_back()?;
    let inner = set.get(1..set.len().checked_sub(1)?)?;
    let (from, to) = inner.split_once(',').unwrap_or((inner, inner));
    if target.is_reached_by(from) {
        return Some(set.to_owned());
    }
    if !inner.contains(',') {
        return Some(format!("[{}]", target.text));
    }
    let kept = format!("[{},{to}{closing}", target.text);
    if range::allows(target.ecosystem, &kept, target.version) == Some(true) {
        return Some(kept);
    }
    Some(format!("[{},{})", target.text, target.next_bound(to, closing == ']')?))
}
