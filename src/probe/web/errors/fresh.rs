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

const FRESH: [Fresh; 30] = [
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
    fresh("SvelteKit", 300, &["Welcome to SvelteKit", "svelte.dev/docs/kit"]),
    fresh("Astro", 600, &["To get started, open the", "astro.build"]),
    fresh("Remix", 500, &["<title>New Remix App</title>", "remix.run"]),
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
const LONGEST_HEADLINE: usize = 200;
const MOST_HEADLINES: usize = 6;
/// A page that scripts draw shows less than that before they run.
const SHOWN: usize = 20;

/// Titles that templates come with and people forget (`create-vite`, Create React App), or that assistants put in.
const TITLES: [&str; 16] = [
    "Lovable App",
    "v0 App",
    "vite_react_shadcn_ts",
    "Create Next App",
    "New Remix App",
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
    let notice = notice(text).filter(|_| !leads_on(text))?;
    Some(("says that it is not there yet, or not just now".to_owned(), notice))
}

/// What may be such a notice, over a page that leads on to others: so is an app's that has it for a name.
pub fn perhaps_notice(text: &str) -> Option<String> {
    notice(text).filter(|_| leads_on(text))
}

/// The headline of a page that says little else.
fn notice(text: &str) -> Option<String> {
    let length = seen(text);
    // An app that scripts draw shows nothing itself, and may be called so.
    let is_drawn = length < SHOWN && text.contains("<script");
    let is_told = |headline: &Headline| !(is_drawn && headline.is_title) && is_notice(headline, leads_on(text));
    headlines(text).into_iter().find(|headline| length <= LONGEST_NOTICE && is_told(headline)).map(|found| found.text)
}

/// Whether a page has a form, or a link to another page of its own.
fn leads_on(text: &str) -> bool {
    static LINK: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"(?i)<form\b|<a\s[^>]*\bhref\s*=\s*["']?(?:/[a-z0-9]|\./|[a-z0-9_-]+(?:[/"'>\s]|\.html))"#).ok()
    });
    LINK.as_ref().is_some_and(|link| link.is_match(text))
}

/// Whether a page shows nothing by itself: no words, but for those to people without scripts, and nothing to look at.
pub fn is_shell(page: &[u8]) -> bool {
    static SHOWS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)<(?:h[1-6]|p|a|img|picture|canvas|iframe|svg|video|table|ul|ol|form|input|button)[\s/>]").ok()
    });
    static UNSEEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?is)<noscript\b.*?</noscript|<script\b.*?</script|<style\b.*?</style|<!--.*?-->").ok()
    });
    let (Some(shows), Some(unseen)) = (SHOWS.as_ref(), UNSEEN.as_ref()) else { return false };
    let text = String::from_utf8_lossy(page);
    seen(&text) < SHOWN && !shows.is_match(&unseen.replace_all(&text, ""))
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

/// The title and the headlines: of the first level, or of the second where there are none.
fn headlines(text: &str) -> Vec<Headline> {
    static HEADLINE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?is)<(title|h1|h2)(?:\s[^>]*)?>(.*?)</(?:title|h1|h2)").ok());
    static TAG: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"<[^>]*>").ok());
    let (Some(headline), Some(tag)) = (HEADLINE.as_ref(), TAG.as_ref()) else { return Vec::new() };
    let found = headline.captures_iter(text).take(MOST_HEADLINES);
    let found: Vec<(&str, &str)> =
        found.filter_map(|found| Some((found.get(1)?.as_str(), found.get(2)?.as_str()))).collect();
    let has_first = found.iter().any(|(name, _)| name.eq_ignore_ascii_case("h1"));
    let counts = |name: &str| !has_first || !name.eq_ignore_ascii_case("h2");
    let read = |(name, text): (&str, &str)| Headline {
        is_title: name.eq_ignore_ascii_case("title"),
        text: tag.replace_all(text, " ").split_whitespace().collect::<Vec<_>>().join(" "),
    };
    let short = |headline: &Headline| headline.text.chars().count() <= LONGEST_HEADLINE;
    found.into_iter().filter(|(name, _)| counts(name)).map(read).filter(short).collect()
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
            ("<title>Shop</title><h1>We are currently<br>under maintenance</h1><p>Sorry", "not there yet"),
            ("<title>Shop</title><h1><span>Coming <em>soon</em></span></h1>", "not there yet"),
            ("<title>Shop</title><h2>Under maintenance</h2><a href='mailto:a@example.com'>Ask</a>", "not there yet"),
            ("<title>Down for maintenance</title><p>Back at 5.", "not there yet"),
            ("<div><h1>Welcome to SvelteKit</h1><p>Visit <a href=https://svelte.dev/docs/kit>", "SvelteKit"),
        ] {
            let what = instead_of_app(text).map(|(what, _)| what);
            assert!(what.as_ref().is_some_and(|what| what.contains(told)), "{told}: {what:?}");
            // A page that tells of such a page, or has one of these words, has more to say.
            assert_eq!(instead_of_app(&format!("{text}{}", LONG.repeat(200))), None, "{text}");
        }
        for text in [
            "<title>Smith Building Maintenance</title><h1>Smith Building Maintenance</h1>",
            "<title>Shop</title><h1>Tea</h1><p>New teas are coming soon, and more are under construction",
            "<title>Maintenance</title><div id=root></div><script src=/a.js></script>",
            "<title>Be Right Back - a status app for streamers</title><noscript>You need to enable JavaScript to run this app.</noscript><div id=root></div><script src=/a.js></script>",
            "<title>Maintenance mode</title><h1>Maintenance mode for your shop</h1><a href=/signup>Start free</a>",
            "<title>Smith</title><h1>Maintenance</h1><p>We look after your house.</p><a href=/book>Book us</a>",
            "<title>How to set up Apache</title><p>You see Apache2 Ubuntu Default Page: It works!</p>",
            "<title>Express delivery</title><h1>Welcome to Express delivery</h1>",
        ] {
            assert_eq!(instead_of_app(text), None, "{text}");
        }
    }

    #[test]
    fn a_notice_that_leads_on_may_be_a_name() {
        let app =
            "<title>Be Right Back</title><h1>Be Right Back</h1><p>For streamers.</p><a href=\"/signup\">Sign up</a>";
        assert_eq!(perhaps_notice(app).as_deref(), Some("Be Right Back"));
        for text in ["<h1>Be right back</h1><a href=https://status.example.com>", "<h1>Tea</h1><a href=/a>"] {
            assert_eq!(perhaps_notice(text), None, "{text}");
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
