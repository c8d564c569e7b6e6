//! Request data that decides which file is read or written.

mod archive;

use super::injection::{calls, is_of_asking, message, reads, untraced};
use super::{Check, Hit, Rule, Subject, any_name, server};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::flow::Sink;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "path-traversal",
    title: "Request data decides which file is opened",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::High,
    what: "Data from a request becomes part of a file's path, and nothing keeps `../` out of it.",
    why: "Anyone can step out of the folder that you meant, and read your configuration and keys, or overwrite your code.",
    fix: "Take the last part of the name only (`path.basename`, `secure_filename`, `File.basename`), or resolve the whole path and check that it still begins with your folder.",
    example: "res.sendFile(path.join(uploads, req.params.name));\n\n// better\nres.sendFile(path.basename(req.params.name), { root: uploads });",
    references: &["F58", "https://owasp.org/www-community/attacks/Path_Traversal"],
};

/// The rule.
pub const RULE: Rule =
    Rule::new(&META, Check::EachFile(check)).looks_at(server).reads(reads, any_name).claims_none(look);

fn look(file: &FileFacts, index: &CodeIndex, subject: &mut Subject) {
    let dangers = calls(file, path).map(|(_, danger)| danger);
    untraced(file, index, Sink::Path, dangers, "the path of a file", subject);
}

fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    for (call, danger) in calls(file, path) {
        // `open(path)` of the path that `open` is given again is told once.
        if call.argument_of.and_then(|id| file.call(id)).is_some_and(|outer| path(file, outer).is_some()) {
            continue;
        }
        let Some(trace) = danger.reach(file, index, Sink::Path).request else { continue };
        // What was asked for has no `..` left in it where a framework gives it.
        if is_of_asking(&trace.source) {
            continue;
        }
        // Laravel's and Symfony's upload stands for the path that PHP gave it; the name that a client gave is unsure.
        if file.language == Language::Php && trace.sure && trace.source.starts_with("request.file(") {
            continue;
        }
        let hit = danger.told(file, &trace, |trace, to| message(trace, &format!("decides which file `{to}` opens")));
        // Next leaves `%2F` in the parts of a path as it is.
        let encoded = trace.source.starts_with("params") && file.path.contains("/route.");
        let hit = if encoded { hit.confidence(Confidence::Medium) } else { hit };
        // Whatever the folder: a file of that name must be there.
        let own_name = path(file, call).is_some_and(|path| super::injection::has_fixed_name(file, path, call.function));
        hits.push(match (own_name, encoded) {
            (true, true) => hit.severity(Severity::Minor).confidence(Confidence::Low),
            (true, false) => hit.severity(Severity::Major),
            _ => hit,
        });
    }
    archive::check(file, hits);
}

fn path<'f>(file: &'f FileFacts, call: &'f Call) -> Option<&'f Value> {
    match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => ecma(file, call),
        Language::Python => python(file, call),
        Language::Php => {
            let opens = matches!(
                &*call.callee,
                "file_get_contents"
                    | "fopen"
                    | "readfile"
                    | "file"
                    | "include"
                    | "include_once"
                    | "require"
                    | "require_once"
                    | "unlink"
                    | "file_put_contents"
                    | "copy"
                    | "rename"
                    | "rmdir"
                    | "scandir"
                    | "opendir"
                    | "simplexml_load_file"
                    | "show_source"
                    | "highlight_file"
                    | "parse_ini_file"
                    | "response().download"
                    | "response().file"
                    | "File.get"
                    | "File.delete"
                    | "File.put"
                    | "Response.download"
            );
            opens.then(|| call.argument(0))?
        }
        Language::Go => match &*call.callee {
            "os.Open" | "os.ReadFile" | "ioutil.ReadFile" | "os.Create" | "os.WriteFile" | "ioutil.WriteFile"
            | "os.OpenFile" | "os.Remove" | "os.RemoveAll" | "ioutil.ReadDir" | "os.ReadDir" | "os.Mkdir"
            | "os.MkdirAll" | "os.Rename" => call.argument(0),
            "http.ServeFile" => call.argument(2),
            "c.File" | "ctx.File" | "c.SendFile" | "c.Attachment" => call.argument(0),
            "c.SaveUploadedFile" | "c.FileAttachment" => {
                call.argument(usize::from(call.method() == "SaveUploadedFile"))
            }
            _ => None,
        },
        Language::Ruby => match &*call.callee {
            "File.read" | "File.open" | "File.new" | "File.write" | "File.delete" | "File.readlines"
            | "File.binread" | "File.unlink" | "IO.read" | "IO.readlines" | "send_file" | "File" | "Dir.glob"
            | "FileUtils.rm" | "FileUtils.rm_rf" | "FileUtils.cp" | "FileUtils.mv" | "open" | "File.foreach"
            | "IO.binread" | "Pathname.new" => call.argument(0),
            "render" => call.named("file").or_else(|| call.named("template")),
            _ => None,
        },
        Language::Java => java(call),
        Language::Template => None,
    }
}

fn ecma<'f>(file: &'f FileFacts, call: &'f Call) -> Option<&'f Value> {
    let method = call.method();
    if matches!(method, "sendFile" | "sendfile" | "download") {
        let answers =
            matches!(call.root(), "res" | "response" | "reply" | "resp" | "rep") || call.callee.starts_with("this.res");
        // With a root, the server keeps within it.
        let rooted = call.arguments.iter().any(|argument| argument.value.get("root").is_some());
        let plain = call.argument(0).filter(|_| answers && !rooted);
        return plain.filter(|_| {
            // An options object that is a name may hold a root.
            !matches!(call.argument(1), Some(Value::Path(_))) || method == "download"
        });
    }
    let opens = matches!(
        method,
        "readFile"
            | "readFileSync"
            | "createReadStream"
            | "createWriteStream"
            | "writeFile"
            | "writeFileSync"
            | "appendFile"
            | "appendFileSync"
            | "unlink"
            | "unlinkSync"
            | "rm"
            | "rmSync"
            | "rmdir"
            | "readdir"
            | "readdirSync"
            | "open"
            | "openSync"
            | "remove"
            | "removeSync"
            | "readJson"
            | "readJSON"
            | "outputFile"
            | "copyFile"
            | "rename"
            | "mkdir"
            | "mkdirSync"
            | "readJsonSync"
    );
    if !opens {
        return None;
    }
    let of_files = |module: &str| {
        matches!(module, "fs" | "node:fs" | "fs/promises" | "node:fs/promises" | "fs-extra" | "graceful-fs" | "mz/fs")
    };
    let module = file.binding(call.root()).is_some_and(|binding| of_files(&binding.module));
    let usual = matches!(call.root(), "fs" | "fsp" | "fse") && call.callee.contains('.');
    (module || usual || call.callee.starts_with("require().") && file.imports_any(of_files))
        .then(|| call.argument(0))?
}

fn python<'f>(file: &'f FileFacts, call: &'f Call) -> Option<&'f Value> {
    match &*call.callee {
        "open" | "io.open" | "codecs.open" | "os.remove" | "os.unlink" | "os.listdir" | "shutil.rmtree"
        | "send_file" | "flask.send_file" | "FileResponse" | "aiofiles.open" | "os.makedirs" | "shutil.copy"
        | "shutil.move" | "os.rename" => {
            // `send_file(BytesIO(…))` opens nothing.
            call.argument(0).or_else(|| call.named("path")).or_else(|| call.named("filename_or_fp"))
        }
        _ if matches!(call.method(), "read_text" | "read_bytes" | "write_text" | "write_bytes" | "unlink")
            && file.imports_any(|module| module == "pathlib") =>
        {
            call.receiver.and_then(|id| file.call(id)).filter(|made| made.method() == "Path")?.argument(0)
        }
        _ => None,
    }
}

fn java(call: &Call) -> Option<&Value> {
    if call.constructs {
        return matches!(
            call.method(),
            "FileInputStream"
                | "FileReader"
                | "FileOutputStream"
                | "FileWriter"
                | "RandomAccessFile"
                | "FileSystemResource"
                | "PrintWriter"
                | "File"
        )
        .then(|| call.argument(1).or_else(|| call.argument(0)))?;
    }
    if &*call.callee == "Files.copy" {
        return call.argument(1);
    }
    let files = matches!(
        &*call.callee,
        "Files.readAllBytes"
            | "Files.readString"
            | "Files.lines"
            | "Files.newInputStream"
            | "Files.copy"
            | "Files.write"
            | "Files.delete"
            | "Files.newBufferedReader"
            | "Files.readAllLines"
            | "FileUtils.readFileToString"
            | "Files.writeString"
            | "Files.deleteIfExists"
    );
    files.then(|| call.argument(0))?
}
