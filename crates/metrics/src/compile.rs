//! 编译: a query and its viewer to statements, one a source. The database only counts and adds; every measure is worked out from
//! those numbers here, exactly.

use crate::aggregate::Aggregate;
use crate::dimension::{Key, Label};
use crate::measure::Formula;
use crate::period::Shift;
use crate::query::{Order, Query, Selection};
use crate::source::Source;
use crate::sql::Sql;
use crate::wide::Wide;
use crate::{Comparison, Dimension, Kind, Layer, Measure, QueryError, Value};
use model::Viewer;
use rust_decimal::Decimal;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A compiled query. Two that are equal, scope and all, have the same answer over the same data: a key for caches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    pub(crate) statements: Vec<Statement>,
    /// How each statement's rows can be made of totals that others use too.
    pub(crate) wide: Vec<Option<Wide>>,
    pub(crate) plan: Plan,
}

/// The statements tell nearly all apart; the plan with its definitions is long.
impl Hash for Compiled {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.statements.hash(state);
    }
}

/// A statement with its parameters `$1`, `$2` ….
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Statement {
    pub(crate) sql: String,
    pub(crate) parameters: Vec<Value>,
}

impl Statement {
    /// The text.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The parameters.
    pub fn parameters(&self) -> &[Value] {
        &self.parameters
    }
}

/// How the answer is made of the statements' rows: how many dimensions are added up in the row; key and label of each
/// dimension; the aggregates of the source.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Plan {
    pub(crate) dimensions: Vec<(Arc<Dimension>, Kind)>,
    pub(crate) parts: Vec<Part>,
    /// What does not add up stands in a part of its own, so that it and the rest of its source can be made of totals.
    pub(crate) apart: bool,
    /// Those shown first, then those that only decide.
    pub(crate) measures: Vec<Planned>,
    pub(crate) shown: usize,
    /// Of all parts; the first one counts the rows of the first part.
    pub(crate) atoms: Vec<Aggregate>,
    /// Index of the measure and what it must reach.
    pub(crate) at_least: Option<(usize, Decimal)>,
    pub(crate) order: Vec<(OrderBy, bool)>,
    pub(crate) limit: Option<usize>,
    pub(crate) others: bool,
    pub(crate) subtotals: bool,
    pub(crate) shifts: Option<[Shift; 2]>,
}

/// How the rows of a part are asked for.
#[derive(Clone, Copy, Default)]
pub(crate) struct Form<'a> {
    /// Rows begin with these keys, which are never added up.
    pub(crate) fixed: &'a [Key],
    /// A row for each different value, instead of their number: for a part with one atom, and with fixed keys.
    pub(crate) members: bool,
}

/// A statement's part of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Part {
    pub(crate) source: Source,
    pub(crate) keys: Vec<Key>,
    /// Indexes of its atoms.
    pub(crate) atoms: Vec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum OrderBy {
    Measure(usize),
    Dimension(usize),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Planned {
    pub(crate) measure: Arc<Measure>,
    pub(crate) value: PlannedValue,
}

/// An aggregate's atoms: value, and how many rows matched.
pub(crate) type Term = (usize, usize);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum PlannedValue {
    Ratio { numerator: Term, times: Option<Term>, denominator: Option<Term> },
    Difference(Box<[PlannedValue; 2]>),
}

impl Compiled {
    /// The statements, in the order in which [`Compiled::answer`] takes their rows.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Of each statement the totals that say the same, if there are any: then [`Compiled::answer_of`] needs no rows of it.
    pub fn wide(&self) -> &[Option<Wide>] {
        &self.wide
    }
}

impl Layer {
    /// Compiles a query for whoever asks.
    pub fn compile(&self, query: &Query, viewer: &Viewer) -> Result<Compiled, QueryError> {
        let mut plan = self.plan(query, viewer)?;
        plan.order = self.order(query, &mut plan)?;
        plan.shifts = query
            .cases
            .period
            .map(|period| [Comparison::YearBefore, Comparison::PeriodBefore].map(|c| period.shift(c)));
        self.find_keys(query, &mut plan)?;
        let statement = |part: &Part| self.statement(&query.cases, viewer, &plan, part, Form::default());
        let statements = plan.parts.iter().map(statement).collect::<Result<_, _>>()?;
        let wide = |part: &Part| self.wide(query, viewer, &plan, part);
        let wide = plan.parts.iter().map(wide).collect::<Result<_, _>>()?;
        Ok(Compiled { statements, wide, plan })
    }

    fn plan(&self, query: &Query, viewer: &Viewer) -> Result<Plan, QueryError> {
        let first = self.measure(query.measures.first().ok_or(QueryError::Nothing)?)?.source();
        let mut plan = Plan {
            dimensions: Vec::new(),
            parts: Vec::new(),
            apart: self.is_wide(&query.cases, viewer),
            measures: Vec::new(),
            shown: query.measures.len(),
            atoms: Vec::new(),
            at_least: None,
            order: Vec::new(),
            limit: query.limit,
            others: query.others,
            subtotals: query.subtotals && query.by.len() > 1,
            shifts: None,
        };
        plan.atom(Aggregate::rows(first, Vec::new()));
        for id in &query.measures {
            let measure = self.measure(id)?;
            if plan.measures.iter().any(|known| known.measure.id == *id) {
                return Err(QueryError::Twice(measure.name.clone()));
            }
            plan.measure(measure);
        }
        if let Some(wanted) = &query.at_least {
            let at = plan.measure(self.measure(&wanted.measure)?);
            plan.at_least = Some((at, wanted.least));
        }
        Ok(plan)
    }

    fn order(&self, query: &Query, plan: &mut Plan) -> Result<Vec<(OrderBy, bool)>, QueryError> {
        let place = |order: &Order| {
            let by = match query.by.iter().position(|id| *id == order.by) {
                Some(at) => OrderBy::Dimension(at),
                None => {
                    let measure = self.measure(&order.by).map_err(|_| QueryError::Order(order.by.clone()))?;
                    OrderBy::Measure(plan.measure(measure))
                }
            };
            Ok((by, order.descending))
        };
        query.order.iter().map(place).collect()
    }

    /// Finds the query's dimensions in each part.
    fn find_keys(&self, query: &Query, plan: &mut Plan) -> Result<(), QueryError> {
        let names: Vec<String> = (0..plan.parts.len()).map(|at| plan.name_of(at)).collect();
        for id in &query.by {
            let dimension = self.dimension(id)?;
            if plan.dimensions.iter().any(|(known, _)| known.id == *id) {
                return Err(QueryError::Twice(dimension.name.clone()));
            }
            let mut kind = Kind::Text;
            for (part, name) in plan.parts.iter_mut().zip(&names).rev() {
                let key = self.key(dimension, query.cases.basis, part.source, Some(name))?;
                kind = key.place.column.kind;
                part.keys.push(key);
            }
            plan.dimensions.push((dimension.clone(), kind));
        }
        Ok(())
    }

    /// The statement of a part.
    pub(crate) fn statement(
        &self,
        cases: &Selection,
        viewer: &Viewer,
        plan: &Plan,
        part: &Part,
        form: Form<'_>,
    ) -> Result<Statement, QueryError> {
        let Form { fixed, members } = form;
        let mut conditions = self.conditions(part.source, cases)?;
        let atoms = || part.atoms.iter().map(|at| &plan.atoms[*at]);
        if members {
            conditions.extend(atoms().flat_map(Aggregate::population));
        }
        let named = part.keys.iter().any(|key| matches!(key.label, Label::Dictionary(..)));
        let mut sql = Sql::default();
        if named {
            write_named(part, fixed.len(), &mut sql);
        }
        sql.word("SELECT ");
        for (n, key) in fixed.iter().enumerate() {
            write_fixed(part, key, &mut sql);
            if named {
                sql.word(" AS f").count(n);
            }
            sql.word(", ");
        }
        write_keys(part, plan.subtotals, named, &mut sql);
        sql.each(atoms().enumerate(), ", ", |sql, (n, atom)| {
            if members {
                atom.write_expression(sql)
            } else {
                atom.write(sql)
            }
            if named {
                sql.word(" AS a").count(n);
            }
        });
        self.write_rows(part.source, viewer, &conditions, &mut sql);
        if !part.keys.is_empty() || !fixed.is_empty() {
            let levels = plan.levels().into_iter().take(if members { 1 } else { usize::MAX });
            sql.word(" GROUP BY GROUPING SETS (").each(levels, ", ", |sql, level| {
                sql.word("(").each(fixed, ", ", |sql, key| write_fixed(part, key, sql));
                for (n, key) in part.keys[..level].iter().enumerate() {
                    sql.word(if n > 0 || !fixed.is_empty() { ", " } else { "" }).column(key.place);
                }
                for atom in atoms().filter(|_| members) {
                    atom.write_expression(sql.word(", "));
                }
                sql.word(")");
            });
            sql.word(")");
        }
        if named {
            write_names(part, &mut sql);
        }
        let (sql, parameters) = sql.finish();
        Ok(Statement { sql, parameters })
    }
}

impl Plan {
    /// How many dimensions rows may have: all, fewer for subtotals, none for the total.
    pub(crate) fn levels(&self) -> Vec<usize> {
        let all = self.dimensions.len();
        let mut levels: Vec<usize> = if self.subtotals { (0..=all).rev().collect() } else { vec![all, 0] };
        levels.dedup();
        levels
    }

    /// The place of a measure among the planned ones; added when it is not there.
    fn measure(&mut self, measure: &Arc<Measure>) -> usize {
        if let Some(at) = self.measures.iter().position(|known| known.measure.id == measure.id) {
            return at;
        }
        let value = self.planned(measure);
        self.measures.push(Planned { measure: measure.clone(), value });
        self.measures.len() - 1
    }

    fn planned(&mut self, measure: &Measure) -> PlannedValue {
        match &measure.formula {
            Formula::Ratio { numerator, times, denominator } => PlannedValue::Ratio {
                numerator: self.term(numerator),
                times: times.as_ref().map(|times| self.term(times)),
                denominator: denominator.as_ref().map(|denominator| self.term(denominator)),
            },
            Formula::Difference(a, b) => {
                PlannedValue::Difference(Box::new([self.planned(a), self.planned(b)]))
            }
        }
    }

    fn term(&mut self, aggregate: &Aggregate) -> Term {
        let rows = Aggregate::rows(aggregate.source, aggregate.subset());
        (self.atom(aggregate.clone()), self.atom(rows))
    }

    /// The place of an aggregate in the statements; added when it is not there.
    fn atom(&mut self, aggregate: Aggregate) -> usize {
        if let Some(at) = self.atoms.iter().position(|known| *known == aggregate) {
            return at;
        }
        let (at, source, atoms) = (self.atoms.len(), aggregate.source, &self.atoms);
        let alone = |aggregate: &Aggregate| self.apart && !aggregate.adds_up(true);
        let shared = |part: &Part| part.source == source && !part.atoms.iter().any(|at| alone(&atoms[*at]));
        let shares = !alone(&aggregate);
        match self.parts.iter_mut().find(|part| shares && shared(part)) {
            Some(part) => part.atoms.push(at),
            None => self.parts.push(Part { source, keys: Vec::new(), atoms: vec![at] }),
        }
        self.atoms.push(aggregate);
        at
    }

    /// A measure that needs a part, for messages.
    fn name_of(&self, part: usize) -> String {
        let source = self.parts[part].source;
        let needs = |planned: &&Planned| planned.measure.sources().contains(&source);
        self.measures.iter().find(needs).map_or(String::new(), |planned| planned.measure.name.clone())
    }
}

/// A key that stands apart from the dimensions, even from an equal one of theirs: `GROUPING` tells the two apart.
fn write_fixed(part: &Part, key: &Key, sql: &mut Sql) {
    if part.keys.iter().any(|other| other.place == key.place) {
        sql.word("COALESCE(").column(key.place).word(", NULL)");
    } else {
        sql.column(key.place);
    }
}

/// Names change and keys do not: the label is carried along, never grouped by.
fn write_keys(part: &Part, subtotals: bool, named: bool, sql: &mut Sql) {
    let Some(first) = part.keys.first() else { return };
    let grouping = if subtotals { &part.keys[..] } else { std::slice::from_ref(first) };
    sql.word("GROUPING(").each(grouping, ", ", |sql, key| {
        sql.column(key.place);
    });
    sql.word(if named { ") AS total, " } else { "), " });
    for (n, key) in part.keys.iter().enumerate() {
        sql.column(key.place);
        if named {
            sql.word(" AS k").count(n);
        }
        sql.word(", ");
        if let Label::Carried(label) = key.label {
            sql.word("MAX(").column(label).word(")");
            if named {
                sql.word(" AS l").count(n);
            }
            sql.word(", ");
        }
    }
}

/// Names from dictionaries are joined to the few rows that are left after counting.
fn write_named(part: &Part, fixed: usize, sql: &mut Sql) {
    sql.word("SELECT ");
    for n in 0..fixed {
        sql.word("g.f").count(n).word(", ");
    }
    sql.word("g.total, ");
    for (n, key) in part.keys.iter().enumerate() {
        sql.word("g.k").count(n).word(", ");
        match key.label {
            Label::Dictionary(_, name) => {
                sql.word("d").count(n).word(".").word(name.name).word(", ");
            }
            Label::Carried(_) => {
                sql.word("g.l").count(n).word(", ");
            }
            Label::None => {}
        }
    }
    sql.each(0..part.atoms.len(), ", ", |sql, n| {
        sql.word("g.a").count(n);
    });
    sql.word(" FROM (");
}

fn write_names(part: &Part, sql: &mut Sql) {
    sql.word(") g");
    for (n, key) in part.keys.iter().enumerate() {
        if let Label::Dictionary(table, _) = key.label {
            sql.word(" LEFT JOIN ").word(table).word(" d").count(n).word(" ON d").count(n);
            sql.word(".key = g.k").count(n);
        }
    }
}
