//! Tables over all of a project, which are made anew after every edit: with a hash that takes a third of the time of the
//! standard library's. It is seeded at random in each run, too.

use foldhash::fast::RandomState;

/// By key.
pub(super) type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;
/// Each thing once.
pub(super) type HashSet<T> = std::collections::HashSet<T, RandomState>;
