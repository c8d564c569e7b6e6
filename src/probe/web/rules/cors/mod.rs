//! Which other websites may read this one's answers (CORS).

use url::Url;

use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Observation, Proof, RuleKind, RuleMeta, Severity};
use crate::probe::web::address::{location, shown};
use crate::probe::web::cors::{Asker, Cors, CorsAnswer, Failed, Target};
use crate::probe::web::http::client::Method;
use crate::probe::web::tally::Sight;

/// Whoever asks is welcome by name.
pub static REFLECTED: RuleMeta = RuleMeta {
    id: "cors-origin-reflected",
    title: "Every website may read your answers",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Asks for the page, and for up to five addresses of the API that it or its scripts mention, as a website that nobody knows, and looks \
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

/// Why it is not known of all that there is whether it lets other websites in: then no address proves it for the others. An address that is
/// sure to be safe to ask only by `OPTIONS` is known by that, where the app answers what browsers ask first.
pub fn left_open(cors: &Cors) -> Option<String> {
    let cors = &without_walls(cors);
    let is_known = |target: &Target| asked_first(&target.answers).any(|answer| (200..300).contains(&answer.status));
    let asked = cors.targets.iter().filter(|target| target.reads || !is_known(target));
    // An OPTIONS that nobody answered lets nobody read what a GET answers, which is what the proof is about.
    let why = |target| why_not(&LOOKALIKE, target).or_else(|| open_with_cookies(target));
    not_asked(cors).or_else(|| asked.into_iter().find_map(why))
}

/// What the answers come to, for each of the rules; a rule that some targets did not show is named again for each of them. `open` is what
/// [`left_open`] of all sites.
pub fn judge(cors: &Cors, open: Option<&str>) -> Vec<(&'static RuleMeta, Sight)> {
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
    if let Some(why) = not_asked(cors) {
        let unknown = [&REFLECTED, &LOOKALIKE, &VARY];
        sights.extend(unknown.into_iter().map(|rule| (rule, Sight::NotSeen(why.clone()))));
    }
    sights.push((
        &PROOF,
        match open.filter(|_| clean) {
            Some(why) => Sight::NotSeen(why.to_owned()),
            None if clean => proof(cors),
            None => Sight::Seen(Vec::new()),
        },
    ));
    let apis = cors.targets.iter().filter(|target| clean && open.is_none() && target.api);
    sights.extend(apis.filter_map(|target| why_not(&PROOF, target)).map(|why| (&PROOF, Sight::NotSeen(why))));
    sights
}

/// Why there may be an API that was not asked.
fn not_asked(cors: &Cors) -> Option<String> {
    let beyond = cors.beyond.first().map(|url| {
        let more = match cors.beyond.len() - 1 {
            0 => "was".to_owned(),
            more => format!("and {more} more addresses of your API were"),
        };
        format!("{} {more} not asked, since five are: give those that only read with --url", shown(url))
    });
    cors.elsewhere.first().map(elsewhere).or(beyond).or_else(|| cors.unnamed.clone())
}

fn elsewhere(url: &Url) -> String {
    format!(
        "{} looks like an API of yours and was not asked: give an address there that only reads with --url",
        shown(url)
    )
}

/// The same without what a login, a firewall, a fault or the front end answered in place of the app. A refusal is the app's own where the
/// site itself is answered.
fn without_walls(cors: &Cors) -> Cors {
    let mut cors = cors.clone();
    for target in &mut cors.targets {
        let is_wall = |answer: &CorsAnswer| answer.allow_origin.is_none() && wall(answer, target.api).is_some();
        if target.answers.iter().any(|answer| answer.asker == Asker::Own && !is_wall(answer)) {
            continue;
        }
        // Where the login lets that question through, it stands behind what lets other websites in.
        let is_asked_first = is_asked_first(&target.answers);
        let (walls, answers): (Vec<CorsAnswer>, Vec<CorsAnswer>) =
            std::mem::take(&mut target.answers).into_iter().partition(is_wall);
        target.failed.extend(walls.into_iter().map(|answer| Failed {
            asker: answer.asker,
            method: answer.method,
            login: target.api && answer.status == 401 && !answer.page && is_asked_first,
            why: wall(&answer, target.api).unwrap_or_default(),
        }));
        target.answers = answers;
    }
    cors
}

/// Whether the app's CORS answers the question that browsers ask first, without cookies (Fetch, CORS-preflight request): what lets other
/// websites in stands there, before any login. Frameworks answer an `OPTIONS` as well, but name nobody and say nothing of `Origin`.
fn is_asked_first(answers: &[CorsAnswer]) -> bool {
    asked_first(answers).any(|answer| answer.varies || answer.allow_origin.is_some())
}

fn asked_first(answers: &[CorsAnswer]) -> impl Iterator<Item = &CorsAnswer> {
    answers.iter().filter(|answer| answer.method == Method::Options && answer.asker == Asker::Stranger)
}

/// What stands in the way of the app, as the end of a sentence. AWS WAF answers 202 while it checks the browser.
fn wall(answer: &CorsAnswer, api: bool) -> Option<String> {
    match answer.status {
        401 => Some(
            "it answered 401 before it said anything of other websites: look at what it sends when you are signed in"
                .to_owned(),
        ),
        202 | 300..=399 | 403 | 407 | 429 | 500.. => Some(format!("it answered {}", answer.status)),
        // It looks at what was asked first, and may look at who asked later.
        400 | 405 | 406 | 415 | 422 if answer.method == Method::Get && !answer.varies => {
            Some(format!("it answered {}: give an address there that answers", answer.status))
        }
        // Nothing is there. Of an OPTIONS that is an answer: nobody may ask.
        404 | 410 if answer.method == Method::Options => None,
        404 | 410 => Some(format!("it answered {}: give an address there that answers", answer.status)),
        _ => (api && answer.page).then(|| "it answered with a page, which is no answer of an API".to_owned()),
    }
}

/// Who has to ask before a rule knows.
fn concerns(rule: &RuleMeta, asker: Asker) -> bool {
    match asker {
        Asker::Stranger => true,
        Asker::Own => rule.id == VARY.id,
        Asker::Null | Asker::SameEnd | Asker::SameStart => rule.id == LOOKALIKE.id || rule.id == PROOF.id,
    }
}

/// Whether a rule does not know for want of this answer. Where a `GET` was answered too, an `OPTIONS` can still welcome strangers by
/// itself, but what it leaves open of the others was told already.
fn misses(rule: &RuleMeta, failed: &Failed) -> bool {
    // That strangers are refused is proven only where they could have been let in.
    let is_told = failed.login && rule.id != PROOF.id;
    !is_told && concerns(rule, failed.asker) && (failed.method == Method::Get || rule.id == REFLECTED.id)
}

/// Whether a target says anything about a rule.
fn shows(rule: &RuleMeta, target: &Target) -> bool {
    let told = |answer: &CorsAnswer| concerns(rule, answer.asker);
    // Who has not answered a stranger is not asked by the others.
    let others = |answer: &CorsAnswer| told(answer) && answer.asker != Asker::Stranger;
    if rule.id == LOOKALIKE.id {
        target.welcomes_all() || target.answers.iter().any(others)
    } else {
        target.answers.iter().any(told)
    }
}

/// Why it is not clear whom a target lets in that lets everybody in and allows cookies.
fn open_with_cookies(target: &Target) -> Option<String> {
    target.answers.iter().any(CorsAnswer::is_open_with_cookies).then(|| {
        format!(
            "{} answers with `Access-Control-Allow-Origin: *` and allows cookies, which browsers refuse and for which some frameworks name \
             whoever sends a cookie: list your own origins, or leave the cookies out",
            shown(&target.url)
        )
    })
}

/// Why a target does not say all that a rule asks.
fn why_not(rule: &RuleMeta, target: &Target) -> Option<String> {
    if !target.reads {
        return Some(format!(
            "{} was asked by OPTIONS alone, since a GET there might change something: give it with --url if it only reads",
            shown(&target.url)
        ));
    }
    if let Some(why) = open_with_cookies(target).filter(|_| rule.id == REFLECTED.id || rule.id == PROOF.id) {
        return Some(why);
    }
    let Failed { method, why, .. } = target.failed.iter().find(|failed| misses(rule, failed))?;
    Some(format!("{} was asked by {} as another website, and {why}", shown(&target.url), method.name()))
}

type Hit<'a> = (&'a Target, &'a CorsAnswer);

fn hits(cors: &Cors, wanted: impl Fn(&CorsAnswer) -> bool) -> Vec<Hit<'_>> {
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
    let reads = hits.iter().any(|(_, answer)| answer.method == Method::Get);
    let was_read = target.answers.iter().any(|answer| answer.method == Method::Get);
    let message = if was_read && !reads {
        let with = if worst.credentials() { " with your users' cookies" } else { "" };
        format!(
            "{host} tells browsers to let whichever website asks send it requests{with}, though its answers to GET stay closed"
        )
    } else {
        message
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
            let unmarked = |answer: &CorsAnswer| answer.shared && !answer.varies;
            (differs && (unmarked(own) || unmarked(stranger))).then_some((target, own))
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
        let there = |answer: &CorsAnswer| answer.method == Method::Get && answer.status < 500;
        let settled = |answer: &CorsAnswer| answer.asker == Asker::Null || answer.allow_origin.as_deref() == Some("*");
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
fn line(target: &Target, answer: &CorsAnswer) -> String {
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
mod tests;
