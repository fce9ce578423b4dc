//! Options of an MI call, from matrix parameters, query parameters or the bulk body.

use serde_json::Value;

use super::M3Config;

/// How a call wants its answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Options {
    max_records: Option<usize>,
    pub(super) columns: Vec<String>,
    pub(super) company: Option<u32>,
    pub(super) division: Option<String>,
    exclude_empty: Option<bool>,
    right_trim: Option<bool>,
    pub(super) extended: bool,
}

/// Rows a list gives when the call does not say.
const DEFAULT_RECORDS: usize = 100;

impl Options {
    /// Takes one parameter; anything unknown is ignored. A later one wins.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        let flag = || value.eq_ignore_ascii_case("true");
        match name {
            "maxrecs" => self.max_records = value.parse().ok().or(self.max_records),
            "returncols" => {
                self.columns =
                    value.split(',').filter(|name| !name.is_empty()).map(|name| name.trim().to_owned()).collect();
            }
            "cono" => self.company = value.parse().ok().or(self.company),
            "divi" => self.division = Some(value.to_owned()),
            "excludeempty" | "excludempty" => self.exclude_empty = Some(flag()),
            "righttrim" => self.right_trim = Some(flag()),
            "extendedresult" => self.extended = flag(),
            _ => {}
        }
    }

    /// Takes a member of the bulk body where no parameter has said otherwise.
    pub(super) fn default_to(&mut self, name: &str, value: &Value) {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match name {
            "maxReturnedRecords" if self.max_records.is_none() => self.max_records = text.parse().ok(),
            "cono" if self.company.is_none() => self.company = text.parse().ok(),
            "divi" if self.division.is_none() && !value.is_null() => self.division = Some(text),
            "excludeEmptyValues" if self.exclude_empty.is_none() => self.exclude_empty = value.as_bool(),
            "rightTrim" if self.right_trim.is_none() => self.right_trim = value.as_bool(),
            _ => {}
        }
    }

    pub(super) fn exclude_empty(&self) -> bool {
        self.exclude_empty.unwrap_or(false)
    }

    pub(super) fn right_trim(&self) -> bool {
        self.right_trim.unwrap_or(false)
    }

    /// Rows to give at most, under the tenant's hidden ceiling.
    pub(super) fn limit(&self, config: &M3Config) -> usize {
        match self.max_records.unwrap_or(DEFAULT_RECORDS) {
            0 => config.ceiling,
            asked => asked.min(config.ceiling),
        }
    }
}
