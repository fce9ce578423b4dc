//! Reference data both ways: what the configuration asks for, and what only one system has.

use std::process::ExitCode;

use procurify_client::LocationId;
use procurify_cloudsuite::Connection;
use procurify_cloudsuite::reference::{
    Direction, OneSidedRecord, ReferenceReport, ReferenceSettings, System, kind_in_words,
};
use serde::Deserialize;
use serde_json::{Value, json};
use sync_core::StateName;

use crate::commands::say;
use crate::config::Problem;

#[derive(Debug, Default, Deserialize)]
pub struct ReferenceFlows {
    vendors: Option<String>,
    gl_accounts: Option<String>,
    departments: Option<String>,
    /// The location that new departments belong to, by its id.
    department_location: Option<i64>,
    /// `procurify` or `cloudsuite`, as are the next two.
    vendor_names: Option<String>,
    gl_account_names: Option<String>,
    department_names: Option<String>,
}

impl ReferenceFlows {
    pub fn settings(&self) -> Result<ReferenceSettings, Problem> {
        Ok(ReferenceSettings {
            vendors: direction("vendors", self.vendors.as_deref())?,
            gl_accounts: direction("gl_accounts", self.gl_accounts.as_deref())?,
            departments: direction("departments", self.departments.as_deref())?,
            department_location: self.department_location.map(LocationId),
            vendor_names: owner("vendor_names", self.vendor_names.as_deref())?,
            gl_account_names: owner("gl_account_names", self.gl_account_names.as_deref())?,
            department_names: owner("department_names", self.department_names.as_deref())?,
        })
    }
}

fn owner(what: &str, text: Option<&str>) -> Result<Option<System>, Problem> {
    Ok(match text {
        None => None,
        Some("procurify") => Some(System::Procurify),
        Some("cloudsuite") => Some(System::CloudSuite),
        Some(other) => {
            let known = "write procurify or cloudsuite, or leave it out";
            return Err(format!("flows.reference.{what} `{other}` is no system: {known}").into());
        }
    })
}

fn direction(what: &str, text: Option<&str>) -> Result<Direction, Problem> {
    Ok(match text {
        None | Some("off") => Direction::Off,
        Some("to-procurify") => Direction::ToProcurify,
        Some("to-cloudsuite") => Direction::ToCloudSuite,
        Some("both") => Direction::Both,
        Some(other) => {
            let known = "write off, to-procurify, to-cloudsuite or both";
            return Err(format!("flows.reference.{what} `{other}` is no direction: {known}").into());
        }
    })
}

/// Adds the flows of reference data to a pass's document.
pub fn add(document: &mut Value, report: &ReferenceReport) {
    use StateName::{CommitAt, Committing, Discovered, Held, InDoubt, Intent, Parked, Posted, Rejected, RetryAt};
    for (kind, counts) in &report.counts {
        let count = |states: &[StateName]| states.iter().filter_map(|state| counts.get(state)).sum::<u64>();
        document["flows"][kind.as_str()] = json!({
            "posted": count(&[Posted]),
            "held": count(&[Held]),
            "rejected": count(&[Rejected]),
            "parked": count(&[Parked]),
            "in_doubt": count(&[InDoubt, Committing]),
            "waiting": count(&[Discovered, Intent, RetryAt, CommitAt]),
        });
    }
}

/// What was made so far, in a line; nothing if no direction is on.
pub fn text(report: &ReferenceReport) -> String {
    if report.counts.is_empty() {
        return String::new();
    }
    let made = report.counts.iter().map(|(kind, counts)| {
        format!("{} {}", counts.get(&StateName::Posted).copied().unwrap_or_default(), kind.as_str().replace('_', " "))
    });
    format!("Made in the other system so far: {}.\n", made.collect::<Vec<_>>().join(", "))
}

/// What would be made of reference data, in words.
pub fn planned(document: &Value) -> String {
    let text = |name: &str| document[name].as_str();
    match (text("to"), text("name").or(text("description"))) {
        (Some(name), _) => format!("rename to {name}"),
        (None, name) => {
            let number = text("number").or(text("external_id")).or(text("code")).unwrap_or("?");
            format!("make {number} ({})", name.unwrap_or_default())
        }
    }
}

/// What only one of the systems has.
pub async fn show(connection: &Connection, json: bool) -> Result<ExitCode, Problem> {
    let records = connection.one_sided().await?;
    let one = |one: &OneSidedRecord| {
        let only_in = if one.only_in == System::Procurify { "procurify" } else { "cloudsuite" };
        json!({ "kind": one.kind, "only_in": only_in, "id": one.id, "name": one.name, "candidates": one.candidates,
            "can_be_made": one.can_be_made })
    };
    say(json, &json!({ "one_sided": records.iter().map(one).collect::<Vec<_>>() }), || {
        let lines = records.iter().map(|one| {
            let where_to = if one.only_in == System::Procurify { "in Procurify only" } else { "in the ERP only" };
            let could = match one.candidates.as_slice() {
                [] => String::new(),
                some => format!(", could be {}: settle it with `link`", some.join(" or ")),
            };
            let by_people =
                if one.can_be_made { "" } else { "; add it there by hand, for it cannot be made from here" };
            let kind = kind_in_words(one.kind);
            format!("{kind} {} ({}) is {where_to}{could}{by_people}\n", one.id, one.name)
        });
        format!("{}{} records are in one system only.", lines.collect::<String>(), records.len())
    });
    Ok(ExitCode::SUCCESS)
}
