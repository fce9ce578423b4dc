//! Every documented filter of the further lists reaches its parameter.

use chrono::{DateTime, Utc};
use procurify_client::*;
use rust_decimal::Decimal;

use crate::filters::{day, expect};

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub fn payments(c: &ProcurifyClient) -> List<PaymentResponse> {
    c.payments()
        .list()
        .bill_groups(&[BillGroupId(1), BillGroupId(2)])
        .created_since(time("2026-01-01T00:00:01Z"))
        .created_until(time("2026-01-01T00:00:02Z"))
        .currency(CurrencyId(3))
        .ids(&[PaymentId(4), PaymentId(5)])
        .invoice_number("i")
        .payment_amount(Decimal::new(1050, 2))
        .processed_since(time("2026-01-01T00:00:03Z"))
        .processed_until(time("2026-01-01T00:00:04Z"))
        .statuses(&[PaymentResponseStatus::Paid, PaymentResponseStatus::PendingApproval])
        .modified_since(time("2026-01-01T00:00:05Z"))
        .modified_until(time("2026-01-01T00:00:06Z"))
        .vendor(VendorId(6))
}

#[allow(deprecated)]
pub fn payments_v2(c: &ProcurifyClient) -> List<PaymentListRead> {
    c.payments()
        .list_v2()
        .approver(UserId(1))
        .currency(CurrencyId(2))
        .search("s")
        .paid_since(day("2026-01-01"))
        .paid_until(day("2026-01-02"))
        .payment_method_type(PaymentMethodType::Airwallex)
}

pub fn transactions(c: &ProcurifyClient) -> List<Transaction> {
    c.transactions()
        .list()
        .since(time("2026-01-01T00:00:01Z"))
        .until(time("2026-01-01T00:00:02Z"))
        .reconciliation_status(ReconciliationStatus::Reviewed)
}

pub fn receipt_items(c: &ProcurifyClient) -> List<ReceiptItem> {
    c.receipt_items().list().order_item(OrderItemId(1)).search("s")
}

pub fn ap_items(c: &ProcurifyClient) -> List<BillItem> {
    c.ap_items()
        .list()
        .bill(BillId(1))
        .bill_uuid(Uuid::from("00112233-4455-6677-8899-aabbccddeeff"))
        .billed(false)
        .budget(AccountId(2))
        .created_since(day("2026-01-01"))
        .created_until(day("2026-01-02"))
        .department(DepartmentId(3))
        .exclude(&[BillItemId(4), BillItemId(5)])
        .location(LocationId(6))
        .search("s")
        .received_since(day("2026-01-03"))
        .received_until(day("2026-01-04"))
        .reimburse(true)
        .requester(UserId(7))
        .vendor(VendorId(8))
}

pub fn company_payment_methods(c: &ProcurifyClient) -> List<CompanyPaymentMethod> {
    c.company_payment_methods().list().currency(CurrencyId(1)).search("s").kind(PaymentMethodType::Ach)
}

pub fn vendor_payment_methods(c: &ProcurifyClient) -> List<VendorPaymentMethod> {
    c.vendor_payment_methods()
        .list()
        .category(PaymentMethodCategory::Managed)
        .currency(CurrencyId(1))
        .search("s")
        .kind(PaymentMethodType::Wire)
        .vendor(VendorId(2))
}

pub fn currencies(c: &ProcurifyClient) -> List<Currency> {
    c.currencies().list().active(true).base(false).description("d").name("CAD").search("s").rate(Decimal::new(125, 2))
}

pub fn orders(c: &ProcurifyClient) -> List<Order> {
    c.orders()
        .list()
        .account_code(AccountCodeId(1))
        .branch(LocationId(2))
        .required(time("2026-01-01T00:00:01Z"))
        .created_since(day("2026-01-01"))
        .created_until(day("2026-01-02"))
        .department(DepartmentId(3))
        .has_blanket_order_items(true)
        .is_punchout(false)
        .line_count(4)
        .location(LocationId(5))
        .modified_since(day("2026-01-03"))
        .modified_until(day("2026-01-04"))
        .order(OrderNumber(6))
        .search("s")
        .vendor(VendorId(7))
        .requester(UserId(8))
        .required_since(day("2026-01-05"))
        .required_until(day("2026-01-06"))
        .status(OrderStatus::Approved)
        .total_price(Decimal::new(995, 2))
}

pub fn catalog_items(c: &ProcurifyClient) -> List<CatalogItem> {
    c.catalog_items()
        .list()
        .bundle(CatalogBundleId(1))
        .currency(CurrencyId(2))
        .departments(&[DepartmentId(3), DepartmentId(4)])
        .internal_sku("k")
        .locations(&[LocationId(5), LocationId(6)])
        .max_price(Decimal::from(8))
        .min_price(Decimal::from(7))
        .vendor(VendorId(9))
        .search("s")
}

pub fn custom_fields(c: &ProcurifyClient) -> List<CustomField> {
    c.custom_fields().order_items().field_type(FieldType::Dropdown).is_active(true)
}

pub fn users(c: &ProcurifyClient) -> List<UserProfile> {
    c.users()
        .list()
        .is_active(true)
        .location("1")
        .pending_invite(false)
        .permission("p")
        .role(PermissionGroupId(2))
        .search("s")
}

pub fn permission_groups(c: &ProcurifyClient) -> List<PermissionGroup> {
    c.permissions().groups().permission("p").search("s").kind(1).user(2).user_profile(UserId(3))
}

#[tokio::test]
async fn of_payments() {
    expect(
        payments,
        "bill_groups=1,2 created_at_after=2026-01-01T00:00:01Z created_at_before=2026-01-01T00:00:02Z currency=3 \
         ids=4,5 invoice_number=i payment_amount=10.50 processing_date_after=2026-01-01T00:00:03Z \
         processing_date_before=2026-01-01T00:00:04Z status=paid,pending_approval \
         updated_at_after=2026-01-01T00:00:05Z updated_at_before=2026-01-01T00:00:06Z vendor=6",
    )
    .await;
    expect(
        payments_v2,
        "approver=1 currency=2 search=s payment_date_0=2026-01-01 payment_date_1=2026-01-02 payment_method__type=8",
    )
    .await;
}

#[tokio::test]
async fn of_transactions_and_receipts() {
    expect(
        transactions,
        "start_date=2026-01-01T00:00:01Z end_date=2026-01-01T00:00:02Z reconciliation_status=reviewed",
    )
    .await;
    expect(receipt_items, "order_item=1 search=s").await;
}

#[tokio::test]
async fn of_items_of_bills() {
    expect(
        ap_items,
        "bill=1 bill_uuid=00112233-4455-6677-8899-aabbccddeeff billed=false budget=2 created_at_0=2026-01-01 \
         created_at_1=2026-01-02 department=3 exclude=4,5 location=6 search=s received_on_0=2026-01-03 \
         received_on_1=2026-01-04 reimburse=true requester=7 vendor=8",
    )
    .await;
}

#[tokio::test]
async fn of_payment_methods_and_currencies() {
    expect(company_payment_methods, "currency=1 search=s type=2").await;
    expect(vendor_payment_methods, "category=managed currency=1 search=s type=4 vendor=2").await;
    expect(currencies, "active=true base=false description=d name=CAD search=s rate=1.25").await;
}

#[tokio::test]
async fn of_orders() {
    expect(
        orders,
        "account_code=1 branch=2 dateRequired=2026-01-01T00:00:01Z date_0=2026-01-01 date_1=2026-01-02 department=3 \
         has_blanket_order_items=true is_punchout=false lineCount=4 location=5 modified_date_0=2026-01-03 \
         modified_date_1=2026-01-04 order=6 search=s pref_vendor=7 requester=8 required_date_0=2026-01-05 \
         required_date_1=2026-01-06 status=1 totalPrice=9.95",
    )
    .await;
}

#[tokio::test]
async fn of_the_catalog_and_custom_fields() {
    expect(
        catalog_items,
        "bundle=1 currency=2 department=3,4 internalSKU=k location=5,6 max_price=8 min_price=7 pref_vendor=9 search=s",
    )
    .await;
    expect(custom_fields, "field_type=m meta__is_active=true").await;
}

#[tokio::test]
async fn of_users_and_roles() {
    expect(users, "is_active=true location=1 pending_invite=false permission=p role=2 search=s").await;
    expect(permission_groups, "permission=p search=s type=1 user=2 userprofile=3").await;
}
