//! What a `go.mod` asks for: at least this version, of the same major version path
//! (<https://go.dev/ref/mod#minimal-version-selection>, <https://go.dev/ref/mod#major-version-suffixes>).

use crate::probe::packages::{Ecosystem, Version};

pub(super) fn allows(range: &str, version: &semver::Version) -> Option<bool> {
    let Version::Go(minimum) = Version::parse(Ecosystem::Go, range)? else { return None };
    Some(path(&minimum) == path(version) && version.cmp_precedence(&minimum).is_ge())
}

/// The major version that the module's path names: from 2 on, but for modules from before there were such paths.
fn path(version: &semver::Version) -> u64 {
    let has_none = version.major < 2 || version.build.as_str() == "incompatible";
    if has_none { 0 } else { version.major }
}
