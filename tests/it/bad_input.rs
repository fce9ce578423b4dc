//! Bad input to the connector: one clear sentence that says what to do, exit code 1, nothing written.

use std::path::Path;
use std::process::Output;

use crate::world::{World, connector, run, scenario};

/// The configuration with one piece of it replaced, and what the sentence must name.
struct Case {
    from: &'static str,
    to: &'static str,
    says: &'static [&'static str],
}

const CASES: &[Case] = &[
    Case { from: "product = \"m3\"", to: "product = \"m9\"", says: &["m9", "product = \"m3\""] },
    Case { from: "base_url = \"http://127.0.0.1", to: "base_url = \"http://10.1.2.3", says: &["https"] },
    Case { from: "sqlite:ledger.db", to: "sqlite:nowhere/ledger.db", says: &["nowhere", "create"] },
    Case { from: "sqlite:ledger.db", to: "mongo:ledger", says: &["mongo:ledger", "sqlite:"] },
    Case { from: "file = \"acme.ionapi\"", to: "file = \"missing.ionapi\"", says: &["missing.ionapi", "path"] },
    Case { from: "PROCURIFY_CLIENT_SECRET", to: "NO_SUCH_VARIABLE", says: &["NO_SUCH_VARIABLE", "set it"] },
    Case { from: "facility = \"A01\"", to: "facility = \"A0001\"", says: &["A0001"] },
    Case { from: "company = 100", to: "company = \"many\"", says: &["line"] },
    Case { from: "domain = \"acme\"", to: "", says: &["domain"] },
    Case { from: "domain = \"acme\"", to: "domian = \"acme\"", says: &["mean nothing", "procurify.domian"] },
    Case { from: "client_id", to: "client_idd", says: &["client_id", "mean nothing: procurify.client_idd"] },
    Case { from: "domain = \"acme\"", to: "domain = \" \"", says: &["procurify.domain is blank", "`acme`"] },
    Case { from: "[flows]", to: "[calendar]\ntime_zone = \"PST8\"", says: &["PST8", "America/Vancouver"] },
    Case { from: "[flows]", to: "[calendar]\nbusiness_hours = \"9 to 5\"", says: &["9 to 5", "08:00-18:00"] },
    Case { from: "[flows]", to: "[calendar]\nbusiness_hours = \"18:00-08:00\"", says: &["ends before it begins"] },
    Case { from: "[flows]", to: "[calendar]\nweekdays = [\"lundi\"]", says: &["lundi", "mon"] },
    Case { from: "[flows]", to: "[calendar]\nweekdays = []", says: &["weekdays", "leave it out"] },
    Case { from: "[flows]", to: "[calendar]\nholidays = [\"25.12.2026\"]", says: &["25.12.2026", "2026-12-25"] },
    Case { from: "[flows]", to: "[calendar]\nevery = \"often\"", says: &["calendar.every", "often", "10m"] },
    Case { from: "[flows]", to: "[calendar]\nevery = \"0s\"", says: &["calendar.every", "between 1s and 24h"] },
    Case { from: "[flows]", to: "[calendar]\noff_hours_every = \"48h\"", says: &["off_hours_every", "24h"] },
    Case { from: "[flows]", to: "[calendar]\nfreeze = [\"month-end\"]", says: &["month-end", "WD-2..WD+3"] },
    Case { from: "[flows]", to: "[calendar]\nfreeze = [\"WD+3..WD-2\"]", says: &["WD+3..WD-2", "turn it round"] },
    Case { from: "[flows]", to: "[alerts]\nwebhook = \"http://10.1.2.3/x\"", says: &["https"] },
    Case { from: "[flows]", to: "[alerts]\nwebhook = { env = \"NO_SUCH_HOOK\" }", says: &["NO_SUCH_HOOK", "set it"] },
    Case {
        from: "[flows]",
        to: "[alerts]\nwebhook = \"https://hooks.example/\"\nwebhook_secret = \"hunter2\"",
        says: &["openssl rand -base64 32"],
    },
    Case { from: "[flows]", to: "[alerts]\ndigest = \"hourly\"", says: &["line", "hourly"] },
    Case { from: "[flows]", to: "[flows]\non_cancle = \"cancel\"", says: &["mean nothing", "flows.on_cancle"] },
    Case { from: "[flows]", to: "[flows]\nbatch = 0", says: &["flows.batch is 0"] },
    Case {
        from: "company = 100",
        to: "company = 100\ncost_center_dimension = 9",
        says: &["accounting dimension 9 cannot hold the cost centre", "use 2 to 7, or none"],
    },
    Case {
        from: "[flows]",
        to: "[[mapping.accounts.rules]]\nname = \"a\"\naccount = \"1\"\ndimensions = { 2 = \"CAN\" }\n[flows]",
        says: &["accounting dimension 2 cannot be booked on", "use one of 2 to 7 that is not the cost centre's"],
    },
    Case {
        from: "company = 100",
        to: "company = 100\nbytes_per_call = 0",
        says: &["cloudsuite.m3.bytes_per_call is 0", "1 or more"],
    },
    Case { from: IONAPI, to: "", says: &["cloudsuite has no `ionapi`", "[cloudsuite.mongoose]"] },
    Case {
        from: IONAPI,
        to: "mongoose = { server = \"https://erp.example\", user = \"sync\", password = \"hunter2\" }",
        says: &["[cloudsuite.mongoose] is for SyteLine, not for `m3`", "name an `ionapi`"],
    },
    Case {
        from: "[cloudsuite.m3]",
        to: "mongoose = { server = \"https://erp.example\", user = \"sync\", password = \"hunter2\" }\n[cloudsuite.m3]",
        says: &["both `ionapi` and [cloudsuite.mongoose]", "leave one out"],
    },
    Case {
        from: "[cloudsuite.m3]",
        to: "client_authentication = \"digest\"\n[cloudsuite.m3]",
        says: &["line", "digest", "basic"],
    },
    Case {
        from: "[cloudsuite.m3]",
        to: "base_url = \"gateway\"\n[cloudsuite.m3]",
        says: &["cloudsuite.base_url `gateway` is no address"],
    },
    Case {
        from: "[cloudsuite.m3]",
        to: "base_url = \"http://10.1.2.3/ACME\"\n[cloudsuite.m3]",
        says: &["10.1.2.3", "https"],
    },
    Case {
        from: "[cloudsuite.m3]",
        to: "logins_per_minute = 0\n[cloudsuite.m3]",
        says: &["logins_per_minute", "at least 1"],
    },
    Case {
        from: "[cloudsuite.m3]",
        to: "root_certificate = \"none.pem\"\n[cloudsuite.m3]",
        says: &["cloudsuite.root_certificate", "none.pem", "check the path"],
    },
    Case {
        from: "company = 100",
        to: "company = 100\npath = \"https://erp.example/m3api-rest\"",
        says: &["cloudsuite.m3.path `https://erp.example/m3api-rest` is no path"],
    },
];

const IONAPI: &str = "ionapi = { file = \"acme.ionapi\" }";

fn assert_refused(output: &Output, says: &[&str], what: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let sentence = stderr.lines().last().unwrap_or_default();
    assert_eq!(output.status.code(), Some(1), "{what}: {stderr}");
    assert!(output.stdout.is_empty(), "{what}: nothing on stdout");
    for words in says {
        assert!(sentence.contains(words), "{what}: `{words}` is not in `{sentence}`");
    }
    assert!(!stderr.contains("panicked") && !stderr.contains("RUST_BACKTRACE"), "{what}: {stderr}");
}

fn assert_nothing_written(world: &World, what: &str) {
    assert!(!world.ledger().exists(), "{what}: a ledger was made");
    assert!(world.erp.documents().is_empty() && world.erp.messages().is_empty(), "{what}: M3 was written to");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_setting_is_refused_in_one_sentence_before_anything_is_sent() {
    let world = World::new(scenario(3)).await;
    let good = std::fs::read_to_string(world.configure("")).unwrap();
    for case in CASES {
        assert!(good.contains(case.from), "the case `{}` no longer fits the configuration", case.from);
        let config = world.folder.path().join("bad.toml");
        std::fs::write(&config, good.replace(case.from, case.to)).unwrap();
        let mut sync = connector(&config);
        sync.arg("sync");
        let what = format!("{} -> {}", case.from, case.to);
        assert_refused(&run(sync).await, case.says, &what);
        assert_nothing_written(&world, &what);
    }
    assert_eq!(world.erp.stats().total + world.procurify.stats().total, 0, "something was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_ionapi_file_is_refused_by_the_name_of_what_is_missing() {
    let world = World::new(scenario(3)).await;
    let config = world.configure("");
    let file = world.folder.path().join("acme.ionapi");
    let whole: serde_json::Value = serde_json::from_str(&world.erp.ionapi_json()).unwrap();
    for key in ["ti", "ci", "cs", "iu", "pu", "ot", "saak", "sask"] {
        let mut broken = whole.clone();
        broken.as_object_mut().unwrap().remove(key);
        std::fs::write(&file, broken.to_string()).unwrap();
        let mut sync = connector(&config);
        sync.arg("sync");
        assert_refused(&run(sync).await, &[key], key);
        assert_nothing_written(&world, key);
    }
    for text in ["", "{", "not JSON at all", "[]"] {
        std::fs::write(&file, text).unwrap();
        let mut sync = connector(&config);
        sync.arg("sync");
        assert_refused(&run(sync).await, &[".ionapi"], text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_refused_and_not_repeated_in_a_loop() {
    let world = World::new(scenario(3)).await;
    let mut sync = connector(&world.configure(""));
    sync.arg("sync").env("PROCURIFY_CLIENT_SECRET", "wrong-secret");
    let output = run(sync).await;
    assert_refused(&output, &["POST /oauth/token", "procurify:", "client id and secret"], "wrong secret");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("wrong-secret"));
    assert_eq!(world.procurify.stats().requests["POST /oauth/token"], 1, "asked once");
    assert!(world.erp.documents().is_empty() && world.erp.messages().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_arguments_and_keys_are_refused() {
    let world = World::new(scenario(3)).await;
    let config = world.configure("");
    let cases: [(&[&str], &[&str]); 5] = [
        (&["audit", "acme/purchase_order/1"], &["run a sync first"]),
        (&["audit", "10482"], &["acme/purchase_order/10482"]),
        (&["replay", "acme/purchase_order/1"], &["run a sync first"]),
        (&["held"], &["run a sync first"]),
        (&["fly"], &[]),
    ];
    for (arguments, says) in cases {
        let mut command = connector(&config);
        command.args(arguments);
        assert_refused(&run(command).await, says, &format!("{arguments:?}"));
        assert_nothing_written(&world, &format!("{arguments:?}"));
    }
    let mut command = connector(Path::new("/nowhere/connector.toml"));
    command.arg("ping");
    assert_refused(&run(command).await, &["/nowhere/connector.toml", "--config"], "no configuration");
}
