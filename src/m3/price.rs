//! Prices as M3 keeps them.

use rust_decimal::Decimal;

/// A price for a number of units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct M3Price {
    /// `PUPR`.
    pub price: Decimal,
    /// `PUCD`: the price is that of so many units.
    pub units: u32,
}

/// The price with at most so many decimals, for as few units as that takes.
///
/// # Errors
/// The price has more decimals than 10,000 units make up for: it cannot be written exactly.
pub(crate) fn fit_price(price: Decimal, decimals: u32) -> Result<M3Price, String> {
    let price = price.normalize();
    [1, 10, 100, 1_000, 10_000]
        .into_iter()
        .filter_map(|units| Some(M3Price { price: price.checked_mul(Decimal::from(units))?.normalize(), units }))
        .find(|fitted| fitted.price.scale() <= decimals)
        .ok_or_else(|| format!("the price {price} has more decimals than M3 can hold exactly: round it in Procurify"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_written_exactly_for_as_few_units_as_that_takes() {
        for (price, expected, units) in [
            ("12.5000", "12.5", 1),
            ("0.1234", "0.1234", 1),
            ("0.12345", "1.2345", 10),
            ("3.00000001", "30000.0001", 10_000),
            ("-2.5", "-2.5", 1),
        ] {
            let fitted = fit_price(price.parse().unwrap(), 4).unwrap();
            assert_eq!(fitted, M3Price { price: expected.parse().unwrap(), units }, "{price}");
            assert_eq!(fitted.price / Decimal::from(fitted.units), price.parse::<Decimal>().unwrap());
        }
    }

    #[test]
    fn a_price_that_cannot_be_exact_is_refused() {
        assert!(fit_price("0.123456789".parse().unwrap(), 4).unwrap_err().contains("0.123456789"));
    }
}
