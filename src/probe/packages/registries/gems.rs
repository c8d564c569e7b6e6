//! Registries of gems, in the Gemfile and in `GEM` of the lock file
//! (<https://bundler.io/man/gemfile.5.html#SOURCES>).

use super::super::manifest::registries_of_gems;
use super::{Place, Said, Taken, address};

/// What a Gemfile says.
pub fn said(text: &str) -> Said {
    let all = registries_of_gems(text).into_iter();
    let taken = all.filter_map(|(name, url)| {
        let address = address(&url)?;
        Some(Taken { name, from: address.clone(), address })
    });
    Said { taken: taken.collect(), ..Said::default() }
}

/// What `Gemfile.lock` holds. Before Bundler 2.2 one section named several registries, any of which may have a gem.
pub fn held(text: &str) -> Vec<(String, Place)> {
    let (mut found, mut section, mut remotes) = (Vec::new(), "", Vec::new());
    for line in text.lines().map(str::trim_end) {
        if !line.starts_with(' ') {
            (section, remotes) = (line, Vec::new());
        } else if let Some(remote) = line.strip_prefix("  remote: ") {
            remotes.push(address(remote));
        } else if let Some(gem) = line.strip_prefix("    ").filter(|gem| !gem.starts_with(' ')) {
            let name = gem.split(' ').next().unwrap_or(gem);
            let place = match &remotes[..] {
                [Some(remote)] if section == "GEM" => Place::Registry(remote.clone()),
                _ => Place::Elsewhere,
            };
            found.push((name.to_owned(), place));
        }
    }
    found
}
