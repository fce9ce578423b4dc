//! Spoils JSON in the ways that servers, proxies and versions do, and in some that nobody would think of.

use serde_json::Value;

/// A generator that gives the same numbers for the same seed.
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound.max(1) as u64)).unwrap_or(0)
    }
}

const VALUES: [&str; 34] = [
    "null",
    "true",
    "-1",
    "0",
    "-0.0",
    "9223372036854775807",
    "18446744073709551615",
    "1e999",
    "-1e-999",
    "1E28",
    "1e-2147483648",
    "1e2147483647",
    "-9223372036854775808",
    "9000000000000000",
    "86400.0",
    "0.00000000000000000000000000001",
    "79228162514264337593543950336",
    "\"\"",
    "\" \"",
    "\"\\u0000\"",
    "\"\\ud83d\\ude00\"",
    "\"0x10\"",
    "\"1,5\"",
    "\"NaN\"",
    "\"2026-02-30\"",
    "\"2026-03-04T25:61:61Z\"",
    "\"-262143-01-01\"",
    "\"+262142-12-31T23:59:59Z\"",
    "\"1e-2147483648\"",
    "4294967295",
    "[]",
    "{}",
    "[[[[[[[[[[]]]]]]]]]]",
    "{\"id\":{\"id\":{\"id\":1}}}",
];

const PIECES: [&[u8]; 12] =
    [b"null", b"\"", b"{", b"}", b"[", b"]", b",", b":", b"\\u", b"\xff\xfe", b"\xf0\x9f\x98", b"1e400"];

/// One spoilt copy: a value of another type somewhere inside, or bytes flipped, cut, doubled and put in. Of a text by
/// itself, which is no JSON, the bytes are spoilt.
pub fn mutate(instance: &Value, rng: &mut Rng) -> Vec<u8> {
    let mut bytes = if let Value::String(text) = instance {
        text.clone().into_bytes()
    } else {
        let mut value = instance.clone();
        for _ in 0..rng.below(4) {
            replace(&mut value, rng);
        }
        value.to_string().into_bytes()
    };
    for _ in 0..rng.below(4) {
        spoil(&mut bytes, rng);
    }
    bytes
}

fn replace(value: &mut Value, rng: &mut Rng) {
    let descend = rng.below(5) > 0;
    match value {
        Value::Object(fields) if descend && !fields.is_empty() => {
            let at = rng.below(fields.len());
            if rng.below(12) == 0 {
                let name = fields.keys().nth(at).cloned().unwrap_or_default();
                fields.remove(&name);
            } else if let Some(inner) = fields.values_mut().nth(at) {
                replace(inner, rng);
            }
        }
        Value::Array(items) if descend && !items.is_empty() => {
            let at = rng.below(items.len());
            replace(&mut items[at], rng);
        }
        other => {
            let text = VALUES[rng.below(VALUES.len())];
            *other = serde_json::from_str(text).unwrap_or(Value::Null);
        }
    }
}

fn spoil(bytes: &mut Vec<u8>, rng: &mut Rng) {
    if bytes.is_empty() {
        return;
    }
    let at = rng.below(bytes.len());
    let end = (at + 1 + rng.below(40)).min(bytes.len());
    match rng.below(7) {
        0 => bytes[at] ^= 1 << rng.below(8),
        1 => bytes[at] = u8::try_from(rng.below(256)).unwrap_or(0),
        2 => bytes.truncate(at),
        3 => drop(bytes.drain(at..end)),
        4 => {
            let copy = bytes[at..end].to_vec();
            bytes.splice(at..at, copy);
        }
        5 => drop(bytes.splice(at..at, PIECES[rng.below(PIECES.len())].iter().copied())),
        // As text, numbers keep the digits that a value would lose.
        _ => drop(bytes.splice(at..at, VALUES[rng.below(VALUES.len())].bytes())),
    }
}
