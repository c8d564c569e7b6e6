//! What squawk's rules mean for the people who use the app, in plain words. Rules about style are left out.

use squawk_linter::Rule;

use crate::model::Severity;

/// What one of squawk's rules comes to.
pub struct Advice {
    pub rule: Rule,
    pub severity: Severity,
    /// What happens; `{t}` stands for the table.
    pub what: &'static str,
    pub fix: &'static str,
    /// The work grows with the rows that have something in the column, so that a new column makes it short.
    pub by_content: bool,
}

/// The worst first. Locks: <https://www.postgresql.org/docs/current/explicit-locking.html>; what each form of ALTER
/// TABLE does: <https://www.postgresql.org/docs/current/sql-altertable.html>; squawk's reasons: <https://squawkhq.com/docs/rules>.
pub const ADVICE: [Advice; 17] = [
    Advice {
        rule: Rule::AddingRequiredField,
        severity: Severity::Major,
        what: "This adds a column to {t} that may not be empty and has no default: the migration fails as soon as the table has a row, and the deployment with it",
        fix: "Add the column without NOT NULL or with a constant DEFAULT, fill the old rows in batches, and set NOT NULL in a later migration.",
        by_content: false,
    },
    Advice {
        rule: Rule::BanConcurrentIndexCreationInTransaction,
        severity: Severity::Major,
        what: "PostgreSQL refuses CONCURRENTLY within a transaction, and the statements of this file run in one: the migration fails, and the deployment with it",
        fix: "Put this statement alone into a migration of its own.",
        by_content: false,
    },
    Advice {
        rule: Rule::ChangingColumnType,
        severity: Severity::Major,
        what: "Changing the type of a column makes PostgreSQL write every row of {t} anew, and until it is done nobody can read or write the table",
        fix: "Add a second column of the new type, write to both, copy the old rows in batches, switch the reads, and drop the old column in a later release.",
        by_content: false,
    },
    Advice {
        rule: Rule::AddingFieldWithDefault,
        severity: Severity::Major,
        what: "The default of this column is worked out for every row, so PostgreSQL writes all of {t} anew, and until it is done nobody can read or write the table",
        fix: "Add the column without the default, set the default in a second statement (it then holds for new rows), and fill the old rows in batches.",
        by_content: false,
    },
    Advice {
        rule: Rule::AddingSerialPrimaryKeyField,
        severity: Severity::Major,
        what: "A new primary key makes PostgreSQL build an index over all of {t}, and until it is done nobody can read or write the table",
        fix: "Build the index first with `CREATE UNIQUE INDEX CONCURRENTLY`, then use it: `ADD CONSTRAINT … PRIMARY KEY USING INDEX …`.",
        by_content: false,
    },
    Advice {
        rule: Rule::PreferRepack,
        severity: Severity::Major,
        what: "VACUUM FULL and CLUSTER write the whole table anew, and until they are done nobody can read or write it",
        fix: "Use pg_repack, which does the same while the table stays in use, or leave the space to PostgreSQL's own VACUUM.",
        by_content: false,
    },
    Advice {
        rule: Rule::AddingNotNullableField,
        severity: Severity::Major,
        what: "SET NOT NULL reads every row of {t}, and until it is done nobody can read or write the table",
        fix: "First `ADD CONSTRAINT … CHECK (column IS NOT NULL) NOT VALID`, then `VALIDATE CONSTRAINT` in a second migration, which blocks nobody; after that SET NOT NULL takes a moment, and the check can go.",
        by_content: false,
    },
    Advice {
        rule: Rule::DisallowedUniqueConstraint,
        severity: Severity::Major,
        what: "This UNIQUE makes PostgreSQL build an index over {t}, and until it is done nobody can read or write the table; where two rows are equal, the migration fails",
        fix: "Build the index first with `CREATE UNIQUE INDEX CONCURRENTLY`, then use it: `ADD CONSTRAINT … UNIQUE USING INDEX …`.",
        by_content: true,
    },
    Advice {
        rule: Rule::AddingForeignKeyConstraint,
        severity: Severity::Major,
        what: "This foreign key checks every row of {t}, and until it is done nobody can write to it nor to the table that it points to",
        fix: "Add the key with NOT VALID, which takes a moment, and `VALIDATE CONSTRAINT` in a second migration, which blocks nobody.",
        by_content: true,
    },
    Advice {
        rule: Rule::ConstraintMissingNotValid,
        severity: Severity::Major,
        what: "This constraint checks every row of {t}, and until it is done nobody can read or write the table",
        fix: "Add the constraint with NOT VALID, which takes a moment, and `VALIDATE CONSTRAINT` in a second migration, which blocks nobody.",
        by_content: true,
    },
    Advice {
        rule: Rule::RequireConcurrentIndexCreation,
        severity: Severity::Major,
        what: "Building this index keeps everybody from writing to {t} until it is done: about a second for a million rows, minutes for a hundred million",
        fix: "Write `CREATE INDEX CONCURRENTLY`, which blocks nobody.",
        by_content: true,
    },
    Advice {
        rule: Rule::RequireConcurrentReindex,
        severity: Severity::Major,
        what: "REINDEX keeps everybody from writing to the table until it is done",
        fix: "Write `REINDEX … CONCURRENTLY`, which blocks nobody.",
        by_content: false,
    },
    Advice {
        rule: Rule::BanTruncateCascade,
        severity: Severity::Major,
        what: "TRUNCATE … CASCADE empties every table that refers to this one as well",
        fix: "Name the tables that are to be emptied, without CASCADE, and take a backup before.",
        by_content: false,
    },
    Advice {
        rule: Rule::RenamingTable,
        severity: Severity::Major,
        what: "The version of the app that is still running asks for {t} by its old name and fails until the new one has taken over",
        fix: "Keep the old name alive: create a view of the old name in the same migration, and drop it in a later release.",
        by_content: false,
    },
    Advice {
        rule: Rule::RenamingColumn,
        severity: Severity::Major,
        what: "The version of the app that is still running asks {t} for the old name of the column and fails until the new one has taken over",
        fix: "Keep the column's name and rename it in the code only (`@map`, `db_column`, `name:`), or add the new column, write to both, and drop the old one in a later release.",
        by_content: false,
    },
    Advice {
        rule: Rule::BanDropColumn,
        severity: Severity::Minor,
        what: "This drops a column of {t}: a version of the app that still reads it fails until the new one has taken over, and what is in it is gone",
        fix: "Drop a column one release after the last code that used it, and take a backup before.",
        by_content: false,
    },
    Advice {
        rule: Rule::BanDropTable,
        severity: Severity::Minor,
        what: "This drops {t}: a version of the app that still uses it fails until the new one has taken over, and its rows are gone",
        fix: "Drop a table one release after the last code that used it, and take a backup before.",
        by_content: false,
    },
];

/// Where a statement with CONCURRENTLY can stand, which each tool answers in its own way.
pub fn where_concurrently(tool: &str) -> &'static str {
    match tool {
        "Prisma" => {
            " It must stand alone in a migration of its own, made with `prisma migrate dev --create-only`, for Prisma runs several statements in one transaction."
        }
        "Drizzle" => {
            " Drizzle runs every migration in a transaction, where CONCURRENTLY is not allowed: run the statement by hand just before the deployment, and write `IF NOT EXISTS` into the migration."
        }
        _ => {
            " It must stand alone in a migration that the tool runs outside a transaction (`-- +goose NO TRANSACTION`, `-- migrate:up transaction:false`, `executeInTransaction=false`)."
        }
    }
}
