//! The next page, asked for while the rows of the present one are being used.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use futures_util::future::{BoxFuture, MaybeDone, maybe_done};

/// A request under way. Dropping it gives it up.
pub(crate) struct Ahead<T>(Pin<Box<MaybeDone<BoxFuture<'static, T>>>>);

impl<T> Ahead<T> {
    /// Starts it. Its call goes on by itself then.
    pub(crate) async fn start(request: impl Future<Output = T> + Send + 'static) -> Self {
        let request: BoxFuture<'static, T> = Box::pin(request);
        let mut ahead = Box::pin(maybe_done(request));
        poll_fn(|context| Poll::Ready(ahead.as_mut().poll(context).is_ready())).await;
        Self(ahead)
    }

    /// Its outcome; `None` only if it was taken before.
    pub(crate) async fn outcome(mut self) -> Option<T> {
        self.0.as_mut().await;
        self.0.as_mut().take_output()
    }
}
