//! Policies as the Observatory reads and merges them, which is stricter and simpler than what browsers do.

use std::collections::BTreeMap;

/// Directives with their sources, merged from every policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merged {
    directives: BTreeMap<String, Vec<String>>,
    /// Whether a report address stands twice in a policy.
    pub repeats_reports: bool,
}

#[derive(Debug, Clone)]
struct Source {
    text: String,
    policy: usize,
    keep: bool,
}

/// A policy that the Observatory calls invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invalid;

/// A policy shorter than this cannot say anything.
const SHORTEST: usize = "img-src".len() - 1;

impl Merged {
    /// Merges policies, the first one first.
    pub fn read(policies: &[&str]) -> Result<Self, Invalid> {
        let clean: Vec<String> = policies.iter().map(|text| text.replace(['\r', '\n'], "").trim().to_owned()).collect();
        if clean.iter().any(|text| text.len() < SHORTEST) {
            return Err(Invalid);
        }
        let mut merged = BTreeMap::new();
        let mut repeats_reports = false;
        for (at, policy) in clean.iter().enumerate() {
            repeats_reports |= add(&mut merged, at, policy, clean.len() > 1)?;
        }
        let directives = merged.into_iter().map(|(name, sources)| {
            let mut texts: Vec<String> = sources.into_iter().map(|source: Source| source.text).collect();
            texts.dedup();
            (name, if texts.is_empty() { vec!["'none'".to_owned()] } else { texts })
        });
        Ok(Self { directives: directives.collect(), repeats_reports })
    }

    /// Without what a page's own tags cannot set.
    pub fn only_what_a_page_sets(mut self) -> Self {
        for name in ["frame-ancestors", "report-uri", "sandbox"] {
            self.directives.remove(name);
        }
        self
    }

    /// Whether it has no directive.
    pub fn is_empty(&self) -> bool {
        self.directives.is_empty()
    }

    /// The sources of a directive.
    pub fn get(&self, name: &str) -> Option<&[String]> {
        self.directives.get(name).map(Vec::as_slice)
    }

    /// Every directive.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.directives.iter().map(|(name, sources)| (name.as_str(), sources.as_slice()))
    }
}

/// Adds one policy. Says whether a report address stands twice in it.
fn add(merged: &mut BTreeMap<String, Vec<Source>>, at: usize, policy: &str, several: bool) -> Result<bool, Invalid> {
    let mut met: Vec<String> = Vec::new();
    let mut repeats = false;
    for part in policy.split(';') {
        let mut words = part.split_whitespace().map(str::to_lowercase);
        let Some(name) = words.next() else { continue };
        if met.contains(&name) {
            if !matches!(name.as_str(), "report-uri" | "report-to") {
                return Err(Invalid);
            }
            repeats = true;
        }
        met.push(name.clone());
        let mut values: Vec<String> = words.collect();
        if values.is_empty() && name.ends_with("-src") {
            values.push("'none'".to_owned());
        }
        let earlier = if at == 0 { Vec::new() } else { merged.remove(&name).unwrap_or_default() };
        let mut sources = earlier;
        sources.extend(values.into_iter().map(|text| Source { text, policy: at, keep: at == 0 }));
        sources.sort_by(|a, b| a.text.cmp(&b.text));
        weigh(&mut sources);
        sources.retain(|source| source.keep);
        if at == 0 && several {
            sources.iter_mut().for_each(|source| source.keep = false);
        }
        merged.insert(name, sources);
    }
    Ok(repeats)
}

/// Of one policy, what a shorter source covers is superfluous; of two, what both have is kept.
fn weigh(sources: &mut [Source]) {
    for at in 1..sources.len() {
        let (before, rest) = sources.split_at_mut(at);
        let (Some(previous), Some(source)) = (before.last(), rest.first_mut()) else { continue };
        if source.policy == previous.policy && source.text.starts_with(&previous.text) {
            source.keep = false;
        }
        if source.policy != previous.policy && covers(&previous.text, &source.text) {
            source.keep = true;
        }
    }
}

/// Whether a source with a path covers another (CSP Level 3, section 6.7.2.11).
fn covers(wide: &str, narrow: &str) -> bool {
    let exact = !wide.ends_with('/');
    let wide: Vec<&str> = wide.split('/').collect();
    let narrow: Vec<&str> = narrow.split('/').collect();
    if wide.len() > narrow.len() || (exact && wide.len() != narrow.len()) {
        return false;
    }
    let compared = if exact { wide.len() } else { wide.len() - 1 };
    wide.iter().zip(&narrow).take(compared).all(|(a, b)| a == b)
}
