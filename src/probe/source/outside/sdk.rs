//! Calls through the library of a service: `stripe.charges.create()`, `openai.chat.completions.create()`.

use super::services::{self, Service};
use super::{Address, Kind, Limit, Outside, ecma, made};
use crate::probe::source::code::{Call, CallId, FunctionId, Value, root};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// Methods that send nothing.
const LOCAL: [&str; 29] = [
    "constructEvent",
    "constructEventAsync",
    "construct_event",
    "generateTestHeaderString",
    "on",
    "once",
    "off",
    "addListener",
    "removeListener",
    "init",
    "config",
    "configure",
    "setApiKey",
    "set_api_key",
    "defaults",
    "onAuthStateChange",
    "getPublicUrl",
    "duplicate",
    "pipeline",
    "multi",
    "channel",
    "webhooks",
    "url",
    "cloudinary_url",
    "builder",
    "newBuilder",
    "initIndex",
    "index",
    "attach_alternative",
];

/// The call in place `id` as one that leaves the app.
pub(super) fn outside(file: &FileFacts, index: &CodeIndex, id: CallId, call: &Call) -> Option<Outside> {
    // Of a chain the first call counts.
    if call.constructs || call.receiver.is_some() || LOCAL.contains(&call.method()) {
        return None;
    }
    let object = call.object();
    if object.is_empty() {
        return None;
    }
    let (service, client) = client_of(file, index, object, call.function)?;
    if client.is_some_and(|(_, maker)| maker.constructs) && is_answered_here(file, id, call) {
        return None;
    }
    // A message is put together with many calls and sent with one.
    if service.slug == "email" && !call.method().to_ascii_lowercase().starts_with("send") {
        return None;
    }
    let option = |names: &[&str]| {
        let (home, maker) = client?;
        let named = names.iter().find_map(|name| maker.named(name));
        named.or_else(|| {
            let mut given = maker.arguments.iter().map(|argument| home.resolved(&argument.value, maker.function));
            given.find_map(|options| names.iter().find_map(|name| options.get(name)))
        })
    };
    let limit = if option(&["timeout", "requestHandler", "httpOptions", "connectionTimeout", "socketTimeout", "config"])
        .is_some()
    {
        Limit::Here
    } else {
        service.limit.map_or(Limit::Unknown, Limit::Default)
    };
    let retries = match option(&["maxRetries", "maxNetworkRetries", "max_retries", "maxAttempts", "retry"]) {
        Some(Value::Number(number)) if &**number == "0" => None,
        Some(_) => Some("the client is told to"),
        None => service.retries,
    };
    Some(Outside {
        call: id,
        what: (&*call.callee).into(),
        kind: Kind::Kit,
        address: Address::Other(None),
        service: Some(service),
        limit,
        raises: true,
        retries,
    })
}

/// `new PermissionsBitField(bits).has("BanMembers")`: what a library's class for plain data knows by itself, and nobody waits for.
fn is_answered_here(file: &FileFacts, id: CallId, call: &Call) -> bool {
    let waits = |link: &Call| link.awaited || matches!(link.method(), "then" | "catch" | "finally");
    let named = |starts: &[&str]| {
        starts.iter().any(|start| {
            call.method()
                .strip_prefix(start)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_uppercase))
        })
    };
    file.language.is_ecma()
        && named(&["has", "is", "to", "set", "add", "equals", "missing", "any", "freeze", "serialize"])
        && !super::chain(file, id).any(|(_, link)| waits(link))
}

type Client<'i> = Option<(&'i FileFacts, &'i Call)>;

/// The service whose client `object` is or belongs to, and the call that made it.
fn client_of<'i>(
    file: &'i FileFacts,
    index: &'i CodeIndex,
    object: &str,
    function: FunctionId,
) -> Option<(&'static Service, Client<'i>)> {
    let first = root(object);
    // `this.stripe.charges`: the field is the client.
    let name = if matches!(first, "this" | "self") {
        let rest = object.get(first.len() + 1..)?;
        let field = root(rest);
        object.get(..first.len() + 1 + field.len())?
    } else {
        first
    };
    if let Some(service) = file.binding(name).and_then(|b| services::of_module(&b.module)) {
        // A class, a type or a helper of the library is no client.
        let module_is_client = service.module_is_client
            || match file.language {
                Language::Python | Language::Php | Language::Java | Language::Ruby => true,
                // Stripe's packages are named after what they send; elsewhere a package makes the client.
                Language::Go => file.binding(name).is_some_and(|b| b.module.contains("stripe-go/")),
                _ => false,
            };
        return module_is_client.then_some((service, None));
    }
    if file.language == Language::Ruby
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && let Some(service) = services::of_module(name)
    {
        return Some((service, None));
    }
    if let Some((home, maker)) = ecma::maker(file, index, name, function)
        && let Some(service) = made_by(home, index, maker)
    {
        return Some((service, Some((home, maker))));
    }
    // `constructor(private stripe: Stripe)`
    let field = name.rsplit('.').next().unwrap_or(name);
    let annotated = file.classes.iter().flat_map(|class| &class.fields).find(|(name, _)| **name == *field);
    let (_, kind) = annotated?;
    let service = file.binding(root(kind)).and_then(|b| services::of_module(&b.module))?;
    Some((service, None))
}

/// The service whose client a call makes: `new Stripe()`, `createClient()`, or a function of the project that does.
fn made_by(file: &FileFacts, index: &CodeIndex, maker: &Call) -> Option<&'static Service> {
    let of_library = |file: &FileFacts, call: &Call| {
        // `require("stripe")(key)`, `nodemailer.createTransport()`, `boto3.client("s3")`
        let required = || {
            let inner = call.receiver.and_then(|id| file.call(id)).filter(|inner| &*inner.callee == "require")?;
            inner.argument(0).and_then(Value::text)
        };
        let module = file.binding(call.root()).map(|b| &*b.module).or_else(required)?;
        if module == "boto3" {
            return call.argument(0).and_then(Value::text).map(services::of_aws);
        }
        services::of_module(module)
    };
    of_library(file, maker).or_else(|| {
        let target = index.called(file, maker)?;
        let returns = &target.file.function(target.function)?.body.returns;
        returns.iter().find_map(|value| {
            let inner = match value {
                Value::Call(id) => target.file.call(*id)?,
                Value::Path(name) => made(target.file, name, target.function)?.1,
                _ => return None,
            };
            of_library(target.file, inner)
        })
    })
}
