//! What an earlier attempt may have left of an invoice, when the bill has changed since.

use chrono::NaiveDate;

use super::draft::{InvoiceDraft, InvoiceLineDraft};

/// The days on which two invoices are to be booked, as far as their bills name one. One that was moved out of a closed
/// period is moved further once the next period is closed: it is the day from which it was moved that counts.
pub(super) fn posting_days(one: &InvoiceDraft, other: &InvoiceDraft) -> (Option<NaiveDate>, Option<NaiveDate>) {
    let moved = one.moved_from.is_some() || other.moved_from.is_some();
    let day = |invoice: &InvoiceDraft| {
        let own = invoice.moved_from.or(invoice.posting_date);
        if moved { own.or(Some(invoice.invoice_date)) } else { own }
    };
    (day(one), day(other))
}

/// In what an invoice differs from the one that was sent before it, for people; but for its attachments, which not every
/// product has a field for.
pub(super) fn changes(sent: &InvoiceDraft, wanted: &InvoiceDraft) -> Vec<String> {
    let (mut changes, day) = (Vec::new(), |day: Option<NaiveDate>| day.map(|day| day.to_string()));
    let mut compare = |what: &str, sent: Option<String>, wanted: Option<String>, same: bool| {
        let told = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
        if !same {
            changes.push(format!("{what} {}, now {}", told(sent), told(wanted)));
        }
    };
    for (what, one, other) in [
        ("supplier", &sent.supplier, &wanted.supplier),
        ("number", &sent.number, &wanted.number),
        ("currency", &sent.currency, &wanted.currency),
    ] {
        compare(what, Some(one.clone()), Some(other.clone()), one == other);
    }
    let posting = posting_days(sent, wanted);
    for (what, one, other) in [
        ("day", Some(sent.invoice_date), Some(wanted.invoice_date)),
        ("due date", sent.due_date, wanted.due_date),
        ("posting date", posting.0, posting.1),
    ] {
        compare(what, day(one), day(other), one == other);
    }
    for (what, one, other) in
        [("total", sent.total, wanted.total), ("tax", sent.tax, wanted.tax), ("freight", sent.freight, wanted.freight)]
    {
        compare(what, Some(one.to_string()), Some(other.to_string()), one == other);
    }
    let terms = |invoice: &InvoiceDraft| invoice.payment_terms.clone();
    compare("payment terms", terms(sent), terms(wanted), sent.payment_terms == wanted.payment_terms);
    for place in 0..sent.lines.len().max(wanted.lines.len()) {
        let (one, other) = (sent.lines.get(place), wanted.lines.get(place));
        let same = one.zip(other).is_some_and(|(one, other)| is_same(one, other));
        compare(&format!("line {}", place + 1), one.map(words), other.map(words), same);
    }
    changes
}

/// Whether a line is the same; which line of its order it bills may not be known any more since that has changed.
fn is_same(sent: &InvoiceLineDraft, wanted: &InvoiceLineDraft) -> bool {
    let mut sent = sent.clone();
    if let (Some(order), Some(now)) = (&mut sent.order, &wanted.order)
        && now.line.is_none()
    {
        order.line = None;
    }
    sent == *wanted
}

fn words(line: &InvoiceLineDraft) -> String {
    let center = line.cost_center.as_ref().map(|center| format!("/{center}")).unwrap_or_default();
    let tax = line.tax_code.as_ref().map(|code| format!(" with tax {code}")).unwrap_or_default();
    let order = line.order.as_ref().map(|order| {
        let place = order.line.map(|place| format!(" line {place}")).unwrap_or_default();
        format!(" for order {}{place}", order.number)
    });
    format!("{} on {}{center}{tax} `{}`{}", line.amount, line.account, line.text, order.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::draft::OrderLink;
    use super::*;

    fn invoice(terms: &str, code: &str) -> InvoiceDraft {
        serde_json::from_value(serde_json::json!({
            "supplier": "S17", "number": "INV-7", "currency": "CAD", "invoice_date": "2026-11-02",
            "payment_terms": terms, "total": "1", "tax": "0", "freight": "0",
            "lines": [{ "text": "Nuts", "amount": "1", "tax_code": code, "account": "6100" }],
        }))
        .unwrap()
    }

    #[test]
    fn another_line_of_the_order_is_told() {
        let of_line = |line: Option<u32>| {
            let mut invoice = invoice("N30", "5");
            invoice.lines[0].order =
                Some(OrderLink { number: "4711".to_owned(), line, quantity: None, by_hand: false });
            invoice
        };
        assert_eq!(changes(&of_line(Some(2)), &of_line(None)), Vec::<String>::new(), "it is not known any more");
        let told = changes(&of_line(None), &of_line(Some(2)));
        assert_eq!(
            told,
            [
                "line 1 1 on 6100 with tax 5 `Nuts` for order 4711, now 1 on 6100 with tax 5 `Nuts` for order 4711 line 2"
            ]
        );
    }

    #[test]
    fn the_day_to_which_a_bill_is_moved_out_of_a_closed_period_is_no_change_of_it() {
        let day = |text: &str| Some(text.parse().unwrap());
        let plain = invoice("N30", "5");
        let dated = InvoiceDraft { posting_date: day("2026-11-05"), ..plain.clone() };
        let moved = |invoice: &InvoiceDraft, to: &str| InvoiceDraft {
            posting_date: day(to),
            moved_from: invoice.posting_date.or(Some(invoice.invoice_date)),
            ..invoice.clone()
        };
        for bill in [&plain, &dated] {
            let (once, again) = (moved(bill, "2026-12-01"), moved(bill, "2027-01-01"));
            for (sent, wanted) in [(&once, &again), (bill, &once), (&once, bill)] {
                assert_eq!(changes(sent, wanted), Vec::<String>::new(), "{sent:?} {wanted:?}");
            }
        }
        let told = changes(&moved(&plain, "2026-12-01"), &moved(&dated, "2026-12-01"));
        assert_eq!(told, ["posting date 2026-11-02, now 2026-11-05"]);
        assert_eq!(changes(&plain, &dated), ["posting date none, now 2026-11-05"]);
    }

    #[test]
    fn other_terms_and_other_taxes_are_changes_that_are_told() {
        assert_eq!(changes(&invoice("N30", "5"), &invoice("N30", "5")), Vec::<String>::new());
        let told = changes(&invoice("N30", "5"), &invoice("N60", "12"));
        assert_eq!(
            told,
            ["payment terms N30, now N60", "line 1 1 on 6100 with tax 5 `Nuts`, now 1 on 6100 with tax 12 `Nuts`"]
        );
    }
}
