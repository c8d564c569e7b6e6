//! What an import of PHP leads to.

use serde_json::Value as Json;

use crate::probe::paths::joined;
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// Where classes stand by their namespace, as `composer.json` says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Psr4 {
    /// Prefixes, without the sign at their end, with the folders that they stand for; the longest first.
    prefixes: Vec<(String, String)>,
}

impl Psr4 {
    /// Adds what the `composer.json` in `folder` says.
    pub(super) fn add(&mut self, folder: &str, composer: &Json) {
        for section in ["autoload", "autoload-dev"] {
            let Some(map) = composer.get(section).and_then(|s| s.get("psr-4")).and_then(Json::as_object) else {
                continue;
            };
            for (prefix, targets) in map {
                let targets = match targets {
                    Json::Array(several) => several.iter().filter_map(Json::as_str).collect(),
                    one => one.as_str().into_iter().collect::<Vec<_>>(),
                };
                let prefix = prefix.trim_end_matches('\\');
                let folders = targets.into_iter().filter_map(|target| joined(folder, target));
                self.prefixes.extend(folders.map(|folder| (prefix.to_owned(), folder)));
            }
        }
        self.prefixes.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
    }

    /// Paths at which the class may stand, the likeliest first.
    fn candidates<'p>(&'p self, class: &'p str) -> impl Iterator<Item = String> + 'p {
        self.prefixes.iter().filter_map(move |(prefix, folder)| {
            let rest = class.strip_prefix(prefix.as_str())?;
            let rest = if prefix.is_empty() { rest } else { rest.strip_prefix('\\')? };
            joined(folder, &format!("{}.php", rest.replace('\\', "/")))
        })
    }
}

/// The place of the file that `module`, as written in `from`, leads to: a class, or a path.
pub(super) fn module(index: &CodeIndex, from: &FileFacts, module: &str) -> Option<usize> {
    let links = &index.links;
    if module.ends_with(".php") {
        let folder = from.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        return links.at(&joined(folder, module)?).or_else(|| links.at(&joined("", module.trim_start_matches("./"))?));
    }
    let class = module.trim_start_matches('\\');
    if let Some(found) = links.manifests.psr4.candidates(class).find_map(|path| links.at(&path)) {
        return Some(found);
    }
    // Without a manifest that tells, the class of that name whose file's namespace is the same.
    let (namespace, name) = class.rsplit_once('\\').unwrap_or(("", class));
    let places = links.classes_called(name);
    places.iter().copied().find(|place| {
        index.files.get(*place).is_some_and(|file| file.language == Language::Php && self::namespace(file) == namespace)
    })
}

/// The namespace of a file.
pub(super) fn namespace(file: &FileFacts) -> &str {
    file.bindings.iter().find(|b| &*b.local == "*" && !b.module.ends_with(".php")).map_or("", |b| &b.module)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_stand_where_the_manifest_says() {
        let mut psr4 = Psr4::default();
        let composer = r#"{"autoload": {"psr-4": {"App\\": "app/", "App\\Tests\\": ["tests", "more"], "": "lib"}}}"#;
        psr4.add("api", &serde_json::from_str(composer).unwrap());
        let found = |class| psr4.candidates(class).collect::<Vec<_>>();
        assert_eq!(found("App\\Models\\User"), ["api/app/Models/User.php", "api/lib/App/Models/User.php"]);
        assert_eq!(found("App\\Tests\\A").first().unwrap(), "api/more/A.php");
        assert_eq!(found("Application\\A"), ["api/lib/Application/A.php"]);
        psr4.add("", &serde_json::from_str(r#"{"autoload": []}"#).unwrap());
    }
}
