//! Uploads in Go, Java, PHP and Ruby.

use super::Hit;
use crate::probe::source::code::{Call, Function, FunctionId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::routes::names;
use crate::probe::source::routes::reach::{accesses, conditions};

/// Looks at one file.
pub(super) fn check(file: &FileFacts, _: &CodeIndex, hits: &mut Vec<Hit>) {
    for (id, function) in (0_u32..).zip(&file.functions) {
        let own = || file.calls_of(&function.body).map(|(_, call)| call).filter(move |call| within(file, call, id));
        let found = match file.language {
            Language::Go => go(file, function, &own().collect::<Vec<_>>()),
            Language::Java => java(file, function, &own().collect::<Vec<_>>()),
            Language::Php => php(file, function, &own().collect::<Vec<_>>()),
            Language::Ruby => ruby(file, function, &own().collect::<Vec<_>>()),
            _ => None,
        };
        hits.extend(found);
    }
    if file.language == Language::Ruby {
        uploaders(file, hits);
    }
}

/// Whether a call belongs to that function: not to one of the same file that stands by itself.
fn within(file: &FileFacts, call: &Call, id: FunctionId) -> bool {
    file.enclosing(call.function)
        .take_while(|(at, function)| *at == id || function.argument_of.is_some())
        .any(|(at, _)| at == id)
}

/// Names of what looks at a file before it is kept.
fn looks(call: &Call) -> bool {
    let words = names::words(call.method());
    words.iter().any(|word| {
        matches!(
            word.as_str(),
            "allowed"
                | "allow"
                | "valid"
                | "validate"
                | "check"
                | "mime"
                | "mimetype"
                | "detect"
                | "sniff"
                | "verify"
                | "supported"
                | "ext"
                | "extname"
                | "pathinfo"
                | "extension"
                | "permitted"
                | "scan"
        )
    }) || matches!(
        call.method(),
        "getimagesize"
            | "mime_content_type"
            | "finfo_file"
            | "finfo_open"
            | "exif_imagetype"
            | "getContentType"
            | "content_type"
            | "getSize"
            | "MaxBytesReader"
            | "LimitReader"
            | "DetectContentType"
            | "HasSuffix"
            | "endsWith"
            | "end_with?"
            | "read_image"
            | "getMimeType"
            | "getClientMimeType"
            | "probe"
            | "MaxBytesHandler"
    ) || matches!(
        &*call.callee,
        "ImageIO.read"
            | "image.Decode"
            | "image.DecodeConfig"
            | "png.Decode"
            | "jpeg.Decode"
            | "Marcel.MimeType.for"
            | "MiniMagick.Image.open"
            | "MiniMagick.Image.read"
            | "Image.make"
            | "imaging.Decode"
    )
}

fn mentions(value: &Value, test: &dyn Fn(&str) -> bool) -> bool {
    let mut found = false;
    value.walk(&mut |value| found |= value.path().is_some_and(test) || value.text().is_some_and(test));
    found
}

/// Whether some test of the function is about a file's size or type.
fn tests(file: &FileFacts, function: &Function) -> bool {
    let of_file = |path: &str| {
        let lower = path.to_ascii_lowercase();
        [".size", ".type", "content-type", "content_type", "mime", "extension", ".header"]
            .iter()
            .any(|word| lower.contains(word))
    };
    conditions(file, function).any(|condition| {
        mentions(&condition.test, &of_file) || {
            let mut found = false;
            condition.test.walk(&mut |value| {
                if let Value::Call(id) = value {
                    found |= file.call(*id).is_some_and(|call| {
                        matches!(
                            call.method(),
                            "in_array" | "include?" | "contains" | "size" | "match?" | "preg_match" | "key?"
                        )
                    });
                }
            });
            found
        }
    }) || accesses(file, function).any(|access| {
        let path = &*access.path;
        path.ends_with(".Size")
            || path.ends_with(".size") && path.starts_with("_FILES")
            || path.ends_with(".content_type")
    })
}

fn go(file: &FileFacts, function: &Function, calls: &[&Call]) -> Option<Hit> {
    let taken = calls.iter().find(|call| call.method() == "FormFile" && file.within(call.function, call.function))?;
    if function.parent != Some(0) && function.argument_of.is_none() && function.name.is_none() {
        return None;
    }
    let stores = calls.iter().any(|call| {
        matches!(call.method(), "SaveUploadedFile" | "SaveFile" | "PutObject" | "UploadFile")
            || matches!(&*call.callee, "os.WriteFile" | "ioutil.WriteFile")
    }) || calls.iter().any(|call| matches!(&*call.callee, "os.Create" | "os.OpenFile"))
        && calls.iter().any(|call| &*call.callee == "io.Copy");
    let saved = calls.iter().any(|call| matches!(&*call.callee, "filepath.Ext" | "path.Ext"));
    let checked = tests(file, function)
        || calls.iter().any(|call| looks(call))
            && !(saved && !tests(file, function) && !calls.iter().any(|call| looks(call) && call.method() != "Ext"));
    (stores && !checked).then(|| Hit::new(taken.place, "This upload is stored whatever its size or type"))
}

fn java(file: &FileFacts, function: &Function, calls: &[&Call]) -> Option<Hit> {
    let names: Vec<&str> = function
        .parameters
        .iter()
        .filter(|p| p.annotation.contains("MultipartFile") || &*p.annotation == "Part")
        .filter_map(|p| p.names.first().map(|(name, _)| &**name))
        .collect();
    if names.is_empty() {
        return None;
    }
    let of_file = |path: &str| names.contains(&path);
    let from_file = |value: &Value| {
        let mut found = false;
        value.walk(&mut |value| {
            if let Value::Call(id) = value {
                found |= file.call(*id).is_some_and(|call| {
                    of_file(call.object()) && matches!(call.method(), "getInputStream" | "getBytes")
                });
            }
        });
        found
    };
    let stored = calls.iter().find(|call| {
        of_file(call.object()) && matches!(call.method(), "transferTo" | "write")
            || (matches!(
                &*call.callee,
                "Files.copy"
                    | "Files.write"
                    | "FileUtils.copyInputStreamToFile"
                    | "FileCopyUtils.copy"
                    | "FileUtils.writeByteArrayToFile"
                    | "StreamUtils.copy"
            ) || call.method() == "write")
                && call.arguments.iter().any(|a| from_file(file.resolved(&a.value, call.function)))
    })?;
    let checked = tests(file, function)
        || calls.iter().any(|call| looks(call) && !matches!(call.method(), "getExtension" | "getFilenameExtension"));
    // Spring takes a megabyte at most unless it is told otherwise.
    (!checked).then(|| Hit::new(stored.place, "This upload is stored whatever its type"))
}

/// Rules of Laravel that look at what kind of file it is.
fn rules_type(file: &FileFacts, call: &Call) -> bool {
    let mut found = false;
    for argument in &call.arguments {
        argument.value.walk(&mut |value| match value {
            Value::Text(text) => {
                found |= text.split(['|', ':']).any(|word| {
                    matches!(word, "mimes" | "mimetypes" | "image" | "extensions" | "dimensions" | "file_extension")
                });
            }
            Value::Call(id) => {
                found |= file
                    .call(*id)
                    .is_some_and(|rule| matches!(rule.root(), "File" | "Rule" | "ImageFile") || rule.constructs);
            }
            Value::Path(_) => found = true,
            _ => {}
        });
    }
    found
}

fn php(file: &FileFacts, function: &Function, calls: &[&Call]) -> Option<Hit> {
    let is_upload = |call: &Call| {
        let object = call.object();
        let direct = |callee: &str| callee.ends_with("request.file()") || callee.ends_with("request().file()");
        let of_request = |value: &Value| matches!(value, Value::Call(id) if file.call(*id).is_some_and(|get| get.method() == "file" && get.callee.contains("request")));
        direct(object)
            || (!object.contains('(') && file.assigned(object, call.function).is_some_and(|set| of_request(&set.value)))
    };
    let stored = calls.iter().find(|call| {
        &*call.callee == "move_uploaded_file"
            || matches!(call.method(), "store" | "storeAs" | "storePublicly" | "storePubliclyAs" | "move")
                && is_upload(call)
    })?;
    // A class of the project that stands for a request says what is valid.
    let formed = function.parameters.iter().any(|p| {
        let last = p.annotation.rsplit('\\').next().unwrap_or("");
        last.ends_with("Request") && !matches!(last, "Request" | "ServerRequest")
    });
    let of_laravel = &*stored.callee != "move_uploaded_file";
    let ruled = calls
        .iter()
        .any(|call| matches!(call.method(), "validate" | "make" | "validateWithBag") && rules_type(file, call));
    let looked = calls.iter().any(|call| {
        looks(call)
            && !matches!(
                call.method(),
                "validate"
                    | "getClientOriginalExtension"
                    | "extension"
                    | "validateWithBag"
                    | "guessExtension"
                    | "pathinfo"
            )
    });
    let checked = formed || ruled || tests(file, function) || looked;
    let what = if of_laravel {
        "This upload is stored whatever its type"
    } else {
        "This upload is stored whatever its size or type"
    };
    (!checked).then(|| Hit::new(stored.place, what))
}

fn ruby(file: &FileFacts, function: &Function, calls: &[&Call]) -> Option<Hit> {
    function.class.as_ref()?;
    let taken = calls.iter().any(|call| {
        call.method() == "original_filename" || matches!(call.method(), "read" | "tempfile") && call.root() == "params"
    });
    let stored = calls.iter().find(|call| {
        matches!(
            &*call.callee,
            "File.open"
                | "File.write"
                | "File.binwrite"
                | "IO.copy_stream"
                | "FileUtils.cp"
                | "FileUtils.mv"
                | "FileUtils.copy"
                | "File.new"
        )
    })?;
    let checked = tests(file, function) || calls.iter().any(|call| looks(call) && call.method() != "extname");
    (taken && !checked).then(|| Hit::new(stored.place, "This upload is stored whatever its size or type"))
}

/// Uploaders of `CarrierWave`, and attachments of Paperclip, that name no types.
fn uploaders(file: &FileFacts, hits: &mut Vec<Hit>) {
    for class in
        file.classes.iter().filter(|class| class.bases.iter().any(|base| &**base == "CarrierWave.Uploader.Base"))
    {
        let names_types = file.functions.iter().any(|function| {
            function.class.as_deref() == Some(&*class.name)
                && function.name.as_deref().is_some_and(|name| {
                    name.starts_with("extension_")
                        || name.starts_with("content_type_")
                        || name.contains("whitelist")
                        || name.contains("allowlist")
                })
        });
        let processes = file.calls.iter().any(|call| &*call.callee == "process" || &*call.callee == "version");
        if !names_types && !processes {
            hits.push(Hit::new(
                class.place,
                format!("`{}` takes in files of any type: it names no extensions that it allows", class.name),
            ));
        }
    }
    for call in file.calls.iter().filter(|call| &*call.callee == "do_not_validate_attachment_file_type") {
        hits.push(Hit::new(call.place, "This attachment is stored whatever its type"));
    }
}
