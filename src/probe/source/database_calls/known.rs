//! What is known about the whole project before its queries are told: which classes are models, which are repositories.

mod embedded;

use std::sync::Arc;

use crate::probe::source::code::Value;
use crate::probe::source::facts::{FileFacts, Language};
use crate::probe::source::quick::HashSet;

/// Classes of the project that stand for tables.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Known {
    models: HashSet<Box<str>>,
    /// Names under which models lead to rows of other tables, each of them read when it is asked for.
    relations: HashSet<Box<str>>,
    /// Every request runs in a transaction of its own: Django's `ATOMIC_REQUESTS`.
    pub atomic_requests: bool,
    /// The only database is one of SQLite, in a file beside the app.
    pub embedded: bool,
}

/// What a model extends, last part of the name.
const MODEL_BASES: [&str; 22] = [
    "Model",
    "ActiveRecord",
    "Base",
    "ApplicationRecord",
    "Authenticatable",
    "DeclarativeBase",
    "Document",
    "BaseModel",
    "SQLModel",
    "BaseEntity",
    "Pivot",
    "Record",
    "IdModel",
    "ParanoidModel",
    "AbstractUser",
    "AbstractBaseUser",
    "TimeStampedModel",
    "MPTTModel",
    "EmbeddedDocument",
    "PanacheEntity",
    "AbstractEntity",
    "Sequel",
];

impl Known {
    /// Looks at every class of the project, twice: a model may extend one of the project's own.
    #[must_use]
    pub fn new(files: &[Arc<FileFacts>]) -> Self {
        let mut known = Self::default();
        for _ in 0..3 {
            let before = known.models.len();
            for file in files {
                known.learn(file);
            }
            if known.models.len() == before {
                break;
            }
        }
        for file in files {
            known.learn_relations(file);
        }
        known.atomic_requests = files.iter().filter(|file| file.language == Language::Python).any(|file| {
            file.assignments.iter().any(|assignment| {
                let mut found =
                    &*assignment.target == "ATOMIC_REQUESTS" || assignment.target.contains("ATOMIC_REQUESTS");
                assignment.value.walk(&mut |value| {
                    found |= value.get("ATOMIC_REQUESTS").is_some_and(|on| *on != Value::Bool(false));
                });
                found
            })
        });
        known.embedded = embedded::only(files);
        known
    }

    fn learn(&mut self, file: &FileFacts) {
        for class in &file.classes {
            let extends = class.bases.iter().any(|base| {
                let last = base.rsplit(['.', '\\', ':']).next().unwrap_or(base);
                let head = base.split(['<', '(', '[']).next().unwrap_or(base);
                (MODEL_BASES.contains(&last) && is_model_base(file, base))
                    || MODEL_BASES.contains(&head) && is_model_base(file, head)
                    || self.models.contains(last)
            });
            let marked = class
                .decorators
                .iter()
                .any(|d| matches!(d.method(), "Entity" | "Table" | "Schema" | "MappedSuperclass" | "Document"));
            if extends || marked {
                self.models.insert(class.name.clone());
            }
        }
        // `const User = mongoose.model("User", schema)`, `sequelize.define("user", …)`.
        if file.language.is_ecma() {
            for assignment in file.assignments.iter().filter(|a| a.target.starts_with(|c: char| c.is_ascii_uppercase()))
            {
                if let Value::Call(id) = assignment.value
                    && file.call(id).is_some_and(|call| matches!(call.method(), "model" | "define"))
                {
                    self.models.insert(assignment.target.clone());
                }
            }
        }
    }

    fn learn_relations(&mut self, file: &FileFacts) {
        let of_model = |bytes: (u32, u32)| {
            file.classes.iter().any(|class| {
                self.models.contains(&class.name) && class.place.bytes.0 <= bytes.0 && bytes.1 <= class.place.bytes.1
            })
        };
        let mut found: Vec<Box<str>> = Vec::new();
        match file.language {
            Language::Python => {
                for assignment in &file.assignments {
                    if let Value::Call(id) = assignment.value
                        && file.call(id).is_some_and(|call| matches!(call.method(), "ForeignKey" | "OneToOneField"))
                        && of_model(assignment.place.bytes)
                    {
                        found.push(assignment.target.clone());
                    }
                }
            }
            Language::Php => {
                let relates = [
                    "belongsTo",
                    "hasOne",
                    "hasMany",
                    "belongsToMany",
                    "morphTo",
                    "morphMany",
                    "morphOne",
                    "hasManyThrough",
                    "hasOneThrough",
                    "morphToMany",
                ];
                for call in file.calls.iter().filter(|call| call.root() == "this" && relates.contains(&call.method())) {
                    let function = file.function(call.function);
                    if let Some(name) = function.and_then(|function| function.name.clone())
                        && function.is_some_and(|f| f.class.as_ref().is_some_and(|class| self.models.contains(class)))
                    {
                        found.push(name);
                    }
                }
            }
            Language::Ruby => {
                for call in file.calls.iter().filter(|call| {
                    matches!(&*call.callee, "belongs_to" | "has_many" | "has_one" | "has_and_belongs_to_many")
                        && of_model(call.place.bytes)
                }) {
                    let name = call.argument(0).and_then(|value| value.text().or_else(|| value.path()));
                    found.extend(name.map(|name| name.trim_start_matches(':').into()));
                }
            }
            Language::Java => {
                for class in file.classes.iter().filter(|class| self.models.contains(&class.name)) {
                    for (name, kind) in &class.fields {
                        let element = kind.split_once('<').map_or("", |(_, rest)| rest.trim_end_matches('>'));
                        if self.models.contains(element) {
                            found.push(name.clone());
                        }
                    }
                }
            }
            _ => {}
        }
        self.relations.extend(found);
    }

    /// Whether some model leads to rows of another table under this name.
    #[must_use]
    pub fn is_relation(&self, name: &str) -> bool {
        self.relations.contains(name)
    }

    /// Whether `name` is a class that stands for a table.
    #[must_use]
    pub fn is_model(&self, name: &str) -> bool {
        self.models.contains(name)
    }
}

/// pydantic has a `BaseModel` as well, which is no table; so has Laravel's `Controller` a `Base`.
fn is_model_base(file: &FileFacts, base: &str) -> bool {
    let last = base.rsplit(['.', '\\', ':']).next().unwrap_or(base);
    match (file.language, last) {
        (Language::Python, "BaseModel") => !file.imports_any(|module| module.starts_with("pydantic")),
        (Language::Python, "Base") => {
            file.imports_any(|m| m.contains("sqlalchemy") || m.contains("db") || m.contains("base"))
        }
        (Language::Python, "Record") => false,
        (Language::Ruby, "Base") => base.starts_with("ActiveRecord"),
        (Language::Php, "Base" | "Document" | "Record") => false,
        (Language::Java, "Base" | "Document" | "Record" | "Model") => false,
        (_, "Base" | "Record") => !file.language.is_ecma(),
        _ => true,
    }
}
