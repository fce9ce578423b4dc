//! Payments of the public API, and of the deprecated one before it.

use crate::{
    Approver, BillGroupId, BillId, BillStatus, BillType, CompanyPaymentMethod, Currency, PaymentId, PaymentMethod,
    PaymentResponseStatus, PaymentSourceType, PaymentStatus, User, Uuid, Vendor,
};

model! {
    /// A payment of the public API. Which bills it pays is told by their groups only.
    PaymentResponse {
        id: key PaymentId = "id",
        uuid: text = "uuid",
        payment_source_name: text = "payment_source_name",
        payment_source_type: opt PaymentSourceType = "payment_source_type",
        /// Id of the bank account that it came from.
        external_payment_source_id: opt i64 = "external_payment_source_id",
        creator: opt PaymentCreator = "creator",
        created_at: time = "created_at",
        updated_at: time = "updated_at",
        /// In its currency.
        amount: dec = "amount",
        currency: opt Currency = "currency",
        status: opt PaymentResponseStatus = "status",
        processing_date: moment = "processing_date",
        /// The last four digits.
        direct_debit_bank_account_mask: text = "direct_debit_bank_account_mask",
        vendor_name: text = "vendor_name",
        posted_date: day = "posted_date",
        /// The GL code of where it came from.
        gl_code: text = "gl_code",
        /// ISO 3166.
        vendor_payment_method_country_code: text = "vendor_payment_method_country_code",
        /// `ACH`, `FEDWIRE`, `PAPER_CHECK`, `LOCAL` and others.
        vendor_payment_method_rail: text = "vendor_payment_method_rail",
        /// The groups of the bills it pays; a bill's own is its `group`.
        bill_groups: list BillGroupId = "bill_groups",
    }
}

model! {
    /// Who made a payment.
    PaymentCreator {
        email: text = "email",
        first_name: text = "first_name",
        last_name: text = "last_name",
    }
}

model! {
    /// A payment of the deprecated API, with an amount for each bill.
    PaymentListRead {
        id: key PaymentId = "id",
        bill_payments: list PaidBill = "bill_payments",
        payment_method_type: opt i64 = "payment_method_type",
        payment_method: opt CompanyPaymentMethod = "payment_method",
        payment_date: day = "payment_date",
        amount: dec = "amount",
        total_amount_with_tax: dec = "total_amount_with_tax",
        tax_amount: dec = "tax_amount",
        inclusive_tax_amount: dec = "inclusive_tax_amount",
        exclusive_tax_amount: dec = "exclusive_tax_amount",
        currency: opt Currency = "currency",
        status: opt PaymentStatus = "status",
        ach_number: opt i64 = "ach_number",
        next_approver_choices: list Approver = "next_approver_choices",
    }
}

model! {
    /// What a payment pays of one bill.
    PaidBill {
        id: opt i64 = "id",
        bill: opt BillReference = "bill",
        user: opt User = "user",
        payment_method: opt PaymentMethod = "payment_method",
        amount: dec = "amount",
        transaction: opt i64 = "transaction",
    }
}

model! {
    /// A bill as payments show it.
    BillReference {
        id: key BillId = "id",
        uuid: opt Uuid = "uuid",
        vendor: opt Box<Vendor> = "vendor",
        tax_amount: dec = "tax_amount",
        vendor_name: text = "vendor_name",
        due_date: moment = "due_date",
        status: opt BillStatus = "status",
        kind: opt BillType = "type",
        group: id BillGroupId = "group",
    }
}
