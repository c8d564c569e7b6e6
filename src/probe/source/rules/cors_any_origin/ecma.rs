//! Cross-origin rules of JavaScript: cors and its likes, Nest, Socket.IO, Apollo, and headers.

use super::{
    ALLOW_ORIGIN, BY_BROWSER, Origins, WITH_CREDENTIALS, WITHOUT, header, is_cors, is_for_one_path, origins, worse,
};
use crate::model::{Confidence, Severity};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::FileFacts;
use crate::probe::source::rules::Hit;

const SOCKETS_WITH_CREDENTIALS: &str = "Any website may open these sockets with the cookies of your signed-in users";
const SOCKETS: &str = "Any website may open these sockets";

pub(super) fn check(file: &FileFacts, hits: &mut Vec<Hit>) {
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        let module = file.binding(call.root()).map_or("", |binding| &*binding.module);
        let method = call.method();
        if is_cors(file, call) {
            options(file, call, call.argument(0), module == "@koa/cors", hits);
        } else if method == "enableCors" {
            options(file, call, call.argument(0), false, hits);
        } else if method == "register"
            && call
                .argument(0)
                .and_then(Value::path)
                .and_then(|name| file.binding(name))
                .is_some_and(|b| matches!(&*b.module, "@fastify/cors" | "fastify-cors"))
        {
            options(file, call, call.argument(1), false, hits);
        } else if matches!(method, "setHeader" | "header" | "set" | "append")
            && call.argument(0).and_then(Value::text).is_some_and(|name| name.eq_ignore_ascii_case(ALLOW_ORIGIN))
        {
            header(file, call, hits);
        } else if let Some(sockets) = takes_cors(file, call, module) {
            within(file, call, sockets, hits);
        }
    }
}

/// Whether what the call is given may hold cross-origin rules under `cors`, and whether these are of sockets.
fn takes_cors(file: &FileFacts, call: &Call, module: &str) -> Option<bool> {
    let sockets = call.method() == "WebSocketGateway"
        || (module == "socket.io" && (call.constructs || !call.callee.contains('.')))
        || (&*call.callee == "require()" && file.imports_any(|module| module == "socket.io"));
    if sockets {
        return Some(true);
    }
    let server = (&*call.callee == "NestFactory.create" && module.starts_with("@nestjs/"))
        || (matches!(call.method(), "applyMiddleware" | "ApolloServer" | "createHandler")
            && file.imports_any(|module| module.starts_with("apollo-server")))
        || (matches!(call.method(), "createYoga" | "GraphQLServer")
            && file.imports_any(|module| matches!(module, "graphql-yoga")));
    server.then_some(false)
}

/// The rules in an object such as `{ cors: { origin: "*" } }`.
fn within(file: &FileFacts, call: &Call, sockets: bool, hits: &mut Vec<Hit>) {
    let given = call.arguments.iter().find_map(|argument| file.resolved(&argument.value, call.function).get("cors"));
    let rules = match given.map(|given| file.resolved(given, call.function)) {
        Some(Value::Bool(true)) => None,
        Some(rules @ Value::Object(_)) if sockets && rules.get("origin").is_none() => return,
        Some(rules @ Value::Object(_)) => Some(rules),
        _ => return,
    };
    let before = hits.len();
    options(file, call, rules, false, hits);
    for hit in hits.iter_mut().skip(before).filter(|_| sockets) {
        match &*hit.message {
            WITH_CREDENTIALS => hit.message = SOCKETS_WITH_CREDENTIALS.to_owned(),
            WITHOUT => hit.message = SOCKETS.to_owned(),
            _ => {}
        }
    }
}

fn options(file: &FileFacts, call: &Call, options: Option<&Value>, reflects: bool, hits: &mut Vec<Hit>) {
    let resolved = options.map(|options| file.resolved(options, call.function));
    let object = match resolved {
        None => None,
        Some(object @ Value::Object(_)) if !object.spreads() => Some(object),
        Some(_) => return,
    };
    let credentials = object.and_then(|o| o.get("credentials")).is_some_and(|value| *value == Value::Bool(true));
    let found = match object.and_then(|object| object.get("origin")) {
        None if reflects => Origins::Reflected,
        None => Origins::Star,
        Some(value) => origins(file, value, call.function),
    };
    match found {
        Origins::Listed => {}
        Origins::Reflected if credentials => hits.push(worse(call.place, WITH_CREDENTIALS)),
        Origins::Star if credentials => hits.push(Hit::new(call.place, BY_BROWSER).severity(Severity::Major)),
        _ => {
            let hit = Hit::new(call.place, WITHOUT);
            hits.push(if is_for_one_path(file, call) { hit.confidence(Confidence::Low) } else { hit });
        }
    }
}
