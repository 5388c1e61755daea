//! 审核规则库: rules with all their versions; written by one person, published by another.

use crate::collect::count_on;
use crate::connection::Connection;
use crate::{Moment, Store, StoreError};
use model::canonical::Value;

/// Whether a published rule is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleState {
    /// 启用
    #[default]
    Open,
    /// 试运行: it runs and counts, and warns nobody.
    Shadow,
    /// 关闭
    Closed,
}

impl RuleState {
    /// All, with their stored and Chinese names.
    pub const ALL: [(RuleState, &'static str, &'static str); 3] = [
        (RuleState::Open, "open", "启用"),
        (RuleState::Shadow, "shadow", "试运行"),
        (RuleState::Closed, "closed", "关闭"),
    ];

    /// The name that is stored.
    pub fn id(self) -> &'static str {
        RuleState::ALL[self as usize].1
    }

    /// As on a screen.
    pub fn chinese(self) -> &'static str {
        RuleState::ALL[self as usize].2
    }

    /// By its stored name.
    pub fn named(id: &str) -> Option<RuleState> {
        RuleState::ALL.iter().find(|entry| entry.1 == id).map(|entry| entry.0)
    }
}

/// A version of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleVersion {
    /// From 1.
    pub number: i64,
    /// The rule document (JSON).
    pub document: String,
    /// 修改说明
    pub note: String,
    /// 工号 of the author.
    pub author: String,
    /// His name.
    pub author_name: String,
    /// When it was written last.
    pub written_at: Moment,
    /// 工号 of who published it.
    pub publisher: String,
    /// His name.
    pub publisher_name: String,
    /// When it was published; `None`: a draft.
    pub published_at: Option<Moment>,
}

/// A rule with the versions that count now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditRule {
    /// 规则编号
    pub id: String,
    /// Whether it is used, once published.
    pub state: RuleState,
    /// Why its state was changed last.
    pub reason: String,
    /// The version in force.
    pub published: Option<RuleVersion>,
    /// The version under work.
    pub draft: Option<RuleVersion>,
    /// What an editor saw; rises with every change.
    pub version: i64,
    /// When it was changed last.
    pub changed_at: Moment,
    /// By whom.
    pub changed_by: String,
}

/// Who changes a rule, and when.
#[derive(Clone, Copy, Debug)]
pub struct RuleEditor<'a> {
    /// 工号
    pub login: &'a str,
    /// 姓名
    pub name: &'a str,
    /// When.
    pub at: Moment,
}

/// Change numbers of the library.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleStamps {
    /// Rises with every change of any rule.
    pub library: i64,
    /// Rises when the rules that are used change.
    pub in_force: i64,
    /// Rises with every audit and with everything people do with warnings.
    pub warnings: i64,
}

const LIBRARY: &str = "audit_library";
const IN_FORCE: &str = "audit_rules";
pub(crate) const WARNINGS: &str = "audit_warnings";

const VERSION: &str =
    "number, document, note, author, author_name, written_at, publisher, publisher_name, published_at";

impl Store {
    /// The change numbers now.
    pub fn audit_stamps(&self) -> Result<RuleStamps, StoreError> {
        self.with(|db| {
            let mut value =
                |name: &str| db.number("SELECT value FROM counter WHERE name = $1", &[name.into()]);
            Ok(RuleStamps {
                library: value(LIBRARY)?.unwrap_or_default(),
                in_force: value(IN_FORCE)?.unwrap_or_default(),
                warnings: value(WARNINGS)?.unwrap_or_default(),
            })
        })
    }

    /// Every rule, by id.
    pub fn audit_rules(&self) -> Result<Vec<AuditRule>, StoreError> {
        self.with(|db| read_rules(db, "", &[]))
    }

    /// One rule.
    pub fn audit_rule(&self, id: &str) -> Result<Option<AuditRule>, StoreError> {
        Ok(self.with(|db| read_rules(db, "WHERE r.id = $1", &[id.into()]))?.into_iter().next())
    }

    /// All versions of a rule, the latest first.
    pub fn audit_rule_versions(&self, id: &str) -> Result<Vec<RuleVersion>, StoreError> {
        let sql = format!("SELECT {VERSION} FROM audit_rule_version WHERE rule = $1 ORDER BY number DESC");
        Ok(self.with(|db| db.all(&sql, &[id.into()]))?.iter().filter_map(|row| version(row)).collect())
    }

    /// Keeps a draft: of a new rule (`seen` 0), beside the published version, or instead of the draft that is there.
    ///
    /// # Errors
    /// `Changed`: the rule is not as the editor saw it, or a new one has an id that exists.
    pub fn save_rule_draft(
        &self,
        id: &str,
        document: &str,
        note: &str,
        seen: i64,
        by: RuleEditor<'_>,
    ) -> Result<(), StoreError> {
        self.with(|db| db.transaction(|db| save_draft(db, (id, document, note), seen, by)))
    }

    /// Keeps drafts of several rules with the row versions the editor saw: all of them, or none.
    pub fn save_rule_drafts(
        &self,
        drafts: &[(String, String, i64)],
        note: &str,
        by: RuleEditor<'_>,
    ) -> Result<(), StoreError> {
        self.with(|db| {
            db.transaction(|db| {
                drafts
                    .iter()
                    .try_for_each(|(id, document, seen)| save_draft(db, (id, document, note), *seen, by))
            })
        })
    }

    /// Throws the draft away; a rule that was never published goes with it.
    pub fn discard_rule_draft(&self, id: &str, seen: i64, by: RuleEditor<'_>) -> Result<(), StoreError> {
        self.with(|db| {
            db.transaction(|db| {
                let rule = seen_rule(db, id, seen)?;
                let Some(draft) = &rule.draft else {
                    return Err(StoreError::Changed(format!("规则 {id}")));
                };
                db.execute(
                    "DELETE FROM audit_rule_version WHERE rule = $1 AND number = $2",
                    &[id.into(), draft.number.into()],
                )?;
                if rule.published.is_none() {
                    db.execute("DELETE FROM audit_rule WHERE id = $1", &[id.into()])?;
                    count_on(db, LIBRARY, 1)?;
                    return Ok(());
                }
                touch(db, id, by, "draft = NULL", &[])
            })
        })
    }

    /// Publishes the draft: from now on it is the version in force. Its author may not.
    ///
    /// # Errors
    /// `Changed`: the rule is not as the publisher saw it, has no draft, or he wrote it himself.
    pub fn publish_rule(&self, id: &str, seen: i64, by: RuleEditor<'_>) -> Result<(), StoreError> {
        self.with(|db| {
            db.transaction(|db| {
                let rule = seen_rule(db, id, seen)?;
                let draft = rule.draft.filter(|draft| draft.author != by.login);
                let Some(draft) = draft else {
                    return Err(StoreError::Changed(format!("规则 {id}（草稿须由另一人发布）")));
                };
                db.execute(
                    "UPDATE audit_rule_version SET publisher = $3, publisher_name = $4, published_at = $5 \
                     WHERE rule = $1 AND number = $2",
                    &[id.into(), draft.number.into(), by.login.into(), by.name.into(), by.at.into()],
                )?;
                touch(db, id, by, "published = $5, draft = NULL", &[draft.number.into()])?;
                count_on(db, IN_FORCE, 1).map(|_| ())
            })
        })
    }

    /// Opens, closes or shadows a published rule.
    pub fn set_rule_state(
        &self,
        id: &str,
        state: RuleState,
        reason: &str,
        seen: i64,
        by: RuleEditor<'_>,
    ) -> Result<(), StoreError> {
        self.with(|db| {
            db.transaction(|db| {
                seen_rule(db, id, seen)?;
                touch(
                    db,
                    id,
                    by,
                    "state = $5, reason = $6",
                    &[state.id().into(), Value::Text(reason.into())],
                )?;
                count_on(db, IN_FORCE, 1).map(|_| ())
            })
        })
    }

    /// Puts rules that nobody has written yet into the library as published ones: the rules of a shipped pack. Known ids are
    /// left as they are. Returns how many were new.
    pub fn add_shipped_rules(
        &self,
        rules: &[(String, String)],
        note: &str,
        by: RuleEditor<'_>,
    ) -> Result<usize, StoreError> {
        self.with(|db| {
            db.transaction(|db| {
                let known = db.all("SELECT id FROM audit_rule", &[])?;
                let new: Vec<&(String, String)> =
                    rules.iter().filter(|(id, _)| !known.iter().any(|row| row[0].str() == id)).collect();
                if new.is_empty() {
                    return Ok(0);
                }
                for (id, document) in &new {
                    save_draft(db, (id, document, note), 0, by)?;
                }
                db.execute(
                    "UPDATE audit_rule_version SET publisher = '', publisher_name = $1, published_at = $2 \
                     WHERE published_at IS NULL AND author = $3 AND note = $4",
                    &[
                        Value::Text(by.name.into()),
                        by.at.into(),
                        Value::Text(by.login.into()),
                        Value::Text(note.into()),
                    ],
                )?;
                db.execute(
                    "UPDATE audit_rule SET published = draft, draft = NULL WHERE published IS NULL AND EXISTS \
                     (SELECT 1 FROM audit_rule_version v WHERE v.rule = audit_rule.id AND v.number = audit_rule.draft \
                     AND v.published_at IS NOT NULL)",
                    &[],
                )?;
                count_on(db, IN_FORCE, 1)?;
                Ok(new.len())
            })
        })
    }
}

fn save_draft(
    db: &mut Connection,
    (id, document, note): (&str, &str, &str),
    seen: i64,
    by: RuleEditor<'_>,
) -> Result<(), StoreError> {
    let text = |text: &str| Value::Text(text.into());
    let known = find(db, id)?;
    if known.as_ref().map_or(0, |rule| rule.version) != seen {
        return Err(StoreError::Changed(format!("规则 {id}")));
    }
    let number = match &known {
        None => 1,
        Some(rule) => match &rule.draft {
            Some(draft) => draft.number,
            None => rule.published.as_ref().map_or(0, |published| published.number) + 1,
        },
    };
    db.execute(
        "INSERT INTO audit_rule_version (rule, number, document, note, author, author_name, written_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (rule, number) DO UPDATE SET document = excluded.document, \
         note = excluded.note, author = excluded.author, author_name = excluded.author_name, \
         written_at = excluded.written_at",
        &[text(id), number.into(), text(document), text(note), text(by.login), text(by.name), by.at.into()],
    )?;
    if known.is_some() {
        return touch(db, id, by, "draft = $5", &[number.into()]);
    }
    db.execute(
        "INSERT INTO audit_rule (id, state, published, draft, reason, version, changed_at, changed_by) \
         VALUES ($1, 'open', NULL, 1, '', 1, $2, $3)",
        &[text(id), by.at.into(), text(by.name)],
    )?;
    count_on(db, LIBRARY, 1).map(|_| ())
}

/// Changes columns of a rule's row; `values` are `$5` and on.
fn touch(
    db: &mut Connection,
    id: &str,
    by: RuleEditor<'_>,
    set: &str,
    values: &[Value],
) -> Result<(), StoreError> {
    // $4 keeps the places of the others; a rule's row is never without a version.
    let mut parameters: Vec<Value> = vec![id.into(), by.at.into(), Value::Text(by.name.into()), 1.into()];
    parameters.extend(values.iter().cloned());
    db.execute(
        &format!("UPDATE audit_rule SET version = version + $4, changed_at = $2, changed_by = $3, {set} WHERE id = $1"),
        &parameters,
    )?;
    count_on(db, LIBRARY, 1).map(|_| ())
}

fn find(db: &mut Connection, id: &str) -> Result<Option<AuditRule>, StoreError> {
    Ok(read_rules(db, "WHERE r.id = $1", &[id.into()])?.into_iter().next())
}

/// The rule as the editor saw it.
fn seen_rule(db: &mut Connection, id: &str, seen: i64) -> Result<AuditRule, StoreError> {
    let rule = find(db, id)?.filter(|rule| rule.version == seen);
    rule.ok_or_else(|| StoreError::Changed(format!("规则 {id}")))
}

fn read_rules(db: &mut Connection, filter: &str, parameters: &[Value]) -> Result<Vec<AuditRule>, StoreError> {
    let columns = |table: &str| {
        VERSION.split(", ").map(|name| format!("{table}.{name}")).collect::<Vec<_>>().join(", ")
    };
    let sql = format!(
        "SELECT r.id, r.state, r.reason, r.version, r.changed_at, r.changed_by, {}, {} FROM audit_rule r \
         LEFT JOIN audit_rule_version p ON p.rule = r.id AND p.number = r.published \
         LEFT JOIN audit_rule_version d ON d.rule = r.id AND d.number = r.draft {filter} ORDER BY r.id",
        columns("p"),
        columns("d")
    );
    let rows = db.all(&sql, parameters)?;
    rows.iter()
        .map(|row| {
            let state = RuleState::named(row[1].str());
            Ok(AuditRule {
                id: row[0].str().to_owned(),
                state: state.ok_or_else(|| StoreError::Shape("审核规则状态".into()))?,
                reason: row[2].str().to_owned(),
                version: row[3].int().unwrap_or_default(),
                changed_at: row[4].int().unwrap_or_default(),
                changed_by: row[5].str().to_owned(),
                published: version(&row[6..15]),
                draft: version(&row[15..]),
            })
        })
        .collect()
}

fn version(row: &[Value]) -> Option<RuleVersion> {
    let text = |at: usize| row[at].str().to_owned();
    Some(RuleVersion {
        number: row[0].int()?,
        document: text(1),
        note: text(2),
        author: text(3),
        author_name: text(4),
        written_at: row[5].int().unwrap_or_default(),
        publisher: text(6),
        publisher_name: text(7),
        published_at: row[8].int(),
    })
}
