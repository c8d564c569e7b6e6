//! Lock files that the tools themselves wrote, beside their own lists of packages (`packages.txt`): four projects, with
//! groups, with extras, with two versions by marker, and with packages from git, an address and a folder.
//!
//! A line of a list says `dev` where the tool leaves a package out when it is asked for production on Linux.

use std::collections::BTreeSet;
use std::path::Path;

use gonogo::probe::packages::Scope;

use super::python::{collected, gaps};

/// Every file of a fixture.
fn files(tool: &str, shape: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/packages").join(tool).join(shape);
    let mut found = Vec::new();
    let mut waiting = vec![folder.clone()];
    while let Some(next) = waiting.pop() {
        for entry in std::fs::read_dir(&next).unwrap_or_else(|_| panic!("{}", next.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(&folder).unwrap().to_str().unwrap().replace('\\', "/");
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

/// Compares what is read with the tool's list; the packages that count as production's although the tool leaves them out
/// come back.
fn compared(tool: &str, shape: &str) -> Vec<String> {
    let files = files(tool, shape);
    let list = &files.iter().find(|(name, _)| name == "packages.txt").unwrap().1;
    let project: Vec<(&str, &str)> =
        files.iter().filter(|(name, _)| name != "packages.txt").map(|(name, text)| (&**name, &**text)).collect();
    let mut found = collected(&project);
    // Pipenv leaves open what its own platform does not install.
    let open: &[&str] = match (tool, shape) {
        ("pipenv", "markers") => &["requirement without an exact version (==): colorama"],
        // The folder, which the list names by its place on the machine that wrote it, is not among the files here.
        ("pip", "places") => {
            &["package from a folder that is not among the project's files, so it was not examined: core (./libs/core)"]
        }
        _ => &[],
    };
    assert_eq!(gaps(&found), open, "{tool} {shape}");
    // pip knows a file for each purpose; its list is of all of them.
    let mut lock = found.locks.remove(0);
    for other in found.locks {
        lock.packages.extend(other.packages);
    }
    let mut beyond = Vec::new();
    let mut expected = BTreeSet::new();
    for line in list.lines() {
        let mut words = line.split(' ');
        let (name, version) = (words.next().unwrap(), words.next().unwrap());
        let is_dev = words.next() == Some("dev");
        // Some lists give an address in the place of a version.
        let package = lock
            .packages
            .iter()
            .find(|p| p.name == name && (version == "?" || p.version.is_empty() || p.version == version));
        let package = package.unwrap_or_else(|| panic!("{tool} {shape}: {line} is missing"));
        expected.insert((package.name.clone(), package.version.clone()));
        match (is_dev, package.scope) {
            (false, Scope::Development) => panic!("{tool} {shape}: production installs {line}"),
            (true, Scope::Production) => beyond.push(name.to_owned()),
            _ => {}
        }
    }
    let read: BTreeSet<_> = lock.packages.iter().map(|p| (p.name.clone(), p.version.clone())).collect();
    assert_eq!(read, expected, "{tool} {shape}");
    beyond
}

/// Besides, ours are production's: groups that only their users know the purpose of (`server`: gunicorn, which needs
/// packaging), and what other platforms and Pythons install.
#[test]
fn the_tools_themselves_name_the_same_packages() {
    for (tool, shape, more) in [
        ("uv", "groups", &["gunicorn", "packaging"][..]),
        ("uv", "extras", &[]),
        ("uv", "markers", &[]),
        ("uv", "places", &[]),
        ("pdm", "groups", &["gunicorn", "packaging"]),
        ("pdm", "extras", &[]),
        ("pdm", "markers", &[]),
        ("poetry", "groups", &["gunicorn", "packaging"]),
        ("poetry", "extras", &["colorama", "exceptiongroup"]),
        ("poetry", "markers", &["click", "colorama", "tomli"]),
        ("poetry", "places", &[]),
        ("poetry-1.8", "groups", &["gunicorn", "packaging"]),
        ("poetry-1.8", "extras", &["colorama"]),
        ("poetry-1.8", "markers", &["click", "colorama"]),
        ("poetry-1.8", "places", &[]),
        ("poetry-1.4", "groups", &["gunicorn", "packaging"]),
        ("poetry-1.4", "extras", &["colorama"]),
        ("poetry-1.4", "markers", &["click", "colorama"]),
        ("poetry-1.4", "places", &[]),
        ("poetry-1.1", "groups", &[]),
        ("poetry-1.1", "markers", &[]),
        ("pipenv", "groups", &[]),
        ("pipenv", "extras", &[]),
        ("pipenv", "markers", &[]),
        ("pipenv", "places", &[]),
        (
            "pylock",
            "groups",
            // It does not say who needs whom, so only what the manifest asks for itself is known to be for development.
            &[
                "colorama",
                "exceptiongroup",
                "gunicorn",
                "iniconfig",
                "packaging",
                "pluggy",
                "tomli",
                "typing-extensions",
            ],
        ),
        ("pylock", "extras", &["certifi", "httpcore", "sniffio"]),
        ("pylock", "markers", &[]),
        ("pylock", "places", &[]),
        ("pip", "groups", &[]),
        ("pip", "extras", &[]),
        ("pip", "markers", &[]),
        ("pip", "places", &[]),
    ] {
        assert_eq!(compared(tool, shape), more, "{tool} {shape}");
    }
}
