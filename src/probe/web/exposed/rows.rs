//! The rows of the report.

use super::paths::{Group, Stack};
use super::proof::Found;
use super::verdict::{What, of};
use super::{Exposed, Paths, is_no_loss};
use crate::model::{PathRow, Severity, Standing};

/// Every path that was asked for, the exposed ones first.
pub fn rows(exposed: &Exposed) -> Vec<PathRow> {
    let Some(paths) = &exposed.paths else { return Vec::new() };
    let mut rows: Vec<PathRow> = paths
        .answers
        .iter()
        .map(|seen| {
            let wall = paths.wall().filter(|status| seen.answer.status == Some(*status));
            let (words, standing) = match wall {
                Some(_) => ("as for every path, so it is not known".to_owned(), Standing::Unknown),
                None => told(of(seen, paths), seen.asked.group),
            };
            PathRow { path: without_query(seen.asked.path), status: seen.answer.status, words, standing }
        })
        .collect();
    rows.extend(paths.left_out.iter().filter(|(row, _)| !matches!(row.stack, Stack::After(_))).map(|(row, why)| {
        PathRow {
            path: without_query(row.path),
            status: None,
            words: format!("not asked for: {why}"),
            standing: if is_no_loss(why) { Standing::Neutral } else { Standing::Unknown },
        }
    }));
    // `Bad` and `Weak` first, then what is there, then the rest; the order of the table within each.
    rows.sort_by_key(|row| match row.standing {
        Standing::Bad => 0,
        Standing::Weak => 1,
        Standing::Neutral => 2,
        Standing::Unknown => 3,
        Standing::Good => 4,
    });
    rows.insert(rows.iter().take_while(|row| row.standing <= Standing::Weak).count(), missing(paths));
    rows
}

/// What a path gives that nobody can have.
fn missing(paths: &Paths) -> PathRow {
    let (words, standing) = match paths.missing.status {
        None => {
            (format!("no answer: {}", paths.missing.trouble.as_deref().unwrap_or("nothing came")), Standing::Unknown)
        }
        Some(404 | 410) => ("a path that cannot exist is not found".to_owned(), Standing::Good),
        // No file of anybody's: the rule about missing pages speaks of it.
        Some(200..300) => ("a path that cannot exist gives a page all the same".to_owned(), Standing::Neutral),
        Some(_) => ("what a path gives that cannot exist".to_owned(), Standing::Neutral),
    };
    PathRow { path: "/(a random name)".to_owned(), status: paths.missing.status, words, standing }
}

fn told(what: What, group: Group) -> (String, Standing) {
    let wanted = matches!(group, Group::Public | Group::Health);
    match what {
        What::Found(Found { words, severity, .. }) => {
            let standing = match severity {
                Some(Severity::Blocker | Severity::Major) => Standing::Bad,
                Some(Severity::Minor) => Standing::Weak,
                None if group == Group::Health => Standing::Good,
                None => Standing::Neutral,
            };
            (words, standing)
        }
        What::NotThere if wanted => ("not there".to_owned(), Standing::Neutral),
        What::SameAsAny if wanted => ("the same as for any path".to_owned(), Standing::Neutral),
        What::NotThere => ("not there".to_owned(), Standing::Good),
        What::Refused => ("refused".to_owned(), Standing::Good),
        What::Elsewhere(to) if to.is_empty() => ("leads elsewhere".to_owned(), Standing::Good),
        What::Elsewhere(to) => (format!("leads to {to}"), Standing::Good),
        What::SameAsAny => ("the same as for any path".to_owned(), Standing::Good),
        What::SomethingElse => ("something else answers".to_owned(), Standing::Neutral),
        What::Failed => ("the server failed".to_owned(), Standing::Unknown),
        What::Unproven(Found { words, .. }) => {
            (format!("looks like {words}, but nothing answered to hold it against"), Standing::Unknown)
        }
        What::NoAnswer(why) => (format!("no answer: {why}"), Standing::Unknown),
    }
}

fn without_query(path: &str) -> String {
    path.split('?').next().unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::answer::Answer;
    use super::super::paths::PATHS;
    use super::super::{Exposed, Paths, Seen};
    use super::*;

    #[test]
    fn what_is_exposed_stands_first_and_a_catch_all_is_called_one() {
        let seen = |path: &str, answer: Answer| Seen {
            asked: PATHS.iter().find(|row| row.path == path).unwrap(),
            control: Some(Answer::with("/.gonogo-1", 404, "text/plain", b"no")),
            answer,
        };
        let page = b"<!doctype html><h1>Teapots for everybody</h1>";
        let answers = vec![
            seen("/.env.local", Answer::with("/.env.local", 200, "text/html", page)),
            seen("/.env", Answer::with("/.env", 200, "", b"PORT=80\nNAME=shop\n")),
            seen("/up", Answer::with("/up", 404, "text/html", b"")),
        ];
        let missing = Answer::with("/gonogo-1", 200, "text/html", page);
        let paths = Paths { missing, answers, ..Paths::default() };
        let told = rows(&Exposed { paths: Some(paths), ..Exposed::default() });
        let lines: Vec<String> =
            told.iter().map(|row| format!("{:?} {} {}", row.standing, row.path, row.words)).collect();
        assert_eq!(
            lines,
            [
                "Bad /.env an environment file with 2 variables",
                "Neutral /(a random name) a path that cannot exist gives a page all the same",
                "Neutral /up not there",
                "Good /.env.local the same as for any path",
            ]
        );
    }
}
