//! What each action does in the views.

use super::go::{self, Step};
use super::{Request, dependencies, offers, queries, web};
use crate::model::{Finding, Fingerprint, Item, ItemId, Location, ProbeId, Reply, Status};
use crate::session::{Command, Session};
use crate::tui::keymap::{Action, Scope, TABLE};
use crate::tui::modal::{AcceptForm, Choice, FilterBefore, Modal, NoteDialog, Picker, Prompt, Then};
use crate::tui::plain;
use crate::tui::ui_state::{Pane, Ui, View, Within};

/// Carries out an action of the views.
pub(super) fn carry_out(ui: &mut Ui, session: &Session, action: Action) -> Vec<Request> {
    match action {
        Action::Up => go::step(ui, session, Step::Rows(-1)),
        Action::Down => go::step(ui, session, Step::Rows(1)),
        Action::PageUp => go::step(ui, session, Step::Pages(-1)),
        Action::PageDown => go::step(ui, session, Step::Pages(1)),
        Action::First => go::step(ui, session, Step::First),
        Action::Last => go::step(ui, session, Step::Last),
        Action::Left => go::pane(ui, -1, false),
        Action::Right => go::pane(ui, 1, false),
        Action::PreviousPane => go::pane(ui, -1, true),
        Action::NextPane => go::pane(ui, 1, true),
        Action::Open => return open(ui, session),
        Action::Back => back(ui, session),
        Action::Filter => filter(ui),
        Action::Palette => palette(ui, session),
        Action::Help => ui.modals.push(Modal::Help(0)),
        Action::Checklist => go::view(ui, View::Checklist),
        Action::Findings => go::view(ui, View::Findings),
        Action::Database => go::view(ui, View::Database),
        Action::Web => go::view(ui, View::Web),
        Action::Dependencies => go::view(ui, View::Dependencies),
        Action::Report => go::view(ui, View::Report),
        Action::Settle => return settle(ui, session),
        Action::Answer => with_item(ui, session, answer),
        Action::Note => with_item(ui, session, |ui, session, item| {
            let note = session.entry(&item.id).note.as_deref().unwrap_or_default();
            ui.modals.push(Modal::Note(Box::new(NoteDialog::new(item.id.clone(), note))));
        }),
        Action::Accept => with_item(ui, session, accept),
        Action::Undo => return vec![Request::Do(Command::Undo)],
        Action::Redo => return vec![Request::Do(Command::Redo)],
        Action::Examine => offers::open(ui, session),
        Action::Run => return run(ui, session),
        Action::RunQuery => return queries::run(ui, session),
        Action::RunAll => return vec![Request::Do(Command::RunAll)],
        Action::Edit => return edit(ui, session),
        Action::Browse => return browse(ui, session),
        Action::Copy => return copy(ui, session),
        Action::Migration if ui.view == View::Dependencies => return dependencies::copy_way_out(ui, session),
        Action::Migration => return queries::migration(ui, session),
        Action::Prompt => return prompt(ui, session),
        Action::Export => ui.modals.push(Modal::Prompt(Box::new(Prompt::export()))),
        Action::Theme => ui.flash = Some(ui.dress.put_on_next()),
        Action::Quit => return vec![Request::Quit],
        Action::Submit | Action::Save | Action::Close | Action::NextField | Action::PreviousField => {}
    }
    Vec::new()
}

/// The item in hand, where an item is in hand.
fn item<'a>(ui: &Ui, session: &'a Session) -> Option<&'a Item> {
    let id = (ui.view == View::Checklist).then_some(ui.checklist.items.selected.as_ref()).flatten()?;
    session.item(id)
}

/// The finding in hand, where a finding is in hand.
fn finding<'a>(ui: &Ui, session: &'a Session) -> Option<&'a Finding> {
    let print = (ui.view == View::Findings).then_some(ui.findings.list.selected.as_ref()).flatten()?;
    ui.index.finding(session, print)
}

fn with_item(ui: &mut Ui, session: &Session, then: impl FnOnce(&mut Ui, &Session, &Item)) {
    match item(ui, session) {
        Some(item) => then(ui, session, item),
        None => ui.flash = Some("Select an item of the checklist first: press 1".to_owned()),
    }
}

fn open(ui: &mut Ui, session: &Session) -> Vec<Request> {
    match ui.focus() {
        Pane::Sections | Pane::Items | Pane::Findings | Pane::Queries | Pane::Sites | Pane::Packages => {
            go::pane(ui, 1, false);
        }
        Pane::Item => {
            let Some(item) = item(ui, session) else { return Vec::new() };
            let findings = session.verdict(&item.id).map(|verdict| verdict.findings.as_slice()).unwrap_or_default();
            let choices: Vec<Choice> = findings.iter().filter_map(|print| finding_choice(ui, session, print)).collect();
            return pick(ui, session, "Findings against this item", choices, "No finding speaks against this item");
        }
        Pane::Finding => {
            let Some(finding) = finding(ui, session) else { return Vec::new() };
            let choices = session.items_about(&finding.rule).map(item_choice).collect();
            return pick(
                ui,
                session,
                "Items that this finding fails",
                choices,
                "No item of the checklist asks about this",
            );
        }
        Pane::Query => {
            let Some(query) = queries::in_hand(ui, session) else { return Vec::new() };
            let findings = session.findings_about(query).into_iter();
            let choices = findings.filter_map(|finding| finding_choice(ui, session, &finding.fingerprint)).collect();
            return pick(ui, session, "Findings about this query", choices, "No finding speaks against this query");
        }
        Pane::Site => {
            let choices = web::findings(ui).iter().filter_map(|print| finding_choice(ui, session, print)).collect();
            return pick(ui, session, "What is wrong here", choices, "No finding speaks against this");
        }
        Pane::Package => {
            let prints = dependencies::findings(ui).iter();
            let choices = prints.filter_map(|print| finding_choice(ui, session, print)).collect();
            return pick(ui, session, "What is known against it", choices, "No finding speaks against this");
        }
        Pane::Report => {}
    }
    Vec::new()
}

/// Lets the user choose; where there is one choice only, it is taken at once, and where there is none, that is said.
pub(super) fn pick(ui: &mut Ui, session: &Session, title: &str, mut choices: Vec<Choice>, none: &str) -> Vec<Request> {
    match choices.len() {
        0 => {
            ui.flash = Some(none.to_owned());
            Vec::new()
        }
        1 => choices.pop().map(|choice| follow(ui, session, choice.then)).unwrap_or_default(),
        _ => {
            ui.modals.push(Modal::Picker(Picker::fuzzy(title, choices)));
            Vec::new()
        }
    }
}

fn item_choice(item: &Item) -> Choice {
    Choice::new(item.title.clone(), item.id.to_string(), Then::Item(item.id.clone()))
}

fn finding_choice(ui: &Ui, session: &Session, print: &Fingerprint) -> Option<Choice> {
    let finding = ui.index.finding(session, print)?;
    Some(Choice::new(finding.message.clone(), finding.location.to_string(), Then::Finding(print.clone())))
}

fn back(ui: &mut Ui, session: &Session) {
    let filtered = match ui.view {
        View::Checklist => !ui.checklist.filter.value().is_empty(),
        View::Findings => !ui.findings.filter.value().is_empty(),
        View::Database => !ui.database.filter.value().is_empty(),
        View::Web => !ui.web.filter.value().is_empty(),
        View::Dependencies => !ui.dependencies.filter.value().is_empty(),
        View::Report => false,
    };
    match ui.focus() {
        Pane::Item | Pane::Finding | Pane::Query | Pane::Site | Pane::Package => go::pane(ui, -1, false),
        _ if filtered => match ui.view {
            View::Checklist => ui.checklist.filter.reset(),
            View::Database => ui.database.filter.reset(),
            View::Web => ui.web.filter.reset(),
            View::Dependencies => ui.dependencies.filter.reset(),
            _ => ui.findings.filter.reset(),
        },
        Pane::Items => go::pane(ui, -1, false),
        Pane::Findings | Pane::Queries | Pane::Sites | Pane::Packages | Pane::Report => {
            go::view(ui, View::Checklist);
        }
        Pane::Sections if session.running() => {
            let running = session.runs().iter().filter(|run| run.running().is_some()).map(|run| run.meta.title);
            let about = format!(
                "Running: {}. What a stopped probe saw in an earlier full run stays; a first run leaves its items unknown.",
                running.collect::<Vec<_>>().join(", ")
            );
            let ask = Picker::confirm("Stop the running probes?", about, "Yes, stop them", Then::CancelAll);
            ui.modals.push(Modal::Picker(ask));
        }
        Pane::Sections => {}
    }
}

fn filter(ui: &mut Ui) {
    match ui.view {
        View::Checklist => {
            let before = FilterBefore {
                text: ui.checklist.filter.value().to_owned(),
                within: ui.checklist.sections.selected.replace(Within::Everything),
            };
            ui.checklist.focus = Pane::Items;
            ui.modals.push(Modal::Filter(before));
        }
        View::Findings => {
            ui.findings.focus = Pane::Findings;
            let before = FilterBefore { text: ui.findings.filter.value().to_owned(), within: None };
            ui.modals.push(Modal::Filter(before));
        }
        View::Database => {
            ui.database.focus = Pane::Queries;
            let before = FilterBefore { text: ui.database.filter.value().to_owned(), within: None };
            ui.modals.push(Modal::Filter(before));
        }
        View::Web => {
            ui.web.focus = Pane::Sites;
            let before = FilterBefore { text: ui.web.filter.value().to_owned(), within: None };
            ui.modals.push(Modal::Filter(before));
        }
        View::Dependencies => {
            ui.dependencies.focus = Pane::Packages;
            let before = FilterBefore { text: ui.dependencies.filter.value().to_owned(), within: None };
            ui.modals.push(Modal::Filter(before));
        }
        View::Report => ui.flash = Some("The report is not filtered; press 1 to 5 first".to_owned()),
    }
}

fn palette(ui: &mut Ui, session: &Session) {
    let views = TABLE.iter().filter(|entry| entry.scope == Scope::Views);
    let mut choices: Vec<Choice> = views
        .filter(|entry| entry.group != "Move" || matches!(entry.action, Action::Filter | Action::Help))
        .map(|entry| Choice::new(entry.about, ui.keymap.hint(entry.action), Then::Do(entry.action)))
        .collect();
    choices.extend(session.items().map(item_choice));
    choices.extend(ui.index.all_findings().iter().filter_map(|print| finding_choice(ui, session, print)));
    let queries = session.database().map(|report| report.queries.as_slice()).unwrap_or_default();
    choices.extend(queries.iter().map(queries::choice));
    choices.extend(web::choices(session));
    choices.extend(dependencies::choices(session));
    let title = "Find a command, an item, a finding, a query, a site or a package";
    ui.modals.push(Modal::Picker(Picker::fuzzy(title, choices)));
}

fn settle(ui: &mut Ui, session: &Session) -> Vec<Request> {
    let Some(item) = item(ui, session) else {
        with_item(ui, session, |_, _, _| {});
        return Vec::new();
    };
    let reply = match session.entry(&item.id).answer.as_ref().map(|answer| answer.reply) {
        None => Some(Reply::Yes),
        Some(Reply::Yes) => Some(Reply::No),
        Some(Reply::No) => Some(Reply::NotApplicable),
        Some(Reply::NotApplicable) => None,
    };
    vec![Request::Do(Command::Answer { item: item.id.clone(), reply })]
}

fn answer(ui: &mut Ui, session: &Session, item: &Item) {
    let given = session.entry(&item.id).answer.as_ref().map(|answer| answer.reply);
    let choice =
        |key, label: &str, reply| Choice::hot(key, label, key.to_string(), Then::Answer(item.id.clone(), reply));
    let mut picker = Picker::new(
        item.title.clone(),
        item.ask.clone(),
        vec![
            choice('y', "Yes", Some(Reply::Yes)),
            choice('n', "No", Some(Reply::No)),
            choice('x', "Not applicable to this project", Some(Reply::NotApplicable)),
            choice('c', "No answer", None),
        ],
    );
    picker.at = match given {
        None | Some(Reply::Yes) => 0,
        Some(Reply::No) => 1,
        Some(Reply::NotApplicable) => 2,
    };
    ui.modals.push(Modal::Picker(picker));
}

fn accept(ui: &mut Ui, session: &Session, item: &Item) {
    let accepted = session.entry(&item.id).acceptance.is_some();
    let status = session.verdict(&item.id).map(|verdict| &verdict.status);
    if accepted {
        let choices = vec![
            Choice::hot('c', "Change it", "c", Then::Acceptance(item.id.clone())),
            Choice::hot('w', "Withdraw it", "w", Then::Withdraw(item.id.clone())),
        ];
        ui.modals.push(Modal::Picker(Picker::new("This risk was accepted", item.title.clone(), choices)));
    } else if matches!(status, Some(Status::Pass | Status::NotApplicable)) {
        ui.flash = Some("There is no risk to accept: nothing speaks against this item".to_owned());
    } else {
        acceptance(ui, session, &item.id);
    }
}

fn acceptance(ui: &mut Ui, session: &Session, item: &ItemId) {
    let before = session.entry(item).acceptance.as_ref();
    ui.modals.push(Modal::Accept(Box::new(AcceptForm::new(item.clone(), before))));
}

fn run(ui: &mut Ui, session: &Session) -> Vec<Request> {
    let all = |probes: Vec<ProbeId>| {
        let runs = session.runs().iter().filter(|run| probes.contains(&run.meta.id));
        runs.map(|run| Choice::new(run.meta.title, run.meta.about, Then::Run(run.meta.id.clone()))).collect::<Vec<_>>()
    };
    let choices = match ui.view {
        View::Checklist => all(item(ui, session).map(|item| probes_of(session, item)).unwrap_or_default()),
        View::Findings => all(finding(ui, session).map(|finding| finding.probe.clone()).into_iter().collect()),
        View::Database => all(session.database_run().map(|run| run.meta.id.clone()).into_iter().collect()),
        View::Web => all(session.web_run().map(|run| run.meta.id.clone()).into_iter().collect()),
        View::Dependencies => all(session.dependencies_run().map(|run| run.meta.id.clone()).into_iter().collect()),
        View::Report => all(session.runs().iter().map(|run| run.meta.id.clone()).collect()),
    };
    pick(ui, session, "Run which probe again?", choices, "No probe looks at this; only a person can answer it")
}

/// The probes that have a rule which speaks to an item.
fn probes_of(session: &Session, item: &Item) -> Vec<ProbeId> {
    let speaks = |rule: &str| item.fails_on.iter().chain(&item.proved_by).any(|known| known.as_str() == rule);
    let runs = session.runs().iter().filter(|run| run.meta.rules.iter().any(|rule| speaks(rule.id)));
    runs.map(|run| run.meta.id.clone()).collect()
}

/// The places that what is in hand points at.
fn locations<'a>(ui: &Ui, session: &'a Session) -> Vec<(&'a Location, &'a str)> {
    if let Some(finding) = finding(ui, session) {
        return vec![(&finding.location, finding.message.as_str())];
    }
    let Some(verdict) = item(ui, session).and_then(|item| session.verdict(&item.id)) else { return Vec::new() };
    let findings = verdict.findings.iter().filter_map(|print| ui.index.finding(session, print));
    let proofs = verdict.proofs.iter().filter_map(|print| ui.index.proof(session, print));
    findings
        .map(|finding| (&finding.location, finding.message.as_str()))
        .chain(proofs.map(|proof| (&proof.location, proof.message.as_str())))
        .collect()
}

fn edit(ui: &mut Ui, session: &Session) -> Vec<Request> {
    if ui.view == View::Database {
        let choices = queries::in_hand(ui, session).map(queries::places).unwrap_or_default();
        return pick(ui, session, "Open which place?", choices, "No line of the code is known to send this query");
    }
    if ui.view == View::Web {
        let choices = web::places(ui, session);
        return pick(ui, session, "Open which place?", choices, "No line of the project is known to set these headers");
    }
    if ui.view == View::Dependencies {
        let choices = once_each(dependencies::places(ui, session).into_iter());
        return pick(ui, session, "Open which place?", choices, "Select a package first");
    }
    let places = locations(ui, session).into_iter().filter_map(|(location, message)| {
        let then = Then::Edit(location.path()?.to_owned(), location.line());
        Some(Choice::new(plain::place(location), message, then))
    });
    let choices = once_each(places);
    pick(ui, session, "Open which place?", choices, "Nothing here points into a file")
}

fn browse(ui: &mut Ui, session: &Session) -> Vec<Request> {
    let urls = locations(ui, session).into_iter().filter_map(|(location, _)| match location {
        Location::Url { url } => Some((url.clone(), "the address that was examined")),
        _ => None,
    });
    let mut links: Vec<(String, &str)> = urls.collect();
    if let Some(item) = item(ui, session) {
        links.extend(item.references.iter().map(|url| (url.clone(), "what the item refers to")));
    }
    links.extend(web::links(ui, session));
    links.extend(dependencies::links(ui, session));
    let about = match queries::in_hand(ui, session) {
        Some(query) => session.findings_about(query),
        None => finding(ui, session).into_iter().collect(),
    };
    for finding in about {
        let rule = plain::rule(session, &finding.rule);
        let references = rule.map(|rule| rule.references).unwrap_or_default();
        links.extend(references.iter().map(|url| ((*url).to_owned(), "what the rule refers to")));
    }
    let links = links.into_iter().filter(|(url, _)| url.starts_with("https://") || url.starts_with("http://"));
    let choices = once_each(links.map(|(url, about)| Choice::new(url.clone(), about, Then::Browse(url))));
    pick(ui, session, "Open which link?", choices, "Nothing here has a link")
}

fn once_each(choices: impl Iterator<Item = Choice>) -> Vec<Choice> {
    let mut kept: Vec<Choice> = Vec::new();
    for choice in choices {
        if kept.iter().all(|other| other.then != choice.then) {
            kept.push(choice);
        }
    }
    kept
}

fn copy(ui: &mut Ui, session: &Session) -> Vec<Request> {
    if let Some(text) = web::text(ui, session).or_else(|| dependencies::text(ui, session)) {
        return copied(ui, text);
    }
    let query = queries::in_hand(ui, session).zip(session.database());
    let text = match (finding(ui, session), item(ui, session), query) {
        (Some(finding), _, _) => plain::finding(finding),
        (None, Some(item), _) => plain::item(ui, session, item),
        (None, None, Some((query, report))) => plain::query(query, report),
        (None, None, None) => {
            ui.flash = Some("Select a finding, an item, a query, a site or a package first".to_owned());
            return Vec::new();
        }
    };
    copied(ui, text)
}

fn copied(ui: &mut Ui, text: String) -> Vec<Request> {
    ui.flash = Some("Copied, if your terminal allows programs to use the clipboard".to_owned());
    vec![Request::Copy(text)]
}

/// A prompt for the finding in hand; for an item or a query, for one of the findings against it.
fn prompt(ui: &mut Ui, session: &Session) -> Vec<Request> {
    if let Some(finding) = finding(ui, session) {
        return vec![Request::Prompt(finding.fingerprint.clone())];
    }
    let (prints, none) = if let Some(query) = queries::in_hand(ui, session) {
        let findings = session.findings_about(query);
        let prints = findings.into_iter().map(|finding| finding.fingerprint.clone()).collect();
        (prints, "No finding speaks against this query")
    } else if ui.view == View::Web && ui.web.list.selected.is_some() {
        (web::findings(ui).to_vec(), "No finding speaks against this")
    } else if ui.view == View::Dependencies && ui.dependencies.list.selected.is_some() {
        (dependencies::findings(ui).to_vec(), "No finding speaks against this")
    } else if let Some(item) = item(ui, session) {
        let prints = session.verdict(&item.id).map(|verdict| verdict.findings.clone()).unwrap_or_default();
        (prints, "No finding speaks against this item")
    } else {
        ui.flash = Some("Select a finding, an item, a query, a site or a package first".to_owned());
        return Vec::new();
    };
    let choices: Vec<Choice> = prints
        .iter()
        .filter_map(|print| finding_choice(ui, session, print))
        .zip(&prints)
        .map(|(choice, print)| Choice { then: Then::Prompt(print.clone()), ..choice })
        .collect();
    pick(ui, session, "Copy a prompt that fixes which finding?", choices, none)
}

/// Does what a choice leads to.
pub(super) fn follow(ui: &mut Ui, session: &Session, then: Then) -> Vec<Request> {
    match then {
        Then::Nothing => {}
        Then::Discard => {
            ui.modals.pop();
        }
        Then::Do(action) => return carry_out(ui, session, action),
        Then::Item(item) => go::item(ui, session, &item),
        Then::Finding(print) => go::finding(ui, session, &print),
        Then::Query(id) => go::query(ui, session, &id),
        Then::Web(row) => go::web(ui, session, &row),
        Then::Dependency(row) => go::dependency(ui, session, &row),
        Then::Copy(text) => return copied(ui, text),
        Then::Prompt(print) => return vec![Request::Prompt(print)],
        Then::Answer(item, reply) => return vec![Request::Do(Command::Answer { item, reply })],
        Then::Acceptance(item) => acceptance(ui, session, &item),
        Then::Withdraw(item) => return vec![Request::Do(Command::Accept { item, draft: None })],
        Then::AskToExamine(examination) => offers::ask(ui, session, examination),
        Then::Examine(what) => {
            return vec![Request::Do(Command::Allow { probe: what.probe, target: what.target })];
        }
        Then::TypeAddress => ui.modals.push(Modal::Prompt(Box::new(Prompt::address()))),
        Then::Run(probe) => return vec![Request::Do(Command::Run(probe))],
        Then::CancelAll => return vec![Request::Do(Command::CancelAll)],
        Then::Edit(path, line) => return vec![Request::Edit(path, line)],
        Then::Browse(url) => return vec![Request::Do(Command::Open(url))],
    }
    Vec::new()
}
