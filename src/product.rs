//! What a CloudSuite product must offer for records to be moved into it.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use cloudsuite_client::CloudSuiteClient;
use sync_core::{Failure, FailureKind, Kind, Sink};

use crate::bill::{InvoiceDraft, InvoiceLimits, InvoiceLineDraft};
use crate::connection::BuildError;
use crate::periods::{ClosedPeriod, PeriodList};
use crate::reconcile::{Document, Wanted};
use crate::reference::{Master, NewMasters, NewSuppliers};

/// The ERP's reference data, as far as records of Procurify are matched to it.
#[derive(Debug, Clone, Default)]
pub struct Masters {
    /// Suppliers.
    pub suppliers: Vec<Master>,
    /// GL accounts.
    pub accounts: Vec<Master>,
    /// Cost centres; empty where the product has none.
    pub cost_centers: Vec<Master>,
}

/// What a product says of itself and of us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinged {
    /// The tenant.
    pub tenant: String,
    /// The company, site or service that is written to.
    pub company: String,
    /// The user that the credentials act as, if it is told.
    pub user: Option<String>,
    /// What is needed and not offered: programs, rights, entities.
    pub lacking: Vec<String>,
    /// How long a token lives in all, as the tenant has set it; none if that is not known.
    pub token_life: Option<TimeDelta>,
    /// Calls allowed in the gateway's window, by its own account; none if it gives none.
    pub rate_limit: Option<u64>,
}

/// How long the tokens of a client live; none if that cannot be told.
pub(crate) async fn token_life(client: &CloudSuiteClient) -> Option<TimeDelta> {
    client.token_life().await.inspect_err(|error| tracing::warn!(%error, "the token's life is not known")).ok()
}

/// A purchase order that the ERP has, whoever made it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KnownOrder {
    /// Its number.
    pub number: String,
    /// Its supplier's number, if that is shown.
    pub supplier: Option<String>,
}

/// One CloudSuite product of one tenant. Implement it to move records into an ERP of your own.
#[async_trait]
pub trait Product: Send + Sync {
    /// Its name in configurations and messages, such as `m3`.
    fn name(&self) -> &'static str;

    /// Checks its settings, once for each connection. `booked` are the further accounting dimensions that account
    /// mappings book on. Sends nothing.
    ///
    /// # Errors
    /// A setting that cannot be right.
    fn check(&self, booked: &BTreeSet<u8>) -> Result<(), BuildError> {
        let _ = booked;
        Ok(())
    }

    /// Reads all reference data. All or nothing.
    async fn masters(&self) -> Result<Masters, Failure>;

    /// The values of a further accounting dimension; none if they cannot be read, and so are not checked.
    async fn dimension(&self, number: u8) -> Result<Vec<Master>, Failure> {
        let _ = number;
        Ok(Vec::new())
    }

    /// The warehouses that orders can be for, as drafts name them; none if orders are not for warehouses.
    async fn warehouses(&self) -> Result<Vec<Master>, Failure> {
        Ok(Vec::new())
    }

    /// Those of these items that there are.
    async fn items(&self, numbers: &[String]) -> Result<Vec<Master>, Failure>;

    /// Those of these currencies that there are; none if that cannot be asked, and so is not checked.
    async fn currencies(&self, codes: &[String]) -> Result<Option<Vec<String>>, Failure> {
        let _ = codes;
        Ok(None)
    }

    /// Those of these purchase orders that there are, whoever made them; none if that cannot be asked, and so is not
    /// checked.
    async fn orders(&self, numbers: &[String]) -> Result<Option<Vec<KnownOrder>>, Failure> {
        let _ = numbers;
        Ok(None)
    }

    /// The fiscal periods that are closed, by the tenant's own list of them.
    ///
    /// By default the product has no such list.
    async fn closed_periods(&self, list: &PeriodList) -> Result<Vec<ClosedPeriod>, Failure> {
        Err(list.unreadable(&format!("{} lists no periods", self.name())))
    }

    /// The item of lines that are bought by their text alone, if it must be among the items.
    fn service_item(&self) -> Option<String> {
        None
    }

    /// How suppliers are made for vendors; none if this product cannot.
    ///
    /// # Errors
    /// A setting that cannot be right.
    fn new_suppliers(&self) -> Result<Option<NewSuppliers>, BuildError> {
        Ok(None)
    }

    /// How GL accounts are made for account codes, under their codes; none if this product cannot.
    fn new_accounts(&self) -> Option<NewMasters> {
        None
    }

    /// How cost centres are made for departments, under their external ids; none if this product cannot.
    fn new_cost_centers(&self) -> Option<NewMasters> {
        None
    }

    /// The currencies of these suppliers, one answer for each; none where it is not known.
    async fn supplier_currencies(&self, numbers: &[String]) -> Result<Vec<Option<String>>, Failure> {
        Ok(vec![None; numbers.len()])
    }

    /// Where purchase orders go: a sink that reads [`OrderDraft`](crate::purchase_order::OrderDraft)s.
    ///
    /// # Errors
    /// A setting that cannot be right.
    fn purchase_orders(&self) -> Result<Arc<dyn Sink>, BuildError>;

    /// Where bills go: a sink that reads [`InvoiceDraft`]s; none if the product takes none.
    ///
    /// # Errors
    /// A setting that cannot be right.
    fn invoices(&self) -> Result<Option<Arc<dyn Sink>>, BuildError> {
        Ok(None)
    }

    /// What its invoices can hold: a bill that does not fit is held.
    fn invoice_limits(&self) -> InvoiceLimits {
        InvoiceLimits::default()
    }

    /// The lines of an invoice as this product holds them: its tax may stand on one of its own. By default as drafted.
    fn invoice_lines(&self, invoice: &InvoiceDraft) -> Vec<InvoiceLineDraft> {
        invoice.lines.clone()
    }

    /// Documents of a kind as the ERP holds them, whoever made them, for [`reconcile`](crate::Connection::reconcile). A
    /// document that is known to be deleted is left out; one that stands and binds nobody is [`void`](Document::void).
    ///
    /// By default they cannot be listed.
    async fn documents(&self, kind: &Kind, wanted: &Wanted<'_>) -> Result<Vec<Document>, Failure> {
        let _ = wanted;
        Err(not_listed(self.name(), kind))
    }

    /// Asks who we are, and whether all that is needed is there.
    async fn ping(&self) -> Result<Pinged, Failure>;

    /// HTTP requests sent so far, those for tokens included.
    fn requests(&self) -> u64;
}

/// Whether numbers of so many characters that begin so have room for the ids of Procurify that they are built from.
///
/// # Errors
/// They have not.
pub(crate) fn check_prefix(setting: &'static str, prefix: &str, length: usize) -> Result<(), BuildError> {
    /// Ids grow: with fewer digits there would soon be one that does not fit.
    const DIGITS: usize = 4;
    if prefix.len() + DIGITS <= length {
        return Ok(());
    }
    Err(BuildError::Prefix { setting, prefix: prefix.to_owned(), length, longest: length - DIGITS })
}

/// The item of lines that are bought by their text alone, if it is not `there` or may not be used.
pub(crate) fn lacking_item(number: &str, there: &[Master]) -> Option<String> {
    match there.iter().find(|item| item.id == number) {
        None => Some(format!("item {number} (service_item)")),
        Some(item) => item.blocked.as_ref().map(|why| format!("item {number} (service_item; {why})")),
    }
}

/// That a product cannot list its documents of a kind.
pub(crate) fn not_listed(product: &str, kind: &Kind) -> Failure {
    Failure::new(FailureKind::Other, format!("{product} does not list its documents of kind {kind}"))
}
