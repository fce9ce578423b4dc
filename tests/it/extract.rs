//! Reading whole lists out of Procurify: by the `extract` example, and as CSV.

use std::collections::BTreeSet;
use std::process::Output;

use futures_util::TryStreamExt;
use procurify_client::ProcurifyClient;
use sandbox::{Procurify, ProcurifyConfig, Scenario};
use serde_json::Value;

use crate::world::{example, run};

async fn tenant() -> Procurify {
    let scenario = Scenario { orders: 30, lines: 3, bills: 12, ..Scenario::default() };
    Procurify::start(ProcurifyConfig { scenario, ..ProcurifyConfig::default() }).await.unwrap()
}

async fn extract(procurify: &Procurify, secret: &str, arguments: &[&str]) -> Output {
    let mut command = example("extract");
    command.args(["--base-url", &procurify.base_url()]).args(arguments);
    command.env("PROCURIFY_CLIENT_ID", "sandbox").env("PROCURIFY_CLIENT_SECRET", secret);
    run(command).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_extract_example_reads_each_resource_whole_and_says_how_fast_in_its_last_line() {
    let (procurify, folder) = (tenant().await, tempfile::tempdir().unwrap());
    for (resource, records, key) in
        [("purchase_orders", 30, "procurify_PO"), ("bills", 12, "id"), ("order_items", 90, "id")]
    {
        let file = folder.path().join(resource);
        let to_file = ["--format", "jsonl", "--out", file.to_str().unwrap()];
        for out in [&to_file[..0], &to_file] {
            let arguments = [&["--resource", resource, "--page-size", "7", "--prefetch", "3"], out].concat();
            let output = extract(&procurify, "sandbox", &arguments).await;
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
            let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
            assert_eq!(last["records"], records, "{resource}");
            assert!(last["seconds"].as_f64().is_some_and(|seconds| seconds > 0.0), "{last}");
            assert!(last["max_rss_kb"].as_u64().is_some(), "{last}");
            assert_eq!(last.as_object().unwrap().len(), 3, "{last}");
        }
        let written = std::fs::read_to_string(&file).unwrap();
        let rows = written.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let keys: BTreeSet<i64> = rows.map(|row| row[key].as_i64().unwrap()).collect();
        assert_eq!((written.lines().count(), keys.len()), (records, records), "{resource}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_extract_example_fails_with_what_went_wrong_and_no_secret() {
    let procurify = tenant().await;
    let output = extract(&procurify, "wr0ng", &["--resource", "bills"]).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("POST /oauth/token failed") && !said.contains("wr0ng"), "{said}");
    assert!(output.stdout.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_as_csv_has_the_rows_of_the_list() {
    let procurify = tenant().await;
    let client = ProcurifyClient::builder("")
        .base_url(procurify.base_url().parse().unwrap())
        .credentials("sandbox", "sandbox")
        .build()
        .unwrap();
    let list = client.purchase_orders().list(procurify_client::Role::Purchased, procurify_client::Status::All);
    let pieces: Vec<_> = list.clone().page_size(7).csv().await.unwrap().try_collect().await.unwrap();
    let table = pieces.concat();
    let mut reader = csv::Reader::from_reader(table.as_slice());
    let at = reader.headers().unwrap().iter().position(|name| name == "procurify_PO").unwrap();
    let numbers: Vec<i64> = reader.records().map(|row| row.unwrap()[at].parse().unwrap()).collect();
    let all = list.all().await.unwrap();
    assert_eq!(numbers, all.iter().map(|order| order.procurify_po.0).collect::<Vec<_>>());
    assert_eq!(numbers.len(), 30);
}
