//! Lock files that are known by name but not read yet. They must never look like a clean result.

/// What the lock file of this name is.
pub fn kind(name: &str) -> Option<&'static str> {
    Some(match name {
        "bun.lockb" => "binary Bun lock file",
        "deno.lock" => "Deno lock file",
        "packages.lock.json" => "NuGet lock file",
        "mix.lock" => "Mix lock file",
        "pubspec.lock" => "Dart lock file",
        "Package.resolved" => "Swift lock file",
        "Podfile.lock" => "CocoaPods lock file",
        _ => return None,
    })
}
