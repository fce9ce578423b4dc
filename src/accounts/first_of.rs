//! Several mappings, of which the first that covers a cost decides.

use std::collections::BTreeSet;
use std::sync::Arc;

use sync_core::References;

use super::{AccountMapping, Coded, Spend};

/// The first of several mappings that covers a cost.
#[derive(Debug, Clone, Default)]
pub struct FirstOf(Vec<Arc<dyn AccountMapping>>);

impl FirstOf {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks this one where those before it pass.
    pub fn then(mut self, mapping: impl AccountMapping + 'static) -> Self {
        self.0.push(Arc::new(mapping));
        self
    }
}

impl AccountMapping for FirstOf {
    fn code(&self, spend: &Spend, references: &References) -> Coded {
        let mut passed = Vec::new();
        for mapping in &self.0 {
            match mapping.code(spend, references) {
                Coded::Pass(why) => passed.push(why),
                decided => return decided,
            }
        }
        Coded::Pass(if passed.is_empty() { "there is no account mapping".to_owned() } else { passed.join(", ") })
    }

    fn needs_custom_fields(&self) -> bool {
        self.0.iter().any(|mapping| mapping.needs_custom_fields())
    }

    fn dimensions(&self) -> BTreeSet<u8> {
        self.0.iter().flat_map(|mapping| mapping.dimensions()).collect()
    }

    fn codes_are_accounts(&self) -> bool {
        self.0.iter().all(|mapping| mapping.codes_are_accounts())
    }
}
