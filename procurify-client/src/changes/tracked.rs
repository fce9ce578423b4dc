//! The records that have a filter on their last change.

use chrono::{DateTime, NaiveDate, Utc};
use futures_util::stream::BoxStream;
use serde::de::DeserializeOwned;
use tenant_http::Error;

use super::{Batch, Changes, Cursor, keyset, scan};
use crate::{
    BillSummary, Bills, List, Order, OrderItem, OrderItems, Orders, PaymentResponse, Payments, PurchaseOrder,
    PurchaseOrders, Role, Status,
};

mod sealed {
    pub trait Sealed {}
}

/// A record whose changes can be followed. Not to be implemented elsewhere.
pub trait Tracked: DeserializeOwned + Send + Sync + 'static + sealed::Sealed {
    #[doc(hidden)]
    fn batches(changes: Changes<Self>) -> BoxStream<'static, Result<Batch<Self>, Error>>;
}

/// A record with a key that never changes and that no other has.
pub(super) trait ById: Tracked {
    /// The field.
    const ORDER: &'static str;

    fn key(&self) -> i64;

    /// The list from a time on, or from a day that holds it in any time zone.
    fn from(list: List<Self>, time: DateTime<Utc>) -> List<Self>;
}

/// A day of the server's may begin up to a day before or after one of ours.
fn floor(time: DateTime<Utc>) -> NaiveDate {
    time.date_naive().pred_opt().unwrap_or(NaiveDate::MIN)
}

macro_rules! tracked {
    ($($record:ident by $order:literal, $key:expr, $from:expr;)*) => {$(
        impl sealed::Sealed for $record {}

        impl Tracked for $record {
            fn batches(changes: Changes<Self>) -> BoxStream<'static, Result<Batch<Self>, Error>> {
                scan::batches(changes)
            }
        }

        impl ById for $record {
            const ORDER: &'static str = $order;

            fn key(&self) -> i64 {
                let key: fn(&Self) -> i64 = $key;
                key(self)
            }

            fn from(list: List<Self>, time: DateTime<Utc>) -> List<Self> {
                let from: fn(List<Self>, DateTime<Utc>) -> List<Self> = $from;
                from(list, time)
            }
        }
    )*};
}

tracked! {
    PurchaseOrder by "procurify_PO", |order| order.procurify_po.0, |list, time| list.modified_since(floor(time));
    OrderItem by "id", |item| item.id.0, |list, time| list.modified_since(floor(time));
    Order by "num", |order| order.num.0, |list, time| list.modified_since(floor(time));
    BillSummary by "id", |bill| bill.id.0, |list, time| list.modified_since(time);
}

impl sealed::Sealed for PaymentResponse {}

impl Tracked for PaymentResponse {
    fn batches(changes: Changes<Self>) -> BoxStream<'static, Result<Batch<Self>, Error>> {
        keyset::batches(changes)
    }
}

impl PurchaseOrders<'_> {
    /// Orders created or changed since a cursor, without their lines.
    pub fn changes_since(&self, cursor: &Cursor) -> Changes<PurchaseOrder> {
        Changes::new(self.list(Role::Purchased, Status::All), cursor)
    }
}

impl OrderItems<'_> {
    /// Order items created or changed since a cursor.
    pub fn changes_since(&self, cursor: &Cursor) -> Changes<OrderItem> {
        Changes::new(self.list(), cursor)
    }
}

impl Orders<'_> {
    /// Orders created or changed since a cursor.
    pub fn changes_since(&self, cursor: &Cursor) -> Changes<Order> {
        Changes::new(self.list(), cursor)
    }

    /// Order items created or changed since a cursor, by the address that [`items`](Self::items) reads.
    pub fn item_changes_since(&self, cursor: &Cursor) -> Changes<OrderItem> {
        Changes::new(self.items(), cursor)
    }
}

impl Bills<'_> {
    /// Bills touched since a cursor. A touch is not always a change.
    pub fn changes_since(&self, cursor: &Cursor) -> Changes<BillSummary> {
        Changes::new(self.list(), cursor)
    }
}

impl Payments<'_> {
    /// Payments created or updated since a cursor.
    ///
    /// They are ordered by the time of their creation and read one page after the other, for only a page tells where
    /// the next one begins. Where more of them than the server's largest page holds were created at the same time,
    /// those are read until all of them have come, in whatever order; if they do not, it is an error.
    pub fn changes_since(&self, cursor: &Cursor) -> Changes<PaymentResponse> {
        Changes::new(self.list(), cursor)
    }
}
