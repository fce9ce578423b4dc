//! Looking values up in the cross-references, with reasons that people understand where that leads nowhere.

use sync_core::{Match, MatchedBy, Missing, References};

use super::{COST_CENTER, GL_ACCOUNT, VENDOR};

/// The kind under which the ERP's own values of a kind stand in the table: `vendor` in `erp_vendor`.
pub fn erp_kind(kind: &str) -> String {
    format!("erp_{kind}")
}

/// The kind of a further accounting dimension's values: `dimension_3`.
pub fn dimension_kind(number: u8) -> String {
    format!("dimension_{number}")
}

/// Codes are compared without blanks around them and without regard to case.
pub(super) fn code(text: &str) -> String {
    text.trim().to_uppercase()
}

/// What kind of value it is, in words: `GL account`.
pub fn kind_in_words(kind: &str) -> String {
    if kind == GL_ACCOUNT { "GL account".to_owned() } else { kind.replace('_', " ") }
}

/// The ERP's value of one of Procurify's, and how that was decided: `vendor 17 (Bolt) is S17, by external id`.
///
/// # Errors
/// Why there is none that may be used, and what to do.
pub fn resolve(references: &References, kind: &str, source: &str, label: &str) -> Result<(String, String), Missing> {
    let words = kind_in_words(kind);
    let value = if label.is_empty() || label == source { source.to_owned() } else { format!("{source} ({label})") };
    let missing = |hint: String| Missing { kind: kind.to_owned(), value: value.clone(), hint };
    let link = |target: &str| format!("link it by hand (`link {kind} {} {target}`)", quoted(source));
    let hint = match references.get(kind, source).map(|line| &line.found) {
        Some(Match::Matched { target, by }) => match usable(references, kind, target) {
            Ok(target) => return Ok((target.clone(), format!("{words} {value} is {target}, by {}", how(by)))),
            Err(why) if *by == MatchedBy::Hand => {
                format!("it is linked by hand to {target}, which {why}: mend that there, or {}", link("OTHER"))
            }
            Err(why) => format!("it is {target} in the ERP, which {why}: mend that there"),
        },
        Some(Match::Blocked { target, why }) => {
            format!("{target} in the ERP may not be used: {why}: release it there, or {}", link("OTHER"))
        }
        Some(Match::Ambiguous { candidates }) => {
            let either = candidates.join(" or ");
            let first = candidates.first().map_or("TARGET", String::as_str);
            let settled = if kind == GL_ACCOUNT {
                format!(
                    "its code is not in the ERP, and by its name it could be {either}: add it there, correct the code \
                     in Procurify"
                )
            } else {
                format!("it could be {either} in the ERP: put the right one into its external id in Procurify")
            };
            format!("{settled}, or {}", link(first))
        }
        Some(Match::Unknown { named }) => format!(
            "its external id {named} is not in the ERP: add it there, correct it in Procurify, or {}",
            link("TARGET")
        ),
        None => match kind {
            VENDOR => format!(
                "no supplier in the ERP matches: add it there, put its number into the vendor's external id in Procurify, or {}",
                link("SUPPLIER")
            ),
            COST_CENTER => format!(
                "no cost centre in the ERP matches: add it there, put its number into the department's external id in Procurify, or {}",
                link("CENTRE")
            ),
            _ => format!(
                "no {words} in the ERP matches: add it there, correct the code in Procurify, or {}",
                link("TARGET")
            ),
        },
    };
    Err(missing(hint))
}

/// The ERP's own value that a mapping names, as the ERP writes it.
///
/// # Errors
/// The ERP does not have it, or it may not be used. Where the ERP's values were not read, any is taken.
pub fn in_erp(references: &References, kind: &str, value: &str, decision: &str) -> Result<String, Missing> {
    usable(references, kind, value).map_err(|why| Missing {
        kind: kind.to_owned(),
        value: value.to_owned(),
        hint: format!("{decision} leads to it, and it {why}: mend that there, or correct the account mapping"),
    })
}

/// A value as the ERP writes it, or what is wrong with it, as the rest of a sentence.
pub(crate) fn usable(references: &References, kind: &str, value: &str) -> Result<String, String> {
    let kind = erp_kind(kind);
    if !references.has(&kind) {
        return Ok(value.to_owned());
    }
    match references.get(&kind, &code(value)).map(|line| &line.found) {
        Some(Match::Blocked { why, .. }) => Err(format!("may not be used in the ERP ({why})")),
        Some(Match::Matched { target, .. }) => Ok(target.clone()),
        _ => Err("is not in the ERP".to_owned()),
    }
}

/// A value as it is typed in a shell.
pub(crate) fn quoted(text: &str) -> String {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:".contains(&byte));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

fn how(by: &MatchedBy) -> &'static str {
    match by {
        MatchedBy::ExternalId => "external id",
        MatchedBy::Code => "code",
        MatchedBy::UniqueName => "unique name",
        MatchedBy::Hand => "hand",
        _ => "another rule",
    }
}
