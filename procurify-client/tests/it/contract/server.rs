//! A server that knows the facts: it answers each operation with a generated instance.

use std::sync::Arc;

use procurify_client::ProcurifyClient;
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::calls;
use super::facts::Facts;
use super::instances::{Shape, instance};
use crate::support;

/// One call as it arrived.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub body: Value,
}

struct Tenant(Arc<Facts>);

impl Respond for Tenant {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        if request.url.path() == "/oauth/token" {
            return ResponseTemplate::new(200).set_body_json(support::token("token-1"));
        }
        let Some(operation) = self.0.operation(request.method.as_str(), request.url.path()) else {
            return ResponseTemplate::new(404).set_body_json(json!({"detail": "no such operation"}));
        };
        if request.url.query_pairs().any(|pair| pair == ("format".into(), "csv".into())) {
            return ResponseTemplate::new(200).set_body_raw("id\r\n1\r\n", "text/csv");
        }
        match &operation.answer {
            Some(answer) => ResponseTemplate::new(200).set_body_json(instance(&self.0, answer, Shape::Full)),
            None => ResponseTemplate::new(204),
        }
    }
}

/// Makes every call of the client, and gives what arrived.
pub async fn all_calls(facts: &Arc<Facts>) -> Vec<Seen> {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(Tenant(Arc::clone(facts))).mount(&server).await;
    let client: ProcurifyClient = support::client(&server);
    calls::reads(&client).await;
    calls::enumerated(&client).await;
    calls::writes(&client).await;
    let requests = server.received_requests().await.unwrap();
    requests
        .iter()
        .filter(|request| request.url.path() != "/oauth/token")
        .map(|request| Seen {
            method: request.method.to_string(),
            path: request.url.path().to_owned(),
            query: request.url.query_pairs().into_owned().collect(),
            body: serde_json::from_slice(&request.body).unwrap_or(Value::Null),
        })
        .collect()
}
