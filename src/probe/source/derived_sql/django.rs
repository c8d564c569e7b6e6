//! Django: models with their fields, query sets as chains.

use super::statement::{Column, Condition, Join, Rows, all};
use super::{Operator, Parts, Relation, Table, Tables, statements, whole_chain};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::database_calls::{Action, Query};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// The models of the project by name; one name in two apps cannot be told apart and is left out.
pub(super) fn tables(index: &CodeIndex) -> Tables {
    let mut tables = Tables::new();
    let (mut twice, mut links) = (Vec::new(), Vec::new());
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
            let mut table = Table { name, ..Table::default() };
            let mut key = false;
            if own().any(|a| &*a.target == "objects" && filters(index, file, &a.value)) {
                continue;
            }
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
                    if let Some(other) = target_of(call, &class.name) {
                        let back = call.named("related_name").map(Value::text);
                        let back = match back {
                            Some(named) => named.filter(|named| !named.contains(['%', '+'])).map(str::to_owned),
                            None => Some(class.name.to_lowercase()),
                        };
                        links.push(Link {
                            model: class.name.to_string(),
                            field: field.clone(),
                            column: column.clone(),
                            other,
                            back,
                            many: kind == "ForeignKey",
                        });
                    }
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
    for link in links {
        let Some(there) = tables.get(&link.other).and_then(|table| table.column("pk")).map(str::to_owned) else {
            continue;
        };
        let back =
            Relation { table: link.model.clone(), here: there.clone(), there: link.column.clone(), many: link.many };
        if let (Some(named), Some(table)) = (link.back, tables.get_mut(&link.other)) {
            table.relations.insert(named, back);
        }
        if let Some(table) = tables.get_mut(&link.model) {
            table.relations.insert(link.field, Relation { table: link.other, here: link.column, there, many: false });
        }
    }
    tables
}

/// A field that leads to another model.
struct Link {
    model: String,
    field: String,
    column: String,
    other: String,
    /// The name by which queries come back.
    back: Option<String>,
    many: bool,
}

/// `ForeignKey("shop.Customer")`, `ForeignKey(Customer)`, `ForeignKey("self")`.
fn target_of(call: &Call, this: &str) -> Option<String> {
    let name = match call.argument(0).or_else(|| call.named("to"))? {
        Value::Text(name) => name,
        Value::Path(path) if path.starts_with("settings.") => return None,
        Value::Path(path) => path,
        _ => return None,
    };
    let name = name.rsplit('.').next()?;
    Some(if name == "self" { this.to_owned() } else { name.to_owned() })
}

/// Whether a manager leaves rows out: one of the project's own that makes its own query set.
fn filters(index: &CodeIndex, file: &FileFacts, manager: &Value) -> bool {
    let Value::Call(id) = manager else { return true };
    let Some(call) = file.call(*id) else { return true };
    let name = call.callee.trim_end_matches(".as_manager");
    if name.starts_with("models.") {
        return false;
    }
    index.files.iter().flat_map(|file| &file.functions).any(|function| {
        matches!(function.name.as_deref(), Some("get_queryset" | "get_query_set"))
            && function.class.as_deref().is_some_and(|class| name.contains(class))
    })
}

/// The app that a file of models belongs to: `shop` of `shop/models.py` and of `shop/models/order.py`.
fn app_of(path: &str) -> Option<&str> {
    let folders =
        path.strip_suffix("/models.py").or_else(|| path.split_once("/models/").map(|(folders, _)| folders))?;
    folders.rsplit('/').next()
}

/// The statements of `Order.objects.filter(customer__email=e).select_related("customer").order_by("-created")[:20]`.
pub(super) fn statement(file: &FileFacts, query: &Query, tables: &Tables) -> Option<Vec<String>> {
    let table = tables.get(&*query.table)?;
    let calls = whole_chain(file, query);
    let first = calls.first()?;
    // A chain that begins in a variable is not known whole; a manager of its own adds conditions.
    let shortcut = matches!(first.method(), "get_object_or_404" | "get_list_or_404");
    if !shortcut && first.object() != format!("{}.objects", query.table) {
        return None;
    }
    let mut asked = Asked { file, tables, table, parts: Parts { limited: query.bounded, ..Parts::default() } };
    for call in &calls {
        asked.add(call, shortcut)?;
    }
    let last = calls.last()?.method();
    let parts = &mut asked.parts;
    // `first` and `last` go by the key where nothing else is said.
    if matches!(last, "first" | "last" | "afirst") {
        if parts.order.is_empty() {
            parts.order.push((table.column("pk")?.into(), false));
        }
        if last == "last" {
            parts.order.iter_mut().for_each(|(_, descends)| *descends = !*descends);
        }
    }
    let looks = matches!(last, "get_or_create" | "update_or_create");
    let action = if looks { Action::Read } else { query.action };
    statements(&Query { action, ..query.clone() }, &table.name, parts)
}

struct Asked<'f> {
    file: &'f FileFacts,
    tables: &'f Tables,
    table: &'f Table,
    parts: Parts,
}

/// A join over more tables is written by hand.
const MAX_JOINS: usize = 6;

impl Asked<'_> {
    fn add(&mut self, call: &Call, shortcut: bool) -> Option<()> {
        match call.method() {
            "filter" | "get" | "aget" | "get_object_or_404" | "get_list_or_404" | "get_or_create"
            | "update_or_create" => {
                self.arguments(call, usize::from(shortcut && call.receiver.is_none()))?
                    .into_iter()
                    .for_each(|condition| self.parts.add(condition));
            }
            "exclude" => {
                let found = self.arguments(call, 0)?;
                if !found.is_empty() {
                    self.parts.add(Condition::Not(Box::new(all(found))));
                }
            }
            "order_by" | "latest" | "earliest" => {
                self.parts.order.clear();
                for argument in call.arguments.iter() {
                    let text = argument.value.text()?;
                    let (field, descends) = text.strip_prefix('-').map_or((text, false), |field| (field, true));
                    let column = self.column(&field.split("__").collect::<Vec<_>>(), true)?;
                    self.parts.order.push((column, descends != (call.method() == "latest")));
                }
                if call.method() != "order_by" {
                    self.parts.limited = true;
                }
            }
            "select_related" => {
                for argument in &call.arguments {
                    let path: Vec<&str> = argument.value.text()?.split("__").collect();
                    self.join(&path, true)?;
                }
            }
            "prefetch_related" => {
                for argument in &call.arguments {
                    // `Prefetch("items", queryset=…)` reads what its own query says.
                    if let Some(text) = argument.value.text() {
                        self.load(text);
                    }
                }
            }
            "update" => {
                let named = call.arguments.iter().find_map(|argument| self.table.column(argument.name.as_deref()?));
                self.parts.sets = named.map(str::to_owned);
            }
            "create" | "bulk_create" | "acreate" => {}
            "all" | "first" | "last" | "afirst" | "count" | "acount" | "exists" | "aexists" | "delete" | "values"
            | "values_list" | "only" | "defer" | "iterator" | "select_for_update" | "aiterator" | "using" => {
                if call.method() == "using" {
                    return None;
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn arguments(&mut self, call: &Call, skip: usize) -> Option<Vec<Condition>> {
        if call.spreads() {
            return None;
        }
        let mut found = Vec::new();
        for argument in call.arguments.iter().skip(skip) {
            match argument.name.as_deref() {
                Some("defaults") if call.method().ends_with("_or_create") => {}
                Some(name) => found.push(self.condition(name, &argument.value)?),
                None => found.push(self.conditions_of_q(&argument.value)?),
            }
        }
        Some(found)
    }

    /// `Q(a=1, b=2)`, not combined with others.
    fn conditions_of_q(&mut self, value: &Value) -> Option<Condition> {
        let Value::Call(id) = value else { return None };
        let file = self.file;
        let call = file.call(*id).filter(|call| call.method() == "Q" && !call.spreads())?;
        let mut found = Vec::new();
        for argument in &call.arguments {
            found.push(match argument.name.as_deref() {
                Some(name) => self.condition(name, &argument.value)?,
                None => self.conditions_of_q(&argument.value)?,
            });
        }
        (!found.is_empty()).then(|| all(found))
    }

    fn condition(&mut self, name: &str, value: &Value) -> Option<Condition> {
        const LOOKUPS: [&str; 22] = [
            "exact",
            "iexact",
            "gt",
            "gte",
            "lt",
            "lte",
            "in",
            "isnull",
            "icontains",
            "contains",
            "startswith",
            "istartswith",
            "endswith",
            "iendswith",
            "range",
            "date",
            "year",
            "month",
            "day",
            "regex",
            "iregex",
            "search",
        ];
        let mut path: Vec<&str> = name.split("__").collect();
        let lookup = match path.last() {
            Some(last) if path.len() > 1 && LOOKUPS.contains(last) => path.pop()?,
            _ => "exact",
        };
        let column = self.column(&path, false)?;
        // A field of the same or another row.
        if matches!(value, Value::Call(id) if self.file.call(*id).is_some_and(|call| matches!(call.method(), "F" | "OuterRef" | "Subquery")))
        {
            return None;
        }
        let is = |operator: Operator| Condition::Is(column.clone(), operator);
        Some(match lookup {
            "exact" if *value == Value::Null => is(Operator::IsNull),
            "exact" => is(Operator::Equal),
            // Without regard to case, which an index on the column does not serve.
            "iexact" | "icontains" | "istartswith" | "iendswith" => is(Operator::Contains { any_case: true }),
            "gt" => is(Operator::Compared(">")),
            "gte" => is(Operator::Compared(">=")),
            "lt" => is(Operator::Compared("<")),
            "lte" => is(Operator::Compared("<=")),
            "range" => Condition::All(vec![is(Operator::Compared(">=")), is(Operator::Compared("<="))]),
            "in" => is(Operator::In),
            "isnull" if *value == Value::Bool(true) => is(Operator::IsNull),
            "isnull" if *value == Value::Bool(false) => is(Operator::IsNotNull),
            "contains" => is(Operator::Contains { any_case: false }),
            "startswith" => is(Operator::StartsWith),
            "endswith" => is(Operator::EndsWith),
            _ => return None,
        })
    }

    /// The column of `customer__email`, whose table is joined.
    fn column(&mut self, path: &[&str], outer: bool) -> Option<Column> {
        match path {
            [] => None,
            [field] => match self.table.column(field) {
                Some(column) => Some(column.into()),
                // `filter(item=…)` from the other side.
                None => {
                    let relation = self.table.relations.get(*field)?.clone();
                    let other = self.tables.get(&relation.table)?;
                    self.join(path, outer)?;
                    Some(Column::of(field, other.column("pk")?))
                }
            },
            [before @ .., field] => {
                // The key of the other row stands in this one.
                if let [one] = before
                    && let Some(relation) = self.table.relations.get(*one)
                    && let Some(other) = self.tables.get(&relation.table)
                    && other.column(field) == Some(relation.there.as_str())
                    && !relation.many
                {
                    return Some(Column::from(&relation.here));
                }
                let other = self.join(before, outer)?;
                Some(Column::of(&before.join("__"), other.column(field)?))
            }
        }
    }

    /// Joins the tables on the way, and gives the last.
    fn join(&mut self, path: &[&str], outer: bool) -> Option<&Table> {
        let mut here = self.table;
        let mut named = String::new();
        for step in path {
            let relation = here.relations.get(*step)?;
            let other = self.tables.get(&relation.table)?;
            let before = if named.is_empty() { here.name.clone() } else { named.clone() };
            if !named.is_empty() {
                named.push_str("__");
            }
            named.push_str(step);
            match self.parts.joins.iter_mut().find(|join| join.named == named) {
                Some(join) => join.outer &= outer,
                None => self.parts.joins.push(Join {
                    outer,
                    table: other.name.clone(),
                    named: named.clone(),
                    on: (Column::of(&named, &relation.there), Column::of(&before, &relation.here)),
                }),
            }
            here = other;
        }
        (self.parts.joins.len() <= MAX_JOINS).then_some(here)
    }

    /// The rows of other tables that `prefetch_related` reads with statements of their own.
    fn load(&mut self, path: &str) {
        let mut here = self.table;
        for step in path.split("__") {
            let name = step.strip_suffix("_set").unwrap_or(step);
            let Some(relation) = here.relations.get(name) else { return };
            let Some(other) = self.tables.get(&relation.table) else { return };
            let rows = Rows { table: other.name.clone(), column: relation.there.clone(), condition: None };
            if !self.parts.loads.contains(&rows) {
                self.parts.loads.push(rows);
            }
            here = other;
        }
    }
}
