//! What looking at a database gives beside findings: its queries with their plans, and the indexes that would help them.

use std::cmp::{Ordering, Reverse};

use serde::{Deserialize, Serialize};

use super::{Severity, Span};

/// Everything that a run of the database probe saw of the queries, for the Database view and the reports.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DatabaseReport {
    /// The server or file, without credentials: `PostgreSQL 15.18, shop on localhost:5432`.
    pub server: String,
    /// The rows per table that queries were judged at (`--rows`).
    pub rows: u64,
    /// How plans at other sizes were made, as a phrase: `planned in a scratch PostgreSQL of the same schema`.
    pub method: String,
    /// Every query, the most harmful first.
    pub queries: Vec<ExaminedQuery>,
    /// Indexes worth making, the one that helps most first.
    pub proposals: Vec<IndexProposal>,
}

impl DatabaseReport {
    /// One query.
    #[must_use]
    pub fn query(&self, id: &str) -> Option<&ExaminedQuery> {
        self.queries.iter().find(|query| query.id == id)
    }

    /// The queries that will hurt users: something major or worse is wrong with them at [`DatabaseReport::rows`].
    pub fn falling_over(&self) -> impl Iterator<Item = &ExaminedQuery> {
        self.queries.iter().filter(|query| query.worst().is_some_and(|harm| harm.severity >= Severity::Major))
    }

    /// The indexes that help a query.
    pub fn proposals_for(&self, query: &ExaminedQuery) -> impl Iterator<Item = &IndexProposal> {
        query.proposals.iter().filter_map(|at| self.proposals.get(*at))
    }

    /// Whether an index was proven to help a query.
    #[must_use]
    pub fn is_mended(&self, query: &ExaminedQuery) -> bool {
        self.proposals_for(query).any(|proposal| proposal.proof != IndexProof::Reasoned)
    }
}

/// One query of the project.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ExaminedQuery {
    /// Names it across runs: 16 hexadecimal digits over its text without white space and comments.
    pub id: String,
    /// As written where it was first seen; may hold several lines.
    pub sql: String,
    /// The call that sends it, where the text was worked out from a model: `prisma.order.findMany`.
    pub sent_by: Option<String>,
    /// Where it is sent, sorted. Empty for a query that only the server's statistics know.
    pub places: Vec<QueryPlace>,
    /// What the server has counted of it.
    pub calls: Option<CallStatistics>,
    /// Why it was not judged, as a phrase after "not examined: it …"; `None` when it was.
    pub not_examined: Option<String>,
    /// What is wrong with it, worst first.
    pub harms: Vec<Harm>,
    /// Its cost at several table sizes, ascending. Empty where it was not judged.
    pub points: Vec<CostPoint>,
    /// The plan at the tables' present size, where it differs from `plan`.
    pub plan_now: Option<PlanNode>,
    /// The plan that it was judged by.
    pub plan: Option<PlanNode>,
    /// Places in [`DatabaseReport::proposals`] of the indexes that help it.
    pub proposals: Vec<usize>,
}

impl ExaminedQuery {
    /// The worst that is wrong with it.
    #[must_use]
    pub fn worst(&self) -> Option<&Harm> {
        self.harms.iter().min_by_key(|harm| harm.rank())
    }

    /// What it is called on one line: the call that sends it, else its text, without a long list of what it selects.
    #[must_use]
    pub fn name(&self) -> String {
        /// A longer list says less than what stands behind it.
        const LONGEST_LIST: usize = 16;
        /// Nobody sees more of a line.
        const LONGEST: usize = 2_000;
        if let Some(call) = &self.sent_by {
            return call.clone();
        }
        let start: String = self.sql.chars().take(LONGEST).collect();
        let line = start.split_whitespace().collect::<Vec<_>>().join(" ");
        let selects = line.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("select "));
        match outermost_from(&line).filter(|at| selects && *at > 7 + LONGEST_LIST) {
            Some(at) => format!("{}…{}", line.get(..7).unwrap_or_default(), line.get(at..).unwrap_or_default()),
            None => line,
        }
    }

    /// The most harmful first, then those that are fine, then those that were not examined.
    #[must_use]
    pub fn by_harm(&self, other: &Self) -> Ordering {
        let rank = |query: &Self| {
            let worst = query.worst().map(Harm::rank);
            // `None` would come before every harm.
            (query.not_examined.is_some(), worst.is_none(), worst)
        };
        let cost = |query: &Self| query.plan.as_ref().and_then(|plan| plan.cost).unwrap_or(0.0);
        let calls = |query: &Self| query.calls.map_or(0, |calls| calls.calls);
        (rank(self).cmp(&rank(other)))
            .then_with(|| cost(other).total_cmp(&cost(self)))
            .then_with(|| calls(other).cmp(&calls(self)))
            .then_with(|| (&self.places, &self.sql, &self.id).cmp(&(&other.places, &other.sql, &other.id)))
    }
}

/// A place that sends a query.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct QueryPlace {
    /// Relative path with `/`; for a file of queries outside the project, as the user named it.
    pub path: String,
    /// The stretch.
    pub span: Span,
}

/// What the server's statistics say of a query (`pg_stat_statements`, `performance_schema`, the slow log).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CallStatistics {
    /// How often it ran since the statistics began.
    pub calls: u64,
    /// Mean duration of a call, in milliseconds.
    pub mean_ms: f64,
    /// Rows that it returned or changed in all, where known.
    pub rows: Option<u64>,
}

/// How bad a shape of plan or query is (design of the database probe, "Severity tiers").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Tier {
    /// It reads a table from end to end.
    A,
    /// It reads far more rows than it wants, or sorts them all.
    B,
    /// It is written in a way that gets slower with the data, whatever the index.
    C,
}

impl Tier {
    /// What it means, for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::A => "reads whole tables",
            Self::B => "reads or sorts far more than it wants",
            Self::C => "written to get slower with the data",
        }
    }

    /// Its letter.
    #[must_use]
    pub const fn letter(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        }
    }
}

/// One thing that is wrong with a query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Harm {
    /// How bad its kind is.
    pub tier: Tier,
    /// The rule of the finding that says it.
    pub rule: String,
    /// How bad it is at the size that was judged.
    pub severity: Severity,
    /// The table, where one can be named.
    pub table: Option<String>,
    /// Rows that one call reads at the size that was judged.
    pub rows_read: u64,
    /// One sentence.
    pub message: String,
    /// What helps, in one or two sentences.
    pub fix: String,
}

/// Where the FROM stands that is in no parentheses, with the space before it.
fn outermost_from(line: &str) -> Option<usize> {
    let mut depth = 0_i32;
    for (at, c) in line.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ' ' if depth == 0 && line.get(at..at + 6).is_some_and(|word| word.eq_ignore_ascii_case(" from ")) => {
                return Some(at);
            }
            _ => {}
        }
    }
    None
}

impl Harm {
    /// Smaller is worse.
    #[must_use]
    pub const fn rank(&self) -> (Reverse<Severity>, Tier, Reverse<u64>) {
        (Reverse(self.severity), self.tier, Reverse(self.rows_read))
    }
}

/// What a query costs at one size of its tables.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CostPoint {
    /// Times the present size; 1 is now.
    pub times: u64,
    /// Rows of the largest table that it reads, at this size.
    pub rows: u64,
    /// The planner's cost of the whole query, in its own units (PostgreSQL: one is a page read in order).
    pub cost: f64,
}

impl CallStatistics {
    /// How long all calls took together, in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a count of calls is far below 2^52")]
        let calls = self.calls as f64;
        calls * self.mean_ms / 1000.0
    }

    /// For people: `48,210 calls, 0.4 ms each: 19 s in all`.
    #[must_use]
    pub fn words(&self) -> String {
        let calls = if self.calls == 1 { "1 call".to_owned() } else { format!("{} calls", grouped(self.calls)) };
        let mean = if self.mean_ms < 0.05 { "under 0.1".to_owned() } else { measured(self.mean_ms) };
        let all = match self.seconds() {
            seconds if seconds < 0.05 => "under 0.1 s".to_owned(),
            seconds if seconds < 7200.0 => format!("{} s", measured(seconds)),
            seconds => format!("{} hours", measured(seconds / 3600.0)),
        };
        format!("{calls}, {mean} ms each: {all} in all")
    }
}

/// A node of a plan, whatever the database.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PlanNode {
    /// What it does, in the database's own words: `Seq Scan`, `SEARCH`, `ALL`.
    pub kind: String,
    /// The table that it reads.
    pub table: Option<String>,
    /// Its name in the query, where it differs.
    pub alias: Option<String>,
    /// The index that it uses.
    pub index: Option<String>,
    /// Conditions and sort keys, each a line: `Filter: (total > $1)`.
    pub details: Vec<String>,
    /// Rows that it is expected to give in one go.
    pub rows: Option<f64>,
    /// Its total cost with everything below it, in the planner's units.
    pub cost: Option<f64>,
    /// What is wrong with the query is here.
    pub marked: bool,
    /// What it takes its rows from.
    pub children: Vec<Self>,
}

impl PlanNode {
    /// The node and everything below it, from the top, each with its depth.
    pub fn walk<'a>(&'a self, see: &mut dyn FnMut(&'a Self, usize)) {
        fn down<'a>(node: &'a PlanNode, depth: usize, see: &mut dyn FnMut(&'a PlanNode, usize)) {
            see(node, depth);
            node.children.iter().for_each(|child| down(child, depth + 1, see));
        }
        down(self, 0, see);
    }

    /// What it does to what, on one line: `Index Scan using orders_pkey on orders o`.
    #[must_use]
    pub fn title(&self) -> String {
        let mut line = self.kind.clone();
        for (word, part) in [(" using ", &self.index), (" on ", &self.table), (" ", &self.alias)] {
            if let Some(part) = part {
                line.push_str(word);
                line.push_str(part);
            }
        }
        line
    }
}

/// An index that does not exist and would help.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IndexProposal {
    /// The table, with its schema where that is not the usual one.
    pub table: String,
    /// What it is sorted by, in order, as SQL: `customer_id`, `created_at DESC`, `lower(email)`.
    pub keys: Vec<String>,
    /// The condition of a partial index.
    pub predicate: Option<String>,
    /// The statement that makes it, with a semicolon at its end.
    pub statement: String,
    /// The same as a migration in the project's own style.
    pub migration: Migration,
    /// What was done to find out that it helps.
    pub proof: IndexProof,
    /// The queries that it helps, with what they cost.
    pub gains: Vec<Gain>,
}

/// A change of the schema, as the project's own tool wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Migration {
    /// The tool: `Prisma`, `Django`, `Rails`, `Laravel`, `Drizzle`, `SQL`.
    pub tool: String,
    /// Where it would go, relative to the project, or what to do with the text: `add to model Order in prisma/schema.prisma`.
    pub place: String,
    /// The text to copy.
    pub text: String,
}

/// How it is known that an index helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IndexProof {
    /// The server planned with a hypothetical index (HypoPG).
    Hypothetical,
    /// A scratch server with the same schema planned with the real index.
    ScratchServer,
    /// A copy of the schema in memory planned with the real index.
    Copy,
    /// Nothing: it follows from the query alone.
    Reasoned,
}

impl IndexProof {
    /// For people: `proven in a scratch server of the same schema`, `reasoned, not proven`.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Hypothetical => "proven by a hypothetical index on the server",
            Self::ScratchServer => "proven in a scratch server of the same schema",
            Self::Copy => "proven in a copy of the schema in memory",
            Self::Reasoned => "reasoned, not proven",
        }
    }
}

/// What an index does for one query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gain {
    /// [`ExaminedQuery::id`].
    pub query: String,
    /// The planner's cost without it; `None` where nothing was proven.
    pub before: Option<f64>,
    /// The planner's cost with it.
    pub after: Option<f64>,
}

impl Gain {
    /// How many times cheaper the query gets.
    #[must_use]
    pub fn factor(&self) -> Option<f64> {
        let (before, after) = (self.before?, self.after?);
        (after > 0.0).then(|| before / after)
    }
}

/// A whole number with its thousands apart: `100,000`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A cost, a number of rows or of times for people: `4.2`, `12`, `10,417`, `3.2e15`.
#[must_use]
pub fn measured(number: f64) -> String {
    /// Beyond this digits say nothing.
    const MOST: f64 = 1e12;
    if !number.is_finite() {
        "?".to_owned()
    } else if number.abs() >= MOST || number < 0.0 {
        format!("{number:.1e}")
    } else if number < 9.95 {
        let text = format!("{number:.1}");
        text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
    } else {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 10^12")]
        let whole = number.round() as u64;
        grouped(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        let numbers = [0.0, 0.04, 4.24, 9.0, 9.97, 12.4, 10_417.2, 3.2e15, f64::NAN, -1.0];
        assert_eq!(numbers.map(measured), ["0", "0", "4.2", "9", "10", "12", "10,417", "3.2e15", "?", "-1.0e0"]);
    }

    #[test]
    fn statistics_say_what_all_calls_took() {
        let words = |calls, mean_ms| CallStatistics { calls, mean_ms, rows: None }.words();
        assert_eq!(words(48_210, 0.4), "48,210 calls, 0.4 ms each: 19 s in all");
        assert_eq!(words(1, 0.01), "1 call, under 0.1 ms each: under 0.1 s in all");
        assert_eq!(words(9_000_000, 12.0), "9,000,000 calls, 12 ms each: 30 hours in all");
    }

    #[test]
    fn a_query_is_called_by_what_tells_most() {
        let named = |sql: &str| ExaminedQuery { sql: sql.to_owned(), ..ExaminedQuery::default() }.name();
        assert_eq!(named("SELECT a,\n  b FROM t"), "SELECT a, b FROM t");
        assert_eq!(
            named("select id, (SELECT max(n) FROM x), name\nfrom orders WHERE é = $1"),
            "select … from orders WHERE é = $1"
        );
        assert_eq!(named("UPDATE t SET a = 1"), "UPDATE t SET a = 1");
        assert_eq!(named("é"), "é");
    }

    #[test]
    fn the_most_harmful_comes_first_and_what_was_not_examined_last() {
        let harm = |tier, severity, rows_read| Harm {
            tier,
            rule: String::new(),
            severity,
            table: None,
            rows_read,
            message: String::new(),
            fix: String::new(),
        };
        let query = |id: &str, harms: Vec<Harm>| ExaminedQuery { id: id.to_owned(), harms, ..ExaminedQuery::default() };
        let mut queries = [
            ExaminedQuery { not_examined: Some("names no table".to_owned()), ..query("e", Vec::new()) },
            query("d", Vec::new()),
            query("c", vec![harm(Tier::C, Severity::Minor, 9)]),
            query("b", vec![harm(Tier::C, Severity::Minor, 9), harm(Tier::B, Severity::Major, 1)]),
            query("a", vec![harm(Tier::B, Severity::Major, 2)]),
        ];
        queries.sort_by(ExaminedQuery::by_harm);
        assert_eq!(queries.map(|query| query.id).concat(), "abcde");
    }
}
