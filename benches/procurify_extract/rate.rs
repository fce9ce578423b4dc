//! How much of an allowed rate is used, and how a burst of refusals is got over.

use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use procurify_client::ProcurifyClient;

use crate::Result;
use crate::server::{Server, Setup};
use crate::verdict::Verdict;

const ALLOWED: u32 = 600;

async fn load(client: &ProcurifyClient, time: Duration) -> u64 {
    let until = Instant::now() + time;
    let calls = stream::iter(0..).take_while(|_| std::future::ready(Instant::now() < until));
    let calls = calls.map(|_: u64| async { client.vendors().list().send_page(1).await.is_ok() }).buffer_unordered(8);
    calls.fold(0, |answered, ok| async move { answered + u64::from(ok) }).await
}

#[expect(clippy::cast_precision_loss, reason = "hundreds")]
fn used(answered: u64, allowed: u64) -> f64 {
    answered as f64 / allowed as f64
}

pub async fn steady() -> Result<()> {
    let server = Server::start(&Setup { records: 1, per_minute: ALLOWED, ..Setup::default() })?;
    let client = crate::client(server.port, ALLOWED)?;
    let minutes = 3;
    let answered = load(&client, Duration::from_secs(60 * minutes)).await;
    let allowed = u64::from(ALLOWED) * minutes;
    println!("{minutes} minutes at {ALLOWED} a minute: {answered} answered");
    let mut verdict = Verdict::default();
    verdict.at_least("part used of what is allowed", used(answered, allowed), 0.97);
    verdict.at_most("refused", server.refused()?, 0);
    verdict.given()
}

pub async fn burst() -> Result<()> {
    let server = Server::start(&Setup { records: 1, per_minute: ALLOWED, ..Setup::default() })?;
    let client = crate::client(server.port, ALLOWED)?;
    load(&client, Duration::from_secs(5)).await;
    let burst = Duration::from_secs(5);
    server.refuse_for(burst)?;
    load(&client, burst).await;
    load(&client, Duration::from_secs(30)).await;
    let pace = client.limiter().current_per_minute().unwrap_or_default();
    let answered = load(&client, Duration::from_secs(30)).await;
    println!("30 s after a burst of {} refusals", server.refused()?);
    let mut verdict = Verdict::default();
    verdict.at_least("refused in the burst", used(server.refused()?, 1), 1.0);
    verdict.at_least("pace of what is allowed", pace / f64::from(ALLOWED), 0.9);
    verdict.at_least("part used in the 30 s that follow", used(answered, u64::from(ALLOWED) / 2), 0.9);
    verdict.given()
}
