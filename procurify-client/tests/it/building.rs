//! What a client may be built from.

use procurify_client::{ErrorKind, ProcurifyClient};

#[test]
fn the_address_is_made_of_the_domain() {
    let client = ProcurifyClient::builder("acme-2").credentials("i", "s").build().unwrap();
    assert_eq!(client.base_url().as_str(), "https://acme-2.procurify.com/");
}

#[test]
fn what_could_lead_elsewhere_is_no_domain() {
    for domain in ["", "acme.evil.com", "acme/", "a@b", "acme#", "ac me", "ácme"] {
        let error = ProcurifyClient::builder(domain).credentials("i", "s").build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{domain:?}");
    }
}

#[test]
fn a_client_needs_credentials_an_encrypted_address_and_a_page_size() {
    let bare = ProcurifyClient::builder("acme").build().unwrap_err();
    assert!(bare.to_string().contains("credentials"), "{bare}");
    let plain = ProcurifyClient::builder("acme")
        .base_url("http://acme.procurify.com".parse().unwrap())
        .credentials("i", "s")
        .build()
        .unwrap_err();
    assert!(plain.to_string().contains("https"), "{plain}");
    let empty = ProcurifyClient::builder("acme").credentials("i", "s").page_size(0).build();
    assert_eq!(empty.unwrap_err().kind(), ErrorKind::Config);
}

#[test]
fn a_client_does_not_show_its_secret() {
    let client = ProcurifyClient::builder("acme").credentials("i", "s3cr3t").build().unwrap();
    assert!(!format!("{client:?}").contains("s3cr3t"));
}
