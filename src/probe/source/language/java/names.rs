//! Names in the grammar that the walk knows.

use std::sync::OnceLock;

use super::super::kinds::{Tables, names};
use super::grammar;

names! {
    /// Node kinds that the walk knows.
    K {
        LineComment = "line_comment",
        BlockComment = "block_comment",
        Package = "package_declaration",
        Import = "import_declaration",
        Asterisk = "asterisk",
        Static = "static",
        ScopedIdentifier = "scoped_identifier",
        Modifiers = "modifiers",
        Annotation = "annotation",
        Marker = "marker_annotation",
        AnnotationArguments = "annotation_argument_list",
        Pair = "element_value_pair",
        ElementArray = "element_value_array_initializer",
        Class = "class_declaration",
        Record = "record_declaration",
        Interface = "interface_declaration",
        Enum = "enum_declaration",
        AnnotationType = "annotation_type_declaration",
        ClassBody = "class_body",
        Superclass = "superclass",
        Interfaces = "super_interfaces",
        Extends = "extends_interfaces",
        TypeList = "type_list",
        Field = "field_declaration",
        Constant = "constant_declaration",
        EnumConstant = "enum_constant",
        Method = "method_declaration",
        Constructor = "constructor_declaration",
        CompactConstructor = "compact_constructor_declaration",
        Parameter = "formal_parameter",
        SpreadParameter = "spread_parameter",
        Declarator = "variable_declarator",
        Local = "local_variable_declaration",
        If = "if_statement",
        For = "for_statement",
        ForEach = "enhanced_for_statement",
        While = "while_statement",
        Do = "do_statement",
        Switch = "switch_expression",
        SwitchLabel = "switch_label",
        Try = "try_statement",
        TryWith = "try_with_resources_statement",
        Resource = "resource",
        Catch = "catch_clause",
        CatchParameter = "catch_formal_parameter",
        CatchType = "catch_type",
        Finally = "finally_clause",
        Return = "return_statement",
        Throw = "throw_statement",
        Break = "break_statement",
        Continue = "continue_statement",
        ExpressionStatement = "expression_statement",
        Block = "block",
        Call = "method_invocation",
        New = "object_creation_expression",
        ConstructorCall = "explicit_constructor_invocation",
        Arguments = "argument_list",
        FieldAccess = "field_access",
        ArrayAccess = "array_access",
        NewArray = "array_creation_expression",
        ArrayInitializer = "array_initializer",
        Lambda = "lambda_expression",
        InferredParameters = "inferred_parameters",
        Reference = "method_reference",
        Assignment = "assignment_expression",
        Cast = "cast_expression",
        InstanceOf = "instanceof_expression",
        Ternary = "ternary_expression",
        Unary = "unary_expression",
        Binary = "binary_expression",
        Parenthesized = "parenthesized_expression",
        ClassLiteral = "class_literal",
        Identifier = "identifier",
        TypeIdentifier = "type_identifier",
        ScopedType = "scoped_type_identifier",
        GenericType = "generic_type",
        ArrayType = "array_type",
        IntegralType = "integral_type",
        FloatingType = "floating_point_type",
        BooleanType = "boolean_type",
        VoidType = "void_type",
        TypeArguments = "type_arguments",
        TypeParameters = "type_parameters",
        Throws = "throws",
        Dimensions = "dimensions",
        This = "this",
        Super = "super",
        Text = "string_literal",
        Character = "character_literal",
        Integer = "decimal_integer_literal",
        HexInteger = "hex_integer_literal",
        Float = "decimal_floating_point_literal",
        True = "true",
        False = "false",
        Null = "null_literal",
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
        Left = "left",
        Right = "right",
        Operand = "operand",
        Object = "object",
        FieldName = "field",
        Array = "array",
        Index = "index",
        Key = "key",
        Parameters = "parameters",
        Arguments = "arguments",
        Constructor = "constructor",
        Resources = "resources",
    }
}

/// Both as tables.
pub(super) type Names = Tables<K, F>;

/// The tables.
pub(super) fn tables() -> &'static Names {
    static TABLES: OnceLock<Names> = OnceLock::new();
    TABLES.get_or_init(|| Tables::new(&grammar(), K::from_name, F::from_name))
}
