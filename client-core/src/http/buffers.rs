//! Buffers of answers to lists, used again for the pages that follow.
//!
//! Pages of one list are about as long as each other. Room for a megabyte that is taken and given back all the time,
//! between the small pieces that records are made of, scatters the memory of a long reading; room that stays does not.

use std::sync::{Mutex, PoisonError};

use bytes::{Bytes, BytesMut};

/// Buffers that are kept.
const KEPT: usize = 8;
/// Longer ones are not kept.
const LONGEST: usize = 4 * 1024 * 1024;

/// Empty buffers, the last one used on top.
#[derive(Debug, Default)]
pub(super) struct Buffers(Mutex<Vec<BytesMut>>);

impl Buffers {
    /// A buffer with at least this room.
    pub(super) fn take(&self, room: usize) -> BytesMut {
        let mut buffer = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        buffer.reserve(room);
        buffer
    }

    /// Takes back the buffer that a body lies in, unless somebody else still reads it.
    pub(super) fn give_back(&self, body: Bytes) {
        let Ok(mut buffer) = body.try_into_mut() else { return };
        buffer.clear();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT && (1..=LONGEST).contains(&buffer.capacity()) {
            kept.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_that_was_given_back_is_used_again_and_one_that_is_still_read_is_not() {
        let buffers = Buffers::default();
        let mut first = buffers.take(1000);
        first.extend_from_slice(b"one page");
        let place = first.as_ptr();
        buffers.give_back(first.freeze());
        let again = buffers.take(500);
        assert!(again.is_empty());
        assert_eq!(again.as_ptr(), place);

        let body = Bytes::from(b"read by another".to_vec());
        let reader = body.clone();
        buffers.give_back(body);
        assert_eq!(reader, "read by another");
        assert_eq!(buffers.take(0).capacity(), 0);
    }
}
