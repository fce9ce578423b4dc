//! Alerts by web hook, received and verified as any receiver would.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::Utc;
use hmac::{Hmac, Mac};
use procurify_cloudsuite::{FlowKind, Webhook};
use sandbox::{Bump, FaultKind, Faults, Scenario};
use serde_json::Value;
use sha2::Sha256;
use sync_core::memory::MemoryAlerts;
use sync_core::{Alert, AlertSink, Label, VirtualClock};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::watch::Watcher;
use crate::world::{World, connector, run, scenario};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Takes messages, or answers them all with a status.
#[derive(Clone)]
struct Receiver {
    status: Arc<AtomicU16>,
    taken: Arc<Mutex<Vec<Value>>>,
    tried: Arc<Mutex<Vec<String>>>,
}

impl Respond for Receiver {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let header = |name: &str| request.headers[name].to_str().unwrap().to_owned();
        let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
        let mut mac = Hmac::<Sha256>::new_from_slice(&BASE64_STANDARD.decode(&SECRET[6..]).unwrap()).unwrap();
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(&request.body);
        let signature = BASE64_STANDARD.decode(header("webhook-signature").strip_prefix("v1,").unwrap()).unwrap();
        assert!(mac.verify_slice(&signature).is_ok(), "the signature does not fit");
        self.tried.lock().unwrap().push(id);
        let status = self.status.load(Ordering::Relaxed);
        if status == 200 {
            self.taken.lock().unwrap().push(serde_json::from_slice(&request.body).unwrap());
        }
        ResponseTemplate::new(status)
    }
}

async fn receiver(status: u16) -> (MockServer, Receiver) {
    let server = MockServer::start().await;
    let receiver = Receiver { status: Arc::new(status.into()), taken: Arc::default(), tried: Arc::default() };
    Mock::given(method("POST")).and(path("/in/t0p-s3cret")).respond_with(receiver.clone()).mount(&server).await;
    (server, receiver)
}

fn settings(server: &MockServer) -> String {
    format!(
        "[alerts]\nwebhook = \"{}/in/t0p-s3cret?channel=ap\"\nwebhook_secret = {{ env = \"HOOK_SECRET\" }}\ndigest = \"daily\"",
        server.uri()
    )
}

async fn sync(config: &std::path::Path) -> (Option<i32>, String) {
    let mut sync = connector(config);
    sync.arg("sync").env("HOOK_SECRET", SECRET);
    let output = run(sync).await;
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_held_order_is_told_once_and_what_waits_once_a_day_however_often_it_is_started() {
    let world = World::new(Scenario { missing: 1, ..scenario(40) }).await;
    let (server, receiver) = receiver(200).await;
    let config = world.configure(&settings(&server));
    for _ in 0..3 {
        assert_eq!(sync(&config).await.0, Some(3));
    }
    let taken = receiver.taken.lock().unwrap().clone();
    let alerts: Vec<&Value> = taken.iter().filter(|message| message["type"] == "record.alert").collect();
    let held: BTreeSet<&str> = alerts.iter().map(|alert| alert["data"]["key"].as_str().unwrap()).collect();
    assert!(!held.is_empty() && held.len() == alerts.len(), "one for each: {alerts:?}");
    assert!(alerts.iter().all(|alert| alert["data"]["state"] == "held" && alert["timestamp"].is_string()));
    for alert in &alerts {
        let label = &alert["data"]["label"];
        assert!(["vendor", "number", "total", "currency"].iter().all(|part| label[part].is_string()), "{alert}");
    }
    let digests: Vec<&Value> = taken.iter().filter(|message| message["type"] == "connection.digest").collect();
    assert_eq!(digests.len(), 1, "{digests:?}");
    let data = &digests[0]["data"];
    assert_eq!((&data["connection"], &data["records"]), (&"acme".into(), &held.len().into()));
    let waiting = data["waiting"].as_array().unwrap();
    // One vendor and one account are missing, however many orders wait for them.
    assert_eq!(waiting.len(), 2, "{data}");
    assert!(waiting.iter().all(|one| one["count"].as_u64() > Some(0) && one["label"]["vendor"].is_string()), "{data}");
    let ids: BTreeSet<String> = receiver.tried.lock().unwrap().iter().cloned().collect();
    assert_eq!(ids.len(), alerts.len() + 1, "each message has an id of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_hook_that_fails_stops_no_order_and_is_tried_again_later() {
    let world = World::new(Scenario { missing: 1, ..scenario(40) }).await;
    let (server, receiver) = receiver(503).await;
    let config = world.configure(&settings(&server));
    let (code, stderr) = sync(&config).await;
    assert_eq!(code, Some(3));
    let held = world.keys().len() - world.erp.documents().len();
    assert!(held > 0 && held < 40, "all that could be posted was");
    assert!(stderr.contains("an alert could not be raised") && stderr.contains("503"), "{stderr}");
    assert!(!stderr.contains("t0p-s3cret") && !stderr.contains(&SECRET[6..]), "{stderr}");
    // A receiver that is down is asked three times, not three times for each order.
    assert_eq!(receiver.tried.lock().unwrap().len(), 3);
    receiver.status.store(200, Ordering::Relaxed);
    sync(&config).await;
    assert_eq!(receiver.taken.lock().unwrap().len(), 1, "the digest, which is due with any pass");
    let ids: BTreeSet<String> = receiver.tried.lock().unwrap().iter().take(3).cloned().collect();
    assert_eq!(ids.len(), 1, "one message keeps its id");
}

#[tokio::test]
async fn a_web_hook_that_failed_is_left_alone_for_a_minute() {
    let (server, receiver) = receiver(500).await;
    let clock = Arc::new(VirtualClock::at("2026-11-24T12:00:00Z".parse().unwrap()));
    let webhook = Webhook::new(format!("{}/in/t0p-s3cret", server.uri()).into())
        .unwrap()
        .secret(&SECRET.into())
        .unwrap()
        .clock(clock.clone());
    let alert = Alert {
        key: "acme/purchase_order/7".parse().unwrap(),
        label: Label::default(),
        state: "held".into(),
        reason: "vendor 5: add it".into(),
        at: "2026-11-24T11:00:00Z".parse().unwrap(),
        version: 3,
        again: false,
    };
    let error = webhook.raise(&alert).await.unwrap_err();
    assert!(error.contains("500") && !error.contains("t0p-s3cret"), "{error}");
    receiver.status.store(200, Ordering::Relaxed);
    assert!(webhook.raise(&alert).await.unwrap_err().contains("left alone until 12:01:00"));
    clock.advance(Duration::from_secs(60));
    webhook.raise(&alert).await.unwrap();
    webhook.raise(&alert).await.unwrap();
    let ids: BTreeSet<String> = receiver.tried.lock().unwrap().iter().cloned().collect();
    assert_eq!(ids.len(), 1, "raised again after a crash, a receiver knows it by its id");
    webhook.raise(&Alert { version: 5, ..alert }).await.unwrap();
    let ids: BTreeSet<String> = receiver.tried.lock().unwrap().iter().cloned().collect();
    assert_eq!(ids.len(), 2, "changed again for the same reason: another alert");
}

/// The messages of a type.
fn of_type(receiver: &Receiver, kind: &str) -> Vec<Value> {
    let taken = receiver.taken.lock().unwrap();
    taken.iter().filter(|message| message["type"] == kind).map(|message| message["data"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_refused_is_told_at_once_by_whatever_process_once_and_when_it_is_mended() {
    let world = World::new(scenario(5)).await;
    let (server, receiver) = receiver(200).await;
    let config = world.configure(&settings(&server));
    let sync = async |secret: &str| {
        let mut sync = connector(&config);
        sync.arg("sync").env("HOOK_SECRET", SECRET).env("PROCURIFY_CLIENT_SECRET", secret);
        run(sync).await.status.code()
    };
    for _ in 0..3 {
        assert_eq!(sync("rotated").await, Some(1));
    }
    let told = of_type(&receiver, "connection.trouble");
    let [trouble] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((&trouble["system"], &trouble["kind"]), (&"Procurify".into(), &"denied".into()), "{trouble}");
    assert!(trouble["reason"].as_str().unwrap().contains("check client id and secret"), "{trouble}");
    let digests = of_type(&receiver, "connection.digest");
    assert_eq!((digests.len(), &digests[0]["records"]), (1, &0.into()));
    assert_eq!(digests[0]["troubles"][0]["reason"], trouble["reason"], "{digests:?}");

    let mut held = connector(&config);
    held.args(["held"]).env("HOOK_SECRET", SECRET);
    let said = String::from_utf8(run(held).await.stdout).unwrap();
    assert!(said.contains("Nothing of purchase order gets through since") && said.contains("client id"), "{said}");

    for _ in 0..2 {
        assert_eq!(sync("sandbox").await, Some(0));
    }
    let over = of_type(&receiver, "connection.trouble_over");
    assert_eq!((over.len(), &over[0]["since"]), (1, &trouble["since"]), "{over:?}");
    assert_eq!(of_type(&receiver, "connection.trouble").len(), 1);
    assert_eq!(receiver.tried.lock().unwrap().iter().collect::<BTreeSet<_>>().len(), 3, "ids of their own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_that_does_not_get_its_turn_says_so_once_and_when_it_is_over() {
    let world = World::new(scenario(3)).await;
    let (server, receiver) = receiver(200).await;
    let config = world.configure(&format!("[calendar]\nevery = \"2s\"\n{}\npatience = \"0s\"", settings(&server)));
    let text = std::fs::read_to_string(&config).unwrap();
    let impatient = text.replace("url = \"sqlite:ledger.db\"", "url = \"sqlite:ledger.db\"\nwait = \"0s\"");
    assert_ne!(text, impatient);
    std::fs::write(&config, impatient).unwrap();
    let mut command = connector(&config);
    command.env("HOOK_SECRET", SECRET);
    let mut watcher = Watcher::of(command);
    let mut lines_until = async |what: &str, times: usize| {
        let mut seen = 0;
        while seen < times {
            seen += usize::from(!watcher.line().await.unwrap()[what].is_null());
        }
    };
    // Between two runs another process takes the store.
    lines_until("next_run", 1).await;
    let busy = world.store().await;
    lines_until("failed", 3).await;
    let told = of_type(&receiver, "connection.trouble");
    let [trouble] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(trouble["system"], "the ledger", "{trouble}");
    assert!(trouble["reason"].as_str().unwrap().contains("in use by another process"), "{trouble}");
    drop(busy);
    lines_until("run", 1).await;
    let over = of_type(&receiver, "connection.trouble_over");
    assert_eq!((over.len(), &over[0]["since"]), (1, &trouble["since"]), "{over:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reference_data_that_goes_stale_while_cloudsuite_is_down_is_told_once_it_has_lasted() {
    let world = World::new(scenario(5)).await;
    let alerts = Arc::new(MemoryAlerts::default());
    let clock = Arc::new(VirtualClock::at(Utc::now()));
    let connection = world.build(100, |connection| connection.clock(clock.clone()).alerts(alerts.clone())).await;
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    world.erp.set_faults(Faults::always(FaultKind::Unavailable));
    world.procurify.bump(Bump { create: 2, change: 0, cancel: 0 });
    clock.advance(Duration::from_secs(3 * 3600));
    for minutes in [0, 29] {
        clock.advance(Duration::from_secs(60 * minutes));
        connection.sync(FlowKind::PurchaseOrders).await.unwrap_err();
        assert!(alerts.troubles().is_empty(), "{:?}", alerts.troubles());
    }
    clock.advance(Duration::from_secs(120));
    for _ in 0..2 {
        connection.sync(FlowKind::PurchaseOrders).await.unwrap_err();
    }
    let told = alerts.troubles();
    assert_eq!((told.len(), told[0].system.as_str()), (1, "CloudSuite"), "{told:?}");
    world.erp.set_faults(Faults::default());
    connection.sync(FlowKind::PurchaseOrders).await.unwrap();
    let told = alerts.troubles();
    assert!(told.len() == 2 && told[1].over.is_some(), "{told:?}");
    assert!(alerts.raised().is_empty(), "no record is in need of a person: {:?}", alerts.raised());
}
