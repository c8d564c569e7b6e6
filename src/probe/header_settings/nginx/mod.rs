//! nginx: which headers its servers send, and what keeps them from being sent.

mod faults;
mod grammar;

use super::model::{Header, HeaderSetting, Layer, Place, REPORT_ONLY, Scope, Settings, Text};
use super::sources::{Sources, name_of};
use crate::probe::repository::is_for_development;
use grammar::Directive;

/// A configuration with what it includes.
struct Configuration {
    tree: Vec<Directive>,
}

/// Reads every configuration of nginx.
pub fn read(sources: &Sources, settings: &mut Settings) {
    let files: Vec<&str> = sources.all().map(|(path, _)| path).filter(|path| is_nginx(path)).collect();
    let mut included: Vec<String> = Vec::new();
    let mut parsed: Vec<(&str, Configuration)> = Vec::new();
    for path in files {
        let Some(text) = sources.text(path) else { continue };
        if let Some(mut tree) = grammar::parse(path, text) {
            grammar::include(&mut tree, sources, &mut included, 0);
            parsed.push((path, Configuration { tree }));
        } else if name_of(path).contains("nginx") || text.contains("add_header") {
            settings.unclear.push((None, format!("{path} could not be read as a configuration of nginx")));
        }
    }
    parsed.retain(|(path, _)| !included.iter().any(|known| known == path));
    let whole: Vec<&Configuration> = parsed.iter().map(|(_, c)| c).filter(|c| !servers(&c.tree).is_empty()).collect();
    for configuration in &whole {
        for (server, outer) in servers(&configuration.tree) {
            server_headers(server, &outer, settings);
        }
        faults::find(&configuration.tree, settings);
    }
    // Pieces that nothing in the project includes: some server may.
    for (path, configuration) in parsed.iter().filter(|(_, c)| servers(&c.tree).is_empty()) {
        for set in added(&configuration.tree) {
            if let Some(header) = header_of(set.args.first().map_or("", String::as_str)) {
                settings.unclear.push((
                    Some(header),
                    format!("{path} sets it, and no server in the project is seen to include that file"),
                ));
            }
        }
    }
}

/// Every server block with the directives of the level around it.
fn servers(tree: &[Directive]) -> Vec<(&Directive, Vec<&Directive>)> {
    let mut found: Vec<(&Directive, Vec<&Directive>)> = Vec::new();
    for directive in tree {
        if directive.name == "server" && directive.block.is_some() {
            found.push((directive, tree.iter().collect()));
        } else if directive.name == "http" {
            let inner = directive.inner();
            found.extend(
                inner.iter().filter(|d| d.name == "server" && d.block.is_some()).map(|d| (d, inner.iter().collect())),
            );
        }
    }
    found
}

/// Whether a server does nothing but send visitors elsewhere.
fn only_redirects(server: &Directive) -> bool {
    let returns = |block: &[Directive]| {
        block.iter().any(|d| {
            d.name == "return" && d.args.first().is_some_and(|code| code.starts_with('3') || code.starts_with("http"))
                || d.name == "rewrite" && d.args.iter().any(|arg| arg.starts_with("https:"))
        })
    };
    let serves = |block: &[Directive]| {
        block.iter().any(|d| {
            matches!(d.name.as_str(), "proxy_pass" | "root" | "fastcgi_pass" | "uwsgi_pass" | "try_files" | "alias")
        })
    };
    let inner = server.inner();
    let locations: Vec<&Directive> = inner.iter().filter(|d| d.name == "location").collect();
    let root = locations.iter().find(|d| d.args.last().is_some_and(|path| path == "/"));
    returns(inner) || root.is_some_and(|root| returns(root.inner()) && !serves(root.inner()))
}

fn added(block: &[Directive]) -> Vec<&Directive> {
    let mut found = Vec::new();
    for directive in block {
        match directive.name.as_str() {
            "add_header" => found.push(directive),
            // Headers-more adds to what stands around it.
            "more_set_headers" => found.push(directive),
            _ => {}
        }
    }
    found
}

fn server_headers(server: &Directive, outer: &[&Directive], settings: &mut Settings) {
    if only_redirects(server) {
        return;
    }
    if !server
        .inner()
        .iter()
        .any(|d| d.name == "listen" && d.args.iter().any(|arg| arg == "ssl" || arg.ends_with("443")))
    {
        settings.unclear.push((
            Some(Header::Hsts),
            format!(
                "the server in {}:{} does not speak HTTPS itself; what stands before it may send it",
                server.file, server.line
            ),
        ));
    }
    let around: Vec<&Directive> =
        outer.iter().copied().filter(|d| matches!(d.name.as_str(), "add_header" | "more_set_headers")).collect();
    let own = added(server.inner());
    let level = if own.iter().any(|d| d.name == "add_header") { own } else { [around, own].concat() };
    // What answers for the site is the location of its root, where there is one.
    let locations = server.inner().iter().filter(|d| d.name == "location");
    let (root, others): (Vec<&Directive>, Vec<&Directive>) = locations.partition(|d| {
        matches!(d.args.as_slice(), [path] if path == "/")
            || matches!(d.args.as_slice(), [how, path] if how.starts_with('^') && path == "/")
    });
    let root = root.first().map(|root| added(root.inner())).unwrap_or_default();
    let at_root = if root.iter().any(|d| d.name == "add_header") { root } else { [level, root].concat() };
    for directive in at_root {
        keep(directive, &Scope::Site, settings);
    }
    for location in others {
        let path = location.args.join(" ");
        for directive in added(location.inner()) {
            keep(directive, &Scope::Path(path.clone()), settings);
        }
    }
}

fn keep(directive: &Directive, scope: &Scope, settings: &mut Settings) {
    let place = Place::new(&directive.file, directive.line);
    let mut add = |name: &str, value: &str| {
        let value = if value.contains('$') { Text::Dynamic } else { Text::from(value) };
        let set = HeaderSetting {
            name: name.to_owned(),
            value,
            place: Some(place.clone()),
            scope: scope.clone(),
            layer: Layer::Nginx,
        };
        settings.headers.push(set);
    };
    match (directive.name.as_str(), directive.args.as_slice()) {
        ("add_header", [name, value, ..]) => add(name, value),
        ("more_set_headers", lines) => {
            lines
                .iter()
                .filter_map(|line| line.split_once(':'))
                .for_each(|(name, value)| add(name.trim(), value.trim()));
        }
        _ => {}
    }
}

fn header_of(name: &str) -> Option<Header> {
    Header::named(name).or_else(|| name.eq_ignore_ascii_case(REPORT_ONLY).then_some(Header::Csp))
}

/// Whether a file may be a configuration of nginx.
pub fn is_nginx(path: &str) -> bool {
    let name = name_of(path).to_ascii_lowercase();
    let other = [
        "supervisor",
        "syslog",
        "logrotate",
        "redis",
        "postgres",
        "my.",
        "php",
        "httpd",
        "apache",
        "000-default",
        "opendkim",
        "nsswitch",
        "mongod",
        "fluent",
        "prometheus",
        "log4j",
        "application",
        "jest",
        "pip",
        "turnserver",
        "odbc",
        "fonts",
        "sysctl",
        "modsec",
        "uwsgi",
        "asound",
        "caddy",
    ];
    if is_for_development(path) || path.contains("apache") || other.iter().any(|word| name.starts_with(word)) {
        return false;
    }
    name.ends_with(".conf")
        || name.ends_with(".conf.template")
        || name.ends_with(".nginx")
        || (path.contains("sites-available/") || path.contains("sites-enabled/")) && !name.ends_with(".md")
}

/// The line of the server block that serves visitors, and its file, for the first configuration that has one.
pub fn serving(sources: &Sources) -> Option<Place> {
    let files = sources.all().filter(|(path, _)| is_nginx(path));
    let mut servers_of_files = files.filter_map(|(path, text)| {
        let tree = grammar::parse(path, text)?;
        let found = servers(&tree);
        let is_secure = |server: &Directive| {
            server
                .inner()
                .iter()
                .any(|d| d.name == "listen" && d.args.iter().any(|arg| arg == "ssl" || arg.ends_with("443")))
        };
        let mut serving = found.iter().map(|(server, _)| *server).filter(|server| !only_redirects(server));
        let first = serving.clone().next()?;
        let server = serving.find(|server| is_secure(server)).unwrap_or(first);
        Some(Place::new(path, server.line))
    });
    servers_of_files.next()
}

/// The first directive of this name in a configuration that serves visitors, on whatever level, and its words.
pub fn directive(sources: &Sources, name: &str) -> Option<(Place, Vec<String>)> {
    fn find<'d>(tree: &'d [Directive], name: &str) -> Option<&'d Directive> {
        tree.iter().find_map(|directive| match &directive.block {
            None => (directive.name == name).then_some(directive),
            Some(inner) => find(inner, name),
        })
    }
    let mut files = sources.all().filter(|(path, _)| is_nginx(path));
    files.find_map(|(path, text)| {
        let tree = grammar::parse(path, text)?;
        let found = find(&tree, name)?;
        Some((Place::new(path, found.line), found.args.clone()))
    })
}
