//! Accounts by rules: the first whose conditions a cost meets.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::References;

use super::{AccountMapping, Coded, Coding, Named, Spend, folded};

/// Conditions, all of which must be met, and what they lead to.
///
/// A condition is a text, compared whatever the case; `*` at its end stands for anything: `61*`. Departments and
/// locations are named by id or name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rule {
    name: String,
    account_code: Option<String>,
    department: Option<String>,
    location: Option<String>,
    custom_fields: BTreeMap<String, String>,
    coding: Coding,
}

impl Rule {
    /// A rule of this name, which stands in the trail. Without conditions it is met by all costs.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        let coding = Coding { decision: format!("rule \"{name}\""), ..Coding::default() };
        Self { name, coding, ..Self::default() }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Only for this account code.
    pub fn account_code(mut self, code: impl Into<String>) -> Self {
        self.account_code = Some(code.into());
        self
    }

    /// Only for this department.
    pub fn department(mut self, department: impl Into<String>) -> Self {
        self.department = Some(department.into());
        self
    }

    /// Only for this location.
    pub fn location(mut self, location: impl Into<String>) -> Self {
        self.location = Some(location.into());
        self
    }

    /// Only where a custom field has this value.
    pub fn custom_field(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.custom_fields.insert(name.into(), value.into());
        self
    }

    /// Books on this account.
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.coding.account = Some(account.into());
        self
    }

    /// Books on this cost centre.
    pub fn cost_center(mut self, center: impl Into<String>) -> Self {
        self.coding.cost_center = Some(center.into());
        self
    }

    /// Books on this value of a further dimension.
    pub fn dimension(mut self, number: u8, value: impl Into<String>) -> Self {
        self.coding.dimensions.insert(number, value.into());
        self
    }

    fn is_met(&self, spend: &Spend) -> bool {
        let code = |wanted: &String| spend.account_code.as_ref().is_some_and(|code| fits(wanted, code));
        let named = |wanted: &Option<String>, there: &Option<Named>| {
            wanted.as_ref().is_none_or(|wanted| {
                there.as_ref().is_some_and(|there| there.id == wanted.trim() || fits(wanted, &there.name))
            })
        };
        self.account_code.as_ref().is_none_or(code)
            && named(&self.department, &spend.department)
            && named(&self.location, &spend.location)
            && self.custom_fields.iter().all(|(name, wanted)| {
                let mut fields = spend.custom_fields.iter();
                fields.any(|(field, value)| folded(name) == folded(field) && fits(wanted, value))
            })
    }
}

/// Whether a text is what a condition asks for.
fn fits(wanted: &str, text: &str) -> bool {
    let (wanted, text) = (folded(wanted), folded(text));
    match wanted.strip_suffix('*') {
        Some(start) => text.starts_with(start),
        None => text == wanted,
    }
}

/// Books by the first rule that is met.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules(Vec<Rule>);

impl Rules {
    /// These rules, in this order.
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Self {
        Self(rules.into_iter().collect())
    }
}

impl AccountMapping for Rules {
    fn code(&self, spend: &Spend, _references: &References) -> Coded {
        if let Some(rule) = self.0.iter().find(|rule| rule.is_met(spend)) {
            return Coded::As(rule.coding.clone());
        }
        let code = spend.account_code.as_deref().unwrap_or("none");
        let department = spend.department.as_ref().map_or_else(|| "none".to_owned(), Named::to_string);
        Coded::Pass(format!("no rule is met by account code {code} in department {department}"))
    }

    fn needs_custom_fields(&self) -> bool {
        self.0.iter().any(|rule| !rule.custom_fields.is_empty())
    }

    fn dimensions(&self) -> BTreeSet<u8> {
        self.0.iter().flat_map(|rule| rule.coding.dimensions.keys().copied()).collect()
    }
}
