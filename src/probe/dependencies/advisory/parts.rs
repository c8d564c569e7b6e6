//! The parts of a package that an advisory is about, in each database's own words: the import paths of Go's
//! (<https://go.dev/doc/security/vuln/database>), the functions and systems of RustSec's
//! (<https://github.com/rustsec/advisory-db/blob/main/EXAMPLE_ADVISORY.md>).

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Advisory, Affects};
use crate::probe::packages::Ecosystem;

/// An advisory that names more is about the package. Go's name 23 at most.
const MOST_PARTS: usize = 200;
/// So many names of what to call are kept of a part.
const MOST_SYMBOLS: usize = 8;
/// So many systems are kept.
const MOST_PLATFORMS: usize = 20;
/// Longer names are none.
const LONGEST: usize = 300;

/// What of a package an advisory is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// The parts; empty where the whole package is meant.
    pub named: Vec<Part>,
    /// The only systems on which it matters: `windows`, `linux arm64`; empty where it does on all. `cargo audit` leaves
    /// others out only when it is told the system; nobody tells us where the app will run.
    pub platforms: Vec<String>,
}

/// A part of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What code imports, or for Rust the path of the function that it calls.
    pub path: String,
    /// The first of the names in it that are affected and that code outside can call.
    pub symbols: Vec<String>,
}

impl Parts {
    /// Reads `ecosystem_specific` of an OSV record. What is not understood says nothing of parts: the whole package is meant.
    #[must_use]
    pub fn read(ecosystem: Ecosystem, specific: &Value) -> Self {
        match ecosystem {
            Ecosystem::Go => Self::of_go(specific),
            Ecosystem::CratesIo => Self::of_rust(specific),
            _ => None,
        }
        .unwrap_or_default()
    }

    fn of_go(specific: &Value) -> Option<Self> {
        let imports = specific.get("imports")?.as_array().filter(|all| all.len() <= MOST_PARTS)?;
        let mut parts = Self::default();
        let mut everywhere = false;
        for import in imports {
            let path = name(import.get("path")?)?;
            let symbols = names(import.get("symbols")).into_iter().filter(|symbol| is_exported(symbol));
            parts.add(Part { path, symbols: symbols.collect() });
            let systems = systems(&names(import.get("goos")), &names(import.get("goarch")));
            everywhere |= systems.is_empty();
            parts.add_platforms(systems);
        }
        if everywhere {
            parts.platforms.clear();
        }
        Some(parts)
    }

    fn of_rust(specific: &Value) -> Option<Self> {
        let affects = specific.get("affects")?;
        let mut parts = Self::default();
        let functions = names(affects.get("functions"));
        if functions.len() <= MOST_PARTS {
            functions.into_iter().for_each(|path| parts.add(Part { path, symbols: Vec::new() }));
        }
        parts.add_platforms(systems(&names(affects.get("os")), &names(affects.get("arch"))));
        Some(parts)
    }

    /// What advisories about the same hole say of a package together.
    #[must_use]
    pub fn of(advisories: &[Arc<Advisory>], ecosystem: Ecosystem, package: &str) -> Self {
        let mut all = Self::default();
        for advisory in advisories {
            let about: Vec<&Affects> =
                advisory.affects.iter().filter(|one| one.ecosystem == ecosystem && one.package == package).collect();
            // Where one stretch of versions is affected as a whole, the package is meant.
            if about.iter().all(|affects| !affects.parts.named.is_empty()) {
                about.iter().flat_map(|affects| &affects.parts.named).for_each(|part| all.add(part.clone()));
            }
            if about.iter().all(|affects| !affects.parts.platforms.is_empty()) {
                about.iter().for_each(|affects| all.add_platforms(affects.parts.platforms.clone()));
            }
        }
        all
    }

    fn add(&mut self, part: Part) {
        match self.named.iter_mut().find(|known| known.path == part.path) {
            Some(known) => {
                known.symbols.extend(part.symbols);
                let mut seen = BTreeSet::new();
                known.symbols.retain(|symbol| seen.insert(symbol.clone()));
                known.symbols.truncate(MOST_SYMBOLS);
            }
            None => self.named.push(Part { symbols: part.symbols.into_iter().take(MOST_SYMBOLS).collect(), ..part }),
        }
    }

    fn add_platforms(&mut self, systems: Vec<String>) {
        for system in systems {
            if self.platforms.len() < MOST_PLATFORMS && !self.platforms.contains(&system) {
                self.platforms.push(system);
            }
        }
    }
}

/// A word without anything that a path or a name cannot have.
fn name(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let good = !text.is_empty() && text.len() <= LONGEST && text.chars().all(|c| c.is_ascii_graphic());
    good.then(|| text.to_owned())
}

fn names(list: Option<&Value>) -> Vec<String> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(name).collect()
}

/// `windows` and `amd64` as `windows amd64`.
fn systems(os: &[String], arch: &[String]) -> Vec<String> {
    match (os, arch) {
        (one, []) | ([], one) => one.to_vec(),
        (os, arch) => os.iter().flat_map(|os| arch.iter().map(move |arch| format!("{os} {arch}"))).collect(),
    }
}

/// Whether code of another package can name it: `Conn.Close` and not `conn.Close`.
fn is_exported(symbol: &str) -> bool {
    symbol.split('.').all(|part| part.chars().next().is_some_and(char::is_uppercase))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(ecosystem: Ecosystem, specific: &Value) -> String {
        let parts = Parts::read(ecosystem, specific);
        let named: Vec<String> =
            parts.named.iter().map(|part| format!("{}[{}]", part.path, part.symbols.join(","))).collect();
        format!("{} on [{}]", named.join(" "), parts.platforms.join(","))
    }

    #[test]
    fn the_databases_name_parts_in_words_of_their_own() {
        let go = |imports: Value| told(Ecosystem::Go, &json!({ "imports": imports }));
        assert_eq!(
            go(
                json!([{"path": "x/ssh", "symbols": ["Dial", "conn.Close", "Conn.Close", "Conn.close"]}, {"path": "x/ssh/agent"}])
            ),
            "x/ssh[Dial,Conn.Close] x/ssh/agent[] on []"
        );
        assert_eq!(
            go(json!([
                {"path": "x/a", "goos": ["windows"], "symbols": ["A"]},
                {"path": "x/a", "goos": ["linux", "darwin"], "goarch": ["arm64"], "symbols": ["A", "B"]},
            ])),
            "x/a[A,B] on [windows,linux arm64,darwin arm64]"
        );
        // One that matters everywhere, and the rest matters no less.
        assert_eq!(go(json!([{"path": "x/a", "goos": ["windows"]}, {"path": "x/b"}])), "x/a[] x/b[] on []");
        let rust = |affects: Value| told(Ecosystem::CratesIo, &json!({ "affects": affects }));
        assert_eq!(
            rust(json!({"functions": ["ammonia::clean"], "os": ["windows"], "arch": []})),
            "ammonia::clean[] on [windows]"
        );
        assert_eq!(rust(json!({"functions": [], "os": [], "arch": ["x86"]})), " on [x86]");
        assert_eq!(told(Ecosystem::Npm, &json!({"imports": [{"path": "a"}]})), " on []");
    }

    #[test]
    fn what_is_not_understood_names_no_parts() {
        let many: Vec<Value> = (0..=MOST_PARTS).map(|n| json!({"path": format!("x/{n}")})).collect();
        for imports in [
            json!(null),
            json!("x/ssh"),
            json!([{"path": "x/ssh"}, {"symbols": ["Dial"]}]),
            json!([{"path": "x/ssh"}, {"path": 7}]),
            json!([{"path": "x/ssh"}, {"path": ""}]),
            json!([{"path": "x/ssh"}, {"path": "two words"}]),
            json!([{"path": "x/ssh"}, "x/agent"]),
            json!([{"path": "x".repeat(LONGEST + 1)}]),
            json!(many),
        ] {
            assert_eq!(told(Ecosystem::Go, &json!({ "imports": imports })), " on []");
        }
        let symbols: Vec<String> = (0..100).map(|n| format!("Call{n}")).collect();
        let parts = Parts::read(Ecosystem::Go, &json!({"imports": [{"path": "x", "symbols": symbols}]}));
        assert_eq!(parts.named[0].symbols.len(), MOST_SYMBOLS);
    }

    #[test]
    fn who_names_none_leaves_that_to_the_others() {
        let affects = |package: &str, paths: &[&str], platforms: &[&str]| Affects {
            ecosystem: Ecosystem::Go,
            package: package.to_owned(),
            ranges: Vec::new(),
            unread: false,
            versions: Vec::new(),
            last_known: None,
            informational: None,
            parts: Parts {
                named: paths.iter().map(|path| Part { path: (*path).to_owned(), symbols: Vec::new() }).collect(),
                platforms: platforms.iter().map(|one| (*one).to_owned()).collect(),
            },
        };
        let of = |records: &[Vec<&Affects>]| {
            let advisories: Vec<Arc<Advisory>> = records
                .iter()
                .map(|all| {
                    Arc::new(Advisory { affects: all.iter().copied().cloned().collect(), ..Advisory::bare("A") })
                })
                .collect();
            let parts = Parts::of(&advisories, Ecosystem::Go, "x");
            let paths: Vec<&str> = parts.named.iter().map(|part| part.path.as_str()).collect();
            format!("{} on [{}]", paths.join(" "), parts.platforms.join(","))
        };
        let (whole, ssh, other) =
            (affects("x", &[], &[]), affects("x", &["x/ssh"], &["windows"]), affects("y", &["y/z"], &[]));
        assert_eq!(of(&[vec![&whole], vec![&ssh, &other]]), "x/ssh on [windows]");
        assert_eq!(of(&[vec![&ssh], vec![&affects("x", &["x/ssh", "x/agent"], &[])]]), "x/ssh x/agent on [windows]");
        // One and the same record that means the whole package as well.
        assert_eq!(of(&[vec![&ssh, &whole]]), " on []");
        assert_eq!(of(&[vec![&other]]), " on []");
        assert_eq!(of(&[vec![]]), " on []");
    }
}
