//! Loads: records of an IDO, filtered, ordered, and cut into pages that a bookmark joins.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::cell::{Cell, compare};
use super::filter::Condition;
use super::schema::Ido;
use super::site::Site;
use super::store::{Row, cell_of};
use super::update::item_id;

/// Records a page has if the call does not say, or says -1.
const DEFAULT_CAP: usize = 200;

/// A load's parameters, whose names are not case-sensitive.
pub(super) struct Load<'a> {
    ido: &'a Ido,
    properties: Vec<&'a str>,
    condition: Option<Condition>,
    order: Vec<(&'static str, bool)>,
    cap: Option<usize>,
    direction: Direction,
    bookmark: Option<Vec<String>>,
    distinct: bool,
    read_only: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    First,
    Next,
    Previous,
    Last,
}

impl<'a> Load<'a> {
    pub(super) fn read(ido: &'a Ido, parameters: &'a BTreeMap<String, String>, site: &Site) -> Result<Self, String> {
        let given = |name: &str| parameters.get(name).map(String::as_str).filter(|value| !value.trim().is_empty());
        let wanted = given("properties").ok_or("The properties are missing")?;
        let properties: Vec<&str> = if wanted.trim() == "*" {
            ido.properties.iter().map(|property| property.name).collect()
        } else {
            wanted.split(',').map(str::trim).collect()
        };
        let unknown = |name: &str| format!("Property {name} does not exist in IDO {}", ido.name);
        if let Some(name) = properties.iter().find(|name| ido.property(name).is_none()) {
            return Err(unknown(name));
        }
        let condition = given("filter")
            .map(|filter| Condition::read(ido, filter, site.now))
            .transpose()
            .map_err(|why| format!("IllegalFilterException: {why}"))?;
        let mut order = Vec::new();
        for part in given("orderby").map_or_else(Vec::new, |order| order.split(',').collect()) {
            let mut words = part.split_whitespace();
            let name = words.next().unwrap_or_default();
            let property = ido.property(name).ok_or_else(|| unknown(name))?;
            order.push((property.name, words.next().is_some_and(|word| word.eq_ignore_ascii_case("DESC"))));
        }
        if order.is_empty() {
            order.extend(ido.keys.iter().map(|key| (*key, false)));
        }
        let bookmark = given("bookmark").map(read_bookmark).transpose()?;
        let direction = match given("loadtype").unwrap_or("FIRST").to_uppercase().as_str() {
            "FIRST" => Direction::First,
            "NEXT" => Direction::Next,
            "PREV" | "PREVIOUS" => Direction::Previous,
            "LAST" => Direction::Last,
            other => return Err(format!("The load type {other} is not valid")),
        };
        let cap = match given("recordcap").map_or(Ok(-1), str::parse::<i64>) {
            Ok(-1) => Some(DEFAULT_CAP),
            Ok(0) => None,
            Ok(cap) => Some(usize::try_from(cap).map_err(|_| "The record cap is not valid")?),
            Err(_) => return Err("The record cap is not valid".to_owned()),
        };
        let flag = |name: &str| given(name).is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1");
        Ok(Self {
            ido,
            properties,
            condition,
            order,
            cap,
            direction,
            bookmark,
            distinct: flag("distinct"),
            read_only: flag("readonly"),
        })
    }

    pub(super) fn answer(&self, site: &Site) -> Value {
        let descending: Vec<bool> = self.order.iter().map(|(_, descending)| *descending).collect();
        let mut rows: Vec<(Vec<Cell>, &Row)> = site
            .store
            .rows(self.ido.name)
            .filter(|row| {
                let value = |name: &str| site.value(self.ido, row, name);
                self.condition.as_ref().is_none_or(|condition| condition.holds(&value))
            })
            .map(|row| (self.cells(site, row), row))
            .collect();
        rows.sort_by(|(a, _), (b, _)| compare(a, b, &descending));
        if let Some(bookmark) = &self.bookmark {
            let (first, last) = bookmark.split_at(self.order.len().min(bookmark.len()));
            let place = |values: &[String]| -> Vec<Cell> {
                let names = self.order.iter().map(|(name, _)| *name);
                names.zip(values).map(|(name, value)| cell_of(self.ido, name, Some(value))).collect()
            };
            match self.direction {
                Direction::Next => rows.retain(|(cells, _)| compare(cells, &place(last), &descending).is_gt()),
                Direction::Previous => rows.retain(|(cells, _)| compare(cells, &place(first), &descending).is_lt()),
                Direction::First | Direction::Last => {}
            }
        }
        let cap = self.cap.unwrap_or(usize::MAX);
        let more = rows.len() > cap;
        if matches!(self.direction, Direction::Previous | Direction::Last) {
            rows.drain(..rows.len().saturating_sub(cap));
        } else {
            rows.truncate(cap);
        }
        let bookmark = self.write_bookmark(site, rows.first().map(|(_, row)| *row), rows.last().map(|(_, row)| *row));
        let mut items: Vec<Value> = rows.into_iter().map(|(_, row)| self.item(site, row)).collect();
        if self.distinct {
            let mut seen = std::collections::BTreeSet::new();
            items.retain(|item| seen.insert(item.to_string()));
        }
        json!({ "Items": items, "Bookmark": bookmark, "MoreRowsExist": more, "Success": true, "Message": null })
    }

    fn cells(&self, site: &Site, row: &Row) -> Vec<Cell> {
        let of = |(name, _): &(&'static str, bool)| cell_of(self.ido, name, site.value(self.ido, row, name).as_deref());
        self.order.iter().map(of).collect()
    }

    fn item(&self, site: &Site, row: &Row) -> Value {
        let mut item = Map::new();
        for name in &self.properties {
            item.insert((*name).to_owned(), json!(site.value(self.ido, row, name)));
        }
        if !(self.read_only || self.distinct) {
            item.insert("_ItemId".to_owned(), json!(item_id(site, self.ido.name, row)));
        }
        Value::Object(item)
    }

    fn write_bookmark(&self, site: &Site, first: Option<&Row>, last: Option<&Row>) -> Value {
        let (Some(first), Some(last)) = (first, last) else { return Value::Null };
        let each = |tag: &str, texts: Vec<String>| {
            texts.iter().map(|text| ["<", tag, ">", &escape(text), "</", tag, ">"].concat()).collect::<String>()
        };
        let values = |row: &Row| {
            let of = |(name, _): &(&'static str, bool)| site.value(self.ido, row, name).unwrap_or_default();
            each("v", self.order.iter().map(of).collect())
        };
        let names = each("p", self.order.iter().map(|(name, _)| (*name).to_owned()).collect());
        let directions = each("f", self.order.iter().map(|(_, descending)| descending.to_string()).collect());
        let (first, last) = (values(first), values(last));
        json!(format!("<B><P>{names}</P><D>{directions}</D><F>{first}</F><L>{last}</L></B>"))
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The values of the first and the last row, in the order of the properties.
fn read_bookmark(text: &str) -> Result<Vec<String>, String> {
    let (_, rest) = text.split_once("<F>").ok_or("The bookmark is not valid")?;
    let values = rest.split("<v>").skip(1).filter_map(|part| part.split_once("</v>"));
    let plain = |text: &str| text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    Ok(values.map(|(value, _)| plain(value)).collect())
}
