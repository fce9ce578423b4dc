//! Both credential sets in the vault and no other copy anywhere.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use procurify_cloudsuite::VaultTokens;
use procurify_cloudsuite::purchase_order::KIND;
use sandbox::{FaultKind, Faults, M3, Matcher, OData, Scenario, SyteLine};
use serde_json::json;
use sync_core::Query;
use sync_core::ledger::list_all;
use sync_store::vault::{KeyProvider, Keys, MasterKey};
use sync_store::{SqliteStore, Vault};
use tenant_http::{AccessToken, ExposeSecret, Http, SecretString, TokenCache};
use wiremock::matchers::header;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::erp::Erp;
#[cfg(target_os = "linux")]
use crate::memory;
use crate::watch::Watcher;
use crate::world::{World, connector, run, scenario};

/// Procurify's secret, unlike anything else.
const SECRET: &str = "a-secret-of-procurify";
const REVOCATION: &str = "POST /SANDBOX_TST/as/revoke_token.oauth2";

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const OTHER_KEY: &str = "f00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// Runs the connector with something on stdin.
async fn run_with(mut command: Command, stdin: &str) -> Output {
    let text = stdin.to_owned();
    tokio::task::spawn_blocking(move || {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    })
    .await
    .unwrap()
}

fn vaulted(config: &Path, key: &str) -> Command {
    let mut command = connector(config);
    command.env_remove("PROCURIFY_CLIENT_SECRET").env("VAULT_KEY", key).env("TMPDIR", temporary(config));
    command
}

/// The folder of whatever the connector might put into temporary files.
fn temporary(config: &Path) -> PathBuf {
    config.parent().unwrap().join("tmp")
}

/// A world whose secrets are all worth looking for.
async fn world<E: Erp>(scenario: Scenario) -> World<E> {
    let erp = E::start(&scenario, Faults::default()).await;
    World::around(scenario, |procurify| SECRET.clone_into(&mut procurify.client_secret), erp).await
}

async fn in_vault<E: Erp>(world: &World<E>) -> PathBuf {
    let config = world.configure("");
    std::fs::create_dir(temporary(&config)).unwrap();
    let text = std::fs::read_to_string(&config).unwrap();
    let text = text
        .replace("{ env = \"PROCURIFY_CLIENT_SECRET\" }", "{ vault = \"procurify\" }")
        .replace("{ file = \"acme.ionapi\" }", "{ vault = \"cloudsuite\" }");
    std::fs::write(&config, format!("{text}\n[vault]\nkey = {{ env = \"VAULT_KEY\" }}\n")).unwrap();
    std::fs::remove_file(world.folder.path().join("acme.ionapi")).unwrap();
    for (name, secret) in [("procurify", format!("{SECRET}\n")), ("cloudsuite", world.erp.ionapi())] {
        let (code, stderr) = set(&config, name, &secret).await;
        assert_eq!(code, Some(0), "{stderr}");
    }
    config
}

/// Sets a secret; answers the exit code and what was said.
async fn set(config: &Path, name: &str, secret: &str) -> (Option<i32>, String) {
    let mut set = vaulted(config, KEY);
    set.args(["vault", "set", name]);
    let output = run_with(set, secret).await;
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Runs a command on the vault; answers its exit code, its document and what it said.
async fn command(config: &Path, key: &str, arguments: &[&str]) -> (Option<i32>, serde_json::Value, String) {
    let mut command = vaulted(config, key);
    command.args(arguments).arg("--json");
    let output = run(command).await;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code(), document, stderr)
}

async fn names(config: &Path, key: &str) -> Vec<String> {
    let (_, list, _) = command(config, key, &["vault", "list"]).await;
    list["secrets"].as_array().unwrap().iter().map(|secret| secret["name"].as_str().unwrap().to_owned()).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn assert_clean<E: Erp>(world: &World<E>) {
    let ionapi: serde_json::Value = serde_json::from_str(&world.erp.ionapi()).unwrap();
    let mut secrets = vec![SECRET.to_owned()];
    secrets.extend(["cs", "saak", "sask"].map(|key| ionapi[key].as_str().unwrap().to_owned()));
    let issued = [world.erp.issued_tokens(), world.procurify.issued_tokens()];
    assert!(issued.iter().all(|tokens| !tokens.is_empty()), "there was no token to look for");
    secrets.extend(issued.concat());
    assert_in_no_file(world.folder.path(), &secrets);
}

fn assert_in_no_file(folder: &Path, secrets: &[String]) {
    for path in files(folder) {
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        for secret in secrets {
            assert!(!text.contains(secret.as_str()), "{} holds {secret}", path.display());
        }
    }
}

/// Kills the connector in the middle of a sync, when it has asked the ERP so much.
async fn kill_in_sync(mut sync: Command, ledger: &Path, asked: impl AsyncFn() -> bool) {
    let mut child = sync.arg("sync").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut tick = tokio::time::interval(Duration::from_millis(1));
    while !asked().await && child.try_wait().unwrap().is_none() {
        tick.tick().await;
    }
    child.kill().unwrap();
    let status = child.wait().unwrap();
    #[cfg(unix)]
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9), "it had ended before: {status}");
    let log = std::fs::metadata(ledger.with_extension("db-wal")).expect("no write-ahead log was left");
    assert!(log.len() > 0, "the write-ahead log is empty");
}

/// How often M3 and Procurify were asked for a token.
fn logins(world: &World) -> (u64, u64) {
    let (m3, procurify) = (world.erp.stats().requests, world.procurify.stats().requests);
    let count = |requests: &BTreeMap<String, u64>, name: &str| requests.get(name).copied().unwrap_or_default();
    (count(&m3, "POST /SANDBOX_TST/as/token.oauth2"), count(&procurify, "POST /oauth/token"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_into_m3_runs_on_the_vault_alone_and_no_file_holds_a_secret_even_after_a_kill() {
    runs_on_the_vault_alone::<M3>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_into_syteline_runs_on_the_vault_alone_and_no_file_holds_a_secret_even_after_a_kill() {
    runs_on_the_vault_alone::<SyteLine>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_into_odata_services_runs_on_the_vault_alone_and_no_file_holds_a_secret_even_after_a_kill() {
    runs_on_the_vault_alone::<OData>().await;
}

async fn runs_on_the_vault_alone<E: Erp>() {
    let world = world::<E>(scenario(60)).await;
    let config = in_vault(&world).await;
    let asked = async || world.erp.seen().total >= 5;
    kill_in_sync(vaulted(&config, KEY), &world.ledger(), asked).await;
    assert_clean(&world);

    let mut sync = vaulted(&config, KEY);
    sync.arg("sync");
    let output = run(sync).await;
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    world.exactly_once(&world.keys());
    assert_clean(&world);
}

/// The password of a SyteLine user, as long as a token in the vault lives no less.
const PASSWORD: &str = "a-password-of-syteline";
const ON_PREMISE: &str = r#"
    [cloudsuite.mongoose]
    server = "SERVER"
    user = "sync"
    password = { vault = "mongoose" }
    [cloudsuite.syteline]"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_password_of_a_syteline_server_on_premise_is_in_the_vault_alone() {
    let token = "b/Xd-a-token-of-syteline==";
    let server = MockServer::start().await;
    let given = json!({ "Message": null, "Success": true, "Token": token });
    Mock::given(header("password", PASSWORD))
        .respond_with(ResponseTemplate::new(200).set_body_json(given))
        .expect(1)
        .mount(&server)
        .await;
    let nothing = json!({ "Success": true, "Message": null, "MoreRowsExist": false, "Items": [] });
    Mock::given(header("authorization", token))
        .respond_with(ResponseTemplate::new(200).set_body_json(nothing))
        .expect(1..)
        .mount(&server)
        .await;
    let world = world::<SyteLine>(scenario(3)).await;
    let config = in_vault(&world).await;
    let text = std::fs::read_to_string(&config).unwrap();
    let text = text
        .replace("ionapi = { vault = \"cloudsuite\" }", "")
        .replace("[cloudsuite.syteline]", &ON_PREMISE.replace("SERVER", &server.uri()));
    std::fs::write(&config, text).unwrap();
    let mut set = vaulted(&config, KEY);
    set.args(["vault", "set", "mongoose"]);
    let output = run_with(set, &format!("{PASSWORD}\n")).await;
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));

    let secrets = [PASSWORD, token, SECRET].map(str::to_owned);
    let asked = async || server.received_requests().await.unwrap().len() >= 3;
    kill_in_sync(vaulted(&config, KEY), &world.ledger(), asked).await;
    assert_in_no_file(world.folder.path(), &secrets);
    // There are no vendors, for which all orders wait.
    assert_eq!(command(&config, KEY, &["sync"]).await.0, Some(3));
    assert_in_no_file(world.folder.path(), &secrets);
}

/// The keys of this process: `KEY`.
fn keys() -> Arc<dyn KeyProvider> {
    let key = MasterKey::new(std::array::from_fn(|at| u8::try_from(at).unwrap()));
    Arc::new(Keys::new([key]).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_on_stdin_is_sealed_without_its_last_line_break_and_no_other() {
    let world = world::<M3>(scenario(1)).await;
    let config = in_vault(&world).await;
    for (sent, kept) in [("one", "one"), ("one\n", "one"), ("one\r\n", "one"), ("one\n\n", "one\n"), (" two ", " two ")]
    {
        let mut set = vaulted(&config, KEY);
        set.args(["vault", "set", "lines"]);
        assert_eq!(run_with(set, sent).await.status.code(), Some(0), "{sent:?}");
        let vault = Vault::open(world.ledger(), keys()).await.unwrap();
        let sealed = vault.get("acme", "lines").await.unwrap().unwrap();
        assert_eq!(sealed.expose_secret(), kept, "{sent:?}");
    }
    for nothing in ["", "\n", "\n\n"] {
        let mut set = vaulted(&config, KEY);
        set.args(["vault", "set", "lines"]);
        assert_eq!(run_with(set, nothing).await.status.code(), Some(1), "{nothing:?}");
    }
}

/// What is sealed of a token is left nowhere else.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_sealed_is_left_nowhere_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    drop(SqliteStore::open(folder.path().join("ledger.db")).await.unwrap());
    let vault = Vault::open(folder.path().join("ledger.db"), keys()).await.unwrap();
    let tokens = VaultTokens::new(vault, "acme");
    for (seed, length) in [(11, 120), (12, 700), (13, 3_000)] {
        let text = memory::secret(seed, length);
        let token = AccessToken::new(SecretString::from(text.as_str()), chrono::Utc::now());
        assert!(memory::holds(seed, 40), "the token is not found where it is");
        tokens.store("m3", &token).await.unwrap();
        drop((text, token));
        assert!(!memory::holds(seed, 40), "a token of {length} characters");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_shared_by_all_commands_and_no_login_wasted() {
    let world = world::<M3>(scenario(5)).await;
    let config = in_vault(&world).await;
    let out = world.folder.path().join("mapping.csv");
    let export = ["mapping", "export", out.to_str().unwrap()];
    // The first one only reads, and makes the login that serves the others.
    for arguments in [&["ping"][..], &["plan"], &["sync"], &["sync"], &["reconcile"], &["reference"], &export] {
        let (code, _, stderr) = command(&config, KEY, arguments).await;
        assert_eq!(code, Some(0), "{arguments:?}: {stderr}");
        assert_eq!(logins(&world), (1, 1), "{arguments:?}");
    }
    assert_eq!(world.erp.issued_tokens().len(), 2, "one token, and one to refresh it with");
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_secret_is_not_hidden_behind_the_token_of_the_old_one() {
    let world = world::<M3>(scenario(2)).await;
    let config = in_vault(&world).await;
    assert_eq!(command(&config, KEY, &["ping"]).await.0, Some(0));

    assert_eq!(set(&config, "procurify", "a-wrong-one").await.0, Some(0));
    let kept = names(&config, KEY).await;
    assert!(kept.iter().any(|name| name.starts_with("token/cloudsuite/")), "the other system's is gone: {kept:?}");
    let (code, _, stderr) = command(&config, KEY, &["ping"]).await;
    assert!(code == Some(1) && stderr.contains("check client id and secret"), "{stderr}");
    assert_eq!(set(&config, "procurify", SECRET).await.0, Some(0));

    let key = world.erp.ionapi();
    let wrong = key.replacen("\"sask\":\"", "\"sask\":\"wrong", 1);
    assert_ne!(key, wrong);
    assert_eq!(set(&config, "cloudsuite", &wrong).await.0, Some(0));
    let (code, _, stderr) = command(&config, KEY, &["ping"]).await;
    assert!(code == Some(1) && stderr.contains("the login of cloudsuite/"), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_ionapi_is_refused_by_what_it_lacks_and_the_one_before_stays() {
    let world = world::<M3>(scenario(2)).await;
    let config = in_vault(&world).await;
    let without = world.erp.ionapi().replacen("\"saak\"", "\"other\"", 1);
    let broken = SECRET.to_owned();
    for (secret, says) in [(without, "the .ionapi file has no `saak`"), (broken, "is not a JSON object")] {
        let (code, stderr) = set(&config, "cloudsuite", &secret).await;
        assert!(code == Some(1) && stderr.contains("`cloudsuite` is not set") && stderr.contains(says), "{stderr}");
        assert!(!stderr.contains(SECRET) && !stderr.contains("sandbox"), "{stderr}");
    }
    assert_eq!(command(&config, KEY, &["ping"]).await.0, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_process_refreshes_a_token_that_has_ended_and_does_not_log_in() {
    let world = world::<M3>(scenario(2)).await;
    let config = in_vault(&world).await;
    assert_eq!(command(&config, KEY, &["ping"]).await.0, Some(0));
    assert_eq!((logins(&world), world.erp.issued_tokens().len()), ((1, 1), 2));
    world.erp.advance(Duration::from_secs(7_300));
    // Also while another process has the ledger.
    let store = world.store().await;
    for _ in 0..2 {
        let (code, _, stderr) = command(&config, KEY, &["ping"]).await;
        assert_eq!(code, Some(0), "{stderr}");
    }
    let records = list_all(&store, Query { kind: None, ..Query::of(&"acme".into(), &KIND.into()) }).await.unwrap();
    assert!(records.is_empty(), "a ping wrote to the ledger");
    // A login would have come with a refresh token of its own.
    assert_eq!((logins(&world), world.erp.issued_tokens().len()), ((2, 1), 3));
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_store_a_command_that_reads_makes_none_for_its_token() {
    let world = World::new(scenario(2)).await;
    let config = world.configure("");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}\n[vault]\nkey = {{ env = \"VAULT_KEY\" }}\n")).unwrap();
    let before = files(world.folder.path());
    for arguments in [&["ping"][..], &["plan"], &["revoke"]] {
        let mut command = connector(&config);
        command.args(arguments).env("VAULT_KEY", KEY);
        let output = run(command).await;
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(files(world.folder.path()), before);
    assert_eq!(world.erp.stats().requests.get(REVOCATION), None, "there is nothing to revoke");
}

#[tokio::test(flavor = "multi_thread")]
async fn revoke_ends_the_kept_token_at_infor_and_in_the_vault() {
    let world = world::<M3>(scenario(2)).await;
    let config = in_vault(&world).await;
    assert_eq!(command(&config, KEY, &["ping"]).await.0, Some(0));
    let token = "token/cloudsuite/SANDBOX_TST/SANDBOX_TST~sandbox/cdc1644fdc2a".to_owned();
    assert!(names(&config, KEY).await.contains(&token));

    world.erp.fault_next(Matcher::operation(REVOCATION), FaultKind::Unavailable);
    let (code, _, stderr) = command(&config, KEY, &["revoke"]).await;
    assert!(code == Some(1) && stderr.contains("POST revoke"), "{stderr}");
    assert!(names(&config, KEY).await.contains(&token), "forgotten though it lives");

    let (code, said, stderr) = command(&config, KEY, &["revoke"]).await;
    let expected = serde_json::json!({ "tenant": "SANDBOX_TST", "revoked": true });
    assert_eq!((code, said), (Some(0), expected), "{stderr}");
    assert!(!names(&config, KEY).await.contains(&token));
    let (code, said, _) = command(&config, KEY, &["revoke"]).await;
    assert_eq!((code, &said["revoked"]), (Some(0), &serde_json::json!(false)));
    assert_eq!(world.erp.stats().requests[REVOCATION], 3, "one that failed, then the refresh token and the token");

    let dead = world.erp.issued_tokens().remove(0);
    let http = Http::builder(world.erp.base_url().parse().unwrap()).build().unwrap();
    let call = http.get("/SANDBOX_TST/M3/m3api-rest/v2/execute/GENERAL/GetUserInfo");
    let error = call.header("authorization", &format!("Bearer {dead}")).send().await.unwrap_err();
    assert_eq!(error.status(), Some(401), "the token is good still");
    assert_eq!(command(&config, KEY, &["ping"]).await.0, Some(0));
    assert_eq!(logins(&world), (2, 1), "who needs a token logs in again");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vault_is_listed_rotated_and_emptied_and_says_what_is_wrong() {
    let world = world::<M3>(scenario(1)).await;
    let config = in_vault(&world).await;
    assert_eq!(names(&config, KEY).await, ["cloudsuite", "procurify"]);
    let run_json = async |key: &str, arguments: &[&str]| command(&config, key, arguments).await;

    let (code, _, stderr) = run_json(OTHER_KEY, &["ping"]).await;
    assert!(code == Some(1) && stderr.contains("not among the vault keys"), "{stderr}");
    let (code, rotated, _) = run_json(&format!("{OTHER_KEY},{KEY}"), &["vault", "rotate"]).await;
    assert_eq!((code, &rotated["rotated"]), (Some(0), &serde_json::json!(2)));
    let (code, _, stderr) = run_json(OTHER_KEY, &["ping"]).await;
    assert_eq!(code, Some(0), "{stderr}");

    let (code, _, _) = run_json(OTHER_KEY, &["vault", "remove", "procurify"]).await;
    assert_eq!(code, Some(0));
    let (code, _, stderr) = run_json(OTHER_KEY, &["ping"]).await;
    assert!(code == Some(1) && stderr.contains("vault set procurify"), "{stderr}");
    let (code, _, stderr) = run_json("short", &["ping"]).await;
    assert!(code == Some(1) && stderr.contains("openssl rand -hex 32") && !stderr.contains("short"), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vault_is_open_to_all_its_commands_beside_a_running_watch() {
    let world = world::<M3>(scenario(1)).await;
    let config = in_vault(&world).await;
    let mut watcher = Watcher::of(vaulted(&config, KEY));
    let first = watcher.line().await.unwrap();
    assert_eq!(first["run"]["flows"]["purchase_order"]["posted"], 1, "{first}");
    let ledger = world.folder.path().join("ledger.db");
    watcher.line().await.unwrap();
    // As in the middle of a run.
    let _busy = SqliteStore::open(&ledger).await.unwrap();

    let (code, stderr) = set(&config, "alerts", "a-secret-of-alerts").await;
    assert_eq!(code, Some(0), "{stderr}");
    assert!(names(&config, KEY).await.contains(&"alerts".to_owned()));
    let both = format!("{OTHER_KEY},{KEY}");
    for arguments in [&["vault", "rotate"][..], &["vault", "remove", "alerts"]] {
        let (code, _, stderr) = command(&config, &both, arguments).await;
        assert_eq!(code, Some(0), "{arguments:?}: {stderr}");
    }
    assert!(!names(&config, OTHER_KEY).await.contains(&"alerts".to_owned()));
    assert!(watcher.terminate().await.success());
}
