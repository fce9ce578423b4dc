//! Redirects: followed for reads on the same origin only, so that credentials never travel elsewhere.

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Method, StatusCode};
use url::Url;

/// Longest chain that is followed.
pub(super) const MOST: usize = 5;

/// Where a redirect leads.
pub(super) enum Redirect {
    /// Not a redirect.
    No,
    /// To another path of the same origin.
    Follow(Url),
    /// Not to be followed, and why.
    Refuse(String),
}

pub(super) fn judge(method: &Method, from: &Url, status: StatusCode, headers: &HeaderMap, hops: usize) -> Redirect {
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Redirect::No;
    }
    let target =
        headers.get(LOCATION).and_then(|value| value.to_str().ok()).and_then(|location| from.join(location).ok());
    let Some(target) = target else {
        return Redirect::Refuse("a redirect that leads nowhere".to_owned());
    };
    let place = format!("{}{}", target.origin().ascii_serialization(), target.path());
    if !same_origin(from, &target) {
        return Redirect::Refuse(format!(
            "a redirect to {place} was not followed, for credentials stay with one host: check the base URL"
        ));
    }
    if method != Method::GET {
        return Redirect::Refuse(format!(
            "a redirect of a {method} to {place} was not followed: check the path (a slash at its end?)"
        ));
    }
    if hops >= MOST {
        return Redirect::Refuse(format!("more than {MOST} redirects, the last to {place}"));
    }
    Redirect::Follow(target)
}

pub(super) fn same_origin(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host() == other.host()
        && one.port_or_known_default() == other.port_or_known_default()
}
