//! Who calls the server actions of an app. What no page takes in has no address that a browser could call.

use std::collections::{HashMap, HashSet};

use crate::probe::source::code::Value;
use crate::probe::source::facts::{CodeIndex, FileFacts, Role};
use crate::probe::source::routes::{Framework, Route};

/// Where an action is taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// By code that runs in browsers, or a form.
    Page,
    /// By code of the server alone.
    Server,
    /// Nowhere that can be seen.
    Nobody,
}

/// The callers of all actions.
pub(super) struct Actions(HashMap<(usize, Box<str>), Caller>);

impl Actions {
    /// Finds them.
    pub(super) fn new(index: &CodeIndex) -> Self {
        let mut callers: HashMap<(usize, Box<str>), Caller> = HashMap::new();
        for route in index.routes().all().iter().filter(|route| route.framework == Framework::Action) {
            if let Some(name) = route.function(index).and_then(|(_, function)| function.name.clone()) {
                callers.insert((route.file, name), Caller::Nobody);
            }
        }
        if callers.is_empty() {
            return Self(callers);
        }
        let names: HashSet<Box<str>> = callers.keys().map(|(_, name)| name.clone()).collect();
        for file in index.files.iter().filter(|file| file.language.is_ecma() && file.role != Role::Test) {
            for binding in file.bindings.iter().filter(|binding| names.contains(&binding.imported)) {
                let Some(found) = index.imported(file, &binding.local) else { continue };
                let Some(caller) = callers.get_mut(&found) else { continue };
                if runs_in_browsers(file) || is_given_to_form(file, &binding.local) {
                    *caller = Caller::Page;
                } else if *caller == Caller::Nobody {
                    *caller = Caller::Server;
                }
            }
        }
        Self(callers)
    }

    /// Who calls the action that a route is; none where it is no action.
    pub(super) fn caller(&self, index: &CodeIndex, route: &Route) -> Option<Caller> {
        if route.framework != Framework::Action {
            return None;
        }
        let (_, function) = route.function(index)?;
        if function.server_action {
            return Some(Caller::Page);
        }
        let name = function.name.clone()?;
        Some(self.0.get(&(route.file, name)).copied().unwrap_or(Caller::Nobody))
    }
}

/// Whether a file says that it runs in browsers, or uses hooks, which run nowhere else.
fn runs_in_browsers(file: &FileFacts) -> bool {
    let hook = |name: &str| {
        name.strip_prefix("use").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
            && name != "useTranslations"
    };
    file.directives.iter().any(|directive| &**directive == "use client")
        || (file.jsx || file.role == Role::Client) && file.calls.iter().any(|call| hook(call.method()))
}

/// `<form action={save}>`
fn is_given_to_form(file: &FileFacts, local: &str) -> bool {
    file.elements.iter().any(|element| {
        element.attributes.iter().any(|(name, value)| {
            let mut found = false;
            value.walk(&mut |value| match value {
                Value::Path(path) => found |= &**path == local,
                Value::Call(id) => {
                    found |= file.call(*id).is_some_and(|call| call.callee.strip_suffix(".bind") == Some(local));
                }
                _ => {}
            });
            found && name.to_ascii_lowercase().ends_with("action")
        })
    })
}
