//! Heredocs: the text stands below the line that announces it.

use std::collections::{HashMap, VecDeque};

use tree_sitter::{Node, Tree};

use super::names::{K, tables};

/// The text of every heredoc by the node that announces it.
pub(super) fn bodies<'t>(tree: &'t Tree, source: &str) -> HashMap<usize, Node<'t>> {
    let mut found = HashMap::new();
    if !source.contains("<<") {
        return found;
    }
    let names = tables();
    let mut waiting = VecDeque::new();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        match names.kind(node, K::Other) {
            K::HeredocBeginning => waiting.push_back(node.id()),
            K::HeredocBody => {
                if let Some(beginning) = waiting.pop_front() {
                    found.insert(beginning, node);
                }
            }
            _ => {}
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return found;
            }
        }
    }
}
