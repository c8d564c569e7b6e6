//! Entities of TypeORM, and which one a repository is for.

use crate::probe::source::code::{Call, Class, Decorator, Member, Value};
use crate::probe::source::derived_sql::sequelize::returned;
use crate::probe::source::derived_sql::{Relation, Table, Tables};
use crate::probe::source::facts::{CodeIndex, FileFacts};
use crate::probe::source::index::underscored;

/// A class may extend others that have columns as well.
const MAX_BASES: usize = 6;

/// The entities by the names of their classes; a name that stands twice is left out.
pub(in crate::probe::source::derived_sql) fn tables(index: &CodeIndex) -> Tables {
    let (mut tables, mut twice) = (Tables::new(), Vec::new());
    let uses = |file: &FileFacts| file.language.is_ecma() && file.imports_any(|m| m.starts_with("typeorm"));
    let files = || index.files.iter().filter(|file| uses(file) && file.role.in_production());
    // A strategy of the project's own names columns in ways that do not stand in the entities.
    let snake = files().any(|file| file.imports_any(|m| m == "typeorm-naming-strategies"))
        || index.files.iter().any(|file| file.imports_any(|m| m == "typeorm-naming-strategies"));
    let own_strategy = files()
        .any(|file| file.classes.iter().any(|class| class.bases.iter().any(|base| &**base == "DefaultNamingStrategy")));
    if own_strategy && !snake {
        return tables;
    }
    for file in files() {
        for class in &file.classes {
            let Some(decorator) = class.decorators.iter().find(|decorator| decorator.method() == "Entity") else {
                continue;
            };
            let name = match decorator.call.and_then(|id| file.call(id)).and_then(|call| call.argument(0)) {
                Some(Value::Text(name)) => Some(name.to_string()),
                Some(options @ Value::Object(_)) => match options.get("name") {
                    Some(name) => name.text().map(str::to_owned),
                    None => Some(underscored(&class.name)),
                },
                Some(_) => None,
                None => Some(underscored(&class.name)),
            };
            let Some(name) = name else { continue };
            let mut table = Table { name, ..Table::default() };
            for (file, class) in with_bases(index, file, class) {
                class.members.iter().for_each(|member| column(file, member, snake, &mut table));
            }
            if tables.insert(class.name.to_string(), table).is_some() {
                twice.push(class.name.to_string());
            }
        }
    }
    tables.retain(|name, _| !twice.contains(name));
    for file in files() {
        for class in &file.classes {
            for (from, base) in with_bases(index, file, class) {
                base.members.iter().for_each(|member| relate(from, &class.name, member, snake, &mut tables));
            }
        }
    }
    // The other side of a relation can be told when all have theirs.
    for file in files() {
        for class in &file.classes {
            class.members.iter().for_each(|member| relate_back(file, &class.name, member, &mut tables));
        }
    }
    tables
}

fn with_bases<'i>(index: &'i CodeIndex, file: &'i FileFacts, class: &'i Class) -> Vec<(&'i FileFacts, &'i Class)> {
    let mut found = vec![(file, class)];
    while let Some((_, last)) = found.last().filter(|_| found.len() < MAX_BASES) {
        let base = last.bases.first();
        let next =
            base.and_then(|base| {
                index.files.iter().filter(|file| file.language.is_ecma()).find_map(|file| {
                    file.classes.iter().find(|class| class.name == *base).map(|class| (&**file, class))
                })
            });
        match next {
            Some(next) => found.push(next),
            None => break,
        }
    }
    found
}

fn options<'f>(file: &'f FileFacts, decorator: &Decorator) -> Option<&'f Value> {
    let call = file.call(decorator.call?)?;
    call.arguments.iter().rev().map(|argument| &argument.value).find(|value| matches!(value, Value::Object(_)))
}

fn column(file: &FileFacts, member: &Member, snake: bool, table: &mut Table) {
    for decorator in &member.decorators {
        let key = matches!(decorator.method(), "PrimaryGeneratedColumn" | "PrimaryColumn" | "ObjectIdColumn");
        let plain = matches!(
            decorator.method(),
            "Column" | "CreateDateColumn" | "UpdateDateColumn" | "DeleteDateColumn" | "VersionColumn" | "Generated"
        );
        if !(key || plain) {
            continue;
        }
        let named = match options(file, decorator).and_then(|options| options.get("name")) {
            Some(name) => match name.text() {
                Some(name) => name.to_owned(),
                None => continue,
            },
            None if snake => underscored(&member.name),
            None => member.name.to_string(),
        };
        if key {
            table.columns.insert("#key".to_owned(), named.clone());
        }
        if decorator.method() == "DeleteDateColumn" {
            table.deleted = Some(named.clone());
        }
        table.columns.insert(member.name.to_string(), named);
    }
}

/// `@ManyToOne(() => User) @JoinColumn({ name: "user_id" }) user`.
fn relate(file: &FileFacts, class: &str, member: &Member, snake: bool, tables: &mut Tables) {
    let says = |name: &str| member.decorators.iter().find(|decorator| decorator.method() == name);
    let joined = says("JoinColumn");
    let Some(decorator) = says("ManyToOne").or_else(|| says("OneToOne").filter(|_| joined.is_some())) else { return };
    let Some(call) = decorator.call.and_then(|id| file.call(id)) else { return };
    let Some(other) = returned(file, call.argument(0)) else { return };
    let join = joined.and_then(|joined| options(file, joined));
    let text = |name: &str| join.and_then(|join| join.get(name)).and_then(Value::text);
    let Some(target) = tables.get(&other) else { return };
    let (field, there) = match text("referencedColumnName") {
        Some(field) => (field, target.column(field)),
        None => ("id", target.column("#key")),
    };
    let Some(there) = there.map(str::to_owned) else { return };
    let here = match text("name") {
        Some(name) => name.to_owned(),
        None if text("referencedColumnName").is_none() && there != "id" => return,
        None if snake => format!("{}_{}", underscored(&member.name), underscored(field)),
        None => {
            let mut letters = field.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase()).into_iter();
            format!("{}{}", member.name, first.chain(letters).collect::<String>())
        }
    };
    if let Some(table) = tables.get_mut(class) {
        table.relations.insert(member.name.to_string(), Relation { table: other, here, there, many: false });
    }
}

/// `@OneToMany(() => Order, (order) => order.user) orders`.
fn relate_back(file: &FileFacts, class: &str, member: &Member, tables: &mut Tables) {
    for decorator in &member.decorators {
        let many = match decorator.method() {
            "OneToMany" => true,
            "OneToOne" => false,
            _ => continue,
        };
        let Some(call) = decorator.call.and_then(|id| file.call(id)) else { continue };
        let (Some(other), Some(Value::Function(id))) = (returned(file, call.argument(0)), call.argument(1)) else {
            continue;
        };
        let field = file.function(*id).and_then(|function| function.body.returns.first()).and_then(Value::path);
        let Some(field) = field.and_then(|path| path.split_once('.')).map(|(_, field)| field) else { continue };
        let Some(back) = tables.get(&other).and_then(|table| table.relations.get(field)).cloned() else { continue };
        if let Some(table) = tables.get_mut(class) {
            let relation = Relation { table: other, here: back.there, there: back.here, many };
            table.relations.entry(member.name.to_string()).or_insert(relation);
        }
    }
}

/// The entity that a call is about: `getRepository(User).find()`, `this.users.find()` where `users` is declared as
/// `Repository<User>`, `manager.find(User, …)`, `User.find()`.
pub(in crate::probe::source::derived_sql) fn of_call(file: &FileFacts, call: &Call, tables: &Tables) -> Option<String> {
    let object = call.object();
    let last = object.rsplit('.').next()?;
    let capital = |path: &str| path.starts_with(|c: char| c.is_ascii_uppercase()).then(|| path.to_owned());
    if matches!(last, "manager" | "entityManager" | "em") {
        return call.argument(0)?.path()?.rsplit('.').next().and_then(capital);
    }
    if let Some(receiver) = call.receiver.and_then(|id| file.call(id))
        && receiver.method() == "getRepository"
    {
        return receiver.argument(0)?.path()?.rsplit('.').next().and_then(capital);
    }
    if let Some(name) = capital(object).filter(|name| tables.contains_key(name)) {
        return Some(name);
    }
    let field = object.strip_prefix("this.").unwrap_or(object);
    let declared =
        file.classes.iter().flat_map(|class| &class.fields).find(|(name, _)| **name == *field).map(|(_, kind)| &**kind);
    let injected = || {
        let parameters = file.functions.iter().flat_map(|function| &function.parameters);
        parameters
            .filter(|parameter| parameter.names.iter().any(|(name, path)| **name == *field && path.is_empty()))
            .map(|parameter| &*parameter.annotation)
            .find(|kind| kind.contains('<'))
    };
    if let Some(kind) = declared.or_else(injected)
        && let Some((outer, inner)) = kind.split_once('<')
        && outer.trim().ends_with("Repository")
    {
        return capital(inner.trim_end_matches('>').trim());
    }
    // `const users = dataSource.getRepository(User)`
    let set = file.assigned(object, call.function).or_else(|| file.assignments_to(object).next())?;
    match set.value {
        Value::Call(id) => {
            let made = file.call(id).filter(|made| made.method() == "getRepository")?;
            made.argument(0)?.path()?.rsplit('.').next().and_then(capital)
        }
        _ => None,
    }
}
