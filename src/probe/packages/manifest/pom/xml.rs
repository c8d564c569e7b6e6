//! What one `pom.xml` says itself.

use std::collections::BTreeMap;

use roxmltree::{Document, Node, ParsingOptions};

use crate::probe::packages::NotUnderstood;
use crate::probe::packages::lines::Lines;

/// More elements than this are in no project file.
const MAX_NODES: u32 = 200_000;
/// Elements nested deeper are in no project file, and the parser calls itself for each level.
const MAX_DEPTH: usize = 200;

/// A project file.
#[derive(Debug, Default)]
pub struct Pom {
    /// The file.
    pub path: String,
    pub group: Option<String>,
    pub artifact: String,
    pub version: Option<String>,
    pub parent: Option<Parent>,
    pub properties: BTreeMap<String, String>,
    /// The lines of the properties.
    pub lines: BTreeMap<String, u32>,
    /// `dependencyManagement`
    pub managed: Vec<Dependency>,
    pub dependencies: Vec<Dependency>,
    pub modules: Vec<String>,
    pub licences: Vec<String>,
}

/// What a project takes from.
#[derive(Debug)]
pub struct Parent {
    pub group: String,
    pub artifact: String,
    pub version: String,
    pub relative_path: Option<String>,
}

/// One dependency as written.
#[derive(Debug)]
pub struct Dependency {
    pub group: String,
    pub artifact: String,
    pub version: Option<String>,
    pub scope: Option<String>,
    pub optional: bool,
    pub line: u32,
    /// Where its version stands.
    pub version_line: Option<u32>,
}

/// Reads the text of a project file.
pub fn read(text: &str) -> Result<Pom, NotUnderstood> {
    if depth(text) > MAX_DEPTH {
        return Err(NotUnderstood::new("not a valid pom.xml: nested deeper than 200 elements"));
    }
    let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options)
        .map_err(|error| NotUnderstood::at("not a valid pom.xml", error.pos().row as usize))?;
    let lines = Lines::of(text);
    let root = document.root_element();
    if root.tag_name().name() != "project" {
        return Err(NotUnderstood::at("not a valid pom.xml", 1));
    }
    // 4.1.0 came with Maven 4 and only adds to 4.0.0 (<https://maven.apache.org/whatsnewinmaven4.html>).
    if let Some(version) = text_of(root, "modelVersion").filter(|version| !version.starts_with("4.")) {
        let shown: String = version.chars().take(20).collect();
        return Err(NotUnderstood::new(format!("pom.xml of the unknown model version {shown}")));
    }
    let parent = child(root, "parent").map(|parent| Parent {
        group: text_of(parent, "groupId").unwrap_or_default(),
        artifact: text_of(parent, "artifactId").unwrap_or_default(),
        version: text_of(parent, "version").unwrap_or_default(),
        relative_path: child(parent, "relativePath").map(|path| path.text().unwrap_or("").trim().to_owned()),
    });
    let mut pom = Pom {
        group: text_of(root, "groupId"),
        artifact: text_of(root, "artifactId").unwrap_or_default(),
        version: text_of(root, "version"),
        parent,
        ..Pom::default()
    };
    for property in child(root, "properties").into_iter().flat_map(|all| all.children()).filter(Node::is_element) {
        let name = property.tag_name().name();
        pom.properties.insert(name.to_owned(), property.text().unwrap_or("").trim().to_owned());
        pom.lines.insert(name.to_owned(), lines.at(property.range().start));
    }
    pom.managed = child(root, "dependencyManagement").map(|managed| dependencies(managed, &lines)).unwrap_or_default();
    pom.dependencies = dependencies(root, &lines);
    // What a profile adds may be built as well.
    for profile in children(root, "profiles", "profile") {
        pom.dependencies.extend(dependencies(profile, &lines));
    }
    pom.modules = children(root, "modules", "module")
        .chain(children(root, "subprojects", "subproject"))
        .filter_map(trimmed)
        .collect();
    pom.licences = children(root, "licenses", "license").filter_map(|licence| text_of(licence, "name")).collect();
    Ok(pom)
}

/// How deep elements nest, roughly: what opens less what closes.
fn depth(text: &str) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    let bytes = text.as_bytes();
    for (at, pair) in bytes.windows(2).enumerate() {
        match pair {
            [b'<', b'/'] => depth = depth.saturating_sub(1),
            [b'<', next] if next.is_ascii_alphabetic() => depth += 1,
            [b'/', b'>'] if at > 0 => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
    }
    most
}

fn dependencies(parent: Node<'_, '_>, lines: &Lines<'_>) -> Vec<Dependency> {
    let read = |node: Node<'_, '_>| Dependency {
        group: text_of(node, "groupId").unwrap_or_default(),
        artifact: text_of(node, "artifactId").unwrap_or_default(),
        version: text_of(node, "version"),
        scope: text_of(node, "scope"),
        optional: text_of(node, "optional").as_deref() == Some("true"),
        line: lines.at(node.range().start),
        version_line: child(node, "version").map(|version| lines.at(version.range().start)),
    };
    children(parent, "dependencies", "dependency").map(read).collect()
}

fn child<'a, 'i>(parent: Node<'a, 'i>, name: &'static str) -> Option<Node<'a, 'i>> {
    parent.children().find(move |node| node.is_element() && node.tag_name().name() == name)
}

fn children<'a, 'i: 'a>(
    parent: Node<'a, 'i>,
    list: &'static str,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    let all = child(parent, list).into_iter().flat_map(|list| list.children());
    all.filter(move |node| node.is_element() && node.tag_name().name() == name)
}

fn trimmed(node: Node<'_, '_>) -> Option<String> {
    node.text().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn text_of(parent: Node<'_, '_>, name: &'static str) -> Option<String> {
    child(parent, name).and_then(trimmed)
}
