//! One theme file: what it must hold.

use std::collections::BTreeMap;

use super::CatalogError;
use super::checklist::is_kebab;
use super::closest::did_you_mean;
use super::error::quoted;
use super::files::Text;
use super::reader::{At, Fields, Reader};
use crate::model::theme::ROLES;

const THEME_KEYS: [&str; 5] = ["id", "title", "background", "inherits", "roles"];

/// The names of the 16 colours that every terminal has, drawn as the user's terminal defines them.
pub const ANSI_COLOURS: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "gray",
    "dark-gray",
    "light-red",
    "light-green",
    "light-yellow",
    "light-blue",
    "light-magenta",
    "light-cyan",
    "white",
];

/// Whether `text` names a colour: `#rrggbb`, one of [`ANSI_COLOURS`], or `default` for the terminal's own.
#[must_use]
pub fn is_colour(text: &str) -> bool {
    text == "default"
        || ANSI_COLOURS.contains(&text)
        || text.strip_prefix('#').is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// A theme as its file has it, before what it inherits is filled in.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) file: String,
    pub(super) id: String,
    pub(super) title: String,
    pub(super) background: Option<String>,
    pub(super) inherits: Option<At<String>>,
    pub(super) roles: BTreeMap<String, String>,
    pub(super) id_line: u32,
    pub(super) roles_line: u32,
}

/// Reads and validates one file.
pub(super) fn parse(text: &Text) -> Result<Draft, Vec<CatalogError>> {
    let mut reader = Reader::new(text, false);
    let draft = reader.parse(&text.text).and_then(|table| draft(&mut reader, &Fields::of_file(table.get_ref()), text));
    match (draft, reader.into_errors()) {
        (Some(draft), errors) if errors.is_empty() => Ok(draft),
        (_, errors) => Err(errors),
    }
}

fn draft(reader: &mut Reader<'_>, file: &Fields<'_>, text: &Text) -> Option<Draft> {
    file.only(reader, &THEME_KEYS);
    let id = file.text(reader, "id");
    if let Some(id) = &id
        && !is_kebab(&id.value)
    {
        let said = quoted(&id.value);
        file.say(reader, id.line, &format!("\"id\" is lower-case words joined by hyphens; it says {said}"));
    }
    let title = file.text(reader, "title");
    let inherits = file.optional_text(reader, "inherits");
    let background = match inherits {
        Some(_) => file.optional_text(reader, "background"),
        None => file.text(reader, "background"),
    };
    if let Some(background) = &background
        && !matches!(background.value.as_str(), "dark" | "light")
    {
        let said = quoted(&background.value);
        file.say(reader, background.line, &format!("background must be dark or light; it says {said}"));
    }
    let table = file.table(reader, "roles");
    let roles_line = table.as_ref().map_or(file.line, |table| table.line);
    let roles = table.map(|table| roles(reader, &table)).unwrap_or_default();
    let At { line, value: id } = id?;
    Some(Draft {
        file: text.name.clone(),
        id,
        title: title?.value,
        background: background.map(|background| background.value),
        inherits,
        roles,
        id_line: line,
        roles_line,
    })
}

fn roles(reader: &mut Reader<'_>, table: &Fields<'_>) -> BTreeMap<String, String> {
    table.only(reader, &ROLES);
    let mut roles = BTreeMap::new();
    for (role, colour) in table.all_texts(reader) {
        if is_colour(&colour) {
            roles.insert(role.value, colour);
        } else {
            let near = did_you_mean(&colour, ANSI_COLOURS.into_iter().chain(["default"]));
            let reason = format!(
                "{} is no colour{near}; give \"#rrggbb\", \"default\", or one of {}",
                quoted(&colour),
                ANSI_COLOURS.join(", ")
            );
            reader.say(role.line, format!("{}: {reason}", role.value));
        }
    }
    roles
}
