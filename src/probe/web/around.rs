//! What is asked of a site once its page is known: beside the page, not about it. Every part is asked at the same time.

use futures_util::future;
use url::Url;

use super::errors::{self, Errors};
use super::exposed::{self, Exposed};
use super::http::client::Client;
use super::visit::Hop;

/// What was seen around one page.
#[derive(Debug)]
pub struct Around {
    /// The page.
    pub page: Url,
    /// What the site gives away.
    pub exposed: Exposed,
    /// What it shows when something goes wrong; `None` where another page of the same origin stands for it.
    pub errors: Option<Errors>,
}

/// Looks around `page`; `first` is whether it is the first of its origin, so that what concerns the origin is asked once.
pub async fn look(client: &Client, page: &Hop, first: bool) -> Around {
    let errors = async { if first { Some(errors::collect(client, &page.url).await) } else { None } };
    let (exposed, errors) = future::join(exposed::collect(client, page, first), errors).await;
    Around { page: page.url.clone(), exposed, errors }
}
