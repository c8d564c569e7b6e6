//! Request data that is turned into objects by something that can be made to run code.

mod entities;

use super::injection::{calls, message, reads, untraced};
use super::{Check, Hit, Rule, Subject, any_name, server};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::flow::Sink;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "unsafe-deserialization",
    title: "Request data is turned into objects by an unsafe reader",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::High,
    what: "Data from a request is read by something that makes objects of any class from it (pickle, `unserialize`, `Marshal.load`, `yaml.load`, `ObjectInputStream`), or XML by a parser that opens the files and addresses that a document names.",
    why: "Prepared data runs code of the sender's choice while it is read, before your own checks see anything.",
    fix: "Exchange data as JSON and check its shape, read YAML with its safe loader, and keep formats that carry objects for data that never leaves your servers.",
    example: "cart = pickle.loads(base64.b64decode(request.cookies['cart']))\n\n# better\ncart = Cart.model_validate_json(request.cookies['cart'])",
    references: &["F58", "https://cheatsheetseries.owasp.org/cheatsheets/Deserialization_Cheat_Sheet.html"],
};

/// The rule. Go has no reader of the kind.
pub const RULE: Rule =
    Rule::new(&META, Check::EachFile(check)).looks_at(server).reads(made_objects, not_go).claims_none(look);

fn made_objects(language: Language) -> bool {
    reads(language) && language != Language::Go
}

/// Its standard readers make values of the types that they are told.
fn not_go(name: &str) -> bool {
    any_name(name) && name != Language::Go.name()
}

fn look(file: &FileFacts, index: &CodeIndex, subject: &mut Subject) {
    let dangers = calls(file, data).map(|(_, danger)| danger);
    untraced(file, index, Sink::Deserialize, dangers, "data that becomes objects", subject);
}

fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    for (_, danger) in calls(file, data) {
        hits.extend(danger.hit(file, index, Sink::Deserialize, |trace, to| {
            message(trace, &format!("is turned into objects by `{to}`, which can be made to run code"))
        }));
    }
    for (_, danger) in calls(file, entities::document) {
        let hit = danger.hit(file, index, Sink::Deserialize, |trace, to| {
            message(trace, &format!("is read by `{to}`, which opens the files and addresses that the XML names"))
        });
        hits.extend(hit.map(|hit| hit.fix(entities::FIX)));
    }
}

fn data<'f>(file: &'f FileFacts, call: &'f Call) -> Option<&'f Value> {
    let (callee, method) = (&*call.callee, call.method());
    let module = || file.binding(call.root()).map_or("", |binding| &*binding.module);
    match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            let unsafe_reader = match method {
                "unserialize" | "deserialize" | "deepDeserialize" | "parse" => {
                    matches!(
                        module(),
                        "node-serialize"
                            | "serialize-to-js"
                            | "funcster"
                            | "cryo"
                            | "node-serialize2"
                            | "php-unserialize"
                    )
                }
                // Until version 4, `load` made functions; after that only with a schema for it.
                "load" | "loadAll" => {
                    module() == "js-yaml"
                        && call.argument(1).and_then(|options| options.get("schema")).and_then(Value::path).is_some_and(
                            |schema| {
                                schema.contains("FULL")
                                    || schema.contains("unsafe")
                                    || schema.contains("js-yaml-js-types")
                            },
                        )
                }
                _ => false,
            };
            unsafe_reader.then(|| call.argument(0))?
        }
        Language::Python => {
            let reader = match callee {
                "pickle.loads" | "pickle.load" | "cPickle.loads" | "cPickle.load" | "_pickle.loads" | "dill.loads"
                | "dill.load" | "cloudpickle.loads" | "marshal.loads" | "jsonpickle.decode" | "joblib.load"
                | "pickle.Unpickler" | "yaml.unsafe_load" | "yaml.full_load" | "pandas.read_pickle"
                | "pd.read_pickle" | "torch.load" => true,
                "yaml.load" | "yaml.load_all" => {
                    let loader = call.named("Loader").or_else(|| call.argument(1)).and_then(Value::path).unwrap_or("");
                    !loader.contains("Safe") && !loader.contains("Base")
                }
                "loads" | "load" => matches!(module(), "pickle" | "cPickle" | "dill" | "marshal"),
                _ => false,
            };
            reader.then(|| call.argument(0))?
        }
        Language::Php => {
            let limited = call.argument(1).and_then(|options| options.get("allowed_classes"));
            (callee == "unserialize" && limited.is_none()).then(|| call.argument(0))?
        }
        Language::Ruby => match callee {
            "Marshal.load" | "Marshal.restore" | "YAML.unsafe_load" | "Psych.unsafe_load" | "YAML.load"
            | "Psych.load" | "Oj.object_load" => call.argument(0),
            _ => None,
        },
        Language::Java => match method {
            "ObjectInputStream" | "XMLDecoder" if call.constructs => call.argument(0),
            "fromXML" => call.argument(0),
            "load" | "loadAs" => {
                let yaml = call.receiver.and_then(|id| file.call(id)).is_some_and(|made| {
                    made.method() == "Yaml"
                        && !made.arguments.iter().any(|argument| matches!(&argument.value, Value::Call(_)))
                }) || call.object() == "yaml";
                yaml.then(|| call.argument(0))?
            }
            _ => None,
        },
        Language::Go | Language::Template => None,
    }
}
