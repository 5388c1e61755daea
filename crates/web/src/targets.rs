//! 指标目标: bounds of measures for a year, of the hospital, of departments and of doctors. Values outside of them are
//! warnings; the upper bound of 统筹基金支出 is the budget (统筹指标).

mod form;
mod import;
mod list;
mod places;
mod plan;
#[cfg(test)]
mod tests;

use crate::app::App;
use crate::error::ApiError;
use crate::query::Fields;
use crate::route::{Access, Route};
use metrics::{Measure, Period, Style, Targets};
use model::{Permission, Viewer};
use places::Places;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use store::Target;

pub(crate) fn routes() -> Vec<Route> {
    let (view, edit) = (Access::Needs(Permission::ParametersView), Access::Needs(Permission::ParametersEdit));
    vec![
        Route::get("/targets", view, list::list),
        Route::post("/targets/copy", edit, list::copy),
        Route::get("/targets/edit", edit, form::edit),
        Route::post("/targets/edit", edit, form::save),
        Route::get("/targets/staff-suggest", edit, form::suggest),
        Route::get("/targets/template", edit, import::template),
        Route::get("/targets/import", edit, import::form),
        Route::post("/targets/import", edit, import::upload),
        Route::post("/targets/import/confirm", edit, import::confirm),
    ]
}

impl App {
    /// 指标目标 of the year that a period begins in, those that the viewer may see: a viewer of some departments is not
    /// compared with the whole hospital.
    pub(crate) fn targets(&self, period: Period, viewer: &Viewer) -> Result<Targets, ApiError> {
        let places = Places::read(self)?;
        let all = self.store().targets(period.from().year().into())?;
        let seen = all.into_iter().filter(|target| places.sees(viewer, target));
        let number = |millionths: Option<i64>| millionths.map(|n| Decimal::new(n, 6));
        let seen = seen.map(|target| metrics::Target {
            low: number(target.low),
            high: number(target.high),
            measure: target.measure,
            department: target.department_key,
            doctor: target.doctor_key,
        });
        Ok(Targets::new(seen.collect(), period))
    }
}

fn year_of(app: &App, asked: &Fields) -> Result<i64, ApiError> {
    Ok(asked.whole("year", "年度")?.unwrap_or_else(|| app.today().year().into()))
}

/// A year as typed.
fn read_year(typed: &str) -> Result<i64, String> {
    let year = typed.parse().ok().filter(|year| (2000..2100).contains(year));
    year.ok_or_else(|| "年度应为四位年份，如 2026".to_owned())
}

/// Whether two targets are of the same measure and place.
fn same_place(a: &Target, b: &Target) -> bool {
    a.measure == b.measure && a.department_key == b.department_key && a.doctor_key == b.doctor_key
}

/// Millionths of the measure's unit of what was typed; percents are typed as 12.5.
fn bound(measure: &Measure, typed: &str, name: &str) -> Result<Option<i64>, String> {
    if typed.is_empty() {
        return Ok(None);
    }
    let percent = measure.format.style == Style::Percent;
    let wrong = || format!("{name}应为数字，如 {}，现为“{typed}”", if percent { "12.5" } else { "1200" });
    let plain = typed.replace([',', '，'], "");
    let plain = if percent { plain.trim_end_matches(['%', '％']) } else { &plain };
    let number = model::parse_decimal(plain.trim()).ok_or_else(wrong)?;
    let scale = if percent { 10_000 } else { 1_000_000 };
    number.checked_mul(Decimal::from(scale)).and_then(|n| n.round().to_i64()).map(Some).ok_or_else(wrong)
}

/// Both bounds as typed.
fn bounds(measure: &Measure, low: &str, high: &str) -> Result<(Option<i64>, Option<i64>), String> {
    let (low, high) = (bound(measure, low, "目标下限")?, bound(measure, high, "目标上限")?);
    match low.zip(high).is_some_and(|(low, high)| low > high) {
        true => Err("目标下限大于目标上限；请核对两个数".to_owned()),
        false => Ok((low, high)),
    }
}

/// A bound in the unit that it is typed in: percents as 12.5.
fn typed_number(millionths: i64, measure: &Measure) -> Decimal {
    let places = if measure.format.style == Style::Percent { 4 } else { 6 };
    Decimal::new(millionths, places).normalize()
}

/// The unit that bounds are typed in.
fn typed_unit(measure: &Measure) -> &str {
    if measure.format.style == Style::Percent { "%" } else { &measure.format.unit }
}

/// `—～30%`, for logs and messages.
fn said(low: Option<i64>, high: Option<i64>, measure: &Measure) -> String {
    let one = |n: Option<i64>| n.map_or("—".to_owned(), |n| typed_number(n, measure).to_string());
    format!("{}～{}", one(low), one(high))
}
