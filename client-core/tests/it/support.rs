//! Servers that behave badly on purpose, and clients for them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{TimeDelta, Utc};
use tenant_http::{AccessToken, Error, Http, HttpBuilder, Login, RetryPolicy, TokenManager, Url};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Retries at once, so that no test waits.
pub fn eager() -> RetryPolicy {
    RetryPolicy { base: Duration::ZERO, ..RetryPolicy::default() }
}

pub fn client(base: &str) -> HttpBuilder {
    Http::builder(Url::parse(base).unwrap()).retry(eager())
}

/// A server that reads one request a connection and answers each in turn with raw bytes, then hangs up.
///
/// After the last answer the last is repeated. `None` keeps the connection open without a word.
pub struct RawServer {
    pub base: String,
    hits: Arc<AtomicUsize>,
}

impl RawServer {
    pub async fn start(answers: Vec<Option<Vec<u8>>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let hits = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&hits);
        tokio::spawn(async move {
            let mut silent = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                if !read_request(&mut stream).await {
                    continue;
                }
                let turn = count.fetch_add(1, Ordering::SeqCst);
                match &answers[turn.min(answers.len() - 1)] {
                    Some(bytes) => {
                        let _ = stream.write_all(bytes).await;
                        let _ = stream.shutdown().await;
                    }
                    None => silent.push(stream),
                }
            }
        });
        Self { base, hits }
    }

    pub fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }
}

/// Reads a head (or the start of a TLS handshake) and as many bytes of body as it announces.
async fn read_request(stream: &mut TcpStream) -> bool {
    let mut seen = Vec::new();
    let mut chunk = [0u8; 4096];
    loop {
        let text = String::from_utf8_lossy(&seen).into_owned();
        if let Some(end) = text.find("\r\n\r\n") {
            let length = text
                .lines()
                .find_map(|l| l.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok())
                .unwrap_or(0usize);
            if seen.len() >= end + 4 + length {
                return true;
            }
        }
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return false,
            Ok(_) if chunk[0] == 0x16 => return true, // a TLS handshake
            Ok(n) => seen.extend_from_slice(&chunk[..n]),
        }
    }
}

/// An address where nobody listens.
pub async fn dead_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

/// Logs in without a network: each login gives `token-1`, `token-2`, ...
#[derive(Default)]
pub struct CountingLogin {
    pub count: AtomicUsize,
    /// Errors to give first, last one first.
    pub errors: std::sync::Mutex<Vec<Error>>,
}

impl CountingLogin {
    pub fn failing(mut errors: Vec<Error>) -> Arc<Self> {
        errors.reverse();
        Arc::new(Self { count: AtomicUsize::new(0), errors: std::sync::Mutex::new(errors) })
    }

    pub fn logins(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Login for CountingLogin {
    async fn login(&self) -> Result<AccessToken, Error> {
        let n = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        // Others get their chance to come in while this login is under way.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        if let Some(error) = self.errors.lock().unwrap().pop() {
            return Err(error);
        }
        Ok(AccessToken::new(format!("token-{n}").into(), Utc::now() + TimeDelta::hours(1)))
    }
}

pub fn manager(login: &Arc<CountingLogin>) -> TokenManager {
    TokenManager::new(Arc::clone(login) as Arc<dyn Login>, "test").backoff(eager())
}
