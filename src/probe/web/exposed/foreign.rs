//! Scripts on hosts that were not given, which are never asked for: whether they are likely to be the site's own.

use url::Url;

use super::scripts::Served;
use crate::probe::web::address::{registered, shown};

/// Hosts whose scripts are everybody's: statistics, advertisements, payment, widgets, public libraries.
const THIRD_PARTIES: [&str; 92] = [
    "addtoany.com",
    "adyen.com",
    "ajax.googleapis.com",
    "algolia.net",
    "amplitude.com",
    "aspnetcdn.com",
    "baidu.com",
    "bing.com",
    "bootstrapcdn.com",
    "braintreegateway.com",
    "browser-intake-datadoghq.com",
    "calendly.com",
    "chargebee.com",
    "clarity.ms",
    "cloudflare.com",
    "cloudflareinsights.com",
    "cookiebot.com",
    "cookielaw.org",
    "cookieyes.com",
    "crisp.chat",
    "datadoghq-browser-agent.com",
    "disqus.com",
    "doubleclick.net",
    "drift.com",
    "esm.run",
    "esm.sh",
    "facebook.com",
    "facebook.net",
    "fontawesome.com",
    "fullstory.com",
    "google-analytics.com",
    "google.com",
    "googleadservices.com",
    "googlesyndication.com",
    "googletagmanager.com",
    "gstatic.com",
    "hcaptcha.com",
    "hotjar.com",
    "hs-analytics.net",
    "hs-banner.com",
    "hs-scripts.com",
    "hsforms.net",
    "hubspot.com",
    "intercom.io",
    "intercomcdn.com",
    "iubenda.com",
    "jquery.com",
    "jsdelivr.net",
    "jspm.dev",
    "jspm.io",
    "klarna.com",
    "klaviyo.com",
    "lemonsqueezy.com",
    "licdn.com",
    "linkedin.com",
    "list-manage.com",
    "logrocket.io",
    "maps.googleapis.com",
    "matomo.cloud",
    "mapbox.com",
    "mixpanel.com",
    "mouseflow.com",
    "newrelic.com",
    "nr-data.net",
    "onetrust.com",
    "optimizely.com",
    "osano.com",
    "paddle.com",
    "paypal.com",
    "paypalobjects.com",
    "pinimg.com",
    "plausible.io",
    "polyfill.io",
    "posthog.com",
    "recaptcha.net",
    "segment.com",
    "segment.io",
    "sentry-cdn.com",
    "skypack.dev",
    "stripe.com",
    "tawk.to",
    "tiktok.com",
    "trustpilot.com",
    "twitter.com",
    "typeform.com",
    "typekit.net",
    "unpkg.com",
    "usefathom.com",
    "usercentrics.eu",
    "vimeo.com",
    "youtube.com",
    "zdassets.com",
];

/// The scripts that were not asked for.
#[derive(Default)]
pub struct Foreign {
    /// Those that are likely to be the site's own all the same.
    own: Vec<Url>,
    /// Those of which nothing is known.
    others: Vec<Url>,
    third_parties: Vec<Url>,
}

impl Foreign {
    /// Takes in one; `module` is whether it is loaded as a module.
    pub fn add(&mut self, page: &Url, url: Url, module: bool, served: &mut Served) {
        if [&self.own, &self.others, &self.third_parties].iter().any(|known| known.contains(&url)) {
            return;
        }
        served.not_read.push(("scripts from other hosts", shown(&url)));
        if registered(page) == registered(&url) {
            self.own.push(url);
        } else if is_third_party(&url) {
            self.third_parties.push(url);
        } else if module || is_built(&url) {
            self.own.push(url);
        } else {
            self.others.push(url);
        }
    }

    /// Says that code of the site's own was not read. `alone` is whether the site has no script beside them.
    pub fn note(mut self, alone: bool, served: &mut Served) {
        if alone {
            self.own.append(&mut self.others);
        }
        let Some(first) = self.own.first() else { return };
        let why = format!("{} is on another host and was not read: give its address with --url", shown(first));
        served.in_part.push(why.clone());
        served.maps_in_part.push(why);
    }
}

fn is_third_party(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    THIRD_PARTIES.iter().any(|name| host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

/// Whether an address has the shape that bundlers give: a folder of theirs, or a name with a hash such as `index-B4x9Kq2a.js`.
fn is_built(url: &Url) -> bool {
    let path = url.path();
    if ["/_next/", "/_nuxt/", "/_astro/", "/_app/immutable/"].iter().any(|folder| path.contains(folder)) {
        return true;
    }
    let name = path.rsplit('/').next().unwrap_or_default();
    let is_hash = |part: &str| {
        let of = |is: fn(&u8) -> bool| part.as_bytes().iter().any(is);
        part.len() >= 8 && of(u8::is_ascii_digit) && of(u8::is_ascii_alphabetic)
    };
    name.ends_with("js") && name.split(['.', '-', '_']).skip(1).any(is_hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whys(urls: &[(&str, bool)], alone: bool) -> Vec<String> {
        let page = Url::parse("https://shop.example.com/").unwrap();
        let (mut foreign, mut served) = (Foreign::default(), Served::default());
        for (url, module) in urls {
            foreign.add(&page, Url::parse(url).unwrap(), *module, &mut served);
        }
        assert_eq!(served.not_read.len(), urls.len(), "all are told");
        foreign.note(alone, &mut served);
        served.in_part
    }

    #[test]
    fn a_bundle_on_another_host_is_the_sites_own_whatever_stands_beside_it() {
        for (url, module) in [
            ("https://static.example.com/app.js", false),
            ("https://d1x.example.net/assets/index-B4x9Kq2a.js", false),
            ("https://d1x.example.net/main.9c1b7e2f.js", false),
            ("https://d1x.example.net/_next/static/chunks/main.js", false),
            ("https://d1x.example.net/app.js", true),
        ] {
            assert!(whys(&[(url, module)], false)[0].contains("another host"), "{url}");
        }
        assert_eq!(whys(&[("https://d1x.example.net/widget.js", false)], false), [""; 0]);
        assert_eq!(whys(&[("https://d1x.example.net/widget.js", false)], true).len(), 1, "it may be all that there is");
    }

    #[test]
    fn what_everybody_loads_is_nobodys_own() {
        for (url, module) in [
            ("https://www.googletagmanager.com/gtag/js?id=G-1", false),
            ("https://js.stripe.com/v3/", false),
            ("https://esm.sh/react@19.0.0", true),
            ("https://cdn.jsdelivr.net/npm/x@1/dist/x.9c1b7e2f.js", true),
        ] {
            assert_eq!(whys(&[(url, module)], true), [""; 0], "{url}");
        }
        assert!(!is_third_party(&Url::parse("https://notstripe.com/").unwrap()));
    }
}
