//! The terminal in and out of the workbench's hands.

use std::io::{self, IsTerminal as _, Write as _};
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};

/// Whether a person sits at both ends.
#[must_use]
pub fn present() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Holds the terminal; gives it back when dropped, and on a panic before the panic's message is printed.
pub struct Guard {
    in_panic: Arc<AtomicBool>,
    before: Option<Arc<PanicHook>>,
}

type PanicHook = dyn Fn(&panic::PanicHookInfo<'_>) + Send + Sync;

impl Guard {
    /// Takes the terminal.
    ///
    /// # Errors
    /// What the terminal answers.
    pub fn take() -> io::Result<Self> {
        let before: Arc<PanicHook> = Arc::from(panic::take_hook());
        let in_panic = Arc::new(AtomicBool::new(false));
        let (hook, flag, ours) = (Arc::clone(&before), Arc::clone(&in_panic), thread::current().id());
        panic::set_hook(Box::new(move |info| {
            // Probes run on other threads; the engine catches their panics and shows them in the view.
            if thread::current().id() == ours {
                flag.store(true, Ordering::SeqCst);
                let _ = give_back();
                hook(info);
            }
        }));
        // Before anything can fail, so that whatever was done is undone.
        let guard = Self { in_panic, before: Some(before) };
        enter()?;
        Ok(guard)
    }

    /// Hands the terminal to another program for a while.
    ///
    /// # Errors
    /// What the terminal answers.
    pub fn suspend(&self) -> io::Result<()> {
        give_back()
    }

    /// Takes it again.
    ///
    /// # Errors
    /// What the terminal answers.
    pub fn resume(&self) -> io::Result<()> {
        enter()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.in_panic.load(Ordering::SeqCst) {
            let _ = give_back();
        }
        if let Some(before) = self.before.take()
            && !thread::panicking()
        {
            panic::set_hook(Box::new(move |info| before(info)));
        }
    }
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste)
}

fn give_back() -> io::Result<()> {
    let screen = execute!(io::stdout(), DisableBracketedPaste, DisableMouseCapture, LeaveAlternateScreen, cursor::Show);
    disable_raw_mode().and(screen)
}

/// Puts text on the clipboard of the terminal (OSC 52), which works over SSH as well.
///
/// # Errors
/// What the terminal answers.
pub fn copy(text: &str) -> io::Result<()> {
    execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text))
}

/// Asks for the background colour.
///
/// # Errors
/// What the terminal answers.
pub fn ask_background() -> io::Result<()> {
    let mut out = io::stdout();
    out.write_all(super::background::QUERY.as_bytes())?;
    out.flush()
}
