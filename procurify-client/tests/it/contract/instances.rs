//! Instances of schemas, generated from the facts.

use serde_json::{Map, Value, json};

use super::facts::{Facts, Field};

/// What kind of instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// All fields.
    Full,
    /// All fields, and some that nobody knows, at every level.
    Extended,
    /// Required fields only.
    Minimal,
    /// Null wherever it is allowed.
    Nulls,
    /// All records within records, and in them no more than there must be.
    Hollow,
    /// Enum values that nobody knows.
    UnknownValues,
}

/// Fields that the documents call strings or objects, and say in words what they are.
const TOLD: [(&str, &str, &str); 17] = [
    ("PaymentListRead", "total_amount_with_tax", r#""12.50""#),
    ("PaymentListRead", "tax_amount", r#""1.50""#),
    ("PaymentListRead", "inclusive_tax_amount", r#""1.25""#),
    ("PaymentListRead", "exclusive_tax_amount", r#""0.25""#),
    ("PaymentResponse", "processing_date", r#""2026-03-04""#),
    ("Transaction", "amount", r#""1250""#),
    ("Transaction", "vendor_amount", r#""1250""#),
    ("TransactionFund", "amount", r#""99900""#),
    ("SimpleBill", "due_date", r#""2026-03-04""#),
    ("SimpleBill", "invoice_date", r#""2026-03-04""#),
    ("SimpleBill", "gl_post_date", r#""2026-03-04T00:00:00Z""#),
    ("MarkBillsAsPaid", "payment_date", r#""2026-03-04""#),
    ("PurchaseOrderUpdate", "discount", r#"{"value": 5.25, "type": "amount"}"#),
    ("PurchaseOrderUpdate", "tax", r#"{"value": 7, "type": "percentage"}"#),
    ("OrderItemRead", "order_status", "3"),
    ("PurchaseOrderLineItemRead", "order_status", "3"),
    ("PurchaseOrderReadDocs", "currency", r#""CAD""#),
];

pub fn instance(facts: &Facts, schema: &str, shape: Shape) -> Value {
    let mut map = Map::new();
    for field in facts.schema(schema) {
        // The key of a record is read only, hence never "required", and always there.
        let key = matches!(field.name.as_str(), "id" | "num" | "procurify_PO") || is_wrapper(schema, field);
        let is_record = facts.schemas.contains_key(field.kind.trim_matches(['[', ']']));
        let may_be_null = field.nullable && (shape == Shape::Nulls || shape == Shape::Hollow && !is_record);
        let may_be_absent = shape == Shape::Minimal || shape == Shape::Hollow && !is_record && !may_be_null;
        if may_be_absent && !field.required && !key {
            continue;
        }
        let value = if may_be_null {
            Value::Null
        } else {
            told(schema, field).unwrap_or_else(|| value(facts, &field.kind, shape, &mut map.len()))
        };
        map.insert(field.name.clone(), value);
    }
    if shape == Shape::Extended {
        map.insert("x_unknown".into(), json!({"deep": [1, {"deeper": null}]}));
        map.insert("x_number".into(), json!(12345.678));
    }
    Value::Object(map)
}

/// `data` of lists is not marked as required.
fn is_wrapper(schema: &str, field: &Field) -> bool {
    schema.starts_with("Paginated") && field.name == "data"
}

fn told(schema: &str, field: &Field) -> Option<Value> {
    let (_, _, text) = TOLD.iter().find(|(s, f, _)| *s == schema && *f == field.name && !field.older)?;
    Some(serde_json::from_str(text).unwrap())
}

/// A value of a type; `n` keeps neighbours apart.
fn value(facts: &Facts, kind: &str, shape: Shape, n: &mut usize) -> Value {
    if let Some(inner) = kind.strip_prefix('[').and_then(|kind| kind.strip_suffix(']')) {
        return json!([value(facts, inner, shape, n)]);
    }
    if let Some(values) = facts.enums.get(kind) {
        let unknown = shape == Shape::UnknownValues;
        return match values.base.as_str() {
            "integer" if unknown => json!(987),
            "integer" => json!(values.values[0].parse::<i64>().unwrap()),
            "number" => serde_json::from_str(values.values.last().unwrap()).unwrap(),
            _ if unknown => json!("never heard of"),
            _ => json!(values.values[0]),
        };
    }
    if facts.schemas.contains_key(kind) {
        return instance(facts, kind, shape);
    }
    let n = *n + 1;
    match kind {
        "string" | "string|boolean" => json!(format!("text {n}")),
        "integer" | "integer(int64)" => json!(1000 + n),
        "boolean" => json!(n.is_multiple_of(2)),
        "string(decimal)" => json!(format!("-{n}.0625")),
        "number(double)" | "number(float)" => json!(f64::from(u32::try_from(n).unwrap()) + 0.125),
        "string(date-time)" => json!(format!("2026-03-04T05:06:{:02}.250000Z", n % 60)),
        "string(date)" => json!(format!("2026-03-{:02}", n % 28 + 1)),
        "string(email)" => json!(format!("person{n}@example.com")),
        "string(uuid)" => json!(format!("00112233-4455-6677-8899-{n:012}")),
        "string(uri)" => json!(format!("https://example.com/{n}")),
        "object" | "any" => json!({"key": n}),
        "object {pagination}" => json!({"pagination": pagination()}),
        _ if kind.starts_with("object {count") || kind.starts_with("object") => pagination(),
        other => panic!("no value of type {other:?}"),
    }
}

fn pagination() -> Value {
    json!({"count": 1, "next": null, "previous": null, "page_size": 100, "num_pages": 1, "current_page": 1})
}
