//! Queries of JavaScript and TypeScript through models and repositories: Prisma, Sequelize, Mongoose, TypeORM, MikroORM.

use super::chain::Chain;
use super::ecma::is_database_name;
use super::{Action, Query, is_capital, last_name};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::FileFacts;

/// `prisma.user.findMany()`, `tx.user.update()`.
pub(super) fn prisma(call: &Call) -> Option<Query> {
    let (object, method) = (call.object(), call.method());
    let (client, model) = object.rsplit_once('.').unwrap_or((object, ""));
    let client = client.rsplit('.').next().unwrap_or(client);
    let is_client = matches!(client, "prisma" | "tx" | "trx" | "db" | "prismaClient" | "dbClient" | "prismaTx")
        || client.to_ascii_lowercase().contains("prisma");
    if model.is_empty() || !is_client || object.contains('(') {
        return None;
    }
    let given = call.argument(0);
    let query = match method {
        "findUnique" | "findUniqueOrThrow" => Query { gathered: true, ..Query::one() },
        "findFirst" | "findFirstOrThrow" => Query::one(),
        "findMany" => {
            Query::list().bounded_if(given.is_some_and(|options| options.get("take").is_some() || options.spreads()))
        }
        "count" | "aggregate" | "groupBy" => Query::number(),
        "create" | "createMany" | "createManyAndReturn" => Query::write(Action::Insert),
        "update" | "updateMany" | "upsert" => Query::write(Action::Update),
        "delete" | "deleteMany" => Query::write(Action::Delete),
        _ => return None,
    };
    // What options there are is not known where they are made elsewhere.
    let elsewhere = matches!(given, Some(Value::Path(_) | Value::Call(_) | Value::Unknown));
    Some(query.on(model).bounded_if(elsewhere))
}

/// `db.query.users.findFirst()`.
pub(super) fn drizzle_relational(call: &Call) -> Option<Query> {
    let (client, table) = call.object().split_once(".query.")?;
    if !is_database_name(last_name(client)) {
        return None;
    }
    match call.method() {
        "findFirst" => Some(Query::one().on(table)),
        "findMany" => {
            let bounded = call.argument(0).is_some_and(|options| options.get("limit").is_some() || options.spreads());
            Some(Query::list().on(table).bounded_if(bounded))
        }
        _ => None,
    }
}

fn from_models(chain: &Chain<'_>, name: &str) -> bool {
    let file: &FileFacts = chain.file;
    let module = file.binding(name).map_or("", |binding| &binding.module).to_ascii_lowercase();
    chain.known.is_model(name)
        || ["model", "schema", "entities", "entity"].iter().any(|word| module.contains(word))
        || file.assigned(name, 0).is_some_and(|assignment| match assignment.value {
            Value::Call(id) => file.call(id).is_some_and(|call| matches!(call.method(), "model" | "define")),
            _ => false,
        })
}

/// `User.findOne()` of Sequelize and Mongoose, `User.findByPk()`.
pub(super) fn model(chain: &Chain<'_>, call: &Call) -> Option<Query> {
    let object = last_name(call.object());
    let object = object.strip_suffix("()").unwrap_or(object);
    // `User.unscoped().findAll()`, `User.scope("x").findOne()`
    let object = if matches!(object, "unscoped" | "scope" | "schema") {
        chain.head().map_or(object, |head| last_name(head.object()))
    } else {
        object
    };
    let is_model = is_capital(object) || (object.ends_with("Model") && object.len() > 5);
    if !is_model {
        return None;
    }
    let options = call.argument(0);
    let limited = || {
        chain.has(&["limit", "paginate", "cursor", "lean().limit"])
            || options.is_some_and(|options| options.get("limit").is_some() || options.spreads())
            || call.argument(2).is_some_and(|options| options.get("limit").is_some())
            || matches!(options, Some(Value::Path(_) | Value::Call(_)))
    };
    let query = match call.method() {
        "findByPk" | "findById" | "findOne" | "findOneOrFail" | "findOneBy" => Query::one(),
        "findAll" => Query::list().bounded_if(limited()),
        "findAndCountAll" => Query::list().bounded_if(limited()),
        "countDocuments" | "estimatedDocumentCount" => Query::number(),
        "findOrCreate" | "findByIdAndUpdate" | "findOneAndUpdate" | "updateOne" | "updateMany" | "bulkWrite"
        | "upsert"
            if call.method() != "upsert" || from_models(chain, object) =>
        {
            Query::write(Action::Update)
        }
        "bulkCreate" | "insertMany" => Query::write(Action::Insert),
        "findByIdAndDelete" | "findOneAndDelete" | "deleteOne" | "deleteMany" => Query::write(Action::Delete),
        // Names that other things have too: the model must come from a place for models.
        "find" if chain.has(&["countDocuments", "count", "estimatedDocumentCount", "distinct"]) => Query::number(),
        "find" if from_models(chain, object) => {
            let limited = chain.has(&["limit", "paginate", "cursor", "findOne"]) || call.argument(2).is_some();
            Query::list().bounded_if(limited)
        }
        "count" | "aggregate" | "distinct" if from_models(chain, object) => Query::number(),
        "create" if from_models(chain, object) => Query::write(Action::Insert),
        "update" | "increment" | "decrement" if from_models(chain, object) => Query::write(Action::Update),
        "destroy" if from_models(chain, object) => Query::write(Action::Delete),
        _ => return None,
    };
    let locks =
        options.is_some_and(|o| o.get("lock").is_some()) || call.argument(1).is_some_and(|o| o.get("lock").is_some());
    Some(Query { locks, ..query.on(object.strip_suffix("Model").filter(|name| !name.is_empty()).unwrap_or(object)) })
}

/// `this.usersRepository.findOne()`, `getRepository(User).find()`, `manager.find()`, `em.findOne(User, …)`.
pub(super) fn repository(chain: &Chain<'_>, call: &Call) -> Option<Query> {
    let object = call.object();
    let name = last_name(object);
    let name = name.strip_suffix("()").unwrap_or(name);
    let method = call.method();
    let manages = matches!(name, "em" | "entityManager" | "manager" | "orm");
    let entity = || match call.argument(0) {
        Some(Value::Path(path)) if is_capital(last_name(path)) => Some(last_name(path)),
        _ => None,
    };
    let (table, options): (Box<str>, Option<&Value>) = if manages {
        let direct = matches!(method, "save" | "remove" | "persistAndFlush" | "removeAndFlush");
        (entity().or(direct.then_some(""))?.into(), call.argument(2).or_else(|| call.argument(1)))
    } else if name.ends_with("Repository")
        || name.ends_with("Repo")
        || matches!(name, "repository" | "repo" | "getRepository")
    {
        let model = if name == "getRepository" {
            match chain.head().and_then(|head| head.argument(0)) {
                Some(Value::Path(path)) => last_name(path),
                _ => "",
            }
        } else {
            name.trim_end_matches("Repository").trim_end_matches("Repo")
        };
        // MikroORM takes its options second.
        (model.into(), call.argument(1).filter(|o| matches!(o, Value::Object(_))).or_else(|| call.argument(0)))
    } else {
        return None;
    };
    let limited = || {
        options.is_some_and(|o| o.get("take").is_some() || o.get("limit").is_some() || o.spreads())
            || matches!(options, Some(Value::Path(_) | Value::Call(_) | Value::Unknown))
    };
    let query = match method {
        "findOne" | "findOneBy" | "findOneOrFail" | "findOneByOrFail" => Query::one(),
        "find" | "findBy" | "findAndCount" | "findAll" | "findAndCountBy" => Query::list().bounded_if(limited()),
        "count" | "countBy" | "exists" | "existsBy" => Query::number(),
        "query" if !manages => Query::list().bounded_if(true),
        "save" | "upsert" | "persistAndFlush" | "nativeUpdate" => Query::write(Action::Update),
        "update" if options.is_some() || call.arguments.len() > 1 => Query::write(Action::Update),
        "insert" => Query::write(Action::Insert),
        "delete" | "remove" | "nativeDelete" | "softDelete" | "removeAndFlush" => Query::write(Action::Delete),
        _ => return None,
    };
    let locks = options.is_some_and(|o| o.get("lock").is_some() || o.get("lockMode").is_some());
    Some(Query { locks, ..query.on(table) })
}
