//! Codes of what hangs on documents: logs, addresses, cards, expenses, roles.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

codes! {
    /// What a log entry says was done.
    LogAction {
        /// Requested.
        Request = 0,
        /// Approved by the last approver.
        FinalApproval = 1,
        /// Denied.
        ApprovalDenied = 2,
        /// Approved and passed on to the next approver.
        ApproveAndPassOn = 3,
        /// Purchased.
        Purchase = 4,
        /// Line items were rejected.
        RejectLineItems = 5,
        /// Changed when received.
        UpdateOnReceive = 6,
        /// The order was marked as received.
        MarkOrderReceived = 7,
        /// The purchase order was closed.
        ClosePo = 8,
        /// The order is no longer marked as received.
        UnmarkOrderReceived = 9,
        /// The purchase order was opened.
        OpenPo = 10,
        /// A line item was requested.
        RequestLineItem = 11,
        /// A receipt was undone.
        UndoReceiveLog = 12,
        /// The purchase order was cancelled.
        CancelPo = 13,
        /// A line item was put into stock.
        StockLineItem = 14,
        /// A transaction was approved.
        TransactionApproved = 15,
        /// A transaction was denied.
        TransactionDenied = 16,
        /// A transaction was denied in part.
        TransactionPartiallyDenied = 17,
        /// A transaction was allocated.
        TransactionAllocation = 18,
        /// The order was purchased.
        OrderPurchased = 19,
        /// The purchase order was recorded.
        RecordPo = 20,
    }

    /// What an address is for.
    AddressAssociation {
        /// Billing.
        Billing = 1,
        /// Shipping.
        Shipping = 2,
        /// A vendor's.
        Vendor = 3,
        /// General.
        General = 4,
        /// A user's.
        User = 5,
        /// Travel.
        Travel = 6,
        /// Private.
        Private = 7,
    }

    /// Language of a location.
    Language {
        /// English.
        English = 1,
    }

    /// Brand of a credit card.
    CreditCardType {
        /// Another brand.
        OtherBrand = 0,
        /// Visa.
        Visa = 1,
        /// Mastercard.
        Mastercard = 2,
        /// American Express.
        AmericanExpress = 3,
        /// Discover.
        Discover = 4,
        /// JCB.
        Jcb = 5,
        /// Diner's Club.
        DinersClub = 6,
        /// Procurify.
        Procurify = 7,
    }

    /// Whether a credit card can be held.
    CreditCardCategory {
        /// Of plastic.
        Physical = 0,
        /// A number only.
        Virtual = 1,
    }

    /// Why a request was denied.
    DenialReason {
        /// Another reason.
        OtherReason = 1,
        /// Over budget.
        OverBudget = 2,
        /// The vendor is not approved.
        UnapprovedVendor = 3,
        /// Requested twice.
        DuplicateRequest = 4,
        /// Against policy.
        PolicyViolation = 5,
        /// Wrong specifications.
        IncorrectSpecs = 6,
        /// As asked.
        PerRequest = 7,
        /// Something is missing.
        MissingInformation = 8,
        /// At the wrong time.
        IncorrectTiming = 9,
        /// The process was not followed.
        ProcessNotFollowed = 10,
    }

    /// Unit of the time that a recurring item runs for.
    Duration {
        /// Years.
        Years = 0,
        /// Months.
        Months = 1,
    }

    /// How often a recurring item comes.
    Frequency {
        /// Once a year.
        Yearly = 0,
        /// Once a month.
        Monthly = 1,
    }

    /// Kind of an expense.
    ExpenseType {
        /// Another kind.
        OtherKind = 0,
        /// Meals.
        Meals = 1,
        /// Mileage.
        Mileage = 2,
        /// Labour.
        Labour = 3,
        /// Air fare.
        Airfare = 4,
        /// Lodging.
        Lodging = 5,
    }

    /// How an expense was paid.
    PaymentType {
        /// Another way: credit card.
        OtherCreditCard = 0,
        /// Another way: cash.
        OtherCash = 1,
        /// Another way: cheque.
        OtherCheque = 2,
        /// Another way.
        OtherWay = 3,
        /// Credit card.
        CreditCard = 4,
    }

    /// Role of a user, as the profile of the logged-in user has it.
    UserRole {
        /// User.
        User = 0,
        /// Approver.
        Approver = 1,
        /// Purchaser.
        Purchaser = 2,
        /// Receiver.
        Receiver = 3,
        /// Administrator.
        Administrator = 4,
        /// EKA.
        Eka = 5,
        /// Accounting.
        Accounting = 6,
        /// Superuser.
        Superuser = 7,
        /// Accounts payable.
        AccountsPayable = 8,
        /// FNG approver.
        FngApprover = 9,
        /// FNG controller.
        FngController = 10,
    }
}
