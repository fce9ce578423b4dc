//! `sandbox serve`: both tenants as a program.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use sandbox::{
    Faults, M3, M3Config, OData, ODataConfig, Procurify, ProcurifyConfig, Scenario, SyteLine, SyteLineConfig,
};

/// Simulated Procurify and CloudSuite tenants on loopback sockets.
#[derive(Parser)]
#[command(name = "sandbox", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve both tenants until SIGTERM or ctrl-c.
    Serve(Serve),
}

/// A CloudSuite product that is simulated.
#[derive(Clone, Copy, Debug)]
enum Product {
    M3,
    SyteLine,
    OData,
}

impl std::str::FromStr for Product {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_lowercase().as_str() {
            "m3" => Ok(Self::M3),
            "syteline" => Ok(Self::SyteLine),
            "odata" => Ok(Self::OData),
            _ => Err("it is not simulated: use m3, syteline or odata".to_owned()),
        }
    }
}

impl std::fmt::Display for Product {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::M3 => "m3",
            Self::SyteLine => "syteline",
            Self::OData => "odata",
        })
    }
}

/// The CloudSuite tenant that runs. It stops when dropped.
enum Erp {
    M3(M3),
    SyteLine(SyteLine),
    OData(OData),
}

impl Erp {
    fn base_url(&self) -> String {
        match self {
            Self::M3(tenant) => tenant.base_url(),
            Self::SyteLine(tenant) => tenant.base_url(),
            Self::OData(tenant) => tenant.base_url(),
        }
    }

    fn ionapi_json(&self) -> String {
        match self {
            Self::M3(tenant) => tenant.ionapi_json(),
            Self::SyteLine(tenant) => tenant.ionapi_json(),
            Self::OData(tenant) => tenant.ionapi_json(),
        }
    }
}

/// What to serve, and how.
#[derive(clap::Args)]
#[allow(clippy::struct_excessive_bools)] // Independent switches of a command line.
struct Serve {
    /// Address of the Procurify tenant; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8101")]
    procurify: String,
    /// Address of the CloudSuite tenant; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8102")]
    cloudsuite: String,
    /// CloudSuite product.
    #[arg(long, default_value = "m3")]
    product: Product,
    /// Purchase orders in Procurify.
    #[arg(long, default_value_t = 1000)]
    orders: usize,
    /// Lines of each order.
    #[arg(long, default_value_t = 10)]
    lines: usize,
    /// Bills in Procurify.
    #[arg(long, default_value_t = 0)]
    bills: usize,
    /// Vendors in Procurify.
    #[arg(long, default_value_t = 60)]
    vendors: usize,
    /// Account codes in Procurify.
    #[arg(long, default_value_t = 40)]
    accounts: usize,
    /// Seed of the data and the faults.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// File to write the matching .ionapi to.
    #[arg(long)]
    ionapi: PathBuf,
    /// Share of the calls that fail, 0 to 1.
    #[arg(long, default_value = "0", value_parser = per_mille)]
    faults: u32,
    /// Added to every answer: 20ms, 1s.
    #[arg(long, default_value = "0ms", value_parser = duration)]
    latency: Duration,
    /// Calls a minute and tenant before a 429; 0 for no limit.
    #[arg(long, default_value_t = 0)]
    per_minute: u32,
    /// Vendors, and account codes, that the ERP does not know.
    #[arg(long, default_value_t = 1)]
    missing: usize,
    /// Password logins a minute at the gateway before a 429; 0 for no limit.
    #[arg(long, default_value_t = 20)]
    logins_per_minute: u32,
    /// Time from a finished message until the batch job takes it.
    #[arg(long, default_value = "200ms", value_parser = duration)]
    batch_delay: Duration,
    /// Time from there until the search index knows the order.
    #[arg(long, default_value = "500ms", value_parser = duration)]
    index_lag: Duration,
    /// Share of the messages that wait for a person, 0 to 1.
    #[arg(long, default_value = "0", value_parser = per_mille)]
    waiting: u32,
    /// Share of the messages that fail in the batch job, 0 to 1.
    #[arg(long, default_value = "0", value_parser = per_mille)]
    failing: u32,
    /// Largest page size of Procurify.
    #[arg(long, default_value_t = 500)]
    page_size_max: usize,
    /// Transactions a bulk call may carry.
    #[arg(long, default_value_t = 250)]
    max_transactions: usize,
    /// Bytes a bulk call's body may have.
    #[arg(long, default_value_t = 128 * 1024)]
    max_body: usize,
    /// Change an order and add one every so many list calls; 0 for never.
    #[arg(long, default_value_t = 0)]
    bump_every: u32,
    /// Serve Procurify calls without the header X-Procurify-Client too.
    #[arg(long)]
    any_client: bool,
    /// Allow EXPORTMI.
    #[arg(long)]
    export_mi: bool,
    /// SyteLine processes only the first change of an update, and says nothing of the others.
    #[arg(long)]
    first_change_only: bool,
    /// SyteLine takes back all changes of an update of which one is refused.
    #[arg(long)]
    atomic_updates: bool,
}

/// A share such as `0.2`, in thousandths.
fn per_mille(text: &str) -> Result<u32, String> {
    let complaint = || format!("`{text}` is not a share: give a number from 0 to 1, such as 0.2");
    let share: rust_decimal::Decimal = text.parse().map_err(|_| complaint())?;
    let thousandths = u32::try_from((share * rust_decimal::Decimal::from(1000)).round()).map_err(|_| complaint())?;
    if thousandths <= 1000 { Ok(thousandths) } else { Err(complaint()) }
}

/// A duration such as `20ms`, `1.5s` or `2m`.
fn duration(text: &str) -> Result<Duration, String> {
    let complaint = || format!("`{text}` is not a duration: give a number with its unit, such as 20ms, 1.5s or 2m");
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let micros = match unit {
        "ms" => 1_000_u64,
        "s" => 1_000_000,
        "m" => 60_000_000,
        _ => return Err(complaint()),
    };
    let amount: rust_decimal::Decimal = text[..text.len() - unit.len()].parse().map_err(|_| complaint())?;
    let micros = amount.checked_mul(micros.into()).and_then(|micros| u64::try_from(micros.trunc()).ok());
    micros.map(Duration::from_micros).ok_or_else(complaint)
}

#[tokio::main]
async fn main() -> ExitCode {
    let Command::Serve(serve) = Arguments::parse().command;
    match run(serve).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(serve: Serve) -> Result<(), String> {
    let (procurify, erp) = start(&serve).await?;
    std::fs::write(&serve.ionapi, erp.ionapi_json())
        .map_err(|error| format!("cannot write {}: {error}", serve.ionapi.display()))?;
    let credentials = ProcurifyConfig::default();
    let ready = serde_json::json!({
        "ready": true,
        "procurify": procurify.base_url(),
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret,
        "cloudsuite": erp.base_url(),
        "product": serve.product.to_string(),
        "ionapi": serve.ionapi,
        "orders": serve.orders,
    });
    // Before the ready line: whoever reads it may stop us at once.
    let stopped = stopped().map_err(|error| format!("cannot wait for signals: {error}"))?;
    let mut out = std::io::stdout();
    writeln!(out, "{ready}").and_then(|()| out.flush()).map_err(|error| format!("cannot write to stdout: {error}"))?;
    stopped.await.map_err(|error| format!("cannot wait for signals: {error}"))
}

async fn start(serve: &Serve) -> Result<(Procurify, Erp), String> {
    let scenario = Scenario {
        orders: serve.orders,
        lines: serve.lines,
        bills: serve.bills,
        vendors: serve.vendors,
        accounts: serve.accounts,
        seed: serve.seed,
        missing: serve.missing,
        ..Scenario::default()
    };
    let procurify = Procurify::start(ProcurifyConfig {
        addr: serve.procurify.clone(),
        scenario: scenario.clone(),
        require_client_header: !serve.any_client,
        page_size_max: serve.page_size_max,
        per_minute: serve.per_minute,
        bump_every: serve.bump_every,
        faults: faults(serve, 0x50),
        ..ProcurifyConfig::default()
    });
    let procurify = procurify.await.map_err(|error| error.to_string())?;
    let erp = match serve.product {
        Product::M3 => M3::start(m3(serve, scenario)).await.map(Erp::M3),
        Product::SyteLine => SyteLine::start(syteline(serve, scenario)).await.map(Erp::SyteLine),
        Product::OData => OData::start(odata(serve, scenario)).await.map(Erp::OData),
    };
    Ok((procurify, erp.map_err(|error| error.to_string())?))
}

fn faults(serve: &Serve, tenant: u64) -> Faults {
    Faults { latency: serve.latency, seed: serve.seed ^ tenant, ..Faults::share(serve.faults) }
}

fn m3(serve: &Serve, scenario: Scenario) -> M3Config {
    M3Config {
        addr: serve.cloudsuite.clone(),
        scenario,
        logins_per_minute: serve.logins_per_minute,
        per_minute: serve.per_minute,
        max_transactions: serve.max_transactions,
        max_body: serve.max_body,
        batch_delay: serve.batch_delay,
        index_lag: serve.index_lag,
        waiting_per_mille: serve.waiting,
        failing_per_mille: serve.failing,
        export_mi: serve.export_mi,
        faults: faults(serve, 0x33),
        ..M3Config::default()
    }
}

fn syteline(serve: &Serve, scenario: Scenario) -> SyteLineConfig {
    SyteLineConfig {
        addr: serve.cloudsuite.clone(),
        scenario,
        logins_per_minute: serve.logins_per_minute,
        per_minute: serve.per_minute,
        max_changes: serve.max_transactions,
        first_change_only: serve.first_change_only,
        atomic_updates: serve.atomic_updates,
        faults: faults(serve, 0x33),
        ..SyteLineConfig::default()
    }
}

fn odata(serve: &Serve, scenario: Scenario) -> ODataConfig {
    ODataConfig {
        addr: serve.cloudsuite.clone(),
        scenario,
        logins_per_minute: serve.logins_per_minute,
        per_minute: serve.per_minute,
        max_parts: serve.max_transactions,
        faults: faults(serve, 0x33),
        ..ODataConfig::default()
    }
}

#[cfg(unix)]
fn stopped() -> std::io::Result<impl Future<Output = std::io::Result<()>>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = term.recv() => Ok(()),
            interrupted = tokio::signal::ctrl_c() => interrupted,
        }
    })
}

#[cfg(not(unix))]
fn stopped() -> std::io::Result<impl Future<Output = std::io::Result<()>>> {
    Ok(tokio::signal::ctrl_c())
}
