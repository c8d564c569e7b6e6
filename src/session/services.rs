//! One question for every service that the app depends on: what happens when it fails?
//!
//! The questions are made from what the probes saw and not from a checklist file. Answers are kept under their ids like
//! all others, so one that goes and comes back finds its answer again.

use super::Session;
use crate::model::{Cell, Checklist, ExternalService, Item, ItemId, Outcome, Severity};

/// The number of the acceptance list that asks what happens when each external service fails.
const ASKS: &str = "F29";

/// Days that an answer about a service stays good.
const MAX_AGE_DAYS: u32 = 120;

/// The longest name that leaves a title short enough for a row.
const NAME_CHARS: usize = 30;

impl Session {
    /// Every service that the last runs saw the code depend on.
    pub fn services(&self) -> impl Iterator<Item = &ExternalService> {
        self.runs.iter().filter_map(|run| run.outcome()).flat_map(|outcome| match outcome {
            Outcome::Completed(examined) => examined.services.as_slice(),
            _ => &[],
        })
    }

    /// The service that a question is about.
    #[must_use]
    pub fn service(&self, item: &ItemId) -> Option<&ExternalService> {
        let slug = item.as_str().strip_prefix("services.")?;
        self.services().find(|service| service.slug == slug)
    }

    /// Makes the questions anew.
    pub(super) fn ask_about_services(&mut self) {
        let section = section(&self.checklists);
        let written = |id: &ItemId| self.checklists.iter().flat_map(|list| &list.items).any(|item| item.id == *id);
        let mut asked: Vec<Item> = Vec::new();
        if let Some(section) = section {
            for service in self.services() {
                if !written(&service.item()) && !asked.iter().any(|item| item.id == service.item()) {
                    asked.push(item(service, section));
                }
            }
        }
        self.asked_about_services = asked;
    }
}

/// The section that speaks most of what happens when services fail; none if no checklist does.
fn section(checklists: &[Checklist]) -> Option<&str> {
    let mut best: Option<(&str, usize)> = None;
    for list in checklists {
        for section in &list.sections {
            let asks = |item: &&Item| item.section == section.id && item.covers.iter().any(|number| number == ASKS);
            let count = list.items.iter().filter(asks).count();
            if count > best.map_or(0, |(_, most)| most) {
                best = Some((&section.id, count));
            }
        }
    }
    best.map(|(section, _)| section)
}

fn item(service: &ExternalService, section: &str) -> Item {
    let name: String = service.name.chars().take(NAME_CHARS).collect();
    let (subject, inside) =
        if service.slug == "database" { ("The database", "the database") } else { (&*name, &*name) };
    Item {
        id: service.item(),
        section: section.to_owned(),
        title: format!("It is known what happens when {inside} fails"),
        severity: Severity::Major,
        why: format!(
            "{subject} will be slow, refuse or be gone one day, and then your users see whatever the code happens to do. Where nobody has decided that, it is a page that never loads, a bare error, or a success that never was."
        ),
        how: format!(
            "Point the app at an address that never answers in place of {inside}, then at one that answers with errors, and use it as your users do. Watch for five things: does the call end, is it tried again, is the error caught, what do users get instead, and does somebody hear of it?"
        ),
        fix: "Set a time limit, repeat what may be repeated with growing pauses, catch what is left, show users something true (what you have cached, a message, a queue), and report it where somebody reads it.".to_owned(),
        ask: format!(
            "What happens when {inside} fails? Is it so that users get a clear message or something instead, the rest goes on, and you hear of it?"
        ),
        fails_on: Vec::new(),
        proved_by: Vec::new(),
        applies_when: Vec::new(),
        max_age_days: MAX_AGE_DAYS,
        covers: vec![ASKS.to_owned()],
        references: Vec::new(),
    }
}

/// What the code says about a service, as one sentence without its stop.
pub(super) fn known(service: &ExternalService) -> String {
    let (asked, said): (Vec<_>, Vec<_>) = service.cells().into_iter().partition(|(_, cell)| **cell == Cell::Asked);
    let names = |cells: &[(&str, &Cell)]| cells.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let said: Vec<String> = said.iter().map(|(name, cell)| format!("{name} {}", cell.words())).collect();
    match (said.is_empty(), asked.is_empty()) {
        (true, _) => format!("the code does not say, and nobody has answered yet: {}", names(&asked)),
        (false, true) => format!("from the code: {}; nobody has answered yet", said.join(", ")),
        (false, false) => format!("from the code: {}; asked: {}", said.join(", "), names(&asked)),
    }
}
