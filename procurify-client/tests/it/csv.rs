//! Lists as CSV.

use futures_util::TryStreamExt;
use procurify_client::{Error, ErrorKind, List, Vendor};
use serde_json::json;
use wiremock::matchers::{path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{asked, client, pagination, tenant};

const VENDORS: &str = "/api/v3/vendors/";

/// A list of so many vendors, whose pages are these; beyond them there is none.
async fn pages(count: u64, pages: &[&str]) -> MockServer {
    let server = tenant().await;
    let body = json!({"metadata": {"pagination": pagination(1, count, count)}, "data": [{"id": 1}]});
    let counted = Mock::given(path(VENDORS)).and(query_param_is_missing("format"));
    counted.respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(&server).await;
    for (at, page) in pages.iter().enumerate() {
        Mock::given(path(VENDORS))
            .and(query_param("format", "csv"))
            .and(query_param("page", (at + 1).to_string()))
            .respond_with(ResponseTemplate::new(200).set_body_raw(*page, "text/csv; charset=utf-8"))
            .mount(&server)
            .await;
    }
    let none = ResponseTemplate::new(404).set_body_json(json!({"detail": "Invalid page."}));
    Mock::given(path(VENDORS)).respond_with(none).with_priority(9).mount(&server).await;
    server
}

async fn text(list: List<Vendor>) -> Result<String, Error> {
    let pieces: Vec<_> = list.csv().await?.try_collect().await?;
    Ok(String::from_utf8(pieces.concat()).unwrap())
}

#[tokio::test]
async fn pages_become_one_file_whose_columns_are_named_once() {
    // Ends of lines within quotes, a quote within quotes, and a last line without an end.
    let server =
        pages(5, &["id,name\r\n1,A\r\n2,\"B\r\n,b\"", "id,name\r\n3,\"C \"\"c\"\"\"\r\n4,D\r\n", "id,name\r\n5,E"])
            .await;
    let client = client(&server);
    let all = text(client.vendors().list().page_size(2)).await.unwrap();
    assert_eq!(all, "id,name\r\n1,A\r\n2,\"B\r\n,b\"\r\n3,\"C \"\"c\"\"\"\r\n4,D\r\n5,E\r\n");
    let asked_for = asked(&server).await;
    assert_eq!(asked_for.len(), 4, "the count, then each page once: {asked_for:?}");
    assert!(asked_for[1..].iter().all(|call| call.contains("page_size=2&format=csv")), "{asked_for:?}");
    let rest = text(client.vendors().list().page_size(2).from_page(2)).await.unwrap();
    assert_eq!(rest, "id,name\r\n3,\"C \"\"c\"\"\"\r\n4,D\r\n5,E\r\n");
}

#[tokio::test]
async fn smaller_pages_than_asked_for_and_a_list_that_has_grown_shorter_are_read_to_their_end() {
    let server = pages(4, &["id\n1\n2\n", "id\n3\n4\n"]).await;
    assert_eq!(text(client(&server).vendors().list().page_size(100)).await.unwrap(), "id\n1\n2\n3\n4\n");
    assert_eq!(text(client(&server).vendors().list().page_size(100).from_page(2)).await.unwrap(), "id\n3\n4\n");
    for shorter in [pages(9, &["id\n1\n2\n", "id\n3\n"]).await, pages(9, &["id\n1\n2\n", "id\n3\n", "id"]).await] {
        assert_eq!(text(client(&shorter).vendors().list().page_size(2)).await.unwrap(), "id\n1\n2\n3\n");
    }
}

#[tokio::test]
async fn pages_of_different_columns_are_no_file() {
    let server = pages(4, &["id,name\n1,A\n2,B\n", "id,color\n3,red\n4,blue\n"]).await;
    let error = text(client(&server).vendors().list().page_size(2)).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Protocol, "GET /api/v3/vendors/"));
    assert!(error.message().contains("columns"), "{error}");
}

#[tokio::test]
async fn json_is_no_export() {
    let server = pages(1, &[]).await;
    let json = ResponseTemplate::new(200).set_body_json(json!({"data": []}));
    Mock::given(query_param("format", "csv")).respond_with(json).with_priority(1).mount(&server).await;
    let error = text(client(&server).vendors().list()).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Protocol, "GET /api/v3/vendors/"));
    assert!(error.message().contains("JSON"), "{error}");
}
