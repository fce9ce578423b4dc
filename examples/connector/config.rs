//! The connector's configuration file: what it says, and clear words where it is wrong.

mod bills;
mod cloudsuite;
mod m3;
mod odata;
mod periods;
mod syteline;
mod text;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cloudsuite_client::{CloudSuiteClient, SecretString, Url};
use procurify_client::{DepartmentId, ProcurifyClient};
use procurify_cloudsuite::product::Product;
use procurify_cloudsuite::purchase_order::{ChargeAccount, ChargesAsLines, DefaultOrderMapper, SourceSettings};
use procurify_cloudsuite::{Connection, ConnectionBuilder, FlowKind};
use serde::Deserialize;
use sync_core::{Actor, Calendar, Cancellations, ConnectionId, Revisions, Settings};
use sync_store::Vault;
use sync_store::vault::Keys;
use tenant_http::ExposeSecret;

use crate::alerts::AlertSettings;
use crate::calendar::CalendarSettings;
use crate::mapping::Mapping;
use cloudsuite::CloudSuite;
use m3::M3;
use odata::OData;
use syteline::SyteLine;
pub use text::{Place, Text, read_all};

/// An error for a person: one sentence that says what to do.
pub type Problem = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, Deserialize)]
pub struct Config {
    procurify: Procurify,
    cloudsuite: CloudSuite,
    #[serde(default)]
    store: Store,
    vault: Option<VaultKey>,
    #[serde(default)]
    flows: Flows,
    #[serde(default)]
    charges: Charges,
    #[serde(default)]
    calendar: CalendarSettings,
    #[serde(default)]
    alerts: AlertSettings,
    #[serde(default)]
    mapping: Mapping,
    #[serde(default)]
    fiscal_periods: periods::FiscalPeriods,
}

#[derive(Debug, Deserialize)]
struct Procurify {
    domain: String,
    base_url: Option<String>,
    client_id: Text,
    client_secret: Text,
    #[serde(default = "default_procurify_rate")]
    requests_per_minute: u32,
    #[serde(default = "default_page_size")]
    page_size: u64,
    /// In Procurify's numbers.
    bill_statuses: Option<Vec<i64>>,
    bill_types: Option<Vec<i64>>,
}

/// Where the key of the vault comes from.
#[derive(Debug, Deserialize)]
struct VaultKey {
    key: KeyPlace,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum KeyPlace {
    Env { env: String },
    File { file: PathBuf },
}

#[derive(Debug, Deserialize)]
struct Store {
    #[serde(default = "default_store")]
    url: String,
    /// How long a command that writes waits while another process does.
    #[serde(default = "default_store_wait")]
    wait: Text,
}

#[derive(Debug, Deserialize)]
struct Flows {
    #[serde(default = "yes")]
    purchase_orders: bool,
    /// Only orders created on this day or later.
    purchase_orders_from: Option<String>,
    /// What becomes of an order in the ERP when it changes in Procurify: "alert" or "amend".
    #[serde(default)]
    on_revision: OnRevision,
    /// What becomes of an order in the ERP when it is cancelled in Procurify: "alert" or "cancel".
    #[serde(default)]
    on_cancel: OnCancel,
    #[serde(default)]
    bills: bool,
    /// Only bills invoiced on this day or later.
    bills_from: Option<String>,
    /// Whether bills wait until their orders are posted; as orders are moved, if not said.
    bills_wait_for_orders: Option<bool>,
    /// How many orders are carried on together.
    #[serde(default = "default_batch")]
    batch: usize,
    /// Reference data both ways.
    #[serde(default)]
    reference: crate::reference::ReferenceFlows,
    /// How long a pass waits for what is due later.
    #[serde(default = "default_wait")]
    wait: Text,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OnRevision {
    #[default]
    Alert,
    Amend,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OnCancel {
    #[default]
    Alert,
    Cancel,
}

/// Where costs beside an order's lines are booked, as lines of their own; orders that have others are held.
#[derive(Debug, Default, Deserialize)]
struct Charges {
    freight: Option<Charge>,
    other: Option<Charge>,
    discount: Option<Charge>,
}

#[derive(Debug, Deserialize)]
struct Charge {
    /// An account code of Procurify.
    account_code: String,
    /// The id of a department of Procurify; that of the order's first line if none.
    department: Option<i64>,
}

impl Charge {
    fn account(&self) -> ChargeAccount {
        ChargeAccount { account_code: self.account_code.clone(), department: self.department.map(DepartmentId) }
    }
}

impl Default for Store {
    fn default() -> Self {
        Self { url: default_store(), wait: default_store_wait() }
    }
}

impl Default for Flows {
    fn default() -> Self {
        Self {
            purchase_orders: true,
            purchase_orders_from: None,
            on_revision: OnRevision::default(),
            on_cancel: OnCancel::default(),
            bills: false,
            bills_from: None,
            bills_wait_for_orders: None,
            reference: crate::reference::ReferenceFlows::default(),
            batch: default_batch(),
            wait: default_wait(),
        }
    }
}

fn default_procurify_rate() -> u32 {
    600
}
fn default_page_size() -> u64 {
    100
}
fn default_batch() -> usize {
    Settings::default().batch
}
fn default_store() -> String {
    "sqlite:connector.db".to_owned()
}
fn default_store_wait() -> Text {
    Text::Here("2m".to_owned())
}
fn default_settle() -> Text {
    Text::Here("10m".to_owned())
}
fn default_wait() -> Text {
    Text::Here("30s".to_owned())
}
fn yes() -> bool {
    true
}

/// A text that is not blank.
fn given(text: String) -> Option<String> {
    (!text.trim().is_empty()).then_some(text)
}

impl Config {
    /// Reads a file. A key that means nothing is an error: what it was to set would silently be the default.
    pub fn read(path: &Path) -> Result<(Self, PathBuf), Problem> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            format!("the configuration {} cannot be read ({error}): check --config", path.display())
        })?;
        let mut unused = Vec::new();
        let parsed = toml::Deserializer::parse(&text)
            .and_then(|toml| serde_ignored::deserialize(toml, |key| unused.push(key.to_string().replace(".?", ""))));
        // The parser's own message quotes the line, which may hold a secret.
        let config: Self = parsed.map_err(|error| {
            let line = error.span().map_or(0, |span| text[..span.start].lines().count().max(1));
            let mistyped = if unused.is_empty() {
                String::new()
            } else {
                format!("; these keys mean nothing: {}", unused.join(", "))
            };
            format!("the configuration {} is wrong at line {line}: {}{mistyped}", path.display(), error.message())
        })?;
        if !unused.is_empty() {
            let keys = unused.join(", ");
            let why = format!(
                "the configuration {} has keys that mean nothing: {keys}: correct them, or take them out",
                path.display()
            );
            return Err(why.into());
        }
        if config.procurify.domain.trim().is_empty() {
            return Err("procurify.domain is blank: write the `acme` of https://acme.procurify.com".into());
        }
        config.check_counts()?;
        Ok((config, path.parent().map(Path::to_path_buf).unwrap_or_default()))
    }

    /// Nothing goes on where so much as none is allowed at a time.
    fn check_counts(&self) -> Result<(), Problem> {
        let (m3, syteline, odata) = (&self.cloudsuite.m3, &self.cloudsuite.syteline, &self.cloudsuite.odata);
        let counts = [
            ("procurify.requests_per_minute", Some(u64::from(self.procurify.requests_per_minute))),
            ("procurify.page_size", Some(self.procurify.page_size)),
            ("cloudsuite.requests_per_minute", Some(u64::from(self.cloudsuite.requests_per_minute))),
            ("cloudsuite.m3.transactions_per_call", m3.as_ref().map(|m3| m3.transactions_per_call as u64)),
            ("cloudsuite.m3.bytes_per_call", m3.as_ref().map(|m3| m3.bytes_per_call as u64)),
            (
                "cloudsuite.syteline.max_changes_per_request",
                syteline.as_ref().and_then(|syteline| syteline.max_changes_per_request.map(|changes| changes as u64)),
            ),
            (
                "cloudsuite.odata.writes_per_batch",
                odata.as_ref().and_then(|odata| odata.writes_per_batch.map(|writes| writes as u64)),
            ),
            ("flows.batch", Some(self.flows.batch as u64)),
        ];
        match counts.iter().find(|(_, count)| *count == Some(0)) {
            Some((name, _)) => Err(format!("{name} is 0: write 1 or more, or leave it out").into()),
            None => Ok(()),
        }
    }

    /// The ledger's file.
    pub fn ledger(&self, folder: &Path) -> Result<PathBuf, Problem> {
        match self.store.url.strip_prefix("sqlite:") {
            Some(path) if !path.is_empty() => Ok(folder.join(path)),
            _ => Err(format!("the store `{}` is not known: write `sqlite:` and a path", self.store.url).into()),
        }
    }

    /// How long a command that writes waits while another process does.
    pub fn store_wait(&self) -> Result<Duration, Problem> {
        duration("store.wait", &self.store.wait)
    }

    /// The connection's name, with which every key begins.
    pub fn name(&self) -> ConnectionId {
        ConnectionId::new(&self.procurify.domain)
    }

    /// What is to be moved, orders before the bills that are for them.
    pub fn flows(&self) -> Vec<FlowKind> {
        let flows = [(FlowKind::PurchaseOrders, self.flows.purchase_orders), (FlowKind::Bills, self.flows.bills)];
        flows.into_iter().filter(|(_, moved)| *moved).map(|(flow, _)| flow).collect()
    }

    /// All that may be a secret.
    fn secrets(&self) -> impl Iterator<Item = &Text> {
        let procurify = [&self.procurify.client_id, &self.procurify.client_secret];
        procurify.into_iter().chain(self.cloudsuite.secrets()).chain(self.alerts.texts())
    }

    /// Whether a secret is to come from the vault.
    pub fn uses_vault(&self) -> bool {
        self.secrets().any(|text| matches!(text, Text::Vault { .. }))
    }

    /// Whether a secret is to come from the vault under this name.
    pub fn refers_to(&self, name: &str) -> bool {
        self.secrets().any(|text| text.is_in_vault_as(name))
    }

    /// The vault, if there is a key for it and a store that holds it.
    pub async fn vault(&self, folder: &Path) -> Result<Option<Vault>, Problem> {
        if self.vault.is_none() {
            return Ok(None);
        }
        let (keys, ledger) = (self.vault_keys(folder)?, self.ledger(folder)?);
        if ledger.exists() {
            return Ok(Some(Vault::open(ledger, Arc::new(keys)).await?));
        }
        if self.uses_vault() {
            return Err(format!("there is no vault at {} yet: run `vault set` first", ledger.display()).into());
        }
        Ok(None)
    }

    /// The keys of the vault.
    pub fn vault_keys(&self, folder: &Path) -> Result<Keys, Problem> {
        let vault = self
            .vault
            .as_ref()
            .ok_or("the configuration has no [vault]: add it, with key = { env = \"CONNECTOR_VAULT_KEY\" }")?;
        Ok(match &vault.key {
            KeyPlace::Env { env } => Keys::from_env(env)?,
            KeyPlace::File { file } => Keys::from_file(&folder.join(file))?,
        })
    }

    /// What the names of the tokens begin with that are had with this secret of the vault.
    pub fn tokens_of(&self, name: &str) -> Option<&'static str> {
        let procurify = [&self.procurify.client_id, &self.procurify.client_secret];
        if procurify.iter().any(|text| text.is_in_vault_as(name)) {
            return Some("procurify:");
        }
        self.cloudsuite.tokens_of(name)
    }

    /// Whether a whole `.ionapi` file is to be kept in the vault under this name.
    pub fn is_ionapi(&self, name: &str) -> bool {
        self.cloudsuite.is_ionapi(name) || (name == "cloudsuite" && !self.refers_to(name))
    }

    /// A connection of everything but its store. Reads secrets, sends nothing. Tokens are shared through the vault.
    pub async fn connection(&self, folder: &Path, vault: Option<&Vault>) -> Result<ConnectionBuilder, Problem> {
        let place = Place { folder, tenant: &self.procurify.domain, vault };
        let client = self.cloudsuite_client(folder, vault).await?;
        let settings = Settings {
            worker: Actor::new(format!("connector {}", std::process::id())),
            batch: self.flows.batch.max(1),
            settle_time: self.settle_time()?,
            patience: self.alerts.patience()?,
            ..Settings::default()
        };
        Ok(Connection::builder(self.procurify.domain.as_str())
            .procurify(self.procurify(&place).await?)
            .cloudsuite(self.product(&client)?)
            .mapper(self.with_charges(self.mapper(folder)?))
            .source(SourceSettings {
                page_size: self.procurify.page_size,
                created_from: self.orders_from()?,
                ..SourceSettings::default()
            })
            .on_revision(match self.flows.on_revision {
                OnRevision::Alert => Revisions::Alert,
                OnRevision::Amend => Revisions::Amend,
            })
            .on_cancel(match self.flows.on_cancel {
                OnCancel::Alert => Cancellations::Alert,
                OnCancel::Cancel => Cancellations::Cancel,
            })
            .bill_mapper(self.bill_mapper(folder)?)
            .bills(self.bills()?)
            .reference(self.flows.reference.settings()?)
            .fiscal_periods(self.fiscal_periods.settings()?)
            .patience(duration("flows.wait", &self.flows.wait)?)
            .schedule(Arc::new(self.calendar()?))
            .alerts(self.alerts.sink(&place).await?)
            .engine_settings(settings))
    }

    /// The product's own settings.
    fn settings(&self) -> Result<ProductSettings<'_>, Problem> {
        let missing = |section: &str| format!("the configuration has no [cloudsuite.{section}]: add it");
        match self.cloudsuite.product.as_str() {
            "m3" => {
                let m3 = self.cloudsuite.m3.as_ref().ok_or_else(|| missing("m3"))?;
                match m3.reference_field.as_deref() {
                    None | Some("YRE1") => Ok(ProductSettings::M3(m3)),
                    Some(other) => {
                        Err(format!("the reference field `{other}` is not known: write YRE1, or leave it out").into())
                    }
                }
            }
            "syteline" => {
                Ok(ProductSettings::SyteLine(self.cloudsuite.syteline.as_ref().ok_or_else(|| missing("syteline"))?))
            }
            "odata" => Ok(ProductSettings::OData(self.cloudsuite.odata.as_ref().ok_or_else(|| missing("odata"))?)),
            other => {
                let known = "write product = \"m3\", \"syteline\" or \"odata\"";
                Err(format!("the product `{other}` is not known: {known}").into())
            }
        }
    }

    fn product(&self, client: &CloudSuiteClient) -> Result<Box<dyn Product>, Problem> {
        Ok(match self.settings()? {
            ProductSettings::M3(m3) => m3.product(client, self.flows.bills),
            ProductSettings::SyteLine(syteline) => syteline.product(client),
            ProductSettings::OData(odata) => odata.product(client),
        })
    }

    fn settle_time(&self) -> Result<Duration, Problem> {
        match self.settings()? {
            ProductSettings::M3(m3) => duration("cloudsuite.m3.settle", &m3.settle),
            ProductSettings::OData(odata) => duration("cloudsuite.odata.settle", &odata.settle),
            ProductSettings::SyteLine(syteline) => duration("cloudsuite.syteline.settle", &syteline.settle),
        }
    }

    async fn procurify(&self, place: &Place<'_>) -> Result<ProcurifyClient, Problem> {
        let procurify = &self.procurify;
        let id = procurify.client_id.read("procurify.client_id", place).await?;
        let secret = procurify.client_secret.read("procurify.client_secret", place).await?;
        let mut builder = ProcurifyClient::builder(&procurify.domain)
            .credentials(id.expose_secret().trim(), SecretString::from(secret.expose_secret().trim()))
            .requests_per_minute(procurify.requests_per_minute);
        if let Some(tokens) = place.tokens() {
            builder = builder.token_cache(tokens);
        }
        if let Some(url) = &procurify.base_url {
            builder = builder.base_url(address("procurify.base_url", url)?);
        }
        Ok(builder.build()?)
    }

    /// A client of the CloudSuite tenant. Reads secrets, sends nothing.
    pub async fn cloudsuite_client(&self, folder: &Path, vault: Option<&Vault>) -> Result<CloudSuiteClient, Problem> {
        self.cloudsuite.client(&Place { folder, tenant: &self.procurify.domain, vault }).await
    }

    fn mapper(&self, folder: &Path) -> Result<DefaultOrderMapper, Problem> {
        let (cost_centers, units) = match self.settings()? {
            ProductSettings::M3(m3) => (m3.cost_center_dimension != 0, &m3.units),
            ProductSettings::SyteLine(syteline) => (syteline.cost_center_unit != Some(0), &syteline.units),
            ProductSettings::OData(odata) => (odata.cost_centers, &odata.units),
        };
        let mut mapper = DefaultOrderMapper {
            cost_centers,
            accounts: self.mapping.accounts(folder)?,
            payment_terms: self.mapping.payment_terms.table(),
            tax_codes: self.mapping.tax.table(),
            units: units.iter().map(|(ours, theirs)| (ours.to_lowercase(), theirs.clone())).collect(),
            ..DefaultOrderMapper::default()
        };
        mapper.time_zone = self.calendar()?.time_zone;
        Ok(mapper)
    }

    fn with_charges(&self, mapper: DefaultOrderMapper) -> ChargesAsLines<DefaultOrderMapper> {
        let mut mapper = ChargesAsLines::new(mapper);
        if let Some(freight) = &self.charges.freight {
            mapper = mapper.freight(freight.account());
        }
        if let Some(other) = &self.charges.other {
            mapper = mapper.other(other.account());
        }
        if let Some(discount) = &self.charges.discount {
            mapper = mapper.discount(discount.account());
        }
        mapper
    }

    /// When passes run, and when nothing is posted.
    pub fn calendar(&self) -> Result<Calendar, Problem> {
        self.calendar.build()
    }

    /// Whether people want a summary a day.
    pub fn wants_digest(&self) -> bool {
        self.alerts.wants_digest()
    }
}

fn first_day(what: &str, day: Option<&str>) -> Result<Option<chrono::NaiveDate>, Problem> {
    let Some(day) = day else {
        return Ok(None);
    };
    let parsed = day.parse().map_err(|_| format!("{what} `{day}` is no day: write 2026-01-31"))?;
    Ok(Some(parsed))
}

fn address(what: &str, url: &str) -> Result<Url, Problem> {
    url.parse().map_err(|error| format!("{what} `{url}` is no address ({error}): correct it").into())
}

/// The settings of the product that is configured.
enum ProductSettings<'a> {
    M3(&'a M3),
    SyteLine(&'a SyteLine),
    OData(&'a OData),
}

/// A duration written as a number and `s`, `m` or `h`.
pub fn duration(what: &str, text: &Text) -> Result<Duration, Problem> {
    let Text::Here(text) = text else {
        return Err(format!("{what} must be given here, such as \"10m\"").into());
    };
    let seconds = |factor: u64, number: &str| number.trim().parse::<u64>().ok()?.checked_mul(factor);
    let parsed = [('s', 1), ('m', 60), ('h', 3600)]
        .into_iter()
        .find_map(|(unit, factor)| seconds(factor, text.trim().strip_suffix(unit)?));
    parsed
        .map(Duration::from_secs)
        .ok_or_else(|| format!("{what} `{text}` is no duration: write 30s, 10m or 1h").into())
}
