//! OData services as a product to move records into.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use cloudsuite_client::odata::{Account, Filter, OData, Supplier};
use sync_core::{Failure, Kind, Sink};
use tenant_http::{Error, ErrorKind};

use super::book::{Held, ODataBook};
use super::invoices::{ODataInvoiceSettings, ODataInvoices};
use super::{ODataOrderSettings, ODataPurchaseOrders, documents};
use crate::bill::{self, InvoiceLimits, InvoiceSink};
use crate::connection::BuildError;
use crate::dimensions::Dimensions;
use crate::failure::of_call;
use crate::periods::{ClosedPeriod, PeriodList};
use crate::product::{KnownOrder, Masters, Pinged, Product, check_prefix, lacking_item, not_listed, token_life};
use crate::purchase_order;
use crate::reconcile::{Document, Wanted};
use crate::reference::{Master, NewMasters, NewSuppliers};

/// One company's OData services, and how orders are entered there.
#[derive(Clone)]
pub struct ODataProduct {
    odata: OData,
    orders: ODataOrderSettings,
    invoices: ODataInvoiceSettings,
    supplier_prefix: Option<String>,
    new_properties: NewProperties,
}

/// What new records have besides number, name and currency, by the kind of record.
#[derive(Debug, Clone, Default)]
struct NewProperties {
    suppliers: BTreeMap<String, String>,
    accounts: BTreeMap<String, String>,
    cost_centers: BTreeMap<String, String>,
}

/// Characters of a supplier's number that we make: as many as business partners of LN have.
const LONGEST_NUMBER: usize = 9;

impl ODataProduct {
    /// A company with the default settings.
    pub fn new(odata: OData) -> Self {
        Self {
            odata,
            orders: ODataOrderSettings::default(),
            invoices: ODataInvoiceSettings::default(),
            supplier_prefix: None,
            new_properties: NewProperties::default(),
        }
    }

    /// Enters orders so.
    pub fn orders(mut self, settings: ODataOrderSettings) -> Self {
        self.orders = settings;
        self
    }

    /// Enters invoices so.
    pub fn invoices(mut self, settings: ODataInvoiceSettings) -> Self {
        self.invoices = settings;
        self
    }

    /// What the numbers of suppliers begin with that are made for vendors; the rest of the nine characters is the
    /// vendor's id. Default none: whether a service lets the caller choose the number is the tenant's matter, and
    /// without a prefix no suppliers are made.
    pub fn supplier_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.supplier_prefix = Some(prefix.into());
        self
    }

    /// What such suppliers have besides number, name and currency: whatever the tenant demands.
    pub fn supplier_properties(mut self, properties: BTreeMap<String, String>) -> Self {
        self.new_properties.suppliers = properties;
        self
    }

    /// What accounts have besides code and name that are made for account codes.
    pub fn account_properties(mut self, properties: BTreeMap<String, String>) -> Self {
        self.new_properties.accounts = properties;
        self
    }

    /// What cost centres have besides code and name that are made for departments.
    pub fn cost_center_properties(mut self, properties: BTreeMap<String, String>) -> Self {
        self.new_properties.cost_centers = properties;
        self
    }

    fn book(&self, held: Held, properties: &BTreeMap<String, String>) -> NewMasters {
        NewMasters::of(ODataBook { odata: self.odata.clone(), held, properties: properties.clone() })
    }

    /// Why the service does not answer, with the settings that are to be mended.
    fn why_refused(&self, error: &Error) -> Failure {
        use ErrorKind::{Decode, NotFound, Protocol, Validation};
        let failure = of_call(error);
        if !matches!(error.kind(), NotFound | Validation | Decode | Protocol) {
            return failure;
        }
        let (root, company) = (self.odata.service_root(), self.odata.company());
        Failure { message: format!("{}; check `root` ({root}) and `company` ({company})", failure.message), ..failure }
    }

    async fn read(&self) -> Result<Masters, Error> {
        let suppliers = self.odata.suppliers().list().all().await?;
        let accounts = self.odata.accounts().list().all().await?;
        let cost_centers =
            if self.orders.cost_centers { self.odata.cost_centers().list().all().await? } else { Vec::new() };
        Ok(Masters {
            suppliers: suppliers.into_iter().map(|supplier| self.supplier(supplier)).collect(),
            accounts: accounts.into_iter().map(account).collect(),
            cost_centers: cost_centers.into_iter().map(account).collect(),
        })
    }

    /// The words for a supplier that may not be used are the tenant's own.
    fn supplier(&self, supplier: Supplier) -> Master {
        let status = supplier.status.filter(|status| self.orders.blocked_statuses.contains(status));
        Master {
            id: supplier.number,
            name: supplier.name.unwrap_or_default(),
            blocked: status.map(|status| format!("its status is {status}")),
            ..Master::default()
        }
    }
}

fn account(account: Account) -> Master {
    Master {
        id: account.code,
        name: account.description.unwrap_or_default(),
        blocked: account.blocked.then(|| "it is blocked".to_owned()),
        ..Master::default()
    }
}

impl From<OData> for Box<dyn Product> {
    fn from(odata: OData) -> Self {
        Box::new(ODataProduct::new(odata))
    }
}

impl From<ODataProduct> for Box<dyn Product> {
    fn from(product: ODataProduct) -> Self {
        Box::new(product)
    }
}

#[async_trait]
impl Product for ODataProduct {
    fn name(&self) -> &'static str {
        "odata"
    }

    fn check(&self, booked: &BTreeSet<u8>) -> Result<(), BuildError> {
        Dimensions::none().check(booked)
    }

    async fn masters(&self) -> Result<Masters, Failure> {
        self.read().await.map_err(|error| of_call(&error))
    }

    async fn orders(&self, numbers: &[String]) -> Result<Option<Vec<KnownOrder>>, Failure> {
        let found = self.odata.purchase_orders().get(numbers).await.map_err(|error| of_call(&error))?;
        let known = found.into_iter().flatten();
        Ok(Some(known.map(|order| KnownOrder { number: order.number, supplier: order.supplier }).collect()))
    }

    async fn closed_periods(&self, list: &PeriodList) -> Result<Vec<ClosedPeriod>, Failure> {
        let Some((service, set)) = list.name.split_once('/') else {
            return Err(list.unreadable(&"write SERVICE/ENTITY_SET"));
        };
        let query = self.odata.service(service).query(set).select(&list.fields()).order_by(&list.start);
        let mut closed = Vec::new();
        for entity in query.all().await.map_err(|error| of_call(&error))? {
            let day = |field: &str| entity.date(field).map_err(|error| list.unreadable(&error));
            closed.extend(list.period(day(&list.start)?, day(&list.end)?, entity.text(&list.status))?);
        }
        Ok(closed)
    }

    async fn items(&self, numbers: &[String]) -> Result<Vec<Master>, Failure> {
        let mut found = Vec::new();
        // Short enough for any server's limit on addresses.
        for some in numbers.chunks(20) {
            let wanted = Filter::property(self.odata.item_key()).one_of(some.iter().map(String::as_str));
            let items = self.odata.items().filter(wanted).all().await.map_err(|error| of_call(&error))?;
            found.extend(items.into_iter().map(|item| Master {
                id: item.code,
                name: item.description.unwrap_or_default(),
                blocked: item.blocked.then(|| "it is blocked".to_owned()),
                ..Master::default()
            }));
        }
        Ok(found)
    }

    fn new_suppliers(&self) -> Result<Option<NewSuppliers>, BuildError> {
        let Some(prefix) = &self.supplier_prefix else { return Ok(None) };
        check_prefix("supplier_prefix", prefix, LONGEST_NUMBER)?;
        Ok(Some(NewSuppliers {
            masters: self.book(Held::Suppliers, &self.new_properties.suppliers),
            prefix: prefix.clone(),
            longest_number: LONGEST_NUMBER,
        }))
    }

    fn new_accounts(&self) -> Option<NewMasters> {
        Some(self.book(Held::Accounts, &self.new_properties.accounts))
    }

    fn new_cost_centers(&self) -> Option<NewMasters> {
        self.orders.cost_centers.then(|| self.book(Held::CostCenters, &self.new_properties.cost_centers))
    }

    async fn supplier_currencies(&self, numbers: &[String]) -> Result<Vec<Option<String>>, Failure> {
        let all = self.odata.suppliers().list().all().await.map_err(|error| of_call(&error))?;
        let currency = |number: &String| all.iter().find(|supplier| supplier.number == *number)?.currency.clone();
        Ok(numbers.iter().map(currency).collect())
    }

    fn service_item(&self) -> Option<String> {
        Some(self.orders.service_item.clone())
    }

    fn purchase_orders(&self) -> Result<Arc<dyn Sink>, BuildError> {
        Ok(Arc::new(ODataPurchaseOrders::new(self.odata.clone(), self.orders.clone())))
    }

    async fn documents(&self, kind: &Kind, wanted: &Wanted<'_>) -> Result<Vec<Document>, Failure> {
        match kind.as_str() {
            purchase_order::KIND => documents::orders(&self.odata, &self.orders, wanted).await,
            bill::KIND => documents::invoices(&self.odata, &self.invoices, wanted).await,
            _ => Err(not_listed(self.name(), kind)),
        }
    }

    fn invoices(&self) -> Result<Option<Arc<dyn Sink>>, BuildError> {
        let book = ODataInvoices::new(self.odata.clone(), self.invoices.clone());
        Ok(Some(Arc::new(InvoiceSink::new(book))))
    }

    fn invoice_limits(&self) -> InvoiceLimits {
        InvoiceLimits::default().attachments(self.invoices.attachments.is_some())
    }

    async fn ping(&self) -> Result<Pinged, Failure> {
        self.odata.ping().await.map_err(|error| self.why_refused(&error))?;
        let there = self.items(std::slice::from_ref(&self.orders.service_item)).await?;
        let client = self.odata.client();
        Ok(Pinged {
            tenant: client.tenant().to_owned(),
            company: self.odata.company().to_owned(),
            user: None,
            lacking: lacking_item(&self.orders.service_item, &there).into_iter().collect(),
            token_life: token_life(client).await,
            rate_limit: client.http().rate_limit().limit,
        })
    }

    fn requests(&self) -> u64 {
        self.odata.client().requests()
    }
}
