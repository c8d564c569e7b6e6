use super::*;

fn cut(sql: &str) -> Vec<&str> {
    tokens(sql, Dialect::Postgres).unwrap().into_iter().map(|t| t.text).collect()
}

fn binds(sql: &str) -> Vec<&str> {
    let is_bind = |t: &Token<'_>| matches!(t.kind, Kind::Bind | Kind::Question | Kind::Interpolation);
    tokens(sql, Dialect::Postgres).unwrap().into_iter().filter(is_bind).map(|t| t.text).collect()
}

#[test]
fn quotes_and_comments_hide_what_looks_like_a_placeholder() {
    let sql = "SELECT '?', ':a', \"$1\", $$ ? :b $$, $x$ '$1' $x$, E'\\' ?' -- :c\n /* %s /* ? */ */ WHERE a = :d";
    assert_eq!(binds(sql), [":d"]);
}

#[test]
fn casts_slices_and_operators_are_not_placeholders() {
    assert_eq!(binds("SELECT a::int, b[1:n], c <@ d, e @> f, g @@ h, i % j, k || :l::text"), [":l"]);
    assert_eq!(cut("a::int"), ["a", "::", "int"]);
    assert_eq!(cut("a=@id"), ["a", "=", "@id"]);
    assert_eq!(cut("a=%s"), ["a", "=", "%s"]);
    assert_eq!(cut("a-1--b"), ["a", "-", "1"]);
}

#[test]
fn every_form_of_placeholder_is_seen() {
    assert_eq!(binds("? $1 :name @p1 %s %(name)s %d ?3"), ["?", "$1", ":name", "@p1", "%s", "%(name)s", "%d", "?3"]);
    assert_eq!(binds("x = ${a.b({c: '}'})} AND y = ${`}`}"), ["${a.b({c: '}'})}", "${`}`}"]);
    assert_eq!(cut("?||'x'"), ["?", "||", "'x'"]);
    assert_eq!(cut("a ?| b"), ["a", "?|", "b"]);
}

#[test]
fn code_inside_a_string_keeps_its_own_quotes() {
    assert_eq!(cut("a = '${row['id']}' AND b"), ["a", "=", "'${row['id']}'", "AND", "b"]);
}

#[test]
fn sqlite_has_brackets_and_no_dollar_quotes_or_nested_comments() {
    let texts = |sql| tokens(sql, Dialect::Sqlite).unwrap().into_iter().map(|t| t.text).collect::<Vec<_>>();
    assert_eq!(texts("[a ; b] /* /* */ E'\\' ;"), ["[a ; b]", "E", "'\\'", ";"]);
}

#[test]
fn whatever_is_never_closed_is_refused() {
    for sql in ["'a", "\"a", "/* a", "$$ a", "${a", "E'\\'"] {
        assert_eq!(tokens(sql, Dialect::Postgres), Err(Unclosed), "{sql}");
    }
}

#[test]
fn any_bytes_are_cut_without_loss() {
    for sql in ["é = 'ü' 漢字 \u{a0} € x", "\u{feff}SELECT 1", "1.5e-3 .5 t.5", "%", "$", ":", "@"] {
        let joined: String = cut(sql).concat();
        let plain: String = sql.chars().filter(|c| !c.is_whitespace() && *c != '\u{feff}').collect();
        assert_eq!(joined, plain);
    }
}

fn mysql(sql: &str) -> Vec<&str> {
    tokens(sql, Dialect::Mysql).unwrap().into_iter().map(|t| t.text).collect()
}

#[test]
fn mysql_quotes_escapes_and_comments() {
    assert_eq!(
        mysql(r#"`a ` = 'it\'s ?' AND b = "x \" :y" # c ?"#),
        ["`a `", "=", r"'it\'s ?'", "AND", "b", "=", r#""x \" :y""#]
    );
    assert_eq!(mysql("a--1 -- 2\n,3 --\n/* /* */ 4"), ["a", "-", "-", "1", ",", "3", "4"]);
    assert_eq!(mysql("a=1#b\n-2"), ["a", "=", "1", "-", "2"]);
    assert_eq!(mysql(r"N'a\'b' _utf8mb4'c' x'41' b'01'"), [r"N'a\'b'", "_utf8mb4", "'c'", "x'41'", "b'01'"]);
    // What stands in a version comment is run by the server, so it counts.
    assert_eq!(
        mysql("SELECT /*!40001 SQL_NO_CACHE */ * /*M!100100 , f() */ /*+ MAX_EXECUTION_TIME(9) */ FROM t"),
        ["SELECT", "SQL_NO_CACHE", "*", ",", "f", "(", ")", "FROM", "t"]
    );
    for open in ["'a\\'", "\"a", "`a", "/* a", "/*! a"] {
        assert_eq!(tokens(open, Dialect::Mysql), Err(Unclosed), "{open}");
    }
}

#[test]
fn mysql_variables_of_the_server_are_no_placeholders() {
    let sql = "? = @p1 AND a <=> :n AND b->>'$.c' = %s AND @@session.sql_mode = @@x AND d = %(e)s && ${f}";
    let found: Vec<_> = tokens(sql, Dialect::Mysql).unwrap();
    let binds = found.iter().filter(|t| matches!(t.kind, Kind::Bind | Kind::Question | Kind::Interpolation));
    assert_eq!(binds.map(|t| t.text).collect::<Vec<_>>(), ["?", "@p1", ":n", "%s", "%(e)s", "${f}"]);
    assert!(found.iter().any(|t| t.kind == Kind::Word && t.text == "@@session.sql_mode"));
}
