//! What is asked for, one table row each. A new path is a new row; what counts as proof stands in `proof`.

use super::answer::Answer;
use super::proof::{Found, data, health, notices, pages, settings};

/// What a path is about: which rule speaks when it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// A file that is the owner's alone.
    PrivateFile,
    /// A page for developers or operators.
    DebugPage,
    /// The description of an API.
    ApiSchema,
    /// A health endpoint.
    Health,
    /// What everybody may see; shown, and judged only where it says something wrong.
    Public,
}

/// What a site has to be made with for a path to be worth asking for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stack {
    /// Anything.
    Any,
    /// PHP.
    Php,
    /// Ruby on Rails.
    Rails,
    /// This other path turned out to be what it was taken for.
    After(&'static str),
}

/// A path.
#[derive(Debug)]
pub struct Asked {
    /// With its query.
    pub path: &'static str,
    /// What it is about.
    pub group: Group,
    /// When to ask.
    pub stack: Stack,
    /// What the answer is, if it is what was looked for.
    pub reads: fn(&Answer) -> Option<Found>,
    /// What to do when it is there.
    pub fix: &'static str,
}

const fn row(path: &'static str, group: Group, reads: fn(&Answer) -> Option<Found>, fix: &'static str) -> Asked {
    Asked { path, group, stack: Stack::Any, reads, fix }
}

impl Asked {
    /// Whether it is asked for before the long tail: what users and monitors really ask for.
    pub fn is_first(&self) -> bool {
        self.group == Group::Health || matches!(self.path, "/robots.txt" | "/sitemap.xml")
    }

    const fn on(mut self, stack: Stack) -> Self {
        self.stack = stack;
        self
    }
}

const ENV: &str = "Take the file out of the folder that is served, refuse every path that begins with a dot (nginx: \
                   `location ~ /\\.(?!well-known) { return 404; }`), and replace every key and password in it: they count as known.";
const GIT: &str = "Deploy the build instead of the checkout, and refuse the folder (nginx: `location ~ /\\.git { return 404; }`). \
                   Replace every secret that was ever committed: the whole history can be downloaded.";
const BACKUP: &str = "Delete the file from the server now, keep backups outside the folder that is served, and treat what was in it \
                      as read by others: new passwords and keys, and tell your users where the law asks for it.";
const KEYS: &str = "Take the file off the server, and revoke every key in it at its provider: they count as known.";
const PROJECT: &str = "Serve the build folder alone (`dist`, `public`, `out`) and not the project's folder.";
const ACTUATOR: &str = "Set `management.endpoints.web.exposure.include=health`, and put the rest on a port of its own \
                        (`management.server.port`) that is not reachable from outside.";
const LARAVEL: &str = "Set `APP_DEBUG=false` and `APP_ENV=production`, run `php artisan config:cache`, and restrict the page to \
                       your own accounts in its gate.";
const PHPINFO: &str = "Delete the file from the server.";
const METRICS: &str = "Let only your monitoring reach it: another port, an allow list, or a password before it.";
const GRAPHQL: &str = "Switch introspection and the playground off in production (Apollo: `introspection: false`), unless your API \
                       is meant for everybody.";
const HEALTH: &str =
    "Let it answer `{\"status\":\"ok\"}` alone, and put the rest on an address that only your monitoring reaches.";
const NOTHING: &str = "Nothing to do.";

/// The question that every GraphQL server with introspection can answer (GraphQL specification, section 4).
const GRAPHQL_PATH: &str = "/graphql?query=%7B__schema%7BqueryType%7Bname%7D%20types%7Bname%7D%7D%7D";
const GRAPHQL_API_PATH: &str = "/api/graphql?query=%7B__schema%7BqueryType%7Bname%7D%20types%7Bname%7D%7D%7D";

/// Every path, in the order of the report.
pub static PATHS: &[Asked] = &[
    row("/.env", Group::PrivateFile, settings::env, ENV),
    row("/.env.local", Group::PrivateFile, settings::env, ENV),
    row("/.env.production", Group::PrivateFile, settings::env, ENV),
    row("/.env.bak", Group::PrivateFile, settings::env, ENV),
    row("/.git/HEAD", Group::PrivateFile, settings::git_head, GIT),
    row("/.git/config", Group::PrivateFile, settings::git_config, GIT),
    row("/.svn/entries", Group::PrivateFile, settings::svn_entries, GIT),
    row("/.DS_Store", Group::PrivateFile, data::ds_store, PROJECT),
    row("/.aws/credentials", Group::PrivateFile, settings::aws_credentials, KEYS),
    row("/.npmrc", Group::PrivateFile, settings::npmrc, KEYS),
    row("/backup.sql", Group::PrivateFile, data::sql, BACKUP),
    row("/dump.sql", Group::PrivateFile, data::sql, BACKUP),
    row("/db.sqlite", Group::PrivateFile, data::sqlite, BACKUP),
    row("/db.sqlite3", Group::PrivateFile, data::sqlite, BACKUP),
    row("/database.sqlite3", Group::PrivateFile, data::sqlite, BACKUP),
    row("/backup.zip", Group::PrivateFile, data::zip, BACKUP),
    row("/site.tar.gz", Group::PrivateFile, data::gzip, BACKUP),
    row("/config.json", Group::PrivateFile, settings::config_json, KEYS),
    row("/docker-compose.yml", Group::PrivateFile, settings::compose, PROJECT),
    row("/Dockerfile", Group::PrivateFile, settings::dockerfile, PROJECT),
    row("/package.json", Group::PrivateFile, settings::package_json, PROJECT),
    row("/composer.json", Group::PrivateFile, settings::composer_json, PROJECT).on(Stack::Php),
    row("/wp-config.php.bak", Group::PrivateFile, settings::wp_config, BACKUP).on(Stack::Php),
    row("/storage/logs/laravel.log", Group::PrivateFile, data::laravel_log, LARAVEL).on(Stack::Php),
    row(
        "/server-status",
        Group::DebugPage,
        pages::server_status,
        "Write `Require local` into the block of `/server-status`.",
    ),
    row(
        "/server-info",
        Group::DebugPage,
        pages::server_info,
        "Write `Require local` into the block of `/server-info`.",
    )
    .on(Stack::After("/server-status")),
    row("/actuator", Group::DebugPage, pages::actuator, ACTUATOR),
    row("/actuator/env", Group::DebugPage, pages::actuator_env, ACTUATOR).on(Stack::After("/actuator")),
    row(
        "/debug/pprof/",
        Group::DebugPage,
        pages::pprof,
        "Serve `net/http/pprof` on a port of its own that listens on 127.0.0.1.",
    ),
    row("/debug", Group::DebugPage, pages::debug, "Remove the route, or let only your own accounts reach it."),
    row(
        "/__debug__/",
        Group::DebugPage,
        pages::debug_toolbar,
        "Set `DEBUG = False`, and load the toolbar in development only.",
    ),
    row("/_debugbar/open", Group::DebugPage, pages::debugbar, LARAVEL).on(Stack::Php),
    row("/telescope", Group::DebugPage, pages::telescope, LARAVEL).on(Stack::Php),
    row("/horizon", Group::DebugPage, pages::horizon, LARAVEL).on(Stack::Php),
    row("/phpinfo.php", Group::DebugPage, pages::phpinfo, PHPINFO).on(Stack::Php),
    row("/info.php", Group::DebugPage, pages::phpinfo, PHPINFO).on(Stack::Php),
    row("/rails/info/routes", Group::DebugPage, pages::rails_routes, "Start the app with `RAILS_ENV=production`.")
        .on(Stack::Rails),
    row(
        "/@vite/client",
        Group::DebugPage,
        pages::vite_client,
        "Run `vite build` and serve the folder `dist`; stop `vite dev` there.",
    ),
    row("/metrics", Group::DebugPage, pages::metrics, METRICS),
    row("/admin/", Group::Public, pages::admin, NOTHING),
    row(GRAPHQL_PATH, Group::ApiSchema, pages::graphql, GRAPHQL),
    row(GRAPHQL_API_PATH, Group::ApiSchema, pages::graphql, GRAPHQL),
    row("/openapi.json", Group::Public, pages::openapi, NOTHING),
    row("/swagger.json", Group::Public, pages::openapi, NOTHING),
    row("/api-docs", Group::Public, pages::api_docs, NOTHING),
    row("/docs", Group::Public, pages::api_docs, NOTHING),
    row("/.well-known/security.txt", Group::Public, notices::security_txt, NOTHING),
    row("/robots.txt", Group::Public, notices::robots, NOTHING),
    row("/sitemap.xml", Group::Public, notices::sitemap, NOTHING),
    row("/favicon.ico", Group::Public, notices::favicon, NOTHING),
    row("/health", Group::Health, health::health, HEALTH),
    row("/healthz", Group::Health, health::health, HEALTH),
    row("/api/health", Group::Health, health::health, HEALTH),
    row("/up", Group::Health, health::health, HEALTH),
    row("/livez", Group::Health, health::health, HEALTH),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_stands_once_and_few_are_asked() {
        let mut paths: Vec<&str> = PATHS.iter().map(|row| row.path).collect();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), PATHS.len());
        let at_once = PATHS.iter().filter(|row| row.stack == Stack::Any).count();
        assert!(at_once <= 45, "{at_once}");
    }

    #[test]
    fn no_row_takes_a_page_an_error_or_nothing_for_what_it_looks_for() {
        let page = b"<!doctype html><html><head><title>About .env files</title></head><body><p>Write DB_PASSWORD=secret into .env, \
            run git init, CREATE TABLE users (id int); INSERT INTO users; FROM node; services: image: [core] ref: refs/heads/main</p></body></html>";
        let bodies: [(&str, &[u8]); 8] = [
            ("text/html", page),
            ("application/json", br#"{"error":"not found","status":404,"message":"No route for this path"}"#),
            ("application/json", br#"{"errors":[{"message":"Must provide query"}]}"#),
            ("text/plain", b"Not found"),
            ("text/plain", b""),
            ("", b"\x00\x01\x02\x03\x9f\x8b\xff\xfe random bytes"),
            ("text/plain", b"/.env /.git/HEAD /backup.sql"),
            ("application/json", b"[]"),
        ];
        for row in PATHS {
            for (kind, body) in bodies {
                let found = (row.reads)(&Answer::with(row.path, 200, kind, body));
                let calm = found.as_ref().is_none_or(|found| found.severity.is_none());
                assert!(calm && (row.group == Group::Public || found.is_none()), "{} {kind}: {found:?}", row.path);
            }
        }
    }
}
