//! How bad an advisory is.

use std::str::FromStr;

use cvss::Cvss;

use super::Advisory;
use crate::model::Severity;

/// CVSS calls scores from here on critical (<https://www.first.org/cvss/v4.0/specification-document>, section 6).
const CRITICAL: f64 = 9.0;
/// … and from here on high.
const HIGH: f64 = 7.0;

/// How bad something is, and in whose words.
#[derive(Debug, Clone, PartialEq)]
pub struct Rating {
    /// For us; `None` when nobody has rated it.
    pub severity: Option<Severity>,
    /// The highest CVSS score, from 0 to 10.
    pub score: Option<f64>,
}

/// Rates a group of advisories about the same thing: the highest CVSS score, else the highest word.
pub fn rate(advisories: &[&Advisory]) -> Rating {
    let scores = advisories.iter().flat_map(|one| &one.vectors).filter_map(|vector| score(vector));
    let score = scores.reduce(f64::max);
    let unsound = |one: &&Advisory| one.affects.iter().any(|affects| affects.informational.is_some());
    let severity = match score {
        // A notice of code that could be misused, not of a hole that is there.
        _ if !advisories.is_empty() && advisories.iter().all(unsound) => Some(Severity::Minor),
        Some(score) if score >= CRITICAL => Some(Severity::Blocker),
        Some(score) if score >= HIGH => Some(Severity::Major),
        Some(_) => Some(Severity::Minor),
        None => advisories.iter().filter_map(|one| word(one.rating.as_deref()?)).max(),
    };
    Rating { severity, score }
}

fn score(vector: &str) -> Option<f64> {
    Cvss::from_str(vector).ok().map(|cvss| cvss.score())
}

fn word(rating: &str) -> Option<Severity> {
    match rating.to_ascii_uppercase().as_str() {
        "CRITICAL" => Some(Severity::Blocker),
        "HIGH" | "IMPORTANT" => Some(Severity::Major),
        "MODERATE" | "MEDIUM" | "LOW" | "MINOR" | "NEGLIGIBLE" => Some(Severity::Minor),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_score_decides_and_the_word_fills_in() {
        let of = |vectors: &[&str], rating: Option<&str>| {
            let advisory = Advisory {
                vectors: vectors.iter().map(|v| (*v).to_owned()).collect(),
                rating: rating.map(str::to_owned),
                ..Advisory::bare("GHSA-test")
            };
            rate(&[&advisory])
        };
        let critical = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
        assert_eq!(of(&[critical], Some("LOW")), Rating { severity: Some(Severity::Blocker), score: Some(9.8) });
        assert_eq!(of(&["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"], None).severity, Some(Severity::Major));
        assert_eq!(of(&["CVSS:3.0/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N"], None).severity, Some(Severity::Minor));
        let four = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N";
        assert_eq!(of(&[four], None), Rating { severity: Some(Severity::Blocker), score: Some(9.3) });
        assert_eq!(of(&["CVSS:9.9/nonsense"], Some("HIGH")).severity, Some(Severity::Major));
        assert_eq!(of(&[], Some("MODERATE")).severity, Some(Severity::Minor));
        assert_eq!(of(&[], Some("whatever")).severity, None);
        assert_eq!(of(&[], None), Rating { severity: None, score: None });
    }
}
