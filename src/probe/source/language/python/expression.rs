//! Expressions.

use tree_sitter::{Node, TreeCursor};

use super::super::builder::Builder;
use super::super::environment::asks_for_environment;
use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::{Argument, Comparison, LoopKind, Value};
use crate::probe::source::facts::Usage;

fn is_environment(path: &str) -> bool {
    matches!(path, "os.environ" | "environ")
}

fn comparison(operator: &str) -> Option<Comparison> {
    Some(match operator {
        "==" | "is" => Comparison::Equal,
        "!=" | "is not" => Comparison::NotEqual,
        "<" | ">" | "<=" | ">=" => Comparison::Order,
        "in" => Comparison::In,
        "not in" => Comparison::NotIn,
        _ => return None,
    })
}

impl Walk<'_> {
    /// Any expression.
    pub(super) fn any_expression(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let kind = self.kind(node);
        if !matches!(kind, K::Attribute | K::Subscript | K::Parenthesized) {
            self.to.at.inner = false;
        }
        if !matches!(kind, K::Call | K::Await | K::Parenthesized) {
            self.to.at.discarded = false;
            self.to.at.managed = false;
        }
        match kind {
            K::Identifier | K::Dotted => Value::Path(self.to.text(node).into()),
            K::String => self.string(cursor),
            K::Concatenated => self.side_by_side(cursor),
            K::Integer | K::Float => Value::Number(self.to.text(node).into()),
            K::True => Value::Bool(true),
            K::False => Value::Bool(false),
            K::None => Value::Null,
            K::Parenthesized => self.last_child(cursor),
            K::Await => {
                self.to.at.awaited = true;
                self.last_child(cursor)
            }
            K::Attribute => self.attribute(cursor),
            K::Subscript => self.subscript(cursor),
            K::Call => self.call(cursor),
            K::Lambda => Value::Function(self.lambda(cursor)),
            K::Boolean => self.boolean(cursor),
            K::Not => {
                self.to.at.tested = true;
                self.to.at.chained = None;
                Value::Not(Box::new(self.last_child(cursor)))
            }
            K::Comparison => self.comparison(cursor),
            K::Conditional => self.conditional(cursor),
            K::Binary => match node.child_by_field_name("operator").map_or("", |operator| operator.kind()) {
                "+" => self.concatenation(node),
                "%" => self.percent(node),
                _ => self.computed(cursor),
            },
            K::Assignment | K::Augmented => self.assignment(cursor),
            K::Named => {
                let (Some(name), Some(value)) = (node.child_by_field_name("name"), node.child_by_field_name("value"))
                else {
                    return Value::Unknown;
                };
                let value = self.named_value(value, name);
                let target = self.to.text(name);
                self.to.assign(target, value.clone(), false, node);
                value
            }
            K::List | K::Tuple | K::Set | K::ExpressionList => {
                self.to.at.chained = None;
                self.to.at.awaited = false;
                self.to.at.usage = Usage::Listed;
                Value::Array(self.children(cursor))
            }
            K::Dictionary => self.dictionary(cursor),
            K::ListComprehension | K::SetComprehension | K::DictComprehension | K::GeneratorExpression => {
                self.comprehension(cursor)
            }
            K::Comment => {
                self.to.comment(node);
                Value::Unknown
            }
            K::Type => Value::Unknown,
            K::If | K::For | K::While | K::Try | K::With | K::Function | K::Class | K::Block | K::Return => {
                self.statement(cursor);
                Value::Unknown
            }
            _ => self.computed(cursor),
        }
    }

    fn computed(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        self.to.at.chained = None;
        self.to.at.awaited = false;
        Value::Computed(self.children(cursor))
    }

    fn attribute(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let (mut object, mut name) = (Value::Unknown, "");
        each(cursor, |cursor| match self.field(cursor) {
            F::Object => {
                let at = self.to.at;
                self.to.at.inner = true;
                object = self.expression(cursor);
                self.to.at = at;
            }
            F::Attribute => name = self.to.text(cursor.node()),
            _ => {}
        });
        let value = Builder::member(object, name);
        self.to.access(&value, false, node);
        value
    }

    fn subscript(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let (mut object, mut index) = (Value::Unknown, Value::Unknown);
        each(cursor, |cursor| match self.field(cursor) {
            F::Value => {
                let at = self.to.at;
                self.to.at.inner = true;
                object = self.expression(cursor);
                self.to.at = at;
            }
            F::Subscript => {
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
        self.to.access(&value, false, node);
        value
    }

    /// `a or b`, `a and b`.
    fn boolean(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let falls_back = node.child_by_field_name("operator").is_some_and(|operator| operator.kind() == "or");
        let before = self.to.file.env_reads.len();
        let saved = self.to.at;
        let (mut left, mut right) = (Value::Unknown, Value::Unknown);
        each(cursor, |cursor| {
            match self.field(cursor) {
                F::Left => {
                    self.to.at.tested = true;
                    left = self.expression(cursor);
                }
                F::Right => {
                    if falls_back {
                        self.to.at.usage = Usage::Alternative;
                    }
                    right = self.expression(cursor);
                }
                _ => {}
            }
            self.to.at = saved;
        });
        if falls_back && let Value::Env(name) = &left {
            let name = name.clone();
            self.to.env_fallback(before, &name, right.clone(), node);
        }
        if falls_back { Value::Either(vec![left, right]) } else { Value::All(vec![left, right]) }
    }

    /// Membership is kept as a call of `in`: rules look for allow lists.
    fn comparison(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        self.to.at.tested = true;
        self.to.at.chained = None;
        self.to.at.awaited = false;
        self.to.at.usage = Usage::Compared;
        let mut walk = node.walk();
        let membership = node.children(&mut walk).any(|child| matches!(child.kind(), "in" | "not in"));
        let id = membership.then(|| self.to.open_call(node));
        let values = self.children(cursor);
        if let Some(call) = id.and_then(|id| self.to.call(id)) {
            call.callee = "in".into();
            call.arguments =
                values.iter().map(|value| Argument { value: value.clone(), ..Argument::default() }).collect();
        }
        let mut walk = node.walk();
        let operator = node.children(&mut walk).find(|child| !child.is_named()).map_or("", |child| child.kind());
        match (comparison(operator), <[Value; 2]>::try_from(values)) {
            (Some(comparison), Ok([left, right])) => Value::Compared(comparison, Box::new((left, right))),
            (_, Ok(values)) => Value::Computed(values.into()),
            (_, Err(values)) => Value::Computed(values),
        }
    }

    /// `a if condition else b`.
    fn conditional(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let saved = self.to.at;
        let dev = node.named_child(1).is_some_and(|c| asks_for_environment(self.to.text(c)));
        let mut values = Vec::new();
        let mut place = 0;
        each(cursor, |cursor| {
            if !cursor.node().is_named() {
                return;
            }
            if place == 1 {
                self.to.start_anew();
                self.to.at.tested = true;
                self.expression(cursor);
            } else {
                self.to.at.usage = Usage::Alternative;
                self.to.at.dev_only |= dev;
                values.push(self.expression(cursor));
            }
            place += 1;
            self.to.at = saved;
        });
        Value::Either(values)
    }

    fn named_value(&mut self, node: Node<'_>, target: Node<'_>) -> Value {
        let saved = self.to.start_anew();
        self.to.goes_to = self.to.text(target).chars().take(100).collect::<String>().into();
        self.to.at.usage = Usage::Named;
        let value = self.expression(&mut node.walk());
        self.to.at = saved;
        value
    }

    fn assignment(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let Some(left) = node.child_by_field_name("left") else { return Value::Unknown };
        let Some(right) = node.child_by_field_name("right") else { return Value::Unknown };
        let appends = self.kind(node) == K::Augmented;
        let value = self.named_value(right, left);
        match self.kind(left) {
            K::PatternList | K::TuplePattern | K::ListPattern => {
                let mut walk = left.walk();
                let targets: Vec<Node<'_>> = left.named_children(&mut walk).collect();
                for (place, target) in targets.into_iter().enumerate() {
                    let element = match &value {
                        Value::Array(items) => items.get(place).cloned().unwrap_or_default(),
                        other => Value::Index(Box::new((other.clone(), Value::Number(place.to_string().into())))),
                    };
                    self.to.assign(self.to.text(target), element, false, node);
                }
            }
            K::Identifier => {
                self.to.assign(self.to.text(left), value.clone(), appends, node);
                if let Some(kind) = node.child_by_field_name("type") {
                    self.to.annotate(self.to.text(kind));
                }
            }
            _ => {
                let saved = self.to.start_anew();
                self.to.at.tested = true;
                let target = self.expression(&mut left.walk());
                self.to.at = saved;
                let (target, _) = self.to.callee(&target);
                self.to.assign(&target, value.clone(), appends, node);
            }
        }
        value
    }

    fn dictionary(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let saved = self.to.at;
        self.to.at.chained = None;
        self.to.at.awaited = false;
        self.to.at.usage = Usage::Named;
        let at = self.to.at;
        let mut pairs = Vec::new();
        each(cursor, |cursor| {
            let child = cursor.node();
            self.to.at = at;
            match self.kind(child) {
                K::Pair => {
                    let mut key: Box<str> = Box::default();
                    each(cursor, |cursor| match self.field(cursor) {
                        F::Key => {
                            key = match self.expression(cursor) {
                                Value::Text(text) => text,
                                Value::Path(path) => path,
                                _ => "[]".into(),
                            };
                        }
                        F::Value => {
                            self.to.goes_to.clone_from(&key);
                            let value = self.expression(cursor);
                            pairs.push((key.clone(), value));
                        }
                        _ => {}
                    });
                }
                K::DictSplat => {
                    let value = self.last_child(cursor);
                    pairs.push(("...".into(), value));
                }
                K::Comment => self.to.comment(child),
                _ => {}
            }
        });
        self.to.at = saved;
        Value::Object(pairs)
    }

    /// The body stands before the clauses that make it go round.
    fn comprehension(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let saved = self.to.at;
        self.to.at.chained = None;
        self.to.at.awaited = false;
        let mut walk = node.walk();
        let clauses: Vec<Node<'_>> =
            node.named_children(&mut walk).filter(|child| self.kind(*child) == K::ForIn).collect();
        for clause in clauses {
            let (Some(left), Some(right)) = (clause.child_by_field_name("left"), clause.child_by_field_name("right"))
            else {
                continue;
            };
            let at = self.to.start_anew();
            let over = self.expression(&mut right.walk());
            self.to.at = at;
            let names = self.names_in(left);
            let place = self.to.place(clause);
            let kind =
                if self.to.text(clause).starts_with("async") { LoopKind::Stream } else { LoopKind::Comprehension };
            let id = self.to.open_loop(kind, over, names, self.to.text(clause), place);
            self.to.at.in_loop = Some(id);
        }
        let mut values = Vec::new();
        let at = self.to.at;
        each(cursor, |cursor| {
            let child = cursor.node();
            if child.is_named() && !matches!(self.kind(child), K::ForIn | K::Comment) {
                values.push(self.expression(cursor));
                self.to.at = at;
            }
        });
        self.to.at = saved;
        Value::Computed(values)
    }
}
