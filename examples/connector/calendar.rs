//! The `[calendar]` of the configuration, with clear words where it is wrong.

use std::time::Duration;

use serde::Deserialize;
use sync_core::Calendar;

use crate::config::{Problem, Text, duration};

#[derive(Debug, Default, Deserialize)]
pub struct CalendarSettings {
    time_zone: Option<String>,
    business_hours: Option<String>,
    weekdays: Option<Vec<String>>,
    #[serde(default)]
    holidays: Vec<String>,
    every: Option<Text>,
    off_hours_every: Option<Text>,
    #[serde(default)]
    freeze: Vec<String>,
}

impl CalendarSettings {
    pub fn build(&self) -> Result<Calendar, Problem> {
        let mut calendar = Calendar::default();
        if let Some(zone) = &self.time_zone {
            calendar.time_zone = zone
                .parse()
                .map_err(|_| format!("the time zone `{zone}` is not known: write one such as America/Vancouver"))?;
        }
        if let Some(hours) = &self.business_hours {
            calendar.business_hours = hours.parse().map_err(|error| format!("calendar.business_hours {error}"))?;
        }
        if let Some(weekdays) = &self.weekdays {
            let named = |day: &String| {
                day.parse().map_err(|_| format!("calendar.weekdays `{day}` is no day of the week: write mon, tue, ..."))
            };
            calendar.weekdays = weekdays.iter().map(named).collect::<Result<_, _>>()?;
            if calendar.weekdays.is_empty() {
                return Err("calendar.weekdays names no day: leave it out for Monday to Friday".into());
            }
        }
        for holiday in &self.holidays {
            let day = holiday.parse();
            calendar
                .holidays
                .insert(day.map_err(|_| format!("calendar.holidays `{holiday}` is no day: write 2026-12-25"))?);
        }
        calendar.every = pace("calendar.every", self.every.as_ref(), calendar.every)?;
        calendar.off_hours_every = pace("calendar.off_hours_every", self.off_hours_every.as_ref(), calendar.every)?;
        let freezes = self.freeze.iter().map(|freeze| freeze.parse());
        calendar.freezes = freezes.collect::<Result<_, _>>().map_err(|error| format!("calendar.freeze {error}"))?;
        Ok(calendar)
    }
}

fn pace(what: &str, given: Option<&Text>, default: Duration) -> Result<Duration, Problem> {
    let Some(text) = given else { return Ok(default) };
    let pace = duration(what, text)?;
    if pace < Duration::from_secs(1) || pace > Duration::from_secs(24 * 3600) {
        return Err(format!("{what} lies between 1s and 24h: change it").into());
    }
    Ok(pace)
}
