//! `replay`: another attempt for one record, or for all of a selection.

use std::path::Path;
use std::process::ExitCode;

use procurify_cloudsuite::Connection;
use serde_json::{Value, json};
use sync_core::{Actor, Assurance, EngineError, Head, RecordKey};

use crate::commands::{Access, NOT_ALL_DONE, connect, say};
use crate::config::{Config, Problem};
use crate::links::Who;
use crate::selection::Selection;

#[derive(Debug, clap::Args)]
pub struct ReplayArguments {
    /// A key, such as `acme/purchase_order/10482`; without one, all records of the states given.
    #[arg(conflicts_with_all = ["states", "kind", "since", "until", "document"])]
    key: Option<String>,
    /// You have looked in the ERP: the order is not there (in M3, nor is its message in PPS370). One record at a time.
    #[arg(long, conflicts_with = "states")]
    not_in_target: bool,
    /// You have changed or cancelled the order in the ERP yourself, as it was in Procurify: nothing is sent.
    #[arg(long, conflicts_with_all = ["states", "not_in_target"])]
    done_by_hand: bool,
    #[command(flatten)]
    selection: Selection,
    /// Show what would be replayed; change nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    who: Who,
}

pub async fn run(config: &Config, folder: &Path, arguments: &ReplayArguments, json: bool) -> Result<ExitCode, Problem> {
    let ledger = config.ledger(folder)?;
    if !ledger.exists() {
        return Err(format!("there is no store at {}: run a sync first", ledger.display()).into());
    }
    if arguments.key.is_none() && arguments.selection.states.is_empty() {
        let why = "it is not said which records: give a key (`replay acme/purchase_order/10482`), or the state that they \
                   are in now (`replay --state rejected --dry-run` shows which those are)";
        return Err(why.into());
    }
    match &arguments.key {
        Some(key) if arguments.dry_run => {
            let key: RecordKey = key.parse()?;
            let connection = connect(config, folder, Access::Read).await?;
            let engine = connection.engine();
            let head = engine.store().get(std::slice::from_ref(&key)).await?.into_iter().flatten().next();
            let head = head.ok_or(EngineError::UnknownRecord { key })?;
            engine.may_replay(&head, assurance(arguments))?;
            say_many(&[head], &[], true, json);
        }
        Some(key) => {
            let key: RecordKey = key.parse()?;
            let connection = connect(config, folder, Access::Write).await?;
            connection.engine().replay(&key, &arguments.who.actor(), assurance(arguments)).await?;
            say(json, &json!({ "replayed": key }), || match assurance(arguments) {
                Assurance::DoneByHand => format!("{key} counts as done."),
                _ => format!("{key} gets another attempt in the next sync."),
            });
        }
        None => return many(config, folder, arguments, json).await,
    }
    Ok(ExitCode::SUCCESS)
}

async fn many(config: &Config, folder: &Path, arguments: &ReplayArguments, json: bool) -> Result<ExitCode, Problem> {
    let period = arguments.selection.period(&config.calendar()?)?;
    let (mut free, mut refused) = (Vec::new(), Vec::new());
    let access = if arguments.dry_run { Access::Read } else { Access::Write };
    let connection = connect(config, folder, access).await?;
    let engine = connection.engine();
    arguments
        .selection
        .each(engine.store().as_ref(), engine.connection(), async |head| {
            if period.holds(head.since) {
                match engine.may_replay(&head, Assurance::None) {
                    Ok(()) => free.push(head),
                    Err(why) => refused.push(why.to_string()),
                }
            }
            Ok(())
        })
        .await?;
    if !arguments.dry_run {
        free = replay_all(&connection, free, &arguments.who.actor(), &mut refused).await?;
    }
    say_many(&free, &refused, arguments.dry_run, json);
    Ok(if refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(NOT_ALL_DONE) })
}

/// Answers those that were replayed; what has gone on by itself meanwhile is refused.
async fn replay_all(
    connection: &Connection,
    heads: Vec<Head>,
    by: &Actor,
    refused: &mut Vec<String>,
) -> Result<Vec<Head>, Problem> {
    let mut replayed = Vec::new();
    for head in heads {
        match connection.engine().replay(&head.key, by, Assurance::None).await {
            Ok(()) => replayed.push(head),
            Err(why @ EngineError::NotReplayable { .. }) => refused.push(why.to_string()),
            Err(other) => return Err(other.into()),
        }
    }
    Ok(replayed)
}

fn say_many(heads: &[Head], refused: &[String], dry_run: bool, json: bool) {
    let record = |head: &Head| json!({ "key": head.key, "state": head.state.name(), "since": head.since, "reason": head.concern() });
    let records: Vec<Value> = heads.iter().map(record).collect();
    let document = if dry_run {
        json!({ "would_replay": records, "refused": refused })
    } else {
        json!({ "replayed": records, "refused": refused })
    };
    say(json, &document, || {
        let mut lines: Vec<String> = heads
            .iter()
            .map(|head| format!("{}  {}  {}", head.key, head.state.name().words(), head.concern().unwrap_or_default()))
            .collect();
        lines.extend(refused.iter().map(|why| format!("not replayed: {why}")));
        lines.push(match (heads.len(), dry_run) {
            (0, _) => "No record gets another attempt.".to_owned(),
            (count, true) => format!("{count} would get another attempt; without --dry-run they do."),
            (count, false) => format!("{count} records get another attempt in the next sync."),
        });
        lines.join("\n")
    });
}

fn assurance(arguments: &ReplayArguments) -> Assurance {
    match (arguments.not_in_target, arguments.done_by_hand) {
        (_, true) => Assurance::DoneByHand,
        (true, false) => Assurance::NotInTarget,
        (false, false) => Assurance::None,
    }
}
