//! Scripts that a script loads later by itself: their names as bundlers write them.

use std::sync::LazyLock;

use regex::Regex;
use url::Url;

/// So many names of one script are kept.
const MOST: usize = 64;

/// Which scripts one loads later.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Later {
    /// As written: `./chunk-3f2a.js`, `assets/Cart-9c1b.js`.
    pub names: Vec<String>,
    /// There are others, whose names are made up when they are loaded.
    pub unnamed: bool,
}

/// What loads scripts by names that are put together while the page runs: webpack, and with it older Next.js and Create React App.
const MADE_UP: [&str; 4] = ["webpackChunk", "webpackJsonp", "__webpack_require__", "TURBOPACK"];

/// Finds them in the text of a script. The names are in `import("…")`, in the lists that Vite keeps beside it, and in static imports.
pub fn of(text: &str) -> Later {
    static NAMES: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"["'`]((?:\.{1,2}/|/)?[A-Za-z0-9_@~$./-]{1,200}\.m?js)["'`]"#).ok());
    // What loads nothing has no use for these names, and libraries speak of many files.
    if !text.contains("import(") && !text.contains("import\"") && !text.contains("from\"") && !text.contains("import{")
    {
        return Later { names: Vec::new(), unnamed: MADE_UP.iter().any(|mark| text.contains(mark)) };
    }
    let mut names: Vec<String> = Vec::new();
    for found in NAMES.iter().flat_map(|names| names.captures_iter(text)) {
        let Some(name) = found.get(1).map(|name| name.as_str()).filter(|name| name.contains('/')) else { continue };
        if names.len() < MOST && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    Later { names, unnamed: MADE_UP.iter().any(|mark| text.contains(mark)) }
}

/// The address of a name that stands in the script at `script` of the page at `page`.
pub fn resolve(name: &str, script: &Url, page: &Url) -> Option<Url> {
    // Vite writes the names in its lists from the root of what it built.
    let base = if name.starts_with(['.', '/']) { script } else { page };
    let mut url = base.join(name).ok()?;
    url.set_fragment(None);
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_bundlers_write_them() {
        let vite = r#"const __vite__mapDeps=(i,m=__vite__mapDeps,d=(m.f||(m.f=["assets/Cart-9c1b.js","assets/vendor-1.js","assets/Cart-1.css"])))=>i;
            import{r as e}from"./vendor-1.js";const t=()=>import("./Cart-9c1b.js");fetch("/api/x.json")"#;
        assert_eq!(
            of(vite),
            Later {
                names: ["assets/Cart-9c1b.js", "assets/vendor-1.js", "./vendor-1.js", "./Cart-9c1b.js"]
                    .map(str::to_owned)
                    .to_vec(),
                unnamed: false
            }
        );
        assert_eq!(of("var a='./lib/x.js';console.log(a)"), Later::default());
        assert!(of("(self.webpackChunk_N_E=self.webpackChunk_N_E||[]).push([[1],{}])").unnamed);
        let script = Url::parse("https://shop.example.com/assets/index-1.js").unwrap();
        let page = Url::parse("https://shop.example.com/").unwrap();
        let to = |name| resolve(name, &script, &page).unwrap().to_string();
        assert_eq!(to("./Cart-9c1b.js"), "https://shop.example.com/assets/Cart-9c1b.js");
        assert_eq!(to("assets/Cart-9c1b.js"), "https://shop.example.com/assets/Cart-9c1b.js");
    }
}
