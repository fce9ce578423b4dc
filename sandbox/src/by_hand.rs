//! What a person does to an ERP's purchase orders past every interface: types one in, changes one, deletes one.

use chrono::NaiveDate;
use hyper::{Method, StatusCode};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::http::{Call, Reply};
use crate::m3::control::member;

const PATH: &str = "/_sandbox/documents";

/// An order as it is typed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedOrder {
    /// The supplier's number.
    pub supplier: String,
    /// ISO 4217 code.
    pub currency: String,
    /// The order's day.
    pub date: NaiveDate,
    /// What is typed into the field where interfaces leave their reference; mostly nothing.
    pub external_ref: String,
    /// Its lines.
    pub lines: Vec<TypedLine>,
}

/// A line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedLine {
    /// How many.
    pub quantity: Decimal,
    /// The price of one.
    pub price: Decimal,
    /// The GL account.
    pub account: String,
}

/// What is changed of an order's line; what is `None` stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Touch {
    /// The line's number.
    pub line: u32,
    /// How many are ordered.
    pub quantity: Option<Decimal>,
    /// The price of one.
    pub price: Option<Decimal>,
    /// How many have come.
    pub received: Option<Decimal>,
}

/// An ERP as a person at its screens works with it.
pub(crate) trait ByHand {
    /// Types an order in, and answers its number.
    fn type_order(&self, order: &TypedOrder) -> String;
    /// Deletes an order, whatever has become of it; answers whether there was one.
    fn delete_order(&self, number: &str) -> bool;
    /// Changes a line; answers whether there is one.
    fn touch(&self, number: &str, touch: Touch) -> bool;
}

/// Answers `POST /_sandbox/documents` and `PATCH` and `DELETE /_sandbox/documents/{number}`; nothing else.
pub(crate) fn answer(erp: &impl ByHand, call: &Call) -> Option<Reply> {
    let rest = call.path.trim_end_matches('/').strip_prefix(PATH)?;
    let number = rest.strip_prefix('/').unwrap_or_default();
    let found = |there: bool| if there { StatusCode::OK } else { StatusCode::NOT_FOUND };
    match (&call.method, number) {
        (&Method::POST, "") => Some(match order(&call.body) {
            Ok(order) => Reply::json(StatusCode::CREATED, &json!({ "added": [{ "number": erp.type_order(&order) }] })),
            Err(error) => Reply::json(StatusCode::BAD_REQUEST, &json!({ "error": error })),
        }),
        (&Method::DELETE, number) if !number.is_empty() => {
            let there = erp.delete_order(number);
            Some(Reply::json(found(there), &json!({ "deleted": there })))
        }
        (&Method::PATCH, number) if !number.is_empty() => Some(match changes(&call.body) {
            Ok(touch) => {
                let there = erp.touch(number, touch);
                Reply::json(found(there), &json!({ "changed": there }))
            }
            Err(error) => Reply::json(StatusCode::BAD_REQUEST, &json!({ "error": error })),
        }),
        _ => None,
    }
}

fn object(body: &[u8]) -> Result<Map<String, Value>, String> {
    serde_json::from_slice(body).map_err(|error| format!("send a JSON object: {error}"))
}

fn decimal(object: &Map<String, Value>, name: &str) -> Result<Option<Decimal>, String> {
    let parse = |text: String| text.parse().map_err(|_| format!("`{name}` is no number"));
    member(object, &[name]).map(parse).transpose()
}

/// `{"supplier", "currency", "date", "external_ref", "lines": [{"quantity", "price", "account"}]}`.
fn order(body: &[u8]) -> Result<TypedOrder, String> {
    let order = object(body)?;
    let needed = |name: &str| member(&order, &[name]).ok_or_else(|| format!("an order needs a `{name}`"));
    let line = |line: &Value| {
        let line = line.as_object().ok_or("a line is an object")?;
        Ok(TypedLine {
            quantity: decimal(line, "quantity")?.unwrap_or(Decimal::ONE),
            price: decimal(line, "price")?.ok_or("a line needs a `price`")?,
            account: member(line, &["account"]).unwrap_or_default(),
        })
    };
    Ok(TypedOrder {
        supplier: needed("supplier")?,
        currency: member(&order, &["currency"]).unwrap_or_else(|| "CAD".to_owned()),
        date: needed("date")?.parse().map_err(|_| "`date` is a day such as 2026-11-24")?,
        external_ref: member(&order, &["external_ref"]).unwrap_or_default(),
        lines: order
            .get("lines")
            .and_then(Value::as_array)
            .ok_or("an order needs `lines`")?
            .iter()
            .map(line)
            .collect::<Result<_, String>>()?,
    })
}

/// `{"line", "quantity", "price", "received"}`.
fn changes(body: &[u8]) -> Result<Touch, String> {
    let changes = object(body)?;
    let line = member(&changes, &["line"]).and_then(|line| line.parse().ok()).ok_or("say which `line`")?;
    Ok(Touch {
        line,
        quantity: decimal(&changes, "quantity")?,
        price: decimal(&changes, "price")?,
        received: decimal(&changes, "received")?,
    })
}
