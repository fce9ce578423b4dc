//! Who we are to M3, what time it is there, and what its programs offer (`GENERAL`, `MRS001MI`).

use chrono::{NaiveDateTime, NaiveTime};

use super::M3;
use super::error::TransactionError;
use super::record::{FieldError, MiRecord};
use super::transaction::Transaction;

/// The user that the service account acts as, and its defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserInfo {
    /// `ZZUSID`.
    pub user: Option<String>,
    /// `USFN`.
    pub full_name: Option<String>,
    /// `ZDCONO`.
    pub company: Option<i64>,
    /// `ZDDIVI`.
    pub division: Option<String>,
    /// `ZDFACI`.
    pub facility: Option<String>,
    /// `ZZWHLO`.
    pub warehouse: Option<String>,
    /// `TIZO`.
    pub time_zone: Option<String>,
}

/// What [`M3::ping`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ping {
    /// Who we are.
    pub user: UserInfo,
    /// The server's clock, in its own time zone.
    pub server_time: Option<NaiveDateTime>,
}

/// A transaction that a program offers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransactionInfo {
    /// `TRNM`.
    pub name: String,
    /// `TRDS`.
    pub description: Option<String>,
}

impl M3 {
    /// Proves with one call that address, credentials and company are right (`GENERAL GetUserInfo`, `GetServerTime`).
    ///
    /// # Errors
    /// Whatever keeps them from being so.
    pub async fn ping(&self) -> Result<Ping, TransactionError> {
        const PROGRAM: &str = "GENERAL";
        let (user, time) = ("GetUserInfo", "GetServerTime");
        let both = [Transaction::new(user), Transaction::new(time)];
        let mut answers = self.bulk(PROGRAM).extend(both).rows().await.into_iter();
        let mut next = || answers.next().unwrap_or(Ok(Vec::new())).map(|rows| rows.into_iter().next());
        let (user_row, time_row) = (next()?.unwrap_or_default(), next()?.unwrap_or_default());
        Ok(Ping {
            user: user_info(&user_row).map_err(|error| error.of(PROGRAM, user))?,
            server_time: server_time(&time_row).map_err(|error| error.of(PROGRAM, time))?,
        })
    }

    /// The transactions that a program offers in this tenant (`MRS001MI LstTransactions`).
    ///
    /// # Errors
    /// As [`Execute::send`](super::Execute::send).
    pub async fn transactions(&self, program: &str) -> Result<Vec<TransactionInfo>, TransactionError> {
        let (mi, list) = ("MRS001MI", "LstTransactions");
        let rows = self.execute(mi, list).field("MINM", program).send().await?;
        let read = |row: MiRecord| {
            let name = row.required("TRNM").map_err(|error| error.of(mi, list))?.to_owned();
            Ok(TransactionInfo { name, description: row.owned("TRDS") })
        };
        rows.into_iter().map(read).collect()
    }
}

fn user_info(row: &MiRecord) -> Result<UserInfo, FieldError> {
    Ok(UserInfo {
        user: row.owned("ZZUSID"),
        full_name: row.owned("USFN"),
        company: row.integer("ZDCONO")?,
        division: row.owned("ZDDIVI"),
        facility: row.owned("ZDFACI"),
        warehouse: row.owned("ZZWHLO"),
        time_zone: row.owned("TIZO"),
    })
}

fn server_time(row: &MiRecord) -> Result<Option<NaiveDateTime>, FieldError> {
    let Some(day) = row.date("DATE")? else { return Ok(None) };
    // Six digits, of which those of an early hour may be missing.
    let time = row.integer("TIME")?.and_then(|time| {
        let time = u32::try_from(time).ok()?;
        NaiveTime::from_hms_opt(time / 10_000, time / 100 % 100, time % 100)
    });
    Ok(Some(day.and_time(time.unwrap_or_default())))
}
