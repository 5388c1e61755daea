//! 备份与恢复: while the system goes on. SQLite by its own online backup, PostgreSQL by its own tools.

use crate::connection::Connection;
use crate::{Address, Store, StoreError, schema};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What a backup or a restore has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupReport {
    /// The backup, or the store that was restored.
    pub file: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// Encounters in it.
    pub encounters: i64,
    /// Charge lines in it.
    pub charge_lines: i64,
}

/// Pages a step: between steps writers get the file.
const PAGES_A_STEP: i32 = 2000;

impl Store {
    /// Writes a consistent copy of the whole store to a file that must not exist yet. `progress` gets pages done and pages in
    /// all (SQLite) and may stop it by returning false; a stopped or failed backup leaves no file.
    pub fn backup(
        &self,
        file: &Path,
        progress: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<BackupReport, StoreError> {
        if file.exists() {
            return Err(StoreError::Tool(format!(
                "{} 已存在；备份不覆盖旧文件，请换一个文件名",
                file.display()
            )));
        }
        let partial = partial_of(file);
        let made = match self.address() {
            Address::Sqlite(_) => self.with(|db| copy_sqlite(db, &partial, progress)),
            Address::Postgres(url) => {
                run_tool("pg_dump", url, &["--format=custom", "--no-owner", "--file"], &partial)
            }
        };
        let done = made.and_then(|()| {
            sync_to_disk(&partial)?;
            std::fs::rename(&partial, file)
                .map_err(|e| StoreError::File(format!("写备份 {}", file.display()), e))
        });
        if let Err(error) = done {
            let _ = std::fs::remove_file(&partial);
            return Err(error);
        }
        self.report(file)
    }

    /// Replaces the store at `address` by a backup; the store there must not be open anywhere. The backup is checked before
    /// anything is replaced, and an old SQLite file is kept beside as `.before-restore`.
    pub fn restore(address: &str, file: &Path) -> Result<BackupReport, StoreError> {
        match Address::parse(address)? {
            Address::Sqlite(path) => {
                check_sqlite(file)?;
                let incoming = partial_of(&path);
                std::fs::copy(file, &incoming)
                    .map_err(|e| StoreError::File(format!("读备份 {}", file.display()), e))?;
                check_sqlite(&incoming)?;
                sync_to_disk(&incoming)?;
                if path.exists() {
                    refuse_if_open(&path)?;
                    let old = path.with_extension("before-restore");
                    std::fs::rename(&path, &old)
                        .map_err(|e| StoreError::File(format!("移开 {}", path.display()), e))?;
                    for side in ["-wal", "-shm"] {
                        let mut name = path.clone().into_os_string();
                        name.push(side);
                        let _ = std::fs::remove_file(name);
                    }
                }
                std::fs::rename(&incoming, &path)
                    .map_err(|e| StoreError::File(format!("写入 {}", path.display()), e))?;
            }
            Address::Postgres(url) => {
                // One transaction: a backup that does not fit leaves the database as it was.
                run_tool(
                    "pg_restore",
                    &url,
                    &["--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error"],
                    file,
                )?;
            }
        }
        let restored = Store::open(address)?;
        let Address::Sqlite(path) = restored.address() else { return restored.report(file) };
        restored.report(path)
    }

    fn report(&self, file: &Path) -> Result<BackupReport, StoreError> {
        let count = |table: &str| {
            let sql = format!("SELECT COUNT(*) FROM {table} WHERE deleted_at IS NULL");
            self.with(|db| db.number(&sql, &[])).map(Option::unwrap_or_default)
        };
        let bytes =
            std::fs::metadata(file).map_err(|e| StoreError::File(format!("读 {}", file.display()), e))?.len();
        Ok(BackupReport {
            file: file.to_owned(),
            bytes,
            encounters: count("encounter")?,
            charge_lines: count("charge_line")?,
        })
    }
}

fn copy_sqlite(
    db: &mut Connection,
    to: &Path,
    progress: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<(), StoreError> {
    let Connection::Sqlite(db) = db else { return Err(StoreError::Shape("不是 SQLite".into())) };
    let _ = std::fs::remove_file(to);
    let mut target = rusqlite::Connection::open(to)?;
    whole_copy(db, &mut target, progress)?;
    // A plain file of its own, without a log beside it: it can be read from a place that may not be written.
    target.pragma_update(None, "journal_mode", "DELETE")?;
    Ok(())
}

fn whole_copy(
    db: &rusqlite::Connection,
    target: &mut rusqlite::Connection,
    progress: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<(), StoreError> {
    let backup = rusqlite::backup::Backup::new(db, target)?;
    loop {
        use rusqlite::backup::StepResult::{Busy, Done, Locked, More};
        let step = backup.step(PAGES_A_STEP)?;
        let state = backup.progress();
        let number = |n: i32| u64::try_from(n).unwrap_or_default();
        let going = progress(number(state.pagecount - state.remaining), number(state.pagecount));
        match step {
            Done => return Ok(()),
            _ if !going => return Err(StoreError::Cancelled),
            More => {}
            Busy | Locked | _ => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// A backup must be a whole database of a version this program knows.
fn check_sqlite(file: &Path) -> Result<(), StoreError> {
    if !file.is_file() {
        return Err(StoreError::Missing(format!("备份文件 {}", file.display())));
    }
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let db = rusqlite::Connection::open_with_flags(file, flags)?;
    let unusable = |why: String| {
        StoreError::Tool(format!("{} 不是完好的备份（{why}）；请换一个备份文件", file.display()))
    };
    let verdict: String = db
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| unusable(error.to_string()))?;
    if verdict != "ok" {
        return Err(unusable(verdict));
    }
    let found: i64 = db
        .query_row("SELECT version FROM schema_version", [], |row| row.get(0))
        .map_err(|_| unusable("其中没有本系统的数据".to_owned()))?;
    let known = schema::latest();
    if found > known { Err(StoreError::NewerSchema { found, known }) } else { Ok(()) }
}

/// An exclusive lock is only to be had when nobody else has the file open.
fn refuse_if_open(path: &Path) -> Result<(), StoreError> {
    let db = rusqlite::Connection::open(path)?;
    db.busy_timeout(Duration::from_secs(1))?;
    // A damaged file is what a restore is for.
    let locked = db.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT");
    match locked.map_err(StoreError::from) {
        Err(StoreError::Locked) => Err(StoreError::Locked),
        _ => Ok(()),
    }
}

fn run_tool(tool: &str, url: &str, options: &[&str], file: &Path) -> Result<(), StoreError> {
    let config: postgres::Config = url.parse().map_err(|_| StoreError::Address("postgres://…".into()))?;
    let mut command = Command::new(tool);
    // The password goes by the environment: arguments are seen by every user of the machine.
    if let Some(password) = config.get_password() {
        command.env("PGPASSWORD", String::from_utf8_lossy(password).as_ref());
    }
    if let Some(host) = config.get_hosts().first() {
        match host {
            postgres::config::Host::Tcp(name) => command.args(["--host", name]),
            #[cfg(unix)]
            postgres::config::Host::Unix(path) => command.arg("--host").arg(path),
        };
    }
    if let Some(port) = config.get_ports().first() {
        command.args(["--port", &port.to_string()]);
    }
    if let Some(user) = config.get_user() {
        command.args(["--username", user]);
    }
    if tool == "pg_restore" {
        command.args(["--dbname", config.get_dbname().unwrap_or("postgres")]);
        command.args(options).arg(file);
    } else {
        command.args(options).arg(file).arg(config.get_dbname().unwrap_or("postgres"));
    }
    let output = command.output().map_err(|error| {
        StoreError::Tool(format!("找不到 {tool}（{error}）；请安装与数据库同版本的 PostgreSQL 客户端工具"))
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(StoreError::Tool(format!("{tool} 失败：{}", said.lines().next().unwrap_or_default())))
}

fn partial_of(file: &Path) -> PathBuf {
    let mut name = file.to_owned().into_os_string();
    name.push(".partial");
    PathBuf::from(name)
}

fn sync_to_disk(file: &Path) -> Result<(), StoreError> {
    std::fs::File::open(file)
        .and_then(|opened| opened.sync_all())
        .map_err(|e| StoreError::File(format!("写 {}", file.display()), e))
}
