//! Expressions.

use tree_sitter::TreeCursor;

use super::super::builder::Builder;
use super::super::front_end::{FrontEnd, MemberPart};
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::Value;

impl Walk<'_> {
    /// Any expression.
    pub(super) fn any_expression(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let kind = self.kind(node);
        if !matches!(kind, K::Selector | K::Index | K::Parenthesized | K::Assertion | K::Instantiation) {
            self.to.at.inner = false;
        }
        if !matches!(kind, K::Call | K::Parenthesized | K::Conversion) {
            self.to.at.discarded = false;
            self.to.at.deferred = false;
        }
        if !matches!(
            kind,
            K::Call | K::Parenthesized | K::FunctionLiteral | K::Unary | K::Composite | K::ExpressionList
        ) {
            self.to.name = None;
        }
        match kind {
            K::Identifier
            | K::BlankIdentifier
            | K::FieldName
            | K::PackageIdentifier
            | K::TypeIdentifier
            | K::QualifiedType => Value::Path(self.to.text(node).into()),
            K::Text | K::RawText => self.text_literal(node),
            K::Int | K::Float => Value::Number(self.to.text(node).into()),
            K::Rune => Value::Text(Builder::unescape(self.to.text(node).trim_matches('\''))),
            K::True => Value::Bool(true),
            K::False => Value::Bool(false),
            K::Nil => Value::Null,
            K::Parenthesized | K::LiteralElement | K::Variadic => self.last_child(cursor),
            K::Conversion if self.is_call_with_types(node) => self.call_with_types(cursor),
            // A value stays what it is under another type.
            K::Assertion | K::Conversion => self.operand(cursor),
            K::Selector => self.selector(cursor),
            K::Index => self.index(cursor),
            K::Call => self.call(cursor),
            K::FunctionLiteral => Value::Function(self.function(cursor, None)),
            K::Unary => self.unary(cursor),
            K::Binary => self.operation(cursor),
            K::Composite => self.composite(cursor),
            K::LiteralValue => self.untyped_literal(cursor),
            K::ExpressionList => {
                if node.named_child_count() == 1 {
                    return self.last_child(cursor);
                }
                self.to.at.chained = None;
                Value::Array(self.children(cursor))
            }
            K::Comment => {
                self.to.comment(node);
                Value::Unknown
            }
            K::Instantiation => Value::Path(self.to.text(node).split('[').next().unwrap_or("").into()),
            K::GenericType
            | K::PointerType
            | K::MapType
            | K::SliceType
            | K::ArrayType
            | K::ImplicitArrayType
            | K::ChannelType
            | K::FunctionType
            | K::StructType
            | K::InterfaceType
            | K::TypeArguments => Value::Unknown,
            K::If
            | K::For
            | K::Switch
            | K::TypeSwitch
            | K::Select
            | K::Block
            | K::Return
            | K::ShortVar
            | K::Assignment => {
                self.statement(cursor);
                Value::Unknown
            }
            _ => {
                self.to.at.chained = None;
                Value::Computed(self.children(cursor))
            }
        }
    }

    fn text_literal(&mut self, node: tree_sitter::Node<'_>) -> Value {
        let raw = self.to.text(node);
        let inner = raw.get(1..raw.len().max(2) - 1).unwrap_or("");
        let text =
            if self.kind(node) == K::RawText { Builder::bounded(inner).into() } else { Builder::unescape(inner) };
        let value = Value::Text(text);
        self.to.keep_string(&value, node);
        value
    }

    /// The operand of a conversion or assertion.
    pub(super) fn operand(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let mut value = Value::Unknown;
        each(cursor, |cursor| {
            if self.field(cursor) == F::Operand {
                value = self.expression(cursor);
            }
        });
        value
    }

    fn selector(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        self.member_access(cursor, |walk, cursor| match walk.field(cursor) {
            F::Operand => MemberPart::Object,
            F::Field => MemberPart::Member,
            _ => MemberPart::Other,
        })
    }

    fn index(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        self.element_access(cursor, |walk, cursor| match walk.field(cursor) {
            F::Operand => MemberPart::Object,
            F::Index => MemberPart::Member,
            _ => MemberPart::Other,
        })
    }

    fn unary(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let operator = cursor.node().child_by_field_name("operator").map_or("", |operator| operator.kind());
        match operator {
            // What a pointer points to is followed like the value itself.
            "&" | "*" => self.operand(cursor),
            "!" => {
                self.to.at.tested = true;
                self.to.at.chained = None;
                Value::Not(Box::new(self.operand(cursor)))
            }
            _ => {
                self.to.at.chained = None;
                match self.operand(cursor) {
                    Value::Number(number) if operator == "-" => Value::Number(format!("-{number}").into()),
                    value => Value::Computed(vec![value]),
                }
            }
        }
    }
}
