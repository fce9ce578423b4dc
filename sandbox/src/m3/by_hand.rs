//! What a person does at the screens of M3 (PPS200, PPS201).

use super::company::row;
use super::documents::{OrderLine, PurchaseOrder};
use super::tenant::M3Tenant;
use crate::by_hand::{ByHand, Touch, TypedOrder};
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
        true
    }
}
