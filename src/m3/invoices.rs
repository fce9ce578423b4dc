//! Supplier invoices in M3: batch invoices of `APS450MI`, with accounting lines, validated where that is ours to do.
//!
//! | step | transactions, many a call |
//! | --- | --- |
//! | look | `LstInvBySupInv`, `GetHead`, `LstLines`; `APS200MI`, for what finance has booked |
//! | make | `AddHead`, `AddLineRecode`, `AddLine` for what M3 matches with orders |
//! | book | `APS455MI ValidByBatchNo`, by setting |

use std::collections::HashMap;
use std::sync::OnceLock;

use async_trait::async_trait;
use cloudsuite_client::m3::{
    AccountId, InvoiceBatchNumber, M3, NewInvoice, NewInvoiceLine, OrderNumber, SupplierNumber, TransactionError,
    may_be_taken,
};
use sync_core::{Amended, Failure, FailureKind};
use tenant_http::{Outcome, RequestIds, Traced};

use super::entries::present;
use super::invoice_changes;
use crate::bill::{
    InvoiceBook, InvoiceDraft, InvoiceLineDraft, LineThere, Missing, Now, OrderLink, Ours, Plan, Prepared, Present,
    Sought, Standing, Trouble,
};
use crate::dimensions::Dimensions;
use crate::failure::of_transaction;

/// Where the cost of an invoice goes that M3 does not match with an order's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CostRoute {
    /// On accounting lines (`AddLineRecode`), which name their accounts. Not every release has them.
    #[default]
    AccountingLines,
    /// On no line. It stands in the head's amount, and M3's accounting rules or finance give it the accounts: those of
    /// the bill are not carried.
    Head,
}

/// How supplier invoices are entered in one M3 tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct M3InvoiceSettings {
    /// The accounting dimension of the cost centre, 2 to 7; none if the tenant has none. Default 2.
    pub cost_center_dimension: Option<u8>,
    /// Whether a line that bills an order's line is entered as an item line (`RDTP` 1), which M3 matches with the order
    /// and its receipts (`IMCD` 1) and books as the order says, instead of as an accounting line. Its cost must not be
    /// split. Default no.
    pub match_orders: bool,
    /// Where all other cost goes. Default on accounting lines.
    pub cost_route: CostRoute,
    /// `IMCD` of an invoice that M3 is not to match with orders; blank for none, which leaves it to the supplier's. Not
    /// published. Default `0`.
    pub unmatched_code: String,
    /// Whether invoices are validated (`APS455MI`), which books those without errors. If not, finance does that in
    /// `APS450`. Default no.
    pub validate: bool,
    /// Whether invoices that finance booked itself are looked for in the ledger (`APS200MI SearchSupInvoic`), beside
    /// the batch invoices. Default yes.
    pub search_ledger: bool,
    /// The reason code with which a batch invoice is rejected whose bill was cancelled (`RejectInvoice`), where
    /// cancellations are carried over. Without it people are told. Default none.
    pub rejection_reason: Option<String>,
}

impl Default for M3InvoiceSettings {
    fn default() -> Self {
        Self {
            cost_center_dimension: Some(2),
            match_orders: false,
            cost_route: CostRoute::AccountingLines,
            unmatched_code: "0".to_owned(),
            validate: false,
            search_ledger: true,
            rejection_reason: None,
        }
    }
}

/// The longest number of a supplier's invoice (`SINO`).
pub(super) const NUMBER_LENGTH: usize = 24;

impl M3InvoiceSettings {
    pub(super) fn dimensions(&self) -> Dimensions {
        Dimensions::m3(self.cost_center_dimension)
    }

    /// The programs that are called, and what is needed of them. Where orders are matched, accounting lines are needed
    /// by some bills at most, which say so.
    pub(super) fn needed(&self) -> Vec<(&'static str, Vec<&'static str>)> {
        let mut entry = vec!["AddHead", "GetHead", "LstLines", "LstInvBySupInv", "LstInvBatchNo"];
        if self.match_orders {
            entry.push("AddLine");
        } else if self.cost_route == CostRoute::AccountingLines {
            entry.push("AddLineRecode");
        }
        let mut needed = vec![("APS450MI", entry), ("CRS620MI", vec!["GetBasicData"])];
        if self.search_ledger {
            needed.push(("APS200MI", vec!["SearchSupInvoic", "GetInvoice"]));
        }
        if self.validate {
            needed.push(("APS455MI", vec!["ValidByBatchNo"]));
        }
        needed
    }

    /// The order with whose line M3 is to match this one; not one of whose lines nothing is known.
    fn matched<'a>(&self, line: &'a InvoiceLineDraft) -> Option<&'a OrderLink> {
        line.order.as_ref().filter(|order| self.match_orders && !order.by_hand)
    }

    /// The lines of an invoice as M3 is to hold them.
    pub(super) fn lines(&self, invoice: &InvoiceDraft) -> Vec<InvoiceLineDraft> {
        let has_place =
            |line: &&InvoiceLineDraft| self.cost_route == CostRoute::AccountingLines || self.matched(line).is_some();
        invoice.lines.iter().filter(has_place).cloned().collect()
    }

    /// Whether an invoice has lines that name their accounts.
    fn has_accounting_lines(&self, invoice: &InvoiceDraft) -> bool {
        self.lines(invoice).iter().any(|line| self.matched(line).is_none())
    }
}

/// The batch invoices of one company.
pub(super) struct M3Invoices {
    pub(super) m3: M3,
    pub(super) settings: M3InvoiceSettings,
    /// Set once M3 was seen to have accounting lines.
    takes_accounting_lines: OnceLock<()>,
}

impl M3Invoices {
    pub fn new(m3: M3, settings: M3InvoiceSettings) -> Self {
        Self { m3, settings, takes_accounting_lines: OnceLock::new() }
    }

    /// That M3 has accounting lines.
    async fn accounting_lines(&self) -> Result<(), Failure> {
        if self.takes_accounting_lines.get().is_some() {
            return Ok(());
        }
        if self.m3.invoices().has_recode().await.map_err(|error| of_transaction(&error))? {
            self.takes_accounting_lines.get_or_init(|| ());
            return Ok(());
        }
        let why = "it has cost that is on no order's line that M3 matches, and this M3 has no APS450MI AddLineRecode, \
                   without which an invoice's lines cannot name their accounts: choose another way for it (cost_route)";
        Err(Failure::new(FailureKind::Denied, why))
    }

    fn head(
        &self,
        prepared: &Prepared,
        payees: &HashMap<String, Result<Option<SupplierNumber>, Failure>>,
    ) -> Result<NewInvoice, Trouble> {
        let supplier = SupplierNumber::new(&prepared.invoice.supplier);
        let supplier = supplier.map_err(|error| Trouble::Rejected(invalid(&error)))?;
        let payee = payees.get(supplier.as_str()).cloned().unwrap_or(Ok(None)).map_err(Trouble::NotProcessed)?;
        self.head_to(prepared, &supplier, payee.as_ref().unwrap_or(&supplier)).map_err(Trouble::Rejected)
    }

    fn head_to(
        &self,
        prepared: &Prepared,
        supplier: &SupplierNumber,
        payee: &SupplierNumber,
    ) -> Result<NewInvoice, Failure> {
        let invoice = &prepared.invoice;
        let day = invoice.invoice_date;
        let mut head = NewInvoice::new(supplier, &invoice.number, day, invoice.total, prepared.reference.as_str())
            .payee(payee)
            .currency(&invoice.currency)
            .tax(invoice.tax);
        let matching = invoice.lines.iter().any(|line| self.settings.matched(line).is_some());
        let code = if matching { "1" } else { self.settings.unmatched_code.trim() };
        if !code.is_empty() {
            head = head.field("IMCD", code);
        }
        if let Some(terms) = &invoice.payment_terms {
            head = head.field("TEPY", terms);
        }
        if let Some(due) = invoice.due_date {
            head = head.due(due);
        }
        if let Some(day) = invoice.posting_date {
            head = head.accounting_date(day);
        }
        // The head has room for one order; of several, each line's text names its own.
        if let [order] = invoice.orders().as_slice() {
            head = head.order(&OrderNumber::new(order).map_err(|error| invalid(&error))?);
        }
        Ok(head)
    }

    pub(super) fn line(&self, number: &InvoiceBatchNumber, line: &InvoiceLineDraft) -> Result<NewInvoiceLine, Failure> {
        if let Some(order) = self.settings.matched(line) {
            return taxed(matched(number, line, order)?, line);
        }
        let account = AccountId::new(&line.account).map_err(|error| invalid(&error))?;
        let mut new = NewInvoiceLine::recode(number, line.amount, &account).text(&text(line));
        new = taxed(new, line)?;
        for (number, value) in self.settings.dimensions().of(line.cost_center.as_ref(), &line.dimensions)? {
            new = new.dimension(number, &AccountId::new(value).map_err(|error| invalid(&error))?);
        }
        Ok(new)
    }
}

/// With the line's VAT code.
fn taxed(new: NewInvoiceLine, line: &InvoiceLineDraft) -> Result<NewInvoiceLine, Failure> {
    let Some(code) = &line.tax_code else { return Ok(new) };
    if code.is_empty() || code.len() > 2 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        let why = format!(
            "`{code}` is no VAT code of M3 (1 or 2 digits): correct what the tax stands for, then replay the bill"
        );
        return Err(Failure::new(FailureKind::Invalid, why));
    }
    Ok(new.field("VTCD", code))
}

/// A line for M3 to match with an order's line.
fn matched(number: &InvoiceBatchNumber, line: &InvoiceLineDraft, order: &OrderLink) -> Result<NewInvoiceLine, Failure> {
    let (Some(place), Some(quantity)) = (order.line, order.quantity) else {
        let why = format!(
            "it bills order {}, with which M3 is to match it, but its cost is split, or it is not known which of the order's \
             lines it bills and how many: enter the invoice by hand, then replay the bill, which is linked to it",
            order.number
        );
        return Err(Failure::new(FailureKind::Invalid, why));
    };
    let order = OrderNumber::new(&order.number).map_err(|error| invalid(&error))?;
    Ok(NewInvoiceLine::new(number, 1, line.amount).order(&order, place.into(), quantity))
}

/// What a line is for: the order's number and line first.
fn text(line: &InvoiceLineDraft) -> String {
    match &line.order {
        Some(order) => {
            let place = order.line.map(|line| format!("/{line}")).unwrap_or_default();
            format!("{}{place} {}", order.number, line.text)
        }
        None => line.text.clone(),
    }
}

pub(super) fn invalid(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(FailureKind::Invalid, error.to_string())
}

/// Only M3 itself refuses; whatever the gateway says may pass.
fn trouble(error: &TransactionError) -> Trouble {
    let failure = of_transaction(error);
    match error.outcome() {
        Outcome::Rejected if may_be_taken(error) => Trouble::Taken(failure),
        Outcome::Rejected if error.fault().is_some() => Trouble::Rejected(failure),
        Outcome::Rejected | Outcome::NotProcessed => Trouble::NotProcessed(failure),
        Outcome::Unknown => Trouble::Unknown(failure),
    }
}

#[async_trait]
impl InvoiceBook for M3Invoices {
    fn place(&self) -> &'static str {
        "M3 (APS450)"
    }

    fn creates_whole(&self) -> bool {
        false
    }

    fn check(&self, invoice: &InvoiceDraft) -> Result<(), Failure> {
        let number = InvoiceBatchNumber::new("0").map_err(|error| invalid(&error))?;
        SupplierNumber::new(&invoice.supplier).map_err(|error| invalid(&error))?;
        for order in invoice.orders() {
            OrderNumber::new(order).map_err(|error| invalid(&error))?;
        }
        for (place, line) in (1..).zip(&self.settings.lines(invoice)) {
            let at_line =
                |failure: Failure| Failure { message: format!("line {place}: {}", failure.message), ..failure };
            self.line(&number, line).map_err(at_line)?;
        }
        Ok(())
    }

    fn wanted_lines(&self, invoice: &InvoiceDraft) -> Vec<InvoiceLineDraft> {
        self.settings.lines(invoice)
    }

    async fn waits_for(&self, invoices: &[&InvoiceDraft]) -> Vec<Result<Vec<sync_core::Missing>, Failure>> {
        let needs = |invoice: &&InvoiceDraft| self.settings.has_accounting_lines(invoice);
        let has = if invoices.iter().any(needs) { self.accounting_lines().await } else { Ok(()) };
        let answer = |invoice| if needs(invoice) { has.clone().map(|()| Vec::new()) } else { Ok(Vec::new()) };
        invoices.iter().map(answer).collect()
    }

    async fn find(&self, sought: &[Sought<'_>]) -> Vec<Result<Vec<Present>, Failure>> {
        let wanted: Vec<(&str, &str)> =
            sought.iter().map(|one| (one.invoice.supplier.as_str(), one.invoice.number.as_str())).collect();
        let entries = self.entries(&wanted).await;
        entries.into_iter().map(|found| Ok(found?.into_iter().map(present).collect())).collect()
    }

    async fn lines(&self, invoices: &[(&str, Sought<'_>)]) -> Vec<Result<Vec<LineThere>, Failure>> {
        let numbers: Vec<Result<InvoiceBatchNumber, Failure>> = invoices
            .iter()
            .map(|(number, _)| InvoiceBatchNumber::new(number).map_err(|error| invalid(&error)))
            .collect();
        let askable: Vec<InvoiceBatchNumber> = numbers.iter().flatten().cloned().collect();
        let mut lists = self.m3.invoices().lines_of(&askable).await.into_iter();
        let amounts = |number: Result<InvoiceBatchNumber, Failure>| {
            number?;
            let list = lists.next().unwrap_or(Ok(Vec::new())).map_err(|error| of_transaction(&error))?;
            Ok(list
                .into_iter()
                .map(|line| LineThere { amount: line.amount.unwrap_or_default(), place: None })
                .collect())
        };
        numbers.into_iter().map(amounts).collect()
    }

    async fn add(&self, invoices: &[&Prepared]) -> Vec<Result<Traced<String>, Trouble>> {
        let payees = self.payees(invoices.iter().map(|prepared| prepared.invoice.supplier.as_str())).await;
        let heads: Vec<Result<NewInvoice, Trouble>> =
            invoices.iter().map(|prepared| self.head(prepared, &payees)).collect();
        let sent: Vec<NewInvoice> = heads.iter().flatten().cloned().collect();
        let mut added = self.m3.invoices().add(&sent).await.into_iter();
        let unanswered =
            || Err(Trouble::Unknown(Failure::new(FailureKind::Other, "M3 gave no answer for this invoice")));
        heads
            .into_iter()
            .map(|head| match head {
                Err(trouble) => Err(trouble),
                Ok(_) => match added.next() {
                    Some(Ok(number)) => Ok(number.map(|number| number.to_string())),
                    Some(Err(error)) => Err(trouble(&error)),
                    None => unanswered(),
                },
            })
            .collect()
    }

    async fn add_lines(&self, invoices: &[Missing<'_>]) -> Vec<Result<RequestIds, Trouble>> {
        let wanted: Vec<Result<Vec<NewInvoiceLine>, Failure>> = invoices
            .iter()
            .map(|missing| {
                let number = InvoiceBatchNumber::new(missing.number).map_err(|error| invalid(&error))?;
                let wanted = self.wanted_lines(&missing.prepared.invoice);
                let lines = missing.places.iter().filter_map(|place| wanted.get(*place));
                lines.map(|line| self.line(&number, line)).collect()
            })
            .collect();
        let sent: Vec<NewInvoiceLine> = wanted.iter().flatten().flatten().cloned().collect();
        let mut added =
            if sent.is_empty() { Vec::new() } else { self.m3.invoices().add_lines(&sent).await }.into_iter();
        wanted
            .into_iter()
            .zip(invoices)
            .map(|(lines, missing)| {
                let lines = lines.map_err(Trouble::Rejected)?;
                let answers: Vec<_> = added.by_ref().take(lines.len()).collect();
                let answers = answers.into_iter().zip(missing.places);
                Trouble::worst(answers.map(|(answer, place)| (place + 1, answer.map_err(|error| trouble(&error)))))
            })
            .collect()
    }

    fn books(&self) -> bool {
        self.settings.validate
    }

    async fn finish(&self, numbers: &[&str]) -> Vec<Result<RequestIds, Trouble>> {
        if !self.settings.validate {
            return vec![Ok(RequestIds::none()); numbers.len()];
        }
        let codes: Vec<Option<InvoiceBatchNumber>> =
            numbers.iter().map(|number| InvoiceBatchNumber::new(*number).ok()).collect();
        let sent: Vec<InvoiceBatchNumber> = codes.iter().flatten().cloned().collect();
        let mut validated = self.m3.invoices().validate(&sent).await.into_iter();
        let unanswered =
            || Err(Trouble::Unknown(Failure::new(FailureKind::Other, "M3 gave no answer for this invoice")));
        codes
            .into_iter()
            .map(|code| match code.and_then(|_| validated.next()) {
                Some(answer) => answer.map_err(|error| trouble(&error)),
                None => unanswered(),
            })
            .collect()
    }

    async fn now(&self, ours: &[Ours<'_>]) -> Vec<Result<Now, Failure>> {
        invoice_changes::now(self, ours).await
    }

    fn refusal(&self, plan: &Plan, _standing: &Standing) -> Option<String> {
        invoice_changes::refusal(&self.settings, plan)
    }

    async fn change(&self, plans: &[Plan]) -> Vec<Amended> {
        invoice_changes::change(self, plans).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_m3_cannot_have_is_refused_before_anything_is_sent() {
        let line = |code: &str| -> InvoiceLineDraft {
            serde_json::from_value(serde_json::json!({
                "text": "Rope", "amount": "12", "account": "60100", "tax_code": code, "dimensions": {},
            }))
            .unwrap()
        };
        let number = InvoiceBatchNumber::new("7").unwrap();
        let new = || NewInvoiceLine::recode(&number, 12.into(), &AccountId::new("60100").unwrap());
        for code in ["1", "20"] {
            assert!(taxed(new(), &line(code)).is_ok(), "{code}");
        }
        for code in ["", "GST", "123", "A1"] {
            let refused = taxed(new(), &line(code)).unwrap_err();
            assert!(refused.message.contains("no VAT code of M3"), "{refused:?}");
        }
    }
}
