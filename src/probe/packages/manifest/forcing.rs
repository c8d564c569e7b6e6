//! Entries that force the version of a package, whoever needs it, and what they choose.
//!
//! npm (<https://docs.npmjs.com/cli/v11/configuring-npm/package-json#overrides>) and Bun nest them: an inner one counts
//! anywhere below what the outer keys name. pnpm writes `parent@range>name@range`, of a parent directly above
//! (<https://pnpm.io/settings#overrides>); Yarn 2 and later `parent/name@range`, whose texts have to be the same
//! (<https://yarnpkg.com/configuration/manifest#resolutions>); Yarn 1 a path from the project with `**` for any part
//! (<https://classic.yarnpkg.com/en/docs/selective-version-resolutions>). In Python, Maven and Gradle an entry counts for everybody.

use super::Manifest;
use crate::probe::packages::Manager;

/// Where an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// npm's and Bun's `overrides`.
    Overrides,
    /// Yarn's `resolutions`.
    Resolutions,
    /// pnpm's `overrides` of `package.json`, or of its lock file.
    Pnpm,
    /// The same of `pnpm-workspace.yaml`.
    PnpmWorkspace,
    /// uv's `override-dependencies`, which count for everybody, as do the next two.
    Uv,
    /// PDM's `tool.pdm.resolution.overrides`.
    Pdm,
    /// Maven's `dependencyManagement`.
    Maven,
    /// Gradle's `force` and `strictly`.
    Gradle,
    /// A `replace` of `go.mod`, by the module that arrives.
    Go,
}

/// One entry that forces the version of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forcing {
    /// Where it stands.
    pub table: Table,
    /// The keys that lead to it, as written, the outermost first: npm nests them. Of Python the whole requirement, of Go the module that is
    /// replaced.
    pub keys: Vec<String>,
    /// The versions, or `$name` for those that the manifest itself asks for of that package.
    pub says: String,
    /// Line in its file, from 1.
    pub line: u32,
}

/// What an entry chooses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector<'a> {
    /// What has to stand above the package, the outermost first.
    pub outer: Vec<Outer<'a>>,
    /// The versions that have to be asked for; empty for any.
    pub range: &'a str,
}

/// A package that has to stand above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outer<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its versions; empty for any.
    pub range: &'a str,
    /// Directly above what follows.
    pub near: bool,
    /// The project itself asks for it.
    pub top: bool,
}

impl Forcing {
    /// What it chooses, as this package manager understands it; `None` where it does not understand it.
    #[must_use]
    pub fn selector(&self, manager: Manager) -> Option<Selector<'_>> {
        let far = |(name, range)| Outer { name, range, near: false, top: false };
        match self.table {
            Table::Uv | Table::Pdm | Table::Maven | Table::Gradle | Table::Go => {
                Some(Selector { outer: Vec::new(), range: "" })
            }
            Table::Overrides => {
                let itself = self.keys.last().is_some_and(|last| last == ".");
                let keys = self.keys.get(..self.keys.len() - usize::from(itself))?;
                let (last, above) = keys.split_last()?;
                let outer = above.iter().map(|key| far(name_and_range(key))).collect();
                Some(Selector { outer, range: name_and_range(last).1 })
            }
            Table::Pnpm | Table::PnpmWorkspace => {
                let key = self.keys.first()?;
                let (parent, target) =
                    inner(key).map_or((None, key.as_str()), |(parent, target)| (Some(parent), target));
                let outer = parent.map(|parent| Outer { near: true, ..far(name_and_range(parent.trim())) });
                Some(Selector { outer: outer.into_iter().collect(), range: name_and_range(target.trim()).1 })
            }
            Table::Resolutions => resolution(self.keys.first()?, manager),
        }
    }

    /// The package of the manifest whose versions it repeats.
    #[must_use]
    pub fn follows(&self) -> Option<&str> {
        self.says.strip_prefix('$')
    }
}

impl Manifest {
    /// The major version of pnpm that it names; `None` where it names none.
    #[must_use]
    pub fn pnpm_major(&self) -> Option<u64> {
        let version = self.package_manager.as_deref()?.strip_prefix("pnpm@")?;
        version.split(['.', '+', '-']).next()?.parse().ok()
    }

    /// Notes an entry that counts for everybody.
    pub(super) fn force(&mut self, table: Table, name: &str, key: &str, says: String, line: u32) {
        let forcing = Forcing { table, keys: vec![key.to_owned()], says, line };
        self.forcings.entry(name.to_owned()).or_default().push(forcing);
    }
}

/// A key of `resolutions`. pnpm reads that table too, with keys of its own kind.
fn resolution(key: &str, manager: Manager) -> Option<Selector<'_>> {
    if manager == Manager::Pnpm && inner(key).is_some() {
        let (parent, target) = inner(key)?;
        let (name, range) = name_and_range(parent);
        let outer = vec![Outer { name, range, near: true, top: false }];
        return Some(Selector { outer, range: name_and_range(target).1 });
    }
    let mut outer: Vec<Outer<'_>> = Vec::new();
    let (mut rest, mut far) = (key, false);
    loop {
        let (segment, after) = segment(rest);
        let (name, range) = name_and_range(segment);
        let is_any = segment == "**";
        let Some(after) = after else {
            // Yarn 1 knows no versions in keys.
            let known = !is_any && (range.is_empty() || manager != Manager::YarnClassic);
            if let Some(last) = outer.last_mut() {
                last.near = !far;
            }
            return known.then_some(Selector { outer, range });
        };
        if !is_any {
            if let Some(last) = outer.last_mut() {
                last.near = !far;
            }
            let top = manager == Manager::YarnClassic && outer.is_empty() && !far;
            outer.push(Outer { name, range, near: true, top });
        }
        far = is_any;
        rest = after;
    }
}

/// The first part of a key with slashes between packages, and the rest. A range with a protocol may hold slashes, and goes
/// to the end.
fn segment(key: &str) -> (&str, Option<&str>) {
    let name_from = if key.starts_with('@') { key.find('/').map_or(0, |at| at + 1) } else { 0 };
    let rest = key.get(name_from..).unwrap_or_default();
    let slash = rest.find('/');
    let colon = rest.find(':').filter(|colon| slash.is_none_or(|slash| *colon < slash));
    let is_alias = colon.is_some_and(|colon| rest.get(colon..).is_some_and(|rest| rest.starts_with(":@")));
    match slash.filter(|_| !is_alias) {
        Some(at) => (key.get(..name_from + at).unwrap_or(key), key.get(name_from + at + 1..)),
        None => (key, None),
    }
}

/// `b` and `^2` of `b@^2`; an empty range where there is none.
fn name_and_range(key: &str) -> (&str, &str) {
    let at = key.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(at, _)| at);
    at.and_then(|at| Some((key.get(..at)?, key.get(at + 1..)?.trim()))).unwrap_or((key, ""))
}

/// What stands before and behind the last `>` that parts packages: it also begins ranges.
fn inner(key: &str) -> Option<(&str, &str)> {
    let begins_name = |rest: &str| rest.starts_with(|c: char| c == '@' || c.is_alphabetic());
    let found = key.rmatch_indices('>').find(|(at, _)| key.get(at + 1..).is_some_and(begins_name));
    found.and_then(|(at, _)| Some((key.get(..at)?, key.get(at + 1..)?)))
}

/// The package that a key forces: `lodash` of `**/lodash`, `a/lodash`, `a@1>lodash@^4` and `lodash@npm:^4`.
#[must_use]
pub fn forced(key: &str) -> &str {
    let mut key = inner(key).map_or(key, |(_, target)| target);
    while let (_, Some(after)) = segment(key) {
        key = after;
    }
    name_and_range(key).0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(table: Table, keys: &[&str], manager: Manager) -> String {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        let forcing = Forcing { table, keys, says: "1".to_owned(), line: 1 };
        let Some(selector) = forcing.selector(manager) else { return "none".to_owned() };
        let outer = selector.outer.iter().map(|one| {
            let (near, top) = (if one.near { " directly" } else { "" }, if one.top { " of the project" } else { "" });
            format!("{}@{}{top}{near} > ", one.name, one.range)
        });
        outer.collect::<String>() + "@" + selector.range
    }

    #[test]
    fn what_an_entry_chooses() {
        use Manager::{Npm, Pnpm, YarnBerry, YarnClassic};
        use Table::{Overrides, Resolutions};
        for (table, keys, manager, chosen) in [
            (Overrides, &["b@^2 || 3"][..], Npm, "@^2 || 3"),
            (Overrides, &["b@^2", "."], Npm, "@^2"),
            (Overrides, &["b@^2", "@s/d", "e@1"], Npm, "b@^2 > @s/d@ > @1"),
            (Table::Pnpm, &["a@1>b@>=2 <3"], Pnpm, "a@1 directly > @>=2 <3"),
            (Table::Pnpm, &["@s/b@>2"], Pnpm, "@>2"),
            (Resolutions, &["a@1>b"], Pnpm, "a@1 directly > @"),
            (Resolutions, &["b"], YarnClassic, "@"),
            (Resolutions, &["**/b"], YarnClassic, "@"),
            (Resolutions, &["a/b"], YarnClassic, "a@ of the project directly > @"),
            (Resolutions, &["a/**/@s/b"], YarnClassic, "a@ of the project > @"),
            (Resolutions, &["**/@s/a/b"], YarnClassic, "@s/a@ directly > @"),
            (Resolutions, &["b@^1"], YarnClassic, "none"),
            (Resolutions, &["@s/a@npm:1.0.0/b@npm:^1.0.0"], YarnBerry, "@s/a@npm:1.0.0 directly > @npm:^1.0.0"),
            (Resolutions, &["@s/n@npm:@x/y@1"], YarnBerry, "@npm:@x/y@1"),
            (Table::Uv, &["b==1"], Manager::Uv, "@"),
        ] {
            assert_eq!(told(table, keys, manager), chosen, "{keys:?}");
        }
    }

    #[test]
    fn what_a_key_forces() {
        for (key, name) in [
            ("lodash", "lodash"),
            ("**/lodash", "lodash"),
            ("a/@s/b", "@s/b"),
            ("@s/a@1/b", "b"),
            ("a@1>lodash@^4", "lodash"),
            ("r@>=2 <3", "r"),
            ("lodash@npm:^4", "lodash"),
            ("@s/n@npm:@x/y@1", "@s/n"),
            ("", ""),
            ("/", ""),
        ] {
            assert_eq!(forced(key), name, "{key}");
        }
    }
}
