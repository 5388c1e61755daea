//! 查询: SQL of the semantic layer over the facts, with typed answers.

use crate::{Mart, MartError};
use duckdb::types::{TimeUnit, ToSqlOutput, Value, ValueRef};
use duckdb::{Connection, ToSql, params_from_iter};

/// A value of an answer, and a parameter of a query.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A whole number; money in 分.
    Whole(i64),
    /// A decimal: number and its decimal places.
    Decimal(i128, u8),
    /// A mean, a ratio, a deviation: only for showing.
    Real(f64),
    /// 是/否
    Flag(bool),
    /// Text.
    Text(String),
    /// Days since 1970-01-01.
    Day(i64),
    /// Seconds since 1970-01-01 00:00 of the hospital's wall clock.
    Moment(i64),
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Rows, a cell a column.
    pub rows: Vec<Vec<Cell>>,
}

impl Mart {
    /// Runs one query with parameters `$1`, `$2` …; it can only read. Reads never wait for a refresh: they see the mart as it
    /// was before.
    pub fn query(&self, sql: &str, parameters: &[Cell]) -> Result<Answer, MartError> {
        let session = self.session()?;
        session.db.execute_batch("BEGIN TRANSACTION READ ONLY")?;
        run(&session.db, sql, parameters)
    }

    /// Runs several over the same state of the mart.
    pub(crate) fn query_all(&self, statements: &[(&str, Vec<Cell>)]) -> Result<Vec<Answer>, MartError> {
        let session = self.session()?;
        session.db.execute_batch("BEGIN TRANSACTION READ ONLY")?;
        statements.iter().map(|(sql, parameters)| run(&session.db, sql, parameters)).collect()
    }
}

fn run(db: &Connection, sql: &str, parameters: &[Cell]) -> Result<Answer, MartError> {
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.query(params_from_iter(parameters))?;
    let mut answer = Answer::default();
    while let Some(row) = rows.next()? {
        let width = row.as_ref().column_count();
        let cells = (0..width).map(|at| cell(row.get_ref(at)?)).collect::<Result<_, MartError>>()?;
        answer.rows.push(cells);
    }
    drop(rows);
    answer.columns = statement.column_names();
    Ok(answer)
}

fn cell(value: ValueRef<'_>) -> Result<Cell, MartError> {
    let whole = |n: i128| {
        i64::try_from(n).map(Cell::Whole).map_err(|_| MartError::Query(format!("数值 {n} 超出范围")))
    };
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Boolean(b) => Cell::Flag(b),
        ValueRef::TinyInt(n) => Cell::Whole(n.into()),
        ValueRef::SmallInt(n) => Cell::Whole(n.into()),
        ValueRef::Int(n) => Cell::Whole(n.into()),
        ValueRef::BigInt(n) => Cell::Whole(n),
        ValueRef::HugeInt(n) => whole(n)?,
        ValueRef::UTinyInt(n) => Cell::Whole(n.into()),
        ValueRef::USmallInt(n) => Cell::Whole(n.into()),
        ValueRef::UInt(n) => Cell::Whole(n.into()),
        ValueRef::UBigInt(n) => whole(n.into())?,
        ValueRef::Float(x) => Cell::Real(x.into()),
        ValueRef::Double(x) => Cell::Real(x),
        ValueRef::Decimal(d) => Cell::Decimal(d.value(), d.scale()),
        ValueRef::Timestamp(unit, n) => Cell::Moment(unit.to_micros(n).div_euclid(1_000_000)),
        ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Date32(n) => Cell::Day(n.into()),
        other => return Err(MartError::Query(format!("不支持的列类型 {:?}", other.data_type()))),
    })
}

impl ToSql for Cell {
    fn to_sql(&self) -> duckdb::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Owned(match self {
            Cell::Null => Value::Null,
            Cell::Whole(n) => Value::BigInt(*n),
            Cell::Decimal(n, scale) => return Ok(ToSqlOutput::Owned(Value::Text(decimal_text(*n, *scale)))),
            Cell::Real(x) => Value::Double(*x),
            Cell::Flag(b) => Value::Boolean(*b),
            Cell::Text(text) => return Ok(ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()))),
            Cell::Day(n) => match i32::try_from(*n) {
                Ok(n) => Value::Date32(n),
                Err(_) => Value::Null,
            },
            Cell::Moment(n) => Value::Timestamp(TimeUnit::Second, *n),
        }))
    }
}

/// DuckDB reads a decimal exactly from its text.
fn decimal_text(n: i128, scale: u8) -> String {
    let one = 10_i128.pow(scale.into());
    let sign = if n < 0 { "-" } else { "" };
    format!(
        "{sign}{}.{:0width$}",
        n.unsigned_abs() / one.unsigned_abs(),
        n.unsigned_abs() % one.unsigned_abs(),
        width = scale.into()
    )
}
