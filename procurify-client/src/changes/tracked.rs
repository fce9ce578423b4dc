//! The records that have a filter on their last change.

use chrono::{DateTime, NaiveDate, Utc};
use serde::de::DeserializeOwned;

use super::{Changes, Cursor};
use crate::{
    BillSummary, Bills, List, Order, OrderItem, OrderItems, Orders, PaymentResponse, Payments, PurchaseOrder,
    PurchaseOrders, Role, Status,
};

mod sealed {
    pub trait Sealed {}
}

/// A record whose changes can be followed. Not to be implemented elsewhere.
pub trait Tracked: DeserializeOwned + Send + Sync + 'static + sealed::Sealed {
    /// The field a scan orders by. It never changes.
    #[doc(hidden)]
    const ORDER: &'static str;
    /// Whether no two records have the same.
    #[doc(hidden)]
    const UNIQUE: bool;

    /// What it is ordered by.
    #[doc(hidden)]
    fn order(&self) -> Option<i64>;

    /// The list from a time on, or from a day that holds it in any time zone.
    #[doc(hidden)]
    fn from(list: List<Self>, time: DateTime<Utc>) -> List<Self>;
}

/// A day of the server's may begin up to a day before or after one of ours.
fn floor(time: DateTime<Utc>) -> NaiveDate {
    time.date_naive().pred_opt().unwrap_or(NaiveDate::MIN)
}

macro_rules! tracked {
    ($($record:ident by $order:literal, $unique:literal, $value:expr, $from:expr;)*) => {$(
        impl sealed::Sealed for $record {}

        impl Tracked for $record {
            const ORDER: &'static str = $order;
            const UNIQUE: bool = $unique;

            fn order(&self) -> Option<i64> {
                let value: fn(&Self) -> Option<i64> = $value;
                value(self)
            }

            fn from(list: List<Self>, time: DateTime<Utc>) -> List<Self> {
                let from: fn(List<Self>, DateTime<Utc>) -> List<Self> = $from;
                from(list, time)
            }
        }
    )*};
}

tracked! {
    PurchaseOrder by "procurify_PO", true, |order| Some(order.procurify_po.0),
        |list, time| list.modified_since(floor(time));
    OrderItem by "id", true, |item| Some(item.id.0), |list, time| list.modified_since(floor(time));
    Order by "num", true, |order| Some(order.num.0), |list, time| list.modified_since(floor(time));
    BillSummary by "id", true, |bill| Some(bill.id.0), |list, time| list.modified_since(time);
    // The public API orders by times only.
    PaymentResponse by "created_at", false, |payment| payment.created_at.map(|at| at.timestamp_micros()),
        |list, time| list.modified_since(time);
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
    /// They are ordered by the time of their creation. Where more of them than the server's largest
    /// page holds were created in the same microsecond, it is relied on to keep those in one order.
    pub fn changes_since(&self, cursor: &Cursor) -> Changes<PaymentResponse> {
        Changes::new(self.list(), cursor)
    }
}
