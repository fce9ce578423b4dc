//! Quoting what a server said: shortened, and with every secret we know of replaced.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// Longest quotation of an answer's body, in characters.
const QUOTE: usize = 500;

/// Replaces registered secrets by `***`, in the spellings in which a server may echo them.
#[derive(Clone, Default)]
pub(crate) struct Scrubber {
    secrets: Arc<[SecretString]>,
}

impl Scrubber {
    pub(crate) fn new(secrets: Vec<SecretString>) -> Self {
        Self { secrets: secrets.into() }
    }

    /// `text` without any registered secret, nor `extra` (the token in use).
    pub(crate) fn clean(&self, text: &str, extra: Option<&SecretString>) -> String {
        let mut clean = text.to_owned();
        for secret in self.secrets.iter().chain(extra) {
            for spelling in spellings(secret.expose_secret()) {
                if !spelling.is_empty() && clean.contains(&spelling) {
                    clean = clean.replace(&spelling, "***");
                }
            }
        }
        clean
    }

    /// A body as it may stand in an error: scrubbed first, then shortened, so that no half secret is left. Of JSON the
    /// values are quoted, each after its name.
    pub(crate) fn quote(&self, body: &[u8], extra: Option<&SecretString>) -> String {
        let text = String::from_utf8_lossy(body);
        if holds_token(&text) {
            return "(not quoted, for it holds a token)".to_owned();
        }
        let text = self.clean(&text, extra);
        let text = in_words(&text).unwrap_or(text);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        shorten(&text, QUOTE)
    }
}

/// The values of a JSON object or list, each after its name; none if the text is no such thing.
fn in_words(text: &str) -> Option<String> {
    let value: Value = serde_json::from_str(text).ok().filter(|value: &Value| value.is_object() || value.is_array())?;
    let mut words = Vec::new();
    collect("", &value, &mut words);
    Some(words.join("; ")).filter(|words| !words.is_empty())
}

fn collect(name: &str, value: &Value, words: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| collect(name, value, words)),
        Value::Array(entries) => entries.iter().for_each(|entry| collect(name, entry, words)),
        Value::Null => {}
        value => {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            words.push(if name.is_empty() { text } else { format!("{name}: {text}") });
        }
    }
}

/// Whether a body looks like the answer to a login, whose token nobody has registered yet.
pub(crate) fn holds_token(body: &str) -> bool {
    ["access_token", "refresh_token", "id_token"].iter().any(|name| body.contains(name))
}

/// The first `limit` characters of `text`, with a mark where it was cut.
pub(crate) fn shorten(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn spellings(secret: &str) -> [String; 3] {
    let form = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>();
    let json = serde_json::Value::from(secret).to_string();
    let json = json.trim_matches('"').to_owned();
    [secret.to_owned(), form, json]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_replaced_in_every_spelling() {
        let scrubber = Scrubber::new(vec![SecretString::from("p#1\"$x")]);
        let text = r#"raw p#1"$x form p%231%22%24x json p#1\"$x"#;
        assert_eq!(scrubber.clean(text, None), "raw *** form *** json ***");
    }

    #[test]
    fn of_json_the_values_are_quoted_as_people_read_them() {
        let quote = |body: &str| Scrubber::default().quote(body.as_bytes(), None);
        let body = r#"{"error": {"code": "500", "message": "Out of order."}, "lines": ["no item", {"tax": null}]}"#;
        assert_eq!(quote(body), "code: 500; message: Out of order.; lines: no item");
        assert_eq!(quote("<p>Bad Gateway</p>"), "<p>Bad Gateway</p>");
        assert_eq!(quote("{}"), "{}");
    }

    #[test]
    fn a_quotation_is_cut_after_scrubbing() {
        let scrubber = Scrubber::new(vec![SecretString::from("topsecret")]);
        let body = format!("{}topsecret", "x".repeat(QUOTE - 4));
        let quote = scrubber.quote(body.as_bytes(), None);
        assert!(!quote.contains("tops"), "{quote}");
    }
}
