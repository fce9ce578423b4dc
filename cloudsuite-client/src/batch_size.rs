//! How many writes go into one call.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is set, until the server proves not to take so many. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct BatchSize(Arc<Size>);

#[derive(Debug)]
struct Size {
    set: usize,
    now: AtomicUsize,
    falls: AtomicUsize,
}

/// So many times it is believed that it was an accident.
const ACCIDENTS: usize = 2;

impl BatchSize {
    pub(crate) fn new(writes: usize) -> Self {
        let set = writes.max(1);
        Self(Arc::new(Size { set, now: AtomicUsize::new(set), falls: AtomicUsize::new(0) }))
    }

    pub(crate) fn get(&self) -> usize {
        self.0.now.load(Ordering::Relaxed)
    }

    pub(crate) fn fall_to_one(&self) {
        self.0.falls.fetch_add(1, Ordering::Relaxed);
        self.0.now.store(1, Ordering::Relaxed);
    }

    /// The reason for the fall is gone, or never was.
    pub(crate) fn rise_again(&self) {
        if self.0.falls.load(Ordering::Relaxed) <= ACCIDENTS {
            self.0.now.store(self.0.set, Ordering::Relaxed);
        }
    }
}
