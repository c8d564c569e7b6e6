//! What the code says about how it uses the server.

use crate::probe::source::code::{Part, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Role};
use crate::probe::source::rules::pool_sizes;

/// What the code says.
#[derive(Debug, Clone, Default)]
pub struct Code {
    /// Sizes of connection pools that it sets, each with its place: `src/db.ts:7`.
    pub pools: Vec<(u32, String)>,
    /// Where it sets a limit on how long a statement may take.
    pub limits_statements: Option<String>,
}

/// Names of such a limit: of the server's own settings, and of the drivers of Node.
const LIMITS: [&str; 5] =
    ["statement_timeout", "query_timeout", "max_statement_time", "max_execution_time", "statementTimeout"];

impl Code {
    /// Reads it.
    #[must_use]
    pub fn of(code: &CodeIndex) -> Self {
        let ours =
            |file: &&std::sync::Arc<FileFacts>| matches!(file.role, Role::Server | Role::Config | Role::Migration);
        let limits_statements = code.files.iter().filter(ours).find_map(|file| limit(file));
        Self { pools: pool_sizes(code), limits_statements }
    }
}

fn limit(file: &FileFacts) -> Option<String> {
    let named = |text: &str| LIMITS.iter().any(|limit| text.contains(limit));
    let speaks = |value: &Value| {
        let mut found = false;
        value.walk(&mut |part| {
            found |= match part {
                Value::Text(text) => named(text),
                Value::Template(parts) => parts.iter().any(|part| matches!(part, Part::Fixed(text) if named(text))),
                Value::Object(pairs) => pairs.iter().any(|(key, _)| named(key)),
                _ => false,
            };
        });
        found
    };
    let query = file.queries.iter().find(|query| named(&query.sql)).map(|query| query.span);
    let call = || {
        let says = |call: &&crate::probe::source::code::Call| {
            call.arguments.iter().any(|given| {
                given.name.as_deref().is_some_and(named) || speaks(file.resolved(&given.value, call.function))
            })
        };
        file.calls.iter().filter(|call| !call.dev_only).find(says).map(|call| call.place.span)
    };
    let setting = || file.assignments.iter().find(|set| speaks(&set.value)).map(|set| set.place.span);
    let span = query.or_else(call).or_else(setting)?;
    Some(format!("{}:{}", file.path, span.line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_and_pools_are_read_where_the_server_is_made() {
        let code = |path: &str, text: &str| {
            let file = crate::probe::source::facts_of_text(path, text).unwrap();
            let file = FileFacts { role: Role::Server, ..file };
            Code::of(&CodeIndex { files: vec![std::sync::Arc::new(file)].into(), ..CodeIndex::default() })
        };
        let seen = code(
            "src/server/db.ts",
            "import { Pool } from 'pg';\nexport const pool = new Pool({ max: 12, statement_timeout: 10_000 });\n",
        );
        assert_eq!(seen.pools, [(12, "src/server/db.ts:2".to_owned())]);
        assert_eq!(seen.limits_statements.as_deref(), Some("src/server/db.ts:2"));
        let seen = code("src/server/db.ts", "import { Pool } from 'pg';\nexport const pool = new Pool();\n");
        assert!(seen.pools.is_empty() && seen.limits_statements.is_none());
        let seen = code(
            "app/db.py",
            "engine = create_engine(URL, pool_size=20, connect_args={'options': '-c statement_timeout=5000'})\n",
        );
        assert_eq!(seen.pools, [(30, "app/db.py:1".to_owned())]);
        assert!(seen.limits_statements.is_some());
        let seen = code(
            "src/mongo.ts",
            "import { MongoClient } from 'mongodb';\nnew MongoClient(url, { maxPoolSize: 99 });\n",
        );
        assert!(seen.pools.is_empty());
    }
}
