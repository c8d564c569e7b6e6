//! Requirements of Cargo: <https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html>.

pub(super) fn allows(range: &str, version: &semver::Version) -> Option<bool> {
    Some(semver::VersionReq::parse(range).ok()?.matches(version))
}
