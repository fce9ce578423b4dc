//! An order as SyteLine is to hold it, and whether what is there is that order.

use cloudsuite_client::syteline::{
    AccountNumber, InvalidCode, ItemCode, NewPurchaseOrder, NewPurchaseOrderLine, OrderStatus, PoNumber, PurchaseOrder,
    PurchaseOrderLine, UnitCode, VendorNumber,
};
use rust_decimal::Decimal;
use sync_core::{Draft, ExternalRef, Failure, FailureKind, RecordKey};

use super::SyteLineOrderSettings;
use crate::dimensions::Dimensions;
use crate::purchase_order::{LineDraft, OrderDraft};

/// An order ready to be inserted.
pub(super) struct Document {
    pub reference: ExternalRef,
    pub vendor: VendorNumber,
    pub order: OrderDraft,
    lines: Vec<Line>,
    settings: SyteLineOrderSettings,
}

/// A line with its codes checked.
struct Line {
    number: u32,
    item: ItemCode,
    account: AccountNumber,
    unit_codes: Vec<(u8, UnitCode)>,
}

/// The order's number, built from the key: a second order of the same number is refused by SyteLine itself.
pub(super) fn number_of(key: &RecordKey, settings: &SyteLineOrderSettings) -> Result<PoNumber, Failure> {
    let width = PoNumber::MAX_LENGTH.saturating_sub(settings.number_prefix.len());
    let id = key.id();
    let fits = !id.is_empty() && id.len() <= width && id.bytes().all(|byte| byte.is_ascii_digit());
    if !fits {
        let why = format!(
            "no order number can be built from {key}: prefix and id must fit 10 characters, so shorten number_prefix"
        );
        return Err(Failure::new(FailureKind::Invalid, why));
    }
    PoNumber::new(format!("{}{id:0>width$}", settings.number_prefix)).map_err(|error| invalid(&error))
}

fn invalid(error: &InvalidCode) -> Failure {
    Failure::new(FailureKind::Invalid, error.to_string())
}

impl Document {
    pub fn new(draft: &Draft, settings: &SyteLineOrderSettings) -> Result<Self, Failure> {
        let order: OrderDraft = serde_json::from_value(draft.document.clone())
            .map_err(|error| Failure::new(FailureKind::Invalid, format!("the draft cannot be read: {error}")))?;
        let vendor = VendorNumber::new(&order.supplier).map_err(|error| invalid(&error))?;
        let lines: Result<Vec<Line>, Failure> =
            (1..).zip(&order.lines).map(|(number, line)| Line::new(number, line, settings)).collect();
        let (reference, settings) = (draft.reference.clone(), settings.clone());
        Ok(Self { reference, vendor, lines: lines?, order, settings })
    }

    /// The head, planned: binding nobody until its lines are there. Without a number the server gives it one.
    pub fn head(&self, number: Option<&PoNumber>) -> NewPurchaseOrder {
        let head = NewPurchaseOrder::new(number.cloned(), self.vendor.clone())
            .status(&OrderStatus::Planned)
            .order_date(self.order.order_date)
            .reference(self.reference.as_str());
        let head = match &self.order.payment_terms {
            Some(terms) => head.terms(terms),
            None => head,
        };
        match self.warehouse() {
            Some(warehouse) => head.warehouse(warehouse),
            None => head,
        }
    }

    fn warehouse(&self) -> Option<&str> {
        self.order.warehouse.as_deref().or(self.settings.warehouse.as_deref())
    }

    /// The lines of the order that are not among these numbers, with theirs.
    pub fn lines_beside(&self, order: &PoNumber, there: &[u32]) -> Vec<(u32, NewPurchaseOrderLine)> {
        let drafts = self.lines.iter().zip(&self.order.lines);
        let missing = drafts.filter(|(line, _)| !there.contains(&line.number));
        let planned = |line: &Line, draft| self.line(order, line.number, line, draft, &OrderStatus::Planned);
        missing.map(|(line, draft)| (line.number, planned(line, draft))).collect()
    }

    /// The line in this place, to be added to the order that is there already.
    pub fn added(&self, order: &PoNumber, place: usize, number: u32) -> Option<NewPurchaseOrderLine> {
        let (line, draft) = (self.lines.get(place)?, self.order.lines.get(place)?);
        Some(self.line(order, number, line, draft, &OrderStatus::Ordered))
    }

    fn line(
        &self,
        order: &PoNumber,
        number: u32,
        line: &Line,
        draft: &LineDraft,
        status: &OrderStatus,
    ) -> NewPurchaseOrderLine {
        let new = NewPurchaseOrderLine::new(order.clone(), number, line.item.clone(), draft.quantity, draft.price);
        let new = new.description(&draft.name).due(self.order.delivery_date).status(status).account(&line.account);
        let new = match &draft.unit {
            Some(unit) => new.unit(unit),
            None => new,
        };
        let new = match &draft.tax_code {
            Some(code) => new.tax_code(code),
            None => new,
        };
        line.unit_codes.iter().fold(new, |new, (number, code)| new.unit_code(*number, code))
    }

    /// Whether a head that is there is this order's, as far as it shows.
    pub fn is_head(&self, head: &PurchaseOrder) -> bool {
        let same_day = head.order_date.is_none_or(|day| day == self.order.order_date);
        let same_vendor = head.vendor.as_ref().is_none_or(|vendor| *vendor == self.vendor);
        let place = head.warehouse.as_deref().zip(self.warehouse());
        same_day && same_vendor && place.is_none_or(|(there, wanted)| there == wanted)
    }

    /// Whether a line that is there is one of this order's.
    pub fn has_line(&self, there: &PurchaseOrderLine) -> bool {
        let mut drafts = self.lines.iter().zip(&self.order.lines);
        drafts.any(|(line, draft)| line.number == there.key.line && line.is(draft, there))
    }
}

impl Line {
    fn new(number: u32, draft: &LineDraft, settings: &SyteLineOrderSettings) -> Result<Self, Failure> {
        let at_line = |error: InvalidCode| Failure::new(FailureKind::Invalid, format!("line {number}: {error}"));
        let item = draft.item.as_deref().unwrap_or(&settings.service_item);
        let dimensions = Dimensions::syteline(settings.cost_center_unit);
        let values = dimensions
            .of(draft.cost_center.as_ref(), &draft.dimensions)
            .map_err(|failure| Failure { message: format!("line {number}: {}", failure.message), ..failure })?;
        let code = |(unit, value)| Ok((unit, UnitCode::new(value).map_err(at_line)?));
        let unit_codes = values.into_iter().map(code).collect::<Result<Vec<_>, Failure>>()?;
        if draft.price.normalize().scale() > settings.price_decimals {
            let why = format!("line {number}: the price {} has more decimals than SyteLine keeps", draft.price);
            return Err(Failure::new(FailureKind::Invalid, why));
        }
        Ok(Self {
            number,
            item: ItemCode::new(item).map_err(at_line)?,
            account: AccountNumber::new(&draft.account).map_err(at_line)?,
            unit_codes,
        })
    }

    fn is(&self, draft: &LineDraft, there: &PurchaseOrderLine) -> bool {
        let same = |ours: Decimal, theirs: Option<Decimal>| theirs.is_none_or(|theirs| theirs == ours);
        let unit_codes = self.unit_codes.iter().all(|(number, code)| {
            let there = there.unit_codes.get(usize::from(*number).saturating_sub(1)).and_then(Option::as_ref);
            there.is_none_or(|there| there == code)
        });
        same(draft.quantity, there.quantity)
            && same(draft.price, there.cost)
            && there.item.as_ref().is_none_or(|item| *item == self.item)
            && there.account.as_ref().is_none_or(|account| *account == self.account)
            && unit_codes
    }
}
