//! 宽汇总: one answer that serves many. A statement is asked for a whole year, by month and department besides what it is divided
//! by; whatever whole months and departments of that year are wanted are added up from its rows. Twenty people with filters of
//! their own then wait for one statement, not for twenty.
//!
//! A row has one month and one department, so rows and their sums add up over both. All rows of a case have the same, so the number
//! of different cases does; of different patients the patients themselves are kept ([`crate::members`]).

use crate::aggregate::{Aggregate, Function};
use crate::answer::{Merged, SHORT, numbers};
use crate::compile::{Form, Part, Plan, Statement};
use crate::dimension::Key;
use crate::members::Members;
use crate::query::{Filter, Query, Selection};
use crate::{Layer, Period, QueryError, Test, Value};
use jiff::civil::Date;
use model::{DataScope, Viewer};
use rust_decimal::Decimal;
use std::collections::HashMap;
use std::sync::Arc;

/// What stands in a column of numbers for none.
const NONE: i64 = i64::MIN;
/// Totals that a part may need; a longer period is asked for directly.
const PIECES: usize = 8;

/// How a part of an answer is made of totals: those of each year with the months wanted, and of the days of broken months.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wide {
    pieces: Vec<(Statement, [i64; 2])>,
    departments: Option<Vec<Value>>,
    /// Whether the values of its one atom are asked for, not their number.
    members: bool,
}

impl Wide {
    /// Statements whose rows make [`Totals`], to be kept.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.pieces.iter().map(|(statement, _)| statement)
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
    cells: Cells,
}

#[derive(Debug)]
enum Cells {
    /// In the order of the part's atoms.
    Numbers(Vec<Numbers>),
    Members(Members),
}

#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) keys: Vec<Value>,
    /// The label beside each key.
    pub(crate) carried: Vec<Value>,
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
        let cells = match &self.cells {
            Cells::Numbers(atoms) => 8 * atoms.len() * self.months.len(),
            Cells::Members(members) => members.bytes(),
        };
        self.months.len() * 16 + cells + texts
    }

    /// The rows of some months and departments, without a list of all.
    fn wanted(&self, [from, to]: [i64; 2], departments: Option<&[Value]>) -> Vec<usize> {
        let wanted = |key| departments.is_none_or(|keys| keys.contains(key));
        let wanted: Vec<bool> = self.department_keys.iter().map(wanted).collect();
        let begin = self.months.partition_point(|month| *month < from);
        let end = self.months.partition_point(|month| *month <= to);
        (begin..end).filter(|row| wanted[self.departments[*row] as usize]).collect()
    }
}

/// Some rows of totals, for counting members.
pub(crate) struct Picked<'a> {
    pub(crate) rows: Vec<usize>,
    /// Places in `group_keys`, one element a row.
    pub(crate) groups: &'a [u32],
    pub(crate) group_keys: &'a [Group],
    pub(crate) members: &'a Members,
}

impl<'a> Picked<'a> {
    fn of(totals: &'a Totals, rows: Vec<usize>) -> Result<Picked<'a>, QueryError> {
        match &totals.cells {
            Cells::Members(members) => {
                Ok(Picked { rows, groups: &totals.groups, group_keys: &totals.group_keys, members })
            }
            Cells::Numbers(_) => Err(QueryError::Answer("年度汇总不符")),
        }
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
        if !plan.apart {
            return Ok(None);
        }
        let Some(period) = query.cases.period else { return Ok(None) };
        let Some((mut cases, departments)) = self.widened(&query.cases) else { return Ok(None) };
        let place = |id: &str| self.key(self.dimension(id)?, cases.basis, source, None);
        let (Ok(month), Ok(department)) = (place("month"), place("department")) else { return Ok(None) };
        let by_case = month.place.of_case && department.place.of_case;
        let members = !part.atoms.iter().all(|at| plan.atoms[*at].adds_up(by_case));
        if members && part.atoms.len() > 1 {
            return Ok(None);
        }
        let fixed = [Key::plain(month.place), Key::plain(department.place)];
        let Some(pieces) = pieces(period) else { return Ok(None) };
        let statement = |(period, months)| {
            cases.period = Some(period);
            let form = Form { fixed: &fixed, members };
            Ok((self.statement(&cases, viewer, plan, part, form)?, months))
        };
        let pieces = pieces.into_iter().map(statement).collect::<Result<_, QueryError>>()?;
        Ok(Some(Wide { pieces, departments, members }))
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

/// The periods whose totals make up a period, and the months (yyyymm) wanted of each: whole months are taken of their calendar
/// year, the days of broken months by themselves, as everybody asks for those of the month that is going on. `None` when there are
/// many.
fn pieces(period: Period) -> Option<Vec<(Period, [i64; 2])>> {
    let (mut day, to) = (period.from(), period.to());
    let mut pieces = Vec::new();
    while day <= to && pieces.len() < PIECES {
        let (asked, end) = match day.last_of_month() {
            whole if day.day() == 1 && whole <= to => {
                let year = Period::year(day.year())?;
                let last =
                    if to == to.last_of_month() { to } else { to.first_of_month().yesterday().ok()? };
                (year, last.min(year.to()))
            }
            broken => {
                let end = broken.min(to);
                (Period::new(day, end)?, end)
            }
        };
        pieces.push((asked, [day, end].map(year_month)));
        day = end.tomorrow().ok()?;
    }
    (day > to).then_some(pieces)
}

fn year_month(day: Date) -> i64 {
    i64::from(day.year()) * 100 + i64::from(day.month())
}

impl Plan {
    /// Reads the rows of a year; `None` when a number is too long to be kept.
    pub(crate) fn totals(
        &self,
        part: &Part,
        wide: &Wide,
        rows: Vec<Vec<Value>>,
    ) -> Result<Option<Totals>, QueryError> {
        let mut read = Vec::with_capacity(rows.len());
        for cells in rows {
            let mut cells = cells.into_iter();
            let (month, department) = cells.next().zip(cells.next()).ok_or(SHORT)?;
            let Value::Whole(month) = month else { return Err(QueryError::Answer("月份")) };
            read.push((month, department, self.keys(part, &mut cells)?, cells));
        }
        read.sort_by_key(|(month, ..)| *month);
        let months = read.iter().map(|(month, ..)| *month).collect();
        let (mut of_departments, mut of_groups) = (Vec::new(), Vec::new());
        let (mut department_keys, mut group_keys) = (Vec::new(), Vec::new());
        let (mut departments, mut groups) = (HashMap::new(), HashMap::new());
        let mut cells = Vec::with_capacity(read.len());
        for (_, department, row, rest) in read {
            let at = *departments.entry(department).or_insert_with_key(|key: &Value| {
                department_keys.push(key.clone());
                department_keys.len() - 1
            });
            of_departments.push(at as u32);
            let at = *groups.entry(row.keys).or_insert_with_key(|keys: &Vec<Value>| {
                group_keys.push(Group { keys: keys.clone(), carried: Vec::new() });
                group_keys.len() - 1
            });
            // Of several labels the greatest, as the database takes it.
            let known = &mut group_keys[at].carried;
            if *known < row.carried {
                *known = row.carried;
            }
            of_groups.push(at as u32);
            cells.push(rest);
        }
        let cells = if wide.members {
            Some(Cells::Members(Members::read(cells)?))
        } else {
            let mut atoms = vec![Vec::with_capacity(cells.len()); part.atoms.len()];
            for cells in cells {
                atoms.iter_mut().zip(numbers(part, cells)?).for_each(|(column, value)| column.push(value));
            }
            atoms.into_iter().map(Numbers::read).collect::<Option<_>>().map(Cells::Numbers)
        };
        let (departments, groups) = (of_departments, of_groups);
        Ok(cells.map(|cells| Totals { months, departments, groups, department_keys, group_keys, cells }))
    }

    /// Adds what is wanted of the totals to the rows of an answer.
    pub(crate) fn add_wide(
        &self,
        part: &Part,
        wide: &Wide,
        totals: &[Arc<Totals>],
        merged: &mut Merged,
    ) -> Result<(), QueryError> {
        let departments = wide.departments.as_deref();
        let rows =
            totals.iter().zip(&wide.pieces).map(|(totals, (_, months))| totals.wanted(*months, departments));
        if wide.members {
            let picked = totals.iter().zip(rows).map(|(totals, rows)| Picked::of(totals, rows));
            self.add_members(part, &picked.collect::<Result<Vec<_>, _>>()?, merged);
            return Ok(());
        }
        totals.iter().zip(rows).try_for_each(|(totals, rows)| self.add_totals(part, totals, &rows, merged))
    }

    fn add_totals(
        &self,
        part: &Part,
        totals: &Totals,
        rows: &[usize],
        merged: &mut Merged,
    ) -> Result<(), QueryError> {
        let Cells::Numbers(numbers) = &totals.cells else {
            return Err(QueryError::Answer("年度汇总不符"));
        };
        let mut present = vec![false; totals.group_keys.len()];
        for row in rows {
            present[totals.groups[*row] as usize] = true;
        }
        let mut sums: Vec<Vec<i128>> = Vec::with_capacity(numbers.len());
        for (numbers, at) in numbers.iter().zip(&part.atoms) {
            let mut of_groups = vec![i128::MIN; present.len()];
            let function = self.atoms[*at].function;
            for row in rows {
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
            let atoms = numbers.iter().zip(&sums).map(number).collect::<Result<_, _>>()?;
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
    fn a_period_is_made_of_years_and_of_broken_months() {
        let period = |from, to| Period::new(from, to).unwrap();
        let year = |year| Period::year(year).unwrap();
        assert_eq!(pieces(year(2025)), Some(vec![(year(2025), [202_501, 202_512])]));
        assert_eq!(
            pieces(period(date(2024, 11, 10), date(2025, 3, 5))).unwrap(),
            [
                (period(date(2024, 11, 10), date(2024, 11, 30)), [202_411, 202_411]),
                (year(2024), [202_412, 202_412]),
                (year(2025), [202_501, 202_502]),
                (period(date(2025, 3, 1), date(2025, 3, 5)), [202_503, 202_503]),
            ]
        );
        let days = period(date(2025, 1, 10), date(2025, 1, 20));
        assert_eq!(pieces(days).unwrap(), [(days, [202_501, 202_501])]);
        assert_eq!(pieces(period(date(2025, 1, 31), date(2025, 2, 1))).unwrap().len(), 2);
        assert_eq!(pieces(period(date(2000, 1, 1), date(2025, 1, 20))), None);
    }

    #[test]
    fn numbers_keep_every_digit_or_are_not_kept() {
        let numbers =
            Numbers::read(vec![Some("1.25".parse().unwrap()), None, Some(Decimal::from(-3))]).unwrap();
        assert_eq!((numbers.scale, numbers.values), (2, vec![125, NONE, -300]));
        assert!(Numbers::read(vec![Some(Decimal::from(i64::MAX)), Some("0.1".parse().unwrap())]).is_none());
    }
}
