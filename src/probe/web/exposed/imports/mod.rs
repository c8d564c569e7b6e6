//! Scripts that a script loads later by itself: their names as bundlers write them.

mod patterns;
mod put_in;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use url::Url;

use super::webpack::{self, Naming};
pub use patterns::Pattern;
use patterns::*;

/// So many names of one script are kept: more than are read.
const MOST: usize = 400;

/// Which scripts one loads later.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Later {
    /// As written: `./chunk-3f2a.js`, `assets/Cart-9c1b.js`.
    pub names: Vec<String>,
    /// Those among the names that are surely asked for: where none of them is there, they were misread.
    pub surely: Vec<String>,
    /// There are others, whose names are made up when they are loaded.
    pub unnamed: bool,
    /// It loads what others tell it, and names none itself.
    pub told: bool,
    /// It tells others which to load.
    pub tells: bool,
    /// Addresses under which it makes up names: nothing of the site's own where they are on other hosts.
    pub hosts: Vec<String>,
    /// Others are asked for by number, whose names the runtime of webpack has.
    pub by_number: bool,
    /// Those among the names that are from such a runtime.
    pub numbered: Vec<String>,
}

/// Finds them in the text of a script. The names are in `import("…")`, in the lists that Vite keeps beside it, in static imports, in what
/// starts workers, in what is put into the page, and in the manifests of frameworks.
pub fn of(text: &str) -> Later {
    let has = |marks: &[&str]| marks.iter().any(|mark| text.contains(mark));
    let webpack = has(&["webpackChunk", "webpackJsonp", "__webpack_require__"]);
    let turbopack = text.contains("TURBOPACK");
    let parcel = text.contains("parcelRequire");
    let manifest = has(&["__BUILD_MANIFEST", "__remixManifest", "__reactRouterManifest", "/_expo/static/js/"]);
    let loads = LOADS.is_in(text);
    let naming = webpack::naming(text);
    let put_in = put_in::read(text);
    let mut later = Later {
        unnamed: turbopack
            || naming == Naming::Unread
            || (webpack && naming == Naming::None && OLD_WEBPACK.is_in(text))
            // Rails loads what the page's import map names.
            || (MADE_UP.is_in(text) && !text.contains("parseImportmapJson"))
            || put_in.made_up
            || REQUIRED.is_in(text)
            || (MADE_UP_WORKER.is_in(text) && !WORKER_OF_URL.is_in(text) && !text.contains("createObjectURL")),
        by_number: webpack && BY_NUMBER.is_in(text),
        tells: CALLS.is_in(text),
        hosts: put_in.hosts,
        ..Later::default()
    };
    if let Naming::Names(names) = &naming {
        names.iter().for_each(|name| later.add(name));
        later.numbered.clone_from(names);
    }
    for place in SURELY.places(text) {
        if let Some(name) = text.get(place.clone()).filter(|_| !is_comment(text, place.start)) {
            later.add_surely(name);
        }
    }
    WORKER.all(text).chain(PUT_IN.all(text)).for_each(|name| later.add(name.trim_start_matches("./")));
    put_in.names.iter().filter(|name| !is_other(name)).for_each(|name| later.add(name.trim_start_matches("./")));
    BESIDE.all(text).for_each(|name| later.add_beside(name));
    IMPORTED.all(text).filter(|name| !is_other(name)).for_each(|name| later.add(name));
    for name in SETTINGS.all(text).chain(QUOTED_SETTINGS.all(text)) {
        // What an API answers is not what the app is made of.
        if !name.contains("/api/") {
            later.add(name.trim_start_matches("./"));
        }
    }
    // A library that asks for `define.amd` takes that way only where it is alone.
    let is_alone = Some(text).filter(|text| !text.contains("define.amd"));
    let defined = is_alone.into_iter().flat_map(|text| DEFINED.all(text));
    for name in defined.flat_map(|list| QUOTED.all(list)).filter(|name| name.starts_with('.')) {
        let ending = if name.ends_with(".js") { "" } else { ".js" };
        later.add(&format!("{name}{ending}"));
    }
    let reads_names = loads || turbopack || parcel || manifest || put_in.told || later.tells;
    // Bundlers split the code of the app by `import`, and what loads by hand in what they made is a library, from its own host.
    let is_library = loads
        || webpack
        || turbopack
        || parcel
        || manifest
        || has(&["modulepreload", "data-nscript", "systemjs-importmap"]);
    let told = put_in.told && !is_library;
    let mut named = false;
    // What loads nothing has no use for these names, and libraries speak of many files.
    if reads_names {
        for name in NAMES.all(text) {
            if name.contains('/') {
                named = true;
                later.add(name);
            } else if parcel {
                later.add_beside(name);
            } else if told || later.tells {
                named = true;
                later.add(name);
            }
        }
    }
    later.told = told && !named;
    later.unnamed |= (told || later.tells) && !is_library && ADDED.is_in(text);
    if named && (told || later.tells) && !is_library {
        later.surely.clone_from(&later.names);
    }
    later
}

/// Whether the place stands in a comment, by how its line begins: libraries tell in comments how they are used.
fn is_comment(text: &str, place: usize) -> bool {
    let before = put_in::before(text, place, 300);
    let line = before.rsplit('\n').next().unwrap_or_default().trim_start();
    line.starts_with("//") || line.starts_with('*') || line.starts_with("/*")
}

/// Whether a name is that of no script.
fn is_other(name: &str) -> bool {
    let path = name.split(['?', '#']).next().unwrap_or_default();
    [".css", ".wasm", ".json", ".svg"].iter().any(|ending| path.ends_with(ending))
}

/// Finds them in a page: what its own scripts import, its import map, and islands.
pub fn of_page(html: &str) -> Later {
    let mut later = Later::default();
    let mut in_data = Later::default();
    let next = Some(html).filter(|html| html.contains("/_next/")).and_then(|html| NEXT_FOLDER.all(html).next());
    let next = next.unwrap_or("/_next/");
    for block in INLINE.all(html) {
        let Some((tag, text)) = block.split_once('>') else { continue };
        let tag = tag.to_ascii_lowercase();
        // JSON may have a backslash before every slash.
        let text = if text.contains("\\/") { Cow::Owned(text.replace("\\/", "/")) } else { Cow::Borrowed(text) };
        let text = text.as_ref();
        if tag.contains("importmap") {
            NAMES.all(text).filter(|name| name.contains('/')).for_each(|name| later.add(name));
        } else if tag.contains("json") {
            NAMES.all(text).filter(|name| name.contains('/')).for_each(|name| in_data.add(name));
        } else if !text.trim().is_empty() {
            // The modules of Astro's islands stand in the page.
            later.take(of(&text.replace("import(this.getAttribute(", "(")));
            // What a page names in its own code it loads.
            let named = |name: &&str| name.starts_with(['/', '.']);
            NAMES.all(text).filter(named).for_each(|name| later.add(name));
            // In what Next.js sends along for its components, from its own folder.
            let chunks = NAMES.all(text).filter(|name| name.starts_with("static/chunks/"));
            chunks.for_each(|name| later.add_surely(&format!("{next}{name}")));
        }
    }
    if later.told && !in_data.names.is_empty() {
        later.told = false;
        later.take(in_data);
    }
    ISLANDS.all(html).for_each(|name| later.add(name));
    for name in MAIN.all(html) {
        let ending = if name.ends_with(".js") { "" } else { ".js" };
        later.add(&format!("{name}{ending}"));
    }
    if let Some(base) = QWIK_BASE.all(html).next() {
        QWIK.all(html).for_each(|name| later.add(&format!("{base}{}", name.trim_start_matches("./"))));
    }
    later
}

impl Later {
    fn add(&mut self, name: &str) {
        if self.names.len() < MOST && !name.is_empty() && !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
    }

    /// A name that the code asks for whatever happens.
    fn add_surely(&mut self, name: &str) {
        self.add(name);
        if self.surely.len() < MOST {
            self.surely.push(name.to_owned());
        }
    }

    /// What another part of the same text loads.
    fn take(&mut self, other: Self) {
        other.names.iter().for_each(|name| self.add(name));
        self.unnamed |= other.unnamed;
        self.by_number |= other.by_number;
        self.told |= other.told;
        self.tells |= other.tells;
        self.surely.extend(other.surely);
        self.numbered.extend(other.numbered);
        self.hosts.extend(other.hosts);
    }

    /// A name that stands for what is in the folder of the script.
    fn add_beside(&mut self, name: &str) {
        if name.starts_with(['.', '/']) || name.contains("://") {
            self.add(name);
        } else {
            self.add(&format!("./{name}"));
        }
    }
}

/// Where a page sends its readers by itself; what is said to those without scripts alone does not count.
pub fn refresh(html: &str) -> Option<String> {
    REFRESH.all(html).find(|to| !to.is_empty()).map(str::to_owned)
}

/// The address of a name that stands in the script at `script` of the page at `page`.
pub fn resolve(name: &str, script: &Url, page: &Url) -> Option<Url> {
    let mut url = match script.path().split_once("/_next/") {
        // Next.js writes the names in its manifest from its own folder.
        Some((before, _)) if name.starts_with("static/") => script.join(&format!("{before}/_next/{name}")).ok()?,
        _ => {
            // Vite writes the names in its lists from the root of what it built.
            let base = if name.starts_with(['.', '/']) { script } else { page };
            base.join(name).ok()?
        }
    };
    url.set_fragment(None);
    url.scheme().starts_with("http").then_some(url)
}
