//! What gems of the project need and `Gemfile.lock` does not hold: engines, and the project itself where its Gemfile says
//! `gemspec` (<https://bundler.io/man/gemfile.5.html>).

use std::collections::{BTreeMap, BTreeSet};

use super::lock::reason::{MISSING, REFUSED};
use super::manifest::{needs_of_gem, reason};
use super::{LockFile, Manager, Packages};
use crate::probe::files::{FileEntry, Listing};
use crate::probe::paths::{folder, joined};

/// Counts what the gems of folders need and the lock file that names them lacks.
pub fn add_gaps(found: &mut Packages, listing: &Listing) {
    let mut specs: BTreeMap<&str, Vec<&FileEntry>> = BTreeMap::new();
    for file in &listing.files {
        if let Some(name) = file.name().strip_suffix(".gemspec") {
            specs.entry(name).or_default().push(file);
        }
    }
    let mut open: BTreeSet<(String, &'static str, String)> = BTreeSet::new();
    for lock in found.locks.iter().filter(|lock| lock.manager == Manager::Bundler) {
        let own = lock.locals.iter().map(|local| &*local.name);
        let held: BTreeSet<&str> = lock.packages.iter().map(|package| &*package.name).chain(own).collect();
        let locals = lock.locals.iter().filter(|local| !local.fork);
        let locals = locals.filter_map(|local| Some((local.name.as_str(), local.place.clone()?)));
        // A folder that the Gemfile names by now need not be in the lock file.
        let at = folder(&lock.path);
        let gemfiles = ["Gemfile", "gems.rb"].map(|name| found.manifests.get(&format!("{at}{name}")));
        let placed = gemfiles.into_iter().flatten().flat_map(|gemfile| &gemfile.placed);
        let placed = placed.filter_map(|placed| Some((placed.name.as_str(), joined(at, &placed.folder)?)));
        for (name, place) in locals.chain(placed).collect::<BTreeSet<_>>() {
            // Bundler looks for it in the folder and below (`glob`).
            let near = specs.get(name).into_iter().flatten().filter(|file| is_in(&file.path, &place));
            let Some(file) = near.min_by_key(|file| file.path.matches('/').count()) else { continue };
            for need in file.read().map(|text| needs_of_gem(&text)).unwrap_or_default() {
                let (reason, what) = match need.name {
                    Some(name) if is_refused(lock, &name, &need.range) => {
                        (REFUSED, format!("{name} {} in {}", need.range, file.path))
                    }
                    Some(name) if held.contains(&*name) || name == "bundler" => continue,
                    Some(name) => (MISSING, name),
                    None => (reason::DYNAMIC, format!("{}:{}", file.path, need.line)),
                };
                open.insert((lock.path.clone(), reason, what));
            }
        }
    }
    for (path, reason, what) in open {
        found.gaps_of(&path).add(reason, &what);
    }
}

/// Whether none of the versions that a lock file holds of a gem is one that is asked for.
fn is_refused(lock: &LockFile, name: &str, range: &str) -> bool {
    let mut held = lock.packages.iter().filter(|package| package.name == name).peekable();
    held.peek().is_some() && held.all(|package| package.is_allowed_by(range) == Some(false))
}

fn is_in(path: &str, folder: &str) -> bool {
    let folder = folder.trim_matches('/');
    folder.is_empty() || folder == "." || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use crate::probe::packages::collect;
    use crate::probe::samples::listed;

    fn told(files: &[(&str, &str)]) -> Vec<String> {
        let (_folder, listing) = listed(files);
        let gaps = collect(&listing, &CancellationToken::new()).gaps.into_vec();
        gaps.into_iter().map(|gap| format!("{}: {}", gap.reason, gap.examples.join(", "))).collect()
    }

    #[test]
    fn what_own_gems_need_the_lock_file_has_to_hold() {
        let lock = |folder: &str| {
            format!(
                "PATH\n  remote: {folder}\n  specs:\n    mine (0.1.0)\n      rack\n\nGEM\n  remote: https://gems.example.com/\n  \
                 specs:\n    rack (3.1.0)\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  mine!\n"
            )
        };
        let spec = |more: &str| {
            format!("Gem::Specification.new do |s|\n  s.name = 'mine'\n  s.add_dependency 'rack', '>= 2'\n{more}end\n")
        };
        for (gemfile, folder, path) in [
            ("gem 'mine', path: 'engines/mine'\n", "engines/mine", "engines/mine/mine.gemspec"),
            ("gem 'mine', path: 'engines'\n", "engines", "engines/mine/mine.gemspec"),
            ("gemspec\n", ".", "mine.gemspec"),
        ] {
            let of = |path: &str, more: &str| {
                told(&[("Gemfile", gemfile), ("Gemfile.lock", &lock(folder)), (path, &spec(more))])
            };
            assert_eq!(of(path, ""), [""; 0], "{folder}");
            assert_eq!(of(path, "  s.add_dependency 'rack', '~> 3.0', '< 4'\n"), [""; 0], "{folder}");
            let other = format!(
                "package that is asked for in other versions, or from elsewhere, than the lock file holds: rack ~> 4.0 in {path}"
            );
            assert_eq!(of(path, "  s.add_dependency 'rack', '~> 4.0'\n"), [other], "{folder}");
            let missing = ["package that is asked for but missing from the lock file: sidekiq"];
            assert_eq!(of(path, "  s.add_dependency 'sidekiq'\n"), missing, "{folder}");
            let worked_out = [format!("dependency of a manifest that only a program can work out: {path}:4")];
            assert_eq!(of(path, "  s.add_dependency name\n"), worked_out, "{folder}");
            if folder != "." {
                let elsewhere = of("other/mine.gemspec", "  s.add_dependency 'sidekiq'\n");
                assert!(elsewhere.iter().all(|gap| !gap.contains("sidekiq")), "{elsewhere:?}");
            }
        }
    }

    /// The folder took the place of a gem since the lock file was written.
    #[test]
    fn what_a_folder_needs_that_the_lock_file_does_not_know() {
        let lock = "GEM\n  remote: https://gems.example.com/\n  specs:\n    mine (2.0.0)\n    rack (3.1.0)\n\nDEPENDENCIES\n  mine\n  rack\n";
        let of = |needs: &str| {
            let spec = format!("Gem::Specification.new do |s|\n  s.name = 'mine'\n  s.add_dependency '{needs}'\nend\n");
            told(&[
                ("Gemfile", "gem 'mine', path: 'vendor/mine'\ngem 'rack'\n"),
                ("Gemfile.lock", lock),
                ("vendor/mine/mine.gemspec", &spec),
            ])
        };
        assert_eq!(of("rack"), [""; 0]);
        assert_eq!(of("sidekiq"), ["package that is asked for but missing from the lock file: sidekiq"]);
    }
}
