//! Whether a migration can be undone, as each tool means it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::{Group, arguments, name_of};
use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Location, RuleKind, RuleMeta, Severity};
use crate::probe::repository::repo::{Repo, folder_of};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "migration-without-way-back",
    title: "A migration cannot be undone",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Looks at the five newest migrations of every folder for a way back: a `down` that does something, a section or file that undoes the change, operations that can be reversed.",
    why: "When a release goes wrong, the old code needs the old schema. Without a way back someone writes it by hand while your users wait.",
    fix: "Write the reverse together with the change. Where going back would destroy data, say so in the file and name the backup to restore instead.",
    example: "-- bad: 0007_price.up.sql alone\n-- good: beside it 0007_price.down.sql\nALTER TABLE orders DROP COLUMN price;",
    references: &["C32", "C38"],
};

/// Who goes back, goes back over the last release or two.
const NEWEST: usize = 5;
/// More names are not listed.
const MOST_NAMES: usize = 12;

/// One finding for every tool with newest migrations that cannot be undone.
#[must_use]
pub fn findings(repo: &Repo, groups: &[Group]) -> Vec<Finding> {
    let mut by_tool: BTreeMap<&str, Vec<(&Group, &str)>> = BTreeMap::new();
    let mut looked: BTreeMap<&str, usize> = BTreeMap::new();
    for group in groups {
        let forward = group.forward();
        for path in forward.iter().skip(forward.len().saturating_sub(NEWEST)) {
            *looked.entry(group.tool).or_default() += 1;
            if !has_way_back(repo, group, path) {
                by_tool.entry(group.tool).or_default().push((group, path));
            }
        }
    }
    by_tool.into_iter().filter_map(|(tool, stuck)| finding(tool, &stuck, looked.get(tool).copied()?)).collect()
}

fn finding(tool: &str, stuck: &[(&Group, &str)], looked: usize) -> Option<Finding> {
    let (group, newest) = stuck.last()?;
    let of = if tool == "SQL" || tool == "JavaScript" { String::new() } else { format!(" of {tool}") };
    let message = match (stuck.len(), looked) {
        (1, 1) => format!("The only migration{of}, `{}`, has no way back", group.name_of(newest)),
        (1, _) => format!("`{}`, one of the {looked} newest migrations{of}, has no way back", group.name_of(newest)),
        (count, _) if count == looked => format!("None of the {looked} newest migrations{of} has a way back"),
        (count, _) => format!("{count} of the {looked} newest migrations{of} have no way back"),
    };
    let mut names: Vec<&str> = stuck.iter().rev().take(MOST_NAMES).map(|(_, path)| *path).collect();
    let more = format!("and {} more", stuck.len().saturating_sub(MOST_NAMES));
    if stuck.len() > MOST_NAMES {
        names.push(&more);
    }
    let location = Location::File { path: (*newest).to_owned(), span: None };
    Some(
        Finding::new(&META, location, tool, message)
            .fix(fix(tool, group))
            .evidence(Evidence::new(EvidenceKind::Note, names.join("\n"))),
    )
}

fn fix(tool: &str, group: &Group) -> String {
    let how = match tool {
        "Prisma" => {
            "Prisma writes none. Keep a `down.sql` beside each migration: `prisma migrate diff --from-schema-datamodel prisma/schema.prisma --to-migrations prisma/migrations --script > down.sql`, run before `migrate dev`. Or write down which backup you restore, and how long that takes."
        }
        "Drizzle" => {
            "Drizzle writes none. Keep a `.down.sql` of the same name beside each migration, or write down which backup you restore, and how long that takes."
        }
        "Django" => {
            "Give `RunPython` a second function and `RunSQL` a `reverse_sql`; where there is nothing to undo, `migrations.RunPython.noop` and `migrations.RunSQL.noop` say so."
        }
        "Alembic" => {
            "Write what `downgrade()` has to do, and try it: `alembic downgrade -1`, then `alembic upgrade head`."
        }
        "Rails" => {
            "Write `up` and `down`, or wrap what Rails cannot reverse in `reversible do |direction|`, and try it: `rails db:migrate:redo`."
        }
        "Laravel" => "Write what `down()` has to do, and try it: `php artisan migrate:rollback --step=1`.",
        "JavaScript" => "Write what `down` has to do, and try it on a copy: up, down, up again.",
        _ if group.folder.contains("supabase/") => {
            "Supabase has none of its own. Keep a script that undoes each change beside it, or write down which backup you restore (point-in-time recovery is a paid option), and how long that takes."
        }
        _ if group.files.iter().any(|path| name_of(path).starts_with('V') && path.contains("__")) => {
            "Flyway runs undo files (`U7__name.sql` beside `V7__name.sql`) in its paid editions; in the free one keep them to run by hand."
        }
        _ => {
            "Write the reverse as your tool wants it: a `.down.sql` file, or a section `-- +goose Down`, `-- migrate:down`."
        }
    };
    format!("{how} Where going back would destroy data, say so in the file.")
}

/// Whether every migration of the group can be undone.
#[must_use]
pub fn is_reversible(repo: &Repo, group: &Group) -> bool {
    let forward = group.forward();
    !forward.is_empty() && forward.iter().all(|path| has_way_back(repo, group, path))
}

static DOWN_SECTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?im)^\s*--\s*(?:\+goose down|migrate:down|\+migrate down|rollback|down\b|@down|undo).*$").ok()
});
static ALEMBIC: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"def downgrade\([^)]*\)[^:]*:\s*(?:\n\s*(?:#[^\n]*|'''[^']*'''|\x22{3}[^\x22]*\x22{3}))*\n?\s+(?:op\.|with |bind|conn|for |if |try|[a-z_]+\s*=|[a-z_.]+\()").ok()
});
static LARAVEL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"function down\s*\(\s*\)[^{]*\{\s*(?:(?://|#)[^\n]*\s*|/\*(?s:.*?)\*/\s*)*[^\s/}#]").ok()
});
static JAVASCRIPT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:exports\.down|\bdown\s*[(:=]|function\*? down\b|\bundo\s*[(:=])").ok());
/// A `down` whose body does nothing, or says that it cannot.
static JAVASCRIPT_EMPTY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\bdown\b\s*(?:=\s*|:\s*)?(?:async\s*)?(?:function\s*\*?\s*(?:down\s*)?)?(?:\([^)]*\)|\w+)?\s*(?::\s*[\w<>.\s]+)?\s*(?:=>\s*)?(?:\{\s*(?:(?://[^\n]*\s*|/\*(?s:.*?)\*/\s*)*(?:return(?:\s+(?:Promise\.resolve\(\)|null|undefined))?\s*;?\s*)?(?://[^\n]*\s*)*\}|throw\b)|Promise\.resolve\(\)|(?:null|undefined|false)\s*[;,])").ok()
});
/// What `change` of Rails cannot reverse: <https://guides.rubyonrails.org/active_record_migrations.html#using-the-change-method>.
static RAILS_ONE_WAY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?m)^\s*(?:execute\b|change_column\b|remove_columns\b|[A-Z]\w*(?:::\w+)*\.(?:update_all|find_each|delete_all|where|create|find_in_batches)\b|remove_column[ (]+:?\S+,\s*:?\w+\)?\s*$|drop_table[ (]+:?\S+\s*$|change_column_default[ (]+[^\n]*,\s*(?:nil|true|false|\d+|['\x22][^'\x22]*['\x22])\)?\s*$)").ok()
});

fn matches(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    LazyLock::force(pattern).as_ref().is_some_and(|pattern| pattern.is_match(text))
}

fn has_way_back(repo: &Repo, group: &Group, path: &str) -> bool {
    let Some(text) = repo.text(path) else { return false };
    match group.tool {
        "Prisma" | "Drizzle" => {
            let folder = folder_of(path);
            let own = path.ends_with("/migration.sql").then(|| format!("{folder}down.sql"));
            own.is_some_and(|down| does_something(repo, &down)) || partner_of(repo, group, path)
        }
        "SQL" => partner_of(repo, group, path) || down_section(&text),
        "Django" => of_django(&text),
        "Alembic" => matches(&ALEMBIC, &text),
        "Rails" => of_rails(&text),
        "Laravel" => matches(&LARAVEL, &text),
        _ => matches(&JAVASCRIPT, &text) && !matches(&JAVASCRIPT_EMPTY, &text),
    }
}

/// `0001_a.down.sql` beside `0001_a.up.sql`, `U1__a.sql` beside `V1__a.sql`.
fn partner_of(repo: &Repo, group: &Group, path: &str) -> bool {
    let name = name_of(path);
    let wanted = if name.contains(".up.") {
        name.replace(".up.", ".down.")
    } else if let Some(rest) = name.strip_prefix('V').filter(|rest| rest.contains("__")) {
        format!("U{rest}")
    } else {
        name.replace(".sql", ".down.sql")
    };
    group.files.iter().any(|other| name_of(other) == wanted && does_something(repo, other))
}

fn does_something(repo: &Repo, path: &str) -> bool {
    repo.text(path).is_some_and(|text| has_statement(&text))
}

/// Whether there is more than comments and a statement that only takes the place of one.
fn has_statement(text: &str) -> bool {
    let code: String = text
        .lines()
        .map(|line| line.split_once("--").map_or(line, |(code, _)| code).trim())
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    !matches!(code.to_ascii_lowercase().trim_end_matches(';').trim(), "" | "select 1" | "begin; commit" | "select null")
}

fn down_section(text: &str) -> bool {
    let Some(pattern) = DOWN_SECTION.as_ref() else { return false };
    pattern.find_iter(text).any(|mark| {
        // Some write the way back into the comments themselves.
        let rest = text.get(mark.end()..).unwrap_or_default();
        let section = rest
            .find("-- +goose Up")
            .or_else(|| rest.find("-- migrate:up"))
            .and_then(|end| rest.get(..end))
            .unwrap_or(rest);
        let keyword = |line: &str| {
            let line = line.trim().trim_start_matches('-').trim_start().to_ascii_lowercase();
            ["drop ", "alter ", "delete ", "create ", "update ", "insert "].iter().any(|word| line.starts_with(word))
        };
        has_statement(section)
            || section
                .lines()
                .take_while(|line| line.trim_start().starts_with("--") || line.trim().is_empty())
                .any(keyword)
    })
}

/// Operations of Django undo themselves; these two only when they are told how.
fn of_django(text: &str) -> bool {
    let second = |arguments: &[&str], name: &str, others: &[&str]| {
        let named = |argument: &&&str| argument.trim_start().starts_with(name);
        let other = |argument: &&&str| others.iter().any(|other| argument.trim_start().starts_with(other));
        arguments.iter().any(|argument| named(&argument)) || arguments.get(1).is_some_and(|argument| !other(&argument))
    };
    let python = arguments::of_calls(text, "RunPython");
    let sql = arguments::of_calls(text, "RunSQL");
    python.iter().all(|a| {
        second(a, "reverse_code", &["atomic=", "hints=", "elidable=", "code=", "atomic ", "hints ", "elidable "])
    }) && sql.iter().all(|a| second(a, "reverse_sql", &["state_operations", "hints", "elidable", "sql="]))
}

fn of_rails(text: &str) -> bool {
    let raises = text.contains("IrreversibleMigration");
    if text.contains("def down") {
        return !raises;
    }
    text.contains("def change")
        && !raises
        && (text.contains("reversible do") || text.contains("up_only") || !matches(&RAILS_ONE_WAY, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn javascript_goes_back_only_where_down_does_something() {
        let back = |text: &str| matches(&JAVASCRIPT, text) && !matches(&JAVASCRIPT_EMPTY, text);
        for good in [
            "exports.down = (k) => k.schema.dropTable('a');",
            "exports.down = async function (knex) {\n  await knex.schema.dropTable('a');\n};",
            "export async function down(knex: Knex): Promise<void> {\n  await knex.schema.dropTable('a');\n}",
            "  public async down(queryRunner: QueryRunner): Promise<void> {\n    await queryRunner.query(`x`);\n  }",
            "module.exports = {\n  async down(queryInterface) {\n    await queryInterface.dropTable('a');\n  }\n}",
            "module.exports = { down: (queryInterface, Sequelize) => queryInterface.dropTable('a') }",
            "  down: async ({ context: q }) => {\n    await q.dropTable('a');\n  },",
        ] {
            assert!(back(good), "{good}");
        }
        for stuck in [
            "exports.up = (k) => k.schema.createTable('a');",
            "exports.down = async () => {};",
            "exports.down = function (knex) {\n  // nothing\n};",
            "export async function down(_knex: Knex): Promise<void> {}",
            "export async function down(): Promise<void> {\n  throw new Error('no');\n}",
            "  public async down(queryRunner: QueryRunner): Promise<void> {\n  }",
            "  async down() {\n    /* nothing */\n  },",
            "exports.down = () => Promise.resolve();",
        ] {
            assert!(!back(stuck), "{stuck}");
        }
    }

    #[test]
    fn sections_of_sql_count_where_they_hold_something() {
        assert!(down_section("-- +goose Up\nCREATE TABLE a();\n-- +goose Down\nDROP TABLE a;\n"));
        assert!(down_section("-- migrate:up\nx;\n-- migrate:down\nDROP TABLE a;\n"));
        assert!(down_section("ALTER TABLE a ADD b int;\n-- rollback:\n--   ALTER TABLE a DROP b;\n"));
        assert!(!down_section("-- migrate:up\nx;\n-- migrate:down\n\n"));
        assert!(!down_section("-- +goose Up\nx;\n-- +goose Down\n-- nothing\nSELECT 1;\n"));
        assert!(!down_section("CREATE TABLE a();"));
    }

    #[test]
    fn django_is_told_how_to_go_back() {
        for good in [
            "migrations.RunPython(fill, migrations.RunPython.noop)",
            "migrations.RunPython(code=fill, reverse_code=empty)",
            "migrations.RunPython(\n  fill,\n  reverse_code=empty,\n)",
            "migrations.RunSQL('a, b', 'c')",
            "migrations.RunSQL(sql='''x''', reverse_sql='')",
            "migrations.AddField('a', 'b', models.IntegerField())",
        ] {
            assert!(of_django(good), "{good}");
        }
        for stuck in [
            "migrations.RunPython(fill)",
            "migrations.RunPython(fill, elidable=True)",
            "migrations.RunPython(code=fill)",
            "migrations.RunSQL('''CREATE INDEX a ON b (c, d)''')",
            "migrations.RunSQL('x', state_operations=[])",
            "migrations.RunPython(fill, empty), migrations.RunSQL('x')",
        ] {
            assert!(!of_django(stuck), "{stuck}");
        }
    }

    #[test]
    fn rails_reverses_most_but_not_all() {
        for good in [
            "def change\n    create_table :a do |t|\n      t.string :b\n    end\n    add_index :a, :b\n  end",
            "def change\n    remove_column :a, :b, :string\n  end",
            "def change\n    change_column_default :a, :b, from: nil, to: 1\n  end",
            "def up\n    execute 'x'\n  end\n  def down\n    execute 'y'\n  end",
            "def change\n    reversible do |d|\n      d.up { execute 'x' }\n    end\n  end",
        ] {
            assert!(of_rails(good), "{good}");
        }
        for stuck in [
            "def up\n    execute 'x'\n  end",
            "def change\n    execute 'x'\n  end",
            "def change\n    remove_column :a, :b\n  end",
            "def change\n    change_column :a, :b, :text\n  end",
            "def up\n  end\n  def down\n    raise ActiveRecord::IrreversibleMigration\n  end",
            "def change\n    Order.update_all(paid: true)\n  end",
        ] {
            assert!(!of_rails(stuck), "{stuck}");
        }
    }
}
