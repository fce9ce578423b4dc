//! What the API answers to changes of purchase orders, and their billing history.

use crate::{
    ContractId, Currency, FulfilmentStatus, OrderItemId, PoNumber, PriceModifier, PurchaseAgreementStatus,
    PurchaseOrderState, ReceiveMethod, User, Uuid, Vendor,
};

model! {
    /// A purchase order after an update, as the API answers it.
    PurchaseOrderUpdated {
        order_items: list OrderItemUpdated = "order_items",
        po_num: text = "PO_Num",
        buyer_name: text = "buyer_name",
        buyer_contact: text = "buyer_contact",
        buyer_address_line_one: text = "buyer_addressLineOne",
        buyer_postal_code: text = "buyer_postalCode",
        buyer_city: text = "buyer_city",
        buyer_state_province: text = "buyer_state_province",
        buyer_country: text = "buyer_country",
        buyer_address: opt i64 = "buyer_address",
        comment: text = "comment",
        receiver_name: text = "receiver_name",
        receiver_contact: text = "receiver_contact",
        receiver_address_line_one: text = "receiver_addressLineOne",
        receiver_postal_code: text = "receiver_postalCode",
        receiver_city: text = "receiver_city",
        receiver_state_province: text = "receiver_state_province",
        receiver_country: text = "receiver_country",
        receiver_address: opt i64 = "receiver_address",
        promise_date: time = "promise_date",
        freight: dec = "freight",
        discount: opt PriceModifier = "discount",
        tax: opt PriceModifier = "tax",
        other: dec = "other",
        disclaimer_description: text = "disclaimer_description",
        disclaimer_text: text = "disclaimer_text",
        payment_term_ref: opt i64 = "payment_term_ref",
        shipping_term_ref: opt i64 = "shipping_term_ref",
        payment_method_ref: opt i64 = "payment_method_ref",
        shipping_method_ref: opt i64 = "shipping_method_ref",
        credit_card: opt i64 = "creditcard",
        version: opt i64 = "version",
        expiry_date: time = "expiry_date",
        contract: id ContractId = "contract",
    }
}

model! {
    /// A line of a purchase order after an update.
    OrderItemUpdated {
        id: key OrderItemId = "id",
        name: text = "name",
        sku: text = "sku",
        unit: text = "unit",
        quantity: dec = "quantity",
        price: dec = "price",
        po_note: text = "po_note",
        custom_fields: list serde_json::Value = "custom_fields",
        tax_amount: dec = "tax_amount",
        shipping_amount: dec = "shipping_amount",
        receive_method: opt ReceiveMethod = "receive_method",
    }
}

model! {
    /// A purchase order after it was closed, as the API answers it.
    PurchaseOrderClosed {
        id: opt i64 = "id",
        po_num: text = "PO_Num",
        date: time = "date",
        discount: opt PriceModifier = "discount",
        freight: dec = "freight",
        fulfilment_status: opt FulfilmentStatus = "fulfilment_status",
        item_count: opt i64 = "item_count",
        last_modified: time = "last_modified",
        number: text = "number",
        other: dec = "other",
        pref_vendor: opt Box<Vendor> = "pref_vendor",
        procurify_po: key PoNumber = "procurify_PO",
        promise_date: time = "promise_date",
        punchout_system: opt i64 = "punchout_system",
        purchase_agreement: opt i64 = "purchase_agreement",
        purchase_agreement_status: opt PurchaseAgreementStatus = "purchase_agreement_status",
        purchased_currency: opt Currency = "purchased_currency",
        purchased_currency_rate: dec = "purchased_currency_rate",
        purchaser: opt User = "purchaser",
        state: opt PurchaseOrderState = "state",
        subtotal: dec = "subtotal",
        total: dec = "total",
        uuid: opt Uuid = "uuid",
        version: opt i64 = "version",
        punchout_items_rejected: opt bool = "punchout_items_rejected",
        total_amount: dec = "total_amount",
        currency: text = "currency",
        email_status: text = "email_status",
        email_status_updated_at: time = "email_status_updated_at",
        punchout_supplier_name: text = "punchout_supplier_name",
        punchout_supplier_icon: text = "punchout_supplier_icon",
        punchout_vendor_reference: opt i64 = "punchout_vendor_reference",
        punchout_is_retriable: opt bool = "punchout_is_retriable",
        has_blanket_order_items: opt bool = "has_blanket_order_items",
        expiry_date: time = "expiry_date",
    }
}

model! {
    /// What of a purchase order was billed and received.
    BillingHistory {
        id: key PoNumber = "id",
        number: text = "number",
        has_unbilled_unreceived_items: opt bool = "has_unbilled_unreceived_items",
        items: list BillingHistoryItem = "items",
    }
}

model! {
    /// What of one line was billed and received.
    BillingHistoryItem {
        id: key OrderItemId = "id",
        billed_qty: dec = "billed_qty",
        received_qty: dec = "received_qty",
    }
}

model! {
    /// Bills that were marked as paid, as the API answers it.
    BillsMarkedAsPaid {
        bill_uuids: key Vec<Uuid> = "bill_uuids",
        bill_group_ids: list crate::BillGroupId = "bill_group_ids",
        payment_date: day = "payment_date",
    }
}
