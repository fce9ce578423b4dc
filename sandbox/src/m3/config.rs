//! How an M3 tenant and its gateway behave.

use std::time::Duration;

use crate::{Faults, Scenario};

/// How an M3 tenant and its gateway behave. The defaults are a careful, working tenant.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // Independent switches, each a documented difference between tenants.
pub struct M3Config {
    /// Loopback address and port to listen on; port 0 takes a free one.
    pub addr: String,
    /// What the tenant holds.
    pub scenario: Scenario,
    /// Tenant id, `ti` of the `.ionapi` file.
    pub tenant: String,
    /// How long an access token is good for.
    pub token_lifetime: Duration,
    /// Whether `expires_in` is a string.
    pub expires_in_text: bool,
    /// Whether refresh tokens are issued. They are not rotated.
    pub refresh_tokens: bool,
    /// Whether the OAuth client's id and secret are taken from the header only.
    pub basic_only: bool,
    /// Password logins a minute before a 429; 0 for no limit.
    pub logins_per_minute: u32,
    /// Calls a minute before a 429; 0 for no limit.
    pub per_minute: u32,
    /// Whether a 429 of these limits carries `Retry-After`.
    pub retry_after: bool,
    /// Calls a minute after which each further one is delayed by `delay_step` more; 0 for never.
    pub delay_after: u32,
    /// Step of the growing delay.
    pub delay_step: Duration,
    /// Whether only company 100 is served; otherwise `cono` may be anything.
    pub only_own_company: bool,
    /// Transactions a bulk call may carry; beyond: 400.
    pub max_transactions: usize,
    /// Bytes a bulk call's body may have; beyond: 413.
    pub max_body: usize,
    /// Rows a list gives at most, even with `maxrecs=0`.
    pub ceiling: usize,
    /// Whether lists begin after their start key instead of with it.
    pub exclude_start_key: bool,
    /// Whether options are heard as matrix parameters only.
    pub matrix_options_only: bool,
    /// Whether a field that no transaction of the program has is refused; otherwise it is ignored.
    pub refuse_unknown_fields: bool,
    /// Whether `"records": []` stands beside an error.
    pub records_beside_errors: bool,
    /// Whether a NOK has an `errorCode`.
    pub error_codes: bool,
    /// Whether every NOK to start, finish or delete an entry has the same general code, CPF9898.
    pub general_codes: bool,
    /// Time from `FinishEntry` until the batch job takes the message.
    pub batch_delay: Duration,
    /// Time from there until the search index knows the order.
    pub index_lag: Duration,
    /// 1: finished messages wait for [`M3::release`](crate::M3::release); 2: they are processed by themselves.
    pub auto_level: u8,
    /// Share of the messages that wait for a person all the same, in thousandths.
    pub waiting_per_mille: u32,
    /// Share of the messages that fail in the batch job for no reason of ours, in thousandths.
    pub failing_per_mille: u32,
    /// Whether `EXPORTMI` may be used.
    pub export_mi: bool,
    /// Whether a supplier's invoice number is refused a second time in a year.
    pub refuse_duplicates: bool,
    /// Whether there is `AddLineRecode`. Where there is not, validation books what is on no line by M3's own rules.
    pub accounting_lines: bool,
    /// Faults to begin with.
    pub faults: Faults,
}

impl Default for M3Config {
    fn default() -> Self {
        Self {
            addr: "127.0.0.1:0".to_owned(),
            scenario: Scenario::default(),
            tenant: "SANDBOX_TST".to_owned(),
            token_lifetime: Duration::from_secs(7200),
            expires_in_text: false,
            refresh_tokens: true,
            basic_only: false,
            logins_per_minute: 20,
            per_minute: 0,
            retry_after: true,
            delay_after: 0,
            delay_step: Duration::from_millis(20),
            only_own_company: false,
            max_transactions: 250,
            max_body: 128 * 1024,
            ceiling: 1000,
            exclude_start_key: false,
            matrix_options_only: false,
            refuse_unknown_fields: true,
            records_beside_errors: true,
            error_codes: true,
            general_codes: false,
            batch_delay: Duration::from_millis(200),
            index_lag: Duration::from_millis(500),
            auto_level: 2,
            waiting_per_mille: 0,
            failing_per_mille: 0,
            export_mi: false,
            refuse_duplicates: true,
            accounting_lines: true,
            faults: Faults::default(),
        }
    }
}
