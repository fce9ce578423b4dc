//! A method of an IDO, called with its parameters in order.

use tenant_http::{Error, ErrorKind, Outcome};

use super::SyteLine;
use super::call::{accepted, call};
use super::filter::check_property;
use super::value::Value;

/// A call being put together.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until send()"]
pub struct Invoke {
    syteline: SyteLine,
    ido: String,
    method: String,
    parameters: Vec<Option<String>>,
    read: bool,
}

/// What a method answered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invoked {
    /// All parameters in order, the outputs filled in.
    pub parameters: Vec<Option<String>>,
    /// `0` where all went well, as most methods have it.
    pub return_value: Option<String>,
}

impl Invoke {
    pub(crate) fn new(syteline: SyteLine, ido: &str, method: &str) -> Self {
        Self { syteline, ido: ido.to_owned(), method: method.to_owned(), parameters: Vec::new(), read: false }
    }

    /// The next parameter.
    pub fn parameter(mut self, value: impl Into<Value>) -> Self {
        self.parameters.push(value.into().as_str().map(str::to_owned));
        self
    }

    /// A parameter that the method fills in.
    pub fn output(mut self) -> Self {
        self.parameters.push(None);
        self
    }

    /// Declares that the method only reads, so that it may be sent again after any failure.
    pub fn read(mut self) -> Self {
        self.read = true;
        self
    }

    /// Calls the method.
    ///
    /// # Errors
    /// A failed call, or a refusal: `Success` is false, or the return value is that of a validation error (16), whose
    /// text stands in one of the parameters.
    pub async fn send(self) -> Result<Invoked, Error> {
        let operation = format!("POST invoke {}.{}", self.ido, self.method);
        for name in [&self.ido, &self.method] {
            check_property(name).map_err(|reason| Error::config(operation.as_str(), reason))?;
        }
        let path = format!("{}/invoke/{}", self.syteline.path(), self.ido);
        let http = self.syteline.client().http();
        let request = http.post(&path).query(&[("method", self.method.as_str())]).json(&self.parameters);
        let answer = call(&self.syteline, &operation, self.read, request).await?;
        let answer = accepted(&self.syteline, &operation, answer)?;
        let invoked = Invoked { parameters: answer.parameters, return_value: answer.return_value };
        match invoked.return_value.as_deref().map(str::trim) {
            None | Some("" | "0") => Ok(invoked),
            Some(value) => Err(self.complaint(&operation, value, &invoked)),
        }
    }

    /// The text of a refusal is in a parameter that was handed over empty.
    fn complaint(&self, operation: &str, value: &str, invoked: &Invoked) -> Error {
        let filled = |(after, before): (&Option<String>, Option<&Option<String>>)| {
            let empty = before.is_none_or(|before| before.as_deref().is_none_or(str::is_empty));
            after.clone().filter(|text| empty && !text.trim().is_empty())
        };
        let before = (0..invoked.parameters.len()).map(|place| self.parameters.get(place));
        let said: Vec<String> = invoked.parameters.iter().zip(before).filter_map(filled).collect();
        let message = format!("the method returned {value}: {}", said.join("; "));
        Error::new(ErrorKind::Validation, Outcome::Rejected, operation, message)
    }
}
