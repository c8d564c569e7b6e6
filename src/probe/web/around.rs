//! What is asked of a site once its page is known: beside the page, not about it. Every part is asked at the same time.

use url::Url;

use super::http::client::Client;
use super::visit::Hop;

/// What was seen around one page.
#[derive(Debug)]
pub struct Around {
    /// The page.
    pub page: Url,
}

/// Looks around `page`.
pub async fn look(_client: &Client, page: &Hop) -> Around {
    Around { page: page.url.clone() }
}
