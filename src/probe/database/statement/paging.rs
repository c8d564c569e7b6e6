//! What a query says around its SELECT: order, limit, offset.

use sqlparser::ast::{Expr, Function, LimitClause, OrderByKind, OrderBySort, Query};

use super::Sort;
use crate::probe::database::conditions;

/// What a query says around its SELECT.
#[derive(Debug, Clone, Default)]
pub(super) struct Paging {
    pub(super) order: Vec<Sort>,
    pub(super) order_computed: bool,
    pub(super) order_random: bool,
    pub(super) limited: bool,
    pub(super) skips: bool,
    pub(super) exists: bool,
}

/// Order, limit and offset of a query.
pub(super) fn paging(query: &Query) -> Paging {
    /// Fewer rows are skipped in no time.
    const FEW: u64 = 100;
    let mut paging = Paging::default();
    if let Some(OrderByKind::Expressions(by)) = query.order_by.as_ref().map(|order| &order.kind) {
        for by in by {
            paging.order_random |= is_random(&by.expr);
            match conditions::column(&by.expr).filter(|_| !paging.order_computed) {
                Some(column) => {
                    paging.order.push(Sort { column, descending: by.options.sort == Some(OrderBySort::Desc) })
                }
                None => paging.order_computed = true,
            }
        }
    }
    let skips = |value: &Expr| match value {
        Expr::Value(value) => match &value.value {
            sqlparser::ast::Value::Number(number, _) => number.parse::<u64>().is_ok_and(|rows| rows >= FEW),
            _ => true,
        },
        _ => true,
    };
    paging.limited = query.fetch.is_some();
    match &query.limit_clause {
        Some(LimitClause::LimitOffset { limit, offset, .. }) => {
            paging.limited |= limit.is_some();
            paging.skips = offset.as_ref().is_some_and(|offset| skips(&offset.value));
        }
        Some(LimitClause::OffsetCommaLimit { offset, .. }) => {
            paging.limited = true;
            paging.skips = skips(offset);
        }
        None => {}
    }
    paging
}

fn is_random(expr: &Expr) -> bool {
    let Expr::Function(Function { name, .. }) = expr else { return false };
    matches!(name.to_string().to_lowercase().as_str(), "random" | "rand" | "gen_random_uuid" | "newid" | "uuid")
}
