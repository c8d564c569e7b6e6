//! The lines to write by hand: in the file and the form in which the present ones stand.

use gonogo::model::{WayOut, WayOutKind};
use gonogo::probe::files;
use gonogo::probe::packages;
use tokio_util::sync::CancellationToken;

use super::way_out::out;
use crate::support::probes::Folder;

/// The way out of `name` in a project of these files, with the file and the lines to write.
fn way(files: &[(&str, &str)], name: &str, to: &str) -> (WayOut, String, String) {
    let folder = Folder::with(files);
    let cancel = CancellationToken::new();
    let found = packages::collect(&files::list(folder.path(), &[], &cancel), &cancel);
    let way = out(&found.locks[0], name, to, &found.manifests);
    assert_eq!(way.kind, WayOutKind::RaiseItself, "{}", way.words);
    let (file, lines) = way.lines.clone().unwrap();
    (way, file, lines)
}

#[test]
fn of_a_crate_only_the_version_changes_where_its_workspace_sets_it() {
    let lock = "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\"time\"]\n\n[[package]]\nname = \
        \"time\"\nversion = \"0.1.45\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
    let app = |entry: &str| format!("[package]\nname = \"app\"\nversion = \"0.1.0\"\n\n[dependencies]\n{entry}\n");
    let of = |app: &str, shared: &str| {
        let root = format!("[workspace]\nmembers = [\"app\"]\n[workspace.dependencies]\n{shared}\n");
        way(&[("Cargo.lock", lock), ("Cargo.toml", &root), ("app/Cargo.toml", app)], "time", "0.2.23")
    };
    let (_, file, line) = of(&app("time = \"0.1\""), "");
    assert_eq!((&*file, &*line), ("app/Cargo.toml", "time = \"0.2.23\""));
    let (way, file, line) = of(&app("time = { version = \"0.1\", default-features = false }"), "");
    assert_eq!((&*file, &*line), ("app/Cargo.toml", "version = \"0.2.23\""));
    assert!(way.words.contains("app/Cargo.toml:6 says 0.1"), "{}", way.words);
    let inherited = app("time = { workspace = true }");
    let (way, file, line) = of(&inherited, "time = \"0.1\"");
    assert_eq!((&*file, &*line), ("Cargo.toml", "time = \"0.2.23\""));
    assert!(way.words.contains("(Cargo.toml:4 says 0.1)"), "{}", way.words);
    let (_, file, line) = of(&inherited, "time = { version = \"0.1\", features = [\"std\"] }");
    assert_eq!((&*file, &*line), ("Cargo.toml", "version = \"0.2.23\""));
}

#[test]
fn a_gem_keeps_its_group() {
    let lock = "GEM\n  remote: https://gems.example.com/\n  specs:\n    a (1.0.0)\n\nDEPENDENCIES\n  a (~> 1.0)\n";
    let of = |gemfile: &str| way(&[("Gemfile.lock", lock), ("Gemfile", gemfile)], "a", "2.1.0").2;
    assert_eq!(of("gem \"a\", \"~> 1.0\"\n"), "gem \"a\", \"~> 2.1\", \">= 2.1.0\"");
    assert_eq!(of("gem \"a\", \"~> 1.0\", group: :test, require: false\n"), "\"~> 2.1\", \">= 2.1.0\"");
}

#[test]
fn poetrys_tables_keep_their_form() {
    let lock = "[[package]]\nname = \"lxml\"\nversion = \"4.6.3\"\n\n[metadata]\nlock-version = \"2.0\"\n";
    let of = |manifest: &str| way(&[("poetry.lock", lock), ("pyproject.toml", manifest)], "lxml", "4.9.1").2;
    assert_eq!(of("[tool.poetry.dev-dependencies]\nlxml = \"4.6.3\"\n"), "lxml = \"4.9.1\"");
    assert_eq!(of("[tool.poetry.group.dev.dependencies]\nlxml = \"<4.7\"\n"), "lxml = \">=4.9.1,<4.10\"");
    assert_eq!(
        of("[tool.poetry.dev-dependencies]\nlxml = { version = \"~4.6\", extras = [\"html\"] }\n"),
        "version = \"~4.9.1\""
    );
    assert_eq!(of("[dependency-groups]\ndev = [\"lxml==4.6.3\"]\n"), "\"lxml==4.9.1\"");
}

#[test]
fn a_member_of_a_catalog_is_raised_there() {
    let pnpm = |catalog: &str| {
        format!(
            "lockfileVersion: '9.0'\n\ncatalogs:\n  {catalog}:\n    qs:\n      specifier: 6.5.0\n      version: 6.5.0\n\nimporters:\n\n  .: \
             {{}}\n\n  apps/web:\n    dependencies:\n      qs:\n        specifier: 'catalog:{}'\n        version: 6.5.0\n\npackages:\n\n  \
             qs@6.5.0:\n    resolution: {{integrity: sha512-x}}\n\nsnapshots:\n\n  qs@6.5.0: {{}}\n",
            if catalog == "default" { "" } else { catalog }
        )
    };
    let of = |lock: &str, text: &str, range: &str| {
        let root = r#"{"workspaces": ["apps/*"]}"#;
        let web = format!("{{\"dependencies\": {{\n\"qs\": \"{range}\"}}}}");
        way(&[(lock, text), ("package.json", root), ("apps/web/package.json", &web)], "qs", "6.10.3")
    };
    let (way, file, line) = of("pnpm-lock.yaml", &pnpm("default"), "catalog:");
    assert_eq!((&*file, &*line), ("pnpm-workspace.yaml", "\"qs\": \"6.10.3\""));
    assert_eq!(way.commands, ["pnpm install"]);
    assert!(
        way.words
            .contains("(apps/web/package.json:2 takes it from the catalog of pnpm-workspace.yaml, which says 6.5.0)"),
        "{}",
        way.words
    );
    let (way, ..) = of("pnpm-lock.yaml", &pnpm("old"), "catalog:old");
    assert!(way.words.contains("the catalog old of pnpm-workspace.yaml, which says 6.5.0"), "{}", way.words);
    let bun = r#"{"lockfileVersion": 1, "workspaces": {"": {"name": "x"}, "apps/web": {"name": "web", "dependencies": {"qs": "catalog:"}}},
        "catalog": {"qs": "6.5.0"}, "packages": {"qs": ["qs@6.5.0", "", {}, "sha512-x"], "web": ["web@workspace:apps/web"]}}"#;
    let (way, file, line) = of("bun.lock", bun, "catalog:");
    assert_eq!((&*file, &*line), ("package.json", "\"qs\": \"6.10.3\""));
    assert_eq!(way.commands, ["bun install"]);
}
