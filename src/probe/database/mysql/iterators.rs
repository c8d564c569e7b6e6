//! MySQL's second format of plans (`explain_json_format_version = 2`, from 8.3): a tree of iterators, each with its `inputs`
//! (`sql/join_optimizer/explain_access_path.cc`).

use super::json::Json;
use super::step::{Access, DEPENDENT, Reader, Step};

/// Reads a plan; `None` when it is not of this format.
pub fn read(plan: &Json, reader: &mut Reader) -> Option<Step> {
    let top = plan.get("query_plan").unwrap_or(plan);
    top.get("access_type").or_else(|| top.get("operation"))?;
    Some(Step { label: "EXPLAIN".to_owned(), children: vec![step(top, reader, 0)], ..Step::default() })
}

fn step(node: &Json, reader: &mut Reader, depth: usize) -> Step {
    if reader.stop(depth) {
        return Step::default();
    }
    let kind = node.text("access_type").unwrap_or_default();
    reader.messages.extend(node.text("zero_rows_cause").map(str::to_owned));
    let mut children: Vec<Step> = Vec::new();
    for (name, value) in node.members() {
        // `inputs`, and `inputs_from_…` for the subqueries in conditions and lists.
        let apart = name != "inputs";
        for input in value.items().iter().filter(|input| input.get("operation").is_some()) {
            let mut child = step(input, reader, depth + 1);
            child.apart |= apart || input.get("heading").is_some();
            if input.text("heading").is_some_and(|heading| heading.contains("; dependent")) {
                child = Step {
                    label: DEPENDENT.to_owned(),
                    apart: true,
                    repeated: true,
                    children: vec![child],
                    ..Step::default()
                };
            }
            children.push(child);
        }
    }
    let mut details: Vec<String> = Vec::new();
    let mut made = Step { label: label(node, kind), rows: node.number("estimated_rows"), ..Step::default() };
    made.cost = node.number("estimated_total_cost");
    match kind {
        "filter" => {
            let condition = node.text("condition").unwrap_or_default();
            // The filter of one table belongs to it, as in the first format.
            if let Some(access) = children.first_mut().filter(|child| child.access.is_some() && !child.apart) {
                access.details.push(format!("Filter: {condition}"));
                let kept = ratio(made.rows, access.rows);
                if let Some(access) = &mut access.access {
                    access.condition = true;
                    access.kept = kept;
                }
                if children.len() == 1 {
                    return children.pop().unwrap_or_default();
                }
            }
            details.push(format!("Filter: {condition}"));
        }
        "sort" => {
            made.blocks = true;
            details.push(format!("Sort Key: {}", node.texts("sort_fields").join(", ")));
        }
        "temp_table_aggregate" | "materialize" | "window" | "weedout" | "stream" => made.blocks = true,
        "append" | "union" => children.iter_mut().for_each(|child| child.apart = true),
        "join" => {
            let hashed = node.text("join_algorithm") == Some("hash");
            children.iter_mut().skip(1).filter(|_| hashed).for_each(hash);
            details.extend(node.texts("hash_condition").into_iter().map(|on| format!("Hash Cond: {on}")));
        }
        _ => {}
    }
    if let Some(name) = node.text("table_name").or_else(|| node.text("alias")) {
        let (access, condition) = (access(node, kind, name, !children.is_empty()), node.text("lookup_condition"));
        made.label.clone_from(&access.kind);
        details.extend(condition.map(|condition| format!("Index Cond: {condition}")));
        details.extend(node.text("pushed_index_condition").map(|condition| format!("Index Cond: {condition}")));
        details.extend(
            Some(node.texts("ranges")).filter(|r| !r.is_empty()).map(|r| format!("Index Cond: {}", r.join(" OR "))),
        );
        made.access = Some(access);
        // What a scan of a temporary table takes its rows from is a SELECT of its own.
        children.iter_mut().for_each(|child| child.apart = true);
    }
    made.details = details;
    made.children = children;
    made
}

/// What is below is read once, into a hash.
fn hash(step: &mut Step) {
    if let Some(access) = &mut step.access {
        access.buffered = true;
        access.hashed = true;
    }
    step.children.iter_mut().filter(|child| !child.apart).for_each(hash);
}

fn access(node: &Json, kind: &str, name: &str, made: bool) -> Access {
    let how = match (kind, node.text("index_access_type").unwrap_or_default()) {
        ("table" | "count_rows" | "sample_scan", _) | (_, "dynamic_index_range_scan") => "ALL",
        (_, "index_scan" | "index_distance_scan") => "index",
        (_, "index_range_scan" | "index_skip_scan" | "group_index_skip_scan" | "multi_range_read") => "range",
        (_, "index_lookup" | "pushed_join_ref") => {
            let single = node.text("operation").is_some_and(|text| text.starts_with("Single-row"));
            if single { "eq_ref" } else { "ref" }
        }
        ("constant_row", _) => "const",
        ("full_text_search", _) => "fulltext",
        (other, _) => other,
    };
    Access {
        name: name.to_owned(),
        kind: how.to_owned(),
        key: node.text("index_name").map(str::to_owned),
        possible: node.text("index_name").map(str::to_owned).into_iter().collect(),
        parts: node.texts("key_columns").len().max(usize::from(node.get("lookup_condition").is_some())),
        rows: node.number("estimated_rows").unwrap_or(1.0),
        kept: 1.0,
        made: made || name.starts_with('<'),
        ..Access::default()
    }
}

fn label(node: &Json, kind: &str) -> String {
    match kind {
        "" => node.text("operation").unwrap_or("step").to_owned(),
        "join" => format!("{} join", node.text("join_algorithm").unwrap_or("nested loop").replace('_', " ")),
        kind => kind.replace('_', " "),
    }
}

/// What a filter keeps of what it is given.
fn ratio(kept: Option<f64>, given: Option<f64>) -> f64 {
    match (kept, given) {
        (Some(kept), Some(given)) if given > 0.0 => (kept / given).clamp(0.0, 1.0),
        _ => 1.0,
    }
}
