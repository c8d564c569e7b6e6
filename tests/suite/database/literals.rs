//! SQL in the literals of every language becomes a query, in one piece.

use gonogo::probe::source::facts_of_text;

/// The queries of a file, white space drawn together.
fn queries(path: &str, text: &str) -> Vec<String> {
    let facts = facts_of_text(path, text).unwrap();
    facts.queries.iter().map(|query| query.sql.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn literals_of_every_language_become_queries() {
    for (path, text, expected) in [
        // JavaScript and TypeScript.
        ("a.js", "db.query('SELECT * FROM orders WHERE id = $1', [id]);", "SELECT * FROM orders WHERE id = $1"),
        (
            "a.ts",
            "const rows = await sql`SELECT * FROM orders WHERE id = ${id}`;",
            "SELECT * FROM orders WHERE id = ${id}",
        ),
        (
            "a.ts",
            "await prisma.$queryRaw`\n  SELECT *\n  FROM orders\n  WHERE id = ${id}\n`;",
            "SELECT * FROM orders WHERE id = ${id}",
        ),
        (
            "a.ts",
            "await prisma.$queryRaw(Prisma.sql`SELECT * FROM orders WHERE id = ${id}`);",
            "SELECT * FROM orders WHERE id = ${id}",
        ),
        ("a.ts", "await sql<Order[]>`SELECT * FROM orders WHERE id = ${id}`;", "SELECT * FROM orders WHERE id = ${id}"),
        ("a.js", "db.query('SELECT * FROM orders ' +\n  'WHERE id = $1');", "SELECT * FROM orders WHERE id = $1"),
        (
            "a.js",
            "db.query(['SELECT * FROM orders', 'WHERE id = $1'].join(' '));",
            "SELECT * FROM orders WHERE id = $1",
        ),
        (
            "a.js",
            "db.query(`SELECT * FROM orders WHERE id = ${id} ` + 'LIMIT 1');",
            "SELECT * FROM orders WHERE id = ${id} LIMIT 1",
        ),
        // Python.
        ("a.py", "cur.execute('SELECT * FROM orders WHERE id = %s', [i])\n", "SELECT * FROM orders WHERE id = %s"),
        (
            "a.py",
            "cur.execute(\n    \"SELECT * FROM orders \"\n    \"WHERE id = %s\",\n    [i],\n)\n",
            "SELECT * FROM orders WHERE id = %s",
        ),
        (
            "a.py",
            "cur.execute(\"\"\"\n    SELECT *\n    FROM orders\n    WHERE id = %s\n\"\"\")\n",
            "SELECT * FROM orders WHERE id = %s",
        ),
        ("a.py", "cur.execute(f\"SELECT * FROM orders WHERE id = {i}\")\n", "SELECT * FROM orders WHERE id = ${i}"),
        ("a.py", "cur.execute(\"SELECT * FROM orders \" + \"WHERE id = %s\")\n", "SELECT * FROM orders WHERE id = %s"),
        (
            "a.py",
            "cur.execute(\"SELECT * FROM orders \" f\"WHERE id = {i}\")\n",
            "SELECT * FROM orders WHERE id = ${i}",
        ),
        // PHP.
        ("a.php", "<?php\n$db->query('SELECT * FROM orders WHERE id = ?');\n", "SELECT * FROM orders WHERE id = ?"),
        (
            "a.php",
            "<?php\n$q = <<<SQL\n  SELECT *\n  FROM orders\n  WHERE id = ?\n  SQL;\n",
            "SELECT * FROM orders WHERE id = ?",
        ),
        (
            "a.php",
            "<?php\n$q = <<<'SQL'\nSELECT * FROM orders\nWHERE id = ?\nSQL;\n",
            "SELECT * FROM orders WHERE id = ?",
        ),
        ("a.php", "<?php\n$q = \"SELECT * FROM orders \" . \"WHERE id = ?\";\n", "SELECT * FROM orders WHERE id = ?"),
        ("a.php", "<?php\n$q = \"SELECT * FROM orders WHERE id = $id\";\n", "SELECT * FROM orders WHERE id = ${$id}"),
        // Go.
        (
            "a.go",
            "package a\nfunc f() { db.Query(\"SELECT * FROM orders WHERE id = $1\", id) }\n",
            "SELECT * FROM orders WHERE id = $1",
        ),
        (
            "a.go",
            "package a\nfunc f() { db.Query(`\n  SELECT *\n  FROM orders\n  WHERE id = $1`, id) }\n",
            "SELECT * FROM orders WHERE id = $1",
        ),
        (
            "a.go",
            "package a\nconst q = \"SELECT * FROM orders \" +\n\t\"WHERE id = $1\"\n",
            "SELECT * FROM orders WHERE id = $1",
        ),
        (
            "a.go",
            "package a\nconst q = `SELECT * FROM orders ` + `WHERE id = $1`\n",
            "SELECT * FROM orders WHERE id = $1",
        ),
        // Ruby.
        ("a.rb", "Order.find_by_sql('SELECT * FROM orders WHERE id = 1')\n", "SELECT * FROM orders WHERE id = 1"),
        ("a.rb", "q = <<~SQL\n  SELECT *\n  FROM orders\n  WHERE id = ?\nSQL\n", "SELECT * FROM orders WHERE id = ?"),
        (
            "a.rb",
            "run(<<-SQL, 1)\n  SELECT * FROM orders\n  WHERE id = #{id}\n  SQL\n",
            "SELECT * FROM orders WHERE id = ${id}",
        ),
        ("a.rb", "q = \"SELECT * FROM orders \" \\\n  \"WHERE id = ?\"\n", "SELECT * FROM orders WHERE id = ?"),
        ("a.rb", "q = %q(SELECT * FROM orders WHERE id = ?)\n", "SELECT * FROM orders WHERE id = ?"),
        ("a.rb", "q = 'SELECT * FROM orders ' + 'WHERE id = ?'\n", "SELECT * FROM orders WHERE id = ?"),
        // Java.
        (
            "A.java",
            "class A { void f() { c.prepareStatement(\"SELECT * FROM orders WHERE id = ?\"); } }\n",
            "SELECT * FROM orders WHERE id = ?",
        ),
        (
            "A.java",
            "class A { String q = \"SELECT * FROM orders \" + \"WHERE id = ?\"; }\n",
            "SELECT * FROM orders WHERE id = ?",
        ),
        (
            "A.java",
            "class A { String q = \"\"\"\n    SELECT *\n    FROM orders\n    WHERE id = ?\n    \"\"\"; }\n",
            "SELECT * FROM orders WHERE id = ?",
        ),
        (
            "A.java",
            "interface A { @Query(value = \"SELECT * FROM orders \" + \"WHERE id = :id\", nativeQuery = true) Order f(); }\n",
            "SELECT * FROM orders WHERE id = :id",
        ),
    ] {
        assert_eq!(queries(path, text), [expected], "{path}: {text}");
    }
}
