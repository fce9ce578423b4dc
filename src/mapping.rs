//! What mappers of all kinds of documents share: their answer, and the looking up of references.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sync_core::{Mapping, Match, Missing, Record, References};

use crate::accounts::{AccountMapping, Booking, Spend};
use crate::codes::{self, CodeTable, Unlisted};
use crate::purchase_order::OrderDraft;
use crate::reference::{CURRENCY, ITEM, SERVICE_ITEM, kind_in_words, quoted, resolve, usable};

/// What becomes of a record, an order if not said otherwise.
#[derive(Debug, Clone, PartialEq)]
pub enum Mapped<T = OrderDraft> {
    /// It is posted as this; the decisions ("vendor 17 is supplier S0017 ...") go into its trail.
    Draft {
        /// The document for the ERP.
        draft: T,
        /// How its references were resolved.
        decisions: Vec<String>,
    },
    /// It waits for these.
    Hold(Vec<Missing>),
    /// It is not posted.
    Skip(String),
}

/// A typed mapper's answer as the engine sees it; `check` tells what stands against a draft's being posted now.
pub(crate) fn as_mapping<R: DeserializeOwned, T: Serialize>(
    record: &Record,
    map: impl FnOnce(&R) -> Mapped<T>,
    check: impl FnOnce(&mut T, &mut Vec<String>) -> Vec<Missing>,
) -> Mapping {
    let unreadable = |why: &dyn std::fmt::Display| {
        Mapping::Hold(vec![Missing {
            kind: record.key.kind().to_string(),
            value: record.key.id().to_owned(),
            hint: format!("it cannot be read ({why}): report it with its trail"),
        }])
    };
    let read: R = match serde_json::from_value(record.payload.clone()) {
        Ok(read) => read,
        Err(error) => return unreadable(&error),
    };
    match map(&read) {
        Mapped::Hold(missing) => Mapping::Hold(missing),
        Mapped::Skip(reason) => Mapping::Skip(reason),
        Mapped::Draft { mut draft, mut decisions } => {
            let missing = check(&mut draft, &mut decisions);
            match serde_json::to_value(draft) {
                Ok(document) if missing.is_empty() => Mapping::Draft { document, decisions },
                Ok(document) => Mapping::Wait { document, decisions, missing },
                Err(error) => unreadable(&error),
            }
        }
    }
}

/// Looks values up, and keeps what was decided and what was missing.
pub(crate) struct Resolver<'a> {
    references: &'a References,
    missing: Vec<Missing>,
    decisions: Vec<String>,
}

impl<'a> Resolver<'a> {
    pub fn new(references: &'a References) -> Self {
        Self { references, missing: Vec::new(), decisions: Vec::new() }
    }

    /// The draft, if nothing is missing for it.
    pub fn conclude<T>(self, draft: Option<T>) -> Mapped<T> {
        match draft {
            Some(draft) if self.missing.is_empty() => Mapped::Draft { draft, decisions: self.decisions },
            _ => Mapped::Hold(self.missing),
        }
    }

    /// The ERP's value where the table has one; what is not listed is left as it is. One that is listed and may not
    /// be used holds the record.
    pub fn linked(&mut self, kind: &str, source: &str) -> Option<String> {
        self.references.get(kind, source)?;
        self.resolve(kind, source, source)
    }

    pub fn resolve(&mut self, kind: &str, source: &str, label: &str) -> Option<String> {
        match resolve(self.references, kind, source, label) {
            Ok((target, decision)) => {
                self.decide(decision);
                Some(target)
            }
            Err(missing) => self.absent(&missing.kind, &missing.value, &missing.hint),
        }
    }

    /// Where a cost is booked.
    pub fn book(&mut self, accounts: &dyn AccountMapping, spend: &Spend, cost_centers: bool) -> Option<Booking> {
        match Booking::of(accounts, spend, self.references, cost_centers) {
            Ok((booking, decisions)) => {
                for decision in decisions {
                    self.decide(decision);
                }
                Some(booking)
            }
            Err(missing) => {
                for Missing { kind, value, hint } in missing {
                    self.miss(&kind, &value, &hint);
                }
                None
            }
        }
    }

    /// The ERP's code for a word of Procurify: what it is linked to, or listed as; none if the ERP's own default is to do.
    pub fn coded(&mut self, kind: &str, word: Option<&str>, table: &CodeTable) -> Option<String> {
        let word = word.map(str::trim).filter(|word| !word.is_empty())?;
        let words = kind_in_words(kind);
        if let Some(linked) = self.linked(kind, &codes::key(word)) {
            return Some(linked);
        }
        if let Some(code) = table.get(word) {
            self.decide(format!("{words} {word} is {code}, by the table"));
            return Some(code.to_owned());
        }
        if table.unlisted == Unlisted::Hold {
            let hint = format!(
                "nobody has said what it is in the ERP: link it (`link {kind} {} CODE`), or list it in mapping.{kind}",
                quoted(word)
            );
            return self.absent(kind, word, &hint);
        }
        None
    }

    /// The ERP's code of a currency: what it is linked to, or the same.
    pub fn currency(&mut self, code: String) -> String {
        if let Some(linked) = self.linked(CURRENCY, &code) {
            return linked;
        }
        if let Err(why) = usable(self.references, CURRENCY, &code) {
            let hint =
                format!("it {why}: add it there, or link it to the one it is there (`link currency {code} CODE`)");
            self.miss(CURRENCY, &code, &hint);
        }
        code
    }

    /// Lines bought by their text need an item too, in most products.
    pub fn check_service_item(&mut self) {
        let why = match self.references.get(SERVICE_ITEM, "").map(|line| &line.found) {
            Some(Match::Blocked { target, why }) => Some((target, format!("may not be used in the ERP ({why})"))),
            Some(Match::Unknown { named }) => Some((named, "is not in the ERP".to_owned())),
            _ => None,
        };
        if let Some((item, why)) = why {
            let hint = format!("it stands for lines bought by their text, and {why}: mend that there, or set another");
            self.miss(ITEM, item, &hint);
        }
    }

    pub fn decide(&mut self, decision: String) {
        if !self.decisions.contains(&decision) {
            self.decisions.push(decision);
        }
    }

    pub fn absent<T>(&mut self, kind: &str, value: &str, hint: &str) -> Option<T> {
        self.miss(kind, value, hint);
        None
    }

    pub fn miss(&mut self, kind: &str, value: &str, hint: &str) {
        let missing = Missing { kind: kind.to_owned(), value: value.to_owned(), hint: hint.to_owned() };
        if !self.missing.contains(&missing) {
            self.missing.push(missing);
        }
    }
}
