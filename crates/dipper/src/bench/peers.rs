//! 对照: the mart's facts copied into SQLite and PostgreSQL, and compiled statements run there.

use anyhow::Context;
use jiff::ToSpan;
use jiff::civil::date;
use mart::{Cell, Mart};
use metrics::{Fact, Kind, Statement, Value};
use postgres::types::private::BytesMut;
use postgres::types::{Format, IsNull, ToSql, Type};
use std::cell::RefCell;
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A statement that takes longer is not run again.
const LONG: Duration = Duration::from_secs(3);

/// Both peers; their data go away with it.
pub(super) struct Peers {
    sqlite: rusqlite::Connection,
    file: PathBuf,
    postgres: Option<OnServer>,
}

struct OnServer {
    client: RefCell<postgres::Client>,
    _place: super::hospital::Database,
}

/// Times of the same statements, one after the other, the best of three.
pub(super) struct Timed {
    pub(super) duckdb: Duration,
    pub(super) sqlite: Option<Duration>,
    pub(super) postgres: Option<Duration>,
    pub(super) rows: usize,
}

impl Peers {
    /// Copies the tables and columns that the statements name.
    pub(super) fn with_tables_of<'s>(
        mart: &Mart,
        statements: impl Iterator<Item = &'s Statement>,
        folder: &Path,
        server: Option<&str>,
    ) -> anyhow::Result<Peers> {
        let text: String = statements.map(|statement| format!("{} ", statement.sql())).collect();
        let file = folder.join("peers.db");
        let _ = std::fs::remove_file(&file);
        let sqlite = rusqlite::Connection::open(&file)?;
        sqlite.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000",
        )?;
        let postgres = server.map(OnServer::open).transpose()?;
        let peers = Peers { sqlite, file, postgres };
        let schema = mart::schema();
        for table in schema.facts.iter().chain(&schema.dictionaries) {
            if named(&text, table.name) {
                peers.copy(mart, table, &text)?;
            }
        }
        peers.execute("ANALYZE")?;
        Ok(peers)
    }

    fn execute(&self, sql: &str) -> anyhow::Result<()> {
        self.sqlite.execute_batch(sql)?;
        match &self.postgres {
            Some(server) => Ok(server.client.borrow_mut().batch_execute(sql)?),
            None => Ok(()),
        }
    }

    fn copy(&self, mart: &Mart, table: &Fact, text: &str) -> anyhow::Result<()> {
        let always = ["number", "month", "key"];
        let columns: Vec<_> =
            table.columns.iter().filter(|c| always.contains(&c.name) || named(text, c.name)).collect();
        let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
        let defined: Vec<String> =
            columns.iter().map(|column| format!("{} {}", column.name, sql_type(column.kind))).collect();
        self.execute(&format!("CREATE TABLE {} ({})", table.name, defined.join(", ")))?;
        let select = format!("SELECT {} FROM {}", names.join(", "), table.name);
        // By months: a whole fact of a large hospital does not fit into memory.
        let parts: Vec<String> = if table.of_cases() {
            mart.months()?.iter().map(|month| format!("{select} WHERE month = {}", month.month)).collect()
        } else {
            vec![select]
        };
        let places: Vec<String> = (1..=names.len()).map(|n| format!("?{n}")).collect();
        let insert = format!("INSERT INTO {} VALUES ({})", table.name, places.join(", "));
        for part in parts {
            let rows = mart.query(&part, &[])?.rows;
            self.sqlite.execute_batch("BEGIN")?;
            let mut statement = self.sqlite.prepare(&insert)?;
            for row in &rows {
                statement.execute(rusqlite::params_from_iter(row.iter().map(for_sqlite)))?;
            }
            drop(statement);
            self.sqlite.execute_batch("COMMIT")?;
            if let Some(server) = &self.postgres {
                let mut client = server.client.borrow_mut();
                let mut copy = client.copy_in(&format!("COPY {} FROM STDIN", table.name))?;
                for row in &rows {
                    let cells: Vec<String> = row.iter().map(for_copy).collect();
                    writeln!(copy, "{}", cells.join("\t"))?;
                }
                copy.finish()?;
            }
        }
        // What a hospital's own reporting database would have.
        for column in ["number", "discharge_day", "key"].iter().filter(|column| names.contains(column)) {
            self.execute(&format!("CREATE INDEX {0}_{column} ON {0} ({column})", table.name))?;
        }
        Ok(())
    }

    /// Runs statements here and there; they must give as many rows.
    pub(super) fn run(&self, mart: &Mart, statements: &[Statement]) -> anyhow::Result<Timed> {
        let mut timed =
            Timed { duckdb: Duration::ZERO, sqlite: Some(Duration::ZERO), postgres: None, rows: 0 };
        timed.postgres = self.postgres.as_ref().map(|_| Duration::ZERO);
        for statement in statements {
            let parameters: Vec<Cell> = statement.parameters().iter().map(Cell::from).collect();
            let (rows, time) = best(|| Ok(mart.query(statement.sql(), &parameters)?.rows.len()))?;
            timed.duckdb += time;
            timed.rows += rows;
            let ours: Vec<rusqlite::types::Value> = parameters.iter().map(for_sqlite).collect();
            let translated = without_grouping_sets(statement.sql()).context("语句没有按预期的形式")?;
            let (found, time) = best(|| self.on_sqlite(&translated, &ours))?;
            // Over no rows, SQLite still gives a total.
            anyhow::ensure!(
                found == rows || rows == 0,
                "SQLite 得到 {found} 行，应为 {rows}：{}",
                statement.sql()
            );
            timed.sqlite = timed.sqlite.map(|sum| sum + time);
            if let Some(server) = &self.postgres {
                let (found, time) = best(|| server.rows(statement))?;
                anyhow::ensure!(
                    found == rows,
                    "PostgreSQL 得到 {found} 行，应为 {rows}：{}",
                    statement.sql()
                );
                timed.postgres = timed.postgres.map(|sum| sum + time);
            }
        }
        Ok(timed)
    }

    fn on_sqlite(
        &self,
        statements: &[String],
        parameters: &[rusqlite::types::Value],
    ) -> anyhow::Result<usize> {
        let mut count = 0;
        for sql in statements {
            let mut statement = self.sqlite.prepare_cached(sql)?;
            for at in 1..=statement.parameter_count() {
                statement.raw_bind_parameter(at, &parameters[at - 1])?;
            }
            let mut rows = statement.raw_query();
            while rows.next()?.is_some() {
                count += 1;
            }
        }
        Ok(count)
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

impl OnServer {
    fn open(server: &str) -> anyhow::Result<OnServer> {
        let place = super::hospital::Database::new(server, "reports")?;
        let client = RefCell::new(postgres::Client::connect(&place.address, postgres::NoTls)?);
        Ok(OnServer { client, _place: place })
    }

    fn rows(&self, statement: &Statement) -> anyhow::Result<usize> {
        let parameters: Vec<Parameter<'_>> = statement.parameters().iter().map(Parameter).collect();
        let parameters: Vec<&(dyn ToSql + Sync)> =
            parameters.iter().map(|parameter| parameter as &(dyn ToSql + Sync)).collect();
        Ok(self.client.borrow_mut().query(statement.sql(), &parameters)?.len())
    }
}

/// Rows and the best time of three, or of one that is long.
fn best(mut work: impl FnMut() -> anyhow::Result<usize>) -> anyhow::Result<(usize, Duration)> {
    let (mut rows, mut least) = (0, Duration::MAX);
    for _ in 0..3 {
        let began = Instant::now();
        rows = work()?;
        least = least.min(began.elapsed());
        if least > LONG {
            break;
        }
    }
    Ok((rows, least))
}

/// Whether a text holds a name as a word of its own.
fn named(text: &str, name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(word) && !after.is_some_and(word)
    })
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

fn day(days: i64) -> String {
    date(1970, 1, 1).checked_add(days.days()).map_or(String::new(), |day| day.to_string())
}

fn decimal(number: i128, scale: u8) -> String {
    rust_decimal::Decimal::from_i128_with_scale(number, scale.into()).to_string()
}

/// Days and times are texts that compare like what they mean.
fn for_sqlite(cell: &Cell) -> rusqlite::types::Value {
    use rusqlite::types::Value as Found;
    match cell {
        Cell::Null => Found::Null,
        Cell::Whole(n) => Found::Integer(*n),
        Cell::Decimal(n, scale) => Found::Real(decimal(*n, *scale).parse().unwrap_or_default()),
        Cell::Real(x) => Found::Real(*x),
        Cell::Flag(flag) => Found::Integer((*flag).into()),
        Cell::Text(text) => Found::Text(text.clone()),
        Cell::Day(n) => Found::Text(day(*n)),
        Cell::Moment(n) => {
            Found::Text(model::canonical::moment_of(*n).map_or(String::new(), |at| at.to_string()))
        }
    }
}

fn for_copy(cell: &Cell) -> String {
    match cell {
        Cell::Null => "\\N".into(),
        Cell::Whole(n) => n.to_string(),
        Cell::Decimal(n, scale) => decimal(*n, *scale),
        Cell::Real(x) => x.to_string(),
        Cell::Flag(flag) => flag.to_string(),
        Cell::Text(text) => {
            text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r")
        }
        Cell::Day(n) => day(*n),
        Cell::Moment(n) => model::canonical::moment_of(*n).map_or("\\N".into(), |at| at.to_string()),
    }
}

/// A parameter, sent as text: PostgreSQL reads it as the type that the statement wants.
#[derive(Debug)]
struct Parameter<'v>(&'v Value);

impl ToSql for Parameter<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        if *self.0 == Value::Null {
            return Ok(IsNull::Yes);
        }
        out.extend_from_slice(self.0.to_string().as_bytes());
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

/// SQLite has no grouping sets: one statement a set. `None` when the statement has another form.
fn without_grouping_sets(sql: &str) -> Option<Vec<String>> {
    let sql = sql.replace('$', "?");
    const SETS: &str = "GROUP BY GROUPING SETS (";
    let Some(at) = sql.find(SETS) else { return Some(vec![sql]) };
    let (sets, end) = inside(&sql, at + SETS.len())?;
    let called = sql.find("GROUPING(")?;
    let (_, after) = inside(&sql, called + "GROUPING(".len())?;
    let (mut statements, mut from) = (Vec::new(), 0);
    while let Some(open) = sets[from..].find('(') {
        let (keys, next) = inside(sets, from + open + 1)?;
        let group = if keys.is_empty() { String::new() } else { format!("GROUP BY {keys}") };
        statements.push(format!("{}0{}{group}{}", &sql[..called], &sql[after..at], &sql[end..]));
        from = next;
    }
    Some(statements)
}

/// What stands between a parenthesis that is open and the one that closes it, and where it goes on behind.
fn inside(text: &str, from: usize) -> Option<(&str, usize)> {
    let mut depth = 1;
    for (at, c) in text[from..].char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((&text[from..from + at], from + at + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grouping_sets_become_a_statement_each() {
        let sql = "SELECT GROUPING(c.a, c.b), c.a, MAX(c.n), COUNT(c.x) FROM t c WHERE c.d = $1 \
            GROUP BY GROUPING SETS ((c.a, SUBSTR(c.b, 1, 2)), (c.a), ())";
        let rest = "SELECT 0, c.a, MAX(c.n), COUNT(c.x) FROM t c WHERE c.d = ?1 ";
        let expected =
            ["GROUP BY c.a, SUBSTR(c.b, 1, 2)", "GROUP BY c.a", ""].map(|set| format!("{rest}{set}"));
        assert_eq!(without_grouping_sets(sql).unwrap(), expected);
        assert_eq!(without_grouping_sets("SELECT COUNT(*) FROM t").unwrap(), ["SELECT COUNT(*) FROM t"]);
    }

    #[test]
    fn names_are_whole_words() {
        assert!(named("SELECT c.month FROM case_fact c", "case_fact"));
        assert!(!named("SELECT c.discharge_month FROM t", "month"));
    }
}
