//! Expressions.

use tree_sitter::{Node, TreeCursor};

use super::super::builder::Builder;
use super::super::environment::{asks_for_environment, variables};
use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::{Comparison, Value};
use crate::probe::source::facts::Usage;

fn comparison(operator: &str) -> Option<Comparison> {
    Some(match operator {
        "==" | "===" | "=~" => Comparison::Equal,
        "!=" | "!~" => Comparison::NotEqual,
        "<" | ">" | "<=" | ">=" => Comparison::Order,
        _ => return None,
    })
}

impl Walk<'_, '_> {
    /// Any expression.
    pub(super) fn any_expression(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let kind = self.kind(node);
        if !matches!(kind, K::Call | K::Identifier | K::Super | K::Element | K::Parenthesized) {
            self.to.at.inner = false;
        }
        if !matches!(kind, K::Call | K::Identifier | K::Super | K::Parenthesized | K::Binary) {
            self.to.at.discarded = false;
        }
        if !matches!(kind, K::Lambda | K::Call) {
            self.to.name = None;
        }
        match kind {
            K::Identifier | K::Super => self.word(node),
            K::Constant => Value::Path(self.to.text(node).into()),
            K::SelfWord => Value::Path("this".into()),
            K::InstanceVariable | K::ClassVariable => {
                Value::Path(format!("this.{}", self.to.text(node).trim_start_matches('@')).into())
            }
            K::GlobalVariable => Value::Path(global(self.to.text(node)).into()),
            K::Scope => self.scope_resolution(cursor),
            K::String | K::BareString => self.string(cursor),
            K::ChainedString => self.side_by_side(cursor),
            K::HeredocBeginning => self.heredoc(node),
            K::Symbol | K::DelimitedSymbol | K::HashKey => self.symbol(cursor),
            K::Character => Value::Text(self.to.text(node).trim_start_matches('?').into()),
            K::StringArray | K::SymbolArray => self.words(cursor),
            K::Subshell => self.subshell(cursor),
            K::Regex => {
                let parts = self.parts(cursor);
                let value = Builder::string(parts);
                if matches!(value, Value::Template(_)) { Value::Computed(vec![value]) } else { Value::Unknown }
            }
            K::Integer | K::Float | K::Rational | K::Complex => Value::Number(self.to.text(node).into()),
            K::True => Value::Bool(true),
            K::False => Value::Bool(false),
            K::Nil => Value::Null,
            K::Parenthesized => self.parenthesized(cursor),
            K::Call => self.call(cursor),
            K::Yield => self.yields(cursor),
            K::Element => self.element(cursor),
            K::Lambda => Value::Function(self.lambda(cursor)),
            K::Binary => self.binary(cursor),
            K::Unary => self.unary(cursor),
            K::Conditional => self.conditional(cursor),
            K::Assignment => self.assignment(node),
            K::Operator => self.operator_assignment(node),
            K::RescueModifier => self.rescue_modifier(node),
            K::Array | K::RightList => {
                self.to.at.chained = None;
                self.to.at.usage = Usage::Listed;
                Value::Array(self.children(cursor))
            }
            K::Hash => self.hash(cursor),
            K::Pair => {
                let (key, value) = self.pair(cursor);
                Value::Object(vec![(key, value)])
            }
            K::Comment => {
                self.to.comment(node);
                Value::Unknown
            }
            K::If
            | K::Unless
            | K::IfModifier
            | K::UnlessModifier
            | K::Case
            | K::CaseMatch
            | K::Begin
            | K::BodyStatement
            | K::BlockBody
            | K::Then => self.value_of_statement(cursor),
            K::While
            | K::Until
            | K::WhileModifier
            | K::UntilModifier
            | K::For
            | K::Class
            | K::Module
            | K::SingletonClass
            | K::Return
            | K::Next
            | K::Break
            | K::Redo
            | K::Retry => {
                self.statement(cursor);
                Value::Unknown
            }
            K::Method | K::SingletonMethod => self.method(cursor),
            K::HeredocBody => Value::Unknown,
            _ => self.computed(cursor),
        }
    }

    fn computed(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        self.to.at.chained = None;
        Value::Computed(self.children(cursor))
    }

    pub(super) fn children(&mut self, cursor: &mut TreeCursor<'_>) -> Vec<Value> {
        let mut values = Vec::new();
        each(cursor, |cursor| {
            let child = cursor.node();
            match self.kind(child) {
                K::Comment => self.to.comment(child),
                K::HeredocBody => {}
                _ if child.is_named() => {
                    let at = self.to.at;
                    values.push(self.expression(cursor));
                    self.to.at = at;
                }
                _ => {}
            }
        });
        values
    }

    /// `(a)`, and `(a; b)`, whose value is the last one's.
    fn parenthesized(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let mut left = self.count(node).max(1);
        let mut value = Value::Null;
        each(cursor, |cursor| {
            let child = cursor.node();
            if !child.is_named() || self.kind(child) == K::Comment {
                return;
            }
            left = left.saturating_sub(1);
            if left == 0 {
                value = self.expression(cursor);
            } else {
                self.statement(cursor);
            }
        });
        value
    }

    /// `Billing::Invoice`.
    fn scope_resolution(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let mut of = None;
        let mut name = "";
        each(cursor, |cursor| {
            let node = cursor.node();
            if self.field(cursor) == F::Name {
                name = self.to.text(node);
            } else if node.is_named() {
                of = Some(self.expression(cursor));
            }
        });
        match of {
            Some(of) => Builder::member(of, name),
            None => Value::Path(name.into()),
        }
    }

    /// `params[:id]`, `list[0]`, `ENV["X"]`.
    fn element(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let saved = self.to.at;
        let (mut object, mut indices) = (Value::Unknown, Vec::new());
        each(cursor, |cursor| {
            let child = cursor.node();
            match (self.field(cursor), self.kind(child)) {
                (F::Object, _) => {
                    self.to.at.inner = true;
                    self.to.at.chained = None;
                    object = self.expression(cursor);
                }
                (_, K::Comment) => self.to.comment(child),
                (_, K::Block | K::DoBlock) => self.value_of(cursor),
                _ if child.is_named() => {
                    self.to.at.inner = false;
                    self.to.at.chained = None;
                    indices.push(self.expression(cursor));
                }
                _ => {}
            }
            self.to.at = saved;
        });
        let index = match indices.len() {
            1 => indices.pop().unwrap_or_default(),
            _ => Value::Array(indices),
        };
        let of_environment = object.path() == Some("ENV");
        let value = self.to.element(object, index, of_environment, node);
        let optional = !self.to.at.inner && self.to.text(node).contains("&.");
        self.to.access(&value, optional, node);
        value
    }

    fn unary(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let operator = node.child_by_field_name("operator").map_or("", |operator| operator.kind());
        let negates = matches!(operator, "!" | "not");
        self.to.at.chained = None;
        self.to.at.tested |= negates || operator == "defined?";
        let value = self.children(cursor).pop().unwrap_or_default();
        match value {
            value if negates => Value::Not(Box::new(value)),
            Value::Number(_) => Value::Number(self.to.text(node).into()),
            value => Value::Computed(vec![value]),
        }
    }

    fn binary(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let operator = node.child_by_field_name("operator").map_or("", |operator| operator.kind());
        match operator {
            "+" => return self.concatenation(node),
            "%" if node.child_by_field_name("left").is_some_and(|left| self.is_string(left)) => {
                return self.percent(node);
            }
            "<<" => return self.shovel(node),
            _ => {}
        }
        let falls_back = matches!(operator, "||" | "or");
        let both = matches!(operator, "&&" | "and");
        let compares = comparison(operator).is_some();
        let dropped = self.to.at.discarded;
        self.to.at.discarded = false;
        let saved = self.to.at;
        let goes_to = self.to.goes_to.clone();
        let before = self.to.file.env_reads.len();
        let (mut left, mut right) = (Value::Unknown, Value::Unknown);
        each(cursor, |cursor| {
            if !(falls_back || both) {
                self.to.at.chained = None;
            }
            self.to.goes_to.clone_from(&goes_to);
            match self.field(cursor) {
                F::Left => {
                    self.to.at.tested |= compares || falls_back || both;
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
                    // `save or raise`: nobody takes what the second one gives.
                    self.to.at.discarded = dropped && (falls_back || both);
                    right = self.expression(cursor);
                }
                _ => {}
            }
            self.to.at = saved;
        });
        if falls_back {
            for name in variables(&left) {
                self.to.env_fallback(before, &name, right.clone(), node);
            }
        }
        match (falls_back, both, comparison(operator)) {
            (true, ..) => Value::Either(joined(left, right, |value| match value {
                Value::Either(values) => Ok(values),
                other => Err(other),
            })),
            (_, true, _) => Value::All(joined(left, right, |value| match value {
                Value::All(values) => Ok(values),
                other => Err(other),
            })),
            (_, _, Some(comparison)) => Value::Compared(comparison, Box::new((left, right))),
            _ => Value::Computed(vec![left, right]),
        }
    }

    fn is_string(&self, node: Node<'_>) -> bool {
        matches!(self.kind(node), K::String | K::ChainedString | K::HeredocBeginning)
    }

    /// `a ? b : c`.
    fn conditional(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let saved = self.to.at;
        let goes_to = self.to.goes_to.clone();
        let mut dev = false;
        let mut values = Vec::new();
        each(cursor, |cursor| {
            match self.field(cursor) {
                F::Condition => {
                    dev = asks_for_environment(self.to.text(cursor.node()));
                    self.to.start_anew();
                    self.to.at.tested = true;
                    self.expression(cursor);
                }
                F::Consequence | F::Alternative => {
                    self.to.goes_to.clone_from(&goes_to);
                    self.to.at.usage = Usage::Alternative;
                    self.to.at.dev_only |= dev;
                    self.to.at.chained = None;
                    values.push(self.expression(cursor));
                }
                _ => {}
            }
            self.to.at = saved;
        });
        Value::Either(values)
    }

    fn hash(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let saved = self.to.at;
        self.to.at.chained = None;
        self.to.at.usage = Usage::Named;
        let at = self.to.at;
        let mut pairs = Vec::new();
        each(cursor, |cursor| {
            let child = cursor.node();
            self.to.at = at;
            match self.kind(child) {
                K::Pair => pairs.push(self.pair(cursor)),
                K::HashSplat => {
                    let value = self.children(cursor).pop().unwrap_or_default();
                    pairs.push(("...".into(), value));
                }
                K::Comment => self.to.comment(child),
                _ => {}
            }
        });
        self.to.at = saved;
        Value::Object(pairs)
    }

    /// `key: value`, `"key" => value`, and `key:` alone, which stands for a name.
    pub(super) fn pair(&mut self, cursor: &mut TreeCursor<'_>) -> (Box<str>, Value) {
        let mut key: Box<str> = Box::default();
        let mut value = None;
        each(cursor, |cursor| {
            let at = self.to.at;
            match self.field(cursor) {
                F::Key => {
                    key = match self.expression(cursor) {
                        Value::Text(text) | Value::Path(text) => text,
                        Value::Number(number) => number,
                        _ => "[]".into(),
                    };
                }
                F::Value => {
                    self.to.goes_to.clone_from(&key);
                    value = Some(self.expression(cursor));
                }
                _ => {}
            }
            self.to.at = at;
        });
        let value = value.unwrap_or_else(|| Value::Path(key.clone()));
        (key, value)
    }
}

/// `$redis` is `redis`; `$1` and `$!` stay as they are.
pub(super) fn global(text: &str) -> &str {
    text.strip_prefix('$').filter(|name| name.starts_with(|c: char| c.is_alphabetic())).unwrap_or(text)
}

/// `left` and `right`, flat where `left` is a row of the same kind.
fn joined(left: Value, right: Value, flat: fn(Value) -> Result<Vec<Value>, Value>) -> Vec<Value> {
    let mut values = flat(left).unwrap_or_else(|other| vec![other]);
    values.push(right);
    values
}
