//! Package managers: what installs packages, and what its lock file is called.

use std::fmt;

use super::Ecosystem;

/// A package manager, by whose rules a lock file is read and a command is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Manager {
    /// npm.
    Npm,
    /// Yarn 1, "classic".
    YarnClassic,
    /// Yarn 2 and later, "berry".
    YarnBerry,
    /// pnpm.
    Pnpm,
    /// Bun.
    Bun,
    /// pip, with requirements files.
    Pip,
    /// Poetry.
    Poetry,
    /// Pipenv.
    Pipenv,
    /// uv.
    Uv,
    /// PDM.
    Pdm,
    /// Composer.
    Composer,
    /// Cargo.
    Cargo,
    /// Bundler.
    Bundler,
    /// The `go` command.
    Go,
    /// Maven.
    Maven,
    /// Gradle.
    Gradle,
}

impl Manager {
    /// Where its packages come from.
    #[must_use]
    pub const fn ecosystem(self) -> Ecosystem {
        match self {
            Self::Npm | Self::YarnClassic | Self::YarnBerry | Self::Pnpm | Self::Bun => Ecosystem::Npm,
            Self::Pip | Self::Poetry | Self::Pipenv | Self::Uv | Self::Pdm => Ecosystem::PyPi,
            Self::Composer => Ecosystem::Packagist,
            Self::Cargo => Ecosystem::CratesIo,
            Self::Bundler => Ecosystem::RubyGems,
            Self::Go => Ecosystem::Go,
            Self::Maven | Self::Gradle => Ecosystem::Maven,
        }
    }

    /// Its name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Npm => "npm",
            Self::YarnClassic | Self::YarnBerry => "Yarn",
            Self::Pnpm => "pnpm",
            Self::Bun => "Bun",
            Self::Pip => "pip",
            Self::Poetry => "Poetry",
            Self::Pipenv => "Pipenv",
            Self::Uv => "uv",
            Self::Pdm => "PDM",
            Self::Composer => "Composer",
            Self::Cargo => "Cargo",
            Self::Bundler => "Bundler",
            Self::Go => "Go",
            Self::Maven => "Maven",
            Self::Gradle => "Gradle",
        }
    }
}

impl fmt::Display for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
