use cloudsuite_client::{CloudSuiteClient, ErrorKind, Ionapi, IonapiError};
use serde_json::{Value, json};

use crate::support::{SECRETS, file};

fn cloud() -> Value {
    let mut file = file("https://mingle-ionapi.eu1.inforcloudsuite.com");
    file["pu"] = "https://mingle-sso.eu1.inforcloudsuite.com:443/ACME_TST/as/".into();
    file
}

fn parse(file: &Value) -> Result<Ionapi, IonapiError> {
    Ionapi::parse(file.to_string().as_bytes())
}

#[test]
fn a_cloud_file_gives_all_it_holds() {
    let mut file = cloud();
    file["ru"] = "https://acme.example.com/back".into();
    file["sc"] = json!(["email"]);
    file["something new"] = json!({"a": 1});
    let ionapi = parse(&file).unwrap();
    assert_eq!(ionapi.tenant(), "ACME_TST");
    assert_eq!(ionapi.app_name(), Some("Orders"));
    assert_eq!(ionapi.app_type(), Some("12"));
    assert_eq!(ionapi.client_id(), "ACME_TST~abc");
    assert_eq!(ionapi.environment(), Some("U1234567890"));
    assert_eq!(ionapi.version(), Some("1.1"));
    assert_eq!(ionapi.redirect_url(), Some("https://acme.example.com/back"));
    assert_eq!(ionapi.scopes(), ["email"]);
    let authority = "https://mingle-sso.eu1.inforcloudsuite.com/ACME_TST/as";
    assert_eq!(ionapi.token_url().as_str(), format!("{authority}/token.oauth2"));
    assert_eq!(ionapi.revoke_url().unwrap().as_str(), format!("{authority}/revoke_token.oauth2"));
    assert_eq!(ionapi.authorize_url().unwrap().as_str(), format!("{authority}/authorization.oauth2"));
    assert_eq!(ionapi.api_base().as_str(), "https://mingle-ionapi.eu1.inforcloudsuite.com/ACME_TST");
}

#[test]
fn an_on_premise_file_keeps_its_port_and_paths() {
    let mut file = cloud();
    file["ti"] = "infor".into();
    file["iu"] = "https://inforos.example.com:7443".into();
    file["pu"] = "https://inforos.example.com/InforIntSTS/".into();
    file["ot"] = "connect/token".into();
    file["or"] = "connect/revocation".into();
    let ionapi = parse(&file).unwrap();
    assert_eq!(ionapi.token_url().as_str(), "https://inforos.example.com/InforIntSTS/connect/token");
    assert_eq!(ionapi.revoke_url().unwrap().as_str(), "https://inforos.example.com/InforIntSTS/connect/revocation");
    assert_eq!(ionapi.api_base().as_str(), "https://inforos.example.com:7443/infor");
}

#[test]
fn slashes_at_the_joints_do_not_matter() {
    for (base, path) in [("/as", "token"), ("/as/", "token"), ("/as", "/token"), ("/as/", "/token"), ("/as//", "token")]
    {
        let mut file = cloud();
        file["pu"] = format!("https://sso.example.com{base}").into();
        file["ot"] = path.into();
        file["iu"] = "https://api.example.com/".into();
        let ionapi = parse(&file).unwrap();
        assert_eq!(ionapi.token_url().as_str(), "https://sso.example.com/as/token", "{base} + {path}");
        assert_eq!(ionapi.api_base().as_str(), "https://api.example.com/ACME_TST");
    }
}

#[test]
fn files_as_tools_leave_them_are_read() {
    let with_mark = [b"\xEF\xBB\xBF".as_slice(), cloud().to_string().as_bytes()].concat();
    assert!(Ionapi::parse(&with_mark).is_ok(), "a byte order mark");
    for scopes in [json!({}), json!([]), json!(""), Value::Null] {
        let mut file = cloud();
        file["sc"] = scopes;
        file["dt"] = json!(12);
        for key in ["cn", "ev", "v", "oa", "or"] {
            file.as_object_mut().unwrap().remove(key);
        }
        let ionapi = parse(&file).unwrap();
        assert!(ionapi.scopes().is_empty() && ionapi.revoke_url().is_none());
        assert_eq!(ionapi.app_type(), Some("12"));
    }
}

#[test]
fn each_missing_key_is_named_with_what_to_do() {
    for key in ["ti", "ci", "cs", "iu", "pu", "ot"] {
        for blank in [None, Some(json!("  ")), Some(Value::Null)] {
            let mut file = cloud();
            match blank {
                None => drop(file.as_object_mut().unwrap().remove(key)),
                Some(blank) => file[key] = blank,
            }
            let error = parse(&file).unwrap_err().to_string();
            assert!(error.contains(&format!("`{key}`")) && error.contains("download"), "{error}");
        }
    }
}

#[test]
fn a_file_of_an_app_without_a_service_account_says_what_is_needed() {
    for key in ["saak", "sask"] {
        let mut file = cloud();
        file.as_object_mut().unwrap().remove(key);
        let error = parse(&file).unwrap_err();
        assert_eq!(error, IonapiError::NoServiceAccount { key });
        assert!(error.to_string().contains("Backend Service") && error.to_string().contains("service account"));
    }
}

#[test]
fn what_is_no_usable_address_is_refused() {
    for (key, value, words) in [
        ("iu", "http://api.example.com", "plain http"),
        ("pu", "http://10.0.0.8/as/", "plain http"),
        ("iu", "not an address", "`iu`"),
        ("iu", "ftp://api.example.com", "scheme is ftp"),
        ("pu", "https://user:pass@sso.example.com/as/", "user name or password"),
        ("pu", "https://sso.example.com/as/?a=", "query"),
    ] {
        let mut file = cloud();
        file[key] = value.into();
        let error = parse(&file).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains(&format!("`{key}`")), "{value}: {error}");
        assert!(!error.contains("user:pass"), "{error}");
    }
    for loopback in ["http://127.0.0.1:8102", "http://localhost:8102", "http://[::1]:8102"] {
        let mut file = cloud();
        file["iu"] = loopback.into();
        assert!(parse(&file).is_ok(), "{loopback}");
    }
}

#[test]
fn what_is_no_such_file_is_refused_without_being_quoted() {
    for bytes in [
        b"".as_slice(),
        b"[1]",
        b"\"client-s3cret\"",
        b"{\"cs\": \"client-s3cret\", ",
        b"\xFF\xFE{\0",
        b"{\"cs\": [\"client-s3cret\"], \"ti\": \"x\", \"ci\": \"y\"}",
    ] {
        let error = Ionapi::parse(bytes).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    }
}

#[test]
fn a_broken_file_makes_no_client() {
    let error = CloudSuiteClient::from_ionapi(b"{}").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("`ti`"), "{error}");
}

#[test]
fn debug_shows_no_secret() {
    let shown = format!("{:?}", parse(&cloud()).unwrap());
    for secret in SECRETS {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("ACME_TST"));
}

/// What cannot be used is forgotten as well, whole.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_is_refused_leaves_no_secret_in_memory() {
    use std::io::Write;

    use secrecy::zeroize::Zeroizing;

    use crate::memory::{holds, secret};

    let broken =
        r#""iu": "https://gw.example", "pu": "https://sso.example/as/", "ot": "t", "saak": "k", "sask": "p", ]"#;
    let incomplete = r#""iu": "https://gw.example", "ot": "t", "saak": "k", "sask": "p"}"#;
    let interactive = r#""iu": "https://gw.example", "pu": "https://sso.example/as/", "ot": "t"}"#;
    for (seed, rest) in (1..).zip([broken, incomplete, interactive]) {
        let mut file = Zeroizing::new(Vec::with_capacity(2_048));
        let kept = secret(seed, 400);
        write!(file, r#"{{"ti": "A", "ci": "A~b", "cs": "{}", {rest}"#, kept.as_str()).unwrap();
        assert!(holds(seed, 100), "the secret is not found where it is");
        Ionapi::parse(&file).unwrap_err();
        drop((file, kept));
        assert!(!holds(seed, 100), "{rest}");
    }
}
