//! What can lie over the views. The last one opened gets the keys.

use jiff::civil::Date;
use ratatui_textarea::{TextArea, WrapMode};
use tui_input::Input;

use super::keymap::Action;
use super::ui_state::{DependencyRow, WebRow, Within};
use super::widgets::list;
use crate::model::{Acceptance, Fingerprint, ItemId, OfferTarget, ProbeId, Reply, escape};
use crate::session::AcceptanceDraft;

/// One thing over the views.
#[derive(Debug)]
pub enum Modal {
    /// Every key; scrolled by so many rows.
    Help(usize),
    /// A choice: palette, answers, places, yes or no.
    Picker(Picker),
    /// A note of several lines.
    Note(Box<NoteDialog>),
    /// Accepting a risk.
    Accept(Box<AcceptForm>),
    /// One line of text.
    Prompt(Box<Prompt>),
    /// The filter of the list in use, typed in the line of notices.
    Filter(FilterBefore),
}

/// What stood before a filter was typed, for Esc.
#[derive(Debug)]
pub struct FilterBefore {
    /// The filter.
    pub text: String,
    /// The section in hand.
    pub within: Option<Within>,
}

/// What a choice leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    /// Nothing; the dialog closes.
    Nothing,
    /// As if its key were pressed.
    Do(Action),
    /// Shows an item.
    Item(ItemId),
    /// Shows a finding.
    Finding(Fingerprint),
    /// Shows a query.
    Query(String),
    /// Shows a site, a server or the requests.
    Web(WebRow),
    /// Shows a package or the lock files.
    Dependency(DependencyRow),
    /// Copies a text.
    Copy(String),
    /// Copies a prompt that fixes a finding.
    Prompt(Fingerprint),
    /// Closes the dialog below as well, with what was typed there.
    Discard,
    /// Answers an item.
    Answer(ItemId, Option<Reply>),
    /// Opens the form of an acceptance.
    Acceptance(ItemId),
    /// Withdraws an acceptance.
    Withdraw(ItemId),
    /// Asks whether a probe may examine something.
    AskToExamine(Examination),
    /// Lets a probe examine something.
    Examine(Examination),
    /// Asks for an address or a connection string.
    TypeAddress,
    /// Runs a probe again.
    Run(ProbeId),
    /// Stops every probe.
    CancelAll,
    /// Opens a place in the editor.
    Edit(String, Option<u32>),
    /// Opens an address in the browser.
    Browse(String),
}

/// Something that a probe would examine with the user's consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examination {
    /// The probe.
    pub probe: ProbeId,
    /// What it would look at; `None`: what it is set to already.
    pub target: Option<OfferTarget>,
    /// For people, without secrets.
    pub shown: String,
}

/// One row of a picker.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The key that takes it at once, where nothing is typed.
    pub hot: Option<char>,
    /// What it is.
    pub label: String,
    /// What stands at the right edge.
    pub aside: String,
    /// What it leads to.
    pub then: Then,
}

impl Choice {
    /// A choice.
    pub fn new(label: impl Into<String>, aside: impl Into<String>, then: Then) -> Self {
        Self { hot: None, label: label.into(), aside: aside.into(), then }
    }

    /// A choice with a key of its own.
    pub fn hot(key: char, label: impl Into<String>, aside: impl Into<String>, then: Then) -> Self {
        Self { hot: Some(key), ..Self::new(label, aside, then) }
    }
}

/// A list to choose from.
#[derive(Debug)]
pub struct Picker {
    /// Its title.
    pub title: String,
    /// A paragraph above the choices; may be empty.
    pub about: String,
    /// What is typed to narrow the choices; `None`: nothing can be typed.
    pub input: Option<Input>,
    /// Every choice.
    pub choices: Vec<Choice>,
    /// The choices that match, best first.
    pub shown: Vec<usize>,
    /// The row in hand.
    pub at: usize,
    /// The first row that is shown.
    pub offset: usize,
}

impl Picker {
    /// A list of a few choices.
    pub fn new(title: impl Into<String>, about: impl Into<String>, choices: Vec<Choice>) -> Self {
        let shown = (0..choices.len()).collect();
        Self { title: title.into(), about: about.into(), input: None, choices, shown, at: 0, offset: 0 }
    }

    /// A list that typing narrows.
    pub fn fuzzy(title: impl Into<String>, choices: Vec<Choice>) -> Self {
        Self { input: Some(Input::default()), ..Self::new(title, "", choices) }
    }

    /// A question that is answered with yes or no.
    pub fn confirm(title: impl Into<String>, about: impl Into<String>, yes: &str, then: Then) -> Self {
        let choices = vec![Choice::hot('y', yes, "y", then), Choice::hot('n', "No", "n", Then::Nothing)];
        Self::new(title, about, choices)
    }

    /// The choice in hand.
    #[must_use]
    pub fn chosen(&self) -> Option<&Choice> {
        self.choices.get(*self.shown.get(self.at)?)
    }

    /// Moves the row in hand, keeping it among `height` rows.
    pub fn step(&mut self, by: isize, height: usize) {
        self.at = list::step(self.at, by, self.shown.len());
        self.offset = list::reveal(self.offset, self.at, height, self.shown.len());
    }

    /// Finds the choices that match what is typed.
    pub fn narrow(&mut self) {
        use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
        use nucleo_matcher::{Config, Matcher, Utf32Str};

        (self.at, self.offset) = (0, 0);
        let typed = self.input.as_ref().map(Input::value).unwrap_or_default();
        if typed.trim().is_empty() {
            self.shown = (0..self.choices.len()).collect();
            return;
        }
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
        let (mut buffer, mut text) = (Vec::new(), String::new());
        let mut scored: Vec<(u32, usize)> = Vec::new();
        for (at, choice) in self.choices.iter().enumerate() {
            text.clear();
            text.push_str(&choice.label);
            text.push(' ');
            text.push_str(&choice.aside);
            if let Some(score) = pattern.score(Utf32Str::new(&text, &mut buffer), &mut matcher) {
                scored.push((score, at));
            }
        }
        // Almost any few letters occur somewhere in a long text; what matches far worse than the best is noise.
        let best = scored.iter().map(|(score, _)| *score).max().unwrap_or(0);
        scored.retain(|(score, _)| *score >= best * 3 / 5);
        scored.sort_by_key(|(score, at)| (std::cmp::Reverse(*score), *at));
        self.shown = scored.into_iter().map(|(_, at)| at).collect();
    }
}

/// A note being written.
#[derive(Debug)]
pub struct NoteDialog {
    /// The item.
    pub item: ItemId,
    /// The text.
    pub text: TextArea<'static>,
    before: Vec<String>,
}

impl NoteDialog {
    /// Opens an item's note.
    #[must_use]
    pub fn new(item: ItemId, note: &str) -> Self {
        let mut text = TextArea::new(escape::block(note).lines().map(str::to_owned).collect());
        text.set_wrap_mode(WrapMode::WordOrGlyph);
        text.set_cursor_line_style(ratatui::style::Style::new());
        text.move_cursor(ratatui_textarea::CursorMove::Bottom);
        text.move_cursor(ratatui_textarea::CursorMove::End);
        let before = text.lines().to_vec();
        Self { item, text, before }
    }

    /// Whether anything was written that closing would lose.
    #[must_use]
    pub fn changed(&self) -> bool {
        self.text.lines() != self.before
    }
}

/// One line of text being typed, with what is wrong with it.
#[derive(Debug, Default)]
pub struct FormField {
    /// The text.
    pub input: Input,
    /// What is wrong.
    pub error: Option<String>,
}

/// Accepting a risk.
#[derive(Debug)]
pub struct AcceptForm {
    /// The item.
    pub item: ItemId,
    /// Reason, owner, until.
    pub fields: [FormField; 3],
    /// The field in hand.
    pub at: usize,
}

impl AcceptForm {
    /// The fields' names.
    pub const LABELS: [&'static str; 3] = ["Reason", "Owner", "Until"];

    /// What each field wants.
    pub const HINTS: [&'static str; 3] =
        ["why it is acceptable for now", "who answers for it", "YYYY-MM-DD, or empty for no end"];

    /// A form for an item, with what was accepted before.
    #[must_use]
    pub fn new(item: ItemId, before: Option<&Acceptance>) -> Self {
        let field = |text: String| FormField { input: Input::new(escape::line(&text).into_owned()), error: None };
        let until = before.and_then(|acceptance| acceptance.until).map(|date| date.to_string());
        let fields = [
            field(before.map(|acceptance| acceptance.reason.clone()).unwrap_or_default()),
            field(before.map(|acceptance| acceptance.owner.clone()).unwrap_or_default()),
            field(until.unwrap_or_default()),
        ];
        Self { item, fields, at: 0 }
    }

    /// The acceptance as typed; `None` where something is wrong, which then stands beside its field.
    pub fn draft(&mut self, today: Date) -> Option<AcceptanceDraft> {
        let [reason, owner, until] = &mut self.fields;
        reason.error = reason.input.value().trim().is_empty().then(|| "say why it is acceptable".to_owned());
        owner.error = owner.input.value().trim().is_empty().then(|| "say who answers for it".to_owned());
        let date = day(until.input.value(), today);
        until.error = date.as_ref().err().cloned();
        if let Some(wrong) = self.fields.iter().position(|field| field.error.is_some()) {
            self.at = wrong;
            return None;
        }
        let [reason, owner, _] = &self.fields;
        Some(AcceptanceDraft {
            owner: owner.input.value().trim().to_owned(),
            reason: reason.input.value().trim().to_owned(),
            until: date.ok().flatten(),
        })
    }
}

fn day(typed: &str, today: Date) -> Result<Option<Date>, String> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let whole = typed.len() == 10 && typed.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let date: Date = match typed.parse() {
        Ok(date) if whole => date,
        _ => return Err(format!("write a day such as {today}")),
    };
    if date < today { Err(format!("that is over; today is {today}")) } else { Ok(Some(date)) }
}

/// What a prompt's text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Where the report is written.
    Export,
    /// What to examine: an address or a connection string, whose password is never shown.
    Address,
}

/// One line of text with a question.
#[derive(Debug)]
pub struct Prompt {
    /// What the text is for.
    pub purpose: Purpose,
    /// Its title.
    pub title: &'static str,
    /// What it wants.
    pub about: &'static str,
    /// The text.
    pub field: FormField,
}

impl Prompt {
    /// Asks for the report's path.
    #[must_use]
    pub fn export() -> Self {
        Self {
            purpose: Purpose::Export,
            title: "Write the report",
            about: "The path of the Markdown file. A relative one starts in the folder where gonogo was started.",
            field: FormField { input: Input::new("gonogo-report.md".to_owned()), error: None },
        }
    }

    /// Asks for something to examine.
    #[must_use]
    pub fn address() -> Self {
        Self {
            purpose: Purpose::Address,
            title: "What may gonogo examine?",
            about: "An address such as https://shop.example.com, or a database's connection string such as \
                    postgres://user@host/name or sqlite:///path/file.db. It is only read. A password is not shown.",
            field: FormField::default(),
        }
    }
}
