//! Plans all queries in the scratch cluster, size by size: the tables are made as large as wanted once for all queries.

use std::collections::{BTreeSet, HashMap};

use futures_util::future::join_all;
use serde_json::Value;

use super::errors::Refused;
use super::plan;
use super::scratch::{At, Scratch, TIMES};
use super::session::{Ask, IN_FULL, Planner};
use super::weigh::{self, Planning, Weighed};
use crate::model::CostPoint;
use crate::probe::database::catalog::Catalog;
use crate::probe::database::examine::Ready;
use crate::probe::database::plan::Judged;

/// A query that was judged in the scratch cluster.
pub struct Ahead {
    /// How to ask for it, and the shape by which it was read.
    pub weighed: Weighed,
    /// What that gave.
    pub judged: Judged,
    /// The cost at the size that is judged.
    pub cost: f64,
}

/// What came of planning all of them.
#[derive(Default)]
pub struct Plans {
    /// Those that were judged, by their text with numbered parameters.
    pub judged: HashMap<String, Ahead>,
    /// Those that a planner takes too long for: the server's own is not kept busy with them as well.
    pub slow: BTreeSet<String>,
}

/// What is known so far.
struct Case {
    key: String,
    weighed: Weighed,
    now: Value,
    points: Vec<CostPoint>,
    judged: Option<(Judged, f64)>,
}

/// Plans those of `ready` that can be planned there as they would be on the server. What fails is left out: the server
/// itself will say why.
///
/// # Errors
/// Why nothing can be planned, as a phrase.
pub async fn plan(scratch: &mut Scratch, catalog: &Catalog, ready: &[&Ready]) -> Result<Plans, String> {
    let faithful: Vec<&Ready> =
        ready.iter().copied().filter(|ready| scratch.unfaithful(&ready.shape).is_none()).collect();
    scratch.grow(At::Times(1)).await?;
    let (mut shares, slow) = first(scratch, &faithful).await;
    for times in TIMES {
        // What would be too large to be made is not shown.
        if scratch.grow(At::Times(times)).await.is_ok() {
            points(scratch, &mut shares, times).await;
        }
    }
    scratch.grow(At::Judged).await?;
    judge(scratch, catalog, &mut shares).await;
    let mut plans = Plans { slow, ..Plans::default() };
    for case in shares.into_iter().flatten() {
        let Some((mut judged, cost)) = case.judged else { continue };
        judged.points = case.points;
        let now = plan::read(&case.now, catalog).plan;
        judged.plan_now = (!plan::alike(&now, &judged.plan)).then_some(now);
        plans.judged.insert(case.key, Ahead { weighed: case.weighed, judged, cost });
    }
    Ok(plans)
}

/// Deals the queries out to the connections, and has each make the first plans of its share; with the texts of those that
/// take too long.
async fn first(scratch: &mut Scratch, ready: &[&Ready]) -> (Vec<Vec<Case>>, BTreeSet<String>) {
    let number = scratch.workers.len().max(1);
    let each = scratch.workers.iter_mut().enumerate().map(async |(at, worker)| {
        let share: Vec<&&Ready> = ready.iter().skip(at).step_by(number).collect();
        let queries: Vec<_> =
            share.iter().map(|ready| (ready.query.sql.as_str(), &ready.prepared, &ready.shape)).collect();
        let plans = weigh::first(&mut Planning::Scratch(worker), &queries).await;
        let (mut made, mut slow) = (Vec::new(), Vec::new());
        for (ready, plan) in share.iter().zip(plans) {
            let key = ready.prepared.sql();
            match plan {
                Ok((weighed, now)) => made.push(Case { key, weighed, now, points: Vec::new(), judged: None }),
                Err(Refused::Slow) => slow.push(key),
                Err(_) => {}
            }
        }
        (made, slow)
    });
    let (made, slow): (Vec<_>, Vec<_>) = join_all(each).await.into_iter().unzip();
    (made, slow.into_iter().flatten().collect())
}

/// What the queries cost at so many times the present size.
async fn points(scratch: &mut Scratch, shares: &mut [Vec<Case>], times: u64) {
    let each = scratch.workers.iter_mut().zip(shares.iter_mut()).map(async |(worker, share)| {
        if times == 1 {
            return share.iter().map(|case| plan::cost(&case.now)).collect::<Vec<_>>();
        }
        let asks: Vec<&Ask> = share.iter().map(|case| &case.weighed.ask).collect();
        let plans = worker.explain(&asks, Planner::NATURAL, "FORMAT JSON").await;
        plans.iter().map(|plan| plan.as_ref().ok().and_then(plan::cost)).collect()
    });
    let costs: Vec<Vec<Option<f64>>> = join_all(each).await;
    for (case, cost) in shares.iter_mut().flatten().zip(costs.into_iter().flatten()) {
        let Some(cost) = cost else { continue };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number of rows, and `as` saturates"
        )]
        let rows = scratch.rows(&plan::tables(&case.now), At::Times(times)).round() as u64;
        case.points.push(CostPoint { times, rows, cost });
    }
}

/// Judges them at the size that they are judged at.
async fn judge(scratch: &mut Scratch, catalog: &Catalog, shares: &mut [Vec<Case>]) {
    let each = scratch.workers.iter_mut().zip(shares.iter_mut()).map(async |(worker, share)| {
        let asks: Vec<&Ask> = share.iter().map(|case| &case.weighed.ask).collect();
        let plans = worker.explain(&asks, Planner::NATURAL, IN_FULL).await;
        let mut places = Vec::new();
        let mut queries = Vec::new();
        for (at, (plan, case)) in plans.iter().zip(share.iter()).enumerate() {
            if let Ok(plan) = plan {
                places.push(at);
                queries.push((&case.weighed, plan));
            }
        }
        let judged = weigh::judge(&mut Planning::Scratch(worker), catalog, &queries).await;
        let costs: Vec<Option<f64>> = queries.iter().map(|(_, plan)| plan::cost(plan)).collect();
        for ((at, judged), cost) in places.into_iter().zip(judged).zip(costs) {
            if let (Some(case), Ok(judged), Some(cost)) = (share.get_mut(at), judged, cost) {
                case.judged = Some((judged, cost));
            }
        }
    });
    join_all(each).await;
}
