//! What becomes of a record that only one system has: made in the other, held where that could double one.

use serde::Serialize;
use sync_core::{Mapper, Mapping, Match, Missing, Record, Reference, References};

use super::draft::{AccountCodeDraft, DepartmentDraft, MasterDraft, VendorDraft};
use super::source::OneSided;
use super::{COST_CENTER, GL_ACCOUNT, NewSuppliers, SUPPLIER, VENDOR, kind_in_words, resolve};

/// Decides what is made of one-sided records of a kind.
pub(crate) enum OneSidedMapper {
    /// Suppliers of vendors.
    Suppliers(NewSuppliers),
    /// None of vendors, in a product that takes none from us.
    NoSuppliers(&'static str),
    /// GL accounts of account codes.
    Accounts,
    /// Cost centres of departments.
    CostCenters,
    /// Vendors of suppliers.
    Vendors,
    /// Account codes of GL accounts.
    AccountCodes,
    /// Departments of cost centres.
    Departments,
}

impl Mapper for OneSidedMapper {
    fn map(&self, record: &Record, references: &References) -> Mapping {
        let one: OneSided = match serde_json::from_value(record.payload.clone()) {
            Ok(one) => one,
            Err(error) => return hold("record", record.key.id(), &format!("it cannot be read: {error}")),
        };
        match self {
            Self::Suppliers(rule) => of_procurify(VENDOR, "SUPPLIER", &one, references, || supplier_number(&one, rule)),
            Self::NoSuppliers(product) => of_procurify(VENDOR, "SUPPLIER", &one, references, || {
                Err(format!("suppliers are not made in {product} from here: add it there"))
            }),
            Self::Accounts => of_procurify(GL_ACCOUNT, "ACCOUNT", &one, references, || match &one.unfit {
                Some(why) => Err(format!("{why}, and only expense accounts are made from here: add it in the ERP")),
                None => Ok(one.id.clone()),
            }),
            Self::CostCenters => of_procurify(COST_CENTER, "CENTRE", &one, references, || {
                let named = one.external_id.clone();
                named.ok_or_else(|| {
                    "put the code that its cost centre is to have into its external id in Procurify".to_owned()
                })
            }),
            Self::Vendors => of_erp(SUPPLIER, VENDOR, &one, references, || {
                if let (Some(code), None) = (&one.currency, one.currency_id) {
                    let hint = format!("its currency {code} is not in Procurify: add it there");
                    return hold(SUPPLIER, &one.value(), &hint);
                }
                draft(&VendorDraft { external_id: one.id.clone(), name: one.title(), currency: one.currency_id })
            }),
            Self::AccountCodes => of_erp(GL_ACCOUNT, GL_ACCOUNT, &one, references, || {
                draft(&AccountCodeDraft { code: one.id.clone(), description: one.title() })
            }),
            Self::Departments => of_erp(COST_CENTER, COST_CENTER, &one, references, || match one.location {
                Some(location) => draft(&DepartmentDraft { external_id: one.id.clone(), name: one.title(), location }),
                None => hold(
                    COST_CENTER,
                    &one.value(),
                    "Procurify has no headquarters to make the department in: set the location of new departments",
                ),
            }),
        }
    }
}

impl OneSided {
    /// Its name, or where it has none, its id.
    fn title(&self) -> String {
        if self.name.trim().is_empty() { self.id.clone() } else { self.name.trim().to_owned() }
    }

    fn value(&self) -> String {
        if self.name.is_empty() { self.id.clone() } else { format!("{} ({})", self.id, self.name) }
    }
}

fn hold(kind: &str, value: &str, hint: &str) -> Mapping {
    Mapping::Hold(vec![Missing { kind: kind.to_owned(), value: value.to_owned(), hint: hint.to_owned() }])
}

fn draft(document: &impl Serialize) -> Mapping {
    match serde_json::to_value(document) {
        Ok(document) => Mapping::Draft { document, decisions: vec!["the other system has none of it".to_owned()] },
        Err(error) => hold("record", "draft", &format!("it cannot be kept: {error}")),
    }
}

/// What to do about others of its own system that have the same name.
fn twins(one: &OneSided, link: &str) -> Option<String> {
    let (first, others) = (one.twins.first()?, one.twins.join(", "));
    Some(format!(
        "{others} has the same name and no counterpart either, so one of them may be a double: remove it (such as {first}), rename it, or {link}"
    ))
}

/// The number of the supplier to be made for a vendor, or what to do to have one.
fn supplier_number(one: &OneSided, rule: &NewSuppliers) -> Result<String, String> {
    if let Some(held) = twins(one, &format!("link it by hand (`link vendor {} SUPPLIER`)", one.id)) {
        return Err(held);
    }
    one.external_id.clone().or_else(|| rule.number_of(&one.id)).ok_or_else(|| {
        format!(
            "no supplier number of {} characters can be made of {} and its id: put the number that it is to have into its external id",
            rule.longest_number, rule.prefix
        )
    })
}

/// What becomes of a record of Procurify: `kind` is that of the table's lines, `number` that of the record to be made,
/// or what to do to have one.
fn of_procurify(
    kind: &str,
    target: &str,
    one: &OneSided,
    references: &References,
    number: impl FnOnce() -> Result<String, String>,
) -> Mapping {
    let words = if kind == VENDOR { "supplier".to_owned() } else { kind_in_words(kind) };
    match references.get(kind, &one.id).map(|line| &line.found) {
        Some(Match::Matched { target, .. } | Match::Blocked { target, .. }) => {
            return Mapping::Skip(format!("it is {words} {target}"));
        }
        Some(Match::Ambiguous { .. }) => {
            return match resolve(references, kind, &one.id, &one.name) {
                Err(missing) => Mapping::Hold(vec![missing]),
                Ok((target, _)) => Mapping::Skip(format!("it is {words} {target}")),
            };
        }
        Some(Match::Unknown { .. }) | None => {}
    }
    let number = match number() {
        Ok(number) => number,
        Err(hint) => return hold(kind, &one.value(), &hint),
    };
    if let (Some(first), Some(named)) = (one.namesakes.first(), &one.external_id) {
        let hint = format!(
            "its external id {named} is not in the ERP, where {} has the same name: correct one of the two, or link it by hand (`link {kind} {} {first}`)",
            one.namesakes.join(" or "),
            one.id
        );
        return hold(kind, &one.value(), &hint);
    }
    if one.name.trim().is_empty() {
        let hint =
            format!("it has no name: complete it in Procurify, or link it by hand (`link {kind} {} {target}`)", one.id);
        return hold(kind, &one.value(), &hint);
    }
    draft(&MasterDraft { number: number.trim().to_owned(), name: one.title(), currency: one.currency.clone() })
}

/// What becomes of a record of the ERP: `of` is its kind in words, `kind` that of the table's lines.
fn of_erp(of: &str, kind: &str, one: &OneSided, references: &References, make: impl FnOnce() -> Mapping) -> Mapping {
    let lines = references.of_target(kind, &one.id);
    let sure = |line: &&&Reference| matches!(line.found, Match::Matched { .. } | Match::Blocked { .. });
    if let Some(line) = lines.iter().find(sure) {
        return Mapping::Skip(format!("it is {} {} in Procurify", kind.replace('_', " "), line.source));
    }
    if let Some(first) = lines.first() {
        let could: Vec<String> = lines.iter().map(|line| format!("{} ({})", line.source, line.label)).collect();
        let hint = format!(
            "it could be {} in Procurify: put its number into the external id of the right one, or link it by hand (`link {kind} {} {}`)",
            could.join(" or "),
            first.source,
            one.id
        );
        return hold(of, &one.value(), &hint);
    }
    let link = format!("link it by hand (`link {kind} SOURCE {}`)", one.id);
    // Accounts of one name are common; their codes tell them apart.
    if of == GL_ACCOUNT {
        return make();
    }
    if !one.namesakes.is_empty() {
        let hint = format!(
            "{} in Procurify has the same name, and is another one in the ERP: if this is a third, add it in Procurify yourself, with the external id {}; if not, {link}",
            one.namesakes.join(", "),
            one.id
        );
        return hold(of, &one.value(), &hint);
    }
    twins(one, &link).map_or_else(make, |hint| hold(of, &one.value(), &hint))
}
