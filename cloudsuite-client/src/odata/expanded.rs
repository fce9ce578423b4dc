//! Collections inside entities that the server gives in pages of their own, read to their end: a part of an order's
//! lines would look like all of them.

use serde::Deserialize;
use serde_json::value::RawValue;
use tenant_http::{Error, ErrorKind, Outcome};

use super::Service;
use super::entity::Entity;
use super::fault::{EXPLAINED, accepted};
use crate::progress::Progress;

#[derive(Deserialize)]
struct Part {
    value: Vec<Box<RawValue>>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

impl Service {
    /// Adds to what is expanded inside an entity of the page at `here` what the server left for further pages.
    pub(super) async fn complete(
        &self,
        operation: &str,
        here: &str,
        entity: &mut Entity,
        expanded: &[impl AsRef<str>],
    ) -> Result<(), Error> {
        for property in expanded.iter().map(AsRef::as_ref) {
            let (mut here, mut progress) = (here.to_owned(), Progress::new());
            while let Some(link) = entity.rest_of(property) {
                let next = self.link(operation, &here, &link)?;
                if next == here || !progress.moves_on_to(next.clone()) {
                    let message = format!("the link to the rest of {property} does not move on");
                    return Err(Error::new(ErrorKind::Protocol, Outcome::Unknown, operation, message));
                }
                let request = self.dressed(self.http().get(&next)).operation(operation).accept_status(&EXPLAINED);
                let part: Part = accepted(operation, request.send().await?)?.json(operation)?;
                entity.extend(property, part.value, part.next).map_err(|error| {
                    let message = format!("{property} is no list of entities");
                    Error::new(ErrorKind::Decode, Outcome::Unknown, operation, message).with_source(error)
                })?;
                here = next;
            }
        }
        Ok(())
    }
}
