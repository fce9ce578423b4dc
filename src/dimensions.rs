//! The further accounting dimensions of a product: which there are, and which of them is the cost centre's.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use sync_core::{Failure, FailureKind};

use crate::connection::BuildError;

/// The dimensions beside the account that a product's documents can be booked on.
#[derive(Debug, Clone)]
pub(crate) struct Dimensions {
    /// What one is called there.
    name: &'static str,
    numbers: Option<RangeInclusive<u8>>,
    cost_center: Option<u8>,
}

impl Dimensions {
    /// Accounting dimensions 2 to 7.
    pub fn m3(cost_center: Option<u8>) -> Self {
        Self { name: "accounting dimension", numbers: Some(2..=7), cost_center }
    }

    /// Unit codes 1 to 4.
    pub fn syteline(cost_center: Option<u8>) -> Self {
        Self { name: "unit code", numbers: Some(1..=4), cost_center }
    }

    /// None but the cost centre, which has a property of its own.
    pub fn none() -> Self {
        Self { name: "accounting dimension", numbers: None, cost_center: None }
    }

    /// Whether the cost centre's number is one, and so are those that are booked on.
    pub fn check(&self, booked: &BTreeSet<u8>) -> Result<(), BuildError> {
        let wrong = self.wrong_cost_center().or_else(|| booked.iter().find_map(|number| self.refusal(*number)));
        wrong.map_or(Ok(()), |why| Err(BuildError::Dimension(why)))
    }

    /// A line's values by number, that of the cost centre first.
    ///
    /// # Errors
    /// The line is on a number that is none. Settings are checked when the connection is built: only a mapper that does
    /// not say on which numbers it books can come here with another.
    pub fn of<'a>(
        &self,
        cost_center: Option<&'a String>,
        further: &'a BTreeMap<u8, String>,
    ) -> Result<Vec<(u8, &'a str)>, Failure> {
        let wrong = self.wrong_cost_center().or_else(|| further.keys().find_map(|number| self.refusal(*number)));
        if let Some(why) = wrong {
            return Err(Failure::new(FailureKind::Invalid, why));
        }
        let further = further.iter().map(|(number, value)| (*number, value));
        Ok(self.cost_center.zip(cost_center).into_iter().chain(further).map(|(n, value)| (n, value.as_str())).collect())
    }

    fn contains(&self, number: u8) -> bool {
        self.numbers.as_ref().is_some_and(|numbers| numbers.contains(&number))
    }

    fn wrong_cost_center(&self) -> Option<String> {
        let number = self.cost_center.filter(|number| !self.contains(*number))?;
        let (first, last) = self.numbers.clone()?.into_inner();
        Some(format!("{} {number} cannot hold the cost centre: use {first} to {last}, or none", self.name))
    }

    /// Why a line cannot be booked on a number.
    fn refusal(&self, number: u8) -> Option<String> {
        if self.contains(number) && self.cost_center != Some(number) {
            return None;
        }
        let name = self.name;
        Some(match self.numbers.clone().map(RangeInclusive::into_inner) {
            Some((first, last)) => format!(
                "{name} {number} cannot be booked on: use one of {first} to {last} that is not the cost centre's"
            ),
            None => format!(
                "{name} {number} cannot be booked on, for this product has none: take it out of the account mapping"
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn numbers_that_are_no_dimension_are_refused_once_with_the_settings() {
        let refused = |dimensions: &Dimensions, booked: &[u8]| {
            dimensions.check(&booked.iter().copied().collect()).map_err(|error| error.to_string())
        };
        let m3 = Dimensions::m3(Some(2));
        assert!(refused(&m3, &[3, 7]).is_ok() && refused(&Dimensions::none(), &[]).is_ok());
        for number in [0, 1, 2, 8] {
            let why = refused(&m3, &[3, number]).unwrap_err();
            assert!(why.contains(&format!("dimension {number} cannot be booked on: use one of 2 to 7")), "{why}");
        }
        let why = refused(&Dimensions::syteline(Some(5)), &[]).unwrap_err();
        assert!(why.contains("unit code 5 cannot hold the cost centre: use 1 to 4, or none"), "{why}");
        assert!(refused(&Dimensions::none(), &[3]).unwrap_err().contains("this product has none"));
    }

    #[test]
    fn a_line_has_its_cost_centre_and_further_values_or_is_refused_whole() {
        let (center, further) = ("CC100".to_owned(), BTreeMap::from([(3, "CAN".to_owned())]));
        let m3 = Dimensions::m3(Some(2));
        assert_eq!(m3.of(Some(&center), &further).unwrap(), [(2, "CC100"), (3, "CAN")]);
        assert_eq!(m3.of(None, &further).unwrap(), [(3, "CAN")]);
        assert_eq!(Dimensions::m3(None).of(Some(&center), &BTreeMap::new()).unwrap(), []);
        assert!(Dimensions::m3(Some(3)).of(None, &further).unwrap_err().message.contains("dimension 3"));
    }
}
