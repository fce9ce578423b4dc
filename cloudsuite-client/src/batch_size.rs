//! How many writes go into one call.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is set, until the server proves not to take so many: then one, for a while. Clones share it.
///
/// Calls may fail for other reasons than their size, and servers are mended: after twice as many calls as the set size
/// it is tried again, and after each further fall the while is twice as long.
#[derive(Debug, Clone)]
pub(crate) struct BatchSize(Arc<Size>);

#[derive(Debug)]
struct Size {
    set: usize,
    falls: Mutex<Falls>,
}

#[derive(Debug, Default)]
struct Falls {
    so_far: u32,
    /// Calls of one write that are still to come before the set size is tried again.
    alone: usize,
}

/// So many times it is believed that a reason for a fall that is gone will not come back.
const ACCIDENTS: u32 = 2;

/// Beyond so many falls the while grows no longer.
const MOST_FALLS: u32 = 16;

impl BatchSize {
    pub(crate) fn new(writes: usize) -> Self {
        Self(Arc::new(Size { set: writes.max(1), falls: Mutex::default() }))
    }

    fn falls(&self) -> MutexGuard<'_, Falls> {
        self.0.falls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many go into a call at present.
    pub(crate) fn get(&self) -> usize {
        if self.falls().alone > 0 { 1 } else { self.0.set }
    }

    /// How many may go into a call that is made now.
    pub(crate) fn of_next_call(&self) -> usize {
        let mut falls = self.falls();
        if falls.alone == 0 {
            return self.0.set;
        }
        falls.alone -= 1;
        1
    }

    pub(crate) fn fall_to_one(&self) {
        let mut falls = self.falls();
        falls.so_far = (falls.so_far + 1).min(MOST_FALLS);
        falls.alone = self.0.set.saturating_mul(1 << falls.so_far);
    }

    /// The reason for the last fall is gone, or never was.
    pub(crate) fn rise_again(&self) {
        let mut falls = self.falls();
        if falls.so_far <= ACCIDENTS {
            falls.alone = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_fall_the_set_size_is_tried_again_after_twice_as_many_calls_each_time() {
        let size = BatchSize::new(5);
        for alone in [10, 20, 40] {
            assert_eq!(size.of_next_call(), 5);
            size.fall_to_one();
            let calls = (0..alone).filter(|_| size.of_next_call() == 1).count();
            assert_eq!((calls, size.get()), (alone, 5));
        }
    }

    #[test]
    fn it_rises_at_once_when_the_reason_is_gone_but_not_each_time() {
        let size = BatchSize::new(5);
        for then in [5, 5, 1, 1] {
            size.fall_to_one();
            assert_eq!(size.get(), 1);
            size.rise_again();
            assert_eq!(size.get(), then);
        }
    }
}
