//! What the screens and reports read from a session.

use std::collections::BTreeMap;

use super::{Evidenced, RuleState, Session, judge, services};
use crate::model::{
    Decision, Examined, Finding, Fingerprint, Item, ItemId, Observation, Offer, Outcome, Poll, Proof, RuleId, Section,
    Severity, Status, Verdict,
};

/// A section with its answer in the poll.
#[derive(Debug, Clone, Copy)]
pub struct SectionSummary<'a> {
    /// The section.
    pub section: &'a Section,
    /// Its answer.
    pub poll: Poll,
    /// How its items stand.
    pub counts: Counts,
}

/// How many items stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// All.
    pub items: usize,
    /// Passing.
    pub pass: usize,
    /// Failing.
    pub fail: usize,
    /// Unknown.
    pub unknown: usize,
    /// Not applicable.
    pub not_applicable: usize,
    /// Accepted.
    pub accepted: usize,
    /// Blockers that fail or are unknown.
    pub blockers: usize,
    /// Passing on old evidence.
    pub stale: usize,
}

impl Counts {
    /// Items that nobody needs to look at again for now.
    #[must_use]
    pub fn settled(&self) -> usize {
        self.pass + self.not_applicable + self.accepted
    }

    fn add(&mut self, verdict: &Verdict) {
        self.items += 1;
        match verdict.status {
            Status::Pass => self.pass += 1,
            Status::Fail => self.fail += 1,
            Status::Unknown => self.unknown += 1,
            Status::NotApplicable => self.not_applicable += 1,
            Status::Accepted(_) => self.accepted += 1,
        }
        self.blockers += usize::from(verdict.severity == Severity::Blocker && !verdict.status.settled());
        self.stale += usize::from(verdict.stale);
    }
}

impl Session {
    /// The verdict of one item; judged when first asked for after a change.
    #[must_use]
    pub fn verdict(&self, item: &ItemId) -> Option<&Verdict> {
        self.verdicts().get(item)
    }

    /// The verdict of every item.
    #[must_use]
    pub fn verdicts(&self) -> &BTreeMap<ItemId, Verdict> {
        self.judged.get_or_init(|| self.judge_all())
    }

    /// Go or no-go.
    #[must_use]
    pub fn decision(&self) -> Decision {
        let counts = self.counts();
        // An empty list proves nothing.
        if counts.blockers > 0 || counts.items == 0 {
            Decision::NoGo
        } else if counts.accepted > 0 {
            Decision::GoWithAcceptedRisks
        } else {
            Decision::Go
        }
    }

    /// Whether any item at or above `severity` fails or is unknown.
    #[must_use]
    pub fn anything_open(&self, severity: Severity) -> bool {
        let mut verdicts = self.verdicts().values();
        self.verdicts().is_empty() || verdicts.any(|verdict| verdict.severity >= severity && !verdict.status.settled())
    }

    /// How all items stand.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.verdicts().values().for_each(|verdict| counts.add(verdict));
        counts
    }

    /// Every section, in checklist order.
    #[must_use]
    pub fn sections(&self) -> Vec<SectionSummary<'_>> {
        let sections = self.checklists.iter().flat_map(|list| &list.sections);
        sections
            .map(|section| {
                let mut counts = Counts::default();
                let mut poll = Poll::Go;
                for verdict in self.items_of(&section.id).filter_map(|item| self.verdict(&item.id)) {
                    counts.add(verdict);
                    if verdict.severity >= Severity::Major {
                        match verdict.status {
                            Status::Fail => poll = Poll::NoGo,
                            Status::Unknown if poll == Poll::Go => poll = Poll::Unknown,
                            _ => {}
                        }
                    }
                }
                SectionSummary { section, poll, counts }
            })
            .collect()
    }

    /// The items of one section, in checklist order.
    pub fn items_of<'a>(&'a self, section: &'a str) -> impl Iterator<Item = &'a Item> {
        self.items().filter(move |item| item.section == section)
    }

    /// Every finding, worst first, then by path, line and rule.
    #[must_use]
    pub fn findings(&self) -> Vec<&Finding> {
        let mut findings: Vec<&Finding> = self.observations().filter_map(as_finding).collect();
        findings.sort_by(|a, b| {
            (b.severity.cmp(&a.severity))
                .then_with(|| b.confidence.cmp(&a.confidence))
                .then_with(|| a.location.path().cmp(&b.location.path()))
                .then_with(|| a.location.line().cmp(&b.location.line()))
                .then_with(|| {
                    (&a.rule, &a.location, &a.message, &a.fingerprint).cmp(&(
                        &b.rule,
                        &b.location,
                        &b.message,
                        &b.fingerprint,
                    ))
                })
        });
        findings
    }

    /// Every proof, by path, line and rule.
    #[must_use]
    pub fn proofs(&self) -> Vec<&Proof> {
        let mut proofs: Vec<&Proof> = self.observations().filter_map(as_proof).collect();
        proofs.sort_by(|a, b| {
            let key = |p: &&Proof| {
                (p.location.path().map(str::to_owned), p.location.line(), p.rule.clone(), p.location.clone())
            };
            key(a).cmp(&key(b)).then_with(|| a.fingerprint.cmp(&b.fingerprint))
        });
        proofs
    }

    /// One finding.
    #[must_use]
    pub fn finding(&self, fingerprint: &Fingerprint) -> Option<&Finding> {
        self.observations().filter_map(as_finding).find(|finding| finding.fingerprint == *fingerprint)
    }

    /// One proof.
    #[must_use]
    pub fn proof(&self, fingerprint: &Fingerprint) -> Option<&Proof> {
        self.observations().filter_map(as_proof).find(|proof| proof.fingerprint == *fingerprint)
    }

    /// The items that a rule's observations speak to.
    pub fn items_about<'a>(&'a self, rule: &'a RuleId) -> impl Iterator<Item = &'a Item> {
        self.items().filter(move |item| item.fails_on.contains(rule) || item.proved_by.contains(rule))
    }

    /// What could be examined if the user said yes.
    pub fn open_offers(&self) -> impl Iterator<Item = &Offer> {
        self.project
            .offers
            .iter()
            .filter(|offer| !self.settings.consent.contains(&offer.probe) && self.settings.selects(&offer.probe))
    }

    /// Everything that the probes saw, those that say more together already joined.
    pub(super) fn observations(&self) -> impl Iterator<Item = &Observation> {
        self.runs.iter().flat_map(|run| run.observations()).map(|seen| self.joined(seen))
    }

    fn judge_all(&self) -> BTreeMap<ItemId, Verdict> {
        let mut by_rule: BTreeMap<&RuleId, Vec<&Observation>> = BTreeMap::new();
        for observation in self.observations() {
            by_rule.entry(observation.rule()).or_default().push(observation);
        }
        self.items()
            .map(|item| {
                let evidenced = self.evidenced(item, &by_rule);
                (item.id.clone(), judge(item, &evidenced, self.entry(&item.id), self.today))
            })
            .collect()
    }

    fn evidenced<'a>(&'a self, item: &'a Item, by_rule: &BTreeMap<&RuleId, Vec<&'a Observation>>) -> Evidenced<'a> {
        let seen_by = |rules: &'a [RuleId]| {
            rules.iter().filter_map(|rule| by_rule.get(rule)).flatten().copied().collect::<Vec<&'a Observation>>()
        };
        let mut findings: Vec<&Finding> = seen_by(&item.fails_on).into_iter().filter_map(as_finding).collect();
        findings.sort_by_key(|finding| (std::cmp::Reverse((finding.severity, finding.confidence)), &finding.location));
        let mut proofs: Vec<&Proof> = seen_by(&item.proved_by).into_iter().filter_map(as_proof).collect();
        proofs.sort_by_key(|proof| &proof.location);
        let rules = item.fails_on.iter().chain(&item.proved_by);
        let seen = rules.clone().filter_map(|rule| self.run_of(rule)?.last.as_ref()).map(|last| last.ended).min();
        let files_changed = (findings.iter().map(|finding| (&finding.probe, &finding.location)))
            .chain(proofs.iter().map(|proof| (&proof.probe, &proof.location)))
            .filter_map(|(probe, location)| Some((self.changed_files.get(probe)?, location.path()?)))
            .any(|(changed, path)| changed.contains_key(path));
        Evidenced {
            files_changed,
            out_of_scope: self.out_of_scope(item),
            known: self.service(&item.id).map(services::known),
            rules: rules.map(|rule| (rule.clone(), self.rule_state(rule))).collect(),
            findings,
            proofs,
            seen,
        }
    }

    fn run_of(&self, rule: &RuleId) -> Option<&super::ProbeRun> {
        self.runs.iter().find(|run| run.meta.rules.iter().any(|meta| meta.id == rule.as_str()))
    }

    fn rule_state(&self, rule: &RuleId) -> RuleState {
        let Some(run) = self.run_of(rule) else {
            return RuleState::NotRun("no probe of this version examines it".to_owned());
        };
        let title = run.meta.title.to_lowercase();
        match (run.outcome(), run.running()) {
            (Some(Outcome::Completed(examined)), _) => ran(examined, rule, &title),
            (_, Some(_)) => RuleState::Running,
            (Some(outcome), None) => {
                RuleState::NotRun(outcome.why().unwrap_or_else(|| format!("the {title} probe did not finish")))
            }
            (None, None) => RuleState::NotRun(format!("the {title} probe has not run yet")),
        }
    }

    fn out_of_scope(&self, item: &Item) -> Option<String> {
        let seen = |name: &String| {
            self.runs.iter().filter_map(|run| run.outcome()).any(|outcome| match outcome {
                Outcome::Completed(examined) => examined.traits.contains(name),
                _ => false,
            })
        };
        if !self.project.recognised
            || item.applies_when.is_empty()
            || item.applies_when.iter().any(|name| self.project.traits.contains(name) || seen(name))
        {
            return None;
        }
        Some(format!("nothing that was read of the project speaks of: {}", item.applies_when.join(", ")))
    }
}

fn ran(examined: &Examined, rule: &RuleId, probe: &str) -> RuleState {
    examined.coverage(rule).map_or_else(
        || RuleState::NotRun(format!("the {probe} probe did not examine this")),
        |coverage| RuleState::Ran(coverage.clone()),
    )
}

fn as_finding(observation: &Observation) -> Option<&Finding> {
    match observation {
        Observation::Finding(finding) => Some(finding),
        Observation::Proof(_) => None,
    }
}

fn as_proof(observation: &Observation) -> Option<&Proof> {
    match observation {
        Observation::Proof(proof) => Some(proof),
        Observation::Finding(_) => None,
    }
}
