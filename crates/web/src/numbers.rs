//! 数字: the semantic layer over the mart, with answers kept until the data change.
//!
//! What is kept stands under the compiled statement and its parameters; the viewer's scope is part of them, so an answer
//! never serves somebody with another scope.

use crate::app::App;
use crate::error::ApiError;
use crate::grid::{self, Cell, Column};
use metrics::{Answer, CasePage, CaseQuery, Compiled, Measure, Query, QueryError, Statement, Style};
use model::Viewer;
use rust_decimal::Decimal;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

/// Answers kept at most; past that all are dropped.
const KEPT: usize = 4000;

/// Answers of one version of the data.
#[derive(Default)]
pub(crate) struct Kept {
    version: u64,
    answers: HashMap<Compiled, Arc<Answer>>,
}

impl App {
    /// Answers a query for a viewer.
    pub(crate) fn answer(&self, query: &Query, viewer: &Viewer) -> Result<Arc<Answer>, ApiError> {
        let compiled = self.layer().compile(query, viewer)?;
        // Read before the answer: what is kept under a version is never older than it.
        let version = self.mart().data_version()?;
        {
            let mut kept = self.kept().lock().unwrap_or_else(PoisonError::into_inner);
            if kept.version != version || kept.answers.len() >= KEPT {
                *kept = Kept { version, answers: HashMap::new() };
            }
            if let Some(answer) = kept.answers.get(&compiled) {
                return Ok(answer.clone());
            }
        }
        let answer = Arc::new(self.mart().answer(&compiled)?);
        let mut kept = self.kept().lock().unwrap_or_else(PoisonError::into_inner);
        if kept.version == version {
            kept.answers.insert(compiled, answer.clone());
        }
        Ok(answer)
    }

    /// Forgets the answers kept, so that the next ones are made anew: for measuring.
    pub fn forget_answers(&self) {
        *self.kept().lock().unwrap_or_else(PoisonError::into_inner) = Kept::default();
    }

    /// The statements behind the answers kept: for measuring them beside other databases.
    pub fn kept_statements(&self) -> Vec<Statement> {
        let kept = self.kept().lock().unwrap_or_else(PoisonError::into_inner);
        kept.answers.keys().flat_map(|compiled| compiled.statements().iter().cloned()).collect()
    }

    /// A page of the cases behind a number.
    pub(crate) fn case_page(&self, query: &CaseQuery, viewer: &Viewer) -> Result<CasePage, ApiError> {
        Ok(self.mart().cases(&self.layer().compile_cases(query, viewer)?)?)
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
