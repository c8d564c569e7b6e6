//! How long people wait for the first sign of life, and for the page.

use std::time::Duration;

use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Observation, Proof, RuleKind, RuleMeta, Severity};
use crate::probe::web::address::{location, shown};
use crate::probe::web::tally::Sight;
use crate::probe::web::times::{Laps, millis};

/// People wait.
pub static SLOW: RuleMeta = RuleMeta {
    id: "answers-slow",
    title: "The page answers slowly",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::Medium,
    what: "Asks for the page a few times on one connection. The middle of the times until the first byte, without the way there and \
           back, is held against 200 ms, and the time for the whole page against 3 s. One slow answer counts for nothing.",
    why: "Everything that people see comes after the first byte. Beyond three seconds many leave, and others press the button \
          again.",
    fix: "Find out what the page waits for: usually the database or another service, asked one thing after the other. Render it \
          beforehand or cache it where it is the same for all, and place the server in the region of its database.",
    example: "bad:  first byte after 1.9 s\ngood: first byte after 120 ms",
    references: &["C58", "F44", "https://web.dev/articles/ttfb"],
};

/// People do not wait.
pub static QUICK: RuleMeta = RuleMeta {
    id: "answers-quick",
    title: "The page answers quickly",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees that the first byte comes within 200 ms, the way there and back left out, and the whole page within 3 s, over a few \
           requests.",
    why: "People see something at once. It says nothing of other pages, of busy hours or of large tables.",
    fix: "Nothing to do.",
    example: "",
    references: &["C58", "F44"],
};

/// Both rules.
pub static RULES: &[&RuleMeta] = &[&SLOW, &QUICK];

/// F44's "200 ms".
const FIRST_BYTE: Duration = Duration::from_millis(200);
/// F44's "3–10 s".
const PAGE: Duration = Duration::from_secs(3);
/// With fewer answers no middle is worth the name.
const FEWEST: usize = 3;

/// Judges what was measured of one page.
pub fn judge(laps: &Laps) -> Sight {
    let address = shown(&laps.page);
    let times = laps.first_bytes();
    let (Some(median), Some(page), Some(visit)) = (laps.median(), laps.usual_page(), laps.first_visit()) else {
        return Sight::NotSeen(format!("{address} did not answer again when it was timed"));
    };
    if laps.local {
        return Sight::NotSeen(format!(
            "{address} is on this machine, so its times say nothing of production: give the deployed address"
        ));
    }
    if laps.laps.len() < FEWEST && page < PAGE {
        return Sight::NotSeen(format!("{address} answered too seldom to say how long it takes"));
    }
    let own = median.saturating_sub(laps.round_trip());
    let spread = match (times.first(), times.last()) {
        (Some(least), Some(most)) => format!("{} to {}", words(*least), words(*most)),
        _ => String::new(),
    };
    let evidence = Evidence::new(
        EvidenceKind::Note,
        format!(
            "first byte: {} in the middle of {} requests ({spread}), of which the way there and back takes about {}\n\
             whole page: {} in the middle; {} on the first visit, connecting included",
            words(median),
            times.len(),
            words(laps.round_trip()),
            words(page),
            words(visit),
        ),
    );
    if page >= PAGE {
        let message = format!("{address} takes {} to arrive; people leave after three seconds", words(page));
        return Observation::from(finding(laps, message, evidence).severity(Severity::Major)).into();
    }
    if own > FIRST_BYTE {
        let message = format!("{address} takes {} to its first byte, the way there and back left out", words(own));
        return Observation::from(finding(laps, message, evidence)).into();
    }
    let message = format!("{address} gives its first byte within {}", words(median));
    Observation::from(Proof::new(&QUICK, location(&laps.page), "", message).evidence(evidence)).into()
}

fn finding(laps: &Laps, message: String, evidence: Evidence) -> Finding {
    Finding::new(&SLOW, location(&laps.page), "", message).evidence(evidence)
}

/// `120 ms`, `1.9 s`.
fn words(time: Duration) -> String {
    let ms = millis(time);
    if ms < 1000 { format!("{ms} ms") } else { format!("{:.1} s", time.as_secs_f64()) }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::super::tests::lines;
    use super::*;
    use crate::probe::web::times::{Lap, rows};

    /// A first answer after a connection of `connect` ms, and further ones; page and first byte at the same time.
    fn laps(url: &str, connect: u64, times: &[u64]) -> Laps {
        let ms = Duration::from_millis;
        let lap = |at: usize, time: u64| Lap {
            connect: (at == 0).then(|| ms(connect)),
            first_byte: ms(time),
            total: ms(time + 5),
            bytes: 900,
        };
        let page = Url::parse(url).unwrap();
        let local = crate::probe::web::address::is_loopback(&page);
        Laps { page, laps: times.iter().enumerate().map(|(at, time)| lap(at, *time)).collect(), local }
    }

    fn said(connect: u64, times: &[u64]) -> String {
        lines(judge(&laps("https://shop.example.com/", connect, times))).remove(0)
    }

    #[test]
    fn the_middle_counts_and_not_one_outlier() {
        assert!(said(40, &[900, 90, 80, 100, 4000, 95]).starts_with("proof answers-quick"));
        assert!(said(40, &[90, 700, 710, 690, 95, 705]).starts_with("minor answers-slow"));
        assert!(said(40, &[3100, 3200, 3300, 3400, 90, 3500]).starts_with("major answers-slow"));
    }

    #[test]
    fn the_way_there_and_back_is_not_the_apps_fault() {
        assert!(said(300, &[330, 330, 330, 330]).starts_with("proof"), "150 ms away");
        assert!(said(40, &[330, 330, 330, 330]).starts_with("minor"), "20 ms away");
    }

    #[test]
    fn this_machine_and_too_few_answers_prove_nothing() {
        let local = lines(judge(&laps("http://localhost:3000/", 1, &[2, 3, 2, 2]))).remove(0);
        assert!(local.starts_with("not seen") && local.contains("say nothing of production"));
        assert!(said(40, &[900, 900]).starts_with("not seen"));
        assert!(said(40, &[]).starts_with("not seen"));
    }

    #[test]
    fn the_report_shows_times_on_the_standing_connection() {
        let laps = laps("https://shop.example.com/", 40, &[100, 20, 30, 25]);
        let row = rows(&laps).unwrap();
        assert_eq!((row.first_byte_ms, row.page_ms, row.page_bytes), (vec![20, 30, 25], 145, 900));
    }
}
