//! Places where something becomes part of a page without being escaped.

use super::{Spot, answers_pages, spot};
use crate::probe::source::code::{Call, Function, FunctionKind, Part, Place, Value};
use crate::probe::source::facts::{FileFacts, Language};

/// Every such place of a file.
pub(super) fn all(file: &FileFacts) -> Vec<Spot<'_>> {
    let mut found = Vec::new();
    for output in &file.raw_outputs {
        found.push(Spot {
            text: &output.text,
            ..spot(&output.value, output.function, output.place, &output.form, true)
        });
    }
    for element in &file.elements {
        let html = element
            .attribute("dangerouslySetInnerHTML")
            .and_then(|value| file.resolved(value, element.function).get("__html"));
        if let Some(value) = html {
            found.push(spot(value, element.function, element.place, "dangerouslySetInnerHTML", true));
        }
        // React, Vue, Svelte and Solid spell them in their own ways.
        for name in ["srcDoc", "srcdoc", "innerHTML", "inner-html"] {
            if let Some(value) = element.attribute(name) {
                found.push(spot(value, element.function, element.place, name, true));
            }
        }
    }
    if file.language.is_ecma() {
        for set in &file.assignments {
            let property = set.target.rsplit('.').next().unwrap_or("");
            if matches!(property, "innerHTML" | "outerHTML" | "srcdoc") && set.target.contains('.') {
                found.push(spot(&set.value, set.function, set.place, property, true));
            }
        }
    }
    for call in &file.calls {
        if let Some((value, raw)) = written(file, call) {
            found.push(spot(value, call.function, call.place, &call.callee, raw));
        } else if file.language == Language::Ruby && call.method() == "html_safe" {
            let own = match call.receiver {
                Some(id) => Some(Value::Call(id)),
                None => Some(Value::Path(call.object().into())).filter(|_| !call.object().starts_with('"')),
            };
            let to = "html_safe";
            found.push(Spot { own, ..spot(&Value::Null, call.function, call.place, to, true) });
        }
    }
    if matches!(file.language, Language::Python | Language::Java) {
        for (id, function) in (0..).zip(&file.functions).filter(|(_, function)| answers(file, function)) {
            for value in function.body.returns.iter().filter(|value| is_html(file, value, id)) {
                let end = function.place.bytes.1;
                let place = Place { span: function.place.span, bytes: (end, end) };
                found.push(spot(value, id, place, "return", false));
            }
        }
    }
    found
}

/// A handler whose text is the page: Flask's, and Java's with `@ResponseBody`.
fn answers(file: &FileFacts, function: &Function) -> bool {
    function.kind == FunctionKind::Handler
        && match file.language {
            Language::Python => file.imports_any(|module| matches!(module, "flask" | "bottle")),
            _ => true,
        }
}

/// Whether a string that is put together is a piece of a page.
fn is_html(file: &FileFacts, value: &Value, function: u32) -> bool {
    match file.resolved(value, function) {
        Value::Template(parts) => parts.iter().any(|part| match part {
            Part::Fixed(text) => text.contains('<') && (text.contains('>') || text.contains("</")),
            Part::Expression(..) => false,
        }),
        _ => false,
    }
}

/// What a call writes into a page, and whether it is meant to be HTML.
fn written<'f>(file: &'f FileFacts, call: &'f Call) -> Option<(&'f Value, bool)> {
    let method = call.method();
    let page = |value: &'f Value| is_html(file, value, call.function).then_some((value, false));
    match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => match method {
            "insertAdjacentHTML" => Some((call.argument(1)?, true)),
            "write" | "writeln" if matches!(call.object(), "document" | "window.document") => {
                Some((call.argument(0)?, true))
            }
            "createContextualFragment" | "bypassSecurityTrustHtml" => Some((call.argument(0)?, true)),
            "html"
                if call.callee.starts_with("$(")
                    || call.callee.starts_with("$.")
                    || call.callee.starts_with("jQuery(") =>
            {
                Some((call.argument(0)?, true))
            }
            "send" | "end" | "write" if is_response(call) && answers_pages(file) => {
                let value = call.argument(0)?;
                page(value).or_else(|| is_text_of_request(value).then_some((value, false)).filter(|_| method == "send"))
            }
            "html" if matches!(call.root(), "c" | "ctx" | "context") => page(call.argument(0)?),
            _ => None,
        },
        Language::Python => match method {
            "mark_safe" | "Markup" | "SafeString" | "SafeText" => Some((call.argument(0)?, true)),
            "HttpResponse" | "make_response" | "HTMLResponse" | "Response" => {
                page(call.argument(0).or_else(|| call.named("content"))?)
            }
            _ => None,
        },
        Language::Php => match &*call.callee {
            "echo" | "print" | "printf" | "print_r" | "die" | "exit" => Some((
                call.arguments.iter().map(|argument| &argument.value).find(|value| !matches!(value, Value::Text(_)))?,
                false,
            )),
            "HtmlString" if call.constructs => Some((call.argument(0)?, true)),
            _ => None,
        },
        Language::Go => match &*call.callee {
            "template.HTML" | "template.JS" | "template.HTMLAttr" => Some((call.argument(0)?, true)),
            "fmt.Fprintf" | "fmt.Fprint" | "fmt.Fprintln" | "io.WriteString" => {
                let writer = call
                    .argument(0)
                    .and_then(Value::path)
                    .is_some_and(|name| matches!(name, "w" | "rw" | "writer" | "res"));
                let tagged = call
                    .arguments
                    .iter()
                    .any(|argument| argument.value.leading_text().is_some_and(|text| text.contains('<')));
                let value =
                    call.arguments.iter().skip(1).map(|a| &a.value).find(|value| !matches!(value, Value::Text(_)))?;
                (writer && tagged).then_some((value, false))
            }
            _ => None,
        },
        Language::Ruby => match method {
            "raw" if call.object().is_empty() => Some((call.argument(0)?, true)),
            _ => None,
        },
        Language::Java => match method {
            "print" | "println" | "write" | "append"
                if call.callee.contains("getWriter") || matches!(call.object(), "out" | "writer" | "pw") =>
            {
                let value = call.argument(0)?;
                (is_html(file, value, call.function) || call.callee.contains("getWriter")).then_some((value, false))
            }
            _ => None,
        },
        Language::Template => None,
    }
}

fn is_response(call: &Call) -> bool {
    matches!(call.root(), "res" | "response" | "reply" | "resp")
}

/// `res.send(req.query.name)`: a part of an address is text, which is sent as HTML.
fn is_text_of_request(value: &Value) -> bool {
    value.path().is_some_and(|path| {
        let mut parts = path.split('.');
        matches!(parts.next(), Some("req" | "request"))
            && matches!(parts.next(), Some("query" | "params"))
            && parts.next().is_some()
    })
}
