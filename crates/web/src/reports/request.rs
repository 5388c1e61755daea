//! What is asked of a report: tab, cases, period, level of the drill; and the addresses that say so.

use super::Link;
use crate::app::App;
use crate::error::ApiError;
use crate::query::{Fields, encode};
use crate::selection;
use crate::who::Who;
use metrics::report::{DefaultPeriod, NumberTable, Report, Span, Tab, Table};
use metrics::{
    Answer, Basis, Calendar, Comparison, Dimension, Layer, Measure, Period, Query, Selection, Value,
};
use std::sync::Arc;

/// Fields of the address that choose the period.
pub(super) const PERIOD: [&str; 5] = ["year", "month", "from", "to", "period"];

/// Conditions as fields of an address, and days.
pub(super) type Narrowed = (Vec<(String, String)>, Option<Period>);

pub(super) struct Request<'a> {
    pub(super) app: &'a App,
    pub(super) who: &'a Who,
    pub(super) layer: Arc<Layer>,
    pub(super) report: &'a Report,
    pub(super) tab: &'a Tab,
    pub(super) tab_at: usize,
    pub(super) asked: Fields,
    /// The cases of the page. A period under way ends today, so that it is compared with as much of the one before.
    pub(super) selection: Selection,
    /// The same in an address, without the period.
    chosen: Fields,
    /// Level of the drill: 0 is the table's own.
    pub(super) level: usize,
}

impl<'a> Request<'a> {
    pub(super) fn new(
        app: &'a App,
        who: &'a Who,
        report: &'a Report,
        mut asked: Fields,
    ) -> Result<Request<'a>, ApiError> {
        if !who.viewer.may(report.permission) {
            return Err(ApiError::forbidden(report.permission.chinese()));
        }
        asked.0.retain(|(_, value)| !value.trim().is_empty());
        if !PERIOD.iter().any(|name| asked.is_set(name)) {
            asked.0.push(default_period(app, who, report)?);
        }
        if !asked.is_set("basis") && report.basis != Basis::default() {
            asked.0.push(("basis".to_owned(), Basis::ALL[report.basis as usize].1.to_owned()));
        }
        let tab_at = usize::try_from(asked.whole("tab", "页签")?.unwrap_or(1) - 1).unwrap_or(usize::MAX);
        let tab = report.tabs.get(tab_at).ok_or_else(|| ApiError::missing("此页签"))?;
        let level = usize::try_from(asked.whole("level", "下钻层次")?.unwrap_or(0)).unwrap_or(usize::MAX);
        let layer = app.layer();
        let mut selection = selection::read(&asked, &layer)?;
        let mut chosen = selection::of_address(&asked, &layer);
        chosen.0.retain(|(name, _)| !PERIOD.contains(&name.as_str()) && name != "measure");
        for only in &tab.only {
            selection = match only.strip_prefix('!') {
                Some(not) => selection.is(not, false),
                None => selection.is(only.as_str(), true),
            };
            chosen.0.push(("only".to_owned(), only.clone()));
        }
        let today = app.today();
        if let Some(period) = selection.period
            && period.to() > today
            && let Some(until_now) = Period::new(period.from(), today)
        {
            selection.period = Some(until_now);
        }
        let request = Request { app, who, layer, report, tab, tab_at, asked, selection, chosen, level };
        if let Table::Numbers(table) = &tab.table
            && table.level(level).is_none()
        {
            return Err(ApiError::missing("此下钻层次"));
        }
        Ok(request)
    }

    pub(super) fn answer(&self, query: &Query) -> Result<Arc<Answer>, ApiError> {
        self.app.answer(query, &self.who.viewer)
    }

    /// Whether every condition can be asked of the measure's rows; below a level of operations those of cases cannot.
    pub(super) fn fits(&self, measure: &Measure) -> bool {
        let layer = &self.layer;
        self.selection.filters.iter().all(|filter| {
            let dimension = layer.dimension(&filter.on);
            dimension.is_ok_and(|dimension| layer.can_divide(measure, dimension, self.selection.basis))
                || layer.populations().iter().any(|population| population.id == filter.on)
        })
    }

    /// The cases of a chart or table with this span.
    pub(super) fn within(&self, span: Span) -> Selection {
        let mut selection = self.selection.clone();
        if span == Span::Year
            && let Some(period) = selection.period
            && let Some(year) = Period::year(period.to().year())
        {
            let end = year.to().min(self.app.today()).max(period.to());
            selection.period = Period::new(period.from().min(year.from()), end);
        }
        selection
    }

    /// The measures with what else the tab shows by the same dimensions and days: one answer serves charts and table.
    pub(super) fn together(
        &self,
        measures: &[Arc<Measure>],
        by: &[Arc<Dimension>],
        period: Option<Period>,
    ) -> Vec<Arc<Measure>> {
        let same = |other: &[Arc<Dimension>]| {
            other.len() == by.len() && other.iter().zip(by).all(|(a, b)| a.id == b.id)
        };
        let mut shown: Vec<Arc<Measure>> = Vec::new();
        if let Table::Numbers(table) = &self.tab.table
            && table.across.is_none()
            && table.level(self.level).is_some_and(|level| same(&level))
            && self.of_table(table).period == period
        {
            shown.extend(table.measures());
        }
        for chart in self.tab.charts.iter().filter(|chart| chart.split.is_none()) {
            if same(std::slice::from_ref(&chart.by)) && self.within(chart.span).period == period {
                let fitting = chart.measures.iter().chain(&chart.second).filter(|measure| self.fits(measure));
                shown.extend(fitting.cloned());
            }
        }
        let asked = shown.iter().any(|known| measures.iter().any(|measure| measure.id == known.id));
        let mut all: Vec<Arc<Measure>> = Vec::new();
        for measure in shown.iter().filter(|_| asked).chain(measures) {
            if !all.iter().any(|known| known.id == measure.id) {
                all.push(measure.clone());
            }
        }
        all
    }

    /// The cases of a table. The way down from a row sets its days, so below the first level they are those chosen.
    pub(super) fn of_table(&self, table: &NumberTable) -> Selection {
        self.within(if self.level == 0 { table.span } else { Span::Chosen })
    }

    /// The report with other fields; an empty value takes a field out.
    pub(super) fn address(&self, more: &[(&str, &str)]) -> String {
        let replaced: Vec<&str> = more.iter().map(|(name, _)| *name).chain(["format"]).collect();
        let kept = self.asked.0.iter().filter(|(name, _)| !replaced.contains(&name.as_str())).cloned();
        let added = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        format!("/report/{}?{}", self.report.id, Fields(kept.chain(added).collect()).without(&[]))
    }

    /// The cases behind a number of this period; `narrowed` are further conditions.
    pub(super) fn cases(&self, period: Option<Period>, narrowed: &[(String, String)]) -> String {
        let names: Vec<&str> = narrowed.iter().map(|(name, _)| name.as_str()).collect();
        let mut parts = vec![self.chosen.without(&names)];
        let time = period.map(period_fields).unwrap_or_default();
        let more = time.iter().chain(narrowed).filter(|(_, value)| !value.is_empty());
        parts.extend(more.map(|(name, value)| format!("{}={}", encode(name), encode(value))));
        parts.retain(|part| !part.is_empty());
        format!("/cases?{}", parts.join("&"))
    }

    /// The cases behind a measure's number; empty when there are none, as of open beds.
    pub(super) fn opened(
        &self,
        measure: &Measure,
        period: Option<Period>,
        mut narrowed: Vec<(String, String)>,
    ) -> String {
        if !measure.opens_cases() {
            return String::new();
        }
        narrowed.push(("measure".to_owned(), measure.id.clone()));
        self.cases(period, &narrowed)
    }

    /// The conditions and the days of a row; `None` when a list of cases cannot say them.
    pub(super) fn row(
        &self,
        dimensions: &[Arc<Dimension>],
        keys: &[Value],
        period: Option<Period>,
    ) -> Option<Narrowed> {
        let mut narrowed = Vec::new();
        let mut days = period;
        for (dimension, key) in dimensions.iter().zip(keys) {
            match dimension.calendar {
                Some(calendar) => {
                    let own = step(calendar, key)?;
                    days = Some(match days {
                        Some(all) => Period::new(all.from().max(own.from()), all.to().min(own.to()))?,
                        None => own,
                    });
                }
                None => narrowed.push((dimension.id.clone(), key_text(key))),
            }
        }
        Some((narrowed, days))
    }

    /// The way down from a row: the next level, or its cases.
    pub(super) fn down(&self, table: &NumberTable, dimensions: &[Arc<Dimension>], keys: &[Value]) -> String {
        let period = self.of_table(table).period;
        let Some((narrowed, days)) = self.row(dimensions, keys, period) else { return String::new() };
        if table.level(self.level + 1).is_none() {
            // An operation's surgeon is no property of a case: the cases are those with such a row.
            return match dimensions.iter().all(|dimension| dimension.fact() == metrics::CASE) {
                true => self.cases(days, &narrowed),
                false => self.opened(&table.measures()[0], days, narrowed),
            };
        }
        let time = days.map(period_fields).unwrap_or_default();
        let level = (self.level + 1).to_string();
        let mut more: Vec<(&str, &str)> = vec![("level", &level), ("page", ""), ("order", "")];
        more.extend(
            PERIOD.iter().filter(|name| !time.iter().any(|(t, _)| t == *name)).map(|name| (*name, "")),
        );
        more.extend(time.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        more.extend(narrowed.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        self.address(&more)
    }

    /// 下钻路径: every level above this one with the way back to it.
    pub(super) fn path(&self) -> Result<Vec<Link>, ApiError> {
        let Table::Numbers(table) = &self.tab.table else { return Ok(Vec::new()) };
        let mut links = Vec::new();
        for level in 0..self.level {
            let Some(dimensions) = table.level(level) else { continue };
            let of: Vec<String> = dimensions
                .iter()
                .filter(|dimension| self.asked.is_set(&dimension.id))
                .map(|dimension| self.label(dimension, self.asked.text(&dimension.id)))
                .collect();
            let level_text = if level == 0 { String::new() } else { level.to_string() };
            let below: Vec<Arc<Dimension>> =
                (level..self.level).filter_map(|n| table.level(n)).flatten().collect();
            let mut more: Vec<(&str, &str)> = vec![("level", &level_text), ("page", ""), ("order", "")];
            more.extend(below.iter().map(|dimension| (dimension.id.as_str(), "")));
            let title = if of.is_empty() { dimensions[0].name.clone() } else { of.join(" ") };
            links.push(Link { title, address: self.address(&more), here: false });
        }
        Ok(links)
    }

    pub(super) fn tabs(&self) -> Vec<Link> {
        if self.report.tabs.len() < 2 {
            return Vec::new();
        }
        let link = |(at, tab): (usize, &Tab)| Link {
            title: tab.title.clone(),
            address: self.address(&[
                ("tab", &(at + 1).to_string()),
                ("level", ""),
                ("order", ""),
                ("page", ""),
                ("least", ""),
            ]),
            here: at == self.tab_at,
        };
        self.report.tabs.iter().enumerate().map(link).collect()
    }

    /// 最少例数 that rows must reach.
    pub(super) fn least(&self, table: &NumberTable) -> i64 {
        let asked = self.asked.text("least").parse().ok().filter(|least| table.least.contains(least));
        asked.or(table.least.first().copied()).unwrap_or(0)
    }

    pub(super) fn least_links(&self) -> Vec<Link> {
        let Table::Numbers(table) = &self.tab.table else { return Vec::new() };
        let chosen = self.least(table);
        let link = |least: &i64| Link {
            title: if *least == 0 { "全部".to_owned() } else { format!("不少于{least}例") },
            address: self.address(&[("least", &least.to_string()), ("page", "")]),
            here: *least == chosen,
        };
        table.least.iter().map(link).collect()
    }

    /// How a value of a dimension is called, as far as the viewer has cases with it.
    pub(super) fn label(&self, dimension: &Dimension, value: &str) -> String {
        let all = self.answer(&Query::of(["discharges"], everyone()).by(dimension.id.as_str()));
        let found = all.ok().and_then(|all| {
            let row =
                all.rows.iter().find(|row| row.keys.first().is_some_and(|key| key_text(key) == value))?;
            row.labels.first().cloned()
        });
        found.unwrap_or_else(|| value.to_owned())
    }

    /// 筛选条件, for the head of exports.
    pub(super) fn about(&self) -> Result<Vec<(String, String)>, ApiError> {
        let layer = &self.layer;
        let mut about = selection::words(&self.selection, layer, |dimension, value| {
            layer.dimension(dimension).ok().map(|dimension| self.label(dimension, value))
        });
        about.push(("数据截至".to_owned(), self.fresh()));
        Ok(about)
    }

    /// When the hospital's data were last collected.
    pub(super) fn fresh(&self) -> String {
        let runs = self.app.store().runs(None, 1).unwrap_or_default();
        runs.first().map_or(crate::text::NONE.to_owned(), |run| {
            crate::text::moment(run.ended_at.unwrap_or(run.started_at))
        })
    }

    pub(super) fn title(&self) -> String {
        match self.tab.title.as_str() {
            "" => self.report.title.clone(),
            tab => format!("{}（{tab}）", self.report.title),
        }
    }

    pub(super) fn is_empty(&self) -> Result<bool, ApiError> {
        let all = self.answer(&Query::of(["discharges"], everyone()))?;
        Ok(all.total_of("discharges").is_none_or(|n| n.is_zero()))
    }

    /// The same days a year or a period before, of a row's days.
    pub(super) fn days_before(days: Option<Period>, comparison: Comparison) -> Option<Period> {
        days.and_then(|days| days.before(comparison))
    }
}

/// Every case there is.
pub(super) fn everyone() -> Selection {
    Selection { patients: metrics::Patients::All, ..Selection::default() }
}

/// The period before anybody chose: the last closed month, or the latest year there are discharges of.
fn default_period(app: &App, who: &Who, report: &Report) -> Result<(String, String), ApiError> {
    let today = app.today();
    let (year, month) = (i64::from(today.year()), i64::from(today.month()));
    if report.period == DefaultPeriod::Month {
        let before = if month == 1 { (year - 1) * 100 + 12 } else { year * 100 + month - 1 };
        return Ok(("month".to_owned(), before.to_string()));
    }
    let all = app.answer(&Query::of(["discharges"], Selection::default()).by("year"), &who.viewer)?;
    let years = all.rows.iter().filter_map(|row| i64::try_from(row.keys.first()?.number()?).ok());
    Ok(("year".to_owned(), years.filter(|known| *known <= year).max().unwrap_or(year).to_string()))
}

/// A period in an address: a whole month or year by its name.
pub(super) fn period_fields(period: Period) -> Vec<(String, String)> {
    let (year, month) = (period.from().year(), period.from().month());
    let field = |name: &str, value: String| vec![(name.to_owned(), value)];
    if Period::month(year, month) == Some(period) {
        return field("month", format!("{year}{month:02}"));
    }
    if Period::year(year) == Some(period) {
        return field("year", year.to_string());
    }
    vec![("from".to_owned(), period.from().to_string()), ("to".to_owned(), period.to().to_string())]
}

/// The days of a value of time.
fn step(calendar: Calendar, key: &Value) -> Option<Period> {
    match (calendar, key) {
        (Calendar::Year, Value::Whole(n)) => Period::year(i16::try_from(*n).ok()?),
        (Calendar::Quarter, Value::Whole(n)) => {
            Period::quarter(i16::try_from(n / 10).ok()?, i8::try_from(n % 10).ok()?)
        }
        (Calendar::Month, Value::Whole(n)) => {
            Period::month(i16::try_from(n / 100).ok()?, i8::try_from(n % 100).ok()?)
        }
        (Calendar::Day, Value::Day(day)) => Period::new(*day, *day),
        _ => None,
    }
}

/// A value of a dimension in an address.
pub(super) fn key_text(value: &Value) -> String {
    match value {
        Value::Null => selection::NO_VALUE.to_owned(),
        value => value.to_string(),
    }
}
