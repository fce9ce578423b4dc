//! Locations and their addresses.

use crate::{Language, LegalEntityId};

body! {
    /// An address.
    AddressBody(
        name: text = "name",
        address_line_one: text = "addressLineOne",
        city: text = "city",
        postal_code: text = "postalCode",
        country: text = "country",
    ) {
        state_province: text = "state_province",
    }
}

body! {
    /// A location to be created. Only a superuser may.
    LocationUpsert(
        name: text = "name",
        currency: text = "currency",
        phone_one: text = "phoneOne",
        primary_billing_address: val AddressBody = "primary_billing_address",
        primary_shipping_address: val AddressBody = "primary_shipping_address",
        shipping_addresses: list AddressBody = "shipping_addresses",
    ) {
        url: null String = "url",
        logo: null String = "logo",
        fax: null String = "fax",
        email: null String = "email",
        language: val Language = "language",
        /// An IANA name, such as `America/Vancouver`.
        location_timezone: null String = "locationTimezone",
        active: val bool = "active",
        external_id: null String = "external_id",
        legal_entity: val LegalEntityId = "legal_entity",
    }
}
