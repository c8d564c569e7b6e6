//! What is kept of the project's packages, made fit to be shown.

use super::{clean_block, clean_long, cut};
use crate::model::{
    AdvisoryReport, DependencyReport, LockReport, PackageStep, PartsUsed, Uses, VulnerablePackage, WayOut,
};

/// Takes secrets, control characters and numbers that are none from all that is kept of the project's packages: their
/// names, the advisories' texts and the lines to copy are strangers' words. Every field is named, so that a new one cannot
/// be forgotten.
pub(crate) fn clean_dependencies(report: &mut DependencyReport) {
    let DependencyReport { locks, looked_up: _, vulnerable, advisories_from } = report;
    clean_long(advisories_from);
    for lock in locks {
        // A path must stay what it is so that the editor can open it; whoever draws or writes it escapes it.
        let LockReport { path: _, manager, packages: _, direct: _, development: _ } = lock;
        clean_long(manager);
    }
    vulnerable.iter_mut().for_each(clean_package);
}

fn clean_package(package: &mut VulnerablePackage) {
    let VulnerablePackage {
        lock: _,
        line: _,
        ecosystem,
        manager,
        name,
        version,
        unsure: _,
        direct: _,
        development: _,
        severity: _,
        ways_in,
        more_ways_in: _,
        advisories,
        way_out,
        uses,
    } = package;
    [ecosystem, manager, name, version].into_iter().for_each(clean_long);
    for step in ways_in.iter_mut().flatten() {
        let PackageStep { name, version, asked_in: _, range } = step;
        [name, version, range].into_iter().for_each(clean_long);
    }
    for advisory in advisories {
        let AdvisoryReport {
            known_as,
            aliases,
            summary,
            details,
            severity: _,
            score,
            fixed,
            malware: _,
            references,
            parts,
            platforms,
            parts_used,
        } = advisory;
        *score = score.filter(|score| score.is_finite());
        let texts = [known_as, summary].into_iter().chain(aliases).chain(fixed).chain(references);
        texts.chain(parts).chain(platforms).for_each(clean_long);
        match parts_used {
            // A path must stay what it is.
            PartsUsed::Imported { part: text, places: _, more: _ }
            | PartsUsed::Built { part: text, list: _ }
            | PartsUsed::Unknown { why: text } => clean_long(text),
            PartsUsed::NotByOwnCode | PartsUsed::NotBuilt { list: _ } | PartsUsed::NotExamined => {}
        }
        clean_long_block(details);
    }
    let WayOut { kind: _, version, words, first, commands, lines, place, table, lines_come: _, after_lines, at_last } =
        way_out;
    let texts = [words, first, place, table, at_last].into_iter().chain(version).chain(commands).chain(after_lines);
    texts.for_each(clean_long);
    if let Some((_, text)) = lines {
        clean_long_block(text);
    }
    match uses {
        Uses::Imported { package, places: _, more: _ } | Uses::Named { package, place: _ } => clean_long(package),
        Uses::Unknown { why } => clean_long(why),
        Uses::NotImported | Uses::NotExamined => {}
    }
}

/// As [`clean_long`], of a text whose lines stay lines.
fn clean_long_block(text: &mut String) {
    clean_block(text);
    cut(text);
}

#[cfg(test)]
mod tests {
    use super::super::LONGEST;
    use super::*;
    use crate::model::{Severity, escape};

    #[test]
    fn nothing_of_a_package_keeps_a_secret_or_a_control_character() {
        let key = ["ghp_", "16C7e42F292c6912E7710c838347Ae178B4a"].concat();
        let bad = || format!("a\u{1b}[31m \u{202e} {key} {}", "x".repeat(9_000));
        let path = || "apps/web/package.json".to_owned();
        let package = |uses: Uses| VulnerablePackage {
            lock: path(),
            ecosystem: bad(),
            manager: bad(),
            name: bad(),
            version: bad(),
            severity: Some(Severity::Major),
            ways_in: vec![vec![PackageStep {
                name: bad(),
                version: bad(),
                asked_in: Some((path(), Some(3))),
                range: bad(),
            }]],
            advisories: vec![AdvisoryReport {
                known_as: bad(),
                aliases: vec![bad()],
                summary: bad(),
                details: format!("first\nsecond {}", bad()),
                score: Some(f64::NAN),
                fixed: Some(bad()),
                references: vec![bad()],
                parts: vec![bad()],
                platforms: vec![bad()],
                parts_used: PartsUsed::Imported { part: bad(), places: vec![(path(), 1)], more: 0 },
                ..AdvisoryReport::default()
            }],
            way_out: WayOut {
                version: Some(bad()),
                words: bad(),
                commands: vec![bad()],
                lines: Some((path(), format!("{{\n{}", bad()))),
                ..WayOut::default()
            },
            uses,
            ..VulnerablePackage::default()
        };
        let mut report = DependencyReport {
            locks: vec![LockReport { path: path(), manager: bad(), ..LockReport::default() }],
            looked_up: 3,
            vulnerable: vec![
                package(Uses::Imported { package: bad(), places: vec![(path(), 1)], more: 0 }),
                package(Uses::Named { package: bad(), place: (path(), 1) }),
                package(Uses::Unknown { why: bad() }),
            ],
            advisories_from: bad(),
        };
        clean_dependencies(&mut report);
        let written = serde_json::to_string(&report).unwrap();
        assert!(!written.contains(&key), "{written}");
        assert!(!written.replace("\\n", "").chars().any(escape::is_unsafe));
        assert!(!written.contains(&"x".repeat(LONGEST)), "cut");
        let texts = 2 + 3 * (4 + 3 + 9 + 4) + 3;
        assert_eq!(written.matches("a\\\\u{1b}[31m \\\\u{202e}").count(), texts, "escaped, not lost");
        assert_eq!(report.vulnerable[0].advisories[0].score, None);
        assert_eq!(report.vulnerable[0].advisories[0].details.lines().count(), 2, "lines stay lines");
        assert_eq!(report.locks[0].path, path(), "the editor must find it");
        assert_eq!(serde_json::from_str::<DependencyReport>(&written).unwrap(), report);
    }
}
