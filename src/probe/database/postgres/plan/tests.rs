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
