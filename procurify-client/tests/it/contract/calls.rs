//! Every call of the client, with every filter and every field.

use chrono::{DateTime, NaiveDate, Utc};
use procurify_client::{PaymentResponseStatus as Paid, VendorGroup as Group, VendorTypeName as Name, *};
use rust_decimal::Decimal;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::{filters as f, filters_more as m};

const UUID: &str = "00112233-4455-6677-8899-aabbccddeeff";

/// A list in all the ways it can be read.
async fn read<T: InCsv + DeserializeOwned + Send + 'static>(list: List<T>) {
    list.clone().send_page(1).await.unwrap();
    let _ = list.csv().await.unwrap();
}

async fn ordered<T: InCsv + DeserializeOwned + Send + 'static>(list: List<T>) {
    read(list.order_by(OrderBy::ascending("id"))).await;
}

pub async fn reads(c: &ProcurifyClient) {
    ordered(f::purchase_orders(c)).await;
    ordered(f::order_items(c)).await;
    ordered(f::bills(c)).await;
    ordered(f::vendors(c)).await;
    ordered(f::account_codes(c)).await;
    ordered(f::accounts(c)).await;
    ordered(f::departments(c)).await;
    ordered(f::locations(c)).await;
    m::payments(c).send_page(1).await.unwrap();
    ordered(m::payments_v2(c)).await;
    m::transactions(c).send_page(1).await.unwrap();
    ordered(m::receipt_items(c)).await;
    ordered(m::ap_items(c)).await;
    ordered(m::company_payment_methods(c)).await;
    ordered(m::vendor_payment_methods(c)).await;
    ordered(m::currencies(c)).await;
    ordered(m::orders(c)).await;
    ordered(f::order_items_of(c.orders().items())).await;
    ordered(m::catalog_items(c)).await;
    ordered(c.catalog_bundles().list().search("s")).await;
    read(m::custom_fields(c)).await;
    ordered(m::users(c)).await;
    ordered(c.permissions().list().search("s")).await;
    ordered(m::permission_groups(c)).await;

    c.me().await.unwrap();
    c.bills().get(&Uuid::from(UUID)).await.unwrap();
    c.purchase_orders().get(PoNumber(1)).await.unwrap();
    c.purchase_orders().billing_history().await.unwrap();
    c.locations().get(LocationId(1)).await.unwrap();
    c.vendors().get(VendorId(1)).await.unwrap();
    c.payments().approver_choices(PaymentId(1)).await.unwrap();
}

/// Every value of every parameter that has a fixed set of them.
pub async fn enumerated(c: &ProcurifyClient) {
    for role in [Role::Purchased, Role::Receivable] {
        c.purchase_orders().list(role, Status::All).send_page(1).await.unwrap();
    }
    for status in [Status::All, Status::Open, Status::Partial, Status::Closed, Status::Cancelled, Status::Paid] {
        c.purchase_orders().list(Role::Purchased, status).send_page(1).await.unwrap();
    }
    for code in 0..=8 {
        c.order_items().list().status(OrderItemStatus::from(code)).send_page(1).await.unwrap();
        c.orders().items().status(OrderItemStatus::from(code)).send_page(1).await.unwrap();
        let kind = PaymentMethodType::from(code);
        c.company_payment_methods().list().kind(kind).send_page(1).await.unwrap();
        c.vendor_payment_methods().list().kind(kind).send_page(1).await.unwrap();
        #[allow(deprecated)]
        c.payments().list_v2().payment_method_type(kind).send_page(1).await.unwrap();
    }
    for code in 1..=7 {
        c.vendors().list().kind(VendorType::from(code)).send_page(1).await.unwrap();
    }
    for code in 0..=6 {
        let status = OrderStatus::from(code);
        c.order_items().list().order_status(status).send_page(1).await.unwrap();
        c.orders().items().order_status(status).send_page(1).await.unwrap();
        c.orders().list().status(status).send_page(1).await.unwrap();
    }
    for code in 0..=2 {
        c.order_items().list().kind(OrderItemType::from(code)).send_page(1).await.unwrap();
        c.orders().items().kind(OrderItemType::from(code)).send_page(1).await.unwrap();
        c.bills().list().kind(BillType::from(code)).send_page(1).await.unwrap();
    }
    c.vendors()
        .list()
        .kinds(&[Name::AmazonPunchout, Name::CreditCardProvider, Name::Checkout, Name::Employee])
        .kinds(&[Name::Other, Name::Pending, Name::Preferred, Name::Regular])
        .send_page(1)
        .await
        .unwrap();
    let groups = [
        Group::All,
        Group::CreditCardProviders,
        Group::Default,
        Group::Other,
        Group::Preferred,
        Group::Purchasable,
        Group::Requestable,
    ];
    for group in groups {
        c.vendors().list().group(group).send_page(1).await.unwrap();
    }
    for word in ["t", "a", "i", "f", "b", "m", "d", "h"] {
        c.custom_fields().order_items().field_type(FieldType::from(word.to_owned())).send_page(1).await.unwrap();
    }
    for category in [PaymentMethodCategory::External, PaymentMethodCategory::Managed] {
        c.vendor_payment_methods().list().category(category).send_page(1).await.unwrap();
    }
    for status in [ReconciliationStatus::Pending, ReconciliationStatus::Reviewed] {
        c.transactions().list().reconciliation_status(status).send_page(1).await.unwrap();
    }
    let statuses = [
        Paid::Approved,
        Paid::Denied,
        Paid::Draft,
        Paid::Failed,
        Paid::Paid,
        Paid::PendingApproval,
        Paid::Processing,
        Paid::Scheduled,
    ];
    c.payments().list().statuses(&statuses).send_page(1).await.unwrap();
    for field in ["created_at", "updated_at"] {
        for order in [OrderBy::ascending(field), OrderBy::descending(field)] {
            c.payments().list().order_by(order).send_page(1).await.unwrap();
        }
    }
}

fn day() -> NaiveDate {
    "2026-03-04".parse().unwrap()
}

fn time() -> DateTime<Utc> {
    "2026-03-04T05:06:07Z".parse().unwrap()
}

fn address() -> AddressBody {
    AddressBody::new("n", "l", "c", "p", "ca")
}

fn party() -> Party {
    Party {
        name: "n".into(),
        contact: "c".into(),
        address_line_one: "l".into(),
        postal_code: "p".into(),
        city: "v".into(),
        country: "ca".into(),
        address: AddressId(1),
        state_province: None,
    }
}

fn update(items: Vec<OrderItemEdit>, party: Party) -> PurchaseOrderUpdate {
    let modifier = |kind| PriceModifierBody { value: Decimal::new(525, 2), kind };
    let (tax, discount) = (modifier(PriceModifierType::Percentage), modifier(PriceModifierType::Amount));
    PurchaseOrderUpdate::new(items, party.clone(), party, time(), &tax, &discount, 3)
}

fn item() -> OrderItemEdit {
    OrderItemEdit::new(OrderItemId(1), "n", "ea", Decimal::TWO, Decimal::new(105, 1), [])
}

fn vendor(name: &str) -> VendorUpsert {
    VendorUpsert::new(name, [], VendorType::Preferred, None)
}

fn catalog_item() -> CatalogItemUpsert {
    CatalogItemUpsert::new("n", CurrencyId(1), [])
}

/// Every write, once with what is required and once with all there is.
pub async fn writes(c: &ProcurifyClient) {
    documents(c).await;
    masters(c).await;
    people_and_places(c).await;
    c.vendors().patch(VendorId(1), &VendorPatch::new()).await.unwrap();
    c.vendors().patch(VendorId(1), &patch()).await.unwrap();
    c.vendors().patch(VendorId(1), &clearing()).await.unwrap();
}

async fn documents(c: &ProcurifyClient) {
    c.purchase_orders().close(PoNumber(1)).await.unwrap();
    c.purchase_orders().reopen(PoNumber(1)).await.unwrap();
    c.purchase_orders().update(PoNumber(1), &update(vec![item()], party())).await.unwrap();
    let full_item = item()
        .sku("k")
        .po_note("p")
        .tax_amount(Decimal::ONE)
        .shipping_amount(Decimal::ONE)
        .receive_method(ReceiveMethod::CurrencyAmount);
    let full_party = Party { state_province: Some("BC".into()), ..party() };
    let full = update(vec![full_item.receive_method(ReceiveMethod::Quantity)], full_party)
        .custom_fields([json!({"id": 1})])
        .po_num("p")
        .comment("c")
        .freight(Decimal::ONE)
        .other(Decimal::ONE)
        .disclaimer_description("d")
        .disclaimer_text("t")
        .payment_term(TermId(1))
        .shipping_term(TermId(2))
        .payment_method(TermId(3))
        .shipping_method(TermId(4))
        .credit_card(CreditCardId(5))
        .expiry_date(time())
        .contract(ContractId(6));
    c.purchase_orders().update(PoNumber(1), &full).await.unwrap();
    for accept in [true, false] {
        c.purchase_orders().revise(PoNumber(1), &full, accept).await.unwrap();
    }
    let paid = MarkBillsAsPaid::new([Uuid::from(UUID)], day());
    c.bills().mark_as_paid(&paid).await.unwrap();
    c.bills().mark_as_paid(&paid.bill_group_ids([BillGroupId(1)])).await.unwrap();
    let receipt = ReceiptItemCreate::new(OrderItemId(1), Decimal::TWO, Decimal::ZERO);
    c.receipt_items().create(&receipt).await.unwrap();
    let field = LineCustomField::new("f", "v");
    let line = RequisitionLine::new("n", "v", "6000", Decimal::TWO, "ea", Decimal::new(105, 1), "CAD", [field]);
    c.requisitions().create(&RequisitionCreate::new(day(), "l", "d", [line])).await.unwrap();
}

async fn masters(c: &ProcurifyClient) {
    let created = AccountCodeCreate::new("6000", "d");
    c.account_codes().create(&created).await.unwrap();
    let created = created.parent(AccountCodeId(1)).account_type(AccountType::Expense).departments([DepartmentId(1)]);
    c.account_codes().create(&created).await.unwrap();
    let updated = AccountCodeUpdate::new("6000", "d");
    c.account_codes().update(AccountCodeId(1), &updated).await.unwrap();
    for kind in 0..=5 {
        let updated = updated.clone().parent(AccountCodeId(1)).account_type(AccountType::from(kind));
        c.account_codes().update(AccountCodeId(1), &updated).await.unwrap();
    }
    c.catalog_items().create(&catalog_item()).await.unwrap();
    c.catalog_items().update(CatalogItemId(1), &catalog_item()).await.unwrap();
    let full = catalog_item()
        .id(CatalogItemId(1))
        .image("i")
        .unit_type("ea")
        .vendor(VendorId(1))
        .account_code(AccountCodeId(1))
        .internal_sku("k")
        .description("d")
        .product_url("https://example.com/")
        .price(Decimal::new(995, 2))
        .rfo_lock(true)
        .departments([DepartmentId(1)]);
    c.catalog_items().update(CatalogItemId(1), &full).await.unwrap();
    let field = CustomFieldUpdate::new("n", FieldType::Dropdown);
    c.custom_fields().update(CustomFieldId(1), &field).await.unwrap();
    let field = field.default_value("a").is_required(true).field_choices(["a".to_owned(), "b".to_owned()]);
    c.custom_fields().update(CustomFieldId(1), &field).await.unwrap();
    let raw = || PaymentMethodData::Raw(json!({"any": 1}));
    c.company_payment_methods().create(&CompanyPaymentMethodCreate::new(raw())).await.unwrap();
    c.vendor_payment_methods().create(&VendorPaymentMethodCreate::new(VendorId(1), raw())).await.unwrap();
    for kind in 0..=8 {
        let kind = PaymentMethodType::from(kind);
        let data = PaymentMethodData::Check { payable_to: "p".into() };
        let full =
            CompanyPaymentMethodCreate::new(data.clone()).name("n").kind(kind).currency(CurrencyId(1)).gl_code("1000");
        c.company_payment_methods().create(&full).await.unwrap();
        let full = VendorPaymentMethodCreate::new(VendorId(1), data).name("n").kind(kind).currency(CurrencyId(1));
        c.vendor_payment_methods().create(&full).await.unwrap();
    }
    c.vendors().create(&vendor("n")).await.unwrap();
    for kind in [2, 3, 4, 6, 7] {
        c.vendors().update(VendorId(1), &full_vendor(VendorType::from(kind))).await.unwrap();
    }
}

async fn people_and_places(c: &ProcurifyClient) {
    let department = DepartmentUpsert::new(LocationId(1), "n");
    c.departments().create(&department).await.unwrap();
    let department = department.external_id("x").active(true).punchout_email("p@example.com");
    c.departments().update(DepartmentId(1), &department).await.unwrap();
    let location = LocationUpsert::new("n", "CAD", "1", address(), address(), []);
    c.locations().create(&location).await.unwrap();
    let full = LocationUpsert::new("n", "CAD", "1", address(), address(), [address().state_province("BC")])
        .url("https://example.com/")
        .logo("l")
        .fax("2")
        .email("e@example.com")
        .language(Language::English)
        .location_timezone("America/Vancouver")
        .active(true)
        .external_id("x")
        .legal_entity(LegalEntityId(1));
    c.locations().create(&full).await.unwrap();
    c.locations().create(&full.location_timezone("UTC")).await.unwrap();
    let access =
        LocationAccess::new(LocationId(1)).all_departments(false).departments([DepartmentAccess::new(DepartmentId(1))]);
    let full = UserInvite::new("e@example.com")
        .send_invitation_email(false)
        .first_name("f")
        .last_name("l")
        .phone("1")
        .position("p")
        .role(PermissionGroupId(1))
        .all_locations(false)
        .locations([access])
        .home_department(DepartmentId(1))
        .home_location(LocationId(1));
    c.users().create(&[UserInvite::new("e@example.com"), full]).await.unwrap();
    let user = UserUpdate::new("e@example.com", "f", "l", None, Some(DepartmentId(1)));
    c.users().update(UserId(1), &user).await.unwrap();
    let user = user
        .id(UserId(1))
        .user(2)
        .position("p")
        .phone("1")
        .profile_image("i")
        .is_sso_enabled(false)
        .mark_for_skip(false)
        .mark_for_delete(false);
    c.users().update(UserId(1), &user).await.unwrap();
    c.users().deactivate(UserId(1)).await.unwrap();
}

fn term() -> TermBody {
    TermBody::new("Net 30").description("d").active(true)
}

macro_rules! all_of_a_vendor {
    ($body:expr) => {
        $body
            .active(true)
            .address_line_one("1")
            .address_line_two("2")
            .postal_code("p")
            .city("c")
            .state_province("BC")
            .country("Canada")
            .phone_one("1")
            .phone_two("2")
            .fax("3")
            .comments("c")
            .contact("c")
            .url("https://example.com/")
            .external_id("x")
            .currency(CurrencyId(1))
            .payment_term(term())
            .shipping_term(term())
            .payment_method(term())
            .shipping_method(term())
            .tax(TaxId(1))
            .default_payment_method(PaymentMethodId(1))
            .is_1099_eligible(true)
            .is_auto_email_po_enabled(true)
            .po_pdf_labels("l")
            .email_configurations(EmailConfigurationBody::new().auto_po(true).payment_remittance(false))
    };
}

fn full_vendor(kind: VendorType) -> VendorUpsert {
    all_of_a_vendor!(VendorUpsert::new("n", ["e@example.com".to_owned()], kind, Some(Decimal::new(45, 1))))
}

fn patch() -> VendorPatch {
    let patch = VendorPatch::new().name("n").email(["e@example.com".to_owned()]).kind(VendorType::Regular);
    all_of_a_vendor!(patch.overall_score(Decimal::new(45, 1)))
}

fn clearing() -> VendorPatch {
    use Patch::Clear;
    VendorPatch::new()
        .overall_score(Clear)
        .address_line_one(Clear)
        .address_line_two(Clear)
        .postal_code(Clear)
        .city(Clear)
        .state_province(Clear)
        .country(Clear)
        .phone_one(Clear)
        .phone_two(Clear)
        .fax(Clear)
        .comments(Clear)
        .contact(Clear)
        .url(Clear)
        .external_id(Clear)
        .currency(Clear)
        .payment_term(Clear)
        .shipping_term(Clear)
        .payment_method(Clear)
        .shipping_method(Clear)
        .tax(Clear)
        .default_payment_method(Clear)
        .is_1099_eligible(Clear)
}
