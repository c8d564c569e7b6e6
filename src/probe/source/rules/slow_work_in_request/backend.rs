//! Slow work in Python, PHP, Go, Ruby and Java.

use super::work::{Kind, Work};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts};
use crate::probe::source::index::Question;

fn done(kind: Kind, call: &Call) -> Option<Work> {
    Some(Work::new(kind, call))
}

/// The call that made what `name` stands for.
fn maker<'f>(file: &'f FileFacts, name: &str, call: &Call) -> Option<&'f Call> {
    match &file.assigned(name, call.function)?.value {
        Value::Call(id) => file.call(*id),
        _ => None,
    }
}

pub(super) fn python(file: &FileFacts, index: &CodeIndex, call: &Call) -> Option<Work> {
    let callee = &*call.callee;
    let from =
        |names: &[&str]| file.binding(call.root()).is_some_and(|b| names.iter().any(|name| b.module.starts_with(name)));
    let has = |name: &str| file.imports_any(|module| module.starts_with(name));
    let found = match call.method() {
        "send_mail" | "send_mass_mail" | "mail_admins" if from(&["django.core.mail", "django.core"]) => Kind::Mail,
        "send" if has("django.core.mail") && is_django_message(file, call) => Kind::Mail,
        "send" if has("flask_mail") && call.object().to_ascii_lowercase().ends_with("mail") => Kind::Mail,
        "send_message" | "sendmail" if has("smtplib") && !call.object().is_empty() => Kind::Mail,
        "send" if callee == "resend.Emails.send" => Kind::Mail,
        "send"
            if has("sendgrid")
                && maker(file, call.object(), call).is_some_and(|m| m.method() == "SendGridAPIClient") =>
        {
            Kind::Mail
        }
        "send_message" if has("fastapi_mail") => Kind::Mail,
        "send_email" | "send_templated_email"
            if call.object().to_ascii_lowercase().ends_with("ses") && has("boto3") =>
        {
            Kind::Mail
        }
        "write_pdf" if has("weasyprint") => Kind::Document,
        "from_string" | "from_url" | "from_file" if from(&["pdfkit"]) => Kind::Document,
        "CreatePDF" | "pisaDocument" if has("xhtml2pdf") => Kind::Document,
        "run" if from(&["ffmpeg"]) || (has("ffmpeg") && callee.starts_with("ffmpeg.")) => Kind::Media,
        "write_videofile" if has("moviepy") => Kind::Media,
        "convert_from_bytes" | "convert_from_path" if from(&["pdf2image"]) => Kind::Document,
        "to_excel" if has("pandas") => Kind::Report,
        "transcribe" if has("whisper") => Kind::Media,
        _ => return None,
    };
    if found == Kind::Mail && index.answer(&PUTS_MAIL_OFF) {
        return None;
    }
    done(found, call)
}

/// `EmailMessage(…).send()`, also through a name.
fn is_django_message(file: &FileFacts, call: &Call) -> bool {
    let is_message = |made: &Call| matches!(made.method(), "EmailMessage" | "EmailMultiAlternatives");
    call.receiver.and_then(|id| file.call(id)).or_else(|| maker(file, call.object(), call)).is_some_and(is_message)
}

/// A mail backend of Django that only stores the mail.
static PUTS_MAIL_OFF: Question = Question { name: "mail put off", any: puts_mail_off };

fn puts_mail_off(file: &FileFacts) -> bool {
    let delays = |text: &str| {
        let lower = text.to_ascii_lowercase();
        ["celery", "queue", "mailer.backend", "post_office", "async", "huey", "django_q"]
            .iter()
            .any(|word| lower.contains(word))
    };
    file.assignments_to("EMAIL_BACKEND").any(|set| {
        let mut found = false;
        set.value.walk(&mut |value| found |= value.text().is_some_and(delays));
        found
    })
}

pub(super) fn php(file: &FileFacts, index: &CodeIndex, call: &Call) -> Option<Work> {
    let callee = &*call.callee;
    let lower = call.object().to_ascii_lowercase();
    let unsure = |kind| Some(Work::new(kind, call).unsure());
    let has = |word: &str| file.imports_any(|module| module.contains(word));
    match call.method() {
        "mail" if callee == "mail" => done(Kind::Mail, call),
        "send" | "sendNow" if call.root() == "Mail" => {
            if is_queued(file, index, call) {
                None
            } else {
                done(Kind::Mail, call)
            }
        }
        "raw" | "html" | "plain" if call.root() == "Mail" => done(Kind::Mail, call),
        "send" | "sendNow" if matches!(callee, "Notification.send" | "Notification.sendNow") => {
            if is_queued(file, index, call) { None } else { unsure(Kind::Mail) }
        }
        "send"
            if has("PHPMailer")
                && maker(file, call.object(), call).is_some_and(|m| m.constructs && m.method() == "PHPMailer") =>
        {
            done(Kind::Mail, call)
        }
        "send" if lower.ends_with("mailer") && has("Symfony") => unsure(Kind::Mail),
        "save" | "pdf" | "savePdf" | "base64pdf" if callee.starts_with("Browsershot") => done(Kind::Document, call),
        "loadView" | "loadHTML" | "loadHtml" if matches!(&*lower, "pdf" | "snappypdf") => unsure(Kind::Document),
        "render" if maker(file, call.object(), call).is_some_and(|m| m.constructs && m.method() == "Dompdf") => {
            unsure(Kind::Document)
        }
        "Output"
            if maker(file, call.object(), call)
                .is_some_and(|m| m.constructs && matches!(m.method(), "Mpdf" | "Html2Pdf")) =>
        {
            unsure(Kind::Document)
        }
        "download" | "store" | "raw" if call.root() == "Excel" && call.object() == "Excel" => done(Kind::Report, call),
        "save" if has("PhpSpreadsheet") && lower.ends_with("writer") => done(Kind::Report, call),
        _ => None,
    }
}

/// Whether what is sent says of itself that it goes through the queue.
fn is_queued(file: &FileFacts, index: &CodeIndex, call: &Call) -> bool {
    let mut names: Vec<Box<str>> = Vec::new();
    for argument in &call.arguments {
        argument.value.walk(&mut |value| {
            let value = file.resolved(value, call.function);
            if let Value::Call(id) = value
                && let Some(made) = file.call(*id)
            {
                names.push(made.callee.split(['.', '(']).next().unwrap_or("").into());
            }
        });
    }
    names.iter().any(|name| {
        let place = file.binding(name).and_then(|b| index.module(file, &b.module));
        let home = place.and_then(|place| index.files.get(place)).map_or(file, |home| home);
        home.classes
            .iter()
            .any(|class| class.name == *name && class.bases.iter().any(|base| base.contains("ShouldQueue")))
    })
}

pub(super) fn go(file: &FileFacts, call: &Call) -> Option<Work> {
    let has = |word: &str| file.imports_any(|module| module.contains(word));
    match call.method() {
        "SendMail" if &*call.callee == "smtp.SendMail" => done(Kind::Mail, call),
        "DialAndSend" if has("mail") => done(Kind::Mail, call),
        "Send" | "SendWithContext" if has("sendgrid") && call.object().to_ascii_lowercase().contains("client") => {
            done(Kind::Mail, call)
        }
        "Send" | "SendWithContext" if has("resend") && call.object().ends_with("Emails") => done(Kind::Mail, call),
        "SendEmail" if has("aws") && call.object().to_ascii_lowercase().contains("ses") => done(Kind::Mail, call),
        "Create" | "CreateContext" if has("go-wkhtmltopdf") => done(Kind::Document, call),
        "Run" if &*call.callee == "chromedp.Run" => done(Kind::Document, call),
        "Resize" | "Fit" | "Thumbnail" if &*call.callee == "imaging.Resize" || call.root() == "imaging" => {
            done(Kind::Picture, call)
        }
        _ => None,
    }
}

pub(super) fn ruby(file: &FileFacts, call: &Call) -> Option<Work> {
    let callee = &*call.callee;
    match call.method() {
        "deliver_now" | "deliver_now!" => done(Kind::Mail, call),
        "mail" if callee == "Pony.mail" => done(Kind::Mail, call),
        "deliver" if callee == "Mail.deliver" => done(Kind::Mail, call),
        "pdf_from_string" | "pdf_from_url" | "pdf_from_html_file" => done(Kind::Document, call),
        "to_pdf"
            if callee.starts_with("Grover")
                || callee.starts_with("PDFKit")
                || is_of(file, call, &["Grover", "PDFKit"]) =>
        {
            done(Kind::Document, call)
        }
        "render" if callee == "render" && call.named("pdf").or_else(|| option(call, "pdf")).is_some() => {
            Some(Work::new(Kind::Document, call).unsure())
        }
        "transcode" if callee.starts_with("FFMPEG") || is_of(file, call, &["FFMPEG.Movie"]) => done(Kind::Media, call),
        "to_stream" | "serialize" if is_of(file, call, &["Axlsx.Package"]) => done(Kind::Report, call),
        "open" | "read" if callee.starts_with("MiniMagick.Image") => done(Kind::Picture, call),
        _ => None,
    }
}

fn option<'c>(call: &'c Call, name: &str) -> Option<&'c Value> {
    call.arguments.iter().find_map(|argument| argument.value.get(name))
}

fn is_of(file: &FileFacts, call: &Call, classes: &[&str]) -> bool {
    maker(file, call.object(), call).is_some_and(|made| classes.contains(&&*made.callee))
}

pub(super) fn java(file: &FileFacts, call: &Call) -> Option<Work> {
    let callee = &*call.callee;
    let lower = call.object().to_ascii_lowercase();
    let has = |word: &str| file.imports_any(|module| module.contains(word));
    match call.method() {
        "send" if lower.ends_with("mailsender") || lower.ends_with("javamailsender") => done(Kind::Mail, call),
        "send" if callee == "Transport.send" && has("mail") => done(Kind::Mail, call),
        "sendEmail" if lower.contains("ses") && has("amazon") => done(Kind::Mail, call),
        "fillReport" | "exportReportToPdf" | "exportReportToPdfStream" | "runReportToPdf"
            if call.root().starts_with("Jasper") =>
        {
            done(Kind::Document, call)
        }
        "convertToPdf" if callee == "HtmlConverter.convertToPdf" => done(Kind::Document, call),
        "run" if has("openhtmltopdf") && (lower.ends_with("builder") || callee.starts_with("PdfRendererBuilder")) => {
            done(Kind::Document, call)
        }
        "createPDF" if has("xhtmlrenderer") => done(Kind::Document, call),
        "write" if has("poi.") && (lower == "workbook" || lower == "wb") => done(Kind::Report, call),
        "toFile" | "toOutputStream" if callee.starts_with("Thumbnails.of()") => done(Kind::Picture, call),
        _ => None,
    }
}
