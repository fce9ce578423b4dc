//! Supplier invoices in SyteLine: vouchers not yet posted (`SLAptrxs`), with a distribution (`SLAptrxds`) for each line.
//!
//! A voucher that finance posts leaves them for the posted ones (`SLAptrxps`), which do not show our reference: it is
//! told by vendor, number, amount and day. The server numbers vouchers, and lets one be there twice; a distribution's sequence is its key, built from the
//! line's place, so that it cannot.

use async_trait::async_trait;
use cloudsuite_client::syteline::{
    AccountNumber, IdoRow, Inserted, NewDistribution, NewVoucher, PoNumber, SyteLine, UnitCode, VendorNumber, Voucher,
    VoucherNumber,
};
use rust_decimal::Decimal;
use sync_core::{Amended, Failure, FailureKind};
use tenant_http::{Error, Outcome, RequestIds, Traced};

use super::invoice_changes;
use super::vendors::hindrance;
use crate::bill::{
    CostPlace, InvoiceBook, InvoiceDraft, InvoiceLineDraft, LineThere, Missing, Now, Ours, Plan, Prepared, Present,
    Sought, Standing, Trouble, references, with_renamed,
};
use crate::dimensions::Dimensions;
use crate::failure::of_call;

/// How supplier invoices are entered in one site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyteLineInvoiceSettings {
    /// The unit code (1 to 4) that is the cost centre; none if there is none. Default 1.
    pub cost_center_unit: Option<u8>,
    /// Where the tax is distributed. SyteLine posts a voucher only if its distributions make its amount: without a
    /// place for it, a bill with tax is held. Default none.
    pub tax: Option<CostPlace>,
    /// Whether posted vouchers are looked at too: for what finance entered itself, and for ours that finance has posted
    /// before we knew that it was made. Without it such a voucher is made again. Default yes.
    pub search_posted: bool,
    /// The property that takes the addresses of the bill's attachments, with blanks between them, such as a user-defined
    /// one: none of the standard ones is long enough. A file that is added later is a change of the bill: it is carried
    /// where changes are and the voucher is not posted yet, and told else. Default none.
    pub attachments: Option<String>,
}

impl Default for SyteLineInvoiceSettings {
    fn default() -> Self {
        Self { cost_center_unit: Some(1), tax: None, search_posted: true, attachments: None }
    }
}

impl SyteLineInvoiceSettings {
    /// The lines of an invoice as they are distributed: the tax on one of its own, and nothing of the line of an order,
    /// which a distribution has no room for.
    pub(super) fn distributed(&self, invoice: &InvoiceDraft) -> Vec<InvoiceLineDraft> {
        let mut lines = invoice.lines.clone();
        for order in lines.iter_mut().filter_map(|line| line.order.as_mut()) {
            (order.line, order.quantity) = (None, None);
        }
        if let Some(tax) = self.tax.as_ref().filter(|_| !invoice.tax.is_zero()) {
            lines.push(tax.line("Tax", invoice.tax));
        }
        lines
    }

    pub(super) fn dimensions(&self) -> Dimensions {
        Dimensions::syteline(self.cost_center_unit)
    }
}

/// The longest number of a vendor's invoice (`InvNum`).
pub(super) const NUMBER_LENGTH: usize = 22;

/// Between the sequences of two distributions.
const STEP: i64 = 5;

/// The vouchers of one site.
pub(super) struct SyteLineInvoices {
    pub(super) syteline: SyteLine,
    pub(super) settings: SyteLineInvoiceSettings,
}

impl SyteLineInvoices {
    pub fn new(syteline: SyteLine, settings: SyteLineInvoiceSettings) -> Self {
        Self { syteline, settings }
    }

    fn voucher(&self, vendor: VendorNumber, prepared: &Prepared) -> Result<NewVoucher, Failure> {
        let invoice = &prepared.invoice;
        let mut voucher = NewVoucher::new(vendor, &invoice.number, invoice.invoice_date, invoice.total)
            .voucher_type(if invoice.total < Decimal::ZERO { "A" } else { "V" })
            .purchase_amount(invoice.lines_total())
            .sales_tax(invoice.tax)
            .reference(prepared.reference.as_str());
        if let Some(code) = invoice.lines.iter().find_map(|line| line.tax_code.as_deref()) {
            voucher = voucher.property("TaxCode1", code);
        }
        if let (Some(property), Some(links)) = (&self.settings.attachments, invoice.attachment_links()) {
            voucher = voucher.property(property, links);
        }
        if let Some(due) = invoice.due_date {
            voucher = voucher.due(due);
        }
        if let Some(day) = invoice.posting_date {
            voucher = voucher.distribution_date(day);
        }
        Ok(match invoice.orders().as_slice() {
            [] => voucher,
            [order] => voucher.order(&PoNumber::new(order).map_err(|error| invalid(&error))?),
            // The voucher has room for one order.
            several => voucher.text(&format!("Orders {}", several.join(" "))),
        })
    }

    pub(super) fn distribution(
        &self,
        vendor: &VendorNumber,
        voucher: &VoucherNumber,
        sequence: i64,
        line: &InvoiceLineDraft,
    ) -> Result<NewDistribution, Failure> {
        let account = AccountNumber::new(&line.account).map_err(|error| invalid(&error))?;
        let mut new = NewDistribution::new(vendor, voucher, sequence, &account, line.amount);
        for (unit, value) in self.settings.dimensions().of(line.cost_center.as_ref(), &line.dimensions)? {
            new = new.unit_code(unit, &UnitCode::new(value).map_err(|error| invalid(&error))?);
        }
        Ok(new)
    }

    /// That distributions make the amount, without which SyteLine does not post a voucher.
    fn check_balance(&self, invoice: &InvoiceDraft) -> Result<(), Failure> {
        let distributed: Decimal = self.wanted_lines(invoice).iter().map(|line| line.amount).sum();
        if distributed == invoice.total {
            return Ok(());
        }
        let why = format!(
            "the accounts come to {}, and the voucher to {}: set the account for tax (tax_account), and put freight on \
             an account (freight_account), then replay the bill",
            distributed.normalize(),
            invoice.total.normalize()
        );
        Err(Failure::new(FailureKind::Invalid, why))
    }

    fn present(&self, voucher: Voucher) -> Present {
        let reference = self.syteline.vouchers().reference_of(&voucher.row).map(str::to_owned);
        Present {
            number: voucher.number.map(|number| number.to_string()).unwrap_or_default(),
            reference,
            amount: voucher.amount,
            day: voucher.invoice_date,
            ..Present::default()
        }
    }

    /// What is there of these, which are known by these vendors and numbers.
    async fn found(&self, sought: &[Sought<'_>], keys: &[(VendorNumber, String)]) -> Result<Vec<Vec<Present>>, Error> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let client = self.syteline.vouchers();
        let present = |vouchers: Vec<Voucher>| vouchers.into_iter().map(|voucher| self.present(voucher)).collect();
        let vouchers = client.find_by_invoice(keys).await?;
        let mut found: Vec<Vec<Present>> = vouchers.into_iter().map(present).collect();
        if self.settings.search_posted {
            for (found, rows) in found.iter_mut().zip(client.find_posted_by_invoice(keys).await?) {
                found.extend(rows.iter().map(posted));
            }
        }
        let ours: Vec<Present> = present(client.find_by_reference(&references(sought)).await?);
        Ok(with_renamed(sought, found, &ours))
    }
}

fn sequence(place: usize) -> i64 {
    STEP * (i64::try_from(place).unwrap_or(i64::MAX / STEP - 1) + 1)
}

fn place(sequence: i64) -> Option<usize> {
    if sequence > 0 && sequence % STEP == 0 { usize::try_from(sequence / STEP - 1).ok() } else { None }
}

/// Whether what was found in the place of a line that was to be added is another: people may have been quicker.
pub(super) fn is_another(inserted: &Inserted, line: &InvoiceLineDraft) -> bool {
    let Inserted::Found(row) = inserted else { return false };
    let amount = row.decimal("Amount").ok().flatten();
    amount != Some(line.amount) || row.text("Acct") != Some(line.account.trim())
}

pub(super) fn another() -> Failure {
    Failure::new(FailureKind::Unavailable, "somebody has put another distribution in its place meanwhile")
}

pub(super) fn posted(row: &IdoRow) -> Present {
    // It keeps the number that it had before it was posted.
    let unnumbered = || {
        let of = |name| row.text(name).unwrap_or_default();
        format!("posted invoice {} of vendor {}", of("InvNum"), of("VendNum").trim())
    };
    Present {
        number: row.owned("Voucher").unwrap_or_else(unnumbered),
        amount: row.decimal("InvAmt").ok().flatten(),
        day: row.date("InvDate").ok().flatten(),
        finished: true,
        hides_reference: true,
        ..Present::default()
    }
}

pub(super) fn invalid(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(FailureKind::Invalid, error.to_string())
}

fn unanswered() -> Failure {
    Failure::new(FailureKind::Other, "SyteLine gave no answer for this invoice")
}

fn trouble(error: &Error) -> Trouble {
    let failure = of_call(error);
    match error.outcome() {
        Outcome::Rejected => Trouble::Rejected(failure),
        Outcome::NotProcessed if failure.kind == FailureKind::Invalid => Trouble::Rejected(failure),
        Outcome::NotProcessed => Trouble::NotProcessed(failure),
        Outcome::Unknown => Trouble::Unknown(failure),
    }
}

#[async_trait]
impl InvoiceBook for SyteLineInvoices {
    fn place(&self) -> &'static str {
        "SyteLine's vouchers"
    }

    fn carries_attachments(&self) -> bool {
        self.settings.attachments.is_some()
    }

    fn carries_terms(&self) -> bool {
        false
    }

    fn creates_whole(&self) -> bool {
        false
    }

    fn wanted_lines(&self, invoice: &InvoiceDraft) -> Vec<InvoiceLineDraft> {
        self.settings.distributed(invoice)
    }

    fn check(&self, invoice: &InvoiceDraft) -> Result<(), Failure> {
        let vendor = VendorNumber::new(&invoice.supplier).map_err(|error| invalid(&error))?;
        let voucher = VoucherNumber::new("1").map_err(|error| invalid(&error))?;
        for (place, line) in self.wanted_lines(invoice).iter().enumerate() {
            let at_line =
                |failure: Failure| Failure { message: format!("line {}: {}", place + 1, failure.message), ..failure };
            self.distribution(&vendor, &voucher, sequence(place), line).map_err(at_line)?;
        }
        self.check_balance(invoice)
    }

    async fn waits_for(&self, invoices: &[&InvoiceDraft]) -> Vec<Result<Vec<sync_core::Missing>, Failure>> {
        let vendors: Vec<Result<VendorNumber, Failure>> = invoices
            .iter()
            .map(|invoice| VendorNumber::new(&invoice.supplier).map_err(|error| invalid(&error)))
            .collect();
        let asked: Vec<VendorNumber> = vendors.iter().flatten().cloned().collect();
        let mut known = match self.syteline.vendors().get(&asked).await {
            Ok(known) => known.into_iter(),
            Err(error) => return vec![Err(of_call(&error)); invoices.len()],
        };
        let against = |(number, invoice): (Result<VendorNumber, Failure>, &&InvoiceDraft)| {
            let number = number?;
            let vendor = known.next().flatten();
            Ok(hindrance("bill", &invoice.currency, &number, vendor.as_ref()).into_iter().collect())
        };
        vendors.into_iter().zip(invoices).map(against).collect()
    }

    async fn find(&self, sought: &[Sought<'_>]) -> Vec<Result<Vec<Present>, Failure>> {
        let key = |sought: &Sought<'_>| {
            let vendor = VendorNumber::new(&sought.invoice.supplier).map_err(|error| invalid(&error))?;
            Ok::<_, Failure>((vendor, sought.invoice.number.clone()))
        };
        let keys: Vec<Result<(VendorNumber, String), Failure>> = sought.iter().map(key).collect();
        let askable = keys.iter().zip(sought).filter_map(|(key, sought)| Some((*sought, key.clone().ok()?)));
        let (askable, known_by): (Vec<Sought<'_>>, Vec<(VendorNumber, String)>) = askable.unzip();
        match self.found(&askable, &known_by).await {
            Ok(found) => {
                let mut found = found.into_iter();
                keys.into_iter().map(|key| key.map(|_| found.next().unwrap_or_default())).collect()
            }
            Err(error) => vec![Err(of_call(&error)); sought.len()],
        }
    }

    async fn lines(&self, invoices: &[(&str, Sought<'_>)]) -> Vec<Result<Vec<LineThere>, Failure>> {
        let numbers: Vec<VoucherNumber> =
            invoices.iter().filter_map(|(number, _)| VoucherNumber::new(*number).ok()).collect();
        let found = match self.syteline.vouchers().distributions(&numbers).await {
            Ok(found) => found,
            Err(error) => return vec![Err(of_call(&error)); invoices.len()],
        };
        let lines = |(number, sought): &(&str, Sought<'_>)| {
            let mine = found
                .iter()
                .filter(|one| one.voucher.as_str() == *number && one.vendor.as_str() == sought.invoice.supplier.trim());
            Ok(mine
                .map(|one| LineThere { amount: one.amount.unwrap_or_default(), place: place(one.sequence) })
                .collect())
        };
        invoices.iter().map(lines).collect()
    }

    async fn add(&self, invoices: &[&Prepared]) -> Vec<Result<Traced<String>, Trouble>> {
        let new = |prepared: &&Prepared| {
            let vendor = VendorNumber::new(&prepared.invoice.supplier).map_err(|error| invalid(&error))?;
            self.voucher(vendor, prepared)
        };
        let new: Vec<Result<NewVoucher, Failure>> = invoices.iter().map(new).collect();
        let sent: Vec<NewVoucher> = new.iter().flatten().cloned().collect();
        let mut inserted =
            if sent.is_empty() { Vec::new() } else { self.syteline.vouchers().insert(&sent).await }.into_iter();
        let vouchers = self.syteline.vouchers();
        let number = |inserted: Inserted, prepared: &Prepared| {
            let row = inserted.row();
            let ours = vouchers.reference_of(row) == Some(prepared.reference.as_str());
            let number = row.owned("Voucher").filter(|_| ours || matches!(inserted, Inserted::Created(_)));
            let number = number.ok_or_else(|| Trouble::Unknown(unanswered()))?;
            Ok(Traced::new(number, inserted.into()))
        };
        new.into_iter()
            .zip(invoices)
            .map(|(voucher, prepared)| match voucher {
                Err(failure) => Err(Trouble::Rejected(failure)),
                Ok(_) => match inserted.next() {
                    Some(Ok(inserted)) => number(inserted, prepared),
                    Some(Err(error)) => Err(trouble(&error)),
                    None => Err(Trouble::Unknown(unanswered())),
                },
            })
            .collect()
    }

    async fn add_lines(&self, invoices: &[Missing<'_>]) -> Vec<Result<RequestIds, Trouble>> {
        let drafts: Vec<Vec<InvoiceLineDraft>> =
            invoices.iter().map(|missing| self.wanted_lines(&missing.prepared.invoice)).collect();
        let wanted: Vec<Result<Vec<NewDistribution>, Failure>> = invoices
            .iter()
            .zip(&drafts)
            .map(|(missing, lines)| {
                let vendor = VendorNumber::new(&missing.prepared.invoice.supplier).map_err(|error| invalid(&error))?;
                let voucher = VoucherNumber::new(missing.number).map_err(|error| invalid(&error))?;
                let missing = missing.places.iter().filter_map(|place| Some((*place, lines.get(*place)?)));
                missing.map(|(place, line)| self.distribution(&vendor, &voucher, sequence(place), line)).collect()
            })
            .collect();
        let sent: Vec<NewDistribution> = wanted.iter().flatten().flatten().cloned().collect();
        let vouchers = self.syteline.vouchers();
        let mut inserted =
            if sent.is_empty() { Vec::new() } else { vouchers.insert_distributions(&sent).await }.into_iter();
        wanted
            .into_iter()
            .zip(invoices)
            .zip(&drafts)
            .map(|((lines, missing), drafts)| {
                let lines = lines.map_err(Trouble::Rejected)?;
                let answers: Vec<_> = inserted.by_ref().take(lines.len()).collect();
                let answers = answers.into_iter().zip(missing.places);
                let added = |inserted: Result<Inserted, Error>, place: usize| match inserted {
                    Ok(inserted) if drafts.get(place).is_some_and(|line| is_another(&inserted, line)) => {
                        Err(Trouble::Unknown(another()))
                    }
                    Ok(inserted) => Ok(inserted.into()),
                    Err(error) => Err(trouble(&error)),
                };
                Trouble::worst(answers.map(|(answer, place)| (place + 1, added(answer, *place))))
            })
            .collect()
    }

    async fn now(&self, ours: &[Ours<'_>]) -> Vec<Result<Now, Failure>> {
        invoice_changes::now(self, ours).await
    }

    fn line_number(&self) -> fn(place: usize, highest: i64) -> i64 {
        |place, highest| sequence(place).max(highest + STEP - highest.rem_euclid(STEP))
    }

    fn refusal(&self, plan: &Plan, standing: &Standing) -> Option<String> {
        invoice_changes::refusal(plan, standing)
    }

    async fn change(&self, plans: &[Plan]) -> Vec<Amended> {
        invoice_changes::change(self, plans).await
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_distribution_that_somebody_else_put_in_its_place_is_not_ours() {
        let line = InvoiceLineDraft {
            text: String::new(),
            amount: "12.50".parse().unwrap(),
            account: "60100".to_owned(),
            cost_center: None,
            tax_code: None,
            dimensions: BTreeMap::new(),
            order: None,
        };
        let found = |amount: &str, account: &str| {
            Inserted::Found([("Amount", amount), ("Acct", account)].into_iter().collect())
        };
        assert!(!is_another(&found("12.5000", " 60100"), &line));
        assert!(is_another(&found("12.51", "60100"), &line));
        assert!(is_another(&found("12.50", "60200"), &line));
    }
}
