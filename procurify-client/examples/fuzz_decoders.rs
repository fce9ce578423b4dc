//! Feeds spoilt answers to every decoder and looks for panics, blind to coverage.
//!
//! ```text
//! cargo run --release -p procurify-client --example fuzz_decoders -- 600            # seconds for each decoder
//! cargo run --release -p procurify-client --example fuzz_decoders -- 20 Vendor 7    # one decoder, one seed
//! ```
//!
//! Prints the seed, and the input of a panic; ends with 1 if there was one.
#![allow(clippy::unwrap_used, clippy::expect_used, dead_code)]

#[path = "../tests/it/contract/decoders.rs"]
mod decoders;
#[path = "../tests/it/contract/facts.rs"]
mod facts;
#[path = "../tests/it/contract/instances.rs"]
mod instances;
#[path = "../tests/it/contract/mutate.rs"]
mod mutate;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use decoders::{Decode, types};
use facts::Facts;
use instances::{Shape, instance};
use mutate::{Rng, mutate};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let seconds = arguments.first().map_or(20, |text| text.parse().expect("seconds"));
    let only = arguments.get(1).map(String::as_str).unwrap_or_default();
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let seed = arguments.get(2).map_or(clock, |text| text.parse().expect("seed"));
    println!("seed {seed}, {seconds} s for each decoder");
    let facts = Facts::read();
    let mut panicked = false;
    for (name, decode) in types().into_iter().filter(|(name, _)| only.is_empty() || *name == only) {
        match fuzz(&facts, name, decode, seed, Duration::from_secs(seconds)) {
            Ok((tries, read)) => println!("{name}: {tries} inputs, {read} of them read, no panic"),
            Err(input) => {
                panicked = true;
                println!("{name} panics on {input:?}");
            }
        }
    }
    ExitCode::from(u8::from(panicked))
}

fn fuzz(facts: &Facts, name: &str, decode: Decode, seed: u64, time: Duration) -> Result<(u64, u64), String> {
    let shapes = [Shape::Full, Shape::Extended, Shape::Minimal, Shape::Nulls, Shape::UnknownValues];
    let instances = shapes.map(|shape| instance(facts, name, shape));
    let (mut rng, until) = (Rng(seed), Instant::now() + time);
    let (mut tries, mut read) = (0, 0);
    while Instant::now() < until {
        for _ in 0..64 {
            let bytes = mutate(&instances[rng.below(instances.len())], &mut rng);
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let result = catch_unwind(AssertUnwindSafe(|| decode(&text).is_ok()));
            tries += 1;
            read += u64::from(result.map_err(|_| text)?);
        }
    }
    Ok((tries, read))
}
