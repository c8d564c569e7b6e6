//! Request or stored data that becomes part of a page without being escaped.

mod escaping;
mod sinks;

use super::injection::{Danger, message, reads, untraced};
use super::{Check, Hit, Rule, Subject, any_name};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{CallId, Place, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::flow::{Reach, Sink, Trace};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "xss-unescaped-html",
    title: "Data of others is written into a page as HTML",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Data from a request or from other users is written into a page as it is, where the framework would have escaped it.",
    why: "Someone puts a script into that data, and it runs in your users' browsers with their sessions: it can read what they see and act in their name.",
    fix: "Write it as text (`{value}`, `textContent`, `{{ value }}`). Where it must be HTML, clean it first with a library made for that (DOMPurify, sanitize-html, nh3, HTML Purifier).",
    example: "<div dangerouslySetInnerHTML={{ __html: comment.body }} />\n\n// better\n<div dangerouslySetInnerHTML={{ __html: DOMPurify.sanitize(comment.body) }} />",
    references: &[
        "F51",
        "https://cheatsheetseries.owasp.org/cheatsheets/Cross_Site_Scripting_Prevention_Cheat_Sheet.html",
    ],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check)).reads(reads_pages, any_name).claims_none(look);

fn reads_pages(language: Language) -> bool {
    reads(language) || language == Language::Template
}

fn look(file: &FileFacts, index: &CodeIndex, subject: &mut Subject) {
    let spots = sinks::all(file);
    let raw = spots.iter().filter(|spot| spot.raw).map(Spot::danger);
    untraced(file, index, Sink::Html, raw, "what is written into a page as HTML", subject);
}

/// Whether a template is the text of a mail, in which nothing is HTML: `emails/alert-body-text.html`, `mails/order.txt`.
fn is_plain_text(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let says = |word: &str| matches!(word, "text" | "txt" | "plain" | "plaintext" | "subject" | "sms");
    lower.contains("mail") && name.split(['-', '_', '.']).any(says)
}

fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    if file.language == Language::Template && is_plain_text(&file.path) {
        return;
    }
    for spot in sinks::all(file) {
        hits.extend(judge(file, index, &spot));
    }
    escaping::check(file, hits);
}

/// A place where something is written into a page.
struct Spot<'f> {
    danger: Danger<'f>,
    /// It is meant to be HTML, so that stored data in it counts too.
    raw: bool,
    /// The expression as written, where it is no more than that.
    text: &'f str,
    /// What is written, where no value of the facts is just that.
    own: Option<Value>,
}

impl Spot<'_> {
    fn danger(&self) -> Danger<'_> {
        match &self.own {
            Some(value) => Danger { value, ..self.danger },
            None => self.danger,
        }
    }
}

/// Addresses in which browsers leave neither `<` nor quotes.
fn is_encoded_by_browsers(source: &str) -> bool {
    let source = source.strip_prefix("window.").or_else(|| source.strip_prefix("document.")).unwrap_or(source);
    matches!(source, "location.href" | "URL" | "documentURI" | "referrer" | "_SERVER.HTTP_REFERER")
}

/// Whether a file turns `%3C` back into `<` somewhere.
fn decodes(file: &FileFacts) -> bool {
    file.calls.iter().any(|call| {
        matches!(call.method(), "decodeURIComponent" | "decodeURI" | "unescape" | "urldecode" | "rawurldecode")
    })
}

fn judge(file: &FileFacts, index: &CodeIndex, spot: &Spot<'_>) -> Option<Hit> {
    let danger = &spot.danger();
    let found = danger.reach(file, index, Sink::Html);
    if let Some(trace) = &found.request {
        if is_encoded_by_browsers(&trace.source) && !decodes(file) {
            return None;
        }
        let told = |trace: &Trace, to: &str| message(trace, &format!("is written into a page as HTML by `{to}`"));
        let hit = danger.told(file, trace, told);
        // A cookie is a visitor's own, unless the app sets it from a link.
        let own = trace.source.trim_start_matches('_').to_ascii_lowercase().starts_with("cookie");
        return Some(if own { hit.confidence(Confidence::Medium) } else { hit });
    }
    if !spot.raw {
        return None;
    }
    if let Some(trace) = &found.stored {
        let hit = danger.told(file, trace, |trace, to| {
            format!("What `{}` gives back is written into a page as HTML by `{to}`", trace.source)
        });
        return Some(hit.confidence(Confidence::Medium));
    }
    let name = of_others(file, danger.value, danger.function, spot.text, &found)?;
    let to: String = danger.to.chars().take(60).collect();
    Some(
        Hit::new(
            danger.place,
            format!("`{name}` is written into a page as HTML by `{to}`, and nothing here cleans it"),
        )
        .confidence(Confidence::Medium),
    )
}

/// The name of a value that is likely to be what other people wrote: it says so, and nothing speaks against it.
fn of_others(file: &FileFacts, value: &Value, function: u32, text: &str, found: &Reach) -> Option<String> {
    let unknown = found.unknown || !found.parameters.is_empty();
    if !unknown || file.role == Role::Config {
        return None;
    }
    let mut names: Vec<String> = Vec::new();
    let mut made = false;
    let resolved = file.resolved(value, function);
    for value in [value, resolved] {
        value.walk(&mut |value| match value {
            Value::Path(path) => names.push(path.to_string()),
            Value::Member(pair) => names.push(pair.1.to_string()),
            // `marked.parse(post.body)`: HTML in it stays HTML.
            Value::Call(id) if renders_markdown_raw(file, *id) => {
                let given = file.call(*id).and_then(|call| call.argument(0));
                names.extend(given.and_then(Value::path).map(str::to_owned));
            }
            // What some function makes of it is not known.
            Value::Call(_) => made = true,
            _ => {}
        });
    }
    if made {
        return None;
    }
    // Filters and PHP's arrows belong to how it is written.
    let plain = ["|safeseq", "|safe", "|raw", ".html_safe"].iter().find_map(|end| text.trim().strip_suffix(end));
    let plain = plain.or_else(|| text.rsplit_once('|').filter(|(_, filter)| filter.trim() == "safe").map(|(of, _)| of));
    let plain = plain.unwrap_or(text).trim().trim_start_matches('$').replace("->", ".");
    // A helper that is given something makes a page of it itself.
    if file.language == Language::Template && plain.contains(' ') {
        return None;
    }
    let plain = marked_text(file, &plain).map_or(plain.clone(), str::to_owned);
    let name = if plain.is_empty() { names.first()?.clone() } else { plain };
    let by_people = names.iter().chain([&name]).any(|name| {
        let last = name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase();
        matches!(
            &*last,
            "content"
                | "body"
                | "comment"
                | "description"
                | "message"
                | "bio"
                | "review"
                | "bodyhtml"
                | "contenthtml"
                | "excerpt"
                | "body_html"
                | "content_html"
                | "answer"
                | "note"
        )
    });
    let cleaned = names.iter().chain([&name]).any(|name| {
        let lower = name.to_ascii_lowercase();
        let marks = [
            "sanit",
            "safe",
            "clean",
            "purif",
            "escap",
            "markdown",
            "rendered",
            "highlight",
            "json",
            "svg",
            "icon",
            "schema",
            "i18n",
            "frontmatter",
        ];
        let parts = [
            "t",
            "css",
            "style",
            "script",
            "theme",
            "label",
            "labels",
            "config",
            "messages",
            "translations",
            "mdx",
            "constants",
        ];
        marks.iter().any(|mark| lower.contains(mark)) || lower.split('.').any(|part| parts.contains(&part))
    });
    // A template that says that something is no text is about text.
    let marked = file.language == Language::Template
        && names.iter().chain([&name]).any(|name| {
            let last = name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase();
            let of_people =
                ["text", "first_name", "last_name", "username", "name", "searchterm", "search_term", "query"];
            of_people.contains(&&*last) && name.contains('.')
        });
    let alone = file.language == Language::Template && matches!(&*name, "message" | "comment");
    ((by_people && name.contains('.')) || marked || alone).then_some(name).filter(|_| !cleaned)
}

/// What stands in the brackets of `marked.parse(post.body)`, written in a page.
fn marked_text<'t>(file: &FileFacts, text: &'t str) -> Option<&'t str> {
    let inner = text.strip_prefix("marked.parse(").or_else(|| text.strip_prefix("marked("))?.strip_suffix(')')?;
    let known = file.binding("marked").is_some_and(|binding| &*binding.module == "marked");
    (known && !inner.contains(['(', ',']) && !file.imports_any(cleans_html)).then_some(inner)
}

fn cleans_html(module: &str) -> bool {
    ["dompurify", "sanitiz", "xss"].iter().any(|name| module.contains(name))
}

/// Whether a call is one of a library that leaves the HTML in a text of Markdown as it is.
fn renders_markdown_raw(file: &FileFacts, id: CallId) -> bool {
    let Some(call) = file.call(id) else { return false };
    let module = file.binding(call.root()).map_or("", |binding| &*binding.module);
    let renders = match module {
        "marked" => matches!(call.method(), "marked" | "parse" | "parseInline"),
        "snarkdown" => true,
        _ => false,
    };
    renders && !file.imports_any(cleans_html)
}

/// Where an assignment or element stands, as a place of danger.
fn spot<'f>(value: &'f Value, function: u32, place: Place, to: &'f str, raw: bool) -> Spot<'f> {
    Spot { danger: Danger { value, function, place, to }, raw, text: "", own: None }
}

/// Whether a page is what `file` answers with.
fn answers_pages(file: &FileFacts) -> bool {
    file.language == Language::Template || file.role != Role::Client
}
