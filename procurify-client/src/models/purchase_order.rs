//! Purchase orders.

use crate::{
    Address, ContractId, CostDetails, CreditCard, Currency, CustomFieldValue, FulfilmentStatus, PoNumber,
    PriceModifier, PurchaseAgreementStatus, PurchaseOrderLine, PurchaseOrderState, Term, User, Uuid, Vendor,
};

model! {
    /// A purchase order as lists show it: everything but its lines.
    PurchaseOrder {
        /// The number people see; users may change it.
        number: text = "number",
        uuid: opt Uuid = "uuid",
        purchaser: opt User = "purchaser",
        /// What identifies it for ever.
        procurify_po: key PoNumber = "procurify_PO",
        /// A number of the user's own.
        po_num: text = "PO_Num",
        date: time = "date",
        buyer_name: text = "buyer_name",
        buyer_contact: text = "buyer_contact",
        buyer_address_line_one: text = "buyer_addressLineOne",
        buyer_postal_code: text = "buyer_postalCode",
        buyer_city: text = "buyer_city",
        buyer_state_province: text = "buyer_state_province",
        buyer_country: text = "buyer_country",
        buyer_address: opt Address = "buyer_address",
        receiver_name: text = "receiver_name",
        receiver_contact: text = "receiver_contact",
        receiver_address_line_one: text = "receiver_addressLineOne",
        receiver_postal_code: text = "receiver_postalCode",
        receiver_city: text = "receiver_city",
        receiver_state_province: text = "receiver_state_province",
        receiver_country: text = "receiver_country",
        receiver_address: opt Address = "receiver_address",
        /// The vendor.
        pref_vendor: opt Box<Vendor> = "pref_vendor",
        vendor_name: text = "vendor_name",
        vendor_contact: text = "vendor_contact",
        vendor_address_line_one: text = "vendor_addressLineOne",
        vendor_postal_code: text = "vendor_postalCode",
        vendor_city: text = "vendor_city",
        vendor_state_province: text = "vendor_state_province",
        vendor_country: text = "vendor_country",
        payment_terms: text = "payment_terms",
        shipping_terms: text = "shipping_terms",
        shipping_method: opt Term = "shipping_method",
        promise_date: time = "promise_date",
        /// Sum of the lines.
        subtotal: dec = "subtotal",
        /// Freight, in the order's currency.
        freight: dec = "freight",
        tax: opt PriceModifier = "tax",
        discount: opt PriceModifier = "discount",
        /// Miscellaneous costs, in the order's currency.
        other: dec = "other",
        /// Everything, in the order's currency.
        total: dec = "total",
        comment: text = "comment",
        /// The order's currency.
        purchased_currency: opt Currency = "purchased_currency",
        /// Rate to the base currency when it was purchased.
        purchased_currency_rate: dec = "purchased_currency_rate",
        active: opt bool = "active",
        /// State; null on some orders.
        state: opt PurchaseOrderState = "state",
        fulfilment_status: opt FulfilmentStatus = "fulfilment_status",
        disclaimer_description: text = "disclaimer_description",
        disclaimer_text: text = "disclaimer_text",
        recorded_date: time = "recorded_date",
        closed_date: time = "closed_date",
        /// Last change; the filter on it takes days.
        last_modified: time = "last_modified",
        staged_for_export: opt bool = "staged_for_export",
        /// Which revision this is.
        version: opt i64 = "version",
        /// Number of its lines.
        item_count: opt i64 = "item_count",
        /// The newest revision.
        most_recent_version: opt i64 = "most_recent_version",
        punchout_system: opt i64 = "punchout_system",
        purchase_agreement: opt i64 = "purchase_agreement",
        purchase_agreement_status: opt PurchaseAgreementStatus = "purchase_agreement_status",
        punchout_vendor_reference: opt i64 = "punchout_vendor_reference",
        punchout_supplier_icon: text = "punchout_supplier_icon",
        punchout_supplier_name: text = "punchout_supplier_name",
        has_blanket_order_items: opt bool = "has_blanket_order_items",
        expiry_date: time = "expiry_date",
        contract: opt Contract = "contract",
    }
}

model! {
    /// A purchase order with its lines.
    PurchaseOrderDetail {
        /// The number people see; users may change it.
        number: text = "number",
        uuid: opt Uuid = "uuid",
        purchaser: opt User = "purchaser",
        /// What identifies it for ever.
        procurify_po: key PoNumber = "procurify_PO",
        /// A number of the user's own.
        po_num: text = "PO_Num",
        date: time = "date",
        buyer_name: text = "buyer_name",
        buyer_contact: text = "buyer_contact",
        buyer_address_line_one: text = "buyer_addressLineOne",
        buyer_postal_code: text = "buyer_postalCode",
        buyer_city: text = "buyer_city",
        buyer_state_province: text = "buyer_state_province",
        buyer_country: text = "buyer_country",
        buyer_address: opt Address = "buyer_address",
        receiver_name: text = "receiver_name",
        receiver_contact: text = "receiver_contact",
        receiver_address_line_one: text = "receiver_addressLineOne",
        receiver_postal_code: text = "receiver_postalCode",
        receiver_city: text = "receiver_city",
        receiver_state_province: text = "receiver_state_province",
        receiver_country: text = "receiver_country",
        receiver_address: opt Address = "receiver_address",
        /// The vendor.
        pref_vendor: opt Box<Vendor> = "pref_vendor",
        vendor_name: text = "vendor_name",
        vendor_contact: text = "vendor_contact",
        vendor_address_line_one: text = "vendor_addressLineOne",
        vendor_postal_code: text = "vendor_postalCode",
        vendor_city: text = "vendor_city",
        vendor_state_province: text = "vendor_state_province",
        vendor_country: text = "vendor_country",
        payment_terms: text = "payment_terms",
        shipping_terms: text = "shipping_terms",
        shipping_method: opt Term = "shipping_method",
        promise_date: time = "promise_date",
        /// Sum of the lines.
        subtotal: dec = "subtotal",
        /// Freight, in the order's currency.
        freight: dec = "freight",
        tax: opt PriceModifier = "tax",
        discount: opt PriceModifier = "discount",
        /// Miscellaneous costs, in the order's currency.
        other: dec = "other",
        /// Everything, in the order's currency.
        total: dec = "total",
        comment: text = "comment",
        /// The order's currency.
        purchased_currency: opt Currency = "purchased_currency",
        /// Rate to the base currency when it was purchased.
        purchased_currency_rate: dec = "purchased_currency_rate",
        active: opt bool = "active",
        /// State; null on some orders.
        state: opt PurchaseOrderState = "state",
        fulfilment_status: opt FulfilmentStatus = "fulfilment_status",
        disclaimer_description: text = "disclaimer_description",
        disclaimer_text: text = "disclaimer_text",
        recorded_date: time = "recorded_date",
        closed_date: time = "closed_date",
        /// Last change; the filter on it takes days.
        last_modified: time = "last_modified",
        staged_for_export: opt bool = "staged_for_export",
        /// Which revision this is.
        version: opt i64 = "version",
        /// Number of its lines.
        item_count: opt i64 = "item_count",
        /// The newest revision.
        most_recent_version: opt i64 = "most_recent_version",
        punchout_system: opt i64 = "punchout_system",
        purchase_agreement: opt i64 = "purchase_agreement",
        purchase_agreement_status: opt PurchaseAgreementStatus = "purchase_agreement_status",
        punchout_vendor_reference: opt i64 = "punchout_vendor_reference",
        punchout_supplier_icon: text = "punchout_supplier_icon",
        punchout_supplier_name: text = "punchout_supplier_name",
        has_blanket_order_items: opt bool = "has_blanket_order_items",
        expiry_date: time = "expiry_date",
        contract: opt Contract = "contract",
        /// Its lines.
        order_items: list PurchaseOrderLine = "order_items",
        creditcard_is_editable: opt bool = "creditcard_is_editable",
        custom_fields: list CustomFieldValue = "custom_fields",
        credit_card: opt CreditCard = "creditcard",
        payment_term: opt Term = "payment_term",
        shipping_term: opt Term = "shipping_term",
        cost_details: opt CostDetails = "cost_details",
        punchout_is_retriable: opt bool = "punchout_is_retriable",
    }
}

model! {
    /// A contract that an order or bill belongs to.
    Contract {
        id: id ContractId = "id",
        uuid: text = "uuid",
        name: text = "name",
    }
}
