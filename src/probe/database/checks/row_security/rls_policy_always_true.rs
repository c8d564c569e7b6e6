//! The rule `rls-policy-always-true`.

use crate::model::{Confidence, Evidence, EvidenceKind, Finding, RuleKind, RuleMeta, Severity};
use crate::probe::database::checks::facts::{ExposedTable, Policy, RowSecurity};
use crate::probe::database::checks::row_security::{exposed, private_part};
use crate::probe::database::checks::{Check, Looked, Outcome, shown};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "rls-policy-always-true",
    title: "A policy lets everyone through",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::High,
    what: "A policy of row level security says `true`, so that it looks like protection and is none: everyone may change all rows, or read all rows of a table that holds what belongs to somebody.",
    why: "Anyone who opens the app can change or delete what others wrote, or download it all, with the key that is in every browser.",
    fix: "Let the policy compare the row's owner with the user, for each command that users need.",
    example: "CREATE POLICY edit ON notes FOR UPDATE USING (true);\n\n-- better\nCREATE POLICY edit ON notes FOR UPDATE TO authenticated\n  USING (user_id = (SELECT auth.uid()));",
    references: &[
        "https://supabase.com/docs/guides/database/postgres/row-level-security",
        "https://supabase.github.io/splinter/0024_permissive_rls_policy/",
        "F54",
    ],
};

/// The check.
pub const CHECK: Check = Check { meta: &META, judge };

fn judge(looked: &Looked<'_>) -> Outcome {
    match exposed(looked) {
        Ok(known) => Outcome::whole(known.policies.iter().filter_map(|policy| tell(policy, known, looked))),
        Err(outcome) => outcome,
    }
}

/// Whether a condition holds for every row.
fn is_true(condition: &str) -> bool {
    let bare: String = condition.chars().filter(|c| !c.is_whitespace() && !"()".contains(*c)).collect();
    matches!(bare.to_ascii_lowercase().as_str(), "true" | "1=1" | "nottrue=false")
}

/// What one may do that a policy lets through unasked.
#[derive(Clone, Copy, PartialEq)]
enum Open {
    Read,
    Add,
    Change,
    Delete,
    All,
}

fn tell(policy: &Policy, known: &RowSecurity, looked: &Looked<'_>) -> Option<Finding> {
    let table = known.tables.iter().find(|table| table.schema == policy.schema && table.table == policy.table)?;
    if !policy.permissive || !table.guarded || !(policy.for_anon || policy.for_users) {
        return None;
    }
    // A policy that takes away holds as well, and may take away most.
    let narrowed = known.policies.iter().any(|other| {
        !other.permissive
            && (&other.schema, &other.table) == (&policy.schema, &policy.table)
            && (other.command == "*" || other.command == policy.command || policy.command == "*")
            && !other.using.as_deref().is_some_and(is_true)
    });
    if narrowed {
        return None;
    }
    let open = open(policy)?;
    let anon = policy.for_anon && if open == Open::Read { table.anon_reads } else { table.anon_writes };
    let users = policy.for_users && if open == Open::Read { table.user_reads } else { table.user_writes };
    let who = match (anon, users) {
        (true, _) => "every visitor",
        (false, true) => "every signed-in user",
        (false, false) => return None,
    };
    let (what, severity, confidence) = match open {
        // Reading all is often meant, such as of articles; it is told where a column says that it is not.
        Open::Read if !anon => return None,
        Open::Read => {
            let private = private_part(table)?;
            (format!("read all of its rows, `{private}` included"), Severity::Major, Confidence::Medium)
        }
        // A contact form lets anyone write a row.
        Open::Add => ("add whatever rows they like".to_owned(), Severity::Minor, Confidence::Low),
        Open::Change => ("change all of its rows".to_owned(), severity(anon), Confidence::High),
        Open::Delete => ("delete all of its rows".to_owned(), severity(anon), Confidence::High),
        Open::All => ("read, change and delete all of its rows".to_owned(), severity(anon), Confidence::High),
    };
    let here = shown(&policy.schema, &policy.table);
    let message = format!("The policy `{}` on `{here}` is always true: {who} can {what}", policy.name);
    Some(
        looked
            .about(&META, (&policy.schema, &policy.table), &policy.name, message)
            .severity(severity)
            .confidence(confidence)
            .fix(remedy(table))
            .evidence(Evidence::new(EvidenceKind::Query, written(policy))),
    )
}

/// A user who has signed up is a stranger too, but one with a name.
const fn severity(anon: bool) -> Severity {
    if anon { Severity::Blocker } else { Severity::Major }
}

fn open(policy: &Policy) -> Option<Open> {
    let using = policy.using.as_deref().is_some_and(is_true);
    // Without a check of its own the condition for old rows holds for new ones too.
    let checks = policy.check.as_deref().map_or(using, is_true);
    match policy.command.as_str() {
        "r" if using => Some(Open::Read),
        "a" if policy.check.as_deref().is_none_or(is_true) => Some(Open::Add),
        "w" if using => Some(Open::Change),
        "d" if using => Some(Open::Delete),
        "*" if using && checks => Some(Open::All),
        "*" if using => Some(Open::Delete),
        "*" if checks => Some(Open::Add),
        _ => None,
    }
}

fn remedy(table: &ExposedTable) -> String {
    let owner = ["user_id", "userid", "owner_id", "created_by", "author_id", "profile_id"];
    let column = table.columns.iter().find(|column| owner.contains(&column.to_lowercase().as_str()));
    match column {
        Some(column) => format!(
            "Compare the row's owner: `USING ({column} = (SELECT auth.uid()))`, one policy for each command that users need."
        ),
        None => META.fix.to_owned(),
    }
}

/// The policy as SQL, as far as it matters.
fn written(policy: &Policy) -> String {
    let command = match policy.command.as_str() {
        "r" => "SELECT",
        "a" => "INSERT",
        "w" => "UPDATE",
        "d" => "DELETE",
        _ => "ALL",
    };
    let mut text =
        format!("CREATE POLICY \"{}\" ON {} FOR {command}", policy.name, shown(&policy.schema, &policy.table));
    for (word, condition) in [("USING", &policy.using), ("WITH CHECK", &policy.check)] {
        if let Some(condition) = condition {
            text.push_str(&format!(" {word} ({condition})"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Observation;
    use crate::probe::database::checks::facts::{Asked, Facts};
    use crate::probe::database::checks::testing::{facts, judge};

    fn policy(command: &str, using: Option<&str>, check: Option<&str>) -> Policy {
        Policy {
            schema: "public".to_owned(),
            table: "notes".to_owned(),
            name: "p".to_owned(),
            command: command.to_owned(),
            permissive: true,
            for_anon: true,
            for_users: true,
            using: using.map(str::to_owned),
            check: check.map(str::to_owned),
        }
    }

    fn told(policies: Vec<Policy>, column: &str) -> Option<(Severity, Confidence)> {
        let table = ExposedTable {
            schema: "public".to_owned(),
            table: "notes".to_owned(),
            guarded: true,
            anon_reads: true,
            anon_writes: true,
            user_reads: true,
            user_writes: true,
            columns: vec!["id".to_owned(), column.to_owned()],
        };
        let known = RowSecurity { tables: vec![table], policies, views: Vec::new() };
        let outcome = judge(CHECK, &Facts { row_security: Asked::Known(known), ..facts() }, Vec::new());
        match outcome.seen.first() {
            Some(Observation::Finding(finding)) => Some((finding.severity, finding.confidence)),
            _ => None,
        }
    }

    #[test]
    fn what_lets_everyone_through_and_what_only_looks_like_it() {
        let own = "(user_id = ( SELECT auth.uid() AS uid))";
        let sure = Some((Severity::Blocker, Confidence::High));
        assert_eq!(told(vec![policy("w", Some("true"), None)], "body"), sure);
        assert_eq!(told(vec![policy("*", Some("(true)"), None)], "body"), sure);
        assert_eq!(told(vec![policy("d", Some("(1 = 1)"), None)], "body"), sure);
        assert_eq!(told(vec![policy("w", Some("true"), Some(own))], "body"), sure, "takes over the rows of others");
        assert_eq!(told(vec![policy("*", Some(own), Some(own))], "body"), None);
        assert_eq!(told(vec![policy("w", Some(own), None)], "body"), None);
        assert_eq!(told(vec![policy("r", Some("true"), None)], "body"), None);
        assert_eq!(told(vec![policy("r", Some("true"), None)], "email"), Some((Severity::Major, Confidence::Medium)));
        assert_eq!(told(vec![policy("a", None, Some("true"))], "body"), Some((Severity::Minor, Confidence::Low)));
        let users = Policy { for_anon: false, ..policy("w", Some("true"), None) };
        assert_eq!(told(vec![users], "body"), Some((Severity::Major, Confidence::High)));
        let service = Policy { for_anon: false, for_users: false, ..policy("*", Some("true"), None) };
        assert_eq!(told(vec![service], "body"), None);
        let narrowing = Policy { permissive: false, ..policy("*", Some(own), None) };
        assert_eq!(told(vec![policy("*", Some("true"), None), narrowing], "body"), None);
    }
}
