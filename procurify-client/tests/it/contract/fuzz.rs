//! Decoders do not panic, whatever comes. `examples/fuzz_decoders.rs` does this for as long as wanted.

use super::decoders::types;
use super::facts::Facts;
use super::instances::{Shape, instance};
use super::mutate::{Rng, mutate};
use super::spoilt::{Spoilt, Whole};

fn seeded() -> Rng {
    let seed = std::env::var("SEED").ok().map_or(20_260_301, |text| text.parse().unwrap());
    println!("seed {seed}");
    Rng(seed)
}

#[test]
fn no_decoder_panics_on_spoilt_answers() {
    let (facts, mut rng) = (Facts::read(), seeded());
    let (mut read, mut refused) = (0, 0);
    for (name, decoder) in types() {
        let full = instance(&facts, name, Shape::Full);
        for _ in 0..150 {
            let bytes = mutate(&full, &mut rng);
            match (decoder.decode)(&bytes) {
                Ok(_) => read += 1,
                Err(_) => refused += 1,
            }
        }
    }
    assert!(read > 500 && refused > 500, "spoilt too much or too little: {read} read, {refused} refused");
}

#[tokio::test]
async fn no_call_panics_on_a_spoilt_answer_a_spoilt_token_or_a_spoilt_cursor() {
    let (facts, mut rng) = (Facts::read(), seeded());
    let server = Spoilt::start(&facts).await;
    for what in Whole::ALL {
        let unspoilt = what.unspoilt(&facts);
        let read = server.read(what, what.bytes(&facts)).await;
        assert_eq!(read, what != Whole::Error, "{what:?} as it should be");
        let mut refused = 0;
        for _ in 0..150 {
            refused += u32::from(!server.read(what, mutate(&unspoilt, &mut rng)).await);
        }
        // Nearly anything is a table.
        assert!(refused > 10 || what == Whole::Csv, "{what:?} was spoilt too little: {refused} refused");
    }
}
