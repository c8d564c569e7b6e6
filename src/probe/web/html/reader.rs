//! The pass over the tokens of a page (HTML Standard, section 13.2.5).

use std::borrow::Cow;

use html5gum::{DefaultEmitter, Emitter, EndTag, Error, ForwardingEmitter, StartTag, Token, Tokenizer};

use super::{Anchor, Document, Embedded, Form, Kind, Link, MOST_BYTES, MOST_CHARS, MOST_ITEMS, MOST_TEXT, Script};

/// Reads a page.
pub fn read(bytes: &[u8]) -> Document {
    let cut = bytes.len() > MOST_BYTES;
    let bytes = bytes.get(..bytes.len().min(MOST_BYTES)).unwrap_or_default();
    let decoded = utf16(bytes);
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut reader = Reader { document: Document { cut, ..Document::default() }, ..Reader::default() };
    let input = decoded.as_deref().map_or(bytes, str::as_bytes);
    // What browsers drop from the text of a page; millions of them would be millions of steps.
    let text: Cow<'_, [u8]> = match input.contains(&0) {
        true => input.iter().copied().filter(|byte| *byte != 0).collect(),
        false => Cow::Borrowed(input),
    };
    for token in Tokenizer::new_with_emitter(&*text, Quiet(emitter)).flatten() {
        match token {
            Token::Doctype(doctype) => reader.document.is_html |= doctype.name.eq_ignore_ascii_case(b"html"),
            Token::StartTag(tag) => reader.start(&tag),
            Token::EndTag(tag) => reader.end(&tag),
            Token::String(text) => reader.text(&text),
            _ => {}
        }
    }
    reader.close_anchor();
    reader.document.binary = !reader.document.is_html && input.contains(&0);
    reader.document
}

/// Says nothing about errors: a page of control characters has one for each of them, and all would be kept at once.
struct Quiet(DefaultEmitter);

impl ForwardingEmitter for Quiet {
    type Token = Token;

    fn inner(&mut self) -> &mut impl Emitter<Token = Self::Token> {
        &mut self.0
    }

    fn emit_error(&mut self, _: Error) {}

    fn should_emit_errors(&mut self) -> bool {
        false
    }
}

/// A page in UTF-16, known from its byte order mark, as text.
fn utf16(bytes: &[u8]) -> Option<String> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return None,
    };
    let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().skip(1).map(|pair| unit(*pair)).collect();
    Some(String::from_utf16_lossy(&units))
}

/// Elements that a head may hold; any other one opens the body (HTML Standard, section 13.2.6.4.4).
const IN_HEAD: [&[u8]; 14] = [
    b"html",
    b"head",
    b"meta",
    b"title",
    b"link",
    b"script",
    b"style",
    b"base",
    b"noscript",
    b"template",
    b"basefont",
    b"bgsound",
    b"noframes",
    b"noframe",
];
/// Elements that only HTML has, so that XML or a text with angle brackets is not taken for a page.
const OF_HTML: [&[u8]; 21] = [
    b"html", b"head", b"body", b"meta", b"script", b"style", b"div", b"span", b"p", b"a", b"img", b"form", b"input",
    b"table", b"ul", b"ol", b"h1", b"h2", b"br", b"main", b"iframe",
];

/// The text of these elements is not for people, or belongs to the element alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    Title,
    Raw,
}

#[derive(Debug, Default)]
struct Reader {
    document: Document,
    in_body: bool,
    inside: Option<Inside>,
    /// Open `<template>`s: what is in them is not part of the page.
    templates: usize,
    /// Open `<svg>`s: their titles are not the page's.
    drawings: usize,
    /// The link that is open, and what names it without a text.
    anchor: Option<(Anchor, String)>,
}

impl Reader {
    fn start(&mut self, tag: &StartTag<()>) {
        let name: &[u8] = &tag.name;
        self.document.is_html |= OF_HTML.contains(&name);
        match name {
            b"title" => self.inside = Some(Inside::Title),
            b"script" | b"style" | b"noscript" | b"xmp" | b"noembed" | b"noframe" | b"iframe" | b"textarea" => {
                self.inside = Some(Inside::Raw);
            }
            b"template" => self.templates += 1,
            b"svg" if !tag.self_closing => self.drawings += 1,
            _ => {}
        }
        if self.templates > 0 {
            return;
        }
        self.in_body |= !IN_HEAD.contains(&name);
        match name {
            b"meta" => self.meta(tag),
            b"base" => {
                if self.document.base.is_none() {
                    self.document.base = attribute(tag, "href");
                }
            }
            b"script" => self.script(tag),
            b"link" => self.link(tag),
            b"a" | b"area" => self.open_anchor(tag),
            b"form" => self.form(tag),
            b"input" => self.input(tag),
            _ => self.embedded(tag),
        }
    }

    fn end(&mut self, tag: &EndTag<()>) {
        self.inside = None;
        match &**tag.name {
            b"template" => self.templates = self.templates.saturating_sub(1),
            b"svg" => self.drawings = self.drawings.saturating_sub(1),
            b"a" => self.close_anchor(),
            b"body" | b"html" => self.in_body = true,
            _ => {}
        }
    }

    fn text(&mut self, bytes: &[u8]) {
        match self.inside {
            Some(Inside::Raw) => {}
            Some(Inside::Title) => {
                if self.document.title.is_none() && self.drawings == 0 && self.templates == 0 {
                    self.document.title = Some(squeezed(&String::from_utf8_lossy(bytes)));
                }
            }
            None if self.templates > 0 => {}
            None => {
                self.in_body |= bytes.iter().any(|byte| !byte.is_ascii_whitespace());
                if let Some((anchor, _)) = &mut self.anchor
                    && anchor.text.len() < MOST_CHARS
                {
                    let start = bytes.get(..bytes.len().min(MOST_CHARS)).unwrap_or_default();
                    anchor.text.push_str(&String::from_utf8_lossy(start));
                    anchor.text.push(' ');
                }
            }
        }
    }

    fn meta(&mut self, tag: &StartTag<()>) {
        let Some(content) = attribute(tag, "content").filter(|content| !content.is_empty()) else { return };
        let is = |attribute_name: &str, value: &str| {
            attribute(tag, attribute_name).is_some_and(|found| found.eq_ignore_ascii_case(value))
        };
        let document = &mut self.document;
        if is("http-equiv", "content-security-policy") {
            if !self.in_body {
                keep(&mut document.policies, content, &mut document.cut);
            }
        } else if is("name", "referrer") {
            keep(&mut document.referrer, content, &mut document.cut);
        } else if is("name", "generator") && document.generator.is_none() {
            document.generator = Some(squeezed(&content));
        }
    }

    fn script(&mut self, tag: &StartTag<()>) {
        let kind = attribute(tag, "type").unwrap_or_default().to_ascii_lowercase();
        if !runs(&kind) {
            return;
        }
        // SVG names the address `href`.
        let src = attribute(tag, "src").or_else(|| {
            (self.drawings > 0).then(|| attribute(tag, "href").or_else(|| attribute(tag, "xlink:href"))).flatten()
        });
        let script = Script {
            inline: src.is_none(),
            src,
            integrity: attribute(tag, "integrity").filter(|value| !value.is_empty()),
            crossorigin: attribute(tag, "crossorigin"),
            module: kind == "module",
        };
        keep(&mut self.document.scripts, script, &mut self.document.cut);
    }

    fn link(&mut self, tag: &StartTag<()>) {
        let Some(href) = attribute(tag, "href").filter(|href| !href.is_empty()) else { return };
        let link = Link {
            rel: attribute(tag, "rel").unwrap_or_default().to_ascii_lowercase(),
            href,
            integrity: attribute(tag, "integrity").filter(|value| !value.is_empty()),
        };
        keep(&mut self.document.links, link, &mut self.document.cut);
    }

    fn open_anchor(&mut self, tag: &StartTag<()>) {
        self.close_anchor();
        let Some(href) = attribute(tag, "href") else { return };
        let named = ["aria-label", "title", "alt"].into_iter().find_map(|name| attribute(tag, name));
        self.anchor = Some((Anchor { href, text: String::new() }, named.unwrap_or_default()));
        if &**tag.name == b"area" {
            self.close_anchor();
        }
    }

    fn close_anchor(&mut self) {
        let Some((mut anchor, named)) = self.anchor.take() else { return };
        anchor.text = squeezed(&anchor.text);
        if anchor.text.is_empty() {
            anchor.text = squeezed(&named);
        }
        keep(&mut self.document.anchors, anchor, &mut self.document.cut);
    }

    fn form(&mut self, tag: &StartTag<()>) {
        let method = attribute(tag, "method").unwrap_or_default().to_ascii_lowercase();
        let form = Form {
            action: attribute(tag, "action").unwrap_or_default(),
            // Anything else is sent with GET.
            method: if matches!(method.as_str(), "post" | "dialog") { method } else { "get".to_owned() },
            password: false,
        };
        keep(&mut self.document.forms, form, &mut self.document.cut);
    }

    fn input(&mut self, tag: &StartTag<()>) {
        match attribute(tag, "type").unwrap_or_default().to_ascii_lowercase().as_str() {
            "password" => {
                if let Some(form) = self.document.forms.last_mut() {
                    form.password = true;
                }
            }
            "image" => self.show(Kind::Image, attribute(tag, "src")),
            _ => {}
        }
    }

    fn embedded(&mut self, tag: &StartTag<()>) {
        match &**tag.name {
            b"img" => {
                self.document.images += 1;
                if let Some((_, named)) = &mut self.anchor
                    && named.is_empty()
                {
                    *named = attribute(tag, "alt").unwrap_or_default();
                }
                self.show(Kind::Image, attribute(tag, "src"));
                self.show_all(attribute(tag, "srcset"));
            }
            b"source" => {
                self.show(Kind::Media, attribute(tag, "src"));
                self.show_all(attribute(tag, "srcset"));
            }
            b"audio" | b"video" | b"track" => {
                self.show(Kind::Media, attribute(tag, "src"));
                self.show(Kind::Image, attribute(tag, "poster"));
            }
            b"iframe" | b"frame" => self.show(Kind::Frame, attribute(tag, "src")),
            b"embed" => self.show(Kind::Object, attribute(tag, "src")),
            b"object" => self.show(Kind::Object, attribute(tag, "data")),
            _ => {}
        }
    }

    fn show(&mut self, kind: Kind, src: Option<String>) {
        let Some(src) = src.filter(|src| !src.is_empty()) else { return };
        keep(&mut self.document.embedded, Embedded { kind, src }, &mut self.document.cut);
    }

    /// The pictures of a `srcset`: addresses, each with a size behind it, parted by commas.
    fn show_all(&mut self, srcset: Option<String>) {
        for candidate in srcset.unwrap_or_default().split(", ").take(MOST_ITEMS) {
            self.show(Kind::Image, candidate.split_ascii_whitespace().next().map(str::to_owned));
        }
    }
}

/// Whether a `<script>` of this `type` is run (HTML Standard, section 4.12.1.1, and the JavaScript MIME types of the MIME
/// Sniffing Standard).
fn runs(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    matches!(kind, "" | "module" | "text/babel") || kind.contains("javascript") || kind.contains("ecmascript")
}

fn keep<T>(list: &mut Vec<T>, item: T, cut: &mut bool) {
    if list.len() < MOST_ITEMS {
        list.push(item);
    } else {
        *cut = true;
    }
}

/// An attribute without blanks around it.
fn attribute(tag: &StartTag<()>, name: &str) -> Option<String> {
    let value = tag.attributes.get(name.as_bytes())?;
    let text = String::from_utf8_lossy(value);
    Some(clipped(text.trim(), MOST_CHARS).to_owned())
}

fn clipped(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

fn squeezed(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().take(MOST_TEXT).collect();
    clipped(&words.join(" "), MOST_TEXT).to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::*;

    fn of(page: &str) -> Document {
        read(page.as_bytes())
    }

    #[test]
    fn policies_are_found_however_the_tag_is_written() {
        let found = of(r#"<!doctype html><head><!-- <meta http-equiv="Content-Security-Policy" content="no"> -->
            <script>"<meta name=referrer content=no>"</script><title> Tea &amp;
            pots </title>
            <META content="default-src &#39;self&#39;; img-src *" HTTP-EQUIV=Content-Security-Policy />
            <meta name='referrer' content='no-referrer'><meta name=referrer><meta name=Generator content="Maker 3.1"></head>
            <meta http-equiv=content-security-policy content="object-src 'none'">
            <body><meta http-equiv=content-security-policy content=late><title>no</title>"#);
        assert!(found.is_html && !found.cut);
        assert_eq!(found.policies, ["default-src 'self'; img-src *", "object-src 'none'"]);
        assert_eq!(found.referrer, ["no-referrer"]);
        assert_eq!(found.title.as_deref(), Some("Tea & pots"));
        assert_eq!(found.generator.as_deref(), Some("Maker 3.1"));
    }

    #[test]
    fn a_policy_after_text_or_an_element_of_the_body_is_too_late() {
        let policy = "<meta http-equiv=content-security-policy content=x>";
        for early in ["", "<link rel=icon href=/f>", "<noscript><img src=x></noscript>", " \n", "<style>a{}</style>"] {
            assert_eq!(of(&format!("{early}{policy}")).policies.len(), 1, "{early}");
        }
        for late in ["hello", "<p>", "<div></div>", "<template>", "</body>", "<img src=x>"] {
            assert_eq!(of(&format!("{late}{policy}")).policies.len(), 0, "{late}");
        }
    }

    #[test]
    fn what_a_page_loads_is_listed() {
        let found = of(r#"<base href=/shop/><script src=app.js integrity="sha384-x" crossorigin type=module></script>
            <script>inline()</script><script type="application/json">{}</script><script type=text/javascript src=' //cdn.example.com/a.js '></script>
            <link rel="Shortcut Icon" href=/f.ico><link rel=stylesheet href=a.css integrity=sha256-y><link rel=preload>
            <img src=a.png srcset="b.png 1x, http://pics.example.com/c.png 2x"><img alt=none>
            <video src=v.mp4 poster=p.png></video><iframe src=https://maps.example.com></iframe><object data=o.svg></object>"#);
        let scripts: Vec<_> = found.scripts.iter().map(|s| (s.src.as_deref(), s.inline, s.module)).collect();
        assert_eq!(
            scripts,
            [(Some("app.js"), false, true), (None, true, false), (Some("//cdn.example.com/a.js"), false, false)]
        );
        assert_eq!(found.scripts[0].integrity.as_deref(), Some("sha384-x"));
        assert_eq!(found.scripts[0].crossorigin.as_deref(), Some(""));
        assert!(found.links[0].is("icon") && found.links.len() == 2);
        assert_eq!(found.stylesheets().next().unwrap().integrity.as_deref(), Some("sha256-y"));
        let embedded: Vec<_> = found.embedded.iter().map(|e| (e.kind, e.src.as_str())).collect();
        assert_eq!(
            embedded,
            [
                (Kind::Image, "a.png"),
                (Kind::Image, "b.png"),
                (Kind::Image, "http://pics.example.com/c.png"),
                (Kind::Media, "v.mp4"),
                (Kind::Image, "p.png"),
                (Kind::Frame, "https://maps.example.com"),
                (Kind::Object, "o.svg"),
            ]
        );
        assert_eq!(found.images, 2);
        let page = Url::parse("https://shop.example.com/").unwrap();
        assert_eq!(found.resolve(&page, "app.js").unwrap().as_str(), "https://shop.example.com/shop/app.js");
        assert_eq!(found.resolve(&page, "//cdn.example.com/a.js").unwrap().as_str(), "https://cdn.example.com/a.js");
    }

    #[test]
    fn links_have_the_text_that_people_read_or_hear() {
        let found =
            of("<a href=/privacy>Privacy <b>policy</b></a><a href=/t aria-label=Terms><svg><title>x</title></svg></a>\
                        <a name=top>no</a><a href=/i><img alt=Imprint></a><a href=/open>Still open<p>yes");
        let anchors: Vec<_> = found.anchors.iter().map(|a| (a.href.as_str(), a.text.as_str())).collect();
        assert_eq!(
            anchors,
            [("/privacy", "Privacy policy"), ("/t", "Terms"), ("/i", "Imprint"), ("/open", "Still open yes")]
        );
        assert_eq!(found.title, None);
    }

    #[test]
    fn forms_say_where_they_go() {
        let found = of("<form action=/login method=POST><input type=Password></form><form method=put></form>");
        let forms: Vec<_> = found.forms.iter().map(|f| (f.action.as_str(), f.method.as_str(), f.password)).collect();
        assert_eq!(forms, [("/login", "post", true), ("", "get", false)]);
    }

    #[test]
    fn what_is_no_page_is_told_apart() {
        for text in
            ["", "hello", "{\"a\": \"<\"}", "<?xml version='1.0'?><rss><channel/></rss>", "\0\u{1}\u{2}", "a < b"]
        {
            assert!(!of(text).is_html, "{text}");
        }
        for page in ["<!doctype html>", "<html>", "<h1>Hello</h1", "<h1>Hello</h1>"] {
            assert!(of(page).is_html, "{page}");
        }
        let wide: Vec<u8> = "\u{feff}<script src=a>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&wide).scripts.len(), 1);
    }

    #[test]
    fn bytes_are_not_taken_for_a_text() {
        assert!(read(b"\x89PNG\0\0").binary && !of("hello").binary && !of("<p>\0").binary);
    }

    #[test]
    fn torn_and_hostile_markup_ends() {
        for page in
            ["<meta", "<meta ", "<meta =", "<meta a=\"", "<!--", "<script>", "<meta / / = = ='", "<", "<meta é=è>", "&"]
        {
            let found = of(page);
            assert!(found.policies.is_empty() && found.anchors.is_empty(), "{page}");
        }
        for piece in ["<meta =", "<a href=x>", "<svg>", "<template>", "&amp", "<a ", "<!--", "<script>", "</a>"] {
            of(&piece.repeat(30_000));
        }
        let many = of(&"<a href=x>y</a>".repeat(MOST_ITEMS + 1));
        assert!(many.cut && many.anchors.len() == MOST_ITEMS);
    }
}
