//! The gateway and the services: whose call it is, and what it asks for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::StatusCode;
use serde_json::{Value, json};

use super::ODataConfig;
use super::model::SETS;
use super::request::Request;
use super::store::Store;
use super::{batch, multipart};
use crate::clock::Clock;
use crate::control::{self, Erp};
use crate::faults::{CallKind, Fault};
use crate::front::Tenant;
use crate::http::{Call, Reply};
use crate::m3::gateway::{Gateway, GatewayConfig};
use crate::{Account, Document, Scenario, Supplier};

const ROOT: &str = "/LN/lnapi/odata/";

/// A gateway with one company's services behind it.
pub(super) struct ODataTenant {
    pub(super) config: ODataConfig,
    pub(super) gateway: Gateway,
    clock: Arc<Clock>,
    store: Mutex<Store>,
}

impl ODataTenant {
    pub(super) fn new(config: ODataConfig, clock: Arc<Clock>) -> Self {
        let gateway = Gateway::new(GatewayConfig {
            tenant: config.tenant.clone(),
            seed: config.scenario.seed,
            token_lifetime: config.token_lifetime,
            expires_in_text: false,
            refresh_tokens: config.refresh_tokens,
            logins_per_minute: config.logins_per_minute,
            retry_after: config.retry_after,
        });
        let store = Mutex::new(Store::new(&config, clock.now()));
        Self { config, gateway, clock, store }
    }

    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        store.now = self.clock.now();
        store
    }

    pub(super) fn remove_supplier(&self, number: &str) {
        self.store().remove_supplier(number);
    }

    /// Service and target of a call.
    fn target<'a>(&self, path: &'a str) -> Option<(&'a str, &'a str)> {
        self.gateway.rest(path)?.strip_prefix(ROOT)?.split_once('/')
    }

    fn page_size(&self, call: &Call) -> usize {
        let wished = call.header("prefer").and_then(|prefer| prefer.split_once("maxpagesize="));
        let wished = wished.and_then(|(_, size)| size.parse().ok()).unwrap_or(usize::MAX);
        self.config.page_size.min(wished).max(1)
    }

    fn single(&self, call: &Call, service: &str, target: &str) -> Reply {
        let decoded = decode(target);
        let body = (!call.body.is_empty()).then(|| serde_json::from_slice::<Value>(&call.body));
        let body = match body.transpose() {
            Ok(body) => body,
            Err(error) => return self.error(StatusCode::BAD_REQUEST, &error.to_string()),
        };
        let request = Request {
            method: call.method.as_str(),
            service,
            target: &decoded,
            query: url::form_urlencoded::parse(call.query.as_bytes()).into_owned().collect(),
            if_match: call.header("if-match"),
            body: body.as_ref(),
        };
        let host = call.header("host").unwrap_or_default();
        let link = |query: &str| {
            if self.config.relative_links {
                format!("{}?{query}", target.rsplit('/').next().unwrap_or_default())
            } else {
                format!("http://{host}{}?{query}", call.path)
            }
        };
        let answer = request.run(&mut self.store(), self.page_size(call), &link);
        let mut answer = answer;
        self.cut_lines(&mut answer.body, service, call.header("host").unwrap_or_default());
        let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let reply = if answer.body.is_null() { Reply::empty(status) } else { Reply::json(status, &answer.body) };
        match answer.etag {
            Some(etag) => reply.with("etag", &etag),
            None => reply,
        }
    }

    /// Shows no more lines of an entity than a page of them has, and where the others are.
    fn cut_lines(&self, body: &mut Value, service: &str, host: &str) {
        let page = self.config.expanded_page_size;
        let entities = match body.get_mut("value").and_then(Value::as_array_mut) {
            Some(entities) => entities.iter_mut().collect(),
            None => vec![body],
        };
        for entity in entities {
            let Some(lines) = entity.get_mut("Lines").and_then(Value::as_array_mut) else { continue };
            if lines.len() <= page {
                continue;
            }
            lines.truncate(page);
            let set = SETS.iter().find(|set| set.service == service && entity.get(set.key).is_some());
            let Some(set) = set else { continue };
            let target = format!("{}('{}')/Lines?$skip={page}", set.name, entity[set.key].as_str().unwrap_or_default());
            let root = if self.config.relative_links {
                String::new()
            } else {
                format!("http://{host}/{}{ROOT}{service}/", self.config.tenant)
            };
            entity["Lines@odata.nextLink"] = json!(format!("{root}{target}"));
        }
    }

    fn batch(&self, call: &Call, service: &str, fault: Option<Fault>) -> Reply {
        let kind = call.header("content-type").unwrap_or_default();
        let multipart = kind.starts_with("multipart/mixed");
        let groups = if multipart {
            multipart::read(kind, &call.body)
        } else if self.config.json_batches {
            batch::read_json(&call.body).ok_or_else(|| "requests are expected".to_owned())
        } else {
            return self.error(StatusCode::UNSUPPORTED_MEDIA_TYPE, "a batch must be multipart/mixed");
        };
        let groups = match groups {
            Ok(groups) => groups,
            Err(why) => return self.error(StatusCode::BAD_REQUEST, &why),
        };
        if groups.iter().map(|group| group.parts.len()).sum::<usize>() > self.config.max_parts {
            return self.error(StatusCode::PAYLOAD_TOO_LARGE, "too many requests in the batch");
        }
        let whole = self.config.whole_refusals;
        let go_on = !whole && call.header("prefer").is_some_and(|prefer| prefer.contains("continue-on-error"));
        let outcomes = batch::run(groups, service, &mut self.store(), self.config.page_size, go_on, fault);
        if whole && outcomes.iter().any(|outcome| outcome.failed) {
            return self.error(StatusCode::BAD_REQUEST, "a request of the batch cannot be processed");
        }
        if multipart {
            Reply::multipart("batchresponse", batch::write_multipart(&outcomes))
        } else {
            Reply::ok(&batch::write_json(&outcomes))
        }
    }
}

/// Percent-decoded; a plus is a plus in a path.
pub(super) fn decode(text: &str) -> String {
    let escaped = text.replace('+', "%2B");
    url::form_urlencoded::parse(escaped.as_bytes())
        .map(|(name, value)| if value.is_empty() { name.into_owned() } else { format!("{name}={value}") })
        .collect()
}

impl Erp for ODataTenant {
    fn scenario(&self) -> &Scenario {
        &self.config.scenario
    }

    fn all_documents(&self) -> Vec<Document> {
        self.store().documents()
    }

    fn add_supplier(&self, supplier: &Supplier) {
        self.store().add_supplier(supplier);
    }

    fn add_account(&self, account: &Account) {
        self.store().add_account(account);
    }
}

impl Tenant for ODataTenant {
    fn operation(&self, call: &Call) -> String {
        match self.target(&call.path) {
            Some((_, target)) => {
                let (set, key) = target.split_once('(').map_or((target, ""), |(set, _)| (set, "({id})"));
                let inner = if target.contains(")/Lines") { "/Lines" } else { "" };
                format!("{} {set}{key}{inner}", call.method)
            }
            None => format!("{} {}", call.method, call.path),
        }
    }

    fn kind(&self, call: &Call) -> CallKind {
        match self.target(&call.path) {
            _ if self.gateway.is_token_call(call) => CallKind::Token,
            Some((_, "$batch")) => CallKind::Bulk,
            _ => CallKind::Single,
        }
    }

    fn answer(&self, call: &Call, fault: Option<Fault>) -> Reply {
        let now = self.clock.now();
        if let Some(reply) = self.gateway.token_answer(call, now) {
            return reply;
        }
        if !self.gateway.admits(call, now) {
            return Reply::json(StatusCode::UNAUTHORIZED, &json!({ "error": "Unauthorized" }));
        }
        if call.query.len() > self.config.max_query {
            return Reply::html(StatusCode::URI_TOO_LONG, "414 Request-URI Too Long");
        }
        let Some((service, target)) = self.target(&call.path) else {
            return Reply::json(StatusCode::NOT_FOUND, &json!({ "error": "No such service in this tenant." }));
        };
        if call.header("x-infor-lncompany") != Some(self.config.company.as_str()) {
            return self.error(StatusCode::BAD_REQUEST, "X-Infor-LnCompany does not name a company of this tenant");
        }
        if let Some((name, value)) = &self.config.demanded_header
            && call.header(name) != Some(value.as_str())
        {
            return self.error(StatusCode::FORBIDDEN, &format!("{name} does not name an identity"));
        }
        if target == "$batch" { self.batch(call, service, fault) } else { self.single(call, service, target) }
    }

    fn expire(&self, call: &Call) {
        self.gateway.expire(call);
    }

    fn control(&self, call: &Call) -> Reply {
        control::answer(self, call)
    }

    fn writes(&self) -> BTreeMap<String, u64> {
        self.store().writes.clone()
    }

    fn documents(&self) -> BTreeMap<String, u64> {
        let store = self.store();
        let count = |set: &str| store.len(set) as u64;
        [("purchase_order".to_owned(), count("Orders")), ("invoice".to_owned(), count("Invoices"))].into()
    }

    fn error(&self, status: StatusCode, text: &str) -> Reply {
        Reply::json(status, &json!({ "error": { "code": status.as_str(), "message": text } }))
    }
}
