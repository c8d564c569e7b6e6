//! Which content delivery network answers, by the headers that it adds.

use crate::probe::web::http::Headers;

/// A header, what it holds (empty: anything), and whose it is.
const MARKS: [(&str, &str, &str); 22] = [
    ("cf-ray", "", "Cloudflare"),
    ("x-vercel-id", "", "Vercel"),
    ("x-nf-request-id", "", "Netlify"),
    ("x-amz-cf-id", "", "Amazon CloudFront"),
    ("x-fastly-request-id", "", "Fastly"),
    ("x-served-by", "cache-", "Fastly"),
    ("x-akamai-transformed", "", "Akamai"),
    ("x-akamai-request-id", "", "Akamai"),
    ("akamai-grn", "", "Akamai"),
    ("server", "akamai", "Akamai"),
    ("cdn-pullzone", "", "bunny.net"),
    ("server", "bunnycdn", "bunny.net"),
    ("x-azure-ref", "", "Azure Front Door"),
    ("x-msedge-ref", "", "Azure Front Door"),
    ("server", "cloudflare", "Cloudflare"),
    ("server", "vercel", "Vercel"),
    ("server", "netlify", "Netlify"),
    ("server", "keycdn", "KeyCDN"),
    ("x-77-cache", "", "CDN77"),
    ("x-hw", "", "Edgio"),
    ("x-sucuri-id", "", "Sucuri"),
    ("x-cdn", "imperva", "Imperva"),
];

/// The network, and the header that names it.
pub fn recognise(headers: &Headers) -> Option<(&'static str, &'static str)> {
    MARKS.iter().find_map(|(header, holds, network)| {
        let value = headers.first(header)?.to_ascii_lowercase();
        value.contains(holds).then_some((*network, *header))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_known_by_what_they_add() {
        let of = |name: &str, value: &str| recognise(&Headers::of(&[(name, value)])).map(|(network, _)| network);
        assert_eq!(of("CF-RAY", "8a1b2c3d4e5f-FRA"), Some("Cloudflare"));
        assert_eq!(of("X-Served-By", "cache-fra-etou8220042-FRA"), Some("Fastly"));
        assert_eq!(of("Server", "BunnyCDN-DE1-1081"), Some("bunny.net"));
        assert_eq!(of("Server", "nginx"), None);
        assert_eq!(of("X-Served-By", "app-3"), None);
    }
}
