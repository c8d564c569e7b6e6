//! Calls and what they are given.

use tree_sitter::{Node, TreeCursor};

use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::{Argument, CallId, LoopId, LoopKind, Value};
use crate::probe::source::facts::Usage;

/// Methods of collections that call what they are given once for every element.
const ITERATING: [&str; 23] = [
    "map",
    "each",
    "filter",
    "reject",
    "flatMap",
    "mapWithKeys",
    "mapToGroups",
    "mapInto",
    "transform",
    "reduce",
    "every",
    "some",
    "contains",
    "partition",
    "sortBy",
    "sortByDesc",
    "groupBy",
    "keyBy",
    "sum",
    "eachById",
    "each_by_id",
    "tapEach",
    "eachSpread",
];

/// Functions that do: the place of what they go over.
fn iterating_function(name: &str) -> Option<usize> {
    match name {
        "array_map" => Some(1),
        "array_filter"
        | "array_walk"
        | "array_walk_recursive"
        | "array_reduce"
        | "usort"
        | "uasort"
        | "uksort"
        | "iterator_apply" => Some(0),
        _ => None,
    }
}

/// Functions that call what they are given once, right away, so that a loop around them is a loop around it.
const PASSING_ON: [&str; 17] = [
    "transaction",
    "transactional",
    "retry",
    "rescue",
    "tap",
    "with",
    "when",
    "unless",
    "pipe",
    "value",
    "remember",
    "rememberForever",
    "withoutEvents",
    "block",
    "call_user_func",
    "measure",
    "optional",
];

/// Functions that only ask whether something is there.
fn only_tests(callee: &str) -> bool {
    matches!(callee, "isset" | "empty" | "is_null" | "array_key_exists" | "blank" | "filled")
}

fn reads_environment(callee: &str) -> bool {
    matches!(callee, "env" | "getenv" | "Env.get")
}

impl Walk<'_> {
    /// `f()`, `$a->f()`, `$a?->f()`, `A::f()`, `new A()`.
    pub(super) fn call(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let constructs = self.kind(node) == K::New;
        // `strlen(...)` calls nothing: it makes a closure of the function.
        let only_named = self.makes_closure(node);
        let id = self.to.open_call(node);
        let saved = self.to.at;
        let (mut callee, mut over, mut named) = (Value::Unknown, Value::Unknown, false);
        each(cursor, |cursor| {
            let child = cursor.node();
            match (self.field(cursor), self.kind(child)) {
                (F::Arguments, _) | (_, K::Arguments) => {
                    self.set_callee(id, &callee, constructs);
                    self.given(cursor, id, std::mem::take(&mut over), saved.in_loop);
                    self.to.at = saved;
                }
                (F::Function | F::Object | F::Scope, _) => {
                    callee = self.link(cursor, id);
                    self.to.at = saved;
                    if self.field(cursor) != F::Function {
                        over = callee.clone();
                    }
                }
                (F::Name, _) => callee = self.named_member(cursor, std::mem::take(&mut callee)),
                (_, K::AnonymousClass) => {
                    callee = Value::Path("class".into());
                    self.anonymous_class(cursor, id);
                    self.to.at = saved;
                    named = true;
                }
                (_, K::Comment) => self.to.comment(child),
                _ if constructs && self.is_operand(child) && !named => {
                    callee = match self.link(cursor, id) {
                        Value::Path(path) if &*path == "this" => Value::Path(self.own_class().unwrap_or(path)),
                        callee => callee,
                    };
                    self.to.at = saved;
                    named = true;
                }
                _ => {}
            }
        });
        self.set_callee(id, &callee, constructs);
        if only_named {
            if let Some(call) = self.to.call(id) {
                call.discarded = false;
            }
            return callee;
        }
        self.after_call(id, node)
    }

    fn makes_closure(&self, call: Node<'_>) -> bool {
        let arguments = call.child_by_field_name("arguments");
        let first = arguments.and_then(|arguments| arguments.named_child(0));
        first.is_some_and(|first| self.kind(first) == K::CallablePlaceholder)
    }

    fn anonymous_class(&mut self, cursor: &mut TreeCursor<'_>, id: CallId) {
        each(cursor, |cursor| {
            if self.kind(cursor.node()) == K::Arguments {
                let at = self.to.at;
                self.given(cursor, id, Value::Unknown, None);
                self.to.at = at;
            }
        });
        self.class(cursor);
    }

    /// What a call is made on.
    fn link(&mut self, cursor: &mut TreeCursor<'_>, id: CallId) -> Value {
        self.to.at.chained = Some(id);
        self.to.at.returned = false;
        self.to.at.discarded = false;
        self.to.at.tested = false;
        self.to.at.inner = true;
        self.expression(cursor)
    }

    fn set_callee(&mut self, id: CallId, callee: &Value, constructs: bool) {
        let (text, receiver) = self.to.callee(callee);
        if let Some(call) = self.to.call(id) {
            call.callee = text.into();
            call.receiver = receiver;
            call.constructs = constructs;
        }
    }

    /// The arguments of the call `id`; `over` is what a method is called on.
    pub(super) fn given(&mut self, cursor: &mut TreeCursor<'_>, id: CallId, over: Value, around: Option<LoopId>) {
        let callee = self.to.file.call(id).map(|call| call.callee.clone()).unwrap_or_default();
        let is_function = !callee.contains('.');
        let method: Box<str> = self.to.file.call(id).map_or("", |call| call.method()).into();
        let function = if is_function { iterating_function(&callee) } else { None };
        let iterates = function.is_some() || (!is_function && ITERATING.contains(&&*method));
        let passes_on = PASSING_ON.contains(&&*method);
        self.to.start_anew();
        self.to.at.argument_of = Some(id);
        self.to.at.usage = Usage::Argument(id);
        self.to.at.tested = only_tests(&callee);
        self.to.at.in_join = &*callee == "sprintf";
        let at = self.to.at;
        let mut arguments: Vec<Argument> = Vec::new();
        let mut texts = Vec::new();
        let mut opened: Option<LoopId> = None;
        each(cursor, |cursor| {
            let child = cursor.node();
            if self.kind(child) == K::Comment {
                self.to.comment(child);
            }
            if self.kind(child) != K::Argument {
                return;
            }
            let mut argument = Argument::default();
            each(cursor, |cursor| {
                let inner = cursor.node();
                self.to.at = at;
                self.to.goes_to = (&*callee).into();
                if self.field(cursor) == F::Name {
                    argument.name = Some(self.to.text(inner).into());
                    return;
                }
                if !self.is_operand(inner) || inner.kind() == "reference_modifier" {
                    return;
                }
                if let Some(name) = &argument.name {
                    self.to.goes_to.clone_from(name);
                }
                let kind = self.kind(inner);
                argument.spread = kind == K::Unpacking;
                argument.value = if !matches!(kind, K::Closure | K::Arrow) {
                    self.expression(cursor)
                } else if iterates && opened.is_none() {
                    let over = match function {
                        Some(place) => arguments.get(place).map(|a| a.value.clone()).unwrap_or_default(),
                        None => over.clone(),
                    };
                    let (value, in_loop) = self.callback(cursor, id, over);
                    opened = Some(in_loop);
                    value
                } else {
                    self.to.name = None;
                    Value::Function(self.function(cursor, around.filter(|_| passes_on)))
                };
            });
            texts.push(self.to.text(child).to_owned());
            arguments.push(argument);
        });
        // `array_map(fn, $list)` names what it goes over last.
        if let (Some(in_loop), Some(1)) = (opened, function) {
            let over = arguments.get(1).map(|argument| argument.value.clone());
            if let (Some(found), Some(over)) = (self.to.loop_mut(in_loop), over) {
                found.over = over;
            }
        }
        self.texts = texts;
        self.to.arguments(id, arguments);
    }

    /// A function that runs once for every element.
    fn callback(&mut self, cursor: &mut TreeCursor<'_>, id: CallId, over: Value) -> (Value, LoopId) {
        let node = cursor.node();
        let names = node.child_by_field_name("parameters").map_or_else(Vec::new, |given| {
            let first = given.named_child(0).and_then(|first| first.child_by_field_name("name"));
            first.map_or_else(Vec::new, |name| self.names_in(name))
        });
        let place = self.to.place(node);
        let in_loop = self.to.open_loop(LoopKind::Callback, over, names, "", place);
        if let Some(found) = self.to.loop_mut(in_loop) {
            found.call = Some(id);
        }
        self.to.name = None;
        let function = self.function(cursor, Some(in_loop));
        let assignments = self.to.function(function).map_or((0, 0), |function| function.body.assignments);
        if let Some(found) = self.to.loop_mut(in_loop) {
            found.assignments = assignments;
        }
        (Value::Function(function), in_loop)
    }

    /// What some functions mean to the language: reads of the environment, formats, constants, ends of the program.
    fn after_call(&mut self, id: CallId, node: Node<'_>) -> Value {
        let texts = std::mem::take(&mut self.texts);
        let Some(call) = self.to.file.call(id) else { return Value::Unknown };
        match &*call.callee {
            "sprintf" => {
                if let Some(Value::Text(format)) = call.argument(0) {
                    let values: Vec<(String, Value)> =
                        texts.into_iter().zip(call.arguments.iter().map(|a| a.value.clone())).skip(1).collect();
                    return self.to.formatted(&format.clone(), "%", &values, node);
                }
            }
            "define" => {
                if let (Some(Value::Text(name)), Some(value)) = (call.argument(0), call.argument(1)) {
                    let (name, value) = (name.clone(), value.clone());
                    self.to.assign(&name, value, false, node);
                }
            }
            "die" => {
                self.to.leaves();
            }
            "abort" => self.to.throws(),
            callee if reads_environment(callee) => return self.environment(id, node),
            _ => {}
        }
        Value::Call(id)
    }

    fn environment(&mut self, id: CallId, node: Node<'_>) -> Value {
        let Some(call) = self.to.file.call(id) else { return Value::Unknown };
        let name = call.argument(0).cloned();
        // The second argument of `getenv` is no default.
        let default = (&*call.callee != "getenv").then(|| call.argument(1).cloned()).flatten();
        let goes_on = self.to.at.tested || self.to.at.chained.is_none();
        let Some(Value::Text(name)) = name else {
            if let Some(given) = name {
                self.to.env_read_by_name(&given, goes_on);
            }
            return Value::Call(id);
        };
        let before = self.to.file.env_reads.len();
        let value = self.to.env_read_where(&name, goes_on, node);
        match default {
            Some(default) if default != Value::Null => {
                self.to.env_fallback(before, &name, default.clone(), node);
                Value::Either(vec![value, default])
            }
            _ => value,
        }
    }
}
