//! Checklists of users: joined to ours, in place of ours, broken.

use std::fs;

use gonogo::catalog::{self, CHECKLISTS, Loaded};
use gonogo::model::Checklist;

use super::{complaints, folder, named_rules, without_folder};

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

fn with(files: &[(&str, &str)]) -> Loaded<Checklist> {
    catalog::checklists(&[], Some(folder("checklists", files).path()), &named_rules())
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
    ];
    for (old, new, wanted) in cases {
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
