//! Vendors (`SLVendors`).

use chrono::NaiveDateTime;
use tenant_http::Error;

use super::change::Change;
use super::codes::{AccountNumber, UnitCode, VendorNumber};
use super::filter::Filter;
use super::keyed::{Inserted, insert_unique};
use super::load::Load;
use super::lookup::by_values;
use super::row::IdoRow;
use super::update::Update;
use super::value::Value;
use super::{FieldError, SyteLine};

/// The properties wanted.
const PROPERTIES: [&str; 20] = [
    "VendNum",
    "Name",
    "VadAddr_1",
    "VadAddr_2",
    "VadCity",
    "VadState",
    "VadZip",
    "VadCountry",
    "CurrCode",
    "TermsCode",
    "BankCode",
    "Stat",
    "TaxRegNum1",
    "PurAcct",
    "PurAcctUnit1",
    "PurAcctUnit2",
    "PurAcctUnit3",
    "PurAcctUnit4",
    "RecordDate",
    "RowPointer",
];

/// A vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Vendor {
    /// `VendNum`.
    pub number: VendorNumber,
    /// `Name`.
    pub name: Option<String>,
    /// `VadAddr_1` and `VadAddr_2`.
    pub address: Vec<String>,
    /// `VadCity`.
    pub city: Option<String>,
    /// `VadState`.
    pub state: Option<String>,
    /// `VadZip`.
    pub postal_code: Option<String>,
    /// `VadCountry`.
    pub country: Option<String>,
    /// `CurrCode`: orders and vouchers are in this currency.
    pub currency: Option<String>,
    /// `TermsCode`.
    pub terms: Option<String>,
    /// `Stat`: `A` is active.
    pub status: Option<String>,
    /// `TaxRegNum1`.
    pub tax_number: Option<String>,
    /// `PurAcct`, the account that purchases go to by default.
    pub account: Option<AccountNumber>,
    /// `PurAcctUnit1` to `PurAcctUnit4`.
    pub unit_codes: [Option<UnitCode>; 4],
    /// `RecordDate`, the last change by the server's clock.
    pub changed: Option<NaiveDateTime>,
    /// What an update names it by; absent in read-only loads.
    pub item_id: Option<String>,
}

impl Vendor {
    fn read(row: &IdoRow) -> Result<Self, FieldError> {
        Ok(Self {
            number: row.code("VendNum")?,
            name: row.owned("Name"),
            address: ["VadAddr_1", "VadAddr_2"].iter().filter_map(|name| row.owned(name)).collect(),
            city: row.owned("VadCity"),
            state: row.owned("VadState"),
            postal_code: row.owned("VadZip"),
            country: row.owned("VadCountry"),
            currency: row.owned("CurrCode"),
            terms: row.owned("TermsCode"),
            status: row.owned("Stat"),
            tax_number: row.owned("TaxRegNum1"),
            account: row.maybe_code("PurAcct")?,
            unit_codes: [
                row.maybe_code("PurAcctUnit1")?,
                row.maybe_code("PurAcctUnit2")?,
                row.maybe_code("PurAcctUnit3")?,
                row.maybe_code("PurAcctUnit4")?,
            ],
            changed: row.time("RecordDate")?,
            item_id: row.item_id().map(str::to_owned),
        })
    }

    /// Whether orders may be placed with it; `None` if the status was not given.
    pub fn is_active(&self) -> Option<bool> {
        self.status.as_deref().map(|status| status == "A")
    }
}

/// A vendor to be added.
#[derive(Debug, Clone)]
pub struct NewVendor {
    number: VendorNumber,
    change: Change,
}

impl NewVendor {
    /// A vendor of this number and name.
    pub fn new(number: VendorNumber, name: &str) -> Self {
        let change = Change::insert().set("VendNum", &number).set("Name", name);
        Self { number, change }
    }

    /// `CurrCode`.
    pub fn currency(self, code: &str) -> Self {
        self.property("CurrCode", code)
    }

    /// `TermsCode`.
    pub fn terms(self, code: &str) -> Self {
        self.property("TermsCode", code)
    }

    /// Any other property, such as those a tenant demands.
    pub fn property(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.change = self.change.set(name, value);
        self
    }
}

/// What can be asked and done about vendors.
#[derive(Debug, Clone)]
pub struct Vendors {
    syteline: SyteLine,
}

impl Vendors {
    pub(crate) fn new(syteline: SyteLine) -> Self {
        Self { syteline }
    }

    fn ido(&self) -> &str {
        &self.syteline.ido_names().vendors
    }

    /// All vendors, by number. Narrow it with [`Load::filter`].
    pub fn list(&self) -> Load<Vendor> {
        Load::new(self.syteline.clone(), self.ido(), Vendor::read)
            .properties(&PROPERTIES)
            .order_by("VendNum")
            .unique_order()
    }

    /// Changes of vendors, many in a call.
    pub fn update(&self) -> Update {
        self.syteline.update(self.ido())
    }

    /// The vendors changed since then (`RecordDate`), by the server's clock.
    pub fn changed_since(&self, moment: NaiveDateTime) -> Load<Vendor> {
        self.list().filter(Filter::property("RecordDate").ge(moment))
    }

    /// The vendors of exactly this name, whatever the case.
    ///
    /// # Errors
    /// As [`Load::page`].
    pub async fn find_by_name(&self, name: &str) -> Result<Vec<Vendor>, Error> {
        self.list().filter(Filter::property("Name").eq(name)).all().await
    }

    /// The vendors of these numbers, one answer for each; `None` for those that do not exist.
    ///
    /// # Errors
    /// As [`Load::page`].
    pub async fn get(&self, numbers: &[VendorNumber]) -> Result<Vec<Option<Vendor>>, Error> {
        let found = by_values(&self.list(), "VendNum", numbers.iter().map(Value::from).collect()).await?;
        let of = |number: &VendorNumber| found.iter().find(|vendor| vendor.number == *number).cloned();
        Ok(numbers.iter().map(of).collect())
    }

    /// Adds vendors, one result for each. One whose number is taken already is [`Inserted::Found`].
    pub async fn insert(&self, vendors: &[NewVendor]) -> Vec<Result<Inserted, Error>> {
        let new = vendors.iter().map(|vendor| (Value::from(&vendor.number), vendor.change.clone())).collect();
        insert_unique(&self.syteline, self.ido(), "VendNum", &PROPERTIES, new).await
    }
}
