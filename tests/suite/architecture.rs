//! Who may import whom, and other promises of ARCHITECTURE.md that a machine can check.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Room → the rooms that it may import. `app` and `main` may import everything.
const MAY_IMPORT: [(&str, &[&str]); 13] = [
    ("model", &[]),
    ("cli", &[]),
    ("catalog", &["model"]),
    ("report", &["model"]),
    ("store", &["model"]),
    ("probe", &["model"]),
    ("project", &["model", "probe"]),
    ("config", &["model", "catalog", "cli", "project"]),
    ("session", &["model", "catalog"]),
    ("engine", &["model", "probe", "session", "store", "report"]),
    ("headless", &["model", "session", "catalog", "engine"]),
    ("tui", &["model", "session", "catalog", "engine"]),
    ("demo", &["model"]),
];

/// Words that must not stand in a room: what it must not do.
const MUST_NOT_SAY: [(&str, &[&str]); 3] = [
    ("model", &["std::fs", "std::net", "tokio::", "sqlx::", "reqwest::"]),
    ("session", &["std::fs", "std::net", "tokio::", "sqlx::", "reqwest::", "Timestamp::now"]),
    (
        "tui",
        &["std::fs", "std::net", "tokio::fs", "tokio::net", "tokio::spawn", "tokio::process", "sqlx::", "reqwest::"],
    ),
];

#[test]
fn rooms_import_only_what_they_may() {
    let allowed: BTreeMap<&str, &[&str]> = MAY_IMPORT.into_iter().collect();
    let mut wrong = Vec::new();
    for (room, path, text) in sources() {
        if matches!(room.as_str(), "app" | "main" | "lib") {
            continue;
        }
        let may = allowed.get(room.as_str()).unwrap_or_else(|| panic!("the room {room} is not in the table"));
        for imported in imported_rooms(&text) {
            if imported != room && !may.contains(&imported.as_str()) {
                wrong.push(format!("{} imports {imported}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn pure_rooms_touch_nothing_and_only_the_tui_draws() {
    let mut wrong = Vec::new();
    for (room, path, text) in sources() {
        let code: String =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        for (pure, words) in MUST_NOT_SAY {
            for word in words.iter().filter(|word| room == pure && code.contains(**word)) {
                wrong.push(format!("{} says {word}", path.display()));
            }
        }
        if room != "tui" && (code.contains("ratatui") || code.contains("crossterm")) {
            wrong.push(format!("{} draws", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_file_over_500_lines_needs_a_reason() {
    let long: Vec<String> = (sources().into_iter())
        .filter(|(_, _, text)| text.lines().count() > 500)
        .map(|(_, path, text)| format!("{}: {} lines", path.display(), text.lines().count()))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

/// Every file below `src`: its room, path and text without the test modules at its end.
fn sources() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
                let inner = path.strip_prefix(&root).unwrap();
                let room = inner.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "");
                let text = fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
                found.push((room, path, text));
            }
        }
    }
    assert!(found.len() > 30, "the sources were not found");
    found
}

/// The rooms that a file names after `crate::`, `use crate::{…}` included.
fn imported_rooms(text: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let line_start = text[..at].rfind('\n').map_or(0, |end| end + 1);
        if text[line_start..at].trim_start().starts_with("//") {
            continue;
        }
        let rest = &text[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut word = String::new();
            let mut at_start = true;
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => at_start = true,
                    c if depth == 0 && at_start && (c.is_alphanumeric() || c == '_') => word.push(c),
                    _ if !word.is_empty() => {
                        rooms.push(std::mem::take(&mut word));
                        at_start = false;
                    }
                    _ => {}
                }
                if depth > 0 && !word.is_empty() {
                    rooms.push(std::mem::take(&mut word));
                    at_start = false;
                }
            }
            rooms.extend((!word.is_empty()).then_some(word));
        } else {
            rooms.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    rooms
}

#[test]
fn the_import_check_sees_groups_and_paths() {
    let text = "use crate::{model::A, probe::{B, C}};\n// use crate::tui\nfn f() { crate::store::open() }";
    assert_eq!(imported_rooms(text), ["model", "probe", "store"]);
}

#[test]
fn the_readme_shows_the_keys_that_there_are() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once("<!-- keys -->\n").unwrap();
    let (shown, after) = rest.split_once("<!-- /keys -->").unwrap();
    let table = gonogo::tui::keymap::markdown_table();
    if std::env::var_os("GONOGO_UPDATE_README").is_some() {
        fs::write(&path, format!("{before}<!-- keys -->\n{table}<!-- /keys -->{after}")).unwrap();
    } else {
        assert_eq!(shown, table, "run the tests once with GONOGO_UPDATE_README=1");
    }
}

#[test]
fn the_package_carries_every_data_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let listed = std::process::Command::new(cargo)
        .args(["package", "--list", "--allow-dirty", "--offline", "--locked"])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let listed = String::from_utf8(listed.stdout).unwrap();
    let mut folders = vec![root.join("checklists"), root.join("themes"), root.join("demo")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let inner = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                assert!(listed.lines().any(|line| line == inner), "{inner} is not in the package");
            }
        }
    }
}
