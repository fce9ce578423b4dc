//! The next page, read while the rows of the present one are being used.

use std::future::{Future, poll_fn};
use std::task::Poll;

use futures_util::future::BoxFuture;
use tenant_http::on_its_own;

/// In a runtime of one thread nothing else runs until the rows of a page are used up: so many turns it takes until the
/// request for the next one is on its way (its page's, its call's, and the connection's).
const TURNS: usize = 3;

/// A page under way. Dropping it gives it up.
pub(crate) struct Ahead<T>(BoxFuture<'static, Option<T>>);

impl<T: Send + 'static> Ahead<T> {
    /// Starts it, and lets the connection send its request.
    pub(crate) async fn start(page: impl Future<Output = T> + Send + 'static) -> Self {
        let ahead = Self(on_its_own(page));
        let mut turns = 0;
        poll_fn(|context| {
            turns += 1;
            if turns > TURNS {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        ahead
    }

    /// Its outcome; `None` only if the runtime was shut down meanwhile.
    pub(crate) async fn outcome(self) -> Option<T> {
        self.0.await
    }
}
