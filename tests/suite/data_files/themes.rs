//! Themes: ours can be read by everybody, users' are checked.

use gonogo::catalog::{self, THEMES, is_colour};
use gonogo::model::Theme;
use gonogo::model::theme::ROLES;

use super::{complaints, folder, without_folder};

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
