//! A client of documents that can read them and nothing else.

use tenant_http::{Error, Traced};

use crate::{
    Accounts, Bill, BillSummary, Bills, Changes, Cursor, List, OrderItems, ProcurifyClient, PurchaseOrder,
    PurchaseOrderDetail, PurchaseOrderRef, PurchaseOrders, Role, Status, Uuid,
};

/// Reads purchase orders and bills, and what belongs to them. It cannot express a write: what holds only a reader
/// cannot change a document, whatever the rights of its credentials.
///
/// ```
/// # fn run(procurify: &procurify_client::ProcurifyClient, number: procurify_client::PoNumber) {
/// let orders = procurify.reader();
/// let _ = orders.purchase_orders().get(number);
/// # }
/// ```
///
/// ```compile_fail,E0599
/// # fn run(procurify: &procurify_client::ProcurifyClient, body: &procurify_client::PurchaseOrderUpdate, number: procurify_client::PoNumber) {
/// let orders = procurify.reader();
/// let _ = orders.purchase_orders().update(number, body);
/// # }
/// ```
///
/// ```compile_fail,E0599
/// # fn run(procurify: &procurify_client::ProcurifyClient, body: &procurify_client::MarkBillsAsPaid) {
/// let bills = procurify.reader();
/// let _ = bills.bills().mark_as_paid(body);
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Reader(ProcurifyClient);

impl ProcurifyClient {
    /// A client of the same tenant that can only read documents.
    pub fn reader(&self) -> Reader {
        Reader(self.clone())
    }
}

impl Reader {
    /// Purchase orders.
    pub fn purchase_orders(&self) -> ReadPurchaseOrders<'_> {
        ReadPurchaseOrders(self.0.purchase_orders())
    }

    /// Order items, which can only be read.
    pub fn order_items(&self) -> OrderItems<'_> {
        self.0.order_items()
    }

    /// Budget accounts, which can only be read.
    pub fn accounts(&self) -> Accounts<'_> {
        self.0.accounts()
    }

    /// Bills.
    pub fn bills(&self) -> ReadBills<'_> {
        ReadBills(self.0.bills())
    }
}

/// Purchase orders, to be read.
#[derive(Debug, Clone, Copy)]
pub struct ReadPurchaseOrders<'a>(PurchaseOrders<'a>);

impl ReadPurchaseOrders<'_> {
    /// As [`PurchaseOrders::list`].
    pub fn list(&self, role: Role, status: Status) -> List<PurchaseOrder> {
        self.0.list(role, status)
    }

    /// As [`PurchaseOrders::get`].
    pub async fn get(&self, order: impl Into<PurchaseOrderRef>) -> Result<PurchaseOrderDetail, Error> {
        self.0.get(order).await
    }

    /// As [`PurchaseOrders::get_traced`].
    pub async fn get_traced(&self, order: impl Into<PurchaseOrderRef>) -> Result<Traced<PurchaseOrderDetail>, Error> {
        self.0.get_traced(order).await
    }

    /// As [`PurchaseOrders::changes_since`].
    pub fn changes_since(&self, cursor: &Cursor) -> Changes<PurchaseOrder> {
        self.0.changes_since(cursor)
    }
}

/// Bills, to be read.
#[derive(Debug, Clone, Copy)]
pub struct ReadBills<'a>(Bills<'a>);

impl ReadBills<'_> {
    /// As [`Bills::list`].
    pub fn list(&self) -> List<BillSummary> {
        self.0.list()
    }

    /// As [`Bills::get`].
    pub async fn get(&self, uuid: &Uuid) -> Result<Bill, Error> {
        self.0.get(uuid).await
    }

    /// As [`Bills::get_traced`].
    pub async fn get_traced(&self, uuid: &Uuid) -> Result<Traced<Bill>, Error> {
        self.0.get_traced(uuid).await
    }

    /// As [`Bills::changes_since`].
    pub fn changes_since(&self, cursor: &Cursor) -> Changes<BillSummary> {
        self.0.changes_since(cursor)
    }
}
