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

#[tokio::test]
async fn items_come_in_order_whatever_the_answers_order() {
    let stream = pages(1, 4, |n| async move {
        // Later pages answer sooner.
        for _ in 0..(20 - n) {
            tokio::task::yield_now().await;
        }
        Ok(Some(page(n, 9)))
    });
    let all: Vec<u64> = items(stream).try_collect().await.unwrap();
    let expected: Vec<u64> = (1..=9).flat_map(|n| [n * 10, n * 10 + 1]).collect();
    assert_eq!(all, expected);
}

#[tokio::test]
async fn the_first_page_is_fetched_alone_and_then_no_more_than_the_bound() {
    let started = Arc::new(AtomicUsize::new(0));
    let gate = Arc::new(Semaphore::new(0));
    let (count, wait) = (Arc::clone(&started), Arc::clone(&gate));
    let mut stream = pages(1, 3, move |n| {
        let (count, wait) = (Arc::clone(&count), Arc::clone(&wait));
        async move {
            count.fetch_add(1, Ordering::SeqCst);
            wait.acquire().await.unwrap().forget();
            Ok(Some(page(n, 100)))
        }
    });
    assert!(stream.next().now_or_never().is_none());
    assert_eq!(started.load(Ordering::SeqCst), 1, "the first alone");
    gate.add_permits(1);
    assert_eq!(stream.next().await.unwrap().unwrap().page, 1);
    assert!(stream.next().now_or_never().is_none());
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!(started.load(Ordering::SeqCst), 4, "three ahead, though nobody waits for them");
    gate.add_permits(1);
    assert_eq!(stream.next().await.unwrap().unwrap().page, 2);
    drop(stream);
    gate.add_permits(10);
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!(started.load(Ordering::SeqCst), 4, "dropping stops the work");
    assert_eq!(gate.available_permits(), 10, "and what was under way");
}

#[tokio::test]
async fn an_error_is_an_item_and_ends_the_stream() {
    let stream = pages(1, 2, |n| async move {
        if n == 3 {
            return Err(Error::new(ErrorKind::Unavailable, Outcome::Unknown, "GET", "down"));
        }
        Ok(Some(page(n, 9)))
    });
    let seen: Vec<_> = stream.map(|r| r.map(|p| p.page).map_err(|e| e.kind())).collect().await;
    assert_eq!(seen, [Ok(1), Ok(2), Err(ErrorKind::Unavailable)]);
}

#[tokio::test]
async fn a_list_that_grows_or_shrinks_ends_where_it_ends() {
    let grows = pages(1, 4, |n| async move { Ok(Some(page(n, if n < 2 { 2 } else { 3 }))) });
    assert_eq!(grows.count().await, 3);
    let shrinks = pages(1, 4, |n| async move { Ok((n <= 2).then(|| page(n, 5))) });
    assert_eq!(shrinks.count().await, 2);
    let empty = pages(7, 4, |_| async { Ok(None::<Page<u64>>) });
    assert_eq!(empty.count().await, 0);
}
