//! 政策包履历: every pack with who added it, and since when and by whom it was put in force.

use crate::connection::Connection;
use crate::{Moment, Store, StoreError};
use model::canonical::Value;

/// What happened to a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackEventKind {
    /// 启用
    InForce,
    /// 停用: another pack took its place.
    SteppedBack,
}

impl PackEventKind {
    const ALL: [(PackEventKind, &'static str, &'static str); 2] =
        [(PackEventKind::InForce, "in_force", "启用"), (PackEventKind::SteppedBack, "stepped_back", "停用")];

    pub(crate) fn name(self) -> &'static str {
        PackEventKind::ALL[self as usize].1
    }

    /// As on a screen.
    pub fn chinese(self) -> &'static str {
        PackEventKind::ALL[self as usize].2
    }
}

/// One thing that happened to a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackEvent {
    /// The pack.
    pub pack: i64,
    /// When.
    pub at: Moment,
    /// Who; empty for the command line.
    pub login: String,
    /// What.
    pub kind: PackEventKind,
    /// The compute run that was published with it.
    pub run: Option<i64>,
}

/// A pack in the list of all, without its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackEntry {
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
    /// When it came into the store.
    pub added_at: Moment,
    /// Since when it is the one for its dates.
    pub in_force_since: Option<Moment>,
    /// The draft it came from.
    pub draft: Option<i64>,
    /// 病种数
    pub groups: i64,
    /// Cases whose current result it made.
    pub current_cases: i64,
}

impl Store {
    /// Every pack, those in force first, then the latest.
    pub fn pack_entries(&self) -> Result<Vec<PackEntry>, StoreError> {
        let rows = self.with(|db| {
            db.all(
                "SELECT p.id, p.hash, p.name, p.pack, p.effective_from, p.effective_to, p.added_at, p.in_force_since, \
                 (SELECT MAX(d.id) FROM pack_draft d WHERE d.pack = p.id), \
                 (SELECT COUNT(*) FROM policy_group g WHERE g.pack = p.id), COALESCE(n.cases, 0) FROM policy_pack p \
                 LEFT JOIN (SELECT r.pack AS pack, COUNT(*) AS cases FROM inpatient_case c \
                 JOIN case_result r ON r.case_number = c.number AND r.run = c.run WHERE c.month >= 0 GROUP BY r.pack) n \
                 ON n.pack = p.id \
                 ORDER BY CASE WHEN p.in_force_since IS NULL THEN 1 ELSE 0 END, p.effective_from DESC, p.id DESC",
                &[],
            )
        })?;
        let entry = |row: &Vec<Value>| {
            let number = |at: usize| row[at].int().unwrap_or_default();
            let text = |at: usize| row[at].str().to_owned();
            PackEntry {
                id: number(0),
                hash: text(1),
                name: text(2),
                pack: text(3),
                effective_from: number(4),
                effective_to: number(5),
                added_at: number(6),
                in_force_since: row[7].int(),
                draft: row[8].int(),
                groups: number(9),
                current_cases: number(10),
            }
        };
        Ok(rows.iter().map(entry).collect())
    }

    /// What happened to all packs, latest first.
    pub fn pack_events(&self, limit: i64) -> Result<Vec<PackEvent>, StoreError> {
        let rows = self.with(|db| {
            db.all(
                "SELECT pack, at, login, event, run FROM pack_event ORDER BY id DESC LIMIT $1",
                &[limit.into()],
            )
        })?;
        rows.iter()
            .map(|row| {
                let kind = PackEventKind::ALL.iter().find(|entry| entry.1 == row[3].str());
                Ok(PackEvent {
                    pack: row[0].int().unwrap_or_default(),
                    at: row[1].int().unwrap_or_default(),
                    login: row[2].str().to_owned(),
                    kind: kind.ok_or_else(|| StoreError::Shape("政策包履历".into()))?.0,
                    run: row[4].int(),
                })
            })
            .collect()
    }
}

/// Notes what happens to a pack.
pub(crate) fn note(
    db: &mut Connection,
    pack: i64,
    kind: PackEventKind,
    run: Option<i64>,
    (login, now): (&str, Moment),
) -> Result<(), StoreError> {
    db.execute(
        "INSERT INTO pack_event (pack, at, login, event, run) VALUES ($1, $2, $3, $4, $5)",
        &[pack.into(), now.into(), Value::Text(login.into()), kind.name().into(), run.into()],
    )?;
    Ok(())
}
