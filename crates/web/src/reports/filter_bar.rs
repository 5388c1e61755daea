//! 筛选栏: period with quick choices, basis, and the dimensions that the definition offers.

use super::Link;
use super::request::{PERIOD, Request, everyone, key_text, period_fields};
use crate::error::ApiError;
use metrics::{Basis, Comparison, Period, Query};

pub(super) struct FilterBar {
    pub(super) action: String,
    pub(super) periods: Vec<Link>,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) bases: Vec<Choice>,
    pub(super) fields: Vec<Field>,
    /// Fields that the form carries on.
    pub(super) carried: Vec<(String, String)>,
    /// 已选条件, each with the page that has it no more.
    pub(super) chips: Vec<Chip>,
    pub(super) reset: String,
    /// 数据截至
    pub(super) fresh: String,
    /// Cases computed with parameters nobody has confirmed: count and their list.
    pub(super) unconfirmed: Option<(String, String)>,
}

pub(super) struct Choice {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) chosen: bool,
}

pub(super) struct Chip {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) without: String,
}

/// A dimension: a list to choose from, or with very many values a field for a code.
pub(super) struct Field {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) value: String,
    pub(super) choices: Vec<Choice>,
    /// Where the search box asks; empty for none.
    pub(super) suggest: &'static str,
}

/// More values than this are no list to choose from.
const LONGEST: usize = 400;

pub(super) fn bar(request: &Request<'_>) -> Result<FilterBar, ApiError> {
    let period = request.selection.period;
    let asked = &request.asked;
    let mut fields = Vec::new();
    let homeless = !request.layer.has_home();
    for dimension in request.report.filters.iter().filter(|dimension| !(dimension.needs_home() && homeless)) {
        let chosen = asked.text(&dimension.id).to_owned();
        let suggest = match dimension.id.as_str() {
            "principal" => "/suggest/diagnosis",
            "main_operation" => "/suggest/procedure",
            _ => "",
        };
        let all = request.answer(&Query::of(["discharges"], everyone()).by(dimension.id.as_str()))?;
        let choices = match all.rows.len() > LONGEST || !suggest.is_empty() {
            true => Vec::new(),
            false => all
                .rows
                .iter()
                .filter_map(|row| {
                    let value = key_text(row.keys.first()?);
                    let chosen = value == chosen;
                    Some(Choice { value, name: row.labels.join(" "), chosen })
                })
                .collect(),
        };
        fields.push(Field {
            id: dimension.id.clone(),
            name: dimension.name.clone(),
            value: chosen,
            choices,
            suggest,
        });
    }
    let own = |name: &str| {
        matches!(name, "format" | "page" | "basis")
            || PERIOD.contains(&name)
            || fields.iter().any(|f| f.id == name)
    };
    let measure = request.layer.measure("unconfirmed_cases")?;
    let count = match request.fits(measure) {
        true => request
            .answer(&Query::of(["unconfirmed_cases"], request.selection.clone()))?
            .total_of("unconfirmed_cases"),
        false => None,
    };
    let count = count.filter(|n| !n.is_zero());
    Ok(FilterBar {
        action: format!("/report/{}", request.report.id),
        periods: periods(request),
        from: period.map(|period| period.from().to_string()).unwrap_or_default(),
        to: period.map(|period| period.to().to_string()).unwrap_or_default(),
        bases: Basis::ALL
            .iter()
            .map(|(basis, value, name)| Choice {
                value: (*value).to_owned(),
                name: (*name).to_owned(),
                chosen: *basis == request.selection.basis,
            })
            .collect(),
        carried: asked.0.iter().filter(|(name, _)| !own(name)).cloned().collect(),
        chips: chips(request),
        reset: format!("/report/{}?tab={}", request.report.id, request.tab_at + 1),
        fresh: request.fresh(),
        unconfirmed: count.map(|n| (n.to_string(), request.opened(measure, period, Vec::new()))),
        fields,
    })
}

/// Conditions on dimensions, whether the bar shows them or a drill brought them along.
fn chips(request: &Request<'_>) -> Vec<Chip> {
    let layer = &request.layer;
    let of = |(name, value): &(String, String)| {
        let dimension = layer.dimension(name).ok().filter(|d| !PERIOD.contains(&d.id.as_str()))?;
        Some(Chip {
            name: dimension.name.clone(),
            value: request.label(dimension, value),
            without: request.address(&[(name, ""), ("page", "")]),
        })
    };
    request.asked.0.iter().filter_map(of).collect()
}

/// 快捷期间
fn periods(request: &Request<'_>) -> Vec<Link> {
    let today = request.app.today();
    let (year, month) = (today.year(), today.month());
    let this_month = Period::month(year, month);
    let mut entries: Vec<(&str, Option<Period>)> = vec![
        ("本月", this_month),
        ("上月", this_month.and_then(|month| month.before(Comparison::PeriodBefore))),
        ("本季", Period::quarter(year, (month + 2) / 3)),
        ("本年", Period::year(year)),
        ("上年", Period::year(year - 1)),
    ];
    entries.push((
        "去年同期",
        request.selection.period.and_then(|period| period.before(Comparison::YearBefore)),
    ));
    let link = |(title, period): (&str, Option<Period>)| {
        let time = period_fields(period?);
        let mut more: Vec<(&str, &str)> = PERIOD
            .iter()
            .filter(|name| !time.iter().any(|(field, _)| field == *name))
            .map(|name| (*name, ""))
            .collect();
        more.extend(time.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        more.push(("page", ""));
        let here = time.iter().all(|(name, value)| request.asked.text(name) == value);
        Some(Link { title: title.to_owned(), address: request.address(&more), here })
    };
    entries.into_iter().filter_map(link).collect()
}
