//! What a refusal says.

use procurify_client::{ErrorKind, Outcome, VendorId};
use serde_json::json;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{client, tenant};

#[tokio::test]
async fn the_servers_words_and_request_id_are_in_the_error() {
    for (status, body, kind, words) in [
        (400, json!({"errors": {"vendor": ["Unknown."]}}), ErrorKind::Validation, "vendor: Unknown."),
        (404, json!({"detail": "Not found."}), ErrorKind::NotFound, "Not found."),
        (403, json!({"detail": "No."}), ErrorKind::Permission, "role of that user lacks this permission"),
        (409, json!({"message": "Closed."}), ErrorKind::Conflict, "Closed."),
    ] {
        let server = tenant().await;
        Mock::given(path("/api/v3/vendors/1/"))
            .respond_with(
                ResponseTemplate::new(status).insert_header("x-procurify-request-id", "req-77").set_body_json(body),
            )
            .mount(&server)
            .await;
        let error = client(&server).vendors().get(VendorId(1)).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.request_id(), Some("req-77"));
        assert_eq!(error.operation(), "GET /api/v3/vendors/1/");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn refused_credentials_are_said_once_without_the_secret_and_not_tried_again() {
    let server = MockServer::start().await;
    Mock::given(path("/oauth/token"))
        .respond_with(
            ResponseTemplate::new(401)
                .set_body_json(json!({"error": "access_denied", "error_description": "app-secret is wrong"})),
        )
        .mount(&server)
        .await;
    let client = client(&server);
    for _ in 0..3 {
        let error = client.me().await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Auth, Outcome::NotProcessed));
        let all = format!("{error} {error:?}");
        assert!(all.contains("credentials") && !all.contains("app-secret"), "{all}");
    }
    assert_eq!(client.requests(), 1);
}
