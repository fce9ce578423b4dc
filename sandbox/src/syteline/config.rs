//! Settings of a `SyteLine` tenant.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::{Faults, Scenario};

/// What the service does with changes nested in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NestedChanges {
    /// It makes them, and shows each.
    #[default]
    Shown,
    /// It makes them, and shows the outer record only.
    Hidden,
    /// It passes over them without a word.
    Ignored,
}

/// How the tenant and its gateway behave. The defaults are a careful, working tenant.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // Independent switches, each a documented difference between tenants.
pub struct SyteLineConfig {
    /// Loopback address and port to listen on; port 0 takes a free one.
    pub addr: String,
    /// What the tenant holds.
    pub scenario: Scenario,
    /// Tenant id, `ti` of the `.ionapi` file.
    pub tenant: String,
    /// The configuration that the header `X-Infor-MongooseConfig` must name.
    pub configuration: String,
    /// The site.
    pub site: String,
    /// Where the IDO service is under the tenant's address.
    pub service_path: String,
    /// IDOs that this release calls otherwise, by their usual names, under which they are not there.
    pub renamed: BTreeMap<String, String>,
    /// How long an access token is good for.
    pub token_lifetime: Duration,
    /// Whether `expires_in` is a string.
    pub expires_in_text: bool,
    /// Whether refresh tokens are issued. They are not rotated.
    pub refresh_tokens: bool,
    /// Password logins a minute before a 429; 0 for no limit.
    pub logins_per_minute: u32,
    /// Calls a minute before a 429; 0 for no limit.
    pub per_minute: u32,
    /// Whether a 429 of these limits carries `Retry-After`.
    pub retry_after: bool,
    /// Whether an update processes its first change only, and says nothing of the others.
    pub first_change_only: bool,
    /// What becomes of changes nested in another.
    pub nested_changes: NestedChanges,
    /// Whether an update of which one change is refused leaves nothing behind; otherwise the changes before that one
    /// stay.
    pub atomic_updates: bool,
    /// Whether an update's answer calls its list `Items` instead of `RefreshItems`.
    pub items_for_refresh_items: bool,
    /// Whether orders are numbered by the server alone, and an order with a number is refused.
    pub server_numbers: bool,
    /// Whether failures have a `MessageCode`.
    pub message_codes: bool,
    /// Changes an update may carry; beyond: refused.
    pub max_changes: usize,
    /// Bytes the body of a call may have; beyond, the gateway answers 413.
    pub max_body: usize,
    /// Bytes the address of a call may have; beyond: 414.
    pub max_query: usize,
    /// Faults to begin with.
    pub faults: Faults,
}

impl Default for SyteLineConfig {
    fn default() -> Self {
        Self {
            addr: "127.0.0.1:0".to_owned(),
            scenario: Scenario::default(),
            tenant: "SANDBOX_TST".to_owned(),
            configuration: "ACME_DALS".to_owned(),
            site: "DALS".to_owned(),
            service_path: "/CSI/IDORequestService/ido".to_owned(),
            renamed: BTreeMap::new(),
            token_lifetime: Duration::from_secs(7200),
            expires_in_text: false,
            refresh_tokens: true,
            logins_per_minute: 20,
            per_minute: 0,
            retry_after: true,
            first_change_only: false,
            nested_changes: NestedChanges::default(),
            atomic_updates: false,
            items_for_refresh_items: false,
            server_numbers: false,
            message_codes: true,
            max_changes: 250,
            max_body: usize::MAX,
            max_query: 2_048,
            faults: Faults::default(),
        }
    }
}
