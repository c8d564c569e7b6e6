//! Lock files that are known by name but not read yet. They must never look like a clean result.

/// What the lock file of this name is.
pub fn kind(name: &str) -> Option<&'static str> {
    Some(match name {
        "yarn.lock" => "Yarn lock file",
        "pnpm-lock.yaml" => "pnpm lock file",
        "bun.lock" | "bun.lockb" => "Bun lock file",
        "deno.lock" => "Deno lock file",
        "poetry.lock" => "Poetry lock file",
        "Pipfile.lock" => "Pipenv lock file",
        "uv.lock" => "uv lock file",
        "pdm.lock" => "PDM lock file",
        "pylock.toml" => "pylock lock file",
        "composer.lock" => "Composer lock file",
        "Gemfile.lock" | "gems.locked" => "Bundler lock file",
        "go.sum" => "Go checksum file",
        "gradle.lockfile" => "Gradle lock file",
        "packages.lock.json" => "NuGet lock file",
        "mix.lock" => "Mix lock file",
        "pubspec.lock" => "Dart lock file",
        "Package.resolved" => "Swift lock file",
        "Podfile.lock" => "CocoaPods lock file",
        _ => return None,
    })
}
