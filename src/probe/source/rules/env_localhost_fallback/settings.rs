//! Defaults that settings libraries are given: pydantic, decouple, environ, zod, envalid, t3-env, Nest's configuration,
//! viper. They say the same as `process.env.X || "…"`.

use crate::probe::source::code::{Call, CallId, FunctionId, Place, Value};
use crate::probe::source::facts::{EnvFallback, FileFacts, Language};

/// How many calls of a chain such as `z.string().url().default("…")` are looked at.
const MAX_CHAIN: usize = 8;

/// The defaults of one file.
pub(super) fn defaults(file: &FileFacts) -> Vec<EnvFallback> {
    let mut found = Vec::new();
    match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => ecma(file, &mut found),
        Language::Python => {
            of_fields(file, &mut found);
            for call in file.calls.iter().filter(|call| !call.dev_only) {
                python(call, &mut found);
            }
        }
        Language::Go => {
            let set = |call: &&Call| {
                call.method() == "SetDefault"
                    && !call.dev_only
                    && file.imports_any(|module| module == "github.com/spf13/viper")
            };
            for call in file.calls.iter().filter(set) {
                if let [name, value] = call.arguments.as_slice()
                    && let Some(name) = name.value.text()
                {
                    found.push(fallback(name, &value.value, call));
                }
            }
        }
        _ => {}
    }
    found
}

/// Whether a file of configuration holds the app's own settings, and not those of a tool.
pub(super) fn are_of_the_app(file: &FileFacts) -> bool {
    file.imports_any(|module| matches!(module, "@nestjs/config" | "zod" | "envalid" | "joi" | "convict"))
}

fn fallback(name: &str, value: &Value, call: &Call) -> EnvFallback {
    placed(name, value, call.place, call.function, call.dev_only)
}

fn placed(name: &str, value: &Value, place: Place, function: FunctionId, dev_only: bool) -> EnvFallback {
    let (span, bytes) = (place.span, place.bytes);
    EnvFallback { name: name.into(), value: value.clone(), span, bytes, function, dev_only }
}

/// Whether a name is that of a variable: `DATABASE_URL`.
fn is_variable(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        && name.bytes().any(|b| b.is_ascii_uppercase())
}

fn ecma(file: &FileFacts, found: &mut Vec<EnvFallback>) {
    let reads_all = file.calls.iter().any(|call| call.arguments.iter().any(|argument| is_environment(&argument.value)));
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        match call.method() {
            // `z.object({ … }).parse(process.env)`, Nest's `validationSchema: Joi.object({ … })`.
            "object" | "strictObject" | "looseObject" if reads_all || validates_settings(file) => {
                fields(file, call.argument(0), found);
            }
            "createEnv" => {
                for part in ["server", "client", "shared"] {
                    fields(file, call.argument(0).and_then(|options| options.get(part)), found);
                }
            }
            "cleanEnv" | "makeValidator" => fields(file, call.argument(1), found),
            "get" | "getOrThrow" => {
                let object = call.object().rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
                if object.ends_with("configservice")
                    && let [name, value] = call.arguments.as_slice()
                    && let Some(name) = name.value.text().filter(|name| is_variable(name))
                {
                    found.push(fallback(name, &value.value, call));
                }
            }
            _ => {}
        }
    }
}

/// The environment as a whole, or an object that takes it over.
fn is_environment(value: &Value) -> bool {
    let whole = |value: &Value| matches!(value.path(), Some("process.env" | "import.meta.env" | "Bun.env"));
    whole(value) || matches!(value, Value::Object(pairs) if pairs.iter().any(|(_, value)| whole(value)))
}

fn validates_settings(file: &FileFacts) -> bool {
    file.imports_any(|module| module == "@nestjs/config")
        || file.calls.iter().any(|call| call.arguments.iter().any(|a| a.value.get("validationSchema").is_some()))
        || (file.imports_any(|module| module == "joi") && {
            let name = file.path.rsplit('/').next().unwrap_or(&file.path).to_ascii_lowercase();
            name.contains("env") || name.contains("config")
        })
}

/// The fields of a schema whose names are those of variables.
fn fields(file: &FileFacts, schema: Option<&Value>, found: &mut Vec<EnvFallback>) {
    let Some(Value::Object(pairs)) = schema else { return };
    for (name, value) in pairs.iter().filter(|(name, _)| is_variable(name)) {
        let Value::Call(id) = value else { continue };
        if let Some((default, call)) = default_of(file, *id) {
            found.push(fallback(name, default, call));
        }
    }
}

/// `z.string().default("…")`, `v.optional(v.string(), "…")`, `url({ default: "…" })`.
fn default_of(file: &FileFacts, id: CallId) -> Option<(&Value, &Call)> {
    let chain = std::iter::successors(file.call(id), |call| call.receiver.and_then(|id| file.call(id)));
    chain.take(MAX_CHAIN).find_map(|call| match call.method() {
        "default" | "catch" | "prefault" => Some((call.argument(0)?, call)),
        "optional" => Some((call.argument(1)?, call)),
        _ => Some((call.argument(0)?.get("default")?, call)),
    })
}

/// `config("SECRET_KEY", default="…")` of decouple, `env("REDIS_URL", default="…")` of environ and environs,
/// `environ.Env(DATABASE_URL=(str, "…"))`.
fn python(call: &Call, found: &mut Vec<EnvFallback>) {
    if matches!(&*call.callee, "environ.Env" | "Env" | "environ.FileAwareEnv") {
        for argument in &call.arguments {
            if let (Some(name), Value::Array(items)) = (&argument.name, &argument.value)
                && let [_, default] = items.as_slice()
                && is_variable(name)
            {
                found.push(fallback(name, default, call));
            }
        }
        return;
    }
    let reader = match call.root() {
        "env" => true,
        "config" | "decouple" => !call.callee.contains('.') || &*call.callee == "decouple.config",
        _ => false,
    };
    if !reader {
        return;
    }
    let Some(name) = call.argument(0).and_then(Value::text).filter(|name| is_variable(name)) else { return };
    if let Some(default) = call.named("default").or_else(|| call.argument(1)) {
        found.push(fallback(name, default, call));
    }
}

/// Fields of pydantic's settings: `class Settings(BaseSettings): database_url: str = "…"`.
fn of_fields(file: &FileFacts, found: &mut Vec<EnvFallback>) {
    let is_base = |base: &str| base.rsplit('.').next() == Some("BaseSettings");
    let direct = |name: &str| {
        file.classes.iter().any(|class| &*class.name == name && class.bases.iter().any(|base| is_base(base)))
    };
    for class in &file.classes {
        if !class.bases.iter().any(|base| is_base(base) || direct(base)) || is_for_development(&class.name) {
            continue;
        }
        let (start, end) = class.place.bytes;
        let first = file.assignments.partition_point(|set| set.place.bytes.0 < start);
        let inside = file.assignments.get(first..).unwrap_or_default().iter();
        for set in inside.take_while(|set| set.place.bytes.0 < end) {
            // What begins with `_` is no field.
            let field = set.function == 0
                && !set.annotation.is_empty()
                && !set.target.contains('.')
                && !set.target.starts_with('_');
            let Some(value) = written(file, &set.value, 0).filter(|_| field && !set.dev_only) else { continue };
            found.push(placed(&set.target.to_ascii_uppercase(), value, set.place, set.function, set.dev_only));
        }
    }
}

/// The text in `SecretStr("…")`, `Field(default="…")`, `Field(SecretStr("…"))`.
fn written<'f>(file: &'f FileFacts, value: &'f Value, steps: u32) -> Option<&'f Value> {
    match value {
        Value::Text(_) | Value::Template(_) => Some(value),
        Value::Call(id) if steps < 3 => {
            let call = file.call(*id)?;
            let wraps = matches!(call.method(), "Field" | "SecretStr" | "SecretBytes")
                || call.method().ends_with("Dsn")
                || call.method().ends_with("Url");
            let inner = call.named("default").or_else(|| call.argument(0)).filter(|_| wraps)?;
            written(file, inner, steps + 1)
        }
        _ => None,
    }
}

fn is_for_development(class: &str) -> bool {
    let lower = class.to_ascii_lowercase();
    ["test", "dev", "local"].iter().any(|word| lower.contains(word))
}
