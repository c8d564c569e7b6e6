//! Names in the grammar that the walk knows.

use std::sync::OnceLock;

use super::super::kinds::{Tables, names};
use super::grammar;

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

/// Both as tables.
pub(super) type Names = Tables<K, F>;

/// The tables.
pub(super) fn tables() -> &'static Names {
    static TABLES: OnceLock<Names> = OnceLock::new();
    TABLES.get_or_init(|| Tables::new(&grammar(), K::from_name, F::from_name))
}
