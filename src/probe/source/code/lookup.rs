//! Questions that the facts of one file answer.

use super::super::facts::{Binding, FileFacts};
use super::{Assignment, Block, Call, CallId, Function, FunctionId, Loop, LoopId, Value};

/// The first eight bytes of a name as a number. It sorts as names do, so that most of them are told apart without a look
/// at the text.
fn beginning(name: &str) -> u64 {
    let mut bytes = [0; 8];
    for (to, from) in bytes.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    u64::from_be_bytes(bytes)
}

impl FileFacts {
    /// The call in place `id`.
    #[must_use]
    pub fn call(&self, id: CallId) -> Option<&Call> {
        self.calls.get(id as usize)
    }

    /// The function in place `id`.
    #[must_use]
    pub fn function(&self, id: FunctionId) -> Option<&Function> {
        self.functions.get(id as usize)
    }

    /// The function in place `id` and those around it, from the inside out, the top level included.
    pub fn enclosing(&self, id: FunctionId) -> impl Iterator<Item = (FunctionId, &Function)> {
        std::iter::successors(Some(id), |&id| self.function(id).and_then(|function| function.parent))
            .filter_map(|id| self.function(id).map(|function| (id, function)))
    }

    /// Whether `inner` is `outer` or stands in it.
    #[must_use]
    pub fn within(&self, inner: FunctionId, outer: FunctionId) -> bool {
        self.enclosing(inner).any(|(id, _)| id == outer)
    }

    /// The calls of a block.
    pub fn calls_of(&self, block: &Block) -> impl Iterator<Item = (CallId, &Call)> {
        (block.calls.0..block.calls.1).filter_map(|id| self.call(id).map(|call| (id, call)))
    }

    /// The loop in place `id`.
    #[must_use]
    pub fn loop_(&self, id: LoopId) -> Option<&Loop> {
        self.loops.get(id as usize)
    }

    /// Every assignment to `name`, in order.
    pub fn assignments_to(&self, name: &str) -> impl DoubleEndedIterator<Item = &Assignment> {
        self.places_of(name).iter().filter_map(|(_, place)| self.assignments.get(*place as usize))
    }

    /// The places of every assignment to `name`, in order.
    fn places_of(&self, name: &str) -> &[(u64, u32)] {
        let all = self.places_from(name);
        let count = all.partition_point(|(_, place)| self.target(*place) == name);
        all.get(..count).unwrap_or_default()
    }

    /// The places of the assignments to `name` and to all that sorts after it.
    fn places_from(&self, name: &str) -> &[(u64, u32)] {
        let wanted = beginning(name);
        let start = self
            .by_target
            .partition_point(|(begins, place)| begins.cmp(&wanted).then_with(|| self.target(*place).cmp(name)).is_lt());
        self.by_target.get(start..).unwrap_or_default()
    }

    fn target(&self, place: u32) -> &str {
        self.assignments.get(place as usize).map_or("", |assignment| &assignment.target)
    }

    /// Every assignment to `name` that begins before `until`, in bytes, in order.
    pub fn assignments_until(&self, name: &str, until: u32) -> impl DoubleEndedIterator<Item = &Assignment> {
        let all = self.places_from(name);
        let before = |(_, place): &(u64, u32)| {
            let set = self.assignments.get(*place as usize);
            set.is_some_and(|set| *set.target == *name && set.place.bytes.0 < until)
        };
        let places = all.get(..all.partition_point(before)).unwrap_or_default();
        places.iter().filter_map(|(_, place)| self.assignments.get(*place as usize))
    }

    /// Every assignment to something below `name`: to `name.first` and the like.
    pub fn assignments_below(&self, name: &str) -> impl Iterator<Item = &Assignment> {
        let prefix = format!("{name}.");
        self.places_from(&prefix)
            .iter()
            .filter_map(|(_, place)| self.assignments.get(*place as usize))
            .take_while(move |set| set.target.starts_with(&*prefix))
    }

    /// What the name `name` was last set to, seen from `function`.
    #[must_use]
    pub fn assigned(&self, name: &str, function: FunctionId) -> Option<&Assignment> {
        self.place_assigned(name, function).and_then(|place| self.assignments.get(place))
    }

    /// The place of that assignment.
    pub(super) fn place_assigned(&self, name: &str, function: FunctionId) -> Option<usize> {
        let sets = |place: &usize, id: FunctionId| {
            self.assignments.get(*place).is_some_and(|assignment| assignment.function == id && !assignment.appends)
        };
        let places = self.places_of(name);
        if places.is_empty() {
            return None;
        }
        let latest = || places.iter().rev().map(|(_, place)| *place as usize);
        self.enclosing(function).find_map(|(id, _)| latest().find(|place| sets(place, id)))
    }

    /// Puts the assignments in the order in which they are looked up.
    pub(in crate::probe::source) fn sort_assignments(&mut self) {
        let mut order: Vec<(u64, u32)> = self.assignments.iter().map(|set| beginning(&set.target)).zip(0..).collect();
        order.sort_by(|a, b| {
            let names = || self.target(a.1).cmp(self.target(b.1));
            a.0.cmp(&b.0).then_with(names).then(a.1.cmp(&b.1))
        });
        self.by_target = order;
    }

    /// `value`, or what the name that it is stands for. A name that is made from itself stands for itself, so that
    /// whoever goes on from what is found comes to an end.
    #[must_use]
    pub fn resolved<'f>(&'f self, value: &'f Value, function: FunctionId) -> &'f Value {
        match value.path() {
            Some(name) => {
                let found = self.assigned(name, function).filter(|assignment| !assignment.circular);
                found.map_or(value, |assignment| &assignment.value)
            }
            None => value,
        }
    }

    /// The import that binds `local`.
    #[must_use]
    pub fn binding(&self, local: &str) -> Option<&Binding> {
        self.bindings.iter().find(|binding| &*binding.local == local)
    }

    /// Whether a module whose name passes `test` is imported.
    #[must_use]
    pub fn imports_any(&self, test: impl Fn(&str) -> bool) -> bool {
        self.imports.iter().any(|import| test(&import.module))
    }
}

#[cfg(test)]
mod tests {
    use crate::probe::source::text::facts_of_text;

    #[test]
    fn names_that_begin_alike_are_told_apart() {
        let code = "let customer = 1;\nlet customerName = 2;\ncustomer.name = 3;\ncustomerName = 4;\nlet customers = 5;\nlet größe = 6;\n";
        let file = facts_of_text("a.js", code).unwrap();
        let lines = |name: &str| file.assignments_to(name).map(|set| set.place.span.line).collect::<Vec<_>>();
        let names = ["customer", "customerName", "customer.name", "customers", "größe", "custom", "customerN", "z", ""];
        let found = names.map(lines);
        assert_eq!(found, [vec![1], vec![2, 4], vec![3], vec![5], vec![6], vec![], vec![], vec![], vec![]]);
        let below = file.assignments_below("customer").map(|set| &*set.target).collect::<Vec<_>>();
        assert_eq!(below, ["customer.name"]);
        let until = file.assignments_until("customerName", file.assignments[3].place.bytes.0);
        assert_eq!(until.map(|set| set.place.span.line).collect::<Vec<_>>(), [2]);
        assert_eq!(file.assigned("customerName", 0).map(|set| set.place.span.line), Some(4));
    }
}
