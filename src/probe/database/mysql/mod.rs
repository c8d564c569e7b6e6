//! MySQL 8 and MariaDB 10.6 and later: a session that can only read, and what it says about plans.
//!
//! Both fold constants, look up single rows and, on MariaDB, fill derived tables while they plan. So every parameter gets a
//! value of its column's type (`values`), a statement is asked about as a SELECT (`rewrite`), and one that calls what
//! is not known to be harmless is not asked about at all (`functions`, `views`).

mod catalog;
mod errors;
mod facts;
mod functions;
mod iterators;
mod json;
mod keys;
mod plan;
mod reckon;
mod rewrite;
mod session;
mod statistics;
mod step;
mod values;
mod views;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::catalog::Catalog;
use super::checks::facts::{Facts, Place};
use super::judgement::cause;
use super::lexer::{self, Dialect, Kind};
use super::placeholders::Prepared;
use super::plan::{Judged, Unexamined};
use super::samples;
use super::statement::Shape;
use super::target::MysqlTarget;
use crate::model::{CallStatistics, Failure, PlanNode};
use catalog::Known;
use errors::Refused;
use json::Json;
use plan::Context;
use rewrite::{NoQuestion, Question};
use session::Session;
use step::Steps;
use values::Values;
use views::View;

/// What the server says in place of a plan where it needs to read nothing. Anything else means that the values which were
/// tried ended the planning before all tables were seen.
const NOTHING_TO_READ: [&str; 4] =
    ["No tables used", "Select tables optimized away", "No matching min/max row", "Zero limit"];

/// A server that was reached, and what is known about it.
pub struct Mysql {
    session: Session,
    known: Known,
    /// The user may do anything.
    pub superuser: bool,
}

impl Mysql {
    /// Connects and reads the catalogue.
    ///
    /// # Errors
    /// A line for the user, without credentials.
    pub async fn open(target: &MysqlTarget) -> Result<Self, Failure> {
        let mut session = Session::connect(target).await?;
        let failed = |refused: Refused| {
            Failure::new(format!(
                "the catalogue of {} cannot be read: {refused}; try a user that may connect and read",
                target.shown
            ))
        };
        let known = catalog::read(&mut session).await.map_err(failed)?;
        let superuser = catalog::is_superuser(&mut session).await.map_err(failed)?;
        Ok(Self { session, known, superuser })
    }

    /// What the database holds.
    #[must_use]
    pub const fn catalog(&self) -> &Catalog {
        &self.known.catalog
    }

    /// What the server says of itself.
    pub async fn facts(&mut self, place: Place) -> Facts {
        facts::read(&mut self.session, self.superuser, place).await
    }

    /// The server and its version.
    #[must_use]
    pub fn server(&self) -> String {
        self.session.server()
    }

    /// How plans at other sizes are made, as a phrase.
    #[must_use]
    pub fn method(&self) -> String {
        "reckoned from the server's plan: the rows that each step reads, times how often it runs".to_owned()
    }

    /// The queries that the server has counted.
    ///
    /// # Errors
    /// Why it does not tell.
    pub async fn statistics(&mut self) -> Result<Vec<(String, CallStatistics)>, Unexamined> {
        statistics::read(&mut self.session).await
    }

    /// Ends the session.
    pub async fn close(self) {
        self.session.close().await;
    }

    /// Reads the plan of one query.
    ///
    /// # Errors
    /// Why it was not planned.
    pub async fn judge(&mut self, sql: &str, prepared: &Prepared, shape: &Shape) -> Result<Judged, Unexamined> {
        let views = self.admit(sql, prepared, shape)?;
        let question = match Question::of(prepared) {
            Ok(question) => question,
            Err(NoQuestion::ReadsNothing) => {
                let table = shape.inserts_into.clone();
                return Ok(Judged::new(
                    Vec::new(),
                    PlanNode { kind: "INSERT".to_owned(), table, ..PlanNode::default() },
                ));
            }
            Err(NoQuestion::NotUnderstood) => return Err(Unexamined::new("are not understood as SQL")),
        };
        let mut asker =
            Asker { session: &mut self.session, known: &self.known, prepared, shape, views, choices: false };
        let (question, values, steps) = asker.first(question).await?;
        asker.weigh(&question, &values, &steps).await
    }

    /// Lets only those through of which it is known that planning runs nothing but what computes; gives the views behind.
    fn admit(&self, sql: &str, prepared: &Prepared, shape: &Shape) -> Result<Vec<Arc<View>>, Unexamined> {
        let double = |token: &lexer::Token<'_>| token.kind == Kind::Text && token.text.starts_with('"');
        if self.session.ansi_quotes && lexer::tokens(sql, Dialect::Mysql).is_ok_and(|tokens| tokens.iter().any(double))
        {
            return Err(Unexamined::new("hold double quotes, which this server takes for names (ANSI_QUOTES)"));
        }
        let own = functions::unknown(&shape.functions);
        if let Some(name) = own.or_else(|| functions::spaced(sql)).or_else(|| functions::quoted(&prepared.sql())) {
            return Err(Unexamined::new(format!(
                "call a function that the database itself defines, or that waits or writes ({name})"
            )));
        }
        if let Some(table) = views::elsewhere(&prepared.sql(), &self.known.database) {
            return Err(Unexamined::new(format!("read another database than the one that is examined ({table})")));
        }
        let views = views::behind(shape, &self.known);
        match views::trap(&views) {
            Some(reason) => Err(Unexamined::new(reason)),
            None => Ok(views),
        }
    }
}

/// Names of indexes by the alias of their table, in lower case.
type Indexes = BTreeMap<String, Vec<String>>;

/// What an index may be wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    Anything,
    Values,
    Joins,
}

/// Asks about one query.
struct Asker<'a> {
    session: &'a mut Session,
    known: &'a Known,
    prepared: &'a Prepared,
    shape: &'a Shape,
    views: Vec<Arc<View>>,
    /// The question has two values for every one.
    choices: bool,
}

impl Asker<'_> {
    async fn ask(&mut self, question: &Question, values: &Values) -> Result<Steps, Refused> {
        let refuse = |reason: &str| Refused::Other(reason.to_owned());
        let sql = question.sql(self.prepared, values);
        let sql =
            sql.ok_or_else(|| refuse("are written in a way that could not be turned into a question for a plan"))?;
        let answer = self.session.explain(&sql).await?;
        let unreadable = || refuse("have a plan that cannot be read");
        step::read(&Json::read(&answer).ok_or_else(unreadable)?).ok_or_else(unreadable)
    }

    /// A plan in which every table is seen, and what was asked for it.
    async fn first(&mut self, question: Question) -> Result<(Question, Values, Steps), Unexamined> {
        let whole = |steps: &Steps| {
            steps.messages.iter().all(|message| NOTHING_TO_READ.iter().any(|known| message.starts_with(known)))
        };
        let parameters = self.prepared.parameters;
        let values = |moments: bool| Values::of(question.statement(), self.shape, parameters, self.known, moments);
        let choices = question.with_choices();
        let mut why = None;
        for (chosen, moments) in [(false, false), (false, true), (true, false), (true, true)] {
            let question = if chosen { &choices } else { &question };
            let values = values(moments);
            match self.ask(question, &values).await {
                Ok(steps) if whole(&steps) => {
                    self.choices = chosen;
                    return Ok((question.clone(), values, steps));
                }
                Ok(_) => {}
                Err(refused @ Refused::Value) => why = Some(refused),
                Err(refused) => return Err(refused.into()),
            }
        }
        Err(why.map_or_else(
            || Unexamined::new("have conditions that no row meets with the values that were tried"),
            Into::into,
        ))
    }

    /// Looks for a way of planning that reads no table whole, and else takes the one that reads the fewest. On a small
    /// table a server takes what is cheap there, so one plan proves nothing: only a query that has no good plan, however it
    /// is asked for, lacks an index.
    async fn weigh(&mut self, question: &Question, values: &Values, steps: &Steps) -> Result<Judged, Unexamined> {
        let mut best = self.read(steps)?;
        let now = best.plan.clone();
        self.force(question, values, steps, &mut best).await?;
        for sample in samples::of(self.shape, &best.scans, Dialect::Mysql) {
            let values = values.with(&sample.values);
            let steps = match self.ask(question, &values).await {
                Ok(steps) => steps,
                Err(Refused::Lost) => return Err(Refused::Lost.into()),
                // A value that does not fit its column shows nothing.
                Err(_) => continue,
            };
            let mut tried = self.read(&steps)?;
            self.force(question, &values, &steps, &mut tried).await?;
            let depends = sample.depends();
            tried.values = sample.values;
            if best.take_if_better(tried) {
                best.depends = Some(depends);
            }
        }
        best.plan_now = (best.plan != now).then_some(now);
        Ok(best)
    }

    /// Asks again where only indexes may be used that the conditions or the order could want.
    async fn force(
        &mut self,
        question: &Question,
        values: &Values,
        steps: &Steps,
        best: &mut Judged,
    ) -> Result<(), Unexamined> {
        if best.scans.is_empty() {
            return Ok(());
        }
        let scanned = |mut all: Indexes| {
            all.retain(|alias, _| best.scans.iter().any(|scan| scan.alias.eq_ignore_ascii_case(alias)));
            all
        };
        let ways = [
            self.useful(steps, For::Anything),
            scanned(self.useful(steps, For::Anything)),
            scanned(self.useful(steps, For::Values)),
            scanned(self.useful(steps, For::Joins)),
        ];
        let mut tried: Vec<Indexes> = Vec::new();
        for indexes in ways {
            if best.scans.is_empty() || indexes.is_empty() || tried.contains(&indexes) {
                continue;
            }
            match self.ask(&question.forced(&indexes), values).await {
                Ok(steps) => drop(best.take_if_better(self.read(&steps)?)),
                Err(Refused::Lost) => return Err(Refused::Lost.into()),
                Err(_) => {}
            }
            tried.push(indexes);
        }
        Ok(())
    }

    /// The indexes of each table that its conditions, its order or the server itself think of.
    fn useful(&self, steps: &Steps, wanted: For) -> Indexes {
        let mut useful = Indexes::new();
        for scope in &self.shape.scopes {
            for relation in &scope.tables {
                let Some(table) = self.known.catalog.named(&relation.table).next() else { continue };
                let conditions = scope.conditions.iter().filter(|condition| match wanted {
                    For::Anything => true,
                    For::Values => !cause::joins(scope, condition),
                    For::Joins => cause::joins(scope, condition),
                });
                let order = scope.order.iter().map(|by| &by.column).filter(|_| wanted != For::Joins);
                let columns = conditions.map(|condition| &condition.column).chain(order);
                let own = columns.filter(|column| cause::belongs(column, relation, table));
                let names: Vec<String> = own.map(|column| column.name.to_lowercase()).collect();
                let begins = |key: &str| {
                    let key = key.to_lowercase();
                    names.iter().any(|name| {
                        key == *name || key.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('('))
                    })
                };
                let fits = table
                    .indexes
                    .iter()
                    .filter(|index| index.ordered && index.keys.first().is_some_and(|key| begins(key)));
                add(&mut useful, &relation.alias, fits.map(|index| index.name.clone()));
            }
        }
        steps.top.accesses(&mut |access| {
            if !access.made && wanted == For::Anything {
                add(&mut useful, &access.name, access.possible.iter().cloned());
            }
        });
        useful.retain(|_, names| !names.is_empty());
        useful
    }

    fn read(&self, steps: &Steps) -> Result<Judged, Unexamined> {
        let context = Context { shape: self.shape, views: &self.views, known: self.known };
        let node = context.resolve(steps)?;
        Ok(Judged { points: reckon::points(&node, self.known, self.choices), ..Judged::new(node.scans(), node.tree()) })
    }
}

fn add(to: &mut Indexes, alias: &str, names: impl Iterator<Item = String>) {
    let known = to.entry(alias.to_lowercase()).or_default();
    for name in names {
        if !known.contains(&name) {
            known.push(name);
        }
    }
}

#[cfg(test)]
mod tests;
