//! How long a token lives, by the answer that brought it.

use chrono::TimeDelta;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};

/// `expires_in` of an OAuth answer: seconds as a number or as text, whole or not; missing, null and blank say nothing.
///
/// ```
/// use chrono::TimeDelta;
/// use tenant_http::ExpiresIn;
///
/// let read = |json: &str| serde_json::from_str::<ExpiresIn>(json).map(|read| read.or(TimeDelta::hours(1)));
/// for json in ["7200", "7200.0", "7.2e3", "\"7200\""] {
///     assert_eq!(read(json)?, TimeDelta::hours(2));
/// }
/// assert_eq!(read("null")?, TimeDelta::hours(1));
/// assert!(read("\"soon\"").is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExpiresIn(Option<TimeDelta>);

impl ExpiresIn {
    /// What was said, or this.
    pub fn or(self, unsaid: TimeDelta) -> TimeDelta {
        self.0.unwrap_or(unsaid)
    }
}

impl<'de> Deserialize<'de> for ExpiresIn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = crate::decimal::option::deserialize(deserializer)?;
        Ok(Self(seconds.map(time)))
    }
}

/// As far as time goes; what no clock counts to is the longest or shortest there is.
fn time(seconds: Decimal) -> TimeDelta {
    let extreme = if seconds.is_sign_negative() { TimeDelta::MIN } else { TimeDelta::MAX };
    i64::try_from(seconds.trunc()).ok().and_then(TimeDelta::try_seconds).unwrap_or(extreme)
}
