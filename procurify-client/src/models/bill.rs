//! Bills.

use crate::{
    Approver, Attachment, BillGroupId, BillId, BillItem, BillItemId, BillStatus, BillType, Comment, CostAllocation,
    Currency, CurrencyId, PaymentMethod, PaymentStatus, User, UserId, Uuid, Vendor,
};

model! {
    /// A bill as lists show it.
    BillSummary {
        id: key BillId = "id",
        status: opt BillStatus = "status",
        version: opt i64 = "version",
        locked: opt bool = "locked",
        currency: opt Currency = "currency",
        /// What its detail is addressed by.
        uuid: opt Uuid = "uuid",
        items: list BillItemId = "items",
        /// The vendor.
        vendor: opt Vendor = "vendor",
        /// When it is due, as written.
        due_date: moment = "due_date",
        /// Everything.
        total_cost_with_tax: dec = "total_cost_with_tax",
        /// Date of the invoice, as written.
        invoice_date: moment = "invoice_date",
        next_approver_choices: list Approver = "next_approver_choices",
        last_export_user: opt User = "last_export_user",
        /// Last touch; it moves without a change too.
        last_modified_datetime: time = "last_modified_datetime",
        last_export_date: day = "last_export_date",
        submitted_date: time = "submitted_date",
        /// When it is posted, as written.
        gl_post_date: moment = "gl_post_date",
        /// The vendor's invoice number.
        invoice_number: text = "invoice_number",
        group: id BillGroupId = "group",
        kind: opt BillType = "type",
        user: opt User = "user",
        approver: opt User = "approver",
        past_due: opt bool = "past_due",
        invoice_created: opt bool = "invoice_created",
        invoice_uuid: text = "invoice_uuid",
        invoice_total: dec = "invoice_total",
        creator: opt User = "creator",
        /// Only in the older document.
        payment_uuid: text = "payment_uuid",
    }
}

model! {
    /// A bill with its lines.
    Bill {
        id: key BillId = "id",
        /// What its detail is addressed by.
        uuid: opt Uuid = "uuid",
        user: opt User = "user",
        /// The vendor.
        vendor: opt Box<Vendor> = "vendor",
        approval_chain: opt i64 = "approval_chain",
        approver: opt Approver = "approver",
        /// Its lines.
        items: list BillItem = "items",
        /// Freight and other costs of the whole bill.
        costs: list BillCost = "costs",
        invoice_attachments: list Attachment = "invoice_attachments",
        bill_statuses: list BillStatusChange = "bill_statuses",
        currency: opt Currency = "currency",
        comments: list Comment = "comments",
        version_choices: list BillVersion = "version_choices",
        tax_amount: dec = "tax_amount",
        inclusive_tax_amount: dec = "inclusive_tax_amount",
        exclusive_tax_amount: dec = "exclusive_tax_amount",
        /// Without tax and shipping.
        subtotal_cost: dec = "subtotal_cost",
        /// Without tax and shipping, with bill costs.
        total_cost: dec = "total_cost",
        /// Everything.
        total_cost_with_tax: dec = "total_cost_with_tax",
        converted_total_cost: dec = "converted_total_cost",
        next_approver_choices: list Approver = "next_approver_choices",
        locked: opt bool = "locked",
        bill_payment: opt BillPayment = "bill_payment",
        credit_card: id i64 = "creditcard",
        credit_card_name: text = "creditcard_name",
        last_export_user: opt User = "last_export_user",
        last_export_date: day = "last_export_date",
        vendor_name: text = "vendor_name",
        vendor_contact: text = "vendor_contact",
        vendor_address_one: text = "vendor_address_one",
        vendor_address_two: text = "vendor_address_two",
        vendor_postal_code: text = "vendor_postal_code",
        vendor_city: text = "vendor_city",
        vendor_state_province: text = "vendor_state_province",
        vendor_country: text = "vendor_country",
        /// Last touch; it moves without a change too.
        last_modified_datetime: time = "last_modified_datetime",
        submitted_date: time = "submitted_date",
        /// The vendor's invoice number.
        invoice_number: text = "invoice_number",
        /// Date of the invoice, as written.
        invoice_date: moment = "invoice_date",
        /// When it is due, as written.
        due_date: moment = "due_date",
        payment_terms: text = "payment_terms",
        version: opt i64 = "version",
        status: opt BillStatus = "status",
        kind: opt BillType = "type",
        active: opt bool = "active",
        note: text = "note",
        /// When it is posted, as written.
        gl_post_date: moment = "gl_post_date",
        group: id BillGroupId = "group",
        payment_method: id i64 = "payment_method",
        payment_method_name: text = "payment_method_name",
        added_purchase_orders: list BillPurchaseOrder = "added_purchase_orders",
        shipping_amount: dec = "shipping_amount",
        invoice_uuid: text = "invoice_uuid",
        invoice_total: dec = "invoice_total",
        creator: opt User = "creator",
    }
}

model! {
    /// Freight or another cost of a whole bill.
    BillCost {
        id: opt i64 = "id",
        cost_allocation: opt CostAllocation = "cost_allocation",
        name: text = "name",
        amount: dec = "amount",
        bill: id BillId = "bill",
        cost: opt i64 = "cost",
        currency: id CurrencyId = "currency",
    }
}

model! {
    /// When and by whom a bill's status was changed.
    BillStatusChange {
        id: opt i64 = "id",
        user: opt User = "user",
        date: time = "date",
        status: opt BillStatus = "status",
        bill: id BillId = "bill",
    }
}

model! {
    /// One revision of a bill.
    BillVersion {
        pk: opt i64 = "pk",
        version: opt i64 = "version",
    }
}

model! {
    /// A purchase order that a bill is for.
    BillPurchaseOrder {
        id: opt i64 = "id",
        number: text = "number",
        currency: text = "currency",
        total_amount: dec = "total_amount",
        uuid: text = "uuid",
    }
}

model! {
    /// A payment of a bill.
    BillPayment {
        id: opt i64 = "id",
        payment: opt Payment = "payment",
        payment_method: opt PaymentMethod = "payment_method",
        amount: dec = "amount",
        transaction: opt i64 = "transaction",
    }
}

model! {
    /// A payment.
    Payment {
        id: opt i64 = "id",
        user: id UserId = "user",
        approver: id UserId = "approver",
        status: opt PaymentStatus = "status",
        currency: id CurrencyId = "currency",
        amount: dec = "amount",
        payment_method: opt i64 = "payment_method",
        payment_date: day = "payment_date",
        memo: text = "memo",
        reference_number: text = "reference_number",
        is_processed: opt bool = "is_processed",
    }
}
