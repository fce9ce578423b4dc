//! Every documented filter reaches its parameter.

use chrono::{DateTime, NaiveDate, Utc};
use procurify_client::*;
use rust_decimal::Decimal;
use serde::de::DeserializeOwned;
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, ResponseTemplate};

use crate::support::{client, tenant};

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Sends a list and compares its parameters, sorted by name, with `name=value name=value ...`.
pub async fn expect<T, F>(build: F, expected: &str)
where
    T: DeserializeOwned + Send + 'static,
    F: FnOnce(&ProcurifyClient) -> List<T>,
{
    let server = tenant().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_json(json!({"data": []}))).mount(&server).await;
    build(&client(&server)).send_page(1).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    let url = &requests.last().unwrap().url;
    let mut sent: Vec<String> = url
        .query_pairs()
        .filter(|(name, _)| !name.starts_with("page"))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mut expected: Vec<String> = expected.split_whitespace().map(ToOwned::to_owned).collect();
    sent.sort();
    expected.sort();
    assert_eq!(sent, expected);
}

pub fn purchase_orders(c: &ProcurifyClient) -> List<PurchaseOrder> {
    c.purchase_orders()
        .list(Role::Purchased, Status::Open)
        .created_since(day("2026-01-01"))
        .created_until(day("2026-01-02"))
        .modified_since(day("2026-01-03"))
        .modified_until(day("2026-01-04"))
        .promised_since(day("2026-01-05"))
        .promised_until(day("2026-01-06"))
        .expires_since(day("2026-01-07"))
        .expires_until(day("2026-01-08"))
        .total_from(Decimal::new(1050, 2))
        .total_to(Decimal::from(20))
        .account_code(AccountCodeId(1))
        .contract(ContractId(2))
        .currency(CurrencyId(3))
        .has_blanket_order_items(false)
        .vendor(VendorId(4))
        .purchase_order(PoNumber(5))
        .purchaser(UserId(6))
        .requester(UserId(7))
        .order_by(OrderBy::descending("procurify_PO"))
        .order_by(OrderBy::ascending("procurify_PO"))
}

pub fn order_items(c: &ProcurifyClient) -> List<OrderItem> {
    order_items_of(c.order_items().list())
}

pub fn order_items_of(list: List<OrderItem>) -> List<OrderItem> {
    list.account(AccountId(1))
        .account_code(AccountCodeId(2))
        .active(true)
        .approved_since(day("2026-01-01"))
        .approved_until(day("2026-01-02"))
        .approved_price(Decimal::new(15, 1))
        .approved_quantity(Decimal::from(3))
        .approver(UserId(4))
        .approver_id(UserId(5))
        .branch(LocationId(6))
        .catalog(true)
        .catalog_items(&[CatalogItemId(7), CatalogItemId(8)])
        .currency(CurrencyId(9))
        .department(DepartmentId(10))
        .departments(&[DepartmentId(11), DepartmentId(12)])
        .exclude(&[OrderItemId(13)])
        .exclude_punchout(true)
        .fulfilment_status(FulfilmentStatus::Partial)
        .is_purchased(true)
        .is_recurring(false)
        .last_changed_by(UserId(14))
        .modified_since(day("2026-01-03"))
        .modified_until(day("2026-01-04"))
        .line_comment("c")
        .location(LocationId(15))
        .locations(&[LocationId(16)])
        .name("n")
        .num("u")
        .order(OrderNumber(17))
        .order_status(OrderStatus::Purchased)
        .order_created_since(day("2026-01-05"))
        .order_created_until(day("2026-01-06"))
        .po_created_since(day("2026-01-07"))
        .po_created_until(day("2026-01-08"))
        .po_vendor(VendorId(18))
        .vendor(VendorId(19))
        .price(Decimal::from(20))
        .purchase_agreement(21)
        .purchased_since(day("2026-01-09"))
        .purchased_until(day("2026-01-10"))
        .purchaser(UserId(22))
        .quantity(Decimal::from(23))
        .received_fail_qty(Decimal::ZERO)
        .received_pass_qty(Decimal::from(24))
        .requester(UserId(25))
        .search("s")
        .sku("k")
        .status(OrderItemStatus::ReceivePending)
        .kind(OrderItemType::Blanket)
        .unit("ea")
}

pub fn bills(c: &ProcurifyClient) -> List<BillSummary> {
    let from: DateTime<Utc> = "2026-01-05T10:20:30Z".parse().unwrap();
    let to: DateTime<Utc> = "2026-01-05T10:20:30.250Z".parse().unwrap();
    c.bills()
        .list()
        .account_code(AccountCodeId(1))
        .approver(UserId(2))
        .contract(ContractId(3))
        .creator(UserId(4))
        .currency(CurrencyId(5))
        .department(DepartmentId(6))
        .due_since(day("2026-01-01"))
        .due_until(day("2026-01-02"))
        .exclude_bill_groups(&[BillGroupId(7), BillGroupId(8)])
        .exclude_expense_bills(true)
        .expense("e")
        .gl_posted_since(day("2026-01-03"))
        .gl_posted_until(day("2026-01-04"))
        .group(BillGroupId(9))
        .has_payment(false)
        .has_posting_date(true)
        .include_bill_groups(&[BillGroupId(10)])
        .invoiced_since(day("2026-01-05"))
        .invoiced_until(day("2026-01-06"))
        .is_exported(false)
        .is_invoice_created(true)
        .last_exported_since(day("2026-01-07"))
        .last_exported_until(day("2026-01-08"))
        .last_export_user(UserId(11))
        .modified_since(from)
        .modified_until(to)
        .modified_day_since(day("2026-01-09"))
        .modified_day_until(day("2026-01-10"))
        .location(LocationId(12))
        .paid_since(day("2026-01-11"))
        .paid_until(day("2026-01-12"))
        .search("s")
        .submitted_since(day("2026-01-13"))
        .submitted_until(day("2026-01-14"))
        .sync_status("synced")
        .sync_status_v1("old")
        .kind(BillType::CreditCard)
        .user(UserId(13))
        .vendor(VendorId(14))
        .vendors(&[VendorId(15), VendorId(16)])
}

pub fn vendors(c: &ProcurifyClient) -> List<Vendor> {
    c.vendors()
        .list()
        .exclude_other(true)
        .external_id("X1")
        .name("n")
        .search("s")
        .kind(VendorType::Regular)
        .kinds(&[VendorTypeName::Preferred, VendorTypeName::Pending])
        .group(VendorGroup::Purchasable)
}

pub fn account_codes(c: &ProcurifyClient) -> List<AccountCode> {
    c.account_codes().list().active(true).code("6000").is_parent(false).search("s")
}

pub fn accounts(c: &ProcurifyClient) -> List<Account> {
    c.accounts()
        .list()
        .account_codes(&[AccountCodeId(1), AccountCodeId(2)])
        .active(true)
        .department(DepartmentId(3))
        .departments(&[DepartmentId(4)])
        .id(AccountId(5))
        .in_effect(true)
        .locations(&[LocationId(6)])
        .search("s")
        .with_expired_budgets(false)
}

pub fn departments(c: &ProcurifyClient) -> List<Department> {
    c.departments()
        .list()
        .branch(LocationId(1))
        .include_is_active_for_account_code(AccountCodeId(2))
        .location_perm_override(true)
        .locations(&[LocationId(3), LocationId(4)])
        .permission(68)
        .requestable(Requestable::Order)
        .search("s")
        .user(UserId(5))
}

pub fn locations(c: &ProcurifyClient) -> List<Location> {
    c.locations().list().active(true).headquarter(false).search("s")
}

#[tokio::test]
async fn of_purchase_orders() {
    expect(
        purchase_orders,
        "date_0=2026-01-01 date_1=2026-01-02 modified_date_0=2026-01-03 modified_date_1=2026-01-04 \
         promise_date_0=2026-01-05 promise_date_1=2026-01-06 expiry_date_0=2026-01-07 expiry_date_1=2026-01-08 \
         total_0=10.50 total_1=20 account_code=1 contract=2 currency=3 has_blanket_order_items=false \
         pref_vendor=4 purchase_order=5 purchaser=6 requester=7 order_by=procurify_PO",
    )
    .await;
}

#[tokio::test]
async fn of_order_items() {
    expect(
        order_items,
        "account=1 account_code=2 active=true approved_datetime_0=2026-01-01 approved_datetime_1=2026-01-02 \
         approved_price=1.5 approved_quantity=3 approver=4 approver_id=5 branch=6 catalog=true catalog_item=7,8 \
         currency=9 department=10 departments=11,12 exclude=13 exclude_punchout=true fulfilment_status=partial \
         is_purchased=true is_recurring=false last_changed_by=14 last_modified_0=2026-01-03 \
         last_modified_1=2026-01-04 lineComment=c location=15 locations=16 name=n num=u orderNum=17 \
         orderNum__status=3 order_created_date_0=2026-01-05 order_created_date_1=2026-01-06 \
         po_created_date_0=2026-01-07 po_created_date_1=2026-01-08 po_vendor=18 pref_vendor=19 price=20 \
         purchase_agreement=21 purchased_date_0=2026-01-09 purchased_date_1=2026-01-10 purchaser=22 quantity=23 \
         receivedFailQty=0 receivedPassQty=24 requester=25 search=s sku=k status=2 type=2 unit=ea",
    )
    .await;
}

#[tokio::test]
async fn of_bills() {
    expect(
        bills,
        "account_code=1 approver=2 contract=3 creator=4 currency=5 department=6 due_date_0=2026-01-01 \
         due_date_1=2026-01-02 exclude_bill_group_ids=7,8 exclude_expense_bills=true expense=e \
         gl_post_date_0=2026-01-03 gl_post_date_1=2026-01-04 group=9 has_payment=false has_posting_date=true \
         include_bill_group_ids=10 invoice_date_0=2026-01-05 invoice_date_1=2026-01-06 is_exported=false \
         is_invoice_created=true last_export_date_0=2026-01-07 last_export_date_1=2026-01-08 last_export_user=11 \
         last_modified_datetime_0=2026-01-05T10:20:30Z last_modified_datetime_1=2026-01-05T10:20:30.250Z \
         modified_date_0=2026-01-09 modified_date_1=2026-01-10 location=12 payment_date_0=2026-01-11 \
         payment_date_1=2026-01-12 search=s submitted_date_0=2026-01-13 submitted_date_1=2026-01-14 \
         sync_status=old sync_status_v2=synced type=2 user=13 vendor=14 vendor[]=15 vendor[]=16",
    )
    .await;
}

#[tokio::test]
async fn of_vendors() {
    expect(
        vendors,
        "exclude_other=true external_id=X1 name=n search=s type=4 type__in=preferred type__in=pending \
         vendor_group=purchasable",
    )
    .await;
}

#[tokio::test]
async fn of_account_codes_and_accounts() {
    expect(account_codes, "active=true code=6000 is_parent=false search=s").await;
    expect(
        accounts,
        "account_code=1,2 active=true department=3 departments=4 id=5 in_effect=true locations=6 search=s \
         with_expired_budgets=false",
    )
    .await;
}

#[tokio::test]
async fn of_departments_and_locations() {
    expect(
        departments,
        "branch=1 include_is_active_for_account_code=2 location_perm_override=true locations=3 locations=4 \
         permission=68 requestable=ORDER search=s user=5",
    )
    .await;
    expect(locations, "active=true headquarter=false search=s").await;
}
