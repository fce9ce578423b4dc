//! Supplier invoices as M3 has them: found by supplier and number, among the batch invoices and in the ledger.

use std::collections::{BTreeSet, HashMap};

use cloudsuite_client::m3::{
    InvoiceBatchNumber, InvoiceHead, InvoiceKey, LedgerInvoice, Supplier, SupplierNumber, TransactionError,
};
use sync_core::{Failure, FailureKind};

use super::invoices::{M3Invoices, invalid};
use crate::bill::Present;
use crate::failure::of_transaction;

/// An invoice where M3 has it.
#[derive(Debug, Clone)]
pub(super) enum Entry {
    /// A batch invoice (`APS450`), in the ledger too once it has a voucher.
    Batch(Box<InvoiceHead>),
    /// One that only the ledger has (`APS200`).
    Ledger(LedgerInvoice),
}

impl Entry {
    /// Whether it was rejected and waits for nobody; what is in the ledger is owed, whatever was rejected before.
    pub fn is_void(&self) -> bool {
        matches!(self, Self::Batch(head) if head.rejected.is_some() && head.voucher.is_none())
    }

    /// Whether this row of the ledger, of the same supplier and number, is this batch invoice. Vouchers are counted anew
    /// each year.
    fn is_booked_as(&self, row: &Self) -> bool {
        let (Self::Batch(head), Self::Ledger(row)) = (self, row) else { return false };
        let same_day = head.invoice_date.zip(row.invoice_date).is_none_or(|(one, other)| one == other);
        head.voucher.is_some() && head.voucher == row.voucher && same_day
    }

    /// Its number, as people look for it.
    pub fn number(&self) -> String {
        match self {
            Self::Batch(head) => head.number.to_string(),
            Self::Ledger(invoice) => match invoice.voucher {
                Some(voucher) => format!("voucher {voucher} of {}", invoice.year),
                None => format!("journal {}/{} of {}", invoice.journal, invoice.sequence, invoice.year),
            },
        }
    }
}

pub(super) fn present(entry: Entry) -> Present {
    let (number, void) = (entry.number(), entry.is_void());
    let head = match entry {
        Entry::Batch(head) => head,
        Entry::Ledger(invoice) => {
            return Present {
                number,
                reference: None,
                amount: invoice.amount,
                currency: invoice.currency,
                day: invoice.invoice_date,
                renamed: false,
                finished: true,
                hides_reference: true,
                void,
                fault: None,
            };
        }
    };
    let fault = match (head.head_error, head.line_error) {
        (true, _) => Some("its head was found wrong by the validation"),
        (false, true) => Some("a line was found wrong by the validation"),
        (false, false) => None,
    };
    Present {
        number,
        reference: head.reference,
        amount: head.amount,
        currency: head.currency,
        day: head.invoice_date,
        renamed: false,
        finished: head.voucher.is_some(),
        hides_reference: false,
        void,
        fault: fault.map(str::to_owned),
    }
}

impl M3Invoices {
    /// To whom each of these suppliers is paid (`CRS620`), if that is another supplier. M3 keeps an invoice under its
    /// payee, and whoever looks for it must name the same one.
    pub(super) async fn payees<'a>(
        &self,
        suppliers: impl Iterator<Item = &'a str>,
    ) -> HashMap<String, Result<Option<SupplierNumber>, Failure>> {
        let names: BTreeSet<&str> = suppliers.collect();
        let numbers: Vec<SupplierNumber> = names.iter().filter_map(|name| SupplierNumber::new(name).ok()).collect();
        if numbers.is_empty() {
            return HashMap::new();
        }
        let payee = |supplier: Option<Supplier>, number: &SupplierNumber| {
            let payee = supplier.and_then(|supplier| supplier.payee).filter(|payee| payee.trim() != number.as_str());
            payee.map(|payee| SupplierNumber::new(payee.trim()).map_err(|error| invalid(&error))).transpose()
        };
        let answers = self.m3.suppliers().get(&numbers).await;
        numbers
            .iter()
            .zip(answers)
            .map(|(number, answer)| {
                let payee = answer.map_err(|error| of_transaction(&error)).and_then(|supplier| payee(supplier, number));
                (number.to_string(), payee)
            })
            .collect()
    }

    /// Under what an invoice may be there: under the supplier's payee of today, or the supplier itself; and, if people
    /// may have typed it, in other letters.
    fn keys(
        (supplier, number): (&str, &str),
        payees: &HashMap<String, Result<Option<SupplierNumber>, Failure>>,
        typed: bool,
    ) -> Result<Vec<InvoiceKey>, Failure> {
        let supplier = SupplierNumber::new(supplier).map_err(|error| invalid(&error))?;
        let payee = payees.get(supplier.as_str()).cloned().unwrap_or(Ok(None))?;
        let of = |payee| InvoiceKey { supplier: supplier.clone(), payee, supplier_invoice: number.to_owned() };
        let keys = std::iter::once(of(None)).chain(payee.map(|payee| of(Some(payee))));
        Ok(if typed { keys.flat_map(|key| key.spellings()).collect() } else { keys.collect() })
    }

    /// The invoices of these suppliers and their numbers, in batch entry and in the ledger. One that is in both is told
    /// once, as it is in batch entry.
    pub(super) async fn entries(&self, wanted: &[(&str, &str)]) -> Vec<Result<Vec<Entry>, Failure>> {
        let payees = self.payees(wanted.iter().map(|(supplier, _)| *supplier)).await;
        let keys: Vec<Result<Vec<InvoiceKey>, Failure>> =
            wanted.iter().map(|one| Self::keys(*one, &payees, true)).collect();
        let askable: Vec<InvoiceKey> = keys.iter().flatten().flatten().cloned().collect();
        let invoices = self.m3.invoices();
        let listed = invoices.find(&askable).await;
        let numbers: Vec<InvoiceBatchNumber> = listed.iter().flatten().flatten().cloned().collect();
        let mut heads = if numbers.is_empty() { Vec::new() } else { invoices.get(&numbers).await }.into_iter();
        let found: Vec<Result<Vec<Entry>, TransactionError>> = listed
            .into_iter()
            .map(|numbers| {
                let heads: Vec<_> = heads.by_ref().take(numbers.as_ref().map_or(0, Vec::len)).collect();
                numbers?;
                let heads: Vec<Option<InvoiceHead>> = heads.into_iter().collect::<Result<_, _>>()?;
                Ok(heads.into_iter().flatten().map(|head| Entry::Batch(Box::new(head))).collect())
            })
            .collect();
        let mut found = gathered(&keys, found);
        if self.settings.search_ledger {
            let ledger: Vec<_> = wanted.iter().map(|one| Self::keys(*one, &payees, false)).collect();
            self.search_ledger(&ledger, &mut found).await;
        }
        found
    }

    /// Adds what finance booked itself to what was found among the batch invoices, which may be of another year.
    async fn search_ledger(
        &self,
        keys: &[Result<Vec<InvoiceKey>, Failure>],
        found: &mut [Result<Vec<Entry>, Failure>],
    ) {
        let open: Vec<usize> = (0..found.len()).filter(|&at| found[at].is_ok()).collect();
        let asked: Vec<Result<Vec<InvoiceKey>, Failure>> = open.iter().map(|&at| keys[at].clone()).collect();
        let askable: Vec<InvoiceKey> = asked.iter().flatten().flatten().cloned().collect();
        if askable.is_empty() {
            return;
        }
        let posted = self.m3.invoices().find_posted(&askable).await;
        let posted = posted.into_iter().map(|posted| posted.map(|all| all.into_iter().map(Entry::Ledger).collect()));
        for (at, posted) in open.into_iter().zip(gathered(&asked, posted.collect())) {
            found[at] = posted.map(|mut posted: Vec<Entry>| {
                let batch: Vec<Entry> = found[at].iter_mut().flat_map(std::mem::take).collect();
                posted.retain(|row| !batch.iter().any(|entry| entry.is_booked_as(row)));
                posted.extend(batch);
                posted
            });
        }
    }
}

/// What was found under all the keys of one invoice together, each of it once.
fn gathered(
    keys: &[Result<Vec<InvoiceKey>, Failure>],
    found: Vec<Result<Vec<Entry>, TransactionError>>,
) -> Vec<Result<Vec<Entry>, Failure>> {
    let unanswered = || Failure::new(FailureKind::Other, "M3 gave no answer for this invoice");
    let mut found = found.into_iter();
    let together = |keys: &Result<Vec<InvoiceKey>, Failure>| {
        let keys = keys.as_ref().map_err(Clone::clone)?;
        let of_keys: Vec<_> = found.by_ref().take(keys.len()).collect();
        if of_keys.len() < keys.len() {
            return Err(unanswered());
        }
        let mut all: Vec<Entry> = Vec::new();
        for found in of_keys {
            for entry in found.map_err(|error| of_transaction(&error))? {
                if !all.iter().any(|other| other.number() == entry.number()) {
                    all.push(entry);
                }
            }
        }
        Ok(all)
    };
    keys.iter().map(together).collect()
}
