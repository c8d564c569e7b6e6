//! Names of packages between quotation marks in the code. Frameworks load by them: `app.set("view engine", "ejs")`,
//! `BeautifulSoup(page, "lxml")`, `res.render("index.ejs")`.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use tokio_util::sync::CancellationToken;

use super::named::words;
use super::perhaps::MOST_FILES;
use crate::probe::files::{FileEntry, Listing};
use crate::probe::repository::is_aside;

/// Endings of files whose code loads packages of npm or of Python.
const CODE: [&str; 15] =
    ["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "vue", "svelte", "astro", "mdx", "coffee", "py", "pyw"];
/// Endings of pages, and of code that hands out files: `<script src="/packages/toastr/toastr.min.js">`.
const PAGES: [&str; 22] = [
    "html",
    "htm",
    "xhtml",
    "ejs",
    "hbs",
    "handlebars",
    "mustache",
    "pug",
    "jade",
    "njk",
    "liquid",
    "jinja",
    "jinja2",
    "j2",
    "twig",
    "tpl",
    "php",
    "erb",
    "haml",
    "slim",
    "rb",
    "tmpl",
];

/// Where each of `wanted`, names of packages, stands first as a text of its own. Files in `passed_over` are left out.
#[must_use]
pub fn collect(
    listing: &Listing,
    wanted: &BTreeSet<String>,
    passed_over: &BTreeSet<String>,
    cancel: &CancellationToken,
) -> BTreeMap<String, Vec<(String, u32)>> {
    if wanted.is_empty() {
        return BTreeMap::new();
    }
    let is_read = |file: &&FileEntry| is_code(file) && !is_aside(&file.path) && !passed_over.contains(&file.path);
    let files: Vec<&FileEntry> = listing.files.iter().filter(is_read).collect();
    let found: Vec<Vec<(&String, &FileEntry, u32)>> = files
        .par_iter()
        .map(|file| {
            let text = if cancel.is_cancelled() { String::new() } else { file.read().unwrap_or_default() };
            let is_page = PAGES.contains(&file.extension());
            let quoted = text.lines().zip(1..).flat_map(|(line, number)| {
                let (code, page) = if is_page { (None, Some(paths(line))) } else { (Some(quoted(line)), None) };
                code.into_iter().flatten().chain(page.into_iter().flatten()).map(move |word| (word, number))
            });
            quoted.filter_map(|(word, number)| Some((wanted.get(word)?, *file, number))).collect()
        })
        .collect();
    let mut first: BTreeMap<String, Vec<(String, u32)>> = BTreeMap::new();
    for (word, file, line) in found.into_iter().flatten() {
        let places = first.entry(word.clone()).or_default();
        if places.len() < MOST_FILES && places.last().is_none_or(|(path, _)| *path != file.path) {
            places.push((file.path.clone(), line));
        }
    }
    first
}

/// Programs often have no ending: `bin/www`.
fn is_code(file: &FileEntry) -> bool {
    CODE.contains(&file.extension())
        || PAGES.contains(&file.extension())
        || (!file.name().contains('.') && format!("/{}", file.path).contains("/bin/"))
}

/// The names in the texts of a line. Which quotation mark opens and which one closes is not worked out, since a single
/// apostrophe would turn that around: whatever stands between two of them without a blank is taken.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    let texts = texts(line).filter(|(_, after)| after.starts_with(['"', '\'', '`', '$'])).map(|(text, _)| text);
    // What begins so is a file or an address of the project's own.
    let texts = texts.filter(|text| !text.starts_with(['.', '/']) || text.contains("node_modules/"));
    texts.flat_map(|text| words(text).chain(text.rsplit_once('.').map(|(_, ending)| ending)))
}

/// The parts of the paths in the texts of a line.
fn paths(line: &str) -> impl Iterator<Item = &str> {
    texts(line).flat_map(|(text, _)| {
        let parts = text.split('/').flat_map(|part| [Some(part), part.split_once('.').map(|(top, _)| top)]);
        let scoped = text.find('@').and_then(|at| text.get(at..));
        let end = scoped.and_then(|scoped| scoped.match_indices('/').nth(1).map(|(end, _)| end));
        parts.chain([scoped.and_then(|scoped| scoped.get(..end.unwrap_or(scoped.len())))]).flatten()
    })
}

/// What follows each quotation mark and may be a name or a path, and what comes after it.
fn texts(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let marks = line.match_indices(['"', '\'', '`']).map(|(at, _)| at + 1);
    let texts = marks.filter_map(|start| {
        let rest = line.get(start..)?;
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '@' | '/' | '_' | '.' | '-')));
        rest.split_at_checked(end.unwrap_or(rest.len()))
    });
    texts.filter(|(text, _)| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_between_quotation_marks_is_found_where_code_runs() {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("server.js", "// don't\napp.set('view engine', 'ejs');\nres.send('request denied');\n"),
            ("shop/views.py", "soup = BeautifulSoup(page, \"lxml\")\n"),
            ("bin/www", "#!/usr/bin/env node\nvar debug = require('debug')('app');\n"),
            ("src/page.ts", "import own from './qs';\nfetch('/chalk');\nload(`marked/lib/${name}`);\n"),
            ("src/show.ts", "res.render(\"index.pug\");\nserve(\"/node_modules/bulma/css\");\n"),
            (
                "views/page.blade.php",
                "<script src=\"{{ $U('/packages/toastr/build/a.min.js?v=') }}\"></script>\n<script src='/packages/@acme/scan/umd.js'>\n",
            ),
            ("src/a.test.js", "require('supertest')"),
            ("tests/b.js", "require('mocha')"),
            ("notes.txt", "'left-pad'"),
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let listing = crate::probe::files::list(folder.path(), &[], &CancellationToken::new());
        let names = [
            "ejs",
            "request",
            "lxml",
            "debug",
            "qs",
            "chalk",
            "marked",
            "pug",
            "bulma",
            "supertest",
            "mocha",
            "left-pad",
            "toastr",
            "@acme/scan",
        ];
        let wanted = names.map(str::to_owned).into();
        let passed_over = BTreeSet::from(["src/a.test.js".to_owned()]);
        let found = collect(&listing, &wanted, &passed_over, &CancellationToken::new());
        let told: Vec<String> = found.iter().map(|(word, at)| format!("{word} {}:{}", at[0].0, at[0].1)).collect();
        assert_eq!(
            told,
            [
                "@acme/scan views/page.blade.php:2",
                "bulma src/show.ts:2",
                "debug bin/www:2",
                "ejs server.js:2",
                "lxml shop/views.py:1",
                "marked src/page.ts:3",
                "pug src/show.ts:1",
                "toastr views/page.blade.php:1",
            ]
        );
    }
}
