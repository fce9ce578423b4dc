//! Passes by the calendar, one after the other, until SIGTERM or ctrl-c.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use procurify_cloudsuite::Connection;
use serde_json::{Value, json};
use sync_core::{Calendar, Failure, FailureKind, Schedule};
use sync_store::SqliteStore;
use tokio::sync::watch;

use crate::commands::{Access, connect_with_store, in_turn, pass, say};
use crate::config::{Config, Problem};

/// How long the step in progress may take once it is to stop. What is cut off then is in doubt in the ledger, and the
/// next run finds out.
const GRACE: Duration = Duration::from_secs(7);

/// The longest single wait: the clock may be set, and a machine may sleep.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

pub async fn run(config: &Config, folder: &Path, json: bool) -> Result<ExitCode, Problem> {
    let calendar = config.calendar()?;
    let (connection, store) = connect_with_store(config, folder, Access::Write).await?;
    let stop = Stop::listen();
    // The first run is at once: it takes up what a stopped process has left.
    while !stop.is_wanted() {
        tokio::select! {
            () = one_turn(config, &connection, store.as_ref(), &stop, json) => {}
            () = stop.grace_is_over() => {
                tracing::warn!("the step in progress was cut off; the next run finds out what became of it");
            }
        }
        if stop.is_wanted() {
            break;
        }
        // From when this run ended: runs never overlap, and none that was missed meanwhile is made up for.
        let now = connection.engine().time().now();
        let Some(next) = calendar.next_run(now) else { break };
        announce(&calendar, now, next, json);
        wait(&connection, next, &stop).await;
    }
    tracing::info!("stopped");
    say(json, &json!({ "stopped": true }), || "Stopped; the next run goes on with what is left.".to_owned());
    Ok(ExitCode::SUCCESS)
}

/// One pass, in this process's turn: while it waits for the next one, others may write the store.
async fn one_turn(config: &Config, connection: &Connection, store: Option<&SqliteStore>, stop: &Stop, json: bool) {
    if let Some(store) = store {
        let waits = || tracing::info!("waiting for another process to let go of the store");
        let turn = async { in_turn(config.store_wait()?, waits, async || store.resume().await).await };
        tokio::select! {
            turn = turn => if let Err(problem) = turn {
                failed(&problem, json);
                return tell_of(config, connection, &problem).await;
            },
            () = stop.wanted() => return,
        }
    }
    one_run(config, connection, stop, json).await;
    if let Some(store) = store
        && let Err(error) = store.pause().await
    {
        failed(&error.into(), json);
    }
}

/// A run that does not get its turn is a pass of each flow that fails.
async fn tell_of(config: &Config, connection: &Connection, problem: &Problem) {
    let failure = Failure::new(FailureKind::Other, sync_core::error::sentence(problem.as_ref()));
    for flow in config.flows() {
        // What it waits for is what it would be noted in.
        if let Err(error) = connection.engine().pass_failed(&flow.kind(), "the ledger", &failure).await {
            tracing::debug!(%error, "that a run had no turn is kept in mind");
        }
    }
}

/// One pass. Whatever stops it, the next one is its second chance.
async fn one_run(config: &Config, connection: &Connection, stop: &Stop, json: bool) {
    let started = Instant::now();
    match pass(config, connection, || !stop.is_wanted()).await {
        Ok(passed) => {
            let document = passed.document(started);
            say(json, &json!({ "run": document }), || passed.text(&document));
        }
        Err(problem) => failed(&problem, json),
    }
}

fn failed(problem: &Problem, json: bool) {
    let told = sync_core::error::sentence(problem.as_ref());
    tracing::error!(problem = told, "the run failed");
    say(json, &json!({ "failed": told }), || format!("This run failed: {told}"));
}

async fn wait(connection: &Connection, until: DateTime<Utc>, stop: &Stop) {
    let clock = connection.engine().time();
    // A timer may be early; a run at 09:59:59.9 would be followed by another at 10:00.
    while let Ok(left) = (until - clock.now()).to_std()
        && !left.is_zero()
        && !stop.is_wanted()
    {
        tokio::select! {
            () = clock.sleep(left.min(LONGEST_WAIT)) => {}
            () = stop.wanted() => {}
        }
    }
}

fn announce(calendar: &Calendar, now: DateTime<Utc>, next: DateTime<Utc>, json: bool) {
    let frozen = calendar.frozen(now);
    let local = |at: DateTime<Utc>| at.with_timezone(&calendar.time_zone).format("%Y-%m-%d %H:%M:%S %Z").to_string();
    let document: Value = json!({
        "next_run": next,
        "local": local(next),
        "frozen_until": frozen.as_ref().map(|frozen| frozen.until),
    });
    tracing::info!(next_run = %next, frozen = frozen.as_ref().map(|frozen| &frozen.reason), "waiting");
    say(json, &document, || {
        let frozen = frozen.map(|frozen| format!(" Until {}, {}.", local(frozen.until), frozen.reason));
        format!("Next run at {}.{}", local(next), frozen.unwrap_or_default())
    });
}

/// Whether the process is asked to stop.
struct Stop(watch::Receiver<bool>);

impl Stop {
    fn listen() -> Self {
        let (asked, stop) = watch::channel(false);
        tokio::spawn(async move {
            if let Err(error) = crate::stop_signal().await {
                tracing::error!(%error, "signals cannot be waited for");
            }
            // Nobody listens any more when the process ends anyway.
            let _ = asked.send(true);
        });
        Self(stop)
    }

    fn is_wanted(&self) -> bool {
        *self.0.borrow()
    }

    async fn wanted(&self) {
        // The other side is only gone once it has said so.
        let _ = self.0.clone().wait_for(|wanted| *wanted).await;
    }

    async fn grace_is_over(&self) {
        self.wanted().await;
        tokio::time::sleep(GRACE).await;
    }
}
