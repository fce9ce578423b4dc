//! Work that goes on while nobody polls it.

use std::future::Future;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tracing::Instrument;

use crate::{Error, ErrorKind, Outcome};

/// Starts work as a task of the runtime, where there is one: it goes on while the caller is busy with something else.
/// Dropping what is given ends it. `None` only if the runtime was shut down meanwhile.
pub fn on_its_own<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> BoxFuture<'static, Option<T>> {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        return work.map(Some).boxed();
    };
    let mut task = EndedOnDrop(runtime.spawn(work.in_current_span()));
    async move {
        match (&mut task.0).await {
            Ok(done) => Some(done),
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => None,
            },
        }
    }
    .boxed()
}

/// What became of work whose runtime is gone.
pub(crate) fn shut_down(operation: &str) -> Error {
    Error::new(ErrorKind::Other, Outcome::Unknown, operation, "the runtime was shut down meanwhile")
}

struct EndedOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for EndedOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
