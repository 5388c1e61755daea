//! Upsert into PostgreSQL: `COPY` into a staging table of the connection, then one statement.

use super::{Counts, Origin, Prepared, Touched, all_columns, assignments};
use crate::StoreError;
use crate::bulk::copy_in;
use crate::connection::Postgres;
use model::canonical::Table;

pub(super) fn upsert(
    db: &mut Postgres,
    table: &'static Table,
    rows: &[Prepared<'_>],
    origin: &Origin<'_>,
    touched: &mut Touched,
) -> Result<Counts, StoreError> {
    let name = table.name;
    let stage = format!("stage_{name}");
    let columns = all_columns(table);
    db.client.batch_execute(&format!(
        "CREATE TEMPORARY TABLE IF NOT EXISTS {stage} (LIKE {name}) ON COMMIT DELETE ROWS; TRUNCATE {stage}"
    ))?;
    copy_in(db, &format!("COPY {stage} ({columns}) FROM STDIN"), rows, |row: &Prepared<'_>, put| {
        row.row.row.iter().for_each(&mut *put);
        row.meta(origin).iter().for_each(put);
    })?;

    let encounter = table.encounter_column().map_or("key", |at| table.columns[at].name);
    // What is there already, before anything changes: versions and the encounters that rows move away from.
    let mut counts = Counts::default();
    // Newer, or missed by a whole re-read and now back as it was.
    let newer = |new: &str| {
        format!(
            "(({new}.source_updated_at, {new}.content_hash) > (t.source_updated_at, t.content_hash) OR \
             ({new}.content_hash = t.content_hash AND t.deleted_at IS NOT NULL AND {new}.deleted_at IS NULL))"
        )
    };
    let same = "s.content_hash = t.content_hash AND (s.deleted_at IS NULL) = (t.deleted_at IS NULL)";
    let found = db.client.query(
        &format!(
            "SELECT CASE WHEN {same} THEN 0 WHEN {} THEN 1 ELSE 2 END, t.{encounter}, s.{encounter}, t.key \
             FROM {stage} s JOIN {name} t ON t.key = s.key",
            newer("s")
        ),
        &[],
    )?;
    for row in &found {
        match row.try_get::<_, i32>(0)? {
            0 => counts.unchanged += 1,
            1 => {
                counts.updated += 1;
                touched.note(table, row.try_get(1)?, row.try_get(3)?);
                touched.note(table, row.try_get(2)?, row.try_get(3)?);
            }
            _ => counts.outdated += 1,
        }
    }
    db.client.execute(
        &format!(
            "UPDATE {name} t SET source_updated_at = s.source_updated_at FROM {stage} s \
             WHERE t.key = s.key AND {same} AND s.source_updated_at > t.source_updated_at"
        ),
        &[],
    )?;
    // Rows that are there with the same content are left alone; everything else is written if it is newer.
    let written = db.client.query(
        &format!(
            "INSERT INTO {name} AS t ({columns}) SELECT {columns} FROM {stage} s \
             WHERE NOT EXISTS (SELECT 1 FROM {name} t WHERE t.key = s.key AND {same}) \
             ON CONFLICT (key) DO UPDATE SET {} \
             WHERE {} RETURNING {encounter}, key, (xmax = 0)",
            assignments(table),
            newer("excluded")
        ),
        &[],
    )?;
    for row in &written {
        if row.try_get::<_, bool>(2)? {
            counts.inserted += 1;
            touched.note(table, row.try_get(0)?, row.try_get(1)?);
        }
    }
    Ok(counts)
}
