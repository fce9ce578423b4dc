//! What an earlier attempt may have left of an invoice, when the bill has changed since.

use super::draft::{InvoiceDraft, InvoiceLineDraft};

/// In what an invoice differs from the one that was sent before it, for people; nothing if only its attachments do,
/// which are looked up from Procurify and booked nowhere.
pub(super) fn changes(sent: &InvoiceDraft, wanted: &InvoiceDraft) -> Vec<String> {
    let (mut changes, day) = (Vec::new(), |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string()));
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
    for (what, one, other) in [
        ("day", Some(sent.invoice_date), Some(wanted.invoice_date)),
        ("due date", sent.due_date, wanted.due_date),
        ("posting date", sent.posting_date, wanted.posting_date),
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
        compare(&format!("line {}", place + 1), one.map(words), other.map(words), one == other);
    }
    changes
}

fn words(line: &InvoiceLineDraft) -> String {
    let center = line.cost_center.as_ref().map(|center| format!("/{center}")).unwrap_or_default();
    let tax = line.tax_code.as_ref().map(|code| format!(" with tax {code}")).unwrap_or_default();
    format!("{} on {}{center}{tax} `{}`", line.amount, line.account, line.text)
}
