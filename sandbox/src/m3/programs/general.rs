//! `GENERAL`: who is asking, and what time it is there.

use super::{COMPANY, DIVISION, Session, missing};
use crate::m3::answer::Outcome;
use crate::m3::company::{Company, row};

pub(super) fn run(company: &Company, session: &Session<'_>, name: &str) -> Outcome {
    match name {
        "GetUserInfo" => Ok(vec![row([
            ("ZZUSID", "SANDBOX"),
            ("ZDCONO", &COMPANY.to_string()),
            ("ZDDIVI", if session.division.is_empty() { DIVISION } else { &session.division }),
            ("ZDFACI", "A01"),
            ("ZZWHLO", "001"),
            ("ZDLANC", "GB"),
            ("ZDDTFM", "YMD"),
            ("DSEP", "."),
            ("TSEP", ":"),
            ("TIZO", "PST"),
            ("USFN", "Sandbox service account"),
        ])]),
        "GetServerTime" => Ok(vec![row([
            ("DATE", &company.today()),
            ("TIME", &company.now.format("%H%M%S").to_string()),
            ("LMTS", &company.stamp()),
        ])]),
        _ => Err(missing(name)),
    }
}
