//! Many records by a property's values, in as few calls as the length of an address allows.

use tenant_http::Error;

use super::filter::Filter;
use super::load::Load;
use super::value::Value;

/// Bytes that a list of values may have in an address. Web servers are known to refuse a query of over 2,048.
const LONGEST_LIST: usize = 1_300;

/// All records of which `property` has one of these values, each value asked for once.
pub(crate) async fn by_values<T: Clone + Send + 'static>(
    load: &Load<T>,
    property: &str,
    mut values: Vec<Value>,
) -> Result<Vec<T>, Error> {
    values.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    values.dedup();
    let mut found = Vec::new();
    let mut rest = values.as_slice();
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = |value: &&Value| {
            bytes += encoded_length(value.as_str().unwrap_or_default()) + 12;
            bytes <= LONGEST_LIST
        };
        let (now, later) = rest.split_at(rest.iter().take_while(fits).count().max(1));
        let filter = Filter::property(property).one_of(now.iter().cloned());
        found.extend(load.clone().filter(filter).all().await?);
        rest = later;
    }
    Ok(found)
}

/// Bytes of a text in an address.
fn encoded_length(text: &str) -> usize {
    text.bytes().map(|b| if b.is_ascii_alphanumeric() { 1 } else { 3 }).sum()
}
