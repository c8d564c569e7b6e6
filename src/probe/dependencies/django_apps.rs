//! Apps that Django's settings name as texts: each is a module of a package, or of the project
//! (<https://docs.djangoproject.com/en/stable/ref/settings/#installed-apps>). No import names them.

use std::collections::BTreeSet;

use tokio_util::sync::CancellationToken;

use crate::probe::files::Listing;
use crate::probe::repository::is_code_aside;

/// How the lists are called, whatever stands before it: `THIRD_PARTY_APPS`, `MIDDLEWARE`, `AUTHENTICATION_BACKENDS`.
const LISTS: [&str; 4] = ["APPS", "MIDDLEWARE", "MIDDLEWARE_CLASSES", "BACKENDS"];
/// A project names some dozens.
const MOST: usize = 1_000;

/// The modules of others that settings name.
#[must_use]
pub fn collect(listing: &Listing, cancel: &CancellationToken) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let python = || listing.files.iter().filter(|file| file.extension() == "py");
    for file in python().filter(|file| !is_code_aside(&file.path)) {
        if cancel.is_cancelled() || found.len() >= MOST {
            break;
        }
        // Most files hold no settings, so they are read only where their path says it.
        let is_setting = file.path.contains("settings") || file.path.contains("config");
        let Some(text) = is_setting.then(|| file.read().ok()).flatten().filter(|text| text.contains("INSTALLED_APPS"))
        else {
            continue;
        };
        found.extend(modules(&text));
    }
    if found.is_empty() {
        return found;
    }
    // The project's own: a folder with code, or a file.
    let own: BTreeSet<&str> =
        python().flat_map(|file| file.path.split('/')).map(|part| part.strip_suffix(".py").unwrap_or(part)).collect();
    found.retain(|module| !own.contains(top(module)));
    found
}

fn top(module: &str) -> &str {
    module.split('.').next().unwrap_or(module)
}

/// The texts of the lists of one file.
fn modules(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut depth = 0_i32;
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or(line);
        if depth <= 0 && !begins_list(line) {
            continue;
        }
        let parts = line.split(['"', '\'']);
        for (nth, part) in parts.enumerate() {
            if nth % 2 == 1 {
                let is_module = part.starts_with(|c: char| c.is_ascii_alphabetic())
                    && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
                found.extend(is_module.then(|| part.to_owned()));
                continue;
            }
            for c in part.chars() {
                match c {
                    '[' | '(' => depth += 1,
                    ']' | ')' => depth -= 1,
                    _ => {}
                }
            }
        }
    }
    found
}

/// `INSTALLED_APPS = [`, `THIRD_PARTY_APPS: list[str] = (`, `MIDDLEWARE += [`, `INSTALLED_APPS.append(`.
fn begins_list(line: &str) -> bool {
    let line = line.trim_start();
    let end = line.find(|c: char| !(c.is_ascii_uppercase() || c == '_')).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let is_list =
        LISTS.iter().any(|list| name == *list || name.strip_suffix(list).is_some_and(|all| all.ends_with('_')));
    is_list && rest.trim_start().starts_with(['=', '+', ':', '.'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::samples::listed;

    #[test]
    fn settings_name_modules() {
        let settings = "INSTALLED_APPS = [\n    'django.contrib.admin',\n    \"wagtail.users\",  # 'not.this'\n    'shop',\n]\n\
                        X = ['x']\nTHIRD_PARTY_APPS: tuple[str, ...] = ('cms',)\nif DEBUG:\n    INSTALLED_APPS.append('silk')\n\
                        MIDDLEWARE = [\n    'a.b.C', 'd e',\n]\nAPPS_DIR = 'y'\n";
        let files =
            [("shop/settings.py", settings), ("shop/models.py", ""), ("z.py", "INSTALLED_APPS = ['not.read']\n")];
        let (_folder, listing) = listed(&files);
        let found = collect(&listing, &CancellationToken::new());
        let told: Vec<&str> = found.iter().map(String::as_str).collect();
        assert_eq!(told, ["a.b.C", "cms", "django.contrib.admin", "silk", "wagtail.users"]);
    }
}
