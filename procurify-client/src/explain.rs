//! The words in an error answer: `detail`, `message`, or `errors` by field.

use serde_json::Value;

/// What a Procurify error answer says, with what to do where we know it.
pub(crate) fn explain(status: u16, body: &str) -> Option<String> {
    let value = serde_json::from_str::<Value>(body).ok();
    let said = value.as_ref().map(words).unwrap_or_default().join("; ");
    let advice = match status {
        401 => Some("an OAuth application stops working when the user who created it is deactivated"),
        403 => Some(
            "an OAuth application acts as the user who created it, and the role of that user lacks this permission",
        ),
        _ => None,
    };
    match (said.is_empty(), advice) {
        (true, None) => None,
        (true, Some(advice)) => Some(advice.to_owned()),
        (false, None) => Some(said),
        (false, Some(advice)) => Some(format!("{said} ({advice})")),
    }
}

fn words(value: &Value) -> Vec<String> {
    let Value::Object(fields) = value else {
        return flat("", value);
    };
    let known = ["detail", "message", "error_description", "errors"];
    let said: Vec<String> =
        known.iter().filter_map(|name| fields.get(*name)).flat_map(|value| flat("", value)).collect();
    if said.is_empty() {
        // A validation error may also be the fields themselves.
        return flat("", value);
    }
    said
}

/// All texts below a value, each with the path of fields that leads to it.
fn flat(path: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| *name != "metadata")
            .flat_map(|(name, value)| {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flat(&path, value)
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(|item| flat(path, item)).collect(),
        Value::String(text) if path.is_empty() => vec![text.clone()],
        Value::String(text) => vec![format!("{path}: {text}")],
        other if path.is_empty() => vec![other.to_string()],
        other => vec![format!("{path}: {other}")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_bodies_become_their_words() {
        for (status, body, expected) in [
            (400, r#"{"detail": "Invalid page."}"#, Some("Invalid page.")),
            (400, r#"{"message": "No.", "metadata": {"x": 1}}"#, Some("No.")),
            (
                422,
                r#"{"errors": {"name": ["This field is required."], "lines": [{"price": ["Too big."]}]}}"#,
                Some("lines.price: Too big.; name: This field is required."),
            ),
            (400, r#"{"email": ["Enter a valid address."]}"#, Some("email: Enter a valid address.")),
            (400, r#"["Nope"]"#, Some("Nope")),
            (500, "<html>", None),
        ] {
            assert_eq!(explain(status, body).as_deref(), expected, "{body}");
        }
        assert!(explain(403, "").is_some_and(|words| words.contains("role of that user")));
    }
}
