//! Whether the versions that a manifest asks for include one, as the package manager takes it.

use super::{Ecosystem, Version};

/// Whether `range`, as a manifest writes it, allows `version`; `None` where the range is not understood.
#[must_use]
pub fn allows(_ecosystem: Ecosystem, _range: &str, _version: &Version) -> Option<bool> {
    None
}
