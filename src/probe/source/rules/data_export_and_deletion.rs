//! Proof: people can take their data with them, and have it deleted.

use super::{Check, Hit, Rule, request_work};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::facts::CodeIndex;
use crate::probe::source::routes::{Route, Verb, names, purpose};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "data-export-and-deletion",
    title: "People can export and delete their data",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::Medium,
    what: "A route that exports the data of the user who asks, and one that deletes their account.",
    why: "The law of many countries gives people both, within a month of asking.",
    fix: "Offer an export of everything that belongs to the account, and a deletion that removes or anonymizes it, files and third parties included.",
    example: "router.get('/account/export', requireUser, exportData);\nrouter.delete('/account', requireUser, deleteAccount);",
    references: &["C46"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::Project(check)).reads(request_work::reads, request_work::would_read);

/// Looks at the project; both routes must be there.
fn check(index: &CodeIndex, hits: &mut Vec<Hit>) {
    let find = |test: &dyn Fn(&Route, &[String]) -> bool| {
        request_work::judged(index, request_work::reads).find(|route| {
            let name = route.function(index).and_then(|(_, f)| f.name.clone()).unwrap_or_default();
            let words = names::words(&format!("{} {name}", route.path));
            !purpose::is_private(&route.path) && test(route, &words)
        })
    };
    let has = |words: &[String], wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let own = ["account", "me", "profile", "gdpr", "user", "users", "self", "personal", "privacy", "data"];
    let export = find(&|_, words| has(words, &["export", "exports", "download", "takeout"]) && has(words, &own));
    let deletion = find(&|route, words| {
        let account = has(words, &["account", "me", "profile", "gdpr", "self", "erasure", "dataerasure"]);
        let removes = has(words, &["delete", "destroy", "remove", "erase", "erasure", "close", "dataerasure"])
            || route.verb == Verb::Delete;
        let nothing_else = !has(
            words,
            &[
                "key", "token", "tokens", "keys", "session", "sessions", "avatar", "picture", "photo", "image", "post",
                "item", "cart", "document", "team",
            ],
        );
        account && removes && nothing_else && route.verb != Verb::Get
    });
    if let (Some(export), Some(deletion)) = (export, deletion) {
        let mut hit = Hit::new(
            deletion.place,
            format!("`{}` deletes an account and `{}` exports its data", deletion.path, export.path),
        );
        hit.file = deletion.file;
        hits.push(hit);
    }
}
