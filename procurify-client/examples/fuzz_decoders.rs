//! Feeds spoilt answers to every decoder, and to the client over HTTP, and looks for panics, blind to coverage.
//!
//! ```text
//! cargo run --profile fuzz -p procurify-client --example fuzz_decoders -- 600            # seconds for each decoder
//! cargo run --profile fuzz -p procurify-client --example fuzz_decoders -- 20 Vendor 7    # one decoder, one seed
//! ```
//!
//! As many decoders are tried at a time as there are cores. Prints the seed, and the input of a panic; ends with 1 if
//! there was one.
#![allow(clippy::unwrap_used, clippy::expect_used, dead_code)]

#[path = "../tests/it/contract/decoders.rs"]
mod decoders;
#[path = "../tests/it/contract/facts.rs"]
mod facts;
#[path = "../tests/it/contract/instances.rs"]
mod instances;
#[path = "../tests/it/contract/mutate.rs"]
mod mutate;
#[path = "../tests/it/contract/spoilt.rs"]
mod spoilt;

use std::collections::BTreeMap;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use decoders::{Decoder, types};
use facts::Facts;
use instances::{Shape, instance};
use mutate::{Rng, mutate};
use serde_json::Value;
use spoilt::{Spoilt, Whole};

const SHAPES: [Shape; 6] =
    [Shape::Full, Shape::Extended, Shape::Minimal, Shape::Nulls, Shape::Hollow, Shape::UnknownValues];

/// What reads an answer.
#[derive(Clone, Copy)]
enum Reader {
    Record(Decoder),
    Client(Whole),
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let seconds = arguments.first().map_or(20, |text| text.parse().expect("seconds"));
    let only = arguments.get(1).map(String::as_str).unwrap_or_default();
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let seed = arguments.get(2).map_or(clock, |text| text.parse().expect("seed"));
    let facts = Facts::read();
    let mut waiting: BTreeMap<String, (Reader, Vec<Value>)> = BTreeMap::new();
    // A type may be read from several schemas: it is tried on all of them.
    for (schema, decoder) in types() {
        let new = || (Reader::Record(decoder), Vec::new());
        let (_, instances) = waiting.entry(decoder.record.to_owned()).or_insert_with(new);
        instances.extend(SHAPES.map(|shape| instance(&facts, schema, shape)));
    }
    for whole in Whole::ALL {
        waiting.insert(format!("client: {whole:?}"), (Reader::Client(whole), vec![whole.unspoilt(&facts)]));
    }
    waiting.retain(|name, _| only.is_empty() || name.trim_start_matches("client: ") == only);
    assert!(!waiting.is_empty(), "no decoder is called {only}");
    println!("seed {seed}, {seconds} s for each of {} decoders", waiting.len());
    let (waiting, panicked) = (Mutex::new(waiting), AtomicBool::new(false));
    std::thread::scope(|threads| {
        for _ in 0..std::thread::available_parallelism().map_or(1, NonZero::get) {
            threads.spawn(|| {
                let next = || waiting.lock().expect("no thread dies").pop_first();
                while let Some((name, (reader, instances))) = next() {
                    match fuzz(reader, &facts, &instances, seed, Duration::from_secs(seconds)) {
                        Ok((tries, read)) => println!("{name}: {tries} inputs, {read} of them read, no panic"),
                        Err(input) => {
                            panicked.store(true, Ordering::Relaxed);
                            println!("{name} panics on {:?}", String::from_utf8_lossy(&input));
                        }
                    }
                }
            });
        }
    });
    ExitCode::from(u8::from(panicked.into_inner()))
}

fn fuzz(reader: Reader, facts: &Facts, instances: &[Value], seed: u64, time: Duration) -> Result<(u64, u64), Vec<u8>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let server = runtime.block_on(Spoilt::start(facts));
    let reads = |bytes: &[u8]| match reader {
        Reader::Record(decoder) => (decoder.decode)(bytes).is_ok(),
        Reader::Client(whole) => runtime.block_on(server.read(whole, bytes.to_vec())),
    };
    let (mut rng, until) = (Rng(seed), Instant::now() + time);
    let (mut tries, mut read) = (0, 0);
    while Instant::now() < until {
        for _ in 0..64 {
            let bytes = mutate(&instances[rng.below(instances.len())], &mut rng);
            let result = catch_unwind(AssertUnwindSafe(|| reads(&bytes)));
            tries += 1;
            read += u64::from(result.map_err(|_| bytes)?);
        }
    }
    Ok((tries, read))
}
