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

/// A pattern that is made once.
struct Pattern(LazyLock<Option<Regex>>);

impl Pattern {
    const fn new(make: fn() -> Option<Regex>) -> Self {
        Self(LazyLock::new(make))
    }

    fn is_in(&self, text: &str) -> bool {
        self.0.as_ref().is_some_and(|pattern| pattern.is_match(text))
    }

    /// What the first group matched, each time.
    fn all<'t>(&'t self, text: &'t str) -> impl Iterator<Item = &'t str> {
        self.0.iter().flat_map(|pattern| pattern.captures_iter(text)).filter_map(|found| Some(found.get(1)?.as_str()))
    }
}

/// Names of scripts in quotes, as addresses or without a folder.
static NAMES: Pattern = Pattern::new(|| {
    Regex::new(
        r#"["'`]((?:https?://|\.{1,2}/|//?)?[A-Za-z0-9_@~$.:/-]{1,200}\.m?js(?:\?[A-Za-z0-9_.=&%-]{0,100})?)["'`]"#,
    )
    .ok()
});
/// What loads: `import("…")`, `import "…"`, `import{…}`, `import * as`, `from "…"`.
static LOADS: Pattern = Pattern::new(|| Regex::new(r#"\bimport\s*[("'`{*]|\bfrom\s*["'`]"#).ok());
/// `new Worker("…")`, `new SharedWorker("…")`: from the folder of the page.
static WORKER: Pattern =
    Pattern::new(|| Regex::new(r#"\bnew\s+(?:Shared)?Worker\s*\(\s*["'`]([^"'`$\s]{1,200})["'`]"#).ok());
/// `importScripts("…")`, `new Worker(new URL("…", import.meta.url))`: from the folder of the script.
static BESIDE: Pattern = Pattern::new(|| {
    Regex::new(
        r#"\b(?:importScripts\s*\(|new\s+(?:Shared)?Worker\s*\(\s*new\s+URL\s*\()\s*["'`]([^"'`$\s]{1,200})["'`]"#,
    )
    .ok()
});
/// `import(name)`, `import(`./${name}.js`)`, `import("./" + name)`, and the same for workers.
static MADE_UP: Pattern = Pattern::new(|| {
    Regex::new(concat!(
        r"\b(?:import\s*\((?:\s|/\*[^*]*\*/)*|importScripts\s*\(\s*)",
        r#"(?:[\w$\[(]|`[^`$]*\$\{|"[^"\n]{0,200}"\s*\+|'[^'\n]{0,200}'\s*\+)"#,
    ))
    .ok()
});
/// Where a worker's address is made while the page runs; what is made of a text (`createObjectURL`) is no file.
static MADE_UP_WORKER: Pattern = Pattern::new(|| Regex::new(r"\bnew\s+(?:Shared)?Worker\s*\(\s*[\w$]").ok());
static WORKER_OF_URL: Pattern =
    Pattern::new(|| Regex::new(r#"\bnew\s+(?:Shared)?Worker\s*\(\s*new\s+URL\s*\(\s*["']"#).ok());
/// How webpack names a chunk (`.u = e => …`, before version 5 within `.e`) and asks for it (`.e(12)`).
static CHUNKS: Pattern = Pattern::new(|| {
    Regex::new(
        r#"\.u\s*=\s*(?:function\b|\(?\s*\w*\s*\)?\s*=>)|\.e\s*=\s*function\b|\.e\(\s*(?:/\*[^*]*\*/\s*)?["'\d]"#,
    )
    .ok()
});
/// Of a page: the scripts in it with what stands in their tags, and the modules of Astro's islands.
static INLINE: Pattern = Pattern::new(|| Regex::new(r"(?is)<script\b([^>]*>.*?)</script").ok());
static ISLANDS: Pattern = Pattern::new(|| {
    Regex::new(r#"(?i)\b(?:component-url|renderer-url|before-hydration-url)\s*=\s*["']?([^"'\s>]{1,300})"#).ok()
});

/// Finds them in the text of a script. The names are in `import("…")`, in the lists that Vite keeps beside it, in static imports, in what
/// starts workers, and in the manifest of Next.js.
pub fn of(text: &str) -> Later {
    let webpack = ["webpackChunk", "webpackJsonp", "__webpack_require__"].iter().any(|mark| text.contains(mark));
    let parcel = text.contains("parcelRequire");
    let mut later = Later {
        names: Vec::new(),
        unnamed: text.contains("TURBOPACK")
            || (webpack && CHUNKS.is_in(text))
            || MADE_UP.is_in(text)
            || (MADE_UP_WORKER.is_in(text) && !WORKER_OF_URL.is_in(text) && !text.contains("createObjectURL")),
    };
    WORKER.all(text).for_each(|name| later.add(name.trim_start_matches("./")));
    BESIDE.all(text).for_each(|name| later.add_beside(name));
    // What loads nothing has no use for these names, and libraries speak of many files.
    if LOADS.is_in(text) || parcel || text.contains("__BUILD_MANIFEST") {
        for name in NAMES.all(text) {
            if name.contains('/') {
                later.add(name);
            } else if parcel {
                later.add_beside(name);
            }
        }
    }
    later
}

/// Finds them in a page: what its own scripts import, its import map, and islands.
pub fn of_page(html: &str) -> Later {
    let mut later = Later::default();
    for block in INLINE.all(html) {
        let Some((tag, text)) = block.split_once('>') else { continue };
        let tag = tag.to_ascii_lowercase();
        if tag.contains("importmap") {
            NAMES.all(text).filter(|name| name.contains('/')).for_each(|name| later.add(name));
        } else if !tag.contains("json") && !text.trim().is_empty() {
            let found = of(text);
            later.unnamed |= found.unnamed;
            found.names.iter().for_each(|name| later.add(name));
        }
    }
    ISLANDS.all(html).for_each(|name| later.add(name));
    later
}

impl Later {
    fn add(&mut self, name: &str) {
        if self.names.len() < MOST && !name.is_empty() && !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
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
        assert!(!of("(self.webpackChunk_N_E=self.webpackChunk_N_E||[]).push([[1],{}])").unnamed, "it loads nothing");
        assert!(of("(self.webpackChunk_N_E=self.webpackChunk_N_E||[]).push([[1],{2:(a,b,n)=>{n.e(12)}}])").unnamed);
        assert!(of("r.u=e=>e+\".js\";self.webpackChunkshop=[]").unnamed);
        let script = Url::parse("https://shop.example.com/assets/index-1.js").unwrap();
        let page = Url::parse("https://shop.example.com/").unwrap();
        let to = |name| resolve(name, &script, &page).unwrap().to_string();
        assert_eq!(to("./Cart-9c1b.js"), "https://shop.example.com/assets/Cart-9c1b.js");
        assert_eq!(to("assets/Cart-9c1b.js"), "https://shop.example.com/assets/Cart-9c1b.js");
    }

    #[test]
    fn every_way_of_writing_an_import_is_read() {
        for (text, name) in [
            ("import { pay } from './pay.js'", "./pay.js"),
            ("export * from \"./b.js\"", "./b.js"),
            ("import './c.mjs'", "./c.mjs"),
            ("import * as d from '/d.js'", "/d.js"),
            ("import ( /* webpackIgnore: true */ './e.js?v=3' )", "./e.js?v=3"),
            ("new Worker(\"/worker.js\")", "/worker.js"),
            ("new Worker('./worker.js?v=3')", "worker.js?v=3"),
            ("new Worker(new URL(\"w-1.js\", import.meta.url),{type:\"module\"})", "./w-1.js"),
            ("importScripts(\"lib.js\")", "./lib.js"),
            ("var parcelRequire;f(\"Cart.9c1b.js\")", "./Cart.9c1b.js"),
            ("self.__BUILD_MANIFEST={\"/\":[\"static/chunks/pages/index-1.js\"]}", "static/chunks/pages/index-1.js"),
        ] {
            assert_eq!(of(text), Later { names: vec![name.to_owned()], unnamed: false }, "{text}");
        }
        for text in ["import(`./${n}.js`)", "import(n)", "import('./x/'+n)", "importScripts(u)", "new Worker(u)"] {
            assert!(of(text).unnamed, "{text}");
        }
        for text in
            ["import(`./a.js`)", "use import() here", "new Worker(URL.createObjectURL(b))", "typeof importScripts"]
        {
            assert!(!of(text).unnamed, "{text}");
        }
        let manifest = Url::parse("https://shop.example.com/_next/static/x/_buildManifest.js").unwrap();
        assert_eq!(resolve("static/chunks/1.js", &manifest, &manifest).unwrap().path(), "/_next/static/chunks/1.js");
    }

    #[test]
    fn a_page_imports_by_itself() {
        let page = "<script type=importmap>{\"imports\":{\"cart\":\"/lib/cart.js\"}}</script><script type=module>\n import './a.js'\n</script>\
            <astro-island component-url=\"/_astro/Buy.js\" renderer-url='/_astro/client.js'></astro-island>\
            <script type=application/json>\"import './no.js'\"</script><pre>import './neither.js'</pre>";
        assert_eq!(of_page(page).names, ["/lib/cart.js", "./a.js", "/_astro/Buy.js", "/_astro/client.js"]);
        of_page(&"<script>".repeat(50_000));
    }
}
