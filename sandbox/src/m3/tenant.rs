//! The gateway: whose call it is, whether its token is good, and which service it goes to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::company::Company;
use super::mi::Facts;
use super::token::Tokens;
use super::{M3Config, bulk, execute, ionapi};
use crate::clock::Clock;
use crate::faults::{CallKind, Fault};
use crate::front::Tenant;
use crate::http::{Call, Reply};

/// A gateway with one M3 tenant behind it.
pub(super) struct M3Tenant {
    pub(super) config: M3Config,
    pub(super) facts: Facts,
    clock: Arc<Clock>,
    company: Mutex<Company>,
    tokens: Mutex<Tokens>,
}

/// Where a path leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target<'a> {
    Token,
    Revoke,
    Single { path: &'a str, version_one: bool },
    Bulk,
    Nowhere,
}

impl M3Tenant {
    pub(super) fn new(config: M3Config, clock: Arc<Clock>) -> Self {
        Self {
            company: Mutex::new(Company::new(&config, clock.now())),
            tokens: Mutex::new(Tokens::new(&config)),
            facts: Facts::of(&config),
            config,
            clock,
        }
    }

    /// The company, after the batch jobs that were due have run.
    pub(super) fn company(&self) -> MutexGuard<'_, Company> {
        let mut company = self.company.lock().unwrap_or_else(PoisonError::into_inner);
        company.run_due(self.clock.now());
        company
    }

    pub(super) fn issued_tokens(&self) -> Vec<String> {
        self.tokens().issued()
    }

    fn tokens(&self) -> MutexGuard<'_, Tokens> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn target<'a>(&self, path: &'a str) -> Target<'a> {
        let rest = path.strip_prefix('/').and_then(|path| path.strip_prefix(self.config.tenant.as_str()));
        let Some(rest) = rest else { return Target::Nowhere };
        if let Some(service) = rest.strip_prefix("/as/") {
            return match service {
                ionapi::TOKEN => Target::Token,
                ionapi::REVOKE => Target::Revoke,
                _ => Target::Nowhere,
            };
        }
        if let Some(path) = rest.strip_prefix("/M3/m3api-rest/v2/execute") {
            return match path.strip_prefix('/') {
                None | Some("") => Target::Bulk,
                Some(path) => Target::Single { path, version_one: false },
            };
        }
        match rest.strip_prefix("/M3/m3api-rest/execute/") {
            Some(path) => Target::Single { path, version_one: true },
            None => Target::Nowhere,
        }
    }
}

#[derive(Deserialize)]
struct Peek {
    program: Option<String>,
}

impl Tenant for M3Tenant {
    fn operation(&self, call: &Call) -> String {
        match self.target(&call.path) {
            Target::Single { path, .. } => {
                let (program, transaction, _) = execute::parts(path);
                format!("{} {program}/{transaction}", call.method)
            }
            Target::Bulk => {
                let peek = serde_json::from_slice::<Peek>(&call.body).ok();
                let program = peek.and_then(|peek| peek.program).unwrap_or_else(|| "execute".to_owned());
                format!("{} {program}", call.method)
            }
            _ => format!("{} {}", call.method, call.path),
        }
    }

    fn kind(&self, call: &Call) -> CallKind {
        match self.target(&call.path) {
            Target::Token | Target::Revoke => CallKind::Token,
            Target::Bulk => CallKind::Bulk,
            _ => CallKind::Single,
        }
    }

    fn answer(&self, call: &Call, fault: Option<Fault>) -> Reply {
        let target = self.target(&call.path);
        let now = self.clock.now();
        match target {
            Target::Token => return self.tokens().token(&self.config, call, now),
            Target::Revoke => return self.tokens().revoke(&self.config, call),
            _ => {}
        }
        if !call.bearer().is_some_and(|token| self.tokens().accepts(token, now)) {
            return Reply::json(StatusCode::UNAUTHORIZED, &json!({ "error": "Unauthorized" }));
        }
        match (target, &call.method) {
            (Target::Single { path, version_one }, &Method::GET) => {
                execute::answer(self, call, path, version_one, fault)
            }
            (Target::Bulk, &Method::POST) => bulk::answer(self, call, fault),
            (Target::Single { .. } | Target::Bulk, _) => Reply::empty(StatusCode::METHOD_NOT_ALLOWED),
            _ => self.error(StatusCode::NOT_FOUND, "No such service in this tenant."),
        }
    }

    fn expire(&self, call: &Call) {
        if let Some(token) = call.bearer() {
            self.tokens().expire(token);
        }
    }

    fn control(&self, call: &Call) -> Reply {
        self.control_call(call)
    }

    fn writes(&self) -> BTreeMap<String, u64> {
        self.company().writes.clone()
    }

    fn documents(&self) -> BTreeMap<String, u64> {
        let company = self.company();
        let (orders, invoices) = (company.orders.len() as u64, company.invoices.len() as u64);
        [("purchase_order".to_owned(), orders), ("invoice".to_owned(), invoices)].into()
    }

    fn error(&self, status: StatusCode, text: &str) -> Reply {
        Reply::json(status, &json!({ "error": text }))
    }
}
