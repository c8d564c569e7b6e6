//! What is done with the package or the lock files in hand.

use std::fmt::Write as _;

use super::Request;
use super::actions::pick;
use crate::model::{Fingerprint, LinesCome, Uses, VulnerablePackage, WayOutStep};
use crate::session::Session;
use crate::tui::modal::{Choice, Then};
use crate::tui::plain;
use crate::tui::ui_state::{DependencyRow, Ui, View};

/// The row in hand, where one is in hand.
fn in_hand(ui: &Ui) -> Option<&DependencyRow> {
    (ui.view == View::Dependencies).then_some(ui.dependencies.list.selected.as_ref()).flatten()
}

fn package<'a>(ui: &Ui, session: &'a Session) -> Option<&'a VulnerablePackage> {
    let row = in_hand(ui)?;
    session.dependencies()?.vulnerable.iter().find(|package| DependencyRow::of(package) == *row)
}

/// What speaks against the row in hand.
pub(super) fn findings(ui: &Ui) -> &[Fingerprint] {
    in_hand(ui).map(|row| ui.index.findings_about_package(row)).unwrap_or_default()
}

/// Every vulnerable package, and the lock files, as choices.
pub(super) fn choices(session: &Session) -> Vec<Choice> {
    let Some(report) = session.dependencies() else { return Vec::new() };
    let packages = report.vulnerable.iter().map(|package| {
        let aside =
            package.way_out.version.as_ref().map(|to| format!("package → {to}")).unwrap_or("package".to_owned());
        let label = format!("{} {}", package.name, package.version);
        Choice::new(label, aside, Then::Dependency(DependencyRow::of(package)))
    });
    let locks = (!report.locks.is_empty()).then(|| {
        let aside = plain::count(report.locks.len(), "lock file");
        Choice::new("Every lock file that was read", aside, Then::Dependency(DependencyRow::LockFiles))
    });
    packages.chain(locks).collect()
}

/// Where the package in hand is asked for, used and locked; for the lock files, each of them.
pub(super) fn places(ui: &Ui, session: &Session) -> Vec<Choice> {
    let edit = |path: &str, line: Option<u32>, about: &str| {
        let shown = line.map_or_else(|| path.to_owned(), |line| format!("{path}:{line}"));
        Choice::new(shown, about, Then::Edit(path.to_owned(), line))
    };
    if in_hand(ui) == Some(&DependencyRow::LockFiles) {
        let locks = session.dependencies().map(|report| report.locks.as_slice()).unwrap_or_default();
        return locks.iter().map(|lock| edit(&lock.path, None, &lock.manager)).collect();
    }
    let Some(package) = package(ui, session) else { return Vec::new() };
    let asked = package.ways_in.iter().filter_map(|way| way.first());
    let asked = asked.filter_map(|step| step.asked_in.as_ref().map(|place| (place, &step.name)));
    let mut choices: Vec<Choice> =
        asked.map(|((path, line), name)| edit(path, *line, &format!("asks for {name}"))).collect();
    match &package.uses {
        Uses::Imported { package, places, .. } => {
            let about = format!("imports {package}");
            choices.extend(places.iter().map(|(path, line)| edit(path, Some(*line), &about)));
        }
        Uses::Named { package, place: (path, line) } => {
            choices.push(edit(path, Some(*line), &format!("names {package}")));
        }
        Uses::NotImported | Uses::Unknown { .. } | Uses::NotExamined => {}
    }
    choices.push(edit(&package.lock, Some(package.line), "locks it"));
    choices
}

/// The pages of the advisories against the package in hand.
pub(super) fn links(ui: &Ui, session: &Session) -> Vec<(String, &'static str)> {
    let Some(package) = package(ui, session) else { return Vec::new() };
    let pages = package.advisories.iter().flat_map(|advisory| advisory.references.iter().take(3));
    pages.map(|url| (url.clone(), "what the advisory refers to")).collect()
}

/// Copies what mends the package in hand.
pub(super) fn copy_way_out(ui: &mut Ui, session: &Session) -> Vec<Request> {
    let Some(package) = package(ui, session) else {
        ui.flash = Some("Select a package first".to_owned());
        return Vec::new();
    };
    let way = &package.way_out;
    let mut choices = Vec::new();
    if !way.commands.is_empty() {
        let hint = if way.first.is_empty() { "type it" } else { "once the first step is done" };
        choices.push(Choice::new(way.commands.join(" && "), hint, Then::Copy(way.commands.join("\n") + "\n")));
    }
    if let Some((file, lines)) = &way.lines {
        let hint = match way.lines_come {
            LinesCome::First => "add them",
            LinesCome::IfCommandsDoNotHelp => "if the commands do not help",
        };
        let place = if way.place.is_empty() { String::new() } else { format!(", {}", way.place) };
        choices.push(Choice::new(format!("Lines for {file}{place}"), hint, Then::Copy(lines.clone())));
    }
    pick(ui, session, "Copy which?", choices, "There is nothing to type for this package; its page says what to do")
}

/// What matters of the row in hand, as text for the clipboard.
pub(super) fn text(ui: &Ui, session: &Session) -> Option<String> {
    let Some(package) = package(ui, session) else {
        in_hand(ui)?;
        let mut text = String::new();
        for lock in &session.dependencies()?.locks {
            let _ = writeln!(
                text,
                "{} ({}): {} packages, {} direct, {} for development only",
                lock.path, lock.manager, lock.packages, lock.direct, lock.development
            );
        }
        return Some(text);
    };
    let mut text = format!("{} {} ({}:{})\n", package.name, package.version, package.lock, package.line);
    for way in &package.ways_in {
        let steps: Vec<String> = way.iter().map(|step| format!("{} {}", step.name, step.version)).collect();
        let _ = writeln!(text, "{}", steps.join(" → "));
    }
    for advisory in &package.advisories {
        let severity = advisory.severity.map(|severity| format!(" ({})", severity.word())).unwrap_or_default();
        let _ = writeln!(text, "- {}{severity}: {}", advisory.known_as, advisory.summary);
    }
    let _ = writeln!(text, "{}", package.way_out.words);
    for step in package.way_out.steps() {
        let words = step.words();
        let _ = match step {
            WayOutStep::Write { lines, .. } => writeln!(text, "{words}\n{lines}"),
            WayOutStep::Type(_) => writeln!(text, "  {words}"),
            WayOutStep::First(_) | WayOutStep::Or | WayOutStep::Then(_) => writeln!(text, "{words}"),
        };
    }
    Some(text)
}
