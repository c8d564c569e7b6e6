//! Models of Sequelize, with their tables, columns and the ways between them.

use std::collections::HashMap;

use crate::probe::source::code::{Call, Class, Decorator, Value};
use crate::probe::source::derived_sql::{Relation, Table, Tables};
use crate::probe::source::facts::{CodeIndex, FileFacts};
use crate::probe::source::index::underscored;

/// What the options of all models say, or of one.
#[derive(Debug, Clone, Copy, Default)]
struct Style {
    underscored: bool,
    frozen: bool,
    timestamps: Option<bool>,
    paranoid: bool,
}

impl Style {
    fn of(self, options: Option<&Value>) -> Self {
        let says = |name: &str| options.and_then(|options| options.get(name)).map(|value| *value == Value::Bool(true));
        Self {
            underscored: says("underscored").unwrap_or(self.underscored),
            frozen: says("freezeTableName").unwrap_or(self.frozen),
            timestamps: says("timestamps").or(self.timestamps),
            paranoid: says("paranoid").unwrap_or(self.paranoid),
        }
    }
}

/// The models of the project by the names of their classes or variables; a name that stands twice is left out.
pub(in crate::probe::source::derived_sql) fn tables(index: &CodeIndex) -> Tables {
    let (mut tables, mut twice) = (Tables::new(), Vec::new());
    let uses = |file: &FileFacts| file.language.is_ecma() && file.imports_any(|m| m.starts_with("sequelize"));
    if !index.files.iter().any(|file| uses(file)) {
        return tables;
    }
    let files = || index.files.iter().filter(|file| file.language.is_ecma() && file.role.in_production());
    let style = files().filter(|file| uses(file)).fold(Style::default(), |style, file| {
        let made = file.calls.iter().filter(|call| call.constructs && call.method() == "Sequelize");
        let options = made.flat_map(|call| &call.arguments).find_map(|argument| {
            file.resolved(&argument.value, 0).get("define").map(|define| file.resolved(define, 0))
        });
        style.of(options)
    });
    let mut add = |name: &str, table: Option<Table>| {
        // One that is not understood must not be taken for another of its name.
        let whole = table.is_some();
        if tables.insert(name.to_owned(), table.unwrap_or_default()).is_some() || !whole {
            twice.push(name.to_owned());
        }
    };
    for file in files() {
        for call in file.calls.iter().filter(|call| {
            // A file that is given the connection imports nothing.
            call.method() == "define" && (uses(file) || call.object().ends_with("sequelize"))
        }) {
            let Some(name) = call.argument(0).and_then(Value::text) else { continue };
            let assigned = file.assignments.iter().find(|a| match a.value {
                Value::Call(id) => file.call(id).is_some_and(|c| c.place.bytes == call.place.bytes),
                _ => false,
            });
            let known_as = assigned.map_or(name, |a| a.target.rsplit('.').next().unwrap_or(name)).to_owned();
            add(&known_as, of_attributes(file, name, call.argument(1), call.argument(2), style));
        }
        for call in file.calls.iter().filter(|call| call.method() == "init" && call.arguments.len() == 2 && uses(file))
        {
            let class = call.object().to_owned();
            if class.starts_with(|c: char| c.is_ascii_uppercase()) && !class.contains('.') {
                let options = call.argument(1).map(|options| file.resolved(options, call.function));
                let named = options.and_then(|options| options.get("modelName")).and_then(Value::text);
                add(&class, of_attributes(file, named.unwrap_or(&class), call.argument(0), options, style));
            }
        }
        for class in &file.classes {
            if let Some(decorator) = class.decorators.iter().find(|decorator| decorator.method() == "Table") {
                let table = of_class(index, file, class, decorator, style);
                add(&class.name, table);
            }
        }
    }
    tables.retain(|name, _| !twice.contains(name));
    for file in files() {
        for call in &file.calls {
            associate(file, call, &mut tables);
        }
        for class in &file.classes {
            associate_class(file, class, &mut tables);
        }
    }
    tables
}

fn finish(mut table: Table, style: Style, key: Option<String>) -> Table {
    let own = |name: &str| if style.underscored { underscored(name) } else { name.to_owned() };
    if key.is_none() {
        table.columns.insert("id".to_owned(), "id".to_owned());
    }
    table.columns.insert("#key".to_owned(), key.unwrap_or_else(|| "id".to_owned()));
    if style.timestamps != Some(false) {
        for name in ["createdAt", "updatedAt"] {
            table.columns.entry(name.to_owned()).or_insert_with(|| own(name));
        }
        if style.paranoid {
            let deleted = table.columns.entry("deletedAt".to_owned()).or_insert_with(|| own("deletedAt")).clone();
            table.deleted = Some(deleted);
        }
    }
    table
}

fn name_of(model: &str, options: Option<&Value>, style: Style) -> Option<String> {
    match options.and_then(|options| options.get("tableName")) {
        Some(name) => name.text().map(str::to_owned),
        None if style.frozen => Some(model.to_owned()),
        None => {
            let plural = plural(model)?;
            Some(if style.underscored { underscored(&plural) } else { plural })
        }
    }
}

/// As the library `inflection` does it; names that follow no simple rule are left out.
fn plural(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    let irregular = [
        "person",
        "child",
        "man",
        "woman",
        "mouse",
        "datum",
        "medium",
        "index",
        "matrix",
        "analysis",
        "news",
        "series",
        "equipment",
        "information",
        "quiz",
        "leaf",
        "life",
        "foot",
    ];
    if irregular.iter().any(|word| lower.ends_with(word)) {
        return None;
    }
    let vowel_before_y = ["ay", "ey", "oy", "uy", "iy"].iter().any(|end| lower.ends_with(end));
    Some(match lower.strip_suffix('y') {
        Some(_) if !vowel_before_y => format!("{}ies", name.get(..name.len() - 1)?),
        _ if lower.ends_with("ss")
            || lower.ends_with('x')
            || lower.ends_with("ch")
            || lower.ends_with("sh")
            || lower.ends_with("us") =>
        {
            format!("{name}es")
        }
        _ if lower.ends_with('s') => name.to_owned(),
        _ if lower.ends_with('o') || lower.ends_with('f') || lower.ends_with("fe") || lower.ends_with('z') => {
            return None;
        }
        _ => format!("{name}s"),
    })
}

/// `define("order", { userId: DataTypes.INTEGER, … }, { tableName: "orders" })`.
fn of_attributes(
    file: &FileFacts,
    model: &str,
    attributes: Option<&Value>,
    options: Option<&Value>,
    style: Style,
) -> Option<Table> {
    let options = options.map(|options| file.resolved(options, 0));
    // A scope that holds always adds conditions that do not stand at the call.
    if options.is_some_and(|options| {
        options.spreads()
            || options.get("defaultScope").is_some_and(|scope| scope.get("where").is_some() || scope.path().is_some())
    }) {
        return None;
    }
    let style = style.of(options);
    let Value::Object(pairs) = file.resolved(attributes?, 0) else { return None };
    let mut table = Table { name: name_of(model, options, style)?, ..Table::default() };
    let mut key = None;
    for (name, value) in pairs {
        if &**name == "..." {
            return None;
        }
        let field = value.get("field").map(Value::text);
        let column = match field {
            Some(field) => field?.to_owned(),
            None if style.underscored => underscored(name),
            None => name.to_string(),
        };
        if value.get("primaryKey") == Some(&Value::Bool(true)) {
            key = Some(column.clone());
        }
        let kind = value.get("type").unwrap_or(value);
        let is_virtual = kind.path().is_some_and(|kind| kind.ends_with("VIRTUAL"));
        if !is_virtual {
            table.columns.insert(name.to_string(), column);
        }
    }
    Some(finish(table, style, key))
}

fn given<'f>(file: &'f FileFacts, decorator: &Decorator) -> Option<&'f Value> {
    let call = file.call(decorator.call?)?;
    call.arguments.iter().map(|argument| &argument.value).find(|value| matches!(value, Value::Object(_)))
}

/// `@Table({ tableName: "orders" }) class Order extends Model { @Column userId: string; }`, with what it extends.
fn of_class(index: &CodeIndex, file: &FileFacts, class: &Class, decorator: &Decorator, style: Style) -> Option<Table> {
    let options = given(file, decorator);
    if options.is_some_and(Value::spreads) {
        return None;
    }
    for scope in class.decorators.iter().filter(|decorator| decorator.method() == "DefaultScope") {
        let call = file.call(scope.call?)?;
        let scope = match call.argument(0)? {
            Value::Function(id) => file.function(*id)?.body.returns.first().cloned(),
            value => Some(value.clone()),
        };
        if scope.is_none_or(|scope| scope.get("where").is_some() || !matches!(scope, Value::Object(_))) {
            return None;
        }
    }
    let style = style.of(options);
    let mut table = Table { name: name_of(&class.name, options, style)?, ..Table::default() };
    let mut key = None;
    let mut current = Some((file, class));
    // A model's bases have columns as well: `id`, `createdAt`.
    for _ in 0..6 {
        let Some((file, class)) = current else { break };
        for member in &class.members {
            let says = |name: &str| member.decorators.iter().find(|decorator| decorator.method() == name);
            let is_column = ["Column", "ForeignKey", "PrimaryKey", "CreatedAt", "UpdatedAt", "DeletedAt"]
                .iter()
                .any(|name| says(name).is_some());
            if !is_column {
                continue;
            }
            let options = says("Column").and_then(|decorator| given(file, decorator));
            let column = match options.and_then(|options| options.get("field")) {
                Some(field) => field.text()?.to_owned(),
                None if style.underscored => underscored(&member.name),
                None => member.name.to_string(),
            };
            if says("PrimaryKey").is_some() || options.and_then(|o| o.get("primaryKey")) == Some(&Value::Bool(true)) {
                key = Some(column.clone());
            }
            if says("DeletedAt").is_some() {
                table.deleted = Some(column.clone());
            }
            table.columns.entry(member.name.to_string()).or_insert(column);
        }
        current = class.bases.first().and_then(|base| {
            index.classes_called(base).iter().find_map(|place| {
                let file = index.files.get(*place)?;
                let found = file.classes.iter().find(|class| class.name == *base && file.language.is_ecma());
                found.map(|class| (&**file, class))
            })
        });
    }
    Some(finish(table, style, key))
}

/// `Order.belongsTo(User, { foreignKey: "userId", as: "author" })`.
fn associate(file: &FileFacts, call: &Call, tables: &mut Tables) {
    let many = match call.method() {
        "hasMany" => true,
        "hasOne" | "belongsTo" => false,
        _ => return,
    };
    let this = call.object().rsplit('.').next().unwrap_or_default();
    let Some(other) = call.argument(0).and_then(Value::path).and_then(|path| path.rsplit('.').next()) else { return };
    let options = call.argument(1).map(|options| file.resolved(options, call.function));
    let Some(key) = options.and_then(|options| options.get("foreignKey")) else { return };
    let Some(key) = key.text().or_else(|| key.get("name").and_then(Value::text)) else { return };
    let named = options.and_then(|options| options.get("as")).and_then(Value::text);
    let (owner, owned) = if call.method() == "belongsTo" { (other, this) } else { (this, other) };
    let (Some(id), true) =
        (tables.get(owner).and_then(|table| table.column("#key")).map(str::to_owned), tables.contains_key(owned))
    else {
        return;
    };
    let Some(table) = tables.get_mut(owned) else { return };
    let column = table.columns.entry(key.to_owned()).or_insert_with(|| key.to_owned()).clone();
    let (here, there) = if call.method() == "belongsTo" { (column, id) } else { (id, column) };
    relate(tables, this, named.unwrap_or(other), Relation { table: other.to_owned(), here, there, many });
}

fn relate(tables: &mut Tables, this: &str, named: &str, relation: Relation) {
    if let Some(table) = tables.get_mut(this) {
        table.relations.insert(named.to_owned(), relation);
    }
}

/// `@BelongsTo(() => User, "userId") user: User;`.
fn associate_class(file: &FileFacts, class: &Class, tables: &mut Tables) {
    let mut found: HashMap<String, Relation> = HashMap::new();
    for member in &class.members {
        for decorator in &member.decorators {
            let Some(call) = decorator.call.and_then(|id| file.call(id)) else { continue };
            let many = match decorator.method() {
                "HasMany" => true,
                "HasOne" | "BelongsTo" => false,
                _ => continue,
            };
            let Some(other) = returned(file, call.argument(0)) else { continue };
            let key = match call.argument(1) {
                Some(Value::Text(key)) => Some(key.to_string()),
                Some(options) => options.get("foreignKey").and_then(Value::text).map(str::to_owned),
                None => None,
            };
            let Some(key) = key else { continue };
            let belongs = decorator.method() == "BelongsTo";
            let (owner, owned) = if belongs { (&*other, &*class.name) } else { (&*class.name, &*other) };
            let id = tables.get(owner).and_then(|table| table.column("#key"));
            let column = tables.get(owned).and_then(|table| table.column(&key));
            if let (Some(id), Some(column)) = (id, column) {
                let (here, there) = if belongs { (column, id) } else { (id, column) };
                let relation = Relation { table: other.clone(), here: here.to_owned(), there: there.to_owned(), many };
                found.insert(member.name.to_string(), relation);
            }
        }
    }
    if let Some(table) = tables.get_mut(&*class.name) {
        table.relations.extend(found);
    }
}

/// The class that `() => User` gives back.
pub(in crate::probe::source::derived_sql) fn returned(file: &FileFacts, value: Option<&Value>) -> Option<String> {
    let path = match value? {
        Value::Function(id) => file.function(*id)?.body.returns.first()?.path()?,
        Value::Path(path) => path,
        Value::Text(name) => name,
        _ => return None,
    };
    Some(path.rsplit('.').next()?.to_owned())
}
