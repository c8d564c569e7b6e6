//! Python lock files that are cut off, in conflict, too new, of wrong types, or out to hurt.

use std::time::{Duration, Instant};

use super::python::{collected, gaps, told};

const POETRY: &str = "[[package]]\nname = \"a\"\nversion = \"1\"\n\n[[package]]\nname = \"b\"\nversion = \"2\"\n\n[metadata]\n\
    lock-version = \"2.1\"\n";
const UV: &str = "version = 1\n[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { registry = \"x\" }\n\
    dependencies = [{ name = \"b\" }]\n[[package]]\nname = \"b\"\nversion = \"2\"\nsource = { registry = \"x\" }\n";
const PDM: &str = "[metadata]\nlock_version = \"4.5.0\"\n[[package]]\nname = \"a\"\nversion = \"1\"\n";
const PYLOCK: &str = "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nversion = \"1\"\n";
const PIPFILE: &str =
    "{\"_meta\": {\"pipfile-spec\": 6},\n\"default\": {\n\"a\": {\"version\": \"==1\"}\n},\n\"develop\": {}}";

/// The one gap of a project with this one file, which was not understood.
fn refused(path: &str, text: &str) -> String {
    let found = collected(&[(path, text)]);
    assert_eq!((found.locks.len(), found.not_examined), (0, 1), "{path}: {text}");
    gaps(&found).concat()
}

#[test]
fn what_is_cut_off_is_refused_or_said() {
    for end in 1..POETRY.find("[metadata]").unwrap() {
        assert!(refused("poetry.lock", &POETRY[..end]).contains("poetry.lock"), "at {end}");
    }
    // The others have no end by which to tell; what breaks off within a line is refused.
    for (path, text) in [("uv.lock", UV), ("pdm.lock", PDM), ("pylock.toml", PYLOCK)] {
        for end in (1..text.len()).filter(|end| text[..*end].matches('"').count() % 2 == 1) {
            assert!(refused(path, &text[..end]).starts_with(&format!("not a valid {path}: {path}:")), "at {end}");
        }
    }
    // uv names what it needs, so a package that is missing shows.
    let found = collected(&[("uv.lock", &UV[..UV.rfind("[[package]]").unwrap()])]);
    assert_eq!(told(&found.locks[0]), ["a 1:3"]);
    assert_eq!(gaps(&found), ["package that is asked for but missing from the lock file: b"]);
    for end in 1..PIPFILE.len() {
        assert!(refused("Pipfile.lock", &PIPFILE[..end]).starts_with("not a valid Pipfile.lock: Pipfile.lock"));
    }
}

#[test]
fn conflicts_empty_files_and_duplicate_keys_are_refused_with_their_line() {
    for (path, text) in [("poetry.lock", POETRY), ("uv.lock", UV), ("pdm.lock", PDM), ("pylock.toml", PYLOCK)] {
        let conflict = text.replacen("name = \"a\"", "<<<<<<< HEAD\nname = \"a\"\n=======\nname = \"x\"\n>>>>>>> b", 1);
        let line = 1 + conflict.lines().position(|line| line.starts_with("<<<")).unwrap();
        assert_eq!(refused(path, &conflict), format!("not a valid {path}: {path}:{line}"));
        let twice = text.replacen("name = \"a\"\n", "name = \"a\"\nname = \"x\"\n", 1);
        let line = 1 + twice.lines().position(|line| line == "name = \"x\"").unwrap();
        assert_eq!(refused(path, &twice), format!("not a valid {path}: {path}:{line}"));
        assert!(refused(path, "").starts_with(&format!("a {path} without")), "{path}");
        assert!(refused(path, "package = 7\npackages = {}\n").contains(path), "{path}");
        let deep = format!("x = {}", "[".repeat(200_000));
        assert_eq!(refused(path, &deep), format!("not a valid {path}: {path}:1"));
    }
    let conflict = PIPFILE.replacen("\"a\"", "<<<<<<< HEAD\n\"a\"", 1);
    assert_eq!(refused("Pipfile.lock", &conflict), "not a valid Pipfile.lock: Pipfile.lock:3");
    let twice = PIPFILE.replace("develop", "default");
    assert_eq!(gaps(&collected(&[("Pipfile.lock", &twice)])), ["name that stands twice in a lock file: default"]);
    assert!(refused("Pipfile.lock", "").starts_with("not a valid Pipfile.lock"));
    assert_eq!(refused("Pipfile.lock", "{}"), "a Pipfile.lock without its metadata: Pipfile.lock");
}

#[test]
fn versions_that_nobody_knows_yet_are_refused_with_their_number() {
    for (path, text, known, other, told) in [
        ("poetry.lock", POETRY, "\"2.1\"", "\"3.0\"", "3.0: poetry.lock:10"),
        ("poetry.lock", POETRY, "\"2.1\"", "2.1", "of a wrong type: poetry.lock:9"),
        ("uv.lock", UV, "version = 1\n", "version = 2\n", "2: uv.lock:1"),
        ("uv.lock", UV, "version = 1\n", "version = \"1\"\n", "of a wrong type: uv.lock"),
        ("pdm.lock", PDM, "4.5.0", "5.0", "5.0: pdm.lock:2"),
        ("pdm.lock", PDM, "4.5.0", "3.1", "3.1: pdm.lock:2"),
        ("pylock.toml", PYLOCK, "\"1.0\"", "\"2.0\"", "2.0: pylock.toml:1"),
        ("Pipfile.lock", PIPFILE, "6", "7", "7: Pipfile.lock"),
        ("Pipfile.lock", PIPFILE, "6", "[]", "of a wrong type: Pipfile.lock"),
    ] {
        assert_eq!(refused(path, &text.replacen(known, other, 1)), format!("unknown {path} version {told}"));
    }
    assert_eq!(collected(&[("uv.lock", &UV.replace("version = 1\n", "version = 1\nrevision = 99\n"))]).locks.len(), 1);
    assert_eq!(collected(&[("pylock.toml", &PYLOCK.replace("1.0", "1.9"))]).locks.len(), 1);
}

#[test]
fn an_entry_of_a_wrong_type_does_not_spoil_the_rest() {
    for (path, text, complete) in
        [("poetry.lock", POETRY, 2), ("uv.lock", UV, 2), ("pdm.lock", PDM, 1), ("pylock.toml", PYLOCK, 1)]
    {
        for odd in [
            "name = 7\nversion = \"1\"",
            "name = \"odd\"\nversion = []\nsource = { registry = \"x\" }",
            "version = \"1\"",
        ] {
            let list = if path == "pylock.toml" { "[[packages]]" } else { "[[package]]" };
            let text = text.replacen(list, &format!("{list}\n{odd}\n{list}"), 1);
            let found = collected(&[(path, &text)]);
            assert_eq!(told(&found.locks[0]).len(), complete, "{path}: {odd}");
            let gaps = gaps(&found);
            assert_eq!(gaps.len(), 1, "{path}: {odd}");
            assert!(gaps[0].starts_with("entry of a lock file that was not understood: "), "{gaps:?}");
        }
    }
    let odd = PIPFILE.replace("\"default\": {\n", "\"default\": {\"odd\": [], \"open\": {\"version\": 7},\n");
    let found = collected(&[("Pipfile.lock", &odd)]);
    assert_eq!(told(&found.locks[0]), ["a 1:3"]);
    assert_eq!(gaps(&found), ["entry of a lock file that was not understood: odd, open"]);
}

#[test]
fn passwords_in_addresses_are_never_told() {
    let url = "https://user:hunter2@registry.example.com/simple/x";
    let source = format!("[package.source]\ntype = \"url\"\nurl = \"{url}\"\n[[package]]\nname = \"b\"");
    let poetry = POETRY.replacen("[[package]]\nname = \"b\"", &source, 1);
    let requirements =
        format!("--index-url {url}\n-r {url}\n-c {url}\nx @ {url}\n{url}\ngit+{url}@main\n! {url}\n-e git+{url}\n");
    let pipfile = PIPFILE.replace("\"==1\"", &format!("\"==1\", \"file\": \"{url}\""));
    let manifest = format!("[project]\nname = \"x\"\ndependencies = [\"! {url}\", \"a @ {url}\"]\n");
    let found = collected(&[
        ("poetry.lock", &poetry),
        ("requirements.txt", &requirements),
        ("Pipfile.lock", &pipfile),
        ("p/pyproject.toml", &manifest),
    ]);
    assert_eq!(found.locks.len(), 3);
    assert!(!format!("{found:?}").contains("hunter2"), "{found:?}");
}

/// Thousands of entries, each with an extra that needs all others, and everything in circles.
#[test]
fn circles_and_crowds_end_soon() {
    let count = 3_000;
    let mut poetry = String::new();
    let mut pdm = String::from("[metadata]\nlock_version = \"4.5.0\"\n");
    for at in 0..count {
        let next = (at + 1) % count;
        poetry += &format!(
            "[[package]]\nname = \"p{at}\"\nversion = \"1\"\n[package.dependencies]\np{next} = {{version = \"*\", extras = [\"e{at}\"]}}\n\
             crowd = {{version = \"*\", extras = [\"e{at}\"]}}\n[[package]]\nname = \"crowd\"\nversion = \"{at}\"\n[package.dependencies]\n\
             p0 = {{version = \"*\", optional = true, markers = \"extra == 'e{at}'\"}}\n"
        );
        pdm += &format!(
            "[[package]]\nname = \"p{at}\"\nversion = \"1\"\ndependencies = [\"p{next}[e{at}]\", \"p{at}\"]\n"
        );
    }
    poetry += "[metadata]\nlock-version = \"2.0\"\n";
    let long = format!("a=={}\n", "1".repeat(1_000_000));
    let start = Instant::now();
    let found = collected(&[
        ("poetry.lock", &poetry),
        ("pyproject.toml", "[tool.poetry.dependencies]\np0 = \"*\"\n"),
        ("pdm.lock", &pdm),
        ("requirements.txt", &format!("-r requirements.txt\n-c requirements.txt\n{long}")),
    ]);
    assert_eq!(found.locks.iter().map(|lock| lock.packages.len()).collect::<Vec<_>>(), [count, 2 * count, 1]);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}
