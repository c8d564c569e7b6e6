//! What is made of an answer's text: `json_decode($body)`, `JSON.parse(response.body)`; and of clients that give the text
//! alone, without its status.

use super::{Outside, Response};
use crate::probe::source::code::{Call, CallId, FunctionId, Value};
use crate::probe::source::facts::{FileFacts, Language};

/// How far a text is followed through names.
const STEPS: u32 = 4;

/// Adds to `found` what is decoded from the answer to `outside`.
pub(super) fn add(file: &FileFacts, outside: &Outside, found: &mut Response) {
    if !matches!(file.language, Language::Php | Language::Ruby) {
        return;
    }
    let Some(first) = file.call(outside.call) else { return };
    let text = gives_text(first);
    let name = found.name.clone();
    let source = Source { call: outside.call, name: name.as_ref().map(|(name, _)| &**name), text };
    let decoded: Vec<(CallId, &Call)> = (0_u32..)
        .zip(&file.calls)
        .filter(|(_, call)| decodes(call) && file.within(call.function, first.function))
        .filter(|(_, call)| call.argument(0).is_some_and(|given| source.leads_to(file, given, call.function, 0)))
        .collect();
    if text && let Some((id, call)) = decoded.first() {
        found.reads.get_or_insert((*id, call.place));
        found.handed_on = false;
        found.looks |= asks_for_status(file, first);
    }
    found.parsed.extend(decoded.iter().map(|(id, _)| *id));
}

/// Whether a call makes data of a text.
pub(in crate::probe::source) fn decodes(call: &Call) -> bool {
    matches!(
        &*call.callee,
        "json_decode"
            | "JSON.parse"
            | "JSON.parse!"
            | "JSON.load"
            | "Oj.load"
            | "MultiJson.load"
            | "Yajl.Parser.parse"
            | "ActiveSupport.JSON.decode"
            | "Json.decode"
            | "Utils.jsonDecode"
            | "GuzzleHttp.json_decode"
    )
}

/// Whether a call gives back the contents of the answer and nothing else of it.
fn gives_text(call: &Call) -> bool {
    matches!(&*call.callee, "curl_exec" | "Net.HTTP.get" | "file_get_contents")
}

/// curl tells the status through its handle.
fn asks_for_status(file: &FileFacts, call: &Call) -> bool {
    let near = |function| file.within(function, call.function) || file.within(call.function, function);
    file.calls.iter().any(|other| {
        matches!(&*other.callee, "curl_getinfo" | "curl_setopt" | "curl_multi_getinfo")
            && near(other.function)
            && (&*other.callee != "curl_setopt"
                || other.argument(1).and_then(Value::path).is_some_and(|option| {
                    matches!(option, "CURLOPT_FAILONERROR" | "CURLOPT_HEADERFUNCTION" | "CURLOPT_HEADER")
                }))
    })
}

/// The answer whose contents are looked for.
struct Source<'f> {
    call: CallId,
    name: Option<&'f str>,
    /// It is its own contents.
    text: bool,
}

impl Source<'_> {
    fn leads_to(&self, file: &FileFacts, value: &Value, function: FunctionId, steps: u32) -> bool {
        if steps > STEPS {
            return false;
        }
        match value {
            Value::Call(id) if *id == self.call => self.text,
            Value::Call(id) => file.call(*id).is_some_and(|call| {
                let of_it = self.is_below(&call.callee) || self.is_on_it(file, call);
                // A text that is trimmed or cast stays what it is.
                let kept = matches!(call.method(), "trim" | "strval" | "utf8_encode" | "force_encoding" | "to_s");
                of_it || (kept && call.argument(0).is_some_and(|given| self.leads_to(file, given, function, steps + 1)))
            }),
            Value::Path(path) => {
                if self.is_below(path) || (self.text && self.name == Some(path)) {
                    return true;
                }
                file.assigned(path, function)
                    .filter(|set| !set.circular)
                    .is_some_and(|set| self.leads_to(file, &set.value, function, steps + 1))
            }
            Value::Either(values) | Value::Computed(values) => {
                values.iter().any(|value| self.leads_to(file, value, function, steps + 1))
            }
            Value::Member(pair) => pair.0 == Value::Call(self.call) && is_body(&pair.1),
            _ => false,
        }
    }

    /// `response.body`, `response.getBody().getContents`.
    fn is_below(&self, path: &str) -> bool {
        let rest = self.name.and_then(|name| path.strip_prefix(name)?.strip_prefix('.'));
        rest.is_some_and(|rest| is_body(rest.split(['.', '(', '[']).next().unwrap_or(rest)))
    }

    /// The same on the result of the call itself: `Faraday.get(url).body`.
    fn is_on_it(&self, file: &FileFacts, call: &Call) -> bool {
        let mut inner = call;
        for _ in 0..4 {
            match inner.receiver {
                Some(id) if id == self.call => return is_body(inner.method()),
                Some(id) => match file.call(id) {
                    Some(next) => inner = next,
                    None => return false,
                },
                None => return false,
            }
        }
        false
    }
}

fn is_body(member: &str) -> bool {
    matches!(member, "body" | "getBody" | "getContents" | "getContent" | "read_body" | "to_s")
}
