//! Which themes there are, with what they inherit filled in.

use std::path::Path;

use super::closest::did_you_mean;
use super::error::quoted;
use super::files::{self, Text};
use super::theme::{Draft, parse};
use super::{CatalogError, Loaded, THEMES};
use crate::model::Theme;
use crate::model::theme::ROLES;

/// Every theme: those that the program carries, then those in `<user_dir>/themes`. A user's theme with the id of one
/// that the program carries takes its place, and may inherit from it.
#[must_use]
pub fn themes(user_dir: Option<&Path>) -> Loaded<Theme> {
    let mut errors = Vec::new();
    let mut carried = Vec::new();
    for file in &THEMES {
        match parse(&Text { name: file.path.to_owned(), text: file.text.to_owned() }) {
            Ok(draft) => carried.push(draft),
            Err(found) => errors.extend(found),
        }
    }
    let mut own: Vec<Draft> = Vec::new();
    let folder = user_dir.map(|dir| dir.join("themes"));
    for text in folder.iter().flat_map(|folder| files::in_folder(folder)) {
        match text.map_err(|error| vec![error]).and_then(|text| parse(&text)) {
            Ok(draft) => match own.iter().find(|other| other.id == draft.id) {
                Some(other) => {
                    let reason = format!("the theme {} is already loaded from {}", quoted(&draft.id), other.file);
                    errors.push(error(&draft, draft.id_line, reason));
                }
                None => own.push(draft),
            },
            Err(found) => errors.extend(found),
        }
    }
    let shelf = Shelf { carried, own };
    let mut loaded: Vec<Theme> = Vec::new();
    for draft in shelf.carried.iter().chain(&shelf.own) {
        match shelf.resolve(draft) {
            Ok(theme) => match loaded.iter_mut().find(|known| known.id == theme.id) {
                Some(known) => *known = theme,
                None => loaded.push(theme),
            },
            Err(found) => errors.push(found),
        }
    }
    Loaded { loaded, errors }
}

struct Shelf {
    carried: Vec<Draft>,
    own: Vec<Draft>,
}

impl Shelf {
    /// What `draft` inherits from, if it says so.
    fn parent<'a>(&'a self, draft: &'a Draft) -> Result<Option<&'a Draft>, CatalogError> {
        let Some(name) = &draft.inherits else { return Ok(None) };
        // A theme that takes the place of ours may begin from ours.
        let own = self.own.iter().filter(|candidate| candidate.id != draft.id || !self.is_carried(&draft.id));
        let parent = own.chain(&self.carried).find(|candidate| candidate.id == name.value);
        parent.map(Some).ok_or_else(|| {
            let ids: Vec<&str> = self.carried.iter().chain(&self.own).map(|theme| theme.id.as_str()).collect();
            let near = did_you_mean(&name.value, ids.iter().copied());
            let reason = format!(
                "inherits from {}, which does not exist{near}; there are: {}",
                quoted(&name.value),
                ids.join(", ")
            );
            error(draft, name.line, reason)
        })
    }

    fn is_carried(&self, id: &str) -> bool {
        self.carried.iter().any(|theme| theme.id == id)
    }

    fn resolve(&self, draft: &Draft) -> Result<Theme, CatalogError> {
        let mut chain: Vec<&Draft> = vec![draft];
        let mut roles = draft.roles.clone();
        let mut background = draft.background.clone();
        let mut last = draft;
        while let Some(parent) = self.parent(last)? {
            if chain.iter().any(|theme| std::ptr::eq(*theme, parent)) {
                let path: Vec<&str> = chain.iter().chain([&parent]).map(|theme| theme.id.as_str()).collect();
                let line = draft.inherits.as_ref().map_or(draft.id_line, |name| name.line);
                return Err(error(draft, line, format!("inherits in a circle: {}", path.join(" → "))));
            }
            for (role, colour) in &parent.roles {
                roles.entry(role.clone()).or_insert_with(|| colour.clone());
            }
            background = background.or_else(|| parent.background.clone());
            chain.push(parent);
            last = parent;
        }
        let missing: Vec<&str> = ROLES.into_iter().filter(|role| !roles.contains_key(*role)).collect();
        match (missing.is_empty(), background) {
            (true, Some(background)) => {
                Ok(Theme { id: draft.id.clone(), title: draft.title.clone(), background, roles })
            }
            _ => Err(error(
                draft,
                draft.roles_line,
                format!(
                    "no colour for {}; give one, or begin from another theme: inherits = \"dark\"",
                    missing.join(", ")
                ),
            )),
        }
    }
}

fn error(draft: &Draft, line: u32, reason: String) -> CatalogError {
    CatalogError { file: Some(draft.file.clone()), line: Some(line), reason, asked_for: false }
}
