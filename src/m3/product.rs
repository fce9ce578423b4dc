//! M3 as a product to move records into.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use cloudsuite_client::m3::{Dimension, M3, SupplierNumber, TransactionError};
use sync_core::{Failure, Kind, Sink};

use super::invoices::{self, M3InvoiceSettings, M3Invoices};
use super::suppliers::{LONGEST_NAME, LONGEST_NUMBER, M3SupplierNames, M3Suppliers};
use super::{M3OrderSettings, M3PurchaseOrders, documents, invoice_documents, masters};
use crate::bill::{self, InvoiceDraft, InvoiceLimits, InvoiceLineDraft, InvoiceSink};
use crate::connection::BuildError;
use crate::dimensions::Dimensions;
use crate::failure::of_transaction;
use crate::periods::{ClosedPeriod, PeriodList};
use crate::product::{KnownOrder, Masters, Pinged, Product, check_prefix, lacking_item, not_listed, token_life};
use crate::purchase_order;
use crate::reconcile::{Document, Wanted};
use crate::reference::{Master, NewMasters, NewSuppliers, Renaming};

/// The programs that are called, and what is needed of them.
const NEEDED: [(&str, &[&str]); 5] = [
    ("PPS370MI", &["StartEntry", "AddHead", "AddLine", "AddAccString", "FinishEntry", "DeleteEntry"]),
    ("PPS200MI", &["GetHead", "SearchHead"]),
    ("CRS620MI", &["LstByNumber"]),
    ("CRS630MI", &["LstAccountID"]),
    ("MMS200MI", &["GetItmBasic"]),
];

/// One M3 company, and how orders are entered there.
#[derive(Clone)]
pub struct M3Product {
    m3: M3,
    orders: M3OrderSettings,
    invoices: Option<M3InvoiceSettings>,
    supplier_template: Option<String>,
    supplier_prefix: String,
}

impl M3Product {
    /// A company with the default settings.
    pub fn new(m3: M3) -> Self {
        Self {
            m3,
            orders: M3OrderSettings::default(),
            invoices: None,
            supplier_template: None,
            supplier_prefix: "PF".to_owned(),
        }
    }

    /// Suppliers that are made for vendors, if that is wanted, are copies of this one (`CRS620MI CopyTemplate`): only
    /// number, name and currency are theirs. Whether they may be used at once is decided by the template's status.
    /// Default `TEMPLATE`.
    pub fn supplier_template(mut self, number: impl Into<String>) -> Self {
        self.supplier_template = Some(number.into());
        self
    }

    fn template(&self) -> &str {
        self.supplier_template.as_deref().unwrap_or("TEMPLATE")
    }

    /// What their numbers begin with; the rest of the ten characters is the vendor's id. Default `PF`. Two Procurify
    /// tenants that make suppliers in one company need different ones.
    pub fn supplier_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.supplier_prefix = prefix.into();
        self
    }

    /// Enters orders so.
    pub fn orders(mut self, settings: M3OrderSettings) -> Self {
        self.orders = settings;
        self
    }

    /// What settings name and the company does not have.
    async fn wrong_settings(&self) -> Result<Vec<String>, TransactionError> {
        let mut wrong = self.m3.wrong_places().await?;
        let service_item = &self.orders.service_item;
        let there = masters::items(&self.m3, std::slice::from_ref(service_item)).await?;
        wrong.extend(lacking_item(service_item, &there));
        if let Some(set) = &self.supplier_template {
            let number = SupplierNumber::new(set).ok();
            let there = self.m3.suppliers().get(number.as_slice()).await.into_iter().next().transpose()?.flatten();
            wrong.extend(there.is_none().then(|| format!("supplier {set} (supplier_template)")));
        }
        if let Some(set) = &self.orders.order_type {
            let lacking = masters::has_order_type(&self.m3, set).await? == Some(false);
            wrong.extend(lacking.then(|| format!("order type {set} (order_type)")));
        }
        Ok(wrong)
    }

    /// Enters invoices so, and asks at [`ping`](Product::ping) whether the tenant has what that takes.
    pub fn invoices(mut self, settings: M3InvoiceSettings) -> Self {
        self.invoices = Some(settings);
        self
    }
}

impl From<M3> for Box<dyn Product> {
    fn from(m3: M3) -> Self {
        Box::new(M3Product::new(m3))
    }
}

impl From<M3Product> for Box<dyn Product> {
    fn from(product: M3Product) -> Self {
        Box::new(product)
    }
}

#[async_trait]
impl Product for M3Product {
    fn name(&self) -> &'static str {
        "m3"
    }

    fn check(&self, booked: &BTreeSet<u8>) -> Result<(), BuildError> {
        Dimensions::m3(self.orders.cost_center_dimension).check(booked)?;
        self.invoices.iter().try_for_each(|invoices| invoices.dimensions().check(booked))
    }

    async fn masters(&self) -> Result<Masters, Failure> {
        let cost_center = self.orders.cost_center_dimension.and_then(Dimension::new);
        let mut masters = masters::read(&self.m3, cost_center).await.map_err(|error| of_transaction(&error))?;
        // Nobody is supplied by a template.
        masters.suppliers.retain(|supplier| supplier.id != self.template());
        Ok(masters)
    }

    async fn dimension(&self, number: u8) -> Result<Vec<Master>, Failure> {
        match Dimension::new(number) {
            Some(dimension) => masters::identities(&self.m3, dimension).await.map_err(|error| of_transaction(&error)),
            None => Ok(Vec::new()),
        }
    }

    async fn warehouses(&self) -> Result<Vec<Master>, Failure> {
        masters::warehouses(&self.m3).await.map_err(|error| of_transaction(&error))
    }

    async fn items(&self, numbers: &[String]) -> Result<Vec<Master>, Failure> {
        masters::items(&self.m3, numbers).await.map_err(|error| of_transaction(&error))
    }

    async fn currencies(&self, codes: &[String]) -> Result<Option<Vec<String>>, Failure> {
        masters::known_currencies(&self.m3, codes).await.map_err(|error| of_transaction(&error))
    }

    async fn orders(&self, numbers: &[String]) -> Result<Option<Vec<KnownOrder>>, Failure> {
        masters::orders(&self.m3, numbers).await.map(Some).map_err(|error| of_transaction(&error))
    }

    async fn closed_periods(&self, list: &PeriodList) -> Result<Vec<ClosedPeriod>, Failure> {
        // Whoever names a table wants it read.
        let export = self.m3.clone().export_mi(true).export(&list.name, &list.fields());
        let rows = export.rows().await.map_err(|error| of_transaction(&error))?;
        let mut closed = Vec::new();
        for row in &rows {
            let day = |field: &str| row.date(field).map_err(|error| list.unreadable(&error));
            closed.extend(list.period(day(&list.start)?, day(&list.end)?, row.owned(&list.status))?);
        }
        Ok(closed)
    }

    fn service_item(&self) -> Option<String> {
        Some(self.orders.service_item.clone())
    }

    fn new_suppliers(&self) -> Result<Option<NewSuppliers>, BuildError> {
        check_prefix("supplier_prefix", &self.supplier_prefix, LONGEST_NUMBER)?;
        Ok(Some(NewSuppliers {
            masters: NewMasters {
                sink: Arc::new(M3Suppliers { m3: self.m3.clone(), template: SupplierNumber::new(self.template())? }),
                names: Arc::new(Renaming(M3SupplierNames(self.m3.clone()))),
                longest_name: LONGEST_NAME,
            },
            prefix: self.supplier_prefix.clone(),
            longest_number: LONGEST_NUMBER,
        }))
    }

    async fn supplier_currencies(&self, numbers: &[String]) -> Result<Vec<Option<String>>, Failure> {
        masters::currencies(&self.m3, numbers).await.map_err(|error| of_transaction(&error))
    }

    fn purchase_orders(&self) -> Result<Arc<dyn Sink>, BuildError> {
        let sink = M3PurchaseOrders::new(self.m3.clone(), self.orders.clone())?;
        Ok(Arc::new(sink))
    }

    async fn documents(&self, kind: &Kind, wanted: &Wanted<'_>) -> Result<Vec<Document>, Failure> {
        match kind.as_str() {
            purchase_order::KIND => documents::orders(&self.m3, wanted).await,
            bill::KIND => {
                let book = M3Invoices::new(self.m3.clone(), self.invoices.clone().unwrap_or_default());
                invoice_documents::invoices(&book, wanted).await
            }
            _ => Err(not_listed(self.name(), kind)),
        }
    }

    fn invoices(&self) -> Result<Option<Arc<dyn Sink>>, BuildError> {
        let settings = self.invoices.clone().unwrap_or_default();
        Ok(Some(Arc::new(InvoiceSink::new(M3Invoices::new(self.m3.clone(), settings)))))
    }

    fn invoice_lines(&self, invoice: &InvoiceDraft) -> Vec<InvoiceLineDraft> {
        self.invoices.clone().unwrap_or_default().lines(invoice)
    }

    fn invoice_limits(&self) -> InvoiceLimits {
        InvoiceLimits::default().number_length(invoices::NUMBER_LENGTH)
    }

    async fn ping(&self) -> Result<Pinged, Failure> {
        let user = self.m3.ping().await.map_err(|error| of_transaction(&error))?;
        let mut lacking = Vec::new();
        let for_invoices = self.invoices.iter().flat_map(M3InvoiceSettings::needed);
        let for_orders = NEEDED.into_iter().map(|(program, needed)| (program, needed.to_vec()));
        for (program, needed) in for_orders.chain(for_invoices) {
            let offered = self.m3.transactions(program).await.map_err(|error| of_transaction(&error))?;
            let missing = needed.iter().filter(|name| !offered.iter().any(|offer| offer.name == **name));
            lacking.extend(missing.map(|name| format!("{program} {name}")));
        }
        lacking.extend(self.wrong_settings().await.map_err(|error| of_transaction(&error))?);
        Ok(Pinged {
            tenant: self.m3.client().tenant().to_owned(),
            company: self.m3.company().to_string(),
            user: user.user.user,
            lacking,
            token_life: token_life(self.m3.client()).await,
            rate_limit: self.m3.client().http().rate_limit().limit,
        })
    }

    fn requests(&self) -> u64 {
        self.m3.client().requests()
    }
}
