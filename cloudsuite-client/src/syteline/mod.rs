//! `SyteLine` (`CloudSuite` Industrial): records of its IDOs over the REST service, and typed operations on top.
//!
//! ```text
//! vendors, purchase_orders, vouchers, accounts, unit_codes, items, customers     typed, a file a group
//!     │ load (bookmark paging)     │ update (each change matched to its answer)     │ invoke
//!     └────────────────────────────┴──────── call ──> tenant_http ─────────────────┘
//! ```
//!
//! The service answers its refusals inside HTTP 200 (`Success: false`); they are errors here, whose
//! [`outcome`](crate::Error::outcome) says whether the thing may have happened.
//!
//! Lines (of an order, of a voucher) are changes of their own IDO, sent after their head's. The update's schema also
//! has changes nested in their head's change ([`Change::nest`]), but how a server takes them over REST is unproven, so
//! the typed operations do without: no change is believed that has no answer of its own. A head whose
//! lines are not all there yet is made so that it does not count (a planned order), or is seen as it is (a voucher).
//!
//! ```no_run
//! use cloudsuite_client::CloudSuiteClient;
//! use cloudsuite_client::syteline::{NewPurchaseOrder, PoNumber, VendorNumber};
//!
//! # async fn run(client: CloudSuiteClient) -> Result<(), Box<dyn std::error::Error>> {
//! let syteline = client.syteline("ACME_DALS");
//! let order = NewPurchaseOrder::new(PoNumber::new("PF00010482")?, VendorNumber::new("12")?);
//! for inserted in syteline.purchase_orders().insert(&[order]).await {
//!     println!("{:?}", inserted?.row().text("PoNum"));
//! }
//! # Ok(())
//! # }
//! ```

mod accounts;
mod call;
mod change;
mod codes;
mod customers;
mod filter;
mod info;
mod invoke;
mod items;
mod keyed;
mod load;
mod lookup;
mod names;
mod purchase_order_lines;
mod purchase_orders;
mod refusals;
mod row;
mod system;
mod unit_codes;
mod update;
mod value;
mod vendors;
mod vouchers;
mod wire;

use std::fmt;
use std::sync::Arc;

pub use accounts::{Account, Accounts, NewAccount};
pub use change::Change;
pub use codes::{
    AccountNumber, CustomerNumber, InvalidCode, ItemCode, PoNumber, UnitCode, VendorNumber, VoucherNumber, pad,
};
pub use customers::{Customer, Customers};
pub use filter::{Filter, Property};
pub use info::{IdoInfo, PropertyInfo};
pub use invoke::{Invoke, Invoked};
pub use items::{Item, Items};
pub use keyed::Inserted;
pub use load::{Bookmark, Load, LoadPage};
pub use names::IdoNames;
pub use purchase_order_lines::{LineKey, NewPurchaseOrderLine, PurchaseOrderLine};
pub use purchase_orders::{NewPurchaseOrder, OrderStatus, PurchaseOrder, PurchaseOrders};
pub use refusals::Refusals;
pub use row::IdoRow;
pub use system::Ping;
pub use unit_codes::{UnitCodeName, UnitCodes};
pub use update::Update;
pub use value::{Value, read_time, write_time};
pub use vendors::{NewVendor, Vendor, Vendors};
pub use vouchers::{Distribution, NewDistribution, NewVoucher, Voucher, Vouchers};

pub use crate::m3::FieldError;

use crate::CloudSuiteClient;
use crate::batch_size::BatchSize;

/// `SyteLine` as seen through one site's configuration. Cheap to clone; clones share what was learnt of the server.
#[derive(Clone)]
pub struct SyteLine {
    client: CloudSuiteClient,
    configuration: Arc<str>,
    site: Option<Arc<str>>,
    path: Arc<str>,
    names: Arc<IdoNames>,
    refusals: Arc<Refusals>,
    batch_size: BatchSize,
    bytes: usize,
}

impl SyteLine {
    pub(crate) fn new(client: CloudSuiteClient, configuration: &str) -> Self {
        Self {
            path: client.ido_path().into(),
            client,
            configuration: configuration.into(),
            site: None,
            names: Arc::default(),
            refusals: Arc::default(),
            batch_size: BatchSize::new(100),
            bytes: 128 * 1024,
        }
    }

    /// The site that documents are entered for, where an IDO asks for it.
    pub fn site(mut self, site: &str) -> Self {
        self.site = Some(site.into());
        self
    }

    /// Where the IDO service is under the base address. Default `/CSI/IDORequestService/ido`, and on
    /// premise what [`Mongoose`](crate::Mongoose) says.
    pub fn service_path(mut self, path: &str) -> Self {
        self.path = format!("/{}", path.trim_matches('/')).into();
        self
    }

    /// What IDOs and properties are called in this tenant.
    pub fn names(mut self, names: IdoNames) -> Self {
        self.names = Arc::new(names);
        self
    }

    /// By which words a refusal is known to be about the user or the settings, and not about a record.
    pub fn refusals_known_by(mut self, refusals: Refusals) -> Self {
        self.refusals = Arc::new(refusals);
        self
    }

    /// The most changes that an update may carry. Default 100, at least 1; it falls to 1 by itself if the server
    /// proves to process no more than the first, or refuses an update as a whole. It rises again if the server proves
    /// to have processed more than it showed, and is tried again after twice as many updates of one change, after each
    /// further fall after twice as many again.
    pub fn max_changes_per_request(mut self, changes: usize) -> Self {
        self.batch_size = BatchSize::new(changes);
        self
    }

    /// The most bytes that the body of an update may have. Default 128 KiB; no limit of the servers is published.
    pub fn max_bytes_per_request(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// The client this works through.
    pub fn client(&self) -> &CloudSuiteClient {
        &self.client
    }

    /// The configuration that each call names.
    pub fn configuration(&self) -> &str {
        &self.configuration
    }

    /// The site, if set.
    pub fn site_name(&self) -> Option<&str> {
        self.site.as_deref()
    }

    /// How many changes an update carries at present: 1 for a while once the server has proved to process only the
    /// first.
    pub fn changes_per_request(&self) -> usize {
        self.batch_size.get()
    }

    /// Records of any IDO, with all properties unless told otherwise.
    pub fn load(&self, ido: &str) -> Load {
        Load::new(self.clone(), ido, |row| Ok(row.clone()))
    }

    /// Changes of any IDO.
    pub fn update(&self, ido: &str) -> Update {
        Update::new(self.clone(), ido)
    }

    /// A method of any IDO.
    pub fn invoke(&self, ido: &str, method: &str) -> Invoke {
        Invoke::new(self.clone(), ido, method)
    }

    /// Vendors.
    pub fn vendors(&self) -> Vendors {
        Vendors::new(self.clone())
    }

    /// Purchase orders and their lines.
    pub fn purchase_orders(&self) -> PurchaseOrders {
        PurchaseOrders::new(self.clone())
    }

    /// AP vouchers and their distributions.
    pub fn vouchers(&self) -> Vouchers {
        Vouchers::new(self.clone())
    }

    /// The chart of accounts.
    pub fn accounts(&self) -> Accounts {
        Accounts::new(self.clone())
    }

    /// Unit codes, of which an account takes up to four; the cost centre is one of them.
    pub fn unit_codes(&self) -> UnitCodes {
        UnitCodes::new(self.clone())
    }

    /// Items.
    pub fn items(&self) -> Items {
        Items::new(self.clone())
    }

    /// Customers.
    pub fn customers(&self) -> Customers {
        Customers::new(self.clone())
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn ido_names(&self) -> &IdoNames {
        &self.names
    }

    pub(crate) fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    pub(crate) fn batch_size(&self) -> &BatchSize {
        &self.batch_size
    }

    pub(crate) fn bytes_per_request(&self) -> usize {
        self.bytes
    }
}

impl fmt::Debug for SyteLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyteLine")
            .field("client", &self.client)
            .field("configuration", &self.configuration)
            .field("site", &self.site)
            .finish_non_exhaustive()
    }
}
