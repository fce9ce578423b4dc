//! Says in plain words, once for each system, that it does not answer and is tried again.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

/// Listens to what the clients log before they try again.
#[derive(Default)]
pub struct Outages {
    told: Mutex<BTreeSet<String>>,
}

/// What is logged of a retry.
#[derive(Default)]
struct Retry {
    system: Option<String>,
    reason: String,
    tries_left: Option<u64>,
    seconds_left: Option<u64>,
}

impl Visit for Retry {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "system" => self.system = Some(value.to_owned()),
            "reason" => value.clone_into(&mut self.reason),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "tries_left" => self.tries_left = Some(value),
            "seconds_left" => self.seconds_left = Some(value),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

impl Retry {
    fn words(&self, system: &str) -> String {
        let limit = match (self.seconds_left, self.tries_left) {
            (Some(seconds), Some(tries)) => format!(" up to {tries} times, for at most {seconds} s"),
            (Some(seconds), None) => format!(" for up to {seconds} s"),
            (None, Some(1)) => " once".to_owned(),
            (None, Some(tries)) => format!(" up to {tries} times"),
            (None, None) => String::new(),
        };
        // The host stands in the system's name, and only what may be sent twice is tried again.
        let reason = match self.reason.split_once(": ") {
            Some((host, reason)) if system.contains(host) => reason,
            _ => &self.reason,
        };
        format!("{system} does not answer: {}; trying again{limit}", reason.replace(": it may have happened", ""))
    }
}

impl<S: Subscriber> Layer<S> for Outages {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut retry = Retry::default();
        event.record(&mut retry);
        if let Some(system) = &retry.system
            && self.told.lock().unwrap_or_else(PoisonError::into_inner).insert(system.clone())
        {
            eprintln!("{}", retry.words(system));
        }
    }
}
