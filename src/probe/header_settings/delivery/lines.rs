//! The lines themselves, for each layer.

use crate::probe::header_settings::front::Front;
use crate::probe::header_settings::model::{Layer, Lines};
use crate::probe::header_settings::snippet;
use crate::probe::header_settings::sources::Sources;
use crate::probe::header_settings::tokens::Token;
use crate::probe::header_settings::values::Value;

/// For files whose name changes with their content (<https://web.dev/articles/http-cache>).
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// A text to paste, and where.
pub struct Piece {
    at: &'static str,
    text: &'static str,
}

impl Piece {
    /// Beside the line of a layer.
    pub fn at(&self, front: &Front) -> Lines {
        Lines { path: front.path.clone(), at: self.at.to_owned(), text: self.text.to_owned(), line: front.line }
    }
}

/// For nginx.
pub const NGINX_PACKING: Piece = Piece {
    at: "inside the `server` block",
    text: "    gzip on;\n    gzip_vary on;\n    gzip_proxied any;\n    gzip_types text/css text/javascript application/javascript application/json image/svg+xml;",
};
/// For nginx where it packs HTML alone.
pub const NGINX_TYPES: Piece = Piece {
    at: "below `gzip on`, which packs HTML alone",
    text: "    gzip_proxied any;\n    gzip_types text/css text/javascript application/javascript application/json image/svg+xml;",
};
/// For Caddy.
pub const CADDY_PACKING: Piece = Piece { at: "inside the site block", text: "\tencode zstd gzip" };
/// For Apache.
pub const APACHE_PACKING: Piece = Piece {
    at: "at the end of the file",
    text: "<IfModule mod_deflate.c>\n  AddOutputFilterByType DEFLATE text/html text/css text/javascript application/javascript application/json image/svg+xml\n</IfModule>",
};
/// For Next.js.
pub const NEXT_PACKING: Piece =
    Piece { at: "in place of the line that says `compress: false`", text: "  compress: true," };

/// For Express.
pub fn express_packing(front: &Front, sources: &Sources) -> Lines {
    let text = if imports(front, sources) {
        "import compression from \"compression\";\napp.use(compression());"
    } else {
        "const compression = require(\"compression\");\napp.use(compression());"
    };
    let at =
        "after the app is made, before its routes; write the name that your app has, and run `npm install compression`";
    Lines { path: front.path.clone(), at: at.to_owned(), text: text.to_owned(), line: front.line }
}

/// Whether the file of a layer imports its modules, and does not require them.
fn imports(front: &Front, sources: &Sources) -> bool {
    let tokens = sources.code(|path| path == front.path).next().map(|(_, tokens)| tokens).unwrap_or_default();
    tokens.iter().any(|token| token.named("import"))
}

/// What lets browsers keep the files below `folder`, which begins and ends with a slash; `None` for a layer that has none.
pub fn keeping(front: &Front, folder: &str, sources: &Sources) -> Option<Vec<Lines>> {
    let one = |at: &str, text: String| {
        Some(vec![Lines { path: front.path.clone(), at: at.to_owned(), text, line: front.line }])
    };
    match front.layer {
        // A `location` of its own would leave out the proxy and the headers of the levels around it; a map leaves them be.
        Layer::Nginx => {
            let lines =
                |at: &str, text: String| Lines { path: front.path.clone(), at: at.to_owned(), text, line: front.line };
            Some(vec![
                lines(
                    "before the `server` block",
                    format!("map $uri $keep_for {{\n    default off;\n    ~^{folder} 1y;\n}}"),
                ),
                lines("inside the `server` block", "    expires $keep_for;".to_owned()),
            ])
        }
        Layer::Caddy => one(
            "inside the site block",
            format!("\t@hashed path {folder}*\n\theader @hashed Cache-Control \"{FOR_EVER}\""),
        ),
        Layer::Apache => one(
            "at the end of the file",
            format!(
                "<IfModule mod_headers.c>\n  <If \"%{{REQUEST_URI}} =~ m#^{folder}#\">\n    Header set Cache-Control \"{FOR_EVER}\"\n  </If>\n</IfModule>"
            ),
        ),
        Layer::Express => {
            let (served, line) = served(front, sources)?;
            let (from, to) = (folder.trim_end_matches('/'), format!("{}{folder}", served.trim_end_matches('/')));
            Some(vec![Lines {
                path: front.path.clone(),
                at: "before the line that serves the whole folder".to_owned(),
                text: format!(
                    "app.use(\"{from}\", express.static(\"{}\", {{ maxAge: \"1y\", immutable: true }}));",
                    to.trim_end_matches('/')
                ),
                line: Some(line),
            }])
        }
        _ => snippet::of_host(front, sources, &[("Cache-Control", FOR_EVER)], folder).map(|lines| vec![lines]),
    }
}

/// The folder that an Express app serves, and the line: `express.static("dist")`.
fn served(front: &Front, sources: &Sources) -> Option<(String, u32)> {
    let (_, tokens) = sources.code(|path| path == front.path).next()?;
    let calls = crate::probe::header_settings::ecma::given(tokens, "static");
    let plain = |(at, arguments): (usize, Vec<Value>)| match arguments.as_slice() {
        [Value::Text(folder), ..] => Some((folder.clone(), tokens.get(at).map_or(1, |token: &Token| token.line))),
        _ => None,
    };
    calls.filter_map(plain).next()
}
