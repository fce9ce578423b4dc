//! An M3 that takes each supplier's number once a year, whatever became of the invoice that has it.

use cloudsuite_client::m3::InvoiceBatchNumber;
use procurify_cloudsuite::{Company, FlowKind};
use sandbox::{M3, M3Config};
use sync_core::{Actor, Assurance, StateName};

use super::by_hand::{drafts, made_by_us};
use super::with_bills;
use crate::erp::{Erp, m3_config};
use crate::world::World;

async fn strict() -> World<M3> {
    let scenario = with_bills(8, 8);
    let m3 = M3Config { refuse_duplicates: true, ..m3_config(&scenario) };
    World::with(scenario, |_| (), m3).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_a_rejected_invoice_keeps_is_told_in_m3s_own_words_and_not_tried_for_ever() {
    let world = strict().await;
    let drafts = drafts(&world).await;
    let (key, draft) = &drafts[0];
    let typed = world.erp.enter_invoice(&world.cloudsuite(), draft, draft.total).await;
    let m3 = world.cloudsuite().m3(Company(100)).division("AAA");
    m3.invoices().reject(&[InvoiceBatchNumber::new(&typed).unwrap()], "BC").await.remove(0).unwrap();
    let report = world.sync_bills().await;
    assert_eq!((report.count(StateName::Rejected), made_by_us(&world)), (1, drafts.len() - 1), "{:?}", report.counts);
    let [concern] = report.concerns.as_slice() else { panic!("{:?}", report.concerns) };
    assert_eq!(concern.key, *key);
    for words in ["already exists", "nothing that is owed has that number in M3", "then replay the bill"] {
        assert!(concern.reason.contains(words), "{words}: {}", concern.reason);
    }
    // Finance books it by hand, as it is told.
    let day = draft.invoice_date.format("%Y%m%d").to_string();
    let voucher = world.erp.book_invoice(&draft.supplier, &draft.number, &day, &draft.currency, draft.total);
    let connection = world.connect().await;
    connection.engine().replay(key, &Actor::new("jo"), Assurance::None).await.unwrap();
    let report = connection.sync(FlowKind::Bills).await.unwrap();
    assert!(report.is_all_done(), "{:?}", report.concerns);
    assert!(connection.trail(key).await.unwrap().to_string().contains(&format!("linked to voucher {voucher}")));
    assert_eq!(made_by_us(&world), drafts.len() - 1);
}
