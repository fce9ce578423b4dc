//! Suppliers (`CRS620MI`).

use chrono::NaiveDate;
use futures_util::{TryStreamExt, future};

use super::M3;
use super::changes::ChangeTable;
use super::codes::SupplierNumber;
use super::error::TransactionError;
use super::keyset::List;
use super::lookup::Lookup;
use super::record::{FieldError, MiRecord};
use super::transaction::Transaction;

const PROGRAM: &str = "CRS620MI";

/// The lowest text that a list with a mandatory start can be given, since a blank is not sent: the first printable
/// character after it.
pub(crate) const FIRST: &str = "!";

/// The columns wanted of `LstByNumber`, which has the status, but neither currency nor terms.
const BY_NUMBER: [&str; 9] = ["SUNO", "SUNM", "ALSU", "STAT", "CORG", "VRNO", "PHNO", "CSCD", "LNCD"];
/// The columns wanted of `LstSuppliers`, which has currency and terms, but not the status.
const TERMS: [&str; 9] = ["SUNO", "SUNM", "LNCD", "PHNO", "CSCD", "CUCD", "TEPY", "PRSU", "BUYE"];

/// A supplier. Fields that the transaction used does not give are `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Supplier {
    /// `SUNO`.
    pub number: SupplierNumber,
    /// `SUNM`, 36 characters.
    pub name: Option<String>,
    /// `STAT`: 20 is active.
    pub status: Option<String>,
    /// `ALSU`, the search key.
    pub search_key: Option<String>,
    /// `CORG`, the organization number.
    pub organization: Option<String>,
    /// `VRNO`, the VAT registration number.
    pub vat_number: Option<String>,
    /// `PHNO`.
    pub phone: Option<String>,
    /// `CSCD`, the country.
    pub country: Option<String>,
    /// `LNCD`.
    pub language: Option<String>,
    /// `CUCD`.
    pub currency: Option<String>,
    /// `TEPY`.
    pub payment_terms: Option<String>,
    /// `PRSU`, the payee if it is another supplier.
    pub payee: Option<String>,
    /// `BUYE`.
    pub buyer: Option<String>,
}

impl Supplier {
    fn read(row: &MiRecord) -> Result<Self, FieldError> {
        Ok(Self {
            number: row.code("SUNO")?,
            name: row.owned("SUNM"),
            status: row.owned("STAT"),
            search_key: row.owned("ALSU"),
            organization: row.owned("CORG"),
            vat_number: row.owned("VRNO"),
            phone: row.owned("PHNO"),
            country: row.owned("CSCD"),
            language: row.owned("LNCD"),
            currency: row.owned("CUCD"),
            payment_terms: row.owned("TEPY"),
            payee: row.owned("PRSU"),
            buyer: row.owned("BUYE"),
        })
    }

    /// Whether orders may be placed with it; `None` if the status was not given.
    pub fn is_active(&self) -> Option<bool> {
        self.status.as_deref().map(|status| status == "20")
    }
}

/// A supplier to be added or changed. Adding needs about 20 codes, which differ by release: they are best taken from a
/// template supplier by [`Suppliers::copy_template`].
#[derive(Debug, Clone)]
pub struct SupplierWrite(Transaction);

impl SupplierWrite {
    /// A new supplier (`AddSupplier`) of this number and name.
    pub fn add(number: &SupplierNumber, name: &str) -> Self {
        Self(Transaction::new("AddSupplier").field("SUNO", number).field("SUNM", name))
    }

    /// A copy of a template supplier (`CopyTemplate`) under a number of its own.
    pub fn copy(template: &SupplierNumber, number: &SupplierNumber) -> Self {
        Self(Transaction::new("CopyTemplate").field("STEM", template).field("SUNO", number))
    }

    /// A change of a supplier (`UpdSupplier`): fields that are not set stay as they are.
    pub fn change(number: &SupplierNumber) -> Self {
        Self(Transaction::new("UpdSupplier").field("SUNO", number))
    }

    /// Sets a field, such as `CUCD`, `TEPY`, `STAT`.
    pub fn field(self, name: &'static str, value: impl AsRef<str>) -> Self {
        Self(self.0.field(name, value))
    }
}

/// What can be asked and done about suppliers.
#[derive(Debug, Clone)]
pub struct Suppliers {
    m3: M3,
    changes: ChangeTable,
}

impl Suppliers {
    pub(crate) fn new(m3: M3) -> Self {
        Self { m3, changes: ChangeTable::new("CIDMAS", "IDSUNO", "IDLMDT") }
    }

    /// Asks another table, or other columns of it, which suppliers have [changed](Self::changed_since). Default
    /// `CIDMAS` with `IDSUNO` and `IDLMDT`, which Infor does not publish.
    pub fn changes_in(mut self, table: ChangeTable) -> Self {
        self.changes = table;
        self
    }

    /// All suppliers with their status, by number (`LstByNumber`).
    ///
    /// The transaction demands a first number; `!` is sent. Start elsewhere with [`List::starting_at`].
    pub fn list(&self) -> List<Supplier> {
        List::new(self.m3.clone(), PROGRAM, "LstByNumber", Supplier::read)
            .key("SUNO", "SUNO")
            .starting_at(FIRST)
            .columns(&BY_NUMBER)
    }

    /// All suppliers with currency and terms, by number (`LstSuppliers`).
    ///
    /// Its input `LMTS`, a timestamp in a unit that Infor does not publish, is in no answer about suppliers: those that
    /// changed are told by [`changed_since`](Self::changed_since).
    pub fn list_terms(&self) -> List<Supplier> {
        List::new(self.m3.clone(), PROGRAM, "LstSuppliers", Supplier::read).key("FRSU", "SUNO").columns(&TERMS)
    }

    /// The suppliers changed on or after this day, with all fields, by number: which ones says the table itself
    /// (`EXPORTMI Select`), and then bulk `GetBasicData`. No list of suppliers tells when one was changed.
    ///
    /// The table is restricted in many tenants: it must be allowed by [`M3::export_mi`] first. Days are all the
    /// precision there is: overlap by one.
    ///
    /// # Errors
    /// As [`Export::rows`](super::Export::rows), also if so many have changed that a server's ceiling may have cut the
    /// list; and the first supplier that could not be read. Those deleted in between are left out.
    pub async fn changed_since(&self, day: NaiveDate) -> Result<Vec<Supplier>, TransactionError> {
        let numbers: Vec<SupplierNumber> = self.changes.since(&self.m3, day).await?;
        self.get(&numbers).await.into_iter().filter_map(Result::transpose).collect()
    }

    /// The suppliers of these numbers with all fields (bulk `GetBasicData`); `None` for those that do not exist.
    pub async fn get(&self, numbers: &[SupplierNumber]) -> Vec<Result<Option<Supplier>, TransactionError>> {
        let lookup = Lookup { program: PROGRAM, transaction: "GetBasicData", key: "SUNO", read: Supplier::read };
        lookup.get(&self.m3, numbers).await
    }

    /// All suppliers whose name begins like this, by name (`LstByName`). Whether capitals are told from small letters
    /// is the tenant's order of names.
    ///
    /// # Errors
    /// As [`Execute::send`](super::Execute::send).
    pub async fn find_by_name(&self, name: &str) -> Result<Vec<Supplier>, TransactionError> {
        let wanted = name.trim().to_lowercase();
        let read = |supplier: &Supplier| supplier.name.as_deref().unwrap_or_default().to_lowercase();
        let list = List::new(self.m3.clone(), PROGRAM, "LstByName", Supplier::read).key("SUNM", "SUNM");
        // From a character before it, for a list may begin after its start.
        let mut start = name.trim().to_owned();
        start.pop();
        let list = list.starting_at(if start.trim().is_empty() { FIRST } else { start.as_str() }).page_size(100);
        list.stream()
            .try_take_while(|supplier| {
                let name = read(supplier);
                future::ok(name.starts_with(&wanted) || name < wanted)
            })
            .try_filter(|supplier| future::ready(read(supplier).starts_with(&wanted)))
            .try_collect()
            .await
    }

    /// Adds and changes suppliers (bulk), one result for each. M3 refuses a second supplier of a number.
    pub async fn write(&self, writes: &[SupplierWrite]) -> Vec<Result<(), TransactionError>> {
        let transactions = writes.iter().map(|write| write.0.clone());
        let answers = self.m3.bulk(PROGRAM).extend(transactions).rows().await;
        answers.into_iter().map(|answer| answer.map(drop)).collect()
    }

    /// Makes a supplier from a template supplier (`CopyTemplate`), to be changed after that.
    ///
    /// # Errors
    /// As [`Execute::send`](super::Execute::send).
    pub async fn copy_template(&self, template: &str, number: &SupplierNumber) -> Result<(), TransactionError> {
        self.m3.execute(PROGRAM, "CopyTemplate").field("STEM", template).field("SUNO", number).send().await.map(drop)
    }
}
