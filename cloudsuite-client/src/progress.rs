//! Proof that a walk from page to page moves on, in constant memory (Brent's way of finding a circle).

/// Remembers one place of the way, ever farther apart, and compares each new one with it.
///
/// A place that comes twice in a row is noticed at once; any longer circle within twice its length.
#[derive(Debug, Clone)]
pub(crate) struct Progress<T> {
    mark: Option<T>,
    steps: u64,
    reach: u64,
}

impl<T: PartialEq> Progress<T> {
    pub(crate) fn new() -> Self {
        Self { mark: None, steps: 0, reach: 1 }
    }

    /// Takes the place where the next page starts; `false` if the walk has been there.
    pub(crate) fn moves_on_to(&mut self, place: T) -> bool {
        if self.mark.as_ref() == Some(&place) {
            return false;
        }
        self.steps += 1;
        if self.steps >= self.reach {
            self.mark = Some(place);
            self.reach *= 2;
            self.steps = 0;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps_until_noticed(places: impl Iterator<Item = usize>) -> Option<usize> {
        let mut progress = Progress::new();
        places.take(10_000).position(|place| !progress.moves_on_to(place))
    }

    #[test]
    fn a_walk_that_moves_on_is_never_stopped() {
        assert_eq!(steps_until_noticed(0..10_000), None);
    }

    #[test]
    fn every_circle_is_noticed_however_long_and_wherever_it_begins() {
        for circle in 1..40 {
            for lead in 0..40 {
                let places = (0..lead).chain((lead..lead + circle).cycle());
                let noticed = steps_until_noticed(places);
                let within = 4 * (lead + circle) + 4;
                assert!(noticed.is_some_and(|at| at <= within), "circle {circle}, lead {lead}: {noticed:?}");
            }
        }
    }
}
