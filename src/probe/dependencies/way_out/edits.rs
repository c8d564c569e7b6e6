//! What to write by hand, where no command writes a new range into the right place.

use std::collections::BTreeMap;

use super::commands::Commands;
use super::written::and_of_prefer;
use crate::probe::dependencies::ways_in::{Asked, line_of};
use crate::probe::packages::manifest::{Form, Pin, Property};
use crate::probe::packages::typed::{is_plain, is_range, word};
use crate::probe::packages::{Ecosystem, Manager, Scope, range};

impl Commands<'_> {
    /// The range to write, in the style of the one that is there; `None` where that one is not understood.
    pub(super) fn raised(&self, asked: &Asked<'_>, version: &str) -> Option<String> {
        let range = Some(asked.wanted.range.as_str()).filter(|range| !range.trim().is_empty())?;
        range::minimum_raise(asked.package.ecosystem, range, version).filter(|raised| is_range(raised))
    }

    /// The property that sets the version of what is asked for.
    pub(super) fn property(&self, asked: &Asked<'_>) -> Option<&Property> {
        self.situation.manifests.get(asked.manifest)?.properties.get(&asked.wanted.name)
    }

    /// A file and the lines to write in it by hand, where no command writes a new range into the right place: of an entry
    /// that says more than its version, only what changes.
    pub fn edited(&self, version: &str) -> Option<(String, String)> {
        let asked = self.situation.ways.itself.first()?;
        let raised = self.raised(asked, version);
        let text = match self.manager {
            Manager::Uv | Manager::Poetry | Manager::Pdm if self.is_aside(asked) => {
                self.requirement(asked, raised, version)
            }
            // `cargo add` does not find what a workspace shares, or what is for building.
            Manager::Cargo => keyed(&asked.package.name, self.form(asked), raised.as_deref().unwrap_or(version)),
            // `bundle add` refuses a gem that is there already.
            Manager::Bundler => {
                let raised = raised.unwrap_or_else(|| format!("~> {version}"));
                let conditions: Vec<String> = raised.split(',').map(|one| format!("\"{}\"", one.trim())).collect();
                let conditions = conditions.join(", ");
                match self.form(asked) {
                    Some(Form::Detailed) => conditions,
                    _ => format!("gem \"{}\", {conditions}", asked.package.name),
                }
            }
            Manager::Maven => {
                let raised = raised.filter(|raised| raised.starts_with(['[', '(']));
                let version = raised.as_deref().unwrap_or(version);
                if let Some(property) = self.property(asked) {
                    return Some((property.path.clone(), format!("<{0}>{version}</{0}>", property.name)));
                }
                format!("<version>{version}</version>")
            }
            Manager::Gradle => {
                if let Some(property) = self.property(asked) {
                    return Some((property.path.clone(), format!("\"{version}\"")));
                }
                format!("{}:{version}", asked.package.name)
            }
            _ if self.catalog(asked).is_some() => {
                let raised = raised.unwrap_or_else(|| format!("^{version}"));
                let name = Some(&asked.wanted.name).filter(|name| is_plain(name)).unwrap_or(&asked.package.name);
                format!("\"{name}\": \"{raised}\"")
            }
            _ => return None,
        };
        Some((self.written_in(asked).0, text))
    }

    /// How PDM is told where to look for a package that only a group or an extra asks for: otherwise it says that there is none
    /// (PDM 2.22; <https://pdm-project.org/latest/reference/cli/#update>).
    pub(super) fn group_of_pdm(&self, name: &str) -> String {
        let manifest = self.situation.manifests.get(&self.beside("pyproject.toml"));
        let group = manifest.and_then(|one| one.groups.get(&Ecosystem::PyPi.normalize(name)));
        group.filter(|group| is_plain(group)).map_or_else(String::new, |group| format!("-G {group} "))
    }

    /// Renews packages with PDM, those of each group by themselves.
    pub(super) fn pdm_update(&self, names: &[String]) -> Vec<String> {
        let mut by_group: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for name in names {
            by_group.entry(self.group_of_pdm(name)).or_default().push(name);
        }
        by_group.into_iter().map(|(group, names)| format!("pdm update {group}{}", names.join(" "))).collect()
    }

    /// Whether a manifest holds a direct dependency to one version that renewing does not change.
    pub fn is_held(&self, parent: &Asked<'_>) -> bool {
        let stays = match self.manager {
            Manager::Uv | Manager::Composer | Manager::Cargo | Manager::Bundler | Manager::Gradle => true,
            Manager::Poetry => parent.wanted.scope == Scope::Development,
            // The others write the new version into the manifest.
            _ => false,
        };
        stays && self.declared(parent).is_some_and(|one| one.pin == Pin::Exact && !one.range.trim().is_empty())
    }

    /// As [`Commands::raise_parent`], to the newest release for certain: what Composer updates stays within its range, and what
    /// it is to require without one gets the range of the newest (<https://getcomposer.org/doc/03-cli.md#require-r>).
    pub(super) fn raise_to_newest(&self, parent: &Asked<'_>) -> Option<String> {
        let real = &parent.package.name;
        let stays = self.is_held(parent) || self.situation.fix_of(parent.package).is_some();
        if self.manager != Manager::Composer || stays || !is_plain(real) {
            return self.raise_parent(parent);
        }
        let dev = if parent.wanted.scope == Scope::Development { "--dev " } else { "" };
        Some(format!("composer require {dev}{} --with-all-dependencies", word(real)))
    }

    /// Lets a later version of what is held to one come, and the package itself with it.
    pub(super) fn freed_by(&self, parent: &Asked<'_>) -> Option<String> {
        let (real, version) = (&parent.package.name, &parent.package.version);
        let dev = parent.wanted.scope == Scope::Development;
        if !is_plain(real) || !is_plain(version) {
            return None;
        }
        match self.manager {
            Manager::Uv if !self.is_aside(parent) => Some(format!(
                "uv add {} --upgrade-package {} --upgrade-package {}",
                word(&format!("{real}>={version}")),
                word(real),
                word(&self.situation.package.name)
            )),
            Manager::Composer => {
                let to = word(&format!("{real}:^{}", version.trim_start_matches('v')));
                Some(format!("composer require {}{to} --with-all-dependencies", if dev { "--dev " } else { "" }))
            }
            // Once the manifest says another version.
            Manager::Bundler => Some(format!("bundle update {}", word(real))),
            Manager::Cargo => Some(format!("cargo update -p {}", word(&format!("{real}@{version}")))),
            _ => None,
        }
    }

    /// What to write in place of what holds a direct dependency to one version, so that Cargo and Bundler take a later
    /// one: the file, the line and the text.
    pub fn freed(&self, parent: &Asked<'_>) -> Option<(String, u32, String)> {
        if !self.is_held(parent) || !is_plain(&parent.wanted.name) {
            return None;
        }
        let version = self.situation.fix_of(parent.package).unwrap_or(&parent.package.version);
        let (file, line) = self.written_in(parent);
        let text = match (self.manager, self.form(parent)) {
            (Manager::Cargo, form) => keyed(&parent.wanted.name, form, version),
            (Manager::Bundler, Some(Form::Detailed)) => format!("\">= {version}\""),
            (Manager::Bundler, _) => format!("gem \"{}\", \">= {version}\"", parent.wanted.name),
            _ => return None,
        };
        Some((file, line?, text)).filter(|_| is_plain(version))
    }

    /// Where in their file the lines of [`Commands::edited`] belong.
    pub(super) fn place_of_edit(&self) -> Option<String> {
        let asked = self.situation.ways.itself.first()?;
        let says = self.declared(asked).map(|one| one.range.trim());
        match self.property(asked) {
            Some(property) if self.manager == Manager::Gradle => {
                let old = says.filter(|says| is_range(says));
                let old = old.map_or_else(String::new, |old| format!(", in place of \"{old}\""));
                let preferred = self.situation.manifests.get(asked.manifest)?.preferred.get(&asked.wanted.name);
                Some(format!("in line {}{old}{}", property.line, and_of_prefer(preferred)))
            }
            Some(property) => Some(format!("in line {}", property.line)),
            None => {
                let line = self.written_in(asked).1?;
                Some(match says {
                    Some("") if self.manager == Manager::Maven => {
                        format!("inside the dependency of line {line}, which says no version itself")
                    }
                    _ => format!("in line {line}"),
                })
            }
        }
    }

    /// What is asked for with development is in a group whose name the tool would have to be told; what a member of a
    /// workspace asks for is not found from the lock file's folder.
    pub(super) fn is_aside(&self, asked: &Asked<'_>) -> bool {
        asked.wanted.scope == Scope::Development
            || self.declared(asked).is_some_and(|one| one.optional)
            || !self.folder_of(asked).is_empty()
    }

    /// An entry of a table of Poetry's, or of a list (<https://peps.python.org/pep-0508/>).
    fn requirement(&self, asked: &Asked<'_>, raised: Option<String>, version: &str) -> String {
        let name = &asked.package.name;
        if let Some(form) = self.form(asked) {
            return keyed(name, Some(form), &raised.unwrap_or_else(|| format!(">={version}")));
        }
        let raised = raised.filter(|raised| raised.starts_with(['=', '>', '<', '~', '!']));
        format!("\"{name}{}\"", raised.unwrap_or_else(|| format!(">={version}")))
    }

    fn form(&self, asked: &Asked<'_>) -> Option<Form> {
        let line = line_of(*asked, self.situation.manifests)?;
        self.situation.manifests.get(asked.manifest)?.forms.get(&line).copied()
    }

    /// The catalog from which a member of a workspace takes its versions, where it does: empty for the one without a name
    /// (<https://pnpm.io/catalogs>, <https://bun.com/docs/pm/catalogs>, <https://yarnpkg.com/features/catalogs>).
    pub(super) fn catalog(&self, asked: &Asked<'_>) -> Option<String> {
        let declared = self.declared(asked).map(|one| one.range.as_str());
        let catalog = [declared, Some(&*asked.wanted.range)]
            .into_iter()
            .flatten()
            .find_map(|range| range.strip_prefix("catalog:"))?;
        Some(catalog.trim().to_owned())
    }

    /// The file and the line in which the range stands that decides.
    pub(super) fn written_in(&self, asked: &Asked<'_>) -> (String, Option<u32>) {
        let line = line_of(*asked, self.situation.manifests);
        if self.catalog(asked).is_some() {
            let file = match self.manager {
                Manager::Pnpm => "pnpm-workspace.yaml",
                Manager::YarnBerry => ".yarnrc.yml",
                _ => "package.json",
            };
            return (self.beside(file), None);
        }
        let manifest = self.situation.manifests.get(asked.manifest);
        match line.and_then(|line| manifest?.inherited.get(&line)) {
            Some((file, line)) => (file.clone(), Some(*line)),
            None => (asked.manifest.to_owned(), line),
        }
    }
}

/// `name = "range"`, or only the version of a longer entry.
fn keyed(name: &str, form: Option<Form>, range: &str) -> String {
    format!("{} = \"{range}\"", if form == Some(Form::Detailed) { "version" } else { name })
}
