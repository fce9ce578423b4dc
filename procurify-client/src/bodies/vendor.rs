//! Vendors.

use rust_decimal::Decimal;

use crate::{CurrencyId, PaymentMethodId, TaxId, VendorType};

body! {
    /// A payment term, shipping term, or method, by its name.
    TermBody(name: text = "name") {
        description: null String = "description",
        active: val bool = "active",
    }
}

body! {
    /// Which mails a vendor gets.
    EmailConfigurationBody() {
        auto_po: val bool = "auto_po",
        payment_remittance: val bool = "payment_remittance",
    }
}

body! {
    /// A vendor to be created, or as it is to be.
    ///
    /// The score is required by the API but may be none.
    VendorUpsert(
        name: text = "name",
        email: list String = "email",
        kind: val VendorType = "type",
        overall_score: val Option<Decimal> = "overall_score",
    ) {
        active: val bool = "active",
        address_line_one: null String = "addressLineOne",
        address_line_two: null String = "addressLineTwo",
        postal_code: null String = "postalCode",
        city: null String = "city",
        state_province: null String = "state_province",
        country: null String = "country",
        phone_one: null String = "phoneOne",
        phone_two: null String = "phoneTwo",
        fax: null String = "fax",
        comments: null String = "comments",
        contact: null String = "contact",
        url: null String = "url",
        /// The id of another system, such as the supplier number of the ERP.
        external_id: null String = "external_id",
        currency: null CurrencyId = "currency",
        payment_term: null TermBody = "payment_term_ref",
        shipping_term: null TermBody = "shipping_term_ref",
        payment_method: null TermBody = "payment_method_ref",
        shipping_method: null TermBody = "shipping_method_ref",
        tax: null TaxId = "tax",
        default_payment_method: null PaymentMethodId = "default_payment_method",
        is_1099_eligible: null bool = "is_1099_eligible",
        is_auto_email_po_enabled: val bool = "is_auto_email_po_enabled",
        po_pdf_labels: text = "po_pdf_labels",
        email_configurations: val EmailConfigurationBody = "email_configurations",
    }
}

body! {
    /// A change of a vendor: what is not set is left as it is.
    VendorPatch() {
        name: text = "name",
        email: list String = "email",
        kind: val VendorType = "type",
        overall_score: null Decimal = "overall_score",
        active: val bool = "active",
        address_line_one: null String = "addressLineOne",
        address_line_two: null String = "addressLineTwo",
        postal_code: null String = "postalCode",
        city: null String = "city",
        state_province: null String = "state_province",
        country: null String = "country",
        phone_one: null String = "phoneOne",
        phone_two: null String = "phoneTwo",
        fax: null String = "fax",
        comments: null String = "comments",
        contact: null String = "contact",
        url: null String = "url",
        /// The id of another system, such as the supplier number of the ERP.
        external_id: null String = "external_id",
        currency: null CurrencyId = "currency",
        payment_term: null TermBody = "payment_term_ref",
        shipping_term: null TermBody = "shipping_term_ref",
        payment_method: null TermBody = "payment_method_ref",
        shipping_method: null TermBody = "shipping_method_ref",
        tax: null TaxId = "tax",
        default_payment_method: null PaymentMethodId = "default_payment_method",
        is_1099_eligible: null bool = "is_1099_eligible",
        is_auto_email_po_enabled: val bool = "is_auto_email_po_enabled",
        po_pdf_labels: text = "po_pdf_labels",
        email_configurations: val EmailConfigurationBody = "email_configurations",
    }
}
