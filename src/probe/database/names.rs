//! The names in a PostgreSQL statement that may stand for something which the database itself defines: functions under
//! whatever syntax (`ceil(a)`, `a.total` for `total(a)`), types, operators.

use std::collections::BTreeSet;

use super::lexer::{self, Dialect, Kind};

/// Operators that words stand for.
const SPOKEN: [(&str, &[&str]); 14] = [
    ("like", &["~~", "!~~"]),
    ("ilike", &["~~*", "!~~*"]),
    ("similar", &["~", "!~"]),
    ("in", EQUALITY),
    ("any", EQUALITY),
    ("some", EQUALITY),
    ("all", EQUALITY),
    ("case", EQUALITY),
    ("nullif", EQUALITY),
    ("using", EQUALITY),
    ("natural", EQUALITY),
    ("distinct", EQUALITY),
    ("between", &["<", "<=", ">", ">="]),
    ("overlaps", &["<", "<=", ">", ">="]),
];

const EQUALITY: &[&str] = &["=", "<>"];

/// The names in a statement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Every word and quoted name, as the server looks it up.
    pub words: BTreeSet<String>,
    /// Those with a parenthesis after them.
    pub called: BTreeSet<String>,
    /// Operators, those included that words stand for.
    pub operators: BTreeSet<String>,
}

impl Names {
    /// Those of `sql`; `None` when it cannot be cut up.
    #[must_use]
    pub fn of(sql: &str) -> Option<Self> {
        let tokens = lexer::tokens(sql, Dialect::Postgres).ok()?;
        let mut names = Self::default();
        for (at, token) in tokens.iter().enumerate() {
            match token.kind {
                Kind::Word | Kind::Name => {
                    let called = tokens.get(at + 1).is_some_and(|next| next.is("("));
                    for word in spellings(token.text, token.kind) {
                        if called {
                            names.called.insert(word.clone());
                        }
                        names.words.insert(word);
                    }
                }
                Kind::Operator | Kind::Question => names.operator(token.text),
                // What our lexer takes for `@name` or `%s` may be an operator before a name.
                Kind::Bind if !token.text.starts_with(['$', ':']) => {
                    names.operators.extend(token.text.get(..1).map(str::to_owned));
                }
                _ => {}
            }
        }
        for (word, operators) in SPOKEN {
            if names.words.contains(word) {
                names.operators.extend(operators.iter().map(|&operator| operator.to_owned()));
            }
        }
        Some(names)
    }

    /// PostgreSQL cuts a sign off the end of an operator: `a=-1` compares with `-1`.
    fn operator(&mut self, text: &str) {
        let mut rest = text;
        self.operators.insert(rest.to_owned());
        while let Some(shorter) = rest.strip_suffix(['+', '-']).filter(|shorter| !shorter.is_empty()) {
            self.operators.insert(rest.get(shorter.len()..).unwrap_or_default().to_owned());
            self.operators.insert(shorter.to_owned());
            rest = shorter;
        }
        if text == "!=" {
            self.operators.insert("<>".to_owned());
        }
    }
}

/// How a server may look up a name: a bare one in lower case, of which letters depends on its encoding.
fn spellings(text: &str, kind: Kind) -> Vec<String> {
    if kind == Kind::Name {
        return vec![text.trim_matches('"').replace("\"\"", "\"")];
    }
    let mut all = vec![text.to_ascii_lowercase(), text.to_lowercase()];
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_syntax_that_calls_something_is_seen() {
        let names = Names::of(
            "SELECT CEIL(a), substring(b FROM 2), t.\"Total\", c::Mood FROM t WHERE d=-1 AND e === 'x' AND f LIKE 'g%' AND h @> $1",
        )
        .unwrap();
        let has = |set: &BTreeSet<String>, all: &[&str]| all.iter().all(|&one| set.contains(one));
        assert!(has(&names.called, &["ceil", "substring"]) && !names.called.contains("Total"), "{names:?}");
        assert!(has(&names.words, &["ceil", "substring", "Total", "mood"]), "{names:?}");
        assert!(has(&names.operators, &["=", "-", "===", "~~", "@>", "::"]), "{names:?}");
    }
}
