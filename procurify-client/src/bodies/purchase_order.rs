//! Updates of purchase orders.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::json::Json;
use crate::{AddressId, ContractId, CreditCardId, OrderItemId, PriceModifierType, ReceiveMethod, TermId};

body! {
    /// One line of a purchase order as it is to be.
    OrderItemEdit(
        id: val OrderItemId = "id",
        name: text = "name",
        unit: text = "unit",
        quantity: val Decimal = "quantity",
        price: val Decimal = "price",
        custom_fields: list Value = "custom_fields",
    ) {
        sku: text = "sku",
        po_note: text = "po_note",
        tax_amount: null Decimal = "tax_amount",
        shipping_amount: null Decimal = "shipping_amount",
        receive_method: val ReceiveMethod = "receive_method",
    }
}

/// Who buys or receives, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Name.
    pub name: String,
    /// Contact person.
    pub contact: String,
    /// Street.
    pub address_line_one: String,
    /// Postal code.
    pub postal_code: String,
    /// City.
    pub city: String,
    /// Country.
    pub country: String,
    /// Id of the address.
    pub address: AddressId,
    /// State or province; left as it is where there is none.
    pub state_province: Option<String>,
}

impl Party {
    fn write(self, prefix: &str, into: &mut Map<String, Value>) {
        let texts = [
            ("name", self.name),
            ("contact", self.contact),
            ("addressLineOne", self.address_line_one),
            ("postalCode", self.postal_code),
            ("city", self.city),
            ("country", self.country),
        ];
        let state = self.state_province.map(|state| ("state_province", state));
        for (name, text) in texts.into_iter().chain(state) {
            into.insert(format!("{prefix}_{name}"), Value::String(text));
        }
        into.insert(format!("{prefix}_address"), self.address.json());
    }
}

/// A tax or discount on the whole order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceModifierBody {
    /// In money or percent.
    pub value: Decimal,
    /// Which of the two.
    pub kind: PriceModifierType,
}

impl Json for PriceModifierBody {
    fn json(&self) -> Value {
        json!({ "value": self.value.json(), "type": self.kind })
    }
}

body! { @type [
    /// A purchase order as it is to be, built on the version that was read.
] PurchaseOrderUpdate {
    custom_fields: list Value = "custom_fields",
    /// Your own number.
    po_num: null String = "PO_Num",
    comment: null String = "comment",
    freight: null Decimal = "freight",
    /// Miscellaneous costs.
    other: null Decimal = "other",
    disclaimer_description: null String = "disclaimer_description",
    disclaimer_text: null String = "disclaimer_text",
    payment_term: null TermId = "payment_term_ref",
    shipping_term: null TermId = "shipping_term_ref",
    payment_method: null TermId = "payment_method_ref",
    shipping_method: null TermId = "shipping_method_ref",
    credit_card: null CreditCardId = "creditcard",
    expiry_date: null DateTime<Utc> = "expiry_date",
    contract: null ContractId = "contract",
} }

impl PurchaseOrderUpdate {
    /// With what the API requires. `version` is that of the order as it was read.
    pub fn new(
        order_items: impl IntoIterator<Item = OrderItemEdit>,
        buyer: Party,
        receiver: Party,
        promise_date: DateTime<Utc>,
        tax: &PriceModifierBody,
        discount: &PriceModifierBody,
        version: i64,
    ) -> Self {
        let mut fields = Map::new();
        let items: Vec<_> = order_items.into_iter().collect();
        fields.insert("order_items".to_owned(), items.json());
        buyer.write("buyer", &mut fields);
        receiver.write("receiver", &mut fields);
        fields.insert("promise_date".to_owned(), promise_date.json());
        fields.insert("tax".to_owned(), tax.json());
        fields.insert("discount".to_owned(), discount.json());
        fields.insert("version".to_owned(), version.json());
        Self(fields)
    }
}
