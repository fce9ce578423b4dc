//! Which bills are moved at all.

use procurify_client::{BillStatus, BillType};
use serde::{Deserialize, Serialize};

use crate::reading::{Scope, reaches_back};

/// The statuses, types and days of bills that are moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wanted {
    pub statuses: Vec<BillStatus>,
    pub types: Vec<BillType>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoiced_from: Option<chrono::NaiveDate>,
    /// Whether the addresses of attachments are carried, so that other ones make another bill.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub attachments: bool,
}

impl Wanted {
    /// Why a bill of this type and status is not moved, if so.
    pub fn refusal(&self, kind: Option<BillType>, status: Option<BillStatus>) -> Option<String> {
        let kind = kind.unwrap_or(BillType::Order);
        if !self.types.contains(&kind) {
            return Some(format!("it is {}, and bills of that type are not moved (bill_types)", type_words(kind)));
        }
        match status {
            Some(status) if self.statuses.contains(&status) => None,
            Some(status) => {
                let words = status_words(status);
                Some(format!("its status is {words}; it is moved once it is approved (bill_statuses)"))
            }
            None => Some("it has no status".to_owned()),
        }
    }
}

impl Scope for Wanted {
    fn is_within(&self, kept: &Self) -> bool {
        self.statuses.iter().all(|status| kept.statuses.contains(status))
            && self.types.iter().all(|kind| kept.types.contains(kind))
            && reaches_back(kept.invoiced_from, self.invoiced_from)
    }
}

fn type_words(kind: BillType) -> String {
    match kind {
        BillType::Order => "a bill for orders".to_owned(),
        BillType::Expense => "an expense".to_owned(),
        BillType::CreditCard => "a credit card statement".to_owned(),
        other => format!("of type {}", other.code()),
    }
}

fn status_words(status: BillStatus) -> String {
    match status {
        BillStatus::Draft => "draft".to_owned(),
        BillStatus::Confirmed => "submitted".to_owned(),
        BillStatus::Approved => "approved".to_owned(),
        BillStatus::Denied => "denied".to_owned(),
        BillStatus::Paid => "paid".to_owned(),
        BillStatus::Withdrawn => "withdrawn".to_owned(),
        BillStatus::PaymentConfirmed => "payment submitted".to_owned(),
        BillStatus::PaymentApproved => "payment approved".to_owned(),
        BillStatus::PaymentLimbo => "payment hanging".to_owned(),
        other => other.code().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(statuses: &[i64], types: &[i64]) -> Wanted {
        Wanted {
            statuses: statuses.iter().copied().map(BillStatus::from).collect(),
            types: types.iter().copied().map(BillType::from).collect(),
            invoiced_from: None,
            attachments: false,
        }
    }

    #[test]
    fn what_is_wanted_now_and_was_not_then_is_not_within_what_was_read() {
        let kept = wanted(&[2, 4], &[0]);
        assert!(wanted(&[2], &[0]).is_within(&kept));
        assert!(!wanted(&[2, 6], &[0]).is_within(&kept));
        assert!(!wanted(&[2], &[0, 1]).is_within(&kept));
    }

    #[test]
    fn a_refusal_names_the_type_before_the_status() {
        let wanted = wanted(&[2], &[0]);
        assert_eq!(wanted.refusal(Some(BillType::Order), Some(BillStatus::Approved)), None);
        let expense = wanted.refusal(Some(BillType::Expense), Some(BillStatus::Draft)).unwrap();
        assert!(expense.contains("an expense") && expense.contains("bill_types"), "{expense}");
        assert!(wanted.refusal(None, Some(BillStatus::Other(9))).unwrap().contains("its status is 9"));
    }
}
