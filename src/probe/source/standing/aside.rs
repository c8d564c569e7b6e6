//! What the names of files tell: those that a framework finds, and those that stand beside the app.

/// Names of files that a framework or a host finds by themselves.
pub(super) const FOUND: [&str; 44] = [
    "index",
    "main",
    "server",
    "app",
    "worker",
    "cli",
    "start",
    "bootstrap",
    "handler",
    "lambda",
    "entry",
    "page",
    "layout",
    "route",
    "loading",
    "error",
    "global-error",
    "not-found",
    "template",
    "default",
    "middleware",
    "proxy",
    "instrumentation",
    "sitemap",
    "robots",
    "manifest",
    "opengraph-image",
    "icon",
    "_app",
    "_document",
    "_error",
    "_middleware",
    "_layout",
    "_index",
    "root",
    "hooks",
    "plugin",
    "config",
    "setup",
    "init",
    "run",
    "sw",
    "service-worker",
    "polyfills",
];

/// Whether a file only shows how something is used, or serves who develops the app: demos, samples, playgrounds, settings
/// and servers for development.
pub(super) fn is_beside_the_app(path: &str) -> bool {
    const SHOWN: [&str; 5] = ["demo", "sample", "playground", "sandbox", "tutorial"];
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let shows = |folder: &str| {
        let folder = folder.strip_suffix('s').unwrap_or(folder);
        SHOWN.iter().chain(&["example"]).any(|word| {
            folder == *word
                || folder.strip_suffix(word).is_some_and(|rest| rest.ends_with('-'))
                || folder.strip_prefix(word).is_some_and(|rest| rest.starts_with('-'))
        })
    };
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let shown = !name.ends_with(".java")
        && stem.rsplit_once(['-', '_', '.']).is_some_and(|(_, last)| matches!(last, "example" | "sample" | "demo"));
    let develops = shown
        || stem.split(['-', '_', '.']).any(|word| matches!(word, "dev" | "development"))
        || matches!(stem, "local" | "local_settings" | "settings_local");
    // What was put away stands at the top; further down the words are about what an app does.
    let put_away = matches!(
        folders.split('/').next().unwrap_or("").trim_start_matches(['_', '.']),
        "legacy" | "archive" | "archived" | "old" | "backup" | "deprecated"
    );
    // Packages of Java begin with `com.example`.
    let java = name.ends_with(".java");
    develops || put_away || !java && folders.split('/').any(shows)
}
