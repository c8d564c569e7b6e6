//! XML parsers that open what a document names: entities with files of the server or addresses inside its network.

use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::{FileFacts, Language};

/// What to do about it.
pub(super) const FIX: &str = "Leave the parser's entities off: no `noent` or `LIBXML_NOENT`, `resolve_entities=False`, or in Java `setFeature(\"http://apache.org/xml/features/disallow-doctype-decl\", true)`.";

/// The document that `call` reads with a parser that follows external entities.
pub(super) fn document<'f>(file: &'f FileFacts, call: &'f Call) -> Option<&'f Value> {
    match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => ecma(file, call),
        Language::Python => python(file, call),
        Language::Php => php(file, call),
        Language::Ruby => ruby(file, call),
        Language::Java => java(file, call),
        Language::Go | Language::Template => None,
    }
}

/// libxmljs with `noent`.
fn ecma<'f>(file: &'f FileFacts, call: &'f Call) -> Option<&'f Value> {
    let reads = matches!(call.method(), "parseXml" | "parseXmlString" | "parseXmlAsync" | "fromString");
    let options = call.argument(1).map(|options| file.resolved(options, call.function))?;
    let on = |name: &str| matches!(options.get(name), Some(Value::Bool(true)));
    (reads && (on("noent") || on("replaceEntities"))).then(|| call.argument(0))?
}

/// lxml with `resolve_entities=True`.
fn python<'f>(file: &'f FileFacts, call: &'f Call) -> Option<&'f Value> {
    if !matches!(call.method(), "parse" | "fromstring" | "XML" | "iterparse" | "parseString") {
        return None;
    }
    let parser = call.named("parser").or_else(|| call.argument(1))?;
    let Value::Call(id) = file.resolved(parser, call.function) else { return None };
    let made = file.call(*id).filter(|made| made.method() == "XMLParser")?;
    let opens = made.named("resolve_entities") == Some(&Value::Bool(true))
        || (made.named("no_network") == Some(&Value::Bool(false)) && made.named("resolve_entities").is_none());
    opens.then(|| call.argument(0))?
}

/// `LIBXML_NOENT`, `libxml_disable_entity_loader(false)`.
fn php<'f>(file: &'f FileFacts, call: &'f Call) -> Option<&'f Value> {
    let reads = match call.method() {
        "simplexml_load_string" | "simplexml_load_file" | "loadXML" | "XML" => true,
        "SimpleXMLElement" => call.constructs,
        _ => false,
    };
    let substitutes = |value: &Value| {
        let mut found = false;
        value.walk(&mut |value| found |= value.path().is_some_and(|path| path.ends_with("LIBXML_NOENT")));
        found
    };
    let asked = call.arguments.iter().any(|argument| substitutes(file.resolved(&argument.value, call.function)));
    let property = !call.object().is_empty()
        && file.assignments.iter().any(|set| {
            set.function == call.function
                && set.target.strip_prefix(call.object()) == Some(".substituteEntities")
                && set.value == Value::Bool(true)
        });
    (reads && (asked || property)).then(|| call.argument(0))?
}

/// Nokogiri with `noent`.
fn ruby<'f>(file: &'f FileFacts, call: &'f Call) -> Option<&'f Value> {
    let reads =
        matches!(&*call.callee, "Nokogiri.XML" | "Nokogiri" | "Nokogiri.XML.Document.parse" | "Nokogiri.XML.parse");
    let in_block = || match call.named("&") {
        Some(Value::Function(id)) => {
            file.function(*id).is_some_and(|block| file.calls_of(&block.body).any(|(_, call)| call.method() == "noent"))
        }
        _ => false,
    };
    let flagged = || {
        call.arguments.iter().any(|argument| {
            let mut found = false;
            argument.value.walk(&mut |value| found |= value.path().is_some_and(|path| path.ends_with("NOENT")));
            found
        })
    };
    (reads && (in_block() || flagged())).then(|| call.argument(0))?
}

/// The parsers of Java follow entities unless they are told not to.
fn java<'f>(file: &'f FileFacts, call: &'f Call) -> Option<&'f Value> {
    let factory = match call.method() {
        "createXMLStreamReader" | "createXMLEventReader" => "XMLInputFactory",
        "parse" => "DocumentBuilderFactory",
        "read" => "SAXReader",
        "build" => "SAXBuilder",
        _ => return None,
    };
    let made = file.calls.iter().any(|made| {
        (made.function == call.function || file.within(call.function, made.function))
            && match factory {
                "SAXReader" | "SAXBuilder" => made.constructs && made.method() == factory,
                "DocumentBuilderFactory" => {
                    matches!(&*made.callee, "DocumentBuilderFactory.newInstance" | "SAXParserFactory.newInstance")
                }
                _ => made.root() == factory,
            }
    });
    // What is set only where a condition holds leaves the other way open.
    let conditional = |place| {
        file.conditions.iter().any(|condition| file.calls_of(&condition.then).any(|(_, inner)| inner.place == place))
    };
    let hardened = file.calls.iter().any(|other| {
        matches!(
            other.method(),
            "setFeature"
                | "setProperty"
                | "setAttribute"
                | "setEntityResolver"
                | "setXMLResolver"
                | "setExpandEntities"
        ) && !conditional(other.place)
    });
    let reads = made && !hardened && !call.object().is_empty();
    reads.then(|| call.argument(0))?
}
