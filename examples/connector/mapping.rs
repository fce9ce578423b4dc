//! The `[mapping]` section: on which account and cost centre lines are booked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use procurify_cloudsuite::accounts::{
    AccountMapping, AccountTable, Direct, FirstOf, Rule, Rules, Segment, Segments, TableLine,
};
use procurify_cloudsuite::codes::CodeTable;
use serde::Deserialize;

use crate::config::Problem;

#[derive(Debug, Default, Deserialize)]
pub struct Mapping {
    #[serde(default)]
    accounts: Accounts,
    #[serde(default)]
    pub payment_terms: Codes,
    #[serde(default)]
    pub tax: Codes,
}

/// The ERP's codes by Procurify's words.
#[derive(Debug, Default, Deserialize)]
pub struct Codes {
    #[serde(default)]
    codes: BTreeMap<String, String>,
    /// What becomes of words that are neither here nor linked.
    #[serde(default)]
    unlisted: UnlistedCodes,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum UnlistedCodes {
    #[default]
    Default,
    Hold,
}

impl Codes {
    pub fn table(&self) -> CodeTable {
        let table = CodeTable::new(&self.codes);
        match self.unlisted {
            UnlistedCodes::Default => table,
            UnlistedCodes::Hold => table.or_hold(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
struct Accounts {
    /// In which order mappings are asked; those that are configured, and then `direct`, if not given.
    #[serde(rename = "use")]
    order: Option<Vec<String>>,
    segments: Option<SegmentSettings>,
    table: Option<PathBuf>,
    #[serde(default)]
    rules: Vec<RuleSettings>,
}

#[derive(Debug, Deserialize)]
struct SegmentSettings {
    #[serde(default = "dash")]
    separator: String,
    order: Vec<String>,
}

fn dash() -> String {
    "-".to_owned()
}

#[derive(Debug, Deserialize)]
struct RuleSettings {
    name: String,
    account_code: Option<String>,
    department: Option<String>,
    location: Option<String>,
    #[serde(default)]
    custom_fields: BTreeMap<String, String>,
    account: Option<String>,
    cost_center: Option<String>,
    #[serde(default)]
    dimensions: BTreeMap<String, String>,
}

/// A table's file in TOML.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TableFile {
    #[serde(default, rename = "line")]
    lines: Vec<BTreeMap<String, toml::Value>>,
}

impl Mapping {
    /// The account mapping as it is configured; a table's file is looked for beside the configuration.
    pub fn accounts(&self, folder: &Path) -> Result<Arc<dyn AccountMapping>, Problem> {
        let accounts = &self.accounts;
        let configured = [
            (!accounts.rules.is_empty(), "rules"),
            (accounts.table.is_some(), "table"),
            (accounts.segments.is_some(), "segments"),
            (true, "direct"),
        ];
        let default = || configured.iter().filter(|(there, _)| *there).map(|(_, name)| (*name).to_owned()).collect();
        let order: Vec<String> = accounts.order.clone().unwrap_or_else(default);
        let mut mapping = FirstOf::new();
        for name in &order {
            let missing = || format!("mapping.accounts.use names `{name}`, which is not configured: add it");
            mapping = match name.as_str() {
                "direct" => mapping.then(Direct),
                "rules" => {
                    let rules: Result<Vec<Rule>, Problem> = accounts.rules.iter().map(RuleSettings::rule).collect();
                    mapping.then(Rules::new(rules?))
                }
                "segments" => mapping.then(accounts.segments.as_ref().ok_or_else(missing)?.segments()?),
                "table" => mapping.then(table(&folder.join(accounts.table.as_ref().ok_or_else(missing)?))?),
                other => {
                    let known = "write rules, table, segments or direct";
                    return Err(format!("the account mapping `{other}` is not known: {known}").into());
                }
            };
        }
        Ok(Arc::new(mapping))
    }
}

impl SegmentSettings {
    fn segments(&self) -> Result<Segments, Problem> {
        let order: Result<Vec<Segment>, String> = self.order.iter().map(|text| text.parse()).collect();
        Ok(Segments::new(&self.separator, order.map_err(|error| format!("mapping.accounts.segments: {error}"))?))
    }
}

impl RuleSettings {
    fn rule(&self) -> Result<Rule, Problem> {
        let mut rule = Rule::new(&self.name);
        for (value, set) in [
            (&self.account_code, Rule::account_code as fn(Rule, String) -> Rule),
            (&self.department, Rule::department),
            (&self.location, Rule::location),
            (&self.account, Rule::account),
            (&self.cost_center, Rule::cost_center),
        ] {
            if let Some(value) = value {
                rule = set(rule, value.clone());
            }
        }
        for (name, value) in &self.custom_fields {
            rule = rule.custom_field(name, value);
        }
        for (number, value) in &self.dimensions {
            let number = number.parse().map_err(|_| {
                format!("rule \"{}\": `{number}` is no dimension: write its number, such as 3 = \"CAN\"", self.name)
            })?;
            rule = rule.dimension(number, value);
        }
        Ok(rule)
    }
}

/// A table from a .csv file with a heading, or a .toml file with `[[line]]` entries of the same names.
fn table(path: &Path) -> Result<AccountTable, Problem> {
    let wrong = |why: &dyn std::fmt::Display| {
        format!("the account table {} (mapping.accounts.table) cannot be used: {why}", path.display())
    };
    let mut lines = Vec::new();
    for (place, cells) in rows(path, &["account_code"]).map_err(|why| wrong(&why))? {
        lines.push(table_line(cells).map_err(|why| wrong(&format!("{place}: {why}")))?);
    }
    Ok(AccountTable::new(lines).map_err(|error| wrong(&error))?)
}

/// Where a row stands, and its cells by name.
pub type Row = (String, BTreeMap<String, String>);

/// The rows of a file, each with where it stands, as cells by name; blank ones are left out.
pub fn rows(path: &Path, needed: &[&str]) -> Result<Vec<Row>, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
        format!("line {line} holds a character that is not UTF-8: save the file as UTF-8")
    })?;
    let kind = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_lowercase();
    let rows = match kind.as_str() {
        "csv" => csv_rows(text, needed)?,
        "toml" => toml_rows(text)?,
        _ => return Err("write a .csv or a .toml file".to_owned()),
    };
    let filled = |cells: BTreeMap<String, String>| {
        cells.into_iter().filter(|(_, cell)| !cell.trim().is_empty()).collect::<BTreeMap<_, _>>()
    };
    Ok(rows.into_iter().map(|(place, cells)| (place, filled(cells))).filter(|(_, cells)| !cells.is_empty()).collect())
}

fn csv_rows(text: &str, needed: &[&str]) -> Result<Vec<Row>, String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
    let heading = reader.headers().map_err(|error| error.to_string())?.clone();
    if let Some(column) = needed.iter().find(|column| !heading.iter().any(|name| name == **column)) {
        let there: Vec<&str> = heading.iter().collect();
        let there = there.join(", ");
        return Err(format!(
            "line 1 names no column `{column}`, but `{there}`: write the columns' names there, with commas between"
        ));
    }
    let row = |record: Result<csv::StringRecord, csv::Error>| {
        let record = record.map_err(|error| error.to_string())?;
        let place = format!("line {}", line_of(&record, text));
        if record.iter().all(str::is_empty) {
            return Ok((place, BTreeMap::new()));
        }
        if let Some(column) = heading.get(record.len()) {
            return Err(format!("{place} ends before the column `{column}`: write as many cells as line 1 has"));
        }
        if record.len() > heading.len() {
            let (there, named) = (record.len(), heading.len());
            return Err(format!(
                "{place} has {there} cells, and line 1 names {named} columns: put what holds a comma in double quotes"
            ));
        }
        let cells = heading.iter().zip(&record).map(|(name, cell)| (name.to_owned(), cell.to_owned()));
        Ok((place, cells.collect()))
    };
    reader.records().map(row).collect()
}

/// The line in which a record begins: the reader's is that of the first blank line before it.
fn line_of(record: &csv::StringRecord, text: &str) -> u64 {
    let Some(position) = record.position() else { return 0 };
    let begin = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let blank = text.get(begin..).unwrap_or_default().chars().take_while(|letter| matches!(letter, '\r' | '\n'));
    position.line() + blank.filter(|letter| *letter == '\n').count() as u64
}

fn toml_rows(text: &str) -> Result<Vec<Row>, String> {
    let file: TableFile = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(0, |span| text[..span.start].lines().count().max(1));
        format!("line {line}: {}", error.message())
    })?;
    let text = |value: toml::Value| match value {
        toml::Value::String(text) => text,
        other => other.to_string(),
    };
    let cells = |line: BTreeMap<String, toml::Value>| line.into_iter().map(|(name, value)| (name, text(value)));
    Ok((1..).zip(file.lines).map(|(number, line)| (format!("entry {number}"), cells(line).collect())).collect())
}

fn table_line(mut cells: BTreeMap<String, String>) -> Result<TableLine, String> {
    let mut line = TableLine {
        account_code: cells.remove("account_code").ok_or("it has no account_code")?,
        department: cells.remove("department"),
        location: cells.remove("location"),
        account: cells.remove("account"),
        cost_center: cells.remove("cost_center"),
        dimensions: BTreeMap::new(),
    };
    for (name, value) in cells {
        let number = name.strip_prefix("dimension_").and_then(|number| number.parse().ok());
        let number = number.ok_or_else(|| {
            let known = "account_code, department, location, account, cost_center, dimension_3";
            format!("the column `{name}` is not known: write {known}")
        })?;
        line.dimensions.insert(number, value);
    }
    Ok(line)
}
