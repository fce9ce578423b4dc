//! Every documented value of every enum has a name, and others are kept.

use std::collections::BTreeSet;

use procurify_client::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::facts::{Facts, Values};

struct Check<'a> {
    facts: &'a Facts,
    seen: BTreeSet<&'static str>,
}

impl Check<'_> {
    fn of<T: Serialize + DeserializeOwned + std::fmt::Debug>(&mut self, name: &'static str) {
        let Values { base, values } = &self.facts.enums[name];
        let value = |text: &str| if base == "integer" { json!(text.parse::<i64>().unwrap()) } else { json!(text) };
        for text in values {
            let read: T = serde_json::from_value(value(text)).unwrap();
            assert!(!format!("{read:?}").starts_with("Other("), "{name} does not know {text}");
            assert_eq!(serde_json::to_value(&read).unwrap(), value(text), "{name}");
        }
        let unknown: Value = if base == "integer" { json!(987) } else { json!("never heard of") };
        let read: T = serde_json::from_value(unknown.clone()).unwrap();
        assert!(format!("{read:?}").starts_with("Other("), "{name}");
        assert_eq!(serde_json::to_value(&read).unwrap(), unknown, "{name}");
        self.seen.insert(name);
    }
}

/// Kept as text or as a number: their values are names of places, or no names at all.
const PLAIN: [&str; 2] = ["LocationTimezoneEnum", "TimezoneEnum"];

#[test]
fn every_value_has_a_name_and_unknown_ones_are_kept() {
    let facts = Facts::read();
    let mut check = Check { facts: &facts, seen: BTreeSet::new() };
    check.of::<AccountType>("AccountTypeEnum");
    check.of::<LogAction>("ActionEnum");
    check.of::<AddressAssociation>("AddressAssociationEnum");
    check.of::<AdjustmentType>("AdjustmentTypeEnum");
    check.of::<AuthorizationStatus>("AuthorizationStatusEnum");
    check.of::<BillStatus>("BillStatusEnum");
    check.of::<BillType>("BillTypeEnum");
    check.of::<CreditCardCategory>("CategoryEnum");
    check.of::<CreditCardStatus>("CreditCardStatusEnum");
    check.of::<CreditCardType>("CreditCardTypeEnum");
    check.of::<DenialReason>("DenialReasonEnum");
    check.of::<Duration>("DurationEnum");
    check.of::<ExpenseType>("ExpenseTypeEnum");
    check.of::<FieldType>("FieldTypeEnum");
    check.of::<Frequency>("FrequencyEnum");
    check.of::<FulfilmentStatus>("FulfilmentStatusEnum");
    check.of::<Language>("LanguageEnum");
    check.of::<OrderItemAttachmentType>("OrderItemAttachmentTypeEnum");
    check.of::<OrderItemStatus>("OrderItemStatusEnum");
    check.of::<OrderItemType>("OrderItemTypeEnum");
    check.of::<OrderStatus>("OrderStatusEnum");
    check.of::<PaymentMethodType>("PaymentMethodTypeEnum");
    check.of::<PaymentResponseStatus>("PaymentResponseStatusEnum");
    check.of::<PaymentSourceType>("PaymentSourceTypeEnum");
    check.of::<PaymentStatus>("PaymentStatusEnum");
    check.of::<PaymentType>("PaymentTypeEnum");
    check.of::<PriceModifierType>("PriceModifierDocsTypeEnum");
    check.of::<PurchaseAgreementStatus>("PurchaseAgreementStatusEnum");
    check.of::<PurchaseOrderState>("PurchaseOrderStateEnum");
    check.of::<ReceiveMethod>("ReceiveMethodEnum");
    check.of::<ReconciliationStatus>("ReconciliationStatusEnum");
    check.of::<UserRole>("RoleEnum");
    check.of::<SetupStage>("SetupStageEnum");
    check.of::<CardholderStatus>("TransactionCardholderStatusEnum");
    check.of::<TransactionFieldType>("TransactionCustomFieldTypeEnum");
    check.of::<FundStatus>("TransactionFundStatusEnum");
    check.of::<TransactionStatus>("TransactionStatusEnum");
    check.of::<TransactionType>("TransactionTypeEnum");
    check.of::<CreditCardStatus>("TransationCardStatusEnum");
    check.of::<VendorType>("VendorTypeEnum");
    let missing: Vec<_> = facts
        .enums
        .keys()
        .filter(|name| !check.seen.contains(name.as_str()) && !PLAIN.contains(&name.as_str()))
        .collect();
    assert!(missing.is_empty(), "not covered: {missing:?}");
}
