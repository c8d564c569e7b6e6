//! Expressions.

use tree_sitter::TreeCursor;

use super::super::builder::Builder;
use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::{Argument, Comparison, Value};
use crate::probe::source::facts::Usage;

fn comparison(operator: &str) -> Option<Comparison> {
    Some(match operator {
        "==" | "===" => Comparison::Equal,
        "!=" | "!==" | "<>" => Comparison::NotEqual,
        "<" | ">" | "<=" | ">=" | "<=>" => Comparison::Order,
        "instanceof" => Comparison::In,
        _ => return None,
    })
}

/// What servers set themselves stands beside the environment in `$_SERVER`.
fn is_of_the_environment(name: &str) -> bool {
    const SET_BY_SERVERS: [&str; 13] = [
        "HTTP", "REQUEST", "REMOTE", "SERVER", "SCRIPT", "PHP", "DOCUMENT", "QUERY", "PATH", "CONTENT", "GATEWAY",
        "REDIRECT", "AUTH",
    ];
    name.split_once('_').is_some_and(|(first, _)| !SET_BY_SERVERS.contains(&first))
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        && name != "ORIG_PATH_INFO"
        && name != "UNIQUE_ID"
}

impl Walk<'_> {
    /// Any expression.
    pub(super) fn any_expression(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let kind = self.kind(node);
        if !matches!(kind, K::Closure | K::Arrow | K::Parenthesized | K::Conditional) {
            self.to.name = None;
        }
        if !matches!(kind, K::Member | K::NullsafeMember | K::StaticMember | K::Subscript | K::Parenthesized) {
            self.to.at.inner = false;
        }
        let calls = matches!(kind, K::Call | K::MemberCall | K::NullsafeCall | K::StaticCall | K::New);
        if !calls && !matches!(kind, K::Parenthesized | K::ErrorSuppression) {
            self.to.at.discarded = false;
        }
        match kind {
            K::Variable => Value::Path(self.variable(node).into()),
            K::Name | K::Qualified | K::Relative | K::RelativeScope => self.scope(node),
            K::String => {
                let value = Value::Text(self.single_quoted(node));
                self.to.keep_string(&value, node);
                value
            }
            K::Encapsed | K::Heredoc => self.interpolated(cursor),
            K::Nowdoc => self.nowdoc(node),
            K::Shell => self.shell_command(cursor),
            K::Integer | K::Float => Value::Number(self.to.text(node).into()),
            K::Boolean => Value::Bool(self.to.text(node).eq_ignore_ascii_case("true")),
            K::Null => Value::Null,
            K::Parenthesized | K::ErrorSuppression | K::Clone | K::ByRef | K::Unpacking => self.last_child(cursor),
            K::Member | K::NullsafeMember | K::StaticMember => self.member(cursor),
            K::ClassConstant => self.class_constant(cursor),
            K::Subscript => self.subscript(cursor),
            K::Call | K::MemberCall | K::NullsafeCall | K::StaticCall | K::New => self.call(cursor),
            K::Closure | K::Arrow => Value::Function(self.function(cursor, None)),
            K::Binary => self.binary(cursor),
            K::Unary => self.unary(cursor),
            K::Cast => self.cast(cursor),
            K::Conditional => self.conditional(cursor),
            K::Match => self.match_expression(cursor),
            K::Assignment | K::ReferenceAssignment | K::Augmented => self.assignment(cursor),
            K::Array | K::ListLiteral => self.array(cursor),
            K::Throw => {
                each(cursor, |cursor| self.value_of(cursor));
                self.to.throws();
                Value::Unknown
            }
            K::Print => self.language_call(cursor, "print"),
            K::Include | K::IncludeOnce | K::Require | K::RequireOnce => self.require(cursor),
            K::Comment => {
                self.to.comment(node);
                Value::Unknown
            }
            // Statements that stand where an expression was looked for, in broken code.
            K::If | K::For | K::Foreach | K::While | K::Do | K::Try | K::Return | K::Compound | K::Class => {
                self.statement(cursor);
                Value::Unknown
            }
            _ => self.computed(cursor),
        }
    }

    fn computed(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        self.to.at.chained = None;
        let mut values = Vec::new();
        each(cursor, |cursor| {
            if self.is_operand(cursor.node()) {
                let at = self.to.at;
                values.push(self.expression(cursor));
                self.to.at = at;
            }
        });
        Value::Computed(values)
    }

    pub(super) fn last_child(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let mut value = Value::Unknown;
        each(cursor, |cursor| {
            if self.is_operand(cursor.node()) {
                value = self.expression(cursor);
            }
        });
        value
    }

    /// `$a->b`, `$a?->b`, `A::$b`.
    fn member(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let saved = self.to.at;
        let mut value = Value::Unknown;
        each(cursor, |cursor| match self.field(cursor) {
            F::Object | F::Scope => {
                self.to.at.returned = false;
                self.to.at.inner = true;
                value = self.expression(cursor);
                self.to.at = saved;
            }
            F::Name => value = self.named_member(cursor, std::mem::take(&mut value)),
            _ => {}
        });
        self.to.access(&value, self.kind(node) == K::NullsafeMember, node);
        value
    }

    /// What stands under the name at the cursor, which may be chosen at run time: `$a->$b`.
    pub(super) fn named_member(&mut self, cursor: &mut TreeCursor<'_>, object: Value) -> Value {
        let node = cursor.node();
        match self.kind(node) {
            K::Name => Builder::member(object, self.to.text(node)),
            // `A::$b` is a member of `A` like any other.
            K::Variable if cursor.node().parent().is_some_and(|parent| self.kind(parent) == K::StaticMember) => {
                Builder::member(object, self.variable(node))
            }
            _ => {
                let at = self.to.at;
                self.to.at.inner = false;
                self.to.at.chained = None;
                let index = self.expression(cursor);
                self.to.at = at;
                Value::Index(Box::new((object, index)))
            }
        }
    }

    /// `A::B`.
    fn class_constant(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let mut value: Option<Value> = None;
        each(cursor, |cursor| {
            let node = cursor.node();
            if !self.is_operand(node) {
                return;
            }
            value = Some(match value.take() {
                Some(of) => Builder::member(of, self.to.text(node)),
                None => self.expression(cursor),
            });
        });
        value.unwrap_or_default()
    }

    /// `$a['b']`, `$a[0]`, `$a[]`.
    fn subscript(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let saved = self.to.at;
        let (mut object, mut index) = (None, None);
        each(cursor, |cursor| {
            let child = cursor.node();
            if !self.is_operand(child) {
                return;
            }
            if object.is_none() {
                self.to.at.inner = true;
                object = Some(self.expression(cursor));
            } else {
                self.to.at.inner = false;
                self.to.at.chained = None;
                // In a string a key stands without quotes: `"$a[b]"`.
                let bare = self.to.at.in_join && self.kind(child) == K::Name;
                index = Some(if bare { Value::Text(self.to.text(child).into()) } else { self.expression(cursor) });
            }
            self.to.at = saved;
        });
        let object = object.unwrap_or_default();
        let Some(index) = index else { return Value::Index(Box::new((object, Value::Unknown))) };
        let of_environment = match (object.path(), index.text()) {
            (Some("_ENV"), _) => true,
            (Some("_SERVER"), Some(name)) => is_of_the_environment(name),
            _ => false,
        };
        let value = self.to.element(object, index, of_environment, node);
        self.to.access(&value, false, node);
        value
    }

    fn binary(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let operator = node.child_by_field_name("operator").map_or("", |operator| operator.kind());
        if operator == "." {
            return self.concatenation(node);
        }
        let compares = comparison(operator).is_some();
        let falls_back = matches!(operator, "??" | "||" | "or");
        let all = matches!(operator, "&&" | "and");
        let goes_to = self.to.goes_to.clone();
        let saved = self.to.at;
        if !falls_back && !all {
            self.to.at.chained = None;
        }
        let before = self.to.file.env_reads.len();
        let (mut left, mut right) = (Value::Unknown, Value::Unknown);
        each(cursor, |cursor| {
            let at = self.to.at;
            self.to.goes_to.clone_from(&goes_to);
            match self.field(cursor) {
                F::Left => {
                    self.to.at.tested |= compares || falls_back || all;
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
                    right = self.expression(cursor);
                }
                _ => {}
            }
            self.to.at = at;
        });
        self.to.at = saved;
        if falls_back && let Value::Env(name) = &left {
            let name = name.clone();
            self.to.env_fallback(before, &name, right.clone(), node);
        }
        match comparison(operator) {
            _ if falls_back => Value::Either(vec![left, right]),
            _ if all => Value::All(vec![left, right]),
            Some(comparison) => Value::Compared(comparison, Box::new((left, right))),
            None => Value::Computed(vec![left, right]),
        }
    }

    fn unary(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let text = self.to.text(cursor.node());
        let negates = text.starts_with('!');
        self.to.at.tested |= negates;
        self.to.at.chained = None;
        match self.last_child(cursor) {
            value if negates => Value::Not(Box::new(value)),
            Value::Number(number) if text.starts_with('-') => Value::Number(format!("-{number}").into()),
            value => Value::Computed(vec![value]),
        }
    }

    /// `(int) $a` is kept as a call of `int`, as it is written in other languages; `(string) $a` is `$a`.
    fn cast(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let written = node.child_by_field_name("type").map_or("", |kind| self.to.text(kind)).to_ascii_lowercase();
        let name = match written.as_str() {
            "int" | "integer" => "int",
            "float" | "double" | "real" => "float",
            "bool" | "boolean" => "bool",
            _ => "",
        };
        let id = (!name.is_empty()).then(|| self.to.open_call(node));
        let saved = self.to.at;
        if id.is_some() {
            self.to.start_anew();
            self.to.at.argument_of = id;
        }
        let mut value = Value::Unknown;
        each(cursor, |cursor| {
            if self.field(cursor) == F::Value {
                value = self.expression(cursor);
            }
        });
        self.to.at = saved;
        let Some(id) = id else { return value };
        // The default of a variable that is made a number or a truth value stays one.
        if matches!(value, Value::Env(_)) {
            return value;
        }
        if let Some(call) = self.to.call(id) {
            call.callee = name.into();
            call.arguments = vec![Argument { value, ..Argument::default() }];
        }
        Value::Call(id)
    }
}
