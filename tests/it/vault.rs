//! Both credential sets in the vault and no other copy anywhere.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::world::{World, connector, run, scenario};

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
    command.env_remove("PROCURIFY_CLIENT_SECRET").env("VAULT_KEY", key);
    command
}

async fn in_vault(world: &World) -> std::path::PathBuf {
    let config = world.configure("");
    let text = std::fs::read_to_string(&config).unwrap();
    let text = text
        .replace("{ env = \"PROCURIFY_CLIENT_SECRET\" }", "{ vault = \"procurify\" }")
        .replace("{ file = \"acme.ionapi\" }", "{ vault = \"cloudsuite\" }");
    std::fs::write(&config, format!("{text}\n[vault]\nkey = {{ env = \"VAULT_KEY\" }}\n")).unwrap();
    std::fs::remove_file(world.folder.path().join("acme.ionapi")).unwrap();
    for (name, secret) in [("procurify", "sandbox\n"), ("cloudsuite", &world.erp.ionapi_json())] {
        let mut set = vaulted(&config, KEY);
        set.args(["vault", "set", name]);
        let output = run_with(set, secret).await;
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    }
    config
}

fn assert_clean(world: &World) {
    let ionapi: serde_json::Value = serde_json::from_str(&world.erp.ionapi_json()).unwrap();
    let mut secrets: Vec<String> = ["cs", "saak", "sask"].map(|key| ionapi[key].as_str().unwrap().to_owned()).to_vec();
    secrets.extend(world.erp.issued_tokens());
    secrets.extend(world.procurify.issued_tokens());
    for entry in std::fs::read_dir(world.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{} holds {secret}", path.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_runs_on_the_vault_alone_and_no_file_holds_a_secret_even_after_a_kill() {
    let world = World::new(scenario(60)).await;
    let config = in_vault(&world).await;
    let mut child = vaulted(&config, KEY).arg("sync").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut tick = tokio::time::interval(std::time::Duration::from_millis(1));
    while world.erp.stats().total < 8 && child.try_wait().unwrap().is_none() {
        tick.tick().await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!world.erp.issued_tokens().is_empty(), "killed before it did anything");
    assert_clean(&world);

    let mut sync = vaulted(&config, KEY);
    sync.arg("sync");
    let output = run(sync).await;
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    world.exactly_once(&world.keys());
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_shared_with_the_next_process_and_no_login_wasted() {
    let world = World::new(scenario(5)).await;
    let config = in_vault(&world).await;
    for _ in 0..3 {
        let mut sync = vaulted(&config, KEY);
        sync.arg("sync");
        assert_eq!(run(sync).await.status.code(), Some(0));
    }
    assert_eq!(world.procurify.stats().requests["POST /oauth/token"], 1);
    assert_eq!(world.erp.issued_tokens().len(), 2, "one token, and one to refresh it with");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vault_is_listed_rotated_and_emptied_and_says_what_is_wrong() {
    let world = World::new(scenario(1)).await;
    let config = in_vault(&world).await;
    let run_json = async |key: &str, arguments: &[&str]| {
        let mut command = vaulted(&config, key);
        command.args(arguments).arg("--json");
        let output = run(command).await;
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (output.status.code(), document, stderr)
    };
    let (_, list, _) = run_json(KEY, &["vault", "list"]).await;
    let names: Vec<&str> =
        list["secrets"].as_array().unwrap().iter().map(|secret| secret["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["cloudsuite", "procurify"]);

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
