//! Pages that stand where an app should be: those that servers and frameworks come with, installers, parked names, notices.

use std::sync::LazyLock;

use regex::Regex;

use super::quote::seen;

/// A page that comes with something: all texts are in it, and a reader sees no more letters than that, since tutorials quote such pages.
/// From the pages themselves.
struct Fresh {
    of: &'static str,
    marks: &'static [&'static str],
    most: usize,
}

const fn fresh(of: &'static str, most: usize, marks: &'static [&'static str]) -> Fresh {
    Fresh { of, marks, most }
}

const FRESH: [Fresh; 27] = [
    fresh("nginx", 1500, &["<title>Welcome to nginx!</title>"]),
    fresh("OpenResty", 1500, &["<title>Welcome to OpenResty!</title>"]),
    fresh("Apache", 6000, &["<title>Apache2 ", "Default Page: It works"]),
    fresh("Apache", 100, &["<html><body><h1>It works!</h1></body></html>"]),
    fresh("Apache or nginx", 4000, &["<title>Test Page for the "]),
    fresh("Caddy", 3000, &["<title>Caddy works!</title>"]),
    fresh("IIS", 1000, &["<title>IIS Windows", "iisstart"]),
    fresh("Tomcat", 4000, &["<title>Apache Tomcat", "If you're seeing this, you've successfully installed Tomcat"]),
    fresh("Plesk", 3000, &["<title>Web Server's Default Page</title>"]),
    fresh("Django", 1000, &["The install worked successfully! Congratulations!"]),
    fresh("Rails", 1000, &["<title>Ruby on Rails ", "Rails version:"]),
    fresh("Laravel", 3000, &["<title>Laravel</title>", "laravel.com/docs", "laracasts.com"]),
    fresh("Phoenix", 2000, &["Peace of mind from prototype to production", "phoenixframework.org"]),
    fresh("Express", 200, &["<title>Express</title>", "Welcome to Express"]),
    fresh("Next.js", 500, &["Get started by editing", "nextjs.org"]),
    fresh("Next.js", 500, &["To get started, edit the", "nextjs.org"]),
    fresh("Nuxt", 2000, &["<title>Welcome to Nuxt!</title>"]),
    fresh("Vite", 500, &["and save to test HMR"]),
    fresh("Create React App", 300, &["and save to reload.", "Learn React"]),
    fresh("Heroku", 2000, &["<title>Heroku | Welcome to your new app!</title>"]),
    fresh("Azure", 2000, &["<title>Microsoft Azure App Service - Welcome</title>"]),
    fresh("Firebase", 2000, &["<title>Welcome to Firebase Hosting</title>"]),
    fresh(
        "WordPress",
        1500,
        &["Welcome to WordPress. This is your first post. Edit or delete it, then start writing!"],
    ),
    fresh(INSTALLER, 5000, &["wp-core-ui language-chooser"]),
    fresh(INSTALLER, 5000, &["wp-core-ui", "install.php?step="]),
    fresh(INSTALLER, 5000, &["wp-core-ui", "setup-config.php?step="]),
    fresh(INSTALLER, 5000, &["wp-core-ui", "<title>WordPress &rsaquo; Installation</title>"]),
];
const INSTALLER: &str = "the installer of WordPress";

/// What companies that park or sell names write, in lower case, on pages that say little else.
const PARKED: [&str; 11] = [
    "sedoparking.com",
    "parkingcrew.net",
    "window.location.href=\"/lander\"",
    "parked domain name on hostinger",
    "parked free, courtesy of godaddy",
    "future home of something quite cool",
    "| hugedomains</title>",
    "this domain is parked",
    "this domain is for sale",
    "this domain name is for sale",
    "this domain may be for sale",
];
const LONGEST_PARKED: usize = 800;

/// What a title or headline says where there is no app for now; in lower case.
const AWAY: [&str; 8] = [
    "be back soon",
    "be right back",
    "back shortly",
    "under maintenance",
    "undergoing maintenance",
    "down for maintenance",
    "maintenance mode",
    "unavailable for scheduled maintenance",
];
/// Whole headlines that say so.
const NOT_YET: [&str; 5] =
    ["coming soon", "under construction", "maintenance", "site maintenance", "scheduled maintenance"];
const LONGEST_NOTICE: usize = 400;
/// A page that scripts draw shows less than that before they run.
const SHOWN: usize = 20;

/// Titles that templates come with and people forget (`create-vite`, Create React App).
const TITLES: [&str; 11] = [
    "Vite + React",
    "Vite + React + TS",
    "Vite + Vue",
    "Vite + Vue + TS",
    "Vite + Svelte",
    "Vite + Svelte + TS",
    "Vite + Preact",
    "Vite + Solid",
    "Vite + TS",
    "Vite App",
    "React App",
];
/// With the words of `<noscript>`.
const LONGEST_SHELL: usize = 120;

/// What a page is in place of an app, in words after the host's name, and its telling part.
pub fn instead_of_app(text: &str) -> Option<(String, String)> {
    let length = seen(text);
    let fresh = FRESH.iter().find(|row| length <= row.most && row.marks.iter().all(|mark| text.contains(mark)));
    if let Some(row) = fresh {
        let what = if row.of == INSTALLER {
            format!("shows {INSTALLER}, with which whoever comes first can make the site their own")
        } else {
            format!("shows the page that {} comes with, and not an app", row.of)
        };
        return Some((what, String::new()));
    }
    if length <= LONGEST_PARKED {
        let lower = text.to_ascii_lowercase();
        if let Some(mark) = PARKED.iter().find(|mark| lower.contains(**mark)) {
            return Some(("shows the page of a parked name, and not an app".to_owned(), (*mark).to_owned()));
        }
    }
    // An app that scripts draw shows nothing itself, and may be called so; one that leads on is there.
    let leads_on = ["<a ", "<form"].iter().any(|tag| text.contains(tag));
    let is_told = |headline: &Headline| {
        length <= LONGEST_NOTICE && (length >= SHOWN || !headline.is_title) && is_notice(headline, leads_on)
    };
    let notice = headlines(text).into_iter().find(is_told)?.text;
    Some(("says that it is not there yet, or not just now".to_owned(), notice))
}

/// The title that a page has from its template, where nothing in the page itself shows an app.
pub fn title_of_template(text: &str) -> Option<&'static str> {
    let title = headlines(text).into_iter().find(|headline| headline.is_title)?.text;
    TITLES.into_iter().find(|known| *known == title).filter(|_| seen(text) <= LONGEST_SHELL)
}

fn is_notice(headline: &Headline, leads_on: bool) -> bool {
    let text = headline.text.to_lowercase();
    let words = text.trim_matches(|c: char| !c.is_alphanumeric());
    // An app can be called "Maintenance".
    let is_name = leads_on && words == "maintenance";
    AWAY.iter().any(|phrase| text.contains(phrase)) || !headline.is_title && !is_name && NOT_YET.contains(&words)
}

struct Headline {
    is_title: bool,
    text: String,
}

fn headlines(text: &str) -> Vec<Headline> {
    static HEADLINE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?is)<(title|h1)(?:\s[^>]*)?>([^<]{1,200})</(?:title|h1)").ok());
    let Some(headline) = HEADLINE.as_ref() else { return Vec::new() };
    let found = headline.captures_iter(text).take(4).filter_map(|found| Some((found.get(1)?, found.get(2)?)));
    found
        .map(|(tag, text)| Headline {
            is_title: tag.as_str().eq_ignore_ascii_case("title"),
            text: text.as_str().split_whitespace().collect::<Vec<_>>().join(" "),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "<p>Tea is a fine drink that we sell to everybody. ";

    #[test]
    fn what_is_there_in_place_of_an_app_is_told() {
        for (text, told) in [
            ("<title>Express</title><h1>Express</h1><p>Welcome to Express</p>", "Express comes with"),
            (
                "<html><body class=\"wp-core-ui language-chooser\"><form id=\"setup\" method=\"post\" action=\"?step=1\">",
                "the installer of WordPress",
            ),
            (
                "<title>Laravel</title><a href=\"https://laravel.com/docs\">Docs</a><a href=\"https://laracasts.com\">Laracasts</a>",
                "Laravel comes with",
            ),
            (
                "<main><ol><li>Get started by editing <code>app/page.tsx</code>.</li></ol><a href=https://nextjs.org/docs>",
                "Next.js",
            ),
            (
                "<html><head><script>window.onload=function(){window.location.href=\"/lander\"}</script></head></html>",
                "a parked name",
            ),
            ("<title>tea.example</title><h1>tea.example</h1><p>This domain is for sale!", "a parked name"),
            (
                "<title>Shop</title><h1>We&rsquo;ll be back soon!</h1><p>Sorry, we are performing maintenance.",
                "not there yet",
            ),
            ("<title>Shop</title><h1 class=x>Coming soon…</h1>", "not there yet"),
        ] {
            let what = instead_of_app(text).map(|(what, _)| what);
            assert!(what.as_ref().is_some_and(|what| what.contains(told)), "{told}: {what:?}");
            // A page that tells of such a page, or has one of these words, has more to say.
            assert_eq!(instead_of_app(&format!("{text}{}", LONG.repeat(200))), None, "{text}");
        }
        for text in [
            "<title>Smith Building Maintenance</title><h1>Smith Building Maintenance</h1>",
            "<title>Shop</title><h1>Tea</h1><p>New teas are coming soon, and more are under construction",
            "<title>Maintenance</title><div id=root></div>",
            "<title>Be Right Back - a status app for streamers</title><div id=root></div>",
            "<title>Smith</title><h1>Maintenance</h1><p>We look after your house.</p><a href=/book>Book us</a>",
            "<title>How to set up Apache</title><p>You see Apache2 Ubuntu Default Page: It works!</p>",
            "<title>Express delivery</title><h1>Welcome to Express delivery</h1>",
        ] {
            assert_eq!(instead_of_app(text), None, "{text}");
        }
    }

    #[test]
    fn a_title_of_a_template_over_nothing_is_known() {
        let shell = "<title>Vite + React</title><div id=\"root\"></div><script type=module src=/assets/i.js></script>";
        assert_eq!(title_of_template(shell), Some("Vite + React"));
        assert_eq!(title_of_template("<title>Corner shop</title><div id=root></div>"), None);
        assert_eq!(title_of_template(&format!("{shell}{}", LONG.repeat(4))), None);
    }
}
