//! Leave, clear or set.

/// What a change does to a field that may be null.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// Leaves it as it is: it is not sent.
    #[default]
    Leave,
    /// Clears it: null is sent.
    Clear,
    /// Sets it.
    Set(T),
}

impl<T> Patch<T> {
    /// Sets it to what is there, or clears it.
    pub fn set_or_clear(value: Option<T>) -> Self {
        value.map_or(Self::Clear, Self::Set)
    }
}

impl<T> From<T> for Patch<T> {
    fn from(value: T) -> Self {
        Self::Set(value)
    }
}

impl From<&str> for Patch<String> {
    fn from(value: &str) -> Self {
        Self::Set(value.to_owned())
    }
}
