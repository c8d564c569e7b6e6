//! A plan in one form, whichever server wrote it and in whichever of its formats.

use super::iterators;
use super::json::Json;
use crate::probe::database::lexer::Dialect;
use crate::probe::database::literals;

/// A plan is never this deep; the bound is against a hostile answer.
const MOST_DEPTH: usize = 100;

/// What both servers call a subquery that runs again for every row around it.
pub const DEPENDENT: &str = "DEPENDENT SUBQUERY";

/// A step of a plan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Step {
    /// What it does, in the server's words: `ALL`, `filesort`, `nested_loop`.
    pub label: String,
    /// Conditions and sort keys, each a line.
    pub details: Vec<String>,
    /// How it reads a table.
    pub access: Option<Access>,
    /// It gives its first row only after it has seen all rows below.
    pub blocks: bool,
    /// It is a SELECT of its own: a subquery, a derived table, a part of a union.
    pub apart: bool,
    /// It runs again for every row of what surrounds it.
    pub repeated: bool,
    /// Rows that it gives in one go, where the server says so.
    pub rows: Option<f64>,
    /// The server's own cost.
    pub cost: Option<f64>,
    /// In the order in which they are joined; those that are apart have no order.
    pub children: Vec<Self>,
}

/// How a table is read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Access {
    /// The table's alias, or a name of the server's own such as `<derived2>`.
    pub name: String,
    /// `ALL`, `index`, `range`, `ref` …, as MySQL's manual lists them ("EXPLAIN Join Types").
    pub kind: String,
    /// The index.
    pub key: Option<String>,
    /// Indexes that the server thought of.
    pub possible: Vec<String>,
    /// How many leading keys of the index are used.
    pub parts: usize,
    /// Rows that are read each time.
    pub rows: f64,
    /// The share of these that is kept, from 0 to 1.
    pub kept: f64,
    /// Rows are dropped after they were read.
    pub condition: bool,
    /// Every row is held against a buffer of rows of the tables before, or found by a hash.
    pub buffered: bool,
    /// By a hash: the table is read once.
    pub hashed: bool,
    /// The rows are the result of a SELECT, not a table's.
    pub made: bool,
}

impl Access {
    /// Whether all of the table, or all of an index, is read.
    pub fn reads_all(&self) -> bool {
        matches!(self.kind.as_str(), "ALL" | "index")
    }
}

/// What a plan says.
#[derive(Debug, Default, PartialEq)]
pub struct Steps {
    /// The steps at the top.
    pub top: Step,
    /// What the server says in place of a plan: `Impossible WHERE`.
    pub messages: Vec<String>,
    /// It is too deep to be read.
    pub too_deep: bool,
}

/// Reads a plan. `None` when it is in no form that is known.
pub fn read(plan: &Json) -> Option<Steps> {
    let mut reader = Reader::default();
    let mut top = if plan.get("query_block").is_some() {
        Step { label: "EXPLAIN".to_owned(), children: reader.members(plan, 0), ..Step::default() }
    } else {
        iterators::read(plan, &mut reader)?
    };
    top.hide_values();
    Some(Steps { top, messages: reader.messages, too_deep: reader.too_deep })
}

/// What is noted on the way.
#[derive(Default)]
pub struct Reader {
    /// What the server says in place of a plan.
    pub messages: Vec<String>,
    too_deep: bool,
}

impl Reader {
    /// Whether to go no deeper.
    pub const fn stop(&mut self, depth: usize) -> bool {
        self.too_deep |= depth > MOST_DEPTH;
        self.too_deep
    }

    /// The steps in the members of an object, in order.
    fn members(&mut self, object: &Json, depth: usize) -> Vec<Step> {
        if self.stop(depth) {
            return Vec::new();
        }
        let mut steps = Vec::new();
        for (name, value) in object.members() {
            match name.as_str() {
                "message" => self.messages.extend(object.text("message").map(str::to_owned)),
                "table" => steps.extend(self.table(value, depth + 1)),
                "nested_loop" => {
                    steps.push(self.wrap("nested loop", value, false, depth));
                }
                "block-nl-join" => steps.extend(self.buffered(value, depth)),
                "range-checked-for-each-record" => steps.extend(self.members(value, depth + 1)),
                "filesort" => steps.push(self.wrap("filesort", value, true, depth)),
                "read_sorted_file" => steps.extend(self.members(value, depth + 1)),
                "temporary_table" => steps.push(self.wrap("temporary table", value, true, depth)),
                "window_functions_computation" | "windowing" => {
                    steps.push(self.wrap("window functions", value, true, depth));
                }
                "buffer_result" => steps.push(self.wrap("buffer", value, true, depth)),
                "ordering_operation" | "grouping_operation" | "duplicates_removal" => {
                    steps.push(self.operation(name, value, depth));
                }
                "query_block" => {
                    let mut step = self.wrap("select", value, false, depth);
                    step.apart = true;
                    step.repeated = object.is("dependent") && !object.is("cacheable");
                    if step.repeated {
                        step.label = DEPENDENT.to_owned();
                    }
                    step.cost =
                        value.get("cost_info").and_then(|cost| cost.number("query_cost")).or(value.number("cost"));
                    steps.push(step);
                }
                "expression_cache" => {
                    // MariaDB keeps results of a subquery that depends on the row around it.
                    let inner = self.members(value, depth + 1);
                    steps.extend(inner.into_iter().map(|step| Step {
                        repeated: true,
                        label: DEPENDENT.to_owned(),
                        ..step
                    }));
                }
                "union_result" | "recursive_union" => {
                    let mut step = self.wrap("union", value, true, depth);
                    step.apart = true;
                    steps.push(step);
                }
                _ => steps.extend(self.anything(value, depth)),
            }
        }
        steps
    }

    /// Whatever else holds steps is passed through, so that no table is overlooked.
    fn anything(&mut self, value: &Json, depth: usize) -> Vec<Step> {
        match value {
            Json::Object(_) => self.members(value, depth + 1),
            Json::List(items) => items.iter().flat_map(|item| self.anything(item, depth + 1)).collect(),
            _ => Vec::new(),
        }
    }

    fn wrap(&mut self, label: &str, value: &Json, blocks: bool, depth: usize) -> Step {
        let mut details = Vec::new();
        details.extend(value.text("sort_key").map(|key| format!("Sort Key: {key}")));
        details.extend(value.text("having_condition").map(|condition| format!("Having: {condition}")));
        Step { label: label.to_owned(), details, blocks, children: self.anything(value, depth), ..Step::default() }
    }

    /// MySQL's wrappers say what they do by flags.
    fn operation(&mut self, name: &str, value: &Json, depth: usize) -> Step {
        let (sorts, stores) = (value.is("using_filesort"), value.is("using_temporary_table"));
        let label = match (sorts, stores) {
            (true, true) => "filesort of a temporary table".to_owned(),
            (true, false) => "filesort".to_owned(),
            (false, true) => "temporary table".to_owned(),
            (false, false) => name.replace('_', " "),
        };
        self.wrap(&label, value, sorts || stores, depth)
    }

    fn buffered(&mut self, value: &Json, depth: usize) -> Vec<Step> {
        let hashed = value.text("join_type").is_some_and(|kind| kind.contains('H'));
        let condition = value.text("attached_condition");
        let mut steps = self.members(value, depth + 1);
        for step in &mut steps {
            if let Some(access) = &mut step.access {
                access.buffered = true;
                access.hashed = hashed;
                access.condition |= condition.is_some();
                step.details.extend(condition.map(|condition| format!("Join Filter: {condition}")));
                step.details.extend(value.text("join_type").map(|kind| format!("Join Buffer: {kind}")));
            }
        }
        steps
    }

    fn table(&mut self, table: &Json, depth: usize) -> Option<Step> {
        self.messages.extend(table.text("message").map(str::to_owned));
        let name = table.text("table_name")?;
        let kind = table.text("access_type").unwrap_or("unknown");
        let buffer = table.text("using_join_buffer");
        let rows = table.number("rows_examined_per_scan").or_else(|| table.number("rows"));
        let condition = table.text("attached_condition");
        let below = self.inside(table, depth);
        let access = Access {
            name: name.to_owned(),
            kind: kind.to_owned(),
            key: table.text("key").map(str::to_owned),
            possible: table.texts("possible_keys"),
            parts: table.texts("used_key_parts").len(),
            rows: rows.unwrap_or(1.0),
            kept: table.number("filtered").map_or(1.0, |percent| percent / 100.0),
            condition: condition.is_some(),
            buffered: buffer.is_some(),
            hashed: buffer == Some("hash join"),
            made: name.starts_with('<')
                || table.get("materialized_from_subquery").is_some()
                || table.get("materialized").is_some(),
        };
        let mut details = Vec::new();
        let references = table.texts("ref");
        if !references.is_empty() {
            details.push(format!("Ref: {}", references.join(", ")));
        }
        details.extend(table.text("index_condition").map(|condition| format!("Index Cond: {condition}")));
        details.extend(condition.map(|condition| format!("Filter: {condition}")));
        details.extend(buffer.map(|kind| format!("Join Buffer: {kind}")));
        if table.is("using_index") {
            details.push("Using index".to_owned());
        }
        Some(Step {
            label: kind.to_owned(),
            details,
            access: Some(access),
            rows,
            cost: table.get("cost_info").and_then(|cost| cost.number("prefix_cost")).or_else(|| table.number("cost")),
            children: below,
            ..Step::default()
        })
    }

    /// What a table is made from, and subqueries in its condition.
    fn inside(&mut self, table: &Json, depth: usize) -> Vec<Step> {
        let steps: Vec<Step> = table.members().iter().flat_map(|(_, value)| self.anything(value, depth + 1)).collect();
        steps.into_iter().map(|step| Step { apart: true, ..step }).collect()
    }
}

impl Step {
    /// Of a table with one row the server writes that row's values into its conditions, whatever the query compares with.
    fn hide_values(&mut self) {
        for text in self.details.iter_mut().chain([&mut self.label]) {
            *text = literals::masked(text, Dialect::Mysql);
        }
        self.children.iter_mut().for_each(Self::hide_values);
    }

    /// Every table that is read here and below.
    pub fn accesses<'a>(&'a self, see: &mut dyn FnMut(&'a Access)) {
        self.access.iter().for_each(&mut *see);
        self.children.iter().for_each(|child| child.accesses(see));
    }
}
