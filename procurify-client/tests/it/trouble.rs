//! Whatever happens on the way: a typed error that names the operation, in time, whether it happens to the login or to
//! the call after it.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{TimeDelta, Utc};
use procurify_client::*;
use tenant_http::TokenSource;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A token that needs no login.
struct Token;

#[async_trait]
impl TokenSource for Token {
    async fn token(&self) -> Result<AccessToken, Error> {
        Ok(AccessToken::new("t".into(), Utc::now() + TimeDelta::hours(1)))
    }

    async fn invalidate(&self, _: &AccessToken) {}
}

fn builder(url: &str) -> ProcurifyClientBuilder {
    ProcurifyClient::builder("acme")
        .base_url(url.parse().unwrap())
        .retry(RetryPolicy::none())
        .timeouts(Timeouts { connect: Duration::from_secs(2), request: Duration::from_secs(5) })
}

/// The failure of one list; it must name the operation.
async fn failure(client: &ProcurifyClient, operation: &str) -> Error {
    let error = client.vendors().list().send_page(1).await.unwrap_err();
    assert_eq!(error.operation(), operation);
    assert!(error.to_string().contains(operation), "{error}");
    error
}

/// Counts exchanges.
#[derive(Default)]
struct Count(AtomicUsize);

impl Observer for Count {
    fn exchanged(&self, _: &Exchange<'_>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// The failure where the token needs no login. With one it is the login's: of the same kind, proven unprocessed, and
/// tried as often as the policy says, which is what bounds the wait for it.
async fn both(builder: impl Fn() -> ProcurifyClientBuilder) -> Error {
    let error = failure(&builder().tokens(Arc::new(Token)).build().unwrap(), "GET /api/v3/vendors/").await;
    for (retry, attempts) in
        [(RetryPolicy::none(), 1), (RetryPolicy { max_attempts: 2, base: Duration::ZERO, ..RetryPolicy::none() }, 2)]
    {
        let count = Arc::new(Count::default());
        let client = builder().retry(retry).credentials("app-id", "app-secret").observer(count.clone());
        let of_login = failure(&client.build().unwrap(), "POST /oauth/token").await;
        assert_eq!((of_login.kind(), of_login.outcome()), (error.kind(), Outcome::NotProcessed), "{of_login:?}");
        let transient = !matches!(error.kind(), ErrorKind::TooLarge);
        assert_eq!(count.0.load(Ordering::SeqCst), if transient { attempts } else { 1 });
    }
    error
}

/// A server that treats each connection in its own way.
async fn server<F, Fut>(treat: F) -> String
where
    F: Fn(TcpStream) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(treat(stream));
        }
    });
    format!("127.0.0.1:{}", address.port())
}

/// Answers each connection with these bytes, and then says no more.
async fn answering(answer: Vec<u8>) -> String {
    let answer = Arc::new(answer);
    let address = server(move |mut stream| {
        let answer = Arc::clone(&answer);
        async move {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(&answer).await;
            let _ = stream.shutdown().await;
        }
    });
    format!("http://{}", address.await)
}

fn response(headers: &str, body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n{headers}\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    answer
}

#[tokio::test]
async fn nobody_listening() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = both(|| builder(&format!("http://{address}"))).await;
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Connect, Outcome::NotProcessed));
}

#[tokio::test]
async fn a_name_that_does_not_exist() {
    let error = both(|| builder("https://acme.invalid")).await;
    assert!(matches!(error.kind(), ErrorKind::Connect | ErrorKind::Timeout), "{error:?}");
    assert_eq!(error.outcome(), Outcome::NotProcessed);
}

#[tokio::test]
async fn no_tls_where_tls_was_expected() {
    let address = server(|mut stream| async move {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.9\r\n").await;
    });
    let address = address.await;
    let error = both(|| builder(&format!("https://{address}"))).await;
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Connect, Outcome::NotProcessed));
}

#[tokio::test]
async fn a_connection_that_is_closed_half_way() {
    let answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{\"data\": [";
    let url = answering(answer.to_vec()).await;
    let error = both(|| builder(&url)).await;
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Protocol, Outcome::Unknown));
    let url = answering(Vec::new()).await;
    let error = both(|| builder(&url)).await;
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Connect, Outcome::Unknown));
}

#[tokio::test]
async fn a_server_that_never_answers() {
    let url = format!(
        "http://{}",
        server(|stream| async move {
            let _held = stream;
            std::future::pending::<()>().await;
        })
        .await
    );
    let timeouts = Timeouts { connect: Duration::from_secs(2), request: Duration::from_millis(200) };
    let error = both(|| builder(&url).timeouts(timeouts)).await;
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Unknown));
}

#[tokio::test]
async fn ten_megabytes_of_garbage() {
    let garbage: Vec<u8> = (0..10 * 1024 * 1024_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let url = answering(response("content-type: application/json\r\n", &garbage)).await;
    let error = both(|| builder(&url)).await;
    assert_eq!((error.kind(), error.status()), (ErrorKind::Decode, Some(200)));
    assert!(error.to_string().len() < 2000, "the error quotes only a little");
    let error = both(|| builder(&url).max_body(1024 * 1024)).await;
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn an_html_page_of_a_proxy() {
    let url = answering(response("content-type: text/html\r\n", b"<html><h1>Sign in</h1></html>")).await;
    let error = both(|| builder(&url)).await;
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Protocol, Outcome::Unknown));
    let client = builder(&url).tokens(Arc::new(Token)).build().unwrap();
    let Err(error) = client.vendors().list().csv().await else { panic!("an HTML page is no export") };
    assert_eq!(error.kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn a_gzip_bomb() {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![b' '; 1024 * 1024];
    for _ in 0..256 {
        bomb.write_all(&zeros).unwrap();
    }
    let headers = "content-type: application/json\r\ncontent-encoding: gzip\r\n";
    let url = answering(response(headers, &bomb.finish().unwrap())).await;
    let error = both(|| builder(&url).max_body(4 * 1024 * 1024)).await;
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn an_export_that_breaks_off_ends_in_an_error() {
    use futures_util::StreamExt;
    let address = server(|mut stream| async move {
        let mut request = [0; 4096];
        let read = stream.read(&mut request).await.unwrap();
        let answer = if String::from_utf8_lossy(&request[..read]).contains("format=csv") {
            b"HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\ncontent-length: 1000\r\n\r\nid,name\r\n1,A\r\n".to_vec()
        } else {
            response("connection: close\r\n", br#"{"data": [{"id": 1}]}"#)
        };
        let _ = stream.write_all(&answer).await;
        let _ = stream.shutdown().await;
    });
    let url = format!("http://{}", address.await);
    let csv = builder(&url).tokens(Arc::new(Token)).build().unwrap().vendors().list().csv().await.unwrap();
    let pieces: Vec<_> = csv.collect().await;
    let (last, whole) = pieces.split_last().unwrap();
    let text: Vec<u8> = whole.iter().flat_map(|piece| piece.as_ref().unwrap().to_vec()).collect();
    assert_eq!(text, b"id,name\r\n1,A\r\n");
    let error = last.as_ref().unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Protocol, "GET /api/v3/vendors/"));
}
