//! What the IDOs and a few properties are called, where releases and tenants differ.

/// Names of the IDOs used, each as most releases have it. `ping` says which of them a tenant has.
///
/// ```
/// use cloudsuite_client::syteline::IdoNames;
///
/// let mut names = IdoNames::default();
/// names.purchase_orders = "SLPOs".to_owned();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IdoNames {
    /// Vendors. Default `SLVendors`.
    pub vendors: String,
    /// Purchase orders. Default `SLPos`; one client spells it `SLPOs`.
    pub purchase_orders: String,
    /// Lines of purchase orders. Default `SLPoItems`.
    pub purchase_order_lines: String,
    /// Vouchers not yet posted. Default `SLAptrxs`.
    pub vouchers: String,
    /// Distributions of vouchers. Default `SLAptrxds`.
    pub distributions: String,
    /// Posted vouchers. Default `SLAptrxps`.
    pub posted_vouchers: String,
    /// The chart of accounts. Default `SLChartAccts`.
    pub accounts: String,
    /// The four unit codes of an account. Default `SLUnitcd1s` to `SLUnitcd4s`.
    pub unit_codes: [String; 4],
    /// Items. Default `SLItems`.
    pub items: String,
    /// Customers. Default `SLCustomers`.
    pub customers: String,
    /// Sites. Default `SLSites`.
    pub sites: String,
    /// The property of an order that holds an external reference. Default `VendOrder`; `Charfld1` in some tenants.
    pub order_reference: String,
    /// The property of an order's line that holds the unit cost, in the unit of the order. Default `ItemCostConv`;
    /// `UnitMatCostConv` in some releases.
    pub line_cost: String,
    /// The property of a voucher that holds an external reference. Default `Ref`, 30 characters.
    pub voucher_reference: String,
}

impl Default for IdoNames {
    fn default() -> Self {
        Self {
            vendors: "SLVendors".to_owned(),
            purchase_orders: "SLPos".to_owned(),
            purchase_order_lines: "SLPoItems".to_owned(),
            vouchers: "SLAptrxs".to_owned(),
            distributions: "SLAptrxds".to_owned(),
            posted_vouchers: "SLAptrxps".to_owned(),
            accounts: "SLChartAccts".to_owned(),
            unit_codes: [1, 2, 3, 4].map(|n| format!("SLUnitcd{n}s")),
            items: "SLItems".to_owned(),
            customers: "SLCustomers".to_owned(),
            sites: "SLSites".to_owned(),
            order_reference: "VendOrder".to_owned(),
            line_cost: "ItemCostConv".to_owned(),
            voucher_reference: "Ref".to_owned(),
        }
    }
}

impl IdoNames {
    /// All IDOs, for [`SyteLine::ping`](super::SyteLine::ping).
    pub(crate) fn idos(&self) -> Vec<&str> {
        let single = [
            &self.vendors,
            &self.purchase_orders,
            &self.purchase_order_lines,
            &self.vouchers,
            &self.distributions,
            &self.posted_vouchers,
            &self.accounts,
            &self.items,
            &self.customers,
        ];
        single.into_iter().chain(&self.unit_codes).map(String::as_str).collect()
    }
}
