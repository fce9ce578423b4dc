//! Payment methods of the company and of vendors.

use tenant_http::Error;

use crate::query::filters;
use crate::{
    CompanyPaymentMethod, CompanyPaymentMethodCreate, CurrencyId, List, PaymentMethodCategory, PaymentMethodType,
    ProcurifyClient, VendorId, VendorPaymentMethod, VendorPaymentMethodCreate,
};

/// The ways in which the company pays.
#[derive(Debug, Clone, Copy)]
pub struct CompanyPaymentMethods<'a>(pub(crate) &'a ProcurifyClient);

impl CompanyPaymentMethods<'_> {
    /// Payment methods.
    pub fn list(&self) -> List<CompanyPaymentMethod> {
        List::new(self.0, COMPANY)
    }

    /// Creates a payment method. The answer has the currency's id only.
    pub async fn create(&self, body: &CompanyPaymentMethodCreate) -> Result<CompanyPaymentMethod, Error> {
        self.0.write_bare(COMPANY, body).await
    }
}

const COMPANY: &str = "/api/v2/ap/company-payment-methods/";
const VENDOR: &str = "/api/v2/ap/vendor-payment-methods/";

filters! { CompanyPaymentMethod {
    currency: CurrencyId = "currency", "In this currency.";
    search: &str = "search", "Matching these words.";
    kind: PaymentMethodType = "type", "Of this type.";
} }

/// The ways in which vendors are paid.
#[derive(Debug, Clone, Copy)]
pub struct VendorPaymentMethods<'a>(pub(crate) &'a ProcurifyClient);

impl VendorPaymentMethods<'_> {
    /// Payment methods.
    pub fn list(&self) -> List<VendorPaymentMethod> {
        List::new(self.0, VENDOR)
    }

    /// Creates a payment method.
    pub async fn create(&self, body: &VendorPaymentMethodCreate) -> Result<VendorPaymentMethod, Error> {
        self.0.write_bare(VENDOR, body).await
    }
}

filters! { VendorPaymentMethod {
    category: PaymentMethodCategory = "category", "Of this category.";
    currency: CurrencyId = "currency", "In this currency.";
    search: &str = "search", "Matching these words.";
    kind: PaymentMethodType = "type", "Of this type.";
    vendor: VendorId = "vendor", "Of this vendor.";
} }
