//! Files that are their owner's alone.

use url::Url;

use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Observation, RuleKind, RuleMeta, Severity};
use crate::probe::web::address;
use crate::probe::web::exposed::paths::Group;
use crate::probe::web::exposed::verdict::{self, What};
use crate::probe::web::exposed::{Found, Paths, Seen, is_no_loss};
use crate::probe::web::tally::Sight;

/// A file that anybody can download.
pub static META: RuleMeta = RuleMeta {
    id: "private-file-exposed",
    title: "A private file can be downloaded by anybody",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::High,
    what: "Asks for `.env`, `.git`, database dumps, backups, keys and logs where people leave them, and looks at what comes back: \
           only the right content counts, and only where a made-up path does not give the same.",
    why: "Bots ask every new site for these files within hours. What is in them opens your database and your accounts, and with \
          them your users' data.",
    fix: "Take the file off the server, replace every secret in it, and serve the build folder alone.",
    example: "bad:  GET /.env → 200, DATABASE_URL=…\ngood: GET /.env → 404",
    references: &[
        "F53",
        "F2",
        "https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/02-Configuration_and_Deployment_Management_Testing/04-Review_Old_Backup_and_Unreferenced_Files_for_Sensitive_Information",
    ],
};

/// The rule.
pub static RULES: &[&RuleMeta] = &[&META];

/// Judges what an origin answered.
pub fn judge(page: &Url, paths: &Paths) -> Vec<Sight> {
    judge_group(&META, Group::PrivateFile, page, paths)
}

/// One finding for each fault: what is mended in the same way is one.
pub fn judge_group(rule: &'static RuleMeta, group: Group, page: &Url, paths: &Paths) -> Vec<Sight> {
    let mut faults: Vec<(&str, Vec<(&Seen, Found)>)> = Vec::new();
    let mut unanswered = Vec::new();
    let mut unproven = Vec::new();
    for seen in paths.answers.iter().filter(|seen| seen.asked.group == group) {
        match verdict::of(seen, paths) {
            What::Found(found) if found.severity.is_some() => {
                match faults.iter_mut().find(|(fix, _)| *fix == seen.asked.fix) {
                    Some((_, fault)) => fault.push((seen, found)),
                    None => faults.push((seen.asked.fix, vec![(seen, found)])),
                }
            }
            // What is worth a row alone leaves nothing unseen.
            What::Unproven(found) if found.severity.is_some() || group == Group::Health => {
                unproven.push(format!(
                    "{} of {} looks like {}, but the site did not answer to a made-up path beside it: look for yourself",
                    short(seen.asked.path),
                    address::shown(page),
                    found.words
                ));
            }
            What::NoAnswer(_) | What::Failed => unanswered.push(seen.asked.path),
            _ => {}
        }
    }
    let findings = faults.into_iter().filter_map(|(fix, fault)| worded(rule, page, fix, &fault)).collect();
    let mut sights = vec![Sight::Seen(findings)];
    sights.extend(unproven.into_iter().map(Sight::NotSeen));
    sights.extend(why_not(group, page, paths, &unanswered).map(Sight::NotSeen));
    sights
}

fn worded(rule: &'static RuleMeta, page: &Url, fix: &str, fault: &[(&Seen, Found)]) -> Option<Observation> {
    // The first of the worst.
    let (worst, found) = fault.iter().rev().max_by_key(|(_, found)| found.severity)?;
    let path = short(worst.asked.path);
    let more = match fault.len() {
        1 => String::new(),
        2 => ", and one more of the kind".to_owned(),
        many => format!(", and {} more of the kind", many - 1),
    };
    let message = format!("{path} is open to everybody: {}{more}", found.words);
    let place = page.join(path).unwrap_or_else(|_| page.clone());
    let lines: Vec<String> = fault
        .iter()
        .flat_map(|(seen, found)| {
            let status = seen.answer.status.unwrap_or_default();
            let first = format!("GET {} → {status}: {}", short(seen.asked.path), found.words);
            std::iter::once(first).chain(found.details.iter().map(|line| format!("  {line}")))
        })
        .collect();
    let finding = Finding::new(rule, address::location(&place), "", message)
        .severity(found.severity.unwrap_or(rule.severity))
        .fix(fix)
        .evidence(Evidence::new(EvidenceKind::Note, lines.join("\n")));
    Some(finding.into())
}

/// Why some of it was not seen.
fn why_not(group: Group, page: &Url, paths: &Paths, unanswered: &[&str]) -> Option<String> {
    let page = address::shown(page);
    let mut left_out = paths.left_out.iter().filter(|(row, why)| row.group == group && !is_no_loss(why));
    if let Some((row, why)) = left_out.next() {
        return Some(format!("{} and other paths of {page} were not asked for: {why}", short(row.path)));
    }
    if let Some(status) = paths.wall() {
        return Some(format!("{page} answers {status} to every path, so what lies behind that was not seen"));
    }
    unanswered.first().map(|path| format!("{} of {page} gave no answer that could be read", short(path)))
}

fn short(path: &str) -> &str {
    path.split('?').next().unwrap_or(path)
}
