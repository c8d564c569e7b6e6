//! Comments, and what they allow.

use tree_sitter::Node;

use super::super::facts::Suppression;
use super::super::placeholder::Form;
use super::builder::{Builder, number};

/// How a comment begins that allows a rule.
pub(super) const ALLOWS: &str = "gonogo: allow ";

/// The rule that a comment allows and why, from what stands behind [`ALLOWS`]; `None` when it gives no reason.
pub(super) fn allowed(rest: &str) -> Option<(&str, &str)> {
    let (rule, rest) = rest.trim().split_once(char::is_whitespace).unwrap_or((rest.trim(), ""));
    let reason = rest.trim().strip_prefix("because").map_or("", str::trim);
    (!reason.is_empty()).then_some((rule, reason))
}

/// `@deprecated` of the documentation of most languages, and Go's `Deprecated:`.
fn says_deprecated(comment: &str) -> bool {
    comment.contains("@deprecated") || comment.starts_with("// Deprecated:")
}

impl Builder<'_> {
    /// Keeps a comment, and what it allows.
    pub(super) fn comment(&mut self, node: Node<'_>) {
        let raw = self.text(node);
        let text = raw.trim_start_matches(['/', '*', '#', ' ', '!', '\t']).trim_end_matches(['/', '*', ' ']).trim();
        let (from, to) = (number(node.start_position().row) + 1, number(node.end_position().row) + 1);
        self.keep_placeholder(Form::Comment, text, node);
        self.comments.push((from, to, text.chars().take(300).collect::<String>().into()));
        if says_deprecated(raw) {
            let line = self.next_code_line(to);
            self.file.deprecated.push(line);
        }
        let Some((_, rest)) = text.split_once(ALLOWS) else { return };
        let Some((rule, reason)) = allowed(rest) else {
            self.file.suppressions_without_reason.push(from);
            return;
        };
        let line_start = node.start_byte().saturating_sub(node.start_position().column);
        let alone = self
            .source
            .get(line_start..node.start_byte())
            .is_some_and(|before| before.chars().all(|c| c.is_whitespace() || c == '{'));
        let line = if alone { self.next_code_line(to) } else { from };
        self.file.suppressions.push(Suppression { rule: rule.into(), reason: reason.into(), line });
    }

    /// The first line after `line` that is neither empty nor a comment.
    fn next_code_line(&self, line: u32) -> u32 {
        let comment = |text: &str| {
            let text = text.trim();
            text.is_empty() || text.starts_with("//") || text.starts_with('#') || text.starts_with('*')
        };
        let skipped = self.source.lines().skip(line as usize).take_while(|text| comment(text)).count();
        line + number(skipped) + 1
    }
}
