//! Pages by number, in the tenant's envelope.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::query::Query;
use crate::http::{Call, Reply};

/// Which part of a list a call asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    /// From 1; `None` when it is not a number.
    number: Option<usize>,
    size: usize,
    as_csv: bool,
}

impl Page {
    /// A page size that is no number counts as none; one that is too large is cut down.
    pub(super) fn new(query: &Query, default: usize, max: usize) -> Self {
        let size = query.text("page_size").and_then(|text| text.parse().ok()).filter(|&size: &usize| size > 0);
        let number = query.text("page").map_or(Some(1), |text| text.parse().ok());
        let as_csv = query.text("format") == Some("csv");
        Self { number, size: size.unwrap_or(default).min(max).max(1), as_csv }
    }

    /// The rows' range, or the 404 for a page that does not exist. An empty list has one page.
    fn range(self, count: usize) -> Result<std::ops::Range<usize>, Reply> {
        let pages = count.div_ceil(self.size).max(1);
        match self.number {
            Some(number) if (1..=pages).contains(&number) => {
                let start = (number - 1) * self.size;
                Ok(start..count.min(start + self.size))
            }
            _ => Err(Reply::json(StatusCode::NOT_FOUND, &json!({ "detail": "Invalid page." }))),
        }
    }

    /// The page of `rows`, each rendered only when it is on it.
    pub(super) fn reply<T>(self, call: &Call, rows: &[T], render: impl Fn(&T) -> Value) -> Reply {
        self.reply_with(call, rows, json!({}), render)
    }

    /// As [`Self::reply`], with more metadata beside the pagination.
    pub(super) fn reply_with<T>(self, call: &Call, rows: &[T], metadata: Value, render: impl Fn(&T) -> Value) -> Reply {
        let range = match self.range(rows.len()) {
            Ok(range) => range,
            Err(reply) => return reply,
        };
        let data: Vec<Value> = rows[range].iter().map(render).collect();
        self.envelope(call, rows.len(), metadata, &data)
    }

    /// The page of a list of `count` rows which `load` makes a range of.
    pub(super) fn reply_lazily(
        self,
        call: &Call,
        count: usize,
        load: impl Fn(std::ops::Range<usize>) -> Vec<Value>,
    ) -> Reply {
        match self.range(count) {
            Ok(range) => self.envelope(call, count, json!({}), &load(range)),
            Err(reply) => reply,
        }
    }

    fn envelope(self, call: &Call, count: usize, mut metadata: Value, data: &[Value]) -> Reply {
        if self.as_csv {
            return Reply::csv(table(data));
        }
        let pages = count.div_ceil(self.size).max(1);
        let current = self.number.unwrap_or(1);
        metadata["pagination"] = json!({
            "count": count,
            "next": (current < pages).then(|| link(call, current + 1)),
            "previous": (current > 1).then(|| link(call, current - 1)),
            "page_size": self.size,
            "num_pages": pages,
            "current_page": current,
        });
        Reply::ok(&json!({ "metadata": metadata, "data": data }))
    }
}

/// Rows as CSV, in the columns of the first; records within them are left as JSON.
fn table(rows: &[Value]) -> String {
    let columns: Vec<&String> =
        rows.first().and_then(Value::as_object).into_iter().flat_map(|row| row.keys()).collect();
    let head = columns.iter().map(|name| cell(&json!(name))).collect::<Vec<_>>();
    let cells = |row: &Value| columns.iter().map(|name| cell(&row[name.as_str()])).collect::<Vec<_>>();
    let lines = std::iter::once(head).chain(rows.iter().map(cells));
    lines.map(|cells| cells.join(",") + "\r\n").collect()
}

fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// The same call for another page, as a full URL.
fn link(call: &Call, page: usize) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in url::form_urlencoded::parse(call.query.as_bytes()) {
        if name != "page" {
            query.append_pair(&name, &value);
        }
    }
    query.append_pair("page", &page.to_string());
    format!("http://{}{}?{}", call.header("host").unwrap_or("127.0.0.1"), call.path, query.finish())
}
