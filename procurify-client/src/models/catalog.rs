//! Bundles of the catalog.

use crate::{CatalogBundleId, CatalogItem};

model! {
    /// Catalog items that are requested together.
    CatalogBundle {
        id: key CatalogBundleId = "id",
        name: text = "name",
        description: text = "description",
        image: text = "image",
        active: opt bool = "active",
        items: list CatalogItem = "items",
        items_count: opt i64 = "items_count",
    }
}
