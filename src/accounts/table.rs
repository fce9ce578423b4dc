//! Accounts by a table: one line for each account code, or for one in a department or location.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use sync_core::References;

use super::{AccountMapping, Coded, Coding, Named, Spend, folded, of_line};

/// One line of the table. A blank department or location is any.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableLine {
    /// The account code in Procurify, exactly.
    pub account_code: String,
    /// The department, by id or name.
    pub department: Option<String>,
    /// The location, by id or name.
    pub location: Option<String>,
    /// The ERP's account; by the cross-references if none.
    pub account: Option<String>,
    /// The ERP's cost centre; by the cross-references if none.
    pub cost_center: Option<String>,
    /// Further accounting dimensions.
    pub dimensions: BTreeMap<u8, String>,
}

/// Two lines of a table that say different things of the same costs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {second} is about the same costs as line {first}: remove one of the two")]
pub struct DoubledLine {
    /// The earlier one, from 1.
    pub first: usize,
    /// The later one.
    pub second: usize,
}

/// Books by the line that names a cost most closely: department before location. Codes that are not listed are passed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountTable {
    by_code: HashMap<String, Vec<(usize, TableLine)>>,
}

impl AccountTable {
    /// A table of these lines.
    ///
    /// # Errors
    /// Two lines are about the same costs.
    pub fn new(lines: impl IntoIterator<Item = TableLine>) -> Result<Self, DoubledLine> {
        let mut table = Self::default();
        for (second, line) in (1..).zip(lines) {
            let others = table.by_code.entry(line.account_code.trim().to_owned()).or_default();
            if let Some((first, _)) = others.iter().find(|(_, other)| other.place() == line.place()) {
                return Err(DoubledLine { first: *first, second });
            }
            others.push((second, line));
        }
        Ok(table)
    }
}

impl TableLine {
    /// The department and location as they are compared, whatever the case.
    fn place(&self) -> [Option<String>; 2] {
        [&self.department, &self.location].map(|named| named.as_deref().map(folded))
    }

    fn books_as(&self, other: &Self) -> bool {
        (&self.account, &self.cost_center, &self.dimensions) == (&other.account, &other.cost_center, &other.dimensions)
    }

    /// How closely it names the cost; none if it is about others.
    fn closeness(&self, spend: &Spend) -> Option<u8> {
        let fits = |wanted: &Option<String>, there: &Option<Named>| match (wanted, there) {
            (None, _) => Some(0),
            (Some(wanted), Some(there)) if there.is(wanted) => Some(1),
            (Some(_), _) => None,
        };
        Some(2 * fits(&self.department, &spend.department)? + fits(&self.location, &spend.location)?)
    }
}

impl AccountMapping for AccountTable {
    fn code(&self, spend: &Spend, _references: &References) -> Coded {
        let Some(code) = &spend.account_code else {
            return Coded::Pass("it has no account code to look up".to_owned());
        };
        let lines = self.by_code.get(code.trim()).map(Vec::as_slice).unwrap_or_default();
        let fitting = || lines.iter().filter_map(|(number, line)| Some((line.closeness(spend)?, *number, line)));
        let Some((closest, number, line)) = fitting().max_by_key(|(close, number, _)| (*close, Reverse(*number)))
        else {
            return Coded::Pass(format!("account code {code} is not in the account table"));
        };
        // A department or location can be named by its id and by its name.
        if let Some((_, other, _)) = fitting().find(|(close, _, other)| *close == closest && !other.books_as(line)) {
            let hint = "the account table books it in two ways";
            return Coded::Hold(of_line(
                spend,
                &format!("{hint}, in line {number} and line {other}: remove one of the two"),
            ));
        }
        Coded::As(Coding {
            account: line.account.clone(),
            cost_center: line.cost_center.clone(),
            dimensions: line.dimensions.clone(),
            decision: format!("account code {code} by line {number} of the account table"),
        })
    }

    fn dimensions(&self) -> BTreeSet<u8> {
        self.by_code.values().flatten().flat_map(|(_, line)| line.dimensions.keys().copied()).collect()
    }
}
