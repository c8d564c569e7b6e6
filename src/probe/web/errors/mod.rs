//! What a site shows when something goes wrong: for a path that does not exist, and for requests that no app expects.
//! Nothing here can change data: every request is a `GET`.

pub mod challenge;
mod frames;
pub mod fresh;
mod hidden;
pub mod quote;
pub mod signs;
mod table;

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;
use url::Url;

use super::exposed::Paths;
use super::exposed::answer::{Answer, KEPT};
use super::http::Headers;
use super::http::client::{Client, Request};

/// Each may take so long.
const TIME: Duration = Duration::from_secs(4);

/// Targets that are no valid paths or queries (RFC 3986, section 2.1 and 3.4): a lone percent sign, bytes that are no UTF-8, brackets that
/// never close.
const TARGETS: [&str; 3] = ["/%", "/%c0%ae", "/?gonogo[=%&{"];
/// Longer than the header line that most servers take (8 KB in nginx, 16 KB in Node.js).
const LONG: usize = 17 * 1024;

/// What came back for requests that no app expects.
#[derive(Debug, Default)]
pub struct Errors {
    /// What came back for each, also where nothing did; `path` says what was sent.
    pub answers: Vec<Answer>,
}

/// Sends them.
pub async fn collect(client: &Client, page: &Url) -> Errors {
    let Ok(root) = page.join("/") else { return Errors::default() };
    let mut requests: Vec<(&str, Request)> = TARGETS
        .into_iter()
        .map(|target| (target, Request { target: Some(target), ..Request::get(root.clone()).most_body(KEPT) }))
        .collect();
    let long = Request::get(root).most_body(KEPT).header("X-Gonogo", "a".repeat(LONG));
    requests.push(("a header line of 17 KB", long));
    let asked = requests.into_iter().map(|(what, request)| async move {
        match timeout(TIME, client.send(request)).await {
            Ok(exchange) => Answer::of(what, exchange),
            Err(_) => Answer::late(what, TIME),
        }
    });
    Errors { answers: join_all(asked).await }
}

impl Errors {
    /// What was answered, apart from what the site answers to everybody and everything by then. A site that asks to be left alone, or lets
    /// nobody in, says nothing of what it does with such a request.
    pub fn answered<'a>(&'a self, paths: &'a Paths) -> impl Iterator<Item = &'a Answer> {
        self.answers.iter().filter(|answer| is_answer(answer, paths))
    }

    /// The requests that were not, in words.
    pub fn lost(&self, paths: &Paths) -> Vec<&str> {
        self.answers.iter().filter(|answer| !is_answer(answer, paths)).map(|answer| answer.path.as_str()).collect()
    }
}

/// Reads anything as every sort of page that is told here, on a site whose front page is its first half.
pub fn read_any(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let half = text.floor_char_boundary(text.len() / 2);
    let front = text.get(..half).unwrap_or_default();
    for status in [200, 404, 500] {
        if let Some(sign) = signs::read_strange(&text, status, front) {
            assert!(sign.at <= sign.end && sign.end <= text.len(), "a sign is not in the page");
        }
    }
    let _ = (challenge::is_one(&Headers::default(), bytes), fresh::instead_of_app(&text));
    let _ = fresh::title_of_template(&text);
}

fn is_answer(answer: &Answer, paths: &Paths) -> bool {
    answer.status.is_some_and(|status| !matches!(status, 401 | 403 | 407 | 429) && paths.wall() != Some(status))
        && !answer.challenge
        && !paths.is_sent_away(answer)
        && !paths.is_turned_away(answer)
}
