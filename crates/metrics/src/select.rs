//! `FROM … WHERE …` of every statement: the fact with its case, the viewer's scope, the asked-for cases.

use crate::charged::CHARGED_ITEM;
use crate::condition::Condition;
use crate::dimension::Key;
use crate::query::{Filter, Patients, Selection};
use crate::schema::{CASE, Place};
use crate::source::Source;
use crate::sql::Sql;
use crate::{Kind, Layer, QueryError, Test};
use model::Viewer;

impl Layer {
    /// Checks a selection over rows of a source. Rows with days of their own count whether the patient is discharged or not.
    pub(crate) fn conditions(&self, source: Source, cases: &Selection) -> Result<Vec<Condition>, QueryError> {
        let of_case = |column| Place::new(true, column);
        let mut all = Vec::new();
        if source.of_cases {
            let in_house =
                |yes: bool| Condition::Test(of_case(self.columns.in_house), Test::In(vec![yes.into()]));
            match cases.patients {
                Patients::Discharged if source.time.is_some() => {}
                Patients::Discharged => all.push(in_house(false)),
                Patients::InHouse => all.push(in_house(true)),
                Patients::All => {}
            }
        }
        if let Some(period) = cases.period {
            let day = of_case(self.columns.days[cases.basis as usize]);
            let (from, to) = source.time.map_or((day, day), |time| (time.from, time.to));
            all.push(Condition::Test(to, Test::AtLeast(period.from().into())));
            all.push(Condition::Test(from, Test::AtMost(period.to().into())));
        }
        for filter in &cases.filters {
            all.push(self.filter(source, cases, filter)?);
        }
        Ok(all)
    }

    fn filter(&self, source: Source, cases: &Selection, filter: &Filter) -> Result<Condition, QueryError> {
        let on = || filter.on.clone();
        if filter.on == CHARGED_ITEM {
            return self.charged(source, cases, &filter.test);
        }
        if let Some(population) = self.populations.iter().find(|population| population.id == filter.on) {
            if !source.of_cases {
                return Err(QueryError::NotOfFact(self.fact_name(source), population.name.clone()));
            }
            let inside = Condition::All(population.conditions.clone());
            return match &filter.test {
                Test::In(values) if *values == [true.into()] => Ok(inside),
                Test::In(values) if *values == [false.into()] => Ok(Condition::Not(Box::new(inside))),
                _ => Err(QueryError::Value(on(), "是或否".to_owned())),
            };
        }
        let place = match self.dimension(&filter.on) {
            Ok(dimension) => self.key(dimension, cases.basis, source, None)?.place,
            Err(_) => self.filtered(source, &filter.on).ok_or_else(|| QueryError::Column(on()))?,
        };
        Condition::test(place, filter.test.clone())
            .map_err(|value| QueryError::Value(on(), value.to_string()))
    }

    /// A column that a filter names: the case's, so that a filter means the same cases whatever is counted and opened; what the
    /// case does not have, the fact's.
    fn filtered(&self, source: Source, name: &str) -> Option<Place> {
        let of_case = self.schema.place(CASE, name).filter(|_| source.of_cases);
        of_case.or_else(|| self.schema.place(source.fact, name))
    }

    pub(crate) fn fact_name(&self, source: Source) -> String {
        self.schema.fact(source.fact).map_or("", |fact| fact.chinese).to_owned()
    }

    /// Where a dimension's values stand for rows of a source.
    pub(crate) fn key(
        &self,
        dimension: &crate::Dimension,
        basis: crate::Basis,
        source: Source,
        measure: Option<&str>,
    ) -> Result<Key, QueryError> {
        if let (Some(calendar), Some(time)) = (dimension.calendar, source.time) {
            let place = time.calendar[calendar as usize];
            let none = || QueryError::NoBasis(dimension.name.clone(), "所统计的日期");
            return Ok(Key::plain(place.ok_or_else(none)?));
        }
        let elsewhere = || {
            let what = measure.map_or_else(|| self.fact_name(source), str::to_owned);
            QueryError::NotOfFact(what, dimension.name.clone())
        };
        let mut key = dimension.key(basis, source).ok_or_else(|| {
            let here = dimension.fact == CASE && source.of_cases;
            if here && dimension.calendar.is_some() {
                QueryError::NoBasis(dimension.name.clone(), basis.chinese())
            } else {
                elsewhere()
            }
        })?;
        if dimension.from_home {
            let home = self.home.ok_or_else(|| QueryError::NoHome(dimension.name.clone()))?;
            key.place.form = crate::schema::Form::From(home);
        }
        Ok(key)
    }

    /// Whether a measure can be asked for by a dimension (or filtered by it): not every fact has every dimension. Where the
    /// hospital is, is not asked here.
    pub fn can_divide(
        &self,
        measure: &crate::Measure,
        dimension: &crate::Dimension,
        basis: crate::Basis,
    ) -> bool {
        let fits = |key: Result<Key, QueryError>| matches!(key, Ok(_) | Err(QueryError::NoHome(_)));
        measure.sources().iter().all(|source| fits(self.key(dimension, basis, *source, None)))
    }

    /// Writes ` FROM … WHERE …`. The scope comes first and is always there.
    pub(crate) fn write_rows(
        &self,
        source: Source,
        viewer: &Viewer,
        conditions: &[Condition],
        sql: &mut Sql,
    ) {
        if source.fact == CASE {
            sql.word(" FROM ").word(CASE).word(" c WHERE ");
        } else {
            sql.word(" FROM ").word(source.fact).word(" f");
            if source.of_cases {
                sql.word(" JOIN ").word(CASE).word(" c ON c.number = f.number AND c.month = f.month");
            }
            sql.word(" WHERE ");
        }
        self.write_scope(source, viewer, sql);
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
