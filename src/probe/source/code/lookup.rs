//! Questions that the facts of one file answer.

use super::super::facts::{Binding, FileFacts};
use super::{Assignment, Block, Call, CallId, Function, FunctionId, Loop, LoopId, Value};

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
        self.places_of(name).filter_map(|place| self.assignments.get(place))
    }

    /// The places of every assignment to `name`, in order.
    fn places_of(&self, name: &str) -> impl DoubleEndedIterator<Item = usize> {
        let target = |place: &u32| self.assignments.get(*place as usize).map_or("", |assignment| &assignment.target);
        let start = self.by_target.partition_point(|place| target(place) < name);
        let all = self.by_target.get(start..).unwrap_or_default();
        let count = all.partition_point(|place| target(place) == name);
        all.get(..count).unwrap_or_default().iter().map(|place| *place as usize)
    }

    /// Every assignment to `name` that begins before `until`, in bytes, in order.
    pub fn assignments_until(&self, name: &str, until: u32) -> impl DoubleEndedIterator<Item = &Assignment> {
        let set = |place: &u32| self.assignments.get(*place as usize);
        let target = |place: &u32| set(place).map_or("", |assignment| &assignment.target);
        let start = self.by_target.partition_point(|place| target(place) < name);
        let all = self.by_target.get(start..).unwrap_or_default();
        let before = |place: &u32| target(place) == name && set(place).is_some_and(|set| set.place.bytes.0 < until);
        let places = all.get(..all.partition_point(before)).unwrap_or_default();
        places.iter().filter_map(move |place| self.assignments.get(*place as usize))
    }

    /// Every assignment to something below `name`: to `name.first` and the like.
    pub fn assignments_below(&self, name: &str) -> impl Iterator<Item = &Assignment> {
        let target = |place: &u32| self.assignments.get(*place as usize).map_or("", |assignment| &assignment.target);
        let prefix = format!("{name}.");
        let start = self.by_target.partition_point(|place| target(place) < &*prefix);
        let all = self.by_target.get(start..).unwrap_or_default().iter();
        all.filter_map(|place| self.assignments.get(*place as usize))
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
        let places: Vec<usize> = self.places_of(name).rev().collect();
        if places.is_empty() {
            return None;
        }
        self.enclosing(function).find_map(|(id, _)| places.iter().copied().find(|place| sets(place, id)))
    }

    /// Puts the assignments in the order in which they are looked up.
    pub(in crate::probe::source) fn sort_assignments(&mut self) {
        let mut order: Vec<u32> = (0..).take(self.assignments.len()).collect();
        let target = |place: &u32| self.assignments.get(*place as usize).map_or("", |assignment| &assignment.target);
        order.sort_by(|a, b| target(a).cmp(target(b)).then(a.cmp(b)));
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
