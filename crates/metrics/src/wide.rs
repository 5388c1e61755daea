//! 宽汇总: one answer that serves many. A statement is asked for a whole year, by month and department besides what it is divided
//! by; whatever whole months and departments of that year are wanted are added up from its rows. Twenty people with filters of
//! their own then wait for one statement, not for twenty.
//!
//! Only what adds up over months and departments is kept so: a row has one month and one department, so rows and their sums do.
//! All rows of a case have the same, so the number of different cases does; the number of different patients does not.

use crate::aggregate::{Aggregate, Function};
use crate::answer::Merged;
use crate::compile::{Part, Plan, Statement};
use crate::dimension::Key;
use crate::query::{Filter, Query, Selection};
use crate::{Layer, Period, QueryError, Test, Value};
use jiff::ToSpan;
use jiff::civil::Date;
use model::{DataScope, Viewer};
use rust_decimal::Decimal;
use std::collections::HashMap;

/// What stands in a column of numbers for none.
const NONE: i64 = i64::MIN;
/// Years of totals that a query may need; a longer period is asked for directly.
const YEARS: i16 = 6;

/// How a part of an answer is made of totals: those of each year with the months wanted, and the days of broken months.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wide {
    years: Vec<(Statement, [i64; 2])>,
    rest: Vec<Statement>,
    departments: Option<Vec<Value>>,
}

impl Wide {
    /// Statements whose rows make [`Totals`], to be kept: one a year.
    pub fn years(&self) -> impl Iterator<Item = &Statement> {
        self.years.iter().map(|(statement, _)| statement)
    }

    /// Statements for the days that are no whole months.
    pub fn rest(&self) -> &[Statement] {
        &self.rest
    }
}

/// A part's rows, by month and department besides the dimensions.
#[derive(Debug)]
pub struct Totals {
    /// yyyymm, rising; one element a row, as in the next two.
    months: Vec<i64>,
    /// Places in `department_keys`.
    departments: Vec<u32>,
    /// Places in `groups`.
    groups: Vec<u32>,
    department_keys: Vec<Value>,
    group_keys: Vec<Group>,
    /// In the order of the part's atoms.
    atoms: Vec<Numbers>,
}

#[derive(Debug)]
struct Group {
    keys: Vec<Value>,
    /// The label beside each key.
    carried: Vec<Value>,
}

/// A column: whole numbers with so many decimal places.
#[derive(Debug, Default)]
struct Numbers {
    scale: u32,
    values: Vec<i64>,
}

impl Numbers {
    /// `None` when a number is too long to be kept so.
    fn read(values: Vec<Option<Decimal>>) -> Option<Numbers> {
        let scale = values.iter().flatten().map(Decimal::scale).max().unwrap_or(0);
        let whole = |value: Option<Decimal>| match value {
            None => Some(NONE),
            Some(value) => {
                let factor = 10_i128.checked_pow(scale - value.scale())?;
                i64::try_from(value.mantissa().checked_mul(factor)?).ok().filter(|whole| *whole != NONE)
            }
        };
        Some(Numbers { scale, values: values.into_iter().map(whole).collect::<Option<_>>()? })
    }
}

impl Totals {
    /// Bytes that it takes, about.
    pub fn bytes(&self) -> usize {
        let texts: usize =
            self.group_keys.iter().map(|group| (group.keys.len() + group.carried.len()) * 56).sum();
        self.months.len() * (16 + 8 * self.atoms.len()) + texts
    }
}

impl Layer {
    /// How a part is made of totals; `None` where it is not: what does not add up, and what is so narrow that its totals would
    /// serve nobody else.
    pub(crate) fn wide(
        &self,
        query: &Query,
        viewer: &Viewer,
        plan: &Plan,
        part: &Part,
    ) -> Result<Option<Wide>, QueryError> {
        let source = part.source;
        if source.lasts() || !plan.apart {
            return Ok(None);
        }
        let Some(period) = query.cases.period else { return Ok(None) };
        let Some((mut cases, departments)) = self.widened(&query.cases) else { return Ok(None) };
        let place = |id: &str| self.key(self.dimension(id)?, cases.basis, source, None);
        let (Ok(month), Ok(department)) = (place("month"), place("department")) else { return Ok(None) };
        let by_case = month.place.of_case && department.place.of_case;
        if !part.atoms.iter().all(|at| plan.atoms[*at].adds_up(by_case)) {
            return Ok(None);
        }
        let fixed = [Key::plain(month.place), Key::plain(department.place)];
        let Some((whole, broken)) = months(period) else { return Ok(None) };
        let mut years = Vec::new();
        for year in whole.from().year()..=whole.to().year() {
            let Some(all) = Period::year(year) else { return Ok(None) };
            cases.period = Some(all);
            let wanted = [whole.from().max(all.from()), whole.to().min(all.to())].map(year_month);
            years.push((self.statement(&cases, viewer, plan, part, &fixed)?, wanted));
        }
        let mut rest = Vec::new();
        for days in broken {
            let cases = Selection { period: Some(days), ..query.cases.clone() };
            rest.push(self.statement(&cases, viewer, plan, part, &[])?);
        }
        Ok(Some(Wide { years, rest, departments }))
    }

    /// Whether cases are asked for so that totals can serve others too.
    pub(crate) fn is_wide(&self, cases: &Selection, viewer: &Viewer) -> bool {
        let one_doctor = matches!(viewer.scope, DataScope::Doctor(_));
        cases.period.is_some() && !one_doctor && self.widened(cases).is_some()
    }

    /// The same cases of all departments, and the departments; `None` when other conditions make them few.
    fn widened(&self, cases: &Selection) -> Option<(Selection, Option<Vec<Value>>)> {
        let mut wide = Selection { filters: Vec::new(), ..cases.clone() };
        let mut departments: Option<Vec<Value>> = None;
        for filter in &cases.filters {
            match filter {
                Filter { on, test: Test::In(values) } if on == "department" && departments.is_none() => {
                    departments = Some(values.clone());
                }
                Filter { on, .. } if self.populations.iter().any(|population| population.id == *on) => {
                    wide.filters.push(filter.clone());
                }
                _ => return None,
            }
        }
        Some((wide, departments))
    }
}

impl Aggregate {
    /// Whether the number over rows of several months and departments is the sum of theirs; `by_case`: the rows of a case are
    /// all of one.
    pub(crate) fn adds_up(&self, by_case: bool) -> bool {
        let of_cases = || self.columns.iter().all(|(_, place)| place.column.name == "number");
        self.function != Function::Distinct || by_case && of_cases()
    }
}

/// The whole months of a period and the days before and after them; `None` without a whole month or with very many.
fn months(period: Period) -> Option<(Period, Vec<Period>)> {
    let (from, to) = (period.from(), period.to());
    let first = if from.day() == 1 { from } else { next_month(from)? };
    let last = if to == to.last_of_month() { to } else { to.first_of_month().checked_sub(1.day()).ok()? };
    let whole = Period::new(first, last).filter(|whole| whole.to().year() - whole.from().year() < YEARS)?;
    let before = first.checked_sub(1.day()).ok().and_then(|end| Period::new(from, end));
    let after = last.checked_add(1.day()).ok().and_then(|begin| Period::new(begin, to));
    Some((whole, before.into_iter().chain(after).collect()))
}

fn next_month(day: Date) -> Option<Date> {
    day.last_of_month().checked_add(1.day()).ok()
}

fn year_month(day: Date) -> i64 {
    i64::from(day.year()) * 100 + i64::from(day.month())
}

impl Plan {
    /// Reads the rows of a year; `None` when a number is too long to be kept.
    pub(crate) fn totals(&self, part: &Part, rows: Vec<Vec<Value>>) -> Result<Option<Totals>, QueryError> {
        let mut read = Vec::with_capacity(rows.len());
        for cells in rows {
            let mut cells = cells.into_iter();
            let (Some(month), Some(department)) = (cells.next(), cells.next()) else {
                return Err(QueryError::Answer("列数不足"));
            };
            let month = match month {
                Value::Whole(month) => month,
                _ => return Err(QueryError::Answer("月份")),
            };
            read.push((month, department, self.decode(part, cells)?));
        }
        read.sort_by_key(|(month, ..)| *month);
        let mut totals = Totals {
            months: read.iter().map(|(month, ..)| *month).collect(),
            departments: Vec::with_capacity(read.len()),
            groups: Vec::with_capacity(read.len()),
            department_keys: Vec::new(),
            group_keys: Vec::new(),
            atoms: Vec::new(),
        };
        let mut atoms: Vec<Vec<Option<Decimal>>> = vec![Vec::with_capacity(read.len()); part.atoms.len()];
        let (mut departments, mut groups) = (HashMap::new(), HashMap::new());
        for (_, department, row) in read {
            let at = *departments.entry(department).or_insert_with_key(|key| {
                totals.department_keys.push(key.clone());
                totals.department_keys.len() - 1
            });
            totals.departments.push(at as u32);
            let carried = row.carried;
            let at = *groups.entry(row.keys).or_insert_with_key(|keys: &Vec<Value>| {
                totals.group_keys.push(Group { keys: keys.clone(), carried: Vec::new() });
                totals.group_keys.len() - 1
            });
            // Of several labels the greatest, as the database takes it.
            let known = &mut totals.group_keys[at].carried;
            if *known < carried {
                *known = carried;
            }
            totals.groups.push(at as u32);
            for (column, value) in atoms.iter_mut().zip(row.atoms) {
                column.push(value);
            }
        }
        let numbers: Option<Vec<Numbers>> = atoms.into_iter().map(Numbers::read).collect();
        Ok(numbers.map(|atoms| Totals { atoms, ..totals }))
    }

    /// Adds what is wanted of a year to the rows of an answer.
    pub(crate) fn add_totals(
        &self,
        part: &Part,
        wide: &Wide,
        year: usize,
        totals: &Totals,
        merged: &mut Merged,
    ) -> Result<(), QueryError> {
        let (_, [from, to]) = &wide.years[year];
        let wanted: Vec<bool> = totals
            .department_keys
            .iter()
            .map(|key| wide.departments.as_ref().is_none_or(|keys| keys.contains(key)))
            .collect();
        let begin = totals.months.partition_point(|month| month < from);
        let end = totals.months.partition_point(|month| month <= to);
        let rows: Vec<usize> = (begin..end).filter(|row| wanted[totals.departments[*row] as usize]).collect();
        let mut present = vec![false; totals.group_keys.len()];
        for row in &rows {
            present[totals.groups[*row] as usize] = true;
        }
        let mut sums: Vec<Vec<i128>> = Vec::with_capacity(totals.atoms.len());
        for (numbers, at) in totals.atoms.iter().zip(&part.atoms) {
            let mut of_groups = vec![i128::MIN; present.len()];
            let function = self.atoms[*at].function;
            for row in &rows {
                let value = numbers.values[*row];
                if value == NONE {
                    continue;
                }
                let sum = &mut of_groups[totals.groups[*row] as usize];
                let value = i128::from(value);
                *sum = match function {
                    _ if *sum == i128::MIN => value,
                    Function::Min => (*sum).min(value),
                    Function::Max => (*sum).max(value),
                    // Numbers of 64 bits: their sum fits.
                    Function::Count | Function::Sum | Function::Distinct => *sum + value,
                };
            }
            sums.push(of_groups);
        }
        for (group, keys) in totals.group_keys.iter().enumerate().filter(|(group, _)| present[*group]) {
            let number = |(numbers, of_groups): (&Numbers, &Vec<i128>)| match of_groups[group] {
                i128::MIN => Ok(None),
                sum => Decimal::try_from_i128_with_scale(sum, numbers.scale)
                    .map(Some)
                    .map_err(|_| QueryError::Answer("数值超出范围")),
            };
            let atoms = totals.atoms.iter().zip(&sums).map(number).collect::<Result<_, _>>()?;
            self.add(part, &keys.keys, &keys.carried, atoms, merged);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_period_is_cut_into_whole_months_and_the_days_around_them() {
        let period = |from, to| Period::new(from, to).unwrap();
        let year = Period::year(2025).unwrap();
        assert_eq!(months(year), Some((year, vec![])));
        let (whole, broken) = months(period(date(2025, 1, 10), date(2025, 3, 5))).unwrap();
        assert_eq!(whole, Period::month(2025, 2).unwrap());
        assert_eq!(
            broken,
            [period(date(2025, 1, 10), date(2025, 1, 31)), period(date(2025, 3, 1), date(2025, 3, 5))]
        );
        assert_eq!(months(period(date(2025, 1, 10), date(2025, 2, 5))), None);
        assert_eq!(months(period(date(2025, 1, 10), date(2025, 1, 20))), None);
        assert_eq!(months(period(date(2000, 1, 1), date(2025, 1, 20))), None);
    }

    #[test]
    fn numbers_keep_every_digit_or_are_not_kept() {
        let numbers =
            Numbers::read(vec![Some("1.25".parse().unwrap()), None, Some(Decimal::from(-3))]).unwrap();
        assert_eq!((numbers.scale, numbers.values), (2, vec![125, NONE, -300]));
        assert!(Numbers::read(vec![Some(Decimal::from(i64::MAX)), Some("0.1".parse().unwrap())]).is_none());
    }
}
