//! Each measure against plain SQL over the store's own tables ([`TABLES`]), by dimensions, with filters and over periods of its
//! own, in rows and in total, to the 分. The SQL knows nothing of the mart, of the layer or of its statements.

mod case_checks;
mod comparing;
mod fact_checks;
mod views;

use crate::insured_ward::{insured, viewer};
use metrics::{Query, Value};
use model::DataScope;
use rusqlite::Connection;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use views::View;

/// The store's records side by side.
const TABLES: &str = include_str!("tables.sql");

/// Rows that are counted, and the days that decide when: table, first day, last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    Cases,
    Admitted,
    Operations,
    OperationDays,
    Diagnoses,
    Lines,
    LineDays,
    Stays,
    Entered,
    Left,
    Visits,
    Nights,
    Open,
}

impl Rows {
    fn table(self) -> &'static str {
        match self {
            Rows::Cases | Rows::Admitted => "k",
            Rows::Operations | Rows::OperationDays => "operation_of",
            Rows::Diagnoses => "diagnosis_of",
            Rows::Lines | Rows::LineDays => "line_of",
            Rows::Stays | Rows::Entered | Rows::Left => "stay_of",
            Rows::Visits => "visit_of",
            Rows::Nights => "night_of",
            Rows::Open => "open_of",
        }
    }

    /// First and last day of their own; none for those that count on the days of their cases.
    fn own_days(self) -> Option<(&'static str, &'static str)> {
        match self {
            Rows::Admitted => Some(("in_day", "in_day")),
            Rows::OperationDays => Some(("op_day", "op_day")),
            Rows::LineDays => Some(("l_day", "l_day")),
            Rows::Entered => Some(("t_in", "t_in")),
            Rows::Left => Some(("t_out", "t_out")),
            Rows::Visits => Some(("t_from", "t_to")),
            Rows::Nights => Some(("n_day", "n_day")),
            Rows::Open => Some(("o_day", "o_day")),
            _ => None,
        }
    }

    fn department(self) -> &'static str {
        match self {
            Rows::Stays | Rows::Entered | Rows::Left => "t_department",
            Rows::Visits => "v_department",
            Rows::Nights => "n_department",
            Rows::Open => "o_department",
            _ => "department_",
        }
    }
}

/// A number over rows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number {
    /// Rows for which this holds.
    Count(&'static str),
    /// Different values among them.
    Different(&'static str, &'static str),
    /// Sum, its decimal places, over rows of a part; nothing when nothing of the part is known.
    Sum(&'static str, u32, &'static str),
    /// The same, of the rows of the part for which something else is known, too.
    Known(&'static str, u32, &'static str, &'static str),
}

pub(crate) const ALL: &str = "1";

pub(crate) const fn cases(condition: &'static str) -> Option<Part> {
    Some((Rows::Cases, Number::Count(condition)))
}

/// 分
pub(crate) const fn fen(expression: &'static str) -> Option<Part> {
    Some((Rows::Cases, Number::Sum(expression, 2, ALL)))
}

pub(crate) const fn fen_of(expression: &'static str, part: &'static str) -> Option<Part> {
    Some((Rows::Cases, Number::Sum(expression, 2, part)))
}

pub(crate) const fn fen_known(
    expression: &'static str,
    part: &'static str,
    known: &'static str,
) -> Option<Part> {
    Some((Rows::Cases, Number::Known(expression, 2, part, known)))
}

/// Points, coefficients, ratios: millionths.
pub(crate) const fn millionths(expression: &'static str, part: &'static str) -> Option<Part> {
    Some((Rows::Cases, Number::Sum(expression, 6, part)))
}

/// Days, pieces.
pub(crate) const fn whole(expression: &'static str, part: &'static str) -> Option<Part> {
    Some((Rows::Cases, Number::Sum(expression, 0, part)))
}

pub(crate) type Part = (Rows, Number);

/// Measure, numerator, denominator; the numerator is always there.
pub(crate) type Check = (&'static str, Option<Part>, Option<Part>);

impl Number {
    fn sql(self) -> (String, u32) {
        let sum = |expression: &str, part: &str, known: &str| {
            format!(
                "CASE WHEN COUNT(CASE WHEN {part} THEN 1 END) = 0 THEN 0 \
                 ELSE SUM(CASE WHEN ({part}) AND ({known}) THEN {expression} END) END"
            )
        };
        match self {
            Number::Count(condition) => (format!("COUNT(CASE WHEN {condition} THEN 1 END)"), 0),
            Number::Different(column, condition) => {
                (format!("COUNT(DISTINCT CASE WHEN {condition} THEN {column} END)"), 0)
            }
            Number::Sum(expression, places, part) => (sum(expression, part, ALL), places),
            Number::Known(expression, places, part, known) => (sum(expression, part, known), places),
        }
    }
}

/// The store with everything side by side.
pub(crate) struct Oracle {
    db: Connection,
}

/// A number by keys; over no rows at all as the second.
type Numbers = (BTreeMap<Vec<Value>, Option<Decimal>>, Option<Decimal>);

impl Oracle {
    pub(crate) fn open() -> Oracle {
        let db = insured().sqlite();
        db.execute_batch(TABLES).unwrap();
        Oracle { db }
    }

    /// Rows of an SQL text: keys, then one whole number.
    pub(crate) fn rows(&self, sql: &str, keys: usize) -> Vec<(Vec<Value>, Option<i64>)> {
        let mut statement = self.db.prepare(sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
        let rows = statement.query_map([], |row| {
            let key = |at| -> rusqlite::Result<Value> {
                Ok(match row.get(at)? {
                    rusqlite::types::Value::Integer(n) => Value::Whole(n),
                    rusqlite::types::Value::Text(text) => Value::Text(text),
                    _ => Value::Null,
                })
            };
            Ok(((0..keys).map(key).collect::<Result<_, _>>()?, row.get(keys)?))
        });
        rows.unwrap().collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{error}: {sql}"))
    }

    fn numbers(&self, (rows, number): Part, view: &View, keys: &[String]) -> Numbers {
        let (expression, places) = number.sql();
        let keyed: String = keys.iter().map(|key| format!("{key}, ")).collect();
        let group: Vec<String> = (1..=keys.len()).map(|n| n.to_string()).collect();
        let group = if keys.is_empty() { String::new() } else { format!(" GROUP BY {}", group.join(", ")) };
        let sql = |condition: &str, keyed: &str, group: &str| {
            format!(
                "SELECT {keyed}CAST({expression} AS INTEGER) FROM {} WHERE {condition}{group}",
                rows.table()
            )
        };
        let exact = |n: Option<i64>| Some(Decimal::from_i128_with_scale(n?.into(), places));
        let found = self.rows(&sql(&view.condition(rows), &keyed, &group), keys.len());
        let nothing = self.rows(&sql("0", "", ""), 0)[0].1;
        (found.into_iter().map(|(key, n)| (key, exact(n))).collect(), exact(nothing))
    }

    /// A measure's value over no rows.
    fn nothing(&self, check: &Check) -> Option<Decimal> {
        let counted = matches!(check.1, Some((_, Number::Count(_) | Number::Different(..))));
        (check.2.is_none() && counted).then_some(Decimal::ZERO)
    }

    /// A measure's values by a view's dimensions, or in total.
    pub(crate) fn values(&self, check: &Check, view: &View, total: bool) -> Values {
        let parts = [check.1, check.2].into_iter().flatten();
        let numbers: Vec<Numbers> = parts
            .map(|part| {
                let keys = if total { Vec::new() } else { view.keys(part.0) };
                self.numbers(part, view, &keys)
            })
            .collect();
        let all: BTreeSet<&Vec<Value>> = numbers.iter().flat_map(|numbers| numbers.0.keys()).collect();
        let of = |(found, nothing): &Numbers, key: &Vec<Value>| found.get(key).copied().unwrap_or(*nothing);
        let value = |key: &Vec<Value>| match &numbers[..] {
            [numerator, denominator] => {
                of(numerator, key)?.checked_div(of(denominator, key).filter(|d| !d.is_zero())?)
            }
            numbers => of(&numbers[0], key),
        };
        all.into_iter().map(|key| (key.clone(), value(key))).collect()
    }
}

/// Those of measures that are there.
pub(crate) fn checks() -> Vec<Check> {
    let mut all = [case_checks::CASES, case_checks::FEES, fact_checks::FACTS].concat();
    all.retain(|check| insured().layer.measure(check.0).is_ok());
    all
}

/// What a measure's values are by some keys.
type Values = BTreeMap<Vec<Value>, Option<Decimal>>;

/// Keys whose values differ. A row in which nothing is counted need not be there.
fn differing(found: &Values, expected: &Values, nothing: Option<Decimal>) -> Vec<String> {
    let keys: BTreeSet<&Vec<Value>> = expected.keys().chain(found.keys()).collect();
    let of = |all: &Values, key: &Vec<Value>| all.get(key).copied().unwrap_or(nothing);
    let wrong = keys.into_iter().filter(|key| {
        of(found, key) != of(expected, key) || (expected.contains_key(*key) && !found.contains_key(*key))
    });
    wrong.map(|key| format!("{key:?} {:?}, by the store {:?}", found.get(key), expected.get(key))).collect()
}

// covers: DIP-2.01, DIP-2.02, DIP-2.03, DIP-2.04, DIP-2.05
#[test]
fn numbers_are_those_of_the_store() {
    let (insured, oracle) = (insured(), Oracle::open());
    let (mut wrong, mut seen) = (Vec::new(), BTreeMap::<&str, (usize, usize)>::new());
    // Measures of the same rows are asked for together.
    let mut together: BTreeMap<String, Vec<Check>> = BTreeMap::new();
    for check in checks() {
        let of = [check.1, check.2].map(|part| part.map(|part| part.0));
        together.entry(format!("{of:?}")).or_default().push(check);
    }
    for (group, view) in
        together.values().flat_map(|group| views::all().into_iter().map(move |view| (group, view)))
    {
        let visits = group.iter().any(|check| check.1.is_some_and(|part| part.0 == Rows::Visits));
        // A visit counts in every month that it touches; plain SQL has it once.
        if visits && view.by.iter().any(|(id, _)| matches!(*id, "month" | "quarter")) {
            continue;
        }
        let query = view.ask(Query::of(group.iter().map(|check| check.0), view.selection()));
        // Not every fact has every dimension.
        let Ok(compiled) = insured.layer.compile(&query, &viewer(DataScope::Hospital)) else { continue };
        let answer = insured.mart.answer(&compiled).unwrap_or_else(|error| panic!("{}: {error}", view.name));
        for (at, check) in group.iter().enumerate() {
            let found: Values = answer.rows.iter().map(|row| (row.keys.clone(), row.values[at])).collect();
            let expected =
                if view.by.is_empty() { Values::new() } else { oracle.values(check, &view, false) };
            let rows = differing(&found, &expected, oracle.nothing(check));
            wrong.extend(rows.into_iter().take(2).map(|row| format!("{} {}: {row}", check.0, view.name)));
            let total = oracle.values(check, &view, true)[&Vec::new()];
            if answer.total.values[at] != total {
                let found = answer.total.values[at];
                wrong.push(format!("{} {}: total {found:?}, by the store {total:?}", check.0, view.name));
            }
            let (views, all) = seen.entry(check.0).or_default();
            (*views, *all) = (*views + 1, *all + expected.len());
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    let seldom: Vec<_> = seen.iter().filter(|(_, (views, rows))| *views < 3 || *rows < 6).collect();
    assert!(seldom.is_empty() && seen.len() > 200, "{seldom:?}");
}

/// A new measure comes with its line in plain SQL; those that cannot have one are named here with the reason.
#[test]
fn every_measure_is_checked() {
    // A difference of two that are checked; a quotient of days, checked below.
    let others = ["revenue_per_day_difference", "bed_turnover"];
    let checked: BTreeSet<&str> = checks().iter().map(|check| check.0).chain(others).collect();
    let missing: Vec<&str> = insured()
        .layer
        .measures()
        .iter()
        .map(|measure| measure.id.as_str())
        .filter(|id| !checked.contains(id))
        .collect();
    assert!(missing.is_empty(), "no line in crates/mart/tests/answers/oracle: {missing:?}");
}
