//! A file of any size that a request makes the app read whole.

mod reads;
mod settings;
mod uploaders;

use super::{Check, Hit, Rule, Subject, server, serverless};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::FunctionKind;
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::flow::is_for_few;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "whole-file-in-memory",
    title: "A file of any size is read whole into memory",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::Medium,
    what: "An upload, a file that the request names, or a download of unknown size is read whole in a request handler, and nothing limits how large it may be.",
    why: "One user with a phone video, or one with bad intentions, takes all the memory. The process dies, and with it the requests of everybody else.",
    fix: "Refuse what is above a limit before you read it, and stream the rest to disk or storage; or let the browser upload to storage with a signed URL.",
    example: "const upload = multer({ storage: multer.memoryStorage() });\n\n// better\nconst upload = multer({ dest: '/tmp/uploads', limits: { fileSize: 5 * 1024 * 1024 } });",
    references: &["F11", "https://cheatsheetseries.owasp.org/cheatsheets/File_Upload_Cheat_Sheet.html"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check))
    .looks_at(server)
    .reads(Language::is_code, super::any_name)
    .about("request handler", look);

fn look(file: &FileFacts, _index: &CodeIndex, subject: &mut Subject) {
    subject.seen |=
        file.functions.iter().any(|function| matches!(function.kind, FunctionKind::Handler | FunctionKind::Job));
}

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        if let Some(message) = settings::unlimited(file, index, call) {
            let asked = message.sure
                && !is_for_few(index, file, call.function)
                && uploaders::strangers_reach(index, file, call);
            hits.push(below_limit_of_host(
                index,
                file,
                Hit::new(call.place, message.text).confidence(if asked {
                    Confidence::High
                } else {
                    Confidence::Medium
                }),
            ));
            continue;
        }
        let at_work = file
            .enclosing(call.function)
            .any(|(_, function)| matches!(function.kind, FunctionKind::Handler | FunctionKind::Job));
        if !at_work {
            continue;
        }
        let Some(read) = reads::whole(file, call) else { continue };
        if settings::limited_here(file, call.function, &read) {
            continue;
        }
        let Some(limits) = settings::limits(file, index, &read) else { continue };
        let mut hit = Hit::new(call.place, format!("`{}` reads {} whole, whatever its size", read.shown, read.what));
        if limits {
            hit = hit.confidence(Confidence::Low);
        }
        // Both end such a request before it takes much.
        if matches!(file.language, Language::Php | Language::Java) && read.upload {
            hit = hit.severity(Severity::Minor);
        }
        hits.push(hit);
    }
}

/// What was found, with less confidence where a host lets only small requests through.
fn below_limit_of_host(index: &CodeIndex, file: &FileFacts, mut hit: Hit) -> Hit {
    if hit.confidence == Some(Confidence::High)
        && let Some((host, said_in, megabytes)) = serverless::refuses_large(index, &file.path, file.language)
    {
        hit.steps.push(format!(
            "{said_in} deploys to {host}, which refuses requests above {megabytes} MB; wherever else the app runs, nothing does"
        ));
        hit.confidence = Some(Confidence::Medium);
    }
    hit
}
