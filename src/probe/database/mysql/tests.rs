//! Plans as MySQL 8 and other versions of MariaDB write them.

use std::collections::HashMap;

use super::catalog::{Known, Measure};
use super::json::Json;
use super::plan::Context;
use super::{reckon, step};
use crate::model::PlanNode;
use crate::probe::database::catalog::{Catalog, Index, Table};
use crate::probe::database::lexer::Dialect;
use crate::probe::database::statement;

fn known() -> Known {
    let index = |name: &str, keys: &[&str]| Index {
        name: name.to_owned(),
        keys: keys.iter().map(|&key| key.to_owned()).collect(),
        ordered: true,
        ..Index::default()
    };
    let table = |name: &str, columns: &[&str], indexes: Vec<Index>| Table {
        name: name.to_owned(),
        rows: Some(50),
        columns: columns.iter().map(|&column| column.to_owned()).collect(),
        indexes,
        ..Table::default()
    };
    let orders = table(
        "orders",
        &["id", "customer_id", "status", "created_at"],
        vec![index("PRIMARY", &["id"]), index("created", &["created_at"])],
    );
    let items = table(
        "items",
        &["id", "order_id", "sku"],
        vec![index("PRIMARY", &["id"]), index("items_order", &["order_id"])],
    );
    let measure = |distinct: u64, unique: bool| Measure { unique, distinct: vec![Some(distinct)] };
    let named = |table: &str, index: &str| (table.to_owned(), index.to_owned());
    Known {
        database: "shop".to_owned(),
        catalog: Catalog::new(vec![orders, items]),
        measures: HashMap::from([
            (named("orders", "primary"), measure(50, true)),
            (named("orders", "created"), measure(2, false)),
            (named("items", "items_order"), measure(25, false)),
        ]),
        ..Known::default()
    }
}

/// Aliases of the tables read whole, rows read at 1 and 1000 times the size, the messages, and the tree.
fn read(sql: &str, plan: &str) -> (Vec<String>, Vec<f64>, Vec<String>, PlanNode) {
    let known = known();
    let shape = statement::read(sql, Dialect::Mysql).unwrap();
    let steps = step::read(&Json::read(plan).unwrap()).unwrap();
    let context = Context { shape: &shape, views: &[], known: &known };
    let node = context.resolve(&steps).unwrap();
    let points = reckon::points(&node, &known, false);
    let costs = [points[0].cost, points[3].cost];
    (node.scans().into_iter().map(|scan| scan.alias).collect(), costs.to_vec(), steps.messages.clone(), node.tree())
}

fn kinds(plan: &PlanNode) -> Vec<String> {
    let mut kinds = Vec::new();
    plan.walk(&mut |node, depth| kinds.push(format!("{depth} {}", node.title())));
    kinds
}

#[test]
fn mysql_8_tells_scans_sorts_and_joins() {
    let (scans, costs, _, tree) = read(
        "SELECT * FROM orders WHERE customer_id = 1 ORDER BY created_at LIMIT 20",
        r#"{"query_block": {"select_id": 1, "cost_info": {"query_cost": "5.25"},
            "ordering_operation": {"using_filesort": true, "table": {
              "table_name": "orders", "access_type": "ALL", "rows_examined_per_scan": 50, "rows_produced_per_join": 5,
              "filtered": "10.00", "cost_info": {"read_cost": "4.75", "prefix_cost": "5.25"}, "used_columns": ["id"],
              "attached_condition": "(`shop`.`orders`.`customer_id` = 1)"}}}}"#,
    );
    assert_eq!((scans, costs), (vec!["orders".to_owned()], vec![50.0, 50_000.0]));
    assert_eq!(kinds(&tree), ["0 EXPLAIN", "1 select", "2 filesort", "3 ALL on orders"]);
    let scan = &tree.children[0].children[0].children[0];
    assert_eq!((scan.cost, scan.marked), (Some(5.25), true));
    assert_eq!(scan.details, ["Filter: (`shop`.`orders`.`customer_id` = ?)"]);

    let join = |buffer: &str, inner: &str| {
        format!(
            r#"{{"query_block": {{"select_id": 1, "cost_info": {{"query_cost": "20.1"}}, "nested_loop": [
              {{"table": {{"table_name": "o", "access_type": "ref", "possible_keys": ["created"], "key": "created",
                "used_key_parts": ["created_at"], "ref": ["const"], "rows_examined_per_scan": 25, "filtered": "100.00"}}}},
              {{"table": {{"table_name": "i", "access_type": "{inner}", "possible_keys": ["items_order"], "key": "items_order",
                "used_key_parts": ["order_id"], "rows_examined_per_scan": 2, "filtered": "100.00"{buffer}}}}}]}}}}"#
        )
    };
    let sql = "SELECT * FROM orders o JOIN items i ON i.order_id = o.id WHERE o.created_at = 1";
    let (scans, costs, _, _) = read(sql, &join("", "ref"));
    // Two kinds of dates among fifty orders grow with the table; the items of an order do not.
    assert_eq!((scans.len(), costs), (0, vec![75.0, 75_000.0]));
    let (scans, costs, _, _) = read(sql, &join(r#", "using_join_buffer": "hash join""#, "ALL"));
    assert_eq!((scans, costs), (vec!["i".to_owned()], vec![27.0, 27_000.0]));
}

#[test]
fn mysql_8_tells_subqueries_derived_tables_and_unions() {
    let dependent = r#"{"query_block": {"select_id": 1, "table": {"table_name": "orders", "access_type": "index", "key": "created",
        "used_key_parts": ["created_at"], "rows_examined_per_scan": 20, "filtered": "100.00"},
        "select_list_subqueries": [{"dependent": true, "cacheable": false, "query_block": {"select_id": 2,
          "table": {"table_name": "i", "access_type": "ALL", "rows_examined_per_scan": 50, "filtered": "10.00",
            "attached_condition": "(`i`.`order_id` = `orders`.`id`)"}}}]}}"#;
    let sql =
        "SELECT *, (SELECT max(sku) FROM items i WHERE i.sku = orders.status) FROM orders ORDER BY created_at LIMIT 20";
    let (scans, costs, _, tree) = read(sql, dependent);
    assert_eq!(
        (scans, costs),
        (vec!["i".to_owned()], vec![1_020.0, 1_000_020.0]),
        "a page of orders, each with all items"
    );
    assert!(kinds(&tree).contains(&"2 DEPENDENT SUBQUERY".to_owned()), "{:?}", kinds(&tree));

    let derived = r#"{"query_block": {"select_id": 1, "table": {"table_name": "x", "access_type": "ALL",
        "rows_examined_per_scan": 5, "filtered": "100.00", "materialized_from_subquery": {"using_temporary_table": true,
          "dependent": false, "cacheable": true, "query_block": {"select_id": 2, "grouping_operation": {
            "using_temporary_table": true, "using_filesort": false, "table": {"table_name": "orders", "access_type": "ALL",
              "rows_examined_per_scan": 50, "filtered": "100.00"}}}}}}}"#;
    let sql = "SELECT * FROM (SELECT status, count(*) FROM orders GROUP BY status) x LIMIT 20";
    assert_eq!(read(sql, derived).0, ["orders"]);

    let union = r#"{"query_block": {"union_result": {"using_temporary_table": true, "table_name": "<union1,2>",
        "access_type": "ALL", "query_specifications": [
          {"dependent": false, "cacheable": true, "query_block": {"select_id": 1, "table": {"table_name": "orders",
            "access_type": "const", "key": "PRIMARY", "rows_examined_per_scan": 1, "filtered": "100.00"}}},
          {"dependent": false, "cacheable": true, "query_block": {"select_id": 2, "table": {"table_name": "items",
            "access_type": "ALL", "rows_examined_per_scan": 50, "filtered": "10.00",
            "attached_condition": "(`shop`.`items`.`sku` = 'a')"}}}]}}}"#;
    let sql = "SELECT id FROM orders WHERE id = 1 UNION SELECT id FROM items WHERE sku = 'a'";
    assert_eq!(read(sql, union).0, ["items"]);
    let none = r#"{"query_block": {"select_id": 1, "message": "no matching row in const table"}}"#;
    assert_eq!(read("SELECT * FROM orders WHERE id = 1", none).2, ["no matching row in const table"]);
}

#[test]
fn the_second_format_of_mysql_tells_the_same() {
    let (scans, costs, _, tree) = read(
        "SELECT * FROM orders WHERE customer_id = 1 ORDER BY created_at LIMIT 20",
        r#"{"query": "/* select#1 */ select …", "query_type": "select", "json_schema_version": "2.0", "query_plan": {
            "operation": "Limit: 20 row(s)", "access_type": "limit", "limit": 20, "estimated_rows": 5.0, "inputs": [{
              "operation": "Sort: orders.created_at, limit input to 20 row(s) per chunk", "access_type": "sort",
              "sort_fields": ["orders.created_at"], "estimated_rows": 50.0, "inputs": [{
                "operation": "Filter: (orders.customer_id = 1)", "access_type": "filter", "estimated_rows": 5.0,
                "condition": "(orders.customer_id = 1)", "inputs": [{
                  "operation": "Table scan on orders", "access_type": "table", "table_name": "orders", "schema_name": "shop",
                  "used_columns": ["id"], "estimated_rows": 50.0, "estimated_total_cost": 5.25}]}]}]}}"#,
    );
    assert_eq!((scans, costs), (vec!["orders".to_owned()], vec![50.0, 50_000.0]));
    assert_eq!(kinds(&tree), ["0 EXPLAIN", "1 limit", "2 sort", "3 ALL on orders"]);

    let sql = "SELECT * FROM orders o JOIN items i ON i.order_id = o.id WHERE o.created_at = 1";
    let join = |algorithm: &str, inner: &str| {
        format!(
            r#"{{"query": "…", "operation": "join", "access_type": "join", "join_type": "inner join", "join_algorithm": "{algorithm}",
              "estimated_rows": 50.0, "inputs": [
                {{"operation": "Index lookup on o using created (created_at = …)", "access_type": "index",
                  "index_access_type": "index_lookup", "table_name": "o", "index_name": "created", "key_columns": ["created_at"],
                  "lookup_condition": "created_at = 1", "estimated_rows": 25.0}},
                {inner}]}}"#
        )
    };
    let lookup = r#"{"operation": "Index lookup on i using items_order", "access_type": "index", "index_access_type": "index_lookup",
        "table_name": "i", "index_name": "items_order", "key_columns": ["order_id"], "estimated_rows": 2.0}"#;
    let (scans, costs, _, _) = read(sql, &join("nested_loop", lookup));
    assert_eq!((scans.len(), costs), (0, vec![75.0, 75_000.0]));
    let hash = r#"{"operation": "Hash", "access_type": "hash", "inputs": [{"operation": "Table scan on i", "access_type": "table",
        "table_name": "i", "estimated_rows": 50.0}]}"#;
    assert_eq!(read(sql, &join("hash", hash)).0, ["i"]);
    let zero = r#"{"operation": "Zero rows (Impossible WHERE)", "access_type": "zero_rows", "zero_rows_cause": "Impossible WHERE"}"#;
    assert_eq!(read("SELECT * FROM orders WHERE id = 1", zero).2, ["Impossible WHERE"]);

    let page = r#"{"operation": "Limit: 20 row(s)", "access_type": "limit", "inputs": [{"operation": "Index scan on orders using created",
        "access_type": "index", "index_access_type": "index_scan", "table_name": "orders", "index_name": "created", "estimated_rows": 20.0}]}"#;
    assert_eq!(read("SELECT * FROM orders ORDER BY created_at LIMIT 20", page).0, [""; 0]);
    assert_eq!(read("SELECT * FROM orders ORDER BY created_at", page).0, ["orders"]);
}

#[test]
fn mariadb_before_10_10_gives_tables_of_a_join_one_name() {
    let plan = r#"{"query_block": {"select_id": 1,
        "table": {"table_name": "o", "access_type": "ALL", "rows": 50, "filtered": 100, "attached_condition": "o.`status` = 'x'"},
        "block-nl-join": {"table": {"table_name": "i", "access_type": "ALL", "rows": 50, "filtered": 100},
          "buffer_type": "flat", "join_type": "BNL", "attached_condition": "i.sku = o.`status`"},
        "table": {"table_name": "p", "access_type": "ref", "key": "items_order", "used_key_parts": ["order_id"], "rows": 2, "filtered": 100}}}"#;
    let sql = "SELECT * FROM orders o JOIN items i ON i.sku = o.status JOIN items p ON p.order_id = o.id WHERE o.status = 'x'";
    let (scans, costs, _, _) = read(sql, plan);
    assert_eq!(scans, ["o", "i"]);
    // Every item is held against every order, and each pair looks up two more items.
    assert_eq!(costs[0], 50.0 + 2_500.0 + 5_000.0);
}

#[test]
fn what_hides_its_tables_is_no_pass() {
    let known = known();
    let resolve = |sql: &str, plan: &str| {
        let shape = statement::read(sql, Dialect::Mysql).unwrap();
        let steps = step::read(&Json::read(plan).unwrap()).unwrap();
        Context { shape: &shape, views: &[], known: &known }
            .resolve(&steps)
            .map(|node| node.scans().len())
            .map_err(|why| why.0)
    };
    let scan = r#"{"query_block": {"table": {"table_name": "t", "access_type": "ALL", "rows": 5}}}"#;
    assert!(resolve("SELECT 1 FROM orders", scan).unwrap_err().contains("names a table in a way"));
    let both = "SELECT 1 FROM orders t WHERE t.id IN (SELECT 1 FROM items t)";
    assert!(resolve(both, scan).unwrap_err().contains("one name to several tables"));
    let keyed = r#"{"query_block": {"table": {"table_name": "t", "access_type": "ALL", "possible_keys": ["items_order"], "rows": 5}}}"#;
    assert_eq!(resolve(both, keyed), Ok(1));
    let deep =
        format!("{}{}{}", r#"{"query_block": "#, r#"{"filesort": "#.repeat(60), "{}".to_owned() + &"}".repeat(61));
    assert!(resolve("SELECT 1 FROM orders", &deep).is_ok());
    assert_eq!(step::read(&Json::read(r#"{"other": 1}"#).unwrap()), None);
}
