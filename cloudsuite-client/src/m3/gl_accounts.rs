//! Accounts and the other accounting identities (`CRS630MI`).

use chrono::NaiveDate;
use futures_util::{Stream, TryStreamExt, future};

use super::M3;
use super::codes::{AccountId, Dimension, Division};
use super::error::TransactionError;
use super::keyset::List;
use super::record::{FieldError, MiRecord};
use super::transaction::Transaction;

const PROGRAM: &str = "CRS630MI";

/// The columns wanted of `LstAccountID`.
const COLUMNS: [&str; 18] = [
    "DIVI", "AITP", "AITM", "TX40", "TX15", "AICL", "LCCD", "AT13", "VFDT", "VTDT", "ACR2", "ACR3", "ACR4", "ACR5",
    "ACR6", "ACR7", "LMDT", "LMTS",
];

/// How an account uses another dimension (`ACR2` to `ACR7`): 0 is not at all. Which of the other numbers demand a value
/// and which only allow it, tenants see in `CRS630`.
pub type DimensionUse = i64;

/// A value of one accounting dimension: an account, a cost centre, ...
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GlAccount {
    /// `AITM`.
    pub id: AccountId,
    /// `AITP`.
    pub dimension: Dimension,
    /// `DIVI`; `None` for one that is valid throughout the company.
    pub division: Option<String>,
    /// `TX15`, the short name.
    pub name: Option<String>,
    /// `TX40`.
    pub description: Option<String>,
    /// `AICL`, the account group.
    pub group: Option<String>,
    /// `LCCD`: nothing may be booked on it.
    pub blocked: bool,
    /// `AT13`: nothing may be booked on it by hand.
    pub blocked_for_manual_entry: bool,
    /// `VFDT`, first day of validity.
    pub valid_from: Option<NaiveDate>,
    /// `VTDT`, last day of validity.
    pub valid_to: Option<NaiveDate>,
    /// `ACR2` to `ACR7`, in this order: what an account says about the dimensions 2 to 7.
    pub dimensions: [DimensionUse; 6],
    /// `LMDT`, day of the last change.
    pub changed: Option<NaiveDate>,
}

impl GlAccount {
    fn read(row: &MiRecord) -> Result<Self, FieldError> {
        let number = row.integer("AITP")?.and_then(|number| u8::try_from(number).ok()).and_then(Dimension::new);
        let mut dimensions = [0; 6];
        for (index, field) in ["ACR2", "ACR3", "ACR4", "ACR5", "ACR6", "ACR7"].into_iter().enumerate() {
            dimensions[index] = row.integer(field)?.unwrap_or(0);
        }
        Ok(Self {
            id: row.code("AITM")?,
            dimension: number.ok_or_else(|| FieldError::Missing("AITP".to_owned()))?,
            division: row.owned("DIVI"),
            name: row.owned("TX15"),
            description: row.owned("TX40"),
            group: row.owned("AICL"),
            blocked: row.flag("LCCD")?,
            blocked_for_manual_entry: row.flag("AT13")?,
            valid_from: row.date("VFDT")?,
            valid_to: row.date("VTDT")?,
            dimensions,
            changed: row.date("LMDT")?,
        })
    }

    /// Whether it may be used on this day: not blocked, and within its validity.
    pub fn is_usable_on(&self, day: NaiveDate) -> bool {
        !self.blocked && self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }
}

/// What can be asked about accounting identities.
#[derive(Debug, Clone)]
pub struct GlAccounts {
    m3: M3,
    division: Option<Division>,
}

impl GlAccounts {
    pub(crate) fn new(m3: M3) -> Self {
        Self { m3, division: None }
    }

    /// Sends the division as a field too. Default: that of the session decides.
    pub fn in_division(mut self, division: Division) -> Self {
        self.division = Some(division);
        self
    }

    /// All values of a dimension, by identity (`LstAccountID`).
    pub fn list(&self, dimension: Dimension) -> List<GlAccount> {
        let list = List::new(self.m3.clone(), PROGRAM, "LstAccountID", GlAccount::read)
            .key("AITM", "AITM")
            .field("AITP", dimension.number().to_string())
            .columns(&COLUMNS);
        match &self.division {
            Some(division) => list.field("DIVI", division.as_str()),
            None => list,
        }
    }

    /// The values of a dimension that changed on or after this day, and those that do not say when they did.
    ///
    /// The transaction has no filter for it: all are read, and only these are given. Days are all the precision there
    /// is: overlap by one.
    pub fn changed_since(
        &self,
        dimension: Dimension,
        day: NaiveDate,
    ) -> impl Stream<Item = Result<GlAccount, TransactionError>> + Send + use<> {
        let recent = move |account: &GlAccount| account.changed.is_none_or(|changed| changed >= day);
        self.list(dimension).stream().try_filter(move |account| future::ready(recent(account)))
    }

    /// The values of a dimension of these identities (bulk `GetAccountID`); `None` for those that do not exist.
    pub async fn get(
        &self,
        dimension: Dimension,
        ids: &[AccountId],
    ) -> Vec<Result<Option<GlAccount>, TransactionError>> {
        let transaction = "GetAccountID";
        let get = |id: &AccountId| {
            Transaction::new(transaction)
                .field("AITM", id)
                .field("AITP", dimension.number().to_string())
                .maybe("DIVI", self.division.as_ref())
        };
        let answers = self.m3.bulk(PROGRAM).extend(ids.iter().map(get)).rows().await;
        let read = |answer: Result<Vec<MiRecord>, TransactionError>| match answer {
            Err(error) if error.fault().is_some_and(|fault| fault.says_absent("AITM")) => Ok(None),
            answer => answer?
                .into_iter()
                .next()
                .map(|row| GlAccount::read(&row))
                .transpose()
                .map_err(|error| error.of(PROGRAM, transaction)),
        };
        answers.into_iter().map(read).collect()
    }
}
