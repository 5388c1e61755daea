//! 对照: the same rules as SQL over the same lines in SQLite, PostgreSQL and DuckDB.

use super::hospital::Database;
use anyhow::Context;
use mart::{ChargeColumns, Mart};
use std::cell::RefCell;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// At most so many of an item a day.
pub(super) struct Day<'i> {
    pub(super) item: &'i str,
    pub(super) most: i64,
}

/// A main that contains a sub of the same day.
pub(super) struct Pair<'i> {
    pub(super) main: &'i str,
    pub(super) sub: &'i str,
}

impl Day<'_> {
    /// How many (rule, stay, day) are over it; `line` has number, day, item and quantity.
    pub(super) fn sql(days: &[Day<'_>]) -> String {
        let rules: Vec<String> = (0..)
            .zip(days)
            .map(|(n, Day { item, most })| format!("({n}, '{item}', {})", most * audit::UNIT))
            .collect();
        format!(
            "WITH rule(id, item, most) AS (VALUES {}) SELECT COUNT(*) FROM (SELECT r.id FROM line l \
             JOIN rule r ON r.item = l.item GROUP BY r.id, l.number, l.day, r.most \
             HAVING SUM(l.quantity) > r.most) AS found",
            rules.join(", ")
        )
    }
}

impl Pair<'_> {
    /// How many (rule, sub) lines have a main of their day.
    pub(super) fn sql(pairs: &[Pair<'_>]) -> String {
        let rules: Vec<String> =
            (0..).zip(pairs).map(|(n, Pair { main, sub })| format!("({n}, '{main}', '{sub}')")).collect();
        format!(
            "WITH rule(id, main, sub) AS (VALUES {}) SELECT COUNT(*) FROM line l JOIN rule r ON r.sub = l.item \
             WHERE l.quantity > 0 AND EXISTS (SELECT 1 FROM line m WHERE m.number = l.number AND m.day = l.day \
             AND m.item = r.main AND m.quantity > 0)",
            rules.join(", ")
        )
    }
}

/// The peers with the lines; their data go away with them.
pub(super) struct Peers {
    sqlite: rusqlite::Connection,
    file: PathBuf,
    postgres: Option<(RefCell<postgres::Client>, Database)>,
}

const TABLE: &str = "CREATE TABLE line (number BIGINT, day INTEGER, item TEXT, quantity BIGINT)";
const INDEX: &str =
    "CREATE INDEX line_place ON line (number, day, item); CREATE INDEX line_item ON line (item); ANALYZE";
/// The same columns of the mart's fact.
const FACT: &str = "(SELECT number, CAST(charged_at AS DATE) AS day, item_key AS item, \
    CAST(quantity * 10000 AS BIGINT) AS quantity FROM charge_fact)";

impl Peers {
    /// Copies the lines.
    pub(super) fn with_lines_of(
        columns: &ChargeColumns,
        folder: &Path,
        server: Option<&str>,
    ) -> anyhow::Result<Peers> {
        let file = folder.join("audit_peers.db");
        let _ = std::fs::remove_file(&file);
        let sqlite = rusqlite::Connection::open(&file)?;
        sqlite.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000",
        )?;
        sqlite.execute_batch(TABLE)?;
        sqlite.execute_batch("BEGIN")?;
        let mut insert = sqlite.prepare("INSERT INTO line VALUES (?1, ?2, ?3, ?4)")?;
        for stay in columns.iter() {
            for at in 0..stay.len() {
                let item = columns.items().key(stay.item[at]);
                insert.execute((stay.number, stay.time[at] / 86_400, item, stay.quantity[at]))?;
            }
        }
        drop(insert);
        sqlite.execute_batch("COMMIT")?;
        sqlite.execute_batch(INDEX)?;
        let postgres = server
            .map(|server| -> anyhow::Result<_> {
                let place = Database::new(server, "audit")?;
                let mut client = postgres::Client::connect(&place.address, postgres::NoTls)?;
                client.batch_execute(TABLE)?;
                let mut copy = client.copy_in("COPY line FROM STDIN")?;
                for stay in columns.iter() {
                    for at in 0..stay.len() {
                        let item = columns.items().key(stay.item[at]);
                        writeln!(
                            copy,
                            "{}\t{}\t{item}\t{}",
                            stay.number,
                            stay.time[at] / 86_400,
                            stay.quantity[at]
                        )?;
                    }
                }
                copy.finish()?;
                client.batch_execute(INDEX)?;
                Ok((RefCell::new(client), place))
            })
            .transpose()?;
        Ok(Peers { sqlite, file, postgres })
    }

    /// Times and counts of a statement in each.
    pub(super) fn run(&self, mart: &Mart, sql: &str) -> anyhow::Result<String> {
        let mut told = Vec::new();
        let mut tell = |name: &str, began: Instant, found: i64| {
            told.push(format!("{name} {:.1} 秒，{found} 条", began.elapsed().as_secs_f64()));
        };
        let began = Instant::now();
        let answer = mart.query(
            &sql.replace("line l", &format!("{FACT} l")).replace("line m", &format!("{FACT} m")),
            &[],
        )?;
        let found = match answer.rows.first().and_then(|row| row.first()) {
            Some(mart::Cell::Whole(found)) => *found,
            _ => anyhow::bail!("DuckDB 没有给出数目"),
        };
        tell("DuckDB", began, found);
        let began = Instant::now();
        let found = self.sqlite.query_row(sql, [], |row| row.get(0))?;
        tell("SQLite", began, found);
        if let Some((client, _)) = &self.postgres {
            let began = Instant::now();
            let found = client.borrow_mut().query_one(sql, &[]).context("PostgreSQL")?.try_get(0)?;
            tell("PostgreSQL", began, found);
        }
        Ok(told.join("；"))
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}
