//! How scripts and pages write what they load.

use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

/// A pattern that is made once. It reads bytes: a pattern of Unicode's characters takes ten times the memory, and all that these look
/// for is ASCII.
pub struct Pattern {
    written: &'static str,
    made: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub const fn new(written: &'static str) -> Self {
        Self { written, made: OnceLock::new() }
    }

    fn made(&self) -> Option<&Regex> {
        self.made.get_or_init(|| RegexBuilder::new(self.written).unicode(false).build().ok()).as_ref()
    }

    /// Whether it is in a text.
    pub fn is_in(&self, text: &str) -> bool {
        self.made().is_some_and(|pattern| pattern.is_match(text.as_bytes()))
    }

    /// What the first group matched, each time.
    pub fn all<'t>(&'t self, text: &'t str) -> impl Iterator<Item = &'t str> {
        self.places(text).filter_map(|place| text.get(place))
    }

    /// Where the first group matched, each time.
    pub fn places<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Range<usize>> {
        let found = self.made().into_iter().flat_map(|pattern| pattern.captures_iter(text.as_bytes()));
        found.filter_map(|found| Some(found.get(1)?.range()))
    }
}

/// Names of scripts in quotes, as addresses or without a folder. Frameworks make them of folders with `[id]`, `(group)`, `%5Bid%5D` and the
/// letters of every language.
pub static NAMES: Pattern = Pattern::new(
    r#"["'`]((?:https?://|\.{1,2}/|//?)?[A-Za-z0-9_@~$.:/()\[\]%+!&=\x80-\xff-]{1,200}\.m?js(?:\?[A-Za-z0-9_.=&%-]{0,100})?)\\?["'`]"#,
);
/// Those that are surely asked for: `import("./pay.js")`, `import "./pay.js"`, `from "./pay.js"`.
pub static SURELY: Pattern = Pattern::new(concat!(
    r#"\b(?:import\s*\(?(?:\s|/\*[^*]*\*/)*|from\s*)"#,
    r#"["'`]((?:\.{0,2}/)[^"'`$\s\\]{1,200}\.m?js(?:\?[^"'`$\s]{0,100})?)["'`]"#,
));
/// Functions that load what they are told, called with a name: `loadScript("js/pay.js")`, `loadjs(["/js/pay.js"])`, `$LAB.script("a.js")`.
pub static CALLS: Pattern = Pattern::new(concat!(
    r"(?:[lL]oad(?:[jJ][sS]|_?[sS]cripts?|_?[fF]iles?|_?[mM]odules?)?|(?:include|inject|append|add|insert|require|fetch)_?[sS]cripts?",
    r#"|\.script|\$script|\bhead\.js|\byepnope|\bbasket\.require)\s*\(\s*[\[{(]?\s*["'`][^"'`\n]{0,200}\.m?js(?:\?[^"'`\n]{0,100})?["'`]"#,
));
/// What a module of AMD needs: `define("app", ["./pay.js"], …)`.
pub static DEFINED: Pattern = Pattern::new(r#"\bdefine\s*\(\s*(?:["'][^"'\n]{0,200}["']\s*,\s*)?\[([^\]]*)\]"#);
/// A text in quotes.
pub static QUOTED: Pattern = Pattern::new(r#"["'`]([^"'`\s]{1,300})["'`]"#);
/// A name of a script that is made up where it is used: `load(base + "/pay.js")`, `` load(`${base}/pay.js`) ``.
pub static ADDED: Pattern =
    Pattern::new(r#"\+\s*["'`][^"'`\n]{0,200}\.m?js(?:\?[^"'`\n]{0,100})?["'`]|`[^`\n]{0,200}\$\{[^`\n]{0,200}\.m?js"#);
/// What is written into the page: `document.write('<script src="/js/pay.js"><\/script>')`; and where its name is made up.
pub static WRITTEN: Pattern =
    Pattern::new(r#"(?i)<script\b[^>]{0,300}?\ssrc\s*=\s*\\?["']?([^"'\\>\s+$]{1,200})(?:\\?["'>]|\s)"#);
pub static WRITTEN_MADE_UP: Pattern = Pattern::new(concat!(
    r#"(?i)<script\b[^>]{0,300}?\ssrc\s*=\s*(?:\\?["'])?(?:[^"'\\>\s+]{0,200}["']\s*\+|[^"'\\>\s+]{0,200}\$\{)"#,
    r#"([^;\n]{0,300})"#,
));
/// What loads: `import("…")`, `import "…"`, `import{…}`, `import * as`, `from "…"`.
pub static LOADS: Pattern = Pattern::new(r#"\bimport\s*[("'`{*]|\bfrom\s*["'`]"#);
/// `new Worker("…")`, `new SharedWorker("…")`: from the folder of the page.
pub static WORKER: Pattern = Pattern::new(r#"\bnew\s+(?:Shared)?Worker\s*\(\s*["'`]([^"'`$\s]{1,200})["'`]"#);
/// `importScripts("…")`, `new Worker(new URL("…", import.meta.url))`: from the folder of the script.
pub static BESIDE: Pattern = Pattern::new(
    r#"\b(?:importScripts\s*\(|new\s+(?:Shared)?Worker\s*\(\s*new\s+URL\s*\()\s*["'`]([^"'`$\s]{1,200})["'`]"#,
);
/// `import(name)`, `import(`./${name}.js`)`, `import("./" + name)`, and the same for workers.
pub static MADE_UP: Pattern = Pattern::new(concat!(
    r"\b(?:import\s*\((?:\s|/\*[^*]*\*/)*|importScripts\s*\(\s*)",
    r#"(?:[\w$\[(]|`[^`$]*\$\{|"[^"\n]{0,200}"\s*\+|'[^'\n]{0,200}'\s*\+)"#,
));
/// Where an element for a script is made: `document.createElement("script")`.
pub static MADE_ELEMENT: Pattern =
    Pattern::new(r#"\b(createElement(?:NS)?\s*\(\s*(?:["'][^"'\n]{0,60}["']\s*,\s*)?["'`](?i:script)["'`]\s*\))"#);
/// Where something is told its source: `s.src = …`, `s.setAttribute("src", …)`, `$.getScript(…)`, `{src: …}`.
pub static SOURCE: Pattern = Pattern::new(
    r#"(\.src\s*=|\[\s*["']src["']\s*\]\s*=|\.setAttribute\s*\(\s*["']src["']\s*,|\bgetScript\s*\(|[{,]\s*src\s*:)"#,
);
/// Where a worker's address is made while the page runs; what is made of a text (`createObjectURL`) is no file.
pub static MADE_UP_WORKER: Pattern = Pattern::new(r"\bnew\s+(?:Shared)?Worker\s*\(\s*[\w$]");
pub static WORKER_OF_URL: Pattern = Pattern::new(r#"\bnew\s+(?:Shared)?Worker\s*\(\s*new\s+URL\s*\(\s*["']"#);
/// How webpack 4 named what it loads, and how all of them ask for it: `n.e(12)`.
pub static OLD_WEBPACK: Pattern = Pattern::new(r"\.e\s*=\s*function\b");
pub static BY_NUMBER: Pattern = Pattern::new(r#"\.e\(\s*(?:/\*[^*]*\*/\s*)?["'\d]"#);
/// `import("/lib/pay?v=1")`: a script, whatever its name ends in.
pub static IMPORTED: Pattern =
    Pattern::new(r#"\bimport\s*\((?:\s|/\*[^*]*\*/)*["'`]((?:https?:/|\.{0,2})/[^"'`$\s]{1,200})["'`]"#);
/// What a script puts into the page, from whose folder it counts: `s.src = "/js/app.js"`, `$.getScript("…")`,
/// `serviceWorker.register("…")`.
pub static PUT_IN: Pattern = Pattern::new(concat!(
    r#"(?:\.src\s*=\s*|\bgetScript\s*\(\s*|\bserviceWorker\.register\s*\(\s*|\.setAttribute\(\s*["']src["']\s*,\s*)"#,
    r#"["'`]([^"'`$\s]{1,200}\.m?js(?:\?[^"'`$\s]{0,100})?)["'`]"#,
));
/// Settings that are read when the page runs: `fetch("/assets/env.json")`.
pub static SETTINGS: Pattern = Pattern::new(concat!(
    r#"(?:\b(?:fetch|get|getJSON)\s*(?:<[^>]{1,40}>)?\(\s*|\.open\(\s*["']GET["']\s*,\s*)"#,
    r#"["'`]([A-Za-z0-9_@~.:/-]{1,200}\.json(?:\?[A-Za-z0-9_.=&%-]{0,100})?)["'`]"#,
));
/// The same where a name tells it: bundles list many other files, such as those of every language.
pub static QUOTED_SETTINGS: Pattern = Pattern::new(concat!(
    r#"["'`]((?:\./|/)[A-Za-z0-9_@~./-]{0,150}(?:env|config|setting|runtime|secret|credential|firebase)"#,
    r#"[A-Za-z0-9_.-]{0,40}\.json)["'`]"#,
));
/// Modules by name alone, which a table of RequireJS leads to: `require(["app/pay"])`.
pub static REQUIRED: Pattern = Pattern::new(r"\b(?:require|requirejs)\s*\(\s*\[|\brequire(?:js)?\.config\s*\(");
pub static MAIN: Pattern = Pattern::new(r#"(?i)\bdata-main\s*=\s*["']?([^"'\s>]{1,300})"#);
pub static REFRESH: Pattern = Pattern::new(concat!(
    r"(?is)<noscript\b.*?</noscript|",
    r#"<meta\b[^>]{0,200}\bhttp-equiv\s*=\s*["']?refresh\b[^>]{0,200}?\burl\s*=\s*["']?([^"'>\s]{1,300})"#,
));
/// Of a page: the scripts in it with what stands in their tags, and the modules of Astro's islands.
pub static INLINE: Pattern = Pattern::new(r"(?is)<script\b([^>]*>.*?)</script");
pub static ISLANDS: Pattern =
    Pattern::new(r#"(?i)\b(?:component-url|renderer-url|before-hydration-url)\s*=\s*["']?([^"'\s>]{1,300})"#);
/// Where Next.js has its folder, `basePath` and all: `src="/docs/_next/static/…"`.
pub static NEXT_FOLDER: Pattern = Pattern::new(r#"["'=]((?:https?://)?[^"'\s>\\=]{0,200}?/_next/)static/"#);
/// Of Qwik: from where its code counts, and the code that a click loads.
pub static QWIK_BASE: Pattern = Pattern::new(r#"(?i)\bq:base\s*=\s*["']?([^"'\s>]{1,200})"#);
pub static QWIK: Pattern = Pattern::new(r#"["'\s=]((?:\./)?q-[A-Za-z0-9_-]{1,100}\.js)#"#);
