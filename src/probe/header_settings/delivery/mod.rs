//! How pages and their files travel, as far as the project's files say: whether text is packed, and how long browsers keep
//! files whose name changes with their content. With the lines to add where nothing says it.

mod lines;
#[cfg(test)]
mod tests;

use super::ecma::{given, used};
use super::front::Front;
use super::model::{Layer, Lines, Place, Scope, Settings, Text};
use super::sources::Sources;
use super::tokens::Kind;
use super::values::Value;
use super::{apache, caddy, nginx};

/// What the project says of it, and what there is to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// What does it, or should.
    pub layer: Layer,
    /// Where it is set already, or switched off.
    pub set: Option<Place>,
    /// What to add; nothing where it is set.
    pub lines: Vec<Lines>,
}

/// Of text that travels unpacked. Nothing where the host packs by itself, or where no layer that packs is known.
#[must_use]
pub fn packing(settings: &Settings, sources: &Sources) -> Option<Advice> {
    for front in &settings.fronts {
        if packs_by_itself(front.layer) {
            return None;
        }
        let (set, lines) = match front.layer {
            Layer::Nginx => nginx_packing(front, sources),
            Layer::Caddy => (caddy::directive(sources, "encode"), lines::CADDY_PACKING.at(front)),
            Layer::Apache => (apache_packing(sources), lines::APACHE_PACKING.at(front)),
            Layer::Express => (express_packing(sources), lines::express_packing(front, sources)),
            // Next.js packs by itself, unless it is told not to.
            Layer::Next => match next_packing(front, sources) {
                Some(off) => (None, lines::NEXT_PACKING.at(&Front { line: Some(off.line), ..front.clone() })),
                None => continue,
            },
            _ => continue,
        };
        return Some(Advice { layer: front.layer, lines: if set.is_some() { Vec::new() } else { vec![lines] }, set });
    }
    None
}

const fn packs_by_itself(layer: Layer) -> bool {
    matches!(layer, Layer::Vercel | Layer::Netlify | Layer::HeadersFile | Layer::Firebase)
}

/// Of files below `folder` (`/assets/`) that are loaded again though their names change with their content.
#[must_use]
pub fn keeping(folder: &str, settings: &Settings, sources: &Sources) -> Option<Advice> {
    settings.fronts.iter().find_map(|front| {
        let set = match front.layer {
            Layer::Nginx => nginx::directive(sources, "expires").map(|(place, _)| place),
            Layer::Express => express_keeping(front, sources),
            _ => None,
        };
        let set = set.or_else(|| kept(front.layer, settings));
        let lines = lines::keeping(front, folder, sources)?;
        Some(Advice { layer: front.layer, lines: if set.is_some() { Vec::new() } else { lines }, set })
    })
}

/// Where a layer lets browsers keep some of the files.
fn kept(layer: Layer, settings: &Settings) -> Option<Place> {
    let keeps = |value: &Text| matches!(value, Text::Known(value) if value.contains("max-age=") && !value.contains("max-age=0"));
    let set = settings.headers.iter().find(|set| {
        set.layer == layer
            && set.name.eq_ignore_ascii_case("cache-control")
            && matches!(set.scope, Scope::Path(_))
            && keeps(&set.value)
    })?;
    set.place.clone()
}

/// `gzip on;` packs nothing but HTML: the other types are to be named
/// (<https://nginx.org/en/docs/http/ngx_http_gzip_module.html#gzip_types>).
fn nginx_packing(front: &Front, sources: &Sources) -> (Option<Place>, Lines) {
    let on = nginx::directive(sources, "gzip").filter(|(_, args)| args.first().is_some_and(|arg| arg == "on"));
    let types = nginx::directive(sources, "gzip_types");
    match (on, types) {
        (Some((on, _)), Some(_)) => (Some(on), lines::NGINX_TYPES.at(front)),
        (Some((on, _)), None) => {
            let beside = Front { path: on.path, line: Some(on.line), ..front.clone() };
            (None, lines::NGINX_TYPES.at(&beside))
        }
        (None, _) => (None, lines::NGINX_PACKING.at(front)),
    }
}

fn apache_packing(sources: &Sources) -> Option<Place> {
    sources.all().filter(|(path, _)| apache::is_apache(path)).find_map(|(path, text)| {
        let packs = |line: &str| {
            let line = line.trim().to_ascii_lowercase();
            (line.starts_with("addoutputfilter") || line.starts_with("setoutputfilter"))
                && (line.contains("deflate") || line.contains("brotli"))
        };
        let (_, number) = text.lines().zip(1_u32..).find(|(line, _)| packs(line))?;
        Some(Place::new(path, number))
    })
}

/// The `compression` middleware (<https://expressjs.com/en/resources/middleware/compression.html>).
fn express_packing(sources: &Sources) -> Option<Place> {
    sources.code(|path| !crate::probe::repository::is_for_development(path)).find_map(|(path, tokens)| {
        let named = |token: &&super::tokens::Token| token.kind == Kind::Text && token.text == "compression";
        let module = tokens.iter().find(named)?;
        // `app.use(compression())`, or the module itself where it is used at once.
        let at = used(tokens, "compression").into_iter().next().and_then(|at| tokens.get(at));
        let at_once = || used(tokens, "require").into_iter().any(|at| tokens.get(at + 2).is_some_and(|t| named(&t)));
        at.or_else(|| at_once().then_some(module)).map(|token| Place::new(path, token.line))
    })
}

/// Files that are served to be kept: `express.static("dist/assets", { maxAge: "1y" })`.
fn express_keeping(front: &Front, sources: &Sources) -> Option<Place> {
    let (path, tokens) = sources.code(|path| path == front.path).next()?;
    let keeps = |arguments: &[Value]| arguments.iter().any(|value| value.get("maxAge").is_some());
    let (at, _) = given(tokens, "static").find(|(_, arguments)| keeps(arguments))?;
    Some(Place::new(path, tokens.get(at).map_or(1, |token| token.line)))
}

/// Where Next.js is told not to pack (<https://nextjs.org/docs/app/api-reference/config/next-config-js/compress>).
fn next_packing(front: &Front, sources: &Sources) -> Option<Place> {
    let (path, tokens) = sources.code(|path| path == front.path).next()?;
    let at = tokens.iter().position(|token| token.named("compress"))?;
    let off = tokens.get(at + 1)?.is(":") && tokens.get(at + 2)?.named("false");
    off.then(|| Place::new(path, tokens.get(at).map_or(1, |token| token.line)))
}
