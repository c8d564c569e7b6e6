//! The MDN HTTP Observatory's algorithm, version 6 (github.com/mdn/mdn-http-observatory): twelve tests, a score, a grade. It
//! stands beside our own findings, which ask for more in places.
//!
//! It differs in this: the list of preloaded HSTS hosts is that of the day which `hsts_preload::list` says, and not today's. A
//! `max-age` that is no number is invalid here. Policies in `<meta>` count where browsers count them, in the head. The page
//! `/robots.txt` is not asked for cookies.

mod cookies;
mod cors;
mod cross_origin;
mod csp;
mod csp_reader;
mod frame_options;
mod hsts;
mod nosniff;
mod redirection;
mod referrer;
mod sri;
pub mod table;

use url::Url;

use super::cookies::Cookie;
use super::hsts_preload::{list, policy};
use super::html::Document;
use super::http::Headers;
use crate::model::{ObservatoryScore, ObservatoryTest};
use table::Outcome;

/// What came of asking over plain HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plain {
    /// It was not asked, as where the address has a port of its own, or gave no answer that tells.
    NotAsked,
    /// Nothing answers there.
    NotThere,
    /// It ended at a certificate that browsers refuse.
    Untrusted,
    /// Every address on the way, the first one and the last included.
    Route(Vec<Url>),
}

/// What came of asking over HTTPS.
#[derive(Debug, Clone, Copy)]
pub enum Secure<'a> {
    /// Nothing answers there.
    NotThere,
    /// Browsers refuse the certificate.
    Untrusted,
    /// The headers of the page there.
    Answered(&'a Headers),
}

/// What came of asking with an `Origin` of another site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CorsSent {
    /// The `Origin` that was sent.
    pub origin: String,
    /// `Access-Control-Allow-Origin`.
    pub allow_origin: Option<String>,
    /// `Access-Control-Allow-Credentials`.
    pub allow_credentials: Option<String>,
}

/// Everything that the tests look at.
#[derive(Debug, Clone)]
pub struct Input<'a> {
    /// The page.
    pub url: &'a Url,
    /// Its headers.
    pub headers: &'a Headers,
    /// Its markup; `None` where it is no page.
    pub document: Option<&'a Document>,
    /// The cookies that were set on the way and by the page.
    pub cookies: &'a [Cookie],
    /// How it went over plain HTTP.
    pub plain: Plain,
    /// How it went over HTTPS.
    pub secure: Secure<'a>,
    /// How it answers other sites; `None` where that was not asked, which counts as no answer for them.
    pub cors: Option<CorsSent>,
}

/// Whether the Observatory judges an answer with this status at all.
pub const fn judges(status: u16) -> bool {
    matches!(status, 200..=399 | 401 | 403)
}

/// Score and grade of a page.
pub fn score(input: &Input<'_>) -> ObservatoryScore {
    let outcomes = outcomes(input);
    let score = total(outcomes.iter().map(|(_, outcome)| outcome.modifier));
    let tests = outcomes.into_iter().map(|(name, outcome)| ObservatoryTest {
        name: name.to_owned(),
        result: outcome.result.to_owned(),
        words: words(input, outcome),
        modifier: outcome.modifier,
        pass: outcome.pass,
    });
    ObservatoryScore { score, grade: grade(score).to_owned(), tests: tests.collect() }
}

/// Every test in the Observatory's order.
fn outcomes(input: &Input<'_>) -> [(&'static str, Outcome); 12] {
    [
        ("Content Security Policy", csp::test(input).outcome),
        ("Cookies", cookies::test(input)),
        ("Cross-Origin Embedder Policy", cross_origin::embedder(input)),
        ("Cross-Origin Opener Policy", cross_origin::opener(input)),
        ("Cross-Origin Resource Sharing", cors::test(input)),
        ("Redirection", redirection::test(input)),
        ("Referrer Policy", referrer::test(input)),
        ("Strict Transport Security", hsts::test(input)),
        ("Subresource Integrity", sri::test(input)),
        ("X-Content-Type-Options", nosniff::test(input)),
        ("X-Frame-Options", frame_options::test(input)),
        ("Cross-Origin Resource Policy", cross_origin::resource(input)),
    ]
}

/// The result in words, with what it rests on: the list has a day, and some tests had nothing to look at.
fn words(input: &Input<'_>, outcome: Outcome) -> String {
    let words = outcome.words;
    if outcome == &table::CORS_NONE && input.cors.is_none() {
        "Not asked; counted as if other sites could not read the page".to_owned()
    } else if outcome == &table::REDIRECT_NO_HTTP && input.plain == Plain::NotAsked {
        "Plain HTTP was not seen; counted as if nothing answered there".to_owned()
    } else if [&table::HSTS_PRELOADED, &table::REDIRECT_PRELOADED].contains(&outcome) {
        format!("{words} (that of {})", list::day())
    } else if outcome == &table::HSTS_LONG && asks_to_be_listed(input) {
        format!("{words}; not on the preload list of {}, so without the points for it", list::day())
    } else {
        words.to_owned()
    }
}

fn asks_to_be_listed(input: &Input<'_>) -> bool {
    let Secure::Answered(headers) = input.secure else { return false };
    let sent = headers.first("strict-transport-security");
    sent.and_then(|value| policy(&value)).is_some_and(|policy| policy.preload)
}

/// From 100 with every penalty; bonuses count from 90 points on.
fn total(modifiers: impl Iterator<Item = i32> + Clone) -> u32 {
    const START: i32 = 100;
    const BONUS_FROM: i32 = 90;
    let penalties: i32 = modifiers.clone().filter(|modifier| *modifier < 0).sum();
    let bonuses: i32 = modifiers.filter(|modifier| *modifier > 0).sum();
    let score = START + penalties;
    let score = if score >= BONUS_FROM { score + bonuses } else { score };
    let score = u32::try_from(score).unwrap_or_default();
    score - score % 5
}

fn grade(score: u32) -> &'static str {
    match score {
        100.. => "A+",
        90..100 => "A",
        85..90 => "A-",
        80..85 => "B+",
        70..80 => "B",
        65..70 => "B-",
        60..65 => "C+",
        50..60 => "C",
        45..50 => "C-",
        40..45 => "D+",
        30..40 => "D",
        25..30 => "D-",
        0..25 => "F",
    }
}

#[cfg(test)]
mod tests;
