//! Records: exact, tolerant, and the same after a round trip through JSON.

use procurify_client::*;
use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Reads raw JSON, stores it as a value and as text, reads both back, and compares.
fn round_trip<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(raw: &str) -> T {
    let record: T = serde_json::from_str(raw).unwrap();
    let value = serde_json::to_value(&record).unwrap();
    assert_eq!(serde_json::from_value::<T>(value.clone()).unwrap(), record);
    assert_eq!(serde_json::from_str::<T>(&value.to_string()).unwrap(), record);
    record
}

fn vendor() -> Value {
    json!({
        "id": 12, "name": "Acme Ltd", "active": true, "email": ["a@acme.example"], "external_id": "S100",
        "currency": 1, "payment_term_ref": {"id": 3, "name": "Net 30", "description": null, "active": true},
        "payment_methods": [{"id": 1, "name": "ACH", "type": 2, "data": {"routing": "1"}, "currency": {"id": 1, "name": "CAD", "rate": "1.000000"}}],
        "creditcards": [{"id": 4, "vendor": 12, "currency": 1, "type": 1, "number": "1234"}],
        "type": 3, "overall_score": 4.25, "email_configurations": {"auto_po": true},
        "performance": {"overall_score": 4.5, "breakdown": {"speed": {"score": 1, "weight": "0.5"}}},
        "dateModified": "2026-03-04T10:00:00.123456Z"
    })
}

fn line() -> Value {
    json!({
        "id": 501, "PO": [10482], "PO_line_num": 1, "accountCode": "6000",
        "account": {"id": 8, "account_code": {"id": 9, "code": "6000", "parent": {"id": 2, "code": "60"}},
                    "department": {"id": 5, "name": "Ops", "external_id": "CC1", "branch": {"id": 6, "name": "HQ"}},
                    "budget_used_approved": 10.5},
        "currency": {"id": 1, "name": "CAD", "rate": "1.000000", "base": true},
        "pref_vendor": vendor(), "price": "19.99000000", "quantity": 2.5, "total_cost": "49.98",
        "status": 2, "type": 0, "receive_method": 0, "num": 7, "unit": "ea", "name": "Bolts",
        "taxes": [{"id": 1, "type": "percent", "value": "5.00000000"}, {"type": 0, "value": "1"}],
        "spend_allocation": [{"id": 1, "amount": "49.98", "account": {"id": 8}}],
        "custom_fields": [{"id": 1, "value": true, "field": {"id": 2, "name": "Project", "field_type": "b"}}],
        "catalog_item": {"id": 77, "name": "Bolts", "price": "19.99"},
        "logs": [{"id": 1, "action": 4, "dateTime": "2026-03-04T10:00:00Z", "user": {"id": 3}}],
        "line_comment": "x", "lineComment": "y", "date_required": "2026-03-04", "order_status": 3
    })
}

fn order() -> Value {
    json!({
        "number": "PO-10482", "uuid": "0f3a1b2c-0000-4000-8000-00000000000d", "procurify_PO": 10482,
        "purchaser": {"id": 3, "firstName": "A", "department": {"id": 5, "name": "Ops"}},
        "pref_vendor": vendor(), "purchased_currency": {"id": 1, "name": "CAD", "rate": "1.000000"},
        "tax": {"value": 5.5, "type": "percentage"}, "discount": {"value": 0, "type": "amount"},
        "shipping_method": "Ground", "total": "123.45", "subtotal": "100.00", "state": 0,
        "fulfilment_status": "partial", "version": 2, "most_recent_version": 3, "item_count": 1,
        "promise_date": "2026-03-04T00:00:00-08:00", "last_modified": "2026-03-04T10:00:00Z",
        "buyer_address": {"id": 1, "name": "HQ", "city": "Vancouver"}
    })
}

#[test]
fn a_purchase_order_with_lines_is_the_same_after_a_round_trip() {
    let listed: PurchaseOrder = round_trip(&order().to_string());
    assert_eq!(listed.shipping_method.unwrap().name.as_deref(), Some("Ground"));
    assert_eq!(listed.promise_date.unwrap().to_rfc3339(), "2026-03-04T08:00:00+00:00");

    let mut detail = order();
    detail["shipping_method"] = json!({"id": 4, "name": "Ground"});
    detail["order_items"] = json!([line()]);
    detail["creditcard"] = json!({"id": 4, "vendor": vendor(), "currency": {"id": 1, "name": "CAD"}});
    let detail: PurchaseOrderDetail = round_trip(&detail.to_string());
    let line = &detail.order_items[0];
    assert_eq!((line.quantity, line.price), (Some(Decimal::new(25, 1)), Some(Decimal::new(1_999_000_000, 8))));
    assert_eq!(line.num.as_deref(), Some("7"));
    let account = line.account.as_ref().unwrap();
    assert_eq!(account.account_code.as_ref().unwrap().parent, Some(AccountCodeId(2)));
    assert_eq!(account.department.as_ref().unwrap().external_id.as_deref(), Some("CC1"));
    assert_eq!(detail.credit_card.unwrap().vendor.unwrap().id, VendorId(12));
}

#[test]
fn a_bill_is_the_same_after_a_round_trip_and_keeps_its_dates_as_written() {
    let bill = json!({
        "id": 9, "uuid": "0f3a1b2c-0000-4000-8000-00000000000d", "vendor": vendor(), "user": {"id": 3},
        "status": 2, "type": 0, "invoice_number": "INV-1", "invoice_date": "2026-03-04T08:00:00Z",
        "due_date": "2026-04-03", "total_cost_with_tax": 123.45, "currency": {"id": 1, "name": "CAD"},
        "costs": [{"id": 1, "name": "Freight", "amount": "10.00", "bill": 9, "cost_allocation": {"id": 2, "amount": "10.00"}}],
        "bill_statuses": [{"id": 1, "status": 2, "bill": 9, "date": "2026-03-05T00:00:00Z", "user": {"id": 3}}],
        "bill_payment": {"id": 1, "amount": "1.00", "payment": {"id": 2, "status": 5, "currency": 1}, "payment_method": {"id": 3, "vendor": 12, "type": 2}},
        "added_purchase_orders": [{"id": 10482, "number": "PO-10482", "currency": "CAD", "total_amount": "123.45"}],
        "items": [{
            "id": 1, "bill": 9, "vendor": vendor(), "orderitem": line(), "expense": null, "unit_cost": 19.99,
            "quantity": "2.50000000", "total_cost": 49.98, "type": "order", "bill_by_cost": false,
            "po": {"id": 1, "number": "PO-10482", "uuid": "u"},
            "cost_allocations": [{"id": 1, "amount": "49.98", "budget": {"id": 8, "account_code": {"id": 9, "code": "6000"}}}]
        }]
    });
    let bill: Bill = round_trip(&bill.to_string());
    assert_eq!(bill.due_date, Some(DayOrTime::Day("2026-04-03".parse().unwrap())));
    assert!(matches!(bill.invoice_date, Some(DayOrTime::Time(_))));
    let item = &bill.items[0];
    assert_eq!(item.cost_allocations[0].amount, Some(Decimal::new(4998, 2)));
    assert_eq!(item.order_item.as_ref().unwrap().id, OrderItemId(501));

    let summary = json!({
        "id": 9, "uuid": "u", "status": 7, "items": [1, 2], "vendor": {"id": 12, "name": "Acme Ltd"},
        "approver": {"firstName": "B"}, "due_date": null
    });
    // As a JSON number with all its digits, which `json!` would not keep by itself.
    let raw = summary.to_string().replacen('{', r#"{"total_cost_with_tax": 1234567890123456789.01, "#, 1);
    let summary: BillSummary = round_trip(&raw);
    assert_eq!(summary.total_cost_with_tax.unwrap().to_string(), "1234567890123456789.01");
    assert_eq!((summary.status, summary.due_date), (Some(BillStatus::PaymentApproved), None));
}

#[test]
fn reference_records_are_the_same_after_a_round_trip() {
    round_trip::<Vendor>(&vendor().to_string());
    round_trip::<OrderItem>(
        &json!({"id": 501, "PO": [10482], "purchase_order": 10482, "account": 8, "price": "1.5", "quantity": "2",
                "blanket": {"price": "1", "quantity": null}, "status": null, "currency": 1})
        .to_string(),
    );
    round_trip::<Account>(
        &json!({"id": 8, "account_code": {"id": 9, "code": "6000"}, "department": {"id": 5}, "budget": "-1.00"})
            .to_string(),
    );
    round_trip::<Location>(
        &json!({"id": 6, "name": "HQ", "currency": {"id": 1, "rate": "1.1"}, "legal_entity": {"id": 1, "uuid": "u", "name": "Acme"},
                "primary_billing_address": {"id": 1, "city": "Vancouver"}, "shipping_addresses": []})
        .to_string(),
    );
    let term: Vendor = round_trip(r#"{"id": 1, "payment_term_ref": 3, "shipping_term_ref": null}"#);
    assert_eq!(term.payment_term_ref.unwrap().id, Some(3));
}

#[test]
fn only_what_identifies_a_record_is_required() {
    round_trip::<PurchaseOrder>(r#"{"procurify_PO": 1}"#);
    round_trip::<PurchaseOrderDetail>(r#"{"procurify_PO": 1}"#);
    let bare = round_trip::<Bill>(r#"{"id": 1}"#);
    assert_eq!(serde_json::to_string(&bare).unwrap(), r#"{"id":1}"#);
    for json in [r#"{"id": 1}"#, r#"{"id": 1, "brand_new": {"x": [1]}}"#] {
        round_trip::<PurchaseOrderLine>(json);
        round_trip::<OrderItem>(json);
        round_trip::<Vendor>(json);
        round_trip::<AccountCode>(json);
        round_trip::<Account>(json);
        round_trip::<Department>(json);
        round_trip::<Location>(json);
        round_trip::<BillSummary>(json);
        round_trip::<BillItem>(json);
    }
    assert!(serde_json::from_str::<PurchaseOrder>("{}").is_err());
}

/// Turns every field of a record into null but those named.
fn nulls(mut record: Value, keep: &[&str]) -> String {
    for (name, value) in record.as_object_mut().unwrap() {
        if !keep.contains(&name.as_str()) {
            *value = Value::Null;
        }
    }
    record.to_string()
}

#[test]
fn nulls_are_let_pass_everywhere() {
    round_trip::<PurchaseOrder>(&nulls(order(), &["procurify_PO"]));
    round_trip::<PurchaseOrderLine>(&nulls(line(), &["id"]));
    round_trip::<Vendor>(&nulls(vendor(), &["id"]));
}

#[test]
fn unknown_codes_and_words_are_kept() {
    let order: PurchaseOrder = round_trip(r#"{"procurify_PO": 1, "state": 42, "fulfilment_status": "astral"}"#);
    assert_eq!(order.state, Some(PurchaseOrderState::Other(42)));
    assert_eq!(order.fulfilment_status, Some(FulfilmentStatus::Other("astral".into())));
    let order: PurchaseOrder = round_trip(r#"{"procurify_PO": 1, "state": "3"}"#);
    assert_eq!(order.state, Some(PurchaseOrderState::Closed));
    let vendor: Vendor = round_trip(r#"{"id": 1, "type": 99}"#);
    assert_eq!(vendor.kind.unwrap().code(), 99);
}

#[test]
fn money_is_exact_as_number_and_as_string() {
    for (json, expected) in [
        ("1234567890123.12345678", "1234567890123.12345678"),
        ("\"1234567890123.12345678\"", "1234567890123.12345678"),
        ("-0.10", "-0.10"),
        ("1e2", "100"),
    ] {
        let line: PurchaseOrderLine = round_trip(&format!(r#"{{"id": 1, "price": {json}, "quantity": {json}}}"#));
        assert_eq!(line.price.unwrap().to_string(), expected);
        assert_eq!(line.quantity.unwrap().to_string(), expected);
    }
}
