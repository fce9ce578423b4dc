//! Lines of bills.

use crate::{
    Account, AccountId, Attachment, BillId, BillItemId, BillPurchaseOrder, CreditCard, Currency, CustomFieldValue,
    ExpenseType, PaymentType, PurchaseOrderLine, User, UserId, Vendor,
};

model! {
    /// One line of a bill.
    BillItem {
        id: key BillItemId = "id",
        /// The purchase order line it bills.
        order_item: opt Box<PurchaseOrderLine> = "orderitem",
        expense: opt Box<Expense> = "expense",
        bill: id BillId = "bill",
        vendor: opt Box<Vendor> = "vendor",
        sku: text = "sku",
        description: text = "description",
        /// The purchase order it bills.
        po: opt BillPurchaseOrder = "po",
        unit: text = "unit",
        /// Billed quantity, when billed by quantity.
        quantity: dec = "quantity",
        currency: opt Currency = "currency",
        /// Without tax.
        total_cost: dec = "total_cost",
        received_on: time = "received_on",
        packing_slips: list Attachment = "packing_slips",
        /// How its cost is split: post these, not the line.
        cost_allocations: list CostAllocation = "cost_allocations",
        archived: opt bool = "archived",
        expense_report: opt ExpenseReport = "expense_report",
        same_unit_cost: opt bool = "same_unit_cost",
        credit_card_item: opt Box<CreditCardItem> = "creditcard_item",
        is_edited: opt bool = "is_edited",
        unit_cost_diff_log: opt UnitCostChange = "unit_cost_diff_log",
        tax_name: text = "tax_name",
        tax_percentage: dec = "tax_percentage",
        tax_amount: dec = "tax_amount",
        tax_is_inclusive: opt bool = "tax_is_inclusive",
        tax: opt i64 = "tax",
        total_cost_with_tax: dec = "total_cost_with_tax",
        shipping_amount: dec = "shipping_amount",
        unit_cost: dec = "unit_cost",
        custom_fields: list CustomFieldValue = "custom_fields",
        kind: text = "type",
        /// Only in the older document.
        item_type: text = "item_type",
        /// Billed by cost rather than by quantity.
        bill_by_cost: opt bool = "bill_by_cost",
    }
}

model! {
    /// A part of a cost on one budget account (account code and department).
    CostAllocation {
        id: opt i64 = "id",
        budget: opt Account = "budget",
        object_id: opt i64 = "object_id",
        amount: dec = "amount",
        currency: opt Currency = "currency",
        created_on: time = "created_on",
    }
}

model! {
    /// The expense that a line of a bill comes from.
    Expense {
        id: opt i64 = "id",
        account: opt Account = "account",
        local_currency: opt Currency = "localCurrency",
        expense_type_fields: opt serde_json::Value = "expense_type_fields",
        credit_card: rec CreditCard = "creditcard",
        account_id: id AccountId = "account_id",
        expense_report: opt ExpenseReport = "expenseReport",
        requester: opt User = "requester",
        approver: opt User = "approver",
        approved_date: time = "approved_date",
        is_active: opt bool = "is_active",
        created_at: time = "created_at",
        updated_at: time = "updated_at",
        merchant: text = "merchant",
        transaction_date: time = "transDate",
        reimburse: opt bool = "reimburse",
        expense_type: opt ExpenseType = "expense_type",
        payment_type: opt PaymentType = "paymentType",
        amount: dec = "amount",
        currency_rate_final: dec = "currency_rate_final",
        exchange_rate_override: opt bool = "exchange_rate_override",
        tax_name: text = "tax_name",
        tax_percentage: dec = "tax_percentage",
        tax_amount: dec = "tax_amount",
        tax_is_inclusive: opt bool = "tax_is_inclusive",
        notes: text = "notes",
        attachment: text = "attachment",
        active: opt bool = "active",
        last_changed_by: id UserId = "last_changed_by",
        mileage_preset: opt i64 = "mileage_preset",
        tax: opt i64 = "tax",
    }
}

model! {
    /// The expense report that a line comes from.
    ExpenseReport {
        id: opt i64 = "id",
        uuid: text = "uuid",
        user: opt User = "user",
    }
}

model! {
    /// A price that was changed on the bill.
    UnitCostChange {
        changed_by: text = "changed_by",
        changed_date: text = "changed_date",
        original_unit_cost: dec = "original_unit_cost",
        original_currency_label: text = "original_currency_label",
    }
}

model! {
    /// The credit card purchase that a line of a bill comes from.
    CreditCardItem {
        id: opt i64 = "id",
        credit_card: opt CreditCard = "creditcard",
        po: opt CreditCardPurchaseOrder = "po",
        expense: opt CreditCardExpense = "expense",
        creditcard_is_editable: opt bool = "creditcard_is_editable",
        matched_statement_items: list StatementItem = "matched_statement_items",
    }
}

model! {
    /// The purchase order of a credit card purchase.
    CreditCardPurchaseOrder {
        number: text = "number",
        uuid: text = "uuid",
        purchaser: opt User = "purchaser",
        vendor_name: text = "vendor_name",
    }
}

model! {
    /// The expense of a credit card purchase.
    CreditCardExpense {
        merchant: text = "merchant",
        notes: text = "notes",
        expense_report: opt ExpenseReport = "expenseReport",
    }
}

model! {
    /// A line of a credit card's statement.
    StatementItem {
        id: opt i64 = "id",
        credit_card: opt i64 = "creditcard",
        statement: opt i64 = "statement",
        matched: opt i64 = "match",
        date: day = "date",
        description: text = "description",
        amount: dec = "amount",
        duplicate_of: opt i64 = "duplicate_of",
    }
}
