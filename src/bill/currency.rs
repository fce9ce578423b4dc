//! How many decimals amounts have, by currency.

use rust_decimal::{Decimal, RoundingStrategy};

/// Currencies without decimals (ISO 4217).
const NONE: [&str; 16] =
    ["JPY", "KRW", "VND", "CLP", "ISK", "UGX", "XAF", "XOF", "XPF", "PYG", "RWF", "KMF", "GNF", "DJF", "BIF", "VUV"];
/// Currencies with three.
const THREE: [&str; 7] = ["KWD", "BHD", "TND", "OMR", "JOD", "IQD", "LYD"];

/// The smallest unit in which amounts of a currency are paid: a cent, a yen, a fils.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MinorUnit {
    /// Decimals of an amount.
    pub decimals: u32,
}

impl MinorUnit {
    /// That of a currency by its ISO 4217 code; a hundredth where it is no other.
    pub fn of(currency: &str) -> Self {
        let is_among = |codes: &[&str]| codes.iter().any(|code| code.eq_ignore_ascii_case(currency.trim()));
        let decimals = match () {
            () if is_among(&NONE) => 0,
            () if is_among(&THREE) => 3,
            () => 2,
        };
        Self { decimals }
    }

    /// One of it.
    pub fn one(self) -> Decimal {
        Decimal::new(1, self.decimals)
    }

    /// Half of it: the most that rounding takes or gives.
    pub fn half(self) -> Decimal {
        Decimal::new(5, self.decimals + 1)
    }

    /// An amount in whole units, as both systems round.
    pub fn round(self, amount: Decimal) -> Decimal {
        amount.round_dp_with_strategy(self.decimals, RoundingStrategy::MidpointAwayFromZero)
    }

    /// Whether an amount needs no rounding.
    pub fn is_exact(self, amount: Decimal) -> bool {
        self.round(amount) == amount
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_has_the_decimals_that_iso_4217_gives_it() {
        for (currency, decimals) in [("CAD", 2), ("JPY", 0), ("jpy", 0), (" KWD ", 3), ("TND", 3), ("XXX", 2), ("", 2)]
        {
            assert_eq!(MinorUnit::of(currency).decimals, decimals, "{currency}");
        }
        let rounded = |currency: &str| MinorUnit::of(currency).round("100.0045".parse().unwrap()).to_string();
        assert_eq!([rounded("JPY"), rounded("CAD"), rounded("KWD")], ["100", "100.00", "100.005"]);
    }
}
