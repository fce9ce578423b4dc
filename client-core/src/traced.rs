//! Results with the server's ids of the requests that they came from.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// A server's ids of the requests that something came from, each once; empty where it gave none.
///
/// By such an id the server's own people find a request in their logs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestIds(Vec<Arc<str>>);

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
        self.0.iter().map(AsRef::as_ref)
    }
}

impl Extend<Arc<str>> for RequestIds {
    fn extend<T: IntoIterator<Item = Arc<str>>>(&mut self, ids: T) {
        for id in ids {
            if !self.0.contains(&id) {
                self.0.push(id);
            }
        }
    }
}

impl FromIterator<Arc<str>> for RequestIds {
    fn from_iter<T: IntoIterator<Item = Arc<str>>>(ids: T) -> Self {
        let mut all = Self::none();
        all.extend(ids);
        all
    }
}

impl IntoIterator for RequestIds {
    type Item = Arc<str>;
    type IntoIter = std::vec::IntoIter<Arc<str>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// A result, and the server's ids of the requests that it came from. It can be used as the result itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traced<T> {
    /// The result.
    pub value: T,
    /// The requests.
    pub request_ids: RequestIds,
}

impl<T> Traced<T> {
    /// A result of these requests.
    pub const fn new(value: T, request_ids: RequestIds) -> Self {
        Self { value, request_ids }
    }

    /// Another result of the same requests.
    pub fn map<U>(self, turn: impl FnOnce(T) -> U) -> Traced<U> {
        Traced { value: turn(self.value), request_ids: self.request_ids }
    }
}

impl<T> From<Traced<T>> for RequestIds {
    fn from(traced: Traced<T>) -> Self {
        traced.request_ids
    }
}

impl<T> Deref for Traced<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Traced<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: IntoIterator> IntoIterator for Traced<T> {
    type Item = T::Item;
    type IntoIter = T::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        self.value.into_iter()
    }
}
