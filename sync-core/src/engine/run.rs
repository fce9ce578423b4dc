//! A thin loop over the steps, for hosts that have none of their own.

use std::time::Duration;

use chrono::TimeDelta;

use super::{Engine, Progress};
use crate::error::EngineError;
use crate::state::StateName;

/// The longest single wait, and the wait when something due is another worker's.
const TICK: Duration = Duration::from_secs(1);

impl Engine {
    /// Carries records on until nothing is due for longer than `patience`, or nothing has come
    /// further for that long.
    pub async fn run_until_idle(&self, patience: Duration) -> Result<(), EngineError> {
        self.run_until_idle_with(patience, |_| ()).await
    }

    /// As [`run_until_idle`](Self::run_until_idle), telling of each step.
    pub async fn run_until_idle_with(
        &self,
        patience: Duration,
        told: impl FnMut(&Progress),
    ) -> Result<(), EngineError> {
        self.run_until_idle_while(patience, told, || true).await
    }

    /// As [`run_until_idle_with`](Self::run_until_idle_with), ending between two steps once `go_on` says no.
    pub async fn run_until_idle_while(
        &self,
        patience: Duration,
        mut told: impl FnMut(&Progress),
        go_on: impl Fn() -> bool,
    ) -> Result<(), EngineError> {
        let patience = TimeDelta::from_std(patience).unwrap_or(TimeDelta::MAX);
        let mut last_progress = self.clock.now();
        while go_on() {
            let progress = self.advance(self.settings.batch).await?;
            told(&progress);
            if progress.moved.iter().any(|moved| came_further(moved.to)) {
                last_progress = self.clock.now();
            }
            let now = self.clock.now();
            let Some(due) = progress.next_due else { return Ok(()) };
            if due - now > patience || now - last_progress > patience {
                return Ok(());
            }
            match (due - now).to_std() {
                Ok(wait) if !wait.is_zero() => self.clock.sleep(wait.min(TICK)).await,
                _ if progress.moved.is_empty() => self.clock.sleep(TICK).await,
                _ => {}
            }
        }
        Ok(())
    }
}

fn came_further(to: StateName) -> bool {
    !matches!(to, StateName::RetryAt | StateName::CommitAt | StateName::InDoubt | StateName::AmendAt)
}
