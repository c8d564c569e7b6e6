//! Keeps count of what each rule has really seen, so that silence is never taken for a pass.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Coverage, Gap, Observation, RuleId, RuleMeta};

/// What a rule made of one thing that it looked at.
#[derive(Debug)]
pub enum Sight {
    /// It was examined, with these observations; none is an answer too.
    Seen(Vec<Observation>),
    /// It could not be judged; the sentence says why.
    NotSeen(String),
    /// There is nothing of the kind; the sentence says why.
    Absent(String),
}

impl From<Observation> for Sight {
    fn from(observation: Observation) -> Self {
        Self::Seen(vec![observation])
    }
}

#[derive(Debug, Default)]
struct Count {
    seen: usize,
    not_seen: BTreeSet<String>,
    absent: BTreeSet<String>,
}

/// Everything that a run saw.
#[derive(Debug, Default)]
pub struct Tally {
    /// In the order in which it is to be sent.
    pub observations: Vec<Observation>,
    rules: BTreeMap<&'static str, Count>,
    gaps: BTreeMap<String, Vec<String>>,
}

impl Tally {
    /// Takes in what `rules` made of one thing.
    pub fn add(&mut self, rules: &[&'static RuleMeta], sight: Sight) {
        match sight {
            Sight::Seen(observations) => {
                rules.iter().for_each(|rule| self.count(rule).seen += 1);
                self.observations.extend(observations);
            }
            Sight::NotSeen(why) => self.not_seen(rules, &why),
            Sight::Absent(why) => rules.iter().for_each(|rule| {
                self.count(rule).absent.insert(why.clone());
            }),
        }
    }

    /// Notes that `rules` could not look at something.
    pub fn not_seen(&mut self, rules: &[&'static RuleMeta], why: &str) {
        for rule in rules {
            self.count(rule).not_seen.insert(why.to_owned());
        }
    }

    /// Notes something that was passed over; `reason` as a phrase.
    pub fn gap(&mut self, reason: impl Into<String>, example: String) {
        self.gaps.entry(reason.into()).or_default().push(example);
    }

    /// Whether any rule saw anything.
    pub fn saw_anything(&self) -> bool {
        self.rules.values().any(|count| count.seen > 0)
    }

    /// How far each of `rules` got. `otherwise` is said of one that nothing was ever offered to.
    pub fn coverage(
        &self,
        rules: &[&'static RuleMeta],
        otherwise: impl Fn(&RuleMeta) -> String,
    ) -> BTreeMap<RuleId, Coverage> {
        rules
            .iter()
            .map(|rule| {
                let coverage = match self.rules.get(rule.id) {
                    None => Coverage::Nothing(otherwise(rule)),
                    Some(count) => count.coverage(),
                };
                (RuleId::from_static(rule.id), coverage)
            })
            .collect()
    }

    /// What was passed over.
    pub fn gaps(&self) -> Vec<Gap> {
        self.gaps
            .iter()
            .map(|(reason, examples)| Gap {
                reason: reason.clone(),
                count: examples.len() as u64,
                examples: examples.iter().take(3).cloned().collect(),
            })
            .collect()
    }

    fn count(&mut self, rule: &'static RuleMeta) -> &mut Count {
        self.rules.entry(rule.id).or_default()
    }
}

impl Count {
    fn coverage(&self) -> Coverage {
        let why = |reasons: &BTreeSet<String>| reasons.iter().cloned().collect::<Vec<_>>().join("; ");
        match (self.seen, self.not_seen.is_empty(), self.absent.is_empty()) {
            (1.., true, _) => Coverage::Whole,
            (1.., false, _) => Coverage::Part(why(&self.not_seen)),
            (0, true, false) => Coverage::Absent(why(&self.absent)),
            (0, ..) => Coverage::Nothing(why(&self.not_seen)),
        }
    }
}
