//! Entries of an archive that decide by their names where they are written to ("zip slip").

use super::super::Hit;
use crate::model::{Confidence, Severity};
use crate::probe::source::code::{Call, FunctionId, Part, Value, root};
use crate::probe::source::facts::{FileFacts, Language};

/// What to do about it.
const FIX: &str = "Resolve the whole path and check that it still begins with the folder that you unpack into, or keep the last part of the name only.";
/// How far a path is followed through names.
const MAX_STEPS: u32 = 6;

/// Looks at one file.
pub(super) fn check(file: &FileFacts, hits: &mut Vec<Hit>) {
    if !file.imports_any(|module| is_archive(file.language, module)) && !of_ruby(file) {
        return;
    }
    for call in &file.calls {
        let Some(path) = written(file, call) else { continue };
        let Some(name) = entry_name(file, path, call.function, 0) else { continue };
        if !checks(file, call.function) {
            hits.push(
                Hit::new(
                    call.place,
                    format!("`{name}` of an archive decides which file `{}` writes", shown(&call.callee)),
                )
                .severity(Severity::Major)
                .confidence(Confidence::Medium)
                .fix(FIX),
            );
        }
    }
}

fn shown(callee: &str) -> String {
    callee.chars().take(60).collect()
}

fn is_archive(language: Language, module: &str) -> bool {
    match language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => matches!(
            module,
            "unzipper"
                | "adm-zip"
                | "yauzl"
                | "yauzl-promise"
                | "jszip"
                | "tar-stream"
                | "node-stream-zip"
                | "unzip"
                | "@zip.js/zip.js"
        ),
        Language::Python => matches!(module, "zipfile" | "tarfile"),
        Language::Go => matches!(module, "archive/zip" | "archive/tar"),
        Language::Java => {
            module.starts_with("java.util.zip") || module.starts_with("org.apache.commons.compress.archivers")
        }
        _ => false,
    }
}

fn of_ruby(file: &FileFacts) -> bool {
    file.language == Language::Ruby
        && file.calls.iter().any(|call| {
            matches!(
                &*call.callee,
                "Zip.File.open" | "Zip.InputStream.open" | "Gem.Package.TarReader" | "Zip.File.open_buffer"
            )
        })
}

/// The path that a call writes to.
fn written<'f>(file: &'f FileFacts, call: &'f Call) -> Option<&'f Value> {
    let place = match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => match call.method() {
            "createWriteStream" | "writeFile" | "writeFileSync" | "outputFile" | "outputFileSync" => 0,
            _ => return None,
        },
        Language::Python => {
            let writes = call.argument(1).or_else(|| call.named("mode")).and_then(Value::text);
            match &*call.callee {
                "open" | "io.open" if writes.is_some_and(|mode| mode.contains(['w', 'x', 'a'])) => 0,
                _ => return None,
            }
        }
        Language::Go => match &*call.callee {
            "os.Create" | "os.OpenFile" | "os.WriteFile" | "ioutil.WriteFile" => 0,
            _ => return None,
        },
        Language::Java => match call.method() {
            "FileOutputStream" if call.constructs => 0,
            "copy" if call.object() == "Files" => 1,
            "newOutputStream" | "write" if call.object() == "Files" => 0,
            _ => return None,
        },
        Language::Ruby => match call.method() {
            "extract" if call.argument(0).is_some() => 0,
            "open" | "write" | "binwrite" if call.object() == "File" => 0,
            _ => return None,
        },
        _ => return None,
    };
    call.argument(place)
}

/// The name of an entry in what a path is made from.
fn entry_name(file: &FileFacts, value: &Value, function: FunctionId, steps: u32) -> Option<String> {
    if steps > MAX_STEPS {
        return None;
    }
    let next = |value: &Value| entry_name(file, value, function, steps + 1);
    match value {
        Value::Path(path) => {
            if is_entry_name(file, path) {
                return Some(path.to_string());
            }
            // `f.toPath()` of Java stands on what `f` was made from.
            let set = file.assigned(path, function).filter(|set| !set.circular)?;
            entry_name(file, &set.value, set.function, steps + 1)
        }
        Value::Template(parts) => parts.iter().find_map(|part| match part {
            Part::Expression(_, value) => next(value),
            Part::Fixed(_) => None,
        }),
        Value::Computed(values) | Value::Either(values) | Value::Array(values) => values.iter().find_map(next),
        Value::Call(id) => {
            let call = file.call(*id)?;
            if cleans(call.method()) {
                return None;
            }
            let whole = format!("{}()", call.callee);
            if is_entry_name(file, &call.callee) && call.arguments.is_empty() {
                return Some(whole);
            }
            call.arguments.iter().find_map(|argument| next(&argument.value)).or_else(|| match call.receiver {
                Some(inner) => next(&Value::Call(inner)),
                None if call.object().is_empty() => None,
                None => next(&Value::Path(call.object().into())),
            })
        }
        _ => None,
    }
}

/// `entry.path`, `zipEntry.getName`, `f.Name`.
fn is_entry_name(file: &FileFacts, path: &str) -> bool {
    let Some((object, last)) = path.rsplit_once('.') else { return false };
    let named = match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            matches!(last, "path" | "entryName" | "fileName" | "filename" | "name" | "relativePath")
        }
        Language::Python => matches!(last, "filename" | "name"),
        Language::Go => last == "Name",
        Language::Java => last == "getName",
        Language::Ruby => matches!(last, "name" | "full_name"),
        _ => false,
    };
    let object = root(object).to_ascii_lowercase();
    let entry = ["entry", "header", "hdr", "member", "zipfile", "info", "item", "tarinfo", "zf", "ze"];
    named && (entry.iter().any(|word| object.contains(word)) || matches!(&*object, "e" | "f" | "h" | "file" | "zip"))
}

fn cleans(method: &str) -> bool {
    let lower = method.to_ascii_lowercase();
    ["basename", "secure_filename", "sanitiz", "sanitis", "slug", "safe"].iter().any(|word| lower.contains(word))
        || matches!(method, "Base" | "getFileName" | "SecureJoin" | "randomUUID" | "hash")
}

/// Whether a function, or one around it, looks at where a path leads.
fn checks(file: &FileFacts, function: FunctionId) -> bool {
    let scopes: Vec<FunctionId> = file.enclosing(function).map(|(id, _)| id).filter(|id| *id != 0).collect();
    file.calls.iter().filter(|call| scopes.contains(&call.function)).any(|call| {
        let of_dots =
            call.arguments.iter().any(|argument| argument.value.text().is_some_and(|text| text.contains("..")));
        matches!(
            call.method(),
            "startsWith"
                | "startswith"
                | "HasPrefix"
                | "start_with?"
                | "relative"
                | "Rel"
                | "IsLocal"
                | "is_relative_to"
                | "commonpath"
                | "commonprefix"
                | "isAbsolute"
                | "SecureJoin"
                | "relative_to"
        ) || (of_dots
            && matches!(
                call.method(),
                "includes" | "indexOf" | "Contains" | "contains" | "include?" | "test" | "match" | "find"
            ))
            || ["safe", "valid", "sanitiz", "traversal", "within", "inside"]
                .iter()
                .any(|word| call.method().to_ascii_lowercase().contains(word))
    }) || file.conditions.iter().filter(|condition| scopes.contains(&condition.function)).any(|condition| {
        let mut found = false;
        condition.test.walk(&mut |value| found |= value.text().is_some_and(|text| text.contains("..")));
        found
    })
}
