//! Recognising which record of one system is which of the other; nothing is guessed.

use std::collections::HashMap;

use sync_core::{Match, MatchedBy, Reference};

use super::GL_ACCOUNT;
use super::resolve::{code, erp_kind};
use super::validity::Validity;

/// A record of Procurify to be recognised.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject {
    /// Its id (or code) as records refer to it.
    pub source: String,
    /// Its name, for people.
    pub label: String,
    /// The ERP's id, where Procurify holds it.
    pub external_id: Option<String>,
    /// Its code, where both systems use the same.
    pub code: Option<String>,
}

/// A record of the ERP that it could be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Master {
    /// The ERP's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Why it may not be used at present, if so.
    pub blocked: Option<String>,
    /// The days on which it may be booked on.
    pub valid: Validity,
}

/// Matches by external id, then by code, then by a name that one record on each side has.
///
/// Nothing is guessed: an external id that the ERP does not have is not made up for by a name, nor is the code of a GL
/// account; and a name is no match where each side names a legal form, and not the same. Those of the same name are
/// candidates then. What matches nothing has no line in the answer.
pub fn align(kind: &str, subjects: &[Subject], masters: &[Master]) -> Vec<Reference> {
    let by_id: HashMap<String, &Master> = masters.iter().map(|master| (code(&master.id), master)).collect();
    let mut by_name: HashMap<String, Vec<&Master>> = HashMap::new();
    for master in masters {
        by_name.entry(normalised(&master.name)).or_default().push(master);
    }
    let mut namesakes: HashMap<String, usize> = HashMap::new();
    for subject in subjects {
        *namesakes.entry(normalised(&subject.label)).or_default() += 1;
    }
    let find = |subject: &Subject| -> Option<Match> {
        let known = |id: &Option<String>| id.as_ref().and_then(|id| by_id.get(&code(id)).copied());
        if let Some(named) = &subject.external_id {
            let unknown = || Match::Unknown { named: named.clone() };
            return Some(
                known(&subject.external_id).map_or_else(unknown, |master| usable(master, MatchedBy::ExternalId)),
            );
        }
        if let Some(master) = known(&subject.code) {
            return Some(usable(master, MatchedBy::Code));
        }
        let name = normalised(&subject.label);
        // Accounts are told apart by their codes; descriptions are shared and reused.
        let has_another_code = kind == GL_ACCOUNT && subject.code.is_some();
        match by_name.get(&name).filter(|_| !name.is_empty())?.as_slice() {
            [master]
                if !has_another_code
                    && namesakes.get(&name) == Some(&1)
                    && is_same_name(&subject.label, &master.name) =>
            {
                Some(usable(master, MatchedBy::UniqueName))
            }
            several => Some(Match::Ambiguous { candidates: several.iter().map(|master| master.id.clone()).collect() }),
        }
    };
    subjects
        .iter()
        .filter_map(|subject| {
            Some(Reference {
                kind: kind.to_owned(),
                source: subject.source.clone(),
                label: subject.label.clone(),
                found: find(subject)?,
            })
        })
        .collect()
}

/// The ERP's own values as lines of the table, so that what is linked or mapped to them can be checked.
pub(super) fn of_erp(kind: &str, masters: &[Master]) -> Vec<Reference> {
    let line = |master: &Master| Reference {
        kind: erp_kind(kind),
        source: code(&master.id),
        label: master.name.clone(),
        found: usable(master, MatchedBy::Code),
    };
    masters.iter().map(line).collect()
}

fn usable(master: &Master, by: MatchedBy) -> Match {
    match &master.blocked {
        Some(why) => Match::Blocked { target: master.id.clone(), why: why.clone() },
        None => Match::Matched { target: master.id.clone(), by },
    }
}

/// Endings that say what kind of company it is, not which; each with its abbreviation.
const LEGAL_FORMS: &[(&str, &str)] = &[
    ("ab", "ab"),
    ("ag", "ag"),
    ("as", "as"),
    ("bv", "bv"),
    ("co", "co"),
    ("company", "co"),
    ("corp", "corp"),
    ("corporation", "corp"),
    ("gmbh", "gmbh"),
    ("inc", "inc"),
    ("incorporated", "inc"),
    ("limited", "ltd"),
    ("llc", "llc"),
    ("llp", "llp"),
    ("lp", "lp"),
    ("ltd", "ltd"),
    ("nv", "nv"),
    ("oy", "oy"),
    ("plc", "plc"),
    ("pte", "pte"),
    ("pty", "pty"),
    ("sa", "sa"),
    ("sarl", "sarl"),
    ("srl", "srl"),
    ("ulc", "ulc"),
];

/// A name without case, spaces, punctuation and legal form: `Bolt & Co., Ltd.` is `bolt and`.
///
/// ```
/// use procurify_cloudsuite::reference::normalised;
/// assert_eq!(normalised("ACME Supplies, Inc."), normalised("Acme supplies"));
/// assert_eq!(normalised("Bolt & Nut Limited"), normalised("bolt and nut ltd"));
/// assert_ne!(normalised("Acme East"), normalised("Acme West"));
/// ```
pub fn normalised(name: &str) -> String {
    words_and_forms(name).0
}

/// Whether two names are the same, legal forms included: `Acme Inc.` is `ACME Incorporated`, may be `Acme`, and is not
/// `Acme GmbH`, another company of the same group perhaps.
pub(super) fn is_same_name(one: &str, other: &str) -> bool {
    let ((one, its_forms), (other, other_forms)) = (words_and_forms(one), words_and_forms(other));
    one == other && (its_forms == other_forms || its_forms.is_empty() || other_forms.is_empty())
}

/// The words of a name, and the legal forms at its end.
fn words_and_forms(name: &str) -> (String, Vec<&'static str>) {
    let lower = name.to_lowercase().replace('&', " and ").replace(['.', '\''], "");
    let mut words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let form = |word: &&str| LEGAL_FORMS.iter().find(|(form, _)| form == word).map(|(_, short)| *short);
    let mut forms = Vec::new();
    while let Some(form) = words.last().filter(|_| words.len() > 1).and_then(form) {
        words.pop();
        forms.push(form);
    }
    (words.join(" "), forms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(source: &str, label: &str, external_id: Option<&str>) -> Subject {
        Subject { source: source.into(), label: label.into(), external_id: external_id.map(Into::into), code: None }
    }

    fn master(id: &str, name: &str) -> Master {
        Master { id: id.into(), name: name.into(), ..Master::default() }
    }

    fn one(subjects: &[Subject], masters: &[Master]) -> Option<Match> {
        align("vendor", subjects, masters).into_iter().next().map(|line| line.found)
    }

    #[test]
    fn an_external_id_wins_over_a_name() {
        let found = one(
            &[subject("1", "Bolt & Co", Some(" s0002 "))],
            &[master("S0001", "Bolt and Company"), master("S0002", "Other")],
        );
        assert_eq!(found, Some(Match::Matched { target: "S0002".into(), by: MatchedBy::ExternalId }));
    }

    #[test]
    fn a_name_matches_only_if_one_record_on_each_side_has_it() {
        let bolt = [master("S1", "Bolt Ltd.")];
        let found = one(&[subject("1", "BOLT Limited", None)], &bolt);
        assert_eq!(found, Some(Match::Matched { target: "S1".into(), by: MatchedBy::UniqueName }));
        let twins = [subject("1", "Bolt", None), subject("2", "Bolt Inc", None)];
        assert_eq!(one(&twins, &bolt), Some(Match::Ambiguous { candidates: vec!["S1".into()] }));
        let two = [master("S1", "Bolt"), master("S2", "bolt llc")];
        let found = one(&[subject("1", "Bolt", None)], &two);
        assert_eq!(found, Some(Match::Ambiguous { candidates: vec!["S1".into(), "S2".into()] }));
    }

    #[test]
    fn names_of_companies_of_different_legal_forms_are_no_match() {
        for (ours, theirs, same) in [
            ("Acme Inc.", "Acme GmbH", false),
            ("Acme Pty. Ltd.", "Acme Pte Ltd", false),
            ("Acme Inc.", "ACME, Incorporated", true),
            ("Acme Co., Ltd.", "Acme Company Limited", true),
            ("Acme", "Acme GmbH", true),
            ("Acme Inc.", "Acme", true),
        ] {
            let found = one(&[subject("1", ours, None)], &[master("S1", theirs)]);
            let expected = if same {
                Match::Matched { target: "S1".into(), by: MatchedBy::UniqueName }
            } else {
                Match::Ambiguous { candidates: vec!["S1".into()] }
            };
            assert_eq!(found, Some(expected), "{ours} and {theirs}");
        }
    }

    #[test]
    fn an_account_is_matched_by_its_code_alone_and_one_of_its_name_is_a_candidate() {
        let account = |code: &str| Subject { code: Some(code.into()), ..subject(code, "Office supplies", None) };
        let masters = [master("7100", "Office Supplies"), master("6200", "Travel")];
        let found = |code| align(GL_ACCOUNT, &[account(code)], &masters).remove(0).found;
        assert_eq!(found("6100"), Match::Ambiguous { candidates: vec!["7100".into()] });
        assert_eq!(found("6200"), Match::Matched { target: "6200".into(), by: MatchedBy::Code });
    }

    #[test]
    fn what_matches_nothing_has_no_line() {
        assert_eq!(one(&[subject("1", "Bolt", None)], &[master("S1", "Nut")]), None);
        assert_eq!(one(&[subject("1", " - ", None)], &[master("S1", "...")]), None);
    }

    #[test]
    fn an_external_id_that_the_erp_does_not_have_is_not_made_up_for_by_a_name() {
        let found = one(&[subject("1", "Bolt", Some("S9"))], &[master("S1", "Bolt")]);
        assert_eq!(found, Some(Match::Unknown { named: "S9".into() }));
    }

    #[test]
    fn a_blocked_record_is_recognised_and_says_why() {
        let blocked = Master { blocked: Some("status 90".into()), ..master("S1", "Bolt") };
        let found = one(&[subject("1", "Bolt", None)], &[blocked]);
        assert_eq!(found, Some(Match::Blocked { target: "S1".into(), why: "status 90".into() }));
    }

    #[test]
    fn a_company_named_like_a_legal_form_keeps_its_name() {
        assert_eq!(normalised("SA"), "sa");
        assert_eq!(normalised("Co. Ltd"), "co");
    }
}
