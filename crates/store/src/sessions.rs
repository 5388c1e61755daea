//! 会话: who is signed in from where. Only a hash of the token is kept, so a copy of the database opens no session.

use crate::{Moment, Store, StoreError};
use model::canonical::Value;

/// 会话: one signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Hash of the token in the browser's cookie.
    pub token_hash: String,
    /// 工号
    pub login: String,
    /// Token that every form of this session carries.
    pub csrf: String,
    /// 登录时间
    pub created_at: Moment,
    /// 最近活动
    pub seen_at: Moment,
    /// 来源地址
    pub address: String,
    /// 浏览器
    pub agent: String,
}

const COLUMNS: &str = "token_hash, login, csrf, created_at, seen_at, address, agent";

impl Store {
    /// Keeps a new session.
    pub fn begin_session(&self, session: &Session) -> Result<(), StoreError> {
        let text = |text: &str| Value::Text(text.into());
        let sql = format!("INSERT INTO app_session ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)");
        self.with(|db| {
            db.execute(
                &sql,
                &[
                    text(&session.token_hash),
                    text(&session.login),
                    text(&session.csrf),
                    session.created_at.into(),
                    session.seen_at.into(),
                    text(&session.address),
                    text(&session.agent),
                ],
            )
        })?;
        Ok(())
    }

    /// The session of a token, if it was not ended.
    pub fn session(&self, token_hash: &str) -> Result<Option<Session>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM app_session WHERE token_hash = $1");
        let row = self.with(|db| db.first(&sql, &[token_hash.into()]))?;
        Ok(row.map(|row| session_of(&row)))
    }

    /// Notes activity; false: the session was ended meanwhile.
    pub fn touch_session(&self, token_hash: &str, now: Moment) -> Result<bool, StoreError> {
        let sql = "UPDATE app_session SET seen_at = $2 WHERE token_hash = $1";
        self.with(|db| Ok(db.execute(sql, &[token_hash.into(), now.into()])? > 0))
    }

    /// Ends a session; false: it was ended already.
    pub fn end_session(&self, token_hash: &str) -> Result<bool, StoreError> {
        let sql = "DELETE FROM app_session WHERE token_hash = $1";
        self.with(|db| Ok(db.execute(sql, &[token_hash.into()])? > 0))
    }

    /// Ends all sessions of a user, e.g. after a change of password; how many there were.
    pub fn end_sessions_of(&self, login: &str) -> Result<u64, StoreError> {
        self.with(|db| db.execute("DELETE FROM app_session WHERE login = $1", &[login.into()]))
    }

    /// Removes sessions that began or were last used before these moments; how many there were.
    pub fn end_old_sessions(&self, created_before: Moment, seen_before: Moment) -> Result<u64, StoreError> {
        let sql = "DELETE FROM app_session WHERE created_at < $1 OR seen_at < $2";
        self.with(|db| db.execute(sql, &[created_before.into(), seen_before.into()]))
    }

    /// All sessions, the latest activity first.
    pub fn sessions(&self) -> Result<Vec<Session>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM app_session ORDER BY seen_at DESC, token_hash");
        let rows = self.with(|db| db.all(&sql, &[]))?;
        Ok(rows.iter().map(|row| session_of(row)).collect())
    }
}

fn session_of(row: &[Value]) -> Session {
    let text = |at: usize| row[at].str().to_owned();
    Session {
        token_hash: text(0),
        login: text(1),
        csrf: text(2),
        created_at: row[3].int().unwrap_or_default(),
        seen_at: row[4].int().unwrap_or_default(),
        address: text(5),
        agent: text(6),
    }
}
