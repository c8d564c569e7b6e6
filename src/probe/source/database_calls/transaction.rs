//! Whether a query runs in a transaction.

use crate::probe::source::code::{Call, Class, Decorator, Function, Value};
use crate::probe::source::facts::FileFacts;

/// Names that a transaction's client is given.
fn is_transaction_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    matches!(&*lower, "tx" | "trx" | "txn" | "transaction" | "prismatx" | "t" | "dbtx" | "queryrunner" | "sqltx")
        || lower.contains("transaction")
}

/// Whether a call begins a transaction, or runs what it is given in one.
pub(in crate::probe::source) fn opens_one(call: &Call) -> bool {
    let method = call.method();
    let lower = method.to_ascii_lowercase();
    let begins = matches!(
        method,
        "begin"
            | "Begin"
            | "BeginTx"
            | "BeginTxx"
            | "Beginx"
            | "MustBegin"
            | "BeginFunc"
            | "RunInTx"
            | "RunInTransaction"
            | "WithTx"
            | "InTx"
            | "atomic"
            | "in_transaction"
            | "begin_nested"
            | "beginNested"
            | "startSession"
            | "with_lock"
            | "transactional"
            | "wrapInTransaction"
            | "acquire_lock"
            | "acquireLock"
            | "withLock"
            | "advisory_lock"
            | "with_advisory_lock"
            | "setAutoCommit"
            | "START_TRANSACTION"
    );
    begins
        || call.object().to_ascii_lowercase().ends_with("transactiontemplate")
        || (lower.contains("transaction") && !lower.contains("transactions") && !is_about_money(&lower))
        || matches!(call.argument(0), Some(Value::Text(text)) if is_begin(text))
}

/// `createTransaction` of a bank is no transaction of a database.
fn is_about_money(lower: &str) -> bool {
    [
        "create", "add", "get", "list", "find", "save", "record", "update", "delete", "new", "fetch", "process",
        "verify", "cancel",
    ]
    .iter()
    .any(|verb| lower.starts_with(verb))
}

fn is_begin(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or("").trim_end_matches(';').to_ascii_lowercase();
    (first == "begin" && text.len() < 40)
        || (first == "start" && text.to_ascii_lowercase().contains("transaction") && text.len() < 60)
}

fn is_marked(decorators: &[Decorator]) -> bool {
    decorators.iter().any(|decorator| {
        let lower = decorator.name.to_ascii_lowercase();
        lower.contains("transaction") || lower.contains("atomic") || lower.contains("unitofwork")
    })
}

fn class_of<'f>(file: &'f FileFacts, function: &Function) -> Option<&'f Class> {
    let name = function.class.as_deref()?;
    file.classes.iter().find(|class| *class.name == *name)
}

/// Whether the call runs in a transaction, as far as its file tells.
#[must_use]
pub(in crate::probe::source) fn in_transaction(file: &FileFacts, call: &Call) -> bool {
    if call.callee.split('.').take(3).any(|part| is_transaction_name(part.trim_end_matches("()"))) {
        return true;
    }
    // `{ transaction: t }`, `session=session`, a transaction that is handed on.
    let handed = call.arguments.iter().any(|argument| {
        argument.name.as_deref().is_some_and(|name| matches!(name, "transaction" | "session" | "transacting" | "using"))
            || argument.value.get("transaction").is_some()
            || argument.value.get("session").is_some()
            || argument.value.get("transacting").is_some()
            || argument.value.path().is_some_and(|path| is_transaction_name(path.rsplit('.').next().unwrap_or(path)))
    });
    if handed {
        return true;
    }
    file.enclosing(call.function).any(|(id, function)| {
        is_marked(&function.decorators)
            || class_of(file, function).is_some_and(|class| is_marked(&class.decorators))
            || function.argument_of.and_then(|id| file.call(id)).is_some_and(opens_one)
            || function.parameters.iter().flat_map(|p| &p.names).any(|(name, _)| is_transaction_name(name))
            || (id != 0 && file.calls_of(&function.body).any(|(_, inner)| opens_one(inner)))
    })
}
