//! Vendors.

use crate::{CreditCard, CurrencyId, PaymentMethod, Term, Text, VendorId, VendorType};

model! {
    /// A vendor. Lists, details and other records show more or less of it.
    Vendor {
        id: key VendorId = "id",
        name: text = "name",
        active: opt bool = "active",
        address_line_one: text = "addressLineOne",
        address_line_two: text = "addressLineTwo",
        postal_code: text = "postalCode",
        city: text = "city",
        state_province: text = "state_province",
        country: text = "country",
        phone_one: text = "phoneOne",
        phone_two: text = "phoneTwo",
        fax: text = "fax",
        email: list Text = "email",
        comments: text = "comments",
        contact: text = "contact",
        url: text = "url",
        /// The id of another system, such as the supplier number of the ERP.
        external_id: text = "external_id",
        date_modified: time = "dateModified",
        currency: id CurrencyId = "currency",
        payment_term_ref: opt Term = "payment_term_ref",
        shipping_term_ref: opt Term = "shipping_term_ref",
        payment_method_ref: opt Term = "payment_method_ref",
        shipping_method_ref: opt Term = "shipping_method_ref",
        payment_methods: list PaymentMethod = "payment_methods",
        tax: id i64 = "tax",
        kind: opt VendorType = "type",
        default_payment_method: id i64 = "default_payment_method",
        credit_cards: list CreditCard = "creditcards",
        is_1099_eligible: opt bool = "is_1099_eligible",
        overall_score: dec = "overall_score",
        is_auto_email_po_enabled: opt bool = "is_auto_email_po_enabled",
        po_pdf_labels: text = "po_pdf_labels",
        /// Which mails it gets.
        email_configurations: opt EmailConfiguration = "email_configurations",
        performance: opt VendorPerformance = "performance",
        vendor_request: opt VendorRequest = "vendor_request",
    }
}

model! {
    /// Which mails a vendor gets.
    EmailConfiguration {
        auto_po: opt bool = "auto_po",
        payment_remittance: opt bool = "payment_remittance",
    }
}

model! {
    /// The request that a vendor was added by.
    VendorRequest {
        id: opt i64 = "id",
        requester: text = "requester",
        submitted_date: time = "submitted_date",
        next_approver: text = "next_approver",
        permissions: opt serde_json::Value = "permissions",
    }
}

model! {
    /// How a vendor does.
    VendorPerformance {
        overall_score: dec = "overall_score",
        average_delivery_time: dec = "average_delivery_time",
        breakdown: opt VendorBreakdown = "breakdown",
    }
}

model! {
    /// The scores behind a vendor's performance.
    VendorBreakdown {
        speed: opt VendorScore = "speed",
        accuracy: opt VendorScore = "accuracy",
        quality: opt VendorScore = "quality",
        cost: opt VendorScore = "cost",
    }
}

model! {
    /// One score and its weight.
    VendorScore {
        score: dec = "score",
        weight: dec = "weight",
    }
}
