//! The mart's facts copied into a database of the test PostgreSQL.

use crate::insured_ward::Insured;
use jiff::ToSpan;
use jiff::civil::date;
use mart::Cell;
use metrics::{Kind, Value};
use postgres::types::private::BytesMut;
use postgres::types::{Format, FromSql, IsNull, ToSql, Type};
use postgres::{Client, NoTls};
use rust_decimal::Decimal;
use std::error::Error;
use std::io::Write;

pub(crate) struct PostgresFacts {
    client: Client,
    server: String,
    name: String,
}

impl PostgresFacts {
    /// `None` where no server is at hand. CI always has one.
    pub(crate) fn copied(insured: &Insured) -> Option<PostgresFacts> {
        let Ok(server) = std::env::var("DIPPER_TEST_POSTGRES") else {
            assert!(std::env::var("CI").is_err(), "CI 没有设置 DIPPER_TEST_POSTGRES");
            eprintln!("skipped: no PostgreSQL (make test starts one)");
            return None;
        };
        let name = format!("dipper_facts_{}_{}", std::process::id(), fastrand::u32(..));
        Client::connect(&server, NoTls).unwrap().batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        let (base, _) = server.rsplit_once('/').unwrap();
        let mut client = Client::connect(&format!("{base}/{name}"), NoTls).unwrap();
        // Statements of hundreds of expressions over few rows: compiling them would take longer than running them.
        client.batch_execute("SET jit = off").unwrap();
        let mut facts = PostgresFacts { client, server, name };
        let schema = mart::schema();
        for table in schema.facts.iter().chain(&schema.dictionaries) {
            facts.copy(insured, table);
        }
        Some(facts)
    }

    fn copy(&mut self, insured: &Insured, table: &metrics::Fact) {
        let columns: Vec<String> =
            table.columns.iter().map(|column| format!("{} {}", column.name, sql_type(column.kind))).collect();
        self.client.batch_execute(&format!("CREATE TABLE {} ({})", table.name, columns.join(", "))).unwrap();
        let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
        let rows =
            insured.mart.query(&format!("SELECT {} FROM {}", names.join(", "), table.name), &[]).unwrap();
        let mut copy = self.client.copy_in(&format!("COPY {} FROM STDIN", table.name)).unwrap();
        for row in &rows.rows {
            let cells: Vec<String> = row.iter().map(written).collect();
            writeln!(copy, "{}", cells.join("\t")).unwrap();
        }
        assert_eq!(copy.finish().unwrap(), rows.rows.len() as u64, "{}", table.name);
    }

    /// The rows of a compiled statement.
    pub(crate) fn rows(&mut self, sql: &str, parameters: &[Value]) -> Vec<Vec<Value>> {
        let parameters: Vec<Parameter<'_>> = parameters.iter().map(Parameter).collect();
        let parameters: Vec<&(dyn ToSql + Sync)> =
            parameters.iter().map(|p| p as &(dyn ToSql + Sync)).collect();
        let rows = self.client.query(sql, &parameters).unwrap_or_else(|error| panic!("{error:?}: {sql}"));
        let cells = |row: &postgres::Row| (0..row.len()).map(|at| row.get::<_, Found>(at).0).collect();
        rows.iter().map(cells).collect()
    }
}

impl Drop for PostgresFacts {
    fn drop(&mut self) {
        if let Ok(mut client) = Client::connect(&self.server, NoTls) {
            let _ = client.batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        }
    }
}

fn sql_type(kind: Kind) -> String {
    match kind {
        Kind::Text => "TEXT".into(),
        Kind::Whole | Kind::Money => "BIGINT".into(),
        Kind::Flag => "BOOLEAN".into(),
        Kind::Decimal(places) => format!("DECIMAL(18,{places})"),
        Kind::Day => "DATE".into(),
        Kind::Moment => "TIMESTAMP".into(),
    }
}

/// As `COPY` reads it.
fn written(cell: &Cell) -> String {
    let day = |n: i64| date(1970, 1, 1).checked_add(n.days()).unwrap();
    match cell {
        Cell::Null => "\\N".into(),
        Cell::Whole(n) => n.to_string(),
        Cell::Decimal(n, scale) => Decimal::from_i128_with_scale(*n, (*scale).into()).to_string(),
        Cell::Real(x) => panic!("{x}"),
        Cell::Flag(flag) => flag.to_string(),
        Cell::Text(text) => {
            text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r")
        }
        Cell::Day(n) => day(*n).to_string(),
        Cell::Moment(n) => model::canonical::moment_of(*n).unwrap().to_string(),
    }
}

/// A parameter, sent as text: PostgreSQL reads it as the type that the statement wants.
#[derive(Debug)]
struct Parameter<'v>(&'v Value);

impl ToSql for Parameter<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self.0 {
            Value::Null => return Ok(IsNull::Yes),
            Value::Moment(at) => out.extend_from_slice(at.to_string().as_bytes()),
            Value::Flag(flag) => out.extend_from_slice(flag.to_string().as_bytes()),
            value => out.extend_from_slice(value.to_string().as_bytes()),
        }
        Ok(IsNull::No)
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    postgres::types::to_sql_checked!();
}

/// A cell of an answer.
struct Found(Value);

impl<'a> FromSql<'a> for Found {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Found, Box<dyn Error + Sync + Send>> {
        Ok(Found(match *kind {
            Type::BOOL => Value::Flag(bool::from_sql(kind, raw)?),
            Type::INT4 => Value::Whole(i32::from_sql(kind, raw)?.into()),
            Type::INT8 => Value::Whole(i64::from_sql(kind, raw)?),
            Type::NUMERIC => Value::Decimal(numeric(raw)),
            Type::DATE => {
                Value::Day(date(2000, 1, 1).checked_add(i32::from_be_bytes(raw.try_into()?).days())?)
            }
            Type::TIMESTAMP => {
                let at = date(2000, 1, 1).at(0, 0, 0, 0);
                Value::Moment(at.checked_add(i64::from_be_bytes(raw.try_into()?).microseconds())?)
            }
            _ => Value::Text(String::from_utf8(raw.to_vec())?),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Found, Box<dyn Error + Sync + Send>> {
        Ok(Found(Value::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// PostgreSQL's binary form: digits of base 10,000, the place of the first, sign, decimal places.
fn numeric(raw: &[u8]) -> Decimal {
    let mut words = raw.chunks_exact(2).map(|pair| i16::from_be_bytes([pair[0], pair[1]]));
    let mut next = || words.next().unwrap_or_default();
    let (digits, weight, sign, places) = (next(), i32::from(next()), next(), next());
    let mut sum = Decimal::ZERO;
    for at in 0..i32::from(digits) {
        let digit = i128::from(next());
        let place = 4 * (weight - at);
        sum += match u32::try_from(place) {
            Ok(place) => Decimal::from_i128_with_scale(digit * 10_i128.pow(place), 0),
            Err(_) => Decimal::from_i128_with_scale(digit, place.unsigned_abs()),
        };
    }
    sum.rescale(u32::from(places.unsigned_abs()));
    if sign == 0 { sum } else { -sum }
}
