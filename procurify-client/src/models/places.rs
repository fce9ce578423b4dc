//! Departments, locations and addresses.

use crate::{Currency, DepartmentId, LocationId, UserId, Uuid};

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
        language: opt i64 = "language",
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
        address_association: opt i64 = "addressAssociation",
        address_line_one: text = "addressLineOne",
        address_line_two: text = "addressLineTwo",
        postal_code: text = "postalCode",
        city: text = "city",
        state_province: text = "state_province",
        country: text = "country",
        last_changed_by: id UserId = "last_changed_by",
    }
}
