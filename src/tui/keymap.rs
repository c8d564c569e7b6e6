//! The one table of keys. It makes the bindings, the footer, the help, the palette and the README's table.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::keys::{Key, UnknownKey};

/// Where a key counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// In the views.
    Views,
    /// In dialogs, where characters are text.
    Dialogs,
}

/// One command with its keys and words.
#[derive(Debug)]
pub struct Entry {
    /// What it does.
    pub action: Action,
    /// The name by which the configuration rebinds it.
    pub name: &'static str,
    /// The keys that it comes with, as [`Key`] reads them.
    pub keys: &'static [&'static str],
    /// A word or two for the footer.
    pub short: &'static str,
    /// A phrase for the help and the palette.
    pub about: &'static str,
    /// The heading under which the help lists it.
    pub group: &'static str,
    /// Where it counts.
    pub scope: Scope,
}

macro_rules! keymap {
    ($($group:literal, $scope:ident { $($action:ident $name:literal [$($key:literal),*] $short:literal, $about:literal;)* })*) => {
        /// Everything that a key can do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $($(#[doc = $about] $action,)*)*
        }

        /// The table.
        pub static TABLE: &[Entry] = &[
            $($(Entry {
                action: Action::$action,
                name: $name,
                keys: &[$($key),*],
                short: $short,
                about: $about,
                group: $group,
                scope: Scope::$scope,
            },)*)*
        ];
    };
}

keymap! {
    "Move", Views {
        Up "up" ["up", "k"] "up", "Up, or scroll up";
        Down "down" ["down", "j"] "down", "Down, or scroll down";
        Left "left" ["left", "h"] "left", "To the pane on the left";
        Right "right" ["right", "l"] "right", "To the pane on the right";
        PageUp "page-up" ["pageup", "ctrl-b"] "page up", "A page up";
        PageDown "page-down" ["pagedown", "ctrl-f"] "page down", "A page down";
        First "first" ["home", "g"] "first", "To the first row";
        Last "last" ["end", "G"] "last", "To the last row";
        NextPane "next-pane" ["tab"] "pane", "To the next pane";
        PreviousPane "previous-pane" ["shift-tab"] "back a pane", "To the pane before";
        Open "open" ["enter"] "open", "Open what is selected";
        Back "back" ["esc"] "back", "Go back; stop running probes (asks first)";
        Filter "filter" ["/"] "filter", "Filter items, findings, queries, sites or packages as you type";
        Palette "palette" [":", "ctrl-k"] "palette", "Find any command, item, finding, query, site or package";
        Help "help" ["?"] "help", "Every key";
    }
    "Views", Views {
        Checklist "checklist" ["1"] "checklist", "The checklist";
        Findings "findings" ["2"] "findings", "Every finding, worst first";
        Database "database" ["3"] "database", "The queries, what they will cost, and the indexes that help";
        Web "web" ["4"] "web", "What strangers see of the deployed app: grades, headers, certificates, requests";
        Dependencies "dependencies" ["5"] "dependencies", "The vulnerable packages, how they come in, and the way out";
        Report "report" ["6"] "report", "The report as others will read it";
    }
    "Decide", Views {
        Settle "settle" ["space"] "settle", "Answer the item: yes, no, not applicable, none in turn";
        Answer "answer" ["a"] "answer", "Answer the item's question";
        Note "note" ["n"] "note", "Write a note";
        Accept "accept" ["w"] "accept risk", "Accept the risk: reason, owner, until when";
        Undo "undo" ["u"] "undo", "Take the last change back";
        Redo "redo" ["ctrl-r"] "redo", "Repeat what was taken back";
    }
    "Examine", Views {
        Examine "examine" ["d"] "examine", "Let gonogo look at a database or an address";
        Run "run" ["r"] "run again", "Run this probe again";
        RunQuery "run-query" ["c"] "this query", "Judge only this query again";
        RunAll "run-all" ["R"] "run all", "Run every probe again";
        Edit "edit" ["e"] "editor", "Open the place in your editor";
        Browse "browse" ["o"] "browser", "Open a link or the address in the browser";
        Copy "copy" ["y"] "copy", "Copy the finding, item, query, site or package";
        Migration "copy-migration" ["m"] "copy fix", "Copy the migration that makes the index, or the command that updates the package";
        Prompt "prompt" ["f"] "fix prompt", "Copy a prompt for an AI assistant that fixes the finding";
        Export "export" ["x"] "export", "Write the report as Markdown";
        Theme "theme" ["t"] "theme", "The next theme";
        Quit "quit" ["q", "ctrl-c"] "quit", "Quit; everything said is kept";
    }
    "In dialogs", Dialogs {
        Submit "submit" ["enter"] "accept", "Accept what is typed or selected";
        Save "save" ["ctrl-s"] "save", "Save a note, in which Enter starts a line";
        Close "close" ["esc"] "cancel", "Close without a change";
        NextField "next-field" ["tab", "down"] "next", "The next field or row";
        PreviousField "previous-field" ["shift-tab", "up"] "previous", "The field or row before";
    }
}

/// Why the user's keys are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeymapError {
    /// There is no such action.
    #[error("keys.{0}: there is no such action; the actions are {list}", list = names().join(", "))]
    Action(String),
    /// That is no key.
    #[error("keys.{action}: {reason}")]
    Key {
        /// The action.
        action: &'static str,
        /// What is wrong with the key.
        reason: UnknownKey,
    },
    /// Two actions have the same key.
    #[error("keys.{action}: {key} already means `{taken_by}`; give that another key as well")]
    Taken {
        /// The action.
        action: &'static str,
        /// The key.
        key: String,
        /// Who has it.
        taken_by: &'static str,
    },
    /// A dialog needs the characters for typing.
    #[error("keys.{action}: {key} is needed for typing there; take one with `ctrl-` or `alt-`")]
    Types {
        /// The action.
        action: &'static str,
        /// The key.
        key: String,
    },
}

fn names() -> Vec<&'static str> {
    TABLE.iter().map(|entry| entry.name).collect()
}

/// The table with the user's changes.
#[derive(Debug, Clone)]
pub struct Keymap {
    bindings: Vec<(Key, &'static Entry)>,
}

impl Keymap {
    /// Applies the user's changes, action name to key text (several with spaces between), to the table.
    ///
    /// # Errors
    /// The first change that cannot be applied, with the reason.
    pub fn new(changes: &BTreeMap<String, String>) -> Result<Self, KeymapError> {
        if let Some(unknown) = changes.keys().find(|name| TABLE.iter().all(|entry| entry.name != name.as_str())) {
            return Err(KeymapError::Action(crate::model::escape::line(unknown).into_owned()));
        }
        let mut bindings: Vec<(Key, &'static Entry)> = Vec::new();
        for entry in TABLE {
            let keys = match changes.get(entry.name) {
                Some(text) if text.trim().is_empty() => vec![text.as_str()],
                Some(text) => text.split_whitespace().collect(),
                None => entry.keys.to_vec(),
            };
            for text in keys {
                let key: Key = text.parse().map_err(|reason| KeymapError::Key { action: entry.name, reason })?;
                if entry.scope == Scope::Dialogs && key.types() {
                    return Err(KeymapError::Types { action: entry.name, key: key.to_string() });
                }
                bindings.push((key, entry));
            }
        }
        // The table itself holds no key twice (a test), so one of the two was changed.
        for (at, (key, entry)) in bindings.iter().enumerate() {
            let earlier = bindings.iter().take(at).find(|(other, of)| other == key && of.scope == entry.scope);
            if let Some((_, other)) = earlier {
                let (changed, kept) = if changes.contains_key(entry.name) { (entry, other) } else { (other, entry) };
                return Err(KeymapError::Taken { action: changed.name, key: key.to_string(), taken_by: kept.name });
            }
        }
        Ok(Self { bindings })
    }

    /// What a key does in a scope. Ctrl-C quits even where it was bound away or text is typed.
    #[must_use]
    pub fn action(&self, scope: Scope, event: KeyEvent) -> Option<Action> {
        let key = Key::from(event);
        let bound = self.bindings.iter().find(|(bound, entry)| *bound == key && entry.scope == scope);
        let last_way_out = event.code == KeyCode::Char('c') && event.modifiers == KeyModifiers::CONTROL;
        bound.map(|(_, entry)| entry.action).or_else(|| last_way_out.then_some(Action::Quit))
    }

    /// The keys of an action, as people read them.
    pub fn keys(&self, action: Action) -> impl Iterator<Item = Key> {
        self.bindings.iter().filter(move |(_, entry)| entry.action == action).map(|(key, _)| *key)
    }

    /// The first key of an action, for hints.
    #[must_use]
    pub fn hint(&self, action: Action) -> String {
        self.keys(action).next().map(|key| key.to_string()).unwrap_or_default()
    }
}

impl Default for Keymap {
    fn default() -> Self {
        let parse =
            |entry: &'static Entry| entry.keys.iter().filter_map(move |text| Some((text.parse::<Key>().ok()?, entry)));
        Self { bindings: TABLE.iter().flat_map(parse).collect() }
    }
}

/// The table entry of an action.
#[must_use]
pub fn entry(action: Action) -> Option<&'static Entry> {
    TABLE.iter().find(|entry| entry.action == action)
}

/// The table as the README shows it.
#[must_use]
pub fn markdown_table() -> String {
    let mut table = "| Key | Does | Name for rebinding |\n|---|---|---|\n".to_owned();
    let keymap = Keymap::default();
    for entry in TABLE {
        let keys: Vec<String> = keymap.keys(entry.action).map(|key| format!("`{key}`")).collect();
        let place = if entry.scope == Scope::Dialogs { " (in dialogs)" } else { "" };
        let _ = writeln!(table, "| {} | {}{place} | `{}` |", keys.join(" "), entry.about, entry.name);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(action: &str, key: &str) -> Result<Keymap, KeymapError> {
        Keymap::new(&BTreeMap::from([(action.to_owned(), key.to_owned())]))
    }

    #[test]
    fn the_table_is_sound() {
        let keymap = Keymap::new(&BTreeMap::new()).unwrap();
        let count = TABLE.iter().map(|entry| entry.keys.len()).sum::<usize>();
        assert_eq!(keymap.bindings.len(), count);
        assert_eq!(Keymap::default().bindings.len(), count);
        let names: std::collections::BTreeSet<_> = names().into_iter().collect();
        assert_eq!(names.len(), TABLE.len());
    }

    #[test]
    fn a_key_can_be_moved_and_the_old_one_is_free() {
        let keymap = changed("undo", "ctrl-z Z").unwrap();
        assert_eq!(keymap.keys(Action::Undo).map(|key| key.to_string()).collect::<Vec<_>>(), ["Ctrl-Z", "Z"]);
        let pressed = KeyEvent::new(KeyCode::Char('u'), KeyModifiers::NONE);
        assert_eq!(keymap.action(Scope::Views, pressed), None);
    }

    #[test]
    fn two_actions_can_swap_their_keys() {
        let swap = BTreeMap::from([("undo".to_owned(), "q".to_owned()), ("quit".to_owned(), "u".to_owned())]);
        assert!(Keymap::new(&swap).is_ok());
    }

    #[test]
    fn what_cannot_be_bound_is_refused_with_the_reason() {
        let said = |action, key| changed(action, key).map(|_| ()).unwrap_err().to_string();
        assert!(said("fly", "f").starts_with("keys.fly: there is no such action"));
        assert!(said("undo", "hyper-u").starts_with("keys.undo: `hyper-u` is no key"));
        assert!(said("undo", " ").starts_with("keys.undo: ` ` is no key"));
        assert_eq!(said("undo", "q"), "keys.undo: q already means `quit`; give that another key as well");
        assert!(said("save", "s").contains("needed for typing"));
    }

    #[test]
    fn ctrl_c_always_quits() {
        let keymap = changed("quit", "Q").unwrap();
        let pressed = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(keymap.action(Scope::Views, pressed), Some(Action::Quit));
        assert_eq!(keymap.action(Scope::Dialogs, pressed), Some(Action::Quit));
    }
}
