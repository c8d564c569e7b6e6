//! Imports and exports.

use tree_sitter::{Node, TreeCursor};

use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::Value;

impl Walk<'_> {
    /// `import a, { b as c } from "m"`, `import * as d from "m"`, `import "m"`, `import e = require("m")`.
    pub(super) fn import(&mut self, node: Node<'_>) {
        if self.to.text(node).starts_with("import type") {
            return;
        }
        let mut cursor = node.walk();
        let source = node
            .child_by_field_name("source")
            .or_else(|| node.named_children(&mut cursor).find_map(|child| self.child(child, F::Source)));
        let Some(source) = source else { return };
        let module = self.to.text(source).trim_matches(['"', '\'', '`']);
        self.to.import(module, node);
        let mut stack: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        while let Some(child) = stack.pop() {
            match self.kind(child) {
                K::ImportClause | K::NamedImports => {
                    let mut inner = child.walk();
                    stack.extend(child.named_children(&mut inner));
                }
                K::Identifier => self.to.bind(self.to.text(child), module, "default"),
                K::NamespaceImport => {
                    if let Some(name) = child.named_child(0) {
                        self.to.bind(self.to.text(name), module, "*");
                    }
                }
                K::ImportSpecifier => {
                    let Some(name) = self.child(child, F::Name) else { continue };
                    let local = self.child(child, F::Alias).unwrap_or(name);
                    self.to.bind(self.to.text(local), module, self.to.text(name));
                }
                _ => {}
            }
        }
    }

    /// `export …`: what it declares can be called from other files; `export … from` passes on.
    pub(super) fn export(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        if let Some(source) = self.child(node, F::Source) {
            let module = self.to.text(source).trim_matches(['"', '\'', '`']);
            self.to.import(module, node);
            let mut any = false;
            let mut walk = node.walk();
            for child in node.named_children(&mut walk) {
                if self.kind(child) != K::ExportClause {
                    continue;
                }
                let mut inner = child.walk();
                for specifier in child.named_children(&mut inner) {
                    let Some(name) = self.child(specifier, F::Name) else { continue };
                    let local = self.child(specifier, F::Alias).unwrap_or(name);
                    self.to.bind(self.to.text(local), module, self.to.text(name));
                    any = true;
                }
            }
            if !any {
                self.to.bind("*", module, "*");
            }
            return;
        }
        let first = self.to.file.functions.len();
        each(cursor, |cursor| match self.field(cursor) {
            F::Value => {
                let saved = self.to.start_anew();
                self.to.name = Some("default".into());
                let value = self.expression(cursor);
                self.to.at = saved;
                let node = cursor.node();
                self.to.assign("default", value, false, node);
            }
            F::Declaration => self.statement(cursor),
            _ => {
                let child = cursor.node();
                if self.kind(child) == K::ExportClause {
                    return;
                }
                self.statement(cursor);
            }
        });
        let default = self.to.text(node).starts_with("export default");
        let top = self.to.at.function;
        for function in self.to.file.functions.iter_mut().skip(first).filter(|f| f.parent == Some(top)) {
            function.exported = true;
            if default && function.name.is_none() {
                function.name = Some("default".into());
            }
        }
        if default && let Some(name) = self.child(node, F::Declaration).and_then(|d| self.child(d, F::Name)) {
            let name = self.to.text(name);
            self.to.assign("default", Value::Path(name.into()), false, node);
        }
    }
}
