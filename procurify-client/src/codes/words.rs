//! Codes that are words.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

words! {
    /// How much of a purchase order has been received.
    FulfilmentStatus {
        /// Nothing.
        Empty = "empty",
        /// Some.
        Partial = "partial",
        /// All.
        Full = "full",
    }

    /// Whether a tax or discount is an amount or a percentage.
    PriceModifierType {
        /// In money.
        Amount = "amount",
        /// In percent.
        Percentage = "percentage",
    }

    /// Type of a custom field.
    FieldType {
        /// Short text.
        Text = "t",
        /// Long text.
        LargeText = "a",
        /// Whole number.
        Integer = "i",
        /// Decimal number.
        Decimal = "f",
        /// Yes or no.
        Boolean = "b",
        /// One of several choices.
        Dropdown = "m",
        /// Day.
        Date = "d",
        /// Day and time.
        DateTime = "h",
    }

    /// Status of a credit card.
    CreditCardStatus {
        /// Not yet active.
        Pending = "pending",
        /// Active.
        Active = "active",
        /// Locked.
        Inactive = "inactive",
        /// Cancelled.
        Canceled = "canceled",
        /// Lost.
        Lost = "lost",
        /// Stolen.
        Stolen = "stolen",
    }

    /// Kind of a file at an order item.
    OrderItemAttachmentType {
        /// Any.
        AnyFile = "other",
        /// An invoice.
        Invoice = "invoice",
        /// A packing slip.
        PackingSlip = "packingslip",
    }

    /// How far the set-up of a location is.
    SetupStage {
        /// Company.
        Company = "COMP",
        /// Department.
        Department = "DEPT",
        /// User.
        User = "USER",
        /// Chart of accounts.
        ChartOfAccounts = "COA",
        /// Budget control.
        BudgetControl = "BDGT",
        /// Approver.
        Approver = "APPR",
        /// Finished.
        Finished = "FIN",
    }

    /// What an adjustment's value means.
    AdjustmentType {
        /// Percent.
        Percent = "percent",
        /// Money.
        Amount = "amount",
        /// Percent, by its older code.
        PercentCode = "0",
        /// Money, by its older code.
        AmountCode = "1",
    }

    /// Status of a payment of the public API.
    PaymentResponseStatus {
        /// Not yet submitted for approval.
        Draft = "draft",
        /// Waits for approval.
        PendingApproval = "pending_approval",
        /// Waits for processing.
        Approved = "approved",
        /// Denied by an approver.
        Denied = "denied",
        /// Done.
        Paid = "paid",
        /// Being processed.
        Processing = "processing",
        /// Processing failed.
        Failed = "failed",
        /// Set for a later day.
        Scheduled = "scheduled",
    }

    /// Where the money of a payment comes from.
    PaymentSourceType {
        /// An account with direct debit.
        DirectDebit = "direct_debit",
        /// A financial account.
        FinancialAccount = "financial_account",
        /// Paid outside Procurify.
        External = "external",
    }

    /// Whether a vendor's payment method pays by itself.
    PaymentMethodCategory {
        /// Kept track of by hand.
        External = "external",
        /// Pays bills.
        Managed = "managed",
    }

    /// What a request is for, as departments are filtered by.
    Requestable {
        /// Orders.
        Order = "ORDER",
        /// Expenses.
        Expense = "EXPENSE",
        /// Travel.
        Travel = "TRAVEL",
        /// Payment requests.
        PayRequest = "PAY_REQUEST",
    }

    /// Status of a card transaction.
    TransactionStatus {
        /// Taken from the balance.
        Capture = "capture",
        /// Reserved.
        Precapture = "precapture",
        /// Given back.
        Refund = "refund",
    }

    /// Status of a card transaction's authorization.
    AuthorizationStatus {
        /// Reversed.
        Reversed = "reversed",
        /// Pending.
        Pending = "pending",
        /// Closed.
        Closed = "closed",
    }

    /// Kind of a card transaction.
    TransactionType {
        /// Money spent.
        Spend = "spend",
        /// Money allocated to a fund.
        Credit = "credit",
    }

    /// Whether a card transaction is reconciled.
    ReconciliationStatus {
        /// Not yet.
        Pending = "pending",
        /// Reviewed.
        Reviewed = "reviewed",
    }

    /// Status of a cardholder.
    CardholderStatus {
        /// Waits for activation.
        Inactive = "inactive",
        /// Ready.
        Active = "active",
        /// Has to tell more.
        RequiresInformation = "requires_information",
        /// Deleted.
        Deleted = "deleted",
        /// Disabled.
        Disabled = "disabled",
    }

    /// Type of a card transaction's custom field.
    TransactionFieldType {
        /// Text.
        Text = "text",
        /// Long text.
        TextField = "text_field",
        /// Whole number.
        Integer = "integer",
        /// Number.
        Float = "float",
        /// Yes or no.
        Boolean = "boolean",
        /// One of several choices.
        Dropdown = "dropdown",
        /// Day.
        Date = "date",
        /// Day and time.
        DateTime = "datetime",
    }

    /// Status of a fund.
    FundStatus {
        /// Usable.
        Open = "open",
        /// Not usable.
        Closed = "closed",
    }
}
