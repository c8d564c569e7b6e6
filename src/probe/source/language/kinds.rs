//! Numbers of grammar nodes and fields turned into names once, so that a walk compares small integers only.

/// Declares an enum of node kinds or field names, and its table for a grammar.
macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $name { $($variant,)* Other }

        impl $name {
            fn from_name(name: &str) -> Self {
                match name { $($text => Self::$variant,)* _ => Self::Other }
            }
        }
    };
}
pub(super) use names;

/// Declares the tables of a grammar, made once.
macro_rules! tables {
    ($kinds:ident, $fields:ident, $grammar:ident) => {
        /// Node kinds and fields as tables.
        pub(super) type Names = $crate::probe::source::language::kinds::Tables<$kinds, $fields>;

        /// The tables.
        pub(super) fn tables() -> &'static Names {
            static TABLES: std::sync::OnceLock<Names> = std::sync::OnceLock::new();
            TABLES.get_or_init(|| Names::new(&$grammar(), $kinds::from_name, $fields::from_name))
        }
    };
}
pub(super) use tables;

use tree_sitter::{Language, Node, TreeCursor};

/// Node kinds and fields of one grammar by number.
pub(super) struct Tables<K, F> {
    kinds: Vec<K>,
    fields: Vec<F>,
}

impl<K: Copy, F: Copy> Tables<K, F> {
    /// The tables of `grammar`.
    pub(super) fn new(grammar: &Language, kind: fn(&str) -> K, field: fn(&str) -> F) -> Self {
        let kinds = (0..grammar.node_kind_count())
            .map(|id| kind(u16::try_from(id).ok().and_then(|id| grammar.node_kind_for_id(id)).unwrap_or_default()));
        let fields = (0..=grammar.field_count())
            .map(|id| field(u16::try_from(id).ok().and_then(|id| grammar.field_name_for_id(id)).unwrap_or_default()));
        Self { kinds: kinds.collect(), fields: fields.collect() }
    }

    /// The kind of a node.
    pub(super) fn kind(&self, node: Node<'_>, other: K) -> K {
        self.kinds.get(usize::from(node.kind_id())).copied().unwrap_or(other)
    }

    /// The child of `node` in `field`. Asking for it by its name compares that with those of all fields each time.
    pub(super) fn child<'t>(&self, node: Node<'t>, field: F) -> Option<Node<'t>>
    where
        F: PartialEq,
    {
        let id = self.fields.iter().position(|known| *known == field)?;
        node.child_by_field_id(u16::try_from(id).ok()?)
    }

    /// The field in which the cursor's node stands.
    pub(super) fn field(&self, cursor: &TreeCursor<'_>, other: F) -> F {
        cursor.field_id().and_then(|id| self.fields.get(usize::from(id.get()))).copied().unwrap_or(other)
    }
}

/// Calls `see` with the cursor on every child in turn; the cursor ends where it began.
pub(super) fn each<'t>(cursor: &mut TreeCursor<'t>, mut see: impl FnMut(&mut TreeCursor<'t>)) {
    if cursor.goto_first_child() {
        loop {
            see(cursor);
            if !cursor.goto_next_sibling() {
                break;
            }
        }
        cursor.goto_parent();
    }
}
