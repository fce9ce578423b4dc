//! `audit`: what happened to one record, to those of a selection, or where all stand; and who linked what by hand.

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use rust_decimal::Decimal;
use serde_json::json;
use sync_core::{AuditEntry, CrossReferences, Match, RecordKey, ReferenceChange, Trail};
use sync_store::SqliteStore;

use crate::commands::say;
use crate::config::{Config, Problem};
use crate::selection::Selection;

/// The columns of a CSV export.
const COLUMNS: [&str; 14] = [
    "key",
    "kind",
    "id",
    "version",
    "at",
    "actor",
    "attempt",
    "before",
    "after",
    "document",
    "evidence",
    "request_ids",
    "changed",
    "what",
];

/// Those of one of links.
const LINK_COLUMNS: [&str; 8] = ["at", "actor", "what", "kind", "source", "name", "before", "after"];

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One JSON object an entry, with everything that is known of it.
    JsonLines,
    /// One row an entry, for a spreadsheet.
    Csv,
}

#[derive(Debug, clap::Args)]
pub struct AuditArguments {
    /// A key, such as `acme/purchase_order/10482`.
    key: Option<String>,
    #[command(flatten)]
    selection: Selection,
    /// Export each entry.
    #[arg(long)]
    format: Option<Format>,
    /// Who linked what by hand, and took links back, instead of what happened to records.
    #[arg(long, conflicts_with_all = ["key", "kind", "states", "document"])]
    links: bool,
}

pub async fn run(config: &Config, folder: &Path, arguments: &AuditArguments, json: bool) -> Result<ExitCode, Problem> {
    let AuditArguments { key, selection, format, links } = arguments;
    match key {
        _ if *links => link_changes(config, folder, arguments, json).await,
        Some(key) if format.is_none() && selection.is_all() => trail(config, folder, key, json).await,
        None if format.is_none() && selection.is_all() => crate::held::list(config, folder, None, json, false).await,
        _ => export(config, folder, arguments, json).await,
    }
}

async fn trail(config: &Config, folder: &Path, key: &str, json: bool) -> Result<ExitCode, Problem> {
    let key: RecordKey = key.parse()?;
    let store = SqliteStore::open_read_only(config.ledger(folder)?).await?;
    let trail = Trail::read(&store, &key).await?;
    if trail.events.is_empty() {
        return Err(format!("{key} is not in the ledger: `audit` without a key lists what is").into());
    }
    let document = json!({ "key": key, "standing": trail.standing(), "events": trail.events });
    say(json, &document, || trail.to_string().trim_end().to_owned());
    Ok(ExitCode::SUCCESS)
}

/// Writes the entries of the records that are meant, as they are read.
async fn export(config: &Config, folder: &Path, arguments: &AuditArguments, json: bool) -> Result<ExitCode, Problem> {
    let AuditArguments { key, selection, format, .. } = arguments;
    let wanted = key.as_deref().map(str::parse::<RecordKey>).transpose()?;
    let period = selection.period(&config.calendar()?)?;
    let store = SqliteStore::open_read_only(config.ledger(folder)?).await?;
    let mut collected = Vec::new();
    let mut any = false;
    let mut out = std::io::stdout().lock();
    if *format == Some(Format::Csv) {
        row(&mut out, &COLUMNS.map(str::to_owned))?;
    }
    let written = selection
        .each(&store, &config.name(), async |head| {
            if wanted.as_ref().is_some_and(|wanted| *wanted != head.key) {
                return Ok(());
            }
            let entries = Trail::read(&store, &head.key).await?.entries();
            for entry in entries.into_iter().filter(|entry| period.holds(entry.at)) {
                any = true;
                match format {
                    Some(Format::Csv) => row(&mut out, &cells(&entry))?,
                    Some(Format::JsonLines) => writeln!(out, "{}", serde_json::to_string(&entry)?)?,
                    None if json => collected.push(entry),
                    None => writeln!(out, "{}  {entry}", entry.key)?,
                }
            }
            Ok(())
        })
        .await;
    if json && format.is_none() {
        writeln!(out, "{}", json!({ "entries": collected }))?;
    }
    if !any && written.is_ok() {
        eprintln!("No record in the ledger fits (days are those of the calendar's time zone).");
    }
    match written {
        // Whoever reads has enough of it.
        Err(problem) if is_broken_pipe(problem.as_ref()) => Ok(ExitCode::SUCCESS),
        written => written.map(|()| ExitCode::SUCCESS),
    }
}

/// Writes who linked what, the first change first.
async fn link_changes(
    config: &Config,
    folder: &Path,
    arguments: &AuditArguments,
    json: bool,
) -> Result<ExitCode, Problem> {
    let period = arguments.selection.period(&config.calendar()?)?;
    let store = SqliteStore::open_read_only(config.ledger(folder)?).await?;
    let mut changes = store.changes(&config.name()).await?;
    changes.retain(|change| period.holds(change.at));
    let mut out = Vec::new();
    match arguments.format {
        Some(Format::Csv) => {
            row(&mut out, &LINK_COLUMNS.map(str::to_owned))?;
            for change in &changes {
                row(&mut out, &link_cells(change))?;
            }
        }
        Some(Format::JsonLines) => {
            for change in &changes {
                writeln!(out, "{}", serde_json::to_string(change)?)?;
            }
        }
        None if json => writeln!(out, "{}", json!({ "links": changes }))?,
        None => {
            for change in &changes {
                writeln!(out, "{}  {change}", change.at.format("%Y-%m-%d %H:%M:%S UTC"))?;
            }
        }
    }
    if changes.is_empty() {
        eprintln!("Nobody has linked anything by hand in that time (days are those of the calendar's time zone).");
    }
    crate::commands::print(&String::from_utf8(out)?);
    Ok(ExitCode::SUCCESS)
}

fn link_cells(change: &ReferenceChange) -> [String; 8] {
    let targets = |found: &Option<Match>| found.as_ref().map(|found| found.targets().join(" ")).unwrap_or_default();
    [
        change.at.to_rfc3339(),
        change.by.to_string(),
        if change.after.is_some() { "link" } else { "unlink" }.to_owned(),
        change.kind.clone(),
        change.source.clone(),
        change.label.clone(),
        targets(&change.before),
        targets(&change.after),
    ]
}

fn is_broken_pipe(problem: &(dyn std::error::Error + 'static)) -> bool {
    problem.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

fn cells(entry: &AuditEntry) -> [String; 14] {
    let evidence = entry.evidence.map(|evidence| json!(evidence));
    [
        entry.key.to_string(),
        entry.key.kind().to_string(),
        entry.key.id().to_owned(),
        entry.version.to_string(),
        entry.at.to_rfc3339(),
        entry.actor.to_string(),
        entry.attempt.to_string(),
        entry.before.map(|before| before.to_string()).unwrap_or_default(),
        entry.after.to_string(),
        entry.document.as_ref().map(ToString::to_string).unwrap_or_default(),
        evidence.and_then(|evidence| evidence.as_str().map(str::to_owned)).unwrap_or_default(),
        entry.request_ids.join("; "),
        entry.differences.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        entry.told.clone(),
    ]
}

/// One row of CSV (RFC 4180). A cell that a spreadsheet would take for a formula is led by an apostrophe: what stands
/// in it was typed by others.
pub fn row(out: &mut impl Write, cells: &[String]) -> std::io::Result<()> {
    let cells = cells.iter().map(|cell| {
        let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<Decimal>().is_err();
        let apostrophe = if formula { "'" } else { "" };
        if apostrophe.is_empty() && !cell.contains([',', '"', '\n', '\r']) {
            return cell.clone();
        }
        format!("\"{apostrophe}{}\"", cell.replace('"', "\"\""))
    });
    write!(out, "{}\r\n", cells.collect::<Vec<_>>().join(","))
}
