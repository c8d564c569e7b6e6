//! YAML as a small tree with line numbers. Bounded in depth and size, so that no file can exhaust memory through
//! nested aliases.

use std::collections::HashMap;

use yaml_rust2::parser::{Event, Parser};

/// Deeper files are refused; hand-written configuration stays below 20.
const MAX_DEPTH: usize = 64;
/// Larger trees, counted after aliases were put in, are refused.
const MAX_NODES: usize = 100_000;

/// One value and the line on which it begins, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Its line, from 1.
    pub line: u32,
}

/// What a node holds. Scalars stay the text that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text, a number, a truth value or nothing.
    Scalar(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in the order of the file.
    Map(Vec<(Node, Node)>),
}

/// Why a file was not understood.
#[derive(Debug, thiserror::Error)]
pub enum YamlError {
    /// Not YAML.
    #[error("not valid YAML: {0}")]
    Syntax(String),
    /// Nested too deeply or grown too large.
    #[error("nested too deeply or too large")]
    Limit,
}

impl Node {
    /// The value under `key` of a mapping. The first one wins.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().find(|(name, _)| *name == key).map(|(_, node)| node)
    }

    /// The value at a path of keys.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text of a scalar.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of a sequence; nothing for anything else.
    pub fn items(&self) -> impl Iterator<Item = &Node> {
        let items = match &self.value {
            Value::List(items) => items.as_slice(),
            _ => &[],
        };
        items.iter()
    }

    /// The named entries of a mapping; nothing for anything else.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Node)> {
        let entries = match &self.value {
            Value::Map(entries) => entries.as_slice(),
            _ => &[],
        };
        entries.iter().filter_map(|(key, value)| key.text().map(|name| (name, value)))
    }

    /// Every key of every mapping below, with its value.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a str, &'a Node)) {
        for (name, node) in self.entries() {
            visit(name, node);
            node.walk(visit);
        }
        for node in self.items() {
            node.walk(visit);
        }
    }

    fn size(&self) -> usize {
        1 + match &self.value {
            Value::Scalar(_) => 0,
            Value::List(items) => items.iter().map(Node::size).sum(),
            Value::Map(entries) => entries.iter().map(|(key, value)| key.size() + value.size()).sum(),
        }
    }
}

/// The documents of a file.
///
/// # Errors
/// When it is not YAML, or is nested or aliased beyond any honest use.
pub fn parse(text: &str) -> Result<Vec<Node>, YamlError> {
    let mut parser = Parser::new_from_str(text);
    let mut builder = Builder::default();
    // The parser's own loader recurses and clones aliases without a limit; its events do neither.
    loop {
        let (event, mark) = parser.next_token().map_err(|error| YamlError::Syntax(error.to_string()))?;
        if event == Event::StreamEnd {
            return Ok(builder.documents);
        }
        builder.take(event, u32::try_from(mark.line()).unwrap_or(u32::MAX))?;
    }
}

struct Open {
    anchor: usize,
    line: u32,
    children: Vec<Node>,
    map: bool,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    documents: Vec<Node>,
    nodes: usize,
}

impl Builder {
    fn take(&mut self, event: Event, line: u32) -> Result<(), YamlError> {
        match event {
            Event::Scalar(text, _, anchor, _) => self.close(Node { value: Value::Scalar(text), line }, anchor, 1),
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor) else {
                    return self.close(Node { value: Value::Scalar(String::new()), line }, 0, 1);
                };
                let size = node.size();
                if self.nodes + size > MAX_NODES {
                    return Err(YamlError::Limit);
                }
                let node = node.clone();
                self.close(node, 0, size)
            }
            Event::SequenceStart(anchor, _) => self.begin(anchor, line, false),
            Event::MappingStart(anchor, _) => self.begin(anchor, line, true),
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            _ => Ok(()),
        }
    }

    fn begin(&mut self, anchor: usize, line: u32, map: bool) -> Result<(), YamlError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(YamlError::Limit);
        }
        self.open.push(Open { anchor, line, children: Vec::new(), map });
        Ok(())
    }

    fn end(&mut self) -> Result<(), YamlError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let value = if open.map {
            let mut entries = Vec::with_capacity(open.children.len() / 2);
            let mut children = open.children.into_iter();
            while let (Some(key), Some(value)) = (children.next(), children.next()) {
                entries.push((key, value));
            }
            Value::Map(entries)
        } else {
            Value::List(open.children)
        };
        self.close(Node { value, line: open.line }, open.anchor, 1)
    }

    fn close(&mut self, node: Node, anchor: usize, size: usize) -> Result<(), YamlError> {
        self.nodes += size;
        if self.nodes > MAX_NODES {
            return Err(YamlError::Limit);
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut() {
            Some(open) => open.children.push(node),
            None => self.documents.push(node),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_carry_their_lines() {
        let documents = parse("on:\n  push:\njobs:\n  a:\n    steps:\n      - run: |\n          npm test\n").unwrap();
        let steps = documents[0].at(&["jobs", "a", "steps"]).unwrap();
        let run = steps.items().next().unwrap().get("run").unwrap();
        // A block begins where its text does, which is where a reader wants to be taken.
        assert_eq!((run.text(), run.line), (Some("npm test\n"), 7));
        assert_eq!(steps.line, 6);
    }

    #[test]
    fn aliases_are_put_in_and_merge_keys_stay_readable() {
        let documents = parse("x: &x\n  A: 1\ny:\n  env: *x\n").unwrap();
        assert_eq!(documents[0].at(&["y", "env", "A"]).and_then(Node::text), Some("1"));
    }

    #[test]
    fn a_file_of_nested_aliases_is_refused() {
        let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
        for n in 1..12 {
            let refs = vec![format!("*a{}", n - 1); 9].join(",");
            text.push_str(&format!("a{n}: &a{n} [{refs}]\n"));
        }
        assert!(matches!(parse(&text), Err(YamlError::Limit)));
        assert!(matches!(parse(&format!("a: {}", "[".repeat(5000))), Err(YamlError::Limit | YamlError::Syntax(_))));
        assert!(matches!(parse("a: [b"), Err(YamlError::Syntax(_))));
    }
}
