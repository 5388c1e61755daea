//! 字典: the dimensions follow the store's dictionaries, and so do the facts that took something from them.

use crate::MartError;
use crate::dimension::{DIMENSIONS, create_dictionary};
use crate::facts::FACTS;
use crate::load::{append, pump};
use crate::stage::holds;
use duckdb::Connection;
use model::canonical::Table;
use store::{Of, Reader, Scan};

/// The month that stands for the dictionaries in `mart_month` and in the store's versions.
pub(crate) const DICTIONARIES: i64 = -1;

/// A version that no month of the store has.
const TO_BUILD: i64 = -1;

/// Months with charges of items whose class changed: their fees by class are other ones now.
const MONTHS_OF_CHANGED_ITEMS: &str = "SELECT DISTINCT f.month FROM charge_fact f JOIN (\
    SELECT COALESCE(n.key, o.key) AS key FROM charge_item n FULL JOIN old_item o ON o.key = n.key \
    WHERE (n.name, n.fee_class, n.insurer_code, n.insurer_class, n.level) IS DISTINCT FROM \
        (o.name, o.fee_class, o.insurer_code, o.insurer_class, o.level)) i ON i.key = f.item_key";

/// Copies the dictionaries anew, in one transaction. Names that facts carry are set there too; months that must be built
/// again are marked, so that they are built even if this process is killed before.
pub(crate) fn refresh(db: &Connection, reader: &mut Reader, version: Option<i64>) -> Result<(), MartError> {
    db.execute_batch("BEGIN; CREATE OR REPLACE TEMP TABLE old_item AS SELECT * FROM charge_item")?;
    for table in DIMENSIONS.iter().filter_map(|name| Table::named(name)) {
        db.execute_batch(&create_dictionary(table))?;
        let names: Vec<&str> = table.columns.iter().map(|c| c.name).collect();
        let columns: Vec<_> = table.columns.iter().map(|c| (c.name, holds(c.kind))).collect();
        let scan = Scan { table, columns: &names, of: Of::All };
        pump(reader, scan, &columns, &mut |batch| append(db, table.name, batch))?;
    }
    for rename in FACTS.iter().filter_map(|fact| fact.rename()) {
        db.execute_batch(&rename)?;
    }
    db.execute_batch(&format!(
        "DELETE FROM mart_month WHERE month = {DICTIONARIES}; \
         UPDATE mart_month SET version = {TO_BUILD} WHERE month IN ({MONTHS_OF_CHANGED_ITEMS})"
    ))?;
    if let Some(version) = version {
        db.execute_batch(&format!("INSERT INTO mart_month VALUES ({DICTIONARIES}, {version}, 0, 0)"))?;
    }
    Ok(db.execute_batch("COMMIT")?)
}
