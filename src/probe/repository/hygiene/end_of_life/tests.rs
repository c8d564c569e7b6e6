use super::super::samples;
use super::*;
use crate::probe::packages::Manager;
use crate::probe::packages::manifest::Runtime;

fn told(pins: &[Pinned], today: &str) -> Vec<String> {
    samples::told(&judged(pins, today.parse().unwrap()))
}

#[test]
fn the_table_is_read_and_names_days() {
    assert!(PRODUCTS.len() >= 15);
    let dates = PRODUCTS.iter().flat_map(|product| product.cycles.values()).filter(|date| !date.is_empty());
    assert!(dates.clone().count() > 80);
    for date in dates {
        assert!(date.parse::<Date>().is_ok(), "{date}");
    }
}

#[test]
fn support_ends_on_its_day_and_is_told_three_months_before() {
    let manifest = |range: &str| {
        let mut manifest = samples::manifest("package.json", &[]);
        manifest.runtimes = vec![Runtime { name: "node".to_owned(), range: range.to_owned(), line: 7 }];
        asked(&manifest)
    };
    let ended =
        ["major package.json:7: The manifest asks for Node.js 20, which gets no security fixes since 2026-04-30"];
    assert_eq!(told(&manifest("20.x"), "2026-11-22"), ended);
    assert_eq!(told(&manifest("20.11.1"), "2026-05-01"), ended);
    assert_eq!(
        told(&manifest("20"), "2026-04-30"),
        ["minor package.json:7: The manifest asks for Node.js 20, which gets no security fixes after 2026-04-30"]
    );
    assert_eq!(told(&manifest("20"), "2026-01-20"), Vec::<String>::new());
    assert_eq!(told(&manifest("99"), "2026-11-22"), Vec::<String>::new());
    assert_eq!(told(&manifest("lts/*"), "2026-11-22"), Vec::<String>::new());
}

#[test]
fn frameworks_that_the_project_asks_for_are_judged() {
    let lock = samples::lock(
        Manager::Composer,
        "composer.lock",
        "composer.json",
        &["laravel/framework v10.48.2 ^10", "symfony/framework-bundle 7.0.1"],
    );
    assert_eq!(
        told(&frameworks(&lock), "2026-11-22"),
        ["major composer.lock:10: The app is built on Laravel 10, which gets no security fixes since 2025-02-04"]
    );
    let lock = samples::lock(
        Manager::Npm,
        "package-lock.json",
        "package.json",
        &["vue 2.7.16 ^2", "next 99.0.0 ^99", "express 3.21.2 3"],
    );
    assert_eq!(
        told(&frameworks(&lock), "2026-11-22"),
        [
            "major package-lock.json:12: The app is built on Express 3, which gets no security fixes any more",
            "major package-lock.json:10: The app is built on Vue 2, which gets no security fixes since 2023-12-31"
        ]
    );
}

#[test]
fn what_is_older_than_all_that_are_known_has_ended() {
    let cycle = |product: &str, version: &str| {
        let found = Product::of(product).unwrap().cycle(version);
        found.map_or("-".to_owned(), |(cycle, date)| format!("{cycle} {date}"))
    };
    for (product, version, wanted) in [
        ("node", "6", "6 "),
        ("node", "6.17.1", "6 "),
        ("node", "0.10.48", "0.10 "),
        ("node", "9", "9 2018-06-30"),
        ("python", "3.4.1", "3.4 2019-03-18"),
        ("python", "2.6", "2.6 "),
        ("python", "2", "2.7 2020-01-01"),
        ("python", "3", "-"),
        ("php", "5.3.29", "5.3 "),
        ("php", "5.5", "5.5 "),
        ("php", "7", "7.4 2022-11-28"),
        ("php", "8", "-"),
        ("ruby", "2.3", "2.3 "),
        ("go", "1.15.2", "1.15 "),
        ("go", "1.24", "1.24 2026-02-10"),
        ("go", "1.25.3", "1.25 2026-08-19"),
        ("go", "1", "-"),
        ("java", "7u79", "7 "),
        ("java", "1.7.0", "7 "),
        ("java", "8u212", "-"),
        ("java", "1.8.0", "-"),
        ("java", "11", "-"),
        ("java", "20.0.1", "20 2023-09-19"),
        ("rails", "4.2.11", "4.2 "),
        ("django", "1.8", "1.8 "),
        ("django", "5", "-"),
        ("nextjs", "8.1.0", "8 "),
        ("nextjs", "0.0.0-canary.1", "-"),
        ("angular", "7.2.16", "7 "),
        ("symfony", "7.3.1", "7.3 2026-01-31"),
        ("symfony", "5.4.1", "-"),
        ("spring-boot", "2.7.18", "2 "),
        ("node", "current", "-"),
    ] {
        assert_eq!(cycle(product, version), wanted, "{product} {version}");
    }
}

#[test]
fn ranges_below_all_that_are_known_have_ended() {
    let node = Product::of("node").unwrap();
    let of = |range: &str| allowed(node, Ecosystem::Npm, range).unwrap_or_default().join(" ");
    for (range, wanted) in
        [("6.x", "6"), ("^6.9.0", "6"), ("^4 || ^6", "6"), ("^6 || ^8", "8"), (">=6", ""), ("odd", "")]
    {
        assert_eq!(of(range), wanted, "{range}");
    }
}
