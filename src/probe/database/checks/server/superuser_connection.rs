//! The rule `superuser-connection`.

use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::database::checks::facts::Asked;
use crate::probe::database::checks::{Check, Looked, Outcome, finding};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "superuser-connection",
    title: "The database's address names a role that may do anything",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::Medium,
    what: "The role in the address is a superuser, or row level security does not hold for it while tables rely on that.",
    why: "A hole in the app, such as a query that takes in what a user typed, then opens the whole server: every database, its files, and with COPY … TO PROGRAM its machine.",
    fix: "Make a role for the app that may read and write its own tables and nothing else, and use it in the app's address.",
    example: "DATABASE_URL=postgres://postgres@db.example.com/shop\n\n-- better\nCREATE ROLE app LOGIN PASSWORD '…';\nGRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO app;",
    references: &[
        "https://www.postgresql.org/docs/current/role-attributes.html",
        "https://dev.mysql.com/doc/refman/8.4/en/privileges-provided.html",
        "F58",
    ],
};

/// The check.
pub const CHECK: Check = Check { meta: &META, judge };

fn judge(looked: &Looked<'_>) -> Outcome {
    if let Err(outcome) = looked.production() {
        return outcome;
    }
    let role = match looked.facts.role.known() {
        Ok(role) => role,
        Err(outcome) => return outcome,
    };
    if role.superuser {
        let message = format!("The role `{}` in the database's address is a superuser", role.name);
        return Outcome::whole([finding(&META, role.name.clone(), message)]);
    }
    let guarded =
        matches!(&looked.facts.row_security, Asked::Known(known) if known.tables.iter().any(|table| table.guarded));
    // The server's own role at Supabase is made like that.
    if role.bypasses_row_security && guarded && !looked.facts.product.supabase {
        let message = format!("Row security does not hold for the role `{}` in the database's address", role.name);
        return Outcome::whole([finding(&META, role.name.clone(), message).severity(Severity::Minor)]);
    }
    Outcome::whole([])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::database::checks::facts::{ExposedTable, Facts, Role, RowSecurity};
    use crate::probe::database::checks::testing::{facts, judge};

    #[test]
    fn a_superuser_and_one_whom_row_security_does_not_hold() {
        let told = |superuser: bool, bypasses_row_security: bool, guarded: bool| {
            let role = Asked::Known(Role { name: "app".to_owned(), superuser, bypasses_row_security });
            let tables = vec![ExposedTable { guarded, ..ExposedTable::default() }];
            let row_security = Asked::Known(RowSecurity { tables, ..RowSecurity::default() });
            judge(CHECK, &Facts { role, row_security, ..facts() }, Vec::new()).seen.len()
        };
        assert_eq!((told(true, true, false), told(false, true, true)), (1, 1));
        assert_eq!((told(false, true, false), told(false, false, true)), (0, 0));
    }
}
