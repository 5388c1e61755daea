//! How the checked measures are divided, filtered and dated: once for the layer, once in plain SQL.

use super::Rows;
use jiff::civil::{Date, date};
use metrics::{Basis, Period, Query, Selection, Test, Value};
use rust_decimal::Decimal;

type Dimension = (&'static str, fn(Rows, Basis) -> String);

pub(crate) struct View {
    pub(crate) name: &'static str,
    pub(crate) by: Vec<Dimension>,
    pub(crate) from: Date,
    pub(crate) to: Date,
    pub(crate) basis: Basis,
    pub(crate) filter: fn(Selection) -> Selection,
    /// The same filter in SQL.
    pub(crate) sql: fn(Rows) -> String,
}

impl View {
    pub(crate) fn year(name: &'static str, by: &[Dimension]) -> View {
        View {
            name,
            by: by.to_vec(),
            from: date(2025, 1, 1),
            to: date(2025, 12, 31),
            basis: Basis::Discharge,
            filter: |cases| cases,
            sql: |_| "1".into(),
        }
    }

    pub(crate) fn selection(&self) -> Selection {
        let period = Period::new(self.from, self.to).unwrap();
        (self.filter)(Selection { basis: self.basis, ..Selection::within(period) })
    }

    pub(crate) fn ask(&self, query: Query) -> Query {
        self.by.iter().fold(query, |query, (id, _)| query.by(*id))
    }

    pub(crate) fn keys(&self, rows: Rows) -> Vec<String> {
        self.by.iter().map(|(_, key)| key(rows, self.basis)).collect()
    }

    pub(crate) fn condition(&self, rows: Rows) -> String {
        let day = |day: Date| model::canonical::seconds_of(day.at(0, 0, 0, 0)) / 86_400;
        let (first, last) = days(rows, self.basis);
        let discharged = if rows.own_days().is_some() { "1" } else { "NOT in_house" };
        let filter = (self.sql)(rows);
        format!("{last} >= {} AND {first} <= {} AND {discharged} AND {filter}", day(self.from), day(self.to))
    }
}

fn days(rows: Rows, basis: Basis) -> (&'static str, &'static str) {
    rows.own_days().unwrap_or(match basis {
        Basis::Discharge => ("out_day", "out_day"),
        Basis::Settlement => ("settled_day", "settled_day"),
        Basis::Admission => ("in_day", "in_day"),
    })
}

fn time(rows: Rows, basis: Basis, form: &str) -> String {
    format!(
        "CAST({} AS INTEGER)",
        form.replace("DAY", &format!("{} * 86400, 'unixepoch'", days(rows, basis).0))
    )
}

const DEPARTMENT: Dimension = ("department", |rows, _| rows.department().to_owned());
const MONTH: Dimension = ("month", |rows, basis| time(rows, basis, "STRFTIME('%Y%m', DAY)"));
const QUARTER: Dimension =
    ("quarter", |rows, basis| time(rows, basis, "STRFTIME('%Y', DAY) * 10 + (STRFTIME('%m', DAY) + 2) / 3"));
const SOURCE: Dimension = ("patient_source", |_, _| {
    "CASE WHEN region IS NULL THEN NULL WHEN region = '999901' THEN '1' WHEN region LIKE '9999%' THEN '2' \
     WHEN region LIKE '99%' THEN '3' ELSE '4' END"
        .to_owned()
});
/// Chapters by the letters and numbers that are there.
const CHAPTER: Dimension = ("principal_chapter", |_, _| {
    "CASE WHEN category IS NULL THEN NULL WHEN category LIKE 'A%' OR category LIKE 'B%' THEN '01' \
     WHEN category LIKE 'C%' OR category IN ('D01', 'D12', 'D48') THEN '02' WHEN category LIKE 'E%' THEN '04' \
     WHEN category LIKE 'I%' THEN '09' WHEN category LIKE 'J%' THEN '10' WHEN category LIKE 'K%' THEN '11' \
     WHEN category LIKE 'N%' THEN '14' WHEN category LIKE 'O%' THEN '15' WHEN category LIKE 'P%' THEN '16' \
     WHEN category LIKE 'R%' THEN '18' WHEN category LIKE 'S%' OR category LIKE 'T%' THEN '19' \
     WHEN category LIKE 'Z%' THEN '21' END"
        .to_owned()
});

fn column(name: &'static str) -> fn(Rows, Basis) -> String {
    macro_rules! known { ($($name:literal)*) => { match name { $($name => |_, _| $name.to_owned(),)* _ => panic!("{name}") } } }
    known!("sex" "age_band_" "category" "insurance" "band" "severity" "grade" "anaesthesia_" "op_code" "surgeon_key" "class_" "level_"
        "item_key" "l_department" "d_kind" "d_code" "discharge_way" "kind" "group_code" "highest")
}

pub(crate) fn all() -> Vec<View> {
    let dimension = |id: &'static str, sql: &'static str| -> Dimension { (id, column(sql)) };
    vec![
        View::year("by department", &[DEPARTMENT]),
        View {
            from: date(2024, 7, 1),
            to: date(2025, 6, 30),
            filter: |cases| cases.is("insured", true),
            sql: |_| "insured".into(),
            ..View::year("insured by month", &[MONTH])
        },
        View { from: date(2024, 1, 1), ..View::year("by quarter and department", &[QUARTER, DEPARTMENT]) },
        View {
            to: date(2025, 3, 31),
            filter: |cases| cases.filter("department", Test::In(vec!["K1".into(), "K2".into()])),
            sql: |rows| format!("{} IN ('K1', 'K2')", rows.department()),
            ..View::year("two departments in a quarter", &[])
        },
        View::year("by age and sex", &[dimension("age_band", "age_band_"), dimension("sex", "sex")]),
        View {
            filter: |cases| {
                cases.filter("admission_way", Test::In(vec!["1".into(), "2".into(), Value::Null]))
            },
            sql: |_| "(admission_way IN ('1', '2') OR admission_way IS NULL)".into(),
            ..View::year("by chapter, some ways in", &[CHAPTER])
        },
        View {
            basis: Basis::Settlement,
            ..View::year("settled, by insurance", &[dimension("insurance_type", "insurance")])
        },
        View {
            filter: |cases| cases.filter("total_fee", Test::AtLeast(Value::Decimal(Decimal::from(500)))),
            sql: |_| "total >= 50000".into(),
            ..View::year("dear ones by band", &[dimension("band", "band")])
        },
        View {
            basis: Basis::Admission,
            from: date(2023, 11, 15),
            to: date(2025, 1, 20),
            filter: |cases| cases.filter("discharge_way", Test::NotIn(vec!["5".into()])),
            sql: |_| "COALESCE(discharge_way, '') <> '5'".into(),
            ..View::year("admitted, by severity and home", &[dimension("case_type", "severity"), SOURCE])
        },
        View {
            filter: |cases| cases.is("dip_grouped", true).filter("principal", Test::Begins("K35".into())),
            sql: |_| "dip AND is_grouped AND principal LIKE 'K35%'".into(),
            ..View::year(
                "appendicitis by group",
                &[dimension("group", "group_code"), dimension("kind", "kind")],
            )
        },
        View {
            filter: |cases| cases.is("profit", false),
            sql: |_| "NOT COALESCE(surplus > 0, 0)".into(),
            ..View::year(
                "no profit, by way out and highest level",
                &[dimension("discharge_way", "discharge_way"), dimension("surgery_level", "highest")],
            )
        },
        View::year(
            "by level and anaesthesia",
            &[dimension("operation_level", "grade"), dimension("anaesthesia", "anaesthesia_")],
        ),
        View::year("by surgeon", &[dimension("operation_surgeon", "surgeon_key")]),
        View::year("by operation", &[dimension("operation", "op_code")]),
        View::year("by fee class", &[dimension("fee_class", "class_")]),
        View::year(
            "by item and level",
            &[dimension("charge_item", "item_key"), dimension("charge_level", "level_")],
        ),
        View::year("by ordering department", &[dimension("ordering_department", "l_department")]),
        View::year(
            "by kind of diagnosis",
            &[dimension("diagnosis_kind", "d_kind"), dimension("diagnosis", "d_code")],
        ),
    ]
}
