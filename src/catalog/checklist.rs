//! One checklist file: what it must hold.

use std::collections::BTreeSet;

use super::closest::did_you_mean;
use super::error::quoted;
use super::files::Text;
use super::reader::{At, Fields, Reader};
use super::{CatalogError, KnownRules, TRAITS};
use crate::model::{Checklist, Item, ItemId, RuleId, RuleKind, Section, Severity};

/// The longest title that fits beside its mark in 80 columns.
const TITLE_CHARS: usize = 60;

/// Ten years; an answer that never ages would be green for ever.
const MOST_DAYS: u32 = 3_650;

const LIST_KEYS: [&str; 5] = ["id", "title", "summary", "sections", "items"];
const SECTION_KEYS: [&str; 3] = ["id", "title", "summary"];
const ITEM_KEYS: [&str; 14] = [
    "id",
    "section",
    "title",
    "severity",
    "why",
    "how",
    "fix",
    "ask",
    "fails_on",
    "proved_by",
    "applies_when",
    "max_age_days",
    "covers",
    "references",
];

/// A checklist with the lines that messages about it may need.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) file: String,
    pub(super) asked_for: bool,
    pub(super) checklist: Checklist,
    pub(super) id_line: u32,
    /// In the order of the sections.
    pub(super) section_lines: Vec<u32>,
    /// In the order of the items.
    pub(super) item_lines: Vec<u32>,
}

/// Reads and validates one file.
pub(super) fn parse(text: &Text, rules: &KnownRules<'_>, asked_for: bool) -> Result<Parsed, Vec<CatalogError>> {
    let mut reader = Reader::new(text, asked_for);
    let parsed = reader.parse(&text.text).and_then(|table| {
        let file = Fields::of_file(table.get_ref());
        checklist(&mut reader, &file, rules).map(|(checklist, id_line, section_lines, item_lines)| Parsed {
            file: text.name.clone(),
            asked_for,
            checklist,
            id_line,
            section_lines,
            item_lines,
        })
    });
    match (parsed, reader.into_errors()) {
        (Some(parsed), errors) if errors.is_empty() => Ok(parsed),
        (_, errors) => Err(errors),
    }
}

type Lines = Vec<u32>;

fn checklist(
    reader: &mut Reader<'_>,
    file: &Fields<'_>,
    rules: &KnownRules<'_>,
) -> Option<(Checklist, u32, Lines, Lines)> {
    file.only(reader, &LIST_KEYS);
    let id = file.text(reader, "id");
    if let Some(id) = &id
        && !is_kebab(&id.value)
    {
        file.say(reader, id.line, &kebab_wanted("id", &id.value));
    }
    let title = title(reader, file);
    let summary = file.text(reader, "summary");
    let sections = sections(reader, file);
    let items = items(reader, file, rules, &sections);
    for (section, line) in &sections {
        if !items.iter().any(|(item, _)| item.section == section.id) {
            // An empty section would answer "go" with nothing behind it.
            reader.say(*line, format!("section {}: no item belongs to it", quoted(&section.id)));
        }
    }
    let (sections, section_lines) = sections.into_iter().unzip();
    let (items, item_lines) = items.into_iter().unzip();
    let At { line, value: id } = id?;
    Some((Checklist { id, title: title?, summary: summary?.value, sections, items }, line, section_lines, item_lines))
}

fn sections(reader: &mut Reader<'_>, file: &Fields<'_>) -> Vec<(Section, u32)> {
    let mut sections: Vec<(Section, u32)> = Vec::new();
    for fields in file.tables(reader, "sections") {
        let id = fields.text(reader, "id");
        let fields = fields.labelled("section", id.as_ref());
        fields.only(reader, &SECTION_KEYS);
        let title = title(reader, &fields);
        let summary = fields.text(reader, "summary");
        let Some(id) = id else { continue };
        if !is_kebab(&id.value) {
            fields.say(reader, id.line, &kebab_wanted("id", &id.value));
        }
        if let Some((_, first)) = sections.iter().find(|(section, _)| section.id == id.value) {
            let first = *first;
            fields.say(reader, id.line, &format!("this id is already taken in line {first}"));
        }
        // A section with a mistake in it is still known, so that its items draw no complaints of their own.
        let section = Section {
            id: id.value,
            title: title.unwrap_or_default(),
            summary: summary.map(|summary| summary.value).unwrap_or_default(),
        };
        sections.push((section, id.line));
    }
    sections
}

fn items(
    reader: &mut Reader<'_>,
    file: &Fields<'_>,
    rules: &KnownRules<'_>,
    sections: &[(Section, u32)],
) -> Vec<(Item, u32)> {
    let mut items: Vec<(Item, u32)> = Vec::new();
    let mut known = BTreeSet::new();
    for fields in file.tables(reader, "items") {
        let id = fields.text(reader, "id");
        let fields = fields.labelled("item", id.as_ref());
        fields.only(reader, &ITEM_KEYS);
        let line = id.as_ref().map_or(fields.line, |id| id.line);
        if let Some(id) = &id
            && !known.insert(id.value.clone())
        {
            fields.say(reader, id.line, "this id is already taken further up in this file");
        }
        items.push((item(reader, &fields, id.as_ref(), rules, sections), line));
    }
    items
}

/// An item with the mistakes in it noted; what is missing is left empty, since the file is refused then.
fn item(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    id: Option<&At<String>>,
    rules: &KnownRules<'_>,
    sections: &[(Section, u32)],
) -> Item {
    let mut text = |key: &str| fields.text(reader, key).map(|text| text.value).unwrap_or_default();
    let (why, how, fix, ask) = (text("why"), text("how"), text("fix"), text("ask"));
    Item {
        id: ItemId::from(id.map_or("", |id| id.value.as_str())),
        section: section_of(reader, fields, id, sections),
        title: title(reader, fields).unwrap_or_default(),
        severity: severity(reader, fields),
        why,
        how,
        fix,
        ask,
        fails_on: rules_of(reader, fields, "fails_on", RuleKind::Finding, rules),
        proved_by: rules_of(reader, fields, "proved_by", RuleKind::Proof, rules),
        applies_when: traits(reader, fields),
        max_age_days: fields.count(reader, "max_age_days", MOST_DAYS).unwrap_or(1),
        covers: covers(reader, fields),
        references: references(reader, fields),
    }
}

fn title(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<String> {
    let title = fields.text(reader, "title")?;
    let chars = title.value.chars().count();
    if chars > TITLE_CHARS {
        fields.say(reader, title.line, &format!("the title has {chars} characters; at most {TITLE_CHARS} fit"));
    }
    Some(title.value)
}

fn section_of(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    id: Option<&At<String>>,
    sections: &[(Section, u32)],
) -> String {
    let Some(At { line, value: section }) = fields.text(reader, "section") else { return String::new() };
    let known = || sections.iter().map(|(section, _)| section.id.as_str());
    if !known().any(|known| known == section) {
        let near = did_you_mean(&section, known());
        fields.say(reader, line, &format!("there is no section {} in this file{near}", quoted(&section)));
    } else if let Some(id) = id
        && !id.value.strip_prefix(section.as_str()).and_then(|rest| rest.strip_prefix('.')).is_some_and(is_kebab)
    {
        let reason = format!("an id here is \"{section}.\" and then lower-case words joined by hyphens");
        fields.say(reader, id.line, &reason);
    }
    section
}

fn severity(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Severity {
    let Some(word) = fields.text(reader, "severity") else { return Severity::Blocker };
    let severities = [Severity::Blocker, Severity::Major, Severity::Minor];
    severities.into_iter().find(|severity| severity.word() == word.value).unwrap_or_else(|| {
        let said = quoted(&word.value);
        fields.say(reader, word.line, &format!("severity must be blocker, major or minor; it says {said}"));
        Severity::Blocker
    })
}

fn rules_of(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    key: &str,
    kind: RuleKind,
    rules: &KnownRules<'_>,
) -> Vec<RuleId> {
    let named = fields.texts(reader, key);
    for At { line, value } in &named {
        let reason = match rules.get(value.as_str()) {
            Some(known) if *known == kind => continue,
            // A proof among the rules that fail an item would pass it by never being found.
            Some(RuleKind::Proof) => {
                format!("{key} names {}, which is a proof; it belongs in proved_by", quoted(value))
            }
            Some(RuleKind::Finding) => {
                format!("{key} names {}, which is a finding; it belongs in fails_on", quoted(value))
            }
            None => {
                let near = did_you_mean(value, rules.iter().filter(|(_, of)| **of == kind).map(|(id, _)| *id));
                format!("{key} names the rule {}, which does not exist{near}", quoted(value))
            }
        };
        fields.say(reader, *line, &reason);
    }
    named.into_iter().map(|rule| RuleId::from(rule.value)).collect()
}

fn traits(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Vec<String> {
    let named = fields.texts(reader, "applies_when");
    for At { line, value } in &named {
        if !TRAITS.contains(&value.as_str()) {
            let near = did_you_mean(value, TRAITS);
            let reason = format!("applies_when names {}, which no project can be{near}", quoted(value));
            fields.say(reader, *line, &format!("{reason}; there are {}", TRAITS.join(", ")));
        }
    }
    named.into_iter().map(|name| name.value).collect()
}

fn covers(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Vec<String> {
    let named = fields.texts(reader, "covers");
    for At { line, value } in &named {
        let number = value.strip_prefix(['C', 'F']).and_then(|digits| digits.parse::<u8>().ok());
        if number.is_none() {
            fields.say(
                reader,
                *line,
                &format!("covers holds numbers such as \"C4\" or \"F18\", not {}", quoted(value)),
            );
        }
    }
    named.into_iter().map(|number| number.value).collect()
}

/// Links are opened from the screen, so they must be what they seem.
fn references(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Vec<String> {
    let named = fields.texts(reader, "references");
    for At { line, value } in &named {
        let plain = value.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '`' | '\\'));
        let host = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://"));
        if !plain || host.is_none_or(str::is_empty) {
            fields.say(
                reader,
                *line,
                &format!("references holds web addresses that begin with https://, not {}", quoted(value)),
            );
        }
    }
    named.into_iter().map(|link| link.value).collect()
}

fn kebab_wanted(key: &str, value: &str) -> String {
    format!("\"{key}\" is lower-case words joined by hyphens, such as \"my-list\"; it says {}", quoted(value))
}

/// Lower-case letters and digits, in words joined by single hyphens.
pub(super) fn is_kebab(id: &str) -> bool {
    id.len() <= 60
        && id
            .split('-')
            .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}
