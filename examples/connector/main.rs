//! A whole service: moves approved purchase orders and bills of one Procurify tenant into one CloudSuite tenant.
//!
//! ```text
//! cargo run --release --example connector -- --config FILE COMMAND [--json]
//! ```
//!
//! Exit code 0: all done; 1: failed; 3: done, but some records need a person or a later pass, or the two sides differ.

mod alerts;
mod audit;
mod calendar;
mod commands;
mod config;
mod held;
mod links;
mod mapping;
mod outages;
mod progress;
mod reconcile;
mod reference;
mod replay;
mod selection;
mod vault;
mod watch;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use tracing_subscriber::filter::{EnvFilter, LevelFilter, Targets};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use config::Problem;
use outages::Outages;

/// Moves approved purchase orders and bills from Procurify into Infor CloudSuite, each exactly once.
#[derive(Debug, Parser)]
#[command(name = "connector", version)]
struct Arguments {
    /// The configuration file.
    #[arg(long, global = true, default_value = "connector.toml")]
    config: PathBuf,
    /// Print one JSON document on stdout instead of text.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check that both systems answer and have what is needed.
    Ping,
    /// Show what a sync would do; write nothing anywhere.
    Plan,
    /// One pass, then exit.
    Sync,
    /// Passes by the calendar, until SIGTERM or ctrl-c.
    Watch,
    /// Show what happened to a record or to those of a selection, or the state of all.
    Audit(audit::AuditArguments),
    /// Show the records that need a person, and why.
    Held(held::HeldArguments),
    /// Compare both systems; write nothing anywhere. Exit code 3 if they differ.
    Reconcile(reconcile::ReconcileArguments),
    /// Keep secrets sealed in the store; they are read from the terminal or stdin, never from arguments.
    Vault {
        #[command(subcommand)]
        command: vault::VaultCommand,
    },
    /// End the CloudSuite tokens that are kept in the vault, and remove them from it.
    Revoke,
    /// Show what only one of the two systems has; write nothing.
    Reference,
    /// Settle by hand which value of the ERP one of Procurify is.
    Link {
        /// `vendor`, `gl_account`, `cost_center`, `item`, `unit`, `currency`, `location`, `payment_terms`, `tax`,
        /// `purchase_order` or `other_invoice`.
        kind: String,
        /// Procurify's: an id, a code, or a name that one record has.
        source: String,
        /// The ERP's number or code; for an order that bills are not to refer to, `none`; for a bill, the invoices of its
        /// number that are others, with commas between them.
        target: String,
        #[command(flatten)]
        who: links::Who,
    },
    /// Take a link by hand back.
    Unlink {
        /// As in `link`.
        kind: String,
        /// As in `link`.
        source: String,
        #[command(flatten)]
        who: links::Who,
    },
    /// Write the whole mapping to a file, or read links from one: .csv or .toml.
    Mapping {
        #[command(subcommand)]
        command: links::MappingCommand,
    },
    /// Give a record, or all of some states, another attempt in the next sync.
    Replay(replay::ReplayArguments),
}

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("the asynchronous runtime could not be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(run());
    // By now the store is closed; what may still hang, such as the lookup of a host's name, is not waited for.
    runtime.shutdown_timeout(Duration::from_secs(1));
    code
}

async fn run() -> ExitCode {
    // Wrong arguments are a failure like any other: exit code 1 (help and version are none).
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
    };
    // `watch` stops by itself, once the step in progress is recorded.
    let stops_by_itself = matches!(arguments.command, Command::Watch);
    log_to_stderr(stops_by_itself);
    let stopped = async {
        if stops_by_itself {
            std::future::pending::<()>().await;
        }
        match stop_signal().await {
            Ok(()) => Err(Problem::from("stopped: what a sync had begun, the next one goes on with")),
            Err(error) => Err(Problem::from(format!("signals cannot be waited for: {error}"))),
        }
    };
    let done = tokio::select! {
        done = commands::run(&arguments) => done,
        stopped = stopped => stopped,
    };
    match done {
        Ok(code) => code,
        Err(problem) => {
            eprintln!("{}", sync_core::error::sentence(problem.as_ref()));
            ExitCode::FAILURE
        }
    }
}

/// On a terminal progress is drawn, and only warnings are logged; else everything is JSON lines. That a system does not
/// answer is said in plain words beside them, but not to whoever collects the lines of a `watch`.
fn log_to_stderr(watches: bool) {
    let terminal = std::io::stderr().is_terminal();
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(if terminal { "warn" } else { "info" }));
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let log = if terminal { log.without_time().boxed() } else { log.json().boxed() };
    let retries = Targets::new().with_target("tenant_http", LevelFilter::INFO);
    let outages = (terminal || !watches).then(|| Outages::default().with_filter(retries));
    tracing_subscriber::registry().with(log.with_filter(filter)).with(outages).init();
}

/// Waits for ctrl-c or SIGTERM.
async fn stop_signal() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            stopped = tokio::signal::ctrl_c() => stopped,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
