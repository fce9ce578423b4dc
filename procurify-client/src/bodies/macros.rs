//! The one shape of all bodies.

/// Declares a body: required fields in parentheses, further ones in braces, as `name: kind = "json name"`.
///
/// | kind | argument | sent as |
/// | --- | --- | --- |
/// | `text` | `impl Into<String>` | a string |
/// | `list T` | `impl IntoIterator<Item = T>` | an array |
/// | `val T` | `T` | as [`Json`](crate::bodies::json::Json) writes it |
/// | `null T` | `impl Into<Patch<T>>` | left out, null, or a value |
macro_rules! body {
    ($(#[$meta:meta])* $name:ident ( $($(#[$rd:meta])* $r:ident: $rk:ident $($rt:ty)? = $rj:literal),* $(,)? ) { $($optional:tt)* }) => {
        body! { @type [$(#[$meta])*] $name { $($optional)* } }

        impl $name {
            /// With what the API requires.
            #[allow(clippy::new_without_default, clippy::too_many_arguments)]
            pub fn new($($r: body!(@arg $rk $($rt)?)),*) -> Self {
                let body = Self(serde_json::Map::new());
                $(let body = body!(@set body, $rj, $r, $rk);)*
                body
            }
        }
    };
    (@type [$($meta:tt)*] $name:ident { $($(#[$d:meta])* $f:ident: $k:ident $($t:ty)? = $j:literal,)* }) => {
        $($meta)*
        ///
        /// Its `Debug` shows which fields are set, not what they hold.
        #[derive(Clone, PartialEq, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(serde_json::Map<String, serde_json::Value>);

        impl $name {
            $(
                $(#[$d])*
                #[doc = concat!("Sets `", $j, "`.")]
                pub fn $f(self, value: body!(@arg $k $($t)?)) -> Self {
                    body!(@set self, $j, value, $k)
                }
            )*
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_list().entries(self.0.keys()).finish()
            }
        }

        impl $crate::bodies::json::Json for $name {
            fn json(&self) -> serde_json::Value {
                serde_json::Value::Object(self.0.clone())
            }
        }
    };
    (@arg text) => { impl Into<String> };
    (@arg list $t:ty) => { impl IntoIterator<Item = $t> };
    (@arg val $t:ty) => { $t };
    (@arg null $t:ty) => { impl Into<$crate::bodies::Patch<$t>> };
    (@set $body:expr, $j:literal, $v:ident, text) => {{
        let mut body = $body;
        let text: String = $v.into();
        body.0.insert($j.to_owned(), serde_json::Value::String(text));
        body
    }};
    (@set $body:expr, $j:literal, $v:ident, list) => {{
        let mut body = $body;
        let items: Vec<_> = $v.into_iter().collect();
        body.0.insert($j.to_owned(), $crate::bodies::json::Json::json(&items));
        body
    }};
    (@set $body:expr, $j:literal, $v:ident, val) => {{
        let mut body = $body;
        body.0.insert($j.to_owned(), $crate::bodies::json::Json::json(&$v));
        body
    }};
    (@set $body:expr, $j:literal, $v:ident, null) => {{
        let mut body = $body;
        match $v.into() {
            $crate::bodies::Patch::Leave => body.0.remove($j),
            $crate::bodies::Patch::Clear => body.0.insert($j.to_owned(), serde_json::Value::Null),
            $crate::bodies::Patch::Set(value) => {
                body.0.insert($j.to_owned(), $crate::bodies::json::Json::json(&value))
            }
        };
        body
    }};
}
