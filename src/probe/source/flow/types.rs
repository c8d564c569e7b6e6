//! Types that leave no room for an attack.

/// Whether what has this type can hold no text of a client's choice.
pub(super) fn is_harmless(annotation: &str) -> bool {
    let name = annotation.trim_start_matches(['?', '*', '&', ':', ' ']);
    // FastAPI lets nothing else in.
    if name.starts_with("Literal[") || name.starts_with("Optional[Literal[") {
        return true;
    }
    let name = name.split(" | ").find(|part| !matches!(*part, "null" | "None" | "undefined")).unwrap_or(name);
    let inner = ["Optional<", "Optional[", "Annotated["].iter().find_map(|start| name.strip_prefix(start));
    let name = inner.map_or(name, |inner| inner.split([',', '>', ']']).next().unwrap_or(inner)).trim();
    let last = name.rsplit(['.', '\\']).next().unwrap_or(name);
    matches!(
        last,
        "number"
            | "bigint"
            | "boolean"
            | "Date"
            | "int"
            | "float"
            | "bool"
            | "UUID"
            | "date"
            | "datetime"
            | "Decimal"
            | "PositiveInt"
            | "UUID4"
            | "int8"
            | "int16"
            | "int32"
            | "int64"
            | "uint"
            | "uint8"
            | "uint16"
            | "uint32"
            | "uint64"
            | "float32"
            | "float64"
            | "Time"
            | "Duration"
            | "Integer"
            | "Long"
            | "Short"
            | "Double"
            | "Float"
            | "Boolean"
            | "long"
            | "short"
            | "double"
            | "byte"
            | "BigDecimal"
            | "BigInteger"
            | "LocalDate"
            | "LocalDateTime"
            | "Instant"
            | "Pageable"
            | "Carbon"
            | "DateTime"
            | "DateTimeInterface"
    )
}

/// Whether a parameter of this Java type can hold a client's text.
pub(super) fn holds_text(annotation: &str) -> bool {
    annotation.is_empty()
        || ["String", "CharSequence", "Object", "Map", "File", "Part", "Headers", "Cookie", "char", "T"]
            .iter()
            .any(|word| annotation.contains(word))
}

/// Whether something of this type is no client's data but a helper: a session, a response, a service.
pub(super) fn is_tool(annotation: &str) -> bool {
    let last = annotation.rsplit(['.', '\\', '*', ' ']).next().unwrap_or(annotation);
    let last = last.split(['<', '[']).next().unwrap_or(last);
    matches!(last, "Model" | "ModelMap" | "BindingResult" | "Principal" | "Authentication" | "Locale" | "Context")
        || ["Session", "Response", "Service", "Repository", "Client", "Manager", "Attributes", "Writer"]
            .iter()
            .any(|end| last.ends_with(end))
}
