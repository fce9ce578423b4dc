//! No secret, password or token appears anywhere.

use std::path::Path;

use sandbox::Faults;

use crate::world::{World, connector, m3_config, run, scenario};

/// Everything secret that takes part: what was configured, and every token the tenants gave.
fn secrets(world: &World) -> Vec<String> {
    let ionapi: serde_json::Value = serde_json::from_str(&world.erp.ionapi_json()).unwrap();
    let mut secrets = vec!["a-secret-of-procurify".to_owned()];
    secrets.extend(["cs", "saak", "sask"].map(|key| ionapi[key].as_str().unwrap().to_owned()));
    secrets.extend(world.erp.issued_tokens());
    secrets.extend(world.procurify.issued_tokens());
    secrets
}

fn assert_clean(what: &str, bytes: &[u8], secrets: &[String]) {
    let text = String::from_utf8_lossy(bytes);
    for secret in secrets {
        assert!(!text.contains(secret.as_str()), "{what} holds the secret `{secret}`");
    }
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_any_log_error_trail_or_file() {
    let scenario = sandbox::Scenario { missing: 1, ..scenario(60) };
    let m3 = sandbox::M3Config { faults: Faults::share(150), ..m3_config(&scenario) };
    let world = World::with(
        scenario,
        |procurify| {
            procurify.client_secret = "a-secret-of-procurify".to_owned();
            procurify.faults = Faults::share(100);
        },
        m3,
    )
    .await;
    let config = world.configure("wait = \"2s\"");
    let mut outputs = Vec::new();
    let mut logged = 0;
    let mut check = async |arguments: &[&str], secret: &str| {
        let mut command = connector(&config);
        command.args(arguments).env("PROCURIFY_CLIENT_SECRET", secret).env("RUST_LOG", "trace");
        let output = run(command).await;
        logged += output.stderr.len();
        outputs.push((format!("the output of {arguments:?}"), [output.stdout, output.stderr].concat()));
    };
    check(&["ping"], "a-secret-of-procurify").await;
    for _ in 0..3 {
        check(&["sync", "--json"], "a-secret-of-procurify").await;
    }
    check(&["audit", "--json"], "a-secret-of-procurify").await;
    check(&["audit", "acme/purchase_order/10001", "--json"], "a-secret-of-procurify").await;
    check(&["held"], "a-secret-of-procurify").await;
    // A refused login quotes what the server says.
    check(&["sync"], "a-secret-of-procurify-that-is-wrong").await;
    let secrets = secrets(&world);
    assert!(secrets.len() > 8, "hardly a token was given out: {}", secrets.len());
    assert_eq!(outputs.len(), 8);
    assert!(logged > 100_000, "hardly anything was logged: {logged} bytes");
    for (what, bytes) in &outputs {
        assert_clean(what, bytes, &secrets);
    }
    let written = files(world.folder.path());
    assert!(written.iter().any(|path| path.ends_with("ledger.db")), "no ledger to look at");
    for path in written.iter().filter(|path| !path.ends_with("acme.ionapi")) {
        assert_clean(&path.display().to_string(), &std::fs::read(path).unwrap(), &secrets);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_the_debug_output_of_clients_and_what_they_are_built_from() {
    let world = World::new(scenario(1)).await;
    let ionapi = procurify_cloudsuite::Ionapi::parse(world.erp.ionapi_json().as_bytes()).unwrap();
    let text = format!("{ionapi:?}");
    let cloudsuite = cloudsuite_client::CloudSuiteClient::builder(ionapi).build().unwrap();
    cloudsuite.log_in().await.unwrap();
    let secrets = secrets(&world);
    assert_clean("Ionapi", text.as_bytes(), &secrets);
    assert_clean("CloudSuiteClient", format!("{cloudsuite:?}").as_bytes(), &secrets);
    let procurify = procurify_client::ProcurifyClient::builder("acme")
        .base_url(world.procurify.base_url().parse().unwrap())
        .credentials("sandbox", "sandbox-of-another-name")
        .build()
        .unwrap();
    let error = procurify.me().await.unwrap_err();
    for text in [format!("{procurify:?}"), format!("{error:?}"), error.to_string()] {
        assert!(!text.contains("sandbox-of-another-name"), "{text}");
    }
}
