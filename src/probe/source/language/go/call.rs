//! Calls and what they are given.

use tree_sitter::{Node, TreeCursor};

use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::{Argument, CallId, LoopId, LoopKind, Value};
use crate::probe::source::facts::Usage;

/// Whether a call gives what it is given to every element in turn.
fn iterates(callee: &str, method: &str) -> bool {
    matches!(method, "ForEach" | "EachWithIndex" | "Walk" | "WalkDir")
        || matches!(
            callee,
            "lo.Map" | "lo.Filter" | "lo.FlatMap" | "lo.FilterMap" | "lo.Reduce" | "lop.Map" | "lop.ForEach"
        )
}

/// Whether a call runs what it is given once, right away or beside, so that a loop around it is a loop around that.
fn passes_on(method: &str) -> bool {
    matches!(
        method,
        "Go" | "Do"
            | "Run"
            | "Transaction"
            | "RunInTx"
            | "RunInTransaction"
            | "InTx"
            | "Update"
            | "View"
            | "Batch"
            | "Submit"
            | "Retry"
    ) || method.starts_with("With")
}

impl Walk<'_> {
    /// A call with its arguments.
    pub(super) fn call(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let id = self.to.open_call(node);
        self.to.name = None;
        let saved = self.to.at;
        let mut texts = Vec::new();
        each(cursor, |cursor| match self.field(cursor) {
            F::Function => {
                if self.kind(cursor.node()) == K::FunctionLiteral {
                    // A closure that is called where it stands runs in the loop around it.
                    self.to.at.inner = false;
                    let function = self.function(cursor, saved.in_loop);
                    self.to.at = saved;
                    self.to.set_callee(id, &Value::Function(function));
                } else {
                    self.callee(cursor, id);
                }
            }
            F::Arguments => {
                let callee = self.to.file.call(id).map(|call| call.callee.clone()).unwrap_or_default();
                self.to.start_anew();
                self.to.at.argument_of = Some(id);
                self.to.at.usage = Usage::Argument(id);
                self.to.at.in_join = formats(&callee);
                self.to.goes_to = (&*callee).into();
                let arguments = self.arguments(cursor, id, saved.in_loop, &mut texts);
                self.to.at = saved;
                self.to.arguments(id, arguments);
            }
            _ => {}
        });
        self.after_call(id, &texts, node)
    }

    /// `Load[User](id)` reads as a conversion to a type.
    pub(super) fn is_call_with_types(&self, node: Node<'_>) -> bool {
        node.child_by_field_name("type").is_some_and(|kind| self.kind(kind) == K::GenericType)
    }

    pub(super) fn call_with_types(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let id = self.to.open_call(node);
        let saved = self.to.start_anew();
        let callee = node.child_by_field_name("type").map_or("", |kind| self.to.text(kind));
        self.to.set_callee(id, &Value::Path(callee.split('[').next().unwrap_or("").into()));
        self.to.at.argument_of = Some(id);
        self.to.at.usage = Usage::Argument(id);
        let value = self.operand(cursor);
        self.to.at = saved;
        self.to.arguments(id, vec![Argument { value, ..Argument::default() }]);
        Value::Call(id)
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
            if !child.is_named() || kind == K::Comment {
                if child.is_named() {
                    self.to.comment(child);
                }
                return;
            }
            self.to.at = at;
            self.to.goes_to.clone_from(&callee);
            self.to.name = None;
            let value = if kind != K::FunctionLiteral {
                self.expression(cursor)
            } else if iterates(&callee, &method) {
                let over = arguments.first().map(|first| first.value.clone()).unwrap_or_default();
                let place = self.to.place(child);
                let in_loop = self.to.open_loop(LoopKind::Callback, over, Vec::new(), "", place);
                let function = self.function(cursor, Some(in_loop));
                self.to.close_callback(in_loop, id, function);
                Value::Function(function)
            } else {
                Value::Function(self.function(cursor, around.filter(|_| passes_on(&method))))
            };
            texts.push(self.to.text(child).to_owned());
            arguments.push(Argument { name: None, spread: kind == K::Variadic, value });
        });
        arguments
    }

    /// Calls that are more than a call: reads of the environment, formats, conversions, `panic`.
    fn after_call(&mut self, id: CallId, texts: &[String], node: Node<'_>) -> Value {
        let Some(call) = self.to.file.call(id) else { return Value::Unknown };
        let first = call.argument(0).cloned();
        match &*call.callee {
            "os.Getenv" | "os.LookupEnv" | "syscall.Getenv" => {
                let optional = self.to.at.tested || &*call.callee != "os.Getenv";
                match first {
                    Some(Value::Text(name)) => return self.to.env_read_where(&name, optional, node),
                    Some(name) => self.to.env_read_by_name(&name, optional),
                    None => {}
                }
            }
            "fmt.Sprintf" => {
                let values: Vec<(String, Value)> =
                    texts.iter().cloned().zip(call.arguments.iter().map(|a| a.value.clone())).collect();
                if let Some(((_, Value::Text(format)), given)) = values.split_first() {
                    return self.to.formatted(format, "%", given, node);
                }
            }
            // It is the same text.
            "string" => return first.unwrap_or_default(),
            "panic" => self.to.throws(),
            _ if call.method() == "WriteString" && self.text_builders.contains(call.object()) => {
                let target: Box<str> = call.object().into();
                self.to.assign(&target, first.unwrap_or_default(), true, node);
            }
            _ => {}
        }
        Value::Call(id)
    }
}

/// Calls that put their arguments into a text.
fn formats(callee: &str) -> bool {
    callee == "fmt.Sprintf"
}
