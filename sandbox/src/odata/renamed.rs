//! A tenant's own names for what is usually called otherwise: translated on the way in and out.

use std::collections::BTreeMap;

use serde_json::Value;

/// Theirs by the usual ones.
#[derive(Debug, Clone, Default)]
pub(super) struct Renamed(pub(super) BTreeMap<String, String>);

impl Renamed {
    /// The usual name; what goes under its usual name though it is renamed becomes unknown.
    fn usual(&self, name: &str) -> String {
        match self.0.iter().find(|(_, theirs)| *theirs == name) {
            Some((usual, _)) => usual.clone(),
            None if self.0.contains_key(name) => format!("{name}_unknown"),
            None => name.to_owned(),
        }
    }

    /// A text of an address, in which names stand outside literals; a service is one name with dots.
    pub(super) fn text(&self, text: &str) -> String {
        let (mut usual, mut name, mut literal) = (String::new(), String::new(), false);
        for c in text.chars().chain(['\0']) {
            if !literal && (c.is_alphanumeric() || c == '_' || c == '.') {
                name.push(c);
                continue;
            }
            usual.push_str(&self.usual(&std::mem::take(&mut name)));
            literal ^= c == '\'';
            usual.push(c);
        }
        usual.pop();
        usual
    }

    /// A body that came.
    pub(super) fn body(&self, body: &Value) -> Value {
        keys(body, &|name| self.usual(name))
    }

    /// A body that goes.
    pub(super) fn answer(&self, body: &Value) -> Value {
        keys(body, &|name| {
            let (name, rest) = name.split_at(name.find('@').unwrap_or(name.len()));
            format!("{}{rest}", self.0.get(name).map_or(name, String::as_str))
        })
    }
}

fn keys(value: &Value, name: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| (name(key), keys(value, name))).collect(),
        Value::Array(all) => all.iter().map(|value| keys(value, name)).collect(),
        other => other.clone(),
    }
}
