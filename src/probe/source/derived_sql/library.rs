//! Which library a query goes through.

use std::collections::HashSet;

use crate::probe::source::code::Value;
use crate::probe::source::database_calls::{Query, Way, sql_of};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// A library that writes SQL by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Library {
    Prisma,
    Drizzle,
    Knex,
    Kysely,
    Supabase,
    Sequelize,
    TypeOrm,
    MikroOrm,
    Django,
    SqlAlchemy,
    Peewee,
    Eloquent,
    ActiveRecord,
    Gorm,
    Jpa,
}

/// By the beginning of a module's name.
const MODULES: [(&str, Library); 22] = [
    ("@prisma/client", Library::Prisma),
    ("prisma", Library::Prisma),
    ("drizzle-orm", Library::Drizzle),
    ("knex", Library::Knex),
    ("objection", Library::Knex),
    ("kysely", Library::Kysely),
    ("@supabase/", Library::Supabase),
    ("sequelize", Library::Sequelize),
    ("typeorm", Library::TypeOrm),
    ("@nestjs/typeorm", Library::TypeOrm),
    ("@mikro-orm/", Library::MikroOrm),
    ("django", Library::Django),
    ("sqlalchemy", Library::SqlAlchemy),
    ("sqlmodel", Library::SqlAlchemy),
    ("flask_sqlalchemy", Library::SqlAlchemy),
    ("peewee", Library::Peewee),
    ("tortoise", Library::Peewee),
    ("Illuminate", Library::Eloquent),
    ("gorm.io/", Library::Gorm),
    ("github.com/jinzhu/gorm", Library::Gorm),
    ("jakarta.persistence", Library::Jpa),
    ("javax.persistence", Library::Jpa),
];

impl Library {
    /// For people.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Prisma => "Prisma",
            Self::Drizzle => "Drizzle",
            Self::Knex => "Knex",
            Self::Kysely => "Kysely",
            Self::Supabase => "Supabase",
            Self::Sequelize => "Sequelize",
            Self::TypeOrm => "TypeORM",
            Self::MikroOrm => "MikroORM",
            Self::Django => "Django",
            Self::SqlAlchemy => "SQLAlchemy",
            Self::Peewee => "Peewee or Tortoise",
            Self::Eloquent => "Eloquent",
            Self::ActiveRecord => "Active Record",
            Self::Gorm => "GORM",
            Self::Jpa => "JPA",
        }
    }

    /// Whether its calls can be turned into SQL at all.
    pub(super) const fn is_read(self) -> bool {
        !matches!(self, Self::MikroOrm | Self::Peewee | Self::Gorm | Self::Jpa)
    }

    fn of_module(module: &str) -> Option<Self> {
        MODULES.iter().find(|(prefix, _)| module.starts_with(prefix)).map(|(_, library)| *library)
    }
}

/// The libraries that the project's code imports.
#[derive(Debug, Default)]
pub(super) struct Imports(HashSet<Library>);

impl Imports {
    pub(super) fn new(index: &CodeIndex) -> Self {
        let mut found: HashSet<Library> = index
            .files
            .iter()
            .flat_map(|file| &file.imports)
            .filter_map(|import| Library::of_module(&import.module))
            .collect();
        // Frameworks whose models need no import, and clients that are made elsewhere.
        if index.files.iter().any(|file| file.language == Language::Ruby) {
            found.insert(Library::ActiveRecord);
        }
        if index.files.iter().any(|file| file.language == Language::Php) {
            found.insert(Library::Eloquent);
        }
        if index.plain.iter().any(|file| file.ends_with(".prisma")) {
            found.insert(Library::Prisma);
        }
        Self(found)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn has(&self, library: Library) -> bool {
        self.0.contains(&library)
    }
}

/// The library of a query; `None` for SQL in the code and for databases of other kinds.
pub(super) fn of(file: &FileFacts, query: &Query, imports: &Imports) -> Option<Library> {
    let found = match file.language {
        Language::Python => of_python(file, query, imports),
        Language::Php => of_php(file, query),
        Language::Ruby => of_ruby(file, query),
        Language::Go => Some(Library::Gorm).filter(|_| !sends_sql(file, query)),
        Language::Java => Some(Library::Jpa).filter(|_| !sends_sql(file, query)),
        Language::Template => None,
        Language::JavaScript | Language::TypeScript | Language::Tsx => of_ecma(file, query, imports),
    };
    found.filter(|library| imports.has(*library))
}

fn of_ecma(file: &FileFacts, query: &Query, imports: &Imports) -> Option<Library> {
    match query.way {
        Way::Other => None,
        Way::Prisma => Some(Library::Prisma),
        Way::Relational => Some(Library::Drizzle),
        // Mongoose's models have methods of the same names.
        Way::Model | Way::Repository if file.imports_any(|module| module.contains("mongoose")) => None,
        Way::Model if imports.has(Library::Sequelize) => Some(Library::Sequelize),
        Way::Model => Some(Library::TypeOrm),
        Way::Repository if imports.has(Library::TypeOrm) => Some(Library::TypeOrm),
        Way::Repository => Some(Library::MikroOrm),
        Way::Builder => {
            let call = file.call(query.call)?;
            Some(match call.method() {
                "createQueryBuilder" => Library::TypeOrm,
                "selectFrom" | "insertInto" | "updateTable" | "deleteFrom" => Library::Kysely,
                "from" if imports.has(Library::Supabase) && !imports.has(Library::Knex) => Library::Supabase,
                _ if matches!(call.argument(0), Some(Value::Text(_))) => Library::Knex,
                "select" | "selectDistinct" if imports.has(Library::Knex) && !imports.has(Library::Drizzle) => {
                    Library::Knex
                }
                _ => Library::Drizzle,
            })
        }
    }
}

fn of_python(file: &FileFacts, query: &Query, imports: &Imports) -> Option<Library> {
    if sends_sql(file, query) {
        return None;
    }
    let call = file.call(query.call)?;
    let django = call.callee.contains("objects") || call.method().contains("_or_404");
    let own = |library: Library| file.imports.iter().any(|import| Library::of_module(&import.module) == Some(library));
    [Library::Django, Library::SqlAlchemy, Library::Peewee]
        .into_iter()
        .filter(|library| imports.has(*library))
        .find(|library| own(*library) || (*library == Library::Django && django))
        .or_else(|| [Library::Django, Library::SqlAlchemy, Library::Peewee].into_iter().find(|l| imports.has(*l)))
}

fn of_php(file: &FileFacts, query: &Query) -> Option<Library> {
    let call = file.call(query.call)?;
    // PDO and mysqli are given SQL.
    let driver = matches!(call.method(), "prepare" | "exec" | "execute" | "query" | "fetch" | "fetchAll" | "statement");
    (!sends_sql(file, query) && !driver && file.imports_any(|module| !module.is_empty())).then_some(Library::Eloquent)
}

fn of_ruby(file: &FileFacts, query: &Query) -> Option<Library> {
    (!sends_sql(file, query)).then_some(Library::ActiveRecord)
}

fn sends_sql(file: &FileFacts, query: &Query) -> bool {
    [query.call, query.end].into_iter().filter_map(|id| file.call(id)).any(|call| {
        sql_of(file, call).is_some() || matches!(call.method(), "execute" | "executemany" | "cursor" | "find_by_sql")
    })
}
