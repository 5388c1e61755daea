//! 操作日志: who did what, when, from where and whether it succeeded. Appended only; every entry's hash covers the one before
//! it, so that a change, a removal or an entry put in between shows.

use crate::connection::Connection;
use crate::{Moment, Store, StoreError};
use model::canonical::Value;
use sha2::{Digest, Sha256};

/// 事件类型
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogKind {
    /// 登录, also when it failed.
    Login,
    /// 退出, by the user, by time or forced.
    Logout,
    /// 口令: changed or reset.
    Password,
    /// 用户与权限: users, roles, scopes.
    Permission,
    /// 查看: a patient's record.
    Read,
    /// 导出
    Export,
    /// 修改: parameters, points, catalogues, dictionaries; with before and after.
    Change,
    /// 采集: run, pause, resume, accept.
    Collection,
    /// 计算: grouping, regrouping, publishing.
    Compute,
    /// 系统: start, stop, refused requests.
    #[default]
    System,
}

impl LogKind {
    /// Every kind with its stored name and its name on the screen.
    pub const ALL: [(LogKind, &'static str, &'static str); 10] = [
        (LogKind::Login, "login", "登录"),
        (LogKind::Logout, "logout", "退出"),
        (LogKind::Password, "password", "口令"),
        (LogKind::Permission, "permission", "用户与权限"),
        (LogKind::Read, "read", "查看"),
        (LogKind::Export, "export", "导出"),
        (LogKind::Change, "change", "修改"),
        (LogKind::Collection, "collection", "采集"),
        (LogKind::Compute, "compute", "计算"),
        (LogKind::System, "system", "系统"),
    ];

    /// The name that is stored.
    pub fn id(self) -> &'static str {
        LogKind::ALL[self as usize].1
    }

    /// The name on a screen.
    pub fn chinese(self) -> &'static str {
        LogKind::ALL[self as usize].2
    }

    /// By its stored name.
    pub fn named(id: &str) -> Option<LogKind> {
        LogKind::ALL.iter().find(|entry| entry.1 == id).map(|entry| entry.0)
    }
}

/// 日志记录: one entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogEntry {
    /// 序号: 1, 2, … without gaps; given when it is appended.
    pub id: i64,
    /// 时间
    pub at: Moment,
    /// 工号; of a failed login what was typed.
    pub login: String,
    /// 姓名 at that time.
    pub user_name: String,
    /// 事件类型
    pub kind: LogKind,
    /// 操作: what was done.
    pub action: String,
    /// 对象: to what.
    pub object: String,
    /// 内容: more, before and after; no password, no patient's name or number.
    pub detail: String,
    /// 结果: whether it succeeded.
    pub success: bool,
    /// 来源地址
    pub address: String,
    /// 请求号: finds the line of the program's log.
    pub request: String,
}

/// 日志筛选: `None` and zero do not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// From this moment on.
    pub from: Option<Moment>,
    /// Before this moment.
    pub to: Option<Moment>,
    /// 工号
    pub login: Option<String>,
    /// 事件类型
    pub kind: Option<LogKind>,
    /// 结果
    pub success: Option<bool>,
    /// Somewhere in name, action, object, detail or address.
    pub text: Option<String>,
    /// Entries to leave out, newest first.
    pub offset: i64,
    /// Entries at most; 0: all.
    pub limit: i64,
}

/// 统计口径
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogBy {
    /// 日期: the key is the day (days since 1970).
    Day,
    /// 事件类型: the key is its stored name.
    Kind,
    /// 用户: the key is the 工号.
    User,
}

/// 日志统计: one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogCount {
    /// Day, kind or 工号.
    pub key: String,
    /// The user's latest name; empty for days and kinds.
    pub name: String,
    /// Entries.
    pub count: i64,
    /// Of these, failed.
    pub failed: i64,
    /// The latest one.
    pub last_at: Moment,
}

const COLUMNS: &str =
    "id, at, login, user_name, kind, action, object, detail, success, address, request, hash";

impl Store {
    /// Appends an entry and returns its number. Writers wait for each other, on both databases.
    pub fn log_operation(&self, entry: &LogEntry) -> Result<i64, StoreError> {
        self.short_write(|db| append(db, entry))
    }

    /// A page of entries, newest first, and how many there are in all.
    pub fn operations(&self, filter: &LogFilter) -> Result<(Vec<LogEntry>, i64), StoreError> {
        let (condition, mut parameters) = condition(filter);
        self.with(|db| {
            let total = db.number(&format!("SELECT COUNT(*) FROM operation_log {condition}"), &parameters)?;
            let (limit, offset) = (parameters.len() + 1, parameters.len() + 2);
            parameters.push(if filter.limit > 0 { filter.limit } else { i64::MAX }.into());
            parameters.push(filter.offset.max(0).into());
            let mut entries = Vec::new();
            db.query(
                &format!(
                    "SELECT {COLUMNS} FROM operation_log {condition} ORDER BY id DESC LIMIT ${limit} OFFSET ${offset}"
                ),
                &parameters,
                &mut |row| {
                    entries.push(entry_of(row));
                    Ok(())
                },
            )?;
            Ok((entries, total.unwrap_or_default()))
        })
    }

    /// Statistics over the same entries; days in their order, kinds and users by their number of entries.
    pub fn operation_counts(&self, filter: &LogFilter, by: LogBy) -> Result<Vec<LogCount>, StoreError> {
        let (condition, parameters) = condition(filter);
        let (key, name, order) = match by {
            LogBy::Day => ("at / 86400", "''", "1"),
            LogBy::Kind => ("COALESCE(kind, 'system')", "''", "3 DESC, 1"),
            LogBy::User => ("login", "COALESCE(MAX(user_name), '')", "3 DESC, 1"),
        };
        let sql = format!(
            "SELECT {key}, {name}, COUNT(*), COUNT(CASE WHEN success = 0 THEN 1 END), MAX(at) \
             FROM operation_log {condition} GROUP BY {key} ORDER BY {order}"
        );
        let rows = self.with(|db| db.all(&sql, &parameters))?;
        Ok(rows
            .iter()
            .map(|row| LogCount {
                key: row[0].int().map_or_else(|| row[0].str().to_owned(), |day| day.to_string()),
                name: row[1].str().to_owned(),
                count: row[2].int().unwrap_or_default(),
                failed: row[3].int().unwrap_or_default(),
                last_at: row[4].int().unwrap_or_default(),
            })
            .collect())
    }

    /// Checks the whole chain while others go on writing. The number of the first entry that was changed, removed or put in;
    /// `None`: all as written.
    pub fn verify_log(&self) -> Result<Option<i64>, StoreError> {
        self.with(|db| {
            let (last, end) = head(db)?;
            let mut broken = None;
            let mut before: Option<(i64, String)> = None;
            let sql = format!("SELECT {COLUMNS} FROM operation_log WHERE id <= $1 ORDER BY id");
            db.query(&sql, &[last.into()], &mut |row| {
                let (id, hash) = (row[0].int().unwrap_or_default(), row[11].str());
                // Entries of the first schema have no hash; none of them follows one that has.
                if broken.is_some() || (hash.is_empty() && before.is_none()) {
                    return Ok(());
                }
                let (expected, previous) = match &before {
                    Some((id, hash)) => (id + 1, hash.as_str()),
                    None => (id, ""),
                };
                if id != expected || hash != chained(previous, &entry_of(row)) {
                    broken = Some(expected);
                }
                before = Some((id, hash.to_owned()));
                Ok(())
            })?;
            let found = before.unwrap_or_default();
            if broken.is_none() && !end.is_empty() && found != (last, end) {
                broken = Some(last.min(found.0 + 1));
            }
            // In this order: an honest writer moves the head together with its entry.
            let highest = db.number("SELECT MAX(id) FROM operation_log", &[])?.unwrap_or_default();
            let (last, _) = head(db)?;
            Ok(broken.or((highest > last).then_some(last + 1)))
        })
    }
}

/// Appends within the caller's transaction.
fn append(db: &mut Connection, entry: &LogEntry) -> Result<i64, StoreError> {
    // The update holds the head's row until the end: a second writer waits here and then sees the new head.
    db.execute("UPDATE operation_log_head SET id = id + 1 WHERE one = 1", &[])?;
    let (id, previous) = head(db)?;
    let entry = LogEntry { id, ..entry.clone() };
    let hash = chained(&previous, &entry);
    let text = |text: &str| Value::Text(text.into());
    db.execute(
        &format!(
            "INSERT INTO operation_log ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        ),
        &[
            id.into(),
            entry.at.into(),
            text(&entry.login),
            text(&entry.user_name),
            text(entry.kind.id()),
            text(&entry.action),
            text(&entry.object),
            text(&entry.detail),
            i64::from(entry.success).into(),
            text(&entry.address),
            text(&entry.request),
            text(&hash),
        ],
    )?;
    db.execute("UPDATE operation_log_head SET hash = $1 WHERE one = 1", &[text(&hash)])?;
    Ok(id)
}

/// Number and hash of the last entry.
fn head(db: &mut Connection) -> Result<(i64, String), StoreError> {
    let row = db.first("SELECT id, hash FROM operation_log_head WHERE one = 1", &[])?;
    row.map(|row| (row[0].int().unwrap_or_default(), row[1].str().to_owned()))
        .ok_or_else(|| StoreError::Missing("操作日志的链尾".into()))
}

/// SHA-256 over the previous hash and the entry as one line of JSON: no two entries have the same text.
fn chained(previous: &str, entry: &LogEntry) -> String {
    let line = serde_json::json!([
        previous,
        entry.id,
        entry.at,
        entry.login,
        entry.user_name,
        entry.kind.id(),
        entry.action,
        entry.object,
        entry.detail,
        entry.success,
        entry.address,
        entry.request,
    ]);
    Sha256::digest(line.to_string()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn entry_of(row: &[Value]) -> LogEntry {
    let text = |at: usize| row[at].str().to_owned();
    LogEntry {
        id: row[0].int().unwrap_or_default(),
        at: row[1].int().unwrap_or_default(),
        login: text(2),
        user_name: text(3),
        kind: LogKind::named(row[4].str()).unwrap_or_default(),
        action: text(5),
        object: text(6),
        detail: text(7),
        // An entry of the first schema does not say; it was written when something had been done.
        success: row[8].int() != Some(0),
        address: text(9),
        request: text(10),
    }
}

/// `WHERE …` with its parameters.
fn condition(filter: &LogFilter) -> (String, Vec<Value>) {
    let mut parts = Vec::new();
    let mut parameters: Vec<Value> = Vec::new();
    let mut add = |part: &str, value: Value| {
        parameters.push(value);
        parts.push(part.replace('#', &format!("${}", parameters.len())));
    };
    if let Some(from) = filter.from {
        add("at >= #", from.into());
    }
    if let Some(to) = filter.to {
        add("at < #", to.into());
    }
    if let Some(login) = &filter.login {
        add("login = #", Value::Text(login.as_str().into()));
    }
    if let Some(kind) = filter.kind {
        add("COALESCE(kind, 'system') = #", kind.id().into());
    }
    if let Some(success) = filter.success {
        add("COALESCE(success, 1) = #", i64::from(success).into());
    }
    if let Some(text) = filter.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        let escaped = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let all = "LOWER(login || ' ' || COALESCE(user_name, '') || ' ' || action || ' ' || object || ' ' || \
                   COALESCE(detail, '') || ' ' || COALESCE(address, ''))";
        add(&format!("{all} LIKE # ESCAPE '\\'"), Value::Text(format!("%{escaped}%").into()));
    }
    let condition = if parts.is_empty() { String::new() } else { format!("WHERE {}", parts.join(" AND ")) };
    (condition, parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_kinds_follows_the_enum() {
        for (at, (kind, id, chinese)) in LogKind::ALL.into_iter().enumerate() {
            assert_eq!((kind as usize, kind.id(), kind.chinese()), (at, id, chinese));
            assert_eq!(LogKind::named(id), Some(kind));
        }
    }

    #[test]
    fn moving_text_between_fields_changes_the_hash() {
        let entry = |login: &str, name: &str| LogEntry {
            login: login.into(),
            user_name: name.into(),
            ..LogEntry::default()
        };
        assert_ne!(chained("", &entry("ab", "c")), chained("", &entry("a", "bc")));
        assert_ne!(chained("x", &entry("a", "b")), chained("", &entry("a", "b")));
    }
}
