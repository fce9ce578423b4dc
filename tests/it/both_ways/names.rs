//! Names of records that both systems have, and the system of record of each.

use procurify_cloudsuite::Connection;
use procurify_cloudsuite::reference::{Master, ReferenceSettings, System};
use sandbox::{Account, M3, OData, Supplier, SyteLine};

use super::{connect, masters, named, suppliers, vendors, writes};
use crate::erp::Erp;
use crate::world::{World, scenario};

#[tokio::test(flavor = "multi_thread")]
async fn departments_that_share_a_cost_centre_keep_their_names_whoever_owns_them() {
    for owner in [System::Procurify, System::CloudSuite] {
        let world = World::<SyteLine>::of(scenario(1)).await;
        world.procurify.add_department("Sales East", Some("CC100"));
        let settings = ReferenceSettings { department_names: Some(owner), ..ReferenceSettings::default() };
        let connection = connect(&world, settings).await;
        world.erp.put_account(&Account::cost_center("CC100", "Sales"));
        connection.sync_reference_data().await.unwrap();
        let there = connection.procurify().departments().list().all().await.unwrap();
        assert!(there.iter().any(|one| one.name.as_deref() == Some("Sales East")), "{owner:?}");
        let centers = named(masters(&connection).await.cost_centers);
        assert_eq!(centers["CC100"], "Sales", "{owner:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_does_not_last_is_told_and_not_written_again_and_again() {
    let world = World::<OData>::of(scenario(1)).await;
    let settings = ReferenceSettings { vendor_names: Some(System::Procurify), ..ReferenceSettings::default() };
    let connection = connect(&world, settings).await;
    connection.sync_reference_data().await.unwrap();
    let told = async || {
        // As a service does that keeps names in its own way.
        world.erp.put_supplier(&Supplier::new("S10001", "SEVENTH WAVE", "CAD"));
        let report = connection.sync_reference_data().await.unwrap();
        report.concerns.into_iter().map(|concern| concern.reason).collect::<Vec<_>>()
    };
    assert_eq!(told().await, Vec::<String>::new());
    let before = writes(&world);
    for _ in 0..2 {
        let told = told().await;
        assert!(told.len() == 1 && told[0].contains("is \"SEVENTH WAVE\" again"), "{told:?}");
    }
    assert_eq!(writes(&world), before, "written again");
    world.erp.put_supplier(&Supplier::new("S10001", "Seventh Wave", "CAD"));
    assert!(connection.sync_reference_data().await.unwrap().is_all_done(), "mended by hand");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_accounts_and_departments_become_those_of_the_system_of_record_in_syteline() {
    names_of_codes::<SyteLine>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_accounts_and_departments_become_those_of_the_system_of_record_in_an_odata_service() {
    names_of_codes::<OData>().await;
}

async fn names_of_codes<E: Erp>() {
    for owner in [System::Procurify, System::CloudSuite] {
        let world = World::<E>::of(scenario(1)).await;
        let (code, center) = ("60100", "CC100");
        let settings = ReferenceSettings {
            vendor_names: Some(owner),
            gl_account_names: Some(owner),
            department_names: Some(owner),
            ..ReferenceSettings::default()
        };
        let connection = connect(&world, settings).await;
        connection.sync_reference_data().await.unwrap();
        world.erp.put_account(&Account::new(code, "Office things"));
        world.erp.put_account(&Account::cost_center(center, "Head office"));
        world.erp.put_supplier(&Supplier::new("S10001", "Seventh Wave Boats", "CAD"));
        let before = names(&connection, code, center).await;
        let report = connection.sync_reference_data().await.unwrap();
        assert!(report.is_all_done(), "{:?}", report.concerns);
        assert_eq!(report.made.len(), 3, "{:?}", report.made);
        let after = names(&connection, code, center).await;
        let (from, to) = if owner == System::Procurify { (&before[0], &after[1]) } else { (&before[1], &after[0]) };
        assert_eq!((from, &after[0]), (to, &after[1]), "{owner:?}");
        let department = connection.procurify().departments().list().all().await.unwrap();
        let department = department.iter().find(|one| one.external_id.as_deref() == Some(center));
        assert!(department.is_some_and(|one| one.branch.is_some()), "what it had besides stays");
        let before = writes(&world);
        assert!(connection.sync_reference_data().await.unwrap().made.is_empty());
        assert_eq!(writes(&world), before, "names that are alike are not written again");
    }
}

/// What a vendor, an account and a department are called in Procurify, and in the ERP.
async fn names(connection: &Connection, code: &str, center: &str) -> [[String; 3]; 2] {
    let there = masters(connection).await;
    let of = |masters: Vec<Master>, id: &str| named(masters).remove(id).unwrap_or_default();
    let vendor = vendors(connection).await.into_iter().find(|one| one.id.0 == 101).unwrap();
    let codes = connection.procurify().account_codes().list().all().await.unwrap();
    let account = codes.into_iter().find(|one| one.code.as_deref() == Some(code)).unwrap();
    let all = connection.procurify().departments().list().all().await.unwrap();
    let department = all.into_iter().find(|one| one.external_id.as_deref() == Some(center)).unwrap();
    [
        [vendor.name, account.description, department.name].map(|name| name.unwrap_or_default().to_string()),
        [of(there.suppliers, "S10001"), of(there.accounts, code), of(there.cost_centers, center)],
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_differs_becomes_that_of_the_system_of_record_each_time_and_only_then() {
    let world = World::<M3>::of(scenario(1)).await;
    for (owner, kind) in [(System::CloudSuite, "vendors"), (System::Procurify, "CRS620MI")] {
        let settings = ReferenceSettings { vendor_names: Some(owner), ..ReferenceSettings::default() };
        let connection = connect(&world, settings).await;
        connection.sync_reference_data().await.unwrap();
        let mut name = format!("Seventh Wave {kind}");
        for turn in 0..3 {
            // To another name, back again, and once more to the other.
            match owner {
                System::CloudSuite => world.erp.put_supplier(&Supplier::new("S10001", &name, "CAD")),
                System::Procurify => {
                    let body = procurify_client::VendorPatch::new().name(name.as_str());
                    connection.procurify().vendors().patch(procurify_client::VendorId(101), &body).await.unwrap();
                }
            }
            let report = connection.sync_reference_data().await.unwrap();
            assert_eq!(report.made.len(), 1, "turn {turn}: {:?}", report.made);
            let (ours, theirs) = (
                connection.procurify().vendors().get(procurify_client::VendorId(101)).await.unwrap(),
                suppliers(&connection).await,
            );
            assert_eq!((ours.name.as_deref(), theirs["S10001"].as_str()), (Some(name.as_str()), name.as_str()));
            name = if turn == 0 { "Seventh Wave".to_owned() } else { format!("Seventh Wave {kind}") };
        }
        let before = writes(&world);
        assert!(before.iter().any(|writes| writes.contains_key(kind)), "{before:?}");
        assert!(connection.sync_reference_data().await.unwrap().made.is_empty());
        assert_eq!(writes(&world), before, "names that are alike are not written again");
        drop(connection);
        std::fs::remove_file(world.ledger()).unwrap();
    }
}
