//! Freight, other costs and discounts that stand beside an order's lines, made lines of their own.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use procurify_client::{DepartmentId, OrderItemId, PriceModifierType, PurchaseOrder};
use rust_decimal::Decimal;
use sync_core::References;

use super::mapper::OrderMapper;
use super::order::{ApprovedOrder, OrderLine};
use crate::bill::MinorUnit;
use crate::mapping::Mapped;

/// Where a cost beside the lines is booked: by what it is called in Procurify, as any line's account is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeAccount {
    /// The account code of Procurify.
    pub account_code: String,
    /// The department that bears it; that of the order's first line if none.
    pub department: Option<DepartmentId>,
}

/// Makes freight and other costs lines (one unit at the cost), and a discount one below zero, each on an account of its
/// own, before another mapper maps the order. What has no account is left to that mapper:
/// [`DefaultOrderMapper`](super::DefaultOrderMapper) holds such orders. So is a discount that is neither an amount nor
/// a percentage that comes to whole cents.
///
/// ```
/// use procurify_cloudsuite::purchase_order::{ChargeAccount, ChargesAsLines, DefaultOrderMapper};
///
/// let freight = ChargeAccount { account_code: "6200".to_owned(), department: None };
/// let mapper = ChargesAsLines::new(DefaultOrderMapper::default()).freight(freight);
/// # let _ = mapper;
/// ```
#[derive(Debug, Clone)]
pub struct ChargesAsLines<M> {
    mapper: M,
    freight: Option<ChargeAccount>,
    other: Option<ChargeAccount>,
    discount: Option<ChargeAccount>,
}

impl<M> ChargesAsLines<M> {
    /// A mapper that does so before this one, once it is told where costs are booked.
    pub fn new(mapper: M) -> Self {
        Self { mapper, freight: None, other: None, discount: None }
    }

    /// Where freight is booked.
    pub fn freight(mut self, account: ChargeAccount) -> Self {
        self.freight = Some(account);
        self
    }

    /// Where other costs are booked.
    pub fn other(mut self, account: ChargeAccount) -> Self {
        self.other = Some(account);
        self
    }

    /// Where discounts are booked. Whether an ERP takes a line below zero is its own matter: one that does not refuses
    /// the order.
    pub fn discount(mut self, account: ChargeAccount) -> Self {
        self.discount = Some(account);
        self
    }

    fn spread(&self, order: &ApprovedOrder) -> ApprovedOrder {
        let mut order = order.clone();
        let discount = discount(&order);
        let charges = [
            ("Freight", order.order.freight, &self.freight),
            ("Other costs", order.order.other, &self.other),
            ("Discount", discount.map(|amount| -amount), &self.discount),
        ];
        let lines: Vec<OrderLine> = charges
            .into_iter()
            .filter_map(|(name, amount, account)| line(&order, name, amount?, account.as_ref()?))
            .collect();
        if self.freight.is_some() {
            order.order.freight = None;
        }
        if self.other.is_some() {
            order.order.other = None;
        }
        if self.discount.is_some() && discount.is_some() {
            order.order.discount = None;
        }
        let added: Decimal = lines.iter().filter_map(|line| line.price).sum();
        order.order.subtotal = order.order.subtotal.map(|subtotal| subtotal + added);
        order.lines.extend(lines);
        order
    }
}

/// What stands beside an order's lines and belongs to its amount: freight, other costs, and the discount below zero.
pub(crate) fn beside(order: &ApprovedOrder) -> Vec<Decimal> {
    let discount = discount(order).map(|amount| -amount);
    let amounts = [order.order.freight, order.order.other, discount].into_iter().flatten();
    amounts.filter(|amount| !amount.is_zero()).collect()
}

/// What is taken off an order, in money; none if that cannot be told to the cent.
fn discount(order: &ApprovedOrder) -> Option<Decimal> {
    let PurchaseOrder { discount, subtotal, purchased_currency, .. } = &order.order;
    let (discount, currency) = (discount.as_ref()?, purchased_currency.as_ref()?.name.as_deref()?);
    let amount = match discount.kind {
        Some(PriceModifierType::Amount) => discount.value?,
        Some(PriceModifierType::Percentage) => subtotal.as_ref()? * discount.value? / Decimal::ONE_HUNDRED,
        _ => return None,
    };
    MinorUnit::of(currency).is_exact(amount).then_some(amount)
}

/// A cost as a line, after all others; none if it costs nothing, or if there is no line to stand beside.
fn line(order: &ApprovedOrder, name: &str, amount: Decimal, account: &ChargeAccount) -> Option<OrderLine> {
    let first = order.lines.iter().find(|line| !line.is_refused())?;
    let elsewhere = account.department.filter(|department| Some(*department) != first.department);
    (!amount.is_zero()).then(|| OrderLine {
        id: OrderItemId(0),
        number: None,
        name: Some(name.into()),
        sku: None,
        quantity: Some(Decimal::ONE),
        unit: None,
        price: Some(amount),
        account_code: Some(account.account_code.as_str().into()),
        department: elsewhere.or(first.department),
        department_name: if elsewhere.is_some() { None } else { first.department_name.clone() },
        ..first.clone()
    })
}

impl<M: OrderMapper> OrderMapper for ChargesAsLines<M> {
    fn map(&self, order: &ApprovedOrder, references: &References) -> Mapped {
        self.mapper.map(&self.spread(order), references)
    }

    fn time_zone(&self) -> Tz {
        self.mapper.time_zone()
    }

    fn needs_custom_fields(&self) -> bool {
        self.mapper.needs_custom_fields()
    }

    fn dimensions(&self) -> BTreeSet<u8> {
        self.mapper.dimensions()
    }

    fn codes_are_accounts(&self) -> bool {
        self.mapper.codes_are_accounts()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use sync_core::{Match, MatchedBy, Reference};

    use super::*;
    use crate::purchase_order::{DefaultOrderMapper, OrderDraft};
    use crate::reference::{COST_CENTER, GL_ACCOUNT, VENDOR};

    /// An order of two departments, the second line bought by its text, with costs beside the lines.
    fn order() -> Value {
        let line = |id: u64, name: &str, quantity: &str, department: u64| {
            json!({ "id": id, "number": id, "name": name, "quantity": quantity, "price": "10.00", "unit": "each",
                "account_code": "6100", "department": department, "status": 2 })
        };
        json!({
            "order": { "procurify_PO": 7, "number": "PO-7", "date": "2026-11-24T06:30:00Z", "subtotal": "40.00",
                "freight": "12.50", "other": "1.25", "has_blanket_order_items": true,
                "pref_vendor": { "id": 17, "name": "Bolt" }, "purchased_currency": { "name": "EUR" } },
            "lines": [line(1, "Bolts", "3", 5), line(2, "Somebody to put them in", "1", 6)],
        })
    }

    fn references() -> References {
        let line = |kind: &str, source: &str, target: &str| Reference {
            kind: kind.to_owned(),
            source: source.to_owned(),
            label: source.to_owned(),
            found: Match::Matched { target: target.to_owned(), by: MatchedBy::Code },
        };
        let lines = [
            line(VENDOR, "17", "S17"),
            line(GL_ACCOUNT, "6100", "6100"),
            line(GL_ACCOUNT, "6200", "62000"),
            line(COST_CENTER, "5", "CC5"),
            line(COST_CENTER, "6", "CC6"),
        ];
        References::new(lines, None)
    }

    fn account(department: Option<i64>) -> ChargeAccount {
        ChargeAccount { account_code: "6200".to_owned(), department: department.map(DepartmentId) }
    }

    fn mapped(order: Value, mapper: &impl OrderMapper) -> Mapped {
        mapper.map(&serde_json::from_value(order).unwrap(), &references())
    }

    fn draft(order: Value, mapper: &impl OrderMapper) -> OrderDraft {
        match mapped(order, mapper) {
            Mapped::Draft { draft, .. } => draft,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn costs_beside_the_lines_become_lines_on_their_own_accounts() {
        let mapper = ChargesAsLines::new(DefaultOrderMapper::default()).freight(account(None)).other(account(Some(6)));
        let draft = draft(order(), &mapper);
        let lines: Vec<(&str, &str, Option<&str>, String)> = draft
            .lines
            .iter()
            .map(|line| {
                let amount = (line.quantity * line.price).normalize().to_string();
                (line.name.as_str(), line.account.as_str(), line.cost_center.as_deref(), amount)
            })
            .collect();
        assert_eq!(
            lines,
            [
                ("Bolts", "6100", Some("CC5"), "30".to_owned()),
                ("Somebody to put them in", "6100", Some("CC6"), "10".to_owned()),
                ("Freight", "62000", Some("CC5"), "12.5".to_owned()),
                ("Other costs", "62000", Some("CC6"), "1.25".to_owned()),
            ]
        );
        assert_eq!((draft.total(), draft.currency.as_str()), ("53.75".parse().unwrap(), "EUR"));
    }

    #[test]
    fn a_cost_without_an_account_and_a_discount_still_hold_the_order() {
        let mapper = ChargesAsLines::new(DefaultOrderMapper::default()).freight(account(None));
        let held = |order: Value| match mapped(order, &mapper) {
            Mapped::Hold(missing) => missing.iter().map(ToString::to_string).collect::<String>(),
            other => panic!("{other:?}"),
        };
        assert!(held(order()).contains("other costs of 1.25"), "{}", held(order()));
        let mut discounted = order();
        discounted["order"]["other"] = Value::Null;
        discounted["order"]["discount"] = json!({ "value": "5.00", "type": "amount" });
        assert!(held(discounted).contains("discount of 5"));
    }

    #[test]
    fn a_discount_is_a_line_below_zero_if_it_is_known_to_the_cent() {
        let mapper = ChargesAsLines::new(DefaultOrderMapper::default()).discount(account(None));
        let discounted = |value: &str, kind: &str| {
            let mut order = order();
            (order["order"]["freight"], order["order"]["other"]) = (Value::Null, Value::Null);
            order["order"]["discount"] = json!({ "value": value, "type": kind });
            order
        };
        for (value, kind, price) in [("5.00", "amount", "-5"), ("2.5", "percentage", "-1")] {
            let draft = draft(discounted(value, kind), &mapper);
            let line = draft.lines.last().unwrap();
            assert_eq!((line.account.as_str(), line.quantity), ("62000", Decimal::ONE));
            assert_eq!(line.price.normalize(), price.parse::<Decimal>().unwrap());
        }
        for (value, kind) in [("3.33", "percentage"), ("5.00", "coupons")] {
            let Mapped::Hold(missing) = mapped(discounted(value, kind), &mapper) else { panic!("{value} {kind}") };
            assert!(missing[0].to_string().contains("in percent comes to whole cents"), "{missing:?}");
        }
    }

    #[test]
    fn an_order_without_costs_beside_its_lines_is_mapped_as_before() {
        let mut plain = order();
        plain["order"]["freight"] = json!("0.000000");
        plain["order"]["other"] = Value::Null;
        let mapper = ChargesAsLines::new(DefaultOrderMapper::default()).freight(account(None)).other(account(None));
        assert_eq!(draft(plain.clone(), &mapper), draft(plain, &DefaultOrderMapper::default()));
    }
}
