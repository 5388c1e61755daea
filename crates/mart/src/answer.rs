//! 语义层的查询: compiled queries run here; their values stay exact on the way.

use crate::{Cell, Mart, MartError};
use jiff::ToSpan;
use jiff::civil::Date;
use metrics::{Answer, CasePage, Compiled, CompiledCases, QueryError, Statement, Value};
use rust_decimal::Decimal;

const EPOCH: Date = Date::constant(1970, 1, 1);
const SECONDS_A_DAY: i64 = 86_400;

impl Mart {
    /// Answers a compiled query.
    pub fn answer(&self, query: &Compiled) -> Result<Answer, MartError> {
        let statements: Vec<(&str, Vec<Cell>)> = query
            .statements()
            .iter()
            .map(|statement| (statement.sql(), statement.parameters().iter().map(Cell::from).collect()))
            .collect();
        let answers = self.query_all(&statements)?.into_iter().map(values);
        query.answer(answers.collect::<Result<_, _>>()?).map_err(wrong)
    }

    /// The rows of one statement of the semantic layer.
    pub fn rows(&self, statement: &Statement) -> Result<Vec<Vec<Value>>, MartError> {
        self.values(statement.sql(), statement.parameters())
    }

    /// A page of the cases behind a number; `total` when it is known how many there are.
    pub fn cases(&self, query: &CompiledCases, total: Option<i64>) -> Result<CasePage, MartError> {
        let total = match total {
            Some(total) => Some(Value::Whole(total)),
            None => self.values(query.count_sql(), query.parameters())?.into_iter().flatten().next(),
        };
        let rows = self.values(query.page_sql(), query.parameters())?;
        query.page(total, rows).map_err(wrong)
    }

    fn values(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>, MartError> {
        let parameters: Vec<Cell> = parameters.iter().map(Cell::from).collect();
        values(self.query(sql, &parameters)?)
    }
}

fn values(answer: crate::Answer) -> Result<Vec<Vec<Value>>, MartError> {
    answer.rows.into_iter().map(|row| row.into_iter().map(to_value).collect()).collect()
}

fn wrong(error: QueryError) -> MartError {
    MartError::Query(error.to_string())
}

impl From<&Value> for Cell {
    fn from(value: &Value) -> Cell {
        match value {
            Value::Null => Cell::Null,
            Value::Whole(n) => Cell::Whole(*n),
            Value::Decimal(d) => Cell::Decimal(d.mantissa(), u8::try_from(d.scale()).unwrap_or(u8::MAX)),
            Value::Flag(flag) => Cell::Flag(*flag),
            Value::Text(text) => Cell::Text(text.clone()),
            Value::Day(day) => Cell::Day(model::canonical::seconds_of(day.at(0, 0, 0, 0)) / SECONDS_A_DAY),
            Value::Moment(at) => Cell::Moment(model::canonical::seconds_of(*at)),
        }
    }
}

fn to_value(cell: Cell) -> Result<Value, MartError> {
    let range = |what: String| MartError::Query(format!("数值 {what} 超出范围"));
    Ok(match cell {
        Cell::Null => Value::Null,
        Cell::Whole(n) => Value::Whole(n),
        Cell::Decimal(n, scale) => Value::Decimal(
            Decimal::try_from_i128_with_scale(n, scale.into()).map_err(|_| range(format!("{n}")))?,
        ),
        // Nothing that is exact comes as one.
        Cell::Real(x) => return Err(range(format!("{x}（浮点数）"))),
        Cell::Flag(flag) => Value::Flag(flag),
        Cell::Text(text) => Value::Text(text),
        Cell::Day(n) => Value::Day(EPOCH.checked_add(n.days()).map_err(|_| range(format!("{n}")))?),
        Cell::Moment(n) => {
            Value::Moment(model::canonical::moment_of(n).ok_or_else(|| range(format!("{n}")))?)
        }
    })
}
