use super::*;

fn of(text: &str) -> Cookie {
    read(text.as_bytes()).unwrap()
}

fn refused(text: &str, url: &str) -> Option<Refusal> {
    of(text).refusal(&Url::parse(url).unwrap())
}

const SHOP: &str = "https://shop.example.com/";

#[test]
fn attributes_are_read_as_browsers_do() {
    let cookie =
        of(" sid = a=b ; SECURE; httponly ;SameSite=Lax; Path=/; Domain=.Example.COM; Max-Age=60; Partitioned; x=y");
    assert_eq!(
        cookie.shown(),
        "sid=…; Domain=example.com; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax; Partitioned"
    );
    assert_eq!(cookie.size, 6);
    assert_eq!(of("a=b; SameSite=Lax; SameSite=None").same_site, SameSite::None);
    assert_eq!(of("a=b; SameSite=Loose").same_site, SameSite::Invalid("Loose".to_owned()));
    assert_eq!(of("a=b; Path=x; Domain=; Max-Age=1x").shown(), "a=…");
    assert_eq!(of("a=b; Max-Age=99999999999999999999999").max_age, Some(i64::MAX));
    assert_eq!(of("only a value").shown(), "(without a name)");
    assert_eq!(read(b" = ; Secure"), None);
    assert_eq!(read(b""), None);
    assert!(read(b"a=b\x1b[31m").unwrap().control_bytes);
    assert_eq!(read(b"caf\xe9=1").unwrap().name, "caf\u{fffd}");
}

#[test]
fn no_value_is_kept() {
    let value = ["s3cr", "et-va", "lue"].concat();
    let cookie = of(&format!("session={value}; Secure"));
    assert!(!format!("{cookie:?}{}", cookie.shown()).contains(&value));
    assert!(!format!("{:?}", of(&value)).contains(&value));
}

#[test]
fn browsers_throw_some_away() {
    for text in [
        "a=b; SameSite=None",
        "a=b; Partitioned",
        "__Secure-a=b",
        "__Host-a=b; Secure",
        "__Host-a=b; Secure; Path=/; Domain=shop.example.com",
        "__host-a=b; Path=/",
        "a=b; Domain=other.example.com",
        "a=b; Domain=com",
        "a=b\u{1}",
        "=__host-session=x; Secure; Path=/",
        "__Secure-session; Secure",
    ] {
        assert!(refused(text, SHOP).is_some(), "{text}");
    }
    for text in [
        "a=b; SameSite=None; Secure",
        "__Secure-a=b; Secure",
        "__Host-a=b; Secure; Path=/",
        "a=b; Domain=example.com",
        "a=b; Domain=shop.example.com",
        "a=b",
        "a=__Host-b",
        "=b",
    ] {
        assert_eq!(refused(text, SHOP), None, "{text}");
    }
    assert!(refused("a=b; Secure", "http://shop.example.com/").is_some());
    assert_eq!(refused("a=b; Secure", "http://localhost:3000/"), None);
    assert!(refused("a=b; Domain=vercel.app", "https://mine.vercel.app/").is_some());
    assert!(refused("a=b; Domain=0.2.1", "https://192.0.2.1/").is_some());
    assert!(refused(&format!("a={}", "b".repeat(5000)), SHOP).is_some());
}

#[test]
fn what_a_cookie_is_for_is_known_by_its_name() {
    for name in [
        "PHPSESSID",
        "JSESSIONID",
        "connect.sid",
        "sessionid",
        "laravel_session",
        "__Host-next-auth.session-token",
        "sb-abcdef-auth-token",
        "__session",
        "jwt",
        "SID",
        "remember_user_token",
        ".AspNetCore.Identity.Application",
    ] {
        assert!(of(&format!("{name}=x")).is_session(), "{name}");
    }
    for name in
        ["theme", "XSRF-TOKEN", "csrftoken", "heroku-session-affinity", "_ga", "locale", "CookieConsent", "side"]
    {
        assert!(!of(&format!("{name}=x")).is_session(), "{name}");
    }
    assert!(of("XSRF-TOKEN=x").is_anti_csrf() && of("csrftoken=x").is_anti_csrf());
}

#[test]
fn taking_a_cookie_away_is_not_setting_one() {
    let now = date::read("Wed, 21 Oct 2026 07:28:00 GMT");
    assert!(of("a=; Max-Age=0").removes(None) && of("a=; Max-Age=-1").removes(None));
    assert!(of("a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT").removes(None));
    assert!(of("a=; Expires=Tue, 20 Oct 2026 07:28:00 GMT").removes(now));
    assert!(!of("a=; Expires=Thu, 22 Oct 2026 07:28:00 GMT").removes(now));
    assert!(!of("a=; Expires=Tue, 20 Oct 2026 07:28:00 GMT; Max-Age=60").removes(now));
    assert!(!of("a=b").removes(now));
}

#[test]
fn a_shared_cookie_is_told_from_an_own_one() {
    let shop = Url::parse(SHOP).unwrap();
    assert!(of("a=b; Domain=example.com").is_shared(&shop));
    assert!(!of("a=b; Domain=shop.example.com").is_shared(&shop));
    assert!(!of("a=b; Domain=com").is_shared(&shop));
}
