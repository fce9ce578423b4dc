//! Exact amounts: what each part of a bill costs without tax, in whole units of its currency, so that all of them make
//! its total.

use rust_decimal::Decimal;

use super::approved::{ApprovedBill, BillLine};
use super::currency::MinorUnit;

/// Whether two amounts are the same but for the rounding of one.
fn same(one: Decimal, other: Decimal, unit: MinorUnit) -> bool {
    (one - other).abs() <= unit.half()
}

/// What a bill costs beside its lines.
pub(super) struct Beside {
    pub tax: Decimal,
    /// The taxes of its lines, as far as they show them.
    pub line_taxes: Vec<Decimal>,
    /// Freight and other costs that are on no account.
    pub freight: Decimal,
    /// What is taken off the bill on no account: the costs of the other sign than its total's.
    pub discount: Decimal,
}

impl Beside {
    /// As Procurify shows it, not rounded.
    pub fn of(bill: &ApprovedBill) -> Self {
        let lines = |amount: fn(&BillLine) -> Option<Decimal>| bill.lines.iter().filter_map(amount).sum::<Decimal>();
        let head = &bill.bill;
        let tax = match (head.exclusive_tax_amount, head.inclusive_tax_amount) {
            (None, None) => head.tax_amount.unwrap_or_else(|| lines(|line| line.tax)),
            (exclusive, inclusive) => exclusive.unwrap_or_default() + inclusive.unwrap_or_default(),
        };
        let shipping = head.shipping_amount.filter(|amount| !amount.is_zero());
        let shipping = shipping.unwrap_or_else(|| lines(|line| line.shipping));
        let is_credit = head.total_cost_with_tax.is_some_and(|total| total.is_sign_negative());
        let (off, costs): (Vec<Decimal>, Vec<Decimal>) = head
            .costs
            .iter()
            .filter_map(|cost| cost.amount.filter(|amount| !amount.is_zero()))
            .partition(|amount| amount.is_sign_negative() != is_credit);
        let line_taxes = bill.lines.iter().filter_map(|line| line.tax).filter(|tax| !tax.is_zero()).collect();
        let freight = shipping + costs.into_iter().sum::<Decimal>();
        Self { tax, line_taxes, freight, discount: off.into_iter().sum() }
    }

    /// Whether the tax is that of the lines but for the rounding of each.
    fn is_tax_rounded(&self, unit: MinorUnit) -> bool {
        let (sum, count): (Decimal, _) = (self.line_taxes.iter().sum(), self.line_taxes.len());
        count > 0 && (sum - self.tax).abs() <= unit.half() * Decimal::from(count + 1)
    }
}

/// What each part of a line costs without tax and shipping.
///
/// # Errors
/// What does not add up, for people.
pub(super) fn parts(line: &BillLine, unit: MinorUnit) -> Result<Vec<Decimal>, String> {
    let same = |one: Decimal, other: Decimal| same(one, other, unit);
    let net = net(line, unit)?;
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
fn net(line: &BillLine, unit: MinorUnit) -> Result<Decimal, String> {
    let same = |one: Decimal, other: Decimal| same(one, other, unit);
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

/// Whether rounding explains by how much the sum of these amounts and what else there is part from a total: half a unit
/// for each that is not whole, and for the total itself. Whole amounts come to a whole total.
pub(crate) fn is_rounding<'a>(amounts: impl IntoIterator<Item = &'a Decimal>, total: Decimal, unit: MinorUnit) -> bool {
    let (mut sum, mut inexact) = (Decimal::ZERO, 0);
    for amount in amounts {
        sum += amount;
        inexact += i64::from(!unit.is_exact(*amount));
    }
    let most = if inexact == 0 { Decimal::ZERO } else { unit.half() * Decimal::from(inexact + 1) };
    (sum - total).abs() <= most
}

/// A bill's amounts in whole units, which make its total together with its freight.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fitted {
    pub lines: Vec<Decimal>,
    pub tax: Decimal,
}

/// Amounts in whole units that make exactly this total with what is beside them, each as near to its own as that
/// allows; none if rounding alone does not explain the difference. What it does explain is the tax's, if there is one:
/// the lines then come to what they come to rounded.
pub(super) fn fit(amounts: &[Decimal], beside: &Beside, total: Decimal, unit: MinorUnit) -> Option<Fitted> {
    let with = |taxes: &[Decimal]| is_rounding(amounts.iter().chain([&beside.freight]).chain(taxes), total, unit);
    let of_lines = || beside.is_tax_rounded(unit) && with(&beside.line_taxes);
    if !with(&[beside.tax]) && !of_lines() {
        return None;
    }
    let cost = total - unit.round(beside.freight);
    let net = if beside.tax.is_zero() { cost } else { unit.round(amounts.iter().sum()) };
    Some(Fitted { lines: spread(amounts, net, unit)?, tax: cost - net })
}

/// Amounts in whole units that come to this sum, those changed that are not whole.
fn spread(amounts: &[Decimal], sum: Decimal, unit: MinorUnit) -> Option<Vec<Decimal>> {
    let mut rounded: Vec<Decimal> = amounts.iter().map(|amount| unit.round(*amount)).collect();
    let mut left = sum - rounded.iter().sum::<Decimal>();
    let mut places: Vec<usize> = (0..amounts.len()).filter(|place| !unit.is_exact(amounts[*place])).collect();
    let error = |place: &usize| amounts[*place] - unit.round(amounts[*place]);
    places.sort_by_key(error);
    if left > Decimal::ZERO {
        places.reverse();
    }
    let steps = places.len() * 2;
    for place in places.into_iter().cycle().take(steps) {
        if left.is_zero() {
            break;
        }
        let step = if left > Decimal::ZERO { unit.one() } else { -unit.one() };
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

    const CENT: MinorUnit = MinorUnit { decimals: 2 };

    /// Amounts that make a total with this tax.
    fn fitted(amounts: &[&str], tax: &str, total: &str, unit: MinorUnit) -> Option<Vec<Decimal>> {
        taxed(amounts, tax, &[], total, unit).map(|fitted| fitted.lines)
    }

    /// Amounts and tax that make a total, where the lines show these taxes.
    fn taxed(amounts: &[&str], tax: &str, taxes: &[&str], total: &str, unit: MinorUnit) -> Option<Fitted> {
        let beside =
            Beside { tax: decimal(tax), line_taxes: decimals(taxes), freight: Decimal::ZERO, discount: Decimal::ZERO };
        fit(&decimals(amounts), &beside, decimal(total), unit)
    }

    #[test]
    fn amounts_are_rounded_so_that_they_make_their_sum() {
        let thirds = ["3.333333", "3.333333", "3.333334"];
        let rounded = fitted(&thirds, "0", "10.00", CENT).unwrap();
        assert_eq!(rounded.iter().sum::<Decimal>(), decimal("10.00"));
        let pairs = rounded.iter().zip(decimals(&thirds));
        assert!(pairs.into_iter().all(|(one, other)| (one - other).abs() < decimal("0.01")), "{rounded:?}");
        assert_eq!(fitted(&["1.005", "1.005"], "0", "2.01", CENT).unwrap(), decimals(&["1.00", "1.01"]));
        let credit = fitted(&["-1.005", "-1.005"], "0", "-2.01", CENT).unwrap();
        assert_eq!(credit.iter().sum::<Decimal>(), decimal("-2.01"));
    }

    #[test]
    fn a_difference_that_rounding_does_not_explain_is_none_to_spread() {
        assert_eq!(fitted(&["10.00", "5.00"], "0", "15.01", CENT), None, "what is exact comes to an exact sum");
        assert_eq!(fitted(&["10.00", "5.00"], "1.80", "16.81", CENT), None, "whatever the tax: all of it is exact");
        assert_eq!(fitted(&["10.004", "5.00"], "0", "15.02", CENT), None, "more than one amount and the total explain");
        assert!(fitted(&["10.004", "5.00"], "0", "15.00", CENT).is_some());
    }

    #[test]
    fn what_rounding_explains_is_the_taxs_and_no_lines() {
        let fitted = |lines: &[&str], tax: &str| Fitted { lines: decimals(lines), tax: decimal(tax) };
        let exact = ["10.00", "5.00"];
        assert_eq!(taxed(&exact, "1.804", &[], "16.81", CENT), Some(fitted(&exact, "1.81")));
        assert_eq!(taxed(&exact, "1.80", &["1.20", "0.61"], "16.81", CENT), Some(fitted(&exact, "1.81")));
        assert_eq!(taxed(&exact, "1.80", &["1.20", "0.60"], "16.81", CENT), None, "neither tax makes it");
        assert_eq!(taxed(&exact, "1.80", &["1.20", "0.90"], "17.10", CENT), None, "the taxes are not the same");
        let thirds = ["3.333", "3.333", "3.333"];
        assert_eq!(taxed(&thirds, "1.20", &[], "11.20", CENT), Some(fitted(&["3.33", "3.33", "3.34"], "1.20")));
    }

    #[test]
    fn many_exact_lines_explain_no_more_of_a_difference_than_one() {
        let lines = ["10.00"; 100];
        assert!(fitted(&lines, "0", "1000.00", CENT).is_some());
        assert_eq!(fitted(&lines, "0", "1000.50", CENT), None);
        assert_eq!(fitted(&lines, "5.00", "1005.50", CENT), None);
    }

    #[test]
    fn amounts_are_whole_units_of_their_currency() {
        let (yen, fils) = (MinorUnit::of("JPY"), MinorUnit::of("KWD"));
        assert_eq!(fitted(&["33.4", "33.3", "33.3"], "0", "100", yen).unwrap(), decimals(&["34", "33", "33"]));
        assert_eq!(fitted(&["100.004"], "0", "100.004", fils).unwrap(), decimals(&["100.004"]));
        assert_eq!(fitted(&["100.004"], "0", "100.005", fils), None);
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
            let parts: Vec<Decimal> =
                parts(&line, CENT).unwrap().into_iter().map(|amount| CENT.round(amount)).collect();
            assert_eq!(parts, decimals(&expected), "{line:?}");
        }
    }

    #[test]
    fn what_does_not_add_up_in_a_line_is_named_with_its_difference() {
        let total = parts(&line("100.00", "12.00", false, "113.00", &["100.00"]), CENT).unwrap_err();
        assert!(total.contains("a difference of -1"), "{total}");
        let split = parts(&line("100.00", "12.00", false, "112.00", &["60.00", "30.00"]), CENT).unwrap_err();
        assert!(split.contains("come to 90") && split.contains("a difference of -10"), "{split}");
    }
}
