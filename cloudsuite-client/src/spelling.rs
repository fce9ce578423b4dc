//! Suppliers' invoice numbers, which people type in the letters they like.

/// A number as it is, in capitals and in small letters, each once. Whoever asks for all of them finds it whatever the
/// product's own search makes of case, unless it was typed in a mixture.
pub(crate) fn spellings(number: &str) -> Vec<String> {
    let number = number.trim();
    let mut spellings = vec![number.to_owned()];
    for other in [number.to_uppercase(), number.to_lowercase()] {
        if !spellings.contains(&other) {
            spellings.push(other);
        }
    }
    spellings
}

/// Whether two numbers are one, whatever their case and the blanks around them.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}
