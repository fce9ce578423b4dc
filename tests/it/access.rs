//! How the connector gets to its tenants: what the settings say of addresses, certificates and logins.

use std::path::Path;

use sandbox::{M3Config, SyteLine};
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::world::{World, connector, m3_config, run, scenario};

/// A self-signed certificate that is good for a century.
const CERTIFICATE: &str = "\
-----BEGIN CERTIFICATE-----
MIIBgDCCASWgAwIBAgIUDLIsd06qTkcFkmhVqeHI3bw/i80wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJVGVzdCByb290MCAXDTI2MTEyODEyNTIwOVoYDzIxMjYxMTA0
MTI1MjA5WjAUMRIwEAYDVQQDDAlUZXN0IHJvb3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAS98ML0rgKvChipaFsdCFAnPVh7jTlMdcodh3BB4BZLhLduGbHV4i2/
TOywKJSNcOJKPa4tNiAaB/m5Wwomql5mo1MwUTAdBgNVHQ4EFgQUX9wUijer5eU6
M0GV5jJByDJ6kHgwHwYDVR0jBBgwFoAUX9wUijer5eU6M0GV5jJByDJ6kHgwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEA5NqREJD5nqv9E8MiRmL+
V57jvAc9NVM6fjMW1ZD5TdcCIQDpOoii7uENPHt86wmH50Tj8pGIlunpk6QUXoAZ
6BnB+w==
-----END CERTIFICATE-----
";

/// Pings with one piece of the configuration replaced; answers the exit code, the document and the last words.
async fn ping(config: &Path, replaced: &str, by: &str) -> (Option<i32>, Value, String) {
    let text = std::fs::read_to_string(config).unwrap();
    assert!(text.contains(replaced), "`{replaced}` is not in the configuration");
    let changed = config.with_file_name("changed.toml");
    std::fs::write(&changed, text.replace(replaced, by)).unwrap();
    let mut command = connector(&changed);
    command.args(["ping", "--json"]).env("MONGOOSE_PASSWORD", "pa$$ w0rd");
    let output = run(command).await;
    let said = String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_default(), said)
}

/// A line more in the section on CloudSuite.
async fn ping_with(config: &Path, line: &str) -> (Option<i32>, Value, String) {
    ping(config, "[cloudsuite.m3]", &format!("{line}\n[cloudsuite.m3]")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_authenticates_in_the_header_where_that_is_set() {
    let scenario = scenario(1);
    let m3 = M3Config { basic_only: true, ..m3_config(&scenario) };
    let world = World::with(scenario, |_| (), m3).await;
    let config = world.configure("");
    for line in ["", "client_authentication = \"body\""] {
        let (code, _, said) = ping_with(&config, line).await;
        assert!(code == Some(1) && said.contains("must authenticate in the header"), "{said}");
    }
    let (code, _, said) = ping_with(&config, "client_authentication = \"basic\"").await;
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn m3_is_found_where_the_settings_say() {
    let world = World::new(scenario(1)).await;
    let config = world.configure("");
    let mut file: Value = serde_json::from_str(&world.erp.ionapi_json()).unwrap();
    file["iu"] = json!("http://127.0.0.1:9/nobody-listens-here");
    std::fs::write(config.with_file_name("acme.ionapi"), file.to_string()).unwrap();
    let base = |path: &str| format!("base_url = \"{}/SANDBOX_TST{path}\"\n[cloudsuite.m3]", world.erp.base_url());
    let elsewhere = base("/M3") + "\npath = \"m3api-rest/v2/\"";
    for (replacement, expected) in [(base(""), 0), (elsewhere, 0), (base("/M3"), 1)] {
        let (code, _, said) = ping(&config, "[cloudsuite.m3]", &replacement).await;
        assert_eq!(code, Some(expected), "{replacement}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_certificate_is_taken_from_a_pem_file_and_refused_if_it_is_none() {
    let world = World::new(scenario(1)).await;
    let config = world.configure("");
    let cut = CERTIFICATE.replace("MIIB", "MI!");
    for (pem, code, says) in [
        (CERTIFICATE, 0, ""),
        ("a certificate", 1, "root.pem: it holds no certificate: export one as PEM"),
        (cut.as_str(), 1, "not valid PEM"),
    ] {
        std::fs::write(world.folder.path().join("root.pem"), pem).unwrap();
        let (exit, _, said) = ping_with(&config, "root_certificate = \"root.pem\"").await;
        assert!(exit == Some(code) && said.contains(says), "{pem}: {said}");
    }
}

const LOGIN: &str = r#"
    [cloudsuite.mongoose]
    server = "SERVER"
    user = "sync"
    password = { env = "MONGOOSE_PASSWORD" }
    service_path = "SL9/ido"
    token_life = "30m"
    [cloudsuite.syteline]"#;

#[tokio::test(flavor = "multi_thread")]
async fn syteline_on_premise_is_logged_in_to_without_ion() {
    let server = MockServer::start().await;
    let token = json!({"Message": null, "Success": true, "Token": "b/Xd=="});
    Mock::given(method("GET"))
        .and(path("/SL9/ido/token/ACME_DALS"))
        .and(header("username", "sync"))
        .and(header("password", "pa$$ w0rd"))
        .respond_with(ResponseTemplate::new(200).set_body_json(token))
        .expect(1)
        .mount(&server)
        .await;
    let nothing = json!({"Success": true, "Message": null, "MoreRowsExist": false, "Items": []});
    Mock::given(header("authorization", "b/Xd=="))
        .respond_with(ResponseTemplate::new(200).set_body_json(nothing))
        .expect(1..)
        .mount(&server)
        .await;
    let world = World::<SyteLine>::of(scenario(1)).await;
    let config = world.configure("");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("ionapi = { file = \"acme.ionapi\" }", "")).unwrap();
    let login = LOGIN.replace("SERVER", &server.uri());

    let (code, document, said) = ping(&config, "[cloudsuite.syteline]", &login).await;
    let there = &document["cloudsuite"];
    assert_eq!((&there["tenant"], &there["token_minutes"]), (&json!("ACME_DALS"), &json!(30)), "{said}");
    // It answered, and has none of the IDOs.
    assert!(code == Some(1) && said.contains("does not offer IDO SL"), "{said}");
    for request in server.received_requests().await.unwrap() {
        assert!(request.url.path().starts_with("/SL9/ido/"), "{}", request.url);
    }

    server.reset().await;
    Mock::given(path("/SL9/ido/token/ACME_DALS"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"Success": true, "Token": "b/Xd=="})))
        .mount(&server)
        .await;
    Mock::given(header("authorization", "b/Xd==")).respond_with(ResponseTemplate::new(401)).mount(&server).await;
    let (code, _, said) = ping(&config, "[cloudsuite.syteline]", &login).await;
    let mend = "the login is good, so check what its user may do in `configuration` ACME_DALS, and the service's path";
    assert!(code == Some(1) && said.contains(mend), "{said}");

    for (from, to, says) in [
        (server.uri().as_str(), "erp", "cloudsuite.mongoose.server `erp` is no address"),
        ("\"SL9/ido\"", "\"/\"", "cloudsuite.mongoose.service_path `/` is no path"),
        ("\"30m\"", "\"half an hour\"", "cloudsuite.mongoose.token_life `half an hour` is no duration"),
        ("MONGOOSE_PASSWORD", "NO_SUCH_PASSWORD", "NO_SUCH_PASSWORD, which is not set"),
        ("\n    [cloudsuite.mongoose]", "base_url = \"https://erp.example\"\n[cloudsuite.mongoose]", "leave them out"),
    ] {
        let wrong = login.replacen(from, to, 1);
        let (code, _, said) = ping(&config, "[cloudsuite.syteline]", &wrong).await;
        assert!(code == Some(1) && said.contains(says), "{says}: {said}");
    }
}
