//! SyteLine as a product to move records into.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use cloudsuite_client::syteline::{AccountNumber, PoNumber, SyteLine};
use sync_core::{Failure, Kind, Sink};
use tenant_http::{Error, ErrorKind};

use super::book::{Held, LONGEST_VENDOR, SyteLineBook};
use super::invoices::{self, SyteLineInvoiceSettings, SyteLineInvoices};
use super::{SyteLineOrderSettings, SyteLinePurchaseOrders, documents, invoice_documents, masters};
use crate::bill::{self, CostPlace, InvoiceDraft, InvoiceLimits, InvoiceLineDraft, InvoiceSink};
use crate::connection::BuildError;
use crate::dimensions::Dimensions;
use crate::failure::of_call;
use crate::periods::{ClosedPeriod, PeriodList};
use crate::product::{KnownOrder, Masters, Pinged, Product, check_prefix, not_listed, token_life};
use crate::purchase_order;
use crate::reconcile::{Document, Wanted};
use crate::reference::{Master, NewMasters, NewSuppliers};

/// One SyteLine site, and how orders are entered there.
#[derive(Clone)]
pub struct SyteLineProduct {
    syteline: SyteLine,
    orders: SyteLineOrderSettings,
    invoices: SyteLineInvoiceSettings,
    vendor_prefix: String,
    vendor_properties: BTreeMap<String, String>,
    account_properties: BTreeMap<String, String>,
}

impl SyteLineProduct {
    /// A site with the default settings.
    pub fn new(syteline: SyteLine) -> Self {
        Self {
            syteline,
            orders: SyteLineOrderSettings::default(),
            invoices: SyteLineInvoiceSettings::default(),
            vendor_prefix: "PF".to_owned(),
            vendor_properties: BTreeMap::new(),
            account_properties: BTreeMap::from([("Type".to_owned(), "E".to_owned())]),
        }
    }

    /// What the numbers of vendors begin with that are made for Procurify's; the rest of the seven characters is the
    /// vendor's id there. Default `PF`. Two Procurify tenants that make vendors in one site need different ones.
    pub fn vendor_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.vendor_prefix = prefix.into();
        self
    }

    /// What such vendors have besides number, name and currency, such as `TermsCode`: whatever the site demands.
    pub fn vendor_properties(mut self, properties: BTreeMap<String, String>) -> Self {
        self.vendor_properties = properties;
        self
    }

    /// What accounts have besides number and name that are made for account codes. Default `Type` `E`, an expense.
    pub fn account_properties(mut self, properties: BTreeMap<String, String>) -> Self {
        self.account_properties = properties;
        self
    }

    fn book(&self, held: Held, properties: &BTreeMap<String, String>) -> NewMasters {
        NewMasters::of(SyteLineBook { syteline: self.syteline.clone(), held, properties: properties.clone() })
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

impl SyteLineProduct {
    /// Why the server answers no load, with the setting that is to be mended.
    async fn why_refused(&self, error: &Error) -> Failure {
        let set = self.syteline.configuration();
        let mend = match error.kind() {
            ErrorKind::Auth if self.syteline.client().log_in().await.is_ok() => {
                format!(
                    "the login is good, so check what its user may do in `configuration` {set}, and the service's path"
                )
            }
            ErrorKind::Config | ErrorKind::Validation | ErrorKind::Decode | ErrorKind::NotFound => {
                let there = self.syteline.configurations().await.unwrap_or_default();
                if there.is_empty() || there.iter().any(|there| there == set) {
                    format!("check `configuration` {set} and the service's path")
                } else {
                    format!("the server has no `configuration` {set}, but {}", there.join(", "))
                }
            }
            _ => return of_call(error),
        };
        let failure = of_call(error);
        Failure { message: format!("{}; {mend}", failure.message), ..failure }
    }

    /// What settings name and the site does not have.
    async fn wrong_settings(&self) -> Result<Vec<String>, Error> {
        let mut wrong: Vec<String> = self.syteline.wrong_site().await?.into_iter().collect();
        if let Some(set) = &self.orders.warehouse {
            let there = masters::warehouses(&self.syteline).await?;
            let lacking = there.iter().all(|warehouse| warehouse.id != *set);
            wrong.extend(lacking.then(|| format!("warehouse {set} (warehouse)")));
        }
        if let Some(CostPlace { account, cost_center }) = &self.invoices.tax {
            let there = AccountNumber::new(account).ok();
            let there = self.syteline.accounts().get(there.as_slice()).await?;
            wrong.extend(there.is_empty().then(|| format!("account {account} (tax_account)")));
            if let Some((unit, center)) = self.invoices.cost_center_unit.zip(cost_center.as_ref()) {
                let there = masters::unit_codes(&self.syteline, unit).await?;
                let lacking = there.iter().all(|code| code.id != *center);
                wrong.extend(lacking.then(|| format!("unit code {unit} {center} (tax_cost_center)")));
            }
        }
        if let Some(property) = &self.invoices.attachments {
            let vouchers = self.syteline.vouchers().info().await?;
            let writable = vouchers.property(property).is_some_and(|property| !property.read_only);
            wrong.extend((!writable).then(|| format!("property {property} of vouchers (attachments_property)")));
        }
        Ok(wrong)
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

    fn check(&self, booked: &BTreeSet<u8>) -> Result<(), BuildError> {
        check_prefix("number_prefix", &self.orders.number_prefix, PoNumber::MAX_LENGTH)?;
        Dimensions::syteline(self.orders.cost_center_unit).check(booked)?;
        self.invoices.dimensions().check(booked)
    }

    async fn masters(&self) -> Result<Masters, Failure> {
        masters::read(&self.syteline, self.orders.cost_center_unit).await.map_err(|error| of_call(&error))
    }

    async fn dimension(&self, number: u8) -> Result<Vec<Master>, Failure> {
        if !(1..=4).contains(&number) {
            return Ok(Vec::new());
        }
        masters::unit_codes(&self.syteline, number).await.map_err(|error| of_call(&error))
    }

    async fn warehouses(&self) -> Result<Vec<Master>, Failure> {
        masters::warehouses(&self.syteline).await.map_err(|error| of_call(&error))
    }

    async fn items(&self, numbers: &[String]) -> Result<Vec<Master>, Failure> {
        masters::items(&self.syteline, numbers).await.map_err(|error| of_call(&error))
    }

    async fn orders(&self, numbers: &[String]) -> Result<Option<Vec<KnownOrder>>, Failure> {
        let numbers: Vec<PoNumber> = numbers.iter().filter_map(|number| PoNumber::new(number).ok()).collect();
        let found = self.syteline.purchase_orders().get(&numbers).await.map_err(|error| of_call(&error))?;
        let known = found.into_iter().flatten().map(|order| KnownOrder {
            number: order.number.to_string(),
            supplier: order.vendor.map(|vendor| vendor.to_string()),
        });
        Ok(Some(known.collect()))
    }

    async fn closed_periods(&self, list: &PeriodList) -> Result<Vec<ClosedPeriod>, Failure> {
        let rows = self.syteline.load(&list.name).properties(&list.fields()).order_by(&list.start).read_only();
        let rows = rows.all().await.map_err(|error| of_call(&error))?;
        let mut closed = Vec::new();
        for row in &rows {
            let day = |field: &str| row.date(field).map_err(|error| list.unreadable(&error));
            closed.extend(list.period(day(&list.start)?, day(&list.end)?, row.owned(&list.status))?);
        }
        Ok(closed)
    }

    fn new_suppliers(&self) -> Result<Option<NewSuppliers>, BuildError> {
        check_prefix("vendor_prefix", &self.vendor_prefix, LONGEST_VENDOR)?;
        Ok(Some(NewSuppliers {
            masters: self.book(Held::Vendors, &self.vendor_properties),
            prefix: self.vendor_prefix.clone(),
            longest_number: LONGEST_VENDOR,
        }))
    }

    fn new_accounts(&self) -> Option<NewMasters> {
        Some(self.book(Held::Accounts, &self.account_properties))
    }

    fn new_cost_centers(&self) -> Option<NewMasters> {
        self.orders.cost_center_unit.map(|unit| self.book(Held::UnitCodes(unit), &BTreeMap::new()))
    }

    async fn supplier_currencies(&self, numbers: &[String]) -> Result<Vec<Option<String>>, Failure> {
        masters::currencies(&self.syteline, numbers).await.map_err(|error| of_call(&error))
    }

    fn purchase_orders(&self) -> Result<Arc<dyn Sink>, BuildError> {
        Ok(Arc::new(SyteLinePurchaseOrders::new(self.syteline.clone(), self.orders.clone())))
    }

    fn invoice_lines(&self, invoice: &InvoiceDraft) -> Vec<InvoiceLineDraft> {
        self.invoices.distributed(invoice)
    }

    async fn documents(&self, kind: &Kind, wanted: &Wanted<'_>) -> Result<Vec<Document>, Failure> {
        match kind.as_str() {
            purchase_order::KIND => documents::orders(&self.syteline, &self.orders, wanted).await,
            bill::KIND => {
                let book = SyteLineInvoices::new(self.syteline.clone(), self.invoices.clone());
                invoice_documents::invoices(&book, wanted).await
            }
            _ => Err(not_listed(self.name(), kind)),
        }
    }

    fn invoices(&self) -> Result<Option<Arc<dyn Sink>>, BuildError> {
        let book = SyteLineInvoices::new(self.syteline.clone(), self.invoices.clone());
        Ok(Some(Arc::new(InvoiceSink::new(book))))
    }

    fn invoice_limits(&self) -> InvoiceLimits {
        let limits = InvoiceLimits::default()
            .number_length(invoices::NUMBER_LENGTH)
            .one_tax_code()
            .attachments(self.invoices.attachments.is_some());
        match &self.invoices.tax {
            Some(place) => limits.tax_on(place.clone(), "tax_account"),
            None => limits.tax_needs("tax_account"),
        }
    }

    async fn ping(&self) -> Result<Pinged, Failure> {
        let there = match self.syteline.ping().await {
            Ok(there) => there,
            Err(error) => return Err(self.why_refused(&error).await),
        };
        let mut lacking: Vec<String> = there.missing.into_iter().map(|ido| format!("IDO {ido}")).collect();
        lacking.extend(self.wrong_settings().await.map_err(|error| of_call(&error))?);
        Ok(Pinged {
            tenant: self.syteline.client().tenant().to_owned(),
            company: self.syteline.configuration().to_owned(),
            user: None,
            lacking,
            token_life: token_life(self.syteline.client()).await,
            rate_limit: self.syteline.client().http().rate_limit().limit,
        })
    }

    fn requests(&self) -> u64 {
        self.syteline.client().requests()
    }
}
