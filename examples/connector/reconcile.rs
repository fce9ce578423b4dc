//! `reconcile`: both systems compared, as text, JSON or CSV.

use std::fmt::Write as _;
use std::process::ExitCode;

use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use procurify_cloudsuite::reconcile::{Comparison, Extra, Missing, Period};
use procurify_cloudsuite::{Connection, FlowKind};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::config::Problem;

/// Exit code of a comparison that found the two sides to differ.
const NOT_CLEAN: u8 = 3;

#[derive(Debug, Args)]
pub struct ReconcileArguments {
    /// The first day, on which orders were created and bills invoiced; that of the first of each if not given.
    #[arg(long)]
    from: Option<NaiveDate>,
    /// The last day; today if not given.
    #[arg(long)]
    to: Option<NaiveDate>,
    /// How to print it: as text, if not given. `--json` is the same as `--format json`.
    #[arg(long, value_enum)]
    format: Option<Format>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Csv,
}

pub async fn run(
    connection: &Connection,
    flows: &[FlowKind],
    arguments: &ReconcileArguments,
    json: bool,
) -> Result<ExitCode, Problem> {
    if let (Some(from), Some(to)) = (arguments.from, arguments.to)
        && from > to
    {
        return Err(format!("--from {from} is after --to {to}: no day lies between them").into());
    }
    let format = match (arguments.format, json) {
        (Some(Format::Text | Format::Csv), true) => return Err("write --json or --format, not both".into()),
        (format, true) => format.unwrap_or(Format::Json),
        (format, false) => format.unwrap_or(Format::Text),
    };
    let period = Period { first: arguments.from, last: arguments.to };
    let mut compared = Vec::new();
    for flow in flows {
        compared.push((flow.kind().to_string(), connection.reconcile(*flow, period).await?));
    }
    let clean = compared.iter().all(|(_, comparison)| comparison.is_clean());
    let text = match format {
        Format::Json => format!("{}\n", document(&compared, clean)),
        Format::Csv => table(&compared),
        Format::Text => text(&compared, clean),
    };
    crate::commands::print(&text);
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::from(NOT_CLEAN) })
}

/// An amount of money as text, with two decimals at least.
fn money(amount: Decimal) -> String {
    let mut amount = amount.normalize();
    if amount.scale() < 2 {
        amount.rescale(2);
    }
    amount.to_string()
}

fn document(compared: &[(String, Comparison)], clean: bool) -> Value {
    let totals = |totals: &std::collections::BTreeMap<String, Decimal>| -> Value {
        totals.iter().map(|(currency, total)| (currency.clone(), json!(money(*total)))).collect()
    };
    let documents: serde_json::Map<String, Value> = compared
        .iter()
        .map(|(kind, comparison)| {
            let reasons: serde_json::Map<String, Value> = comparison
                .missing
                .iter()
                .filter_map(|missing| Some((missing.key.to_string(), json!(missing.reason.as_ref()?))))
                .collect();
            let differing: Vec<Value> = comparison
                .differing
                .iter()
                .map(|one| json!({ "key": one.key, "number": one.number, "field": one.field, "source": one.source, "target": one.target }))
                .collect();
            let value = json!({
                "matched": comparison.matched,
                "missing": comparison.missing.iter().map(|missing| &missing.key).collect::<Vec<_>>(),
                "reasons": reasons,
                "missing_documents": comparison.missing.iter().map(missing).collect::<Vec<_>>(),
                "extra": comparison.extra.iter().map(|extra| &extra.number).collect::<Vec<_>>(),
                "extra_documents": comparison.extra.iter().map(extra).collect::<Vec<_>>(),
                "differing": differing,
                "source_total": totals(&comparison.source_total),
                "target_total": totals(&comparison.target_total),
            });
            (kind.clone(), value)
        })
        .collect();
    json!({ "clean": clean, "documents": documents })
}

fn missing(one: &Missing) -> Value {
    json!({
        "key": one.key,
        "number": one.number,
        "day": one.date,
        "amount": money(one.total),
        "currency": one.currency,
        "reason": one.reason,
    })
}

fn extra(one: &Extra) -> Value {
    json!({
        "number": one.number,
        "supplier": one.supplier,
        "day": one.date,
        "amount": money(one.total),
        "currency": one.currency,
        "reference": one.reference,
    })
}

fn text(compared: &[(String, Comparison)], clean: bool) -> String {
    let mut text = String::new();
    for (kind, comparison) in compared {
        let lines = lines(comparison);
        let _ = writeln!(
            text,
            "{kind}: {} matched, {} missing, {} extra, {} differences",
            comparison.matched,
            comparison.missing.len(),
            comparison.extra.len(),
            comparison.differing.len()
        );
        for line in lines {
            let words: Vec<&str> =
                [line.what, &line.key, &line.number, &line.field].into_iter().filter(|word| !word.is_empty()).collect();
            let values = match (line.source.as_str(), line.target.as_str()) {
                ("", "") => String::new(),
                ("", target) => format!(": {target}"),
                (source, "") => format!(": {source}"),
                (source, target) => format!(": {source} in Procurify, {target} in the ERP"),
            };
            let _ = writeln!(text, "  {}{values}", words.join("  "));
        }
    }
    let nothing = compared.iter().all(|(_, comparison)| comparison.matched == 0);
    text.push_str(match clean {
        true if nothing => "Neither side has anything in these days.\n",
        true => "Both sides are the same.\n",
        false => "The two sides differ.\n",
    });
    text
}

fn table(compared: &[(String, Comparison)]) -> String {
    let mut text = String::from("kind,what,key,number,field,source,target\n");
    for (kind, comparison) in compared {
        for line in lines(comparison) {
            let cells = [kind, line.what, &line.key, &line.number, &line.field, &line.source, &line.target];
            let cells: Vec<String> = cells.into_iter().map(cell).collect();
            let _ = writeln!(text, "{}", cells.join(","));
        }
    }
    text
}

/// A cell of a table: quoted where it must be, and never taken for a formula.
fn cell(text: &str) -> String {
    let plain = text.parse::<Decimal>().is_ok();
    let text = if !plain && text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// One finding.
#[derive(Default)]
struct Line {
    what: &'static str,
    key: String,
    number: String,
    field: String,
    source: String,
    target: String,
}

/// All findings, and the totals of both sides.
fn lines(comparison: &Comparison) -> Vec<Line> {
    let amount = |day: Option<NaiveDate>, total: Decimal, currency: &Option<String>| {
        let words = [day.map(|day| day.to_string()), Some(money(total)), currency.clone()];
        words.into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    let missing = comparison.missing.iter().map(|one| Line {
        what: "missing",
        key: one.key.to_string(),
        number: one.number.clone().unwrap_or_default(),
        source: match &one.reason {
            Some(reason) => format!("{}, {reason}", amount(one.date, one.total, &one.currency)),
            None => amount(one.date, one.total, &one.currency),
        },
        ..Line::default()
    });
    let extra = comparison.extra.iter().map(|one| Line {
        what: "extra",
        number: one.number.clone(),
        target: match &one.supplier {
            Some(supplier) => format!("{supplier} {}", amount(one.date, one.total, &one.currency)),
            None => amount(one.date, one.total, &one.currency),
        },
        ..Line::default()
    });
    let differing = comparison.differing.iter().map(|one| Line {
        what: "differing",
        key: one.key.to_string(),
        number: one.number.clone(),
        field: one.field.clone(),
        source: one.source.clone(),
        target: one.target.clone(),
    });
    let currencies: std::collections::BTreeSet<&String> =
        comparison.source_total.keys().chain(comparison.target_total.keys()).collect();
    let totals = currencies.into_iter().map(|currency| Line {
        what: "total",
        field: currency.clone(),
        source: money(comparison.source_total.get(currency).copied().unwrap_or_default()),
        target: money(comparison.target_total.get(currency).copied().unwrap_or_default()),
        ..Line::default()
    });
    missing.chain(extra).chain(differing).chain(totals).collect()
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn a_cell_is_quoted_where_it_must_be_and_is_no_formula() {
        for (text, expected) in
            [("plain", "plain"), ("a,b", "\"a,b\""), ("a\"b", "\"a\"\"b\""), ("=1+1", "'=1+1"), ("-5.00", "-5.00")]
        {
            assert_eq!(cell(text), expected);
        }
    }
}
