//! Names of packages between quotation marks in the code, and in what sets the app up. Frameworks load by them:
//! `app.set("view engine", "ejs")`, `BeautifulSoup(page, "lxml")`, `res.render("index.ejs")`, `dialect: mysql`.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rayon::prelude::*;
use tokio_util::sync::CancellationToken;

use super::named::words;
use super::perhaps::MOST_FILES;
use crate::probe::files::{FileEntry, Listing};
use crate::probe::packages::lock::reader;
use crate::probe::packages::manifest::is_manifest;
use crate::probe::repository::is_code_aside;

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

/// Endings of data files.
const DATA: [&str; 12] =
    [".cfg", ".conf", ".env", ".ini", ".json", ".json5", ".jsonc", ".properties", ".toml", ".xml", ".yaml", ".yml"];
/// Pieces of the names of files and folders that set an app up: `config/default.json`, `ormconfig.yml`.
const SETS_UP: [&str; 9] =
    ["application", "conf", "connection", "database", "datasource", "knexfile", "secrets", "sequelize", "settings"];
/// Folders with texts for people, and with what editors and forges are told.
const FOR_PEOPLE: [&str; 10] =
    [".github", ".idea", ".vscode", "i18n", "l10n", "lang", "locale", "locales", "messages", "translations"];
/// Larger data files hold data.
const LARGEST_SETTING: u64 = 256 * 1024;
/// Lines that nobody wrote by hand are longer: bundles, pictures as text.
const LONGEST: usize = 5_000;

/// How names stand in a file.
#[derive(Clone, Copy)]
enum Kind {
    Code,
    Page,
    Setting,
}

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
    let wanted: HashSet<&str> = wanted.iter().map(String::as_str).collect();
    let kinds = listing.files.iter().filter_map(|file| Some((file, kind(file)?)));
    let is_read = |file: &FileEntry| !is_code_aside(&file.path) && !passed_over.contains(&file.path);
    let files: Vec<(&FileEntry, Kind)> = kinds.filter(|(file, _)| is_read(file)).collect();
    let found: Vec<(&FileEntry, Vec<(&str, u32)>)> = files
        .par_iter()
        .filter(|_| !cancel.is_cancelled())
        .map(|(file, kind)| (*file, first_places(&file.read().unwrap_or_default(), *kind, &wanted)))
        .collect();
    let mut first: BTreeMap<String, Vec<(String, u32)>> = BTreeMap::new();
    for (file, words) in found {
        for (word, line) in words {
            let places = first.entry(word.to_owned()).or_default();
            if places.len() < MOST_FILES {
                places.push((file.path.clone(), line));
            }
        }
    }
    first
}

/// The words that a text holds, each with the line on which it does so first.
fn first_places<'w>(text: &str, kind: Kind, wanted: &HashSet<&'w str>) -> Vec<(&'w str, u32)> {
    let mut seen: HashSet<&str> = HashSet::new();
    let mut found = Vec::new();
    for (line, number) in text.lines().zip(1..).filter(|(line, _)| line.len() <= LONGEST) {
        let tell = |word: &str| {
            if let Some(known) = wanted.get(word).filter(|known| seen.insert(known)) {
                found.push((*known, number));
            }
        };
        match kind {
            Kind::Code => quoted(line).for_each(tell),
            Kind::Page => paths(line).for_each(tell),
            Kind::Setting => words(value(line)).for_each(tell),
        }
    }
    found
}

fn kind(file: &FileEntry) -> Option<Kind> {
    let ending = file.extension();
    // Programs often have no ending: `bin/www`.
    let is_program = || !file.name().contains('.') && format!("/{}", file.path).contains("/bin/");
    if PAGES.contains(&ending) {
        Some(Kind::Page)
    } else if CODE.contains(&ending) || is_program() {
        Some(Kind::Code)
    } else {
        is_setting(file).then_some(Kind::Setting)
    }
}

/// Whether a data file sets up the app: by its name, or by the folder in which it lies. What says which packages there are,
/// and texts for people, are none.
fn is_setting(file: &FileEntry) -> bool {
    let path = file.path.to_ascii_lowercase();
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let is_data = DATA.iter().any(|ending| name.ends_with(ending)) || name.starts_with(".env");
    let is_about = |text: &str| SETS_UP.iter().any(|word| text.contains(word));
    is_data
        && file.size <= LARGEST_SETTING
        && (name.starts_with(".env") || is_about(name) || folder.split('/').any(is_about))
        && !folder.split('/').any(|part| FOR_PEOPLE.contains(&part))
        && reader(&file.path).is_none()
        && !is_manifest(&file.path)
}

/// What a line of a data file says of its key: `mysql` of `dialect: mysql`. A line without a key is all value.
fn value(line: &str) -> &str {
    let line = line.trim();
    if line.starts_with(['#', ';']) || line.starts_with("//") {
        return "";
    }
    line.split_once([':', '=']).map_or(line, |(_, value)| value)
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
    // Byte by byte: every line of all code comes by here, and all that is looked for is ASCII.
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'@' | b'/' | b'_' | b'.' | b'-');
    let marks = line.bytes().enumerate().filter(|(_, byte)| matches!(byte, b'"' | b'\'' | b'`'));
    let texts = marks.filter_map(move |(mark, _)| {
        let rest = line.get(mark + 1..)?;
        rest.split_at_checked(rest.bytes().position(|byte| !is_word(byte)).unwrap_or(rest.len()))
    });
    texts.filter(|(text, _)| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::samples::listed;

    #[test]
    fn a_name_between_quotation_marks_is_found_where_code_runs() {
        let (_folder, listing) = listed(&[
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
            ("config/config.json", "{\"production\": {\n\"dialect\": \"mysql2\",\n\"debug\": false}}"),
            ("config/database.yml", "# tedious\nproduction:\n  client: oracledb\n  list: [\"knex\"]\n"),
            (".env", "DATABASE_URL=snowflake://u:p@db/x\n"),
            ("config/locales/en.yml", "en:\n  word: keystone\n"),
            ("data/list.json", "[\"keystone\"]"),
            ("src/bundle.js", &format!("{}'keystone'", "x".repeat(6_000))),
        ]);
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
            "mysql2",
            "oracledb",
            "tedious",
            "knex",
            "snowflake",
            "keystone",
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
                "knex config/database.yml:4",
                "lxml shop/views.py:1",
                "marked src/page.ts:3",
                "mysql2 config/config.json:2",
                "oracledb config/database.yml:3",
                "pug src/show.ts:1",
                "snowflake .env:1",
                "toastr views/page.blade.php:1",
            ]
        );
    }
}
