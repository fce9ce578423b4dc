//! Codes of orders, bills, payments and vendors.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

codes! {
    /// State of a purchase order.
    PurchaseOrderState {
        /// Sent to the vendor.
        Purchased = 0,
        /// Called off; may be reopened.
        Cancelled = 1,
        /// From an older version of Procurify.
        Legacy = 2,
        /// Done.
        Closed = 3,
        /// Paid.
        Paid = 4,
        /// Open again after it was closed or cancelled.
        Reopened = 5,
    }

    /// Status of an order item.
    OrderItemStatus {
        /// Approved, not purchased.
        PurchasePending = 0,
        /// On a purchaser's list.
        PurchaserInUse = 1,
        /// Purchased, nothing received.
        ReceivePending = 2,
        /// All received.
        Received = 3,
        /// Turned down in procurement.
        RejectedForPurchase = 4,
        /// Partly received.
        PartiallyReceived = 5,
        /// Received and fulfilled.
        Fulfilled = 6,
        /// Turned down in approval.
        ApprovalDenied = 7,
        /// A draft request.
        Draft = 8,
    }

    /// Kind of an order item.
    OrderItemType {
        /// Bought once.
        OneTime = 0,
        /// Bought again and again.
        Recurring = 1,
        /// Called off from a blanket order.
        Blanket = 2,
    }

    /// How an item is received.
    ReceiveMethod {
        /// By quantity.
        Quantity = 0,
        /// By amount of money.
        CurrencyAmount = 1,
    }

    /// Status of the request that an item belongs to.
    OrderStatus {
        /// Waiting for approval.
        Pending = 0,
        /// Approved.
        Approved = 1,
        /// Denied.
        Denied = 2,
        /// Purchased.
        Purchased = 3,
        /// Cancelled.
        Cancelled = 4,
        /// Received.
        Received = 5,
        /// Draft.
        Draft = 6,
    }

    /// Status of a contract-like purchase agreement.
    PurchaseAgreementStatus {
        /// Open.
        Open = 0,
        /// Pending.
        Pending = 1,
        /// Closed.
        Closed = 2,
        /// Cancelled.
        Cancelled = 3,
        /// Denied.
        Denied = 4,
        /// Draft.
        Draft = 5,
    }

    /// Status of a bill.
    BillStatus {
        /// Being written.
        Draft = 0,
        /// Submitted.
        Confirmed = 1,
        /// Approved for payment.
        Approved = 2,
        /// Denied.
        Denied = 3,
        /// Paid.
        Paid = 4,
        /// Withdrawn.
        Withdrawn = 5,
        /// Its payment is submitted.
        PaymentConfirmed = 6,
        /// Its payment is approved.
        PaymentApproved = 7,
        /// Its payment hangs.
        PaymentLimbo = 8,
    }

    /// Kind of a bill.
    BillType {
        /// For goods and services ordered.
        Order = 0,
        /// An expense report.
        Expense = 1,
        /// A credit card statement.
        CreditCard = 2,
    }

    /// Status of a payment.
    PaymentStatus {
        /// Draft.
        Draft = 0,
        /// Submitted.
        Confirmed = 1,
        /// Approved.
        Approved = 2,
        /// Denied.
        Denied = 3,
        /// Voided.
        Void = 4,
        /// Paid.
        Paid = 5,
        /// Partly paid.
        PartiallyPaid = 6,
        /// Under way.
        Processing = 7,
        /// Failed.
        Failed = 8,
        /// Set for a later day.
        Scheduled = 9,
    }

    /// Way of paying.
    PaymentMethodType {
        /// Another way.
        OtherWay = 0,
        /// Check.
        Check = 1,
        /// ACH.
        Ach = 2,
        /// EFT.
        Eft = 3,
        /// Wire.
        Wire = 4,
        /// Check sent by Procurify.
        ProcurifyCheck = 5,
        /// ACH through Procurify.
        ProcurifyAch = 6,
        /// Wire through Procurify.
        ProcurifyWire = 7,
        /// Airwallex.
        Airwallex = 8,
    }

    /// Kind of a vendor. Others than the documented ones occur.
    VendorType {
        /// Not a vendor: names typed into requests.
        Unlisted = 1,
        /// Amazon punchout, reserved by the system.
        AmazonPunchout = 2,
        /// Preferred; the default.
        Preferred = 3,
        /// Regular: seen in procurement and accounts payable only.
        Regular = 4,
        /// An employee.
        Employee = 5,
        /// A credit card provider.
        CreditCardProvider = 6,
        /// Checkout.
        Checkout = 7,
    }

    /// Kind of an account code.
    AccountType {
        /// Assets.
        Assets = 0,
        /// Liability.
        Liability = 1,
        /// Expense.
        Expense = 2,
        /// Income.
        Income = 3,
        /// Equity.
        Equity = 4,
        /// Any other.
        OtherType = 5,
    }
}
