//! Expressions.

use tree_sitter::{Node, TreeCursor};

use super::super::builder::Builder;
use super::super::front_end::{FrontEnd, MemberPart};
use super::super::kinds::each;
use super::class::plain_type;
use super::{F, K, Walk};
use crate::probe::source::code::{Comparison, Value};
use crate::probe::source::facts::Usage;

impl Walk<'_> {
    /// Any expression.
    pub(super) fn any_expression(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let kind = self.kind(node);
        if !matches!(kind, K::FieldAccess | K::ArrayAccess | K::Parenthesized | K::Cast) {
            self.to.at.inner = false;
        }
        if !matches!(kind, K::Call | K::New | K::Parenthesized | K::Cast | K::ConstructorCall) {
            self.to.at.discarded = false;
            self.to.at.managed = false;
        }
        if !matches!(kind, K::Lambda | K::Parenthesized | K::Cast | K::Ternary) {
            self.to.name = None;
        }
        match kind {
            K::Identifier | K::This | K::Super | K::ScopedIdentifier | K::TypeIdentifier | K::ScopedType => {
                Value::Path(self.to.text(node).into())
            }
            K::Text => self.text_literal(node),
            K::Character => Value::Text(Builder::unescape(self.to.text(node).trim_matches('\''))),
            K::Integer | K::HexInteger | K::Float => Value::Number(self.to.text(node).into()),
            K::True => Value::Bool(true),
            K::False => Value::Bool(false),
            K::Null => Value::Null,
            K::Parenthesized => self.last_child(cursor),
            K::Cast => {
                let mut value = Value::Unknown;
                each(cursor, |cursor| {
                    if self.field(cursor) == F::Value {
                        value = self.expression(cursor);
                    }
                });
                value
            }
            K::ClassLiteral | K::GenericType => Value::Path(plain_type(self.to.text(node)).into()),
            K::FieldAccess => self.field_access(cursor),
            K::ArrayAccess => self.array_access(cursor),
            K::Call | K::New | K::ConstructorCall => self.call(cursor),
            K::Annotation | K::Marker => self.annotation_value(node),
            K::Lambda => Value::Function(self.lambda(cursor, None)),
            K::Reference => self.reference(cursor),
            K::Assignment => self.assignment(cursor),
            K::InstanceOf => self.instance_of(cursor),
            K::Ternary => self.conditional(cursor),
            K::Unary => self.unary(cursor),
            K::Binary => self.operation(cursor),
            K::NewArray => {
                let mut value = Value::Array(Vec::new());
                each(cursor, |cursor| match self.field(cursor) {
                    F::Value => value = self.expression(cursor),
                    F::Type => {}
                    _ => self.value_of(cursor),
                });
                value
            }
            K::ArrayInitializer | K::ElementArray => {
                self.to.at.chained = None;
                self.to.at.usage = Usage::Listed;
                Value::Array(self.children(cursor))
            }
            K::LineComment | K::BlockComment => {
                self.to.comment(node);
                Value::Unknown
            }
            K::ArrayType
            | K::IntegralType
            | K::FloatingType
            | K::BooleanType
            | K::VoidType
            | K::Dimensions
            | K::TypeArguments
            | K::Modifiers => Value::Unknown,
            K::Switch
            | K::Block
            | K::If
            | K::For
            | K::ForEach
            | K::While
            | K::Do
            | K::Try
            | K::TryWith
            | K::Return
            | K::Throw
            | K::Local
            | K::Class
            | K::ExpressionStatement => {
                self.statement(cursor);
                Value::Unknown
            }
            _ => {
                self.to.at.chained = None;
                Value::Computed(self.children(cursor))
            }
        }
    }

    fn text_literal(&mut self, node: Node<'_>) -> Value {
        let raw = self.to.text(node);
        let inner = match raw.strip_prefix("\"\"\"").and_then(|raw| raw.strip_suffix("\"\"\"")) {
            Some(block) => block.trim_start_matches([' ', '\t']).strip_prefix('\n').unwrap_or(block),
            None => raw.get(1..raw.len().max(2) - 1).unwrap_or(""),
        };
        let value = Value::Text(Builder::unescape(inner));
        self.to.keep_string(&value, node);
        value
    }

    fn field_access(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        self.member_access(cursor, |walk, cursor| match walk.field(cursor) {
            F::Object => MemberPart::Object,
            F::FieldName => MemberPart::Member,
            _ => MemberPart::Other,
        })
    }

    fn array_access(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        self.element_access(cursor, |walk, cursor| match walk.field(cursor) {
            F::Array => MemberPart::Object,
            F::Index => MemberPart::Member,
            _ => MemberPart::Other,
        })
    }

    /// `orders::save` is the method `orders.save`; `Order::new` the class.
    fn reference(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let text = self.to.text(cursor.node());
        let Some((object, name)) = text.rsplit_once("::") else { return Value::Unknown };
        let object = plain_type(object.trim());
        if object.contains(['(', ' ', '"']) {
            return Value::Computed(self.children(cursor));
        }
        Value::Path(if name == "new" { object.into() } else { format!("{object}.{name}").into() })
    }

    /// `value instanceof Type name`.
    fn instance_of(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        self.to.at.tested = true;
        self.to.at.chained = None;
        let mut value = Value::Unknown;
        each(cursor, |cursor| {
            if self.field(cursor) == F::Left {
                value = self.expression(cursor);
            }
        });
        let kind = node.child_by_field_name("right").map_or("", |kind| self.to.text(kind));
        if let Some(name) = node.child_by_field_name("name") {
            let name = self.to.text(name);
            self.to.assign(name, value.clone(), false, node);
            self.to.annotate(kind);
        }
        Value::Compared(Comparison::In, Box::new((value, Value::Path(plain_type(kind).into()))))
    }

    fn unary(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let operator = cursor.node().child_by_field_name("operator").map_or("", |operator| operator.kind());
        self.to.at.chained = None;
        self.to.at.tested |= operator == "!";
        match (operator, self.last_child(cursor)) {
            ("!", value) => Value::Not(Box::new(value)),
            ("-", Value::Number(number)) => Value::Number(format!("-{number}").into()),
            (_, value) => Value::Computed(vec![value]),
        }
    }
}
