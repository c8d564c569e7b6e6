//! Finds the plan by which a query is judged, on the scratch cluster or on the user's server.
//!
//! On a small table a planner takes what is cheap there, so one plan proves nothing: only a query that has no good plan,
//! however it is asked for, lacks an index.

use serde_json::Value;

use super::errors::Refused;
use super::plan::{self, Seen};
use super::scratch::Worker;
use super::session::{Ask, IN_FULL, Planner, Session};
use crate::model::PlanNode;
use crate::probe::database::catalog::Catalog;
use crate::probe::database::judgement::cause;
use crate::probe::database::lexer::Dialect;
use crate::probe::database::placeholders::Prepared;
use crate::probe::database::plan::{Judged, Scan, Unexamined};
use crate::probe::database::samples::{self, Sample};
use crate::probe::database::statement::{self, Shape};

/// A query that has a plan.
#[derive(Debug, Clone)]
pub struct Weighed {
    /// How to ask for it: with types for its parameters, where the server cannot tell them.
    pub ask: Ask,
    /// The shape by which its plan is read.
    pub shape: Shape,
}

/// Something that makes plans.
pub enum Planning<'a> {
    /// The user's server, with its tables as they are.
    Theirs(&'a mut Session),
    /// The scratch cluster, with tables of the size that is judged.
    Scratch(&'a mut Worker),
}

impl Planning<'_> {
    async fn plans(&mut self, asks: &[&Ask], planner: Planner) -> Vec<Result<Value, Refused>> {
        match self {
            Self::Theirs(session) => {
                let mut plans = Vec::with_capacity(asks.len());
                for ask in asks {
                    plans.push(session.explain(ask, planner).await);
                }
                plans
            }
            Self::Scratch(worker) => worker.explain(asks, planner, IN_FULL).await,
        }
    }

    async fn plan(&mut self, ask: &Ask, planner: Planner) -> Result<Value, Refused> {
        self.plans(&[ask], planner).await.pop().unwrap_or(Err(Refused::Lost))
    }

    /// How the first plan is made: as it will be where tables have their size, and by indexes where they are small.
    const fn first(&self) -> Planner {
        match self {
            Self::Theirs(_) => Planner::INDEXES,
            Self::Scratch(_) => Planner::NATURAL,
        }
    }
}

/// A first plan for each of `queries`, and how to ask for it.
pub async fn first(
    planning: &mut Planning<'_>,
    queries: &[(&str, &Prepared, &Shape)],
) -> Vec<Result<(Weighed, Value), Refused>> {
    let asks: Vec<Ask> = queries.iter().map(|(_, prepared, _)| Ask::of(prepared)).collect();
    let planner = planning.first();
    let plans = planning.plans(&asks.iter().collect::<Vec<_>>(), planner).await;
    let mut found = Vec::with_capacity(asks.len());
    for ((plan, ask), (sql, _, shape)) in plans.into_iter().zip(asks).zip(queries) {
        found.push(match plan {
            Ok(plan) if plan::leaves_partitions_out(&plan) => {
                let ask = Ask { unpruned: true, ..ask };
                planning.plan(&ask, planner).await.map(|plan| (Weighed { ask, shape: (*shape).clone() }, plan))
            }
            Ok(plan) => Ok((Weighed { ask, shape: (*shape).clone() }, plan)),
            Err(Refused::UnknownType(_)) => apart(planning, sql).await,
            Err(refused) => Err(refused),
        });
    }
    found
}

/// A parameter that stands in several places, such as `$1 IS NULL OR id = $1`, has a type in only some of them. Taken
/// apart, each place gets the type that it has, and text where it has none.
async fn apart(planning: &mut Planning<'_>, sql: &str) -> Result<(Weighed, Value), Refused> {
    const REFUSED: Refused = Refused::UnknownType(None);
    let prepared = Prepared::with_places_apart(sql, Dialect::Postgres).map_err(|_| REFUSED)?;
    let shape = statement::read(&prepared.sql(), Dialect::Postgres).map_err(|_| REFUSED)?;
    let mut ask = Ask::of(&prepared);
    let planner = planning.first();
    for _ in 0..=prepared.parameters.min(32) {
        match planning.plan(&ask, planner).await {
            Ok(plan) => return Ok((Weighed { ask, shape }, plan)),
            Err(Refused::UnknownType(Some(number))) if !ask.types.contains_key(&number) => {
                ask.types.insert(number, "text");
            }
            Err(refused) => return Err(refused),
        }
    }
    Err(REFUSED)
}

/// What is being found out about one query.
struct Case<'a> {
    ask: &'a Ask,
    first: Judged,
    best: Judged,
    samples: Vec<Sample>,
}

/// Judges queries by their first plans and, where those read tables whole, by others.
pub async fn judge(
    planning: &mut Planning<'_>,
    catalog: &Catalog,
    queries: &[(&Weighed, &Value)],
) -> Vec<Result<Judged, Unexamined>> {
    let mut cases: Vec<Result<Case<'_>, Unexamined>> = queries
        .iter()
        .map(|(weighed, plan)| {
            let first = read(plan, catalog)?;
            chosen_at_run_time(weighed, &first)?;
            Ok(Case { ask: &weighed.ask, best: first.clone(), first, samples: Vec::new() })
        })
        .collect();
    let by_indexes = (planning.first() == Planner::NATURAL).then_some(Planner::INDEXES);
    for planner in by_indexes.into_iter().chain(Planner::OTHERS) {
        round(planning, catalog, &mut cases, planner, |case| (!case.best.scans.is_empty()).then(|| case.ask.clone()))
            .await;
    }
    // A generic plan knows no values, so it can use neither a partial index nor an index for `LIKE $1`.
    for (case, (weighed, _)) in cases.iter_mut().zip(queries) {
        if let Ok(case) = case {
            case.samples = samples::of(&weighed.shape, &case.best.scans, Dialect::Postgres);
        }
    }
    let most = cases.iter().flatten().map(|case| case.samples.len()).max().unwrap_or(0);
    for number in 0..most {
        for planner in Planner::OTHERS {
            let values = |case: &Case<'_>| Some(case.ask.with(case.samples.get(number)?.values.clone()));
            let before: Vec<usize> =
                cases.iter().map(|case| case.as_ref().map_or(0, |case| case.best.scans.len())).collect();
            round(planning, catalog, &mut cases, planner, values).await;
            for (case, before) in cases.iter_mut().flatten().zip(before) {
                if let Some(sample) = case.samples.get(number)
                    && case.best.scans.len() < before
                {
                    case.best.depends = Some(sample.depends());
                }
            }
        }
    }
    cases.into_iter().map(|case| case.map(settle)).collect()
}

/// Of a table in partitions of which a query reads those that it wants whole, nobody can tell before it runs how many rows they
/// hold: that it reads them whole is what they are for.
fn chosen_at_run_time(weighed: &Weighed, judged: &Judged) -> Result<(), Unexamined> {
    let by_key_alone = |scan: &Scan| {
        let mut scopes = weighed.shape.scopes_of(&scan.alias, &scan.table.name).into_iter();
        scopes.all(|(scope, relation)| {
            cause::conditions_on(scope, relation, &scan.table).filter(|condition| !cause::joins(scope, condition)).all(
                |condition| {
                    scan.table.partitioned_by.iter().any(|key| key.eq_ignore_ascii_case(&condition.column.name))
                },
            )
        })
    };
    if weighed.ask.unpruned && judged.scans.iter().any(|scan| scan.table.partitioned && by_key_alone(scan)) {
        return Err(Unexamined::new("read partitions that are only chosen at run time"));
    }
    Ok(())
}

/// Asks for one more plan of those that `want` one, and keeps the better.
async fn round(
    planning: &mut Planning<'_>,
    catalog: &Catalog,
    cases: &mut [Result<Case<'_>, Unexamined>],
    planner: Planner,
    want: impl Fn(&Case<'_>) -> Option<Ask>,
) {
    let mut places = Vec::new();
    let mut asks = Vec::new();
    for (at, case) in cases.iter().enumerate() {
        if let Some(ask) = case.as_ref().ok().and_then(&want) {
            places.push(at);
            asks.push(ask);
        }
    }
    if asks.is_empty() {
        return;
    }
    let plans = planning.plans(&asks.iter().collect::<Vec<_>>(), planner).await;
    for ((at, ask), plan) in places.into_iter().zip(&asks).zip(plans) {
        let Some(case) = cases.get_mut(at) else { continue };
        let outcome = match plan {
            Ok(plan) => read(&plan, catalog).map(|judged| Judged { values: ask.values.clone(), ..judged }),
            // A value that does not fit its column shows nothing.
            Err(refused) if ask.values.is_empty() || refused == Refused::Lost => Err(refused.into()),
            Err(_) => continue,
        };
        match (case.as_mut(), outcome) {
            (Ok(known), Ok(other)) => drop(known.best.take_if_better(other)),
            (Ok(_), Err(unexamined)) => *case = Err(unexamined),
            (Err(_), _) => {}
        }
    }
}

/// The verdict is that of the best plan; what is shown is the plan that will be made, if it shows the same.
fn settle(case: Case<'_>) -> Judged {
    let Case { first, mut best, .. } = case;
    let among = |scan: &Scan, scans: &[Scan]| {
        scans.iter().any(|other| other.alias == scan.alias && other.table.name == scan.table.name)
    };
    if best.values.is_empty() && best.scans.iter().all(|scan| among(scan, &first.scans)) {
        best.chosen = first.scans.iter().filter(|scan| !among(scan, &best.scans)).cloned().collect();
        (best.plan, best.cost) = (first.plan, first.cost);
        unmark(&mut best.plan, &best.chosen);
    }
    best
}

/// What was chosen is nothing that is wrong.
fn unmark(node: &mut PlanNode, chosen: &[Scan]) {
    let name = node.alias.as_ref().or(node.table.as_ref());
    if node.marked && chosen.iter().any(|scan| name == Some(&scan.alias)) {
        node.marked = false;
    }
    node.children.iter_mut().for_each(|child| unmark(child, chosen));
}

fn read(plan: &Value, catalog: &Catalog) -> Result<Judged, Unexamined> {
    let cost = plan::cost(plan);
    let Seen { scans, plan, unclear } = plan::read(plan, catalog);
    match unclear {
        Some(reason) => Err(Unexamined::new(reason)),
        None => Ok(Judged { cost, ..Judged::new(scans, plan) }),
    }
}
