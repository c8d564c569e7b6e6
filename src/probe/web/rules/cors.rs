//! Which other websites may read this one's answers (CORS).

use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Observation, Proof, RuleKind, RuleMeta, Severity};
use crate::probe::web::address::{location, shown};
use crate::probe::web::cors::{Answer, Asker, Cors, Failed, Target};
use crate::probe::web::http::client::Method;
use crate::probe::web::tally::Sight;

/// Whoever asks is welcome by name.
pub static REFLECTED: RuleMeta = RuleMeta {
    id: "cors-origin-reflected",
    title: "Every website may read your answers",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Asks for the page, and for up to three addresses of the API that it mentions, as a website that nobody knows, and looks \
           at whether `Access-Control-Allow-Origin` repeats that website's name. Only addresses that are plain nouns, such as \
           `/api/products` or `/api/me`, are asked by GET; others by OPTIONS alone, as browsers ask for permission beforehand; \
           and those that sound like a deed, such as `/api/checkout`, not at all. With `Access-Control-Allow-Credentials: true` the browser \
           sends your users' cookies along.",
    why: "While your user is signed in, any page that they happen to open can read their account from your app, and act in their \
          name.",
    fix: "Give the CORS middleware a list of your own origins instead of the request's: \
          `cors({ origin: ['https://app.example.com'], credentials: true })`. For data that is public to all send \
          `Access-Control-Allow-Origin: *` and no credentials.",
    example: "bad:  cors({ origin: true, credentials: true })\ngood: cors({ origin: ['https://app.example.com'], credentials: true })",
    references: &[
        "F8",
        "https://fetch.spec.whatwg.org/#http-cors-protocol",
        "https://portswigger.net/web-security/cors",
    ],
};

/// A careless comparison lets the wrong ones in.
pub static LOOKALIKE: RuleMeta = RuleMeta {
    id: "cors-lookalike-trusted",
    title: "A website with a similar name may read your answers",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Asks as websites whose names begin or end like yours, and as `null`, which every sandboxed frame and local file is, and \
           looks at whether the answer may be read.",
    why: "Anybody can register such a name or make such a frame, and then read what your app answers in the browser of your user.",
    fix: "Compare the whole origin with a list: `allowed.has(origin)`, not `origin.endsWith('example.com')`, `startsWith` or a \
          pattern with an unescaped dot. Never list `null`.",
    example: "bad:  if (origin.endsWith('example.com')) allow(origin)\ngood: if (allowed.has(origin)) allow(origin)",
    references: &["F8", "https://portswigger.net/web-security/cors"],
};

/// Caches are not told that the answer depends on who asks.
pub static VARY: RuleMeta = RuleMeta {
    id: "cors-vary-missing",
    title: "A cache may give one website's permission to another",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees that an answer which shared caches may keep carries `Access-Control-Allow-Origin` for some who ask and not for \
           others, without `Vary: Origin`.",
    why: "A cache that kept the answer for a stranger gives it to your own front end too, whose requests then fail for no visible \
          reason.",
    fix: "Add `Vary: Origin` wherever `Access-Control-Allow-Origin` depends on the request.",
    example: "bad:  Access-Control-Allow-Origin: https://app.example.com\ngood: the same, and Vary: Origin",
    references: &["F8", "https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches"],
};

/// Strangers may not read what the API answers to somebody with cookies.
pub static PROOF: RuleMeta = RuleMeta {
    id: "cors-strangers-refused",
    title: "Other websites cannot read what your API answers to your users",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees that an API of the site answers strange, similar and `null` origins without letting them read with cookies.",
    why: "A page that your user happens to visit learns nothing of their account.",
    fix: "Nothing to do.",
    example: "",
    references: &["F8"],
};

/// All of them.
pub static RULES: &[&RuleMeta] = &[&REFLECTED, &LOOKALIKE, &VARY, &PROOF];

/// What the answers come to, for each of the rules; a rule that some targets did not show is named again for each of them.
pub fn judge(cors: &Cors) -> Vec<(&'static RuleMeta, Sight)> {
    let cors = &without_walls(cors);
    if cors.targets.iter().all(|target| target.answers.is_empty()) {
        let why = "no request with a foreign Origin was answered".to_owned();
        return RULES.iter().map(|rule| (*rule, Sight::NotSeen(why.clone()))).collect();
    }
    let reflected = reflected(cors);
    let lookalike = lookalike(cors);
    let clean = reflected.is_none() && lookalike.is_none();
    let mut sights: Vec<(&'static RuleMeta, Sight)> = Vec::new();
    for (rule, finding) in [(&REFLECTED, reflected), (&LOOKALIKE, lookalike), (&VARY, vary(cors))] {
        if finding.is_some() || cors.targets.iter().any(|target| shows(rule, target)) {
            sights.push((rule, Sight::Seen(finding.map(Observation::from).into_iter().collect())));
        }
        let not_seen = cors.targets.iter().filter_map(|target| why_not(rule, target));
        sights.extend(not_seen.map(|why| (rule, Sight::NotSeen(why))));
    }
    sights.push((&PROOF, if clean { proof(cors) } else { Sight::Seen(Vec::new()) }));
    let apis = cors.targets.iter().filter(|target| clean && target.api);
    sights.extend(apis.filter_map(|target| why_not(&PROOF, target)).map(|why| (&PROOF, Sight::NotSeen(why))));
    sights
}

/// The same without what a login, a firewall or a fault answered in place of the app. A refusal is the app's own where the site itself is
/// answered.
fn without_walls(cors: &Cors) -> Cors {
    let is_wall = |answer: &Answer| {
        answer.allow_origin.is_none() && matches!(answer.status, 300..=399 | 401 | 403 | 407 | 429 | 500..)
    };
    let mut cors = cors.clone();
    for target in &mut cors.targets {
        if target.answers.iter().any(|answer| answer.asker == Asker::Own && !is_wall(answer)) {
            continue;
        }
        let (walls, answers): (Vec<Answer>, Vec<Answer>) =
            std::mem::take(&mut target.answers).into_iter().partition(is_wall);
        target.answers = answers;
        target.failed.extend(walls.into_iter().map(|answer| Failed {
            asker: answer.asker,
            method: answer.method,
            why: format!("it answered {}", answer.status),
        }));
    }
    cors
}

/// Who has to ask before a rule knows.
fn concerns(rule: &RuleMeta, asker: Asker) -> bool {
    match asker {
        Asker::Stranger => true,
        Asker::Own => rule.id == VARY.id,
        Asker::Null | Asker::SameEnd | Asker::SameStart => rule.id == LOOKALIKE.id || rule.id == PROOF.id,
    }
}

/// Whether a target says anything about a rule.
fn shows(rule: &RuleMeta, target: &Target) -> bool {
    let told = |answer: &Answer| concerns(rule, answer.asker);
    // Who has not answered a stranger is not asked by the others.
    let others = |answer: &Answer| told(answer) && answer.asker != Asker::Stranger;
    if rule.id == LOOKALIKE.id {
        target.welcomes_all() || target.answers.iter().any(others)
    } else {
        target.answers.iter().any(told)
    }
}

/// Why a target does not say all that a rule asks.
fn why_not(rule: &RuleMeta, target: &Target) -> Option<String> {
    let failed = target.failed.iter().find(|failed| concerns(rule, failed.asker));
    match failed {
        Some(Failed { method, why, .. }) => {
            Some(format!("{} was asked by {} as another website, and {why}", shown(&target.url), method.name()))
        }
        None if !target.reads => Some(format!(
            "{} was asked by OPTIONS alone, since a GET there might change something: give it with --url if it only reads",
            shown(&target.url)
        )),
        None => None,
    }
}

type Hit<'a> = (&'a Target, &'a Answer);

fn hits(cors: &Cors, wanted: impl Fn(&Answer) -> bool) -> Vec<Hit<'_>> {
    let all = cors.targets.iter().flat_map(|target| target.answers.iter().map(move |answer| (target, answer)));
    // Those with cookies first: they weigh most.
    let (worst, rest): (Vec<_>, Vec<_>) = all.filter(|(_, answer)| wanted(answer)).partition(|(_, a)| a.credentials());
    worst.into_iter().chain(rest).collect()
}

fn reflected(cors: &Cors) -> Option<Finding> {
    let hits = hits(cors, |answer| answer.asker == Asker::Stranger && answer.names_asker());
    let (target, worst) = hits.first()?;
    let host = host(target);
    let (severity, message) = if !worst.credentials() {
        let message =
            format!("{host} lets whichever website asks read its answers, though not with your users' cookies");
        (Severity::Minor, message)
    } else if cors.cross_site_cookie {
        let message = format!(
            "Any website can read what {host} answers to your signed-in users: it welcomes whoever asks, allows cookies, and \
             sets a session cookie that browsers send along (SameSite=None)"
        );
        (Severity::Blocker, message)
    } else {
        let message = format!("{host} lets whichever website asks read its answers with your users' cookies");
        (Severity::Major, message)
    };
    Some(finding(&REFLECTED, target, &hits, message).severity(severity))
}

fn lookalike(cors: &Cors) -> Option<Finding> {
    let wrong = |asker| matches!(asker, Asker::Null | Asker::SameEnd | Asker::SameStart);
    let hits = hits(cors, |answer| wrong(answer.asker) && answer.names_asker());
    let (target, worst) = hits.first()?;
    let whom = match worst.asker {
        Asker::SameEnd => "websites whose name merely ends like yours",
        Asker::SameStart => "websites whose name merely begins like yours",
        _ => "sandboxed frames and local files (`null`), which anybody can make,",
    };
    let with = if worst.credentials() { " with your users' cookies" } else { "" };
    let severity = if worst.credentials() { Severity::Major } else { Severity::Minor };
    let message = format!("{} lets {whom} read its answers{with}", host(target));
    Some(finding(&LOOKALIKE, target, &hits, message).severity(severity))
}

fn vary(cors: &Cors) -> Option<Finding> {
    let uneven: Vec<Hit<'_>> = cors
        .targets
        .iter()
        .filter_map(|target| {
            let by = |asker| target.answers.iter().find(|a| a.asker == asker && a.method == Method::Get);
            let (own, stranger) = (by(Asker::Own)?, by(Asker::Stranger)?);
            let differs = own.allow_origin != stranger.allow_origin;
            (differs && own.shared && !(own.varies && stranger.varies)).then_some((target, own))
        })
        .collect();
    let (target, _) = uneven.first()?;
    let message = format!(
        "{} answers its own front end and strangers differently and lets caches keep that, without `Vary: Origin`",
        shown(&target.url)
    );
    Some(finding(&VARY, target, &uneven, message))
}

fn proof(cors: &Cors) -> Sight {
    let answered = |target: &&Target| {
        let there = |answer: &Answer| answer.method == Method::Get && !matches!(answer.status, 404 | 410 | 500..);
        let settled = |answer: &Answer| answer.asker == Asker::Null || answer.allow_origin.as_deref() == Some("*");
        let whole = why_not(&PROOF, target).is_none();
        target.api && whole && target.answers.iter().any(there) && target.answers.iter().any(settled)
    };
    let Some(api) = cors.targets.iter().find(answered) else {
        return Sight::NotSeen(
            "the page names no address of an API (like /api/products) that only reads and answers: give one with --url"
                .to_owned(),
        );
    };
    let message = format!("{} does not let other websites read its answers with cookies", shown(&api.url));
    let lines: Vec<String> = api.answers.iter().map(|answer| line(api, answer)).collect();
    let evidence = Evidence::new(EvidenceKind::Header, lines.join("\n"));
    Observation::from(Proof::new(&PROOF, location(&api.url), "", message).evidence(evidence)).into()
}

fn host(target: &Target) -> String {
    target.url.host_str().unwrap_or_default().to_owned()
}

fn finding(rule: &RuleMeta, target: &Target, hits: &[Hit<'_>], message: String) -> Finding {
    let lines: Vec<String> = hits.iter().map(|(target, answer)| line(target, answer)).collect();
    Finding::new(rule, location(&target.url), "", message)
        .evidence(Evidence::new(EvidenceKind::Header, lines.join("\n")))
}

/// One question and its answer: `GET https://…/ with Origin: … → Access-Control-Allow-Origin: …`.
fn line(target: &Target, answer: &Answer) -> String {
    let method = if answer.method == Method::Options { "OPTIONS" } else { "GET" };
    let mut line = format!("{method} {} with Origin: {} → ", shown(&target.url), answer.origin);
    match &answer.allow_origin {
        None => line.push_str("no Access-Control-Allow-Origin"),
        Some(value) => {
            let short: String = value.chars().take(200).collect();
            line.push_str("Access-Control-Allow-Origin: ");
            line.push_str(&short);
            if answer.credentials() {
                line.push_str(", Access-Control-Allow-Credentials: true");
            }
        }
    }
    if answer.varies {
        line.push_str(", Vary: Origin");
    }
    line
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::super::tests::lines;
    use super::*;

    fn answer(asker: Asker, allow: Option<&str>, credentials: bool) -> Answer {
        Answer {
            asker,
            method: Method::Get,
            origin: "https://x.example".to_owned(),
            status: 200,
            allow_origin: allow.map(str::to_owned),
            allow_credentials: credentials.then(|| "true".to_owned()),
            varies: false,
            shared: true,
        }
    }

    fn target(url: Url, api: bool, answers: Vec<Answer>) -> Target {
        Target { url, api, reads: true, answers, failed: Vec::new() }
    }

    /// What is said of each rule for a page that answers everybody and this API, as `rule: line`.
    fn beside_a_page(api: Target) -> Vec<String> {
        let url = Url::parse("https://shop.example.com/").unwrap();
        let page = target(url, false, vec![answer(Asker::Stranger, None, false), answer(Asker::Null, None, false)]);
        let cors = Cors { targets: vec![page, api], cross_site_cookie: false };
        let judged = judge(&cors).into_iter();
        judged.flat_map(|(rule, sight)| lines(sight).into_iter().map(|line| format!("{}: {line}", rule.id))).collect()
    }

    #[test]
    fn questions_without_an_answer_are_told_for_every_rule_that_needs_them() {
        let url = || Url::parse("https://shop.example.com/api/me").unwrap();
        let failed = |asker| Failed { asker, method: Method::Get, why: "it did not answer".to_owned() };
        let told = |said: &[String], rule: &str| {
            said.iter()
                .any(|line| line.starts_with(&format!("{rule}: not seen: https://shop.example.com/api/me was asked")))
        };
        let rules = ["cors-origin-reflected", "cors-lookalike-trusted", "cors-vary-missing", "cors-strangers-refused"];
        let silent = Target { failed: vec![failed(Asker::Stranger)], ..target(url(), true, Vec::new()) };
        let said = beside_a_page(silent);
        assert!(rules.iter().all(|rule| told(&said, rule)), "{said:#?}");

        let answers = || vec![answer(Asker::Stranger, None, false), answer(Asker::Null, None, false)];
        let some = Target { failed: vec![failed(Asker::SameEnd)], ..target(url(), true, answers()) };
        let said = beside_a_page(some);
        let of: Vec<&str> = rules.into_iter().filter(|rule| told(&said, rule)).collect();
        assert_eq!(of, ["cors-lookalike-trusted", "cors-strangers-refused"]);
        assert!(!said.iter().any(|line| line.contains("proof")), "{said:#?}");

        let unsure = Target { reads: false, ..target(url(), true, answers()) };
        let said = beside_a_page(unsure);
        assert!(rules.iter().all(|rule| told(&said, rule)), "{said:#?}");
        assert!(said[0].contains("by OPTIONS alone"), "{said:#?}");
    }

    fn judged(answers: Vec<Answer>, cross_site_cookie: bool) -> Vec<String> {
        let url = Url::parse("https://shop.example.com/api/me").unwrap();
        let cors = Cors { targets: vec![target(url, true, answers)], cross_site_cookie };
        judge(&cors).into_iter().flat_map(|(_, sight)| lines(sight)).collect()
    }

    #[test]
    fn a_stranger_with_cookies_is_as_bad_as_the_cookies_travel() {
        let reflected = || vec![answer(Asker::Stranger, Some("https://x.example"), true)];
        assert!(judged(reflected(), true)[0].starts_with("blocker cors-origin-reflected: Any website can read"));
        assert!(
            judged(reflected(), false)[0].starts_with("major cors-origin-reflected: shop.example.com lets whichever")
        );
        let bare = vec![answer(Asker::Stranger, Some("https://x.example"), false)];
        assert!(judged(bare, true)[0].starts_with("minor cors-origin-reflected"));
    }

    #[test]
    fn a_public_answer_and_a_fixed_one_are_fine() {
        for allow in [None, Some("*"), Some("https://app.example.com"), Some("https://x.example, https://x.example")] {
            // `*` with credentials is refused by every browser.
            let asked = vec![answer(Asker::Stranger, allow, true), answer(Asker::Null, None, false)];
            let said = judged(asked, true);
            assert_eq!(said.len(), 1, "{allow:?} {said:?}");
            assert!(said[0].starts_with("proof cors-strangers-refused"), "{allow:?} {said:?}");
        }
    }

    #[test]
    fn a_wall_proves_nothing_and_a_refusal_of_strangers_does() {
        let refused = |asker, status| Answer { status, ..answer(asker, None, false) };
        for status in [302, 401, 403, 407, 429, 503] {
            let said = judged(vec![refused(Asker::Stranger, status), refused(Asker::Null, status)], false);
            assert!(said.iter().all(|line| line.starts_with("not seen")), "{status} {said:?}");
        }
        let own = answer(Asker::Own, None, false);
        let said = judged(vec![refused(Asker::Stranger, 403), refused(Asker::Null, 403), own], false);
        assert!(said[0].starts_with("proof cors-strangers-refused"), "{said:?}");
    }

    #[test]
    fn look_alikes_are_one_finding() {
        let said = judged(
            vec![
                answer(Asker::Stranger, None, false),
                answer(Asker::Null, Some("https://x.example"), false),
                answer(Asker::SameEnd, Some("https://x.example"), true),
            ],
            false,
        );
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(
            said[0].starts_with("major cors-lookalike-trusted") && said[0].contains("merely ends like"),
            "{said:?}"
        );
    }

    #[test]
    fn caches_are_told_who_asked_where_it_matters() {
        let own = |varies, shared| Answer { varies, shared, ..answer(Asker::Own, Some("https://x.example"), false) };
        let stranger = |varies| Answer { varies, ..answer(Asker::Stranger, None, false) };
        assert!(judged(vec![own(false, true), stranger(false)], false)[0].starts_with("minor cors-vary-missing"));
        for (varies, shared) in [(true, true), (false, false)] {
            let said = judged(vec![own(varies, shared), stranger(varies)], false);
            assert!(!said[0].contains("cors-vary-missing"), "{said:?}");
        }
    }

    #[test]
    fn the_observatory_gets_what_it_asks_for() {
        let url = Url::parse("https://shop.example.com/").unwrap();
        let preflight = Answer { method: Method::Options, ..answer(Asker::Stranger, Some("https://x.example"), true) };
        let answers = vec![answer(Asker::Stranger, None, false), preflight];
        let cors = Cors { targets: vec![target(url, false, answers)], cross_site_cookie: false };
        let seen = cors.observatory().unwrap();
        assert_eq!(seen.allow_origin.as_deref(), Some("https://x.example"));
        assert_eq!((seen.origin.as_str(), seen.allow_credentials.as_deref()), ("https://x.example", Some("true")));
        assert_eq!(Cors::default().observatory(), None);
    }

    #[test]
    fn no_answer_and_no_api_prove_nothing() {
        assert!(judged(Vec::new(), false).iter().all(|line| line.starts_with("not seen")));
        let url = Url::parse("https://shop.example.com/").unwrap();
        let page = target(url, false, vec![answer(Asker::Stranger, None, false), answer(Asker::Null, None, false)]);
        let cors = Cors { targets: vec![page], cross_site_cookie: false };
        let said: Vec<String> = judge(&cors).into_iter().flat_map(|(_, sight)| lines(sight)).collect();
        assert_eq!(said.len(), 1);
        assert!(said[0].starts_with("not seen: the page names no address of an API"));
    }
}
