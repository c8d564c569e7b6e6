//! Patterns of paths, as hosts and frameworks write them.

use super::model::Scope;

/// What a pattern covers. One that covers the start page covers the site, for what a visitor meets first decides.
pub fn scope(pattern: &str) -> Scope {
    let pattern = pattern.trim();
    if is_site(pattern) { Scope::Site } else { Scope::Path(pattern.to_owned()) }
}

fn is_site(pattern: &str) -> bool {
    if matches!(
        pattern,
        "/" | "/*"
            | "*"
            | "**"
            | "/**"
            | "/(.*)"
            | "(.*)"
            | "/.*"
            | ".*"
            | "**/*"
            | "/**/*"
            | "/:path*"
            | "/:path(.*)"
            | "/(.*?)"
            | "/(.*)?"
    ) {
        return true;
    }
    // All but some paths: `/((?!api).*)`, `/:path((?!api).*)*`.
    if pattern.contains("(?!") {
        return pattern.starts_with("/(")
            || pattern.starts_with("/:")
            || pattern.starts_with("^/(")
            || pattern.starts_with('(');
    }
    // One parameter that takes everything: `/:slug*`, `/:rest(.*)`.
    let Some(name) = pattern.strip_prefix("/:") else { return false };
    let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
    matches!(name.get(end..), Some("*" | "(.*)" | "(.*)*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_and_its_parts_are_told_apart() {
        for site in
            ["/(.*)", "/:path*", "/*", "**", "/", "/:all*", "/((?!api|_next).*)", "/:path((?!api).*)*", "/:x(.*)"]
        {
            assert_eq!(scope(site), Scope::Site, "{site}");
        }
        for part in ["/api/:path*", "/embed", "/:slug", "/assets/*", "**/*.js", "/a/((?!b).*)"] {
            assert_eq!(scope(part), Scope::Path(part.to_owned()), "{part}");
        }
    }
}
