//! Supplier invoices in an OData service: each created with its lines, all or nothing, many in a batch.

use async_trait::async_trait;
use cloudsuite_client::odata::{Invoice, NewInvoice, NewInvoiceLine, OData};
use sync_core::{Amended, Failure, FailureKind};
use tenant_http::{Error, Outcome, RequestIds, Traced};

use super::invoice_changes;
use crate::bill::{
    InvoiceBook, InvoiceDraft, InvoiceLineDraft, LineThere, Missing, Now, Ours, Plan, Prepared, Present, Sought,
    Standing, Trouble, references, with_renamed,
};
use crate::dimensions::Dimensions;
use crate::failure::of_call;

/// How supplier invoices are entered in one company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ODataInvoiceSettings {
    /// The property of the day on which an invoice is booked; none if there is none, and bills with such a day are
    /// refused. Default `PostingDate`.
    pub posting_date: Option<String>,
    /// The property that takes the addresses of the bill's attachments, with blanks between them; none if there is none.
    /// A file that is added later is a change of the bill: it is carried where changes are and the invoice may still be
    /// changed, and told else. Default none.
    pub attachments: Option<String>,
    /// The property that takes an invoice's payment terms; none if there is none. Default none.
    pub payment_terms: Option<String>,
    /// The property that takes a line's tax code; none if there is none. Default none.
    pub tax_code: Option<String>,
    /// The status of an invoice that was cancelled, in the tenant's own word. Default `Cancelled`.
    pub cancelled_status: String,
    /// The status of an invoice that may still be changed, in the tenant's own word: one in any other is never touched.
    /// Default `Open`.
    pub open_status: String,
}

impl Default for ODataInvoiceSettings {
    fn default() -> Self {
        Self {
            posting_date: Some("PostingDate".to_owned()),
            attachments: None,
            payment_terms: None,
            tax_code: None,
            cancelled_status: "Cancelled".to_owned(),
            open_status: "Open".to_owned(),
        }
    }
}

/// The invoices of one company.
pub(super) struct ODataInvoices {
    pub(super) odata: OData,
    pub(super) settings: ODataInvoiceSettings,
}

impl ODataInvoices {
    pub fn new(odata: OData, settings: ODataInvoiceSettings) -> Self {
        Self { odata, settings }
    }

    async fn found(&self, sought: &[Sought<'_>]) -> Result<Vec<Vec<Present>>, Error> {
        let client = self.odata.invoices();
        let keys: Vec<(&str, &str)> =
            sought.iter().map(|one| (one.invoice.supplier.as_str(), one.invoice.number.as_str())).collect();
        let present =
            |invoices: &[Invoice]| invoices.iter().map(|invoice| present(invoice, &self.settings)).collect::<Vec<_>>();
        let found = client.find_by_invoice(&keys).await?.iter().map(|invoices| present(invoices)).collect();
        Ok(with_renamed(sought, found, &present(&client.find_by_reference(&references(sought)).await?)))
    }

    fn entity(&self, prepared: &Prepared) -> NewInvoice {
        let invoice = &prepared.invoice;
        let day = invoice.invoice_date;
        let mut new =
            NewInvoice::new(&invoice.supplier, &invoice.number, day, invoice.total, prepared.reference.as_str())
                .currency(&invoice.currency)
                .tax(invoice.tax);
        if let Some(due) = invoice.due_date {
            new = new.due(due);
        }
        if let (Some(property), Some(day)) = (&self.settings.posting_date, invoice.posting_date) {
            new = new.property(property, day);
        }
        if let (Some(property), Some(terms)) = (&self.settings.payment_terms, &invoice.payment_terms) {
            new = new.property(property, terms.as_str());
        }
        if let (Some(property), Some(links)) = (&self.settings.attachments, invoice.attachment_links()) {
            new = new.property(property, links);
        }
        (1..).zip(&invoice.lines).fold(new, |new, (number, line)| new.line(entity_line(number, line, &self.settings)))
    }
}

pub(super) fn entity_line(number: i64, line: &InvoiceLineDraft, settings: &ODataInvoiceSettings) -> NewInvoiceLine {
    let mut new = NewInvoiceLine::new(number, &line.account, line.amount).property("Description", line.text.as_str());
    if let (Some(property), Some(code)) = (&settings.tax_code, &line.tax_code) {
        new = new.property(property, code.as_str());
    }
    if let Some(center) = &line.cost_center {
        new = new.cost_center(center);
    }
    match &line.order {
        Some(order) => match order.line {
            Some(line) => new.order(&order.number, line.into()),
            None => new.property("Order", order.number.as_str()),
        },
        None => new,
    }
}

/// That the mapping gives what the invoices have no property for.
pub(super) fn no_property(what: &str, setting: &str) -> Failure {
    let why = format!("its {what} have no property to go to: name it ({setting}), or take them out of the mapping");
    Failure::new(FailureKind::Invalid, why)
}

fn present(invoice: &Invoice, settings: &ODataInvoiceSettings) -> Present {
    Present {
        number: invoice.number.clone(),
        reference: invoice.reference.clone(),
        amount: invoice.amount,
        currency: invoice.currency.clone(),
        day: invoice.invoice_date,
        renamed: false,
        finished: true,
        hides_reference: false,
        void: invoice.status.as_ref() == Some(&settings.cancelled_status),
        fault: None,
    }
}

fn trouble(error: &Error) -> Trouble {
    let failure = of_call(error);
    match error.outcome() {
        Outcome::Rejected => Trouble::Rejected(failure),
        Outcome::NotProcessed => Trouble::NotProcessed(failure),
        Outcome::Unknown => Trouble::Unknown(failure),
    }
}

#[async_trait]
impl InvoiceBook for ODataInvoices {
    fn place(&self) -> &'static str {
        "the ERP's invoices"
    }

    fn carries_attachments(&self) -> bool {
        self.settings.attachments.is_some()
    }

    fn creates_whole(&self) -> bool {
        true
    }

    fn check(&self, invoice: &InvoiceDraft) -> Result<(), Failure> {
        for line in &invoice.lines {
            Dimensions::none().of(None, &line.dimensions)?;
        }
        let nowhere = |what, setting| {
            let failure = no_property(what, setting);
            Failure { message: format!("{}, then replay the bill", failure.message), ..failure }
        };
        if self.settings.payment_terms.is_none() && invoice.payment_terms.is_some() {
            return Err(nowhere("payment terms", "payment_terms_property"));
        }
        if self.settings.tax_code.is_none() && invoice.lines.iter().any(|line| line.tax_code.is_some()) {
            return Err(nowhere("tax codes", "tax_code_property"));
        }
        match invoice.posting_date.filter(|_| self.settings.posting_date.is_none()) {
            Some(day) => {
                let why = format!(
                    "it is to be booked on {day}, for which the invoices have no property: name it \
                     (posting_date_property), or enter the invoice by hand, then replay the bill"
                );
                Err(Failure::new(FailureKind::Invalid, why))
            }
            None => Ok(()),
        }
    }

    async fn find(&self, sought: &[Sought<'_>]) -> Vec<Result<Vec<Present>, Failure>> {
        match self.found(sought).await {
            Ok(found) => found.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(of_call(&error)); sought.len()],
        }
    }

    async fn lines(&self, invoices: &[(&str, Sought<'_>)]) -> Vec<Result<Vec<LineThere>, Failure>> {
        vec![Ok(Vec::new()); invoices.len()]
    }

    async fn add(&self, invoices: &[&Prepared]) -> Vec<Result<Traced<String>, Trouble>> {
        let client = self.odata.invoices();
        let entities: Vec<NewInvoice> = invoices.iter().map(|prepared| self.entity(prepared)).collect();
        let unnumbered = || Trouble::Unknown(Failure::new(FailureKind::Other, "its number is not shown"));
        let created = client.create(&entities).await;
        created
            .into_iter()
            .map(|created| match created {
                Ok(entity) => match client.number_of(&entity) {
                    Some(number) => Ok(entity.map(|_| number)),
                    None => Err(unnumbered()),
                },
                Err(error) => Err(trouble(&error)),
            })
            .collect()
    }

    async fn add_lines(&self, invoices: &[Missing<'_>]) -> Vec<Result<RequestIds, Trouble>> {
        vec![Ok(RequestIds::none()); invoices.len()]
    }

    async fn now(&self, ours: &[Ours<'_>]) -> Vec<Result<Now, Failure>> {
        invoice_changes::now(self, ours).await
    }

    fn refusal(&self, _plan: &Plan, _standing: &Standing) -> Option<String> {
        None
    }

    async fn change(&self, plans: &[Plan]) -> Vec<Amended> {
        invoice_changes::change(self, plans).await
    }
}
