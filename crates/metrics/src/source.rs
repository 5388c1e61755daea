//! 统计来源: the rows that are counted and the day that decides when they count.

use crate::schema::Place;

/// A fact's own days: a transfer counts on its day, whenever the patient is discharged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Time {
    /// First day of what a row is about.
    pub(crate) from: Place,
    /// Last day: the same for what happens on one day. A row counts in every period that it touches.
    pub(crate) to: Place,
    /// By [`crate::Calendar`]. Rows that last and have a month are cut at the ends of months.
    pub(crate) calendar: [Option<Place>; 4],
}

/// A fact, by the days of its cases or by its own. Each source of a query is one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Source {
    pub(crate) fact: &'static str,
    /// Whether its rows belong to cases.
    pub(crate) of_cases: bool,
    /// Its own days; else those of the case, by the query's basis.
    pub(crate) time: Option<Time>,
    /// A column that is never empty, to count rows with.
    pub(crate) counter: Place,
}
