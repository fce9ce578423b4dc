//! Exact amounts: what each part of a bill costs without tax, to the cent, so that all of them make its total.

use rust_decimal::{Decimal, RoundingStrategy};

use super::approved::{ApprovedBill, BillLine};

/// Decimals of an amount in an ERP.
const DECIMALS: u32 = 2;

/// To the cent, as both systems round.
pub(super) fn cents(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(DECIMALS, RoundingStrategy::MidpointAwayFromZero)
}

/// Whether two amounts are the same but for the rounding of one.
fn same(one: Decimal, other: Decimal) -> bool {
    (one - other).abs() <= Decimal::new(5, 3)
}

/// What a bill costs beside its lines.
pub(super) struct Beside {
    pub tax: Decimal,
    /// Freight and other costs that are on no account.
    pub freight: Decimal,
}

impl Beside {
    pub fn of(bill: &ApprovedBill) -> Self {
        let lines = |amount: fn(&BillLine) -> Option<Decimal>| bill.lines.iter().filter_map(amount).sum::<Decimal>();
        let head = &bill.bill;
        let tax = match (head.exclusive_tax_amount, head.inclusive_tax_amount) {
            (None, None) => head.tax_amount.unwrap_or_else(|| lines(|line| line.tax)),
            (exclusive, inclusive) => exclusive.unwrap_or_default() + inclusive.unwrap_or_default(),
        };
        let shipping = head.shipping_amount.filter(|amount| !amount.is_zero());
        let shipping = shipping.unwrap_or_else(|| lines(|line| line.shipping));
        let costs: Decimal = head.costs.iter().filter_map(|cost| cost.amount).sum();
        Self { tax: cents(tax), freight: cents(shipping + costs) }
    }
}

/// What each part of a line costs without tax and shipping.
///
/// # Errors
/// What does not add up, for people.
pub(super) fn parts(line: &BillLine) -> Result<Vec<Decimal>, String> {
    let net = net(line)?;
    let given: Vec<Option<Decimal>> = line.parts.iter().map(|part| part.amount).collect();
    if let [None] = given.as_slice() {
        return Ok(vec![net]);
    }
    let amounts: Vec<Decimal> = given.into_iter().map(Option::unwrap_or_default).collect();
    let sum: Decimal = amounts.iter().sum();
    if same(sum, net) {
        return Ok(amounts);
    }
    let (tax, shipping) = (line.tax.unwrap_or_default(), line.shipping.unwrap_or_default());
    let with_more = [net + tax, net + shipping, net + tax + shipping];
    if !sum.is_zero() && with_more.into_iter().any(|whole| same(sum, whole)) {
        // The parts hold their share of tax and shipping, which are booked apart.
        return Ok(amounts.into_iter().map(|amount| amount * net / sum).collect());
    }
    let difference = (sum - net).normalize();
    Err(format!(
        "its parts on accounts come to {}, but it costs {}, a difference of {difference}",
        sum.normalize(),
        net.normalize()
    ))
}

/// What a line costs without tax and shipping.
fn net(line: &BillLine) -> Result<Decimal, String> {
    let (tax, shipping) = (line.tax.unwrap_or_default(), line.shipping.unwrap_or_default());
    let Some(cost) = line.cost else { return Err("it has no cost".to_owned()) };
    let Some(total) = line.total else { return Ok(cost) };
    if same(cost + tax, total) || same(cost + tax + shipping, total) {
        return Ok(cost);
    }
    if line.tax_is_inclusive && (same(cost, total) || same(cost + shipping, total)) {
        return Ok(cost - tax);
    }
    let sum = cost + tax + shipping;
    let difference = (sum - total).normalize();
    Err(format!(
        "its cost {}, tax {} and shipping {} come to {}, but its total is {}, a difference of {difference}",
        cost.normalize(),
        tax.normalize(),
        shipping.normalize(),
        sum.normalize(),
        total.normalize()
    ))
}

/// Amounts to the cent that make exactly this sum, each as near to its own as that allows; none if rounding alone
/// does not explain the difference.
pub(super) fn fit(amounts: &[Decimal], sum: Decimal) -> Option<Vec<Decimal>> {
    let mut rounded: Vec<Decimal> = amounts.iter().copied().map(cents).collect();
    let off: Decimal = amounts.iter().sum::<Decimal>() - sum;
    // Half a cent for each amount, for the tax, the freight and the total.
    let most = Decimal::new(5, 3) * Decimal::from(amounts.len() + 3);
    if off.abs() > most {
        return None;
    }
    let cent = Decimal::new(1, DECIMALS);
    let mut left = sum - rounded.iter().sum::<Decimal>();
    let mut places: Vec<usize> = (0..amounts.len()).collect();
    let error = |place: &usize| amounts[*place] - cents(amounts[*place]);
    places.sort_by_key(error);
    if left > Decimal::ZERO {
        places.reverse();
    }
    for place in places.into_iter().cycle().take(amounts.len() * 2) {
        if left.is_zero() {
            break;
        }
        let step = if left > Decimal::ZERO { cent } else { -cent };
        rounded[place] += step;
        left -= step;
    }
    left.is_zero().then_some(rounded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn decimals(texts: &[&str]) -> Vec<Decimal> {
        texts.iter().map(|text| decimal(text)).collect()
    }

    #[test]
    fn amounts_are_rounded_so_that_they_make_their_sum() {
        let thirds = decimals(&["3.333333", "3.333333", "3.333334"]);
        let fitted = fit(&thirds, decimal("10.00")).unwrap();
        assert_eq!(fitted.iter().sum::<Decimal>(), decimal("10.00"));
        assert!(fitted.iter().zip(&thirds).all(|(one, other)| (one - other).abs() < decimal("0.01")), "{fitted:?}");
        assert_eq!(fit(&decimals(&["1.005", "1.005"]), decimal("2.01")).unwrap(), decimals(&["1.00", "1.01"]));
        assert_eq!(
            fit(&decimals(&["-1.005", "-1.005"]), decimal("-2.01")).unwrap().iter().sum::<Decimal>(),
            decimal("-2.01")
        );
    }

    #[test]
    fn a_difference_that_rounding_does_not_explain_is_none_to_spread() {
        assert_eq!(fit(&decimals(&["10.00", "5.00"]), decimal("15.03")), None);
        assert!(fit(&decimals(&["10.00", "5.00"]), decimal("15.02")).is_some());
    }

    fn line(cost: &str, tax: &str, inclusive: bool, total: &str, parts: &[&str]) -> BillLine {
        let parts: Vec<_> = parts.iter().map(|amount| serde_json::json!({ "amount": amount })).collect();
        let json = serde_json::json!({
            "id": 1, "cost": cost, "tax": tax, "tax_is_inclusive": inclusive, "total": total, "parts": parts,
        });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_line_is_split_without_its_tax_whether_or_not_its_price_includes_it() {
        for (line, expected) in [
            (line("100.00", "12.00", false, "112.00", &["60.00", "40.00"]), ["60.00", "40.00"]),
            (line("100.00", "12.00", true, "112.00", &["60.00", "40.00"]), ["60.00", "40.00"]),
            (line("112.00", "12.00", true, "112.00", &["67.20", "44.80"]), ["60.00", "40.00"]),
            (line("100.00", "12.00", false, "112.00", &["67.20", "44.80"]), ["60.00", "40.00"]),
        ] {
            let parts: Vec<Decimal> = parts(&line).unwrap().into_iter().map(cents).collect();
            assert_eq!(parts, decimals(&expected), "{line:?}");
        }
    }

    #[test]
    fn what_does_not_add_up_in_a_line_is_named_with_its_difference() {
        let total = parts(&line("100.00", "12.00", false, "113.00", &["100.00"])).unwrap_err();
        assert!(total.contains("a difference of -1"), "{total}");
        let split = parts(&line("100.00", "12.00", false, "112.00", &["60.00", "30.00"])).unwrap_err();
        assert!(split.contains("come to 90") && split.contains("a difference of -10"), "{split}");
    }
}
