//! AP vouchers before posting (`SLAptrxs`) and their distributions (`SLAptrxds`).
//!
//! The server numbers vouchers, so nothing in the database keeps one from being there twice: what an answer leaves
//! open is looked up by vendor and invoice number before anything is sent again.

use std::collections::HashSet;

use chrono::{NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;
use tenant_http::Error;

use super::change::Change;
use super::codes::{AccountNumber, PoNumber, UnitCode, VendorNumber, VoucherNumber};
use super::filter::Filter;
use super::keyed::{Inserted, Inserts};
use super::load::Load;
use super::lookup::{by_lists, by_values};
use super::row::IdoRow;
use super::value::Value;
use super::{FieldError, IdoInfo, SyteLine};
use crate::m3::value::fit_text;
use crate::spelling::{is_same, spellings};

/// The properties wanted of a voucher.
const PROPERTIES: [&str; 19] = [
    "VendNum",
    "Voucher",
    "Type",
    "InvNum",
    "InvDate",
    "DistDate",
    "DueDate",
    "PurchAmt",
    "Freight",
    "MiscCharges",
    "SalesTax",
    "InvAmt",
    "PoNum",
    "ApAcct",
    "AuthStatus",
    "Ref",
    "Txt",
    "RecordDate",
    "RowPointer",
];
/// Bytes that a list may have in a query for vouchers: few are found, and their properties leave room for more values
/// than those of other records.
const LONGEST_LIST: usize = 1_500;
/// The properties wanted of a posted voucher.
const POSTED: [&str; 6] = ["VendNum", "Voucher", "Type", "InvNum", "InvDate", "InvAmt"];
/// What a voucher is: one, or an adjustment. Posted payments stand in the same table, under the numbers of what they
/// pay.
const TYPES: [&str; 2] = ["V", "A"];
/// The properties wanted of a distribution.
const DISTRIBUTIONS: [&str; 12] = [
    "VendNum",
    "Voucher",
    "DistSeq",
    "Acct",
    "AcctUnit1",
    "AcctUnit2",
    "AcctUnit3",
    "AcctUnit4",
    "Amount",
    "TaxCode",
    "TaxBasis",
    "RowPointer",
];

/// A voucher.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Voucher {
    /// `Voucher`, numbered by the server.
    pub number: Option<VoucherNumber>,
    /// `VendNum`.
    pub vendor: VendorNumber,
    /// `Type`: `V` a voucher, `A` an adjustment.
    pub voucher_type: Option<String>,
    /// `InvNum`, the vendor's number of it.
    pub invoice_number: Option<String>,
    /// `InvDate`.
    pub invoice_date: Option<NaiveDate>,
    /// `DistDate`, the day it is booked on.
    pub distribution_date: Option<NaiveDate>,
    /// `DueDate`.
    pub due_date: Option<NaiveDate>,
    /// `PurchAmt`, without freight, charges and taxes.
    pub purchase_amount: Option<Decimal>,
    /// `Freight`.
    pub freight: Option<Decimal>,
    /// `MiscCharges`.
    pub charges: Option<Decimal>,
    /// `SalesTax`.
    pub sales_tax: Option<Decimal>,
    /// `InvAmt`, all in all.
    pub amount: Option<Decimal>,
    /// `PoNum`.
    pub order: Option<PoNumber>,
    /// `RecordDate`, the last change by the server's clock.
    pub changed: Option<NaiveDateTime>,
    /// What an update names it by; absent in read-only loads.
    pub item_id: Option<String>,
    /// The whole record.
    pub row: IdoRow,
}

impl Voucher {
    fn read(row: &IdoRow) -> Result<Self, FieldError> {
        Ok(Self {
            number: row.maybe_code("Voucher")?,
            vendor: row.code("VendNum")?,
            voucher_type: row.owned("Type"),
            invoice_number: row.owned("InvNum"),
            invoice_date: row.date("InvDate")?,
            distribution_date: row.date("DistDate")?,
            due_date: row.date("DueDate")?,
            purchase_amount: row.decimal("PurchAmt")?,
            freight: row.decimal("Freight")?,
            charges: row.decimal("MiscCharges")?,
            sales_tax: row.decimal("SalesTax")?,
            amount: row.decimal("InvAmt")?,
            order: row.maybe_code("PoNum")?,
            changed: row.time("RecordDate")?,
            item_id: row.item_id().map(str::to_owned),
            row: row.clone(),
        })
    }
}

/// A distribution: a part of a voucher's amount on an account.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Distribution {
    /// `VendNum`.
    pub vendor: VendorNumber,
    /// `Voucher`.
    pub voucher: VoucherNumber,
    /// `DistSeq`: 5, 10, 15, ...
    pub sequence: i64,
    /// `Acct`.
    pub account: Option<AccountNumber>,
    /// `AcctUnit1` to `AcctUnit4`; the cost centre is one of them.
    pub unit_codes: [Option<UnitCode>; 4],
    /// `Amount`.
    pub amount: Option<Decimal>,
    /// `TaxCode`, for a line of tax.
    pub tax_code: Option<String>,
    /// What an update names it by; absent in read-only loads.
    pub item_id: Option<String>,
}

impl Distribution {
    fn read(row: &IdoRow) -> Result<Self, FieldError> {
        Ok(Self {
            vendor: row.code("VendNum")?,
            voucher: row.code("Voucher")?,
            sequence: row.integer("DistSeq")?.unwrap_or(0),
            account: row.maybe_code("Acct")?,
            unit_codes: [
                row.maybe_code("AcctUnit1")?,
                row.maybe_code("AcctUnit2")?,
                row.maybe_code("AcctUnit3")?,
                row.maybe_code("AcctUnit4")?,
            ],
            amount: row.decimal("Amount")?,
            tax_code: row.owned("TaxCode"),
            item_id: row.item_id().map(str::to_owned),
        })
    }
}

/// A voucher to be inserted, without its distributions.
#[derive(Debug, Clone)]
pub struct NewVoucher {
    vendor: VendorNumber,
    invoice_number: String,
    reference: Option<String>,
    properties: Vec<(String, Value)>,
}

impl NewVoucher {
    /// A vendor's invoice of this number (22 characters at most, exactly as the vendor wrote it), day and total amount.
    pub fn new(vendor: VendorNumber, invoice_number: &str, day: NaiveDate, amount: Decimal) -> Self {
        let invoice_number: String = invoice_number.trim().chars().take(22).collect();
        let properties = vec![("InvDate".to_owned(), day.into()), ("InvAmt".to_owned(), amount.into())];
        Self { vendor, invoice_number, reference: None, properties }
    }

    /// `Type`: `V` (the default) or `A`, an adjustment.
    pub fn voucher_type(self, code: &str) -> Self {
        self.property("Type", code)
    }

    /// `PurchAmt`, without freight, charges and taxes.
    pub fn purchase_amount(self, amount: Decimal) -> Self {
        self.property("PurchAmt", amount)
    }

    /// `Freight`.
    pub fn freight(self, amount: Decimal) -> Self {
        self.property("Freight", amount)
    }

    /// `MiscCharges`.
    pub fn charges(self, amount: Decimal) -> Self {
        self.property("MiscCharges", amount)
    }

    /// `SalesTax`.
    pub fn sales_tax(self, amount: Decimal) -> Self {
        self.property("SalesTax", amount)
    }

    /// `DistDate`, the day it is booked on.
    pub fn distribution_date(self, day: NaiveDate) -> Self {
        self.property("DistDate", day)
    }

    /// `DueDate`.
    pub fn due(self, day: NaiveDate) -> Self {
        self.property("DueDate", day)
    }

    /// `PoNum`.
    pub fn order(self, number: &PoNumber) -> Self {
        self.property("PoNum", number)
    }

    /// `Txt`, made fit for 40 characters.
    pub fn text(self, text: &str) -> Self {
        match fit_text(text, 40) {
            Some(text) => self.property("Txt", text),
            None => self,
        }
    }

    /// The external reference, in the property that [`IdoNames::voucher_reference`](super::IdoNames) names.
    pub fn reference(mut self, reference: &str) -> Self {
        self.reference = Some(reference.to_owned());
        self
    }

    /// Any other property, such as those a tenant demands.
    pub fn property(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.properties.push((name.to_owned(), value.into()));
        self
    }

    fn change(&self, reference_property: &str) -> Change {
        let typed = self.properties.iter().any(|(name, _)| name == "Type");
        let change = Change::insert()
            .set("VendNum", &self.vendor)
            .set("InvNum", self.invoice_number.as_str())
            .maybe("Type", (!typed).then_some("V"))
            .set("Voucher", Value::NULL)
            .maybe(reference_property, self.reference.as_deref());
        self.properties.iter().fold(change, |change, (name, value)| change.set(name, value.clone()))
    }

    /// Whether a record is this voucher: the same vendor and number, and the same reference where both have one.
    fn is(&self, row: &IdoRow, reference_property: &str) -> bool {
        let same_reference = match (self.reference.as_deref(), row.text(reference_property)) {
            (Some(ours), Some(theirs)) => ours.trim() == theirs,
            _ => true,
        };
        row.text("VendNum").is_some_and(|number| number == self.vendor.as_str())
            && row.text("InvNum") == Some(self.invoice_number.as_str())
            && same_reference
    }
}

/// A distribution to be inserted into a voucher that exists.
#[derive(Debug, Clone)]
pub struct NewDistribution {
    vendor: VendorNumber,
    voucher: VoucherNumber,
    sequence: i64,
    change: Change,
}

impl NewDistribution {
    /// Puts a part of a voucher's amount on an account. Sequences are 5, 10, 15, ...
    pub fn new(
        vendor: &VendorNumber,
        voucher: &VoucherNumber,
        sequence: i64,
        account: &AccountNumber,
        amount: Decimal,
    ) -> Self {
        let change = Change::insert()
            .set("VendNum", vendor)
            .set("Voucher", voucher)
            .set("DistSeq", sequence)
            .set("Acct", account)
            .set("Amount", amount);
        Self { vendor: vendor.clone(), voucher: voucher.clone(), sequence, change }
    }

    /// `AcctUnit1` to `AcctUnit4`, by its number from 1 to 4.
    pub fn unit_code(self, number: u8, code: &UnitCode) -> Self {
        self.property(&format!("AcctUnit{number}"), code)
    }

    /// Any other property, such as `TaxCode`, `TaxBasis`, `ProjNum`.
    pub fn property(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.change = self.change.set(name, value);
        self
    }
}

/// The numbers of these invoices in each case that the database may keep them in.
fn spelled(invoices: &[(VendorNumber, String)]) -> Vec<Value> {
    invoices.iter().flat_map(|(_, number)| spellings(number)).map(Value::text).collect()
}

/// What a record is known by: a database that does not tell cases apart gives it for each spelling that is asked for in
/// a call of its own.
fn once(row: &IdoRow) -> [Option<String>; 4] {
    ["VendNum", "Voucher", "Type", "InvNum"].map(|property| row.owned(property))
}

/// What can be asked and done about vouchers.
#[derive(Debug, Clone)]
pub struct Vouchers {
    syteline: SyteLine,
}

impl Vouchers {
    pub(crate) fn new(syteline: SyteLine) -> Self {
        Self { syteline }
    }

    fn ido(&self) -> &str {
        &self.syteline.ido_names().vouchers
    }

    /// The properties of vouchers not yet posted, those that the tenant has added included.
    ///
    /// # Errors
    /// As [`SyteLine::info`].
    pub async fn info(&self) -> Result<IdoInfo, Error> {
        self.syteline.info(self.ido()).await
    }

    /// All vouchers not yet posted, by vendor and number.
    pub fn list(&self) -> Load<Voucher> {
        let load = Load::new(self.syteline.clone(), self.ido(), Voucher::read);
        load.properties(&PROPERTIES).order_by("VendNum").order_by("Voucher")
    }

    /// Records of all posted vouchers and adjustments, by vendor and number, where the tenant's IDO shows them.
    pub fn list_posted(&self) -> Load<IdoRow> {
        let load = self.syteline.load(&self.syteline.ido_names().posted_vouchers).properties(&POSTED).read_only();
        load.filter(Filter::property("Type").one_of(TYPES)).order_by("VendNum").order_by("Voucher")
    }

    /// The vouchers of these vendors and invoice numbers, one list for each, whatever the case of the numbers' letters.
    ///
    /// # Errors
    /// As [`Load::page`].
    pub async fn find_by_invoice(&self, invoices: &[(VendorNumber, String)]) -> Result<Vec<Vec<Voucher>>, Error> {
        let mut found = by_lists(&self.list(), "InvNum", spelled(invoices), LONGEST_LIST).await?;
        let mut told = HashSet::new();
        found.retain(|voucher| told.insert(once(&voucher.row)));
        let is = |voucher: &&Voucher, (vendor, number): &(VendorNumber, String)| {
            voucher.vendor == *vendor && voucher.invoice_number.as_deref().is_some_and(|other| is_same(other, number))
        };
        Ok(invoices.iter().map(|one| found.iter().filter(|voucher| is(voucher, one)).cloned().collect()).collect())
    }

    /// All vouchers that carry one of these external references.
    ///
    /// # Errors
    /// As [`Load::page`].
    pub async fn find_by_reference(&self, references: &[impl AsRef<str>]) -> Result<Vec<Voucher>, Error> {
        let values = references.iter().map(|reference| Value::text(reference.as_ref())).collect();
        by_lists(&self.list(), &self.syteline.ido_names().voucher_reference, values, LONGEST_LIST).await
    }

    /// Records of posted vouchers of these vendors and invoice numbers, one list for each, whatever the case of the
    /// numbers' letters, where the tenant's IDO shows them.
    ///
    /// # Errors
    /// As [`Load::page`].
    pub async fn find_posted_by_invoice(&self, invoices: &[(VendorNumber, String)]) -> Result<Vec<Vec<IdoRow>>, Error> {
        let mut found = by_lists(&self.list_posted(), "InvNum", spelled(invoices), LONGEST_LIST).await?;
        let mut told = HashSet::new();
        found.retain(|row| told.insert((once(row), row.owned("InvDate"), row.owned("InvAmt"))));
        let is = |row: &&IdoRow, (vendor, number): &(VendorNumber, String)| {
            row.text("VendNum") == Some(vendor.as_str())
                && row.text("InvNum").is_some_and(|other| is_same(other, number))
        };
        Ok(invoices.iter().map(|invoice| found.iter().filter(|row| is(row, invoice)).cloned().collect()).collect())
    }

    /// The distributions of these vouchers, by voucher and sequence.
    ///
    /// # Errors
    /// As [`Load::page`].
    pub async fn distributions(&self, vouchers: &[VoucherNumber]) -> Result<Vec<Distribution>, Error> {
        let load = Load::new(self.syteline.clone(), &self.syteline.ido_names().distributions, Distribution::read);
        let load = load.properties(&DISTRIBUTIONS).order_by("Voucher").order_by("DistSeq");
        by_values(&load, "Voucher", vouchers.iter().map(Value::from).collect()).await
    }

    /// The external reference in a voucher's record.
    pub fn reference_of<'a>(&self, voucher: &'a IdoRow) -> Option<&'a str> {
        voucher.text(&self.syteline.ido_names().voucher_reference)
    }

    /// Inserts vouchers without their distributions, one result for each; the record holds the number that the server
    /// gave, in `Voucher`. It is for the caller to look first: only what an answer leaves open is looked up here.
    pub async fn insert(&self, vouchers: &[NewVoucher]) -> Vec<Result<Inserted, Error>> {
        let reference = self.syteline.ido_names().voucher_reference.as_str();
        let inserts = Inserts {
            syteline: &self.syteline,
            ido: self.ido(),
            changes: vouchers.iter().map(|voucher| voucher.change(reference)).collect(),
            unique: false,
        };
        inserts
            .send(|places| async move {
                let wanted: Vec<&NewVoucher> = places.iter().map(|&place| &vouchers[place]).collect();
                let numbers = wanted.iter().map(|voucher| Value::text(voucher.invoice_number.as_str())).collect();
                let found = by_values(&self.list(), "InvNum", numbers).await?;
                let of = |new: &&NewVoucher| found.iter().find(|voucher| new.is(&voucher.row, reference));
                Ok(wanted.iter().map(|new| of(new).map(|voucher| voucher.row.clone())).collect())
            })
            .await
    }

    /// Changes of vouchers not yet posted, to be sent: amendments and deletions by [`Change::update`] and
    /// [`Change::delete`].
    pub fn update(&self) -> super::Update {
        self.syteline.update(self.ido())
    }

    /// Changes of distributions, to be sent.
    pub fn update_distributions(&self) -> super::Update {
        self.syteline.update(&self.syteline.ido_names().distributions)
    }

    /// Inserts distributions, one result for each. One that is there already is [`Inserted::Found`].
    pub async fn insert_distributions(&self, new: &[NewDistribution]) -> Vec<Result<Inserted, Error>> {
        let ido = &self.syteline.ido_names().distributions;
        let changes = new.iter().map(|distribution| distribution.change.clone()).collect();
        let inserts = Inserts { syteline: &self.syteline, ido, changes, unique: true };
        let load = self.syteline.load(ido).properties(&DISTRIBUTIONS).order_by("Voucher").order_by("DistSeq");
        let load = &load;
        inserts
            .send(|places| async move {
                let wanted: Vec<&NewDistribution> = places.iter().map(|&place| &new[place]).collect();
                let numbers = wanted.iter().map(|new| Value::from(&new.voucher)).collect();
                let rows = by_values(load, "Voucher", numbers).await?;
                let is = |row: &&IdoRow, new: &NewDistribution| {
                    row.text("Voucher") == Some(new.voucher.as_str())
                        && row.text("VendNum") == Some(new.vendor.as_str())
                        && row.integer("DistSeq") == Ok(Some(new.sequence))
                };
                Ok(wanted.iter().map(|new| rows.iter().find(|row| is(row, new)).cloned()).collect())
            })
            .await
    }
}
