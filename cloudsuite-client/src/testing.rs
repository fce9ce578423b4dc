//! Chance for tests: repeatable, and printed so that a failure can be.

/// A stream of numbers that depends on its seed alone (`SplitMix64`).
pub(crate) struct Dice(u64);

impl Dice {
    /// From the seed in `SEED`, or a fixed one; printed with the test's name.
    pub(crate) fn thrown(test: &str) -> Self {
        let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_124);
        println!("{test}: SEED={seed}");
        Self(seed)
    }

    /// From this seed, which the test prints itself.
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// A number in `0..end`; `end` must not be 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % end as u64).unwrap_or(0)
    }
}
