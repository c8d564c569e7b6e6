//! Answers of servers, and what is said of them.

use super::super::tests::lines;
use super::*;

fn answer(asker: Asker, allow: Option<&str>, credentials: bool) -> CorsAnswer {
    CorsAnswer {
        asker,
        method: Method::Get,
        origin: "https://x.example".to_owned(),
        status: 200,
        page: false,
        allow_origin: allow.map(str::to_owned),
        allow_credentials: credentials.then(|| "true".to_owned()),
        varies: false,
        shared: true,
    }
}

fn target(url: Url, api: bool, answers: Vec<CorsAnswer>) -> Target {
    Target { url, api, reads: true, answers, failed: Vec::new() }
}

fn judged_alone(cors: &Cors) -> Vec<(&'static RuleMeta, Sight)> {
    judge(cors, left_open(cors).as_deref())
}

/// What is said of each rule for a page that answers everybody and this API, as `rule: line`.
fn beside_a_page(api: Target) -> Vec<String> {
    let url = Url::parse("https://shop.example.com/").unwrap();
    let page = target(url, false, vec![answer(Asker::Stranger, None, false), answer(Asker::Null, None, false)]);
    let cors = Cors { targets: vec![page, api], ..Cors::default() };
    let judged = judged_alone(&cors).into_iter();
    judged.flat_map(|(rule, sight)| lines(sight).into_iter().map(|line| format!("{}: {line}", rule.id))).collect()
}

#[test]
fn questions_without_an_answer_are_told_for_every_rule_that_needs_them() {
    let url = || Url::parse("https://shop.example.com/api/me").unwrap();
    let failed = |asker| Failed { asker, method: Method::Get, login: false, why: "it did not answer".to_owned() };
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

    let slow = Failed { method: Method::Options, ..failed(Asker::Stranger) };
    let half = Target { failed: vec![slow], ..target(url(), true, answers()) };
    let said = beside_a_page(half);
    let of: Vec<&str> = rules.into_iter().filter(|rule| told(&said, rule)).collect();
    assert_eq!(of, ["cors-origin-reflected"], "the GET was answered");

    let unsure = Target { reads: false, ..target(url(), true, answers()) };
    let said = beside_a_page(unsure);
    assert!(rules.iter().all(|rule| told(&said, rule)), "{said:#?}");
    assert!(said[0].contains("by OPTIONS alone"), "{said:#?}");
}

#[test]
fn a_login_behind_what_lets_others_in_leaves_only_the_proof_open() {
    let rules = ["cors-origin-reflected", "cors-lookalike-trusted", "cors-vary-missing", "cors-strangers-refused"];
    let options = |status, varies| {
        Some(CorsAnswer { status, varies, method: Method::Options, ..answer(Asker::Stranger, None, false) })
    };
    // A login that stands before everything lets nobody see what comes after it.
    for (page, asked_first, open) in [
        (false, options(204, true), 1),
        (false, options(400, true), 1),
        // A framework's own answer.
        (false, options(204, false), 4),
        (false, options(401, false), 4),
        (false, None, 4),
        (true, options(204, true), 4),
    ] {
        let refused = |asker| CorsAnswer { status: 401, page, ..answer(asker, None, false) };
        let mut answers = [Asker::Own, Asker::Stranger, Asker::Null].map(refused).to_vec();
        answers.extend(asked_first);
        let said = beside_a_page(target(Url::parse("https://shop.example.com/api/me").unwrap(), true, answers));
        let told = |rule: &&&str| said.iter().any(|line| line.starts_with(&format!("{rule}: not seen: ")));
        assert_eq!(rules.iter().filter(told).count(), open, "{said:#?}");
        assert!(said.iter().any(|line| line.starts_with("cors-strangers-refused: not seen")), "{said:#?}");
    }
}

#[test]
fn one_address_proves_nothing_of_another_that_is_not_known() {
    let url = |path| Url::parse("https://shop.example.com").unwrap().join(path).unwrap();
    let fine = || {
        target(url("/api/status"), true, vec![answer(Asker::Stranger, None, false), answer(Asker::Null, None, false)])
    };
    let refused = [Asker::Own, Asker::Stranger, Asker::Null]
        .map(|asker| CorsAnswer { status: 401, ..answer(asker, None, false) });
    let options = |status| CorsAnswer { status, method: Method::Options, ..answer(Asker::Stranger, None, false) };
    let deed = |status| Target { reads: false, ..target(url("/api/publish"), true, vec![options(status)]) };
    let is_proven = |other: Target| {
        let cors = Cors { targets: vec![fine(), other], ..Cors::default() };
        judged_alone(&cors).into_iter().flat_map(|(_, sight)| lines(sight)).any(|line| line.starts_with("proof"))
    };
    assert!(!is_proven(target(url("/api/me"), true, refused.to_vec())));
    assert!(is_proven(deed(204)) && !is_proven(deed(405)));
    let elsewhere = vec![url("https://api.example.com/me")];
    let open = left_open(&Cors { targets: vec![fine()], elsewhere, ..Cors::default() }).unwrap();
    let other = judge(&Cors { targets: vec![fine()], ..Cors::default() }, Some(&open));
    assert!(
        other.into_iter().flat_map(|(_, sight)| lines(sight)).all(|line| !line.starts_with("proof")),
        "of another site"
    );
}

#[test]
fn everybody_with_cookies_proves_nothing() {
    let said = judged(vec![answer(Asker::Stranger, Some("*"), true), answer(Asker::Null, Some("*"), true)], false);
    assert!(
        said.len() == 2
            && said.iter().all(|line| line.starts_with("not seen") && line.contains("leave the cookies out")),
        "{said:?}"
    );
}

#[test]
fn a_question_that_is_not_understood_proves_nothing() {
    for (status, varies, proven) in [(400, false, false), (422, false, false), (400, true, true), (200, false, true)] {
        let asked = |asker| CorsAnswer { status, varies, ..answer(asker, None, false) };
        let said = judged(vec![asked(Asker::Stranger), asked(Asker::Null)], false);
        assert_eq!(said.iter().any(|line| line.starts_with("proof")), proven, "{status} {varies} {said:?}");
    }
}

#[test]
fn what_only_an_options_says_is_told_as_that() {
    let options = CorsAnswer { method: Method::Options, ..answer(Asker::Stranger, Some("https://x.example"), true) };
    let said = judged(vec![answer(Asker::Stranger, None, false), options], false);
    assert!(
        said[0].contains("send it requests with your users' cookies, though its answers to GET stay closed"),
        "{said:?}"
    );
}

fn judged(answers: Vec<CorsAnswer>, cross_site_cookie: bool) -> Vec<String> {
    let url = Url::parse("https://shop.example.com/api/me").unwrap();
    let cors = Cors { targets: vec![target(url, true, answers)], cross_site_cookie, ..Cors::default() };
    judged_alone(&cors).into_iter().flat_map(|(_, sight)| lines(sight)).collect()
}

#[test]
fn a_stranger_with_cookies_is_as_bad_as_the_cookies_travel() {
    let reflected = || vec![answer(Asker::Stranger, Some("https://x.example"), true)];
    assert!(judged(reflected(), true)[0].starts_with("blocker cors-origin-reflected: Any website can read"));
    assert!(judged(reflected(), false)[0].starts_with("major cors-origin-reflected: shop.example.com lets whichever"));
    let bare = vec![answer(Asker::Stranger, Some("https://x.example"), false)];
    assert!(judged(bare, true)[0].starts_with("minor cors-origin-reflected"));
}

#[test]
fn a_public_answer_and_a_fixed_one_are_fine() {
    for allow in [None, Some("https://app.example.com"), Some("https://x.example, https://x.example")] {
        let asked = vec![answer(Asker::Stranger, allow, true), answer(Asker::Null, None, false)];
        let said = judged(asked, true);
        assert_eq!(said.len(), 1, "{allow:?} {said:?}");
        assert!(said[0].starts_with("proof cors-strangers-refused"), "{allow:?} {said:?}");
    }
}

#[test]
fn a_wall_proves_nothing_and_a_refusal_of_strangers_does() {
    let refused = |asker, status| CorsAnswer { status, ..answer(asker, None, false) };
    for status in [302, 401, 403, 407, 429, 503] {
        let said = judged(vec![refused(Asker::Stranger, status), refused(Asker::Null, status)], false);
        assert!(said.iter().all(|line| line.starts_with("not seen")), "{status} {said:?}");
    }
    let own = answer(Asker::Own, None, false);
    let said = judged(vec![refused(Asker::Stranger, 403), refused(Asker::Null, 403), own], false);
    assert!(said[0].starts_with("proof cors-strangers-refused"), "{said:?}");
}

#[test]
fn a_page_in_place_of_an_api_proves_nothing() {
    let page = |asker, status| CorsAnswer { page: true, status, ..answer(asker, None, false) };
    let said = judged(vec![page(Asker::Stranger, 200), page(Asker::Null, 200), page(Asker::Own, 200)], false);
    assert!(said.iter().all(|line| line.starts_with("not seen")), "{said:?}");
    // An address that is not there says nothing of those below it: of `/api/users/${id}` only the beginning stands in code.
    let missing = beside_a_page(target(
        Url::parse("https://shop.example.com/api/users/").unwrap(),
        true,
        vec![page(Asker::Stranger, 404), page(Asker::Null, 404)],
    ));
    assert!(missing.iter().all(|line| line.contains("not seen")), "{missing:?}");
    let welcome = CorsAnswer { page: true, ..answer(Asker::Stranger, Some("https://x.example"), true) };
    assert!(judged(vec![welcome], false)[0].starts_with("major cors-origin-reflected"));
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
    assert!(said[0].starts_with("major cors-lookalike-trusted") && said[0].contains("merely ends like"), "{said:?}");
}

#[test]
fn caches_are_told_who_asked_where_it_matters() {
    let own = |varies, shared| CorsAnswer { varies, shared, ..answer(Asker::Own, Some("https://x.example"), false) };
    let stranger = |varies| CorsAnswer { varies, ..answer(Asker::Stranger, None, false) };
    assert!(judged(vec![own(false, true), stranger(false)], false)[0].starts_with("minor cors-vary-missing"));
    let kept = |varies, shared| CorsAnswer { shared, ..stranger(varies) };
    // No cache keeps what says that it may not be kept, such as an error.
    for answers in [
        [own(true, true), kept(true, true)],
        [own(true, true), kept(false, false)],
        [own(false, false), kept(false, false)],
    ] {
        let said = judged(answers.to_vec(), false);
        assert!(!said[0].contains("cors-vary-missing"), "{said:?}");
    }
}

#[test]
fn the_observatory_gets_what_it_asks_for() {
    let url = Url::parse("https://shop.example.com/").unwrap();
    let preflight = CorsAnswer { method: Method::Options, ..answer(Asker::Stranger, Some("https://x.example"), true) };
    let answers = vec![answer(Asker::Stranger, None, false), preflight];
    let cors = Cors { targets: vec![target(url, false, answers)], ..Cors::default() };
    let seen = cors.observatory().unwrap();
    assert_eq!(seen.allow_origin.as_deref(), Some("https://x.example"));
    assert_eq!((seen.origin.as_str(), seen.allow_credentials.as_deref()), ("https://x.example", Some("true")));
    assert_eq!(Cors::default().observatory(), None);
}

#[test]
fn an_api_that_was_not_asked_is_told() {
    let url = |text| Url::parse(text).unwrap();
    let page = || {
        let answers = vec![answer(Asker::Stranger, None, false), answer(Asker::Null, None, false)];
        target(url("https://shop.example.com/"), false, answers)
    };
    let told = |cors: &Cors, rule: &RuleMeta, why: &str| {
        judged_alone(cors)
            .into_iter()
            .any(|(id, sight)| id.id == rule.id && matches!(sight, Sight::NotSeen(said) if said.contains(why)))
    };
    let unnamed = Cors { targets: vec![page()], unnamed: Some("they ask".to_owned()), ..Cors::default() };
    let elsewhere =
        Cors { targets: vec![page()], elsewhere: vec![url("https://api.example.com/v1")], ..Cors::default() };
    for rule in [&REFLECTED, &LOOKALIKE, &VARY] {
        assert!(told(&unnamed, rule, "they ask"), "{}", rule.id);
        assert!(told(&elsewhere, rule, "https://api.example.com/v1"), "{}", rule.id);
        let beyond = vec![url("https://shop.example.com/api/me"), url("https://shop.example.com/api/cart")];
        let beyond = Cors { targets: vec![page()], beyond, ..Cors::default() };
        assert!(told(&beyond, rule, "/api/me and 1 more addresses of your API were not asked"), "{}", rule.id);
    }
    assert!(told(&elsewhere, &PROOF, "https://api.example.com/v1"));
}

#[test]
fn no_answer_and_no_api_prove_nothing() {
    assert!(judged(Vec::new(), false).iter().all(|line| line.starts_with("not seen")));
    let url = Url::parse("https://shop.example.com/").unwrap();
    let page = target(url, false, vec![answer(Asker::Stranger, None, false), answer(Asker::Null, None, false)]);
    let cors = Cors { targets: vec![page], ..Cors::default() };
    let said: Vec<String> = judged_alone(&cors).into_iter().flat_map(|(_, sight)| lines(sight)).collect();
    assert_eq!(said.len(), 1);
    assert!(said[0].starts_with("not seen: the page names no address of an API"));
}
