//! Departments, locations and addresses.

use crate::{AddressAssociation, Currency, CurrencyId, DepartmentId, Language, LocationId, SetupStage, UserId, Uuid};

model! {
    /// A department. Its id and external id are what a cost centre is matched by.
    Department {
        id: key DepartmentId = "id",
        /// The location it belongs to.
        branch: opt LocationSummary = "branch",
        /// The id of another system, such as the ERP.
        external_id: text = "external_id",
        name: text = "name",
        active: opt bool = "active",
        punchout_email: text = "punchout_email",
        is_active_for_account_code: opt bool = "is_active_for_account_code",
        has_active_account: opt bool = "has_active_account",
        /// The location, as users' departments have it.
        location: opt LocationSummary = "location",
    }
}

model! {
    /// A location as other records show it.
    LocationSummary {
        id: key LocationId = "id",
        name: text = "name",
        headquarter: opt bool = "headquarter",
    }
}

model! {
    /// A location.
    Location {
        id: key LocationId = "id",
        name: text = "name",
        url: text = "url",
        logo: text = "logo",
        currency: opt Currency = "currency",
        phone_one: text = "phoneOne",
        fax: text = "fax",
        email: text = "email",
        primary_billing_address: opt Address = "primary_billing_address",
        primary_shipping_address: opt Address = "primary_shipping_address",
        shipping_addresses: list Address = "shipping_addresses",
        language: opt Language = "language",
        location_timezone: text = "locationTimezone",
        headquarter: opt bool = "headquarter",
        department_count: opt i64 = "department_count",
        active: opt bool = "active",
        /// The id of another system, such as the ERP.
        external_id: text = "external_id",
        legal_entity: opt LegalEntity = "legal_entity",
    }
}

model! {
    /// A legal entity.
    LegalEntity {
        id: opt i64 = "id",
        uuid: opt Uuid = "uuid",
        name: text = "name",
    }
}

model! {
    /// An address.
    Address {
        id: opt i64 = "id",
        is_active: opt bool = "is_active",
        created_at: time = "created_at",
        updated_at: time = "updated_at",
        name: text = "name",
        address_association: opt AddressAssociation = "addressAssociation",
        address_line_one: text = "addressLineOne",
        address_line_two: text = "addressLineTwo",
        postal_code: text = "postalCode",
        city: text = "city",
        state_province: text = "state_province",
        country: text = "country",
        last_changed_by: id UserId = "last_changed_by",
    }
}

model! {
    /// A location with its settings, as requests show it.
    Branch {
        id: key LocationId = "id",
        external_id: text = "external_id",
        name: text = "name",
        url: text = "url",
        logo: text = "logo",
        language: opt Language = "language",
        multiple_locations: opt bool = "multipleLocations",
        location_timezone: text = "locationTimezone",
        user_limit: opt i64 = "userLimit",
        budget_overture_toggle: opt bool = "budgetOvertureToggle",
        purchase_filtering: opt bool = "purchase_filtering",
        catalog_permission: opt bool = "catalog_permission",
        separate_expense_approval: opt bool = "separate_expense_approval",
        standalone_travel_approval: opt bool = "standalone_travel_approval",
        phone_one: text = "phoneOne",
        phone_two: text = "phoneTwo",
        fax: text = "fax",
        email: text = "email",
        fiscal_year_end_day: opt i64 = "fiscalYearEndDay",
        fiscal_year_end_month: opt i64 = "fiscalYearEndMonth",
        /// Hours from GMT.
        timezone: dec = "timezone",
        begin_date: time = "beginDate",
        ported: opt bool = "ported",
        port_date: time = "port_date",
        active: opt bool = "active",
        fields_cache: text = "fields_cache",
        activated: opt bool = "activated",
        setup_stage: opt SetupStage = "setup_stage",
        local_currency: id CurrencyId = "localCurrency",
        contact_person: id UserId = "contactPerson",
        buyer_address: opt i64 = "buyerAddress",
        shipping_address: opt i64 = "shippingAddress",
    }
}
