//! Django: models with their fields, query sets as chains.

use super::{Operator, Parts, Table, Tables, chain_of};
use crate::probe::source::code::Value;
use crate::probe::source::database_calls::Query;
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// The models of the project by name; one name in two apps cannot be told apart and is left out.
pub(super) fn tables(index: &CodeIndex) -> Tables {
    let mut tables = Tables::new();
    let mut twice = Vec::new();
    for file in index
        .files
        .iter()
        .filter(|file| file.language == Language::Python && file.imports_any(|m| m.starts_with("django.db")))
    {
        let Some(app) = app_of(&file.path) else { continue };
        for class in file
            .classes
            .iter()
            .filter(|class| class.bases.iter().any(|base| &**base == "models.Model") && class.bases.len() == 1)
        {
            let inside = |bytes: (u32, u32)| class.place.bytes.0 <= bytes.0 && bytes.1 <= class.place.bytes.1;
            let own = || file.assignments.iter().filter(|a| inside(a.place.bytes));
            if own().any(|a| &*a.target == "abstract" || &*a.target == "proxy" || &*a.target == "app_label") {
                continue;
            }
            let named = own().find(|a| &*a.target == "db_table").and_then(|a| a.value.text());
            let name = named.map_or_else(|| format!("{app}_{}", class.name.to_lowercase()), str::to_owned);
            let mut table = Table { name, columns: Default::default() };
            let mut key = false;
            for assignment in own() {
                let Value::Call(id) = assignment.value else { continue };
                let Some(call) = file.call(id) else { continue };
                let kind = call.method();
                let reference = matches!(kind, "ForeignKey" | "OneToOneField");
                if !(reference || (kind.ends_with("Field") && kind != "ManyToManyField")) {
                    continue;
                }
                let field = assignment.target.to_string();
                let column = call
                    .named("db_column")
                    .and_then(Value::text)
                    .map_or_else(|| if reference { format!("{field}_id") } else { field.clone() }, str::to_owned);
                if call.named("primary_key") == Some(&Value::Bool(true)) {
                    key = true;
                    table.columns.insert("pk".to_owned(), column.clone());
                }
                if reference {
                    table.columns.insert(format!("{field}_id"), column.clone());
                }
                table.columns.insert(field, column);
            }
            if !key {
                table.columns.insert("pk".to_owned(), "id".to_owned());
                table.columns.insert("id".to_owned(), "id".to_owned());
            }
            if tables.insert(class.name.to_string(), table).is_some() {
                twice.push(class.name.to_string());
            }
        }
    }
    tables.retain(|name, _| !twice.contains(name));
    tables
}

/// The app that a file of models belongs to: `shop` of `shop/models.py` and of `shop/models/order.py`.
fn app_of(path: &str) -> Option<&str> {
    let folders =
        path.strip_suffix("/models.py").or_else(|| path.split_once("/models/").map(|(folders, _)| folders))?;
    folders.rsplit('/').next()
}

/// The statement of `Order.objects.filter(customer=c).order_by("-created")[:20]`.
pub(super) fn statement(file: &FileFacts, query: &Query, tables: &Tables) -> Option<String> {
    let table = tables.get(&*query.table)?;
    let calls = chain_of(file, query.end);
    let first = calls.first()?;
    // A chain that begins in a variable is not known whole; a manager of its own adds conditions.
    let shortcut = first.method() == "get_object_or_404";
    if !shortcut && first.object() != format!("{}.objects", query.table) {
        return None;
    }
    let mut parts = Parts { limited: query.bounded, ..Parts::default() };
    for call in &calls {
        match call.method() {
            "filter" | "get" | "get_object_or_404" => {
                let unnamed = call.arguments.iter().filter(|argument| argument.name.is_none()).count();
                if unnamed > usize::from(shortcut) || call.spreads() {
                    return None;
                }
                for argument in &call.arguments {
                    let Some(name) = argument.name.as_deref() else { continue };
                    conditions(name, &argument.value, table, &mut parts)?;
                }
            }
            "order_by" => {
                parts.order.clear();
                for argument in &call.arguments {
                    let text = argument.value.text()?;
                    let (field, descends) = text.strip_prefix('-').map_or((text, false), |field| (field, true));
                    parts.order.push((table.column(field)?.to_owned(), descends));
                }
            }
            "all" | "first" | "last" | "count" | "exists" | "delete" | "values" | "values_list" | "select_related"
            | "prefetch_related" | "only" | "defer" | "iterator" | "earliest" | "latest" => {}
            _ => return None,
        }
    }
    super::statement(query, table, &parts)
}

fn conditions(name: &str, value: &Value, table: &Table, parts: &mut Parts) -> Option<()> {
    let (field, lookup) = name.split_once("__").unwrap_or((name, "exact"));
    let column = table.column(field)?.to_owned();
    let operator = match lookup {
        "exact" if *value == Value::Null => Operator::IsNull,
        "exact" => Operator::Equal,
        "gt" => Operator::Compared(">"),
        "gte" => Operator::Compared(">="),
        "lt" => Operator::Compared("<"),
        "lte" => Operator::Compared("<="),
        "in" => Operator::In,
        "isnull" if *value == Value::Bool(true) => Operator::IsNull,
        "icontains" => Operator::Contains { any_case: true },
        "contains" => Operator::Contains { any_case: false },
        "startswith" => Operator::StartsWith,
        _ => return None,
    };
    parts.conditions.push((column, operator));
    Some(())
}
