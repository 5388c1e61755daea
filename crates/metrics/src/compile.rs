//! 编译: a query and its viewer to one statement. The database only counts and adds; every measure is worked out from those
//! numbers here, exactly.

use crate::aggregate::Aggregate;
use crate::period::Shift;
use crate::query::{Order, Query};
use crate::schema::Place;
use crate::sql::Sql;
use crate::{Comparison, Dimension, Kind, Layer, Measure, QueryError, Value};
use model::Viewer;
use rust_decimal::Decimal;
use std::sync::Arc;

/// A compiled query. Two that are equal, scope and all, have the same answer over the same data: a key for caches.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Compiled {
    pub(crate) sql: String,
    pub(crate) parameters: Vec<Value>,
    pub(crate) plan: Plan,
}

/// How the answer is made of the statement's rows: whether the row is the total; key and label of each dimension; the aggregates.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Plan {
    pub(crate) dimensions: Vec<(Arc<Dimension>, Kind)>,
    /// Those shown first, then those that only decide.
    pub(crate) measures: Vec<Planned>,
    pub(crate) shown: usize,
    /// The first one counts the rows.
    pub(crate) atoms: Vec<Aggregate>,
    /// Index of the measure and what it must reach.
    pub(crate) at_least: Option<(usize, Decimal)>,
    pub(crate) order: Vec<(OrderBy, bool)>,
    pub(crate) limit: Option<usize>,
    pub(crate) others: bool,
    pub(crate) shifts: Option<[Shift; 2]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum OrderBy {
    Measure(usize),
    Dimension(usize),
}

/// A measure with the atoms it is made of: value, and how many rows matched.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Planned {
    pub(crate) measure: Arc<Measure>,
    pub(crate) numerator: (usize, usize),
    pub(crate) denominator: Option<(usize, usize)>,
}

impl Compiled {
    /// The statement.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// Its parameters `$1`, `$2` ….
    pub fn parameters(&self) -> &[Value] {
        &self.parameters
    }
}

impl Layer {
    /// Compiles a query for whoever asks.
    pub fn compile(&self, query: &Query, viewer: &Viewer) -> Result<Compiled, QueryError> {
        let fact = self.measure(query.measures.first().ok_or(QueryError::Nothing)?)?.fact;
        let basis = query.cases.basis;
        let mut dimensions = Vec::new();
        let mut keys = Vec::new();
        for id in &query.by {
            let dimension = self.dimension(id)?;
            if dimensions.iter().any(|(known, _): &(Arc<Dimension>, Kind)| known.id == *id) {
                return Err(QueryError::Twice(dimension.name.clone()));
            }
            let first = &self.measure(&query.measures[0])?.name;
            let place = self.dimension_place(dimension, basis, fact, first)?;
            dimensions.push((dimension.clone(), place.column.kind));
            keys.push(place);
        }
        let mut plan = self.plan(query, fact, dimensions)?;
        plan.order = self.order(&query.order, &mut plan)?;
        plan.shifts = query
            .cases
            .period
            .map(|period| [Comparison::YearBefore, Comparison::PeriodBefore].map(|c| period.shift(c)));

        let conditions = self.conditions(fact, &query.cases)?;
        let mut sql = Sql::default();
        sql.word("SELECT ");
        write_keys(&plan.dimensions, &keys, &mut sql);
        sql.each(&plan.atoms, ", ", |sql, atom| atom.write(sql));
        self.write_rows(fact, viewer, &conditions, &mut sql);
        if !keys.is_empty() {
            sql.word(" GROUP BY GROUPING SETS ((").each(&keys, ", ", |sql, key| {
                sql.column(*key);
            });
            sql.word("), ())");
        }
        let (sql, parameters) = sql.finish();
        Ok(Compiled { sql, parameters, plan })
    }

    fn plan(
        &self,
        query: &Query,
        fact: &'static str,
        dimensions: Vec<(Arc<Dimension>, Kind)>,
    ) -> Result<Plan, QueryError> {
        let mut plan = Plan {
            dimensions,
            measures: Vec::new(),
            shown: query.measures.len(),
            atoms: Vec::new(),
            at_least: None,
            order: Vec::new(),
            limit: query.limit,
            others: query.others,
            shifts: None,
        };
        plan.atom(Aggregate::rows(self.number_of(fact), Vec::new()));
        for id in &query.measures {
            let measure = self.measure(id)?;
            if plan.measures.iter().any(|known| known.measure.id == *id) {
                return Err(QueryError::Twice(measure.name.clone()));
            }
            self.add_measure(&mut plan, measure, fact)?;
        }
        if let Some(wanted) = &query.at_least {
            let at = self.add_measure(&mut plan, self.measure(&wanted.measure)?, fact)?;
            plan.at_least = Some((at, wanted.least));
        }
        Ok(plan)
    }

    /// The place of a measure among the planned ones; added when it is not there.
    fn add_measure(&self, plan: &mut Plan, measure: &Arc<Measure>, fact: &str) -> Result<usize, QueryError> {
        if let Some(at) = plan.measures.iter().position(|known| known.measure.id == measure.id) {
            return Ok(at);
        }
        if measure.fact != fact {
            let first = plan.measures.first().map_or(String::new(), |known| known.measure.name.clone());
            return Err(QueryError::Facts(first, measure.name.clone()));
        }
        let mut parts = |aggregate: &Aggregate| {
            let rows = Aggregate::rows(self.number_of(measure.fact), aggregate.subset());
            (plan.atom(aggregate.clone()), plan.atom(rows))
        };
        let numerator = parts(&measure.numerator);
        let denominator = measure.denominator.as_ref().map(parts);
        plan.measures.push(Planned { measure: measure.clone(), numerator, denominator });
        Ok(plan.measures.len() - 1)
    }

    fn order(&self, order: &[Order], plan: &mut Plan) -> Result<Vec<(OrderBy, bool)>, QueryError> {
        let mut by = Vec::new();
        for one in order {
            let dimension = plan.dimensions.iter().position(|(dimension, _)| dimension.id == one.by);
            let what = match (dimension, self.measure(&one.by)) {
                (Some(at), _) => OrderBy::Dimension(at),
                (None, Ok(measure)) => {
                    let fact = plan.measures[0].measure.fact;
                    OrderBy::Measure(self.add_measure(plan, measure, fact)?)
                }
                (None, Err(_)) => return Err(QueryError::Order(one.by.clone())),
            };
            by.push((what, one.descending));
        }
        Ok(by)
    }

    fn number_of(&self, fact: &str) -> Place {
        Place { of_case: fact == crate::CASE, column: self.columns.number }
    }
}

impl Plan {
    /// The place of an aggregate in the statement; added when it is not there.
    fn atom(&mut self, aggregate: Aggregate) -> usize {
        self.atoms.iter().position(|known| *known == aggregate).unwrap_or_else(|| {
            self.atoms.push(aggregate);
            self.atoms.len() - 1
        })
    }
}

/// Names change and keys do not: the label is carried along, never grouped by.
fn write_keys(dimensions: &[(Arc<Dimension>, Kind)], keys: &[Place], sql: &mut Sql) {
    let Some(first) = keys.first() else { return };
    sql.word("GROUPING(").column(*first).word("), ");
    for ((dimension, _), key) in dimensions.iter().zip(keys) {
        sql.column(*key).word(", ");
        if let Some(label) = dimension.label {
            sql.word("MAX(").column(Place { column: label, ..*key }).word("), ");
        }
    }
}
