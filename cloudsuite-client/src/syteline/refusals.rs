//! Which refusals of the IDO service are about who asks or how it is set up, and not about a record.
//!
//! The service has no codes for them, and its words are those of its release and language: so they are a setting, whose
//! default is a guess.

use tenant_http::{Error, ErrorKind, Outcome};

use super::wire::Answer;

/// Words of refusals that any record would meet; they are looked for in the message, whatever the case.
///
/// What is not recognised counts as a refusal of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusals {
    /// The user lacks a privilege. Default `privilege`, `not authorized`, `access denied`.
    pub denied: Vec<String>,
    /// The configuration is wrong, or there is no IDO or property of a name. Default `configuration is not valid`,
    /// `invalid configuration`, `does not exist in IDO`, `IDO does not exist`, `property does not exist`, `invalid
    /// property`.
    pub misconfigured: Vec<String>,
}

impl Default for Refusals {
    fn default() -> Self {
        let all = |words: &[&str]| words.iter().map(|&words| words.to_owned()).collect();
        Self {
            denied: all(&["privilege", "not authorized", "access denied"]),
            misconfigured: all(&[
                "configuration is not valid",
                "invalid configuration",
                "does not exist in IDO",
                "IDO does not exist",
                "property does not exist",
                "invalid property",
            ]),
        }
    }
}

impl Refusals {
    /// What a refusal means where nothing else was in the call.
    pub(super) fn judge<I>(&self, operation: &str, answer: &Answer<I>) -> Error {
        let said = answer.message.as_deref().unwrap_or_default().to_lowercase();
        let is_one_of = |words: &[String]| words.iter().any(|words| said.contains(&words.to_lowercase()));
        let (kind, outcome, hint) = if is_one_of(&self.denied) {
            (ErrorKind::Permission, Outcome::NotProcessed, ": give the user the privilege")
        } else if is_one_of(&self.misconfigured) {
            (ErrorKind::Config, Outcome::NotProcessed, ": check configuration and names in the settings")
        } else {
            (ErrorKind::Validation, Outcome::Rejected, "")
        };
        let error = Error::new(kind, outcome, operation, format!("{}{hint}", answer.complaint()));
        if outcome == Outcome::Rejected { error } else { error.with_status(answer.status) }
    }
}
