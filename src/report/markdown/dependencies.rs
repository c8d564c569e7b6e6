//! What an engineer needs to mend the packages: which, how they come in, and what to type.

use std::io::{self, Write};

use super::safe::{cell, code, code_cell, fence, prose, to_do};
use super::table;
use crate::model::{Severity, VulnerablePackage, WayOutStep, grouped};
use crate::report::dependencies::{target, through, uses};
use crate::report::overview::Overview;

/// Packages in the table.
const MOST_PACKAGES: usize = 200;

/// Lines of one way out.
const MOST_LINES: usize = 40;

/// Packages whose commands are written out.
const MOST_COMMANDS: usize = 60;

pub(super) fn write(overview: &Overview<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some(dependencies) = &overview.report.dependencies else { return Ok(()) };
    writeln!(out, "## Dependencies\n")?;
    if !dependencies.advisories_from.is_empty() {
        writeln!(out, "Compared with {}.\n", prose(&dependencies.advisories_from))?;
    }
    let locks: Vec<Vec<String>> = (dependencies.locks.iter().take(MOST_PACKAGES))
        .map(|lock| {
            let (all, direct, development) = (grouped(lock.packages), grouped(lock.direct), grouped(lock.development));
            vec![code_cell(&lock.path, 120), cell(&lock.manager), all, direct, development]
        })
        .collect();
    if !locks.is_empty() {
        table(out, &["Lock file", "By", "Packages", "Direct", "Development only"], &locks)?;
    }
    if dependencies.vulnerable.is_empty() {
        return Ok(());
    }
    writeln!(out, "### Packages with a known vulnerability\n")?;
    let rows: Vec<Vec<String>> = dependencies.vulnerable.iter().take(MOST_PACKAGES).map(row).collect();
    table(out, &["Package", "Severity", "Known against it", "Comes in by", "Used", "Go to"], &rows)?;
    let more = dependencies.vulnerable.len().saturating_sub(MOST_PACKAGES);
    if more > 0 {
        writeln!(out, "… and {more} more.\n")?;
    }
    writeln!(out, "### What to type\n")?;
    for package in dependencies.vulnerable.iter().take(MOST_COMMANDS) {
        way_out(package, out)?;
    }
    Ok(())
}

fn row(package: &VulnerablePackage) -> Vec<String> {
    let name = code_cell(&format!("{} {}", package.name, package.version), 120);
    let severity = package.severity.map_or("not rated", Severity::word);
    let scope = if package.development { " (development only)" } else { "" };
    let known: Vec<&str> = package.advisories.iter().take(4).map(|advisory| advisory.known_as.as_str()).collect();
    let more = package.advisories.len().saturating_sub(4);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    vec![
        name,
        format!("{severity}{scope}"),
        cell(&format!("{}{more}", known.join(", "))),
        cell(&through(package)),
        cell(&uses(package)),
        cell(&target(package)),
    ]
}

fn way_out(package: &VulnerablePackage, out: &mut dyn Write) -> io::Result<()> {
    let way = &package.way_out;
    writeln!(out, "{}: {}\n", code(&format!("{} {}", package.name, package.version)), to_do(&way.words))?;
    let steps = way.steps();
    for steps in steps.chunk_by(|a, b| matches!((a, b), (WayOutStep::Type(_), WayOutStep::Type(_)))) {
        match steps {
            [step @ WayOutStep::Write { lines, .. }] => {
                writeln!(out, "{}\n\n{}", to_do(&step.words()), fence("", lines, MOST_LINES))?;
            }
            [step @ (WayOutStep::First(_) | WayOutStep::Or | WayOutStep::Then(_))] => {
                writeln!(out, "{}\n", to_do(&step.words()))?
            }
            typed => {
                let typed = typed.iter().filter_map(|step| match step {
                    WayOutStep::Type(command) => Some(*command),
                    _ => None,
                });
                writeln!(out, "{}", fence("sh", &typed.collect::<Vec<_>>().join("\n"), MOST_LINES))?;
            }
        }
    }
    Ok(())
}
