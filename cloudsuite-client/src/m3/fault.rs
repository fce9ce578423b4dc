//! What M3 says when a transaction fails.

use std::fmt;

use tenant_http::{ErrorKind, Outcome};

/// The kind of failure, as the REST layer names it (`errorType`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MiErrorType {
    /// M3 ran the transaction and refused it.
    ServerReturnedNok,
    /// A required field was not sent; M3 was not reached.
    MandatoryInputFieldNotFound,
    /// A value is longer than its field; M3 was not reached.
    InputFieldTooLong,
    /// The program has no such transaction; M3 was not reached.
    TransactionNotFound,
    /// A type this crate does not know, or the empty text if none was stated.
    Other(String),
}

impl MiErrorType {
    pub(crate) fn read(text: &str) -> Self {
        match text.trim() {
            "ServerReturnedNOK" => Self::ServerReturnedNok,
            "MandatoryInputFieldNotFound" => Self::MandatoryInputFieldNotFound,
            "InputFieldTooLong" => Self::InputFieldTooLong,
            "TransactionNotFound" => Self::TransactionNotFound,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Whether the request was refused before M3 itself saw it.
    pub(crate) fn is_before_m3(&self) -> bool {
        matches!(self, Self::MandatoryInputFieldNotFound | Self::InputFieldTooLong | Self::TransactionNotFound)
    }
}

impl fmt::Display for MiErrorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ServerReturnedNok => "ServerReturnedNOK",
            Self::MandatoryInputFieldNotFound => "MandatoryInputFieldNotFound",
            Self::InputFieldTooLong => "InputFieldTooLong",
            Self::TransactionNotFound => "TransactionNotFound",
            Self::Other(text) => text,
        })
    }
}

/// A transaction's failure in M3's own words.
///
/// The message comes in the language of the service account's user: show it, decide nothing by it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MiFault {
    /// Which layer refused and why.
    pub error_type: MiErrorType,
    /// M3's message code, such as `WSU0103`; may be missing.
    pub code: Option<String>,
    /// The field complained about.
    pub field: Option<String>,
    /// The message, without padding and without the code and field it repeats.
    pub message: String,
}

impl MiFault {
    pub(crate) fn new(error_type: MiErrorType, code: Option<&str>, field: Option<&str>, message: &str) -> Self {
        let given = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let (code, field) = (given(code), given(field));
        let message = clean(message, code.as_deref(), field.as_deref());
        Self { error_type, code, field, message }
    }

    /// Whether the fault says that the record asked for does not exist, where `key` is the field that named it.
    ///
    /// M3 has a message code for it that ends in `03`; it must not point at another field, such as the company. A fault
    /// without any code is taken to say so if it points at the key. Every other fault, such as a locked record or a
    /// lacking authority, says nothing about existence.
    pub fn says_absent(&self, key: &str) -> bool {
        if self.error_type != MiErrorType::ServerReturnedNok {
            return false;
        }
        match &self.code {
            Some(code) => {
                code.ends_with("03") && !self.is_authority() && self.field.as_deref().is_none_or(|field| field == key)
            }
            None => self.field.as_deref() == Some(key),
        }
    }

    /// What a program should make of it.
    pub fn kind(&self) -> ErrorKind {
        match &self.error_type {
            MiErrorType::ServerReturnedNok if self.is_authority() => ErrorKind::Permission,
            MiErrorType::ServerReturnedNok if self.code.as_deref().is_some_and(|code| code.ends_with("03")) => {
                ErrorKind::NotFound
            }
            MiErrorType::Other(_) if self.outcome() == Outcome::Unknown => ErrorKind::Unavailable,
            _ => ErrorKind::Validation,
        }
    }

    /// Whether the transaction did anything: an unknown type of failure without M3's code proves nothing.
    pub fn outcome(&self) -> Outcome {
        match &self.error_type {
            MiErrorType::ServerReturnedNok => Outcome::Rejected,
            kind if kind.is_before_m3() => Outcome::NotProcessed,
            MiErrorType::Other(kind) if kind.is_empty() && self.code.is_some() => Outcome::Rejected,
            _ => Outcome::Unknown,
        }
    }

    fn is_authority(&self) -> bool {
        self.code.as_deref().is_some_and(|code| code.starts_with("XAU"))
    }
}

impl fmt::Display for MiFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.message.is_empty() {
            write!(f, "refused without a message ({})", self.error_type)?;
        } else {
            f.write_str(&self.message)?;
        }
        match (&self.code, &self.field) {
            (Some(code), Some(field)) => write!(f, " ({code}, field {field})"),
            (Some(code), None) => write!(f, " ({code})"),
            (None, Some(field)) => write!(f, " (field {field})"),
            (None, None) => Ok(()),
        }
    }
}

/// The message without its padding, and without the code and the field name it may repeat.
fn clean(message: &str, code: Option<&str>, field: Option<&str>) -> String {
    let repeated = |word: &&str| Some(*word) == code || Some(*word) == field;
    message.split_whitespace().filter(|word| !repeated(word)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nok(code: Option<&str>, field: Option<&str>) -> MiFault {
        MiFault::new(MiErrorType::ServerReturnedNok, code, field, "no")
    }

    #[test]
    fn messages_are_freed_of_padding_code_and_field() {
        let fault = MiFault::new(
            MiErrorType::read("ServerReturnedNOK"),
            Some("WSU0103 "),
            Some("SUNO"),
            "WSU0103   SUNO Supplier S002  does not exist            ",
        );
        assert_eq!(fault.message, "Supplier S002 does not exist");
        assert_eq!(fault.to_string(), "Supplier S002 does not exist (WSU0103, field SUNO)");
    }

    #[test]
    fn each_type_of_failure_has_its_kind_and_outcome() {
        for (kind_of_error, code, kind, outcome) in [
            ("ServerReturnedNOK", "WSU0103", ErrorKind::NotFound, Outcome::Rejected),
            ("ServerReturnedNOK", "XIM0002", ErrorKind::Validation, Outcome::Rejected),
            ("ServerReturnedNOK", "XAU0008", ErrorKind::Permission, Outcome::Rejected),
            ("ServerReturnedNOK", "", ErrorKind::Validation, Outcome::Rejected),
            ("MandatoryInputFieldNotFound", "", ErrorKind::Validation, Outcome::NotProcessed),
            ("InputFieldTooLong", "", ErrorKind::Validation, Outcome::NotProcessed),
            ("TransactionNotFound", "", ErrorKind::Validation, Outcome::NotProcessed),
            ("ConnectionLost", "", ErrorKind::Unavailable, Outcome::Unknown),
            ("", "", ErrorKind::Unavailable, Outcome::Unknown),
            ("", "CPF9898", ErrorKind::Validation, Outcome::Rejected),
        ] {
            let fault = MiFault::new(MiErrorType::read(kind_of_error), Some(code), None, "text");
            assert_eq!((fault.kind(), fault.outcome()), (kind, outcome), "{kind_of_error} {code}");
        }
    }

    #[test]
    fn only_a_clear_statement_reads_as_absent() {
        assert!(nok(Some("WPU0103"), Some("PUNO")).says_absent("PUNO"));
        assert!(nok(Some("XRE0103"), None).says_absent("PUNO"));
        assert!(nok(None, Some("PUNO")).says_absent("PUNO"));
        assert!(!nok(None, None).says_absent("PUNO"));
        assert!(!nok(None, Some("CONO")).says_absent("PUNO"));
        assert!(!nok(Some("WCO0103"), Some("CONO")).says_absent("PUNO"), "the company is what is not there");
        assert!(!nok(Some("XAU0008"), Some("PUNO")).says_absent("PUNO"));
        assert!(!nok(Some("PU20015"), Some("PUNO")).says_absent("PUNO"), "a locked order is there");
    }
}
