//! The workbench: the session on a terminal.
//!
//! ```text
//!  key, click ──▶ update(ui, session, event) ──▶ Request ──▶ session ──▶ Effect ──▶ engine
//!                        │                                      ▲                     │
//!                        ▼                                      └──────── Msg ────────┘
//!                 view(ui, session) ──▶ frame
//! ```
//! [`update`](update::update) and [`view`](view::view) are pure; [`run`] is the only place that waits.

pub mod address;
pub mod background;
pub mod index;
pub mod keymap;
pub mod keys;
pub mod layout;
pub mod modal;
pub mod panes;
pub mod plain;
pub mod rows;
pub mod style;
pub mod terminal;
pub mod ui_state;
pub mod update;
pub mod view;
pub mod widgets;

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::Duration;

use crossterm::event::{Event, EventStream, MouseEventKind};
use futures_util::StreamExt as _;
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use tokio::time::{Instant, sleep, sleep_until};

use crate::engine::Engine;
use crate::model::{Fingerprint, Theme};
use crate::session::{Command, Msg, Notice, Session};
use background::{Heard, Reply};
use keymap::{Keymap, KeymapError};
use ui_state::{Dress, Ui};
use update::Request;

/// How the workbench looks and which keys it knows.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// Every theme there is.
    pub themes: Vec<Theme>,
    /// The theme by name; `None`: by the terminal's background.
    pub theme: Option<String>,
    /// No colours.
    pub no_color: bool,
    /// Only ASCII characters.
    pub ascii: bool,
    /// Keys that the user changed: action name to key text.
    pub keys: BTreeMap<String, String>,
}

/// Why the workbench cannot open, or had to close.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    /// Nobody could see it or type.
    #[error("the workbench needs a terminal; `gonogo check` does the same without one")]
    NoTerminal,
    /// It cannot move its cursor.
    #[error("this terminal (TERM=dumb) cannot show the workbench; `gonogo check` does the same line by line")]
    Dumb,
    /// A key in the configuration cannot be used.
    #[error(transparent)]
    Keys(#[from] KeymapError),
    /// There is no such theme.
    #[error("there is no theme `{name}`; there are: {known}")]
    Theme {
        /// The name given.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The terminal failed.
    #[error("the terminal cannot be used: {0}")]
    Terminal(#[from] io::Error),
}

/// How the workbench was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The user quit.
    Quit,
    /// A signal, or the terminal went away. Everything said is kept all the same.
    Interrupted,
}

/// Frames are at least this far apart, but for those that answer a key.
const FRAME: Duration = Duration::from_millis(33);

/// So many events are taken in before a frame shows what they did.
const AT_ONCE: usize = 64;

/// An answer of the terminal comes in one piece or nearly; what is held longer was typed.
const REST_OF_REPLY: Duration = Duration::from_millis(60);

/// Checks that there is a terminal, before anything is begun for it.
///
/// # Errors
/// [`TuiError::NoTerminal`], [`TuiError::Dumb`].
pub fn require_terminal() -> Result<(), TuiError> {
    if !terminal::present() {
        return Err(TuiError::NoTerminal);
    }
    if std::env::var_os("TERM").is_some_and(|term| term == "dumb") { Err(TuiError::Dumb) } else { Ok(()) }
}

/// Opens the workbench, runs the probes, and stays until the user quits. What was said is saved when it returns.
///
/// # Errors
/// No terminal, keys or a theme that cannot be used, or a terminal that fails.
pub async fn run(
    session: Session,
    mut engine: Engine,
    look: Look,
    clock: fn() -> Timestamp,
) -> Result<Ended, TuiError> {
    require_terminal()?;
    let ask_background = look.theme.is_none() && !look.no_color;
    let ui = open(look)?;
    let guard = terminal::Guard::take()?;
    let screen = Terminal::new(CrosstermBackend::new(io::stdout()))?;
    let mut workbench = Workbench { session, ui, screen, guard, clock, reply: Reply::default() };
    let ended = workbench.stay(&mut engine, ask_background).await;
    // The shell comes back at once; what is not written yet is written behind it.
    drop(workbench);
    engine.close().await;
    ended
}

/// The state of a workbench that looks like this.
///
/// # Errors
/// Keys or a theme that cannot be used.
pub fn open(look: Look) -> Result<Ui, TuiError> {
    let keymap = Keymap::new(&look.keys)?;
    if let Some(name) = look.theme.as_ref().filter(|name| look.themes.iter().all(|theme| theme.id != **name)) {
        let known = look.themes.iter().map(|theme| theme.id.as_str()).collect::<Vec<_>>().join(", ");
        return Err(TuiError::Theme { name: crate::model::escape::line(name).into_owned(), known });
    }
    let dress = Dress::new(look.themes, look.theme.as_deref(), look.no_color, look.ascii);
    Ok(Ui::new(ratatui::layout::Size::default(), dress, keymap))
}

struct Workbench {
    session: Session,
    ui: Ui,
    screen: Terminal<CrosstermBackend<io::Stdout>>,
    guard: terminal::Guard,
    clock: fn() -> Timestamp,
    reply: Reply,
}

/// What the loop does next.
enum Next {
    GoOn,
    Prompt(Fingerprint),
    Edit(String, Option<u32>),
    Quit,
}

impl Workbench {
    async fn stay(&mut self, engine: &mut Engine, ask_background: bool) -> Result<Ended, TuiError> {
        self.ui.size = self.screen.size()?;
        self.draw(engine)?;
        let mut events = EventStream::new();
        let mut signals = Signals::new()?;
        let term = std::env::var("TERM").ok();
        if ask_background && background::may_ask(term.as_deref(), std::env::var_os("STY").is_some()) {
            terminal::ask_background()?;
            self.reply.expect();
        }
        self.take_in(engine, Msg::Do(Command::RunAll));
        let mut drawn = Instant::now();
        let (mut dirty, mut at_once) = (true, false);
        loop {
            if dirty && (at_once || drawn.elapsed() >= FRAME) {
                self.draw(engine)?;
                drawn = Instant::now();
                (dirty, at_once) = (false, false);
            }
            tokio::select! {
                biased;
                event = events.next() => {
                    let mut next = event;
                    // What was typed meanwhile is taken in before the one frame that shows it.
                    for left in (0..AT_ONCE).rev() {
                        let Some(Ok(event)) = next else { return Ok(Ended::Interrupted) };
                        if !matches!(&event, Event::Mouse(mouse) if mouse.kind == MouseEventKind::Moved) {
                            (dirty, at_once) = (true, true);
                        }
                        match self.happened(engine, event) {
                            Next::GoOn => {}
                            Next::Quit => return Ok(Ended::Quit),
                            Next::Prompt(print) => self.copy_prompt(engine, &print).await,
                            Next::Edit(path, line) => {
                                // The editor must be the only one who reads the terminal.
                                drop(events);
                                self.edit(engine, &path, line).await?;
                                events = EventStream::new();
                                signals = Signals::new()?;
                                break;
                            }
                        }
                        // An event that was fetched is also taken in.
                        if left == 0 {
                            break;
                        }
                        // Polled with this task's own waker: the stream keeps the first one that it is given until it
                        // has something, and would wake nobody later.
                        match poll_fn(|cx| Poll::Ready(events.poll_next_unpin(cx))).await {
                            Poll::Ready(more) => next = more,
                            Poll::Pending => break,
                        }
                    }
                }
                () = signals.next() => return Ok(Ended::Interrupted),
                messages = engine.next() => {
                    messages.into_iter().for_each(|message| self.take_in(engine, message));
                    dirty = true;
                }
                () = sleep(REST_OF_REPLY), if self.reply.pending() => {
                    for key in self.reply.give_up() {
                        if matches!(self.typed(engine, &Event::Key(key)), Next::Quit) {
                            return Ok(Ended::Quit);
                        }
                    }
                    (dirty, at_once) = (true, true);
                }
                () = sleep_until(drawn + FRAME), if dirty => {}
            }
        }
    }

    fn draw(&mut self, engine: &Engine) -> io::Result<()> {
        self.ui.sync(&self.session);
        let (ui, session, progress) = (&self.ui, &self.session, engine.progress());
        self.screen.draw(|frame| view::view(ui, session, &progress, frame))?;
        Ok(())
    }

    fn take_in(&mut self, engine: &mut Engine, message: Msg) {
        engine.carry_out(self.session.update(message, (self.clock)()));
    }

    fn happened(&mut self, engine: &mut Engine, event: Event) -> Next {
        let Event::Key(key) = event else { return self.typed(engine, &event) };
        match self.reply.hear(key) {
            Heard::Part => Next::GoOn,
            Heard::Light(is_light) => {
                self.ui.dress.suit(if is_light { "light" } else { "dark" });
                Next::GoOn
            }
            Heard::Keys(keys) => {
                for key in keys {
                    let next = self.typed(engine, &Event::Key(key));
                    if !matches!(next, Next::GoOn) {
                        return next;
                    }
                }
                Next::GoOn
            }
        }
    }

    fn typed(&mut self, engine: &mut Engine, event: &Event) -> Next {
        for request in update::update(&mut self.ui, &self.session, event) {
            match request {
                Request::Do(command) => self.take_in(engine, Msg::Do(command)),
                Request::Copy(text) => {
                    if let Err(error) = terminal::copy(&text) {
                        self.ui.flash = Some(format!("It could not be copied: {error}"));
                    }
                }
                Request::Prompt(print) => return Next::Prompt(print),
                Request::Edit(path, line) => return Next::Edit(path, line),
                Request::Quit => return Next::Quit,
            }
        }
        Next::GoOn
    }

    async fn copy_prompt(&mut self, engine: &Engine, print: &Fingerprint) {
        let Some(finding) = self.session.finding(print).cloned() else { return };
        let rule = plain::rule(&self.session, &finding.rule);
        let text = engine.prompt(finding, rule).await;
        self.ui.flash = Some(match terminal::copy(&text) {
            Ok(()) => "The prompt is copied, if your terminal allows programs to use the clipboard".to_owned(),
            Err(error) => format!("It could not be copied: {error}"),
        });
    }

    async fn edit(&mut self, engine: &mut Engine, path: &str, line: Option<u32>) -> Result<(), TuiError> {
        self.guard.suspend()?;
        let edited = engine.edit(path, line).await;
        self.guard.resume()?;
        // `Terminal::clear` would ask for the cursor's position and wait for an answer; a new one knows nothing of what
        // the editor left either, and asks nothing.
        self.screen = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        self.ui.size = self.screen.size()?;
        self.ui.reveal();
        if let Err(problem) = edited {
            self.take_in(engine, Msg::Notice(Notice::problem(problem)));
        }
        Ok(())
    }
}

/// The signals that ask a program to end.
#[cfg(unix)]
struct Signals([tokio::signal::unix::Signal; 3]);

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self([signal(SignalKind::terminate())?, signal(SignalKind::hangup())?, signal(SignalKind::interrupt())?]))
    }

    async fn next(&mut self) {
        let [terminate, hangup, interrupt] = &mut self.0;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}

/// Elsewhere the terminal delivers Ctrl-C as a key.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        std::future::pending().await
    }
}
