use super::*;

fn pg(sql: &str) -> String {
    Prepared::new(sql, Dialect::Postgres).unwrap().sql()
}

fn unclear(sql: &str) -> Unclear {
    Prepared::new(sql, Dialect::Postgres).unwrap_err()
}

#[test]
fn every_form_becomes_a_number_and_equal_names_share_one() {
    assert_eq!(pg("SELECT * FROM t WHERE a = ? AND b = ?"), "SELECT * FROM t WHERE a = $1 AND b = $2");
    assert_eq!(
        pg("SELECT 1 FROM t WHERE a = :x OR b = :x AND c = :y"),
        "SELECT 1 FROM t WHERE a = $1 OR b = $1 AND c = $2"
    );
    assert_eq!(pg("SELECT 1 FROM t WHERE a = $2 AND b = $1"), "SELECT 1 FROM t WHERE a = $1 AND b = $2");
    assert_eq!(
        pg("SELECT 1 FROM t WHERE a = %(x)s AND b = %s AND c = @p1"),
        "SELECT 1 FROM t WHERE a = $1 AND b = $2 AND c = $3"
    );
    assert_eq!(
        pg("SELECT 1 FROM t WHERE a = ${x} AND b IN (${y}, ${x})"),
        "SELECT 1 FROM t WHERE a = $1 AND b IN ($2, $1)"
    );
    assert_eq!(Prepared::new("SELECT :a, ?", Dialect::Sqlite).unwrap().sql(), "SELECT ?1, ?2");
}

#[test]
fn a_limit_is_a_usual_page() {
    assert_eq!(
        pg("SELECT a FROM t WHERE b = $2 LIMIT $1 OFFSET $3"),
        "SELECT a FROM t WHERE b = $1 LIMIT 20 OFFSET $2"
    );
    assert_eq!(pg("SELECT a FROM t LIMIT ?, ?"), "SELECT a FROM t LIMIT 20, 20");
    assert_eq!(pg("SELECT a FROM t FETCH FIRST ? ROWS ONLY"), "SELECT a FROM t FETCH FIRST 20 ROWS ONLY");
}

#[test]
fn the_question_operator_of_jsonb_stays() {
    assert_eq!(pg("SELECT 1 FROM t WHERE data ? 'a' AND id = ?"), "SELECT 1 FROM t WHERE data ? 'a' AND id = $1");
    assert_eq!(pg("SELECT 1 FROM t WHERE data ? ?"), "SELECT 1 FROM t WHERE data ? $1");
    assert_eq!(pg("SELECT 1 FROM t WHERE data ? key AND id = $1"), "SELECT 1 FROM t WHERE data ? key AND id = $1");
    assert_eq!(
        pg("SELECT 1 FROM t WHERE data ?| array['a'] AND a = ?"),
        "SELECT 1 FROM t WHERE data ?| array['a'] AND a = $1"
    );
    assert_eq!(
        pg("SELECT 1 FROM t WHERE a BETWEEN ? AND ? OR b LIKE ?"),
        "SELECT 1 FROM t WHERE a BETWEEN $1 AND $2 OR b LIKE $3"
    );
}

#[test]
fn code_in_a_string_is_a_value_or_a_sample() {
    assert_eq!(pg("SELECT 1 FROM t WHERE a = '${x}'"), "SELECT 1 FROM t WHERE a = $1");
    assert_eq!(pg("SELECT 1 FROM t WHERE a LIKE '%${x}%'"), "SELECT 1 FROM t WHERE a LIKE '%1%'");
    assert_eq!(pg("SELECT now() - INTERVAL '${n} days'"), "SELECT now() - INTERVAL '1 days'");
    assert_eq!(pg("SELECT now() - interval $1, date $2"), "SELECT now() - $1::interval, $2::date");
}

#[test]
fn a_list_without_parentheses_gets_them() {
    assert_eq!(pg("SELECT 1 FROM t WHERE a IN ${ids}"), "SELECT 1 FROM t WHERE a IN ($1)");
    assert_eq!(pg("SELECT 1 FROM t WHERE a = ANY(${ids}::int[])"), "SELECT 1 FROM t WHERE a = ANY($1::int[])");
}

#[test]
fn pieces_of_a_statement_are_not_values() {
    for sql in [
        "SELECT * FROM ${table}",
        "SELECT * FROM ? WHERE a = 1",
        "SELECT ${columns} FROM t",
        "SELECT a, ${columns} FROM t",
        "SELECT * FROM t WHERE ${where}",
        "SELECT * FROM t WHERE a = 1 AND ${more}",
        "SELECT * FROM t WHERE (${where})",
        "SELECT * FROM t WHERE a = 1 ${order}",
        "SELECT * FROM t ORDER BY ${column}",
        "SELECT * FROM t ORDER BY a ${direction}",
        "SELECT * FROM t_${tenant}",
        "SELECT * FROM \"${table}\"",
        "SELECT * FROM ${schema}.t",
        "SELECT * FROM s.${t}",
        "UPDATE t SET ${assignments} WHERE id = 1",
        "INSERT INTO t (${columns}) VALUES (1)",
        "INSERT INTO t ${sql(rows)}",
        "INSERT INTO t VALUES ?",
        "SELECT * FROM ?? WHERE id = ?",
        "${query}",
    ] {
        assert_eq!(unclear(sql), Unclear::PutTogether, "{sql}");
    }
    assert_eq!(
        pg("INSERT INTO t (a, b) VALUES (${a}, ${b}), (${c}, ${d})"),
        "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4)"
    );
    assert_eq!(pg("UPDATE t SET a = ${a} WHERE f(${b}) = c"), "UPDATE t SET a = $1 WHERE f($2) = c");
}

#[test]
fn several_statements_are_refused_and_one_may_end_with_a_semicolon() {
    assert_eq!(unclear("SELECT 1; DROP TABLE t"), Unclear::Several);
    assert_eq!(pg("SELECT 1 ; ; -- done"), "SELECT 1");
    assert_eq!(pg("SELECT ';'"), "SELECT ';'");
}

#[test]
fn values_take_the_place_of_parameters_and_the_rest_is_numbered_anew() {
    let prepared = Prepared::new("SELECT 1 FROM t WHERE a = $1 AND b = $2", Dialect::Postgres).unwrap();
    let values = BTreeMap::from([(0, "it's".to_owned())]);
    assert_eq!(prepared.with_values(&values), "SELECT 1 FROM t WHERE a = 'it''s' AND b = $1");
    let apart = Prepared::with_places_apart("SELECT $1 IS NULL OR a = $1", Dialect::Postgres).unwrap();
    assert_eq!(apart.sql(), "SELECT $1 IS NULL OR a = $2");
}

#[test]
fn mysql_takes_bare_numbers_where_its_grammar_wants_them() {
    let prepared = |sql: &str| Prepared::new(sql, Dialect::Mysql).unwrap();
    let filled = |sql: &str, values: &[(usize, &str)]| {
        let values = values.iter().map(|(n, value)| (*n, (*value).to_owned())).collect();
        prepared(sql).with_literals(&values)
    };
    assert_eq!(prepared("SELECT a FROM t LIMIT ?, ?").sql(), "SELECT a FROM t LIMIT ?1, 20");
    assert_eq!(filled("SELECT a FROM t LIMIT ?, ?", &[(0, "'7'")]), "SELECT a FROM t LIMIT 7, 20");
    assert_eq!(
        filled("SELECT a FROM t WHERE b = :b LIMIT :n OFFSET @o", &[(0, "'x'"), (1, "'x'")]),
        "SELECT a FROM t WHERE b = 'x' LIMIT 20 OFFSET 1"
    );
    assert_eq!(
        prepared("SELECT `a?` FROM t WHERE a = \"${x}\" AND b LIKE \"${y}%\" # ?\n AND c IN (?)").sql(),
        "SELECT `a?` FROM t WHERE a = ?1 AND b LIKE \"1%\" AND c IN (?2)"
    );
    assert_eq!(prepared("UPDATE t SET ? WHERE id = ?").sql(), "UPDATE t SET a_column = 1 WHERE id = ?1");
    assert_eq!(prepared("INSERT INTO t (a, b) VALUES ?").sql(), "INSERT INTO t (a, b) VALUES (1)");
    assert_eq!(prepared("SELECT a FROM t WHERE b = ? lock in share mode;").sql(), "SELECT a FROM t WHERE b = ?1");
    assert_eq!(Prepared::new("SELECT * FROM ?? WHERE id = ?", Dialect::Mysql), Err(Unclear::PutTogether));
    assert_eq!(Prepared::new("SELECT 1; /*! DROP TABLE t */", Dialect::Mysql), Err(Unclear::Several));
}
