//! Which account, cost centre and further dimensions a cost is booked on.
//!
//! An [`AccountMapping`] says what it makes of a line's account code, department, location and custom fields; whatever
//! it leaves open follows from the cross-references. Mappings are put together with [`FirstOf`]:
//!
//! ```
//! use procurify_cloudsuite::accounts::{Direct, FirstOf, Rule, Rules, Segment, Segments};
//!
//! let campaigns = Rule::new("campaigns").department("Marketing").account_code("61*").cost_center("CC900");
//! let by_segments = Segments::new("-", [Segment::Account, Segment::CostCenter, Segment::Dimension(3)]);
//! let mapping = FirstOf::new().then(Rules::new([campaigns])).then(by_segments).then(Direct);
//! # let _: &dyn procurify_cloudsuite::accounts::AccountMapping = &mapping;
//! ```

mod first_of;
mod rules;
mod segments;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use procurify_client::{DepartmentId, LocationId, Text};
use serde::{Deserialize, Serialize};
use sync_core::{Missing, References};

pub use first_of::FirstOf;
pub use rules::{Rule, Rules};
pub use segments::{Segment, Segments};
pub use table::{AccountTable, DoubledLine, TableLine};

use crate::reference::{COST_CENTER, GL_ACCOUNT, dimension_kind, in_erp, resolve};

/// Something that has an id and a name: a department or a location.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Named {
    /// Its id in Procurify.
    pub id: String,
    /// Its name; may be empty.
    pub name: String,
}

impl Named {
    /// Whether a person who wrote this text meant it: by id, or by name whatever the case.
    pub fn is(&self, text: &str) -> bool {
        let text = text.trim();
        self.id == text || (!text.is_empty() && folded(&self.name) == folded(text))
    }
}

/// A text as texts are compared: without the blanks around it, whatever the case.
fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.name.is_empty() { &self.id } else { &self.name })
    }
}

/// What is known of a cost that is to be booked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spend {
    /// The line as people find it, such as its number.
    pub line: String,
    /// The account code's text.
    pub account_code: Option<String>,
    /// The department that bears the cost.
    pub department: Option<Named>,
    /// The location of the department.
    pub location: Option<Named>,
    /// Custom fields by name: the document's, and over them the line's.
    pub custom_fields: BTreeMap<String, String>,
}

impl Spend {
    /// A cost of this line, as Procurify shows where it belongs: ids, each with the name beside it.
    pub(crate) fn of(
        line: &str,
        account_code: Option<&Text>,
        department: (Option<DepartmentId>, Option<&Text>),
        location: (Option<LocationId>, Option<&Text>),
        custom_fields: BTreeMap<String, String>,
    ) -> Self {
        fn named(id: Option<impl fmt::Display>, name: Option<&Text>) -> Option<Named> {
            id.map(|id| Named { id: id.to_string(), name: name.map(Text::to_string).unwrap_or_default() })
        }
        Self {
            line: line.to_owned(),
            account_code: account_code.map(Text::to_string),
            department: named(department.0, department.1),
            location: named(location.0, location.1),
            custom_fields,
        }
    }
}

/// Where a cost is to be booked, in the ERP's own values. What is `None` follows from the cross-references.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coding {
    /// The GL account.
    pub account: Option<String>,
    /// The cost centre.
    pub cost_center: Option<String>,
    /// Further accounting dimensions by number: 2 to 7 in M3, unit codes 1 to 4 in SyteLine.
    pub dimensions: BTreeMap<u8, String>,
    /// How it was decided, for the trail: `rule "campaigns"`. Empty if there is nothing to say.
    pub decision: String,
}

/// What a mapping makes of a cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coded {
    /// It is booked so.
    As(Coding),
    /// This mapping does not cover such a cost, for this reason; another one may.
    Pass(String),
    /// It must wait.
    Hold(Missing),
}

/// Decides where costs are booked. Pure, as [`sync_core::Mapper`] is.
///
/// ```
/// use procurify_cloudsuite::accounts::{AccountMapping, Coded, Coding, Spend};
/// use sync_core::References;
///
/// /// Whatever a project is named in gets the project's account.
/// #[derive(Debug)]
/// struct ByProject;
/// impl AccountMapping for ByProject {
///     fn code(&self, spend: &Spend, _references: &References) -> Coded {
///         match spend.custom_fields.get("Project") {
///             Some(project) => Coded::As(Coding {
///                 account: Some("15000".into()),
///                 dimensions: [(3, project.clone())].into(),
///                 decision: format!("project {project}"),
///                 ..Coding::default()
///             }),
///             None => Coded::Pass("it names no project".into()),
///         }
///     }
///     fn needs_custom_fields(&self) -> bool {
///         true
///     }
/// }
/// ```
pub trait AccountMapping: fmt::Debug + Send + Sync {
    /// Where this cost is booked.
    fn code(&self, spend: &Spend, references: &References) -> Coded;

    /// Whether it looks at custom fields, which only an order's detail has: each order is then read by a call of its
    /// own. Default no.
    fn needs_custom_fields(&self) -> bool {
        false
    }

    /// The further dimensions that it books on: their values are read from the ERP, so that what is not there is
    /// known before anything is posted. Default none.
    fn dimensions(&self) -> BTreeSet<u8> {
        BTreeSet::new()
    }

    /// Whether an account code is the GL account that is booked on, so that one may be made of the other. Default no.
    fn codes_are_accounts(&self) -> bool {
        false
    }
}

/// Account and cost centre by the cross-references of account code and department alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct Direct;

impl AccountMapping for Direct {
    fn code(&self, _spend: &Spend, _references: &References) -> Coded {
        Coded::As(Coding::default())
    }

    fn codes_are_accounts(&self) -> bool {
        true
    }
}

/// Where a cost is booked, every value known to the ERP as far as its masters were read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    /// The GL account.
    pub account: String,
    /// The cost centre.
    pub cost_center: Option<String>,
    /// Further accounting dimensions.
    pub dimensions: BTreeMap<u8, String>,
}

impl Booking {
    /// Where a mapping books this cost, and the decisions taken on the way.
    ///
    /// # Errors
    /// What is missing, all of it.
    pub fn of(
        mapping: &dyn AccountMapping,
        spend: &Spend,
        references: &References,
        cost_centers: bool,
    ) -> Result<(Self, Vec<String>), Vec<Missing>> {
        let coding = match mapping.code(spend, references) {
            Coded::As(coding) => coding,
            Coded::Hold(missing) => return Err(vec![missing]),
            Coded::Pass(why) => return Err(vec![of_line(spend, &format!("{why}: add a rule to the account mapping"))]),
        };
        let mut decisions = Vec::new();
        if !coding.decision.is_empty() {
            decisions.push(coding.words());
        }
        let mut missing = Vec::new();
        let account = take(account(&coding, spend, references), &mut decisions, &mut missing);
        let cost_center = cost_centers.then(|| cost_center(&coding, spend, references));
        let cost_center = cost_center.and_then(|center| take(center, &mut decisions, &mut missing));
        let mut dimensions = BTreeMap::new();
        for (number, value) in &coding.dimensions {
            let found = in_erp(references, &dimension_kind(*number), value, &coding.decision);
            let value = take(found.map(|value| (value, None)), &mut decisions, &mut missing);
            dimensions.extend(value.map(|value| (*number, value)));
        }
        match account {
            Some(account) if missing.is_empty() => Ok((Self { account, cost_center, dimensions }, decisions)),
            _ => Err(missing),
        }
    }
}

impl Coding {
    /// The decision with what it decides: `rule "campaigns": cost centre CC900`.
    fn words(&self) -> String {
        let account = self.account.iter().map(|account| format!("account {account}"));
        let center = self.cost_center.iter().map(|center| format!("cost centre {center}"));
        let others = self.dimensions.iter().map(|(number, value)| format!("dimension {number} {value}"));
        let values: Vec<String> = account.chain(center).chain(others).collect();
        if values.is_empty() { self.decision.clone() } else { format!("{}: {}", self.decision, values.join(", ")) }
    }
}

type Resolved = Result<(String, Option<String>), Missing>;

fn take(resolved: Resolved, decisions: &mut Vec<String>, missing: &mut Vec<Missing>) -> Option<String> {
    match resolved {
        Ok((value, decision)) => {
            decisions.extend(decision);
            Some(value)
        }
        Err(lacking) => {
            missing.push(lacking);
            None
        }
    }
}

fn account(coding: &Coding, spend: &Spend, references: &References) -> Resolved {
    match (&coding.account, &spend.account_code) {
        (Some(account), _) => Ok((in_erp(references, GL_ACCOUNT, account, &coding.decision)?, None)),
        (None, Some(code)) => {
            let (account, decision) = resolve(references, GL_ACCOUNT, code, code)?;
            Ok((account, Some(decision)))
        }
        (None, None) => Err(incomplete(spend, "account code")),
    }
}

fn cost_center(coding: &Coding, spend: &Spend, references: &References) -> Resolved {
    match (&coding.cost_center, &spend.department) {
        (Some(center), _) => Ok((in_erp(references, COST_CENTER, center, &coding.decision)?, None)),
        (None, Some(department)) => {
            let (center, decision) = resolve(references, COST_CENTER, &department.id, &department.name)?;
            Ok((center, Some(decision)))
        }
        (None, None) => Err(incomplete(spend, "department")),
    }
}

fn incomplete(spend: &Spend, what: &str) -> Missing {
    of_line(spend, &format!("it has no {what}: complete it in Procurify"))
}

fn of_line(spend: &Spend, hint: &str) -> Missing {
    Missing { kind: "line".to_owned(), value: spend.line.clone(), hint: hint.to_owned() }
}

#[cfg(test)]
mod tests;
