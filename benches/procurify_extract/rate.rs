//! How much of an allowed rate is used, and how a burst of refusals is got over.

use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use procurify_client::ProcurifyClient;

use crate::Result;
use crate::server::{Server, Setup};

const ALLOWED: u32 = 600;

async fn load(client: &ProcurifyClient, time: Duration) -> u64 {
    let until = Instant::now() + time;
    let calls = stream::iter(0..).take_while(|_| std::future::ready(Instant::now() < until));
    let calls = calls.map(|_: u64| async { client.vendors().list().send_page(1).await.is_ok() }).buffer_unordered(8);
    calls.fold(0, |answered, ok| async move { answered + u64::from(ok) }).await
}

pub async fn run() -> Result<()> {
    let server = Server::start(&Setup { records: 1, per_minute: ALLOWED, ..Setup::default() })?;
    let client = crate::client(server.port, ALLOWED)?;
    let minutes = 3;
    let answered = load(&client, Duration::from_secs(60 * minutes)).await;
    let allowed = u64::from(ALLOWED) * minutes;
    #[expect(clippy::cast_precision_loss, reason = "hundreds")]
    let used = |answered: u64, allowed: u64| answered as f64 / allowed as f64;
    println!(
        "{minutes} minutes at {ALLOWED} a minute: {answered} answered, {:.3} of what is allowed (at least 0.97), {} refused (0)",
        used(answered, allowed),
        server.refused()?
    );

    server.refuse_for(Duration::from_secs(5))?;
    load(&client, Duration::from_secs(30)).await;
    let pace = client.limiter().current_per_minute().unwrap_or_default();
    let answered = load(&client, Duration::from_secs(30)).await;
    println!(
        "30 s after a burst of {} refusals: pace {:.3} of what is allowed (at least 0.9), {:.3} used in the 30 s that follow",
        server.refused()?,
        pace / f64::from(ALLOWED),
        used(answered, u64::from(ALLOWED) / 2)
    );
    Ok(())
}
