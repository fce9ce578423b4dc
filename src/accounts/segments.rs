//! Account codes that name account, cost centre and more in segments.

use std::collections::BTreeSet;
use std::str::FromStr;

use sync_core::References;

use super::{AccountMapping, Coded, Coding, Spend};

/// What one segment of an account code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment {
    /// The GL account.
    Account,
    /// The cost centre.
    CostCenter,
    /// A further accounting dimension, by its number.
    Dimension(u8),
    /// Nothing that is booked.
    Ignored,
}

impl FromStr for Segment {
    type Err = String;

    /// Reads `account`, `cost_center`, `_` or a dimension's number.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "account" => Ok(Self::Account),
            "cost_center" => Ok(Self::CostCenter),
            "_" => Ok(Self::Ignored),
            number => number
                .parse()
                .map(Self::Dimension)
                .map_err(|_| format!("`{text}` is no segment: write account, cost_center, a dimension's number, or _")),
        }
    }
}

/// Cuts account codes such as `6100-200-CAN`. Codes of another number of segments are passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segments {
    separator: String,
    order: Vec<Segment>,
}

impl Segments {
    /// Segments in this order, with this text between them.
    pub fn new(separator: impl Into<String>, order: impl IntoIterator<Item = Segment>) -> Self {
        Self { separator: separator.into(), order: order.into_iter().collect() }
    }
}

impl AccountMapping for Segments {
    fn code(&self, spend: &Spend, _references: &References) -> Coded {
        let Some(code) = &spend.account_code else {
            return Coded::Pass("it has no account code to take apart".to_owned());
        };
        let parts: Vec<&str> = match self.separator.as_str() {
            "" => vec![code.trim()],
            separator => code.split(separator).map(str::trim).collect(),
        };
        if parts.len() != self.order.len() {
            let (are, wanted) = (parts.len(), self.order.len());
            return Coded::Pass(format!("account code {code} has {are} segments, not {wanted}"));
        }
        if parts.iter().any(|part| part.is_empty()) {
            return Coded::Pass(format!("account code {code} has an empty segment"));
        }
        let mut coding = Coding { decision: format!("account code {code} by its segments"), ..Coding::default() };
        for (segment, part) in self.order.iter().zip(parts) {
            let part = part.to_owned();
            match segment {
                Segment::Account => coding.account = Some(part),
                Segment::CostCenter => coding.cost_center = Some(part),
                Segment::Dimension(number) => drop(coding.dimensions.insert(*number, part)),
                Segment::Ignored => {}
            }
        }
        Coded::As(coding)
    }

    fn dimensions(&self) -> BTreeSet<u8> {
        let number = |segment: &Segment| match segment {
            Segment::Dimension(number) => Some(*number),
            _ => None,
        };
        self.order.iter().filter_map(number).collect()
    }
}
