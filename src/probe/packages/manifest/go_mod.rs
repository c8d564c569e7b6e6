//! `go.mod` and `go.work` (<https://go.dev/ref/mod#go-mod-file>, <https://go.dev/ref/mod#workspaces>).

use super::{Declared, Manifest, Pin, Runtime, Source, Table, reason};
use crate::probe::packages::{NotUnderstood, Scope};

/// What the files may say.
const DIRECTIVES: [&str; 12] =
    ["module", "go", "toolchain", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore", "use", "//"];

/// One line of a file, a block's lines each by itself.
#[derive(Debug, PartialEq)]
pub struct Statement<'a> {
    /// `require`, `replace`, …
    pub directive: &'a str,
    /// What follows, unquoted.
    pub words: Vec<&'a str>,
    /// What stands behind `//`.
    pub comment: &'a str,
    /// From 1.
    pub line: u32,
}

/// The statements of a file.
///
/// # Errors
/// When the `go` command would not read it either.
pub fn statements<'a>(text: &'a str, file: &str) -> Result<Vec<Statement<'a>>, NotUnderstood> {
    let mut found = Vec::new();
    let mut block: Option<&str> = None;
    let mut last = 0;
    for (line, whole) in (1_u32..).zip(text.lines()) {
        let (code, comment) = whole.split_once("//").map_or((whole, ""), |(code, comment)| (code, comment.trim()));
        let code = code.trim();
        last = line as usize;
        let invalid = || NotUnderstood::at(format!("not a valid {file}"), line as usize);
        if code.is_empty() {
            continue;
        }
        if block.is_some() && code == ")" {
            block = None;
            continue;
        }
        let mut words = code.split_whitespace().map(|word| word.trim_matches(['"', '`']));
        let directive = match block {
            Some(directive) => directive,
            None => words.next().filter(|word| DIRECTIVES.contains(word)).ok_or_else(invalid)?,
        };
        let words: Vec<&str> = words.collect();
        match words.as_slice() {
            ["("] if block.is_none() => block = Some(directive),
            ["(", ")"] | ["()"] if block.is_none() => {}
            // A version in conflict stands in a block as well.
            [first, ..]
                if first.starts_with("<<<<<<<") || first.starts_with(">>>>>>>") || first.starts_with("=======") =>
            {
                return Err(invalid());
            }
            _ => found.push(Statement { directive, words, comment, line }),
        }
    }
    if block.is_some() {
        return Err(NotUnderstood::at(format!("{file} that ends in the middle of a list"), last));
    }
    Ok(found)
}

/// A module that no package of the project imports itself.
#[must_use]
pub fn is_indirect(statement: &Statement<'_>) -> bool {
    statement.comment == "indirect" || statement.comment.starts_with("indirect;")
}

/// Whether a replacement leads to a folder.
#[must_use]
pub fn is_folder(target: &str) -> bool {
    target.starts_with("./") || target.starts_with("../") || target.starts_with('/') || matches!(target, "." | "..")
}

/// `old [version] => new [version]`
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Replacement<'a> {
    /// The module that is replaced, with the version where only one is.
    pub old: (&'a str, Option<&'a str>),
    /// What takes its place: a folder has no version.
    pub new: (&'a str, Option<&'a str>),
}

impl<'a> Replacement<'a> {
    /// What a `replace` says; `None` where it is not complete.
    #[must_use]
    pub fn of(statement: &Statement<'a>) -> Option<Self> {
        match *statement.words.as_slice() {
            [old, "=>", new] => Some(Self { old: (old, None), new: (new, None) }),
            [old, version, "=>", new] => Some(Self { old: (old, Some(version)), new: (new, None) }),
            [old, "=>", new, to] => Some(Self { old: (old, None), new: (new, Some(to)) }),
            [old, version, "=>", new, to] => Some(Self { old: (old, Some(version)), new: (new, Some(to)) }),
            _ => None,
        }
        .filter(|replacement| {
            statement.directive == "replace" && (replacement.new.1.is_some() || is_folder(replacement.new.0))
        })
    }

    /// The replacement of a module: one for its version goes before one for all
    /// (<https://go.dev/ref/mod#go-mod-file-replace>).
    #[must_use]
    pub fn find(all: &[Self], module: &str, version: &str) -> Option<Self> {
        let of = |wanted: Option<&str>| all.iter().rev().find(|one| one.old == (module, wanted)).copied();
        of(Some(version)).or_else(|| of(None))
    }
}

/// Reads a manifest.
///
/// # Errors
/// When it is not well-formed.
pub fn read(path: &str, text: &str) -> Result<Manifest, NotUnderstood> {
    let file = path.rsplit('/').next().unwrap_or(path);
    let statements = statements(text, file)?;
    let replacements: Vec<Replacement<'_>> = statements.iter().filter_map(Replacement::of).collect();
    let tools: Vec<&str> = statements.iter().filter(|s| s.directive == "tool").flat_map(|s| s.words.clone()).collect();
    let mut manifest = Manifest { path: path.to_owned(), ..Manifest::default() };
    for statement in &statements {
        let line = statement.line;
        let runtime = |range: &str| Runtime { name: "go".to_owned(), range: range.to_owned(), line };
        match (statement.directive, statement.words.as_slice()) {
            ("module", [name]) => manifest.name = Some((*name).to_owned()),
            ("go", [version]) => manifest.runtimes.push(runtime(version)),
            ("toolchain", [name]) => {
                if let Some(version) = name.strip_prefix("go") {
                    manifest.runtimes.push(runtime(version));
                    // Vendors' names follow a dash: `go1.22.4-custom`.
                    manifest.toolchain = version.split('-').next().map(str::to_owned);
                }
            }
            ("use", [folder]) => manifest.members.push(folder.trim_start_matches("./").to_owned()),
            ("exclude", [name, version]) => {
                let excluded = manifest.refused.entry((*name).to_owned()).or_default();
                excluded.push(((*version).to_owned(), line));
            }
            ("replace", [old, ..]) => {
                manifest.overrides.push((*old).to_owned());
                if let Some(Replacement { old: (old, of), new: (new, Some(to)) }) = Replacement::of(statement) {
                    let key = of.map_or_else(|| old.to_owned(), |of| format!("{old}@{of}"));
                    manifest.force(Table::Go, new, &key, to.to_owned(), line);
                }
            }
            ("require", [name, version]) => {
                // A tool that only `go tool` runs is marked like what the project does not import.
                let is_tool =
                    |tool: &&str| tool.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
                let is_tool = tools.iter().any(is_tool);
                if is_indirect(statement) && !is_tool {
                    continue;
                }
                let replaced = Replacement::find(&replacements, name, version);
                let folder = replaced.map(|replaced| replaced.new.0).filter(|new| is_folder(new));
                let is_own = folder.is_some();
                manifest.replaced_by_folders.extend(folder.map(|folder| ((*name).to_owned(), folder.to_owned())));
                manifest.declared.push(Declared {
                    name: (*name).to_owned(),
                    alias: None,
                    range: (*version).to_owned(),
                    scope: if is_indirect(statement) { Scope::Development } else { Scope::Production },
                    optional: false,
                    source: if is_own { Source::Own } else { Source::Registry },
                    // The version in the file is the one that is built, unless a dependency asks for a later one.
                    pin: Pin::Exact,
                    line,
                });
            }
            ("module" | "go" | "require", _) => manifest.gaps.add(reason::ENTRY, &format!("line {line}")),
            _ => {}
        }
    }
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for() {
        let text = "// a comment\nmodule example.com/app // why\n\ngo 1.22\ntoolchain go1.22.4\n\nrequire (\n\t\"example.com/a\" v1.2.3\n\
            \texample.com/b v0.0.0-20200101000000-abcdefabcdef // indirect\n\texample.com/tool v1.0.0 // indirect\n\
            \texample.com/own v0.0.0\n\texample.com/odd\n)\nrequire example.com/c/v2 v2.0.0+incompatible\n\
            replace example.com/own => ../own\ntool example.com/tool/cmd/x\nexclude example.com/a v1.2.4\n\
            retract [v1.0.0, v1.1.0]\n";
        let manifest = read("go.mod", text).unwrap();
        let told: Vec<_> = (manifest.declared.iter())
            .map(|d| format!("{}: {} {} {:?} {:?}", d.line, d.name, d.range, d.scope, d.source))
            .collect();
        assert_eq!(
            told,
            [
                "8: example.com/a v1.2.3 Production Registry",
                "10: example.com/tool v1.0.0 Development Registry",
                "11: example.com/own v0.0.0 Production Own",
                "14: example.com/c/v2 v2.0.0+incompatible Production Registry",
            ]
        );
        assert_eq!(manifest.name.as_deref(), Some("example.com/app"));
        assert_eq!(manifest.refused["example.com/a"], [("v1.2.4".to_owned(), 17)]);
        let runtimes: Vec<_> = manifest.runtimes.iter().map(|r| (&*r.name, &*r.range, r.line)).collect();
        assert_eq!(runtimes, [("go", "1.22", 4), ("go", "1.22.4", 5)]);
        assert_eq!(manifest.gaps.into_vec()[0].examples, ["line 12"]);
    }

    #[test]
    fn a_workspace_names_its_modules() {
        let manifest =
            read("go.work", "go 1.22\nuse (\n\t./api\n\t./lib/x\n)\nreplace example.com/a => ./a\n").unwrap();
        assert_eq!(manifest.members, ["api", "lib/x"]);
        assert_eq!(manifest.overrides, ["example.com/a"]);
    }

    #[test]
    fn what_go_would_not_read_is_refused() {
        for (text, line) in [
            ("module x\n<<<<<<< HEAD\n", 2),
            ("require (\n\ta v1\n<<<<<<< HEAD\n)\n", 3),
            ("module x\nimport y\n", 2),
            ("require (\n\ta v1.0.0\n", 2),
        ] {
            assert_eq!(read("go.mod", text).unwrap_err().line, Some(line), "{text}");
        }
        assert_eq!(read("go.mod", "").unwrap(), Manifest { path: "go.mod".to_owned(), ..Manifest::default() });
    }
}
