//! Lock files that are known by name but not read yet. They must never look like a clean result.

/// Why the lock file of this name is not read.
pub fn reason(name: &str) -> Option<String> {
    // Bun 1.2 and later keep the text form by themselves.
    if name == "bun.lockb" {
        return Some("binary Bun lock file; `bun install --save-text-lockfile` writes it as text".to_owned());
    }
    kind(name).map(|kind| format!("{kind}, which gonogo does not read yet"))
}

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
