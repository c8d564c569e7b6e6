//! Files that look like a list of packages of Python, whatever they are called.

use crate::probe::files::FileEntry;
use crate::probe::packages::lock::is_requirements;
use crate::probe::packages::manifest::python::requirements_file::{Line, Said, lines};
use crate::probe::packages::{Ecosystem, Version};

/// A list of packages is shorter.
const MAX_LIST_BYTES: u64 = 256 * 1024;

/// Whether a file of this name and size may be a list of packages.
pub fn may_be_list(file: &FileEntry) -> bool {
    matches!(file.extension(), "txt" | "pip")
        && file.size <= MAX_LIST_BYTES
        && !is_requirements(&file.path)
        && !file.name().to_ascii_lowercase().contains("constraint")
        // What setuptools writes about a package that is installed.
        && !file.path.contains(".egg-info/")
        && !file.path.contains(".dist-info/")
}

/// Whether every line asks for a package, and, where `pinned`, one of them for one version.
pub fn is_list(text: &str, pinned: bool) -> bool {
    if pinned && !text.contains("==") {
        return false;
    }
    let asks = |line: &Line| match line.said() {
        Said::Requirement(requirement) => {
            requirement.pinned().is_none_or(|version| Version::parse(Ecosystem::PyPi, version).is_some())
        }
        Said::Setting | Said::Include(_) | Said::Constraints(_) => line.text.starts_with("--"),
        Said::Place { .. } => line.text.starts_with("git+") || line.text.starts_with("-e "),
        Said::Odd => false,
    };
    let pins = |line: &Line| matches!(line.said(), Said::Requirement(requirement) if requirement.pinned().is_some());
    lines(text).next().is_some()
        && lines(text).all(|line| asks(&line))
        && (!pinned || lines(text).any(|line| pins(&line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_pinned_packages_and_other_texts() {
        for text in [
            "django==3.0\n",
            "# why\nFlask[async]==3.0.0 ; python_version > '3.8'\ngunicorn\n--index-url https://registry.example.com/simple\n",
            "a==1.0 \\\n  --hash=sha256:aa\n",
        ] {
            assert!(is_list(text, true), "{text}");
        }
        for text in [
            "",
            "django\nflask\n",
            "User-agent: *\nDisallow: /a==1\n",
            "a\nabout\nabove\n",
            "/* TEAM */\nDeveloper: x\n",
            "if a==b\n",
            "a==b\n",
            "- a==1.0\n",
            "a==1.0\nThe rest is prose.\n",
            "x = 1\ny==2\n",
            "google-site-verification: google12==\n",
        ] {
            assert!(!is_list(text, true), "{text}");
        }
    }
}
