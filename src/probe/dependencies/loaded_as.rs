//! Packages that a library loads by another word than their name: a page's ending, an engine's name, a database's dialect.
//!
//! The words of engines are those of Express (<https://expressjs.com/en/resources/template-engines.html>) and consolidate
//! (<https://github.com/tj/consolidate.js#supported-template-engines>), those of databases the dialects of Knex
//! (<https://knexjs.org/guide/#configuration-options>), Sequelize
//! (<https://sequelize.org/docs/v6/other-topics/dialect-specific-things/>) and `TypeORM` (<https://typeorm.io/docs/data-source/data-source-options/>).

use std::collections::BTreeMap;

use super::perhaps::MOST_FILES;
use crate::probe::files::Listing;
use crate::probe::packages::{Ecosystem, LockFile};
use crate::probe::repository::is_code_aside;

/// A word, and the packages of npm that something loads by it.
const NPM: [(&str, &[&str]); 31] = [
    ("art", &["art-template", "express-art-template"]),
    ("db2", &["ibm_db"]),
    ("dot", &["dot-emc", "express-dot-engine"]),
    ("dust", &["adaro", "dustjs-helpers", "dustjs-linkedin"]),
    ("edge", &["edge.js", "express-edge"]),
    ("ejs", &["ejs-locals", "ejs-mate", "express-ejs-layouts", "express-ejs-extend"]),
    ("haml", &["haml-coffee", "hamljs"]),
    ("handlebars", &["express-handlebars", "express-hbs", "hbs", "koa-hbs"]),
    ("hbs", &["express-handlebars", "express-hbs", "handlebars", "koa-hbs"]),
    ("hjs", &["hogan.js"]),
    ("hogan", &["hogan-express", "hogan.js"]),
    ("ibmi", &["odbc"]),
    ("jade", &["pug"]),
    ("liquid", &["liquidjs", "tinyliquid"]),
    ("mssql", &["msnodesqlv8"]),
    ("mustache", &["hogan.js", "mustache-express"]),
    ("mysql", &["@mysql/xdevapi", "mysql-promise", "promise-mysql"]),
    ("njk", &["express-nunjucks", "nunjucks"]),
    ("nunjucks", &["express-nunjucks"]),
    ("postgres", &["pg-promise", "pg-query-stream"]),
    ("postgresql", &["pg-promise", "pg-query-stream", "postgres"]),
    ("redis", &["connect-redis", "ioredis"]),
    ("sap", &["@sap/hana-client", "hdb", "hdb-pool"]),
    ("snowflake", &["snowflake-sdk"]),
    ("spanner", &["@google-cloud/spanner"]),
    ("sqlite", &["@vscode/sqlite3", "libsql", "sql.js"]),
    ("sqlite3", &["@vscode/sqlite3", "libsql"]),
    ("sqljs", &["sql.js"]),
    ("swig", &["swig-templates"]),
    ("twig", &["swig", "swig-templates"]),
    ("vm", &["velocityjs"]),
];

/// The same of `PyPI`, normalized: dialects of SQLAlchemy (<https://docs.sqlalchemy.org/en/20/dialects/>), Django's engines,
/// and endings of templates.
const PYTHON: [(&str, &[&str]); 12] = [
    ("jinja", &["jinja2"]),
    ("j2", &["jinja2"]),
    ("mako", &["mako"]),
    ("mssql", &["aioodbc", "django-mssql-backend", "mssql-django", "pymssql", "pyodbc"]),
    ("mysql", &["asyncmy", "cymysql", "mysql-connector", "mysql-python"]),
    ("oracle", &["python-oracledb"]),
    ("postgres", &["pg8000", "psycopg-binary", "psycopg-c", "psycopg-pool", "psycopg2cffi"]),
    ("postgresql", &["pg8000", "psycopg-binary", "psycopg-c", "psycopg-pool", "psycopg2cffi"]),
    ("pt", &["chameleon"]),
    ("redis", &["aioredis", "django-redis"]),
    ("snowflake", &["snowflake-connector-python", "snowflake-sqlalchemy"]),
    ("sqlite", &["pysqlite3", "pysqlite3-binary", "sqlcipher3"]),
];

/// Endings of pages that an engine renders which no code need import.
const ENDINGS: [&str; 27] = [
    "art",
    "dot",
    "dust",
    "ect",
    "edge",
    "ejs",
    "eta",
    "haml",
    "handlebars",
    "hbs",
    "hjs",
    "hogan",
    "j2",
    "jade",
    "jinja",
    "jinja2",
    "liquid",
    "mako",
    "marko",
    "mustache",
    "njk",
    "nunjucks",
    "pt",
    "pug",
    "swig",
    "twig",
    "vash",
];

/// Packages that load whichever engine they find, by the ending of the page.
const LOADERS: [&str; 8] = [
    "@ladjs/consolidate",
    "@nestjs-modules/mailer",
    "@tryghost/consolidate",
    "consolidate",
    "email-templates",
    "express-mailer",
    "jstransformer",
    "koa-views",
];

/// Engines that they know.
const ENGINES: [&str; 44] = [
    "arc-templates",
    "atpl",
    "bracket-template",
    "dot",
    "dustjs-helpers",
    "dustjs-linkedin",
    "eco",
    "ect",
    "ejs",
    "haml-coffee",
    "hamlet",
    "hamljs",
    "handlebars",
    "hogan.js",
    "htmling",
    "jade",
    "jazz",
    "jqtpl",
    "just",
    "liquid-node",
    "liquor",
    "lodash",
    "marko",
    "mjml",
    "mote",
    "mustache",
    "nunjucks",
    "plates",
    "pug",
    "qejs",
    "ractive",
    "razor-tmpl",
    "slm",
    "squirrelly",
    "swig",
    "swig-templates",
    "teacup",
    "templayed",
    "tinyliquid",
    "toffee",
    "twig",
    "twing",
    "underscore",
    "vash",
];

/// The other words by which a package may be loaded.
pub fn other_words(ecosystem: Ecosystem, name: &str) -> impl Iterator<Item = &'static str> {
    let table: &[(&str, &[&str])] = match ecosystem {
        Ecosystem::Npm => &NPM,
        Ecosystem::PyPi => &PYTHON,
        _ => &[],
    };
    let name = ecosystem.normalize(name);
    table.iter().filter(move |(_, packages)| packages.contains(&&*name)).map(|(word, _)| *word)
}

/// The pages of each ending, none of them a test's.
#[must_use]
pub fn pages(listing: &Listing) -> BTreeMap<String, Vec<(String, u32)>> {
    let mut found: BTreeMap<String, Vec<(String, u32)>> = BTreeMap::new();
    let pages = listing.files.iter().filter(|file| ENDINGS.contains(&file.extension()) && !is_code_aside(&file.path));
    for file in pages {
        let places = found.entry(file.extension().to_owned()).or_default();
        if places.len() < MOST_FILES {
            places.push((file.path.clone(), 1));
        }
    }
    found
}

/// The package of the lock file that loads whichever engine is there, where `name` is one that it knows.
#[must_use]
pub fn loader(lock: &LockFile, name: &str) -> Option<&'static str> {
    let is_held = |loader: &&&str| lock.packages.binary_search_by(|package| (*package.name).cmp(loader)).is_ok();
    LOADERS.iter().filter(|_| ENGINES.contains(&name)).find(is_held).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::samples::listed;

    #[test]
    fn a_package_is_loaded_by_other_words() {
        let of = |ecosystem, name: &str| other_words(ecosystem, name).collect::<Vec<_>>();
        assert_eq!(of(Ecosystem::Npm, "snowflake-sdk"), ["snowflake"]);
        assert_eq!(of(Ecosystem::Npm, "handlebars"), ["hbs"]);
        assert_eq!(of(Ecosystem::PyPi, "PG8000"), ["postgres", "postgresql"]);
        assert!(of(Ecosystem::Npm, "express").is_empty() && of(Ecosystem::Go, "ejs").is_empty());
    }

    #[test]
    fn pages_of_the_app_are_told_by_their_ending() {
        let (_folder, listing) =
            listed(&[("views/a.hbs", ""), ("b.ejs", ""), ("tests/c.pug", ""), ("d.html", ""), ("src/e.ts", "")]);
        let told: Vec<String> = pages(&listing).iter().map(|(ending, at)| format!("{ending} {}", at[0].0)).collect();
        assert_eq!(told, ["ejs b.ejs", "hbs views/a.hbs"]);
    }
}
