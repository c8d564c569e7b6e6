//! Calls, what they are given, and the blocks that they run.

use tree_sitter::{Node, TreeCursor};

use super::super::builder::{At, Builder};
use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::command::{calls_later, iterates, lets_go_of};
use super::{F, K, Walk};
use crate::probe::source::code::{Argument, Call, CallId, LoopId, LoopKind, Value};
use crate::probe::source::facts::Usage;

/// What a call is made on, and the text of its arguments.
#[derive(Default)]
pub(super) struct Given {
    pub receiver: Option<Value>,
    pub texts: Vec<String>,
    pub block: Option<Value>,
}

impl Walk<'_, '_> {
    /// A word that stands alone: a name, or a call without anything.
    pub(super) fn word(&mut self, node: Node<'_>) -> Value {
        let name = self.to.text(node);
        if name == "raise" || name == "fail" {
            self.to.throws();
            return Value::Unknown;
        }
        if self.is_local(name) {
            return Value::Path(name.into());
        }
        let inner = self.to.at.inner;
        let id = self.open_call(node);
        if let Some(call) = self.to.call(id) {
            call.callee = name.into();
        }
        self.command_word(name);
        // What a longer chain begins with is a link of it.
        if inner { Value::Path(name.into()) } else { Value::Call(id) }
    }

    /// Begins a call; what it holds is another expression.
    fn open_call(&mut self, node: Node<'_>) -> CallId {
        let id = self.to.open_call(node);
        self.to.at.inner = false;
        id
    }

    /// `yield x`.
    pub(super) fn yields(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let id = self.open_call(node);
        if let Some(call) = self.to.call(id) {
            call.callee = "yield".into();
        }
        let saved = self.to.at;
        let mut given = Given::default();
        each(cursor, |cursor| {
            if self.kind(cursor.node()) == K::ArgumentList {
                self.arguments(cursor, id, &mut given.texts);
            }
            self.to.at = saved;
        });
        Value::Call(id)
    }

    /// A call of any form.
    pub(super) fn call(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let method = node.child_by_field_name("method").map_or("call", |method| self.to.text(method));
        let on_something = node.child_by_field_name("receiver").is_some();
        if !on_something && matches!(method, "raise" | "fail") {
            self.raise(cursor);
            return Value::Unknown;
        }
        let inner = self.to.at.inner;
        let name = self.to.name.take();
        let id = self.open_call(node);
        let saved = self.to.at;
        let mut given = Given::default();
        let mut bare = true;
        if !on_something {
            self.name_callee(id, None, method);
        }
        each(cursor, |cursor| {
            let child = cursor.node();
            match (self.field(cursor), self.kind(child)) {
                (F::Receiver, _) => {
                    let receiver = self.receiver(cursor, id);
                    self.to.at = saved;
                    self.name_callee(id, Some(&receiver), method);
                    given.receiver = Some(receiver);
                }
                (F::Arguments, _) => {
                    bare = false;
                    self.arguments(cursor, id, &mut given.texts);
                }
                (F::Block, _) => {
                    bare = false;
                    let block = self.block_of(cursor, id, &given, name.clone(), saved);
                    given.block = Some(block);
                }
                (_, K::Comment) => self.to.comment(child),
                _ => {}
            }
            self.to.at = saved;
        });
        if let Some(block) = given.block.clone()
            && let Some(call) = self.to.call(id)
        {
            call.managed = lets_go_of(call);
            call.arguments.push(Argument { name: Some("&".into()), spread: false, value: block });
        }
        let value = self.after_call(id, given, node);
        match value {
            Value::Call(id) if inner && bare => {
                let call = self.to.file.call(id);
                let plain = call.filter(|call| !call.constructs && !call.callee.contains(['(', '[', '"']));
                plain.map_or(Value::Call(id), |call| Value::Path((&*call.callee).into()))
            }
            value => value,
        }
    }

    /// What a call is made on.
    fn receiver(&mut self, cursor: &mut TreeCursor<'_>, id: CallId) -> Value {
        self.to.at.chained = Some(id);
        self.to.at.returned = false;
        self.to.at.discarded = false;
        self.to.at.inner = true;
        self.expression(cursor)
    }

    /// Puts the path of what is called into the call.
    fn name_callee(&mut self, id: CallId, receiver: Option<&Value>, method: &str) {
        let (mut callee, mut on) = match receiver {
            Some(value) => {
                let (text, on) = self.to.callee(value);
                (text, on)
            }
            None => (method.into(), None),
        };
        if matches!(receiver, Some(Value::Path(_))) {
            // A chain of words: the call that its last link is comes right after this one.
            let next = self.to.file.call(id + 1).filter(|next| next.chained == Some(id) && *next.callee == *callee);
            on = next.map(|_| id + 1);
        }
        let constructs = receiver.is_some() && method == "new";
        if receiver.is_some() && !constructs {
            callee = format!("{callee}.{method}").into();
        }
        if let Some(call) = self.to.call(id) {
            (call.callee, call.receiver, call.constructs) = (callee.into(), on, constructs);
        }
    }

    /// What stands between the brackets, or where they would be.
    pub(super) fn arguments(&mut self, cursor: &mut TreeCursor<'_>, id: CallId, texts: &mut Vec<String>) {
        let callee = self.to.file.call(id).map(|call| call.callee.clone()).unwrap_or_default();
        self.to.start_anew();
        self.to.at.argument_of = Some(id);
        self.to.at.usage = Usage::Argument(id);
        // A format's own text is no statement yet.
        self.to.at.in_join = matches!(&*callee, "format" | "sprintf" | "Kernel.format");
        let at = self.to.at;
        let mut arguments = Vec::new();
        each(cursor, |cursor| {
            let child = cursor.node();
            self.to.at = at;
            self.to.goes_to = (&*callee).into();
            let kind = self.kind(child);
            let (name, spread, value): (Option<Box<str>>, bool, Value) = match kind {
                K::Comment => return self.to.comment(child),
                K::Pair => {
                    let (key, value) = self.pair(cursor);
                    texts.push(format!("{key}={key}"));
                    arguments.push(Argument { name: Some(key), spread: false, value });
                    return;
                }
                K::Splat => (None, true, self.children(cursor).pop().unwrap_or_default()),
                K::HashSplat => (Some("**".into()), true, self.children(cursor).pop().unwrap_or_default()),
                K::Forward => (None, true, Value::Unknown),
                K::BlockArgument => {
                    let value = self.children(cursor).pop().unwrap_or_default();
                    if let (Value::Text(method), "&:") = (&value, self.to.text(child).get(..2).unwrap_or("")) {
                        self.method_of_each(id, method, child);
                    }
                    arguments.push(Argument { name: Some("&".into()), spread: false, value });
                    return;
                }
                K::HeredocBody => return,
                _ if child.is_named() => (None, false, self.expression(cursor)),
                _ => return,
            };
            texts.push(Builder::bounded(self.to.text(child)).to_owned());
            arguments.push(Argument { name, spread, value });
        });
        self.to.arguments(id, arguments);
    }

    /// The block that a call is given. It runs at once, unless the call keeps it for later; over and over, where the
    /// call goes through something.
    fn block_of(
        &mut self,
        cursor: &mut TreeCursor<'_>,
        id: CallId,
        given: &Given,
        name: Option<Box<str>>,
        around: At,
    ) -> Value {
        let Some(call) = self.to.file.call(id) else { return Value::Unknown };
        let (later, kind) = (calls_later(call), iterates(call));
        let over = over(call, given.receiver.as_ref());
        let method: Box<str> = call.method().into();
        let text = call.argument(0).and_then(Value::text);
        let name = match &*method {
            "lambda" | "proc" => name,
            "define_method" => text.map(Into::into),
            _ => None,
        };
        self.to.start_anew();
        self.to.at.argument_of = Some(id);
        let function = if let (false, Some(kind)) = (later, kind) {
            let node = cursor.node();
            let names = self.block_names(node);
            let place = self.to.place(node);
            let in_loop = self.to.open_loop(kind, over, names, "", place);
            let function = self.block_function(cursor, name, Some(in_loop), true);
            self.close_loop(in_loop, id, kind, function);
            function
        } else {
            let in_loop = if later { None } else { around.in_loop };
            self.to.at.in_try = around.in_try && !later;
            self.block_function(cursor, name, in_loop, !later)
        };
        Value::Function(function)
    }

    /// `orders.each(&:destroy)` calls the method of every element; the element is called `&`.
    fn method_of_each(&mut self, id: CallId, method: &str, node: Node<'_>) {
        let Some(call) = self.to.file.call(id) else { return };
        let Some(kind) = iterates(call) else { return };
        let object: Box<str> = call.object().into();
        let receiver = Value::Path(object);
        let over = over(call, Some(&receiver));
        let place = self.to.place(node);
        let in_loop = self.to.open_loop(kind, over, vec!["&".into()], "", place);
        if let Some(found) = self.to.loop_mut(in_loop) {
            found.call = (kind == LoopKind::Callback).then_some(id);
        }
        let saved = self.to.start_anew();
        self.to.at.in_loop = Some(in_loop);
        let inner = self.to.open_call(node);
        if let Some(call) = self.to.call(inner) {
            call.callee = format!("&.{method}").into();
        }
        self.to.at = saved;
    }

    fn close_loop(&mut self, in_loop: LoopId, id: CallId, kind: LoopKind, function: u32) {
        let body = self.to.function(function).map(|function| (function.body.assignments, function.body.leaves));
        if let Some((found, (assignments, leaves))) = self.to.loop_mut(in_loop).zip(body) {
            found.call = (kind == LoopKind::Callback).then_some(id);
            found.assignments = assignments;
            found.leaves = leaves;
        }
    }
}

/// What a call with a block goes through.
fn over(call: &Call, receiver: Option<&Value>) -> Value {
    match call.root() {
        "Parallel" | "Find" | "Dir" | "CSV" => call.argument(0).cloned().unwrap_or_default(),
        _ => call.receiver.map(Value::Call).or_else(|| receiver.cloned()).unwrap_or_default(),
    }
}
