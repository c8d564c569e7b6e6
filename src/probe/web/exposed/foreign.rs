//! Scripts on hosts that were not given, which are never asked for: whether they are likely to be the site's own.

use url::Url;

use super::scripts::Served;
use crate::probe::web::address::{registered, shown};

/// Hosts whose scripts are everybody's: statistics, advertisements, payment, widgets, public libraries.
const THIRD_PARTIES: [&str; 190] = [
    "ably.com",
    "acsbapp.com",
    "addtoany.com",
    "adroll.com",
    "ads-twitter.com",
    "adyen.com",
    "ahrefs.com",
    "ajax.googleapis.com",
    "algolia.net",
    "amazon-adsystem.com",
    "amcharts.com",
    "amplitude.com",
    "appcues.com",
    "aspnetcdn.com",
    "auth0.com",
    "baidu.com",
    "bing.com",
    "bootcdn.net",
    "bootstrapcdn.com",
    "braintreegateway.com",
    "branch.io",
    "browser-intake-datadoghq.com",
    "buymeacoffee.com",
    "cal.com",
    "calendly.com",
    "canny.io",
    "cdn.tailwindcss.com",
    "chargebee.com",
    "chartbeat.com",
    "chatwoot.com",
    "ckeditor.com",
    "clarity.ms",
    "clerk.accounts.dev",
    "cloudflare.com",
    "cloudflareinsights.com",
    "contentsquare.net",
    "convertkit.com",
    "cookie-script.com",
    "cookiebot.com",
    "cookielaw.org",
    "cookieyes.com",
    "counter.dev",
    "crazyegg.com",
    "crisp.chat",
    "criteo.com",
    "criteo.net",
    "d3js.org",
    "datadoghq-browser-agent.com",
    "datatables.net",
    "disqus.com",
    "doubleclick.net",
    "drift.com",
    "esm.run",
    "esm.sh",
    "facebook.com",
    "facebook.net",
    "featurebase.app",
    "fontawesome.com",
    "freshchat.com",
    "fullstory.com",
    "goatcounter.com",
    "google-analytics.com",
    "google.com",
    "googleadservices.com",
    "googleoptimize.com",
    "googlesyndication.com",
    "googletagmanager.com",
    "gstatic.com",
    "gumroad.com",
    "hcaptcha.com",
    "heapanalytics.com",
    "helpscout.net",
    "highcharts.com",
    "hotjar.com",
    "hs-analytics.net",
    "hs-banner.com",
    "hs-scripts.com",
    "hsadspixel.net",
    "hsappstatic.net",
    "hscollectedforms.net",
    "hsforms.net",
    "hubspot.com",
    "inspectlet.com",
    "instagram.com",
    "intercom.io",
    "intercomcdn.com",
    "iubenda.com",
    "jquery.com",
    "jsdelivr.net",
    "jspm.dev",
    "jspm.io",
    "klarna.com",
    "klaviyo.com",
    "ko-fi.com",
    "lemonsqueezy.com",
    "licdn.com",
    "linkedin.com",
    "list-manage.com",
    "livechatinc.com",
    "logrocket.io",
    "lr-in.com",
    "lr-ingest.com",
    "luckyorange.com",
    "mailerlite.com",
    "mapbox.com",
    "maps.googleapis.com",
    "mathjax.org",
    "matomo.cloud",
    "mc.yandex.com",
    "mc.yandex.ru",
    "mixpanel.com",
    "mollie.com",
    "mouseflow.com",
    "mxpnl.com",
    "newrelic.com",
    "nr-data.net",
    "olark.com",
    "onesignal.com",
    "onetrust.com",
    "openpanel.dev",
    "optimizely.com",
    "osano.com",
    "outbrain.com",
    "paddle.com",
    "parsely.com",
    "paypal.com",
    "paypalobjects.com",
    "paystack.co",
    "pendo.io",
    "pinimg.com",
    "pinterest.com",
    "pirsch.io",
    "piwik.pro",
    "plaid.com",
    "plausible.io",
    "plot.ly",
    "polyfill.io",
    "posthog.com",
    "pusher.com",
    "quantserve.com",
    "quilljs.com",
    "razorpay.com",
    "recaptcha.net",
    "redditstatic.com",
    "rollbar.com",
    "rudderlabs.com",
    "rybbit.io",
    "sc-static.net",
    "scorecardresearch.com",
    "segment.com",
    "segment.io",
    "sentry-cdn.com",
    "simpleanalytics.com",
    "simpleanalyticscdn.com",
    "skypack.dev",
    "smartlook.com",
    "splitbee.io",
    "squarecdn.com",
    "statcounter.com",
    "staticfile.org",
    "stripe.com",
    "swetrix.org",
    "taboola.com",
    "tawk.to",
    "termly.io",
    "tidio.co",
    "tiktok.com",
    "tiny.cloud",
    "trustarc.com",
    "trustpilot.com",
    "twitter.com",
    "typeform.com",
    "typekit.net",
    "umami.is",
    "unpkg.com",
    "usefathom.com",
    "usemessages.com",
    "usercentrics.eu",
    "userpilot.io",
    "userway.org",
    "vercel-scripts.com",
    "vimeo.com",
    "visualwebsiteoptimizer.com",
    "wistia.com",
    "wistia.net",
    "withcabin.com",
    "youtube.com",
    "zdassets.com",
    "zgo.at",
    "zopim.com",
];

/// The scripts that were not asked for.
#[derive(Default)]
pub struct Foreign {
    /// Those on other hosts of the same site.
    own: Vec<Url>,
    /// Those that are likely to be the site's own all the same.
    likely: Vec<Url>,
    /// Those of which nothing is known.
    others: Vec<Url>,
    third_parties: Vec<Url>,
}

impl Foreign {
    /// Takes in one; `module` is whether it is loaded as a module.
    pub fn add(&mut self, page: &Url, url: Url, module: bool, served: &mut Served) {
        if [&self.own, &self.likely, &self.others, &self.third_parties].iter().any(|known| known.contains(&url)) {
            return;
        }
        served.not_read.push(("scripts from other hosts", shown(&url)));
        if registered(page) == registered(&url) {
            self.own.push(url);
        } else if is_third_party(&url) {
            self.third_parties.push(url);
        } else if module || is_built(&url) {
            self.likely.push(url);
        } else {
            self.others.push(url);
        }
    }

    /// Says that code of the site's own was not read. `alone` is whether the site has no script beside them.
    pub fn note(mut self, alone: bool, served: &mut Served) {
        if alone {
            self.likely.append(&mut self.others);
        }
        let why = match (self.own.first(), self.likely.first()) {
            (Some(first), _) => {
                format!("{} is on another host and was not read: give its address with --url", shown(first))
            }
            (None, Some(first)) => format!(
                "{} is on another host and was not read: it belongs to somebody else, or is your own; if it is yours, give its address with --url",
                shown(first)
            ),
            (None, None) => return,
        };
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
        let words = |url| whys(&[("https://d1x.example.net/app.js", true), (url, false)], false).remove(0);
        assert!(words("https://d1x.example.net/a.js").contains("somebody else, or is your own; if it is yours"));
        let sure = words("https://static.example.com/app.js");
        assert!(
            sure.starts_with("https://static.example.com/app.js is on another host and was not read: give"),
            "{sure}"
        );
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
            ("https://cdn.tailwindcss.com/", false),
            ("https://va.vercel-scripts.com/v1/script.js", false),
            ("https://analytics.ahrefs.com/analytics.js", false),
            ("https://scripts.simpleanalyticscdn.com/latest.js", false),
            ("https://cloud.umami.is/script.js", false),
            ("https://gc.zgo.at/count.js", false),
            ("https://us-assets.i.posthog.com/static/array.js", false),
        ] {
            assert_eq!(whys(&[(url, module)], true), [""; 0], "{url}");
        }
        assert!(!is_third_party(&Url::parse("https://notstripe.com/").unwrap()));
        // What people rent to serve their own files from is theirs.
        for url in [
            "https://d1x.cloudfront.net/a.js",
            "https://storage.googleapis.com/shop/a.js",
            "https://tailwindcss.com/a.js",
        ] {
            assert!(!is_third_party(&Url::parse(url).unwrap()), "{url}");
        }
        assert!(THIRD_PARTIES.is_sorted_by(|one, next| one < next));
    }
}
