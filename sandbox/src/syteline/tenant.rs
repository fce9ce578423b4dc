//! The gateway and the IDO service: whose call it is, and what it asks for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::SyteLineConfig;
use super::load::Load;
use super::site::Site;
use super::update::{self, Body};
use crate::clock::Clock;
use crate::control::{self, Erp};
use crate::faults::{CallKind, Fault, FaultKind};
use crate::front::Tenant;
use crate::http::{Call, Reply};
use crate::m3::gateway::{Gateway, GatewayConfig};
use crate::{Account, Document, Scenario, Supplier};

/// A gateway with one `SyteLine` site behind it.
pub(super) struct SyteLineTenant {
    pub(super) config: SyteLineConfig,
    pub(super) gateway: Gateway,
    clock: Arc<Clock>,
    site: Mutex<Site>,
}

impl SyteLineTenant {
    pub(super) fn new(config: SyteLineConfig, clock: Arc<Clock>) -> Self {
        let gateway = Gateway::new(GatewayConfig {
            tenant: config.tenant.clone(),
            seed: config.scenario.seed,
            token_lifetime: config.token_lifetime,
            expires_in_text: config.expires_in_text,
            refresh_tokens: config.refresh_tokens,
            logins_per_minute: config.logins_per_minute,
            retry_after: config.retry_after,
        });
        let site = Site::new(&config, clock.now().naive_utc());
        Self { config, gateway, clock, site: Mutex::new(site) }
    }

    pub(super) fn site(&self) -> MutexGuard<'_, Site> {
        let mut site = self.site.lock().unwrap_or_else(PoisonError::into_inner);
        site.now = self.clock.now().naive_utc();
        site
    }

    /// Verb and IDO of a call to the service.
    fn target<'a>(&self, path: &'a str) -> Option<(&'a str, &'a str)> {
        let rest = self.gateway.rest(path)?.strip_prefix(self.config.service_path.as_str())?;
        let rest = rest.strip_prefix('/')?.trim_end_matches('/');
        Some(rest.split_once('/').unwrap_or((rest, "")))
    }

    /// What an IDO is usually called; nothing if it is not there under this name.
    fn usual<'a>(&'a self, ido: &'a str) -> Option<&'a str> {
        let renamed = &self.config.renamed;
        match renamed.iter().find(|(_, theirs)| *theirs == ido) {
            Some((usual, _)) => Some(usual),
            None => (!renamed.contains_key(ido)).then_some(ido),
        }
    }

    /// A failure as the service tells it: inside HTTP 200.
    fn refused(&self, message: &str) -> Value {
        let mut body = json!({ "Success": false, "Message": message });
        if self.config.message_codes {
            body["MessageCode"] = json!(16);
        }
        body
    }

    fn load(&self, call: &Call, ido: &str, fault: Option<Fault>) -> Result<Value, String> {
        let site = self.site();
        let parameters: BTreeMap<String, String> = url::form_urlencoded::parse(call.query.as_bytes())
            .map(|(name, value)| (name.to_lowercase(), value.into_owned()))
            .collect();
        let known = site.store.idos.get(ido).ok_or_else(|| format!("IDO {ido} does not exist"))?;
        let mut answer = Load::read(known, &parameters, &site)?.answer(&site);
        let partial = fault.is_some_and(|fault| fault.kind == FaultKind::PartialRecords);
        // Without a record the failure could not be told from a refusal.
        if let Some(items) = answer["Items"].as_array_mut().filter(|items| partial && !items.is_empty()) {
            items.truncate(items.len().div_ceil(2));
            answer["Success"] = json!(false);
            answer["Message"] = json!("The connection to the database was lost.");
        }
        Ok(answer)
    }

    fn update(&self, call: &Call, ido: &str, fault: Option<Fault>) -> Result<Value, String> {
        let body: Body = serde_json::from_slice(&call.body).map_err(|error| error.to_string())?;
        let refresh = url::form_urlencoded::parse(call.query.as_bytes())
            .find(|(name, _)| name.eq_ignore_ascii_case("refresh"))
            .is_none_or(|(_, value)| value.eq_ignore_ascii_case("true"));
        update::run(self, &mut self.site(), ido, &body, refresh, fault)
    }

    /// The one method that is there: whether a vendor's invoice number is taken.
    fn invoke(&self, call: &Call, ido: &str) -> Result<Value, String> {
        let method = url::form_urlencoded::parse(call.query.as_bytes()).find(|(name, _)| name == "method");
        let method = method.map(|(_, method)| method.into_owned()).unwrap_or_default();
        if (ido, method.as_str()) != ("SLAptrxs", "AptrxVerifyInvNumSp") {
            return Err(format!("Method {method} does not exist in IDO {ido}"));
        }
        let mut parameters: Vec<Option<String>> =
            serde_json::from_slice(&call.body).map_err(|error| error.to_string())?;
        let given = |n: usize| parameters.get(n).cloned().flatten().unwrap_or_default();
        let (vendor, invoice) = (given(0), given(1));
        let site = self.site();
        let taken = site.store.starting("SLAptrxs", &[("VendNum", &vendor)]).into_iter().any(|voucher| {
            voucher.get("InvNum").is_some_and(|number| number.trim().eq_ignore_ascii_case(invoice.trim()))
        });
        parameters.resize(parameters.len().max(3), None);
        if taken && let Some(infobar) = parameters.last_mut() {
            *infobar = Some(format!("Invoice {} exists for the vendor.", invoice.trim()));
        }
        let value = if taken { "16" } else { "0" };
        Ok(json!({ "Success": true, "Message": null, "Parameters": parameters, "ReturnValue": value }))
    }

    fn info(&self, ido: &str) -> Result<Value, String> {
        let site = self.site();
        let ido = site.store.idos.get(ido).ok_or_else(|| format!("IDO {ido} does not exist"))?;
        let property = |property: &super::schema::Property| {
            let read_only = property.kind == super::schema::Kind::Shown;
            let kind = match property.kind {
                super::schema::Kind::Number => "Decimal",
                super::schema::Kind::Date => "Date",
                super::schema::Kind::Flag => "Byte",
                _ => "String",
            };
            json!({ "Name": property.name, "DataType": kind, "Length": property.length, "Required": property.required,
                "ReadOnly": read_only })
        };
        let properties: Vec<Value> = ido.properties.iter().map(property).collect();
        let inside: Vec<Value> =
            super::schema::sub_collections(ido.name).iter().map(|(name, _)| json!({ "Name": name })).collect();
        Ok(json!({ "Success": true, "Message": null, "Properties": properties, "Keys": ido.keys,
            "SubCollections": inside }))
    }
}

impl Erp for SyteLineTenant {
    fn scenario(&self) -> &Scenario {
        &self.config.scenario
    }

    fn all_documents(&self) -> Vec<Document> {
        self.site().documents()
    }

    fn add_supplier(&self, supplier: &Supplier) {
        self.site().add_supplier(supplier);
    }

    fn add_account(&self, account: &Account) {
        self.site().add_account(account);
    }
}

impl Tenant for SyteLineTenant {
    fn operation(&self, call: &Call) -> String {
        match self.target(&call.path) {
            Some((verb, ido)) => format!("{} {verb}/{ido}", call.method).trim_end_matches('/').to_owned(),
            None => format!("{} {}", call.method, call.path),
        }
    }

    fn kind(&self, call: &Call) -> CallKind {
        match self.target(&call.path) {
            _ if self.gateway.is_token_call(call) => CallKind::Token,
            // A change alone is made or refused: nothing of it can be left over.
            Some(("update", _)) if update::changes_in(&call.body) > 1 => CallKind::Bulk,
            _ => CallKind::Single,
        }
    }

    fn answer(&self, call: &Call, fault: Option<Fault>) -> Reply {
        let now = self.clock.now();
        if let Some(reply) = self.gateway.token_answer(call, now) {
            return reply;
        }
        if !self.gateway.admits(call, now) {
            return self.error(StatusCode::UNAUTHORIZED, "Unauthorized");
        }
        if call.query.len() > self.config.max_query {
            return Reply::html(StatusCode::URI_TOO_LONG, "414 Request-URI Too Long");
        }
        if call.body.len() > self.config.max_body {
            return Reply::html(StatusCode::PAYLOAD_TOO_LARGE, "413 Content Too Large");
        }
        let Some((verb, ido)) = self.target(&call.path) else {
            return self.error(StatusCode::NOT_FOUND, "No such service in this tenant.");
        };
        let allowed = match verb {
            "load" | "info" | "configurations" => Method::GET,
            "update" | "invoke" => Method::POST,
            _ => return self.error(StatusCode::NOT_FOUND, "No such service in this tenant."),
        };
        if call.method != allowed {
            return Reply::empty(StatusCode::METHOD_NOT_ALLOWED);
        }
        if verb == "configurations" {
            return Reply::ok(
                &json!({ "Success": true, "Message": null, "Configurations": [self.config.configuration] }),
            );
        }
        if call.header("x-infor-mongooseconfig") != Some(self.config.configuration.as_str()) {
            return Reply::ok(&self.refused("The configuration is not valid."));
        }
        let Some(ido) = self.usual(ido) else {
            return Reply::ok(&self.refused(&format!("IDO {ido} does not exist")));
        };
        let answer = match verb {
            "load" => self.load(call, ido, fault),
            "update" => self.update(call, ido, fault),
            "info" => self.info(ido),
            _ => self.invoke(call, ido),
        };
        let bad = fault.is_some_and(|fault| fault.kind == FaultKind::BulkBadRequest) && verb == "update";
        let status = if bad { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        Reply::json(status, &answer.unwrap_or_else(|message| self.refused(&message)))
    }

    fn expire(&self, call: &Call) {
        self.gateway.expire(call);
    }

    fn control(&self, call: &Call) -> Reply {
        control::answer(self, call)
    }

    fn writes(&self) -> BTreeMap<String, u64> {
        self.site().writes.clone()
    }

    fn documents(&self) -> BTreeMap<String, u64> {
        let site = self.site();
        let count = |ido: &str| site.store.len(ido) as u64;
        [("purchase_order".to_owned(), count("SLPos")), ("invoice".to_owned(), count("SLAptrxs"))].into()
    }

    fn error(&self, status: StatusCode, text: &str) -> Reply {
        Reply::json(status, &json!({ "error": text }))
    }
}
