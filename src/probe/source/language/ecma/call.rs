//! Calls and what they are given.

use tree_sitter::{Node, TreeCursor};

use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::{Argument, CallId, LoopId, LoopKind, Value};
use crate::probe::source::facts::Usage;

/// Methods that call what they are given once for every element.
const ITERATING: [&str; 14] = [
    "map",
    "forEach",
    "flatMap",
    "filter",
    "some",
    "every",
    "find",
    "findIndex",
    "reduce",
    "reduceRight",
    "each",
    "eachSeries",
    "mapSeries",
    "mapLimit",
];

/// Functions that call what they are given once, right away, so that a loop around them is a loop around it.
const PASSING_ON: [&str; 14] = [
    "limit",
    "limiter",
    "retry",
    "pRetry",
    "transaction",
    "$transaction",
    "run",
    "catch",
    "then",
    "finally",
    "Promise",
    "add",
    "tryCatch",
    "startSpan",
];

impl Walk<'_> {
    pub(super) fn call(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let constructs = self.kind(node) == K::New;
        let id = self.to.open_call(node);
        let name = self.to.name.take();
        let saved = self.to.at;
        let mut over = Value::Unknown;
        each(cursor, |cursor| match self.field(cursor) {
            F::Function | F::Constructor => {
                let kind = self.kind(cursor.node());
                // The grammar reads `await f<T>()` as a call of `await f`.
                if kind == K::Await
                    && let Some(call) = self.to.call(id)
                {
                    call.awaited = true;
                }
                let callee = if matches!(kind, K::Arrow | K::FunctionExpression) {
                    let function = Value::Function(self.function(cursor, saved.in_loop));
                    self.to.set_callee(id, &function);
                    function
                } else {
                    self.callee(cursor, id)
                };
                self.to.at = saved;
                if let Some(call) = self.to.call(id) {
                    call.constructs = constructs;
                }
                over = match callee {
                    Value::Member(pair) => pair.0,
                    Value::Path(path) => {
                        path.rsplit_once('.').map_or(Value::Unknown, |(object, _)| Value::Path(object.into()))
                    }
                    _ => Value::Unknown,
                };
            }
            F::Arguments => {
                let template = self.kind(cursor.node()) == K::Template;
                let callee = self.to.file.call(id).map(|call| call.callee.clone()).unwrap_or_default();
                self.to.start_anew();
                self.to.at.argument_of = Some(id);
                self.to.at.usage = Usage::Argument(id);
                self.to.goes_to = (&*callee).into();
                let arguments = if template {
                    let value = self.expression(cursor);
                    vec![Argument { value, ..Argument::default() }]
                } else {
                    self.call_arguments(cursor, id, std::mem::take(&mut over), name.clone(), saved.in_loop)
                };
                self.to.at = saved;
                if let Some(call) = self.to.call(id) {
                    call.tagged = template;
                    call.arguments = arguments;
                }
            }
            _ => {}
        });
        self.after_call(id, node)
    }

    fn call_arguments(
        &mut self,
        cursor: &mut TreeCursor<'_>,
        id: CallId,
        over: Value,
        name: Option<Box<str>>,
        around: Option<LoopId>,
    ) -> Vec<Argument> {
        let method: Box<str> = self.to.file.call(id).map_or("", |call| call.method()).into();
        let iterates = ITERATING.contains(&&*method) && !matches!(over, Value::Unknown)
            || matches!(&*method, "pMap" | "pEach" | "asyncMap");
        let passes_on = PASSING_ON.contains(&&*method) || method.starts_with("with");
        let at = self.to.at;
        let goes_to = self.to.goes_to.clone();
        let mut arguments: Vec<Argument> = Vec::new();
        let mut name = name;
        each(cursor, |cursor| {
            let child = cursor.node();
            if !child.is_named() || self.kind(child) == K::Comment {
                if child.is_named() {
                    self.to.comment(child);
                }
                return;
            }
            self.to.at = at;
            self.to.goes_to.clone_from(&goes_to);
            let kind = self.kind(child);
            let is_function = matches!(kind, K::Arrow | K::FunctionExpression);
            self.to.name = if is_function { name.take() } else { None };
            let value = if is_function && iterates {
                // `_.map(items, fn)` runs over its first argument, `items.map(fn)` over its object.
                let over = arguments.first().map_or_else(|| over.clone(), |first| first.value.clone());
                let names = self.first_parameter_names(child);
                let place = self.to.place(child);
                let in_loop = self.to.open_loop(LoopKind::Callback, over, names, "", place);
                let function = self.function(cursor, Some(in_loop));
                self.to.close_callback(in_loop, id, function);
                Value::Function(function)
            } else if is_function {
                Value::Function(self.function(cursor, around.filter(|_| passes_on)))
            } else {
                self.expression(cursor)
            };
            arguments.push(Argument { name: None, spread: kind == K::Spread, value });
        });
        arguments
    }

    fn first_parameter_names(&self, function: Node<'_>) -> Vec<Box<str>> {
        function
            .child_by_field_name("parameter")
            .or_else(|| self.child(function, F::Parameters))
            .map_or_else(Vec::new, |parameters| self.names_in(parameters))
    }

    /// Imports and reads of the environment that have the form of a call.
    fn after_call(&mut self, id: CallId, node: Node<'_>) -> Value {
        let Some(call) = self.to.file.call(id) else { return Value::Unknown };
        let text: Option<Box<str>> = call.argument(0).and_then(Value::text).map(Into::into);
        match (&*call.callee, text) {
            ("require" | "import", Some(module)) => self.to.import(&module, node),
            ("Deno.env.get", Some(name)) => return self.to.env_read(&name, node),
            _ => {}
        }
        Value::Call(id)
    }
}
