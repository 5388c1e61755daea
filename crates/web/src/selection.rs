//! 筛选: which cases a page is about, as it stands in the address, so that back, bookmark, export and drill all keep it.
//!
//! `basis=settlement`, `year=2026` or `month=202603` or `from=…&to=…`, `patients=in_house`, `only=dip_grouped` (a named
//! population), `measure=surplus` (the cases that a number counts), and any dimension: `department=D01&band=0.4~0.75`.
//! A dimension may come several times; `-` is what has no value.

use crate::error::ApiError;
use crate::query::{Fields, encode};
use jiff::civil::Date;
use metrics::{Basis, Layer, Patients, Period, Selection, Test, Value};

/// What has no value, in an address.
pub(crate) const NO_VALUE: &str = "-";

/// Fields of the address that are not dimensions.
const OWN: [&str; 8] = ["basis", "year", "month", "from", "to", "patients", "only", "measure"];

/// The cases that an address is about; without a period all of them.
pub(crate) fn read(asked: &Fields, layer: &Layer) -> Result<Selection, ApiError> {
    let basis = match asked.text("basis") {
        "" => Basis::default(),
        name => Basis::named(name).ok_or_else(|| ApiError::wrong(format!("没有时间口径“{name}”")))?,
    };
    let patients = match asked.text("patients") {
        "" | "discharged" => Patients::Discharged,
        "in_house" => Patients::InHouse,
        "all" => Patients::All,
        other => return Err(ApiError::wrong(format!("没有患者范围“{other}”"))),
    };
    let mut selection = Selection { basis, period: period(asked)?, patients, filters: Vec::new() };
    for population in asked.all("only") {
        selection = match population.strip_prefix('!') {
            Some(not) => selection.is(not, false),
            None => selection.is(population, true),
        };
    }
    for dimension in layer.dimensions().iter().filter(|dimension| !OWN.contains(&dimension.id.as_str())) {
        let values: Vec<Value> = asked
            .all(&dimension.id)
            .map(|value| if value == NO_VALUE { Value::Null } else { Value::from(value) })
            .collect();
        if !values.is_empty() {
            selection = selection.filter(dimension.id.as_str(), Test::In(values));
        }
    }
    Ok(selection)
}

/// The measure whose cases are asked for.
pub(crate) fn measure(asked: &Fields) -> Option<String> {
    Some(asked.text("measure")).filter(|measure| !measure.is_empty()).map(str::to_owned)
}

fn period(asked: &Fields) -> Result<Option<Period>, ApiError> {
    let wrong = |what: &str| ApiError::wrong(format!("{what}有误；请重新选择"));
    if let Some(month) = asked.whole("month", "月份")? {
        let (year, month) = (i16::try_from(month / 100), i8::try_from(month % 100));
        let (Ok(year), Ok(month)) = (year, month) else { return Err(wrong("月份")) };
        return Period::month(year, month).map(Some).ok_or_else(|| wrong("月份"));
    }
    if let Some(year) = asked.whole("year", "年份")? {
        let period = i16::try_from(year).ok().and_then(Period::year);
        return period.map(Some).ok_or_else(|| wrong("年份"));
    }
    let (from, to) = (asked.date("from", "起始日期")?, asked.date("to", "截止日期")?);
    if from.is_none() && to.is_none() {
        return Ok(None);
    }
    let (from, to) = (from.unwrap_or(Date::constant(1970, 1, 1)), to.unwrap_or(Date::constant(9999, 12, 31)));
    Period::new(from, to).map(Some).ok_or_else(|| ApiError::wrong("起始日期晚于截止日期"))
}

/// The part of an address that says which cases.
pub(crate) fn of_address(asked: &Fields, layer: &Layer) -> Fields {
    let known = |name: &str| OWN.contains(&name) || layer.dimensions().iter().any(|d| d.id == name);
    Fields(asked.0.iter().filter(|(name, value)| known(name) && !value.is_empty()).cloned().collect())
}

/// Address of the cases behind a number: the page's selection, narrowed.
pub(crate) fn cases_address(selection: &Fields, narrowed: &[(&str, &str)]) -> String {
    let replaced: Vec<&str> = narrowed.iter().map(|(name, _)| *name).collect();
    let mut parts = vec![selection.without(&replaced)];
    parts.extend(
        narrowed
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{}={}", encode(name), encode(value))),
    );
    parts.retain(|part| !part.is_empty());
    format!("/cases?{}", parts.join("&"))
}

/// The selection in words, for the head of a page and of an export.
pub(crate) fn words(
    selection: &Selection,
    layer: &Layer,
    label: impl Fn(&str, &str) -> Option<String>,
) -> Vec<(String, String)> {
    let mut words = Vec::new();
    if let Some(period) = selection.period {
        words.push((selection.basis.chinese().to_owned(), format!("{} 至 {}", period.from(), period.to())));
    }
    match selection.patients {
        Patients::InHouse => words.push(("患者".to_owned(), "在院".to_owned())),
        Patients::All => words.push(("患者".to_owned(), "出院与在院".to_owned())),
        Patients::Discharged => {}
    }
    for filter in &selection.filters {
        if let Some(population) = layer.populations().iter().find(|population| population.id == filter.on) {
            let inside = filter.test == Test::In(vec![true.into()]);
            words.push(("范围".to_owned(), format!("{}{}", if inside { "" } else { "非" }, population.name)));
            continue;
        }
        let name = layer.dimension(&filter.on).map_or(filter.on.clone(), |dimension| dimension.name.clone());
        let Test::In(values) = &filter.test else { continue };
        let labels: Vec<String> = values
            .iter()
            .map(|value| match value {
                Value::Null => "无".to_owned(),
                value => {
                    let text = value.to_string();
                    label(&filter.on, &text).unwrap_or(text)
                }
            })
            .collect();
        words.push((name, labels.join("、")));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_becomes_a_selection_and_bad_ones_say_why() {
        let layer = crate::layer::shipped().unwrap();
        let asked = Fields::parse("year=2025&department=D01&department=D02&band=-&only=dip&page=3");
        let selection = read(&asked, &layer).unwrap();
        assert_eq!(selection.period, Period::year(2025));
        assert_eq!(selection.filters.len(), 3, "{selection:?}");
        let kept = of_address(&asked, &layer);
        assert_eq!(kept.text("page"), "");
        assert_eq!(
            cases_address(&kept, &[("band", "2+"), ("measure", "surplus")]),
            "/cases?year=2025&department=D01&department=D02&only=dip&band=2%2B&measure=surplus"
        );
        for bad in ["month=202513", "year=abc", "from=2025-02-30", "from=2025-02-02&to=2025-01-01", "basis=x"]
        {
            assert!(read(&Fields::parse(bad), &layer).is_err(), "{bad}");
        }
        let words = words(&selection, &layer, |_, value| (value == "D01").then(|| "心内科".to_owned()));
        assert!(words.contains(&("出院科室".to_owned(), "心内科、D02".to_owned())), "{words:?}");
    }
}
