use sync_core::{Match, MatchedBy, Reference};

use super::*;
use crate::reference::erp_kind;

fn line(kind: &str, source: &str, found: Match) -> Reference {
    Reference { kind: kind.to_owned(), source: source.to_owned(), label: String::new(), found }
}

fn matched(target: &str) -> Match {
    Match::Matched { target: target.to_owned(), by: MatchedBy::Code }
}

/// An ERP with accounts 6100 and 6450 and a blocked 6999, and cost centres 200 and CC900.
fn references() -> References {
    let (accounts, centers) = (erp_kind(GL_ACCOUNT), erp_kind(COST_CENTER));
    let blocked = Match::Blocked { target: "6999".into(), why: "it is blocked in CRS630".into() };
    References::new(
        [
            line(GL_ACCOUNT, "6100", matched("6100")),
            line(COST_CENTER, "5", matched("200")),
            line(&accounts, "6100", matched("6100")),
            line(&accounts, "6450", matched("6450")),
            line(&accounts, "6999", blocked),
            line(&centers, "200", matched("200")),
            line(&centers, "CC900", matched("CC900")),
        ],
        None,
    )
}

fn spend(code: &str) -> Spend {
    Spend {
        line: "1".into(),
        account_code: Some(code.into()),
        department: Some(Named { id: "5".into(), name: "Marketing".into() }),
        location: Some(Named { id: "1".into(), name: "Head Office".into() }),
        custom_fields: [("Project".to_owned(), "Spring".to_owned())].into(),
    }
}

fn booked(mapping: &dyn AccountMapping, spend: &Spend) -> (String, Option<String>, Vec<String>) {
    let (booking, decisions) = Booking::of(mapping, spend, &references(), true).unwrap();
    (booking.account, booking.cost_center, decisions)
}

fn held(mapping: &dyn AccountMapping, spend: &Spend) -> String {
    let missing = Booking::of(mapping, spend, &references(), true).unwrap_err();
    missing.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[test]
fn directly_an_account_code_and_a_department_are_what_the_table_says() {
    let (account, center, decisions) = booked(&Direct, &spend("6100"));
    assert_eq!((account.as_str(), center.as_deref()), ("6100", Some("200")));
    assert_eq!(decisions, ["GL account 6100 is 6100, by code", "cost center 5 (Marketing) is 200, by code"]);
    let bare = Spend { line: "3".into(), ..Spend::default() };
    let reason = held(&Direct, &bare);
    assert!(reason.contains("line 3: it has no account code") && reason.contains("no department"), "{reason}");
    assert_eq!(Booking::of(&Direct, &spend("6100"), &references(), false).unwrap().0.cost_center, None);
}

#[test]
fn segments_name_account_cost_centre_and_dimensions() {
    let order = ["account", "cost_center", "3"].map(|text| text.parse().unwrap());
    let segments = Segments::new("-", order);
    let (booking, decisions) = Booking::of(&segments, &spend("6100-200-CAN"), &references(), true).unwrap();
    assert_eq!((booking.account.as_str(), booking.cost_center.as_deref()), ("6100", Some("200")));
    assert_eq!(booking.dimensions, [(3, "CAN".to_owned())].into());
    assert_eq!(
        decisions,
        ["account code 6100-200-CAN by its segments: account 6100, cost centre 200, dimension 3 CAN"]
    );
    for (code, words) in [
        ("6100", "has 1 segments, not 3"),
        ("6100--CAN", "an empty segment"),
        ("7777-200-CAN", "7777: account code 7777-200-CAN by its segments leads to it, and it is not in the ERP"),
        ("6999-200-CAN", "may not be used in the ERP (it is blocked in CRS630)"),
        ("6100-201-CAN", "cost center 201"),
    ] {
        let reason = held(&segments, &spend(code));
        assert!(reason.contains(words), "`{words}` is not in `{reason}`");
    }
    let reversed = Segments::new(".", ["_", "account"].map(|text| text.parse().unwrap()));
    assert_eq!(booked(&reversed, &spend("CA.6450")).0, "6450");
    assert_eq!(booked(&reversed, &spend("CA.6450")).1.as_deref(), Some("200"), "by the department");
    assert!("colour".parse::<Segment>().is_err());
}

#[test]
fn of_a_table_the_line_that_names_a_cost_most_closely_decides() {
    let line = |department: Option<&str>, location: Option<&str>, account: &str| TableLine {
        account_code: "OFFICE".into(),
        department: department.map(Into::into),
        location: location.map(Into::into),
        account: Some(account.into()),
        ..TableLine::default()
    };
    let lines = [line(None, None, "6100"), line(None, Some("head office"), "6450"), line(Some("9"), None, "1")];
    let table = AccountTable::new(lines.clone()).unwrap();
    let (account, _, decisions) = booked(&table, &spend("OFFICE"));
    assert_eq!(account, "6450");
    assert_eq!(decisions[0], "account code OFFICE by line 2 of the account table: account 6450");
    let nearer = AccountTable::new(lines.into_iter().chain([line(Some("marketing"), None, "6100")])).unwrap();
    assert_eq!(booked(&nearer, &spend("OFFICE")).0, "6100", "a department is nearer than a location");
    assert!(held(&table, &spend("office")).contains("account code office is not in the account table"));
    let doubled = AccountTable::new([line(None, None, "1"), line(Some("9"), None, "1"), line(None, None, "2")]);
    assert_eq!(doubled, Err(DoubledLine { first: 1, second: 3 }));
    let doubled = AccountTable::new([line(Some("Marketing"), None, "1"), line(Some("marketing "), None, "2")]);
    assert_eq!(doubled, Err(DoubledLine { first: 1, second: 2 }), "whatever the case");
    let by_id_and_name =
        |account| AccountTable::new([line(Some("5"), None, "6100"), line(Some("Marketing"), None, account)]);
    assert_eq!(booked(&by_id_and_name("6100").unwrap(), &spend("OFFICE")).0, "6100");
    let reason = held(&by_id_and_name("6450").unwrap(), &spend("OFFICE"));
    assert!(reason.contains("books it in two ways, in line 1 and line 2: remove one of the two"), "{reason}");
}

#[test]
fn of_rules_the_first_that_is_met_decides() {
    let rules = Rules::new([
        Rule::new("other site").location("Plant East").account("1"),
        Rule::new("spring").account_code("OFF*").custom_field("project", "spring").cost_center("cc900").account("6450"),
        Rule::new("rest").department("Marketing").account("6100"),
    ]);
    let (account, center, decisions) = booked(&rules, &spend("OFFICE"));
    assert_eq!((account.as_str(), center.as_deref()), ("6450", Some("CC900")), "as the ERP writes it");
    assert_eq!(decisions, ["rule \"spring\": account 6450, cost centre cc900"]);
    assert!(rules.needs_custom_fields() && !Direct.needs_custom_fields());
    assert_eq!(booked(&rules, &spend("6100")).0, "6100");
    let elsewhere = Spend { department: Some(Named { id: "6".into(), name: "Works".into() }), ..spend("6100") };
    let reason = held(&rules, &elsewhere);
    assert!(reason.contains("no rule is met by account code 6100 in department Works"), "{reason}");
}

#[test]
fn of_several_mappings_the_first_that_covers_a_cost_decides_and_all_that_passed_say_why() {
    let segments = Segments::new("-", [Segment::Account, Segment::CostCenter]);
    let rules = Rules::new([Rule::new("capital").account_code("15*").account("6450")]);
    let mapping = FirstOf::new().then(rules).then(segments);
    assert_eq!(booked(&mapping, &spend("15-200")).0, "6450", "the rule comes first");
    assert_eq!(booked(&mapping, &spend("6100-200")).0, "6100");
    let reason = held(&mapping, &spend("6100"));
    assert!(reason.contains("no rule is met") && reason.contains("has 1 segments, not 2"), "{reason}");
    assert_eq!(booked(&mapping.then(Direct), &spend("6100")).0, "6100");
}
