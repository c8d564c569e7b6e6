//! Pages for developers and operators, known by words that the program writes and nobody else.

use serde_json::Value;

use super::{Answer, Found, few, has_all, json, page, plain};
use crate::model::Severity::{Blocker, Major, Minor};
use crate::probe::secrets::assignment;

/// Apache's mod_status.
pub fn server_status(answer: &Answer) -> Option<Found> {
    has_all(page(answer)?, &["Apache Server Status for ", "Server uptime"])
        .then(|| Found::new(Major, "Apache's status page: it lists who visits which address"))
}

/// Apache's mod_info.
pub fn server_info(answer: &Answer) -> Option<Found> {
    has_all(page(answer)?, &["Apache Server Information", "Server Settings"])
        .then(|| Found::new(Major, "Apache's whole configuration"))
}

/// Spring Boot's list of its own endpoints (Actuator API, "Discovering the Actuator Endpoints").
pub fn actuator(answer: &Answer) -> Option<Found> {
    let object = json(answer)?;
    let links = object.get("_links")?.as_object()?;
    let own = links.get("self")?.get("href")?.as_str()?;
    if !own.contains("actuator") {
        return None;
    }
    let telling = [
        "env",
        "heapdump",
        "threaddump",
        "configprops",
        "logfile",
        "loggers",
        "mappings",
        "beans",
        "httpexchanges",
        "shutdown",
    ];
    let open: Vec<String> =
        telling.iter().filter(|name| links.contains_key(**name)).map(|name| (*name).to_owned()).collect();
    if open.is_empty() {
        return Some(Found::new(None, "Spring Boot Actuator, with nothing telling in it"));
    }
    // The dump itself is never asked for: even HEAD makes Spring Boot write one, which stops the app for as long.
    let found = if links.contains_key("heapdump") {
        Found::new(
            Blocker,
            "Spring Boot Actuator offers the whole memory of the app as a download: passwords, sessions, users' data",
        )
    } else {
        Found::new(Major, "Spring Boot Actuator, open to everybody")
    };
    Some(found.detail(format!("it offers: {}", few(&open, 10))))
}

/// Spring Boot's environment.
pub fn actuator_env(answer: &Answer) -> Option<Found> {
    let object = json(answer)?;
    let sources = object.get("propertySources")?.as_array()?;
    let mut plain = Vec::new();
    for (name, value) in sources.iter().filter_map(|source| source.get("properties")?.as_object()).flatten() {
        let text = value.get("value").and_then(Value::as_str).unwrap_or_default();
        // Masked values are written as six asterisks.
        if assignment::is_secret_name(name) && text.len() >= 4 && !text.chars().all(|c| c == '*') {
            plain.push(name.clone());
        }
    }
    Some(if plain.is_empty() {
        Found::new(Major, "the environment of the app, secrets masked")
    } else {
        Found::new(Blocker, "the environment of the app with its secrets")
            .detail(format!("secrets: {}", few(&plain, 6)))
    })
}

/// Go's profiler.
pub fn pprof(answer: &Answer) -> Option<Found> {
    let text = &answer.text;
    (answer.is_success() && has_all(text, &["/debug/pprof/", "Types of profiles available", "goroutine"]))
        .then(|| Found::new(Major, "Go's profiler: it shows memory and stacks, and can slow the server down"))
}

/// Whatever hides behind `/debug`: one of the other pages of this list.
pub fn debug(answer: &Answer) -> Option<Found> {
    pprof(answer).or_else(|| phpinfo(answer)).or_else(|| {
        let object = json(answer)?;
        let environment = object.get("env").or_else(|| object.get("environment"))?.as_object()?;
        // The variables of a process: nearly every one has these two.
        (environment.contains_key("PATH") && environment.len() > 3)
            .then(|| Found::new(Blocker, "the environment variables of the app"))
    })
}

/// Django's debug toolbar.
pub fn debug_toolbar(answer: &Answer) -> Option<Found> {
    let text = &answer.text;
    (answer.is_html() && (text.contains("id=\"djDebug\"") || has_all(text, &["DEBUG = True", "Django"])))
        .then(|| Found::new(Major, "a page of Django in debug mode"))
}

/// The list of requests that PHP Debug Bar keeps.
pub fn debugbar(answer: &Answer) -> Option<Found> {
    if !answer.is_success() {
        return None;
    }
    let Ok(Value::Array(list)) = serde_json::from_str::<Value>(&answer.text) else { return None };
    let first = list.first()?.as_object()?;
    (["id", "utime", "method", "uri"].iter().all(|name| first.contains_key(*name)))
        .then(|| Found::new(Major, "PHP Debug Bar: the last requests of your users with their data"))
}

/// Laravel Telescope.
pub fn telescope(answer: &Answer) -> Option<Found> {
    let text = page(answer)?;
    (text.contains("window.Telescope") && text.contains("id=\"telescope\""))
        .then(|| Found::new(Blocker, "Laravel Telescope: every request, query and mail of your app"))
}

/// Laravel Horizon.
pub fn horizon(answer: &Answer) -> Option<Found> {
    let text = page(answer)?;
    (text.contains("window.Horizon") && text.contains("id=\"horizon\""))
        .then(|| Found::new(Major, "Laravel Horizon: the jobs of your app with their data"))
}

/// `phpinfo()`.
pub fn phpinfo(answer: &Answer) -> Option<Found> {
    let page = page(answer)?;
    (has_all(page, &["phpinfo()", "PHP Version", "Configure Command"])
        || has_all(page, &["phpinfo()</title>", "<h1 class=\"p\">PHP Version"]))
    .then(|| Found::new(Major, "phpinfo(): versions, paths and the environment of the server"))
}

/// The routes page of Rails in development.
pub fn rails_routes(answer: &Answer) -> Option<Found> {
    has_all(page(answer)?, &["HTTP Verb", "Controller#Action"])
        .then(|| Found::new(Major, "the list of routes of Rails in development mode"))
}

/// The client of Vite's development server.
pub fn vite_client(answer: &Answer) -> Option<Found> {
    let script = answer.is_success() && answer.kind.contains("javascript");
    let marks = [["HMRContext", "import.meta"], ["[vite] connect", "WebSocket"]];
    (script && marks.iter().any(|marks| has_all(&answer.text, marks)))
        .then(|| Found::new(Major, "the development server of Vite, which hands out your source files"))
}

/// Metrics as Prometheus reads them (text exposition format 0.0.4).
pub fn metrics(answer: &Answer) -> Option<Found> {
    let text = plain(answer)?;
    let lines = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
    (lines("# TYPE ") >= 1 && lines("# HELP ") >= 1)
        .then(|| Found::new(Minor, "the metrics of your app: its routes, its load and its versions"))
}

/// The login of the framework's own administration: no fault, and everybody knows where it is.
pub fn admin(answer: &Answer) -> Option<Found> {
    let text = &answer.text;
    if answer.location.as_deref().is_some_and(|to| to.contains("/admin/login/")) {
        return Some(Found::new(None, "the login of an administration"));
    }
    has_all(text, &["Django", "csrfmiddlewaretoken"]).then(|| Found::new(None, "the login of Django's administration"))
}

/// An answer to the introspection query, or a playground.
pub fn graphql(answer: &Answer) -> Option<Found> {
    if let Some(object) = json(answer) {
        let types = object.get("data")?.get("__schema")?.get("types")?.as_array()?;
        let own = types
            .iter()
            .filter_map(|one| one.get("name")?.as_str())
            .filter(|name| !name.starts_with("__") && !["String", "Int", "Float", "Boolean", "ID"].contains(name))
            .count();
        return Some(Found::new(
            Minor,
            format!(
                "GraphQL describes itself to everybody ({})",
                if own == 1 { "1 type".to_owned() } else { format!("{own} types") }
            ),
        ));
    }
    let text = page(answer)?;
    let marks = [
        "GraphQLPlayground.init",
        "graphiql.min.js",
        "id=\"graphiql\"",
        "embeddable-sandbox",
        "GraphiQL.createFetcher",
    ];
    marks.iter().any(|mark| text.contains(mark)).then(|| Found::new(Minor, "a GraphQL playground"))
}

/// A description of an API (OpenAPI 3, Swagger 2). Public ones are common and fine.
pub fn openapi(answer: &Answer) -> Option<Found> {
    let object = json(answer);
    let told = match &object {
        Some(object) => {
            (object.contains_key("openapi") || object.contains_key("swagger")) && object.contains_key("paths")
        }
        // Longer than what is kept.
        None => {
            let start: String = answer.text.chars().take(300).collect();
            answer.is_success()
                && start.starts_with('{')
                && (start.contains("\"openapi\":") || start.contains("\"swagger\":"))
        }
    };
    told.then(|| Found::new(None, "the description of your API, for everybody to read"))
}

/// Swagger UI, ReDoc and the like.
pub fn api_docs(answer: &Answer) -> Option<Found> {
    if let Some(found) = openapi(answer) {
        return Some(found);
    }
    let text = page(answer)?;
    ["swagger-ui", "SwaggerUIBundle", "<redoc", "Redoc.init", "id=\"api-reference\""]
        .iter()
        .any(|mark| text.contains(mark))
        .then(|| Found::new(None, "pages that describe your API, for everybody to read"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Severity;

    fn html(body: &str) -> Answer {
        Answer::with("/x", 200, "text/html", format!("<!DOCTYPE html><html><body>{body}</body></html>").as_bytes())
    }

    fn json_of(body: &str) -> Answer {
        Answer::with("/x", 200, "application/json", body.as_bytes())
    }

    fn severity(found: Option<Found>) -> Option<Severity> {
        found.unwrap().severity
    }

    #[test]
    fn pages_are_known_by_what_their_programs_write() {
        assert!(server_status(&html("<h1>Apache Server Status for localhost</h1><dt>Server uptime: 1 hour")).is_some());
        assert!(server_status(&html("<h1>Server status</h1>All systems work")).is_none());
        assert!(server_info(&html("<h1>Apache Server Information</h1>Server Settings")).is_some());
        assert!(phpinfo(&html("<title>PHP 8 - phpinfo()</title>PHP Version 8.3 Configure Command")).is_some());
        assert!(phpinfo(&html("What phpinfo() shows of the PHP Version")).is_none());
        assert!(telescope(&html("<div id=\"telescope\"></div><script>window.Telescope = {}</script>")).is_some());
        assert!(telescope(&html("Our telescopes")).is_none());
        assert!(horizon(&html("<div id=\"horizon\"></div><script>window.Horizon = {}</script>")).is_some());
        assert!(rails_routes(&html("<th>HTTP Verb</th><th>Controller#Action</th>")).is_some());
        assert!(pprof(&html("/debug/pprof/<br>Types of profiles available:<a>goroutine</a>")).is_some());
        assert!(debug_toolbar(&html("<div id=\"djDebug\">")).is_some() && debug_toolbar(&html("debug")).is_none());
        let vite = "import \"/@vite/env\"; class HMRContext {} import.meta.hot; [vite] connecting... WebSocket";
        assert!(vite_client(&Answer::with("/x", 200, "text/javascript", vite.as_bytes())).is_some());
        assert!(vite_client(&html(vite)).is_none());
        let text = |body: &str| Answer::with("/metrics", 200, "text/plain", body.as_bytes());
        assert!(metrics(&text("# HELP up Is it\n# TYPE up gauge\nup 1\n")).is_some());
        assert!(metrics(&text("# Metrics\n\nWe measure everything.\n")).is_none());
        assert_eq!(admin(&html("<a>Django site admin</a><input name=csrfmiddlewaretoken>")).unwrap().severity, None);
    }

    #[test]
    fn spring_tells_how_much_it_gives_away() {
        let own = "\"self\":{\"href\":\"http://x/actuator\"}";
        assert_eq!(severity(actuator(&json_of(&format!("{{\"_links\":{{{own},\"health\":{{}}}}}}")))), None);
        assert_eq!(severity(actuator(&json_of(&format!("{{\"_links\":{{{own},\"env\":{{}}}}}}")))), Some(Major));
        let dump = format!("{{\"_links\":{{{own},\"heapdump\":{{}}}}}}");
        assert_eq!(severity(actuator(&json_of(&dump))), Some(Blocker));
        assert!(
            actuator(&json_of("{\"_links\":{\"self\":{\"href\":\"/api/shops\"}}}")).is_none(),
            "any HAL API has links"
        );
        let env = |value: &str| {
            json_of(&format!(
                "{{\"propertySources\":[{{\"properties\":{{\"spring.datasource.password\":{{\"value\":\"{value}\"}}}}}}]}}"
            ))
        };
        assert_eq!(severity(actuator_env(&env("******"))), Some(Major));
        let shown = actuator_env(&env("swordfish")).unwrap();
        assert_eq!(shown.severity, Some(Blocker));
        assert!(!format!("{shown:?}").contains("swordfish"));
    }

    #[test]
    fn apis_that_describe_themselves_are_told_from_those_that_do_not() {
        let schema =
            "{\"data\":{\"__schema\":{\"types\":[{\"name\":\"User\"},{\"name\":\"String\"},{\"name\":\"__Type\"}]}}}";
        assert_eq!(graphql(&json_of(schema)).unwrap().words, "GraphQL describes itself to everybody (1 type)");
        for other in
            ["{\"data\":null,\"errors\":[{\"message\":\"GraphQL introspection is not allowed\"}]}", "{\"data\":{}}"]
        {
            assert!(graphql(&json_of(other)).is_none(), "{other}");
        }
        assert!(graphql(&html("<div id=\"graphiql\"></div>")).is_some());
        assert!(graphql(&html("We use GraphQL and GraphiQL")).is_none());
        assert_eq!(openapi(&json_of("{\"openapi\":\"3.1.0\",\"paths\":{}}")).unwrap().severity, None);
        assert!(openapi(&json_of("{\"paths\":{}}")).is_none());
        assert!(api_docs(&html("<div id=\"swagger-ui\">")).is_some() && api_docs(&html("Our docs")).is_none());
        assert!(debugbar(&json_of("[{\"id\":\"X1\",\"utime\":1,\"method\":\"GET\",\"uri\":\"/\"}]")).is_some());
        assert!(debugbar(&json_of("[{\"id\":1}]")).is_none());
    }
}
