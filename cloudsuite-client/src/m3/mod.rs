//! M3: transactions of its programs (MI), one by one or many in a call, and typed operations on top of them.
//!
//! ```text
//! suppliers, gl_accounts, items, purchase_orders, purchase_order_entry, system      typed, a file a program group
//!        │ Get..., Lst...                  │ many of a kind
//!  list (keyset paging)                 bulk (cut by count and bytes, paired with answers)
//!        └── execute (one, GET) ───────────┴── call ──> tenant_http
//! ```
//!
//! M3 answers its refusals inside HTTP 200 (and at times 400): each transaction gets its own result, and
//! [`TransactionError::outcome`] says whether it may have happened.

pub mod value;

mod bulk;
mod call;
mod changes;
mod codes;
mod customers;
mod error;
mod execute;
mod export;
mod fault;
mod gl_accounts;
mod invoices;
mod items;
mod keyset;
mod lookup;
mod pairing;
mod places;
mod purchase_order_changes;
mod purchase_order_entry;
mod purchase_orders;
mod record;
mod split;
mod suppliers;
mod system;
mod transaction;
mod walk;
mod wire;

use std::fmt;

pub use bulk::Bulk;
pub use changes::ChangeTable;
pub use codes::{
    AccountId, BatchOrigin, Company, CustomerNumber, Dimension, Division, Facility, InvalidCode, InvoiceBatchNumber,
    ItemNumber, MessageNumber, OrderNumber, SupplierNumber, Warehouse,
};
pub use customers::{Customer, Customers};
pub use error::TransactionError;
pub use execute::Execute;
pub use export::Export;
pub use fault::{MiErrorType, MiFault};
pub use gl_accounts::{DimensionUse, GlAccount, GlAccounts};
pub use invoices::{
    InvoiceChanges, InvoiceHead, InvoiceKey, InvoiceLine, Invoices, LedgerInvoice, NewInvoice, NewInvoiceLine,
    may_be_taken,
};
pub use items::{Item, Items};
pub use keyset::List;
pub use places::{FacilityInfo, WarehouseInfo};
pub use purchase_order_changes::{LineValues, OrderChange};
pub use purchase_order_entry::{EntryError, EntryLine, PurchaseOrderEntry, PurchaseOrderEntryProgram};
pub use purchase_orders::{ExportedHead, OrderSearch, PurchaseOrderHead, PurchaseOrderLine, PurchaseOrders};
pub use record::{FieldError, MiRecord};
pub use suppliers::{Supplier, SupplierWrite, Suppliers};
pub use system::{Ping, TransactionInfo, UserInfo};
pub use transaction::Transaction;

use crate::CloudSuiteClient;
use split::Limits;

/// M3 as seen from one company, and possibly one division, facility and warehouse. Cheap to clone.
///
/// A setting that cannot be right (a facility of four characters) is reported by [`check`](Self::check), and by every
/// call before anything is sent.
#[derive(Clone)]
pub struct M3 {
    client: CloudSuiteClient,
    scope: Scope,
    invalid: Option<InvalidCode>,
    limits: Limits,
    export_mi: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub company: Company,
    pub division: Option<Division>,
    pub facility: Option<Facility>,
    pub warehouse: Option<Warehouse>,
}

impl M3 {
    pub(crate) fn new(client: CloudSuiteClient, company: Company) -> Self {
        let scope = Scope { company, division: None, facility: None, warehouse: None };
        let invalid = company.check().err();
        Self { client, scope, invalid, limits: Limits { transactions: 100, bytes: 32 * 1024 }, export_mi: false }
    }

    /// The division of the session, 3 characters at most. Default: that of the service account's user.
    pub fn division(mut self, division: impl AsRef<str>) -> Self {
        self.scope.division = self.keep(Division::new(division));
        self
    }

    /// The facility that purchase orders are entered for, unless an entry names its own. 3 characters at most.
    pub fn facility(mut self, facility: impl AsRef<str>) -> Self {
        self.scope.facility = self.keep(Facility::new(facility));
        self
    }

    /// The warehouse that purchase orders are entered for, unless an entry names its own. 3 characters at most.
    pub fn warehouse(mut self, warehouse: impl AsRef<str>) -> Self {
        self.scope.warehouse = self.keep(Warehouse::new(warehouse));
        self
    }

    /// The most transactions that a bulk call may hold. Default 100, at least 1.
    pub fn transactions_per_call(mut self, transactions: usize) -> Self {
        self.limits.transactions = transactions.max(1);
        self
    }

    /// The most bytes that the body of a bulk call may have. Default 32 KiB.
    pub fn bytes_per_call(mut self, bytes: usize) -> Self {
        self.limits.bytes = bytes;
        self
    }

    /// Whether `EXPORTMI` may be used, which many tenants restrict. Default: no.
    pub fn export_mi(mut self, allowed: bool) -> Self {
        self.export_mi = allowed;
        self
    }

    /// Whether all settings can be right.
    ///
    /// # Errors
    /// The first setting that cannot.
    pub fn check(&self) -> Result<(), InvalidCode> {
        self.invalid.clone().map_or(Ok(()), Err)
    }

    /// The company.
    pub fn company(&self) -> Company {
        self.scope.company
    }

    /// The client this works through.
    pub fn client(&self) -> &CloudSuiteClient {
        &self.client
    }

    /// One transaction: `execute("CRS620MI", "GetBasicData").field("SUNO", "S1").send()`.
    pub fn execute(&self, program: &str, transaction: &str) -> Execute {
        Execute::new(self.clone(), program, transaction)
    }

    /// Many transactions of one program in as few calls as the limits allow.
    pub fn bulk(&self, program: &str) -> Bulk {
        Bulk::new(self.clone(), program)
    }

    /// A list transaction, read to its end page by page.
    pub fn list(&self, program: &str, transaction: &str) -> List {
        List::new(self.clone(), program, transaction, |row| Ok(row.clone()))
    }

    /// Columns of one table, read straight (`EXPORTMI Select`): for what has no list transaction. It must be allowed
    /// by [`export_mi`](Self::export_mi).
    pub fn export(&self, table: &str, columns: &[&str]) -> Export {
        Export::new(self.clone(), table, columns)
    }

    /// Suppliers (`CRS620MI`).
    pub fn suppliers(&self) -> Suppliers {
        Suppliers::new(self.clone())
    }

    /// Accounts and other accounting identities (`CRS630MI`).
    pub fn gl_accounts(&self) -> GlAccounts {
        GlAccounts::new(self.clone())
    }

    /// Items (`MMS200MI`).
    pub fn items(&self) -> Items {
        Items::new(self.clone())
    }

    /// Customers (`CRS610MI`).
    pub fn customers(&self) -> Customers {
        Customers::new(self.clone())
    }

    /// AP invoices before they are in the ledger (`APS450MI`).
    pub fn invoices(&self) -> Invoices {
        Invoices::new(self.clone())
    }

    /// Purchase orders that exist (`PPS200MI`).
    pub fn purchase_orders(&self) -> PurchaseOrders {
        PurchaseOrders::new(self.clone())
    }

    /// The staged entry of purchase orders (`PPS370MI`), under a batch origin that PPS090 knows.
    pub fn purchase_order_entry(&self, origin: BatchOrigin) -> PurchaseOrderEntryProgram {
        PurchaseOrderEntryProgram::new(self.clone(), origin)
    }

    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    fn keep<T>(&mut self, code: Result<T, InvalidCode>) -> Option<T> {
        code.map_err(|invalid| self.invalid.get_or_insert(invalid).clone()).ok()
    }
}

impl fmt::Debug for M3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("M3").field("client", &self.client).field("scope", &self.scope).finish_non_exhaustive()
    }
}
