//! Every checklist and theme that the program carries, and broken ones of users.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use gonogo::catalog::{self, CHECKLISTS, CatalogError, KnownRules, Loaded, THEMES, is_colour};
use gonogo::model::theme::ROLES;
use gonogo::model::{Checklist, Item, RuleKind, Severity, Theme};
use gonogo::probe::registry::PROBES;
use tempfile::TempDir;

/// The rules that the probes really have.
fn real_rules() -> KnownRules<'static> {
    catalog::known_rules(PROBES.iter().map(|probe| probe.meta()))
}

/// Every rule that a checklist that we carry names, as what it names it; for tests that are not about rules.
fn named_rules() -> KnownRules<'static> {
    let mut rules = BTreeMap::from([("sql-injection", RuleKind::Finding), ("error-tracking", RuleKind::Proof)]);
    for file in &CHECKLISTS {
        for line in file.text.lines() {
            let kind = match line.split_once(" = ") {
                Some(("fails_on", _)) => RuleKind::Finding,
                Some(("proved_by", _)) => RuleKind::Proof,
                _ => continue,
            };
            rules.extend(line.split('"').skip(1).step_by(2).map(|rule| (rule, kind)));
        }
    }
    rules
}

fn ours() -> Vec<Checklist> {
    let loaded = catalog::checklists(&[], None, &named_rules());
    assert_eq!(complaints(&loaded), Vec::<String>::new());
    assert_eq!(loaded.loaded.len(), CHECKLISTS.len());
    loaded.loaded
}

fn our_items() -> Vec<Item> {
    ours().into_iter().flat_map(|list| list.items).collect()
}

fn complaints<T>(loaded: &Loaded<T>) -> Vec<String> {
    loaded.errors.iter().map(ToString::to_string).collect()
}

#[test]
fn every_rule_that_a_checklist_names_exists() {
    let loaded = catalog::checklists(&[], None, &real_rules());
    assert_eq!(complaints(&loaded), Vec::<String>::new());
}

#[test]
fn all_the_seeds_are_covered() {
    let covered: BTreeSet<String> = our_items().into_iter().flat_map(|item| item.covers).collect();
    let wanted = (1..=86).map(|number| format!("C{number}")).chain((1..=72).map(|number| format!("F{number}")));
    let missing: Vec<String> = wanted.filter(|number| !covered.contains(number)).collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn no_sentence_stands_twice() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let mut twice = Vec::new();
    for item in our_items() {
        for text in [&item.why, &item.how, &item.fix, &item.ask, &item.title] {
            let sentences = text.split(". ").flat_map(|part| part.split("? ")).flat_map(|part| part.split("; "));
            for sentence in sentences.filter(|sentence| sentence.chars().count() > 15) {
                if let Some(first) = seen.insert(sentence.to_lowercase(), item.id.to_string()) {
                    twice.push(format!("{first} and {}: {sentence}", item.id));
                }
            }
        }
    }
    assert_eq!(twice, Vec::<String>::new());
}

#[test]
fn items_are_written_as_the_workbench_needs_them() {
    let items = our_items();
    let titles: BTreeSet<&str> = items.iter().map(|item| item.title.as_str()).collect();
    let ids: BTreeSet<&str> = items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!((titles.len(), ids.len()), (items.len(), items.len()), "two items share a title or an id");
    for item in &items {
        assert!(!item.title.ends_with('.'), "{}: a title has no full stop", item.id);
        assert!(item.ask.ends_with('?'), "{}: a question ends with a question mark", item.id);
        for text in [&item.why, &item.how, &item.fix] {
            assert!(text.ends_with(['.', '?', ')', '\'', '"']), "{}: {text:?} is no sentence", item.id);
        }
        assert!(!item.covers.is_empty(), "{} covers nothing", item.id);
    }
    let blockers = |list: &Checklist| list.items.iter().filter(|item| item.severity == Severity::Blocker).count();
    let blockers: Vec<usize> = ours().iter().map(blockers).collect();
    assert!(blockers.iter().sum::<usize>() <= 30, "when everything is a blocker, nothing is: {blockers:?}");
}

/// A checklist without a mistake: three lines before the section, the item from line 10 on.
const GOOD: &str = r#"id = "mine"
title = "Mine"
summary = "What we ask."

[[sections]]
id = "house"
title = "House rules"
summary = "What the house asks."

[[items]]
id = "house.keys"
section = "house"
title = "The keys hang on the hook"
severity = "minor"
why = "People wait outside."
how = "Look at the hook."
fix = "Hang them there."
ask = "Do the keys hang there?"
fails_on = ["sql-injection"]
proved_by = ["error-tracking"]
applies_when = []
max_age_days = 30
"#;

/// The user's folder with one file in it.
fn folder(kind: &str, files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join(kind)).unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(kind).join(name), text).unwrap();
    }
    dir
}

fn with(files: &[(&str, &str)]) -> Loaded<Checklist> {
    catalog::checklists(&[], Some(folder("checklists", files).path()), &named_rules())
}

/// Messages without the folder that the test made: `my.toml:3: …`.
fn without_folder(errors: &[CatalogError]) -> Vec<String> {
    let short = |error: &CatalogError| {
        let file = error.file.as_ref().map(|file| Path::new(file).file_name().unwrap().to_string_lossy().into_owned());
        CatalogError { file, ..error.clone() }.to_string()
    };
    errors.iter().map(short).collect()
}

#[test]
fn a_users_checklist_joins_ours() {
    let loaded = with(&[("my.toml", GOOD), ("notes.txt", "not one of them")]);
    assert_eq!(complaints(&loaded), Vec::<String>::new());
    let ids: Vec<&str> = loaded.loaded.iter().map(|list| list.id.as_str()).collect();
    assert_eq!(ids, ["production", "ai-built", "mine"]);
}

#[test]
fn a_broken_checklist_is_refused_with_line_and_reason() {
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "severity = \"minor\"",
            "severity = \"huge\"",
            &["14: item \"house.keys\": severity must be blocker, major or minor; it says \"huge\""],
        ),
        (
            "severity = \"minor\"",
            "sevrity = \"minor\"",
            &[
                "10: item \"house.keys\": \"severity\" is missing",
                "14: item \"house.keys\": there is no key \"sevrity\"; did you mean \"severity\"?",
            ],
        ),
        (
            "title = \"Mine\"",
            "titel = \"Mine\"",
            &["1: \"title\" is missing", "2: there is no key \"titel\"; did you mean \"title\"?"],
        ),
        (
            "why = \"People wait outside.\"",
            "why = 3",
            &["15: item \"house.keys\": \"why\" must be a text in quotes; it is a whole number"],
        ),
        ("why = \"People wait outside.\"", "why = \" \"", &["15: item \"house.keys\": \"why\" is empty"]),
        (
            "max_age_days = 30",
            "max_age_days = 0",
            &["22: item \"house.keys\": \"max_age_days\" must be from 1 to 3650; it is 0"],
        ),
        (
            "max_age_days = 30",
            "max_age_days = -4",
            &["22: item \"house.keys\": \"max_age_days\" must be from 1 to 3650; it is -4"],
        ),
        (
            "max_age_days = 30",
            "max_age_days = 99999999999999999999",
            &["22: item \"house.keys\": \"max_age_days\" must be from 1 to 3650; it is 99999999999999999999"],
        ),
        (
            "max_age_days = 30",
            "max_age_days = 1.5",
            &["22: item \"house.keys\": \"max_age_days\" must be a whole number; it is a number with a fraction"],
        ),
        (
            "section = \"house\"",
            "section = \"hose\"",
            &[
                "6: section \"house\": no item belongs to it",
                "12: item \"house.keys\": there is no section \"hose\" in this file; did you mean \"house\"?",
            ],
        ),
        (
            "id = \"house.keys\"",
            "id = \"keys\"",
            &["11: item \"keys\": an id here is \"house.\" and then lower-case words joined by hyphens"],
        ),
        (
            "id = \"mine\"",
            "id = \"My List\"",
            &["1: \"id\" is lower-case words joined by hyphens, such as \"my-list\"; it says \"My List\""],
        ),
        (
            "[\"sql-injection\"]",
            "[\"sql-injektion\"]",
            &[
                "19: item \"house.keys\": fails_on names the rule \"sql-injektion\", which does not exist; did you mean \"sql-injection\"?",
            ],
        ),
        (
            "[\"sql-injection\"]",
            "[\n  \"sql-injection\",\n  \"zzz\",\n]",
            &["21: item \"house.keys\": fails_on names the rule \"zzz\", which does not exist"],
        ),
        (
            "[\"sql-injection\"]",
            "[\"error-tracking\"]",
            &["19: item \"house.keys\": fails_on names \"error-tracking\", which is a proof; it belongs in proved_by"],
        ),
        (
            "[\"error-tracking\"]",
            "[\"sql-injection\"]",
            &["20: item \"house.keys\": proved_by names \"sql-injection\", which is a finding; it belongs in fails_on"],
        ),
        (
            "[\"sql-injection\"]",
            "\"sql-injection\"",
            &[
                "19: item \"house.keys\": \"fails_on\" must be a list of texts, such as [\"one\", \"two\"]; it is a text",
            ],
        ),
        (
            "[\"sql-injection\"]",
            "[\"sql-injection\", \"sql-injection\"]",
            &["19: item \"house.keys\": \"fails_on\" says \"sql-injection\" twice"],
        ),
        (
            "applies_when = []",
            "applies_when = [\"databse\"]",
            &[
                "21: item \"house.keys\": applies_when names \"databse\", which no project can be; did you mean \"database\"?; there are ai, container, database, email, file-storage, frontend, javascript, jobs, payments, python, react, server, serverless, supabase, users, web, websocket",
            ],
        ),
        (
            "The keys hang on the hook",
            "The keys hang on the hook that is beside the door which leads into the yard",
            &["13: item \"house.keys\": the title has 75 characters; at most 60 fit"],
        ),
        (
            "max_age_days = 30",
            "max_age_days = 30\nreferences = [\"javascript:alert(1)\"]",
            &[
                "23: item \"house.keys\": references holds web addresses that begin with https://, not \"javascript:alert(1)\"",
            ],
        ),
        (
            "max_age_days = 30",
            "max_age_days = 30\ncovers = [\"X1\"]",
            &["23: item \"house.keys\": covers holds numbers such as \"C4\" or \"F18\", not \"X1\""],
        ),
        ("title = \"Mine\"", "title = \"Mine", &["2: this is not valid TOML: invalid basic string, expected `\"`"]),
        ("title = \"Mine\"", "title = \"Mine\"\ntitle = \"Mine\"", &["3: this is not valid TOML: duplicate key"]),
        (
            "[[sections]]",
            "[sections]",
            &[
                "5: \"sections\" must be tables that each begin with [[sections]]; it is a table",
                "12: item \"house.keys\": there is no section \"house\" in this file",
            ],
        ),
        ("sevrity\u{1b}[31m = 1", "", &[]),
    ];
    for (old, new, wanted) in cases.iter().filter(|(_, _, wanted)| !wanted.is_empty()) {
        assert!(GOOD.contains(old), "{old}");
        let loaded = with(&[("broken.toml", &GOOD.replacen(old, new, 1)), ("good.toml", GOOD)]);
        let wanted: Vec<String> = wanted.iter().map(|line| format!("broken.toml:{line}")).collect();
        assert_eq!(without_folder(&loaded.errors), wanted, "{new}");
        assert_eq!(loaded.loaded.len(), CHECKLISTS.len() + 1, "the rest loads: {new}");
    }
}

#[test]
fn files_that_are_no_checklists_at_all_are_refused() {
    let dir = folder("checklists", &[("a-empty.toml", ""), ("b-huge.toml", &"#".repeat(1_100_000))]);
    let at = |name: &str| dir.path().join("checklists").join(name);
    fs::write(at("c-bytes.toml"), b"id = \"x\"\n# \xff\n").unwrap();
    fs::create_dir(at("d-folder.toml")).unwrap();
    let loaded = catalog::checklists(&[], Some(dir.path()), &named_rules());
    assert_eq!(
        without_folder(&loaded.errors),
        [
            "a-empty.toml:1: \"id\" is missing",
            "a-empty.toml:1: \"summary\" is missing",
            "a-empty.toml:1: \"title\" is missing",
            "a-empty.toml:1: there is no [[items]] in this file",
            "a-empty.toml:1: there is no [[sections]] in this file",
            "b-huge.toml: this file is larger than 1 MB",
            "c-bytes.toml:2: this is not UTF-8 text; save the file as UTF-8",
            "d-folder.toml: this is not a file",
        ]
    );
    assert_eq!(loaded.loaded.len(), CHECKLISTS.len());
}

#[test]
fn ids_are_unique_within_a_file_and_over_all() {
    let item = GOOD.split_once("[[items]]").unwrap().1;
    let twice = format!("{GOOD}\n[[items]]{item}");
    assert_eq!(
        without_folder(&with(&[("my.toml", &twice)]).errors),
        ["my.toml:25: item \"house.keys\": this id is already taken further up in this file"]
    );
    let other = GOOD.replace("id = \"mine\"", "id = \"other\"");
    let loaded = with(&[("a.toml", GOOD), ("b.toml", &other), ("c.toml", GOOD)]);
    let errors = without_folder(&loaded.errors);
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(errors[0].starts_with("c.toml:1: the checklist \"mine\" is already loaded from "), "{errors:?}");
    assert!(errors[1].starts_with("b.toml:6: section \"house\": this id is already taken in "), "{errors:?}");
    assert!(errors[2].starts_with("b.toml:11: item \"house.keys\": this id is already taken in "), "{errors:?}");
}

#[test]
fn a_users_file_may_take_the_place_of_ours() {
    let loaded = with(&[("mine.toml", &GOOD.replace("id = \"mine\"", "id = \"production\""))]);
    assert_eq!(complaints(&loaded), Vec::<String>::new());
    let sizes: Vec<(&str, usize)> = loaded.loaded.iter().map(|list| (list.id.as_str(), list.items.len())).collect();
    assert_eq!(sizes[0], ("production", 1));
    assert_eq!(sizes.len(), CHECKLISTS.len());
}

#[test]
fn only_what_is_wanted_is_loaded() {
    let dir = folder("checklists", &[("my.toml", GOOD)]);
    let file = dir.path().join("checklists/my.toml").display().to_string();
    let ids = |wanted: &[&str]| {
        let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
        let loaded = catalog::checklists(&wanted, Some(dir.path()), &named_rules());
        let ids: Vec<String> = loaded.loaded.iter().map(|list| list.id.clone()).collect();
        (ids, without_folder(&loaded.errors), loaded.errors.iter().all(|error| error.asked_for))
    };
    let none = Vec::<String>::new();
    assert_eq!(ids(&["ai-built"]), (vec!["ai-built".to_owned()], none.clone(), true));
    assert_eq!(
        ids(&["mine", "production", "mine"]),
        (vec!["mine".to_owned(), "production".to_owned()], none.clone(), true)
    );
    assert_eq!(ids(&[&file]), (vec!["mine".to_owned()], none.clone(), true));
    let unknown = "there is no checklist \"prodution\"; did you mean \"production\"?; there are: ai-built, mine, \
                   production; or give the path of a .toml file";
    assert_eq!(ids(&["prodution"]), (none.clone(), vec![unknown.to_owned()], true));
    assert_eq!(ids(&["./none.toml"]), (none, vec!["none.toml: there is no such file".to_owned()], true));
}

#[test]
fn a_message_cannot_steer_the_terminal() {
    let hostile = GOOD.replace("\"minor\"", "\"\\u001b[31m\\u202e\"").replace("\"Mine\"", "\"Mi\\u0007ne\"");
    let loaded = with(&[("my.toml", &hostile)]);
    assert_eq!(
        without_folder(&loaded.errors),
        ["my.toml:14: item \"house.keys\": severity must be blocker, major or minor; it says \"\\u{1b}[31m\\u{202e}\""]
    );
    let shown = with(&[("my.toml", &hostile.replace("\"\\u001b[31m\\u202e\"", "\"minor\""))]);
    assert_eq!(shown.loaded.last().unwrap().title, "Mi\\u{7}ne");
}

#[test]
fn a_hundred_mistakes_are_not_a_hundred_lines() {
    let keys: String = (0..100).map(|number| format!("key{number} = 1\n")).collect();
    let errors = with(&[("my.toml", &format!("{keys}{GOOD}"))]).errors;
    assert_eq!(errors.len(), 21);
    assert_eq!(errors.last().unwrap().reason, "and 80 more mistakes");
}

fn our_themes() -> Vec<Theme> {
    let loaded = catalog::themes(None);
    assert_eq!(complaints(&loaded), Vec::<String>::new());
    assert_eq!(loaded.loaded.len(), THEMES.len());
    loaded.loaded
}

#[test]
fn every_theme_gives_every_role_a_colour() {
    let themes = our_themes();
    let ids: Vec<&str> = themes.iter().map(|theme| theme.id.as_str()).collect();
    assert_eq!(ids, ["dark", "light", "high-contrast"]);
    for theme in &themes {
        assert_eq!(theme.roles.len(), ROLES.len());
        assert!(theme.roles.values().all(|colour| is_colour(colour)));
    }
}

/// WCAG 2.2, relative luminance.
fn luminance(hex: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

/// WCAG 2.2, contrast ratio.
fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn contrast_is_that_of_the_standard() {
    assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 0.001);
    assert!((contrast("#777777", "#ffffff") - 4.48).abs() < 0.01);
}

#[test]
fn every_text_can_be_read() {
    for theme in our_themes() {
        let colour = |role: &str| theme.roles[role].as_str();
        let wanted = if theme.id == "high-contrast" { 7.0 } else { 4.5 };
        // Where the terminal keeps its own background, the usual ones are judged.
        let mut behind = match (colour("background"), theme.background.as_str()) {
            ("default", "dark") => vec!["#000000", "#1e1e1e"],
            ("default", _) => vec!["#ffffff"],
            (own, _) => vec![own],
        };
        behind.push(colour("selection"));
        for role in ROLES.iter().filter(|role| !["background", "selection", "border"].contains(role)) {
            for behind in &behind {
                let found = contrast(colour(role), behind);
                assert!(found >= wanted, "{}: {role} on {behind} has {found:.2}, wanted {wanted}", theme.id);
            }
        }
    }
}

fn with_themes(files: &[(&str, &str)]) -> (Vec<Theme>, Vec<String>) {
    let loaded = catalog::themes(Some(folder("themes", files).path()));
    (loaded.loaded, without_folder(&loaded.errors))
}

#[test]
fn a_theme_begins_from_another() {
    let mine = "id = \"mine\"\ntitle = \"Mine\"\ninherits = \"base\"\n[roles]\npass = \"green\"\n";
    let base =
        "id = \"base\"\ntitle = \"Base\"\ninherits = \"light\"\n[roles]\npass = \"#123456\"\nfail = \"light-red\"\n";
    let (themes, errors) = with_themes(&[("a.toml", mine), ("b.toml", base)]);
    assert_eq!(errors, Vec::<String>::new());
    let mine = themes.iter().find(|theme| theme.id == "mine").unwrap();
    let light = themes.iter().find(|theme| theme.id == "light").unwrap();
    assert_eq!((mine.roles["pass"].as_str(), mine.roles["fail"].as_str()), ("green", "light-red"));
    assert_eq!((&mine.roles["text"], &mine.background), (&light.roles["text"], &light.background));
}

#[test]
fn a_users_theme_may_take_the_place_of_ours_and_begin_from_it() {
    let dark = "id = \"dark\"\ntitle = \"My dark\"\ninherits = \"dark\"\n[roles]\nfocus = \"cyan\"\n";
    let (themes, errors) = with_themes(&[("dark.toml", dark)]);
    assert_eq!(errors, Vec::<String>::new());
    assert_eq!(themes.len(), THEMES.len());
    assert_eq!((themes[0].title.as_str(), themes[0].roles["focus"].as_str()), ("My dark", "cyan"));
}

#[test]
fn a_broken_theme_is_refused_with_line_and_reason() {
    let theme = |head: &str, roles: &str| format!("id = \"mine\"\ntitle = \"Mine\"\n{head}\n[roles]\n{roles}\n");
    let cases = [
        (theme("inherits = \"dark\"", "pas = \"red\""), "my.toml:5: there is no key \"pas\"; did you mean \"pass\"?"),
        (
            theme("inherits = \"dark\"", "pass = \"#12345\""),
            "my.toml:5: pass: \"#12345\" is no colour; give \"#rrggbb\", \"default\", or one of black, red, green, yellow, blue, \
             magenta, cyan, gray, dark-gray, light-red, light-green, light-yellow, light-blue, light-magenta, light-cyan, white",
        ),
        (
            theme("inherits = \"dark\"", "pass = 3"),
            "my.toml:5: \"pass\" must be a text in quotes; it is a whole number",
        ),
        (
            theme("inherits = \"drak\"", "pass = \"red\""),
            "my.toml:3: inherits from \"drak\", which does not exist; did you mean \"dark\"?; there are: dark, light, \
             high-contrast, mine",
        ),
        (theme("inherits = \"mine\"", "pass = \"red\""), "my.toml:3: inherits in a circle: mine → mine"),
        (
            theme("background = \"blue\"", &ROLES.map(|role| format!("{role} = \"red\"")).join("\n")),
            "my.toml:3: background must be dark or light; it says \"blue\"",
        ),
        (theme("", "pass = \"red\""), "my.toml:1: \"background\" is missing"),
        (
            theme(
                "background = \"dark\"",
                &ROLES[2..].iter().map(|role| format!("{role} = \"red\"\n")).collect::<String>(),
            ),
            "my.toml:4: no colour for text, muted; give one, or begin from another theme: inherits = \"dark\"",
        ),
    ];
    for (text, wanted) in cases {
        let (themes, errors) = with_themes(&[("my.toml", &text)]);
        assert_eq!(errors, [wanted]);
        assert_eq!(themes.len(), THEMES.len());
    }
}

#[test]
fn themes_that_inherit_from_each_other_are_refused_and_ours_stay() {
    let theme = |id: &str, from: &str| format!("id = \"{id}\"\ntitle = \"{id}\"\ninherits = \"{from}\"\n");
    let (themes, errors) =
        with_themes(&[("a.toml", &theme("a", "b")), ("b.toml", &theme("b", "a")), ("c.toml", &theme("c", "a"))]);
    assert_eq!(
        errors,
        [
            "a.toml:3: inherits in a circle: a → b → a",
            "b.toml:3: inherits in a circle: b → a → b",
            "c.toml:3: inherits in a circle: c → a → b → a",
        ]
    );
    assert_eq!(themes.len(), THEMES.len());
}
