//! What surrounds the panes: the header, the line of notices, the keys.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use crate::model::{Outcome, ProbeId, Progress};
use crate::session::{ProbeRun, Session, Tone};
use crate::tui::keymap::{self, Action};
use crate::tui::layout::{Layout, is_narrow};
use crate::tui::plain;
use crate::tui::style::Styles;
use crate::tui::ui_state::{Pane, Ui, View};
use crate::tui::update::waits;
use crate::tui::widgets::{canvas, text};

/// Cells of a probe's bar.
const BAR: u64 = 8;

/// Draws project, verdict, views and what is running.
pub fn header(
    ui: &Ui,
    session: &Session,
    progress: &BTreeMap<ProbeId, Progress>,
    layout: &Layout,
    buffer: &mut Buffer,
) {
    let styles = &ui.dress.styles;
    let area = Rect { x: layout.header.x + 1, width: layout.header.width.saturating_sub(2), ..layout.header };
    let counts = session.counts();
    let decision = styles.decision(session.decision());
    let mut right = vec![Span::styled(
        format!("{} {}", decision.glyph, decision.word),
        decision.style.add_modifier(Modifier::BOLD),
    )];
    let detail = |words: String| Span::styled(format!(" · {words}"), styles.text);
    if area.width >= 44 {
        right.push(detail(plain::count(counts.blockers, "blocker")));
    }
    if area.width >= 62 {
        right.push(detail(format!("{}/{} settled", counts.settled(), counts.items)));
    }
    let taken: usize = right.iter().map(Span::width).sum();
    let room = usize::from(area.width).saturating_sub(taken + 2);
    let name = text::fit(&session.project().name, room);
    let left = room.saturating_sub(text::width(&name) + 2);
    let stack = session.project().stack.join(", ");
    let mut spans = vec![Span::styled(name, styles.title)];
    if left > 6 && !stack.is_empty() {
        spans.push(Span::styled(format!("  {}", text::fit(&stack, left)), styles.muted));
    }
    canvas::both_ends(buffer, area, 0, &Line::from(spans), &Line::from(right));
    if layout.header.height < 2 {
        return;
    }
    for (view, area) in &layout.tabs {
        let title = if is_narrow(ui.size.width) { view.short_title() } else { view.title() };
        let number = ui.keymap.hint(action_of(*view));
        let style = if *view == ui.view { styles.focus.add_modifier(Modifier::UNDERLINED) } else { styles.text };
        let line = Line::from(vec![
            Span::styled(text::fit(&number, 1), styles.muted),
            Span::raw(" "),
            Span::styled(title, style),
        ]);
        canvas::line(buffer, *area, 0, &line);
    }
    let from = layout.tabs.last().map_or(area.x, |(_, tab)| tab.right() + 2);
    let rest = Rect { x: from, y: area.y + 1, width: area.right().saturating_sub(from), height: 1 };
    let activity = activity(ui, session, progress, usize::from(rest.width));
    canvas::both_ends(buffer, rest, 0, &Line::default(), &activity);
}

const fn action_of(view: View) -> Action {
    match view {
        View::Checklist => Action::Checklist,
        View::Findings => Action::Findings,
        View::Database => Action::Database,
        View::Web => Action::Web,
        View::Dependencies => Action::Dependencies,
        View::Report => Action::Report,
    }
}

/// What is running, each with its bar as far as there is room; else how the runs ended.
fn activity(ui: &Ui, session: &Session, progress: &BTreeMap<ProbeId, Progress>, room: usize) -> Line<'static> {
    let styles = &ui.dress.styles;
    let mut spans = Vec::new();
    if !session.all_saved() {
        spans.push(Span::styled("saving…", styles.unknown));
    }
    let running: Vec<_> = session.runs().iter().filter(|run| run.running().is_some()).collect();
    // With the gap to what follows.
    let mut taken = if spans.is_empty() { 0 } else { spans.iter().map(Span::width).sum::<usize>() + 3 };
    if running.is_empty() {
        let done = session.runs().iter().filter(|run| matches!(run.outcome(), Some(Outcome::Completed(_)))).count();
        let waiting = session.runs().iter().filter(|run| waits(run)).count();
        let failed = session.runs().iter().filter_map(|run| run.outcome()).filter(|outcome| outcome.failed()).count();
        let all = session.runs().len();
        let part = |count: usize, what: &str| if count > 0 { format!(", {count} {what}") } else { String::new() };
        let failed = part(failed, "failed");
        let forms = [
            format!("{done} of {all} probes done{failed}{}", part(waiting, "for you to allow")),
            format!("{done} of {all} done{failed}{}", part(waiting, "to allow")),
            format!("{done}/{all} done{failed}{}", part(waiting, "to allow")),
            // Where there is room for one thing, it is what somebody must do.
            format!("{failed}{}", part(waiting, "to allow")).trim_start_matches(", ").to_owned(),
        ];
        if let Some(words) = forms.into_iter().find(|words| text::width(words) + taken <= room) {
            separate(&mut spans, 0);
            spans.insert(0, Span::styled(words, styles.muted));
        }
        return Line::from(spans);
    }
    let mut shown = 0;
    for run in &running {
        let forms = [(at_work(styles, run, progress, true), ROOM_FOR_MORE), (at_work(styles, run, progress, false), 6)];
        let fits = |(probe, more): &(Vec<Span<'_>>, usize)| {
            let wide: usize = probe.iter().map(Span::width).sum();
            let more = if shown + 1 < running.len() { *more } else { 0 };
            taken + wide + more <= room
        };
        let Some((probe, _)) = forms.into_iter().find(fits) else { break };
        taken += probe.iter().map(Span::width).sum::<usize>() + 3;
        separate(&mut spans, 0);
        spans.splice(0..0, probe);
        shown += 1;
    }
    let hidden = running.len() - shown;
    if hidden > 0 {
        separate(&mut spans, 0);
        let words = match shown {
            0 => format!("{hidden} running"),
            _ if taken + ROOM_FOR_MORE <= room + 3 => format!("+{hidden} more"),
            _ => format!("+{hidden}"),
        };
        spans.insert(0, Span::styled(words, styles.muted));
    }
    Line::from(spans)
}

/// Columns for the count of those that are not shown.
const ROOM_FOR_MORE: usize = 10;

/// A probe at work: with its bar, or in a few words.
fn at_work(styles: &Styles, run: &ProbeRun, progress: &BTreeMap<ProbeId, Progress>, roomy: bool) -> Vec<Span<'static>> {
    let mut probe = vec![Span::styled(format!("{} ", run.meta.title), styles.text)];
    match progress.get(&run.meta.id) {
        Some(Progress { done, total: Some(total), .. }) if *total > 0 => {
            let done = (*done).min(*total);
            if roomy {
                let full = usize::try_from(done * BAR / total).unwrap_or(0);
                let empty = usize::try_from(BAR).unwrap_or(0).saturating_sub(full);
                probe.push(Span::styled("█".repeat(full), styles.focus));
                probe.push(Span::styled("░".repeat(empty), styles.border));
                probe.push(Span::raw(" "));
            }
            probe.push(Span::styled(format!("{:>3}%", done * 100 / total), styles.muted));
        }
        Some(Progress { doing, .. }) if roomy && !doing.is_empty() => {
            probe.push(Span::styled(text::fit(doing, 24), styles.muted));
        }
        _ => probe.push(Span::styled(if roomy { "starting" } else { "…" }, styles.muted)),
    }
    probe
}

fn separate(spans: &mut Vec<Span<'static>>, at: usize) {
    if !spans.is_empty() {
        spans.insert(at, Span::raw("   "));
    }
}

/// Draws what the user should know now: what just happened, else what could be examined.
pub fn notice(ui: &Ui, session: &Session, area: Rect, buffer: &mut Buffer) {
    let styles = &ui.dress.styles;
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let width = usize::from(area.width);
    let line = if let Some(flash) = &ui.flash {
        Line::styled(text::fit(flash, width), styles.text)
    } else if let Some(notice) = session.notice().filter(|notice| {
        // A problem stays until something else is done; the rest has been read once a key is pressed.
        notice.tone == Tone::Problem || session.noticed_at() > ui.read_until
    }) {
        let (lead, style) = match notice.tone {
            Tone::Info => ("", styles.text),
            Tone::Problem => ("✗ ", styles.fail),
        };
        Line::styled(format!("{lead}{}", text::fit(&notice.text, width.saturating_sub(lead.len()))), style)
    } else {
        offer(ui, session, width)
    };
    canvas::line(buffer, area, 0, &line);
}

fn offer(ui: &Ui, session: &Session, width: usize) -> Line<'static> {
    let styles = &ui.dress.styles;
    let key = ui.keymap.hint(Action::Examine);
    let mut offers = session.open_offers();
    let words = match offers.next() {
        Some(offer) => {
            let more = offers.count();
            let others = if more > 0 { format!(" ({more} more)") } else { String::new() };
            let (place, target) = (&offer.found_in, &offer.shown);
            let forms = [
                format!("found {place} → {target}{others}: press {key} to examine it, read-only"),
                format!("found {place} → {target}{others}: {key} examines it, read-only"),
                format!("press {key} to examine {target}, read-only"),
            ];
            let fitting = forms.iter().find(|form| text::width(form) <= width).or(forms.last());
            fitting.cloned().unwrap_or_default()
        }
        None => match session.runs().iter().find(|run| waits(run)) {
            Some(run) => format!("{} waits for your yes: press {key}", run.meta.title),
            None => String::new(),
        },
    };
    Line::styled(text::fit(&words, width), styles.focus.remove_modifier(Modifier::BOLD))
}

/// Draws the keys that matter most in the pane in use, as many as there is room for.
pub fn footer(ui: &Ui, area: Rect, buffer: &mut Buffer) {
    let styles = &ui.dress.styles;
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let always = hints(ui, &[Action::Help, Action::Quit]);
    let wide = |spans: &[Span<'_>]| spans.iter().map(Span::width).sum::<usize>();
    let mut room = usize::from(area.width).saturating_sub(wide(&always) + 2);
    let mut left = Vec::new();
    for action in useful(ui.focus()) {
        let hint = hints(ui, &[*action]);
        let needed = wide(&hint) + 2;
        if needed > room {
            break;
        }
        room -= needed;
        left.extend(hint);
        left.push(Span::styled("  ", styles.muted));
    }
    canvas::both_ends(buffer, area, 0, &Line::from(left), &Line::from(always));
}

fn hints(ui: &Ui, actions: &[Action]) -> Vec<Span<'static>> {
    let styles = &ui.dress.styles;
    let mut spans = Vec::new();
    for action in actions {
        if !spans.is_empty() {
            spans.push(Span::raw("  "));
        }
        let short = keymap::entry(*action).map(|entry| entry.short).unwrap_or_default();
        spans.push(Span::styled(ui.keymap.hint(*action), styles.focus));
        spans.push(Span::styled(format!(" {short}"), styles.muted));
    }
    spans
}

const fn useful(pane: Pane) -> &'static [Action] {
    use Action as A;
    match pane {
        Pane::Sections => {
            &[A::Open, A::NextPane, A::Filter, A::Palette, A::Examine, A::RunAll, A::Undo, A::Export, A::Theme]
        }
        Pane::Items => &[
            A::Settle,
            A::Answer,
            A::Note,
            A::Accept,
            A::Filter,
            A::Palette,
            A::Open,
            A::Undo,
            A::Run,
            A::Examine,
            A::Export,
            A::Theme,
        ],
        Pane::Item => &[
            A::Settle,
            A::Answer,
            A::Note,
            A::Edit,
            A::Open,
            A::Back,
            A::Accept,
            A::Browse,
            A::Prompt,
            A::Copy,
            A::Undo,
            A::Run,
            A::Palette,
        ],
        Pane::Findings => {
            &[A::Open, A::Edit, A::Prompt, A::Copy, A::Filter, A::Palette, A::Run, A::Browse, A::NextPane, A::Back]
        }
        Pane::Finding => &[A::Edit, A::Prompt, A::Copy, A::Open, A::Back, A::Browse, A::Run, A::Palette],
        Pane::Queries => &[
            A::Open,
            A::RunQuery,
            A::Migration,
            A::Edit,
            A::Filter,
            A::Run,
            A::Prompt,
            A::Copy,
            A::Palette,
            A::NextPane,
            A::Back,
        ],
        Pane::Query => {
            &[A::Edit, A::Migration, A::RunQuery, A::Prompt, A::Copy, A::Open, A::Back, A::Browse, A::Run, A::Palette]
        }
        Pane::Sites => {
            &[A::Open, A::Filter, A::Run, A::Examine, A::Browse, A::Prompt, A::Copy, A::Palette, A::NextPane, A::Back]
        }
        Pane::Site => {
            &[A::Open, A::Down, A::PageDown, A::Back, A::Browse, A::Edit, A::Prompt, A::Copy, A::Run, A::Palette]
        }
        Pane::Packages => {
            &[A::Open, A::Migration, A::Edit, A::Filter, A::Run, A::Prompt, A::Copy, A::Palette, A::NextPane, A::Back]
        }
        Pane::Package => {
            &[A::Migration, A::Edit, A::Browse, A::Prompt, A::Copy, A::Open, A::Back, A::Down, A::Run, A::Palette]
        }
        Pane::Report => &[A::Export, A::Down, A::PageDown, A::Back, A::Palette],
    }
}
