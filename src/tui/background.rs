//! Asks the terminal for its background colour and picks the answer out of the keys.
//!
//! The answer arrives on the same wire as what the user types, and crossterm hands it on as keys: Alt-], `11;rgb:…`,
//! and a bell or Alt-\. So it is read from there. Reading the terminal by other means for a moment would swallow keys
//! that were typed in that moment.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Asks for the background colour (xterm control sequences, OSC 11).
pub const QUERY: &str = "\u{1b}]11;?\u{1b}\\";

/// What every answer starts with, after its introducer.
const START: &str = "11;rgb:";

/// No answer is longer: `11;rgba:ffff/ffff/ffff/ffff`.
const LONGEST: usize = 32;

/// Tells the answer's keys from the user's.
#[derive(Debug, Default)]
pub struct Reply {
    waiting: bool,
    held: Vec<KeyEvent>,
}

/// What a key turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// The user's keys, in their order; often just the one.
    Keys(Vec<KeyEvent>),
    /// Part of an answer that is not complete yet.
    Part,
    /// The answer: whether the background is light.
    Light(bool),
}

impl Reply {
    /// Expects an answer from now on.
    pub fn expect(&mut self) {
        self.waiting = true;
    }

    /// Takes in a key.
    pub fn hear(&mut self, key: KeyEvent) -> Heard {
        if !self.waiting {
            return Heard::Keys(vec![key]);
        }
        let alt = |c| key.code == KeyCode::Char(c) && key.modifiers.contains(KeyModifiers::ALT);
        if self.held.is_empty() {
            if alt(']') {
                self.held.push(key);
                return Heard::Part;
            }
            return Heard::Keys(vec![key]);
        }
        let bell = key.code == KeyCode::Char('g') && key.modifiers == KeyModifiers::CONTROL;
        if bell || alt('\\') {
            let text = self.text();
            self.held.clear();
            self.waiting = false;
            return light(&text).map_or(Heard::Part, Heard::Light);
        }
        self.held.push(key);
        let text = self.text();
        let fits = START.starts_with(&text) || text.starts_with("11;rgba:".get(..text.len().min(8)).unwrap_or(START));
        if (fits || text.starts_with(START)) && self.held.len() <= LONGEST {
            Heard::Part
        } else {
            // It was the user after all.
            Heard::Keys(std::mem::take(&mut self.held))
        }
    }

    /// Gives back what was held when no more comes.
    pub fn give_up(&mut self) -> Vec<KeyEvent> {
        self.waiting = false;
        std::mem::take(&mut self.held)
    }

    /// Whether an answer has begun and not ended.
    #[must_use]
    pub fn pending(&self) -> bool {
        !self.held.is_empty()
    }

    fn text(&self) -> String {
        let characters = self.held.iter().skip(1).map(|key| match key.code {
            KeyCode::Char(c) => c,
            _ => '\0',
        });
        characters.collect()
    }
}

/// Whether a colour as X11 writes it (`11;rgb:1e1e/1e1e/2e2e`) is light, by its luma (ITU-R BT.601).
fn light(answer: &str) -> Option<bool> {
    let (_, colors) = answer.split_once(':')?;
    let mut parts = colors.split('/').map(|part| {
        let most = 16_f64.powi(i32::try_from(part.len()).ok()?) - 1.0;
        let value = u32::from_str_radix(part, 16).ok()?;
        (most > 0.0).then(|| f64::from(value) / most)
    });
    let mut next = || parts.next().flatten();
    let (red, green, blue) = (next()?, next()?, next()?);
    Some(0.299 * red + 0.587 * green + 0.114 * blue > 0.5)
}

/// Whether this terminal may be asked. The Linux console prints the question, GNU screen holds it back.
#[must_use]
pub fn may_ask(term: Option<&str>, inside_screen: bool) -> bool {
    let mute = |term: &str| matches!(term, "dumb" | "linux") || term.starts_with("eterm");
    cfg!(unix) && !inside_screen && term.is_some_and(|term| !term.is_empty() && !mute(term))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(c: char, modifiers: KeyModifiers) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(c), modifiers)
    }

    fn hear(reply: &mut Reply, keys: impl IntoIterator<Item = KeyEvent>) -> Vec<Heard> {
        keys.into_iter().map(|key| reply.hear(key)).filter(|heard| *heard != Heard::Part).collect()
    }

    fn answer(text: &str) -> Vec<KeyEvent> {
        let mut keys = vec![key(']', KeyModifiers::ALT)];
        keys.extend(text.chars().map(|c| key(c, KeyModifiers::NONE)));
        keys.push(key('\\', KeyModifiers::ALT));
        keys
    }

    #[test]
    fn an_answer_is_heard_and_not_typed() {
        for (text, is_light) in
            [("11;rgb:1e1e/1e1e/2e2e", false), ("11;rgb:ff/ff/e0", true), ("11;rgba:ffff/ffff/ffff/ffff", true)]
        {
            let mut reply = Reply::default();
            reply.expect();
            assert_eq!(hear(&mut reply, answer(text)), [Heard::Light(is_light)], "{text}");
            let typed = key('j', KeyModifiers::NONE);
            assert_eq!(reply.hear(typed), Heard::Keys(vec![typed]));
        }
    }

    #[test]
    fn what_the_user_types_is_never_lost() {
        let mut reply = Reply::default();
        reply.expect();
        let typed: Vec<KeyEvent> =
            [key('j', KeyModifiers::NONE), key(']', KeyModifiers::ALT), key('q', KeyModifiers::NONE)].into();
        let heard = hear(&mut reply, typed.clone());
        let keys: Vec<KeyEvent> =
            heard.into_iter().flat_map(|heard| if let Heard::Keys(keys) = heard { keys } else { Vec::new() }).collect();
        assert_eq!(keys, typed);
        let alt = key(']', KeyModifiers::ALT);
        assert_eq!(reply.hear(alt), Heard::Part);
        assert!(reply.pending());
        assert_eq!(reply.give_up(), [alt]);
    }
}
