//! What the text and the Markdown report both say of a deployed app.

use super::overview::{count, one_line};
use crate::model::web::{bytes, milliseconds};
use crate::model::{HeaderRow, PathRow, Site, Standing, TlsServer, WebReport};

/// The answer for whoever decides, in one plain sentence; `name` writes an address.
pub(super) fn sentence(web: &WebReport, name: impl Fn(&str) -> String) -> String {
    let reached: Vec<&Site> = web.sites.iter().filter(|site| site.not_reached.is_none()).collect();
    // Of a site behind a wall nothing is known, which is no better than the worst grade.
    let score = |site: &Site| match (site.failing(), site.score()) {
        (Some(_), _) => 0,
        (None, score) => score.map_or(u32::MAX, |score| score.score),
    };
    let Some(worst) = reached.iter().min_by_key(|site| score(site)) else {
        return "No address of the deployed app was reached, so nothing is known of what strangers see.".to_owned();
    };
    let subject = match reached.len() {
        1 => format!("Seen from outside, {}", name(&worst.url)),
        sites => format!("Seen from outside, {} (the worst of {sites} sites)", name(&worst.url)),
    };
    // Of an error page a grade says nothing.
    let failing = worst.failing();
    let headers = worst.score().map(|score| format!("grade {} for its headers", letters(&score.grade)));
    let grades: Vec<&str> = web.servers.iter().filter_map(|server| server.grade.as_deref()).collect();
    let lowest = grades.iter().max_by_key(|grade| rank(grade));
    let refused = lowest.is_some_and(|grade| rank(grade) >= REFUSED);
    let encryption = lowest.filter(|_| !refused).map(|grade| format!("grade {} for its encryption", letters(grade)));
    let grades: Vec<String> = headers.into_iter().chain(encryption).collect();
    let grades = if grades.is_empty() {
        "answers, but could not be graded".to_owned()
    } else {
        format!("gets {} (A+ is the best, F the worst)", grades.join(" and "))
    };
    let refused = if refused { "; browsers refuse its certificate" } else { "" };
    let failing = failing.map(|what| format!("; the page itself {what}")).unwrap_or_default();
    format!("{subject} {grades}{refused}{failing}{}.", open(&reached))
}

/// What strangers can fetch, as the end of a sentence.
fn open(reached: &[&Site]) -> String {
    let paths = || reached.iter().flat_map(|site| &site.paths);
    let open: usize = reached.iter().map(|site| exposed(site).count()).sum();
    let unknown = paths().filter(|row| row.standing == Standing::Unknown).count();
    let all = paths().count();
    let unseen = || count(unknown, "path", "paths");
    match (open, unknown) {
        _ if all == 0 => String::new(),
        (0, 0) => "; nothing that was looked for lies open".to_owned(),
        // The random one is among the rows, and may be all that was answered.
        (0, _) if unknown + 1 >= all => {
            "; whether anything lies open is not known, for no path could be asked".to_owned()
        }
        (0, _) => format!("; nothing was seen to lie open, but {} of {all} could not be asked", unseen()),
        (open, _) => format!("; strangers can fetch {} that should stay inside", count(open, "thing", "things")),
    }
}

/// A grade and nothing else.
fn letters(grade: &str) -> String {
    grade.chars().filter(|c| c.is_ascii_uppercase() || matches!(c, '+' | '-')).take(2).collect()
}

/// From this rank on browsers refuse the server.
const REFUSED: usize = 100;

/// How bad a grade is, the best first.
fn rank(grade: &str) -> usize {
    match grade {
        "T" | "M" => REFUSED,
        _ => {
            let letter = grade.bytes().next().map_or(0, |letter| usize::from(letter.saturating_sub(b'A')).min(20));
            let sign = if grade.ends_with('+') { 0 } else { 1 + usize::from(grade.ends_with('-')) };
            letter * 3 + sign
        }
    }
}

/// What a stranger can fetch and should not.
pub(super) fn exposed(site: &Site) -> impl Iterator<Item = &PathRow> {
    site.paths.iter().filter(|row| wanting(row.standing))
}

/// Headers that are missing or could be better; of an error page they are not the app's.
pub(super) fn headers_to_mend(site: &Site) -> impl Iterator<Item = &HeaderRow> {
    let own = site.failing().is_none();
    site.headers.iter().filter(move |row| own && wanting(row.standing))
}

const fn wanting(standing: Standing) -> bool {
    matches!(standing, Standing::Bad | Standing::Weak)
}

/// Glyph and word of how something stands.
pub(super) const fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Bad => "✗ wrong",
        Standing::Weak => "– weak",
        Standing::Unknown => "? not seen",
        Standing::Neutral => "• noted",
        Standing::Good => "✓ good",
    }
}

/// How long answers took from here: `first byte 204 ms, whole page 1.4 s (48 kB), the way there and back included`.
pub(super) fn times(site: &Site) -> Option<String> {
    let times = site.times.as_ref()?;
    let first = times.median_first_byte_ms().map(|ms| format!("first byte {}, ", milliseconds(ms))).unwrap_or_default();
    let (page, size) = (milliseconds(times.page_ms), bytes(times.page_bytes));
    Some(format!("{first}whole page {page} ({size}), the way there and back included"))
}

/// How long the server's certificate goes on: `ends on 2026-11-29, 9 days left`.
pub(super) fn life(server: &TlsServer) -> Option<String> {
    let certificate = server.chain.first()?;
    let days = usize::try_from(certificate.days_left.unsigned_abs()).unwrap_or(usize::MAX);
    let days = count(days, "day", "days");
    let day = one_line(&certificate.to, 12);
    Some(if certificate.days_left < 0 {
        format!("ended on {day}, {days} ago")
    } else {
        format!("ends on {day}, {days} left")
    })
}

/// `21 requests were made, 20 answered; 1.2 MB came back`.
pub(super) fn requests(web: &WebReport) -> String {
    let answered = web.requests.iter().filter(|request| request.status.is_some()).count();
    let received = web.requests.iter().fold(0_u64, |sum, request| sum.saturating_add(request.bytes));
    let were = if web.requests.len() == 1 { "request was made" } else { "requests were made" };
    format!("{} {were}, {answered} answered; {} came back", web.requests.len(), bytes(received))
}
