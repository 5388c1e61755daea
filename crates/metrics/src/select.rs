//! `FROM … WHERE …` of every statement: the fact with its case, the viewer's scope, the asked-for cases.

use crate::condition::Condition;
use crate::query::{Filter, Patients, Selection};
use crate::schema::{CASE, Place};
use crate::sql::Sql;
use crate::{Kind, Layer, QueryError, Test};
use model::Viewer;

impl Layer {
    /// Checks a selection over rows of a fact.
    pub(crate) fn conditions(&self, fact: &str, cases: &Selection) -> Result<Vec<Condition>, QueryError> {
        let of_case = |column| Place { of_case: true, column };
        let mut all = Vec::new();
        let in_house =
            |yes: bool| Condition::Test(of_case(self.columns.in_house), Test::In(vec![yes.into()]));
        match cases.patients {
            Patients::Discharged => all.push(in_house(false)),
            Patients::InHouse => all.push(in_house(true)),
            Patients::All => {}
        }
        if let Some(period) = cases.period {
            let day = of_case(self.columns.days[cases.basis as usize]);
            all.push(Condition::Test(day, Test::AtLeast(period.from().into())));
            all.push(Condition::Test(day, Test::AtMost(period.to().into())));
        }
        for filter in &cases.filters {
            all.push(self.filter(fact, cases, filter)?);
        }
        Ok(all)
    }

    fn filter(&self, fact: &str, cases: &Selection, filter: &Filter) -> Result<Condition, QueryError> {
        let on = || filter.on.clone();
        if let Some(population) = self.populations.iter().find(|population| population.id == filter.on) {
            let inside = Condition::All(population.conditions.clone());
            return match &filter.test {
                Test::In(values) if *values == [true.into()] => Ok(inside),
                Test::In(values) if *values == [false.into()] => Ok(Condition::Not(Box::new(inside))),
                _ => Err(QueryError::Value(on(), "是或否".to_owned())),
            };
        }
        let place = match self.dimension(&filter.on) {
            Ok(dimension) => self.dimension_place(dimension, cases.basis, fact, "")?,
            Err(_) => self.schema.place(fact, &filter.on).ok_or_else(|| QueryError::Column(on()))?,
        };
        Condition::test(place, filter.test.clone())
            .map_err(|value| QueryError::Value(on(), value.to_string()))
    }

    /// Where a dimension's values stand for rows of a fact.
    pub(crate) fn dimension_place(
        &self,
        dimension: &crate::Dimension,
        basis: crate::Basis,
        fact: &str,
        measure: &str,
    ) -> Result<Place, QueryError> {
        if dimension.fact != CASE && dimension.fact != fact {
            return Err(QueryError::NotOfFact(measure.to_owned(), dimension.name.clone()));
        }
        let column = dimension.column(basis);
        let column = column.ok_or_else(|| QueryError::NoBasis(dimension.name.clone(), basis.chinese()))?;
        Ok(Place { of_case: dimension.fact == CASE, column })
    }

    /// Writes ` FROM … WHERE …`. The scope comes first and is always there.
    pub(crate) fn write_rows(
        &self,
        fact: &'static str,
        viewer: &Viewer,
        conditions: &[Condition],
        sql: &mut Sql,
    ) {
        if fact == CASE {
            sql.word(" FROM ").word(CASE).word(" c WHERE ");
        } else {
            sql.word(" FROM ").word(fact).word(" f JOIN ").word(CASE);
            sql.word(" c ON c.number = f.number AND c.month = f.month WHERE ");
        }
        self.write_scope(viewer, sql);
        for condition in conditions {
            sql.word(" AND ");
            condition.write(sql);
        }
    }

    /// Reads what an address wrote as a value of a dimension, column or population.
    pub fn read_value(&self, on: &str, written: &str) -> Result<crate::Value, QueryError> {
        let kind = if self.populations.iter().any(|population| population.id == on) {
            Kind::Flag
        } else {
            let dimension =
                self.dimension(on).ok().and_then(|dimension| dimension.columns.iter().flatten().next());
            let column = dimension.copied().or_else(|| self.case_column(on));
            column.ok_or_else(|| QueryError::Column(on.to_owned()))?.kind
        };
        let wrong = || QueryError::Value(on.to_owned(), written.to_owned());
        crate::Value::read(kind, written).ok_or_else(wrong)
    }
}
