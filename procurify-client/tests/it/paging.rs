//! Lists: pages, streams, and where they end.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use procurify_client::{ErrorKind, Vendor};
use serde_json::{Value, json};
use wiremock::matchers::{path, path_regex, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{answer, answer_page, asked, builder, client, pagination, tenant};

const VENDORS: &str = "/api/v3/vendors/";

fn vendors(ids: &[i64]) -> Value {
    ids.iter().map(|id| json!({"id": id, "name": format!("V{id}")})).collect()
}

fn ids(vendors: &[Vendor]) -> Vec<i64> {
    vendors.iter().map(|vendor| vendor.id.0).collect()
}

async fn three_pages(server: &MockServer) {
    for (page, of) in [(1, [1, 2]), (2, [3, 4]), (3, [5, 6])] {
        let body = json!({"metadata": {"pagination": pagination(page, 3, 6)}, "data": vendors(&of)});
        answer_page(server, VENDORS, page, body).await;
    }
}

#[tokio::test]
async fn a_list_streams_all_pages_in_order_and_asks_each_once() {
    let server = tenant().await;
    three_pages(&server).await;
    let client = client(&server);
    let all = client.vendors().list().all().await.unwrap();
    assert_eq!(ids(&all), [1, 2, 3, 4, 5, 6]);
    assert_eq!(asked(&server).await.len(), 3);
    let rest = client.vendors().list().from_page(3).prefetch(1).all().await.unwrap();
    assert_eq!(ids(&rest), [5, 6]);
}

#[tokio::test]
async fn each_record_can_be_asked_for_while_the_list_is_read() {
    let server = tenant().await;
    three_pages(&server).await;
    let one = json!({"data": {"id": 1, "name": "V1"}});
    Mock::given(path_regex("/vendors/[0-9]+/$"))
        .respond_with(ResponseTemplate::new(200).set_body_json(one))
        .mount(&server)
        .await;
    let client = builder(&server).concurrency(1).build().unwrap();
    let mut list = client.vendors().list().stream();
    let mut read = 0;
    while let Some(vendor) = list.try_next().await.unwrap() {
        let detail = tokio::time::timeout(Duration::from_secs(60), client.vendors().get(vendor.id)).await;
        detail.expect("the call waits for the page that is asked for ahead of it").unwrap();
        read += 1;
    }
    assert_eq!(read, 6);
}

#[tokio::test]
async fn a_page_tells_its_place_and_the_servers_clock() {
    let server = tenant().await;
    let mut pagination = pagination(2, 3, 6);
    pagination["next"] = json!("https://acme.procurify.com/api/v3/vendors/?page=3");
    let body = json!({"metadata": {"pagination": pagination}, "data": vendors(&[3, 4])});
    Mock::given(path(VENDORS))
        .respond_with(
            ResponseTemplate::new(200).insert_header("date", "Tue, 24 Nov 2026 20:00:00 GMT").set_body_json(body),
        )
        .mount(&server)
        .await;
    let page = client(&server).vendors().list().send_page(2).await.unwrap();
    assert_eq!((page.page, page.num_pages, page.count, page.page_size), (2, 3, 6, 2));
    assert!(page.next.is_some_and(|next| next.query() == Some("page=3")));
    assert_eq!(page.server_date.unwrap().to_rfc3339(), "2026-11-24T20:00:00+00:00");
}

#[tokio::test]
async fn pagination_at_the_top_level_is_read_too() {
    let server = tenant().await;
    for (page, of) in [(1, [1, 2]), (2, [3, 4])] {
        let body = json!({"pagination": pagination(page, 2, 4), "data": vendors(&of)});
        answer_page(&server, VENDORS, page, body).await;
    }
    let all = client(&server).vendors().list().all().await.unwrap();
    assert_eq!(ids(&all), [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_page_beyond_the_end_ends_the_list() {
    let server = tenant().await;
    let body = json!({"metadata": {"pagination": pagination(1, 4, 8)}, "data": vendors(&[1, 2])});
    answer_page(&server, VENDORS, 1, body).await;
    Mock::given(path(VENDORS))
        .respond_with(ResponseTemplate::new(404).set_body_json(json!({"detail": "Invalid page."})))
        .with_priority(9)
        .mount(&server)
        .await;
    let client = client(&server);
    let all = client.vendors().list().all().await.unwrap();
    assert_eq!(ids(&all), [1, 2]);
    let page = client.vendors().list().send_page(9).await.unwrap();
    assert!(page.items.is_empty());
}

#[tokio::test]
async fn another_404_is_an_error_and_not_an_end() {
    let server = tenant().await;
    let body = json!({"metadata": {"pagination": pagination(1, 2, 4)}, "data": vendors(&[1, 2])});
    answer_page(&server, VENDORS, 1, body).await;
    let read: Vec<_> = client(&server).vendors().list().pages().collect().await;
    assert_eq!(read.len(), 2);
    assert_eq!(read[1].as_ref().unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn an_empty_list_is_one_empty_page() {
    let server = tenant().await;
    let body = json!({"metadata": {"pagination": pagination(1, 1, 0)}, "data": []});
    answer(&server, VENDORS, body).await;
    let client = client(&server);
    assert!(client.vendors().list().all().await.unwrap().is_empty());
    let pages: Vec<_> = client.vendors().list().pages().try_collect().await.unwrap();
    assert_eq!(pages.len(), 1);
}

#[tokio::test]
async fn locations_are_read_flat_and_wrapped() {
    let place = |id: i64| json!({"id": id, "name": "L", "currency": {"id": 1, "name": "CAD", "rate": "1.000000"}});
    let shapes = [
        json!({"metadata": {"pagination": pagination(1, 1, 2)}, "data": [place(1), place(2)]}),
        json!({
            "metadata": {"pagination": pagination(1, 1, 2)},
            "data": [{"metadata": {}, "data": [place(1)]}, {"metadata": {}, "data": [place(2)]}],
        }),
    ];
    for body in shapes {
        let server = tenant().await;
        answer(&server, "/api/v2/locations/", body).await;
        let page = client(&server).locations().list().send_page(1).await.unwrap();
        assert_eq!(page.items.iter().map(|place| place.id.0).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(page.count, 2);
    }
}

#[tokio::test]
async fn a_record_that_cannot_be_read_names_itself_and_the_field() {
    let server = tenant().await;
    let body = json!({"data": [{"id": 1}, {"id": 2, "dateModified": "yesterday"}]});
    Mock::given(path(VENDORS))
        .and(query_param("page", "1"))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(&server)
        .await;
    let error = client(&server).vendors().list().all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    let text = error.to_string();
    assert!(text.contains("data[1].dateModified") && text.contains("yesterday"), "{text}");
}

#[tokio::test]
async fn pages_details_and_changes_name_their_request() {
    let server = tenant().await;
    let body = json!({"metadata": {"pagination": pagination(1, 1, 1)}, "data": [{"procurify_PO": 7}]});
    for (at, id, body) in [
        ("/api/v2/purchase_orders/purchased/all/", "req-list", body),
        ("/api/v2/purchase_orders/7/", "req-detail", json!({"data": {"procurify_PO": 7}})),
        (
            "/api/v2/ap/bills/11111111-2222-3333-4444-555555555555/",
            "req-bill",
            json!({"data": {"id": 1, "uuid": "11111111-2222-3333-4444-555555555555"}}),
        ),
    ] {
        let answer = ResponseTemplate::new(200).insert_header("x-procurify-request-id", id);
        let answer = answer.insert_header("date", "Tue, 01 Dec 2026 10:00:00 GMT").set_body_json(body);
        Mock::given(path(at)).respond_with(answer).mount(&server).await;
    }
    let client = client(&server);
    let ids = |request_ids: &procurify_client::RequestIds| request_ids.iter().collect::<Vec<_>>().join(",");
    let list = client.purchase_orders().list(procurify_client::Role::Purchased, procurify_client::Status::All);
    assert_eq!(ids(&list.send_page(1).await.unwrap().map(|order| order.procurify_po).request_ids), "req-list");
    let beginning = procurify_client::Cursor::beginning();
    let changes = client.purchase_orders().changes_since(&beginning).batches().try_next().await.unwrap().unwrap();
    assert_eq!((changes.records.len(), ids(&changes.request_ids).as_str()), (1, "req-list"));
    let order = client.reader().purchase_orders().get_traced(procurify_client::PoNumber(7)).await.unwrap();
    assert_eq!((order.procurify_po.0, ids(&order.request_ids).as_str()), (7, "req-detail"));
    let uuid = procurify_client::Uuid("11111111-2222-3333-4444-555555555555".to_owned());
    let bill = client.reader().bills().get_traced(&uuid).await.unwrap();
    assert_eq!((bill.id.0, ids(&bill.request_ids).as_str()), (1, "req-bill"));
}
