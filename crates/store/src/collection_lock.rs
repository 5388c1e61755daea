//! 采集锁: one collection and computing at a time, whichever process does it.

use crate::connection::Connection;
use crate::{Address, Store, StoreError};
use std::fs::{File, OpenOptions, TryLockError};

/// Held while collecting; given back when dropped, also by the death of the process.
pub struct CollectionLock {
    _held: Held,
}

enum Held {
    /// The lock lives as long as the open file.
    File { _file: File },
    /// The lock lives as long as the connection.
    Connection { _db: Box<Connection> },
}

/// The advisory lock's number on PostgreSQL: "dipper" in ASCII.
const ADVISORY: i64 = 0x6469_7070_6572;

impl Store {
    /// Takes the lock or says that somebody else collects right now.
    pub fn lock_collection(&self) -> Result<CollectionLock, StoreError> {
        let taken = || StoreError::Collecting;
        let held = match self.address() {
            Address::Sqlite(path) => {
                let mut name = path.clone().into_os_string();
                name.push(".collecting");
                let file = OpenOptions::new()
                    .create(true)
                    .truncate(false)
                    .write(true)
                    .open(&name)
                    .map_err(|error| StoreError::File("采集锁".into(), error))?;
                match file.try_lock() {
                    Ok(()) => Held::File { _file: file },
                    Err(TryLockError::WouldBlock) => return Err(taken()),
                    Err(TryLockError::Error(error)) => return Err(StoreError::File("采集锁".into(), error)),
                }
            }
            Address::Postgres(_) => {
                let mut db = Connection::open(self.address())?;
                let sql = "SELECT CASE WHEN pg_try_advisory_lock($1) THEN 1 ELSE 0 END";
                if db.number(sql, &[ADVISORY.into()])? != Some(1) {
                    return Err(taken());
                }
                Held::Connection { _db: Box::new(db) }
            }
        };
        Ok(CollectionLock { _held: held })
    }
}
