//! Expressions.

use tree_sitter::TreeCursor;

use super::super::builder::Builder;
use super::super::environment::variables;
use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::{Comparison, Value};
use crate::probe::source::facts::Usage;
use crate::probe::source::placeholder::Form;

/// Whether a path is the object that holds the environment's variables.
pub(super) fn is_environment(path: &str) -> bool {
    matches!(path, "process.env" | "import.meta.env" | "Bun.env" | "globalThis.process.env")
}

impl Walk<'_> {
    /// Any expression.
    pub(super) fn any_expression(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let kind = self.kind(node);
        // Only these hand on what was said of the expression around them.
        let hands_on = matches!(
            kind,
            K::Parenthesized
                | K::Await
                | K::As
                | K::Satisfies
                | K::NonNull
                | K::TypeAssertion
                | K::Call
                | K::New
                | K::Arrow
                | K::FunctionExpression
                | K::Generator
                | K::Class
                | K::Ternary
                | K::Binary
        );
        if !hands_on {
            self.to.name = None;
            self.to.at.discarded = false;
        }
        if !matches!(kind, K::MemberExpression | K::Subscript | K::Parenthesized | K::NonNull | K::As) {
            self.to.at.inner = false;
        }
        match kind {
            K::Identifier
            | K::This
            | K::Super
            | K::PropertyIdentifier
            | K::PrivateIdentifier
            | K::Shorthand
            | K::Meta
            | K::ImportKeyword => Value::Path(self.to.text(node).into()),
            K::String => {
                let raw = self.to.text(node);
                let value = Value::Text(Builder::unescape(raw.get(1..raw.len().max(2) - 1).unwrap_or("")));
                self.to.keep_string(&value, node);
                value
            }
            K::Template => self.template(cursor),
            K::Number => Value::Number(self.to.text(node).into()),
            K::True => Value::Bool(true),
            K::False => Value::Bool(false),
            K::Null | K::Undefined => Value::Null,
            K::Regex => Value::Unknown,
            K::JsxText => {
                self.to.keep_placeholder(Form::Page, self.to.text(node).trim(), node);
                Value::Unknown
            }
            K::Parenthesized | K::As | K::Satisfies | K::NonNull | K::Instantiation => {
                // What is meant comes first; a type may follow.
                let mut value = None;
                each(cursor, |cursor| {
                    let child = cursor.node();
                    if value.is_none() && child.is_named() && self.kind(child) != K::Comment {
                        value = Some(self.expression(cursor));
                    }
                });
                value.unwrap_or_default()
            }
            K::TypeAssertion => self.last_child(cursor),
            K::Await => {
                self.to.at.awaited = true;
                self.last_child(cursor)
            }
            K::MemberExpression => self.member(cursor),
            K::Subscript => self.subscript(cursor),
            K::Call | K::New => self.call(cursor),
            K::Arrow | K::FunctionExpression | K::Generator => Value::Function(self.function(cursor, None)),
            K::Class => {
                self.class(cursor);
                Value::Unknown
            }
            K::Binary => self.binary(cursor),
            K::Ternary => self.conditional(cursor),
            K::Assignment | K::Augmented => self.assignment(cursor),
            K::Object => self.object(cursor),
            K::Array => {
                self.to.at.chained = None;
                if !matches!(self.to.at.usage, Usage::Argument(_)) || !self.to.goes_to.is_empty() {
                    self.to.at.usage = Usage::Listed;
                }
                let mut items = Vec::new();
                let node = cursor.node();
                let between = self.joined_by(node);
                self.to.at.in_join |= between.is_some();
                each(cursor, |cursor| {
                    if cursor.node().is_named() {
                        let at = self.to.at;
                        items.push(self.expression(cursor));
                        self.to.at = at;
                    }
                });
                if let Some(between) = between {
                    self.to.at.in_join = false;
                    self.keep_joined(&items, &between, node);
                }
                Value::Array(items)
            }
            K::Comment => {
                self.to.comment(node);
                Value::Unknown
            }
            K::Unary => {
                let negates = self.to.text(node).starts_with('!');
                self.to.at.tested = negates || self.to.text(node).starts_with('t');
                self.to.at.chained = None;
                let value = self.last_child(cursor);
                if negates { Value::Not(Box::new(value)) } else { Value::Computed(vec![value]) }
            }
            K::TypeArguments | K::TypeAnnotation | K::TypeParameters => Value::Unknown,
            // Statements that stand where an expression was looked for: `if` in the body of an arrow of broken code.
            K::If | K::For | K::ForIn | K::While | K::Do | K::Try | K::Return | K::Throw | K::Block => {
                self.statement(cursor);
                Value::Unknown
            }
            K::JsxOpening | K::JsxSelfClosing => {
                self.to.file.jsx = true;
                self.element(cursor)
            }
            _ => {
                if matches!(kind, K::JsxElement | K::JsxFragment) {
                    self.to.file.jsx = true;
                }
                self.to.at.chained = None;
                self.to.at.awaited = false;
                let mut values = Vec::new();
                each(cursor, |cursor| {
                    if cursor.node().is_named() {
                        let at = self.to.at;
                        let value = self.expression(cursor);
                        self.to.at = at;
                        if value != Value::Unknown {
                            values.push(value);
                        }
                    }
                });
                Value::Computed(values)
            }
        }
    }

    fn template(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let mut parts = Vec::new();
        each(cursor, |cursor| {
            let child = cursor.node();
            match self.kind(child) {
                K::Fragment => Builder::add_fixed(&mut parts, self.to.text(child)),
                K::Escape => Builder::add_fixed(&mut parts, &Builder::unescape(self.to.text(child))),
                K::Substitution => each(cursor, |cursor| {
                    if cursor.node().is_named() {
                        let at = self.to.at;
                        self.to.at.in_join = true;
                        self.to.at.chained = None;
                        self.to.at.awaited = false;
                        let value = self.expression(cursor);
                        self.to.at = at;
                        let text = self.to.text(cursor.node());
                        Builder::add_expression(&mut parts, text, value);
                    }
                }),
                _ => {}
            }
        });
        let value = Builder::string(parts);
        self.to.keep_string(&value, node);
        value
    }

    fn member(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let (mut object, mut name) = (Value::Unknown, "");
        let saved = self.to.at;
        each(cursor, |cursor| match self.field(cursor) {
            F::Object => {
                self.to.at.awaited = false;
                self.to.at.returned = false;
                self.to.at.inner = true;
                object = self.expression(cursor);
                self.to.at = saved;
            }
            F::Property => name = self.to.text(cursor.node()),
            _ => {}
        });
        if object.path().is_some_and(is_environment) {
            return self.to.env_read(name, node);
        }
        let value = Builder::member(object, name);
        self.to.access(&value, self.to.text(node).contains("?."), node);
        value
    }

    fn subscript(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let (mut object, mut index) = (Value::Unknown, Value::Unknown);
        each(cursor, |cursor| match self.field(cursor) {
            F::Object => {
                let at = self.to.at;
                self.to.at.inner = true;
                object = self.expression(cursor);
                self.to.at = at;
            }
            F::Index => {
                let at = self.to.at;
                self.to.at.inner = false;
                self.to.at.chained = None;
                self.to.at.awaited = false;
                index = self.expression(cursor);
                self.to.at = at;
            }
            _ => {}
        });
        let of_environment = object.path().is_some_and(is_environment);
        let value = self.to.element(object, index, of_environment, node);
        self.to.access(&value, self.to.text(node).contains("?."), node);
        value
    }

    fn binary(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let operator = self.child(node, F::Operator).map_or("", |operator| operator.kind());
        if operator == "+" {
            return self.concatenation(node);
        }
        let compares = comparison(operator).is_some();
        let falls_back = matches!(operator, "??" | "||");
        let name = self.to.name.take();
        let goes_to = self.to.goes_to.clone();
        let saved = self.to.at;
        if !falls_back && operator != "&&" {
            self.to.at.awaited = false;
            self.to.at.chained = None;
        }
        let before = self.to.file.env_reads.len();
        let (mut left, mut right) = (Value::Unknown, Value::Unknown);
        each(cursor, |cursor| {
            let at = self.to.at;
            self.to.goes_to.clone_from(&goes_to);
            match self.field(cursor) {
                F::Left => {
                    self.to.at.tested |= compares || falls_back || operator == "&&";
                    if compares {
                        self.to.at.usage = Usage::Compared;
                    }
                    left = self.expression(cursor);
                }
                F::Right => {
                    if compares {
                        self.to.at.tested = true;
                        self.to.at.usage = Usage::Compared;
                    } else if falls_back {
                        self.to.at.usage = Usage::Alternative;
                    }
                    if operator == "&&" || falls_back {
                        self.to.name.clone_from(&name);
                    }
                    right = self.expression(cursor);
                }
                _ => {}
            }
            self.to.at = at;
        });
        self.to.at = saved;
        if falls_back {
            for name in variables(&left) {
                self.to.env_fallback(before, &name, right.clone(), node);
            }
        }
        if falls_back || operator == "&&" {
            let mut values = match left {
                Value::Either(values) if falls_back => values,
                Value::All(values) if !falls_back => values,
                other => vec![other],
            };
            values.push(right);
            return if falls_back { Value::Either(values) } else { Value::All(values) };
        }
        match comparison(operator) {
            Some(comparison) => Value::Compared(comparison, Box::new((left, right))),
            None => Value::Computed(vec![left, right]),
        }
    }
}

fn comparison(operator: &str) -> Option<Comparison> {
    Some(match operator {
        "==" | "===" => Comparison::Equal,
        "!=" | "!==" => Comparison::NotEqual,
        "<" | ">" | "<=" | ">=" => Comparison::Order,
        "in" | "instanceof" => Comparison::In,
        _ => return None,
    })
}
