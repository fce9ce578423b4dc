//! `held`: what needs a person, and why; and where all records stand, for `audit`.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use procurify_cloudsuite::label;
use procurify_cloudsuite::purchase_order::KIND;
use serde_json::{Value, json};
use sync_core::ledger::list_all;
use sync_core::trouble::troubles;
use sync_core::{Head, Query, Trouble};
use sync_store::SqliteStore;

use crate::audit::{Format, row};
use crate::commands::{print, say};
use crate::config::{Config, Problem};

/// The columns of a CSV export.
const COLUMNS: [&str; 10] =
    ["key", "kind", "state", "since", "vendor", "number", "total", "currency", "target", "reason"];

#[derive(Debug, clap::Args)]
pub struct HeldArguments {
    /// Export each record.
    #[arg(long)]
    format: Option<Format>,
}

pub async fn run(config: &Config, folder: &Path, arguments: &HeldArguments, json: bool) -> Result<ExitCode, Problem> {
    list(config, folder, arguments.format, json, true).await
}

/// Lists records and their states: all, or those that need a person.
pub async fn list(
    config: &Config,
    folder: &Path,
    format: Option<Format>,
    json: bool,
    concerning: bool,
) -> Result<ExitCode, Problem> {
    let store = SqliteStore::open_read_only(config.ledger(folder)?).await?;
    let mut query = Query { kind: None, ..Query::of(&config.name(), &KIND.into()) };
    if concerning {
        query = query.concerning();
    }
    let heads = list_all(&store, query).await?;
    let troubles = if concerning { troubles(&store, &config.name()).await? } else { Vec::new() };
    if let Some(format) = format {
        export(&heads, format)?;
        return Ok(ExitCode::SUCCESS);
    }
    let records: Vec<Value> = heads.iter().map(document).collect();
    let mut all = json!({ "records": records });
    if concerning {
        all["troubles"] = json!(troubles);
    }
    say(json, &all, || {
        let stopped: String = troubles.iter().map(stopped).collect();
        let lines: String = heads.iter().map(line).collect();
        let noun = if concerning { "records need a person" } else { "records" };
        format!("{stopped}{lines}{} {noun}.", heads.len())
    });
    Ok(ExitCode::SUCCESS)
}

fn document(head: &Head) -> Value {
    json!({
        "key": head.key,
        "label": label(head.key.kind(), &head.payload),
        "state": head.state.name(),
        "since": head.since,
        "target": head.state.target(),
        "reason": head.concern(),
    })
}

fn line(head: &Head) -> String {
    let target = || head.state.target().map(ToString::to_string);
    let more = head.concern().or_else(target).unwrap_or_default();
    let label = label(head.key.kind(), &head.payload);
    let label = if label.is_empty() { String::new() } else { format!("{label}  ") };
    format!("{}  {}  {label}{more}\n", head.key, head.state.name().words())
}

fn stopped(trouble: &Trouble) -> String {
    let flows: Vec<String> = trouble.flows.iter().map(|flow| flow.as_str().replace('_', " ")).collect();
    let since = trouble.since.format("%Y-%m-%d %H:%M UTC");
    format!("Nothing of {} gets through since {since}: {}\n", flows.join(", "), trouble.reason)
}

fn export(heads: &[Head], format: Format) -> Result<(), Problem> {
    let mut out = Vec::new();
    if format == Format::Csv {
        row(&mut out, &COLUMNS.map(str::to_owned))?;
    }
    for head in heads {
        match format {
            Format::Csv => row(&mut out, &cells(head))?,
            Format::JsonLines => writeln!(out, "{}", document(head))?,
        }
    }
    print(&String::from_utf8(out)?);
    Ok(())
}

fn cells(head: &Head) -> [String; 10] {
    let label = label(head.key.kind(), &head.payload);
    [
        head.key.to_string(),
        head.key.kind().to_string(),
        head.state.name().to_string(),
        head.since.to_rfc3339(),
        label.vendor.unwrap_or_default(),
        label.number.unwrap_or_default(),
        label.total.unwrap_or_default(),
        label.currency.unwrap_or_default(),
        head.state.target().map(ToString::to_string).unwrap_or_default(),
        head.concern().unwrap_or_default(),
    ]
}
