//! What a code is in every product: a short text in a type of its own, checked when it is made.

/// A text that cannot be the code it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{value}\" cannot be a {what}: {reason}")]
pub struct InvalidCode {
    /// The refused text, shortened.
    pub value: String,
    /// The kind of code.
    pub what: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

/// The trimmed code, if it is one of at most `length` characters.
pub(crate) fn check(what: &'static str, text: &str, length: usize) -> Result<String, InvalidCode> {
    let code = text.trim();
    match code.chars().count() {
        0 => Err(refused(what, code, "it is blank".to_owned())),
        n if n > length => Err(refused(what, code, format!("it has {n} characters, at most {length} are allowed"))),
        _ if code.chars().any(char::is_control) => Err(refused(what, code, "it has control characters".to_owned())),
        _ => Ok(code.to_owned()),
    }
}

pub(crate) fn refused(what: &'static str, code: &str, reason: String) -> InvalidCode {
    InvalidCode { value: code.chars().take(40).flat_map(char::escape_default).collect(), what, reason }
}

/// The type of a code: what it is, its longest length, the function that checks it, and what that refuses.
macro_rules! code {
    ($(#[$doc:meta])* $name:ident, $what:literal, $length:literal, $check:path, $refused:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            #[doc = concat!("The longest ", $what, ", in characters.")]
            pub const MAX_LENGTH: usize = $length;

            #[doc = concat!("A ", $what, ", blanks around it removed.")]
            ///
            /// # Errors
            #[doc = $refused]
            pub fn new(text: impl AsRef<str>) -> Result<Self, $crate::codes::InvalidCode> {
                $check($what, text.as_ref(), Self::MAX_LENGTH).map(Self)
            }

            /// The code as text, without blanks around it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::codes::InvalidCode;

            fn from_str(text: &str) -> Result<Self, $crate::codes::InvalidCode> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::codes::InvalidCode;

            fn try_from(text: String) -> Result<Self, $crate::codes::InvalidCode> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> String {
                code.0
            }
        }    };
}

pub(crate) use code;
