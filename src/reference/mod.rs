//! Reference data first: vendors, account codes and departments of Procurify, matched to the ERP's.
//!
//! Both systems are read and compared; what matches goes into the cross-references, by which orders
//! are mapped. What is missing or ambiguous holds the orders that need it, and lets them go by itself
//! once a later comparison finds it.

mod matching;
mod subjects;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use procurify_client::ProcurifyClient;
use sync_core::{ConnectionId, CrossReferences, Failure, Reference, StoreError};

pub use matching::{Master, Subject, align, normalised};

use crate::failure::of_call;
use crate::product::Product;
use subjects::Subjects;

/// Cross-references from a vendor's id to the ERP's supplier number.
pub const VENDOR: &str = "vendor";
/// Cross-references from an account code to the ERP's GL account.
pub const GL_ACCOUNT: &str = "gl_account";
/// Cross-references from a department's id to the ERP's cost centre.
pub const COST_CENTER: &str = "cost_center";
/// Cross-references from a SKU to the ERP's item number. Never aligned; a host may fill them.
pub const ITEM: &str = "item";

/// Why reference data could not be aligned.
#[derive(Debug, thiserror::Error)]
pub enum AlignError {
    /// One of the systems did not answer as it should; nothing was changed.
    #[error("the reference data could not be read: {0}")]
    Read(Failure),
    /// The cross-references could not be saved.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads both systems' reference data and compares it.
pub(crate) struct Aligner {
    pub procurify: ProcurifyClient,
    pub product: Arc<dyn Product>,
    pub page_size: u64,
}

impl Aligner {
    /// The lines of each kind as the two systems are now. Writes nothing.
    pub async fn read(&self, now: DateTime<Utc>) -> Result<Vec<(&'static str, Vec<Reference>)>, AlignError> {
        let (subjects, masters) = futures_util::future::join(
            Subjects::read(&self.procurify, self.page_size),
            self.product.masters(now.date_naive()),
        )
        .await;
        let subjects = subjects.map_err(|error| AlignError::Read(of_call(&error)))?;
        let masters = masters.map_err(AlignError::Read)?;
        Ok(vec![
            (VENDOR, align(VENDOR, &subjects.vendors, &masters.suppliers)),
            (GL_ACCOUNT, align(GL_ACCOUNT, &subjects.account_codes, &masters.accounts)),
            (COST_CENTER, align(COST_CENTER, &subjects.departments, &masters.cost_centers)),
        ])
    }

    /// Reads, compares and saves.
    pub async fn align(
        &self,
        store: &dyn CrossReferences,
        connection: &ConnectionId,
        now: DateTime<Utc>,
    ) -> Result<(), AlignError> {
        let kinds: Vec<(String, Vec<Reference>)> =
            self.read(now).await?.into_iter().map(|(kind, lines)| (kind.to_owned(), lines)).collect();
        Ok(store.replace(connection, &kinds, now).await?)
    }
}
