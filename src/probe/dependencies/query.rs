//! What an advisory source is asked about.

use crate::probe::packages::{Ecosystem, LockedPackage};

/// A package: a name as [`Ecosystem::normalize`] gives it, and an exact version where there is one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Query {
    /// Where the package comes from.
    pub ecosystem: Ecosystem,
    /// Its normalized name.
    pub name: String,
    /// Its exact version; empty asks about all of them.
    pub version: String,
}

impl Query {
    /// What to ask about a locked package.
    #[must_use]
    pub fn of(package: &LockedPackage) -> Self {
        let ecosystem = package.ecosystem;
        Self { ecosystem, name: ecosystem.normalize(&package.name), version: package.version.clone() }
    }
}
