//! Python: one walk over the tree, statements here, expressions beside.

mod expression;
mod function;
mod string;

use std::sync::OnceLock;

use tree_sitter::{Node, Tree, TreeCursor};

use super::builder::{Builder, asks_for_environment};
use super::kinds::{Tables, each, names};
use crate::probe::source::code::{Block, Catch, LoopKind, Value};
use crate::probe::source::facts::FileFacts;

names! {
    /// Node kinds that the walk knows.
    K {
        Comment = "comment",
        Import = "import_statement",
        ImportFrom = "import_from_statement",
        FutureImport = "future_import_statement",
        Aliased = "aliased_import",
        Dotted = "dotted_name",
        Wildcard = "wildcard_import",
        Function = "function_definition",
        Decorated = "decorated_definition",
        Decorator = "decorator",
        Class = "class_definition",
        Lambda = "lambda",
        AsyncKeyword = "async",
        Parameters = "parameters",
        LambdaParameters = "lambda_parameters",
        DefaultParameter = "default_parameter",
        TypedParameter = "typed_parameter",
        TypedDefault = "typed_default_parameter",
        If = "if_statement",
        Elif = "elif_clause",
        For = "for_statement",
        While = "while_statement",
        Try = "try_statement",
        Except = "except_clause",
        ExceptGroup = "except_group_clause",
        Finally = "finally_clause",
        Else = "else_clause",
        With = "with_statement",
        WithItem = "with_item",
        AsPattern = "as_pattern",
        AsTarget = "as_pattern_target",
        Return = "return_statement",
        Raise = "raise_statement",
        Break = "break_statement",
        Continue = "continue_statement",
        Pass = "pass_statement",
        ExpressionStatement = "expression_statement",
        Block = "block",
        Assignment = "assignment",
        Augmented = "augmented_assignment",
        Named = "named_expression",
        Call = "call",
        Arguments = "argument_list",
        Keyword = "keyword_argument",
        ListSplat = "list_splat",
        DictSplat = "dictionary_splat",
        Attribute = "attribute",
        Subscript = "subscript",
        Await = "await",
        Parenthesized = "parenthesized_expression",
        Binary = "binary_operator",
        Boolean = "boolean_operator",
        Not = "not_operator",
        Comparison = "comparison_operator",
        Conditional = "conditional_expression",
        String = "string",
        Concatenated = "concatenated_string",
        StringStart = "string_start",
        StringContent = "string_content",
        StringEnd = "string_end",
        Interpolation = "interpolation",
        Integer = "integer",
        Float = "float",
        True = "true",
        False = "false",
        None = "none",
        List = "list",
        Tuple = "tuple",
        Set = "set",
        ExpressionList = "expression_list",
        PatternList = "pattern_list",
        TuplePattern = "tuple_pattern",
        ListPattern = "list_pattern",
        Dictionary = "dictionary",
        Pair = "pair",
        ListComprehension = "list_comprehension",
        SetComprehension = "set_comprehension",
        DictComprehension = "dictionary_comprehension",
        GeneratorExpression = "generator_expression",
        ForIn = "for_in_clause",
        IfClause = "if_clause",
        Identifier = "identifier",
        Type = "type",
        Yield = "yield",
    }
}

names! {
    /// Fields that the walk knows.
    F {
        Name = "name",
        Value = "value",
        Body = "body",
        Condition = "condition",
        Consequence = "consequence",
        Alternative = "alternative",
        Left = "left",
        Right = "right",
        Operator = "operator",
        Parameters = "parameters",
        Function = "function",
        Arguments = "arguments",
        Object = "object",
        Attribute = "attribute",
        Subscript = "subscript",
        Key = "key",
        Definition = "definition",
        Superclasses = "superclasses",
        Expression = "expression",
        Type = "type",
    }
}

type Names = Tables<K, F>;

/// The grammar.
pub(super) fn grammar() -> tree_sitter::Language {
    tree_sitter_python::LANGUAGE.into()
}

fn tables() -> &'static Names {
    static TABLES: OnceLock<Names> = OnceLock::new();
    TABLES.get_or_init(|| Tables::new(&grammar(), K::from_name, F::from_name))
}

/// The facts of a parsed file.
pub(super) fn lower(tree: &Tree, source: &str) -> FileFacts {
    let mut walk = Walk { names: tables(), to: Builder::new(source), decorators: Vec::new() };
    let mut cursor = tree.walk();
    each(&mut cursor, |cursor| walk.statement(cursor));
    walk.to.finish()
}

struct Walk<'s> {
    names: &'static Names,
    to: Builder<'s>,
    /// Decorators that wait for the function that they stand on.
    decorators: Vec<Box<str>>,
}

impl Walk<'_> {
    fn kind(&self, node: Node<'_>) -> K {
        self.names.kind(node, K::Other)
    }

    fn field(&self, cursor: &TreeCursor<'_>) -> F {
        self.names.field(cursor, F::Other)
    }

    fn statement(&mut self, cursor: &mut TreeCursor<'_>) {
        if !self.to.enter() {
            return;
        }
        let node = cursor.node();
        match self.kind(node) {
            K::Comment => self.to.comment(node),
            K::Import => self.import(node),
            K::ImportFrom => self.import_from(node),
            K::Function => {
                self.function(cursor);
            }
            K::Decorated => self.decorated(cursor),
            K::Class => self.class(cursor),
            K::If | K::Elif => self.if_statement(cursor),
            K::For => self.for_statement(cursor),
            K::While => self.while_statement(cursor),
            K::Try => self.try_statement(cursor),
            K::With => each(cursor, |cursor| self.statement(cursor)),
            K::WithItem => self.with_item(cursor),
            K::Return => {
                let mut value = Value::Null;
                each(cursor, |cursor| {
                    if cursor.node().is_named() {
                        let saved = self.to.start_anew();
                        self.to.at.returned = true;
                        value = self.expression(cursor);
                        self.to.at = saved;
                    }
                });
                self.to.returns(value);
            }
            K::Raise => {
                each(cursor, |cursor| self.value_of(cursor));
                self.to.throws();
            }
            K::Break => self.to.leaves(),
            K::Continue => self.to.continues(),
            K::ExpressionStatement => {
                // A string that stands alone is documentation.
                if !matches!(node.named_child(0).map(|child| self.kind(child)), Some(K::String | K::Concatenated)) {
                    each(cursor, |cursor| self.value_of(cursor));
                }
            }
            K::Other | K::Block | K::Else | K::Finally => each(cursor, |cursor| self.statement(cursor)),
            K::Pass | K::FutureImport | K::Type => {}
            _ => self.value_of(cursor),
        }
        self.to.leave();
    }

    /// Reads an expression for what is in it.
    fn value_of(&mut self, cursor: &mut TreeCursor<'_>) {
        if cursor.node().is_named() {
            let saved = self.to.start_anew();
            self.expression(cursor);
            self.to.at = saved;
        }
    }

    fn import(&mut self, node: Node<'_>) {
        let mut walk = node.walk();
        for child in node.named_children(&mut walk) {
            match self.kind(child) {
                K::Dotted => {
                    let module = self.to.text(child);
                    self.to.import(module, node);
                    let local = module.split('.').next().unwrap_or(module);
                    self.to.bind(local, local, "*");
                }
                K::Aliased => {
                    let (Some(name), Some(alias)) =
                        (child.child_by_field_name("name"), child.child_by_field_name("alias"))
                    else {
                        continue;
                    };
                    self.to.import(self.to.text(name), node);
                    self.to.bind(self.to.text(alias), self.to.text(name), "*");
                }
                _ => {}
            }
        }
    }

    fn import_from(&mut self, node: Node<'_>) {
        let Some(source) = node.child_by_field_name("module_name") else { return };
        let module = self.to.text(source);
        self.to.import(module, node);
        let mut walk = node.walk();
        for child in node.named_children(&mut walk).filter(|child| child.id() != source.id()) {
            match self.kind(child) {
                K::Dotted => {
                    let name = self.to.text(child);
                    self.to.bind(name, module, name);
                }
                K::Aliased => {
                    if let (Some(name), Some(alias)) =
                        (child.child_by_field_name("name"), child.child_by_field_name("alias"))
                    {
                        self.to.bind(self.to.text(alias), module, self.to.text(name));
                    }
                }
                K::Wildcard => self.to.bind("*", module, "*"),
                _ => {}
            }
        }
    }

    fn if_statement(&mut self, cursor: &mut TreeCursor<'_>) {
        let saved = self.to.at;
        let (mut reads, mut condition) = (0..0, Value::Unknown);
        each(cursor, |cursor| match self.field(cursor) {
            F::Condition => {
                let dev = asks_for_environment(self.to.text(cursor.node()));
                let at = self.to.start_anew();
                self.to.at.tested = true;
                let before = self.to.file.env_reads.len();
                condition = self.expression(cursor);
                reads = before..self.to.file.env_reads.len();
                self.to.at = at;
                self.to.at.dev_only |= dev;
            }
            F::Consequence => {
                let block = self.to.open_block();
                self.statement(cursor);
                // What is missing ends the program here: it cannot go on without it.
                if self.to.close_block(block, 0, (0, 0)).throws {
                    self.to.require(reads.clone(), &condition);
                }
            }
            _ => self.statement(cursor),
        });
        self.to.at = saved;
    }

    fn for_statement(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        let saved = self.to.at;
        let (mut kind, mut over, mut names) = (LoopKind::Each, Value::Unknown, Vec::new());
        let mut head_end = node.end_byte();
        each(cursor, |cursor| {
            let child = cursor.node();
            match (self.field(cursor), self.kind(child)) {
                (_, K::AsyncKeyword) => kind = LoopKind::Stream,
                (F::Left, _) => names = self.names_in(child),
                (F::Right, _) => {
                    let at = self.to.start_anew();
                    over = self.expression(cursor);
                    self.to.at = at;
                    head_end = child.end_byte();
                }
                (F::Body, _) => {
                    let head = self.to.source.get(node.start_byte()..head_end).unwrap_or("");
                    let place = self.to.place(node);
                    let id =
                        self.to.open_loop(kind, std::mem::take(&mut over), std::mem::take(&mut names), head, place);
                    self.loop_body(cursor, id);
                }
                _ => self.statement(cursor),
            }
            self.to.at = saved;
        });
    }

    fn while_statement(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        let saved = self.to.at;
        each(cursor, |cursor| {
            match self.field(cursor) {
                F::Condition => self.value_of(cursor),
                F::Body => {
                    let head = node.child_by_field_name("condition").map_or("", |condition| self.to.text(condition));
                    let place = self.to.place(node);
                    let id = self.to.open_loop(LoopKind::While, Value::Unknown, Vec::new(), head, place);
                    self.loop_body(cursor, id);
                }
                _ => self.statement(cursor),
            }
            self.to.at = saved;
        });
    }

    fn loop_body(&mut self, cursor: &mut TreeCursor<'_>, id: u32) {
        let block = self.to.open_block();
        self.to.at.in_loop = Some(id);
        self.statement(cursor);
        let block = self.to.close_block(block, 0, (0, 0));
        if let Some(found) = self.to.loop_mut(id) {
            found.leaves = block.leaves;
            found.assignments = block.assignments;
        }
    }

    fn try_statement(&mut self, cursor: &mut TreeCursor<'_>) {
        let saved = self.to.at;
        let node = cursor.node();
        let mut walk = node.walk();
        let has_handler =
            node.named_children(&mut walk).any(|child| matches!(self.kind(child), K::Except | K::ExceptGroup));
        let mut tried = Block::default();
        each(cursor, |cursor| {
            let child = cursor.node();
            match (self.field(cursor), self.kind(child)) {
                (F::Body, _) => {
                    let block = self.to.open_block();
                    self.to.at.in_try |= has_handler;
                    self.statement(cursor);
                    tried = self.to.close_block(block, statements(child), lines(child));
                    self.to.at = saved;
                }
                (_, K::Except | K::ExceptGroup) => self.except(cursor, tried.clone()),
                _ => self.statement(cursor),
            }
        });
    }

    fn except(&mut self, cursor: &mut TreeCursor<'_>, tried: Block) {
        let node = cursor.node();
        let place = self.to.place(node);
        let mut types: Vec<Box<str>> = Vec::new();
        let mut handler = Block::default();
        each(cursor, |cursor| {
            let child = cursor.node();
            match self.kind(child) {
                K::Block => {
                    let block = self.to.open_block();
                    self.statement(cursor);
                    handler = self.to.close_block(block, statements(child), lines(node));
                }
                K::Comment => self.to.comment(child),
                _ if child.is_named() => {
                    let text = self.to.text(child);
                    let text = text.split(" as ").next().unwrap_or(text);
                    let names = text.split([',', '(', ')']).map(str::trim).filter(|name| !name.is_empty());
                    types.extend(names.map(Into::into));
                }
                _ => {}
            }
        });
        let (function, in_loop) = (self.to.at.function, self.to.at.in_loop);
        self.to.file.catches.push(Catch { place, function, types, tried, handler, in_loop });
    }

    fn with_item(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        each(cursor, |cursor| {
            if !cursor.node().is_named() {
                return;
            }
            if self.kind(cursor.node()) != K::AsPattern {
                self.value_of(cursor);
                return;
            }
            let mut value = Value::Unknown;
            each(cursor, |cursor| {
                let child = cursor.node();
                if self.kind(child) == K::AsTarget {
                    let target = self.to.text(child);
                    self.to.assign(target, std::mem::take(&mut value), false, node);
                } else if child.is_named() {
                    let saved = self.to.start_anew();
                    value = self.expression(cursor);
                    self.to.at = saved;
                }
            });
        });
    }
}

/// How many statements a block holds directly, comments left out.
fn statements(block: Node<'_>) -> u32 {
    let mut cursor = block.walk();
    let count = block.named_children(&mut cursor).filter(|child| !child.is_extra()).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The first and last line of a node.
fn lines(node: Node<'_>) -> (u32, u32) {
    let line = |row: usize| u32::try_from(row).unwrap_or(u32::MAX).saturating_add(1);
    (line(node.start_position().row), line(node.end_position().row))
}
