//! Pages for developers and operators, and APIs that describe themselves.

use url::Url;

use super::exposed_files::judge_group;
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::web::exposed::Paths;
use crate::probe::web::exposed::paths::Group;
use crate::probe::web::tally::Sight;

/// A page for developers or operators.
pub static PAGES: RuleMeta = RuleMeta {
    id: "debug-page-exposed",
    title: "A page for developers is open to everybody",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Asks for the pages that frameworks and servers have for their operators: status, environment, profiler, phpinfo, queues, \
           metrics, development servers.",
    why: "They show strangers how the app is built and what its users do, and some show its secrets or let anybody slow it down.",
    fix: "Switch the page off in production, or let only your own network or accounts reach it.",
    example: "bad:  GET /actuator/env → 200\ngood: GET /actuator/env → 404",
    references: &["F9", "C26", "https://cheatsheetseries.owasp.org/cheatsheets/Error_Handling_Cheat_Sheet.html"],
};

/// An API that describes itself.
pub static SCHEMA: RuleMeta = RuleMeta {
    id: "graphql-introspection-open",
    title: "GraphQL tells everybody its whole schema",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sends the introspection query to `/graphql` and `/api/graphql`, and looks for a playground there.",
    why: "The schema is a map of every field and mutation, also of those that no page of yours uses, and makes it easier to find one \
          that forgot to ask who is calling.",
    fix: "Switch introspection and the playground off in production, unless the API is meant for everybody.",
    example: "bad:  new ApolloServer({ typeDefs, resolvers })\ngood: new ApolloServer({ typeDefs, resolvers, introspection: false })",
    references: &["F58", "https://cheatsheetseries.owasp.org/cheatsheets/GraphQL_Cheat_Sheet.html"],
};

/// Both rules.
pub static RULES: &[&RuleMeta] = &[&PAGES, &SCHEMA];

/// Judges what an origin answered.
pub fn judge_pages(page: &Url, paths: &Paths) -> Vec<Sight> {
    judge_group(&PAGES, Group::DebugPage, page, paths)
}

/// Judges what an origin answered.
pub fn judge_schema(page: &Url, paths: &Paths) -> Vec<Sight> {
    judge_group(&SCHEMA, Group::ApiSchema, page, paths)
}
