//! Which packages a project lets run their scripts.

use std::collections::BTreeSet;

use crate::probe::packages::{LockFile, Manager, Packages};
use crate::probe::repository::hygiene::Text;
use crate::probe::repository::repo::{folder_of, line_of};
use crate::probe::yaml;

/// What the settings of npm, pnpm and Bun say (<https://pnpm.io/settings#dangerouslyallowallbuilds>,
/// <https://bun.com/docs/pm/lifecycle>).
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Approval {
    /// Nothing may, unless it is named.
    pub asks: bool,
    named: BTreeSet<String>,
    /// Everything may, as this file says in this line.
    pub all: Option<(String, u32)>,
    /// `ignore-scripts=true`: nothing may.
    pub off: bool,
}

impl Approval {
    /// What the files beside a lock file say.
    pub fn read(packages: &Packages, lock: &LockFile, text: Text<'_>) -> Self {
        let folder = folder_of(&lock.path);
        let mut found = Self::default();
        let mut all = |name: &str, text: &str, key: &str| {
            found.all.get_or_insert_with(|| (format!("{folder}{name}"), line_of(text, key).unwrap_or(1)));
        };
        let npmrc = text(&format!("{folder}.npmrc")).unwrap_or_default();
        if is_set(&npmrc, "dangerously-allow-all-builds") {
            all(".npmrc", &npmrc, "dangerously-allow-all-builds");
        }
        let manifest = format!("{folder}package.json");
        let manifest_text = text(&manifest).unwrap_or_default();
        let json: serde_json::Value = serde_json::from_str(&manifest_text).unwrap_or_default();
        let mut listed = false;
        let mut named = BTreeSet::new();
        if lock.manager == Manager::Pnpm {
            if json.pointer("/pnpm/dangerouslyAllowAllBuilds") == Some(&true.into()) {
                all("package.json", &manifest_text, "dangerouslyAllowAllBuilds");
            }
            let builds = json.pointer("/pnpm/allowBuilds").and_then(|builds| builds.as_object());
            listed |= builds.is_some();
            named.extend(builds.into_iter().flatten().filter(|(_, may)| **may == true).map(|(name, _)| name.clone()));
            let workspace = text(&format!("{folder}pnpm-workspace.yaml")).unwrap_or_default();
            for document in yaml::parse(&workspace).unwrap_or_default() {
                if document.get("dangerouslyAllowAllBuilds").and_then(|all| all.text()) == Some("true") {
                    all("pnpm-workspace.yaml", &workspace, "dangerouslyAllowAllBuilds");
                }
                if let Some(list) = document.get("onlyBuiltDependencies") {
                    listed = true;
                    named.extend(list.items().filter_map(|name| name.text()).map(str::to_owned));
                }
                if let Some(builds) = document.get("allowBuilds") {
                    listed = true;
                    let may = builds.entries().filter(|(_, may)| may.text() == Some("true"));
                    named.extend(may.map(|(name, _)| name.to_owned()));
                }
            }
        }
        let list = match lock.manager {
            Manager::Pnpm => json.pointer("/pnpm/onlyBuiltDependencies"),
            Manager::Bun => json.get("trustedDependencies"),
            _ => None,
        };
        let list = list.and_then(|list| list.as_array());
        listed |= list.is_some();
        named.extend(list.into_iter().flatten().filter_map(|name| name.as_str()).map(str::to_owned));
        let manager = packages.manifests.get(&manifest).and_then(|manifest| manifest.package_manager.as_deref());
        let major = manager.and_then(|name| name.strip_prefix("pnpm@")?.split('.').next()?.parse::<u32>().ok());
        // Version 9 of the format serves pnpm 9 and 10, of which only 10 asks first.
        let asks = lock.manager == Manager::Pnpm && (listed || major.is_some_and(|major| major >= 10));
        Self { asks: asks || lock.manager == Manager::Bun, named, off: is_set(&npmrc, "ignore-scripts"), ..found }
    }

    /// Whether a package is named. One name may stand for some versions: `sharp@0.33.5 || 0.34.0`.
    pub fn lets(&self, name: &str, version: &str) -> bool {
        let is_named = |entry: &String| {
            let versions = entry.strip_prefix(name).and_then(|rest| rest.strip_prefix('@'));
            entry == name || versions.is_some_and(|versions| versions.split("||").any(|one| one.trim() == version))
        };
        self.named.iter().any(is_named)
    }
}

/// Whether `.npmrc` switches something on: the last line wins, what follows `#` or `;` is a comment, and a key alone
/// says yes (<https://docs.npmjs.com/cli/v11/configuring-npm/npmrc>).
fn is_set(npmrc: &str, key: &str) -> bool {
    let mut values = npmrc.lines().rev().filter_map(|line| {
        let line = line.split(['#', ';']).next().unwrap_or("");
        let (name, value) = line.split_once('=').unwrap_or((line, "true"));
        (name.trim() == key).then(|| value.trim().trim_matches(['"', '\'']) == "true")
    });
    values.next().unwrap_or(false)
}
