//! Uploads of any size or any type.

mod backend;

use super::{Check, Hit, Rule, Subject, request_work, server};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, Function, FunctionKind, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::index::Question;
use crate::probe::source::routes::reach::{accesses, conditions};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "upload-unrestricted",
    title: "Anybody may upload files of any size or type",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::Medium,
    what: "Uploads that are stored with no limit on their size, or with no look at what kind of file it is.",
    why: "One upload of several gigabytes fills the disk or the memory and takes everybody down; an uploaded page or program is served from your own domain.",
    fix: "Set a size limit where the upload is parsed, allow a short list of types, check the content and not only the name, and store under a name that you make.",
    example: "const upload = multer({ dest: 'uploads/' });\n\n// better\nconst upload = multer({ dest: 'uploads/', limits: { fileSize: 5_000_000 }, fileFilter: onlyImages });",
    references: &["F58", "https://cheatsheetseries.owasp.org/cheatsheets/File_Upload_Cheat_Sheet.html"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check))
    .reads(request_work::reads, request_work::would_read)
    .looks_at(server)
    .claims_none(look);

fn look(_: &FileFacts, _: &CodeIndex, _: &mut Subject) {}

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    match file.language {
        Language::Python => return python(file, index, hits),
        language if !language.is_ecma() => return backend::check(file, index, hits),
        _ => {}
    }
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        let module = file.binding(call.root()).map_or("", |binding| &*binding.module);
        match (module, call.method()) {
            ("multer", _) if !call.callee.contains('.') => multer(file, call, hits),
            ("express-fileupload", _)
                if !call.callee.contains('.') && !limited(file, call.argument(0), call.function) =>
            {
                hits.push(
                    Hit::new(call.place, "Uploads of any size are taken in: `limits` is not set")
                        .confidence(Confidence::High),
                );
            }
            ("busboy" | "@fastify/busboy", _)
                if !call.callee.contains('.')
                    && !limited(file, call.argument(0), call.function)
                    && !counts_bytes(file) =>
            {
                hits.push(Hit::new(call.place, "Uploads of any size are taken in: `limits` is not set"));
            }
            _ => {}
        }
    }
    for (id, function) in (0_u32..).zip(&file.functions).filter(|(_, f)| f.kind == FunctionKind::Handler) {
        form_file(file, id, function, hits);
    }
}

/// Whether the options hold limits; options that are made elsewhere may.
fn limited(file: &FileFacts, options: Option<&Value>, function: u32) -> bool {
    match options.map(|options| file.resolved(options, function)) {
        None => false,
        Some(object @ Value::Object(_)) => object.spreads() || object.get("limits").is_some(),
        Some(_) => true,
    }
}

fn counts_bytes(file: &FileFacts) -> bool {
    file.accesses.iter().any(|access| access.path.ends_with(".length") || access.path.ends_with("truncated"))
}

fn looks_at_type(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    ["mimetype", "content_type", "originalname", "extname", "filetype", "file.type", "contenttype", "mime", "allowed"]
        .iter()
        .any(|word| lower.contains(word))
}

fn multer(file: &FileFacts, call: &Call, hits: &mut Vec<Hit>) {
    let options = call.argument(0).map(|options| file.resolved(options, call.function));
    let object = match options {
        None => None,
        Some(object @ Value::Object(_)) if !object.spreads() => Some(object),
        Some(_) => return,
    };
    if object.is_some_and(|object| {
        object.get("storage").and_then(Value::path).is_some_and(|name| file.binding(name).is_some())
    }) {
        return;
    }
    let sized = object.is_some_and(|object| object.get("limits").is_some());
    // What is kept in memory is stored by nobody yet; that it may be of any size is the other rule's.
    let in_memory = object.is_some_and(|object| {
        object.get("storage").is_some_and(|storage| match file.resolved(storage, call.function) {
            Value::Call(id) => file.call(*id).is_some_and(|made| made.method() == "memoryStorage"),
            _ => false,
        })
    });
    let typed = object.is_some_and(|object| object.get("fileFilter").is_some())
        || file.accesses.iter().any(|access| access.path.contains("mimetype") && access.tested)
        || file.conditions.iter().any(|condition| mentions_type(&condition.test))
        || picks_by_type(file, call);
    let hit = match (sized, typed) {
        (false, false) => {
            Hit::new(call.place, "Uploads of any size and any type are taken in: `limits` and `fileFilter` are not set")
        }
        (false, true) => Hit::new(call.place, "Uploads of any size are taken in: `limits` is not set"),
        _ => return,
    };
    hits.push(if in_memory { hit.severity(Severity::Minor) } else { hit.confidence(Confidence::High) });
}

/// `types[file.mimetype]` in what decides where an upload goes and what it is called: other types find nothing.
fn picks_by_type(file: &FileFacts, call: &Call) -> bool {
    let (from, to) = call.place.bytes;
    let within = |place: &crate::probe::source::code::Place| from <= place.bytes.0 && place.bytes.1 <= to;
    file.assignments.iter().filter(|set| within(&set.place)).any(|set| {
        let mut found = false;
        set.value.walk(&mut |value| {
            if let Value::Index(pair) = value {
                found |= mentions_type(&pair.1);
            }
        });
        found
    })
}

fn mentions_type(value: &Value) -> bool {
    let mut found = false;
    value.walk(&mut |value| found |= value.path().is_some_and(looks_at_type));
    found
}

/// `const file = (await request.formData()).get("file")`, which is then stored.
fn form_file(file: &FileFacts, id: u32, function: &Function, hits: &mut Vec<Hit>) {
    let calls = || file.calls_of(&function.body).map(|(_, call)| call);
    let Some(taken) = calls().find(|call| {
        call.method() == "arrayBuffer" && {
            let name = call.object();
            !name.is_empty()
                && !name.contains('(')
                && file.assigned(name, call.function).is_some_and(|a| match &a.value {
                    Value::Call(id) => file
                        .call(*id)
                        .is_some_and(|get| get.method() == "get" && get.object().to_ascii_lowercase().contains("form")),
                    _ => false,
                })
        }
    }) else {
        return;
    };
    let _ = id;
    let name = taken.object();
    let stores = calls().any(|call| {
        matches!(
            call.method(),
            "writeFile"
                | "writeFileSync"
                | "upload"
                | "put"
                | "putObject"
                | "PutObjectCommand"
                | "createWriteStream"
                | "uploadFile"
        )
    });
    let looks = accesses(file, function).any(|access| {
        access.path.strip_prefix(name).is_some_and(|rest| matches!(rest, ".size" | ".type")) && access.tested
    }) || conditions(file, function).any(|condition| {
        let mut found = false;
        condition.test.walk(&mut |value| {
            found |= value
                .path()
                .is_some_and(|path| path.starts_with(name) && (path.ends_with(".size") || path.ends_with(".type")))
        });
        found
    }) || calls().any(|call| {
        matches!(call.method(), "safeParse" | "parse" | "validateFile" | "includes" | "startsWith" | "sharp")
    });
    if stores && !looks {
        hits.push(Hit::new(taken.place, "This upload is stored without a look at its size or type"));
    }
}

/// Settings that bound every request of the app.
static BOUNDED: Question = Question { name: "requests of Flask bounded", any: bounds };

fn bounds(file: &FileFacts) -> bool {
    file.language == Language::Python
        && (file.assignments.iter().any(|a| a.target.contains("MAX_CONTENT_LENGTH"))
            || file.calls.iter().any(|call| call.named("MAX_CONTENT_LENGTH").is_some()))
}

fn python(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    for function in file.functions.iter().skip(1) {
        let calls = || file.calls_of(&function.body).map(|(_, call)| call);
        let checks = accesses(file, function)
            .any(|access| looks_at_type(&access.path) || access.path.ends_with(".size"))
            || calls().any(|call| {
                let name = call.callee.to_ascii_lowercase();
                ["allowed", "validate", "is_valid", "splitext", "check", "image.open", "magic", "full_clean", "getsize"]
                    .iter()
                    .any(|word| name.contains(word))
                    || (matches!(call.method(), "endswith" | "rsplit"))
            })
            || conditions(file, function).any(|condition| {
                mentions_type(&condition.test)
                    || super::names::mentions(file, &condition.test, &|name| {
                        super::names::has_word(super::names::last(name), &["size", "bytes", "max"])
                    })
            });
        if checks {
            continue;
        }
        let upload = function
            .parameters
            .iter()
            .find(|p| p.annotation.contains("UploadFile"))
            .and_then(|p| p.names.first())
            .map(|(name, _)| name.clone());
        for call in calls() {
            if let Some(name) = &upload {
                let whole = call.method() == "read"
                    && call.arguments.is_empty()
                    && (*call.object() == **name || call.object() == format!("{name}.file"));
                let copied = call.method() == "copyfileobj"
                    && call.argument(0).and_then(Value::path).is_some_and(|path| path.starts_with(&**name));
                if whole || copied {
                    hits.push(Hit::new(call.place, "This upload is taken in whatever its size or type"));
                    break;
                }
            }
            // Flask: `request.files["photo"].save(path)`.
            if call.method() == "save" && from_files(file, call) {
                let what = if index.answer(&BOUNDED) { "whatever its type" } else { "whatever its size or type" };
                hits.push(Hit::new(call.place, format!("This upload is stored {what}")));
                break;
            }
        }
    }
}

fn from_files(file: &FileFacts, call: &Call) -> bool {
    let object = call.object();
    let direct = |path: &str| path.starts_with("request.files") || path.starts_with("request.FILES");
    direct(object)
        || file.assigned(object, call.function).is_some_and(|a| match &a.value {
            Value::Path(path) => direct(path),
            Value::Index(pair) => pair.0.path().is_some_and(direct),
            Value::Member(pair) => pair.0.path().is_some_and(direct),
            Value::Call(id) => file.call(*id).is_some_and(|get| direct(&get.callee)),
            _ => false,
        })
}
