//! Cross-origin rules of Go: rs/cors, go-chi/cors, gin-contrib/cors, and those of Echo and Fiber.

use super::{
    ALLOW_ORIGIN, BY_BROWSER, Origins, WITH_CREDENTIALS, WITHOUT, asks_about_origin, header, is_for_one_path, worse,
};
use crate::model::Severity;
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::FileFacts;
use crate::probe::source::rules::Hit;

/// Packages whose options are understood.
pub(super) const KNOWN: [&str; 6] = [
    "github.com/rs/cors",
    "github.com/go-chi/cors",
    "github.com/gin-contrib/cors",
    "github.com/labstack/echo",
    "github.com/gofiber/fiber",
    "github.com/gofiber/contrib",
];

/// What lets in everybody as it comes.
const OPEN: [(&str, &str); 4] = [
    ("github.com/gin-contrib/cors", "Default"),
    ("github.com/rs/cors", "Default"),
    ("github.com/rs/cors", "AllowAll"),
    ("github.com/go-chi/cors", "AllowAll"),
];

pub(super) fn check(file: &FileFacts, hits: &mut Vec<Hit>) {
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        let module = file.binding(call.root()).map_or("", |binding| &*binding.module);
        let method = call.method();
        let none_given = call.arguments.is_empty();
        let open = OPEN.iter().any(|(package, name)| module.starts_with(package) && method == *name)
            || (module.contains("/echo/") && method == "CORS" && none_given)
            || (module.contains("/fiber/") && module.ends_with("/cors") && method == "New" && none_given);
        if open {
            hits.push(Hit::new(call.place, WITHOUT));
        } else if call.constructs && KNOWN.iter().any(|known| module.starts_with(known)) {
            options(file, call, hits);
        } else if matches!(method, "Set" | "Header" | "Add" | "SetHeader" | "Writef")
            && call.argument(0).and_then(Value::text).is_some_and(|name| name.eq_ignore_ascii_case(ALLOW_ORIGIN))
            && !asks_about_origin(file, call.function)
        {
            header(file, call, hits);
        }
    }
    // `config := cors.DefaultConfig(); config.AllowAllOrigins = true`.
    for set in file.assignments.iter().filter(|set| !set.dev_only && set.value == Value::Bool(true)) {
        let Some(config) = set.target.strip_suffix(".AllowAllOrigins") else { continue };
        let made = file.assigned(config, set.function).map(|config| &config.value);
        let is_cors = matches!(made, Some(Value::Call(id)) if file.call(*id).is_some_and(|made| made.root() == "cors"));
        if is_cors {
            hits.push(Hit::new(set.place, WITHOUT));
        }
    }
}

fn options(file: &FileFacts, call: &Call, hits: &mut Vec<Hit>) {
    let on = |name: &str| call.named(name) == Some(&Value::Bool(true));
    let listed = ["AllowedOrigins", "AllowOrigins"].iter().find_map(|name| call.named(name));
    let decides = ["AllowOriginFunc", "AllowOriginRequestFunc", "AllowOriginsFunc"]
        .iter()
        .find_map(|name| call.named(name))
        .map(|function| lets_in_all(file, function));
    let found = match (decides, listed.map(|listed| file.resolved(listed, call.function))) {
        (Some(true), _) => Origins::Reflected,
        (Some(false), _) => return,
        (None, Some(Value::Array(items))) if items.iter().any(|item| item.text() == Some("*")) => Origins::Star,
        (None, Some(Value::Text(text))) if &**text == "*" => Origins::Star,
        (None, _) if on("AllowAllOrigins") => Origins::Star,
        _ => return,
    };
    let reflects = found == Origins::Reflected || on("UnsafeWildcardOriginWithAllowCredentials");
    hits.push(match on("AllowCredentials") {
        true if reflects => worse(call.place, WITH_CREDENTIALS),
        true => Hit::new(call.place, BY_BROWSER).severity(Severity::Major),
        false if is_for_one_path(file, call) => return,
        false => Hit::new(call.place, WITHOUT),
    });
}

/// `func(origin string) bool { return true }`.
fn lets_in_all(file: &FileFacts, value: &Value) -> bool {
    let Value::Function(id) = value else { return false };
    file.function(*id).is_some_and(|function| {
        let is_true = |value: &Value| match value {
            Value::Array(values) => values.first() == Some(&Value::Bool(true)),
            value => *value == Value::Bool(true),
        };
        function.body.statements == 1 && !function.body.returns.is_empty() && function.body.returns.iter().all(is_true)
    })
}
