//! An order to be entered.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::m3::{Facility, ItemNumber, SupplierNumber, Warehouse};

/// An order to be entered. Absent fields take M3's defaults: the supplier's, the item's, the order type's.
///
/// ```
/// use chrono::NaiveDate;
/// use cloudsuite_client::m3::{EntryLine, ItemNumber, PurchaseOrderEntry, SupplierNumber};
///
/// let day = NaiveDate::from_ymd_opt(2026, 11, 24).ok_or("no such day")?;
/// let mut order = PurchaseOrderEntry::new("PFY00010482", SupplierNumber::new("S001")?, day, day);
/// order.currency = Some("CAD".to_owned());
/// let mut line = EntryLine::new(ItemNumber::new("SERVICE")?, "2".parse()?, "10.50".parse()?);
/// line.name = Some("Window cleaning, ground floor and first floor".to_owned());
/// line.accounting[0] = Some("5410".to_owned());
/// order.lines.push(line);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurchaseOrderEntry {
    /// `YRE1`, by which the order is found again: letters and digits, 36 at most.
    pub reference: String,
    /// `SUNO`.
    pub supplier: SupplierNumber,
    /// `PUDT`.
    pub order_date: NaiveDate,
    /// `DWDT`, when the goods are wanted.
    pub delivery_date: NaiveDate,
    /// `FACI`; that of the [`M3`](crate::m3::M3) handle if absent. One of the two must be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<Facility>,
    /// `WHLO`; that of the [`M3`](crate::m3::M3) handle if absent. One of the two must be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warehouse: Option<Warehouse>,
    /// `CUCD`, 3 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// `ORTY`, 3 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_type: Option<String>,
    /// `BUYE`, 10 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer: Option<String>,
    /// `TEPY`, 3 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_terms: Option<String>,
    /// `OURR`, 10 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub our_reference: Option<String>,
    /// The lines, at least one.
    pub lines: Vec<EntryLine>,
}

impl PurchaseOrderEntry {
    /// An order without lines.
    pub fn new(
        reference: impl Into<String>,
        supplier: SupplierNumber,
        order_date: NaiveDate,
        delivery_date: NaiveDate,
    ) -> Self {
        Self {
            reference: reference.into(),
            supplier,
            order_date,
            delivery_date,
            facility: None,
            warehouse: None,
            currency: None,
            order_type: None,
            buyer: None,
            payment_terms: None,
            our_reference: None,
            lines: Vec::new(),
        }
    }
}

/// A line of an order to be entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryLine {
    /// `ITNO`. Free-text purchases need an item too: tenants keep a service item for them.
    pub item: ItemNumber,
    /// `ORQA`, in `unit`.
    #[serde(with = "tenant_http::decimal::required")]
    pub quantity: Decimal,
    /// `PUPR`, the price of `price_quantity` units.
    #[serde(with = "tenant_http::decimal::required")]
    pub price: Decimal,
    /// `PUCD`, for prices with more decimals than M3 keeps: 12.345678 each is 12345.678 a 1,000. Absent: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_quantity: Option<u32>,
    /// `PUUN`, 3 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// `PITD`; cut at 30 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `PITT`; cut at 60 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `SITE`, the supplier's own item number, 30 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier_item: Option<String>,
    /// `DWDT`; the head's if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_date: Option<NaiveDate>,
    /// `VTCD`, 2 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat_code: Option<String>,
    /// `COCE`, the cost centre, 10 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_center: Option<String>,
    /// `AIT1` to `AIT7`, 10 characters each. If any is given, `AddAccString` puts them on the line.
    #[serde(default)]
    pub accounting: [Option<String>; 7],
}

impl EntryLine {
    /// A line with M3's defaults for all but item, quantity and price.
    pub fn new(item: ItemNumber, quantity: Decimal, price: Decimal) -> Self {
        Self {
            item,
            quantity,
            price,
            price_quantity: None,
            unit: None,
            name: None,
            description: None,
            supplier_item: None,
            delivery_date: None,
            vat_code: None,
            cost_center: None,
            accounting: Default::default(),
        }
    }
}
