//! Slow work in JavaScript and TypeScript.

use super::work::{Kind, Work};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::FileFacts;
use crate::probe::source::libraries::is_of;

/// Libraries that send mail.
const MAIL: [&str; 12] = [
    "nodemailer",
    "resend",
    "@sendgrid/mail",
    "postmark",
    "mailgun.js",
    "mailgun-js",
    "@aws-sdk/client-ses",
    "@aws-sdk/client-sesv2",
    "@getbrevo/brevo",
    "@mailchimp/mailchimp_transactional",
    "mailersend",
    "plunk",
];

pub(super) fn work(file: &FileFacts, call: &Call) -> Option<Work> {
    let object = call.object();
    let lower = object.to_ascii_lowercase();
    let module = file.binding(call.root()).map_or("", |b| &*b.module);
    let has = |names: &[&str]| names.iter().any(|name| file.imports_any(|module| is_of(module, name)));
    let done = |kind| Some(Work::new(kind, call));
    match call.method() {
        "sendMail" if !object.is_empty() && (lower.contains("transport") || lower.contains("mailer") || has(&MAIL)) => {
            let sure = has(&["nodemailer"]) || lower.contains("transport");
            let work = Work::new(Kind::Mail, call);
            Some(if sure { work } else { work.unsure() })
        }
        "send" if lower.ends_with("emails") && (lower.contains("resend") || has(&["resend"])) => done(Kind::Mail),
        "send" | "sendMultiple" if is_of(module, "@sendgrid/mail") => done(Kind::Mail),
        "sendEmail" | "sendEmailWithTemplate" | "sendEmailBatch" if has(&["postmark"]) && !object.is_empty() => {
            done(Kind::Mail)
        }
        "send" if has(&["@aws-sdk/client-ses", "@aws-sdk/client-sesv2"]) => {
            let given = call.argument(0).map(|value| file.resolved(value, call.function));
            let mail = matches!(given, Some(Value::Call(id))
                if file.call(*id).is_some_and(|made| matches!(&*made.callee, "SendEmailCommand" | "SendTemplatedEmailCommand" | "SendRawEmailCommand")));
            if mail { done(Kind::Mail) } else { None }
        }
        "create" if lower.ends_with(".messages") && has(&["mailgun.js", "mailgun-js"]) => done(Kind::Mail),
        "launch" if has_browser(module) => done(Kind::Document),
        "pdf"
            if (lower == "page" || lower.ends_with(".page"))
                && !has(&["puppeteer", "puppeteer-core", "playwright", "playwright-core"]) =>
        {
            Some(Work::new(Kind::Document, call).unsure())
        }
        "renderToBuffer" | "renderToStream" if is_of(module, "@react-pdf/renderer") => {
            Some(Work::new(Kind::Document, call).unsure())
        }
        "generatePdf" if is_of(module, "html-pdf-node") => done(Kind::Document),
        "toBuffer" | "toFile" | "create" if module == "html-pdf" => done(Kind::Document),
        "save" | "run" | "saveToFile" if call.callee.starts_with("ffmpeg()") && has(&["fluent-ffmpeg"]) => {
            Some(Work::new(Kind::Media, call))
        }
        "toBuffer" | "toFile" if call.callee.starts_with("sharp()") && file.binding("sharp").is_some() => {
            done(Kind::Picture)
        }
        "writeBuffer" if lower.ends_with(".xlsx") && has(&["exceljs"]) => done(Kind::Report),
        "write" | "writeFile" if module == "xlsx" => Some(Work::new(Kind::Report, call).blocking()),
        "toBuffer" if has(&["adm-zip"]) && lower.contains("zip") => Some(Work::new(Kind::Report, call).blocking()),
        "create" | "generate" | "edit" if lower.ends_with(".images") || lower.ends_with(".transcriptions") => {
            if has(&["openai"]) { done(Kind::Ai) } else { None }
        }
        "create" if lower.ends_with("chat.completions") || lower.ends_with(".messages") => {
            let ai = has(&["openai", "@anthropic-ai/sdk", "groq-sdk"]);
            let streams = call
                .argument(0)
                .map(|given| file.resolved(given, call.function))
                .is_some_and(|given| given.spreads() || given.get("stream").is_some());
            if ai && !streams { done(Kind::Ai) } else { None }
        }
        _ => None,
    }
}

fn has_browser(module: &str) -> bool {
    ["puppeteer", "puppeteer-core", "playwright", "playwright-core"].contains(&module)
}
