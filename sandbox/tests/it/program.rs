//! The program: its ready line, its `.ionapi` file, its end, and its complaints.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::client::send;

fn sandbox(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sandbox"));
    command.arg("serve").args(["--procurify", "127.0.0.1:0", "--cloudsuite", "127.0.0.1:0"]);
    command.args(arguments).kill_on_drop(true);
    command
}

fn file(name: &str) -> String {
    let directory = std::env::var("CARGO_TARGET_TMPDIR").unwrap_or_else(|_| env!("CARGO_TARGET_TMPDIR").to_owned());
    format!("{directory}/{name}")
}

#[tokio::test]
async fn it_serves_until_it_is_terminated() {
    for product in ["m3", "syteline", "odata"] {
        serve_until_terminated(product).await;
    }
}

async fn serve_until_terminated(product: &str) {
    let ionapi = file(&format!("served-{product}.ionapi"));
    let arguments = ["--orders", "25", "--lines", "2", "--seed", "3", "--ionapi", &ionapi, "--product", product];
    let mut child = sandbox(&arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let ready: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
    assert_eq!((ready["ready"].as_bool(), ready["product"].as_str()), (Some(true), Some(product)));
    let documents =
        send("GET", &format!("{}/_sandbox/documents", ready["cloudsuite"].as_str().unwrap()), &[], "").await;
    assert_eq!(documents.json(), serde_json::json!([]));

    let stats = send("GET", &format!("{}/_sandbox/stats", ready["procurify"].as_str().unwrap()), &[], "").await;
    assert_eq!(stats.json()["documents"]["purchase_order"], 25);
    let written: Value = serde_json::from_slice(&std::fs::read(&ionapi).unwrap()).unwrap();
    assert_eq!(written["iu"], ready["cloudsuite"]);
    for key in ["ti", "cn", "dt", "ci", "cs", "iu", "pu", "oa", "ot", "or", "ev", "v", "saak", "sask"] {
        assert!(written[key].is_string(), "{key}");
    }

    let id = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    assert!(child.wait().await.unwrap().success());
}

#[tokio::test]
async fn it_says_in_one_sentence_what_is_wrong() {
    let ionapi = file("refused.ionapi");
    for (arguments, complaint) in [
        (vec!["--product", "sapphire", "--ionapi", &ionapi], "not simulated"),
        (vec!["--ionapi", &ionapi, "--faults", "20"], "number from 0 to 1"),
        (vec!["--ionapi", &ionapi, "--latency", "20"], "not a duration"),
        (vec!["--ionapi", "/nonexistent/x.ionapi"], "cannot write"),
    ] {
        let output = sandbox(&arguments).output().await.unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && stderr.contains(complaint), "{arguments:?}: {stderr}");
    }
}
