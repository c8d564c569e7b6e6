//! What a site answers to everything says nothing of what lies behind: a login, a firewall, a check for bots, a fault.

use super::answer::Answer;
use super::imports::Pattern;
use super::{Paths, control};

/// What servers and apps have for everybody, so that nobody has a reason to refuse it.
const FOR_EVERYBODY: [&str; 4] = ["/robots.txt", "/favicon.ico", "/sitemap.xml", "/.well-known/security.txt"];

/// Where apps send people who ask for what is not there.
const LOST: [&str; 4] = ["404", "not-found", "notfound", "error"];
/// Where they send people who have to say who they are, as a whole part of a path.
const LOGIN: [&str; 12] = [
    "login",
    "log-in",
    "log_in",
    "logon",
    "signin",
    "sign-in",
    "sign_in",
    "auth",
    "authorize",
    "sso",
    "connexion",
    "unlock",
];

/// A field for a password: who sees one has to say who they are.
static PASSWORD: Pattern = Pattern::new(r#"(?i)\stype\s*=\s*["']?password\b"#);

/// How the page was reached from which a site's paths are asked for.
#[derive(Debug, Default, Clone)]
pub struct Way {
    /// The paths that led to it, its own among them.
    pub paths: Vec<String>,
    /// Its own, where somebody gave that one and was not sent on to it.
    pub given: Option<String>,
}

/// Whether a page asks for a password.
pub fn asks_for_password(page: &str) -> bool {
    PASSWORD.is_in(page)
}

impl Paths {
    /// The status that the site gives to every path where it says nothing of what lies behind.
    pub fn wall(&self) -> Option<u16> {
        let all_the_same = self.is_sent_away(&self.missing_dotted);
        self.missing.status.filter(|status| is_wall(*status) || self.missing.challenge || all_the_same)
    }

    /// Whether an answer is a redirect to where every unknown path leads: to the login, most often.
    pub fn is_sent_away(&self, answer: &Answer) -> bool {
        let Some(to) = answer.location.as_deref() else { return false };
        let path = match url::Url::parse(to) {
            Ok(url) => url.path().to_owned(),
            Err(_) => to.split(['?', '#']).next().unwrap_or_default().to_owned(),
        };
        let asked = answer.path.split('?').next().unwrap_or_default().trim_matches('/');
        // To the start page or one about errors: the way of some apps to say that there is nothing. To itself with a slash or a language: a
        // matter of form.
        let says_lost =
            path.is_empty() || path == "/" || LOST.iter().any(|word| path.to_ascii_lowercase().contains(word));
        let parts = || path.split('/').map(|part| part.split('.').next().unwrap_or_default().to_ascii_lowercase());
        let is_login = parts().any(|part| LOGIN.contains(&part.as_str()))
            || (self.front_asks_for_password && self.way.paths.contains(&path));
        // Or to the page that was given for the start page.
        let says_lost = !is_login && (says_lost || self.way.given.as_ref() == Some(&path));
        let is_elsewhere = !says_lost && (asked.is_empty() || !path.contains(asked));
        is_elsewhere && control::same(answer, &self.missing)
    }

    /// Whether the site answered at first and then refused everything: a firewall has had enough, and what it refused may be there.
    pub fn turned_away(&self) -> bool {
        let after = &self.missing_after;
        self.wall().is_none() && (after.challenge || after.status.is_some_and(is_wall))
    }

    /// Whether an answer is how a firewall turned everything away by then, whatever its status: what cannot be there changed to the same, or
    /// a path that nobody has a reason to refuse was refused in the same words.
    pub fn is_turned_away(&self, answer: &Answer) -> bool {
        let after = &self.missing_after;
        if after.status.is_some() && control::same(answer, after) && !control::same(after, &self.missing) {
            return true;
        }
        // What an app does when it fails looks alike everywhere; 503 is how nginx limits requests.
        let is_refusal = |status: u16| matches!(status, 400..500 | 503) && !matches!(status, 401 | 404 | 405 | 410);
        // Some servers refuse every path with a dot in front.
        answer.status.is_some_and(is_refusal)
            && !control::same(answer, &self.missing)
            && !control::same(answer, &self.missing_dotted)
            && self
                .answers
                .iter()
                .filter(|seen| FOR_EVERYBODY.contains(&seen.asked.path))
                .any(|seen| control::same(answer, &seen.answer))
    }
}

const fn is_wall(status: u16) -> bool {
    matches!(status, 401 | 403 | 407 | 429 | 500..)
}

#[cfg(test)]
mod tests {
    use super::super::Seen;
    use super::super::paths::PATHS;
    use super::super::verdict::{What, of};
    use super::*;

    fn to(path: &str, location: &str) -> Answer {
        Answer { location: Some(location.to_owned()), ..Answer::with(path, 302, "", b"") }
    }

    #[test]
    fn one_place_for_every_path_is_a_wall_unless_it_says_that_there_is_nothing() {
        for (plain, dotted, wall) in [
            ("/login", "/login", Some(302)),
            ("https://auth.example.com/authorize", "https://auth.example.com/authorize", Some(302)),
            ("/", "/", None),
            ("https://shop.example.com/", "https://shop.example.com/", None),
            ("/gonogo-1/", "/.gonogo-2/", None),
            ("/en/gonogo-1", "/en/.gonogo-2", None),
            ("/login", "/lost", None),
            ("/404", "/404", None),
            ("https://shop.example.com/en/not-found", "https://shop.example.com/en/not-found", None),
        ] {
            let paths =
                Paths { missing: to("/gonogo-1", plain), missing_dotted: to("/.gonogo-2", dotted), ..Paths::default() };
            assert_eq!(paths.wall(), wall, "{plain}");
        }
        for (page, given, asks, to_page, wall) in [
            ("/home", true, false, "/home", None),
            ("/lessons", true, false, "/lessons", None),
            ("/authors", true, false, "/authors", None),
            ("/login", true, false, "/login", Some(302)),
            ("/tea", true, true, "/tea", Some(302)),
            ("/users/sign_in", false, true, "/users/sign_in", Some(302)),
            ("/welcome", false, false, "/welcome", Some(302)),
            ("/welcome", false, true, "/", Some(302)),
            ("/", true, true, "/", Some(302)),
            ("/", true, false, "/", None),
            ("/", true, false, "/login?error=404", Some(302)),
            ("/", true, false, "/auth/error", Some(302)),
        ] {
            let paths = Paths {
                way: Way { paths: vec!["/".to_owned(), page.to_owned()], given: given.then(|| page.to_owned()) },
                front_asks_for_password: asks,
                missing: to("/gonogo-1", to_page),
                missing_dotted: to("/.gonogo-2", to_page),
                ..Paths::default()
            };
            assert_eq!(paths.wall(), wall, "{page} {given} {asks} {to_page}");
        }
        for (page, asks) in [
            ("<form><input class=a type='password' name=b></form>", true),
            ("<INPUT TYPE=PASSWORD>", true),
            ("<p>type=password</p><input type=text name=password>", false),
        ] {
            assert_eq!(asks_for_password(page), asks, "{page}");
        }
        let check = Answer { challenge: true, ..Answer::with("/gonogo-1", 200, "text/html", b"<p>One moment") };
        assert_eq!(Paths { missing: check, ..Paths::default() }.wall(), Some(200));
    }

    #[test]
    fn a_place_that_is_closed_to_strangers_is_no_firewall() {
        let closed = b"<html><center><h1>403 Forbidden</h1></center><hr><center>nginx</center></html>";
        let seen = |path: &str, status| Seen {
            asked: PATHS.iter().find(|row| row.path == path).unwrap(),
            answer: Answer::with(path, status, "text/html", closed),
            control: None,
        };
        for (path, status, turned) in [
            ("/admin/", 403, false),
            ("/docs", 403, false),
            ("/health", 403, false),
            ("/robots.txt", 403, true),
            ("/favicon.ico", 406, true),
            ("/robots.txt", 500, false),
        ] {
            let paths = Paths {
                missing: Answer::with("/gonogo-1", 404, "text/html", b"<h1>Not here</h1>"),
                answers: vec![seen(path, status)],
                ..Paths::default()
            };
            let answer = seen("/.git/HEAD", status);
            assert_eq!(matches!(of(&answer, &paths), What::NoAnswer(_)), turned, "{path} {status}");
        }
    }
}
