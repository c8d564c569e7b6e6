//! Pages that carry a policy in their head.

use super::model::{Header, HeaderSetting, Layer, Place, Settings, Text};
use super::sources::{Sources, line_of};

/// Reads `index.html`. A policy for scripts and one for addresses count there; browsers take none of the others from a page.
pub fn read(sources: &Sources, settings: &mut Settings) {
    for (path, text) in sources.named(|name| name == "index.html") {
        let lower = text.to_ascii_lowercase();
        for (mark, header) in
            [("http-equiv=\"content-security-policy\"", Header::Csp), ("name=\"referrer\"", Header::Referrer)]
        {
            let Some(at) = lower.find(mark) else { continue };
            let start = lower.get(..at).and_then(|before| before.rfind('<')).unwrap_or(at);
            let tag =
                text.get(start..).and_then(|rest| rest.get(..rest.find('>').unwrap_or(rest.len()))).unwrap_or_default();
            let content = tag.split("content=").nth(1).and_then(|rest| {
                let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
                rest.get(1..)?.split(quote).next()
            });
            let value = content
                .filter(|content| !content.contains("{{") && !content.contains("%"))
                .map_or(Text::Dynamic, |content| Text::Known(content.split_whitespace().collect::<Vec<_>>().join(" ")));
            settings.headers.push(HeaderSetting::site(
                Layer::Page,
                Place::new(path, line_of(text, mark)),
                header.name(),
                value,
            ));
        }
    }
}
