//! What this process holds in its memory, freed memory included.

use std::os::unix::fs::FileExt;

use secrecy::zeroize::Zeroizing;

/// How much is read at a time, and looked at.
const CHUNK: usize = 1 << 20;
const PAGE: usize = 4_096;
/// How much of a secret is looked for.
const PIECE: usize = 32;

/// A secret unlike anything else, of so many characters, that is nowhere but in the text that is answered.
pub fn secret(seed: u8, length: usize) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(length));
    text.extend((0..length).map(|at| char::from(letter(seed, at))));
    text
}

fn letter(seed: u8, at: usize) -> u8 {
    let mixed = (at + 1).wrapping_mul(0x9E37_79B1).wrapping_add(usize::from(seed) << 7) >> 9;
    b'a' + u8::try_from(mixed % 26).unwrap()
}

/// Whether a piece of the secret, from this place on, is anywhere in the memory that this process may write to. What
/// the allocator writes into the beginning of a freed block spoils no more than that.
pub fn holds(seed: u8, from: usize) -> bool {
    let first = letter(seed, from);
    let is_here = |bytes: &[u8]| bytes[0] == first && (1..PIECE).all(|at| bytes[at] == letter(seed, from + at));
    let is_on = |page: &[u8]| page.contains(&first) && page.windows(PIECE).any(is_here);
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let memory = std::fs::File::open("/proc/self/mem").unwrap();
    let mut chunk = Zeroizing::new(vec![0; CHUNK]);
    let writable = maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|flags| flags.starts_with("rw")));
    for line in writable {
        let (start, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let address = |text| u64::from_str_radix(text, 16).unwrap();
        let (mut at, end) = (address(start), address(end));
        while at < end {
            let wanted = CHUNK.min(usize::try_from(end - at).unwrap());
            // A thread's stack may have gone meanwhile.
            let Ok(read) = memory.read_at(&mut chunk[..wanted], at) else { break };
            if (0..read).step_by(PAGE).any(|page| is_on(&chunk[page..read.min(page + PAGE + PIECE)])) {
                return true;
            }
            // The pieces overlap.
            at += u64::try_from(read.saturating_sub(PIECE).max(1)).unwrap();
        }
    }
    false
}
