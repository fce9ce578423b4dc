//! Decoders do not panic, whatever comes. `examples/fuzz_decoders.rs` does this for as long as wanted.

use super::decoders::types;
use super::facts::Facts;
use super::instances::{Shape, instance};
use super::mutate::{Rng, mutate};

#[test]
fn no_decoder_panics_on_spoilt_answers() {
    let seed = std::env::var("SEED").ok().map_or(20_260_301, |text| text.parse().unwrap());
    println!("seed {seed}");
    let (facts, mut rng) = (Facts::read(), Rng(seed));
    let (mut read, mut refused) = (0, 0);
    for (name, decoder) in types() {
        let full = instance(&facts, name, Shape::Full);
        for _ in 0..150 {
            let bytes = mutate(&full, &mut rng);
            match (decoder.decode)(&String::from_utf8_lossy(&bytes)) {
                Ok(_) => read += 1,
                Err(_) => refused += 1,
            }
        }
    }
    assert!(read > 500 && refused > 500, "spoilt too much or too little: {read} read, {refused} refused");
}
