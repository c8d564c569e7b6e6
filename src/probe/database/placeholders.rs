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
    /// A parameter, from 0; and whether only a bare number can stand here.
    Parameter(usize, bool),
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

    /// The statement with `$1`, `$2` … (PostgreSQL) or `?1`, `?2` … (SQLite; MySQL, for our own eyes).
    #[must_use]
    pub fn sql(&self) -> String {
        self.with_values(&BTreeMap::new())
    }

    /// The statement with literals in the place of some parameters (numbered from 0); the others are numbered anew.
    #[must_use]
    pub fn with_values(&self, values: &BTreeMap<usize, String>) -> String {
        self.with_literals(&values.iter().map(|(parameter, value)| (*parameter, literal(value))).collect())
    }

    /// As [`Prepared::with_values`], with values that are SQL already.
    #[must_use]
    pub fn with_literals(&self, values: &BTreeMap<usize, String>) -> String {
        let mut numbers = HashMap::new();
        let mut sql = String::new();
        for part in &self.parts {
            match part {
                Part::Sql(text) => sql.push_str(text),
                Part::Parameter(parameter, bare) => match values.get(parameter) {
                    Some(value) => sql.push_str(if *bare { bare_number(value) } else { value }),
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

/// The number in a literal, for the places of MySQL's grammar that take no other.
fn bare_number(literal: &str) -> &str {
    let inner = literal.trim_matches('\'');
    if !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_digit()) { inner } else { "1" }
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
    comma_follows: bool,
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
            comma_follows: false,
        }
    }

    fn write(mut self) -> Result<Prepared, Unclear> {
        let mut tokens = lexer::tokens(self.sql, self.dialect).map_err(|_| Unclear::CutOff)?;
        while tokens.last().is_some_and(|token| token.is(";")) {
            tokens.pop();
        }
        // A lock changes no plan, and the parser does not know MySQL's older way of asking for one.
        let old_lock = ["LOCK", "IN", "SHARE", "MODE"];
        if self.dialect == Dialect::Mysql
            && let Some((_, end)) = tokens.split_last_chunk::<4>()
            && end.iter().zip(old_lock).all(|(token, word)| token.text.eq_ignore_ascii_case(word))
        {
            tokens.truncate(tokens.len() - old_lock.len());
        }
        // With `$1` in the text, `?` is what PostgreSQL says it is: an operator of `jsonb`.
        self.numbered =
            self.dialect == Dialect::Postgres && tokens.iter().any(|t| t.kind == Kind::Bind && t.text.starts_with('$'));
        for (index, token) in tokens.iter().enumerate() {
            if token.spaced && !(self.text.is_empty() && self.parts.is_empty()) {
                self.text.push(' ');
            }
            let next = tokens.get(index + 1);
            // `LIMIT 20, 10` of MySQL and SQLite begins with the offset.
            self.comma_follows = next.is_some_and(|next| next.is(","));
            self.token(token, next)?;
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
        if self.dialect == Dialect::Mysql
            && text == "?"
            && let Before::Keyword(word) = &self.before
        {
            // The JavaScript drivers take a whole row here. What is written does not change what is read.
            let row = match word.as_str() {
                "SET" => Some("a_column = 1"),
                "VALUES" => Some("(1)"),
                _ => None,
            };
            if let Some(row) = row {
                self.operand(row);
                return Ok(());
            }
        }
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
        let mysql = self.dialect == Dialect::Mysql;
        let offset = limit && self.comma_follows && mysql;
        if limit && !offset {
            return self.operand(USUAL_PAGE);
        }
        let bare = offset || mysql && matches!(&self.before, Before::Keyword(word) if word == "OFFSET");
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
        self.parts.push(Part::Parameter(parameter, bare));
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
        let quote = if text.starts_with('"') { '"' } else { '\'' };
        let inner = text.strip_prefix(quote).and_then(|t| t.strip_suffix(quote));
        match inner.filter(|inner| inner.contains("${")) {
            Some(inner) => match split_interpolations(inner) {
                Filled::Whole(code) => self.parameter(Some(&code)),
                Filled::Partly(sample) => self.operand(&format!("{quote}{sample}{quote}")),
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
mod tests;
