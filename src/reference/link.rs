//! Links that people make by hand or by a file: checked against both systems, and kept by every later alignment.

use std::collections::HashMap;
use std::fmt;

use procurify_client::{ErrorKind, PoNumber};
use sync_core::{
    Actor, Assurance, EngineError, Head, Match, MatchedBy, RecordKey, Reference, ReferenceChange, References, State,
    StoreError, TargetRef,
};

use super::align::{Reading, how};
use super::matching::is_same_name;
use super::resolve::code;
use super::{
    AlignError, COST_CENTER, CURRENCY, GL_ACCOUNT, ITEM, LOCATION, Master, NO_ORDER, OTHER_INVOICE, PAYMENT_TERMS,
    PURCHASE_ORDER, Subject, TAX, UNIT, VENDOR, kind_in_words,
};
use crate::bill;
use crate::codes;
use crate::connection::Connection;
use crate::product::KnownOrder;

/// The kinds that can be linked.
pub const KINDS: [&str; 11] = [
    VENDOR,
    GL_ACCOUNT,
    COST_CENTER,
    ITEM,
    UNIT,
    CURRENCY,
    LOCATION,
    PAYMENT_TERMS,
    TAX,
    PURCHASE_ORDER,
    OTHER_INVOICE,
];

/// Says that one value of Procurify is one of the ERP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// One of [`KINDS`].
    pub kind: String,
    /// Procurify's: a vendor's, department's or location's id or name, an account code, a SKU, a unit, a currency, payment
    /// terms, the name of a tax, an order's or a bill's id.
    pub source: String,
    /// The ERP's number or code; [`NO_ORDER`] for an order that bills are not to refer to; of invoices that are others
    /// than a bill, all that there are, with commas between them.
    pub target: String,
}

/// A link that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongLink {
    /// Its place among those given, from 0.
    pub place: usize,
    /// What is wrong with it, and what to do.
    pub why: String,
}

/// Why links were not made. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// These links cannot be right.
    #[error("{}", Wrong(.0))]
    Wrong(Vec<WrongLink>),
    /// There is no such link, or a name fits several.
    #[error("{kind} {source_value} is not linked by hand{}", several(candidates))]
    NotLinked {
        /// The kind.
        kind: String,
        /// Procurify's value.
        source_value: String,
        /// The ids of those that bear it as their name.
        candidates: Vec<String>,
    },
    /// The systems could not be read, or the table not saved.
    #[error(transparent)]
    Align(#[from] AlignError),
    /// The table could not be read or saved.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An order that was left out because of its link could not be looked at anew.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

fn several(candidates: &[String]) -> String {
    if candidates.is_empty() {
        return String::new();
    }
    format!(", but several of that name are ({}): write the id", candidates.join(", "))
}

struct Wrong<'a>(&'a [WrongLink]);

impl fmt::Display for Wrong<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reasons: Vec<&str> = self.0.iter().map(|wrong| wrong.why.as_str()).collect();
        f.write_str(&reasons.join("; "))
    }
}

/// One line of the whole mapping, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingLine {
    /// One of [`KINDS`].
    pub kind: String,
    /// Procurify's id or code.
    pub source: String,
    /// Procurify's name.
    pub name: String,
    /// The ERP's value.
    pub target: Option<String>,
    /// How it was matched: `hand`, `external_id`, `code`, `name`, or `blocked`; none if it is not.
    pub by: Option<&'static str>,
    /// What it could be.
    pub candidates: Vec<String>,
}

impl Connection {
    /// Links values by hand, all or none of them. Both systems are read to check each.
    ///
    /// What is held for want of a link goes on with the next sync. Who linked is recorded:
    /// [`link_changes`](Self::link_changes).
    ///
    /// # Errors
    /// Which links are wrong, all of them.
    pub async fn link(&self, links: &[Link], by: &Actor) -> Result<Vec<Reference>, LinkError> {
        let known = self.engine.references().snapshot(self.engine.connection()).await?;
        let mut values = self.values(links.iter().map(|link| link.kind.as_str())).await?;
        let targets = |kind: &str| -> Vec<String> {
            links.iter().filter(|link| link.kind == kind).map(|link| link.target.trim().to_owned()).collect()
        };
        let items = targets(ITEM);
        if !items.is_empty() {
            values.items = self.cloudsuite().items(&items).await.map_err(AlignError::cloudsuite)?;
        }
        let orders = targets(PURCHASE_ORDER);
        if !orders.is_empty() {
            self.read_orders(links, &known, &mut values).await?;
            values.sent = self.sent(&values.orders).await?;
            values.taken = self.taken(&orders).await?;
            values.erp_orders = self.cloudsuite().orders(&orders).await.map_err(AlignError::cloudsuite)?;
        }
        values.bills = self.bills_of(links).await?;
        let codes = targets(CURRENCY);
        let currencies = if codes.is_empty() {
            None
        } else {
            self.cloudsuite().currencies(&codes).await.map_err(AlignError::cloudsuite)?
        };
        let mut checked: Vec<Reference> = Vec::new();
        let mut wrong = Vec::new();
        for (place, link) in links.iter().enumerate() {
            let line = values.check(link).and_then(|line| known_currency(link, currencies.as_deref(), line)).and_then(
                |line| match checked.iter().find(|other| same(other, &line)) {
                    Some(other) if other.found != line.found => {
                        Err(format!("{} {} is linked to two values: keep one", link.kind, link.source))
                    }
                    _ => Ok(line),
                },
            );
            match line {
                Ok(line) => checked.push(line),
                Err(why) => wrong.push(WrongLink { place, why }),
            }
        }
        if !wrong.is_empty() {
            return Err(LinkError::Wrong(wrong));
        }
        for line in &mut checked {
            keep_name(line, &known);
        }
        let now = self.engine.time().now();
        self.engine.references().amend(self.engine.connection(), &checked, &[], by, now).await?;
        for line in checked.iter().filter(|line| line.kind == PURCHASE_ORDER) {
            self.look_anew(&line.source, by).await?;
        }
        Ok(checked)
    }

    /// The orders of Procurify that are linked, and to whom they are by the links and matches of their vendors.
    async fn read_orders(&self, links: &[Link], known: &References, values: &mut Values) -> Result<(), AlignError> {
        for link in links.iter().filter(|link| link.kind == PURCHASE_ORDER) {
            let Ok(number) = link.source.trim().parse() else { continue };
            match self.procurify().purchase_orders().get(PoNumber(number)).await {
                Ok(order) => {
                    let vendor = order.pref_vendor.map(|vendor| vendor.id.to_string()).unwrap_or_default();
                    if let Some(Match::Matched { target, .. }) = known.get(VENDOR, &vendor).map(|line| &line.found) {
                        values.suppliers.insert(number.to_string(), target.clone());
                    }
                    values.orders.push(subject(number.to_string(), order.number.map(Into::into)));
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(AlignError::procurify(&error)),
            }
        }
        Ok(())
    }

    /// Those of these orders that are posted by themselves or may be, and why they are not to be linked.
    async fn sent(&self, orders: &[Subject]) -> Result<Vec<(String, String)>, StoreError> {
        let keys: Vec<RecordKey> = orders.iter().map(|order| self.order(&order.source)).collect();
        let known = if keys.is_empty() { Vec::new() } else { self.engine.store().get(&keys).await? };
        let why = |head: &Head| match (&head.state, head.target()) {
            (_, Some(target)) => Some(format!(
                "it was posted as {target}, to which its bills refer by themselves: there is nothing to link"
            )),
            (State::Committing { .. } | State::InDoubt { .. } | State::Accepted { .. }, None) => Some(format!(
                "it was sent, and what became of it is being found out: let the syncs go on, see `audit {}`, and link \
                 it if it turns out not to be there",
                head.key
            )),
            _ => None,
        };
        Ok(known.into_iter().flatten().filter_map(|head| Some((head.key.id().to_owned(), why(&head)?))).collect())
    }

    /// Those of the ERP's orders that were posted for an order of Procurify, and for which.
    async fn taken(&self, numbers: &[String]) -> Result<HashMap<String, RecordKey>, StoreError> {
        let targets: Vec<TargetRef> = numbers.iter().cloned().map(TargetRef).collect();
        let holders = self.engine.store().holders(self.engine.connection(), &PURCHASE_ORDER.into(), &targets).await?;
        Ok(numbers.iter().cloned().zip(holders).filter_map(|(number, holder)| Some((number, holder?))).collect())
    }

    fn order(&self, id: &str) -> RecordKey {
        RecordKey::new(self.engine.connection().clone(), PURCHASE_ORDER.into(), id)
    }

    /// Looks anew at an order that was left out because it was linked: nothing else would, as it has not changed.
    async fn look_anew(&self, order: &str, by: &Actor) -> Result<(), LinkError> {
        let key = self.order(order);
        let known = self.engine.store().get(std::slice::from_ref(&key)).await?;
        if known.into_iter().flatten().any(|head| matches!(head.state, State::Skipped { .. })) {
            self.engine.replay(&key, by, Assurance::None).await?;
        }
        Ok(())
    }

    /// The bills that are linked, as far as the ledger has them, and as what they are posted.
    async fn bills_of(&self, links: &[Link]) -> Result<Vec<(String, Option<TargetRef>)>, StoreError> {
        let of_bill = links.iter().filter(|link| link.kind == OTHER_INVOICE);
        let connection = self.engine.connection();
        let keys: Vec<RecordKey> =
            of_bill.map(|link| RecordKey::new(connection.clone(), bill::KIND.into(), link.source.trim())).collect();
        let known = if keys.is_empty() { Vec::new() } else { self.engine.store().get(&keys).await? };
        Ok(known.into_iter().flatten().map(|head| (head.key.id().to_owned(), head.target().cloned())).collect())
    }

    /// Takes a link by hand back, and matches the value as if it had never been.
    ///
    /// # Errors
    /// There is no such link.
    pub async fn unlink(&self, kind: &str, source: &str, by: &Actor) -> Result<(), LinkError> {
        let (store, connection) = (self.engine.references(), self.engine.connection());
        let table = store.snapshot(connection).await?;
        let source = source.trim();
        let word = kept_word(kind, source);
        let linked: Vec<&Reference> = table.of_kind(kind).filter(|line| line.found.is_by_hand()).collect();
        let by_source = linked.iter().find(|line| line.source == source || line.source == word);
        let by_name: Vec<&Reference> = linked.iter().filter(|line| line.label == source).copied().collect();
        let line = match (by_source, by_name.as_slice()) {
            (Some(line), _) => *line,
            (None, [only]) => *only,
            (None, several) => {
                return Err(LinkError::NotLinked {
                    kind: kind.to_owned(),
                    source_value: source.to_owned(),
                    candidates: several.iter().map(|line| line.source.clone()).collect(),
                });
            }
        };
        let now = self.engine.time().now();
        store.amend(connection, &[], &[(kind.to_owned(), line.source.clone())], by, now).await?;
        self.align_reference_data().await?;
        if kind == PURCHASE_ORDER {
            self.look_anew(&line.source, by).await?;
        }
        Ok(())
    }

    /// Who linked what to what, and took links back, the first change first.
    pub async fn link_changes(&self) -> Result<Vec<ReferenceChange>, StoreError> {
        self.engine.references().changes(self.engine.connection()).await
    }

    /// The whole mapping as it is now, what is not matched included, by kind and source.
    pub async fn mapping(&self) -> Result<Vec<MappingLine>, LinkError> {
        let reading = self.aligner.read(self.engine.time().now()).await?;
        let known = self.engine.references().snapshot(self.engine.connection()).await?;
        let table = self.aligner.table(&reading, &known, self.engine.time().now()).await?;
        let mut lines: Vec<MappingLine> = Vec::new();
        for (kind, subjects, _) in reading.pairs() {
            lines.extend(subjects.iter().map(|subject| {
                let found = table.get(kind, &subject.source).map(|line| &line.found);
                MappingLine::new(kind, &subject.source, &subject.label, found)
            }));
        }
        let others = table.iter().filter(|line| KINDS.contains(&line.kind.as_str()));
        for line in others {
            if !lines.iter().any(|other| other.kind == line.kind && other.source == line.source) {
                lines.push(MappingLine::new(&line.kind, &line.source, &line.label, Some(&line.found)));
            }
        }
        lines.sort_by(|a, b| (&a.kind, &a.source).cmp(&(&b.kind, &b.source)));
        Ok(lines)
    }

    async fn values(&self, kinds: impl Iterator<Item = &str>) -> Result<Values, AlignError> {
        let kinds: Vec<&str> = kinds.collect();
        let wanted = |some: &[&str]| some.iter().any(|kind| kinds.contains(kind));
        let mut values = Values::default();
        if wanted(&[VENDOR, GL_ACCOUNT, COST_CENTER]) {
            values.reading = self.aligner.read(self.engine.time().now()).await?;
        }
        let procurify = self.procurify();
        let failed = |error| AlignError::procurify(&error);
        if wanted(&[CURRENCY]) {
            let currencies = procurify.currencies().list().all().await.map_err(failed)?;
            values.currencies = currencies
                .into_iter()
                .filter_map(|currency| Some(subject(currency.name?.into(), currency.description.map(Into::into))))
                .collect();
        }
        if wanted(&[LOCATION]) {
            let locations = procurify.locations().list().all().await.map_err(failed)?;
            values.locations = locations
                .into_iter()
                .map(|location| subject(location.id.to_string(), location.name.map(Into::into)))
                .collect();
            values.warehouses = self.cloudsuite().warehouses().await.map_err(AlignError::cloudsuite)?;
        }
        Ok(values)
    }
}

impl Link {
    /// Procurify's value as the mapping keeps it: words in lower case.
    pub fn kept_source(&self) -> String {
        kept_word(&self.kind, self.source.trim())
    }
}

/// A word that is named as the mapping keeps it, in an exported file say, stays known as Procurify writes it.
fn keep_name(line: &mut Reference, known: &References) {
    if line.label == line.source
        && let Some(before) = known.get(&line.kind, &line.source)
    {
        line.label.clone_from(&before.label);
    }
}

fn same(one: &Reference, other: &Reference) -> bool {
    one.kind == other.kind && one.source == other.source
}

fn subject(source: String, label: Option<String>) -> Subject {
    Subject { source, label: label.unwrap_or_default(), ..Subject::default() }
}

impl MappingLine {
    fn new(kind: &str, source: &str, name: &str, found: Option<&Match>) -> Self {
        let (target, candidates) = match found {
            Some(Match::Matched { target, .. } | Match::Blocked { target, .. }) => (Some(target.clone()), Vec::new()),
            Some(Match::Ambiguous { candidates }) => (None, candidates.clone()),
            Some(Match::Unknown { .. }) | None => (None, Vec::new()),
        };
        let (kind, source, name) = (kind.to_owned(), source.to_owned(), name.to_owned());
        Self { kind, source, name, target, by: found.and_then(how), candidates }
    }
}

/// What links are checked against.
#[derive(Default)]
struct Values {
    reading: Reading,
    currencies: Vec<Subject>,
    locations: Vec<Subject>,
    warehouses: Vec<Master>,
    items: Vec<Master>,
    /// Orders of Procurify.
    orders: Vec<Subject>,
    /// The suppliers of such orders, as far as they are known.
    suppliers: HashMap<String, String>,
    /// Orders of Procurify that are not to be linked, and why not.
    sent: Vec<(String, String)>,
    /// Orders of the ERP that are of others, and whose.
    taken: HashMap<String, RecordKey>,
    /// Bills of the ledger, and as what they are posted.
    bills: Vec<(String, Option<TargetRef>)>,
    /// Orders of the ERP, where it can be asked for them.
    erp_orders: Option<Vec<KnownOrder>>,
}

impl Values {
    fn check(&self, link: &Link) -> Result<Reference, String> {
        let (source, target) = (link.source.trim(), link.target.trim());
        if source.is_empty() || target.is_empty() {
            return Err(format!("a {} needs a value on both sides", kind_in_words(&link.kind)));
        }
        let by_hand = |source: &str, label: &str, target: String| Reference {
            kind: link.kind.clone(),
            source: source.to_owned(),
            label: label.to_owned(),
            found: Match::Matched { target, by: MatchedBy::Hand },
        };
        let from = |subjects| find_subject(&link.kind, subjects, source);
        let to = |masters| find_master(&link.kind, masters, target);
        Ok(match link.kind.as_str() {
            ITEM => by_hand(source, source, to(&self.items)?),
            PURCHASE_ORDER => {
                let subject = from(&self.orders)?;
                if let Some((order, why)) = self.sent.iter().find(|(order, _)| *order == subject.source) {
                    return Err(format!("purchase order {order}: {why}"));
                }
                if let Some(holder) = self.taken.get(target) {
                    return Err(format!(
                        "purchase order {target} of the ERP is the one that was posted for {holder}: correct the number"
                    ));
                }
                let target = match &self.erp_orders {
                    _ if target.eq_ignore_ascii_case(NO_ORDER) => NO_ORDER.to_owned(),
                    Some(there) => self.order_in_the_erp(there, &subject.source, target)?,
                    None => target.to_owned(),
                };
                by_hand(&subject.source, &subject.label, target)
            }
            OTHER_INVOICE => match self.bills.iter().find(|(bill, _)| bill == source) {
                Some((_, None)) => by_hand(source, "", target.to_owned()),
                Some((_, Some(number))) => {
                    return Err(format!("bill {source} was posted as {number}: no invoice keeps it out any more"));
                }
                None => {
                    let hint = "write its id, such as 77 of acme/bill/77";
                    return Err(format!("the ledger has no bill `{source}`: {hint}"));
                }
            },
            UNIT | PAYMENT_TERMS | TAX => by_hand(&link.kept_source(), source, short(target, 10)?),
            CURRENCY => {
                let subject = from(&self.currencies)?;
                by_hand(&subject.source, &subject.label, short(target, 3)?)
            }
            LOCATION if self.warehouses.is_empty() => {
                return Err("this product's orders are not for warehouses: locations cannot be linked".to_owned());
            }
            LOCATION => {
                let subject = from(&self.locations)?;
                // A warehouse's code alone will do where no other facility has one of the same.
                let ends = format!("/{}", code(target));
                let mut named = self.warehouses.iter().filter(|warehouse| code(&warehouse.id).ends_with(&ends));
                let target = match (named.next(), named.next()) {
                    (Some(only), None) => only.id.clone(),
                    _ => to(&self.warehouses)?,
                };
                by_hand(&subject.source, &subject.label, target)
            }
            kind => {
                let pairs = self.reading.pairs();
                let Some((_, subjects, masters)) = pairs.into_iter().find(|(known, ..)| *known == kind) else {
                    return Err(format!("`{kind}` cannot be linked: write one of {}", KINDS.join(", ")));
                };
                let subject = from(subjects)?;
                by_hand(&subject.source, &subject.label, to(masters)?)
            }
        })
    }

    /// The ERP's order that a person means, which must be to the supplier that Procurify's is to.
    fn order_in_the_erp(&self, there: &[KnownOrder], source: &str, target: &str) -> Result<String, String> {
        let known = there.iter().find(|order| code(&order.number) == code(target));
        let order = known.ok_or_else(|| not_there(PURCHASE_ORDER, target))?;
        match (self.suppliers.get(source), &order.supplier) {
            (Some(wanted), Some(its)) if code(wanted) != code(its) => Err(format!(
                "purchase order {} of the ERP is to supplier {its}, and {source} is to {wanted}: correct the number",
                order.number
            )),
            _ => Ok(order.number.clone()),
        }
    }
}

/// Words as the mappers look them up.
fn kept_word(kind: &str, word: &str) -> String {
    match kind {
        PAYMENT_TERMS | TAX => codes::key(word),
        UNIT => word.to_lowercase(),
        _ => word.to_owned(),
    }
}

fn short(text: &str, longest: usize) -> Result<String, String> {
    if text.chars().count() <= longest {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is longer than {longest} characters"))
    }
}

/// The record of Procurify that a person means: by id or code, or by a name that one has.
fn find_subject<'a>(kind: &str, subjects: &'a [Subject], text: &str) -> Result<&'a Subject, String> {
    if let Some(subject) = subjects.iter().find(|subject| subject.source == text) {
        return Ok(subject);
    }
    let words = kind_in_words(kind);
    let named: Vec<&Subject> =
        subjects.iter().filter(|subject| !text.is_empty() && is_same_name(&subject.label, text)).collect();
    match named.as_slice() {
        [only] => Ok(only),
        [] => Err(format!("Procurify has no {words} `{text}`: write its id")),
        several => {
            let ids: Vec<&str> = several.iter().map(|subject| subject.source.as_str()).collect();
            Err(format!("Procurify has several of {words} `{text}` ({}): write the id", ids.join(", ")))
        }
    }
}

/// The ERP's value that a person means, as the ERP writes it.
fn find_master(kind: &str, masters: &[Master], text: &str) -> Result<String, String> {
    let words = kind_in_words(kind);
    match masters.iter().find(|master| code(&master.id) == code(text)) {
        Some(Master { id, blocked: None, .. }) => Ok(id.clone()),
        Some(Master { id, blocked: Some(why), .. }) => Err(format!("{words} {id} may not be used in the ERP: {why}")),
        None => Err(not_there(kind, text)),
    }
}

fn not_there(kind: &str, text: &str) -> String {
    format!("the ERP has no {} `{text}`: add it there, or correct the number", kind_in_words(kind))
}

/// Where the product tells its currencies, a link leads to one of them.
fn known_currency(link: &Link, currencies: Option<&[String]>, reference: Reference) -> Result<Reference, String> {
    let code = link.target.trim();
    match currencies {
        Some(there) if link.kind == CURRENCY && !there.iter().any(|known| known == code) => {
            Err(format!("the ERP has no currency {code}: add it there, or link to another"))
        }
        _ => Ok(reference),
    }
}
