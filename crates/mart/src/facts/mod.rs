//! The facts, in the order in which they are built: a fact may use those before it.

mod bed_capacity;
mod bed_day;
mod case;
mod case_parts;
mod charge;
mod department_month;
mod department_stay;
mod diagnosis;
mod operation;

pub(crate) use bed_capacity::BED_CAPACITY;
pub(crate) use case::CASE;
pub(crate) use charge::CHARGE;

use crate::fact::Fact;

/// Every fact, in building order.
pub const FACTS: &[&Fact] = &[
    &CHARGE,
    &diagnosis::DIAGNOSIS,
    &operation::OPERATION,
    &department_stay::DEPARTMENT_STAY,
    &department_month::DEPARTMENT_MONTH,
    &bed_day::BED_DAY,
    &case::CASE,
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn facts_begin_with_the_case_and_columns_are_named_once() {
        for fact in FACTS {
            assert_eq!((fact.columns[0].name, fact.columns[1].name), ("number", "month"), "{}", fact.name);
            let names: HashSet<&str> = fact.columns.iter().map(|c| c.name).collect();
            assert_eq!(names.len(), fact.columns.len(), "{}", fact.name);
            let chinese: HashSet<&str> = fact.columns.iter().map(|c| c.chinese).collect();
            assert_eq!(chinese.len(), fact.columns.len(), "{}", fact.name);
        }
    }
}
