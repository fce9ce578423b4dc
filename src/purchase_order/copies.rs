//! Several orders of the ERP that bear the reference of one record: people copy orders, with all that stands in them.

use sync_core::{ExternalRef, Failure, FailureKind, Found, TargetRef};

/// Which of the orders that bear a reference is its record's: the only one, of those that are not void if there are
/// any. Of several, only a person can tell.
pub(crate) fn only(reference: &ExternalRef, live: Vec<String>, void: Vec<String>) -> Found {
    let mut orders = if live.is_empty() { void } else { live };
    match (orders.pop(), orders.is_empty()) {
        (None, _) => Found::Absent,
        (Some(number), true) => Found::Found(TargetRef(number)),
        (Some(last), false) => {
            let others = orders.join(", ");
            let why = format!(
                "orders {others} and {last} bear the reference {reference}, which is of one: take it out of what is a copy"
            );
            Found::Differs(Failure::new(FailureKind::Other, why))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_orders_only_a_live_one_alone_is_the_record_s() {
        let reference = ExternalRef::of(&"acme/purchase_order/7".parse().unwrap());
        let found = |live: &[&str], void: &[&str]| {
            let owned = |numbers: &[&str]| numbers.iter().map(|number| (*number).to_owned()).collect();
            match only(&reference, owned(live), owned(void)) {
                Found::Found(TargetRef(number)) => number,
                Found::Absent => "none".to_owned(),
                Found::Differs(failure) => failure.message.split(" bear").next().unwrap_or_default().to_owned(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(found(&[], &[]), "none");
        assert_eq!(found(&["1"], &["2", "3"]), "1");
        assert_eq!(found(&[], &["2"]), "2");
        assert_eq!(found(&["1", "2"], &[]), "orders 1 and 2");
        assert_eq!(found(&[], &["1", "2", "3"]), "orders 1, 2 and 3");
    }
}
