//! `Gemfile.lock` and `gems.locked`, as `Bundler::LockfileParser` reads them
//! (<https://bundler.io/man/bundle-lock.1.html>).

use super::{Around, Builder, Draft, Origin, Reading, Scope, reason};
use crate::probe::packages::{Manager, Manifest, NotUnderstood};

/// What the lines of a section are.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Section {
    /// `GEM`, `GIT`, `PLUGIN SOURCE`
    Packages(Origin),
    /// `PATH`: gems of the project itself.
    Own,
    Dependencies,
    /// Platforms, versions, checksums.
    Other,
    Unknown,
}

impl Section {
    fn of(heading: &str) -> Self {
        match heading {
            "GEM" => Self::Packages(Origin::Registry),
            "GIT" | "PLUGIN SOURCE" => Self::Packages(Origin::Elsewhere),
            "PATH" => Self::Own,
            "DEPENDENCIES" => Self::Dependencies,
            "PLATFORMS" | "RUBY VERSION" | "BUNDLED WITH" | "CHECKSUMS" => Self::Other,
            _ => Self::Unknown,
        }
    }
}

/// More variants of one gem are not told apart; there is one for each platform that somebody builds for.
const MAX_VARIANTS: usize = 50;

#[derive(Default)]
struct Found<'a> {
    /// The gems by name and number: one a version and platform.
    gems: Vec<(&'a str, usize)>,
    /// Who needs what: the gem's number, and a name with its range.
    needs: Vec<(usize, &'a str, &'a str)>,
    /// What the project's own gems need, with the gem's name.
    own_needs: Vec<(&'a str, &'a str, &'a str)>,
    /// The project's own gems, with their versions and folders.
    own: Vec<(&'a str, &'a str, &'a str)>,
    /// What the Gemfile asks for.
    asked: Vec<(&'a str, &'a str)>,
}

/// Reads the packages of a lock file.
///
/// # Errors
/// When it is in the middle of a merge or ends early.
pub fn read(text: &str, around: &Around<'_>) -> Result<Reading, NotUnderstood> {
    let mut builder = Builder::new(Manager::Bundler, "");
    let mut found = Found::default();
    let mut section = None;
    // The gem whose needs follow.
    let mut current: Option<Result<usize, &str>> = None;
    // The folder of the gems that follow.
    let mut folder = "";
    let mut has_dependencies = false;
    for (number, line) in (1_u32..).zip(text.lines()) {
        if ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark)) {
            return Err(NotUnderstood::at("Gemfile.lock with a merge that is not finished", number as usize));
        }
        let line = line.trim_end();
        let indent = line.len() - line.trim_start_matches(' ').len();
        if line.is_empty() {
            continue;
        }
        if indent == 0 {
            let new = Section::of(line);
            if new == Section::Unknown {
                builder.gaps.add("section of a Gemfile.lock that gonogo does not know", line);
            }
            has_dependencies |= new == Section::Dependencies;
            (section, current) = (Some(new), None);
            continue;
        }
        // Gems of another place on the machine are nobody's own.
        let remote =
            line.trim_start().strip_prefix("remote: ").filter(|_| section == Some(Section::Own) && indent == 2);
        folder = remote.unwrap_or(folder);
        if remote.is_some_and(|folder| around.is_outside(folder)) {
            section = Some(Section::Packages(Origin::Elsewhere));
        }
        let Some(section) = section else {
            return Err(NotUnderstood::at("not a valid Gemfile.lock", number as usize));
        };
        match (section, indent) {
            (Section::Packages(_) | Section::Own, 4) => {
                current = None;
                match spec(line) {
                    Some((name, version)) if section == Section::Own && !version.is_empty() => {
                        found.own.push((name, version, folder));
                        current = Some(Err(name));
                    }
                    Some((name, version)) if !version.is_empty() => {
                        let origin = if let Section::Packages(origin) = section { origin } else { Origin::Registry };
                        let gem = found.gems.len();
                        builder.add(gem.to_string(), Draft { origin, ..Draft::new(name, version, number) });
                        found.gems.push((name, gem));
                        current = Some(Ok(gem));
                    }
                    _ => builder.gaps.add(reason::ENTRY, &format!("line {number}")),
                }
            }
            (Section::Packages(_) | Section::Own, 6) => match (name_and_range(line), &current) {
                (Some((name, range)), Some(Ok(gem))) => found.needs.push((*gem, name, range)),
                (Some((name, range)), Some(Err(own))) => found.own_needs.push((own, name, range)),
                _ => builder.gaps.add(reason::ENTRY, &format!("line {number}")),
            },
            (Section::Dependencies, _) => match name_and_range(line) {
                Some((name, range)) => found.asked.push((name.trim_end_matches('!'), range)),
                None => builder.gaps.add(reason::ENTRY, &format!("line {number}")),
            },
            // `remote:`, `revision:`, `specs:` and their like; platforms; checksums.
            _ => {}
        }
    }
    found.gems.sort_unstable();
    // Bundler writes it even for a Gemfile that asks for nothing, after all packages.
    if !has_dependencies {
        return Err(NotUnderstood::new("a Gemfile.lock without its DEPENDENCIES: it is empty or ends early"));
    }
    found.tell(around, &mut builder);
    drop(found);
    Ok(builder.finish(around.path))
}

/// `name (1.2.3-x86_64-linux)`: a version has no dash, so what follows one is the platform.
fn spec(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.trim_start().split_once(" (")?;
    let inner = rest.strip_suffix(')')?;
    let version = inner.split('-').next().unwrap_or(inner);
    let is_version = version.starts_with(|c: char| c.is_ascii_digit()) && !version.contains(' ');
    Some((name, version)).filter(|_| is_version && !name.is_empty())
}

/// `name (~> 1.0, >= 1.2)!`, `name`
fn name_and_range(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start().trim_end_matches('!');
    match line.split_once(" (") {
        Some((name, range)) => Some((name, range.strip_suffix(')')?)),
        None => Some((line, "")),
    }
    .filter(|(name, _)| !name.is_empty() && !name.contains(' '))
}

impl Found<'_> {
    /// The keys of the gems of this name.
    fn keys(&self, name: &str) -> impl Iterator<Item = String> {
        let from = self.gems.partition_point(|(known, _)| *known < name);
        let same = self.gems.iter().skip(from).take(MAX_VARIANTS).take_while(move |(known, _)| *known == name);
        same.map(|(_, gem)| gem.to_string())
    }

    fn tell(&self, around: &Around<'_>, builder: &mut Builder) {
        let file = if around.path.ends_with("gems.locked") { "gems.rb" } else { "Gemfile" };
        let (path, manifest) = (around.manifest_path("", file), around.manifest("", file));
        builder.root(&path);
        for (name, version, folder) in &self.own {
            builder.local(name, Some(version), Some(around.place(folder)));
        }
        for (from, name, range) in &self.needs {
            let from = from.to_string();
            self.keys(name).for_each(|to| builder.needs_range(&from, to, range));
        }
        for (name, range) in &self.asked {
            for key in self.keys(name) {
                builder.wants(&path, *name, *range, scope_of(manifest, name), key);
            }
        }
        // What a gem of the project needs, the project needs.
        for (own, name, range) in &self.own_needs {
            for key in self.keys(name) {
                builder.wants(&path, *name, *range, scope_of(manifest, own), key);
            }
        }
    }
}

/// The lock file does not know groups, the Gemfile does.
fn scope_of(manifest: Option<&Manifest>, name: &str) -> Scope {
    let declared =
        manifest.into_iter().flat_map(|manifest| &manifest.declared).filter(|declared| declared.name == name);
    declared.map(|declared| declared.scope).min().unwrap_or(Scope::Production)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn read(text: &str) -> Result<Reading, NotUnderstood> {
        super::read(text, &Around { path: "Gemfile.lock", manifests: &BTreeMap::new() })
    }

    const LOCK: &str = "GIT
  remote: https://user:secret@git.example.com/fork.git
  revision: abc
  branch: main
  specs:
    fork (0.3.0)
      rack (>= 1)

PATH
  remote: engines/mine
  specs:
    mine (0.1.0)
      json (~> 2.0)

PLUGIN SOURCE
  remote: https://s3.example.com
  type: s3
  specs:
    from-plugin (1.0)

GEM
  remote: https://gems.example.com/
  remote: https://other.example.com/
  specs:
    json (2.7.1)
    json (2.7.1-java)
    nokogiri (1.16.0-x86_64-linux)
      racc (~> 1.4)
    nokogiri (1.15.0-java)
    racc (1.7.3)
    rack (3.0.0.rc1)
    broken
      rack

PLATFORMS
  java
  x86_64-linux

DEPENDENCIES
  fork!
  mine!
  nokogiri (~> 1.15, >= 1.15.1)

CHECKSUMS
  json (2.7.1) sha256=abc

RUBY VERSION
   ruby 3.3.0p0

BUNDLED WITH
   2.5.3
";

    #[test]
    fn every_section_and_platform() {
        let reading = read(LOCK).unwrap();
        let lock = &reading.lock;
        let told: Vec<_> = (lock.packages.iter())
            .map(|p| format!("{} {}:{} {:?} {:?}", p.name, p.version, p.line, p.origin, p.needs))
            .collect();
        assert_eq!(
            told,
            [
                "fork 0.3.0:6 Elsewhere [6]",
                "from-plugin 1.0:19 Elsewhere []",
                "json 2.7.1:25 Registry []",
                "nokogiri 1.15.0:29 Registry []",
                "nokogiri 1.16.0:27 Registry [5]",
                "racc 1.7.3:30 Registry []",
                "rack 3.0.0.rc1:31 Registry []",
            ]
        );
        let wanted: Vec<_> =
            lock.roots.iter().flat_map(|r| &r.wanted).map(|w| (&*w.name, &*w.range, w.package)).collect();
        let both = "~> 1.15, >= 1.15.1";
        assert_eq!(wanted, [("fork", "", 0), ("json", "~> 2.0", 2), ("nokogiri", both, 3), ("nokogiri", both, 4)]);
        let gaps = reading.gaps.into_vec();
        assert_eq!(
            (gaps[0].reason.as_str(), gaps[0].examples.join(", ")),
            (reason::ENTRY, "line 32, line 33".to_owned())
        );
    }

    #[test]
    fn what_is_no_lock_file_is_refused() {
        let error = |text: &str| read(text).unwrap_err();
        let conflict = LOCK.replace("    racc (1.7.3)\n", "<<<<<<< HEAD\n    racc (1.7.3)\n=======\n>>>>>>> x\n");
        assert_eq!(error(&conflict), NotUnderstood::at("Gemfile.lock with a merge that is not finished", 30));
        let cut = LOCK.split("DEPENDENCIES").next().unwrap();
        for text in ["", cut, "GEM\n", "hello\n"] {
            assert!(error(text).reason.contains("ends early"), "{text}");
        }
        assert_eq!(error("  remote: x\n").line, Some(1));
        let newer = read("GEM\n  specs:\n    a (1)\n\nDEPENDENCIES\n\nNEW THING\n  x\n").unwrap();
        assert_eq!((newer.lock.packages.len(), newer.gaps.total()), (1, 1));
    }
}
