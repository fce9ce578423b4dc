//! Vouchers as SyteLine holds them, whoever entered them: those not yet posted with their distributions, and posted ones
//! (`SLAptrxps`), which show neither these nor our reference.
//!
//! Both are listed by the day of the invoice (`InvDate`). A voucher's currency is that of its vendor.

use std::collections::{HashMap, HashSet};

use cloudsuite_client::syteline::{Distribution, Filter, IdoRow, VendorNumber, Voucher, VoucherNumber};
use sync_core::Failure;
use tenant_http::Error;

use super::invoices::{SyteLineInvoices, posted};
use crate::failure::of_call;
use crate::reconcile::{Document, DocumentLine, Named, Wanted};

pub(super) async fn invoices(book: &SyteLineInvoices, wanted: &Wanted<'_>) -> Result<Vec<Document>, Failure> {
    let read = async {
        let (open, posted) = match wanted {
            Wanted::Dated { first, last } => {
                let day = || Filter::property("InvDate");
                let dated = || day().ge(*first).and(day().le(*last));
                let vouchers = book.syteline.vouchers();
                let posted = if book.settings.search_posted {
                    vouchers.list_posted().filter(dated()).all().await?
                } else {
                    Vec::new()
                };
                (vouchers.list().filter(dated()).all().await?, posted)
            }
            Wanted::Named(named) => self::named(book, named).await?,
        };
        documents(book, open, posted).await
    };
    read.await.map_err(|error: Error| of_call(&error))
}

/// Vouchers that bear a reference; where none does, those of the vendor's number.
async fn named(book: &SyteLineInvoices, named: &[Named]) -> Result<(Vec<Voucher>, Vec<IdoRow>), Error> {
    let vouchers = book.syteline.vouchers();
    let references: Vec<&str> = named.iter().map(|one| one.reference.as_str()).collect();
    let mut open = vouchers.find_by_reference(&references).await?;
    let is_open =
        |one: &Named| open.iter().any(|found| vouchers.reference_of(&found.row) == Some(one.reference.as_str()));
    let key = |one: &Named| {
        let (supplier, number) = one.invoice()?;
        Some((VendorNumber::new(supplier).ok()?, number.to_owned()))
    };
    let mut keys: Vec<(VendorNumber, String)> = named.iter().filter(|one| !is_open(one)).filter_map(key).collect();
    // Two bills may be of one number.
    let mut asked = HashSet::new();
    keys.retain(|(vendor, number)| asked.insert((vendor.clone(), number.trim().to_lowercase())));
    open.extend(vouchers.find_by_invoice(&keys).await?.into_iter().flatten());
    let posted = if book.settings.search_posted {
        vouchers.find_posted_by_invoice(&keys).await?.into_iter().flatten().collect()
    } else {
        Vec::new()
    };
    Ok((open, posted))
}

async fn documents(book: &SyteLineInvoices, open: Vec<Voucher>, rows: Vec<IdoRow>) -> Result<Vec<Document>, Error> {
    let vendors = open.iter().map(|voucher| voucher.vendor.clone());
    let vendors = vendors.chain(rows.iter().filter_map(|row| VendorNumber::new(row.text("VendNum")?).ok()));
    let currencies = currencies(book, vendors.collect()).await?;
    let numbers: Vec<VoucherNumber> = open.iter().filter_map(|voucher| voucher.number.clone()).collect();
    let distributions =
        if numbers.is_empty() { Vec::new() } else { book.syteline.vouchers().distributions(&numbers).await? };
    let currency = |vendor: &str| currencies.get(vendor).cloned();
    let unposted = open.into_iter().map(|voucher| {
        let mine = distributions
            .iter()
            .filter(|one| Some(&one.voucher) == voucher.number.as_ref() && one.vendor == voucher.vendor);
        Document {
            number: voucher.number.as_ref().map(ToString::to_string).unwrap_or_default(),
            reference: book.syteline.vouchers().reference_of(&voucher.row).map(str::to_owned),
            supplier: Some(voucher.vendor.to_string()),
            supplier_invoice: voucher.invoice_number,
            currency: currency(voucher.vendor.as_str()),
            date: voucher.invoice_date,
            lines: mine.map(|one| line(one, book.settings.cost_center_unit)).collect(),
            total: voucher.amount,
            ..Document::default()
        }
    });
    let in_ledger = rows.iter().map(|row| {
        let present = posted(row);
        Document {
            number: present.number,
            supplier: row.owned("VendNum"),
            supplier_invoice: row.owned("InvNum"),
            currency: row.text("VendNum").and_then(currency),
            date: present.day,
            lines_hidden: true,
            total: present.amount,
            ..Document::default()
        }
    });
    Ok(unposted.chain(in_ledger).collect())
}

async fn currencies(book: &SyteLineInvoices, mut vendors: Vec<VendorNumber>) -> Result<HashMap<String, String>, Error> {
    vendors.sort();
    vendors.dedup();
    if vendors.is_empty() {
        return Ok(HashMap::new());
    }
    let known = book.syteline.vendors().get(&vendors).await?;
    Ok(known.into_iter().flatten().filter_map(|vendor| Some((vendor.number.to_string(), vendor.currency?))).collect())
}

fn line(line: &Distribution, cost_center_unit: Option<u8>) -> DocumentLine {
    let unit = cost_center_unit.map(|unit| usize::from(unit).saturating_sub(1));
    let cost_center = unit.and_then(|unit| line.unit_codes.get(unit)).and_then(Option::as_ref);
    DocumentLine {
        amount: Some(line.amount.unwrap_or_default()),
        account: line.account.as_ref().map(ToString::to_string),
        cost_center: cost_center.map(ToString::to_string),
        ..DocumentLine::default()
    }
}
