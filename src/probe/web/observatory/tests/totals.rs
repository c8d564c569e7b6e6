use super::*;

#[test]
fn bonuses_count_from_ninety_points_on_and_nothing_is_below_zero() {
    for (modifiers, score) in [
        (&[][..], 100),
        (&[5, 10], 115),
        (&[-5, 5], 100),
        (&[-10, 10, 10], 110),
        (&[-5, -5, 5], 95),
        (&[-15, 10, 10, 10, 5, 5], 85),
        (&[-10, -5, 50], 85),
        (&[-20], 80),
        (&[-50, -50], 0),
        (&[-50, -50, -25, 20], 0),
        (&[10, 5, 5, 5, 10, 10, 10, 5], 160),
        (&[-3], 95),
        (&[-99], 0),
    ] {
        assert_eq!(total(modifiers.iter().copied()), score, "{modifiers:?}");
    }
}

#[test]
fn grades_have_these_borders() {
    for (score, expected) in [
        (160, "A+"),
        (105, "A+"),
        (100, "A+"),
        (95, "A"),
        (90, "A"),
        (85, "A-"),
        (80, "B+"),
        (75, "B"),
        (70, "B"),
        (65, "B-"),
        (60, "C+"),
        (55, "C"),
        (50, "C"),
        (45, "C-"),
        (40, "D+"),
        (35, "D"),
        (30, "D"),
        (25, "D-"),
        (20, "F"),
        (15, "F"),
        (10, "F"),
        (5, "F"),
        (0, "F"),
    ] {
        assert_eq!(grade(score), expected, "{score}");
    }
}

#[test]
fn whole_pages() {
    let graded = |case: &Case| {
        let found = case.score();
        assert_eq!(found.tests.len(), 12);
        (found.score, found.grade)
    };
    // Nothing at all: CSP −25, nosniff −5, frames −20.
    assert_eq!(graded(&Case::default()), (50, "C".to_owned()));
    // And no HSTS.
    assert_eq!(graded(&Case { headers: Vec::new(), ..Case::default() }), (30, "D".to_owned()));
    let plain = Case {
        url: "http://shop.example.com/",
        headers: Vec::new(),
        plain: Plain::Route(vec![Url::parse("http://shop.example.com/").unwrap()]),
        ..Case::default()
    };
    assert_eq!(graded(&plain), (10, "F".to_owned()));
    // What a careful app sends.
    let careful = Case {
        plain: Plain::Route(vec![Url::parse("http://shop.example.com/").unwrap(), Url::parse(HTTPS).unwrap()]),
        ..Case::with(&[
            ("Content-Security-Policy", "default-src 'none'; script-src 'self'; frame-ancestors 'none'"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Cross-Origin-Embedder-Policy", "require-corp"),
            ("Set-Cookie", "__Host-session=x; Path=/; Secure; HttpOnly; SameSite=Lax"),
        ])
    };
    assert_eq!(graded(&careful), (155, "A+".to_owned()));
    // One penalty of 20, and all the bonuses are gone.
    let mut worse = careful;
    worse.headers.push(("Set-Cookie", "theme=x; SameSite=Loose; Secure"));
    assert_eq!(graded(&worse), (80, "B+".to_owned()));
    let words = |case: &Case| case.score().tests.into_iter().map(|test| test.words).collect::<Vec<_>>().join("\n");
    assert!(words(&Case { plain: Plain::NotAsked, ..Case::default() }).contains("Plain HTTP was not seen"));
    assert!(words(&Case::default()).contains("Not asked; counted as if other sites"));
}

#[test]
fn a_preloaded_host_gets_its_points_only_beside_few_penalties() {
    let of = |url: &'static str, more: &[(&'static str, &'static str)]| {
        let frames = [("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'")];
        let case = Case { url, ..Case::with(&[&frames[..], more].concat()) };
        case.score().score
    };
    let sniff = [("X-Content-Type-Options", "nosniff")];
    assert_eq!((of(HTTPS, &sniff), of("https://shop.dev/", &sniff)), (110, 115));
    assert_eq!((of(HTTPS, &[]), of("https://shop.dev/", &[])), (105, 110));
    let loose = [("Set-Cookie", "theme=x; SameSite=Loose; Secure")];
    assert_eq!((of(HTTPS, &loose), of("https://shop.dev/", &loose)), (75, 75));
    // Without a header it saves the twenty points too.
    let bare = |url| Case { url, headers: Vec::new(), ..Case::default() }.score().score;
    assert_eq!((bare(HTTPS), bare("https://shop.dev/")), (30, 50));
}

#[test]
fn every_result_is_in_the_table_once() {
    for (at, entry) in table::ALL.iter().enumerate() {
        assert!(!table::ALL[..at].iter().any(|known| known.result == entry.result), "{}", entry.result);
        assert!(entry.modifier % 5 == 0 && !entry.words.is_empty());
    }
    assert_eq!(table::ALL.len(), 77);
    assert!(judges(200) && judges(304) && judges(401) && judges(403) && !judges(404) && !judges(500));
}
