//! Purchase orders that exist (`PPS200MI`): by number, by reference, with lines.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use tenant_http::{ErrorKind, Outcome};

use super::M3;
use super::changes::ChangeTable;
use super::codes::{ItemNumber, OrderNumber, SupplierNumber};
use super::error::TransactionError;
use super::export;
use super::lookup::Lookup;
use super::record::{FieldError, MiRecord};
use super::transaction::Transaction;
use super::walk::at_ceiling;

pub use super::export::ExportedHead;

pub(crate) const PROGRAM: &str = "PPS200MI";

/// The longest reference of an order (`YRE1`), in characters.
pub(crate) const REFERENCE_LENGTH: usize = 36;

/// An order's head.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PurchaseOrderHead {
    /// `PUNO`.
    pub number: OrderNumber,
    /// `SUNO`.
    pub supplier: Option<SupplierNumber>,
    /// `YRE1`, "your reference": where this project keeps its own.
    pub reference: Option<String>,
    /// `OURR`.
    pub our_reference: Option<String>,
    /// `CUCD`.
    pub currency: Option<String>,
    /// `PUDT`.
    pub order_date: Option<NaiveDate>,
    /// `DWDT`.
    pub delivery_date: Option<NaiveDate>,
    /// `DIVI`.
    pub division: Option<String>,
    /// `FACI`.
    pub facility: Option<String>,
    /// `WHLO`.
    pub warehouse: Option<String>,
    /// `ORTY`.
    pub order_type: Option<String>,
    /// `BUYE`.
    pub buyer: Option<String>,
    /// `TEPY`.
    pub payment_terms: Option<String>,
    /// `NTAM`, the net value in the order's currency.
    pub net_value: Option<Decimal>,
    /// `BRAM`, the gross value in the order's currency.
    pub gross_value: Option<Decimal>,
    /// `TOQT`, the sum of all quantities.
    pub total_quantity: Option<Decimal>,
}

impl PurchaseOrderHead {
    fn read(row: &MiRecord) -> Result<Self, FieldError> {
        Ok(Self {
            number: row.code("PUNO")?,
            supplier: row.text("SUNO").map(|_| row.code("SUNO")).transpose()?,
            reference: row.owned("YRE1"),
            our_reference: row.owned("OURR"),
            currency: row.owned("CUCD"),
            order_date: row.date("PUDT")?,
            delivery_date: row.date("DWDT")?,
            division: row.owned("DIVI"),
            facility: row.owned("FACI"),
            warehouse: row.owned("WHLO"),
            order_type: row.owned("ORTY"),
            buyer: row.owned("BUYE"),
            payment_terms: row.owned("TEPY"),
            net_value: row.decimal("NTAM")?,
            gross_value: row.decimal("BRAM")?,
            total_quantity: row.decimal("TOQT")?,
        })
    }

    /// Whether these lines make up what the head says of the whole order, in value or in quantity.
    fn is_sum_of(&self, lines: &[PurchaseOrderLine]) -> bool {
        let sum = |of: fn(&PurchaseOrderLine) -> Option<Decimal>| lines.iter().map(of).sum::<Option<Decimal>>();
        let same = |whole: Option<Decimal>, sum: Option<Decimal>| whole.is_some() && whole == sum;
        same(self.net_value, sum(|line| line.amount)) || same(self.total_quantity, sum(|line| line.quantity))
    }
}

/// An order's line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PurchaseOrderLine {
    /// `PNLI`.
    pub number: i64,
    /// `PNLS`, 0 for a line that is not a part of another.
    pub sub_number: i64,
    /// `ITNO`.
    pub item: Option<ItemNumber>,
    /// `SITE`.
    pub supplier_item: Option<String>,
    /// `PITD`.
    pub name: Option<String>,
    /// `PITT`.
    pub description: Option<String>,
    /// `ORQA`, the ordered quantity in `unit`.
    pub quantity: Option<Decimal>,
    /// `PUPR`, the price of `price_quantity` units.
    pub price: Option<Decimal>,
    /// `PUCD`; none or 0 mean 1.
    pub price_quantity: Option<i64>,
    /// `PUUN`.
    pub unit: Option<String>,
    /// `LNAM`, the line's amount in the order's currency.
    pub amount: Option<Decimal>,
    /// `DWDT`.
    pub delivery_date: Option<NaiveDate>,
    /// `RVQA`, received so far.
    pub received: Option<Decimal>,
    /// `IVQA`, invoiced so far.
    pub invoiced: Option<Decimal>,
    /// `PUSL`, the lowest status.
    pub lowest_status: Option<String>,
    /// `PUST`, the highest status.
    pub highest_status: Option<String>,
}

impl PurchaseOrderLine {
    fn read(row: &MiRecord) -> Result<Self, FieldError> {
        Ok(Self {
            number: row.integer("PNLI")?.ok_or_else(|| FieldError::Missing("PNLI".to_owned()))?,
            sub_number: row.integer("PNLS")?.unwrap_or(0),
            item: row.text("ITNO").map(|_| row.code("ITNO")).transpose()?,
            supplier_item: row.owned("SITE"),
            name: row.owned("PITD"),
            description: row.owned("PITT"),
            quantity: row.decimal("ORQA")?,
            price: row.decimal("PUPR")?,
            price_quantity: row.integer("PUCD")?,
            unit: row.owned("PUUN"),
            amount: row.decimal("LNAM")?,
            delivery_date: row.date("DWDT")?,
            received: row.decimal("RVQA")?,
            invoiced: row.decimal("IVQA")?,
            lowest_status: row.owned("PUSL"),
            highest_status: row.owned("PUST"),
        })
    }
}

/// Which orders to look for in the search index.
#[derive(Debug, Clone, Default)]
pub struct OrderSearch {
    terms: Vec<String>,
}

impl OrderSearch {
    /// Orders at this supplier.
    pub fn supplier(self, number: &SupplierNumber) -> Self {
        self.term("SUNO", number.as_str())
    }

    /// Orders whose lowest status (`PUSL`) is this, such as 15.
    pub fn lowest_status(self, status: u8) -> Self {
        self.term("PUSL", &status.to_string())
    }

    /// Orders dated (`PUDT`) within these days, both included.
    pub fn ordered_between(mut self, first: NaiveDate, last: NaiveDate) -> Self {
        let (first, last) = (super::value::write_date(first), super::value::write_date(last));
        self.terms.push(format!("PUDT:[{first} TO {last}]"));
        self
    }

    /// Orders last changed (`LMDT`) within these days, both included, where the tenant's index knows that field.
    pub fn changed_between(mut self, first: NaiveDate, last: NaiveDate) -> Self {
        let (first, last) = (super::value::write_date(first), super::value::write_date(last));
        self.terms.push(format!("LMDT:[{first} TO {last}]"));
        self
    }

    /// Values of other characters than letters and digits are quoted; what could end the quotation is left out.
    fn term(mut self, field: &str, value: &str) -> Self {
        let plain: String = value.chars().filter(|c| !matches!(c, '"' | '\\')).collect();
        let bare = plain.bytes().all(|b| b.is_ascii_alphanumeric());
        self.terms.push(if bare { format!("{field}:{plain}") } else { format!("{field}:\"{plain}\"") });
        self
    }
}

/// What can be asked about purchase orders.
#[derive(Debug, Clone)]
pub struct PurchaseOrders {
    m3: M3,
}

impl PurchaseOrders {
    pub(crate) fn new(m3: M3) -> Self {
        Self { m3 }
    }

    pub(crate) fn m3(&self) -> &M3 {
        &self.m3
    }

    /// The heads of these orders (bulk `GetHead`), one answer for each. `None` only where M3 clearly says that there is
    /// no such order ([`MiFault::says_absent`](super::MiFault::says_absent)); every other refusal is an error.
    pub async fn get_heads(&self, numbers: &[OrderNumber]) -> Vec<Result<Option<PurchaseOrderHead>, TransactionError>> {
        let lookup = Lookup { program: PROGRAM, transaction: "GetHead", key: "PUNO", read: PurchaseOrderHead::read };
        lookup.get(&self.m3, numbers).await
    }

    /// An order's lines (`LstLine`).
    ///
    /// # Errors
    /// As [`Execute::send`](super::Execute::send); as [`lines_of_many`](Self::lines_of_many) if they may not be all.
    pub async fn lines(&self, number: &OrderNumber) -> Result<Vec<PurchaseOrderLine>, TransactionError> {
        let lines = read_lines(self.m3.execute(PROGRAM, "LstLine").field("PUNO", number).send().await);
        self.whole(std::slice::from_ref(number), vec![lines]).await.remove(0)
    }

    /// The lines of many orders (bulk `LstLine`), one answer for each.
    ///
    /// The transaction takes no line to start from. Where a hidden ceiling may have cut a list (of exactly 100, 1,000
    /// or 10,000 lines), the order's head (`GetHead`) must show the sum of these lines (`NTAM` or `TOQT`): if not, that
    /// is an error of kind `Decode`.
    pub async fn lines_of_many(
        &self,
        numbers: &[OrderNumber],
    ) -> Vec<Result<Vec<PurchaseOrderLine>, TransactionError>> {
        let list = |number: &OrderNumber| Transaction::new("LstLine").field("PUNO", number);
        let answers = self.m3.bulk(PROGRAM).extend(numbers.iter().map(list)).rows().await;
        self.whole(numbers, answers.into_iter().map(read_lines).collect()).await
    }

    /// These lists of lines, those as errors that may have been cut.
    async fn whole(
        &self,
        numbers: &[OrderNumber],
        mut lists: Vec<Result<Vec<PurchaseOrderLine>, TransactionError>>,
    ) -> Vec<Result<Vec<PurchaseOrderLine>, TransactionError>> {
        let is_doubtful = |at: &usize| lists[*at].as_ref().is_ok_and(|lines| at_ceiling(lines.len()));
        let doubtful: Vec<usize> = (0..lists.len().min(numbers.len())).filter(is_doubtful).collect();
        if doubtful.is_empty() {
            return lists;
        }
        let asked: Vec<OrderNumber> = doubtful.iter().map(|at| numbers[*at].clone()).collect();
        for (at, head) in doubtful.into_iter().zip(self.get_heads(&asked).await) {
            let Ok(lines) = &lists[at] else { continue };
            match head {
                Err(error) => lists[at] = Err(error),
                Ok(Some(head)) if head.is_sum_of(lines) => {}
                Ok(_) => {
                    let why = format!(
                        "{} lines of order {} came, which do not make up its head: more may have been cut off",
                        lines.len(),
                        numbers[at]
                    );
                    lists[at] = Err(TransactionError::cut(PROGRAM, "LstLine", why));
                }
            }
        }
        lists
    }

    /// The orders whose reference (`YRE1`) is one of these (bulk `SearchHead`), one answer for each.
    ///
    /// It asks a search index that lags behind the orders and may not know the field at all: not to be found here
    /// proves nothing by itself. References are letters and digits, 36 at most; others are refused unsent. A list that
    /// a hidden ceiling may have cut, as of an index that looks at another field, is an error of kind `Decode`.
    pub async fn search_by_reference(
        &self,
        references: &[impl AsRef<str>],
    ) -> Vec<Result<Vec<OrderNumber>, TransactionError>> {
        let name = "SearchHead";
        let search = |reference: &str| Transaction::new(name).field("SQRY", format!("YRE1:{reference}"));
        let rows = self.by_reference(PROGRAM, name, references, search).await;
        let number = |row: MiRecord| row.code("PUNO").map_err(|error| error.of(PROGRAM, name));
        let read = |rows: Result<Vec<MiRecord>, TransactionError>| match rows? {
            rows if at_ceiling(rows.len()) => {
                let why = format!("{} orders of one reference came, and more may have been cut off", rows.len());
                Err(TransactionError::cut(PROGRAM, name, why))
            }
            rows => rows.into_iter().map(number).collect(),
        };
        rows.into_iter().map(read).collect()
    }

    /// The orders that a search finds (`SearchHead`), heads only, with the fields that the search gives.
    ///
    /// It asks a search index that lags behind the orders. It cannot be paged: where a server's ceiling may have cut
    /// the list, that is an error; ask for less, such as fewer days.
    ///
    /// # Errors
    /// As [`Execute::send`](super::Execute::send).
    pub async fn search(&self, search: &OrderSearch) -> Result<Vec<PurchaseOrderHead>, TransactionError> {
        let list = super::List::new(self.m3.clone(), PROGRAM, "SearchHead", PurchaseOrderHead::read);
        list.page_size(10_000).field("SQRY", search.terms.join(" AND ")).all().await
    }

    /// The heads of the orders changed on or after this day, by number: which ones says the table itself (`EXPORTMI
    /// Select` on `MPHEAD`, by its column `IALMDT`), and then bulk `GetHead`.
    ///
    /// M3 has no list of order heads. The table is certain, and restricted in many tenants: it must be allowed by
    /// [`M3::export_mi`] first. Where it is not, [`search`](Self::search) with
    /// [`changed_between`](OrderSearch::changed_between) may do. Days are all the precision there is: overlap by one.
    ///
    /// # Errors
    /// As [`Export::rows`](super::Export::rows), also if so many have changed that a server's ceiling may have cut the
    /// list; and the first head that could not be read. Orders deleted in between are left out.
    pub async fn changed_since(&self, day: NaiveDate) -> Result<Vec<PurchaseOrderHead>, TransactionError> {
        let changes = ChangeTable::new("MPHEAD", "IAPUNO", "IALMDT");
        let numbers: Vec<OrderNumber> = changes.since(&self.m3, day).await?;
        self.get_heads(&numbers).await.into_iter().filter_map(Result::transpose).collect()
    }

    /// The orders whose reference (`YRE1`) is one of these, from the table itself (bulk `EXPORTMI Select` on `MPHEAD`),
    /// one answer for each.
    ///
    /// Certain and slow, and restricted in many tenants: it must be allowed by [`M3::export_mi`] first.
    pub async fn export_by_reference(
        &self,
        references: &[impl AsRef<str>],
    ) -> Vec<Result<Vec<ExportedHead>, TransactionError>> {
        if !self.m3.export_mi {
            let message = "EXPORTMI is not allowed here: allow it by M3::export_mi if the tenant does";
            let refused = || TransactionError::unsent(export::PROGRAM, export::SELECT, message);
            return references.iter().map(|_| Err(refused())).collect();
        }
        let rows = self.by_reference(export::PROGRAM, export::SELECT, references, export::select_heads).await;
        let read = |(reference, rows): (&_, Result<Vec<MiRecord>, _>)| {
            let heads = export::read_heads(AsRef::<str>::as_ref(reference), &rows?);
            heads.map_err(|message| {
                let (kind, outcome) = (ErrorKind::Decode, Outcome::Unknown);
                TransactionError::other(export::PROGRAM, export::SELECT, kind, outcome, message)
            })
        };
        references.iter().zip(rows).map(read).collect()
    }

    /// Runs one transaction for each fit reference; the unfit are refused in their place.
    async fn by_reference(
        &self,
        program: &str,
        transaction: &str,
        references: &[impl AsRef<str>],
        build: impl Fn(&str) -> Transaction,
    ) -> Vec<Result<Vec<MiRecord>, TransactionError>> {
        let fit = references.iter().map(AsRef::as_ref).filter(|reference| is_reference(reference)).map(build);
        let mut answers = self.m3.bulk(program).extend(fit).rows().await.into_iter();
        let unfit = || TransactionError::unsent(program, transaction, "a reference must be 1 to 36 letters and digits");
        let answer = |reference: &str| {
            let answer = if is_reference(reference) { answers.next() } else { None };
            answer.unwrap_or_else(|| Err(unfit()))
        };
        references.iter().map(AsRef::as_ref).map(answer).collect()
    }
}

/// Whether a text may be an order's reference: letters and digits, so that no search needs to quote it.
pub(crate) fn is_reference(text: &str) -> bool {
    (1..=REFERENCE_LENGTH).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn read_lines(rows: Result<Vec<MiRecord>, TransactionError>) -> Result<Vec<PurchaseOrderLine>, TransactionError> {
    rows?.iter().map(|row| PurchaseOrderLine::read(row).map_err(|error| error.of(PROGRAM, "LstLine"))).collect()
}
