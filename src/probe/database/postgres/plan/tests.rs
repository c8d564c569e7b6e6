//! Plans as servers of several versions have given them.

use serde_json::json;

use super::*;
use crate::probe::database::catalog::{Index, Table};

fn catalog() -> Catalog {
    let index = |name: &str, key: &str| Index {
        name: name.to_owned(),
        keys: vec![key.to_owned()],
        ordered: true,
        ..Index::default()
    };
    Catalog::new(vec![Table {
        schema: "public".to_owned(),
        name: "orders".to_owned(),
        columns: vec!["id".to_owned(), "total".to_owned(), "created_at".to_owned()],
        indexes: vec![index("orders_pkey", "id"), index("orders_created_idx", "created_at")],
        ..Table::default()
    }])
}

/// `SELECT * FROM orders WHERE total = $1` with `enable_seqscan = off`, by 15 and by 18.
#[test]
fn a_disabled_scan_is_a_scan_and_costs_what_it_costs_in_every_version() {
    let node = |cost: f64| {
        json!([{"Plan": {"Node Type": "Seq Scan", "Parallel Aware": false, "Async Capable": false, "Relation Name": "orders",
            "Schema": "public", "Alias": "orders", "Startup Cost": cost - 1_887.0, "Total Cost": cost, "Plan Rows": 20,
            "Plan Width": 44, "Output": ["id"], "Filter": "(orders.total = $1)"}}])
    };
    let before = node(10_000_001_887.0);
    let mut since = node(1_887.0);
    since[0]["Plan"]["Disabled"] = json!(true);
    for answer in [before, since] {
        let seen = read(&answer, &catalog());
        assert_eq!((seen.scans.len(), seen.unclear), (1, None));
        assert!(seen.plan.marked && seen.scans[0].filtered);
        assert_eq!(seen.plan.cost, Some(1_887.0));
        assert_eq!(cost(&answer), Some(1_887.0));
    }
}

/// `SELECT * FROM orders WHERE total > $1 ORDER BY created_at LIMIT 20` in 18: nothing but luck makes it cheap.
#[test]
fn rows_that_are_dropped_below_a_limit_cost_as_if_all_were_read() {
    let scan = json!({"Node Type": "Index Scan", "Parent Relationship": "Outer", "Parallel Aware": false, "Async Capable": false,
        "Scan Direction": "Backward", "Index Name": "orders_created_idx", "Relation Name": "orders", "Schema": "public", "Alias": "o",
        "Startup Cost": 0.42, "Total Cost": 5_300.0, "Plan Rows": 33_333, "Plan Width": 44, "Disabled": false,
        "Filter": "(o.total > $1)"});
    let limit = |below: serde_json::Value| {
        json!([{"Plan": {"Node Type": "Limit", "Parallel Aware": false, "Startup Cost": 0.42, "Total Cost": 3.6, "Plan Rows": 20,
            "Plan Width": 44, "Disabled": false, "Plans": [below]}}])
    };
    let answer = limit(scan.clone());
    assert_eq!(cost(&answer), Some(5_300.0));
    let seen = read(&answer, &catalog());
    assert_eq!(seen.scans.len(), 1, "it reads the whole index in the worst case");
    assert_eq!(seen.plan.children[0].title(), "Index Scan Backward using orders_created_idx on orders o");
    let mut kept = scan;
    kept.as_object_mut().unwrap().remove("Filter");
    let answer = limit(kept);
    assert_eq!(cost(&answer), Some(3.6), "paging along an index reads what it gives");
    assert_eq!(read(&answer, &catalog()).scans, []);
}

/// A product of large tables costs more than the penalty is, and nothing was switched off.
#[test]
fn a_plan_that_is_as_dear_as_a_penalty_stays_so() {
    let scan = |cost: f64| {
        json!({"Node Type": "Seq Scan", "Relation Name": "orders", "Schema": "public", "Alias": "o",
        "Startup Cost": 0.0, "Total Cost": cost})
    };
    let answer = json!([{"Plan": {"Node Type": "Nested Loop", "Startup Cost": 0.0, "Total Cost": 12_500_004_300.0,
        "Plans": [scan(2_000.0), scan(2_300.0)]}}]);
    assert_eq!(cost(&answer), Some(12_500_004_300.0));
}

/// `SELECT max(created_at) FROM orders WHERE total = $1` by 15: the server adds that the column is not null.
#[test]
fn that_a_column_is_not_null_leads_into_no_index_whose_columns_never_are() {
    let answer = json!([{"Plan": {"Node Type": "Result", "Startup Cost": 35.0, "Total Cost": 35.1, "Plans": [
        {"Node Type": "Limit", "Parent Relationship": "InitPlan", "Subplan Name": "InitPlan 1 (returns $0)",
         "Startup Cost": 0.42, "Total Cost": 35.0, "Plan Rows": 1, "Plans": [
            {"Node Type": "Index Scan", "Scan Direction": "Backward", "Index Name": "orders_created_idx",
             "Relation Name": "orders", "Schema": "public", "Alias": "orders", "Startup Cost": 0.42, "Total Cost": 5_800.0,
             "Plan Rows": 167, "Index Cond": "(orders.created_at IS NOT NULL)", "Filter": "(orders.total = $1)"}]}]}}]);
    let nullable = catalog();
    assert_eq!(read(&answer, &nullable).scans, [], "most of them may be null");
    let mut tables = nullable.tables().to_vec();
    tables[0].indexes[1].not_null = true;
    let catalog = Catalog::new(tables);
    let seen = read(&answer, &catalog);
    assert_eq!(seen.scans.len(), 1, "{:?}", seen.plan);
    // Without a filter the first entry is what was asked for.
    let mut last = answer;
    last.pointer_mut("/0/Plan/Plans/0/Plans/0").unwrap().as_object_mut().unwrap().remove("Filter");
    assert_eq!(read(&last, &catalog).scans, []);
}

/// As several processes make it, from 12 on.
#[test]
fn what_workers_do_is_named_as_the_server_names_it() {
    let answer = json!([{"Plan": {"Node Type": "Aggregate", "Strategy": "Plain", "Partial Mode": "Finalize", "Total Cost": 9_000.0,
        "Plans": [{"Node Type": "Gather", "Total Cost": 8_900.0, "Workers Planned": 2, "Plans": [
            {"Node Type": "Hash Join", "Join Type": "Left", "Parallel Aware": true, "Total Cost": 8_000.0, "Hash Cond": "(a.id = b.id)", "Plans": [
                {"Node Type": "Seq Scan", "Parallel Aware": true, "Relation Name": "orders", "Schema": "public", "Alias": "a", "Total Cost": 4_000.0},
                {"Node Type": "Hash", "Parallel Aware": true, "Total Cost": 4_000.0, "Plans": [
                    {"Node Type": "Index Only Scan", "Index Name": "orders_pkey", "Relation Name": "orders", "Schema": "public", "Alias": "b", "Total Cost": 3_900.0}]}]}]}]}}]);
    let seen = read(&answer, &catalog());
    let mut kinds = Vec::new();
    seen.plan.walk(&mut |node, _| kinds.push(node.kind.clone()));
    assert_eq!(
        kinds,
        ["Aggregate", "Gather", "Parallel Hash Left Join", "Parallel Seq Scan", "Parallel Hash", "Index Only Scan"]
    );
    assert_eq!(seen.scans.len(), 2);
    assert_eq!(tables(&answer).len(), 1);
    assert_eq!(indexes(&answer).into_iter().collect::<Vec<_>>(), ["orders_pkey"]);
}
