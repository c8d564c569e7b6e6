//! What all answers of a run may hold in memory together, so that many large ones cannot fill it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Mutex, MutexGuard};

/// The memory of a run.
#[derive(Debug, Clone)]
pub struct Memory {
    free: Arc<AtomicUsize>,
    unpacking: Arc<Mutex<()>>,
}

impl Memory {
    /// With so many bytes.
    pub fn new(bytes: usize) -> Self {
        Self { free: Arc::new(AtomicUsize::new(bytes)), unpacking: Arc::default() }
    }

    /// For one answer; empty at first.
    pub fn hold(&self) -> Held {
        Held { of: Some(Arc::clone(&self.free)), bytes: 0 }
    }

    /// Waits until no other body is unpacked. A Brotli stream chooses how much memory its reader needs, of which
    /// up to 8 MiB are given (RFC 7932, section 9.1), and no more than one may have that at a time.
    pub async fn one_at_a_time(&self) -> MutexGuard<'_, ()> {
        self.unpacking.lock().await
    }
}

/// What one answer holds of it; given back when dropped.
#[derive(Debug, Default)]
pub struct Held {
    of: Option<Arc<AtomicUsize>>,
    bytes: usize,
}

impl Held {
    /// Makes sure that it holds `bytes` in all; `false` when there is not so much left.
    pub fn grow_to(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let Some(free) = &self.of else { return true };
        let taken = free.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(more)).is_ok();
        if taken {
            self.bytes += more;
        }
        taken
    }

    /// Gives back all but `bytes`.
    pub fn shrink_to(&mut self, bytes: usize) {
        let less = self.bytes.saturating_sub(bytes);
        self.bytes -= less;
        if let Some(free) = &self.of {
            free.fetch_add(less, Ordering::Relaxed);
        }
    }

    /// Gives back so many bytes.
    pub fn give_back(&mut self, bytes: usize) {
        self.shrink_to(self.bytes.saturating_sub(bytes));
    }

    /// Takes over what `other` holds of the same memory.
    pub fn merge(&mut self, mut other: Self) {
        self.bytes += std::mem::take(&mut other.bytes);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.shrink_to(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_is_free_again() {
        let memory = Memory::new(100);
        let (mut one, mut two) = (memory.hold(), memory.hold());
        assert!(one.grow_to(60) && one.grow_to(50) && !two.grow_to(50) && two.grow_to(40));
        one.shrink_to(30);
        assert!(two.grow_to(70) && !two.grow_to(71));
        drop(two);
        assert!(one.grow_to(100));
        drop(one);
        assert_eq!(memory.free.load(Ordering::Relaxed), 100);
    }
}
