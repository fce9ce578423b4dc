//! From an approved order to the order an ERP is to hold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use chrono_tz::Tz;
use procurify_client::PurchaseOrderState;
use rust_decimal::Decimal;
use serde_json::Value;
use sync_core::{Label, Mapper, Mapping, Missing, Record, References};

use super::KIND;
use super::draft::{LineDraft, OrderDraft};
use super::order::{ApprovedOrder, OrderLine};
use crate::accounts::{AccountMapping, Direct, Spend};
use crate::bill::{MinorUnit, is_rounding};
use crate::codes::CodeTable;
use crate::details;
use crate::label::label;
use crate::mapping::{Mapped, Resolver, as_mapping};
use crate::periods::PeriodSettings;
use crate::reference::{self, ITEM, LOCATION, NO_ORDER, PAYMENT_TERMS, PURCHASE_ORDER, TAX, UNIT, VENDOR};

/// Decides what an approved order becomes in the ERP. Pure, as [`sync_core::Mapper`] is.
///
/// To change a detail, wrap [`DefaultOrderMapper`] and amend the draft it gives:
///
/// ```
/// use procurify_cloudsuite::purchase_order::{ApprovedOrder, DefaultOrderMapper, Mapped, OrderMapper};
/// use sync_core::References;
///
/// struct OneCostCentre(DefaultOrderMapper);
/// impl OrderMapper for OneCostCentre {
///     fn map(&self, order: &ApprovedOrder, references: &References) -> Mapped {
///         let mut mapped = self.0.map(order, references);
///         if let Mapped::Draft { draft, decisions } = &mut mapped {
///             draft.lines.iter_mut().for_each(|line| line.cost_center = Some("CC900".into()));
///             decisions.push("all lines on cost centre CC900".into());
///         }
///         mapped
///     }
/// }
/// # let _ = OneCostCentre(DefaultOrderMapper::default());
/// ```
pub trait OrderMapper: Send + Sync {
    /// What becomes of this order.
    fn map(&self, order: &ApprovedOrder, references: &References) -> Mapped;

    /// The time zone in which a moment of Procurify becomes a day. Default UTC.
    fn time_zone(&self) -> Tz {
        Tz::UTC
    }

    /// Whether it uses custom fields, for which each order is read by a call of its own. Default no.
    fn needs_custom_fields(&self) -> bool {
        false
    }

    /// The further accounting dimensions that it books on, for the ERP's values of them to be read. Default none.
    fn dimensions(&self) -> BTreeSet<u8> {
        BTreeSet::new()
    }

    /// Whether an account code is the GL account that is booked on, so that one may be made of the other. Default no.
    fn codes_are_accounts(&self) -> bool {
        false
    }
}

/// An [`OrderMapper`] as the engine sees it.
pub(crate) struct OrderMapperAdapter {
    pub mapper: Box<dyn OrderMapper>,
    pub periods: PeriodSettings,
}

impl Mapper for OrderMapperAdapter {
    fn map(&self, record: &Record, references: &References) -> Mapping {
        let link = references.get(PURCHASE_ORDER, record.key.id()).filter(|link| link.found.is_by_hand());
        let there = link.and_then(|link| link.found.targets().first()).filter(|number| *number != NO_ORDER);
        let map = |order: &ApprovedOrder| match (there, &order.unread) {
            (Some(number), _) => Mapped::Skip(format!("a person has linked it to {number}, which is in the ERP")),
            (None, Some(why)) => Mapped::Hold(vec![Missing {
                kind: KIND.to_owned(),
                value: order.order.number.as_deref().map_or_else(|| record.key.id().to_owned(), str::to_owned),
                hint: details::hint(why),
            }]),
            (None, None) => self.mapper.map(order, references),
        };
        as_mapping(record, map, |draft, _| {
            let mut missing = self.periods.check_order(draft, references);
            missing.extend(reference::check_order(draft, references));
            missing
        })
    }

    fn label(&self, payload: &Value) -> Label {
        label(&super::KIND.into(), payload)
    }
}

/// The rules that suit most tenants: each reference by the cross-reference table, each amount exact.
#[derive(Debug, Clone)]
pub struct DefaultOrderMapper {
    /// The time zone in which a moment of Procurify becomes a day. Default UTC.
    pub time_zone: Tz,
    /// Units of measure, from what people type in Procurify (in lower case) to the ERP's. What is not
    /// listed is left to the item's own unit.
    pub units: BTreeMap<String, String>,
    /// Whether each line needs a cost centre. Default yes.
    pub cost_centers: bool,
    /// Where costs are booked. Default: [`Direct`].
    pub accounts: Arc<dyn AccountMapping>,
    /// The ERP's payment terms. Default: the supplier's own.
    pub payment_terms: CodeTable,
    /// The ERP's tax codes, for lines. Procurify tells a line's taxes in an order's detail alone: with a table each order
    /// is read by a call of its own. Default: the ERP's own.
    pub tax_codes: CodeTable,
    /// Whether an order is held whose lines do not add up to its subtotal, but for what the rounding of lines explains
    /// that come to no whole cents (or yen). Default yes.
    pub check_totals: bool,
}

impl Default for DefaultOrderMapper {
    fn default() -> Self {
        Self {
            time_zone: Tz::UTC,
            units: BTreeMap::new(),
            cost_centers: true,
            accounts: Arc::new(Direct),
            payment_terms: CodeTable::default(),
            tax_codes: CodeTable::default(),
            check_totals: true,
        }
    }
}

impl OrderMapper for DefaultOrderMapper {
    fn map(&self, order: &ApprovedOrder, references: &References) -> Mapped {
        if order.order.state == Some(PurchaseOrderState::Legacy) {
            return Mapped::Skip("it comes from an older version of Procurify (state legacy)".to_owned());
        }
        let mut resolver = Resolver::new(references);
        let draft = self.draft(order, &mut resolver);
        resolver.conclude(draft)
    }

    fn time_zone(&self) -> Tz {
        self.time_zone
    }

    fn needs_custom_fields(&self) -> bool {
        self.accounts.needs_custom_fields() || self.tax_codes.is_used()
    }

    fn dimensions(&self) -> BTreeSet<u8> {
        self.accounts.dimensions()
    }

    fn codes_are_accounts(&self) -> bool {
        self.accounts.codes_are_accounts()
    }
}

impl DefaultOrderMapper {
    fn draft(&self, order: &ApprovedOrder, resolver: &mut Resolver<'_>) -> Option<OrderDraft> {
        let head = &order.order;
        let lines: Vec<&OrderLine> = order.lines.iter().filter(|line| !line.is_refused()).collect();
        let supplier = match &head.pref_vendor {
            Some(vendor) => {
                let name = vendor.name.as_deref().unwrap_or_default();
                let supplier = resolver.resolve(VENDOR, &vendor.id.to_string(), name);
                if supplier.is_none() && vendor.active == Some(false) {
                    let hint = "it is not active in Procurify, so that it is matched to no supplier: activate it there";
                    resolver.miss(VENDOR, &vendor.id.to_string(), hint);
                }
                supplier
            }
            None => resolver.absent("vendor", "none", "the order has no vendor: choose one in Procurify"),
        };
        let currency = head.purchased_currency.as_ref().and_then(|currency| currency.name.clone());
        let currency = currency
            .filter(|code| !code.trim().is_empty())
            .map(|code| resolver.currency(code.into()))
            .or_else(|| resolver.absent("currency", "none", "the order has no currency: set it in Procurify"));
        let order_date = self.day(head.date).or_else(|| resolver.absent("date", "none", "the order has no date"));
        Self::refuse_costs_beside_the_lines(order, resolver);
        if lines.is_empty() {
            resolver.miss("line", "none", "the order has no line that was bought");
        }
        let warehouse = Self::warehouse(&lines, resolver);
        let payment_terms = resolver.coded(PAYMENT_TERMS, head.payment_terms.as_deref(), &self.payment_terms);
        let drafts: Vec<Option<LineDraft>> = lines.iter().map(|line| self.line(order, line, resolver)).collect();
        let lines: Option<Vec<LineDraft>> = drafts.into_iter().collect();
        let (order_date, lines) = (order_date?, lines?);
        let draft = OrderDraft {
            supplier: supplier?,
            currency: currency?,
            order_date,
            // M3 and others want a delivery day; an order without a promised one is wanted at once.
            delivery_date: self.day(head.promise_date).unwrap_or(order_date),
            number: head.number.as_deref().map_or_else(|| head.procurify_po.to_string(), str::to_owned),
            payment_terms,
            warehouse,
            closed_short: order.is_closed_short(),
            lines,
        };
        self.check_total(order, &draft, resolver);
        Some(draft)
    }

    /// The warehouse of the lines' locations, where they are linked to some.
    fn warehouse(lines: &[&OrderLine], resolver: &mut Resolver<'_>) -> Option<String> {
        let mut wanted: Vec<(String, String)> = Vec::new();
        for line in lines {
            let Some(location) = line.location.map(|location| location.to_string()) else { continue };
            if let Some(warehouse) = resolver.linked(LOCATION, &location)
                && wanted.iter().all(|(_, other)| *other != warehouse)
            {
                let place = line.location_name.as_deref().map_or(location, str::to_owned);
                wanted.push((place, warehouse));
            }
        }
        if wanted.len() > 1 {
            let places = wanted.iter().map(|(place, warehouse)| format!("{place} (warehouse {warehouse})"));
            let places = places.collect::<Vec<_>>().join(" and ");
            let hint = "an order goes to one warehouse: split it in Procurify, or link these locations to the same";
            resolver.miss(LOCATION, &places, hint);
        }
        wanted.into_iter().next().map(|(_, warehouse)| warehouse)
    }

    fn line(&self, order: &ApprovedOrder, line: &OrderLine, resolver: &mut Resolver<'_>) -> Option<LineDraft> {
        let label = line.number.map_or_else(|| line.id.to_string(), |number| number.to_string());
        let complete = [("quantity", line.quantity.is_some()), ("price", line.price.is_some())];
        for (what, _) in complete.into_iter().filter(|(_, there)| !there) {
            resolver.miss("line", &label, &format!("it has no {what}: complete it in Procurify"));
        }
        let booking = resolver.book(self.accounts.as_ref(), &spend(order, line, &label), self.cost_centers);
        let item = line.sku.as_deref().and_then(|sku| resolver.linked(ITEM, sku));
        if item.is_none() {
            resolver.check_service_item();
        }
        let unit = line.unit.as_deref().map(|unit| unit.trim().to_lowercase());
        let unit = unit.and_then(|unit| resolver.linked(UNIT, &unit).or_else(|| self.units.get(&unit).cloned()));
        let tax_code = resolver.coded(TAX, line.tax_name.as_deref(), &self.tax_codes);
        let booking = booking?;
        Some(LineDraft {
            item,
            supplier_item: line.sku.as_deref().filter(|sku| sku.trim().chars().count() <= 30).map(str::to_owned),
            name: line.name.as_deref().map_or_else(|| format!("Line {label}"), str::to_owned),
            quantity: line.quantity?,
            unit,
            price: line.price?,
            tax_code,
            account: booking.account,
            cost_center: booking.cost_center,
            dimensions: booking.dimensions,
        })
    }

    /// Freight, other costs and discounts stand beside the lines. What nobody has made a line of them
    /// ([`ChargesAsLines`](super::ChargesAsLines)) is not carried over: an order that has them would be posted with
    /// another amount than was approved.
    fn refuse_costs_beside_the_lines(order: &ApprovedOrder, resolver: &mut Resolver<'_>) {
        let head = &order.order;
        let discount = head.discount.as_ref().and_then(|discount| discount.value);
        for (what, account, amount) in [
            ("freight", "([charges] freight)", head.freight),
            ("other costs", "([charges] other)", head.other),
            ("discount", "([charges] discount) if it is an amount, or in percent comes to whole cents", discount),
        ] {
            if let Some(amount) = amount.filter(|amount| !amount.is_zero()) {
                let hint = format!(
                    "its {what} of {amount} stands beside the lines: name the account that it goes on {account}, or \
                     make it a line in Procurify"
                );
                resolver.miss(what, &amount.normalize().to_string(), &hint);
            }
        }
    }

    fn check_total(&self, order: &ApprovedOrder, draft: &OrderDraft, resolver: &mut Resolver<'_>) {
        let Some(subtotal) = order.order.subtotal.filter(|_| self.check_totals) else {
            return;
        };
        let currency = order.order.purchased_currency.as_ref().and_then(|currency| currency.name.as_deref());
        let amounts: Vec<Decimal> = draft.lines.iter().map(|line| line.quantity * line.price).collect();
        if !is_rounding(&amounts, subtotal, MinorUnit::of(currency.unwrap_or_default())) {
            let total = draft.total();
            let difference = total - subtotal;
            let hint = format!(
                "its lines come to {} and its subtotal is {subtotal}, a difference of {}: check it in Procurify",
                total.normalize(),
                difference.normalize()
            );
            resolver.miss("total", &subtotal.to_string(), &hint);
        }
    }

    fn day(&self, moment: Option<chrono::DateTime<chrono::Utc>>) -> Option<NaiveDate> {
        moment.map(|moment| moment.with_timezone(&self.time_zone).date_naive())
    }
}

/// What an account mapping may know of a line.
fn spend(order: &ApprovedOrder, line: &OrderLine, label: &str) -> Spend {
    let mut custom_fields = order.custom_fields.clone();
    custom_fields.extend(line.custom_fields.clone());
    let department = (line.department, line.department_name.as_ref());
    let location = (line.location, line.location_name.as_ref());
    Spend::of(label, line.account_code.as_ref(), department, location, custom_fields)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use sync_core::{Match, MatchedBy, Reference};

    use super::*;
    use crate::reference::{COST_CENTER, CURRENCY, GL_ACCOUNT, SERVICE_ITEM};

    fn order() -> Value {
        json!({
            "order": {
                "procurify_PO": 7,
                "number": "PO-7",
                "date": "2026-11-24T06:30:00Z",
                "promise_date": "2026-12-01T20:00:00Z",
                "subtotal": "30.00",
                "pref_vendor": { "id": 17, "name": "Bolt" },
                "purchased_currency": { "name": "CAD" },
            },
            "lines": [{
                "id": 1, "number": 1, "name": "Bolts", "quantity": "3", "price": "10.00", "unit": "Each",
                "account_code": "6100", "department": 5, "department_name": "Works", "status": 2,
            }],
        })
    }

    fn references() -> References {
        let line = |kind: &str, source: &str, target: &str| Reference {
            kind: kind.to_owned(),
            source: source.to_owned(),
            label: source.to_owned(),
            found: Match::Matched { target: target.to_owned(), by: MatchedBy::Code },
        };
        let lines = [line(VENDOR, "17", "S17"), line(GL_ACCOUNT, "6100", "6100"), line(COST_CENTER, "5", "CC5")];
        References::new(lines, None)
    }

    fn mapped(order: Value, mapper: &DefaultOrderMapper) -> Mapped {
        mapper.map(&serde_json::from_value(order).unwrap(), &references())
    }

    fn draft(order: Value, mapper: &DefaultOrderMapper) -> OrderDraft {
        match mapped(order, mapper) {
            Mapped::Draft { draft, .. } => draft,
            other => panic!("{other:?}"),
        }
    }

    /// What a changed order is held for.
    fn held_for(change: impl FnOnce(&mut Value)) -> String {
        let mut order = order();
        change(&mut order);
        match mapped(order, &DefaultOrderMapper::default()) {
            Mapped::Hold(missing) => missing.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_order_is_drafted_on_what_its_references_are_in_the_erp() {
        let draft = draft(order(), &DefaultOrderMapper::default());
        assert_eq!((draft.supplier.as_str(), draft.currency.as_str(), draft.number.as_str()), ("S17", "CAD", "PO-7"));
        let line = &draft.lines[0];
        assert_eq!((line.account.as_str(), line.cost_center.as_deref()), ("6100", Some("CC5")));
        assert_eq!(draft.total(), Decimal::from(30));
        assert_eq!(line.unit, None, "a unit that is not listed is left to the item's own");
    }

    #[test]
    fn a_moment_becomes_a_day_in_the_tenants_time_zone() {
        let vancouver = DefaultOrderMapper { time_zone: Tz::America__Vancouver, ..DefaultOrderMapper::default() };
        assert_eq!(draft(order(), &vancouver).order_date.to_string(), "2026-11-23");
        assert_eq!(draft(order(), &DefaultOrderMapper::default()).order_date.to_string(), "2026-11-24");
    }

    #[test]
    fn units_are_mapped_by_the_table_whatever_their_case() {
        let units = BTreeMap::from([("each".to_owned(), "EA".to_owned())]);
        let mapper = DefaultOrderMapper { units, ..DefaultOrderMapper::default() };
        assert_eq!(draft(order(), &mapper).lines[0].unit.as_deref(), Some("EA"));
    }

    /// The usual table with more lines, as a person linked them.
    fn linked(lines: &[(&str, &str, &str)]) -> References {
        let by_hand = lines.iter().map(|(kind, source, target)| Reference {
            kind: (*kind).to_owned(),
            source: (*source).to_owned(),
            label: (*source).to_owned(),
            found: Match::Matched { target: (*target).to_owned(), by: MatchedBy::Hand },
        });
        References::new(references().iter().cloned().chain(by_hand), None)
    }

    #[test]
    fn units_currencies_items_and_warehouses_are_what_they_are_linked_to() {
        let mut order = order();
        order["lines"][0]["sku"] = json!("B-8");
        order["lines"][0]["location"] = json!(1);
        let links =
            [(UNIT, "each", "PCE"), (CURRENCY, "CAD", "CDN"), (ITEM, "B-8", "1008"), (LOCATION, "1", "A02/002")];
        let mapper = DefaultOrderMapper::default();
        let Mapped::Draft { draft, decisions } =
            mapper.map(&serde_json::from_value(order.clone()).unwrap(), &linked(&links))
        else {
            panic!("it was held")
        };
        assert_eq!((draft.currency.as_str(), draft.warehouse.as_deref()), ("CDN", Some("A02/002")));
        assert_eq!((draft.lines[0].unit.as_deref(), draft.lines[0].item.as_deref()), (Some("PCE"), Some("1008")));
        assert!(decisions.contains(&"unit each is PCE, by hand".to_owned()), "{decisions:?}");
        let plain = mapper.map(&serde_json::from_value(order).unwrap(), &references());
        let Mapped::Draft { draft, .. } = plain else { panic!("{plain:?}") };
        assert_eq!((draft.currency.as_str(), draft.warehouse), ("CAD", None), "what is not linked stays as it is");
    }

    #[test]
    fn an_order_for_two_warehouses_is_held() {
        let mut order = order();
        let mut second = order["lines"][0].clone();
        (second["id"], second["location"]) = (json!(2), json!(2));
        order["lines"][0]["location"] = json!(1);
        order["lines"].as_array_mut().unwrap().push(second);
        order["order"]["subtotal"] = json!("60.00");
        let order: ApprovedOrder = serde_json::from_value(order).unwrap();
        let mapper = DefaultOrderMapper::default();
        let apart = mapper.map(&order, &linked(&[(LOCATION, "1", "001"), (LOCATION, "2", "002")]));
        let Mapped::Hold(missing) = apart else { panic!("{apart:?}") };
        assert!(missing[0].to_string().contains("an order goes to one warehouse"), "{missing:?}");
        let same = mapper.map(&order, &linked(&[(LOCATION, "1", "001"), (LOCATION, "2", "001")]));
        assert!(matches!(same, Mapped::Draft { .. }), "{same:?}");
    }

    #[test]
    fn an_item_that_is_missing_or_may_not_be_used_holds_an_order() {
        let of_erp = |kind: &str, source: &str, found| Reference {
            kind: kind.to_owned(),
            source: source.to_owned(),
            label: String::new(),
            found,
        };
        let service = of_erp(SERVICE_ITEM, "", Match::Unknown { named: "SERVICE".to_owned() });
        let blocked =
            Match::Blocked { target: "1008".to_owned(), why: "its status in MMS001 is 90, not 20".to_owned() };
        let blocked = of_erp(&crate::reference::erp_kind(ITEM), "1008", blocked);
        let mut order = order();
        order["lines"].as_array_mut().unwrap().push(json!({
            "id": 2, "number": 2, "name": "Nuts", "quantity": "1", "price": "0", "sku": "B-8",
            "account_code": "6100", "department": 5, "status": 2,
        }));
        let table = linked(&[(ITEM, "B-8", "1008")]);
        let table = References::new(table.iter().cloned().chain([service, blocked]), None);
        let held = DefaultOrderMapper::default().map(&serde_json::from_value(order).unwrap(), &table);
        let Mapped::Hold(missing) = held else { panic!("{held:?}") };
        let reason = missing.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        for words in [
            "item SERVICE: it stands for lines bought by their text, and is not in the ERP",
            "item B-8: it is linked by hand to 1008, which may not be used in the ERP (its status in MMS001 is 90, not 20)",
        ] {
            assert!(reason.contains(words), "`{words}` is not in `{reason}`");
        }
    }

    #[test]
    fn what_does_not_add_up_is_held_with_the_difference() {
        let reason = held_for(|order| order["order"]["subtotal"] = json!("30.50"));
        assert!(reason.contains("a difference of -0.5"), "{reason}");
        assert!(held_for(|order| order["order"]["subtotal"] = json!("30.01")).contains("a difference of -0.01"));
        let mut order = order();
        order["lines"][0]["price"] = json!("10.0025");
        order["order"]["subtotal"] = json!("30.01");
        assert_eq!(draft(order.clone(), &DefaultOrderMapper::default()).lines.len(), 1, "30.0075 is 30.01 rounded");
        order["order"]["subtotal"] = json!("31.00");
        order["order"]["purchased_currency"]["name"] = json!("JPY");
        let yen = draft(order, &DefaultOrderMapper::default());
        assert_eq!(yen.lines.len(), 1, "and in a currency without decimals 31 is within its rounding");
    }

    #[test]
    fn costs_beside_the_lines_hold_an_order() {
        for (field, value) in [("freight", json!("5.00")), ("other", json!("-1.25")), ("discount", json!({"value": 2}))]
        {
            let reason = held_for(|order| order["order"][field] = value);
            assert!(reason.contains("stands beside the lines"), "{field}: {reason}");
        }
    }

    #[test]
    fn what_is_missing_is_named_all_at_once() {
        let reason = held_for(|order| {
            order["order"]["pref_vendor"] = json!({ "id": 99, "name": "Nobody" });
            order["lines"][0]["account_code"] = json!("9999");
            order["lines"][0]["department"] = Value::Null;
        });
        for words in ["vendor 99 (Nobody)", "GL account 9999", "no department"] {
            assert!(reason.contains(words), "`{words}` is not in `{reason}`");
        }
    }

    #[test]
    fn a_line_that_was_turned_down_is_no_part_of_the_order() {
        let mut order = order();
        let mut refused = order["lines"][0].clone();
        refused["id"] = json!(2);
        refused["status"] = json!(4);
        order["lines"].as_array_mut().unwrap().push(refused);
        assert_eq!(draft(order, &DefaultOrderMapper::default()).lines.len(), 1);
        let reason = held_for(|order| order["lines"][0]["status"] = json!(7));
        assert!(reason.contains("no line that was bought"), "{reason}");
    }

    #[test]
    fn an_order_of_the_older_system_is_skipped() {
        let mut order = order();
        order["order"]["state"] = json!(2);
        assert!(matches!(mapped(order, &DefaultOrderMapper::default()), Mapped::Skip(_)));
    }
}
