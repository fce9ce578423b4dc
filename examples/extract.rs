//! Reads a whole resource from Procurify, with progress, and says how fast it was.
//!
//! ```text
//! PROCURIFY_CLIENT_ID=... PROCURIFY_CLIENT_SECRET=... cargo run --release --example extract -- \
//!     --base-url https://acme.procurify.com --resource purchase_orders --page-size 500 --prefetch 4 \
//!     --format jsonl --out orders.jsonl
//! ```
//!
//! The last line it prints is `{"records": n, "seconds": s, "max_rss_kb": k}`. Memory does not grow
//! with the number of records.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use indicatif::{ProgressBar, ProgressStyle};
use procurify_client::{Limiter, List, OrderBy, Page, ProcurifyClient, Role, Status};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads a whole resource from Procurify, with the credentials in `PROCURIFY_CLIENT_ID` and `PROCURIFY_CLIENT_SECRET`.
#[derive(Parser)]
struct Arguments {
    /// The tenant's address, such as `https://acme.procurify.com`.
    #[arg(long)]
    base_url: String,
    #[arg(long, value_enum)]
    resource: Resource,
    /// Records a page.
    #[arg(long, default_value_t = 100)]
    page_size: u64,
    /// Pages that are fetched beyond the one being read.
    #[arg(long, default_value_t = 4)]
    prefetch: usize,
    /// How the records are written.
    #[arg(long, value_enum, requires = "out")]
    format: Option<Format>,
    /// The file to write the records to, in place of what is there. Without it they are only counted.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Calls in any minute. Without it only `--prefetch` bounds them, and the server where it says no.
    #[arg(long)]
    per_minute: Option<u32>,
}

#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Resource {
    PurchaseOrders,
    Bills,
    OrderItems,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// One JSON object a line.
    Jsonl,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    give_memory_back();
    match in_one_thread(extract(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// One thread is as fast as the server here, and takes less memory than several do with glibc's allocator.
fn in_one_thread(work: impl Future<Output = Result<(), Box<dyn Error>>>) -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// Starts the program anew with an environment that has glibc give back the memory of each page.
///
/// Left to itself it raises its limits with the first large pieces that are freed, and keeps some of what later pages
/// took. Nothing but the environment tells it otherwise without unsafe code. Where that fails, it is done without.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn give_memory_back() {
    use std::os::unix::process::CommandExt;
    const LIMIT: &str = "MALLOC_TRIM_THRESHOLD_";
    if std::env::var_os(LIMIT).is_none()
        && let Ok(program) = std::env::current_exe()
    {
        let error = std::process::Command::new(program).args(std::env::args_os().skip(1)).env(LIMIT, "131072").exec();
        eprintln!("memory may grow a little: {error}");
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_memory_back() {}

async fn extract(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let secret = |name: &str| std::env::var(name).map_err(|_| format!("set {name} in the environment"));
    let address = arguments.base_url.parse();
    let address = address.map_err(|error| format!("{} is no address (https://...): {error}", arguments.base_url))?;
    let limiter = arguments.per_minute.map_or_else(Limiter::unlimited, Limiter::per_minute);
    let client = ProcurifyClient::builder("")
        .base_url(address)
        .credentials(secret("PROCURIFY_CLIENT_ID")?, secret("PROCURIFY_CLIENT_SECRET")?)
        .limiter(limiter.concurrency(arguments.prefetch.max(1)))
        .page_size(arguments.page_size)
        .build()?;
    let started = Instant::now();
    let records = match arguments.resource {
        Resource::PurchaseOrders => {
            let orders = client.purchase_orders().list(Role::Purchased, Status::All);
            read(orders.order_by(OrderBy::ascending("procurify_PO")), arguments).await?
        }
        Resource::Bills => read(client.bills().list().order_by(OrderBy::ascending("id")), arguments).await?,
        Resource::OrderItems => read(client.order_items().list().order_by(OrderBy::ascending("id")), arguments).await?,
    };
    let line = serde_json::json!({
        "records": records,
        "seconds": started.elapsed().as_secs_f64(),
        "max_rss_kb": max_rss_kb(),
    });
    println!("{line}");
    Ok(())
}

async fn read<T>(list: List<T>, arguments: &Arguments) -> Result<u64, Box<dyn Error>>
where
    T: DeserializeOwned + Serialize + Send + 'static,
{
    let mut out = match &arguments.out {
        Some(path) => {
            let file = File::create(path).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
            Some(BufWriter::new(file))
        }
        None => None,
    };
    let progress = ProgressBar::new(0)
        .with_style(ProgressStyle::with_template("{elapsed_precise} {bar:40} {pos}/{len} ({per_sec}, {eta} left)")?);
    let mut pages: BoxStream<'static, Result<Page<T>, _>> = list.prefetch(arguments.prefetch).pages();
    let mut records = 0;
    while let Some(page) = pages.try_next().await? {
        progress.set_length(page.count);
        progress.inc(u64::try_from(page.items.len())?);
        records += u64::try_from(page.items.len())?;
        if let Some(out) = &mut out {
            for record in &page.items {
                serde_json::to_writer(&mut *out, record)?;
                out.write_all(b"\n")?;
            }
        }
    }
    if let Some(mut out) = out {
        out.flush()?;
    }
    progress.finish();
    Ok(records)
}

/// The most memory this process held at a time; 0 where the system does not tell.
fn max_rss_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}
