//! Many entities by a property's values, in as few calls as the length of an address allows.

use tenant_http::Error;

use super::filter::Filter;
use super::query::Query;

/// Bytes that a list of values may have in an address. Web servers are known to refuse a query of over 2,048.
const LONGEST_LIST: usize = 1_300;

/// All entities of which `property` has one of these values, each value asked for once.
pub(super) async fn by_values<T: Clone + Send + 'static>(
    query: &Query<T>,
    property: &str,
    values: &[impl AsRef<str>],
) -> Result<Vec<T>, Error> {
    let mut values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
    values.sort_unstable();
    values.dedup();
    let mut found = Vec::new();
    let mut rest = values.as_slice();
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = |value: &&&str| {
            let encoded: usize = value.bytes().map(|b| if b.is_ascii_alphanumeric() { 1 } else { 3 }).sum();
            bytes += encoded + property.len() + 20;
            bytes <= LONGEST_LIST
        };
        let (now, later) = rest.split_at(rest.iter().take_while(fits).count().max(1));
        let filter = Filter::property(property).one_of(now.iter().copied());
        found.extend(query.clone().filter(filter).all().await?);
        rest = later;
    }
    Ok(found)
}
