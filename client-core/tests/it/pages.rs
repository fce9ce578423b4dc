//! Pages in order, a bounded number ahead, an end that is found.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{FutureExt, StreamExt, TryStreamExt};
use tenant_http::page::{items, pages};
use tenant_http::{Error, ErrorKind, Outcome, Page};
use tokio::sync::Semaphore;

fn page(n: u64, of: u64) -> Page<u64> {
    let mut page = Page::new(n, vec![n * 10, n * 10 + 1]);
    page.num_pages = of;
    page
}

/// Pages that come decoded.
async fn as_it_is(_: u64, page: Page<u64>) -> Result<Page<u64>, Error> {
    Ok(page)
}

#[tokio::test]
async fn items_come_in_order_whatever_the_answers_order() {
    let fetch = |n| async move {
        // Later pages answer sooner.
        for _ in 0..(20 - n) {
            tokio::task::yield_now().await;
        }
        Ok(Some(page(n, 9)))
    };
    let stream = pages(1, 4, fetch, as_it_is);
    let all: Vec<u64> = items(stream).try_collect().await.unwrap();
    let expected: Vec<u64> = (1..=9).flat_map(|n| [n * 10, n * 10 + 1]).collect();
    assert_eq!(all, expected);
}

#[tokio::test]
async fn the_first_page_is_fetched_alone_and_then_no_more_than_the_bound() {
    let started = Arc::new(AtomicUsize::new(0));
    let gate = Arc::new(Semaphore::new(0));
    let (count, wait) = (Arc::clone(&started), Arc::clone(&gate));
    let fetch = move |n| {
        let (count, wait) = (Arc::clone(&count), Arc::clone(&wait));
        async move {
            count.fetch_add(1, Ordering::SeqCst);
            wait.acquire().await.unwrap().forget();
            Ok(Some(page(n, 100)))
        }
    };
    let mut stream = pages(1, 3, fetch, as_it_is);
    assert!(stream.next().now_or_never().is_none());
    assert_eq!(started.load(Ordering::SeqCst), 1, "the first alone");
    gate.add_permits(1);
    assert_eq!(stream.next().await.unwrap().unwrap().page, 1);
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!(started.load(Ordering::SeqCst), 4, "three ahead, though nobody waits for them");
    assert!(stream.next().now_or_never().is_none());
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!(started.load(Ordering::SeqCst), 5, "three ahead of the one that is waited for");
    drop(stream);
    gate.add_permits(10);
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!(started.load(Ordering::SeqCst), 5, "dropping stops the work");
    assert_eq!(gate.available_permits(), 10, "and what was under way");
}

#[tokio::test]
async fn an_error_is_an_item_and_ends_the_stream() {
    let fetch = |n| async move {
        if n == 3 {
            return Err(Error::new(ErrorKind::Unavailable, Outcome::Unknown, "GET", "down"));
        }
        Ok(Some(page(n, 9)))
    };
    let stream = pages(1, 2, fetch, as_it_is);
    let seen: Vec<_> = stream.map(|r| r.map(|p| p.page).map_err(|e| e.kind())).collect().await;
    assert_eq!(seen, [Ok(1), Ok(2), Err(ErrorKind::Unavailable)]);
}

#[tokio::test]
async fn a_list_that_grows_or_shrinks_ends_where_it_ends() {
    let grows = pages(1, 4, |n| async move { Ok(Some(page(n, if n < 2 { 2 } else { 3 }))) }, as_it_is);
    assert_eq!(grows.count().await, 3);
    let shrinks = pages(1, 4, |n| async move { Ok((n <= 2).then(|| page(n, 5))) }, as_it_is);
    assert_eq!(shrinks.count().await, 2);
    let empty = pages(7, 4, |_| async { Ok(None) }, as_it_is);
    assert_eq!(empty.count().await, 0);
}

#[tokio::test]
async fn answers_wait_as_they_came_while_as_many_as_there_are_cores_are_decoded() {
    let cores = std::thread::available_parallelism().unwrap().get();
    let (fetched, decoding) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let gate = Arc::new(Semaphore::new(1));
    let count = Arc::clone(&fetched);
    let fetch = move |n| {
        count.fetch_add(1, Ordering::SeqCst);
        async move { Ok(Some(page(n, 1000))) }
    };
    let (count, wait) = (Arc::clone(&decoding), Arc::clone(&gate));
    let decode = move |_, page| {
        let (count, wait) = (Arc::clone(&count), Arc::clone(&wait));
        async move {
            count.fetch_add(1, Ordering::SeqCst);
            wait.acquire().await.unwrap().forget();
            Ok(page)
        }
    };
    let mut stream = pages(1, cores + 5, fetch, decode);
    assert_eq!(stream.next().await.unwrap().unwrap().page, 1);
    for _ in 0..10 {
        assert!(stream.next().now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    assert_eq!(fetched.load(Ordering::SeqCst), 1 + cores + 6);
    assert_eq!(decoding.load(Ordering::SeqCst), 1 + cores);
    gate.add_permits(2);
    assert_eq!(stream.next().await.unwrap().unwrap().page, 2);
    assert_eq!(stream.next().await.unwrap().unwrap().page, 3);
}
