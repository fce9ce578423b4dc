//! What a person does at the screens of M3 (PPS200, PPS201).

use super::company::row;
use super::documents::{OrderLine, PurchaseOrder};
use super::tenant::M3Tenant;
use crate::by_hand::{ByHand, Touch, TypedInvoice, TypedOrder};
use rust_decimal::Decimal;

impl ByHand for M3Tenant {
    fn type_order(&self, typed: &TypedOrder) -> String {
        let mut company = self.company();
        let number = company.new_order_number();
        let day = typed.date.format("%Y%m%d").to_string();
        let head = row([
            ("PUNO", number.as_str()),
            ("SUNO", &typed.supplier),
            ("CUCD", &typed.currency),
            ("PUDT", &day),
            ("DWDT", &day),
            ("FACI", "A01"),
            ("WHLO", "001"),
            ("ORTY", "P10"),
            ("YRE1", &typed.external_ref),
        ]);
        let line = |(number, line): (u32, &crate::TypedLine)| OrderLine {
            number,
            quantity: line.quantity,
            price: line.price,
            received: Decimal::ZERO,
            fields: row([("ITNO", "SERVICE"), ("PUPR", &line.price.to_string()), ("AIT1", &line.account)]),
        };
        let lines = (1..).zip(&typed.lines).map(line).collect();
        let searchable = company.now;
        company.keep(PurchaseOrder { head, lines, searchable });
        number
    }

    fn delete_order(&self, number: &str) -> bool {
        self.company().orders.remove(number).is_some()
    }

    fn touch(&self, number: &str, touch: Touch) -> bool {
        let mut company = self.company();
        let order = company.orders.get_mut(number);
        let line = order.and_then(|order| order.lines.iter_mut().find(|line| line.number == touch.line));
        let Some(line) = line else { return false };
        line.quantity = touch.quantity.unwrap_or(line.quantity);
        line.received = touch.received.unwrap_or(line.received);
        if let Some(price) = touch.price {
            line.price = price;
            line.fields.insert("PUPR".to_owned(), price.to_string());
            line.fields.remove("PUCD");
        }
        company.mark_changed(number);
        true
    }

    fn refer(&self, number: &str, reference: &str) -> bool {
        let mut company = self.company();
        let Some(order) = company.orders.get_mut(number) else { return false };
        order.head.insert("YRE1".to_owned(), reference.to_owned());
        company.mark_changed(number);
        true
    }

    fn type_invoice(&self, typed: &TypedInvoice) -> String {
        let mut company = self.company();
        let payee = company.payee(&typed.supplier).to_owned();
        let (day, total) = (typed.date.format("%Y%m%d").to_string(), typed.total().to_string());
        let head = row([
            ("SUNO", typed.supplier.as_str()),
            ("SPYN", &payee),
            ("SINO", &typed.number),
            ("IBTP", "20"),
            ("SUPA", "10"),
            ("IVDT", &day),
            ("CUCD", &typed.currency),
            ("CUAM", &total),
            ("CORI", &typed.external_ref),
        ]);
        let line = |(number, line): (u32, &crate::TypedLine)| {
            let (number, amount) = (number.to_string(), line.amount().to_string());
            row([("TRNO", number.as_str()), ("RDTP", "8"), ("NLAM", &amount), ("AIT1", &line.account), ("IBLE", "0")])
        };
        company.enter_invoice(head, (1..).zip(&typed.lines).map(line).collect())
    }

    fn delete_invoice(&self, number: &str) -> bool {
        self.company().remove_invoice(number)
    }

    fn touch_invoice(&self, number: &str, line: u32, amount: Decimal) -> bool {
        self.company().invoices.get_mut(number).is_some_and(|invoice| invoice.touch(line, amount))
    }

    fn post_invoice(&self, number: &str) -> bool {
        let mut company = self.company();
        let voucher = company.next_voucher();
        let Some(invoice) = company.invoices.get_mut(number) else { return false };
        invoice.voucher.get_or_insert(voucher);
        true
    }
}
