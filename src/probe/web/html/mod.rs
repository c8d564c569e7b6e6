//! What a page says about itself and what it loads, read in one bounded pass over its markup. No tree is built and nothing
//! is run: what scripts add later is not seen.

mod reader;

use url::Url;

/// One script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    /// Where it comes from, as written; `None` for one that stands in the page.
    pub src: Option<String>,
    /// Its `integrity`, if that is not empty.
    pub integrity: Option<String>,
    /// Its `crossorigin`; an empty string where it has no value.
    pub crossorigin: Option<String>,
    /// Whether the code stands in the page.
    pub inline: bool,
    /// Whether it is a module.
    pub module: bool,
}

/// A `<link>`: a stylesheet, an icon, a manifest, a canonical address and so on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    /// What it is, in lower case: `stylesheet`, `shortcut icon`.
    pub rel: String,
    /// Where it leads, as written.
    pub href: String,
    /// Its `integrity`, if that is not empty.
    pub integrity: Option<String>,
}

impl Link {
    /// Whether one of the words of `rel` is this one.
    pub fn is(&self, rel: &str) -> bool {
        self.rel.split_ascii_whitespace().any(|word| word == rel)
    }
}

/// An `<a>`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Anchor {
    /// Where it leads, as written.
    pub href: String,
    /// What people read, blanks squeezed and cut off after [`MOST_TEXT`] characters; without a text its `aria-label` or
    /// `title`, or the `alt` of the picture in it.
    pub text: String,
}

/// A form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    /// Where it is sent, as written; empty for the page's own address.
    pub action: String,
    /// `get`, `post` or `dialog`, in lower case.
    pub method: String,
    /// Whether it asks for a password.
    pub password: bool,
}

/// Something that a page shows in itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `<img>`, `<input type=image>`, `<source srcset>`.
    Image,
    /// `<audio>`, `<video>`, `<source src>`, `<track>`.
    Media,
    /// `<iframe>`, `<frame>`.
    Frame,
    /// `<object>`, `<embed>`.
    Object,
}

/// One of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedded {
    /// What.
    pub kind: Kind,
    /// Where it comes from, as written.
    pub src: String,
}

/// A page as its markup has it. Every list keeps the order of the page and ends after [`MOST_ITEMS`]; every string ends
/// after [`MOST_CHARS`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// Whether it is HTML at all: it has a doctype of `html` or at least one element of HTML.
    pub is_html: bool,
    /// Whether it is no text at all, though it may be said to be a page: not HTML, and with a zero byte in it.
    pub binary: bool,
    /// The text of the first `<title>`.
    pub title: Option<String>,
    /// `<meta name=generator>`.
    pub generator: Option<String>,
    /// The contents of `<meta http-equiv=Content-Security-Policy>` in the head; elsewhere browsers ignore them.
    pub policies: Vec<String>,
    /// The contents of `<meta name=referrer>`.
    pub referrer: Vec<String>,
    /// The first `<base href>`.
    pub base: Option<String>,
    /// Every script that a browser would run; not JSON and other data in `<script>`.
    pub scripts: Vec<Script>,
    /// Every `<link>` with an address.
    pub links: Vec<Link>,
    /// Every `<a>` with an address.
    pub anchors: Vec<Anchor>,
    /// Every form.
    pub forms: Vec<Form>,
    /// Pictures, media, frames and objects with an address.
    pub embedded: Vec<Embedded>,
    /// How many `<img>` there are, with an address or not.
    pub images: usize,
    /// Whether a list above ended early or the page was longer than [`MOST_BYTES`], so that what is missing may be there.
    pub cut: bool,
}

/// So much of a page is read. It is what the client unpacks at most.
pub const MOST_BYTES: usize = 8 * 1024 * 1024;
/// So many items are kept of each list.
pub const MOST_ITEMS: usize = 1000;
/// So many characters are kept of an address or another attribute.
pub const MOST_CHARS: usize = 16 * 1024;
/// So many characters are kept of a text for people.
pub const MOST_TEXT: usize = 200;

/// Reads a page. Never fails: what is no HTML gives a document in which `is_html` is false.
pub fn read(bytes: &[u8]) -> Document {
    reader::read(bytes)
}

impl Document {
    /// Where an address of this page leads, when the page itself is at `page`. `None` for one that is no address.
    pub fn resolve(&self, page: &Url, written: &str) -> Option<Url> {
        let base = self.base.as_deref().and_then(|base| page.join(base).ok());
        base.as_ref().unwrap_or(page).join(written.trim()).ok()
    }

    /// The stylesheets among the links.
    pub fn stylesheets(&self) -> impl Iterator<Item = &Link> {
        self.links.iter().filter(|link| link.is("stylesheet"))
    }
}
