//! Account mappings, and links by hand and by file, from the configuration to the ERP.

use std::collections::BTreeMap;
use std::path::Path;

use cloudsuite_client::m3::OrderNumber;
use procurify_cloudsuite::reference::Link;
use procurify_cloudsuite::{CloudSuiteClient, Company};
use sandbox::{Account, Scenario, Supplier};
use serde_json::Value;
use sync_core::{Actor, CrossReferences, StateName};

use crate::world::{World, connector, run, scenario};

/// Runs a command of the connector; its exit code, its document, and what it said in its last line.
async fn command(config: &Path, arguments: &[&str]) -> (Option<i32>, Value, String) {
    let mut command = connector(config);
    command.args(arguments).arg("--json");
    let output = run(command).await;
    let said = String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_default(), said)
}

/// Adds sections to a configuration.
fn extend(config: &Path, more: &str) {
    let text = std::fs::read_to_string(config).unwrap();
    std::fs::write(config, format!("{text}\n{more}")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_booked_by_rules_a_table_and_segments_in_turn_and_the_trail_names_each_decision() {
    let world = World::new(scenario(40)).await;
    // An ERP in which account 60140 has become 5000 in every department, and 60110 is booked by rule.
    for code in ["5000", "5100"] {
        world.erp.add_account(&Account::new(code, format!("Account {code}")));
    }
    world.erp.add_account(&Account::cost_center("CC900", "Campaigns"));
    let config = world.configure("");
    std::fs::write(world.folder.path().join("accounts.csv"), "account_code,account,dimension_3\n60140,5000,CAN\n")
        .unwrap();
    extend(
        &config,
        r#"
        [mapping.accounts]
        table = "accounts.csv"
        segments = { order = ["account", "cost_center"] }
        [[mapping.accounts.rules]]
        name = "campaigns"
        account_code = "6011*"
        custom_fields = { Project = "spring campaign" }
        account = "5100"
        cost_center = "CC900"
        "#,
    );
    // What the batch job would refuse later is held now, with a reason.
    let (code, report, _) = command(&config, &["sync"]).await;
    assert_eq!((code, report["flows"]["purchase_order"]["accepted"].as_u64()), (Some(3), Some(0)), "{report}");
    let (_, held, _) = command(&config, &["held"]).await;
    let reason =
        "dimension 3 CAN: account code 60140 by line 1 of the account table leads to it, and it is not in the ERP";
    assert!(held.to_string().contains(reason), "{held}");
    world.erp.add_account(&Account::dimension(3, "CAN", "Canada"));
    let (code, report, said) = command(&config, &["sync"]).await;
    assert_eq!(code, Some(0), "{report} {said}");
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (key, document) in world.exactly_once(&world.keys()) {
        let project = key.id().parse::<u64>().unwrap().is_multiple_of(3);
        let (_, trail, _) = command(&config, &["audit", &key.to_string()]).await;
        for line in &document.lines {
            let account = line.account.as_str();
            assert_ne!(account, "60140", "{key}");
            assert!(account != "60110" || !project, "{key} is for a project");
            if account == "5100" {
                assert!(project, "{key}");
                assert_eq!(line.cost_center, "CC900", "{key}");
                let rule = "rule \\\"campaigns\\\": account 5100, cost centre CC900";
                assert!(trail.to_string().contains(rule), "{trail}");
            }
            if account == "5000" {
                let decision = "account code 60140 by line 1 of the account table: account 5000, dimension 3 CAN";
                assert!(trail.to_string().contains(decision), "{trail}");
            }
            *seen.entry(account.to_owned()).or_default() += 1;
        }
    }
    assert!(seen.contains_key("5000") && seen.contains_key("5100") && seen.len() > 10, "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_mapping_that_cannot_be_right_is_refused_before_anything_is_sent() {
    let world = World::new(scenario(3)).await;
    let config = world.configure("");
    let good = std::fs::read_to_string(&config).unwrap();
    let file = world.folder.path().join("accounts.csv");
    for (mapping, table, says) in [
        ("use = [\"table\"]", "", "names `table`, which is not configured"),
        ("use = [\"magic\"]", "", "`magic` is not known"),
        ("segments = { order = [\"colour\"] }", "", "`colour` is no segment"),
        ("table = \"accounts.csv\"", "account_code,color\n1,2\n", "line 2: the column `color` is not known"),
        ("table = \"accounts.csv\"", "account_code,account\n1,2\n1,3\n", "line 2 is about the same costs as line 1"),
        ("table = \"accounts.csv\"", "acount_code,account\n1,2\n", "no column `account_code`"),
        ("table = \"nowhere.csv\"", "", "nowhere.csv (mapping.accounts.table)"),
    ] {
        std::fs::write(&file, table).unwrap();
        std::fs::write(&config, format!("{good}\n[mapping.accounts]\n{mapping}\n")).unwrap();
        let (code, _, said) = command(&config, &["sync"]).await;
        assert_eq!(code, Some(1), "{mapping}: {said}");
        assert!(said.contains(says), "`{says}` is not in `{said}`");
    }
    assert_eq!(world.erp.stats().total + world.procurify.stats().total, 0, "something was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_linked_by_hand_frees_orders_and_stays_whatever_is_aligned_later() {
    let world = World::new(Scenario { missing: 1, ..scenario(60) }).await;
    let held = world.sync().await;
    assert!(held.count(StateName::Held) > 0);
    let config = world.configure("");
    let vendor = world.scenario.missing_suppliers().remove(0);
    let account = world.scenario.missing_accounts().remove(0);
    let reason = &held.concerns.iter().find(|concern| concern.reason.contains("vendor")).unwrap().reason;
    let id = reason.split(' ').nth(1).unwrap();
    assert!(reason.contains(&format!("(`link vendor {id} TARGET`)")), "{reason}");
    for (arguments, says) in [
        (["link", "vendor", id, "S99999"], "the ERP has no vendor `S99999`"),
        (["link", "vendor", "4711", "S10001"], "Procurify has no vendor `4711`"),
        (["link", "colour", "red", "S10001"], "`colour` cannot be linked"),
        (["link", "currency", "CAD", "XXX"], "the ERP has no currency XXX"),
    ] {
        let (code, _, said) = command(&config, &arguments).await;
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(says), "`{says}` is not in `{said}`");
    }
    assert_eq!(command(&config, &["link", "vendor", id, "s10001"]).await.0, Some(0));
    assert_eq!(command(&config, &["link", "gl_account", &account.code, "60100"]).await.0, Some(0));
    // The alignment would find this one by its external id; a person's word stands.
    world.erp.add_supplier(&Supplier::new(&vendor.number, &vendor.name, &vendor.currency));
    let report = world.sync().await;
    assert!(report.is_all_done(), "{:?}", report.concerns);
    let documents = world.exactly_once(&world.keys());
    assert!(documents.values().all(|document| document.supplier != vendor.number));
    assert!(documents.values().flat_map(|document| &document.lines).all(|line| line.account != account.code));
    let (_, trail, _) = command(&config, &["audit", &held.concerns[0].key.to_string()]).await;
    assert!(trail.to_string().contains("by hand"), "{trail}");

    // A supplier that is linked by hand and has gone holds what comes next, and says so.
    world.erp.remove_supplier("S10001");
    world.connect().await.align_reference_data().await.unwrap();
    let table = world.store().await.snapshot(&"acme".into()).await.unwrap();
    let why = procurify_cloudsuite::reference::resolve(&table, "vendor", id, "").unwrap_err();
    assert!(why.hint.contains("linked by hand to S10001, which is not in the ERP"), "{why}");
    assert_eq!(command(&config, &["unlink", "vendor", id]).await.0, Some(0));
    let table = world.store().await.snapshot(&"acme".into()).await.unwrap();
    assert_eq!(table.get("vendor", id).unwrap().found.targets(), [vendor.number], "matched by itself again");
    let (code, _, said) = command(&config, &["unlink", "vendor", id]).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("is not linked by hand"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_taken_back_by_a_name_only_if_one_has_it() {
    let world = World::new(scenario(3)).await;
    let ids = ["Bolt", "Bolt"].map(|name| world.procurify.add_vendor(name, None).to_string());
    let connection = world.connect().await;
    let jo = Actor::new("jo");
    let link = |id: &String| Link { kind: "vendor".into(), source: id.clone(), target: "S10001".into() };
    connection.link(&ids.each_ref().map(link), &jo).await.unwrap();
    let why = connection.unlink("vendor", "Bolt", &jo).await.unwrap_err().to_string();
    assert!(why.contains("several of that name are") && ids.iter().all(|id| why.contains(id.as_str())), "{why}");
    connection.unlink("vendor", &ids[0], &jo).await.unwrap();
    connection.unlink("vendor", "Bolt", &jo).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_goes_out_to_a_file_and_comes_back_whole_or_not_at_all() {
    for format in ["csv", "toml"] {
        let world = World::new(Scenario { missing: 1, ..scenario(20) }).await;
        let config = world.configure("");
        command(&config, &["sync"]).await;
        let file = world.folder.path().join(format!("mapping.{format}"));
        let name = file.to_str().unwrap();
        let (code, exported, said) = command(&config, &["mapping", "export", name]).await;
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(exported["unmatched"], 2, "the missing vendor and account: {exported}");
        let text = std::fs::read_to_string(&file).unwrap();
        let line = |kind: &str, source: &str, target: &str| match format {
            "csv" => format!("{kind},{source},,{target},,\n"),
            _ => format!("\n[[line]]\nkind = \"{kind}\"\nsource = \"{source}\"\ntarget = \"{target}\"\n"),
        };
        let (code, again, _) = command(&config, &["mapping", "import", name]).await;
        assert_eq!((code, again["linked"].as_array().unwrap().len()), (Some(0), 0), "what was matched stays as it was");

        let account = world.scenario.missing_accounts().remove(0).code;
        let good = [line("gl_account", &account, "60100"), line("unit", "EA", "PCS"), line("location", "1", "002")];
        std::fs::write(&file, format!("{text}{}{}", good.concat(), line("cost_center", "11", "CC1"))).unwrap();
        let (code, _, said) = command(&config, &["mapping", "import", name]).await;
        assert_eq!(code, Some(1));
        let last = if format == "csv" { text.lines().count() + 4 } else { text.matches("[[line]]").count() + 4 };
        let place = if format == "csv" { format!("line {last}") } else { format!("entry {last}") };
        assert!(said.contains(&format!("{place}: the ERP has no cost center `CC1`")), "{place} is not in {said}");
        let (_, unchanged, _) = command(&config, &["mapping", "export", name]).await;
        assert_eq!(unchanged["unmatched"], 2, "nothing was imported");

        std::fs::write(&file, format!("{text}{}", good.concat())).unwrap();
        let (code, imported, said) = command(&config, &["mapping", "import", name]).await;
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(imported["linked"].as_array().unwrap().len(), 3, "{imported}");
        let (_, now, _) = command(&config, &["mapping", "export", name]).await;
        assert_eq!(now["unmatched"], 1);

        // Words are the same in other letters, and stay known as they were written.
        let (_, again, _) = command(&config, &["mapping", "import", name]).await;
        assert_eq!(again["linked"], serde_json::json!([]));
        std::fs::write(&file, format!("{text}{}", line("unit", "ea", "EA"))).unwrap();
        let (_, imported, _) = command(&config, &["mapping", "import", name]).await;
        assert_eq!(imported["linked"][0]["target"], serde_json::json!(["EA"]), "{imported}");
        command(&config, &["mapping", "export", name]).await;
        let text = std::fs::read_to_string(&file).unwrap();
        let unit = text.split(if format == "csv" { "\n" } else { "[[line]]" }).find(|entry| entry.contains("unit"));
        let kept = if format == "csv" { "unit,ea,EA,EA,hand" } else { "name = \"EA\"" };
        assert!(unit.is_some_and(|entry| entry.contains(kept)), "{unit:?}");

        // A link that the file has without a target is taken back, and nothing else.
        let of_link = |entry: &&str| entry.contains("hand") && entry.contains("60100") && entry.contains(&account);
        let emptied = if format == "csv" {
            let row = text.lines().find(of_link).unwrap();
            text.replace(row, &row.replace(",60100,", ",,"))
        } else {
            let entry = text.split("[[line]]").find(of_link).unwrap();
            text.replace(entry, &entry.replace("target = \"60100\"\n", ""))
        };
        assert_ne!(emptied, text);
        std::fs::write(&file, emptied).unwrap();
        for back in [1, 0] {
            let (code, imported, said) = command(&config, &["mapping", "import", name]).await;
            assert_eq!(code, Some(0), "{said}");
            assert_eq!(imported["unlinked"].as_array().unwrap().len(), back, "{imported}");
            assert_eq!(imported["linked"], serde_json::json!([]));
        }
        let (_, now, _) = command(&config, &["mapping", "export", name]).await;
        assert_eq!(now["unmatched"], 2, "the account is not matched by itself");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_file_that_cannot_be_read_is_refused_by_line_and_column() {
    let world = World::new(scenario(1)).await;
    let config = world.configure("");
    let head = "kind,source,target\n";
    for (file, text, says) in [
        (
            "a.csv",
            b"kind;source;target\nunit;ea;PCE\n".to_vec(),
            "line 1 names no column `kind`, but `kind;source;target`",
        ),
        ("a.csv", b"kind,source,taget\n".to_vec(), "line 1 names no column `target`, but `kind, source, taget`"),
        ("a.csv", format!("{head}\nunit,ea,PCE\n\nunit,box\n").into(), "line 5 ends before the column `target`"),
        ("a.csv", format!("{head}unit,ea,PCE,\n").into(), "line 2 has 4 cells, and line 1 names 3 columns"),
        ("a.csv", format!("{head}unit,\"e\na\",PCE\nunit,,B\n").into(), "line 4: it has a target and no `source`"),
        ("a.csv", format!("{head}unit,ea,PCE\n,ea,PCE\n").into(), "line 3: it has a target and no `kind`"),
        ("a.csv", [head.as_bytes(), b"vendor,Caf\xe9,S1\n"].concat(), "line 2 holds a character that is not UTF-8"),
        ("a.toml", b"[[line]]\nkind = \"unit\"\nsource = ea\n".to_vec(), "line 3: "),
        ("a.txt", Vec::new(), "write a .csv or a .toml file"),
    ] {
        let path = world.folder.path().join(file);
        std::fs::write(&path, &text).unwrap();
        let (code, _, said) = command(&config, &["mapping", "import", path.to_str().unwrap()]).await;
        assert_eq!(code, Some(1), "{says}: {said}");
        assert!(said.contains(says) && said.starts_with("nothing was imported from "), "`{says}` is not in `{said}`");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_go_to_the_warehouse_and_unit_that_their_location_and_unit_are_linked_to() {
    let world = World::new(scenario(30)).await;
    let config = world.configure("");
    for (kind, source, target) in [("location", "Plant East", "002"), ("unit", "ea", "PCE")] {
        let (code, _, said) = command(&config, &["link", kind, source, target]).await;
        assert_eq!(code, Some(0), "{said}");
    }
    let (code, report, _) = command(&config, &["sync"]).await;
    assert_eq!(code, Some(0), "{report}");
    let documents = world.exactly_once(&world.keys());
    let numbers: Vec<OrderNumber> =
        documents.values().map(|document| OrderNumber::new(&document.number).unwrap()).collect();
    let cloudsuite = CloudSuiteClient::from_ionapi(world.erp.ionapi_json().as_bytes()).unwrap();
    let mut places: BTreeMap<(String, String), usize> = BTreeMap::new();
    for head in cloudsuite.m3(Company(100)).purchase_orders().get_heads(&numbers).await {
        let head = head.unwrap().unwrap();
        *places.entry((head.facility.unwrap(), head.warehouse.unwrap())).or_default() += 1;
    }
    let places: Vec<_> = places.into_keys().collect();
    assert_eq!(places, [("A01".to_owned(), "001".to_owned()), ("A02".to_owned(), "002".to_owned())]);
    let units: Vec<&str> =
        documents.values().flat_map(|document| &document.lines).map(|line| line.unit.as_str()).collect();
    assert!(units.contains(&"PCE"), "{units:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn finance_sees_who_linked_what_from_what_to_what_and_when() {
    let world = World::new(scenario(5)).await;
    world.sync().await;
    let config = world.configure("");
    let vendor = world.store().await.snapshot(&"acme".into()).await.unwrap();
    let vendor = vendor.of_kind("vendor").find(|line| line.found.targets() == ["S10001"]).unwrap().clone();
    let id = vendor.source.as_str();
    assert_eq!(command(&config, &["link", "vendor", id, "S10002", "--by", "jane"]).await.0, Some(0));
    std::fs::write(world.folder.path().join("links.csv"), format!("kind,source,target\nvendor,{id},S10003\n")).unwrap();
    let file = world.folder.path().join("links.csv");
    assert_eq!(command(&config, &["mapping", "import", file.to_str().unwrap(), "--by", "joe"]).await.0, Some(0));
    let mut unlink = connector(&config);
    unlink.args(["unlink", "vendor", id]).env("USER", "ann");
    assert_eq!(run(unlink).await.status.code(), Some(0));
    // What changes nothing is nobody's change.
    let wrong = ["link", "vendor", id, "S99999", "--by", "eve"];
    assert_eq!(command(&config, &wrong).await.0, Some(1));
    assert_eq!(command(&config, &["sync"]).await.0, Some(0));

    let (_, document, _) = command(&config, &["audit", "--links"]).await;
    let target = |found: &Value| found["matched"]["target"].clone();
    let told: Vec<_> = document["links"].as_array().unwrap().iter().collect();
    let told: Vec<_> = told.iter().map(|one| (&one["by"], target(&one["before"]), target(&one["after"]))).collect();
    let (jane, joe, ann) = ("jane".into(), "joe".into(), "ann".into());
    let expected = [
        (&jane, "S10001".into(), "S10002".into()),
        (&joe, "S10002".into(), "S10003".into()),
        (&ann, "S10003".into(), Value::Null),
    ];
    assert_eq!(told, expected);
    let ask = async |more: &[&str]| {
        let mut audit = connector(&config);
        audit.args(["audit", "--links"]).args(more);
        String::from_utf8(run(audit).await.stdout).unwrap()
    };
    let text = ask(&[]).await;
    let name = &vendor.label;
    assert!(text.contains(&format!("vendor {id} ({name}) was linked to S10002 by jane; it was S10001")), "{text}");
    assert!(text.contains(&format!("vendor {id} ({name}) was unlinked from S10003 by ann")), "{text}");
    let csv = ask(&["--format", "csv"]).await;
    assert!(csv.starts_with("at,actor,what,kind,source,name,before,after\r\n") && csv.lines().count() == 4, "{csv}");
    assert!(csv.contains(&format!(",joe,link,vendor,{id},")), "{csv}");
    assert_eq!(ask(&["--until", "2020-01-01"]).await, "", "none in that time");
}
