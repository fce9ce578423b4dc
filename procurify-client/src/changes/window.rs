//! Pages that overlap, from an API that only knows page numbers.
//!
//! Page `n` of size `d` holds the records from `(n - 1) * d` on. With sizes a little under the one
//! wanted, almost every start can be met closely: the overlap costs about a seventh more pages of 100, and
//! a sixteenth more of 500.
//! With fewer than about twenty sizes to choose from some starts cannot be met at all, and a larger
//! page is asked for; a server whose largest page is that small is refused when it comes to it.

/// A page to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    /// Page number; the first is 1.
    pub(super) page: u64,
    /// Records asked for.
    pub(super) size: u64,
}

impl Window {
    /// The page that begins at or before the record numbered `at` (from 0) and reaches furthest beyond it.
    ///
    /// It holds at least one record after that one. At most `largest` records, unless no such page has so few.
    pub(super) fn over(at: u64, largest: u64) -> Self {
        let largest = largest.max(2);
        let of_size = |size: u64| Self { page: at / size + 1, size };
        let reaches = |window: &Self| window.end() > at + 1;
        (largest.div_ceil(2)..=largest)
            .map(of_size)
            .filter(reaches)
            .max_by_key(|window| window.end())
            // With few sizes to choose from all may end right after the record: one more is always found.
            .or_else(|| (largest + 1..=at + 2).map(of_size).find(reaches))
            .unwrap_or(of_size(at + 2))
    }

    pub(super) fn start(self) -> u64 {
        (self.page - 1) * self.size
    }

    pub(super) fn end(self) -> u64 {
        self.page * self.size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_holds_the_record_and_the_one_after_it() {
        for largest in 2..60 {
            for at in 0..3000 {
                let window = Window::over(at, largest);
                assert!(window.start() <= at && window.end() > at + 1, "{at} {largest} {window:?}");
            }
        }
    }

    #[test]
    fn the_overlap_costs_little() {
        for (largest, percent) in [(100, 115), (500, 108)] {
            let (mut at, mut windows) = (0, 0);
            while at < 100_000 {
                at = Window::over(at, largest).end() - 1;
                windows += 1;
            }
            let needed = 100_000 / largest;
            assert!(windows * 100 <= needed * percent, "{windows} pages of {largest} where {needed} would do");
        }
    }
}
