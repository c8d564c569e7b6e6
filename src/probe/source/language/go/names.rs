//! Names in the grammar that the walk knows.

use std::sync::OnceLock;

use super::super::kinds::{Tables, names};
use super::grammar;

names! {
    /// Node kinds that the walk knows.
    K {
        Comment = "comment",
        Package = "package_clause",
        Import = "import_spec",
        Function = "function_declaration",
        Method = "method_declaration",
        FunctionLiteral = "func_literal",
        ParameterDeclaration = "parameter_declaration",
        VariadicParameter = "variadic_parameter_declaration",
        TypeSpec = "type_spec",
        TypeAlias = "type_alias",
        StructType = "struct_type",
        InterfaceType = "interface_type",
        Field = "field_declaration",
        FieldName = "field_identifier",
        If = "if_statement",
        For = "for_statement",
        ForClause = "for_clause",
        RangeClause = "range_clause",
        Switch = "expression_switch_statement",
        TypeSwitch = "type_switch_statement",
        Select = "select_statement",
        Case = "expression_case",
        TypeCase = "type_case",
        Return = "return_statement",
        Defer = "defer_statement",
        Go = "go_statement",
        Break = "break_statement",
        Continue = "continue_statement",
        ExpressionStatement = "expression_statement",
        VarSpec = "var_spec",
        ConstSpec = "const_spec",
        ShortVar = "short_var_declaration",
        Assignment = "assignment_statement",
        Receive = "receive_statement",
        Inc = "inc_statement",
        Dec = "dec_statement",
        Send = "send_statement",
        Block = "block",
        StatementList = "statement_list",
        ExpressionList = "expression_list",
        Call = "call_expression",
        Arguments = "argument_list",
        Variadic = "variadic_argument",
        Selector = "selector_expression",
        Index = "index_expression",
        Slice = "slice_expression",
        Assertion = "type_assertion_expression",
        Conversion = "type_conversion_expression",
        Instantiation = "type_instantiation_expression",
        Parenthesized = "parenthesized_expression",
        Unary = "unary_expression",
        Binary = "binary_expression",
        Composite = "composite_literal",
        LiteralValue = "literal_value",
        LiteralElement = "literal_element",
        KeyedElement = "keyed_element",
        Identifier = "identifier",
        BlankIdentifier = "blank_identifier",
        PackageIdentifier = "package_identifier",
        Dot = "dot",
        TypeIdentifier = "type_identifier",
        QualifiedType = "qualified_type",
        GenericType = "generic_type",
        PointerType = "pointer_type",
        MapType = "map_type",
        SliceType = "slice_type",
        ArrayType = "array_type",
        ImplicitArrayType = "implicit_length_array_type",
        ChannelType = "channel_type",
        FunctionType = "function_type",
        TypeArguments = "type_arguments",
        Text = "interpreted_string_literal",
        RawText = "raw_string_literal",
        Rune = "rune_literal",
        Int = "int_literal",
        Float = "float_literal",
        True = "true",
        False = "false",
        Nil = "nil",
    }
}

names! {
    /// Fields that the walk knows.
    F {
        Name = "name",
        Type = "type",
        Value = "value",
        Body = "body",
        Condition = "condition",
        Initializer = "initializer",
        Left = "left",
        Right = "right",
        Operator = "operator",
        Operand = "operand",
        Field = "field",
        Index = "index",
        Key = "key",
        Parameters = "parameters",
        Function = "function",
        Arguments = "arguments",
    }
}

/// Both as tables.
pub(super) type Names = Tables<K, F>;

/// The tables.
pub(super) fn tables() -> &'static Names {
    static TABLES: OnceLock<Names> = OnceLock::new();
    TABLES.get_or_init(|| Tables::new(&grammar(), K::from_name, F::from_name))
}
