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

impl super::company::Company {
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
