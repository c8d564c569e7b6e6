//! Variables that the code needs and no file tells of; and the proof that an example file tells of all.

use std::collections::{BTreeMap, BTreeSet};

use super::committed;
use super::declared::Declared;
use super::names::is_given;
use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Location, Proof, RuleKind, RuleMeta, Severity, Span};
use crate::probe::source::facts::{CodeIndex, Role};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "env-variable-undeclared",
    title: "The code needs a variable that no example file declares",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::Medium,
    what: "Compares the environment variables that the code reads without a default with those that example files, schemas and deployment configuration declare.",
    why: "Whoever sets up the server cannot know that the variable exists. The app starts without it, and breaks when a user reaches the code that needs it.",
    fix: "Add the variable to `.env.example` with an empty value and a comment that says what it is for, and check at start that it is set.",
    example: "# .env.example\n# Signs the session cookies; 32 random bytes\nSESSION_SECRET=",
    references: &["https://12factor.net/config", "F3", "F4"],
};

/// The proof.
pub static PRESENT: RuleMeta = RuleMeta {
    id: "env-example-present",
    title: "An example file lists every variable that the code needs",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "An example file such as `.env.example` names every variable that the code reads without a default, and holds no real secret.",
    why: "A new server or a new colleague gets a working configuration from one file, and nothing is missing in production.",
    fix: "Keep the file up to date whenever the code begins to read another variable.",
    example: "",
    references: &["F4"],
};

/// One read of a variable by code that runs in production.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// The variable.
    pub name: String,
    /// The file.
    pub path: String,
    /// Where in it.
    pub span: Span,
    /// The code goes on without it.
    pub optional: bool,
}

/// The reads that matter: not those of tests, scripts, tools' configuration and generated code.
#[must_use]
pub fn reads(index: &CodeIndex) -> Vec<Read> {
    let files = index.files.iter().filter(|file| matches!(file.role, Role::Server | Role::Client));
    files
        .flat_map(|file| {
            file.env_reads.iter().map(|read| Read {
                name: read.name.clone(),
                path: file.path.clone(),
                span: read.span,
                optional: read.optional,
            })
        })
        .collect()
}

/// The variables that some code cannot do without, with every place that reads them, the needing ones first.
#[must_use]
pub fn needed(reads: &[Read]) -> BTreeMap<&str, Vec<&Read>> {
    let mut needed: BTreeMap<&str, Vec<&Read>> = BTreeMap::new();
    for read in reads.iter().filter(|read| !is_given(&read.name)) {
        needed.entry(&read.name).or_default().push(read);
    }
    for places in needed.values_mut() {
        // `if (process.env.A) use(process.env.A)`: who tests a variable in a file means its other reads there too.
        let tested: BTreeSet<&str> =
            places.iter().filter(|read| read.optional).map(|read| read.path.as_str()).collect();
        places.sort_by_key(|read| tested.contains(read.path.as_str()));
    }
    needed.retain(|_, places| {
        places.first().is_some_and(|first| !places.iter().any(|read| read.optional && read.path == first.path))
    });
    needed
}

/// What is needed and declared nowhere: one finding a variable, or a single one where nothing is declared at all.
#[must_use]
pub fn findings(reads: &[Read], declared: &Declared) -> Vec<Finding> {
    let needed = needed(reads);
    if declared.is_empty() && needed.len() > 1 {
        return vec![nothing_declared(&needed)];
    }
    let missing = needed.into_iter().filter(|(name, _)| !declared.has(name));
    missing.filter_map(|(name, places)| one_missing(name, &places)).collect()
}

fn one_missing(name: &str, places: &[&Read]) -> Option<Finding> {
    let first = places.first()?;
    let location = Location::File { path: first.path.clone(), span: Some(first.span) };
    let message = format!("The code reads `{name}` without a default, and no example or schema file declares it");
    let finding = Finding::new(&META, location, name, message).evidence(listed(places));
    // Elsewhere the code does without it; this place may be reached only after such a test.
    let doubtful = places.iter().any(|read| read.optional);
    Some(if doubtful { finding.severity(Severity::Minor).confidence(Confidence::Low) } else { finding })
}

fn listed(places: &[&Read]) -> Option<Evidence> {
    let shown: Vec<String> = places.iter().take(8).map(|read| format!("{}:{}", read.path, read.span.line)).collect();
    let more = places.len().saturating_sub(8);
    let more = if more > 0 { format!("\nand {more} more") } else { String::new() };
    (places.len() > 1).then(|| Evidence::new(EvidenceKind::Note, format!("Read at\n{}{more}", shown.join("\n"))))
}

fn nothing_declared(needed: &BTreeMap<&str, Vec<&Read>>) -> Finding {
    let message = format!("The code needs {} environment variables, and no example file lists them", needed.len());
    let lines: Vec<String> = needed
        .iter()
        .filter_map(|(name, places)| places.first().map(|read| format!("{name}  {}:{}", read.path, read.span.line)))
        .collect();
    Finding::new(&META, Location::Project, "nothing is declared", message)
        .confidence(Confidence::High)
        .fix("Write a `.env.example` with every one of these names, empty values and a comment each, and commit it.")
        .evidence(Evidence::new(EvidenceKind::Note, lines.join("\n")))
}

/// Proof that an example file declares all that is needed. `whole` says that all code was read; without that nothing
/// is proved.
#[must_use]
pub fn example_present(reads: &[Read], declared: &Declared, whole: bool) -> Option<Proof> {
    let needed = needed(reads);
    if !whole || needed.is_empty() {
        return None;
    }
    let complete = |names: &dyn Fn(&str) -> bool| needed.keys().all(|name| names(name));
    let clean = |entries: &[super::dotenv::Entry]| {
        entries.iter().all(|entry| !committed::looks_secret(&entry.name, &entry.value))
    };
    let examples = &declared.examples;
    if !examples.iter().all(|(_, entries)| clean(entries)) {
        return None;
    }
    // In a monorepo each app has its own; together they have to be complete.
    let all = |name: &str| examples.iter().any(|(_, entries)| entries.iter().any(|entry| entry.name == name));
    if !complete(&all) {
        return None;
    }
    let (path, _) = examples.iter().max_by_key(|(_, entries)| entries.len())?;
    let message = format!("`{path}` lists every one of the {} variables that the code needs", needed.len());
    Some(Proof::new(&PRESENT, Location::File { path: path.clone(), span: None }, "example", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, line: u32, optional: bool) -> Read {
        Read { name: name.to_owned(), path: "src/a.ts".to_owned(), span: Span::line(line), optional }
    }

    fn declaring(text: &str) -> Declared {
        let mut declared = Declared::default();
        declared.take(".env.example", text, false);
        declared
    }

    #[test]
    fn a_variable_that_no_file_declares_is_one_finding_with_all_its_places() {
        let reads = [
            read("A", 1, false),
            read("B", 2, false),
            read("B", 9, false),
            read("C", 3, true),
            read("NODE_ENV", 4, false),
            read("VERCEL_URL", 5, false),
        ];
        let found = findings(&reads, &declaring("A=\n"));
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("`B`"));
        assert_eq!(found[0].location.line(), Some(2));
        assert!(found[0].evidence[0].text.contains("src/a.ts:9"));
    }

    #[test]
    fn a_variable_that_is_tested_first_is_not_needed() {
        let mut reads = vec![read("B", 2, true), read("B", 3, false)];
        assert!(findings(&reads, &declaring("A=\n")).is_empty());
        reads.push(Read { path: "src/b.ts".to_owned(), ..read("B", 1, false) });
        let found = findings(&reads, &declaring("A=\n"));
        assert_eq!((found[0].location.to_string().as_str(), found[0].confidence), ("src/b.ts:1", Confidence::Low));
    }

    #[test]
    fn without_any_declaration_there_is_one_finding_for_all() {
        let found = findings(&[read("A", 1, false), read("B", 2, false)], &Declared::default());
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("2 environment variables"));
    }

    #[test]
    fn an_example_proves_something_only_when_it_is_complete_and_clean() {
        let reads = [read("A", 1, false), read("B_SECRET", 2, false), read("C", 3, true)];
        assert!(example_present(&reads, &declaring("A=1\nB_SECRET=\n"), true).is_some());
        assert!(example_present(&reads, &declaring("A=1\nB_SECRET=changeme\n"), true).is_some());
        assert!(example_present(&reads, &declaring("A=1\n"), true).is_none());
        assert!(example_present(&reads, &declaring("A=1\nB_SECRET=\n"), false).is_none());
        let real = ["A=1\nB_SECRET=q7Zt2LmX", "9vRb4KpN8sWd\n"].concat();
        assert!(example_present(&reads, &declaring(&real), true).is_none());
        assert!(example_present(&[], &declaring("A=1\n"), true).is_none());
    }
}
