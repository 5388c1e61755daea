//! 政策包: every pack that ever made a result, with its files, so that any result can be computed again.

use crate::pack_history::{self, PackEventKind};
use crate::{Moment, Store, StoreError};
use model::canonical::Value;

/// A pack as kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPack {
    /// Number in the store.
    pub id: i64,
    /// `sha256:…` over its files.
    pub hash: String,
    /// 名称
    pub name: String,
    /// The pack's own id (`sample-2025`).
    pub pack: String,
    /// First day in force, days since 1970-01-01.
    pub effective_from: i64,
    /// Last day in force, days since 1970-01-01.
    pub effective_to: i64,
    /// Its files: name and content.
    pub files: Vec<(String, String)>,
    /// Since when it is the one for its dates; `None` for trial packs.
    pub in_force_since: Option<Moment>,
}

impl Store {
    /// Keeps a pack and its groups (code, name, kind); a pack with the same hash stays as it is. Returns its number.
    pub fn add_pack(
        &self,
        pack: &StoredPack,
        groups: &[(String, String, String)],
        now: Moment,
    ) -> Result<i64, StoreError> {
        self.with(|db| {
            db.transaction(|db| {
                let known = db.number("SELECT id FROM policy_pack WHERE hash = $1", &[pack.hash.as_str().into()])?;
                if let Some(id) = known {
                    return Ok(id);
                }
                let files = serde_json::to_string(&pack.files).map_err(|e| StoreError::Shape(e.to_string()))?;
                let id = db
                    .number(
                        "INSERT INTO policy_pack (hash, name, pack, effective_from, effective_to, files, added_at) \
                         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
                        &[
                            pack.hash.as_str().into(),
                            pack.name.as_str().into(),
                            pack.pack.as_str().into(),
                            pack.effective_from.into(),
                            pack.effective_to.into(),
                            files.as_str().into(),
                            now.into(),
                        ],
                    )?
                    .ok_or_else(|| StoreError::Missing("新的政策包".into()))?;
                let rows: Vec<[Value; 4]> = groups
                    .iter()
                    .map(|(code, name, kind)| {
                        [id.into(), code.as_str().into(), name.as_str().into(), kind.as_str().into()]
                    })
                    .collect();
                // A catalogue may list a code more than once; the first row names it.
                let mut seen = std::collections::HashSet::new();
                db.insert_many(
                    "policy_group",
                    &["pack", "code", "name", "kind"],
                    rows.iter().map(|row| row.as_slice()).filter(|row| seen.insert(row[1].clone())),
                    "",
                )?;
                Ok(id)
            })
        })
    }

    /// Puts packs in force: from now on they compute the cases of their dates. A pack that one of them covers whole steps back;
    /// of two that overlap the later one computes the days they share.
    pub fn put_in_force(&self, packs: &[i64], now: Moment) -> Result<(), StoreError> {
        self.with(|db| db.transaction(|db| put_in_force(db, packs, None, ("", now))))
    }

    /// The packs in force, by date. Together they say which pack computes a case.
    pub fn packs_in_force(&self) -> Result<Vec<StoredPack>, StoreError> {
        self.packs("WHERE in_force_since IS NOT NULL ORDER BY effective_from, id", &[])
    }

    /// Every pack by date, without its files: a list for choosing.
    pub fn pack_list(&self) -> Result<Vec<StoredPack>, StoreError> {
        let rows = self.with(|db| {
            db.all(
                "SELECT id, hash, name, pack, effective_from, effective_to, '[]', in_force_since FROM policy_pack \
                 ORDER BY effective_from, id",
                &[],
            )
        })?;
        rows.iter().map(|row| read(row)).collect()
    }

    /// One pack.
    pub fn pack(&self, id: i64) -> Result<StoredPack, StoreError> {
        let found = self.packs("WHERE id = $1", &[id.into()])?.into_iter().next();
        found.ok_or_else(|| StoreError::Missing(format!("政策包 {id}")))
    }

    fn packs(&self, filter: &str, parameters: &[Value]) -> Result<Vec<StoredPack>, StoreError> {
        let sql = format!(
            "SELECT id, hash, name, pack, effective_from, effective_to, files, in_force_since FROM policy_pack {filter}"
        );
        let rows = self.with(|db| db.all(&sql, parameters))?;
        rows.iter().map(|row| read(row)).collect()
    }
}

fn read(row: &[Value]) -> Result<StoredPack, StoreError> {
    Ok(StoredPack {
        id: row[0].int().unwrap_or_default(),
        hash: row[1].str().to_owned(),
        name: row[2].str().to_owned(),
        pack: row[3].str().to_owned(),
        effective_from: row[4].int().unwrap_or_default(),
        effective_to: row[5].int().unwrap_or_default(),
        files: serde_json::from_str(row[6].str()).map_err(|e| StoreError::Shape(e.to_string()))?,
        in_force_since: row[7].int(),
    })
}

/// `by`: who and when; an empty login is the command line. `run` is published with it.
pub(crate) fn put_in_force(
    db: &mut crate::connection::Connection,
    packs: &[i64],
    run: Option<i64>,
    by: (&str, Moment),
) -> Result<(), StoreError> {
    for id in packs {
        let covered = db.all(
            "SELECT id FROM policy_pack WHERE id <> $1 AND in_force_since IS NOT NULL \
             AND effective_from >= (SELECT effective_from FROM policy_pack WHERE id = $1) \
             AND effective_to <= (SELECT effective_to FROM policy_pack WHERE id = $1) ORDER BY id",
            &[(*id).into()],
        )?;
        for other in covered.iter().filter_map(|row| row[0].int()) {
            db.execute("UPDATE policy_pack SET in_force_since = NULL WHERE id = $1", &[other.into()])?;
            pack_history::note(db, other, PackEventKind::SteppedBack, run, by)?;
        }
        let begun = db.execute(
            "UPDATE policy_pack SET in_force_since = $2 WHERE id = $1 AND in_force_since IS NULL",
            &[(*id).into(), by.1.into()],
        )?;
        if begun > 0 {
            pack_history::note(db, *id, PackEventKind::InForce, run, by)?;
        }
    }
    Ok(())
}
