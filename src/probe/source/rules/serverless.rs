//! Serverless platforms that a project goes to, what of it they are given, and what they refuse.

use crate::probe::source::facts::{CodeIndex, Language};
use crate::probe::source::plain_files::PlainFile;

/// A platform, and the file that says that the project goes there.
pub(super) type Sign<'i> = (&'static str, &'i PlainFile);

/// Frameworks of JavaScript whose build is all that goes to a platform, as `vercel.json` and `package.json` call them.
const FRONT_ENDS: [&str; 9] =
    ["next", "nextjs", "vite", "nuxt", "nuxtjs", "astro", "gatsby", "@sveltejs/kit", "react-scripts"];

/// The platform that a file deploys to.
pub(super) fn platform(file: &PlainFile) -> Option<(&'static str, &PlainFile)> {
    let name = match file.name() {
        "vercel.json" | "now.json" => "Vercel",
        "netlify.toml" if file.text.contains("functions") || file.text.contains("plugin-nextjs") => "Netlify",
        "wrangler.toml" | "wrangler.jsonc" | "wrangler.json" => "Cloudflare Workers",
        "serverless.yml" | "serverless.yaml" => "AWS Lambda",
        "template.yaml" | "template.yml" if file.text.contains("AWS::Serverless") => "AWS Lambda",
        "package.json" => {
            let has = |name: &str| file.text.contains(&format!("\"{name}\""));
            if has("@sveltejs/adapter-vercel") || has("@astrojs/vercel") || has("vercel-build") || has("@vercel/python")
            {
                "Vercel"
            } else if has("@netlify/functions") || has("@sveltejs/adapter-netlify") {
                "Netlify"
            } else if has("@opennextjs/cloudflare") || has("@sveltejs/adapter-cloudflare") {
                "Cloudflare Workers"
            } else if has("serverless-http") || has("@vendia/serverless-express") {
                "AWS Lambda"
            } else {
                return None;
            }
        }
        _ => return None,
    };
    Some((name, file))
}

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

/// The platform that refuses large requests before the code at `path` sees them, the file that sends it there, and how
/// many megabytes may come: 4.5 at Vercel (<https://vercel.com/docs/functions/limitations>), 6 at Lambda
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>), on which the functions of Netlify run.
pub(super) fn refuses_large<'i>(
    index: &'i CodeIndex,
    path: &str,
    language: Language,
) -> Option<(&'static str, &'i str, &'static str)> {
    index.plain.iter().filter_map(platform).find_map(|sign| {
        let megabytes = match sign.0 {
            "Vercel" => "4.5",
            "Netlify" | "AWS Lambda" => "6",
            _ => return None,
        };
        let home = folder(&sign.1.path);
        let below = home.is_empty() || is_below(path, home);
        (below && brings(index, sign, path, Some(language))).then_some((sign.0, &*sign.1.path, megabytes))
    })
}
