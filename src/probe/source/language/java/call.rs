//! Calls, and what they are given.

use tree_sitter::{Node, TreeCursor};

use super::super::builder::Builder;
use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::class::plain_type;
use super::{F, K, Walk};
use crate::probe::source::code::{Argument, CallId, Comparison, LoopId, LoopKind, Value};
use crate::probe::source::facts::Usage;

/// Whether a call gives what it is given to every element in turn. An `Optional` has most of the methods of a stream.
fn iterates(callee: &str, method: &str) -> bool {
    let lower = callee.to_ascii_lowercase();
    match method {
        "forEach" | "forEachOrdered" | "removeIf" | "replaceAll" => true,
        "map" | "flatMap" | "filter" | "mapToInt" | "mapToLong" | "mapToObj" | "peek" | "anyMatch" | "allMatch"
        | "noneMatch" | "takeWhile" | "dropWhile" | "reduce" | "toMap" => {
            lower.contains("stream") || lower.starts_with("flux")
        }
        _ => false,
    }
}

/// Whether a call runs what it is given once, right away or beside, so that a loop around it is a loop around that.
fn passes_on(method: &str) -> bool {
    matches!(
        method,
        "execute"
            | "submit"
            | "run"
            | "runAsync"
            | "supplyAsync"
            | "ifPresent"
            | "ifPresentOrElse"
            | "orElseGet"
            | "map"
            | "flatMap"
            | "computeIfAbsent"
            | "executeWithoutResult"
            | "call"
            | "Thread"
            | "thenApply"
            | "thenAccept"
    )
}

impl Walk<'_> {
    /// A call of a method or constructor.
    pub(super) fn call(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let id = self.to.open_call(node);
        self.to.name = None;
        let saved = self.to.at;
        let (mut object, mut texts) = (None, Vec::new());
        each(cursor, |cursor| match (self.field(cursor), self.kind(cursor.node())) {
            (F::Object, _) => {
                let name = node.child_by_field_name("name").map_or("", |name| self.to.text(name));
                self.to.at.in_join |= name == "formatted";
                object = Some(self.callee(cursor, id));
                self.to.at = saved;
            }
            (F::Name | F::Constructor, _) => {
                let name = self.to.text(cursor.node());
                let callee = match &object {
                    Some(object) => Builder::member(object.clone(), name),
                    None => Value::Path(name.into()),
                };
                self.to.set_callee(id, &callee);
            }
            (F::Type, _) => {
                let made = plain_type(self.to.text(cursor.node()));
                self.to.set_callee(id, &Value::Path(made.into()));
                if let Some(call) = self.to.call(id) {
                    call.constructs = true;
                }
            }
            (F::Arguments, _) => {
                let callee = self.to.file.call(id).map(|call| call.callee.clone()).unwrap_or_default();
                let constructs = self.kind(node) == K::New;
                self.to.start_anew();
                self.to.at.argument_of = Some(id);
                self.to.at.usage = Usage::Argument(id);
                self.to.at.in_join = formats(&callee);
                // What closes a reader closes the one that it reads from.
                self.to.at.managed = saved.managed && constructs;
                self.to.goes_to = (&*callee).into();
                let arguments = self.arguments(cursor, id, saved.in_loop, &mut texts);
                self.to.at = saved;
                self.to.arguments(id, arguments);
            }
            (_, K::ClassBody) => {
                let name = self.to.file.call(id).map(|call| call.callee.clone()).unwrap_or_default();
                self.to.start_anew();
                let outer = self.to.class.replace((&*name).into());
                each(cursor, |cursor| self.statement(cursor));
                self.to.class = outer;
                self.to.at = saved;
            }
            _ => {}
        });
        self.after_call(id, object, &texts, node)
    }

    fn arguments(
        &mut self,
        cursor: &mut TreeCursor<'_>,
        id: CallId,
        around: Option<LoopId>,
        texts: &mut Vec<String>,
    ) -> Vec<Argument> {
        let (callee, method): (Box<str>, Box<str>) =
            self.to.file.call(id).map_or_else(Default::default, |call| ((&*call.callee).into(), call.method().into()));
        let at = self.to.at;
        let mut arguments: Vec<Argument> = Vec::new();
        each(cursor, |cursor| {
            let child = cursor.node();
            let kind = self.kind(child);
            if !child.is_named() {
                return;
            }
            if matches!(kind, K::LineComment | K::BlockComment) {
                self.to.comment(child);
                return;
            }
            self.to.at = at;
            self.to.goes_to.clone_from(&callee);
            self.to.name = None;
            let takes_each = matches!(kind, K::Lambda | K::Reference) && iterates(&callee, &method);
            let value = if takes_each {
                self.callback(cursor, id, &callee)
            } else if kind == K::Lambda {
                Value::Function(self.lambda(cursor, around.filter(|_| passes_on(&method))))
            } else {
                self.expression(cursor)
            };
            texts.push(self.to.text(child).to_owned());
            arguments.push(Argument { name: None, spread: false, value });
        });
        arguments
    }

    /// A lambda or method that is called for every element.
    fn callback(&mut self, cursor: &mut TreeCursor<'_>, id: CallId, callee: &str) -> Value {
        let node = cursor.node();
        let over = callee.split(".stream()").next().unwrap_or(callee);
        let over = over.strip_suffix(".forEach").unwrap_or(over);
        let over = if over.contains(['(', '"']) { Value::Unknown } else { Value::Path(over.into()) };
        let names = self.first_parameter(node);
        let place = self.to.place(node);
        let in_loop = self.to.open_loop(LoopKind::Callback, over, names, "", place);
        if self.kind(node) == K::Lambda {
            let function = self.lambda(cursor, Some(in_loop));
            self.to.close_callback(in_loop, id, function);
            return Value::Function(function);
        }
        let value = self.expression(cursor);
        if let Some(found) = self.to.loop_mut(in_loop) {
            found.call = Some(id);
        }
        // `forEach(orders::save)` calls `orders.save`.
        let saved = self.to.start_anew();
        self.to.at.in_loop = Some(in_loop);
        let called = self.to.open_call(node);
        self.to.at = saved;
        self.to.set_callee(called, &value);
        value
    }

    /// Calls that are more than a call: reads of the environment, formats, comparisons, texts that are put together.
    fn after_call(&mut self, id: CallId, object: Option<Value>, texts: &[String], node: Node<'_>) -> Value {
        let Some(call) = self.to.file.call(id) else { return Value::Unknown };
        let (first, second) = (call.argument(0).cloned(), call.argument(1).cloned());
        let method: Box<str> = call.method().into();
        let given = || -> Vec<(String, Value)> {
            texts.iter().cloned().zip(call.arguments.iter().map(|argument| argument.value.clone())).collect()
        };
        match (&*call.callee, &*method) {
            ("System.getenv" | "System.getenv().get" | "System.getenv().getOrDefault", _) => {
                let optional = self.to.at.tested || second.is_some();
                match first {
                    Some(Value::Text(name)) => {
                        let before = self.to.file.env_reads.len();
                        let value = self.to.env_read_where(&name, optional, node);
                        return self.with_default(value, second, before, node);
                    }
                    Some(name) => self.to.env_read_by_name(&name, optional),
                    None => {}
                }
            }
            (
                "Objects.requireNonNullElse"
                | "Optional.ofNullable().orElse"
                | "StringUtils.defaultIfBlank"
                | "StringUtils.defaultString",
                _,
            ) => {
                let (value, default) = if &*method == "orElse" {
                    let inner = call.receiver.and_then(|id| self.to.file.call(id));
                    (inner.and_then(|inner| inner.argument(0)).cloned(), first)
                } else {
                    (first, second)
                };
                if let Some(value @ Value::Env(_)) = value {
                    return self.with_default(value, default, 0, node);
                }
            }
            ("String.format", _) => {
                if let Some(((_, Value::Text(format)), values)) = given().split_first() {
                    return self.to.formatted(format, "%", values, node);
                }
            }
            ("MessageFormat.format", _) => {
                if let Some(((_, Value::Text(format)), values)) = given().split_first() {
                    return self.to.formatted(format, "{", values, node);
                }
            }
            (_, "formatted") => {
                if let Some(Value::Text(format)) = &object {
                    let values = given();
                    return self.to.formatted(format, "%", &values, node);
                }
            }
            (_, "equals" | "equalsIgnoreCase") => {
                let both = if call.object() == "Objects" { first.zip(second) } else { object.zip(first) };
                if let Some(both) = both {
                    return Value::Compared(Comparison::Equal, Box::new(both));
                }
            }
            (_, "append" | "add") if self.text_builders.contains(call.root()) => {
                let target: Box<str> = call.root().into();
                self.to.assign(&target, first.unwrap_or_default(), true, node);
            }
            _ => {}
        }
        Value::Call(id)
    }

    fn with_default(&mut self, value: Value, default: Option<Value>, before: usize, node: Node<'_>) -> Value {
        match (&value, default) {
            (Value::Env(name), Some(default)) if default != Value::Null => {
                let name = name.clone();
                self.to.env_fallback(before, &name, default.clone(), node);
                Value::Either(vec![value, default])
            }
            _ => value,
        }
    }
}

/// Calls that put their arguments into a text.
fn formats(callee: &str) -> bool {
    matches!(callee, "String.format" | "MessageFormat.format" | "\"\".formatted")
}
