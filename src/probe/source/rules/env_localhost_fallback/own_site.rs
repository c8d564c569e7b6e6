//! The site that tells about the product, beside the product: its documentation, its marketing.

use super::words;
use crate::probe::source::facts::FileFacts;

/// Folders of such sites.
const SITES: [&str; 8] = ["docs", "documentation", "website", "www", "marketing", "landing", "blog", "site"];

/// Whether a setting of such a site names only where the site itself is, for links.
pub(super) fn is_named(file: &FileFacts, name: &str) -> bool {
    let mut folders = file.path.split('/');
    let first = folders.next().unwrap_or("");
    let folder = if matches!(first, "apps" | "packages" | "sites") { folders.next().unwrap_or("") } else { first };
    let where_it_is =
        words(name).last().is_some_and(|last| matches!(&*last, "URL" | "URI" | "ORIGIN" | "HOST" | "DOMAIN"));
    SITES.contains(&folder)
        && where_it_is
        && words(name).any(|word| {
            matches!(
                &*word,
                "DOCS"
                    | "DOC"
                    | "DOCUMENTATION"
                    | "SITE"
                    | "WEBSITE"
                    | "WWW"
                    | "BASE"
                    | "BLOG"
                    | "MARKETING"
                    | "LANDING"
            )
        })
}
