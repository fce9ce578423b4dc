//! The one shape of all models: only what identifies a record is required.

/// Declares a model from lines of `name: kind = "json name"`.
///
/// | kind | field |
/// | --- | --- |
/// | `key T` | `T`, required |
/// | `opt T` | `Option<T>` |
/// | `id T` | `Option<T>`, an id, also read from an object that has one |
/// | `rec T` | `Option<T>`, a record, also read from its id alone |
/// | `list T` | `Vec<T>`, empty when missing or null |
/// | `text` | `Option<Text>`, also read from a number |
/// | `dec` | `Option<Decimal>`, read exactly |
/// | `time`, `day`, `moment` | `Option` of `DateTime<Utc>`, `NaiveDate`, `DayOrTime` |
macro_rules! model {
    ($(#[$meta:meta])* $name:ident { $($body:tt)* }) => {
        model! { @field [$(#[$meta])* $name] {} $($body)* }
    };
    (@field [$(#[$meta:meta])* $name:ident] { $($fields:tt)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[non_exhaustive]
        pub struct $name { $($fields)* }
    };
    (@field $head:tt { $($done:tt)* } $(#[$d:meta])* $f:ident: key $t:ty = $j:literal, $($rest:tt)*) => {
        model! { @field $head { $($done)*
            $(#[$d])*
            #[doc = concat!("\n\nProcurify's `", $j, "`.")]
            #[serde(rename = $j)]
            pub $f: $t,
        } $($rest)* }
    };
    (@field $head:tt { $($done:tt)* } $(#[$d:meta])* $f:ident: opt $t:ty = $j:literal, $($rest:tt)*) => {
        model! { @option $head { $($done)* } [$(#[$d])*] $f [$t] $j [] $($rest)* }
    };
    (@field $head:tt { $($done:tt)* } $(#[$d:meta])* $f:ident: id $t:ty = $j:literal, $($rest:tt)*) => {
        model! { @option $head { $($done)* } [$(#[$d])*] $f [$t] $j
            [#[serde(deserialize_with = "crate::lenient::id")]] $($rest)* }
    };
    (@field $head:tt { $($done:tt)* } $(#[$d:meta])* $f:ident: rec $t:ty = $j:literal, $($rest:tt)*) => {
        model! { @option $head { $($done)* } [$(#[$d])*] $f [$t] $j
            [#[serde(deserialize_with = "crate::lenient::record")]] $($rest)* }
    };
    (@field $head:tt { $($done:tt)* } $(#[$d:meta])* $f:ident: text = $j:literal, $($rest:tt)*) => {
        model! { @option $head { $($done)* } [$(#[$d])*] $f [crate::Text] $j
            [#[serde(deserialize_with = "crate::lenient::text")]] $($rest)* }
    };
    (@field $head:tt { $($done:tt)* } $(#[$d:meta])* $f:ident: dec = $j:literal, $($rest:tt)*) => {
        model! { @option $head { $($done)* } [$(#[$d])*] $f [rust_decimal::Decimal] $j
            [#[serde(with = "tenant_http::decimal::option")]] $($rest)* }
    };
    (@field $head:tt { $($done:tt)* } $(#[$d:meta])* $f:ident: time = $j:literal, $($rest:tt)*) => {
        model! { @option $head { $($done)* } [$(#[$d])*] $f [chrono::DateTime<chrono::Utc>] $j
            [#[serde(deserialize_with = "crate::lenient::time")]] $($rest)* }
    };
    (@field $head:tt { $($done:tt)* } $(#[$d:meta])* $f:ident: day = $j:literal, $($rest:tt)*) => {
        model! { @option $head { $($done)* } [$(#[$d])*] $f [chrono::NaiveDate] $j
            [#[serde(deserialize_with = "crate::lenient::day")]] $($rest)* }
    };
    (@field $head:tt { $($done:tt)* } $(#[$d:meta])* $f:ident: moment = $j:literal, $($rest:tt)*) => {
        model! { @option $head { $($done)* } [$(#[$d])*] $f [crate::DayOrTime] $j
            [#[serde(deserialize_with = "crate::lenient::moment")]] $($rest)* }
    };
    (@field $head:tt { $($done:tt)* } $(#[$d:meta])* $f:ident: list $t:ty = $j:literal, $($rest:tt)*) => {
        model! { @field $head { $($done)*
            $(#[$d])*
            #[doc = concat!("\n\nProcurify's `", $j, "`.")]
            #[serde(rename = $j, default, deserialize_with = "crate::lenient::list", skip_serializing_if = "Vec::is_empty")]
            pub $f: Vec<$t>,
        } $($rest)* }
    };
    (@option $head:tt { $($done:tt)* } [$($d:tt)*] $f:ident [$t:ty] $j:literal [$($how:tt)*] $($rest:tt)*) => {
        model! { @field $head { $($done)*
            $($d)*
            #[doc = concat!("\n\nProcurify's `", $j, "`.")]
            #[serde(rename = $j, default, skip_serializing_if = "Option::is_none")]
            $($how)*
            pub $f: Option<$t>,
        } $($rest)* }
    };
}
