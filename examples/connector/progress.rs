//! How a sync comes along: a bar on a terminal, JSON lines otherwise.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};
use procurify_cloudsuite::{Event, FlowKind};
use sync_core::StateName;

pub struct Progress {
    bar: Option<ProgressBar>,
    flow: FlowKind,
    read: u64,
    settled: u64,
}

impl Progress {
    pub fn start(flow: FlowKind) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            if let Ok(style) = ProgressStyle::with_template("{msg:20} [{bar:40}] {pos}/{len} {elapsed}") {
                bar.set_style(style);
            }
            bar.set_message("reference data");
            bar
        });
        Self { bar, flow, read: 0, settled: 0 }
    }

    pub fn show(&mut self, event: Event<'_>) {
        let message = match event {
            Event::Aligned if self.flow == FlowKind::Bills => "bills",
            Event::Aligned => "purchase orders",
            Event::Polled(polled) => {
                self.read += polled.new + polled.changed;
                "reading"
            }
            Event::Moved(moved) => {
                let done = |state| {
                    matches!(state, StateName::Posted | StateName::Held | StateName::Rejected | StateName::Skipped)
                };
                self.settled += moved.iter().filter(|moved| done(moved.to)).map(|_| 1).sum::<u64>();
                "posting"
            }
            _ => return,
        };
        if let Some(bar) = &self.bar {
            bar.set_length(self.read.max(self.settled));
            bar.set_position(self.settled);
            bar.set_message(message);
        } else {
            tracing::info!(step = message, read = self.read, settled = self.settled, "progress");
        }
    }

    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
