//! Calls that compare passwords and hash them.

use crate::probe::source::code::{Call, Condition, Value};
use crate::probe::source::facts::{FileFacts, Language};

/// Whether a call compares a password with what is kept of it.
pub(super) fn checks_password(file: &FileFacts, call: &Call) -> bool {
    let root = call.root().to_ascii_lowercase();
    let by_language = match file.language {
        Language::Go => matches!(&*call.callee, "bcrypt.CompareHashAndPassword" | "argon2id.ComparePasswordAndHash"),
        Language::Java => {
            call.method() == "matches" && call.object().to_ascii_lowercase().contains("encoder")
                || call.method() == "authenticate"
                    && call.object().to_ascii_lowercase().contains("authenticationmanager")
        }
        Language::Php => {
            matches!(&*call.callee, "password_verify" | "Hash.check" | "Auth.attempt" | "auth().attempt")
                || call.method() == "attempt" && call.callee.to_ascii_lowercase().contains("auth")
        }
        Language::Ruby => {
            matches!(call.method(), "valid_password?" | "authenticate_by")
                || call.method() == "authenticate"
                    && call.arguments.iter().any(|a| a.value.path().is_some_and(|path| path.ends_with("password")))
        }
        _ => false,
    };
    if is_of_token(call) {
        return false;
    }
    by_language
        || matches!(
            call.method(),
            "compareSync"
                | "checkpw"
                | "check_password"
                | "check_password_hash"
                | "verify_password"
                | "verifyPassword"
                | "comparePassword"
                | "checkPassword"
                | "validatePassword"
                | "isValidPassword"
                | "matchPassword"
                | "pwd_context.verify"
                | "passwordVerify"
        )
        || (matches!(call.method(), "compare" | "verify")
            && (root.contains("bcrypt")
                || root.contains("argon")
                || root.contains("scrypt")
                || root.contains("pwd")
                || root.contains("password")))
        || (call.method() == "authenticate" && call.named("password").is_some())
}

/// Whether what is checked is a key that the app made and sent: too long to be guessed.
fn is_of_token(call: &Call) -> bool {
    let mut names =
        call.arguments.iter().flat_map(|argument| argument.name.as_deref().into_iter().chain(argument.value.path()));
    let mut token = false;
    let password = names.any(|name| {
        let lower = name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase();
        token |= lower.contains("token");
        lower.contains("pass") || lower.contains("pwd")
    });
    token && !password
}

/// Whether a call makes of a password what is kept of it.
pub(super) fn hashes_password(file: &FileFacts, call: &Call) -> bool {
    let root = call.root().to_ascii_lowercase();
    let by_language = match file.language {
        Language::Go => &*call.callee == "bcrypt.GenerateFromPassword",
        Language::Java => call.method() == "encode" && call.object().to_ascii_lowercase().contains("encoder"),
        Language::Php => matches!(&*call.callee, "Hash.make" | "password_hash" | "bcrypt"),
        _ => false,
    };
    by_language
        || matches!(
            call.method(),
            "hashSync"
                | "hashpw"
                | "generate_password_hash"
                | "hash_password"
                | "get_password_hash"
                | "hashPassword"
                | "set_password"
                | "create_user"
                | "make_password"
                | "setPassword"
        )
        || (call.method() == "hash"
            && (root.contains("bcrypt") || root.contains("argon") || root.contains("pwd") || root.contains("password")))
}

/// Whether a call compares a password and nobody waits for the answer: a promise always counts as true.
pub(super) fn is_forgotten(file: &FileFacts, call: &Call) -> bool {
    let promises = ["bcrypt", "bcryptjs", "@node-rs/bcrypt", "argon2", "@node-rs/argon2"];
    file.language.is_ecma()
        && matches!(call.method(), "compare" | "verify")
        && file.binding(call.root()).is_some_and(|binding| promises.contains(&&*binding.module))
        && !call.awaited
        && !call.returned
        && call.chained.is_none()
        && call.argument_of.is_none()
        // A third argument is called with the answer, or sets how it is made.
        && call.arguments.len() == 2
}

/// The comparison that a test takes for an answer although nobody waits for it.
pub(super) fn taken_for_answer<'f>(file: &'f FileFacts, condition: &Condition) -> Option<&'f Call> {
    let tested = match &condition.test {
        Value::Not(inner) => inner,
        other => other,
    };
    let asked = match file.resolved(tested, condition.function) {
        Value::Call(id) => file.call(*id)?,
        _ => return None,
    };
    is_forgotten(file, asked).then_some(asked)
}
