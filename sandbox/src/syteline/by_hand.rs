//! What a person does at the forms of SyteLine (Purchase Orders, Purchase Order Lines).

use super::cell::write_time;
use super::site::decimal;
use super::store::row;
use super::tenant::SyteLineTenant;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::by_hand::{ByHand, Touch, TypedInvoice, TypedOrder};

impl SyteLineTenant {
    /// Answers whether the voucher was there.
    pub(super) fn post_voucher(&self, number: &str) -> bool {
        let mut site = self.site();
        let voucher =
            site.store.rows("SLAptrxs").find(|row| row.get("Voucher").is_some_and(|at| at == number)).cloned();
        let Some(voucher) = voucher else { return false };
        let kept = ["VendNum", "Voucher", "Type", "InvNum", "InvDate", "InvAmt"];
        let posted = voucher.iter().filter(|(name, _)| kept.contains(&name.as_str()));
        let posted = posted.map(|(name, value)| (name.clone(), value.clone())).collect();
        if let Some(key) = site.store.key_of("SLAptrxs", &voucher) {
            site.store.remove("SLAptrxs", &key);
        }
        site.put("SLAptrxps", posted);
        site.store.commit();
        true
    }
}

impl SyteLineTenant {
    /// Answers whether the line was there.
    pub(super) fn close_line(&self, number: &str, line: u32) -> bool {
        let mut site = self.site();
        let wanted = line.to_string();
        let line = site.lines(number).into_iter().find(|line| line.get("PoLine") == Some(&wanted)).cloned();
        let Some(mut line) = line else { return false };
        line.insert("Stat".to_owned(), "C".to_owned());
        site.put("SLPoItems", line);
        site.store.commit();
        true
    }

    pub(super) fn pay(&self, supplier: &str, number: &str, day: NaiveDate, amount: Decimal) {
        let mut site = self.site();
        let voucher = site.next_voucher.to_string();
        site.next_voucher += 1;
        let (vendor, day) = (super::schema::pad(supplier, 7), write_time(day.and_time(chrono::NaiveTime::MIN)));
        let payment = row([
            ("VendNum", vendor.as_str()),
            ("Voucher", &voucher),
            ("Type", "P"),
            ("InvNum", number),
            ("InvDate", &day),
            ("InvAmt", &amount.to_string()),
        ]);
        site.put("SLAptrxps", payment);
        site.store.commit();
    }
}

impl ByHand for SyteLineTenant {
    fn type_order(&self, typed: &TypedOrder) -> String {
        let mut site = self.site();
        let number = format!("P{:09}", site.next_order);
        site.next_order += 1;
        let day = write_time(typed.date.and_time(chrono::NaiveTime::MIN));
        let vendor = super::schema::pad(&typed.supplier, 7);
        let head = row([
            ("PoNum", number.as_str()),
            ("VendNum", &vendor),
            ("Type", "R"),
            ("Stat", "O"),
            ("OrderDate", &day),
            ("VendOrder", &typed.external_ref),
        ]);
        site.put("SLPos", head);
        for (place, line) in (1..).zip(&typed.lines) {
            let place: u32 = place;
            let fields = row([
                ("PoNum", number.as_str()),
                ("PoLine", &place.to_string()),
                ("PoRelease", "0"),
                ("Item", "BY-HAND"),
                ("QtyOrderedConv", &line.quantity.to_string()),
                ("ItemCostConv", &line.price.to_string()),
                ("Stat", "O"),
                ("NonInvAcct", &line.account),
            ]);
            site.put("SLPoItems", fields);
        }
        site.store.commit();
        number
    }

    fn delete_order(&self, number: &str) -> bool {
        let mut site = self.site();
        let lines: Vec<_> = site.lines(number).into_iter().cloned().collect();
        for line in &lines {
            if let Some(key) = site.store.key_of("SLPoItems", line) {
                site.store.remove("SLPoItems", &key);
            }
        }
        let there = site.store.get("SLPos", &[("PoNum", number)]).cloned();
        if let Some(key) = there.as_ref().and_then(|head| site.store.key_of("SLPos", head)) {
            site.store.remove("SLPos", &key);
        }
        site.store.commit();
        there.is_some()
    }

    fn touch(&self, number: &str, touch: Touch) -> bool {
        let mut site = self.site();
        let wanted = touch.line.to_string();
        let line = site.lines(number).into_iter().find(|line| line.get("PoLine") == Some(&wanted)).cloned();
        let Some(mut line) = line else { return false };
        let changed =
            [("QtyOrderedConv", touch.quantity), ("ItemCostConv", touch.price), ("QtyReceived", touch.received)];
        for (name, value) in changed {
            if let Some(value) = value {
                line.insert(name.to_owned(), value.to_string());
            }
        }
        site.put("SLPoItems", line);
        site.store.commit();
        true
    }

    fn refer(&self, number: &str, reference: &str) -> bool {
        let mut site = self.site();
        let Some(mut head) = site.store.get("SLPos", &[("PoNum", number)]).cloned() else { return false };
        head.insert("VendOrder".to_owned(), reference.to_owned());
        site.put("SLPos", head);
        site.store.commit();
        true
    }

    fn type_invoice(&self, typed: &TypedInvoice) -> String {
        let mut site = self.site();
        let number = site.next_voucher.to_string();
        site.next_voucher += 1;
        let (day, total) = (write_time(typed.date.and_time(chrono::NaiveTime::MIN)), typed.total().to_string());
        let vendor = super::schema::pad(&typed.supplier, 7);
        let kind = if typed.total() < Decimal::ZERO { "A" } else { "V" };
        let key = [("VendNum", vendor.as_str()), ("Voucher", number.as_str())];
        let mut head = row(key);
        head.extend(row([
            ("Type", kind),
            ("InvNum", &typed.number),
            ("InvDate", &day),
            ("PurchAmt", &total),
            ("InvAmt", &total),
            ("Ref", &typed.external_ref),
        ]));
        site.put("SLAptrxs", head);
        for (place, line) in (1..).zip(&typed.lines) {
            let place: u32 = 5 * place;
            let mut fields = row(key);
            fields.extend(row([
                ("DistSeq", place.to_string().as_str()),
                ("Acct", &line.account),
                ("Amount", &line.amount().to_string()),
            ]));
            site.put("SLAptrxds", fields);
        }
        site.store.commit();
        number
    }

    fn delete_invoice(&self, number: &str) -> bool {
        let mut site = self.site();
        let mut there = false;
        for ido in ["SLAptrxds", "SLAptrxs"] {
            let rows: Vec<_> =
                site.store.rows(ido).filter(|row| row.get("Voucher").is_some_and(|at| at == number)).cloned().collect();
            for row in rows {
                if let Some(key) = site.store.key_of(ido, &row) {
                    site.store.remove(ido, &key);
                    there = true;
                }
            }
        }
        site.store.commit();
        there
    }

    fn touch_invoice(&self, number: &str, line: u32, amount: Decimal) -> bool {
        let mut site = self.site();
        let sequence = (5 * line).to_string();
        let is = |row: &&super::store::Row, name: &str, value: &str| row.get(name).is_some_and(|text| text == value);
        let found =
            site.store.rows("SLAptrxds").find(|row| is(row, "Voucher", number) && is(row, "DistSeq", &sequence));
        let Some(mut found) = found.cloned() else { return false };
        let head = site.store.rows("SLAptrxs").find(|row| is(row, "Voucher", number)).cloned();
        let more = amount - decimal(&found, "Amount");
        found.insert("Amount".to_owned(), amount.to_string());
        site.put("SLAptrxds", found);
        if let Some(mut head) = head {
            for name in ["PurchAmt", "InvAmt"] {
                let now = decimal(&head, name) + more;
                head.insert(name.to_owned(), now.to_string());
            }
            site.put("SLAptrxs", head);
        }
        site.store.commit();
        true
    }

    fn post_invoice(&self, number: &str) -> bool {
        self.post_voucher(number)
    }
}
