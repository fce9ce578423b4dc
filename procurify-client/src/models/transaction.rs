//! Card transactions.

use crate::{
    AuthorizationStatus, CardholderStatus, CreditCardStatus, FundStatus, ReconciliationStatus, Text,
    TransactionFieldType, TransactionId, TransactionStatus, TransactionType,
};

model! {
    /// A card transaction that is fully captured.
    Transaction {
        id: key TransactionId = "id",
        note: text = "note",
        vendor: opt TransactionVendor = "vendor",
        /// The currency it was settled in.
        currency: text = "currency",
        /// As the API writes it: in the currency's base unit.
        amount: dec = "amount",
        /// The currency the vendor charged in.
        vendor_currency: text = "vendor_currency",
        /// As the vendor charged, in the currency's base unit.
        vendor_amount: dec = "vendor_amount",
        status: opt TransactionStatus = "status",
        authorization_status: opt AuthorizationStatus = "authorization_status",
        authorization_datetime: time = "authorization_datetime",
        /// When it was captured.
        transaction_datetime: time = "transaction_datetime",
        /// When it was allocated to a fund.
        allocation_datetime: time = "allocation_datetime",
        card: opt TransactionCard = "card",
        /// Where its receipts can be fetched.
        receipt_attachments: list Text = "receipt_attachments",
        fund: opt TransactionFund = "fund",
        account: opt TransactionAccount = "account",
        kind: opt TransactionType = "type",
        reconciliation_status: opt ReconciliationStatus = "reconciliation_status",
        cardholder: opt Cardholder = "cardholder",
        /// The same in all steps of one purchase.
        linked_authorization: text = "linked_authorization",
        custom_fields: list TransactionCustomField = "custom_fields",
    }
}

model! {
    /// The vendor as the card network names it.
    TransactionVendor {
        name: text = "name",
        category: text = "category",
        city: text = "city",
        state: text = "state",
        country: text = "country",
        postal_code: text = "postal_code",
    }
}

model! {
    /// A card.
    TransactionCard {
        uuid: text = "uuid",
        last_four_digits: text = "last_four_digits",
        status: opt CreditCardStatus = "status",
    }
}

model! {
    /// A fund that cards spend from.
    TransactionFund {
        uuid: text = "uuid",
        title: text = "title",
        reason: text = "reason",
        status: opt FundStatus = "status",
        date_created: time = "date_created",
        amount: dec = "amount",
        account: opt TransactionAccount = "account",
    }
}

model! {
    /// The account a transaction is on, in words.
    TransactionAccount {
        account_code: text = "account_code",
        account_code_description: text = "account_code_description",
        department: text = "department",
        department_branch: text = "department_branch",
    }
}

model! {
    /// Who holds the card.
    Cardholder {
        uuid: text = "uuid",
        first_name: text = "first_name",
        last_name: text = "last_name",
        status: opt CardholderStatus = "status",
    }
}

model! {
    /// A custom field of a transaction with its value.
    TransactionCustomField {
        name: text = "name",
        value: text = "value",
        kind: opt TransactionFieldType = "type",
    }
}
