//! The workbench of one request: who asks, which year, month and department, and how numbers become cards.

use super::{Card, Head};
use crate::app::App;
use crate::error::ApiError;
use crate::query::Fields;
use crate::selection;
use crate::text;
use crate::who::Who;
use metrics::{Answer, Change, Comparison, Measure, Period, Query, Selection, Value};
use rust_decimal::Decimal;
use std::sync::Arc;

/// An entry of a choice.
pub(super) struct Option_ {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) chosen: bool,
}

pub(super) struct Bench<'a> {
    pub(super) app: &'a App,
    pub(super) who: &'a Who,
    pub(super) asked: Fields,
    pub(super) year: i16,
    /// The cases; the period ends today at the latest, so that a year under way is compared with as much of the year before.
    pub(super) selection: Selection,
    /// The selection as it stands in addresses.
    pub(super) chosen: Fields,
    years: Vec<i16>,
}

impl<'a> Bench<'a> {
    pub(super) fn new(app: &'a App, who: &'a Who, mut asked: Fields) -> Result<Bench<'a>, ApiError> {
        let all = app.answer(&Query::of(["discharges"], Selection::default()).by("year"), &who.viewer)?;
        let year_of = |value: &Value| value.number().and_then(|n| i16::try_from(n).ok());
        let mut years: Vec<i16> = all.rows.iter().filter_map(|row| year_of(row.keys.first()?)).collect();
        years.sort_unstable_by(|a, b| b.cmp(a));
        let latest = years.first().copied().unwrap_or_else(|| app.today().year());
        let month = asked.whole("month", "月份")?;
        if asked.text("year").is_empty() && month.is_none() {
            asked.0.push(("year".to_owned(), latest.to_string()));
        }
        let mut selection = selection::read(&asked, &app.layer())?;
        let today = app.today();
        if let Some(period) = selection.period
            && period.to() > today
            && let Some(until_now) = Period::new(period.from(), today)
        {
            selection.period = Some(until_now);
        }
        let year = selection.period.map_or(latest, |period| period.from().year());
        let chosen = selection::of_address(&asked, &app.layer());
        Ok(Bench { app, who, asked, year, selection, chosen, years })
    }

    pub(super) fn answer(&self, query: &Query) -> Result<Arc<Answer>, ApiError> {
        self.app.answer(query, &self.who.viewer)
    }

    /// A query of the chosen cases.
    pub(super) fn query<'m>(&self, measures: impl IntoIterator<Item = &'m str>) -> Query {
        Query::of(measures, self.selection.clone())
    }

    /// The whole year of the chosen month: trends need more than one month.
    pub(super) fn whole_year(&self) -> Selection {
        let end = self.app.today();
        let year = Period::year(self.year)
            .and_then(|year| Period::new(year.from(), year.to().min(end).max(year.from())));
        Selection { period: year.or(self.selection.period), ..self.selection.clone() }
    }

    /// The chosen filters in the address of another page.
    pub(super) fn address(&self, path: &str, more: &[(&str, &str)]) -> String {
        let replaced: Vec<&str> = more.iter().map(|(name, _)| *name).collect();
        let mut fields = Fields(self.asked.0.iter().filter(|(name, _)| name != "format").cloned().collect());
        fields.0.retain(|(name, _)| !replaced.contains(&name.as_str()));
        fields.0.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        format!("{path}?{}", fields.without(&[]))
    }

    /// The cases behind a number.
    pub(super) fn cases(&self, narrowed: &[(&str, &str)]) -> String {
        selection::cases_address(&self.chosen, narrowed)
    }

    /// The same of one month of the year: the month takes the place of year and month.
    pub(super) fn cases_of_month(&self, month: &Value, narrowed: &[(&str, &str)]) -> String {
        let month = month.to_string();
        let mut all = vec![("year", ""), ("month", month.as_str())];
        all.extend(narrowed);
        self.cases(&all)
    }

    /// Cards of measures' totals with their 同比.
    pub(super) fn cards(&self, measures: &[&str]) -> Result<Vec<Card>, ApiError> {
        let query = self.query(measures.iter().copied());
        let now = self.answer(&query)?;
        let before = query.before(Comparison::YearBefore).map(|query| self.answer(&query)).transpose()?;
        let changes = before.map(|before| now.changes(&before, Comparison::YearBefore));
        let card = |(at, measure): (usize, &Arc<Measure>)| {
            let value = now.total.values.get(at).copied().flatten();
            let change = changes.as_ref().and_then(|changes| changes.total.get(at).copied());
            self.card(measure, value, change)
        };
        Ok(now.measures.iter().enumerate().map(card).collect())
    }

    fn card(&self, measure: &Measure, value: Option<Decimal>, change: Option<Change>) -> Card {
        let shown = measure.format.show_short(value);
        let unit = measure.format.unit.clone();
        let number = shown.strip_suffix(unit.as_str()).unwrap_or(&shown).to_owned();
        Card {
            name: measure.name.clone(),
            unit: if value.is_none() { String::new() } else { unit },
            value: number,
            exact: measure.format.show_with_unit(value),
            negative: value.is_some_and(|value| value.is_sign_negative() && !value.is_zero()),
            note: change.map_or_else(String::new, |change| year_on_year(measure, change)),
            definition: format!("/measures/{}", measure.id),
            link: self.cases(&[("measure", &measure.id)]),
        }
    }

    /// 筛选条件, for exports.
    pub(super) fn about(&self) -> Vec<(String, String)> {
        let mut about = selection::words(&self.selection, &self.app.layer(), |dimension, value| {
            (dimension == "department").then(|| self.department_name(value)).flatten()
        });
        about.push(("数据截至".to_owned(), self.fresh()));
        about
    }

    fn department_name(&self, key: &str) -> Option<String> {
        let all = self.departments().ok()?;
        all.rows
            .iter()
            .find(|row| row.keys.first().is_some_and(|k| k.to_string() == key))
            .map(|row| row.labels[0].clone())
    }

    /// Every department the viewer has cases of.
    pub(super) fn departments(&self) -> Result<Arc<Answer>, ApiError> {
        self.answer(&Query::of(["discharges"], Selection::default()).by("department"))
    }

    /// When the hospital's data were last collected.
    fn fresh(&self) -> String {
        let runs = self.app.store().runs(None, 1).unwrap_or_default();
        runs.first().map_or(text::NONE.to_owned(), |run| text::moment(run.ended_at.unwrap_or(run.started_at)))
    }

    pub(super) fn head(&self, action: &str) -> Result<Head, ApiError> {
        let month = self.asked.text("month").to_owned();
        let department = self.asked.text("department").to_owned();
        let option = |value: String, name: String, chosen: bool| Option_ { value, name, chosen };
        let unconfirmed = self.answer(&self.query(["unconfirmed_cases"]))?;
        let count = unconfirmed.total_of("unconfirmed_cases").filter(|n| !n.is_zero());
        Ok(Head {
            action: action.to_owned(),
            years: self
                .years
                .iter()
                .map(|y| option(y.to_string(), format!("{y}年"), *y == self.year))
                .collect(),
            months: (1..=12)
                .map(|m| {
                    let value = format!("{}{m:02}", self.year);
                    let chosen = value == month;
                    option(value, format!("{m}月"), chosen)
                })
                .collect(),
            departments: self
                .departments()?
                .rows
                .iter()
                .filter_map(|row| {
                    let key = row.keys.first()?.to_string();
                    let chosen = key == department;
                    (!key.is_empty()).then(|| option(key, row.labels[0].clone(), chosen))
                })
                .collect(),
            fresh: self.fresh(),
            unconfirmed: count.map(|n| (n.to_string(), self.cases(&[("measure", "unconfirmed_cases")]))),
            empty: self.years.is_empty(),
        })
    }
}

/// `同比 +3.21%`; of percentages the difference in points.
fn year_on_year(measure: &Measure, change: Change) -> String {
    let signed = |number: Decimal, end: &str| {
        let sign = if number.is_sign_negative() || number.is_zero() { "" } else { "+" };
        format!("同比 {sign}{}{end}", text::decimal(number, 2))
    };
    let hundred = |number: Decimal| number.checked_mul(Decimal::ONE_HUNDRED).unwrap_or(number);
    match (measure.format.style, change.difference, change.rate) {
        (metrics::Style::Percent, Some(difference), _) => signed(hundred(difference), "个百分点"),
        (_, _, Some(rate)) => signed(hundred(rate), "%"),
        _ => "同比 —".to_owned(),
    }
}
