//! Scripts that a script loads later by itself: their names as bundlers write them.

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};
use url::Url;

use super::webpack::{self, Naming};

/// So many names of one script are kept: more than are read.
const MOST: usize = 400;

/// Which scripts one loads later.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Later {
    /// As written: `./chunk-3f2a.js`, `assets/Cart-9c1b.js`.
    pub names: Vec<String>,
    /// There are others, whose names are made up when they are loaded.
    pub unnamed: bool,
    /// Others are asked for by number, whose names the runtime of webpack has.
    pub by_number: bool,
    /// Those among the names that are from such a runtime.
    pub numbered: Vec<String>,
}

/// A pattern that is made once. It reads bytes: a pattern of Unicode's characters takes ten times the memory, and all that these look
/// for is ASCII.
struct Pattern {
    written: &'static str,
    made: OnceLock<Option<Regex>>,
}

impl Pattern {
    const fn new(written: &'static str) -> Self {
        Self { written, made: OnceLock::new() }
    }

    fn made(&self) -> Option<&Regex> {
        self.made.get_or_init(|| RegexBuilder::new(self.written).unicode(false).build().ok()).as_ref()
    }

    fn is_in(&self, text: &str) -> bool {
        self.made().is_some_and(|pattern| pattern.is_match(text.as_bytes()))
    }

    /// What the first group matched, each time.
    fn all<'t>(&'t self, text: &'t str) -> impl Iterator<Item = &'t str> {
        let found = self.made().into_iter().flat_map(|pattern| pattern.captures_iter(text.as_bytes()));
        found.filter_map(|found| text.get(found.get(1)?.range()))
    }
}

/// Names of scripts in quotes, as addresses or without a folder.
static NAMES: Pattern = Pattern::new(
    r#"["'`]((?:https?://|\.{1,2}/|//?)?[A-Za-z0-9_@~$.:/-]{1,200}\.m?js(?:\?[A-Za-z0-9_.=&%-]{0,100})?)\\?["'`]"#,
);
/// What loads: `import("…")`, `import "…"`, `import{…}`, `import * as`, `from "…"`.
static LOADS: Pattern = Pattern::new(r#"\bimport\s*[("'`{*]|\bfrom\s*["'`]"#);
/// `new Worker("…")`, `new SharedWorker("…")`: from the folder of the page.
static WORKER: Pattern = Pattern::new(r#"\bnew\s+(?:Shared)?Worker\s*\(\s*["'`]([^"'`$\s]{1,200})["'`]"#);
/// `importScripts("…")`, `new Worker(new URL("…", import.meta.url))`: from the folder of the script.
static BESIDE: Pattern = Pattern::new(
    r#"\b(?:importScripts\s*\(|new\s+(?:Shared)?Worker\s*\(\s*new\s+URL\s*\()\s*["'`]([^"'`$\s]{1,200})["'`]"#,
);
/// `import(name)`, `import(`./${name}.js`)`, `import("./" + name)`, and the same for workers.
static MADE_UP: Pattern = Pattern::new(concat!(
    r"\b(?:import\s*\((?:\s|/\*[^*]*\*/)*|importScripts\s*\(\s*)",
    r#"(?:[\w$\[(]|`[^`$]*\$\{|"[^"\n]{0,200}"\s*\+|'[^'\n]{0,200}'\s*\+)"#,
));
/// What is put into the page by a name that is made up: `s.src = base + "/js/pay.js"`, `` s.src = `/js/pay.js?v=${v}` ``.
static MADE_UP_SOURCE: Pattern = Pattern::new(concat!(
    r"(?:\.src\s*=|\bgetScript\s*\()\s*",
    r#"(?:[\w$.\[\]]+(?:\(\))?\s*\+\s*["'`][^"'`\n]{0,200}\.m?js|`[^`\n]{0,200}\$\{[^`\n]{0,200}\.m?js|`[^`$\n]{0,200}\.m?js[^`$\n]{0,20}\$\{)"#,
));
/// Where a worker's address is made while the page runs; what is made of a text (`createObjectURL`) is no file.
static MADE_UP_WORKER: Pattern = Pattern::new(r"\bnew\s+(?:Shared)?Worker\s*\(\s*[\w$]");
static WORKER_OF_URL: Pattern = Pattern::new(r#"\bnew\s+(?:Shared)?Worker\s*\(\s*new\s+URL\s*\(\s*["']"#);
/// How webpack 4 named what it loads, and how all of them ask for it: `n.e(12)`.
static OLD_WEBPACK: Pattern = Pattern::new(r"\.e\s*=\s*function\b");
static BY_NUMBER: Pattern = Pattern::new(r#"\.e\(\s*(?:/\*[^*]*\*/\s*)?["'\d]"#);
/// `import("/lib/pay?v=1")`: a script, whatever its name ends in.
static IMPORTED: Pattern =
    Pattern::new(r#"\bimport\s*\((?:\s|/\*[^*]*\*/)*["'`]((?:https?:/|\.{0,2})/[^"'`$\s]{1,200})["'`]"#);
/// What a script puts into the page, from whose folder it counts: `s.src = "/js/app.js"`, `$.getScript("…")`,
/// `serviceWorker.register("…")`.
static PUT_IN: Pattern = Pattern::new(concat!(
    r#"(?:\.src\s*=\s*|\bgetScript\s*\(\s*|\bserviceWorker\.register\s*\(\s*|\.setAttribute\(\s*["']src["']\s*,\s*)"#,
    r#"["'`]([^"'`$\s]{1,200}\.m?js(?:\?[^"'`$\s]{0,100})?)["'`]"#,
));
/// Settings that are read when the page runs: `fetch("/assets/env.json")`.
static SETTINGS: Pattern = Pattern::new(concat!(
    r#"(?:\b(?:fetch|get|getJSON)\s*(?:<[^>]{1,40}>)?\(\s*|\.open\(\s*["']GET["']\s*,\s*)"#,
    r#"["'`]([A-Za-z0-9_@~.:/-]{1,200}\.json(?:\?[A-Za-z0-9_.=&%-]{0,100})?)["'`]"#,
));
/// The same where a name tells it: bundles list many other files, such as those of every language.
static QUOTED_SETTINGS: Pattern = Pattern::new(concat!(
    r#"["'`]((?:\./|/)[A-Za-z0-9_@~./-]{0,150}(?:env|config|setting|runtime|secret|credential|firebase)"#,
    r#"[A-Za-z0-9_.-]{0,40}\.json)["'`]"#,
));
/// Modules by name alone, which a table of RequireJS leads to: `require(["app/pay"])`.
static REQUIRED: Pattern = Pattern::new(r"\b(?:require|requirejs)\s*\(\s*\[|\brequire(?:js)?\.config\s*\(");
static MAIN: Pattern = Pattern::new(r#"(?i)\bdata-main\s*=\s*["']?([^"'\s>]{1,300})"#);
static REFRESH: Pattern = Pattern::new(concat!(
    r"(?is)<noscript\b.*?</noscript|",
    r#"<meta\b[^>]{0,200}\bhttp-equiv\s*=\s*["']?refresh\b[^>]{0,200}?\burl\s*=\s*["']?([^"'>\s]{1,300})"#,
));
/// Of a page: the scripts in it with what stands in their tags, and the modules of Astro's islands.
static INLINE: Pattern = Pattern::new(r"(?is)<script\b([^>]*>.*?)</script");
static ISLANDS: Pattern =
    Pattern::new(r#"(?i)\b(?:component-url|renderer-url|before-hydration-url)\s*=\s*["']?([^"'\s>]{1,300})"#);

/// Finds them in the text of a script. The names are in `import("…")`, in the lists that Vite keeps beside it, in static imports, in what
/// starts workers, and in the manifest of Next.js.
pub fn of(text: &str) -> Later {
    let webpack = ["webpackChunk", "webpackJsonp", "__webpack_require__"].iter().any(|mark| text.contains(mark));
    let turbopack = text.contains("TURBOPACK");
    let parcel = text.contains("parcelRequire");
    let naming = webpack::naming(text);
    let mut later = Later {
        unnamed: turbopack
            || naming == Naming::Unread
            || (webpack && naming == Naming::None && OLD_WEBPACK.is_in(text))
            || MADE_UP.is_in(text)
            || MADE_UP_SOURCE.is_in(text)
            || REQUIRED.is_in(text)
            || (MADE_UP_WORKER.is_in(text) && !WORKER_OF_URL.is_in(text) && !text.contains("createObjectURL")),
        by_number: webpack && BY_NUMBER.is_in(text),
        ..Later::default()
    };
    if let Naming::Names(names) = naming {
        names.iter().for_each(|name| later.add(name));
        later.numbered = names;
    }
    WORKER.all(text).chain(PUT_IN.all(text)).for_each(|name| later.add(name.trim_start_matches("./")));
    BESIDE.all(text).for_each(|name| later.add_beside(name));
    IMPORTED.all(text).filter(|name| !is_other(name)).for_each(|name| later.add(name));
    for name in SETTINGS.all(text).chain(QUOTED_SETTINGS.all(text)) {
        // What an API answers is not what the app is made of.
        if !name.contains("/api/") {
            later.add(name.trim_start_matches("./"));
        }
    }
    // What loads nothing has no use for these names, and libraries speak of many files.
    if LOADS.is_in(text) || parcel || turbopack || text.contains("__BUILD_MANIFEST") {
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

/// Whether a name is that of no script.
fn is_other(name: &str) -> bool {
    let path = name.split(['?', '#']).next().unwrap_or_default();
    [".css", ".wasm", ".json", ".svg"].iter().any(|ending| path.ends_with(ending))
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
            later.by_number |= found.by_number;
            found.names.iter().for_each(|name| later.add(name));
            later.numbered.extend(found.numbered);
            // What a page names in its own code it loads.
            let named = |name: &&str| name.starts_with(['/', '.']);
            NAMES.all(text).filter(named).for_each(|name| later.add(name));
            // In what Next.js sends along for its components, from its own folder.
            let chunks = NAMES.all(text).filter(|name| name.starts_with("static/chunks/"));
            chunks.for_each(|name| later.add(&format!("/_next/{name}")));
        }
    }
    ISLANDS.all(html).for_each(|name| later.add(name));
    for name in MAIN.all(html) {
        let ending = if name.ends_with(".js") { "" } else { ".js" };
        later.add(&format!("{name}{ending}"));
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_by_a_made_up_name_is_said_and_data_of_components_names_chunks() {
        for text in
            ["s.src=b+\"/js/pay.js\"", "s.src=`/js/pay.js?v=${v}`", "$.getScript(base + '/a.mjs')", "s.src=`${b}/a.js`"]
        {
            assert!(of(text).unnamed, "{text}");
        }
        for text in ["s.src=\"/js/pay.js\"", "i.src=b+\"/tea.png\"", "i.src=`/tea.png?v=${v}`"] {
            assert!(!of(text).unnamed, "{text}");
        }
        let data = r#"<script>self.__next_f.push([1,"a:I[\"/_next/static/chunks/9f.js\",\"static/chunks/app/page-1.js\"]"])</script>"#;
        assert_eq!(of_page(data).names, ["/_next/static/chunks/9f.js", "/_next/static/chunks/app/page-1.js"]);
    }

    #[test]
    fn names_are_read_as_bundlers_write_them() {
        let vite = r#"const __vite__mapDeps=(i,m=__vite__mapDeps,d=(m.f||(m.f=["assets/Cart-9c1b.js","assets/vendor-1.js","assets/Cart-1.css"])))=>i;
            import{r as e}from"./vendor-1.js";const t=()=>import("./Cart-9c1b.js");fetch("/api/x.json")"#;
        assert_eq!(
            of(vite),
            Later {
                names: ["./Cart-9c1b.js", "assets/Cart-9c1b.js", "assets/vendor-1.js", "./vendor-1.js"]
                    .map(str::to_owned)
                    .to_vec(),
                ..Later::default()
            }
        );
        assert_eq!(of("var a='./lib/x.js';console.log(a)"), Later::default());
        assert!(!of("(self.webpackChunk_N_E=self.webpackChunk_N_E||[]).push([[1],{}])").unnamed, "it loads nothing");
        assert!(of("(self.webpackChunk_N_E=self.webpackChunk_N_E||[]).push([[1],{2:(a,b,n)=>{n.e(12)}}])").by_number);
        let renamed = of("r.u=e=>e+\".\"+{4:\"ab\"}[e]+\".js\",r.p=\"/_next/\";self.shop=[]");
        assert_eq!((renamed.unnamed, renamed.names), (false, vec!["/_next/4.ab.js".to_owned()]));
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
            ("s.src='/js/app.js'", "/js/app.js"),
            ("s.setAttribute('src', './js/app.js?v=2')", "js/app.js?v=2"),
            ("$.getScript(\"/js/pay.js\")", "/js/pay.js"),
            ("navigator.serviceWorker.register('/sw.js')", "/sw.js"),
            ("import(\"/lib/pay?v=1\")", "/lib/pay?v=1"),
            ("fetch(\"/assets/env.json\")", "/assets/env.json"),
            ("this.http.get<Env>('assets/env.json')", "assets/env.json"),
            ("x.open('GET','config.json')", "config.json"),
            ("const settings='./env.json'", "env.json"),
            ("var parcelRequire;f(\"Cart.9c1b.js\")", "./Cart.9c1b.js"),
            ("self.__BUILD_MANIFEST={\"/\":[\"static/chunks/pages/index-1.js\"]}", "static/chunks/pages/index-1.js"),
        ] {
            assert_eq!(of(text), Later { names: vec![name.to_owned()], ..Later::default() }, "{text}");
        }
        for text in [
            "import(`./${n}.js`)",
            "import(n)",
            "import('./x/'+n)",
            "importScripts(u)",
            "new Worker(u)",
            "require(['app/pay'])",
        ] {
            assert!(of(text).unnamed, "{text}");
        }
        for text in
            ["import(`./a.js`)", "use import() here", "new Worker(URL.createObjectURL(b))", "typeof importScripts"]
        {
            assert!(!of(text).unnamed, "{text}");
        }
        for text in [
            "fetch('/api/env.json')",
            "import('./style.css')",
            "i.src='/a.png'",
            "define(['exports'],t)",
            "{'./locales/en.json':e}",
        ] {
            assert_eq!(of(text), Later::default(), "{text}");
        }
        let manifest = Url::parse("https://shop.example.com/_next/static/x/_buildManifest.js").unwrap();
        assert_eq!(resolve("static/chunks/1.js", &manifest, &manifest).unwrap().path(), "/_next/static/chunks/1.js");
    }

    #[test]
    fn a_page_that_sends_its_readers_on_is_known() {
        assert_eq!(refresh("<meta http-equiv=\"refresh\" content=\"0; url=/home\">").as_deref(), Some("/home"));
        assert_eq!(refresh("<META HTTP-EQUIV=refresh CONTENT='0;URL=/home'>").as_deref(), Some("/home"));
        for html in [
            "<meta http-equiv=refresh content=60>",
            "<noscript><meta http-equiv=refresh content='0;url=/n'></noscript>",
        ] {
            assert_eq!(refresh(html), None, "{html}");
        }
    }

    #[test]
    fn a_page_imports_by_itself() {
        let page = "<script type=importmap>{\"imports\":{\"cart\":\"/lib/cart.js\"}}</script><script type=module>\n import './a.js'\n</script>\
            <astro-island component-url=\"/_astro/Buy.js\" renderer-url='/_astro/client.js'></astro-island>\
            <script>load('/js/late.js')</script><script data-main=js/main src=/require.js></script>\
            <script type=application/json>\"import './no.js'\"</script><pre>import './neither.js'</pre>";
        assert_eq!(
            of_page(page).names,
            ["/lib/cart.js", "./a.js", "/js/late.js", "/_astro/Buy.js", "/_astro/client.js", "js/main.js"]
        );
        of_page(&"<script>".repeat(50_000));
    }
}
