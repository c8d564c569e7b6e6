//! Keeps count of what was examined and what was not, and draws the line under it.

use std::collections::BTreeMap;

use super::checks::CHECKS;
use super::judgement;
use super::judgement::wording::shorten;
use super::judgement::{way_in, written};
use super::lexer::Dialect;
use super::plan::Unexamined;
use super::proposals::joined::UNINDEXED_JOIN_COLUMN;
use super::queries::{Found, Query};
use crate::model::{Coverage, Examined, Gap, Project, RuleId, RuleMeta};
use crate::probe::source::facts::{CodeIndex, Role};

/// Libraries that send queries of their own making: by a module's first part, and by the name in a project's stack.
const MAPPERS: [(&str, &str); 24] = [
    ("@prisma/client", "Prisma"),
    ("prisma", "Prisma"),
    ("drizzle-orm", "Drizzle"),
    ("drizzle", "Drizzle"),
    ("typeorm", "TypeORM"),
    ("sequelize", "Sequelize"),
    ("knex", "Knex"),
    ("objection", "Objection"),
    ("kysely", "Kysely"),
    ("@mikro-orm", "MikroORM"),
    ("bookshelf", "Bookshelf"),
    ("waterline", "Waterline"),
    ("@supabase/supabase-js", "Supabase"),
    ("supabase", "Supabase"),
    ("django", "Django"),
    ("sqlalchemy", "SQLAlchemy"),
    ("sqlmodel", "SQLModel"),
    ("peewee", "Peewee"),
    ("tortoise", "Tortoise"),
    ("pony", "Pony"),
    ("laravel", "Eloquent"),
    ("eloquent", "Eloquent"),
    ("rails", "Active Record"),
    ("doctrine", "Doctrine"),
];

/// The count.
pub struct Tally {
    counts: BTreeMap<String, u64>,
    gaps: BTreeMap<String, (u64, Vec<String>)>,
    /// Queries that count for the verdict and were examined.
    examined: u64,
    /// Queries that only the server's statistics know.
    of_server: u64,
    /// Queries that were not, by reason.
    missed: BTreeMap<String, u64>,
    /// Reasons outside the queries themselves why there may be more of them.
    beyond: Vec<String>,
    code_gaps: Vec<Gap>,
    /// How far each check of the database itself got.
    checked: Vec<(RuleId, Coverage)>,
    /// What an index would bring can be told, so that the rules which rest on that can speak.
    estimates_indexes: bool,
    /// Queries for which that could not be told although the engine can.
    untried: u64,
    dialect: Option<Dialect>,
}

impl Tally {
    /// Begins with what the code's index could not see.
    pub fn new(index: &CodeIndex, project: &Project) -> Self {
        let mut beyond = Vec::new();
        let unread: u64 = index.gaps.iter().map(|gap| gap.count).sum();
        if unread > 0 {
            beyond.push(format!("{unread} {} of the code could not be read", noun(unread, "file", "files")));
        }
        for (language, files) in &index.uncovered {
            beyond
                .push(format!("{files} {language} {} not read for queries yet", noun(*files, "file is", "files are")));
        }
        let mut gaps = BTreeMap::new();
        for library in &index.library_calls {
            let missed: u64 = library.missed.values().map(|(count, _)| *count).sum();
            if missed == 0 {
                continue;
            }
            let why: Vec<String> = library.missed.iter().map(|(why, (count, _))| format!("{count} {why}")).collect();
            let (calls, name) = (library.calls, library.library);
            let noun = noun(calls, "call", "calls");
            beyond.push(format!(
                "{missed} of the {calls} {noun} of {name} could not be turned into SQL: {}",
                why.join(", ")
            ));
            for (why, (count, examples)) in &library.missed {
                gaps.insert(format!("calls of {name} {why}"), (*count, examples.clone()));
            }
        }
        let mut mappers = mappers(index, project);
        // Where calls were found, each was counted.
        mappers.retain(|name| {
            !index.library_calls.iter().any(|library| library.library.split(" or ").any(|l| l == *name))
        });
        if !mappers.is_empty() {
            beyond.push(format!(
                "of the queries that {} makes only those that the code tells whole are examined",
                mappers.join(" and ")
            ));
        }
        Self {
            counts: BTreeMap::new(),
            gaps,
            examined: 0,
            of_server: 0,
            missed: BTreeMap::new(),
            beyond,
            code_gaps: index.gaps.clone(),
            checked: Vec::new(),
            estimates_indexes: true,
            untried: 0,
            dialect: None,
        }
    }

    /// Counts something.
    pub fn count(&mut self, what: &str, number: usize) {
        self.counts.insert(what.to_owned(), number as u64);
    }

    /// Queries that production does not send.
    pub fn left_out(&mut self, found: &Found) {
        for (reason, count) in &found.left_out {
            self.gaps.insert(format!("queries {reason}"), (*count, Vec::new()));
        }
    }

    /// The database itself was examined.
    pub fn checked(&mut self, rules: Vec<(RuleId, Coverage)>) {
        self.checked = rules;
    }

    /// Whether the engine, which speaks `dialect`, can tell what an index would bring.
    pub const fn estimates_indexes(&mut self, does: bool, dialect: Dialect) {
        self.estimates_indexes = does;
        self.dialect = Some(dialect);
    }

    /// What an index would bring to a query could not be told.
    pub const fn untried(&mut self) {
        self.untried += 1;
    }

    /// Queries that no code was seen to send.
    pub const fn of_server(&mut self, number: usize) {
        self.of_server = number as u64;
    }

    /// A query was examined.
    pub const fn examined(&mut self) {
        self.examined += 1;
    }

    /// A statement that picks no rows.
    pub fn no_query(&mut self, query: &Query, dialect: Dialect) {
        self.gap("statements that pick no rows, such as BEGIN or CREATE TABLE".to_owned(), query, dialect);
    }

    /// A query was not examined.
    pub fn missed(&mut self, unexamined: &Unexamined, query: &Query, dialect: Dialect) {
        *self.missed.entry(unexamined.0.clone()).or_default() += 1;
        self.gap(format!("queries that {}", unexamined.0), query, dialect);
    }

    /// Something that the user should know.
    pub fn note(&mut self, text: &str) {
        self.gaps.insert(text.to_owned(), (1, Vec::new()));
    }

    fn gap(&mut self, reason: String, query: &Query, dialect: Dialect) {
        let (count, examples) = self.gaps.entry(reason).or_default();
        *count += 1;
        if examples.len() < 3 {
            let sql = shorten(&query.one_line(dialect));
            examples.push(match query.place() {
                Some(place) => format!("{}:{} {sql}", place.path, place.span.line),
                None => sql,
            });
        }
    }

    /// The result; `checks` says whether the database itself was to be examined.
    pub fn finish(self, checks: bool) -> Examined {
        let coverage = self.coverage();
        let of = |rule: &RuleMeta| (RuleId::from_static(rule.id), self.of_rule(rule, &coverage));
        let mut rules: BTreeMap<RuleId, Coverage> = judgement::RULES.iter().map(|rule| of(rule)).collect();
        let mut gaps = self.code_gaps;
        gaps.extend(self.gaps.into_iter().map(|(reason, (count, examples))| Gap { reason, count, examples }));
        if checks {
            let unreached = Coverage::Nothing("the time of the run was over before this was looked at".to_owned());
            rules.extend(CHECKS.iter().map(|check| (RuleId::from_static(check.meta.id), unreached.clone())));
        }
        rules.extend(self.checked);
        Examined { counts: self.counts, gaps, rules, ..Examined::default() }
    }

    /// How far one rule about queries got, where `coverage` is how far they all did.
    fn of_rule(&self, rule: &RuleMeta, coverage: &Coverage) -> Coverage {
        let by_trial = [way_in::UNINDEXED_SORT.id, way_in::ROWS_READ_AND_DROPPED.id].contains(&rule.id);
        if by_trial && !self.estimates_indexes {
            return Coverage::Nothing(
                "what another index would bring to queries that use one already cannot be told on this database"
                    .to_owned(),
            );
        }
        if rule.id == written::NOT_IN_SUBQUERY.id && self.dialect.is_some_and(|dialect| dialect != Dialect::Postgres) {
            return Coverage::Absent(
                "this is a weakness of PostgreSQL's planner, and the database is another".to_owned(),
            );
        }
        match coverage {
            Coverage::Whole if self.untried > 0 && (by_trial || rule.id == UNINDEXED_JOIN_COLUMN.id) => Coverage::Part(
                format!("what another index would bring to {} of the queries could not be told", self.untried),
            ),
            other => other.clone(),
        }
    }

    fn coverage(&self) -> Coverage {
        let missed: u64 = self.missed.values().sum();
        let mut why = Vec::new();
        if missed > 0 {
            let mut reasons: Vec<(&String, &u64)> = self.missed.iter().collect();
            reasons.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
            let listed: Vec<String> = reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
            // A pattern that depends on its value was examined too, but not for every value.
            let all = self.all();
            why.push(format!(
                "{missed} of {all} {} could not be examined: {}",
                noun(all, "query", "queries"),
                listed.join(", ")
            ));
        }
        why.extend(self.beyond.iter().cloned());
        match (self.examined, why.is_empty()) {
            (0, true) => {
                Coverage::Nothing("no SQL was found in the code; give --queries FILE.sql to examine a list".to_owned())
            }
            (0, false) if missed == 0 => {
                Coverage::Nothing(format!("no SQL was found in the code, and {}", why.join("; ")))
            }
            (0, false) => Coverage::Nothing(why.join("; ")),
            (_, true) => Coverage::Whole,
            (_, false) => Coverage::Part(why.join("; ")),
        }
    }

    /// Every query that counts.
    fn all(&self) -> u64 {
        let no_query: u64 = self
            .gaps
            .iter()
            .filter(|(reason, _)| reason.starts_with("statements that"))
            .map(|(_, (count, _))| *count)
            .sum();
        self.counts.get("queries").copied().unwrap_or(0).saturating_sub(no_query) + self.of_server
    }
}

const fn noun(count: u64, one: &'static str, many: &'static str) -> &'static str {
    if count == 1 { one } else { many }
}

/// The mappers that the code imports or that the project's stack names, each once.
fn mappers(index: &CodeIndex, project: &Project) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = Vec::new();
    let mut add = |module: &str| {
        let module = module.to_lowercase();
        let known = MAPPERS.iter().find(|(prefix, _)| {
            module.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.']))
        });
        if let Some((_, name)) = known
            && !names.contains(name)
        {
            names.push(name);
        }
    };
    project.stack.iter().for_each(|entry| add(entry));
    for file in index.files.iter().filter(|file| !matches!(file.role, Role::Test | Role::Script | Role::Migration)) {
        file.imports.iter().for_each(|import| add(&import.module));
    }
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;

    use super::*;
    use crate::model::Span;
    use crate::probe::source::facts::{FileFacts, Import, LibraryCalls};

    fn project(stack: &[&str]) -> Project {
        Project {
            root: PathBuf::new(),
            name: "test".to_owned(),
            commit: None,
            stack: stack.iter().map(|&entry| entry.to_owned()).collect(),
            traits: std::collections::BTreeSet::new(),
            recognised: true,
            offers: Vec::new(),
        }
    }

    fn importing(role: Role, module: &str) -> CodeIndex {
        let import = Import { module: module.to_owned(), span: Span::line(1), guarded: false };
        let file = FileFacts { path: "a".to_owned(), role, imports: vec![import], ..FileFacts::default() };
        CodeIndex { files: vec![Arc::new(file)].into(), ..CodeIndex::default() }
    }

    fn coverage(index: &CodeIndex, stack: &[&str], examined: u64) -> Coverage {
        let mut tally = Tally::new(index, &project(stack));
        tally.count("queries", usize::try_from(examined).unwrap());
        (0..examined).for_each(|_| tally.examined());
        tally.coverage()
    }

    #[test]
    fn whole_means_that_no_query_can_have_been_missed() {
        let plain = CodeIndex::default();
        assert_eq!(coverage(&plain, &["next.js"], 3), Coverage::Whole);
        assert!(matches!(coverage(&plain, &[], 0), Coverage::Nothing(why) if why.starts_with("no SQL was found")));
        let part = |index: &CodeIndex, stack: &[&str], says: &str| {
            assert!(matches!(coverage(index, stack, 3), Coverage::Part(why) if why.contains(says)), "{says}");
        };
        part(&plain, &["prisma"], "the queries that Prisma makes");
        let missed =
            BTreeMap::from([("whose condition is put together at run time", (2, vec!["a.ts:1 x".to_owned()]))]);
        let calls = LibraryCalls { library: "Prisma", calls: 9, told: 7, without_look_up: 0, missed };
        let counted = CodeIndex { library_calls: vec![calls.clone()], ..CodeIndex::default() };
        part(
            &counted,
            &["prisma"],
            "2 of the 9 calls of Prisma could not be turned into SQL: 2 whose condition is put together at run time",
        );
        let calls = LibraryCalls { missed: BTreeMap::new(), ..calls };
        let whole = CodeIndex { library_calls: vec![calls], ..CodeIndex::default() };
        assert_eq!(coverage(&whole, &["prisma"], 3), Coverage::Whole);
        part(&importing(Role::Server, "sqlalchemy.orm"), &[], "SQLAlchemy");
        part(&importing(Role::Server, "drizzle-orm/node-postgres"), &[], "Drizzle");
        assert_eq!(coverage(&importing(Role::Test, "knex"), &[], 3), Coverage::Whole);
        assert_eq!(coverage(&importing(Role::Server, "knexion"), &[], 3), Coverage::Whole);
        let uncovered = CodeIndex { uncovered: vec![("PHP".to_owned(), 320)], ..CodeIndex::default() };
        part(&uncovered, &[], "320 PHP files are not read for queries yet");
        let gap = Gap { reason: "too large".to_owned(), count: 1, examples: Vec::new() };
        part(&CodeIndex { gaps: vec![gap], ..CodeIndex::default() }, &[], "1 file of the code could not be read");
        let seen = coverage(&plain, &["prisma"], 0);
        assert!(matches!(seen, Coverage::Nothing(why) if why.contains("Prisma")));
    }
}
