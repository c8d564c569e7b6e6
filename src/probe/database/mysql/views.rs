//! What stands behind a view, and whether a query may be planned that reads it.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use sqlparser::ast::visit_relations;

use super::catalog::Known;
use super::{functions, rewrite};
use crate::probe::database::lexer::Dialect;
use crate::probe::database::statement::{self, Shape};

/// Views nest a few levels; the bound is against a loop in what we were told.
const MOST_DEPTH: usize = 8;

/// A view.
#[derive(Debug, Default)]
pub struct View {
    /// What it reads.
    pub shape: Shape,
    /// Why planning a query over it might run something, as a phrase.
    trap: Option<String>,
}

/// Reads the definition of a view of `database`.
pub fn read(definition: &str, database: &str) -> View {
    let trapped = |trap: &str| View { shape: Shape::default(), trap: Some(trap.to_owned()) };
    if definition.trim().is_empty() {
        return trapped("whose definition this user may not see");
    }
    let Ok(shape) = statement::read(definition, Dialect::Mysql) else {
        return trapped("whose definition is not understood");
    };
    let function = functions::unknown(&shape.functions).or_else(|| functions::quoted(definition));
    let trap = match (function, elsewhere(definition, database)) {
        (Some(function), _) => Some(format!("which calls {function}")),
        (None, Some(table)) => Some(format!("which reads {table} of another database")),
        (None, None) => None,
    };
    View { shape, trap }
}

/// A table that `sql` names in another database than the connected one.
pub fn elsewhere(sql: &str, database: &str) -> Option<String> {
    let statement = rewrite::parse(sql)?;
    let found = visit_relations(&statement, |name| {
        let parts: Vec<&str> = name.0.iter().filter_map(|part| part.as_ident()).map(|id| id.value.as_str()).collect();
        match parts.as_slice() {
            [_] => ControlFlow::Continue(()),
            [schema, _] if schema.eq_ignore_ascii_case(database) => ControlFlow::Continue(()),
            _ => ControlFlow::Break(parts.join(".")),
        }
    });
    match found {
        ControlFlow::Break(table) => Some(table),
        ControlFlow::Continue(()) => None,
    }
}

/// The views that `shape` reads, and those behind them.
pub fn behind(shape: &Shape, known: &Known) -> Vec<Arc<View>> {
    let mut found: Vec<Arc<View>> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut names: Vec<String> = shape.relations().map(|relation| relation.table.to_lowercase()).collect();
    for _ in 0..MOST_DEPTH {
        let mut next = Vec::new();
        for name in names.drain(..).filter(|name| seen.insert(name.clone())) {
            if let Some(view) = known.views.get(&name) {
                next.extend(view.shape.relations().map(|relation| relation.table.to_lowercase()));
                found.push(Arc::clone(view));
            }
        }
        names = next;
    }
    found
}

/// Why planning a query over these views might run something, as a phrase after "queries that …".
pub fn trap(views: &[Arc<View>]) -> Option<String> {
    let trap = views.iter().find_map(|view| view.trap.as_ref())?;
    Some(format!("read a view {trap}, and planning them could run that"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_harmless_only_if_all_of_it_is_known() {
        let trap = |definition: &str| read(definition, "shop").trap.unwrap_or_default();
        assert_eq!(trap("select `shop`.`t`.`id` AS `id`,lcase(`shop`.`t`.`n`) AS `n` from `shop`.`t`"), "");
        assert_eq!(trap("select `shop`.`f`(`shop`.`t`.`id`) AS `x` from `shop`.`t`"), "which calls shop.f");
        assert_eq!(trap("select 1 AS `x` from `other`.`t`"), "which reads other.t of another database");
        assert_eq!(trap("select sleep(1) AS `x`"), "which calls sleep");
        assert_eq!(trap(""), "whose definition this user may not see");
        assert_eq!(trap("select from where"), "whose definition is not understood");
    }
}
