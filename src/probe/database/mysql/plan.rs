//! Finds the tables behind a plan's names, and those that are read from end to end.

use std::sync::Arc;

use super::catalog::Known;
use super::step::{Access, Step, Steps};
use super::views::View;
use crate::model::PlanNode;
use crate::probe::database::catalog::Table;
use crate::probe::database::judgement::cause;
use crate::probe::database::plan::{Scan, Unexamined};
use crate::probe::database::statement::{Relation, Scope, Shape};

/// A step whose table is known.
#[derive(Debug)]
pub struct Node<'a> {
    /// The step.
    pub step: &'a Step,
    /// What it reads.
    pub seen: Option<Seen<'a>>,
    /// As the step's.
    pub children: Vec<Self>,
}

/// A table of the user's that a step reads.
#[derive(Debug)]
pub struct Seen<'a> {
    /// The table.
    pub table: &'a Table,
    /// From end to end.
    pub whole: bool,
    /// A LIMIT ends the reading after some rows.
    pub early: bool,
    /// What picks rows compares the index's first key for equality only.
    pub by_value: bool,
    filtered: bool,
}

/// What is behind the names of a plan.
pub struct Context<'a> {
    /// The query.
    pub shape: &'a Shape,
    /// The views that it reads.
    pub views: &'a [Arc<View>],
    /// The database.
    pub known: &'a Known,
}

type Place<'a> = (&'a Scope, &'a Relation, &'a Table);

impl<'a> Context<'a> {
    /// Finds the tables of a plan.
    pub fn resolve(&self, steps: &'a Steps) -> Result<Node<'a>, Unexamined> {
        if steps.too_deep {
            return Err(Unexamined::new("have a plan that is too deep"));
        }
        self.node(&steps.top, true)
    }

    /// `stops` is true where this step may stop after some rows, if its SELECT has a LIMIT.
    fn node(&self, step: &'a Step, stops: bool) -> Result<Node<'a>, Unexamined> {
        let seen = match &step.access {
            Some(access) => self.seen(access, stops)?,
            None => None,
        };
        let mut children = Vec::with_capacity(step.children.len());
        let mut first = true;
        for child in &step.children {
            let stops = child.apart || stops && !step.blocks && first;
            first &= child.apart;
            children.push(self.node(child, stops)?);
        }
        Ok(Node { step, seen, children })
    }

    fn seen(&self, access: &'a Access, stops: bool) -> Result<Option<Seen<'a>>, Unexamined> {
        if access.made {
            return Ok(None);
        }
        let places = self.places(access)?;
        let Some(&(_, _, table)) = places.first() else {
            let known = |shape: &Shape| {
                shape.derived.iter().any(|name| name.eq_ignore_ascii_case(&access.name))
                    || shape.relations().any(|relation| relation.alias.eq_ignore_ascii_case(&access.name))
            };
            // The name of a result of the statement's own.
            if self.shapes().any(known) {
                return Ok(None);
            }
            return match self.known.catalog.named(&access.name).next() {
                Some(table) => Ok(Some(Seen {
                    table,
                    whole: access.reads_all(),
                    early: false,
                    by_value: false,
                    filtered: access.condition,
                })),
                None => Err(Unexamined::new("have a plan that names a table in a way that is not understood")),
            };
        };
        let early = stops && !access.buffered && !access.condition && places.iter().all(ends_early);
        let own = |place: &Place<'_>| {
            cause::conditions_on(place.0, place.1, place.2).any(|condition| !cause::joins(place.0, condition))
        };
        Ok(Some(Seen {
            table,
            whole: access.reads_all() && !early,
            early,
            by_value: places.iter().all(|place| picks_by_value(place, access)),
            filtered: places.iter().any(own),
        }))
    }

    fn shapes(&self) -> impl Iterator<Item = &'a Shape> {
        std::iter::once(self.shape).chain(self.views.iter().map(|view| &view.shape))
    }

    /// Everywhere that the statement gives this name to a table. Of two tables under one name, the indexes tell.
    fn places(&self, access: &Access) -> Result<Vec<Place<'a>>, Unexamined> {
        let mut places: Vec<Place<'a>> = Vec::new();
        for shape in self.shapes() {
            for scope in &shape.scopes {
                for relation in scope.tables.iter().filter(|own| own.alias.eq_ignore_ascii_case(&access.name)) {
                    places
                        .extend(self.known.catalog.named(&relation.table).next().map(|table| (scope, relation, table)));
                }
            }
        }
        let one = |places: &[Place<'_>]| places.windows(2).all(|pair| matches!(pair, [a, b] if a.2.name == b.2.name));
        if !one(&places) {
            let keys: Vec<&String> = access.possible.iter().chain(&access.key).collect();
            places.retain(|(_, _, table)| keys.iter().all(|key| table.index(key).is_some()));
        }
        if one(&places) {
            Ok(places)
        } else {
            Err(Unexamined::new("give one name to several tables, so that their plan cannot be told apart"))
        }
    }
}

/// A LIMIT ends the reading early where nothing drops rows: tables that are joined to each row are looked up one by one.
fn ends_early((scope, _, _): &Place<'_>) -> bool {
    scope.limited && !scope.aggregates && scope.conditions.iter().all(|condition| cause::joins(scope, condition))
}

fn picks_by_value((scope, relation, table): &Place<'_>, access: &Access) -> bool {
    use crate::probe::database::conditions::Asks;
    let Some(key) = access.key.as_ref().and_then(|key| table.index(key)).and_then(|index| index.keys.first()) else {
        return false;
    };
    let mut asks = cause::conditions_on(scope, relation, table)
        .filter(|condition| condition.column.name.eq_ignore_ascii_case(key))
        .map(|condition| condition.asks == Asks::Equal)
        .peekable();
    asks.peek().is_some() && asks.all(|equal| equal)
}

impl Node<'_> {
    /// The tables that are read from end to end.
    pub fn scans(&self) -> Vec<Scan> {
        let mut scans = Vec::new();
        self.add_scans(&mut scans);
        scans
    }

    fn add_scans(&self, scans: &mut Vec<Scan>) {
        if let (Some(seen), Some(access)) = (&self.seen, &self.step.access)
            && seen.whole
        {
            let scan = Scan { table: seen.table.clone(), alias: access.name.clone(), filtered: seen.filtered };
            if !scans.contains(&scan) {
                scans.push(scan);
            }
        }
        self.children.iter().for_each(|child| child.add_scans(scans));
    }

    /// The plan for people.
    pub fn tree(&self) -> PlanNode {
        let access = self.step.access.as_ref();
        let table = self.seen.as_ref().map(|seen| seen.table.name.clone());
        let name = access.map(|access| access.name.clone());
        PlanNode {
            kind: self.step.label.clone(),
            alias: name.clone().filter(|name| table.as_ref().is_some_and(|table| !table.eq_ignore_ascii_case(name))),
            table: table.or(name),
            index: access.and_then(|access| access.key.clone()),
            details: self.step.details.clone(),
            rows: self.step.rows,
            cost: self.step.cost,
            marked: self.seen.as_ref().is_some_and(|seen| seen.whole),
            children: self.children.iter().map(Self::tree).collect(),
        }
    }
}
