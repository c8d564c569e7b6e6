//! The files that the program carries. A new checklist or theme is one file and one line here.

/// A file of the repository, built into the program.
#[derive(Debug, Clone, Copy)]
pub struct Embedded {
    /// Its path in the repository.
    pub path: &'static str,
    /// What it says.
    pub text: &'static str,
}

macro_rules! embedded {
    ($($path:literal),* $(,)?) => {
        [$(Embedded { path: $path, text: include_str!(concat!("../../", $path)) }),*]
    };
}

/// Every checklist that the program carries, in the order in which they are shown.
pub static CHECKLISTS: [Embedded; 2] = embedded!["checklists/production.toml", "checklists/ai-built.toml"];

/// Every theme that the program carries, in the order in which they are offered.
pub static THEMES: [Embedded; 3] = embedded!["themes/dark.toml", "themes/light.toml", "themes/high-contrast.toml"];
