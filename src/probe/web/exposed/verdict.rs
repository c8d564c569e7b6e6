//! What an answer to a path comes to. No I/O.

use super::answer::Answer;
use super::paths::Group;
use super::proof::Found;
use super::{Paths, Seen, control};
use crate::model::Severity;

/// What it comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// What was looked for is there.
    Found(Found),
    /// There is nothing.
    NotThere,
    /// It is there or not; strangers are not told.
    Refused,
    /// A redirect, and where to.
    Elsewhere(String),
    /// What any path gives.
    SameAsAny,
    /// Something answers that is not what was looked for.
    SomethingElse,
    /// The server failed.
    Failed,
    /// Nothing came back, and why.
    NoAnswer(String),
    /// It looks like what was looked for, but a path that nobody can have gave no answer to hold it against.
    Unproven(Found),
}

/// Judges one answer.
pub fn of(seen: &Seen, paths: &Paths) -> What {
    let answer = &seen.answer;
    let Some(status) = answer.status else {
        return What::NoAnswer(answer.trouble.clone().unwrap_or_else(|| "it gave no answer".to_owned()));
    };
    let any = [&paths.missing, &paths.missing_dotted].into_iter().any(|missing| control::same(answer, missing));
    if let Some(found) = (seen.asked.reads)(answer) {
        // A path that nobody can have gives the same kind of thing: it says nothing about this one.
        let controls = seen.control.iter().chain([&paths.missing, &paths.missing_dotted]);
        if any || controls.into_iter().any(|other| is_alike(seen, answer, other)) {
            return What::SameAsAny;
        }
        let answered = seen.control.as_ref().is_some_and(|control| answers(control, &paths.missing));
        return if answered || is_proof_alone(seen, &found, paths) {
            What::Found(found)
        } else {
            What::Unproven(found)
        };
    }
    match status {
        _ if answer.challenge => What::NoAnswer("a check for bots answered in its place".to_owned()),
        404 | 410 => What::NotThere,
        401 | 403 | 407 | 451 if paths.turned_away() => turned_away(),
        _ if !any && paths.is_turned_away(answer) => turned_away(),
        401 | 403 | 407 | 451 => What::Refused,
        _ if any => What::SameAsAny,
        300..=399 => What::Elsewhere(answer.location.clone().unwrap_or_default()),
        500.. => What::Failed,
        200..300 => What::SomethingElse,
        _ => What::NotThere,
    }
}

fn turned_away() -> What {
    What::NoAnswer("the site turned everything away by then, also what cannot be there or is for everybody".to_owned())
}

/// Whether `other` would count as proof as well, or is the same page.
fn is_alike(seen: &Seen, answer: &Answer, other: &Answer) -> bool {
    (seen.asked.reads)(other).is_some() || control::same(answer, other)
}

/// Whether a control was answered. A firewall that has had enough, or a server that fails, says nothing about the path.
fn answers(control: &Answer, missing: &Answer) -> bool {
    !control.challenge && control.status.is_some_and(|status| status != 429 && status < 500)
        || control::same(control, missing)
}

/// Whether the content alone is beyond doubt: secrets, a repository or data, where the site does say that other paths are not there.
fn is_proof_alone(seen: &Seen, found: &Found, paths: &Paths) -> bool {
    seen.asked.group == Group::PrivateFile
        && found.severity == Some(Severity::Blocker)
        && matches!(paths.missing.status, Some(404 | 410))
}

#[cfg(test)]
mod tests {
    use super::super::paths::PATHS;
    use super::*;

    const ENV: &str = "NODE_ENV=production\nJWT_SECRET=q7Zt2LmX9vRb4KpN8sWdT3yH\n";

    fn of_env(body: &str, control: Answer, missing: u16) -> What {
        let asked = PATHS.iter().find(|row| row.path == "/.env").unwrap();
        let answer = Answer::with("/.env", 200, "text/plain", body.as_bytes());
        let missing = Answer::with("/gonogo-1", missing, "text/html", b"nothing here");
        let paths = Paths { missing, ..Paths::default() };
        of(&Seen { asked, answer, control: Some(control) }, &paths)
    }

    #[test]
    fn without_an_answer_to_the_control_only_content_beyond_doubt_stands() {
        let harmless = "NODE_ENV=production\nPORT=3000\n";
        let refused = |status| Answer::with("/.gonogo-2", status, "text/html", b"slow down");
        for control in [Answer::default(), refused(429), refused(503)] {
            assert!(matches!(of_env(ENV, control.clone(), 404), What::Found(_)), "{control:?}");
            assert!(matches!(of_env(ENV, control.clone(), 403), What::Unproven(_)), "{control:?}");
            assert!(matches!(of_env(harmless, control.clone(), 404), What::Unproven(_)), "{control:?}");
        }
        assert!(matches!(of_env(harmless, refused(404), 404), What::Found(_)));
        let asked = PATHS.iter().find(|row| row.path == "/.env").unwrap();
        let seen = Seen { asked, answer: Answer::with("/.env", 403, "text/html", b"go away"), control: None };
        let paths = |after: u16| Paths {
            missing: Answer::with("/gonogo-1", 404, "text/html", b"nothing here"),
            missing_after: Answer::with("/gonogo-3", after, "text/html", b"go away"),
            ..Paths::default()
        };
        assert_eq!(of(&seen, &paths(404)), What::Refused);
        assert!(matches!(of(&seen, &paths(403)), What::NoAnswer(_)), "a firewall that has had enough");
        // Whatever a firewall turns people away with, and also where it lets go again.
        for (status, body) in [(200, &b"Just a moment..."[..]), (406, b"Not Acceptable"), (302, b"")] {
            let answer = |path| Answer::with(path, status, "text/html", body);
            let seen = Seen { asked, answer: answer("/.env"), control: None };
            let begun = Paths { missing_after: answer("/gonogo-3"), ..paths(404) };
            assert!(matches!(of(&seen, &begun), What::NoAnswer(_)), "{status}");
            assert!(!matches!(of(&seen, &paths(404)), What::NoAnswer(_)), "{status}");
        }
        let robots = PATHS.iter().find(|row| row.path == "/robots.txt").unwrap();
        let answers = vec![Seen {
            asked: robots,
            answer: Answer::with(robots.path, 403, "text/html", b"go away"),
            control: None,
        }];
        assert!(matches!(of(&seen, &Paths { answers, ..paths(404) }), What::NoAnswer(_)), "it has let go again");
        let alike = Answer::with("/.gonogo-2", 200, "text/plain", ENV.as_bytes());
        assert_eq!(of_env(ENV, alike, 404), What::SameAsAny);
    }
}
