//! What was read, free of any file format.

use super::cookies::CookiePlace;
use super::front::Front;
use crate::model::{Location, Span};

/// A header that every page should carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Header {
    /// `Strict-Transport-Security`.
    Hsts,
    /// `X-Content-Type-Options`.
    Nosniff,
    /// `X-Frame-Options`, or `frame-ancestors`.
    Framing,
    /// `Content-Security-Policy`.
    Csp,
    /// `Referrer-Policy`.
    Referrer,
    /// `Permissions-Policy`.
    Permissions,
}

impl Header {
    /// All of them, in the order to show.
    pub const ALL: [Self; 6] = [Self::Hsts, Self::Nosniff, Self::Framing, Self::Csp, Self::Referrer, Self::Permissions];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hsts => "Strict-Transport-Security",
            Self::Nosniff => "X-Content-Type-Options",
            Self::Framing => "X-Frame-Options",
            Self::Csp => "Content-Security-Policy",
            Self::Referrer => "Referrer-Policy",
            Self::Permissions => "Permissions-Policy",
        }
    }

    /// The header of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|header| header.name().eq_ignore_ascii_case(name))
    }

    /// What to paste. A policy for scripts is put on trial first, since one that is not made for the app breaks it; the
    /// others break nothing that works today.
    #[must_use]
    pub const fn pasted(self) -> (&'static str, &'static str) {
        match self {
            // Without includeSubDomains: that is safe only once every subdomain speaks HTTPS.
            Self::Hsts => ("Strict-Transport-Security", "max-age=63072000"),
            Self::Nosniff => ("X-Content-Type-Options", "nosniff"),
            Self::Framing => ("X-Frame-Options", "SAMEORIGIN"),
            Self::Csp => (
                REPORT_ONLY,
                "default-src 'self'; script-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'self'",
            ),
            Self::Referrer => ("Referrer-Policy", "strict-origin-when-cross-origin"),
            Self::Permissions => ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
        }
    }
}

/// A policy on trial.
pub const REPORT_ONLY: &str = "Content-Security-Policy-Report-Only";

/// What sets a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// `vercel.json`.
    Vercel,
    /// `netlify.toml`.
    Netlify,
    /// `_headers` of Netlify and Cloudflare Pages.
    HeadersFile,
    /// `firebase.json`.
    Firebase,
    /// nginx.
    Nginx,
    /// Caddy.
    Caddy,
    /// Apache.
    Apache,
    /// `next.config`.
    Next,
    /// `nuxt.config`.
    Nuxt,
    /// SvelteKit's server hooks.
    SvelteKit,
    /// Express.
    Express,
    /// Fastify.
    Fastify,
    /// Koa.
    Koa,
    /// Django.
    Django,
    /// Flask.
    Flask,
    /// FastAPI and Starlette.
    FastApi,
    /// Rails.
    Rails,
    /// Laravel.
    Laravel,
    /// Spring.
    Spring,
    /// The head of a page.
    Page,
    /// Code of a kind that is not known better.
    Code,
}

impl Layer {
    /// For people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Vercel => "Vercel",
            Self::Netlify => "Netlify",
            Self::HeadersFile => "the host's `_headers` file",
            Self::Firebase => "Firebase Hosting",
            Self::Nginx => "nginx",
            Self::Caddy => "Caddy",
            Self::Apache => "Apache",
            Self::Next => "Next.js",
            Self::Nuxt => "Nuxt",
            Self::SvelteKit => "SvelteKit",
            Self::Express => "Express",
            Self::Fastify => "Fastify",
            Self::Koa => "Koa",
            Self::Django => "Django",
            Self::Flask => "Flask",
            Self::FastApi => "FastAPI",
            Self::Rails => "Rails",
            Self::Laravel => "Laravel",
            Self::Spring => "Spring",
            Self::Page => "the page itself",
            Self::Code => "code",
        }
    }
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Relative path with `/`.
    pub path: String,
    /// From 1.
    pub line: u32,
}

impl Place {
    /// That line of that file.
    pub fn new(path: &str, line: u32) -> Self {
        Self { path: path.to_owned(), line: line.max(1) }
    }

    /// For findings.
    #[must_use]
    pub fn location(&self) -> Location {
        Location::File { path: self.path.clone(), span: Some(Span::line(self.line)) }
    }
}

/// A value, as far as reading alone can tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// This text.
    Known(String),
    /// Something that only a run would tell.
    Dynamic,
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::Known(text.to_owned())
    }
}

/// For which answers a header is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// The whole site.
    Site,
    /// Some paths only.
    Path(String),
    /// Not to be told by reading.
    Unclear,
}

/// A header that a file sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderSetting {
    /// As written.
    pub name: String,
    /// Its value.
    pub value: Text,
    /// Where; `None` where the layer does so by itself.
    pub place: Option<Place>,
    /// For which answers.
    pub scope: Scope,
    /// What sets it.
    pub layer: Layer,
}

impl HeaderSetting {
    /// A header of the whole site.
    pub fn site(layer: Layer, place: impl Into<Option<Place>>, name: &str, value: impl Into<Text>) -> Self {
        Self { name: name.to_owned(), value: value.into(), place: place.into(), scope: Scope::Site, layer }
    }

    /// For these answers.
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }
}

/// Something that weakens what a file sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// One sentence without a full stop.
    pub message: String,
    /// What to do, in a sentence.
    pub fix: String,
    /// Whether users are likely to be harmed by it.
    pub grave: bool,
    /// Whether it is about headers, or about how the server is run otherwise.
    pub about_headers: bool,
}

/// Lines to paste.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    /// The file, which may not exist yet.
    pub path: String,
    /// Where in it, as a phrase: `inside the server block of line 3`.
    pub at: String,
    /// The lines.
    pub text: String,
    /// The line beside which they belong, where the file exists.
    pub line: Option<u32>,
}

/// Everything that was read.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The headers, those of the layer that visitors meet first standing first.
    pub headers: Vec<HeaderSetting>,
    /// What weakens them.
    pub faults: Vec<Fault>,
    /// Headers of which something is said that reading does not understand; `None` is all of them. With the reason.
    pub unclear: Vec<(Option<Header>, String)>,
    /// Where cookies get their flags.
    pub cookies: Vec<CookiePlace>,
    /// What can send headers to visitors, the foremost first.
    pub fronts: Vec<Front>,
}

impl Settings {
    /// Every setting of one header, the policy on trial not counted.
    pub fn of(&self, header: Header) -> impl Iterator<Item = &HeaderSetting> {
        self.headers.iter().filter(move |set| Header::named(&set.name) == Some(header))
    }

    /// Where a header of this name is set, or where it should be.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<Location> {
        let set = self.headers.iter().filter(|set| set.name.eq_ignore_ascii_case(name));
        let mut places = set.filter(|set| set.scope == Scope::Site).filter_map(|set| set.place.as_ref());
        places.next().map(Place::location).or_else(|| self.fronts.first().map(Front::location))
    }
}
