//! `OData` version 4: business objects of the products that publish them, such as Infor LN.
//!
//! ```text
//! purchase_orders, invoices, suppliers, masters      typed, by names that a tenant can change
//!     │ query (links to the next page)      │ write, write_many ($batch), write_together (a change set)
//!     └────────── service ──> tenant_http ──┘
//! ```
//!
//! ```no_run
//! use cloudsuite_client::CloudSuiteClient;
//! use cloudsuite_client::odata::{Filter, Key, NewEntity, Write};
//! use futures_util::TryStreamExt;
//!
//! # async fn run(client: CloudSuiteClient) -> Result<(), Box<dyn std::error::Error>> {
//! let orders = client.odata("100").service("tdapi.purPurchaseOrder");
//! let mut open = orders.query("Orders").filter(Filter::property("Status").eq("Open")).expand(&["Lines"]).stream();
//! while let Some(order) = open.try_next().await? {
//!     let key = Key::of(order.required("Order")?);
//!     let change = NewEntity::new().set("Reference", "seen");
//!     orders.write(&Write::patch("Orders", &key, order.etag().as_deref(), change)).await?;
//! }
//! # Ok(())
//! # }
//! ```

mod accounts;
mod batch;
mod changes;
mod entity;
mod expanded;
mod fault;
mod filter;
mod invoices;
mod key;
mod lookup;
mod masters;
mod names;
mod purchase_orders;
mod query;
mod suppliers;
mod value;

use std::fmt;
use std::sync::Arc;

pub use accounts::{Account, Accounts, NewAccount};
pub use batch::{BatchFormat, Write};
pub use changes::{DocumentChanges, NewLine};
pub use entity::{Entity, NewEntity};
pub use filter::{Filter, Property};
pub use invoices::{Invoice, InvoiceLine, Invoices, NewInvoice, NewInvoiceLine};
pub use key::Key;
pub use masters::{Customer, Item};
pub use names::{EntityNames, ODataNames};
pub use purchase_orders::{NewPurchaseOrder, NewPurchaseOrderLine, PurchaseOrder, PurchaseOrderLine, PurchaseOrders};
pub use query::{EntityPage, NextLink, Query};
pub use suppliers::{NewSupplier, Supplier, SupplierChanges, Suppliers};
pub use value::Value;

pub use crate::m3::FieldError;

use tenant_http::{Error, ErrorKind, Http, Outcome, Request, Url};

use crate::CloudSuiteClient;
use crate::batch_size::BatchSize;

/// Where services are found under a tenant's base address.
const ROOT: &str = "/LN/lnapi/odata";
/// The header that names the company.
const COMPANY: &str = "x-infor-lncompany";

/// What a `$batch` may hold.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    pub(crate) format: BatchFormat,
    pub(crate) parts: BatchSize,
    pub(crate) bytes: usize,
}

/// The services of one company. Cheap to clone.
#[derive(Clone)]
pub struct OData {
    client: CloudSuiteClient,
    root: Arc<str>,
    headers: Arc<[(String, String)]>,
    names: Arc<ODataNames>,
    limits: Limits,
    deep_updates: bool,
}

impl OData {
    pub(crate) fn new(client: CloudSuiteClient, company: &str) -> Self {
        let headers = if company.is_empty() { Vec::new() } else { vec![(COMPANY.to_owned(), company.to_owned())] };
        Self {
            client,
            root: ROOT.into(),
            headers: headers.into(),
            names: Arc::default(),
            limits: Limits { format: BatchFormat::default(), parts: BatchSize::new(100), bytes: 256 * 1024 },
            deep_updates: false,
        }
    }

    /// Where the services are under the base address. Default `/LN/lnapi/odata`.
    pub fn root(mut self, path: &str) -> Self {
        self.root = format!("/{}", path.trim_matches('/')).into();
        self
    }

    /// A header that each call carries, such as `X-Infor-LnIdentity` or `Content-Language`.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let mut headers = self.headers.to_vec();
        headers.push((name.to_owned(), value.to_owned()));
        self.headers = headers.into();
        self
    }

    /// What services, entity sets and properties are called in this tenant.
    pub fn names(mut self, names: ODataNames) -> Self {
        self.names = Arc::new(names);
        self
    }

    /// How a `$batch` is written. Default [`BatchFormat::Json`]; some services know only [`BatchFormat::Multipart`].
    pub fn batch_format(mut self, format: BatchFormat) -> Self {
        self.limits.format = format;
        self
    }

    /// The most writes that a `$batch` may hold. Default 100; at 1, writes go one by one without `$batch`. So they do
    /// once the service has refused a whole `$batch`, until the write that it was about shows, or for twice as many
    /// calls, after each further refusal for twice as many again.
    pub fn writes_per_batch(mut self, writes: usize) -> Self {
        self.limits.parts = BatchSize::new(writes);
        self
    }

    /// The most bytes that the body of a `$batch` may have. Default 256 KiB; no limit of the servers is published.
    pub fn bytes_per_batch(mut self, bytes: usize) -> Self {
        self.limits.bytes = bytes;
        self
    }

    /// Whether the lines of a document that exists are changed inside a change of their head, as `OData` 4.01 has it.
    /// Default no: by their own keys, in one change set with their head.
    pub fn deep_updates(mut self, deep: bool) -> Self {
        self.deep_updates = deep;
        self
    }

    /// The client this works through.
    pub fn client(&self) -> &CloudSuiteClient {
        &self.client
    }

    /// Where the services are under the base address.
    pub fn service_root(&self) -> &str {
        &self.root
    }

    /// The company; empty where none was named.
    pub fn company(&self) -> &str {
        self.headers.iter().find(|(name, _)| name == COMPANY).map_or("", |(_, company)| company)
    }

    /// A service by its name, such as `tdapi.purPurchaseOrder`.
    pub fn service(&self, name: &str) -> Service {
        Service { odata: self.clone(), name: name.into() }
    }

    /// Purchase orders with their lines.
    pub fn purchase_orders(&self) -> PurchaseOrders {
        PurchaseOrders::new(self.clone())
    }

    /// AP invoices with their lines.
    pub fn invoices(&self) -> Invoices {
        Invoices::new(self.clone())
    }

    /// Suppliers.
    pub fn suppliers(&self) -> Suppliers {
        Suppliers::new(self.clone())
    }

    /// GL accounts.
    pub fn accounts(&self) -> Accounts {
        Accounts::new(self, &self.names.accounts, "LedgerAccount")
    }

    /// Cost centres.
    pub fn cost_centers(&self) -> Accounts {
        Accounts::new(self, &self.names.cost_centers, "Dimension")
    }

    /// Items, by code.
    pub fn items(&self) -> Query<Item> {
        masters::items(self)
    }

    /// What the property of an item's code is called, for filters.
    pub fn item_key(&self) -> &str {
        self.names.items.property("Item")
    }

    /// Customers, by number.
    pub fn customers(&self) -> Query<Customer> {
        masters::customers(self)
    }

    /// Proves with one call that address, credentials and company are right, by reading one supplier.
    ///
    /// # Errors
    /// Whatever keeps them from being so.
    pub async fn ping(&self) -> Result<(), Error> {
        self.suppliers().list().top(1).page(None).await.map(drop)
    }

    pub(crate) fn entity_names(&self) -> &ODataNames {
        &self.names
    }
}

impl fmt::Debug for OData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OData").field("client", &self.client).field("root", &self.root).finish_non_exhaustive()
    }
}

/// One service: its entity sets are read by [`query`](Self::query), and written by [`write`](Self::write),
/// [`write_many`](Self::write_many) and [`write_together`](Self::write_together).
#[derive(Debug, Clone)]
pub struct Service {
    odata: OData,
    name: Arc<str>,
}

impl Service {
    /// Entities of a set.
    pub fn query(&self, set: &str) -> Query {
        Query::new(self.clone(), set, |entity| Ok(entity.clone()))
    }

    /// One entity by its key; `None` if there is none.
    ///
    /// # Errors
    /// What failed or was refused.
    pub async fn get(&self, set: &str, key: &Key, expand: &[&str]) -> Result<Option<Entity>, Error> {
        let operation = format!("GET {set}");
        let target = value::check_name(set).and_then(|()| key.target(set));
        let target = target.map_err(|reason| Error::config(operation.as_str(), reason))?;
        let mut request = self.http().get(&self.path_of(&target));
        if !expand.is_empty() {
            request = request.query(&[("$expand", expand.join(","))]);
        }
        let request = self.dressed(request).operation(&operation).accept_status(&fault::EXPLAINED);
        match fault::accepted(&operation, request.send().await?) {
            Ok(response) => {
                let mut entity: Entity = response.json(&operation)?;
                self.complete(&operation, &self.address(&target), &mut entity, expand).await?;
                Ok(Some(entity.at_state(response.header("etag"))))
            }
            Err(error) if error.status() == Some(404) && fault_is_of_the_entity(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn http(&self) -> &Http {
        self.odata.client.http()
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.odata.limits
    }

    pub(crate) fn takes_deep_updates(&self) -> bool {
        self.odata.deep_updates
    }

    pub(crate) fn path_of(&self, target: &str) -> String {
        format!("{}/{}/{target}", self.odata.root, self.name)
    }

    /// The whole address of a target.
    fn address(&self, target: &str) -> String {
        format!("{}{}", self.http().base_url().as_str().trim_end_matches('/'), self.path_of(target))
    }

    /// The address of a link, which is relative to the page it stands on and must lead to the same origin.
    fn link(&self, operation: &str, here: &str, link: &str) -> Result<String, Error> {
        let target = Url::parse(here).and_then(|here| here.join(link)).map_err(|error| {
            let message = "the link to the next page is no address";
            Error::new(ErrorKind::Protocol, Outcome::Unknown, operation, message).with_source(error)
        })?;
        if target.origin() == self.http().base_url().origin() {
            return Ok(target.into());
        }
        let message = "the link to the next page leads to another host: credentials stay with one host";
        Err(Error::new(ErrorKind::Protocol, Outcome::Unknown, operation, message))
    }

    pub(crate) fn dressed(&self, request: Request) -> Request {
        self.dressed_as("4.0", request)
    }

    /// With the headers of each call, and the version of what it says.
    pub(crate) fn dressed_as(&self, version: &str, request: Request) -> Request {
        let request = request.header("odata-version", version);
        self.odata.headers.iter().fold(request, |request, (name, value)| request.header(name, value))
    }

    /// Why nothing can be sent to it.
    pub(crate) fn refused(&self) -> Option<String> {
        value::check_name(&self.name).err()
    }
}

/// A 404 with the service's own words is about the entity; a bare one is the gateway's, about the service.
fn fault_is_of_the_entity(error: &Error) -> bool {
    error.message().contains("the server says")
}
