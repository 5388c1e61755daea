//! 病例查询的条件: what an address asks for, read once for the page, its totals and its export.

use super::entry::Entry;
use super::insurance_conditions;
use crate::app::App;
use crate::error::ApiError;
use crate::query::Fields;
use crate::selection;
use crate::who::Who;
use metrics::{Measure, Patients, Selection, Test, Value};
use model::Permission;
use std::sync::Arc;

/// 病例标志: name in the address, on the screen, the case's column and what it must be.
pub(super) const FLAGS: [(&str, &str, &str, bool); 11] = [
    ("review", "特例单议", "review", true),
    ("unconfirmed", "用到未确认参数", "confirmed", false),
    ("trial", "试算", "trial", true),
    ("deviates_high", "费用偏高", "deviates_high", true),
    ("deviates_low", "费用偏低", "deviates_low", true),
    ("operated", "有手术操作", "operated", true),
    ("icu", "进重症监护", "used_icu", true),
    ("transferred", "有转科", "transferred", true),
    ("refunded", "有退费", "refunded", true),
    ("died", "死亡", "died", true),
    ("readmitted", "31日内再入院", "readmitted_31", true),
];

/// Fields that are not the cases' own conditions.
const VIEW: [&str; 5] = ["page", "size", "order", "format", "period"];

/// Cases a name may stand for at most.
const NAMESAKES: i64 = 2000;

/// What is asked for.
pub(super) struct Filter {
    /// The address's fields, the default period put in.
    pub(super) asked: Fields,
    pub(super) selection: Selection,
    /// The number whose cases these are.
    pub(super) measure: Option<Arc<Measure>>,
    /// Conditions in words that [`selection::words`] does not know.
    pub(super) words: Vec<(String, String)>,
    /// The page that they stand on.
    pub(super) entry: Entry,
    /// 收费项目 that were asked for.
    pub(super) items: Vec<Value>,
}

impl Filter {
    pub(super) fn read(app: &App, who: &Who, mut asked: Fields, entry: Entry) -> Result<Filter, ApiError> {
        asked.0.retain(|(_, value)| !value.trim().is_empty());
        if asked.0.iter().all(|(name, _)| VIEW[..4].contains(&name.as_str())) {
            asked.0.push(("month".to_owned(), last_closed_month(app).to_string()));
        }
        let layer = app.layer();
        let mut selection = selection::read(&asked, &layer)?;
        // Who lies in house has no day of discharge.
        if selection.patients == Patients::InHouse && selection.basis == metrics::Basis::default() {
            selection.period = None;
        }
        let mut words = Vec::new();
        let text = |name: &str| asked.text(name).to_owned();
        let mut narrow = |on: &str, test: Test, name: &str, said: String| {
            selection.filters.push(metrics::Filter { on: on.to_owned(), test });
            words.push((name.to_owned(), said));
        };
        for (begins, on, name) in [
            ("number", "inpatient_number", "住院号"),
            ("record", "record_number", "病案号"),
            ("icd", "principal_code", "主要诊断编码"),
            ("icd9", "operation_code", "主要手术编码"),
        ] {
            let value = text(begins);
            if !value.is_empty() {
                narrow(on, Test::Begins(value.to_uppercase()), name, format!("{value}…"));
            }
        }
        let disease = text("disease");
        if !disease.is_empty() {
            narrow("group_name", Test::Contains(disease.clone()), "病种名称", format!("含“{disease}”"));
        }
        for flag in asked.all("flag") {
            let (_, chinese, column, wanted) = FLAGS
                .into_iter()
                .find(|(name, ..)| *name == flag)
                .ok_or_else(|| ApiError::wrong(format!("没有病例标志“{flag}”")))?;
            narrow(column, Test::In(vec![wanted.into()]), "标志", chinese.to_owned());
        }
        let name = text("name");
        if !name.is_empty() {
            if !who.viewer.may(Permission::Names) {
                return Err(ApiError::forbidden("按姓名查询"));
            }
            let numbers = app.store().cases_of_name(&who.viewer, &name, NAMESAKES)?;
            if numbers.len() as i64 >= NAMESAKES {
                return Err(ApiError::wrong(format!("以“{name}”开头的患者过多；请多输几个字，或改用住院号")));
            }
            let numbers: Vec<Value> = numbers.into_iter().map(Value::Whole).collect();
            narrow("number", Test::In(numbers), "姓名", format!("{name}…"));
        }
        let measure = selection::measure(&asked);
        let measure = measure.map(|id| layer.measure(&id).cloned()).transpose()?;
        if let Some(measure) = &measure {
            words.push(("指标".to_owned(), measure.name.clone()));
        }
        let mut filter = Filter { asked, selection, measure, words, entry, items: Vec::new() };
        if entry == Entry::Insurance {
            insurance_conditions::read(who, &mut filter)?;
        }
        Ok(filter)
    }

    /// 筛选条件 in words, for the head of the page and of the export.
    pub(super) fn about(
        &self,
        app: &App,
        label: impl Fn(&str, &str) -> Option<String>,
    ) -> Vec<(String, String)> {
        // Conditions of this page stand in `words` already.
        let layer = app.layer();
        let known = |on: &str| layer.dimension(on).is_ok() || layer.populations().iter().any(|p| p.id == on);
        let mut own = self.selection.clone();
        own.filters.retain(|filter| known(&filter.on));
        let mut about = selection::words(&own, &layer, label);
        about.extend(self.words.iter().cloned());
        about
    }

    /// The address of this list, without what only concerns the page or the file.
    pub(super) fn address(&self) -> Fields {
        Fields(self.asked.0.iter().filter(|(name, _)| name != "format").cloned().collect())
    }
}

/// yyyymm of the month before this one.
fn last_closed_month(app: &App) -> i64 {
    let today = app.today();
    let (year, month) = (i64::from(today.year()), i64::from(today.month()));
    if month == 1 { (year - 1) * 100 + 12 } else { year * 100 + month - 1 }
}
