//! What a SELECT sums up.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Query, Select, SelectItem, Visit, Visitor,
};

use crate::probe::database::conditions::{self, Column};

/// The column of `SELECT max(a) FROM t`, which is the first row by `a` and no more.
pub(super) fn extreme(select: &Select) -> Option<Column> {
    let [SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }] = select.projection.as_slice() else {
        return None;
    };
    let Expr::Function(Function { name, args: FunctionArguments::List(list), over: None, .. }) = expr else {
        return None;
    };
    let [FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))] = list.args.as_slice() else { return None };
    let name = name.to_string().to_lowercase();
    if name == "min" || name == "max" { conditions::column(argument) } else { None }
}

/// Whether a selected item needs all rows: `count(*)`, `sum(x)`, `max(a) + 1`.
pub(super) fn aggregates(item: &SelectItem) -> bool {
    const AGGREGATES: [&str; 16] = [
        "count",
        "sum",
        "avg",
        "min",
        "max",
        "total",
        "array_agg",
        "string_agg",
        "group_concat",
        "json_agg",
        "jsonb_agg",
        "json_object_agg",
        "jsonb_object_agg",
        "bool_or",
        "bool_and",
        "json_group_array",
    ];
    /// How many subqueries deep: what one of these sums up is its own affair.
    struct Finder(usize);
    impl Visitor for Finder {
        type Break = ();
        fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.0 += 1;
            ControlFlow::Continue(())
        }
        fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.0 -= 1;
            ControlFlow::Continue(())
        }
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Function(function) if function.over.is_none() && self.0 == 0 => {
                    let name = function.name.0.last().map(|part| part.to_string().to_lowercase()).unwrap_or_default();
                    if !AGGREGATES.contains(&name.as_str()) || scalar_min_max(&name, function) {
                        return ControlFlow::Continue(());
                    }
                    ControlFlow::Break(())
                }
                _ => ControlFlow::Continue(()),
            }
        }
    }
    item.visit(&mut Finder(0)).is_break()
}

/// `max(a, b)` of SQLite picks the larger of two values and aggregates nothing.
fn scalar_min_max(name: &str, function: &Function) -> bool {
    let FunctionArguments::List(list) = &function.args else { return false };
    matches!(name, "min" | "max")
        && list.args.iter().filter(|arg| matches!(arg, FunctionArg::Unnamed(FunctionArgExpr::Expr(_)))).count() > 1
}
