//! `explain`, `rules`, `checklists`, `themes`: what there is and what it means.

use std::io::{self, Write};

use jiff::Timestamp;
use serde_json::json;

use super::{all_rules, exit};
use crate::cli::ListFormat;
use crate::model::{Checklist, Item, ProbeId, RuleKind, RuleMeta, Theme};
use crate::probe::dependencies::store::EcosystemStatus;

type Code = anyhow::Result<u8>;

/// Explains one rule or item.
pub(super) fn explain(id: &str, format: ListFormat, checklists: &[Checklist], out: &mut dyn Write) -> Code {
    let items = || checklists.iter().flat_map(|list| &list.items);
    if let Some((probe, rule)) = all_rules().find(|(_, rule)| rule.id == id) {
        let about: Vec<&Item> =
            items().filter(|item| item.fails_on.iter().chain(&item.proved_by).any(|of| of.as_str() == id)).collect();
        match format {
            ListFormat::Json => print_json(&rule_json(probe, rule), out)?,
            ListFormat::Text => rule_text(probe, rule, &about, out)?,
        }
    } else if let Some(item) = items().find(|item| item.id.as_str() == id) {
        match format {
            ListFormat::Json => print_json(&serde_json::to_value(item)?, out)?,
            ListFormat::Text => item_text(item, out)?,
        }
    } else {
        anyhow::bail!("there is no rule or item \"{id}\"; see `gonogo rules` and `gonogo checklists`");
    }
    Ok(exit::GO)
}

/// Lists every rule.
pub(super) fn rules(format: ListFormat, out: &mut dyn Write) -> Code {
    match format {
        ListFormat::Json => {
            let rules: Vec<_> = all_rules().map(|(probe, rule)| rule_json(probe, rule)).collect();
            print_json(&json!(rules), out)?;
        }
        ListFormat::Text => {
            let mut last = None;
            for (probe, rule) in all_rules() {
                if last != Some(probe) {
                    let gap = if last.is_some() { "\n" } else { "" };
                    writeln!(out, "{gap}{probe}")?;
                    last = Some(probe);
                }
                writeln!(out, "  {:<32} {:<8} {}", rule.id, weight(rule), rule.title)?;
            }
        }
    }
    Ok(exit::GO)
}

/// Lists every checklist with its items.
pub(super) fn checklists(format: ListFormat, lists: &[Checklist], out: &mut dyn Write) -> Code {
    match format {
        ListFormat::Json => print_json(&serde_json::to_value(lists)?, out)?,
        ListFormat::Text => {
            for list in lists {
                writeln!(out, "{} — {}: {}", list.id, list.title, list.summary)?;
                for section in &list.sections {
                    writeln!(out, "\n  {}", section.title)?;
                    for item in list.items.iter().filter(|item| item.section == section.id) {
                        writeln!(out, "    {:<8} {:<44} {}", item.severity.word(), item.id, item.title)?;
                    }
                }
                writeln!(out)?;
            }
        }
    }
    Ok(exit::GO)
}

/// Lists every theme.
pub(super) fn themes(format: ListFormat, themes: &[Theme], out: &mut dyn Write) -> Code {
    match format {
        ListFormat::Json => print_json(&serde_json::to_value(themes)?, out)?,
        ListFormat::Text => {
            for theme in themes {
                writeln!(out, "{:<16} {} (for a {} background)", theme.id, theme.title, theme.background)?;
            }
        }
    }
    Ok(exit::GO)
}

/// Says what advisories have been imported.
pub(super) fn advisories(as_json: bool, known: &[EcosystemStatus], now: Timestamp, out: &mut dyn Write) -> Code {
    let days = |status: &EcosystemStatus| status.age(now).map(|age| age.as_hours() / 24);
    if as_json {
        let all: Vec<_> = (known.iter())
            .map(|status| {
                json!({
                    "ecosystem": status.ecosystem.to_string(),
                    "advisories": status.advisories,
                    "newest": status.newest,
                    "age_days": days(status),
                    "broken": status.broken.as_ref().map(ToString::to_string),
                })
            })
            .collect();
        print_json(&json!(all), out)?;
    } else if known.is_empty() {
        writeln!(out, "Nothing has been imported yet; run `gonogo advisories update`.")?;
    } else {
        for status in known {
            if let Some(error) = &status.broken {
                writeln!(out, "{:<12} unusable: {error}", status.ecosystem.to_string())?;
                continue;
            }
            let age = days(status).map_or("of unknown age".to_owned(), |days| format!("{days} days old"));
            writeln!(out, "{:<12} {:>8} advisories, {age}", status.ecosystem.to_string(), status.advisories)?;
        }
    }
    Ok(exit::GO)
}

const fn weight(rule: &RuleMeta) -> &'static str {
    match rule.kind {
        RuleKind::Finding => rule.severity.word(),
        RuleKind::Proof => "proof",
    }
}

fn rule_json(probe: &ProbeId, rule: &RuleMeta) -> serde_json::Value {
    let mut value = json!(rule);
    if let Some(object) = value.as_object_mut() {
        object.insert("probe".to_owned(), json!(probe));
    }
    value
}

fn rule_text(probe: &ProbeId, rule: &RuleMeta, about: &[&Item], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} — {}\n{} probe, {}\n\n{}", rule.id, rule.title, probe, weight(rule), rule.what)?;
    writeln!(out, "\nWhy it matters\n  {}", rule.why)?;
    if !rule.fix.is_empty() {
        writeln!(out, "\nWhat to do\n  {}", rule.fix)?;
    }
    if !rule.example.is_empty() {
        writeln!(out, "\nExample\n{}", indented(rule.example))?;
    }
    if !about.is_empty() {
        writeln!(out, "\nChecklist items")?;
        for item in about {
            writeln!(out, "  {} — {}", item.id, item.title)?;
        }
    }
    references(rule.references.iter().copied(), out)
}

fn item_text(item: &Item, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} — {}\n{}\n", item.id, item.title, item.severity.word())?;
    writeln!(
        out,
        "Why it matters\n  {}\n\nHow to verify\n  {}\n\nWhat to do\n  {}\n\nThe question\n  {}",
        item.why, item.how, item.fix, item.ask
    )?;
    for (title, rules) in [("Fails on", &item.fails_on), ("Proved by", &item.proved_by)] {
        if !rules.is_empty() {
            let names: Vec<&str> = rules.iter().map(crate::model::RuleId::as_str).collect();
            writeln!(out, "\n{title}: {}", names.join(", "))?;
        }
    }
    if !item.applies_when.is_empty() {
        writeln!(out, "Asked when the project has: {}", item.applies_when.join(", "))?;
    }
    writeln!(out, "An answer or proof stays good for {} days.", item.max_age_days)?;
    references(item.references.iter().map(String::as_str), out)
}

fn references<'a>(all: impl Iterator<Item = &'a str>, out: &mut dyn Write) -> io::Result<()> {
    // The rest are numbers of the articles that the checklists come from; they mean nothing to a reader.
    let all: Vec<&str> = all.filter(|reference| reference.starts_with("http")).collect();
    if all.is_empty() { Ok(()) } else { writeln!(out, "\nMore: {}", all.join(", ")) }
}

fn indented(text: &str) -> String {
    text.trim_matches('\n').lines().map(|line| format!("  {line}").trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn print_json(value: &serde_json::Value, out: &mut dyn Write) -> anyhow::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)?;
    Ok(())
}
