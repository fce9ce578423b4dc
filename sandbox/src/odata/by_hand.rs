//! What a person does at the screens of the product behind the services.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::model::SETS;
use super::tenant::ODataTenant;
use crate::by_hand::{ByHand, Touch, TypedInvoice, TypedOrder};

impl ByHand for ODataTenant {
    fn type_order(&self, typed: &TypedOrder) -> String {
        let mut store = self.store();
        let line = |(place, line): (i64, &crate::TypedLine)| {
            let account = Some(&line.account).filter(|account| !account.is_empty());
            json!({"Line": place, "Item": "SERVICE", "Quantity": line.quantity.to_string(),
                "Price": line.price.to_string(), "LedgerAccount": account})
        };
        let lines: Vec<Value> = (1..).zip(&typed.lines).map(line).collect();
        let order = json!({"Supplier": typed.supplier, "Currency": typed.currency, "OrderDate": typed.date.to_string(),
            "Reference": typed.external_ref, "Lines": lines});
        let orders = SETS.iter().find(|set| set.name == "Orders");
        let created = orders.and_then(|orders| store.create(orders, &order).ok());
        let number = created.and_then(|stored| stored.entity.get("Order")?.as_str().map(str::to_owned));
        number.unwrap_or_default()
    }

    fn delete_order(&self, number: &str) -> bool {
        self.store().remove("Orders", number)
    }

    fn touch(&self, number: &str, touch: Touch) -> bool {
        let mut store = self.store();
        let Some(stored) = store.get("Orders", number) else { return false };
        let mut order = Value::Object(stored.entity.clone());
        let lines = order["Lines"].as_array_mut();
        let line = lines.and_then(|lines| lines.iter_mut().find(|line| line["Line"] == json!(touch.line)));
        let Some(line) = line else { return false };
        for (name, value) in [("Quantity", touch.quantity), ("Price", touch.price)] {
            if let Some(value) = value {
                line[name] = json!(value.to_string());
            }
        }
        if touch.received.is_some() {
            order["Status"] = json!("Received");
        }
        store.replace("Orders", number, order)
    }

    fn refer(&self, number: &str, reference: &str) -> bool {
        let mut store = self.store();
        let Some(stored) = store.get("Orders", number) else { return false };
        let mut order = Value::Object(stored.entity.clone());
        order["Reference"] = json!(reference);
        store.replace("Orders", number, order)
    }

    fn type_invoice(&self, typed: &TypedInvoice) -> String {
        let mut store = self.store();
        let line = |(place, line): (i64, &crate::TypedLine)| {
            let account = Some(&line.account).filter(|account| !account.is_empty());
            json!({"Line": place, "Amount": line.amount().to_string(), "LedgerAccount": account})
        };
        let lines: Vec<Value> = (1..).zip(&typed.lines).map(line).collect();
        let invoice = json!({"Supplier": typed.supplier, "SupplierInvoice": typed.number, "Currency": typed.currency,
            "InvoiceDate": typed.date.to_string(), "Amount": typed.total().to_string(),
            "Reference": typed.external_ref, "Lines": lines});
        let invoices = SETS.iter().find(|set| set.name == "Invoices");
        let created = invoices.and_then(|invoices| store.create(invoices, &invoice).ok());
        let number = created.and_then(|stored| stored.entity.get("Invoice")?.as_str().map(str::to_owned));
        number.unwrap_or_default()
    }

    fn delete_invoice(&self, number: &str) -> bool {
        self.store().remove("Invoices", number)
    }

    fn touch_invoice(&self, number: &str, line: u32, amount: Decimal) -> bool {
        let mut store = self.store();
        let Some(stored) = store.get("Invoices", number) else { return false };
        let mut invoice = Value::Object(stored.entity.clone());
        let value = |value: &Value| -> Decimal {
            value.as_str().map_or_else(|| value.to_string(), str::to_owned).parse().unwrap_or_default()
        };
        let lines = invoice["Lines"].as_array_mut();
        let line = lines.and_then(|lines| lines.iter_mut().find(|one| one["Line"] == json!(line)));
        let Some(line) = line else { return false };
        let more = amount - value(&line["Amount"]);
        line["Amount"] = json!(amount.to_string());
        invoice["Amount"] = json!((value(&invoice["Amount"]) + more).to_string());
        store.replace("Invoices", number, invoice)
    }

    fn post_invoice(&self, number: &str) -> bool {
        let mut store = self.store();
        let Some(stored) = store.get("Invoices", number) else { return false };
        let mut invoice = Value::Object(stored.entity.clone());
        invoice["Status"] = json!("Posted");
        store.replace("Invoices", number, invoice)
    }
}
