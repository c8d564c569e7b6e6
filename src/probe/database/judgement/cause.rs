//! Why a table is read from end to end, and which index would help as far as reasoning goes.

use crate::probe::database::catalog::{Catalog, Table};
use crate::probe::database::conditions::{Against, Asks, Column, Condition};
use crate::probe::database::plan::Scan;
use crate::probe::database::statement::{Relation, Scope, Shape};

/// An index of more columns seldom pays: three that are compared for equality, and one to sort or range over.
const MOST_EQUAL: usize = 3;

/// Why the scan is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// No index begins with the columns that pick the rows. First those that do, then what an index should hold.
    NoIndex {
        /// The columns that the statement compares.
        wanted: Vec<String>,
        /// The index that would serve it, in order.
        columns: Vec<String>,
        /// The columns come from a join rather than from a condition with a value.
        join: bool,
    },
    /// An index begins with the column, and the planner cannot use it.
    IndexUnfit {
        /// The index.
        index: String,
        /// Its column.
        column: String,
        /// The condition is a pattern.
        pattern: bool,
    },
    /// A pattern without an index that could serve it.
    Pattern(String),
    /// A text is searched anywhere in the column.
    Contains(String),
    /// A text is searched whatever its case.
    AnyCase(String),
    /// An expression hides the column.
    Wrapped(String),
    /// An operator wants an index of a special kind.
    Special(String, String),
    /// Alternatives on several columns.
    Either(Vec<String>),
    /// The statement wants the first rows by this column.
    Sort(String),
    /// The condition that narrows the statement is on another table, without an index.
    Elsewhere {
        /// That table.
        table: Box<Table>,
        /// Its column.
        column: String,
    },
    /// Conditions that hold only if the caller wants them.
    Optional(Vec<String>),
    /// The condition narrows hardly anything.
    Weak(Vec<String>),
    /// Nothing narrows the rows down.
    Everything,
    /// There is a condition, and it stands in a view or in a form that is not understood here.
    Unknown,
}

/// Why `scan` reads its whole table.
#[must_use]
pub fn cause(shape: &Shape, scan: &Scan, catalog: &Catalog) -> Cause {
    let scopes = shape.scopes_of(&scan.alias, &scan.table.name);
    let causes = scopes.iter().map(|(scope, relation)| in_scope(scope, relation, &scan.table, catalog));
    // The same table twice under one name: the one with a remedy is the likelier reader of the two.
    let mut causes: Vec<Cause> = causes.collect();
    causes.sort_by_key(|cause| match cause {
        Cause::NoIndex { .. } => 0,
        Cause::Everything => 2,
        _ => 1,
    });
    match causes.into_iter().next() {
        Some(Cause::Everything) | None if scan.filtered => Cause::Unknown,
        Some(cause) => cause,
        // Behind a view: whatever picks the rows is not known here.
        None if shape.scopes.iter().any(|scope| !scope.conditions.is_empty()) => Cause::Unknown,
        None => Cause::Everything,
    }
}

/// Whether the table is only read until the first rows that fit are found.
#[must_use]
pub fn ends_early(shape: &Shape, scan: &Scan) -> bool {
    let scopes = shape.scopes_of(&scan.alias, &scan.table.name);
    !scopes.is_empty() && scopes.iter().all(|(scope, _)| scope.ends_early())
}

/// Whether all that picks rows are flags and what is to be absent: `WHERE deleted_at IS NULL`.
#[must_use]
pub fn asks_flags_alone(shape: &Shape, scan: &Scan) -> bool {
    let scopes = shape.scopes_of(&scan.alias, &scan.table.name);
    !scopes.is_empty()
        && scopes.iter().all(|(scope, relation)| {
            let is_flag = |condition: &Condition| {
                condition.asks == Asks::Weak || matches!(condition.against, Against::Null | Against::Flag(_))
            };
            let mut own =
                conditions_on(scope, relation, &scan.table).filter(|condition| !joins(scope, condition)).peekable();
            let in_order = scope.limited && !scope.order.is_empty();
            !in_order && own.peek().is_some() && own.all(is_flag)
        })
}

/// The column of which a statement wants all values on one side of a parameter: how many rows that picks depends on the
/// parameter, and planners reckon with a third.
#[must_use]
pub fn open_range(shape: &Shape, scan: &Scan) -> Option<String> {
    let scopes = shape.scopes_of(&scan.alias, &scan.table.name);
    scopes.into_iter().find_map(|(scope, relation)| {
        let ranges: Vec<&Condition> =
            conditions_on(scope, relation, &scan.table).filter(|condition| condition.asks == Asks::Range).collect();
        let open = ranges.iter().find(|one| {
            let same = |other: &&&Condition| other.column.name.eq_ignore_ascii_case(&one.column.name);
            matches!(one.against, Against::Parameter(_)) && ranges.iter().filter(same).count() == 1
        });
        open.and_then(|open| scan.table.column(&open.column.name)).cloned()
    })
}

/// The conditions of `scope` on one of its tables.
pub fn conditions_on<'a>(
    scope: &'a Scope,
    relation: &'a Relation,
    table: &'a Table,
) -> impl Iterator<Item = &'a Condition> {
    scope.conditions.iter().filter(move |condition| belongs(&condition.column, relation, table))
}

/// Whether a column as written in a scope is one of `table`, which stands there as `relation`.
pub fn belongs(column: &Column, relation: &Relation, table: &Table) -> bool {
    match &column.qualifier {
        Some(qualifier) => qualifier.eq_ignore_ascii_case(&relation.alias),
        None => table.has(&column.name),
    }
}

/// Whether a condition ties two tables of `scope`. A column from outside, in a correlated subquery, is as good as a value.
pub fn joins(scope: &Scope, condition: &Condition) -> bool {
    let Against::Column(other) = &condition.against else { return false };
    other
        .qualifier
        .as_ref()
        .is_none_or(|qualifier| scope.tables.iter().any(|t| t.alias.eq_ignore_ascii_case(qualifier)))
}

fn in_scope(scope: &Scope, relation: &Relation, table: &Table, catalog: &Catalog) -> Cause {
    let mut own: Vec<&Condition> = conditions_on(scope, relation, table).collect();
    let is_join = |c: &Condition| joins(scope, c);
    // A value picks fewer rows than a flag does.
    own.sort_by_key(|condition| matches!(condition.against, Against::Null | Against::Flag(_)));
    let names = |asks: &[Asks], joined: bool| -> Vec<String> {
        let wanted = own.iter().filter(|c| asks.contains(&c.asks) && is_join(c) == joined);
        distinct(wanted.map(|c| c.column.name.clone()))
    };
    let mut equal = names(&[Asks::Equal], false);
    equal.truncate(MOST_EQUAL);
    let range = names(&[Asks::Range], false);
    let patterns = names(&[Asks::Prefix, Asks::Pattern], false);
    let mut wanted = equal.clone();
    wanted.extend(range.first().filter(|_| equal.is_empty()).cloned());
    if let Some(first) = wanted.first() {
        // Tables that inherit have none of the indexes of the one above.
        let everywhere = |column: &&String| {
            let lacks = |heir: &&Table| heir.index_that_starts_with(std::slice::from_ref(*column)).is_none();
            !catalog.heirs(table).iter().filter(|heir| !heir.hollow).any(lacks)
        };
        let unfit = wanted
            .iter()
            .filter(everywhere)
            .find_map(|column| table.index_that_starts_with(std::slice::from_ref(column)));
        if let Some(index) = unfit {
            let column = index.keys.first().unwrap_or(first).clone();
            return Cause::IndexUnfit { index: index.name.clone(), column, pattern: false };
        }
        let mut columns = equal.clone();
        // No index over a long text, nor over one of any length only to find where there is none: it would refuse rows.
        columns.retain(|column| {
            let is = |known: &String| known.eq_ignore_ascii_case(column);
            let asked = own.iter().any(|c| is(&c.column.name) && c.against != Against::Null);
            !table.wide.iter().any(is) && (asked || !table.unbounded.iter().any(is))
        });
        if columns.is_empty() && !equal.is_empty() {
            return Cause::Unknown;
        }
        let order = scope.order.iter().filter(|by| scope.limited && belongs(&by.column, relation, table));
        let tail = range.first().cloned().or_else(|| order.map(|by| by.column.name.clone()).next());
        columns.extend(tail.filter(|tail| !columns.contains(tail)).into_iter().collect::<Vec<_>>());
        return Cause::NoIndex { wanted, columns, join: false };
    }
    if let Some(column) = patterns.first() {
        return match table.index_that_starts_with(std::slice::from_ref(column)) {
            Some(index) => Cause::IndexUnfit { index: index.name.clone(), column: column.clone(), pattern: true },
            None => Cause::Pattern(column.clone()),
        };
    }
    let joined = names(&[Asks::Equal], true);
    if let Some(other) = own.iter().find_map(|c| other_cause(c)).filter(|_| joined.is_empty()) {
        return other;
    }
    let optional = distinct(own.iter().filter(|c| c.asks == Asks::Optional).map(|c| c.column.name.clone()));
    if !optional.is_empty() {
        return Cause::Optional(optional);
    }
    let either = distinct(own.iter().filter(|c| c.asks == Asks::Either).map(|c| c.column.name.clone()));
    if !either.is_empty() {
        let served = |column: &String| table.index_that_starts_with(std::slice::from_ref(column)).is_some();
        let open: Vec<String> = either.iter().filter(|column| !served(column)).cloned().collect();
        return Cause::Either(if open.is_empty() { either } else { open });
    }
    // A join narrows this table only if something narrows the other one.
    let narrowed = scope.conditions.iter().any(|c| !is_join(c) && c.asks != Asks::Weak);
    if !joined.is_empty() && narrowed {
        let unindexed: Vec<String> = joined
            .iter()
            .filter(|column| table.index_that_starts_with(std::slice::from_ref(column)).is_none())
            .take(1)
            .cloned()
            .collect();
        if !unindexed.is_empty() {
            return Cause::NoIndex { wanted: unindexed.clone(), columns: unindexed, join: true };
        }
    }
    if let Some(other) = own.iter().find_map(|c| other_cause(c)) {
        return other;
    }
    let weak = names(&[Asks::Weak], false);
    if !weak.is_empty() {
        return Cause::Weak(weak);
    }
    if let Some(elsewhere) = elsewhere(scope, relation, catalog) {
        return elsewhere;
    }
    // The first rows of an order are found at the end of an index, where there is one.
    let by =
        scope.order.first().filter(|by| scope.limited && !scope.aggregates && belongs(&by.column, relation, table));
    match by {
        Some(by) if table.index_that_starts_with(std::slice::from_ref(&by.column.name)).is_none() => {
            Cause::Sort(by.column.name.clone())
        }
        _ => Cause::Everything,
    }
}

/// A join reads this table whole because the way in, through a condition on another table, lacks an index.
fn elsewhere(scope: &Scope, relation: &Relation, catalog: &Catalog) -> Option<Cause> {
    for other in scope.tables.iter().filter(|other| other.alias != relation.alias) {
        let Some(table) = catalog.named(&other.table).next() else { continue };
        let column = conditions_on(scope, other, table)
            .filter(|condition| matches!(condition.asks, Asks::Equal | Asks::Range) && !joins(scope, condition))
            .map(|condition| condition.column.name.clone())
            .find(|column| table.index_that_starts_with(std::slice::from_ref(column)).is_none());
        if let Some(column) = column {
            return Some(Cause::Elsewhere { table: Box::new(table.clone()), column });
        }
    }
    None
}

fn other_cause(condition: &Condition) -> Option<Cause> {
    let column = condition.column.name.clone();
    match &condition.asks {
        Asks::Contains => Some(Cause::Contains(column)),
        Asks::AnyCase => Some(Cause::AnyCase(column)),
        Asks::Wrapped(text) => Some(Cause::Wrapped(text.clone())),
        Asks::Special(operator) => Some(Cause::Special(column, operator.clone())),
        _ => None,
    }
}

fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for name in names {
        if !seen.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            seen.push(name);
        }
    }
    seen
}
