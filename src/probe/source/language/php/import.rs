//! Namespaces, `use`, `require` and names of classes.

use tree_sitter::{Node, TreeCursor};

use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::{Part, Value};

impl<'s> Walk<'s> {
    /// `namespace A\B;`: everything that stands in it can be named without a `use`.
    pub(super) fn namespace(&mut self, cursor: &mut TreeCursor<'_>) {
        each(cursor, |cursor| match self.field(cursor) {
            F::Name => self.to.bind("*", self.to.text(cursor.node()), "*"),
            F::Body => self.statement(cursor),
            _ => {}
        });
    }

    /// `use A\B;`, `use A\B as C, D;`, `use A\{B, C as D};`, `use function a\b;`.
    pub(super) fn use_declaration(&mut self, node: Node<'_>) {
        let mut walk = node.walk();
        let mut prefix = "";
        for child in node.named_children(&mut walk) {
            match self.kind(child) {
                K::NamespaceName => prefix = self.to.text(child),
                K::UseClause => self.use_clause("", child, node),
                K::UseGroup => {
                    for clause in self.children_of(child, &[K::UseClause]) {
                        self.use_clause(prefix, clause, node);
                    }
                }
                _ => {}
            }
        }
    }

    fn use_clause(&mut self, prefix: &str, clause: Node<'_>, node: Node<'_>) {
        let names = self.children_of(clause, &[K::Name, K::Qualified]);
        let Some(named) = names.first() else { return };
        let name = self.to.text(*named).trim_start_matches('\\');
        let module = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}\\{name}") };
        let imported = last(&module).to_owned();
        let local = clause.child_by_field_name("alias").map_or(&*imported, |alias| self.to.text(alias));
        self.to.import(&module, node);
        self.to.bind(local, &module, &imported);
    }

    /// `require __DIR__ . '/x.php'`, which brings in all that the other file declares.
    pub(super) fn require(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        // What is brought in is chosen at run time: kept as a call.
        if self.to.text(node).contains('$') {
            return self.language_call(cursor, "include");
        }
        let value = self.last_child(cursor);
        let module = match &value {
            Value::Text(path) => Some(path.to_string()),
            Value::Template(parts) => match parts.as_slice() {
                [Part::Expression(folder, _), Part::Fixed(path)] => {
                    let folder = folder.replace(' ', "");
                    match folder.as_str() {
                        "__DIR__" | "dirname(__FILE__)" => Some(format!(".{path}")),
                        "dirname(__DIR__)" | "dirname(__DIR__,1)" => Some(format!("..{path}")),
                        "dirname(__DIR__,2)" => Some(format!("../..{path}")),
                        _ => None,
                    }
                }
                _ => None,
            },
            _ => None,
        };
        if let Some(module) = module {
            self.to.import(&module, node);
            self.to.bind("*", &module, "*");
        }
        value
    }

    /// The last part of a name such as `\App\Models\User`, which then stands for the whole.
    pub(super) fn class_name(&mut self, node: Node<'_>) -> &'s str {
        let whole = self.to.text(node);
        let name = last(whole);
        let module = whole.trim_start_matches('\\');
        if module.contains('\\') && whole.starts_with('\\') && self.to.file.binding(name).is_none() {
            self.to.bind(name, module, name);
        }
        name
    }

    /// The class that a name before `::` or after `new` stands for.
    pub(super) fn scope(&mut self, node: Node<'_>) -> Value {
        let name = self.class_name(node);
        Value::Path(
            match name {
                "self" | "static" => "this",
                "parent" => "super",
                name => name,
            }
            .into(),
        )
    }

    /// The name of the class around.
    pub(super) fn own_class(&self) -> Option<Box<str>> {
        self.to.file.enclosing(self.to.at.function).find_map(|(_, function)| function.class.clone())
    }
}

fn last(name: &str) -> &str {
    name.rsplit('\\').next().unwrap_or(name)
}
