//! The accept loop: one task a connection, all of them ended when the server is dropped.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{CONTENT_LENGTH, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

use super::{Call, Reply, Verdict};
use crate::Error;

/// What answers calls.
pub(crate) trait Serve: Send + Sync + 'static {
    fn serve(self: Arc<Self>, call: Call) -> impl Future<Output = Verdict> + Send;
}

/// A running server. Dropping it closes the socket and every connection.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    _stop: watch::Sender<()>,
}

type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// Larger bodies than any tenant takes; the tenants' own limits are far below.
const LARGEST_BODY: usize = 16 << 20;

impl Server {
    /// Binds a loopback address, port 0 for any free one.
    pub(crate) async fn bind(address: &str) -> Result<(TcpListener, SocketAddr), Error> {
        let address = address.replace("localhost:", "127.0.0.1:");
        let address: SocketAddr = address.parse().map_err(|_| Error::Address(address))?;
        if !address.ip().is_loopback() {
            return Err(Error::NotLoopback(address));
        }
        let failed = |source| Error::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let bound = listener.local_addr().map_err(failed)?;
        Ok((listener, bound))
    }

    pub(crate) fn start<S: Serve>(listener: TcpListener, address: SocketAddr, service: Arc<S>) -> Self {
        let (stop, stopped) = watch::channel(());
        tokio::spawn(accept(listener, service, stopped));
        Self { address, _stop: stop }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn accept<S: Serve>(listener: TcpListener, service: Arc<S>, mut stopped: watch::Receiver<()>) {
    loop {
        tokio::select! {
            _ = stopped.changed() => return,
            accepted = listener.accept() => {
                // A failed accept concerns that one caller (it went away, or we are out of handles).
                let Ok((stream, _)) = accepted else {
                    tokio::task::yield_now().await;
                    continue;
                };
                tokio::spawn(connection(stream, Arc::clone(&service), stopped.clone()));
            }
        }
    }
}

async fn connection<S: Serve>(stream: TcpStream, service: Arc<S>, mut stopped: watch::Receiver<()>) {
    // Answers are written whole; Nagle's algorithm would only make loopback slow.
    let _ = stream.set_nodelay(true);
    let reset = Arc::new(Notify::new());
    let answer = {
        let reset = Arc::clone(&reset);
        service_fn(move |request| answer(Arc::clone(&service), Arc::clone(&reset), request))
    };
    let mut connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
    tokio::select! {
        // How the peer ended the connection is the peer's affair.
        _ = &mut connection => {}
        _ = stopped.changed() => {}
        () = reset.notified() => {
            let stream = connection.into_parts().io.into_inner();
            // Zero linger makes the close a reset; where it is refused the peer sees an early end.
            let _ = stream.set_zero_linger();
        }
    }
}

async fn answer<S: Serve>(
    service: Arc<S>,
    reset: Arc<Notify>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let (head, body) = request.into_parts();
    let Ok(body) = http_body_util::Limited::new(body, LARGEST_BODY).collect().await else {
        return Ok(response(Reply::empty(hyper::StatusCode::PAYLOAD_TOO_LARGE)));
    };
    let call = Call {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body: body.to_bytes(),
    };
    // What has arrived is carried out, whether or not the caller lives to hear of it.
    let carried_out = tokio::spawn(service.serve(call)).await;
    match carried_out.unwrap_or_else(|_| Verdict::Answer(Reply::empty(hyper::StatusCode::INTERNAL_SERVER_ERROR))) {
        Verdict::Answer(reply) => Ok(response(reply)),
        Verdict::Truncate(reply) => Ok(truncated(reply)),
        Verdict::Reset => {
            reset.notify_one();
            std::future::pending().await
        }
    }
}

fn response(reply: Reply) -> Response<Body> {
    let body = Full::new(reply.body).map_err(|never| match never {}).boxed_unsync();
    with_head(reply.status, reply.headers, body)
}

fn truncated(reply: Reply) -> Response<Body> {
    let promised = HeaderValue::from(reply.body.len());
    let half = reply.body.slice(..reply.body.len() / 2);
    let frames = [Ok(Frame::data(half)), Err(std::io::Error::other("cut on purpose"))];
    let body = StreamBody::new(stream::iter(frames)).boxed_unsync();
    let mut headers = reply.headers;
    headers.push((CONTENT_LENGTH, promised));
    with_head(reply.status, headers, body)
}

fn with_head(
    status: hyper::StatusCode,
    headers: Vec<(hyper::header::HeaderName, HeaderValue)>,
    body: Body,
) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().extend(headers);
    response
}
