//! Supplier invoices as the company keeps them.

use rust_decimal::Decimal;

use super::batch::field;
use super::company::Row;
use super::documents::{Document, DocumentLine};

/// A supplier invoice, in the ledger once it has a voucher.
#[derive(Debug)]
pub(super) struct Invoice {
    pub(super) head: Row,
    pub(super) lines: Vec<Row>,
    pub(super) voucher: Option<u64>,
    pub(super) head_error: bool,
}

impl Invoice {
    pub(super) fn new(head: Row) -> Self {
        Self { head, lines: Vec::new(), voucher: None, head_error: false }
    }

    pub(super) fn lines_total(&self) -> Decimal {
        self.lines.iter().map(|line| decimal(line, "NLAM")).sum()
    }

    pub(super) fn document(&self) -> Document {
        let head = |name| field(&self.head, name).to_owned();
        let mut total = decimal(&self.head, "CUAM");
        total.rescale(2);
        Document {
            kind: "invoice".to_owned(),
            number: head("INBN"),
            external_ref: head("CORI"),
            supplier: head("SUNO"),
            currency: head("CUCD"),
            total,
            lines: self.lines.iter().map(line).collect(),
            ordered: head("IVDT"),
            requested: head("DUDT"),
        }
    }
}

impl Invoice {
    /// Changes what a line comes to, and the whole with it; answers whether there is one.
    pub(super) fn touch(&mut self, number: u32, amount: Decimal) -> bool {
        let number = number.to_string();
        let Some(line) = self.lines.iter_mut().find(|line| field(line, "TRNO") == number) else { return false };
        let more = amount - decimal(line, "NLAM");
        line.insert("NLAM".to_owned(), amount.to_string());
        self.come_to(more);
        true
    }

    /// Changes its tax, and the whole with it.
    pub(super) fn tax(&mut self, amount: Decimal) {
        let more = amount - decimal(&self.head, "VTAM");
        self.head.insert("VTAM".to_owned(), amount.to_string());
        self.come_to(more);
    }

    fn come_to(&mut self, more: Decimal) {
        let total = decimal(&self.head, "CUAM") + more;
        self.head.insert("CUAM".to_owned(), total.to_string());
    }
}

fn decimal(row: &Row, name: &str) -> Decimal {
    field(row, name).parse().unwrap_or_default()
}

fn line(line: &Row) -> DocumentLine {
    let of = |name| field(line, name).to_owned();
    DocumentLine {
        item: of("ITNO"),
        quantity: Decimal::ONE,
        price: decimal(line, "NLAM"),
        account: of("AIT1"),
        cost_center: of("AIT2"),
        number: of("TRNO").parse().unwrap_or(0),
        name: of("VTXT"),
        unit: of("PUUN"),
    }
}

/// Payee, supplier and the supplier's number.
pub(super) fn key(row: &Row) -> [String; 3] {
    ["SPYN", "SUNO", "SINO"].map(|name| field(row, name).to_owned())
}

impl super::company::Company {
    /// Keeps a batch invoice, and answers its number.
    pub(super) fn enter_invoice(&mut self, mut head: Row, lines: Vec<Row>) -> String {
        let number = self.new_invoice_number();
        head.insert("INBN".to_owned(), number.clone());
        self.by_invoice.entry(key(&head)).or_default().push(number.clone());
        self.invoices.insert(number.clone(), Invoice { lines, ..Invoice::new(head) });
        number
    }

    /// Changes what is given of a batch invoice's head.
    pub(super) fn change_invoice(&mut self, number: &str, changes: &Row) {
        let Some(invoice) = self.invoices.get_mut(number) else { return };
        if let Some(numbers) = self.by_invoice.get_mut(&key(&invoice.head)) {
            numbers.retain(|other| other != number);
        }
        let given = changes.iter().filter(|(name, value)| *name != "INBN" && !value.is_empty());
        invoice.head.extend(given.map(|(name, value)| (name.clone(), value.clone())));
        invoice.head_error = false;
        self.by_invoice.entry(key(&invoice.head)).or_default().push(number.to_owned());
    }

    /// Removes a batch invoice that is not in the ledger, if it is there.
    pub(super) fn remove_invoice(&mut self, number: &str) -> bool {
        if self.invoices.get(number).is_none_or(|invoice| invoice.voucher.is_some()) {
            return false;
        }
        let Some(invoice) = self.invoices.remove(number) else { return false };
        if let Some(numbers) = self.by_invoice.get_mut(&key(&invoice.head)) {
            numbers.retain(|other| other != number);
        }
        true
    }

    /// An invoice that finance enters in the ledger itself, so that no batch invoice lists it; answers its voucher.
    pub(super) fn book_invoice(
        &mut self,
        supplier: &str,
        number: &str,
        day: &str,
        currency: &str,
        amount: Decimal,
    ) -> u64 {
        let (batch, voucher, amount) = (self.new_invoice_number(), self.next_voucher(), amount.to_string());
        let payee = self.payee(supplier).to_owned();
        let head = super::company::row([
            ("INBN", batch.as_str()),
            ("IBTP", "20"),
            ("SUNO", supplier),
            ("SPYN", &payee),
            ("SINO", number),
            ("IVDT", day),
            ("CUCD", currency),
            ("CUAM", &amount),
        ]);
        self.invoices.insert(batch, Invoice { voucher: Some(voucher), ..Invoice::new(head) });
        voucher
    }
}
