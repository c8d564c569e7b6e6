//! Where a Gemfile takes its gems from (<https://bundler.io/man/gemfile.5.html#SOURCES>).

use super::call::{Call, Value, statements};

/// The gems that a Gemfile takes from a registry whose address it says outright, with that address: behind the gem, around it, or
/// the one for all. What stands under a condition is left out.
#[must_use]
pub fn registries_of_gems(text: &str) -> Vec<(String, String)> {
    // The address of each block around, where it says one; another kind of block may say anything.
    let mut blocks: Vec<Around> = Vec::new();
    let (mut found, mut of_all, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for (_, statement) in statements(text) {
        let call = Call::of(&statement);
        let address = call.plain().next().map(str::to_owned);
        match call.name.as_str() {
            "end" => {
                blocks.pop();
            }
            "source" if !call.opens_block => of_all.push(address.filter(|_| blocks.is_empty())),
            "gem" if ![" if ", " unless "].iter().any(|word| statement.contains(word)) => {
                let Some(Value::Text(name)) = call.values.first() else { continue };
                let is_from = |key: &&str| call.option(key).is_some();
                if ["git", "github", "gist", "bitbucket", "path"].iter().any(is_from) || blocks.contains(&Around::Other)
                {
                    continue;
                }
                let around = blocks.iter().rev().find_map(|block| match block {
                    Around::Registry(address) => Some(address),
                    Around::Group | Around::Other => None,
                });
                match (call.option("source"), around) {
                    (Some(Value::Text(address)), _) | (None, Some(address)) => {
                        found.push((name.clone(), address.clone()))
                    }
                    (Some(_), _) => {}
                    (None, None) => others.push(name.clone()),
                }
            }
            _ => {}
        }
        if call.opens_block {
            blocks.push(match call.name.as_str() {
                "group" => Around::Group,
                "source" => call.plain().next().map_or(Around::Other, |address| Around::Registry(address.to_owned())),
                _ => Around::Other,
            });
        }
    }
    // Of several for all any may have the gem.
    if let [Some(address)] = &of_all[..] {
        found.extend(others.into_iter().map(|name| (name, address.clone())));
    }
    found
}

/// A block around a gem.
#[derive(PartialEq, Eq)]
enum Around {
    /// It says where its gems come from.
    Registry(String),
    /// It says what they are for.
    Group,
    /// A condition, or a place that is no registry.
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gems_with_the_registries_that_are_said_outright() {
        let text = "source 'https://all.example.com'\ngem 'a'\ngroup :test do\n  gem 'b'\nend\nsource 'https://own.example.com' do\n  \
                    gem 'c'\nend\ngem 'd', source: 'https://d.example.com'\ngem 'e', source: ENV['X']\nif x\n  gem 'f'\nend\ngem 'g', path: 'g'\n";
        let told = |text: &str| {
            let mut all: Vec<String> =
                registries_of_gems(text).into_iter().map(|(name, address)| format!("{name} {address}")).collect();
            all.sort();
            all
        };
        let own = ["c https://own.example.com", "d https://d.example.com"];
        let all = ["a https://all.example.com", "b https://all.example.com"];
        assert_eq!(told(text), [all, own].concat());
        for other in ["source 'https://other.example.com'\n", "source ENV['GEMS']\n"] {
            assert_eq!(told(&format!("{text}{other}")), own, "{other}");
        }
    }
}
