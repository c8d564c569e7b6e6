//! JavaScript, TypeScript and TSX: one walk over the tree, statements here, the rest in the files beside.

mod call;
mod expression;
mod function;
mod module;
mod pattern;

use std::sync::OnceLock;

use tree_sitter::{Node, Tree, TreeCursor};

use super::builder::{Builder, asks_for_environment};
use super::kinds::{Tables, each, names};
use crate::probe::source::code::{Catch, LoopKind, Value};
use crate::probe::source::facts::{FileFacts, Language};

names! {
    /// Node kinds that the walk knows.
    K {
        Program = "program",
        Comment = "comment",
        Import = "import_statement",
        Export = "export_statement",
        Lexical = "lexical_declaration",
        Variables = "variable_declaration",
        Declarator = "variable_declarator",
        FunctionDeclaration = "function_declaration",
        GeneratorDeclaration = "generator_function_declaration",
        FunctionExpression = "function_expression",
        Generator = "generator_function",
        Arrow = "arrow_function",
        Method = "method_definition",
        ClassDeclaration = "class_declaration",
        AbstractClass = "abstract_class_declaration",
        Class = "class",
        Field = "field_definition",
        PublicField = "public_field_definition",
        If = "if_statement",
        For = "for_statement",
        ForIn = "for_in_statement",
        While = "while_statement",
        Do = "do_statement",
        Try = "try_statement",
        CatchClause = "catch_clause",
        Return = "return_statement",
        Throw = "throw_statement",
        Break = "break_statement",
        Continue = "continue_statement",
        ExpressionStatement = "expression_statement",
        Call = "call_expression",
        New = "new_expression",
        MemberExpression = "member_expression",
        Subscript = "subscript_expression",
        Await = "await_expression",
        Parenthesized = "parenthesized_expression",
        Binary = "binary_expression",
        Ternary = "ternary_expression",
        Unary = "unary_expression",
        Assignment = "assignment_expression",
        Augmented = "augmented_assignment_expression",
        Template = "template_string",
        Substitution = "template_substitution",
        Fragment = "string_fragment",
        Escape = "escape_sequence",
        String = "string",
        Number = "number",
        True = "true",
        False = "false",
        Null = "null",
        Undefined = "undefined",
        Object = "object",
        Pair = "pair",
        Shorthand = "shorthand_property_identifier",
        ShorthandPattern = "shorthand_property_identifier_pattern",
        PairPattern = "pair_pattern",
        ObjectPattern = "object_pattern",
        ArrayPattern = "array_pattern",
        ObjectDefault = "object_assignment_pattern",
        Default = "assignment_pattern",
        Rest = "rest_pattern",
        Spread = "spread_element",
        Array = "array",
        As = "as_expression",
        Satisfies = "satisfies_expression",
        NonNull = "non_null_expression",
        TypeAssertion = "type_assertion",
        Instantiation = "instantiation_expression",
        Identifier = "identifier",
        PropertyIdentifier = "property_identifier",
        PrivateIdentifier = "private_property_identifier",
        This = "this",
        Super = "super",
        ImportKeyword = "import",
        Meta = "meta_property",
        Yield = "yield_expression",
        Sequence = "sequence_expression",
        Regex = "regex",
        JsxElement = "jsx_element",
        JsxSelfClosing = "jsx_self_closing_element",
        JsxFragment = "jsx_fragment",
        JsxText = "jsx_text",
        Decorator = "decorator",
        RequiredParameter = "required_parameter",
        OptionalParameter = "optional_parameter",
        ImportClause = "import_clause",
        NamedImports = "named_imports",
        ImportSpecifier = "import_specifier",
        NamespaceImport = "namespace_import",
        ExportClause = "export_clause",
        ExportSpecifier = "export_specifier",
        NamespaceExport = "namespace_export",
        Block = "statement_block",
        ClassBody = "class_body",
        ComputedName = "computed_property_name",
        AsyncKeyword = "async",
        AwaitKeyword = "await",
        Star = "*",
        Interface = "interface_declaration",
        TypeAlias = "type_alias_declaration",
        TypeAnnotation = "type_annotation",
        TypeArguments = "type_arguments",
        TypeParameters = "type_parameters",
        Ambient = "ambient_declaration",
        Signature = "function_signature",
        AbstractSignature = "abstract_method_signature",
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
        Initializer = "initializer",
        Increment = "increment",
        Left = "left",
        Right = "right",
        Operator = "operator",
        Handler = "handler",
        Finalizer = "finalizer",
        Parameter = "parameter",
        Parameters = "parameters",
        ReturnType = "return_type",
        Function = "function",
        Constructor = "constructor",
        Arguments = "arguments",
        Object = "object",
        Property = "property",
        Index = "index",
        Key = "key",
        Argument = "argument",
        Source = "source",
        Alias = "alias",
        Declaration = "declaration",
        Pattern = "pattern",
        Type = "type",
        Decorator = "decorator",
    }
}

type Names = Tables<K, F>;

fn tables(language: Language) -> &'static Names {
    static TABLES: [OnceLock<Names>; 3] = [OnceLock::new(), OnceLock::new(), OnceLock::new()];
    let [javascript, typescript, tsx] = &TABLES;
    let (slot, grammar): (_, fn() -> tree_sitter::Language) = match language {
        Language::TypeScript => (typescript, super::typescript::grammar),
        Language::Tsx => (tsx, super::tsx::grammar),
        Language::JavaScript | Language::Python => (javascript, super::javascript::grammar),
    };
    slot.get_or_init(|| Tables::new(&grammar(), K::from_name, F::from_name))
}

/// The facts of a parsed file.
pub(super) fn lower(tree: &Tree, language: Language, source: &str) -> FileFacts {
    let mut walk = Walk { names: tables(language), to: Builder::new(source), decorators: Vec::new() };
    let mut cursor = tree.walk();
    walk.directives(tree.root_node());
    each(&mut cursor, |cursor| walk.statement(cursor));
    walk.to.finish()
}

struct Walk<'s> {
    names: &'static Names,
    to: Builder<'s>,
    /// Decorators that wait for the method that they stand on.
    decorators: Vec<Box<str>>,
}

impl Walk<'_> {
    fn kind(&self, node: Node<'_>) -> K {
        self.names.kind(node, K::Other)
    }

    fn field(&self, cursor: &TreeCursor<'_>) -> F {
        self.names.field(cursor, F::Other)
    }

    /// The directives at the head of a file or function.
    fn directives(&mut self, block: Node<'_>) {
        for found in self.directives_of(block) {
            self.to.file.directives.push(found);
        }
    }

    fn directives_of(&self, block: Node<'_>) -> Vec<Box<str>> {
        let mut cursor = block.walk();
        let mut found = Vec::new();
        for child in block.named_children(&mut cursor) {
            match self.kind(child) {
                K::Comment => {}
                K::ExpressionStatement if self.to.text(child).starts_with(['"', '\'']) => {
                    found.push(self.to.text(child).trim_end_matches(';').trim_matches(['"', '\'']).into());
                }
                _ => break,
            }
        }
        found
    }

    fn statement(&mut self, cursor: &mut TreeCursor<'_>) {
        if !self.to.enter() {
            return;
        }
        let node = cursor.node();
        match self.kind(node) {
            K::Comment => self.to.comment(node),
            K::Import => self.import(node),
            K::Export => self.export(cursor),
            K::FunctionDeclaration | K::GeneratorDeclaration => {
                let saved = self.to.start_anew();
                self.function(cursor, None);
                self.to.at = saved;
            }
            K::ClassDeclaration | K::AbstractClass | K::Class => self.class(cursor),
            K::If => self.if_statement(cursor),
            K::For | K::ForIn | K::While | K::Do => self.loop_statement(cursor),
            K::Try => self.try_statement(cursor),
            K::Return => {
                let mut value = Value::Null;
                each(cursor, |cursor| {
                    if cursor.node().is_named() {
                        value = self.returned(cursor);
                    }
                });
                self.to.returns(value);
            }
            K::Throw => {
                each(cursor, |cursor| self.value_of(cursor));
                self.to.throws();
            }
            K::Break => self.to.leaves(),
            K::Continue => self.to.continues(),
            K::Declarator => self.declarator(cursor),
            K::Interface
            | K::TypeAlias
            | K::TypeAnnotation
            | K::TypeArguments
            | K::TypeParameters
            | K::Ambient
            | K::Signature
            | K::AbstractSignature => {}
            K::Other
            | K::Program
            | K::Block
            | K::Lexical
            | K::Variables
            | K::ClassBody
            | K::ExpressionStatement
            | K::Parenthesized => {
                each(cursor, |cursor| self.statement(cursor));
            }
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

    /// Reads an expression whose result is given back.
    fn returned(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let saved = self.to.start_anew();
        self.to.at.returned = true;
        let value = self.expression(cursor);
        self.to.at = saved;
        value
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

    fn loop_statement(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        let kind = self.kind(node);
        let saved = self.to.at;
        let body_start = node.child_by_field_name("body").map_or(node.end_byte(), |body| body.start_byte());
        let head = if kind == K::Do { "" } else { self.to.source.get(node.start_byte()..body_start).unwrap_or("") };
        let (mut stream, mut over, mut pattern) = (false, Value::Unknown, None);
        let mut opened = None;
        each(cursor, |cursor| {
            let child = cursor.node();
            match (self.field(cursor), self.kind(child)) {
                (_, K::AwaitKeyword) => stream = true,
                (F::Left, _) => pattern = Some(child),
                (F::Right, _) => {
                    let at = self.to.start_anew();
                    over = self.expression(cursor);
                    self.to.at = at;
                }
                (F::Body, _) => {
                    let names = pattern.map_or_else(Vec::new, |node| self.names_in(node));
                    let kind = match kind {
                        K::ForIn if stream => LoopKind::Stream,
                        K::ForIn => LoopKind::Each,
                        K::For => LoopKind::Counting,
                        _ => LoopKind::While,
                    };
                    let place = self.to.place(node);
                    let id = self.to.open_loop(kind, std::mem::take(&mut over), names, head, place);
                    let block = self.to.open_block();
                    self.to.at.in_loop = Some(id);
                    self.statement(cursor);
                    opened = Some((id, self.to.close_block(block, 0, (0, 0))));
                    self.to.at = saved;
                }
                _ if child.is_named() => self.statement(cursor),
                _ => {}
            }
        });
        if let Some((id, block)) = opened
            && let Some(found) = self.to.loop_mut(id)
        {
            found.leaves = block.leaves;
            found.assignments = block.assignments;
        }
        self.to.at = saved;
    }

    fn try_statement(&mut self, cursor: &mut TreeCursor<'_>) {
        let saved = self.to.at;
        let has_handler = cursor.node().child_by_field_name("handler").is_some();
        let mut tried = Default::default();
        each(cursor, |cursor| {
            let node = cursor.node();
            match self.field(cursor) {
                F::Body => {
                    let block = self.to.open_block();
                    self.to.at.in_try |= has_handler;
                    self.statement(cursor);
                    tried = self.to.close_block(block, statements(node), lines(node));
                    self.to.at = saved;
                }
                F::Handler => {
                    let place = self.to.place(node);
                    let mut handler = Default::default();
                    each(cursor, |cursor| {
                        if self.field(cursor) == F::Body {
                            let body = cursor.node();
                            let block = self.to.open_block();
                            self.statement(cursor);
                            handler = self.to.close_block(block, statements(body), lines(body));
                        }
                    });
                    self.to.file.catches.push(Catch {
                        place,
                        function: saved.function,
                        types: Vec::new(),
                        tried: std::mem::take(&mut tried),
                        handler,
                        in_loop: saved.in_loop,
                    });
                }
                _ => self.statement(cursor),
            }
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
