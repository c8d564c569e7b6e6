//! What keeps nginx from sending headers that its configuration names, and old settings beside them.

use super::grammar::Directive;
use super::{added, header_of, only_redirects, servers};
use crate::probe::header_settings::model::{Fault, Header, Place, Settings};

/// Finds them in one configuration.
pub fn find(tree: &[Directive], settings: &mut Settings) {
    for (server, outer) in servers(tree) {
        let around: Vec<&Directive> = outer.into_iter().filter(|d| d.name == "add_header").collect();
        lost(server, &around, &[], settings);
    }
    without_always(tree, settings);
    protocols(tree, settings);
    plain(tree, settings);
    version_told(tree, settings);
    unpacked(tree, settings);
    foreign_origins(tree, settings);
}

/// A level with an `add_header` of its own gets none of those around it
/// (<https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header>).
fn lost(level: &Directive, outer: &[&Directive], path: &[String], settings: &mut Settings) {
    let own: Vec<&Directive> = added(level.inner()).into_iter().filter(|d| d.name == "add_header").collect();
    // Since nginx 1.29.3 a level may ask for those around it as well.
    let merges =
        level.inner().iter().any(|d| d.name == "add_header_inherit" && d.args.iter().any(|arg| arg == "merge"));
    let header = |d: &Directive| header_of(d.args.first().map_or("", String::as_str));
    // What only answers "ok" to a health check shows nobody a page.
    let answers_itself = level.inner().iter().any(|d| d.name == "return") && !path.is_empty();
    if !own.is_empty() && !merges && !answers_itself {
        let gone: Vec<&str> =
            (outer.iter().filter(|d| header(d).is_some_and(|h| !own.iter().any(|o| header(o) == Some(h)))))
                .filter_map(|d| d.args.first().map(String::as_str))
                .collect();
        let assets = path.last().is_some_and(|path| is_assets(path));
        // What is no page needs little of it.
        let matters = !assets || gone.iter().any(|name| Header::named(name) == Some(Header::Nosniff));
        if let (Some(first), true, true) = (own.first(), matters, !gone.is_empty()) {
            let what =
                if path.is_empty() { "this server".to_owned() } else { format!("`location {}`", path.join(" ")) };
            settings.faults.push(Fault {
                place: Place::new(&first.file, first.line),
                message: format!("{what} has an `add_header` of its own, so nginx sends none of {} from around it there", gone.join(", ")),
                fix: "Repeat the lines for these headers in this block, or keep them in one file and `include` it in both places.".to_owned(),
                grave: !assets,
                about_headers: true,
            });
        }
    }
    let next: Vec<&Directive> = if own.is_empty() {
        outer.to_vec()
    } else if merges {
        [outer, &own].concat()
    } else {
        own
    };
    for location in level.inner().iter().filter(|d| d.name == "location" || d.name == "if") {
        let path = if location.name == "if" { path.to_vec() } else { location.args.clone() };
        lost(location, &next, &path, settings);
    }
}

/// Whether a location is for files that pages are made of.
fn is_assets(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    ["js", "css", "png", "jpg", "woff", "svg", "ico", "gif"]
        .iter()
        .any(|end| path.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == *end))
        || ["static", "assets", "media", "images", "fonts", "_next"].iter().any(|word| path.contains(word))
}

/// Without `always`, error pages come without the header.
fn without_always(tree: &[Directive], settings: &mut Settings) {
    let mut found: Vec<(&Directive, &str)> = Vec::new();
    each(tree, &mut |d| {
        if let ("add_header", Some(name), false) =
            (d.name.as_str(), d.args.first(), d.args.iter().any(|arg| arg == "always"))
            && header_of(name).is_some()
        {
            found.push((d, name));
        }
    });
    if let Some((first, _)) = found.first() {
        let mut names: Vec<&str> = found.iter().map(|(_, name)| *name).collect();
        names.dedup();
        settings.faults.push(Fault {
            place: Place::new(&first.file, first.line),
            message: format!(
                "{} {} sent with pages but not with errors such as 404 and 500: `always` is missing",
                names.join(", "),
                if names.len() == 1 { "is" } else { "are" }
            ),
            fix: "End these `add_header` lines in `always;`.".to_owned(),
            grave: false,
            about_headers: true,
        });
    }
}

fn protocols(tree: &[Directive], settings: &mut Settings) {
    each(tree, &mut |d| {
        let old = |arg: &&String| matches!(arg.as_str(), "SSLv2" | "SSLv3" | "TLSv1" | "TLSv1.1");
        let old: Vec<&str> = d.args.iter().filter(old).map(String::as_str).collect();
        if d.name == "ssl_protocols" && !old.is_empty() {
            settings.faults.push(Fault {
                place: Place::new(&d.file, d.line),
                message: format!(
                    "`ssl_protocols` allows {}, which no browser of today needs and attackers can use",
                    old.join(", ")
                ),
                fix: "Write `ssl_protocols TLSv1.2 TLSv1.3;`.".to_owned(),
                grave: true,
                about_headers: false,
            });
        }
    });
}

/// Where one server speaks HTTPS, the plain one should only lead to it.
fn plain(tree: &[Directive], settings: &mut Settings) {
    let listens = |server: &Directive, secure: bool| {
        let mut listens = server.inner().iter().filter(|d| d.name == "listen");
        listens.any(|d| {
            let is_secure = d.args.iter().any(|arg| arg == "ssl" || arg.ends_with("443"));
            let is_plain = d.args.first().is_some_and(|arg| arg == "80" || arg.ends_with(":80"));
            if secure { is_secure } else { is_plain && !is_secure }
        })
    };
    let all = servers(tree);
    let secure = |server: &Directive| listens(server, true);
    for (server, _) in &all {
        let redirects = only_redirects(server)
            || server
                .inner()
                .iter()
                .any(|d| d.name == "if" && d.inner().iter().any(|d| matches!(d.name.as_str(), "return" | "rewrite")));
        if all.iter().any(|(server, _)| secure(server)) && listens(server, false) && !redirects {
            settings.faults.push(Fault {
                place: Place::new(&server.file, server.line),
                message: "This server answers on port 80 with the site itself, although the site speaks HTTPS as well"
                    .to_owned(),
                fix: "Give port 80 a server of its own with `return 301 https://$host$request_uri;`.".to_owned(),
                grave: true,
                about_headers: false,
            });
        }
    }
}

fn version_told(tree: &[Directive], settings: &mut Settings) {
    each(tree, &mut |d| {
        if d.name == "server_tokens" && d.args.first().is_some_and(|arg| matches!(arg.as_str(), "on" | "build")) {
            settings.faults.push(Fault {
                place: Place::new(&d.file, d.line),
                message: "`server_tokens` tells everybody which version of nginx runs here".to_owned(),
                fix: "Write `server_tokens off;`.".to_owned(),
                grave: false,
                about_headers: false,
            });
        }
    });
}

/// Switched off by hand for a whole server; what was never said may be done by whatever stands before, and a location may
/// have its reasons, such as events that are streamed.
fn unpacked(tree: &[Directive], settings: &mut Settings) {
    let is_off = |d: &&Directive| d.name == "gzip" && d.args.first().is_some_and(|arg| arg == "off");
    for (server, outer) in servers(tree) {
        let off = server.inner().iter().find(is_off).or_else(|| outer.into_iter().find(is_off));
        if let (Some(d), false) = (off, only_redirects(server)) {
            settings.faults.push(Fault {
                place: Place::new(&d.file, d.line),
                message: "`gzip off` sends pages and scripts unpacked, several times as large as they need be".to_owned(),
                fix: "Write `gzip on;` with `gzip_types text/css application/javascript application/json image/svg+xml;`.".to_owned(),
                grave: false,
                about_headers: false,
            });
        }
    }
}

/// Whoever asks is let in, with the visitor's cookies: the Origin of the request is sent back unchecked.
fn foreign_origins(tree: &[Directive], settings: &mut Settings) {
    each(tree, &mut |level| {
        let set = |name: &str, value: &str| {
            level.inner().iter().find(|d| {
                d.name == "add_header"
                    && d.args.first().is_some_and(|known| known.eq_ignore_ascii_case(name))
                    && d.args.get(1).is_some_and(|known| known == value)
            })
        };
        let origin = set("Access-Control-Allow-Origin", "$http_origin");
        let with_cookies = set("Access-Control-Allow-Credentials", "true").is_some();
        // Inside an `if`, the Origin may have been checked.
        if let (Some(d), true, true) = (origin, with_cookies, level.name != "if") {
            settings.faults.push(Fault {
                place: Place::new(&d.file, d.line),
                message: "Any site may ask in your users' names: the Origin of the request is allowed unchecked, with cookies"
                    .to_owned(),
                fix: "List your own origins in a `map $http_origin $allowed_origin { … }` and send `$allowed_origin`.".to_owned(),
                grave: true,
                about_headers: false,
            });
        }
    });
}

/// Every directive with those below it; the grammar bounds the depth.
fn each<'a>(tree: &'a [Directive], tell: &mut dyn FnMut(&'a Directive)) {
    for directive in tree {
        tell(directive);
        each(directive.inner(), tell);
    }
}
