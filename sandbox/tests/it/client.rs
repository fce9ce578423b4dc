//! The smallest HTTP client that shows how a call ended.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::TokioIo;
use sandbox::{M3, M3Config, Procurify, ProcurifyConfig, Scenario};
use serde_json::{Value, json};

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {:?}", String::from_utf8_lossy(&self.body)))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Sends one call on a connection of its own; an error is a connection that broke.
pub async fn try_send(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Result<Answer, hyper::Error> {
    let url: url::Url = url.parse().unwrap();
    let authority = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    let stream = tokio::net::TcpStream::connect(&authority).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let target = url.as_str().split_once(&authority).unwrap().1;
    let mut request = Request::builder().method(method).uri(target).header("host", authority);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body.into())).unwrap();
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(Answer { status: head.status, headers: head.headers, body })
}

pub async fn send(method: &str, url: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
    try_send(method, url, headers, body).await.unwrap()
}

pub fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

pub const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
pub const JSON: (&str, &str) = ("content-type", "application/json");

pub fn small() -> Scenario {
    Scenario { orders: 60, lines: 3, bills: 7, ..Scenario::default() }
}

/// A caller of a Procurify tenant that has its token.
pub struct Caller {
    pub tenant: Procurify,
    pub bearer: String,
}

impl Caller {
    pub async fn new(config: ProcurifyConfig) -> Self {
        let tenant = Procurify::start(config).await.unwrap();
        let answer = send(
            "POST",
            &format!("{}/oauth/token", tenant.base_url()),
            &[JSON],
            json!({
                "client_id": "sandbox", "client_secret": "sandbox",
                "audience": "https://api.procurify.com/", "grant_type": "client_credentials",
            })
            .to_string(),
        )
        .await;
        assert_eq!(answer.status, StatusCode::OK);
        let bearer = format!("Bearer {}", answer.json()["access_token"].as_str().unwrap());
        Self { tenant, bearer }
    }

    pub async fn small() -> Self {
        Self::new(ProcurifyConfig { scenario: small(), ..ProcurifyConfig::default() }).await
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.tenant.base_url())
    }

    pub fn headers(&self) -> [(&str, &str); 2] {
        [("authorization", &self.bearer), ("x-procurify-client", "api")]
    }

    pub async fn try_get(&self, path: &str) -> Result<Answer, hyper::Error> {
        try_send("GET", &self.url(path), &self.headers(), "").await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.try_get(path).await.unwrap()
    }

    pub async fn rows(&self, path: &str) -> Vec<Value> {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        answer.json()["data"].as_array().unwrap().clone()
    }
}

/// A caller of an M3 tenant that has its token.
pub struct Clerk {
    pub tenant: M3,
    pub bearer: String,
    pub ionapi: Value,
}

impl Clerk {
    pub async fn new(config: M3Config) -> Self {
        let tenant = M3::start(config).await.unwrap();
        let ionapi: Value = serde_json::from_str(&tenant.ionapi_json()).unwrap();
        let mut clerk = Self { tenant, bearer: String::new(), ionapi };
        clerk.log_in().await;
        clerk
    }

    pub async fn small() -> Self {
        Self::new(M3Config { scenario: small(), ..M3Config::default() }).await
    }

    pub fn key(&self, name: &str) -> &str {
        self.ionapi[name].as_str().unwrap()
    }

    pub async fn log_in(&mut self) {
        let answer = self.token(&self.login()).await;
        assert_eq!(answer.status, StatusCode::OK);
        self.bearer = format!("Bearer {}", answer.json()["access_token"].as_str().unwrap());
    }

    pub fn login(&self) -> [(&str, &str); 5] {
        [
            ("grant_type", "password"),
            ("username", self.key("saak")),
            ("password", self.key("sask")),
            ("client_id", self.key("ci")),
            ("client_secret", self.key("cs")),
        ]
    }

    pub async fn token(&self, fields: &[(&str, &str)]) -> Answer {
        let url = format!("{}{}", self.key("pu"), self.key("ot"));
        send("POST", &url, &[FORM], form(fields)).await
    }

    fn execute(&self) -> String {
        format!("{}/{}/M3/m3api-rest/v2/execute", self.key("iu"), self.key("ti"))
    }

    pub async fn try_get(&self, call: &str) -> Result<Answer, hyper::Error> {
        let url = format!("{}/{call}", self.execute());
        try_send("GET", &url, &[("authorization", &self.bearer)], "").await
    }

    pub async fn get(&self, call: &str) -> Answer {
        self.try_get(call).await.unwrap()
    }

    /// The only result of a GET.
    pub async fn one(&self, call: &str) -> Value {
        let answer = self.get(call).await;
        assert_eq!(answer.status, StatusCode::OK, "{call}");
        answer.json()["results"][0].clone()
    }

    pub async fn try_post(&self, body: String) -> Result<Answer, hyper::Error> {
        let url = format!("{}?righttrim=true&excludeempty=true&maxrecs=0", self.execute());
        try_send("POST", &url, &[("authorization", &self.bearer), JSON], body).await
    }

    pub async fn post(&self, program: &str, transactions: &[(&str, Value)]) -> Answer {
        self.try_post(body(program, transactions)).await.unwrap()
    }

    pub async fn bulk(&self, program: &str, transactions: &[(&str, Value)]) -> Vec<Value> {
        let answer = self.post(program, transactions).await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.json()["results"].as_array().unwrap().clone()
    }

    /// Opens a message and fills it with one order of one line.
    pub async fn staged(&self, reference: &str) -> String {
        self.staged_on(reference, "S10001", "60100").await
    }

    pub async fn staged_on(&self, reference: &str, supplier: &str, account: &str) -> String {
        let started = self.bulk("PPS370MI", &[("StartEntry", json!({ "BAOR": "PFY" }))]).await;
        let message = started[0]["records"][0]["MSGN"].as_str().unwrap().to_owned();
        let results = self.bulk("PPS370MI", &order(&message, reference, supplier, account)).await;
        assert!(results.iter().all(|result| result.get("errorMessage").is_none()), "{results:?}");
        message
    }

    pub async fn finish(&self, message: &str) -> Value {
        self.bulk("PPS370MI", &[("FinishEntry", json!({ "MSGN": message }))]).await.remove(0)
    }
}

pub fn order(message: &str, reference: &str, supplier: &str, account: &str) -> [(&'static str, Value); 3] {
    [
        (
            "AddHead",
            json!({
                "MSGN": message, "FACI": "A01", "WHLO": "001", "SUNO": supplier,
                "DWDT": "20261130", "HREF": "H1", "YRE1": reference, "CUCD": "CAD",
            }),
        ),
        (
            "AddLine",
            json!({
                "MSGN": message, "HREF": "H1", "LREF": "1", "ITNO": "SERVICE",
                "ORQA": "2.5", "PUPR": "10.0250", "PITD": "Bolts",
            }),
        ),
        (
            "AddAccString",
            json!({
                "MSGN": message, "HREF": "H1", "LREF": "1", "AIT1": account, "AIT2": "CC100",
            }),
        ),
    ]
}

pub fn body(program: &str, transactions: &[(&str, Value)]) -> String {
    let transactions: Vec<Value> =
        transactions.iter().map(|(name, record)| json!({ "transaction": name, "record": record })).collect();
    format!(r#"{{"program": "{program}", "cono": 100, "divi": "AAA", "transactions": {}}}"#, json!(transactions))
}
