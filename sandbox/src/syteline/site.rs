//! One site: its masters and documents, and what it shows of them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDateTime;
use rust_decimal::{Decimal, RoundingStrategy};

use super::SyteLineConfig;
use super::schema::{Ido, pad};
use super::store::{Row, Store, row};
use crate::scenario::{Masters, products};
use crate::{Account, Document, DocumentLine, Supplier};

/// A site's data.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) store: Store,
    pub(super) now: NaiveDateTime,
    pub(super) next_order: u64,
    pub(super) next_voucher: u64,
    pub(super) next_vendor: u64,
    /// IDOs that nobody may change.
    pub(super) denied: BTreeSet<String>,
    /// Changes that were made, by IDO.
    pub(super) writes: BTreeMap<String, u64>,
}

impl Site {
    pub(super) fn new(config: &SyteLineConfig, now: NaiveDateTime) -> Self {
        let mut this = Self {
            store: Store::new(config.scenario.seed),
            now,
            next_order: 1,
            next_voucher: 1,
            next_vendor: 9_001,
            denied: BTreeSet::new(),
            writes: BTreeMap::new(),
        };
        this.stock(&Masters::new(&config.scenario), config);
        this.store.commit();
        this
    }

    pub(super) fn put(&mut self, ido: &str, row: Row) {
        self.store.put(ido, row, self.now);
    }

    /// What the scenario says that the ERP knows.
    fn stock(&mut self, masters: &Masters, config: &SyteLineConfig) {
        let names: Vec<&str> = self.store.idos.keys().copied().collect();
        for name in names {
            let shown = config.renamed.get(name).map_or(name, String::as_str);
            self.put("IdoCollections", row([("CollectionName", shown)]));
        }
        self.put("SLSites", row([("Site", config.site.as_str()), ("SiteName", "Dallas")]));
        for (code, name) in [("MAIN", "Main warehouse"), ("EAST", "Plant East")] {
            self.put("SLWhses", row([("Whse", code), ("Name", name)]));
        }
        for (code, name) in [("N30", "Net 30 days"), ("N45", "Net 45 days"), ("COD", "Cash on delivery")] {
            self.put("SLTerms", row([("TermsCode", code), ("Description", name)]));
        }
        for vendor in masters.vendors.iter().filter(|vendor| !vendor.missing) {
            let mut fields = vendor_row(&vendor.supplier());
            fields.insert("VadCity".to_owned(), vendor.city.0.to_owned());
            fields.insert("VadCountry".to_owned(), vendor.city.2.to_owned());
            self.put("SLVendors", fields);
        }
        // Numeric codes, which the scenario has none of.
        for (number, name) in [("12", "Quay Marine Supply"), ("7", "Ridge Tooling")] {
            self.put("SLVendors", vendor_row(&Supplier::new(number, name, "CAD")));
        }
        for account in masters.accounts.iter().filter(|account| !account.missing) {
            self.add_account(&account.identity());
        }
        self.add_account(&Account::new("20000", "Accounts payable"));
        for department in &masters.departments {
            self.add_account(&Account::cost_center(&department.cost_center, &department.name));
        }
        for (number, name, unit) in products() {
            let name: String = name.chars().take(40).collect();
            let fields =
                [("Item", number.as_str()), ("Description", &name), ("UM", &unit.to_uppercase()), ("Stat", "A")];
            self.put("SLItems", row(fields));
        }
        for (number, name) in [("1001", "Alder Retail"), ("1002", "Birchwood Clinics"), ("1003", "Cedar Foods")] {
            let fields = [
                ("CustNum", pad(number, 7)),
                ("CustSeq", "0".into()),
                ("Name", name.into()),
                ("CurrCode", "CAD".into()),
            ];
            self.put("SLCustomers", fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
        }
    }

    pub(super) fn add_supplier(&mut self, supplier: &Supplier) {
        self.put("SLVendors", vendor_row(supplier));
        self.store.commit();
    }

    pub(super) fn remove_supplier(&mut self, number: &str) {
        let key = self.store.key_of("SLVendors", &row([("VendNum", &pad(number, 7))]));
        if let Some(key) = key {
            self.store.remove("SLVendors", &key);
            self.store.commit();
        }
    }

    pub(super) fn set_period(&mut self, from: &str, to: &str, closed: bool) {
        let closed = if closed { "1" } else { "0" };
        self.put("SLPeriods", row([("PerStart", from), ("PerEnd", to), ("Closed", closed)]));
        self.store.commit();
    }

    pub(super) fn add_account(&mut self, account: &Account) {
        let name: String = account.name.chars().take(40).collect();
        if account.dimension == 1 {
            let fields = [("Acct", account.code.as_str()), ("Description", &name), ("Type", "E"), ("AccessUnit1", "A")];
            self.put("SLChartAccts", row(fields));
        } else {
            self.put("SLUnitcd1s", row([("Unit1", &account.code), ("Description", &name)]));
        }
        self.store.commit();
    }

    /// A record as a load shows it: with what comes from other tables.
    pub(super) fn value(&self, ido: &Ido, row: &Row, property: &str) -> Option<String> {
        let vendor = |name: &str| {
            let number = row.get("VendNum")?;
            self.store.get("SLVendors", &[("VendNum", number)])?.get(name).cloned()
        };
        match (ido.name, property) {
            ("SLPos" | "SLAptrxs", "VenCurrCode") => vendor("CurrCode"),
            ("SLPos", "VendorName") => vendor("Name"),
            ("SLPos", "PoCost") => Some(self.order_total(row.get("PoNum")?).to_string()),
            ("SLPoItems", "PoVendNum") => {
                self.store.get("SLPos", &[("PoNum", row.get("PoNum")?)])?.get("VendNum").cloned()
            }
            _ => row.get(property).cloned(),
        }
    }

    pub(super) fn lines(&self, number: &str) -> Vec<&Row> {
        self.store.starting("SLPoItems", &[("PoNum", number)])
    }

    fn order_total(&self, number: &str) -> Decimal {
        let mut total: Decimal = self.lines(number).into_iter().map(amount).sum();
        total.rescale(2);
        total
    }

    /// Orders and vouchers, in the order of their numbers.
    pub(super) fn documents(&self) -> Vec<Document> {
        let orders = self.store.rows("SLPos").map(|order| self.order_document(order));
        let vouchers = self.store.rows("SLAptrxs").map(|voucher| self.voucher_document(voucher));
        orders.chain(vouchers).collect()
    }

    fn order_document(&self, order: &Row) -> Document {
        let text = |name: &str| order.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
        let number = text("PoNum");
        let reference = Some(text("VendOrder")).filter(|text| !text.is_empty()).unwrap_or_else(|| text("Charfld1"));
        let currency = self.store.get("SLVendors", &[("VendNum", &text("VendNum"))]).and_then(|v| v.get("CurrCode"));
        Document {
            kind: "purchase_order".to_owned(),
            external_ref: reference,
            supplier: text("VendNum"),
            currency: currency.cloned().unwrap_or_default(),
            total: self.order_total(&number),
            lines: self.lines(&number).into_iter().map(order_line).collect(),
            ordered: text("OrderDate").chars().take(8).collect(),
            requested: String::new(),
            number,
        }
    }

    fn voucher_document(&self, voucher: &Row) -> Document {
        let text = |name: &str| voucher.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
        let key = [("VendNum", text("VendNum")), ("Voucher", text("Voucher"))];
        let key = [(key[0].0, key[0].1.as_str()), (key[1].0, key[1].1.as_str())];
        let currency = self.store.get("SLVendors", &key[..1]).and_then(|vendor| vendor.get("CurrCode"));
        Document {
            kind: "invoice".to_owned(),
            number: text("Voucher"),
            external_ref: text("Ref"),
            supplier: text("VendNum"),
            currency: currency.cloned().unwrap_or_default(),
            total: decimal(voucher, "InvAmt"),
            lines: self.store.starting("SLAptrxds", &key).into_iter().map(distribution).collect(),
            ordered: text("InvDate").chars().take(8).collect(),
            requested: text("DueDate").chars().take(8).collect(),
        }
    }
}

fn vendor_row(supplier: &Supplier) -> Row {
    let number = pad(&supplier.number, 7);
    let status = if supplier.status == "20" { "A" } else { "I" };
    let fields = [("VendNum", number.as_str()), ("Name", &supplier.name), ("CurrCode", &supplier.currency)];
    let mut fields = row(fields);
    fields.extend(row([("TermsCode", "N30"), ("Stat", status)]));
    fields
}

pub(super) fn decimal(row: &Row, name: &str) -> Decimal {
    row.get(name).and_then(|text| text.trim().parse().ok()).unwrap_or_default()
}

fn cost(line: &Row) -> Decimal {
    let name = if line.contains_key("ItemCostConv") { "ItemCostConv" } else { "UnitMatCostConv" };
    decimal(line, name)
}

/// Quantity times cost, to the cent.
fn amount(line: &Row) -> Decimal {
    let amount = decimal(line, "QtyOrderedConv") * cost(line);
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

fn order_line(line: &Row) -> DocumentLine {
    let text = |name: &str| line.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    DocumentLine {
        item: text("Item"),
        quantity: decimal(line, "QtyOrderedConv"),
        price: cost(line),
        account: text("NonInvAcct"),
        cost_center: text("NonInvAcctUnit1"),
        number: text("PoLine").parse().unwrap_or(0),
        name: text("Description"),
        unit: text("UM"),
    }
}

fn distribution(line: &Row) -> DocumentLine {
    let text = |name: &str| line.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    DocumentLine {
        item: String::new(),
        quantity: Decimal::ONE,
        price: decimal(line, "Amount"),
        account: text("Acct"),
        cost_center: text("AcctUnit1"),
        number: text("DistSeq").parse().unwrap_or(0),
        name: String::new(),
        unit: String::new(),
    }
}
