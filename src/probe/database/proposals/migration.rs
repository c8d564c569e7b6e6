//! An index as a migration in the project's own style.

use super::candidate::Candidate;
use crate::model::{Migration, Project};
use crate::probe::database::lexer::Dialect;
use crate::probe::source::facts::CodeIndex;

/// The migration, by the tool that the project uses.
#[must_use]
pub fn of(index: &Candidate, dialect: Dialect, project: &Project, code: &CodeIndex) -> Migration {
    let uses = |tool: &str| project.stack.iter().any(|part| part == tool);
    if uses("prisma") {
        return prisma(index, dialect, code);
    }
    if uses("drizzle") {
        return sql(
            "Drizzle",
            &format!("an empty migration: `npx drizzle-kit generate --custom --name={}`", index.index_name()),
            index,
            // Drizzle runs its migrations in a transaction, in which PostgreSQL refuses CONCURRENTLY.
            &index.statement(dialect, false),
        );
    }
    if uses("django") {
        return django(index, dialect);
    }
    if uses("rails") {
        return rails(index, dialect);
    }
    if uses("laravel") {
        return laravel(index, dialect);
    }
    sql("SQL", "your migrations", index, &index.statement(dialect, true))
}

fn sql(tool: &str, place: &str, index: &Candidate, statement: &str) -> Migration {
    let extension = if index.keys.iter().any(|key| key.operator_class == Some("gin_trgm_ops")) {
        "-- First, in a migration of its own: CREATE EXTENSION IF NOT EXISTS pg_trgm;\n"
    } else {
        ""
    };
    Migration { tool: tool.to_owned(), place: place.to_owned(), text: format!("{extension}{statement};\n") }
}

/// Whether it is over plain columns of the whole table, as every schema language can say.
fn is_plain(index: &Candidate) -> bool {
    index.predicate.is_none()
        && index.method.is_none()
        && index.keys.iter().all(|key| !key.expression && key.operator_class.is_none())
}

/// Whether its table is in the schema that tools look into when none is named.
fn is_usual(index: &Candidate) -> bool {
    matches!(index.schema.as_str(), "" | "public")
}

/// A line for the model in `schema.prisma`; what Prisma's schema cannot say, as a migration of its own.
fn prisma(index: &Candidate, dialect: Dialect, code: &CodeIndex) -> Migration {
    let schemas = code.plain.iter().filter(|file| file.ends_with(".prisma"));
    let model = schemas.filter_map(|file| Some((file, model_of(&file.text, &index.table)?))).next();
    if let Some((file, model)) = model.filter(|_| is_plain(index) && is_usual(index)) {
        let fields: Option<Vec<String>> = index
            .keys
            .iter()
            .map(|key| {
                let (field, _) = model.fields.iter().find(|(_, column)| *column == key.text)?;
                Some(if key.descending { format!("{field}(sort: Desc)") } else { (*field).to_owned() })
            })
            .collect();
        if let Some(fields) = fields {
            return Migration {
                tool: "Prisma".to_owned(),
                place: format!(
                    "in model {} of {}, then `npx prisma migrate dev --name {}`",
                    model.name,
                    file.path,
                    index.index_name()
                ),
                text: format!("@@index([{}])\n", fields.join(", ")),
            };
        }
    }
    let place = format!("an empty migration: `npx prisma migrate dev --create-only --name {}`", index.index_name());
    sql("Prisma", &place, index, &index.statement(dialect, true))
}

/// A model of a Prisma schema: its name, and each field with its column.
struct Model<'a> {
    name: &'a str,
    fields: Vec<(&'a str, &'a str)>,
}

fn model_of<'a>(schema: &'a str, table: &str) -> Option<Model<'a>> {
    fn quoted(text: &str) -> Option<&str> {
        text.split('"').nth(1)
    }
    let mut current: Option<(Model<'a>, &'a str)> = None;
    for line in schema.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("model ").and_then(|rest| rest.strip_suffix('{')).map(str::trim) {
            current = Some((Model { name, fields: Vec::new() }, name));
        } else if line == "}" {
            if let Some((model, mapped)) = current.take()
                && mapped == table
            {
                return Some(model);
            }
        } else if let Some((model, mapped)) = &mut current {
            if let Some(name) = line.strip_prefix("@@map(").and_then(quoted) {
                *mapped = name;
            } else if let Some(field) = line.split_whitespace().next().filter(|word| !word.starts_with(['@', '/'])) {
                let column = line.split_once(" @map(").and_then(|(_, rest)| quoted(rest)).unwrap_or(field);
                model.fields.push((field, column));
            }
        }
    }
    None
}

/// `RunSQL`, because which model and fields stand for the table is the project's own knowledge.
fn django(index: &Candidate, dialect: Dialect) -> Migration {
    let statement = index.statement(dialect, true);
    let text = format!(
        "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    atomic = False\n\n    \
         dependencies = []  # the app's last migration\n\n    operations = [\n        migrations.RunSQL(\n            \
         sql={},\n            reverse_sql={},\n        ),\n    ]\n",
        quoted_python(&statement),
        quoted_python(&index.drop_statement(dialect, true))
    );
    Migration {
        tool: "Django".to_owned(),
        place: "an empty migration of the app that owns the table: `python manage.py makemigrations --empty APP`"
            .to_owned(),
        text,
    }
}

fn quoted_python(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn rails(index: &Candidate, dialect: Dialect) -> Migration {
    let class: String = index
        .index_name()
        .split('_')
        .map(|word| {
            word.chars().next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default()
                + word.get(1..).unwrap_or_default()
        })
        .collect();
    let concurrent = dialect == Dialect::Postgres && !index.partitioned;
    let change = if is_plain(index) && is_usual(index) {
        let keys: Vec<String> = index.keys.iter().map(|key| symbol(&key.text)).collect();
        let columns = if keys.len() == 1 { keys.concat() } else { format!("[{}]", keys.join(", ")) };
        let mut options = vec![format!("name: \"{}\"", index.index_name())];
        let descending: Vec<String> = index
            .keys
            .iter()
            .filter(|key| key.descending)
            .map(|key| format!("{} => :desc", symbol(&key.text)))
            .collect();
        if !descending.is_empty() {
            options.push(format!("order: {{ {} }}", descending.join(", ")));
        }
        if concurrent {
            options.push("algorithm: :concurrently".to_owned());
        }
        format!("  def change\n    add_index {}, {columns}, {}\n  end\n", symbol(&index.table), options.join(", "))
    } else {
        // Nothing is interpolated into a heredoc whose word is in single quotes.
        let run = |sql: &str| format!("    execute <<~'SQL'\n      {sql};\n    SQL\n");
        format!(
            "  def up\n{}  end\n\n  def down\n{}  end\n",
            run(&index.statement(dialect, true)),
            run(&index.drop_statement(dialect, true))
        )
    };
    let outside = if concurrent { "  disable_ddl_transaction!\n\n" } else { "" };
    let text = format!("class Add{class} < ActiveRecord::Migration[7.1]\n{outside}{change}end\n");
    Migration {
        tool: "Rails".to_owned(),
        place: format!("`bin/rails generate migration add_{}`", index.index_name()),
        text,
    }
}

fn symbol(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    // A symbol in single quotes, in which Ruby interpolates nothing.
    if plain { format!(":{name}") } else { format!(":'{}'", name.replace('\\', "\\\\").replace('\'', "\\'")) }
}

fn laravel(index: &Candidate, dialect: Dialect) -> Migration {
    let name = index.index_name();
    let quoted = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
    let table = quoted(&index.table);
    let plain = is_plain(index) && is_usual(index) && index.keys.iter().all(|key| !key.descending);
    let (up, down) = if plain {
        let columns: Vec<String> = index.keys.iter().map(|key| quoted(&key.text)).collect();
        let on = |what: String| {
            format!("        Schema::table({table}, function (Blueprint $table) {{\n            {what}\n        }});\n")
        };
        (on(format!("$table->index([{}], '{name}');", columns.join(", "))), on(format!("$table->dropIndex('{name}');")))
    } else {
        let run = |sql: String| format!("        DB::statement({});\n", quoted(&sql));
        // A migration runs in a transaction, in which PostgreSQL refuses CONCURRENTLY.
        (run(index.statement(dialect, false)), run(index.drop_statement(dialect, false)))
    };
    let imports = if plain {
        "use Illuminate\\Database\\Migrations\\Migration;\nuse Illuminate\\Database\\Schema\\Blueprint;\nuse Illuminate\\Support\\Facades\\Schema;\n"
    } else {
        "use Illuminate\\Database\\Migrations\\Migration;\nuse Illuminate\\Support\\Facades\\DB;\n"
    };
    let text = format!(
        "<?php\n\n{imports}\nreturn new class extends Migration\n{{\n    public function up(): void\n    {{\n{up}    }}\n\n    public function down(): void\n    {{\n{down}    }}\n}};\n"
    );
    Migration { tool: "Laravel".to_owned(), place: format!("`php artisan make:migration add_{name}`"), text }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    use super::*;
    use crate::probe::database::catalog::Table;
    use crate::probe::database::proposals::candidate::Key;
    use crate::probe::source::plain_files::PlainFile;

    fn project(tool: &str) -> Project {
        Project {
            root: PathBuf::new(),
            name: "test".to_owned(),
            commit: None,
            stack: vec![tool.to_owned()],
            traits: BTreeSet::new(),
            recognised: true,
            offers: Vec::new(),
        }
    }

    fn index() -> Candidate {
        let table = Table { schema: "public".to_owned(), name: "orders".to_owned(), ..Table::default() };
        Candidate::of(&table, vec![Key::column("customer_id"), Key::column("created_at")])
    }

    fn text(tool: &str, index: &Candidate) -> String {
        of(index, Dialect::Postgres, &project(tool), &CodeIndex::default()).text
    }

    #[test]
    fn prisma_names_model_and_fields_as_its_schema_does() {
        let schema = "model Order {\n  id Int @id\n  customerId Int @map(\"customer_id\")\n  createdAt DateTime @default(now()) @map(\"created_at\")\n  @@map(\"orders\")\n}\n";
        let plain = vec![PlainFile { path: "prisma/schema.prisma".to_owned(), text: schema.to_owned() }];
        let code = CodeIndex { plain, ..CodeIndex::default() };
        let made = of(&index(), Dialect::Postgres, &project("prisma"), &code);
        assert_eq!(made.text, "@@index([customerId, createdAt])\n");
        assert!(made.place.starts_with("in model Order of prisma/schema.prisma"), "{}", made.place);
        let mut partial = index();
        partial.predicate = Some("deleted_at IS NULL".to_owned());
        let made = of(&partial, Dialect::Postgres, &project("prisma"), &code);
        assert!(made.text.starts_with("CREATE INDEX CONCURRENTLY"), "{}", made.text);
    }

    #[test]
    fn what_stands_in_a_condition_is_only_text_to_every_tool() {
        let index = Candidate { predicate: Some("name = '#{`id`}\\'".to_owned()), ..index() };
        let rails = text("rails", &index);
        assert!(rails.contains("<<~'SQL'") && rails.contains("DROP INDEX CONCURRENTLY"), "{rails}");
        let django = text("django", &index);
        assert!(django.contains(r"'#{`id`}\\'"), "{django}");
        let elsewhere = Candidate { schema: "billing".to_owned(), predicate: None, ..index };
        for tool in ["rails", "laravel", "django"] {
            let made = text(tool, &elsewhere);
            assert!(made.contains("ON billing.orders") && made.contains("billing.orders_customer_id"), "{made}");
        }
    }

    #[test]
    fn every_tool_gets_its_own_form() {
        assert_eq!(
            text("none", &index()),
            "CREATE INDEX CONCURRENTLY orders_customer_id_created_at_idx ON orders (customer_id, created_at);\n"
        );
        assert!(text("drizzle", &index()).starts_with("CREATE INDEX orders_"));
        let rails = text("rails", &index());
        assert!(rails.contains("add_index :orders, [:customer_id, :created_at], name: \"orders_customer_id_created_at_idx\", algorithm: :concurrently"), "{rails}");
        let django = text("django", &index());
        assert!(
            django.contains("sql=\"CREATE INDEX CONCURRENTLY orders_") && django.contains("atomic = False"),
            "{django}"
        );
        let laravel = text("laravel", &index());
        assert!(
            laravel.contains("$table->index(['customer_id', 'created_at'], 'orders_customer_id_created_at_idx');"),
            "{laravel}"
        );
        assert!(laravel.contains("$table->dropIndex('orders_customer_id_created_at_idx');"), "{laravel}");
    }
}
