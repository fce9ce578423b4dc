//! The M3 company's tables: masters, messages on their way, and purchase orders.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};

use super::M3Config;
use super::batch::{Entry, Rules};
use super::documents::PurchaseOrder;
use super::invoices::Invoice;
use crate::scenario::{CURRENCIES, Masters, products};

/// One record: field by field, in text.
pub(super) type Row = BTreeMap<String, String>;

/// A record from pairs.
pub(super) fn row<const N: usize>(pairs: [(&str, &str); N]) -> Row {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A supplier as it is added from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Supplier {
    /// `SUNO`, at most 10 characters.
    pub number: String,
    /// `SUNM`, at most 36 characters.
    pub name: String,
    /// `CUCD`, three letters.
    pub currency: String,
    /// `STAT`: 20 is active, 90 is blocked.
    pub status: String,
}

impl Supplier {
    /// An active supplier.
    pub fn new(number: impl Into<String>, name: impl Into<String>, currency: impl Into<String>) -> Self {
        Self { number: number.into(), name: name.into(), currency: currency.into(), status: "20".to_owned() }
    }
}

/// An identity of an accounting dimension as it is added from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// `AITP`: 1 is the account, 2 the cost centre.
    pub dimension: u8,
    /// `AITM`, at most 10 characters.
    pub code: String,
    /// `TX40`, at most 40 characters.
    pub name: String,
    /// `LCCD`: whether it is blocked.
    pub blocked: bool,
    /// `VFDT` and `VTDT`: its first and its last day; none if it has no last one.
    pub valid: (NaiveDate, Option<NaiveDate>),
}

impl Account {
    /// A GL account (dimension 1).
    pub fn new(code: impl Into<String>, name: impl Into<String>) -> Self {
        let first = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap_or_default();
        Self { dimension: 1, code: code.into(), name: name.into(), blocked: false, valid: (first, None) }
    }

    /// A value of another dimension.
    pub fn dimension(dimension: u8, code: impl Into<String>, name: impl Into<String>) -> Self {
        Self { dimension, ..Self::new(code, name) }
    }

    /// A cost centre (dimension 2).
    pub fn cost_center(code: impl Into<String>, name: impl Into<String>) -> Self {
        Self { dimension: 2, ..Self::new(code, name) }
    }
}

/// A table by key.
pub(super) type Table = BTreeMap<String, Row>;

/// Everything the company holds.
#[derive(Debug)]
pub(super) struct Company {
    pub(super) now: DateTime<Utc>,
    pub(super) suppliers: Table,
    pub(super) items: Table,
    pub(super) identities: BTreeMap<(u8, String), Row>,
    pub(super) customers: Table,
    pub(super) facilities: Table,
    pub(super) warehouses: Table,
    pub(super) currencies: BTreeSet<String>,
    pub(super) rules: Rules,
    pub(super) messages: BTreeMap<String, Entry>,
    /// Finished messages by the moment the batch job takes them.
    pub(super) due: BTreeSet<(DateTime<Utc>, String)>,
    pub(super) orders: BTreeMap<String, PurchaseOrder>,
    /// Fiscal periods by their first day.
    pub(super) periods: Table,
    /// Order numbers by `YRE1`, which is not unique.
    pub(super) by_reference: HashMap<String, Vec<String>>,
    pub(super) invoices: BTreeMap<String, Invoice>,
    /// Batch numbers by payee, supplier and the supplier's number.
    pub(super) by_invoice: HashMap<[String; 3], Vec<String>>,
    /// Transactions that write, by program.
    pub(super) writes: BTreeMap<String, u64>,
    next_message: u64,
    next_order: u64,
    next_invoice: u64,
    next_voucher: u64,
}

impl Company {
    pub(super) fn new(config: &M3Config, now: DateTime<Utc>) -> Self {
        let mut company = Self {
            now,
            suppliers: Table::new(),
            items: Table::new(),
            identities: BTreeMap::new(),
            customers: Table::new(),
            facilities: facilities(),
            warehouses: warehouses(),
            currencies: CURRENCIES.iter().map(|(code, ..)| (*code).to_owned()).collect(),
            rules: Rules::new(config),
            messages: BTreeMap::new(),
            due: BTreeSet::new(),
            orders: BTreeMap::new(),
            periods: Table::new(),
            by_reference: HashMap::new(),
            invoices: BTreeMap::new(),
            by_invoice: HashMap::new(),
            next_invoice: 500_001,
            next_voucher: 10_000_001,
            writes: BTreeMap::new(),
            next_message: 1,
            next_order: 1_000_001,
        };
        company.stock(&Masters::new(&config.scenario));
        company
    }

    /// What the scenario says that M3 knows.
    fn stock(&mut self, masters: &Masters) {
        for vendor in masters.vendors.iter().filter(|vendor| !vendor.missing) {
            self.add_supplier(&vendor.supplier());
            if let Some(row) = self.suppliers.get_mut(&vendor.number) {
                row.insert("LMDT".to_owned(), "20260105".to_owned());
                row.insert("CSCD".to_owned(), vendor.city.2.to_owned());
                row.insert("ECAR".to_owned(), vendor.city.1.to_owned());
            }
        }
        // One is paid through another.
        if let [paid, _, through, ..] = masters.vendors.as_slice()
            && self.suppliers.contains_key(&paid.number)
            && let Some(row) = self.suppliers.get_mut(&through.number)
        {
            row.insert("PRSU".to_owned(), paid.number.clone());
        }
        for account in masters.accounts.iter().filter(|account| !account.missing) {
            self.add_account(&account.identity());
        }
        for department in &masters.departments {
            self.add_account(&Account::cost_center(&department.cost_center, &department.name));
        }
        let service = ("SERVICE".to_owned(), "Services and free text", "ea");
        for (number, name, unit) in products().chain([service]) {
            let unit = unit.to_uppercase();
            let short: String = name.chars().take(30).collect();
            let long: String = name.chars().take(60).collect();
            self.items.insert(
                number.clone(),
                row([
                    ("ITNO", &number),
                    ("STAT", "20"),
                    ("ITDS", &short),
                    ("FUDS", &long),
                    ("UNMS", &unit),
                    ("PUUN", &unit),
                    ("PPUN", &unit),
                    ("ITTY", "SRV"),
                    ("ITGR", "GEN"),
                    ("RGDT", "20190304"),
                    ("LMDT", "20260105"),
                ]),
            );
        }
        for (number, name) in [("C1001", "Alder Retail"), ("C1002", "Birchwood Clinics"), ("C1003", "Cedar Foods")] {
            let fields = [("CUNO", number), ("CUNM", name), ("STAT", "20"), ("CUCD", "CAD"), ("CSCD", "CA")];
            let mut customer = row(fields);
            customer.insert("LMDT".to_owned(), "20260105".to_owned());
            self.customers.insert(number.to_owned(), customer);
        }
    }

    /// To whom a supplier is paid: another one, or itself.
    pub(super) fn payee<'a>(&'a self, supplier: &'a str) -> &'a str {
        let payee = self.suppliers.get(supplier).and_then(|row| row.get("PRSU"));
        payee.map(String::as_str).filter(|payee| !payee.is_empty()).unwrap_or(supplier)
    }

    /// Milliseconds since 1970, as this tenant stamps its records.
    pub(super) fn stamp(&self) -> String {
        self.now.timestamp_millis().to_string()
    }

    pub(super) fn today(&self) -> String {
        self.now.format("%Y%m%d").to_string()
    }

    /// Marks a record as changed now.
    pub(super) fn mark(&self, record: &mut Row) {
        record.extend(row([("LMTS", self.stamp().as_str()), ("LMDT", &self.today())]));
    }

    pub(super) fn add_supplier(&mut self, supplier: &Supplier) {
        let (stamp, today) = (self.stamp(), self.today());
        let number = supplier.number.to_uppercase();
        let fields = [
            ("SUNO", number.as_str()),
            ("SUNM", &supplier.name),
            ("CUCD", &supplier.currency),
            ("STAT", &supplier.status),
            ("SUTY", "0"),
            ("CSCD", "CA"),
            ("LNCD", "GB"),
            ("DTFM", "YMD"),
            ("TEPY", "N30"),
            ("PYME", "CHK"),
            ("ORTY", "P10"),
            ("SUCL", "STD"),
            ("QUCL", "A"),
            ("TEDL", "FOB"),
            ("MODL", "TRK"),
            ("LMTS", &stamp),
            ("LMDT", &today),
        ];
        self.suppliers.insert(number.clone(), row(fields));
    }

    /// Sets the status of an item: 20 is active.
    pub(super) fn set_item_status(&mut self, number: &str, status: &str) {
        if let Some(item) = self.items.get_mut(number) {
            item.insert("STAT".to_owned(), status.to_owned());
        }
    }

    /// Gives a customer another name; answers whether there is one.
    pub(super) fn rename_customer(&mut self, number: &str, name: &str) -> bool {
        let Some(mut customer) = self.customers.remove(number) else { return false };
        customer.insert("CUNM".to_owned(), name.to_owned());
        self.mark(&mut customer);
        self.customers.insert(number.to_owned(), customer);
        true
    }

    pub(super) fn set_period(&mut self, from: &str, to: &str, status: &str) {
        self.periods.insert(from.to_owned(), row([("FDAT", from), ("TDAT", to), ("PSTS", status)]));
    }

    pub(super) fn add_account(&mut self, account: &Account) {
        let (stamp, today) = (self.stamp(), self.today());
        let dimension = account.dimension.to_string();
        let short: String = account.name.chars().take(15).collect();
        let code = account.code.to_uppercase();
        let day = |day: NaiveDate| day.format("%Y%m%d").to_string();
        let (from, to) = (day(account.valid.0), account.valid.1.map_or_else(|| "0".to_owned(), day));
        let fields = [
            ("AITP", dimension.as_str()),
            ("AITM", &code),
            ("TX40", &account.name),
            ("TX15", &short),
            ("DIVI", ""),
            ("LCCD", if account.blocked { "1" } else { "0" }),
            ("AT13", "0"),
            ("VFDT", &from),
            ("VTDT", &to),
            ("LMDT", &today),
            ("LMTS", &stamp),
        ];
        self.identities.insert((account.dimension, code.clone()), row(fields));
    }

    pub(super) fn new_message_number(&mut self) -> String {
        let number = format!("{:015}", self.next_message);
        self.next_message += 1;
        number
    }

    pub(super) fn new_invoice_number(&mut self) -> String {
        let number = self.next_invoice.to_string();
        self.next_invoice += 1;
        number
    }

    pub(super) fn next_voucher(&mut self) -> u64 {
        self.next_voucher += 1;
        self.next_voucher
    }

    pub(super) fn new_order_number(&mut self) -> String {
        let number = self.next_order.to_string();
        self.next_order += 1;
        number
    }
}

fn facilities() -> Table {
    let table = [("A01", "Vancouver", "001"), ("A02", "Calgary", "002")];
    let fields = |(facility, name, warehouse)| {
        let row = row([("FACI", facility), ("FACN", name), ("DIVI", "AAA"), ("WHLO", warehouse), ("LOCD", "CAD")]);
        (str::to_owned(facility), row)
    };
    table.into_iter().map(fields).collect()
}

fn warehouses() -> Table {
    let table = [("001", "Vancouver main", "A01"), ("002", "Calgary main", "A02")];
    let fields = |(warehouse, name, facility)| {
        let row = row([("WHLO", warehouse), ("WHNM", name), ("DIVI", "AAA"), ("FACI", facility)]);
        (str::to_owned(warehouse), row)
    };
    table.into_iter().map(fields).collect()
}
