//! Cookies (RFC 6265bis): those that keep people signed in, those against forged requests, and those that browsers refuse.

use url::Url;

use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Observation, Proof, RuleKind, RuleMeta, Severity};
use crate::probe::web::address::{self, is_secure};
use crate::probe::web::cookies::{Cookie, SameSite};
use crate::probe::web::tally::Sight;

/// A cookie that is not kept safe.
pub static META: RuleMeta = RuleMeta {
    id: "cookie-insecure",
    title: "A cookie that keeps people signed in is not protected",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::Medium,
    what: "Reads every cookie that your pages set before anybody signs in: whether session cookies are Secure, HttpOnly and \
           SameSite, whether cookies against forged requests are SameSite, and whether browsers keep them at all. Values are \
           not looked at.",
    why: "Whoever gets the session cookie is signed in as your user: without HttpOnly any script on the page can send it away, \
          without Secure it travels in the open, without SameSite other sites can act with it.",
    fix: "Set session cookies with `Secure; HttpOnly; SameSite=Lax; Path=/`, and call them `__Host-…` if one host alone needs them.",
    example: "bad:  Set-Cookie: session=…; Path=/\n\
              good: Set-Cookie: __Host-session=…; Path=/; Secure; HttpOnly; SameSite=Lax",
    references: &[
        "F58",
        "https://datatracker.ietf.org/doc/draft-ietf-httpbis-rfc6265bis/",
        "https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html",
    ],
};

/// A session cookie that is kept safe.
pub static PROOF: RuleMeta = RuleMeta {
    id: "cookie-secure",
    title: "Session cookies are protected",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::Medium,
    what: "Sees session cookies that are Secure, HttpOnly and SameSite.",
    why: "Neither a script nor the network can take over your users' sessions.",
    fix: "Nothing to do.",
    example: "",
    references: &["F58"],
};

/// Both rules.
pub static RULES: &[&RuleMeta] = &[&META, &PROOF];

/// A cookie and the address that set it.
#[derive(Debug, Clone)]
pub struct Set {
    /// The address.
    pub url: Url,
    /// The cookie.
    pub cookie: Cookie,
}

/// A fault of a cookie: how bad, and a phrase that follows its name.
type Fault = (Severity, String);

/// So many cookies are listed.
const MOST_LINES: usize = 12;

/// Judges the cookies of one host, each name once.
pub fn judge(set: &[Set]) -> Sight {
    let faulty: Vec<(&Set, Vec<Fault>)> =
        set.iter().map(|set| (set, faults(set))).filter(|(_, faults)| !faults.is_empty()).collect();
    let sessions = || set.iter().filter(|set| set.cookie.is_session());
    let worst = faulty
        .iter()
        .filter_map(|(set, faults)| faults.iter().map(|(severity, _)| *severity).max().map(|severity| (severity, *set)))
        .reduce(|a, b| if b.0 > a.0 { b } else { a });
    let Some((severity, first)) = worst else {
        let Some(session) = sessions().next() else {
            return Sight::NotSeen("no session cookie is set before anybody signs in, so none was seen".to_owned());
        };
        let names: Vec<String> = sessions().map(|set| format!("`{}`", set.cookie.name)).collect();
        let message = format!("The session cookie {} is Secure, HttpOnly and SameSite", names.join(", "));
        let proof = Proof::new(&PROOF, address::location(&session.url), "", message).evidence(sent(sessions()));
        return if sessions().all(|set| is_secure(&set.url)) {
            Observation::from(proof).into()
        } else {
            Sight::NotSeen("a session cookie is set over plain HTTP, where anybody can read it".to_owned())
        };
    };
    let name =
        if first.cookie.name.is_empty() { "without a name".to_owned() } else { format!("`{}`", first.cookie.name) };
    let said: Vec<&str> = faulty
        .iter()
        .find(|(set, _)| std::ptr::eq(*set, first))
        .map(|(_, faults)| faults.iter().map(|(_, words)| words.as_str()).collect())
        .unwrap_or_default();
    let kind = if first.cookie.is_session() { "session cookie" } else { "cookie" };
    let mut message = format!("The {kind} {name} {}", sentence(&said));
    if faulty.len() > 1 {
        let more = faulty.len() - 1;
        message.push_str(&format!("; {more} more {} faults", if more == 1 { "has" } else { "have" }));
    }
    let lines = faulty.iter().take(MOST_LINES).map(|(set, faults)| {
        let words: Vec<&str> = faults.iter().map(|(_, words)| words.as_str()).collect();
        format!("{}: {}", set.cookie.name, words.join(", "))
    });
    let finding = Finding::new(&META, address::location(&first.url), "cookies", message)
        .severity(severity)
        .evidence(sent(faulty.iter().map(|(set, _)| *set)))
        .evidence(Evidence::new(EvidenceKind::Note, lines.collect::<Vec<_>>().join("\n")));
    let finding = if first.cookie.is_session() {
        finding.evidence(super::wanted("Set-Cookie: …; Path=/; Secure; HttpOnly; SameSite=Lax"))
    } else {
        finding
    };
    Observation::from(finding).into()
}

fn sent<'a>(set: impl Iterator<Item = &'a Set>) -> Evidence {
    let lines: Vec<String> =
        set.take(MOST_LINES).map(|set| format!("sent: Set-Cookie: {}", set.cookie.shown())).collect();
    Evidence::new(EvidenceKind::Header, lines.join("\n"))
}

fn faults(set: &Set) -> Vec<Fault> {
    let cookie = &set.cookie;
    let mut faults: Vec<Fault> = Vec::new();
    let mut add = |severity, words: &str| faults.push((severity, words.to_owned()));
    // That plain HTTP is no place for cookies is said by the rules about HTTPS.
    let plain_alone = cookie.secure && !is_secure(&set.url);
    if let Some(why) = cookie.refusal(&set.url).filter(|_| !plain_alone) {
        add(Severity::Minor, &format!("is thrown away by browsers: it {why}"));
    }
    let (session, anti_csrf) = (cookie.is_session(), cookie.is_anti_csrf());
    if !cookie.secure && is_secure(&set.url) {
        if session {
            add(Severity::Major, "lacks Secure");
        } else if anti_csrf {
            add(Severity::Minor, "lacks Secure");
        }
    }
    if session && !cookie.http_only {
        add(Severity::Major, "lacks HttpOnly");
    }
    match &cookie.same_site {
        SameSite::Absent if session || anti_csrf => add(Severity::Minor, "lacks SameSite"),
        SameSite::Invalid(_) => add(Severity::Minor, "has a SameSite that browsers do not know"),
        SameSite::None if session && cookie.secure => {
            add(Severity::Minor, "has SameSite=None, so it goes along with requests that other sites make");
        }
        _ => {}
    }
    if !faults.is_empty() && session && cookie.is_shared(&set.url) {
        faults.push((Severity::Minor, "goes to every host under its Domain".to_owned()));
    }
    faults
}

/// What is wrong with one cookie as one phrase: `lacks Secure, HttpOnly and SameSite`.
fn sentence(faults: &[&str]) -> String {
    let missing: Vec<&str> = faults.iter().filter_map(|fault| fault.strip_prefix("lacks ")).collect();
    let lacks = match missing.split_last() {
        Some((last, [])) => Some(format!("lacks {last}")),
        Some((last, others)) => Some(format!("lacks {} and {last}", others.join(", "))),
        None => None,
    };
    let others = faults.iter().filter(|fault| !fault.starts_with("lacks ")).map(|fault| (*fault).to_owned());
    lacks.into_iter().chain(others).collect::<Vec<String>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;
    use crate::probe::web::cookies::read;

    fn at(url: &str, cookies: &[&str]) -> String {
        let url = Url::parse(url).unwrap();
        let set = cookies.iter().map(|text| Set { url: url.clone(), cookie: read(text.as_bytes()).unwrap() });
        lines(judge(&set.collect::<Vec<_>>())).remove(0)
    }

    fn of(cookies: &[&str]) -> String {
        at("https://shop.example.com/", cookies)
    }

    #[test]
    fn session_cookies_must_be_protected() {
        assert!(
            of(&["session=x"])
                .starts_with("major cookie-insecure: The session cookie `session` lacks Secure, HttpOnly and SameSite")
        );
        assert!(
            of(&["sid=x; Secure; HttpOnly"])
                .starts_with("minor cookie-insecure: The session cookie `sid` lacks SameSite")
        );
        assert!(of(&["jwt=x; Secure; HttpOnly; SameSite=None"]).contains("other sites make"));
        assert!(of(&["sid=x; Secure; SameSite=Lax; Domain=example.com"]).contains("every host under"));
        assert!(
            of(&["sid=x; Secure; HttpOnly; SameSite=Lax", "__Host-sess=x; Path=/; Secure; HttpOnly; SameSite=Strict"])
                .starts_with("proof cookie-secure: The session cookie `sid`, `__Host-sess`")
        );
        assert!(of(&["theme=x; SameSite=None", "session=y", "jwt=z"]).contains("The session cookie `session`"));
        assert!(of(&["theme=x; SameSite=None", "session=y", "jwt=z"]).ends_with("; 2 more have faults"));
    }

    #[test]
    fn other_cookies_are_left_alone_unless_broken() {
        assert!(of(&[]).starts_with("not seen: no session cookie"));
        assert!(of(&["theme=dark", "_ga=x; Max-Age=99"]).starts_with("not seen"));
        assert!(of(&["XSRF-TOKEN=x; Secure; SameSite=Lax"]).starts_with("not seen"));
        assert!(
            of(&["XSRF-TOKEN=x"])
                .starts_with("minor cookie-insecure: The cookie `XSRF-TOKEN` lacks Secure and SameSite")
        );
        assert!(of(&["__Host-a=x; Secure"]).contains("thrown away by browsers: it begins with __Host-"));
        assert!(of(&["a=x; SameSite=None"]).contains("SameSite=None without Secure"));
        assert!(of(&["a=x; SameSite=Loose"]).contains("do not know"));
    }

    #[test]
    fn plain_http_is_judged_elsewhere_and_never_proves_anything() {
        let plain = |cookies: &[&str]| at("http://shop.example.com/", cookies);
        assert!(plain(&["sid=x; Secure; HttpOnly; SameSite=Lax"]).starts_with("not seen"));
        assert!(plain(&["sid=x; HttpOnly; SameSite=Lax"]).starts_with("not seen"));
        assert!(
            plain(&["sid=x; SameSite=Lax"])
                .starts_with("major cookie-insecure: The session cookie `sid` lacks HttpOnly")
        );
    }
}
