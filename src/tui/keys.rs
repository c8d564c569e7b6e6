//! One key as people write it (`ctrl-k`, `space`, `R`) and as the terminal sends it.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with its modifiers. Shift is part of the character: `R`, not `shift-r`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

const NAMES: [(&str, KeyCode); 14] = [
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("space", KeyCode::Char(' ')),
    ("tab", KeyCode::Tab),
    ("shift-tab", KeyCode::BackTab),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("delete", KeyCode::Delete),
];

/// Why a text names no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no key: write a character, a name such as `enter`, `esc`, `space`, `pageup` or `f5`, or one of these after `ctrl-` or `alt-`"
)]
pub struct UnknownKey(String);

impl Key {
    /// Whether it types a character, so that it cannot be a command where text is written.
    #[must_use]
    pub const fn types(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && self.modifiers.is_empty()
    }
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        let known = KeyModifiers::CONTROL | KeyModifiers::ALT;
        let mut modifiers = event.modifiers & known;
        let code = match event.code {
            // Some terminals send Ctrl-K as an upper-case letter.
            KeyCode::Char(c) if modifiers.contains(KeyModifiers::CONTROL) => KeyCode::Char(c.to_ascii_lowercase()),
            KeyCode::BackTab => {
                modifiers = KeyModifiers::NONE;
                KeyCode::BackTab
            }
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            code => code,
        };
        Self { code, modifiers }
    }
}

impl FromStr for Key {
    type Err = UnknownKey;

    fn from_str(written: &str) -> Result<Self, UnknownKey> {
        let unknown = || UnknownKey(crate::model::escape::line(written).into_owned());
        let mut rest = written.trim();
        let mut modifiers = KeyModifiers::NONE;
        let prefixes =
            [("ctrl-", KeyModifiers::CONTROL), ("alt-", KeyModifiers::ALT)].map(|(name, bit)| (name, name.len(), bit));
        while let Some((_, length, bit)) = prefixes.iter().find(|(name, length, _)| {
            rest.len() > *length && rest.get(..*length).is_some_and(|start| start.eq_ignore_ascii_case(name))
        }) {
            modifiers |= *bit;
            rest = rest.get(*length..).unwrap_or_default();
        }
        let mut characters = rest.chars();
        let code = match (characters.next(), characters.next()) {
            (Some(c), None) if !c.is_control() && !c.is_whitespace() => {
                let lower = modifiers.contains(KeyModifiers::CONTROL);
                KeyCode::Char(if lower { c.to_ascii_lowercase() } else { c })
            }
            _ => named(rest).ok_or_else(unknown)?,
        };
        Ok(Self { code, modifiers })
    }
}

fn named(name: &str) -> Option<KeyCode> {
    let lower = name.to_ascii_lowercase();
    let function = lower.strip_prefix('f').and_then(|number| number.parse::<u8>().ok());
    match function {
        Some(number @ 1..=12) => Some(KeyCode::F(number)),
        _ => NAMES.iter().find(|(known, _)| *known == lower).map(|(_, code)| *code),
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            f.write_str("Ctrl-")?;
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            f.write_str("Alt-")?;
        }
        match (self.code, NAMES.iter().find(|(_, code)| *code == self.code)) {
            (KeyCode::Up, _) => f.write_str("↑"),
            (KeyCode::Down, _) => f.write_str("↓"),
            (KeyCode::Left, _) => f.write_str("←"),
            (KeyCode::Right, _) => f.write_str("→"),
            (KeyCode::PageUp, _) => f.write_str("PgUp"),
            (KeyCode::PageDown, _) => f.write_str("PgDn"),
            (KeyCode::BackTab, _) => f.write_str("Shift-Tab"),
            (_, Some((name, _))) => {
                let mut letters = name.chars();
                let first = letters.next().map(|c| c.to_ascii_uppercase());
                write!(f, "{}{}", first.unwrap_or_default(), letters.as_str())
            }
            (KeyCode::Char(c), None) if self.modifiers.contains(KeyModifiers::CONTROL) => {
                write!(f, "{}", c.to_ascii_uppercase())
            }
            (KeyCode::Char(c), None) => write!(f, "{c}"),
            (KeyCode::F(number), None) => write!(f, "F{number}"),
            (code, None) => write!(f, "{code:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_as_they_are_written() {
        for (written, shown) in
            [("ctrl-k", "Ctrl-K"), ("Space", "Space"), ("R", "R"), ("f5", "F5"), ("alt-x", "Alt-x"), ("-", "-")]
        {
            assert_eq!(written.parse::<Key>().unwrap().to_string(), shown);
        }
        for wrong in ["", "ctrl-", "hyper-x", "f13", "ab", "\u{1b}"] {
            assert!(wrong.parse::<Key>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_the_terminal_sends_is_what_was_written() {
        let sent = KeyEvent::new(KeyCode::Char('R'), KeyModifiers::SHIFT);
        assert_eq!(Key::from(sent), "R".parse().unwrap());
        let sent = KeyEvent::new(KeyCode::Char('K'), KeyModifiers::CONTROL);
        assert_eq!(Key::from(sent), "ctrl-k".parse().unwrap());
        let sent = KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT);
        assert_eq!(Key::from(sent), "shift-tab".parse().unwrap());
    }
}
