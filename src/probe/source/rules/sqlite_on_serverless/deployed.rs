//! What of a project a serverless platform is given.

use crate::probe::source::facts::{CodeIndex, Language};
use crate::probe::source::plain_files::PlainFile;

/// A platform, and the file that says that the project goes there.
pub(super) type Sign<'i> = (&'static str, &'i PlainFile);

/// Frameworks of JavaScript whose build is all that goes to a platform, as `vercel.json` and `package.json` call them.
const FRONT_ENDS: [&str; 9] =
    ["next", "nextjs", "vite", "nuxt", "nuxtjs", "astro", "gatsby", "@sveltejs/kit", "react-scripts"];

/// Whether the platform gets what stands at `path`; code without a language is a schema.
pub(super) fn brings(index: &CodeIndex, sign: Sign<'_>, path: &str, language: Option<Language>) -> bool {
    let hosted = index.plain.iter().filter(|plain| keeps_files(plain)).any(|plain| {
        let folder = folder(&plain.path);
        !folder.is_empty() && is_below(path, folder) && !is_below(&sign.1.path, folder)
    });
    !hosted && (language != Some(Language::Python) || runs_python(index, sign))
}

/// Whether a platform runs Python here: Vercel does for files in `api`, and for an app that is no front end in JavaScript
/// (<https://vercel.com/docs/functions/runtimes/python>); functions of Netlify are JavaScript, TypeScript or Go.
fn runs_python(index: &CodeIndex, (platform, sign): Sign<'_>) -> bool {
    let text = &sign.text;
    match platform {
        "Netlify" => false,
        "Cloudflare Workers" => text.contains(".py") || text.contains("python"),
        "Vercel" if !text.contains("python") && !text.contains(".py") => {
            let base = folder(&sign.path);
            let api = if base.is_empty() { "api/".to_owned() } else { format!("{base}/api/") };
            let has_functions = index.files.beginning_with(&api).any(|file| file.language == Language::Python);
            let quoted = |text: &str| FRONT_ENDS.iter().any(|name| text.contains(&format!("\"{name}\"")));
            let builds = quoted(text)
                || index
                    .plain
                    .iter()
                    .any(|plain| plain.name() == "package.json" && folder(&plain.path) == base && quoted(&plain.text));
            has_functions || !builds
        }
        _ => true,
    }
}

/// Whether the project also goes to a host with a disk.
pub(super) fn has_lasting_host(index: &CodeIndex) -> bool {
    index.plain.iter().any(|plain| {
        matches!(&*plain.name().to_ascii_lowercase(), "fly.toml" | "render.yaml" | "railway.toml" | "railway.json")
    })
}

/// Whether Cloudflare gives the app a database of its own: <https://developers.cloudflare.com/d1/>.
pub(super) fn binds_database(index: &CodeIndex) -> bool {
    index.plain.iter().any(|plain| {
        plain.name().starts_with("wrangler.")
            && ["d1_databases", "durable_objects", "hyperdrive"].iter().any(|binding| plain.text.contains(binding))
    })
}

/// A file that says how a host runs what lies beside it.
fn keeps_files(plain: &PlainFile) -> bool {
    let name = plain.name().to_ascii_lowercase();
    name.starts_with("dockerfile")
        || matches!(
            &*name,
            "fly.toml" | "render.yaml" | "procfile" | "railway.toml" | "railway.json" | "app.yaml" | "nixpacks.toml"
        )
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}
