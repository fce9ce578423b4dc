//! Whole answers, spoilt, as the client meets them: envelopes, pagination, tokens, errors, kept cursors.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::TryStreamExt;
use procurify_client::{Cursor, Limiter, MarkBillsAsPaid, ProcurifyClient, RetryPolicy, Timeouts, Uuid, VendorId};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::facts::Facts;
use super::instances::{Shape, instance};

/// What is read in another way than a record by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whole {
    List,
    WrappedList,
    ListWithPaginationAtTheTop,
    Single,
    Metadata,
    BareWrite,
    Token,
    Error,
    Csv,
    Cursor,
}

impl Whole {
    pub const ALL: [Self; 10] = [
        Self::List,
        Self::WrappedList,
        Self::ListWithPaginationAtTheTop,
        Self::Single,
        Self::Metadata,
        Self::BareWrite,
        Self::Token,
        Self::Error,
        Self::Csv,
        Self::Cursor,
    ];

    /// What is read.
    pub fn bytes(self, facts: &Facts) -> Vec<u8> {
        match self.unspoilt(facts) {
            Value::String(text) => text.into_bytes(),
            value => value.to_string().into_bytes(),
        }
    }

    /// What is to be spoilt.
    pub fn unspoilt(self, facts: &Facts) -> Value {
        let pagination = json!({"count": 7, "next": "https://acme.example/api/?page=2", "previous": null,
            "page_size": 1, "num_pages": 7, "current_page": 1});
        let vendor = || instance(facts, "OptimizedVendor", Shape::Full);
        match self {
            Self::List => json!({"metadata": {"pagination": pagination}, "data": [vendor()]}),
            Self::WrappedList => {
                let place = instance(facts, "LocationView", Shape::Full);
                json!({"metadata": {"pagination": pagination}, "data": [{"metadata": {}, "data": [place]}]})
            }
            Self::ListWithPaginationAtTheTop => json!({"pagination": pagination, "data": [vendor()]}),
            Self::Single => json!({"metadata": {}, "data": instance(facts, "VendorDetail", Shape::Full)}),
            Self::Metadata => json!({"metadata": instance(facts, "SingleBillMetadataDocs", Shape::Full), "data": {}}),
            Self::BareWrite => instance(facts, "MarkBillsAsPaid", Shape::Full),
            Self::Token => json!({"access_token": "t", "scope": "s", "expires_in": 86400, "token_type": "Bearer"}),
            Self::Error => json!({"detail": "No.", "message": "m", "errors": {"lines": [{"price": ["Too big."]}]}}),
            Self::Csv => json!("id,name\r\n1,\"A\r\n\"\r\n2,\"B \"\"b\"\"\"\r\n"),
            Self::Cursor => json!({"since": "2026-03-04T05:06:07.123456Z",
                "scan": {"started": "2026-03-04T05:06:07Z", "read": 40, "last": 12}}),
        }
    }
}

/// A server that answers what it is told to, and clients of it.
pub struct Spoilt {
    url: String,
    told: Arc<Mutex<Told>>,
    client: ProcurifyClient,
}

struct Told {
    status: u16,
    kind: &'static str,
    token: Vec<u8>,
    body: Vec<u8>,
}

impl Spoilt {
    pub async fn start(facts: &Facts) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let token = Whole::Token.unspoilt(facts).to_string().into_bytes();
        let told = Arc::new(Mutex::new(Told { status: 200, kind: "application/json", token, body: Vec::new() }));
        let answers = Arc::clone(&told);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&answers)));
            }
        });
        let client = client(&url);
        Self { url, told, client }
    }

    /// Whether it was read; what was not is an error.
    pub async fn read(&self, what: Whole, bytes: Vec<u8>) -> bool {
        let page = || json!({"metadata": {"pagination": {"count": 1, "num_pages": 1, "current_page": 1}}, "data": []});
        {
            let mut told = self.told.lock().unwrap();
            told.status = if what == Whole::Error { [400, 403, 404, 409, 422][bytes.len() % 5] } else { 200 };
            told.kind = if what == Whole::Csv { "text/csv" } else { "application/json" };
            match what {
                Whole::Token => {
                    told.token.clone_from(&bytes);
                    told.body = page().to_string().into_bytes();
                }
                Whole::Cursor => told.body = page().to_string().into_bytes(),
                _ => told.body.clone_from(&bytes),
            }
        }
        let (c, uuid) = (&self.client, Uuid::from("00112233-4455-6677-8899-aabbccddeeff"));
        match what {
            Whole::List | Whole::ListWithPaginationAtTheTop => c.vendors().list().send_page(1).await.is_ok(),
            Whole::WrappedList => c.locations().list().send_page(1).await.is_ok(),
            Whole::Single | Whole::Error => c.vendors().get(VendorId(1)).await.is_ok(),
            Whole::Metadata => c.bills().metadata(&uuid).await.is_ok(),
            Whole::BareWrite => {
                let body = MarkBillsAsPaid::new([uuid], "2026-03-04".parse().unwrap());
                c.bills().mark_as_paid(&body).await.is_ok()
            }
            Whole::Token => client(&self.url).vendors().list().send_page(1).await.is_ok(),
            Whole::Csv => match c.vendors().list().csv().await {
                Ok(csv) => csv.try_collect::<Vec<_>>().await.is_ok(),
                Err(_) => false,
            },
            Whole::Cursor => match serde_json::from_slice::<Cursor>(&bytes) {
                Ok(cursor) => {
                    let orders = c.purchase_orders().changes_since(&cursor).batches().try_next().await;
                    let payments = c.payments().changes_since(&cursor).batches().try_next().await;
                    orders.is_ok() && payments.is_ok()
                }
                Err(_) => false,
            },
        }
    }
}

fn client(url: &str) -> ProcurifyClient {
    ProcurifyClient::builder("acme")
        .base_url(url.parse().unwrap())
        .credentials("app-id", "app-secret")
        .limiter(Limiter::unlimited())
        .retry(RetryPolicy::none())
        .timeouts(Timeouts { request: Duration::from_secs(5), ..Timeouts::default() })
        .build()
        .unwrap()
}

/// Answers the calls of a connection, one after the other.
async fn answer(stream: TcpStream, told: Arc<Mutex<Told>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut first, mut line, mut length) = (String::new(), String::new(), 0);
        stream.read_line(&mut first).await.ok().filter(|read| *read > 0)?;
        while line != "\r\n" {
            line.clear();
            stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
            if let Some(announced) = line.to_lowercase().strip_prefix("content-length:") {
                length = announced.trim().parse().ok()?;
            }
        }
        stream.read_exact(&mut vec![0; length]).await.ok()?;
        let answer = {
            let told = told.lock().unwrap();
            let of_token = first.contains("/oauth/token");
            // How many there are is asked for as JSON, and read in the same way as any list.
            let is_count = told.kind == "text/csv" && !first.contains("format=csv");
            let count = br#"{"metadata": {"pagination": {"count": 4, "num_pages": 4}}, "data": []}"#.to_vec();
            let (body, status, kind) = match (of_token, is_count) {
                (true, _) => (&told.token, 200, "application/json"),
                (_, true) => (&count, 200, "application/json"),
                _ => (&told.body, told.status, told.kind),
            };
            let date = "date: Wed, 04 Mar 2026 10:00:00 GMT";
            let head = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\n{date}\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            [head.as_bytes(), body].concat()
        };
        stream.get_mut().write_all(&answer).await.ok()?;
    }
}
