//! One time for all: what the connection sleeps, passes in both tenants too.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sync_core::{Clock, VirtualClock};

use crate::erp::Erp;
use crate::world::World;

pub struct CommonClock<E: Erp> {
    time: VirtualClock,
    world: Arc<World<E>>,
}

impl<E: Erp> CommonClock<E> {
    /// Stops the tenants' clocks there; all go on together.
    pub fn at(now: DateTime<Utc>, world: Arc<World<E>>) -> Self {
        world.procurify.stop_clock_at(now);
        world.erp.stop_clock_at(now);
        Self { time: VirtualClock::at(now), world }
    }

    fn advance(&self, by: Duration) {
        self.time.advance(by);
        self.world.procurify.advance(by);
        self.world.erp.move_clock(by);
    }

    /// Waits until then, if it is not past.
    pub fn wait_until(&self, at: DateTime<Utc>) {
        if let Ok(left) = (at - self.now()).to_std() {
            self.advance(left);
        }
    }
}

#[async_trait]
impl<E: Erp> Clock for CommonClock<E> {
    fn now(&self) -> DateTime<Utc> {
        self.time.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.advance(duration);
        // Whoever serves the tenants may be waiting for its turn.
        tokio::task::yield_now().await;
    }
}
