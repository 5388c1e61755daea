//! 筛选: which warnings a page is about, as it stands in the address.

use crate::error::ApiError;
use crate::query::{Fields, encode};
use crate::rule_library::KINDS;
use crate::text;
use jiff::civil::Date;
use metrics::Period;
use store::{FindingState, WarnedPatients, WarningFilter};

/// 口径 of the patients: value in the address, name, what the period is about.
pub(super) const PATIENTS: [(WarnedPatients, &str, &str, &str); 3] = [
    (WarnedPatients::Discharged, "discharged", "按出院", "出院日期"),
    (WarnedPatients::Settled, "settled", "按结算", "结算日期"),
    (WarnedPatients::InHouse, "in_house", "按在院", "预警日期"),
];

/// 时间单位
pub(super) const UNITS: [(&str, &str); 4] =
    [("day", "按日"), ("month", "按月"), ("quarter", "按季度"), ("year", "按年")];

/// Kinds of rules that limit whom an item is for: 医保目录预警; the others are 收费监控预警.
pub(crate) fn class_kinds(class: &str) -> Vec<String> {
    let limits = |kind: &&crate::rule_library::KindForm| kind.is_catalogue_limit();
    match class {
        "catalogue" => KINDS.iter().filter(limits).map(|kind| kind.code.to_owned()).collect(),
        "charge" => charge_kinds(),
        _ => Vec::new(),
    }
}

/// Kinds of 收费监控预警.
pub(super) fn charge_kinds() -> Vec<String> {
    KINDS.iter().filter(|kind| !kind.is_catalogue_limit()).map(|kind| kind.code.to_owned()).collect()
}

/// An address of warnings with these fields.
pub(crate) fn address(fields: &[(&str, &str)]) -> String {
    let parts: Vec<String> = fields
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    format!("/warnings?{}", parts.join("&"))
}

/// What an address asks for.
pub(super) struct AskedWarnings {
    pub(super) filter: WarningFilter,
    pub(super) unit: &'static str,
    pub(super) date: Date,
    pub(super) period: Option<Period>,
}

/// Reads the address; without a period the year of `today`, of one case everything.
pub(super) fn read(asked: &Fields, today: Date) -> Result<AskedWarnings, ApiError> {
    let patients = match asked.text("patients") {
        "" => WarnedPatients::Discharged,
        name => {
            let known = PATIENTS.iter().find(|entry| entry.1 == name);
            known.ok_or_else(|| ApiError::wrong(format!("没有患者口径“{name}”")))?.0
        }
    };
    let unit = match asked.text("unit") {
        "" => "year",
        name => {
            UNITS
                .iter()
                .find(|unit| unit.0 == name)
                .ok_or_else(|| ApiError::wrong(format!("没有时间单位“{name}”")))?
                .0
        }
    };
    let case = asked.whole("case", "病例")?;
    let date = asked.date("date", "日期")?.unwrap_or(today);
    let (from, to) = (asked.date("from", "起始日期")?, asked.date("to", "截止日期")?);
    let period = if case.is_some() {
        None
    } else if from.is_some() || to.is_some() {
        let whole = (from.unwrap_or(Date::constant(1970, 1, 1)), to.unwrap_or(Date::constant(9999, 12, 31)));
        Some(Period::new(whole.0, whole.1).ok_or_else(|| ApiError::wrong("起始日期晚于截止日期"))?)
    } else {
        match unit {
            "day" => Period::new(date, date),
            "month" => Period::month(date.year(), date.month()),
            "quarter" => Period::quarter(date.year(), (date.month() + 2) / 3),
            _ => Period::year(date.year()),
        }
    };
    let state = match asked.text("state") {
        "" => None,
        name => {
            Some(FindingState::named(name).ok_or_else(|| ApiError::wrong(format!("没有处理状态“{name}”")))?)
        }
    };
    let class = asked.text("class");
    if !matches!(class, "" | "catalogue" | "charge") {
        return Err(ApiError::wrong(format!("没有预警类别“{class}”")));
    }
    let text = |name: &str| asked.text(name).to_owned();
    let kind = text("kind");
    let filter = WarningFilter {
        patients,
        from: period.map(|period| text::days(period.from())),
        to: period.map(|period| text::days(period.to())),
        department: text("department"),
        doctor: text("doctor"),
        rule: text("rule"),
        level: text("level"),
        kinds: if kind.is_empty() { class_kinds(class) } else { vec![kind] },
        state,
        case,
    };
    Ok(AskedWarnings { filter, unit, date, period })
}

impl AskedWarnings {
    /// 口径 and period, for the head of an export.
    pub(super) fn words(&self) -> Vec<(String, String)> {
        let Some(entry) = PATIENTS.iter().find(|entry| entry.0 == self.filter.patients) else {
            return Vec::new();
        };
        match self.period {
            Some(period) => {
                vec![("口径".to_owned(), entry.2.to_owned()), (entry.3.to_owned(), period.chinese())]
            }
            None => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn an_address_says_days_months_quarters_and_years() {
        let today = date(2026, 5, 20);
        let period = |query: &str| {
            let period = read(&Fields::parse(query), today).ok().and_then(|asked| asked.period);
            period.map(|period| (period.from().to_string(), period.to().to_string()))
        };
        let days = |from: &str, to: &str| Some((from.to_owned(), to.to_owned()));
        assert_eq!(period(""), days("2026-01-01", "2026-12-31"));
        assert_eq!(period("unit=day"), days("2026-05-20", "2026-05-20"));
        assert_eq!(period("unit=month&date=2026-02-11"), days("2026-02-01", "2026-02-28"));
        assert_eq!(period("unit=quarter"), days("2026-04-01", "2026-06-30"));
        assert_eq!(period("from=2026-01-05&to=2026-01-06"), days("2026-01-05", "2026-01-06"));
        assert_eq!(period("case=7"), None);
        for bad in
            ["unit=week", "patients=x", "state=x", "class=x", "date=x", "from=2026-02-01&to=2026-01-01"]
        {
            assert!(read(&Fields::parse(bad), today).is_err(), "{bad}");
        }
        let both: Vec<String> = class_kinds("catalogue").into_iter().chain(charge_kinds()).collect();
        assert_eq!(both.len(), KINDS.len(), "every kind is of one class");
    }
}
