//! Calls that mean something to the language itself, and what calls do with their blocks.

use tree_sitter::{Node, TreeCursor};

use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::call::Given;
use super::{K, Walk};
use crate::probe::source::code::{Argument, Call, CallId, LoopKind, Value};

/// Methods that run their block once for every element of what they are called on.
const ITERATING: [&str; 57] = [
    "each",
    "each_with_index",
    "each_with_object",
    "each_entry",
    "each_pair",
    "each_key",
    "each_value",
    "each_slice",
    "each_cons",
    "each_char",
    "each_line",
    "each_byte",
    "each_child",
    "each_row",
    "each_index",
    "reverse_each",
    "find_each",
    "find_in_batches",
    "in_batches",
    "map",
    "map!",
    "collect",
    "flat_map",
    "collect_concat",
    "filter_map",
    "select",
    "select!",
    "filter",
    "reject",
    "reject!",
    "delete_if",
    "keep_if",
    "find",
    "detect",
    "find_index",
    "find_all",
    "inject",
    "reduce",
    "sum",
    "any?",
    "all?",
    "none?",
    "one?",
    "count",
    "sort_by",
    "min_by",
    "max_by",
    "group_by",
    "partition",
    "index_by",
    "index_with",
    "to_h",
    "uniq",
    "times",
    "upto",
    "downto",
    "step",
];

/// How often a call runs its block, if more than once.
pub(super) fn iterates(call: &Call) -> Option<LoopKind> {
    let method = call.method();
    if call.receiver.is_none() && &*call.callee == "loop" {
        return Some(LoopKind::While);
    }
    let on_something = call.callee.contains('.');
    (on_something && !call.constructs && ITERATING.contains(&method)).then_some(LoopKind::Callback)
}

/// Whether a call keeps its block and runs it another time.
pub(super) fn calls_later(call: &Call) -> bool {
    if call.constructs {
        return matches!(&*call.callee, "Thread" | "Proc" | "Fiber" | "Ractor" | "Enumerator" | "Class" | "Module");
    }
    matches!(
        call.method(),
        "lambda"
            | "proc"
            | "define_method"
            | "define_singleton_method"
            | "scope"
            | "after_commit"
            | "at_exit"
            | "trap"
            | "post"
            | "future"
            | "async"
            | "defer"
            | "subscribe"
            | "rescue_from"
    ) || matches!(&*call.callee, "Thread.start" | "Thread.fork" | "Signal.trap" | "fork")
}

/// Whether a call that is given a block closes after it what it gives to the block.
pub(super) fn lets_go_of(call: &Call) -> bool {
    matches!(
        call.method(),
        "open"
            | "open_uri"
            | "start"
            | "popen"
            | "popen3"
            | "popen2"
            | "popen2e"
            | "connect"
            | "create"
            | "mktmpdir"
            | "with"
            | "with_connection"
            | "checkout"
            | "synchronize"
            | "open_file"
            | "open_stream"
            | "wrap"
            | "finish"
    ) || (call.constructs && call.root() == "SQLite3")
}

/// Methods of a literal that leave its words as they are.
fn keeps_text(method: &str) -> bool {
    matches!(
        method,
        "squish" | "strip" | "freeze" | "chomp" | "strip_heredoc" | "dup" | "to_s" | "html_safe" | "lstrip" | "rstrip"
    )
}

/// Methods that also `nil` has, or that ask whether there is something.
fn bears_nothing(method: &str) -> bool {
    matches!(
        method,
        "nil?" | "present?" | "blank?" | "presence" | "to_s" | "to_i" | "to_f" | "to_a" | "try" | "empty?" | "then"
    )
}

impl Walk<'_, '_> {
    /// `raise X, "why"`.
    pub(super) fn raise(&mut self, cursor: &mut TreeCursor<'_>) {
        each(cursor, |cursor| {
            if self.kind(cursor.node()) == K::ArgumentList {
                each(cursor, |cursor| self.value_of(cursor));
            }
        });
        self.to.throws();
    }

    /// Words that change how methods below them are seen.
    pub(super) fn command_word(&mut self, name: &str) {
        match name {
            "private" | "protected" => self.hidden = true,
            "public" => self.hidden = false,
            _ => {}
        }
    }

    /// What a call means once all of it was read.
    pub(super) fn after_call(&mut self, id: CallId, given: Given, node: Node<'_>) -> Value {
        let Some(call) = self.to.file.call(id) else { return Value::Unknown };
        let callee = call.callee.clone();
        let first = call.argument(0).cloned();
        let text = first.as_ref().and_then(Value::text).map(str::to_owned);
        match (&*callee, &first) {
            ("require" | "load" | "gem" | "require_dependency", Some(_)) if call.receiver.is_none() => {
                if let Some(module) = text.filter(|_| &*callee != "gem") {
                    self.to.import(&module, node);
                }
            }
            ("require_relative", Some(_)) => {
                if let Some(module) = text {
                    let relative = module.starts_with('.');
                    let module = if relative { module } else { format!("./{module}") };
                    self.to.import(&module, node);
                }
            }
            ("include" | "extend" | "prepend", _) => self.take_in(id),
            ("private" | "protected" | "private_class_method", _) => self.hide(id),
            ("lambda" | "proc" | "Proc", _) => {
                if let Some(block @ Value::Function(_)) = given.block {
                    return block;
                }
            }
            ("format" | "sprintf" | "Kernel.format", Some(Value::Text(format))) => {
                let values = self.to.file.call(id).map_or(&[][..], |call| &call.arguments);
                let values = values.iter().map(|argument| argument.value.clone());
                let pairs: Vec<(String, Value)> = given.texts.into_iter().zip(values).skip(1).collect();
                return self.to.formatted(format, "%", &pairs, node);
            }
            ("ENV.fetch", Some(name)) => return self.fetched(id, name, given.block.as_ref(), node),
            ("ENV.key?" | "ENV.has_key?" | "ENV.include?", _) => {
                if let Some(name) = text {
                    self.to.env_read_where(&name, true, node);
                }
            }
            _ => {}
        }
        match given.receiver {
            Some(Value::Env(name)) => {
                let method = callee.rsplit('.').next().unwrap_or("");
                if bears_nothing(method) {
                    let last = self.to.file.env_reads.last_mut();
                    if let Some(read) = last.filter(|read| read.name == *name) {
                        read.optional = true;
                    }
                }
                let same = keeps_text(method) || matches!(method, "presence" | "to_i" | "to_f" | "to_sym" | "downcase");
                if same { Value::Env(name) } else { Value::Call(id) }
            }
            Some(literal @ (Value::Text(_) | Value::Template(_)))
                if keeps_text(callee.rsplit('.').next().unwrap_or("")) =>
            {
                literal
            }
            _ => Value::Call(id),
        }
    }

    /// `ENV.fetch("X")`, `ENV.fetch("X", default)`, `ENV.fetch("X") { default }`.
    fn fetched(&mut self, id: CallId, name: &Value, block: Option<&Value>, node: Node<'_>) -> Value {
        let Some(name) = name.text() else {
            self.to.env_read_by_name(name, self.to.at.tested);
            return Value::Call(id);
        };
        let given = self.to.file.call(id).and_then(|call| call.argument(1)).cloned();
        let default = given.or_else(|| match block {
            Some(Value::Function(function)) => {
                let function = self.to.file.function(*function)?;
                // A block that raises is no default.
                if function.body.throws { None } else { function.body.returns.last().cloned() }
            }
            _ => None,
        });
        let before = self.to.file.env_reads.len();
        let value = self.to.env_read_where(name, false, node);
        let Some(default) = default else { return value };
        if default == Value::Null {
            if let Some(read) = self.to.file.env_reads.last_mut() {
                read.optional = true;
            }
            return value;
        }
        self.to.env_fallback(before, name, default.clone(), node);
        Value::Either(vec![value, default])
    }

    /// `include Billing::Helpers` in a class.
    fn take_in(&mut self, id: CallId) {
        let Some(class) = self.to.class.clone() else { return };
        let arguments: Vec<Argument> = self.to.file.call(id).map(|call| call.arguments.clone()).unwrap_or_default();
        let names = arguments.iter().filter_map(|argument| argument.value.path()).map(Into::into);
        if let Some(found) = self.to.file.classes.iter_mut().rev().find(|found| found.name == class) {
            found.bases.extend(names);
        }
    }

    /// `private :name`, `private def name`.
    fn hide(&mut self, id: CallId) {
        let Some(call) = self.to.file.call(id) else { return };
        let place = call.place.bytes;
        let mut names: Vec<Box<str>> = Vec::new();
        for argument in &call.arguments {
            argument.value.walk(&mut |value| names.extend(value.text().map(Into::into)));
        }
        let class = self.to.class.clone();
        for function in self.to.file.functions.iter_mut().rev().filter(|function| function.class == class) {
            let inside = function.place.bytes.0 >= place.0 && function.place.bytes.1 <= place.1;
            if inside || function.name.as_ref().is_some_and(|name| names.contains(name)) {
                function.exported = false;
            }
        }
    }

    /// `` `ls #{folder}` ``: a call of the shell.
    pub(super) fn subshell(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let id = self.to.open_call(cursor.node());
        let saved = self.to.start_anew();
        self.to.at.argument_of = Some(id);
        let parts = self.parts(cursor);
        self.to.at = saved;
        let value = super::Builder::string(parts);
        if let Some(call) = self.to.call(id) {
            call.callee = "`".into();
            call.arguments = vec![Argument { value, ..Argument::default() }];
        }
        Value::Call(id)
    }
}
