//! What probes see: findings speak against the project, proofs for it.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Confidence, Location, ProbeId, RuleId, RuleMeta, Severity};

/// Names a finding or proof across runs: 16 hexadecimal digits, made without line numbers so that it survives edits
/// elsewhere in the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Hashes what makes an observation itself: its rule, its place without lines, and its anchor.
    /// `ordinal` tells equal ones in the same place apart, in their order.
    #[must_use]
    pub fn new(rule: &str, location: &Location, anchor: &str, ordinal: usize) -> Self {
        let place = match location {
            Location::File { path, .. } => format!("file\0{path}"),
            // The version stays out: the same package with the same advisory is the same finding after a small bump.
            Location::Package { manifest, name, .. } => format!("package\0{manifest}\0{name}"),
            Location::Query { sql, path, .. } => format!("query\0{}\0{sql}", path.as_deref().unwrap_or("")),
            Location::Url { url } => format!("url\0{url}"),
            Location::Project => "project".to_owned(),
        };
        let digest = Sha256::digest(format!("{rule}\0{place}\0{anchor}\0{ordinal}").as_bytes());
        let mut digits = String::with_capacity(16);
        for byte in digest.iter().take(8) {
            let _ = write!(digits, "{byte:02x}");
        }
        Self(digits)
    }

    /// The hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What sort of thing a piece of evidence shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceKind {
    /// Lines of a project file; `first_line` numbers them.
    Snippet,
    /// A query plan.
    Plan,
    /// A SQL statement.
    Query,
    /// An HTTP response header as sent, or what is wanted instead.
    Header,
    /// Facts of a certificate.
    Certificate,
    /// An advisory.
    Advisory,
    /// Anything else worth a line.
    Note,
}

/// One piece of what was seen. The text is escaped and free of secrets once it left its probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What the text is.
    pub kind: EvidenceKind,
    /// The text; may hold several lines.
    pub text: String,
    /// For a snippet: the number of its first line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_line: Option<u32>,
    /// For a snippet: the line that matters most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marked_line: Option<u32>,
}

impl Evidence {
    /// Evidence that is plain text.
    pub fn new(kind: EvidenceKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), first_line: None, marked_line: None }
    }

    /// Lines of a file around `line`, at most `around` before and after it. `None` when the file has no such line.
    #[must_use]
    pub fn snippet(source: &str, line: u32, around: u32) -> Option<Self> {
        let first = line.saturating_sub(around).max(1);
        let count = (line - first + 1 + around) as usize;
        let lines: Vec<&str> = source.lines().skip(first as usize - 1).take(count).collect();
        if lines.len() < (line - first + 1) as usize {
            return None;
        }
        // A minified line would drown the screen; 240 characters are three rows of a wide terminal.
        let text = lines.iter().map(|l| shorten(l, 240)).collect::<Vec<_>>().join("\n");
        Some(Self { kind: EvidenceKind::Snippet, text, first_line: Some(first), marked_line: Some(line) })
    }
}

fn shorten(line: &str, most: usize) -> String {
    let trimmed = line.trim_end();
    match trimmed.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &trimmed[..end]),
        None => trimmed.to_owned(),
    }
}

/// What speaks against the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Set by the emitter.
    pub fingerprint: Fingerprint,
    /// The rule that saw it.
    pub rule: RuleId,
    /// The probe that ran the rule; set by the emitter.
    pub probe: ProbeId,
    /// How bad this one is.
    pub severity: Severity,
    /// How sure we are of this one.
    pub confidence: Confidence,
    /// One sentence: what is wrong here.
    pub message: String,
    /// Where.
    pub location: Location,
    /// What was seen.
    pub evidence: Vec<Evidence>,
    /// What to do here, in one or two sentences.
    pub fix: String,
    /// What tells this finding from others of its rule in the same place, without line numbers: usually the code itself.
    #[serde(skip)]
    pub anchor: String,
}

impl Finding {
    /// A finding with the usual severity, confidence and fix of its rule. `anchor` identifies it without line numbers.
    pub fn new(rule: &RuleMeta, location: Location, anchor: impl Into<String>, message: impl Into<String>) -> Self {
        let anchor = anchor.into();
        Self {
            fingerprint: Fingerprint::new(rule.id, &location, &anchor, 0),
            rule: RuleId::from_static(rule.id),
            probe: ProbeId::from_static(""),
            severity: rule.severity,
            confidence: rule.confidence,
            message: message.into(),
            location,
            evidence: Vec::new(),
            fix: rule.fix.to_owned(),
            anchor,
        }
    }

    /// With a severity of its own.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// With a confidence of its own.
    #[must_use]
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// With a fix of its own.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }

    /// With one more piece of evidence, where there is one.
    #[must_use]
    pub fn evidence(mut self, evidence: impl Into<Option<Evidence>>) -> Self {
        self.evidence.extend(evidence.into());
        self
    }
}

/// What speaks for the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Set by the emitter.
    pub fingerprint: Fingerprint,
    /// The rule that saw it.
    pub rule: RuleId,
    /// The probe that ran the rule; set by the emitter.
    pub probe: ProbeId,
    /// One sentence: what is in place.
    pub message: String,
    /// Where.
    pub location: Location,
    /// What was seen.
    pub evidence: Vec<Evidence>,
    /// As in [`Finding::anchor`].
    #[serde(skip)]
    pub anchor: String,
}

impl Proof {
    /// A proof of `rule` at `location`. `anchor` identifies it without line numbers.
    pub fn new(rule: &RuleMeta, location: Location, anchor: impl Into<String>, message: impl Into<String>) -> Self {
        let anchor = anchor.into();
        Self {
            fingerprint: Fingerprint::new(rule.id, &location, &anchor, 0),
            rule: RuleId::from_static(rule.id),
            probe: ProbeId::from_static(""),
            message: message.into(),
            location,
            evidence: Vec::new(),
            anchor,
        }
    }

    /// With one more piece of evidence, where there is one.
    #[must_use]
    pub fn evidence(mut self, evidence: impl Into<Option<Evidence>>) -> Self {
        self.evidence.extend(evidence.into());
        self
    }
}

/// Either.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Observation {
    /// Speaks against.
    Finding(Finding),
    /// Speaks for.
    Proof(Proof),
}

impl Observation {
    /// The rule that saw it.
    #[must_use]
    pub fn rule(&self) -> &RuleId {
        match self {
            Self::Finding(finding) => &finding.rule,
            Self::Proof(proof) => &proof.rule,
        }
    }

    /// What names it across runs.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        match self {
            Self::Finding(finding) => &finding.fingerprint,
            Self::Proof(proof) => &proof.fingerprint,
        }
    }

    /// Where it points.
    #[must_use]
    pub fn location(&self) -> &Location {
        match self {
            Self::Finding(finding) => &finding.location,
            Self::Proof(proof) => &proof.location,
        }
    }
}

impl From<Finding> for Observation {
    fn from(finding: Finding) -> Self {
        Self::Finding(finding)
    }
}

impl From<Proof> for Observation {
    fn from(proof: Proof) -> Self {
        Self::Proof(proof)
    }
}
