//! Whether address, credentials and configuration are right, and which IDOs the tenant has.

use tenant_http::Error;

use super::SyteLine;
use super::filter::Filter;

/// What [`SyteLine::ping`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ping {
    /// IDOs that are used here and that the tenant has.
    pub found: Vec<String>,
    /// IDOs that are used here and that the tenant lacks, or does not show: set their names by
    /// [`SyteLine::names`].
    pub missing: Vec<String>,
}

impl SyteLine {
    /// Proves with one call that address, credentials and configuration are right (`IdoCollections`).
    ///
    /// # Errors
    /// Whatever keeps them from being so.
    pub async fn ping(&self) -> Result<Ping, Error> {
        let names = self.ido_names().idos();
        let rows = self
            .load("IdoCollections")
            .properties(&["CollectionName"])
            .filter(Filter::property("CollectionName").one_of(names.iter().copied()))
            .order_by("CollectionName")
            .unique_order()
            .read_only()
            .all()
            .await?;
        let is_there = |name: &&str| rows.iter().any(|row| row.text("CollectionName") == Some(name));
        let (found, missing): (Vec<&str>, Vec<&str>) = names.into_iter().partition(is_there);
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        Ok(Ping { found: owned(found), missing: owned(missing) })
    }

    /// What is wrong with the site that was set, such as `site NOWHERE (site)`, which does not exist; nothing if none
    /// was set.
    ///
    /// # Errors
    /// As any load; the user needs the right to the IDO of sites.
    pub async fn wrong_site(&self) -> Result<Option<String>, Error> {
        let Some(site) = self.site_name() else { return Ok(None) };
        let load = self.load(&self.ido_names().sites).properties(&["Site"]).order_by("Site").unique_order().read_only();
        let found = load.filter(Filter::property("Site").eq(site)).all().await?;
        Ok(found.is_empty().then(|| format!("site {site} (site)")))
    }
}
