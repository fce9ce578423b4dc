//! Settings of an `OData` tenant.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::{Faults, Scenario};

/// What a service does with lines inside a change of their head, which `OData` 4.0 does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeepUpdates {
    /// The change is refused.
    #[default]
    Refused,
    /// The rest of it is made, and answered as a success.
    Ignored,
    /// They take the place of those that are there, as 4.01 has it.
    Accepted,
}

/// How the tenant and its gateway behave. The defaults are a careful, working tenant.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // Independent switches, each a difference between tenants.
pub struct ODataConfig {
    /// Loopback address and port to listen on; port 0 takes a free one.
    pub addr: String,
    /// What the tenant holds.
    pub scenario: Scenario,
    /// Tenant id, `ti` of the `.ionapi` file.
    pub tenant: String,
    /// The company that the header `X-Infor-LnCompany` must name.
    pub company: String,
    /// A header that each call must carry, by its name in small letters and its value.
    pub demanded_header: Option<(String, String)>,
    /// Services, sets and properties that this tenant calls otherwise, by their usual names, under which they are not
    /// there.
    pub renamed: BTreeMap<String, String>,
    /// How long an access token is good for.
    pub token_lifetime: Duration,
    /// Whether refresh tokens are issued. They are not rotated.
    pub refresh_tokens: bool,
    /// Password logins a minute before a 429; 0 for no limit.
    pub logins_per_minute: u32,
    /// Calls a minute before a 429; 0 for no limit.
    pub per_minute: u32,
    /// Whether a 429 of these limits carries `Retry-After`.
    pub retry_after: bool,
    /// Entities a page has at most, whatever is asked for.
    pub page_size: usize,
    /// Lines that an entity shows at most when they are expanded; the others follow by a link of their own.
    pub expanded_page_size: usize,
    /// What becomes of lines inside a change of their head.
    pub deep_updates: DeepUpdates,
    /// Whether links to the next page are relative.
    pub relative_links: bool,
    /// Whether a second order of the same reference is refused; orders are numbered by the server either way, unless
    /// the caller gives a number.
    pub unique_references: bool,
    /// Whether a `$batch` may be a JSON document; otherwise only `multipart/mixed` is taken.
    pub json_batches: bool,
    /// Whether a `$batch` is refused as a whole for one part that is refused, though the parts before it were made.
    pub whole_refusals: bool,
    /// Parts a `$batch` may have; beyond: 413.
    pub max_parts: usize,
    /// Bytes the query of a call may have; beyond: 414.
    pub max_query: usize,
    /// Faults to begin with.
    pub faults: Faults,
}

impl Default for ODataConfig {
    fn default() -> Self {
        Self {
            addr: "127.0.0.1:0".to_owned(),
            scenario: Scenario::default(),
            tenant: "SANDBOX_TST".to_owned(),
            company: "100".to_owned(),
            demanded_header: None,
            renamed: BTreeMap::new(),
            token_lifetime: Duration::from_secs(7200),
            refresh_tokens: true,
            logins_per_minute: 20,
            per_minute: 0,
            retry_after: true,
            page_size: 100,
            expanded_page_size: usize::MAX,
            deep_updates: DeepUpdates::default(),
            relative_links: false,
            unique_references: false,
            json_batches: true,
            whole_refusals: false,
            max_parts: 250,
            max_query: 4_096,
            faults: Faults::default(),
        }
    }
}
