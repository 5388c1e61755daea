//! 表结构: our own tables by steps that are appended and never edited; the canonical tables as `model::canonical` describes
//! them now: a table or column that was added there is added here when the database is opened.

use crate::StoreError;
use crate::connection::Connection;
use model::canonical::{TABLES, Table};

/// Columns that every canonical table has besides its own: where a row came from and which version of it this is.
///
/// A row's version is the pair (source's time of change, content hash): the highest one wins, whatever order rows arrive in.
pub(crate) const META: &[(&str, &str)] = &[
    ("source", "TEXT NOT NULL"),
    ("source_updated_at", "BIGINT NOT NULL"),
    ("content_hash", "BIGINT NOT NULL"),
    ("first_seen_at", "BIGINT NOT NULL"),
    ("sync_run", "BIGINT NOT NULL"),
    ("deleted_at", "BIGINT"),
];

/// One step of the schema. Step n brings a database from version n to n + 1.
type Step = fn(sqlite: bool) -> String;

/// Appended to, never edited: databases in hospitals have run them.
const STEPS: &[Step] = &[first, second, changed_cases, own_reports, audit, audit_service, named_queries];

/// Brings a database to this program's version, in one transaction. Returns the version found.
pub(crate) fn migrate(db: &mut Connection) -> Result<i64, StoreError> {
    let known = latest();
    db.run(
        "CREATE TABLE IF NOT EXISTS schema_version \
         (one BIGINT PRIMARY KEY, version BIGINT NOT NULL, canonical BIGINT NOT NULL)",
    )?;
    let (found, canonical) = version(db)?;
    if found == known && canonical == fingerprint() {
        return Ok(found);
    }
    db.transaction(|db| {
        if !db.is_sqlite() {
            db.run("LOCK TABLE schema_version IN EXCLUSIVE MODE")?;
        }
        // Another process may have been quicker.
        let (found, _) = version(db)?;
        if found > known {
            return Err(StoreError::NewerSchema { found, known });
        }
        for table in TABLES {
            catch_up(db, table)?;
        }
        for step in STEPS.iter().skip(usize::try_from(found).unwrap_or_default()) {
            db.run(&step(db.is_sqlite()))?;
        }
        db.run(&format!(
            "INSERT INTO schema_version (one, version, canonical) VALUES (1, {known}, {0}) \
             ON CONFLICT (one) DO UPDATE SET version = {known}, canonical = {0}",
            fingerprint()
        ))?;
        Ok(found)
    })
}

/// Version of the steps and fingerprint of the canonical tables that the database has.
fn version(db: &mut Connection) -> Result<(i64, i64), StoreError> {
    let row = db.first("SELECT version, canonical FROM schema_version WHERE one = 1", &[])?;
    let number = |at: usize| row.as_ref().and_then(|row| row.get(at)?.int()).unwrap_or_default();
    Ok((number(0), number(1)))
}

/// Changes whenever a canonical table or column is added.
fn fingerprint() -> i64 {
    let mut text = String::new();
    for table in TABLES {
        text.push_str(&create(table));
    }
    i64::from_le_bytes(xxhash_rust::xxh3::xxh3_64(text.as_bytes()).to_le_bytes())
}

/// Makes a canonical table, or adds the columns that it does not have yet. Rows that are there already have nothing in them,
/// so a required column can only come with a new table.
fn catch_up(db: &mut Connection, table: &Table) -> Result<(), StoreError> {
    let columns = if db.is_sqlite() {
        "SELECT name FROM pragma_table_info($1)"
    } else {
        "SELECT column_name::text FROM information_schema.columns \
         WHERE table_schema = current_schema() AND table_name = $1"
    };
    let there: Vec<String> =
        db.all(columns, &[table.name.into()])?.iter().map(|row| row[0].str().to_owned()).collect();
    if there.is_empty() {
        return db.run(&create(table));
    }
    for column in table.columns.iter().filter(|column| !there.iter().any(|name| name == column.name)) {
        if column.required {
            return Err(StoreError::Shape(format!("{}.{} 是新增的必填列", table.name, column.name)));
        }
        let kind = if column.kind.is_text() { "TEXT" } else { "BIGINT" };
        db.run(&format!("ALTER TABLE {} ADD COLUMN {} {kind}", table.name, column.name))?;
    }
    Ok(())
}

fn first(sqlite: bool) -> String {
    for_database(include_str!("schema.sql"), sqlite)
}

fn second(sqlite: bool) -> String {
    for_database(include_str!("schema_2.sql"), sqlite)
}

fn changed_cases(sqlite: bool) -> String {
    for_database(include_str!("schema_changed_cases.sql"), sqlite)
}

fn own_reports(sqlite: bool) -> String {
    for_database(include_str!("schema_own_reports.sql"), sqlite)
}

fn audit(sqlite: bool) -> String {
    for_database(include_str!("schema_audit.sql"), sqlite)
}

fn audit_service(sqlite: bool) -> String {
    for_database(include_str!("schema_audit_service.sql"), sqlite)
}

fn named_queries(sqlite: bool) -> String {
    for_database(include_str!("schema_named_queries.sql"), sqlite)
}

fn for_database(sql: &str, sqlite: bool) -> String {
    let identity = match sqlite {
        // AUTOINCREMENT: an id is never given twice, even after a deletion.
        true => "INTEGER PRIMARY KEY AUTOINCREMENT",
        false => "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
    };
    let clustered = if sqlite { "WITHOUT ROWID" } else { "" };
    sql.replace("{identity}", identity).replace("{clustered}", clustered)
}

/// A canonical table with its look-ups: its encounter's rows, and what was removed.
fn create(table: &Table) -> String {
    let mut sql = format!("CREATE TABLE {} (\n", table.name);
    for column in table.columns {
        let kind = if column.kind.is_text() { "TEXT" } else { "BIGINT" };
        let rule = match (column.name, column.required) {
            ("key", _) => " PRIMARY KEY",
            (_, true) => " NOT NULL",
            _ => "",
        };
        sql.push_str(&format!("    {} {kind}{rule},\n", column.name));
    }
    let meta: Vec<String> = META.iter().map(|(name, kind)| format!("    {name} {kind}")).collect();
    sql.push_str(&format!("{}\n);\n", meta.join(",\n")));
    let indexed = table.columns.iter().filter(|column| {
        column.name == "encounter_key" || (table.name == "encounter" && column.name == "patient_key")
    });
    for column in indexed {
        sql.push_str(&format!("CREATE INDEX {0}_{1} ON {0} ({1});\n", table.name, column.name));
    }
    if table.name == "encounter" {
        sql.push_str("CREATE INDEX encounter_discharged_at ON encounter (discharged_at);\n");
    }
    sql
}

/// The version this program knows.
pub(crate) fn latest() -> i64 {
    STEPS.len() as i64
}
