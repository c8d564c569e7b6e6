//! Mail, PDFs, reports, pictures and films that a user waits for.

mod backend;
mod ecma;
mod work;

use super::reach::{self, Search};
use super::{Check, Hit, Rule, server, subject};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, LoopKind};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use work::{Kind, Work};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "slow-work-in-request",
    title: "Users wait for slow work before they get an answer",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "A request handler sends mail, draws a PDF, converts video or pictures, or makes a report, and answers only when that is done.",
    why: "People look at a spinner for seconds. When the mail server is slow or the host cuts the request off, they see an error, try again, and get everything twice.",
    fix: "Store what is to be done, answer, and let a worker do it: a queue, a background task of your framework, or `waitUntil` and `after` on serverless.",
    example: "app.post('/orders', async (req, res) => {\n  const order = await save(req.body);\n  await transporter.sendMail(receipt(order));\n  res.json(order);\n});\n\n// better\n  await mails.add('receipt', { order: order.id });\n  res.json(order);",
    references: &["F41", "https://12factor.net/processes"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check))
    .looks_at(server)
    .reads(Language::is_code, super::any_name)
    .about("request handler", subject::handlers);

const SEARCH: Search = Search {
    begins: reach::is_handler,
    stops: |file, id, _| !reach::is_waited_for(file, id) && !work::answers_inside(file, id),
};

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    // One finding a function and kind: whoever moves one moves the others.
    let mut seen: Vec<(u32, Kind)> = Vec::new();
    for (id, call) in (0_u32..).zip(&file.calls).filter(|(_, call)| !call.dev_only) {
        let Some(work) = work::work(file, index, call) else { continue };
        if seen.contains(&(call.function, work.kind)) {
            continue;
        }
        let search = if work.blocks { Search { stops: |_, _, _| false, ..SEARCH } } else { SEARCH };
        let Some(reached) = reach::from(index, file, id, search) else { continue };
        seen.push((call.function, work.kind));
        let mut hit = grade(&work, rounds(file, call)).in_place(call.place);
        if !reached.steps.is_empty() && hit.confidence.is_none() {
            hit = hit.confidence(Confidence::Medium);
        }
        hit.steps = reached.steps;
        hits.push(hit);
    }
}

/// How bad it is, before it is known where.
struct Grade {
    message: String,
    severity: Option<Severity>,
    confidence: Option<Confidence>,
}

impl Grade {
    fn in_place(self, place: crate::probe::source::code::Place) -> Hit {
        Hit { severity: self.severity, confidence: self.confidence, ..Hit::new(place, self.message) }
    }
}

/// How often work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rounds {
    One,
    /// One after the other.
    Many,
    /// Many at the same time: `Promise.all(list.map(async …))`.
    Together,
}

fn rounds(file: &FileFacts, call: &Call) -> Rounds {
    let Some(around) = call.in_loop.and_then(|id| file.loop_(id)) else { return Rounds::One };
    let starts =
        file.function(call.function).is_some_and(|function| function.is_async && function.argument_of == around.call);
    let together = around.kind == LoopKind::Callback && file.language.is_ecma() && starts;
    if together { Rounds::Together } else { Rounds::Many }
}

fn grade(work: &Work, rounds: Rounds) -> Grade {
    let does = match work.kind {
        Kind::Mail if rounds == Rounds::Many => "sends one mail after the other",
        Kind::Mail if rounds == Rounds::Together => "sends a mail for each element of a list",
        Kind::Mail => "sends a mail",
        Kind::Document => "draws a PDF",
        Kind::Media => "converts a file with a program that takes its time",
        Kind::Report => "writes a report or an archive",
        Kind::Picture => "works on a picture",
        Kind::Ai => "waits for a model",
    };
    let severity = match work.kind {
        Kind::Document | Kind::Media => None,
        Kind::Mail if rounds == Rounds::Many => None,
        _ => Some(Severity::Minor),
    };
    let confidence = match work.kind {
        Kind::Mail if work.sure => None,
        // Who asks for a document waits for it; it may be drawn in a moment.
        Kind::Ai | Kind::Picture => Some(Confidence::Low),
        _ => Some(Confidence::Medium),
    };
    Grade { message: format!("`{}` {does} while the user waits for the answer", work.shown), severity, confidence }
}
