//! AP invoices before they are in the ledger (`APS450MI`), and their validation (`APS455MI`).
//!
//! Head and lines are separate commits: an invoice may be there with some of its lines only, visible to finance, and
//! is then to be completed line by line. M3 refuses a supplier's invoice number twice or not, depending on settings,
//! at the head or at validation: look before creating, and after any doubt.

mod entry;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use tenant_http::{ErrorKind, Outcome, RequestIds, Traced};

pub use entry::{InvoiceChanges, NewInvoice, NewInvoiceLine};

use crate::m3::M3;
use crate::m3::bulk::Bulk;
use crate::m3::codes::{InvoiceBatchNumber, OrderNumber, SupplierNumber};
use crate::m3::error::TransactionError;
use crate::m3::pairing::ids_of;
use crate::m3::record::{FieldError, MiRecord};
use crate::m3::transaction::Transaction;
use crate::m3::value::write_date;
use crate::m3::walk::at_ceiling;
use crate::spelling::{is_same, spellings};

const PROGRAM: &str = "APS450MI";
const LEDGER: &str = "APS200MI";
const LINES: &str = "LstLines";

/// The longest number of a supplier's invoice (`SINO`), in characters.
const INVOICE_LENGTH: usize = 24;

/// An invoice's head.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvoiceHead {
    /// `INBN`.
    pub number: InvoiceBatchNumber,
    /// `IBTP`: 20 is a supplier's invoice, 25 a recoding.
    pub batch_type: Option<String>,
    /// `SUPA`, the status in M3's own numbers.
    pub status: Option<i64>,
    /// `SUNO`.
    pub supplier: Option<SupplierNumber>,
    /// `SPYN`, the payee.
    pub payee: Option<SupplierNumber>,
    /// `SINO`, the supplier's number of it.
    pub supplier_invoice: Option<String>,
    /// `CORI`: where this project keeps its own reference.
    pub reference: Option<String>,
    /// `IVDT`.
    pub invoice_date: Option<NaiveDate>,
    /// `DUDT`.
    pub due_date: Option<NaiveDate>,
    /// `ACDT`, the day it is booked on.
    pub accounting_date: Option<NaiveDate>,
    /// `CUCD`.
    pub currency: Option<String>,
    /// `CUAM`, with taxes.
    pub amount: Option<Decimal>,
    /// `VTAM`.
    pub tax: Option<Decimal>,
    /// `TLNA`, the sum of the lines.
    pub lines_total: Option<Decimal>,
    /// `PUNO`.
    pub order: Option<OrderNumber>,
    /// `VONO`, the voucher it has become; `None` while it is not in the ledger.
    pub voucher: Option<i64>,
    /// `IBHE`: whether validation found an error in the head.
    pub head_error: bool,
    /// `IBLE`: whether validation found an error in a line.
    pub line_error: bool,
    /// `SCRE`: the reason for which it was rejected, if it was.
    pub rejected: Option<String>,
}

impl InvoiceHead {
    fn read(number: &InvoiceBatchNumber, row: &MiRecord) -> Result<Self, FieldError> {
        let supplier = |field: &str| row.text(field).map(|_| row.code(field)).transpose();
        Ok(Self {
            number: number.clone(),
            batch_type: row.owned("IBTP"),
            status: row.integer("SUPA")?,
            supplier: supplier("SUNO")?,
            payee: supplier("SPYN")?,
            supplier_invoice: row.owned("SINO"),
            reference: row.owned("CORI"),
            invoice_date: row.date("IVDT")?,
            due_date: row.date("DUDT")?,
            accounting_date: row.date("ACDT")?,
            currency: row.owned("CUCD"),
            amount: row.decimal("CUAM")?,
            tax: row.decimal("VTAM")?,
            lines_total: row.decimal("TLNA")?,
            order: row.text("PUNO").map(|_| row.code("PUNO")).transpose()?,
            voucher: row.integer("VONO")?.filter(|number| *number != 0),
            head_error: row.flag("IBHE")?,
            line_error: row.flag("IBLE")?,
            rejected: row.owned("SCRE").filter(|code| !code.trim().is_empty()),
        })
    }
}

/// An invoice's line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvoiceLine {
    /// `TRNO`.
    pub number: i64,
    /// `RDTP`.
    pub line_type: Option<i64>,
    /// `NLAM`, without taxes.
    pub amount: Option<Decimal>,
    /// `VTA1`.
    pub tax: Option<Decimal>,
    /// `PUNO`.
    pub order: Option<OrderNumber>,
    /// `PNLI`.
    pub order_line: Option<i64>,
    /// `IVQA`.
    pub quantity: Option<Decimal>,
    /// `ITNO`.
    pub item: Option<String>,
    /// `IBLE`: whether validation found an error in it.
    pub error: bool,
}

impl InvoiceLine {
    fn read(row: &MiRecord) -> Result<Self, FieldError> {
        Ok(Self {
            number: row.integer("TRNO")?.ok_or_else(|| FieldError::Missing("TRNO".to_owned()))?,
            line_type: row.integer("RDTP")?,
            amount: row.decimal("NLAM")?,
            tax: row.decimal("VTA1")?,
            order: row.text("PUNO").map(|_| row.code("PUNO")).transpose()?,
            order_line: row.integer("PNLI")?,
            quantity: row.decimal("IVQA")?,
            item: row.owned("ITNO"),
            error: row.flag("IBLE")?,
        })
    }
}

/// What names an invoice to those who do not know its batch number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceKey {
    /// `SUNO`.
    pub supplier: SupplierNumber,
    /// `SPYN`; the supplier if `None`.
    pub payee: Option<SupplierNumber>,
    /// `SINO`, as the supplier wrote it.
    pub supplier_invoice: String,
}

impl InvoiceKey {
    /// Whether the supplier's number can stand in a search of the ledger: letters, digits, `-`, `.` and `/`.
    pub fn is_searchable(&self) -> bool {
        let number = self.supplier_invoice.trim();
        !number.is_empty() && number.chars().all(|c| c.is_alphanumeric() || "-./".contains(c))
    }

    /// By the number in each case that M3 may keep it in; of a number that cannot stand in a search, all of the payee's.
    fn search(&self) -> String {
        let payee = self.payee.as_ref().unwrap_or(&self.supplier);
        if !self.is_searchable() {
            return format!("SPYN:{payee}");
        }
        let numbers: Vec<String> =
            self.spellings().iter().map(|key| format!("SINO:\"{}\"", key.supplier_invoice)).collect();
        match numbers.as_slice() {
            [number] => format!("SPYN:{payee} AND {number}"),
            numbers => format!("SPYN:{payee} AND ({})", numbers.join(" OR ")),
        }
    }

    /// This key with the number as it is, in capitals and in small letters, each once: people type it as they like, and
    /// M3 tells the cases apart.
    pub fn spellings(&self) -> Vec<Self> {
        let numbers = spellings(&self.supplier_invoice).into_iter();
        numbers.map(|supplier_invoice| Self { supplier_invoice, ..self.clone() }).collect()
    }

    /// Whether this is its number, whatever the case.
    fn is_number(&self, number: &str) -> bool {
        let wanted: String = self.supplier_invoice.trim().chars().take(INVOICE_LENGTH).collect();
        is_same(number, &wanted)
    }
}

/// An invoice in the ledger (`APS200MI GetInvoice`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LedgerInvoice {
    /// `YEA4`.
    pub year: i64,
    /// `JRNO`.
    pub journal: i64,
    /// `JSNO`.
    pub sequence: i64,
    /// `VONO`.
    pub voucher: Option<i64>,
    /// `SUNO`.
    pub supplier: Option<SupplierNumber>,
    /// `SPYN`, the payee.
    pub payee: Option<SupplierNumber>,
    /// `SINO`, the supplier's number of it.
    pub supplier_invoice: Option<String>,
    /// `CUCD`.
    pub currency: Option<String>,
    /// `CUAM`, with taxes.
    pub amount: Option<Decimal>,
    /// `IVDT`.
    pub invoice_date: Option<NaiveDate>,
}

impl LedgerInvoice {
    fn read(row: &MiRecord) -> Result<Self, FieldError> {
        let supplier = |field: &str| row.text(field).map(|_| row.code(field)).transpose();
        let number = |field: &str| row.integer(field)?.ok_or_else(|| FieldError::Missing(field.to_owned()));
        Ok(Self {
            year: number("YEA4")?,
            journal: number("JRNO")?,
            sequence: number("JSNO")?,
            voucher: row.integer("VONO")?.filter(|number| *number != 0),
            supplier: supplier("SUNO")?,
            payee: supplier("SPYN")?,
            supplier_invoice: row.owned("SINO"),
            currency: row.owned("CUCD"),
            amount: row.decimal("CUAM")?,
            invoice_date: row.date("IVDT")?,
        })
    }

    fn is(&self, key: &InvoiceKey) -> bool {
        let payee = key.payee.as_ref().unwrap_or(&key.supplier);
        self.supplier_invoice.as_deref().is_none_or(|number| key.is_number(number))
            && self.payee.as_ref().is_none_or(|theirs| theirs == payee)
    }
}

/// What can be asked and done about AP invoices.
#[derive(Debug, Clone)]
pub struct Invoices {
    m3: M3,
}

impl Invoices {
    pub(crate) fn new(m3: M3) -> Self {
        Self { m3 }
    }

    /// Whether the tenant has accounting lines (`AddLineRecode`), by `MRS001MI`.
    ///
    /// # Errors
    /// As [`M3::transactions`].
    pub async fn has_recode(&self) -> Result<bool, TransactionError> {
        Ok(self.m3.transactions(PROGRAM).await?.iter().any(|transaction| transaction.name == "AddLineRecode"))
    }

    /// Adds heads (bulk `AddHead`), one result for each: the number that M3 gave.
    pub async fn add(&self, heads: &[NewInvoice]) -> Vec<Result<Traced<InvoiceBatchNumber>, TransactionError>> {
        let answers = self.bulk(heads.iter().map(|head| head.0.clone())).send().await;
        let number = |answer: Result<Traced<Vec<MiRecord>>, TransactionError>| {
            let rows = answer?;
            match rows.first().cloned().unwrap_or_default().code("INBN") {
                Ok(number) => Ok(rows.map(|_| number)),
                // It was added: without its number nothing more is known.
                Err(error) => Err(error.of(PROGRAM, "AddHead").of_request(&rows.request_ids)),
            }
        };
        answers.into_iter().map(number).collect()
    }

    /// Changes heads (bulk `UpdHead`), one result for each. M3 has no transaction that changes or deletes a line.
    pub async fn update(&self, changes: &[InvoiceChanges]) -> Vec<Result<RequestIds, TransactionError>> {
        let answers = self.bulk(changes.iter().map(|change| change.0.clone())).send().await;
        ids_of(answers)
    }

    /// Adds lines (bulk), one result for each.
    pub async fn add_lines(&self, lines: &[NewInvoiceLine]) -> Vec<Result<RequestIds, TransactionError>> {
        let answers = self.bulk(lines.iter().map(|line| line.0.clone())).send().await;
        ids_of(answers)
    }

    /// The heads of these numbers (bulk `GetHead`), one answer for each; `None` where M3 clearly says that there is none.
    pub async fn get(&self, numbers: &[InvoiceBatchNumber]) -> Vec<Result<Option<InvoiceHead>, TransactionError>> {
        let get = |number: &InvoiceBatchNumber| Transaction::new("GetHead").field("INBN", number);
        let answers = self.bulk(numbers.iter().map(get)).rows().await;
        let read = |(number, answer): (&InvoiceBatchNumber, Result<Vec<MiRecord>, TransactionError>)| {
            let rows = match answer {
                Err(error) if error.fault().is_some_and(|fault| fault.says_absent("INBN")) => return Ok(None),
                answer => answer?,
            };
            let head = rows.first().map(|row| InvoiceHead::read(number, row)).transpose();
            head.map_err(|error| error.of(PROGRAM, "GetHead"))
        };
        numbers.iter().zip(answers).map(read).collect()
    }

    /// The lines of an invoice (`LstLines`).
    ///
    /// # Errors
    /// As [`Execute::send`](super::Execute::send); and as [`lines_of`](Self::lines_of) if they may not be all.
    pub async fn lines(&self, number: &InvoiceBatchNumber) -> Result<Vec<InvoiceLine>, TransactionError> {
        let rows = self.m3.execute(PROGRAM, LINES).field("INBN", number).send().await?;
        self.rest(number, rows).await
    }

    /// The lines of these invoices (bulk `LstLines`), one list for each. What a server may have cut is asked for again
    /// from where it ended (`TRNO`); if that is not heeded and the head (`TLNA`) shows another sum, it is an error of
    /// kind `Decode`.
    pub async fn lines_of(&self, numbers: &[InvoiceBatchNumber]) -> Vec<Result<Vec<InvoiceLine>, TransactionError>> {
        let list = |number: &InvoiceBatchNumber| Transaction::new(LINES).field("INBN", number);
        let answers = self.bulk(numbers.iter().map(list)).rows().await;
        let mut lists = Vec::with_capacity(numbers.len());
        for (number, answer) in numbers.iter().zip(answers) {
            let list = match answer {
                Ok(rows) => self.rest(number, rows).await,
                Err(error) => Err(error),
            };
            lists.push(list);
        }
        lists
    }

    /// All lines of an invoice, of which these are the first.
    async fn rest(
        &self,
        number: &InvoiceBatchNumber,
        rows: Vec<MiRecord>,
    ) -> Result<Vec<InvoiceLine>, TransactionError> {
        let read = |row: &MiRecord| InvoiceLine::read(row).map_err(|error| error.of(PROGRAM, LINES));
        let mut lines: Vec<InvoiceLine> = rows.iter().map(read).collect::<Result<_, _>>()?;
        let mut got = lines.len();
        while let Some(last) = lines.last().map(|line| line.number).filter(|_| at_ceiling(got)) {
            let more =
                self.m3.execute(PROGRAM, LINES).field("INBN", number).field("TRNO", last.to_string()).send().await?;
            let more: Vec<InvoiceLine> = more.iter().map(read).collect::<Result<_, _>>()?;
            got = more.len();
            if more.iter().any(|line| line.number < last) {
                self.check_sum(number, &lines).await?;
                break;
            }
            lines.extend(more.into_iter().filter(|line| line.number > last));
        }
        Ok(lines)
    }

    /// That these are all lines of an invoice, by what its head says that they come to.
    async fn check_sum(&self, number: &InvoiceBatchNumber, lines: &[InvoiceLine]) -> Result<(), TransactionError> {
        let head = self.get(std::slice::from_ref(number)).await.pop().transpose()?.flatten();
        let sum: Option<Decimal> = lines.iter().map(|line| line.amount).sum();
        if sum.is_some() && head.and_then(|head| head.lines_total) == sum {
            return Ok(());
        }
        let why = format!(
            "{} lines of invoice {number} came, which do not make up its head: more may have been cut off, and the \
             list does not go on from a line (TRNO)",
            lines.len()
        );
        Err(TransactionError::cut(PROGRAM, LINES, why))
    }

    /// The batch numbers under which a supplier's invoice is there (bulk `LstInvBySupInv`), one list for each key.
    pub async fn find(&self, keys: &[InvoiceKey]) -> Vec<Result<Vec<InvoiceBatchNumber>, TransactionError>> {
        let name = "LstInvBySupInv";
        let list = |key: &InvoiceKey| {
            let number: String = key.supplier_invoice.trim().chars().take(INVOICE_LENGTH).collect();
            let payee = key.payee.as_ref().unwrap_or(&key.supplier);
            Transaction::new(name).field("SINO", number).field("SPYN", payee).field("SUNO", &key.supplier)
        };
        let answers = self.bulk(keys.iter().map(list)).rows().await;
        let number = |row: MiRecord| row.code("INBN").map_err(|error| error.of(PROGRAM, name));
        let read = |answer: Result<Vec<MiRecord>, TransactionError>| match answer {
            Err(error) if error.fault().is_some_and(|fault| fault.says_absent("SINO")) => Ok(Vec::new()),
            answer => match answer? {
                rows if at_ceiling(rows.len()) => {
                    let why = format!("{} invoices of one number came, and more may have been cut off", rows.len());
                    Err(TransactionError::cut(PROGRAM, name, why))
                }
                rows => rows.into_iter().map(number).collect(),
            },
        };
        answers.into_iter().map(read).collect()
    }

    /// The invoice of this key that carries our reference (`CORI`), if it is there.
    ///
    /// # Errors
    /// As [`Execute::send`](super::Execute::send).
    pub async fn find_by_reference(
        &self,
        key: &InvoiceKey,
        reference: &str,
    ) -> Result<Option<InvoiceHead>, TransactionError> {
        let numbers = self.find(std::slice::from_ref(key)).await.pop().unwrap_or(Ok(Vec::new()))?;
        for head in self.get(&numbers).await {
            if let Some(head) = head?
                && head.reference.as_deref() == Some(reference)
            {
                return Ok(Some(head));
            }
        }
        Ok(None)
    }

    /// Rows of the ledger's invoices of a supplier's number (`APS200MI SearchSupInvoic`). It asks a search index that
    /// lags: not to be found here proves nothing by itself.
    ///
    /// # Errors
    /// As [`Execute::send`](super::Execute::send); a number with other characters than letters, digits, `-`, `.`, `/`
    /// is refused unsent.
    pub async fn search_posted(&self, key: &InvoiceKey) -> Result<Vec<MiRecord>, TransactionError> {
        let (program, name) = (LEDGER, "SearchSupInvoic");
        if !key.is_searchable() {
            return Err(TransactionError::unsent(program, name, "the number cannot stand in a search"));
        }
        self.m3.execute(program, name).field("SQRY", key.search()).send().await
    }

    /// The ledger's invoices of these numbers, whatever their case, with their amounts (bulk `APS200MI SearchSupInvoic`
    /// and `GetInvoice`), one list for each key. It asks a search index that lags. Of a key that is not
    /// [searchable](InvoiceKey::is_searchable), all of the payee's invoices are listed. It is an error if a list is so
    /// long that it may have been cut.
    pub async fn find_posted(&self, keys: &[InvoiceKey]) -> Vec<Result<Vec<LedgerInvoice>, TransactionError>> {
        let search = |key: &InvoiceKey| Transaction::new("SearchSupInvoic").field("SQRY", key.search());
        let answers = self.m3.bulk(LEDGER).extend(keys.iter().map(search)).rows().await;
        // A search may hit more than what was asked for.
        let matching = |(key, answer): (&InvoiceKey, Result<Vec<MiRecord>, TransactionError>)| {
            let mut rows = answer?;
            if at_ceiling(rows.len()) {
                let reason = if key.is_searchable() { "is like many others" } else { "cannot stand in a search" };
                let why = format!(
                    "number `{}` {reason}, and its payee has more invoices than are listed: look for it in APS200, and \
                     enter the invoice by hand if it is not there",
                    key.supplier_invoice
                );
                return Err(TransactionError::unsent(LEDGER, "SearchSupInvoic", why));
            }
            rows.retain(|row| row.text("SINO").is_none_or(|number| key.is_number(number)));
            Ok(rows)
        };
        let searched: Vec<Result<Vec<MiRecord>, TransactionError>> = keys.iter().zip(answers).map(matching).collect();
        let wanted: Vec<MiRecord> = searched.iter().flatten().flatten().cloned().collect();
        let mut got = self.in_ledger(&wanted).await.into_iter();
        keys.iter()
            .zip(searched)
            .map(|(key, rows)| {
                let found: Vec<_> = got.by_ref().take(rows?.len()).collect();
                let found: Vec<LedgerInvoice> = found.into_iter().collect::<Result<_, _>>()?;
                Ok(found.into_iter().filter(|invoice| invoice.is(key)).collect())
            })
            .collect()
    }

    /// The ledger's invoices of these days (`IVDT`), both included, with their amounts (`APS200MI SearchSupInvoic`, bulk
    /// `GetInvoice`). It asks a search index that lags.
    ///
    /// # Errors
    /// As [`Execute::send`](super::Execute::send); of kind `Decode` if the list may have been cut: ask for fewer days.
    pub async fn posted_between(
        &self,
        first: NaiveDate,
        last: NaiveDate,
    ) -> Result<Vec<LedgerInvoice>, TransactionError> {
        let query = format!("IVDT:[{} TO {}]", write_date(first), write_date(last));
        let search = super::List::new(self.m3.clone(), LEDGER, "SearchSupInvoic", |row| Ok(row.clone()));
        let mut rows = search.page_size(10_000).field("SQRY", query).all().await?;
        if let Some(division) = &self.m3.scope().division {
            rows.retain(|row| row.text("DIVI").is_none_or(|theirs| theirs == division.as_str()));
        }
        self.in_ledger(&rows).await.into_iter().collect()
    }

    /// The invoices of rows that a search of the ledger gave (bulk `GetInvoice`), one for each.
    async fn in_ledger(&self, rows: &[MiRecord]) -> Vec<Result<LedgerInvoice, TransactionError>> {
        let name = "GetInvoice";
        let get = |row: &MiRecord| {
            let place = ["YEA4", "JRNO", "JSNO"].map(|field| (field, row.owned(field).unwrap_or_default()));
            let get = place.into_iter().fold(Transaction::new(name), |get, (field, value)| get.field(field, value));
            get.maybe("DIVI", row.owned("DIVI"))
        };
        if rows.is_empty() {
            return Vec::new();
        }
        let got = self.m3.bulk(LEDGER).extend(rows.iter().map(get)).rows().await;
        let read = |answer: Result<Vec<MiRecord>, TransactionError>| {
            let row = answer?.into_iter().next().unwrap_or_default();
            LedgerInvoice::read(&row).map_err(|error| error.of(LEDGER, name))
        };
        got.into_iter().map(read).collect()
    }

    /// The batch invoices of these payees (bulk `LstInvBatchNo`), whoever entered them, in all statuses; recodings are
    /// left out. M3 lists them by payee only.
    ///
    /// # Errors
    /// As [`Execute::send`](super::Execute::send); also if a list may have been cut.
    pub async fn numbers_of(&self, payees: &[SupplierNumber]) -> Result<Vec<InvoiceBatchNumber>, TransactionError> {
        const RECODING: &str = "25";
        let name = "LstInvBatchNo";
        let answers = self.bulk(payees.iter().map(|payee| Transaction::new(name).field("SPYN", payee))).rows().await;
        let mut numbers = Vec::new();
        for (payee, answer) in payees.iter().zip(answers) {
            let mut rows = match answer {
                Err(error) if error.fault().is_some_and(|fault| fault.says_absent("SPYN")) => continue,
                answer => answer?,
            };
            if at_ceiling(rows.len()) {
                let list = super::List::new(self.m3.clone(), PROGRAM, name, |row| Ok(row.clone()));
                rows = list.page_size(1_000_000).field("SPYN", payee.to_string()).all().await?;
            }
            for row in rows.iter().filter(|row| row.text("IBTP") != Some(RECODING)) {
                numbers.push(row.code("INBN").map_err(|error| error.of(PROGRAM, name))?);
            }
        }
        numbers.sort();
        numbers.dedup();
        Ok(numbers)
    }

    /// Submits invoices for validation (bulk `APS455MI ValidByBatchNo`), which books those without errors: the only
    /// step that counts, and for tenants in which finance does not do it itself. It answers before it is done: ask
    /// [`get`](Self::get) for the voucher or the errors.
    pub async fn validate(&self, numbers: &[InvoiceBatchNumber]) -> Vec<Result<RequestIds, TransactionError>> {
        let validate = |number: &InvoiceBatchNumber| Transaction::new("ValidByBatchNo").field("INBN", number);
        let answers = self.m3.bulk("APS455MI").extend(numbers.iter().map(validate)).send().await;
        ids_of(answers)
    }

    /// Rejects invoices with a reason code (bulk `RejectInvoice`), one result for each: what can be done about one that
    /// should not be there.
    pub async fn reject(
        &self,
        numbers: &[InvoiceBatchNumber],
        reason: &str,
    ) -> Vec<Result<RequestIds, TransactionError>> {
        let reject =
            |number: &InvoiceBatchNumber| Transaction::new("RejectInvoice").field("INBN", number).field("SCRE", reason);
        let answers = self.bulk(numbers.iter().map(reject)).send().await;
        ids_of(answers)
    }

    /// In the session's division, which some releases want as a field as well.
    fn bulk(&self, transactions: impl IntoIterator<Item = Transaction>) -> Bulk {
        let division = self.m3.scope().division.clone();
        let placed = transactions.into_iter().map(|transaction| transaction.maybe("DIVI", division.as_ref()));
        self.m3.bulk(PROGRAM).extend(placed)
    }
}

/// Whether an `AddHead` was refused because the supplier's number is taken, most likely: look it up by
/// [`Invoices::find`] before believing it.
pub fn may_be_taken(error: &TransactionError) -> bool {
    error.outcome() == Outcome::Rejected
        && error.kind() != ErrorKind::Permission
        && error.fault().is_some_and(|fault| fault.field.as_deref() == Some("SINO"))
}
