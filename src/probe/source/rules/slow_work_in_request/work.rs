//! Calls that do slow work.

use super::{backend, ecma};
use crate::probe::source::code::{Call, CallId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// What kind of work it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Mail,
    Document,
    Media,
    Report,
    Picture,
    Ai,
}

/// One piece of work.
pub(super) struct Work {
    /// What.
    pub kind: Kind,
    /// The call as written.
    pub shown: String,
    /// The library is known, and nothing in it puts the work off.
    pub sure: bool,
    /// It runs where it is called, awaited or not.
    pub blocks: bool,
}

impl Work {
    pub(super) fn new(kind: Kind, call: &Call) -> Self {
        Self { kind, shown: call.callee.chars().take(80).collect(), sure: true, blocks: false }
    }

    pub(super) fn unsure(self) -> Self {
        Self { sure: false, ..self }
    }

    pub(super) fn blocking(self) -> Self {
        Self { blocks: true, ..self }
    }
}

/// The work that the call in place `id` does.
pub(super) fn work(file: &FileFacts, index: &CodeIndex, call: &Call) -> Option<Work> {
    let own = match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => ecma::work(file, call),
        Language::Python => backend::python(file, index, call),
        Language::Php => backend::php(file, index, call),
        Language::Go => backend::go(file, call),
        Language::Ruby => backend::ruby(file, call),
        Language::Java => backend::java(file, call),
        Language::Template => None,
    };
    own.or_else(|| program(file, call))
}

/// Programs that take seconds.
const MEDIA: [&str; 6] = ["ffmpeg", "yt-dlp", "youtube-dl", "whisper", "HandBrakeCLI", "blender"];
const DOCUMENTS: [&str; 8] =
    ["wkhtmltopdf", "soffice", "libreoffice", "pandoc", "pdflatex", "weasyprint", "gs", "wkhtmltoimage"];

/// `exec("ffmpeg -i …")`, `subprocess.run(["wkhtmltopdf", …])`, `exec.Command("soffice")`
fn program(file: &FileFacts, call: &Call) -> Option<Work> {
    let runs = match file.language {
        Language::Python => matches!(
            &*call.callee,
            "subprocess.run" | "subprocess.call" | "subprocess.check_call" | "subprocess.check_output" | "os.system"
        ),
        Language::Php => matches!(&*call.callee, "exec" | "shell_exec" | "system" | "passthru"),
        Language::Go => matches!(&*call.callee, "exec.Command" | "exec.CommandContext"),
        Language::Ruby => matches!(&*call.callee, "system" | "Open3.capture3" | "Open3.capture2e"),
        Language::Java => call.method() == "ProcessBuilder" || call.callee.ends_with("getRuntime().exec"),
        _ => matches!(
            call.method(),
            "exec"
                | "execFile"
                | "execSync"
                | "execFileSync"
                | "spawnSync"
                | "execAsync"
                | "execPromise"
                | "execFileAsync"
                | "execa"
        ),
    };
    if !runs {
        return None;
    }
    let first = call.arguments.iter().take(2).find_map(|argument| {
        let given = match file.resolved(&argument.value, call.function) {
            Value::Array(items) => items.first()?,
            other => other,
        };
        given.leading_text()
    })?;
    let name = first.split_whitespace().next()?.rsplit('/').next()?;
    let kind = if MEDIA.contains(&name) {
        Kind::Media
    } else if DOCUMENTS.contains(&name) {
        Kind::Document
    } else {
        return None;
    };
    let work = Work::new(kind, call);
    let work = Work { shown: name.to_owned(), ..work };
    // A program that is started and left alone is no wait.
    if file.language == Language::Go {
        let waits = file.calls.iter().any(|c| {
            matches!(c.method(), "Run" | "Output" | "CombinedOutput")
                && file.enclosing(c.function).any(|(id, _)| id == call.function)
        });
        return waits.then_some(work);
    }
    Some(if call.method().ends_with("Sync") { work.blocking() } else { work })
}

/// Whether the answer is given in the function that the call is handed, so that the user waits for it:
/// `transporter.sendMail(mail, () => res.end())`.
pub(super) fn answers_inside(file: &FileFacts, id: CallId) -> bool {
    let Some(call) = file.call(id) else { return false };
    call.arguments.iter().any(|argument| {
        let Value::Function(function) = argument.value else { return false };
        file.function(function).is_some_and(|function| {
            file.calls_of(&function.body).any(|(_, inner)| {
                matches!(inner.root(), "res" | "response" | "reply")
                    && matches!(
                        inner.method(),
                        "send" | "json" | "end" | "render" | "redirect" | "sendStatus" | "status"
                    )
            })
        })
    })
}
