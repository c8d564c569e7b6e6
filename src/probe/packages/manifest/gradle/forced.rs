//! What a build file of Gradle forces, whoever needs it: `resolutionStrategy.force`
//! (<https://docs.gradle.org/current/dsl/org.gradle.api.artifacts.ResolutionStrategy.html>) and strict versions
//! (<https://docs.gradle.org/current/userguide/dependency_versions.html>).

use std::collections::HashMap;

use super::super::{Manifest, Table};
use super::filled;

/// What was read so far.
#[derive(Debug, Default)]
pub struct Forced {
    /// The package that was named last: `version { strictly '1.0' }` says its version.
    named: Option<String>,
    /// A call of `force` that goes on in the next line.
    in_call: bool,
}

impl Forced {
    /// Takes one line of code, and notes what it forces.
    pub fn take(&mut self, line: &str, number: u32, variables: &HashMap<String, String>, manifest: &mut Manifest) {
        let calls = self.in_call || call(line, "force").is_some();
        for text in texts(line) {
            let mut parts = text.splitn(3, ':');
            let (Some(group), Some(artifact)) = (parts.next(), parts.next()) else { continue };
            let (name, version) = (format!("{group}:{artifact}"), parts.next().unwrap_or_default());
            let strict = version.strip_suffix("!!");
            if (calls && !version.is_empty()) || strict.is_some() {
                note(&name, text, strict.unwrap_or(version), (number, variables), manifest);
            }
            self.named = Some(name);
        }
        if let Some((name, version)) =
            self.named.as_deref().zip(call(line, "strictly").and_then(|rest| texts(rest).next()))
        {
            note(name, version, version, (number, variables), manifest);
        }
        if let Some((name, version)) = self.named.as_ref().zip(call(line, "prefer").and_then(|rest| texts(rest).next()))
        {
            manifest.preferred.insert(name.clone(), (version.to_owned(), number));
        }
        // A list of arguments goes on behind a comma or an open bracket.
        self.in_call = calls && line.ends_with([',', '(', '[']);
    }
}

fn note(name: &str, text: &str, version: &str, at: (u32, &HashMap<String, String>), manifest: &mut Manifest) {
    let (number, variables) = at;
    let version = filled(version, variables);
    if version.contains('$') || name.contains('$') {
        manifest.forcings_in_part = true;
    } else {
        manifest.force(Table::Gradle, name, text, version, number);
    }
}

/// What follows the name of a call: `force('a:b:1')`, `strictly "1.0"`.
fn call<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let starts = line.match_indices(name).map(|(at, _)| line.split_at(at));
    let calls = starts.filter(|(before, _)| !before.ends_with(|c: char| c.is_alphanumeric() || c == '_'));
    let mut rests = calls.filter_map(|(_, rest)| rest.get(name.len()..));
    rests.find(|rest| rest.trim_start().starts_with(['(', '"', '\'']))
}

/// What stands between quotes.
pub(super) fn texts(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let (start, quote) = rest.char_indices().find(|(_, c)| matches!(c, '"' | '\''))?;
        let inner = rest.get(start + 1..)?;
        let end = inner.find(quote)?;
        rest = inner.get(end + 1..)?;
        inner.get(..end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forced() {
        let variables = HashMap::from([("v".to_owned(), "6.0".to_owned())]);
        let mut manifest = Manifest::default();
        let mut forced = Forced::default();
        let lines = [
            "configurations.all { resolutionStrategy.force('a:b:1.0', \"c:d:2.0\") }",
            "force(",
            "'e:f:3.0',",
            "'g:h:4.0')",
            "implementation 'i:j:5.0'",
            "implementation(\"k:l\") {",
            "version { strictly '$v' }",
            "implementation 'm:n:7.0!!'",
            "force 'o:p:$unknown'",
            "enforce('q:r:8.0')",
            "force = true",
            "isForce = 's:t:9.0'",
        ];
        for (number, line) in (1..).zip(lines) {
            forced.take(line, number, &variables, &mut manifest);
        }
        let told = manifest.forcings.iter().flat_map(|(name, all)| all.iter().map(move |one| (name, one)));
        let told: Vec<String> = told.map(|(name, one)| format!("{} {name} {}", one.line, one.says)).collect();
        assert_eq!(told, ["1 a:b 1.0", "1 c:d 2.0", "3 e:f 3.0", "4 g:h 4.0", "7 k:l 6.0", "8 m:n 7.0"]);
        assert!(manifest.forcings_in_part);
    }
}
