//! Themes as terminal styles, and the glyph and word of every state.
//!
//! Colour only supports what a glyph and a word say already, so everything still reads without it.

use std::collections::BTreeMap;
use std::str::FromStr;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

use crate::model::{Decision, Poll, Severity, Standing, Status, Theme, Verdict, escape};

/// A style for each role that the screens draw with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Styles {
    /// What people read.
    pub text: Style,
    /// What stands back: hints, line numbers, counts.
    pub muted: Style,
    /// Everything behind.
    pub background: Style,
    /// Rules between panes.
    pub border: Style,
    /// The accent: the pane in use, keys, headings.
    pub focus: Style,
    /// The row in hand.
    pub selection: Style,
    /// Names of things.
    pub title: Style,
    /// Passing, go.
    pub pass: Style,
    /// Failing, no-go.
    pub fail: Style,
    /// Not known.
    pub unknown: Style,
    /// Not applicable.
    pub not_applicable: Style,
    /// Accepted.
    pub accepted: Style,
    /// Code and other evidence.
    pub code: Style,
    /// The line of code that matters.
    pub marked: Style,
}

impl Styles {
    /// The styles of a theme; without colours when `no_color` is set or there is no theme.
    #[must_use]
    pub fn new(theme: Option<&Theme>, no_color: bool) -> Self {
        let plain = Style::new();
        let nothing = BTreeMap::new();
        let roles = match theme {
            Some(theme) if !no_color => &theme.roles,
            _ => &nothing,
        };
        let coloured = !roles.is_empty();
        let fg = |role: &str| color(roles, role).map_or(plain, |color| plain.fg(color));
        let background = color(roles, "background").map_or(plain, |color| plain.bg(color));
        let selection = match color(roles, "selection") {
            Some(color) if coloured => plain.bg(color),
            _ => plain.add_modifier(Modifier::REVERSED),
        };
        Self {
            text: fg("text"),
            muted: fg("muted"),
            background,
            border: fg("border"),
            focus: fg("focus").add_modifier(Modifier::BOLD),
            selection,
            title: fg("title").add_modifier(Modifier::BOLD),
            pass: fg("pass"),
            fail: fg("fail"),
            unknown: fg("unknown"),
            not_applicable: fg("not-applicable"),
            accepted: fg("accepted"),
            code: fg("code"),
            marked: fg("marked").add_modifier(Modifier::BOLD),
        }
    }
}

fn color(roles: &BTreeMap<String, String>, role: &str) -> Option<Color> {
    match roles.get(role).map(String::as_str) {
        None => None,
        Some("default") => Some(Color::Reset),
        // The catalog has refused what is no colour; should one slip through, the terminal's own is the safe choice.
        Some(name) => Some(Color::from_str(name).unwrap_or(Color::Reset)),
    }
}

/// A state as it is shown: glyph, word, style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// One character.
    pub glyph: &'static str,
    /// The word beside it.
    pub word: &'static str,
    /// Its colour.
    pub style: Style,
}

impl Styles {
    /// How an item's status is shown.
    #[must_use]
    pub const fn status(&self, status: &Status) -> Mark {
        match status {
            Status::Pass => Mark { glyph: "✓", word: "pass", style: self.pass },
            Status::Fail => Mark { glyph: "✗", word: "fail", style: self.fail },
            Status::Unknown => Mark { glyph: "?", word: "unknown", style: self.unknown },
            Status::NotApplicable => Mark { glyph: "~", word: "not applicable", style: self.not_applicable },
            Status::Accepted(_) => Mark { glyph: "!", word: "accepted", style: self.accepted },
        }
    }

    /// How a section's answer in the poll is shown.
    #[must_use]
    pub const fn poll(&self, poll: Poll) -> Mark {
        match poll {
            Poll::Go => Mark { glyph: "✓", word: "go", style: self.pass },
            Poll::NoGo => Mark { glyph: "✗", word: "no-go", style: self.fail },
            Poll::Unknown => Mark { glyph: "?", word: "unknown", style: self.unknown },
        }
    }

    /// How the project's verdict is shown.
    #[must_use]
    pub const fn decision(&self, decision: Decision) -> Mark {
        let (glyph, style) = match decision {
            Decision::Go => ("✓", self.pass),
            Decision::NoGo => ("✗", self.fail),
            Decision::GoWithAcceptedRisks => ("!", self.accepted),
        };
        Mark { glyph, word: decision.title(), style }
    }

    /// How something that a server does stands.
    #[must_use]
    pub const fn standing(&self, standing: Standing) -> Mark {
        match standing {
            Standing::Bad => Mark { glyph: "✗", word: "wrong", style: self.fail },
            Standing::Weak => Mark { glyph: "–", word: "weak", style: self.unknown },
            Standing::Unknown => Mark { glyph: "?", word: "not seen", style: self.unknown },
            Standing::Neutral => Mark { glyph: "•", word: "noted", style: self.muted },
            Standing::Good => Mark { glyph: "✓", word: "good", style: self.pass },
        }
    }

    /// The colour of a grade from A+ to F; T and M stand for a certificate that browsers refuse.
    #[must_use]
    pub fn grade(&self, grade: &str) -> Style {
        match grade.bytes().next() {
            Some(b'A') => self.pass,
            Some(b'B' | b'C') => self.unknown,
            Some(b'D'..=b'F' | b'T' | b'M') => self.fail,
            _ => self.muted,
        }
    }

    /// The colour of a severity's word.
    #[must_use]
    pub const fn severity(&self, severity: Severity) -> Style {
        match severity {
            Severity::Blocker => self.fail.add_modifier(Modifier::BOLD),
            Severity::Major => self.unknown,
            Severity::Minor => self.muted,
        }
    }
}

/// What a verdict has beside its status, with words: stale evidence, a person against a probe.
#[must_use]
pub const fn extras(verdict: &Verdict) -> &'static str {
    match (verdict.stale, verdict.conflict) {
        (true, true) => "* stale ⇄ conflict",
        (true, false) => "* stale",
        (false, true) => "⇄ conflict",
        (false, false) => "",
    }
}

/// Turns everything that was drawn into ASCII, cell by cell. Done once on the finished frame so that no pane can
/// forget it.
pub fn fold_to_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !cell.symbol().is_ascii() {
            let folded = cell.symbol().chars().next().map_or('?', escape::ascii);
            cell.set_char(folded);
        }
    }
}
