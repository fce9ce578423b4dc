//! SyteLine as a product to move records into.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::NaiveDate;
use cloudsuite_client::syteline::SyteLine;
use sync_core::{Failure, Kind, Sink};

use super::invoices::{self, SyteLineInvoiceSettings, SyteLineInvoices};
use super::{SyteLineOrderSettings, SyteLinePurchaseOrders, documents, masters};
use crate::bill::{InvoiceLimits, InvoiceSink};
use crate::connection::BuildError;
use crate::failure::of_call;
use crate::product::{Masters, Pinged, Product, not_listed};
use crate::purchase_order;
use crate::reconcile::{Document, Wanted};

/// One SyteLine site, and how orders are entered there.
#[derive(Clone)]
pub struct SyteLineProduct {
    syteline: SyteLine,
    orders: SyteLineOrderSettings,
    invoices: SyteLineInvoiceSettings,
}

impl SyteLineProduct {
    /// A site with the default settings.
    pub fn new(syteline: SyteLine) -> Self {
        Self { syteline, orders: SyteLineOrderSettings::default(), invoices: SyteLineInvoiceSettings::default() }
    }

    /// Enters orders so.
    pub fn orders(mut self, settings: SyteLineOrderSettings) -> Self {
        self.orders = settings;
        self
    }

    /// Enters invoices so.
    pub fn invoices(mut self, settings: SyteLineInvoiceSettings) -> Self {
        self.invoices = settings;
        self
    }
}

impl From<SyteLine> for Box<dyn Product> {
    fn from(syteline: SyteLine) -> Self {
        Box::new(SyteLineProduct::new(syteline))
    }
}

impl From<SyteLineProduct> for Box<dyn Product> {
    fn from(product: SyteLineProduct) -> Self {
        Box::new(product)
    }
}

#[async_trait]
impl Product for SyteLineProduct {
    fn name(&self) -> &'static str {
        "syteline"
    }

    async fn masters(&self, _today: NaiveDate) -> Result<Masters, Failure> {
        masters::read(&self.syteline, self.orders.cost_center_unit).await.map_err(|error| of_call(&error))
    }

    fn purchase_orders(&self) -> Result<Arc<dyn Sink>, BuildError> {
        Ok(Arc::new(SyteLinePurchaseOrders::new(self.syteline.clone(), self.orders.clone())))
    }

    async fn documents(&self, kind: &Kind, wanted: &Wanted<'_>) -> Result<Vec<Document>, Failure> {
        match kind.as_str() {
            purchase_order::KIND => documents::orders(&self.syteline, &self.orders, wanted).await,
            _ => Err(not_listed(self.name(), kind)),
        }
    }

    fn invoices(&self) -> Result<Option<Arc<dyn Sink>>, BuildError> {
        let book = SyteLineInvoices::new(self.syteline.clone(), self.invoices.clone());
        Ok(Some(Arc::new(InvoiceSink::new(book))))
    }

    fn invoice_limits(&self) -> InvoiceLimits {
        InvoiceLimits::default().number_length(invoices::NUMBER_LENGTH).freight()
    }

    async fn ping(&self) -> Result<Pinged, Failure> {
        let there = self.syteline.ping().await.map_err(|error| of_call(&error))?;
        Ok(Pinged {
            tenant: self.syteline.client().tenant().to_owned(),
            company: self.syteline.configuration().to_owned(),
            user: None,
            lacking: there.missing.into_iter().map(|ido| format!("IDO {ido}")).collect(),
        })
    }

    fn requests(&self) -> u64 {
        self.syteline.client().requests()
    }
}
