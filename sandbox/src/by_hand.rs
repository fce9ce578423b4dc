//! What a person does to an ERP's purchase orders and supplier invoices past every interface: types one in, changes
//! one, posts or deletes one.

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

/// A supplier's invoice as it is typed in; it comes to what its lines do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedInvoice {
    /// The supplier's number.
    pub supplier: String,
    /// The supplier's number of it.
    pub number: String,
    /// ISO 4217 code.
    pub currency: String,
    /// The day of the invoice.
    pub date: NaiveDate,
    /// What is typed into the field where interfaces leave their reference; mostly nothing.
    pub external_ref: String,
    /// Its lines; each comes to quantity times price.
    pub lines: Vec<TypedLine>,
}

impl TypedInvoice {
    pub(crate) fn total(&self) -> Decimal {
        self.lines.iter().map(TypedLine::amount).sum()
    }
}

impl TypedLine {
    pub(crate) fn amount(&self) -> Decimal {
        self.quantity * self.price
    }
}

/// What is changed of a line; what is `None` stays. An invoice's line has a price alone: its amount.
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
    /// Changes what stands where interfaces leave their reference in an order; answers whether there is one.
    fn refer(&self, number: &str, reference: &str) -> bool;
    /// Types an invoice in, and answers its number.
    fn type_invoice(&self, invoice: &TypedInvoice) -> String;
    /// Deletes an invoice; answers whether there was one that is not in the ledger.
    fn delete_invoice(&self, number: &str) -> bool;
    /// Changes what a line of an invoice comes to (and the whole with it); answers whether there is one.
    fn touch_invoice(&self, number: &str, line: u32, amount: Decimal) -> bool;
    /// Posts an invoice to the ledger; answers whether there was one.
    fn post_invoice(&self, number: &str) -> bool;
}

/// Answers `POST /_sandbox/documents`, `PATCH` and `DELETE /_sandbox/documents/{number}`, and `POST
/// /_sandbox/documents/{number}/post` of an invoice; nothing else.
pub(crate) fn answer(erp: &impl ByHand, call: &Call) -> Option<Reply> {
    let rest = call.path.trim_end_matches('/').strip_prefix(PATH)?;
    let number = rest.strip_prefix('/').unwrap_or_default();
    let found = |there: bool| if there { StatusCode::OK } else { StatusCode::NOT_FOUND };
    match (&call.method, number) {
        (&Method::POST, "") => Some(match typed(erp, &call.body) {
            Ok(number) => Reply::json(StatusCode::CREATED, &json!({ "added": [{ "number": number }] })),
            Err(error) => Reply::json(StatusCode::BAD_REQUEST, &json!({ "error": error })),
        }),
        (&Method::POST, number) => {
            let there = erp.post_invoice(number.strip_suffix("/post")?);
            Some(Reply::json(found(there), &json!({ "posted": there })))
        }
        (&Method::DELETE, number) if !number.is_empty() => {
            let there = erp.delete_order(number) || erp.delete_invoice(number);
            Some(Reply::json(found(there), &json!({ "deleted": there })))
        }
        (&Method::PATCH, number) if !number.is_empty() => Some(match changes(&call.body) {
            Ok(touch) => {
                let amount = |price| erp.touch_invoice(number, touch.line, price);
                let there = erp.touch(number, touch) || touch.price.is_some_and(amount);
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

/// Types in an order, or an invoice if the body says so.
fn typed(erp: &impl ByHand, body: &[u8]) -> Result<String, String> {
    let body = object(body)?;
    let order = order(&body)?;
    if member(&body, &["kind"]).as_deref() != Some("invoice") {
        return Ok(erp.type_order(&order));
    }
    let TypedOrder { supplier, currency, date, external_ref, lines } = order;
    let number = member(&body, &["number"]).ok_or("an invoice needs a `number`")?;
    Ok(erp.type_invoice(&TypedInvoice { supplier, number, currency, date, external_ref, lines }))
}

/// `{"supplier", "currency", "date", "external_ref", "lines": [{"quantity", "price", "account"}]}`; with `"kind":
/// "invoice"` and the supplier's `"number"` an invoice.
fn order(order: &Map<String, Value>) -> Result<TypedOrder, String> {
    let needed = |name: &str| member(order, &[name]).ok_or_else(|| format!("an order needs a `{name}`"));
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
        currency: member(order, &["currency"]).unwrap_or_else(|| "CAD".to_owned()),
        date: needed("date")?.parse().map_err(|_| "`date` is a day such as 2026-11-24")?,
        external_ref: member(order, &["external_ref"]).unwrap_or_default(),
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
