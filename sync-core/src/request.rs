//! The other systems' own ids of the requests that were sent to them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What the other systems call the requests that something came from, each once; empty as far as they gave no ids.
///
/// By such an id their support finds a request in their logs. Sources and sinks that know none leave it empty.
///
/// ```
/// use sync_core::RequestIds;
/// let ids: RequestIds = ["req-1", "req-2", "req-1"].into_iter().collect();
/// assert_eq!(ids.to_string(), "req-1, req-2");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestIds(Vec<String>);

impl RequestIds {
    /// No ids.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ids, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl<I: Into<String>> Extend<I> for RequestIds {
    fn extend<T: IntoIterator<Item = I>>(&mut self, ids: T) {
        for id in ids.into_iter().map(Into::into) {
            if !self.0.contains(&id) {
                self.0.push(id);
            }
        }
    }
}

impl<I: Into<String>> FromIterator<I> for RequestIds {
    fn from_iter<T: IntoIterator<Item = I>>(ids: T) -> Self {
        let mut all = Self::none();
        all.extend(ids);
        all
    }
}

impl From<RequestIds> for Vec<String> {
    fn from(ids: RequestIds) -> Self {
        ids.0
    }
}

impl fmt::Display for RequestIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}
