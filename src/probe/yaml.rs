//! YAML as a small tree with line numbers. Bounded in depth and size, so that no file can exhaust memory through
//! nested aliases. Files of many megabytes go entry by entry: [`visit`].

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
    /// What programs that write YAML never write: aliases, or keys that are no text.
    #[error("aliases or keys that are no text")]
    Unusual,
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

/// One entry of a large file, as [`visit`] hands it over.
#[derive(Debug)]
pub struct Visited<'a> {
    /// Its document, from 0.
    pub document: usize,
    /// The keys that lead to it, its own last; empty where a document is no mapping.
    pub path: &'a [String],
    /// The line of its key, from 1.
    pub line: u32,
    /// What it holds.
    pub value: Node,
}

/// Goes through a file that a program wrote, however large, and hands over what lies under `depth` keys, and what is no
/// mapping above that. Only one entry is held at a time. Aliases are refused. Says how many documents there are.
///
/// # Errors
/// When it is not YAML, or not of the kind that programs write; with the line.
pub fn visit(text: &str, depth: usize, visit: &mut dyn FnMut(Visited<'_>)) -> Result<usize, (YamlError, usize)> {
    let mut parser = Parser::new_from_str(text);
    let mut entries = Entries { depth, path: Vec::new(), open: 0, key: None, below: None };
    let mut documents = 0;
    loop {
        let (event, mark) =
            parser.next_token().map_err(|error| (YamlError::Syntax(error.to_string()), error.marker().line()))?;
        match event {
            Event::StreamEnd => return Ok(documents),
            Event::DocumentEnd => documents += 1,
            event => {
                let line = u32::try_from(mark.line()).unwrap_or(u32::MAX);
                entries.take(event, line, documents, visit).map_err(|why| (why, mark.line()))?;
            }
        }
    }
}

/// Where [`visit`] stands.
struct Entries {
    depth: usize,
    /// The keys of the open mappings above the entry.
    path: Vec<String>,
    /// How many mappings are open above the entry.
    open: usize,
    /// The key whose value comes next.
    key: Option<(String, u32)>,
    /// The value that is being put together.
    below: Option<Builder>,
}

impl Entries {
    fn take(
        &mut self,
        event: Event,
        line: u32,
        document: usize,
        visit: &mut dyn FnMut(Visited<'_>),
    ) -> Result<(), YamlError> {
        if matches!(event, Event::Alias(_)) {
            return Err(YamlError::Unusual);
        }
        if let Some(below) = &mut self.below {
            below.take(event, line)?;
            if below.open.is_empty() {
                let value = self.below.take().and_then(|mut below| below.documents.pop());
                self.hand_over(value, document, visit);
            }
            return Ok(());
        }
        let expects_key = self.open > 0 && self.key.is_none();
        match event {
            Event::Scalar(text, ..) if expects_key => self.key = Some((text, line)),
            Event::Scalar(text, ..) => {
                self.hand_over(Some(Node { value: Value::Scalar(text), line }), document, visit);
            }
            Event::MappingEnd => {
                self.open = self.open.saturating_sub(1);
                self.path.pop();
            }
            Event::MappingStart(..) | Event::SequenceStart(..) if expects_key => return Err(YamlError::Unusual),
            Event::MappingStart(..) if self.open < self.depth => {
                self.open += 1;
                self.path.extend(self.key.take().map(|(key, _)| key));
            }
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                self.below.insert(Builder::default()).take(event, line)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn hand_over(&mut self, value: Option<Node>, document: usize, visit: &mut dyn FnMut(Visited<'_>)) {
        let Some(value) = value else { return };
        let key = self.key.take();
        let line = key.as_ref().map_or(value.line, |(_, line)| *line);
        let own = usize::from(key.is_some());
        self.path.extend(key.map(|(key, _)| key));
        visit(Visited { document, path: &self.path, line, value });
        self.path.truncate(self.path.len() - own);
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

    fn visited(text: &str, depth: usize) -> Result<Vec<String>, (YamlError, usize)> {
        let mut seen = Vec::new();
        visit(text, depth, &mut |entry| {
            let value = entry.value.text().map_or_else(|| format!("{} nodes", entry.value.size()), str::to_owned);
            seen.push(format!("{} {}:{} {value}", entry.document, entry.path.join("/"), entry.line));
        })
        .map(|_| seen)
    }

    #[test]
    fn large_files_go_entry_by_entry() {
        let text = "---\nv: 1\na:\n  x: {p: [q]}\n  ? y\n  : z\nl:\n- 1\n---\nv: 2\n";
        assert_eq!(visited(text, 2).unwrap(), ["0 v:2 1", "0 a/x:4 4 nodes", "0 a/y:5 z", "0 l:7 2 nodes", "1 v:10 2"]);
        assert_eq!(visited("a: {x: {p: q}}\n", 1).unwrap(), ["0 a:1 5 nodes"]);
        assert_eq!(visited("- 1\n", 1).unwrap(), ["0 :1 2 nodes"]);
        assert_eq!(visited("", 1).unwrap(), [""; 0]);
        let line = |text: &str| visited(text, 2).unwrap_err().1;
        assert_eq!(line("a: &a 1\nb: *a\n"), 2);
        assert_eq!(line("a:\n  b:\n    c: &c 1\n    d: *c\n"), 4);
        assert_eq!(line("a: 1\n[b]: 2\n"), 2);
        assert!(visited(&format!("a: {}", "[".repeat(1_000_000)), 2).is_err());
        assert!(visited(&"- ".repeat(100_000), 2).is_err());
        assert!(visited(&"? ".repeat(100_000), 2).is_err());
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
