//! Many records by a property's values, in as few calls as the length of an address allows.

use futures_util::TryStreamExt;
use tenant_http::Error;

use super::filter::Filter;
use super::load::Load;
use super::value::Value;

/// Bytes that a query may have. Web servers are known to refuse longer ones.
const LONGEST_QUERY: usize = 2_048;
/// Bytes that a list of values may have in it.
const LONGEST_LIST: usize = 1_300;

/// All records of which `property` has one of these values, each value asked for once.
pub(crate) async fn by_values<T: Clone + Send + 'static>(
    load: &Load<T>,
    property: &str,
    values: Vec<Value>,
) -> Result<Vec<T>, Error> {
    by_lists(load, property, values, LONGEST_LIST).await
}

/// As [`by_values`], in lists of so many bytes at most.
pub(crate) async fn by_lists<T: Clone + Send + 'static>(
    load: &Load<T>,
    property: &str,
    mut values: Vec<Value>,
    longest: usize,
) -> Result<Vec<T>, Error> {
    values.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    values.dedup();
    let mut found = Vec::new();
    let mut open = lists(&values, longest);
    while let Some(list) = open.pop() {
        let load = load.clone().filter(Filter::property(property).one_of(list.iter().cloned()));
        let first = load.page(None).await?;
        match first.next {
            // The next page's bookmark comes on top of the list: where both are too long, shorter lists need none.
            Some(next) if list.len() > 1 && load.query_length(Some(&next)) > LONGEST_QUERY => {
                let (one, other) = list.split_at(list.len() / 2);
                open.extend([other, one]);
            }
            Some(next) => {
                found.extend(first.items);
                let rest: Vec<_> = load.pages(Some(next)).try_collect().await?;
                found.extend(rest.into_iter().flat_map(|page| page.items));
            }
            None => found.extend(first.items),
        }
    }
    Ok(found)
}

/// The values in lists of so many bytes at most, the first of them last.
fn lists(values: &[Value], longest: usize) -> Vec<&[Value]> {
    let (mut lists, mut rest) = (Vec::new(), values);
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = |value: &&Value| {
            bytes += encoded_length(value.as_str().unwrap_or_default()) + 12;
            bytes <= longest
        };
        let (now, later) = rest.split_at(rest.iter().take_while(fits).count().max(1));
        lists.push(now);
        rest = later;
    }
    lists.reverse();
    lists
}

/// Bytes of a text in an address.
pub(super) fn encoded_length(text: &str) -> usize {
    text.bytes().map(|b| if b.is_ascii_alphanumeric() { 1 } else { 3 }).sum()
}
