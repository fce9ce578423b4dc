//! Whatever happens on the way: a typed error that names the operation, in time.

use std::io::Write;
use std::sync::Arc;
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
        .tokens(Arc::new(Token))
        .retry(RetryPolicy::none())
        .timeouts(Timeouts { connect: Duration::from_secs(2), request: Duration::from_secs(5) })
}

/// The failure of one list; it must name the operation.
async fn failure(client: &ProcurifyClient) -> Error {
    let error = client.vendors().list().send_page(1).await.unwrap_err();
    assert_eq!(error.operation(), "GET /api/v3/vendors/");
    assert!(error.to_string().contains("GET /api/v3/vendors/"), "{error}");
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
    let error = failure(&builder(&format!("http://{address}")).build().unwrap()).await;
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Connect, Outcome::NotProcessed));
}

#[tokio::test]
async fn a_name_that_does_not_exist() {
    let error = failure(&builder("https://acme.invalid").build().unwrap()).await;
    assert!(matches!(error.kind(), ErrorKind::Connect | ErrorKind::Timeout), "{error:?}");
    assert_eq!(error.outcome(), Outcome::NotProcessed);
}

#[tokio::test]
async fn no_tls_where_tls_was_expected() {
    let address = server(|mut stream| async move {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.9\r\n").await;
    });
    let error = failure(&builder(&format!("https://{}", address.await)).build().unwrap()).await;
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Connect, Outcome::NotProcessed));
}

#[tokio::test]
async fn a_connection_that_is_closed_half_way() {
    let answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{\"data\": [";
    let url = answering(answer.to_vec()).await;
    let error = failure(&builder(&url).build().unwrap()).await;
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Protocol, Outcome::Unknown));
    let url = answering(Vec::new()).await;
    let error = failure(&builder(&url).build().unwrap()).await;
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
    let error = failure(&builder(&url).timeouts(timeouts).build().unwrap()).await;
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Unknown));
}

#[tokio::test]
async fn ten_megabytes_of_garbage() {
    let garbage: Vec<u8> = (0..10 * 1024 * 1024_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let url = answering(response("content-type: application/json\r\n", &garbage)).await;
    let error = failure(&builder(&url).build().unwrap()).await;
    assert_eq!((error.kind(), error.status()), (ErrorKind::Decode, Some(200)));
    assert!(error.to_string().len() < 2000, "the error quotes only a little");
    let error = failure(&builder(&url).max_body(1024 * 1024).build().unwrap()).await;
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn an_html_page_of_a_proxy() {
    let url = answering(response("content-type: text/html\r\n", b"<html><h1>Sign in</h1></html>")).await;
    let client = builder(&url).build().unwrap();
    let error = failure(&client).await;
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Protocol, Outcome::Unknown));
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
    let error = failure(&builder(&url).max_body(4 * 1024 * 1024).build().unwrap()).await;
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn an_export_that_breaks_off_ends_in_an_error() {
    use futures_util::StreamExt;
    let answer = b"HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\ncontent-length: 1000\r\n\r\nid,name\r\n1,A\r\n";
    let url = answering(answer.to_vec()).await;
    let csv = builder(&url).build().unwrap().vendors().list().csv().await.unwrap();
    let pieces: Vec<_> = csv.collect().await;
    let (last, whole) = pieces.split_last().unwrap();
    let text: Vec<u8> = whole.iter().flat_map(|piece| piece.as_ref().unwrap().to_vec()).collect();
    assert_eq!(text, b"id,name\r\n1,A\r\n");
    let error = last.as_ref().unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Protocol, "GET /api/v3/vendors/"));
}
