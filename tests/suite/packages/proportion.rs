//! Lock files of eight times the size take about eight times as long, also where all packages have one name.

use std::time::Instant;

use super::collected;
use crate::support::probes::Folder;

/// What a format has before its entries, an entry of a name and a version that needs a name, and what follows.
type Shape = (&'static str, &'static str, fn(&str, usize, &str) -> String, &'static str);

const SHAPES: [Shape; 12] = [
    ("Cargo.lock", "version = 4\n", cargo, ""),
    (
        "uv.lock",
        "version = 1\n",
        |name, n, needs| {
            format!(
                "[[package]]\nname = \"{name}\"\nversion = \"{n}\"\nsource = {{ registry = \"x\" }}\ndependencies = [{{ name = \"{needs}\" }}]\n"
            )
        },
        "",
    ),
    (
        "poetry.lock",
        "",
        |name, n, needs| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"{n}\"\n[package.dependencies]\n{needs} = \">=1\"\n")
        },
        "[metadata]\nlock-version = \"2.1\"\n",
    ),
    (
        "pdm.lock",
        "[metadata]\nlock_version = \"4.5.0\"\n",
        |name, n, needs| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"{n}\"\ndependencies = [\"{needs}>=1\"]\n")
        },
        "",
    ),
    (
        "pylock.toml",
        "lock-version = \"1.0\"\n",
        |name, n, needs| {
            format!("[[packages]]\nname = \"{name}\"\nversion = \"{n}\"\ndependencies = [{{ name = \"{needs}\" }}]\n")
        },
        "",
    ),
    (
        "Gemfile.lock",
        "GEM\n  specs:\n",
        |name, n, needs| format!("    {name} ({n})\n      {needs} (>= 1)\n"),
        "\nDEPENDENCIES\n",
    ),
    (
        "yarn.lock",
        "# yarn lockfile v1\n",
        |name, n, needs| format!("{name}@{n}:\n  version \"{n}\"\n  dependencies:\n    {needs} \"^1\"\n"),
        "",
    ),
    (
        "pnpm-lock.yaml",
        "lockfileVersion: '6.0'\npackages:\n",
        |name, n, needs| {
            format!("  /{name}@{n}.0.0:\n    resolution: {{integrity: x}}\n    dependencies:\n      {needs}: 1.0.0\n")
        },
        "",
    ),
    (
        "package-lock.json",
        "{\"lockfileVersion\": 3, \"packages\": {\"\": {}",
        |name, n, needs| {
            format!(
                ",\n\"node_modules/p{n}/node_modules/{name}\": {{\"version\": \"{n}\", \"dependencies\": {{\"{needs}\": \"^1\"}}}}"
            )
        },
        "}}",
    ),
    (
        "bun.lock",
        "{\"lockfileVersion\": 1, \"workspaces\": {\"\": {}}, \"packages\": {",
        |name, n, needs| {
            format!("\"p{n}/{name}\": [\"{name}@{n}\", \"\", {{\"dependencies\": {{\"{needs}\": \"^1\"}}}}, \"\"],\n")
        },
        "}}",
    ),
    (
        "composer.lock",
        "{\"packages\": [",
        |name, n, needs| {
            let comma = if n == 0 { "" } else { "," };
            format!(
                "{comma}\n{{\"name\": \"x/{name}-{n}\", \"version\": \"{n}\", \"require\": {{\"x/{needs}\": \"^1\"}}, \"provide\": {{\"x/a\": \"1\"}}}}"
            )
        },
        "]}",
    ),
    ("requirements.txt", "", |name, n, _| format!("{name}=={n}\n"), ""),
];

fn cargo(name: &str, n: usize, needs: &str) -> String {
    format!("[[package]]\nname = \"{name}\"\nversion = \"{n}.0.0\"\nsource = \"x\"\ndependencies = [\"{needs}\"]\n")
}

/// A file of `count` entries: every other one is of one name and needs that name.
fn written((_, before, entry, after): &Shape, count: usize) -> String {
    let one = |n: usize| match n % 2 {
        0 => entry("a", n, "a"),
        _ => entry(&format!("p{n}"), n, &format!("p{}", (n + 2) % count)),
    };
    [(*before).to_owned(), (0..count).map(one).collect(), (*after).to_owned()].concat()
}

/// How many seconds reading takes.
fn seconds(shape: &Shape, count: usize) -> f64 {
    let folder = Folder::with(&[(shape.0, &written(shape, count))]);
    let start = Instant::now();
    let found = collected(folder.path());
    let taken = start.elapsed().as_secs_f64();
    assert_eq!(found.locks.len(), 1, "{}: {:?}", shape.0, found.gaps);
    assert_eq!(found.locks[0].packages.len(), count, "{}", shape.0);
    taken
}

#[test]
fn time_grows_with_the_file() {
    const SMALL: usize = 1_000;
    for shape in &SHAPES {
        // Eight times as many take eight times as long, and 64 times where time goes with the square. Whatever else the
        // machine does at the moment may disturb one measurement, but not each of them.
        let ratios: Vec<f64> = (0..4)
            .map(|_| seconds(shape, SMALL * 8) / seconds(shape, SMALL))
            .take_while(|ratio| *ratio > 24.0)
            .collect();
        assert!(ratios.len() < 4, "{}: {ratios:?}", shape.0);
    }
}
