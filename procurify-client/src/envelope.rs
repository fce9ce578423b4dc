//! The wrapping of answers: `data`, and pagination under `metadata` or at the top.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tenant_http::{Error, ErrorKind, Page, Response, Url};

/// One record.
#[derive(Deserialize)]
pub(crate) struct Single<T> {
    pub(crate) data: T,
}

/// One record with what stands beside it.
#[derive(Deserialize)]
pub(crate) struct Described<T> {
    pub(crate) data: T,
    pub(crate) metadata: Option<crate::Metadata>,
}

#[derive(Deserialize)]
struct Listing<T> {
    metadata: Option<Metadata>,
    pagination: Option<Pagination>,
    data: Vec<T>,
}

/// The older document wraps each location once more.
#[derive(Deserialize)]
struct Wrapped<T> {
    data: Vec<T>,
}

#[derive(Deserialize)]
struct Metadata {
    pagination: Option<Pagination>,
}

#[derive(Deserialize)]
struct Pagination {
    count: Option<u64>,
    next: Option<String>,
    page_size: Option<u64>,
    num_pages: Option<u64>,
    current_page: Option<u64>,
}

/// Reads a page of a list; without any pagination it is the only one.
pub(crate) fn page<T: DeserializeOwned>(response: &Response, operation: &str, asked: u64) -> Result<Page<T>, Error> {
    let listing = match response.json::<Listing<T>>(operation) {
        Ok(listing) => listing,
        // What a wrapped answer would say of an ordinary one is of no use: the first error stands.
        Err(error) => unwrapped(response, operation).ok_or(error)?,
    };
    let mut page = Page::new(asked, listing.data);
    page.server_date = response.date;
    page.request_ids = response.request_ids();
    let pagination = listing.metadata.and_then(|m| m.pagination).or(listing.pagination);
    if let Some(pagination) = pagination {
        page.count = pagination.count.unwrap_or(page.count);
        page.page = pagination.current_page.unwrap_or(asked);
        page.page_size = pagination.page_size.unwrap_or(page.page_size);
        page.next = pagination.next.and_then(|next| Url::parse(&next).ok());
        let at_least = if page.next.is_some() { asked + 1 } else { asked };
        page.num_pages = pagination.num_pages.unwrap_or(at_least);
    }
    Ok(page)
}

fn unwrapped<T: DeserializeOwned>(response: &Response, operation: &str) -> Option<Listing<T>> {
    let wrapped: Listing<Wrapped<T>> = response.json(operation).ok()?;
    Some(Listing {
        metadata: wrapped.metadata,
        pagination: wrapped.pagination,
        data: wrapped.data.into_iter().flat_map(|inner| inner.data).collect(),
    })
}

/// Whether an error is Procurify's way of saying that a list has no such page.
pub(crate) fn is_beyond_the_end(error: &Error) -> bool {
    error.kind() == ErrorKind::NotFound && error.message().to_lowercase().contains("invalid page")
}
