//! Lock files in which a merge was left unfinished.

use super::{Locks, Repo};
use crate::model::{Confidence, Coverage, Evidence, Finding, Location, RuleKind, RuleMeta, Severity, Span};
use crate::probe::packages::MAX_LOCK_BYTES;

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "lockfile-conflict-markers",
    title: "A lock file holds an unfinished merge",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Looks in lock files for the lines that git leaves where two branches changed the same place.",
    why: "The next installation from this file fails or takes half of each branch, so that a deployment stops when you need it.",
    fix: "Take the lock file of one branch, and let the package manager install again: it adds what the other branch needs.",
    example: "git checkout --theirs package-lock.json\nnpm install --package-lock-only\ngit add package-lock.json",
    references: &["C49", "https://git-scm.com/docs/git-merge#_how_conflicts_are_presented"],
};

/// One finding for each file, and how far the rule got.
pub fn look(repo: &Repo, locks: &Locks) -> (Vec<Finding>, Coverage) {
    let (mut found, mut unread) = (Vec::new(), 0);
    for path in &locks.all {
        match repo.entry(path).map(|entry| entry.read_up_to(MAX_LOCK_BYTES)) {
            Some(Ok(text)) => found.extend(finding(path, &text)),
            // Bun's older format cannot be merged by lines.
            _ if path.ends_with(".lockb") => {}
            _ => unread += 1,
        }
    }
    let coverage = match (locks.all.len(), unread) {
        (0, _) => Coverage::Absent("there is no lock file".to_owned()),
        (_, 0) => Coverage::Whole,
        (all, unread) => Coverage::Part(format!("{unread} of {all} lock files could not be read")),
    };
    (found, coverage)
}

fn finding(path: &str, text: &str) -> Option<Finding> {
    let line = first_conflict(text)?;
    let message = format!("`{path}` holds an unfinished merge from line {line} on");
    let location = Location::File { path: path.to_owned(), span: Some(Span::line(line)) };
    Some(Finding::new(&META, location, "conflict", message).evidence(Evidence::snippet(text, line, 2)))
}

/// The line of the first `<<<<<<<` that is followed by `=======` and `>>>>>>>`, as git writes them.
fn first_conflict(text: &str) -> Option<u32> {
    let is = |line: &str, mark: char| {
        let rest = line.trim_end_matches('\r').trim_start_matches(mark);
        line.trim_end_matches('\r').len() - rest.len() == 7 && (rest.is_empty() || rest.starts_with(' '))
    };
    let mut begun = None;
    let mut divided = false;
    for (line, number) in text.lines().zip(1..) {
        match line.as_bytes().first() {
            Some(b'<') if is(line, '<') => {
                begun = Some(number);
                divided = false;
            }
            Some(b'=') if begun.is_some() && is(line, '=') => divided = true,
            Some(b'>') if divided && is(line, '>') => return begun,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_conflict_counts() {
        let conflict = "{\n<<<<<<< HEAD\n  \"a\": 1,\n=======\n  \"a\": 2,\n>>>>>>> theirs\n}\n";
        assert_eq!(first_conflict(conflict), Some(2));
        assert_eq!(first_conflict(&conflict.replace('\n', "\r\n")), Some(2));
        for fine in [
            "",
            "<<<<<<< HEAD\n",
            "=======\n>>>>>>> x\n",
            "  <<<<<<< a\n=======\n>>>>>>> b\n",
            "<<<<<<<<<< a\n=======\n>>>>>>> b\n",
        ] {
            assert_eq!(first_conflict(fine), None, "{fine}");
        }
        let told = finding("yarn.lock", conflict).unwrap();
        assert_eq!(told.location.to_string(), "yarn.lock:2");
    }
}
