//! Turns a query as the code writes it into one that the database can plan: every placeholder becomes `$n`.

use std::collections::{BTreeMap, HashMap};

use super::lexer::{self, Dialect, Kind, Token};

/// A `LIMIT` that the code fills in counts as this many rows: a usual page.
const USUAL_PAGE: &str = "20";

/// A query whose placeholders are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    parts: Vec<Part>,
    dialect: Dialect,
    /// How many parameters it takes.
    pub parameters: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Sql(String),
    /// A parameter, from 0.
    Parameter(usize),
}

/// Why a query cannot be planned as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unclear {
    /// A table's or column's name, or a piece of the statement, is put in by the program.
    #[error("put together at run time, so its text is not known")]
    PutTogether,
    /// A quote or comment is not closed.
    #[error("cut off: a quote, comment or bracket is never closed")]
    CutOff,
    /// More than one statement.
    #[error("several statements in one text")]
    Several,
}

impl Prepared {
    /// Finds the placeholders of `sql`.
    ///
    /// # Errors
    /// Why it cannot be planned.
    pub fn new(sql: &str, dialect: Dialect) -> Result<Self, Unclear> {
        Writer::new(sql, dialect, false).write()
    }

    /// As [`Prepared::new`], but every place where a parameter stands counts as one of its own, so that the type of
    /// each can be told from its own neighbours.
    ///
    /// # Errors
    /// As [`Prepared::new`].
    pub fn with_places_apart(sql: &str, dialect: Dialect) -> Result<Self, Unclear> {
        Writer::new(sql, dialect, true).write()
    }

    /// The statement with `$1`, `$2` … (PostgreSQL) or `?1`, `?2` … (SQLite).
    #[must_use]
    pub fn sql(&self) -> String {
        self.with_values(&BTreeMap::new())
    }

    /// The statement with literals in the place of some parameters (numbered from 0); the others are numbered anew.
    #[must_use]
    pub fn with_values(&self, values: &BTreeMap<usize, String>) -> String {
        let mut numbers = HashMap::new();
        let mut sql = String::new();
        for part in &self.parts {
            match part {
                Part::Sql(text) => sql.push_str(text),
                Part::Parameter(parameter) => match values.get(parameter) {
                    Some(value) => sql.push_str(&literal(value)),
                    None => {
                        let next = numbers.len() + 1;
                        let number = numbers.entry(*parameter).or_insert(next);
                        sql.push(if self.dialect == Dialect::Postgres { '$' } else { '?' });
                        sql.push_str(&number.to_string());
                    }
                },
            }
        }
        sql
    }
}

/// A string literal that holds `value`.
fn literal(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// What stands before a token.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Before {
    Nothing,
    Operand,
    Operator,
    Dot,
    Cast,
    Comma,
    Open,
    Keyword(String),
}

/// One level of parentheses.
struct Level {
    /// The last keyword that began a clause here.
    clause: String,
    /// Whether code may put a value after this parenthesis and its commas.
    holds_values: bool,
    between: bool,
}

struct Writer<'a> {
    sql: &'a str,
    dialect: Dialect,
    apart: bool,
    parts: Vec<Part>,
    text: String,
    names: HashMap<String, usize>,
    parameters: usize,
    before: Before,
    levels: Vec<Level>,
    last_word_at: Option<usize>,
    numbered: bool,
}

impl<'a> Writer<'a> {
    fn new(sql: &'a str, dialect: Dialect, apart: bool) -> Self {
        Self {
            sql,
            dialect,
            apart,
            parts: Vec::new(),
            text: String::new(),
            names: HashMap::new(),
            parameters: 0,
            before: Before::Nothing,
            levels: vec![Level { clause: String::new(), holds_values: false, between: false }],
            last_word_at: None,
            numbered: false,
        }
    }

    fn write(mut self) -> Result<Prepared, Unclear> {
        let mut tokens = lexer::tokens(self.sql, self.dialect).map_err(|_| Unclear::CutOff)?;
        while tokens.last().is_some_and(|token| token.is(";")) {
            tokens.pop();
        }
        // With `$1` in the text, `?` is what PostgreSQL says it is: an operator of `jsonb`.
        self.numbered =
            self.dialect == Dialect::Postgres && tokens.iter().any(|t| t.kind == Kind::Bind && t.text.starts_with('$'));
        for (index, token) in tokens.iter().enumerate() {
            if token.spaced && !(self.text.is_empty() && self.parts.is_empty()) {
                self.text.push(' ');
            }
            self.token(token, tokens.get(index + 1))?;
        }
        self.flush();
        Ok(Prepared { parts: self.parts, dialect: self.dialect, parameters: self.parameters })
    }

    fn token(&mut self, token: &Token<'_>, next: Option<&Token<'_>>) -> Result<(), Unclear> {
        match token.kind {
            Kind::Word => self.word(token.text),
            Kind::Name if token.text.contains("${") => return Err(Unclear::PutTogether),
            Kind::Name | Kind::Number => self.operand(token.text),
            Kind::Text => self.string(token.text),
            Kind::Mark => self.mark(token.text)?,
            Kind::Operator => self.operator(token.text),
            Kind::Bind => self.bind(token.text)?,
            Kind::Question => self.question(token.text, next)?,
            Kind::Interpolation => self.interpolation(token.text)?,
        }
        Ok(())
    }

    fn operand(&mut self, text: &str) {
        self.text.push_str(text);
        self.before = Before::Operand;
    }

    fn word(&mut self, word: &str) {
        let upper = word.to_ascii_uppercase();
        self.last_word_at = Some(self.text.len());
        self.text.push_str(word);
        if !is_among(KEYWORDS, &upper) || self.before == Before::Dot {
            self.before = Before::Operand;
            return;
        }
        if let Some(level) = self.levels.last_mut() {
            match upper.as_str() {
                "BETWEEN" => level.between = true,
                "AND" if level.between => {
                    level.between = false;
                    self.before = Before::Operator;
                    return;
                }
                _ if is_among(CLAUSES, &upper) => {
                    level.clause.clone_from(&upper);
                    level.between = false;
                }
                _ => {}
            }
        }
        self.before = Before::Keyword(upper);
    }

    fn operator(&mut self, text: &str) {
        // The star of `SELECT *`, `t.*` and `count(*)` is no multiplication.
        let star = text == "*" && self.before != Before::Operand;
        self.before = match text {
            "::" => Before::Cast,
            _ if star => Before::Operand,
            _ => Before::Operator,
        };
        // Python's drivers want a percent sign doubled.
        self.text.push_str(if text == "%%" { "%" } else { text });
    }

    fn mark(&mut self, text: &str) -> Result<(), Unclear> {
        match text {
            ";" => return Err(Unclear::Several),
            "(" | "[" => {
                let holds_values = text == "[" || self.opens_values();
                self.levels.push(Level { clause: String::new(), holds_values, between: false });
                self.before = Before::Open;
            }
            ")" | "]" => {
                if self.levels.len() > 1 {
                    self.levels.pop();
                }
                self.before = Before::Operand;
            }
            "," => self.before = Before::Comma,
            _ => self.before = Before::Dot,
        }
        self.text.push_str(text);
        Ok(())
    }

    /// Whether a parenthesis that opens here holds values: `IN (`, `f(`, `VALUES (`, `= (`, not `WHERE (` or `INTO t (`.
    fn opens_values(&self) -> bool {
        let clause = self.clause();
        match &self.before {
            Before::Operand => !matches!(clause, "INTO" | "WITH"),
            Before::Operator => true,
            Before::Comma | Before::Open => {
                clause == "VALUES" || self.levels.last().is_some_and(|level| level.holds_values)
            }
            Before::Keyword(word) => {
                matches!(word.as_str(), "IN" | "ANY" | "ALL" | "SOME" | "VALUES" | "LIKE" | "ILIKE")
            }
            _ => false,
        }
    }

    fn clause(&self) -> &str {
        self.levels.last().map_or("", |level| level.clause.as_str())
    }

    fn question(&mut self, text: &str, next: Option<&Token<'_>>) -> Result<(), Unclear> {
        let digits = text.len() > 1 && text.bytes().skip(1).all(|b| b.is_ascii_digit());
        if text == "?" || digits {
            let operator = self.dialect == Dialect::Postgres
                && !digits
                && self.before == Before::Operand
                && (self.numbered || next.is_some_and(begins_operand));
            if !operator {
                return self.bind(text);
            }
        } else if text == "??" && self.before != Before::Operand {
            // Knex and the MySQL drivers write a name that the program fills in like this.
            return Err(Unclear::PutTogether);
        }
        self.text.push_str(if text == "??" { "?" } else { text });
        self.before = Before::Operator;
        Ok(())
    }

    /// A placeholder of the driver: always a value, unless a name has to stand here.
    fn bind(&mut self, text: &str) -> Result<(), Unclear> {
        let names_something = match &self.before {
            Before::Dot | Before::Cast => true,
            Before::Keyword(word) => {
                matches!(word.as_str(), "FROM" | "JOIN" | "INTO" | "UPDATE" | "TABLE" | "AS" | "VALUES" | "COLLATE")
            }
            _ => false,
        };
        if names_something {
            return Err(Unclear::PutTogether);
        }
        self.parameter((text != "?" && !text.starts_with("%s") && text != "%d").then_some(text));
        Ok(())
    }

    /// `${…}`: a value only where nothing but a value can stand; anything else is a piece of the statement.
    fn interpolation(&mut self, text: &str) -> Result<(), Unclear> {
        let level_holds_values = self.levels.last().is_some_and(|level| level.holds_values);
        let is_value = match &self.before {
            Before::Operator => true,
            Before::Open | Before::Comma => level_holds_values || matches!(self.clause(), "LIMIT" | "OFFSET"),
            Before::Keyword(word) => is_among(VALUE_FOLLOWS, word),
            Before::Nothing | Before::Operand | Before::Dot | Before::Cast => false,
        };
        if !is_value {
            return Err(Unclear::PutTogether);
        }
        self.parameter(Some(text));
        Ok(())
    }

    fn parameter(&mut self, name: Option<&str>) {
        let limit = matches!(&self.before, Before::Keyword(word) if matches!(word.as_str(), "LIMIT" | "FIRST" | "NEXT"))
            || (self.before == Before::Comma && self.clause() == "LIMIT");
        if limit {
            return self.operand(USUAL_PAGE);
        }
        let cast = self.take_type_word();
        let in_list = matches!(&self.before, Before::Keyword(word) if word == "IN");
        let parameter = match name.filter(|_| !self.apart) {
            Some(name) => *self.names.entry(name.to_owned()).or_insert(self.parameters),
            None => self.parameters,
        };
        self.parameters = self.parameters.max(parameter + 1);
        if in_list {
            self.text.push('(');
        }
        self.flush();
        self.parts.push(Part::Parameter(parameter));
        if let Some(data_type) = cast {
            self.text.push_str("::");
            self.text.push_str(&data_type);
        }
        if in_list {
            self.text.push(')');
        }
        self.before = Before::Operand;
    }

    /// `interval $1` is no SQL, although statistics print it; `$1::interval` is.
    fn take_type_word(&mut self) -> Option<String> {
        let at = self.last_word_at?;
        let word = self.text.get(at..)?.trim_end().to_ascii_lowercase();
        let is_type = matches!(word.as_str(), "interval" | "date" | "time" | "timestamp" | "timestamptz");
        (is_type && self.dialect == Dialect::Postgres).then(|| {
            self.text.truncate(at);
            word
        })
    }

    /// A literal; what the program puts into it is unknown, but where it stands in the text is not.
    fn string(&mut self, text: &str) {
        let inner = text.strip_prefix('\'').and_then(|t| t.strip_suffix('\''));
        match inner.filter(|inner| inner.contains("${")) {
            Some(inner) => match split_interpolations(inner) {
                Filled::Whole(code) => self.parameter(Some(&code)),
                Filled::Partly(sample) => self.operand(&format!("'{sample}'")),
            },
            None => self.operand(text),
        }
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.parts.push(Part::Sql(std::mem::take(&mut self.text)));
        }
        self.last_word_at = None;
    }
}

enum Filled {
    Whole(String),
    Partly(String),
}

/// Puts `1` for every `${…}`: a digit is good in a pattern, a number, a date and an interval alike.
fn split_interpolations(inner: &str) -> Filled {
    let mut sample = String::new();
    let mut rest = inner;
    while let Some(start) = rest.find("${") {
        sample.push_str(rest.get(..start).unwrap_or_default());
        let tail = rest.get(start..).unwrap_or_default();
        let length = lexer::interpolation_length(tail).unwrap_or(tail.len());
        if start == 0 && length == inner.len() {
            return Filled::Whole(tail.to_owned());
        }
        sample.push('1');
        rest = tail.get(length..).unwrap_or_default();
    }
    sample.push_str(rest);
    Filled::Partly(sample)
}

fn begins_operand(token: &Token<'_>) -> bool {
    match token.kind {
        Kind::Text | Kind::Name | Kind::Number | Kind::Bind | Kind::Question | Kind::Interpolation => true,
        Kind::Mark => token.text == "(",
        Kind::Word => {
            let upper = token.text.to_ascii_uppercase();
            upper == "ARRAY" || !is_among(KEYWORDS, &upper)
        }
        Kind::Operator => false,
    }
}

/// Whether `word` is one of `words`, which spaces separate.
fn is_among(words: &str, word: &str) -> bool {
    words.split(' ').any(|known| known == word)
}

/// Words that are no operand: after them something else must come.
const KEYWORDS: &str = "ALL AND ANY AS ASC BETWEEN BY CASE COLLATE CONFLICT CROSS DELETE DESC DISTINCT DO ELSE ESCAPE EXCEPT \
    EXISTS FETCH FILTER FIRST FOR FROM FULL GLOB GROUP HAVING ILIKE IN INNER INSERT INTERSECT INTO IS \
    JOIN LATERAL LEFT LIKE LIMIT MATCH NEXT NOT OFFSET ON ONLY OR ORDER OUTER OVER PARTITION REGEXP \
    RETURNING RIGHT SELECT SET SIMILAR SOME TABLE THEN UNION UPDATE USING VALUES WHEN WHERE WITH TO";

/// Words that begin a clause.
const CLAUSES: &str = "SELECT FROM WHERE GROUP ORDER HAVING LIMIT OFFSET SET INTO VALUES JOIN ON RETURNING WITH UPDATE \
    USING";

/// Words after which only a value can stand.
const VALUE_FOLLOWS: &str = "ALL ANY BETWEEN CASE ELSE ESCAPE FIRST GLOB ILIKE IN LIKE LIMIT MATCH NEXT OFFSET REGEXP SOME THEN \
    TO";

#[cfg(test)]
mod tests {
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
}
