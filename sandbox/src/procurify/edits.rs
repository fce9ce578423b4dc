//! What a buyer does to one order: `POST /_sandbox/orders/{number}`.

use hyper::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::tenant::ProcurifyTenant;
use crate::Edit;
use crate::http::{Call, Reply};
use crate::m3::control::member;

impl ProcurifyTenant {
    pub(super) fn edit(&self, order: u64, edit: Edit) -> bool {
        self.data().orders.edit(order, edit, self.clock.now())
    }

    /// `{"do": "quantity", "line": 2, "quantity": "5"}`, `price`, `unit`, `rename` (to a `name`), `add_line`,
    /// `remove_line`, `blanket`, `receive`, `promise` (after `days`), `freight`, `{"do": "discount", "amount": "12.50"}`,
    /// `cancel`, `close`, `close_short`, `reopen`.
    pub(super) fn edit_call(&self, call: &Call) -> Option<Reply> {
        let number = call.path.trim_end_matches('/').strip_prefix("/_sandbox/orders/")?;
        if call.method != Method::POST {
            return Some(Reply::empty(StatusCode::METHOD_NOT_ALLOWED));
        }
        let done = match (number.parse(), read(&call.body)) {
            (Ok(number), Ok(edit)) => self.edit(number, edit),
            (Err(_), _) => false,
            (_, Err(error)) => return Some(Reply::json(StatusCode::BAD_REQUEST, &json!({ "detail": error }))),
        };
        let status = if done { StatusCode::OK } else { StatusCode::NOT_FOUND };
        Some(Reply::json(status, &json!({ "done": done })))
    }
}

fn read(body: &[u8]) -> Result<Edit, String> {
    let body: Map<String, Value> = serde_json::from_slice(body).map_err(|error| format!("send an object: {error}"))?;
    let line = || member(&body, &["line"]).and_then(|line| line.parse().ok()).ok_or("say which `line`");
    let quantity = || member(&body, &["quantity"]).and_then(|text| text.parse().ok()).ok_or("say which `quantity`");
    let amount = || member(&body, &["amount"]).and_then(|text| text.parse().ok()).ok_or("say which `amount`");
    Ok(match member(&body, &["do"]).as_deref() {
        Some("quantity") => Edit::Quantity { line: line()?, quantity: quantity()? },
        Some("price") => {
            let price = member(&body, &["price"]).and_then(|text| text.parse().ok()).ok_or("say which `price`")?;
            Edit::Price { line: line()?, price }
        }
        Some("unit") => Edit::Unit { line: line()?, unit: member(&body, &["unit"]).ok_or("say which `unit`")? },
        Some("rename") => Edit::Rename { line: line()?, name: member(&body, &["name"]).ok_or("say which `name`")? },
        Some("receive") => Edit::Receive { line: line()?, quantity: quantity()? },
        Some("blanket") => Edit::Blanket { line: line()? },
        Some("promise") => {
            let days =
                member(&body, &["days"]).and_then(|text| text.parse().ok()).ok_or("say after how many `days`")?;
            Edit::Promise { days }
        }
        Some("freight") => Edit::Freight { amount: amount()? },
        Some("discount") => Edit::Discount { amount: amount()? },
        Some("add_line") => Edit::AddLine,
        Some("remove_line") => Edit::RemoveLine { line: line()? },
        Some("cancel") => Edit::Cancel,
        Some("close") => Edit::Close,
        Some("close_short") => Edit::CloseShort,
        Some("reopen") => Edit::Reopen,
        _ => {
            return Err(
                "`do` is quantity, price, unit, rename, receive, blanket, add_line, remove_line, promise, freight, \
                 discount, cancel, close, close_short or reopen"
                    .to_owned(),
            );
        }
    })
}
