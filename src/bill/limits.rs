//! What a product's invoices can hold, and the bills that do not fit: held, with the reason, rather than cut.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde_json::Value;
use sync_core::{Label, Mapper, Mapping, Match, Missing, Record, RecordKey, References};

use super::approved::ApprovedBill;
use super::draft::InvoiceDraft;
use super::mapper::{BillMapper, CostPlace};
use super::wanted::Wanted;
use crate::details;
use crate::label::label;
use crate::mapping::{Mapped, as_mapping};
use crate::periods::PeriodSettings;
use crate::purchase_order;
use crate::reconcile::money;
use crate::reference::{self, OTHER_INVOICE};

/// What a product's invoices can hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct InvoiceLimits {
    /// The longest number of a supplier's invoice, in characters; any if none.
    pub number_length: Option<usize>,
    /// Whether an invoice has a field for freight that is on no account.
    pub freight: bool,
    /// Whether all lines of an invoice have the same tax code.
    pub one_tax_code: bool,
    /// The setting without which an invoice cannot have tax; it can if none.
    pub tax_needs: Option<&'static str>,
    /// Where tax is booked by a setting, and the setting's name.
    pub tax_on: Option<(CostPlace, &'static str)>,
    /// Whether an invoice has a field for the addresses of a bill's attachments.
    pub attachments: bool,
}

impl InvoiceLimits {
    /// Numbers of so many characters at most.
    pub fn number_length(mut self, characters: usize) -> Self {
        self.number_length = Some(characters);
        self
    }

    /// With a field for freight.
    pub fn freight(mut self) -> Self {
        self.freight = true;
        self
    }

    /// With one tax code for all lines.
    pub fn one_tax_code(mut self) -> Self {
        self.one_tax_code = true;
        self
    }

    /// Without tax, until this setting says which account it goes on.
    pub fn tax_needs(mut self, setting: &'static str) -> Self {
        self.tax_needs = Some(setting);
        self
    }

    /// With tax on this account and cost centre, as this setting says.
    pub fn tax_on(mut self, place: CostPlace, setting: &'static str) -> Self {
        self.tax_on = Some((place, setting));
        self
    }

    /// With a field for the addresses of attachments, if so.
    pub fn attachments(mut self, has_field: bool) -> Self {
        self.attachments = has_field;
        self
    }

    fn exceeded(&self, draft: &InvoiceDraft, references: &References) -> Vec<Missing> {
        let mut missing = Vec::new();
        let mut miss = |kind: &str, value: &str, hint: String| {
            missing.push(Missing { kind: kind.to_owned(), value: value.to_owned(), hint });
        };
        if let Some(most) = self.number_length.filter(|most| draft.number.chars().count() > *most) {
            let hint = format!("the ERP's field holds {most} characters: shorten it in Procurify as finance would");
            miss("invoice_number", &draft.number, hint);
        }
        if !self.freight && !draft.freight.is_zero() {
            let hint = "it is on no account, and the ERP's invoices have no field for it: put it on an account in \
                        Procurify, or set the account for freight (freight_account)";
            miss("freight", &money(draft.freight), hint.to_owned());
        }
        let codes: BTreeSet<&String> = draft.lines.iter().filter_map(|line| line.tax_code.as_ref()).collect();
        if self.one_tax_code && codes.len() > 1 {
            let several = codes.into_iter().map(String::as_str).collect::<Vec<_>>().join(" and ");
            let hint = "the ERP's invoices have one tax code each, and the bill's lines have several: split it in \
                        Procurify, or give these taxes one code";
            miss("tax", &several, hint.to_owned());
        }
        if let Some(setting) = self.tax_needs.filter(|_| !draft.tax.is_zero()) {
            let hint = format!(
                "the ERP posts an invoice only if the amounts on accounts come to its total, and the tax is on none: set \
                 the account for tax ({setting})"
            );
            miss("tax", &money(draft.tax), hint);
        }
        if let Some((place, setting)) = self.tax_on.as_ref().filter(|_| !draft.tax.is_zero()) {
            missing.extend(place.unusable(references, setting));
        }
        missing
    }
}

/// A [`BillMapper`] as the engine sees it.
pub(crate) struct BillMapperAdapter {
    pub mapper: Box<dyn BillMapper>,
    pub wanted: Wanted,
    pub limits: InvoiceLimits,
    pub periods: PeriodSettings,
}

impl BillMapperAdapter {
    /// What becomes of a bill of this day, if that is before the first.
    fn too_early(&self, day: Option<NaiveDate>) -> Option<Mapped<InvoiceDraft>> {
        let (day, first) = (day?, self.wanted.invoiced_from?);
        let why = || format!("it is invoiced on {day}, and bills are moved from {first} on (bills_from)");
        (day < first).then(|| Mapped::Skip(why()))
    }

    fn decide(&self, bill: &ApprovedBill, references: &References) -> Mapped<InvoiceDraft> {
        if let Some(refusal) = self.wanted.refusal(bill.bill.kind, bill.bill.status) {
            return Mapped::Skip(refusal);
        }
        let shown = bill.bill.invoice_date.as_ref().map(|date| date.day_in(&self.mapper.time_zone()));
        if bill.listed_only {
            return self.too_early(shown).unwrap_or_else(|| Mapped::Hold(vec![not_read(bill)]));
        }
        let mapped = self.mapper.map(bill, references);
        let day = match &mapped {
            Mapped::Draft { draft, .. } => Some(draft.invoice_date),
            _ => shown,
        };
        if let Some(skipped) = self.too_early(day) {
            return skipped;
        }
        if let Mapped::Draft { draft, .. } = &mapped {
            let exceeded = self.limits.exceeded(draft, references);
            if !exceeded.is_empty() {
                return Mapped::Hold(exceeded);
            }
        }
        mapped
    }
}

/// The ERP's numbers of invoices of a bill's number that a person has said are others.
fn other_invoices<'a>(bill: &str, references: &'a References) -> Option<&'a str> {
    match &references.get(OTHER_INVOICE, bill)?.found {
        Match::Matched { target, .. } => Some(target),
        _ => None,
    }
}

/// That only what lists show of a bill is there.
fn not_read(bill: &ApprovedBill) -> Missing {
    let hint = match &bill.unread {
        Some(why) => details::hint(why),
        None => {
            "its lines were not read, for Procurify shows no UUID of it or it was not to be moved then: touch it in \
                 Procurify"
                .to_owned()
        }
    };
    Missing { kind: "bill".to_owned(), value: bill.bill.id.to_string(), hint }
}

impl Mapper for BillMapperAdapter {
    fn map(&self, record: &Record, references: &References) -> Mapping {
        let check = |draft: &mut InvoiceDraft, decisions: &mut Vec<String>| {
            if let Some(others) = other_invoices(record.key.id(), references) {
                decisions.push(format!("{others} in the ERP is another invoice of this number"));
                draft.others = others.split(',').map(|number| number.trim().to_owned()).collect();
            }
            let mut missing = self.periods.check_bill(draft, decisions, references);
            missing.extend(reference::check_bill(draft, references));
            missing
        };
        as_mapping(record, |bill| self.decide(bill, references), check)
    }

    fn needs(&self, key: &RecordKey, payload: &Value) -> Vec<RecordKey> {
        let lines = payload["lines"].as_array().map(Vec::as_slice).unwrap_or_default();
        let orders = lines.iter().filter_map(|line| line["order"].as_i64());
        orders
            .map(|order| RecordKey::new(key.connection().clone(), purchase_order::KIND.into(), order.to_string()))
            .collect()
    }

    fn label(&self, payload: &Value) -> Label {
        label(&super::KIND.into(), payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_invoice_cannot_hold_is_named_and_nothing_is_cut() {
        let draft = InvoiceDraft {
            supplier: "S17".to_owned(),
            number: "INVOICE-2026-000000000077".to_owned(),
            currency: "CAD".to_owned(),
            invoice_date: NaiveDate::default(),
            due_date: None,
            posting_date: None,
            moved_from: None,
            payment_terms: None,
            total: 20.into(),
            tax: 0.into(),
            freight: 20.into(),
            lines: Vec::new(),
            attachments: Vec::new(),
            others: Vec::new(),
        };
        assert!(InvoiceLimits::default().freight().exceeded(&draft, &References::default()).is_empty());
        let exceeded = InvoiceLimits::default().number_length(24).exceeded(&draft, &References::default());
        let words: Vec<String> = exceeded.iter().map(ToString::to_string).collect();
        assert!(words[0].contains("holds 24 characters") && words[1].starts_with("freight 20"), "{words:?}");
    }
}
