//! Names that are made from themselves.

use super::super::facts::FileFacts;
use super::{Assignment, CallId, Value};

/// More values than this are not looked through for one assignment; what was not seen counts as a circle.
const MAX_VALUES: usize = 2000;

/// Whether an assignment was visited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Never,
    UnderWay,
    Done,
}

impl FileFacts {
    /// Marks assignments so that none leads back to itself through others that are not marked.
    pub(in crate::probe::source) fn mark_circles(&mut self) {
        let next: Vec<Option<Vec<usize>>> =
            self.assignments.iter().map(|assignment| self.made_from(assignment)).collect();
        let mut circular: Vec<bool> = next.iter().map(Option::is_none).collect();
        let mut seen = vec![Seen::Never; next.len()];
        let mut under_way: Vec<(usize, usize)> = Vec::new();
        for start in 0..next.len() {
            under_way.push((start, 0));
            while let Some((place, step)) = under_way.last_mut() {
                let (here, at) = (*place, *step);
                *step += 1;
                let state = seen.get(here).copied().unwrap_or(Seen::Done);
                if at == 0 && state != Seen::Never {
                    under_way.pop();
                    continue;
                }
                set(&mut seen, here, Seen::UnderWay);
                match next.get(here).and_then(Option::as_ref).and_then(|all| all.get(at)) {
                    None => {
                        set(&mut seen, here, Seen::Done);
                        under_way.pop();
                    }
                    Some(&there) if seen.get(there) == Some(&Seen::UnderWay) => set(&mut circular, there, true),
                    Some(&there) => under_way.push((there, 0)),
                }
            }
        }
        for (assignment, circular) in self.assignments.iter_mut().zip(circular) {
            assignment.circular = circular;
        }
    }

    /// The places of the assignments that the value of one leads to; `None` if there is too much to look at.
    fn made_from(&self, assignment: &Assignment) -> Option<Vec<usize>> {
        let mut found = Vec::new();
        let mut calls: Vec<CallId> = Vec::new();
        let mut left = MAX_VALUES;
        let mut follow = |value: &Value, calls: &mut Vec<CallId>| {
            value.walk(&mut |value| {
                left = left.saturating_sub(1);
                match value {
                    Value::Path(path) => found.extend(self.place_assigned(path, assignment.function)),
                    Value::Call(id) => calls.push(*id),
                    _ => {}
                }
            });
            left > 0
        };
        if !follow(&assignment.value, &mut calls) {
            return None;
        }
        while let Some(call) = calls.pop().and_then(|id| self.call(id)) {
            if !call.arguments.iter().all(|argument| follow(&argument.value, &mut calls)) {
                return None;
            }
        }
        Some(found)
    }
}

fn set<T>(all: &mut [T], place: usize, value: T) {
    if let Some(found) = all.get_mut(place) {
        *found = value;
    }
}

#[cfg(test)]
mod tests {
    use crate::probe::source::{examine_text, facts_of_text};

    #[test]
    fn a_name_that_is_made_from_itself_stands_for_itself() {
        let circular = |source: &str| -> Vec<bool> {
            let file = facts_of_text("src/a.ts", source).unwrap();
            file.assignments.iter().map(|assignment| assignment.circular).collect()
        };
        assert_eq!(circular("a = a || {};"), [true]);
        assert_eq!(circular("const b = c; const c = { x: 1 };"), [false, false]);
        assert_eq!(circular("a = f(b); b = [a];").iter().filter(|circular| **circular).count(), 1);
        assert_eq!(circular("function f(x) { const y = x; } function g() { const x = y; }"), [false, false]);
    }

    #[test]
    fn rules_end_where_names_lead_in_circles() {
        for source in [
            "options = options || {}; fetch(url, options);",
            "a = b || 1; b = a || 2; fetch(a, b); q = sql(q); db.query(q);",
            "const o = { ...o }; axios.get(u, o); cors({ origin: o });",
        ] {
            let _ = examine_text("src/a.js", source);
        }
        let _ = examine_text("app/a.rb", "@options ||= {}\nhtml = raw(html)\nHTTParty.get(url, @options)\n");
    }
}
