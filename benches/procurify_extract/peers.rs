//! Loops as people write them by hand.

use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{PAGE, Result};

#[derive(Deserialize)]
struct Envelope<T> {
    metadata: Metadata,
    data: Vec<T>,
}

#[derive(Deserialize)]
struct Metadata {
    pagination: Pagination,
}

#[derive(Deserialize)]
struct Pagination {
    num_pages: u64,
}

/// Twenty fields, as somebody in a hurry would take them.
#[derive(Deserialize)]
#[allow(dead_code, non_snake_case)]
pub struct Twenty {
    number: Option<String>,
    uuid: Option<String>,
    procurify_PO: i64,
    PO_Num: Option<String>,
    date: Option<String>,
    vendor_name: Option<String>,
    vendor_city: Option<String>,
    vendor_country: Option<String>,
    payment_terms: Option<String>,
    shipping_terms: Option<String>,
    promise_date: Option<String>,
    subtotal: Option<String>,
    freight: Option<String>,
    total: Option<String>,
    comment: Option<String>,
    state: Option<i64>,
    fulfilment_status: Option<String>,
    last_modified: Option<String>,
    version: Option<i64>,
    item_count: Option<i64>,
}

async fn token(http: &reqwest::Client, port: u16) -> Result<String> {
    let answer = http.post(format!("http://127.0.0.1:{port}/oauth/token")).body("{}").send().await?;
    let answer: Value = serde_json::from_slice(&answer.bytes().await?)?;
    Ok(answer["access_token"].as_str().unwrap_or_default().to_owned())
}

async fn page<T: DeserializeOwned>(http: &reqwest::Client, port: u16, token: &str, n: u64) -> Result<Envelope<T>> {
    let url = format!("http://127.0.0.1:{port}/api/v2/purchase_orders/purchased/all/?page={n}&page_size={PAGE}");
    let request = http.get(url).bearer_auth(token).header("x-procurify-client", "api");
    let body = request.send().await?.error_for_status()?.bytes().await?;
    Ok(serde_json::from_slice(&body)?)
}

/// One page after the other.
pub async fn one_at_a_time<T: DeserializeOwned>(port: u16) -> Result<u64> {
    in_flight::<T>(port, 1).await
}

/// Several pages under way.
pub async fn in_flight<T: DeserializeOwned>(port: u16, width: usize) -> Result<u64> {
    let http = reqwest::Client::new();
    let token = token(&http, port).await?;
    let first: Envelope<T> = page(&http, port, &token, 1).await?;
    let mut records = u64::try_from(first.data.len())?;
    let (http, token) = (&http, token.as_str());
    let pages = stream::iter(2..=first.metadata.pagination.num_pages);
    let mut pages = pages.map(|n| page::<T>(http, port, token, n)).buffered(width);
    while let Some(page) = pages.try_next().await? {
        for record in page.data {
            std::hint::black_box(&record);
            records += 1;
        }
    }
    Ok(records)
}
