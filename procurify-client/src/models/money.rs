//! Currencies, account codes, budget accounts, cards, and values of custom fields.

use crate::{
    AccountCodeId, AccountId, AccountType, Branch, CreditCardCategory, CreditCardStatus, CreditCardType, CurrencyId,
    Department, DepartmentId, FieldType, PaymentMethodId, PaymentMethodType, PriceModifierType, Text, User, UserId,
    Uuid, Vendor, VendorId,
};

model! {
    /// A currency.
    Currency {
        id: id CurrencyId = "id",
        /// Its code, such as `CAD`.
        name: text = "name",
        description: text = "description",
        /// Rate to the base currency.
        rate: dec = "rate",
        /// Whether it is the base currency.
        base: opt bool = "base",
        active: opt bool = "active",
    }
}

model! {
    /// An account code: a GL account in Procurify.
    AccountCode {
        id: key AccountCodeId = "id",
        applied_accounts_count: opt i64 = "applied_accounts_count",
        /// The GL account's number.
        code: text = "code",
        code_length: opt i64 = "code_length",
        description: text = "description",
        account_type: opt AccountType = "account_type",
        active: opt bool = "active",
        parent: id AccountCodeId = "parent",
    }
}

model! {
    /// An account: an account code in one department, with its budget.
    Account {
        id: key AccountId = "id",
        account_code: opt AccountCode = "account_code",
        department: opt Department = "department",
        start_datetime: time = "start_datetime",
        end_datetime: time = "end_datetime",
        budget: dec = "budget",
        budget_used_approved: dec = "budget_used_approved",
        budget_used_purchased: dec = "budget_used_purchased",
        balance_approved: dec = "balance_approved",
        balance_purchased: dec = "balance_purchased",
        active: opt bool = "active",
        warning_indicator: opt bool = "warning_indicator",
    }
}

model! {
    /// A tax or discount on a whole document.
    PriceModifier {
        value: dec = "value",
        kind: opt PriceModifierType = "type",
    }
}

model! {
    /// What a document or line costs.
    CostDetails {
        subtotal: dec = "subtotal",
        total_cost: dec = "total_cost",
        total_cost_in_base_currency: dec = "total_cost_in_base_currency",
        tax_amount: dec = "tax_amount",
    }
}

model! {
    /// A credit card.
    CreditCard {
        id: opt i64 = "id",
        uuid: opt Uuid = "uuid",
        is_active: opt bool = "is_active",
        created_at: time = "created_at",
        updated_at: time = "updated_at",
        name: text = "name",
        number: text = "number",
        balance: opt i64 = "balance",
        gl_code: text = "gl_code",
        kind: opt CreditCardType = "type",
        category: opt CreditCardCategory = "category",
        external_id: text = "external_id",
        status: opt CreditCardStatus = "status",
        require_activation: opt bool = "require_activation",
        last_changed_by: id UserId = "last_changed_by",
        vendor: rec Box<Vendor> = "vendor",
        payment_method: opt i64 = "payment_method",
        currency: rec Currency = "currency",
        currency_name: text = "currency_name",
        creator: id UserId = "creator",
        assignees: list User = "assignees",
        last_reconciliation_date: time = "last_reconciliation_date",
        last_reconciliation_balance: dec = "last_reconciliation_balance",
        session: opt CardSession = "session",
        last_statement_date: time = "last_statement_date",
    }
}

model! {
    /// A way in which a vendor is paid, as other records show it.
    PaymentMethod {
        id: opt i64 = "id",
        name: text = "name",
        kind: opt PaymentMethodType = "type",
        data: opt serde_json::Value = "data",
        /// What a number stands for too: then only the id is there.
        currency: rec Currency = "currency",
        payment_rail: text = "payment_rail",
        bank_account_country_code: text = "bank_account_country_code",
        vendor: id VendorId = "vendor",
    }
}

model! {
    /// A custom field.
    CustomField {
        id: opt i64 = "id",
        name: text = "name",
        content_type: opt i64 = "content_type",
        default_value: text = "default_value",
        is_required: opt bool = "is_required",
        field_choices: list Text = "field_choices",
        field_type: opt FieldType = "field_type",
        field_label: text = "field_label",
        is_active: opt bool = "is_active",
    }
}

model! {
    /// A custom field with its value.
    CustomFieldValue {
        id: opt i64 = "id",
        /// Text or a truth value.
        value: opt serde_json::Value = "value",
        field: opt CustomField = "field",
    }
}

model! {
    /// The statement that a credit card is reconciled against.
    CardSession {
        credit_card: opt i64 = "creditcard",
        balance: dec = "balance",
        statement_date: time = "statement_date",
    }
}

model! {
    /// How many days a payment is under way.
    FlightTime {
        min: opt i64 = "min",
        max: opt i64 = "max",
    }
}

model! {
    /// What a payment costs: `percentage` or `fixed`.
    TransactionFee {
        kind: text = "type",
        value: dec = "value",
    }
}

model! {
    /// An account as a line's cost is allocated to it.
    SpendAccount {
        id: key AccountId = "id",
        account_code: opt AccountCode = "account_code",
        department: opt SpendDepartment = "department",
        active: opt bool = "active",
    }
}

model! {
    /// A department with all of its location.
    SpendDepartment {
        id: key DepartmentId = "id",
        branch: opt Box<Branch> = "branch",
        external_id: text = "external_id",
        name: text = "name",
        punchout_email: text = "punchout_email",
        active: opt bool = "active",
    }
}

model! {
    /// A way in which the company pays.
    CompanyPaymentMethod {
        id: key PaymentMethodId = "id",
        name: text = "name",
        kind: opt PaymentMethodType = "type",
        /// Depends on the type; numbers are masked.
        data: opt serde_json::Value = "data",
        /// Where a method was just created, its id alone.
        currency: rec Currency = "currency",
        gl_code: text = "gl_code",
    }
}

model! {
    /// A way in which a vendor is paid.
    VendorPaymentMethod {
        id: key PaymentMethodId = "id",
        vendor: id VendorId = "vendor",
        name: text = "name",
        kind: opt PaymentMethodType = "type",
        /// Depends on the type; numbers are masked.
        data: opt serde_json::Value = "data",
        currency: rec Currency = "currency",
        payment_rail: text = "payment_rail",
        bank_account_country_code: text = "bank_account_country_code",
        flight_time: opt FlightTime = "flight_time",
        transaction_fee: opt TransactionFee = "transaction_fee",
    }
}
