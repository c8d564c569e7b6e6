//! What is known of the project's packages in one sentence: the workbench and the reports say the same.

use super::{DependencyReport, Severity, VulnerablePackage, grouped};

impl DependencyReport {
    /// The answer for whoever decides, in one plain sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let all = self.looked_up;
        if self.locks.is_empty() {
            return "No lock file was read, so nobody can say which versions of other people's code arrive.".to_owned();
        }
        let arrive = self.locks.iter().any(|lock| lock.packages > 0);
        let (sure, unsure) = self.sure_and_unsure();
        let mut sentence = match (sure.len(), unsure.len()) {
            (0, 0) => {
                return match all {
                    0 if arrive => "None of the packages could be looked up, so nothing is known of them.".to_owned(),
                    0 => "No lock file names a package that others publish.".to_owned(),
                    1 => "Nothing is known against the one package that could be looked up.".to_owned(),
                    _ => format!(
                        "Nothing is known against any of the {} packages that could be looked up.",
                        grouped(all)
                    ),
                };
            }
            (0, _) => format!(
                "Of {} {} looked up, none that is sure to arrive has a known vulnerability.",
                grouped(all),
                packages(all)
            ),
            (known, _) => format!(
                "Of {} {} looked up, {known} {} a known vulnerability{}; {}.",
                grouped(all),
                packages(all),
                if known == 1 { "has" } else { "have" },
                worst(&sure),
                fixed(&sure),
            ),
        };
        if !unsure.is_empty() {
            sentence += &format!(
                " {}{} with a known vulnerability may arrive, as a constraints file names {}{}; {}.",
                count(unsure.len()),
                if sure.is_empty() { "" } else { " more" },
                if unsure.len() == 1 { "it" } else { "them" },
                worst(&unsure),
                fixed(&unsure),
            );
        }
        sentence
    }
}

/// How many of them are how bad, where some are bad.
fn worst(packages: &[&VulnerablePackage]) -> String {
    let of = |wanted: Severity| packages.iter().filter(|package| package.severity == Some(wanted)).count();
    let worst: Vec<String> = [Severity::Blocker, Severity::Major]
        .into_iter()
        .filter(|severity| of(*severity) > 0)
        .map(|severity| format!("{} {}", of(severity), severity.word()))
        .collect();
    match packages {
        _ if worst.is_empty() => String::new(),
        [one] => one.severity.map(|severity| format!(" ({})", severity.word())).unwrap_or_default(),
        _ => format!(", {} among them", worst.join(" and ")),
    }
}

/// For how many of them a fixed version is out.
fn fixed(packages: &[&VulnerablePackage]) -> String {
    let fixed = packages.iter().filter(|one| one.way_out.version.is_some()).count();
    match (fixed, packages.len()) {
        (0, 1) => "no fixed version is known".to_owned(),
        (0, _) => "for none of them a fixed version is known".to_owned(),
        (_, 1) => "a fixed version is out".to_owned(),
        _ => format!("for {fixed} of them a fixed version is out"),
    }
}

/// `1 package`, `2 packages`
fn count(number: usize) -> String {
    format!("{number} {}", packages(number as u64))
}

const fn packages(number: u64) -> &'static str {
    if number == 1 { "package" } else { "packages" }
}
