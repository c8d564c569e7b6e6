//! What faces visitors: the layers of the project that can send headers to them, the one that should do it first.

use super::model::{Layer, Place, Scope, Settings};
use super::sources::{Sources, folder_of, name_of};
use super::tokens::Token;
use super::{apache, caddy, django, nginx, rails};
use crate::model::{Location, Span};
use crate::probe::repository::is_for_development;

/// A layer that can send headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Front {
    /// What it is.
    pub layer: Layer,
    /// The file to write in, which may not exist yet.
    pub path: String,
    /// The line beside which new lines belong, where the file exists and that is known.
    pub line: Option<u32>,
    /// Whether it answers with pages that a browser shows, and not with data alone.
    pub pages: bool,
}

impl Front {
    fn new(layer: Layer, path: &str, line: Option<u32>) -> Self {
        Self { layer, path: path.to_owned(), line, pages: true }
    }

    /// For findings.
    #[must_use]
    pub fn location(&self) -> Location {
        Location::File { path: self.path.clone(), span: self.line.map(Span::line) }
    }
}

/// Every layer that can send headers. A host comes before a proxy and a proxy before the app; one that sets headers
/// already comes before all others, so that they stay in one place.
pub fn find(sources: &Sources, settings: &Settings) -> Vec<Front> {
    let mut fronts = Vec::new();
    hosts(sources, &mut fronts);
    let at = |layer: Layer, place: Place| Front::new(layer, &place.path, Some(place.line));
    fronts.extend(nginx::serving(sources).map(|place| at(Layer::Nginx, place)));
    fronts.extend(caddy::serving(sources).map(|place| at(Layer::Caddy, place)));
    frameworks(sources, &mut fronts);
    servers(sources, &mut fronts);
    if let Some((path, _)) = sources.all().find(|(path, _)| apache::is_apache(path)) {
        // Apache is used by some who run the app, and by others not; the app itself comes first.
        fronts.push(Front::new(Layer::Apache, path, None));
    }
    let sets = |front: &Front| {
        let own = |set: &&super::model::HeaderSetting| {
            set.scope == Scope::Site
                && super::model::Header::named(&set.name).is_some()
                && set.place.as_ref().is_some_and(|place| {
                    place.path == front.path
                        || set.layer == front.layer && set.layer != Layer::Code && written(&place.path)
                })
        };
        settings.headers.iter().filter(own).count()
    };
    fronts.sort_by_key(|front| std::cmp::Reverse((front.pages, sets(front))));
    // Data-only apps stay last; among equals the order above holds, for the sort is stable.
    fronts
}

/// Whether a file is one in which headers are written down, and not a manifest or a list of middleware.
fn written(path: &str) -> bool {
    !matches!(name_of(path), "pom.xml" | "build.gradle" | "build.gradle.kts" | "application.rb")
        && !path.ends_with("settings.py")
}

/// Deeper files belong to a part of the project, not to its site.
const DEEPEST: usize = 3;

fn shallow(path: &str) -> bool {
    path.matches('/').count() <= DEEPEST && !is_for_development(path)
}

fn hosts(sources: &Sources, fronts: &mut Vec<Front>) {
    // What a framework renders on Netlify or Cloudflare gets none of the headers of the host's file.
    let rendered = ["next", "nuxt", "@sveltejs/kit", "astro", "@remix-run/react"]
        .iter()
        .any(|package| sources.depends_on(&format!("\"{package}\"").replace('"', "")));
    for (name, layer) in [
        ("vercel.json", Layer::Vercel),
        ("netlify.toml", Layer::Netlify),
        ("_headers", Layer::HeadersFile),
        ("firebase.json", Layer::Firebase),
    ] {
        let found = sources
            .paths()
            .filter(|path| name_of(path) == name && shallow(path))
            .min_by_key(|path| path.matches('/').count());
        let Some(path) = found else { continue };
        let hosting = layer != Layer::Firebase || sources.text(path).is_some_and(|text| text.contains("\"hosting\""));
        if hosting && (layer == Layer::Vercel || !rendered) {
            fronts.push(Front::new(layer, path, None));
        }
    }
}

fn frameworks(sources: &Sources, fronts: &mut Vec<Front>) {
    for (package, begin, layer) in [
        ("next", "next.config.", Layer::Next),
        ("nuxt", "nuxt.config.", Layer::Nuxt),
        ("@sveltejs/kit", "svelte.config.", Layer::SvelteKit),
    ] {
        let configured = sources
            .paths()
            .filter(|path| name_of(path).starts_with(begin) && shallow(path))
            .min_by_key(|path| path.matches('/').count());
        let manifest = || {
            let named = sources.manifests().filter(|(path, text)| {
                name_of(path) == "package.json" && shallow(path) && text.contains(&format!("\"{package}\":"))
            });
            named.map(|(path, _)| path).min_by_key(|path| path.matches('/').count())
        };
        let Some(found) = configured.or_else(manifest) else { continue };
        // Without a server of its own, only files are built.
        let builds_files = || {
            let text = sources.text(&format!("{}package.json", folder_of(found))).unwrap_or_default();
            sources.text(found).is_some_and(|text| text.contains("ssr: false"))
                || text.contains("nuxt generate") && !text.contains("nuxt build")
        };
        if layer == Layer::Nuxt && builds_files() {
            continue;
        }
        let folder = folder_of(found);
        let path = match layer {
            Layer::Next => configured.map_or_else(|| format!("{folder}next.config.mjs"), str::to_owned),
            Layer::Nuxt => configured.map_or_else(|| format!("{folder}nuxt.config.ts"), str::to_owned),
            _ => ["ts", "js"]
                .iter()
                .map(|end| format!("{folder}src/hooks.server.{end}"))
                .find(|path| sources.has(path))
                .unwrap_or_else(|| format!("{folder}src/hooks.server.js")),
        };
        fronts.push(Front::new(layer, &path, None));
    }
}

fn servers(sources: &Sources, fronts: &mut Vec<Front>) {
    if let Some(file) = django::files(sources).first() {
        fronts.push(Front::new(Layer::Django, file.path, None));
    }
    if let Some(folder) = rails::apps(sources).next() {
        fronts.push(Front::new(Layer::Rails, &format!("{folder}{}", rails::APPLICATION), None));
    }
    let laravel = sources.paths().find(|path| name_of(path) == "artisan" && shallow(path));
    if let Some(path) = laravel {
        fronts.push(Front::new(
            Layer::Laravel,
            &format!("{}app/Http/Middleware/SecurityHeaders.php", folder_of(path)),
            None,
        ));
    }
    if sources
        .manifests()
        .any(|(_, text)| text.contains("spring-boot-starter-web") || text.contains("spring-boot-starter-security"))
    {
        let main = sources.all().find(|(path, text)| path.contains("src/main/") && text.contains("SpringApplication"));
        if let Some((path, _)) = main {
            let end = if path.ends_with(".kt") { "kt" } else { "java" };
            fronts.push(Front {
                pages: sources.manifests().any(|(_, text)| {
                    text.contains("thymeleaf") || text.contains("freemarker") || text.contains("mustache")
                }),
                ..Front::new(Layer::Spring, &format!("{}SecurityHeaders.{end}", folder_of(path)), None)
            });
        }
    }
    for (path, tokens) in sources.code(|path| !is_for_development(path) && !path.contains("script")) {
        let Some((layer, line)) = started(tokens) else { continue };
        let front = Front { pages: sources.views || shows_pages(tokens), ..Front::new(layer, path, Some(line)) };
        // Of several apps, the one that shows pages.
        match fronts.iter_mut().find(|known| known.layer == layer) {
            Some(known) if !known.pages && front.pages => *known = front,
            Some(_) => {}
            None => fronts.push(front),
        }
    }
}

/// The framework whose app a file makes, and the line.
fn started(tokens: &[Token]) -> Option<(Layer, u32)> {
    let imported = |module: &str| tokens.iter().any(|token| token.text == module);
    tokens.iter().enumerate().find_map(|(at, token)| {
        let called = tokens.get(at + 1).is_some_and(|next| next.is("("));
        let layer = match token.text.as_str() {
            "express" if imported("express") && tokens.get(at + 2).is_some_and(|end| end.is(")")) => Layer::Express,
            "fastify" | "Fastify" if tokens.iter().any(|token| token.text == "fastify") => Layer::Fastify,
            "Koa" if at > 0 && tokens.get(at - 1).is_some_and(|before| before.named("new")) => Layer::Koa,
            "Flask" if imported("flask") => Layer::Flask,
            "FastAPI" if imported("fastapi") => Layer::FastApi,
            _ => return None,
        };
        let required = at > 0 && tokens.get(at - 1).is_some_and(|before| before.named("require"));
        (called && !required && token.kind == super::tokens::Kind::Name).then_some((layer, token.line))
    })
}

/// Whether an app answers with pages, as far as the file that makes it tells.
fn shows_pages(tokens: &[Token]) -> bool {
    let telling = [
        "static",
        "sendFile",
        "render",
        "render_template",
        "templateEngine",
        "Jinja2Templates",
        "StaticFiles",
        "HTMLResponse",
        "staticPlugin",
        "serveStatic",
    ];
    tokens.iter().any(|token| {
        telling.contains(&token.text.as_str())
            || matches!(
                token.text.as_str(),
                "view engine" | "@fastify/static" | "koa-static" | "koa-views" | "serve-static"
            )
    })
}
