//! 数字: the semantic layer over the mart, with answers kept until the data change.
//!
//! What is kept stands under the compiled statement and its parameters; the viewer's scope is part of them, so an answer
//! never serves somebody with another scope.

mod kept;

use crate::app::App;
use crate::error::ApiError;
use crate::grid::{self, Cell, Column};
pub(crate) use kept::Kept;
use metrics::{
    Answer, CasePage, CaseQuery, Compiled, Measure, Query, QueryError, Rows, Selection, Statement, Style,
    Wide,
};
use model::Viewer;
use rust_decimal::Decimal;
use std::sync::{Arc, PoisonError};

impl App {
    /// Answers a query for a viewer.
    pub(crate) fn answer(&self, query: &Query, viewer: &Viewer) -> Result<Arc<Answer>, ApiError> {
        let compiled = self.layer().compile(query, viewer)?;
        // Read before the answer: what is kept under a version is never older than it.
        let version = self.mart().data_version()?;
        let slot = self.kept().answer(version, &compiled);
        let mut known = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = &*known {
            return Ok(answer.clone());
        }
        let parts = compiled.statements().iter().zip(compiled.wide()).enumerate();
        let parts =
            parts.map(|(at, (statement, wide))| match self.wide_rows(version, &compiled, at, wide)? {
                Some(rows) => Ok(rows),
                None => Ok(Rows::Direct(self.mart().rows(statement)?)),
            });
        let parts = parts.collect::<Result<Vec<Rows>, ApiError>>()?;
        // A refresh in between may have given the parts different states of the data.
        let now = self.mart().data_version()?;
        let answer =
            if now == version { compiled.answer_of(parts)? } else { self.mart().answer(&compiled)? };
        let answer = Arc::new(answer);
        *known = Some(answer.clone());
        Ok(answer)
    }

    fn wide_rows(
        &self,
        version: u64,
        compiled: &Compiled,
        at: usize,
        wide: &Option<Wide>,
    ) -> Result<Option<Rows>, ApiError> {
        let Some(wide) = wide else { return Ok(None) };
        let mut pieces = Vec::new();
        for statement in wide.statements() {
            let make = || Ok::<_, ApiError>(compiled.totals(at, self.mart().rows(statement)?)?);
            match self.kept().totals(version, statement, make)? {
                Some(totals) => pieces.push(totals),
                None => return Ok(None),
            }
        }
        Ok(Some(Rows::Wide(pieces)))
    }

    /// Forgets the answers kept, so that the next ones are made anew: for measuring.
    pub fn forget_answers(&self) {
        self.kept().forget();
    }

    /// The statements behind the answers kept: for measuring them beside other databases.
    pub fn kept_statements(&self) -> Vec<Statement> {
        self.kept().statements()
    }

    /// How many cases a selection has, added up from totals; whatever a measure counts of them.
    pub(crate) fn case_count(&self, cases: &Selection, viewer: &Viewer) -> Result<i64, ApiError> {
        Ok(self.answer(&Query::of(["discharges"], cases.clone()), viewer)?.total.count)
    }

    /// A page of the cases behind a number.
    pub(crate) fn case_page(&self, query: &CaseQuery, viewer: &Viewer) -> Result<CasePage, ApiError> {
        // Behind a number there may be fewer.
        let total = match &query.measure {
            None => Some(self.case_count(&query.cases, viewer)?),
            Some(_) => None,
        };
        Ok(self.mart().cases(&self.layer().compile_cases(query, viewer)?, total)?)
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> ApiError {
        ApiError::wrong(error.to_string())
    }
}

/// A measure's value in a table; its unit stands in the column's head.
pub(crate) fn cell(measure: &Measure, value: Option<Decimal>) -> Cell {
    let places = u32::from(measure.format.decimals);
    let value = match (value, measure.format.style) {
        (None, _) => grid::Value::Nothing,
        (Some(share), Style::Percent) => grid::Value::Percent(share, places),
        (Some(number), _) => grid::Value::Decimal(number, places),
    };
    value.into()
}

/// The column of a measure, with the way to its 口径.
pub(crate) fn column(measure: &Measure) -> Column {
    let unit = if measure.format.style == Style::Percent { "" } else { measure.format.unit.as_str() };
    Column::number(&measure.id, &measure.short, "")
        .with_unit(unit)
        .defined(format!("/measures/{}", measure.id))
}
